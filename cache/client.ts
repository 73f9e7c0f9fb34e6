/**
 * One client: who it is, what it has selected, subscribed to and queued, and the replies it waits for.
 *
 * @module
 */

import type { User } from "./acl.ts";
import type { Command } from "./commands/command.ts";
import type { Engine } from "./engine.ts";
import type { Keyspace } from "./keyspace.ts";
import type { OutputLimit } from "./settings.ts";
import type { Args, RequestLimits } from "./protocol/request.ts";
import type { Replica } from "./replication/replica.ts";
import { Reply, type ReplyLimit } from "./protocol/reply.ts";
import { latin1Slice, type Slice } from "./store/slice.ts";
import type { ClientTracking } from "./tracking.ts";

/** Why a connection is closed whose client does not read its replies, or asks for too many. */
const OUTPUT_LIMIT = "client-output-buffer-limit";

/** About how many bytes the objects of one client take. */
const CLIENT_SIZE = 2048;

/**
 * What may wait to be sent to a client where the settings have no limit, in bytes. Redis has none either;
 * there one small command, as `HRANDFIELD` with a count of a billion, takes all memory there is.
 */
const DEFAULT_OUTPUT_LIMIT = 256 * 1024 * 1024;

/**
 * The same for a client that has not authenticated itself: 1 KiB (`REPLY_BUFFER_SIZE_UNAUTHENTICATED_CLIENT`)
 * beside the buffer that Redis does not count.
 */
const UNAUTHENTICATED_LIMIT: OutputLimit = { hard: 17 * 1024, soft: 0, seconds: 0 };

/** About how many bytes each subscription and each watched key takes beside its name. */
const NAME_SIZE = 128;

const NO_BUFFER = { unparsed: 0, parsed: 0, capacity: 0 };

/** What a client sends its replies to: a connection, or nothing for one that has no socket. */
export interface Outlet {
  /** Sends bytes some time, in order; takes a copy. */
  send(data: Uint8Array): void;
  /** The same without a copy; resolves when they are out. */
  write(data: Uint8Array): Promise<number>;
  /** Closes the connection. */
  close(reason?: unknown): void;
  /** How many bytes wait to be sent. */
  readonly buffered: number;
  /** How many may, until the connection is closed. */
  maxBuffered: number;
}

/** A key that a client watches. */
interface WatchedKey {
  readonly db: Keyspace;
  /** Its bytes, each a character. */
  readonly name: string;
  /** Whether it is there, but its time was over before it was watched. */
  isOver: boolean;
}

/** Commands that wait for `EXEC`. */
export class Transaction {
  readonly commands: { command: Command; args: Args }[] = [];
  /** Whether a command could not be queued, so that `EXEC` discards all. */
  failed = false;
  /** How many bytes the arguments take. */
  size = 0;

  queue(command: Command, args: Args): void {
    // What has failed is only discarded.
    if (this.failed) return;
    const kept = args.copy();
    this.size += kept.bytes.length;
    this.commands.push({ command, args: kept });
  }

  fail(): void {
    this.failed = true;
  }
}

/** One client of a cache. */
export class Client implements RequestLimits, ReplyLimit {
  readonly engine: Engine;
  readonly id: number;
  readonly reply: Reply = new Reply(this);
  readonly createdAt: number;
  /** Of itself, as `CLIENT LIST` shows it; empty without a socket. */
  address = "";
  /** Of the server's end. */
  localAddress = "";
  db: Keyspace;
  name = "";
  /** Who it is, with the rights of that user. */
  user: User;
  authenticated: boolean;
  /** No client of the outside: `Cache.call()`, a script. */
  readonly internal: boolean;
  transaction: Transaction | undefined;
  /** Whether a watched key has changed. */
  watchFailed = false;
  readonly channels: Set<string> = new Set();
  readonly patterns: Set<string> = new Set();
  readonly shardChannels: Set<string> = new Set();
  lastCommand: Command | undefined;
  lastInteraction: number;
  /** Whether the connection is to be closed when the replies so far are out. */
  closing = false;
  /** What `CLIENT REPLY` has asked for. */
  replyMode: "on" | "off" | "skip" | "skip next" = "on";
  /** The transaction whose commands are being executed. */
  executing: Transaction | undefined;
  /** Whether it is spared when memory is short. */
  noEvict = false;
  /** Whether its commands leave the idle times of keys as they are. */
  noTouch = false;
  /** Whether it is told when keys change that it has read, or that begin with a prefix. */
  tracking: ClientTracking | undefined;
  /** What it is as a replica, if it has said anything of that. */
  replica: Replica | undefined;
  /** Whether it is this cache's master, whose commands are executed whatever they are. */
  isMaster = false;
  /** How long the stream to replicas was when its last command was executed, while there are any. */
  writtenOffset = 0;
  /** Its requests that have come. */
  requestBuffer: Readonly<typeof NO_BUFFER> = NO_BUFFER;
  /** Ends a wait: for a blocking command, or a pause. */
  blocked: Promise<void> | undefined;
  /** How many bytes the keys take that it waits for. */
  waitedSize = 0;
  /** How many bytes of replies are being written by its session. */
  writing = 0;
  /** How many bytes it was taken to need when it was counted last. */
  countedMemory = 0;
  /** The same, but 0 for a client that is not closed for it. */
  countedEvictable = 0;
  /** Whether its last request waits for the end of a pause. */
  delayed = false;
  readonly #outlet: Outlet | undefined;
  #watched: WatchedKey[] = [];
  /** How many bytes the names take of what it watches, tracks and has subscribed to. */
  #namesSize = 0;
  #flushing = false;
  /** Where in the reply the last message ends that was written during a command of its own. */
  #pushed = 0;
  /** Since when more than the soft limit waits to be sent. */
  #overSince: number | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(engine: Engine, outlet?: Outlet, internal: boolean = outlet === undefined) {
    this.engine = engine;
    this.#outlet = outlet;
    this.internal = internal;
    this.id = engine.nextClientId();
    this.db = engine.databases[0]!;
    this.createdAt = this.lastInteraction = engine.now;
    this.user = this.internal ? engine.acl.superuser : engine.acl.default;
    this.authenticated = this.user.isOpen;
    engine.clients.set(this.id, this);
    if (!this.internal) engine.connectedClients++;
  }

  get maxBulk(): number {
    return this.engine.settings.maxBulk;
  }

  get maxBuffer(): number {
    return this.engine.settings.maxQueryBuffer;
  }

  get maxReply(): number {
    return this.#limit.hard || DEFAULT_OUTPUT_LIMIT;
  }

  overflow(): void {
    this.closing = true;
  }

  /** Whether it has to say who it is before all else. */
  get restricted(): boolean {
    return !this.authenticated && !this.engine.acl.default.isOpen;
  }

  /**
   * Whether a blocking command may wait: not in a transaction, which others wait for, nor where there
   * is no socket to answer later.
   */
  get mayBlock(): boolean {
    return !this.internal && this.executing === undefined;
  }

  /** How many bytes wait to be sent to it. */
  get unsent(): number {
    return this.writing + (this.#outlet?.buffered ?? 0) + (this.replica?.unsent ?? 0);
  }

  /** About how many bytes it takes. */
  get memory(): number {
    return CLIENT_SIZE + this.requestBuffer.capacity + this.reply.capacity + this.unsent +
      (this.transaction?.size ?? 0) + this.waitedSize + this.#namesSize;
  }

  /** Counts it anew, where there is a bound of memory. */
  recount(): void {
    const { eviction } = this.engine;
    if (eviction.countsClients && !this.closing) eviction.count(this);
  }

  /** Takes note of a name that is kept for it, or with `by` of -1 no more. */
  countName(name: string, by: 1 | -1 = 1): void {
    this.#namesSize += by * (NAME_SIZE + name.length);
  }

  /** How many channels and patterns it has subscribed to. */
  get subscriptionCount(): number {
    return this.channels.size + this.patterns.size + this.shardChannels.size;
  }

  /** Writes something that answers no request of its own, unless the connection is about to be closed. */
  push(write: (reply: Reply) => void): void {
    if (this.closing) return;
    write(this.reply);
    if (this.engine.current === this) this.#pushed = this.reply.length;
    if (this.engine.current === this || this.#flushing) return;
    this.#flushing = true;
    this.engine.flushLater(this);
  }

  /** Sends what was written outside of its own batch. */
  flush(): void {
    this.#flushing = false;
    if (this.#exceedsLimit) return this.close(OUTPUT_LIMIT);
    if (this.reply.length === 0) return;
    const data = this.reply.take();
    this.engine.stats.outputBytes += data.length;
    if (this.#outlet !== undefined) {
      this.#outlet.maxBuffered = this.maxReply;
      this.#outlet.send(data);
      this.#checkSoftLimit();
      this.recount();
    }
    Reply.giveBack(data);
  }

  /**
   * Takes its replies, which its session writes.
   *
   * @returns `undefined` if they are more than may wait: then its connection is closed.
   */
  takeReplies(): Uint8Array<ArrayBuffer> | undefined {
    // What a replica says has no replies.
    if (this.replica?.isActive) return void this.close("a replica's command");
    if (this.#exceedsLimit) return void this.close(OUTPUT_LIMIT);
    const replies = this.reply.take();
    this.engine.stats.outputBytes += replies.length;
    this.writing = replies.length;
    this.#checkSoftLimit();
    this.recount();
    return replies;
  }

  /** Takes note that the replies are written. */
  endWriting(replies: Uint8Array<ArrayBuffer>): void {
    Reply.giveBack(replies);
    this.writing = 0;
    this.recount();
  }

  /** Sends bytes as they are; resolves when they are out. */
  write(data: Uint8Array): Promise<number> {
    return this.#outlet?.write(data) ?? Promise.resolve(data.length);
  }

  /** Closes the connection if too much waits to be sent, that was not written here. */
  checkOutput(): void {
    const { hard } = this.#limit;
    if (hard > 0 && this.unsent > hard) this.close(OUTPUT_LIMIT);
    else this.#checkSoftLimit();
  }

  /**
   * Whether it may be closed for what it leaves unread. Then its requests are executed all the same, as
   * in Redis; those of others wait until they have read.
   */
  get isLimited(): boolean {
    if (this.replica?.isActive) return false;
    return this.#limit.hard > 0 || (this.engine.eviction.limitsClients && !this.noEvict);
  }

  get #exceedsLimit(): boolean {
    const { hard } = this.#limit;
    return this.reply.overflowed || (hard > 0 && this.unsent + this.reply.length > hard);
  }

  /** What may wait to be sent to it. */
  get #limit(): OutputLimit {
    if (this.restricted) return UNAUTHENTICATED_LIMIT;
    const { outputLimits: { pubsub, normal, slave }, replicationBacklogSize } =
      this.engine.settings;
    if (this.replica?.isActive) {
      // What the backlog keeps anyway is not too much.
      return slave.hard === 0
        ? slave
        : { ...slave, hard: Math.max(slave.hard, replicationBacklogSize) };
    }
    return this.subscriptionCount > 0 ? pubsub : normal;
  }

  /** Closes the connection where more than the soft limit has waited for too long. */
  #checkSoftLimit(): void {
    const { soft, seconds } = this.#limit;
    if (soft === 0 || this.unsent <= soft) return this.#endLook();
    const { engine } = this;
    this.#overSince ??= engine.now;
    const end = this.#overSince + seconds * 1000;
    if (engine.now > end) return this.close(OUTPUT_LIMIT);
    // Nothing more may be sent to it until then.
    this.#cancelLook ??= engine.clock.at(end + 1, () => {
      this.#cancelLook = undefined;
      engine.run(undefined, () => this.#checkSoftLimit());
    });
  }

  #endLook(): void {
    this.#overSince = undefined;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  /** Whether it wants a reply to the command that is being executed. */
  get wantsReply(): boolean {
    return this.replyMode !== "off" && this.replyMode !== "skip";
  }

  /** Takes back the reply that began there, if the client wants none. */
  endReply(begun: number): void {
    if (this.replyMode !== "on") this.#endUnwanted(begun);
  }

  /** Says that what is written next belongs to another command. */
  endCommand(): void {
    this.#pushed = 0;
  }

  /** Takes back what was written from there on, but for messages, which answer no request. */
  takeBack(begun: number): void {
    this.reply.truncate(Math.max(begun, this.#pushed));
  }

  #endUnwanted(begun: number): void {
    if (this.replyMode === "skip next") {
      this.replyMode = "skip";
    } else {
      this.takeBack(begun);
      if (this.replyMode === "skip") this.replyMode = "on";
    }
  }

  /** Closes its connection at once. */
  close(reason?: unknown): void {
    this.closing = true;
    // Others must not see it any more, though its session ends later, nor feed it what it waits for.
    this.end();
    this.#outlet?.close(reason);
  }

  /** Closes its connection, or once its reply is out if it is whose request is being executed. */
  disconnect(reason: string): void {
    if (this.engine.current === this) this.closing = true;
    else this.close(reason);
  }

  /** Watches a key: `EXEC` does nothing if it changes before. */
  watch(key: Slice): void {
    const { db } = this;
    const name = key.latin1();
    if (this.#watched.some((key) => key.db === db && key.name === name)) return;
    this.#watched.push({ db, name, isOver: db.isOver(key) });
    this.countName(name);
    const watchers = db.watchers.get(name);
    if (watchers === undefined) db.watchers.set(name, new Set([this]));
    else watchers.add(this);
  }

  /** Watches nothing any more. */
  unwatch(): void {
    for (const { db, name } of this.#watched) {
      const watchers = db.watchers.get(name);
      watchers?.delete(this);
      this.countName(name, -1);
      if (watchers?.size === 0) db.watchers.delete(name);
    }
    this.#watched = [];
    this.watchFailed = false;
  }

  /** Takes note of watched keys whose time is over by now. */
  checkWatched(): void {
    for (const { db, name, isOver } of this.#watched) {
      if (!isOver && db.isOver(latin1Slice(name))) this.watchFailed = true;
    }
  }

  /** Is told that a watched key has changed, unless that is no change to who sees no key whose time is over. */
  watchedChanged(
    db: Keyspace,
    name: string,
    wasThere: boolean,
    now: "gone" | "over" | "there",
  ): void {
    const watched = this.#watched.find((key) => key.db === db && key.name === name);
    if (watched === undefined) return;
    const isSame = watched.isOver ? now !== "there" : !wasThere && now === "over";
    if (isSame) watched.isOver = now === "over";
    else this.watchFailed = true;
  }

  /** Makes it what it was in the beginning (`RESET`). */
  reset(): void {
    this.transaction = undefined;
    this.unwatch();
    this.engine.monitors.delete(this);
    this.engine.pubsub.removeAll(this);
    this.engine.tracking.disable(this);
    this.db = this.engine.databases[0]!;
    this.reply.resp = 2;
    this.name = "";
    this.noTouch = false;
    // The reply to this command is skipped all the same.
    if (this.replyMode !== "skip") this.replyMode = "on";
    this.user = this.internal ? this.engine.acl.superuser : this.engine.acl.default;
    this.authenticated = this.user.isOpen;
  }

  /** Removes all that others know of it. */
  end(): void {
    const { engine } = this;
    this.unwatch();
    this.#endLook();
    if (this.replica !== undefined) engine.replication.remove(this.replica);
    engine.eviction.forget(this);
    engine.blocking.remove(this);
    // A client that is closed by another ends once more when its session does.
    if (engine.clients.delete(this.id) && !this.internal) engine.connectedClients--;
    engine.monitors.delete(this);
    engine.pubsub.removeAll(this);
    engine.tracking.disable(this);
  }
}
