import { assert, assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ReplyError } from "../protocol/value.ts";
import { withBuffers } from "../store/test_util.ts";

const LONG = "v".repeat(2 ** 21);

/** Adds where there is memory for the first only; returns whether a client that watches the key sees it. */
function addTooMuch(cache: Cache, name: string, key: string, args: string[]): boolean {
  cache.call("WATCH", key);
  withBuffers(0, () => assertThrows(() => cache.call(name, key, ...args), ReplyError, "OOM"));
  cache.call("MULTI");
  return cache.call("EXEC") === null;
}

Deno.test("What is added to a collection before memory runs out remains, and is told of", async () => {
  await using cache = new Cache();
  // Room for what is small.
  for (let i = 0; i < 200; i++) cache.call("SET", `filler${i}`, "x".repeat(i * 10));
  for (let i = 0; i < 200; i++) if (i % 10 > 0) cache.call("DEL", `filler${i}`);
  const cases: [name: string, one: string[], another: string[]][] = [
    ["HSET", ["a", "0"], ["b", "1"]],
    ["SADD", ["a"], ["b"]],
    ["ZADD", ["1", "a"], ["1", "b"]],
    ["RPUSH", ["a"], ["b"]],
  ];
  for (const [name, one, another] of cases) {
    const long = one.toSpliced(name === "HSET" ? 1 : -1, 1, LONG);
    cache.call(name, name, ...one);
    assertEquals(addTooMuch(cache, name, name, long), false, `${name} of nothing`);
    assertEquals(addTooMuch(cache, name, name, [...another, ...long]), true, name);
    if (name === "RPUSH") continue;
    assertEquals(
      addTooMuch(cache, name, "new", [...another, ...long]),
      false,
      `${name} of a new key`,
    );
    assertEquals(cache.call("EXISTS", "new"), 0);
  }
  assertEquals(cache.call("HGET", "HSET", "b"), "1");
  assertEquals(cache.call("SISMEMBER", "SADD", "b"), 1);
  assertEquals(cache.call("ZSCORE", "ZADD", "b"), 1);
  assertEquals(cache.call("LRANGE", "RPUSH", 0, -1), ["a", "b"]);
});

Deno.test("A value that is replaced gives its memory back", async () => {
  await using cache = new Cache();
  for (let i = 0; i < 1000; i++) cache.call("SADD", "set", `member ${i}`);
  cache.call("RPUSH", "list", ..."abcdefgh");
  const stores = [["SUNIONSTORE", "to", "set"], ["ZUNIONSTORE", "to", 1, "set"]];
  const all = [...stores, ["SORT", "set", "ALPHA", "STORE", "to"], ["SET", "to", "text"]];
  const round = () => all.forEach(([name = "", ...args]) => cache.call(name, ...args));
  round();
  const { usedMemory } = cache.stats;
  for (let i = 0; i < 20; i++) round();
  assert(cache.stats.usedMemory < 1.2 * usedMemory, `${usedMemory} ${cache.stats.usedMemory}`);
});
