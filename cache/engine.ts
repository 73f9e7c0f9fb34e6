/**
 * All that one cache has: its databases, clients, settings, statistics, and its time. Commands reach it
 * through their client; users see `Cache`.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { Blocking } from "./blocking.ts";
import type { Clock } from "./clock.ts";
import { type Command, CommandTable } from "./commands/command.ts";
import { Keyspace } from "./keyspace.ts";
import { Objects } from "./objects.ts";
import { PubSub } from "./pubsub.ts";
import type { Settings } from "./settings.ts";
import { Slowlog } from "./slowlog.ts";
import type { Args } from "./protocol/request.ts";
import type { Slice } from "./store/slice.ts";

/** Counts since the start, or since `CONFIG RESETSTAT`. */
export class Statistics {
  connections = 0;
  rejectedConnections = 0;
  commands = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  expiredKeys = 0;
  evictedKeys = 0;
  inputBytes = 0;
  outputBytes = 0;
  errorReplies = 0;
  /** Error replies by their code. */
  readonly errors: Map<string, number> = new Map();
}

/** What `CLIENT PAUSE` has asked for. */
export interface Pause {
  /** Whether all commands wait, not only those that write. */
  readonly all: boolean;
  /** In milliseconds since 1970. */
  readonly until: number;
  /** Resolves when it is over. */
  readonly over: Promise<void>;
}

/** The 24 bits in which an entry keeps the second of its last use. */
const USED_AT_MASK = 0xffffff;

/** How much expiry may do at a time before other work gets its turn, in keys. */
const EXPIRY_SLICE = 1000;

/** What the parts of one cache share. */
export class Engine {
  readonly objects: Objects;
  readonly settings: Settings;
  readonly commands: CommandTable;
  readonly databases: Keyspace[];
  readonly clients: Map<number, Client> = new Map();
  readonly blocking: Blocking = new Blocking();
  readonly pubsub: PubSub = new PubSub();
  readonly slowlog: Slowlog = new Slowlog();
  readonly monitors: Set<Client> = new Set();
  readonly clock: Clock;
  readonly startedAt: number;
  stats: Statistics = new Statistics();

  /** The time, in milliseconds since 1970: read once for each batch of requests. */
  now: number;
  /** The same as an entry keeps it: in seconds, of 24 bits. */
  usedAt = 0;
  /** While a script or a transaction runs, keys do not expire by the clock. */
  expiryHeld = false;
  /** How many changes there were. */
  dirty = 0;
  /** Whose batch of requests is being executed. */
  current: Client | undefined;
  /** Keys that clients watch. */
  watchedKeys = 0;
  /** The classes of keyspace notifications that are on: see `parseEventClasses` in notify.ts. */
  notifyClasses = "";

  /** While clients are paused. */
  pause: Pause | undefined;

  readonly #toFlush: Client[] = [];
  #lastClientId = 0;
  #lastLook = 0;
  #expiry: { time: number; cancel: () => void } | undefined;
  #expiresActively = true;

  constructor(clock: Clock, settings: Settings, commands: readonly Command[]) {
    this.clock = clock;
    this.settings = settings;
    this.objects = new Objects(settings);
    this.commands = new CommandTable(commands);
    this.now = clock.now();
    this.startedAt = this.now;
    this.databases = Array.from({ length: settings.databases }, (_, i) => new Keyspace(this, i));
    this.readClock();
  }

  /** The milliseconds of real time since this was last called, or the clock read. */
  elapsed(): number {
    const before = this.#lastLook;
    this.#lastLook = Date.now();
    return this.#lastLook - before;
  }

  /** Reads the clock, for a new batch or after something slow. */
  readClock(): void {
    this.#lastLook = Date.now();
    this.now = this.clock.now();
    this.usedAt = Math.floor(this.now / 1000) & USED_AT_MASK;
  }

  nextClientId(): number {
    return ++this.#lastClientId;
  }

  /** Publishes a keyspace notification, if its class is asked for. */
  notify(db: Keyspace, type: string, event: string, key: Slice): void {
    const classes = this.notifyClasses;
    if (!classes.includes(type)) return;
    const name = key.latin1();
    if (classes.includes("K")) this.publish(`__keyspace@${db.index}__:${name}`, event);
    if (classes.includes("E")) this.publish(`__keyevent@${db.index}__:${event}`, name);
  }

  /** Publishes a message, each character one byte. */
  publish(channel: string, message: string): number {
    return this.pubsub.publish(channel, message);
  }

  /** Marks the transactions of those who watch a key. */
  touchWatchers(db: Keyspace, key: Slice): void {
    const name = key.latin1();
    for (const client of this.clients.values()) client.touch(db, name);
  }

  /** Shows a command to those who monitor. */
  monitor(client: Client, args: Args): void {
    let shown = "";
    for (let i = 0; i < args.count; i++) shown += ` "${args.at(i).latin1()}"`;
    const time = (this.clock.now() / 1000).toFixed(6);
    const line = `${time} [${client.db.index} ${client.address}]${shown}`;
    for (const monitor of this.monitors) monitor.push((reply) => reply.simple(line));
  }

  /** Sees to it that what a client was written outside of its own batch is sent. */
  flushLater(client: Client): void {
    this.#toFlush.push(client);
  }

  /** Sends what was written to other clients. */
  flush(): void {
    for (let client; (client = this.#toFlush.pop()) !== undefined;) client.flush();
  }

  /** Sees to it that keys are expired at a time, or sooner. */
  scheduleExpiry(time: number): void {
    if (this.#expiry !== undefined) {
      if (this.#expiry.time <= time) return;
      this.#expiry.cancel();
    }
    // A key has expired when its time is past.
    this.#expiry = { time, cancel: this.clock.at(time + 1, () => this.#expire()) };
  }

  /** Sets whether keys expire also when nobody looks at them (`DEBUG SET-ACTIVE-EXPIRE`). */
  setActiveExpiry(on: boolean): void {
    this.#expiresActively = on;
    if (on) this.scheduleExpiry(this.now);
  }

  #expire(): void {
    this.#expiry = undefined;
    if (!this.#expiresActively) return;
    this.readClock();
    let left = EXPIRY_SLICE;
    let next = Infinity;
    for (const db of this.databases) {
      for (let entry; (entry = db.deadlines.first()) !== 0;) {
        if (!db.hasExpired(entry)) {
          next = Math.min(next, db.deadlines.deadline(entry));
          break;
        }
        if (left === 0) {
          next = this.now - 1;
          break;
        }
        left--;
        db.expireNow(entry);
      }
    }
    if (next < Infinity) this.scheduleExpiry(next);
    this.flush();
  }

  /** Ends all that would go on by itself. */
  close(): void {
    this.#expiry?.cancel();
    this.#expiry = undefined;
    this.objects.lazyFree.stop();
    this.objects.arena.clear();
  }
}
