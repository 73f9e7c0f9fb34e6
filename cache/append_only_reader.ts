/**
 * Reads the requests of an append-only file, and tells one that ends amid a request, as after a loss of
 * power, from one that is damaged.
 *
 * @module
 */

import { Args } from "./protocol/request.ts";
import type { RdbSource } from "./rdb/reader.ts";

/** How much of the file is in memory, unless a request is longer. */
const BUFFER_SIZE = 256 * 1024;
/** The most characters of a line with a count, a length or an annotation (`AOF_ANNOTATION_LINE_MAX_LEN`). */
const MAX_LINE = 1024;

const [LF, CR, HASH, DOLLAR, ASTERISK, ZERO] = [10, 13, 35, 36, 42, 48] as const;

/** Thrown where the file is damaged. */
export class LogError extends Error {
  override name = "LogError";

  constructor(why: string, offset: number) {
    super(`${why} at byte ${offset}`);
  }
}

/** The end of the file, where more was to come. */
const CUT = Symbol();

/** Reads one file. */
export class LogReader {
  /** The arguments of the request that was read last. They hold until the next one is read. */
  readonly args: Args;
  readonly #source: RdbSource;
  #bytes: Uint8Array = new Uint8Array(BUFFER_SIZE);
  /** Where in the file the buffer begins. */
  #base: number;
  /** Where in the buffer the request begins that is being read, how far it is read, and the end. */
  #start = 0;
  #at = 0;
  #end = 0;

  /**
   * @param source The file.
   * @param offset How much of it was read already.
   */
  constructor(source: RdbSource, offset = 0) {
    this.#source = source;
    this.#base = offset;
    this.args = new Args(this.#bytes);
  }

  /** Where in the file the request begins that was read last, or that the file ends amid. */
  get start(): number {
    return this.#base + this.#start;
  }

  /** Where what was read ends. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** Ends reading because of the request that was read last. */
  fail(why: string, offset: number = this.start): never {
    throw new LogError(why, offset);
  }

  /**
   * Reads the next request, past annotations.
   *
   * @returns "cut" where the file ends amid a request.
   * @throws {LogError} If what comes is no request.
   */
  next(): "request" | "end" | "cut" {
    const { args } = this;
    try {
      while (true) {
        args.count = 0;
        this.#start = this.#at;
        if (!this.#has(1)) return "end";
        const first = this.#bytes[this.#at];
        if (first !== HASH) break;
        this.#at = this.#lineEnd();
      }
      const count = this.#number(ASTERISK);
      if (count === 0) this.fail("There is a request of nothing");
      for (let i = 0; i < count; i++) {
        const length = this.#number(DOLLAR);
        // What is announced is not given room before it is known to be there.
        if (length + 2 > this.#left) throw CUT;
        this.#need(length + 2);
        args.push(this.#at, length);
        this.#at += length;
        if (this.#bytes[this.#at] !== CR || this.#bytes[this.#at + 1] !== LF) {
          this.fail("An argument does not end where it should", this.offset);
        }
        this.#at += 2;
      }
      return "request";
    } catch (error) {
      if (error !== CUT) throw error;
      return "cut";
    }
  }

  /** How many bytes of the file are left. */
  get #left(): number {
    return this.#source.size - this.offset;
  }

  /** Reads a line of a type and a number. */
  #number(type: typeof ASTERISK | typeof DOLLAR): number {
    this.#need(1);
    const first = this.#bytes[this.#at];
    if (first !== type) {
      this.fail(
        `Expected "${String.fromCharCode(type)}" and not the byte ${first}`,
        this.offset,
      );
    }
    const begin = this.offset;
    const end = this.#lineEnd();
    let number = 0;
    for (let i = this.#at + 1; i < end - 2; i++) {
      const digit = this.#bytes[i]! - ZERO;
      number = digit >= 0 && digit <= 9 ? number * 10 + digit : NaN;
    }
    const isLine = end - this.#at > 3 && this.#bytes[end - 2] === CR;
    if (!isLine || !Number.isSafeInteger(number)) this.fail("Expected a number in a line", begin);
    this.#at = end;
    return number;
  }

  /** Where the line ends that begins here, behind its LF. */
  #lineEnd(): number {
    for (let i = 0; i < MAX_LINE; i++) {
      this.#need(i + 1);
      if (this.#bytes[this.#at + i] === LF) return this.#at + i + 1;
    }
    return this.fail("A line is too long", this.offset);
  }

  #need(count: number): void {
    if (!this.#has(count)) throw CUT;
  }

  /** Sees to it that so many bytes are in the buffer; returns false if the file has less. */
  #has(count: number): boolean {
    while (this.#at + count > this.#end) {
      if (this.#at + count > this.#bytes.length) this.#makeRoom(count);
      const read = this.#source.read(this.#bytes.subarray(this.#end));
      if (read === 0) return false;
      this.#end += read;
    }
    return true;
  }

  /** Moves the request that is being read to the buffer's beginning, or to a larger one's. */
  #makeRoom(count: number): void {
    const { args } = this;
    const shift = this.#start;
    const needed = this.#at - shift + count;
    const from = this.#bytes.subarray(shift, this.#end);
    if (needed > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    }
    this.#bytes.set(from);
    args.bytes = this.#bytes;
    for (let i = 0; i < args.count; i++) args.starts[i]! -= shift;
    this.#base += shift;
    this.#start = 0;
    this.#at -= shift;
    this.#end -= shift;
  }
}
