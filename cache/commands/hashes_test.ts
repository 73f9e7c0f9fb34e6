import { assert, assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ReplyError } from "../protocol/value.ts";
import { withBuffers } from "../store/test_util.ts";
import { play } from "./test_util.ts";

// The stories are what redis-server 7.0.15 has answered.

Deno.test("HSET and its like do what Redis does", () =>
  play(`
  HSET h a 1 b 2 → :2
  HSET h a 3 c 4 → :1
  HSET h a → -ERR wrong number of arguments for 'hset' command
  HSET h a 1 b → -ERR wrong number of arguments for 'hset' command
  HGET h a → $1 3
  HGET h none → $-1
  HGET none a → $-1
  HGETALL h → *6 $1 a $1 3 $1 b $1 2 $1 c $1 4
  HGETALL none → *0
  HKEYS h → *3 $1 a $1 b $1 c
  HKEYS none → *0
  HVALS h → *3 $1 3 $1 2 $1 4
  HVALS none → *0
  HLEN h → :3
  HLEN none → :0
  HEXISTS h a → :1
  HEXISTS h none → :0
  HEXISTS none a → :0
  HSTRLEN h a → :1
  HSTRLEN h none → :0
  HSTRLEN none a → :0
  HMGET h a none c → *3 $1 3 $-1 $1 4
  HMGET none a b → *2 $-1 $-1
  HMSET h d 5 e 6 → +OK
  HMSET h d → -ERR wrong number of arguments for 'hmset' command
  HMSET h d 5 e → -ERR wrong number of arguments for 'hmset' command
  HSETNX h a 7 → :0
  HSETNX h f 7 → :1
  HSETNX new a 1 → :1
  HGETALL new → *2 $1 a $1 1
  HSET h "" empty empty "" → :2
  HGET h "" → $5 empty
  HSTRLEN h empty → :0
  HDEL h "" empty none a a → :3
  HDEL h b c d e f → :5
  HLEN h → :0
  EXISTS h → :0
  HDEL none a → :0
`));

Deno.test("HINCRBY counts to 64 bits", () =>
  play(`
  HINCRBY n i 5 → :5
  HINCRBY n i -7 → :-2
  HGET n i → $2 -2
  HINCRBY n i x → -ERR value is not an integer or out of range
  HINCRBY n i 9223372036854775808 → -ERR value is not an integer or out of range
  HSET n max 9223372036854775807 min -9223372036854775808 text abc space " 1" float 1.5 → :5
  HINCRBY n max 1 → -ERR increment or decrement would overflow
  HINCRBY n max -1 → :9223372036854775806
  HINCRBY n min -1 → -ERR increment or decrement would overflow
  HINCRBY n min 1 → :-9223372036854775807
  HINCRBY n max -9223372036854775807 → :-1
  HINCRBY n text 1 → -ERR hash value is not an integer
  HINCRBY n space 1 → -ERR hash value is not an integer
  HINCRBY n float 1 → -ERR hash value is not an integer
  HINCRBY fresh x 9007199254740993 → :9007199254740993
  EXISTS missing → :0
  HINCRBY missing x 1.5 → -ERR value is not an integer or out of range
  EXISTS missing → :0
`));

Deno.test("HINCRBYFLOAT adds as Redis does", () =>
  play(`
  HSET n text abc space " 1" → :2
  HINCRBYFLOAT n f 10.5 → $4 10.5
  HINCRBYFLOAT n f 0.1 → $4 10.6
  HINCRBYFLOAT n f 5.0e3 → $22 5010.60000000000000009
  HINCRBYFLOAT n f -5000 → $20 10.60000000000000009
  HINCRBYFLOAT n big 17179869184.1 → $29 17179869184.09999999962747097
  HINCRBYFLOAT n big 0.3 → $29 17179869184.40000000037252903
  HINCRBYFLOAT n text 1 → -ERR hash value is not a float
  HINCRBYFLOAT n space 1 → -ERR hash value is not a float
  HINCRBYFLOAT n f x → -ERR value is not a valid float
  HINCRBYFLOAT n f inf → -ERR value is NaN or Infinity
  HINCRBYFLOAT n f nan → -ERR value is not a valid float
  HSET n inf inf → :1
  HINCRBYFLOAT n inf 1 → -ERR increment would produce NaN or Infinity
  HINCRBYFLOAT n huge 1e22 → $23 10000000000000000000000
  HINCRBYFLOAT n f "" → -ERR value is not a valid float
`));

Deno.test("Commands of hashes refuse other types", () =>
  play(`
  SET s v → +OK
  HSET s a 1 → -WRONGTYPE
  HMSET s a 1 → -WRONGTYPE
  HSETNX s a 1 → -WRONGTYPE
  HGET s a → -WRONGTYPE
  HMGET s a → -WRONGTYPE
  HGETALL s → -WRONGTYPE
  HKEYS s → -WRONGTYPE
  HVALS s → -WRONGTYPE
  HLEN s → -WRONGTYPE
  HEXISTS s a → -WRONGTYPE
  HSTRLEN s a → -WRONGTYPE
  HDEL s a → -WRONGTYPE
  HINCRBY s a 1 → -WRONGTYPE
  HINCRBY s a x → -ERR value is not an integer or out of range
  HINCRBYFLOAT s a 1 → -WRONGTYPE
  HINCRBYFLOAT s a x → -ERR value is not a valid float
  HRANDFIELD s → -WRONGTYPE
  HRANDFIELD s 1 → -WRONGTYPE
  HSCAN s 0 → -WRONGTYPE
`));

Deno.test("HRANDFIELD replies as many fields as it is told to", () =>
  play(`
  HSET one f v → :1
  HRANDFIELD one → $1 f
  HRANDFIELD one 0 → *0
  HRANDFIELD one 1 → *1 $1 f
  HRANDFIELD one 5 → *1 $1 f
  HRANDFIELD one 5 WITHVALUES → *2 $1 f $1 v
  HRANDFIELD one -2 → *2 $1 f $1 f
  HRANDFIELD one -2 WithValues → *4 $1 f $1 v $1 f $1 v
  HRANDFIELD none → $-1
  HRANDFIELD none 1 → *0
  HRANDFIELD none -1 WITHVALUES → *0
  HRANDFIELD one x → -ERR value is not an integer or out of range
  HRANDFIELD one 1 x → -ERR syntax error
  HRANDFIELD one x x → -ERR value is not an integer or out of range
  HRANDFIELD one 1 WITHVALUES x → -ERR syntax error
  HRANDFIELD one -9223372036854775808 → -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
  HRANDFIELD one -9223372036854775807 x → -ERR syntax error
  HRANDFIELD one -9223372036854775808 WITHVALUES → -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
  HRANDFIELD one 4611686018427387904 WITHVALUES → -ERR value is out of range
  HRANDFIELD one -4611686018427387904 WITHVALUES → -ERR value is out of range
  HRANDFIELD one 4611686018427387903 WITHVALUES → *2 $1 f $1 v
  HRANDFIELD one 9223372036854775807 → *1 $1 f
`));

Deno.test("HSCAN reads its cursor and options as Redis does", () =>
  play(String.raw`
  HSET one f v → :1
  HSCAN one 0 → *2 $1 0 *2 $1 f $1 v
  HSCAN none 0 → *2 $1 0 *0
  HSCAN none 0 COUNT x → *2 $1 0 *0
  HSCAN one 0 MATCH F* → *2 $1 0 *0
  HSCAN one 0 MATCH [e-g] COUNT 1 → *2 $1 0 *2 $1 f $1 v
  HSCAN one 0 match * count 10 → *2 $1 0 *2 $1 f $1 v
  HSET blank "" v → :1
  HSCAN blank 0 MATCH * → *2 $1 0 *2 $0  $1 v
  HSCAN blank 0 MATCH ** → *2 $1 0 *0
  HSCAN one x → -ERR invalid cursor
  HSCAN one "" → *2 $1 0 *2 $1 f $1 v
  HSCAN one " 0" → -ERR invalid cursor
  HSCAN one +0 → *2 $1 0 *2 $1 f $1 v
  HSCAN one -1 → *2 $1 0 *2 $1 f $1 v
  HSCAN one - → -ERR invalid cursor
  HSCAN one 18446744073709551615 → *2 $1 0 *2 $1 f $1 v
  HSCAN one 18446744073709551616 → -ERR invalid cursor
  HSCAN one "0\x00x" → *2 $1 0 *2 $1 f $1 v
  HSCAN one 0 COUNT 0 → -ERR syntax error
  HSCAN one 0 COUNT x → -ERR value is not an integer or out of range
  HSCAN one 0 COUNT → -ERR syntax error
  HSCAN one 0 MATCH → -ERR syntax error
  HSCAN one 0 TYPE hash → -ERR syntax error
  HSCAN one 0 COUNT x MATCH → -ERR value is not an integer or out of range
`));

Deno.test("HSET changes the encoding where Redis does", () =>
  play(`
  HSET one f v → :1
  OBJECT ENCODING one → $8 listpack
  CONFIG SET hash-max-listpack-entries 2 hash-max-listpack-value 4 → +OK
  HSET e a 1 b 2 → :2
  OBJECT ENCODING e → $8 listpack
  HSET e a 3 → :0
  OBJECT ENCODING e → $8 listpack
  HSET e c 3 → :1
  OBJECT ENCODING e → $9 hashtable
  HDEL e b c → :2
  OBJECT ENCODING e → $9 hashtable
  HSET v a 1234 → :1
  OBJECT ENCODING v → $8 listpack
  HSETNX v a 12345 → :0
  OBJECT ENCODING v → $8 listpack
  HINCRBY v a 10000 → :11234
  OBJECT ENCODING v → $9 hashtable
  HGETALL v → *2 $1 a $5 11234
  HSET w a 12345 → :1
  OBJECT ENCODING w → $9 hashtable
  HSET x abcde 1 → :1
  OBJECT ENCODING x → $9 hashtable
  HINCRBYFLOAT x abcde 1.25 → $4 2.25
  HINCRBYFLOAT y abc 1.125 → $5 1.125
  OBJECT ENCODING y → $9 hashtable
`));

Deno.test("Commands of hashes reply maps and pairs in RESP3", () =>
  play(`
  HELLO 3
  HSET h a 1 → :1
  HGETALL h → %1 $1 a $1 1
  HGETALL none → %0
  HKEYS h → *1 $1 a
  HKEYS none → *0
  HGET h none → _
  HMGET h a none → *2 $1 1 _
  HRANDFIELD h → $1 a
  HRANDFIELD none → _
  HRANDFIELD h 1 → *1 $1 a
  HRANDFIELD h 1 WITHVALUES → *1 *2 $1 a $1 1
  HRANDFIELD h -2 WITHVALUES → *2 *2 $1 a $1 1 *2 $1 a $1 1
  HRANDFIELD none 1 → *0
  HINCRBYFLOAT h a 1.5 → $3 2.5
  HSCAN h 0 → *2 $1 0 *2 $1 a $3 2.5
  HSCAN none 0 → *2 $1 0 *0
`));

Deno.test("Commands of hashes tell of changes when Redis does", () =>
  play(`
  HELLO 3
  CONFIG SET notify-keyspace-events KEA → +OK
  PSUBSCRIBE __keyevent@0__:* → >3 $10 psubscribe $16 __keyevent@0__:* :1
  HSET h a 1 b 2 c 3 → :3 >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:hset $1 h
  HSET h a 1 → :0 >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:hset $1 h
  HMSET h a 1 → +OK >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:hset $1 h
  HSETNX h a 1 → :0
  HSETNX h d 1 → :1 >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:hset $1 h
  HINCRBY h a 1 → :2 >4 $8 pmessage $16 __keyevent@0__:* $22 __keyevent@0__:hincrby $1 h
  HINCRBY h a x → -ERR value is not an integer or out of range
  HINCRBYFLOAT h a 1 → $1 3 >4 $8 pmessage $16 __keyevent@0__:* $27 __keyevent@0__:hincrbyfloat $1 h
  HDEL h none → :0
  HDEL h a b → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:hdel $1 h :2
  HDEL h c d → >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:hdel $1 h >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 h :2
  HGET h a → _
`));

/** Hashes of 600 fields, in a table, and of 20, in a pack: `f0` has the value `v0`. */
function fill(cache: Cache): Map<string, number> {
  const sizes = new Map([["table", 600], ["pack", 20]]);
  for (const [key, size] of sizes) {
    for (let i = 0; i < size; i++) cache.call("HSET", key, `f${i}`, `v${i}`);
  }
  return sizes;
}

Deno.test("HRANDFIELD replies different fields, or as many as it takes", async () => {
  await using cache = new Cache();
  for (const [key, size] of fill(cache)) {
    for (const count of [1, 5, size - 1, size, size + 1]) {
      const fields = cache.call("HRANDFIELD", key, count) as string[];
      assertEquals(new Set(fields).size, Math.min(count, size));
      assertEquals(fields.length, Math.min(count, size));
      const pairs = cache.call("HRANDFIELD", key, -count, "WITHVALUES") as string[][];
      assertEquals(pairs.length, count);
      for (const [field, value] of pairs) assertEquals(field?.replace("f", "v"), value);
    }
    assert(String(cache.call("HRANDFIELD", key)).startsWith("f"));
  }
});

Deno.test("HSCAN comes to each field, some with each call", async () => {
  await using cache = new Cache();
  for (const [key, size] of fill(cache)) {
    for (const [count, pattern] of [[10, "*"], [100, "f*"], [10_000, "*"], [20, "f1*"]] as const) {
      const found = new Map<string, string>();
      let calls = 0;
      let cursor = "0";
      do {
        const reply = cache.call("HSCAN", key, cursor, "COUNT", count, "MATCH", pattern);
        const [next, flat] = reply as [string, string[]];
        for (let i = 0; i < flat.length; i += 2) found.set(flat[i] ?? "", flat[i + 1] ?? "");
        cursor = next;
        calls++;
      } while (cursor !== "0");
      const expected = Array.from({ length: size }, (_, i) => i)
        .filter((i) => pattern !== "f1*" || String(i).startsWith("1"));
      assertEquals(found.size, expected.length);
      for (const i of expected) assertEquals(found.get(`f${i}`), `v${i}`);
      // A bucket may hold more than one field.
      if (key === "table") {
        assert(calls > size / count / 4 && calls <= size / count + 1, `${calls}`);
      } else assertEquals(calls, 1);
    }
  }
});

Deno.test("HSET makes no key, and breaks none, when there is no memory", async () => {
  await using cache = new Cache();
  const long = "v".repeat(100_000);
  cache.call("HSET", "old", "a", "1", "b", "2");
  withBuffers(0, () => {
    assertThrows(() => cache.call("HSET", "new", "a", long), ReplyError, "OOM");
    // The first field is set, and the hash a table, when the second fails.
    assertThrows(() => cache.call("HSET", "old", "a", "3", "b", long), ReplyError, "OOM");
  });
  assertEquals(cache.call("EXISTS", "new"), 0);
  assertEquals(cache.call("HMGET", "old", "a", "b"), ["3", "2"]);
  assertEquals(cache.call("HSET", "new", "a", long), 1);
});
