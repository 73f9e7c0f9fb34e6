/**
 * Reads what RDB files and `DUMP` are made of: lengths, strings, numbers. Bytes are in memory already, or
 * come from a file a part at a time. Nothing is believed that the input cannot hold: no length makes it
 * take more memory than there is input, nor read past its end.
 *
 * @module
 */

import { latin1Slice, Slice } from "../store/slice.ts";
import { Crc64 } from "./crc64.ts";
import { decompress, mayBecome } from "./lzf.ts";
import {
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_INT8,
  ENCODED_LZF,
  LENGTH_14,
  LENGTH_32,
  LENGTH_6,
  LENGTH_64,
  LENGTH_ENCODED,
} from "./types.ts";

/** Thrown where the input is damaged, or is what this version does not know. */
export class RdbError extends Error {
  override name = "RdbError";
  /** Where it is, in bytes from the beginning. */
  readonly offset: number;

  constructor(why: string, offset: number) {
    super(`${why} at byte ${offset}`);
    this.offset = offset;
  }
}

/** What a file is read by. */
export interface RdbSource {
  /** How many bytes there are. */
  readonly size: number;
  /** Fills some of an array; returns how many bytes, 0 at the end. */
  read(into: Uint8Array): number;
}

/** Reads from parts that are in memory. They are taken away as they are read. */
export function sourceOf(chunks: Uint8Array[]): RdbSource {
  let at = 0;
  return {
    size: chunks.reduce((sum, { length }) => sum + length, 0),
    read: (into) => {
      const part = chunks[0]?.subarray(at, at + into.length) ?? new Uint8Array(0);
      into.set(part);
      at += part.length;
      if (at === chunks[0]?.length) {
        chunks.shift();
        at = 0;
      }
      return part.length;
    },
  };
}

/** How much of a file is in memory, unless a string is longer. */
const BUFFER_SIZE = 256 * 1024;

const UPPER_BITS = 6;
const LOWER_BITS = 0x3f;

/** Reads one RDB file, or what `DUMP` has made. */
export class RdbReader {
  readonly #source: RdbSource | undefined;
  readonly #crc: Crc64 | undefined;
  #bytes: Uint8Array;
  #view: DataView;
  #at: number;
  #end: number;
  /** How many bytes the source still has. */
  #left: number;
  /** Where in the input the first byte of the buffer is. */
  #base: number;
  /** Up to where the bytes in the buffer are in the checksum. */
  #summed: number;
  /** Where the string begins that was read last. */
  #stringAt = 0;

  /** @param input A whole, or a file; of a file, the checksum is kept. */
  constructor(input: Slice | RdbSource) {
    this.#summed = 0;
    if (input instanceof Slice) {
      this.#source = this.#crc = undefined;
      this.#bytes = input.bytes;
      this.#at = input.start;
      this.#end = input.start + input.length;
      this.#base = -input.start;
      this.#left = 0;
    } else {
      this.#source = input;
      this.#crc = new Crc64();
      this.#bytes = new Uint8Array(Math.min(BUFFER_SIZE, input.size));
      this.#at = this.#end = this.#base = 0;
      this.#left = input.size;
    }
    this.#view = viewOf(this.#bytes);
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#end - this.#at + this.#left;
  }

  /** Ends reading. Default for where: what was read last ends there. */
  fail(why: string, offset: number = this.offset): never {
    throw new RdbError(why, offset);
  }

  /** Ends reading because of something within the string that was read last. */
  failInString(why: string): never {
    return this.fail(why, this.#stringAt);
  }

  byte(): number {
    this.#need(1);
    return this.#bytes[this.#at++]!;
  }

  /** So many bytes. They hold until more is read. */
  raw(count: number): Slice {
    this.#need(count);
    this.#at += count;
    return new Slice(this.#bytes, this.#at - count, count);
  }

  int32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4, true);
  }

  int64(): bigint {
    this.#need(8);
    this.#at += 8;
    return this.#view.getBigInt64(this.#at - 8, true);
  }

  float64(): number {
    this.#need(8);
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  /** A length, or another number that is written as one. */
  length(): number {
    const length = this.#length();
    if (length < 0) this.fail("A length was expected, and not an encoded string", this.offset - 1);
    return length;
  }

  /** A number of 64 bits that is written as a length. */
  length64(): bigint {
    this.#need(1);
    if (this.#bytes[this.#at] !== LENGTH_64) return BigInt(this.length());
    this.#at++;
    return this.#bigEndian64();
  }

  /** A string. It holds until more is read. */
  string(): Slice {
    this.#stringAt = this.offset;
    const length = this.#length();
    if (length >= 0) return this.raw(length);
    switch (-1 - length) {
      case ENCODED_INT8:
        return latin1Slice(String(this.byte() << 24 >> 24));
      case ENCODED_INT16:
        return latin1Slice(String((this.byte() | this.byte() << 8) << 16 >> 16));
      case ENCODED_INT32:
        return latin1Slice(String(this.int32()));
      case ENCODED_LZF:
        return this.#compressed();
      default:
        this.failInString(`Unknown encoding ${-1 - length} of a string`);
    }
  }

  /** The checksum of what was read of a file so far, lowest byte first. */
  checksum(): Uint8Array {
    this.#sum();
    return this.#crc?.digest() ?? new Uint8Array(8);
  }

  #compressed(): Slice {
    const size = this.length();
    const length = this.length();
    if (!mayBecome(size, length)) this.failInString("A compressed string cannot become so long");
    const { bytes, start } = this.raw(size);
    const whole = new Uint8Array(length);
    if (!decompress(bytes, start, size, whole)) {
      this.failInString("A string cannot be decompressed");
    }
    return new Slice(whole);
  }

  /** A length; if an encoded string follows instead, -1 and its encoding below that. */
  #length(): number {
    const first = this.byte();
    switch (first >> UPPER_BITS) {
      case LENGTH_6:
        return first & LOWER_BITS;
      case LENGTH_14:
        return (first & LOWER_BITS) << 8 | this.byte();
      case LENGTH_ENCODED:
        return -1 - (first & LOWER_BITS);
    }
    if (first === LENGTH_32) {
      this.#need(4);
      this.#at += 4;
      return this.#view.getUint32(this.#at - 4);
    }
    if (first !== LENGTH_64) this.fail("Unknown kind of length", this.offset - 1);
    const length = Number(this.#bigEndian64());
    if (!Number.isSafeInteger(length)) this.fail("A length is too large", this.offset - 9);
    return length;
  }

  #bigEndian64(): bigint {
    this.#need(8);
    this.#at += 8;
    return this.#view.getBigUint64(this.#at - 8);
  }

  /** Sees to it that so many bytes are in the buffer. */
  #need(count: number): void {
    if (this.#at + count <= this.#end) return;
    if (count > this.left) {
      this.fail("The data ends too early", this.#base + this.#end + this.#left);
    }
    this.#sum();
    const kept = this.#end - this.#at;
    const into = count > this.#bytes.length
      ? new Uint8Array(Math.min(count + BUFFER_SIZE, this.left))
      : this.#bytes;
    into.set(this.#bytes.subarray(this.#at, this.#end));
    this.#base += this.#at;
    this.#at = this.#summed = 0;
    this.#end = kept;
    if (into !== this.#bytes) {
      this.#bytes = into;
      this.#view = viewOf(into);
    }
    while (this.#end < count) {
      const read = this.#source?.read(into.subarray(this.#end)) ?? 0;
      if (read === 0) this.fail("The data ends too early", this.#base + this.#end);
      this.#end += read;
      this.#left = Math.max(0, this.#left - read);
    }
  }

  /** Takes what was read into the checksum. */
  #sum(): void {
    this.#crc?.update(this.#bytes, this.#summed, this.#at);
    this.#summed = this.#at;
  }
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
