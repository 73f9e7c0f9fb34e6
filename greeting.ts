/**
 * The default handler: it writes a greeting.
 *
 * @module
 */

import { checkMilliseconds } from "./check.ts";
import type { Handler } from "./connection.ts";

/** A reader makes progress when it has taken so many bytes more, of a greeting that is longer. */
const PIECE = 64 * 1024;

/**
 * Options for {@linkcode greet}.
 *
 * @example
 * ```ts
 * import { greet, type GreetOptions, serve } from "jsr:@nimblecache/server";
 *
 * const options: GreetOptions = { message: new Uint8Array([0x2b, 0x0d, 0x0a]), writeTimeout: 1000 };
 * await using _server = serve({ port: 0, handler: greet(options) });
 * ```
 */
export interface GreetOptions {
  /**
   * What every client gets. A string is sent as UTF-8; nothing is added to it.
   *
   * @default {"Hello!"}
   */
  message?: string | Uint8Array | undefined;
  /**
   * How long a client may leave the greeting unread before its connection is closed, in
   * milliseconds without progress.
   *
   * @default {10000}
   */
  writeTimeout?: number | undefined;
}

/**
 * Makes a handler that writes a greeting, all of it, to any kind of connection.
 *
 * @param options The greeting and its time limit.
 * @returns The handler, for any number of connections and servers.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {RangeError} If `writeTimeout` is out of range.
 *
 * @example
 * ```ts
 * import { greet, serve } from "jsr:@nimblecache/server";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * await using server = serve({ port: 0, handler: greet({ message: "220 ready\r\n" }) });
 *
 * using client = await Deno.connect({ port: server.addr.port });
 * assertEquals(await new Response(client.readable).text(), "220 ready\r\n");
 * ```
 */
export function greet(options: GreetOptions = {}): Handler<Deno.Conn> {
  const { message = "Hello!", writeTimeout = 10_000 } = options;
  if (typeof message !== "string" && !(message instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot greet with a message of type ${typeof message}: expected a string or a Uint8Array`,
    );
  }
  checkMilliseconds("writeTimeout", writeTimeout);
  // A copy: what the caller does to its bytes later must not change the greeting. The `slice` of a
  // `Buffer` makes none.
  const greeting = typeof message === "string"
    ? new TextEncoder().encode(message)
    : Uint8Array.from(message);
  return async (conn) => {
    for (let start = 0; start < greeting.length; start += PIECE) {
      conn.closeAfter(writeTimeout);
      await conn.write(greeting.subarray(start, start + PIECE));
    }
  };
}
