/**
 * Servers as child processes: the one that is judged, and the real Redis it is judged beside. Each
 * gets a free port, and a directory of its own that goes with it.
 *
 * @module
 */

import { cpuTime, memory } from "../../bench/figures.ts";
import { Client } from "./resp.ts";

const DENO = Deno.execPath();
const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** Starts the cache, which may write where it is started; `--port N` is added. */
export const SUBJECT =
  `'${DENO}' run --quiet --no-prompt --allow-net --allow-read=. --allow-write=. '${MAIN}'`;

/** The same, where it may read and write anywhere. */
export const SAVING_SUBJECT: string = SUBJECT.replace(/(--allow-(?:read|write))=\./g, "$1");

/** Starts a real Redis that keeps nothing; `--port N` is added. */
export const REDIS = `redis-server --bind 127.0.0.1 --save '' --appendonly no --loglevel warning`;

/** How long a server may take until it answers, in milliseconds. */
const START_TIMEOUT = 20_000;

/** Lets so many milliseconds go by. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

export interface ServerOptions {
  /** The CPU core it is bound to, as `taskset -c` takes it. Default: any. */
  core?: string | undefined;
  env?: Record<string, string>;
  /** What is added to the command, as a shell reads it. */
  flags?: string;
}

/** A server in a child process, which ends with it. */
export class Server implements AsyncDisposable {
  readonly port: number;
  readonly #process: Deno.ChildProcess;
  readonly #directory: string;
  #ended = false;

  private constructor(command: string, { core, env = {}, flags = "" }: ServerOptions) {
    this.port = freePort();
    this.#directory = Deno.makeTempDirSync({ prefix: "cache-" });
    const bound = core === undefined ? "" : `taskset -c ${core}`;
    this.#process = new Deno.Command("sh", {
      args: ["-c", `exec ${bound} ${command} --port ${this.port} ${flags} >log 2>&1`],
      cwd: this.#directory,
      env,
      stdin: "null",
    }).spawn();
    this.#process.status.then(() => this.#ended = true);
  }

  /**
   * Starts a server and waits until it answers.
   *
   * @param command The shell command that starts it, to which `--port N` is added.
   * @throws {Error} If it ends, or does not answer in time.
   */
  static async start(command: string, options: ServerOptions = {}): Promise<Server> {
    const server = new Server(command, options);
    const deadline = performance.now() + START_TIMEOUT;
    while (!await server.#answers()) {
      if (server.#ended || performance.now() > deadline) {
        const { log } = server;
        await server[Symbol.asyncDispose]();
        throw new Error(`Cannot start a server with: ${command}\n${log}`);
      }
      await pause(20);
    }
    return server;
  }

  async #answers(): Promise<boolean> {
    try {
      using client = await Client.connect(this.port);
      const { value } = await client.call("PING");
      return value === "PONG" || `${value}`.startsWith("NOAUTH");
    } catch {
      return false;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  get alive(): boolean {
    return !this.#ended;
  }

  /** What it has printed. */
  get log(): string {
    return Deno.readTextFileSync(`${this.#directory}/log`);
  }

  /** Its CPU time so far, in microseconds. */
  get cpuTime(): number {
    return cpuTime(this.pid);
  }

  /** Its resident memory, in MB. */
  get memory(): number {
    return memory(this.pid);
  }

  /** Open descriptors. */
  get descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.pid}/fd`)].length;
  }

  /** Asks it to stop, waits for its end, and returns its exit status. */
  async stop(): Promise<number> {
    this.#process.kill("SIGTERM");
    return (await this.#process.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#process.kill("SIGKILL");
    await this.#process.status;
    await Deno.remove(this.#directory, { recursive: true });
  }
}
