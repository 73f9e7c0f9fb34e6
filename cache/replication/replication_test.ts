import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { until, within } from "../../test_util.ts";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError } from "../protocol/value.ts";
import {
  caughtUp,
  digest,
  field,
  Inside,
  listening,
  offsetOf,
  Proxy,
  QUIET,
  stateOf,
  Wire,
} from "./test_util.ts";

/** Fills a cache with all types, in several databases. */
function fill(cache: Cache, size = 300): void {
  for (const database of [0, 3]) {
    cache.call("SELECT", database);
    for (let i = 0; i < size; i++) {
      cache.call("SET", `string ${i}`, `${i}`.repeat(i % 50), "PX", 1_000_000 + i);
      cache.call("HSET", "hash", `field ${i}`, i);
      cache.call("RPUSH", "list", i);
      cache.call("SADD", `set ${i % 7}`, i, `member ${i}`);
      cache.call("ZADD", "sorted", i / 3, `member ${i}`);
      cache.call("XADD", "stream", `${i + 1}-1`, "i", i);
    }
  }
  cache.call("SELECT", 0);
  cache.call("XGROUP", "CREATE", "stream", "group", "0");
  cache.call("XREADGROUP", "GROUP", "group", "me", "COUNT", 5, "STREAMS", "stream", ">");
  const library = "#!lua name=lib\nredis.register_function{function_name='f', " +
    "callback=function() return 7 end, flags={'no-writes'}}";
  cache.call("FUNCTION", "LOAD", library);
}

/** Changes what {@linkcode fill} has made, in ways that are no effects of their own, too. */
function change(cache: Cache, round: number): void {
  cache.call("SELECT", round % 4);
  cache.call("SPOP", "set 1", 2);
  cache.call("INCRBYFLOAT", "float", 0.1);
  cache.call("EXPIRE", "hash", 1000);
  cache.call("MULTI");
  cache.call("SET", "transaction", round);
  cache.call("SELECT", (round + 1) % 4);
  cache.call("LPUSH", "transaction list", round);
  cache.call("EXEC");
  cache.call("EVAL", "redis.call('incr', 'a') redis.call('append', 'b', ARGV[1])", 0, round);
  cache.call("XADD", "stream", "*", "round", round);
  cache.call("DEL", `string ${round}`);
}

Deno.test("A replica takes all keys of its master, and then what changes there", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  fill(master);
  await using replica = new Cache({ logger: QUIET, replicaOf: { port }, enableDebugCommand: true });
  for (let round = 0; round < 20; round++) change(master, round);
  await caughtUp(master, replica);
  assertEquals(digest(replica), digest(master));
  assertEquals(replica.call("FCALL_RO", "f", 0), 7);
  for (let round = 20; round < 40; round++) change(master, round);
  await caughtUp(master, replica);
  assertEquals(digest(replica), digest(master));
  assertEquals(field(master, "sync_full"), "1");
  assertMatch(field(master, "slave0"), /^ip=127.0.0.1,port=0,state=online,offset=\d+,lag=\d$/);
  assertEquals(field(replica, "role"), "slave");
  assertEquals(field(replica, "master_replid"), field(master, "master_replid"));
});

Deno.test("A replica trims a stream as its master did, whatever LIMIT says", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  master.call("CONFIG", "SET", "stream-node-max-entries", 10);
  await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
  for (let i = 0; i < 100; i++) master.call("XADD", "s", `${i + 1}-1`, "f", "v");
  master.call("XADD", "s", "MAXLEN", "~", 55, "LIMIT", 30, "101-1", "f", "v");
  await caughtUp(master, replica);
  assertEquals([master.call("XLEN", "s"), replica.call("XLEN", "s")], [71, 71]);
});

Deno.test("A replica begins with the keys of one moment, while they change", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  for (let i = 0; i < 5000; i++) master.call("SET", `key ${i}`, "x".repeat(100));
  await using replica = new Cache({ logger: QUIET, replicaOf: { port }, enableDebugCommand: true });
  for (let i = 0; stateOf(replica) !== "connected"; i++) {
    for (let j = 0; j < 20; j++) {
      master.call("SET", `key ${(i * 7919 + j) % 8000}`, i);
      master.call("DEL", `key ${(i * 104_729 + j) % 8000}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await caughtUp(master, replica);
  assertEquals(digest(replica), digest(master));
});

Deno.test("Several replicas have one stream, and those that wait share a snapshot", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  master.call("CONFIG", "SET", "repl-diskless-sync-delay", 100);
  master.call("CONFIG", "SET", "repl-diskless-sync-max-replicas", 2);
  fill(master, 50);
  await using one = new Cache({ logger: QUIET, replicaOf: { port }, enableDebugCommand: true });
  await until(() => field(master, "slave0").includes("state=wait_bgsave"));
  assertEquals(stateOf(one), "handshake");
  await using two = new Cache({ logger: QUIET, replicaOf: { port }, enableDebugCommand: true });
  change(master, 1);
  await caughtUp(master, one, two);
  assertEquals([digest(one), digest(two)], [digest(master), digest(master)]);
  assertEquals(field(master, "connected_slaves"), "2");
});

Deno.test("A replica goes on from where it was when its connection was cut", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using proxy = new Proxy(port);
  await using replica = new Cache({
    logger: QUIET,
    replicaOf: { port: proxy.port },
    enableDebugCommand: true,
  });
  fill(master, 30);
  await caughtUp(master, replica);
  for (let round = 0; round < 5; round++) {
    change(master, round);
    proxy.cut();
    change(master, round + 100);
    await caughtUp(master, replica);
    assertEquals(digest(replica), digest(master));
  }
  assertEquals(field(master, "sync_full"), "1");
  assertEquals(Number(field(master, "sync_partial_ok")) >= 5, true);
});

Deno.test("A replica takes all keys anew when the backlog is too short for it", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using proxy = new Proxy(port);
  master.call("CONFIG", "SET", "repl-backlog-size", "16kb");
  await using replica = new Cache({
    logger: QUIET,
    replicaOf: { port: proxy.port },
    enableDebugCommand: true,
  });
  await caughtUp(master, replica);
  proxy.refuses = true;
  proxy.cut();
  await until(() => field(master, "connected_slaves") === "0");
  for (let i = 0; i < 100; i++) master.call("SET", `key ${i}`, "x".repeat(1000));
  proxy.refuses = false;
  await caughtUp(master, replica);
  assertEquals(digest(replica), digest(master));
  assertEquals([field(master, "sync_full"), field(master, "sync_partial_err")], ["2", "2"]);
});

Deno.test("A replica passes its master's stream on, and its replicas follow its promotion", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  fill(master, 20);
  const { cache: middle, port: middlePort } = listening({ replicaOf: { port } });
  await using _middle = middle;
  await caughtUp(master, middle);
  master.call("SELECT", 3);
  master.call("SET", "chosen", 3);
  await caughtUp(master, middle);
  await using last = new Cache({
    logger: QUIET,
    replicaOf: { port: middlePort },
    enableDebugCommand: true,
  });
  await caughtUp(master, last);
  // The stream goes on in the database that was chosen before.
  master.call("SET", "chosen", 4);
  await caughtUp(master, middle, last);
  assertEquals([digest(middle), digest(last)], [digest(master), digest(master)]);
  for (let round = 0; round < 10; round++) change(master, round);
  await caughtUp(master, middle, last);
  assertEquals([digest(middle), digest(last)], [digest(master), digest(master)]);

  const before = offsetOf(middle);
  middle.call("REPLICAOF", "NO", "ONE");
  assertEquals(field(middle, "second_repl_offset"), `${before + 1}`);
  assertEquals(field(middle, "master_replid2"), field(master, "master_replid"));
  change(middle, 11);
  master.call("REPLICAOF", "127.0.0.1", middlePort);
  await caughtUp(middle, last, master);
  assertEquals([digest(master), digest(last)], [digest(middle), digest(middle)]);
  assertEquals([field(middle, "sync_full"), field(middle, "sync_partial_ok")], ["1", "2"]);
});

Deno.test("A master refuses those who ask while it has no link to its own", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { cache, port } = listening({ replicaOf: { port: silent.addr.port } });
  await using _cache = cache;
  using wire = await Wire.connect(port);
  await wire.send("PSYNC ? -1\r\n");
  const refusal = "-NOMASTERLINK Can't SYNC while not connected with my master\r\n";
  assertEquals(await wire.until("\n"), refusal);
  await wire.send("SYNC\r\n");
  assertEquals(await wire.until("\n"), refusal);
});

Deno.test("A replica is read-only, unless it is told otherwise", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(master, replica);
  const refused = "READONLY You can't write against a read only replica.";
  assertThrows(() => replica.call("SET", "a", 1), ReplyError, refused);
  assertThrows(() => replica.call("EVAL", "redis.call('set', 'a', 1)", 0), ReplyError, refused);
  assertThrows(
    () => replica.call("EVAL", "#!lua\nreturn 1", 0),
    ReplyError,
    refused,
  );
  replica.call("MULTI");
  assertThrows(() => replica.call("SET", "a", 1), ReplyError, refused);
  assertThrows(() => replica.call("EXEC"), ReplyError, "EXECABORT");
  assertEquals(replica.call("GET", "a"), null);
  replica.call("CONFIG", "SET", "replica-read-only", "no");
  assertEquals(replica.call("SET", "a", 1), "OK");
  // It is nobody's affair but its own.
  assertEquals(offsetOf(replica), offsetOf(master));
  assertThrows(() => replica.call("WAIT", 0, 0), ReplyError, "WAIT cannot be used with replica");
});

Deno.test("Keys of a replica expire when its master says so, and are not to be seen before", async () => {
  const { cache: master, port } = listening({ clock: new ManualClock(1e12) });
  await using _master = master;
  const clock = new ManualClock(1e12);
  await using replica = new Cache({
    logger: QUIET,
    replicaOf: { port },
    clock,
    enableDebugCommand: true,
  });
  for (let i = 0; i < 10; i++) master.call("SET", `key ${i}`, 1, "PX", 1000);
  master.call("RPUSH", "list", 1);
  master.call("PEXPIRE", "list", 1000);
  await caughtUp(master, replica);
  clock.advance(2000);
  assertEquals(replica.call("GET", "key 1"), null);
  assertEquals(replica.call("EXISTS", "list"), 0);
  assertEquals(replica.call("KEYS", "*"), []);
  assertEquals(replica.call("SCAN", 0, "COUNT", 100), ["0", []]);
  assertEquals(typeof replica.call("RANDOMKEY"), "string");
  assertEquals(replica.call("DBSIZE"), 11);
  // To the master it is there, and so it is for what the master sends.
  master.call("RPUSH", "list", 2);
  master.call("PERSIST", "list");
  await caughtUp(master, replica);
  assertEquals(replica.call("LRANGE", "list", 0, -1), ["1", "2"]);
  master.call("FLUSHALL");
  await caughtUp(master, replica);
  assertEquals(replica.call("DBSIZE"), 0);

  // A writable one gives a key that has expired a new value.
  master.call("SET", "a", 1, "PX", 5000);
  await caughtUp(master, replica);
  clock.advance(6000);
  replica.call("CONFIG", "SET", "replica-read-only", "no");
  assertEquals(replica.call("INCR", "a"), 1);
  assertEquals(replica.call("DBSIZE"), 1);
  // What its clients write is its own, and so are the deadlines.
  for (const [key, time] of [["own", 10], ["other", 20], ["kept", 5]] as const) {
    replica.call("SET", key, 1, "PX", time);
  }
  replica.call("PERSIST", "kept");
  assertEquals(field(replica, "slave_expires_tracked_keys"), "3");
  clock.advance(11);
  assertEquals([replica.call("DBSIZE"), field(replica, "slave_expires_tracked_keys")], [3, "1"]);
  clock.advance(10);
  assertEquals([replica.call("DBSIZE"), field(replica, "slave_expires_tracked_keys")], [2, "0"]);
  replica.call("DEL", "kept");

  master.call("SET", "b", 1, "PX", 5000);
  await caughtUp(master, replica);
  clock.advance(6000);
  assertEquals(replica.call("DBSIZE"), 2);
  replica.call("REPLICAOF", "NO", "ONE");
  clock.advance(1);
  assertEquals(replica.call("DBSIZE"), 1);
});

Deno.test("A replica that starts keeps keys that have expired until its master deletes them", async () => {
  const { cache: master, port } = listening({ clock: new ManualClock(1e12) });
  await using _master = master;
  master.call("SET", "a", 1, "PX", 1000);
  await using replica = new Cache({
    logger: QUIET,
    replicaOf: { port },
    clock: new ManualClock(2e12),
  });
  await caughtUp(master, replica);
  assertEquals([replica.call("GET", "a"), replica.call("DBSIZE")], [null, 1]);
});

Deno.test("WAIT replies how many replicas have got what the client has changed", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using one = new Cache({ logger: QUIET, replicaOf: { port } });
  await using two = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(master, one, two);
  using wire = await Wire.connect(port);
  await wire.send("WAIT 2 0\r\n");
  assertEquals(await wire.until("\n"), ":2\r\n");
  await wire.send("SET a 1\r\nWAIT 2 0\r\n");
  assertEquals(await within(wire.until(/:\d\r\n/)), "+OK\r\n:2\r\n");
  assertEquals([one.call("GET", "a"), two.call("GET", "a")], ["1", "1"]);
  await wire.send("SET a 2\r\nWAIT 3 50\r\n");
  assertEquals(await within(wire.until(/:\d\r\n/)), "+OK\r\n:2\r\n");
  // A replica that tells more later ends no other wait of the client.
  await wire.send("WAIT 3 1\r\nBLPOP list 0\r\n");
  assertEquals(await within(wire.until("\n")), ":2\r\n");
  await master.until(({ blockedClients }) => blockedClients === 1);
  await using three = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(master, three);
  await until(() => master.call("WAIT", 3, 0) === 3);
  assertEquals(master.stats.blockedClients, 1);
});

Deno.test("min-replicas-to-write refuses writes where there are too few replicas", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  master.call("CONFIG", "SET", "min-replicas-to-write", 1);
  const refused = "NOREPLICAS Not enough good replicas to write.";
  assertThrows(() => master.call("SET", "a", 1), ReplyError, refused);
  assertThrows(() => master.call("EVAL", "redis.call('set', 'a', 1)", 0), ReplyError, refused);
  assertEquals(master.call("GET", "a"), null);
  assertEquals(field(master, "min_slaves_good_slaves"), "0");
  {
    await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
    await caughtUp(master, replica);
    assertEquals(master.call("SET", "a", 1), "OK");
    assertEquals(field(master, "min_slaves_good_slaves"), "1");
  }
  await until(() => field(master, "connected_slaves") === "0");
  assertThrows(() => master.call("SET", "a", 1), ReplyError, refused);
  master.call("CONFIG", "SET", "min-replicas-max-lag", 0);
  assertEquals(master.call("SET", "a", 1), "OK");
});

Deno.test("A replica without its master answers from what it has, unless it is told otherwise", async () => {
  const { cache: master, port } = listening();
  master.call("SET", "a", 1);
  await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(master, replica);
  await master.close();
  await until(() => stateOf(replica) !== "connected");
  assertEquals(replica.call("GET", "a"), "1");
  const { port: ownPort } = replica.listen({ port: 0 }).addr as Deno.NetAddr;
  using wire = await Wire.connect(ownPort);
  await wire.send("MULTI\r\nGET a\r\n");
  await wire.until("+QUEUED\r\n");
  replica.call("CONFIG", "SET", "replica-serve-stale-data", "no");
  const down = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
  assertThrows(() => replica.call("GET", "a"), ReplyError, down);
  await wire.send("EXEC\r\n");
  assertMatch(
    await wire.until("\r\n"),
    /^-EXECABORT Transaction discarded because of: MASTERDOWN /,
  );
  assertThrows(() => replica.call("EVAL", "return redis.call('get', 'a')", 0), ReplyError, down);
  assertEquals(field(replica, "master_link_status"), "down");
  assertMatch(field(replica, "master_link_down_since_seconds"), /^\d+$/);
  assertEquals(replica.call("REPLICAOF", "NO", "ONE"), "OK");
  assertEquals(replica.call("GET", "a"), "1");
});

Deno.test("A replica leaves eviction to its master, unless it is told otherwise", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using replica = new Cache({
    logger: QUIET,
    replicaOf: { port },
    maxMemory: 1,
    maxMemoryPolicy: "allkeys-lru",
  });
  for (let i = 0; i < 100; i++) master.call("SET", `key ${i}`, "x".repeat(1000));
  await caughtUp(master, replica);
  assertEquals(replica.call("DBSIZE"), 100);
  replica.call("CONFIG", "SET", "maxmemory-policy", "noeviction");
  replica.call("CONFIG", "SET", "replica-ignore-maxmemory", "no");
  master.call("SET", "one more", 1);
  await caughtUp(master, replica);
  assertEquals(replica.call("DBSIZE"), 101);
});

Deno.test("A replica's clients that wait are sent away when it becomes one", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  const { cache, port: ownPort } = listening();
  await using _cache = cache;
  using wire = await Wire.connect(ownPort);
  await wire.send("BLPOP list 0\r\n");
  await cache.until(({ blockedClients }) => blockedClients === 1);
  cache.call("REPLICAOF", "127.0.0.1", port);
  assertEquals(
    await within(wire.rest()),
    "-UNBLOCKED force unblock from blocking operation, instance state changed " +
      "(master -> replica?)\r\n",
  );
});

Deno.test("Clients of a replica get what they wait for, and messages, from its master", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  const { cache: replica, port: replicaPort } = listening({ replicaOf: { port } });
  await using _replica = replica;
  await caughtUp(master, replica);
  using wire = await Wire.connect(replicaPort);
  await wire.send("SUBSCRIBE channel\r\n");
  await wire.until(":1\r\n");
  master.call("PUBLISH", "channel", "hello");
  await within(wire.until("$5\r\nhello\r\n"));
  using reader = await Wire.connect(replicaPort);
  await reader.send("XREAD BLOCK 0 STREAMS stream $\r\n");
  await replica.until(({ blockedClients }) => blockedClients === 1);
  master.call("XADD", "stream", "1-1", "field", "value");
  await within(reader.until("$5\r\nvalue\r\n"));
});

Deno.test("CLIENT tells replicas and masters from others, and closes them by their type", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(master, replica);
  assertMatch(`${master.call("CLIENT", "LIST", "TYPE", "replica")}`, / flags=S .* cmd=replconf /);
  assertMatch(`${replica.call("CLIENT", "LIST", "TYPE", "master")}`, / flags=M .*\(superuser\) /);
  assertEquals(field(master, "connected_clients"), "0");
  assertEquals(field(replica, "connected_clients"), "1");
  assertEquals(master.call("CLIENT", "KILL", "TYPE", "slave"), 1);
  await until(() => field(master, "sync_partial_ok") === "1");
  await caughtUp(master, replica);
  assertEquals(replica.call("CLIENT", "KILL", "TYPE", "master"), 1);
  await until(() => field(master, "sync_partial_ok") === "2");
  await caughtUp(master, replica);
});

Deno.test("REPLICAOF again does nothing for the same master, and follows another", async () => {
  const [one, two] = [listening(), listening()];
  await using _one = one.cache;
  await using _two = two.cache;
  one.cache.call("SET", "a", "one");
  two.cache.call("SET", "a", "two");
  await using replica = new Cache({ logger: QUIET, replicaOf: { port: one.port } });
  await caughtUp(one.cache, replica);
  assertEquals(
    replica.call("REPLICAOF", "127.0.0.1", one.port),
    "OK Already connected to specified master",
  );
  const { port } = one;
  assertEquals(
    replica.call("CONFIG", "GET", "replicaof"),
    new Map([["replicaof", `127.0.0.1 ${port}`]]),
  );
  replica.call("REPLICAOF", "127.0.0.1", two.port);
  await caughtUp(two.cache, replica);
  assertEquals(replica.call("GET", "a"), "two");
  await until(() => field(one.cache, "connected_slaves") === "0");
});

Deno.test("A replica says a password, and who it is", async () => {
  const { cache: master, port } = listening({ password: "s\u00e9cret" });
  await using _master = master;
  master.call("ACL", "SETUSER", "copier", "on", ">other", "+psync", "+replconf", "+ping");
  master.call("SET", "a", 1);
  for (
    const login of [{ password: "s\u00e9cret" }, { username: "copier", password: "other" }]
  ) {
    await using replica = new Cache({ logger: QUIET, replicaOf: { port, ...login } });
    await caughtUp(master, replica);
    assertEquals(replica.call("GET", "a"), "1");
  }
  const lines: string[] = [];
  const logger = { info: () => {}, warn: (line: string) => void lines.push(line), error: () => {} };
  await using replica = new Cache({ replicaOf: { port, password: "wrong" }, logger });
  await until(() => lines.length > 0);
  assertMatch(lines[0] ?? "", /The master answers AUTH with -WRONGPASS/);
  assertEquals(stateOf(replica) === "connected", false);
});

Deno.test("A slow replica is closed when more waits for it than the limit of its class", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  master.call("CONFIG", "SET", "client-output-buffer-limit", "replica 3mb 0 0");
  master.call("CONFIG", "SET", "repl-backlog-size", "100kb");
  using wire = await Wire.connect(port);
  await wire.send("SYNC\r\n");
  await until(() => field(master, "slave0").includes("state=online"));
  for (let i = 0; i < 200 && field(master, "connected_slaves") === "1"; i++) {
    master.call("SET", "a", "x".repeat(256 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals(field(master, "connected_slaves"), "0");
  master.call("SET", "a", "b");
  assert(Number(field(master, "repl_backlog_histlen")) < 8 * 1024 * 1024);
});

Deno.test("A replica that stays above the soft limit for its time is closed", async () => {
  await using master = new Inside();
  master.engine.settings.outputLimits = {
    ...master.engine.settings.outputLimits,
    slave: { hard: 0, soft: 1024 * 1024, seconds: 2 },
  };
  using wire = await Wire.connect(master.port);
  await wire.send("SYNC\r\n");
  const { replicas } = master.engine.replication;
  await until(() => [...replicas].some(({ state }) => state === "online"));
  for (let i = 0; i < 100; i++) master.call(`SET a ${"x".repeat(128 * 1024)}`);
  await new Promise((resolve) => setTimeout(resolve, 0));
  master.clock.advance(1000);
  assertEquals(replicas.size, 1);
  master.clock.advance(1500);
  assertEquals(replicas.size, 0);
});

Deno.test("A master that is closed sends its replicas all before, but does not wait for ever", async () => {
  const { cache: master, port } = listening();
  await using replica = new Cache({ logger: QUIET, replicaOf: { port }, enableDebugCommand: true });
  await replica.until(({ followsMaster }) => followsMaster);
  assertEquals([master.stats.replicas, replica.stats.replicas], [1, 0]);
  master.call("SET", "first", 1);
  await until(() => master.call("WAIT", 1, 0) === 1);
  for (let i = 1; i < 2000; i++) master.call("SET", `key ${i}`, "x".repeat(1000));
  await master.close();
  await until(() => replica.stats.keys === 2000);

  const { cache: other, port: otherPort } = listening();
  using wire = await Wire.connect(otherPort);
  await wire.send("PSYNC ? -1\r\n");
  await other.until(({ replicas }) => replicas === 1);
  other.call("SET", "a", 1);
  await within(other.close());
});

Deno.test("FAILOVER lets a replica take its master's place, and all follow it", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  const { cache: replica, port: replicaPort } = listening({ replicaOf: { port } });
  await using _replica = replica;
  fill(master, 10);
  await caughtUp(master, replica);
  for (
    const [command, error] of [
      ["FAILOVER TO 127.0.0.1 1", "ERR FAILOVER target HOST and PORT is not a replica."],
      ["FAILOVER TO 127.0.0.1 1 FORCE", "ERR FAILOVER with force option requires both a timeout"],
    ] as const
  ) {
    assertThrows(() => master.call(...command.split(" ")), ReplyError, error);
  }
  assertThrows(() => replica.call("FAILOVER"), ReplyError, "not valid when server is a replica");
  assertEquals(master.call("FAILOVER", "TO", "127.0.0.1", replicaPort), "OK");
  assertEquals(field(master, "master_failover_state"), "waiting-for-sync");
  assertThrows(() => master.call("FAILOVER"), ReplyError, "FAILOVER already in progress");
  assertThrows(
    () => master.call("REPLICAOF", "NO", "ONE"),
    ReplyError,
    "REPLICAOF not allowed while failing over",
  );
  await until(() => field(replica, "role") === "master");
  await caughtUp(replica, master);
  assertEquals(field(master, "master_failover_state"), "no-failover");
  replica.call("SET", "a", "new");
  await caughtUp(replica, master);
  assertEquals(digest(master), digest(replica));
  assertEquals(field(replica, "sync_partial_ok"), "1");
});
