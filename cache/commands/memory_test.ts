import { assert, assertEquals, assertMatch } from "@std/assert";
import { Cache } from "../cache.ts";

Deno.test("MEMORY STATS has Redis' fields, with one for each database that has keys", async () => {
  await using cache = new Cache();
  cache.call("SET", "a", "x".repeat(3000));
  cache.call("SELECT", 2);
  for (let i = 0; i < 3; i++) cache.call("SET", i, i);
  const stats = cache.call("MEMORY", "STATS") as Map<string, unknown>;
  assertEquals([...stats.keys()], [
    ...["peak.allocated", "total.allocated", "startup.allocated", "replication.backlog"],
    ...["clients.slaves", "clients.normal", "cluster.links", "aof.buffer", "lua.caches"],
    ...["functions.caches", "db.0", "db.2", "overhead.total", "keys.count", "keys.bytes-per-key"],
    ...["dataset.bytes", "dataset.percentage", "peak.percentage", "allocator.allocated"],
    ...["allocator.active", "allocator.resident", "allocator-fragmentation.ratio"],
    ...["allocator-fragmentation.bytes", "allocator-rss.ratio", "allocator-rss.bytes"],
    ...["rss-overhead.ratio", "rss-overhead.bytes", "fragmentation", "fragmentation.bytes"],
  ]);
  const of = (name: string) => stats.get(name) as number;
  assertEquals(of("keys.count"), 4);
  assertEquals(of("keys.bytes-per-key"), Math.floor(of("total.allocated") / 4));
  assertEquals(of("dataset.bytes") + of("overhead.total"), of("total.allocated"));
  assert(of("dataset.bytes") >= 3000);
  assertEquals(of("peak.percentage"), 100);
  assert(of("dataset.percentage") > 0 && of("dataset.percentage") < 100);
  assertEquals([...(stats.get("db.2") as Map<string, number>).keys()], [
    ...["overhead.hashtable.main", "overhead.hashtable.expires"],
    "overhead.hashtable.slot-to-keys",
  ]);
  assertEquals((new Cache().call("MEMORY", "STATS") as Map<string, number>).size, 27);
});

Deno.test("MEMORY DOCTOR says what is unusual", async () => {
  await using cache = new Cache();
  const report = () => cache.call("MEMORY", "DOCTOR") as string;
  assertEquals(report(), "There is no limit: maxmemory is 0.\n");
  cache.call("SET", "a", "x".repeat(1e6));
  cache.call("MEMORY", "STATS");
  cache.call("DEL", "a");
  assertMatch(report(), /^Far more memory was in use before than is now\.\n/);
  cache.call("CONFIG", "RESETSTAT");
  assertMatch(cache.call("MEMORY", "MALLOC-STATS") as string, /^Arena: \d+ bytes in use, of \d+/);
});

Deno.test("MEMORY USAGE with SAMPLES 0 measures all elements", async () => {
  await using cache = new Cache();
  for (let i = 0; i < 1000; i++) {
    cache.call("HSET", "h", `field ${i}`, i === 999 ? "x".repeat(1e5) : "y");
  }
  const usage = (...args: (string | number)[]) =>
    cache.call("MEMORY", "USAGE", "h", ...args) as number;
  const all = usage("SAMPLES", 0);
  assert(all > 1e5, `${all}`);
  assertEquals(usage("SAMPLES", 1000), all);
});
