/**
 * The elements of a listpack, Redis' format for a sequence of byte strings, in which integers take little
 * room. The nodes of streams are kept in it: when a node is full depends on its size in this format.
 *
 *     element    encoding | bytes | length of both, for walking backwards
 *     encoding   0xxxxxxx                  an integer from 0 to 127
 *                110xxxxx xxxxxxxx         an integer of 13 bits
 *                11110001 … 11110100       an integer of 2, 3, 4 or 8 bytes, little-endian
 *                10xxxxxx                  a string of up to 63 bytes
 *                1110xxxx xxxxxxxx         a string of up to 4095 bytes
 *                11110000 and four bytes   a longer string
 *
 * The length stands in groups of 7 bits, the highest group first; all but that have their top bit set.
 *
 * @module
 */

import { Int64 } from "./int64.ts";
import { copyBytes, Slice } from "./slice.ts";

/** The encodings of integers that have bytes of their own, and of long strings. */
export const INT_13 = 0xc0;
const INT_16 = 0xf1;
const INT_24 = 0xf2;
const INT_64 = 0xf4;
export const STRING_6 = 0x80;
export const STRING_12 = 0xe0;
export const STRING_32 = 0xf0;

/** What ends a listpack. */
export const LISTPACK_END = 0xff;
/** The bytes of a listpack before its elements: its size (four), and how many there are (two). */
export const LISTPACK_HEADER = 6;
/** In place of how many elements there are: they have to be counted. */
export const UNCOUNTED = 0xffff;

/** The most bytes that an element takes beside its own. */
export const MAX_OVERHEAD = 10;

const MINUS = 0x2d;
const ZERO = 0x30;

/** How many bytes the length of an element takes (Redis' bounds are one too low from the second on). */
export function lengthSize(length: number): number {
  if (length <= 127) return 1;
  if (length < 16_383) return 2;
  if (length < 2_097_151) return 3;
  return length < 268_435_455 ? 4 : 5;
}

/** How many bytes an integer of 64 bits takes, by its words, without the length at its end. */
export function integerSize(high: number, low: number): number {
  if (high !== low >> 31) return 9;
  if (low >= 0 && low <= 127) return 1;
  if (low >= -4096 && low <= 4095) return 2;
  if (low === low << 16 >> 16) return 3;
  return low === low << 8 >> 8 ? 4 : 5;
}

/** How many bytes an element takes that is an integer of 32 bits, from 0 on. */
export function sizeOfCount(value: number): number {
  return integerSize(0, value) + 1;
}

function readBytes(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

function writeBytes(bytes: Uint8Array, at: number, value: number, count: number): void {
  for (let i = 0; i < count; i++, value >>= 8) bytes[at + i] = value;
}

/** How many bytes an element takes that begins at a place, without the length at its end. */
function encodedSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < STRING_6) return 1;
  if (first < INT_13) return 1 + (first & 0x3f);
  if (first < STRING_12) return 2;
  if (first < STRING_32) return 2 + ((first & 15) << 8 | bytes[at + 1]!);
  if (first === STRING_32) return 5 + (readBytes(bytes, at + 1) >>> 0);
  return first === INT_64 ? 9 : first - INT_16 + 3;
}

/** Whether the element that begins at a place is an integer. */
export function isInteger(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]!;
  return first < STRING_6 || first >= INT_13 && first < STRING_12 || first > STRING_32;
}

/** Where the element after one begins. */
export function elementAfter(bytes: Uint8Array, at: number): number {
  const size = encodedSize(bytes, at);
  return at + size + lengthSize(size);
}

/** Where the element begins that ends at a place. */
export function elementBefore(bytes: Uint8Array, at: number): number {
  let length = 0;
  let shift = 0;
  let byte;
  do {
    byte = bytes[--at]!;
    length |= (byte & 127) << shift;
    shift += 7;
  } while (byte > 127 && shift < 35);
  return at - length;
}

/**
 * Counts the elements of a listpack from elsewhere.
 *
 * @returns How many there are; -1 if it is none, or is damaged.
 */
export function countElements(bytes: Uint8Array, start: number, length: number): number {
  const end = start + length - 1;
  if (length < LISTPACK_HEADER + 1 || readBytes(bytes, start) >>> 0 !== length) return -1;
  if (bytes[end] !== LISTPACK_END) return -1;
  let count = 0;
  let at = start + LISTPACK_HEADER;
  for (; at < end; count++) {
    if (bytes[at]! > INT_64) return -1;
    const next = elementAfter(bytes, at);
    if (next > end || elementBefore(bytes, next) !== at) return -1;
    at = next;
  }
  const told = bytes[start + 4]! | bytes[start + 5]! << 8;
  return at === end && (told === UNCOUNTED || told === count) ? count : -1;
}

/** Writes the beginning of a listpack, which fills the bytes. */
export function writeListpackHeader(bytes: Uint8Array, elements: number): void {
  writeBytes(bytes, 0, bytes.length, 4);
  writeBytes(bytes, 4, Math.min(elements, UNCOUNTED), 2);
}

/** Writes the length of an element that begins at a place. Returns where the next one goes. */
function finish(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length <= 127) {
    bytes[end] = length;
    return end + 1;
  }
  const size = lengthSize(length);
  for (let i = size - 1, rest = length; i >= 0; i--, rest >>>= 7) {
    bytes[end + i] = i === 0 ? rest : rest & 127 | 128;
  }
  return end + size;
}

/** Reads and writes elements. What it has read last is its own until it reads again. */
export class Listpack {
  /** An integer that was read, or is to be written. */
  readonly #integer = new Int64();

  /** Reads an integer that begins at a place, and returns where the next element begins. */
  readInteger(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!;
    if (first < STRING_6) {
      this.#integer.low = first;
      this.#integer.high = 0;
      return at + 2;
    }
    this.#decode(bytes, at, first);
    return elementAfter(bytes, at);
  }

  /** The words of the integer that was read. */
  get high(): number {
    return this.#integer.high;
  }

  /** The lower word, as an int32. */
  get low(): number {
    return this.#integer.low;
  }

  /** The element that begins at a place, an integer as its digits. */
  read(bytes: Uint8Array, at: number): Slice {
    const first = bytes[at]!;
    if (first >= STRING_6 && first < INT_13) return new Slice(bytes, at + 1, first & 0x3f);
    if (first >= STRING_12 && first < STRING_32) {
      return new Slice(bytes, at + 2, (first & 15) << 8 | bytes[at + 1]!);
    }
    if (first === STRING_32) return new Slice(bytes, at + 5, readBytes(bytes, at + 1) >>> 0);
    this.#decode(bytes, at, first);
    return this.#integer.text();
  }

  /** Writes an element, as an integer if it is the text of one. Returns where the next one goes. */
  write(bytes: Uint8Array, at: number, element: Slice): number {
    const { length } = element;
    const lead = length > 0 ? element.at(0) : 0;
    if (
      length > 0 && length <= 20 && (lead === MINUS || lead >= ZERO && lead <= ZERO + 9) &&
      this.#integer.parse(element)
    ) {
      return this.writeWords(bytes, at, this.#integer.high, this.#integer.low);
    }
    let to = at;
    if (length < 64) {
      bytes[to++] = STRING_6 | length;
    } else if (length < 4096) {
      bytes[to++] = STRING_12 | length >> 8;
      bytes[to++] = length;
    } else {
      bytes[to] = STRING_32;
      writeBytes(bytes, to + 1, length, 4);
      to += 5;
    }
    copyBytes(element.bytes, element.start, length, bytes, to);
    return finish(bytes, at, to + length);
  }

  /** Writes an integer of 64 bits, by its words. Returns where the next element goes. */
  writeWords(bytes: Uint8Array, at: number, high: number, low: number): number {
    if (high !== low >> 31) {
      bytes[at] = INT_64;
      writeBytes(bytes, at + 1, low, 4);
      writeBytes(bytes, at + 5, high, 4);
      return finish(bytes, at, at + 9);
    }
    if (low >= 0 && low <= 127) {
      bytes[at] = low;
      return finish(bytes, at, at + 1);
    }
    if (low >= -4096 && low <= 4095) {
      bytes[at] = INT_13 | low >> 8 & 31;
      bytes[at + 1] = low;
      return finish(bytes, at, at + 2);
    }
    const size = integerSize(high, low) - 1;
    bytes[at] = INT_16 + size - 2;
    writeBytes(bytes, at + 1, low, size);
    return finish(bytes, at, at + 1 + size);
  }

  /** Writes an integer of 32 bits. Returns where the next element goes. */
  writeCount(bytes: Uint8Array, at: number, value: number): number {
    return this.writeWords(bytes, at, 0, value);
  }

  #decode(bytes: Uint8Array, at: number, first: number): void {
    const integer = this.#integer;
    if (first < STRING_6) integer.low = first;
    else if (first < STRING_12) integer.low = ((first & 31) << 8 | bytes[at + 1]!) << 19 >> 19;
    else if (first === INT_16) integer.low = (bytes[at + 1]! | bytes[at + 2]! << 8) << 16 >> 16;
    else if (first === INT_24) integer.low = readBytes(bytes, at) >> 8;
    else integer.low = readBytes(bytes, at + 1);
    integer.high = first === INT_64 ? readBytes(bytes, at + 5) : integer.low >> 31;
  }
}
