import { assert, assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { play } from "./test_util.ts";

// The stories are what redis-server 7.0.15 has answered.

Deno.test("LPUSH, RPUSH, LPUSHX, RPUSHX and LLEN do what Redis does", () =>
  play(`
  RPUSH l a b c → :3
  LPUSH l x y "" → :6
  LRANGE l 0 -1 → *6 $0  $1 y $1 x $1 a $1 b $1 c
  LPUSHX l 1 2 → :8
  RPUSHX l 3 4 → :10
  LLEN l → :10
  LPUSHX none a → :0
  RPUSHX none a → :0
  EXISTS none → :0
  LLEN none → :0
  SET text x → +OK
  LPUSH text a → -WRONGTYPE
  RPUSHX text a → -WRONGTYPE
  LLEN text → -WRONGTYPE
  LPUSH l → -ERR wrong number of arguments for 'lpush' command
  LLEN l l → -ERR wrong number of arguments for 'llen' command
  OBJECT ENCODING l → $9 quicklist
  TYPE l → +list
  `));

Deno.test("LPOP and RPOP do what Redis does", () =>
  play(`
  RPUSH l a b c d e f → :6
  LPOP l → $1 a
  RPOP l → $1 f
  LPOP l 2 → *2 $1 b $1 c
  RPOP l 0 → *0
  RPOP l 10 → *2 $1 e $1 d
  EXISTS l → :0
  LPOP l → $-1
  LPOP l 1 → *-1
  RPOP l 0 → *-1
  LPOP l -1 → -ERR value is out of range, must be positive
  LPOP l x → -ERR value is out of range, must be positive
  LPOP l 1 2 → -ERR wrong number of arguments for 'lpop' command
  SET text x → +OK
  LPOP text → -WRONGTYPE
  RPOP text 0 → -WRONGTYPE
  HELLO 3
  LPOP none → _
  LPOP none 1 → _
  `));

Deno.test("LINDEX and LSET do what Redis does", () =>
  play(`
  RPUSH l a b c → :3
  LINDEX l 0 → $1 a
  LINDEX l -1 → $1 c
  LINDEX l 3 → $-1
  LINDEX l -4 → $-1
  LINDEX l 9223372036854775807 → $-1
  LINDEX l 9223372036854775808 → -ERR value is not an integer or out of range
  LINDEX l x → -ERR value is not an integer or out of range
  LINDEX none x → $-1
  LSET l 0 A → +OK
  LSET l -1 longer → +OK
  LSET l 1 "" → +OK
  LRANGE l 0 -1 → *3 $1 A $0  $6 longer
  LSET l 3 x → -ERR index out of range
  LSET l -4 x → -ERR index out of range
  LSET l x y → -ERR value is not an integer or out of range
  LSET none x y → -ERR no such key
  SET text x → +OK
  LINDEX text x → -WRONGTYPE
  LSET text x y → -WRONGTYPE
  `));

Deno.test("LINSERT does what Redis does", () =>
  play(`
  RPUSH l a b a → :3
  LINSERT l BEFORE a 1 → :4
  LINSERT l after a 2 → :5
  LINSERT l AFTER none x → :-1
  LRANGE l 0 -1 → *5 $1 1 $1 a $1 2 $1 b $1 a
  LINSERT none BEFORE a x → :0
  LINSERT none between a x → -ERR syntax error
  SET text x → +OK
  LINSERT text BEFORE a x → -WRONGTYPE
  LINSERT l BEFORE a → -ERR wrong number of arguments for 'linsert' command
  `));

Deno.test("LRANGE and LTRIM do what Redis does", () =>
  play(`
  RPUSH l a b c d e f → :6
  LRANGE l 0 -1 → *6 $1 a $1 b $1 c $1 d $1 e $1 f
  LRANGE l 1 2 → *2 $1 b $1 c
  LRANGE l -100 100 → *6 $1 a $1 b $1 c $1 d $1 e $1 f
  LRANGE l -2 -1 → *2 $1 e $1 f
  LRANGE l 3 2 → *0
  LRANGE l 6 10 → *0
  LRANGE l -9223372036854775808 9223372036854775807 → *6 $1 a $1 b $1 c $1 d $1 e $1 f
  LRANGE l 0 x → -ERR value is not an integer or out of range
  LRANGE none x 1 → -ERR value is not an integer or out of range
  LRANGE none 0 1 → *0
  LTRIM l 1 -2 → +OK
  LRANGE l 0 -1 → *4 $1 b $1 c $1 d $1 e
  LTRIM l -3 100 → +OK
  LRANGE l 0 -1 → *3 $1 c $1 d $1 e
  LTRIM l 5 6 → +OK
  EXISTS l → :0
  LTRIM none 0 1 → +OK
  LTRIM none x 1 → -ERR value is not an integer or out of range
  RPUSH l a b → :2
  LTRIM l 1 0 → +OK
  EXISTS l → :0
  SET text x → +OK
  LRANGE text 0 1 → -WRONGTYPE
  LTRIM text 0 1 → -WRONGTYPE
  `));

Deno.test("LREM does what Redis does", () =>
  play(`
  RPUSH l a b a c a d a → :7
  LREM l 1 a → :1
  LRANGE l 0 -1 → *6 $1 b $1 a $1 c $1 a $1 d $1 a
  LREM l -2 a → :2
  LRANGE l 0 -1 → *4 $1 b $1 a $1 c $1 d
  LREM l 0 none → :0
  RPUSH l a a → :6
  LREM l 0 a → :3
  LREM l -9223372036854775808 b → :1
  LREM l 100 c → :1
  LRANGE l 0 -1 → *1 $1 d
  LREM l 0 d → :1
  EXISTS l → :0
  LREM none 1 a → :0
  LREM none x a → -ERR value is not an integer or out of range
  SET text x → +OK
  LREM text 1 a → -WRONGTYPE
  `));

Deno.test("LPOS does what Redis does", () =>
  play(`
  RPUSH l a b c a b c a → :7
  LPOS l a → :0
  LPOS l none → $-1
  LPOS l a RANK 2 → :3
  LPOS l a RANK -1 → :6
  LPOS l a RANK 4 → $-1
  LPOS l a COUNT 2 → *2 :0 :3
  LPOS l a COUNT 0 → *3 :0 :3 :6
  LPOS l a COUNT 0 RANK -2 → *2 :3 :0
  LPOS l a COUNT 2 RANK -1 MAXLEN 4 → *2 :6 :3
  LPOS l a MAXLEN 3 RANK 2 → $-1
  LPOS l c COUNT 0 MAXLEN 2 → *0
  LPOS l a RANK -9223372036854775808 → :6
  LPOS l a RANK -9223372036854775808 COUNT 1 → *3 :6 :3 :0
  LPOS l a RANK -9223372036854775807 COUNT 1 → *0
  LPOS l a RANK 9223372036854775807 COUNT 0 → *0
  LPOS none a → $-1
  LPOS none a COUNT 1 → *0
  LPOS none a RANK 0 → -ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
  LPOS l a RANK x → -ERR value is not an integer or out of range
  LPOS l a COUNT -1 → -ERR COUNT can't be negative
  LPOS l a COUNT x → -ERR COUNT can't be negative
  LPOS l a MAXLEN -1 → -ERR MAXLEN can't be negative
  LPOS l a MAXLEN → -ERR syntax error
  LPOS l a FOO 1 → -ERR syntax error
  SET text x → +OK
  LPOS text a → -WRONGTYPE
  `));

Deno.test("LMOVE and RPOPLPUSH do what Redis does", () =>
  play(`
  RPUSH l a b c → :3
  LMOVE l m LEFT RIGHT → $1 a
  LMOVE l m right left → $1 c
  LRANGE m 0 -1 → *2 $1 c $1 a
  RPOPLPUSH l m → $1 b
  EXISTS l → :0
  LRANGE m 0 -1 → *3 $1 b $1 c $1 a
  LMOVE m m LEFT RIGHT → $1 b
  LMOVE m m LEFT LEFT → $1 c
  RPOPLPUSH m m → $1 b
  LRANGE m 0 -1 → *3 $1 b $1 c $1 a
  LMOVE none m LEFT LEFT → $-1
  LMOVE m l UP LEFT → -ERR syntax error
  LMOVE m l LEFT → -ERR wrong number of arguments for 'lmove' command
  SET text x → +OK
  LMOVE m text LEFT LEFT → -WRONGTYPE
  LMOVE text m LEFT LEFT → -WRONGTYPE
  LMOVE none text LEFT LEFT → $-1
  LRANGE m 0 -1 → *3 $1 b $1 c $1 a
  RPUSH one x → :1
  LMOVE one one LEFT RIGHT → $1 x
  LRANGE one 0 -1 → *1 $1 x
  `));

Deno.test("LMPOP does what Redis does", () =>
  play(`
  RPUSH l a b c d → :4
  LMPOP 2 none l LEFT → *2 $1 l *1 $1 a
  LMPOP 1 l right count 2 → *2 $1 l *2 $1 d $1 c
  LMPOP 1 l LEFT COUNT 100 → *2 $1 l *1 $1 b
  EXISTS l → :0
  LMPOP 1 l LEFT → *-1
  LMPOP 0 l LEFT → -ERR numkeys should be greater than 0
  LMPOP x l LEFT → -ERR numkeys should be greater than 0
  LMPOP 2 l LEFT → -ERR syntax error
  LMPOP 1 l → -ERR wrong number of arguments for 'lmpop' command
  LMPOP 1 l UP → -ERR syntax error
  LMPOP 1 l LEFT COUNT 0 → -ERR count should be greater than 0
  LMPOP 1 l LEFT COUNT → -ERR syntax error
  LMPOP 1 l LEFT COUNT 1 COUNT 2 → -ERR syntax error
  LMPOP 1 l LEFT 1 → -ERR syntax error
  SET text x → +OK
  RPUSH l a → :1
  LMPOP 2 text l LEFT → -WRONGTYPE
  LMPOP 2 l text LEFT → *2 $1 l *1 $1 a
  `));

Deno.test("Blocking commands take what is there, and read their timeouts as Redis does", () =>
  play(`
  RPUSH l a b c d e f g → :7
  BLPOP none l 0 → *2 $1 l $1 a
  BRPOP l none 1.5 → *2 $1 l $1 g
  BLMPOP 0 2 none l RIGHT COUNT 2 → *2 $1 l *2 $1 f $1 e
  BLMOVE l m LEFT RIGHT 0 → $1 b
  BRPOPLPUSH l m 0 → $1 d
  BRPOPLPUSH l m 0 → $1 c
  LRANGE m 0 -1 → *3 $1 c $1 d $1 b
  EXISTS l → :0
  BLPOP l -1 → -ERR timeout is negative
  BLPOP l x → -ERR timeout is not a float or out of range
  BLPOP l nan → -ERR timeout is not a float or out of range
  BLPOP l inf → -ERR timeout is negative
  BLPOP l 9223372036854776 → -ERR timeout is negative
  BLPOP l 1e30 → -ERR timeout is negative
  BLPOP l -0.1 → -ERR timeout is negative
  BLPOP l " 1" → -ERR timeout is not a float or out of range
  BLPOP l "" → -ERR timeout is not a float or out of range
  BLMOVE l m UP LEFT x → -ERR syntax error
  BLMOVE l m LEFT LEFT x → -ERR timeout is not a float or out of range
  BRPOPLPUSH l m -1 → -ERR timeout is negative
  BLMPOP x 0 l LEFT → -ERR numkeys should be greater than 0
  BLMPOP x 1 l LEFT → -ERR timeout is not a float or out of range
  BLMPOP -1 1 l LEFT → -ERR timeout is negative
  SET text x → +OK
  BLPOP text 0 → -WRONGTYPE
  BLPOP m text 0 → *2 $1 m $1 c
  BLPOP text m 0 → -WRONGTYPE
  BLMOVE text m LEFT LEFT 0 → -WRONGTYPE
  BLMOVE m text LEFT LEFT 0 → -WRONGTYPE
  BRPOPLPUSH text m x → -ERR timeout is not a float or out of range
  `));

Deno.test("Lists notify of what has changed", () =>
  play(`
  CONFIG SET notify-keyspace-events KEA → +OK
  HELLO 3
  SUBSCRIBE __keyevent@0__:lpush __keyevent@0__:rpush __keyevent@0__:lpop __keyevent@0__:rpop __keyevent@0__:del __keyevent@0__:lset __keyevent@0__:linsert __keyevent@0__:lrem __keyevent@0__:ltrim
  LPUSH l a b → :2 >3 $7 message $20 __keyevent@0__:lpush $1 l
  RPUSHX l c → :3 >3 $7 message $20 __keyevent@0__:rpush $1 l
  LSET l 0 x → +OK >3 $7 message $19 __keyevent@0__:lset $1 l
  LINSERT l BEFORE x y → >3 $7 message $22 __keyevent@0__:linsert $1 l :4
  LREM l 1 x → >3 $7 message $19 __keyevent@0__:lrem $1 l :1
  LREM l 1 x → :0
  LTRIM l 0 0 → >3 $7 message $20 __keyevent@0__:ltrim $1 l +OK
  LMOVE l m LEFT RIGHT → >3 $7 message $20 __keyevent@0__:rpush $1 m $1 y >3 $7 message $19 __keyevent@0__:lpop $1 l >3 $7 message $18 __keyevent@0__:del $1 l
  RPOPLPUSH m m → >3 $7 message $20 __keyevent@0__:lpush $1 m $1 y >3 $7 message $19 __keyevent@0__:rpop $1 m
  LPOP m → $1 y >3 $7 message $19 __keyevent@0__:lpop $1 m >3 $7 message $18 __keyevent@0__:del $1 m
  RPUSH l a b → :2 >3 $7 message $20 __keyevent@0__:rpush $1 l
  LPOP l 5 → *2 $1 a $1 b >3 $7 message $19 __keyevent@0__:lpop $1 l >3 $7 message $18 __keyevent@0__:del $1 l
  RPUSH l a → :1 >3 $7 message $20 __keyevent@0__:rpush $1 l
  LREM l 0 a → >3 $7 message $19 __keyevent@0__:lrem $1 l >3 $7 message $18 __keyevent@0__:del $1 l :1
  RPUSH l a → :1 >3 $7 message $20 __keyevent@0__:rpush $1 l
  LTRIM l 1 0 → >3 $7 message $20 __keyevent@0__:ltrim $1 l >3 $7 message $18 __keyevent@0__:del $1 l +OK
  RPUSH l a b → :2 >3 $7 message $20 __keyevent@0__:rpush $1 l
  LMPOP 1 l RIGHT COUNT 1 → *2 $1 l *1 $1 b >3 $7 message $19 __keyevent@0__:rpop $1 l
  BLPOP l 0 → *2 $1 l $1 a >3 $7 message $19 __keyevent@0__:lpop $1 l >3 $7 message $18 __keyevent@0__:del $1 l
  `));

Deno.test("LRANGE replies elements of any length", async () => {
  const lengths = [0, 1, 9, 10, 47, 48, 49, 99, 100, 253, 254, 255, 256, 999, 1000, 8190, 70_000];
  const elements = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length));
  await using cache = new Cache();
  cache.call("RPUSH", "l", ...elements);
  assertEquals(cache.call("LRANGE", "l", 0, -1), elements);
  assertEquals(cache.call("RPOP", "l", 100), elements.toReversed());
});

Deno.test("DEL, COPY and MEMORY USAGE treat lists as what they hold", async () => {
  await using cache = new Cache();
  cache.call("RPUSH", "l", ..."abc".repeat(100));
  assertEquals(cache.call("COPY", "l", "copy"), 1);
  cache.call("LSET", "copy", 0, "changed");
  assertEquals(cache.call("LINDEX", "l", 0), "a");
  const usage = cache.call("MEMORY", "USAGE", "l") as number;
  assert(usage > 900 && usage < 2000, `${usage}`);
  const { usedMemory } = cache.stats;
  cache.call("DEL", "l");
  assertEquals(usedMemory - cache.stats.usedMemory, usage);
});

Deno.test("RPUSH and RESTORE heed list-max-listpack-size", async () => {
  await using cache = new Cache();
  const usageAt = (size: number) => {
    cache.call("CONFIG", "SET", "list-max-listpack-size", size);
    cache.call("DEL", "l");
    cache.call("RPUSH", "l", ..."x".repeat(100));
    return cache.call("MEMORY", "USAGE", "l") as number;
  };
  assert(usageAt(1) > 3 * usageAt(-2));
  const dump = cache.callBytes("DUMP", "l") as Uint8Array;
  cache.call("CONFIG", "SET", "list-max-listpack-size", 1);
  cache.call("RESTORE", "l", 0, dump, "REPLACE");
  assert((cache.call("MEMORY", "USAGE", "l") as number) > 3 * usageAt(-2));
});
