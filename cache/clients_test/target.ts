/**
 * What the clients are tested with: a cache in this process. With `REDIS_PORT` in the environment it
 * is the server on that port, so that a real Redis shows whether the tests are right. It is emptied.
 *
 * @module
 */

import { within } from "../../test_util.ts";
import { Cache } from "../mod.ts";

// BullMQ's encoder would ask for the right to load machine code, and does without as well.
Deno.env.set("MSGPACKR_NATIVE_ACCELERATION_DISABLED", "true");

export interface Target extends AsyncDisposable {
  port: number;
}

export async function startTarget(): Promise<Target> {
  const port = Number(Deno.env.get("REDIS_PORT"));
  if (port > 0) {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new TextEncoder().encode("FLUSHALL\r\n"));
    await conn.read(new Uint8Array(16));
    return { port, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const cache = new Cache();
  const { addr } = cache.listen({ port: 0 });
  return {
    port: (addr as Deno.NetAddr).port,
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}

/** Asks again until it is so, which it will be by itself. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const poll = async () => {
    while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await within(poll());
}

/** Messages, in the order in which they come, for those who wait. */
export class Inbox<T> {
  readonly #messages: T[] = [];
  #waiting: (() => void) | undefined;

  readonly push = (message: T): void => {
    this.#messages.push(message);
    this.#waiting?.();
  };

  /** The next so many. */
  async take(count: number): Promise<T[]> {
    const wait = async () => {
      while (this.#messages.length < count) {
        await new Promise<void>((resolve) => this.#waiting = resolve);
      }
    };
    await within(wait());
    return this.#messages.splice(0, count);
  }
}
