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
    const requests = this.#text.split(/^\*\d+\r\n/m).slice(1);
    this.#text = "";
    return requests.map((request) =>
      request.split("\r\n").filter((line, i) => i % 2 === 1 && line !== undefined).join(" ")
    );
  }
}

/** A cache that is listened to, and what it tells of requests that are typed as people do. */
function listened() {
  const clock = new ManualClock(NOW);
  const engine = new Engine(clock, new Settings(), allCommands());
  const client = new Client(engine);
  const heard = new Heard();
  engine.addListener(heard);
  const run = (request: string): string[] => {
    const args = request.split(" ").map((word) => latin1Slice(word.replaceAll("_", " ")));
    engine.run(client, () => processRequest(client, Args.of(args)));
    client.reply.truncate(0);
    return heard.take();
  };
  return { clock, engine, heard, run };
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
  assertEquals(run("eval redis.call('set','a',2)_redis.call('set','b',1) 0"), [
    "MULTI",
    "set a 2",
    "set b 1",
    "EXEC",
  ]);
  assertEquals(run("eval return_redis.call('get','a') 0"), []);
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
