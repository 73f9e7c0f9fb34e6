/**
 * The arena: memory off the JavaScript heap, given out in blocks and addressed by numbers. The garbage
 * collector sees a few large buffers, however many keys there are.
 *
 * A segment is one buffer of up to 1 MiB, cut into pages of 64 KiB. A page holds blocks of one size
 * class and keeps a list of its free ones. An empty page serves any class; an empty segment is given
 * back to the system. A block of more than a page has a segment of its own.
 *
 * @module
 */

/**
 * Where a block is: the segment's number in the upper 16 bits, in the lower 16 the block's place in it
 * in units of 16 bytes. As an int32 it may be negative. 0 is no block.
 */
export type Address = number;

/** The bytes of one unit of an address. All blocks begin at a unit, so float64 fields are aligned. */
const UNIT = 16;
const PAGE_UNITS = 4096;
const PAGE_SIZE = PAGE_UNITS * UNIT;
const MAX_SEGMENT_PAGES = 16;
const MAX_SEGMENTS = 65_536;

/** The number of an address's segment. */
export const segmentOf = (address: Address): number => address >>> 16;
/** Where a block begins in its segment's `bytes`. */
export const byteOf = (address: Address): number => (address & 0xffff) << 4;
/** Where a block begins in its segment's `words`. */
export const wordOf = (address: Address): number => (address & 0xffff) << 2;
/** Where a block begins in its segment's `floats`. */
export const floatOf = (address: Address): number => (address & 0xffff) << 1;

/**
 * The size classes, in units: each unit up to 256 bytes, then four for each doubling up to 4 KiB, then
 * what divides a page into 15, 14, … 1 blocks.
 */
const CLASSES = Int32Array.from(function* () {
  for (let units = 1; units <= 16; units++) yield units;
  for (let step = 4; step <= 32; step *= 2) for (let i = 5; i <= 8; i++) yield i * step;
  for (let count = 15; count >= 1; count--) yield Math.floor(PAGE_UNITS / count);
}());

/** The smallest class for a number of units. */
const CLASS_OF = new Uint8Array(PAGE_UNITS + 1);
for (let units = 0, sizeClass = 0; units <= PAGE_UNITS; units++) {
  if (units > CLASSES[sizeClass]!) sizeClass++;
  CLASS_OF[units] = sizeClass;
}

/** The list of pages that hold no block; the lists before it are those of the classes. */
const EMPTY_PAGES = CLASSES.length;

/** A page's record, in words. */
const CLASS = 0;
/** The first free block, by its unit in the segment, or `NONE`. Each names the next in its first word. */
const FREE = 1;
/** The next block that was never used, by its unit in the segment. */
const FRESH = 2;
/** How many blocks are in use. */
const LIVE = 3;
/** The neighbours in the list of pages that the page is on. */
const NEXT = 4;
const PREVIOUS = 5;
const PAGE_WORDS = 8;

const NONE = -1;

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const NO_FLOATS = new Float64Array(0);

/** Thrown where the system has no memory left, or the addresses are used up (at 64 GiB). */
export class ArenaFullError extends Error {
  override name = "ArenaFullError";
}

/** Memory in blocks. What a new block holds is undefined. */
export class Arena {
  /** Each segment as bytes, by {@linkcode segmentOf} and {@linkcode byteOf}. */
  readonly bytes: Uint8Array[] = [NO_BYTES];
  /** Each segment as 32-bit words, by {@linkcode segmentOf} and {@linkcode wordOf}. */
  readonly words: Int32Array[] = [NO_WORDS];
  /** Each segment as float64, by {@linkcode segmentOf} and {@linkcode floatOf}. */
  readonly floats: Float64Array[] = [NO_FLOATS];
  /** How many bytes the blocks in use take, with what their size classes round up. */
  used = 0;
  /** How many bytes the segments take. */
  reserved = 0;

  /** The pages of each segment; 0 where it is one large block or free. Segment 0 is no segment. */
  readonly #pagesOf: number[] = [0];
  readonly #emptyPagesOf: number[] = [0];
  #freeSegments: number[] = [];
  /** Records of the pages, by segment * 16 + page. */
  #pages = new Int32Array(8 * MAX_SEGMENT_PAGES * PAGE_WORDS);
  /** The first page of each list. */
  readonly #lists = new Int32Array(EMPTY_PAGES + 1).fill(NONE);
  /** Segments start small: tests start hundreds of instances. */
  #nextPages = 2;
  #emptySegments = 0;

  /** The word of a block at an index. */
  word(address: Address, index: number): number {
    return this.words[address >>> 16]![((address & 0xffff) << 2) + index]!;
  }

  /** Sets the word of a block at an index. */
  setWord(address: Address, index: number, value: number): void {
    this.words[address >>> 16]![((address & 0xffff) << 2) + index] = value;
  }

  /** The float64 of a block at an index (of eight bytes). */
  float(address: Address, index: number): number {
    return this.floats[address >>> 16]![((address & 0xffff) << 1) + index]!;
  }

  /** Sets the float64 of a block at an index (of eight bytes). */
  setFloat(address: Address, index: number, value: number): void {
    this.floats[address >>> 16]![((address & 0xffff) << 1) + index] = value;
  }

  /**
   * Takes a block.
   *
   * @param size How many bytes it must hold, at least 1.
   * @throws {ArenaFullError} If there is no memory. Nothing has changed then.
   */
  allocate(size: number): Address {
    if (size > PAGE_SIZE) return this.#allocateLarge(size);
    const sizeClass = CLASS_OF[(size + UNIT - 1) >>> 4]!;
    let page = this.#lists[sizeClass]!;
    if (page === NONE) page = this.#takePage(sizeClass);
    const pages = this.#pages;
    const record = page * PAGE_WORDS;
    const units = CLASSES[sizeClass]!;
    const segment = page >>> 4;
    let unit = pages[record + FREE]!;
    if (unit !== NONE) {
      pages[record + FREE] = this.words[segment]![unit << 2]!;
    } else {
      unit = pages[record + FRESH]!;
      pages[record + FRESH] = unit + units;
    }
    pages[record + LIVE]!++;
    if (pages[record + FREE] === NONE && pages[record + FRESH]! + units > this.#pageEnd(page)) {
      this.#unlink(page, sizeClass);
    }
    this.used += units * UNIT;
    return (segment << 16) | unit;
  }

  /** Gives a block back. */
  free(address: Address): void {
    const segment = address >>> 16;
    if (this.#pagesOf[segment] === 0) {
      this.used -= this.bytes[segment]!.length;
      return this.#dropSegment(segment);
    }
    const unit = address & 0xffff;
    const page = (segment << 4) | (unit >>> 12);
    const pages = this.#pages;
    const record = page * PAGE_WORDS;
    const sizeClass = pages[record + CLASS]!;
    const units = CLASSES[sizeClass]!;
    const full = pages[record + FREE] === NONE &&
      pages[record + FRESH]! + units > this.#pageEnd(page);
    this.words[segment]![unit << 2] = pages[record + FREE]!;
    pages[record + FREE] = unit;
    this.used -= units * UNIT;
    if (--pages[record + LIVE]! === 0) {
      if (!full) this.#unlink(page, sizeClass);
      this.#link(page, EMPTY_PAGES);
      if (++this.#emptyPagesOf[segment]! === this.#pagesOf[segment]) this.#release(segment);
    } else if (full) {
      this.#link(page, sizeClass);
    }
  }

  /** How many bytes a block holds, which may be more than were asked for. */
  capacity(address: Address): number {
    const segment = address >>> 16;
    if (this.#pagesOf[segment] === 0) return this.bytes[segment]!.length;
    const page = (segment << 4) | ((address & 0xffff) >>> 12);
    return CLASSES[this.#pages[page * PAGE_WORDS + CLASS]!]! * UNIT;
  }

  /**
   * Makes a block larger or smaller.
   *
   * @param kept How many bytes at its beginning are kept, at most `size`.
   * @param size How many bytes it must hold.
   * @returns Where it is now: the same place, if its size class still fits.
   * @throws {ArenaFullError} If there is no memory. The block is as it was then.
   */
  resize(address: Address, kept: number, size: number): Address {
    const capacity = this.capacity(address);
    const fits = size > PAGE_SIZE
      ? size <= capacity && size > capacity / 2
      : CLASSES[CLASS_OF[(size + UNIT - 1) >>> 4]!]! * UNIT === capacity;
    if (fits) return address;
    const moved = this.allocate(size);
    const from = byteOf(address);
    this.bytes[moved >>> 16]!.set(
      this.bytes[address >>> 16]!.subarray(from, from + kept),
      byteOf(moved),
    );
    this.free(address);
    return moved;
  }

  /** Gives all blocks back at once, and all memory to the system. */
  clear(): void {
    for (let segment = 1; segment < this.bytes.length; segment++) {
      (this.bytes[segment]!.buffer as ArrayBuffer).transfer(0);
    }
    this.bytes.length = this.words.length = this.floats.length = 1;
    this.#pagesOf.length = this.#emptyPagesOf.length = 1;
    this.#freeSegments = [];
    this.#lists.fill(NONE);
    this.#nextPages = 2;
    this.#emptySegments = this.used = this.reserved = 0;
  }

  /** The unit after a page's last. */
  #pageEnd(page: number): number {
    return ((page & 15) + 1) * PAGE_UNITS;
  }

  /** Makes an empty page one of a class, and the first on its list. */
  #takePage(sizeClass: number): number {
    if (this.#lists[EMPTY_PAGES] === NONE) this.#addSegment();
    const page = this.#lists[EMPTY_PAGES]!;
    const segment = page >>> 4;
    this.#unlink(page, EMPTY_PAGES);
    if (this.#emptyPagesOf[segment] === this.#pagesOf[segment]) this.#emptySegments--;
    this.#emptyPagesOf[segment]!--;
    const record = page * PAGE_WORDS;
    this.#pages[record + CLASS] = sizeClass;
    this.#pages[record + FREE] = NONE;
    this.#pages[record + FRESH] = (page & 15) * PAGE_UNITS;
    this.#pages[record + LIVE] = 0;
    this.#link(page, sizeClass);
    return page;
  }

  #link(page: number, list: number): void {
    const first = this.#lists[list]!;
    this.#pages[page * PAGE_WORDS + NEXT] = first;
    this.#pages[page * PAGE_WORDS + PREVIOUS] = NONE;
    if (first !== NONE) this.#pages[first * PAGE_WORDS + PREVIOUS] = page;
    this.#lists[list] = page;
  }

  #unlink(page: number, list: number): void {
    const next = this.#pages[page * PAGE_WORDS + NEXT]!;
    const previous = this.#pages[page * PAGE_WORDS + PREVIOUS]!;
    if (previous === NONE) this.#lists[list] = next;
    else this.#pages[previous * PAGE_WORDS + NEXT] = next;
    if (next !== NONE) this.#pages[next * PAGE_WORDS + PREVIOUS] = previous;
  }

  #addSegment(): void {
    const count = this.#nextPages;
    const segment = this.#newSegment(count * PAGE_SIZE, count);
    this.#nextPages = Math.min(2 * count, MAX_SEGMENT_PAGES);
    this.#emptyPagesOf[segment] = count;
    this.#emptySegments++;
    const words = (segment + 1) * MAX_SEGMENT_PAGES * PAGE_WORDS;
    if (words > this.#pages.length) {
      const pages = new Int32Array(2 * words);
      pages.set(this.#pages);
      this.#pages = pages;
    }
    for (let page = count - 1; page >= 0; page--) this.#link((segment << 4) | page, EMPTY_PAGES);
  }

  #allocateLarge(size: number): Address {
    // In whole kibibytes, so that its views are aligned and small growth is free.
    const bytes = Math.ceil(size / 1024) * 1024;
    const segment = this.#newSegment(bytes, 0);
    this.used += bytes;
    return segment << 16;
  }

  #newSegment(size: number, pages: number): number {
    const segment = this.#freeSegments.at(-1) ?? this.bytes.length;
    if (segment === MAX_SEGMENTS) throw new ArenaFullError("All addresses are in use");
    let buffer: ArrayBuffer;
    try {
      buffer = new ArrayBuffer(size);
    } catch (cause) {
      throw new ArenaFullError(`The system has no ${size} bytes`, { cause });
    }
    this.#freeSegments.pop();
    this.bytes[segment] = new Uint8Array(buffer);
    this.words[segment] = new Int32Array(buffer);
    this.floats[segment] = new Float64Array(buffer);
    this.#pagesOf[segment] = pages;
    this.#emptyPagesOf[segment] = 0;
    this.reserved += size;
    return segment;
  }

  /**
   * Gives back an empty segment, but for one: a block that comes and goes at the edge of a segment
   * would else take and give back memory each time.
   */
  #release(segment: number): void {
    if (this.#emptySegments === 0) {
      this.#emptySegments = 1;
      return;
    }
    for (let page = 0; page < this.#pagesOf[segment]!; page++) {
      this.#unlink((segment << 4) | page, EMPTY_PAGES);
    }
    this.#dropSegment(segment);
  }

  #dropSegment(segment: number): void {
    const { buffer } = this.bytes[segment]!;
    this.reserved -= buffer.byteLength;
    // Unlike leaving it to the garbage collector, this frees the memory now.
    (buffer as ArrayBuffer).transfer(0);
    this.bytes[segment] = NO_BYTES;
    this.words[segment] = NO_WORDS;
    this.floats[segment] = NO_FLOATS;
    this.#pagesOf[segment] = 0;
    this.#freeSegments.push(segment);
  }
}
