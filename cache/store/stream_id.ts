/**
 * The IDs of a stream's entries: a time in milliseconds and a number within it, each of 64 bits without a
 * sign. Neither fits a double, so they are kept as words.
 *
 * @module
 */

import { Slice } from "./slice.ts";

/** How many words an ID takes. */
export const ID_WORDS = 4;

/** The digits of the largest 64-bit integer. */
const MAX_DIGITS = 20;
/** The time, up to the middle, then `-` and the number; then room to print that. */
const TEXT = new Uint8Array(3 * MAX_DIGITS + 1);

const MINUS = 0x2d;
const ZERO = 0x30;

/** The time that stands in TEXT, and where it begins: that of the next ID is the same most often. */
let [printedHigh, printedLow, timeStart] = [0, 0, MAX_DIGITS - 1];
TEXT[timeStart] = ZERO;
TEXT[MAX_DIGITS] = MINUS;

/** Up to here the upper word leaves a double exact. */
const EXACT_HIGH = 1 << 21;

/** Compares two words as numbers without a sign. */
function order(a: number, b: number): number {
  return (a >>> 0) - (b >>> 0);
}

/** Compares the ID that begins at a word with another: negative, zero or positive. */
export function compareIdAt(words: Int32Array, at: number, id: StreamId): number {
  return order(words[at]!, id.msHigh) || order(words[at + 1]!, id.msLow) ||
    order(words[at + 2]!, id.seqHigh) || order(words[at + 3]!, id.seqLow);
}

/** Reads the ID that begins at a word. */
export function readId(words: Int32Array, at: number): StreamId {
  return new StreamId(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
}

/** Writes an ID, from a word on. */
export function writeId(words: Int32Array, at: number, id: StreamId): void {
  words[at] = id.msHigh;
  words[at + 1] = id.msLow;
  words[at + 2] = id.seqHigh;
  words[at + 3] = id.seqLow;
}

/** Prints a number without a sign so that it ends at a place. Returns where it begins. */
function writeDigits(high: number, low: number, at: number): number {
  if (high >>> 0 >= EXACT_HIGH) {
    const text = (BigInt(high >>> 0) << 32n | BigInt(low >>> 0)).toString();
    at -= text.length;
    for (let i = 0; i < text.length; i++) TEXT[at + i] = text.charCodeAt(i);
    return at;
  }
  let rest = high * 0x1_0000_0000 + (low >>> 0);
  // While it does not fit an int32, whose division is cheap.
  while (rest > 0x7fffffff) {
    const quotient = Math.floor(rest / 10);
    TEXT[--at] = ZERO + (rest - 10 * quotient);
    rest = quotient;
  }
  do {
    const quotient = (rest / 10) | 0;
    TEXT[--at] = ZERO + rest - 10 * quotient;
    rest = quotient;
  } while (rest > 0);
  return at;
}

/** One ID. Its words are int32s, though they have no sign. */
export class StreamId {
  static readonly MIN: StreamId = new StreamId(0, 0, 0, 0);
  static readonly MAX: StreamId = new StreamId(-1, -1, -1, -1);

  readonly msHigh: number;
  readonly msLow: number;
  readonly seqHigh: number;
  readonly seqLow: number;

  constructor(msHigh: number, msLow: number, seqHigh: number, seqLow: number) {
    this.msHigh = msHigh;
    this.msLow = msLow;
    this.seqHigh = seqHigh;
    this.seqLow = seqLow;
  }

  /** The first ID of a time, in milliseconds since 1970. */
  static at(milliseconds: number): StreamId {
    return new StreamId(Math.floor(milliseconds / 0x1_0000_0000) | 0, milliseconds | 0, 0, 0);
  }

  /** Makes one of its two numbers. */
  static of(ms: bigint, seq: bigint): StreamId {
    const low = (value: bigint) => Number(value & 0xffff_ffffn) | 0;
    return new StreamId(low(ms >> 32n), low(ms), low(seq >> 32n), low(seq));
  }

  /** The time, without a sign. */
  get ms(): bigint {
    return BigInt(this.msHigh >>> 0) << 32n | BigInt(this.msLow >>> 0);
  }

  /** The number within it, without a sign. */
  get seq(): bigint {
    return BigInt(this.seqHigh >>> 0) << 32n | BigInt(this.seqLow >>> 0);
  }

  get isZero(): boolean {
    return (this.msHigh | this.msLow | this.seqHigh | this.seqLow) === 0;
  }

  /** Negative, zero or positive. */
  compare(other: StreamId): number {
    return this.compareTime(other) || order(this.seqHigh, other.seqHigh) ||
      order(this.seqLow, other.seqLow);
  }

  /** The same of the times alone. */
  compareTime(other: StreamId): number {
    return order(this.msHigh, other.msHigh) || order(this.msLow, other.msLow);
  }

  /** The ID after it; `undefined` after the last one that there is. */
  next(): StreamId | undefined {
    const { msHigh, msLow, seqHigh, seqLow } = this;
    if (seqLow !== -1) return new StreamId(msHigh, msLow, seqHigh, (seqLow + 1) | 0);
    if (seqHigh !== -1) return new StreamId(msHigh, msLow, (seqHigh + 1) | 0, 0);
    if (msLow !== -1) return new StreamId(msHigh, (msLow + 1) | 0, 0, 0);
    if (msHigh !== -1) return new StreamId((msHigh + 1) | 0, 0, 0, 0);
    return undefined;
  }

  /** The ID before it; `undefined` before 0-0. */
  previous(): StreamId | undefined {
    const { msHigh, msLow, seqHigh, seqLow } = this;
    if (seqLow !== 0) return new StreamId(msHigh, msLow, seqHigh, (seqLow - 1) | 0);
    if (seqHigh !== 0) return new StreamId(msHigh, msLow, (seqHigh - 1) | 0, -1);
    if (msLow !== 0) return new StreamId(msHigh, (msLow - 1) | 0, -1, -1);
    if (msHigh !== 0) return new StreamId((msHigh - 1) | 0, -1, -1, -1);
    return undefined;
  }

  /** As it is printed: `1700000000000-0`. The slice holds until the next call. */
  text(): Slice {
    const { msHigh, msLow, seqHigh, seqLow } = this;
    if (msLow !== printedLow || msHigh !== printedHigh) {
      timeStart = writeDigits(msHigh, msLow, MAX_DIGITS);
      [printedHigh, printedLow] = [msHigh, msLow];
    }
    const from = writeDigits(seqHigh, seqLow, TEXT.length);
    const length = TEXT.length - from;
    for (let i = 0; i < length; i++) TEXT[MAX_DIGITS + 1 + i] = TEXT[from + i]!;
    return new Slice(TEXT, timeStart, MAX_DIGITS + 1 + length - timeStart);
  }
}
