/**
 * What the clients of the soak share: where the server is, until when they go on, and what they have
 * found.
 *
 * @module
 */

import { Client, encode, type Reply, show } from "../../compare/resp.ts";
import { pause, type Server } from "../../compare/server.ts";
import { type Expected, matches, type Step } from "./models.ts";

/** How many wrong replies are shown. */
const MAX_SHOWN = 20;

/** Turns of the server's event loop in which it reads what it was sent and the end after it. */
const TURNS = 10;

/** One run of the soak. */
export class Run {
  readonly server: Server;
  /** When to stop, by `performance.now()`. */
  end = Infinity;
  /** Replies and messages that were as they must be, or were not. */
  checked = 0;
  wrong = 0;
  /** How often each kind of client did what it does. */
  readonly acts: Map<string, number> = new Map();
  /** What has gone wrong. */
  readonly failures: string[] = [];

  constructor(server: Server) {
    this.server = server;
  }

  get stopping(): boolean {
    return performance.now() > this.end || !this.server.alive;
  }

  /** A client that speaks RESP2, or RESP3. */
  async connect(resp: 2 | 3 = 2): Promise<Client> {
    const client = await Client.connect(this.server.port);
    if (resp === 3) await client.call("HELLO", "3");
    return client;
  }

  count(act: string, by = 1): void {
    this.acts.set(act, (this.acts.get(act) ?? 0) + by);
  }

  /** Takes note of what has gone wrong, and shows it. */
  fail(failure: string): void {
    if (this.failures.length < MAX_SHOWN) console.error(failure);
    this.failures.push(failure);
  }

  /** Takes note of what must be true. */
  check(isRight: boolean, what: () => string): void {
    this.checked++;
    if (isRight) return;
    if (++this.wrong <= MAX_SHOWN) this.fail(`Wrong: ${what()}`);
  }

  /** Has a reply be what it must be. */
  expect(args: string[], reply: Reply | undefined, expected: Expected): void {
    this.check(matches(reply, expected), () => {
      const shown = reply === undefined ? "no reply" : show(reply).slice(0, 200);
      const wanted = typeof expected === "function" ? "another" : JSON.stringify(expected);
      return `${args.join(" ").slice(0, 100)}: ${shown} in place of ${wanted?.slice(0, 200)}`;
    });
  }

  /** Sends commands together, and has each reply be what it must be. */
  async play(client: Client, steps: Step[]): Promise<void> {
    const replies = await client.pipeline(steps.map(({ args }) => args));
    for (const [i, { args, expected }] of steps.entries()) this.expect(args, replies[i], expected);
  }

  /** The first reply to what may be answered by an error and the end. */
  async ask(request: string): Promise<string> {
    using client = await this.connect();
    await client.write(request);
    const { kind, value } = await client.read().catch((error) => {
      const { port } = client.conn.localAddr as Deno.NetAddr;
      throw new Error(`${error.message} to port ${port}`);
    });
    return `${kind}${value}`;
  }

  /** @throws {Error} If the reply does not begin so. */
  async demand(request: string | string[], expected: string): Promise<void> {
    const reply = await this.ask(typeof request === "string" ? request : encode(request));
    if (!reply.startsWith(expected)) throw new Error(`${reply} in place of ${expected}`);
  }

  /**
   * Repeats something until the end, with a rest after each time, in milliseconds. A server that has too
   * little of the processor gets the time to see who has left.
   */
  async repeat(name: string, act: (run: Run) => Promise<void>, rest: number): Promise<void> {
    using probe = await this.connect();
    while (!this.stopping) {
      for (let turn = 0; turn < TURNS; turn++) await probe.call("PING");
      try {
        await act(this);
        this.count(name);
      } catch (error) {
        if (this.stopping) return;
        this.fail(`${name}: ${error instanceof Error ? error.message : error}`);
      }
      const until = performance.now() + rest;
      while (performance.now() < until && !this.stopping) await pause(Math.min(rest, 100));
    }
  }
}
