import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError, type ReplyValue } from "../protocol/value.ts";

Deno.test("DEBUG PROTOCOL replies each type", () => {
  const cache = new Cache({ enableDebugCommand: true });
  const cases: [string, ReplyValue][] = [
    ["string", "Hello World"],
    ["integer", 12345],
    ["double", 3.141],
    ["null", null],
    ["array", [0, 1, 2]],
    ["set", new Set([0, 1, 2])],
    ["map", new Map([[0, false], [1, true], [2, false]])],
    ["attrib", "Some real reply following the attribute"],
    ["push", ["server-cpu-usage", 42]],
    ["bignum", 1234567999999999999999999999999999999n],
    ["VERBATIM", "This is a verbatim\nstring"],
    ["true", true],
    ["false", false],
  ];
  for (const [type, value] of cases) {
    assertEquals([type, cache.call("DEBUG", "PROTOCOL", type)], [type, value]);
  }
  assertThrows(
    () => cache.call("DEBUG", "PROTOCOL", "none"),
    ReplyError,
    "ERR Wrong protocol type name. Please use one of the following: string|integer|double|null|" +
      "array|set|map|attrib|push|verbatim|true|false",
  );
});

Deno.test("DEBUG OBJECT tells of a value, with its idle time", () => {
  const clock = new ManualClock(1_700_000_000_000);
  const cache = new Cache({ enableDebugCommand: true, clock });
  cache.call("SET", "a", 12);
  clock.advance(7000);
  assertMatch(
    String(cache.call("DEBUG", "OBJECT", "a")),
    /^Value at:0x[0-9a-f]+ refcount:1 encoding:int serializedlength:\d+ lru:\d+ lru_seconds_idle:\d$/,
  );
  assertThrows(() => cache.call("DEBUG", "OBJECT", "none"), ReplyError, "ERR no such key");
});

Deno.test("DEBUG POPULATE makes keys, and leaves alone what is there", () => {
  const cache = new Cache({ enableDebugCommand: true });
  cache.call("SET", "key:1", "mine");
  assertEquals(cache.call("DEBUG", "POPULATE", 3), "OK");
  assertEquals(cache.call("MGET", "key:0", "key:1", "key:2", "key:3"), [
    "value:0",
    "mine",
    "value:2",
    null,
  ]);
  cache.call("DEBUG", "POPULATE", 1, "short", 3);
  cache.call("DEBUG", "POPULATE", 1, "long", 9);
  assertEquals(cache.call("MGET", "short:0", "long:0"), ["val", "value:0\0\0"]);
  assertThrows(
    () => cache.call("DEBUG", "POPULATE", -1),
    ReplyError,
    "ERR value is out of range, must be positive",
  );
  assertThrows(() => cache.call("DEBUG", "POPULATE", "x"), ReplyError, "not an integer");
});

Deno.test("DEBUG SET-ACTIVE-EXPIRE chooses whether keys expire that nobody looks at", () => {
  const clock = new ManualClock();
  const cache = new Cache({ enableDebugCommand: true, clock });
  cache.call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  cache.call("SET", "a", 1, "PX", 10);
  clock.advance(20);
  assertEquals(cache.stats.expiredKeys, 0);
  assertEquals(cache.call("DEBUG", "set-active-expire", "1"), "OK");
  clock.advance(1);
  assertEquals(cache.stats.expiredKeys, 1);
});

Deno.test("DEBUG SLEEP takes its time, and what does nothing here says OK", () => {
  const cache = new Cache({ enableDebugCommand: true });
  const start = performance.now();
  assertEquals(cache.call("DEBUG", "SLEEP", "0.01"), "OK");
  assertEquals(performance.now() - start >= 10, true);
  const others = ["QUICKLIST-PACKED-THRESHOLD", "SET-DISABLE-DENY-SCRIPTS", "REPLYBUFFER"];
  for (const name of [...others, "PAUSE-CRON"]) assertEquals(cache.call("DEBUG", name, 1), "OK");
  assertEquals(cache.call("DEBUG", "JMAP"), "OK");
});

Deno.test("DEBUG says what it does not know", () => {
  const cache = new Cache({ enableDebugCommand: true });
  assertThrows(
    () => cache.call("DEBUG", "Nothing", 1),
    ReplyError,
    "ERR unknown subcommand or wrong number of arguments for 'Nothing'. Try DEBUG HELP.",
  );
  assertThrows(() => cache.call("DEBUG", "SLEEP"), ReplyError, "ERR syntax error");
  assertThrows(() => cache.call("DEBUG"), ReplyError, "ERR wrong number of arguments for 'debug'");
});
