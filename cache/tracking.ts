/**
 * Client side caching: which clients have read which keys, or want to hear of all keys with a prefix, and
 * the messages to them when such keys change. The keys that clients have read are bounded in number:
 * past the bound, clients are told of keys as if they had changed.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { type Command, keyIndexes } from "./commands/command.ts";
import type { Engine } from "./engine.ts";
import type { Args } from "./protocol/request.ts";
import type { Reply } from "./protocol/reply.ts";
import { latin1Slice } from "./store/slice.ts";

/** Where clients listen that speak RESP2, to whom others redirect their messages. */
const CHANNEL = "__redis__:invalidate";

/** How many keys too many are forgotten at once. */
const EFFORT = 100;

/** What a client has asked for by `CLIENT TRACKING ON`. */
export interface TrackingOptions {
  /** Whether it hears of all keys that begin with one of its prefixes, not of those it has read. */
  readonly broadcast: boolean;
  /** Which of the keys that it reads count: all, or by `CLIENT CACHING` before it reads them. */
  readonly mode: "all" | "optin" | "optout";
  /** Whether it does not hear of its own changes. */
  readonly noLoop: boolean;
  /** The client that gets its messages, by number; 0 for itself. */
  readonly redirect: number;
}

/** A client that tracks. */
export interface ClientTracking extends TrackingOptions {
  /** Whether `CLIENT CACHING` was said of the next command. */
  caching: boolean;
  /** Whether the client that was to get its messages is gone. */
  brokenRedirect: boolean;
  /** Of broadcasts. Each character is a byte. */
  readonly prefixes: Set<string>;
}

/** Those who hear of the keys that begin with a prefix. */
interface Broadcast {
  readonly clients: Set<Client>;
  /** The keys that have changed since the last message, with who has changed them last. */
  keys: Map<string, Client | undefined>;
}

/** Writes which keys a message means. */
type WriteKeys = (reply: Reply) => void;

const writeKeys = (keys: readonly string[]): WriteKeys => (reply) => {
  reply.array(keys.length);
  for (const key of keys) reply.text(key);
};

/** All keys are meant by null: that of the protocol of the client that tracks, whoever gets it. */
const writeAll = ({ reply: { resp } }: Client): WriteKeys => (reply) =>
  reply.raw(resp === 3 ? NULL_3 : NULL_2);

const NULL_2 = latin1Slice("$-1\r\n").bytes;
const NULL_3 = latin1Slice("_\r\n").bytes;

/** What the clients of one cache track. Keys are strings of one character for each byte. */
export class Tracking {
  /** Those who track. */
  readonly clients: Set<Client> = new Set();
  /** Whether it may matter to anybody that a key changes. */
  active = false;
  readonly #engine: Engine;
  /** The numbers of those who have read a key: mostly it is one. */
  #readers: Map<string, number | Set<number>> = new Map();
  /** How many readers all keys have. */
  #items = 0;
  readonly #broadcasts: Map<string, Broadcast> = new Map();
  /** Where forgetting goes on: with the key that was read first. */
  #oldest: Iterator<string> = this.#readers.keys();
  /** Whether keys are being forgotten, a part at a time. */
  #isLimiting = false;
  /** Messages to the client whose command is being executed. */
  #pending: (() => void)[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** How many keys are remembered. */
  get totalKeys(): number {
    return this.#readers.size;
  }

  /** How many readers of keys are remembered. */
  get totalItems(): number {
    return this.#items;
  }

  /** How many prefixes there are. */
  get totalPrefixes(): number {
    return this.#broadcasts.size;
  }

  /** Lets a client track, or changes what it has asked for before. */
  enable(client: Client, options: TrackingOptions, prefixes: readonly string[]): void {
    const { prefixes: registered = new Set<string>(), caching = false } = client.tracking ?? {};
    client.tracking = { ...options, prefixes: registered, caching, brokenRedirect: false };
    this.clients.add(client);
    this.active = true;
    if (!options.broadcast) return;
    for (const prefix of prefixes.length === 0 ? [""] : prefixes) {
      if (registered.has(prefix)) continue;
      registered.add(prefix);
      client.countName(prefix);
      const broadcast = this.#broadcasts.get(prefix);
      if (broadcast !== undefined) broadcast.clients.add(client);
      else this.#broadcasts.set(prefix, { clients: new Set([client]), keys: new Map() });
    }
  }

  /** Lets a client track no more. That it has read keys is forgotten when they change. */
  disable(client: Client): void {
    for (const prefix of client.tracking?.prefixes ?? []) {
      client.countName(prefix, -1);
      const broadcast = this.#broadcasts.get(prefix);
      broadcast?.clients.delete(client);
      if (broadcast?.clients.size === 0) this.#broadcasts.delete(prefix);
    }
    client.tracking = undefined;
    this.clients.delete(client);
    this.#rest();
  }

  /** Remembers the keys of a command that a client has read by; of a script, all that it was given. */
  remember(client: Client, command: Command, args: Args): void {
    const { tracking, id } = client;
    if (tracking === undefined || tracking.broadcast) return;
    if (tracking.mode === (tracking.caching ? "optout" : "optin")) return;
    for (const index of keyIndexes(command, args) ?? []) {
      const key = args.at(index).latin1();
      const readers = this.#readers.get(key);
      if (readers === id || readers instanceof Set && readers.has(id)) continue;
      if (readers === undefined) this.#readers.set(key, id);
      else if (typeof readers === "number") this.#readers.set(key, new Set([readers, id]));
      else readers.add(id);
      this.#items++;
    }
    this.limit();
  }

  /**
   * Says that a key has changed.
   *
   * @param by Whose command has changed it; undefined if it has expired or was evicted.
   */
  invalidate(key: string, by: Client | undefined): void {
    for (const [prefix, { keys }] of this.#broadcasts) {
      if (key.startsWith(prefix)) keys.set(key, by);
    }
    this.#forget(key, this.#engine.current);
  }

  /** Says that all keys are gone. */
  invalidateAll(): void {
    for (const client of this.clients) this.#tell(client, writeAll(client));
    this.#readers = new Map();
    this.#oldest = this.#readers.keys();
    this.#items = 0;
    this.#rest();
  }

  /** Makes changes of keys cheap again, where nobody tracks any more and nothing is remembered. */
  #rest(): void {
    this.active = this.clients.size > 0 || this.#readers.size > 0 || this.#pending.length > 0;
  }

  /** Sends the current client what has waited for the end of its reply. */
  sendPending(): void {
    if (this.#pending.length === 0) return;
    for (const send of this.#pending.splice(0)) send();
    this.#rest();
  }

  /** Tells of the keys that have changed since the last time, by their prefixes. */
  broadcast(): void {
    for (const prefix of [...this.#broadcasts.keys()].sort()) {
      const broadcast = this.#broadcasts.get(prefix);
      if (broadcast === undefined || broadcast.keys.size === 0) continue;
      const { clients, keys } = broadcast;
      broadcast.keys = new Map();
      const all = [...keys.keys()].sort();
      for (const client of clients) {
        const { tracking } = client;
        const own = tracking?.noLoop ? all.filter((key) => keys.get(key) !== client) : all;
        if (tracking !== undefined && own.length > 0) {
          this.#send(client, tracking, writeKeys(own));
        }
      }
    }
  }

  /** Forgets keys that are too many: some of them at once, the others a part at a time. */
  limit(): void {
    if (this.#isLimiting || this.#forgetSome(EFFORT) === 0) return;
    this.#isLimiting = true;
    this.#engine.objects.lazyFree.later((limit) => {
      const left = this.#forgetSome(limit);
      this.#isLimiting = left > 0;
      this.#engine.flush();
      return left;
    });
  }

  /** Forgets at most so many keys. Returns how many are still too many. */
  #forgetSome(count: number): number {
    const max = this.#engine.settings.trackingTableMaxKeys;
    if (max === 0) return 0;
    for (; this.#readers.size > max && count > 0; count--) {
      let next = this.#oldest.next();
      if (next.done) {
        this.#oldest = this.#readers.keys();
        next = this.#oldest.next();
      }
      this.#forget(next.value);
    }
    return Math.max(this.#readers.size - max, 0);
  }

  /**
   * Tells the readers of a key that what they have is no longer valid.
   *
   * @param by Whose command has changed it; undefined if it is as it was.
   */
  #forget(key: string, by?: Client): void {
    const readers = this.#readers.get(key);
    if (readers === undefined) return;
    this.#readers.delete(key);
    if (this.#readers.size === 0) this.#rest();
    const ids = typeof readers === "number" ? [readers] : [...readers];
    this.#items -= ids.length;
    const { clients } = this.#engine;
    for (const id of ids) {
      const client = clients.get(id);
      // It may have changed its mind since it has read the key.
      const { tracking } = client ?? {};
      if (client === undefined || tracking === undefined || tracking.broadcast) continue;
      if (!(tracking.noLoop && client === by)) this.#tell(client, writeKeys([key]));
    }
  }

  /** Sends a message: to the client whose command is being executed, after the reply to it. */
  #tell(client: Client, write: WriteKeys): void {
    const { tracking } = client;
    if (tracking === undefined) return;
    const send = () => this.#send(client, tracking, write);
    if (client === this.#engine.current) this.#pending.push(send);
    else send();
  }

  #send(client: Client, tracking: ClientTracking, write: WriteKeys): void {
    const { redirect } = tracking;
    const target = redirect === 0 ? client : this.#engine.clients.get(redirect);
    if (target === undefined) {
      tracking.brokenRedirect = true;
      if (client.reply.resp === 2) return;
      return client.push((reply) => {
        reply.push(2);
        reply.text("tracking-redir-broken");
        reply.integer(redirect);
      });
    }
    if (target.internal) return;
    if (target.reply.resp === 3) {
      target.push((reply) => {
        reply.push(2);
        reply.text("invalidate");
        write(reply);
      });
    } else if (redirect !== 0 && target.subscriptionCount > 0) {
      // RESP2 has no pushes but the messages of channels.
      target.push((reply) => {
        reply.push(3);
        reply.text("message");
        reply.text(CHANNEL);
        write(reply);
      });
    }
  }
}
