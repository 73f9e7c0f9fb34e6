/**
 * One connection's life: what its handler is given, its time limit and its lingering close; and the
 * set of all open connections, which one timer watches.
 *
 * @module
 */

import { checkMilliseconds } from "./check.ts";

/**
 * How often time limits are looked at, in milliseconds: one timer serves all connections. The time
 * of a limit starts with the first look at it: two looks, and what timers add, make the 100 ms that
 * are promised.
 */
const SWEEP_INTERVAL = 40;

/** A look that comes later than this, in milliseconds, was kept by a busy event loop. */
const MAX_SWEEP_DELAY = 100;

/** The drain lasts at most this many times the linger time, however steadily data comes. */
const MAX_LINGER_FACTOR = 10;

/** Where drained data goes. All connections share it, since nobody reads it. */
const SINK = new Uint8Array(64 * 1024);

/** How a client, or the way to it, may end a connection at any time. */
const NETWORK_ERRORS = [
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionReset,
  Deno.errors.NetworkUnreachable,
  Deno.errors.NotConnected,
  Deno.errors.TimedOut,
  Deno.errors.UnexpectedEof,
];

/**
 * Handles one connection. The server finishes and closes the connection when the handler returns or
 * its promise settles; a handler may also close it itself.
 *
 * An ordinary ending by the network (a reset, a broken pipe) may be left to reject: it is counted,
 * not reported, also where it is of another connection that the handler uses; catch that there. Any
 * other error goes to {@linkcode ServerOptions.onError}; none ends the server. What
 * the handler neither awaits nor returns is out of the server's reach: a promise that rejects there
 * ends the process, as everywhere in Deno.
 *
 * To read all and answer then, use `conn.read`: Deno closes the connection when `conn.readable`
 * comes to its end, or is left early.
 *
 * @typeParam C The type of the connection, by the server's listener.
 * @param conn The accepted connection. `TCP_NODELAY` and keep-alive are off.
 * @param context What the server knows and does about this connection.
 *
 * @example A time-of-day service
 * ```ts
 * import type { Handler } from "jsr:@nimblecache/server";
 *
 * const daytime: Handler = async (conn) => {
 *   await conn.write(new TextEncoder().encode(`${new Date().toISOString()}\r\n`));
 * };
 * ```
 */
export type Handler<C extends Deno.Conn = Deno.TcpConn> = (
  conn: C,
  context: Context,
) => void | Promise<void>;

/**
 * What a {@linkcode Handler} is given beside the connection.
 *
 * @example Close a connection that says nothing for 30 seconds
 * ```ts
 * import type { Handler } from "jsr:@nimblecache/server";
 *
 * const discard: Handler = async (conn, context) => {
 *   const buffer = new Uint8Array(1024);
 *   do context.closeAfter(30_000); while (await conn.read(buffer) !== null);
 * };
 * ```
 */
export interface Context {
  /** The connection's number, counted from 1 in the order of acceptance. */
  readonly id: number;

  /**
   * Aborts when the server begins to stop, when the time limit is reached, and when the connection
   * is closed. It is this connection's own and made on first use, so listeners on it cost nothing
   * to other connections. A listener may close the connection; what a listener throws ends the
   * process, as everywhere in Deno.
   */
  readonly signal: AbortSignal;

  /**
   * Sets the time limit: the connection is closed unless this is called again in time. Called after
   * each read, it is an idle limit; called once, a limit for all that the handler does.
   *
   * When the time is up, the handler's pending read or write rejects with
   * {@linkcode Deno.errors.Interrupted}, and the connection counts as timed out. No connection is
   * closed early, and none more than 100 ms late while the event loop is free.
   *
   * @param ms Milliseconds from now, at most 2147483647; `null` takes the limit back. Default: none.
   * @throws {TypeError} If `ms` is neither a number nor `null`.
   * @throws {RangeError} If `ms` is out of range.
   */
  closeAfter(ms: number | null): void;
}

/**
 * The open connections, never more than the `maxConnections` of their server. An array in which each
 * knows its place: sets and maps rehash every few dozen short-lived entries, and their chain of old
 * tables keeps the dead alive.
 */
export class OpenConnections<C extends Deno.Conn = Deno.Conn> {
  readonly #connections: Connection<C>[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #postponed = false;

  get size(): number {
    return this.#connections.length;
  }

  /** A copy, since what is done to a connection may remove it. */
  snapshot(): Connection<C>[] {
    return [...this.#connections];
  }

  add(connection: Connection<C>): void {
    connection.place = this.#connections.push(connection) - 1;
  }

  /** Removes a connection; returns whether it was still there. */
  remove(connection: Connection<C>): boolean {
    const { place } = connection;
    if (place === -1) return false;
    connection.place = -1;
    const last = this.#connections.pop();
    if (last !== undefined && last !== connection) {
      last.place = place;
      this.#connections[place] = last;
    }
    return true;
  }

  /**
   * Sees to it that the time limits are looked at. The timer runs out by itself when none is left,
   * rather than with the last connection: the next one would only start it again.
   */
  watch(): void {
    if (this.#timer !== undefined) return;
    this.#due = performance.now() + SWEEP_INTERVAL;
    this.#timer = setTimeout(() => this.#sweep(), SWEEP_INTERVAL);
  }

  /** Stops the timer, at the end of a server. */
  unwatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    this.#timer = undefined;
    let now = performance.now();
    // A busy event loop has not yet delivered what came in time for the limits. It gets one turn to
    // do so.
    this.#postponed = !this.#postponed && now - this.#due > MAX_SWEEP_DELAY;
    if (this.#postponed) return this.watch();
    // Not a copy: what is closed here is removed in a later turn.
    for (const connection of this.#connections) {
      // The abort listeners of one that was closed may have taken their time.
      if (connection.sweep(now)) now = performance.now();
    }
  }
}

/** A connection, as the server sees it; its handler sees the {@linkcode Context}. */
export class Connection<C extends Deno.Conn = Deno.Conn> implements Context {
  readonly id: number;
  readonly conn: C;
  /** The index in {@linkcode OpenConnections}; -1 outside. */
  place = -1;
  /** Whether the handler threw, rejected or was given up. */
  failed = false;
  /** Whether the time limit ended the handler's turn. */
  timedOut = false;
  readonly #open: OpenConnections<C>;
  /** In milliseconds. To set it asks no clock, since most connections end before the first look. */
  #limit: number | undefined;
  /** When the limit is reached. Set by the first look at it. */
  #deadline: number | undefined;
  /** When the drain ends at the latest. Set by the first look at it. */
  #drainEnd: number | undefined;
  #draining = false;
  #closed = false;
  #aborted = false;
  #controller: AbortController | undefined;

  constructor(id: number, conn: C, open: OpenConnections<C>) {
    this.id = id;
    this.conn = conn;
    this.#open = open;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      // The obvious listener closes the connection. It may run when that is done already, and what
      // an abort listener throws can be caught by nobody: it would end the process.
      this.conn.close = this.conn[Symbol.dispose];
      if (this.#aborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  closeAfter(ms: number | null): void {
    if (ms !== null) checkMilliseconds("time limit", ms);
    // The drain has its own limit, and a closed connection needs none.
    if (!this.#draining && !this.#closed) this.#setLimit(ms ?? undefined);
  }

  #setLimit(ms: number | undefined): void {
    this.#limit = ms;
    this.#deadline = undefined;
    if (ms !== undefined) this.#open.watch();
  }

  /** Looks at the time limit. Closes the connection if its time is up, and returns whether it was. */
  sweep(now: number): boolean {
    if (this.#limit === undefined) return false;
    this.#deadline ??= now + this.#limit;
    if (this.#draining) this.#drainEnd ??= now + MAX_LINGER_FACTOR * this.#limit;
    if (now < this.#deadline && now < (this.#drainEnd ?? Infinity)) {
      this.#open.watch();
      return false;
    }
    this.timedOut = !this.#draining;
    this.close();
    return true;
  }

  /** Aborts the signal. */
  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }

  /** Waits no longer: a handler that still runs has failed. */
  abandon(): void {
    this.failed ||= !this.#draining;
  }

  /** Aborts the signal and closes the socket: what is pending rejects with `Interrupted`. */
  close(): void {
    this.#closed = true;
    this.#limit = undefined;
    this.abort();
    // Unlike `close()`, this does not throw where the handler has closed the connection itself.
    this.conn[Symbol.dispose]();
  }

  /**
   * Runs the handler, then ends the connection in a way that lets the client read all that was
   * written: half-close, then read and throw away what the client still sends until it closes too.
   * Never rejects.
   *
   * If a socket is closed while unread data waits in its receive buffer, or if data comes after, the
   * kernel answers with a reset (RFC 9293, 3.6.1; RFC 2525, 2.17), and the client's system may drop
   * what it had received but the client not yet read. The wait is bounded: it ends when nothing has
   * come for `linger` milliseconds, and after ten times that in all.
   *
   * One function does both: each async function that is suspended takes memory for as long as its
   * connection waits.
   *
   * @param report Is told of a handler's unexpected error. Must not throw.
   * @returns This connection, when it is closed.
   */
  async run(
    handler: Handler<C>,
    linger: number,
    report: (error: unknown, context: Context) => void,
  ): Promise<this> {
    try {
      await handler(this.conn, this);
    } catch (error) {
      this.failed = true;
      if (!this.isEnding(error)) report(error, this);
    }
    this.#draining = true;
    if (linger > 0 && !this.#closed) {
      this.#setLimit(linger);
      try {
        await this.conn.closeWrite();
        while (await this.conn.read(SINK) !== null) this.#setLimit(linger);
      } catch {
        // The client has reset it, the handler has closed it, or the time is up: the end as well.
      }
    }
    this.close();
    return this;
  }

  /**
   * Whether a handler's error is an ordinary end of its connection: what a network does, or what the
   * abort or close does to a handler's pending call.
   */
  isEnding(error: unknown): boolean {
    try {
      if (NETWORK_ERRORS.some((ending) => error instanceof ending)) return true;
      if (!(error instanceof Error)) return false;
      if ((error as { code?: unknown }).code === "EHOSTUNREACH") return true;
      return this.#aborted && (
        error instanceof Deno.errors.Interrupted ||
        error instanceof Deno.errors.BadResource ||
        error === this.#controller?.signal.reason
      );
    } catch {
      // A handler may reject with anything, even with what throws when it is looked at.
      return false;
    }
  }
}
