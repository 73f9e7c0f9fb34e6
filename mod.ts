/**
 * A TCP server that stays up. It accepts connections from a `Deno.listen` listener and has each
 * handled on its own; nothing that a client does, and no passing shortage, ends it. Out of the box it
 * greets every client.
 *
 * {@linkcode serve} starts one in a call. A protocol is one function, its {@linkcode Handler}.
 *
 * @example
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * await using server = serve({ port: 0 });
 *
 * using client = await Deno.connect({ port: server.addr.port });
 * assertEquals(await new Response(client.readable).text(), "Hello!");
 * ```
 *
 * @module
 */

export { type Connection, type Handler } from "./connection.ts";
export { greet, type GreetOptions } from "./greeting.ts";
export { type Logger } from "./logger.ts";
export {
  serve,
  type ServeOptions,
  Server,
  type ServerOptions,
  type ServerStats,
  type ServeUnixOptions,
  type ShutdownOptions,
} from "./server.ts";
