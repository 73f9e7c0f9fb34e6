/**
 * The integer set: 64-bit integers in ascending order in one block of the arena, all as wide as the
 * widest that was ever in it.
 *
 *     block      COUNT | WIDTH | integer | integer | … | unused
 *     integer    WIDTH bytes: 2, 4 or 8; of 8, the lower word first
 *
 * @module
 */

import { type Address, type Arena, byteOf, segmentOf, wordOf } from "./arena.ts";
import { grow, shrink } from "./block.ts";
import type { Int64 } from "./int64.ts";
import { Slice } from "./slice.ts";

/** How many integers there are. */
const COUNT = 0;
/** How many bytes each takes. */
const WIDTH = 1;
const HEADER_SIZE = 8;
const HEADER_WORDS = HEADER_SIZE / 4;

/** The fewest bytes that hold an integer. */
function widthOf({ high, low }: Int64): number {
  if (high !== low >> 31) return 8;
  return low === low << 16 >> 16 ? 2 : 4;
}

/** All integer sets of an arena. A set is known by its block's address. */
export class IntSets {
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Makes an empty set. */
  create(): Address {
    const arena = this.#arena;
    const set = arena.allocate(HEADER_SIZE + 2);
    arena.setWord(set, COUNT, 0);
    arena.setWord(set, WIDTH, 2);
    return set;
  }

  /** Makes a set of the same integers. */
  clone(set: Address): Address {
    const arena = this.#arena;
    const size = HEADER_SIZE + arena.word(set, COUNT) * arena.word(set, WIDTH);
    const copy = arena.allocate(size);
    const [from, to] = [byteOf(set), byteOf(copy)];
    arena.bytes[segmentOf(copy)]!.set(
      arena.bytes[segmentOf(set)]!.subarray(from, from + size),
      to,
    );
    return copy;
  }

  /** How many integers it has. */
  count(set: Address): number {
    return this.#arena.word(set, COUNT);
  }

  /** Reads the integer at an index, counted from 0 from the least, which must be below the count. */
  at(set: Address, index: number, into: Int64): void {
    const arena = this.#arena;
    const words = arena.words[segmentOf(set)]!;
    const first = wordOf(set) + HEADER_WORDS;
    switch (arena.word(set, WIDTH)) {
      case 2: {
        const bytes = arena.bytes[segmentOf(set)]!;
        const at = byteOf(set) + HEADER_SIZE + 2 * index;
        into.low = bytes[at]! | bytes[at + 1]! << 24 >> 16;
        into.high = into.low >> 31;
        break;
      }
      case 4:
        into.low = words[first + index]!;
        into.high = into.low >> 31;
        break;
      default:
        into.low = words[first + 2 * index]!;
        into.high = words[first + 2 * index + 1]!;
    }
  }

  /** How many bytes each integer takes. */
  width(set: Address): number {
    return this.#arena.word(set, WIDTH);
  }

  /** All integers, one after another, the lowest byte of each first. They hold until the set changes. */
  integers(set: Address): Slice {
    const arena = this.#arena;
    const size = arena.word(set, COUNT) * arena.word(set, WIDTH);
    return new Slice(arena.bytes[segmentOf(set)]!, byteOf(set) + HEADER_SIZE, size);
  }

  /** Whether an integer is in it. */
  contains(set: Address, value: Int64): boolean {
    return this.#search(set, value) >= 0;
  }

  /**
   * Puts an integer in; {@linkcode count} tells whether it is new.
   *
   * @returns Where the set is now.
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  add(set: Address, value: Int64): Address {
    const arena = this.#arena;
    const found = this.#search(set, value);
    if (found >= 0) return set;
    const index = ~found;
    if (widthOf(value) > arena.word(set, WIDTH)) set = this.#widen(set, widthOf(value));
    const count = arena.word(set, COUNT);
    const width = arena.word(set, WIDTH);
    const used = HEADER_SIZE + count * width;
    set = grow(arena, set, used, used + width);
    const at = byteOf(set) + HEADER_SIZE + index * width;
    if (index < count) {
      arena.bytes[segmentOf(set)]!.copyWithin(at + width, at, byteOf(set) + used);
    }
    this.#write(set, index, value.high, value.low);
    arena.setWord(set, COUNT, count + 1);
    return set;
  }

  /**
   * Takes an integer out; {@linkcode count} tells whether it was there.
   *
   * @returns Where the set is now.
   */
  remove(set: Address, value: Int64): Address {
    const arena = this.#arena;
    const index = this.#search(set, value);
    if (index < 0) return set;
    const count = arena.word(set, COUNT);
    const width = arena.word(set, WIDTH);
    const used = HEADER_SIZE + count * width;
    const at = byteOf(set) + HEADER_SIZE + index * width;
    arena.bytes[segmentOf(set)]!.copyWithin(at, at + width, byteOf(set) + used);
    arena.setWord(set, COUNT, count - 1);
    return shrink(arena, set, used - width);
  }

  /** How many bytes it takes in the arena. */
  memory(set: Address): number {
    return this.#arena.capacity(set);
  }

  /** Gives it back. */
  destroy(set: Address): void {
    this.#arena.free(set);
  }

  /** The index of an integer; if it is not there, the index where it belongs, with its bits inverted. */
  #search(set: Address, { high, low }: Int64): number {
    const arena = this.#arena;
    const count = arena.word(set, COUNT);
    const width = arena.word(set, WIDTH);
    const bytes = arena.bytes[segmentOf(set)]!;
    const words = arena.words[segmentOf(set)]!;
    const firstByte = byteOf(set) + HEADER_SIZE;
    const firstWord = wordOf(set) + HEADER_WORDS;
    // What is too wide for the set lies beyond one of its ends, and any difference there is large.
    let from = 0;
    let to = count - 1;
    while (from <= to) {
      const middle = (from + to) >>> 1;
      let otherLow: number;
      let otherHigh: number;
      if (width === 2) {
        const at = firstByte + 2 * middle;
        otherLow = bytes[at]! | bytes[at + 1]! << 24 >> 16;
        otherHigh = otherLow >> 31;
      } else if (width === 4) {
        otherLow = words[firstWord + middle]!;
        otherHigh = otherLow >> 31;
      } else {
        otherLow = words[firstWord + 2 * middle]!;
        otherHigh = words[firstWord + 2 * middle + 1]!;
      }
      const difference = otherHigh - high || (otherLow >>> 0) - (low >>> 0);
      if (difference === 0) return middle;
      if (difference < 0) from = middle + 1;
      else to = middle - 1;
    }
    return ~from;
  }

  #write(set: Address, index: number, high: number, low: number): void {
    const arena = this.#arena;
    const words = arena.words[segmentOf(set)]!;
    const first = wordOf(set) + HEADER_WORDS;
    switch (arena.word(set, WIDTH)) {
      case 2: {
        const bytes = arena.bytes[segmentOf(set)]!;
        const at = byteOf(set) + HEADER_SIZE + 2 * index;
        bytes[at] = low;
        bytes[at + 1] = low >> 8;
        break;
      }
      case 4:
        words[first + index] = low;
        break;
      default:
        words[first + 2 * index] = low;
        words[first + 2 * index + 1] = high;
    }
  }

  /** Makes the integers wider, with room for one more. */
  #widen(set: Address, width: number): Address {
    const arena = this.#arena;
    const count = arena.word(set, COUNT);
    const wider = arena.allocate(HEADER_SIZE + (count + 1) * width);
    arena.setWord(wider, COUNT, count);
    arena.setWord(wider, WIDTH, width);
    const value = { high: 0, low: 0 } as Int64;
    for (let i = 0; i < count; i++) {
      this.at(set, i, value);
      this.#write(wider, i, value.high, value.low);
    }
    arena.free(set);
    return wider;
  }
}
