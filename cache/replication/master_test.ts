/** The master, as those see it who speak to it by hand. */

import { assertEquals, assertMatch } from "@std/assert";
import { settle, until, within } from "../../test_util.ts";
import { caughtUp, field, Inside, listening, QUIET, Wire } from "./test_util.ts";
import { play } from "../commands/test_util.ts";
import { Cache } from "../cache.ts";

/** Connects as a replica, which says something of itself first, and asks for the stream or for all keys. */
async function psync(port: number, about = "", from = "? -1"): Promise<Wire> {
  const wire = await Wire.connect(port);
  if (about !== "") {
    await wire.send(`REPLCONF ${about}\r\n`);
    await wire.until("+OK\r\n");
  }
  await wire.send(`PSYNC ${from}\r\n`);
  return wire;
}

/** Waits until a replica has got all keys. */
async function online({ engine: { replication } }: Inside): Promise<void> {
  await until(() => replication.online === 1);
}

const FULL = /^\+FULLRESYNC ([\da-f]{40}) (\d+)\r\n/;

Deno.test("REPLCONF takes what a replica says of itself, and says what is wrong with it", async () => {
  await play(`
    REPLCONF → +OK
    REPLCONF listening-port → -ERR syntax error
    REPLCONF listening-port 6380 ip-address 10.0.0.1 → +OK
    REPLCONF listening-port x → -ERR value is not an integer or out of range
    REPLCONF ip-address ${
    "x".repeat(255)
  } → -ERR REPLCONF ip-address provided by replica instance is too long: 255 bytes
    REPLCONF capa eof capa psync2 capa later → +OK
    REPLCONF rdb-only 2 → -ERR value is out of range, value must between 0 and 1
    REPLCONF rdb-only x → -ERR value is not an integer or out of range
    REPLCONF rdb-only 0 → +OK
    REPLCONF rdb-filter-only keys → -ERR Unsupported rdb-filter-only option: keys
    REPLCONF rdb-filter-only functions → +OK
    REPLCONF nothing 1 → -ERR Unrecognized REPLCONF option: nothing
    # Neither is answered.
    REPLCONF ACK 10 →
    REPLCONF GETACK * →
    PSYNC → -ERR wrong number of arguments for 'psync' command
    PSYNC ? x → -ERR value is not an integer or out of range
    PSYNC x 1 FAILOVER → -ERR PSYNC FAILOVER can't be sent to a master.
    MULTI → +OK
    PSYNC ? -1 → -ERR Command not allowed inside a transaction
    SYNC → -ERR Command not allowed inside a transaction
    DISCARD → +OK
  `);
  await play(`
    REPLCONF rdb-filter-only functions → +OK
    SYNC → -ERR Filtered replica requires EOF capability
  `);
});

Deno.test("SYNC sends a snapshot with its length to who knows nothing else, and then the stream", async () => {
  const { cache, port } = listening();
  await using _cache = cache;
  cache.call("SELECT", 2);
  cache.call("SET", "a", "1");
  using wire = await Wire.connect(port);
  await wire.send("SYNC\r\n");
  const length = Number((await within(wire.until("\r\n"))).slice(1));
  const snapshot = await wire.take(length);
  assertMatch(snapshot, /^REDIS0010/);
  cache.call("SET", "b", "2");
  assertEquals(
    await within(wire.until("b\r\n$1\r\n2\r\n")),
    "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n",
  );
  // One that comes now has not heard which database was chosen.
  using other = await Wire.connect(port);
  await other.send("SYNC\r\n");
  await other.take(Number((await within(other.until("\r\n"))).slice(1)));
  cache.call("SET", "c", "3");
  assertMatch(await within(other.until("c\r\n$1\r\n3\r\n")), /^\*2\r\n\$6\r\nSELECT/);
  // What a replica asks, it gets no reply to: it is closed.
  await wire.send("REPLCONF ACK 10\r\nSYNC\r\nPSYNC ? -1\r\n");
  await wire.send("PING\r\n");
  assertMatch(await within(wire.rest()), /SELECT.*SET.*c\r\n\$1\r\n3\r\n$/s);
});

Deno.test("PSYNC sends a snapshot up to a mark, and the stream when the replica has it", async () => {
  const { cache, port } = listening();
  await using _cache = cache;
  cache.call("SET", "a", "1");
  using wire = await psync(port, "listening-port 7 ip-address 10.0.0.7 capa eof");
  const [, id, offset] = FULL.exec(await within(wire.until("\r\n"))) ?? [];
  assertEquals([id, offset], [field(cache, "master_replid"), "0"]);
  const mark = (await within(wire.until("\r\n"))).slice("$EOF:".length, -2);
  cache.call("SET", "b", "2");
  assertMatch(await within(wire.until(mark)), /^REDIS0010/);
  cache.call("SET", "c", "3");
  assertEquals(cache.call("ROLE"), ["master", 77, [["10.0.0.7", "7", "0"]]]);
  await wire.send("REPLCONF ACK 0\r\n");
  assertMatch(await within(wire.until("$1\r\n3\r\n")), /^\*2\r\n\$6\r\nSELECT.*b.*2.*c/s);
  await wire.send("REPLCONF ACK 77\r\n");
  await until(() => field(cache, "slave0").startsWith("ip=10.0.0.7,port=7,state=online,offset=77"));
  // A number that is none, and one that is smaller, change nothing.
  await wire.send("REPLCONF ACK x\r\nREPLCONF ACK 3\r\n");
  await wire.send("REPLCONF ACK 78\r\n");
  await until(() => field(cache, "slave0").includes("offset=78"));
});

Deno.test("PSYNC goes on from an offset that the backlog has, and from no other", async () => {
  const { cache, port } = listening();
  await using _cache = cache;
  await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(cache, replica);
  for (let i = 0; i < 5; i++) cache.call("SET", "a", i);
  const id = field(cache, "master_replid");
  const end = Number(field(cache, "master_repl_offset"));
  {
    using wire = await psync(port, "", `${id.toUpperCase()} ${end - 6}`);
    assertEquals(await within(wire.until("4\r\n")), "+CONTINUE\r\n$1\r\n4\r\n");
  }
  {
    using wire = await psync(port, "capa psync2", `${id} ${end + 1}`);
    cache.call("SET", "b", "last");
    assertEquals(
      await within(wire.until("last\r\n")),
      `+CONTINUE ${id}\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$4\r\nlast\r\n`,
    );
  }
  const now = Number(field(cache, "master_repl_offset"));
  for (const [other, offset] of [[id, 0], [id, now + 2], ["0".repeat(40), 1], ["?", -1]] as const) {
    using wire = await psync(port, "", `${other} ${offset}`);
    assertMatch(await within(wire.until("\r\n")), FULL);
  }
  assertEquals(field(cache, "sync_partial_ok"), "2");
  assertEquals(field(cache, "sync_partial_err"), "4");
  assertEquals(field(cache, "sync_full"), "5");
});

Deno.test("REPLCONF rdb-only and rdb-filter-only ask for a snapshot of parts, and nothing more", async () => {
  const { cache, port } = listening();
  await using _cache = cache;
  cache.call("SET", "the key", "1");
  cache.call(
    "FUNCTION",
    "LOAD",
    "#!lua name=the_library\nredis.register_function('f', function() end)",
  );
  for (
    const [filter, expected] of [
      ["", [true, true]],
      [" rdb-filter-only functions", [false, true]],
      [' rdb-filter-only ""', [false, false]],
    ] as const
  ) {
    using wire = await Wire.connect(port);
    await wire.send(`REPLCONF capa eof rdb-only 1${filter}\r\n`);
    await wire.until("+OK\r\n");
    await wire.send("SYNC\r\n");
    const text = await within(wire.rest());
    assertEquals([text.includes("the key"), text.includes("the_library")], [...expected]);
  }
});

Deno.test("A master whose replicas leave amid a snapshot serves the next one", async () => {
  const { cache, port } = listening();
  await using _cache = cache;
  for (let i = 0; i < 100; i++) cache.call("SET", `key ${i}`, crypto.randomUUID().repeat(5000));
  {
    using wire = await Wire.connect(port);
    await wire.send("REPLCONF capa eof\r\n");
    await wire.until("+OK\r\n");
    await wire.send("SYNC\r\n");
    await within(wire.until("REDIS0010"));
  }
  await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(cache, replica);
  assertEquals(replica.call("DBSIZE"), 100);
});

Deno.test("A replica waits for the end of another snapshot", async () => {
  const directory = await Deno.makeTempDir();
  const { cache, port } = listening({ snapshot: `${directory}/dump.rdb` });
  await using _directory = {
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
  await using _cache = cache;
  for (let i = 0; i < 5000; i++) cache.call("SET", `key ${i}`, "x".repeat(100));
  cache.call("BGSAVE");
  await using replica = new Cache({ logger: QUIET, replicaOf: { port } });
  await caughtUp(cache, replica);
  assertEquals(replica.call("DBSIZE"), 5000);
  assertEquals(field(cache, "rdb_last_bgsave_status"), "ok");
});

Deno.test("A master shows its replicas that it is there, and closes those that show nothing", async () => {
  await using master = new Inside();
  master.call("CONFIG SET repl-ping-replica-period 3");
  master.call("CONFIG SET repl-timeout 10");
  master.call("CONFIG SET repl-diskless-sync-delay 2");
  using wire = await psync(master.port, "capa eof");
  const { replicas } = master.engine.replication;
  await until(() => replicas.size === 1);
  master.tick(1);
  assertEquals(await within(wire.until("\n")), "\n");
  master.tick(1);
  await within(wire.until("FULLRESYNC"));
  await online(master);
  // It would not find the end of the snapshot if more came at once.
  const [replica] = replicas;
  master.call("SET a 1");
  await settle();
  assertEquals(replica?.sent, 0);
  // A sign in time keeps it.
  master.tick(8);
  await wire.send("REPLCONF ACK 0\r\n");
  await within(wire.until("PING\r\n"));
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) master.tick(1);
    await within(wire.until("PING\r\n"));
  }
  master.tick(1);
  assertEquals(replicas.size, 1);
  master.tick(1);
  assertEquals(replicas.size, 0);
  await within(wire.rest());
});

Deno.test("No snapshot for replicas begins while the cache is being closed", async () => {
  await using master = new Inside();
  const { background, replication } = master.engine;
  await background.stop();
  using _wire = await psync(master.port);
  await until(() => replication.replicas.size === 1);
  assertEquals([...replication.replicas].map(({ state }) => state), ["waiting"]);
  assertEquals(background.kind, undefined);
});

Deno.test("A snapshot for replicas waits for the end of a script that is past its time", async () => {
  await using master = new Inside();
  master.call("CONFIG SET repl-diskless-sync-delay 2");
  master.call("CONFIG SET busy-reply-threshold 1");
  using wire = await psync(master.port, "capa eof");
  const { replicas } = master.engine.replication;
  await until(() => replicas.size === 1);
  const [replica] = replicas;
  using caller = await Wire.connect(master.port);
  const seconds = master.clock.now() / 1000 + 1;
  const wait = `repeat until redis.call('time')[1] == '${Math.floor(seconds)}'`;
  await caller.send(`EVAL "redis.call('incr', 'a') ${wait}" 0\r\n`);
  await until(() => master.call("GET a").startsWith("-BUSY"));
  master.tick(3);
  assertEquals(replica?.state, "waiting");
  master.clock.advance(1000);
  await within(wire.until("FULLRESYNC"));
  assertEquals(master.call("GET a"), "$1\r\n1");
  // The snapshot has what the script has done, and the stream before it.
  assertEquals(replica?.sent, master.engine.replication.offset);
});

Deno.test("A master's first PING comes after repl-ping-replica-period", async () => {
  await using master = new Inside();
  master.call("CONFIG SET repl-ping-replica-period 3600");
  using wire = await psync(master.port);
  await online(master);
  for (let i = 0; i < 3; i++) master.tick(1);
  master.call("SET key value");
  assertEquals((await within(wire.until("value"))).includes("PING"), false);
});

Deno.test("A master gives its backlog up when there was no replica for its time", async () => {
  await using master = new Inside();
  master.call("CONFIG SET repl-backlog-ttl 60");
  const { replication } = master.engine;
  {
    using wire = await Wire.connect(master.port);
    await wire.send("SYNC\r\n");
    await within(wire.until("REDIS0010"));
  }
  await until(() => replication.replicas.size === 0);
  const { id } = replication;
  master.call("SET a 1");
  const { offset } = replication;
  assertEquals(offset > 0, true);
  master.tick(60);
  assertEquals([replication.id, replication.backlog !== undefined], [id, true]);
  master.tick(1);
  assertEquals([replication.id !== id, replication.backlog], [true, undefined]);
  assertEquals(master.engine.effects, undefined);
  // What is no more told is not counted.
  master.call("SET a 2");
  assertEquals(replication.offset, offset);
  assertEquals(master.call("ROLE"), `*3\r\n$6\r\nmaster\r\n:${offset}\r\n*0`);
});

Deno.test("A replica tells how far it is though clients are paused", async () => {
  await using master = new Inside();
  using wire = await psync(master.port);
  const { replicas } = master.engine.replication;
  await online(master);
  master.call("SET a 1");
  const { offset } = master.engine.replication;
  master.call("CLIENT PAUSE 1000 ALL");
  await wire.send(`REPLCONF ACK ${offset}\r\n`);
  await until(() => [...replicas].some(({ acknowledged }) => acknowledged === offset));
  assertEquals(master.engine.pause !== undefined, true);
});

Deno.test("ROLE and INFO show the IPv6 address of a replica without brackets", async () => {
  await using master = new Inside();
  using _wire = await psync(master.port, "listening-port 7");
  await online(master);
  for (const { client } of master.engine.replication.replicas) client.address = "[::1]:6379";
  assertMatch(master.call("ROLE"), /\r\n\$3\r\n::1\r\n\$1\r\n7\r\n/);
  assertMatch(master.call("INFO replication"), /^slave0:ip=::1,port=7,/m);
});

Deno.test("FAILOVER ends at its time: given up, or forced", async () => {
  await using master = new Inside();
  const { replication } = master.engine;
  using _wire = await psync(master.port, "listening-port 1");
  await online(master);
  master.call("SET a 1");
  assertEquals(master.call("FAILOVER TIMEOUT 3000"), "+OK");
  assertEquals(master.call("CLIENT UNPAUSE"), "+OK");
  assertEquals(master.engine.pause !== undefined, true);
  master.tick(2);
  assertEquals(replication.failover.state, "waiting-for-sync");
  master.tick(1);
  assertEquals(replication.failover.state, "no-failover");
  assertEquals(master.engine.pause, undefined);
  assertEquals(master.call("FAILOVER"), "+OK");
  assertEquals(master.call("FAILOVER ABORT"), "+OK");
  assertEquals(master.engine.pause, undefined);
  // Nobody listens there: the one that was to take over does not answer.
  assertEquals(master.call("FAILOVER TO 127.0.0.1 1 FORCE TIMEOUT 1"), "+OK");
  master.tick(1);
  assertEquals(master.engine.isReplica, true);
  await until(() => replication.failover.state === "no-failover");
  assertEquals([master.engine.isReplica, master.engine.pause], [false, undefined]);
});

Deno.test("FAILOVER finds its target however its name is written", async () => {
  await using master = new Inside();
  const { replication } = master.engine;
  using _wire = await psync(master.port, "listening-port 1 ip-address LocalHost");
  await online(master);
  assertEquals(master.call("FAILOVER TO localhost 1"), "+OK");
  master.tick(1);
  assertEquals(replication.failover.state, "failover-in-progress");
});

Deno.test("FAILOVER is given up where its target refuses, and the log says why", async () => {
  const { cache: target, port } = listening({ password: "secret" });
  await using _target = target;
  await using master = new Inside();
  const { replication } = master.engine;
  const lines: string[] = [];
  replication.log = { info() {}, warn: (line) => void lines.push(line) };
  target.call("CONFIG", "SET", "replica-announce-port", port);
  target.call("REPLICAOF", "127.0.0.1", master.port);
  await online(master);
  // The master has no masterauth.
  assertEquals(master.call(`FAILOVER TO 127.0.0.1 ${port} FORCE TIMEOUT 1`), "+OK");
  master.tick(1);
  const { link } = replication;
  await until(() => replication.failover.state === "no-failover");
  assertEquals([master.engine.isReplica, master.engine.pause], [false, undefined]);
  assertEquals(lines, [
    "FAILOVER aborted: Failover target did not take over: The master answers PSYNC with " +
    "-NOAUTH Authentication required.",
  ]);
  // No attempt follows.
  await within(link?.closed ?? Promise.reject(new Error("There was no link")));
});
