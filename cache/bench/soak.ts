/**
 * Everything that clients can do to a cache, at once, for a while: some reset, some send without end
 * or do not read, some subscribe and vanish, some ask for what is large or slow. Amid them others work
 * and check every reply against a model: none may be lost, wrong or out of order.
 *
 * Flags: `--seconds N` (default 60), `--subject COMMAND` (how the server is started; `--port N` is
 * added). Linux only (it reads `/proc`). The exit status is 1 if anything is not as it should be.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { median, rejectAllBut } from "../../bench/figures.ts";
import { connectAndReset } from "../../test_util.ts";
import { Random } from "../compare/random.ts";
import { Client, encode, toBytes } from "../compare/resp.ts";
import { Server, SUBJECT } from "../compare/server.ts";
import { Progress } from "./progress.ts";
import { digits } from "./report.ts";

const WORKERS = 20;
/** Commands a worker sends together, at most. */
const MAX_PIPELINE = 50;
/** Connections that subscribe, hear one message, and vanish. */
const SUBSCRIBERS = 9000;
const CONNECTED_AT_ONCE = 100;
/** Keys that `KEYS *` finds, in a database of their own. */
const LARGE_KEYSPACE = 300_000;
/** What a client asks for again and again, and does not read. */
const LARGE_VALUE = 1_000_000;
/** How long memory may take to settle, and descriptors to come back, in milliseconds. */
const SETTLE = 3000;
/** What the process may grow by from the second quarter of the run to the last, in MB. */
const MAX_GROWTH = 50;

const flags = parseArgs(Deno.args, {
  string: ["seconds", "subject"],
  unknown: rejectAllBut("--seconds N or --subject COMMAND"),
});
const seconds = Number(flags.seconds ?? 60);
if (!(seconds > 0)) {
  console.error(`Cannot soak with --seconds ${flags.seconds}: expected a positive number`);
  Deno.exit(2);
}

const progress = new Progress();
const server = await Server.start(`${flags.subject ?? SUBJECT}`);
const end = performance.now() + seconds * 1000;
const stopping = () => performance.now() > end || !server.alive;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const counts = { checked: 0, wrong: 0, heard: 0, unheard: 0 };
/** How often each of the others did what they do, and what went wrong. */
const acts: Record<string, number> = {};
const failures: string[] = [];

/** A model of the keys of one worker, and the next command with what it must return. */
function nextCommand(name: string, random: Random, strings: Map<string, string>, list: string[]) {
  const key = `${name}:${random.int(0, 20)}`;
  const value = "v".repeat(random.int(0, 100)) + random.int(0, 1e6);
  const old = strings.get(key);
  switch (random.int(0, 6)) {
    case 0:
    case 1:
      strings.set(key, value);
      return { args: ["SET", key, value], expected: "OK" };
    case 2:
      return { args: ["GET", key], expected: old ?? null };
    case 3:
      strings.delete(key);
      return { args: ["DEL", key], expected: old === undefined ? "0" : "1" };
    case 4:
      strings.set(key, (old ?? "") + value);
      return { args: ["APPEND", key, value], expected: `${(old ?? "").length + value.length}` };
    case 5:
      list.push(value);
      return { args: ["RPUSH", `${name}:list`, value], expected: `${list.length}` };
    default:
      return { args: ["LPOP", `${name}:list`], expected: list.shift() ?? null };
  }
}

async function work(i: number): Promise<void> {
  using client = await Client.connect(server.port);
  const random = new Random(i);
  const strings = new Map<string, string>();
  const list: string[] = [];
  while (!stopping()) {
    const batch = Array.from(
      { length: random.int(1, MAX_PIPELINE) },
      () => nextCommand(`worker${i}`, random, strings, list),
    );
    const replies = await client.pipeline(batch.map(({ args }) => args));
    counts.checked += replies.length;
    counts.wrong += batch.filter(({ expected }, i) => replies[i]?.value !== expected).length;
    // Values that are appended to do not grow for ever.
    for (const [key, value] of strings) if (value.length > 10_000) strings.set(key, "");
    await client.pipeline([...strings].filter(([, v]) => v === "").map(([k]) => ["SET", k, ""]));
  }
}

/** PING, now and then: how long do the others wait? */
const waits: number[] = [];
async function probe(): Promise<void> {
  using client = await Client.connect(server.port);
  while (!stopping()) {
    const started = performance.now();
    await client.call("PING");
    waits.push(performance.now() - started);
    await pause(10);
  }
}

async function send(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

/** The first reply to what may be answered by an error and the end. */
async function answer(request: string): Promise<string> {
  using client = await Client.connect(server.port);
  await client.write(request);
  const { kind, value } = await client.read();
  return `${kind}${value}`;
}

const expectReply = async (request: string, expected: string) => {
  const reply = await answer(request);
  if (!reply.startsWith(expected)) throw new Error(`${reply} in place of ${expected}`);
};

/** Fills the receive buffer, then goes away without having read. */
async function doNotRead(): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = toBytes(encode(["GET", "large"]).repeat(1000));
  const sending = send(conn, request).catch(() => {});
  await pause(1000);
  conn.close();
  await sending;
}

/** Sends without end and reads, for a second. */
async function flood(): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = toBytes(encode(["SET", "flood", "x"]).repeat(1000));
  const drain = async () => {
    const buffer = new Uint8Array(64 * 1024);
    while (await conn.read(buffer) !== null);
  };
  const draining = drain().catch(() => {});
  for (const until = performance.now() + 1000; performance.now() < until;) {
    await send(conn, request);
  }
  conn.close();
  await draining;
}

/** Many subscribe to one channel and hear one message; then all vanish. */
async function subscribe(): Promise<void> {
  const clients: Client[] = [];
  try {
    while (clients.length < SUBSCRIBERS && !stopping()) {
      const more = await Promise.all(
        Array.from({ length: CONNECTED_AT_ONCE }, () => Client.connect(server.port)),
      );
      clients.push(...more);
      await Promise.all(more.map((client) => client.call("SUBSCRIBE", "crowd")));
    }
    using publisher = await Client.connect(server.port);
    const told = Number((await publisher.call("PUBLISH", "crowd", "hello")).value);
    for (const client of clients) {
      const { value } = await client.read();
      if (Array.isArray(value) && value[2]?.value === "hello") counts.heard++;
      else counts.unheard++;
    }
    if (told !== clients.length) throw new Error(`${told} of ${clients.length} were told`);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
}

const MANY_STARS = "a*".repeat(30) + "b";
const ACTORS: Record<string, { act: () => Promise<void>; rest: number }> = {
  "reset at once": { act: () => connectAndReset(server.port), rest: 5 },
  "ask and do not read": { act: doNotRead, rest: 100 },
  "send without end": { act: flood, rest: 500 },
  "announce 10 GB": {
    act: () => expectReply("*2\r\n$4\r\nECHO\r\n$10000000000\r\n", "-ERR Protocol error"),
    rest: 50,
  },
  "leave amid a large argument": {
    act: async () => {
      using client = await Client.connect(server.port);
      await client.write(`*2\r\n$4\r\nECHO\r\n$100000000\r\n${"x".repeat(LARGE_VALUE)}`);
    },
    rest: 200,
  },
  "send a million arguments": {
    act: () => expectReply(`*1000000\r\n$3\r\nDEL\r\n${"$1\r\nx\r\n".repeat(999_999)}`, ":0"),
    rest: 5000,
  },
  "match a pattern of 30 stars": {
    act: async () => {
      await expectReply(encode(["KEYS", MANY_STARS]), "*");
      using client = await Client.connect(server.port);
      await client.call("PSUBSCRIBE", MANY_STARS);
      await expectReply(encode(["PUBLISH", "a".repeat(1000), "x"]), ":");
    },
    rest: 200,
  },
  "list a large key space": {
    act: async () => {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await send(conn, toBytes(encode(["SELECT", "1"]) + encode(["KEYS", "*"]) + "QUIT\r\n"));
      const buffer = new Uint8Array(64 * 1024);
      let length = 0;
      for (let n; (n = await conn.read(buffer)) !== null;) length += n;
      if (length < LARGE_KEYSPACE) throw new Error(`KEYS: only ${length} bytes`);
    },
    rest: 5000,
  },
  "subscribe by thousands and vanish": { act: subscribe, rest: 10_000 },
};

async function repeat(name: string): Promise<void> {
  const { act, rest } = ACTORS[name] ?? { act: () => Promise.resolve(), rest: 0 };
  while (!stopping()) {
    try {
      await act();
      acts[name] = (acts[name] ?? 0) + 1;
    } catch (error) {
      if (!stopping()) failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
    for (let rested = 0; rested < rest && !stopping(); rested += 100) {
      await pause(Math.min(rest, 100));
    }
  }
}

{
  using client = await Client.connect(server.port);
  await client.call("SET", "large", "x".repeat(LARGE_VALUE));
  await client.call("SET", "a".repeat(1000), "x");
  await client.call("SELECT", "1");
  for (let first = 0; first < LARGE_KEYSPACE; first += 1000) {
    const keys = Array.from({ length: 1000 }, (_, i) => [`key:${first + i}`, "x"]);
    await client.call("MSET", ...keys.flat());
  }
}
const descriptorsAtStart = server.descriptors;
const samples: number[] = [];
const sampler = setInterval(() => {
  if (!server.alive) return;
  samples.push(server.memory);
  const left = Math.max(0, (end - performance.now()) / 1000).toFixed(0);
  progress.show(`${left} s left, ${counts.checked} replies checked, ${failures.length} failures`);
}, Math.min(500, seconds * 10));

const results = await Promise.allSettled([
  ...Array.from({ length: WORKERS }, (_, i) => work(i)),
  probe(),
  ...Object.keys(ACTORS).map(repeat),
]);
clearInterval(sampler);
for (const result of results) if (result.status === "rejected") failures.push(`${result.reason}`);

await pause(SETTLE);
const survived = server.alive;
const descriptorsAtEnd = survived ? server.descriptors : NaN;
const stopStarted = performance.now();
const code = survived ? await server.stop() : NaN;
const timeToStop = performance.now() - stopStarted;
const { log } = server;
await server[Symbol.asyncDispose]();

// Large requests and replies make peaks: what it comes back to counts, once all have been there.
const quarter = Math.floor(samples.length / 4);
const before = Math.min(...samples.slice(quarter, 2 * quarter));
const after = Math.min(...samples.slice(3 * quarter));
const sorted = waits.toSorted((a, b) => a - b);

const rows: [string, string | number, boolean?][] = [
  ["seconds", seconds],
  ["replies checked", counts.checked, counts.checked > 0],
  ["replies wrong or out of order", counts.wrong, counts.wrong === 0],
  ["messages heard", counts.heard],
  ["messages not heard", counts.unheard, counts.unheard === 0],
  ...Object.entries(acts).map(([name, count]): [string, number] => [`clients that ${name}`, count]),
  ["failures of clients", failures.length, failures.length === 0],
  ["PING, median", `${digits(median(waits))} ms`],
  ["PING, 99th percentile", `${digits(sorted[Math.floor(sorted.length * 0.99)] ?? NaN)} ms`],
  ["PING, longest", `${digits(sorted.at(-1) ?? NaN)} ms`],
  ["lowest memory in the second quarter", `${digits(before)} MB`],
  ["lowest memory in the last quarter", `${digits(after)} MB`, after <= before + MAX_GROWTH],
  ["highest memory", `${digits(Math.max(...samples))} MB`],
  ["descriptors at the start", descriptorsAtStart],
  ["descriptors at the end", descriptorsAtEnd, descriptorsAtEnd <= descriptorsAtStart],
  ["exit status", code, code === 0],
  ["time to stop", `${digits(timeToStop)} ms`],
];
progress.say("");
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, value, ok = true] of rows) {
  console.log(`${name.padEnd(width)}  ${value}${ok ? "" : "  FAILED"}`);
}
if (rows.some(([, , ok]) => ok === false)) {
  for (const failure of new Set(failures)) console.error(failure);
  for (const line of log.split("\n").filter((line) => line.includes("ERROR")).slice(0, 10)) {
    console.error(line);
  }
  Deno.exitCode = 1;
}
Deno.exit();
