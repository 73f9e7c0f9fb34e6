/**
 * One client: who it is, what it has selected, subscribed to and queued, and the replies it waits for.
 *
 * @module
 */

import type { Command } from "./commands/command.ts";
import type { Engine } from "./engine.ts";
import type { Keyspace } from "./keyspace.ts";
import type { Args, RequestLimits } from "./protocol/request.ts";
import { Reply } from "./protocol/reply.ts";

/** What a client sends its replies to: a connection, or nothing for one that has no socket. */
export interface Outlet {
  /** Sends bytes some time, in order; takes a copy. */
  send(data: Uint8Array): void;
  /** Closes the connection. */
  close(reason?: unknown): void;
}

/** A key that a client watches, with what it was then. */
interface WatchedKey {
  readonly db: Keyspace;
  readonly name: string;
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
export class Client implements RequestLimits {
  readonly engine: Engine;
  readonly id: number;
  readonly reply: Reply = new Reply();
  readonly createdAt: number;
  /** Of itself, as `CLIENT LIST` shows it; empty without a socket. */
  address = "";
  /** Of the server's end. */
  localAddress = "";
  db: Keyspace;
  name = "";
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
  /** Ends a wait: for a blocking command, or a pause. */
  blocked: Promise<void> | undefined;
  /** Whether its last request waits for the end of a pause. */
  delayed = false;
  readonly #outlet: Outlet | undefined;
  #watched: WatchedKey[] = [];
  #flushing = false;

  constructor(engine: Engine, outlet?: Outlet) {
    this.engine = engine;
    this.#outlet = outlet;
    this.internal = outlet === undefined;
    this.id = engine.nextClientId();
    this.db = engine.databases[0]!;
    this.createdAt = this.lastInteraction = engine.now;
    this.authenticated = this.internal || engine.settings.password === "";
    engine.clients.set(this.id, this);
  }

  get maxBulk(): number {
    return this.engine.settings.maxBulk;
  }

  get maxBuffer(): number {
    return this.engine.settings.maxQueryBuffer;
  }

  get restricted(): boolean {
    return !this.authenticated;
  }

  /**
   * Whether a blocking command may wait: not in a transaction or a script, which others wait for, nor
   * where there is no socket to answer later.
   */
  get mayBlock(): boolean {
    return !this.internal && !this.engine.expiryHeld;
  }

  /** How many channels and patterns it has subscribed to. */
  get subscriptionCount(): number {
    return this.channels.size + this.patterns.size + this.shardChannels.size;
  }

  /** Writes something that answers no request of its own. */
  push(write: (reply: Reply) => void): void {
    write(this.reply);
    if (this.engine.current === this || this.#flushing) return;
    this.#flushing = true;
    this.engine.flushLater(this);
  }

  /** Sends what was written outside of its own batch. */
  flush(): void {
    this.#flushing = false;
    if (this.reply.length === 0) return;
    const data = this.reply.take();
    this.#outlet?.send(data);
    Reply.giveBack(data);
  }

  /** Takes back the reply that began there, if the client wants none. */
  endReply(begun: number): void {
    if (this.replyMode === "on") return;
    if (this.replyMode === "skip next") {
      this.replyMode = "skip";
    } else {
      this.reply.truncate(begun);
      if (this.replyMode === "skip") this.replyMode = "on";
    }
  }

  /** Closes its connection at once. */
  close(reason?: unknown): void {
    this.closing = true;
    // At once, or what it waits for would still go to it.
    this.engine.blocking.remove(this);
    this.#outlet?.close(reason);
  }

  /** Watches a key: `EXEC` does nothing if it changes before. */
  watch(name: string): void {
    const { db } = this;
    if (this.#watched.some((key) => key.db === db && key.name === name)) return;
    this.#watched.push({ db, name });
    this.engine.watchedKeys++;
  }

  /** Watches nothing any more. */
  unwatch(): void {
    this.engine.watchedKeys -= this.#watched.length;
    this.#watched = [];
    this.watchFailed = false;
  }

  /** Is told that a key has changed. */
  touch(db: Keyspace, name: string): void {
    if (this.#watched.some((key) => key.db === db && key.name === name)) this.watchFailed = true;
  }

  /** Removes all that others know of it. */
  end(): void {
    const { engine } = this;
    this.unwatch();
    engine.blocking.remove(this);
    engine.clients.delete(this.id);
    engine.monitors.delete(this);
    const { pubsub } = engine;
    for (
      const [all, own] of [
        [pubsub.channels, this.channels],
        [pubsub.patterns, this.patterns],
        [pubsub.shardChannels, this.shardChannels],
      ] as const
    ) {
      for (const name of own) {
        const clients = all.get(name);
        clients?.delete(this);
        if (clients?.size === 0) all.delete(name);
      }
    }
  }
}
