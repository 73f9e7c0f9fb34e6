/** What the tests of replication share. @module */

import { type Logger, serve, type Server } from "@nimblecache/server";
import { until } from "../../test_util.ts";
import { Cache, type CacheOptions } from "../cache.ts";
import { Client } from "../client.ts";
import { ManualClock } from "../clock.ts";
import { processRequest } from "../commands/gate.ts";
import { allCommands } from "../commands/table.ts";
import { Engine } from "../engine.ts";
import { Args } from "../protocol/request.ts";
import { serveClient } from "../session.ts";
import { Settings } from "../settings.ts";
import { latin1Slice, Slice } from "../store/slice.ts";

/** A logger for caches whose links are meant to break. */
export const QUIET: Logger = { info() {}, warn() {}, error() {} };

/** A cache that listens, for tests that compare digests. */
export function listening(options: CacheOptions = {}): { cache: Cache; port: number } {
  const cache = new Cache({ enableDebugCommand: true, logger: QUIET, ...options });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  return { cache, port };
}

/** The last part of `ROLE`: for a master how long its stream is, for a replica how far it is. */
export function offsetOf(cache: Cache): number {
  const [part, ...rest] = cache.call("ROLE") as [string, ...number[]];
  return rest[part === "master" ? 0 : 3] ?? NaN;
}

/** The state of a replica's link. */
export const stateOf = (cache: Cache): string => `${(cache.call("ROLE") as string[])[3]}`;

/** Waits until replicas have executed all of a master's stream. */
export async function caughtUp(master: Cache, ...replicas: Cache[]): Promise<void> {
  await until(() =>
    replicas.every((replica) =>
      stateOf(replica) === "connected" && offsetOf(replica) === offsetOf(master)
    )
  );
}

export const digest = (cache: Cache): string => `${cache.call("DEBUG", "DIGEST")}`;

/** One field of `INFO`. */
export function field(cache: Cache, name: string): string {
  return new RegExp(`^${name}:(.*?)\r$`, "m").exec(`${cache.call("INFO")}`)?.[1] ?? "";
}

/** Whether a script keeps a cache busy that is past its time. */
export function isBusy(cache: Cache): boolean {
  try {
    cache.call("PING");
    return false;
  } catch (error) {
    return `${error}`.includes("BUSY");
  }
}

/** Passes bytes on between clients and a server until it cuts them off. */
export class Proxy implements AsyncDisposable {
  readonly port: number;
  /** How many connections there were. */
  connections = 0;
  /** Whether those that come are closed at once. */
  refuses = false;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #done: Promise<void>;

  constructor(port: number) {
    this.port = this.#listener.addr.port;
    this.#done = this.#accept(port);
  }

  async #accept(port: number): Promise<void> {
    const pipes: Promise<void>[] = [];
    try {
      for await (const conn of this.#listener) {
        if (this.refuses) {
          conn.close();
          continue;
        }
        this.connections++;
        const other = await Deno.connect({ port });
        for (const one of [conn, other]) this.#open.add(one);
        pipes.push(this.#pipe(conn, other), this.#pipe(other, conn));
      }
    } finally {
      await Promise.all(pipes);
    }
  }

  async #pipe(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (let length; (length = await from.read(buffer)) !== null;) {
        for (let at = 0; at < length;) at += await to.write(buffer.subarray(at, length));
      }
    } catch {
      // It was cut off.
    }
    for (const conn of [from, to]) this.#close(conn);
  }

  #close(conn: Deno.Conn): void {
    if (this.#open.delete(conn)) conn.close();
  }

  /** Closes all connections. */
  cut(): void {
    for (const conn of [...this.#open]) this.#close(conn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#done;
  }
}

/** A connection that is spoken to by hand. */
export class Wire implements Disposable {
  readonly #conn: Deno.Conn;
  #text = "";

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(port: number): Promise<Wire> {
    return new Wire(await Deno.connect({ port }));
  }

  /** Sends text of which each character is a byte. */
  async send(text: string): Promise<void> {
    await this.#conn.write(latin1Slice(text).bytes);
  }

  /** Reads up to and with what ends with a text, or matches a pattern. */
  async until(end: string | RegExp): Promise<string> {
    const isThere = () => typeof end === "string" ? this.#text.includes(end) : end.test(this.#text);
    while (!isThere()) {
      if (!await this.#more()) throw new Error(`Closed after ${JSON.stringify(this.#text)}`);
    }
    const length = typeof end === "string"
      ? this.#text.indexOf(end) + end.length
      : (end.exec(this.#text)?.index ?? 0) + (end.exec(this.#text)?.[0].length ?? 0);
    const text = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return text;
  }

  /** Reads so many bytes. */
  async take(length: number): Promise<string> {
    while (this.#text.length < length) {
      if (!await this.#more()) throw new Error(`Closed after ${JSON.stringify(this.#text)}`);
    }
    const text = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return text;
  }

  /** Reads all there is up to the end. */
  async rest(): Promise<string> {
    while (await this.#more());
    return this.#text;
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(16 * 1024);
    const length = await this.#conn.read(buffer).catch(() => null);
    if (length === null) return false;
    this.#text += new Slice(buffer, 0, length).latin1();
    return true;
  }

  [Symbol.dispose](): void {
    this.#conn[Symbol.dispose]();
  }
}

/** A master that says what it is told to, one script for each connection. */
export class FakeMaster implements AsyncDisposable {
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #done: Promise<void>;

  /** The last script goes on with all further connections. */
  constructor(...scripts: ((wire: Wire) => Promise<void>)[]) {
    this.port = this.#listener.addr.port;
    this.#done = this.#accept(scripts);
  }

  async #accept(scripts: ((wire: Wire) => Promise<void>)[]): Promise<void> {
    const wires = new Set<Wire>();
    const running: Promise<void>[] = [];
    for await (const conn of this.#listener) {
      const wire = new Wire(conn);
      wires.add(wire);
      const script = scripts.length > 1 ? scripts.shift() : scripts[0];
      running.push((script?.(wire) ?? Promise.resolve()).catch(() => {}));
    }
    for (const wire of wires) wire[Symbol.dispose]();
    await Promise.all(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#done;
  }
}

/** Answers a replica up to its `PSYNC`; returns that. */
export async function introduced(wire: Wire): Promise<string> {
  for (const answer of ["+PONG", "+OK", "+OK"]) {
    await wire.until(/^\*\d+\r\n(\$\d+\r\n.*?\r\n)+$/);
    await wire.send(`${answer}\r\n`);
  }
  return (await wire.until(/^\*3\r\n(\$\d+\r\n.*?\r\n){3}$/)).replaceAll(/[*$]\d+\r\n/g, "")
    .replaceAll("\r\n", " ").trim();
}

/** A cache's inside, with a clock that is moved by hand, and a time of replication that is, too. */
export class Inside implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly engine: Engine;
  readonly port: number;
  /** What `Replication.now` tells, in milliseconds. */
  time = 1e6;
  readonly #server: Server;
  readonly #client: Client;

  constructor() {
    const settings = new Settings();
    settings.debugCommand = true;
    this.engine = new Engine(this.clock, settings, allCommands());
    this.engine.replication.now = () => this.time;
    this.engine.replication.log = QUIET;
    const handler = (conn: Parameters<typeof serveClient>[1]) => serveClient(this.engine, conn);
    this.#server = serve({ port: 0, handler });
    this.port = this.engine.port = this.#server.addr.port;
    this.#client = new Client(this.engine);
  }

  /** Executes a request as people type it; returns the reply as it is sent. */
  call(request: string): string {
    const args = Args.of(request.split(" ").map((word) => latin1Slice(word)));
    this.engine.run(this.#client, () => processRequest(this.#client, args));
    const reply = new Slice(this.#client.reply.written()).latin1();
    this.#client.reply.truncate(0);
    return reply.trim();
  }

  /** Lets a time go by, at the end of which what is done once a second is done. */
  tick(seconds: number): void {
    this.time += seconds * 1000;
    this.engine.run(undefined, () => this.engine.replication.tick());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown({ timeout: 0 });
    await this.engine.replication.close();
    await this.engine.background.stop();
    this.engine.close();
  }
}
