import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError, type ReplyValue } from "../protocol/value.ts";

Deno.test("DEBUG PROTOCOL replies each type", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
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
  for (const type of ["none", "constructor"]) {
    assertThrows(
      () => cache.call("DEBUG", "PROTOCOL", type),
      ReplyError,
      "ERR Wrong protocol type name. Please use one of the following: string|integer|double|null|" +
        "array|set|map|attrib|push|verbatim|true|false",
    );
  }
});

Deno.test("DEBUG OBJECT tells of a value, with its idle time", async () => {
  const clock = new ManualClock(1_700_000_000_000);
  await using cache = new Cache({ enableDebugCommand: true, clock });
  cache.call("SET", "a", 12);
  clock.advance(7000);
  assertMatch(
    String(cache.call("DEBUG", "OBJECT", "a")),
    /^Value at:0x[0-9a-f]+ refcount:1 encoding:int serializedlength:\d+ lru:\d+ lru_seconds_idle:\d$/,
  );
  assertThrows(() => cache.call("DEBUG", "OBJECT", "none"), ReplyError, "ERR no such key");
  // It looks at what has expired, and leaves it.
  cache.call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  cache.call("PEXPIRE", "a", 1);
  clock.advance(10);
  assertMatch(String(cache.call("DEBUG", "OBJECT", "a")), /encoding:int/);
  assertEquals(cache.call("EXISTS", "a"), 0);
  assertThrows(() => cache.call("DEBUG", "OBJECT", "a"), ReplyError, "ERR no such key");
});

Deno.test("DEBUG POPULATE makes keys, and leaves alone what is there", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
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
  for (const args of [["x"], [1, "short", -1], [1, "short", "x"]]) {
    assertThrows(
      () => cache.call("DEBUG", "POPULATE", ...args),
      ReplyError,
      "ERR value is out of range, must be positive",
    );
  }
});

Deno.test("DEBUG SET-ACTIVE-EXPIRE chooses whether keys expire that nobody looks at", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ enableDebugCommand: true, clock });
  cache.call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  cache.call("SET", "a", 1, "PX", 10);
  clock.advance(20);
  assertEquals(cache.stats.expiredKeys, 0);
  assertEquals(cache.call("DEBUG", "set-active-expire", "1"), "OK");
  clock.advance(1);
  assertEquals(cache.stats.expiredKeys, 1);
});

Deno.test("DEBUG SLEEP takes its time, and what does nothing here says OK", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  const start = performance.now();
  assertEquals(cache.call("DEBUG", "SLEEP", "0.01"), "OK");
  assertEquals(performance.now() - start >= 10, true);
  for (const name of ["SET-DISABLE-DENY-SCRIPTS", "PAUSE-CRON", "QUICKLIST-PACKED-THRESHOLD"]) {
    assertEquals(cache.call("DEBUG", name, 1), "OK");
  }
  for (const size of ["x", "4gb"]) {
    assertThrows(
      () => cache.call("DEBUG", "QUICKLIST-PACKED-THRESHOLD", size),
      ReplyError,
      "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
    );
  }
  assertEquals(cache.call("DEBUG", "REPLYBUFFER", "resizing", 0), "OK");
  assertEquals(cache.call("DEBUG", "REPLYBUFFER", "PEAK-RESET-TIME", "never"), "OK");
});

Deno.test("DEBUG SET-SKIP-CHECKSUM-VALIDATION lets RESTORE take any checksum, but nothing damaged", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  cache.call("RPUSH", "list", "a", "b");
  const dump = cache.callBytes("DUMP", "list") as Uint8Array;
  const other = dump.with(-1, (dump.at(-1) ?? 0) ^ 1);
  const restore = (bytes: Uint8Array) => cache.call("RESTORE", "copy", 0, bytes, "REPLACE");
  const wrong = "ERR DUMP payload version or checksum are wrong";
  assertThrows(() => restore(other), ReplyError, wrong);
  cache.call("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", 1);
  assertEquals(restore(other), "OK");
  assertEquals(cache.call("LRANGE", "copy", 0, -1), ["a", "b"]);
  assertThrows(() => restore(other.with(-10, 99)), ReplyError, wrong);
  assertThrows(() => restore(other.with(1, 77)), ReplyError, "ERR Bad data format");
  cache.call("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", 0);
  assertThrows(() => restore(other), ReplyError, wrong);
});

Deno.test("DEBUG ERROR replies an error of one's own", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  assertThrows(() => cache.call("DEBUG", "ERROR", "MINE it is"), ReplyError, "MINE it is");
});

Deno.test("DEBUG HTSTATS-KEY tells of hash tables", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  cache.call("SADD", "numbers", 1, 2);
  cache.call("SADD", "words", "a", "b", "c");
  cache.call("SET", "text", "a");
  assertMatch(String(cache.call("DEBUG", "HTSTATS-KEY", "words")), / number of elements: 3\n/);
  for (const key of ["numbers", "text"]) {
    assertThrows(
      () => cache.call("DEBUG", "HTSTATS-KEY", key),
      ReplyError,
      "ERR The value stored at the specified key is not represented using an hash table",
    );
  }
  assertThrows(() => cache.call("DEBUG", "HTSTATS-KEY", "none"), ReplyError, "ERR no such key");
});

Deno.test("DEBUG says what it does not know", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  assertThrows(
    () => cache.call("DEBUG", "Nothing", 1),
    ReplyError,
    "ERR unknown subcommand or wrong number of arguments for 'Nothing'. Try DEBUG HELP.",
  );
  const wrong = [["SLEEP"], ["SLEEP", 1, 2], ["REPLYBUFFER", 1], ["REPLYBUFFER", "x", 1]];
  for (const [name = "", ...args] of [...wrong, ["HELP", "x"]]) {
    assertThrows(
      () => cache.call("DEBUG", name, ...args),
      ReplyError,
      `ERR unknown subcommand or wrong number of arguments for '${name}'. Try DEBUG HELP.`,
    );
  }
  assertThrows(
    () => cache.call("DEBUG", "x".repeat(200)),
    ReplyError,
    `arguments for '${"x".repeat(128)}'. Try DEBUG HELP.`,
  );
  const [title, ...names] = cache.call("DEBUG", "HELP") as string[];
  assertEquals(title, "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  assertEquals(names.includes("SLEEP") && names.includes("HELP"), true);
  assertThrows(() => cache.call("DEBUG"), ReplyError, "ERR wrong number of arguments for 'debug'");
});
