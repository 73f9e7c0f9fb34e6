/**
 * The consumer groups of streams: who reads, and which entries they were given and have not acknowledged.
 *
 *     groups     a table of groups by name
 *     group      HASH | NEXT | KEY_LENGTH | PENDING | LAST_ID | ENTRIES_READ | CONSUMERS | the name
 *     consumer   HASH | NEXT | KEY_LENGTH | PENDING | SEEN_TIME (float64) | the name
 *     pending    TIME (float64) | DELIVERIES | CONSUMER
 *
 * PENDING is a tree from IDs to what is pending. Each of these is in its group's and in its consumer's.
 *
 * @module
 */

import { type Address, type Arena, segmentOf, wordOf } from "./arena.ts";
import { Dict, ENTRY_WORDS } from "./dict.ts";
import type { HashKey } from "./hash.ts";
import type { IdCursor, IdTrees } from "./id_tree.ts";
import { incrementInt64, readInt64, writeInt64 } from "./int64.ts";
import type { Slice } from "./slice.ts";
import { ID_WORDS, readId, StreamId, writeId } from "./stream_id.ts";

/** Words of a group and of a consumer. */
const PENDING = ENTRY_WORDS;
/** Words of a group. */
const LAST_ID = PENDING + 1;
const ENTRIES_READ = LAST_ID + ID_WORDS;
const CONSUMERS = ENTRIES_READ + 2;
const GROUP_NAME = (CONSUMERS + 1) * 4;
/** The float64 of a consumer at which it was last seen, after the word of PENDING. */
const SEEN_TIME = 2;
const CONSUMER_NAME = (SEEN_TIME + 1) * 8;

/** The float64 and the words of what is pending. */
const TIME = 0;
const DELIVERIES = 2;
const CONSUMER = 4;
const PENDING_SIZE = 20;

/** In place of how many entries a group has read, where that is not known. */
export const UNKNOWN_READ = -1n;

/** Gives back a part, of about so many steps. Returns how much is left; 0 if all is gone. */
type Release = (limit: number) => number;

/** What a group has beside its entry. */
interface Parts {
  /** The table of consumers; 0 when it is gone. */
  consumers: Address;
  readonly pending: Address;
}

/**
 * The groups of all streams of an arena. Those of one stream are known by their table's address, groups,
 * consumers and what is pending by the addresses of their own, which stay while they live.
 */
export class ConsumerGroups {
  readonly #arena: Arena;
  readonly #trees: IdTrees;
  readonly #groups: Dict;
  readonly #consumers: Dict;

  constructor(arena: Arena, hashKey: HashKey, trees: IdTrees) {
    this.#arena = arena;
    this.#trees = trees;
    this.#groups = new Dict(arena, GROUP_NAME, hashKey);
    this.#consumers = new Dict(arena, CONSUMER_NAME, hashKey);
  }

  /** Makes an empty table. */
  create(): Address {
    return this.#groups.create();
  }

  /** How many groups there are. The table may be 0 here, for none. */
  size(groups: Address): number {
    return groups === 0 ? 0 : this.#groups.size(groups);
  }

  /** A group by its name, or 0. The table may be 0 here, for none. */
  find(groups: Address, name: Slice): Address {
    return groups === 0 ? 0 : this.#groups.find(groups, name);
  }

  /** The groups in the order of their names. The table may be 0 here, for none. */
  sorted(groups: Address): Address[] {
    return groups === 0 ? [] : this.#sorted(this.#groups, groups);
  }

  /** A group's name. */
  name(group: Address): Slice {
    return this.#groups.key(group);
  }

  /**
   * Adds a group whose name is not there.
   *
   * @throws {ArenaFullError} If there is no memory, as do all that add. Nothing has changed then.
   */
  add(groups: Address, name: Slice, lastId: StreamId, entriesRead: bigint): Address {
    const arena = this.#arena;
    const pending = this.#trees.create();
    let consumers = 0;
    let group: Address;
    try {
      consumers = this.#consumers.create();
      group = this.#groups.insert(groups, name);
    } catch (error) {
      if (consumers !== 0) this.#consumers.destroy(consumers);
      this.#trees.destroy(pending);
      throw error;
    }
    arena.setWord(group, PENDING, pending);
    arena.setWord(group, CONSUMERS, consumers);
    this.setLastId(group, lastId);
    this.setEntriesRead(group, entriesRead);
    return group;
  }

  /**
   * Removes a group.
   *
   * @returns What gives back all that it had, which may be much.
   */
  remove(groups: Address, group: Address): Release {
    const parts = this.#parts(group);
    this.#groups.remove(groups, group);
    return (limit) => this.#clearParts(parts, limit);
  }

  /** The last ID that was given to a consumer of the group. */
  lastId(group: Address): StreamId {
    return readId(this.#arena.words[segmentOf(group)]!, wordOf(group) + LAST_ID);
  }

  setLastId(group: Address, id: StreamId): void {
    writeId(this.#arena.words[segmentOf(group)]!, wordOf(group) + LAST_ID, id);
  }

  /** How many entries were given to the group, or {@linkcode UNKNOWN_READ}. */
  entriesRead(group: Address): bigint {
    return readInt64(this.#arena.words[segmentOf(group)]!, wordOf(group) + ENTRIES_READ);
  }

  setEntriesRead(group: Address, count: bigint): void {
    writeInt64(this.#arena.words[segmentOf(group)]!, wordOf(group) + ENTRIES_READ, count);
  }

  /** Whether it is known how many entries were given to the group. */
  hasRead(group: Address): boolean {
    const arena = this.#arena;
    return (arena.word(group, ENTRIES_READ) & arena.word(group, ENTRIES_READ + 1)) !== -1;
  }

  /** Counts one more. */
  countRead(group: Address): void {
    incrementInt64(this.#arena.words[segmentOf(group)]!, wordOf(group) + ENTRIES_READ);
  }

  /** How many consumers a group has. */
  consumerCount(group: Address): number {
    return this.#consumers.size(this.#arena.word(group, CONSUMERS));
  }

  /** A consumer by its name, or 0. */
  findConsumer(group: Address, name: Slice): Address {
    return this.#consumers.find(this.#arena.word(group, CONSUMERS), name);
  }

  /** The consumers of a group in the order of their names. */
  sortedConsumers(group: Address): Address[] {
    return this.#sorted(this.#consumers, this.#arena.word(group, CONSUMERS));
  }

  /** A consumer's name. */
  consumerName(consumer: Address): Slice {
    return this.#consumers.key(consumer);
  }

  /**
   * Adds a consumer whose name is not there.
   *
   * @param seenTime In milliseconds since 1970.
   */
  addConsumer(group: Address, name: Slice, seenTime: number): Address {
    const arena = this.#arena;
    const pending = this.#trees.create();
    let consumer: Address;
    try {
      consumer = this.#consumers.insert(arena.word(group, CONSUMERS), name);
    } catch (error) {
      this.#trees.destroy(pending);
      throw error;
    }
    arena.setWord(consumer, PENDING, pending);
    this.setSeenTime(consumer, seenTime);
    return consumer;
  }

  /** Removes a consumer, with what it has not acknowledged. Returns how much that was. */
  removeConsumer(group: Address, consumer: Address): number {
    const arena = this.#arena;
    const pending = arena.word(consumer, PENDING);
    const count = this.#trees.size(pending);
    const cursor = this.#trees.first(pending);
    if (cursor !== undefined) {
      do {
        this.#trees.remove(arena.word(group, PENDING), cursor.id);
        arena.free(cursor.value);
      } while (cursor.next());
    }
    this.#trees.destroy(pending);
    this.#consumers.remove(arena.word(group, CONSUMERS), consumer);
    return count;
  }

  /** When a consumer was last heard of, in milliseconds since 1970. */
  seenTime(consumer: Address): number {
    return this.#arena.float(consumer, SEEN_TIME);
  }

  setSeenTime(consumer: Address, time: number): void {
    this.#arena.setFloat(consumer, SEEN_TIME, time);
  }

  /** How much is pending of a group or a consumer. */
  pendingCount(owner: Address): number {
    return this.#trees.size(this.#arena.word(owner, PENDING));
  }

  /** What of a group or a consumer is pending from an ID on: IDs, and the addresses of what is pending. */
  pendingFrom(owner: Address, id: StreamId): IdCursor | undefined {
    return this.#trees.ceiling(this.#arena.word(owner, PENDING), id);
  }

  /** The last that is pending of a group or a consumer. */
  lastPending(owner: Address): IdCursor | undefined {
    return this.#trees.last(this.#arena.word(owner, PENDING));
  }

  /** What is pending of a group with an ID, or 0. */
  findPending(group: Address, id: StreamId): Address {
    return this.#trees.find(this.#arena.word(group, PENDING), id);
  }

  /**
   * Adds something that is not yet pending in the group.
   *
   * @param time When it was delivered, in milliseconds since 1970.
   * @param deliveries How often.
   */
  addPending(
    group: Address,
    consumer: Address,
    id: StreamId,
    time: number,
    deliveries = 1n,
  ): Address {
    const arena = this.#arena;
    const pending = arena.allocate(PENDING_SIZE);
    arena.setWord(pending, CONSUMER, consumer);
    this.setDeliveryTime(pending, time);
    this.setDeliveries(pending, deliveries);
    try {
      this.#trees.insert(arena.word(group, PENDING), id, pending);
      this.#insertOrUndo(group, consumer, id, pending);
    } catch (error) {
      arena.free(pending);
      throw error;
    }
    return pending;
  }

  /** Removes what is pending with an ID. Returns whether there was anything. */
  removePending(group: Address, id: StreamId): boolean {
    const arena = this.#arena;
    const pending = this.#trees.remove(arena.word(group, PENDING), id);
    if (pending === 0) return false;
    this.#trees.remove(arena.word(this.consumerOf(pending), PENDING), id);
    arena.free(pending);
    return true;
  }

  /** Gives what is pending with an ID to a consumer. */
  assign(pending: Address, id: StreamId, consumer: Address): void {
    const arena = this.#arena;
    const owner = this.consumerOf(pending);
    if (owner === consumer) return;
    this.#trees.insert(arena.word(consumer, PENDING), id, pending);
    this.#trees.remove(arena.word(owner, PENDING), id);
    arena.setWord(pending, CONSUMER, consumer);
  }

  /** Whom something that is pending was given to. */
  consumerOf(pending: Address): Address {
    return this.#arena.word(pending, CONSUMER);
  }

  /** When it was delivered last, in milliseconds since 1970. */
  deliveryTime(pending: Address): number {
    return this.#arena.float(pending, TIME);
  }

  setDeliveryTime(pending: Address, time: number): void {
    this.#arena.setFloat(pending, TIME, time);
  }

  /** How often it was delivered, of 64 bits. */
  deliveries(pending: Address): bigint {
    return readInt64(this.#arena.words[segmentOf(pending)]!, wordOf(pending) + DELIVERIES);
  }

  setDeliveries(pending: Address, count: bigint): void {
    writeInt64(this.#arena.words[segmentOf(pending)]!, wordOf(pending) + DELIVERIES, count);
  }

  /** Counts one more. */
  countDelivery(pending: Address): void {
    incrementInt64(this.#arena.words[segmentOf(pending)]!, wordOf(pending) + DELIVERIES);
  }

  /** Adds the same groups to an empty table. If there is no memory, some of them are there. */
  copy(from: Address, to: Address): void {
    for (const group of this.sorted(from)) {
      const added = this.add(to, this.name(group), this.lastId(group), this.entriesRead(group));
      const consumers = new Map<Address, Address>();
      for (const consumer of this.sortedConsumers(group)) {
        const time = this.seenTime(consumer);
        consumers.set(consumer, this.addConsumer(added, this.consumerName(consumer), time));
      }
      const cursor = this.pendingFrom(group, StreamId.MIN);
      if (cursor === undefined) continue;
      do {
        const pending = cursor.value;
        const consumer = consumers.get(this.consumerOf(pending)) ?? 0;
        const time = this.deliveryTime(pending);
        this.addPending(added, consumer, cursor.id, time, this.deliveries(pending));
      } while (cursor.next());
    }
  }

  /** Gives a table and its groups back, a part at a time, as {@linkcode IdTrees.clear} does. */
  clear(groups: Address, limit: number): number {
    for (let group; (group = this.#any(this.#groups, groups)) !== 0;) {
      const size = this.pendingCount(group) + 1;
      const parts = this.#parts(group);
      const left = this.#clearParts(parts, limit);
      this.#arena.setWord(group, CONSUMERS, parts.consumers);
      if (left > 0) return left;
      this.#groups.remove(groups, group);
      limit -= size;
    }
    this.#groups.destroy(groups);
    return 0;
  }

  /** How many bytes a table and its groups take. */
  memory(groups: Address): number {
    const arena = this.#arena;
    let bytes = this.#groups.tableSize(groups);
    this.#groups.walk(groups, (group) => {
      const { pending, consumers } = this.#parts(group);
      bytes += this.#groups.entrySize(group) + this.#trees.memory(pending) +
        this.#consumers.tableSize(consumers);
      const first = this.#trees.first(pending);
      if (first !== undefined) bytes += this.#trees.size(pending) * arena.capacity(first.value);
      this.#consumers.walk(consumers, (consumer) => {
        bytes += this.#consumers.entrySize(consumer) +
          this.#trees.memory(arena.word(consumer, PENDING));
      });
    });
    return bytes;
  }

  #parts(group: Address): Parts {
    const arena = this.#arena;
    return { consumers: arena.word(group, CONSUMERS), pending: arena.word(group, PENDING) };
  }

  #clearParts(parts: Parts, limit: number): number {
    const arena = this.#arena;
    while (parts.consumers !== 0) {
      const consumer = this.#any(this.#consumers, parts.consumers);
      if (consumer === 0) {
        this.#consumers.destroy(parts.consumers);
        parts.consumers = 0;
        break;
      }
      if (limit <= 0) return this.#trees.size(parts.pending) + 1;
      const pending = arena.word(consumer, PENDING);
      const size = this.#trees.size(pending) + 1;
      // What is pending is also in the group's.
      const left = this.#trees.clear(pending, limit, () => {});
      if (left > 0) return left;
      this.#consumers.remove(parts.consumers, consumer);
      limit -= size;
    }
    return this.#trees.clear(parts.pending, limit, (pending) => arena.free(pending));
  }

  #insertOrUndo(group: Address, consumer: Address, id: StreamId, pending: Address): void {
    try {
      this.#trees.insert(this.#arena.word(consumer, PENDING), id, pending);
    } catch (error) {
      this.#trees.remove(this.#arena.word(group, PENDING), id);
      throw error;
    }
  }

  /** Some entry of a table, or 0. */
  #any(table: Dict, root: Address): Address {
    let any = 0;
    table.walk(root, (entry) => {
      any = entry;
      return true;
    });
    return any;
  }

  #sorted(table: Dict, root: Address): Address[] {
    const entries: Address[] = [];
    table.walk(root, (entry) => void entries.push(entry));
    return entries.sort((a, b) => table.key(a).compare(table.key(b)));
  }
}
