/** Holds its clients, each waiting in a read; of one buffer, which is not what is measured. */
import { formatAddr } from "../../listen.ts";
import { serve } from "../../server.ts";

const buffer = new Uint8Array(16);
const server = serve({
  port: 0,
  handler: async (conn) => {
    conn.closeAfter(600_000);
    while (await conn.read(buffer) !== null);
  },
});
console.log(`Listening on ${formatAddr(server.addr)}`);
