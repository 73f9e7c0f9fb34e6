/**
 * What scripts cost that calculate: Lua programs sent by EVAL to the cache and to a real Redis in
 * turns, on the same core. Each is run until the engine has compiled what it needs; then CPU time is
 * counted.
 *
 * @module
 */

import { median } from "../../bench/figures.ts";
import { Client } from "../compare/resp.ts";
import type { Server } from "../compare/server.ts";
import type { Bench } from "./bench.ts";
import { digits, type Section } from "./report.ts";

/** The programs; each takes Redis about 50 ms. */
const PROGRAMS: Record<string, string> = {
  calls: `local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
    return fib(30)`,
  loops: `local sum = 0
    for i = 1, 8000000 do if i % 3 == 0 then sum = sum + i end end
    return sum`,
  strings: `local parts = {}
    for i = 1, 40000 do parts[#parts + 1] = "user:" .. i .. ":" .. string.format("%5.2f", i / 3) end
    return #table.concat(parts, ",")`,
  tables: `local ids, counts = {}, {}
    for i = 1, 100000 do ids[i] = { id = i, group = "group:" .. i % 100 } end
    for _, entry in ipairs(ids) do counts[entry.group] = (counts[entry.group] or 0) + entry.id end
    return counts["group:7"]`,
  patterns: `local text, count = string.rep("key=value, other=42; ", 500), 0
    for i = 1, 140 do
      for key, value in text:gmatch("(%w+)=(%w+)") do count = count + #key + #value end
      count = count + select(2, text:gsub("%d+", "<%0>")) + #text:match("^(.-);")
    end
    return count`,
  cjson: `local records, size = {}, 0
    for i = 1, 200 do
      records[i] = { id = i, name = "user " .. i, path = "/a/" .. i, score = i / 3, tags = { "a", "b" } }
    end
    for i = 1, 90 do size = size + #cjson.encode(cjson.decode(cjson.encode(records))) end
    return size`,
};

/** How often a program is run before it is measured, and how often in each round. */
const WARM_UPS = 10;
const RUNS = 5;

/** The seconds that {@linkcode measureScripts} takes, about. */
export function scriptsDuration(_quick: boolean, rounds: number): number {
  return Object.keys(PROGRAMS).length * (WARM_UPS + RUNS * rounds) * 2 * 0.1;
}

/** Milliseconds of the server's CPU for a program. */
async function run(server: Server, client: Client, program: string, runs: number): Promise<number> {
  const before = server.cpuTime;
  for (let i = 0; i < runs; i++) {
    const { kind, value } = await client.call("EVAL", program, "0");
    if (kind === "-") throw new Error(`${value}`);
  }
  return (server.cpuTime - before) / 1000 / runs;
}

/** CPU time of scripts at the cache and at Redis, and what they are to each other. */
export async function measureScripts(bench: Bench): Promise<Section> {
  await using ours = await bench.start("ours");
  await using redis = await bench.start("redis");
  using ourClient = await Client.connect(ours.port);
  using redisClient = await Client.connect(redis.port);
  const runOurs = (program: string, runs: number) => run(ours, ourClient, program, runs);
  const runRedis = (program: string, runs: number) => run(redis, redisClient, program, runs);
  const section: Section = {
    title: "Scripts that calculate (medians)",
    columns: ["script", "CPU ms", "Redis CPU ms", "ratio"],
    rows: [],
    figures: [],
  };
  // All are warmed up before any is measured: a server runs many.
  for (const program of Object.values(PROGRAMS)) await runOurs(program, WARM_UPS);
  for (const [name, program] of Object.entries(PROGRAMS)) {
    await runOurs(program, WARM_UPS);
    const times = { ours: [] as number[], redis: [] as number[] };
    for (let round = 1; round <= bench.rounds; round++) {
      bench.progress.show(`script ${name}, round ${round} of ${bench.rounds}`);
      times.ours.push(await runOurs(program, RUNS));
      times.redis.push(await runRedis(program, RUNS));
    }
    const value = median(times.ours.map((time, round) => time / (times.redis[round] ?? NaN)));
    const row = [median(times.ours), median(times.redis)].map(digits);
    section.rows.push([name, ...row, value.toFixed(2)]);
    section.figures.push({ name: `CPU of scripts to Redis', ${name}`, value, target: 1 });
  }
  return section;
}
