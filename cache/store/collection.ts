/**
 * What hashes, sets and sorted sets have in common: they are stored in one of several ways, and move from
 * one to another as they grow.
 *
 * @module
 */

import type { Address } from "./arena.ts";
import type { Dict } from "./dict.ts";

/** A hash table, or the tree of a sorted set, by the address of its header. */
export const TABLE = 0;
/** A pack, by the address of its block. */
export const PACK = 1;
/** An integer set, by the address of its block. */
export const INTEGERS = 2;
/** The ways to store a collection. */
export type Storage = 0 | 1 | 2;

/**
 * A hash, a set or a sorted set while it is worked on: what its methods change is where it is and how it is
 * stored. Whoever refers to it must take note of both afterwards.
 */
export class Collection {
  /** Where it is. */
  root: Address;
  /** How it is stored. */
  storage: Storage;

  constructor(root: Address, storage: Storage) {
    this.root = root;
    this.storage = storage;
  }
}

/** From a table that is so many times larger than a sample, entries are drawn one by one, as in Redis. */
const DRAW_FACTOR = 3;

/**
 * Decides for one thing after the other whether it is in a sample, each sample being equally likely
 * (D. Knuth's algorithm S).
 *
 * @param size How many things there are.
 * @param count How many of them the sample has.
 * @param random Returns numbers from 0 to below 1.
 */
export function sampler(size: number, count: number, random: () => number): () => boolean {
  return () => {
    if (random() * size-- >= count) return false;
    count--;
    return true;
  };
}

/** Visits some different entries of a table, as likely as {@linkcode Dict.random} has it. */
export function sampleTable(
  table: Dict,
  root: Address,
  count: number,
  random: () => number,
  visit: (entry: Address) => void,
): void {
  const size = table.size(root);
  if (count * DRAW_FACTOR <= size) {
    const drawn = new Set<Address>();
    while (drawn.size < count) {
      const entry = table.random(root, random);
      if (drawn.has(entry)) continue;
      drawn.add(entry);
      visit(entry);
    }
  } else {
    const selects = sampler(size, count, random);
    table.walk(root, (entry) => {
      if (selects()) visit(entry);
    });
  }
}
