/**
 * What hashes and sets have in common: they are stored in one of several ways, and move from one to
 * another as they grow.
 *
 * @module
 */

import type { Address } from "./arena.ts";

/** A hash table, by the address of its header. */
export const TABLE = 0;
/** A pack, by the address of its block. */
export const PACK = 1;
/** An integer set, by the address of its block. */
export const INTEGERS = 2;
/** The ways to store a collection. */
export type Storage = 0 | 1 | 2;

/**
 * A hash or a set while it is worked on: what its methods change is where it is and how it is stored.
 * Whoever refers to it must take note of both afterwards.
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
