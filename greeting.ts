/**
 * The default handler: it writes a greeting.
 *
 * @module
 */

import { checkMilliseconds } from "./check.ts";
import type { Context, Handler } from "./connection.ts";

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
  // A copy: what the caller does to its bytes later must not change the greeting.
  const greeting = typeof message === "string"
    ? new TextEncoder().encode(message)
    : message.slice();
  return (conn, context) => writeAll(conn, greeting, context, writeTimeout);
}

/** Writes until every byte is out: one `write` takes only what the send buffer has room for. */
async function writeAll(
  conn: Deno.Conn,
  data: Uint8Array,
  context: Context,
  timeout: number,
): Promise<void> {
  for (let written = 0; written < data.length;) {
    context.closeAfter(timeout);
    written += await conn.write(written === 0 ? data : data.subarray(written));
  }
}
