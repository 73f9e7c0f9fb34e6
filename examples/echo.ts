/**
 * Echo (RFC 862): every byte comes back. A client that is silent for 30 seconds is closed.
 *
 * ```sh
 * deno run --allow-net examples/echo.ts
 * ```
 *
 * @module
 */

import { type Handler, serve } from "../mod.ts";
import { runUntilSignal } from "../service.ts";

/** Echoes what one client sends, until it has no more to send or the server stops. */
export const echo: Handler = async (conn) => {
  const buffer = new Uint8Array(16 * 1024);
  conn.closeAfter(30_000);
  for (let length; (length = await conn.read(buffer)) !== null;) {
    conn.closeAfter(30_000);
    await conn.write(buffer.subarray(0, length));
  }
};

if (import.meta.main) {
  const server = serve({ port: 7007, handler: echo });
  console.log(`Echoing on port ${server.addr.port}`);
  Deno.exit(await runUntilSignal([server]));
}
