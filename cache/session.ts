/**
 * A client's connection: reads requests, executes them, writes replies, in batches of what comes with
 * one read.
 *
 * @module
 */

import { Client } from "./client.ts";
import { processRequest } from "./commands/gate.ts";
import type { Engine } from "./engine.ts";
import { ProtocolError, RequestReader } from "./protocol/request.ts";

/** What a session needs of a connection; that of `@nimblecache/server` has it. */
export interface ClientConnection {
  readonly remoteAddr: Deno.Addr;
  readonly localAddr: Deno.Addr;
  readonly buffered: number;
  maxBuffered: number;
  read(buffer: Uint8Array): Promise<number | null>;
  write(data: Uint8Array): Promise<number>;
  send(data: Uint8Array): void;
  close(reason?: unknown): void;
  closeAfter(ms: number | null): void;
}

/**
 * Replies are written when there are so many bytes of them, though more requests have come. With the
 * last of them they fit in a buffer of 128 KiB, and those of many clients in a processor's cache.
 */
const MAX_BATCH_REPLY = 112 * 1024;

/** Shorter replies wait for those to other clients, to go out in a row. */
const MAX_WAITING_REPLY = 16 * 1024;

/** After so long a batch, in milliseconds, other clients get their turn. */
const MAX_BATCH_TIME = 4;

/** How much is read while a client is blocked, to see whether it leaves. */
const BLOCKED_READ_SIZE = 1024;

/** Serves one client until it leaves, quits or breaks the protocol. */
export async function serveClient(engine: Engine, connection: ClientConnection): Promise<void> {
  const refusal = refuse(engine, connection.remoteAddr);
  if (refusal !== undefined) {
    engine.stats.rejectedConnections++;
    await connection.write(new TextEncoder().encode(`-${refusal}\r\n`));
    return;
  }
  engine.stats.connections++;
  const client = new Client(engine, connection);
  client.address = formatAddress(connection.remoteAddr);
  client.localAddress = formatAddress(connection.localAddr);
  try {
    await new Session(engine, connection, client).run();
    // Where the server stops, it is to have what was written before.
    if (client.replica?.isActive) await client.replica.finish();
  } finally {
    client.end();
    engine.flush();
  }
}

/** Why a client may not connect, if it may not. */
function refuse(
  { acl, settings, connectedClients }: Engine,
  address: Deno.Addr,
): string | undefined {
  if (connectedClients >= settings.maxClients) return "ERR max number of clients reached";
  const isLocal = !("hostname" in address) ||
    /^(::1|(::ffff:)?127\..*)$/i.test(address.hostname);
  if (!isLocal && settings.protectedMode && acl.default.noPassword) {
    return "DENIED This cache is in protected mode: it has no password, so it takes connections from " +
      "its own machine only. Give it a password, or start it with --protected-mode no.";
  }
}

/** As `CLIENT LIST` shows it. */
export function formatAddress(address: Deno.Addr): string {
  if (!("hostname" in address)) return "path" in address ? `${address.path ?? ""}:0` : "";
  const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
  return `${host}:${address.port}`;
}

class Session {
  readonly #engine: Engine;
  readonly #connection: ClientConnection;
  readonly #client: Client;
  readonly #requests: RequestReader;
  #limited = false;
  /** A read that was begun while the client was blocked, and where it reads to. */
  #early: { buffer: Uint8Array; read: Promise<number | null> } | undefined;

  constructor(engine: Engine, connection: ClientConnection, client: Client) {
    this.#engine = engine;
    this.#connection = connection;
    this.#client = client;
    this.#requests = new RequestReader(client);
    client.requestBuffer = this.#requests;
  }

  async run(): Promise<void> {
    const client = this.#client;
    const engine = this.#engine;
    while (!client.closing) {
      const length = await this.#read();
      if (length === null) return;
      this.#received(length);
      client.recount();
      do {
        const done = this.#execute();
        // The others whose requests came in the same turn are executed first, so that all replies go out
        // in a row, as Redis sends them: to wake a sleeping client takes 5 µs, one that is awake nothing.
        // Without it 16 requests take a third more CPU time. Long replies would only take memory meanwhile.
        if (client.reply.length < MAX_WAITING_REPLY) await undefined;
        // What the replies say was done is in the append-only file before they go out.
        engine.appendOnly.flush();
        if (client.isLimited) {
          client.flush();
        } else if (client.reply.length > 0 || client.reply.overflowed) {
          const replies = client.takeReplies();
          if (replies === undefined) return;
          await this.#connection.write(replies);
          client.endWriting(replies);
        }
        if (client.blocked !== undefined) {
          if (!await this.#waitBlocked(client.blocked)) return;
          client.blocked = undefined;
        } else if (done) {
          break;
        } else {
          // The requests that wait may take long as well.
          await new Promise((resolve) => setImmediate(resolve));
        }
      } while (!client.closing);
    }
  }

  /** Reads more of the client's requests, which {@linkcode #received} takes. Resolves to `null` at their end. */
  #read(): Promise<number | null> {
    if (this.#early !== undefined) return this.#early.read;
    this.#limitIdleTime();
    return this.#connection.read(this.#requests.room());
  }

  #received(length: number): void {
    const requests = this.#requests;
    const early = this.#early;
    this.#engine.stats.inputBytes += length;
    if (early === undefined) return requests.received(length);
    this.#early = undefined;
    // It is smaller than what there is always room for, unless requests are waiting to be executed.
    for (let from = 0; from < length;) {
      const part = early.buffer.subarray(from, length);
      const room = requests.room().subarray(0, part.length);
      room.set(part.subarray(0, room.length));
      requests.received(room.length);
      from += room.length;
    }
  }

  /** Has the connection closed if it says nothing for as long as `timeout` allows. */
  #limitIdleTime(): void {
    const { timeout } = this.#engine.settings;
    const { subscriptionCount, replica } = this.#client;
    const limited = timeout > 0 && subscriptionCount === 0 && !replica?.isActive;
    if (limited || this.#limited) {
      this.#connection.closeAfter(limited ? Math.min(timeout * 1000, 2 ** 31 - 1) : null);
    }
    this.#limited = limited;
  }

  /** Waits for the end of what blocks the client; returns whether it is still there then. */
  async #waitBlocked(blocked: Promise<void>): Promise<boolean> {
    const client = this.#client;
    let over = false;
    const end = blocked.then(() => {
      over = true;
    });
    while (true) {
      if (this.#early === undefined) {
        const buffer = new Uint8Array(BLOCKED_READ_SIZE);
        this.#early = { buffer, read: this.#connection.read(buffer) };
      }
      const length = await Promise.race([end, this.#early.read]);
      if (over) break;
      // It has left, or more requests have come, which wait until it is no longer blocked.
      if (typeof length !== "number") return false;
      this.#received(length);
      client.recount();
      if (this.#requests.pending > client.maxBuffer) return false;
    }
    return true;
  }

  /**
   * Executes what has come.
   *
   * @returns Whether all of it is executed, but for a request that has not come whole.
   */
  #execute(): boolean {
    const engine = this.#engine;
    const client = this.#client;
    const requests = this.#requests;
    const { args } = requests;
    engine.readClock();
    engine.current = client;
    client.lastInteraction = engine.now;
    try {
      for (let executed = 1; !client.closing; executed++) {
        if (client.delayed) client.delayed = false;
        else if (!requests.next()) return true;
        if (args.count > 0 && !processRequest(client, args)) {
          client.delayed = true;
          client.blocked = engine.pause?.promise;
          return false;
        }
        if (client.blocked !== undefined) return false;
        if (client.reply.length > MAX_BATCH_REPLY) return false;
        // The clock is looked at now and then, since to ask it takes as long as a small command.
        if (executed % 64 === 0 && engine.clock.now() - engine.now > MAX_BATCH_TIME) return false;
      }
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // An empty message: too much has come, and Redis closes without a word.
      if (error.message !== "") client.reply.error(`ERR Protocol error: ${error.message}`);
      client.closing = true;
      return true;
    } finally {
      engine.current = undefined;
      engine.flush();
    }
  }
}
