/**
 * What is fuzzed: one cache whose clients have no sockets, so that every byte that comes back is seen,
 * and whose memory is counted to the byte.
 *
 * @module
 */

import { Client } from "../client.ts";
import { ManualClock } from "../clock.ts";
import { processRequest } from "../commands/gate.ts";
import { allCommands } from "../commands/table.ts";
import { Parser, quote, type Reply, toText } from "../compare/resp.ts";
import { Engine } from "../engine.ts";
import { Args } from "../protocol/request.ts";
import { type ClientConnection, serveClient } from "../session.ts";
import { Settings } from "../settings.ts";
import { latin1Slice, Slice } from "../store/slice.ts";

const LOCAL: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };

/** Takes what is about to be tried, for the message if it fails. */
export type Note = (input: Uint8Array) => void;

/** Something that must not be. */
export class Failure extends Error {
  override name = "Failure";
}

/** Turns of the event loop after which all has gone on that can. */
const TURNS = 4;

/** Lets all go on that can. */
async function settle(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A client's connection, of which the fuzzer is the other end. */
export class Connection implements ClientConnection {
  readonly remoteAddr: Deno.Addr = LOCAL;
  readonly localAddr: Deno.Addr = LOCAL;
  readonly buffered = 0;
  maxBuffered = 0;
  /** Whether nothing more can be sent. */
  closed = false;
  /** How many replies and messages have come back. */
  replies = 0;
  readonly #thrown: unknown[];
  readonly #parser = new Parser();
  readonly #sent: Uint8Array[] = [];
  #wake: (() => void) | undefined;

  /** @param thrown What has gone wrong, with any connection. */
  constructor(thrown: unknown[]) {
    this.#thrown = thrown;
  }

  /**
   * Sends bytes, and lets all go on that can.
   *
   * @throws What has gone wrong.
   */
  async say(...parts: Uint8Array[]): Promise<void> {
    for (const part of parts) if (part.length > 0) this.#sent.push(part);
    this.#wake?.();
    await settle();
    this.check();
  }

  /** @throws What has gone wrong. */
  check(): void {
    if (this.#thrown.length > 0) throw this.#thrown[0];
    // Only what ends the connection may end a reply: as in Redis, `CLIENT KILL` of oneself amid `EXEC`.
    const { rest } = this.#parser;
    if (rest !== "" && !this.closed) throw new Failure(`No whole reply: ${quote(rest)}`);
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#sent.length === 0) {
      if (this.closed) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const data = this.#sent.shift() ?? new Uint8Array(0);
    const part = data.subarray(0, buffer.length);
    buffer.set(part);
    if (part.length < data.length) this.#sent.unshift(data.subarray(part.length));
    return part.length;
  }

  write(data: Uint8Array): Promise<number> {
    this.send(data);
    return Promise.resolve(data.length);
  }

  /** Takes what comes back, which must be replies one after another. */
  send(data: Uint8Array): void {
    this.#parser.push(data);
    try {
      while (this.#parser.next() !== undefined) this.replies++;
    } catch (error) {
      this.#thrown.push(new Failure(`No reply: ${error}`));
    }
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  closeAfter(): void {}
}

/** One cache, with the clients that try to break it. */
export class Target {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly engine: Engine;
  /** What has gone wrong. */
  readonly #thrown: unknown[] = [];
  readonly #caller: Client;
  readonly #connections = new Set<Connection>();
  readonly #memory: number;

  constructor() {
    const settings = new Settings();
    settings.debugCommand = true;
    // A small command makes no large value, nor runs for long.
    settings.maxBulk = 1024 * 1024;
    settings.busyReplyThreshold = 5;
    this.engine = new Engine(this.clock, settings, allCommands());
    this.#caller = new Client(this.engine);
    this.#memory = this.engine.objects.arena.used;
  }

  /** Executes a command of a client without a connection, which may do all. */
  call(...args: (string | Uint8Array)[]): Reply {
    const client = this.#caller;
    const { engine } = this;
    const slices = args.map((arg) => typeof arg === "string" ? latin1Slice(arg) : new Slice(arg));
    engine.run(client, () => void processRequest(client, Args.of(slices)));
    const parser = new Parser();
    parser.push(client.reply.written().slice());
    const { overflowed } = client.reply;
    client.reply.reset();
    client.closing = false;
    const reply = parser.next();
    if (overflowed) return { kind: "-", value: "The reply is too large" };
    if (reply === undefined || parser.rest !== "") {
      throw new Failure(`Not one reply to ${args[0]}: ${quote(parser.rest)}`);
    }
    return reply;
  }

  /** Connects a client. */
  connect(): Connection {
    const connection = new Connection(this.#thrown);
    this.#connections.add(connection);
    serveClient(this.engine, connection)
      .catch((error) => void this.#thrown.push(error))
      .finally(() => {
        connection.closed = true;
        this.#connections.delete(connection);
      });
    return connection;
  }

  /** Lets time go by, and all go on that can then. */
  async advance(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds);
    await settle();
  }

  /** Ends a script that is past its time, unless it has written. */
  endScript(): void {
    const { runner } = this.engine.scripting;
    if (runner.busy === undefined) return;
    for (const kind of ["SCRIPT", "FUNCTION"]) this.call(kind, "KILL");
  }

  /**
   * Has all clients leave, and looks whether the cache is as good as new.
   *
   * @throws {Failure} If it is not.
   */
  async end(): Promise<void> {
    const { engine } = this;
    this.endScript();
    engine.endPause();
    for (const connection of this.#connections) {
      connection.check();
      connection.close();
    }
    await settle();
    if (this.#connections.size > 0 || engine.connectedClients > 0) {
      throw new Failure("A client has left, and is still there");
    }
    if (this.#thrown.length > 0) throw this.#thrown[0];
    // A script that has written cannot be ended.
    if (engine.scripting.runner.busy === undefined) this.checkMemory();
    engine.close();
  }

  /** Removes all that is there: then no memory must be in use. */
  checkMemory(): void {
    const { engine } = this;
    this.call("FUNCTION", "FLUSH");
    // `FLUSHALL` would give back what belongs to no key, too.
    for (const db of engine.databases) db.flush();
    engine.objects.lazyFree.run(Infinity);
    const { used } = engine.objects.arena;
    if (used !== this.#memory) {
      throw new Failure(`Of nothing at all, ${used - this.#memory} bytes are in use`);
    }
  }
}

/** Longer inputs are cut off in messages; their seed brings them again. */
const MAX_SHOWN = 4000;

/** Bytes for messages: what is text as such. */
export function shown(bytes: Uint8Array): string {
  return quote(toText(bytes), MAX_SHOWN);
}
