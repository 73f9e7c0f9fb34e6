import { assertEquals } from "@std/assert";
import { Client, type Outlet } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { processRequest } from "./commands/gate.ts";
import { allCommands } from "./commands/table.ts";
import { APPEND_ONLY, type EffectsListener, REPLICAS } from "./effects.ts";
import { Engine } from "./engine.ts";
import { Args } from "./protocol/request.ts";
import { Settings } from "./settings.ts";
import { latin1Slice, type Slice } from "./store/slice.ts";

const NOW = 1_700_000_000_000;

/** What stands for arguments of which some bytes cannot be shown. */
const FILLED: Readonly<Record<string, string>> = {
  "{string}": "\x00\x05hello\n\x00cr\xdfve4 \n",
  "{library}": "#!lua name=lib\n" +
    "redis.register_function('f', function() redis.call('set', 'x', '1', 'ex', '100') end)",
  "{libraries}":
    '\xf5@D#!lua name=lib\nredis.register_function("f", function() return 1 end)\n\x009\x02\xa1\xf9"U"\xf7',
};

/** An argument as requests are typed here. */
function written(argument: string): string {
  const filled = Object.keys(FILLED).find((name) => FILLED[name] === argument);
  return filled ?? argument.replaceAll(" ", "·");
}

/** Keeps what it is told, a line for each request. */
class Heard implements EffectsListener {
  readonly target: typeof APPEND_ONLY | typeof REPLICAS;
  database = -1;
  #text = "";

  constructor(target: typeof APPEND_ONLY | typeof REPLICAS = REPLICAS) {
    this.target = target;
  }

  write(effects: Slice): void {
    this.#text += effects.latin1();
  }

  /** What it was told since it was last asked. */
  take(): string[] {
    const requests: string[] = [];
    for (let at = 0; at < this.#text.length;) {
      const line = () => {
        const start = at + 1;
        at = this.#text.indexOf("\r\n", at) + 2;
        return Number(this.#text.slice(start, at - 2));
      };
      const words = Array.from({ length: line() }, () => {
        const length = line();
        at += length + 2;
        return this.#text.slice(at - length - 2, at - 2);
      });
      requests.push(words.map(written).join(" "));
    }
    this.#text = "";
    return requests;
  }
}

/** A cache that is listened to, and what it tells of requests that are typed as people do. */
function listened() {
  const clock = new ManualClock(NOW);
  const engine = new Engine(clock, new Settings(), allCommands());
  const clients = Array.from({ length: 3 }, () => new Client(engine, undefined, false));
  const heard = new Heard();
  engine.addListener(heard);
  // In an argument, a dot in the middle stands for a space.
  const run = (request: string, number = 1): string[] => {
    const client = clients[number - 1]!;
    const args = request.split(" ").map((word) =>
      latin1Slice(FILLED[word] ?? word.replaceAll("·", " "))
    );
    engine.run(client, () => processRequest(client, Args.of(args)));
    client.reply.truncate(0);
    return heard.take();
  };
  return { clients, clock, engine, heard, run };
}

Deno.test("Effects tell of a command that has changed something as it was sent, and of no other", () => {
  const { run } = listened();
  assertEquals(run("set a 1"), ["SELECT 0", "set a 1"]);
  assertEquals(run("SeT b 2"), ["SeT b 2"]);
  assertEquals(run("get a"), []);
  assertEquals(run("del missing"), []);
  assertEquals(run("incr a b"), []);
  assertEquals(run("lpush a 1"), []);
});

Deno.test("Effects choose the database they are of, once", () => {
  const { run } = listened();
  run("set a 1");
  assertEquals(run("select 3"), []);
  assertEquals(run("set a 1"), ["SELECT 3", "set a 1"]);
  assertEquals(run("set a 2"), ["set a 2"]);
});

Deno.test("Effects of a transaction are one, or are a transaction", () => {
  const { run } = listened();
  run("set a 1");
  for (const request of ["multi", "get a", "set a 2"]) assertEquals(run(request), []);
  assertEquals(run("exec"), ["set a 2"]);
  for (const request of ["multi", "set a 3", "select 1", "set b 4"]) assertEquals(run(request), []);
  assertEquals(run("exec"), ["MULTI", "set a 3", "SELECT 1", "set b 4", "EXEC"]);
});

Deno.test("Effects of a script are what it has called", () => {
  const { run } = listened();
  run("set a 1");
  assertEquals(run("eval redis.call('set','a',2)·redis.call('set','b',1) 0"), [
    "MULTI",
    "set a 2",
    "set b 1",
    "EXEC",
  ]);
  assertEquals(run("eval return·redis.call('get','a') 0"), []);
});

Deno.test("Effects of a transaction that waits for a script are one transaction", async () => {
  const { clients: [client], clock, engine, heard, run } = listened();
  run("config set busy-reply-threshold 1");
  run("set a 0");
  const script = `redis.call('incr','a')·repeat·until·redis.call('time')[1]~='${NOW / 1000}'`;
  for (const request of ["multi", "set b 1", `eval ${script} 0`, "set c 2"]) run(request);
  assertEquals(run("exec"), []);
  assertEquals(run("get a", 2), []);
  clock.advance(1000);
  await client?.blocked;
  assertEquals(heard.take(), ["MULTI", "set b 1", "incr a", "set c 2", "EXEC"]);
  engine.close();
});

Deno.test("Effects of a script past its time are not told in part when a client's wait is over", async () => {
  const { clients: [client, other], clock, engine, heard, run } = listened();
  run("config set busy-reply-threshold 1");
  run("blpop none 1", 2);
  const wait = `repeat·until·redis.call('time')[1]=='${NOW / 1000 + 2}'`;
  const script = `redis.call('incr','a')·${wait}·redis.call('incr','b')`;
  assertEquals(run(`eval ${script} 0`), []);
  clock.advance(1000);
  await other?.blocked;
  assertEquals([other?.blocked, heard.take()], [undefined, []]);
  clock.advance(1000);
  await client?.blocked;
  assertEquals(heard.take(), ["SELECT 0", "MULTI", "incr a", "incr b", "EXEC"]);
  engine.close();
});

Deno.test("Effects tell of keys that have expired as deleted", () => {
  const { clock, engine, heard, run } = listened();
  run("set a 1 px 10");
  run("set b 1 px 20");
  engine.setActiveExpiry(false);
  clock.advance(11);
  assertEquals(run("get a"), ["DEL a"]);
  clock.advance(10);
  assertEquals(run("set b 2"), ["MULTI", "DEL b", "set b 2", "EXEC"]);
  for (const key of ["a", "b"]) run(`set ${key} 1 px 10`);
  engine.setActiveExpiry(true);
  clock.advance(11);
  assertEquals(heard.take(), ["DEL a", "DEL b"]);
});

Deno.test("Effects tell of SWAPDB before what it shows to have expired", () => {
  const { clock, engine, run } = listened();
  engine.setActiveExpiry(false);
  const outlet: Outlet = {
    send: () => {},
    write: ({ length }) => Promise.resolve(length),
    close: () => {},
    buffered: 0,
    maxBuffered: 0,
  };
  const waiting = new Client(engine, outlet);
  const args = ["blpop", "k", "0"].map((word) => latin1Slice(word));
  engine.run(waiting, () => processRequest(waiting, Args.of(args)));
  for (const request of ["select 1", "rpush k v", "pexpire k 1"]) run(request);
  clock.advance(10);
  assertEquals(run("swapdb 0 1"), ["swapdb 0 1", "SELECT 0", "DEL k"]);
  assertEquals(engine.blocking.size, 1);
});

Deno.test("Effects do not join what has expired by chance in a transaction", () => {
  const { clock, engine, run } = listened();
  engine.setActiveExpiry(false);
  for (const key of ["a", "b"]) run(`set ${key} 1 px 10`);
  clock.advance(11);
  assertEquals(run("scan 0").toSorted(), ["DEL a", "DEL b"]);
});

Deno.test("Effects tell of messages to replicas alone", () => {
  const { engine, heard, run } = listened();
  const file = new Heard(APPEND_ONLY);
  engine.addListener(file);
  run("set a 1");
  assertEquals(file.take(), ["SELECT 0", "set a 1"]);
  assertEquals(run("publish channel text"), ["publish channel text"]);
  assertEquals(file.take(), []);
  engine.removeListener(heard);
  assertEquals(run("set a 2"), []);
  assertEquals(file.take(), ["set a 2"]);
  engine.removeListener(file);
  assertEquals(engine.effects, undefined);
});

/**
 * Requests, and behind the arrow what a Redis 7.0.15 tells its replicas of them: nothing, the request itself
 * (`=`), or other requests. `2>` is another client, `wait` lets milliseconds pass, NOW is the time then.
 */
const STORIES: Readonly<Record<string, string>> = {
  strings: `
set a 1 → =
SET a 1 ex 100 → SET a 1 PXAT NOW+100000
set a 1 PX 1000 → SET a 1 PXAT NOW+1000
set a 1 exat 2000000000 → SET a 1 PXAT 2000000000000
set a 1 pxat 2000000000123 get → SET a 1 PXAT 2000000000123
set a 2 GET → set a 2
set a 3 get xx GET → set a 3 xx
set a 3 keepttl → =
set a 4 nx
set a 4 nx get
set get get GET → set get get
setnx a 1
setnx b 1 → =
setex a 100 v → SET a v PXAT NOW+100000
psetex a 100000 v → SET a v PXAT NOW+100000
getex a
getex a ex 100 → PEXPIREAT a NOW+100000
getex a px 1000 → PEXPIREAT a NOW+1000
getex a exat 2000000000 → PEXPIREAT a 2000000000000
GETEX a PERSIST → PERSIST a
getex a persist
getex a exat 1 → DEL a
getex a ex 10
set a 1 → =
getdel a → DEL a
getdel a
getset a 5 → SET a 5
GetSet a 6 → SET a 6
incrbyfloat a 0.5 → SET a 6.5 KEEPTTL
incrbyfloat a 3e3 → SET a 3006.5 KEEPTTL
incr a
append a x → =
append a · → =
setrange a 0 · → =
setrange b 9 x → =
mset c 1 d 2 → =
msetnx c 1 e 2
msetnx e 1 f 2 → =
setbit a 1 1 → =
setbit a 1 1
bitfield a get u8 0
bitfield a set u8 0 7 → =
bitop not g missing
bitop and a missing missing → =
decrby b x
del c missing → =
unlink missing
get b
mget b d
strlen b
`,
  keys: `
set a 1 → =
expire a 100 → PEXPIREAT a NOW+100000
pexpire a 1000 → PEXPIREAT a NOW+1000
expireat a 2000000000 → PEXPIREAT a 2000000000000
PexpireAt a 2000000000123 → =
expire a 200 NX
expire a 2000000000 gt → PEXPIREAT a NOW+2000000000000 gt
persist a → =
persist a
expire a -1 → DEL a
set a 1 → =
pexpireat a 1 → DEL a
set a 1 → =
rename a b → =
renamenx b c → =
copy c d → =
copy c d
copy c d db 1 → =
move c 1 → =
move c 2
touch d
select 1
exists c
del c → SELECT 1 | =
swapdb 0 1 → SELECT 1 | =
swapdb 1 1 → SELECT 1 | =
flushdb → SELECT 1 | =
flushdb async → SELECT 1 | =
flushall → SELECT 1 | =
FLUSHALL → SELECT 1 | =
select 0
rpush l 3 1 2 → =
sort l
sort l store s → =
sort missing store s → =
sort missing store s
object encoding l
type l
debug populate 2
dbsize
client setname x
config set maxmemory-samples 6
ping
`,
  dumps: `
restore a 0 {string} → =
restore a 0 {string}
restore a 0 {string} replace → =
restore a 1000 {string} replace → restore a NOW+1000 {string} replace ABSTTL
Restore a 2000000000000 {string} replace absttl idletime 5 → =
restore a 1 {string} absttl replace → DEL a
restore a 1 {string} absttl
restore a 0 x
set b 1 → =
restore b 1 {string} replace absttl → DEL b
restore b 1 {string} replace absttl
`,
  lists: `
rpush l 1 2 3 4 5 6 7 8 9 → =
lpushx missing 1
lpop l → =
lpop l 2 → =
lpop l 0
lmpop 2 missing l left → LPOP l 1
LMPOP 1 l RIGHT count 2 → RPOP l 2
lmove l m left Right → =
rpoplpush l m → =
rpoplpush missing m
lset l 0 x → =
linsert l before x y → =
linsert l before missing y
lrem l 0 missing
lrem l 0 y → =
ltrim l 0 -1
ltrim l 0 0
lmpop 1 m right count 9 → RPOP m 2
rpush l 1 2 3 4 5 → =
blpop missing l 0 → LPOP l
brpop l 0 → RPOP l
blmove l m Left RIGHT 0 → LMOVE l m Left RIGHT
brpoplpush l m 0 → RPOPLPUSH l m
blmpop 0 2 missing m LEFT → LPOP m 1
blmpop 0 1 m right count 9 → RPOP m 1
lpop missing
lrange l 0 -1
set s 1 → =
lpush s 1
blmove l s left left 0
`,
  "clients that have waited": `
2> blpop x l 0
rpush l 1 2 → = | LPOP l
2> brpop l 0 → RPOP l
del l
2> brpop l 0
rpush l 1 → = | RPOP l
2> BLMOVE l m LEFT right 0
rpush l 1 → = | LMOVE l m left right
2> brpoplpush l m 0
rpush l 1 → = | RPOPLPUSH l m
2> blmpop 0 1 l LEFT count 3
rpush l 1 2 → = | LPOP l 2
2> bzpopmin z 0
zadd z 1 a 2 b → = | ZPOPMIN z
2> bzpopmax z 0 → ZPOPMAX z
zadd z 3 c → =
del z → =
2> bzpopmax z 0
zadd z 3 c → = | ZPOPMAX z
2> bzmpop 0 1 z MIN count 5
zadd z 1 a 2 b → = | ZPOPMIN z 2
2> blpop l 0
multi
rpush l 1
set a 1
rpush l 2
exec → MULTI | rpush l 1 | set a 1 | rpush l 2 | EXEC | LPOP l
del l → =
2> blmove l a left left 0
rpush l 1 → =
del l → =
2> blpop l 0
eval redis.call('rpush','l','1')·redis.call('incr','n') 0 → MULTI | rpush l 1 | incr n | EXEC | LPOP l
set n 5 → =
2> brpoplpush l l 0
3> brpop l 0
rpush l 1 → = | RPOPLPUSH l l | RPOP l
`,
  "hashes and sets": `
hset h a 1 b 2 → =
hset h a 1 → =
hsetnx h a 2
hincrby h a 1 → =
hincrbyfloat h a 0.5 → HSET h a 2.5
HIncrByFloat h c 1e2 → HSET h c 100
hdel h missing
hdel h a → =
sadd s 1 2 3 → =
sadd s 1
srem s x
smove s t 1 → =
smove s t x
sinterstore d s t
sinterstore d s t
sunionstore d s t → =
sinterstore d s missing → =
spop t → SREM t 1
spop s 5 → DEL s
spop s
spop s 0
sadd i a → =
spop i 1 → DEL i
sadd i a → =
SPOP i → SREM i a
`,
  "sorted sets": `
zadd z 1 a 2 b 3 c 4 d 5 e 6 f → =
zadd z 1 a
zadd z xx 1 x
zadd z incr 1 a → =
zincrby z 1.5 a → =
zpopmin z → =
zpopmax z 2 → =
zpopmin z 0
zpopmin missing
zmpop 2 missing z min → ZPOPMIN z 1
ZMPOP 1 z MAX COUNT 9 → ZPOPMAX z 2
zadd z 1 a 2 b 3 c 4 d → =
bzpopmin missing z 0 → ZPOPMIN z
BZPopMax z 0 → ZPOPMAX z
bzmpop 0 1 z min count 1 → ZPOPMIN z 1
bzmpop 0 1 z max count 9 → ZPOPMAX z 1
zrem z x
geoadd p 13.361389 38.115556 Palermo 15.087269 37.502669 Catania → zadd p 3479099956230698 Palermo 3479447370796909 Catania
geoadd p 13.361389 38.115556 Palermo
GEOADD p CH xx 13.4 38.1 Palermo → zadd p CH xx 3479099937378871 Palermo
geoadd p nx 1 1 Palermo
georadius p 15 37 200 km
georadius p 15 37 200 km store q → =
geosearchstore q p fromlonlat 15 37 byradius 1 m asc → =
geosearchstore q p fromlonlat 15 37 byradius 1 m asc
zrangestore q p 0 -1 → =
zrangestore q missing 0 -1 → =
zunionstore q 1 missing
zremrangebyrank p 5 9
zremrangebyrank p 0 0 → =
pfadd l a b → =
pfadd l a
pfcount l → =
pfcount l
pfmerge m l → =
`,
  streams: `
xadd e * a 1 → xadd e NOW-0 a 1
del e → =
xadd e 1-1 a 1 → =
xadd e 2-* a 1 → xadd e 2-0 a 1
XADD e MAXLEN ~ 100 3-0 a 1 → XADD e MAXLEN = 3 3-0 a 1
xadd e maxlen = 3 3-* a 1 → xadd e maxlen = 3 3-1 a 1
xadd e nomkstream minid ~ 2 limit 5 4-0 a 1 → xadd e nomkstream minid = 1-1 limit 5 4-0 a 1
xadd e minid 2 4-* a 1 → xadd e minid 2 4-1 a 1
xadd missing nomkstream 1-1 a 1
xdel e 9-9
xdel e 3-0 → =
xtrim e maxlen 9
xtrim e maxlen ~ 0 → xtrim e maxlen = 0
xtrim e maxlen 1
config set stream-node-max-entries 2
xadd f 1-0 a 1 → =
xadd f 1-1 a 1 → =
xadd f 1-2 a 1 → =
xadd f 1-3 a 1 → =
xadd f 1-4 a 1 → =
xtrim f maxlen ~ 4 limit 10
xtrim f MINID ~ 1-4 → xtrim f MINID = 1-4
xdel f 1-4 → =
xtrim f maxlen ~ 0
xadd f maxlen ~ 0 2-0 a 1 → xadd f maxlen = 0 2-0 a 1
xadd f 2-1 a 1 → =
xdel f 2-0
xadd f minid ~ 2-1 2-2 a 1 → xadd f minid = 2-1 2-2 a 1
xsetid f 3-0 → =
xsetid f 1-0
xgroup create e g 0 → =
xgroup create e g 0
xgroup create new g $ mkstream → =
xgroup createconsumer e g c → =
xgroup createconsumer e g c
xgroup setid e g 0-0 entriesread 1 → =
XREADGROUP GROUP g c STREAMS e >
xreadgroup group g c streams e >
xreadgroup group g c streams e 0
xreadgroup group g d streams e 0
xgroup setid e g 0 → =
xreadgroup group g d streams e >
xadd e 5-0 a 1 → =
xadd e 6-0 a 1 → =
xreadgroup group g n count 1 noack streams e > → MULTI | XGROUP CREATECONSUMER e g n | XGROUP SETID e g 5-0 ENTRIESREAD 7 | EXEC
xreadgroup group g n noack streams e > → XGROUP SETID e g 6-0 ENTRIESREAD 8
xreadgroup group g o noack streams e >
xreadgroup group g o noack streams e 0 → XGROUP CREATECONSUMER e g o
xreadgroup group g p streams e 0
xclaim e g d 0 4-1
xclaim e g d 1000000 4-1
XCLAIM e g x 0 5 FORCE JUSTID → XCLAIM e g x 0 5 TIME NOW RETRYCOUNT 1 FORCE JUSTID LASTID 6-0
xclaim e g x 0 6-0 force idle 1000 retrycount 7 lastid 9-0 → XCLAIM e g x 0 6-0 TIME NOW-1000 RETRYCOUNT 7 FORCE JUSTID LASTID 9-0
xclaim e g x 0 9-9 lastid 10-0 → XGROUP SETID e g 10-0 ENTRIESREAD 8
xclaim e g x 0 9-9 lastid 10-0
xdel e 5-0 → =
xclaim e g y 0 5 → XCLAIM e g x 0 5 TIME NOW RETRYCOUNT 1 FORCE JUSTID LASTID 10-0
xdel e 6-0 → =
xautoclaim e g z 0 0 → XCLAIM e g x 0 6-0 TIME NOW-1000 RETRYCOUNT 7 FORCE JUSTID LASTID 10-0
xautoclaim e g z 0 0 justid
xautoclaim e missing z 0 0
xack e g 9-9
xack e g 4-1
xpending e g
xgroup delconsumer e g c → =
xgroup delconsumer e g c
xgroup destroy e g → =
xgroup destroy e g
xread streams e 0
xgroup create e w $ → =
2> xreadgroup group w c block 0 streams e >
xadd e 20-0 a 1 → = | XCLAIM e w c 0 20-0 TIME NOW RETRYCOUNT 1 FORCE JUSTID LASTID 20-0
2> xreadgroup group w n noack block 0 streams e >
xadd e 21-0 a 1 → = | MULTI | XGROUP CREATECONSUMER e w n | XGROUP SETID e w 21-0 ENTRIESREAD 10 | EXEC
2> xread block 0 streams e $
xadd e 22-0 a 1 → =
xgroup setid e w $ → =
2> xreadgroup group w m noack block 0 streams e >
multi
xadd e 30-0 a 1
xdel e 30-0
exec → MULTI | xadd e 30-0 a 1 | xdel e 30-0 | EXEC | XGROUP CREATECONSUMER e w m
`,
  "scripts and functions": `
set s3 1 → =
eval return·1 0
EVAL redis.call('set','a','1','px','5000') 0 → SET a 1 PXAT NOW+5000
eval redis.call('SET','a','1')·redis.call('getset','b',2) 0 → MULTI | SET a 1 | SET b 2 | EXEC
eval redis.call('incr','a')·redis.call('nothing') 0 → incr a
eval redis.pcall('lpush','a','1')·return·1 0
eval redis.call('publish','c','m') 0 → publish c m
eval redis.call('publish','c','m')·redis.call('incr','a') 0 → MULTI | publish c m | incr a | EXEC
eval redis.call('select',1)·redis.call('set','x','1')·redis.call('select',0)·redis.call('set','x','1') 0 → SELECT 1 | MULTI | set x 1 | SELECT 0 | set x 1 | EXEC
eval redis.set_repl(0)·redis.call('incr','a') 0
eval redis.set_repl(1)·redis.call('incr','a')·redis.set_repl(3)·redis.call('incr','b') 0 → incr b
eval redis.set_repl(redis.REPL_REPLICA)·redis.call('incr','a')·redis.call('incr','a') 0 → MULTI | incr a | incr a | EXEC
eval redis.call('incr','a') 0 → incr a
eval redis.set_repl(0)·redis.call('set','a','1','px',5000)·redis.call('expire','a',100) 0
sadd m 1 2 3 → =
eval redis.set_repl(0)·redis.call('publish','c','m')·redis.call('spop','m') 0
function load {library} → =
function load {library}
FUNCTION LOAD REPLACE {library} → =
fcall f 0 → SET x 1 PXAT NOW+100000
fcall_ro f 0
function delete lib → =
function restore {libraries} → =
function restore {libraries} replace → =
function flush → =
script load return·1
script flush
`,
  transactions: `
set a 1 → =
multi
exec
multi
get a
exec
multi
set a 2
get a
exec → set a 2
MULTI
set a 3
select 1
set b 4
select 0
incr a
EXEC → MULTI | set a 3 | SELECT 1 | set b 4 | SELECT 0 | incr a | EXEC
multi
set a 5
discard
multi
lpush a 1
incr a
lpush a 1
incr a
exec → MULTI | incr a | incr a | EXEC
multi
set a 1 px 5000
getdel a
eval redis.call('set','x','1')·redis.call('set','y','1') 0
publish c m
exec → MULTI | SET a 1 PXAT NOW+5000 | DEL a | set x 1 | set y 1 | publish c m | EXEC
multi
flushall
exec → flushall
multi
nothing
incr a
exec
watch a
set a 9 → =
multi
set a 1
exec
publish c m → =
spublish c m → =
multi
publish c m
publish c m
exec → MULTI | publish c m | publish c m | EXEC
`,
  "expired keys": `
set a 1 px 10 → SET a 1 PXAT NOW+10
watch a
wait 15
multi
set q 1
exec
get a → DEL a
set a 1 px 10 → SET a 1 PXAT NOW+10
set b 1 px 10 → SET b 1 PXAT NOW+10
set c 1 px 10 → SET c 1 PXAT NOW+10
set d 1 px 10 → SET d 1 PXAT NOW+10
wait 15
mget a b → MULTI | DEL a | DEL b | EXEC
multi
get c
set e 1
get d
exec → MULTI | DEL c | set e 1 | DEL d | EXEC
set a 1 px 10 → SET a 1 PXAT NOW+10
wait 15
incr a → MULTI | DEL a | = | EXEC
pexpire a 10 → PEXPIREAT a NOW+10
wait 15
watch a
multi
set z 1
exec → set z 1
del a → DEL a
set a 1 px 10 → SET a 1 PXAT NOW+10
set b 1 px 10 → SET b 1 PXAT NOW+10
set c 1 px 10 → SET c 1 PXAT NOW+10
wait 15
eval redis.call('get','a')·redis.call('set','b','1') 0 → MULTI | DEL a | DEL b | set b 1 | EXEC
sinterstore c x y → =
set a 1 px 10 → SET a 1 PXAT NOW+10
wait 15
restore a 0 {string} replace → =
set a 1 px 10 → SET a 1 PXAT NOW+10
wait 15
rename b a → MULTI | DEL a | = | EXEC
config set lazyfree-lazy-expire yes
set a 1 px 10 → SET a 1 PXAT NOW+10
wait 15
get a → UNLINK a
set a 1 → =
expire a -1 → UNLINK a
set a 1 → =
getex a pxat 1 → UNLINK a
config set lazyfree-lazy-expire no
config set lazyfree-lazy-user-del yes
set a 1 → =
getdel a → UNLINK a
set a 1 → =
del a → =
config set lazyfree-lazy-user-del no
set a 1 px 10 → SET a 1 PXAT NOW+10
wait 15
scan 0 count 100 → DEL a
set a 1 → =
watch a
pexpire a 10 → PEXPIREAT a NOW+10
wait 15
multi
set q 1
exec
set k 1 px 10 → SET k 1 PXAT NOW+10
wait 15
watch k
get k → DEL k
multi
set q 1
exec → set q 1
set k 1 px 10 → SET k 1 PXAT NOW+10
wait 15
watch k
flushdb → =
multi
set q 1
exec → set q 1
select 1
set k 1 px 10 → SELECT 1 | SET k 1 PXAT NOW+10
wait 15
select 0
watch k
swapdb 0 1 → =
multi
set q 1
exec → set q 1
watch k
set k 2 → MULTI | DEL k | = | EXEC
multi
set q 1
exec
2> brpop l 0
select 1
rpush l 1 → SELECT 1 | =
pexpire l 10 → SELECT 1 | PEXPIREAT l NOW+10
wait 15
select 0
swapdb 0 1 → = | DEL l
`,
};

for (const [name, story] of Object.entries(STORIES)) {
  Deno.test(`Effects of commands are those of Redis: ${name}`, () => {
    const { clock, engine, heard, run } = listened();
    engine.settings.debugCommand = true;
    engine.setActiveExpiry(false);
    for (const line of story.trim().split("\n")) {
      const [typed = "", told = ""] = line.split(" → ");
      const [, number = "1", request = ""] = /^(?:(\d)> )?(.*)$/.exec(typed) ?? [];
      if (request.startsWith("wait ")) {
        clock.advance(Number(request.slice(5)));
        continue;
      }
      heard.database = 0;
      const expected = told.split(" | ").filter((effect) => effect !== "").map((effect) =>
        effect === "="
          ? request
          : effect.replace(/NOW([+-]\d{2,})?/, (_, offset = 0) => `${clock.now() + Number(offset)}`)
      );
      assertEquals([request, ...run(request, Number(number))], [request, ...expected]);
    }
    engine.close();
  });
}

Deno.test("Effects of SPOP with a count are the members that it has chosen", () => {
  const { run } = listened();
  const members = Array.from({ length: 20 }, (_, i) => `m${i}`);
  // Few of them are taken out, of most a new set is made of the rest.
  for (const count of [3, 18]) {
    run(`sadd s ${members.join(" ")}`);
    const effects = run(`spop s ${count}`);
    assertEquals([effects[0], effects.at(-1)], ["MULTI", "EXEC"]);
    const chosen = effects.slice(1, -1).map((effect) => effect.replace(/^SREM s /, ""));
    assertEquals(new Set(chosen).size, count);
    assertEquals(run(`srem s ${chosen.join(" ")}`), []);
    const left = members.filter((member) => !chosen.includes(member)).join(" ");
    assertEquals(run(`smismember s ${left}`), []);
    assertEquals(run(`spop s ${20 - count}`), ["DEL s"]);
  }
});

Deno.test("Effects tell of keys that are evicted as deleted, in the way that is set", () => {
  const { engine, run } = listened();
  run("config set maxmemory-policy volatile-ttl");
  for (const [lazy, command] of [["no", "DEL"], ["yes", "UNLINK"]]) {
    run(`config set lazyfree-lazy-eviction ${lazy} maxmemory 0`);
    run("set a 1 ex 100");
    run("set b 1 ex 200");
    run("config set maxmemory 1");
    assertEquals(run("get c"), [`${command} a`, `${command} b`]);
  }
  engine.close();
});

Deno.test("Effects of a script are told to those that it chooses, but for what its commands add", () => {
  const { engine, heard, run } = listened();
  const file = new Heard(APPEND_ONLY);
  engine.addListener(file);
  const call = (targets: number, ...calls: string[]) => {
    heard.database = file.database = 0;
    const script = [`redis.set_repl(${targets})`, ...calls].join("·");
    return [run(`eval ${script} 0`), file.take()];
  };
  run("sadd s 1 2 3 4");
  file.take();
  assertEquals(call(0, "redis.call('incr','a')"), [[], []]);
  assertEquals(call(1, "redis.call('incr','a')"), [[], ["incr a"]]);
  assertEquals(call(2, "redis.call('incr','a')"), [["incr a"], []]);
  assertEquals(call(1, "redis.call('set','a','1','ex','1')"), [[], [
    `SET a 1 PXAT ${NOW + 1000}`,
  ]]);
  const both = ["redis.call('incr','a')", "redis.set_repl(2)", "redis.call('incr','b')"];
  assertEquals(call(1, ...both), [["MULTI", "incr b", "EXEC"], ["MULTI", "incr a", "EXEC"]]);
  const [effects = []] = call(0, "redis.call('spop','s',1)");
  assertEquals(effects.length, 1);
  // It is chosen for one script only.
  assertEquals(run("incr a"), ["incr a"]);
  assertEquals(run("eval redis.call('incr','a') 0"), ["incr a"]);
});

Deno.test("Effects of a transaction with a script past its time are told when all of it has ended", async () => {
  const { clients: [client], engine, heard, run } = listened();
  engine.replication.createBacklog();
  run("config set busy-reply-threshold 1");
  run("multi");
  run("incr a");
  run("eval for·i=1,3e6·do·end·redis.call('incr','b') 0");
  run("incr c");
  const effects = run("exec");
  await client?.blocked;
  effects.push(...heard.take());
  assertEquals(effects, ["SELECT 0", "MULTI", "incr a", "incr b", "incr c", "EXEC"]);
  // That is what its WAIT is to wait for.
  assertEquals(client?.writtenOffset, engine.replication.offset);
  await engine.replication.close();
});
