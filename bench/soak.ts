/**
 * Soak: the real executable under everything that clients and a shortage can do to it, all at once.
 * Prints one table, and with `--write` puts it into `docs/benchmarks.md`; exits with 1 if a greeting
 * was lost, if the server died, grew or leaked, or if it did not stop cleanly.
 *
 * Loopback only, Linux only (it reads `/proc`). `deno task soak --seconds 60`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Child, connectAndReset } from "../test_util.ts";
import { median, memory, rejectAllBut } from "./figures.ts";
import { describeMachine } from "./peers.ts";
import { Progress } from "./progress.ts";
import { publish } from "./publish.ts";
import { table } from "./report.ts";

/** The server's descriptors: less than a burst, so that it runs out of them again and again. */
const SERVER_DESCRIPTORS = 256;
const BURST_SIZE = 400;
const BURST_PAUSE = 5000;

const WELL_BEHAVED_CLIENTS = 32;
const RESETTING_CLIENTS = 2;
/** Each sends this much before it reads. */
const SENT_BEFORE_READING = 3_000_000;
const SENDING_CLIENTS = 2;
const SLOW_CLIENTS = 8;
/** Silent clients come steadily and never close; only the oldest beyond so many are dropped. */
const MAX_SILENT_CLIENTS = 1000;
const SILENT_CLIENT_PAUSE = 100;

/** A client that has no end of file after so many milliseconds has lost its greeting. */
const GIVE_UP = 30_000;

const GREETING = new TextEncoder().encode("Hello!");

const { seconds, write } = parseArgs(Deno.args, {
  string: ["seconds"],
  boolean: ["write"],
  unknown: rejectAllBut("--seconds N or --write"),
});
const duration = Number(seconds ?? 60) * 1000;
if (!(duration > 0)) {
  console.error(`Cannot soak for --seconds ${seconds}: expected a number greater than 0`);
  Deno.exit(2);
}
const progress = new Progress("soak", duration / 1000 + 8);

await using server = new Child(["--port", "0", "--log-format", "json"], {
  // V8's young generation grows to this in steps, over minutes, whatever a program keeps; at its
  // full size from the start, it is not taken for a leak.
  permissions: ["--allow-net", "--v8-flags=--min-semi-space-size=32"],
  before: `ulimit -n ${SERVER_DESCRIPTORS}`,
});
const port = await server.ready();
let stopping = false;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Clients that wait for their greeting, since when. One timer gives up on those that wait too long. */
const waiting = new Map<Deno.Conn, number>();
const watchdog = setInterval(() => {
  for (const [conn, since] of waiting) {
    if (performance.now() - since > GIVE_UP) conn[Symbol.dispose]();
  }
}, 1000);

const counts = { delivered: 0, lost: 0, resets: 0, notConnected: 0 };

/** Connects, does something, reads to end of file and counts whether the greeting came exactly. */
async function expectGreeting(
  before: (conn: Deno.TcpConn) => unknown = () => {},
  between: () => unknown = () => {},
  bufferSize = 64,
): Promise<void> {
  let conn;
  try {
    conn = await Deno.connect({ port });
  } catch {
    // Not a lost greeting: it was never the server's.
    counts.notConnected++;
    await pause(10);
    return;
  }
  waiting.set(conn, performance.now());
  const buffer = new Uint8Array(bufferSize);
  let received = 0;
  let wrong = false;
  try {
    await before(conn);
    while (true) {
      const length = await conn.read(buffer);
      if (length === null) break;
      for (let i = 0; i < length; i++) wrong ||= buffer[i] !== GREETING[received++];
      await between();
    }
  } catch {
    wrong = true;
  }
  waiting.delete(conn);
  conn[Symbol.dispose]();
  if (wrong || received !== GREETING.length) counts.lost++;
  else counts.delivered++;
}

async function repeat(action: () => Promise<unknown>): Promise<void> {
  while (!stopping) await action();
}

const megabytes = new Uint8Array(SENT_BEFORE_READING);

async function sendFirst(conn: Deno.Conn): Promise<void> {
  for (let sent = 0; sent < megabytes.length;) sent += await conn.write(megabytes.subarray(sent));
}

async function reset(): Promise<void> {
  // A connect that is not answered in time is given up.
  await connectAndReset(port).then(() => counts.resets++, () => counts.notConnected++);
  await pause(1);
}

const silent: Deno.Conn[] = [];

async function beSilent(): Promise<void> {
  silent.push(await Deno.connect({ port }));
  if (silent.length > MAX_SILENT_CLIENTS) silent.shift()?.close();
  await pause(SILENT_CLIENT_PAUSE);
}

/** All of them are connected before the first reads, so each holds a descriptor for a while. */
async function burst(): Promise<void> {
  const connected = Promise.withResolvers<void>();
  let left = BURST_SIZE;
  const hold = () => {
    if (--left === 0) connected.resolve();
    return Promise.race([connected.promise, pause(1000)]);
  };
  await Promise.all(Array.from({ length: BURST_SIZE }, () => expectGreeting(hold)));
  for (let waited = 0; waited < BURST_PAUSE && !stopping; waited += 100) await pause(100);
}

function descriptors(): number {
  return [...Deno.readDirSync(`/proc/${server.pid}/fd`)].length;
}

const memoryAtStart = memory(server.pid);
const descriptorsAtStart = descriptors();
const samples: number[] = [];
let died = false;
const sampler = setInterval(() => {
  try {
    samples.push(memory(server.pid));
    progress.show(`${counts.delivered} greetings delivered, ${counts.lost} lost`);
  } catch {
    died = stopping = true;
  }
}, Math.min(500, duration / 100));

const started = performance.now();
const end = setTimeout(() => stopping = true, duration);
const many = (length: number, action: () => Promise<unknown>) =>
  Array.from({ length }, () => repeat(action));
await Promise.all([
  ...many(WELL_BEHAVED_CLIENTS, () => expectGreeting()),
  ...many(RESETTING_CLIENTS, reset),
  ...many(SENDING_CLIENTS, () => expectGreeting(sendFirst)),
  ...many(SLOW_CLIENTS, () => expectGreeting(undefined, () => pause(1000), 1)),
  ...many(1, () => beSilent().catch(() => pause(100))),
  ...many(1, burst),
]);
clearTimeout(end);
clearInterval(sampler);
const elapsed = (performance.now() - started) / 1000;

// The last of the drains are through when nothing has come for the linger time, though the silent
// clients are still there.
await pause(2000);
const descriptorsAtEnd = died ? NaN : descriptors();
const stopStarted = performance.now();
const deliveredAtEnd = counts.delivered;
if (!died) {
  await expectGreeting();
  server.kill("SIGTERM");
}
const { code, stderr } = await server.end();
const timeToStop = performance.now() - stopStarted;
clearInterval(watchdog);
for (const conn of silent) conn.close();

const lines = stderr.trimEnd().split("\n");
const records = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
const episodes = records.filter(({ msg }) => msg === "accepting again");
const stats = records.at(-1) ?? {};
const addsUp = stats.msg === "stopped" &&
  stats.accepted === stats.completed + stats.failed + stats.timedOut + stats.aborted;
const cutOff = records.find(({ msg }) => msg.startsWith("shutdown timed out"))?.active ?? 0;
const window = Math.max(1, Math.floor(samples.length / 10));
const quarter = Math.floor(samples.length / 4);
const memoryAtQuarter = median(samples.slice(quarter, quarter + window));
const memoryAtEnd = median(samples.slice(-window));
const growth = memoryAtEnd / memoryAtQuarter - 1;

const rows: [string, string | number, boolean?][] = [
  ["duration", `${elapsed.toFixed(0)} s`],
  ["connections accepted", stats.accepted, addsUp],
  // The last of them after everything else.
  ["greetings delivered", counts.delivered, counts.delivered > deliveredAtEnd],
  ["greetings lost", counts.lost, counts.lost === 0],
  ["connects that failed", counts.notConnected],
  ["clients that connected and reset", counts.resets],
  ["accept errors survived", stats.acceptErrors],
  ["back-off episodes", episodes.length],
  ["longest back-off", `${Math.max(0, ...episodes.map(({ ms }) => ms))} ms`],
  ["memory at the start", `${memoryAtStart.toFixed(0)} MB`],
  ["memory after a quarter", `${memoryAtQuarter.toFixed(0)} MB`],
  ["memory at the end", `${memoryAtEnd.toFixed(0)} MB`],
  ["growth after the first quarter", `${(growth * 100).toFixed(0)} %`, growth <= 0.2],
  [
    "descriptors at the start and the end",
    `${descriptorsAtStart}, ${descriptorsAtEnd}`,
    descriptorsAtEnd <= descriptorsAtStart,
  ],
  ["exit status", code, code === 0 && !died],
  ["time to stop", `${timeToStop.toFixed(0)} ms`],
  ["connections cut off by the stop", cutOff, cutOff === 0],
];
progress.end();
const report = rows.map(([name, value, ok = true]) => [name, `${value}${ok ? "" : " **FAILED**"}`]);
publish("soak", `${await describeMachine()}.\n\n${table(["", ""], report)}`, Boolean(write));
if (rows.some(([, , ok]) => ok === false)) {
  for (const line of lines.filter((line) => !line.startsWith("{"))) console.error(line);
  Deno.exitCode = 1;
}
