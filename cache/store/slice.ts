/**
 * A stretch of bytes: where it is, not a copy of it. Arguments of commands are slices of what a client
 * sent, values are slices of the store.
 *
 * @module
 */

/**
 * Bytes within a larger array. One that lies in the store holds only until the store changes next.
 */
export class Slice {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;

  constructor(bytes: Uint8Array, start = 0, length: number = bytes.length - start) {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
  }

  /** The byte at an index, which must be below the length. */
  at(index: number): number {
    return this.bytes[this.start + index]!;
  }

  /** A part of it, with no copy made. */
  part(start: number, end: number = this.length): Slice {
    return new Slice(this.bytes, this.start + start, end - start);
  }

  /** The same bytes in an array of their own. */
  copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.bytes.subarray(this.start, this.start + this.length));
  }

  /** A slice of the same bytes in an array of their own, to be kept. */
  copySlice(): Slice {
    return new Slice(this.copy());
  }

  equals(other: Slice): boolean {
    const { length } = this;
    if (length !== other.length) return false;
    return sameBytes(this.bytes, this.start, other.bytes, other.start, length);
  }

  /** As `memcmp` and then by length: negative, zero or positive. */
  compare(other: Slice): number {
    const length = Math.min(this.length, other.length);
    const [a, b] = [this.bytes, other.bytes];
    for (let i = this.start, j = other.start, end = i + length; i < end; i++, j++) {
      const difference = a[i]! - b[j]!;
      if (difference !== 0) return difference;
    }
    return this.length - other.length;
  }

  /** A string with one character for each byte. */
  latin1(): string {
    const { bytes, start, length } = this;
    // `String.fromCharCode` takes its arguments from the stack.
    const CHUNK = 4096;
    if (length <= 16) {
      let text = "";
      for (let i = start; i < start + length; i++) text += String.fromCharCode(bytes[i]!);
      return text;
    }
    let text = "";
    for (let i = start; i < start + length; i += CHUNK) {
      const part = bytes.subarray(i, Math.min(i + CHUNK, start + length));
      text += String.fromCharCode.apply(null, part as unknown as number[]);
    }
    return text;
  }

  /** The bytes read as UTF-8, with a byte order mark if there is one; what is not UTF-8 is replaced. */
  utf8(): string {
    if (this.length <= 16 && this.#isAscii()) return this.latin1();
    return decoder.decode(this.bytes.subarray(this.start, this.start + this.length));
  }

  #isAscii(): boolean {
    for (let i = this.start, end = i + this.length; i < end; i++) {
      if (this.bytes[i]! > 127) return false;
    }
    return true;
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A slice of the characters of a string, each as one byte. */
export function latin1Slice(text: string): Slice {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Slice(bytes);
}

/**
 * From this length on {@linkcode writeLong} takes less time than a loop where the text is needed: for
 * 1000 characters a tenth. Before it, all of a small script takes a fifth less with the loop.
 */
export const LONG_TEXT = 64;

const encoder = new TextEncoder();

/** Writes the characters of a string, each as one byte. There must be room for them. */
export function writeLong(text: string, bytes: Uint8Array, at: number): void {
  const { length } = text;
  // What is not ASCII takes two bytes in UTF-8, so that the rest does not fit.
  if (encoder.encodeInto(text, bytes.subarray(at, at + length)).read === length) return;
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
}

/** Whether two stretches of the same length hold the same bytes. */
export function sameBytes(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): boolean {
  for (let i = aStart, j = bStart, end = aStart + length; i < end; i++, j++) {
    if (a[i] !== b[j]) return false;
  }
  return true;
}

/**
 * Copies bytes, between stretches that do not overlap. `set` needs a view: for 16 bytes a loop takes half
 * the time, for 32 as much, for 48 a fifth more.
 */
export function copyBytes(
  from: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
  at: number,
): void {
  if (length <= 32) {
    for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
  } else {
    to.set(from.subarray(start, start + length), at);
  }
}
