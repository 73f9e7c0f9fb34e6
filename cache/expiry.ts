/**
 * The deadlines of keys, in order: when a key expires, and which is the next to.
 *
 * They are a binary heap, in chunks of the arena, so that it grows and shrinks without being copied. Each
 * entry of the table knows its place in the heap, so that a new deadline moves it there.
 *
 *     cell       TIME (float64) | ENTRY | TURN
 *
 * @module
 */

import { type Address, type Arena, floatOf, segmentOf, wordOf } from "./store/arena.ts";

/** Words of a cell. Its first two are the time. */
const ENTRY = 2;
/**
 * Counts the deadlines that were set: of those at the same time the one that was set first comes first.
 * Of a time beyond 2^53, which a float64 may not hold, it is instead what the float64 lacks.
 */
const TURN = 3;
const CELL_WORDS = 4;
const CELL_SIZE = 16;

const CHUNK_SHIFT = 12;
/** The cells in one chunk. The first one begins smaller. */
const CHUNK = 1 << CHUNK_SHIFT;
const MIN_CELLS = 4;

/** When the entries of one table expire. It is empty for as long as none does, and takes no memory then. */
export class Deadlines {
  readonly #arena: Arena;
  readonly #placeWord: number;
  /** The chunks of cells. The cell at place 0 is never used. */
  readonly #chunks: Address[] = [];
  /** How many cells there are in them. */
  #capacity = 0;
  #size = 0;
  #turn = 0;

  /**
   * @param placeWord The word of an entry in which its place is kept; it is 0 as long as it has no
   * deadline, which the caller sees to in a new entry.
   */
  constructor(arena: Arena, placeWord: number) {
    this.#arena = arena;
    this.#placeWord = placeWord;
  }

  /** How many entries have a deadline. */
  get size(): number {
    return this.#size;
  }

  /** How many bytes the deadlines take. */
  get memory(): number {
    return this.#capacity * CELL_SIZE;
  }

  /** The deadline of an entry that has one, in milliseconds since 1970. */
  deadline(entry: Address): number {
    return this.#time(this.#arena.word(entry, this.#placeWord));
  }

  /** The same to the last of its 64 bits. */
  exactDeadline(entry: Address): bigint {
    const place = this.#arena.word(entry, this.#placeWord);
    const float = this.#time(place);
    const lacks = Math.abs(float) > Number.MAX_SAFE_INTEGER ? this.#word(place, TURN) : 0;
    return BigInt(float) + BigInt(lacks);
  }

  /** The entry whose deadline is the next, of several the one that got it first; 0 if there is none. */
  first(): Address {
    return this.#size === 0 ? 0 : this.#word(1, ENTRY);
  }

  /**
   * Any of the entries that have a deadline, each with the same probability; 0 if there is none.
   *
   * @param random Returns numbers from 0 to below 1.
   */
  random(random: () => number): Address {
    return this.#size === 0 ? 0 : this.at(1 + Math.floor(random() * this.#size));
  }

  /** The entry at a place from 1 to {@linkcode size}, in no order. */
  at(place: number): Address {
    return this.#word(place, ENTRY);
  }

  /**
   * Gives an entry a deadline, in place of the one it had.
   *
   * @param time Any number; those of 64 bits are kept exactly.
   * @throws {ArenaFullError} If there is no memory. Nothing has changed then.
   */
  set(entry: Address, time: number | bigint): void {
    let place = this.#arena.word(entry, this.#placeWord);
    if (place === 0) {
      if (this.#size + 1 >= this.#capacity) this.#grow();
      place = ++this.#size;
    }
    const float = Number(time);
    const turn = Math.abs(float) > Number.MAX_SAFE_INTEGER
      ? Number(BigInt(time) - BigInt(float))
      : this.#turn = (this.#turn + 1) | 0;
    this.#settle(place, float, entry, turn);
  }

  /** Takes an entry's deadline back, if it has one. */
  remove(entry: Address): void {
    const place = this.#arena.word(entry, this.#placeWord);
    if (place === 0) return;
    this.#arena.setWord(entry, this.#placeWord, 0);
    const last = this.#size--;
    if (place !== last) {
      this.#settle(place, this.#time(last), this.#word(last, ENTRY), this.#word(last, TURN));
    }
    this.#shrink();
  }

  /** Forgets all deadlines; the entries are given up with their places. */
  clear(): void {
    for (const chunk of this.#chunks) this.#arena.free(chunk);
    this.#chunks.length = this.#capacity = this.#size = 0;
  }

  /** Puts a deadline at a place, or above or below it, wherever it belongs. */
  #settle(place: number, time: number, entry: Address, turn: number): void {
    for (let parent; (parent = place >>> 1) > 0; place = parent) {
      if (!this.#isAfter(parent, time, turn)) break;
      this.#move(parent, place);
    }
    for (let child; (child = 2 * place) <= this.#size; place = child) {
      if (
        child < this.#size &&
        this.#isAfter(child, this.#time(child + 1), this.#word(child + 1, TURN))
      ) {
        child++;
      }
      if (this.#isAfter(child, time, turn)) break;
      this.#move(child, place);
    }
    this.#write(place, time, entry, turn);
  }

  /** Whether what is at a place comes after a deadline. */
  #isAfter(place: number, time: number, turn: number): boolean {
    const difference = this.#time(place) - time;
    // The count of turns may have begun anew between the two.
    return difference > 0 || (difference === 0 && ((this.#word(place, TURN) - turn) | 0) > 0);
  }

  #move(from: number, to: number): void {
    this.#write(to, this.#time(from), this.#word(from, ENTRY), this.#word(from, TURN));
  }

  #time(place: number): number {
    return this.#arena.float(this.#chunk(place), (place & (CHUNK - 1)) * 2);
  }

  #word(place: number, word: number): number {
    return this.#arena.word(this.#chunk(place), (place & (CHUNK - 1)) * CELL_WORDS + word);
  }

  #write(place: number, time: number, entry: Address, turn: number): void {
    const arena = this.#arena;
    const chunk = this.#chunk(place);
    const segment = segmentOf(chunk);
    const cell = place & (CHUNK - 1);
    const at = wordOf(chunk) + cell * CELL_WORDS;
    const words = arena.words[segment]!;
    arena.floats[segment]![floatOf(chunk) + cell * 2] = time;
    words[at + ENTRY] = entry;
    words[at + TURN] = turn;
    arena.setWord(entry, this.#placeWord, place);
  }

  #chunk(place: number): Address {
    return this.#chunks[place >>> CHUNK_SHIFT]!;
  }

  #grow(): void {
    const arena = this.#arena;
    const [first] = this.#chunks;
    if (first === undefined) {
      this.#chunks.push(arena.allocate(MIN_CELLS * CELL_SIZE));
      this.#capacity = MIN_CELLS;
    } else if (this.#capacity < CHUNK) {
      const size = this.#capacity * CELL_SIZE;
      this.#chunks[0] = arena.resize(first, size, 2 * size);
      this.#capacity *= 2;
    } else {
      this.#chunks.push(arena.allocate(CHUNK * CELL_SIZE));
      this.#capacity += CHUNK;
    }
  }

  /** Gives back what the last chunk takes, or half of the only one, where there is room in plenty. */
  #shrink(): void {
    const arena = this.#arena;
    const [first] = this.#chunks;
    if (this.#size === 0) {
      this.clear();
    } else if (this.#capacity > CHUNK) {
      if (this.#size > this.#capacity - CHUNK - CHUNK / 2) return;
      arena.free(this.#chunks.pop() ?? 0);
      this.#capacity -= CHUNK;
    } else if (
      first !== undefined && this.#capacity > MIN_CELLS && this.#size < this.#capacity / 4
    ) {
      const size = this.#capacity / 2 * CELL_SIZE;
      this.#chunks[0] = arena.resize(first, size, size);
      this.#capacity /= 2;
    }
  }
}
