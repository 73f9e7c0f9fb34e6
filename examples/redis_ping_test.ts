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

Deno.test("redisPing() answers what is no request, or a strange one", async () => {
  // The replies of Redis 7.0.15.
  const cases: [string, string][] = [
    ["*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n"],
    ["*1\r\n!4\r\n", "-ERR Protocol error: expected '$', got '!'\r\n"],
    ["*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n"],
    ["x".repeat(70_000), "-ERR Protocol error: too big inline request\r\n"],
    [`*${"1".repeat(70_000)}`, "-ERR Protocol error: too big mbulk count string\r\n"],
    [`*1\r\n$${"1".repeat(70_000)}`, "-ERR Protocol error: too big bulk count string\r\n"],
    ['PING "a\r\n', "-ERR Protocol error: unbalanced quotes in request\r\n"],
    ['PING "\\x41\\n\'"\r\n', "$3\r\nA\n'\r\n"],
    ["PING 'a\\'b'\r\n", "$3\r\na'b\r\n"],
    ["POST / HTTP/1.1\r\nPING\r\n", ""],
    ["echo\r\n", "-ERR wrong number of arguments for 'echo' command\r\n"],
  ];
  await using server = serve({ port: 0, handler: redisPing });
  for (const [request, reply] of cases) {
    const actual = await ask(server.addr.port, request);
    assertEquals(actual, reply, JSON.stringify(request.slice(0, 40)));
  }
});
