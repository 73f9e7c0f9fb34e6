/**
 * Clients that send without end and never read, for `measure.ts`: each connects, writes until the
 * server has had enough of it, and connects again. Arguments: port, clients. It prints a line when
 * all are connected.
 *
 * @module
 */

const [port = 0, clients = 0] = Deno.args.map(Number);

const data = new Uint8Array(64 * 1024);

async function send(conn: Deno.Conn): Promise<void> {
  try {
    while (true) await conn.write(data);
  } catch {
    conn[Symbol.dispose]();
  }
}

const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
const conns = await Promise.all(Array.from({ length: clients }, connect));
console.log("ready");
await Promise.all(conns.map(async (conn) => {
  while (true) {
    await send(conn);
    conn = await connect();
  }
}));
