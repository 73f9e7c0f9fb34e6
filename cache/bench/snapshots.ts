/**
 * How long others wait while a snapshot is written in the background.
 *
 * @module
 */

import { median } from "../../bench/figures.ts";
import { Client } from "../compare/resp.ts";
import type { Server } from "../compare/server.ts";
import type { Bench } from "./bench.ts";
import { type Going, ping } from "./pauses.ts";
import { digits, percentile, type Section } from "./report.ts";

/** Keys of 32 bytes, and in a quick run. */
const KEYS = 1_000_000;
const QUICK_KEYS = 200_000;

/** The pings that make a sample without a snapshot. */
const PINGS = 5000;

/** SETs a second that go on meanwhile, in batches of one every so many milliseconds. */
const INTERVAL = 5;
const BATCH = 50;

/** Runs a command of `redis-benchmark`, and waits for its end. */
async function fill(server: Server, keys: number): Promise<void> {
  await new Deno.Command("redis-benchmark", {
    args: [
      ...["-p", `${server.port}`, "-q", "-P", "64", "-n", `${keys}`, "-r", `${keys * 20}`],
      ...["SET", "key:__rand_int__", "x".repeat(32)],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
}

/** The same as {@linkcode ping}, beside a steady load. */
async function pingBesideLoad(server: Server, going: Going): Promise<number[]> {
  using writer = await Client.connect(server.port);
  let key = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const load = setInterval(() => {
    const sets = Array.from({ length: BATCH }, () => ["SET", `new:${key++}`, "x"]);
    writing = writing.then(() => writer.pipeline(sets));
  }, INTERVAL);
  try {
    return await ping(server, going);
  } finally {
    clearInterval(load);
    await writing;
  }
}

/** Pings while a snapshot is written, from its first moment to its last. */
async function pingBesideSave(server: Server): Promise<number[]> {
  using client = await Client.connect(server.port);
  await client.call("BGSAVE");
  let saving = true;
  return await pingBesideLoad(server, async (pings) => {
    if (pings % 100 === 99) {
      const { value } = await client.call("INFO", "persistence");
      saving = /rdb_bgsave_in_progress:1/.test(`${value}`);
    }
    return saving;
  });
}

/** The seconds that {@linkcode measureSnapshots} takes, about. */
export function snapshotsDuration(quick: boolean, rounds: number): number {
  return rounds * (quick ? 4 : 14);
}

/** PING beside a snapshot that is being written, and before. */
export async function measureSnapshots(bench: Bench): Promise<Section> {
  const keys = bench.quick ? QUICK_KEYS : KEYS;
  await using ours = await bench.start("ours", { flags: "--snapshot dump.rdb" });
  await using redis = await bench.start("redis");
  const names = ["ours", "redis"] as const;
  const runs = {
    ours: { before: [] as number[], during: [] as number[], longest: [] as number[] },
    redis: { before: [] as number[], during: [] as number[], longest: [] as number[] },
  };
  for (const server of [ours, redis]) await fill(server, keys);
  for (let round = 0; round < bench.rounds; round++) {
    for (const name of names) {
      bench.progress.show(`PING beside a snapshot, round ${round + 1} of ${bench.rounds}: ${name}`);
      const server = name === "ours" ? ours : redis;
      const before = await pingBesideLoad(server, (pings) => pings < PINGS);
      const during = await pingBesideSave(server);
      runs[name].before.push(percentile(before, 0.99));
      runs[name].during.push(percentile(during, 0.99));
      runs[name].longest.push(percentile(during, 1));
    }
  }
  const ratio = (name: "ours" | "redis") =>
    median(runs[name].during.map((time, i) => time / (runs[name].before[i] ?? NaN)));
  return {
    title: `PING while a snapshot of ${keys} keys is written`,
    columns: ["", "99th percentile before, ms", "meanwhile, ms", "ratio", "longest meanwhile, ms"],
    rows: names.map((name) => [
      name === "ours" ? "this cache" : "Redis",
      digits(median(runs[name].before)),
      digits(median(runs[name].during)),
      digits(ratio(name)),
      digits(median(runs[name].longest)),
    ]),
    figures: [{
      name: "99th percentile of PING beside a snapshot, to that without one",
      value: ratio("ours"),
      target: 2,
    }],
  };
}
