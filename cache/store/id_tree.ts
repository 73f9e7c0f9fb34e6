/**
 * Maps in the order of stream IDs: B+ trees in the arena, from an ID to a word. A stream finds its nodes
 * by them, a consumer group what is pending.
 *
 *     header     SIZE | HEIGHT | ROOT | BYTES
 *     node       COUNT | CAPACITY | NEXT | PREVIOUS | record | record | … free …
 *     record     the ID (four words) | in a leaf its value, in a branch the address of a child
 *
 * All leaves are at the height 0, linked in their order. The ID in a branch's record is a lower bound of
 * what is below the child, and an upper bound of what is below the one before; the first record's ID is
 * never looked at. Only the root may be a leaf with less room than a whole node.
 *
 * @module
 */

import { type Address, type Arena, segmentOf, wordOf } from "./arena.ts";
import { compareIdAt, ID_WORDS, readId, type StreamId, writeId } from "./stream_id.ts";

/** Words of the header. */
const SIZE = 0;
const HEIGHT = 1;
const ROOT = 2;
/** How many bytes the nodes take. */
const BYTES = 3;
const HEADER_SIZE = 16;

/** Words of a node. */
const COUNT = 0;
const CAPACITY = 1;
const NEXT = 2;
const PREVIOUS = 3;
const RECORDS = 4;
const RECORD = ID_WORDS + 1;

/** The records of a whole node, which fill a block of 1280 bytes. */
const FULL = 63;
/** The most records of a small root that is exchanged for a larger one. */
const SMALLEST = 2;

const nodeSize = (capacity: number): number => (RECORDS + capacity * RECORD) * 4;

/** A place in a tree. It holds until the tree changes. */
export class IdCursor {
  readonly #arena: Arena;
  #leaf: Address;
  #index: number;

  constructor(arena: Arena, leaf: Address, index: number) {
    this.#arena = arena;
    this.#leaf = leaf;
    this.#index = index;
  }

  get id(): StreamId {
    return readId(this.#arena.words[segmentOf(this.#leaf)]!, this.#record());
  }

  get value(): number {
    return this.#arena.words[segmentOf(this.#leaf)]![this.#record() + ID_WORDS]!;
  }

  set value(value: number) {
    this.#arena.words[segmentOf(this.#leaf)]![this.#record() + ID_WORDS] = value;
  }

  /** Goes to the next place. Returns false, and stays, if there is none. */
  next(): boolean {
    if (this.#index + 1 < this.#arena.word(this.#leaf, COUNT)) {
      this.#index++;
      return true;
    }
    const leaf = this.#arena.word(this.#leaf, NEXT);
    if (leaf === 0) return false;
    this.#leaf = leaf;
    this.#index = 0;
    return true;
  }

  /** Goes to the place before. Returns false, and stays, if there is none. */
  previous(): boolean {
    if (this.#index > 0) {
      this.#index--;
      return true;
    }
    const leaf = this.#arena.word(this.#leaf, PREVIOUS);
    if (leaf === 0) return false;
    this.#leaf = leaf;
    this.#index = this.#arena.word(leaf, COUNT) - 1;
    return true;
  }

  #record(): number {
    return wordOf(this.#leaf) + RECORDS + this.#index * RECORD;
  }
}

/** All such trees of an arena. A tree is known by its header's address, which stays while it lives. */
export class IdTrees {
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /**
   * Makes an empty tree.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  create(): Address {
    const arena = this.#arena;
    const tree = arena.allocate(HEADER_SIZE);
    for (const word of [SIZE, HEIGHT, ROOT, BYTES]) arena.setWord(tree, word, 0);
    return tree;
  }

  /** How many IDs it has. */
  size(tree: Address): number {
    return this.#arena.word(tree, SIZE);
  }

  /** How many bytes it takes. */
  memory(tree: Address): number {
    return HEADER_SIZE + this.#arena.word(tree, BYTES);
  }

  /** The value of an ID, or 0. */
  find(tree: Address, id: StreamId): number {
    const cursor = this.floor(tree, id);
    return cursor !== undefined && cursor.id.compare(id) === 0 ? cursor.value : 0;
  }

  /** The place of the first ID. */
  first(tree: Address): IdCursor | undefined {
    const arena = this.#arena;
    let node = arena.word(tree, ROOT);
    if (node === 0) return undefined;
    for (let level = arena.word(tree, HEIGHT); level > 0; level--) node = this.#value(node, 0);
    return new IdCursor(arena, node, 0);
  }

  /** The place of the last ID. */
  last(tree: Address): IdCursor | undefined {
    const arena = this.#arena;
    let node = arena.word(tree, ROOT);
    if (node === 0) return undefined;
    for (let level = arena.word(tree, HEIGHT); level > 0; level--) {
      node = this.#value(node, arena.word(node, COUNT) - 1);
    }
    return new IdCursor(arena, node, arena.word(node, COUNT) - 1);
  }

  /** The place of the last ID that is not above one. */
  floor(tree: Address, id: StreamId): IdCursor | undefined {
    const leaf = this.#descend(tree, id);
    if (leaf === 0) return undefined;
    const index = this.#after(leaf, id) - 1;
    if (index >= 0) return new IdCursor(this.#arena, leaf, index);
    // All of the leaf is above it, since the bound in the branch may be too low.
    const cursor = new IdCursor(this.#arena, leaf, 0);
    return cursor.previous() ? cursor : undefined;
  }

  /** The place of the first ID that is not below one. */
  ceiling(tree: Address, id: StreamId): IdCursor | undefined {
    const cursor = this.floor(tree, id);
    if (cursor === undefined) return this.first(tree);
    return cursor.id.compare(id) === 0 || cursor.next() ? cursor : undefined;
  }

  /**
   * Adds an ID that is not there.
   *
   * @param value Not 0.
   * @throws {ArenaFullError} If there is no memory. The tree has the same IDs as before then.
   */
  insert(tree: Address, id: StreamId, value: number): void {
    const arena = this.#arena;
    const leaf = this.#makeWay(tree, id);
    this.#put(leaf, this.#after(leaf, id), id, value);
    arena.setWord(tree, SIZE, arena.word(tree, SIZE) + 1);
  }

  /** Changes the value of an ID that is there. */
  set(tree: Address, id: StreamId, value: number): void {
    const cursor = this.floor(tree, id);
    if (cursor !== undefined) cursor.value = value;
  }

  /**
   * Removes an ID.
   *
   * @returns The value that it had, or 0 if it was not there.
   */
  remove(tree: Address, id: StreamId): number {
    const arena = this.#arena;
    const root = arena.word(tree, ROOT);
    if (root === 0) return 0;
    const value = this.#take(tree, root, arena.word(tree, HEIGHT), id);
    if (value === 0) return 0;
    arena.setWord(tree, SIZE, arena.word(tree, SIZE) - 1);
    this.#shrinkRoot(tree);
    return value;
  }

  /** Gives a tree back. */
  destroy(tree: Address): void {
    this.clear(tree, Infinity, () => {});
  }

  /**
   * Gives a tree back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit About how many IDs to remove at the most.
   * @param release Is told of each value.
   * @returns How many IDs are left; 0 if the tree is gone.
   */
  clear(tree: Address, limit: number, release: (value: number) => void): number {
    const arena = this.#arena;
    for (let root; (root = arena.word(tree, ROOT)) !== 0;) {
      const size = arena.word(tree, SIZE);
      if (limit <= 0) return size;
      const height = arena.word(tree, HEIGHT);
      if (this.#dropLast(tree, root, height, release)) arena.setWord(tree, ROOT, 0);
      limit -= size - arena.word(tree, SIZE);
    }
    arena.free(tree);
    return 0;
  }

  #value(node: Address, index: number): number {
    return this.#arena.word(node, RECORDS + index * RECORD + ID_WORDS);
  }

  /** How many records of a node are not above an ID. */
  #after(node: Address, id: StreamId): number {
    const words = this.#arena.words[segmentOf(node)]!;
    const first = wordOf(node) + RECORDS;
    let low = 0;
    let high = words[wordOf(node) + COUNT]!;
    // IDs come in their order most often.
    if (high > 0 && compareIdAt(words, first + (high - 1) * RECORD, id) <= 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIdAt(words, first + middle * RECORD, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The child of a branch below which an ID belongs. */
  #place(branch: Address, id: StreamId): number {
    return Math.max(0, this.#after(branch, id) - 1);
  }

  /** The leaf in which an ID belongs; 0 if there is none. */
  #descend(tree: Address, id: StreamId): Address {
    const arena = this.#arena;
    let node = arena.word(tree, ROOT);
    for (let level = arena.word(tree, HEIGHT); level > 0; level--) {
      node = this.#value(node, this.#place(node, id));
    }
    return node;
  }

  /**
   * The leaf in which an ID belongs, with room for it. Full nodes are split on the way down, so that each
   * parent has room for one more child; each split leaves the tree whole.
   */
  #makeWay(tree: Address, id: StreamId): Address {
    const arena = this.#arena;
    let node = arena.word(tree, ROOT);
    if (node === 0 || arena.word(node, COUNT) === arena.word(node, CAPACITY)) {
      node = this.#growRoot(tree, node);
    }
    for (let level = arena.word(tree, HEIGHT); level > 0; level--) {
      let place = this.#place(node, id);
      const child = this.#value(node, place);
      if (arena.word(child, COUNT) === FULL) {
        // What comes in order fills its nodes: they are split where it goes on.
        const isLast = place === arena.word(node, COUNT) - 1 && this.#after(child, id) === FULL;
        this.#split(tree, node, place, isLast ? FULL - 1 : FULL >>> 1, level === 1);
        place = this.#place(node, id);
      }
      node = this.#value(node, place);
    }
    return node;
  }

  /** Makes room at the root: a larger leaf, or a branch above it. */
  #growRoot(tree: Address, root: Address): Address {
    const arena = this.#arena;
    const height = arena.word(tree, HEIGHT);
    const capacity = root === 0 ? 0 : arena.word(root, CAPACITY);
    let added: Address;
    if (root === 0) {
      added = this.#newNode(tree, SMALLEST);
    } else if (capacity < FULL) {
      added = this.#resizeRoot(tree, root, Math.min(2 * capacity, FULL));
    } else {
      added = this.#newNode(tree, FULL);
      this.#put(added, 0, readId(arena.words[segmentOf(root)]!, wordOf(root) + RECORDS), root);
      arena.setWord(tree, HEIGHT, height + 1);
    }
    arena.setWord(tree, ROOT, added);
    return added;
  }

  /** Gives a root that is a leaf more room, or less. Less never fails. */
  #resizeRoot(tree: Address, root: Address, capacity: number): Address {
    const arena = this.#arena;
    const before = arena.capacity(root);
    const kept = nodeSize(arena.word(root, COUNT));
    const resized = arena.resize(root, kept, nodeSize(capacity));
    this.#account(tree, arena.capacity(resized) - before);
    arena.setWord(resized, CAPACITY, capacity);
    return resized;
  }

  /** Splits a full child of a branch: it keeps so many records, a new one after it takes the others. */
  #split(tree: Address, branch: Address, place: number, kept: number, isLeaf: boolean): void {
    const arena = this.#arena;
    const child = this.#value(branch, place);
    const added = this.#newNode(tree, FULL);
    const moved = arena.word(child, COUNT) - kept;
    this.#copy(child, kept, moved, added, 0);
    arena.setWord(added, COUNT, moved);
    arena.setWord(child, COUNT, kept);
    if (isLeaf) {
      const next = arena.word(child, NEXT);
      this.#link(child, added);
      this.#link(added, next);
    }
    const first = readId(arena.words[segmentOf(added)]!, wordOf(added) + RECORDS);
    this.#put(branch, place + 1, first, added);
  }

  /** Removes an ID from below a node. Returns its value, or 0. */
  #take(tree: Address, node: Address, height: number, id: StreamId): number {
    if (height > 0) {
      const place = this.#place(node, id);
      const value = this.#take(tree, this.#value(node, place), height - 1, id);
      if (value !== 0) this.#balance(tree, node, place, height === 1);
      return value;
    }
    const words = this.#arena.words[segmentOf(node)]!;
    const index = this.#after(node, id) - 1;
    const at = wordOf(node) + RECORDS + index * RECORD;
    if (index < 0 || compareIdAt(words, at, id) !== 0) return 0;
    const value = words[at + ID_WORDS]!;
    this.#drop(node, index);
    return value;
  }

  /** Mends a branch, after something was taken out of one of its children. */
  #balance(tree: Address, branch: Address, place: number, isLeaf: boolean): void {
    const arena = this.#arena;
    const child = this.#value(branch, place);
    const count = arena.word(child, COUNT);
    if (count === 0) {
      if (isLeaf) this.#link(arena.word(child, PREVIOUS), arena.word(child, NEXT));
      this.#freeNode(tree, child);
      return this.#drop(branch, place);
    }
    if (count > FULL >>> 2) return;
    const fits = (place: number) =>
      arena.word(this.#value(branch, place), COUNT) + count <= FULL * 3 / 4;
    if (place > 0 && fits(place - 1)) {
      this.#merge(tree, branch, place - 1, isLeaf);
    } else if (place + 1 < arena.word(branch, COUNT) && fits(place + 1)) {
      this.#merge(tree, branch, place, isLeaf);
    }
  }

  /** Moves what is in the next child of a branch into one. */
  #merge(tree: Address, branch: Address, place: number, isLeaf: boolean): void {
    const arena = this.#arena;
    const [into, from] = [this.#value(branch, place), this.#value(branch, place + 1)];
    const [kept, moved] = [arena.word(into, COUNT), arena.word(from, COUNT)];
    this.#copy(from, 0, moved, into, kept);
    arena.setWord(into, COUNT, kept + moved);
    if (isLeaf) {
      this.#link(into, arena.word(from, NEXT));
    } else {
      // The first ID of a branch may be any; now it counts.
      const bound = wordOf(branch) + RECORDS + (place + 1) * RECORD;
      const first = wordOf(into) + RECORDS + kept * RECORD;
      const id = readId(arena.words[segmentOf(branch)]!, bound);
      writeId(arena.words[segmentOf(into)]!, first, id);
    }
    this.#freeNode(tree, from);
    this.#drop(branch, place + 1);
  }

  /** Takes away a root that has one child only, or nothing, and room that is not needed. */
  #shrinkRoot(tree: Address): void {
    const arena = this.#arena;
    let root = arena.word(tree, ROOT);
    let height = arena.word(tree, HEIGHT);
    for (; height > 0 && arena.word(root, COUNT) === 1; height--) {
      const child = this.#value(root, 0);
      this.#freeNode(tree, root);
      root = child;
    }
    const count = arena.word(root, COUNT);
    if (height === 0) {
      const capacity = arena.word(root, CAPACITY);
      if (count === 0) {
        this.#freeNode(tree, root);
        root = 0;
      } else if (capacity > 2 * SMALLEST && count <= capacity >>> 2) {
        root = this.#resizeRoot(tree, root, capacity >>> 1);
      }
    }
    arena.setWord(tree, ROOT, root);
    arena.setWord(tree, HEIGHT, height);
  }

  /** Removes the last leaf below a node. Returns whether the node is gone. */
  #dropLast(
    tree: Address,
    node: Address,
    height: number,
    release: (value: number) => void,
  ): boolean {
    const arena = this.#arena;
    const count = arena.word(node, COUNT);
    if (height === 0) {
      for (let i = 0; i < count; i++) release(this.#value(node, i));
      arena.setWord(tree, SIZE, arena.word(tree, SIZE) - count);
    } else {
      if (!this.#dropLast(tree, this.#value(node, count - 1), height - 1, release)) return false;
      arena.setWord(node, COUNT, count - 1);
      if (count > 1) return false;
    }
    this.#freeNode(tree, node);
    return true;
  }

  #newNode(tree: Address, capacity: number): Address {
    const arena = this.#arena;
    const node = arena.allocate(nodeSize(capacity));
    arena.setWord(node, COUNT, 0);
    arena.setWord(node, CAPACITY, capacity);
    arena.setWord(node, NEXT, 0);
    arena.setWord(node, PREVIOUS, 0);
    this.#account(tree, arena.capacity(node));
    return node;
  }

  #freeNode(tree: Address, node: Address): void {
    this.#account(tree, -this.#arena.capacity(node));
    this.#arena.free(node);
  }

  #account(tree: Address, bytes: number): void {
    this.#arena.setWord(tree, BYTES, this.#arena.word(tree, BYTES) + bytes);
  }

  /** Makes two leaves neighbours; 0 in place of one is the end. */
  #link(left: Address, right: Address): void {
    if (left !== 0) this.#arena.setWord(left, NEXT, right);
    if (right !== 0) this.#arena.setWord(right, PREVIOUS, left);
  }

  /** Puts a record into a node that has room for it. */
  #put(node: Address, index: number, id: StreamId, value: number): void {
    const words = this.#arena.words[segmentOf(node)]!;
    const count = words[wordOf(node) + COUNT]!;
    const at = wordOf(node) + RECORDS + index * RECORD;
    if (index < count) words.copyWithin(at + RECORD, at, at + (count - index) * RECORD);
    writeId(words, at, id);
    words[at + ID_WORDS] = value;
    words[wordOf(node) + COUNT] = count + 1;
  }

  /** Takes a record out of a node. */
  #drop(node: Address, index: number): void {
    const words = this.#arena.words[segmentOf(node)]!;
    const count = words[wordOf(node) + COUNT]!;
    const at = wordOf(node) + RECORDS + index * RECORD;
    words.copyWithin(at, at + RECORD, at + (count - index) * RECORD);
    words[wordOf(node) + COUNT] = count - 1;
  }

  /** Copies records from one node to another. */
  #copy(from: Address, index: number, count: number, to: Address, at: number): void {
    const words = this.#arena.words;
    const start = wordOf(from) + RECORDS + index * RECORD;
    words[segmentOf(to)]!.set(
      words[segmentOf(from)]!.subarray(start, start + count * RECORD),
      wordOf(to) + RECORDS + at * RECORD,
    );
  }
}
