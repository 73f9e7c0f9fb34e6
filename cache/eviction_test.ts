import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { connect, readAll, within } from "../test_util.ts";
import { Cache, type CacheOptions } from "./cache.ts";
import { ManualClock } from "./clock.ts";
import { Engine } from "./engine.ts";
import { EVICTION_POLICIES, type EvictionPolicy } from "./eviction.ts";
import type { ClientConnection } from "./session.ts";
import { latin1Slice } from "./store/slice.ts";
import { Settings } from "./settings.ts";
import { allCommands } from "./commands/table.ts";

const MIB = 1024 * 1024;
const OOM = "OOM command not allowed when used memory > 'maxmemory'.";

/** More samples than there are keys: then the choice is exact. */
const ALL = 10_000;

function config(cache: Cache, settings: Record<string, string | number>): void {
  cache.call("CONFIG", "SET", ...Object.entries(settings).flat());
}

/** A field of INFO, as a number. */
function info(cache: Cache, field: string): number {
  return Number(new RegExp(`^${field}:(.*)\r$`, "m").exec(cache.call("INFO") as string)?.[1]);
}

/** Sets `maxmemory` to what is in use, and so many bytes. */
function limitTo(cache: Cache, more: number): number {
  const limit = cache.stats.usedMemory + more;
  config(cache, { maxmemory: limit });
  return limit;
}

/** A cache with `policy` that looks at all keys, and a clock. */
function exactCache(policy: EvictionPolicy, options: CacheOptions = {}): [Cache, ManualClock] {
  const clock = new ManualClock(1_700_000_000_000);
  const cache = new Cache({ clock, maxMemoryPolicy: policy, enableDebugCommand: true, ...options });
  config(cache, { "maxmemory-samples": ALL, "maxmemory-eviction-tenacity": 100 });
  return [cache, clock];
}

const keys = (cache: Cache): string[] => (cache.call("KEYS", "*") as string[]).toSorted();

/** Sends text on a new connection and returns it, when so much has come back. */
async function say(cache: Cache, text: string, reply = ""): Promise<Deno.Conn> {
  const [server] = [cache.listen({ port: 0 })];
  const conn = await connect(server.addr);
  await conn.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(65_536);
  for (let got = ""; got.length < reply.length;) {
    const length = await within(conn.read(buffer));
    assert(length !== null);
    got += new TextDecoder().decode(buffer.subarray(0, length));
    assert(reply.startsWith(got), got);
  }
  return conn;
}

/** What turns of the event loop bring. */
async function turns(condition: () => boolean): Promise<void> {
  const loop = async () => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await within(loop());
}

for (const policy of EVICTION_POLICIES) {
  Deno.test(`maxmemory keeps to its bound by ${policy}, in all databases`, async () => {
    await using cache = new Cache({ maxMemoryPolicy: policy, databases: 3 });
    for (let i = 0; i < 100; i++) cache.call("SET", `kept:${i}`, "x".repeat(100));
    const limit = limitTo(cache, 100_000);
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      cache.call("SELECT", i % 3);
      try {
        cache.call("SET", `key:${i}`, "x".repeat(100), "EX", 1000 + i);
      } catch (error) {
        assertEquals((error as Error).message, OOM);
        refused++;
      }
      // One command may pass it.
      assert(cache.stats.usedMemory < limit + 70_000, `${cache.stats.usedMemory}`);
    }
    // The last one may have left too much.
    cache.call("PING");
    const { keys: left, evictedKeys } = cache.stats;
    assertEquals(left + evictedKeys + refused, 3100);
    assertEquals(info(cache, "evicted_keys"), evictedKeys);
    assertEquals(
      [evictedKeys > 1000, refused > 1000],
      policy === "noeviction" ? [false, true] : [true, false],
    );
    cache.call("SELECT", 0);
    const kept = (cache.call("KEYS", "kept:*") as string[]).length;
    assertEquals(kept === 100, !policy.startsWith("allkeys"), `${kept} kept`);
    // Else, of keys that are as good, those of the first database go first.
    for (let db = 0; policy.endsWith("random") && db < 3; db++) {
      cache.call("SELECT", db);
      assert(cache.call("DBSIZE") as number > 50);
    }
  });
}

for (const policy of ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] as const) {
  Deno.test(`${policy} refuses commands where no key has a deadline`, async () => {
    await using cache = new Cache({ maxMemoryPolicy: policy });
    cache.call("SET", "a", "1");
    limitTo(cache, -1);
    assertThrows(() => cache.call("SET", "b", "1"), Error, OOM);
    assertEquals([cache.call("GET", "a"), cache.stats.evictedKeys], ["1", 0]);
  });
}

Deno.test("allkeys-lru evicts what was not used for the longest time", async () => {
  const [cache, clock] = exactCache("allkeys-lru");
  await using _ = cache;
  for (let i = 0; i < 30; i++) {
    cache.call("SET", `k${i}`, "x".repeat(1000));
    clock.advance(1000);
  }
  for (const i of [0, 10, 20]) cache.call("GET", `k${i}`);
  // To look at a key in these ways is no use of it.
  for (const name of ["TYPE", "TTL", "EXISTS"]) cache.call(name, "k1");
  cache.call("OBJECT", "IDLETIME", "k1");
  assertEquals(cache.call("OBJECT", "IDLETIME", "k29"), 1);
  limitTo(cache, -20_000);
  cache.call("PING");
  const left = keys(cache);
  assert(left.length < 15 && left.length > 8, `${left.length}`);
  assertEquals(
    left,
    ["k0", "k10", "k20", ...Array.from({ length: left.length - 3 }, (_, i) => `k${29 - i}`)]
      .toSorted(),
  );
});

Deno.test("CLIENT NO-TOUCH leaves idle times as they are", async () => {
  const [cache, clock] = exactCache("allkeys-lru");
  await using _ = cache;
  cache.call("SET", "a", "1");
  clock.advance(5000);
  cache.call("CLIENT", "NO-TOUCH", "ON");
  cache.call("GET", "a");
  assertEquals(cache.call("OBJECT", "IDLETIME", "a"), 5);
  cache.call("CLIENT", "NO-TOUCH", "OFF");
  cache.call("GET", "a");
  assertEquals(cache.call("OBJECT", "IDLETIME", "a"), 0);
});

Deno.test("allkeys-lfu evicts what is used least, and forgets old uses", async () => {
  const [cache, clock] = exactCache("allkeys-lfu");
  await using _ = cache;
  config(cache, { "lfu-log-factor": 0 });
  for (let i = 0; i < 30; i++) {
    cache.call("SET", `k${i}`, "x".repeat(1000));
    for (let use = 0; use < i; use++) cache.call("GET", `k${i}`);
    assertEquals(cache.call("OBJECT", "FREQ", `k${i}`), 5 + i);
  }
  limitTo(cache, -20_000);
  cache.call("PING");
  const left = keys(cache);
  assert(left.length < 15 && left.length > 8, `${left.length}`);
  assertEquals(left, Array.from({ length: left.length }, (_, i) => `k${29 - i}`).toSorted());

  clock.advance(30 * 60_000);
  assertEquals(cache.call("OBJECT", "FREQ", "k29"), 4);
  cache.call("GET", "k29");
  assertEquals(cache.call("OBJECT", "FREQ", "k29"), 5);
  clock.advance(60 * 60_000);
  assertEquals(cache.call("OBJECT", "FREQ", "k29"), 0);
  config(cache, { "lfu-decay-time": 20 });
  assertEquals(cache.call("OBJECT", "FREQ", "k29"), 2);
  config(cache, { "lfu-decay-time": 0 });
  assertEquals(cache.call("OBJECT", "FREQ", "k29"), 5);
});

Deno.test("The count of uses keeps within a byte, and follows a key that is written anew", async () => {
  const [cache, clock] = exactCache("volatile-lfu");
  await using _ = cache;
  config(cache, { "lfu-log-factor": 0 });
  cache.call("SET", "a", "1");
  for (let i = 0; i < 300; i++) cache.call("GET", "a");
  assertEquals(cache.call("OBJECT", "FREQ", "a"), 255);
  cache.call("SET", "a", "2");
  assertEquals(cache.call("OBJECT", "FREQ", "a"), 255);
  // As another type too.
  cache.call("SADD", "b", "1");
  cache.call("SET", "b", "2");
  assertEquals(cache.call("OBJECT", "FREQ", "b"), 6);
  // Minutes are of 16 bits, and where they begin anew one is lost.
  const minute = Math.floor(clock.now() / 60_000) & 0xffff;
  clock.advance((0x10000 - minute + 10) * 60_000);
  cache.call("SET", "c", "1");
  clock.advance((0x10000 - 7) * 60_000);
  assertEquals(cache.call("OBJECT", "FREQ", "c"), 0);
  clock.advance(6 * 60_000);
  cache.call("SET", "d", "1");
  // The minute is 9 of the next round, one before it was when `c` was written.
  assertEquals(cache.call("OBJECT", "FREQ", "d"), 5);
});

Deno.test("Eviction.use() counts a use the less likely the more there were", () => {
  const engine = new Engine(
    new ManualClock(),
    Object.assign(new Settings(), { maxMemoryPolicy: "allkeys-lfu" }),
    allCommands(),
  );
  const [db] = engine.databases;
  assert(db !== undefined);
  const key = latin1Slice("a");
  const entry = db.setString(key, latin1Slice("1"));
  const chances: number[] = [];
  // Each time just below the chance that the formula gives: the use counts.
  for (let over = 0; over < 3; over++) {
    const chance = 1 / (over * 10 + 1);
    engine.eviction.random = () => chance;
    db.read(key);
    chances.push(engine.eviction.frequency(entry));
    engine.eviction.random = () => chance - 1e-9;
    db.read(key);
    chances.push(engine.eviction.frequency(entry));
  }
  assertEquals(chances, [5, 6, 6, 7, 7, 8]);
  engine.close();
});

Deno.test("RESTORE takes the use that the policy goes by", async () => {
  for (const policy of ["allkeys-lru", "allkeys-lfu"] as const) {
    const [cache] = exactCache(policy);
    await using _ = cache;
    cache.call("SET", "a", "1");
    const dump = cache.callBytes("DUMP", "a") as Uint8Array;
    cache.call("RESTORE", "b", 0, dump, "IDLETIME", 100);
    cache.call("RESTORE", "c", 0, dump, "FREQ", 77);
    const [use, expected] = policy === "allkeys-lru" ? ["IDLETIME", [100, 0]] : ["FREQ", [5, 77]];
    assertEquals(["b", "c"].map((key) => cache.call("OBJECT", use, key)), expected);
  }
});

Deno.test("A snapshot keeps the use that the policy goes by", async () => {
  const [lru, clock] = exactCache("allkeys-lru");
  await using _lru = lru;
  config(lru, { "lfu-decay-time": 0 });
  lru.call("SET", "a", "1");
  clock.advance(50_000);
  lru.call("DEBUG", "RELOAD");
  assertEquals(lru.call("OBJECT", "IDLETIME", "a"), 50);
  const [lfu] = exactCache("allkeys-lfu");
  await using _lfu = lfu;
  config(lfu, { "lfu-log-factor": 0 });
  lfu.call("SET", "a", "1");
  for (let i = 0; i < 10; i++) lfu.call("GET", "a");
  lfu.call("DEBUG", "RELOAD");
  assertEquals(lfu.call("OBJECT", "FREQ", "a"), 15);
});

Deno.test("OBJECT IDLETIME and FREQ go by the policy", async () => {
  await using cache = new Cache();
  const adjust =
    "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
  cache.call("SET", "a", "1");
  assertThrows(
    () => cache.call("OBJECT", "FREQ", "a"),
    Error,
    `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${adjust}`,
  );
  config(cache, { "maxmemory-policy": "allkeys-lfu" });
  assertThrows(
    () => cache.call("OBJECT", "IDLETIME", "a"),
    Error,
    `ERR An LFU maxmemory policy is selected, idle time not tracked. ${adjust}`,
  );
  assertEquals(cache.call("OBJECT", "FREQ", "none"), null);
  assertEquals(cache.call("OBJECT", "REFCOUNT", "a"), 2 ** 31 - 1);
  config(cache, { maxmemory: "1gb" });
  assertEquals(cache.call("OBJECT", "REFCOUNT", "a"), 1);
  config(cache, { "maxmemory-policy": "allkeys-random" });
  assertEquals(cache.call("OBJECT", "REFCOUNT", "a"), 2 ** 31 - 1);
});

Deno.test("volatile-ttl evicts what would expire first", async () => {
  const [cache] = exactCache("volatile-ttl");
  await using _ = cache;
  for (let i = 0; i < 30; i++) {
    cache.call("SET", `k${i}`, "x".repeat(1000), "EX", 100 + (i * 7) % 30);
  }
  limitTo(cache, -20_000);
  cache.call("PING");
  const ttls = keys(cache).map((key) => cache.call("TTL", key) as number);
  assert(ttls.length < 15 && ttls.length > 8, `${ttls.length}`);
  assertEquals(Math.min(...ttls), 130 - ttls.length);
});

Deno.test("A candidate is evicted only if it may still be", async () => {
  const [cache, clock] = exactCache("volatile-lru");
  await using _ = cache;
  for (let i = 0; i < 10; i++) {
    cache.call("SET", `k${i}`, "x".repeat(1000), "EX", 1000);
    clock.advance(1000);
  }
  limitTo(cache, -1);
  // Evicts k0; the other nine are candidates now.
  cache.call("PING");
  assertEquals([cache.stats.keys, cache.stats.evictedKeys], [9, 1]);
  cache.call("PERSIST", "k1");
  cache.call("DEL", "k2");
  limitTo(cache, -1);
  cache.call("PING");
  assertEquals(keys(cache), ["k1", "k4", "k5", "k6", "k7", "k8", "k9"]);
});

Deno.test("An evicted key is gone for watchers, notifications and deadlines", async () => {
  const [cache, clock] = exactCache("allkeys-lru");
  await using _ = cache;
  config(cache, { "notify-keyspace-events": "KEe" });
  const { addr } = cache.listen({ port: 0 });
  using watcher = await connect(addr);
  using listener = await connect(addr);
  const ask = async (conn: Deno.Conn, text: string, length: number) => {
    await conn.write(new TextEncoder().encode(text));
    const buffer = new Uint8Array(1000);
    let got = "";
    while (got.length < length) {
      const n = await within(conn.read(buffer));
      assert(n !== null);
      got += new TextDecoder().decode(buffer.subarray(0, n));
    }
    return got;
  };
  await ask(listener, "PSUBSCRIBE *\r\n", 26);
  cache.call("SET", "a", "1", "EX", 10);
  await ask(watcher, "WATCH a\r\nMULTI\r\nSET b 1\r\n", 19);
  limitTo(cache, -1);
  cache.call("PING");
  assertEquals(cache.call("EXISTS", "a"), 0);
  config(cache, { maxmemory: 0 });
  assertEquals(await ask(watcher, "EXEC\r\n", 5), "*-1\r\n");
  const event = "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$16\r\n__keyspace@0__:a\r\n";
  assert((await ask(listener, "", 60)).startsWith(`${event}$7\r\nevicted\r\n`));
  cache.call("SET", "a", "2");
  clock.advance(20_000);
  assertEquals([cache.call("GET", "a"), cache.stats.expiredKeys], ["2", 0]);
});

Deno.test("Where nothing can be evicted, commands that need memory are refused, others not", async () => {
  await using cache = new Cache();
  cache.call("RPUSH", "list", "a", "b");
  cache.call("SET", "n", "1");
  limitTo(cache, -1);
  for (
    const command of ["SET x 1", "APPEND n 1", "LPUSH list c", "SADD s 1", "INCR n", "COPY n m"]
  ) {
    assertThrows(() => cache.call(...command.split(" ")), Error, OOM);
  }
  assertEquals(cache.call("GET", "n"), "1");
  assertEquals(cache.call("EXPIRE", "n", 100), 1);
  assertEquals(cache.call("LPOP", "list"), "a");
  assertEquals(cache.call("DEL", "n", "list"), 2);
  assertStringIncludes(String(cache.call("INFO", "errorstats")), "errorstat_OOM:count=6\r\n");
  assertMatch(String(cache.call("INFO", "commandstats")), /cmdstat_set:.*rejected_calls=1,/);
  assertEquals(cache.call("SET", "x", "1"), "OK");
});

Deno.test("A transaction takes no command while memory is short, and EXEC looks again", async () => {
  await using cache = new Cache();
  const short = () => limitTo(cache, -1);
  const enough = () => config(cache, { maxmemory: 0 });
  short();
  assertEquals(cache.call("MULTI"), "OK");
  // Even one that would need no memory itself: the queue does.
  assertThrows(() => cache.call("GET", "a"), Error, OOM);
  assertThrows(() => cache.call("MULTI"), Error, OOM);
  assertThrows(
    () => cache.call("EXEC"),
    Error,
    "EXECABORT Transaction discarded because of previous errors.",
  );
  enough();

  const cases: [string[], string | undefined][] = [
    [["SET", "a", "1"], `EXECABORT Transaction discarded because of: ${OOM}`],
    [["GET", "a"], undefined],
  ];
  for (const [command, error] of cases) {
    enough();
    using conn = await say(cache, `MULTI\r\n${command.join(" ")}\r\n`, "+OK\r\n+QUEUED\r\n");
    short();
    await conn.write(new TextEncoder().encode("EXEC\r\nQUIT\r\n"));
    assertEquals(
      await readAll(conn),
      error === undefined ? "*1\r\n$-1\r\n+OK\r\n" : `-${error}\r\n+OK\r\n`,
    );
  }
});

Deno.test("A script takes no memory that was short when it began, unless it may", async () => {
  await using cache = new Cache();
  cache.call("SET", "n", "1");
  const set = "return redis.call('SET', 'x', '1')";
  using multi = await say(
    cache,
    `MULTI\r\nEVAL "return redis.call('GET', 'n')" 0\r\nEVAL "return redis.call('SET', 'x', '1')" 0\r\n`,
    "+OK\r\n+QUEUED\r\n+QUEUED\r\n",
  );
  limitTo(cache, -1);
  assertThrows(() => cache.call("EVAL", set, 0), Error, OOM);
  assertThrows(() => cache.call("EVAL", `#!lua\n${set}`, 0), Error, OOM);
  assertEquals(cache.call("EVAL", "return redis.call('GET', 'n')", 0), "1");
  assertEquals(cache.call("EVAL", "#!lua flags=no-writes\nreturn redis.call('GET', 'n')", 0), "1");
  assertEquals(cache.call("EVAL", `return redis.pcall('SET', 'x', '1')['err']`, 0), OOM);
  // What has written goes on; and one that may take memory does.
  assertEquals(cache.call("EVAL", `redis.call('DEL', 'n') ${set}`, 0), "OK");
  assertEquals(cache.call("EVAL", `#!lua flags=allow-oom\n${set}`, 0), "OK");
  // EXEC itself needs no memory, by its queue of scripts.
  await multi.write(new TextEncoder().encode("EXEC\r\nQUIT\r\n"));
  const replies = await readAll(multi);
  assert(replies.startsWith(`*2\r\n$-1\r\n-${OOM} script: `), replies);

  // A script that declares flags counts as a command that needs memory.
  config(cache, { maxmemory: 0 });
  const sha = cache.call("SCRIPT", "LOAD", `#!lua\n${set}`) as string;
  using exec = await say(cache, `MULTI\r\nEVALSHA ${sha} 0\r\n`, "+OK\r\n+QUEUED\r\n");
  limitTo(cache, -1);
  await exec.write(new TextEncoder().encode("EXEC\r\nQUIT\r\n"));
  assertEquals(
    await readAll(exec),
    `-EXECABORT Transaction discarded because of: ${OOM}\r\n+OK\r\n`,
  );
});

Deno.test("A script gets an error for a reply that would take all memory, and goes on", async () => {
  await using cache = new Cache();
  config(cache, { "client-output-buffer-limit": "normal 100000 0 0" });
  cache.call("HSET", "hash", "f", "v");
  const script = "local r = redis.pcall('HRANDFIELD', 'hash', -1000000) " +
    "return {r['err'], redis.call('HLEN', 'hash')}";
  assertEquals(cache.call("EVAL", script, 0), ["ERR The reply is larger than 100000 bytes", 1]);
});

Deno.test("Memory counts scripts", async () => {
  await using cache = new Cache();
  const before = cache.stats.usedMemory;
  cache.call("SCRIPT", "LOAD", `return '${"x".repeat(500_000)}'`);
  assert(cache.stats.usedMemory > before + 500_000);
  cache.call("SCRIPT", "FLUSH");
  assert(cache.stats.usedMemory < before + 500_000);
});

Deno.test("DISCARD ends a transaction while memory is short", async () => {
  await using cache = new Cache();
  cache.call("MULTI");
  using other = await say(cache, "CONFIG SET maxmemory 1\r\n", "+OK\r\n");
  assertEquals(cache.call("DISCARD"), "OK");
  await other.write(new TextEncoder().encode("QUIT\r\n"));
});

Deno.test("CONFIG SET maxmemory evicts in the next turns, a part at a time", async () => {
  await using cache = new Cache({ maxMemoryPolicy: "allkeys-random" });
  config(cache, { "maxmemory-eviction-tenacity": 0 });
  for (let i = 0; i < 1000; i++) cache.call("SET", `key:${i}`, "x".repeat(1000));
  limitTo(cache, -800_000);
  assertEquals(cache.stats.evictedKeys, 0);
  cache.call("PING");
  // With no time at all, it looks at the clock for the first time after so many.
  assertEquals(cache.stats.evictedKeys, 16);
  assertEquals(info(cache, "current_eviction_exceeded_time") >= 0, true);
  // A command that needs memory may be executed meanwhile.
  cache.call("SET", "a", "1");
  await turns(() => cache.stats.usedMemory <= info(cache, "maxmemory"));
  assert(cache.stats.keys < 300 && cache.stats.keys > 100, `${cache.stats.keys}`);
  assertEquals(info(cache, "current_eviction_exceeded_time"), 0);
});

Deno.test("A tenacity of 100 evicts all there is too much of at once", async () => {
  await using cache = new Cache({ maxMemoryPolicy: "allkeys-random" });
  config(cache, { "maxmemory-eviction-tenacity": 100 });
  for (let i = 0; i < 20_000; i++) cache.call("SET", `key:${i}`, "x".repeat(100));
  const limit = limitTo(cache, -3_000_000);
  cache.call("PING");
  assert(cache.stats.usedMemory <= limit);
});

Deno.test("Nothing is evicted while clients are paused", async () => {
  const [cache, clock] = exactCache("allkeys-random");
  await using _ = cache;
  for (let i = 0; i < 100; i++) cache.call("SET", `key:${i}`, "x".repeat(1000));
  cache.call("CLIENT", "PAUSE", 1000, "WRITE");
  limitTo(cache, -50_000);
  cache.call("SET", "a", "1");
  assertEquals(cache.stats.evictedKeys, 0);
  clock.advance(1001);
  cache.call("PING");
  assert(cache.stats.evictedKeys > 10);
});

Deno.test("What is deleted and yet to be given back makes room", async () => {
  for (const policy of ["noeviction", "allkeys-lru"] as const) {
    const [cache] = exactCache(policy);
    await using _ = cache;
    for (let i = 0; i < 50; i++) {
      cache.call("SADD", "set", ...Array.from({ length: 1000 }, (_, j) => `member:${i}:${j}`));
    }
    cache.call("SET", "a", "1");
    limitTo(cache, 1000);
    cache.call("UNLINK", "set");
    assertEquals(cache.call("SET", "b", "x".repeat(100_000)), "OK");
    assertEquals(cache.call("SET", "c", "1"), "OK");
    assertEquals([cache.stats.keys, cache.stats.evictedKeys], [3, 0]);
  }
});

Deno.test("A large collection that is evicted is given back before the next key goes", async () => {
  const [cache, clock] = exactCache("allkeys-lru");
  await using _ = cache;
  for (let i = 0; i < 50; i++) {
    cache.call("SADD", "set", ...Array.from({ length: 1000 }, (_, j) => `member:${i}:${j}`));
  }
  clock.advance(2000);
  for (let i = 0; i < 100; i++) cache.call("SET", `key:${i}`, "x".repeat(1000));
  limitTo(cache, -1_000_000);
  cache.call("PING");
  assertEquals([cache.stats.keys, cache.stats.evictedKeys], [100, 1]);
});

Deno.test("Blocked clients are served while keys are evicted", async () => {
  await using cache = new Cache({ maxMemoryPolicy: "allkeys-lru" });
  using conn = await say(cache, "BLPOP queue 0\r\n");
  await within(cache.until(({ blockedClients }) => blockedClients === 1));
  limitTo(cache, 50_000);
  for (let i = 0; i < 100; i++) cache.call("SET", `key:${i}`, "x".repeat(1000));
  assert(cache.stats.evictedKeys > 0);
  cache.call("RPUSH", "queue", "a");
  await conn.write(new TextEncoder().encode("QUIT\r\n"));
  assertEquals(await readAll(conn), "*2\r\n$5\r\nqueue\r\n$1\r\na\r\n+OK\r\n");
});

Deno.test("Memory counts what clients take, and forgets it when they leave", async () => {
  await using cache = new Cache();
  const cases: [string, string, number][] = [
    ["", `*2\r\n$3\r\nGET\r\n$500000\r\n${"x".repeat(400_000)}`, 400_000],
    ["", `MULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$100000\r\n${"x".repeat(100_000)}\r\n`, 100_000],
    ["", `*2\r\n$5\r\nWATCH\r\n$100000\r\n${"x".repeat(100_000)}\r\n`, 100_000],
    ["", `*2\r\n$9\r\nSUBSCRIBE\r\n$100000\r\n${"x".repeat(100_000)}\r\n`, 100_000],
    [
      "",
      `*6\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n$5\r\nBCAST\r\n$6\r\nPREFIX\r\n$100000\r\n${
        "x".repeat(100_000)
      }\r\n`,
      100_000,
    ],
    ["", `*3\r\n$5\r\nBLPOP\r\n$100000\r\n${"x".repeat(100_000)}\r\n$1\r\n0\r\n`, 100_000],
  ];
  for (const maxmemory of ["0", "1gb"]) {
    config(cache, { maxmemory });
    for (const [reply, text, size] of cases) {
      const before = cache.stats.usedMemory;
      using conn = await say(cache, text, reply);
      await turns(() => cache.stats.usedMemory >= before + size);
      assert(info(cache, "mem_clients_normal") >= size);
      conn.close();
      await turns(() => cache.stats.usedMemory <= before + 4096);
    }
  }
  assert(info(cache, "used_memory_peak") >= info(cache, "used_memory") + 100_000);
});

Deno.test("Keys are evicted for clients' buffers", async () => {
  await using cache = new Cache({ maxMemoryPolicy: "allkeys-lru" });
  for (let i = 0; i < 100; i++) cache.call("SET", `key:${i}`, "x".repeat(1000));
  limitTo(cache, 50_000);
  using _conn = await say(cache, `*2\r\n$3\r\nGET\r\n$500000\r\n${"x".repeat(100_000)}`);
  await turns(() => {
    cache.call("PING");
    return cache.stats.evictedKeys > 30;
  });
});

Deno.test("What is not sent yet is counted until it is", async () => {
  await using cache = new Cache({ maxMemoryPolicy: "allkeys-lru" });
  using conn = await say(
    cache,
    "SUBSCRIBE news\r\n",
    "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n",
  );
  for (let i = 0; i < 100; i++) cache.call("SET", `key:${i}`, "x".repeat(1000));
  const limit = limitTo(cache, 1_000_000);
  let published = 0;
  // More than the system's own buffers take.
  while (cache.stats.usedMemory < limit) {
    cache.call("PUBLISH", "news", "x".repeat(100_000));
    published++;
    if (published % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { evictedKeys } = cache.stats;
  const buffer = new Uint8Array(65_536);
  for (let got = 0; got < published * 100_000;) got += await within(conn.read(buffer)) ?? 0;
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  // The count that is looked at before each command is old, and made anew before a key goes for it.
  cache.call("SET", "a", "1");
  assertEquals(cache.stats.evictedKeys, evictedKeys);
});

Deno.test("maxmemory-clients closes those that take the most, and no others", async () => {
  await using cache = new Cache();
  const { addr } = cache.listen({ port: 0 });
  const conns: Deno.Conn[] = [];
  const sizes = [500_000, 10_000, 300_000, 400_000, 20_000];
  for (const [i, size] of sizes.entries()) {
    const conn = await connect(addr);
    conns.push(conn);
    const options = i === 3 ? "CLIENT NO-EVICT ON\r\n" : "";
    await conn.write(
      new TextEncoder().encode(
        `${options}CLIENT SETNAME c${i}\r\n*2\r\n$3\r\nGET\r\n$${size}\r\n${"x".repeat(size)}`,
      ),
    );
  }
  const names = () =>
    [...(cache.call("CLIENT", "LIST") as string).matchAll(/name=(c\d)/g)].map(([, name]) => name);
  await turns(() => cache.stats.usedMemory > 1_230_000 && names().length === 5);
  // What a client takes that is not closed for it does not count.
  config(cache, { "maxmemory-clients": 850_000 });
  await turns(() => true);
  assertEquals(names().length, 5);
  config(cache, { "maxmemory-clients": 600_000 });
  await turns(() => names().length < 5);
  assertEquals(names(), ["c1", "c2", "c3", "c4"]);
  config(cache, { maxmemory: "10mb", "maxmemory-clients": "3%" });
  await turns(() => names().length < 4);
  assertEquals(names(), ["c1", "c3", "c4"]);
  assertEquals(info(cache, "evicted_clients"), 2);

  // A client that comes to take too much goes by itself.
  const [, , , , small] = conns;
  config(cache, { "maxmemory-clients": "7%" });
  await small?.write(new Uint8Array(3_000_000).fill(120));
  await turns(() => names().length < 3);
  assertEquals(names(), ["c1", "c3"]);
  for (const conn of conns) conn.close();
});

Deno.test("maxmemory-clients is bytes or percents, and never less than a client needs", async () => {
  await using cache = new Cache();
  const set = (value: string) => {
    config(cache, { "maxmemory-clients": value });
    return (cache.call("CONFIG", "GET", "maxmemory-clients") as Map<string, string>).get(
      "maxmemory-clients",
    );
  };
  assertEquals(["1mb", "5%", "100%", "0%", "0"].map(set), ["1048576", "5%", "100%", "0", "0"]);
  const failure = "ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - ";
  for (const wrong of ["x", "-1", "-1%", "1.5%", "%", "7 %"]) {
    assertThrows(() => set(wrong), Error, `${failure}argument must be a memory or percent value`);
  }
  assertThrows(
    () => set("101%"),
    Error,
    `${failure}percentage argument must be less or equal to 100`,
  );
  using conn = await say(cache, "PING\r\n", "+PONG\r\n");
  config(cache, { "maxmemory-clients": 1 });
  await conn.write(new TextEncoder().encode("QUIT\r\n"));
  assertEquals(await readAll(conn), "+OK\r\n");
});

Deno.test("new Cache() and CONFIG SET check what they are given", async () => {
  for (const maxMemory of [-1, 1.5, NaN]) assertThrows(() => new Cache({ maxMemory }), RangeError);
  assertThrows(() => new Cache({ maxMemory: "1" as unknown as number }), TypeError);
  assertThrows(
    () => new Cache({ maxMemoryPolicy: "lru" as EvictionPolicy }),
    RangeError,
    "Cannot use maxMemoryPolicy lru: expected one of volatile-lru, ",
  );
  await using cache = new Cache({ maxMemory: 5 * MIB, maxMemoryPolicy: "allkeys-lfu" });
  assertEquals(
    cache.call("CONFIG", "GET", "maxmemory", "maxmemory-policy"),
    new Map([["maxmemory", "5242880"], ["maxmemory-policy", "allkeys-lfu"]]),
  );
  const memory = cache.call("INFO", "memory") as string;
  assert(memory.includes("maxmemory_human:5.00M\r\nmaxmemory_policy:allkeys-lfu\r\n"));
  config(cache, { maxmemory: "1gb", "maxmemory-policy": "Volatile-TTL" });
  assertEquals(
    cache.call("CONFIG", "GET", "maxmemory", "maxmemory-policy"),
    new Map([["maxmemory", "1073741824"], ["maxmemory-policy", "volatile-ttl"]]),
  );
  assertThrows(
    () => config(cache, { "maxmemory-policy": "lru" }),
    Error,
    "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, " +
      "volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction",
  );
});

/** A connection that sends what it is told to, and whose replies are nobody's. */
class Feed implements ClientConnection {
  readonly remoteAddr: Deno.Addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly localAddr: Deno.Addr = this.remoteAddr;
  readonly buffered = 0;
  maxBuffered = 0;
  #left: Uint8Array = new Uint8Array();
  #given: (() => void) | undefined;
  #done: (() => void) | undefined;

  /** Resolves when all of it is executed, and more is asked for. */
  async send(data: Uint8Array): Promise<void> {
    this.#left = data;
    this.#given?.();
    await new Promise<void>((resolve) => this.#done = resolve);
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#left.length === 0) {
      this.#done?.();
      await new Promise<void>((resolve) => this.#given = resolve);
    }
    const part = this.#left.subarray(0, buffer.length);
    this.#left = this.#left.subarray(part.length);
    buffer.set(part);
    return part.length === 0 ? null : part.length;
  }

  write(data: Uint8Array): Promise<number> {
    return Promise.resolve(data.length);
  }

  /** Lets it leave. */
  close(): void {
    this.#given?.();
  }

  closeAfter(): void {}
}

Deno.test("With 50 MiB set and 400 MB written, memory stays bounded, and what is read survives", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock, maxMemory: 50 * MIB, maxMemoryPolicy: "allkeys-lru" });
  const feed = new Feed();
  const session = cache.handler(feed as unknown as Parameters<Cache["handler"]>[0]);
  const encoder = new TextEncoder();
  const hot = Array.from({ length: 50 }, (_, i) => `hot:${i}`);
  for (const key of hot) cache.call("SET", key, "x".repeat(100));
  const reads = encoder.encode(hot.map((key) => `GET ${key}\r\n`).join(""));
  const batch = new Uint8Array(5 * MIB).fill(120);
  const before = Deno.memoryUsage().rss;
  let [written, key, most, growth] = [0, 0, 0, 0];
  while (written < 400e6) {
    // Sizes that change altogether now and then: the pages of the old ones must become free.
    const size = [2000, 9000, 3000, 20_000, 5000][Math.floor(written / 80e6)] ?? 0;
    let length = 0;
    const text = (text: string) =>
      length += encoder.encodeInto(text, batch.subarray(length)).written;
    for (let i = 0; i < 200; i++) {
      const own = Math.floor(size * (1 + i % 7) / 7);
      text(`*3\r\n$3\r\nSET\r\n$11\r\nk${String(key++).padStart(10, "0")}\r\n$${own}\r\n`);
      length += own;
      text("\r\n");
      written += own;
    }
    await feed.send(batch.subarray(0, length));
    await feed.send(reads);
    clock.advance(length / 500);
    const { usedMemory } = cache.stats;
    most = Math.max(most, usedMemory);
    growth = Math.max(growth, Deno.memoryUsage().rss - before);
  }
  assertEquals(cache.call("EXISTS", ...hot), 50);
  assert(most <= 52 * MIB, `${most / MIB} MiB in use`);
  assert(growth <= 130e6, `${growth / 1e6} MB resident`);
  assert(cache.stats.evictedKeys > 10_000);
  feed.close();
  await session;
});

Deno.test("Pages that old sizes keep are no reason to refuse a command", async () => {
  await using cache = new Cache({ maxMemory: 20 * MIB, maxMemoryPolicy: "volatile-lru" });
  // Nine of ten go, and the tenth keeps the page.
  for (let i = 0; i < 60_000; i++) cache.call("SET", `key:${i}`, "x".repeat(200));
  for (let i = 0; i < 60_000; i++) if (i % 50 !== 0) cache.call("DEL", `key:${i}`);
  for (let i = 0; i < 15_000; i++) cache.call("SET", `other:${i}`, "x".repeat(1000));
  assertEquals(cache.call("SET", "a", "1"), "OK");
  assertEquals([cache.stats.evictedKeys, cache.stats.keys], [0, 16_201]);
});

Deno.test("OBJECT FREQ counts a use by a command of another type, as Redis does", async () => {
  await using cache = new Cache();
  config(cache, { "maxmemory-policy": "allkeys-lfu" });
  cache.call("SET", "key", "1");
  assertThrows(() => cache.call("RPUSH", "key", "x"), Error, "WRONGTYPE");
  assertEquals(cache.call("OBJECT", "FREQ", "key"), 6);
});
