/**
 * One connection's life: what its handler is given, its time limit and its lingering close; and the
 * set of all open connections, which one timer watches.
 *
 * @module
 */

import { checkInteger, checkMilliseconds } from "./check.ts";
import { interrupted, Outbox } from "./outbox.ts";

/**
 * The least time between two looks at the time limits, in milliseconds: one timer serves all
 * connections. The time of a limit starts with the first look at it: two looks, and what timers add,
 * make the 100 ms that are promised.
 */
const LOOK_INTERVAL = 40;

/** A look that comes later than this, in milliseconds, was delayed by a busy event loop. */
const MAX_LOOK_DELAY = 100;

/** The drain lasts at most this many times the linger time, however steadily data comes. */
const MAX_LINGER_FACTOR = 10;

/** The most bytes that one read takes: all clients share one thread, and each gets its turn. */
const MAX_READ = 16 * 1024;

/** After so many bytes, as {@linkcode OpenConnection} counts reads, the event loop looks after everybody. */
const BYTES_PER_TURN = 32 * 1024;

/** What a read counts as at least, in bytes: reading one byte takes time as well. */
const MIN_COST = 32;

/** Turns of the event loop after which its runtime polls the sockets, idle or not (tokio's default). */
const TURNS_PER_POLL = 61;

/** Where drained data goes. All connections share it, since nobody reads it. */
const SINK = new Uint8Array(MAX_READ);

const ENDED = Promise.resolve(null);

const NOTHING = new Uint8Array(0);

/**
 * Handles one connection. The server finishes and closes the connection when the handler returns or
 * its promise settles.
 *
 * An ordinary ending by the network (a reset, a broken pipe) may be left to reject: it is counted,
 * not reported, also where it is of another connection that the handler uses; catch that there. Any
 * other error goes to {@linkcode ServerOptions.onError}; none ends the server. What
 * the handler neither awaits nor returns is out of the server's reach: a promise that rejects there
 * ends the process, as everywhere in Deno. Calls of the connection itself are no danger: those that
 * nobody awaits fail in silence.
 *
 * @typeParam C The type of the accepted connection, by the server's listener.
 * @param conn The connection.
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
  conn: Connection<C>,
) => void | Promise<void>;

/**
 * A connection, as its {@linkcode Handler} sees it: a `Deno.Conn` that is fair to the other clients,
 * writes everything in order, and ends with its server.
 *
 * @typeParam C The type of the accepted connection, by the server's listener.
 *
 * @example Echo, and close a client that says nothing for 30 seconds
 * ```ts
 * import type { Handler } from "jsr:@nimblecache/server";
 *
 * const echo: Handler = async (conn) => {
 *   const buffer = new Uint8Array(16 * 1024);
 *   conn.closeAfter(30_000);
 *   for (let n; (n = await conn.read(buffer)) !== null;) {
 *     conn.closeAfter(30_000);
 *     await conn.write(buffer.subarray(0, n));
 *   }
 * };
 * ```
 */
export interface Connection<C extends Deno.Conn = Deno.TcpConn> extends Deno.Conn<C["localAddr"]> {
  /** The connection's number, counted from 1 in the order of acceptance. */
  readonly id: number;

  /** When the server accepted it, in milliseconds since 1970, as `Date.now()`. */
  readonly acceptedAt: number;

  /**
   * The connection as the listener gave it, for what only it can do: `setNoDelay()`, for one. Reading
   * and writing there gives up the order and the fairness of this one.
   */
  readonly raw: C;

  /**
   * Aborts when the server begins to stop, when the time limit is reached, and when the connection
   * is closed. Its `reason` tells which: an `AbortError`, a `TimeoutError`, or what
   * {@linkcode Connection.close} was given, else a {@linkcode Deno.errors.Interrupted}.
   *
   * It is this connection's own and made on first use, so listeners on it cost nothing to other
   * connections. What a listener throws ends the process, as everywhere in Deno.
   */
  readonly signal: AbortSignal;

  /** How many bytes given to {@linkcode Connection.send} have not been written yet. */
  readonly buffered: number;

  /** The most that {@linkcode Connection.buffered} may be. Default: the server's option. */
  maxBuffered: number;

  /**
   * What comes from the client, as a stream of {@linkcode Connection.read}. Made on first use. Its
   * end does not close the connection, nor does leaving it early.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;

  /**
   * A stream of {@linkcode Connection.write}. Made on first use. To close it is to call
   * {@linkcode Connection.closeWrite}, and to abort it closes the connection.
   */
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;

  /**
   * Reads what has come, or waits for it: at most 16 KiB at a time, so that others get their turn.
   *
   * @param buffer Where to put it. When this has resolved with `null`, leave the buffer alone: a
   * read that was pending when the stop began may still fill it.
   * @returns The number of bytes; `null` at the end of the client's data, and when the server
   * begins to stop.
   */
  read(buffer: Uint8Array): Promise<number | null>;

  /**
   * Writes all of `data`, after everything that was given to `write` or `send` before. No copy is
   * made: leave the bytes alone until this resolves.
   *
   * A write that a limit or a stop cuts off ends, for the client, in an end of file as if it were
   * whole: the messages of a protocol should say how long they are, or where they end.
   *
   * @param data What to write.
   * @returns The length of `data`, when all of it is out.
   */
  write(data: Uint8Array): Promise<number>;

  /**
   * Writes a copy of `data`, after everything that was given to `write` or `send` before, and does
   * not wait: for what one client's handler has to tell others. On a connection that is closed, or
   * whose handler has settled, it does nothing.
   *
   * A client that does not read is not waited for without bound: when more than
   * {@linkcode Connection.maxBuffered} bytes would wait, its connection is closed, and counts as
   * failed.
   *
   * @param data What to write.
   */
  send(data: Uint8Array): void;

  /**
   * Closes the writing side, after everything that was given to `write` or `send` before: the client
   * sees an end of file. Again, or after a close, it does nothing.
   */
  closeWrite(): Promise<void>;

  /**
   * Closes the connection at once: a pending read or write rejects with
   * {@linkcode Deno.errors.Interrupted}, which a handler need not catch. Again, it does nothing. To
   * let the client read all that was written, return from the handler instead.
   *
   * The connection counts as aborted if a reason is given, or if that interrupts the handler.
   *
   * @param reason Why, for the log and for {@linkcode Connection.signal}.
   */
  close(reason?: unknown): void;

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

/** How a connection ended, as {@linkcode ServerStats} counts it. */
export type Outcome = "completed" | "failed" | "timedOut" | "aborted";

/**
 * The open connections, never more than the `maxConnections` of their server. An array in which each
 * knows its place: sets and maps rehash every few dozen short-lived entries, and their chain of old
 * tables keeps the dead alive.
 */
export class OpenConnections {
  readonly #connections: OpenConnection[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is due. */
  #due = 0;
  /** Whether the timer is due within one interval, and so sees a limit that is set now. */
  #isSoon = false;
  #isPostponed = false;

  get size(): number {
    return this.#connections.length;
  }

  /** A copy, since what is done to a connection may remove it. */
  snapshot(): OpenConnection[] {
    return [...this.#connections];
  }

  add(connection: OpenConnection): void {
    connection.place = this.#connections.push(connection) - 1;
  }

  /** Removes a connection; returns whether it was still there. */
  remove(connection: OpenConnection): boolean {
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

  /** Sees to it that a limit that was set is looked at soon. */
  watch(): void {
    if (!this.#isSoon) this.#lookIn(LOOK_INTERVAL, performance.now());
  }

  /** Stops the timer, at the end of a server. */
  unwatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSoon = false;
  }

  #lookIn(delay: number, now: number): void {
    clearTimeout(this.#timer);
    this.#isSoon = delay <= LOOK_INTERVAL;
    this.#due = now + delay;
    this.#timer = setTimeout(() => this.#look(), delay);
    // A limit keeps no process alive: where nothing else does, there is nothing left to limit.
    Deno.unrefTimer(this.#timer);
  }

  #look(): void {
    this.#isSoon = false;
    let now = performance.now();
    // A busy event loop has not yet delivered what came in time for the limits. It gets one turn to
    // do so.
    this.#isPostponed = !this.#isPostponed && now - this.#due > MAX_LOOK_DELAY;
    if (this.#isPostponed) return this.#lookIn(LOOK_INTERVAL, now);
    let next = Infinity;
    // Not a copy: what is closed here is removed in a later turn.
    for (const connection of this.#connections) {
      const due = connection.look(now);
      if (due !== undefined) next = Math.min(next, due);
      // The abort listeners of one that was closed may have taken their time.
      else now = performance.now();
    }
    // A listener may have set a limit meanwhile. With no limit left, nothing is to be looked at.
    if (next < Infinity && !this.#isSoon) this.#lookIn(Math.max(next - now, LOOK_INTERVAL), now);
  }
}

/** A connection, as the server sees it. */
export class OpenConnection<C extends Deno.Conn = Deno.Conn> implements Connection<C> {
  readonly id: number;
  readonly raw: C;
  readonly acceptedAt: number = Date.now();
  /** What its host is counted under, where hosts are limited. */
  readonly host: string | undefined;
  /** The index in {@linkcode OpenConnections}; -1 outside. */
  place = -1;
  /** How it ends, as far as that is known. */
  outcome: Outcome = "completed";
  /** Why, if it is not `completed`. */
  reason: unknown;
  readonly #open: OpenConnections;
  readonly #outbox: Outbox;
  #isFinishing = false;
  #isClosed = false;
  /** Whether the last read has filled its buffer. */
  #wasFull = false;
  /** Whether reads end, as a stop has begun. */
  #isStopping = false;
  #isAborted = false;
  #abortReason: unknown;
  #controller: AbortController | undefined;
  /** The read that the runtime has not answered yet. */
  #reading: Promise<number | null> | undefined;
  /** Ends the handler's pending read. */
  #endRead: ((end: null) => void) | undefined;
  /** The handler's last read. */
  #read: Promise<number | null> = ENDED;
  #halfClosed: Promise<void> | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;
  /** In milliseconds. To set it asks no clock, since most connections end before the first look. */
  #limit: number | undefined;
  /** When the limit is reached. Set by the first look at it. */
  #deadline: number | undefined;
  /** When the drain ends at the latest. Set by the first look at it. */
  #drainEnd: number | undefined;

  constructor(
    id: number,
    raw: C,
    open: OpenConnections,
    maxBuffered: number,
    host: string | undefined,
  ) {
    this.id = id;
    this.raw = raw;
    this.host = host;
    this.#open = open;
    this.#outbox = new Outbox(raw, maxBuffered);
  }

  get remoteAddr(): C["remoteAddr"] {
    return this.raw.remoteAddr;
  }

  get localAddr(): C["localAddr"] {
    return this.raw.localAddr;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the handler has settled. */
  get isFinishing(): boolean {
    return this.#isFinishing;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.#abortReason ?? interrupted());
    }
    return this.#controller.signal;
  }

  get buffered(): number {
    return this.#outbox.buffered;
  }

  get maxBuffered(): number {
    return this.#outbox.maxBuffered;
  }

  set maxBuffered(bytes: number) {
    checkInteger("maxBuffered", bytes, 0);
    this.#outbox.maxBuffered = bytes;
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        const buffer = new Uint8Array(MAX_READ);
        const length = await this.read(buffer);
        if (length !== null) return controller.enqueue(buffer.subarray(0, length));
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
  }

  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= new WritableStream({
      write: async (data) => void await this.write(data),
      close: () => this.closeWrite(),
      abort: () => this.close(),
    });
  }

  read(buffer: Uint8Array): Promise<number | null> {
    if (!(buffer instanceof Uint8Array)) throw notBytes("read into", buffer);
    if (this.#isClosed) return silenced(Promise.reject(interrupted()));
    if (this.#isStopping) return ENDED;
    // Two reads at a time take turns, as on any `Deno.Conn`.
    if (this.#reading) return silenced(this.#read.then(() => this.read(buffer)));
    const read = new Promise<number | null>((resolve, reject) => {
      this.#endRead = resolve;
      this.#reading = this.#readFairly(buffer);
      this.#reading.then((length) => {
        this.#reading = undefined;
        this.#spend(length, buffer);
        resolve(length);
      }, (error) => {
        this.#reading = undefined;
        silenced(read);
        reject(error);
      });
    });
    return this.#read = read;
  }

  write(data: Uint8Array): Promise<number> {
    if (!(data instanceof Uint8Array)) throw notBytes("write", data);
    return silenced(this.#outbox.write(data));
  }

  send(data: Uint8Array): void {
    if (!(data instanceof Uint8Array)) throw notBytes("send", data);
    if (this.#isClosed || this.#halfClosed) return;
    if (!this.#outbox.hasRoomFor(data.length)) return this.#end("failed", "slow reader");
    this.#outbox.send(data)?.catch((error) => this.#end("failed", error));
  }

  closeWrite(): Promise<void> {
    return silenced(this.#halfClose());
  }

  close(reason?: unknown): void {
    this.#end(reason === undefined ? undefined : "aborted", reason);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  ref(): void {
    this.raw.ref();
  }

  unref(): void {
    this.raw.unref();
  }

  closeAfter(ms: number | null): void {
    if (ms !== null) checkMilliseconds("time limit", ms);
    // The drain has its own limit, and a closed connection needs none.
    if (!this.#isFinishing && !this.#isClosed) this.#setLimit(ms ?? undefined);
  }

  /** A stop begins: ends the handler's reads, and aborts the signal. */
  stop(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isStopping = true;
    this.#endRead?.(null);
    this.#abort(reason);
  }

  /**
   * Looks at the time limit, and closes the connection if its time is up.
   *
   * @returns When to look again; nothing if the connection was closed.
   */
  look(now: number): number | undefined {
    if (this.#limit === undefined) return Infinity;
    this.#deadline ??= now + this.#limit;
    if (this.#isFinishing) this.#drainEnd ??= now + MAX_LINGER_FACTOR * this.#limit;
    const due = Math.min(this.#deadline, this.#drainEnd ?? Infinity);
    if (now < due) return due;
    this.#end("timedOut", new DOMException("The time limit was reached", "TimeoutError"));
    return undefined;
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
   * @returns This connection, when it is closed and all is reported.
   */
  async run(
    handler: Handler<C>,
    linger: number,
    report: (error: unknown, conn: OpenConnection<C>) => Promise<void>,
  ): Promise<this> {
    let reported: Promise<void> | undefined;
    try {
      await handler(this);
    } catch (error) {
      if (this.#endsWith(error)) reported = report(error, this);
    }
    this.#isFinishing = true;
    this.#endRead?.(null);
    if (linger > 0 && !this.#isClosed) {
      this.#setLimit(linger);
      if (!this.#outbox.isEmpty) this.#outbox.onProgress = () => this.#setLimit(linger);
      try {
        await this.#halfClose();
        // A read that the handler left pending takes what comes first.
        let length = await (this.#reading ?? this.raw.read(SINK));
        while (length !== null) {
          this.#setLimit(linger);
          this.#spend(length, SINK);
          length = await this.#readFairly(SINK);
        }
      } catch {
        // The client has reset it, the handler has closed it, or the time is up: the end as well.
      }
    }
    this.#end();
    await reported;
    return this;
  }

  /** Notes how the connection ends by a handler's error; returns whether it is an unexpected one. */
  #endsWith(error: unknown): boolean {
    const isOurs = this.#isOurs(error);
    const isUnexpected = !isOurs && !isNetworkError(error, this.raw);
    if (this.outcome === "completed" || (isUnexpected && this.outcome === "aborted")) {
      this.outcome = !isUnexpected && (isOurs || this.#isClosed) ? "aborted" : "failed";
      this.reason = error;
    }
    return isUnexpected;
  }

  /** Whether a handler's error is what the abort or the close does to its pending call. */
  #isOurs(error: unknown): boolean {
    if (!this.#isAborted) return false;
    const { Interrupted, BadResource } = Deno.errors;
    return isInstance(error, Interrupted, BadResource) ||
      (this.#controller !== undefined && error === this.#controller.signal.reason);
  }

  #setLimit(ms: number | undefined): void {
    this.#limit = ms;
    this.#deadline = undefined;
    if (ms !== undefined) this.#open.watch();
  }

  #readFairly(buffer: Uint8Array): Promise<number | null> {
    const part = buffer.length > MAX_READ ? buffer.subarray(0, MAX_READ) : buffer;
    const turn = dueTurn();
    if (turn === undefined) return this.raw.read(part);
    return turn.then(() => {
      if (this.#isClosed) throw interrupted();
      return this.raw.read(part);
    });
  }

  /**
   * Takes note of a read. Where it has filled its buffer, more data waits, most likely, and is read at
   * once, without a turn of the event loop: a client that sends without end would keep everybody else's
   * data, timers and new connections waiting. After any other read the runtime knows that there is no
   * more until it polls the sockets, unless it decrypts ahead of the reads. A single full read is a
   * request that is larger than the buffer, and does not count.
   */
  #spend(length: number | null, buffer: Uint8Array): void {
    const isFull = length === Math.min(buffer.length, MAX_READ) || "handshake" in this.raw;
    spent += isFull && this.#wasFull ? Math.max(length ?? 0, MIN_COST) : MIN_COST;
    this.#wasFull = isFull;
  }

  #halfClose(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return this.#halfClosed ??= this.#outbox.isEmpty
      ? this.raw.closeWrite()
      : this.#outbox.write(NOTHING).then(() => this.raw.closeWrite());
  }

  #abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#abortReason = reason;
    this.#controller?.abort(reason ?? interrupted());
  }

  /** Closes the connection. What a handler has already settled ends as that says. */
  #end(outcome?: Outcome, reason?: unknown): void {
    if (outcome && !this.#isFinishing && this.outcome === "completed") {
      this.outcome = outcome;
      this.reason = reason;
    }
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#limit = undefined;
    this.#outbox.close();
    this.#abort(reason);
    // Unlike `close()`, this does not throw where the handler has closed the raw connection itself.
    this.raw[Symbol.dispose]();
  }
}

/** What has been read in all connections since the event loop last looked after everybody, in bytes. */
let spent = 0;
let turn: Promise<void> | undefined;

/**
 * What to wait for before the next read, if the event loop is due.
 *
 * A runtime that has nothing to do polls its sockets at once; one that is kept busy does so on every 61st
 * of its turns. There is no sure way to have it idle that takes less than a timer's 2 ms: work on another
 * thread is done at once where that thread comes first. So these are 61 turns; they take some 50 µs.
 */
function dueTurn(): Promise<void> | undefined {
  if (turn === undefined && spent >= BYTES_PER_TURN) {
    turn = pollSockets().then(() => {
      turn = undefined;
      spent = 0;
    });
  }
  return turn;
}

async function pollSockets(): Promise<void> {
  for (let i = 0; i < TURNS_PER_POLL; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Keeps a rejection that nobody handles from ending the process: the network's are no mistakes. */
function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, ignore);
  return promise;
}

function ignore(): void {}

function notBytes(verb: string, value: unknown): TypeError {
  return new TypeError(`Cannot ${verb} a value of type ${typeof value}: expected a Uint8Array`);
}

/** Whether an error is how a client, or the way to it, may end a connection at any time. */
function isNetworkError(error: unknown, raw: Deno.Conn): boolean {
  const { errors } = Deno;
  return isInstance(
    error,
    errors.BrokenPipe,
    errors.ConnectionAborted,
    errors.ConnectionReset,
    errors.NetworkUnreachable,
    errors.NotConnected,
    errors.TimedOut,
    errors.UnexpectedEof,
    // What a client sends in place of a TLS handshake.
    ...("handshake" in raw ? [errors.InvalidData] : []),
  ) || isUnreachable(error);
}

/** `EHOSTUNREACH` has no class in Deno. */
function isUnreachable(error: unknown): boolean {
  return isInstance(error, Error) && (error as { code?: unknown }).code === "EHOSTUNREACH";
}

/** As `instanceof`. Anything can be thrown, also what throws when it is looked at. */
function isInstance(value: unknown, ...classes: (new (message: string) => Error)[]): boolean {
  try {
    return classes.some((expected) => value instanceof expected);
  } catch {
    return false;
  }
}
