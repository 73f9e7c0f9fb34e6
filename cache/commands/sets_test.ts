import { assert, assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ReplyError } from "../protocol/value.ts";
import { withBuffers } from "../store/test_util.ts";
import { play } from "./test_util.ts";

// The stories are what redis-server 7.0.15 has answered.

Deno.test("SADD and its like do what Redis does", () =>
  play(`
  SADD s 3 1 2 3 → :3
  SADD s 1 → :0
  SCARD s → :3
  SCARD none → :0
  SMEMBERS s → *3 $1 1 $1 2 $1 3
  SMEMBERS none → *0
  SISMEMBER s 1 → :1
  SISMEMBER s 01 → :0
  SISMEMBER s x → :0
  SISMEMBER none x → :0
  SMISMEMBER s 1 x 2 → *3 :1 :0 :1
  SMISMEMBER none 1 x → *2 :0 :0
  SADD s a → :1
  SADD s "" → :1
  SISMEMBER s "" → :1
  SREM s "" a x → :2
  SREM s 1 2 3 1 → :3
  EXISTS s → :0
  SREM none a → :0
`));

Deno.test("SMOVE moves a member that is there", () =>
  play(`
  SADD from a 1 → :2
  SADD to 2 → :1
  SMOVE from to x → :0
  SMOVE from to 1 → :1
  SMEMBERS to → *2 $1 1 $1 2
  SMOVE from from a → :1
  SMOVE from from x → :0
  SMOVE from new a → :1
  EXISTS from → :0
  SMEMBERS new → *1 $1 a
  SMOVE none to a → :0
  SADD both 1 → :1
  SMOVE both to 1 → :1
  SMEMBERS to → *2 $1 1 $1 2
`));

Deno.test("Commands of sets refuse other types", () =>
  play(`
  SADD to 1 2 → :2
  SET string v → +OK
  SADD string a → -WRONGTYPE
  SREM string a → -WRONGTYPE
  SCARD string → -WRONGTYPE
  SMEMBERS string → -WRONGTYPE
  SISMEMBER string a → -WRONGTYPE
  SMISMEMBER string a → -WRONGTYPE
  SMOVE string to a → -WRONGTYPE
  SMOVE to string 1 → -WRONGTYPE
  SMOVE none string a → :0
  SPOP string → -WRONGTYPE
  SPOP string 1 → -WRONGTYPE
  SPOP string x → -ERR value is out of range, must be positive
  SRANDMEMBER string → -WRONGTYPE
  SRANDMEMBER string 1 → -WRONGTYPE
  SSCAN string 0 → -WRONGTYPE
  SINTER none string → -WRONGTYPE
  SINTERCARD 2 none string → -WRONGTYPE
  SINTERSTORE target to string → -WRONGTYPE
  SUNION to string → -WRONGTYPE
  SUNIONSTORE target none string → -WRONGTYPE
  SDIFF none string → -WRONGTYPE
  SDIFFSTORE target to string → -WRONGTYPE
`));

Deno.test("SINTER, SUNION, SDIFF and what stores them do what Redis does", () =>
  play(`
  SADD a 1 2 3 4 → :4
  SADD b 3 4 5 → :3
  SADD c 4 6 → :2
  SINTER a → *4 $1 1 $1 2 $1 3 $1 4
  SINTER a b → *2 $1 3 $1 4
  SINTER a b c → *1 $1 4
  SINTER a b none → *0
  SINTER a a → *4 $1 1 $1 2 $1 3 $1 4
  SINTER none → *0
  SUNION a b c → *6 $1 1 $1 2 $1 3 $1 4 $1 5 $1 6
  SUNION a none → *4 $1 1 $1 2 $1 3 $1 4
  SUNION none → *0
  SDIFF a b → *2 $1 1 $1 2
  SDIFF a b c → *2 $1 1 $1 2
  SDIFF a none c → *3 $1 1 $1 2 $1 3
  SDIFF a b a → *0
  SDIFF none a → *0
  SDIFF a → *4 $1 1 $1 2 $1 3 $1 4
  SINTERCARD 2 a b → :2
  SINTERCARD 2 a b LIMIT 1 → :1
  SINTERCARD 2 a b LIMIT 0 → :2
  SINTERCARD 2 a b limit 9 LIMIT 1 → :1
  SINTERCARD 2 a none → :0
  SINTERCARD 0 a → -ERR numkeys should be greater than 0
  SINTERCARD x a → -ERR numkeys should be greater than 0
  SINTERCARD 3 a b → -ERR Number of keys can't be greater than number of args
  SINTERCARD 2 a b LIMIT → -ERR syntax error
  SINTERCARD 2 a b LIMIT -1 → -ERR LIMIT can't be negative
  SINTERCARD 2 a b LIMIT x → -ERR LIMIT can't be negative
  SINTERCARD 2 a b x → -ERR syntax error
  SINTERCARD 1 a b → -ERR syntax error
  SINTERSTORE target a b → :2
  SMEMBERS target → *2 $1 3 $1 4
  SINTERSTORE target a none → :0
  EXISTS target → :0
  SINTERSTORE target a none → :0
  SUNIONSTORE target a b c → :6
  SMEMBERS target → *6 $1 1 $1 2 $1 3 $1 4 $1 5 $1 6
  SUNIONSTORE target none → :0
  EXISTS target → :0
  SDIFFSTORE target a b → :2
  SMEMBERS target → *2 $1 1 $1 2
  SDIFFSTORE target none a → :0
  SADD d 1 → :1
  SINTERSTORE a a d → :1
  SMEMBERS a → *1 $1 1
  SET target text EX 100 → +OK
  SUNIONSTORE target a → :1
  TYPE target → +set
  TTL target → :-1
  SET target text → +OK
  SDIFFSTORE target none → :0
  EXISTS target → :0
  SADD d x → :1
  SINTER d b → *0
  SINTER a d → *1 $1 1
  SUNIONSTORE a a d → :2
  SCARD a → :2
  SDIFF d a → *0
`));

Deno.test("SPOP and SRANDMEMBER reply as many members as they are told to", () =>
  play(`
  SADD one m → :1
  SRANDMEMBER one → $1 m
  SRANDMEMBER one 0 → *0
  SRANDMEMBER one 5 → *1 $1 m
  SRANDMEMBER one -2 → *2 $1 m $1 m
  SRANDMEMBER none → $-1
  SRANDMEMBER none 1 → *0
  SRANDMEMBER one x → -ERR value is not an integer or out of range
  SRANDMEMBER one 1 2 → -ERR syntax error
  SRANDMEMBER one -9223372036854775808 → -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
  SRANDMEMBER one 9223372036854775807 → *1 $1 m
  SPOP one x → -ERR value is out of range, must be positive
  SPOP one -1 → -ERR value is out of range, must be positive
  SPOP one 0 → *0
  SPOP one 1 2 → -ERR syntax error
  SPOP none → $-1
  SPOP none 1 → *0
  SPOP one → $1 m
  EXISTS one → :0
  SADD two 7 → :1
  SPOP two 5 → *1 $1 7
  EXISTS two → :0
`));

Deno.test("SSCAN replies a small set at once", () =>
  play(`
  SADD i 2 1 10 → :3
  SSCAN i 0 → *2 $1 0 *3 $1 1 $1 2 $2 10
  SSCAN i 0 MATCH 1* → *2 $1 0 *2 $1 1 $2 10
  SSCAN i 5 COUNT 1 → *2 $1 0 *3 $1 1 $1 2 $2 10
  SSCAN none 0 → *2 $1 0 *0
  SSCAN i x → -ERR invalid cursor
  SSCAN i 0 x → -ERR syntax error
  SADD text m → :1
  SSCAN text 0 → *2 $1 0 *1 $1 m
  SSCAN text 0 MATCH x → *2 $1 0 *0
`));

Deno.test("SADD changes the encoding where Redis does", () =>
  play(`
  SADD i 2 1 10 → :3
  OBJECT ENCODING i → $6 intset
  SADD i -9223372036854775808 9223372036854775807 → :2
  SMEMBERS i → *5 $20 -9223372036854775808 $1 1 $1 2 $2 10 $19 9223372036854775807
  OBJECT ENCODING i → $6 intset
  SADD i 9223372036854775808 → :1
  OBJECT ENCODING i → $9 hashtable
  SREM i 9223372036854775808 → :1
  OBJECT ENCODING i → $9 hashtable
  SUNIONSTORE i i → :5
  OBJECT ENCODING i → $6 intset
  SADD t x → :1
  OBJECT ENCODING t → $9 hashtable
  CONFIG SET set-max-intset-entries 3 → +OK
  SADD j 1 2 3 → :3
  OBJECT ENCODING j → $6 intset
  SADD j 3 → :0
  OBJECT ENCODING j → $6 intset
  SADD j 4 → :1
  OBJECT ENCODING j → $9 hashtable
  SADD k 1 x → :2
  SREM k x → :1
  OBJECT ENCODING k → $9 hashtable
  SDIFFSTORE l k none → :1
  OBJECT ENCODING l → $6 intset
  SDIFFSTORE l j k → :3
  OBJECT ENCODING l → $6 intset
`));

Deno.test("Commands of sets reply sets in RESP3", () =>
  play(`
  HELLO 3
  SADD s 1 → :1
  SMEMBERS s → ~1 $1 1
  SMEMBERS none → ~0
  SINTER s → ~1 $1 1
  SINTER s none → ~0
  SUNION s → ~1 $1 1
  SDIFF none → ~0
  SMISMEMBER s 1 2 → *2 :1 :0
  SISMEMBER s 1 → :1
  SRANDMEMBER s → $1 1
  SRANDMEMBER none → _
  SRANDMEMBER s 1 → *1 $1 1
  SRANDMEMBER none 1 → *0
  SSCAN s 0 → *2 $1 0 *1 $1 1
  SPOP s 0 → ~0
  SPOP none 1 → ~0
  SPOP none → _
  SPOP s 1 → ~1 $1 1
  SADD s 1 → :1
  SPOP s → $1 1
`));

Deno.test("Commands of sets tell of changes when Redis does", () =>
  play(`
  HELLO 3
  CONFIG SET notify-keyspace-events KEA → +OK
  PSUBSCRIBE __keyevent@0__:* → >3 $10 psubscribe $16 __keyevent@0__:* :1
  SADD s a b c → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:sadd $1 s :3
  SADD s a → :0
  SREM s none → :0
  SREM s a → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:srem $1 s :1
  SMOVE s t x → :0
  SMOVE s s b → :1
  SMOVE s t b → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:srem $1 s >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:sadd $1 t :1
  SADD t c → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:sadd $1 t :1
  SMOVE s t c → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:srem $1 s >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 s :1
  SINTERSTORE u t → :2 >4 $8 pmessage $16 __keyevent@0__:* $26 __keyevent@0__:sinterstore $1 u
  SUNIONSTORE u t none → :2 >4 $8 pmessage $16 __keyevent@0__:* $26 __keyevent@0__:sunionstore $1 u
  SDIFFSTORE u t none → :2 >4 $8 pmessage $16 __keyevent@0__:* $25 __keyevent@0__:sdiffstore $1 u
  SINTERSTORE u t none → >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 u :0
  SUNIONSTORE u none → :0
  SDIFFSTORE t t t → :0 >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 t
  SADD s 1 2 3 → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:sadd $1 s :3
  SPOP s 0 → ~0
  SREM s 2 3 → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:srem $1 s :2
  SPOP s → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:spop $1 s $1 1 >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 s
  SADD s 1 → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:sadd $1 s :1
  SPOP s 5 → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:spop $1 s ~1 $1 1 >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 s
`));

/** Sets of 600 members in a table, of 20 in a pack, and of 300 integers. */
function fill(cache: Cache): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  for (const [key, size, prefix] of [["table", 600, "m"], ["pack", 20, "m"], ["ints", 300, ""]]) {
    const members = Array.from({ length: Number(size) }, (_, i) => `${prefix}${i}`);
    sets.set(String(key), members);
    cache.call("SADD", String(key), ...members);
  }
  return sets;
}

Deno.test("SRANDMEMBER replies different members, or as many as it takes", async () => {
  await using cache = new Cache();
  for (const [key, members] of fill(cache)) {
    const size = members.length;
    for (const count of [1, 5, size - 1, size, size + 1]) {
      const some = cache.call("SRANDMEMBER", key, count) as string[];
      assertEquals(some.length, Math.min(count, size));
      assertEquals(new Set(some).size, some.length);
      const any = cache.call("SRANDMEMBER", key, -count) as string[];
      assertEquals(any.length, count);
      assert([...some, ...any].every((member) => members.includes(member)));
    }
    assert(members.includes(String(cache.call("SRANDMEMBER", key))));
  }
});

Deno.test("SPOP removes the members that it replies", async () => {
  await using cache = new Cache();
  // Few of the set, most of it, all of it, each in its own way.
  for (const part of [0.1, 0.95, 1]) {
    for (const [key, members] of fill(cache)) {
      const count = Math.floor(part * members.length);
      const popped = [...cache.call("SPOP", key, count) as Set<string>];
      assertEquals(popped.length, count);
      assertEquals(cache.call("SCARD", key), members.length - count);
      const left = [...cache.call("SMEMBERS", key) as Set<string>];
      assertEquals([...popped, ...left].sort(), members.toSorted());
    }
  }
  const last = new Set(["a", "b"]);
  cache.call("SADD", "two", ...last);
  while (last.size > 0) assert(last.delete(String(cache.call("SPOP", "two"))));
  assertEquals(cache.call("EXISTS", "two"), 0);
});

Deno.test("SPOP of most members makes a new set, which may be of integers", async () => {
  await using cache = new Cache();
  const encoding = (key: string) => cache.call("OBJECT", "ENCODING", key);
  const integers = Array.from({ length: 100 }, (_, i) => i);
  for (
    const [key, count, expected] of [["few", 80, "hashtable"], ["most", 90, "intset"]] as const
  ) {
    cache.call("SADD", key, "x", ...integers);
    cache.call("SREM", key, "x");
    assertEquals(encoding(key), "hashtable");
    cache.call("SPOP", key, count);
    assertEquals(encoding(key), expected);
  }
});

Deno.test("SSCAN comes to each member, some with each call", async () => {
  await using cache = new Cache();
  for (const [key, members] of fill(cache)) {
    const found = new Set<string>();
    let calls = 0;
    let cursor = "0";
    do {
      const [next, some] = cache.call("SSCAN", key, cursor) as [string, string[]];
      for (const member of some) found.add(member);
      cursor = next;
      calls++;
    } while (cursor !== "0");
    assertEquals([...found].sort(), members.toSorted());
    assert(key === "table" ? calls > 15 && calls <= 60 : calls === 1, `${calls}`);
  }
});

Deno.test("SDIFFSTORE leaves a table of integers where Redis does", async () => {
  await using cache = new Cache();
  const encoding = (key: string) => cache.call("OBJECT", "ENCODING", key);
  const integers = Array.from({ length: 100 }, (_, i) => i);
  cache.call("SADD", "big", "x", ...integers);
  for (const key of ["x1", "x2", "x3"]) cache.call("SADD", key, "x");
  // One set is subtracted member by member, several small ones from a copy, which had a string in it.
  assertEquals(cache.call("SDIFFSTORE", "one", "big", "x1"), 100);
  assertEquals(encoding("one"), "intset");
  assertEquals(cache.call("SDIFFSTORE", "three", "big", "x1", "x2", "x3"), 100);
  assertEquals(encoding("three"), "hashtable");
  cache.call("SUNIONSTORE", "same", "big");
  assertEquals(cache.call("SDIFFSTORE", "none", "big", "same", "x1", "x2", "x3"), 0);
});

Deno.test("SUNION, SINTER and SDIFF agree for sets stored in all ways", async () => {
  await using cache = new Cache();
  const sets = fill(cache);
  cache.call("SADD", "pack", 7, 8);
  sets.get("pack")?.push("7", "8");
  for (const [a, first] of sets) {
    for (const [b, second] of sets) {
      const of = (command: string) => [...cache.call(command, a, b) as Set<string>].sort();
      const other = new Set(second);
      assertEquals(of("SUNION"), [...new Set([...first, ...second])].sort());
      assertEquals(of("SINTER"), first.filter((member) => other.has(member)).sort());
      assertEquals(of("SDIFF"), first.filter((member) => !other.has(member)).sort());
      assertEquals(cache.call("SINTERCARD", 2, a, b), of("SINTER").length);
      assertEquals(cache.call("SINTERSTORE", "result", a, b), of("SINTER").length);
    }
  }
});

Deno.test("SUNIONSTORE leaves all as it was when there is no memory", async () => {
  await using cache = new Cache();
  for (const key of ["a", "b"]) {
    cache.call("SADD", key, ...Array.from({ length: 20_000 }, (_, i) => `${key} ${i}`));
  }
  cache.call("SET", "result", "text");
  const used = () => /used_memory:(\d+)/.exec(String(cache.call("INFO", "memory")))?.[1];
  const before = used();
  withBuffers(0, () => {
    assertThrows(() => cache.call("SUNIONSTORE", "result", "a", "b"), ReplyError, "OOM");
  });
  assertEquals(used(), before);
  assertEquals(cache.call("GET", "result"), "text");
  assertEquals(cache.call("SUNIONSTORE", "result", "a", "b"), 40_000);
});
