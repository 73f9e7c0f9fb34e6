/**
 * The byte strings that hash-table entries hold: the values of keys and of hash fields. Up to 8 bytes
 * stand in the entry, longer ones in a block of their own.
 *
 *     entry      … | VALUE | VALUE (continued) | VALUE_LENGTH | …
 *
 * @module
 */

import { type Address, type Arena, byteOf, segmentOf } from "./arena.ts";
import { copyBytes, Slice } from "./slice.ts";

/** The word where a value stands, or its address. */
export const VALUE = 4;
/** The word of its length, in bytes. */
export const VALUE_LENGTH = 6;

const VALUE_OFFSET = VALUE * 4;
/** The longest value that stands in the entry. */
const MAX_INLINE = 8;
/** A value that grows is given as much room again, but not more than this, as with Redis' strings. */
const MAX_SPARE = 1024 * 1024;

/** Reads and writes the values of entries. */
export class Values {
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Gives a new entry its value. */
  init(entry: Address, value: Slice): void {
    const arena = this.#arena;
    const { bytes, start, length } = value;
    if (length <= MAX_INLINE) {
      copyBytes(bytes, start, length, arena.bytes[segmentOf(entry)]!, byteOf(entry) + VALUE_OFFSET);
    } else {
      const block = arena.allocate(length);
      copyBytes(bytes, start, length, arena.bytes[segmentOf(block)]!, byteOf(block));
      arena.setWord(entry, VALUE, block);
    }
    arena.setWord(entry, VALUE_LENGTH, length);
  }

  /** Replaces the value, which the new one must not be a part of. */
  set(entry: Address, value: Slice): void {
    const arena = this.#arena;
    const { bytes, start, length } = value;
    if (length <= MAX_INLINE || arena.word(entry, VALUE_LENGTH) <= MAX_INLINE) {
      this.free(entry);
      return this.init(entry, value);
    }
    const block = arena.resize(arena.word(entry, VALUE), 0, length);
    copyBytes(bytes, start, length, arena.bytes[segmentOf(block)]!, byteOf(block));
    arena.setWord(entry, VALUE, block);
    arena.setWord(entry, VALUE_LENGTH, length);
  }

  /** The value. */
  get(entry: Address): Slice {
    const arena = this.#arena;
    const length = arena.word(entry, VALUE_LENGTH);
    if (length <= MAX_INLINE) {
      return new Slice(arena.bytes[segmentOf(entry)]!, byteOf(entry) + VALUE_OFFSET, length);
    }
    const block = arena.word(entry, VALUE);
    return new Slice(arena.bytes[segmentOf(block)]!, byteOf(block), length);
  }

  /** How long the value is, in bytes. */
  size(entry: Address): number {
    return this.#arena.word(entry, VALUE_LENGTH);
  }

  /**
   * Makes the value longer, by zeros.
   *
   * @returns The value as it is now, to be written to.
   */
  grow(entry: Address, length: number): Slice {
    const arena = this.#arena;
    const old = arena.word(entry, VALUE_LENGTH);
    if (length > MAX_INLINE) {
      let block = arena.word(entry, VALUE);
      if (old <= MAX_INLINE) {
        block = arena.allocate(length);
        const from = byteOf(entry) + VALUE_OFFSET;
        copyBytes(
          arena.bytes[segmentOf(entry)]!,
          from,
          old,
          arena.bytes[segmentOf(block)]!,
          byteOf(block),
        );
      } else if (length > arena.capacity(block)) {
        block = arena.resize(block, old, length + Math.min(length, MAX_SPARE));
      }
      arena.setWord(entry, VALUE, block);
    }
    arena.setWord(entry, VALUE_LENGTH, length);
    const value = this.get(entry);
    value.bytes.fill(0, value.start + old, value.start + length);
    return value;
  }

  /** Gives back what the value takes beside its entry. */
  free(entry: Address): void {
    if (this.#arena.word(entry, VALUE_LENGTH) > MAX_INLINE) {
      this.#arena.free(this.#arena.word(entry, VALUE));
    }
  }

  /** How many bytes the value takes beside its entry. */
  memory(entry: Address): number {
    return this.#arena.word(entry, VALUE_LENGTH) > MAX_INLINE
      ? this.#arena.capacity(this.#arena.word(entry, VALUE))
      : 0;
  }
}
