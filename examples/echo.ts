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

/** Echoes what one client sends, until it has no more to send or the server stops. */
export const echo: Handler = async (conn, context) => {
  // A stop closes at once, even amid a write; redis_ping.ts lets what is in flight finish.
  context.signal.addEventListener("abort", () => conn.close());
  const buffer = new Uint8Array(16 * 1024);
  while (true) {
    context.closeAfter(30_000);
    const length = await conn.read(buffer);
    if (length === null) return;
    for (let sent = 0; sent < length;) sent += await conn.write(buffer.subarray(sent, length));
  }
};

if (import.meta.main) {
  const server = serve({ port: 7007, handler: echo });
  console.log(`Echoing on port ${server.addr.port}`);
  await server.finished;
}
