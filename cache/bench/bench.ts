/**
 * The cache beside a real Redis: what a request costs, and a key in memory, how long others wait, how
 * soon it is there, what it still holds when memory is short, what scripts and a queue of jobs take.
 * Servers run on one core, the load on another, and take turns, so that a noisy machine is noisy for
 * both. Prints tables in Markdown, with the targets beside the figures.
 *
 * Flags: `--quick` (four commands, about two minutes), `--only NAME[,NAME]` (parts), `--rounds N`
 * (default 5), `--svg FILE` (the main figures drawn), `--subject COMMAND` and `--redis COMMAND` (how the
 * servers are started; `--port N` is added). Linux only; needs `redis-server`, `redis-benchmark` and
 * `taskset`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { rejectAllBut } from "../../bench/figures.ts";
import { REDIS, Server, type ServerOptions, SUBJECT } from "../compare/server.ts";
import { appendDuration, measureAppend } from "./append.ts";
import { hitsDuration, measureHits } from "./hits.ts";
import { measureMemory, memoryDuration } from "./memory.ts";
import { floodDuration, growthDuration, measureFlood, measureGrowth } from "./pauses.ts";
import { measurePeers, peersDuration } from "./peers.ts";
import { Progress } from "./progress.ts";
import { measureQueues, queuesDuration } from "./queues.ts";
import { markdown, type Section, svg } from "./report.ts";
import { measureRequests, requestsDuration } from "./requests.ts";
import { measureScripts, scriptsDuration } from "./scripts.ts";
import { measureSnapshots, snapshotsDuration } from "./snapshots.ts";
import { measureStarts, startsDuration } from "./starts.ts";

const SERVER_CORE = "0";
const LOAD_CORE = "1";

/** What every measurement is given. */
export interface Bench {
  /** Starts one of the two on the servers' core. */
  start: (name: "ours" | "redis", options?: Omit<ServerOptions, "core">) => Promise<Server>;
  serverCore: string;
  rounds: number;
  quick: boolean;
  progress: Progress;
}

interface Part {
  measure: (bench: Bench) => Promise<Section>;
  /** What it takes, about. */
  seconds: (quick: boolean, rounds: number) => number;
}

const PARTS: Record<string, Part> = {
  requests: { measure: measureRequests, seconds: requestsDuration },
  memory: { measure: measureMemory, seconds: memoryDuration },
  growth: { measure: measureGrowth, seconds: growthDuration },
  flood: { measure: measureFlood, seconds: floodDuration },
  snapshots: { measure: measureSnapshots, seconds: snapshotsDuration },
  append: { measure: measureAppend, seconds: appendDuration },
  hits: { measure: measureHits, seconds: hitsDuration },
  starts: { measure: measureStarts, seconds: startsDuration },
  scripts: { measure: measureScripts, seconds: scriptsDuration },
  queues: { measure: measureQueues, seconds: queuesDuration },
  peers: { measure: measurePeers, seconds: peersDuration },
};
const QUICK_PARTS = ["requests"];

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["only", "rounds", "svg", "subject", "redis"],
    boolean: ["quick"],
    unknown: rejectAllBut("--quick, --only, --rounds, --svg, --subject or --redis"),
  });
  const rounds = Number(flags.rounds ?? 5);
  const quick = flags.quick === true;
  const names = `${flags.only ?? (quick ? QUICK_PARTS : Object.keys(PARTS))}`.split(",");
  const parts = names.flatMap((name) => PARTS[name] ?? []);
  if (!(Number.isInteger(rounds) && rounds > 0) || parts.length < names.length) {
    console.error(`Expected --rounds N of at least 1, --only of: ${Object.keys(PARTS)}`);
    Deno.exit(2);
  }
  // What this process and its children do is the load.
  await new Deno.Command("taskset", {
    args: ["-a", "-c", "-p", LOAD_CORE, `${Deno.pid}`],
    stdout: "null",
  }).output();
  const commands = { ours: `${flags.subject ?? SUBJECT}`, redis: `${flags.redis ?? REDIS}` };
  const bench: Bench = {
    start: (name, options) => Server.start(commands[name], { ...options, core: SERVER_CORE }),
    serverCore: SERVER_CORE,
    rounds,
    quick,
    progress: new Progress(),
  };
  const seconds = parts.reduce((sum, part) => sum + part.seconds(quick, rounds), 0);
  bench.progress.say(`This takes about ${Math.ceil(seconds / 60)} min: ${names.join(", ")}`);

  const sections: Section[] = [];
  for (const { measure } of parts) {
    const section = await measure(bench);
    sections.push(section);
    bench.progress.say("");
    console.log(markdown(section));
  }
  if (flags.svg !== undefined) {
    const title = "Nimblecache beside Redis: each bar to its target, the dashed line";
    Deno.writeTextFileSync(`${flags.svg}`, svg(title, sections.flatMap(({ figures }) => figures)));
  }
}
