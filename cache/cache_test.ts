import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { serve } from "@nimblecache/server";
import { connect, readAll, RecordingLogger, settle, within } from "../test_util.ts";
import { Cache, type CacheOptions, ManualClock, ReplyError } from "./mod.ts";

/** Sends requests and reads to the end of the connection. */
async function ask(addr: Deno.Addr, requests: string): Promise<string> {
  const conn = await connect(addr);
  await conn.write(new TextEncoder().encode(requests));
  return await readAll(conn);
}

Deno.test("Cache refuses options of a wrong type or range, and says what it takes", () => {
  const cases: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [{ clock: 5 }, TypeError, "Cannot use clock: expected an object with now() and at()"],
    [{ clock: null }, TypeError, "Cannot use clock: expected an object with now() and at()"],
    [{ clock: { now: Date.now } }, TypeError, "Cannot use clock: expected"],
    [{ clock: { at: () => {} } }, TypeError, "Cannot use clock: expected"],
    [{ password: 5 }, TypeError, "Cannot use password of type number: expected a string"],
    [{ databases: "1" }, TypeError, "Cannot use databases of type string: expected a number"],
    [{ databases: 0 }, RangeError, "Cannot use databases 0: expected an integer from 1 to 65536"],
    [{ databases: 65_537 }, RangeError, "Cannot use databases 65537: "],
    [{ databases: 1.5 }, RangeError, "Cannot use databases 1.5: "],
    [{ maxClients: NaN }, RangeError, "from 1 to 4294967295"],
    [{ maxClients: 0 }, RangeError, "Cannot use maxClients 0: "],
    [{ maxClients: 2 ** 32 }, RangeError, "Cannot use maxClients 4294967296: "],
  ];
  for (const [options, error, message] of cases) {
    assertThrows(() => new Cache(options as CacheOptions), error, message);
  }
});

Deno.test("Cache passes its options on", async () => {
  const logger = new RecordingLogger();
  const clock = new ManualClock(5000);
  const options = { databases: 3, password: "secret", protectedMode: false, maxClients: 7 };
  await using cache = new Cache({ ...options, enableDebugCommand: true, clock, logger });
  for (
    const [name, value] of [
      ["databases", "3"],
      ["requirepass", "secret"],
      ["protected-mode", "no"],
      ["maxclients", "7"],
    ] as const
  ) {
    assertEquals(cache.call("CONFIG", "GET", name), new Map([[name, value]]));
  }
  assertEquals(cache.call("SELECT", 2), "OK");
  assertThrows(() => cache.call("SELECT", 3), ReplyError, "ERR DB index is out of range");
  assertEquals(cache.call("DEBUG", "PAUSE-CRON", 0), "OK");
  assertEquals(cache.call("TIME"), ["5", "0"]);
  cache.listen({ port: 0 });
  assertEquals(logger.messages("info"), ["listening"]);
});

Deno.test("Cache is protected, allows no DEBUG and has 16 databases by default", async () => {
  await using cache = new Cache({ clock: undefined, databases: undefined });
  assertEquals(
    cache.call("CONFIG", "GET", "protected-mode", "databases", "maxclients", "requirepass"),
    new Map([
      ["databases", "16"],
      ["maxclients", "10000"],
      ["requirepass", ""],
      ["protected-mode", "yes"],
    ]),
  );
  assertThrows(() => cache.call("DEBUG", "JMAP"), ReplyError, "ERR DEBUG command not allowed.");
});

Deno.test("Cache.call() takes strings, numbers, bigints and bytes", async () => {
  await using cache = new Cache();
  assertEquals(cache.call("SET", "é", "ü😀"), "OK");
  assertEquals(cache.call("get", new TextEncoder().encode("é")), "ü😀");
  assertEquals(cache.call("STRLEN", "é"), 6);
  cache.call("SET", "n", 2n ** 63n - 1n);
  assertEquals(cache.call("GET", "n"), "9223372036854775807");
  cache.call("SET", "n", -1.5);
  assertEquals(cache.call("GET", "n"), "-1.5");
  const bytes = new Uint8Array([9, 0, 255, 13, 10, 9]);
  // A part of an array is what is meant by it.
  cache.call("SET", "b", bytes.subarray(1, 5));
  assertEquals(cache.callBytes("GET", "b"), bytes.slice(1, 5));
  assertEquals(cache.call("GET", "b"), "\0\ufffd\r\n");
  for (const [wrong, type] of [[null, "object"], [undefined, "undefined"], [true, "boolean"]]) {
    assertThrows(
      () => cache.call("SET", "a", wrong as string),
      TypeError,
      `Cannot call with an argument of type ${type}: expected a string, a number or a Uint8Array`,
    );
  }
  assertThrows(() => cache.call(), TypeError, "Cannot call nothing: expected a command's name");
});

Deno.test("Cache.call() returns what RESP3 has", async () => {
  await using cache = new Cache();
  assertEquals(cache.call("GET", "none"), null);
  assertEquals(cache.call("BLPOP", "none", 0), null);
  cache.call("SET", "n", 2n ** 53n);
  assertEquals(cache.call("INCR", "n"), 2n ** 53n + 1n);
  assertEquals(cache.call("INCRBY", "small", -5), -5);
  cache.call("HSET", "h", "field", "value");
  assertEquals(cache.call("HGETALL", "h"), new Map([["field", "value"]]));
  cache.call("SADD", "s", "b", "a");
  const members = cache.call("SMEMBERS", "s");
  assertInstanceOf(members, Set);
  assertEquals([...members].sort(), ["a", "b"]);
  cache.call("ZADD", "z", 1.5, "m", "inf", "i");
  assertEquals(cache.call("ZSCORE", "z", "m"), 1.5);
  assertEquals(cache.call("ZRANGE", "z", 0, -1, "WITHSCORES"), [["m", 1.5], ["i", Infinity]]);
  assertEquals(
    cache.callBytes("HGETALL", "h"),
    new Map([[new TextEncoder().encode("field"), new TextEncoder().encode("value")]]),
  );
});

Deno.test("Cache.call() throws an error, but returns one that is within EXEC", async () => {
  await using cache = new Cache();
  cache.call("SET", "a", "x");
  const error = assertThrows(() => cache.call("LPUSH", "a", 1), ReplyError);
  assertEquals(
    error.message,
    "WRONGTYPE Operation against a key holding the wrong kind of value",
  );
  cache.call("MULTI");
  assertEquals(cache.call("INCR", "a"), "QUEUED");
  assertEquals(cache.call("INCR", "b"), "QUEUED");
  const [first, second] = cache.call("EXEC") as unknown[];
  assertInstanceOf(first, ReplyError);
  assertEquals(first.message, "ERR value is not an integer or out of range");
  assertEquals(second, 1);
  assertThrows(() => cache.callBytes("NONE"), ReplyError, "ERR unknown command 'NONE'");
});

Deno.test("Cache.call() goes on after commands that end a connection", async () => {
  await using cache = new Cache();
  assertEquals(cache.call("QUIT"), "OK");
  assertMatch(String(cache.call("CLIENT", "INFO")), / flags=N /);
  assertEquals(cache.call("POST"), null);
  assertEquals(cache.call("POST"), null);
  assertEquals(cache.call("PING"), "PONG");
  assertEquals(cache.stats.clients, 0);
  for (const command of [["SUBSCRIBE", "a"], ["MONITOR"]]) {
    assertThrows(() => cache.call(...command), ReplyError, "isn't allowed for");
  }
});

Deno.test("Cache.url has the first TCP listener, with the password and IPv6 in their forms", async () => {
  await using cache = new Cache({ password: "p@ss/wörd:" });
  const message = "Cannot tell the URL of a cache that does not listen: call listen() first";
  assertThrows(() => cache.url, Error, message);
  const { addr } = cache.listen({ port: 0, hostname: "::1" });
  cache.listen({ port: 0 });
  assertEquals(cache.url, `redis://:p%40ss%2Fw%C3%B6rd%3A@[::1]:${addr.port}`);
  assertEquals(decodeURIComponent(new URL(cache.url).password), "p@ss/wörd:");
  await using open = new Cache();
  const server = open.listen({ port: 0 });
  assertEquals(open.url, `redis://127.0.0.1:${server.addr.port}`);
  assertMatch(String(open.call("INFO", "server")), RegExp(`tcp_port:${server.addr.port}\r\n`));
  open.listen({ port: 0, hostname: "::1" });
  assertEquals(
    open.call("CONFIG", "GET", "bind", "port"),
    new Map([["bind", "127.0.0.1"], ["port", String(server.addr.port)]]),
  );
  // They stay what they are.
  assertEquals(open.call("CONFIG", "SET", "bind", "127.0.0.1"), "OK");
  assertThrows(() => open.call("CONFIG", "SET", "bind", "::"), ReplyError, "Failed to bind");
  assertThrows(() => open.call("CONFIG", "SET", "port", 0), ReplyError, "Unable to listen");
});

Deno.test({
  name: "Cache.listen() listens on a Unix socket too, which has no URL",
  ignore: Deno.build.os === "windows",
  async fn() {
    const path = `${await Deno.makeTempDir()}/cache.sock`;
    await using cache = new Cache();
    const server = cache.listen({ path });
    assertThrows(() => cache.url, Error, "does not listen");
    const tcp = cache.listen({ port: 0 });
    assertEquals(await ask(server.addr, "SET a 1\r\nQUIT\r\n"), "+OK\r\n+OK\r\n");
    assertEquals(await ask(tcp.addr, "GET a\r\nQUIT\r\n"), "$1\r\n1\r\n+OK\r\n");
    assertEquals(cache.url, `redis://127.0.0.1:${tcp.addr.port}`);
    await cache.close();
    await Deno.remove(path.replace("/cache.sock", ""), { recursive: true });
  },
});

Deno.test("Cache.listen() throws where the port is taken", async () => {
  await using cache = new Cache();
  const { port } = cache.listen({ port: 0 }).addr;
  assertThrows(() => cache.listen({ port }), Deno.errors.AddrInUse);
});

Deno.test("Cache.handler serves the connections of another server", async () => {
  await using cache = new Cache();
  await using server = serve({ port: 0, noDelay: true, handler: cache.handler });
  assertEquals(await ask(server.addr, "PING\r\nQUIT\r\n"), "+PONG\r\n+OK\r\n");
});

Deno.test("Cache.stats counts", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const zero = { clients: 0, blockedClients: 0, subscribedClients: 0, commands: 0, keys: 0 };
  const { usedMemory: before, ...counts } = cache.stats;
  assertEquals(counts, {
    ...zero,
    expiredKeys: 0,
    evictedKeys: 0,
    replicas: 0,
    followsMaster: false,
  });
  cache.call("SET", "a", "x".repeat(100_000));
  cache.call("SELECT", 1);
  cache.call("SET", "b", 1, "PX", 10);
  assert(cache.stats.usedMemory >= before + 100_000);
  assertEquals([cache.stats.keys, cache.stats.commands], [2, 3]);
  clock.advance(11);
  assertEquals([cache.stats.keys, cache.stats.expiredKeys], [1, 1]);
  const { addr } = cache.listen({ port: 0 });
  using conn = await connect(addr);
  await conn.write(new TextEncoder().encode("PSUBSCRIBE n*\r\n"));
  await within(cache.until(({ subscribedClients }) => subscribedClients === 1));
  assertEquals(cache.stats.clients, 1);
});

Deno.test("Cache.until() resolves when it is so, not before, and at once if it is", async () => {
  await using cache = new Cache();
  let resolved = 0;
  const waiting = [1, 2].map((keys) =>
    cache.until((stats) => stats.keys >= keys).then(() => resolved++)
  );
  await settle();
  assertEquals(resolved, 0);
  cache.call("SET", "a", 1);
  await settle();
  assertEquals(resolved, 1);
  cache.call("SET", "b", 1);
  await Promise.all(waiting);
  await cache.until(({ keys }) => keys === 2);
});

Deno.test("Cache.close() ends listeners, connections and waits, and gives all back", async () => {
  const cache = new Cache();
  const server = cache.listen({ port: 0 });
  const other = cache.listen({ port: 0 });
  for (let i = 0; i < 1000; i++) cache.call("SET", i, "x".repeat(1000), "PX", 100_000 + i);
  const replies = ask(server.addr, "PING\r\nBLPOP q 0\r\n");
  await within(cache.until(({ blockedClients }) => blockedClients === 1));
  cache.call("CLIENT", "PAUSE", 100_000);
  const closing = cache.close();
  assertStrictEquals(cache.close(), closing);
  await within(closing);
  assertEquals(await replies, "+PONG\r\n");
  for (const { addr } of [server, other]) {
    await assertRejects(() => connect(addr), Deno.errors.ConnectionRefused);
  }
  const { clients, keys, usedMemory } = cache.stats;
  assertEquals([clients, keys, usedMemory < 50_000], [0, 0, true]);
  assertThrows(() => cache.call("PING"), Error, "Cannot call: the cache is closed");
  assertThrows(() => cache.callBytes("PING"), Error, "Cannot call: the cache is closed");
  assertThrows(() => cache.listen({ port: 0 }), Error, "Cannot listen: the cache is closed");
});

Deno.test("SHUTDOWN closes the cache, from a client as from the process", async () => {
  const cache = new Cache();
  const { addr } = cache.listen({ port: 0 });
  assertEquals(await ask(addr, "SET a 1\r\nSHUTDOWN NOSAVE\r\n"), "+OK\r\n");
  await within(cache.close());
  assertThrows(() => cache.call("PING"), Error, "the cache is closed");
  const other = new Cache();
  assertEquals(other.call("SHUTDOWN"), null);
  assertThrows(() => other.call("PING"), Error, "the cache is closed");
  await other.close();
});

Deno.test("Cache needs no port of its own kind: hundreds live in one process", async () => {
  const clock = new ManualClock();
  const caches = Array.from({ length: 300 }, () => new Cache({ clock }));
  for (const [i, cache] of caches.entries()) cache.call("SET", "mine", i, "PX", i + 1);
  clock.advance(150);
  for (const [i, cache] of caches.entries()) {
    assertEquals(cache.call("GET", "mine"), i + 1 >= 150 ? `${i}` : null);
  }
  const urls = new Set(
    caches.slice(0, 50).map((cache) => {
      cache.listen({ port: 0 });
      return cache.url;
    }),
  );
  assertEquals(urls.size, 50);
  await Promise.all(caches.map((cache) => cache.close()));
});

Deno.test("Cache.call() returns what RESP3 has, whatever HELLO or RESET said before", async () => {
  await using cache = new Cache();
  cache.call("HSET", "h", "a", 1);
  for (const command of [["HELLO", 2], ["RESET"]]) {
    cache.call(...command);
    assertEquals(cache.call("HGETALL", "h"), new Map([["a", "1"]]));
  }
});

Deno.test("Cache.until() rejects when the cache is closed before", async () => {
  const cache = new Cache();
  const waiting = assertRejects(() => cache.until(({ keys }) => keys === 1), Error, "closed");
  await cache.close();
  await waiting;
});
