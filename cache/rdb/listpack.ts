/**
 * Whole listpacks from elements, and back: how Redis 7 keeps small hashes, sorted sets and the nodes of
 * lists. What is read may be damaged.
 *
 * @module
 */

import { Int64 } from "../store/int64.ts";
import {
  INT_13,
  integerSize,
  lengthSize,
  Listpack,
  LISTPACK_END,
  LISTPACK_HEADER,
  MAX_OVERHEAD,
  STRING_12,
  STRING_32,
  STRING_6,
  UNCOUNTED,
  writeListpackHeader,
} from "../store/listpack.ts";
import { latin1Slice, Slice } from "../store/slice.ts";

/** What an empty one takes. */
export const EMPTY_SIZE = LISTPACK_HEADER + 1;

const integer = new Int64();

/** How many bytes an element takes in a listpack. */
export function listpackElementSize(element: Slice): number {
  const { length } = element;
  const size = integer.parse(element)
    ? integerSize(integer.high, integer.low)
    : length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
  return size + lengthSize(size);
}

/** Makes listpacks, one after another. */
export class ListpackWriter {
  readonly #listpack = new Listpack();
  #bytes = new Uint8Array(256);
  #length = LISTPACK_HEADER;
  #count = 0;

  /** How many elements it has so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds an element: as an integer if it is one. */
  add(element: Slice): void {
    this.#reserve(element.length + MAX_OVERHEAD);
    this.#length = this.#listpack.write(this.#bytes, this.#length, element);
    this.#count++;
  }

  /** Ends the listpack, which holds until an element is added to the next one. */
  finish(): Slice {
    this.#bytes[this.#length++] = LISTPACK_END;
    const listpack = this.#bytes.subarray(0, this.#length);
    writeListpackHeader(listpack, this.#count);
    this.#length = LISTPACK_HEADER;
    this.#count = 0;
    return new Slice(listpack);
  }

  #reserve(count: number): void {
    // With room for the end.
    const needed = this.#length + count + 1;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

/**
 * Reads a listpack.
 *
 * @param visit Sees each element; its bytes hold as long as the listpack's.
 * @returns What is wrong with it, if it is.
 */
export function readListpack(
  { bytes, start, length }: Slice,
  visit: (element: Slice) => void,
): string | undefined {
  if (length < EMPTY_SIZE) return "A listpack is too short";
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, length);
  if (view.getUint32(0, true) !== length) return "A listpack has another length than it says";
  let at = LISTPACK_HEADER;
  let count = 0;
  // The last byte is its end, before which all elements must be.
  const end = length - 1;
  while (at < end) {
    const kind = view.getUint8(at);
    let head = 1;
    let size = 0;
    let text: string | undefined;
    if (kind < STRING_6) {
      text = String(kind);
    } else if (kind < INT_13) {
      size = kind & 63;
    } else if (kind < STRING_12) {
      head = 2;
      if (at + head > end) return "An element of a listpack is cut off";
      text = String(((kind & 31) << 8 | view.getUint8(at + 1)) << 19 >> 19);
    } else if (kind < STRING_32) {
      head = 2;
      if (at + head > end) return "An element of a listpack is cut off";
      size = (kind & 15) << 8 | view.getUint8(at + 1);
    } else {
      const width = [4, 2, 3, 4, 8][kind - STRING_32];
      if (width === undefined) return "An element of a listpack is of no known kind";
      head = 1 + width;
      if (at + head > end) return "An element of a listpack is cut off";
      if (kind === STRING_32) size = view.getUint32(at + 1, true);
      else text = integerText(view, at + 1, width);
    }
    const whole = head + size;
    const back = lengthSize(whole);
    if (at + whole + back > end) return "An element of a listpack is cut off";
    for (let i = 0; i < back; i++) {
      const bits = Math.floor(whole / 2 ** (7 * i)) & 127;
      const isFirst = i === back - 1;
      if (view.getUint8(at + whole + back - 1 - i) !== (isFirst ? bits : bits | 128)) {
        return "An element of a listpack has another length from behind";
      }
    }
    visit(text === undefined ? new Slice(bytes, start + at + head, size) : latin1Slice(text));
    at += whole + back;
    count++;
  }
  if (view.getUint8(end) !== LISTPACK_END) return "A listpack has no end";
  const said = view.getUint16(4, true);
  if (said !== UNCOUNTED && said !== count) return "A listpack has another number of elements";
}

/** Prints an integer of 2, 3, 4 or 8 bytes. */
export function integerText(view: DataView, at: number, width: number): string {
  switch (width) {
    case 2:
      return String(view.getInt16(at, true));
    case 3:
      return String(view.getInt8(at + 2) << 16 | view.getUint16(at, true));
    case 4:
      return String(view.getInt32(at, true));
    default:
      return String(view.getBigInt64(at, true));
  }
}
