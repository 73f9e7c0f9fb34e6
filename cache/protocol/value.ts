/**
 * Reads replies back into JavaScript values, for callers that have no socket.
 *
 * @module
 */

import { Slice } from "../store/slice.ts";

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

const CR = 13;

/**
 * Reads the first reply in some bytes, which must be whole.
 *
 * @param bulk Makes a value of a bulk string.
 * @returns The value; an error as a {@linkcode ReplyError} that is not thrown.
 */
export function readReply<B>(bytes: Uint8Array, bulk: (text: Slice) => B): ReplyValue<B> {
  let position = 0;
  const line = (): string => {
    const end = bytes.indexOf(CR, position);
    const text = new Slice(bytes, position, end - position);
    position = end + 2;
    return text.utf8();
  };
  const many = (count: number): ReplyValue<B>[] => Array.from({ length: count }, read);
  const read = (): ReplyValue<B> => {
    const type = String.fromCharCode(bytes[position++]!);
    const text = line();
    switch (type) {
      case "+":
        return text;
      case "-":
        return new ReplyError(text);
      case ":": {
        const value = Number(text);
        return Number.isSafeInteger(value) ? value : BigInt(text);
      }
      case "$":
      case "=": {
        const length = Number(text);
        if (length < 0) return null;
        // A verbatim string begins with its format: `txt:`.
        const skip = type === "=" ? 4 : 0;
        const value = new Slice(bytes, position + skip, length - skip);
        position += length + 2;
        return bulk(value);
      }
      case "*":
      case ">":
        return text === "-1" ? null : many(Number(text));
      case "%": {
        const map = new Map<ReplyValue<B>, ReplyValue<B>>();
        for (let left = Number(text); left > 0; left--) {
          const key = read();
          map.set(key, read());
        }
        return map;
      }
      case "|":
        // Attributes are no part of the reply that follows them.
        many(2 * Number(text));
        return read();
      case "~":
        return new Set(many(Number(text)));
      case "#":
        return text === "t";
      case ",":
        return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
      case "(":
        return BigInt(text);
      default:
        return null;
    }
  };
  return read();
}
