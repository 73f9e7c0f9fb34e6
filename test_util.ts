/**
 * What several test files share: clients, a listener that fails on demand, timers that fire on
 * demand, and the executable as a child process.
 *
 * @module
 */

import net from "node:net";
import type { Logger } from "./logger.ts";

/** Fails a test that would hang. A guard, not a measurement: nothing should come near it. */
export async function within<T>(promise: Promise<T>, ms = 20_000): Promise<T> {
  let timer;
  const guard = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not settled within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, guard]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a condition that will come true by itself. */
export async function until(condition: () => boolean): Promise<void> {
  const poll = async () => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await within(poll());
}

/** Lets the runtime deliver what it has: enough turns for what does come, to see what does not. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Reads to end of file and closes. */
export async function readAll(conn: Deno.Conn): Promise<string> {
  return await within(new Response(conn.readable).text());
}

/** Connects, reads to end of file, closes. */
export async function fetchGreeting(addr: Deno.Addr): Promise<string> {
  return await readAll(await connect(addr));
}

export async function connect(addr: Deno.Addr): Promise<Deno.Conn> {
  if (addr.transport === "unix") {
    return await Deno.connect({ transport: "unix", path: addr.path });
  }
  if (addr.transport !== "tcp") throw new TypeError(`Cannot connect to ${addr.transport}`);
  const hostname = addr.hostname === "::" ? "::1" : addr.hostname;
  return await Deno.connect({ hostname, port: addr.port });
}

/** Connects and resets at once, which `Deno.Conn` cannot: `SO_LINGER` with a time of 0. */
export async function connectAndReset(port: number): Promise<void> {
  await within(
    new Promise<void>((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => socket.resetAndDestroy());
      socket.on("error", () => {});
      socket.on("close", () => resolve());
    }),
  );
}

/** Two ends of one TCP connection. */
export async function socketPair(): Promise<{ conn: Deno.TcpConn; client: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [conn, client] = await Promise.all([
    listener.accept(),
    Deno.connect({ port: listener.addr.port }),
  ]);
  return { conn, client };
}

/** An error as `accept()` throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`Made up ${code}`), { code });
}

/** A listener that yields what it was given, throws the errors among it, and then waits. */
export class MockListener implements Deno.Listener<Deno.TcpConn, Deno.NetAddr> {
  readonly addr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 6379 };
  accepts = 0;
  readonly #script: (Deno.TcpConn | Error)[];
  readonly #closed = Promise.withResolvers<never>();
  #more = Promise.withResolvers<Deno.TcpConn>();

  constructor(...script: (Deno.TcpConn | Error)[]) {
    this.#script = script;
    this.#closed.promise.catch(() => {});
  }

  async accept(): Promise<Deno.TcpConn> {
    this.accepts++;
    // As with a real listener, what comes next comes in a later turn.
    const next = await Promise.resolve(this.#script.shift());
    if (next !== undefined && !("remoteAddr" in next)) throw next;
    return next ?? await Promise.race([this.#more.promise, this.#closed.promise]);
  }

  /** Yields one more where it waits. */
  yield(conn: Deno.TcpConn): void {
    this.#more.resolve(conn);
    this.#more = Promise.withResolvers();
  }

  close(): void {
    this.#closed.reject(new Deno.errors.Interrupted("operation canceled"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Deno.TcpConn> {
    return {
      next: async () => {
        try {
          return { value: await this.accept(), done: false };
        } catch (error) {
          if (error instanceof Deno.errors.Interrupted) return { value: undefined, done: true };
          throw error;
        }
      },
      return: () => {
        this.close();
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  ref(): void {}
  unref(): void {}
}

/** Replaces `setTimeout` by one that fires only when told to, and the clock by one that goes by it. */
export class FakeTimers implements Disposable {
  readonly #real = { setTimeout, clearTimeout };
  readonly #unrefTimer = Deno.unrefTimer;
  readonly #pending = new Map<number, { ms: number; due: number; callback: () => void }>();
  /** Every delay that was asked for, in order. */
  readonly delays: number[] = [];
  /** What `performance.now()` returns, in milliseconds. */
  now = 0;

  constructor() {
    const fake = (callback: () => void, ms = 0) => {
      this.#pending.set(this.delays.push(ms), { ms, due: this.now + ms, callback });
      return this.delays.length;
    };
    globalThis.setTimeout = fake as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((id?: number) => {
      if (id !== undefined) this.#pending.delete(id);
    }) as typeof clearTimeout;
    performance.now = () => this.now;
    // A number from here is no timer there.
    Deno.unrefTimer = () => {};
  }

  /** The delays of the timers that are waiting. */
  get pending(): number[] {
    return [...this.#pending.values()].map(({ ms }) => ms);
  }

  /** Fires the timers of this delay that are waiting, and lets their effects come. */
  async fire(delay: number): Promise<void> {
    for (const [id, { ms, due, callback }] of [...this.#pending]) {
      if (ms !== delay) continue;
      this.#pending.delete(id);
      this.now = Math.max(this.now, due);
      callback();
    }
    await this.turn();
  }

  /** Lets so many milliseconds go by, from timer to timer. What promises do comes later. */
  advance(ms: number): void {
    for (const end = this.now + ms;;) {
      const [next] = [...this.#pending].sort(([, one], [, other]) => one.due - other.due);
      if (next === undefined || next[1].due > end) {
        this.now = Math.max(this.now, end);
        break;
      }
      const [id, { due, callback }] = next;
      this.#pending.delete(id);
      this.now = Math.max(this.now, due);
      callback();
    }
  }

  /** Lets pending promises settle. */
  async turn(): Promise<void> {
    await new Promise((resolve) => this.#real.setTimeout(resolve, 10));
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
    Deno.unrefTimer = this.#unrefTimer;
    // The real one is the prototype's.
    Reflect.deleteProperty(performance, "now");
  }
}

/** Keeps the lines it is given. */
export class RecordingLogger implements Logger {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];

  #record(level: string, message: string, fields: Record<string, unknown> = {}) {
    this.lines.push({ level, message, fields });
  }

  info(message: string, fields?: Record<string, unknown>): void {
    this.#record("info", message, fields);
  }

  warn(message: string, fields?: Record<string, unknown>): void {
    this.#record("warn", message, fields);
  }

  error(message: string, fields?: Record<string, unknown>): void {
    this.#record("error", message, fields);
  }

  /** The messages of one level. */
  messages(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }
}

/** How to start the executable. */
export interface ChildOptions {
  /** Another program to run in place of `main.ts`, with its arguments. */
  command?: string[];
  /** Flags of `deno run`. */
  permissions?: string[];
  env?: Record<string, string>;
  /** Shell commands to run first, in the process that then becomes the executable. */
  before?: string;
  /** A shell redirection for the executable, as `2>/dev/full`. */
  redirect?: string;
}

/** `main.ts`, or another server, in a child process that is ended with the test. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #stdout: ReadableStreamDefaultReader<string>;
  #alive = true;

  constructor(args: string[], options: ChildOptions = {}) {
    const { permissions = ["--allow-net"], env = {}, before = ":", redirect = "" } = options;
    const [program = "", ...programArgs] = options.command ??
      [Deno.execPath(), "run", "--no-prompt", ...permissions, import.meta.resolve("./main.ts")];
    const line = [...programArgs, ...args];
    const command = Deno.build.os === "windows"
      ? new Deno.Command(program, { args: line, env, stdout: "piped", stderr: "piped" })
      : new Deno.Command("sh", {
        args: ["-c", `${before}; exec "$0" "$@" ${redirect}`, program, ...line],
        env,
        stdout: "piped",
        stderr: "piped",
      });
    this.#process = command.spawn();
    this.#process.status.then(() => this.#alive = false);
    this.#stderr = new Response(this.#process.stderr).text();
    this.#stdout = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The next piece of standard output; empty at its end. */
  async read(): Promise<string> {
    const { value = "" } = await within(this.#stdout.read());
    return value;
  }

  /** Waits for the ready line; returns the port. */
  async ready(): Promise<number> {
    const line = await this.read();
    const port = /^Listening on \S+:(\d+)\n$/.exec(line)?.[1];
    if (port === undefined) throw new Error(`Not ready: ${line}${await this.#stderr}`);
    return Number(port);
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits for the end; returns the exit status and all of standard error. */
  async end(): Promise<{ code: number; signal: Deno.Signal | null; stderr: string }> {
    const { code, signal } = await within(this.#process.status);
    return { code, signal, stderr: await within(this.#stderr) };
  }

  /** Whether it still runs. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Sends SIGTERM and waits for the end. */
  async stop(): Promise<{ code: number; signal: Deno.Signal | null; stderr: string }> {
    this.kill("SIGTERM");
    return await this.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#process.status;
    await this.#stderr;
    await this.#stdout.cancel();
  }
}
