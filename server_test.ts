import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as log from "@std/log";
import net from "node:net";
import type { Connection } from "./connection.ts";
import { formatAddr } from "./listen.ts";
import { serve, Server } from "./server.ts";
import {
  Child,
  connect,
  connectAndReset,
  FakeTimers,
  fetchGreeting,
  MockListener,
  readAll,
  RecordingLogger,
  settle,
  socketPair,
  systemError,
  until,
  within,
} from "./test_util.ts";

const ROOT = import.meta.dirname;

const ONE_BYTE = new Uint8Array(1);

/** A handler that holds each connection until told to let go, and keeps what it was given. */
function holder() {
  const conns: Connection[] = [];
  const gate = Promise.withResolvers<void>();
  return {
    conns,
    release: () => gate.resolve(),
    handler: (conn: Connection) => {
      conns.push(conn);
      return gate.promise;
    },
  };
}

/** Whether the server has closed the connection; waits until it has. */
async function isClosed(client: Deno.Conn): Promise<boolean> {
  try {
    return await within(client.read(ONE_BYTE)) === null;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionReset;
  }
}

// The way of one connection

Deno.test("Server.run() greets every client, one after the other and all at once", async () => {
  await using server = new Server(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  server.run();
  for (let i = 0; i < 10; i++) assertEquals(await fetchGreeting(server.addr), "Hello!");
  const greetings = await Promise.all(
    Array.from({ length: 100 }, () => fetchGreeting(server.addr)),
  );
  assertEquals(greetings, Array(100).fill("Hello!"));
  await until(() => server.stats.active === 0);
  assertEquals(server.stats, {
    accepted: 110,
    active: 0,
    completed: 110,
    failed: 0,
    timedOut: 0,
    aborted: 0,
    rejected: 0,
    acceptErrors: 0,
  });
});

Deno.test("Server.run() does not wait for a handler before it accepts the next", async () => {
  const held = holder();
  await using server = serve({ port: 0, handler: held.handler });
  using _first = await connect(server.addr);
  using _second = await connect(server.addr);
  await until(() => server.stats.active === 2);
  assertEquals(held.conns.map(({ id }) => id), [1, 2]);
  held.release();
});

Deno.test("Server.run() starts once and always returns finished", async () => {
  const listener = new MockListener();
  const server = new Server(listener);
  const { finished } = server;
  assertStrictEquals(server.run(), finished);
  assertStrictEquals(server.run(), finished);
  await settle();
  assertEquals(listener.accepts, 1);
  server.close();
  await within(finished);
});

Deno.test("Server serves on Unix sockets and removes the file at the end", async () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/hello.sock`;
  const server = new Server(Deno.listen({ transport: "unix", path }), { maxConnectionsPerHost: 1 });
  server.run();
  // The limit for each host does not apply: there is none.
  using _open = await connect(server.addr);
  for (let i = 0; i < 40; i++) assertEquals(await fetchGreeting(server.addr), "Hello!");
  assertEquals(formatAddr(server.addr), `unix:${path}`);
  server.close();
  await within(server.finished);
  assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
  Deno.removeSync(directory);
});

Deno.test("Server serves on IPv6, and on both families under ::", async () => {
  await using six = serve({ hostname: "::1", port: 0 });
  assertEquals(await fetchGreeting(six.addr), "Hello!");
  assertEquals(formatAddr(six.addr), `[::1]:${six.addr.port}`);
  await using both = serve({ hostname: "::", port: 0 });
  const { port } = both.addr;
  assertEquals(await fetchGreeting({ transport: "tcp", hostname: "::1", port }), "Hello!");
  if (Deno.build.os === "windows") return;
  assertEquals(await fetchGreeting({ transport: "tcp", hostname: "127.0.0.1", port }), "Hello!");
});

Deno.test("Server lets a client that sends 3 MB before it reads have the greeting", async () => {
  await using server = serve({ port: 0 });
  const megabytes = new Uint8Array(3_000_000);
  for (let i = 0; i < 20; i++) {
    const client = await connect(server.addr);
    for (let sent = 0; sent < megabytes.length;) {
      sent += await client.write(megabytes.subarray(sent));
    }
    assertEquals(await readAll(client), "Hello!");
  }
  await until(() => server.stats.completed === 20);
});

Deno.test("Server closes a silent client after the linger time, as completed", async () => {
  // Ten times as long would be too long for `until`.
  await using server = serve({ port: 0, linger: 2200 });
  using client = await connect(server.addr);
  await until(() => server.stats.active === 0 && server.stats.completed === 1);
  assertEquals(await client.read(new Uint8Array(6)), 6);
});

Deno.test("Server waits for a client that sends for longer than the linger time", async () => {
  await using server = serve({ port: 0, linger: 300 });
  const client = await connect(server.addr);
  for (let i = 0; i < 60; i++) {
    await client.write(ONE_BYTE);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(server.stats.active, 1);
  assertEquals(await readAll(client), "Hello!");
});

Deno.test("Server closes a client that never stops sending after ten linger times", async () => {
  await using server = serve({ port: 0, linger: 50 });
  using client = await connect(server.addr);
  await assertRejects(
    () =>
      within((async () => {
        while (true) {
          await client.write(ONE_BYTE);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      })()),
    Error,
    "os error",
  );
  assertEquals(server.stats.completed, 1);
});

Deno.test("Server closes at once when linger is 0", async () => {
  await using server = serve({ port: 0, linger: 0 });
  using client = await connect(server.addr);
  // Without half-close and drain: the server is through while the client still holds its side.
  await until(() => server.stats.completed === 1);
  assertEquals(await readAll(client), "Hello!");
});

Deno.test("Server takes a reset during the drain for a normal end", async () => {
  const errors: unknown[] = [];
  await using server = serve({
    port: 0,
    linger: 60_000,
    onError: (error) => void errors.push(error),
  });
  const socket = net.connect(server.addr.port, "127.0.0.1");
  socket.resume();
  await within(new Promise((resolve) => socket.on("data", resolve)));
  assertEquals(server.stats.active, 1);
  socket.resetAndDestroy();
  await until(() => server.stats.active === 0);
  assertEquals(server.stats.completed, 1);
  assertEquals(errors, []);
});

Deno.test("Server lets the runtime poll on every 32nd TCP connection, before the handler", async () => {
  const events: string[] = [];
  const clients: Deno.Conn[] = [];
  const script: Deno.TcpConn[] = [];
  for (let i = 1; i <= 65; i++) {
    const { conn, client } = await socketPair();
    clients.push(client);
    const write = conn.write.bind(conn);
    conn.write = (data) => {
      if (data.length === 0) events.push(`poll ${i}`);
      return write(data);
    };
    script.push(conn);
  }
  const server = new Server(new MockListener(...script), {
    handler: ({ id }) => void events.push(`handle ${id}`),
    linger: 0,
  });
  server.run();
  await until(() => server.stats.completed === 65);
  assertEquals(events.filter((event) => event.startsWith("poll")), ["poll 32", "poll 64"]);
  assertEquals(events.indexOf("poll 32"), events.indexOf("handle 32") - 1);
  await server.shutdown();
  for (const client of clients) client.close();
});

Deno.test("Server lets the runtime poll on every 32nd connection, rejected ones included", async () => {
  const polled: number[] = [];
  const pairs = await Promise.all(Array.from({ length: 64 }, socketPair));
  for (const [i, { conn }] of pairs.entries()) {
    const write = conn.write.bind(conn);
    conn.write = (data) => {
      if (data.length === 0) polled.push(i + 1);
      return write(data);
    };
  }
  const held = holder();
  const server = new Server(new MockListener(...pairs.map(({ conn }) => conn)), {
    handler: held.handler,
    maxConnectionsPerHost: 1,
  });
  server.run();
  await until(() => server.stats.rejected === 63);
  assertEquals(polled, [32, 64]);
  held.release();
  for (const { client } of pairs) client.close();
  await server.shutdown();
});

Deno.test("Server waits for the poll, and a stop meanwhile leaves nobody behind", async () => {
  const pairs = await Promise.all(Array.from({ length: 32 }, socketPair));
  const { promise: polled, resolve: poll } = Promise.withResolvers<number>();
  const last = pairs.at(-1)?.conn;
  assert(last);
  last.write = () => polled;
  let handled = 0;
  const server = new Server(new MockListener(...pairs.map(({ conn }) => conn)), {
    handler: () => void handled++,
    linger: 0,
  });
  server.run();
  await until(() => handled === 31);
  await settle();
  assertEquals(handled, 31);
  server.close();
  poll(0);
  await within(server.finished);
  assertEquals(server.stats.rejected, 1);
  assertEquals(handled, 31);
  for (const { client } of pairs) client.close();
});

Deno.test("Server does not poll with a TLS connection, where a write may never end", async () => {
  const { conn, client } = await socketPair();
  Object.assign(conn, { handshake() {} });
  conn.write = () => Promise.reject(new Error("not to be called"));
  const script: Deno.TcpConn[] = [];
  for (let i = 1; i < 32; i++) {
    const pair = await socketPair();
    pair.client.close();
    script.push(pair.conn);
  }
  let handled = 0;
  const handler = () => void handled++;
  const server = new Server(new MockListener(...script, conn), { handler, linger: 0 });
  const write = conn.write;
  let writes = 0;
  conn.write = (data) => {
    writes++;
    return write(data);
  };
  server.run();
  await until(() => handled === 32);
  assertEquals(writes, 0);
  await server.shutdown();
  client.close();
});

Deno.test("Server goes on accepting beside clients that do not read", async () => {
  const big = new Uint8Array(20_000_000);
  await using server = serve({
    port: 0,
    linger: 0,
    handler: async (conn) => {
      if (conn.id <= 64) await conn.write(big);
    },
  });
  const deaf = await Promise.all(Array.from({ length: 64 }, () => connect(server.addr)));
  await until(() => server.stats.accepted === 64);
  assertEquals(await fetchGreeting(server.addr), "");
  for (const client of deaf) client.close();
});

// Handlers

Deno.test("Server survives a handler that throws, rejects, or throws nothing", async () => {
  const errors: unknown[] = [];
  const thrown = [new TypeError("sync"), new RangeError("async"), undefined];
  const handlers = [
    () => {
      throw thrown[0];
    },
    () => Promise.reject(thrown[1]),
    () => Promise.reject(undefined),
  ];
  await using server = serve({
    port: 0,
    handler: ({ id }) => handlers[id - 1]?.(),
    onError: (error, { id }) => void errors.push([id, error]),
  });
  for (let i = 0; i < 3; i++) assertEquals(await fetchGreeting(server.addr), "");
  assertEquals(await fetchGreeting(server.addr), "");
  await until(() => server.stats.active === 0);
  assertEquals(errors, [[1, thrown[0]], [2, thrown[1]], [3, thrown[2]]]);
  assertEquals(server.stats.failed, 3);
  assertEquals(server.stats.completed, 1);
});

Deno.test("Server delivers what a failing handler wrote before it failed", async () => {
  await using server = serve({
    port: 0,
    logger: new RecordingLogger(),
    handler: async (conn) => {
      await conn.write(new TextEncoder().encode("-ERR bye\r\n"));
      throw new Error("failed");
    },
  });
  const client = await connect(server.addr);
  await client.write(new Uint8Array(100_000));
  assertEquals(await readAll(client), "-ERR bye\r\n");
});

Deno.test("Server logs a handler's error by default", async () => {
  const logger = new RecordingLogger();
  const error = new Error("broken");
  await using server = serve({ port: 0, logger, handler: () => Promise.reject(error) });
  const client = await connect(server.addr);
  const remote = formatAddr(client.localAddr);
  await readAll(client);
  assertEquals(logger.lines.filter(({ level }) => level === "error"), [
    {
      level: "error",
      message: "handler failed: Error: broken",
      fields: { id: 1, remote, error },
    },
  ]);
});

Deno.test("Server logs what onError throws, and goes on", async () => {
  const logger = new RecordingLogger();
  const onErrors = [
    () => {
      throw new Error("sync");
    },
    () => Promise.reject(new Error("async")),
  ];
  await using server = serve({
    port: 0,
    logger,
    handler: () => Promise.reject(new Error("broken")),
    onError: (_error, { id }) => onErrors[id - 1]?.(),
  });
  for (let i = 0; i < 3; i++) await fetchGreeting(server.addr);
  assertEquals(logger.messages("error"), [
    "onError failed: Error: sync",
    "onError failed: Error: async",
  ]);
});

Deno.test("Server finishes only when an async onError has", async () => {
  const told = Promise.withResolvers<void>();
  const server = serve({
    port: 0,
    handler: () => Promise.reject(new Error("broken")),
    onError: () => told.promise,
  });
  // The client does not wait for it.
  assertEquals(await fetchGreeting(server.addr), "");
  let stopped = false;
  const shutdown = server.shutdown().then(() => stopped = true);
  await settle();
  assertFalse(stopped);
  told.resolve();
  await within(shutdown);
  assertEquals(server.stats.failed, 1);
});

Deno.test("Server.close() does not wait for an onError that never ends", async () => {
  const server = serve({
    port: 0,
    handler: () => Promise.reject(new Error("broken")),
    onError: () => new Promise(() => {}),
  });
  await fetchGreeting(server.addr);
  server.close();
  await within(server.finished);
  assertEquals(server.stats.failed, 1);
});

Deno.test("Server says on the console what a handler threw, where no log is set up", async () => {
  const real = console.error;
  const lines: unknown[][] = [];
  console.error = (...line) => void lines.push(line);
  try {
    const error = new Error("broken");
    await using server = serve({ port: 0, handler: () => Promise.reject(error) });
    const client = await connect(server.addr);
    const remote = formatAddr(client.localAddr);
    await readAll(client);
    assertEquals(lines, [["handler failed: Error: broken", { id: 1, remote, error }]]);
  } finally {
    console.error = real;
  }
});

Deno.test("Server says at debug why a connection failed, and how long it lived", async () => {
  const closed: Record<string, unknown>[] = [];
  const debug = (message: string, fields?: Record<string, unknown>) => {
    if (message === "connection closed" && fields) closed.push(fields);
  };
  const errors: unknown[] = [];
  await using server = serve({
    port: 0,
    logger: Object.assign(new RecordingLogger(), { debug }),
    onError: (error) => void errors.push(error),
    handler: async (conn) => {
      if (conn.id === 1) throw new Deno.errors.TimedOut("upstream database");
      conn.closeAfter(0);
      await conn.read(ONE_BYTE);
    },
  });
  await fetchGreeting(server.addr);
  await fetchGreeting(server.addr);
  await until(() => server.stats.active === 0);
  const [first, second] = closed;
  assertEquals([first?.outcome, first?.reason], ["failed", "TimedOut: upstream database"]);
  assertEquals(second?.outcome, "timedOut");
  assertEquals(second?.reason, "TimeoutError: The time limit was reached");
  assert(typeof second?.ms === "number" && second.ms >= 0);
  assertEquals(errors, []);
});

Deno.test("Server.connections are the open ones, in the order of acceptance", async () => {
  await using server = serve({
    port: 0,
    handler: async (conn) => {
      while (await conn.read(ONE_BYTE) !== null);
    },
  });
  const clients: Deno.Conn[] = [];
  for (let i = 1; i <= 5; i++) {
    clients.push(await connect(server.addr));
    await until(() => server.stats.active === i);
  }
  const ids = () => server.connections.map(({ id }) => id);
  assertEquals(ids(), [1, 2, 3, 4, 5]);
  clients[1]?.close();
  await until(() => server.stats.active === 4);
  assertEquals(ids(), [1, 3, 4, 5]);
  const [first, third] = server.connections;
  // The closed one is still to be counted out, and no longer open.
  first?.close();
  assertEquals(ids(), [3, 4, 5]);
  third?.send(new TextEncoder().encode("told"));
  assertEquals(await clients[2]?.read(new Uint8Array(4)), 4);
  assertEquals(third?.remoteAddr, clients[2]?.localAddr);
  await until(() => server.stats.aborted === 1);
  for (const client of clients.filter((_, i) => i !== 1)) client.close();
});

Deno.test("Server sets TCP options where it is asked to", async () => {
  const calls: unknown[] = [];
  const pairs = await Promise.all(Array.from({ length: 2 }, socketPair));
  for (const { conn } of pairs) {
    Object.assign(conn, {
      setNoDelay: (on: boolean) => calls.push(["noDelay", on]),
      setKeepAlive: (on: boolean) => {
        calls.push(["keepAlive", on]);
        throw new Error("The client has gone");
      },
    });
  }
  const [first, second] = pairs.map(({ conn }) => conn) as [Deno.TcpConn, Deno.TcpConn];
  const plain = new Server(new MockListener(first), { linger: 0 });
  plain.run();
  await until(() => plain.stats.completed === 1);
  assertEquals(calls, []);
  const options = { linger: 0, noDelay: true, keepAlive: true };
  const set = new Server(new MockListener(second), options);
  set.run();
  await until(() => set.stats.completed === 1);
  assertEquals(calls, [["noDelay", true], ["keepAlive", true]]);
  await Promise.all([plain.shutdown(), set.shutdown()]);
  for (const { client } of pairs) client.close();
});

Deno.test("Server gives each connection the bound of its option", async () => {
  const bounds: number[] = [];
  await using server = serve({
    port: 0,
    maxBuffered: 10,
    handler: (conn) => {
      bounds.push(conn.maxBuffered);
      conn.send(new Uint8Array(11));
    },
  });
  await fetchGreeting(server.addr);
  await until(() => server.stats.failed === 1);
  assertEquals(bounds, [10]);
});

Deno.test("Server does not report ordinary endings of a connection", async () => {
  const errors: unknown[] = [];
  await using server = serve({
    port: 0,
    onError: (error) => void errors.push(error),
    handler: async (conn) => {
      while (await conn.read(ONE_BYTE) !== null);
    },
  });
  for (let i = 0; i < 5; i++) await connectAndReset(server.addr.port);
  assertEquals(await connect(server.addr).then((client) => client.close()), undefined);
  await until(() => server.stats.active === 0 && server.stats.completed >= 1);
  assertEquals(errors, []);
});

Deno.test("Server takes a handler that closes its connection for completed", async () => {
  await using server = serve({
    port: 0,
    handler: async (conn) => {
      if (conn.id === 1) return conn.close();
      await conn.readable.pipeTo(conn.writable);
    },
  });
  assertEquals(await fetchGreeting(server.addr), "");
  using client = await connect(server.addr);
  await client.write(new TextEncoder().encode("echo"));
  await client.closeWrite();
  assertEquals(await readAll(client), "echo");
  await until(() => server.stats.completed === 2);
});

Deno.test("Connection.closeAfter() interrupts the handler's pending read", async () => {
  const rejected = Promise.withResolvers<unknown>();
  await using server = serve({
    port: 0,
    handler: async (conn) => {
      conn.closeAfter(50);
      try {
        await conn.read(ONE_BYTE);
      } catch (error) {
        rejected.resolve(error);
        assert(conn.signal.aborted);
        throw error;
      }
    },
  });
  using client = await connect(server.addr);
  assertInstanceOf(await within(rejected.promise), Deno.errors.Interrupted);
  assert(await isClosed(client));
  await until(() => server.stats.timedOut === 1);
});

Deno.test("Connection.closeAfter() counts as timed out however the handler ends then", async () => {
  await using server = serve({
    port: 0,
    handler: async (conn) => {
      conn.closeAfter(50);
      await conn.read(ONE_BYTE).catch(() => {});
    },
  });
  using _client = await connect(server.addr);
  await until(() => server.stats.timedOut === 1);
  assertEquals(server.stats.completed, 0);
});

Deno.test("Connection.closeAfter() does not limit the drain, and ends with the connection", async () => {
  let late: Connection | undefined;
  await using server = serve({
    port: 0,
    linger: 60_000,
    handler: (conn) => {
      conn.closeAfter(0);
      late = conn;
    },
  });
  const client = await connect(server.addr);
  assertEquals(await client.read(ONE_BYTE), null);
  late?.closeAfter(0);
  for (let turn = 0; turn < 6; turn++) await settle();
  assertEquals(server.stats.active, 1);
  client.close();
  await until(() => server.stats.active === 0);
  assertEquals(server.stats.completed, 1);
});

Deno.test("Connection.signal is the connection's own and aborts at its end", async () => {
  const signals: AbortSignal[] = [];
  await using server = serve({
    port: 0,
    handler: (conn) => void signals.push(conn.signal),
  });
  await fetchGreeting(server.addr);
  await fetchGreeting(server.addr);
  await until(() => server.stats.active === 0);
  assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
  assertFalse(signals[0] === signals[1]);
});

Deno.test("Connection.signal may be used to close the connection, whoever closed it first", async () => {
  const errors: unknown[] = [];
  const server = serve({
    port: 0,
    onError: (error) => void errors.push(error),
    handler: async (conn) => {
      const { id, signal } = conn;
      signal.addEventListener("abort", () => conn.close());
      if (id === 1) return;
      if (id === 2) { for await (const _ of conn.readable); }
      // Ended by the stop.
      if (id === 3) await conn.read(ONE_BYTE);
    },
  });
  for (let i = 0; i < 2; i++) {
    const client = await connect(server.addr);
    await client.closeWrite();
    assertEquals(await readAll(client), "");
  }
  const idle = await connect(server.addr);
  await until(() => server.stats.accepted === 3);
  await within(server.shutdown());
  idle.close();
  assertEquals(errors, []);
  assertEquals(server.stats.completed, 3);
});

// Limits

Deno.test("Server.maxConnections lets further clients wait in the kernel's queue", async () => {
  const held = holder();
  await using server = serve({ port: 0, maxConnections: 2, handler: held.handler });
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(server.addr)));
  await until(() => server.stats.active === 2);
  await settle();
  assertEquals(server.stats.accepted, 2);
  clients[0]?.close();
  held.conns[0]?.close();
  await settle();
  // The handler is what holds the place, not the socket.
  assertEquals(server.stats.accepted, 2);
  held.release();
  for (const client of clients.slice(1)) assertEquals(await readAll(client), "");
  assertEquals(server.stats.accepted, 5);
  assertEquals(server.stats.rejected, 0);
});

Deno.test("Server.maxConnectionsPerHost rejects a host's further clients under ::", async () => {
  const held = holder();
  await using server = serve({
    hostname: "::",
    port: 0,
    maxConnectionsPerHost: 1,
    handler: held.handler,
  });
  const { port } = server.addr;
  using _first = await connect({ transport: "tcp", hostname: "127.0.0.1", port });
  await until(() => server.stats.active === 1);
  using second = await connect({ transport: "tcp", hostname: "127.0.0.1", port });
  assert(await isClosed(second));
  using _other = await connect({ transport: "tcp", hostname: "::1", port });
  await until(() => server.stats.active === 2);
  assertEquals(server.stats.rejected, 1);
  assertEquals(server.stats.accepted, 2);
  held.release();
});

/** How many of these clients a server takes that has one place for each host. */
async function takenOf(hostnames: string[]): Promise<number> {
  const pairs = await Promise.all(hostnames.map(socketPair));
  for (const [i, { conn }] of pairs.entries()) {
    const remoteAddr = { transport: "tcp", hostname: hostnames[i], port: 1 };
    Object.defineProperty(conn, "remoteAddr", { value: remoteAddr });
  }
  const held = holder();
  const listener = new MockListener(...pairs.map(({ conn }) => conn));
  const server = new Server(listener, { maxConnectionsPerHost: 1, handler: held.handler });
  server.run();
  await until(() => listener.accepts === hostnames.length + 1);
  const { active, rejected } = server.stats;
  assertEquals(active + rejected, hostnames.length);
  held.release();
  for (const { client } of pairs) client.close();
  await server.shutdown();
  return active;
}

Deno.test("Server.maxConnectionsPerHost counts IPv4 in IPv6 as IPv4", async () => {
  assertEquals(await takenOf(["127.0.0.1", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"]), 1);
  assertEquals(await takenOf(["127.0.0.1", "127.0.0.2", "::ffff:127.0.0.3"]), 3);
});

Deno.test("Server.maxConnectionsPerHost counts IPv6 by the network of 64 bits", async () => {
  const same = [
    ["2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::"],
    ["2001:db8::1", "2001:db8:0:0:1::", "2001:db8::ffff:0:0:1"],
    ["::1", "::2", "0:0:0:0:1:2:3:4", "::"],
    ["1::", "1::2"],
  ];
  for (const hostnames of same) assertEquals(await takenOf(hostnames), 1, `${hostnames}`);
  const different = ["2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8::1", "1:2::", "1::2:0:0:0:0"];
  assertEquals(await takenOf(different), 5);
});

Deno.test("Server.maxConnectionsPerHost counts up to its limit, and each place back once", async () => {
  await using server = serve({
    port: 0,
    maxConnectionsPerHost: 3,
    linger: 0,
    handler: async (conn) => void await conn.read(ONE_BYTE),
  });
  const clients: Deno.Conn[] = [];
  const fill = async () => {
    while (server.stats.active < 3) {
      const { accepted } = server.stats;
      clients.push(await connect(server.addr));
      await until(() => server.stats.accepted > accepted);
    }
    const { rejected } = server.stats;
    using oneMore = await connect(server.addr);
    assert(await isClosed(oneMore));
    assertEquals(server.stats.rejected, rejected + 1);
  };
  await fill();
  clients.shift()?.close();
  await until(() => server.stats.active === 2);
  await fill();
  for (const client of clients.splice(0)) client.close();
  await until(() => server.stats.active === 0);
  await fill();
  for (const client of clients) client.close();
});

Deno.test("Server.maxConnectionsPerHost gives back the place that was taken", async () => {
  const { conn, client } = await socketPair();
  const again = await socketPair();
  let hostname = "192.0.2.1";
  for (const { conn: raw } of [{ conn }, again]) {
    const get = () => ({ transport: "tcp", hostname, port: 1 });
    Object.defineProperty(raw, "remoteAddr", { get });
  }
  const gate = Promise.withResolvers<void>();
  const listener = new MockListener(conn);
  const server = new Server(listener, {
    maxConnectionsPerHost: 1,
    linger: 0,
    handler: () => gate.promise,
  });
  server.run();
  await until(() => server.stats.active === 1);
  hostname = "192.0.2.2";
  gate.resolve();
  await until(() => server.stats.active === 0);
  hostname = "192.0.2.1";
  listener.yield(again.conn);
  await until(() => server.stats.completed === 2);
  assertEquals(server.stats.rejected, 0);
  client.close();
  again.client.close();
  await server.shutdown();
});

Deno.test("Server.maxConnectionsPerHost gives the place back", async () => {
  await using server = serve({ port: 0, maxConnectionsPerHost: 2 });
  // The table forgets a host that has left, so it is never larger than the open connections are.
  const forgotten: unknown[] = [];
  const remove = Map.prototype.delete;
  Map.prototype.delete = function (key) {
    forgotten.push(key);
    return remove.call(this, key);
  };
  try {
    for (let i = 0; i < 10; i++) {
      assertEquals(await fetchGreeting(server.addr), "Hello!");
      await until(() => server.stats.active === 0);
    }
  } finally {
    Map.prototype.delete = remove;
  }
  assertEquals(forgotten.filter((key) => key === "127.0.0.1").length, 10);
  const held = await Promise.all([connect(server.addr), connect(server.addr)]);
  await until(() => server.stats.active === 2);
  assertEquals(await fetchGreeting(server.addr).catch(() => ""), "");
  for (const client of held) client.close();
  await until(() => server.stats.active === 0);
  assertEquals(await fetchGreeting(server.addr), "Hello!");
});

// Accept errors

Deno.test("Server survives clients that connect and reset", async () => {
  await using server = serve({ port: 0 });
  for (let i = 0; i < 50; i++) await connectAndReset(server.addr.port);
  await Promise.all(Array.from({ length: 50 }, () => connectAndReset(server.addr.port)));
  assertEquals(await fetchGreeting(server.addr), "Hello!");
});

Deno.test("Server accepts the next one at once when a peer is gone, resting after 100", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const gone = Array.from({ length: 250 }, () => systemError("ENOTCONN"));
  const logger = new RecordingLogger();
  const listener = new MockListener(...gone, conn);
  const server = new Server(listener, { logger, linger: 0 });
  server.run();
  await timers.turn();
  assertEquals(listener.accepts, 100);
  await timers.fire(5);
  await timers.fire(5);
  assertEquals(server.stats.acceptErrors, 250);
  assertEquals(server.stats.accepted, 1);
  assertEquals(timers.delays.filter((ms) => ms === 5).length, 2);
  assertEquals(logger.messages("warn"), []);
  server.close();
  client.close();
  await server.finished;
});

Deno.test("Server counts dead peers in a row only", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const gone = Array.from({ length: 60 }, () => systemError("ECONNABORTED"));
  const listener = new MockListener(...gone, conn, ...gone);
  const server = new Server(listener, { linger: 0 });
  server.run();
  await timers.turn();
  assertEquals(server.stats.acceptErrors, 120);
  assertFalse(timers.delays.includes(5));
  server.close();
  client.close();
  await server.finished;
});

Deno.test("Server backs off from 5 ms to 1 s while descriptors are short, for ever", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const short = (length: number) => Array.from({ length }, () => systemError("EMFILE"));
  const logger = new RecordingLogger();
  const listener = new MockListener(...short(20), conn, ...short(1));
  const server = new Server(listener, { handler: () => {}, logger, linger: 0 });
  server.run();
  const expected = [5, 10, 20, 40, 80, 160, 320, 640, ...Array(12).fill(1000), 5];
  for (const [i, delay] of expected.entries()) {
    await timers.turn();
    assertEquals(server.stats.acceptErrors, i + 1);
    await timers.fire(delay);
  }
  assertEquals(server.stats.accepted, 1);
  assertEquals(logger.messages("warn"), ["cannot accept, backing off"]);
  assertEquals(logger.messages("info"), ["listening"]);
  // Quiet for a second after the last error, and its wait of 5 ms.
  await timers.fire(1005);
  assertEquals(logger.messages("info"), ["listening", "accepting again"]);
  const { fields } = logger.lines.at(-1) ?? {};
  assertEquals(fields, { errors: 21, ms: expected.reduce((sum, delay) => sum + delay) });
  assertEquals(timers.pending, []);
  server.close();
  client.close();
  await server.finished;
});

Deno.test("Server says nothing more when its logger stops it at a shortage", async () => {
  using timers = new FakeTimers();
  const logger = new RecordingLogger();
  const warn = logger.warn.bind(logger);
  const server: Server = new Server(new MockListener(systemError("EMFILE")), {
    logger: Object.assign(logger, {
      warn: (message: string) => (warn(message), server.close()),
    }),
  });
  await server.run();
  assertEquals(timers.pending, []);
  assertEquals(logger.messages("info"), ["listening", "stopped"]);
});

Deno.test("Server tries again at once when a connection gives its descriptor back", async () => {
  using timers = new FakeTimers();
  const [first, second] = [await socketPair(), await socketPair()];
  const held = holder();
  const logger = new RecordingLogger();
  const listener = new MockListener(first.conn, systemError("EMFILE"), second.conn);
  const server = new Server(listener, { handler: held.handler, linger: 0, logger });
  server.run();
  await timers.turn();
  assertEquals(server.stats.accepted, 1);
  // Sooner than the 5 ms of the back-off.
  timers.now += 2;
  held.release();
  await timers.turn();
  assertEquals(server.stats.accepted, 2);
  await timers.fire(1005);
  assertEquals(logger.lines.at(-1)?.fields, { errors: 1, ms: 2 });
  server.close();
  first.client.close();
  second.client.close();
  await server.finished;
});

Deno.test("Server does not hurry after an unknown error because a connection ends", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const held = holder();
  const listener = new MockListener(conn, systemError("EBADF"), systemError("EBADF"));
  const server = new Server(listener, { handler: held.handler, linger: 0 });
  server.run();
  await timers.turn();
  held.release();
  await timers.turn();
  assertEquals(server.stats.completed, 1);
  assertEquals(server.stats.acceptErrors, 1);
  server.close();
  client.close();
  await server.finished;
});

Deno.test("Server gives up after 10 unknown accept errors in a row, with the cause", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const unknown = (length: number) => Array.from({ length }, () => systemError("EBADF"));
  const logger = new RecordingLogger();
  // A success in between starts the count anew.
  const listener = new MockListener(...unknown(9), conn, ...unknown(10));
  const server = new Server(listener, { logger, linger: 0 });
  const finished = assertRejects(() => server.run(), Error, "10 errors in a row");
  for (let i = 0; i < 20; i++) {
    await timers.turn();
    for (const delay of new Set(timers.pending)) await timers.fire(delay);
  }
  const error = await finished;
  assertStringIncludes(error.message, "Cannot accept on 127.0.0.1:6379");
  assertEquals((error.cause as { code?: string }).code, "EBADF");
  assertEquals(server.stats.acceptErrors, 19);
  assertEquals(logger.messages("error"), ["listener failed: Error: Made up EBADF"]);
  // Nothing else rejects, and nothing can be started again.
  await server.shutdown();
  await server[Symbol.asyncDispose]();
  await assertRejects(() => server.run(), Error, "10 errors in a row");
  client.close();
});

Deno.test("Server.run() settles when its listener fails with connections open", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const unknown = Array.from({ length: 9 }, () => systemError("EBADF"));
  // What has no prototype cannot be made a string.
  const listener = new MockListener(conn, ...unknown, Object.create(null));
  const logger = new RecordingLogger();
  const server = new Server(listener, { logger, handler: () => new Promise(() => {}) });
  const finished = assertRejects(() => server.run(), Error, "10 errors in a row");
  for (let i = 0; i < 15; i++) {
    await timers.turn();
    for (const delay of new Set(timers.pending)) await timers.fire(delay);
  }
  await finished;
  assertEquals([server.stats.active, server.stats.aborted], [0, 1]);
  assertEquals(logger.messages("error"), ["listener failed: something that cannot be shown"]);
  client.close();
});

Deno.test("Server stops when its listener is closed from outside, as shutdown() does", async () => {
  const held = holder();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new Server(listener, { handler: held.handler });
  const finished = server.run();
  const client = await connect(server.addr);
  await until(() => server.stats.active === 1);
  assertFalse(held.conns[0]?.signal.aborted);
  listener.close();
  await until(() => held.conns[0]?.signal.aborted === true);
  assertEquals(server.stats.active, 1);
  held.release();
  client.close();
  await within(finished);
  assertEquals(server.stats.completed, 1);
});

// Stop

Deno.test("Server.shutdown() ends the obvious loop of idle clients, which are completed", async () => {
  const server = serve({
    port: 0,
    handler: async (conn) => {
      const buffer = new Uint8Array(10);
      for (let n; (n = await conn.read(buffer)) !== null;) await conn.write(buffer.subarray(0, n));
    },
  });
  const clients = await Promise.all(Array.from({ length: 50 }, () => connect(server.addr)));
  await until(() => server.stats.active === 50);
  const stopped = server.shutdown();
  assertEquals(await Promise.all(clients.map(readAll)), Array(50).fill(""));
  await within(stopped);
  assertEquals(server.stats.completed, 50);
});

Deno.test("Server.shutdown() may be called by a handler that does not wait for it", async () => {
  const server: Server = serve({ port: 0, handler: () => void server.shutdown() });
  await fetchGreeting(server.addr);
  await within(server.finished);
  assertEquals(server.stats.completed, 1);
});

Deno.test("Server.shutdown() accepts no more and waits for handlers", async () => {
  const held = holder();
  const server = serve({ port: 0, handler: held.handler });
  const client = await connect(server.addr);
  await until(() => server.stats.active === 1);
  let done = false;
  const stopped = server.shutdown().then(() => done = true);
  await settle();
  await assertRejects(() => connect(server.addr), Deno.errors.ConnectionRefused);
  assert(held.conns[0]?.signal.aborted);
  await settle();
  assertFalse(done);
  held.release();
  client.close();
  await within(stopped);
  assertEquals(server.stats.completed, 1);
});

Deno.test("Server.shutdown() closes what is open after its timeout, with a warning", async () => {
  const logger = new RecordingLogger();
  const server = serve({
    port: 0,
    logger,
    handler: () => new Promise(() => {}),
  });
  const client = await connect(server.addr);
  await until(() => server.stats.active === 1);
  await within(server.shutdown({ timeout: 20 }));
  assertEquals(logger.messages("warn"), ["shutdown timed out, closing connections"]);
  assertEquals(server.stats.aborted, 1);
  assert(await isClosed(client));
  client.close();
});

Deno.test("Server.shutdown() does not warn twice, nor after a close()", async () => {
  const logger = new RecordingLogger();
  for (const close of [false, true]) {
    const server = serve({ port: 0, logger, handler: () => new Promise(() => {}) });
    const client = await connect(server.addr);
    await until(() => server.stats.active === 1);
    const stopped = [server.shutdown({ timeout: 20 }), server.shutdown({ timeout: 30 })];
    if (close) server.close();
    await within(Promise.all(stopped));
    client.close();
  }
  assertEquals(logger.messages("warn").length, 1);
});

Deno.test("Server.shutdown() may be called before run()", async () => {
  const server = new Server(Deno.listen({ port: 0 }));
  await within(server.shutdown());
  await within(server.run());
});

Deno.test("Server.shutdown() works while the table of hosts is full", async () => {
  const held = holder();
  const server = serve({ port: 0, maxConnectionsPerHost: 1, handler: held.handler });
  using _first = await connect(server.addr);
  await until(() => server.stats.active === 1);
  const stopped = server.shutdown({ timeout: 20 });
  await within(stopped);
  assertEquals(server.stats.aborted, 1);
});

Deno.test("Server.shutdown() ends a back-off without a word of accepting again", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const held = holder();
  const logger = new RecordingLogger();
  const listener = new MockListener(conn, systemError("EMFILE"));
  const server = new Server(listener, { handler: held.handler, logger, linger: 0 });
  server.run();
  await timers.turn();
  const stopped = server.shutdown();
  await timers.turn();
  assertEquals(timers.pending, []);
  held.release();
  await stopped;
  client.close();
  assertEquals(logger.messages("info"), ["listening", "stopped"]);
});

Deno.test("Server.shutdown() rejects a bad timeout and does nothing", async () => {
  await using server = serve({ port: 0 });
  await assertRejects(() => server.shutdown({ timeout: -1 }), RangeError, "timeout -1");
  await assertRejects(() => server.shutdown({ timeout: "1" as never }), TypeError, "timeout");
  assertEquals(await fetchGreeting(server.addr), "Hello!");
});

Deno.test("Server.shutdown() resolves again and again", async () => {
  const server = serve({ port: 0 });
  await Promise.all([server.shutdown(), server.shutdown({ timeout: 60_000 }), server.shutdown()]);
  await server.shutdown({ timeout: 60_000 });
  await server.finished;
});

Deno.test("Server.close() interrupts handlers and counts them as aborted", async () => {
  const errors: unknown[] = [];
  const rejected = Promise.withResolvers<unknown>();
  const server = serve({
    port: 0,
    onError: (error) => void errors.push(error),
    handler: async (conn) => {
      try {
        await conn.read(ONE_BYTE);
      } catch (error) {
        rejected.resolve(error);
        throw error;
      }
    },
  });
  const client = await connect(server.addr);
  await until(() => server.stats.active === 1);
  server.close();
  assertInstanceOf(await within(rejected.promise), Deno.errors.Interrupted);
  await within(server.finished);
  assertEquals(server.stats.aborted, 1);
  assertEquals(errors, []);
  assert(await isClosed(client));
  client.close();
});

Deno.test("Server.close() cuts off a write that is blocked", async () => {
  const server = serve({
    port: 0,
    handler: async (conn) => {
      while (true) await conn.write(new Uint8Array(1_000_000));
    },
  });
  const client = await connect(server.addr);
  await until(() => server.stats.active === 1);
  await settle();
  server.close();
  await within(server.finished);
  assertEquals(server.stats.aborted, 1);
  client.close();
});

Deno.test("Server.close() does not wait for handlers that never settle", async () => {
  const late: (() => void)[] = [];
  const server = serve({
    port: 0,
    handler: (conn) => {
      if (conn.id === 3) conn.closeAfter(0);
      return new Promise<void>((resolve) => late.push(resolve));
    },
  });
  const clients = await Promise.all(Array.from({ length: 3 }, () => connect(server.addr)));
  await until(() => server.stats.active === 3);
  // The third one's limit has closed it, and it counts as that however it ends.
  await Promise.race(clients.map((client) => client.read(ONE_BYTE)));
  server.close();
  server.close();
  await within(server.finished);
  const { stats } = server;
  assertEquals([stats.active, stats.aborted, stats.timedOut], [0, 2, 1]);
  // They are not counted again when they settle after all.
  for (const settle of late) settle();
  await settle();
  assertEquals(server.stats, stats);
  for (const client of clients) client.close();
});

Deno.test("Server.close() may be called in the abort listeners that it sets off", async () => {
  const server: Server = serve({
    port: 0,
    handler: ({ signal }) => {
      signal.addEventListener("abort", () => server.close());
      return new Promise(() => {});
    },
  });
  const clients = await Promise.all(Array.from({ length: 300 }, () => connect(server.addr)));
  await until(() => server.stats.active === 300);
  server.close();
  await within(server.finished);
  assertEquals(server.stats.aborted, 300);
  for (const client of clients) client.close();
});

Deno.test("Server.close() ends a drain, which counts as completed", async () => {
  const server = serve({ port: 0, linger: 60_000 });
  const client = await connect(server.addr);
  assertEquals(await client.read(new Uint8Array(6)), 6);
  assertEquals(await client.read(ONE_BYTE), null);
  assertEquals(server.stats.active, 1);
  server.close();
  await within(server.finished);
  assertEquals(server.stats.completed, 1);
  client.close();
});

Deno.test("Server.close() counts a drain as completed, however late that is delivered", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const server = new Server(new MockListener(conn));
  server.run();
  await timers.turn();
  assertEquals(server.stats.active, 1);
  server.close();
  await timers.fire(100);
  await server.finished;
  assertEquals([server.stats.completed, server.stats.failed], [1, 0]);
  client.close();
});

Deno.test("Server.close() may be called before run(), which then has nothing to start", async () => {
  const listener = new MockListener();
  const server = new Server(listener);
  server.close();
  server.close();
  await within(server.finished);
  await within(server.run());
  assertEquals(listener.accepts, 0);
  await within(server.shutdown());
});

Deno.test("Server.close() ends a back-off at once", async () => {
  using timers = new FakeTimers();
  const listener = new MockListener(systemError("EMFILE"), systemError("EMFILE"));
  const server = new Server(listener);
  server.run();
  await timers.turn();
  assertEquals(server.stats.acceptErrors, 1);
  server.close();
  // No timer fires here.
  await server.finished;
  assertEquals(timers.pending, []);
  assertEquals(listener.accepts, 1);
});

Deno.test("Server.close() is not followed by a back-off from an error on its way", async () => {
  using timers = new FakeTimers();
  const server = new Server(new MockListener(systemError("EMFILE")));
  server.run();
  server.close();
  await server.finished;
  assertEquals(timers.pending, []);
  assertEquals(server.stats.acceptErrors, 0);
});

Deno.test("Server.close() ends the wait at the limit", async () => {
  const held = holder();
  const server = serve({ port: 0, maxConnections: 1, handler: held.handler });
  const clients = [await connect(server.addr), await connect(server.addr)];
  await until(() => server.stats.active === 1);
  server.close();
  await within(server.finished);
  assertEquals(server.stats.accepted, 1);
  held.release();
  for (const client of clients) client.close();
});

Deno.test("Server.shutdown() at the limit handles nobody else", async () => {
  const held = holder();
  const server = serve({ port: 0, maxConnections: 1, handler: held.handler });
  const clients = [await connect(server.addr), await connect(server.addr)];
  await until(() => server.stats.active === 1);
  const stopped = server.shutdown();
  held.release();
  for (const client of clients) client.close();
  await within(stopped);
  assertEquals(server.stats.accepted, 1);
});

Deno.test("Server rejects a connection that arrives as it stops", async () => {
  const { conn, client } = await socketPair();
  const listener = new MockListener(conn);
  const server = new Server(listener);
  server.run();
  server.close();
  await within(server.finished);
  assertEquals(server.stats.rejected, 1);
  assertEquals(server.stats.accepted, 0);
  assert(await isClosed(client));
  client.close();
});

Deno.test("Server is closed by its signal, and lets go of the signal at the end", async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (
    ...args: Parameters<typeof remove>
  ) => (listeners--, remove(...args));
  const server = serve({ port: 0, signal, handler: () => new Promise(() => {}) });
  const client = await connect(server.addr);
  await until(() => server.stats.active === 1);
  assertEquals(listeners, 1);
  controller.abort();
  await within(server.finished);
  assertEquals(listeners, 0);
  assert(await isClosed(client));
  client.close();
  const never = serve({ port: 0, signal });
  await within(never.finished);
  await assertRejects(() => connect(never.addr), Deno.errors.ConnectionRefused);
});

Deno.test("Server[Symbol.asyncDispose]() leaves nothing behind", async () => {
  let server;
  {
    await using inner = serve({ port: 0 });
    server = inner;
    assertEquals(await fetchGreeting(inner.addr), "Hello!");
  }
  await assertRejects(() => connect(server.addr), Deno.errors.ConnectionRefused);
  assertEquals(server.stats.active, 0);
});

Deno.test("Server.stats is a snapshot that adds up", async () => {
  const handler = ({ id }: Connection) => assert(id !== 2);
  await using server = serve({ port: 0, logger: new RecordingLogger(), linger: 60_000, handler });
  const before = server.stats;
  using open = await connect(server.addr);
  for (let i = 0; i < 5; i++) await fetchGreeting(server.addr);
  await until(() => server.stats.active === 1);
  const { accepted, active, completed, failed, timedOut, aborted } = server.stats;
  assertEquals(accepted, active + completed + failed + timedOut + aborted);
  assertEquals(active, 1);
  assertEquals(before.accepted, 0);
  open.close();
});

// Logging

Deno.test("Server logs a start and a stop, and single connections only to debug", async () => {
  const logger = new RecordingLogger();
  const debugged: unknown[] = [];
  for (const debug of [undefined, (...line: unknown[]) => void debugged.push(line)]) {
    const { info, warn, error } = logger;
    const bound = { info: info.bind(logger), warn: warn.bind(logger), error: error.bind(logger) };
    await using server = serve({ port: 0, logger: { ...bound, debug } });
    const client = await connect(server.addr);
    const { port } = client.localAddr as Deno.NetAddr;
    assertEquals(await readAll(client), "Hello!");
    await server.shutdown();
    assertEquals(logger.lines.splice(0), [
      { level: "info", message: "listening", fields: { addr: formatAddr(server.addr) } },
      { level: "info", message: "stopped", fields: { ...server.stats } },
    ]);
    if (debug === undefined) continue;
    assertEquals(debugged, [
      ["connection accepted", { id: 1, remote: `127.0.0.1:${port}` }],
      ["connection closed", {
        id: 1,
        remote: `127.0.0.1:${port}`,
        outcome: "completed",
        ms: (debugged[1] as [string, { ms: number }])[1].ms,
      }],
    ]);
  }
});

Deno.test("Server says to debug whom it rejects", async () => {
  const rejected: unknown[] = [];
  const debug = (message: string, fields?: Record<string, unknown>) => {
    if (message === "connection rejected") rejected.push(fields?.remote);
  };
  const held = holder();
  const logger = Object.assign(new RecordingLogger(), { debug });
  await using server = serve({
    port: 0,
    maxConnectionsPerHost: 1,
    logger,
    handler: held.handler,
  });
  using _first = await connect(server.addr);
  using second = await connect(server.addr);
  assert(await isClosed(second));
  assertEquals(rejected, [formatAddr(second.localAddr)]);
  held.release();
});

Deno.test("Server goes on when its logger throws or rejects", async () => {
  const throws = () => {
    throw new Error("No space left on device");
  };
  for (const broken of [throws, () => Promise.reject(new Error("No space left on device"))]) {
    const logger = { debug: broken, info: broken, warn: broken, error: broken };
    await using server = serve({ port: 0, logger, handler: () => Promise.reject(new Error()) });
    for (let i = 0; i < 3; i++) await fetchGreeting(server.addr);
    assertEquals(server.stats.accepted, 3);
  }
});

Deno.test("Server's time limits keep no process alive", async () => {
  const code = `
    import { Server } from ${JSON.stringify(import.meta.resolve("./server.ts"))};
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listener.unref();
    const server = new Server(listener, {
      handler: async (conn) => {
        conn.unref();
        conn.closeAfter(600_000);
        await conn.read(new Uint8Array(1));
      },
    });
    server.run();
    globalThis.client = await Deno.connect({ port: server.addr.port });
    while (server.stats.active === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log("handled");
  `;
  await using child = new Child([], {
    command: [Deno.execPath(), "eval", `--config=${ROOT}/deno.json`, code],
  });
  assertEquals(await child.read(), "handled\n");
  assertEquals((await child.end()).code, 0);
});

Deno.test("Server logs to the logger nimblecache of @std/log once it is set up", async () => {
  class Memory extends log.BaseHandler {
    readonly lines: string[] = [];
    log(line: string) {
      this.lines.push(line);
    }
  }
  // Silent before, and no line about a single connection is made.
  let made = 0;
  Object.assign(log.getLogger("nimblecache"), { debug: () => made++ });
  await using silent = serve({ port: 0 });
  assertEquals(await fetchGreeting(silent.addr), "Hello!");
  assertEquals(made, 0);
  const cases = [["INFO", "NOTSET", 1], ["DEBUG", "INFO", 1], ["DEBUG", "NOTSET", 2]] as const;
  for (const [level, handlerLevel, lines] of cases) {
    const handler = new Memory(handlerLevel);
    log.setup({
      handlers: { memory: handler },
      loggers: { nimblecache: { level, handlers: ["memory"] } },
    });
    if (lines === 1) Object.assign(log.getLogger("nimblecache"), { debug: () => made++ });
    await using server = serve({ port: 0 });
    assertEquals(await fetchGreeting(server.addr), "Hello!");
    assertEquals(made, 0);
    assertEquals(handler.lines.slice(0, 2).length, lines);
    assertEquals(handler.lines[0], "INFO listening");
  }
  log.setup({});
});

Deno.test("Server says to the usual set-up of @std/log what a handler threw", async () => {
  const lines: string[] = [];
  class Memory extends log.BaseHandler {
    log(line: string) {
      lines.push(line);
    }
  }
  log.setup({
    handlers: { memory: new Memory("ERROR") },
    loggers: { nimblecache: { level: "INFO", handlers: ["memory"] } },
  });
  await using server = serve({ port: 0, handler: () => Promise.reject(new Error("broken")) });
  log.setup({});
  await fetchGreeting(server.addr);
  assertEquals(lines, ["ERROR handler failed: Error: broken"]);
});

// serve() and options

Deno.test("serve() listens on 127.0.0.1:6379 by default, and says if it cannot", async () => {
  using _taken = (() => {
    try {
      return Deno.listen({ hostname: "127.0.0.1", port: 6379 });
    } catch {
      return { [Symbol.dispose]() {} };
    }
  })();
  for (const options of [undefined, {}, { hostname: undefined, port: undefined }]) {
    const error = assertThrows(() => serve(options), Deno.errors.AddrInUse);
    assertEquals(error.message, "Cannot listen on 127.0.0.1:6379: address already in use");
    assertInstanceOf(error.cause, Deno.errors.AddrInUse);
    assertEquals((error as { code?: string }).code, "EADDRINUSE");
  }
  await using free = serve({ port: 0 });
  assertEquals(free.addr.hostname, "127.0.0.1");
});

Deno.test("serve() throws Deno's own errors with the address", () => {
  assertThrows(
    () => serve({ hostname: "203.0.113.1", port: 0 }),
    Deno.errors.AddrNotAvailable,
    "Cannot listen on 203.0.113.1:0: ",
  );
  assertThrows(() => serve({ hostname: "", port: 0 }), Error, "Cannot listen on :0: ");
});

Deno.test("serve() throws on bad options and leaves no listener behind", () => {
  const bad: [Record<string, unknown>, new (message: string) => Error, string][] = [
    [{ handler: "Hello!" }, TypeError, "handler of type string: expected a function"],
    [{ handler: null }, TypeError, "handler of type object: expected a function"],
    [{ maxConnections: "1" }, TypeError, "maxConnections of type string: expected a number"],
    [{ maxConnections: 0 }, RangeError, "maxConnections 0: expected an integer of at least 1"],
    [{ maxConnections: 1.5 }, RangeError, "maxConnections 1.5"],
    [{ maxConnections: NaN }, RangeError, "maxConnections NaN"],
    [{ maxConnectionsPerHost: 0 }, RangeError, "maxConnectionsPerHost 0"],
    [{ maxConnectionsPerHost: null }, TypeError, "maxConnectionsPerHost of type object"],
    [{ linger: -1 }, RangeError, "linger -1: expected milliseconds from 0 to 2147483647"],
    [{ linger: "0" }, TypeError, "linger of type string"],
    [{ port: 65536 }, RangeError, "port 65536: expected an integer from 0 to 65535"],
    [{ port: 1.5 }, RangeError, "port 1.5: expected an integer from 0 to 65535"],
    [{ port: null }, TypeError, "port of type object: expected a number"],
    [{ port: "80" }, TypeError, "port of type string: expected a number"],
    [{ hostname: 1 }, TypeError, "hostname of type number: expected a string"],
    [{ onError: 1 }, TypeError, "onError of type number"],
    [{ signal: {} }, TypeError, "signal of type object: expected an AbortSignal"],
    [{ logger: null }, TypeError, "logger.info of type undefined: expected a function"],
    [{ logger: () => {} }, TypeError, "logger.info of type undefined: expected a function"],
    [{ logger: { ...console, debug: 1 } }, TypeError, "logger.debug of type number"],
  ];
  bad.push(
    [{ maxBuffered: -1 }, RangeError, "maxBuffered -1: expected an integer of at least 0"],
    [{ maxBuffered: 0.5 }, RangeError, "maxBuffered 0.5"],
    [{ noDelay: 1 }, TypeError, "noDelay of type number: expected a boolean"],
    [{ keepAlive: "yes" }, TypeError, "keepAlive of type string: expected a boolean"],
    [{ path: 1, port: undefined }, TypeError, "path of type number: expected a string"],
    [{ path: "/tmp/x" }, TypeError, "path together with hostname or port"],
    [{ path: "/tmp/x", port: undefined, hostname: "::1" }, TypeError, "together with hostname"],
  );
  for (const [options, errorClass, message] of bad) {
    assertThrows(
      () => serve({ port: 0, ...options }),
      errorClass,
      message,
      JSON.stringify(options),
    );
  }
  assertThrows(() => new Server(undefined as never), TypeError, "expected a Deno.Listener");
  assertThrows(() => new Server({} as never), TypeError, "expected a Deno.Listener");
});

Deno.test("serve() refuses what Deno.serve() takes and this does not", () => {
  const handler = () => {};
  const calls = [[handler], [8080], [null], ["localhost"], [{ port: 0 }, handler]];
  for (const args of calls) {
    const error = assertThrows(() => serve(...args as []), TypeError);
    assertStringIncludes(error.message, "expected one object of options, such as { port: 8080");
  }
  using listener = Deno.listen({ port: 0 });
  for (const options of [handler, 8080, null]) {
    assertThrows(() => new Server(listener, options as never), TypeError, "one object of options");
  }
});

Deno.test("serve() listens on a Unix socket", { ignore: Deno.build.os === "windows" }, async () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/hello.sock`;
  const handled: (string | null)[] = [];
  const tcp: Server = serve({ port: 0 });
  const unix: Server<Deno.UnixConn> = serve({
    path,
    handler: (conn) => void handled.push(conn.localAddr.path),
  });
  const { message } = assertThrows(() => serve({ path }), Deno.errors.AddrInUse);
  assertEquals(message, `Cannot listen on unix:${path}: address already in use`);
  await fetchGreeting(unix.addr);
  assertEquals(handled, [path]);
  // All kinds fit one array.
  const servers: Server<Deno.Conn>[] = [tcp, unix];
  await Promise.all(servers.map((server) => server.shutdown()));
  assertEquals([...Deno.readDirSync(directory)], []);
  Deno.removeSync(directory);
});

Deno.test("serve() takes undefined for every default", async () => {
  await using server = serve({
    port: 0,
    hostname: undefined,
    handler: undefined,
    maxConnections: undefined,
    maxConnectionsPerHost: undefined,
    linger: undefined,
    maxBuffered: undefined,
    noDelay: undefined,
    keepAlive: undefined,
    path: undefined,
    signal: undefined,
    logger: undefined,
    onError: undefined,
  });
  assertEquals(await fetchGreeting(server.addr), "Hello!");
});
