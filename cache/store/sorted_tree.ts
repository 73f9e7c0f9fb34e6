/**
 * Sorted sets of any size: members by score, and by their bytes where scores are equal. Each member is an
 * entry of a {@linkcode Dict}; their order is a B+ tree that counts what is below each node, so that a
 * rank is found as fast as a member. All of it lies in the arena.
 *
 *     header     DICT | TREE | HEIGHT | UNITS
 *     entry      the dictionary's words | – | score (float64) | the member's bytes
 *     leaf       COUNT | CAPACITY | NEXT | PREVIOUS | scores | entries
 *     branch     COUNT | CAPACITY | – | – | scores | entries | children | sizes
 *
 * A record of a leaf is a score and an entry's address, in columns of CAPACITY each. A record of a branch
 * is a child with how many entries are below it, and the score and entry that are its first. Two
 * neighbours with the same parent hold more than three quarters of a node together, once something was
 * removed from either.
 *
 * @module
 */

import { type Address, type Arena, byteOf, floatOf, segmentOf, wordOf } from "./arena.ts";
import { Dict, ENTRY_WORDS } from "./dict.ts";
import type { HashKey } from "./hash.ts";
import { Slice } from "./slice.ts";

/** Words of the header. */
const DICT = 0;
const TREE = 1;
/** How many levels of branches are above the leaves. */
const HEIGHT = 2;
/** What nodes and entries take, in units of 16 bytes. */
const UNITS = 3;
const HEADER_SIZE = 16;

/** Where an entry's score is, as a float64, and its member, in bytes. */
const SCORE = (ENTRY_WORDS + 1) / 2;
const MEMBER = ENTRY_WORDS * 4 + 12;
const KEY_LENGTH = 2;

/** Words of every node. */
const COUNT = 0;
const CAPACITY = 1;
/** Words of a leaf: its neighbours in order, or 0. */
const NEXT = 2;
const PREVIOUS = 3;
/** Where a node's scores begin, as float64 and as words. */
const SCORES = 2;
const COLUMNS = 4;

/** The records of a leaf and of a branch: what fits 2 KiB. */
const LEAF = 167;
const BRANCH = 101;
/**
 * The records of the first leaf to begin with, for sets that are here because a member is long; twice as
 * many and one more each time that it is full, up to LEAF.
 */
const FIRST_LEAF = 20;
/** Branches are at least a third full on average: this is far above what 2^31 entries need. */
const MAX_HEIGHT = 16;

/** Where a branch's children and sizes begin, in words. */
const CHILDREN = COLUMNS + 3 * BRANCH;
const SIZES = COLUMNS + 4 * BRANCH;

const leafSize = (capacity: number): number => 16 + capacity * 12;
const BRANCH_SIZE = 16 + BRANCH * 20;

/** Where a node's entries begin, among the words of its segment. */
function firstEntry(words: Int32Array, node: Address): number {
  const at = wordOf(node);
  return at + COLUMNS + 2 * words[at + CAPACITY]!;
}

/** Sorted sets of an arena. Each is known by its header's address, which never changes. */
export class SortedTrees {
  readonly #arena: Arena;
  readonly #dict: Dict;
  /** The branches from the root to the leaf that was looked for last, and which record was taken. */
  readonly #path = new Int32Array(MAX_HEIGHT);
  readonly #places = new Int32Array(MAX_HEIGHT);
  /** The place in that leaf. */
  #index = 0;

  constructor(arena: Arena, hashKey: HashKey) {
    this.#arena = arena;
    this.#dict = new Dict(arena, MEMBER, hashKey);
  }

  /**
   * Makes an empty set.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  create(): Address {
    const arena = this.#arena;
    const header = arena.allocate(HEADER_SIZE);
    arena.setWord(header, UNITS, 0);
    let leaf: Address = 0;
    try {
      leaf = this.#newNode(header, leafSize(FIRST_LEAF), FIRST_LEAF);
      arena.setWord(header, DICT, this.#dict.create());
    } catch (error) {
      if (leaf !== 0) arena.free(leaf);
      arena.free(header);
      throw error;
    }
    this.#link(0, leaf);
    this.#link(leaf, 0);
    arena.setWord(header, TREE, leaf);
    arena.setWord(header, HEIGHT, 0);
    return header;
  }

  /**
   * Makes a set of the same members and scores.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  clone(header: Address): Address {
    const copy = this.create();
    try {
      this.walk(header, 0, this.size(header), (entry) => {
        this.add(copy, this.member(entry), this.score(entry));
      });
    } catch (error) {
      this.destroy(copy);
      throw error;
    }
    return copy;
  }

  /** How many members it has. */
  size(header: Address): number {
    return this.#dict.size(this.#arena.word(header, DICT));
  }

  /** The entry of a member, or 0. It is good until the member is removed. */
  find(header: Address, member: Slice): Address {
    return this.#dict.find(this.#arena.word(header, DICT), member);
  }

  /** An entry's score. */
  score(entry: Address): number {
    return this.#arena.float(entry, SCORE);
  }

  /** An entry's member. */
  member(entry: Address): Slice {
    const { bytes, words } = this.#arena;
    const segment = segmentOf(entry);
    return new Slice(
      bytes[segment]!,
      byteOf(entry) + MEMBER,
      words[segment]![wordOf(entry) + KEY_LENGTH],
    );
  }

  /**
   * Adds a member that is not in the set.
   *
   * @param score Not NaN.
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  add(header: Address, member: Slice, score: number): Address {
    const arena = this.#arena;
    const dict = arena.word(header, DICT);
    const entry = this.#dict.insert(dict, member);
    arena.setFloat(entry, SCORE, score);
    try {
      this.#insert(header, score, entry);
    } catch (error) {
      this.#dict.remove(dict, entry);
      throw error;
    }
    this.#account(header, arena.capacity(entry));
    return entry;
  }

  /**
   * Adds a member that is not in the set, without its place in the order. Nothing but this,
   * {@linkcode SortedTrees.find}, {@linkcode SortedTrees.correct} and `destroy` may be used until
   * {@linkcode SortedTrees.order} is called.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  collect(header: Address, member: Slice, score: number): void {
    const arena = this.#arena;
    const entry = this.#dict.insert(arena.word(header, DICT), member);
    arena.setFloat(entry, SCORE, score);
    this.#account(header, arena.capacity(entry));
  }

  /** Changes the score of an entry that has no place in the order yet. */
  correct(entry: Address, score: number): void {
    this.#arena.setFloat(entry, SCORE, score);
  }

  /**
   * Gives what was collected its places.
   *
   * @throws {ArenaFullError} If there is no memory. Only `destroy` may be used then.
   */
  order(header: Address): void {
    this.#dict.walk(this.#arena.word(header, DICT), (entry) => {
      this.#insert(header, this.score(entry), entry);
    });
  }

  /**
   * Gives an entry another score.
   *
   * @param score Neither NaN nor equal to the score that it has.
   * @throws {ArenaFullError} If there is no memory. The set is as it was then.
   */
  setScore(header: Address, entry: Address, score: number): void {
    const arena = this.#arena;
    const leaf = this.#locate(header, entry);
    const index = this.#index;
    const member = this.member(entry);
    const count = arena.word(leaf, COUNT);
    const place = this.#position(leaf, score, member, false);
    const staysInLeaf = index > 0 && place > 0 && place < count;
    if (staysInLeaf || arena.word(header, HEIGHT) === 0) {
      const target = place > index ? place - 1 : place;
      if (target > index) this.#move(leaf, index + 1, target - index, leaf, index, 1);
      else this.#move(leaf, target, index - target, leaf, target + 1, 1);
      this.#setRecord(leaf, target, score, entry);
    } else {
      // In this order, for only inserting can fail.
      this.#insert(header, score, entry);
      this.#take(header, this.#locate(header, entry), 1);
    }
    arena.setFloat(entry, SCORE, score);
  }

  /** Removes an entry. */
  remove(header: Address, entry: Address): void {
    this.#take(header, this.#locate(header, entry), 1);
    this.#drop(header, entry);
  }

  /** Removes the entries of the ranks from `start` to below `end`. */
  removeRange(header: Address, start: number, end: number): void {
    const arena = this.#arena;
    while (start < end) {
      const leaf = this.#seek(header, start);
      const index = this.#index;
      const count = Math.min(arena.word(leaf, COUNT) - index, end - start);
      for (let i = index; i < index + count; i++) this.#drop(header, this.#entry(leaf, i));
      this.#take(header, leaf, count);
      end -= count;
    }
  }

  /** How many entries come before one. */
  rank(header: Address, entry: Address): number {
    this.#locate(header, entry);
    return this.#rankOfPath(header);
  }

  /**
   * How many entries have a lower score, or one that is at most as high.
   *
   * @param orEqual Whether to count those of the same score.
   */
  rankOfScore(header: Address, score: number, orEqual: boolean): number {
    this.#descend(header, score, null, orEqual);
    return this.#rankOfPath(header);
  }

  /**
   * How many entries have a member that comes before another, where all scores are equal. Where they are
   * not, some number.
   *
   * @param orEqual Whether to count the member itself.
   */
  rankOfMember(header: Address, member: Slice, orEqual: boolean): number {
    this.#descend(header, NaN, member, orEqual);
    return this.#rankOfPath(header);
  }

  /** The entry of a rank, which must be below the size. */
  at(header: Address, rank: number): Address {
    const leaf = this.#seek(header, rank);
    return this.#entry(leaf, this.#index);
  }

  /**
   * Calls `visit` for the entries of the ranks from `start` to below `end`. It must not change the set.
   */
  walk(header: Address, start: number, end: number, visit: (entry: Address) => void): void {
    if (start >= end) return;
    const arena = this.#arena;
    let leaf = this.#seek(header, start);
    for (let index = this.#index; start < end; leaf = arena.word(leaf, NEXT), index = 0) {
      const words = arena.words[segmentOf(leaf)]!;
      const entries = firstEntry(words, leaf);
      const stop = Math.min(arena.word(leaf, COUNT), index + end - start);
      start += stop - index;
      for (; index < stop; index++) visit(words[entries + index]!);
    }
  }

  /** As {@linkcode SortedTrees.walk}, from the last rank to the first. */
  walkBack(header: Address, start: number, end: number, visit: (entry: Address) => void): void {
    if (start >= end) return;
    const arena = this.#arena;
    let leaf = this.#seek(header, end - 1);
    let index = this.#index;
    while (true) {
      const words = arena.words[segmentOf(leaf)]!;
      const entries = firstEntry(words, leaf);
      const stop = Math.max(0, index + 1 - (end - start));
      end -= index + 1 - stop;
      for (; index >= stop; index--) visit(words[entries + index]!);
      if (start === end) return;
      leaf = arena.word(leaf, PREVIOUS);
      index = arena.word(leaf, COUNT) - 1;
    }
  }

  /** One step of an iteration in no order; see {@linkcode Dict.scan}. */
  scan(header: Address, cursor: number, visit: (entry: Address) => void): number {
    return this.#dict.scan(this.#arena.word(header, DICT), cursor, visit);
  }

  /** How many bytes the set takes. */
  memory(header: Address): number {
    const arena = this.#arena;
    return HEADER_SIZE + this.#dict.tableSize(arena.word(header, DICT)) +
      (arena.word(header, UNITS) >>> 0) * 16;
  }

  /** Gives a set back. */
  destroy(header: Address): void {
    this.clear(header, Infinity);
  }

  /**
   * Gives a set back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit How many nodes of the tree and buckets of the dictionary to free at the most.
   * @returns 0 if the set is gone.
   */
  clear(header: Address, limit: number): number {
    const arena = this.#arena;
    for (let root = arena.word(header, TREE); root !== 0; limit--) {
      if (limit <= 0) return 1;
      // The last node that has no child left.
      let parent = 0;
      let node = root;
      for (let level = arena.word(header, HEIGHT); level > 0; level--) {
        const count = arena.word(node, COUNT);
        if (count === 0) break;
        parent = node;
        node = this.#child(node, count - 1);
      }
      arena.free(node);
      if (parent === 0) arena.setWord(header, TREE, root = 0);
      else arena.setWord(parent, COUNT, arena.word(parent, COUNT) - 1);
    }
    const left = this.#dict.clear(arena.word(header, DICT), limit, () => {});
    if (left === 0) arena.free(header);
    return left;
  }

  /** Accounts for a block that was taken or, with a negative size, given back. */
  #account(header: Address, size: number): void {
    const arena = this.#arena;
    arena.setWord(header, UNITS, arena.word(header, UNITS) + size / 16);
  }

  /** Takes an entry out of the dictionary. */
  #drop(header: Address, entry: Address): void {
    const arena = this.#arena;
    this.#account(header, -arena.capacity(entry));
    this.#dict.remove(arena.word(header, DICT), entry);
  }

  #entry(node: Address, index: number): Address {
    const words = this.#arena.words[segmentOf(node)]!;
    return words[firstEntry(words, node) + index]!;
  }

  #child(branch: Address, index: number): Address {
    return this.#arena.word(branch, CHILDREN + index);
  }

  #size(branch: Address, index: number): number {
    return this.#arena.word(branch, SIZES + index);
  }

  #setSize(branch: Address, index: number, size: number): void {
    this.#arena.setWord(branch, SIZES + index, size);
  }

  /** How many entries are below a node. */
  #total(node: Address, isLeaf: boolean): number {
    const count = this.#arena.word(node, COUNT);
    if (isLeaf) return count;
    return this.#sizes(node, count);
  }

  /** How many entries are below the first children of a branch. */
  #sizes(branch: Address, count: number): number {
    const words = this.#arena.words[segmentOf(branch)]!;
    const first = wordOf(branch) + SIZES;
    let sum = 0;
    for (let i = first; i < first + count; i++) sum += words[i]!;
    return sum;
  }

  #newNode(header: Address, size: number, capacity: number): Address {
    const arena = this.#arena;
    const node = arena.allocate(size);
    arena.setWord(node, COUNT, 0);
    arena.setWord(node, CAPACITY, capacity);
    this.#account(header, arena.capacity(node));
    return node;
  }

  #freeNode(header: Address, node: Address): void {
    this.#account(header, -this.#arena.capacity(node));
    this.#arena.free(node);
  }

  /**
   * How many records of a node come before a place in the order.
   *
   * @param score NaN leaves the order to the members.
   * @param member Null leaves it to the scores.
   * @param orEqual Whether to count those that are at that place.
   */
  #position(node: Address, score: number, member: Slice | null, orEqual: boolean): number {
    const { floats, words: allWords } = this.#arena;
    const segment = segmentOf(node);
    const scores = floats[segment]!;
    const words = allWords[segment]!;
    const scoresStart = floatOf(node) + SCORES;
    const entries = firstEntry(words, node);
    let low = 0;
    let high = words[wordOf(node) + COUNT]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = scores[scoresStart + middle]!;
      let order = other < score ? -1 : other > score ? 1 : 0;
      if (order === 0 && member !== null) {
        order = this.#compare(words[entries + middle]!, member);
      }
      if (order < 0 || (order === 0 && orEqual)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Compares an entry's member with another, as `memcmp` and then by length. */
  #compare(entry: Address, member: Slice): number {
    const arena = this.#arena;
    const bytes = arena.bytes[segmentOf(entry)]!;
    const length = arena.word(entry, KEY_LENGTH);
    const common = Math.min(length, member.length);
    const other = member.bytes;
    for (let i = byteOf(entry) + MEMBER, j = member.start, end = i + common; i < end; i++, j++) {
      const difference = bytes[i]! - other[j]!;
      if (difference !== 0) return difference;
    }
    return length - member.length;
  }

  /**
   * Goes to the place that {@linkcode SortedTrees.#position} tells, counted in the whole tree: at a
   * leaf's end rather than at the beginning of the next.
   *
   * @returns The leaf.
   */
  #descend(header: Address, score: number, member: Slice | null, orEqual: boolean): Address {
    const arena = this.#arena;
    const height = arena.word(header, HEIGHT);
    let node = arena.word(header, TREE);
    for (let level = 0; level < height; level++) {
      const place = Math.max(0, this.#position(node, score, member, orEqual) - 1);
      this.#path[level] = node;
      this.#places[level] = place;
      node = this.#child(node, place);
    }
    this.#index = this.#position(node, score, member, orEqual);
    return node;
  }

  /** Goes to an entry. Returns its leaf. */
  #locate(header: Address, entry: Address): Address {
    const leaf = this.#descend(header, this.score(entry), this.member(entry), true);
    this.#index--;
    return leaf;
  }

  /** Goes to a rank below the size. Returns its leaf. */
  #seek(header: Address, rank: number): Address {
    const arena = this.#arena;
    const height = arena.word(header, HEIGHT);
    let node = arena.word(header, TREE);
    for (let level = 0; level < height; level++) {
      const words = arena.words[segmentOf(node)]!;
      const sizes = wordOf(node) + SIZES;
      let place = 0;
      for (let size; rank >= (size = words[sizes + place]!); place++) rank -= size;
      this.#path[level] = node;
      this.#places[level] = place;
      node = words[wordOf(node) + CHILDREN + place]!;
    }
    this.#index = rank;
    return node;
  }

  /** The rank of where the last descent went. */
  #rankOfPath(header: Address): number {
    let rank = this.#index;
    for (let level = this.#arena.word(header, HEIGHT) - 1; level >= 0; level--) {
      rank += this.#sizes(this.#path[level]!, this.#places[level]!);
    }
    return rank;
  }

  /**
   * Puts an entry into the tree, at a score that may not be its own yet. Full nodes are split on the way
   * down, so that each parent has room for one more child; each split leaves the tree whole.
   */
  #insert(header: Address, score: number, entry: Address): void {
    const arena = this.#arena;
    const member = this.member(entry);
    let node: Address;
    try {
      node = this.#makeWay(header, score, member);
    } catch (error) {
      this.#collapse(header);
      throw error;
    }
    const index = this.#position(node, score, member, false);
    const count = arena.word(node, COUNT);
    this.#move(node, index, count - index, node, index + 1, 1);
    arena.setWord(node, COUNT, count + 1);
    this.#setRecord(node, index, score, entry);
    for (let level = arena.word(header, HEIGHT) - 1; level >= 0; level--) {
      const branch = this.#path[level]!;
      const place = this.#places[level]!;
      this.#setSize(branch, place, this.#size(branch, place) + 1);
      // Only what comes before all others is the first of its leaf.
      if (index === 0) this.#setRecord(branch, place, score, entry);
    }
  }

  /** Goes to the leaf in which something belongs, and makes sure that there is room. */
  #makeWay(header: Address, score: number, member: Slice): Address {
    const arena = this.#arena;
    let node = arena.word(header, TREE);
    if (arena.word(node, COUNT) === arena.word(node, CAPACITY)) node = this.#growRoot(header);
    const height = arena.word(header, HEIGHT);
    let [atStart, atEnd] = [true, true];
    for (let level = 0; level < height; level++) {
      let place = Math.max(0, this.#position(node, score, member, false) - 1);
      let child = this.#child(node, place);
      const count = arena.word(child, COUNT);
      atStart &&= place === 0;
      atEnd &&= place === arena.word(node, COUNT) - 1;
      if (count === arena.word(child, CAPACITY)) {
        // What comes in order fills its nodes: they are split where it goes on.
        const position = atStart || atEnd ? this.#position(child, score, member, false) : count;
        const kept = atEnd && position === count
          ? count - 1
          : atStart && position === 0
          ? 1
          : count >>> 1;
        this.#split(header, node, place, kept, level === height - 1);
        place = Math.max(0, this.#position(node, score, member, false) - 1);
        child = this.#child(node, place);
      }
      this.#path[level] = node;
      this.#places[level] = place;
      node = child;
    }
    return node;
  }

  /** Makes room at the root: in a larger leaf, or in a branch above it. */
  #growRoot(header: Address): Address {
    const arena = this.#arena;
    const root = arena.word(header, TREE);
    const height = arena.word(header, HEIGHT);
    const count = arena.word(root, COUNT);
    let added: Address;
    if (count < LEAF && height === 0) {
      const capacity = count * 2 + 1;
      added = this.#newNode(header, leafSize(capacity), capacity);
      this.#link(0, added);
      this.#link(added, 0);
      this.#move(root, 0, count, added, 0, 1);
      arena.setWord(added, COUNT, count);
      this.#freeNode(header, root);
    } else {
      added = this.#newNode(header, BRANCH_SIZE, BRANCH);
      this.#addChild(added, 0, root, this.#total(root, height === 0));
      arena.setWord(header, HEIGHT, height + 1);
    }
    arena.setWord(header, TREE, added);
    return added;
  }

  /** Splits a full child of a branch: it keeps so many records, a new one after it takes the others. */
  #split(header: Address, branch: Address, place: number, kept: number, isLeaf: boolean): void {
    const arena = this.#arena;
    const child = this.#child(branch, place);
    const moved = arena.word(child, COUNT) - kept;
    const added = isLeaf
      ? this.#newNode(header, leafSize(LEAF), LEAF)
      : this.#newNode(header, BRANCH_SIZE, BRANCH);
    this.#move(child, kept, moved, added, 0, isLeaf ? 1 : 3);
    arena.setWord(added, COUNT, moved);
    arena.setWord(child, COUNT, kept);
    if (isLeaf) {
      const next = arena.word(child, NEXT);
      this.#link(child, added);
      this.#link(added, next);
    }
    const size = this.#total(added, isLeaf);
    this.#setSize(branch, place, this.#size(branch, place) - size);
    this.#addChild(branch, place + 1, added, size);
  }

  /** Makes two leaves neighbours; 0 in place of one is the end. */
  #link(left: Address, right: Address): void {
    if (left !== 0) this.#arena.setWord(left, NEXT, right);
    if (right !== 0) this.#arena.setWord(right, PREVIOUS, left);
  }

  /** Takes records out of the leaf that was gone to, from there on. */
  #take(header: Address, leaf: Address, count: number): void {
    const arena = this.#arena;
    const index = this.#index;
    const kept = arena.word(leaf, COUNT) - count;
    this.#move(leaf, index + count, kept - index, leaf, index, 1);
    arena.setWord(leaf, COUNT, kept);
    const height = arena.word(header, HEIGHT);
    for (let level = height - 1; level >= 0; level--) {
      const branch = this.#path[level]!;
      const place = this.#places[level]!;
      this.#setSize(branch, place, this.#size(branch, place) - count);
      this.#balance(header, branch, place, level === height - 1);
    }
    this.#collapse(header);
  }

  /** Mends a branch, after something was taken out of one of its children. */
  #balance(header: Address, branch: Address, place: number, isLeaf: boolean): void {
    const arena = this.#arena;
    const child = this.#child(branch, place);
    const count = arena.word(child, COUNT);
    if (count === 0) {
      if (isLeaf) this.#link(arena.word(child, PREVIOUS), arena.word(child, NEXT));
      return this.#dropChild(header, branch, place);
    }
    this.#setRecord(
      branch,
      place,
      arena.float(child, SCORES),
      this.#entry(child, 0),
    );
    const most = (isLeaf ? LEAF : BRANCH) * 3 / 4 - count;
    const fits = (place: number) =>
      (isLeaf ? this.#size(branch, place) : arena.word(this.#child(branch, place), COUNT)) <= most;
    if (place > 0 && fits(place - 1)) {
      this.#merge(header, branch, place - 1, isLeaf);
    } else if (place + 1 < arena.word(branch, COUNT) && fits(place + 1)) {
      this.#merge(header, branch, place, isLeaf);
    }
  }

  /** Moves what is in the next child of a branch into one. */
  #merge(header: Address, branch: Address, place: number, isLeaf: boolean): void {
    const arena = this.#arena;
    const [into, from] = [this.#child(branch, place), this.#child(branch, place + 1)];
    const [kept, moved] = [arena.word(into, COUNT), arena.word(from, COUNT)];
    this.#move(from, 0, moved, into, kept, isLeaf ? 1 : 3);
    arena.setWord(into, COUNT, kept + moved);
    if (isLeaf) this.#link(into, arena.word(from, NEXT));
    this.#setSize(branch, place, this.#size(branch, place) + this.#size(branch, place + 1));
    this.#dropChild(header, branch, place + 1);
  }

  /** Takes away branches at the root that have one child only. */
  #collapse(header: Address): void {
    const arena = this.#arena;
    let root = arena.word(header, TREE);
    let height = arena.word(header, HEIGHT);
    while (height > 0 && arena.word(root, COUNT) === 1) {
      const child = this.#child(root, 0);
      this.#freeNode(header, root);
      root = child;
      arena.setWord(header, TREE, root);
      arena.setWord(header, HEIGHT, --height);
    }
  }

  #addChild(branch: Address, place: number, child: Address, size: number): void {
    const arena = this.#arena;
    const count = arena.word(branch, COUNT);
    this.#move(branch, place, count - place, branch, place + 1, 3);
    arena.setWord(branch, COUNT, count + 1);
    this.#setRecord(branch, place, arena.float(child, SCORES), this.#entry(child, 0));
    arena.setWord(branch, CHILDREN + place, child);
    this.#setSize(branch, place, size);
  }

  #dropChild(header: Address, branch: Address, place: number): void {
    const arena = this.#arena;
    const count = arena.word(branch, COUNT) - 1;
    this.#freeNode(header, this.#child(branch, place));
    this.#move(branch, place + 1, count - place, branch, place, 3);
    arena.setWord(branch, COUNT, count);
  }

  #setRecord(node: Address, index: number, score: number, entry: Address): void {
    const arena = this.#arena;
    arena.setFloat(node, SCORES + index, score);
    const words = arena.words[segmentOf(node)]!;
    words[firstEntry(words, node) + index] = entry;
  }

  /**
   * Moves records, within a node or to another.
   *
   * @param columns How many columns of words there are: 1 in a leaf, 3 in a branch.
   */
  #move(
    from: Address,
    index: number,
    count: number,
    to: Address,
    at: number,
    columns: number,
  ): void {
    if (count === 0) return;
    const arena = this.#arena;
    const scores = floatOf(from) + SCORES + index;
    moveElements(
      arena.floats[segmentOf(from)]!,
      scores,
      scores + count,
      arena.floats[segmentOf(to)]!,
      floatOf(to) + SCORES + at,
    );
    const [fromCapacity, toCapacity] = [arena.word(from, CAPACITY), arena.word(to, CAPACITY)];
    let start = wordOf(from) + COLUMNS + 2 * fromCapacity + index;
    let target = wordOf(to) + COLUMNS + 2 * toCapacity + at;
    for (; columns > 0; columns--, start += fromCapacity, target += toCapacity) {
      moveElements(
        arena.words[segmentOf(from)]!,
        start,
        start + count,
        arena.words[segmentOf(to)]!,
        target,
      );
    }
  }
}

function moveElements<T extends Int32Array | Float64Array>(
  from: T,
  start: number,
  end: number,
  to: T,
  at: number,
): void {
  // Within one array this is faster than `set`, which needs a view.
  if (from === to) to.copyWithin(at, start, end);
  else to.set(from.subarray(start, end), at);
}
