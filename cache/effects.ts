/**
 * The stream of effects: what commands have changed, as requests that do the same anywhere and at any
 * time, byte for byte as Redis makes them. It is there only while somebody listens, which is the
 * append-only file, and replication.
 *
 * Most commands are their own effect. One that is not says at its place what is
 * ({@linkcode Effects.replace}), or that its effects are those of the commands that it calls
 * ({@linkcode Effects.omit}).
 *
 * @module
 */

import type { Engine } from "./engine.ts";
import type { Keyspace } from "./keyspace.ts";
import { Reply } from "./protocol/reply.ts";
import type { Args } from "./protocol/request.ts";
import { latin1Slice, Slice } from "./store/slice.ts";
import { StreamId } from "./store/stream_id.ts";

/** An argument of an effect. Each character of a string is a byte. */
export type EffectArgument = Slice | StreamId | string | number | bigint;

/** Those who are told of effects, each a bit: most are told to all, messages to replicas only. */
export const APPEND_ONLY = 1;
export const REPLICAS = 2;
export const ALL = APPEND_ONLY | REPLICAS;

/** Who is told of effects. */
export interface EffectsListener {
  /** Which of those it is. */
  readonly target: typeof APPEND_ONLY | typeof REPLICAS;
  /** The number of the database that its effects have chosen last; -1 has it chosen anew. */
  database: number;
  /** Takes one or more whole requests. The bytes hold during the call only. */
  write(effects: Slice): void;
}

/** One effect that was not yet told. */
interface Effect {
  readonly database: number;
  readonly start: number;
  readonly end: number;
  /** Who is told. */
  readonly targets: number;
}

/** A command that is being executed, which may call others. */
interface Frame {
  readonly outer: Frame | undefined;
  /** How many changes there were before it. */
  readonly dirty: number;
  /** Whether the command itself is not an effect. */
  isReplaced: boolean;
  /** Who is told of it though it changes nothing. */
  forced: number;
}

/**
 * Commands that expire any keys, not those they are given: what they have removed is not a transaction
 * (`CMD_TOUCHES_ARBITRARY_KEYS`).
 */
const TOUCH_ANY_KEY = new Set(["scan", "randomkey"]);

/** A buffer that is larger than this is not kept. */
const KEPT_SIZE = 1024 * 1024;

const MULTI = latin1Slice("*1\r\n$5\r\nMULTI\r\n");
const EXEC = latin1Slice("*1\r\n$4\r\nEXEC\r\n");

/** The effects of one cache. */
export class Effects {
  /** Who is told of them. */
  readonly listeners: Set<EffectsListener> = new Set();
  /** Who is told of commands that change something: a script may narrow it. */
  targets: number = ALL;
  readonly #engine: Engine;
  /** They are written as a reply is: requests are arrays of bulk strings. */
  readonly #requests = new Reply();
  #pending: Effect[] = [];
  #frame: Frame | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Begins a command; {@linkcode end} is to be called after it. */
  begin(): void {
    const { dirty } = this.#engine;
    this.#frame = { outer: this.#frame, dirty, isReplaced: false, forced: 0 };
  }

  /** Ends a command, which is an effect if it has changed something and nothing else was said of it. */
  end(database: number, name: string, args: Args): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#frame = frame.outer;
    const targets = this.#engine.dirty !== frame.dirty ? ALL : frame.forced;
    if (!frame.isReplaced && (targets & this.targets) !== 0) {
      const requests = this.#requests;
      const start = requests.length;
      const { bytes, starts, lengths, count } = args;
      requests.array(count);
      for (let i = 0; i < count; i++) requests.bulkOf(bytes, starts[i]!, lengths[i]!);
      this.#push(database, start, targets & this.targets);
    }
    if (this.#frame === undefined) this.flush(!TOUCH_ANY_KEY.has(name));
  }

  /** Says what others are told in place of the running command, which has changed something. */
  replace(db: Keyspace, ...parts: readonly EffectArgument[]): void {
    this.omit();
    this.#add(db, parts, this.targets);
  }

  /** The same where some of the command's arguments become others, by their indexes, or one is added. */
  rewrite(db: Keyspace, args: Args, changes: Readonly<Record<number, EffectArgument>>): void {
    const length = Math.max(args.count, ...Object.keys(changes).map((index) => Number(index) + 1));
    this.replace(db, ...Array.from({ length }, (_, i) => changes[i] ?? args.at(i)));
  }

  /** The command that deletes a key: `UNLINK` where `lazyfree-lazy-…` says so. */
  deletion(reason: "expire" | "eviction" | "user-del"): "DEL" | "UNLINK" {
    const isLazy = this.#engine.settings.others.get(`lazyfree-lazy-${reason}`) === "yes";
    return isLazy ? "UNLINK" : "DEL";
  }

  /** Says that the running command itself is no effect. */
  omit(): void {
    if (this.#frame !== undefined) this.#frame.isReplaced = true;
  }

  /** Has replicas told of the running command though it changes nothing: it publishes a message. */
  forward(): void {
    if (this.#frame !== undefined) this.#frame.forced = REPLICAS;
  }

  /** Adds an effect, before what the running command is itself. All are told of it. */
  add(db: Keyspace, ...parts: readonly EffectArgument[]): void {
    this.#add(db, parts, ALL);
  }

  #add(db: Keyspace, parts: readonly EffectArgument[], targets: number): void {
    const requests = this.#requests;
    const start = requests.length;
    requests.array(parts.length);
    for (const part of parts) {
      if (part instanceof Slice) requests.bulk(part);
      else if (part instanceof StreamId) requests.bulk(part.text());
      else requests.text(String(part));
    }
    this.#push(db.index, start, targets);
  }

  /**
   * Tells what there is.
   *
   * @param atOnce Whether several effects belong together, as a transaction.
   */
  flush(atOnce = true): void {
    const pending = this.#pending;
    const [first] = pending;
    if (first === undefined || this.#frame !== undefined) return;
    // What a script has done is told when it has ended, as what a transaction has.
    if (this.#engine.scripting.runner.busy !== undefined) return;
    const requests = this.#requests;
    const isTransaction = atOnce && pending.length > 1;
    for (const listener of this.listeners) {
      if (isTransaction) {
        this.#select(listener, first.database);
        listener.write(MULTI);
      }
      for (const { database, start, end, targets } of pending) {
        if ((targets & listener.target) === 0) continue;
        this.#select(listener, database);
        listener.write(new Slice(requests.bytes, start, end - start));
      }
      if (isTransaction) listener.write(EXEC);
    }
    pending.length = 0;
    if (requests.capacity > KEPT_SIZE) Reply.giveBack(requests.take());
    else requests.reset();
  }

  #select(listener: EffectsListener, database: number): void {
    if (listener.database === database) return;
    listener.database = database;
    const name = String(database);
    listener.write(latin1Slice(`*2\r\n$6\r\nSELECT\r\n$${name.length}\r\n${name}\r\n`));
  }

  #push(database: number, start: number, targets: number): void {
    let listening = 0;
    for (const { target } of this.listeners) listening |= target;
    // What nobody is told of makes no transaction of what else there is.
    if ((targets & listening) === 0) this.#requests.truncate(start);
    else this.#pending.push({ database, start, end: this.#requests.length, targets });
  }
}
