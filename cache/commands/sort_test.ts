import { assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { withBuffers } from "../store/test_util.ts";
import { play } from "./test_util.ts";

// The stories are what redis-server 7.0.15 has answered.

Deno.test("SORT of numbers and texts does what Redis does", () =>
  play(`
  SORT none → *0
  RPUSH l 10 9 2 1 33 -5 2.5 → :7
  SORT l → *7 $2 -5 $1 1 $1 2 $3 2.5 $1 9 $2 10 $2 33
  SORT l DESC → *7 $2 33 $2 10 $1 9 $3 2.5 $1 2 $1 1 $2 -5
  SORT l ASC LIMIT 1 3 → *3 $1 1 $1 2 $3 2.5
  SORT l LIMIT -5 2 → *2 $2 -5 $1 1
  SORT l LIMIT 0 0 → *0
  SORT l LIMIT 5 100 → *2 $2 10 $2 33
  SORT l LIMIT 100 5 → *0
  SORT l DESC LIMIT 0 -1 → *7 $2 33 $2 10 $1 9 $3 2.5 $1 2 $1 1 $2 -5
  SORT l ALPHA → *7 $2 -5 $1 1 $2 10 $1 2 $3 2.5 $2 33 $1 9
  SORT l ALPHA DESC → *7 $1 9 $2 33 $3 2.5 $1 2 $2 10 $1 1 $2 -5
  RPUSH t banana apple cherry → :3
  SORT t → -ERR One or more scores can't be converted into double
  SORT t ALPHA → *3 $5 apple $6 banana $6 cherry
  SADD s 3 1 2 10 → :4
  SORT s → *4 $1 1 $1 2 $1 3 $2 10
  SORT s DESC → *4 $2 10 $1 3 $1 2 $1 1
  ZADD z 3 1 2 2 1 3 → :3
  SORT z → *3 $1 1 $1 2 $1 3
  SORT z BY nosort → *3 $1 3 $1 2 $1 1
  SORT z BY nosort DESC → *3 $1 1 $1 2 $1 3
  SORT z BY nosort DESC LIMIT 1 1 → *1 $1 2
  SORT z BY nosort LIMIT 1 5 → *2 $1 2 $1 1
  OBJECT ENCODING z → $8 skiplist
  SORT l BY nosort → *7 $2 10 $1 9 $1 2 $1 1 $2 33 $2 -5 $3 2.5
  SORT l BY nosort DESC → *7 $3 2.5 $2 -5 $2 33 $1 1 $1 2 $1 9 $2 10
  SORT l BY nosort LIMIT 1 2 → *2 $1 9 $1 2
  SORT l BY nosort DESC LIMIT 1 2 → *2 $2 -5 $2 33
  RPUSH e 1e3 0x10 inf -inf → :4
  SORT e → *4 $4 -inf $4 0x10 $3 1e3 $3 inf
  RPUSH n 1 nan → :2
  SORT n → -ERR One or more scores can't be converted into double
  RPUSH u 1 01 1.0 → :3
  SORT u → *3 $2 01 $1 1 $3 1.0
  SORT u DESC → *3 $3 1.0 $1 1 $2 01
`));

Deno.test("SORT BY and GET does what Redis does", () =>
  play(`
  RPUSH l 1 2 3 4 → :4
  MSET w1 30 w2 10 w3 20 n1 one n2 two n3 three → +OK
  SORT l BY w* → *4 $1 4 $1 2 $1 3 $1 1
  SORT l BY w* DESC → *4 $1 1 $1 3 $1 2 $1 4
  SORT l BY w* GET n* → *4 $-1 $3 two $5 three $3 one
  SORT l BY w* GET # GET n* → *8 $1 4 $-1 $1 2 $3 two $1 3 $5 three $1 1 $3 one
  SORT l BY n* ALPHA → *4 $1 4 $1 1 $1 3 $1 2
  SORT l BY n* ALPHA DESC → *4 $1 2 $1 3 $1 1 $1 4
  SORT l BY n* → -ERR One or more scores can't be converted into double
  SORT l GET none* → *4 $-1 $-1 $-1 $-1
  SORT l GET # → *4 $1 1 $1 2 $1 3 $1 4
  SORT l GET nostar → *4 $-1 $-1 $-1 $-1
  SORT l GET ## → *4 $-1 $-1 $-1 $-1
  HSET h1 f 5 g x → :2
  HSET h2 f 4 → :1
  HSET h3 f 3 g z → :2
  SORT l BY h*->f → *4 $1 4 $1 3 $1 2 $1 1
  SORT l BY h*->f GET h*->g → *4 $-1 $1 z $-1 $1 x
  SORT l BY h*->g ALPHA → *4 $1 2 $1 4 $1 1 $1 3
  SORT l BY w*->f → *4 $1 1 $1 2 $1 3 $1 4
  SORT l BY h* → *4 $1 1 $1 2 $1 3 $1 4
  SORT l GET h*-> → *4 $-1 $-1 $-1 $-1
  SET h1-> arrow → +OK
  SORT l GET h*-> → *4 $5 arrow $-1 $-1 $-1
  SORT l BY nosort BY w* → *4 $1 1 $1 2 $1 3 $1 4
  SORT l BY w* BY nosort → *4 $1 1 $1 2 $1 3 $1 4
  SET w4 x → +OK
  SORT l BY w* → -ERR One or more scores can't be converted into double
  SORT l BY w* LIMIT 0 2 ALPHA → *2 $1 2 $1 3
`));

Deno.test("SORT STORE does what Redis does", () =>
  play(`
  RPUSH l 3 1 2 → :3
  SORT l STORE d → :3
  TYPE d → +list
  LRANGE d 0 -1 → *3 $1 1 $1 2 $1 3
  SET d x EX 100 → +OK
  SORT l DESC LIMIT 0 2 STORE d → :2
  LRANGE d 0 -1 → *2 $1 3 $1 2
  TTL d → :-1
  SORT l GET # GET none* STORE d → :6
  LRANGE d 0 -1 → *6 $1 1 $0  $1 2 $0  $1 3 $0
  SORT none STORE d → :0
  EXISTS d → :0
  SORT none STORE d → :0
  SORT l STORE l → :3
  LRANGE l 0 -1 → *3 $1 1 $1 2 $1 3
  SADD s b a c → :3
  SORT s BY nosort STORE d → :3
  LRANGE d 0 -1 → *3 $1 a $1 b $1 c
  SORT s STORE d → -ERR One or more scores can't be converted into double
  LRANGE d 0 -1 → *3 $1 a $1 b $1 c
  SORT s ALPHA STORE d store e → :3
  LRANGE e 0 -1 → *3 $1 a $1 b $1 c
  SORT_RO l → *3 $1 1 $1 2 $1 3
  SORT_RO l DESC LIMIT 0 1 → *1 $1 3
  SORT_RO l STORE d → -ERR syntax error
  COMMAND GETKEYS SORT l BY store STORE x STORE y → *2 $1 l $1 y
  COMMAND GETKEYS SORT l constructor STORE x → *2 $1 l $1 x
  COMMAND GETKEYS SORT_RO l → *1 $1 l
  COMMAND GETKEYSANDFLAGS SORT l STORE x → *2 *2 $1 l *2 +RO +access *2 $1 x *2 +OW +update
`));

Deno.test("SORT's errors do what Redis does", () =>
  play(`
  SORT → -ERR wrong number of arguments for 'sort' command
  SET a x → +OK
  SORT a → -WRONGTYPE
  HSET h f v → :1
  SORT h → -WRONGTYPE
  SORT none LIMIT 0 → -ERR syntax error
  SORT none LIMIT x 1 → -ERR value is not an integer or out of range
  SORT none LIMIT 0 x → -ERR value is not an integer or out of range
  SORT none BY → -ERR syntax error
  SORT none GET → -ERR syntax error
  SORT none STORE → -ERR syntax error
  SORT none WHAT → -ERR syntax error
  SORT a LIMIT x 1 → -ERR value is not an integer or out of range
`));

Deno.test("SORT takes no number that is too large or too small, and what C sees of a text", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  const sorted = (...elements: string[]) => {
    cache.call("DEL", "l");
    cache.call("RPUSH", "l", ...elements);
    try {
      return cache.call("SORT", "l");
    } catch (error) {
      return (error as Error).message;
    }
  };
  const error = "ERR One or more scores can't be converted into double";
  for (const text of ["1e400", "1e-400", "4.9e-324", "nan", "1x", " ", "1 "]) {
    assertEquals(sorted(text), error, text);
  }
  assertEquals(sorted("2", "1\0x", " 3", "\0"), ["\0", "1\0x", "2", " 3"]);
  cache.call("RPUSH", "t", "b", "a\0z", "a\0b");
  assertEquals(cache.call("SORT", "t", "ALPHA"), ["a\0z", "a\0b", "b"]);
  cache.call("SORT", "t", "ALPHA", "STORE", "d");
  assertEquals(cache.call("LRANGE", "d", 0, -1), ["a\0b", "a\0z", "b"]);
});

Deno.test("SORT by patterns does not mind keys that expire amid it", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock, enableDebugCommand: true });
  cache.call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  const elements = Array.from({ length: 300 }, (_, i) => String(i));
  cache.call("RPUSH", "l", ...elements);
  for (const i of elements) {
    cache.call("SET", `w${i}`, -Number(i));
    cache.call("SET", `v${i}`, "x".repeat(2000), "PX", Number(i) % 2 === 0 ? 10 : 1000);
  }
  clock.advance(11);
  const reply = cache.call("SORT", "l", "BY", "w*", "GET", "#", "GET", "v*");
  const expected = elements.reverse()
    .flatMap((i) => [i, Number(i) % 2 === 0 ? null : "x".repeat(2000)]);
  assertEquals(reply, expected);
});

Deno.test("SORT leaves all as it was where there is no memory to store its result", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  cache.call("RPUSH", "l", ...Array.from({ length: 400 }, (_, i) => String(i).padEnd(1000)));
  cache.call("SET", "d", "old");
  let message = "";
  withBuffers(0, () => {
    try {
      cache.call("SORT", "l", "ALPHA", "STORE", "d");
    } catch (error) {
      message = (error as Error).message;
    }
  });
  assertEquals([message.slice(0, 3), cache.call("GET", "d")], ["OOM", "old"]);
});

Deno.test("SORT goes by keys that are not there, and by none", () =>
  play(`
  RPUSH l b a → :2
  SORT l ALPHA GET # GET w_* BY w_* → *4 $1 b $-1 $1 a $-1
  SET w_a 1 → +OK
  SORT l ALPHA BY w_* DESC → *2 $1 a $1 b
  SORT l BY nosort LIMIT 1 1 → *1 $1 a
  SADD s a b c → :3
  SORT s BY nosort LIMIT 0 0 → *0
  SORT s BY nosort STORE d LIMIT 0 2 → :2
  LRANGE d 0 -1 → *2 $1 a $1 b
  SORT l LIMIT 0 1 NOPE → -ERR syntax error
`));
