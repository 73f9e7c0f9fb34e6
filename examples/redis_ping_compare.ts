/**
 * `redis_ping.ts` beside a real Redis, and under its tools. Not among the tests, since it needs
 * `redis-server`, `redis-cli` and `redis-benchmark`: `deno task compare`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../mod.ts";
import { within } from "../test_util.ts";
import { redisPing } from "./redis_ping.ts";

/** Each byte a character, both ways. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function write(client: Deno.Conn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) sent += await client.write(data.subarray(sent));
}

/** Sends a request and its end; returns all that comes back. */
async function ask(port: number, request: string): Promise<string> {
  const client = await Deno.connect({ port });
  try {
    await write(client, bytes(request));
    await client.closeWrite();
  } catch {
    // A protocol error closes the connection before all is sent.
  }
  const reply = await within(new Response(client.readable).bytes());
  return Array.from(reply, (byte) => String.fromCharCode(byte)).join("");
}

/** A real Redis on a free port, without a file. */
async function withRedis(test: (port: number) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const redis = new Deno.Command("redis-server", {
    args: ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    stdout: "null",
  }).spawn();
  try {
    let ready = false;
    for (let tries = 0; !ready && tries < 200; tries++) {
      ready = await Deno.connect({ port }).then((conn) => (conn.close(), true), () => false);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert(ready, "redis-server does not start");
    await test(port);
  } finally {
    redis.kill();
    await redis.status;
  }
}

/** Requests that are unusual, or wrong; each is followed by the end. */
const REQUESTS = [
  ...[
    "PING\r\n",
    "ping\n",
    "PiNg hi\r\n",
    "PING a b\r\n",
    "   PING \t x  \r\n",
    "\r\n\r\nPING\r\n",
  ],
  ...[
    "ECHO\r\n",
    "ECHO a\r\n",
    "ECHO a b\r\n",
    "ECHO \xff\xfe\r\n",
    "QUIT\r\nPING\r\n",
    "QUIT x\r\n",
  ],
  ...[
    "FOO\r\n",
    "FOO bar 'b z' \"\"\r\n",
    "FOO \xa0\r\n",
    "-1\r\n",
    "$4\r\nPING\r\n",
    "PING\vx\r\n",
  ],
  ...[`FOO ${"x".repeat(200)}\r\n`, `FOO ${"x".repeat(100)} ${"y".repeat(100)} zz\r\n`],
  ...[`${"F".repeat(200)} a\r\n`, "*1\r\n$4\r\nFO\0O\r\n", "*2\r\n$3\r\nF\rO\r\n$2\r\n\n\n\r\n"],
  ...['PING "a\\x41\\n\\q\\x4"\r\n', "PING 'a\\'b'\r\n", "PING 'a\\nb'\r\n", 'PING a"b c"\r\n'],
  ...[
    'PING ""\r\n',
    'PING "a\r\n',
    'PING "a"b\r\n',
    "PING 'a\\'\r\n",
    'PING "\\"\r\n',
    "PING 'a\r\n",
  ],
  ...[
    "*1\r\n$4\r\nPING\r\n",
    "*2\r\n$4\r\nECHO\r\n$3\r\n\0\xff\n\r\n",
    "*0\r\nPING\r\n",
    "*-1\r\nPING\r\n",
  ],
  ...["*1\r\n$4\r\nPINGxxPING\r\n", "*2\r\n$4\r\nPING\r\n$0\r\n\r\n", "*1\r\n", "*1\r\n$4\r\nPIN"],
  ...[
    "*x\r\n",
    "*\r\n",
    "* 1\r\n",
    "*-\r\n",
    "*-0\r\n",
    "*01\r\n",
    "*+1\r\n",
    "*99999999999999999999\r\n",
  ],
  ...[
    "*1\r\n!4\r\n",
    "*1\r\n$\r\n",
    "*1\r\n$-1\r\n",
    "*1\r\n$4x\r\n",
    "*1\r\n$99999999999999999999\r\n",
  ],
  ...["x".repeat(70_000), `*${"1".repeat(70_000)}`, `*1\r\n$${"1".repeat(70_000)}`],
  ...[
    'PING "\\X41"\r\n',
    "PING \v\r\n",
    "\vPING\r\n",
    '"PING"\v\r\n',
    '"PING"\vb\r\n',
    "PING a\vb\r\n",
  ],
  ...[
    "PING\r\nPOST / HTTP/1.1\r\nPING\r\n",
    "*1\r\n$5\r\nhOsT:\r\n",
    "GETX\r\nHost: x\r\nPING\r\n",
  ],
  "PING a b\r\nPING\r\n*z\r\nPING\r\n",
];

Deno.test("redisPing() answers as a real Redis does", async () => {
  await withRedis(async (redis) => {
    await using server = serve({ port: 0, handler: redisPing });
    for (const request of REQUESTS) {
      const [expected, actual] = [await ask(redis, request), await ask(server.addr.port, request)];
      assertEquals(actual, expected, JSON.stringify(request.slice(0, 60)));
    }
  });
});

Deno.test("redisPing() serves redis-cli and redis-benchmark", async () => {
  await using server = serve({ port: 0, handler: redisPing });
  const { port } = server.addr;
  const run = async (command: string, ...args: string[]) => {
    const { stdout, stderr, code } = await new Deno.Command(command, {
      args: ["-p", `${port}`, ...args],
    }).output();
    const text = new TextDecoder();
    assertEquals(code, 0, text.decode(stderr));
    return text.decode(stdout);
  };
  assertEquals(await run("redis-cli", "ping"), "PONG\n");
  assertEquals(await run("redis-cli", "ping", "hello there"), "hello there\n");
  assertEquals(await run("redis-cli", "echo", "hi"), "hi\n");
  assertMatch(await run("redis-cli", "get", "x"), /^ERR unknown command 'get', with args .*'x'/);
  for (const pipeline of ["1", "16"]) {
    const tests = ["-t", "ping_inline,ping_mbulk", "-n", "2000", "-c", "20", "-q"];
    const report = await run("redis-benchmark", ...tests, "-P", pipeline);
    assertMatch(report, /PING_INLINE: [\d.]+ requests per second/);
    assertMatch(report, /PING_MBULK: [\d.]+ requests per second/);
  }
});
