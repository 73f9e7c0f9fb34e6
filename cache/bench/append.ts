/**
 * What the append-only file costs: requests that set a key, beside a real Redis with its own, both on the
 * same disk, pipelined and not. No rewrite begins by itself meanwhile.
 *
 * @module
 */

import { median } from "../../bench/figures.ts";
import { FSYNC_POLICIES, type FsyncPolicy } from "../append_only.ts";
import { Client } from "../compare/resp.ts";
import type { Bench } from "./bench.ts";
import { digits, type Figure, type Section } from "./report.ts";
import { compare, type Run, type Servers, SET } from "./requests.ts";

const PIPELINES = [1, 16];
const SIZE = 3;
const POLICIES = FSYNC_POLICIES.filter((policy) => policy !== "no");

/** The seconds that {@linkcode measureAppend} takes, about. */
export function appendDuration(_quick: boolean, rounds: number): number {
  return POLICIES.length * PIPELINES.length * (rounds + 0.5) * 2.5;
}

async function start(bench: Bench, name: keyof Servers, policy: FsyncPolicy) {
  const flags = name === "ours"
    ? `--append-only files --append-fsync ${policy}`
    : `--appendonly yes --appendfsync ${policy}`;
  const server = await bench.start(name, { flags });
  using client = await Client.connect(server.port);
  await client.call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0");
  return server;
}

/** Requests a second with `always` and `everysec`. */
export async function measureAppend(bench: Bench): Promise<Section> {
  const rows: string[][] = [];
  const figures: Figure[] = [];
  for (const policy of POLICIES) {
    await using ours = await start(bench, "ours", policy);
    await using redis = await start(bench, "redis", policy);
    for (const pipeline of PIPELINES) {
      bench.progress.show(`${policy}, P=${pipeline}`);
      const runs = await compare({ ours, redis }, bench.rounds, {
        test: SET,
        pipeline,
        size: SIZE,
      });
      const ratio = (key: keyof Run) =>
        median(runs.ours.map((run, i) => run[key] / (runs.redis[i]?.[key] ?? NaN)));
      const middle = (runs: Run[], key: keyof Run) => digits(median(runs.map((run) => run[key])));
      rows.push([
        ...[policy, `${pipeline}`],
        ...[middle(runs.ours, "cpu"), middle(runs.redis, "cpu"), ratio("cpu").toFixed(2)],
        ...[middle(runs.ours, "rate"), middle(runs.redis, "rate"), ratio("rate").toFixed(2)],
      ]);
      const value = ratio("rate");
      const name = `requests a second to Redis', ${policy}, P=${pipeline}`;
      figures.push({ name, value, target: 0.8, atLeast: true });
    }
  }
  return {
    title: "SET with an append-only file (medians)",
    columns: ["fsync", "P", "CPU µs", "Redis CPU µs", "ratio", "/s", "Redis /s", "ratio"],
    rows,
    figures,
  };
}
