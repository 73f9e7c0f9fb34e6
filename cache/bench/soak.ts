/**
 * Everything that clients can do to a cache, at once, for a while, amid eviction and snapshots: some
 * reset, flood, do not read, or vanish amid something. Others check every reply against a model, or what
 * goes from one to the other: none may be lost, wrong or out of order. What there is at the end must be in
 * the snapshot that the stop leaves. Then servers are killed while they write theirs.
 *
 * Flags: `--seconds N` (default 60), `--kills N` (default 20), `--subject COMMAND` (how the server is
 * started; `--port N` and others are added). Linux only (it reads `/proc`). The exit status is 1 if
 * anything is not as it should be.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { median, rejectAllBut } from "../../bench/figures.ts";
import { within } from "../../test_util.ts";
import { pause, SAVING_SUBJECT, Server } from "../compare/server.ts";
import { Progress } from "./progress.ts";
import { digits, percentile } from "./report.ts";
import { checkedClients, evictable } from "./soak/checked.ts";
import { kill } from "./soak/kills.ts";
import { LIBRARY } from "./soak/models.ts";
import { prepare, rudeClients, subscribe } from "./soak/rude.ts";
import { Run } from "./soak/run.ts";

/** What keys and clients may take: what is only to be evicted comes to that soon. */
const LIMITS = "--max-memory 384mb --max-memory-policy volatile-lru --save 5";
const EVICTABLE = 12_000;
/** Whoever does not read is closed well before memory is short. */
const OUTPUT_LIMIT = "normal 32mb 16mb 5 pubsub 32mb 8mb 60";
/** How long memory may take to settle, and descriptors to come back, in milliseconds. */
const SETTLE = 3000;
/** How long the clients may take to come to their end, in milliseconds. */
const MAX_END = 60_000;
/** What the process may grow by from the second quarter of the run to the last, in MB. */
const MAX_GROWTH = 100;

const flags = parseArgs(Deno.args, {
  string: ["seconds", "kills", "subject"],
  unknown: rejectAllBut("--seconds N, --kills N or --subject COMMAND"),
});
const seconds = Number(flags.seconds ?? 60);
const kills = Number(flags.kills ?? 20);
if (!(seconds > 0 && kills >= 0)) {
  console.error(`Cannot soak with --seconds ${flags.seconds} --kills ${flags.kills}`);
  Deno.exit(2);
}

const progress = new Progress();
const directory = Deno.makeTempDirSync({ prefix: "soak-" });
const subject = `${flags.subject ?? SAVING_SUBJECT}`;
const server = await Server.start(`${subject} --snapshot '${directory}/dump.rdb' ${LIMITS}`);
const run = new Run(server);

/** PING, now and then: how long do the others wait? */
const waits: number[] = [];
async function probe(): Promise<void> {
  using client = await run.connect();
  while (!run.stopping) {
    const started = performance.now();
    await client.call("PING");
    waits.push(performance.now() - started);
    await pause(10);
  }
}

/** A field of `INFO`. */
async function info(name: string): Promise<string> {
  using client = await run.connect();
  const { value } = await client.call("INFO", "everything");
  return new RegExp(`^${name}:(.*)\r$`, "m").exec(`${value}`)?.[1] ?? "";
}

{
  using client = await run.connect();
  // Memory is full from the start on.
  for (let n = 0; n < EVICTABLE; n++) {
    await client.call("SET", `evicted:${n}`, evictable(n), "EX", "3600");
  }
  await run.play(client, [
    { args: ["CONFIG", "SET", "client-output-buffer-limit", OUTPUT_LIMIT], expected: "OK" },
    { args: ["FUNCTION", "LOAD", LIBRARY], expected: "soak" },
  ]);
}
await prepare(run);
await subscribe(run);
await pause(SETTLE);
run.end = performance.now() + seconds * 1000;
const descriptorsAtStart = server.descriptors;
const samples: number[] = [];
const sampler = setInterval(() => {
  if (!server.alive) return;
  samples.push(server.memory);
  const left = Math.max(0, (run.end - performance.now()) / 1000).toFixed(0);
  progress.show(`${left} s left, ${run.checked} checked, ${run.failures.length} failures`);
}, Math.min(500, seconds * 10));

const { models, ended } = checkedClients(run);
const all = Promise.allSettled([...ended, probe(), ...rudeClients(run)]);
for (const result of await within(all, seconds * 1000 + MAX_END)) {
  if (result.status === "rejected") run.fail(`${result.reason}`);
}
clearInterval(sampler);

await pause(SETTLE);
const survived = server.alive;
const facts: Record<string, string> = {};
if (survived) {
  using client = await run.connect();
  // The file of one that is being written would be open.
  await client.call("CONFIG", "SET", "save", "");
  while (await info("rdb_bgsave_in_progress") === "1") await pause(100);
  for (const name of ["evicted_keys", "expired_keys", "rdb_saves", "rdb_last_bgsave_status"]) {
    facts[name] = await info(name);
  }
  for (const model of models) await run.play(client, model.all());
}
await pause(100);
const descriptorsAtEnd = survived ? server.descriptors : NaN;
const stopStarted = performance.now();
const code = survived ? await server.stop() : NaN;
const timeToStop = performance.now() - stopStarted;
const { log } = server;
await server[Symbol.asyncDispose]();

// What was there must be there again.
{
  await using next = await Server.start(`${subject} --snapshot '${directory}/dump.rdb'`);
  const again = new Run(next);
  using client = await again.connect();
  for (const model of models) await again.play(client, model.all());
  run.checked += again.checked;
  run.wrong += again.wrong;
  for (const failure of again.failures) run.fail(`after the stop: ${failure}`);
}
Deno.removeSync(directory, { recursive: true });

const outcomes = { old: 0, new: 0 };
for (let round = 0; round < kills; round++) {
  progress.show(`killed ${round} of ${kills} times`);
  try {
    outcomes[await kill(subject, round % 2 > 0)]++;
  } catch (error) {
    run.fail(`killed while it wrote a snapshot: ${error}`);
  }
}

// Large requests and replies make peaks: what it comes back to counts, once all have been there.
const quarter = Math.floor(samples.length / 4);
const before = Math.min(...samples.slice(quarter, 2 * quarter));
const after = Math.min(...samples.slice(3 * quarter));
const sorted = waits.toSorted((a, b) => a - b);

const rows: [string, string | number, boolean?][] = [
  ["seconds", seconds],
  ["replies and messages checked", run.checked, run.checked > 0],
  ["wrong, lost or out of order", run.wrong, run.wrong === 0],
  ...run.acts,
  ...Object.entries(facts),
  ["failures", run.failures.length, run.failures.length === 0],
  ["PING, median", `${digits(median(waits))} ms`],
  ["PING, 99th percentile", `${digits(percentile(sorted, 0.99))} ms`],
  ["PING, longest", `${digits(percentile(sorted, 1))} ms`],
  ["lowest memory in the second quarter", `${digits(before)} MB`],
  ["lowest memory in the last quarter", `${digits(after)} MB`, after <= before + MAX_GROWTH],
  ["highest memory", `${digits(Math.max(...samples))} MB`],
  ["descriptors at the start", descriptorsAtStart],
  ["descriptors at the end", descriptorsAtEnd, descriptorsAtEnd <= descriptorsAtStart],
  ["exit status", code, code === 0],
  ["time to stop, with a snapshot", `${digits(timeToStop)} ms`],
  ["killed, and the old snapshot was there", outcomes.old],
  ["killed, and the new snapshot was there", outcomes.new],
];
progress.say("");
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, value, ok = true] of rows) {
  console.log(`${name.padEnd(width)}  ${value}${ok ? "" : "  FAILED"}`);
}
if (rows.some(([, , ok]) => ok === false)) {
  for (const line of log.split("\n").filter((line) => line.includes("ERROR")).slice(0, 10)) {
    console.error(line);
  }
  Deno.exitCode = 1;
}
Deno.exit();
