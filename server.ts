/**
 * The server: accept loop, admission, statistics, stop.
 *
 * @module
 */

import { classifyAcceptError } from "./accept_error.ts";
import { checkInteger, checkMilliseconds, checkType } from "./check.ts";
import { Connection, type Context, type Handler, OpenConnections } from "./connection.ts";
import { greet } from "./greeting.ts";
import { formatAddr, listen } from "./listen.ts";
import { defaultLogger, describe, guarded, type Logger } from "./logger.ts";

/** The first wait after an accept error that may pass, in milliseconds; it doubles (as Go's). */
const INITIAL_ACCEPT_BACKOFF = 5;

/** The longest wait after an accept error, in milliseconds (Go's, too). */
const MAX_ACCEPT_BACKOFF = 1000;

/** A shortage is over when no accept error has come for this long, in milliseconds. */
const SHORTAGE_QUIET_TIME = 1000;

/** Accept errors of unknown kind in a row after which the listener is taken for broken. */
const MAX_UNKNOWN_ACCEPT_ERRORS = 10;

/**
 * After this many dead peers in a row the accept loop rests for 5 ms: accepting them leaves the event
 * loop no turn, and timers and other connections must have one.
 */
const SKIPS_BEFORE_REST = 100;

/**
 * On every 32nd connection the accept loop lets the runtime poll its sockets. A new socket is not
 * known to be writable before that, and while connections wait in the backlog the loop alone never
 * lets it come to that: of a burst nobody would be answered until all of it is accepted.
 */
const POLL_INTERVAL = 32;

/**
 * How long after {@linkcode Server.close} a handler is waited for, in milliseconds: the runtime
 * delivers its rejection within a turn or two, so one that is still there waits for something else.
 */
const ABANDON_DELAY = 100;

const NOTHING = new Uint8Array(0);

/** A time in which connections cannot be accepted. */
interface Shortage {
  since: number;
  /** When the last wait was over. */
  until: number;
  errors: number;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * Options for a {@linkcode Server}.
 *
 * @typeParam C The type of the connections, by the server's listener.
 *
 * @example Limits, and an end to it
 * ```ts
 * import { serve, type ServerOptions } from "jsr:@nimblecache/server";
 *
 * const controller = new AbortController();
 * const options: ServerOptions = { maxConnections: 100, signal: controller.signal };
 * const server = serve({ port: 0, ...options });
 *
 * controller.abort();
 * await server.finished;
 * ```
 */
export interface ServerOptions<C extends Deno.Conn = Deno.TcpConn> {
  /**
   * Handles each connection.
   *
   * @default {greet()}
   */
  handler?: Handler<C> | undefined;
  /**
   * How many connections may be open at a time. At the limit the server stops accepting: further
   * clients wait in the kernel's queue.
   *
   * @default {10000}
   */
  maxConnections?: number | undefined;
  /**
   * How many connections one remote host (an IP address; one mapped from IPv4 counts as IPv4) may
   * have open at a time. A connection past it is closed at once. Connections without a host, as on
   * Unix sockets, are not limited. Default: no limit.
   */
  maxConnectionsPerHost?: number | undefined;
  /**
   * How long a finished connection waits, in milliseconds without data, for the client to close its
   * side, and ten times that in all. Without the wait a client that sends before it reads may lose
   * what the handler wrote last. 0 closes at once.
   *
   * The default is that of Go's `rstAvoidanceDelay`.
   *
   * @default {500}
   */
  linger?: number | undefined;
  /** Aborting it is the same as {@linkcode Server.close}. */
  signal?: AbortSignal | undefined;
  /**
   * Where log lines go. Default: `getLogger("nimblecache")` of `@std/log`, which is silent until
   * the application sets that logger up (before it makes the server).
   */
  logger?: Logger | undefined;
  /**
   * Is told of an unexpected error of a handler: anything but an ordinary ending of its connection.
   * What it throws itself is logged. Default: the error is logged.
   */
  onError?: ((error: unknown, context: Context) => void | Promise<void>) | undefined;
}

/**
 * Options for {@linkcode serve}.
 *
 * @example A free port on the IPv6 loopback
 * ```ts
 * import { serve, type ServeOptions } from "jsr:@nimblecache/server";
 *
 * const options: ServeOptions = { hostname: "::1", port: 0 };
 * await using _server = serve(options);
 * ```
 */
export interface ServeOptions extends ServerOptions {
  /**
   * The address to listen on, as a literal or a name. `0.0.0.0` is every IPv4 address of the
   * machine; `::` is every address of both kinds on Linux.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
  /**
   * The TCP port, from 0 to 65535; 0 takes a free one, found in {@linkcode Server.addr}.
   *
   * @default {6379}
   */
  port?: number | undefined;
}

/**
 * Options for {@linkcode Server.shutdown}.
 *
 * @example
 * ```ts
 * import { serve, type ShutdownOptions } from "jsr:@nimblecache/server";
 *
 * const options: ShutdownOptions = { timeout: 10_000 };
 * await serve({ port: 0 }).shutdown(options);
 * ```
 */
export interface ShutdownOptions {
  /** After how many milliseconds open connections are closed all the same. Default: never. */
  timeout?: number | undefined;
}

/**
 * A server's counts at one moment. Each connection that was accepted and not rejected is in one of
 * four: `accepted = active + completed + failed + timedOut`.
 *
 * @example
 * ```ts
 * import { serve, type ServerStats } from "jsr:@nimblecache/server";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * await using server = serve({ port: 0 });
 * const stats: ServerStats = server.stats;
 * assertEquals(stats.accepted, 0);
 * ```
 */
export interface ServerStats {
  /** Connections given to the handler since the start. */
  accepted: number;
  /** Open connections: the handler runs, or the connection is being finished. */
  active: number;
  /**
   * Connections whose handler returned without error, however the client then left: a reset while
   * the connection was being finished counts here, and so does an expired linger time.
   */
  completed: number;
  /**
   * Connections whose handler threw or rejected, be it by a reset, or was still running 100 ms after
   * {@linkcode Server.close}.
   */
  failed: number;
  /** Connections closed at the time limit that {@linkcode Context.closeAfter} set. */
  timedOut: number;
  /** Connections closed before any handler: past the limit of their host, or during a stop. */
  rejected: number;
  /** Errors of `accept()`, each survived: clients gone before they were accepted, and shortages. */
  acceptErrors: number;
}

/**
 * Waits until the runtime has polled its sockets: a write of no bytes, which sends nothing, settles
 * only then. Not on TLS, where it would wait for a handshake that may never come.
 */
async function letRuntimePoll(conn: Deno.Conn): Promise<void> {
  if (conn.remoteAddr.transport !== "tcp" || "handshake" in conn) return;
  try {
    await conn.write(NOTHING);
  } catch {
    // The client is gone again; the handler will find out.
  }
}

/** The remote host, as the limit for each counts it. */
function hostOf(conn: Deno.Conn): string | undefined {
  if (!("hostname" in conn.remoteAddr)) return undefined;
  return conn.remoteAddr.hostname.replace(/^::ffff:(?=[\d.]+$)/i, "");
}

/**
 * A server that accepts connections from a listener and has each handled on its own. Nothing that a
 * client does ends it, nor does a shortage of file descriptors or memory.
 *
 * The server owns the listener: it closes it when it stops. A listener that somebody else closes
 * stops the server as {@linkcode Server.shutdown} does, when the server next accepts: not before a
 * place is free, if all are taken.
 *
 * Clients that the kernel has queued but the server not yet accepted when a stop begins are reset by
 * the kernel.
 *
 * @typeParam C The type of the connections, by the listener.
 *
 * @example Serve on a Unix socket
 * ```ts
 * import { Server } from "jsr:@nimblecache/server";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const path = `${Deno.makeTempDirSync()}/hello.sock`;
 * await using server = new Server(Deno.listen({ transport: "unix", path }));
 * server.run();
 *
 * using client = await Deno.connect({ transport: "unix", path });
 * assertEquals(await new Response(client.readable).text(), "Hello!");
 * ```
 */
export class Server<C extends Deno.Conn = Deno.TcpConn> implements AsyncDisposable {
  readonly #listener: Deno.Listener<C, C["localAddr"]>;
  readonly #handler: Handler<C>;
  readonly #maxConnections: number;
  readonly #maxConnectionsPerHost: number | undefined;
  readonly #linger: number;
  readonly #signal: AbortSignal | undefined;
  readonly #logger: Logger;
  readonly #onError: NonNullable<ServerOptions<C>["onError"]>;

  readonly #open = new OpenConnections<C>();
  /** Open connections by host, where they are limited: never more entries than open connections. */
  readonly #hosts = new Map<string, number>();
  readonly #finished = Promise.withResolvers<void>();
  #accepting = false;
  #stopping = false;
  #settled = false;
  /** What `run()` rejects with, if the listener failed. */
  #failure: Error | undefined;
  /** Ends the accept loop's wait, whatever it waits for. */
  #wake: () => void = () => {};
  /** The same, if it waits for what an ended connection gives back. */
  #wakeOnRelease: () => void = () => {};

  /** Accept errors since the last success: dead peers, errors that back off, unknown ones of them. */
  #skips = 0;
  #backoffs = 0;
  #unknowns = 0;
  #shortage: Shortage | undefined;
  #abandonTimer: ReturnType<typeof setTimeout> | undefined;

  readonly #counts: Omit<ServerStats, "active"> = {
    accepted: 0,
    completed: 0,
    failed: 0,
    timedOut: 0,
    rejected: 0,
    acceptErrors: 0,
  };

  /**
   * Makes a server; {@linkcode Server.run} starts it.
   *
   * @param listener What to accept from: a TCP or a Unix listener. A TLS listener works too, but the
   * time limits cannot free the descriptor of a client that never ends its handshake: put a proxy
   * in front instead.
   * @param options The handler, the limits, and where errors and log lines go.
   * @throws {TypeError} If an option is of the wrong type.
   * @throws {RangeError} If an option is out of range.
   *
   * @example
   * ```ts
   * import { Server } from "jsr:@nimblecache/server";
   *
   * const server = new Server(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
   * const running = server.run();
   *
   * await server.shutdown();
   * await running;
   * ```
   */
  constructor(listener: Deno.Listener<C, C["localAddr"]>, options: ServerOptions<C> = {}) {
    const {
      handler = greet(),
      maxConnections = 10_000,
      maxConnectionsPerHost,
      linger = 500,
      signal,
      logger = defaultLogger(),
      onError = (error, { id }) => this.#logger.error("handler failed", { id, error }),
    } = options;
    if (typeof listener?.[Symbol.asyncIterator] !== "function") {
      throw new TypeError(`Cannot serve on ${typeof listener}: expected a Deno.Listener`);
    }
    checkType("handler", handler, "function");
    checkInteger("maxConnections", maxConnections, 1);
    if (maxConnectionsPerHost !== undefined) {
      checkInteger("maxConnectionsPerHost", maxConnectionsPerHost, 1);
    }
    checkMilliseconds("linger", linger);
    checkType("onError", onError, "function");
    for (const level of ["debug", "info", "warn", "error"] as const) {
      if (level !== "debug" || logger?.debug !== undefined) {
        checkType(`logger.${level}`, logger?.[level], "function");
      }
    }
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new TypeError(`Cannot use signal of type ${typeof signal}: expected an AbortSignal`);
    }
    this.#listener = listener;
    this.#handler = handler;
    this.#maxConnections = maxConnections;
    this.#maxConnectionsPerHost = maxConnectionsPerHost;
    this.#linger = linger;
    this.#logger = guarded(logger);
    this.#onError = onError;
    this.#signal = signal;
    if (signal?.aborted) this.close();
    else signal?.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.close();

  /** The address listened on. Its port is the real one, also where 0 was asked for. */
  get addr(): C["localAddr"] {
    return this.#listener.addr;
  }

  /**
   * Resolves when the server has stopped and every socket is gone; rejects, with the accept error as
   * `cause`, only if the listener fails for good. A rejection that nobody handles ends the process,
   * as everywhere in Deno.
   */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** The counts at this moment. */
  get stats(): ServerStats {
    const { accepted, ...outcomes } = this.#counts;
    return { accepted, active: this.#open.size, ...outcomes };
  }

  /**
   * Starts to accept connections. To call it again changes nothing.
   *
   * @returns {@linkcode Server.finished}.
   */
  run(): Promise<void> {
    if (!this.#accepting && !this.#stopping) {
      this.#accepting = true;
      this.#logger.info("listening", { addr: formatAddr(this.addr) });
      this.#accept().then(() => {
        this.#accepting = false;
        this.#settle();
      });
    }
    return this.finished;
  }

  /**
   * Stops gracefully: accepts no more, aborts the signals of the open connections, and waits for
   * their handlers.
   *
   * @param options How long to wait.
   * @returns A promise that resolves when the server has stopped, also where `finished` rejects.
   * @throws {TypeError} If `timeout` is of the wrong type.
   * @throws {RangeError} If `timeout` is out of range.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { timeout } = options;
    if (timeout !== undefined) checkMilliseconds("timeout", timeout);
    this.#stop();
    let timer;
    if (timeout !== undefined && !this.#settled) {
      timer = setTimeout(() => {
        const active = this.#open.size;
        if (active > 0 && this.#abandonTimer === undefined) {
          this.#logger.warn("shutdown timed out, closing connections", { active });
        }
        this.close();
      }, timeout);
    }
    await this.finished.catch(() => {});
    clearTimeout(timer);
  }

  /**
   * Stops at once: closes the listener and every connection. A handler's pending read or write
   * rejects with {@linkcode Deno.errors.Interrupted}; a handler that has not settled 100 ms later is
   * not waited for, and counts as failed. May be called at any time, any number of times.
   */
  close(): void {
    this.#stop();
    // An abort listener may call this again, in the middle of it.
    if (this.#open.size === 0 || this.#abandonTimer !== undefined) return;
    this.#abandonTimer = setTimeout(() => {
      for (const connection of this.#open.snapshot()) {
        connection.abandon();
        this.#release(connection);
      }
    }, ABANDON_DELAY);
    for (const connection of this.#open.snapshot()) connection.close();
  }

  /** The same as {@linkcode Server.shutdown} without a timeout. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Accepts until the listener is closed, whatever happens in between. */
  async #accept(): Promise<void> {
    while (!this.#stopping) {
      try {
        // Nothing in the body may throw, nor leave the loop: that would close the listener.
        for await (const conn of this.#listener) {
          this.#skips = this.#backoffs = this.#unknowns = 0;
          const nth = this.#counts.accepted + this.#counts.rejected + 1;
          if (nth % POLL_INTERVAL === 0) await letRuntimePoll(conn);
          if (this.#admits(conn)) {
            // Not awaited, so that the next connection is accepted.
            this.#handle(conn);
          } else {
            this.#counts.rejected++;
            this.#logger.debug?.("connection rejected", { remote: formatAddr(conn.remoteAddr) });
            conn[Symbol.dispose]();
          }
          while (this.#open.size >= this.#maxConnections && !this.#stopping) {
            await this.#sleepUntilRelease();
          }
        }
        // The iteration ends without an error only if the listener is closed.
        return this.#stop();
      } catch (error) {
        if (!this.#stopping) await this.#recover(error);
      }
    }
  }

  #admits(conn: C): boolean {
    if (this.#stopping) return false;
    if (this.#maxConnectionsPerHost === undefined) return true;
    const host = hostOf(conn);
    if (host === undefined) return true;
    const connections = this.#hosts.get(host) ?? 0;
    if (connections >= this.#maxConnectionsPerHost) return false;
    this.#hosts.set(host, connections + 1);
    return true;
  }

  /** Starts to handle a connection. Never throws. */
  #handle(conn: C): void {
    const connection = new Connection(++this.#counts.accepted, conn, this.#open);
    this.#open.add(connection);
    this.#logger.debug?.("connection accepted", {
      id: connection.id,
      remote: formatAddr(conn.remoteAddr),
    });
    connection.run(this.#handler, this.#linger, this.#report).then(this.#release);
  }

  // These two are handed on as they are, so that no closure is made for a connection.

  /** Reports a handler's error. Never throws or rejects. */
  readonly #report = async (error: unknown, context: Context): Promise<void> => {
    try {
      await this.#onError(error, context);
    } catch (error) {
      this.#logger.error("onError failed", { id: context.id, error });
    }
  };

  /** Counts a connection out. One that `close()` has given up settles later, and is gone by then. */
  readonly #release = (connection: Connection<C>): void => {
    if (!this.#open.remove(connection)) return;
    const outcome = connection.timedOut ? "timedOut" : connection.failed ? "failed" : "completed";
    this.#counts[outcome]++;
    this.#logger.debug?.("connection closed", { id: connection.id, outcome });
    const host = this.#maxConnectionsPerHost === undefined ? undefined : hostOf(connection.conn);
    if (host !== undefined) {
      const connections = this.#hosts.get(host) ?? 0;
      if (connections > 1) this.#hosts.set(host, connections - 1);
      else this.#hosts.delete(host);
    }
    // There is room again, and a descriptor more.
    this.#wakeOnRelease();
    this.#settle();
  };

  /** Does what an accept error asks for; returns when to accept again. */
  async #recover(error: unknown): Promise<void> {
    this.#counts.acceptErrors++;
    const action = classifyAcceptError(error);
    if (action === "skip") {
      this.#logger.debug?.("client left before it was accepted", { error: describe(error) });
      if (++this.#skips % SKIPS_BEFORE_REST === 0) await this.#sleep(INITIAL_ACCEPT_BACKOFF);
      return;
    }
    const delay = Math.min(INITIAL_ACCEPT_BACKOFF * 2 ** this.#backoffs++, MAX_ACCEPT_BACKOFF);
    if (action === "unknown") {
      if (++this.#unknowns === MAX_UNKNOWN_ACCEPT_ERRORS) return this.#fail(error);
      this.#noteShortage(error, delay);
      await this.#sleep(delay);
    } else {
      this.#noteShortage(error, delay);
      await this.#sleepUntilRelease(delay);
    }
    if (this.#shortage) this.#shortage.until = performance.now();
  }

  /**
   * Logs one line when a shortage begins and one when it is over, however often the server comes
   * out of it for a moment in between.
   */
  #noteShortage(error: unknown, delay: number): void {
    const now = performance.now();
    const shortage = this.#shortage ??= { since: now, until: now, errors: 0 };
    clearTimeout(shortage.timer);
    shortage.timer = setTimeout(() => {
      this.#shortage = undefined;
      this.#logger.info("accepting again", {
        errors: shortage.errors,
        ms: Math.round(shortage.until - shortage.since),
      });
    }, delay + SHORTAGE_QUIET_TIME);
    // After the timer, since a logger may stop the server, and with it the timer.
    if (++shortage.errors === 1) {
      this.#logger.warn("cannot accept, backing off", { error: describe(error) });
    }
  }

  #fail(cause: unknown): void {
    this.#failure = new Error(
      `Cannot accept on ${formatAddr(this.addr)}: ${MAX_UNKNOWN_ACCEPT_ERRORS} errors in a row`,
      { cause },
    );
    this.#logger.error("listener failed", {
      error: this.#failure.message,
      cause: describe(cause),
    });
    this.close();
  }

  /** Lets the accept loop wait: for `ms` milliseconds if given, in any case until a stop begins. */
  async #sleep(ms?: number): Promise<void> {
    if (this.#stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }

  /** The same, but no longer than until a connection ends. */
  #sleepUntilRelease(ms?: number): Promise<void> {
    const slept = this.#sleep(ms);
    this.#wakeOnRelease = this.#wake;
    return slept;
  }

  /** Begins a stop: accepts no more, and tells the handlers. */
  #stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#listener[Symbol.dispose]();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    clearTimeout(this.#shortage?.timer);
    this.#wake();
    for (const connection of this.#open.snapshot()) connection.abort();
    this.#settle();
  }

  /** Settles `finished` when nothing is left to wait for. */
  #settle(): void {
    if (this.#settled || !this.#stopping || this.#accepting || this.#open.size > 0) return;
    this.#settled = true;
    this.#open.unwatch();
    clearTimeout(this.#abandonTimer);
    this.#logger.info("stopped", { ...this.stats });
    if (this.#failure) this.#finished.reject(this.#failure);
    else this.#finished.resolve();
  }
}

/**
 * Listens on TCP and starts a {@linkcode Server}.
 *
 * @param options Where to listen, and the server's options.
 * @returns The running server; its `addr` is known at once.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {RangeError} If an option is out of range.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 * @throws {Deno.errors.AddrNotAvailable} If the address is not one of this machine's.
 * @throws {Deno.errors.PermissionDenied} If the system does not let this user listen there.
 * @throws {Deno.errors.NotCapable} If Deno was not given `--allow-net` for the address.
 *
 * @example An echo server that closes connections after 30 silent seconds
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * await using server = serve({
 *   port: 0,
 *   handler: async (conn, context) => {
 *     context.closeAfter(30_000);
 *     for await (const data of conn.readable) {
 *       context.closeAfter(30_000);
 *       for (let sent = 0; sent < data.length;) sent += await conn.write(data.subarray(sent));
 *     }
 *   },
 * });
 *
 * using client = await Deno.connect({ port: server.addr.port });
 * await client.write(new TextEncoder().encode("Hello, echo!"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "Hello, echo!");
 * ```
 */
export function serve(options: ServeOptions = {}): Server {
  const { hostname = "127.0.0.1", port = 6379, ...serverOptions } = options;
  checkType("hostname", hostname, "string");
  checkInteger("port", port, 0, 65_535);
  const listener = listen(hostname, port);
  try {
    const server = new Server(listener, serverOptions);
    server.run();
    return server;
  } catch (error) {
    listener.close();
    throw error;
  }
}
