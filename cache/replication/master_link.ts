/**
 * The link of a replica to its master: it connects, says who it is, takes all keys or goes on from where
 * it was, and then executes what its master sends, for as long as the cache is a replica.
 *
 * @module
 */

import { Client } from "../client.ts";
import { processRequest } from "../commands/gate.ts";
import type { Engine } from "../engine.ts";
import { sourceOf } from "../rdb/reader.ts";
import { ProtocolError, RequestReader } from "../protocol/request.ts";
import { Slice } from "../store/slice.ts";
import { MasterConnection, type Transfer } from "./master_connection.ts";

/** After so long of its master's commands, in milliseconds, clients get their turn. */
const MAX_BATCH_TIME = 4;

/** How often it is looked whether a script that keeps the cache busy has ended, in milliseconds. */
const BUSY_INTERVAL = 10;

/** What is logged where a master says nothing for too long, by the state of the link. */
const TIMEOUTS: Readonly<Record<string, string>> = {
  sync: "Timeout receiving bulk data from MASTER",
  connected: "MASTER timeout: no data nor PING received",
};

const MINUS = 45;

/** A master may send what it likes: it has taken it from its clients. */
const NO_LIMITS = { maxBulk: 2 ** 31 - 1, maxBuffer: Infinity, restricted: false };

/** Errors of a master that cannot answer just now, or of one that asks for a password first. */
const MAY_GO_ON = /^(\+|-NOAUTH|-NOPERM|-ERR operation not permitted)/;

/** The link to one master. */
export class MasterLink {
  readonly host: string;
  readonly port: number;
  /** As `ROLE` names it. */
  state: "connect" | "connecting" | "handshake" | "sync" | "connected" = "connect";
  /** Whether the keys are those of some history, which another master may have too. */
  canContinue: boolean;
  /** The snapshot that is coming. */
  transfer: Transfer | undefined;
  /** Since when there is no link, in milliseconds of `Replication.now`; undefined if there was none yet. */
  downSince: number | undefined;
  /** Resolves when it has come to its end after {@linkcode close}. */
  closed: Promise<void> = Promise.resolve();
  readonly #engine: Engine;
  #connection: MasterConnection | undefined;
  #client: Client | undefined;
  /** The database that the stream has chosen, while there is no client. */
  #database: number;
  #isClosed = false;
  /** Ends the wait before the next attempt. */
  #retry: () => void = () => {};
  #lastError = "";
  /** What it was waited for in vain, if that is why the connection was closed. */
  #timeout: string | undefined;

  /** @param before The link that it takes the place of, if there is one. */
  constructor(engine: Engine, host: string, port: number, before?: MasterLink) {
    this.#engine = engine;
    this.host = host;
    this.port = port;
    this.canContinue = before?.canContinue ?? true;
    this.#database = before?.database ?? 0;
  }

  /** The number of the database that the stream has chosen last. */
  get database(): number {
    return this.#client?.db.index ?? this.#database;
  }

  /** When the master has last sent anything, in milliseconds of `Replication.now`. */
  get lastHeard(): number {
    return this.#connection?.lastHeard ?? 0;
  }

  /** Connects, and again whenever the connection has ended, until it is closed. */
  open(): void {
    this.closed = this.#run();
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
    this.#endClient();
    this.#retry();
  }

  /** Tells the master how much of its stream was executed. */
  acknowledge(): void {
    if (this.state !== "connected") return;
    this.#connection?.send("REPLCONF", "ACK", String(this.#engine.replication.offset));
  }

  /** What is done once a second. */
  tick(): void {
    const { replication, settings } = this.#engine;
    this.acknowledge();
    const connection = this.#connection;
    if (connection === undefined) return this.#retry();
    if (replication.now() - connection.lastHeard > settings.replicationTimeout * 1000) {
      this.#timeout = TIMEOUTS[this.state] ?? "Timeout connecting to the MASTER";
      connection.close();
    }
  }

  async #run(): Promise<void> {
    const { replication } = this.#engine;
    while (!this.#isClosed) {
      const before = replication.offset;
      let reason = "the connection was closed";
      try {
        await this.#follow();
      } catch (error) {
        reason = this.#timeout ?? (error instanceof Error ? error.message : String(error));
      }
      this.#timeout = undefined;
      const wasConnected = this.state === "connected";
      this.#connection?.close();
      this.#connection = undefined;
      this.#endClient();
      this.transfer = undefined;
      this.state = "connect";
      if (this.#isClosed) return;
      if (wasConnected) this.downSince = replication.now();
      replication.changed();
      replication.failover.fail(reason);
      // Where this was to follow the target of a failover, it is a master again.
      if (this.#isClosed) return;
      // The same every second says nothing new.
      if (wasConnected || reason !== this.#lastError) {
        replication.log.warn(`The link to the master ${this.host}:${this.port} ended: ${reason}`);
      }
      this.#lastError = reason;
      // At once, lest the backlog goes on too far; but not where it comes to nothing time and again.
      if (!wasConnected || replication.offset === before) {
        await new Promise<void>((resolve) => this.#retry = resolve);
      }
    }
  }

  /** Follows the master from one connection's begin to its end. */
  async #follow(): Promise<void> {
    const engine = this.#engine;
    const { replication } = engine;
    this.state = "connecting";
    const connection = this.#connection = new MasterConnection(() => replication.now());
    await connection.open(this.host, this.port);
    this.state = "handshake";
    await this.#introduce(connection);
    const { canContinue } = this;
    const reply = await connection.ask(
      "PSYNC",
      canContinue ? replication.id : "?",
      canContinue ? String(replication.offset + 1) : "-1",
      ...replication.failover.state === "failover-in-progress" ? ["FAILOVER"] : [],
    );
    const [, id, offset] = /^\+FULLRESYNC ([\da-f]{40}) (\d+)$/i.exec(reply) ?? [];
    const isPartial = /^\+CONTINUE( |$)/.test(reply);
    this.#checkOpen();
    if (id === undefined && !isPartial) {
      throw new Error(`The master answers PSYNC with ${reply}`);
    }
    replication.failover.succeed();
    if (id !== undefined) {
      await this.#load(connection, id, Number(offset));
    } else {
      const next = reply.slice("+CONTINUE ".length);
      if (/^[\da-f]{40}$/i.test(next) && next !== replication.id) replication.rename(next);
      if (replication.backlog === undefined) replication.adopt(replication.id, replication.offset);
      replication.log.info(`The master ${this.host}:${this.port} goes on from where this was`);
    }
    this.#connected(connection);
    await this.#execute(connection);
  }

  /** Says who this is, as Redis does. */
  async #introduce(connection: MasterConnection): Promise<void> {
    const { settings, port } = this.#engine;
    const pong = await connection.ask("PING");
    if (!MAY_GO_ON.test(pong)) throw new Error(`The master answers PING with ${pong}`);
    const { masterUser, masterPassword, announcedAddress, announcedPort } = settings;
    if (masterPassword !== "") {
      const user = masterUser === "" ? [] : [masterUser];
      const reply = await connection.ask("AUTH", ...user, masterPassword);
      if (reply.startsWith("-")) throw new Error(`The master answers AUTH with ${reply}`);
    }
    // Masters that do not know one of these can do without.
    await connection.ask("REPLCONF", "listening-port", String(announcedPort || port));
    if (announcedAddress !== "") await connection.ask("REPLCONF", "ip-address", announcedAddress);
    await connection.ask("REPLCONF", "capa", "eof", "capa", "psync2");
  }

  /** Takes all keys, in place of those that are there. */
  async #load(connection: MasterConnection, id: string, offset: number): Promise<void> {
    const engine = this.#engine;
    const { replication, scripting, snapshots } = engine;
    this.state = "sync";
    const parts = await connection.snapshot((transfer) => this.transfer = transfer);
    engine.stats.replicationInputBytes += this.transfer?.received ?? 0;
    await this.#untilIdle();
    this.#checkOpen();
    let facts = new Map<string, string>();
    engine.run(undefined, () => {
      replication.disconnectReplicas();
      this.canContinue = false;
      engine.flushAll();
      scripting.functions.clear();
      try {
        facts = snapshots.read(sourceOf(parts));
      } catch (error) {
        // Half of it is worse than nothing.
        engine.flushAll();
        scripting.functions.clear();
        throw error;
      } finally {
        engine.blocking.serve();
        engine.appendOnly.restart();
      }
      engine.dirty++;
      this.canContinue = true;
      this.#database = Number(facts.get("repl-stream-db") ?? 0);
      replication.adopt(id, offset);
    });
    replication.log.info(`All keys of the master ${this.host}:${this.port} are here`);
  }

  #connected(connection: MasterConnection): void {
    const engine = this.#engine;
    const outlet = {
      send: () => {},
      write: (data: Uint8Array) => Promise.resolve(data.length),
      close: () => connection.close(),
      buffered: 0,
      maxBuffered: 0,
    };
    const client = this.#client = new Client(engine, outlet, true);
    client.isMaster = true;
    client.address = connection.remoteAddress;
    client.localAddress = connection.localAddress;
    client.db = engine.databases[this.#database] ?? client.db;
    this.transfer = undefined;
    this.downSince = undefined;
    this.state = "connected";
    this.#lastError = "";
    engine.replication.changed();
    // So that it is fed from now on.
    this.acknowledge();
    engine.flush();
  }

  #endClient(): void {
    this.#database = this.database;
    this.#client?.end();
    this.#client = undefined;
  }

  /** Executes what the master sends, until the connection ends. */
  async #execute(connection: MasterConnection): Promise<void> {
    const engine = this.#engine;
    const requests = new RequestReader(NO_LIMITS);
    /** A transaction that has not come whole: if it does not, it is sent again from its beginning. */
    const unfinished: Slice[] = [];
    for (let length; (length = await connection.read(requests.room())) !== null;) {
      engine.stats.replicationInputBytes += length;
      requests.received(length);
      for (let isDone = false; !isDone;) {
        await this.#untilIdle();
        const client = this.#client;
        if (client === undefined || client.closing) return;
        client.lastInteraction = engine.now;
        engine.run(client, () => isDone = this.#executeSome(client, requests, unfinished));
        if (!isDone) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** Executes what has come; returns whether that was all. */
  #executeSome(client: Client, requests: RequestReader, unfinished: Slice[]): boolean {
    const { replication } = this.#engine;
    const { args } = requests;
    const end = performance.now() + MAX_BATCH_TIME;
    try {
      for (let executed = 1; !client.closing; executed++) {
        if (!requests.next()) return true;
        if (args.count > 0) processRequest(client, args);
        this.#endReply(client);
        if (client.transaction !== undefined) {
          unfinished.push(requests.request.copySlice());
        } else {
          for (const request of unfinished.splice(0)) replication.write(request);
          replication.write(requests.request);
        }
        if (executed % 64 === 0 && performance.now() > end) return false;
      }
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new Error(`The master sends what is no request: ${error.message}`);
    } finally {
      this.#engine.keepsExpired = true;
    }
  }

  /** A master gets no replies; an error would mean that the keys are not the same. */
  #endReply({ reply, lastCommand }: Client): void {
    const written = reply.written();
    if (written[0] === MINUS) {
      const error = new Slice(written).latin1().trim();
      this.#engine.replication.log.warn(
        `A command of the master cannot be executed: ${lastCommand?.fullName}: ${error}`,
      );
    }
    reply.reset();
  }

  /** Goes no further once the link is closed: the cache may be a master by now, with keys of its own. */
  #checkOpen(): void {
    if (this.#isClosed) throw new Error("The link was closed");
  }

  /** Waits for the end of a script that lets others have their turn. */
  async #untilIdle(): Promise<void> {
    const { runner } = this.#engine.scripting;
    while (runner.busy !== undefined && !this.#isClosed) {
      await new Promise((resolve) => setTimeout(resolve, BUSY_INTERVAL));
    }
  }
}
