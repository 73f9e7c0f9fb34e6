/**
 * A chat: every line that a client sends reaches all the others, whoever reads how slowly.
 *
 * ```sh
 * deno run --allow-net examples/chat.ts
 * nc 127.0.0.1 7008
 * ```
 *
 * @module
 */

import { type Connection, type Handler, serve, type Server } from "../mod.ts";
import { runUntilSignal } from "../service.ts";

const MAX_LINE = 1024;
const LF = 10;

const encoder = new TextEncoder();

/** The lines that a client sends, each with its end; a client with longer ones is not listened to. */
async function* linesOf(conn: Connection): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(MAX_LINE);
  let held = 0;
  while (held < MAX_LINE) {
    const length = await conn.read(buffer.subarray(held));
    if (length === null) return;
    held += length;
    let start = 0;
    for (let end; (end = buffer.subarray(0, held).indexOf(LF, start)) !== -1; start = end + 1) {
      yield buffer.subarray(start, end + 1);
    }
    buffer.copyWithin(0, start, held);
    held -= start;
  }
}

/**
 * Makes the handler of a chat among the clients of one server.
 *
 * `send` copies what it is given and waits for nobody: a client that does not read is dropped when
 * more than the server's `maxBuffered` waits for it.
 */
export function chat(server: () => Server): Handler {
  const tell = (from: Connection, line: Uint8Array) => {
    for (const conn of server().connections) if (conn !== from) conn.send(line);
  };
  return async (conn) => {
    tell(conn, encoder.encode(`* ${conn.id} joins\n`));
    const name = encoder.encode(`${conn.id}: `);
    try {
      for await (const line of linesOf(conn)) {
        const said = new Uint8Array(name.length + line.length);
        said.set(name);
        said.set(line, name.length);
        tell(conn, said);
      }
    } finally {
      tell(conn, encoder.encode(`* ${conn.id} leaves\n`));
    }
  };
}

if (import.meta.main) {
  const server: Server = serve({ port: 7008, handler: chat(() => server) });
  console.log(`Chatting on port ${server.addr.port}`);
  Deno.exit(await runUntilSignal([server]));
}
