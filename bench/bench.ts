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
import { cpuTime, local, median, memory } from "./figures.ts";

/** Clients at a time, and connections in a measurement. */
const LOADS = [[1, 4000], [64, 20_000], [512, 20_000]] as const;
/** For the question how the cost of a greeting grows with the clients. */
const GROWTH = [[1, 4000], [8, 10_000], [64, 20_000], [512, 20_000], [2048, 20_000]] as const;
/** One process of the load is fair to at most this many clients. */
const CLIENTS_PER_PROCESS = 64;
const IDLE_CONNECTIONS = [1000, 10_000];
const STARTS = 15;

const SERVER_CORE = "0";
const LOAD_CORE = "1";

const TOKIO = "tokio, drop";
const TOKIO_DRAIN = "tokio, drain";

const flags = parseArgs(Deno.args, { string: ["rounds"], boolean: ["json"] });
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
  "bare loop": [...deno, local("peers/bare_loop.ts")],
  "node:net, Deno": [...deno, local("peers/node_net.mjs")],
  "this server": [...deno, local("../main.ts"), "--port", "0"],
  "this server, --linger 0": [...deno, local("../main.ts"), "--port", "0", "--linger", "0"],
};
const nodeVersion = await output("node", "--version");
if (nodeVersion) PEERS["node:net, Node"] = ["node", local("peers/node_net.mjs")];
else note("Without node:net on Node: there is no node");
const tokio = await buildTokio();
if (tokio) Object.assign(PEERS, { [TOKIO]: [tokio], [TOKIO_DRAIN]: [tokio, "drain"] });
else note("Without tokio: there is no cargo, or no librust-tokio-dev");

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

/** Rounds of every peer under every load, in turn. */
async function compare() {
  const servers: Record<string, Server> = {};
  for (const [name, command] of Object.entries(PEERS)) servers[name] = await start(command);
  const runs: Record<string, Record<number, Figures[]>> = {};
  for (let round = 0; round <= rounds; round++) {
    note(round === 0 ? "Warm-up" : `Round ${round} of ${rounds}`);
    for (const [clients, connections] of LOADS) {
      for (const [name, server] of Object.entries(servers)) {
        const figures = await measure(server, clients, connections);
        if (round > 0) ((runs[name] ??= {})[clients] ??= []).push(figures);
      }
    }
  }
  const results: Record<string, { memory: number; loads: Record<number, Figures> }> = {};
  for (const [name, server] of Object.entries(servers)) {
    const loads = Object.fromEntries(
      Object.entries(runs[name] ?? {}).map(([clients, figures]) => [clients, combine(figures)]),
    );
    results[name] = { memory: memory(server.child.pid, "VmHWM"), loads };
    await server.child[Symbol.asyncDispose]();
  }
  return results;
}

/** CPU time for each greeting, by the number of clients at a time. */
async function measureGrowth(): Promise<Record<string, Record<number, number>>> {
  note("Growth");
  const growth: Record<string, Record<number, number>> = {};
  for (const name of ["bare loop", "this server"]) {
    const server = await start(PEERS[name] ?? []);
    await measure(server, 64, 20_000);
    for (const [clients, connections] of GROWTH) {
      const runs = [];
      for (let run = 0; run < 3; run++) runs.push(await measure(server, clients, connections));
      (growth[name] ??= {})[clients] = combine(runs).cpu;
    }
    await server.child[Symbol.asyncDispose]();
  }
  return growth;
}

/** Memory of a server that holds connections, beyond that of one that holds none, in kB for each. */
async function measureIdle(): Promise<Record<string, Record<number, number>>> {
  note("Idle connections");
  const idle: Record<string, Record<number, number>> = {};
  for (const [name, file] of [["bare loop", "bare_idle.ts"], ["this server", "idle.ts"]] as const) {
    for (const count of IDLE_CONNECTIONS) {
      const server = await start([...deno, local(`peers/${file}`)]);
      const before = memory(server.child.pid);
      const conns: Deno.Conn[] = [];
      for (let i = 0; i < count; i++) conns.push(await Deno.connect({ port: server.port }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      (idle[name] ??= {})[count] = (memory(server.child.pid) - before) * 1024 / count;
      for (const conn of conns) conn.close();
      await server.child[Symbol.asyncDispose]();
    }
  }
  return idle;
}

/** From the start of the process to its ready line, in milliseconds. */
async function measureStarts(): Promise<Record<string, number>> {
  note("Starts");
  const names = ["bare loop", "this server"];
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

const results = await compare();
const growth = await measureGrowth();
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
  const beside = (key: keyof Figures) => ratio("this server", TOKIO_DRAIN, key);
  console.log(
    `\nThis server beside "${TOKIO_DRAIN}", which promises the same: ` +
      `CPU ${beside("cpu")}, throughput ${beside("throughput")}, p99 ${beside("p99")}\n`,
  );
}
const wrong = Object.values(results).flatMap(({ loads }) => Object.values(loads))
  .reduce((sum, figures) => sum + figures.wrong, 0);
console.log(`Ratios in the tables are to "${TOKIO}". Wrong replies: ${wrong}\n`);
for (const [name, { memory }] of Object.entries(results)) {
  console.log(`peak memory, ${name}: ${memory.toFixed(0)} MB`);
}
for (const [name, costs] of Object.entries(growth)) {
  const list = Object.entries(costs).map(([clients, cpu]) => `${clients}: ${cpu.toFixed(0)} µs`);
  console.log(`CPU for each greeting by clients at a time, ${name}: ${list.join(", ")}`);
}
for (const [name, counts] of Object.entries(idle)) {
  for (const [count, kilobytes] of Object.entries(counts)) {
    console.log(`${count} idle connections, ${name}: ${kilobytes.toFixed(1)} kB each`);
  }
}
for (const [name, ms] of Object.entries(starts)) console.log(`ready, ${name}: ${ms.toFixed(0)} ms`);
if (wrong > 0) Deno.exitCode = 1;
