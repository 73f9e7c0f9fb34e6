/**
 * A cache: what users of the package see of it.
 *
 * @module
 */

import {
  type Connection,
  type Logger,
  serve,
  type ServeOptions,
  type Server,
  type ServeUnixOptions,
} from "@nimblecache/server";
import { FSYNC_POLICIES, type FsyncPolicy } from "./append_only.ts";
import { Client } from "./client.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { processRequest } from "./commands/gate.ts";
import { allCommands } from "./commands/table.ts";
import { Engine } from "./engine.ts";
import { EVICTION_POLICIES, type EvictionPolicy } from "./eviction.ts";
import { ArgsEncoder, type CallArgument } from "./protocol/encoder.ts";
import { readReply, ReplyError, type ReplyValue } from "./protocol/value.ts";
import { serveClient } from "./session.ts";
import { FileStore, splitPath } from "./snapshot_file.ts";
import { Settings } from "./settings.ts";
import { Slice } from "./store/slice.ts";

/**
 * Options for a {@linkcode Cache}.
 *
 * @example
 * ```ts
 * import { Cache, type CacheOptions, ManualClock } from "jsr:@nimblecache/cache";
 *
 * const options: CacheOptions = { clock: new ManualClock(), password: "secret" };
 * await using _cache = new Cache(options);
 * ```
 */
export interface CacheOptions {
  /**
   * Whose time it goes by. Several caches may share one.
   *
   * @default {new SystemClock()}
   */
  clock?: Clock | undefined;
  /**
   * How many databases `SELECT` chooses from, from 1 to 65536.
   *
   * @default {16}
   */
  databases?: number | undefined;
  /** What clients must say by `AUTH` (`requirepass`). Default: none; then only this machine's may connect. */
  password?: string | undefined;
  /**
   * Whether without a password clients from elsewhere are refused (`protected-mode`).
   *
   * @default {true}
   */
  protectedMode?: boolean | undefined;
  /**
   * How many clients may be connected at a time (`maxclients`); more get an error.
   *
   * @default {10000}
   */
  maxClients?: number | undefined;
  /**
   * How many bytes keys, values and clients may take (`maxmemory`). Past that keys are evicted by
   * `maxMemoryPolicy`, and if there are none to evict, commands that need memory reply an error. 0 is no
   * limit.
   *
   * @default {0}
   */
  maxMemory?: number | undefined;
  /**
   * Which keys are evicted where memory is short (`maxmemory-policy`).
   *
   * @default {"noeviction"}
   */
  maxMemoryPolicy?: EvictionPolicy | undefined;
  /**
   * Whether `DEBUG` is allowed (`enable-debug-command`).
   *
   * @default {false}
   */
  enableDebugCommand?: boolean | undefined;
  /**
   * The file of its snapshot, in the format of Redis' RDB files: it is loaded at the start, if it is
   * there, and written at the end, by `SAVE` and by `BGSAVE`. Needs the permissions to read and to write
   * its directory. Default: none; then nothing is kept.
   */
  snapshot?: string | undefined;
  /**
   * After how many seconds a snapshot is written by itself, if anything has changed (`save`).
   *
   * @default {0}, never
   */
  save?: number | undefined;
  /**
   * The master that it is a replica of from the start (`replicaof`): it takes all keys from it, and what
   * changes there. `REPLICAOF NO ONE` makes it a master. Needs the permission to connect. Default: none.
   */
  replicaOf?: MasterOptions | undefined;
  /**
   * The directory of its append-only file (`appendonly`), which every change is appended to before its
   * reply goes out, in the format of Redis 7: it is loaded at the start, if it is there, in place of a
   * snapshot. Needs the permissions to read and to write it. Default: none.
   */
  appendOnly?: string | undefined;
  /**
   * When what was appended is made durable (`appendfsync`): before the reply goes out, once a second, or
   * when the system chooses to.
   *
   * @default {"everysec"}
   */
  appendFsync?: FsyncPolicy | undefined;
  /** Where the log lines of its servers go. Default: as for a `Server` of `@nimblecache/server`. */
  logger?: Logger | undefined;
}

/**
 * A cache's master.
 *
 * @example
 * ```ts
 * import { Cache, type MasterOptions } from "jsr:@nimblecache/cache";
 *
 * await using master = new Cache();
 * const { addr } = master.listen({ port: 0 });
 * const replicaOf: MasterOptions = { port: addr.port };
 * await using _replica = new Cache({ replicaOf });
 * ```
 */
export interface MasterOptions {
  /**
   * Its name or its address.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
  /**
   * Its port.
   *
   * @default {6379}
   */
  port?: number | undefined;
  /** The user that the replica is to it (`masteruser`). Default: the default user. */
  username?: string | undefined;
  /** What it is to be told by `AUTH` (`masterauth`). Default: nothing. */
  password?: string | undefined;
}

/**
 * A cache's counts at one moment.
 *
 * @example
 * ```ts
 * import { Cache, type CacheStats } from "jsr:@nimblecache/cache";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * await using cache = new Cache();
 * cache.call("SET", "name", "alice");
 * const stats: CacheStats = cache.stats;
 * assertEquals(stats.keys, 1);
 * ```
 */
export interface CacheStats {
  /** Connected clients. */
  clients: number;
  /** Clients that wait for a key, as by `BLPOP`. */
  blockedClients: number;
  /** Clients that have subscribed to a channel or a pattern. */
  subscribedClients: number;
  /** Commands that were executed, by `call()` too. */
  commands: number;
  /** Keys in all databases. */
  keys: number;
  /** Keys that have expired since the start. */
  expiredKeys: number;
  /** Keys that were evicted since the start, because memory was short. */
  evictedKeys: number;
  /** Bytes in use, by keys, values and clients. */
  usedMemory: number;
  /** Replicas that have got all keys, and are told of what changes. */
  replicas: number;
  /** Whether it is a replica that has got all keys, and is told of what changes. */
  followsMaster: boolean;
}

/** The handler of a server, for connections of any kind. */
export type CacheHandler = (conn: Connection<Deno.Conn>) => Promise<void>;

/** How long clients may take to read their last replies when a cache is closed, in milliseconds. */
const CLOSE_TIMEOUT = 1000;

/** More than the cache's own limit will ever be: that one answers with an error. */
const MAX_CONNECTIONS = 2 ** 31 - 1;

/**
 * A Redis-compatible cache in this process: with the data types, commands, replies and errors of Redis
 * 7.0.15. Clients connect to it as to a Redis; {@linkcode Cache.call} needs no connection.
 *
 * @example In a test, with any Redis client
 * ```ts
 * import { Cache } from "jsr:@nimblecache/cache";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * await using cache = new Cache();
 * const server = cache.listen({ port: 0 }); // clients connect to cache.url
 * assertEquals(cache.url, `redis://127.0.0.1:${server.addr.port}`);
 *
 * cache.call("RPUSH", "queue", "a", "b");
 * assertEquals(cache.call("LRANGE", "queue", 0, -1), ["a", "b"]);
 * ```
 */
export class Cache implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #caller: Client;
  readonly #encoder = new ArgsEncoder();
  readonly #logger: Logger | undefined;
  readonly #servers: (Server | Server<Deno.UnixConn>)[] = [];
  #closed: Promise<void> | undefined;

  /**
   * Makes a cache, empty but for what a snapshot or an append-only file has. It has no socket before
   * {@linkcode Cache.listen}, and without those it needs nothing of Deno until then.
   *
   * @throws {TypeError} If an option is of the wrong type.
   * @throws {RangeError} If an option is out of range.
   * @throws {Error} If the snapshot or the append-only file cannot be loaded: the message says why, and
   * where it is damaged.
   */
  constructor(options: CacheOptions = {}) {
    const {
      clock = new SystemClock(),
      databases = 16,
      password = "",
      protectedMode = true,
      maxClients = 10_000,
      maxMemory = 0,
      maxMemoryPolicy = "noeviction",
      enableDebugCommand = false,
      snapshot,
      save = 0,
      replicaOf,
      appendOnly,
      appendFsync = "everysec",
      logger,
    } = options;
    if (typeof clock?.now !== "function" || typeof clock.at !== "function") {
      throw new TypeError("Cannot use clock: expected an object with now() and at()");
    }
    if (typeof password !== "string") {
      throw new TypeError(`Cannot use password of type ${typeof password}: expected a string`);
    }
    checkRange("databases", databases, 65_536);
    checkRange("maxClients", maxClients, 2 ** 32 - 1);
    if (snapshot !== undefined && (typeof snapshot !== "string" || snapshot === "")) {
      throw new TypeError("Cannot use snapshot: expected the path of a file");
    }
    checkRange("save", save, 2 ** 31 - 1, 0);
    if (save > 0 && snapshot === undefined) {
      throw new TypeError("Cannot use save without snapshot: expected the path of a file");
    }
    if (appendOnly !== undefined && (typeof appendOnly !== "string" || appendOnly === "")) {
      throw new TypeError("Cannot use appendOnly: expected the path of a directory");
    }
    const { hostname = "127.0.0.1", port = 6379, username = "", password: secret = "" } =
      replicaOf ?? {};
    checkRange("port of replicaOf", port, 65_535);
    checkChoice("appendFsync", appendFsync, FSYNC_POLICIES);
    checkRange("maxMemory", maxMemory, Number.MAX_SAFE_INTEGER, 0);
    checkChoice("maxMemoryPolicy", maxMemoryPolicy, EVICTION_POLICIES);
    const settings = new Settings();
    const latin1 = (text: string) => new Slice(new TextEncoder().encode(text)).latin1();
    settings.masterUser = latin1(username);
    settings.masterPassword = latin1(secret);
    Object.assign(settings, { databases, protectedMode, maxClients, maxMemory, maxMemoryPolicy });
    settings.appendFsync = appendFsync;
    settings.password = latin1(password);
    settings.debugCommand = enableDebugCommand;
    this.#logger = logger;
    this.#engine = new Engine(clock, settings, allCommands());
    if (logger !== undefined) {
      const { replication, appendOnly, snapshots } = this.#engine;
      replication.log = appendOnly.log = snapshots.log = logger;
      this.#engine.onLog = logTo(logger, settings);
    }
    this.#engine.onShutdown = () => void this.close();
    const isLoaded = appendOnly !== undefined && this.#loadAppendOnly(appendOnly);
    if (snapshot !== undefined) this.#keepSnapshot(snapshot, save, !isLoaded);
    if (appendOnly !== undefined) this.#append(appendOnly);
    if (replicaOf !== undefined) this.#engine.replication.follow(hostname, port);
    this.#caller = new Client(this.#engine);
    this.#caller.reply.resp = 3;
  }

  /** The counts at this moment. */
  get stats(): CacheStats {
    const engine = this.#engine;
    let [subscribedClients, keys] = [0, 0];
    for (const { subscriptionCount } of engine.clients.values()) {
      if (subscriptionCount > 0) subscribedClients++;
    }
    for (const { size } of engine.databases) keys += size;
    return {
      clients: engine.connectedClients,
      blockedClients: engine.blockedClients,
      subscribedClients,
      commands: engine.stats.commands,
      keys,
      expiredKeys: engine.stats.expiredKeys,
      evictedKeys: engine.stats.evictedKeys,
      usedMemory: engine.eviction.used,
      replicas: engine.replication.online,
      followsMaster: engine.replication.link?.state === "connected",
    };
  }

  /**
   * The URL of the first listener on TCP, with the password: for any Redis client.
   *
   * @throws {Error} If there is none.
   */
  get url(): string {
    for (const { addr } of this.#servers) {
      if (addr.transport !== "tcp") continue;
      const { password } = this.#engine.settings;
      const host = addr.hostname.includes(":") ? `[${addr.hostname}]` : addr.hostname;
      const encoded = password.replace(
        /[^\w.~-]/g,
        (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
      );
      return `redis://${password && `:${encoded}@`}${host}:${addr.port}`;
    }
    throw new Error("Cannot tell the URL of a cache that does not listen: call listen() first");
  }

  /**
   * Serves a connection that somebody else has accepted: the handler for a `Server` of one's own, which
   * is best given `noDelay: true`.
   */
  readonly handler: CacheHandler = (conn) => serveClient(this.#engine, conn);

  /**
   * Listens on TCP, or on a Unix socket; again for more of them.
   *
   * @param options Where to listen, as for `serve()` of `@nimblecache/server`. Default: 127.0.0.1, port
   * 6379; port 0 takes a free one.
   * @returns The server; it stops with the cache, or by itself.
   * @throws {Deno.errors.AddrInUse} If the port is taken.
   * @throws {Error} If the cache is closed.
   */
  listen(options: ServeUnixOptions): Server<Deno.UnixConn>;
  /** Listens on TCP. */
  listen(options?: ServeOptions): Server;
  listen(options: ServeOptions | ServeUnixOptions = {}): Server | Server<Deno.UnixConn> {
    if (this.#closed !== undefined) throw new Error("Cannot listen: the cache is closed");
    const { handler } = this;
    const common = { handler, maxConnections: MAX_CONNECTIONS, logger: this.#logger };
    const server = options.path === undefined
      ? serve({ noDelay: true, keepAlive: true, ...common, ...options as ServeOptions })
      : serve({ ...common, ...options as ServeUnixOptions });
    this.#servers.push(server);
    if (server.addr.transport === "tcp" && this.#engine.port === 0) {
      const { hostname, port } = server.addr;
      this.#engine.port = port;
      const { others } = this.#engine.settings;
      others.set("bind", hostname);
      others.set("port", String(port));
    }
    return server;
  }

  /**
   * Executes a command, at once and without a connection. What would block returns the reply that it has
   * when its time is over.
   *
   * @param args The command's name and its arguments.
   * @returns Bulk strings as strings (read as UTF-8), integers as numbers (past 2^53 as `bigint`), and
   * what RESP3 has beside: `null`, arrays, `Map`s, `Set`s, booleans, doubles.
   * @throws {ReplyError} If the command replies an error. Within an array (`EXEC`) it is a value.
   * @throws {RangeError} If the reply is larger than a client's replies may be (256 MiB, unless
   * `client-output-buffer-limit` says less), or arrays of a script nest thousands deep.
   * @throws {TypeError} If an argument is of another type.
   */
  call(...args: CallArgument[]): ReplyValue {
    return this.#call(args, (text) => text.utf8());
  }

  /**
   * The same, with bulk strings as bytes.
   *
   * @param args The command's name and its arguments.
   * @returns As {@linkcode Cache.call}, with `Uint8Array`s for bulk strings.
   * @throws {ReplyError} If the command replies an error.
   * @throws {TypeError} If an argument is of another type.
   */
  callBytes(...args: CallArgument[]): ReplyValue<Uint8Array> {
    return this.#call(args, (text) => text.copy());
  }

  /**
   * Waits until the counts are as asked for. They are looked at after each batch of commands: so a test
   * knows that the server has read what a client sent.
   *
   * @param condition Is asked with the counts.
   * @returns A promise that rejects if the cache is closed before.
   *
   * @example
   * ```ts
   * import { Cache } from "jsr:@nimblecache/cache";
   *
   * await using cache = new Cache();
   * const waiting = cache.until((stats) => stats.keys === 1);
   * cache.call("SET", "name", "alice");
   * await waiting;
   * ```
   */
  until(condition: (stats: CacheStats) => boolean): Promise<void> {
    return this.#engine.until(() => condition(this.stats));
  }

  /**
   * Closes the listeners and the connections, writes what the append-only file lacks, and the snapshot if
   * anything has changed since the last, and gives the memory back. Again, it does nothing.
   *
   * @returns A promise that resolves when all is closed, and rejects if one of them cannot be written.
   */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** The same as {@linkcode Cache.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const engine = this.#engine;
    await Promise.all(this.#servers.map((server) => server.shutdown({ timeout: CLOSE_TIMEOUT })));
    engine.snapshots.stop();
    engine.appendOnly.stop();
    await engine.replication.close();
    await engine.background.stop();
    try {
      await engine.appendOnly.close();
    } finally {
      try {
        engine.snapshots.saveAtEnd();
      } finally {
        engine.close();
      }
    }
  }

  /** Returns whether there is one to load. */
  #loadAppendOnly(path: string): boolean {
    const { settings, appendOnly } = this.#engine;
    settings.appendOnly = true;
    settings.appendDirectory = path;
    settings.snapshotDirectory = splitPath(path).directory;
    return this.#begin(`Cannot load the append-only file ${path}`, () => appendOnly.load());
  }

  #append(path: string): void {
    const { appendOnly } = this.#engine;
    this.#begin(`Cannot write the append-only file ${path}`, () => appendOnly.begin());
  }

  /** Does what a cache cannot do without. */
  #begin<T>(what: string, task: () => T): T {
    try {
      return task();
    } catch (error) {
      this.#engine.close();
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${what}: ${why}`, { cause: error });
    }
  }

  #keepSnapshot(path: string, seconds: number, loads: boolean): void {
    const { settings, snapshots } = this.#engine;
    const { directory, name } = splitPath(path);
    settings.snapshotDirectory = directory;
    settings.snapshotName = name;
    if (seconds > 0) settings.savePoints = [{ seconds, changes: 1 }];
    const store = snapshots.store = new FileStore(path);
    this.#begin(`Cannot keep the snapshot ${path}`, () => store.check());
    if (!store.mayWrite) {
      this.#logger?.warn(
        `Cannot save the snapshot ${path}: there is no permission (--allow-write)`,
      );
    }
    if (loads) this.#begin(`Cannot load the snapshot ${path}`, () => snapshots.load());
    snapshots.schedule();
  }

  #call<B>(parts: CallArgument[], bulk: (text: Slice) => B): ReplyValue<B> {
    if (this.#closed !== undefined) throw new Error("Cannot call: the cache is closed");
    if (parts.length === 0) throw new TypeError("Cannot call nothing: expected a command's name");
    const engine = this.#engine;
    const client = this.#caller;
    const args = this.#encoder.encode(parts);
    const { reply } = client;
    // Whatever HELLO or RESET have left: the values below are those of RESP3.
    reply.resp = 3;
    engine.run(client, () => processRequest(client, args));
    engine.appendOnly.flush();
    if (reply.overflowed) {
      reply.reset();
      throw new RangeError(`Cannot return a reply of more than ${client.maxReply} bytes`);
    }
    try {
      // A command that has closed the cache replies nothing.
      const value = reply.length === 0 ? null : readReply(reply.written(), bulk);
      if (value instanceof ReplyError) throw value;
      return value;
    } finally {
      reply.truncate(0);
      client.closing = false;
    }
  }
}

/** Redis' levels of log lines, from the least on. */
const LOG_LEVELS = ["debug", "verbose", "notice", "warning"];

/** Has lines that scripts log go to a logger, from the level on that `loglevel` says. */
function logTo(logger: Logger, { others }: Settings): (level: number, message: string) => void {
  return (level, message) => {
    if (level < LOG_LEVELS.indexOf(others.get("loglevel")?.toLowerCase() ?? "notice")) return;
    if (level === 3) logger.warn(message);
    else if (level === 2) logger.info(message);
    else logger.debug?.(message);
  };
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new RangeError(`Cannot use ${name} ${value}: expected one of ${choices.join(", ")}`);
}

function checkRange(name: string, value: number, max: number, min = 1): void {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot use ${name} of type ${typeof value}: expected a number`);
  }
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    throw new RangeError(`Cannot use ${name} ${value}: expected an integer from ${min} to ${max}`);
  }
}
