/**
 * Listpacks: how Redis 7 keeps small hashes, sorted sets and the nodes of lists and streams.
 *
 *     bytes (4) | elements (2) | element | … | 255
 *     element    kind, and its length or its upper bits | bytes | the length of both, from behind
 *
 * @module
 */

import { Int64 } from "../store/int64.ts";
import { copyBytes, latin1Slice, Slice } from "../store/slice.ts";

const HEADER_SIZE = 6;
const END = 255;
/** In place of the number of elements: there are more. */
const MANY = 65_535;

/** What the bytes of an element's kind begin with. */
const INT_13 = 0xc0;
const STRING_12 = 0xe0;
const STRING_32 = 0xf0;
const INT_16 = 0xf1;
const INT_24 = 0xf2;
const INT_32 = 0xf3;
const INT_64 = 0xf4;
const STRING_6 = 0x80;

/** What an empty one takes. */
export const EMPTY_SIZE = HEADER_SIZE + 1;

/** How many bytes say the length of an element from behind. Its bounds are Redis' own. */
function backSize(length: number): number {
  if (length <= 127) return 1;
  if (length < 16_383) return 2;
  if (length < 2_097_151) return 3;
  return length < 268_435_455 ? 4 : 5;
}

const integer = new Int64();

/** How many bytes the integer takes that is in `integer`. */
function integerSize(): number {
  const { high, low } = integer;
  if (high !== low >> 31) return 9;
  if (low >= 0 && low < 128) return 1;
  if (low >= -4096 && low < 4096) return 2;
  if (low === low << 16 >> 16) return 3;
  return low === low << 8 >> 8 ? 4 : 5;
}

/** How many bytes an element takes in a listpack. */
export function listpackElementSize(element: Slice): number {
  const { length } = element;
  const size = integer.parse(element)
    ? integerSize()
    : length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
  return size + backSize(size);
}

/** Makes listpacks, one after another. */
export class ListpackWriter {
  #bytes = new Uint8Array(256);
  #length = HEADER_SIZE;
  #count = 0;

  /** How many elements it has so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds an element: as an integer if it is one. */
  add(element: Slice): void {
    const begun = this.#length;
    this.#reserve(element.length + 10);
    if (integer.parse(element)) this.#addInteger();
    else this.#addString(element);
    this.#addBack(this.#length - begun);
    this.#count++;
  }

  /** Ends the listpack, which holds until an element is added to the next one. */
  finish(): Slice {
    const bytes = this.#bytes;
    const view = new DataView(bytes.buffer);
    bytes[this.#length++] = END;
    view.setUint32(0, this.#length, true);
    view.setUint16(4, Math.min(this.#count, MANY), true);
    const listpack = new Slice(bytes, 0, this.#length);
    this.#length = HEADER_SIZE;
    this.#count = 0;
    return listpack;
  }

  #addInteger(): void {
    const { high, low } = integer;
    const bytes = this.#bytes;
    let at = this.#length;
    switch (integerSize()) {
      case 1:
        bytes[at++] = low;
        break;
      case 2:
        bytes[at++] = INT_13 | low >> 8 & 31;
        bytes[at++] = low;
        break;
      case 3:
        bytes[at++] = INT_16;
        at = writeBytes(bytes, at, low, 2);
        break;
      case 4:
        bytes[at++] = INT_24;
        at = writeBytes(bytes, at, low, 3);
        break;
      case 5:
        bytes[at++] = INT_32;
        at = writeBytes(bytes, at, low, 4);
        break;
      default:
        bytes[at++] = INT_64;
        at = writeBytes(bytes, at, low, 4);
        at = writeBytes(bytes, at, high, 4);
    }
    this.#length = at;
  }

  #addString(element: Slice): void {
    const { length } = element;
    const bytes = this.#bytes;
    let at = this.#length;
    if (length < 64) {
      bytes[at++] = STRING_6 | length;
    } else if (length < 4096) {
      bytes[at++] = STRING_12 | length >> 8;
      bytes[at++] = length;
    } else {
      bytes[at++] = STRING_32;
      at = writeBytes(bytes, at, length, 4);
    }
    copyBytes(element.bytes, element.start, length, bytes, at);
    this.#length = at + length;
  }

  #addBack(length: number): void {
    const size = backSize(length);
    for (let i = size - 1; i >= 0; i--) {
      const bits = Math.floor(length / 2 ** (7 * i)) & 127;
      this.#bytes[this.#length++] = i === size - 1 ? bits : bits | 128;
    }
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

/** Writes the lower bytes of a number, the lowest first. Returns where the next one goes. */
function writeBytes(bytes: Uint8Array, at: number, value: number, count: number): number {
  for (let i = 0; i < count; i++) bytes[at++] = value >>> 8 * i;
  return at;
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
  let at = HEADER_SIZE;
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
    const back = backSize(whole);
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
  if (view.getUint8(end) !== END) return "A listpack has no end";
  const said = view.getUint16(4, true);
  if (said !== MANY && said !== count) return "A listpack has another number of elements";
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
