/**
 * Reads replies back into JavaScript values, for callers that have no socket.
 *
 * @module
 */

import { Slice } from "../store/slice.ts";
import {
  ARRAY,
  ATTRIBUTE,
  BIG_NUMBER,
  BOOLEAN,
  BULK,
  DOUBLE,
  ERROR,
  INTEGER,
  MAP,
  PUSH,
  SET,
  STRING,
  VERBATIM,
} from "./types.ts";

/**
 * An error as Redis replies it.
 *
 * @example
 * ```ts
 * import { Cache, ReplyError } from "jsr:@nimblecache/cache";
 * import { assertThrows } from "jsr:@std/assert@^1.0.19";
 *
 * await using cache = new Cache();
 * cache.call("SET", "name", "alice");
 * assertThrows(() => cache.call("INCR", "name"), ReplyError, "ERR value is not an integer");
 * ```
 */
export class ReplyError extends Error {
  /** Tells it from other errors. */
  override name = "ReplyError";
}

/** A reply as a JavaScript value; `B` is what a bulk string becomes. */
export type ReplyValue<B = string> =
  | B
  | string
  | number
  | bigint
  | boolean
  | null
  | ReplyError
  | ReplyValue<B>[]
  | Map<ReplyValue<B>, ReplyValue<B>>
  | Set<ReplyValue<B>>;

const [CR, ZERO, MINUS] = [13, 48, 45] as const;

/** A verbatim string begins with its format: `txt:`. */
const FORMAT_LENGTH = 4;

/**
 * Reads the first reply in some bytes, which must be whole.
 *
 * @param bulk Makes a value of a bulk string.
 * @returns The value; an error as a {@linkcode ReplyError} that is not thrown.
 */
export function readReply<B>(bytes: Uint8Array, bulk: (text: Slice) => B): ReplyValue<B> {
  return new ReplyReader(bytes, bulk).read();
}

class ReplyReader<B> {
  readonly #bytes: Uint8Array;
  readonly #bulk: (text: Slice) => B;
  #position = 0;

  constructor(bytes: Uint8Array, bulk: (text: Slice) => B) {
    this.#bytes = bytes;
    this.#bulk = bulk;
  }

  read(): ReplyValue<B> {
    switch (this.#bytes[this.#position++]) {
      case STRING:
        return this.#line();
      case ERROR:
        return new ReplyError(this.#line());
      case INTEGER:
        return this.#integer();
      case BULK:
        return this.#bulkOf(this.#length(), 0);
      case VERBATIM:
        return this.#bulkOf(this.#length(), FORMAT_LENGTH);
      case ARRAY:
      case PUSH: {
        const count = this.#length();
        return count < 0 ? null : this.#array(count);
      }
      case ATTRIBUTE:
        // Attributes are no part of the reply that follows them.
        this.#array(2 * this.#length());
        return this.read();
      case MAP:
        return this.#map(this.#length());
      case SET:
        return new Set(this.#array(this.#length()));
      case BOOLEAN:
        return this.#line() === "t";
      case DOUBLE: {
        const text = this.#line();
        return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
      }
      case BIG_NUMBER:
        return BigInt(this.#line());
      default:
        // `_`
        this.#line();
        return null;
    }
  }

  #line(): string {
    const start = this.#position;
    const end = this.#bytes.indexOf(CR, start);
    this.#position = end + 2;
    return new Slice(this.#bytes, start, end - start).utf8();
  }

  #integer(): number | bigint {
    const start = this.#position;
    const value = this.#length();
    if (Number.isSafeInteger(value)) return value;
    this.#position = start;
    return BigInt(this.#line());
  }

  /** An integer that a double holds. */
  #length(): number {
    const bytes = this.#bytes;
    let at = this.#position;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    let value = 0;
    for (; bytes[at] !== CR; at++) value = value * 10 + (bytes[at]! - ZERO);
    this.#position = at + 2;
    return isNegative ? -value : value;
  }

  #bulkOf(length: number, skip: number): B | null {
    if (length < 0) return null;
    const start = this.#position;
    this.#position += length + 2;
    return this.#bulk(new Slice(this.#bytes, start + skip, length - skip));
  }

  #array(count: number): ReplyValue<B>[] {
    const values: ReplyValue<B>[] = [];
    for (; count > 0; count--) values.push(this.read());
    return values;
  }

  #map(pairs: number): Map<ReplyValue<B>, ReplyValue<B>> {
    const map = new Map<ReplyValue<B>, ReplyValue<B>>();
    for (; pairs > 0; pairs--) {
      const key = this.read();
      map.set(key, this.read());
    }
    return map;
  }
}
