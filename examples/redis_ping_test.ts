import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../mod.ts";
import { Child, connect, readAll, until, within } from "../test_util.ts";
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

function hasCommand(command: string): boolean {
  return Deno.build.os !== "windows" &&
    new Deno.Command("sh", { args: ["-c", `command -v ${command}`] }).outputSync().success;
}

const PIPELINE = "*1\r\n$4\r\nPING\r\n" + "PING hi\r\n" + "*2\r\n$4\r\necho\r\n$5\r\na\r\nbc\r\n" +
  "NOPE 'x y'\r\n" + "*0\r\n\r\n" + "*1\r\n$4\r\nquit\r\n" + "PING\r\n";
const REPLIES = "+PONG\r\n$2\r\nhi\r\n$5\r\na\r\nbc\r\n" +
  "-ERR unknown command 'NOPE', with args beginning with: 'x y' \r\n+OK\r\n";

Deno.test("redisPing() answers a pipeline, split at any byte", async () => {
  await using server = serve({ port: 0, handler: redisPing });
  const data = bytes(PIPELINE);
  const end = PIPELINE.indexOf("PING\r\n", PIPELINE.indexOf("quit"));
  for (let split = 0; split <= end; split++) {
    const client = await connect(server.addr);
    (client as Deno.TcpConn).setNoDelay();
    await write(client, data.subarray(0, split));
    // The server has read the first part when it waits for the second.
    await new Promise((resolve) => setTimeout(resolve, 1));
    await write(client, data.subarray(split));
    assertEquals(await readAll(client), REPLIES);
  }
});

Deno.test("redisPing() answers a pipeline that comes byte by byte", async () => {
  await using server = serve({ port: 0, handler: redisPing });
  const client = await connect(server.addr);
  (client as Deno.TcpConn).setNoDelay();
  for (const byte of bytes(PIPELINE.slice(0, PIPELINE.indexOf("quit") + 6))) {
    await client.write(new Uint8Array([byte]));
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(await readAll(client), REPLIES);
});

Deno.test("redisPing() answers the commands of one read with one write", async () => {
  let writes = 0;
  await using server = serve({
    port: 0,
    handler: (conn) => {
      const write = conn.write.bind(conn);
      conn.write = (data) => {
        writes++;
        return write(data);
      };
      return redisPing(conn);
    },
  });
  assertEquals(await ask(server.addr.port, "PING\r\n".repeat(1000)), "+PONG\r\n".repeat(1000));
  assertEquals(writes, 1);
});

Deno.test("redisPing() takes arguments larger than its buffer", async () => {
  await using server = serve({ port: 0, handler: redisPing });
  const argument = "x".repeat(1024 * 1024);
  const request = `*2\r\n$4\r\nECHO\r\n$${argument.length}\r\n${argument}\r\n`;
  const reply = await ask(server.addr.port, request);
  assertEquals(reply.length, `$${argument.length}\r\n`.length + argument.length + 2);
  assertMatch(
    await ask(server.addr.port, `*2\r\n$4\r\nECHO\r\n$${argument.length + 1}\r\n`),
    /^-ERR Protocol error: invalid bulk length\r\n$/,
  );
});

Deno.test("redisPing() ends a connection whose command is larger than all bounds", async () => {
  await using server = serve({ port: 0, handler: redisPing, linger: 50 });
  const argument = `$1000000\r\n${"x".repeat(1_000_000)}\r\n`;
  assertEquals(await ask(server.addr.port, `*10\r\n${argument.repeat(10)}`).catch(() => ""), "");
});

Deno.test("redisPing() does not answer without bound a client that does not read", async () => {
  let written = 0;
  await using server = serve({
    port: 0,
    handler: (conn) => {
      const write = conn.write.bind(conn);
      conn.write = async (data) => {
        const length = await write(data);
        written += length;
        return length;
      };
      return redisPing(conn);
    },
  });
  const client = await connect(server.addr);
  const request = bytes(`*2\r\n$4\r\nECHO\r\n$1000000\r\n${"x".repeat(1_000_000)}\r\n`);
  let sent = 0;
  const send = async () => {
    for (let i = 0; i < 50; i++) {
      await write(client, request);
      sent++;
    }
  };
  const sending = send().catch(() => {});
  // Both directions are full, and then nothing moves any more.
  for (let before = -1; before !== written + sent;) {
    before = written + sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert(0 < written && 0 < sent && sent < 50);
  assert(written < 20_000_000);
  client.close();
  await sending;
  await until(() => server.stats.active === 0);
});

Deno.test("redisPing() closes a client that is idle", async () => {
  await using server = serve({
    port: 0,
    handler: (conn) => {
      const { closeAfter } = conn;
      // In a moment's time, not five minutes'.
      conn.closeAfter = (ms) => closeAfter.call(conn, ms && ms / 3000);
      return redisPing(conn);
    },
  });
  using client = await connect(server.addr);
  await client.write(bytes("PING\r\n"));
  await until(() => server.stats.timedOut === 1);
});

Deno.test("redisPing() ends with the server, which does not wait for idle clients", async () => {
  const server = serve({ port: 0, handler: redisPing });
  const idle = await connect(server.addr);
  await idle.write(bytes("PING\r\n"));
  await idle.read(new Uint8Array(7));
  await within(server.shutdown());
  assertEquals(await readAll(idle), "");
  assertEquals(server.stats.completed, 1);
});

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

Deno.test({
  name: "redisPing() answers as a real Redis does",
  ignore: !hasCommand("redis-server"),
  fn: () =>
    withRedis(async (redis) => {
      await using server = serve({ port: 0, handler: redisPing });
      for (const request of REQUESTS) {
        const [expected, actual] = [
          await ask(redis, request),
          await ask(server.addr.port, request),
        ];
        assertEquals(actual, expected, JSON.stringify(request.slice(0, 60)));
      }
    }),
});

Deno.test({
  name: "redisPing() serves redis-cli and redis-benchmark",
  ignore: !hasCommand("redis-benchmark"),
  fn: async () => {
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
  },
});

Deno.test("redisPing() gives others a turn, and large buffers back, whatever one client sends", async () => {
  let largest = 0;
  await using server = serve({
    port: 0,
    handler: (conn) => {
      const write = conn.write.bind(conn);
      conn.write = (data) => {
        largest = Math.max(largest, data.buffer.byteLength);
        return write(data);
      };
      return redisPing(conn);
    },
  });
  const big = `*3\r\n$4\r\nPING\r\n$1000000\r\n${"x".repeat(1_000_000)}\r\n$1\r\nx\r\n`;
  const reply = await ask(server.addr.port, big + "a\n".repeat(100_000));
  assertEquals(reply.split("\r\n").length, 100_002);
  // One write answers what one read took: 16 KiB, each line of it by an error of 60 bytes.
  assert(largest < 2_000_000);
});

Deno.test("redis_ping.ts takes a port", async () => {
  await using child = new Child(["--port", "0"], {
    command: [Deno.execPath(), "run", "--allow-net", import.meta.resolve("./redis_ping.ts")],
  });
  assertEquals(await ask(await child.ready(), "PING\r\n"), "+PONG\r\n");
});
