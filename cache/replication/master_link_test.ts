import { assertEquals, assertMatch } from "@std/assert";
import { settle, until, within } from "../../test_util.ts";
import { Cache } from "../cache.ts";
import {
  caughtUp,
  FakeMaster,
  field,
  Inside,
  introduced,
  isBusy,
  listening,
  offsetOf,
  Proxy,
  QUIET,
  stateOf,
  Wire,
} from "./test_util.ts";

const ID = "0123456789abcdef".repeat(3).slice(0, 40);

/** What the log of a cache says. */
class Log {
  readonly lines: string[] = [];
  info = (): void => {};
  error = (): void => {};
  warn = (line: string): void => void this.lines.push(line);
}

/** An RDB file with one key, of a cache that has it. */
async function snapshotOf(...command: string[]): Promise<string> {
  const { cache, port } = listening();
  await using _cache = cache;
  cache.call(...command);
  using wire = await Wire.connect(port);
  await wire.send("SYNC\r\n");
  return await wire.take(Number((await wire.until("\r\n")).slice(1)));
}

/** Has a cache execute a script that does not end until it is past its time. */
async function keepBusy(cache: Cache, port: number): Promise<Wire> {
  cache.call("CONFIG", "SET", "busy-reply-threshold", 1);
  const wire = await Wire.connect(port);
  await wire.send('EVAL "while true do end" 0\r\n');
  await until(() => isBusy(cache));
  return wire;
}

Deno.test("A replica takes a snapshot with a length or a mark, however it comes in pieces", async () => {
  const snapshot = await snapshotOf("SET", "a", "x".repeat(1000));
  const mark = "m".repeat(40);
  for (const size of [1, 39, 40, 41, 1000, 1e6]) {
    for (
      const text of [`$${snapshot.length}\r\n${snapshot}`, `$EOF:${mark}\r\n${snapshot}${mark}`]
    ) {
      await using master = new FakeMaster(async (wire) => {
        assertEquals(
          await introduced(wire),
          "PSYNC " + `${replica.call("INFO")}`.match(/master_replid:(\w+)/)?.[1] + " 1",
        );
        await wire.send(`\n\n+FULLRESYNC ${ID} 100\r\n\n\n`);
        for (let at = 0; at < text.length; at += size) {
          await wire.send(text.slice(at, at + size));
          if (size < 1000 && at % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        }
        await wire.until("ACK\r\n$3\r\n100\r\n");
        await wire.send("*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n");
        await wire.rest();
      });
      await using replica: Cache = new Cache({ logger: QUIET, replicaOf: { port: master.port } });
      await until(() => replica.call("GET", "b") === "2");
      assertEquals(replica.call("STRLEN", "a"), 1000);
      assertEquals([offsetOf(replica), field(replica, "master_replid")], [127, ID]);
    }
  }
});

Deno.test("A replica that is cut off amid a transaction asks for it from its beginning", async () => {
  const snapshot = await snapshotOf("SET", "a", "1");
  const asked: string[] = [];
  const transaction = "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n";
  const increment = "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n";
  await using master = new FakeMaster(
    async (wire) => {
      asked.push(await introduced(wire));
      await wire.send(`+FULLRESYNC ${ID} 0\r\n$${snapshot.length}\r\n${snapshot}${increment}`);
      await wire.send(transaction.slice(0, -14));
      await wire.send(transaction.slice(-14, -3));
      await wire.until("ACK");
      await new Promise((resolve) => setTimeout(resolve, 20));
      wire[Symbol.dispose]();
    },
    async (wire) => {
      asked.push(await introduced(wire));
      await wire.send(`+CONTINUE ${ID.toUpperCase()}\r\n${transaction}`);
      await wire.rest();
    },
  );
  await using replica = new Cache({ logger: QUIET, replicaOf: { port: master.port } });
  await until(() => replica.call("GET", "a") === "3");
  assertEquals(asked[1], `PSYNC ${ID} ${increment.length + 1}`);
  assertEquals(offsetOf(replica), increment.length + transaction.length);
  // A new name for the same history.
  assertEquals(field(replica, "master_replid2"), ID);
});

Deno.test("A replica says what is wrong with its master, and asks again each second", async () => {
  const cases: [string[], RegExp][] = [
    [["-ERR no\r\n"], /answers PING with -ERR no/],
    [["HTTP/1.1 400 Bad Request\r\n\r\n"], /answers PING with HTTP/],
    [["x".repeat(5000)], /answers with no line/],
    [
      ["+PONG\r\n", "-ERR unknown\r\n", "-ERR unknown\r\n", "-ERR unknown\r\n"],
      /PSYNC with -ERR unk/,
    ],
    [["+PONG\r\n", "+OK\r\n", "+OK\r\n", "+FULLRESYNC x 1\r\n"], /PSYNC with \+FULLRESYNC x 1/],
    [
      ["+PONG\r\n", "+OK\r\n", "+OK\r\n", "-NOMASTERLINK wait\r\n"],
      /PSYNC with -NOMASTERLINK wait/,
    ],
    [
      ["+PONG\r\n", "+OK\r\n", "+OK\r\n", `+FULLRESYNC ${ID} 1\r\n-ERR x\r\n`],
      /sends -ERR x where/,
    ],
    [["+PONG\r\n", "+OK\r\n", "+OK\r\n", `+FULLRESYNC ${ID} 1\r\n$-1\r\n`], /sends \$-1 where/],
    [["+PONG\r\n", "+OK\r\n", "+OK\r\n", `+FULLRESYNC ${ID} 1\r\n$9\r\nabc`], /closed amid a snap/],
    [
      ["+PONG\r\n", "+OK\r\n", "+OK\r\n", `+FULLRESYNC ${ID} 1\r\n$9\r\nREDIS9999`],
      /version 9999/,
    ],
  ];
  for (const [answers, expected] of cases) {
    await using master = new FakeMaster(async (wire) => {
      for (const answer of answers) {
        await wire.until(/^\*\d+\r\n(\$\d+\r\n.*?\r\n)+$/);
        await wire.send(answer);
      }
      if (/x{10}|abc/.test(answers.join(""))) return wire[Symbol.dispose]();
      await wire.rest();
    });
    const logger = new Log();
    await using replica = new Cache({ replicaOf: { port: master.port }, logger });
    await until(() => logger.lines.length > 0);
    assertMatch(logger.lines[0] ?? "", expected);
    assertEquals(stateOf(replica), "connect");
  }
});

Deno.test("A replica is empty after a damaged snapshot, and takes the next one", async () => {
  const snapshot = await snapshotOf("SET", "a", "new");
  const damaged = snapshot.slice(0, -12) + "x" + snapshot.slice(-11);
  const asked: string[] = [];
  const send = (text: string) => async (wire: Wire) => {
    asked.push(await introduced(wire));
    await wire.send(`+FULLRESYNC ${ID} 0\r\n$${text.length}\r\n${text}`);
    await wire.rest();
  };
  await using master = new FakeMaster(send(damaged), send(snapshot));
  await using replica = new Cache({ logger: QUIET });
  replica.call("SET", "old", 1);
  replica.call("REPLICAOF", "127.0.0.1", master.port);
  await until(() => asked.length === 1 && replica.call("DBSIZE") === 0);
  await until(() => replica.call("GET", "a") === "new");
  assertEquals(asked[1], "PSYNC ? -1");
});

Deno.test("A replica gives up a master that says nothing, whatever it waits for", async () => {
  const snapshot = await snapshotOf("SET", "a", "1");
  const hang = async (wire: Wire) => void await wire.rest();
  const scripts: [string, string, (wire: Wire) => Promise<void>][] = [
    ["handshake", "Timeout connecting", hang],
    ["sync", "Timeout receiving bulk data", async (wire) => {
      await introduced(wire);
      await wire.send(`+FULLRESYNC ${ID} 0\r\n$100\r\nabc`);
      await wire.rest();
    }],
    ["connected", "MASTER timeout: no data nor PING", async (wire) => {
      await introduced(wire);
      await wire.send(`+FULLRESYNC ${ID} 0\r\n$${snapshot.length}\r\n${snapshot}`);
      await wire.rest();
    }],
  ];
  for (const [state, reason, script] of scripts) {
    await using master = new FakeMaster(script, hang);
    await using replica = new Inside();
    const { replication } = replica.engine;
    const log = replication.log = new Log();
    replica.call(`REPLICAOF 127.0.0.1 ${master.port}`);
    await until(() => replication.link?.state === state);
    await until(() => state !== "sync" || replication.link?.transfer?.received === 3);
    const info = replica.call("INFO replication");
    assertEquals(info.includes("master_sync_left_bytes:97"), state === "sync");
    replica.tick(60);
    assertEquals(replication.link?.state, state);
    replica.tick(1);
    await until(() => log.lines.length > 0);
    assertEquals(log.lines[0]?.includes(reason), true);
    assertEquals(replica.call("GET a"), state === "connected" ? "$1\r\n1" : "$-1");
  }
});

Deno.test("A replica gives up to connect, and can be closed meanwhile", async () => {
  // Nobody accepts there: its queue is full.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using replica = new Inside();
  replica.call(`REPLICAOF 127.0.0.1 ${listener.addr.port}`);
  const { replication } = replica.engine;
  await until(() => replication.link?.state === "handshake");
  replica.tick(61);
  await until(() => replication.link?.state === "connect");
  replica.call("REPLICAOF no-such-host.invalid 1");
  await until(() => replication.link?.state === "connect");
  assertEquals(replica.call("ROLE").includes("connect"), true);
});

Deno.test("What a master sends that cannot be executed is logged, and the next goes on", async () => {
  const snapshot = await snapshotOf("SET", "a", "1");
  await using master = new FakeMaster(async (wire) => {
    await introduced(wire);
    await wire.send(`+FULLRESYNC ${ID} 0\r\n$${snapshot.length}\r\n${snapshot}`);
    await wire.send(
      "*2\r\n$4\r\nLPOP\r\n$1\r\na\r\n*1\r\n$4\r\nNONE\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n",
    );
    await wire.send("REPLCONF GETACK *\r\n");
    await wire.until("ACK\r\n$2\r\n55\r\n");
    await wire.send("*x\r\n");
    await wire.rest();
  }, async (wire) => void await wire.rest());
  const logger = new Log();
  await using replica = new Cache({ replicaOf: { port: master.port }, logger });
  await until(() => logger.lines.length >= 3);
  assertMatch(logger.lines[0] ?? "", /lpop: -WRONGTYPE/);
  assertMatch(logger.lines[1] ?? "", /-ERR unknown command 'NONE'/);
  assertMatch(logger.lines[2] ?? "", /sends what is no request: invalid multibulk length/);
  assertEquals(replica.call("GET", "a"), null);
});

Deno.test("A snapshot waits for a script that is past its time", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using proxy = new Proxy(port);
  proxy.refuses = true;
  const { cache: replica, port: replicaPort } = listening();
  await using _replica = replica;
  replica.call("MSET", "a", 1, "b", 2);
  replica.call("REPLICAOF", "127.0.0.1", proxy.port);
  using script = await keepBusy(replica, replicaPort);
  proxy.refuses = false;
  await until(() => master.stats.replicas === 1);
  await settle();
  assertEquals(replica.stats.keys, 2);
  replica.call("SCRIPT", "KILL");
  await within(script.until("\n"));
  await caughtUp(master, replica);
  assertEquals(replica.stats.keys, 0);
});

Deno.test("A snapshot that waits for a script is not loaded when the link is closed meanwhile", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  await using replica = new Inside();
  const { replication } = replica.engine;
  replica.call("MSET a 1 b 2");
  replica.call("CONFIG SET busy-reply-threshold 1");
  using wire = await Wire.connect(replica.port);
  await wire.send('EVAL "while true do end" 0\r\n');
  await until(() => replica.call("GET a").startsWith("-BUSY"));
  replication.follow("127.0.0.1", port);
  const { link } = replication;
  await until(() => master.stats.replicas === 1);
  await settle();
  assertEquals(link?.state, "sync");
  replication.promote();
  await link?.closed;
  assertEquals(replica.call("SCRIPT KILL"), "+OK");
  await within(wire.until("\n"));
  assertEquals(replica.call("DBSIZE"), ":2");
  assertEquals(replica.call("ROLE").includes("master"), true);
});

Deno.test("A master's stream waits for a script that is past its time", async () => {
  const { cache: master, port } = listening();
  await using _master = master;
  const { cache: replica, port: replicaPort } = listening({ replicaOf: { port } });
  await using _replica = replica;
  await caughtUp(master, replica);
  using script = await keepBusy(replica, replicaPort);
  master.call("SET", "a", 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  replica.call("SCRIPT", "KILL");
  await within(script.until("\n"));
  await caughtUp(master, replica);
  assertEquals(replica.call("GET", "a"), "1");
});
