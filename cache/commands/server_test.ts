import { assert, assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError } from "../protocol/value.ts";

/** The error that a command replies. */
function errorOf(cache: Cache, ...args: (string | number)[]): string {
  return assertThrows(() => cache.call(...args), ReplyError).message;
}

Deno.test("SWAPDB, FLUSHDB and FLUSHALL change databases as a whole", async () => {
  await using cache = new Cache();
  cache.call("SET", "a", 0);
  cache.call("SELECT", 1);
  cache.call("SET", "a", 1);
  assertEquals(cache.call("SWAPDB", 0, 1), "OK");
  assertEquals(cache.call("GET", "a"), "0");
  assertEquals(cache.call("SWAPDB", 1, 1), "OK");
  assertEquals(errorOf(cache, "SWAPDB", "x", 1), "ERR invalid first DB index");
  assertEquals(errorOf(cache, "SWAPDB", 0, "x"), "ERR invalid second DB index");
  assertEquals(errorOf(cache, "SWAPDB", 0, 16), "ERR DB index is out of range");
  assertEquals(errorOf(cache, "SWAPDB", -1, 0), "ERR DB index is out of range");
  for (const command of ["FLUSHDB", "FLUSHALL"]) {
    assertEquals(errorOf(cache, command, "NOW"), "ERR syntax error");
    assertEquals(errorOf(cache, command, "SYNC", "ASYNC"), "ERR syntax error");
  }
  assertEquals(cache.stats.keys, 2);
  assertEquals(cache.call("FLUSHDB", "ASYNC"), "OK");
  assertEquals([cache.call("DBSIZE"), cache.stats.keys], [0, 1]);
  assertEquals(cache.call("FLUSHALL", "sync"), "OK");
  assertEquals(cache.stats.keys, 0);
});

Deno.test("TIME goes by the cache's clock", async () => {
  const clock = new ManualClock(1_700_000_000_123);
  await using cache = new Cache({ clock });
  assertEquals(cache.call("TIME"), ["1700000000", "123000"]);
  clock.advance(1000.5);
  assertEquals(cache.call("TIME"), ["1700000001", "123500"]);
});

Deno.test("MEMORY USAGE grows with a value", async () => {
  await using cache = new Cache();
  cache.call("SET", "small", "x");
  cache.call("SET", "large", "x".repeat(10_000));
  const usage = (key: string) => cache.call("MEMORY", "USAGE", key, "SAMPLES", 5) as number;
  assert(usage("small") > 0 && usage("small") < 200);
  assert(usage("large") >= 10_000 && usage("large") < 20_000);
  assertEquals(cache.call("MEMORY", "USAGE", "none"), null);
  assertEquals(cache.call("MEMORY", "PURGE"), "OK");
  for (const args of [["SAMPLES"], ["OTHER", 1], ["SAMPLES", -1]]) {
    assertEquals(errorOf(cache, "MEMORY", "USAGE", "small", ...args), "ERR syntax error");
  }
});

Deno.test("SHUTDOWN says what it does not take", async () => {
  await using cache = new Cache();
  for (const args of [["SAVE", "NOSAVE"], ["ABORT", "NOW"], ["OTHER"]]) {
    assertEquals(errorOf(cache, "SHUTDOWN", ...args), "ERR syntax error");
  }
  assertEquals(errorOf(cache, "SHUTDOWN", "ABORT"), "ERR No shutdown in progress.");
  assertEquals(cache.call("SHUTDOWN", "SAVE", "NOW", "FORCE"), null);
  assertThrows(() => cache.call("PING"), Error, "the cache is closed");
});

Deno.test("SLOWLOG GET takes how many, ROLE tells of a master", async () => {
  await using cache = new Cache();
  cache.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
  for (let i = 0; i < 12; i++) cache.call("ECHO", i);
  const count = (...args: number[]) => (cache.call("SLOWLOG", "GET", ...args) as unknown[]).length;
  assertEquals([count(), count(2), count(0)], [10, 2, 0]);
  assert(count(-1) > 12);
  const message = "ERR count should be greater than or equal to -1";
  assertEquals(errorOf(cache, "SLOWLOG", "GET", -2), message);
  assertEquals(errorOf(cache, "SLOWLOG", "GET", "x"), message);
  assertEquals(cache.call("ROLE"), ["master", 0, []]);
  const [title] = cache.call("MEMORY", "HELP") as string[];
  assertEquals(title, "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
});
