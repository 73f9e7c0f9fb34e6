/**
 * The hash table: of keys, and of the members of large hashes, sets and sorted sets. All of it lies in
 * the arena.
 *
 * It grows and shrinks by linear hashing (W. Litwin, 1980): each insertion that makes it too full splits
 * one bucket, each removal that leaves it too empty merges two. No step is larger than that, at any
 * size, and there is never a second table.
 *
 *     header     COUNT | BUCKETS | TABLE | –
 *     table      up to 4096 buckets: one block of entry addresses
 *                more: a block of addresses of such blocks
 *     entry      HASH | NEXT | KEY_LENGTH | … what the kind of table keeps … | the key's bytes
 *
 * @module
 */

import { type Address, type Arena, byteOf, segmentOf, wordOf } from "./arena.ts";
import { hash, type HashKey } from "./hash.ts";
import { copyBytes, sameBytes, Slice } from "./slice.ts";

/** Words of the header. */
const COUNT = 0;
const BUCKETS = 1;
const TABLE = 2;
const HEADER_SIZE = 16;

/** Words of every entry. */
const HASH = 0;
const NEXT = 1;
const KEY_LENGTH = 2;

/** The first word of an entry that a kind of table may use for its own. */
export const ENTRY_WORDS = 3;

const CHUNK_SHIFT = 12;
/** The buckets in one block of the table. */
const CHUNK = 1 << CHUNK_SHIFT;
const MIN_BUCKETS = 4;

/** The places of a bucket's chain among which {@linkcode Dict.random} chooses. */
const PLACES = 4;

/** The number of a hash's bucket, of so many. */
function bucketOf(hash: number, buckets: number): number {
  const mask = (2 << (31 - Math.clz32(buckets))) - 1;
  const bucket = hash & mask;
  return bucket < buckets ? bucket : hash & (mask >>> 1);
}

/** The bits of a 32-bit number in reverse order. */
function reverse(bits: number): number {
  bits = (bits >>> 1 & 0x55555555) | (bits & 0x55555555) << 1;
  bits = (bits >>> 2 & 0x33333333) | (bits & 0x33333333) << 2;
  bits = (bits >>> 4 & 0x0f0f0f0f) | (bits & 0x0f0f0f0f) << 4;
  bits = (bits >>> 8 & 0x00ff00ff) | (bits & 0x00ff00ff) << 8;
  return bits >>> 16 | bits << 16;
}

/**
 * One kind of hash table. It keeps no state but the layout of its entries: each table is known by its
 * header's address. An entry's address is good until the entry is removed; entries never move.
 */
export class Dict {
  readonly #arena: Arena;
  readonly #keyOffset: number;
  readonly #hashKey: HashKey;

  /**
   * @param keyOffset Where in an entry its key begins, in bytes: at least {@linkcode ENTRY_WORDS} * 4.
   */
  constructor(arena: Arena, keyOffset: number, hashKey: HashKey) {
    this.#arena = arena;
    this.#keyOffset = keyOffset;
    this.#hashKey = hashKey;
  }

  /**
   * Makes an empty table.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  create(): Address {
    const arena = this.#arena;
    const header = arena.allocate(HEADER_SIZE);
    let table: Address;
    try {
      table = arena.allocate(MIN_BUCKETS * 4);
    } catch (error) {
      arena.free(header);
      throw error;
    }
    for (let bucket = 0; bucket < MIN_BUCKETS; bucket++) arena.setWord(table, bucket, 0);
    arena.setWord(header, COUNT, 0);
    arena.setWord(header, BUCKETS, MIN_BUCKETS);
    arena.setWord(header, TABLE, table);
    return header;
  }

  /** How many entries it has. */
  size(header: Address): number {
    return this.#arena.word(header, COUNT);
  }

  /** How many buckets it has. */
  buckets(header: Address): number {
    return this.#arena.word(header, BUCKETS);
  }

  /** The hash of a key, which the other methods take. */
  hash(key: Slice): number {
    return hash(this.#hashKey, key.bytes, key.start, key.length);
  }

  /** An entry's key. */
  key(entry: Address): Slice {
    const arena = this.#arena;
    return new Slice(
      arena.bytes[segmentOf(entry)]!,
      byteOf(entry) + this.#keyOffset,
      arena.word(entry, KEY_LENGTH),
    );
  }

  /** The entry of a key, or 0. */
  find(header: Address, key: Slice, hash: number = this.hash(key)): Address {
    const arena = this.#arena;
    const { bytes, start, length } = key;
    const bucket = bucketOf(hash, arena.word(header, BUCKETS));
    let entry = arena.word(this.#chunk(header, bucket), bucket & (CHUNK - 1));
    while (entry !== 0) {
      const segment = segmentOf(entry);
      const words = arena.words[segment]!;
      const at = wordOf(entry);
      if (
        words[at + HASH] === hash && words[at + KEY_LENGTH] === length &&
        sameBytes(arena.bytes[segment]!, byteOf(entry) + this.#keyOffset, bytes, start, length)
      ) {
        return entry;
      }
      entry = words[at + NEXT]!;
    }
    return 0;
  }

  /**
   * Adds an entry for a key that is not in the table. What the kind keeps in it is undefined.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  insert(header: Address, key: Slice, hash: number = this.hash(key)): Address {
    const arena = this.#arena;
    const { bytes, start, length } = key;
    const count = arena.word(header, COUNT) + 1;
    // Before the entry is made: a failure in between leaves the table whole.
    if (count > arena.word(header, BUCKETS)) this.#split(header);
    const entry = arena.allocate(this.#keyOffset + length);
    copyBytes(
      bytes,
      start,
      length,
      arena.bytes[segmentOf(entry)]!,
      byteOf(entry) + this.#keyOffset,
    );
    arena.setWord(entry, HASH, hash);
    arena.setWord(entry, KEY_LENGTH, length);
    arena.setWord(header, COUNT, count);
    this.#push(header, bucketOf(hash, arena.word(header, BUCKETS)), entry);
    return entry;
  }

  /** Takes an entry out of the table and gives it back. What it refers to is the caller's. */
  remove(header: Address, entry: Address): void {
    const arena = this.#arena;
    const bucket = bucketOf(arena.word(entry, HASH), arena.word(header, BUCKETS));
    const chunk = this.#chunk(header, bucket);
    const next = arena.word(entry, NEXT);
    let other = arena.word(chunk, bucket & (CHUNK - 1));
    if (other === entry) {
      arena.setWord(chunk, bucket & (CHUNK - 1), next);
    } else {
      while (arena.word(other, NEXT) !== entry) other = arena.word(other, NEXT);
      arena.setWord(other, NEXT, next);
    }
    arena.free(entry);
    const count = arena.word(header, COUNT) - 1;
    arena.setWord(header, COUNT, count);
    // Two for one, so that a table that is emptied ends as small as it began.
    for (let i = 0; i < 2; i++) {
      const buckets = arena.word(header, BUCKETS);
      if (count < buckets >>> 1 && buckets > MIN_BUCKETS) this.#merge(header);
    }
  }

  /**
   * Calls `visit` for each entry until it returns true. It must not insert, nor remove any entry but
   * the one that it is called with, and that only in a table that is given up afterwards.
   */
  walk(header: Address, visit: (entry: Address) => boolean | void): void {
    const arena = this.#arena;
    const buckets = arena.word(header, BUCKETS);
    for (let bucket = 0; bucket < buckets; bucket++) {
      let entry = arena.word(this.#chunk(header, bucket), bucket & (CHUNK - 1));
      while (entry !== 0) {
        const next = arena.word(entry, NEXT);
        if (visit(entry)) return;
        entry = next;
      }
    }
  }

  /**
   * One step of an iteration that other commands may come between. What is in the table from the first
   * step to the last is visited at least once, though the table grow and shrink meanwhile.
   *
   * The cursor counts buckets with its bits in reverse, as Redis' does: when the table doubles, what a
   * bucket becomes lies together in that order.
   *
   * `visit` must neither insert nor remove: that may move what is still to be visited in this step.
   *
   * @param cursor 0 to begin, else what the last step returned.
   * @returns The next step's cursor; 0 at the end.
   */
  scan(header: Address, cursor: number, visit: (entry: Address) => void): number {
    const buckets = this.#arena.word(header, BUCKETS);
    const half = 1 << (31 - Math.clz32(buckets));
    const bucket = cursor & (half - 1);
    this.#visit(header, bucket, visit);
    if (bucket + half < buckets) this.#visit(header, bucket + half, visit);
    return reverse(reverse(cursor | -half) + 1 | 0) >>> 0;
  }

  /**
   * An entry, each with the same probability, but for the few in chains longer than {@linkcode PLACES}:
   * what is beyond them shares the probability of the last place. Returns 0 if there is none.
   *
   * @param random Returns numbers from 0 to below 1.
   */
  random(header: Address, random: () => number): Address {
    const arena = this.#arena;
    if (this.size(header) === 0) return 0;
    const buckets = arena.word(header, BUCKETS);
    // A bucket and a place in its chain, again until there is an entry: a bucket alone would favour
    // the entries that are alone in theirs. With room for the longest chain, most places would be empty:
    // one bucket in 270 has more than four entries.
    while (true) {
      const drawn = Math.floor(random() * buckets * PLACES);
      const bucket = Math.floor(drawn / PLACES);
      const place = drawn % PLACES;
      let entry = arena.word(this.#chunk(header, bucket), bucket & (CHUNK - 1));
      for (let i = 0; i < place && entry !== 0; i++) entry = arena.word(entry, NEXT);
      if (entry === 0) continue;
      if (place === PLACES - 1) {
        // One of those that are left of the chain.
        let next = entry;
        for (let left = 2; (next = arena.word(next, NEXT)) !== 0; left++) {
          if (random() * left < 1) entry = next;
        }
      }
      return entry;
    }
  }

  /**
   * Calls `visit` for some entries, each with the same probability: those of buckets taken at random. That
   * costs less for each than {@linkcode random}. There may be a few more than `count`, and the same again;
   * if there are no more in the table, all are visited once.
   *
   * @param random Returns numbers from 0 to below 1.
   */
  sample(
    header: Address,
    count: number,
    random: () => number,
    visit: (entry: Address) => void,
  ): void {
    if (count >= this.size(header)) return this.walk(header, visit);
    const buckets = this.#arena.word(header, BUCKETS);
    // Not buckets in a row: entries after a gap would be taken more often, and gaps be made larger.
    for (let left = count; left > 0;) {
      this.#visit(header, Math.floor(random() * buckets), (entry) => {
        left--;
        visit(entry);
      });
    }
  }

  /** Gives a table and its entries back. What the entries refer to is the caller's, by {@linkcode walk}. */
  destroy(header: Address): void {
    this.clear(header, Infinity, () => {});
  }

  /**
   * Gives a table back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit How many buckets to empty at the most.
   * @param release Is told of each entry before it goes.
   * @returns How many buckets are left; 0 if the table is gone.
   */
  clear(header: Address, limit: number, release: (entry: Address) => void): number {
    const arena = this.#arena;
    while (limit-- > 0) {
      const bucket = arena.word(header, BUCKETS) - 1;
      const chunk = this.#chunk(header, bucket);
      let entry = arena.word(chunk, bucket & (CHUNK - 1));
      while (entry !== 0) {
        const next = arena.word(entry, NEXT);
        release(entry);
        arena.free(entry);
        entry = next;
      }
      if (bucket === 0) {
        arena.free(chunk);
        arena.free(header);
        return 0;
      }
      this.#dropBucket(header, bucket);
    }
    return arena.word(header, BUCKETS);
  }

  /** How many bytes the table takes, without its entries. */
  tableSize(header: Address): number {
    const arena = this.#arena;
    const buckets = arena.word(header, BUCKETS);
    const table = arena.word(header, TABLE);
    const chunks = buckets > CHUNK ? Math.ceil(buckets / CHUNK) * CHUNK * 4 : 0;
    return HEADER_SIZE + arena.capacity(table) + chunks;
  }

  /** How many bytes an entry takes. */
  entrySize(entry: Address): number {
    return this.#arena.capacity(entry);
  }

  #visit(header: Address, bucket: number, visit: (entry: Address) => void): void {
    const arena = this.#arena;
    let entry = arena.word(this.#chunk(header, bucket), bucket & (CHUNK - 1));
    while (entry !== 0) {
      const next = arena.word(entry, NEXT);
      visit(entry);
      entry = next;
    }
  }

  /** The block in which a bucket is, at its number modulo the size of a block. */
  #chunk(header: Address, bucket: number): Address {
    const arena = this.#arena;
    const table = arena.word(header, TABLE);
    return arena.word(header, BUCKETS) > CHUNK ? arena.word(table, bucket >>> CHUNK_SHIFT) : table;
  }

  #push(header: Address, bucket: number, entry: Address): void {
    const arena = this.#arena;
    const chunk = this.#chunk(header, bucket);
    arena.setWord(entry, NEXT, arena.word(chunk, bucket & (CHUNK - 1)));
    arena.setWord(chunk, bucket & (CHUNK - 1), entry);
  }

  /** Adds a bucket, and moves into it what belongs there from the one bucket that has held it. */
  #split(header: Address): void {
    const arena = this.#arena;
    const added = arena.word(header, BUCKETS);
    this.#addBucket(header, added);
    const half = 1 << (31 - Math.clz32(added));
    const bucket = added - half;
    const chunk = this.#chunk(header, bucket);
    let entry = arena.word(chunk, bucket & (CHUNK - 1));
    let kept = 0;
    let moved = 0;
    while (entry !== 0) {
      const next = arena.word(entry, NEXT);
      if ((arena.word(entry, HASH) & half) === 0) {
        arena.setWord(entry, NEXT, kept);
        kept = entry;
      } else {
        arena.setWord(entry, NEXT, moved);
        moved = entry;
      }
      entry = next;
    }
    arena.setWord(chunk, bucket & (CHUNK - 1), kept);
    arena.setWord(this.#chunk(header, added), added & (CHUNK - 1), moved);
  }

  /** Moves what is in the last bucket into the one that it came from, and drops it. */
  #merge(header: Address): void {
    const arena = this.#arena;
    const last = arena.word(header, BUCKETS) - 1;
    const into = last - (1 << (31 - Math.clz32(last)));
    let entry = arena.word(this.#chunk(header, last), last & (CHUNK - 1));
    while (entry !== 0) {
      const next = arena.word(entry, NEXT);
      this.#push(header, into, entry);
      entry = next;
    }
    this.#dropBucket(header, last);
  }

  /** Makes room for a bucket after the last. Changes nothing if there is no memory. */
  #addBucket(header: Address, bucket: number): void {
    const arena = this.#arena;
    const table = arena.word(header, TABLE);
    if (bucket < CHUNK) {
      if (bucket * 4 >= arena.capacity(table)) {
        arena.setWord(header, TABLE, arena.resize(table, bucket * 4, bucket * 8));
      }
    } else if (bucket === CHUNK) {
      const chunk = arena.allocate(CHUNK * 4);
      let directory: Address;
      try {
        directory = arena.allocate(HEADER_SIZE);
      } catch (error) {
        arena.free(chunk);
        throw error;
      }
      arena.setWord(directory, 0, table);
      arena.setWord(directory, 1, chunk);
      arena.setWord(header, TABLE, directory);
    } else if ((bucket & (CHUNK - 1)) === 0) {
      const index = bucket >>> CHUNK_SHIFT;
      const directory = index * 4 < arena.capacity(table)
        ? table
        : arena.resize(table, index * 4, index * 8);
      arena.setWord(header, TABLE, directory);
      arena.setWord(directory, index, arena.allocate(CHUNK * 4));
    }
    arena.setWord(header, BUCKETS, bucket + 1);
  }

  /** Gives back what an empty last bucket takes. */
  #dropBucket(header: Address, bucket: number): void {
    const arena = this.#arena;
    const table = arena.word(header, TABLE);
    if (bucket === CHUNK) {
      arena.free(arena.word(table, 1));
      arena.setWord(header, TABLE, arena.word(table, 0));
      arena.free(table);
    } else if (bucket > CHUNK) {
      if ((bucket & (CHUNK - 1)) === 0) arena.free(arena.word(table, bucket >>> CHUNK_SHIFT));
    } else if (bucket >= MIN_BUCKETS && bucket * 16 <= arena.capacity(table)) {
      arena.setWord(header, TABLE, arena.resize(table, bucket * 4, bucket * 8));
    }
    arena.setWord(header, BUCKETS, bucket);
  }
}
