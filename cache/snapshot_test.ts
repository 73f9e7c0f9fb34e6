import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Cache } from "./cache.ts";
import { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { processRequest } from "./commands/gate.ts";
import { allCommands } from "./commands/table.ts";
import { digestAll } from "./digest.ts";
import { dumpEntry, writeValue } from "./dump.ts";
import { Engine } from "./engine.ts";
import { STREAM } from "./objects.ts";
import { Args } from "./protocol/request.ts";
import { ReplyError } from "./protocol/value.ts";
import { Crc64 } from "./rdb/crc64.ts";
import { writeEnd } from "./rdb/file.ts";
import { RdbError } from "./rdb/reader.ts";
import { fromHex, toHex } from "./rdb/test_util.ts";
import { RdbWriter } from "./rdb/writer.ts";
import { Settings } from "./settings.ts";
import { CANCELLED, Saving, type SavingTarget } from "./saving.ts";
import { FileStore, type SnapshotStore } from "./snapshot_file.ts";
import { latin1Slice, Slice } from "./store/slice.ts";
import { seeded } from "./store/test_util.ts";

const NOW = 1_700_000_000_000;

/** What a test has made: what it deletes may still be given back in parts when it ends. */
const made: Engine[] = [];
Deno.test.afterEach(() => {
  for (const engine of made.splice(0)) engine.close();
});

function newEngine(clock = new ManualClock(NOW)) {
  const engine = new Engine(clock, new Settings(), allCommands());
  made.push(engine);
  const client = new Client(engine);
  const call = (...args: (string | number)[]) => {
    const slices = args.map((arg) => latin1Slice(String(arg)));
    engine.run(client, () => processRequest(client, Args.of(slices)));
    const reply = new Slice(client.reply.written()).latin1();
    client.reply.truncate(0);
    return reply;
  };
  return { engine, call };
}

/** A snapshot of given bytes, which keeps what is written in their place. */
class FakeStore implements SnapshotStore {
  readonly path = "fake.rdb";
  bytes: Uint8Array | undefined;
  /** How many bytes one read gives. */
  readSize = Infinity;
  /** What `write` waits for. */
  gate: Promise<void> = Promise.resolve();
  discarded = 0;

  constructor(bytes?: Uint8Array) {
    this.bytes = bytes;
  }

  open() {
    const { bytes } = this;
    if (bytes === undefined) return undefined;
    let at = 0;
    return {
      size: bytes.length,
      read: (into: Uint8Array) => {
        const part = bytes.subarray(at, at + Math.min(into.length, this.readSize));
        into.set(part);
        at += part.length;
        return part.length;
      },
      [Symbol.dispose]: () => {},
    };
  }

  create(): SavingTarget {
    const written: number[] = [];
    const writeSync = (data: Uint8Array) => {
      for (const byte of data) written.push(byte);
    };
    const commitSync = () => {
      this.bytes = Uint8Array.from(written);
    };
    return {
      writeSync,
      write: async (data) => {
        await this.gate;
        writeSync(data);
      },
      commitSync,
      commit: () => Promise.resolve(commitSync()),
      discard: () => this.discarded++,
    };
  }
}

function load(bytes: Uint8Array, engine = newEngine().engine, readSize = Infinity): Engine {
  const store = new FakeStore(bytes);
  store.readSize = readSize;
  engine.snapshots.load(store);
  return engine;
}

function save(engine: Engine): Uint8Array {
  const store = new FakeStore();
  engine.snapshots.save(store);
  assert(store.bytes !== undefined);
  return store.bytes;
}

/** Fills databases with values of all types and encodings, of any size. */
function fill(call: (...args: (string | number)[]) => string, random: () => number, keys: number) {
  const int = (max: number) => Math.floor(random() * max);
  for (let i = 0; i < keys; i++) {
    const key = `key:${i}`;
    const size = random() < 0.1 ? 700 : 1 + int(20);
    const text = () => random() < 0.3 ? int(1e6) : "v".repeat(int(100)) + int(1e6);
    call("SELECT", int(4));
    switch (int(8)) {
      case 0:
        call("SET", key, text());
        break;
      case 1:
        call("RPUSH", key, ...Array.from({ length: size }, text));
        break;
      case 2:
        call("SADD", key, ...Array.from({ length: size }, text));
        break;
      case 3:
        call("SADD", key, ...Array.from({ length: size }, () => int(1e6)));
        break;
      case 4:
        call("HSET", key, ...Array.from({ length: 2 * size }, text));
        break;
      case 5:
        for (let i = 0; i < size; i++) call("XADD", key, `1-${i + 1}`, "f", text());
        call("XGROUP", "CREATE", key, "g", int(2));
        call("XREADGROUP", "GROUP", "g", "c", "COUNT", 1 + int(size), "STREAMS", key, ">");
        call("XDEL", key, `1-${1 + int(size)}`);
        break;
      case 6:
        call("PFADD", key, ...Array.from({ length: size }, text));
        break;
      default:
        call("ZADD", key, ...Array.from({ length: size }, () => [random() * 100, text()]).flat());
    }
    if (random() < 0.3) call("PEXPIRE", key, 1000 + int(1e6));
  }
}

/** All that a snapshot holds of keys: their digest, which says nothing of groups, and streams as a whole. */
function seen(engine: Engine): string[] {
  const { objects } = engine;
  const found: string[] = [];
  for (const { index, table } of engine.databases) {
    objects.keys.walk(table, (entry) => {
      if (objects.type(entry) !== STREAM) return;
      found.push(`${index} ${objects.keys.key(entry).latin1()} ${toHex(dumpEntry(engine, entry))}`);
    });
  }
  return [digestAll(engine), ...found.sort()];
}

Deno.test("Snapshots.save() writes what load() reads: all types, sizes, databases and deadlines", () => {
  const { engine, call } = newEngine();
  fill(call, seeded(1), 150);
  call("SELECT", 15);
  call("SET", "far", "x", "PXAT", "9007199254740993");
  const bytes = save(engine);
  assertEquals(engine.snapshots.changes, 0);
  for (const readSize of [Infinity, 1, 1000]) {
    const copy = load(bytes, undefined, readSize);
    assertEquals(seen(copy), seen(engine));
    assertEquals(
      copy.databases.map(({ deadlines }) => deadlines.size).join(),
      "" +
        engine.databases.map(({ deadlines }) => deadlines.size).join(),
    );
    assertEquals(copy.snapshots.loaded, engine.databases.reduce((sum, { size }) => sum + size, 0));
    assertEquals(copy.snapshots.changes, 0);
    const client = new Client(copy);
    const args = ["PEXPIRETIME", "far"].map(latin1Slice);
    client.db = copy.databases[15] ?? client.db;
    copy.run(client, () => processRequest(client, Args.of(args)));
    assertEquals(new Slice(client.reply.written()).latin1(), ":9007199254740993\r\n");
  }
});

/** Files that older versions of Redis have written. */
const OLD_FILES: [string, string, string[], string][] = [
  [
    "2.6",
    "524544495330303033 fe00 09 0468617368 10 02 026631 020076 31 026632 02007632 ff ff",
    ["HGETALL", "hash"],
    "*4 $2 f1 $2 v1 $2 f2 $2 v2 ",
  ],
  [
    "4.0",
    "524544495330303038 fa 0972656469732d766572 05342e302e39 fa 0a72656469732d62697473 c040" +
    "fa 056374696d65 c29f062661 fa 08757365642d6d656d c280920700 fa 0c616f662d707265616d626c65 c000" +
    "fe00 fb0200 0e 046c697374 01 0d 0d0000000a000000010000f8ff 00 0178 c007 ff 3572f8541ac4d740",
    ["LRANGE", "list", "0", "-1"],
    "*1 $1 7 ",
  ],
];

Deno.test("Snapshots.load() reads files of older versions", () => {
  for (const [version, hex, command, reply] of OLD_FILES) {
    const { engine, call } = newEngine();
    load(fromHex(hex), engine);
    assertEquals([version, call(...command).replaceAll("\r\n", " ")], [version, reply]);
  }
});

Deno.test("Snapshots.load() reads what older versions say of a key, and passes keys without elements", () => {
  const { engine, call } = newEngine();
  const hex = "524544495330303034 fe00" + "fd 00f15365 00 0161 0131" + // until second 1700000000
    "fd 01f15365 f8 05 00 0162 0132" + "f9 07 00 0163 0133" + "02 0164 00" + "ff";
  load(fromHex(hex), engine);
  assertEquals(call("PEXPIRETIME", "a"), ":1700000000000\r\n");
  assertEquals(call("PEXPIRETIME", "b"), ":1700000001000\r\n");
  assertEquals(call("OBJECT", "IDLETIME", "b"), ":5\r\n");
  assertEquals(call("KEYS", "*").length, "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n".length);
  const { engine: later } = newEngine(new ManualClock(NOW + 500));
  load(fromHex(hex), later);
  assertEquals([later.snapshots.loaded, later.snapshots.expired], [2, 1]);
});

/** The file of one key that Redis 7.0.15 has written by each policy, with what stands before the key. */
const USE_FILES: [policy: string, before: string][] = [
  ["noeviction", ""],
  ["allkeys-lru", "f84064"],
  ["volatile-lfu", "f94d"],
];

Deno.test("A snapshot keeps the use of a key that the policy looks at, as Redis does", () => {
  for (const [policy, before] of USE_FILES) {
    const { engine, call } = newEngine();
    call("CONFIG", "SET", "maxmemory-policy", policy);
    const key = `${before}000161c001`;
    load(fromHex(`524544495330303130 fe00 fb0100 ${key} ff 0000000000000000`), engine);
    assertEquals(
      call("OBJECT", policy.endsWith("lfu") ? "FREQ" : "IDLETIME", "a"),
      policy.endsWith("lfu") ? ":77\r\n" : policy.endsWith("lru") ? ":100\r\n" : ":0\r\n",
    );
    assertStringIncludes(toHex(new Slice(save(engine))), `fe00fb0100${key}ff`);
    // What the policy keeps not is passed over.
    const other = before.startsWith("f8") ? "f94d" : "f84064";
    load(fromHex(`524544495330303130 fe01 ${other} 000161c001 ff 0000000000000000`), engine);
    call("SELECT", 1);
    assertEquals(
      call("OBJECT", policy.endsWith("lfu") ? "FREQ" : "IDLETIME", "a"),
      policy.endsWith("lfu") ? ":5\r\n" : policy.endsWith("lru") ? ":0\r\n" : ":100\r\n",
    );
    engine.close();
  }
});

Deno.test("Snapshots.load() says where a file is damaged, and why", () => {
  const head = "524544495330303130";
  const cases: [string, string][] = [
    ["", "It is too short for an RDB file at byte 0"],
    ["524544495830303130ff", "It is no RDB file, which begins with REDIS at byte 0"],
    ["52454449537830313000", "It has no version at byte 5"],
    ["52454449533030313100", "It has version 11, and 10 is the last known at byte 5"],
    [`${head}`, "The data ends too early at byte 9"],
    [`${head}fe00 00 0161 0531`, "The data ends too early at byte 16"],
    [
      `${head}fe10 00 0161 0131 ff`,
      "There is a database 16, and only 16 are configured at byte 11",
    ],
    [`${head}fe00 00 0161 0131 00 0161 0132`, "A key comes twice at byte 21"],
    [`${head}fe00 63 0161`, "Unknown kind of value 99 at byte 14"],
    [
      `${head}f5 0161`,
      "A library of functions cannot be loaded: ERR Missing library metadata at byte 12",
    ],
    [`${head}fe00 f7`, "The data of a module is not supported at byte 11"],
    [`${head}fec000`, "A length was expected, and not an encoded string at byte 10"],
    [`${head}fe8200`, "Unknown kind of length at byte 10"],
    [`${head}fe81ffffffffffffffff`, "A length is too large at byte 10"],
    [`${head}fe00 00 0161 c4`, "Unknown encoding 4 of a string at byte 14"],
    [`${head}fe00 00 0161 c302 02 0061`, "A string cannot be decompressed at byte 14"],
    [`${head}ff 0000000000000001`, "The checksum is wrong at byte 10"],
    [`${head}ff 00000000000000`, "The data ends too early at byte 17"],
    [`${head}ff 0000000000000000 00`, "There is more than the end at byte 18"],
  ];
  for (const [hex, message] of cases) {
    const error = assertThrows(() => load(fromHex(hex)), RdbError);
    assertEquals([hex, error.message], [hex, message]);
  }
});

Deno.test("Snapshots.load() keeps nothing of a key that comes twice", () => {
  const { engine, call } = newEngine();
  call("RPUSH", "l", "a", "b");
  const bytes = save(engine);
  const { used } = engine.objects.arena;
  assertThrows(() => load(bytes, engine), RdbError, "A key comes twice");
  assertEquals(engine.objects.arena.used, used);
  engine.close();
});

Deno.test("Snapshots.load() takes damage of any kind as damage", () => {
  const { engine, call } = newEngine();
  const random = seeded(5);
  fill(call, random, 30);
  const whole = save(engine);
  for (let round = 0; round < 120; round++) {
    const bytes = whole.slice();
    const at = Math.floor(random() * bytes.length);
    bytes[at]! ^= 1 << Math.floor(random() * 8);
    const { engine: other } = newEngine();
    assertThrows(() => load(random() < 0.5 ? bytes : whole.subarray(0, at), other), RdbError);
    other.close();
  }
  engine.close();
});

Deno.test("Saving writes what there was when it began, whatever is done meanwhile", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const random = seeded(seed);
    const int = (max: number) => Math.floor(random() * max);
    const { engine, call } = newEngine();
    const clock = engine.clock as ManualClock;
    fill(call, random, 300);
    const before = seen(engine);
    const saving = engine.saving = new Saving(engine);
    const { writer } = saving;
    const parts = saving.run();
    const written: Uint8Array[] = [];
    const key = () => `key:${int(400)}`;
    const commands: (() => (string | number)[])[] = [
      () => ["SET", key(), int(1000)],
      () => ["SET", key(), int(1000), "KEEPTTL"],
      () => ["APPEND", key(), "more"],
      () => ["INCR", key()],
      () => ["GETDEL", key()],
      () => ["GETEX", key(), "PERSIST"],
      () => ["GETEX", key(), "EX", 100],
      () => ["SETRANGE", key(), 5, "range"],
      () => ["DEL", key(), key(), key()],
      () => ["UNLINK", key()],
      () => ["EXPIRE", key(), int(100) - 5],
      () => ["PERSIST", key()],
      () => ["RENAME", key(), key()],
      () => ["COPY", key(), key(), "REPLACE"],
      () => ["MOVE", key(), int(4)],
      () => ["RPUSH", key(), 1, 2, 3],
      () => ["LPOP", key(), 3],
      () => ["LMOVE", key(), key(), "LEFT", "RIGHT"],
      () => ["LSET", key(), 0, "set"],
      () => ["LTRIM", key(), 1, 3],
      () => ["LREM", key(), 0, "x"],
      () => ["SADD", key(), "new", int(10)],
      () => ["SPOP", key(), 2],
      () => ["SMOVE", key(), key(), int(1000)],
      () => ["SINTERSTORE", key(), key(), key()],
      () => ["HSET", key(), "f", int(10)],
      () => ["HINCRBY", key(), "f", 1],
      () => ["HDEL", key(), "f"],
      () => ["ZADD", key(), int(100), "new"],
      () => ["ZINCRBY", key(), 1, "new"],
      () => ["ZPOPMIN", key(), 2],
      () => ["ZREMRANGEBYRANK", key(), 0, 1],
      () => ["ZUNIONSTORE", key(), 2, key(), key()],
      () => ["SETBIT", key(), int(500), int(2)],
      () => ["BITFIELD", key(), "INCRBY", "u8", int(100), 1],
      () => ["BITOP", "NOT", key(), key()],
      () => ["PFADD", key(), int(1000)],
      () => ["PFCOUNT", key()],
      () => ["PFMERGE", key(), key()],
      () => ["GEOADD", key(), int(100), int(80), "new"],
      () => ["GEOSEARCHSTORE", key(), key(), "FROMLONLAT", 0, 0, "BYRADIUS", 9e6, "m"],
      () => ["GEORADIUS", key(), 0, 0, 9e6, "m", "STORE", key()],
      () => ["XADD", key(), "*", "f", "v"],
      () => ["XADD", key(), "MAXLEN", 2, "*", "f", "v"],
      () => ["XDEL", key(), `1-${int(20)}`],
      () => ["XTRIM", key(), "MAXLEN", int(10)],
      () => ["XSETID", key(), "9999999999999-0"],
      () => ["XACK", key(), "g", `1-${1 + int(3)}`],
      () => ["XCLAIM", key(), "g", "d", 0, `1-${1 + int(20)}`, "FORCE", "JUSTID"],
      () => ["XAUTOCLAIM", key(), "g", "d", 0, "-", "COUNT", 3],
      () => ["XREADGROUP", "GROUP", "g", "e", "COUNT", 2, "STREAMS", key(), ">"],
      () => ["XREADGROUP", "GROUP", "g", "c", "COUNT", 2, "STREAMS", key(), 0],
      () => ["XGROUP", "CREATE", key(), "new", 0, "MKSTREAM"],
      () => ["XGROUP", "SETID", key(), "g", 0],
      () => ["XGROUP", "DESTROY", key(), "g"],
      () => ["XGROUP", "CREATECONSUMER", key(), "g", "new"],
      () => ["XGROUP", "DELCONSUMER", key(), "g", "c"],
      () => ["SORT", key(), "ALPHA", "STORE", key()],
      () => ["RESTORE", key(), 0, "\0\xc0\x05\x09\0\x02\x0b\xae\xa9\x0c\xf9\xdf\xfc", "REPLACE"],
      () => ["SELECT", int(4)],
      () => ["SWAPDB", int(4), int(4)],
      () => [["FLUSHDB", "FLUSHALL"][int(2)] ?? "", "ASYNC"],
    ];
    for (let step = 0; !parts.next().done; step++) {
      for (let i = int(4); i > 0; i--) {
        const make = commands[int(commands.length - (random() < 0.9 ? 1 : 0))];
        call(...make?.() ?? ["PING"]);
      }
      if (step === 8 * seed) call(seed === 1 ? "FLUSHALL" : "FLUSHDB");
      const db = engine.databases[int(4)];
      const victim = db?.objects.keys.random(db.table, random) ?? 0;
      if (victim !== 0 && random() < 0.1) db?.evict(victim);
      if (random() < 0.1) clock.advance(int(1000));
      if (random() < 0.3) {
        written.push(writer.written().copy());
        writer.clear();
      }
    }
    engine.saving = undefined;
    saving.end();
    written.push(writer.written().copy());
    writer.clear();
    writeEnd(writer, undefined);
    written.push(writer.written().copy());
    const copy = load(Uint8Array.from(written.flatMap((part) => [...part])));
    assertEquals([seed, seen(copy)], [seed, before]);
    copy.close();
    engine.close();
  }
});

/** Keys that {@linkcode CHANGES} change, in databases 0 and 1. */
const CHANGED = [
  "SET s text",
  "PFADD pf a b c",
  "PFADD more d e",
  "GEOADD places 13 38 Palermo 15 37 Catania",
  "XADD x 1-1 f a",
  "XADD x 1-2 f b",
  "XADD x 1-3 f c",
  "XGROUP CREATE x g 0",
  "XREADGROUP GROUP g c COUNT 2 STREAMS x >",
  "XGROUP CREATE wait g 0 MKSTREAM",
  "SELECT 1",
  "XADD wait 1-1 f a",
  "XGROUP CREATE wait g 0",
  "SELECT 0",
];

/** Commands, each of which changes one of them in place. */
const CHANGES = [
  "APPEND s more",
  "SETBIT s 1 0",
  "BITFIELD s SET u8 0 1",
  "BITOP NOT s s",
  "PFADD pf d",
  "PFCOUNT pf",
  "PFMERGE pf more",
  "GEOADD places 0 0 zero",
  "GEOSEARCHSTORE places places FROMLONLAT 15 37 BYRADIUS 10 km",
  "GEORADIUS places 15 37 10 km STORE places",
  "XADD x 2-1 f d",
  "XDEL x 1-1",
  "XTRIM x MAXLEN 1",
  "XSETID x 5-5",
  "XACK x g 1-1",
  "XCLAIM x g d 0 1-1",
  "XCLAIM x g c 0 0-1 LASTID 9-9",
  "XAUTOCLAIM x g d 0 -",
  "XREADGROUP GROUP g c STREAMS x >",
  "XREADGROUP GROUP g c STREAMS x 0",
  "XREADGROUP GROUP g new STREAMS x 0",
  "XGROUP CREATE x new 0",
  "XGROUP SETID x g 0",
  "XGROUP DESTROY x g",
  "XGROUP CREATECONSUMER x g new",
  "XGROUP DELCONSUMER x g c",
  // It gives one that waits what there is.
  "SWAPDB 0 1",
];

Deno.test("Saving writes a value before any command changes it in place", () => {
  for (const change of CHANGES) {
    const { engine, call } = newEngine();
    for (const command of CHANGED) call(...command.split(" "));
    const outlet = {
      send: () => {},
      write: () => Promise.resolve(0),
      close: () => {},
      buffered: 0,
      maxBuffered: 0,
    };
    const waiting = new Client(engine, outlet);
    const wait = "XREADGROUP GROUP g c BLOCK 0 STREAMS wait >".split(" ").map(latin1Slice);
    engine.run(waiting, () => processRequest(waiting, Args.of(wait)));
    assertEquals(engine.blocking.size, 1);
    const before = seen(engine);
    const saving = engine.saving = new Saving(engine);
    call(...change.split(" "));
    assertNotEquals([change, ...seen(engine)], [change, ...before]);
    assertEquals(engine.blocking.size, change.startsWith("SWAPDB") ? 0 : 1);
    for (const _ of saving.run());
    engine.saving = undefined;
    writeEnd(saving.writer, undefined);
    const copy = load(saving.writer.written().copy());
    assertEquals([change, ...seen(copy)], [change, ...before]);
    copy.close();
    engine.close();
  }
});

Deno.test("writeValue() pauses among the nodes of a stream, and among what is pending", () => {
  const { engine, call } = newEngine();
  const pauses = () => {
    const { keys } = engine.objects;
    const entry = keys.find(engine.databases[0]?.table ?? 0, latin1Slice("k"));
    return [...writeValue(new RdbWriter(false), engine, entry)].length;
  };
  for (let i = 0; i < 2000; i++) call("XADD", "k", "*", "f", "v".repeat(100));
  const nodes = pauses();
  assert(nodes >= 3);
  call("XGROUP", "CREATE", "k", "g", 0);
  call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "k", ">");
  // 2000 of the group and as many of the consumer, 256 at a time.
  assert(pauses() >= nodes + 14);
});

Deno.test("Snapshots.saveInBackground() writes one in parts, and INFO tells of it", async () => {
  const { engine, call } = newEngine();
  fill(call, seeded(8), 100);
  const store = engine.snapshots.store = new FakeStore();
  const { promise, resolve } = Promise.withResolvers<void>();
  store.gate = promise;
  const before = digestAll(engine);
  assertEquals(call("BGSAVE"), "+Background saving started\r\n");
  assertEquals(call("BGSAVE", "SCHEDULE"), "-ERR Background save already in progress\r\n");
  assertEquals(call("SAVE"), "-ERR Background save already in progress\r\n");
  assertStringIncludes(call("INFO", "persistence"), "rdb_bgsave_in_progress:1\r\n");
  engine.flushAll();
  resolve();
  while (engine.background.kind !== undefined) await new Promise((next) => setTimeout(next, 1));
  assertEquals(engine.saving, undefined);
  assert(store.bytes !== undefined);
  assertEquals(digestAll(load(store.bytes)), before);
  const info = call("INFO", "persistence");
  assertStringIncludes(call("INFO", "stats"), "total_forks:1\r\n");
  for (const line of ["rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok", "rdb_saves:1"]) {
    assertStringIncludes(info, `${line}\r\n`);
  }
  assertStringIncludes(info, "rdb_changes_since_last_save:1\r\n");
  assertEquals(call("BGSAVE", "now"), "-ERR syntax error\r\n");
  assertEquals(call("LASTSAVE"), `:${NOW / 1000}\r\n`);
  // In a transaction it is one of the moment after it.
  call("MULTI");
  call("SET", "a", 1);
  call("BGSAVE");
  call("SET", "b", 2);
  assertStringIncludes(call("EXEC"), "+Background saving scheduled\r\n");
  while (engine.snapshots.saves < 2) await new Promise((next) => setTimeout(next, 1));
  assertEquals(digestAll(load(store.bytes)), digestAll(engine));
  engine.snapshots.stop();
  await engine.background.stop();
  engine.close();
});

Deno.test("Snapshots.save() takes the place of what is written in the background", async () => {
  const { engine, call } = newEngine();
  const store = engine.snapshots.store = new FakeStore();
  const { promise, resolve } = Promise.withResolvers<void>();
  store.gate = promise;
  call("SET", "a", 1);
  engine.snapshots.saveInBackground();
  call("SET", "a", 2);
  engine.snapshots.save();
  const saved = store.bytes;
  resolve();
  engine.snapshots.stop();
  await engine.background.stop();
  await new Promise((next) => setTimeout(next, 5));
  assertEquals(store.bytes, saved);
  assertEquals(engine.saving, undefined);
  assertEquals(engine.snapshots.saves, 1);
  engine.close();
});

Deno.test("FLUSHALL gives up what is written in the background, and keeps nothing where save points are", async () => {
  const { engine, call } = newEngine();
  const store = engine.snapshots.store = new FakeStore();
  const changes = () => /changes_since_last_save:(\d+)/.exec(call("INFO", "persistence"))?.[1];
  for (const key of ["a", "b", "c"]) call("SET", key, 1);
  call("CONFIG", "SET", "rdb-key-save-delay", 20_000);
  call("BGSAVE");
  await new Promise((next) => setTimeout(next, 1));
  assertEquals(engine.background.kind, "snapshot");
  call("FLUSHALL");
  assertEquals(engine.background.kind, undefined);
  assertEquals([store.bytes, changes()], [undefined, "4"]);
  assertStringIncludes(call("INFO", "persistence"), "rdb_last_bgsave_status:ok");

  call("CONFIG", "SET", "save", "3600 1");
  call("SET", "a", 1);
  call("FLUSHALL");
  assertEquals([engine.snapshots.saves, changes()], [1, "0"]);
  assert(store.bytes !== undefined);
  assertEquals(digestAll(load(store.bytes)), digestAll(engine));
  store.create = () => {
    throw new Error("The disk is full");
  };
  engine.snapshots.log = { error: () => {} };
  call("SET", "a", 1);
  assertEquals(call("FLUSHALL"), "+OK\r\n");
  assertStringIncludes(call("INFO", "persistence"), "rdb_last_bgsave_status:err");
  engine.snapshots.stop();
  engine.close();
  // Its pause after a key comes to its end.
  await new Promise((next) => setTimeout(next, 50));
});

Deno.test("rdb-key-save-delay has each key wait that is written in the background", async () => {
  const { engine, call } = newEngine();
  engine.snapshots.store = new FakeStore();
  for (let i = 0; i < 20; i++) call("SET", i, i);
  call("CONFIG", "SET", "rdb-key-save-delay", 1000);
  const start = performance.now();
  call("BGSAVE");
  while (engine.background.kind !== undefined) await new Promise((next) => setTimeout(next, 1));
  // Timers may be a little early.
  assert(performance.now() - start > 15);
  assertEquals(engine.snapshots.saves, 1);
  // It is shown to those who know it.
  assertEquals(call("CONFIG", "GET", "rdb-key-save-dela?"), "*0\r\n");
  assertStringIncludes(call("CONFIG", "GET", "RDB-key-save-delay"), "1000");
  engine.snapshots.stop();
  engine.close();
});

Deno.test("Snapshots.schedule() saves when enough has changed for so long, and not else", async () => {
  const clock = new ManualClock(NOW);
  const { engine, call } = newEngine(clock);
  const store = engine.snapshots.store = new FakeStore();
  assertEquals(call("CONFIG", "SET", "save", "60 2 300 1"), "+OK\r\n");
  assertStringIncludes(call("CONFIG", "GET", "save"), "60 2 300 1");
  for (const wrong of ["1", "x 1", "0 1", "1 -1"]) {
    assertStringIncludes(call("CONFIG", "SET", "save", wrong), "Invalid save parameters");
  }
  const settle = async () => {
    for (let i = 0; i < 20; i++) await new Promise((next) => setTimeout(next, 0));
  };
  call("SET", "a", 1);
  clock.advance(100_000);
  await settle();
  assertEquals(store.bytes, undefined);
  call("SET", "b", 1);
  clock.advance(1000);
  await settle();
  assertEquals(engine.snapshots.saves, 1);
  assertEquals(engine.snapshots.lastSave, NOW + 101_000);
  call("SET", "b", 2);
  clock.advance(299_000);
  await settle();
  assertEquals(engine.snapshots.saves, 1);
  clock.advance(1000);
  await settle();
  assertEquals(engine.snapshots.saves, 2);
  clock.advance(1_000_000);
  await settle();
  assertEquals(engine.snapshots.saves, 2);
  engine.snapshots.stop();
  await engine.background.stop();
  engine.close();
});

Deno.test("Snapshots says why one could not be written, and tries again", async () => {
  const clock = new ManualClock(NOW);
  const { engine, call } = newEngine(clock);
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  engine.snapshots.log = { error: log };
  const store = engine.snapshots.store = new FakeStore();
  const { create } = store;
  store.create = () => {
    throw new Error("No space left on device");
  };
  call("CONFIG", "SET", "save", "1 1");
  call("SET", "a", 1);
  assertEquals(call("SAVE"), "-ERR No space left on device\r\n");
  assertEquals(call("SHUTDOWN"), "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
  assertEquals(call("BGSAVE"), "+Background saving started\r\n");
  const info = call("INFO", "persistence");
  assertStringIncludes(info, "rdb_last_bgsave_status:err\r\n");
  assertStringIncludes(info, "rdb_last_bgsave_error:No space left on device\r\n");
  assertEquals(
    lines,
    Array(3).fill("Cannot save the snapshot fake.rdb: No space left on device"),
  );
  // The file fails when it is written to.
  store.create = () => ({
    ...create.call(store),
    write: () => Promise.reject(new Error("Input/output error")),
  });
  clock.advance(6000);
  for (let i = 0; i < 20; i++) await new Promise((next) => setTimeout(next, 0));
  assertEquals(lines.slice(3), ["Cannot save the snapshot fake.rdb: Input/output error"]);
  assertEquals(engine.saving, undefined);
  assertEquals(store.discarded, 1);
  store.create = create;
  clock.advance(3000);
  assertEquals(engine.background.kind, undefined);
  clock.advance(2000);
  while (engine.snapshots.saves === 0) await new Promise((next) => setTimeout(next, 1));
  assertEquals(engine.snapshots.lastError, undefined);
  engine.snapshots.stop();
  await engine.background.stop();
  engine.close();
});

Deno.test("A cache that cannot write the snapshots it is to write refuses changes, as Redis does", () => {
  const { engine, call } = newEngine();
  engine.snapshots.log = { error: () => {} };
  const store = engine.snapshots.store = new FakeStore();
  const { create } = store;
  store.create = () => {
    throw new Error("No space left on device");
  };
  const error = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to " +
    "persist to disk. Commands that may modify the data set are disabled, because this instance is " +
    "configured to report errors during writes if RDB snapshotting fails " +
    "(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";
  const library = (name: string, flags: string) =>
    `#!lua name=${name}\nredis.register_function{function_name='${name}', flags={${flags}}, ` +
    "callback=function(keys, args) return redis.call(unpack(args)) end}";
  call("SET", "a", 1);
  call("FUNCTION", "LOAD", library("any", ""));
  call("FUNCTION", "LOAD", library("reading", "'no-writes'"));
  call("SAVE");
  // Nobody waits for snapshots.
  assertEquals(call("SET", "a", 1), "+OK\r\n");
  call("MULTI");
  assertEquals(call("FCALL", "any", 0, "GET", "a"), "+QUEUED\r\n");
  assertEquals(call("CONFIG", "SET", "save", "3600 1"), "+QUEUED\r\n");
  assertEquals(call("FCALL", "any", 0, "GET", "a"), "+QUEUED\r\n");
  assertEquals(
    call("EXEC"),
    "*3\r\n$1\r\n1\r\n+OK\r\n-MISCONF Redis is configured to save RDB snapshots, but it's currently " +
      "unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only " +
      "scripts.\r\n",
  );
  const pcall = "return redis.pcall('SET', 'a', 2).err";
  const refused = [
    ["SET", "a", 2],
    ["DEL", "none"],
    ["SORT", "a"],
    ["PING"],
    ["FCALL", "any", 0, "GET", "a"],
    ["EVAL", "#!lua\nreturn 1", 0],
  ];
  for (const command of refused) {
    assertEquals([command, call(...command)], [command, `-${error}\r\n`]);
  }
  assertEquals(call("EVAL", pcall, 0), `$${error.length}\r\n${error}\r\n`);
  assertStringIncludes(call("EVAL", "return redis.call('SET', 'a', 2)", 0), `-${error} script:`);
  assertEquals(call("GET", "a"), "$1\r\n1\r\n");
  assertEquals(call("EVAL", "return redis.call('GET', 'a')", 0), "$1\r\n1\r\n");
  assertEquals(call("FCALL", "reading", 0, "GET", "a"), "$1\r\n1\r\n");
  call("MULTI");
  assertEquals(call("SET", "a", 2), `-${error}\r\n`);
  assertStringIncludes(call("EXEC"), "-EXECABORT");
  call("CONFIG", "SET", "save", "");
  call("MULTI");
  call("SET", "a", 2);
  call("CONFIG", "SET", "save", "3600 1");
  assertEquals(call("EXEC"), "*2\r\n+OK\r\n+OK\r\n");
  call("CONFIG", "SET", "save", "");
  call("MULTI");
  call("SET", "a", 3);
  engine.settings.savePoints = [{ seconds: 3600, changes: 1 }];
  assertEquals(call("EXEC"), `-EXECABORT Transaction discarded because of: ${error}\r\n`);
  call("MULTI");
  call("GET", "a");
  assertEquals(call("EXEC"), "*1\r\n$1\r\n2\r\n");
  call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
  assertEquals(call("SET", "a", 4), "+OK\r\n");
  call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
  assertEquals(call("SET", "a", 5), `-${error}\r\n`);
  store.create = create;
  assertEquals(call("SAVE"), "+OK\r\n");
  assertEquals(call("SET", "a", 5), "+OK\r\n");
  engine.snapshots.stop();
  engine.close();
});

Deno.test("FileStore gives a file up though it cannot be removed", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/dump.rdb`;
  await Deno.writeTextFile(path, "old");
  const store = new FileStore(path);
  for (const end of ["discard", "commitSync"] as const) {
    const file = store.create();
    file.writeSync(new Uint8Array(10));
    // What was written has another's name, which is not this file's to remove.
    await Deno.remove(`${path}.tmp`);
    await Deno.mkdir(`${path}.tmp/inner`, { recursive: true });
    if (end === "discard") file.discard();
    else assertThrows(() => file.commitSync(), Error, "rename");
    await Deno.remove(`${path}.tmp`, { recursive: true });
  }
  assertEquals(await Deno.readTextFile(path), "old");
  await Deno.remove(directory, { recursive: true });
});

Deno.test("BGSAVE waits for what else is being written, if it is to", async () => {
  const { engine, call } = newEngine();
  const store = engine.snapshots.store = new FakeStore();
  const ends: unknown[] = [];
  const begin = () => {
    engine.background.start("base", () => new FakeStore().create(), (error) => ends.push(error));
  };
  begin();
  assertStringIncludes(call("BGSAVE"), "-ERR Another child process is active");
  assertEquals(call("BGSAVE", "SCHEDULE"), "+Background saving scheduled\r\n");
  while (store.bytes === undefined) await new Promise((next) => setTimeout(next, 1));
  assertEquals(ends, [undefined]);
  begin();
  engine.background.cancel("snapshot");
  assertEquals(engine.background.kind, "base");
  call("BGSAVE", "SCHEDULE");
  await new Promise((next) => setTimeout(next, 1));
  await engine.background.stop();
  assertEquals(ends, [undefined, CANCELLED]);
  engine.snapshots.stop();
  engine.close();
});

Deno.test("Saving goes on with other keys while a large one is written in part", () => {
  const { engine, call } = newEngine();
  call("HSET", "large", ...Array.from({ length: 40_000 }, (_, i) => i));
  call("SELECT", 1);
  call("SET", "small", "old");
  call("SET", "other", "old");
  call("SELECT", 0);
  const before = digestAll(engine);
  const saving = engine.saving = new Saving(engine);
  const parts = saving.run();
  for (let i = 0; i < 10; i++) parts.next();
  const { length } = saving.writer;
  call("SELECT", 1);
  call("SET", "small", "new");
  call("DEL", "other");
  // They wait until the large one is written.
  assertEquals(saving.writer.length, length);
  call("SELECT", 0);
  call("HSET", "large", "new", "field");
  assert(saving.writer.length > 2 * length);
  for (const _ of parts);
  engine.saving = undefined;
  const crc = new Crc64();
  writeEnd(saving.writer, crc);
  assertEquals(digestAll(load(saving.writer.written().copy())), before);
});

Deno.test("Cache with a snapshot loads it at the start and writes it at the end", async () => {
  const directory = await Deno.makeTempDir();
  const snapshot = `${directory}/cache.rdb`;
  {
    await using cache = new Cache({ snapshot });
    assertEquals(cache.call("CONFIG", "GET", "dir"), new Map([["dir", directory]]));
    assertEquals(cache.call("CONFIG", "GET", "dbfilename"), new Map([["dbfilename", "cache.rdb"]]));
    assertThrows(() => cache.call("CONFIG", "SET", "dir", "/"), ReplyError, "protected config");
    cache.call("SET", "a", 1);
  }
  {
    await using cache = new Cache({ snapshot, save: 60 });
    assertEquals(cache.call("GET", "a"), "1");
    assertEquals(cache.call("CONFIG", "GET", "save"), new Map([["save", "60 1"]]));
    cache.call("SET", "a", 2);
    assertEquals(cache.call("SAVE"), "OK");
    cache.call("SET", "a", 3);
    assertEquals(cache.call("SHUTDOWN", "NOSAVE"), null);
  }
  {
    await using cache = new Cache({ snapshot });
    assertEquals(cache.call("GET", "a"), "2");
    // What a process has left that was killed is replaced.
    await Deno.writeTextFile(`${snapshot}.tmp`, "half");
    cache.call("SET", "a", 4);
    assertEquals(cache.call("SHUTDOWN"), null);
  }
  assertEquals(Array.from(Deno.readDirSync(directory), ({ name }) => name), ["cache.rdb"]);
  {
    const cache = new Cache({ snapshot, logger: { info() {}, warn() {}, error() {} } });
    assertEquals(cache.call("GET", "a"), "4");
    cache.call("SET", "a", 5);
    // Its directory is gone when it is to be written.
    await Deno.remove(directory, { recursive: true });
    await assertRejects(() => cache.close(), Deno.errors.NotFound);
  }
});

Deno.test("Cache writes its snapshot in the background to the file, or gives it up when it is closed", async () => {
  const directory = await Deno.makeTempDir();
  const snapshot = `${directory}/dump.rdb`;
  const names = () => Array.from(Deno.readDirSync(directory), ({ name }) => name);
  {
    await using cache = new Cache({ snapshot, enableDebugCommand: true });
    const isWriting = () => `${cache.call("INFO", "persistence")}`.includes("in_progress:1");
    cache.call("DEBUG", "POPULATE", 5000);
    cache.call("BGSAVE");
    while (isWriting()) await new Promise((next) => setTimeout(next, 1));
    assertEquals(names(), ["dump.rdb"]);
    cache.call("SET", "key:0", "new");
    cache.call("BGSAVE");
    assertEquals(names().sort(), ["dump.rdb", "dump.rdb.tmp"]);
    cache.call("SHUTDOWN", "NOSAVE");
  }
  assertEquals(names(), ["dump.rdb"]);
  {
    await using cache = new Cache({ snapshot });
    assertEquals(cache.call("GET", "key:0"), "value:0");
    assertEquals(cache.call("DBSIZE"), 5000);
    // What is in the way of the new file cannot be replaced.
    await Deno.mkdir(`${snapshot}.tmp/inner`, { recursive: true });
    assertThrows(() => cache.call("SAVE"), ReplyError, "ERR ");
    await Deno.remove(snapshot);
    await Deno.remove(`${snapshot}.tmp`, { recursive: true });
    await Deno.mkdir(`${snapshot}/inner`, { recursive: true });
    assertThrows(() => cache.call("SAVE"), ReplyError, "ERR ");
    assertEquals(names(), ["dump.rdb"]);
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("Cache refuses a snapshot in a directory that is not there", async () => {
  const directory = await Deno.makeTempDir();
  const snapshot = `${directory}/lost/dump.rdb`;
  assertThrows(() => new Cache({ snapshot }), Error, `Cannot keep the snapshot ${snapshot}: `);
  assertEquals(Array.from(Deno.readDirSync(directory)), []);
  await Deno.remove(directory, { recursive: true });
});

Deno.test({
  name: "Cache says at the start that it may not save its snapshot",
  permissions: { read: true, write: false, env: true },
  async fn() {
    const lines: string[] = [];
    const log = (message: string) => void lines.push(message);
    const logger = { debug: log, info: log, warn: log, error: log };
    await using _cache = new Cache({ snapshot: "none.rdb", logger });
    assertEquals(lines, [
      "Cannot save the snapshot none.rdb: there is no permission (--allow-write)",
    ]);
  },
});

Deno.test("Cache refuses a snapshot that is damaged, and leaves it as it is", async () => {
  const snapshot = await Deno.makeTempFile();
  await Deno.writeTextFile(snapshot, "REDIS0010x");
  assertThrows(
    () => new Cache({ snapshot }),
    Error,
    `Cannot load the snapshot ${snapshot}: The data ends too early at byte 10`,
  );
  assertEquals(await Deno.readTextFile(snapshot), "REDIS0010x");
  await Deno.remove(snapshot);
  assertThrows(() => new Cache({ snapshot: "." }), Error, "Cannot load the snapshot .: ");
  assertThrows(() => new Cache({ snapshot: "" }), TypeError, "Cannot use snapshot");
  assertThrows(() => new Cache({ save: 1 }), TypeError, "Cannot use save without snapshot");
  assertThrows(() => new Cache({ snapshot: "x", save: -1 }), RangeError, "Cannot use save -1");
});

Deno.test("Cache without a snapshot says so", async () => {
  await using cache = new Cache();
  const error = "This cache keeps no snapshot: start it with --snapshot FILE";
  for (const name of ["SAVE", "BGSAVE"]) {
    assertThrows(() => cache.call(name), ReplyError, error);
  }
  assertThrows(() => cache.call("SHUTDOWN", "SAVE"), ReplyError, "Errors trying to SHUTDOWN");
  assertEquals(cache.call("SHUTDOWN", "SAVE", "FORCE"), null);
});

Deno.test("DEBUG RELOAD brings back what there is, in memory or by the file", async () => {
  const directory = await Deno.makeTempDir();
  for (const snapshot of [undefined, `${directory}/dump.rdb`]) {
    await using cache = new Cache({ enableDebugCommand: true, snapshot });
    const debug = (...options: string[]) => cache.call("DEBUG", ...options);
    if (snapshot !== undefined) {
      assertThrows(() => debug("RELOAD", "NOSAVE"), ReplyError, "There is no");
    } else {
      assertThrows(() => debug("RELOAD", "NOSAVE"), ReplyError, "keeps no snapshot");
    }
    cache.call("SET", "a", 1, "EX", 1000);
    cache.call("RPUSH", "l", ..."abc");
    cache.call("SADD", "s", "m");
    cache.call("XADD", "x", "1-1", "f", "v");
    const library = "#!lua name=l\nredis.register_function('f', function() return 'kept' end)";
    cache.call("FUNCTION", "LOAD", library);
    const digest = cache.call("DEBUG", "DIGEST");
    assertEquals(debug("RELOAD"), "OK");
    assertEquals(debug("LOADAOF"), "OK");
    assertEquals(debug("DIGEST"), digest);
    assertEquals(cache.call("FCALL", "f", 0), "kept");
    const wrong = "ERR Error trying to load the RDB dump: A library of functions cannot be loaded";
    assertThrows(() => debug("RELOAD", "NOFLUSH"), ReplyError, wrong);
    assertEquals(debug("reload", "noflush", "merge"), "OK");
    assertEquals(debug("DIGEST"), digest);
    cache.call("FUNCTION", "DELETE", "l");
    assertThrows(() => debug("RELOAD", "NOFLUSH"), ReplyError, "A key comes twice");
    if (snapshot !== undefined) {
      cache.call("SET", "b", 2);
      cache.call("FUNCTION", "LOAD", library);
      assertEquals(debug("RELOAD", "NOSAVE"), "OK");
      assertEquals(debug("DIGEST"), digest);
      assertEquals(cache.call("FUNCTION", "LIST"), []);
    }
    assertThrows(
      () => debug("RELOAD", "X"),
      ReplyError,
      "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
    );
  }
  await Deno.remove(directory, { recursive: true });
});
