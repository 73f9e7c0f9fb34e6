/**
 * Sets of byte strings. Integers alone are an integer set, a few short strings a pack, all else a hash
 * table.
 *
 * @module
 */

import type { Address, Arena } from "./arena.ts";
import { Collection, INTEGERS, PACK, sampler, sampleTable, TABLE } from "./collection.ts";
import { Dict, ENTRY_WORDS } from "./dict.ts";
import type { HashKey } from "./hash.ts";
import { Int64 } from "./int64.ts";
import { IntSets } from "./intset.ts";
import { END, Packs } from "./pack.ts";
import type { Slice } from "./slice.ts";

/** The most members of a pack, and the longest, in bytes: a search is to cost no more than a hash. */
const MAX_PACKED = 64;
const MAX_PACKED_LENGTH = 64;

/** Redis' bound of an integer set, whatever its setting says. */
const MAX_INTEGERS = 2 ** 30;

/** What may be an integer set; read at each use. */
export interface SetLimits {
  /** The most members (`set-max-intset-entries`). */
  readonly setMaxIntsetEntries: number;
}

/** All sets of an arena. */
export class Sets {
  readonly #limits: SetLimits;
  readonly #integers: IntSets;
  readonly #packs: Packs;
  readonly #table: Dict;
  readonly #integer = new Int64();

  constructor(arena: Arena, hashKey: HashKey, limits: SetLimits) {
    this.#limits = limits;
    this.#integers = new IntSets(arena);
    this.#packs = new Packs(arena);
    this.#table = new Dict(arena, ENTRY_WORDS * 4, hashKey);
  }

  /** Makes an empty set that suits its first member. Default: an integer. */
  create(first?: Slice): Collection {
    return first === undefined || this.#integer.parse(first)
      ? new Collection(this.#integers.create(), INTEGERS)
      : new Collection(this.#packs.create(), PACK);
  }

  /** Makes a set of the same members, stored in the same way. */
  clone({ root, storage }: Collection): Collection {
    if (storage === INTEGERS) return new Collection(this.#integers.clone(root), storage);
    if (storage === PACK) return new Collection(this.#packs.clone(root), storage);
    return this.#copyTo(new Collection(this.#table.create(), TABLE), { root, storage });
  }

  /** How many members it has. */
  size({ root, storage }: Collection): number {
    if (storage === TABLE) return this.#table.size(root);
    return storage === PACK ? this.#packs.count(root) : this.#integers.count(root);
  }

  has({ root, storage }: Collection, member: Slice): boolean {
    if (storage === TABLE) return this.#table.find(root, member) !== 0;
    if (storage === PACK) return this.#packs.find(root, member) !== END;
    return this.#integer.parse(member) && this.#integers.contains(root, this.#integer);
  }

  /**
   * Adds a member, which must not lie in the set.
   *
   * @returns Whether it is new.
   * @throws {ArenaFullError} If there is no memory. The members are the same then.
   */
  add(set: Collection, member: Slice): boolean {
    if (set.storage === INTEGERS) {
      if (this.#integer.parse(member)) {
        const [integers, integer] = [this.#integers, this.#integer];
        const count = integers.count(set.root);
        if (count < Math.min(this.#limits.setMaxIntsetEntries, MAX_INTEGERS)) {
          set.root = integers.add(set.root, integer);
          return integers.count(set.root) > count;
        }
        if (integers.contains(set.root, integer)) return false;
      }
      this.#convert(set, member.length);
    }
    if (set.storage === PACK) {
      const packs = this.#packs;
      if (packs.find(set.root, member) !== END) return false;
      if (packs.count(set.root) < MAX_PACKED && member.length <= MAX_PACKED_LENGTH) {
        set.root = packs.append(set.root, member);
        return true;
      }
      this.#convert(set, member.length);
    }
    const table = this.#table;
    const hash = table.hash(member);
    if (table.find(set.root, member, hash) !== 0) return false;
    table.insert(set.root, member, hash);
    return true;
  }

  /**
   * Removes a member.
   *
   * @returns Whether it was there.
   */
  remove(set: Collection, member: Slice): boolean {
    const { root, storage } = set;
    if (storage === TABLE) {
      const entry = this.#table.find(root, member);
      if (entry === 0) return false;
      this.#table.remove(root, entry);
      return true;
    }
    if (storage === PACK) {
      const offset = this.#packs.find(root, member);
      if (offset === END) return false;
      set.root = this.#packs.remove(root, offset);
      return true;
    }
    if (!this.#integer.parse(member)) return false;
    const count = this.#integers.count(root);
    set.root = this.#integers.remove(root, this.#integer);
    return this.#integers.count(set.root) < count;
  }

  /**
   * Calls `visit` for each member until it returns true; integers in ascending order. A member's bytes
   * hold until `visit` returns. The set must not change meanwhile.
   */
  walk({ root, storage }: Collection, visit: (member: Slice) => boolean | void): void {
    if (storage === TABLE) {
      const table = this.#table;
      table.walk(root, (entry) => visit(table.key(entry)));
    } else if (storage === PACK) {
      const packs = this.#packs;
      for (let at = packs.first(root); at !== END; at = packs.next(root, at)) {
        if (visit(packs.element(root, at))) return;
      }
    } else {
      const count = this.#integers.count(root);
      for (let i = 0; i < count; i++) if (visit(this.#integerAt(root, i))) return;
    }
  }

  /** What an integer set holds: how wide its integers are, and all of them as bytes. */
  integers({ root }: Collection): { width: number; bytes: Slice } {
    return { width: this.#integers.width(root), bytes: this.#integers.integers(root) };
  }

  /**
   * One step of an iteration as {@linkcode Dict.scan} does it. Of what is not a hash table it visits all
   * in one step. The members' bytes hold until the set changes.
   */
  scan(set: Collection, cursor: number, visit: (member: Slice) => void): number {
    const table = this.#table;
    if (set.storage === TABLE) {
      return table.scan(set.root, cursor, (entry) => visit(table.key(entry)));
    }
    this.walk(set, (member) => visit(set.storage === INTEGERS ? member.copySlice() : member));
    return 0;
  }

  /**
   * A member, each with the same probability but for what {@linkcode Dict.random} says. There must be one.
   * Its bytes hold until the set changes or the next member is read.
   *
   * @param random Returns numbers from 0 to below 1.
   */
  random(set: Collection, random: () => number): Slice {
    const { root, storage } = set;
    if (storage === TABLE) return this.#table.key(this.#table.random(root, random));
    const index = Math.floor(random() * this.size(set));
    return storage === PACK
      ? this.#packs.element(root, this.#packs.seek(root, index))
      : this.#integerAt(root, index);
  }

  /**
   * Visits some different members, each with the same probability, in no particular order. A member's
   * bytes hold until `visit` returns.
   *
   * @param count How many, at most all.
   * @param random Returns numbers from 0 to below 1.
   */
  sample(
    set: Collection,
    count: number,
    random: () => number,
    visit: (member: Slice) => void,
  ): void {
    const table = this.#table;
    if (set.storage === TABLE) {
      return sampleTable(table, set.root, count, random, (entry) => visit(table.key(entry)));
    }
    const selects = sampler(this.size(set), count, random);
    this.walk(set, (member) => {
      if (selects()) visit(member);
    });
  }

  /**
   * How many bytes it takes in the arena.
   *
   * @param samples How many entries of a hash table to look at; the others are taken to be like them.
   */
  memory({ root, storage }: Collection, samples = Infinity): number {
    if (storage === PACK) return this.#packs.memory(root);
    if (storage === INTEGERS) return this.#integers.memory(root);
    const table = this.#table;
    let sum = 0;
    let seen = 0;
    table.walk(root, (entry) => {
      sum += table.entrySize(entry);
      return ++seen >= samples;
    });
    return table.tableSize(root) + Math.round(sum / Math.max(seen, 1) * table.size(root));
  }

  /**
   * Gives a set back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit How much to do at the most, as {@linkcode Dict.clear} counts. Default: all.
   * @returns How much is left.
   */
  destroy({ root, storage }: Collection, limit = Infinity): number {
    if (storage === TABLE) return this.#table.clear(root, limit, () => {});
    if (storage === PACK) this.#packs.destroy(root);
    else this.#integers.destroy(root);
    return 0;
  }

  #integerAt(root: Address, index: number): Slice {
    this.#integers.at(root, index, this.#integer);
    return this.#integer.text();
  }

  /** Makes an integer set or a pack what can hold any member, of which one of a length is to come. */
  #convert(set: Collection, length: number): void {
    const isPack = set.storage === INTEGERS && this.size(set) < MAX_PACKED &&
      length <= MAX_PACKED_LENGTH;
    const other = this.#copyTo(
      isPack
        ? new Collection(this.#packs.create(), PACK)
        : new Collection(this.#table.create(), TABLE),
      set,
    );
    this.destroy(set);
    set.root = other.root;
    set.storage = other.storage;
  }

  /** Adds all members to an empty pack or table, which goes if there is no memory. */
  #copyTo(to: Collection, { root, storage }: Collection): Collection {
    const add = (member: Slice): void => {
      if (to.storage === PACK) to.root = this.#packs.append(to.root, member);
      else this.#table.insert(to.root, member);
    };
    try {
      if (storage === INTEGERS) {
        // Not by `walk`: the member that is to come may be what it has read last.
        const integer = new Int64();
        const count = this.#integers.count(root);
        for (let i = 0; i < count; i++) {
          this.#integers.at(root, i, integer);
          add(integer.text());
        }
      } else {
        this.walk({ root, storage }, add);
      }
    } catch (error) {
      this.destroy(to);
      throw error;
    }
    return to;
  }
}
