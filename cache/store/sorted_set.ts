/**
 * Sorted sets: members with scores, in the order of the scores and, where they are equal, of the
 * members' bytes. A few short members are a pack, all else is a tree.
 *
 * @module
 */

import type { Arena } from "./arena.ts";
import { Collection, PACK, TABLE } from "./collection.ts";
import type { HashKey } from "./hash.ts";
import type { Slice } from "./slice.ts";
import { SortedPacks } from "./sorted_pack.ts";
import { SortedTrees } from "./sorted_tree.ts";

/** What may be a pack; read at each use. */
export interface SortedSetLimits {
  /** The most members (`zset-max-listpack-entries`). */
  readonly sortedSetMaxPackEntries: number;
  /** The longest member, in bytes (`zset-max-listpack-value`). */
  readonly sortedSetMaxPackValue: number;
}

/** A place in the order of scores: before those that are equal to one, or after them. */
export interface ScorePlace {
  readonly score: number;
  readonly after: boolean;
}

/** A place in the order of members: before or after one, or before or after all. */
export interface MemberPlace {
  /** `null` for all. */
  readonly member: Slice | null;
  readonly after: boolean;
}

/** The ranks from `start` to below `end`. */
export interface RankRange {
  readonly start: number;
  readonly end: number;
}

function isBefore(member: Slice, place: MemberPlace): boolean {
  if (place.member === null) return place.after;
  const order = member.compare(place.member);
  return order < 0 || (order === 0 && place.after);
}

/**
 * All sorted sets of an arena. Members are handled by references that hold until the set changes; 0 is
 * none. Slices of members hold until the store changes.
 */
export class SortedSets {
  readonly #limits: SortedSetLimits;
  readonly #packs: SortedPacks;
  readonly #trees: SortedTrees;

  constructor(arena: Arena, hashKey: HashKey, limits: SortedSetLimits) {
    this.#limits = limits;
    this.#packs = new SortedPacks(arena);
    this.#trees = new SortedTrees(arena, hashKey);
  }

  /**
   * Makes an empty set.
   *
   * @param length The length of its first member.
   * @param count How many members it is to have soon, if that is known.
   */
  create(length: number, count = 1): Collection {
    const { sortedSetMaxPackEntries, sortedSetMaxPackValue } = this.#limits;
    return count <= sortedSetMaxPackEntries && length <= sortedSetMaxPackValue
      ? new Collection(this.#packs.create(), PACK)
      : new Collection(this.#trees.create(), TABLE);
  }

  /** Makes a set of the same members and scores, stored in the same way. */
  clone({ root, storage }: Collection): Collection {
    const store = storage === PACK ? this.#packs : this.#trees;
    return new Collection(store.clone(root), storage);
  }

  /** How many members it has. */
  size({ root, storage }: Collection): number {
    return storage === PACK ? this.#packs.size(root) : this.#trees.size(root);
  }

  /** Finds a member. */
  find({ root, storage }: Collection, member: Slice): number {
    return storage === PACK ? this.#packs.find(root, member) : this.#trees.find(root, member);
  }

  score({ root, storage }: Collection, found: number): number {
    return storage === PACK ? this.#packs.score(root, found) : this.#trees.score(found);
  }

  member({ root, storage }: Collection, found: number): Slice {
    return storage === PACK ? this.#packs.member(root, found) : this.#trees.member(found);
  }

  /**
   * Adds a member that is not in the set.
   *
   * @param score Not NaN.
   * @throws {ArenaFullError} If there is no memory. The members are the same then.
   */
  add(set: Collection, member: Slice, score: number): void {
    if (set.storage === PACK) {
      const { sortedSetMaxPackEntries, sortedSetMaxPackValue } = this.#limits;
      if (
        this.#packs.size(set.root) < sortedSetMaxPackEntries &&
        member.length <= sortedSetMaxPackValue
      ) {
        set.root = this.#packs.add(set.root, member, score);
        return;
      }
      this.makeTree(set);
    }
    this.#trees.add(set.root, member, score);
  }

  /**
   * Gives a member that was found another score.
   *
   * @param score Neither NaN nor equal to the score that it has.
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  setScore(set: Collection, found: number, score: number): void {
    if (set.storage === PACK) set.root = this.#packs.setScore(set.root, found, score);
    else this.#trees.setScore(set.root, found, score);
  }

  /**
   * Removes a member.
   *
   * @returns Whether it was there.
   */
  remove(set: Collection, member: Slice): boolean {
    const found = this.find(set, member);
    if (found === 0) return false;
    if (set.storage === PACK) set.root = this.#packs.remove(set.root, found);
    else this.#trees.remove(set.root, found);
    return true;
  }

  /** Removes the members of a range. */
  removeRange(set: Collection, { start, end }: RankRange): void {
    if (set.storage === PACK) set.root = this.#packs.removeRange(set.root, start, end);
    else this.#trees.removeRange(set.root, start, end);
  }

  /** How many members come before one that was found. */
  rank({ root, storage }: Collection, found: number): number {
    return storage === PACK ? this.#packs.rank(root, found) : this.#trees.rank(root, found);
  }

  /** The member of a rank, which must be below the size. */
  at({ root, storage }: Collection, rank: number): number {
    return storage === PACK ? this.#packs.at(root, rank) : this.#trees.at(root, rank);
  }

  /** The ranks of the members between two scores. */
  rangeOfScores({ root, storage }: Collection, min: ScorePlace, max: ScorePlace): RankRange {
    const store = storage === PACK ? this.#packs : this.#trees;
    return {
      start: store.rankOfScore(root, min.score, min.after),
      end: store.rankOfScore(root, max.score, max.after),
    };
  }

  /**
   * The ranks of the members between two others, where all have the same score. Where they have not,
   * that of a pack begins at the first member that is not before `min`, as in Redis.
   *
   * @param backwards Whether to begin with the last that is before `max` instead.
   */
  rangeOfMembers(
    set: Collection,
    min: MemberPlace,
    max: MemberPlace,
    backwards = false,
  ): RankRange {
    const size = this.size(set);
    if (set.storage !== PACK) {
      const [start = 0, end = 0] = [min, max].map(({ member, after }) =>
        member === null ? (after ? size : 0) : this.#trees.rankOfMember(set.root, member, after)
      );
      return { start, end };
    }
    const members: Slice[] = [];
    this.walk(set, 0, size, (member) => void members.push(member));
    const [first, last] = [members[0], members.at(-1)];
    if (first === undefined || last === undefined || isBefore(last, min) || !isBefore(first, max)) {
      return { start: 0, end: 0 };
    }
    if (backwards) {
      const end = members.findLastIndex((member) => isBefore(member, max)) + 1;
      const start = members.slice(0, end).findLastIndex((member) => isBefore(member, min)) + 1;
      return { start, end };
    }
    const start = members.findIndex((member) => !isBefore(member, min));
    const stop = members.findIndex((member, i) => i >= start && !isBefore(member, max));
    return { start, end: stop < 0 ? size : stop };
  }

  /**
   * Calls `visit` for the members of the ranks from `start` to below `end`. It must not change the set.
   */
  walk(
    { root, storage }: Collection,
    start: number,
    end: number,
    visit: (member: Slice, score: number) => void,
  ): void {
    if (storage === PACK) return this.#packs.walk(root, start, end, visit);
    const trees = this.#trees;
    trees.walk(root, start, end, (entry) => visit(trees.member(entry), trees.score(entry)));
  }

  /** As {@linkcode SortedSets.walk}, from the last rank to the first. */
  walkBack(
    { root, storage }: Collection,
    start: number,
    end: number,
    visit: (member: Slice, score: number) => void,
  ): void {
    if (storage === PACK) return this.#packs.walkBack(root, start, end, visit);
    const trees = this.#trees;
    trees.walkBack(root, start, end, (entry) => visit(trees.member(entry), trees.score(entry)));
  }

  /**
   * One step of an iteration in no order, as {@linkcode Dict.scan} does it. Of a pack it visits all in
   * one step.
   */
  scan(set: Collection, cursor: number, visit: (member: Slice, score: number) => void): number {
    if (set.storage === PACK) {
      this.walk(set, 0, this.size(set), visit);
      return 0;
    }
    const trees = this.#trees;
    return trees.scan(
      set.root,
      cursor,
      (entry) => visit(trees.member(entry), trees.score(entry)),
    );
  }

  /**
   * Makes a set of what others have, as a tree.
   *
   * @param collect Is given a function that takes a member and its score.
   * @param combine Makes one score of two, where a member comes again.
   * @throws {ArenaFullError} If there is no memory.
   */
  gather(
    collect: (add: (member: Slice, score: number) => void) => void,
    combine: (a: number, b: number) => number,
  ): Collection {
    const trees = this.#trees;
    const set = new Collection(trees.create(), TABLE);
    try {
      collect((member, score) => {
        const entry = trees.find(set.root, member);
        if (entry === 0) trees.collect(set.root, member, score);
        else trees.correct(entry, combine(trees.score(entry), score));
      });
      trees.order(set.root);
    } catch (error) {
      this.destroy(set);
      throw error;
    }
    return set;
  }

  /**
   * Makes a tree a pack, if its members are few and short enough.
   *
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  compact(set: Collection): void {
    const size = this.size(set);
    if (set.storage === PACK || size > this.#limits.sortedSetMaxPackEntries) return;
    let longest = 0;
    this.walk(set, 0, size, (member) => longest = Math.max(longest, member.length));
    if (longest > this.#limits.sortedSetMaxPackValue) return;
    let pack = this.#packs.create();
    try {
      this.walk(set, 0, size, (member, score) => pack = this.#packs.append(pack, member, score));
    } catch (error) {
      this.#packs.destroy(pack);
      throw error;
    }
    this.destroy(set);
    set.root = pack;
    set.storage = PACK;
  }

  /** How many bytes it takes in the arena. */
  memory({ root, storage }: Collection): number {
    return storage === PACK ? this.#packs.memory(root) : this.#trees.memory(root);
  }

  /**
   * Gives a set back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit How much to do at the most, as {@linkcode SortedTrees.clear} counts. Default: all.
   * @returns 0 if it is gone.
   */
  destroy({ root, storage }: Collection, limit = Infinity): number {
    if (storage !== PACK) return this.#trees.clear(root, limit);
    this.#packs.destroy(root);
    return 0;
  }

  /**
   * Stores a set as a tree, if it is not.
   *
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  makeTree(set: Collection): void {
    if (set.storage === TABLE) return;
    const tree = this.#trees.create();
    try {
      this.walk(set, 0, this.size(set), (member, score) => {
        this.#trees.add(tree, member, score);
      });
    } catch (error) {
      this.#trees.destroy(tree);
      throw error;
    }
    this.destroy(set);
    set.root = tree;
    set.storage = TABLE;
  }
}
