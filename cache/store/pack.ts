/**
 * The pack: a sequence of byte strings in one block of the arena. It holds what is small: the fields and
 * values of a hash, the members of a set, the members and scores of a sorted set, a part of a list.
 *
 *     block      USED | COUNT | element | element | … | unused
 *     element    length | bytes | length
 *     length     0 to 254: one byte. More: the byte 255 and, on the side of the bytes, four bytes
 *
 * The length stands on both sides, so that one can go forwards and backwards.
 *
 * @module
 */

import { type Address, type Arena, byteOf, segmentOf } from "./arena.ts";
import { grow, shrink } from "./block.ts";
import { copyBytes, sameBytes, Slice } from "./slice.ts";

/** How many bytes of the block are in use, with the header. */
const USED = 0;
/** How many elements there are. */
const COUNT = 1;
const HEADER_SIZE = 8;

/** The length byte of an element whose length is in four bytes beside it. */
const LONG = 255;

/** What stands in place of an element's offset where there is no element: the end of the pack. */
export const END = 0;

/** How many bytes an element's length takes, on each side. */
const lengthSize = (length: number): number => length < LONG ? 1 : 5;

/** How many bytes an element takes in a pack. */
export const elementSize = (length: number): number => length + 2 * lengthSize(length);

function readLength(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0;
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 24;
}

/** Writes an element. Returns where the next one goes. */
function writeElement(bytes: Uint8Array, at: number, element: Slice): number {
  const { length } = element;
  if (length < LONG) {
    bytes[at++] = length;
    copyBytes(element.bytes, element.start, length, bytes, at);
    at += length;
  } else {
    bytes[at] = LONG;
    writeLength(bytes, at + 1, length);
    copyBytes(element.bytes, element.start, length, bytes, at + 5);
    at += 5 + length;
    writeLength(bytes, at, length);
    at += 4;
  }
  bytes[at] = Math.min(length, LONG);
  return at + 1;
}

/** Where the element after the one that begins at a place begins. */
function after(bytes: Uint8Array, at: number): number {
  const length = bytes[at]!;
  return length < LONG ? at + length + 2 : at + readLength(bytes, at + 1) + 10;
}

/** Where the element before a place begins. */
function before(bytes: Uint8Array, at: number): number {
  const length = bytes[at - 1]!;
  return length < LONG ? at - length - 2 : at - readLength(bytes, at - 5) - 10;
}

/**
 * All packs of an arena. A pack is known by its block's address, an element by its offset in the block.
 * Whatever changes a pack makes its offsets void, but for those before the change. The elements given
 * to a method must not lie in the pack that it changes.
 */
export class Packs {
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Makes an empty pack. */
  create(): Address {
    const arena = this.#arena;
    const pack = arena.allocate(HEADER_SIZE);
    arena.setWord(pack, USED, HEADER_SIZE);
    arena.setWord(pack, COUNT, 0);
    return pack;
  }

  /** Makes a pack of the same elements. */
  clone(pack: Address): Address {
    const arena = this.#arena;
    const used = arena.word(pack, USED);
    const copy = arena.allocate(used);
    const [from, to] = [byteOf(pack), byteOf(copy)];
    arena.bytes[segmentOf(copy)]!.set(
      arena.bytes[segmentOf(pack)]!.subarray(from, from + used),
      to,
    );
    return copy;
  }

  /** How many elements it has. */
  count(pack: Address): number {
    return this.#arena.word(pack, COUNT);
  }

  /** How many bytes its elements take, as {@linkcode elementSize} counts them. */
  size(pack: Address): number {
    return this.#arena.word(pack, USED) - HEADER_SIZE;
  }

  /** The first element, or {@linkcode END}. */
  first(pack: Address): number {
    return this.#arena.word(pack, COUNT) > 0 ? HEADER_SIZE : END;
  }

  /** The last element, or {@linkcode END}. */
  last(pack: Address): number {
    return this.previous(pack, END);
  }

  /** The element after another, or {@linkcode END}. */
  next(pack: Address, offset: number): number {
    const arena = this.#arena;
    const base = byteOf(pack);
    const next = after(arena.bytes[segmentOf(pack)]!, base + offset) - base;
    return next < arena.word(pack, USED) ? next : END;
  }

  /** The element before another, or {@linkcode END} before the first. Before `END` is the last. */
  previous(pack: Address, offset: number): number {
    const arena = this.#arena;
    const base = byteOf(pack);
    if (offset === END) offset = arena.word(pack, USED);
    if (offset === HEADER_SIZE) return END;
    return before(arena.bytes[segmentOf(pack)]!, base + offset) - base;
  }

  /** The element at an index from 0, or {@linkcode END} if there are not so many. */
  seek(pack: Address, index: number): number {
    const arena = this.#arena;
    const count = arena.word(pack, COUNT);
    if (index >= count) return END;
    const bytes = arena.bytes[segmentOf(pack)]!;
    const base = byteOf(pack);
    let at: number;
    if (index < count >>> 1) {
      at = base + HEADER_SIZE;
      for (let i = 0; i < index; i++) at = after(bytes, at);
    } else {
      at = base + arena.word(pack, USED);
      for (let i = count; i > index; i--) at = before(bytes, at);
    }
    return at - base;
  }

  /** The bytes of an element. They hold until the pack changes. */
  element(pack: Address, offset: number): Slice {
    const bytes = this.#arena.bytes[segmentOf(pack)]!;
    const at = byteOf(pack) + offset;
    const length = bytes[at]!;
    return length < LONG
      ? new Slice(bytes, at + 1, length)
      : new Slice(bytes, at + 5, readLength(bytes, at + 1));
  }

  /**
   * The first element that equals another, or {@linkcode END}.
   *
   * @param from The element to begin with.
   * @param step 2 compares every other element only, and so on.
   */
  find(pack: Address, element: Slice, from: number = HEADER_SIZE, step = 1): number {
    if (from === END) return END;
    const arena = this.#arena;
    const bytes = arena.bytes[segmentOf(pack)]!;
    const base = byteOf(pack);
    const end = base + arena.word(pack, USED);
    const { length, bytes: wanted, start } = element;
    // Numbered fields and members differ at their end. To look there first, and to skip in a loop of its
    // own, makes this twice as fast. (Of an empty element, it is the length that is there.)
    const final = length > 0 ? wanted[start + length - 1]! : 0;
    for (let at = base + from; at < end;) {
      const short = bytes[at]!;
      if (short < LONG) {
        if (
          short === length && bytes[at + length] === final &&
          sameBytes(bytes, at + 1, wanted, start, length)
        ) {
          return at - base;
        }
        at += short + 2;
      } else {
        const size = readLength(bytes, at + 1);
        if (size === length && sameBytes(bytes, at + 5, wanted, start, length)) return at - base;
        at += size + 10;
      }
      for (let i = step; i > 1 && at < end; i--) at = after(bytes, at);
    }
    return END;
  }

  /**
   * Adds an element at the end, or two.
   *
   * @returns Where the pack is now.
   * @throws {ArenaFullError} If there is no memory. The pack is as it was then.
   */
  append(pack: Address, element: Slice, second?: Slice): Address {
    return this.insert(pack, END, element, second);
  }

  /**
   * Puts an element before another, or two. The first of them has that one's offset then.
   *
   * @param offset The element that they go before; {@linkcode END} appends.
   * @returns Where the pack is now.
   * @throws {ArenaFullError} If there is no memory. The pack is as it was then.
   */
  insert(pack: Address, offset: number, element: Slice, second?: Slice): Address {
    const size = elementSize(element.length) +
      (second === undefined ? 0 : elementSize(second.length));
    if (offset === END) offset = this.#arena.word(pack, USED);
    pack = this.#makeRoom(pack, offset, 0, size);
    const arena = this.#arena;
    const bytes = arena.bytes[segmentOf(pack)]!;
    const at = writeElement(bytes, byteOf(pack) + offset, element);
    if (second !== undefined) writeElement(bytes, at, second);
    arena.setWord(pack, COUNT, arena.word(pack, COUNT) + (second === undefined ? 1 : 2));
    return pack;
  }

  /**
   * Puts an element in another's place, at the same offset.
   *
   * @returns Where the pack is now.
   * @throws {ArenaFullError} If there is no memory. The pack is as it was then.
   */
  replace(pack: Address, offset: number, element: Slice): Address {
    const arena = this.#arena;
    const at = byteOf(pack) + offset;
    const old = after(arena.bytes[segmentOf(pack)]!, at) - at;
    pack = this.#makeRoom(pack, offset, old, elementSize(element.length));
    writeElement(arena.bytes[segmentOf(pack)]!, byteOf(pack) + offset, element);
    return pack;
  }

  /**
   * Takes elements out. The one after them, if there is one, has the offset of the first then.
   *
   * @param count How many, of which there must be so many.
   * @returns Where the pack is now.
   */
  remove(pack: Address, offset: number, count = 1): Address {
    const arena = this.#arena;
    const bytes = arena.bytes[segmentOf(pack)]!;
    const start = byteOf(pack) + offset;
    let end = start;
    for (let i = 0; i < count; i++) end = after(bytes, end);
    pack = this.#makeRoom(pack, offset, end - start, 0);
    arena.setWord(pack, COUNT, arena.word(pack, COUNT) - count);
    return pack;
  }

  /** How many bytes it takes in the arena. */
  memory(pack: Address): number {
    return this.#arena.capacity(pack);
  }

  /** Gives it back. */
  destroy(pack: Address): void {
    this.#arena.free(pack);
  }

  /** Makes a stretch of the block longer or shorter, by moving what is behind it. */
  #makeRoom(pack: Address, offset: number, old: number, size: number): Address {
    if (old === size) return pack;
    const arena = this.#arena;
    const used = arena.word(pack, USED);
    const wanted = used - old + size;
    pack = grow(arena, pack, used, wanted);
    if (offset + old < used) {
      const base = byteOf(pack);
      arena.bytes[segmentOf(pack)]!
        .copyWithin(base + offset + size, base + offset + old, base + used);
    }
    arena.setWord(pack, USED, wanted);
    return wanted < used ? shrink(arena, pack, wanted) : pack;
  }
}
