/**
 * 64-bit integers as two words: neither a double, which is exact to 53 bits only, nor a BigInt, which is
 * an object for each.
 *
 * @module
 */

import { Slice } from "./slice.ts";

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** The longest text of one: `-9223372036854775808`. */
const MAX_LENGTH = 20;
/** The digits that a double holds in any case. */
const EXACT_DIGITS = 15;

const MINUS = 0x2d;
const ZERO = 0x30;

/** Reads the integer whose lower word stands at a place, and the upper one after it. */
export function readInt64(words: Int32Array, at: number): bigint {
  return BigInt(words[at + 1]!) << 32n | BigInt(words[at]! >>> 0);
}

/** Writes an integer in the same way. What is above 64 bits is lost. */
export function writeInt64(words: Int32Array, at: number, value: bigint): void {
  words[at] = Number(BigInt.asIntN(32, value));
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** Adds one to the integer at a place. */
export function incrementInt64(words: Int32Array, at: number): void {
  if (++words[at]! === 0) words[at + 1]!++;
}

/** A place for a 64-bit integer, in two's complement. */
export class Int64 {
  /** The upper word. */
  high = 0;
  /** The lower word, as an int32. */
  low = 0;
  readonly #text = new Uint8Array(MAX_LENGTH);

  /**
   * Reads an integer written in the one way in which it is printed: no plus sign, no leading zero, no
   * `-0`, nothing else beside it (Redis' `string2ll`).
   *
   * @returns Whether it is one. If not, the number here is undefined.
   */
  parse(text: Slice): boolean {
    const { bytes, start, length } = text;
    const isNegative = length > 0 && bytes[start] === MINUS;
    const first = isNegative ? 1 : 0;
    if (length === first || length > MAX_LENGTH) return false;
    const lead = bytes[start + first];
    if (lead === ZERO) {
      this.high = this.low = 0;
      return length === 1;
    }
    let value = 0;
    for (let i = start + first; i < start + length; i++) {
      const digit = bytes[i]! - ZERO;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
    }
    if (length - first > EXACT_DIGITS) return this.#set(BigInt(text.latin1()));
    if (isNegative) value = -value;
    this.high = Math.floor(value / 0x1_0000_0000);
    this.low = value | 0;
    return true;
  }

  /** Its decimal digits. They hold until the next call. */
  text(): Slice {
    const { high, low } = this;
    const bytes = this.#text;
    let at = bytes.length;
    if (high !== low >> 31) {
      const text = String(BigInt(high) << 32n | BigInt(low >>> 0));
      at -= text.length;
      for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
      return new Slice(bytes, at);
    }
    let rest = low < 0 ? -low : low;
    do {
      const tenth = Math.floor(rest / 10);
      bytes[--at] = ZERO + rest - 10 * tenth;
      rest = tenth;
    } while (rest > 0);
    if (low < 0) bytes[--at] = MINUS;
    return new Slice(bytes, at);
  }

  #set(value: bigint): boolean {
    this.high = Number(BigInt.asIntN(32, value >> 32n));
    this.low = Number(BigInt.asIntN(32, value));
    return value >= MIN && value <= MAX;
  }
}
