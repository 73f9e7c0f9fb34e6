import { assert, assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { withBuffers } from "../store/test_util.ts";
import { play } from "./test_util.ts";

// The stories are what redis-server 7.0.15 has answered.

Deno.test("DEL, UNLINK, EXISTS, TYPE and TOUCH do what Redis does", () =>
  play(`
  SET a 1 → +OK
  RPUSH l x → :1
  SADD s x → :1
  ZADD z 1 x → :1
  HSET h f v → :1
  TYPE a → +string
  TYPE l → +list
  TYPE s → +set
  TYPE z → +zset
  TYPE h → +hash
  TYPE none → +none
  EXISTS a a l none → :3
  TOUCH a none l → :2
  DEL a none l l → :2
  EXISTS a l → :0
  UNLINK s z h none → :3
  DBSIZE → :0
  DEL → -ERR wrong number of arguments for 'del' command
  EXISTS → -ERR wrong number of arguments for 'exists' command
  TOUCH → -ERR wrong number of arguments for 'touch' command
  TYPE → -ERR wrong number of arguments for 'type' command
  UNLINK → -ERR wrong number of arguments for 'unlink' command
`));

Deno.test("KEYS, SCAN and RANDOMKEY do what Redis does", () =>
  play(`
  RANDOMKEY → $-1
  KEYS * → *0
  SCAN 0 → *2 $1 0 *0
  MSET one 1 two 2 three 3 → +OK
  SADD s x → :1
  KEYS o* → *1 $3 one
  KEYS th* → *1 $5 three
  KEYS [o]*e → *1 $3 one
  KEYS nothing → *0
  SCAN 0 MATCH tw* COUNT 100 → *2 $1 0 *1 $3 two
  SCAN 0 TYPE set COUNT 100 → *2 $1 0 *1 $1 s
  SCAN 0 TYPE STRING MATCH o* COUNT 100 → *2 $1 0 *1 $3 one
  SCAN 0 TYPE nothing COUNT 100 → *2 $1 0 *0
  SCAN x → -ERR invalid cursor
  SCAN -1x → -ERR invalid cursor
  SCAN 18446744073709551616 → -ERR invalid cursor
  SCAN 0 COUNT 0 → -ERR syntax error
  SCAN 0 COUNT x → -ERR value is not an integer or out of range
  SCAN 0 COUNT → -ERR syntax error
  SCAN 0 MATCH → -ERR syntax error
  SCAN 0 WHAT 1 → -ERR syntax error
  SCAN 0 TYPE → -ERR syntax error
  KEYS → -ERR wrong number of arguments for 'keys' command
  RANDOMKEY x → -ERR wrong number of arguments for 'randomkey' command
`));

Deno.test("RENAME and RENAMENX do what Redis does", () =>
  play(`
  RENAME none a → -ERR no such key
  RENAME none none → -ERR no such key
  RENAMENX none none → -ERR no such key
  SET a 1 EX 1000 → +OK
  SET b 2 → +OK
  RENAME a a → +OK
  RENAMENX a a → :0
  RENAMENX a b → :0
  RENAME a b → +OK
  GET b → $1 1
  TTL b → :1000
  EXISTS a → :0
  RENAMENX b c → :1
  RPUSH l x y → :2
  RENAME l c → +OK
  TYPE c → +list
  TTL c → :-1
  LRANGE c 0 -1 → *2 $1 x $1 y
  SET d 1 → +OK
  EXPIRE d 500 → :1
  HSET e f v → :1
  EXPIRE e 100 → :1
  RENAME e d → +OK
  TTL d → :100
  HGETALL d → *2 $1 f $1 v
  RENAME d → -ERR wrong number of arguments for 'rename' command
  RENAMENX a → -ERR wrong number of arguments for 'renamenx' command
`));

Deno.test("COPY does what Redis does", () =>
  play(`
  SET a 1 EX 1000 → +OK
  COPY a a → -ERR source and destination objects are the same
  COPY none b → :0
  COPY a b → :1
  TTL b → :1000
  COPY a b → :0
  COPY a b REPLACE → :1
  RPUSH l x y z → :3
  COPY l b → :0
  COPY l b replace → :1
  LRANGE b 0 -1 → *3 $1 x $1 y $1 z
  TTL b → :-1
  RPUSH b w → :4
  LRANGE l 0 -1 → *3 $1 x $1 y $1 z
  SADD i 1 2 3 → :3
  COPY i i2 → :1
  OBJECT ENCODING i2 → $6 intset
  SADD s x y → :2
  COPY s s2 → :1
  SCARD s2 → :2
  SREM s x y → :2
  SCARD s2 → :2
  ZADD z 1 a 2 b → :2
  COPY z z2 → :1
  ZRANGE z2 0 -1 WITHSCORES → *4 $1 a $1 1 $1 b $1 2
  HSET h f v g w → :2
  COPY h h2 → :1
  HGETALL h2 → *4 $1 f $1 v $1 g $1 w
  APPEND a 2 → :2
  COPY a r → :1
  OBJECT ENCODING r → $3 raw
  COPY a a DB 1 → :1
  COPY a a DB 1 → :0
  COPY a a DB 1 REPLACE → :1
  SELECT 1 → +OK
  GET a → $2 12
  TTL a → :1000
  SELECT 0 → +OK
  COPY a b DB → -ERR syntax error
  COPY a b DB x → -ERR value is not an integer or out of range
  COPY a b DB 99 → -ERR DB index is out of range
  COPY a b DB 99999999999 → -ERR value is out of range, value must between -2147483648 and 2147483647
  COPY a b DB -1 → -ERR DB index is out of range
  COPY a b WHAT → -ERR syntax error
  COPY a → -ERR wrong number of arguments for 'copy' command
`));

Deno.test("MOVE does what Redis does", () =>
  play(`
  SET a 1 EX 1000 → +OK
  MOVE a 0 → -ERR source and destination objects are the same
  MOVE a 1 → :1
  EXISTS a → :0
  MOVE a 1 → :0
  SELECT 1 → +OK
  GET a → $1 1
  TTL a → :1000
  SET b 1 → +OK
  SELECT 0 → +OK
  SET b 2 → +OK
  MOVE b 1 → :0
  GET b → $1 2
  MOVE b 16 → -ERR DB index is out of range
  MOVE b x → -ERR value is not an integer or out of range
  MOVE b 99999999999 → -ERR value is out of range, value must between -2147483648 and 2147483647
  MOVE b -1 → -ERR DB index is out of range
  MOVE b → -ERR wrong number of arguments for 'move' command
`));

Deno.test("EXPIRE and its relatives do what Redis does", () =>
  play(`
  EXPIRE none 10 → :0
  SET a 1 → +OK
  TTL none → :-2
  PTTL none → :-2
  EXPIRETIME none → :-2
  PEXPIRETIME none → :-2
  TTL a → :-1
  PTTL a → :-1
  EXPIRETIME a → :-1
  PEXPIRETIME a → :-1
  EXPIRE a 1000 → :1
  TTL a → :1000
  EXPIRE a 100 NX → :0
  EXPIRE a 100 GT → :0
  EXPIRE a 2000 gt → :1
  EXPIRE a 3000 LT → :0
  EXPIRE a 1500 lt → :1
  EXPIRE a 1600 XX → :1
  TTL a → :1600
  PERSIST a → :1
  PERSIST a → :0
  TTL a → :-1
  EXPIRE a 100 XX → :0
  EXPIRE a 100 GT → :0
  EXPIRE a 100 LT → :1
  PERSIST a → :1
  EXPIRE a 100 NX → :1
  PERSIST none → :0
  PEXPIREAT a 33000000000123 → :1
  PEXPIRETIME a → :33000000000123
  EXPIRETIME a → :33000000000
  PEXPIREAT a 33000000000500 → :1
  EXPIRETIME a → :33000000001
  EXPIREAT a 33000000000 → :1
  PEXPIRETIME a → :33000000000000
  PEXPIREAT a 9223372036854775807 → :1
  PEXPIRETIME a → :9223372036854775807
  EXPIRETIME a → :9223372036854776
  PEXPIREAT a 9007199254740993 → :1
  PEXPIRETIME a → :9007199254740993
  COPY a b → :1
  PEXPIRETIME b → :9007199254740993
  RENAME b c → +OK
  PEXPIRETIME c → :9007199254740993
  EXPIREAT a 9223372036854775 → :1
  PEXPIRETIME a → :9223372036854775000
  EXPIREAT a 9223372036854776 → -ERR invalid expire time in 'expireat' command
  EXPIRE a 9223372036854775 → -ERR invalid expire time in 'expire' command
  PEXPIRE a 9223372036854775807 → -ERR invalid expire time in 'pexpire' command
  EXPIRE a -9223372036854775808 → -ERR invalid expire time in 'expire' command
  EXPIRE a x → -ERR value is not an integer or out of range
  EXPIRE a 9223372036854775808 → -ERR value is not an integer or out of range
  EXPIRE a 10 WHAT → -ERR Unsupported option WHAT
  EXPIRE a x WHAT → -ERR Unsupported option WHAT
  EXPIRE a 10 NX XX → -ERR NX and XX, GT or LT options at the same time are not compatible
  EXPIRE a 10 NX GT → -ERR NX and XX, GT or LT options at the same time are not compatible
  EXPIRE a 10 NX LT → -ERR NX and XX, GT or LT options at the same time are not compatible
  EXPIRE a 10 GT LT → -ERR GT and LT options at the same time are not compatible
  EXPIRE a 10 XX GT → :0
  EXPIRE a 10 NX NX → :0
  EXPIRE a -1 → :1
  EXISTS a → :0
  SET a 1 → +OK
  PEXPIRE a 0 → :1
  EXISTS a → :0
  SET a 1 → +OK
  EXPIREAT a 1 → :1
  EXISTS a → :0
  SET a 1 → +OK
  PEXPIREAT a -5 → :1
  EXISTS a → :0
  EXPIRE a → -ERR wrong number of arguments for 'expire' command
  TTL → -ERR wrong number of arguments for 'ttl' command
  PERSIST → -ERR wrong number of arguments for 'persist' command
`));

Deno.test("SET and GETEX with times do what Redis does", () =>
  play(`
  SET a 1 EX 100 EX 200 → +OK
  TTL a → :200
  SET a 1 EX 100 PX 100 → -ERR syntax error
  SET a 1 EXAT 33000000000 → +OK
  EXPIRETIME a → :33000000000
  SET a 1 PXAT 9223372036854775807 → +OK
  PEXPIRETIME a → :9223372036854775807
  SET a 1 EX 9223372036854775 → -ERR invalid expire time in 'set' command
  SET a 1 EXAT 9223372036854775 → +OK
  SET a 1 EX 0 → -ERR invalid expire time in 'set' command
  SET a 1 EX -1 → -ERR invalid expire time in 'set' command
  SET a 1 EX x → -ERR value is not an integer or out of range
  SET a 1 EX → -ERR syntax error
  GETEX a PERSIST → $1 1
  TTL a → :-1
  GETEX a EXAT 1 → $1 1
  EXISTS a → :0
`));

Deno.test("OBJECT does what Redis does", () =>
  play(`
  OBJECT ENCODING none → $-1
  OBJECT REFCOUNT none → $-1
  OBJECT IDLETIME none → $-1
  OBJECT FREQ none → $-1
  SET a 1 → +OK
  SET b 10000 → +OK
  SET c text → +OK
  SET d -1 → +OK
  OBJECT REFCOUNT a → :2147483647
  OBJECT REFCOUNT b → :1
  OBJECT REFCOUNT c → :1
  OBJECT REFCOUNT d → :1
  OBJECT IDLETIME a → :0
  OBJECT FREQ a → -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
  OBJECT ENCODING a → $3 int
  OBJECT ENCODING c → $6 embstr
  APPEND c x → :5
  OBJECT ENCODING c → $3 raw
  RPUSH l 1 → :1
  OBJECT ENCODING l → $9 quicklist
  SADD i 1 → :1
  OBJECT ENCODING i → $6 intset
  SADD s x → :1
  OBJECT ENCODING s → $9 hashtable
  ZADD z 1 a → :1
  OBJECT ENCODING z → $8 listpack
  HSET h f v → :1
  OBJECT ENCODING h → $8 listpack
  OBJECT → -ERR wrong number of arguments for 'object' command
  OBJECT WHAT a → -ERR unknown subcommand 'WHAT'. Try OBJECT HELP.
  OBJECT ENCODING → -ERR wrong number of arguments for 'object|encoding' command
  OBJECT ENCODING a b → -ERR wrong number of arguments for 'object|encoding' command
`));

/** What a subscriber to all notifications is told while commands are called. */
async function eventsOf(run: (cache: Cache, clock: ManualClock) => void): Promise<string[]> {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  using conn = await Deno.connect({ port });
  const subscribed = conn.read(new Uint8Array(1000));
  await conn.write(new TextEncoder().encode("PSUBSCRIBE *\r\n"));
  await subscribed;
  cache.call("CONFIG", "SET", "notify-keyspace-events", "KAnm");
  run(cache, clock);
  cache.call("PUBLISH", "end", "");
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  while (!text.includes("$3\r\nend\r\n")) {
    const length = await conn.read(buffer);
    assert(length !== null);
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  const events = text.matchAll(/__keyspace@(\d+)__:(.*)\r\n.*\r\n(.*)\r\n/g);
  return Array.from(events, ([, db, key, event]) => `${event} ${key}${db === "0" ? "" : ` ${db}`}`);
}

Deno.test("Commands of keys publish the events that Redis does", async () => {
  const actual: [string, string[]][] = [];
  // By redis-server 7.0.15 with `notify-keyspace-events` KAnm.
  const expected: [string, string[]][] = [
    ["SET a 1", ["new a", "set a"]],
    ["EXISTS a none", ["keymiss none"]],
    ["TYPE none", ["keymiss none"]],
    ["TTL none", ["keymiss none"]],
    ["TOUCH none", ["keymiss none"]],
    ["OBJECT ENCODING none", []],
    ["EXPIRE none 1", []],
    ["EXPIRE a 100", ["expire a"]],
    ["PERSIST a", ["persist a"]],
    ["PERSIST a", []],
    ["RENAME a b", ["new b", "rename_from a", "rename_to b"]],
    ["RENAME b b", []],
    ["COPY b c", ["new c", "copy_to c"]],
    ["RENAME b c", ["new c", "rename_from b", "rename_to c"]],
    ["MOVE c 1", ["new c 1", "move_from c", "move_to c 1"]],
    ["RPUSH l 2 1", ["new l", "rpush l"]],
    ["SORT l STORE d", ["new d", "sortstore d"]],
    ["SORT l STORE d", ["sortstore d"]],
    ["SORT none STORE d", ["keymiss none", "del d"]],
    ["SORT none STORE d", ["keymiss none"]],
    ["DEL none l", ["del l"]],
    ["SET a 1", ["new a", "set a"]],
    ["PEXPIRE a -1", ["del a"]],
    ["SET a 1", ["new a", "set a"]],
    ["UNLINK a", ["del a"]],
  ];
  for (const [request] of expected) {
    const events = await eventsOf((cache) => {
      // What the requests before it have done is told again, and left out.
      for (const [before] of actual) cache.call(...before.split(" "));
      cache.call("PUBLISH", "__keyspace@0__:now", "-");
      cache.call(...request.split(" "));
    });
    actual.push([request, events.slice(events.indexOf("- now") + 1)]);
  }
  assertEquals(actual, expected);
});

Deno.test("Keys expire without being touched, in the order of their times", async () => {
  const events = await eventsOf((cache, clock) => {
    cache.call("SET", "b", 1, "PX", 200);
    cache.call("SET", "c", 1, "PX", 300);
    cache.call("SET", "a", 1, "PX", 100);
    cache.call("SET", "a2", 1, "PX", 100);
    cache.call("SET", "late", 1, "PX", 50);
    cache.call("PEXPIRE", "late", 250);
    cache.call("SET", "stays", 1, "PX", 60);
    cache.call("PERSIST", "stays");
    clock.advance(100);
    assertEquals(cache.call("EXISTS", "a"), 1);
    clock.advance(1);
    assertEquals(cache.call("DBSIZE"), 4);
    clock.advance(10_000);
    assertEquals(cache.call("DBSIZE"), 1);
  });
  assertEquals(
    events.filter((event) => event.startsWith("expired")),
    ["a", "a2", "b", "late", "c"].map((key) => `expired ${key}`),
  );
});

Deno.test("Many keys of several databases expire in slices, so that others have their turn", async () => {
  let alarms = 0;
  class Counting extends ManualClock {
    override at(time: number, callback: () => void): () => void {
      return super.at(time, () => {
        alarms++;
        callback();
      });
    }
  }
  const clock = new Counting();
  await using cache = new Cache({ clock });
  for (let i = 0; i < 6000; i++) {
    if (i % 2000 === 0) cache.call("SELECT", i / 2000);
    cache.call("SET", i, i, "PX", 10);
  }
  clock.advance(20);
  assert(alarms >= 6, `${alarms}`);
  for (let db = 0; db < 3; db++) {
    cache.call("SELECT", db);
    assertEquals(cache.call("DBSIZE"), 0);
  }
});

Deno.test("Keys expire by the system's time as well", async () => {
  await using cache = new Cache();
  cache.call("SET", "key", 1, "PX", 5);
  // Its timers do not keep a process alive, and DBSIZE touches no key.
  while (cache.call("DBSIZE") !== 0) await new Promise((resolve) => setTimeout(resolve, 1));
});

Deno.test("Keys whose time has come are gone for every command, though nobody has removed them", async () => {
  const expiring = [
    "DEL",
    "UNLINK",
    "EXISTS",
    "TOUCH",
    "PERSIST",
    "TTL",
    "TYPE",
    "RANDOMKEY",
    "SCAN 0",
  ];
  for (
    const request of [...expiring, "KEYS *", "OBJECT ENCODING", "RENAME", "COPY", "MOVE", "SORT"]
  ) {
    const clock = new ManualClock();
    await using cache = new Cache({ clock, enableDebugCommand: true });
    cache.call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
    cache.call("SADD", "gone", 1);
    cache.call("PEXPIRE", "gone", 10);
    clock.advance(11);
    assertEquals(cache.call("DBSIZE"), 1);
    const takesKey = !/RANDOMKEY|SCAN|KEYS/.test(request);
    const rest = request === "RENAME" || request === "COPY" ? ["x"] : request === "MOVE" ? [1] : [];
    let reply: unknown;
    try {
      reply = cache.call(...request.split(" "), ...takesKey ? ["gone", ...rest] : []);
    } catch (error) {
      reply = (error as Error).message;
    }
    const nothing = [0, -2, null, "none", "ERR no such key"];
    assert(
      nothing.includes(reply as number) || JSON.stringify(reply) === "[]" ||
        JSON.stringify(reply) === '["0",[]]',
      `${request}: ${reply}`,
    );
    // It is removed then, but by KEYS.
    assertEquals(cache.call("DBSIZE"), request === "KEYS *" ? 1 : 0);
    cache.call("DEBUG", "SET-ACTIVE-EXPIRE", 1);
    assertEquals(cache.call("DBSIZE"), 0);
  }
});

Deno.test("OBJECT IDLETIME tells how long a key was not used, which some commands do not change", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  cache.call("SET", "key", 1);
  const used: string[] = [];
  for (
    const request of [
      "TYPE",
      "TTL",
      "EXISTS",
      "OBJECT ENCODING",
      "DBSIZE",
      "GET",
      "TOUCH",
      "EXPIRE",
    ]
  ) {
    clock.advance(5000);
    const parts = request === "DBSIZE" ? [] : request === "EXPIRE" ? ["key", 100] : ["key"];
    cache.call(...request.split(" "), ...parts);
    if (cache.call("OBJECT", "IDLETIME", "key") === 0) used.push(request);
  }
  assertEquals(used, ["GET", "TOUCH", "EXPIRE"]);
  clock.advance(7000);
  cache.call("RENAME", "key", "other");
  assertEquals(cache.call("OBJECT", "IDLETIME", "other"), 0);
});

Deno.test("RANDOMKEY finds every key", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  for (let i = 0; i < 10; i++) cache.call("SET", i, i);
  const found = new Set<unknown>();
  // That one of ten does not come in 1000 draws has a probability of 10^-18, long chains considered.
  for (let i = 0; i < 1000; i++) found.add(cache.call("RANDOMKEY"));
  assertEquals(found.size, 10);
});

Deno.test("SCAN finds every key, also where keys come, go and expire between its steps", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  for (let i = 0; i < 500; i++) cache.call("SET", `stays:${i}`, i);
  for (let i = 0; i < 2000; i++) cache.call("SET", `goes:${i}`, i, "PX", 1 + i % 100);
  const found = new Set<unknown>();
  let cursor: unknown = "0";
  for (let step = 0;; step++) {
    const [next, keys] = cache.call("SCAN", String(cursor), "COUNT", 7) as [string, string[]];
    for (const key of keys) found.add(key);
    cursor = next;
    if (cursor === "0") break;
    clock.advance(1);
    if (step < 50) { for (let i = 0; i < 20; i++) cache.call("SET", `comes:${step}:${i}`, i); }
  }
  for (let i = 0; i < 500; i++) assert(found.has(`stays:${i}`));
});

Deno.test("Keys stay as they are where there is no memory to copy or rename them", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  cache.call("SET", "a", "x".repeat(200_000), "EX", 100);
  cache.call("RPUSH", "l", ...Array.from({ length: 200 }, () => "y".repeat(1000)));
  const long = "k".repeat(300_000);
  for (
    const request of [["COPY", "a", "b"], ["COPY", "l", "m"], ["RENAME", "a", long], [
      "COPY",
      "a",
      long,
    ]]
  ) {
    let message = "";
    withBuffers(0, () => {
      // What is left of the memory there is.
      try {
        for (let i = 0;; i++) cache.call("SET", `${request}${i}`, "z".repeat(60_000));
      } catch {
        // It is full.
      }
      try {
        cache.call(...request);
      } catch (error) {
        message = (error as Error).message;
      }
    });
    assert(message.startsWith("OOM"), `${request[0]}: ${message}`);
    assertEquals(cache.call("TTL", "a"), 100);
    assertEquals(cache.call("LLEN", "l"), 200);
    assertEquals(cache.call("EXISTS", "b", "m", long), 0);
  }
});

Deno.test("UNLINK, DEL, FLUSHDB and FLUSHALL give large things back in slices, and all of them", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  const usedMemory = () =>
    Number(/used_memory:(\d+)/.exec(String(cache.call("INFO", "memory")))?.[1]);
  const empty = usedMemory();
  const numbers = Array.from({ length: 20_000 }, (_, i) => `element:${i}`);
  const fill = () => {
    cache.call("SADD", "set", ...numbers);
    cache.call("HSET", "hash", ...numbers);
    cache.call("RPUSH", "list", ...numbers.map((number) => number.padEnd(300)));
    cache.call("ZADD", "zset", ...numbers.flatMap((number, i) => [i, number]));
    for (let i = 0; i < 5000; i++) cache.call("SET", `key:${i}`, "value".repeat(10));
  };
  for (
    const request of ["UNLINK set hash list zset", "DEL set hash list zset", "FLUSHDB", "FLUSHALL"]
  ) {
    fill();
    assertEquals(cache.call("DBSIZE"), 5004);
    cache.call(...request.split(" "));
    cache.call("SET", "key", "in between");
    const wasLeft = usedMemory() > empty + 500_000;
    assertEquals(wasLeft, request !== "FLUSHALL", request);
    for (let i = 0; i < 5000; i++) cache.call("DEL", `key:${i}`);
    cache.call("DEL", "key");
    while (usedMemory() > empty + 200_000) await new Promise((resolve) => setTimeout(resolve, 1));
  }
});
