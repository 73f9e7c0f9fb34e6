/**
 * Small sorted sets: a pack in which each member stands before its score, in their order.
 *
 * A score takes as many bytes as an integer needs, none for 0; 8 bytes are a float64.
 *
 * @module
 */

import type { Address, Arena } from "./arena.ts";
import { elementSize, END, Packs } from "./pack.ts";
import { copyBytes, Slice } from "./slice.ts";

const FLOAT_SIZE = 8;
/** Integers from -2^47 to below 2^47 take fewer bytes than that: milliseconds since 1970 are among them. */
const MAX_INTEGER = 2 ** 47;

const scratch = new Uint8Array(FLOAT_SIZE);
const scratchFloat = new Float64Array(scratch.buffer);

/** A score's bytes. They hold until the next call. As in a listpack of Redis', -0 becomes 0. */
function encode(score: number): Slice {
  if (!Number.isInteger(score) || score < -MAX_INTEGER || score >= MAX_INTEGER) {
    scratchFloat[0] = score;
    return new Slice(scratch);
  }
  let length = 0;
  // Bytes from the lowest on, until the highest has the sign as its upper bit.
  for (let rest = score, sign = 0; rest !== sign;) {
    const upper = Math.floor(rest / 256);
    scratch[length++] = rest - upper * 256;
    rest = upper;
    sign = scratch[length - 1]! < 128 ? 0 : -1;
  }
  return new Slice(scratch, 0, length);
}

function decode({ bytes, start, length }: Slice): number {
  if (length === FLOAT_SIZE) {
    for (let i = 0; i < FLOAT_SIZE; i++) scratch[i] = bytes[start + i]!;
    return scratchFloat[0]!;
  }
  if (length === 0) return 0;
  let i = start + length - 1;
  let score = bytes[i]! << 24 >> 24;
  while (--i >= start) score = score * 256 + bytes[i]!;
  return score;
}

/** Used again: a new array for each would be a fifth of the time that a change of a score takes. */
let memberScratch = new Uint8Array(64);

/** A member's bytes elsewhere. They hold until the next call. */
function copied({ bytes, start, length }: Slice): Slice {
  if (length > memberScratch.length) memberScratch = new Uint8Array(2 * length);
  copyBytes(bytes, start, length, memberScratch, 0);
  return new Slice(memberScratch, 0, length);
}

/**
 * Small sorted sets of an arena. A set is known by its block's address, a member by its offset in the
 * block. Whatever changes a set returns where it is then, and makes its offsets void.
 */
export class SortedPacks {
  readonly #packs: Packs;

  constructor(arena: Arena) {
    this.#packs = new Packs(arena);
  }

  /** Makes an empty set. */
  create(): Address {
    return this.#packs.create();
  }

  /** Makes a set of the same members and scores. */
  clone(set: Address): Address {
    return this.#packs.clone(set);
  }

  /** How many members it has. */
  size(set: Address): number {
    return this.#packs.count(set) >>> 1;
  }

  /** Where a member is, or 0. */
  find(set: Address, member: Slice): number {
    return this.#packs.find(set, member, this.#packs.first(set), 2);
  }

  /** The score of the member at an offset. */
  score(set: Address, offset: number): number {
    const packs = this.#packs;
    return decode(packs.element(set, packs.next(set, offset)));
  }

  /** The member at an offset. It holds until the set changes. */
  member(set: Address, offset: number): Slice {
    return this.#packs.element(set, offset);
  }

  /**
   * Adds a member that is not in the set, nor lies in it.
   *
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  add(set: Address, member: Slice, score: number): Address {
    return this.#packs.insert(set, this.#placeOf(set, member, score), member, encode(score));
  }

  /** Adds a member that comes after all others. */
  append(set: Address, member: Slice, score: number): Address {
    return this.#packs.append(set, member, encode(score));
  }

  /**
   * Gives the member at an offset another score.
   *
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  setScore(set: Address, offset: number, score: number): Address {
    const packs = this.#packs;
    const member = copied(packs.element(set, offset));
    const scoreOffset = packs.next(set, offset);
    const place = this.#placeOf(set, member, score);
    if (place === offset || place === packs.next(set, scoreOffset)) {
      return packs.replace(set, scoreOffset, encode(score));
    }
    const bytes = encode(score);
    // In this order, for only inserting can fail.
    set = packs.insert(set, place, member, bytes);
    const moved = place !== END && place < offset;
    return packs.remove(
      set,
      moved ? offset + elementSize(member.length) + elementSize(bytes.length) : offset,
      2,
    );
  }

  /** Removes the member at an offset. */
  remove(set: Address, offset: number): Address {
    return this.#packs.remove(set, offset, 2);
  }

  /** Removes the members of the ranks from `start` to below `end`. */
  removeRange(set: Address, start: number, end: number): Address {
    if (start >= end) return set;
    return this.#packs.remove(set, this.at(set, start), 2 * (end - start));
  }

  /** How many members come before the one at an offset. */
  rank(set: Address, offset: number): number {
    return this.#count(set, (at) => at !== offset);
  }

  /** How many members have a lower score, or one that is at most as high. */
  rankOfScore(set: Address, score: number, orEqual: boolean): number {
    return this.#count(set, (at) => {
      const other = this.score(set, at);
      return other < score || (orEqual && other === score);
    });
  }

  /** Where the member of a rank is, or 0. */
  at(set: Address, rank: number): number {
    return this.#packs.seek(set, 2 * rank);
  }

  /** Calls `visit` for the members of the ranks from `start` to below `end`. */
  walk(
    set: Address,
    start: number,
    end: number,
    visit: (member: Slice, score: number) => void,
  ): void {
    const packs = this.#packs;
    let at = this.at(set, start);
    for (; start < end; start++) {
      const scoreAt = packs.next(set, at);
      visit(packs.element(set, at), decode(packs.element(set, scoreAt)));
      at = packs.next(set, scoreAt);
    }
  }

  /** As {@linkcode SortedPacks.walk}, from the last rank to the first. */
  walkBack(
    set: Address,
    start: number,
    end: number,
    visit: (member: Slice, score: number) => void,
  ): void {
    const packs = this.#packs;
    let at = this.at(set, end);
    for (; start < end; start++) {
      const scoreAt = packs.previous(set, at);
      at = packs.previous(set, scoreAt);
      visit(packs.element(set, at), decode(packs.element(set, scoreAt)));
    }
  }

  /** How many bytes the set takes. */
  memory(set: Address): number {
    return this.#packs.memory(set);
  }

  /** Gives a set back. */
  destroy(set: Address): void {
    this.#packs.destroy(set);
  }

  /** How many members there are until one of which something is not true. */
  #count(set: Address, isBefore: (offset: number) => boolean): number {
    const packs = this.#packs;
    let count = 0;
    for (let at = packs.first(set); at !== END && isBefore(at); count++) {
      at = packs.next(set, packs.next(set, at));
    }
    return count;
  }

  /** The first member that comes after another, or `END`. */
  #placeOf(set: Address, member: Slice, score: number): number {
    const packs = this.#packs;
    let at = packs.first(set);
    while (at !== END) {
      const scoreAt = packs.next(set, at);
      const other = decode(packs.element(set, scoreAt));
      if (other > score || (other === score && packs.element(set, at).compare(member) > 0)) break;
      at = packs.next(set, scoreAt);
    }
    return at;
  }
}
