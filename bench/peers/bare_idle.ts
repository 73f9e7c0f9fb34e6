/** Holds its clients as `idle.ts` does, on the bare loop: what Deno itself takes for a connection. */
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
const buffer = new Uint8Array(16);
async function handle(conn: Deno.Conn) {
  while (await conn.read(buffer) !== null);
  conn.close();
}
for await (const conn of listener) handle(conn).catch(() => conn[Symbol.dispose]());
