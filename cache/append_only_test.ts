import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { settle, until } from "../test_util.ts";
import type { OpenLog } from "./append_only_file.ts";
import { Cache, type CacheOptions } from "./cache.ts";
import { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { processRequest } from "./commands/gate.ts";
import { allCommands } from "./commands/table.ts";
import { Engine } from "./engine.ts";
import { Args } from "./protocol/request.ts";
import { isBusy } from "./replication/test_util.ts";
import { type ClientConnection, serveClient } from "./session.ts";
import { Settings } from "./settings.ts";
import { latin1Slice, Slice } from "./store/slice.ts";

const MANIFEST = "appendonly.aof.manifest";
const ROOT: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };

/** A directory that is gone after the test. */
class Directory implements Disposable {
  readonly root: string = Deno.makeTempDirSync();
  readonly path: string = `${this.root}/log`;

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }

  names(): string[] {
    return Array.from(Deno.readDirSync(this.path), ({ name }) => name).sort();
  }

  read(name: string): string {
    return Deno.readTextFileSync(`${this.path}/${name}`);
  }

  /** What the last increment has, a line for each request. */
  log(): string[] {
    const name = this.names().findLast((name) => name.endsWith(".incr.aof")) ?? "";
    return requestsOf(this.read(name));
  }

  /** Writes an increment of text alone. */
  write(text: string | Uint8Array, name = "appendonly.aof.1.incr.aof"): void {
    Deno.mkdirSync(this.path, { recursive: true });
    const bytes = typeof text === "string" ? latin1Slice(text).bytes : text;
    Deno.writeFileSync(`${this.path}/${name}`, bytes);
    Deno.writeTextFileSync(`${this.path}/${MANIFEST}`, `file ${name} seq 1 type i\n`);
  }
}

function requestsOf(text: string): string[] {
  return text.split(/^\*\d+\r\n/m).slice(1).map((request) =>
    request.split("\r\n").filter((_, i) => i % 2 === 1).join(" ")
  );
}

function encode(...requests: string[]): string {
  return requests.map((request) => {
    const args = request.split(" ");
    return `*${args.length}\r\n` + args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("");
  }).join("");
}

/** A logger that keeps its lines. */
class Lines {
  readonly lines: string[] = [];
  readonly info = (line: string): void => void this.lines.push(`info ${line}`);
  readonly warn = (line: string): void => void this.lines.push(`warn ${line}`);
  readonly error = (line: string): void => void this.lines.push(`error ${line}`);
}

function open({ path }: Directory, options: CacheOptions = {}): Cache {
  return new Cache({ logger: new Lines(), enableDebugCommand: true, appendOnly: path, ...options });
}

/** Executes requests in a cache, words with blanks between. */
function run(cache: Cache, ...requests: string[]): unknown {
  let value;
  for (const request of requests) value = cache.call(...request.split(" "));
  return value;
}

function facts(cache: Cache): Map<string, string> {
  const lines = `${cache.call("INFO", "persistence")}`.split("\r\n");
  return new Map(lines.map((line) => line.split(":") as [string, string]));
}

/** Waits until no rewrite is done, nor is about to be. */
async function rewritten(cache: Cache): Promise<void> {
  await until(() => {
    const now = facts(cache);
    return now.get("aof_rewrite_in_progress") === "0" && now.get("aof_rewrite_scheduled") === "0";
  });
}

Deno.test("Cache has at the next start what it had, with appendOnly", async () => {
  using directory = new Directory();
  for (const appendFsync of ["always", "everysec", "no"] as const) {
    let digest;
    {
      await using cache = open(directory, { appendFsync });
      run(cache, "SET a 1", "INCR a", "SELECT 3", "RPUSH l a b c", "LPOP l", "SET gone x PX 1");
      run(cache, "PEXPIREAT l 9999999999999", "MULTI", "SADD s x", "XADD x 1-1 f v", "EXEC");
      digest = cache.call("DEBUG", "DIGEST");
    }
    await using cache = open(directory);
    assertEquals(cache.call("DEBUG", "DIGEST"), digest);
    assertEquals(run(cache, "SELECT 3", "PEXPIRETIME l"), 9_999_999_999_999);
    run(cache, "FLUSHALL");
  }
});

Deno.test("Cache appends effects, with the database and transactions, before call() returns", async () => {
  using directory = new Directory();
  await using cache = open(directory, { databases: 16 });
  assertEquals(directory.names(), [
    "appendonly.aof.1.base.rdb",
    "appendonly.aof.1.incr.aof",
    MANIFEST,
  ]);
  run(cache, "SET a 1", "GET a");
  assertEquals(directory.log(), ["SELECT 0", "SET a 1"]);
  run(cache, "SELECT 2", "MULTI", "SET b 1", "INCR b", "EXEC");
  assertEquals(directory.log().slice(2), ["SELECT 2", "MULTI", "SET b 1", "INCR b", "EXEC"]);
});

Deno.test("Cache appends when something has changed, with aof-timestamp-enabled", async () => {
  using directory = new Directory();
  const clock = new ManualClock(1_700_000_000_500);
  {
    await using cache = open(directory, { clock });
    run(cache, "CONFIG SET aof-timestamp-enabled yes", "SET a 1", "SET b 1");
    clock.advance(1000);
    run(cache, "SET c 1");
    const text = directory.read("appendonly.aof.1.incr.aof");
    assertMatch(text, /^#TS:1700000000\r\n\*2\r\n[^#]*#TS:1700000001\r\n\*3/);
  }
  await using cache = open(directory);
  assertEquals(cache.stats.keys, 3);
});

Deno.test("Cache does not let keys expire amid what it loads, but after it", async () => {
  using directory = new Directory();
  const clock = new ManualClock(1_700_000_000_000);
  const past = clock.now() - 5000;
  const log = [`SET a 1 PXAT ${past}`, "INCR a", "SET b 7", `PEXPIREAT b ${past}`, "INCR b"];
  directory.write(encode(...log, "PERSIST b", `SET c 1`, `RESTORE d ${past} x ABSTTL`));
  {
    await using cache = open(directory, { clock });
    assertEquals(run(cache, "GET b"), "8");
    assertEquals(run(cache, "GET a"), null);
    assertEquals(directory.log().at(-1), "DEL a");
    run(cache, "SET e 1 PX 10", "BGREWRITEAOF");
    await rewritten(cache);
  }
  // A base too keeps what has expired, since what follows may speak of it.
  Deno.writeTextFileSync(
    `${directory.path}/appendonly.aof.2.incr.aof`,
    encode("INCR e", "PERSIST e"),
  );
  clock.advance(1000);
  await using cache = open(directory, { clock });
  assertEquals(run(cache, "GET e"), "2");
});

Deno.test("BGREWRITEAOF makes a base of all keys, and a new increment, and deletes the old files", async () => {
  using directory = new Directory();
  let digest;
  {
    await using cache = open(directory);
    run(cache, "DEBUG POPULATE 3000", "SELECT 1", "SET a 0");
    assertEquals(run(cache, "BGREWRITEAOF"), "Background append only file rewriting started");
    assertThrows(
      () => run(cache, "BGREWRITEAOF"),
      Error,
      "ERR Background append only file rewriting already in progress",
    );
    assertEquals(facts(cache).get("aof_rewrite_in_progress"), "1");
    assertEquals(directory.names().length, 5);
    assertEquals(
      directory.read(MANIFEST),
      "file appendonly.aof.1.base.rdb seq 1 type b\n" +
        "file appendonly.aof.1.incr.aof seq 1 type i\nfile appendonly.aof.2.incr.aof seq 2 type i\n",
    );
    for (let i = 0; i < 100; i++) run(cache, "INCR a", `SET key:${i} x`);
    assertEquals(directory.log()[0], "SELECT 1");
    await rewritten(cache);
    const expected = ["appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof", MANIFEST];
    await until(() => directory.names().length === 3);
    assertEquals(directory.names(), expected);
    const now = facts(cache);
    assertEquals(now.get("aof_last_bgrewrite_status"), "ok");
    assertEquals(now.get("aof_rewrites"), "1");
    const sizes = expected.slice(0, 2)
      .map((name) => Deno.statSync(`${directory.path}/${name}`).size);
    assertEquals(now.get("aof_current_size"), `${sizes[0]! + sizes[1]!}`);
    run(cache, "INCR a");
    digest = cache.call("DEBUG", "DIGEST");
  }
  assertEquals(
    directory.read(MANIFEST),
    "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n",
  );
  await using cache = open(directory);
  assertEquals(cache.call("DEBUG", "DIGEST"), digest);
});

Deno.test("A rewrite waits for a snapshot and for the end of a transaction, and a snapshot for it", async () => {
  using directory = new Directory();
  await using cache = open(directory, { snapshot: `${directory.root}/dump.rdb` });
  run(cache, "DEBUG POPULATE 2000", "BGSAVE");
  const scheduled = "Background append only file rewriting scheduled";
  assertEquals(run(cache, "BGREWRITEAOF"), scheduled);
  assertEquals(facts(cache).get("aof_rewrite_scheduled"), "1");
  await rewritten(cache);
  assertEquals(facts(cache).get("aof_rewrites"), "1");
  assertEquals(run(cache, "MULTI", "BGREWRITEAOF", "EXEC"), [scheduled]);
  await rewritten(cache);
  assertEquals(facts(cache).get("aof_rewrites"), "2");
  run(cache, "BGREWRITEAOF");
  assertThrows(() => run(cache, "BGSAVE"), Error, "Another child process is active (AOF?)");
  await rewritten(cache);
});

Deno.test("Rewrites and snapshots wait for the end of a script past its time, and of its transaction", async () => {
  using directory = new Directory();
  const snapshot = `${directory.root}/dump.rdb`;
  const clock = new ManualClock(1_000_000);
  {
    await using cache = open(directory, { clock, snapshot, save: 1 });
    run(cache, "CONFIG SET busy-reply-threshold 1");
    clock.advance(2000);
    using conn = await Deno.connect({
      port: (cache.listen({ port: 0 }).addr as Deno.NetAddr).port,
    });
    const wait = "repeat until redis.call('time')[1] == '1006'";
    const requests = ["MULTI", "INCR a", "BGREWRITEAOF", "BGSAVE", `EVAL "${wait}" 0`, "EXEC"];
    await conn.write(new TextEncoder().encode(requests.map((line) => `${line}\r\n`).join("")));
    await until(() => isBusy(cache));
    // The save point asks for one as well.
    clock.advance(3000);
    await settle();
    assertThrows(() => Deno.statSync(snapshot), Deno.errors.NotFound);
    clock.advance(1000);
    await until(() => !isBusy(cache));
    await rewritten(cache);
    await until(() => Number(facts(cache).get("rdb_saves")) > 0);
    assertEquals(facts(cache).get("aof_rewrites"), "1");
  }
  await using cache = open(directory);
  assertEquals(cache.call("GET", "a"), "1");
});

Deno.test("A rewrite begins by itself when the file has grown so much", async () => {
  using directory = new Directory();
  await using cache = open(directory);
  run(cache, "CONFIG SET auto-aof-rewrite-min-size 2000 auto-aof-rewrite-percentage 100");
  for (let i = 0; i < 40; i++) run(cache, `SET a ${"x".repeat(20)}`);
  assertEquals(facts(cache).get("aof_rewrite_scheduled"), "0");
  for (let i = 0; i < 40; i++) run(cache, `SET a ${"x".repeat(20)}`);
  assertEquals(facts(cache).get("aof_rewrite_scheduled"), "1");
  await rewritten(cache);
  assertEquals(facts(cache).get("aof_rewrites"), "1");
  run(cache, "CONFIG SET auto-aof-rewrite-percentage 0");
  for (let i = 0; i < 200; i++) run(cache, `SET a ${"x".repeat(20)}`);
  assertEquals(facts(cache).get("aof_rewrite_scheduled"), "0");
});

Deno.test("CONFIG SET appendonly no leaves no rewrite that its last write has asked for", async () => {
  using directory = new Directory();
  await using cache = open(directory);
  run(cache, "CONFIG SET auto-aof-rewrite-min-size 2000 auto-aof-rewrite-percentage 100");
  using conn = await Deno.connect({ port: (cache.listen({ port: 0 }).addr as Deno.NetAddr).port });
  const requests = [`SET a ${"x".repeat(3000)}`, "CONFIG SET appendonly no"];
  await conn.write(new TextEncoder().encode(requests.map((line) => `${line}\r\n`).join("")));
  await until(() => facts(cache).get("aof_enabled") === "0");
  assertEquals(facts(cache).get("aof_rewrite_scheduled"), "0");
  await settle();
  assertEquals(facts(cache).get("aof_rewrites"), "0");
});

Deno.test("CONFIG SET appendonly ends it, and begins it with a rewrite", async () => {
  using directory = new Directory();
  let digest;
  {
    await using cache = open(directory);
    run(cache, "SET a 1", "CONFIG SET appendonly no", "SET a 2");
    assertEquals(facts(cache).get("aof_enabled"), "0");
    assertEquals(facts(cache).get("aof_current_size"), undefined);
    assertEquals(directory.log(), ["SELECT 0", "SET a 1"]);
    run(cache, "DEBUG POPULATE 2000", "CONFIG SET appendonly yes", "INCR a");
    assertEquals(facts(cache).get("aof_rewrite_in_progress"), "1");
    assert(directory.names().includes("temp-appendonly.aof.incr"));
    await rewritten(cache);
    run(cache, "INCR a");
    await until(() => directory.names().length === 3);
    assertEquals(directory.log(), ["SELECT 0", "INCR a", "INCR a"]);
    digest = cache.call("DEBUG", "DIGEST");
  }
  await using cache = open(directory);
  assertEquals(cache.call("DEBUG", "DIGEST"), digest);
  // Off amid the first rewrite, and on again, and again amid one.
  run(cache, "CONFIG SET appendonly no", "CONFIG SET appendonly yes", "CONFIG SET appendonly no");
  assertEquals(facts(cache).get("aof_rewrite_in_progress"), "0");
  run(cache, "BGREWRITEAOF", "CONFIG SET appendonly yes", "SET b 1");
  await rewritten(cache);
  assertEquals(facts(cache).get("aof_enabled"), "1");
  assertEquals(directory.log(), ["SELECT 0", "SET b 1"]);
});

Deno.test("Cache finishes the first rewrite when it is closed amid it", async () => {
  using directory = new Directory();
  {
    await using cache = open(directory);
    run(cache, "CONFIG SET appendonly no", "DEBUG POPULATE 2000", "CONFIG SET appendonly yes");
    run(cache, "SET a 1");
  }
  await using cache = open(directory);
  assertEquals(cache.stats.keys, 2001);
  await until(() => directory.names().length === 3);
});

Deno.test("BGREWRITEAOF writes a base though nothing is appended", async () => {
  using directory = new Directory();
  {
    await using cache = open(directory);
    run(cache, "SET a 1", "CONFIG SET appendonly no", "SET b 1", "BGREWRITEAOF");
    await rewritten(cache);
  }
  assertEquals(directory.names(), ["appendonly.aof.2.base.rdb", MANIFEST]);
  await using cache = open(directory);
  assertEquals(cache.stats.keys, 2);
  assertEquals(directory.names(), [
    "appendonly.aof.1.incr.aof",
    "appendonly.aof.2.base.rdb",
    MANIFEST,
  ]);
});

Deno.test("A cache without a directory refuses to append, and one with a snapshot has one", async () => {
  using directory = new Directory();
  {
    await using cache = new Cache();
    const none = "This cache keeps no append-only file: start it with --append-only DIR";
    assertThrows(() => run(cache, "BGREWRITEAOF"), Error, `ERR ${none}`);
    assertThrows(() => run(cache, "CONFIG SET appendonly yes"), Error, none);
    assertEquals(run(cache, "CONFIG GET appendonly"), new Map([["appendonly", "no"]]));
  }
  const logger = new Lines();
  await using cache = new Cache({ snapshot: `${directory.root}/dump.rdb`, logger });
  // What fails removes what it has begun, and with that this directory in the place of a file.
  Deno.mkdirSync(`${directory.root}/appendonlydir/temp-appendonly.aof.incr`, { recursive: true });
  assertThrows(() => run(cache, "CONFIG SET appendonly yes"), Error, "Unable to turn on AOF");
  assertMatch(logger.lines[0] ?? "", /^error Cannot rewrite the append-only file: /);
  run(cache, "CONFIG SET appendonly yes");
  await rewritten(cache);
  assert(Deno.statSync(`${directory.root}/appendonlydir/${MANIFEST}`).isFile);
  assertThrows(() => run(cache, "CONFIG SET aof-use-rdb-preamble no"), Error, "must be one of");
});

Deno.test("CONFIG tells of the append-only file", async () => {
  using directory = new Directory();
  await using cache = open(directory, { appendFsync: "always" });
  const get = (pattern: string) =>
    Object.fromEntries(cache.call("CONFIG", "GET", pattern) as never);
  assertEquals(get("append*"), {
    appendonly: "yes",
    appendfsync: "always",
    appendfilename: "appendonly.aof",
    appenddirname: "log",
  });
  assertEquals(get("dir"), { dir: directory.root });
  assertEquals(get("auto-aof*"), {
    "auto-aof-rewrite-percentage": "100",
    "auto-aof-rewrite-min-size": "67108864",
  });
  assertThrows(
    () => run(cache, "CONFIG SET appendfsync often"),
    Error,
    "argument(s) must be one of the following: always, everysec, no",
  );
  run(cache, "CONFIG SET appendfsync NO");
  assertEquals(get("appendfsync"), { appendfsync: "no" });
});

Deno.test("Cache loads the append-only file and not the snapshot, unless there is only that", async () => {
  using directory = new Directory();
  const snapshot = `${directory.root}/dump.rdb`;
  {
    await using cache = new Cache({ snapshot });
    run(cache, "SET a snapshot");
  }
  {
    await using cache = open(directory, { snapshot });
    assertEquals(run(cache, "GET a"), "snapshot");
    run(cache, "SET a log");
  }
  {
    await using cache = new Cache({ snapshot });
    run(cache, "SET a snapshot");
  }
  await using cache = open(directory, { snapshot });
  assertEquals(run(cache, "GET a"), "log");
});

Deno.test("Cache cuts a file that ends amid a request or a transaction, and says so", async () => {
  const good = encode("SELECT 0", "SET a 1", "MULTI", "SET b 1", "EXEC");
  const cases: [string, RegExp][] = [
    [
      encode("SET c 1").slice(0, -1),
      /^warn It ends amid a request or a transaction that begins at/,
    ],
    ["*3\r\n$3\r\nSET", / at byte 106 of 117/],
    [encode("MULTI", "SET a 2"), / at byte 106 of 148/],
    [encode("MULTI", "SET a 2") + "*1\r\n$4", / at byte 106 of 154/],
    ["#TS:1", / at byte 106 of 111/],
  ];
  for (const [tail, pattern] of cases) {
    using directory = new Directory();
    directory.write(good + tail);
    const logger = new Lines();
    {
      await using cache = open(directory, { logger });
      assertEquals(run(cache, "MGET a b c"), ["1", "1", null]);
      run(cache, "SET d 1");
    }
    assertEquals(logger.lines.length, 1);
    assertMatch(logger.lines[0] ?? "", pattern);
    await using cache = open(directory);
    assertEquals(run(cache, "MGET a d"), ["1", "1"]);
  }
});

Deno.test("A cache that cannot begin to append leaves the snapshot as it is", async () => {
  using directory = new Directory();
  const clock = new ManualClock();
  const snapshot = `${directory.root}/dump.rdb`;
  directory.write(encode("SET a 1"), "base.aof");
  Deno.writeTextFileSync(`${directory.path}/${MANIFEST}`, "file base.aof seq 1 type b\n");
  // It is what the first increment is to be called.
  Deno.mkdirSync(`${directory.path}/appendonly.aof.1.incr.aof`);
  assertThrows(
    () => open(directory, { clock, snapshot, save: 1 }),
    Error,
    "Cannot write the append-only file",
  );
  clock.advance(5000);
  await settle();
  assertThrows(() => Deno.statSync(snapshot), Deno.errors.NotFound);
});

Deno.test("Cache refuses a damaged append-only file, says where, and leaves it as it is", () => {
  const good = encode("SET a 1");
  const cut = "It ends amid a request or a transaction that begins at byte 27 of 31";
  const rdb = "REDIS0011 and so on";
  const cases: [(directory: Directory) => void, string][] = [
    [
      (dir) => dir.write(good + "SET a 1\r\n"),
      '.1.incr.aof: Expected "*" and not the byte 83 at byte 27',
    ],
    [
      (dir) => dir.write(good + encode("NONE a")),
      ".1.incr.aof: There is an unknown command at byte 27",
    ],
    [
      (dir) => dir.write(good + encode("GET")),
      ".1.incr.aof: There is a wrong number of arguments for get at byte 27",
    ],
    [
      (dir) => dir.write(good + encode("EXEC")),
      ".1.incr.aof: There is EXEC without MULTI at byte 27",
    ],
    [
      (dir) => dir.write(good + encode("MULTI", "MULTI", "EXEC")),
      ".1.incr.aof: There is MULTI within a transaction at byte 42",
    ],
    [(dir) => dir.write(rdb), ".1.incr.aof: It has version 11, and 10 is the last known at byte 5"],
    [(dir) => dir.write(""), "appendonly.aof.manifest: There is an unknown type"],
    [(dir) => dir.write(""), ".1.incr.aof: No such file or directory"],
    [(dir) => dir.write(`${good}*1\r\n`), `.1.incr.aof: ${cut}, and is not the last file`],
  ];
  for (const [i, [damage, message]] of cases.entries()) {
    using directory = new Directory();
    damage(directory);
    const manifest = `${directory.path}/${MANIFEST}`;
    if (i === 6) Deno.writeTextFileSync(manifest, "file a seq 1 type x\n");
    if (i === 7) Deno.removeSync(`${directory.path}/appendonly.aof.1.incr.aof`);
    if (i === 8) {
      Deno.writeTextFileSync(`${directory.path}/b`, "");
      Deno.writeTextFileSync(manifest, "file b seq 2 type i\n", { append: true });
    }
    const before = directory.names().map((name) => [name, directory.read(name)]);
    const { message: found } = assertThrows(() => open(directory), Error);
    assert(found.startsWith(`Cannot load the append-only file ${directory.path}: `), found);
    assert(found.includes(message), found);
    assertEquals(directory.names().map((name) => [name, directory.read(name)]), before);
  }
});

Deno.test("Cache refuses files whose manifest is lost, and leaves them as they are", async () => {
  for (const name of ["appendonly.aof.1.incr.aof", "appendonly.aof.2.base.rdb"]) {
    using directory = new Directory();
    Deno.mkdirSync(directory.path);
    Deno.writeTextFileSync(`${directory.path}/${name}`, "data");
    assertThrows(
      () => open(directory),
      Error,
      `${MANIFEST}: It is not there, but ${name} is, which it should name`,
    );
    assertEquals(directory.names(), [name]);
    assertEquals(directory.read(name), "data");
  }
  // What a process leaves that has ended before its first manifest.
  using directory = new Directory();
  Deno.mkdirSync(directory.path);
  Deno.writeTextFileSync(`${directory.path}/appendonly.aof.1.base.rdb`, "data");
  Deno.writeTextFileSync(`${directory.path}/appendonly.aof.1.incr.aof`, "");
  await using cache = open(directory);
  assertEquals(cache.stats.keys, 0);
});

Deno.test("Cache refuses a cut file where aof-load-truncated says so", async () => {
  using directory = new Directory();
  await using cache = open(directory);
  run(cache, "SET a 1", "CONFIG SET aof-load-truncated no");
  const path = `${directory.path}/appendonly.aof.1.incr.aof`;
  Deno.writeTextFileSync(path, "*1", { append: true });
  assertThrows(() => run(cache, "DEBUG LOADAOF"), Error, 'and aof-load-truncated is "no"');
  run(cache, "CONFIG SET aof-load-truncated yes", "DEBUG LOADAOF");
  assertEquals(run(cache, "GET a"), "1");
});

Deno.test("Cache says which commands have failed that it has loaded, and goes on", async () => {
  using directory = new Directory();
  directory.write(encode("SET a x", "INCR a", "LPUSH a 1", "SET b 1"));
  const logger = new Lines();
  await using cache = open(directory, { logger });
  assertEquals(cache.stats.keys, 2);
  assertEquals(logger.lines, [
    "warn 2 commands of appendonly.aof.1.incr.aof have failed, the first at byte 27: " +
    "ERR value is not an integer or out of range",
  ]);
});

Deno.test("Cache takes a single file of older versions over, with an RDB file before its requests", async () => {
  const rdb = (): Uint8Array => {
    using directory = new Directory();
    const path = `${directory.root}/dump.rdb`;
    const cache = new Cache({ snapshot: path });
    run(cache, "SET a 1", "SET b 1", "SAVE");
    void cache.close();
    return Deno.readFileSync(path);
  };
  for (const preamble of [new Uint8Array(0), rdb()]) {
    using directory = new Directory();
    const old = `${directory.root}/appendonly.aof`;
    Deno.writeFileSync(old, preamble);
    Deno.writeTextFileSync(old, encode("SELECT 0", "SET a 2"), { append: true });
    const logger = new Lines();
    {
      await using cache = open(directory, { logger });
      assertEquals(run(cache, "GET a"), "2");
      run(cache, "INCR a");
      assertEquals(directory.names()[0], "appendonly.aof");
      assertEquals(
        directory.read(MANIFEST),
        "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
      );
    }
    assertEquals(logger.lines, [`info appendonly.aof was moved into ${directory.path}`]);
    assertThrows(() => Deno.statSync(old), Deno.errors.NotFound);
    // As if it had ended before the file was moved.
    Deno.renameSync(`${directory.path}/appendonly.aof`, old);
    Deno.writeTextFileSync(`${directory.path}/${MANIFEST}`, "file appendonly.aof seq 1 type b\n");
    await using cache = open(directory);
    assertEquals(run(cache, "GET a"), "2");
    run(cache, "BGREWRITEAOF");
    await rewritten(cache);
    await until(() => !directory.names().includes("appendonly.aof"));
    // What lies there now is none of its own.
    Deno.writeTextFileSync(old, encode("SET a 9"));
    run(cache, "DEBUG LOADAOF");
    assertEquals(run(cache, "GET a"), "2");
  }
});

Deno.test("DEBUG LOADAOF has again what there was, and no more", async () => {
  using directory = new Directory();
  await using cache = open(directory);
  run(cache, "SET a 1", "SADD s 1 2 3", "FUNCTION FLUSH");
  cache.call("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() end)");
  const digest = cache.call("DEBUG", "DIGEST");
  const { length } = directory.log();
  assertEquals(run(cache, "DEBUG LOADAOF"), "OK");
  assertEquals(cache.call("DEBUG", "DIGEST"), digest);
  assertEquals((cache.call("FUNCTION", "LIST") as unknown[]).length, 1);
  assertEquals(directory.log().length, length);
});

Deno.test("Cache trims a stream anew as it was trimmed, whatever LIMIT and the size of nodes are", async () => {
  using directory = new Directory();
  await using cache = new Cache({ appendOnly: directory.path, enableDebugCommand: true });
  run(cache, "CONFIG SET stream-node-max-entries 10");
  for (let i = 0; i < 100; i++) run(cache, `XADD s ${i + 1}-1 f v`);
  run(cache, "XADD s MAXLEN ~ 55 LIMIT 30 101-1 f v", "XTRIM s MINID ~ 45 LIMIT 5");
  assertEquals(run(cache, "XLEN s"), 71);
  run(cache, "XTRIM s MINID ~ 45 LIMIT 10");
  assertEquals(run(cache, "XLEN s"), 61);
  run(cache, "CONFIG SET stream-node-max-entries 1", "DEBUG LOADAOF");
  assertEquals(run(cache, "XLEN s"), 61);
});

Deno.test("Cache refuses what is no directory or policy", () => {
  assertThrows(() => new Cache({ appendOnly: "" }), TypeError, "expected the path of a directory");
  assertThrows(
    () => new Cache({ appendFsync: "often" as "no" }),
    RangeError,
    "Cannot use appendFsync often: expected one of always, everysec, no",
  );
  using directory = new Directory();
  Deno.writeTextFileSync(directory.path, "");
  assertThrows(() => open(directory), Error, "Cannot load the append-only file");
});

// What goes wrong.

/** A disk on which things go wrong as they are told to. */
class Disk {
  /** The errors of writes and of syncs. */
  writeError: string | undefined;
  syncError: string | undefined;
  truncateError: string | undefined;
  /** How many bytes a write takes before the error. */
  room = Infinity;
  /** What a sync in the background waits for. */
  gate: Promise<void> = Promise.resolve();
  /** What was done, in order. */
  readonly done: string[] = [];

  readonly open: OpenLog = (path, options) => {
    const file = Deno.openSync(path, options);
    return {
      writeSync: (data) => {
        if (this.writeError !== undefined && this.room === 0) throw new Error(this.writeError);
        const part = data.subarray(0, this.room);
        this.room -= part.length;
        this.done.push("write");
        return file.writeSync(part);
      },
      syncDataSync: () => {
        if (this.syncError !== undefined) throw new Error(this.syncError);
        this.done.push("sync");
        file.syncDataSync();
      },
      syncData: async () => {
        await this.gate;
        if (this.syncError !== undefined) throw new Error(this.syncError);
        this.done.push("background sync");
        await file.syncData();
      },
      truncateSync: (length) => {
        if (this.truncateError !== undefined) throw new Error(this.truncateError);
        file.truncateSync(length);
      },
      statSync: () => file.statSync(),
      close: () => file.close(),
    };
  };

  fill(): void {
    this.writeError = "No space left on device (os error 28)";
    this.room = 0;
  }

  empty(): void {
    this.writeError = undefined;
    this.room = Infinity;
  }
}

/** A connection with no socket. */
class Connection implements ClientConnection {
  readonly remoteAddr: Deno.Addr = ROOT;
  readonly localAddr: Deno.Addr = ROOT;
  readonly buffered = 0;
  maxBuffered = 0;
  isClosed = false;
  replies = "";
  readonly #disk: Disk;
  #sent: string | null = "";
  #wake: (() => void) | undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  say(...requests: string[]): void {
    this.#sent += requests.map((request) => `${request}\r\n`).join("");
    this.#wake?.();
  }

  leave(): void {
    this.#sent = null;
    this.#wake?.();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#sent === "") await new Promise<void>((resolve) => this.#wake = resolve);
    if (this.#sent === null || this.isClosed) return null;
    const { bytes } = latin1Slice(this.#sent);
    this.#sent = "";
    buffer.set(bytes);
    return bytes.length;
  }

  write(data: Uint8Array): Promise<number> {
    this.send(data);
    return Promise.resolve(data.length);
  }

  send(data: Uint8Array): void {
    if (this.isClosed) return;
    this.#disk.done.push("reply");
    this.replies += new Slice(data).latin1();
  }

  close(): void {
    this.isClosed = true;
    this.#wake?.();
  }

  closeAfter(): void {}
}

/** A cache whose append-only file is on such a disk. */
async function onDisk(
  policy: "always" | "everysec" | "no",
  test: (given: {
    directory: Directory;
    disk: Disk;
    engine: Engine;
    log: Lines;
    call: (request: string) => string;
    connect: () => Connection;
    /** The digest of what would be loaded now. */
    reloaded: () => Promise<unknown>;
  }) => Promise<void>,
): Promise<void> {
  using directory = new Directory();
  const disk = new Disk();
  const log = new Lines();
  const settings = new Settings();
  settings.debugCommand = true;
  const engine = new Engine(new ManualClock(1_700_000_000_000), settings, allCommands());
  Object.assign(settings, {
    appendOnly: true,
    appendDirectory: directory.path,
    appendFsync: policy,
  });
  Object.assign(engine.appendOnly, { open: disk.open, log });
  engine.appendOnly.load();
  engine.appendOnly.begin();
  const client = new Client(engine);
  const call = (request: string) => {
    const args = Args.of(request.split(" ").map(latin1Slice));
    engine.run(client, () => processRequest(client, args));
    engine.appendOnly.flush();
    const reply = new Slice(client.reply.written()).latin1();
    client.reply.truncate(0);
    return reply.replace(/\r\n$/, "");
  };
  const sessions: Promise<void>[] = [];
  const connections: Connection[] = [];
  const connect = () => {
    const connection = new Connection(disk);
    connections.push(connection);
    sessions.push(serveClient(engine, connection));
    return connection;
  };
  const reloaded = async () => {
    const copy = `${directory.root}/copy`;
    Deno.mkdirSync(copy);
    for (const name of directory.names()) {
      Deno.copyFileSync(`${directory.path}/${name}`, `${copy}/${name}`);
    }
    await using cache = new Cache({ appendOnly: copy, enableDebugCommand: true });
    return cache.call("DEBUG", "DIGEST");
  };
  try {
    await test({ directory, disk, engine, log, call, connect, reloaded });
  } finally {
    for (const connection of connections) connection.leave();
    await Promise.all(sessions);
    engine.appendOnly.stop();
    await engine.background.stop();
    await engine.appendOnly.close().catch(() => {});
    engine.close();
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const MISCONF = "-MISCONF Errors writing to the AOF file: No space left on device";

Deno.test("AppendOnly writes and syncs once for all clients of a turn, before the first reply", async () => {
  await onDisk("always", async ({ disk, connect }) => {
    const clients = [connect(), connect(), connect()];
    await turn();
    disk.done.length = 0;
    for (const [i, client] of clients.entries()) client.say(`SET a${i} 1`, "INCR n");
    await turn();
    assertEquals(disk.done, ["write", "sync", "reply", "reply", "reply"]);
    disk.done.length = 0;
    clients[0]?.say("GET n");
    await turn();
    assertEquals(disk.done, ["reply"]);
    assertEquals(clients[0]?.replies, "+OK\r\n:1\r\n$1\r\n3\r\n");
    // Long replies do not wait for the others of the turn.
    clients[0]?.say("SETRANGE long 20000 x");
    await turn();
    disk.done.length = 0;
    clients[0]?.say("SET a 1", "GET long");
    await turn();
    assertEquals(disk.done, ["write", "sync", "reply"]);
  });
});

Deno.test("AppendOnly writes before clients are told of something who have waited for it", async () => {
  await onDisk("always", async ({ disk, call, connect, directory }) => {
    const [waiting, other] = [connect(), connect()];
    await turn();
    waiting.say("BLPOP l 0");
    await turn();
    disk.done.length = 0;
    other.say("RPUSH l x");
    await turn();
    assertEquals(disk.done, ["write", "sync", "reply", "reply"]);
    assertEquals(waiting.replies, "*2\r\n$1\r\nl\r\n$1\r\nx\r\n");
    // Who wants no replies has its effects written all the same.
    other.say("CLIENT REPLY OFF", "SET a 1");
    await turn();
    assertEquals(directory.log().at(-1), "SET a 1");
    call("SET b 1");
    assertEquals(directory.log().at(-1), "SET b 1");
  });
});

Deno.test("AppendOnly writes what expires by itself", async () => {
  await onDisk("no", async ({ engine, directory, call }) => {
    call("SET a 1 PX 10");
    (engine.clock as ManualClock).advance(20);
    await turn();
    assertEquals(directory.log().at(-1), "DEL a");
  });
});

Deno.test("AppendOnly refuses writes while the disk is full, and loses nothing that was replied", async () => {
  await onDisk("everysec", async ({ disk, log, call, connect, reloaded }) => {
    call("SET a 1");
    disk.fill();
    // The reply is out before the disk is known to be full, as with Redis.
    assertEquals(call("INCR a"), ":2");
    assertEquals(call("INCR a"), MISCONF);
    assertEquals(call("PING"), MISCONF);
    assertEquals(call("GET a"), "$1\r\n2");
    call("MULTI");
    assertEquals(call("SET b 1"), MISCONF);
    assertEquals(call("EXEC").slice(0, 10), "-EXECABORT");
    assertMatch(call("EVAL redis.call('incr','a') 0"), /^-MISCONF Errors writing.*script: /);
    assertEquals(call("EVAL #!lua\nredis.call('incr','a') 0"), MISCONF);
    // What is in memory alone would be in the base and in the increment.
    assertMatch(call("BGREWRITEAOF"), /^-ERR Can't execute an AOF background rewriting\./);
    assertMatch(call("INFO persistence"), /aof_last_write_status:err\r\n/);
    const client = connect();
    client.say("SET a 5", "GET a");
    await until(() => client.replies === `${MISCONF}\r\n$1\r\n2\r\n`);
    disk.empty();
    await until(() => call("PING") === "+PONG");
    assertEquals(log.lines.map((line) => line.replace(/ in .*:/, ":")), [
      "error Cannot write the append-only file: No space left on device",
      "error Cannot rewrite the append-only file: No space left on device",
      "info The append-only file can be written again",
    ]);
    call("INCR a");
    await until(() => call("INFO persistence").includes("aof_buffer_length:0"));
    assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
    assertMatch(call("INFO persistence"), /aof_last_write_status:ok\r\n/);
  });
});

Deno.test("AppendOnly takes back a write that was done in part, or goes on with the rest", async () => {
  for (const truncateError of [undefined, "Not today"]) {
    await onDisk("no", async ({ disk, directory, call, reloaded }) => {
      call("SET a 1");
      const path = `${directory.path}/appendonly.aof.1.incr.aof`;
      const { size } = Deno.statSync(path);
      disk.fill();
      disk.room = 10;
      disk.truncateError = truncateError;
      assertEquals(call("SET b 1"), "+OK");
      assertEquals(Deno.statSync(path).size, truncateError === undefined ? size : size + 10);
      disk.empty();
      await until(() => call("PING") === "+PONG");
      assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
      assertEquals(directory.log(), ["SELECT 0", "SET a 1", "SET b 1"]);
    });
  }
});

Deno.test("AppendOnly replies nothing that says a write is on the disk that is not", async () => {
  for (const kind of ["write", "sync"]) {
    await onDisk("always", async ({ disk, directory, call, connect, reloaded }) => {
      const [writer, waiting, reader, subscriber] = [connect(), connect(), connect(), connect()];
      subscriber.say("SUBSCRIBE c");
      waiting.say("BLMOVE l m LEFT LEFT 0");
      reader.say("GET a");
      await turn();
      subscriber.replies = reader.replies = "";
      const before = directory.read("appendonly.aof.1.incr.aof");
      if (kind === "write") disk.fill();
      else disk.syncError = "No space left on device (os error 28)";
      writer.say("SET a 1", "RPUSH l x", "PUBLISH c text");
      reader.say("GET b");
      await turn();
      assertEquals([writer.isClosed, writer.replies], [true, ""]);
      assertEquals([waiting.isClosed, waiting.replies], [true, ""]);
      assertEquals([reader.isClosed, reader.replies], [false, "$-1\r\n"]);
      assertMatch(subscriber.replies, /text\r\n$/);
      assertEquals(directory.read("appendonly.aof.1.incr.aof"), before);
      assertEquals(call("SET b 1"), MISCONF);
      reader.say("GET a", "SET a 2");
      await turn();
      assertEquals(reader.replies, `$-1\r\n$1\r\n1\r\n${MISCONF}\r\n`);
      disk.empty();
      disk.syncError = undefined;
      await until(() => call("PING") === "+PONG");
      assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
    });
  }
});

Deno.test("AppendOnly has Cache.call() fail whose write is not on the disk", async () => {
  await onDisk("always", async ({ disk, call }) => {
    disk.fill();
    assertEquals(call("SET a 1"), MISCONF);
    assertEquals(call("GET a"), "$1\r\n1");
    await turn();
  });
});

Deno.test("AppendOnly syncs in the background, and refuses writes after a sync that has failed", async () => {
  await onDisk("everysec", async ({ disk, call, reloaded }) => {
    disk.syncError = "Input/output error (os error 5)";
    call("SET a 1");
    assertEquals(disk.done, ["write"]);
    await until(() => call("PING") !== "+PONG");
    assertEquals(call("SET a 2"), "-MISCONF Errors writing to the AOF file: Input/output error");
    disk.syncError = undefined;
    await until(() => call("PING") === "+PONG");
    // What could not be synced may be nowhere: all is written anew.
    await until(() => call("INFO persistence").includes("aof_rewrites:1"));
    await until(() => call("INFO persistence").includes("aof_rewrite_in_progress:0"));
    assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
    assert(!disk.done.includes("sync"));
  });
});

Deno.test("AppendOnly lets writes wait for a sync by everysec, but not for long", async () => {
  await onDisk("everysec", async ({ disk, call, directory }) => {
    let release = () => {};
    disk.gate = new Promise((resolve) => release = resolve);
    call("SET a 1");
    await until(() => call("INFO persistence").includes("aof_pending_bio_fsync:1"));
    assertEquals(call("SET a 2"), "+OK");
    assertEquals(directory.log().at(-1), "SET a 1");
    await until(() => call("INFO persistence").includes("aof_delayed_fsync:1"));
    assertEquals(directory.log().at(-1), "SET a 2");
    call("SET a 3");
    assertEquals(directory.log().at(-1), "SET a 2");
    release();
    await until(() => directory.log().at(-1) === "SET a 3");
    await until(() => disk.done.filter((what) => what === "background sync").length === 2);
    // Nothing is left to be synced when it is to be always.
    call("SET a 4");
    call("CONFIG SET appendfsync always");
    assertEquals(disk.done.at(-1), "sync");
    disk.syncError = "Input/output error";
    call("CONFIG SET appendfsync no");
    call("SET a 5");
    call("CONFIG SET appendfsync always");
    assertMatch(call("PING"), /^-MISCONF/);
  });
});

Deno.test("AppendOnly does not sync amid a rewrite, with no-appendfsync-on-rewrite", async () => {
  await onDisk("always", async ({ disk, engine, call }) => {
    call("DEBUG POPULATE 3000");
    call("CONFIG SET no-appendfsync-on-rewrite yes");
    call("BGREWRITEAOF");
    disk.done.length = 0;
    call("SET a 1");
    assertEquals(disk.done, ["write"]);
    await until(() => engine.background.kind === undefined);
    call("SET a 2");
    assertEquals(disk.done.filter((what) => what === "sync"), ["sync"]);
  });
});

Deno.test("AppendOnly begins anew when its files were deleted", async () => {
  await onDisk("no", async ({ directory, call, reloaded }) => {
    call("SET a 1");
    Deno.removeSync(directory.path, { recursive: true });
    call("INCR a");
    await until(() => call("PING") !== "+PONG");
    await until(() => call("PING") === "+PONG");
    call("INCR a");
    assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
    assertEquals(call("GET a"), "$1\r\n3");
  });
});

Deno.test("AppendOnly goes on with what there is when a rewrite fails", async () => {
  await onDisk("no", async ({ directory, log, call, engine, reloaded }) => {
    call("SET a 1");
    // The base cannot take a name that a directory has.
    Deno.mkdirSync(`${directory.path}/appendonly.aof.2.base.rdb/x`, { recursive: true });
    call("BGREWRITEAOF");
    call("INCR a");
    await until(() => engine.background.kind === undefined);
    const info = call("INFO persistence");
    assertMatch(info, /aof_last_bgrewrite_status:err\r\n/);
    assertMatch(info, /aof_rewrites_consecutive_failures:1\r\n/);
    assertMatch(log.lines[0] ?? "", /^error Cannot rewrite the append-only file: /);
    Deno.removeSync(`${directory.path}/appendonly.aof.2.base.rdb`, { recursive: true });
    assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
    Deno.removeSync(`${directory.root}/copy`, { recursive: true });
    call("INCR a");
    call("BGREWRITEAOF");
    await until(() => directory.names().length === 3);
    assertMatch(call("INFO persistence"), /aof_rewrites_consecutive_failures:0\r\n/);
    assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
  });
});

Deno.test("AppendOnly cannot begin a rewrite where it cannot open its files", async () => {
  await onDisk("no", async ({ directory, call, engine, reloaded }) => {
    call("SET a 1");
    Deno.mkdirSync(`${directory.path}/appendonly.aof.2.incr.aof`);
    assertMatch(call("BGREWRITEAOF"), /^-ERR Can't execute an AOF background rewriting\. Please/);
    Deno.removeSync(`${directory.path}/appendonly.aof.2.incr.aof`);
    Deno.mkdirSync(`${directory.path}/${MANIFEST}.tmp/x`, { recursive: true });
    assertMatch(call("BGREWRITEAOF"), /^-ERR Can't execute/);
    assertEquals(call("INCR a"), ":2");
    call("CONFIG SET appendonly no");
    Deno.mkdirSync(`${directory.path}/temp-appendonly.aof.incr/x`, { recursive: true });
    assertMatch(
      call("CONFIG SET appendonly yes"),
      /^-ERR CONFIG SET failed \(possibly related to argument 'appendonly'\) - Unable to turn on AOF\. Check server logs\.$/,
    );
    assertEquals(
      call("CONFIG GET appendonly"),
      "*2\r\n$10\r\nappendonly\r\n$2\r\nno",
    );
    for (const name of [`${MANIFEST}.tmp`, "temp-appendonly.aof.incr"]) {
      Deno.removeSync(`${directory.path}/${name}`, { recursive: true });
    }
    assertEquals(call("CONFIG SET appendonly yes"), "+OK");
    await until(() => engine.background.kind === undefined);
    await until(() => directory.names().length === 3);
    assertEquals(`+${await reloaded()}`, call("DEBUG DIGEST"));
  });
});

Deno.test("AppendOnly.close() rejects where something was not written", async () => {
  await onDisk("no", async ({ disk, engine, call }) => {
    disk.fill();
    call("SET a 1");
    await assertRejects(
      () => engine.appendOnly.close(),
      Error,
      "Cannot write the append-only file: No space left on device",
    );
  });
});

Deno.test("AppendOnly.close() rejects, and logs why, where it cannot finish the first rewrite", async () => {
  await onDisk("no", async ({ directory, engine, log, call }) => {
    call("CONFIG SET appendonly no");
    call("DEBUG POPULATE 2000");
    call("CONFIG SET appendonly yes");
    // The base cannot take a name that a directory has.
    Deno.mkdirSync(`${directory.path}/appendonly.aof.2.base.rdb/x`, { recursive: true });
    engine.appendOnly.stop();
    await engine.background.stop();
    await assertRejects(
      () => engine.appendOnly.close(),
      Error,
      "Cannot write the append-only file: ",
    );
    assertMatch(log.lines.at(-1) ?? "", /^error Cannot write the append-only file in /);
  });
});
