/**
 * Sends a cache what nobody should: damaged requests, values, files, programs, rules and settings, for a
 * while. It must not throw, hang or grow, and all that it answers must be replies in a right form.
 *
 * Flags: `--seconds N` (default 60), `--kinds NAME[,NAME]` of `requests`, `texts`, `values` and `files`
 * (default: all), `--seed N` (of the first case; default: random), `--cases N` (default: as many as there
 * is time for). A case is a cache of its own; `--kinds KIND --seed N --cases 1` tries one again. Linux
 * only (it reads `/proc`). The exit status is 1 if anything is not as it should be.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { memory, rejectAllBut } from "../../bench/figures.ts";
import { Progress } from "../bench/progress.ts";
import { digits } from "../bench/report.ts";
import { KINDS } from "./kinds.ts";
import type { Line } from "./run.ts";

/** A case that takes longer hangs, in milliseconds. */
const MAX_CASE_TIME = 60_000;
/** What the process may grow by from the second quarter of the run to the last, in MB. */
const MAX_GROWTH = 100;
/** Failures after which there is no use in going on. */
const MAX_FAILURES = 20;

const flags = parseArgs(Deno.args, {
  string: ["seconds", "kinds", "seed", "cases"],
  unknown: rejectAllBut("--seconds N, --kinds NAMES, --seed N or --cases N"),
});
const seconds = Number(flags.seconds ?? 60);
const kinds = `${flags.kinds ?? Object.keys(KINDS)}`;
const seed = `${flags.seed ?? Math.floor(Math.random() * 1e9)}`;
const maxCases = `${flags.cases ?? Number.MAX_SAFE_INTEGER}`;
if (!kinds.split(",").every((kind) => kind in KINDS) || !(seconds > 0) || !(Number(maxCases) > 0)) {
  console.error(`Cannot fuzz ${kinds} for ${seconds} s, ${maxCases} cases`);
  Deno.exit(2);
}

const progress = new Progress();
progress.say(`--kinds ${kinds} --seed ${seed}`);
const end = performance.now() + seconds * 1000;
const child = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "--no-check", "--allow-all", `${import.meta.dirname}/run.ts`],
    ...[kinds, seed, maxCases],
  ],
  stdin: "null",
  stdout: "piped",
}).spawn();

let begun = performance.now();
let current = "";
let cases = 0;
let inputs = 0;
let stopped = false;
const failures: string[] = [];
const samples: number[] = [];
const watch = setInterval(() => {
  samples.push(memory(child.pid));
  progress.show(`${cases} cases, ${inputs} inputs, ${failures.length} failures`);
  const hangs = performance.now() - begun > MAX_CASE_TIME;
  if (hangs) failures.push(`It hangs: ${current}`);
  if (hangs || performance.now() > end || failures.length >= MAX_FAILURES) {
    clearInterval(watch);
    stopped = true;
    child.kill("SIGKILL");
  }
}, 200);

function take(line: Line): void {
  begun = performance.now();
  if ("begins" in line) {
    current = line.begins;
  } else {
    cases++;
    if ("inputs" in line) inputs += line.inputs;
    else failures.push(`${current}\n${line.failure}\nthe last input: ${line.input}`);
  }
}

let rest = "";
for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
  const lines = `${rest}${text}`.split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) take(JSON.parse(line));
}
clearInterval(watch);
const { code } = await child.status;
if (!stopped && code !== 0) failures.push(`It ended with ${code}: ${current}`);

const quarter = Math.floor(samples.length / 4);
const before = Math.min(...samples.slice(quarter, 2 * quarter));
const after = Math.min(...samples.slice(3 * quarter));
// A short run is over before it has come to what it takes.
const grows = samples.length > 100 && after > before + MAX_GROWTH;
if (grows) failures.push("It grows");

for (const failure of failures) console.error(`\n${failure}`);
const rows: [string, string | number][] = [
  ["cases", cases],
  ["inputs", inputs],
  ["failures", failures.length],
  ["lowest memory in the second quarter", `${digits(before)} MB`],
  ["lowest memory in the last quarter", `${digits(after)} MB`],
];
progress.say("");
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
Deno.exit(failures.length > 0 || inputs === 0 ? 1 : 0);
