/**
 * Writes what RDB files and `DUMP` are made of, byte for byte as Redis does.
 *
 * @module
 */

import { Int64 } from "../store/int64.ts";
import { copyBytes, latin1Slice, Slice } from "../store/slice.ts";
import { compress } from "./lzf.ts";
import {
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_INT8,
  ENCODED_LZF,
  LENGTH_14,
  LENGTH_32,
  LENGTH_64,
  LENGTH_ENCODED,
} from "./types.ts";

/** The longest string that may be an integer of 32 bits: `-2147483648`. */
const MAX_INTEGER_LENGTH = 11;
/** Up to this length nothing is gained by compressing. */
const MAX_UNCOMPRESSED = 20;
/** What a string must lose at the least to be compressed. */
const MIN_GAIN = 4;

const INITIAL_SIZE = 1024;
/** A buffer that is larger than this is not kept for what comes next. */
const KEPT_SIZE = 1024 * 1024;

/** Bytes that grow. */
export class RdbWriter {
  readonly #compress: boolean;
  readonly #integer = new Int64();
  #bytes = new Uint8Array(INITIAL_SIZE);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** @param compress Whether long strings are compressed. */
  constructor(compress: boolean) {
    this.#compress = compress;
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length;
  }

  /** What was written. It holds until more is. */
  written(): Slice {
    return new Slice(this.#bytes, 0, this.#length);
  }

  /** Begins anew. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_SIZE) this.#resize(INITIAL_SIZE);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  raw(value: Slice): void {
    this.#reserve(value.length);
    copyBytes(value.bytes, value.start, value.length, this.#bytes, this.#length);
    this.#length += value.length;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#length, value, true);
    this.#length += 2;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
  }

  int64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A length, or another number that is written as one. */
  size(value: number | bigint): void {
    this.#reserve(9);
    if (value < 1 << 6) {
      this.#bytes[this.#length++] = Number(value);
    } else if (value < 1 << 14) {
      this.#view.setUint16(this.#length, LENGTH_14 << 14 | Number(value));
      this.#length += 2;
    } else if (value < 2 ** 32) {
      this.#bytes[this.#length] = LENGTH_32;
      this.#view.setUint32(this.#length + 1, Number(value));
      this.#length += 5;
    } else {
      this.#bytes[this.#length] = LENGTH_64;
      this.#view.setBigUint64(this.#length + 1, BigInt(value));
      this.#length += 9;
    }
  }

  /** A string, in whatever way takes the least room. */
  string(value: Slice): void {
    const { length } = value;
    if (length <= MAX_INTEGER_LENGTH && this.#integerString(value)) return;
    if (this.#compress && length > MAX_UNCOMPRESSED && this.#compressed(value)) return;
    this.size(length);
    this.raw(value);
  }

  /** A string that is given as characters of one byte each. */
  text(value: string): void {
    this.string(latin1Slice(value));
  }

  #integerString(value: Slice): boolean {
    const integer = this.#integer;
    if (!integer.parse(value)) return false;
    const { high, low } = integer;
    if (high !== low >> 31) return false;
    if (low === low << 24 >> 24) {
      this.byte(LENGTH_ENCODED << 6 | ENCODED_INT8);
      this.byte(low);
    } else if (low === low << 16 >> 16) {
      this.byte(LENGTH_ENCODED << 6 | ENCODED_INT16);
      this.int16(low);
    } else {
      this.byte(LENGTH_ENCODED << 6 | ENCODED_INT32);
      this.int32(low);
    }
    return true;
  }

  #compressed({ bytes, start, length }: Slice): boolean {
    // What comes before the compressed bytes has a length that they decide: they are moved to it.
    const HEAD = 1 + 9 + 9;
    this.#reserve(HEAD + length);
    const begun = this.#length;
    const from = begun + HEAD;
    const size = compress(bytes, start, length, this.#bytes, from, length - MIN_GAIN);
    if (size === 0) return false;
    this.byte(LENGTH_ENCODED << 6 | ENCODED_LZF);
    this.size(size);
    this.size(length);
    this.#bytes.copyWithin(this.#length, from, from + size);
    this.#length += size;
    return true;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, 2 * this.#bytes.length));
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
