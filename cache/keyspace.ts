/**
 * One database: what commands share. They never touch its table, but look keys up for reading or for
 * writing, add, remove and expire them here, and say what they have changed. So expiry, the check of the
 * type, statistics, idle times, watched keys and notifications have one place each.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { CommandError, WRONG_TYPE } from "./commands/error.ts";
import type { Engine } from "./engine.ts";
import { Deadlines } from "./expiry.ts";
import {
  type CollectionType,
  LIST,
  META,
  type Objects,
  PLACE,
  STREAM,
  STRING,
  STRING_PLAIN,
  type Type,
  VALUE_WORDS,
} from "./objects.ts";
import { type Address, ArenaFullError } from "./store/arena.ts";
import type { Collection } from "./store/collection.ts";
import { latin1Slice, type Slice } from "./store/slice.ts";

/** One database. An entry's address is good until its key is removed. */
export class Keyspace {
  readonly engine: Engine;
  readonly objects: Objects;
  /** Its number, which `SWAPDB` leaves with the clients. */
  readonly index: number;
  /** The table of its keys. */
  table: Address;
  /** When its keys expire. */
  deadlines: Deadlines;
  /** Who watches which of its keys. */
  readonly watchers: Map<string, Set<Client>> = new Map();

  constructor(engine: Engine, index: number) {
    this.engine = engine;
    this.objects = engine.objects;
    this.index = index;
    this.table = this.objects.keys.create();
    this.deadlines = new Deadlines(this.objects.arena, PLACE);
  }

  /** How many keys it has, with those that have expired but were not yet looked at. */
  get size(): number {
    return this.objects.keys.size(this.table);
  }

  /** The entry of a key that has not expired, or 0. Leaves statistics and idle times as they are. */
  find(key: Slice): Address {
    const { arena, keys } = this.objects;
    const entry = keys.find(this.table, key);
    if (entry !== 0 && arena.word(entry, PLACE) !== 0 && this.hasExpired(entry)) {
      const { engine } = this;
      // For a master a key is there until it says that it is not.
      if (engine.isReplica && engine.current?.isMaster) return entry;
      if (!engine.keepsExpired) this.expireNow(entry);
      return 0;
    }
    return entry;
  }

  /** Whether a key is there, though its time be over. */
  holds(key: Slice): boolean {
    return this.objects.keys.find(this.table, key) !== 0;
  }

  /** Whether a key is there whose time is over. */
  isOver(key: Slice): boolean {
    const { arena, keys } = this.objects;
    const entry = keys.find(this.table, key);
    return entry !== 0 && arena.word(entry, PLACE) !== 0 && this.hasExpired(entry);
  }

  /**
   * Looks a key up to read it.
   *
   * @param type The only type that will do. Default: any.
   * @throws {CommandError} `WRONGTYPE …` if the value is of another type.
   */
  read(key: Slice, type?: Type): Address {
    const entry = this.peek(key);
    if (entry !== 0) this.#use(entry, type);
    return entry;
  }

  /** Looks a key up to read something about it: it does not count as used then. */
  peek(key: Slice): Address {
    const entry = this.find(key);
    const { stats } = this.engine;
    if (entry === 0) {
      stats.keyspaceMisses++;
      this.notify("m", "keymiss", key);
    } else {
      stats.keyspaceHits++;
    }
    return entry;
  }

  /**
   * Looks a key up to change it.
   *
   * @param type The only type that will do. Default: any.
   * @throws {CommandError} `WRONGTYPE …` if the value is of another type.
   */
  write(key: Slice, type?: Type): Address {
    const entry = this.find(key);
    if (entry !== 0) {
      this.#use(entry, type);
      this.beforeChange(entry);
    }
    return entry;
  }

  /** Says that an entry is about to change, which was not looked up for that. */
  beforeChange(entry: Address): void {
    const { saving } = this.engine;
    if (saving !== undefined) saving.before(this, entry);
  }

  /**
   * Adds a key that is not there. Its value is undefined: the caller gives it one at once.
   *
   * @returns The new entry.
   */
  add(key: Slice, type: Type): Address {
    const { arena, keys } = this.objects;
    const entry = keys.insert(this.table, key);
    arena.setWord(entry, META, type | this.engine.newUse << 8);
    arena.setWord(entry, PLACE, 0);
    if (this.engine.saving !== undefined) this.engine.saving.added(entry);
    this.engine.blocking.signal(this, key, type);
    this.notify("n", "new", key);
    return entry;
  }

  /**
   * Sets a key to a string, whatever it held, and takes its deadline back unless that is kept.
   *
   * @param entry The key's entry, or 0.
   * @returns The entry as it is now.
   */
  setString(
    key: Slice,
    value: Slice,
    entry: Address = this.write(key),
    keepDeadline = false,
  ): Address {
    const { objects } = this;
    if (entry !== 0) {
      this.beforeChange(entry);
      if (!keepDeadline) this.persist(entry);
    }
    if (entry !== 0 && objects.type(entry) === STRING) {
      objects.values.set(entry, value);
      objects.setEncoding(entry, STRING_PLAIN);
      return entry;
    }
    if (entry === 0) {
      entry = this.add(key, STRING);
    } else {
      this.#free(entry);
      objects.setType(entry, STRING);
    }
    try {
      objects.values.init(entry, value);
    } catch (error) {
      // There is no memory for the value: then there is no key without one.
      this.persist(entry);
      objects.keys.remove(this.table, entry);
      throw error;
    }
    return entry;
  }

  /**
   * Sets a key to a hash, a set or a sorted set, whatever it held, and takes its deadline back. The
   * collection is the key's then, or is gone if there is no memory.
   *
   * @returns The entry as it is now.
   */
  setCollection(key: Slice, type: CollectionType, collection: Collection): Address {
    const { objects } = this;
    const entry = this.#replace(key, type, () => objects.collections(type).destroy(collection));
    objects.setCollection(entry, collection);
    return entry;
  }

  /** The same with a list. */
  setList(key: Slice, list: Address): Address {
    const { objects } = this;
    const entry = this.#replace(key, LIST, () => objects.lists.destroy(list));
    objects.setRoot(entry, list);
    return entry;
  }

  /** The same with a stream. */
  setStream(key: Slice, stream: Address): Address {
    const { objects } = this;
    const entry = this.#replace(key, STREAM, () => objects.streams.destroy(stream));
    objects.setRoot(entry, stream);
    return entry;
  }

  /** Adds a key, or takes its value and its deadline from it. Its value is undefined then. */
  #replace(key: Slice, type: Type, giveUp: () => void): Address {
    const { objects } = this;
    const entry = this.write(key);
    if (entry !== 0) {
      this.persist(entry);
      this.#free(entry);
      objects.setType(entry, type);
      return entry;
    }
    try {
      return this.add(key, type);
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  /** Removes a key with its value. Tells nobody: that is {@linkcode changed}'s. */
  remove(entry: Address): void {
    const { objects } = this;
    this.beforeChange(entry);
    this.persist(entry);
    this.#free(entry);
    objects.keys.remove(this.table, entry);
  }

  /**
   * Removes a key that is to be replaced, without a look at it: it does not matter whether its time is over.
   *
   * @returns Whether it was there.
   */
  discard(key: Slice): boolean {
    const entry = this.objects.keys.find(this.table, key);
    if (entry !== 0) this.remove(entry);
    return entry !== 0;
  }

  /**
   * Gives an entry's value and deadline to a key that is not there, and removes the entry.
   *
   * @param to The database of the new key. Default: this one.
   * @throws {ArenaFullError} If there is no memory. Nothing has changed then.
   */
  move(entry: Address, key: Slice, to: Keyspace = this): void {
    const { arena, keys } = this.objects;
    this.beforeChange(entry);
    const time = this.exactDeadline(entry);
    const moved = to.add(key, this.objects.type(entry));
    try {
      if (time !== undefined) to.expireAt(moved, time);
    } catch (error) {
      keys.remove(to.table, moved);
      throw error;
    }
    for (const word of VALUE_WORDS) arena.setWord(moved, word, arena.word(entry, word));
    this.#signalLoss(entry);
    this.persist(entry);
    keys.remove(this.table, entry);
  }

  /**
   * Adds a key that is not there, with a copy of another entry's value and deadline.
   *
   * @throws {ArenaFullError} If there is no memory. Then there is no such key.
   */
  addCopy(key: Slice, entry: Address, from: Keyspace): void {
    const { objects } = this;
    const time = from.exactDeadline(entry);
    const copy = this.add(key, objects.type(entry));
    try {
      if (time !== undefined) this.expireAt(copy, time);
      objects.copy(entry, copy);
    } catch (error) {
      this.persist(copy);
      objects.keys.remove(this.table, copy);
      throw error;
    }
  }

  /** Removes a key because its collection has become empty. */
  removeEmpty(key: Slice, entry: Address): void {
    this.remove(entry);
    this.notify("g", "del", key);
  }

  /**
   * Says that a key's value has changed, or that it is gone.
   *
   * @param count How many changes that is.
   */
  changed(key: Slice, count = 1): void {
    this.engine.dirty += count;
    this.touched(key);
  }

  /** Lets those know who watch or track a key, as a part of a change that is counted elsewhere. */
  touched(key: Slice): void {
    this.#tell(key, this.engine.current);
  }

  /** Says that a key is gone that no command has removed, and why. */
  lost(key: Slice, reason: "expire" | "eviction"): void {
    const { effects } = this.engine;
    effects?.add(this, effects.deletion(reason), key);
    this.#tell(key, undefined);
  }

  #tell(key: Slice, by: Client | undefined): void {
    const { tracking } = this.engine;
    if (tracking.active) tracking.invalidate(key.latin1(), by);
    if (this.watchers.size === 0) return;
    const name = key.latin1();
    for (const client of this.watchers.get(name) ?? []) {
      client.watchedChanged(this, name, true, this.holds(key) ? "there" : "gone");
    }
  }

  /** Publishes a keyspace notification, if its class is asked for. */
  notify(type: string, event: string, key: Slice): void {
    const { engine } = this;
    if (engine.notifyClasses !== "") engine.notify(this, type, event, key);
  }

  /** The time at which an entry expires, in milliseconds since 1970; undefined if it does not. */
  deadline(entry: Address): number | undefined {
    return this.objects.arena.word(entry, PLACE) === 0 ? undefined : this.deadlines.deadline(entry);
  }

  /** The same to the last of its 64 bits. */
  exactDeadline(entry: Address): bigint | undefined {
    return this.objects.arena.word(entry, PLACE) === 0
      ? undefined
      : this.deadlines.exactDeadline(entry);
  }

  /** Lets an entry expire at a time, in milliseconds since 1970. */
  expireAt(entry: Address, time: number | bigint): void {
    this.beforeChange(entry);
    this.deadlines.set(entry, time);
    if (this.engine.isReplica) this.engine.replication.noteDeadline(this, entry);
    this.engine.scheduleExpiry(Number(time));
  }

  /**
   * Takes an entry's deadline back.
   *
   * @returns Whether it had one.
   */
  persist(entry: Address): boolean {
    if (this.objects.arena.word(entry, PLACE) === 0) return false;
    this.beforeChange(entry);
    this.deadlines.remove(entry);
    return true;
  }

  /** Whether the deadline of an entry that has one is past. */
  hasExpired(entry: Address): boolean {
    const { now, replays } = this.engine;
    return this.deadlines.deadline(entry) < now && !replays;
  }

  /** Removes an entry whose time has come. */
  expireNow(entry: Address): void {
    const { engine } = this;
    // The key's bytes are the entry's own, which goes before the others are told.
    const key = this.objects.keys.key(entry).copySlice();
    this.remove(entry);
    engine.stats.expiredKeys++;
    this.notify("x", "expired", key);
    this.lost(key, "expire");
  }

  /** Removes an entry because memory is short. */
  evict(entry: Address): void {
    const { engine } = this;
    const key = this.objects.keys.key(entry).copySlice();
    this.remove(entry);
    engine.stats.evictedKeys++;
    this.lost(key, "eviction");
    this.notify("e", "evicted", key);
  }

  /** Removes all keys at once. What they took is given back a part at a time. */
  flush(): void {
    const { objects, table } = this;
    const { keys } = objects;
    this.touchWatched();
    this.engine.dirty += Math.max(this.size, 1);
    this.engine.blocking.signalAll(this);
    const isKept = this.engine.saving?.keep(table) ?? false;
    if (isKept) this.deadlines = new Deadlines(objects.arena, PLACE);
    else this.deadlines.clear();
    const release = (limit: number) => keys.clear(table, limit, (entry) => objects.free(entry));
    try {
      this.table = keys.create();
      if (!isKept) objects.lazyFree.add(release);
    } catch (error) {
      // There is no memory for an empty table before the old one is gone.
      if (!(error instanceof ArenaFullError)) throw error;
      if (isKept) this.engine.background.cancel();
      else release(Infinity);
      this.table = keys.create();
    }
  }

  /** Begins with nothing, when the arena has been emptied. */
  restart(): void {
    this.deadlines = new Deadlines(this.objects.arena, PLACE);
    this.table = this.objects.keys.create();
  }

  /** Exchanges its keys with those of another database. */
  swap(other: Keyspace): void {
    this.touchWatched(other);
    other.touchWatched(this);
    [this.table, other.table] = [other.table, this.table];
    [this.deadlines, other.deadlines] = [other.deadlines, this.deadlines];
    for (const db of [this, other]) this.engine.blocking.signalAll(db);
  }

  /** Lets those know who watch keys that are there, or in a database that takes its place. */
  touchWatched(other?: Keyspace): void {
    for (const [name, clients] of this.watchers) {
      const key = latin1Slice(name);
      const wasThere = this.holds(key);
      const isThere = other?.holds(key) ?? false;
      if (!wasThere && !isThere) continue;
      const now = !isThere ? "gone" : other?.isOver(key) ? "over" : "there";
      for (const client of clients) client.watchedChanged(this, name, wasThere, now);
    }
  }

  /** Gives back what an entry holds. */
  #free(entry: Address): void {
    this.#signalLoss(entry);
    this.objects.free(entry);
  }

  /** Lets those know who wait for a stream's consumer group that the stream is gone. */
  #signalLoss(entry: Address): void {
    const { objects } = this;
    if (objects.type(entry) !== STREAM) return;
    this.engine.blocking.signal(this, objects.keys.key(entry), STREAM);
  }

  #use(entry: Address, type: Type | undefined): void {
    const { arena } = this.objects;
    const meta = arena.word(entry, META);
    // It counts as used though it be of another type.
    if (meta >>> 8 !== this.engine.usedAt) this.engine.eviction.use(entry);
    if (type !== undefined && (meta & 15) !== type) throw new CommandError(WRONG_TYPE);
  }
}
