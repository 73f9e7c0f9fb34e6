/**
 * The server: accept loop, admission, statistics, stop.
 *
 * @module
 */

import { AcceptBackoff, MAX_UNKNOWN_ERRORS } from "./accept_error.ts";
import { checkInteger, checkMilliseconds, checkType } from "./check.ts";
import { type Connection, type Handler, OpenConnection, OpenConnections } from "./connection.ts";
import { greet } from "./greeting.ts";
import { formatAddr, listen, listenOnUnix } from "./listen.ts";
import { defaultLogger, describe, guarded, type Logger } from "./logger.ts";

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
  // Not typed by `C`, so that servers of all kinds fit one array.
  readonly #listener: Deno.Listener;
  readonly #handler: Handler<Deno.Conn>;
  readonly #onError: NonNullable<ServerOptions<Deno.Conn>["onError"]>;
  readonly #maxConnections: number;
  readonly #hosts: HostLimit | undefined;
  readonly #linger: number;
  readonly #maxBuffered: number;
  readonly #noDelay: boolean;
  readonly #keepAlive: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #logger: Logger;

  readonly #open = new OpenConnections();
  readonly #backoff: AcceptBackoff;
  readonly #finished = Promise.withResolvers<void>();
  #isAccepting = false;
  #isStopping = false;
  #isClosing = false;
  #isSettled = false;
  /** What `run()` rejects with, if the listener failed. */
  #failure: Error | undefined;
  /** Ends the accept loop's wait at the limit of connections. */
  #wake: () => void = () => {};
  #abandonTimer: ReturnType<typeof setTimeout> | undefined;

  readonly #counts: Omit<ServerStats, "active"> = {
    accepted: 0,
    completed: 0,
    failed: 0,
    timedOut: 0,
    aborted: 0,
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
    checkOptions(options);
    const {
      handler = greet(),
      maxConnections = 10_000,
      maxConnectionsPerHost,
      linger = 500,
      maxBuffered = 1024 * 1024,
      noDelay = false,
      keepAlive = false,
      signal,
      logger = defaultLogger(),
      onError = this.#logError,
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
    checkInteger("maxBuffered", maxBuffered, 0);
    checkType("noDelay", noDelay, "boolean");
    checkType("keepAlive", keepAlive, "boolean");
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
    this.#handler = handler as Handler<Deno.Conn>;
    this.#onError = onError as NonNullable<ServerOptions<Deno.Conn>["onError"]>;
    this.#maxConnections = maxConnections;
    this.#hosts = maxConnectionsPerHost === undefined
      ? undefined
      : new HostLimit(maxConnectionsPerHost);
    this.#linger = linger;
    this.#maxBuffered = maxBuffered;
    this.#noDelay = noDelay;
    this.#keepAlive = keepAlive;
    this.#logger = guarded(logger);
    this.#backoff = new AcceptBackoff(this.#logger);
    this.#signal = signal;
    if (signal?.aborted) this.close();
    else signal?.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.close();

  /** The default `onError`. */
  readonly #logError = (error: unknown, conn: Connection<Deno.Conn>): void =>
    this.#logger.error(`handler failed: ${describe(error)}`, { ...whoIs(conn), error });

  /** The address listened on. Its port is the real one, also where 0 was asked for. */
  get addr(): C["localAddr"] {
    return this.#listener.addr as C["localAddr"];
  }

  /**
   * Resolves when the server has stopped and every socket is gone; rejects, with the accept error as
   * `cause`, only if the listener fails for good. A rejection that nobody handles ends the process,
   * as everywhere in Deno.
   */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** The open connections at this moment, in the order of acceptance. */
  get connections(): Connection<C>[] {
    const open = this.#open.snapshot() as OpenConnection<C>[];
    return open.filter(({ isClosed }) => !isClosed).sort((one, other) => one.id - other.id);
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
    if (!this.#isAccepting && !this.#isStopping) {
      this.#isAccepting = true;
      this.#logger.info("listening", { addr: formatAddr(this.addr) });
      this.#accept().then(() => {
        this.#isAccepting = false;
        this.#settle();
      });
    }
    return this.finished;
  }

  /**
   * Stops gracefully: accepts no more, has the open connections' reads end as at an end of file,
   * aborts their signals, and waits for their handlers.
   *
   * A handler that awaits this waits for itself: call it there without `await`.
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
    if (timeout !== undefined && !this.#isSettled) {
      timer = setTimeout(() => {
        const active = this.#open.size;
        if (active > 0 && !this.#isClosing) {
          this.#logger.warn("shutdown timed out, closing connections", { active });
        }
        this.close();
      }, timeout);
    }
    await this.finished.catch(() => {});
    clearTimeout(timer);
  }

  /**
   * Stops at once: closes the listener and every connection, which counts as aborted unless its
   * handler had settled. A handler's pending read or write rejects with
   * {@linkcode Deno.errors.Interrupted}; a handler that has not settled 100 ms later is not waited
   * for. May be called at any time, any number of times.
   */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // Before the stop, which would end reads as if the client had.
    const reason = new DOMException("The server was closed", "AbortError");
    for (const connection of this.#open.snapshot()) connection.close(reason);
    this.#stop();
    if (this.#open.size === 0) return;
    this.#abandonTimer = setTimeout(() => {
      for (const connection of this.#open.snapshot()) this.#release(connection);
    }, ABANDON_DELAY);
  }

  /** The same as {@linkcode Server.shutdown} without a timeout. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Accepts until the listener is closed, whatever happens in between. */
  async #accept(): Promise<void> {
    while (!this.#isStopping) {
      try {
        // Nothing in the body may throw, nor leave the loop: that would close the listener.
        for await (const conn of this.#listener) {
          this.#backoff.reset();
          const nth = this.#counts.accepted + this.#counts.rejected + 1;
          if (nth % POLL_INTERVAL === 0) await letRuntimePoll(conn);
          this.#admit(conn);
          while (this.#open.size >= this.#maxConnections) {
            await new Promise<void>((resolve) => this.#wake = resolve);
          }
        }
        // The iteration ends without an error only if the listener is closed.
        return this.#stop();
      } catch (error) {
        if (this.#isStopping) return;
        this.#counts.acceptErrors++;
        if (!await this.#backoff.wait(error)) this.#fail(error);
      }
    }
  }

  /** Starts to handle a connection, unless it is too late or one too many. Never throws. */
  #admit(conn: Deno.Conn): void {
    const host = this.#hosts && hostOf(conn.remoteAddr);
    if (this.#isStopping || (host !== undefined && !this.#hosts?.take(host))) {
      this.#counts.rejected++;
      this.#logger.debug?.("connection rejected", { remote: formatAddr(conn.remoteAddr) });
      conn[Symbol.dispose]();
      return;
    }
    const id = ++this.#counts.accepted;
    const connection = new OpenConnection(id, conn, this.#open, this.#maxBuffered, host);
    this.#open.add(connection);
    if (this.#noDelay || this.#keepAlive) this.#setOptions(conn);
    this.#logger.debug?.("connection accepted", { id, remote: formatAddr(conn.remoteAddr) });
    // Not awaited, so that the next connection is accepted.
    connection.run(this.#handler, this.#linger, this.#report).then(this.#release);
  }

  #setOptions(conn: Deno.Conn): void {
    if (!("setNoDelay" in conn)) return;
    const { setNoDelay, setKeepAlive } = conn as Deno.TcpConn;
    try {
      if (this.#noDelay) setNoDelay.call(conn, true);
      if (this.#keepAlive) setKeepAlive.call(conn, true);
    } catch {
      // The client is gone again; the handler will find out.
    }
  }

  // These are handed on as they are, so that no closure is made for a connection.

  /** Reports a handler's error. Never rejects. */
  readonly #report = async (error: unknown, conn: Connection<Deno.Conn>): Promise<void> => {
    try {
      await this.#onError(error, conn);
    } catch (error) {
      this.#logger.error(`onError failed: ${describe(error)}`, { ...whoIs(conn), error });
    }
  };

  /** Counts a connection out. One that `close()` has given up settles later, and is gone by then. */
  readonly #release = (connection: OpenConnection): void => {
    if (!this.#open.remove(connection)) return;
    const { outcome, reason, acceptedAt, host } = connection;
    this.#counts[outcome]++;
    this.#logger.debug?.("connection closed", {
      ...whoIs(connection),
      outcome,
      ms: Date.now() - acceptedAt,
      ...(reason === undefined ? {} : { reason: describe(reason) }),
    });
    if (host !== undefined) this.#hosts?.giveBack(host);
    // There is room again, and a descriptor more.
    this.#wake();
    this.#backoff.release();
    this.#settle();
  };

  #fail(cause: unknown): void {
    this.#failure = new Error(
      `Cannot accept on ${formatAddr(this.addr)}: ${MAX_UNKNOWN_ERRORS} errors in a row`,
      { cause },
    );
    this.#logger.error(`listener failed: ${describe(cause)}`, { addr: formatAddr(this.addr) });
    this.close();
  }

  /** Begins a stop: accepts no more, and tells the handlers. */
  #stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#listener[Symbol.dispose]();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#backoff.stop();
    const reason = new DOMException("The server is stopping", "AbortError");
    for (const connection of this.#open.snapshot()) connection.stop(reason);
    this.#settle();
  }

  /** Settles `finished` when nothing is left to wait for. */
  #settle(): void {
    if (this.#isSettled || !this.#isStopping || this.#isAccepting || this.#open.size > 0) return;
    this.#isSettled = true;
    this.#open.unwatch();
    clearTimeout(this.#abandonTimer);
    this.#logger.info("stopped", { ...this.stats });
    if (this.#failure) this.#finished.reject(this.#failure);
    else this.#finished.resolve();
  }
}

/**
 * Listens on TCP, or on a Unix socket, and starts a {@linkcode Server}.
 *
 * @param options Where to listen, and the server's options.
 * @returns The running server; its `addr` is known at once.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {RangeError} If an option is out of range.
 * @throws {Deno.errors.AddrInUse} If the port or the path is taken.
 * @throws {Deno.errors.AddrNotAvailable} If the address is not one of this machine's.
 * @throws {Deno.errors.PermissionDenied} If the system does not let this user listen there.
 * @throws {Deno.errors.NotCapable} If Deno was not given `--allow-net` for the address, or
 * `--allow-read` and `--allow-write` for the path.
 *
 * @example An echo server
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * await using server = serve({
 *   port: 0,
 *   handler: async (conn) => {
 *     const buffer = new Uint8Array(16 * 1024);
 *     for (let n; (n = await conn.read(buffer)) !== null;) await conn.write(buffer.subarray(0, n));
 *   },
 * });
 *
 * using client = await Deno.connect({ port: server.addr.port });
 * await client.write(new TextEncoder().encode("Hello, echo!"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "Hello, echo!");
 * ```
 *
 * @example A Unix socket
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 *
 * const path = `${Deno.makeTempDirSync()}/hello.sock`;
 * await using server = serve({ path });
 *
 * using _client = await Deno.connect({ transport: "unix", path });
 * ```
 */
export function serve(options?: ServeOptions): Server;
/**
 * Listens on a Unix socket and starts a {@linkcode Server}.
 *
 * @param options Where to listen, and the server's options.
 * @returns The running server.
 */
export function serve(options: ServeUnixOptions): Server<Deno.UnixConn>;
export function serve(
  options: ServeOptions | ServeUnixOptions = {},
  handler?: unknown,
): Server | Server<Deno.UnixConn> {
  // What `Deno.serve` takes. TypeScript forbids it; without TypeScript it would greet.
  checkOptions(options);
  if (handler !== undefined) throw new TypeError(`Cannot serve with two arguments: ${EXPECTED}`);
  if (options.path !== undefined) {
    const { path, hostname, port, ...serverOptions }: ServeUnixOptions & Partial<Deno.NetAddr> =
      options;
    checkType("path", path, "string");
    if (hostname !== undefined || port !== undefined) {
      throw new TypeError("Cannot use path together with hostname or port: expected one of them");
    }
    return start(listenOnUnix(path), serverOptions);
  }
  const { hostname = "127.0.0.1", port = 6379, path: _, ...serverOptions } = options;
  checkType("hostname", hostname, "string");
  checkInteger("port", port, 0, 65_535);
  return start(listen(hostname, port), serverOptions);
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
   * Handles each connection. When it settles, what still waits to be written goes out, and the
   * connection is closed.
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
   * How many connections one remote host may have open at a time. A host is an IPv4 address, also
   * where it is mapped to IPv6, or the /64 network of an IPv6 address, which is what one customer is
   * given. A connection past the limit is closed at once. Connections without a host, as on Unix
   * sockets, are not limited. Default: no limit.
   */
  maxConnectionsPerHost?: number | undefined;
  /**
   * How long a finished connection waits, in milliseconds without progress, for what is still to be
   * written to go out and for the client to close its side; ten times that in all. Without the wait
   * a client that sends before it reads may lose what the handler wrote last. 0 closes at once.
   *
   * The default is that of Go's `rstAvoidanceDelay`.
   *
   * @default {500}
   */
  linger?: number | undefined;
  /**
   * How many bytes of {@linkcode Connection.send} may wait to be written to one client. A connection
   * that would need more is closed, and counts as failed.
   *
   * @default {1048576}
   */
  maxBuffered?: number | undefined;
  /**
   * Whether small writes go out at once (`TCP_NODELAY`), in place of waiting for an answer to what
   * went before: for protocols that answer requests. TCP only.
   *
   * @default {false}
   */
  noDelay?: boolean | undefined;
  /**
   * Whether the system probes idle connections, and ends those whose client has vanished
   * (`SO_KEEPALIVE`; on Linux after two hours). TCP only.
   *
   * @default {false}
   */
  keepAlive?: boolean | undefined;
  /** Aborting it is the same as {@linkcode Server.close}. */
  signal?: AbortSignal | undefined;
  /**
   * Where log lines go. Default: `getLogger("nimblecache")` of `@std/log`, which is silent until
   * the application sets that logger up (before it makes the server). Errors are never silent: until
   * then they go to `console.error`.
   */
  logger?: Logger | undefined;
  /**
   * Is told of an unexpected error of a handler: anything but an ordinary ending of its connection.
   * What it throws itself is logged. The server's end waits for it. Default: the error is logged.
   */
  onError?: ((error: unknown, conn: Connection<C>) => void | Promise<void>) | undefined;
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
  /** Not with a host and a port: see {@linkcode ServeUnixOptions}. */
  path?: undefined;
}

/**
 * Options for {@linkcode serve} on a Unix socket.
 *
 * @example
 * ```ts
 * import { serve, type ServeUnixOptions } from "jsr:@nimblecache/server";
 *
 * const options: ServeUnixOptions = { path: `${Deno.makeTempDirSync()}/hello.sock` };
 * await using _server = serve(options);
 * ```
 */
export interface ServeUnixOptions extends ServerOptions<Deno.UnixConn> {
  /**
   * The path of the socket. It must not exist; the server removes it when it stops, whoever has put
   * another one there meanwhile: Deno removes by path.
   */
  path: string;
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
 * five: `accepted = active + completed + failed + timedOut + aborted`.
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
   * Connections whose handler threw or rejected, or whose client broke off before the handler had
   * settled: by a reset, or by not reading what it was sent.
   */
  failed: number;
  /** Connections closed at the time limit that {@linkcode Connection.closeAfter} set. */
  timedOut: number;
  /**
   * Connections that were closed before their handler had settled: by {@linkcode Server.close}, or
   * by {@linkcode Connection.close} if that gave a reason or interrupted the handler.
   */
  aborted: number;
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

/** The connections of each host, no more than a limit. */
class HostLimit {
  readonly #max: number;
  /** Never more entries than open connections. */
  readonly #connections = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes one of the host's places; returns whether there was one. */
  take(host: string): boolean {
    const connections = this.#connections.get(host) ?? 0;
    if (connections >= this.#max) return false;
    this.#connections.set(host, connections + 1);
    return true;
  }

  giveBack(host: string): void {
    const connections = this.#connections.get(host) ?? 0;
    if (connections > 1) this.#connections.set(host, connections - 1);
    else this.#connections.delete(host);
  }
}

/** The remote host, as the limit for each counts it. */
function hostOf(addr: Deno.Addr): string | undefined {
  if (!("hostname" in addr)) return undefined;
  const mapped = /^::ffff:([\d.]+)$/i.exec(addr.hostname);
  if (mapped) return mapped[1];
  if (!addr.hostname.includes(":")) return addr.hostname;
  // The network's four groups, of which zeros may be left out in one place.
  const [start = "", end] = addr.hostname.split("::");
  const groups = start === "" ? [] : start.split(":");
  const trailing = end ? end.split(":") : [];
  while (end !== undefined && groups.length + trailing.length < 8) groups.push("0");
  return [...groups, ...trailing].slice(0, 4).join(":");
}

/** Who a log line is about. */
function whoIs({ id, remoteAddr }: Connection<Deno.Conn>): Record<string, unknown> {
  return { id, remote: formatAddr(remoteAddr) };
}

const EXPECTED = "expected one object of options, such as { port: 8080, handler }";

function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot serve with a value of type ${typeof options}: ${EXPECTED}`);
  }
}

function start<C extends Deno.Conn>(
  listener: Deno.Listener<C, C["localAddr"]>,
  options: ServerOptions<C>,
): Server<C> {
  try {
    const server = new Server(listener, options);
    server.run();
    return server;
  } catch (error) {
    listener.close();
    throw error;
  }
}
