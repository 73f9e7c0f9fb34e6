/**
 * Hashes: fields with values, both byte strings. A few short ones are a pack, in which each value stands
 * after its field; all else is a hash table.
 *
 * @module
 */

import type { Address, Arena } from "./arena.ts";
import { Collection, PACK, sampler, sampleTable, TABLE } from "./collection.ts";
import { Dict } from "./dict.ts";
import type { HashKey } from "./hash.ts";
import { elementSize, END, Packs } from "./pack.ts";
import type { Slice } from "./slice.ts";
import { VALUE_LENGTH, Values } from "./values.ts";

/** Where a field begins in its entry: after what {@linkcode Values} keeps there. */
const FIELD_OFFSET = (VALUE_LENGTH + 1) * 4;

/** The most bytes in a pack (Redis' `LISTPACK_MAX_SAFETY_LIMIT`). */
const MAX_PACK_SIZE = 2 ** 30;

/** What may be a pack; read at each use. */
export interface HashLimits {
  /** The most fields (`hash-max-listpack-entries`). */
  readonly hashMaxPackEntries: number;
  /** The longest field and value, in bytes (`hash-max-listpack-value`). */
  readonly hashMaxPackValue: number;
}

/** All hashes of an arena. */
export class Hashes {
  readonly #limits: HashLimits;
  readonly #packs: Packs;
  readonly #table: Dict;
  readonly #values: Values;

  constructor(arena: Arena, hashKey: HashKey, limits: HashLimits) {
    this.#limits = limits;
    this.#packs = new Packs(arena);
    this.#table = new Dict(arena, FIELD_OFFSET, hashKey);
    this.#values = new Values(arena);
  }

  /** Makes an empty hash. */
  create(): Collection {
    return new Collection(this.#packs.create(), PACK);
  }

  /** Makes a hash of the same fields and values, stored in the same way. */
  clone(hash: Collection): Collection {
    if (hash.storage === PACK) return new Collection(this.#packs.clone(hash.root), PACK);
    return this.#tableOf(hash);
  }

  /** How many fields it has. */
  size({ root, storage }: Collection): number {
    return storage === PACK ? this.#packs.count(root) / 2 : this.#table.size(root);
  }

  /** The value of a field. It holds until the store changes. */
  get({ root, storage }: Collection, field: Slice): Slice | undefined {
    if (storage === PACK) {
      const packs = this.#packs;
      const at = packs.find(root, field, undefined, 2);
      return at === END ? undefined : packs.element(root, packs.next(root, at));
    }
    const entry = this.#table.find(root, field);
    return entry === 0 ? undefined : this.#values.get(entry);
  }

  /**
   * Sets a field. Neither the field nor the value may lie in the hash.
   *
   * @returns Whether the field is new.
   * @throws {ArenaFullError} If there is no memory. The hash is as it was then.
   */
  set(hash: Collection, field: Slice, value: Slice): boolean {
    if (hash.storage === PACK) {
      const packs = this.#packs;
      const at = packs.find(hash.root, field, undefined, 2);
      if (this.#fits(hash.root, field, value, at === END)) {
        hash.root = at === END
          ? packs.append(hash.root, field, value)
          : packs.replace(hash.root, packs.next(hash.root, at), value);
        return at === END;
      }
      this.#convert(hash);
    }
    const table = this.#table;
    const fieldHash = table.hash(field);
    const entry = table.find(hash.root, field, fieldHash);
    if (entry !== 0) {
      this.#values.set(entry, value);
      return false;
    }
    this.#insert(hash, field, fieldHash, value);
    return true;
  }

  /**
   * Removes a field.
   *
   * @returns Whether it was there.
   */
  remove(hash: Collection, field: Slice): boolean {
    const { root, storage } = hash;
    if (storage === PACK) {
      const at = this.#packs.find(root, field, undefined, 2);
      if (at === END) return false;
      hash.root = this.#packs.remove(root, at, 2);
      return true;
    }
    const entry = this.#table.find(root, field);
    if (entry === 0) return false;
    this.#values.free(entry);
    this.#table.remove(root, entry);
    return true;
  }

  /**
   * Calls `visit` for each field; those of a pack in the order in which they were added. The hash must
   * not change meanwhile.
   */
  walk({ root, storage }: Collection, visit: (field: Slice, value: Slice) => void): void {
    if (storage === TABLE) {
      return this.#table.walk(root, (entry) => {
        visit(this.#table.key(entry), this.#values.get(entry));
      });
    }
    const packs = this.#packs;
    for (let at = packs.first(root); at !== END;) {
      const field = packs.element(root, at);
      at = packs.next(root, at);
      visit(field, packs.element(root, at));
      at = packs.next(root, at);
    }
  }

  /**
   * One step of an iteration as {@linkcode Dict.scan} does it. Of what is not a hash table it visits all
   * in one step.
   */
  scan(hash: Collection, cursor: number, visit: (field: Slice, value: Slice) => void): number {
    if (hash.storage === PACK) {
      this.walk(hash, visit);
      return 0;
    }
    const [table, values] = [this.#table, this.#values];
    return table.scan(hash.root, cursor, (entry) => visit(table.key(entry), values.get(entry)));
  }

  /**
   * Visits a field, each with the same probability but for what {@linkcode Dict.random} says. There must
   * be one.
   *
   * @param random Returns numbers from 0 to below 1.
   */
  random(
    hash: Collection,
    random: () => number,
    visit: (field: Slice, value: Slice) => void,
  ): void {
    const { root, storage } = hash;
    if (storage === TABLE) {
      const entry = this.#table.random(root, random);
      return visit(this.#table.key(entry), this.#values.get(entry));
    }
    const packs = this.#packs;
    const at = packs.seek(root, 2 * Math.floor(random() * this.size(hash)));
    visit(packs.element(root, at), packs.element(root, packs.next(root, at)));
  }

  /**
   * Visits some different fields, each with the same probability, in no particular order.
   *
   * @param count How many, at most all.
   * @param random Returns numbers from 0 to below 1.
   */
  sample(
    hash: Collection,
    count: number,
    random: () => number,
    visit: (field: Slice, value: Slice) => void,
  ): void {
    if (hash.storage === TABLE) {
      const [table, values] = [this.#table, this.#values];
      return sampleTable(table, hash.root, count, random, (entry) => {
        visit(table.key(entry), values.get(entry));
      });
    }
    const selects = sampler(this.size(hash), count, random);
    this.walk(hash, (field, value) => {
      if (selects()) visit(field, value);
    });
  }

  /**
   * How many bytes it takes in the arena.
   *
   * @param samples How many entries of a hash table to look at; the others are taken to be like them.
   */
  memory({ root, storage }: Collection, samples = Infinity): number {
    if (storage === PACK) return this.#packs.memory(root);
    const [table, values] = [this.#table, this.#values];
    let sum = 0;
    let seen = 0;
    table.walk(root, (entry) => {
      sum += table.entrySize(entry) + values.memory(entry);
      return ++seen >= samples;
    });
    return table.tableSize(root) + Math.round(sum / Math.max(seen, 1) * table.size(root));
  }

  /**
   * Gives a hash back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit How much to do at the most, as {@linkcode Dict.clear} counts. Default: all.
   * @returns How much is left.
   */
  destroy({ root, storage }: Collection, limit = Infinity): number {
    if (storage === TABLE) {
      return this.#table.clear(root, limit, (entry) => this.#values.free(entry));
    }
    this.#packs.destroy(root);
    return 0;
  }

  /** Whether a pack may still be one when a field is set. */
  #fits(pack: Address, field: Slice, value: Slice, isNew: boolean): boolean {
    const { hashMaxPackEntries, hashMaxPackValue } = this.#limits;
    const packs = this.#packs;
    return field.length <= hashMaxPackValue && value.length <= hashMaxPackValue &&
      packs.count(pack) / 2 + (isNew ? 1 : 0) <= hashMaxPackEntries &&
      packs.size(pack) + elementSize(field.length) + elementSize(value.length) <= MAX_PACK_SIZE;
  }

  #insert(hash: Collection, field: Slice, fieldHash: number, value: Slice): void {
    const table = this.#table;
    const entry = table.insert(hash.root, field, fieldHash);
    try {
      this.#values.init(entry, value);
    } catch (error) {
      table.remove(hash.root, entry);
      throw error;
    }
  }

  #tableOf(hash: Collection): Collection {
    const table = this.#table;
    const copy = new Collection(table.create(), TABLE);
    try {
      this.walk(hash, (field, value) => this.#insert(copy, field, table.hash(field), value));
    } catch (error) {
      this.destroy(copy);
      throw error;
    }
    return copy;
  }

  #convert(hash: Collection): void {
    const { root } = this.#tableOf(hash);
    this.destroy(hash);
    hash.root = root;
    hash.storage = TABLE;
  }
}
