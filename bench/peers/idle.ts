/** Holds its clients, each waiting in a read of a small buffer of its own. */
import { formatAddr, serve } from "../../server.ts";

const server = serve({
  port: 0,
  handler: async (conn, context) => {
    context.closeAfter(600_000);
    const buffer = new Uint8Array(16);
    while (await conn.read(buffer) !== null);
  },
});
console.log(`Listening on ${formatAddr(server.addr)}`);
