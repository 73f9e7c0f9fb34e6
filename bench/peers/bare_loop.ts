/** The loop of the manual, with its handler's errors caught: as good as it gets in five lines. */
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
const greeting = new TextEncoder().encode("Hello!");
async function handle(conn: Deno.Conn) {
  await conn.write(greeting);
  conn.close();
}
for await (const conn of listener) handle(conn).catch(() => conn[Symbol.dispose]());
