/**
 * All that one cache has: its databases, clients, settings, statistics, and its time. Commands reach it
 * through their client; users see `Cache`.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { Acl } from "./acl.ts";
import { AppendOnly } from "./append_only.ts";
import { Blocking } from "./blocking.ts";
import type { Clock } from "./clock.ts";
import { type Command, CommandTable } from "./commands/command.ts";
import { misconfigured, NOT_PERSISTED } from "./commands/error.ts";
import { Effects, type EffectsListener } from "./effects.ts";
import { Eviction } from "./eviction.ts";
import { Keyspace } from "./keyspace.ts";
import { LatencyMonitor } from "./latency.ts";
import { Objects } from "./objects.ts";
import { PubSub } from "./pubsub.ts";
import { Replication } from "./replication/replication.ts";
import { Scripting } from "./scripting/scripting.ts";
import type { Settings } from "./settings.ts";
import { hex } from "./sha1.ts";
import { quoted, withoutSecrets } from "./shown.ts";
import { Background, type Saving } from "./saving.ts";
import { Snapshots } from "./snapshot.ts";
import { Slowlog } from "./slowlog.ts";
import { Tracking } from "./tracking.ts";
import type { Args } from "./protocol/request.ts";
import type { Slice } from "./store/slice.ts";

/** Over how many seconds rates are measured at least. */
const MIN_RATE_TIME = 0.1;

/** Counts since the start, or since `CONFIG RESETSTAT`. */
export class Statistics {
  connections = 0;
  rejectedConnections = 0;
  commands = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  expiredKeys = 0;
  evictedKeys = 0;
  evictedClients = 0;
  inputBytes = 0;
  outputBytes = 0;
  errorReplies = 0;
  /** Of the stream and the snapshots to replicas, and from the master. */
  replicationInputBytes = 0;
  replicationOutputBytes = 0;
  /** Replicas that were given all keys, that went on from where they were, and that could not. */
  fullSyncs = 0;
  partialSyncs = 0;
  failedPartialSyncs = 0;
  /** What access control has refused. */
  denied: Record<"command" | "key" | "channel" | "auth", number> = {
    command: 0,
    key: 0,
    channel: 0,
    auth: 0,
  };
  /** Bytes. */
  peakMemory = 0;
  #rates = { time: performance.now(), commands: 0, inputBytes: 0, outputBytes: 0 };
  #lastRates = { commands: 0, inputBytes: 0, outputBytes: 0 };
  /** Error replies by their code. */
  readonly errors: Map<string, number> = new Map();

  /** Commands and bytes in a second, since it was last asked, or the same if that was just now. */
  rates(): Readonly<Record<"commands" | "inputBytes" | "outputBytes", number>> {
    const time = performance.now();
    const { commands, inputBytes, outputBytes } = this;
    const before = this.#rates;
    const seconds = (time - before.time) / 1000;
    if (seconds >= MIN_RATE_TIME) {
      this.#rates = { time, commands, inputBytes, outputBytes };
      this.#lastRates = {
        commands: (commands - before.commands) / seconds,
        inputBytes: (inputBytes - before.inputBytes) / seconds,
        outputBytes: (outputBytes - before.outputBytes) / seconds,
      };
    }
    return this.#lastRates;
  }
}

/** What `CLIENT PAUSE` has asked for. */
export interface Pause {
  /** Whether all commands wait, not only those that write. */
  readonly all: boolean;
  /** In milliseconds since 1970. */
  readonly until: number;
  /** Resolves when it is over. */
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly cancel: () => void;
}

/**
 * Below this threshold of the slow log, in microseconds, every command is timed by itself. From it on
 * (the default) the time that has gone by since the last look at the clock, in milliseconds, will do, and
 * only after commands that are not fast in themselves.
 */
const COARSE = 10_000;

/** How much expiry may do at a time before other work gets its turn, in keys. */
const EXPIRY_SLICE = 1000;

/** What waits for a condition. */
interface Waiting {
  readonly condition: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function isWaiting({ condition, resolve }: Waiting): boolean {
  const holds = condition();
  if (holds) resolve();
  return !holds;
}

/** What the parts of one cache share. */
export class Engine {
  readonly objects: Objects;
  readonly settings: Settings;
  readonly commands: CommandTable;
  readonly acl: Acl;
  readonly databases: Keyspace[];
  readonly clients: Map<number, Client> = new Map();
  readonly blocking: Blocking = new Blocking();
  readonly pubsub: PubSub = new PubSub();
  readonly scripting: Scripting = new Scripting(this);
  readonly slowlog: Slowlog = new Slowlog();
  readonly latency: LatencyMonitor = new LatencyMonitor();
  readonly tracking: Tracking = new Tracking(this);
  readonly background: Background;
  readonly snapshots: Snapshots;
  readonly appendOnly: AppendOnly;
  readonly eviction: Eviction;
  readonly monitors: Set<Client> = new Set();
  readonly clock: Clock;
  readonly startedAt: number;
  stats: Statistics = new Statistics();

  /** The time, in milliseconds since 1970: read once for each batch of requests. */
  now: number;
  /** What a new entry keeps of its use. */
  newUse = 0;
  /** What an entry keeps that was used just now; -1 where uses are counted, which differs. */
  usedAt = 0;
  /** How many clients there are, without those that have no connection. */
  connectedClients = 0;
  /** How many changes there were. */
  dirty = 0;
  /** Whose batch of requests is being executed. */
  current: Client | undefined;
  /** The port of the first listener, for `INFO`. */
  port = 0;
  /** What tells one run from another: 40 hexadecimal digits. */
  readonly runId: string = hex(crypto.getRandomValues(new Uint8Array(20)));
  /** What `SHUTDOWN` does. */
  onShutdown: () => void = () => {};
  /** The classes of keyspace notifications that are on, as `notify-keyspace-events` has them. */
  notifyClasses = "";

  /** Whether each command is timed by itself, for the slow log or for those who watch latencies. */
  timesExactly = false;

  /** Whether expired keys are only hidden: from commands that write nothing, while clients are paused. */
  keepsExpired = false;
  /** Whether effects are executed again: keys expire when those say so, and not by themselves. */
  replays = false;
  /** Whether the time stands still: amid a transaction or a script. */
  timeHeld = false;
  /** What becomes of the lines that scripts log; the level is from 0 (debug) to 3 (warning). */
  onLog: (level: number, message: string) => void = () => {};
  /** The snapshot that is being written in the background: entries are written before they change. */
  saving: Saving | undefined = undefined;
  /** What commands have changed, as others are told of it; undefined while nobody listens. */
  effects: Effects | undefined = undefined;
  readonly replication: Replication;
  /** Whether there is a master, which alone lets keys expire. */
  isReplica = false;
  /** Whether it must not answer from what it has, since it has no link to its master. */
  isStale = false;
  /** Says why a command may not be executed because of replication, if it may not. */
  guard: ((client: Client, command: Command, args: Args) => string | undefined) | undefined =
    undefined;

  /** While clients are paused. */
  pause: Pause | undefined;

  readonly #toFlush: Client[] = [];
  /** Whether they are sent when the effects of this turn are written. */
  #isSending = false;
  #lastClientId = 0;
  #lastLook = 0;
  /** Whether the clock was to be read while the time was held. */
  #isLate = false;
  #waiting: Waiting[] = [];
  #activeExpiry = true;
  #expiry: { time: number; cancel: () => void } | undefined;

  constructor(clock: Clock, settings: Settings, commands: readonly Command[]) {
    this.clock = clock;
    this.settings = settings;
    this.objects = new Objects(settings);
    this.eviction = new Eviction(this);
    this.commands = new CommandTable(commands);
    this.acl = new Acl(this.commands, settings);
    this.now = clock.now();
    this.startedAt = this.now;
    this.databases = Array.from({ length: settings.databases }, (_, i) => new Keyspace(this, i));
    this.background = new Background(this);
    this.snapshots = new Snapshots(this);
    this.replication = new Replication(this);
    this.appendOnly = new AppendOnly(this);
    this.applySettings();
  }

  /** What commands that write are replied while what they do cannot be kept, though it should. */
  get diskError(): string | undefined {
    if (this.snapshots.stopsWrites) return NOT_PERSISTED;
    const { failure } = this.appendOnly;
    return failure === undefined ? undefined : misconfigured(failure);
  }

  /** The milliseconds of real time since this was last called, or the clock read. */
  elapsed(): number {
    const before = this.#lastLook;
    this.#lastLook = Date.now();
    return this.#lastLook - before;
  }

  /** Reads the clock, for a new batch or after something slow. */
  readClock(): void {
    if (this.timeHeld) {
      this.#isLate = true;
      return;
    }
    this.#isLate = false;
    this.#lastLook = Date.now();
    this.now = this.clock.now();
    const { used } = this.objects.arena;
    if (used > this.stats.peakMemory) this.stats.peakMemory = used;
    this.newUse = this.eviction.mark();
    this.usedAt = this.eviction.countsUses ? -1 : this.newUse;
  }

  /** Lets the time go on that was held, unless it is to be held on. What took long has made it late. */
  releaseTime(held = false): void {
    this.timeHeld = held;
    if (this.#isLate && !held) this.readClock();
  }

  /** How many clients wait for a key, or for the end of a pause. */
  get blockedClients(): number {
    let count = this.blocking.size;
    if (this.pause !== undefined) {
      for (const { delayed } of this.clients.values()) if (delayed) count++;
    }
    return count;
  }

  /** Removes all keys of all databases at once. What they took is given back a part at a time. */
  flushAll(): void {
    const { dirty } = this;
    this.tracking.invalidateAll();
    if (this.saving === undefined) {
      for (const db of this.databases) {
        db.touchWatched();
        this.blocking.signalAll(db);
      }
      this.objects.clear();
      for (const db of this.databases) db.restart();
    } else {
      // The snapshot is to have what there was.
      for (const db of this.databases) db.flush();
    }
    this.dirty = dirty + 1;
  }

  /** Begins the counts anew. */
  resetStatistics(): void {
    this.stats = new Statistics();
    this.objects.lazyFree.freed = 0;
    for (const command of this.commands.all) {
      command.calls =
        command.microseconds =
        command.rejectedCalls =
        command.failedCalls =
          0;
      command.latencies.clear();
    }
  }

  /** Takes note of settings that have changed. */
  applySettings(): void {
    const { notifyClasses, slowlogThreshold, slowlogLength, latencyThreshold, listMaxPackSize } =
      this.settings;
    this.notifyClasses = notifyClasses;
    this.objects.lists.setFill(listMaxPackSize);
    this.timesExactly = slowlogThreshold < COARSE || latencyThreshold > 0;
    this.slowlog.trim(slowlogLength);
    this.tracking.limit();
    this.acl.applySettings();
    this.snapshots.schedule();
    this.eviction.apply();
    this.replication.changed();
    this.readClock();
  }

  /** Chooses whether keys are expired that nobody looks at. */
  setActiveExpiry(on: boolean): void {
    this.#activeExpiry = on;
    if (on) this.#expire();
  }

  /** Runs what a client, or nobody, has asked for, with the clock read and others served after it. */
  run(client: Client | undefined, task: () => void): void {
    this.readClock();
    const { current } = this;
    this.current = client;
    try {
      task();
    } finally {
      this.current = current;
      this.flush();
    }
  }

  /** Waits until a condition holds, which is looked at after each batch. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ condition, resolve, reject });
    return promise;
  }

  /** Lets the clients' commands wait for so many milliseconds, or longer if they do already. */
  pauseClients(milliseconds: number, all: boolean): void {
    const until = Math.max(this.now + milliseconds, this.pause?.until ?? 0);
    // A clock that is moved by hand would not come to a time that is there already.
    if (until <= this.now) return;
    const wait = this.pause ?? Promise.withResolvers<void>();
    this.pause?.cancel();
    const cancel = this.clock.at(until, () => this.endPause());
    const { promise, resolve } = wait;
    this.pause = { all: all || (this.pause?.all ?? false), until, promise, resolve, cancel };
  }

  /** Lets the clients go on. */
  endPause(): void {
    const { pause } = this;
    if (pause === undefined) return;
    this.pause = undefined;
    this.keepsExpired = false;
    pause.cancel();
    pause.resolve();
    // What has expired meanwhile is still there.
    this.scheduleExpiry(this.now);
  }

  nextClientId(): number {
    return ++this.#lastClientId;
  }

  /** Has somebody told of effects from now on. */
  addListener(listener: EffectsListener): void {
    this.effects ??= new Effects(this);
    this.effects.listeners.add(listener);
  }

  /** Ends that. */
  removeListener(listener: EffectsListener): void {
    this.effects?.listeners.delete(listener);
    if (this.effects?.listeners.size === 0) this.effects = undefined;
  }

  /** Publishes a keyspace notification. */
  notify(db: Keyspace, type: string, event: string, key: Slice): void {
    const classes = this.notifyClasses;
    if (!classes.includes(type)) return;
    const { pubsub } = this;
    const name = key.latin1();
    if (classes.includes("K")) pubsub.publish(`__keyspace@${db.index}__:${name}`, event);
    if (classes.includes("E")) pubsub.publish(`__keyevent@${db.index}__:${event}`, name);
  }

  /** Shows a command to those who monitor. */
  monitor(client: Client, args: Args): void {
    const shown = withoutSecrets(args).map(quoted).join(" ");
    const time = (this.clock.now() / 1000).toFixed(6);
    const line = `${time} [${client.db.index} ${client.address}] ${shown}`;
    for (const monitor of this.monitors) {
      // To Redis these are replies: who wants none, or has quit, gets none.
      if (monitor.closing || !monitor.wantsReply) continue;
      monitor.push((reply) => reply.simple(line));
    }
  }

  /** Sees to it that what a client was written outside of its own batch is sent. */
  flushLater(client: Client): void {
    this.#toFlush.push(client);
  }

  /** Sends what was written to other clients. */
  flush(): void {
    if (this.tracking.totalPrefixes > 0) this.tracking.broadcast();
    // Nobody is told of what the append-only file has not yet; that is written once for all of a turn.
    if (!this.appendOnly.isPending) {
      this.#send();
    } else if (!this.#isSending) {
      this.#isSending = true;
      queueMicrotask(() => this.#send());
    }
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter(isWaiting);
  }

  #send(): void {
    this.#isSending = false;
    this.appendOnly.flush();
    if (this.#toFlush.length === 0) return;
    // In the order in which they were written to.
    const clients = this.#toFlush.splice(0);
    for (const client of clients) client.flush();
  }

  /** Whether a time, in milliseconds since 1970, is one at which a key is gone. */
  isPast(time: number | bigint): boolean {
    return time <= this.now && !this.replays && !this.isReplica;
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

  /** Expires keys whose time has come while the time stood still. */
  catchUp(): void {
    if (this.#expiry === undefined) this.#expire();
  }

  #expire(): void {
    this.#expiry = undefined;
    // Amid a script no time goes by; it is made up for after it.
    if (!this.#activeExpiry || this.timeHeld || this.pause !== undefined) return;
    this.readClock();
    if (this.isReplica) return this.#expireOwn();
    const start = performance.now();
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
    this.effects?.flush(false);
    this.blocking.serve();
    this.noteLatency("expire-cycle", performance.now() - start);
    this.flush();
  }

  /** Expires what is a replica's own. */
  #expireOwn(): void {
    const next = this.replication.expireOwn();
    if (next < Infinity) this.scheduleExpiry(next);
    this.effects?.flush(false);
    this.flush();
  }

  /** Lets `LATENCY` tell of what has taken so many milliseconds, if that is long. */
  noteLatency(event: string, milliseconds: number): void {
    const { latencyThreshold } = this.settings;
    if (latencyThreshold > 0 && milliseconds >= latencyThreshold) {
      this.latency.add(event, milliseconds);
    }
  }

  /** Ends all that would go on by itself. */
  close(): void {
    this.endPause();
    this.#expiry?.cancel();
    this.#expiry = undefined;
    this.scripting.runner.close();
    this.snapshots.stop();
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Error("The cache was closed while something waited for its counts"));
    }
    this.eviction.stop();
    this.objects.lazyFree.stop();
    this.objects.arena.clear();
    // What they were is gone, and the statistics can still be asked for.
    this.databases.length = 0;
  }
}
