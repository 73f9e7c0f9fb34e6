/**
 * Requests that are unusual, or broken, each on a connection of its own: what comes back before the
 * end must be the same to the byte.
 *
 * @module
 */

import { Client, encode, quote, toBytes, toText } from "./resp.ts";
import { PASSWORD } from "./play.ts";
import type { Server } from "./server.ts";

/** Beyond what a line may hold, which is 64 KiB. */
const LONG = 70_000;

const REQUESTS = [
  // Inline: blanks, quotes, escapes, line ends.
  ...["PING\r\n", "ping\n", "PiNg hi\r\n", "PING a b\r\n", "   PING \t x  \r\n"],
  ...[
    "\r\n\r\nPING\r\n",
    "ECHO\r\n",
    "ECHO a\r\n",
    "ECHO a b\r\n",
    "ECHO \xff\xfe\r\n",
    "\n\nPING\n",
  ],
  ...[
    "QUIT\r\nPING\r\n",
    "QUIT x\r\n",
    "FOO\r\n",
    "FOO bar 'b z' \"\"\r\n",
    "FOO \xa0\r\n",
    "-1\r\n",
  ],
  ...["$4\r\nPING\r\n", "PING\vx\r\n", 'PING "a\\x41\\n\\q\\x4"\r\n', "PING 'a\\'b'\r\n"],
  ...["PING 'a\\nb'\r\n", 'PING a"b c"\r\n', 'PING ""\r\n', 'PING "a\r\n', 'PING "a"b\r\n'],
  ...["PING 'a\\'\r\n", 'PING "\\"\r\n', "PING 'a\r\n", 'PING "\\X41"\r\n', "PING \v\r\n"],
  ...[
    "\vPING\r\n",
    '"PING"\v\r\n',
    '"PING"\vb\r\n',
    "PING a\vb\r\n",
    "PING\r",
    "PING",
    "PING\0\r\n",
  ],
  ...["SET a b\nGET a\nDEL a\n", 'SET a ""\r\nGET a\r\nDEL a\r\n', "GET\r\n", "get a b\r\n"],
  // Long names and arguments of unknown commands.
  ...[`FOO ${"x".repeat(200)}\r\n`, `FOO ${"x".repeat(100)} ${"y".repeat(100)} zz\r\n`],
  ...[`${"F".repeat(200)} a\r\n`, "*1\r\n$4\r\nFO\0O\r\n", "*2\r\n$3\r\nF\rO\r\n$2\r\n\n\n\r\n"],
  ...[encode(["CLIENT", "x\r\ny"]), encode(["OBJECT", "x".repeat(200), "k"]), encode(["", "a"])],
  // Arrays: binary, empty, negative, cut off.
  ...["*1\r\n$4\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n$3\r\n\0\xff\n\r\n", "*0\r\nPING\r\n"],
  ...["*-1\r\nPING\r\n", "*1\r\n$4\r\nPINGxxPING\r\n", "*2\r\n$4\r\nPING\r\n$0\r\n\r\n", "*1\r\n"],
  ...["*1\r\n$4\r\nPIN", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n", "*1\r\n$0\r\n\r\nPING\r\n"],
  ...["*2\n$4\nECHO\n$1\na\n", "*2\r\n$4\r\nECHO\r\n$1\r\nabc\r\n", "*1\r$4\rPING\r"],
  // Lengths that are none.
  ...["*x\r\n", "*\r\n", "* 1\r\n", "*-\r\n", "*-0\r\n", "*01\r\n", "*+1\r\n", "*1 \r\n"],
  ...["*99999999999999999999\r\n", "*2147483647\r\n", "*2147483648\r\n", "*1048577\r\n", "*-5\r\n"],
  ...["*1\r\n!4\r\n", "*1\r\n$\r\n", "*1\r\n$-1\r\n", "*1\r\n$4x\r\n", "*1\r\n$ 4\r\nPING\r\n"],
  ...["*1\r\n$99999999999999999999\r\n", "*1\r\n$536870913\r\n", "*1\r\n$10000000000\r\n"],
  ...["*1\r\n:4\r\n", "*1\r\n*1\r\n$4\r\nPING\r\n", "*1\r\n\r\n", "*1\r\n$-2\r\n"],
  ...["x".repeat(LONG), `*${"1".repeat(LONG)}`, `*1\r\n$${"1".repeat(LONG)}`],
  // HTTP, which closes the connection.
  ...[
    "PING\r\nPOST / HTTP/1.1\r\nPING\r\n",
    "*1\r\n$5\r\nhOsT:\r\n",
    "GETX\r\nHost: x\r\nPING\r\n",
  ],
  // What was sent before an error is answered, and nothing after it.
  ...["PING a b\r\nPING\r\n*z\r\nPING\r\n", "PING\r\n".repeat(1000), "MULTI\r\nPING\r\n*z\r\n"],
  // Protocol 3.
  ...["HELLO 4\r\nPING\r\n", "HELLO x\r\n", "HELLO 3 AUTH\r\n", "HELLO 3 SETNAME a,b\r\nPING\r\n"],
  // Transactions and subscriptions that the end of the connection ends.
  ...[
    "MULTI\r\nSET a 1\r\nEXEC\r\nDEL a\r\n",
    "SUBSCRIBE a b\r\nGET x\r\nPING\r\nUNSUBSCRIBE a\r\n",
  ],
  ...[
    "SUBSCRIBE a\r\nQUIT\r\nPING\r\n",
    "MULTI\r\nQUIT\r\nPING\r\n",
    "CLIENT REPLY OFF\r\nPING\r\n",
  ],
  ...[
    "CLIENT REPLY SKIP\r\nPING\r\nPING x\r\n",
    "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING\r\n",
  ],
  ...["BLPOP nothing 0\r\nPING\r\n", "MONITOR\r\n", "RESET\r\nPING\r\n", "WATCH a\r\nMULTI\r\n"],
  encode(["ECHO", "x".repeat(100_000)]),
  encode(["SET", "a", "x".repeat(20_000)]) + "GET a\r\nDEL a\r\n",
];

/** To a server with a password, which gives strangers little room. */
const STRANGERS = [
  ...["PING\r\n", "GET a\r\n", "AUTH wrong\r\n", "AUTH secret\r\nPING\r\n", "QUIT\r\n", "FOO\r\n"],
  ...["*10\r\n", "*11\r\n", "*2\r\n$4\r\nECHO\r\n$16384\r\n", "*2\r\n$4\r\nECHO\r\n$16385\r\n"],
  ...["HELLO\r\n", "HELLO 3\r\n", "HELLO 3 AUTH default wrong\r\n", "RESET\r\n", "MULTI\r\n"],
  ...[
    "AUTH secret\r\n*11\r\n",
    "AUTH default secret\r\nRESET\r\nPING\r\n",
    "GET\r\n",
    "CLIENT\r\n",
  ],
];

/** Sends a request and its end; returns all that comes back. */
async function ask({ port }: Server, request: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    const bytes = toBytes(request);
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    await conn.closeWrite();
  } catch {
    // A protocol error closes the connection before all is sent.
  }
  let reply = "";
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let length; (length = await conn.read(buffer)) !== null;) {
      reply += toText(buffer.subarray(0, length));
    }
  } catch {
    // As an end of file, where it had not read everything.
  }
  return reply;
}

/** Compares the replies to all requests; prints those that differ, and returns how many they are. */
export async function compareRequests(redis: Server, subject: Server): Promise<number> {
  let different = 0;
  const compare = async (requests: string[]) => {
    for (const request of requests) {
      const [expected, actual] = await Promise.all([ask(redis, request), ask(subject, request)]);
      // HELLO tells the ID of the connection.
      const clean = (reply: string) => reply.replace(/(id\r\n:)\d+/, "$10");
      if (clean(expected) === clean(actual)) continue;
      different++;
      console.log(`\nRequest ${quote(request)}`);
      console.log(`  redis    ${quote(expected)}\n  subject  ${quote(actual)}`);
    }
  };
  await compare(REQUESTS);
  const setPassword = async (server: Server, ...args: string[][]) => {
    using client = await Client.connect(server.port);
    await client.pipeline(args);
  };
  const servers = [redis, subject];
  for (const server of servers) {
    await setPassword(server, ["CONFIG", "SET", "requirepass", PASSWORD]);
  }
  await compare(STRANGERS);
  for (const server of servers) {
    await setPassword(server, ["AUTH", PASSWORD], ["CONFIG", "SET", "requirepass", ""]);
  }
  return different;
}
