/**
 * Deadlines of keys, in order. (Binary heap; each entry knows its place.)
 *
 * @module
 */

import type { Address, Arena } from "./store/arena.ts";

export class Deadlines {
  readonly #arena: Arena;
  readonly #place: number;
  readonly #entries: number[] = [0];
  readonly #times: number[] = [-Infinity];

  constructor(arena: Arena, placeWord = 7) {
    this.#arena = arena;
    this.#place = placeWord;
  }

  get size(): number {
    return this.#entries.length - 1;
  }

  deadline(entry: Address): number {
    return this.#times[this.#arena.word(entry, this.#place)]!;
  }

  first(): Address {
    return this.#entries[1] ?? 0;
  }

  set(entry: Address, deadline: number): void {
    let place = this.#arena.word(entry, this.#place);
    if (place === 0) place = this.#entries.length;
    this.#put(place, entry, deadline);
    this.#up(place);
    this.#down(this.#arena.word(entry, this.#place));
  }

  remove(entry: Address): void {
    const place = this.#arena.word(entry, this.#place);
    if (place === 0) return;
    this.#arena.setWord(entry, this.#place, 0);
    const last = this.#entries.pop()!;
    const time = this.#times.pop()!;
    if (last === entry) return;
    this.#put(place, last, time);
    this.#up(place);
    this.#down(this.#arena.word(last, this.#place));
  }

  clear(): void {
    this.#entries.length = this.#times.length = 1;
  }

  #put(place: number, entry: Address, time: number): void {
    this.#entries[place] = entry;
    this.#times[place] = time;
    this.#arena.setWord(entry, this.#place, place);
  }

  #up(place: number): void {
    const [entry, time] = [this.#entries[place]!, this.#times[place]!];
    for (let parent; (parent = place >>> 1) > 0 && this.#times[parent]! > time; place = parent) {
      this.#put(place, this.#entries[parent]!, this.#times[parent]!);
    }
    this.#put(place, entry, time);
  }

  #down(place: number): void {
    const [entry, time] = [this.#entries[place]!, this.#times[place]!];
    for (let child; (child = 2 * place) < this.#entries.length; place = child) {
      if (child + 1 < this.#entries.length && this.#times[child + 1]! < this.#times[child]!) {
        child++;
      }
      if (this.#times[child]! >= time) break;
      this.#put(place, this.#entries[child]!, this.#times[child]!);
    }
    this.#put(place, entry, time);
  }
}
