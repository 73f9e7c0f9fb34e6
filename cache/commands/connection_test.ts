import { assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { play } from "./test_util.ts";

Deno.test("PING, ECHO and SELECT answer", () =>
  play(`
  PING → +PONG
  PING hi → $2 hi
  PING a b → -ERR wrong number of arguments for 'ping' command
  ECHO hi → $2 hi
  ECHO → -ERR wrong number of arguments for 'echo' command
  SELECT 1 → +OK
  SET k v → +OK
  SELECT 0 → +OK
  EXISTS k → :0
  SELECT 16 → -ERR DB index is out of range
  SELECT -1 → -ERR DB index is out of range
  SELECT x → -ERR value is not an integer or out of range
  SELECT 99999999999 → -ERR value is out of range, value must between -2147483648 and 2147483647
`));

Deno.test("HELLO chooses the protocol", () =>
  play(`
  HELLO 4
  HELLO x → -ERR Protocol version is not an integer or out of range
  HELLO 3 SETNAME → -ERR Syntax error in HELLO option 'SETNAME'
  HELLO 3 FOO → -ERR Syntax error in HELLO option 'FOO'
  HELLO 3 "abc\\x00def" → -ERR Syntax error in HELLO option 'abc'
  HELLO 2 SETNAME me
  CLIENT GETNAME → $2 me
  HELLO 2 AUTH default x SETNAME you
  CLIENT GETNAME → $3 you
  HELLO 2 AUTH other x → -WRONGPASS invalid username-password pair or user is disabled.
  HELLO 2 SETNAME "a b" → -ERR Client names cannot contain spaces, newlines or special characters.
  AUTH x → -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
  AUTH default x → +OK
  AUTH other x → -WRONGPASS invalid username-password pair or user is disabled.
  AUTH a b c → -ERR syntax error
  RESET → +RESET
  CLIENT GETNAME → $-1
`));

Deno.test("CLIENT names, and refuses what it must", () =>
  play(`
  CLIENT SETNAME a-name → +OK
  CLIENT GETNAME → $6 a-name
  CLIENT SETNAME "a name" → -ERR Client names cannot contain spaces, newlines or special characters.
  CLIENT SETNAME "" → +OK
  CLIENT GETNAME → $-1
  CLIENT NOPE → -ERR unknown subcommand 'NOPE'. Try CLIENT HELP.
  CLIENT → -ERR wrong number of arguments for 'client' command
  CLIENT ID x → -ERR wrong number of arguments for 'client|id' command
  CLIENT LIST TYPE x → -ERR Unknown client type 'x'
  CLIENT LIST X → -ERR syntax error
  CLIENT LIST ID x → -ERR Invalid client ID
  CLIENT LIST ID 9999999 → $0
  CLIENT KILL 1.2.3.4:5 → -ERR No such client
  CLIENT KILL ID 0 → -ERR client-id should be greater than 0
  CLIENT KILL ID 9999999 → :0
  CLIENT KILL TYPE x → -ERR Unknown client type 'x'
  CLIENT KILL TYPE master → :0
  CLIENT KILL USER nobody → -ERR No such user 'nobody'
  CLIENT KILL ADDR 1.2.3.4:5 LADDR 1.2.3.4:6 SKIPME no → :0
  CLIENT KILL SKIPME x ID 1 → -ERR syntax error
  CLIENT KILL ID → -ERR No such client
  CLIENT PAUSE x → -ERR timeout is not an integer or out of range
  CLIENT PAUSE -1 → -ERR timeout is negative
  CLIENT PAUSE 1 X → -ERR CLIENT PAUSE mode must be WRITE or ALL
  CLIENT REPLY X → -ERR syntax error
  CLIENT NO-EVICT ON → +OK
  CLIENT NO-EVICT OFF → +OK
  CLIENT NO-EVICT X → -ERR syntax error
  CLIENT UNPAUSE → +OK
  CLIENT UNBLOCK 999 → :0
`));

Deno.test("Unknown commands and wrong numbers of arguments are refused as by Redis", () =>
  play(`
  FOO → -ERR unknown command 'FOO', with args beginning with:
  FOO bar 'b z' → -ERR unknown command 'FOO', with args beginning with: 'bar' 'b z'
  GET → -ERR wrong number of arguments for 'get' command
  GET a b → -ERR wrong number of arguments for 'get' command
  CONFIG NOPE → -ERR unknown subcommand 'NOPE'. Try CONFIG HELP.
  CONFIG GET → -ERR wrong number of arguments for 'config|get' command
  CONFIG|GET a → -ERR unknown command 'CONFIG|GET', with args beginning with: 'a'
  QUIET → -ERR unknown command 'QUIET', with args beginning with:
`));

Deno.test("A transaction is executed as one", () =>
  play(`
  MULTI → +OK
  SET a 1 → +QUEUED
  INCR a → +QUEUED
  LPUSH a x → +QUEUED
  EXEC → *3 +OK :2 -WRONGTYPE
  GET a → $1 2
  MULTI → +OK
  SET a 5 → +QUEUED
  DISCARD → +OK
  GET a → $1 2
  EXEC → -ERR EXEC without MULTI
  DISCARD → -ERR DISCARD without MULTI
  MULTI → +OK
  NOPE → -ERR unknown command 'NOPE', with args beginning with:
  SET a 6 → +QUEUED
  EXEC → -EXECABORT Transaction discarded because of previous errors.
  MULTI → +OK
  GET → -ERR wrong number of arguments for 'get' command
  EXEC → -EXECABORT Transaction discarded because of previous errors.
  WATCH a → +OK
  SET a 7 → +OK
  MULTI → +OK
  SET a 8 → +QUEUED
  EXEC → *-1
  WATCH a b → +OK
  UNWATCH → +OK
  SET b 1 → +OK
  MULTI → +OK
  GET b → +QUEUED
  EXEC → *1 $1 1
  WATCH a → +OK
  FLUSHALL → +OK
  MULTI → +OK
  PING → +QUEUED
  EXEC → *-1
  WATCH none → +OK
  FLUSHALL → +OK
  MULTI → +OK
  PING → +QUEUED
  EXEC → *1 +PONG
  EXEC x → -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
`));

Deno.test("Subscriptions are counted", () =>
  play(`
  HELLO 3
  SUBSCRIBE a b a → >3 $9 subscribe $1 a :1 >3 $9 subscribe $1 b :2 >3 $9 subscribe $1 a :2
  PSUBSCRIBE p* → >3 $10 psubscribe $2 p* :3
  SSUBSCRIBE s → >3 $10 ssubscribe $1 s :1
  PING → +PONG
  PING hi → $2 hi
  GET x → _
  UNSUBSCRIBE a → >3 $11 unsubscribe $1 a :2
  UNSUBSCRIBE → >3 $11 unsubscribe $1 b :1
  PUNSUBSCRIBE → >3 $12 punsubscribe $2 p* :0
  SUNSUBSCRIBE s → >3 $12 sunsubscribe $1 s :0
  UNSUBSCRIBE → >3 $11 unsubscribe _ :0
  SUNSUBSCRIBE → >3 $12 sunsubscribe _ :0
  PUBLISH a hi → :0
  SPUBLISH a hi → :0
  PUBSUB CHANNELS → *0
  PUBSUB CHANNELS a* → *0
  PUBSUB NUMSUB a b → *4 $1 a :0 $1 b :0
  PUBSUB NUMSUB → *0
  PUBSUB NUMPAT → :0
  PUBSUB SHARDCHANNELS → *0
  PUBSUB SHARDNUMSUB a → *2 $1 a :0
  PUBSUB NOPE → -ERR unknown subcommand 'NOPE'. Try PUBSUB HELP.
  PING again → $5 again
  SUBSCRIBE c → >3 $9 subscribe $1 c :1
  PUBLISH c hi → >3 $7 message $1 c $2 hi :1
  GET x → _
  PSUBSCRIBE c* → >3 $10 psubscribe $2 c* :2
  PUBLISH c again → >3 $7 message $1 c $5 again >4 $8 pmessage $2 c* $1 c $5 again :2
  SSUBSCRIBE sh → >3 $10 ssubscribe $2 sh :1
  SPUBLISH sh hi → >3 $8 smessage $2 sh $2 hi :1
  PUBSUB CHANNELS → *1 $1 c
  PUBSUB NUMSUB c → *2 $1 c :1
  PUBSUB SHARDCHANNELS s* → *1 $2 sh
  PUBSUB NUMPAT → :1
`));

Deno.test("Databases are flushed and exchanged", () =>
  play(`
  SET a 1 → +OK
  SELECT 1 → +OK
  SET b 2 → +OK
  DBSIZE → :1
  SWAPDB 0 1 → +OK
  KEYS * → *1 $1 a
  SELECT 0 → +OK
  KEYS * → *1 $1 b
  SWAPDB 0 99 → -ERR DB index is out of range
  SWAPDB x 0 → -ERR invalid first DB index
  SWAPDB 0 x → -ERR invalid second DB index
  SWAPDB 0 0 → +OK
  FLUSHDB X → -ERR syntax error
  FLUSHDB ASYNC → +OK
  DBSIZE → :0
  SELECT 1 → +OK
  DBSIZE → :1
  FLUSHALL SYNC → +OK
  DBSIZE → :0
  FLUSHALL X → -ERR syntax error
  FLUSHALL SYNC SYNC → -ERR syntax error
  ROLE → *3 $6 master :0 *0
  SLOWLOG RESET → +OK
  SLOWLOG LEN → :0
  SLOWLOG GET 0 → *0
  SLOWLOG GET -2 → -ERR count should be greater than or equal to -1
  SLOWLOG GET x → -ERR count should be greater than or equal to -1
  MEMORY USAGE none → $-1
  MEMORY USAGE a SAMPLES x → -ERR value is not an integer or out of range
  MEMORY NOPE → -ERR unknown subcommand 'NOPE'. Try MEMORY HELP.
  SHUTDOWN ABORT → -ERR No shutdown in progress.
  SHUTDOWN X → -ERR syntax error
  SHUTDOWN SAVE NOSAVE → -ERR syntax error
  DEBUG SLEEP 0 → -ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
  TIME x → -ERR wrong number of arguments for 'time' command
`));

Deno.test("CONFIG sets all parameters or none", () =>
  play(`
  CONFIG SET slowlog-max-len 100 hash-max-listpack-entries 10 → +OK
  CONFIG GET slowlog-max-len hash-max-ziplist-entries → *4 $15 slowlog-max-len $3 100 $24 hash-max-ziplist-entries $2 10
  CONFIG SET slowlog-max-len 5 hash-max-listpack-entries x → -ERR CONFIG SET failed (possibly related to argument 'hash-max-listpack-entries') - argument couldn't be parsed into an integer
  CONFIG GET slowlog-max-len → *2 $15 slowlog-max-len $3 100
  CONFIG SET nope 1 → -ERR Unknown option or number of arguments for CONFIG SET - 'nope'
  CONFIG SET slowlog-max-len → -ERR wrong number of arguments for 'config|set' command
  CONFIG SET databases 1 → -ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
  CONFIG SET hz 10 hz 10 → -ERR CONFIG SET failed (possibly related to argument 'hz') - duplicate parameter
  CONFIG SET hash-max-listpack-value 1kb → +OK
  CONFIG GET hash-max-listpack-value → *2 $23 hash-max-listpack-value $4 1024
  CONFIG SET hash-max-listpack-value x → -ERR CONFIG SET failed (possibly related to argument 'hash-max-listpack-value') - argument must be a memory value
  CONFIG SET proto-max-bulk-len 1 → -ERR CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument must be between 1048576 and 9223372036854775807 inclusive
  CONFIG SET slowlog-log-slower-than -2 → -ERR CONFIG SET failed (possibly related to argument 'slowlog-log-slower-than') - argument must be between -1 and 9223372036854775807 inclusive
  CONFIG SET notify-keyspace-events Ax → +OK
  CONFIG SET notify-keyspace-events KEA → +OK
  CONFIG GET notify-keyspace-events → *2 $22 notify-keyspace-events $3 AKE
  CONFIG SET notify-keyspace-events Kg$nm → +OK
  CONFIG GET notify-keyspace-events → *2 $22 notify-keyspace-events $5 g$nKm
  CONFIG SET notify-keyspace-events "" → +OK
  CONFIG SET notify-keyspace-events ? → -ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
  CONFIG SET client-output-buffer-limit "normal 1mb 1kb 5" → +OK
  CONFIG GET client-output-buffer-limit → *2 $26 client-output-buffer-limit $76 normal 1048576 1024 5 slave 268435456 67108864 60 pubsub 33554432 8388608 60
  CONFIG SET client-output-buffer-limit "normal 1mb" → -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Wrong number of arguments in buffer limit configuration.
  CONFIG SET client-output-buffer-limit "x 0 0 0" → -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Invalid client class specified in buffer limit configuration.
  CONFIG SET client-output-buffer-limit "normal x 0 0" → -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Error in hard, soft or soft_seconds setting in buffer limit configuration.
  CONFIG SET client-output-buffer-limit "replica 256mb 64mb 60 normal 0 0 0" → +OK
  CONFIG SET protected-mode x → -ERR CONFIG SET failed (possibly related to argument 'protected-mode') - argument must be 'yes' or 'no'
  CONFIG SET loglevel x → -ERR CONFIG SET failed (possibly related to argument 'loglevel') - argument(s) must be one of the following: debug, verbose, notice, warning
  CONFIG SET hz x → -ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer
  CONFIG SET hz -1 → -ERR CONFIG SET failed (possibly related to argument 'hz') - argument must be between 0 and 2147483647 inclusive
  CONFIG SET slowlog-max-len 128 hash-max-listpack-entries 512 hash-max-listpack-value 64 → +OK
  CONFIG RESETSTAT → +OK
  CONFIG REWRITE → -ERR The server is running without a config file
  CONFIG GET nope → *0
  CONFIG SET active-expire-effort 11 → -ERR CONFIG SET failed (possibly related to argument 'active-expire-effort') - argument must be between 1 and 10 inclusive
`));

Deno.test("COMMAND tells of the table", () =>
  play(`
  COMMAND INFO get nope → *2 *10 $3 get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@string +@fast *0 *1 *6 $5 flags *2 +RO +access $12 begin_search *4 $4 type $5 index $4 spec *2 $5 index :1 $9 find_keys *4 $4 type $5 range $4 spec *6 $7 lastkey :0 $7 keystep :1 $5 limit :0 *0 $-1
  COMMAND INFO client|kill → *1 *10 $11 client|kill :-3 *4 +admin +noscript +loading +stale :0 :0 :0 *4 +@admin +@slow +@dangerous +@connection *0 *0 *0
  COMMAND GETKEYS SET a b → *1 $1 a
  COMMAND GETKEYS MSET a 1 b 2 → *2 $1 a $1 b
  COMMAND GETKEYS ZUNIONSTORE d 2 a b → *3 $1 d $1 a $1 b
  COMMAND GETKEYS PING → -ERR wrong number of arguments for 'command|getkeys' command
  COMMAND GETKEYS NOPE x → -ERR Invalid command specified
  COMMAND GETKEYS GET → -ERR wrong number of arguments for 'command|getkeys' command
  COMMAND GETKEYS ZUNION 0 a → -ERR Invalid arguments specified for command
  COMMAND GETKEYSANDFLAGS SET a b → *1 *2 $1 a *2 +OW +update
  COMMAND GETKEYSANDFLAGS SET a b GET → *1 *2 $1 a *3 +RW +access +update
  COMMAND GETKEYSANDFLAGS OBJECT ENCODING a → *1 *2 $1 a *1 +RO
  COMMAND LIST FILTERBY PATTERN nope* → *0
  COMMAND LIST FILTERBY MODULE x → *0
  COMMAND LIST FILTERBY X x → -ERR syntax error
  COMMAND LIST X → -ERR syntax error
  COMMAND NOPE → -ERR unknown subcommand 'NOPE'. Try COMMAND HELP.
  COMMAND GETKEYS → -ERR wrong number of arguments for 'command|getkeys' command
`));

Deno.test("CLIENT PAUSE WRITE holds transactions that write, and lets keys only look expired", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  const read = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(1024);
    return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0)).trim();
  };
  const ask = async (conn: Deno.Conn, request: string) => {
    await conn.write(new TextEncoder().encode(`${request}\r\n`));
    return await read(conn);
  };
  using writer = await Deno.connect({ port });
  using reader = await Deno.connect({ port });
  cache.call("SET", "a", 1, "PX", 10);
  cache.call("SET", "b", 1, "PX", 10);
  await ask(writer, "MULTI");
  await ask(writer, "SET c 1");
  await ask(reader, "MULTI");
  await ask(reader, "GET c");
  cache.call("CLIENT", "PAUSE", 1000, "WRITE");
  clock.advance(20);
  assertEquals(await ask(reader, "EXEC"), "*1\r\n$-1");
  const waiting = ask(writer, "EXEC");
  await cache.until(({ blockedClients }) => blockedClients === 1);
  assertEquals(await ask(reader, "GET a"), "$-1");
  assertEquals(cache.stats.expiredKeys, 0);
  // Who writes nevertheless finds no key there.
  assertEquals(cache.call("SETNX", "a", 2), 1);
  assertEquals(cache.stats.expiredKeys, 1);
  // It may change the key, and tell replicas.
  const counting = ask(reader, "PFCOUNT none");
  await cache.until(({ blockedClients }) => blockedClients === 2);
  cache.call("CLIENT", "UNPAUSE");
  assertEquals(await counting, ":0");
  assertEquals(await waiting, "*1\r\n+OK");
  clock.advance(1);
  assertEquals(cache.stats.expiredKeys, 2);
  cache.call("CLIENT", "PAUSE", 1000, "WRITE");
  const queueing = ask(writer, "MULTI\r\nSET d 1");
  assertEquals(await queueing, "+OK");
  await cache.until(({ blockedClients }) => blockedClients === 1);
  clock.advance(1000);
  assertEquals(await read(writer), "+QUEUED");
});

Deno.test("CONFIG GET replies Redis' defaults", () =>
  play(`
  CONFIG GET hash-max-listpack-entries → *2 $25 hash-max-listpack-entries $3 512
  CONFIG GET hash-max-listpack-value → *2 $23 hash-max-listpack-value $2 64
  CONFIG GET zset-max-listpack-entries → *2 $25 zset-max-listpack-entries $3 128
  CONFIG GET zset-max-listpack-value → *2 $23 zset-max-listpack-value $2 64
  CONFIG GET set-max-intset-entries → *2 $22 set-max-intset-entries $3 512
  CONFIG GET list-max-listpack-size → *2 $22 list-max-listpack-size $2 -2
  CONFIG GET protected-mode → *2 $14 protected-mode $3 yes
  CONFIG GET timeout → *2 $7 timeout $1 0
  CONFIG GET maxclients → *2 $10 maxclients $5 10000
  CONFIG GET proto-max-bulk-len → *2 $18 proto-max-bulk-len $9 536870912
  CONFIG GET client-query-buffer-limit → *2 $25 client-query-buffer-limit $10 1073741824
  CONFIG GET slowlog-max-len → *2 $15 slowlog-max-len $3 128
`));

Deno.test("CONFIG SET reads numbers to their last digit", () =>
  play(`
  CONFIG SET proto-max-bulk-len "" → -ERR CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument must be between 1048576 and 9223372036854775807 inclusive
  CONFIG SET proto-max-bulk-len 18446744073709551616 → -ERR CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument must be between 1048576 and 9223372036854775807 inclusive
  CONFIG SET proto-max-bulk-len 1constructor → -ERR CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument must be a memory value
  CONFIG SET proto-max-bulk-len -1 → -ERR CONFIG SET failed (possibly related to argument 'proto-max-bulk-len') - argument must be a memory value
  CONFIG SET proto-max-bulk-len 9007199254740993 → +OK
  CONFIG GET proto-max-bulk-len → *2 $18 proto-max-bulk-len $16 9007199254740993
  CONFIG SET proto-max-bulk-len 512mb slowlog-log-slower-than 9223372036854775807 → +OK
  CONFIG GET slowlog-log-slower-than → *2 $23 slowlog-log-slower-than $19 9223372036854775807
  CONFIG GET proto-max-bulk-len → *2 $18 proto-max-bulk-len $9 536870912
  CONFIG SET slowlog-log-slower-than 9223372036854775808 → -ERR CONFIG SET failed (possibly related to argument 'slowlog-log-slower-than') - argument couldn't be parsed into an integer
  CONFIG SET slowlog-log-slower-than "" → -ERR CONFIG SET failed (possibly related to argument 'slowlog-log-slower-than') - argument couldn't be parsed into an integer
  CONFIG SET slowlog-log-slower-than 10000 → +OK
  CONFIG SET hash-max-listpack-value mb → +OK
  CONFIG GET hash-max-listpack-value → *2 $23 hash-max-listpack-value $1 0
  CONFIG SET hash-max-listpack-value 36028797018963969kb → +OK
  CONFIG GET hash-max-listpack-value → *2 $23 hash-max-listpack-value $4 1024
  CONFIG SET hash-max-listpack-value "64\\x00mb" → +OK
  CONFIG GET hash-max-listpack-value → *2 $23 hash-max-listpack-value $2 64
  CONFIG SET hash-max-listpack-value 0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 → +OK
  CONFIG SET hash-max-listpack-value 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 → -ERR CONFIG SET failed (possibly related to argument 'hash-max-listpack-value') - argument must be a memory value
  CONFIG SET hash-max-listpack-value 64 → +OK
`));

Deno.test("A transaction takes no subscription to shard channels, and no MONITOR", () =>
  play(`
  HELLO 3
  MULTI → +OK
  SSUBSCRIBE a b → +QUEUED
  SUBSCRIBE news → +QUEUED
  MONITOR → +QUEUED
  EXEC → *3 -ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client >3 $9 subscribe $4 news :1 -ERR MONITOR isn't allowed for DENY BLOCKING client
  PUBSUB SHARDCHANNELS → *0
  UNSUBSCRIBE → >3 $11 unsubscribe $4 news :0
`));

Deno.test("Subcommands refuse what they do not take", () =>
  play(`
  CLIENT LIST ID x → -ERR Invalid client ID
  CLIENT LIST ID 123456789 → $0
  CLIENT LIST NOPE → -ERR syntax error
  CLIENT KILL ADDR → -ERR No such client
  CLIENT KILL ID x → -ERR client-id should be greater than 0
  CLIENT KILL ID 123456789 TYPE → -ERR syntax error
  CLIENT KILL NOPE 1 → -ERR syntax error
  CLIENT KILL LADDR 1.1.1.1:1 → :0
  CLIENT KILL ID 123456789 USER default TYPE pubsub SKIPME no → :0
  CLIENT KILL SKIPME maybe → -ERR syntax error
  CLIENT PAUSE 0 ALL x → -ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.
  CLIENT PAUSE -1 → -ERR timeout is negative
  CLIENT PAUSE x → -ERR timeout is not an integer or out of range
  CLIENT PAUSE 10 SOME → -ERR CLIENT PAUSE mode must be WRITE or ALL
  CLIENT PAUSE 0 → +OK
  CLIENT UNPAUSE → +OK
  CLIENT UNBLOCK 123456789 → :0
  CLIENT UNBLOCK x → -ERR value is not an integer or out of range
  CLIENT UNBLOCK 1 TIMEOUT x → -ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.
  CLIENT UNBLOCK 1 NOPE → -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
  CLIENT NO-EVICT maybe → -ERR syntax error
  CLIENT REPLY maybe → -ERR syntax error
  CONFIG SET timeout 1 hz → -ERR syntax error
  CONFIG GET → -ERR wrong number of arguments for 'config|get' command
  MSETNX a 1 b → -ERR wrong number of arguments for 'msetnx' command
  PUBSUB CHANNELS a b → -ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.
  SLOWLOG GET 1 2 → -ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.
`));

Deno.test("A transaction cannot be nested, nor watched from within", () =>
  play(`
  WATCH a → +OK
  MULTI → +OK
  MULTI → -ERR MULTI calls can not be nested
  WATCH b → -ERR WATCH inside MULTI is not allowed
  EXEC → *0
  MULTI → +OK
  DISCARD → +OK
  DISCARD → -ERR DISCARD without MULTI
  EXEC → -ERR EXEC without MULTI
`));

Deno.test("COMMAND describes keys that are found by words, or not at all", async () => {
  await using cache = new Cache();
  /** How the keys of a command are searched. */
  const searches = (name: string) => {
    const [entry] = cache.call("COMMAND", "INFO", name) as unknown[][];
    const specs = [...entry?.[8] as Set<Map<string, Map<string, unknown>>>];
    return specs.map((spec) =>
      ["begin_search", "find_keys"].map((half) => {
        const search = spec.get(half);
        return [search?.get("type"), ...(search?.get("spec") as Map<string, unknown>).values()];
      })
    );
  };
  const first = [["index", 1], ["range", 0, 1, 0]];
  const unknown = [["unknown"], ["unknown"]];
  assertEquals(searches("sort"), [first, unknown, unknown]);
  assertEquals(searches("sort_ro"), [first, unknown]);
  assertEquals(searches("georadius"), [
    first,
    [["keyword", "STORE", 6], ["range", 0, 1, 0]],
    [["keyword", "STOREDIST", 6], ["range", 0, 1, 0]],
  ]);
  assertEquals(cache.call("COMMAND", "GETKEYSANDFLAGS", "ZINTERCARD", "1.0", "m1"), [
    ["m1", new Set<string>()],
  ]);
  const [debug] = cache.call("COMMAND", "INFO", "debug") as unknown[][];
  assertEquals(debug?.[2], new Set(["admin", "noscript", "loading", "stale"]));
});
