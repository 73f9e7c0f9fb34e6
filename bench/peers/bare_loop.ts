/**
 * The loop of the manual, with its handler's errors caught. With the argument `drain` it also
 * half-closes and drains, without a bound: the least that lets a client read all.
 */
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
const drains = Deno.args.includes("drain");
const greeting = new TextEncoder().encode("Hello!");
const sink = new Uint8Array(64 * 1024);
async function handle(conn: Deno.Conn) {
  await conn.write(greeting);
  if (drains) {
    await conn.closeWrite();
    while (await conn.read(sink) !== null);
  }
  conn.close();
}
for await (const conn of listener) handle(conn).catch(() => conn[Symbol.dispose]());
