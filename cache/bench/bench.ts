/**
 * The cache beside a real Redis: what a request costs, and a key in memory, how long others wait,
 * how soon it is there. Both run on the same core, the load on another, in turns, so that a noisy
 * machine is noisy for both. Prints tables in Markdown, with the targets beside the figures.
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
import { REDIS, Server, SUBJECT } from "../compare/server.ts";
import { Progress } from "./progress.ts";
import { markdown, type Section, svg } from "./report.ts";
import { measureRequests, requestsDuration } from "./requests.ts";

const SERVER_CORE = "0";
const LOAD_CORE = "1";

/** What every measurement is given. */
export interface Bench {
  ours: Server;
  redis: Server;
  loadCore: string;
  rounds: number;
  quick: boolean;
  progress: Progress;
}

/** The parts, with the seconds that each takes, about. */
const PARTS: Record<
  string,
  {
    measure: (bench: Bench) => Promise<Section>;
    seconds: (quick: boolean, rounds: number) => number;
  }
> = {
  requests: { measure: measureRequests, seconds: requestsDuration },
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
  const progress = new Progress();
  const seconds = parts.reduce((sum, part) => sum + (part.seconds(quick, rounds)), 0);
  progress.say(`This takes about ${Math.ceil(seconds / 60)} min: ${names.join(", ")}`);

  const sections: Section[] = [];
  for (const { measure } of parts) {
    await using ours = await Server.start(`${flags.subject ?? SUBJECT}`, { core: SERVER_CORE });
    await using redis = await Server.start(`${flags.redis ?? REDIS}`, { core: SERVER_CORE });
    const bench = { ours, redis, loadCore: LOAD_CORE, rounds, quick, progress };
    const section = await measure(bench);
    sections.push(section);
    progress.say("");
    console.log(markdown(section));
  }
  if (flags.svg !== undefined) {
    const title = "Nimblecache beside Redis: each bar to its target, the dashed line";
    Deno.writeTextFileSync(`${flags.svg}`, svg(title, sections.flatMap(({ figures }) => figures)));
  }
}
