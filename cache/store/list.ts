/**
 * Lists: doubly linked chains of chunks, each a block of the arena in which elements stand one after
 * another. Both ends are cheap; an index is found by hopping over chunks by their counts.
 *
 *     header     COUNT | FIRST | LAST | CHUNKS
 *     chunk      PREVIOUS | NEXT | FILLED: start, count | END | … free … | elements | … free …
 *     element    its length | its bytes | its length, for walking backwards
 *
 * A length below 255 is one byte. A longer one is four, little-endian, with a byte of 255 on the side
 * from which a walk comes. No chunk is empty. An element that is larger than a chunk may be has a
 * chunk to itself, of its own size.
 *
 * @module
 */

import { type Address, type Arena, ArenaFullError, byteOf, segmentOf } from "./arena.ts";
import { copyBytes, sameBytes, Slice } from "./slice.ts";

/** Words of the header. */
const COUNT = 0;
const FIRST = 1;
const LAST = 2;
const CHUNKS = 3;
const HEADER_SIZE = 16;

/** Words of a chunk. */
const PREVIOUS = 0;
const NEXT = 1;
/** Where the elements start, in bytes from the block's beginning (lower 16 bits); how many they are. */
const FILLED = 2;
/** Where the elements end. */
const END = 3;
const CHUNK_HEADER = 16;

/** In place of a length: the length follows in four bytes. */
const LONG = 255;
/** What one element adds to `FILLED`. */
const ONE = 0x10000;

/** Up to this size a list's only chunk is as large as its elements need: most lists are short. */
const SNUG = 256;
/** The size at which a list's second and later chunks start: it is known to be growing. */
const FIRST_SIZE = 512;
/** Up to this size a block is not exchanged for a smaller one. */
const SMALLEST_SHRUNK = 64;

/** The ends of a list. A walk from the front goes by rising indexes, one from the back by falling ones. */
export type Side = "front" | "back";

/**
 * Sees one element, where it lies in `bytes`.
 *
 * @returns true to end the walk.
 */
export type Visitor = (bytes: Uint8Array, start: number, length: number) => boolean | void;

/**
 * The largest block that several elements share, in bytes, by `list-max-listpack-size`: -1 to -5 are 4, 8,
 * 16, 32 and 64 KiB; with a number of elements it is 8 KiB.
 */
export const maxNodeSize = (fill: number): number => fill < 0 ? 2048 << Math.min(-fill, 5) : 8192;

/** How many bytes an element takes. */
const sizeOf = (length: number): number => length < LONG ? length + 2 : length + 10;

function readLength(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 24;
}

/** The size of the element that begins at a place. */
function sizeAfter(bytes: Uint8Array, at: number): number {
  const length = bytes[at]!;
  return length < LONG ? length + 2 : readLength(bytes, at + 1) + 10;
}

/** The size of the element that ends at a place. */
function sizeBefore(bytes: Uint8Array, at: number): number {
  const length = bytes[at - 1]!;
  return length < LONG ? length + 2 : readLength(bytes, at - 5) + 10;
}

function writeElement(bytes: Uint8Array, at: number, element: Slice): void {
  const { length } = element;
  if (length < LONG) {
    bytes[at] = length;
    copyBytes(element.bytes, element.start, length, bytes, at + 1);
    bytes[at + 1 + length] = length;
  } else {
    bytes[at] = LONG;
    writeLength(bytes, at + 1, length);
    copyBytes(element.bytes, element.start, length, bytes, at + 5);
    writeLength(bytes, at + 5 + length, length);
    bytes[at + 9 + length] = LONG;
  }
}

/** Whether the element of a size at a place is these bytes. */
function isElement(bytes: Uint8Array, at: number, size: number, element: Slice): boolean {
  const { length } = element;
  return size === sizeOf(length) &&
    sameBytes(bytes, at + (length < LONG ? 1 : 5), element.bytes, element.start, length);
}

/**
 * All lists of an arena. It keeps no state of any one: each list is known by its header's address,
 * which stays while the list lives. Elements that are given to it must not lie in the list that is
 * changed, and be shorter than 2 GiB.
 */
export class Lists {
  readonly #arena: Arena;
  /** The largest block that several elements share. */
  #maxBlock = maxNodeSize(-2);
  /** How many elements may share one. */
  #maxCount = 65535;
  /** Where `#seek` found an element, in bytes from the chunk's beginning. */
  #place = 0;
  /** How many elements of the chunk are before it. */
  #before = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /**
   * Sets how large the chunks become from now on, as Redis' `list-max-listpack-size` does.
   *
   * @param fill A number of elements or, below 0, a class of {@linkcode maxNodeSize}. The default is -2.
   */
  setFill(fill: number): void {
    this.#maxBlock = maxNodeSize(fill);
    this.#maxCount = fill < 0 ? 65535 : Math.min(Math.max(fill, 1), 32767);
  }

  /** Makes an empty list. */
  create(): Address {
    const arena = this.#arena;
    const list = arena.allocate(HEADER_SIZE);
    arena.setWord(list, COUNT, 0);
    arena.setWord(list, FIRST, 0);
    arena.setWord(list, LAST, 0);
    arena.setWord(list, CHUNKS, 0);
    return list;
  }

  /** How many elements it has. */
  size(list: Address): number {
    return this.#arena.word(list, COUNT);
  }

  /** How many chunks it has. */
  chunks(list: Address): number {
    return this.#arena.word(list, CHUNKS);
  }

  /**
   * Adds an element at the front.
   *
   * @throws {ArenaFullError} If there is no memory; so do all that add. The list is as it was then.
   */
  pushFront(list: Address, element: Slice): void {
    const arena = this.#arena;
    const first = arena.word(list, FIRST);
    const size = sizeOf(element.length);
    if (first === 0 || !this.#fits(first, size)) {
      return this.#addChunk(list, 0, first, element, "front");
    }
    const chunk = this.#reserve(list, first, size, "front");
    const filled = arena.word(chunk, FILLED) - size;
    writeElement(arena.bytes[segmentOf(chunk)]!, byteOf(chunk) + (filled & 0xffff), element);
    arena.setWord(chunk, FILLED, filled + ONE);
    arena.setWord(list, COUNT, arena.word(list, COUNT) + 1);
  }

  /** Adds an element at the back. */
  pushBack(list: Address, element: Slice): void {
    const last = this.#arena.word(list, LAST);
    const size = sizeOf(element.length);
    if (last === 0 || !this.#fits(last, size)) {
      return this.#addChunk(list, last, 0, element, "back");
    }
    const chunk = this.#reserve(list, last, size, "back");
    this.#put(list, chunk, this.#arena.word(chunk, END), element, size);
  }

  /** The element at an index, which must be below the size. */
  at(list: Address, index: number): Slice {
    const chunk = this.#seek(list, index);
    const bytes = this.#arena.bytes[segmentOf(chunk)]!;
    const at = byteOf(chunk) + this.#place;
    const length = bytes[at]!;
    if (length < LONG) return new Slice(bytes, at + 1, length);
    return new Slice(bytes, at + 5, readLength(bytes, at + 1));
  }

  /** Replaces the element at an index, which must be below the size. */
  set(list: Address, index: number, element: Slice): void {
    const chunk = this.#seek(list, index);
    const bytes = this.#arena.bytes[segmentOf(chunk)]!;
    const at = byteOf(chunk) + this.#place;
    if (sizeAfter(bytes, at) === sizeOf(element.length)) return writeElement(bytes, at, element);
    this.insert(list, index, element);
    this.#erase(list, index + 1);
  }

  /** Adds an element before the one at an index, or at the back if the index is the size. */
  insert(list: Address, index: number, element: Slice): void {
    const arena = this.#arena;
    if (index === 0) return this.pushFront(list, element);
    if (index === arena.word(list, COUNT)) return this.pushBack(list, element);
    const size = sizeOf(element.length);
    // After the one before it: so a place between two chunks is the end of the first.
    let chunk = this.#seek(list, index - 1);
    let place = this.#skip(chunk, this.#place, 1);
    if (!this.#fits(chunk, size) && place < arena.word(chunk, END)) {
      chunk = this.#split(list, chunk, place, this.#before + 1);
      place = arena.word(chunk, END);
    }
    if (!this.#fits(chunk, size)) {
      return this.#addChunk(list, chunk, arena.word(chunk, NEXT), element, "back");
    }
    place -= arena.word(chunk, FILLED) & 0xffff;
    chunk = this.#reserve(list, chunk, size, "back");
    place += arena.word(chunk, FILLED) & 0xffff;
    const base = byteOf(chunk);
    const end = base + arena.word(chunk, END);
    arena.bytes[segmentOf(chunk)]!.copyWithin(base + place + size, base + place, end);
    this.#put(list, chunk, place, element, size);
  }

  /** Removes elements at the front: `count`, or as many as there are. */
  removeFront(list: Address, count: number): void {
    const arena = this.#arena;
    while (count > 0) {
      const chunk = arena.word(list, FIRST);
      if (chunk === 0) return;
      const filled = arena.word(chunk, FILLED);
      if (filled >>> 16 > count) {
        const start = this.#skip(chunk, filled & 0xffff, count);
        this.#keep(list, chunk, start, arena.word(chunk, END), count);
        return;
      }
      count -= filled >>> 16;
      this.#dropChunk(list, chunk);
    }
  }

  /** Removes elements at the back: `count`, or as many as there are. */
  removeBack(list: Address, count: number): void {
    const arena = this.#arena;
    while (count > 0) {
      const chunk = arena.word(list, LAST);
      if (chunk === 0) return;
      const filled = arena.word(chunk, FILLED);
      if (filled >>> 16 > count) {
        const end = this.#skipBack(chunk, arena.word(chunk, END), count);
        this.#keep(list, chunk, filled & 0xffff, end, count);
        return;
      }
      count -= filled >>> 16;
      this.#dropChunk(list, chunk);
    }
  }

  /**
   * Removes the elements that are equal to one.
   *
   * @param count How many at the most.
   * @param from At which end to start.
   * @returns How many were removed.
   */
  removeEqual(list: Address, element: Slice, count: number, from: Side): number {
    const arena = this.#arena;
    const forward = from === "front";
    let removed = 0;
    let chunk = arena.word(list, forward ? FIRST : LAST);
    while (chunk !== 0 && removed < count) {
      // Read before the chunk goes or moves.
      const next = arena.word(chunk, forward ? NEXT : PREVIOUS);
      const equal = this.#countEqual(chunk, element);
      if (equal > 0) {
        const taken = Math.min(equal, count - removed);
        removed += taken;
        this.#removeFrom(list, chunk, element, forward ? 0 : equal - taken, taken);
        // Of two small neighbours that have been walked one is enough.
        const last = next === 0
          ? arena.word(list, forward ? LAST : FIRST)
          : arena.word(next, forward ? PREVIOUS : NEXT);
        this.#join(list, forward && last !== 0 ? arena.word(last, PREVIOUS) : last);
      }
      chunk = next;
    }
    return removed;
  }

  /**
   * Shows elements one after another.
   *
   * @param index The first one's.
   * @param count How many at the most.
   * @param from Whether the indexes rise or fall.
   * @param visit It must not change the list.
   */
  walk(list: Address, index: number, count: number, from: Side, visit: Visitor): void {
    if (count <= 0 || index < 0 || index >= this.size(list)) return;
    const chunk = this.#seek(list, index);
    if (from === "front") this.#ascend(chunk, this.#place, count, visit);
    else this.#descend(chunk, this.#skip(chunk, this.#place, 1), count, visit);
  }

  /**
   * Finds the elements that are equal to one.
   *
   * @param from At which end to start.
   * @param limit How many elements to look at, at the most.
   * @param found Is told the index of each, and returns true to end.
   */
  search(
    list: Address,
    element: Slice,
    from: Side,
    limit: number,
    found: (index: number) => boolean | void,
  ): void {
    const forward = from === "front";
    const { bytes, start, length } = element;
    const step = forward ? 1 : -1;
    const first = forward ? 0 : this.size(list) - 1;
    let index = first - step;
    this.walk(list, first, limit, from, (others, at, size) => {
      index += step;
      return size === length && sameBytes(others, at, bytes, start, length) && found(index);
    });
  }

  /**
   * Makes a list of the same elements.
   *
   * @throws {ArenaFullError} If there is no memory. Nothing has changed then.
   */
  copy(list: Address): Address {
    const arena = this.#arena;
    const copied = this.create();
    try {
      for (let chunk = arena.word(list, FIRST); chunk !== 0; chunk = arena.word(chunk, NEXT)) {
        const used = arena.word(chunk, END) - (arena.word(chunk, FILLED) & 0xffff);
        this.#link(
          copied,
          this.#copyChunk(chunk, CHUNK_HEADER + used, "back"),
          arena.word(copied, LAST),
          0,
        );
      }
    } catch (error) {
      this.destroy(copied);
      throw error;
    }
    return copied;
  }

  /** Gives a list back. */
  destroy(list: Address): void {
    this.clear(list, Infinity);
  }

  /**
   * Gives a list back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit How many chunks to give back at the most.
   * @returns How many chunks are left; 0 if the list is gone.
   */
  clear(list: Address, limit: number): number {
    const arena = this.#arena;
    for (let chunk = arena.word(list, LAST); chunk !== 0; chunk = arena.word(list, LAST)) {
      if (limit-- <= 0) return arena.word(list, CHUNKS);
      this.#dropChunk(list, chunk);
    }
    arena.free(list);
    return 0;
  }

  /** How many bytes it takes. */
  memory(list: Address): number {
    const arena = this.#arena;
    let bytes = HEADER_SIZE;
    for (let chunk = arena.word(list, FIRST); chunk !== 0; chunk = arena.word(chunk, NEXT)) {
      bytes += arena.capacity(chunk);
    }
    return bytes;
  }

  /** Finds an element's chunk, and leaves its place there in `#place` and `#before`. */
  #seek(list: Address, index: number): Address {
    const arena = this.#arena;
    const after = arena.word(list, COUNT) - 1 - index;
    let chunk: Address;
    let count: number;
    if (index <= after) {
      chunk = arena.word(list, FIRST);
      while (index >= (count = arena.word(chunk, FILLED) >>> 16)) {
        index -= count;
        chunk = arena.word(chunk, NEXT);
      }
    } else {
      let left = after;
      chunk = arena.word(list, LAST);
      while (left >= (count = arena.word(chunk, FILLED) >>> 16)) {
        left -= count;
        chunk = arena.word(chunk, PREVIOUS);
      }
      index = count - 1 - left;
    }
    this.#before = index;
    this.#place = index <= count >>> 1
      ? this.#skip(chunk, arena.word(chunk, FILLED) & 0xffff, index)
      : this.#skipBack(chunk, arena.word(chunk, END), count - index);
    return chunk;
  }

  /** The place so many elements after one. */
  #skip(chunk: Address, place: number, count: number): number {
    const bytes = this.#arena.bytes[segmentOf(chunk)]!;
    const base = byteOf(chunk);
    while (count-- > 0) place += sizeAfter(bytes, base + place);
    return place;
  }

  /** The place so many elements before one. */
  #skipBack(chunk: Address, place: number, count: number): number {
    const bytes = this.#arena.bytes[segmentOf(chunk)]!;
    const base = byteOf(chunk);
    while (count-- > 0) place -= sizeBefore(bytes, base + place);
    return place;
  }

  #ascend(chunk: Address, place: number, count: number, visit: Visitor): void {
    const arena = this.#arena;
    while (true) {
      const bytes = arena.bytes[segmentOf(chunk)]!;
      const end = byteOf(chunk) + arena.word(chunk, END);
      let at = byteOf(chunk) + place;
      while (at < end) {
        let length = bytes[at]!;
        if (length < LONG) {
          if (visit(bytes, at + 1, length)) return;
          at += length + 2;
        } else {
          length = readLength(bytes, at + 1);
          if (visit(bytes, at + 5, length)) return;
          at += length + 10;
        }
        if (--count === 0) return;
      }
      chunk = arena.word(chunk, NEXT);
      if (chunk === 0) return;
      place = arena.word(chunk, FILLED) & 0xffff;
    }
  }

  /** `place` is where the first element ends. */
  #descend(chunk: Address, place: number, count: number, visit: Visitor): void {
    const arena = this.#arena;
    while (true) {
      const bytes = arena.bytes[segmentOf(chunk)]!;
      const start = byteOf(chunk) + (arena.word(chunk, FILLED) & 0xffff);
      let at = byteOf(chunk) + place;
      while (at > start) {
        let length = bytes[at - 1]!;
        if (length < LONG) {
          at -= length + 2;
          if (visit(bytes, at + 1, length)) return;
        } else {
          length = readLength(bytes, at - 5);
          at -= length + 10;
          if (visit(bytes, at + 5, length)) return;
        }
        if (--count === 0) return;
      }
      chunk = arena.word(chunk, PREVIOUS);
      if (chunk === 0) return;
      place = arena.word(chunk, END);
    }
  }

  /** Whether an element of a size may join those of a chunk. */
  #fits(chunk: Address, size: number): boolean {
    const filled = this.#arena.word(chunk, FILLED);
    const used = this.#arena.word(chunk, END) - (filled & 0xffff);
    return CHUNK_HEADER + used + size <= this.#maxBlock && filled >>> 16 < this.#maxCount;
  }

  /** Makes room at one end of a chunk in which as much {@linkcode #fits}. It may move. */
  #reserve(list: Address, chunk: Address, size: number, side: Side): Address {
    const arena = this.#arena;
    const filled = arena.word(chunk, FILLED);
    const start = filled & 0xffff;
    const end = arena.word(chunk, END);
    const capacity = arena.capacity(chunk);
    if (side === "front" ? start - CHUNK_HEADER >= size : capacity - end >= size) return chunk;
    const used = end - start;
    const needed = CHUNK_HEADER + used + size;
    if (needed <= capacity) {
      // What is free is at the other end.
      const to = side === "front" ? capacity - used : CHUNK_HEADER;
      const base = byteOf(chunk);
      arena.bytes[segmentOf(chunk)]!.copyWithin(base + to, base + start, base + end);
      arena.setWord(chunk, FILLED, filled - start + to);
      arena.setWord(chunk, END, to + used);
      return chunk;
    }
    let room = 2 * needed;
    if (arena.word(list, CHUNKS) === 1) room = needed <= SNUG ? needed : needed + (needed >>> 2);
    return this.#moveChunk(list, chunk, Math.max(needed, Math.min(room, this.#maxBlock)), side);
  }

  /** Writes an element where there is room for it, before what has been moved out of its way. */
  #put(list: Address, chunk: Address, place: number, element: Slice, size: number): void {
    const arena = this.#arena;
    writeElement(arena.bytes[segmentOf(chunk)]!, byteOf(chunk) + place, element);
    arena.setWord(chunk, FILLED, arena.word(chunk, FILLED) + ONE);
    arena.setWord(chunk, END, arena.word(chunk, END) + size);
    arena.setWord(list, COUNT, arena.word(list, COUNT) + 1);
  }

  /** Links a chunk of one element between two, which may be 0. `side` is where the next may come. */
  #addChunk(list: Address, previous: Address, next: Address, element: Slice, side: Side): void {
    const arena = this.#arena;
    const size = sizeOf(element.length);
    let room = CHUNK_HEADER + size;
    if (arena.word(list, CHUNKS) > 0 && this.#maxCount > 1) room = Math.max(room, FIRST_SIZE);
    const chunk = arena.allocate(room);
    const start = side === "front" && room <= this.#maxBlock
      ? arena.capacity(chunk) - size
      : CHUNK_HEADER;
    writeElement(arena.bytes[segmentOf(chunk)]!, byteOf(chunk) + start, element);
    arena.setWord(chunk, FILLED, start + ONE);
    arena.setWord(chunk, END, start + size);
    this.#link(list, chunk, previous, next);
  }

  /** Puts a chunk and its elements into a list. */
  #link(list: Address, chunk: Address, previous: Address, next: Address): void {
    const arena = this.#arena;
    this.#relink(list, chunk, previous, next);
    arena.setWord(list, COUNT, arena.word(list, COUNT) + (arena.word(chunk, FILLED) >>> 16));
    arena.setWord(list, CHUNKS, arena.word(list, CHUNKS) + 1);
  }

  /** Makes a chunk and its neighbours, which may be 0, know each other. */
  #relink(list: Address, chunk: Address, previous: Address, next: Address): void {
    const arena = this.#arena;
    arena.setWord(chunk, PREVIOUS, previous);
    arena.setWord(chunk, NEXT, next);
    if (previous === 0) arena.setWord(list, FIRST, chunk);
    else arena.setWord(previous, NEXT, chunk);
    if (next === 0) arena.setWord(list, LAST, chunk);
    else arena.setWord(next, PREVIOUS, chunk);
  }

  /** Takes a chunk and its elements out of a list and gives it back. */
  #dropChunk(list: Address, chunk: Address): void {
    const arena = this.#arena;
    const previous = arena.word(chunk, PREVIOUS);
    const next = arena.word(chunk, NEXT);
    if (previous === 0) arena.setWord(list, FIRST, next);
    else arena.setWord(previous, NEXT, next);
    if (next === 0) arena.setWord(list, LAST, previous);
    else arena.setWord(next, PREVIOUS, previous);
    arena.setWord(list, COUNT, arena.word(list, COUNT) - (arena.word(chunk, FILLED) >>> 16));
    arena.setWord(list, CHUNKS, arena.word(list, CHUNKS) - 1);
    arena.free(chunk);
  }

  /** A block with a chunk's elements, and what is free in it at one side of them. */
  #copyChunk(chunk: Address, size: number, side: Side): Address {
    const arena = this.#arena;
    const filled = arena.word(chunk, FILLED);
    const start = filled & 0xffff;
    const used = arena.word(chunk, END) - start;
    const copied = arena.allocate(size);
    const to = side === "front" ? arena.capacity(copied) - used : CHUNK_HEADER;
    const from = arena.bytes[segmentOf(chunk)]!;
    copyBytes(
      from,
      byteOf(chunk) + start,
      used,
      arena.bytes[segmentOf(copied)]!,
      byteOf(copied) + to,
    );
    arena.setWord(copied, FILLED, filled - start + to);
    arena.setWord(copied, END, to + used);
    return copied;
  }

  /** Gives a chunk another block. */
  #moveChunk(list: Address, chunk: Address, size: number, side: Side): Address {
    const arena = this.#arena;
    const moved = this.#copyChunk(chunk, size, side);
    this.#relink(list, moved, arena.word(chunk, PREVIOUS), arena.word(chunk, NEXT));
    arena.free(chunk);
    return moved;
  }

  /**
   * Moves what a chunk has from a place on into one of its own, which comes next.
   *
   * @param before How many elements are before the place.
   * @returns The chunk, which may have moved.
   */
  #split(list: Address, chunk: Address, place: number, before: number): Address {
    const arena = this.#arena;
    const filled = arena.word(chunk, FILLED);
    const end = arena.word(chunk, END);
    const start = filled & 0xffff;
    const count = filled >>> 16;
    // For a moment the chunk is its second part only.
    arena.setWord(chunk, FILLED, place + (count - before) * ONE);
    let rest: Address;
    try {
      rest = this.#copyChunk(chunk, CHUNK_HEADER + end - place, "back");
    } catch (error) {
      arena.setWord(chunk, FILLED, filled);
      throw error;
    }
    arena.setWord(chunk, FILLED, filled);
    this.#link(list, rest, chunk, arena.word(chunk, NEXT));
    return this.#keep(list, chunk, start, place, count - before);
  }

  /** Lets a chunk have what is between two places, without `removed` of its elements. It may move. */
  #keep(list: Address, chunk: Address, start: number, end: number, removed: number): Address {
    const arena = this.#arena;
    const count = (arena.word(chunk, FILLED) >>> 16) - removed;
    arena.setWord(chunk, FILLED, start + count * ONE);
    arena.setWord(chunk, END, end);
    arena.setWord(list, COUNT, arena.word(list, COUNT) - removed);
    const needed = CHUNK_HEADER + end - start;
    const capacity = arena.capacity(chunk);
    if (capacity <= SMALLEST_SHRUNK || needed * 4 > capacity) return chunk;
    return ifThereIsMemory(() => this.#moveChunk(list, chunk, 2 * needed, "back")) ?? chunk;
  }

  /** Removes the element at an index. */
  #erase(list: Address, index: number): void {
    const arena = this.#arena;
    const chunk = this.#seek(list, index);
    const filled = arena.word(chunk, FILLED);
    if (filled >>> 16 === 1) return this.#dropChunk(list, chunk);
    const bytes = arena.bytes[segmentOf(chunk)]!;
    const base = byteOf(chunk);
    const end = arena.word(chunk, END);
    const size = sizeAfter(bytes, base + this.#place);
    bytes.copyWithin(base + this.#place, base + this.#place + size, base + end);
    this.#keep(list, chunk, filled & 0xffff, end - size, 1);
  }

  /** How many elements of a chunk are equal to one. */
  #countEqual(chunk: Address, element: Slice): number {
    const { bytes, start, length } = element;
    let count = 0;
    const first = this.#arena.word(chunk, FILLED);
    this.#ascend(chunk, first & 0xffff, first >>> 16, (others, at, size) => {
      if (size === length && sameBytes(others, at, bytes, start, length)) count++;
    });
    return count;
  }

  /** Removes of a chunk's elements that are equal to one `count`, the first after `spared`. */
  #removeFrom(list: Address, chunk: Address, element: Slice, spared: number, count: number): void {
    const arena = this.#arena;
    const filled = arena.word(chunk, FILLED);
    if (filled >>> 16 === count) return this.#dropChunk(list, chunk);
    const bytes = arena.bytes[segmentOf(chunk)]!;
    const base = byteOf(chunk);
    const end = base + arena.word(chunk, END);
    const start = filled & 0xffff;
    let equal = 0;
    let to = base + start;
    for (let at = to, size = 0; at < end; at += size) {
      size = sizeAfter(bytes, at);
      if (isElement(bytes, at, size, element) && equal++ >= spared && equal <= spared + count) {
        continue;
      }
      if (to !== at) copyBytes(bytes, at, size, bytes, to);
      to += size;
    }
    this.#keep(list, chunk, start, to - base, count);
  }

  /** Makes one chunk of two neighbours, if both together are half of one at the most. */
  #join(list: Address, chunk: Address): void {
    const arena = this.#arena;
    const next = chunk === 0 ? 0 : arena.word(chunk, NEXT);
    if (next === 0) return;
    const filled = arena.word(next, FILLED);
    const start = filled & 0xffff;
    const size = arena.word(next, END) - start;
    const used = arena.word(chunk, END) - (arena.word(chunk, FILLED) & 0xffff);
    const count = (arena.word(chunk, FILLED) >>> 16) + (filled >>> 16);
    if (2 * (used + size) > this.#maxBlock || 2 * count > this.#maxCount) return;
    const joined = ifThereIsMemory(() => this.#reserve(list, chunk, size, "back"));
    if (joined === undefined) return;
    const end = arena.word(joined, END);
    const to = arena.bytes[segmentOf(joined)]!;
    copyBytes(arena.bytes[segmentOf(next)]!, byteOf(next) + start, size, to, byteOf(joined) + end);
    arena.setWord(joined, FILLED, (arena.word(joined, FILLED) & 0xffff) + count * ONE);
    arena.setWord(joined, END, end + size);
    arena.setWord(list, COUNT, arena.word(list, COUNT) + (filled >>> 16));
    this.#dropChunk(list, next);
  }
}

/** Takes a block to save others, which must not fail: what removes elements goes on without it. */
function ifThereIsMemory(take: () => Address): Address | undefined {
  try {
    return take();
  } catch (error) {
    if (error instanceof ArenaFullError) return undefined;
    throw error;
  }
}
