import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { greet } from "./greeting.ts";
import { serve, Server } from "./server.ts";
import {
  connect,
  FakeTimers,
  fetchGreeting,
  MockListener,
  readAll,
  socketPair,
  until,
} from "./test_util.ts";

const BIG = 20_000_000;

Deno.test("greet() writes Hello! without a newline by default", async () => {
  await using server = serve({ port: 0, handler: greet() });
  assertEquals(await fetchGreeting(server.addr), "Hello!");
  await using same = serve({ port: 0, handler: greet({ message: undefined }) });
  assertEquals(await fetchGreeting(same.addr), "Hello!");
});

Deno.test("greet() writes a string as UTF-8", async () => {
  await using server = serve({ port: 0, handler: greet({ message: "Grüß Gott 👋\r\n" }) });
  assertEquals(await fetchGreeting(server.addr), "Grüß Gott 👋\r\n");
});

Deno.test("greet() writes bytes as they were when it was called", async () => {
  // The `slice` of a `Buffer` makes no copy.
  for (const message of [new Uint8Array([0, 255, 10]), Buffer.from([0, 255, 10])]) {
    await using server = serve({ port: 0, handler: greet({ message }) });
    message.fill(7);
    const client = await connect(server.addr);
    assertEquals([...await new Response(client.readable).bytes()], [0, 255, 10]);
  }
});

Deno.test("greet() writes nothing when the message is empty", async () => {
  await using server = serve({ port: 0, handler: greet({ message: "" }) });
  assertEquals(await fetchGreeting(server.addr), "");
});

Deno.test("greet() writes a message that no send buffer holds", async () => {
  const message = new Uint8Array(BIG).map((_, i) => i % 251);
  await using server = serve({ port: 0, handler: greet({ message }) });
  const client = await connect(server.addr);
  let received = 0;
  let wrong = 0;
  for await (const chunk of client.readable) {
    for (const byte of chunk) if (byte !== received++ % 251) wrong++;
  }
  assertEquals({ received, wrong }, { received: BIG, wrong: 0 });
  await until(() => server.stats.completed === 1);
});

Deno.test("greet() waits for a reader as long as it makes progress", async () => {
  using timers = new FakeTimers();
  const { conn, client } = await socketPair();
  const total = 640 * 1024;
  let taken = 0;
  let take = () => {};
  // A piece in half the time that there is for it, and less of it than the writer would like.
  conn.write = (data) =>
    new Promise((resolve) =>
      take = () => {
        const length = Math.min(data.length, 40_000);
        taken += length;
        resolve(length);
      }
    );
  const handler = greet({ message: new Uint8Array(total), writeTimeout: 1000 });
  const server = new Server(new MockListener(conn), { handler, linger: 0 });
  server.run();
  while (taken < total) {
    await timers.turn();
    timers.advance(450);
    take();
  }
  await timers.turn();
  assertEquals(server.stats.completed, 1);
  await server.shutdown();
  client.close();
});

Deno.test("greet() gives a reader up that makes no progress within writeTimeout", async () => {
  const handler = greet({ message: new Uint8Array(BIG), writeTimeout: 100 });
  await using server = serve({ port: 0, handler });
  using _client = await connect(server.addr);
  await until(() => server.stats.timedOut === 1);
  assertEquals(server.stats.active, 0);
});

Deno.test("greet() serves the others while one reader is dead", async () => {
  await using server = serve({
    port: 0,
    handler: greet({ message: new Uint8Array(BIG), writeTimeout: 1000 }),
  });
  using _dead = await connect(server.addr);
  assertEquals((await readAll(await connect(server.addr))).length, BIG);
});

Deno.test("greet() throws on options of the wrong type or out of range", () => {
  assertThrows(() => greet({ message: 1 as never }), TypeError, "message of type number");
  assertThrows(() => greet({ message: null as never }), TypeError, "message of type object");
  assertThrows(() => greet({ writeTimeout: "1" as never }), TypeError, "writeTimeout");
  assertThrows(() => greet({ writeTimeout: -1 }), RangeError, "writeTimeout -1");
  assertThrows(() => greet({ writeTimeout: NaN }), RangeError, "from 0 to 2147483647");
});
