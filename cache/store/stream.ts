/**
 * Streams: entries of fields and values in the order of their IDs, appended in nodes of some 100 entries.
 * A node holds what Redis keeps in one, byte for byte, so that both begin a new one at the same entry:
 * trimming with `~` removes whole nodes.
 *
 *     header     LENGTH (float64) | ADDED | LAST_ID | FIRST_ID | MAX_DELETED_ID | NODES | TAIL | GROUPS
 *     node       ID | COUNT | DELETED | END | ENTRIES | FIELDS | ELEMENTS | listpack elements | … free …
 *     elements   number of fields, fields, 0 | entry | entry | …
 *     entry      flags | time and number, less the node's | number of fields | field | value | … | length
 *
 * An entry whose fields are those at the beginning of the node holds its values only. A deleted entry
 * stays, with a flag, until its node has no other. The length is how many elements the entry has before
 * it, for walking backwards. Redis has COUNT and DELETED among the elements, as the first two.
 *
 * @module
 */

import { type Address, type Arena, byteOf, segmentOf, wordOf } from "./arena.ts";
import type { HashKey } from "./hash.ts";
import { IdTrees } from "./id_tree.ts";
import { incrementInt64, readInt64, writeInt64 } from "./int64.ts";
import {
  countElements,
  elementAfter,
  elementBefore,
  isInteger,
  Listpack,
  LISTPACK_END,
  LISTPACK_HEADER,
  MAX_OVERHEAD,
  sizeOfCount,
  writeListpackHeader,
} from "./listpack.ts";
import type { Slice } from "./slice.ts";
import { ConsumerGroups, UNKNOWN_READ } from "./stream_group.ts";
import { readId, StreamId, writeId } from "./stream_id.ts";

/** The header's length as a float64, and its words. */
const LENGTH = 0;
/** How many entries were ever added: the lower word, then the upper one. */
const ADDED = 2;
const LAST_ID = 4;
const FIRST_ID = 8;
const MAX_DELETED_ID = 12;
/** The tree of nodes by the ID of their first entry. */
const NODES = 16;
/** The last node, or 0. */
const TAIL = 17;
/** The consumer groups; 0 before there was one. */
const GROUPS = 18;
const HEADER_SIZE = 80;

/** Words of a node after its ID. COUNT and DELETED tell the entries that are there, and are not. */
const COUNT = 4;
const DELETED = 5;
/** Where the entries end and begin, in bytes from the node's beginning. */
const END = 6;
const ENTRIES = 7;
/** How many fields stand at the beginning. */
const FIELDS = 8;
/** How many elements there are. */
const ELEMENTS = 9;
const NODE_HEADER = 40;

/** The flags of an entry. */
const IS_DELETED = 1;
const SAME_FIELDS = 2;

/** What an entry takes at the most beside its fields and values: five integers. */
const MAX_ENTRY_OVERHEAD = 40;
/** The room of a node that is not a stream's first: more entries are on their way. */
const FIRST_ROOM = 512;
/** A node's room doubles, up to this. */
const MAX_ROOM = 4096;

/** How many bytes of fields and values an entry may have, and a node (`STREAM_LISTPACK_MAX_SIZE`). */
export const MAX_ENTRY_SIZE = 2 ** 30;

/** When a node is full; read at each use. */
export interface StreamLimits {
  /** How many bytes it may have as a listpack (`stream-node-max-bytes`); 0 is no limit. */
  readonly streamNodeMaxBytes: number;
  /** How many entries (`stream-node-max-entries`); 0 is no limit. */
  readonly streamNodeMaxEntries: number;
}

/** What is to be removed from a stream's beginning. */
export interface Trim {
  /** Remove until it has so many entries. */
  readonly maxLength?: number;
  /** Remove what is below this ID. */
  readonly minId?: StreamId;
  /** Whether only whole nodes are removed. */
  readonly approximate: boolean;
  /** How many entries may be removed; `Infinity` is no limit. */
  readonly limit: number;
}

/** One entry, where a walk has come to it: its elements are read one after another. */
export class StreamEntry {
  /** How many fields it has. */
  fields = 0;
  /** Whether it was deleted. */
  isDeleted = false;
  readonly #listpack: Listpack;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where its flags are. */
  #start = 0;
  /** The next element of its own; the next field where those are the node's. */
  #at = 0;
  #fieldAt = 0;
  #hasFields = false;
  /** How many fields and values are still to be read. */
  #left = 0;
  #msHigh = 0;
  #msLow = 0;
  #seqHigh = 0;
  #seqLow = 0;

  constructor(listpack: Listpack) {
    this.#listpack = listpack;
  }

  /** Its ID. */
  get id(): StreamId {
    return new StreamId(this.#msHigh, this.#msLow, this.#seqHigh, this.#seqLow);
  }

  /** Compares its ID with another. What a walk passes needs no object for that. */
  compare(id: StreamId): number {
    return (this.#msHigh >>> 0) - (id.msHigh >>> 0) || (this.#msLow >>> 0) - (id.msLow >>> 0) ||
      (this.#seqHigh >>> 0) - (id.seqHigh >>> 0) || (this.#seqLow >>> 0) - (id.seqLow >>> 0);
  }

  /** Where the entry begins, which is its flags' place. */
  get start(): number {
    return this.#start;
  }

  /** Goes to the entry at a place of a node. */
  load(bytes: Uint8Array, at: number, words: Int32Array, node: number, fieldAt: number): void {
    const listpack = this.#listpack;
    this.#bytes = bytes;
    this.#start = at;
    at = listpack.readInteger(bytes, at);
    const flags = listpack.low;
    at = listpack.readInteger(bytes, at);
    const { high: msHigh, low: msLow } = listpack;
    at = listpack.readInteger(bytes, at);
    const { high: seqHigh, low: seqLow } = listpack;
    this.isDeleted = (flags & IS_DELETED) !== 0;
    this.#hasFields = (flags & SAME_FIELDS) === 0;
    if (this.#hasFields) {
      at = listpack.readInteger(bytes, at);
      this.fields = listpack.low;
    } else {
      this.fields = words[node + FIELDS]!;
      this.#fieldAt = fieldAt;
    }
    this.#at = at;
    this.#left = 2 * this.fields;
    // Sums of 64 bits.
    const ms = (words[node + 1]! >>> 0) + (msLow >>> 0);
    const seq = (words[node + 3]! >>> 0) + (seqLow >>> 0);
    this.#msHigh = (words[node]! + msHigh + (ms > 0xffff_ffff ? 1 : 0)) | 0;
    this.#msLow = ms | 0;
    this.#seqHigh = (words[node + 2]! + seqHigh + (seq > 0xffff_ffff ? 1 : 0)) | 0;
    this.#seqLow = seq | 0;
  }

  /**
   * The next of `2 * fields` elements: the first field, its value, the next field, … It holds until the
   * next is read.
   */
  next(): Slice {
    const bytes = this.#bytes;
    const isField = (this.#left-- & 1) === 0;
    if (isField && !this.#hasFields) {
      const at = this.#fieldAt;
      this.#fieldAt = elementAfter(bytes, at);
      return this.#listpack.read(bytes, at);
    }
    const at = this.#at;
    this.#at = elementAfter(bytes, at);
    return this.#listpack.read(bytes, at);
  }

  /** Passes what has not been read. Returns where the entry after this one begins. */
  finish(): number {
    // Fields that are the node's are passed with nothing.
    let left = this.#hasFields ? this.#left : (this.#left + 1) >> 1;
    let at = this.#at;
    while (left-- > 0) at = elementAfter(this.#bytes, at);
    return elementAfter(this.#bytes, at);
  }
}

/**
 * Sees one entry.
 *
 * @param entry It holds until the visit is over.
 * @returns true to end the walk.
 */
export type EntryVisitor = (id: StreamId, entry: StreamEntry) => boolean | void;

/** An entry of a node. */
interface Stop {
  readonly node: Address;
  readonly id: StreamId;
  /** Where it begins, in the bytes of the node's segment. */
  readonly at: number;
}

/**
 * All streams of an arena. A stream is known by its header's address, which stays while it lives. What is
 * given to it must not lie in the stream that is changed.
 */
export class Streams {
  readonly groups: ConsumerGroups;
  readonly #arena: Arena;
  readonly #limits: StreamLimits;
  readonly #trees: IdTrees;
  readonly #listpack = new Listpack();
  /**
   * Where the last walk ended before its node did. A client that reads a stream part by part goes on
   * there, and has not to pass half a node each time. Whatever frees or moves a node forgets it.
   */
  #stop: Stop | undefined;

  constructor(arena: Arena, hashKey: HashKey, limits: StreamLimits) {
    this.#arena = arena;
    this.#limits = limits;
    this.#trees = new IdTrees(arena);
    this.groups = new ConsumerGroups(arena, hashKey, this.#trees);
  }

  /**
   * Makes an empty stream.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  create(): Address {
    const arena = this.#arena;
    const stream = arena.allocate(HEADER_SIZE);
    arena.words[segmentOf(stream)]!.fill(0, wordOf(stream), wordOf(stream) + HEADER_SIZE / 4);
    try {
      arena.setWord(stream, NODES, this.#trees.create());
    } catch (error) {
      arena.free(stream);
      throw error;
    }
    return stream;
  }

  /** Takes note that all streams are gone, since the arena was emptied. */
  forget(): void {
    this.#stop = undefined;
  }

  /** How many entries it has. */
  length(stream: Address): number {
    return this.#arena.float(stream, LENGTH);
  }

  /** Sets how many entries it has, for {@linkcode Streams.addNode}. */
  setLength(stream: Address, length: number): void {
    this.#arena.setFloat(stream, LENGTH, length);
  }

  /** The ID that was added last, though it may be deleted. */
  lastId(stream: Address): StreamId {
    return this.#id(stream, LAST_ID);
  }

  setLastId(stream: Address, id: StreamId): void {
    this.#setId(stream, LAST_ID, id);
  }

  /** The ID of the first entry; 0-0 if there is none. */
  firstId(stream: Address): StreamId {
    return this.#id(stream, FIRST_ID);
  }

  setFirstId(stream: Address, id: StreamId): void {
    this.#setId(stream, FIRST_ID, id);
  }

  /** The largest ID that was deleted (but not trimmed). */
  maxDeletedId(stream: Address): StreamId {
    return this.#id(stream, MAX_DELETED_ID);
  }

  setMaxDeletedId(stream: Address, id: StreamId): void {
    this.#setId(stream, MAX_DELETED_ID, id);
  }

  /** How many entries were ever added, of 64 bits. */
  entriesAdded(stream: Address): bigint {
    return readInt64(this.#arena.words[segmentOf(stream)]!, wordOf(stream) + ADDED);
  }

  setEntriesAdded(stream: Address, count: bigint): void {
    writeInt64(this.#arena.words[segmentOf(stream)]!, wordOf(stream) + ADDED, count);
  }

  /** Its consumer groups, as {@linkcode ConsumerGroups} knows them; 0 if it never had any. */
  groupsOf(stream: Address): Address {
    return this.#arena.word(stream, GROUPS);
  }

  /**
   * The same, made if need be.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  makeGroups(stream: Address): Address {
    const arena = this.#arena;
    if (arena.word(stream, GROUPS) === 0) arena.setWord(stream, GROUPS, this.groups.create());
    return arena.word(stream, GROUPS);
  }

  /** How many nodes it has, which are the keys of Redis' radix tree. */
  nodes(stream: Address): number {
    return this.#trees.size(this.#arena.word(stream, NODES));
  }

  /**
   * Adds an entry.
   *
   * @param id It must be above the last one.
   * @param elements Fields and values in turns, at most {@linkcode MAX_ENTRY_SIZE} bytes.
   * @throws {ArenaFullError} If there is no memory. The stream is as it was then.
   */
  append(stream: Address, id: StreamId, elements: readonly Slice[]): void {
    const arena = this.#arena;
    const listpack = this.#listpack;
    const count = elements.length >>> 1;
    let size = 0;
    for (const element of elements) size += element.length;
    const room = size + elements.length * MAX_OVERHEAD + MAX_ENTRY_OVERHEAD;
    const tail = arena.word(stream, TAIL);
    const isNew = tail === 0 || this.#isFull(tail, size);
    const node = isNew
      ? this.#addNode(stream, id, elements, room)
      : this.#reserve(stream, tail, room);
    const words = arena.words[segmentOf(node)]!;
    const bytes = arena.bytes[segmentOf(node)]!;
    const base = byteOf(node);
    const word = wordOf(node);
    const isSame = isNew || this.#hasFields(node, elements);
    let at = base + words[word + END]!;
    at = listpack.writeCount(bytes, at, isSame ? SAME_FIELDS : 0);
    // Differences of 64 bits.
    const ms = (id.msLow >>> 0) - (words[word + 1]! >>> 0);
    const seq = (id.seqLow >>> 0) - (words[word + 3]! >>> 0);
    const msHigh = (id.msHigh - words[word]! - (ms < 0 ? 1 : 0)) | 0;
    const seqHigh = (id.seqHigh - words[word + 2]! - (seq < 0 ? 1 : 0)) | 0;
    at = listpack.writeWords(bytes, at, msHigh, ms | 0);
    at = listpack.writeWords(bytes, at, seqHigh, seq | 0);
    if (!isSame) at = listpack.writeCount(bytes, at, count);
    for (let i = isSame ? 1 : 0; i < elements.length; i += isSame ? 2 : 1) {
      at = listpack.write(bytes, at, elements[i]!);
    }
    const length = isSame ? count + 3 : 2 * count + 4;
    at = listpack.writeCount(bytes, at, length);
    words[word + END] = at - base;
    words[word + COUNT]!++;
    words[word + ELEMENTS]! += length + 1;
    const entries = this.length(stream) + 1;
    this.setLength(stream, entries);
    incrementInt64(arena.words[segmentOf(stream)]!, wordOf(stream) + ADDED);
    this.setLastId(stream, id);
    if (entries === 1) this.setFirstId(stream, id);
  }

  /**
   * Shows entries one after another.
   *
   * @param first The smallest ID.
   * @param last The largest ID.
   * @param isReverse Whether to begin with the last.
   * @param visit It must not change the stream's entries.
   * @param withDeleted Whether to show deleted ones as well.
   */
  walk(
    stream: Address,
    first: StreamId,
    last: StreamId,
    isReverse: boolean,
    visit: EntryVisitor,
    withDeleted = false,
  ): void {
    const nodes = this.#arena.word(stream, NODES);
    const cursor = isReverse
      ? this.#trees.floor(nodes, last)
      : this.#trees.floor(nodes, first) ?? this.#trees.first(nodes);
    if (cursor === undefined) return;
    const entry = new StreamEntry(this.#listpack);
    const show = () => {
      if (entry.isDeleted && !withDeleted) return false;
      if (isReverse ? entry.compare(last) > 0 : entry.compare(first) < 0) return false;
      if (isReverse ? entry.compare(first) < 0 : entry.compare(last) > 0) return true;
      return visit(entry.id, entry) === true;
    };
    const stop = this.#stop;
    const isResumed = !isReverse && stop?.node === cursor.value && stop.id.compare(first) <= 0;
    let from = isResumed ? stop.at : undefined;
    do {
      const node = cursor.value;
      if (this.#walkNode(node, entry, isReverse, show, from)) {
        if (!isReverse) this.#stop = { node, id: entry.id, at: entry.start };
        return;
      }
      from = undefined;
    } while (isReverse ? cursor.previous() : cursor.next());
  }

  /** Whether there is an entry. */
  has(stream: Address, id: StreamId): boolean {
    let found = false;
    this.walk(stream, id, id, false, () => found = true);
    return found;
  }

  /** The ID of the last entry that is there; 0-0 if there is none. */
  lastPresentId(stream: Address): StreamId {
    let last = StreamId.MIN;
    this.walk(stream, StreamId.MIN, StreamId.MAX, true, (id) => {
      last = id;
      return true;
    });
    return last;
  }

  /** The ID of the first entry, though it be deleted, that takes room; the largest if there is none. */
  firstNodeId(stream: Address): StreamId {
    return this.#trees.first(this.#arena.word(stream, NODES))?.id ?? StreamId.MAX;
  }

  /**
   * Deletes an entry.
   *
   * @returns Whether it was there.
   */
  delete(stream: Address, id: StreamId): boolean {
    const arena = this.#arena;
    const cursor = this.#trees.floor(arena.word(stream, NODES), id);
    if (cursor === undefined) return false;
    const node = cursor.value;
    const entry = new StreamEntry(this.#listpack);
    let isFound = false;
    this.#walkNode(node, entry, false, () => {
      const order = entry.compare(id);
      isFound = order === 0 && !entry.isDeleted;
      return order >= 0;
    });
    if (!isFound) return false;
    this.#markDeleted(node, entry);
    if (arena.word(node, COUNT) === 0) this.#removeNode(stream, node);
    const length = this.length(stream) - 1;
    this.setLength(stream, length);
    if (id.compare(this.maxDeletedId(stream)) > 0) this.setMaxDeletedId(stream, id);
    if (length === 0 || id.compare(this.firstId(stream)) === 0) this.updateFirstId(stream);
    return true;
  }

  /**
   * Removes entries at the beginning.
   *
   * @returns How many were removed.
   */
  trim(stream: Address, { maxLength = Infinity, minId, approximate, limit }: Trim): number {
    const arena = this.#arena;
    const entry = new StreamEntry(this.#listpack);
    let length = this.length(stream);
    let removed = 0;
    while (minId !== undefined || length > maxLength) {
      const node = this.#trees.first(arena.word(stream, NODES))?.value;
      if (node === undefined) break;
      const count = arena.word(node, COUNT);
      if (removed + count > limit) break;
      const isWhole = minId === undefined
        ? length - count >= maxLength
        : this.#lastIdOf(node, entry).compare(minId) < 0;
      if (isWhole) {
        this.#removeNode(stream, node);
        removed += count;
        length -= count;
        continue;
      }
      if (!approximate) {
        this.#walkNode(node, entry, false, () => {
          if (minId === undefined ? length <= maxLength : entry.compare(minId) >= 0) return true;
          if (!entry.isDeleted) {
            this.#markDeleted(node, entry);
            removed++;
            length--;
          }
          return false;
        });
      }
      break;
    }
    this.setLength(stream, length);
    if (removed > 0) this.updateFirstId(stream);
    return removed;
  }

  /** How many nodes the radix tree has in which Redis would keep this stream's nodes by their IDs. */
  radixNodes(stream: Address): number {
    const nodes = this.#trees.first(this.#arena.word(stream, NODES));
    if (nodes === undefined) return 1;
    const ids = function* () {
      do yield nodes.id; while (nodes.next());
    };
    return countRadixNodes(ids());
  }

  /**
   * The nodes, each with the ID of its first entry and as Redis' listpack: what a snapshot holds. The
   * stream must not change meanwhile.
   */
  *listpacks(stream: Address): Generator<{ id: StreamId; listpack: Uint8Array }, void> {
    const cursor = this.#trees.first(this.#arena.word(stream, NODES));
    if (cursor === undefined) return;
    do yield { id: cursor.id, listpack: this.#toListpack(cursor.value) }; while (cursor.next());
  }

  /**
   * Adds a node as {@linkcode Streams.listpacks} has it, behind all others. The stream's length and IDs
   * stay as they are.
   *
   * @returns How many entries are there in it; -1 if the listpack is none of a stream's, and nothing has
   * changed.
   * @throws {ArenaFullError} If there is no memory. The stream is as it was then.
   */
  addNode(stream: Address, id: StreamId, { bytes, start, length }: Slice): number {
    const arena = this.#arena;
    const listpack = this.#listpack;
    const end = start + length - 1;
    const elements = countElements(bytes, start, length);
    if (elements < 4) return -1;
    let at = listpack.readInteger(bytes, start + LISTPACK_HEADER);
    const count = listpack.low;
    at = listpack.readInteger(bytes, at);
    const deleted = listpack.low;
    const first = at;
    at = listpack.readInteger(bytes, at);
    const fields = listpack.low;
    if (count < 0 || deleted < 0 || fields < 0) return -1;
    for (let i = 0; i <= fields && at < end; i++) at = elementAfter(bytes, at);
    const size = NODE_HEADER + end - first;
    const node = arena.allocate(size);
    const words = arena.words[segmentOf(node)]!;
    const word = wordOf(node);
    writeId(words, word, id);
    words[word + COUNT] = count;
    words[word + DELETED] = deleted;
    words[word + END] = size;
    words[word + ENTRIES] = NODE_HEADER + at - first;
    words[word + FIELDS] = fields;
    words[word + ELEMENTS] = elements - 2;
    arena.bytes[segmentOf(node)]!.set(bytes.subarray(first, end), byteOf(node) + NODE_HEADER);
    if (!this.#isValid(node)) {
      arena.free(node);
      return -1;
    }
    this.#linkNode(stream, id, node);
    return count;
  }

  /**
   * Makes a stream of the same entries and groups.
   *
   * @throws {ArenaFullError} If there is no memory. Nothing has changed then.
   */
  copy(stream: Address): Address {
    const arena = this.#arena;
    const copied = this.create();
    try {
      const cursor = this.#trees.first(arena.word(stream, NODES));
      if (cursor !== undefined) {
        do this.#linkNode(copied, cursor.id, this.#copyNode(cursor.value)); while (cursor.next());
      }
      const groups = this.groupsOf(stream);
      if (groups !== 0) this.groups.copy(groups, this.makeGroups(copied));
    } catch (error) {
      this.destroy(copied);
      throw error;
    }
    const words = arena.words[segmentOf(copied)]!;
    const from = wordOf(stream);
    words.set(
      arena.words[segmentOf(stream)]!.subarray(from, from + NODES),
      wordOf(copied),
    );
    return copied;
  }

  /** Gives a stream back. */
  destroy(stream: Address): void {
    this.clear(stream, Infinity);
  }

  /**
   * Gives a stream back, a part at a time. It must not be used otherwise once this has begun.
   *
   * @param limit About how many nodes and pending entries to give back at the most.
   * @returns How many are left, about; 0 if the stream is gone.
   */
  clear(stream: Address, limit: number): number {
    const arena = this.#arena;
    this.#stop = undefined;
    const nodes = arena.word(stream, NODES);
    if (nodes !== 0) {
      const size = this.#trees.size(nodes);
      const left = this.#trees.clear(nodes, limit, (node) => arena.free(node));
      if (left > 0) return left;
      arena.setWord(stream, NODES, 0);
      limit -= size;
    }
    const groups = this.groupsOf(stream);
    if (groups !== 0) {
      const left = this.groups.clear(groups, limit);
      if (left > 0) return left;
    }
    arena.free(stream);
    return 0;
  }

  /** How many bytes it takes. */
  memory(stream: Address): number {
    const arena = this.#arena;
    const nodes = arena.word(stream, NODES);
    let bytes = HEADER_SIZE + this.#trees.memory(nodes);
    const cursor = this.#trees.first(nodes);
    if (cursor !== undefined) {
      do bytes += arena.capacity(cursor.value); while (cursor.next());
    }
    const groups = this.groupsOf(stream);
    return groups === 0 ? bytes : bytes + this.groups.memory(groups);
  }

  /**
   * Takes note that a group has been given the entry of an ID that is above its last one, and counts it
   * where that can be known.
   */
  advance(stream: Address, group: Address, id: StreamId): void {
    const { groups } = this;
    if (groups.hasRead(group) && !this.#hasDeletedFrom(stream, id)) {
      groups.countRead(group);
    } else if (this.entriesAdded(stream) !== 0n) {
      groups.setEntriesRead(group, this.entriesUpTo(stream, id) ?? UNKNOWN_READ);
    }
    groups.setLastId(group, id);
  }

  /** How many entries a group has still to be given; `undefined` if that is not known. */
  lag(stream: Address, group: Address): bigint | undefined {
    const { groups } = this;
    const added = this.entriesAdded(stream);
    if (added === 0n) return 0n;
    const last = groups.lastId(group);
    const read = groups.hasRead(group) && !this.#hasDeletedFrom(stream, last)
      ? groups.entriesRead(group)
      : this.entriesUpTo(stream, last);
    return read === undefined ? undefined : BigInt.asIntN(64, added - read);
  }

  /** Whether an entry may be deleted that is not below an ID. */
  #hasDeletedFrom(stream: Address, id: StreamId): boolean {
    const deleted = this.maxDeletedId(stream);
    return this.length(stream) > 0 && !deleted.isZero &&
      this.firstId(stream).compare(deleted) <= 0 && id.compare(deleted) <= 0;
  }

  /** How many entries were ever added up to an ID; `undefined` if that is not known. */
  entriesUpTo(stream: Address, id: StreamId): bigint | undefined {
    const added = this.entriesAdded(stream);
    const length = this.length(stream);
    const order = id.compare(this.lastId(stream));
    if (added === 0n || order === 0 || length === 0 && order < 0) return added;
    if (order > 0) return undefined;
    const first = this.firstId(stream);
    // With nothing deleted among those that are there.
    if (this.maxDeletedId(stream).compare(first) >= 0) return undefined;
    const orderToFirst = id.compare(first);
    if (orderToFirst > 0) return undefined;
    return BigInt.asIntN(64, added - BigInt(length) + (orderToFirst === 0 ? 1n : 0n));
  }

  #id(stream: Address, word: number): StreamId {
    return readId(this.#arena.words[segmentOf(stream)]!, wordOf(stream) + word);
  }

  #setId(stream: Address, word: number, id: StreamId): void {
    writeId(this.#arena.words[segmentOf(stream)]!, wordOf(stream) + word, id);
  }

  /** Looks up the first entry that is there. */
  updateFirstId(stream: Address): void {
    let first = StreamId.MIN;
    this.walk(stream, StreamId.MIN, StreamId.MAX, false, (id) => {
      first = id;
      return true;
    });
    this.setFirstId(stream, first);
  }

  /**
   * Shows the entries of a node until `show` returns true. Returns whether it did.
   *
   * @param from Where to begin, if not in reverse. Default: at the first entry.
   */
  #walkNode(
    node: Address,
    entry: StreamEntry,
    isReverse: boolean,
    show: () => boolean,
    from?: number,
  ): boolean {
    const words = this.#arena.words[segmentOf(node)]!;
    const bytes = this.#arena.bytes[segmentOf(node)]!;
    const word = wordOf(node);
    const base = byteOf(node);
    const fields = elementAfter(bytes, base + NODE_HEADER);
    let at = from ?? base + words[word + ENTRIES]!;
    let end = base + words[word + END]!;
    while (at < end) {
      if (!isReverse) {
        entry.load(bytes, at, words, word, fields);
        if (show()) return true;
        at = entry.finish();
      } else {
        end = this.#startOf(bytes, end);
        entry.load(bytes, end, words, word, fields);
        if (show()) return true;
      }
    }
    return false;
  }

  /** Where the entry begins that ends at a place. */
  #startOf(bytes: Uint8Array, end: number): number {
    let at = elementBefore(bytes, end);
    this.#listpack.readInteger(bytes, at);
    for (let left = this.#listpack.low; left > 0; left--) at = elementBefore(bytes, at);
    return at;
  }

  /** The last ID in a node, whether it is deleted or not. */
  #lastIdOf(node: Address, entry: StreamEntry): StreamId {
    return this.#walkNode(node, entry, true, () => true) ? entry.id : StreamId.MIN;
  }

  #markDeleted(node: Address, entry: StreamEntry): void {
    const arena = this.#arena;
    // Flags are integers of one byte.
    arena.bytes[segmentOf(node)]![entry.start]! |= IS_DELETED;
    arena.setWord(node, COUNT, arena.word(node, COUNT) - 1);
    arena.setWord(node, DELETED, arena.word(node, DELETED) + 1);
  }

  /** How many bytes a node takes as a listpack. */
  #listpackSize(node: Address): number {
    const arena = this.#arena;
    return LISTPACK_HEADER + sizeOfCount(arena.word(node, COUNT)) +
      sizeOfCount(arena.word(node, DELETED)) + arena.word(node, END) - NODE_HEADER + 1;
  }

  /** Whether an entry of so many bytes begins a new node. */
  #isFull(node: Address, size: number): boolean {
    const arena = this.#arena;
    const { streamNodeMaxBytes, streamNodeMaxEntries } = this.#limits;
    const maxBytes = Math.min(streamNodeMaxBytes || MAX_ENTRY_SIZE, MAX_ENTRY_SIZE);
    return this.#listpackSize(node) + size >= maxBytes ||
      (streamNodeMaxEntries > 0 &&
        arena.word(node, COUNT) + arena.word(node, DELETED) >= streamNodeMaxEntries);
  }

  /** Whether the fields of an entry are those at the beginning of a node. */
  #hasFields(node: Address, elements: readonly Slice[]): boolean {
    const arena = this.#arena;
    const bytes = arena.bytes[segmentOf(node)]!;
    if (elements.length !== 2 * arena.word(node, FIELDS)) return false;
    let at = elementAfter(bytes, byteOf(node) + NODE_HEADER);
    for (let i = 0; i < elements.length; i += 2) {
      if (!this.#listpack.read(bytes, at).equals(elements[i]!)) return false;
      at = elementAfter(bytes, at);
    }
    return true;
  }

  /** Makes sure that the last node has so much room. Returns where it is now. */
  #reserve(stream: Address, node: Address, room: number): Address {
    const arena = this.#arena;
    const end = arena.word(node, END);
    const capacity = arena.capacity(node);
    if (end + room <= capacity) return node;
    const size = Math.max(end + room, Math.min(2 * capacity, MAX_ROOM));
    return this.#resizeTail(stream, node, size);
  }

  #resizeTail(stream: Address, node: Address, size: number): Address {
    const arena = this.#arena;
    const moved = arena.resize(node, arena.word(node, END), size);
    if (moved !== node) {
      this.#stop = undefined;
      const id = this.#id(moved, 0);
      this.#trees.set(arena.word(stream, NODES), id, moved);
      arena.setWord(stream, TAIL, moved);
    }
    return moved;
  }

  /** Adds a node for an entry, with its fields and no entry yet. */
  #addNode(stream: Address, id: StreamId, elements: readonly Slice[], room: number): Address {
    const arena = this.#arena;
    const listpack = this.#listpack;
    const tail = arena.word(stream, TAIL);
    const least = NODE_HEADER + 2 * room;
    const node = arena.allocate(tail === 0 ? least : Math.max(least, FIRST_ROOM));
    const words = arena.words[segmentOf(node)]!;
    const bytes = arena.bytes[segmentOf(node)]!;
    const word = wordOf(node);
    let at = listpack.writeCount(bytes, byteOf(node) + NODE_HEADER, elements.length >>> 1);
    for (let i = 0; i < elements.length; i += 2) at = listpack.write(bytes, at, elements[i]!);
    at = listpack.writeCount(bytes, at, 0);
    writeId(words, word, id);
    words[word + COUNT] = words[word + DELETED] = 0;
    words[word + END] = words[word + ENTRIES] = at - byteOf(node);
    words[word + FIELDS] = elements.length >>> 1;
    words[word + ELEMENTS] = words[word + FIELDS]! + 2;
    this.#linkNode(stream, id, node);
    return node;
  }

  /** Makes a node the last one, or gives it back if there is no memory for that. */
  #linkNode(stream: Address, id: StreamId, node: Address): void {
    const arena = this.#arena;
    const tail = arena.word(stream, TAIL);
    try {
      this.#trees.insert(arena.word(stream, NODES), id, node);
    } catch (error) {
      arena.free(node);
      throw error;
    }
    // Nothing is added to the one before any more.
    if (tail !== 0) this.#resizeTail(stream, tail, arena.word(tail, END));
    arena.setWord(stream, TAIL, node);
  }

  #removeNode(stream: Address, node: Address): void {
    const arena = this.#arena;
    this.#stop = undefined;
    const nodes = arena.word(stream, NODES);
    this.#trees.remove(nodes, this.#id(node, 0));
    if (arena.word(stream, TAIL) === node) {
      arena.setWord(stream, TAIL, this.#trees.last(nodes)?.value ?? 0);
    }
    arena.free(node);
  }

  #copyNode(node: Address): Address {
    const arena = this.#arena;
    const size = arena.word(node, END);
    const copied = arena.allocate(size);
    const from = byteOf(node);
    arena.bytes[segmentOf(copied)]!.set(
      arena.bytes[segmentOf(node)]!.subarray(from, from + size),
      byteOf(copied),
    );
    return copied;
  }

  #toListpack(node: Address): Uint8Array {
    const arena = this.#arena;
    const listpack = this.#listpack;
    const size = this.#listpackSize(node);
    const bytes = new Uint8Array(size);
    writeListpackHeader(bytes, arena.word(node, ELEMENTS) + 2);
    let at = listpack.writeCount(bytes, LISTPACK_HEADER, arena.word(node, COUNT));
    at = listpack.writeCount(bytes, at, arena.word(node, DELETED));
    const from = byteOf(node) + NODE_HEADER;
    const end = byteOf(node) + arena.word(node, END);
    bytes.set(arena.bytes[segmentOf(node)]!.subarray(from, end), at);
    bytes[size - 1] = LISTPACK_END;
    return bytes;
  }

  /** Whether a node from elsewhere is made of entries, as many as it says. */
  #isValid(node: Address): boolean {
    const arena = this.#arena;
    const bytes = arena.bytes[segmentOf(node)]!;
    const listpack = this.#listpack;
    const end = byteOf(node) + arena.word(node, END);
    let at = byteOf(node) + arena.word(node, ENTRIES);
    let [count, deleted] = [arena.word(node, COUNT), arena.word(node, DELETED)];
    while (at < end) {
      const integers: number[] = [];
      // The flags are changed in place.
      if (bytes[at]! > (IS_DELETED | SAME_FIELDS)) return false;
      const read = () => {
        if (at >= end || !isInteger(bytes, at)) return false;
        at = listpack.readInteger(bytes, at);
        integers.push(listpack.low);
        return true;
      };
      if (!read() || !read() || !read()) return false;
      const [flags = 0] = integers;
      const isSame = (flags & SAME_FIELDS) !== 0;
      if (!isSame && !read()) return false;
      const fields = isSame ? arena.word(node, FIELDS) : integers[3]!;
      const elements = isSame ? fields : 2 * fields;
      if (fields < 0) return false;
      for (let i = 0; i < elements && at < end; i++) at = elementAfter(bytes, at);
      if (!read() || integers.at(-1) !== elements + integers.length - 1) return false;
      if ((flags & IS_DELETED) !== 0) deleted--;
      else count--;
    }
    return at === end && count === 0 && deleted === 0;
  }
}

/** How many bytes two IDs have in common at their beginning. */
function commonBytes(a: StreamId, b: StreamId): number {
  const words = [
    a.msHigh ^ b.msHigh,
    a.msLow ^ b.msLow,
    a.seqHigh ^ b.seqHigh,
    a.seqLow ^ b.seqLow,
  ];
  const word = words.findIndex((bits) => bits !== 0);
  return 4 * word + (Math.clz32(words[word]!) >>> 3);
}

/** The bytes of an ID. */
const ID_BYTES = 16;

/**
 * How many nodes a radix tree has that holds some IDs: one for each ID, one for each place where some go
 * different ways, and one for each stretch of bytes between these.
 *
 * @param ids At least one, in their order.
 */
function countRadixNodes(ids: Iterable<StreamId>): number {
  let nodes = 0;
  /** The branches above the last ID, by the number of bytes that lead to them. */
  const branches: number[] = [];
  const stretch = (above: number, below: number) => below - above > 1 ? 1 : 0;
  /** Counts what is below a place that is not passed again. */
  const close = (common: number) => {
    let below = ID_BYTES;
    while ((branches.at(-1) ?? -1) > common) {
      const branch = branches.pop()!;
      nodes += 1 + stretch(branch, below);
      below = branch;
    }
    if (common >= 0 && branches.at(-1) !== common) branches.push(common);
    nodes += stretch(common, below);
  };
  let last: StreamId | undefined;
  for (const id of ids) {
    nodes++;
    if (last !== undefined) close(commonBytes(last, id));
    last = id;
  }
  // The root is no branch of its own: what leads to the first one is a stretch as well.
  close(-1);
  return nodes;
}
