/**
 * How soon it is there: the executable beside a bare `Deno.listen` script, and a cache inside a
 * process, what it takes and what it costs while it is idle.
 *
 * @module
 */

import { median } from "../../bench/figures.ts";
import type { Bench } from "./bench.ts";
import { digits, type Section } from "./report.ts";

const STARTS = 15;
const BARE = `
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const conn of listener) conn.close();
`;
/** Caches in one process, and those before the first that is measured. */
const INSTANCES = 200;

/** The seconds that {@linkcode measureStarts} takes, about. */
export function startsDuration(): number {
  return STARTS * 0.8 + 5;
}

/** Milliseconds from the start of the process to its first line. */
async function firstLine(core: string, args: string[]): Promise<number> {
  const started = performance.now();
  const child = new Deno.Command("taskset", {
    args: ["-c", core, Deno.execPath(), "run", "--quiet", "--allow-net", ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  const time = performance.now() - started;
  if (done) throw new Error(`Cannot start: ${args.join(" ")}`);
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  return time;
}

/** What the process of its own reports. */
interface InProcess {
  /** Milliseconds to the first cache that listens, imports apart, and to each after it. */
  first: number;
  next: number;
  /** Resident kilobytes of each that is idle and empty. */
  kilobytes: number;
}

if (import.meta.main) {
  const { Cache } = await import("../mod.ts");
  const times: number[] = [];
  const caches = [];
  let before = 0;
  for (let i = 0; i < INSTANCES; i++) {
    const started = performance.now();
    const cache = new Cache();
    cache.listen({ port: 0 });
    times.push(performance.now() - started);
    caches.push(cache);
    if (i === 0) before = Deno.memoryUsage().rss;
  }
  const kilobytes = (Deno.memoryUsage().rss - before) / 1024 / (INSTANCES - 1);
  const report: InProcess = { first: times[0] ?? NaN, next: median(times.slice(1)), kilobytes };
  console.log(JSON.stringify(report));
  Deno.exit();
}

/** Times to be ready, and the memory of idle caches. */
export async function measureStarts(bench: Bench): Promise<Section> {
  const script = Deno.makeTempFileSync({ suffix: ".ts" });
  Deno.writeTextFileSync(script, BARE);
  const main = new URL("../main.ts", import.meta.url).pathname;
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let i = 0; i <= STARTS; i++) {
    bench.progress.show(`start ${i} of ${STARTS}`);
    const ours = await firstLine(bench.serverCore, [main, "--port", "0"]);
    const bare = await firstLine(bench.serverCore, [script]);
    // The first fills the caches of the disk and of the compiler.
    if (i > 0) {
      times.ours.push(ours);
      times.bare.push(bare);
    }
  }
  Deno.removeSync(script);
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", import.meta.url],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { first, next, kilobytes }: InProcess = JSON.parse(new TextDecoder().decode(stdout));
  const [ours, bare] = [median(times.ours), median(times.bare)];
  return {
    title: "Ready",
    columns: ["", "ms"],
    rows: [
      ["the executable", digits(ours)],
      ["a bare `Deno.listen` script", digits(bare)],
      ["`new Cache()` and `listen()` in a process, the first", digits(first)],
      ["`new Cache()` and `listen()`, each after it", digits(next)],
    ],
    figures: [
      { name: "executable ready, to a bare Deno.listen script", value: ours / bare, target: 2.5 },
      { name: "new Cache() and listen(), after the first", value: next, unit: " ms", target: 2 },
      { name: "an idle empty instance", value: kilobytes / 1024, unit: " MB", target: 0.5 },
    ],
  };
}
