/**
 * Encodes the arguments of calls that come from this process, into bytes that are used again.
 *
 * @module
 */

import { Args } from "./request.ts";

/** What {@linkcode Cache.call} takes: strings are sent as UTF-8, numbers as JavaScript prints them. */
export type CallArgument = string | number | bigint | Uint8Array;

/** The bytes and the arguments for which there is always room. What was larger once is not kept. */
const SIZE = 4096;
const COUNT = 64;

/** The longest text that is encoded in a loop, which is then faster than `encodeInto`. */
const MAX_SHORT = 32;

const encoder = new TextEncoder();

/** Encodes one call's arguments after the other. */
export class ArgsEncoder {
  #args = new Args(new Uint8Array(SIZE), COUNT);
  /** Where the bytes of the arguments so far end. */
  #end = 0;

  /**
   * Encodes the arguments of a call. They hold until the next.
   *
   * @throws {TypeError} If one is of another type.
   */
  encode(parts: readonly CallArgument[]): Args {
    if (this.#args.bytes.length > SIZE || this.#args.starts.length > COUNT) {
      this.#args = new Args(new Uint8Array(SIZE), COUNT);
    }
    const args = this.#args;
    args.count = this.#end = 0;
    for (const part of parts) {
      const start = this.#end;
      if (typeof part === "string") this.#addText(part);
      else if (part instanceof Uint8Array) this.#addBytes(part);
      else if (typeof part === "number" || typeof part === "bigint") this.#addText(String(part));
      else {
        throw new TypeError(
          `Cannot call with an argument of type ${typeof part}: ` +
            "expected a string, a number or a Uint8Array",
        );
      }
      args.push(start, this.#end - start);
    }
    return args;
  }

  #addText(text: string): void {
    const { length } = text;
    // A code unit takes three bytes at the most.
    this.#ensure(3 * length);
    const { bytes } = this.#args;
    if (length <= MAX_SHORT) {
      const end = this.#end;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) break;
        bytes[end + i] = code;
      }
      if (i === length) {
        this.#end += length;
        return;
      }
    }
    this.#end += encoder.encodeInto(text, bytes.subarray(this.#end)).written;
  }

  #addBytes(part: Uint8Array): void {
    this.#ensure(part.length);
    this.#args.bytes.set(part, this.#end);
    this.#end += part.length;
  }

  /** Sees to room for so many more bytes. */
  #ensure(size: number): void {
    const args = this.#args;
    if (this.#end + size <= args.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#end + size, 2 * args.bytes.length));
    larger.set(args.bytes.subarray(0, this.#end));
    args.bytes = larger;
  }
}
