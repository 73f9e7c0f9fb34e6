/**
 * Bits in stretches of bytes, the highest bit of the first byte the first. Long stretches are gone
 * through by words of 32 bits.
 *
 * @module
 */

import type { Slice } from "./slice.ts";

const WORD_SIZE = 4;
/** How many words are counted or compared together. */
const JOINED_WORDS = 8;

const NO_WORDS = new Int32Array(0);

/** The whole words of a stretch that begins at a multiple of four bytes, or is empty. */
function wordsOf(bytes: Uint8Array, start: number, end: number): Int32Array {
  return end - start < WORD_SIZE
    ? NO_WORDS
    : new Int32Array(bytes.buffer, bytes.byteOffset + start, (end - start) >>> 2);
}

/** Counts the bits of a word that are 1. */
function countInWord(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Counts the bits that are 1 among those from `first` to `last`.
 *
 * @param last Inclusive, and within the slice.
 */
export function countBits(value: Slice, first: number, last: number): number {
  const { bytes } = value;
  const start = value.start + Math.floor(first / 8);
  const end = value.start + Math.floor(last / 8);
  const outside = countInWord(bytes[start]! & ~(0xff >> (first & 7))) +
    countInWord(bytes[end]! & (0x7f >> (last & 7)));
  return countInBytes(bytes, start, end + 1) - outside;
}

function countInBytes(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let i = start;
  while (i < end && (bytes.byteOffset + i) % WORD_SIZE !== 0) count += countInWord(bytes[i++]!);
  const words = wordsOf(bytes, i, end);
  count += countInWords(words);
  for (i += words.length * WORD_SIZE; i < end; i++) count += countInWord(bytes[i]!);
  return count;
}

/**
 * By the tree of Harley and Seal: adders that keep their carries make one word of each weight of eight
 * words, so that the bits of one word in eight are counted, and not of each.
 */
function countInWords(words: Int32Array): number {
  const whole = words.length - words.length % JOINED_WORDS;
  let [ones, twos, fours, eights] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += JOINED_WORDS) {
    let a = words[i]!, b = words[i + 1]!, half = ones ^ a;
    const twosA = (ones & a) | (half & b);
    ones = half ^ b;
    a = words[i + 2]!, b = words[i + 3]!, half = ones ^ a;
    const twosB = (ones & a) | (half & b);
    ones = half ^ b;
    half = twos ^ twosA;
    const foursA = (twos & twosA) | (half & twosB);
    twos = half ^ twosB;
    a = words[i + 4]!, b = words[i + 5]!, half = ones ^ a;
    const twosC = (ones & a) | (half & b);
    ones = half ^ b;
    a = words[i + 6]!, b = words[i + 7]!, half = ones ^ a;
    const twosD = (ones & a) | (half & b);
    ones = half ^ b;
    half = twos ^ twosC;
    const foursB = (twos & twosC) | (half & twosD);
    twos = half ^ twosD;
    half = fours ^ foursA;
    eights += countInWord((fours & foursA) | (half & foursB));
    fours = half ^ foursB;
  }
  let count = 8 * eights + 4 * countInWord(fours) + 2 * countInWord(twos) + countInWord(ones);
  for (let i = whole; i < words.length; i++) count += countInWord(words[i]!);
  return count;
}

/**
 * The first bit that is 0 or 1 among those from `first` to `last`, or -1.
 *
 * @param last Inclusive, and within the slice.
 */
export function findBit(value: Slice, bit: 0 | 1, first: number, last: number): number {
  const { bytes, start } = value;
  const inverted = bit === 1 ? 0 : 0xff;
  const end = start + Math.floor(last / 8);
  let i = start + Math.floor(first / 8);
  let found = (bytes[i]! ^ inverted) & (0xff >> (first & 7));
  if (found === 0 && i < end) {
    i = skipBytes(bytes, i + 1, end, inverted);
    found = bytes[i]! ^ inverted;
  }
  const position = (i - start) * 8 + Math.clz32(found) - 24;
  return found !== 0 && position <= last ? position : -1;
}

/** Where the first byte is that is not `skipped`; `end` if there is none before. */
function skipBytes(bytes: Uint8Array, start: number, end: number, skipped: number): number {
  let i = start;
  while (i < end && (bytes.byteOffset + i) % WORD_SIZE !== 0) {
    if (bytes[i] !== skipped) return i;
    i++;
  }
  const words = wordsOf(bytes, i, end);
  const skippedWord = skipped === 0 ? 0 : -1;
  const whole = words.length - words.length % JOINED_WORDS;
  let word = 0;
  while (
    word < whole &&
    ((words[word]! ^ skippedWord) | (words[word + 1]! ^ skippedWord) |
        (words[word + 2]! ^ skippedWord) | (words[word + 3]! ^ skippedWord) |
        (words[word + 4]! ^ skippedWord) | (words[word + 5]! ^ skippedWord) |
        (words[word + 6]! ^ skippedWord) | (words[word + 7]! ^ skippedWord)) === 0
  ) word += JOINED_WORDS;
  i += word * WORD_SIZE;
  while (i < end && bytes[i] === skipped) i++;
  return i;
}

/** How bits of several values become one. */
export type BitOperation = "and" | "or" | "xor" | "not";

/**
 * Combines values bit by bit, all as long as the longest by zeros at their ends.
 *
 * @param sources At least one; each begins at a multiple of four bytes, as what is in the store does.
 * `not` takes the first.
 */
export function combineBits(operation: BitOperation, sources: readonly Slice[]): Uint8Array {
  const length = sources.reduce((longest, { length }) => Math.max(longest, length), 0);
  const words = new Int32Array(Math.ceil(length / WORD_SIZE));
  const result = new Uint8Array(words.buffer, 0, length);
  sources.forEach((source, i) => {
    const { bytes, start } = source;
    if (i === 0) {
      result.set(bytes.subarray(start, start + source.length));
      return;
    }
    const others = wordsOf(bytes, start, start + source.length);
    const whole = others.length;
    const tail = whole * WORD_SIZE;
    if (operation === "and") {
      for (let i = 0; i < whole; i++) words[i]! &= others[i]!;
      for (let i = tail; i < source.length; i++) result[i]! &= source.at(i);
      result.fill(0, source.length);
    } else if (operation === "or") {
      for (let i = 0; i < whole; i++) words[i]! |= others[i]!;
      for (let i = tail; i < source.length; i++) result[i]! |= source.at(i);
    } else {
      for (let i = 0; i < whole; i++) words[i]! ^= others[i]!;
      for (let i = tail; i < source.length; i++) result[i]! ^= source.at(i);
    }
  });
  if (operation === "not") { for (let i = 0; i < words.length; i++) words[i] = ~words[i]!; }
  return result;
}

/** Reads an unsigned integer; bits beyond the end of the value are 0. */
export function readBits(value: Slice, offset: number, count: number): bigint {
  const first = Math.floor(offset / 8);
  const end = Math.ceil((offset + count) / 8);
  let read = 0n;
  for (let i = first; i < end; i++) {
    read = read << 8n | (i < value.length ? BigInt(value.at(i)) : 0n);
  }
  return BigInt.asUintN(count, read >> BigInt(end * 8 - offset - count));
}

/** Writes the lowest bits of an integer; all must be within the value. */
export function writeBits(value: Slice, offset: number, count: number, integer: bigint): void {
  const { bytes, start } = value;
  let rest = BigInt.asUintN(count, integer);
  let end = offset + count;
  while (end > offset) {
    // What of the last byte is before the end.
    const before = (end & 7) || 8;
    const taken = Math.min(before, end - offset);
    const mask = ((1 << taken) - 1) << (8 - before);
    const i = start + Math.floor((end - 1) / 8);
    bytes[i] = (bytes[i]! & ~mask) | (Number(rest & 0xffn) << (8 - before) & mask);
    rest >>= BigInt(taken);
    end -= taken;
  }
}
