/**
 * Writes replies, in RESP2 or RESP3, one after the other into one buffer.
 *
 * @module
 */

import { copyBytes, latin1Slice, LONG_TEXT, type Slice, writeLong } from "../store/slice.ts";
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

/** The smallest buffer. The others are twice, four times, … as large. */
const BUFFER_SIZE = 16 * 1024;
/** The largest buffer that is used again. */
const MAX_POOLED_SIZE = 128 * 1024;

/**
 * Buffers that wait to be used again, for all caches, by their size: a new one is filled with zeros
 * first, and has the garbage collector run more often.
 */
const pools: Map<number, Uint8Array<ArrayBuffer>[]> = new Map();
for (let size = BUFFER_SIZE; size <= MAX_POOLED_SIZE; size *= 2) pools.set(size, []);
/** How many bytes of buffers wait at most: what 64 clients need that read long replies. */
const MAX_POOLED = 8 * 1024 * 1024;
let pooled = 0;

function takeBuffer(size: number): Uint8Array<ArrayBuffer> {
  const buffer = pools.get(size)?.pop();
  if (buffer === undefined) return new Uint8Array(size);
  pooled -= size;
  return buffer;
}

function giveBackBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const { length } = buffer;
  const pool = pools.get(length);
  // The garbage collector would take its time with a large one.
  if (length > MAX_POOLED_SIZE) buffer.buffer.transfer(0);
  if (pool === undefined || pooled + length > MAX_POOLED) return;
  pool.push(buffer);
  pooled += length;
}

const NO_BYTES = new Uint8Array(0);

const constant = (text: string): Uint8Array => latin1Slice(text).bytes;
const OK = constant("+OK\r\n");
const QUEUED = constant("+QUEUED\r\n");
const NULL_BULK = constant("$-1\r\n");
const NULL_ARRAY = constant("*-1\r\n");
const NULL = constant("_\r\n");

const [CR, LF, ZERO, MINUS] = [13, 10, 48, 45] as const;

/** The longest bulk string that is written all at once: at this length it takes a tenth less time. */
const MAX_SMALL = 48;
/** How many bytes a bulk string of that length needs beside its own. */
const SMALL_OVERHEAD = 7;

/** Room for a type, a length and a line end. */
const MAX_HEADER = 24;

/** How much of replies there may be, and who is to know that there is more. */
export interface ReplyLimit {
  /** In bytes. One value may pass it, if it begins in the first half. */
  readonly maxReply: number;
  /** Is told once when the limit is passed. */
  overflow(): void;
}

const NO_LIMIT: ReplyLimit = { maxReply: Infinity, overflow: () => {} };

/** The replies to one client that are not sent yet. */
export class Reply {
  /** The protocol's version. */
  resp: 2 | 3 = 2;
  /**
   * Whether there was more than the limit. Then all of it is dropped, and what is written since, so that
   * commands that change something come to their end; what would write without end looks at this.
   */
  overflowed = false;
  readonly #limit: ReplyLimit;
  #buffer: Uint8Array<ArrayBuffer> = NO_BYTES;
  #length = 0;

  constructor(limit: ReplyLimit = NO_LIMIT) {
    this.#limit = limit;
  }

  /** How many bytes there are. A command that fails is taken back to where this was. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes its buffer takes. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Takes back all after this many bytes. */
  truncate(length: number): void {
    if (!this.overflowed) this.#length = length;
  }

  /** Takes back all, and begins anew after too much. */
  reset(): void {
    this.#length = 0;
    this.overflowed = false;
  }

  /** What there is so far. It holds until more is written. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Where that is: the first `length` of these bytes. */
  get bytes(): Uint8Array {
    return this.#buffer;
  }

  /** All there is; what is written next goes into another buffer. Give the bytes back when they are out. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = NO_BYTES;
    this.#length = 0;
    return taken;
  }

  /** Gives back what {@linkcode take} has returned. */
  static giveBack(taken: Uint8Array<ArrayBuffer>): void {
    giveBackBuffer(new Uint8Array(taken.buffer));
  }

  ok(): void {
    this.raw(OK);
  }

  queued(): void {
    this.raw(QUEUED);
  }

  /** A line of text, as one of Redis' own. */
  simple(text: string): void {
    this.#line(STRING, text);
  }

  /** An error, with its code: `ERR no such key`. */
  error(message: string): void {
    this.#line(ERROR, message.replace(/[\r\n]/g, " "));
  }

  /** An integer that a double holds without loss. */
  integer(value: number): void {
    this.#header(INTEGER, value);
  }

  /** Any 64-bit integer. */
  bigInteger(value: bigint): void {
    this.#line(INTEGER, value.toString());
  }

  bulk({ bytes, start, length }: Slice): void {
    this.bulkOf(bytes, start, length);
  }

  /** The same of a stretch of bytes: what replies many makes no slice of each. */
  bulkOf(bytes: Uint8Array, start: number, length: number): void {
    const buffer = this.#buffer;
    let at = this.#length;
    if (length > MAX_SMALL || at + length + SMALL_OVERHEAD > buffer.length) {
      return this.#anyBulk(bytes, start, length);
    }
    // All at once: LRANGE of elements of 3 bytes takes half the time.
    buffer[at] = BULK;
    if (length < 10) {
      buffer[at + 1] = ZERO + length;
      at += 2;
    } else {
      const tens = (length * 103) >>> 10;
      buffer[at + 1] = ZERO + tens;
      buffer[at + 2] = ZERO + length - 10 * tens;
      at += 3;
    }
    buffer[at] = CR;
    buffer[at + 1] = LF;
    at += 2;
    for (const end = start + length; start < end;) buffer[at++] = bytes[start++]!;
    buffer[at] = CR;
    buffer[at + 1] = LF;
    this.#length = at + 2;
  }

  /** Text, each character one byte, as a bulk string. */
  text(text: string): void {
    const { length } = text;
    this.#header(BULK, length);
    if (!this.#ensure(length + 2)) return;
    const buffer = this.#buffer;
    const at = this.#length;
    if (length >= LONG_TEXT) writeLong(text, buffer, at);
    else for (let i = 0; i < length; i++) buffer[at + i] = text.charCodeAt(i);
    this.#length = at + length;
    this.#end();
  }

  /** An integer as a bulk string. */
  bulkInteger(value: number | bigint): void {
    this.text(value.toString());
  }

  /** The value that is not there: `_` in RESP3, a bulk string without one in RESP2. */
  null(): void {
    this.raw(this.resp === 3 ? NULL : NULL_BULK);
  }

  /** The array that is not there. */
  nullArray(): void {
    this.raw(this.resp === 3 ? NULL : NULL_ARRAY);
  }

  /** A truth value, in RESP2 as the integer 1 or 0. */
  boolean(value: boolean): void {
    if (this.resp === 3) this.#line(BOOLEAN, value ? "t" : "f");
    else this.integer(value ? 1 : 0);
  }

  /** A double, printed by the caller; in RESP2 as a bulk string. */
  double(text: string): void {
    if (this.resp === 3) this.#line(DOUBLE, text);
    else this.text(text);
  }

  /** A number of any size, in RESP2 as a bulk string. */
  bigNumber(text: string): void {
    if (this.resp === 3) this.#line(BIG_NUMBER, text);
    else this.text(text);
  }

  /** Text of a format of three letters, in RESP2 as a bulk string. */
  verbatim(text: string, format = "txt"): void {
    if (this.resp === 2) return this.text(text);
    this.#header(VERBATIM, text.length + 4);
    this.raw(constant(`${format}:${text}\r\n`));
  }

  /** Begins an array of so many replies. */
  array(count: number): void {
    this.#header(ARRAY, count);
  }

  /** Begins a map of so many pairs, in RESP2 an array. */
  map(pairs: number): void {
    if (this.resp === 3) this.#header(MAP, pairs);
    else this.#header(ARRAY, 2 * pairs);
  }

  /** Begins a set of so many members, in RESP2 an array. */
  set(count: number): void {
    this.#header(this.resp === 3 ? SET : ARRAY, count);
  }

  /** Begins so many pairs that stand before a reply and are no part of it. Only RESP3 has them. */
  attribute(pairs: number): void {
    this.#header(ATTRIBUTE, pairs);
  }

  /** Begins a message that answers no request, in RESP2 an array. */
  push(count: number): void {
    this.#header(this.resp === 3 ? PUSH : ARRAY, count);
  }

  /**
   * Begins an array, a map or a set whose count is not known yet.
   *
   * @returns What {@linkcode end} takes.
   */
  begin(): number {
    return this.#length;
  }

  /** Ends what `begin` began, when its elements are written. */
  end(begun: number, count: number, kind: "array" | "map" | "set" | "push" = "array"): void {
    if (this.overflowed) return;
    const content = this.#length - begun;
    this[kind](count);
    const header = this.#length - begun - content;
    const bytes = this.#buffer;
    const saved = bytes.slice(begun + content, this.#length);
    bytes.copyWithin(begun + header, begun, begun + content);
    bytes.set(saved, begun);
  }

  /** Bytes that are replies already. */
  raw(bytes: Uint8Array): void {
    if (!this.#ensure(bytes.length)) return;
    copyBytes(bytes, 0, bytes.length, this.#buffer, this.#length);
    this.#length += bytes.length;
  }

  #anyBulk(bytes: Uint8Array, start: number, length: number): void {
    this.#header(BULK, length);
    if (!this.#ensure(length + 2)) return;
    copyBytes(bytes, start, length, this.#buffer, this.#length);
    this.#length += length;
    this.#end();
  }

  #line(type: number, text: string): void {
    const { length } = text;
    if (!this.#ensure(length + 3)) return;
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = type;
    for (let i = 0; i < length; i++) buffer[at++] = text.charCodeAt(i);
    this.#length = at;
    this.#end();
  }

  /** A type and a number. */
  #header(type: number, value: number): void {
    this.#ensure(MAX_HEADER);
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = type;
    if (value >= 0 && value < 10) {
      buffer[at++] = ZERO + value;
    } else if (value > -1e9 && value < 1e9) {
      if (value < 0) {
        buffer[at++] = MINUS;
        value = -value;
      }
      let digits = 1;
      for (let power = 10; power <= value; power *= 10) digits++;
      for (let i = at + digits - 1; i >= at; i--) {
        const rest = (value / 10) | 0;
        buffer[i] = ZERO + value - 10 * rest;
        value = rest;
      }
      at += digits;
    } else {
      const text = value.toString();
      for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
    }
    buffer[at++] = CR;
    buffer[at++] = LF;
    this.#length = at;
  }

  #end(): void {
    this.#buffer[this.#length++] = CR;
    this.#buffer[this.#length++] = LF;
  }

  /** Sees to room for so many more bytes; returns false if they are to be dropped. */
  #ensure(size: number): boolean {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return true;
    if (this.overflowed) return this.#begin(size);
    const { maxReply } = this.#limit;
    if (needed > maxReply && this.#length > maxReply / 2) {
      this.overflowed = true;
      giveBackBuffer(this.#buffer);
      this.#buffer = takeBuffer(BUFFER_SIZE);
      this.#limit.overflow();
      return this.#begin(size);
    }
    let capacity = Math.max(2 * this.#buffer.length, BUFFER_SIZE);
    while (capacity < needed && capacity < MAX_POOLED_SIZE) capacity *= 2;
    const larger = takeBuffer(Math.max(capacity, needed));
    copyBytes(this.#buffer, 0, this.#length, larger, 0);
    giveBackBuffer(this.#buffer);
    this.#buffer = larger;
    return true;
  }

  /** Begins anew with a small buffer, whose content does not matter; returns whether so much fits. */
  #begin(size: number): boolean {
    this.#length = 0;
    return size <= this.#buffer.length;
  }
}
