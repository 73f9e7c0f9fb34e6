/**
 * The arena: memory off the JavaScript heap, given out in blocks and addressed by numbers. The garbage
 * collector sees a few large buffers, however many keys there are.
 *
 * A segment is one buffer of up to 32 MiB, cut into pages of 64 KiB. A page holds blocks of one size
 * class and keeps a list of its free ones. An empty page serves any class, the first of a segment before
 * the others; a block of more than a page takes several in a row, the last of a segment before the others:
 * so that what is large finds them together, and later segments become empty. An empty segment is given
 * back to the system. A block of more than a segment has one of its own.
 *
 * @module
 */

/**
 * Where a block is: the segment's number in the upper 11 bits, in the lower 21 the block's place in it
 * in units of 16 bytes. As an int32 it may be negative. 0 is no block.
 */
export type Address = number;

/** The bytes of one unit of an address. All blocks begin at a unit, so float64 fields are aligned. */
const UNIT = 16;
const PAGE_UNITS = 4096;
const PAGE_SIZE = PAGE_UNITS * UNIT;
const SEGMENT_SHIFT = 21;
const UNIT_MASK = (1 << SEGMENT_SHIFT) - 1;
const MAX_SEGMENTS = 2048;

/**
 * The pages of a full segment. From 32 MiB on, glibc's `malloc` maps memory for each block, whatever
 * was freed before (`DEFAULT_MMAP_THRESHOLD_MAX`): it is zero without being cleared, resident only where
 * it was used, and goes back to the system when it is freed. Smaller segments had the process keep 350
 * of 350 MB after everything was deleted.
 */
const SEGMENT_PAGES = 512;
/**
 * How far into its buffer a segment begins, in bytes. glibc's `malloc` begins what it maps 16 bytes after
 * a page, so that this aligns blocks of 64 bytes, of which most entries are, to the lines of the
 * processor's cache: `INCR` of random keys takes a twentieth less time. Elsewhere it makes little odds.
 */
const SEGMENT_OFFSET = 48;
/** Segments between this and a full one are not made: the system might clear 16 MiB in one go. */
const LARGEST_SMALL_SEGMENT_PAGES = 64;
const PAGE_SHIFT = 9;
/** How many idle pages (1 MiB) are worth copying the others of their segment. */
const MIN_IDLE_PAGES = 16;

/** The number of an address's segment. */
export const segmentOf = (address: Address): number => address >>> SEGMENT_SHIFT;
/** Where a block begins in its segment's `bytes`. */
export const byteOf = (address: Address): number => (address & UNIT_MASK) << 4;
/** Where a block begins in its segment's `words`. */
export const wordOf = (address: Address): number => (address & UNIT_MASK) << 2;
/** Where a block begins in its segment's `floats`. */
export const floatOf = (address: Address): number => (address & UNIT_MASK) << 1;

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

/** In place of a class: the page begins a block of several. */
const RUN = -1;

/** A page's record, in words. */
const CLASS = 0;
/** The first free block, by its unit in the segment, or `NONE`. Each names the next in its first word. */
const FREE = 1;
/** The next block that was never used, by its unit in the segment; of a run, its capacity in bytes. */
const FRESH = 2;
/** How many blocks are in use. */
const LIVE = 3;
/** The neighbours in the list of its class' pages that have room. */
const NEXT = 4;
const PREVIOUS = 5;
/** 1 if the page was ever used, so that the system has memory for it. */
const TOUCHED = 6;
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
  /** How many bytes the pages take that hold blocks, in use or not, and the blocks that are segments. */
  held = 0;
  /** Past so many bytes of {@linkcode Arena.held}, `wantsLess` is called for each page that is taken. */
  heldLimit = Infinity;
  /** Is called where blocks that are no longer in use keep too many pages. Must not change the arena. */
  wantsLess: () => void = () => {};
  /** How many bytes the segments take. The system has memory only for what was used of them. */
  reserved = 0;

  /** The pages of each segment; 0 where it is one block or free. Segment 0 is no segment. */
  readonly #pagesOf: number[] = [0];
  readonly #emptyPagesOf: number[] = [0];
  /** Of each segment, before which page none is empty. */
  readonly #emptyFrom: number[] = [0];
  #freeSegments: number[] = [];
  /** Records of the pages, by their numbers: segment * 512 + page. */
  #pages = new Int32Array(0);
  /** Of each class, the first page that has room. */
  readonly #lists = new Int32Array(CLASSES.length).fill(NONE);
  /** The empty segment that is kept, or 0. */
  #spare = 0;
  /** How many pages have become empty since it was last looked whether to tidy. */
  #emptied = 0;
  readonly #wantsTidying: () => void;

  /** @param wantsTidying Is told when it may be worth calling {@linkcode Arena.tidy}, but not at once. */
  constructor(wantsTidying: () => void = () => {}) {
    this.#wantsTidying = wantsTidying;
  }

  /** The word of a block at an index. */
  word(address: Address, index: number): number {
    return this.words[address >>> SEGMENT_SHIFT]![((address & UNIT_MASK) << 2) + index]!;
  }

  /** Sets the word of a block at an index. */
  setWord(address: Address, index: number, value: number): void {
    this.words[address >>> SEGMENT_SHIFT]![((address & UNIT_MASK) << 2) + index] = value;
  }

  /** The float64 of a block at an index (of eight bytes). */
  float(address: Address, index: number): number {
    return this.floats[address >>> SEGMENT_SHIFT]![((address & UNIT_MASK) << 1) + index]!;
  }

  /** Sets the float64 of a block at an index (of eight bytes). */
  setFloat(address: Address, index: number, value: number): void {
    this.floats[address >>> SEGMENT_SHIFT]![((address & UNIT_MASK) << 1) + index] = value;
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
    const segment = page >>> PAGE_SHIFT;
    let unit = pages[record + FREE]!;
    if (unit !== NONE) {
      pages[record + FREE] = this.words[segment]![unit << 2]!;
    } else {
      unit = pages[record + FRESH]!;
      pages[record + FRESH] = unit + units;
    }
    pages[record + LIVE]!++;
    if (isFull(pages, page, units)) this.#unlink(page, sizeClass);
    this.used += units * UNIT;
    return (segment << SEGMENT_SHIFT) | unit;
  }

  /** Gives a block back. */
  free(address: Address): void {
    const segment = address >>> SEGMENT_SHIFT;
    if (this.#pagesOf[segment] === 0) {
      const { length } = this.bytes[segment]!;
      this.used -= length;
      this.held -= length;
      return this.#dropSegment(segment);
    }
    const pages = this.#pages;
    const page = pageOf(address);
    const record = page * PAGE_WORDS;
    const sizeClass = pages[record + CLASS]!;
    if (sizeClass === RUN) return this.#freeRun(page);
    const units = CLASSES[sizeClass]!;
    const full = isFull(pages, page, units);
    const unit = address & UNIT_MASK;
    this.words[segment]![unit << 2] = pages[record + FREE]!;
    pages[record + FREE] = unit;
    this.used -= units * UNIT;
    if (--pages[record + LIVE]! === 0) {
      if (!full) this.#unlink(page, sizeClass);
      this.#addEmpty(page, 1);
    } else if (full) {
      this.#link(page, sizeClass);
    }
  }

  /** How many bytes a block holds, which may be more than were asked for. */
  capacity(address: Address): number {
    const segment = address >>> SEGMENT_SHIFT;
    if (this.#pagesOf[segment] === 0) return this.bytes[segment]!.length;
    const record = pageOf(address) * PAGE_WORDS;
    const sizeClass = this.#pages[record + CLASS]!;
    return sizeClass === RUN ? this.#pages[record + FRESH]! : CLASSES[sizeClass]! * UNIT;
  }

  /**
   * Makes a block larger or smaller.
   *
   * @param kept How many bytes at its beginning are kept, at most `size`.
   * @param size How many bytes it must hold.
   * @returns Where it is now: the same place, if its size class still fits.
   * @throws {ArenaFullError} If it is to grow and there is no memory. The block is as it was then. To
   * shrink it never throws.
   */
  resize(address: Address, kept: number, size: number): Address {
    const capacity = this.capacity(address);
    const fits = size > PAGE_SIZE
      ? size <= capacity && size > capacity / 2
      : CLASSES[CLASS_OF[(size + UNIT - 1) >>> 4]!]! * UNIT === capacity;
    if (fits) return address;
    let moved: Address;
    try {
      moved = this.allocate(size);
    } catch (error) {
      if (size <= capacity) return address;
      throw error;
    }
    const from = byteOf(address);
    this.bytes[segmentOf(moved)]!.set(
      this.bytes[segmentOf(address)]!.subarray(from, from + kept),
      byteOf(moved),
    );
    this.free(address);
    return moved;
  }

  /** Gives all blocks back at once, and all memory to the system. */
  clear(): void {
    for (const buffer of this.reset()) buffer.transfer(0);
  }

  /**
   * Gives all blocks back at once, but not their memory: to unmap it takes some ms for each buffer.
   *
   * @returns The buffers, which are the caller's. `transfer(0)` gives one back.
   */
  reset(): ArrayBuffer[] {
    const buffers: ArrayBuffer[] = [];
    for (const bytes of this.bytes) {
      if (bytes !== NO_BYTES) buffers.push(bytes.buffer as ArrayBuffer);
    }
    this.bytes.length = this.words.length = this.floats.length = 1;
    this.#pagesOf.length = this.#emptyPagesOf.length = this.#emptyFrom.length = 1;
    this.#freeSegments = [];
    this.#pages = new Int32Array(0);
    this.#lists.fill(NONE);
    this.#spare =
      this.used =
      this.held =
      this.reserved =
        0;
    return buffers;
  }

  /**
   * Gives the memory of empty pages back to the system where a segment has three times as many of them
   * as pages in use: the latter are copied into a new buffer, at most 8 MiB. Addresses stay as they are,
   * but not {@linkcode Slice}s nor the members of `bytes`, `words` and `floats`.
   *
   * @returns Whether it did this for a segment; there may be more.
   */
  tidy(): boolean {
    const pages = this.#pages;
    for (let segment = 1; segment < this.#pagesOf.length; segment++) {
      const count = this.#pagesOf[segment]!;
      const inUse = count - this.#emptyPagesOf[segment]!;
      if (inUse * 4 > count || segment === this.#spare) continue;
      const first = segment << PAGE_SHIFT;
      let idle = 0;
      for (let page = first; page < first + count; page++) {
        const record = page * PAGE_WORDS;
        if (pages[record + LIVE] === 0) idle += pages[record + TOUCHED]!;
      }
      if (idle < MIN_IDLE_PAGES || idle < 3 * inUse) continue;
      return this.#moveSegment(segment);
    }
    return false;
  }

  /** Copies a segment's pages in use into a new buffer. */
  #moveSegment(segment: number): boolean {
    const pages = this.#pages;
    const old = this.bytes[segment]!;
    const buffer = tryBuffer(SEGMENT_OFFSET + old.length);
    if (buffer === undefined) return false;
    const bytes = new Uint8Array(buffer, SEGMENT_OFFSET);
    for (let i = 0; i < this.#pagesOf[segment]!; i++) {
      const record = ((segment << PAGE_SHIFT) | i) * PAGE_WORDS;
      if (pages[record + LIVE] === 0) pages[record + TOUCHED] = 0;
      else bytes.set(old.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE), i * PAGE_SIZE);
    }
    (old.buffer as ArrayBuffer).transfer(0);
    this.#setBuffer(segment, buffer);
    return true;
  }

  /** Makes an empty page one of a class, and the first on its list. */
  #takePage(sizeClass: number): number {
    const page = this.#findEmpty();
    this.#usePages(page, 1);
    const record = page * PAGE_WORDS;
    this.#pages[record + CLASS] = sizeClass;
    this.#pages[record + FREE] = NONE;
    this.#pages[record + FRESH] = (page & (SEGMENT_PAGES - 1)) * PAGE_UNITS;
    this.#link(page, sizeClass);
    return page;
  }

  /** The first empty page. */
  #findEmpty(): number {
    for (let segment = 1; segment < this.#pagesOf.length; segment++) {
      if (this.#emptyPagesOf[segment] === 0) continue;
      let page = (segment << PAGE_SHIFT) | this.#emptyFrom[segment]!;
      while (this.#pages[page * PAGE_WORDS + LIVE] !== 0) page++;
      this.#emptyFrom[segment] = (page & (SEGMENT_PAGES - 1)) + 1;
      return page;
    }
    return this.#addSegment(1) << PAGE_SHIFT;
  }

  /** Takes note that empty pages are used from now on. */
  #usePages(first: number, count: number): void {
    const segment = first >>> PAGE_SHIFT;
    this.#emptyPagesOf[segment]! -= count;
    if (segment === this.#spare) this.#spare = 0;
    for (let page = first; page < first + count; page++) {
      this.#pages[page * PAGE_WORDS + TOUCHED] = 1;
    }
    this.held += count * PAGE_SIZE;
    if (this.held > this.heldLimit) this.wantsLess();
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

  #allocateLarge(size: number): Address {
    const count = Math.ceil(size / PAGE_SIZE);
    // In whole pages of the system. The rest of the last page of ours is never used.
    const capacity = Math.ceil(size / 4096) * 4096;
    if (count > SEGMENT_PAGES) {
      const segment = this.#newSegment(capacity, 0);
      this.used += capacity;
      this.held += capacity;
      return segment << SEGMENT_SHIFT;
    }
    const first = this.#findRun(count);
    this.#usePages(first, count);
    for (let page = first; page < first + count; page++) {
      this.#pages[page * PAGE_WORDS + LIVE] = 1;
    }
    this.#pages[first * PAGE_WORDS + CLASS] = RUN;
    this.#pages[first * PAGE_WORDS + FRESH] = capacity;
    this.used += capacity;
    return ((first >>> PAGE_SHIFT) << SEGMENT_SHIFT) | (first & (SEGMENT_PAGES - 1)) * PAGE_UNITS;
  }

  /** The first of so many empty pages in a row, the last in their segment. */
  #findRun(count: number): number {
    for (let segment = 1; segment < this.#pagesOf.length; segment++) {
      if (this.#emptyPagesOf[segment]! < count) continue;
      const first = segment << PAGE_SHIFT;
      let empty = 0;
      for (let page = first + this.#pagesOf[segment]! - 1; page >= first; page--) {
        empty = this.#pages[page * PAGE_WORDS + LIVE] === 0 ? empty + 1 : 0;
        if (empty === count) return page;
      }
    }
    const segment = this.#addSegment(count);
    return (segment << PAGE_SHIFT) + this.#pagesOf[segment]! - count;
  }

  #freeRun(first: number): void {
    const capacity = this.#pages[first * PAGE_WORDS + FRESH]!;
    const count = Math.ceil(capacity / PAGE_SIZE);
    for (let page = first; page < first + count; page++) this.#pages[page * PAGE_WORDS + LIVE] = 0;
    this.used -= capacity;
    this.#addEmpty(first, count);
  }

  /** Counts pages that have become empty, and gives back the segment if all are. */
  #addEmpty(first: number, count: number): void {
    const segment = first >>> PAGE_SHIFT;
    this.held -= count * PAGE_SIZE;
    this.#emptyFrom[segment] = Math.min(this.#emptyFrom[segment]!, first & (SEGMENT_PAGES - 1));
    const empty = this.#emptyPagesOf[segment]! += count;
    const pages = this.#pagesOf[segment]!;
    this.#emptied += count;
    if (empty === pages) {
      this.#release(segment);
    } else if (this.#emptied >= MIN_IDLE_PAGES && empty >= pages * 3 / 4) {
      this.#emptied = 0;
      this.#wantsTidying();
    }
  }

  /** Adds a segment of empty pages. Segments start small: tests start hundreds of instances. */
  #addSegment(least: number): number {
    const wanted = Math.max(least, 2, Math.ceil(this.reserved / PAGE_SIZE));
    const count = wanted > LARGEST_SMALL_SEGMENT_PAGES ? SEGMENT_PAGES : wanted;
    const segment = this.#newSegment(count * PAGE_SIZE, count);
    for (let i = count - 1; i >= 0; i--) {
      const page = (segment << PAGE_SHIFT) | i;
      this.#pages[page * PAGE_WORDS + LIVE] = 0;
      this.#pages[page * PAGE_WORDS + TOUCHED] = 0;
    }
    return segment;
  }

  #newSegment(size: number, pages: number): number {
    const segment = this.#freeSegments.at(-1) ?? this.bytes.length;
    if (segment === MAX_SEGMENTS) throw new ArenaFullError("All addresses are in use");
    const words = ((segment << PAGE_SHIFT) + pages) * PAGE_WORDS;
    if (pages > 0 && words > this.#pages.length) {
      const records = tryBuffer(Math.max(words, 2 * this.#pages.length) * 4);
      if (records === undefined) throw new ArenaFullError("The system has no memory");
      const larger = new Int32Array(records);
      larger.set(this.#pages);
      this.#pages = larger;
    }
    const buffer = tryBuffer(SEGMENT_OFFSET + size);
    if (buffer === undefined) throw new ArenaFullError("The system has no memory");
    this.#freeSegments.pop();
    this.#setBuffer(segment, buffer);
    this.#pagesOf[segment] = this.#emptyPagesOf[segment] = pages;
    this.#emptyFrom[segment] = 0;
    this.reserved += size;
    return segment;
  }

  #setBuffer(segment: number, buffer: ArrayBuffer): void {
    this.bytes[segment] = new Uint8Array(buffer, SEGMENT_OFFSET);
    this.words[segment] = new Int32Array(buffer, SEGMENT_OFFSET);
    this.floats[segment] = new Float64Array(buffer, SEGMENT_OFFSET);
  }

  /**
   * Gives back an empty segment, but for one that is small beside the others: a block that comes and
   * goes at the edge of a segment would else take and give back memory each time.
   */
  #release(segment: number): void {
    if (this.#spare === 0 && this.#isSmall(segment)) this.#spare = segment;
    else this.#dropSegment(segment);
  }

  #isSmall(segment: number): boolean {
    return this.#pagesOf[segment]! * PAGE_SIZE <= this.reserved / 4;
  }

  #dropSegment(segment: number): void {
    const { buffer, length } = this.bytes[segment]!;
    this.reserved -= length;
    // Unlike leaving it to the garbage collector, this frees the memory now.
    (buffer as ArrayBuffer).transfer(0);
    this.bytes[segment] = NO_BYTES;
    this.words[segment] = NO_WORDS;
    this.floats[segment] = NO_FLOATS;
    this.#pagesOf[segment] = this.#emptyPagesOf[segment] = 0;
    this.#freeSegments.push(segment);
    const spare = this.#spare;
    if (spare !== 0 && !this.#isSmall(spare)) {
      this.#spare = 0;
      this.#dropSegment(spare);
    }
  }
}

/** The number of the page in which an address is. */
function pageOf(address: Address): number {
  return (address >>> SEGMENT_SHIFT) << PAGE_SHIFT | (address & UNIT_MASK) >>> 12;
}

/** Whether a page of a class has no room for another block of so many units. */
function isFull(pages: Int32Array, page: number, units: number): boolean {
  const record = page * PAGE_WORDS;
  if (pages[record + FREE] !== NONE) return false;
  return pages[record + FRESH]! + units > ((page & (SEGMENT_PAGES - 1)) + 1) * PAGE_UNITS;
}

function tryBuffer(size: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(size);
  } catch {
    return undefined;
  }
}
