/**
 * Keeps the memory in use within `maxmemory`: counts what keys, values and clients take, and evicts keys
 * by Redis' eight policies, and clients past `maxmemory-clients`. What is evicted is chosen among samples,
 * with a pool of the best candidates that earlier samples had.
 *
 * @module
 */

import type { Client } from "./client.ts";
import type { Engine } from "./engine.ts";
import type { Keyspace } from "./keyspace.ts";
import { META } from "./objects.ts";
import type { Address } from "./store/arena.ts";
import type { Slice } from "./store/slice.ts";

/**
 * How keys are chosen that are evicted (`maxmemory-policy`): of all keys, or of those with a deadline, what
 * was not used for the longest time, what is used least, any, or what would expire first.
 */
export type EvictionPolicy =
  | `${"volatile" | "allkeys"}-${"lru" | "lfu" | "random"}`
  | "volatile-ttl"
  | "noeviction";

/** The policies, in the order in which Redis lists them. */
export const EVICTION_POLICIES: readonly EvictionPolicy[] = [
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "noeviction",
];

/** What is known of an entry's use: seconds since the last, or a count as of `OBJECT FREQ`. */
export interface Use {
  idle?: number | undefined;
  frequency?: number | undefined;
}

/** A key that may be evicted. */
interface Candidate {
  readonly db: Keyspace;
  readonly key: Slice;
  /** The higher, the sooner it is evicted. */
  readonly score: number;
}

/** A key's entry in its database. */
interface Victim {
  readonly db: Keyspace;
  readonly entry: Address;
}

/** How many candidates are kept (`EVPOOL_SIZE`). */
const POOL_SIZE = 16;

/** The bits of an entry's META that tell of its use: seconds, or minutes and a counter. */
const USE_BITS = 24;
const USE_MASK = 2 ** USE_BITS - 1;
const MINUTES_MASK = 0xffff;
const MAX_COUNTER = 255;
/** The counter of a new key, which else would be the first to go (`LFU_INIT_VAL`). */
const NEW_COUNTER = 5;

/** So many keys are evicted until the time is looked at again. */
const KEYS_PER_LOOK = 16;

/** All clients together may take so much, whatever `maxmemory-clients` says: as in Redis. */
const MIN_CLIENT_MEMORY = 128 * 1024;

/**
 * Keys are evicted also where their pages take a quarter more than `maxmemory`, and this: when the sizes
 * of values change, the last few of the old sizes would else keep all their pages.
 */
const SPARE_PAGES = 4 * 1024 * 1024;

/** The memory of one cache, and its bound. */
export class Eviction {
  /**
   * What the keys and values may take until {@linkcode makeRoom} is to be called: `maxmemory` less all
   * else; `Infinity` where it is not set.
   */
  limit = Infinity;
  /** Whether the last command found too little memory, and no key that could be evicted. */
  outOfMemory = false;
  /** Whether what clients take is counted as it changes, because there is a bound of it. */
  countsClients = false;
  /** Whether entries keep how often they are used, not when. */
  countsUses = false;
  /** Where chance comes from: returns numbers from 0 to below 1. */
  random: () => number = Math.random;

  readonly #engine: Engine;
  #policy: EvictionPolicy = "noeviction";
  /** From the worst candidate to the best. */
  #pool: Candidate[] = [];
  /** The database whose turn it was, where keys are chosen at random. */
  #turn = 0;
  /** What {@linkcode limit} is as long as there are not too many pages. */
  #bound = Infinity;
  #clientBytes = 0;
  /** The same of those that may be closed. */
  #evictableBytes = 0;
  #clientLimit = Infinity;
  /** Clients that had more to be sent when they were counted last: that changes by itself. */
  readonly #sending: Set<Client> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Since when there is too little memory, in milliseconds of real time. */
  #exceededSince: number | undefined;
  #exceededTime = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.objects.arena.wantsLess = () => this.limit = -1;
  }

  /** Takes note of settings that have changed. What is too much now is evicted in the next turn. */
  apply(): void {
    const { settings, objects: { arena } } = this.#engine;
    const { maxMemory, maxMemoryClients, maxMemoryPolicy } = settings;
    const evicts = maxMemory > 0 && maxMemoryPolicy !== "noeviction";
    arena.heldLimit = evicts ? maxMemory * 1.25 + SPARE_PAGES : Infinity;
    this.#clientLimit = clientLimit(maxMemory, maxMemoryClients);
    if (this.#policy !== maxMemoryPolicy) this.#pool = [];
    this.#policy = maxMemoryPolicy;
    this.countsUses = maxMemoryPolicy.endsWith("lfu");
    this.countsClients = maxMemory > 0 || this.#clientLimit < Infinity;
    if (this.countsClients) this.countAll();
    else this.#setLimit();
    if (this.#exceeds || this.#evictableBytes >= this.#clientLimit) this.#later();
  }

  /** Whether Redis would share small integers: not if each needs a mark of its use. */
  get sharesIntegers(): boolean {
    return this.#engine.settings.maxMemory === 0 || !/l[rf]u$/.test(this.#policy);
  }

  /** Whether clients are closed that take too much together. */
  get limitsClients(): boolean {
    return this.#clientLimit < Infinity;
  }

  /** All memory in use, in bytes. */
  get used(): number {
    return this.#engine.objects.arena.used + this.countAll() + this.#engine.scripting.memory;
  }

  /** For how long in all there was too little memory, and for how long there has been now, in ms. */
  get exceededTimes(): { total: number; current: number } {
    if (!this.#exceeds) this.#noteExceeded(false);
    const current = this.#exceededSince === undefined ? 0 : performance.now() - this.#exceededSince;
    return { total: this.#exceededTime + current, current };
  }

  /** Counts anew what a client takes, and closes clients if all of them take too much. */
  count(client: Client): void {
    this.#count(client);
    this.#setLimit();
    if (this.#evictableBytes >= this.#clientLimit) this.#evictClients();
  }

  /** Counts what all clients take, in bytes. */
  countAll(): number {
    for (const client of this.#engine.clients.values()) this.#count(client);
    this.#setLimit();
    return this.#clientBytes;
  }

  /** Counts a client no more, which is gone. */
  forget(client: Client): void {
    this.#clientBytes -= client.countedMemory;
    this.#evictableBytes -= client.countedEvictable;
    client.countedMemory = client.countedEvictable = 0;
    this.#sending.delete(client);
    this.#setLimit();
  }

  /**
   * Evicts keys until the memory in use is within its bound. Where that takes longer than
   * `maxmemory-eviction-tenacity` allows, the rest is done later.
   *
   * @returns False if there is too little memory, and no key that may be evicted.
   */
  makeRoom(): boolean {
    const { isReplica, pause, scripting, settings, objects: { arena, lazyFree } } = this.#engine;
    // While clients are paused, or in the middle of a script, the data stands still. That of a replica is
    // its master's affair.
    if (pause !== undefined || scripting.runner.isRunning) return true;
    if (isReplica && settings.ignoresMaxMemory) return true;
    for (const client of this.#sending) this.#count(client);
    this.#setLimit();
    const end = performance.now() + timeLimit(settings.evictionTenacity);
    let isPossible = true;
    for (let evicted = 1; this.#exceeds; evicted++) {
      // What was deleted and is yet to be given back may be enough.
      if (lazyFree.size > 0) {
        lazyFree.run(end);
        if (!this.#exceeds) break;
        if (lazyFree.size > 0) {
          this.#later();
          break;
        }
      }
      const victim = this.#choose();
      if (victim === undefined) {
        isPossible = false;
        break;
      }
      victim.db.evict(victim.entry);
      if (evicted % KEYS_PER_LOOK === 0 && performance.now() > end) {
        this.#later();
        break;
      }
    }
    this.#engine.effects?.flush(false);
    // More pages than there should be are no reason to refuse a command.
    if (!isPossible) arena.heldLimit = Math.max(arena.heldLimit, 1.25 * arena.held);
    this.#setLimit();
    this.#noteExceeded(this.#exceeds);
    return isPossible || !this.#exceeds;
  }

  /** What a new entry keeps of its use, and one that was used just now unless uses are counted. */
  mark(): number {
    const { now } = this.#engine;
    return this.countsUses ? this.#minutes() << 8 | NEW_COUNTER : Math.floor(now / 1000) & USE_MASK;
  }

  /** Takes note in an entry that it is used. */
  use(entry: Address): void {
    const { current, objects: { arena } } = this.#engine;
    if (current?.noTouch) return;
    const meta = arena.word(entry, META);
    let use = this.mark();
    if (this.countsUses) {
      // The more it was used, the less likely is it to be counted.
      const counter = this.frequency(entry);
      const over = Math.max(counter - NEW_COUNTER, 0);
      const chance = 1 / (over * this.#engine.settings.lfuLogFactor + 1);
      const counts = counter < MAX_COUNTER && this.random() < chance;
      use = (use & ~0xff) | (counts ? counter + 1 : counter);
    }
    arena.setWord(entry, META, (meta & 0xff) | use << 8);
  }

  /** For how many seconds an entry was not used (`OBJECT IDLETIME`). */
  idleTime(entry: Address): number {
    const { now, objects } = this.#engine;
    return (Math.floor(now / 1000) - objects.use(entry)) & USE_MASK;
  }

  /** How often an entry is used, on a scale of 0 to 255 that is logarithmic (`OBJECT FREQ`). */
  frequency(entry: Address): number {
    const { settings, objects } = this.#engine;
    const use = objects.use(entry);
    if (settings.lfuDecayTime === 0) return use & 0xff;
    const minutes = this.#minutes();
    const before = use >>> 8;
    // As in Redis, one minute short where the count of minutes has begun anew.
    const gone = minutes >= before ? minutes - before : MINUTES_MASK - before + minutes;
    return Math.max((use & 0xff) - Math.floor(gone / settings.lfuDecayTime), 0);
  }

  /** What the policy goes by, of an entry that is written to a file. */
  savedUse(entry: Address): Use {
    if (this.countsUses) return { frequency: this.frequency(entry) };
    return this.#policy.endsWith("lru") ? { idle: this.idleTime(entry) } : {};
  }

  /** Gives an entry the use that it had elsewhere, as far as it is of the kind that is kept here. */
  restoreUse(entry: Address, { idle, frequency }: Use): void {
    const { now, objects: { arena } } = this.#engine;
    let use: number;
    if (this.countsUses) {
      if (frequency === undefined) return;
      use = this.#minutes() << 8 | frequency;
    } else {
      if (idle === undefined) return;
      use = Math.max(0, Math.floor(now / 1000) - idle) & USE_MASK;
    }
    arena.setWord(entry, META, (arena.word(entry, META) & 0xff) | use << 8);
  }

  /** Ends what would go on by itself. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #exceeds(): boolean {
    const { arena } = this.#engine.objects;
    return arena.used > this.#bound || arena.held > arena.heldLimit;
  }

  #minutes(): number {
    return Math.floor(this.#engine.now / 60_000) & MINUTES_MASK;
  }

  #setLimit(): void {
    const { settings: { maxMemory }, objects: { arena }, scripting } = this.#engine;
    this.#bound = maxMemory === 0 ? Infinity : maxMemory - this.#clientBytes - scripting.memory;
    this.limit = arena.held > arena.heldLimit ? -1 : this.#bound;
  }

  #count(client: Client): void {
    // What the program itself calls has no connection, and no bound.
    // That of replicas is bounded by itself.
    const memory = client.internal || client.replica?.isActive ? 0 : client.memory;
    this.#clientBytes += memory - client.countedMemory;
    client.countedMemory = memory;
    const evictable = client.noEvict ? 0 : memory;
    this.#evictableBytes += evictable - client.countedEvictable;
    client.countedEvictable = evictable;
    if (client.unsent > 0) this.#sending.add(client);
    else this.#sending.delete(client);
  }

  #noteExceeded(exceeds: boolean): void {
    if (exceeds) {
      this.#exceededSince ??= performance.now();
    } else if (this.#exceededSince !== undefined) {
      this.#exceededTime += performance.now() - this.#exceededSince;
      this.#exceededSince = undefined;
    }
  }

  /** Goes on when others had their turn. */
  #later(): void {
    const engine = this.#engine;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      engine.run(undefined, () => {
        if (this.countsClients) this.countAll();
        if (this.#evictableBytes >= this.#clientLimit) this.#evictClients();
        if (this.#exceeds) this.makeRoom();
        engine.blocking.serve();
      });
    }, 0);
  }

  /** Closes clients, those that take the most first, until the others take little enough. */
  #evictClients(): void {
    const { clients, stats } = this.#engine;
    const largest = [...clients.values()].filter(({ noEvict, internal }) => !noEvict && !internal)
      .sort((a, b) => b.countedMemory - a.countedMemory);
    for (const client of largest) {
      if (this.#evictableBytes < this.#clientLimit) break;
      stats.evictedClients++;
      client.close("evicted: the clients take more than maxmemory-clients");
    }
  }

  /** The key that is to go next. */
  #choose(): Victim | undefined {
    switch (this.#policy) {
      case "noeviction":
        return undefined;
      case "allkeys-random":
        return this.#chooseAtRandom((db) => db.objects.keys.random(db.table, this.random));
      case "volatile-random":
        return this.#chooseAtRandom(({ deadlines }) => deadlines.random(this.random));
      default:
        return this.#chooseBest();
    }
  }

  /** Takes a key of each database in turn. */
  #chooseAtRandom(random: (db: Keyspace) => Address): Victim | undefined {
    const { databases } = this.#engine;
    for (const _ of databases) {
      const db = databases[this.#turn++ % databases.length];
      const entry = db === undefined ? 0 : random(db);
      if (db !== undefined && entry !== 0) return { db, entry };
    }
  }

  /** Takes samples of all databases, and of all candidates so far the best that is still there. */
  #chooseBest(): Victim | undefined {
    while (true) {
      let found = 0;
      for (const db of this.#engine.databases) found += this.#sample(db);
      if (found === 0) return undefined;
      for (let best; (best = this.#pool.pop()) !== undefined;) {
        const { db, key } = best;
        const entry = db.objects.keys.find(db.table, key);
        if (entry !== 0 && (this.#takesAll || db.deadline(entry) !== undefined)) {
          return { db, entry };
        }
      }
    }
  }

  get #takesAll(): boolean {
    return this.#policy.startsWith("allkeys");
  }

  /** Looks for candidates in a database; returns how many keys there are. */
  #sample(db: Keyspace): number {
    const { deadlines, objects: { keys } } = db;
    const count = this.#engine.settings.maxMemorySamples;
    if (this.#takesAll) {
      keys.sample(db.table, count, this.random, (entry) => this.#propose(db, entry));
      return db.size;
    }
    // Also of those, all are looked at if there are no more.
    for (let i = Math.min(count, deadlines.size); i > 0; i--) {
      this.#propose(db, count < deadlines.size ? deadlines.random(this.random) : deadlines.at(i));
    }
    return deadlines.size;
  }

  #propose(db: Keyspace, entry: Address): void {
    const pool = this.#pool;
    const score = this.#score(db, entry);
    if (pool.length === POOL_SIZE) {
      if ((pool[0]?.score ?? 0) >= score) return;
      pool.shift();
    }
    let place = pool.length;
    while (place > 0 && (pool[place - 1]?.score ?? 0) >= score) place--;
    pool.splice(place, 0, { db, key: db.objects.keys.key(entry).copySlice(), score });
  }

  #score(db: Keyspace, entry: Address): number {
    if (this.countsUses) return MAX_COUNTER - this.frequency(entry);
    return this.#policy === "volatile-ttl" ? -db.deadlines.deadline(entry) : this.idleTime(entry);
  }
}

/** What all clients may take together, in bytes. */
function clientLimit(maxMemory: number, maxMemoryClients: number): number {
  // A percentage is kept as a negative number.
  const limit = maxMemoryClients < 0 ? maxMemory * -maxMemoryClients / 100 : maxMemoryClients;
  return limit === 0 ? Infinity : Math.max(Math.floor(limit), MIN_CLIENT_MEMORY);
}

/** How long eviction may take at a time, in milliseconds, by its tenacity of 0 to 100: as in Redis. */
function timeLimit(tenacity: number): number {
  if (tenacity <= 10) return 0.05 * tenacity;
  return tenacity < 100 ? 0.5 * 1.15 ** (tenacity - 10) : Infinity;
}
