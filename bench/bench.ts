/**
 * Benchmark: this server beside what one would use in its place, all doing the same: write `Hello!`
 * and close. Peers take turns, round by round, so that a noisy machine is noisy for all; the first
 * round is thrown away, and medians are printed, with the ratio to tokio. `deno task bench`.
 *
 * The server has a core of its own, and the load another. The first figure is the server's CPU time
 * for each greeting, since that is what the load does not limit.
 *
 * Flags: `--rounds N` (default 5), `--json`. Loopback only, Linux only (it reads `/proc`); peers whose
 * tools are missing are left out with a line that says so.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Child } from "../test_util.ts";
import { cpuTime, local, median, memory, rejectAllBut } from "./figures.ts";

/** Clients at a time, and connections in a measurement. */
type Load = readonly [clients: number, connections: number];
const LOADS: Load[] = [[1, 4000], [64, 20_000], [512, 20_000]];
/** For the question how the cost of a greeting grows with the clients. */
const GROWTH: Load[] = [[1, 4000], [8, 10_000], [64, 20_000], [512, 20_000], [2048, 20_000]];
/** One process of the load is fair to at most this many clients. */
const CLIENTS_PER_PROCESS = 64;
const IDLE_CONNECTIONS = [1000, 10_000];
/** Connections that a server has had before the idle ones come: none, and many. */
const IDLE_PAST = [0, 20_000];
const STARTS = 15;

const SERVER_CORE = "0";
const LOAD_CORE = "1";

const BARE = "bare loop";
const BARE_DRAIN = "bare loop, drain";
const OURS = "this server";
const OURS_DROP = "this server, --linger 0";
const TOKIO = "tokio, drop";
const TOKIO_DRAIN = "tokio, drain";

const flags = parseArgs(Deno.args, {
  string: ["rounds"],
  boolean: ["json"],
  unknown: rejectAllBut("--rounds N or --json"),
});
const rounds = Number(flags.rounds ?? 5);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error(`Cannot bench with --rounds ${flags.rounds}: expected an integer of at least 1`);
  Deno.exit(2);
}

const note = (line: string) => console.error(line);

async function output(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The program, where Debian has its crates and there is a cargo; else nothing. */
async function buildTokio(): Promise<string | undefined> {
  const manifest = (await output("dpkg", "-L", "librust-tokio-dev"))?.split("\n")
    .find((file) => /\/tokio-[^/]*\/Cargo\.toml$/.test(file));
  const crates = manifest?.replace(/\/[^/]*\/Cargo\.toml$/, "");
  const target = Deno.makeTempDirSync();
  const built = crates && await output(
    "cargo",
    ...["build", "--release", "--offline", "--target-dir", target],
    ...["--manifest-path", local("peers/tokio/Cargo.toml")],
    ...["--config", 'source.crates-io.replace-with="debian"'],
    ...["--config", `source.debian.directory="${crates}"`],
  );
  return built === undefined ? undefined : `${target}/release/peer`;
}

const deno = [Deno.execPath(), "run", "--quiet", "--allow-net"];
const PEERS: Record<string, string[]> = {
  [BARE]: [...deno, local("peers/bare_loop.ts")],
  [BARE_DRAIN]: [...deno, local("peers/bare_loop.ts"), "drain"],
  "node:net, Deno": [...deno, local("peers/node_net.mjs")],
  [OURS]: [...deno, local("../main.ts"), "--port", "0"],
  [OURS_DROP]: [...deno, local("../main.ts"), "--port", "0", "--linger", "0"],
};
const nodeVersion = await output("node", "--version");
if (nodeVersion) PEERS["node:net, Node"] = ["node", local("peers/node_net.mjs")];
else note("Without node:net on Node: there is no node");
const tokio = await buildTokio();
if (tokio) Object.assign(PEERS, { [TOKIO]: [tokio], [TOKIO_DRAIN]: [tokio, "drain"] });
else note("Without tokio: there is no cargo or no librust-tokio-dev, or the build failed");

const pinned = await output("taskset", "--version") !== undefined;
if (!pinned) note("Not pinned: there is no taskset");
const onCore = (core: string, command: string[]) =>
  pinned ? ["taskset", "-c", core, ...command] : command;

interface Figures {
  /** Microseconds for each greeting. */
  cpu: number;
  /** Greetings a second. */
  throughput: number;
  /** Milliseconds from before the connect to end of file. */
  p50: number;
  p99: number;
  p999: number;
  wrong: number;
}

async function measure(server: Server, clients: number, connections: number): Promise<Figures> {
  const processes = Math.ceil(clients / CLIENTS_PER_PROCESS);
  const loads = await Promise.all(Array.from({ length: processes }, async () => {
    const child = new Deno.Command(pinned ? "taskset" : Deno.execPath(), {
      args: onCore(LOAD_CORE, [
        ...[...deno, local("load.ts"), `${server.port}`],
        ...[`${clients / processes}`, `${Math.round(connections / processes)}`],
      ]).slice(1),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    return { child, reader };
  }));
  const before = cpuTime(server.child.pid);
  const results = await Promise.all(loads.map(async ({ child, reader }) => {
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array(1));
    await writer.close();
    let text = "";
    for (let part; !(part = await reader.read()).done;) text += part.value;
    return JSON.parse(text) as {
      started: number;
      ended: number;
      wrong: number;
      latencies: number[];
    };
  }));
  const cpu = cpuTime(server.child.pid) - before;
  const latencies = results.flatMap((result) => result.latencies).sort((a, b) => a - b);
  const percentile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? NaN;
  const elapsed = Math.max(...results.map(({ ended }) => ended)) -
    Math.min(...results.map(({ started }) => started));
  return {
    cpu: cpu / latencies.length,
    throughput: latencies.length / elapsed * 1000,
    p50: percentile(0.5),
    p99: percentile(0.99),
    p999: percentile(0.999),
    wrong: results.reduce((sum, result) => sum + result.wrong, 0),
  };
}

interface Server {
  child: Child;
  port: number;
}

async function start(command: string[]): Promise<Server> {
  const child = new Child([], { command: onCore(SERVER_CORE, command) });
  return { child, port: await child.ready() };
}

function combine(runs: Figures[]): Figures {
  const of = (name: keyof Figures) => median(runs.map((run) => run[name]));
  return {
    cpu: of("cpu"),
    throughput: of("throughput"),
    p50: of("p50"),
    p99: of("p99"),
    p999: of("p999"),
    wrong: runs.reduce((sum, run) => sum + run.wrong, 0),
  };
}

interface Result {
  /** The highest, in MB. */
  memory: number;
  /** By clients at a time. */
  loads: Record<number, Figures>;
}

/** Rounds of these peers under these loads, in turn. */
async function compare(names: string[], loads: Load[]): Promise<Record<string, Result>> {
  const servers: Record<string, Server> = {};
  for (const name of names) servers[name] = await start(PEERS[name] ?? []);
  const runs: Record<string, Record<number, Figures[]>> = {};
  for (let round = 0; round <= rounds; round++) {
    note(round === 0 ? "Warm-up" : `Round ${round} of ${rounds}`);
    for (const [clients, connections] of loads) {
      for (const [name, server] of Object.entries(servers)) {
        const figures = await measure(server, clients, connections);
        if (round > 0) ((runs[name] ??= {})[clients] ??= []).push(figures);
      }
    }
  }
  const results: Record<string, Result> = {};
  for (const [name, server] of Object.entries(servers)) {
    const combined = Object.fromEntries(
      Object.entries(runs[name] ?? {}).map(([clients, figures]) => [clients, combine(figures)]),
    );
    results[name] = { memory: memory(server.child.pid, "VmHWM"), loads: combined };
    await server.child[Symbol.asyncDispose]();
  }
  return results;
}

interface Idle {
  name: string;
  /** Connections that the server has had before. */
  past: number;
  /** Connections that it holds. */
  count: number;
  /** Memory beyond that of a server that holds none, in kB for each. */
  kilobytes: number;
}

async function measureIdle(): Promise<Idle[]> {
  note("Idle connections");
  const idle: Idle[] = [];
  for (const [name, file] of [[BARE, "bare_idle.ts"], [OURS, "idle.ts"]] as const) {
    for (const past of IDLE_PAST) {
      for (const count of IDLE_CONNECTIONS) {
        const server = await start([...deno, local(`peers/${file}`)]);
        for (let i = 0; i < past; i++) (await Deno.connect({ port: server.port })).close();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const before = memory(server.child.pid);
        const conns: Deno.Conn[] = [];
        for (let i = 0; i < count; i++) conns.push(await Deno.connect({ port: server.port }));
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const kilobytes = (memory(server.child.pid) - before) * 1024 / count;
        idle.push({ name, past, count, kilobytes });
        for (const conn of conns) conn.close();
        await server.child[Symbol.asyncDispose]();
      }
    }
  }
  return idle;
}

/** From the start of the process to its ready line, in milliseconds. */
async function measureStarts(): Promise<Record<string, number>> {
  note("Starts");
  const names = [BARE, OURS];
  const times: Record<string, number[]> = {};
  for (let i = 0; i <= STARTS; i++) {
    for (const name of names) {
      const started = performance.now();
      const server = await start(PEERS[name] ?? []);
      if (i > 0) (times[name] ??= []).push(performance.now() - started);
      await server.child[Symbol.asyncDispose]();
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name] ?? [])]));
}

const results = await compare(Object.keys(PEERS), LOADS);
note("Growth");
const growing = [BARE, BARE_DRAIN, OURS, OURS_DROP, TOKIO, TOKIO_DRAIN];
const growth = await compare(growing.filter((name) => name in PEERS), GROWTH);
const idle = await measureIdle();
const starts = await measureStarts();

const cpuInfo = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1];
const machine = [
  `${cpuInfo}, ${navigator.hardwareConcurrency} cores, Linux ${Deno.osRelease()}`,
  `Deno ${Deno.version.deno}`,
  nodeVersion && `Node ${nodeVersion}`,
  tokio && await output("cargo", "--version"),
].filter(Boolean).join(", ");

if (flags.json) {
  console.log(JSON.stringify({ machine, rounds, results, growth, idle, starts }));
  Deno.exit();
}
console.log(`${machine}; medians of ${rounds} rounds\n`);
for (const [clients] of LOADS) {
  const ratio = (name: string, base: string, key: keyof Figures) => {
    const [figures, other] = [results[name]?.loads[clients], results[base]?.loads[clients]];
    return figures && other ? (figures[key] / other[key]).toFixed(2) : "–";
  };
  console.log(
    `| ${clients} at a time | CPU µs | /s | p50 ms | p99 ms | p99.9 ms | CPU | /s | p99 |`,
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  for (const [name, { loads }] of Object.entries(results)) {
    const figures = loads[clients];
    if (!figures) continue;
    const ratios = (["cpu", "throughput", "p99"] as const).map((key) => ratio(name, TOKIO, key));
    console.log(
      `| ${name} | ${figures.cpu.toFixed(1)} | ${figures.throughput.toFixed(0)} ` +
        `| ${figures.p50.toFixed(1)} | ${figures.p99.toFixed(1)} | ${figures.p999.toFixed(1)} ` +
        `| ${ratios.join(" | ")} |`,
    );
  }
  for (const base of [TOKIO_DRAIN, BARE_DRAIN]) {
    const beside = (key: keyof Figures) => ratio(OURS, base, key);
    console.log(
      `\nThis server beside "${base}", which ends a connection as it does: ` +
        `CPU ${beside("cpu")}, throughput ${beside("throughput")}, p99 ${beside("p99")}`,
    );
  }
  console.log();
}
const wrong = [...Object.values(results), ...Object.values(growth)]
  .flatMap(({ loads }) => Object.values(loads))
  .reduce((sum, figures) => sum + figures.wrong, 0);
console.log(`Ratios in the tables are to "${TOKIO}". Wrong replies: ${wrong}\n`);
for (const [name, { memory }] of Object.entries(results)) {
  console.log(`peak memory, ${name}: ${memory.toFixed(0)} MB`);
}
console.log(
  `\n| CPU µs by clients at a time | ${GROWTH.map(([clients]) => clients).join(" | ")} | peak MB |`,
);
console.log(`| --- |${GROWTH.map(() => " --- |").join("")} --- |`);
for (const [name, { loads, memory }] of Object.entries(growth)) {
  const costs = GROWTH.map(([clients]) => loads[clients]?.cpu.toFixed(0));
  console.log(`| ${name} | ${costs.join(" | ")} | ${memory.toFixed(0)} |`);
}
console.log();
for (const { name, past, count, kilobytes } of idle) {
  const cost = `${kilobytes.toFixed(1)} kB each`;
  console.log(`${count} idle connections after ${past} others, ${name}: ${cost}`);
}
for (const [name, ms] of Object.entries(starts)) console.log(`ready, ${name}: ${ms.toFixed(0)} ms`);
if (wrong > 0) Deno.exitCode = 1;
