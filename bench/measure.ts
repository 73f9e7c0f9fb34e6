/**
 * Everything that the benchmark measures. Peers take turns, round by round, so that a noisy machine
 * is noisy for all, and the first round is thrown away. The server has a core of its own, and the
 * load another.
 *
 * @module
 */

import { cpuTime, median, memory } from "./figures.ts";
import {
  BARE,
  BARE_DRAIN,
  deno,
  NODE_NET,
  onLoadCore,
  OURS,
  OURS_DROP,
  type Server,
  start,
  TOKIO,
  TOKIO_DRAIN,
} from "./peers.ts";
import type { Progress } from "./progress.ts";

/** Clients at a time, and connections in a measurement. */
type Load = readonly [clients: number, connections: number];
const LOADS: Load[] = [[1, 4000], [64, 20_000], [512, 20_000]];
/** For the question how the cost of a greeting grows with the clients. */
const GROWTH: Load[] = [[1, 4000], [8, 10_000], [64, 20_000], [512, 20_000], [2048, 20_000]];
const GROWING = [BARE, BARE_DRAIN, OURS, OURS_DROP, TOKIO, TOKIO_DRAIN];
/** One process of the load is fair to at most this many clients. */
const CLIENTS_PER_PROCESS = 64;

/** Clients that send without end, beside one that wants its greeting. */
export const SENDERS = 4;
const GREETINGS_BESIDE_SENDERS: Load = [1, 300];
const FAIRNESS = [BARE_DRAIN, NODE_NET, OURS, TOKIO_DRAIN];

const IDLE_CONNECTIONS = [1000, 10_000];
/** Connections that a server has had before the idle ones come: none, and many. */
const IDLE_PAST = [20_000, 0];
const STARTS = 15;

/** How much is measured. */
export interface Extent {
  rounds: number;
  /** The share of the connections; less than 1 to try the benchmark out. */
  share: number;
}

/** What one measurement of one peer finds. */
export interface Figures {
  /** CPU time of the server in microseconds, user and system, for each greeting. */
  cpu: number;
  /** Greetings a second. */
  throughput: number;
  /** Milliseconds from before the connect to end of file. */
  p50: number;
  p99: number;
  p999: number;
  wrong: number;
}

/** A peer's figures of all rounds, by clients at a time. */
export interface Result {
  /** The highest, in MB. */
  memory: number;
  loads: Record<number, Figures[]>;
}

export interface Idle {
  name: string;
  past: number;
  count: number;
  /** Memory beyond that of the server before, in kB for each. */
  kilobytes: number;
}

/** All that the benchmark finds, by the name of the peer. */
export interface Measurements {
  speed: Record<string, Result>;
  growth: Record<string, Result>;
  /** Of a greeting beside clients that send without end. */
  fairness: Record<string, Result>;
  idle: Idle[];
  /** Milliseconds from the start of the process to its ready line. */
  starts: Record<string, number>;
}

/** Clients as the load has them, each in turn. */
interface LoadResult {
  started: number;
  ended: number;
  wrong: number;
  latencies: number[];
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function spawn(command: string[]): Deno.ChildProcess {
  const [program = "", ...args] = onLoadCore(command);
  return new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
}

/** Puts a server under a load. */
async function measure(server: Server, [clients, connections]: Load): Promise<Figures> {
  const processes = Math.ceil(clients / CLIENTS_PER_PROCESS);
  const args = [server.port, clients / processes, Math.round(connections / processes)];
  const loads = await Promise.all(Array.from({ length: processes }, async () => {
    const child = spawn(deno("load.ts", ...args.map(String)));
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    return { child, reader };
  }));
  const before = cpuTime(server.child.pid);
  const results = await Promise.all(loads.map(async ({ child, reader }): Promise<LoadResult> => {
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array(1));
    await writer.close();
    let text = "";
    for (let part; !(part = await reader.read()).done;) text += part.value;
    return JSON.parse(text);
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

/** What is measured, of which peers, under which loads. */
interface Comparison {
  title: string;
  peers: Record<string, string[]>;
  loads: Load[];
  /** Clients that send without end meanwhile. */
  senders?: number;
}

/** Rounds of the peers under the loads, in turn. */
async function compare(
  { title, peers, loads, senders = 0 }: Comparison,
  { rounds, share }: Extent,
  progress: Progress,
): Promise<Record<string, Result>> {
  const servers: Record<string, Server> = {};
  const results: Record<string, Result> = {};
  for (const [name, command] of Object.entries(peers)) {
    servers[name] = await start(command);
    results[name] = { memory: 0, loads: {} };
  }
  for (let round = 0; round <= rounds; round++) {
    const which = round === 0 ? "warm-up" : `round ${round} of ${rounds}`;
    for (const [clients, connections] of loads) {
      for (const [name, server] of Object.entries(servers)) {
        progress.show(`${title}, ${which}, ${clients} at a time, ${name}`);
        const load: Load = [clients, Math.max(clients, Math.round(connections * share))];
        const figures = senders > 0
          ? await besideSenders(server, senders, () => measure(server, load))
          : await measure(server, load);
        const of = results[name]?.loads;
        if (of && round > 0) (of[clients] ??= []).push(figures);
      }
    }
  }
  for (const [name, server] of Object.entries(servers)) {
    const result = results[name];
    if (result) result.memory = memory(server.child.pid, "VmHWM");
    await server.child[Symbol.asyncDispose]();
  }
  return results;
}

async function besideSenders<T>(
  server: Server,
  senders: number,
  action: () => Promise<T>,
): Promise<T> {
  const child = spawn(deno("senders.ts", `${server.port}`, `${senders}`));
  const reader = child.stdout.getReader();
  await reader.read();
  // The first of what they send is on its way.
  await pause(200);
  try {
    return await action();
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await child.stdin.close().catch(() => {});
  }
}

async function measureIdle({ share }: Extent, progress: Progress): Promise<Idle[]> {
  const idle: Idle[] = [];
  for (const [name, file] of [[BARE, "bare_idle.ts"], [OURS, "idle.ts"]] as const) {
    for (const past of IDLE_PAST.map((past) => past * share)) {
      for (const count of IDLE_CONNECTIONS) {
        progress.show(`${count} idle connections, ${name}`);
        const server = await start(deno(`peers/${file}`));
        for (let i = 0; i < past; i++) (await Deno.connect({ port: server.port })).close();
        await pause(1000);
        const before = memory(server.child.pid);
        const conns: Deno.Conn[] = [];
        for (let i = 0; i < count; i++) conns.push(await Deno.connect({ port: server.port }));
        await pause(1000);
        const kilobytes = (memory(server.child.pid) - before) * 1024 / count;
        idle.push({ name, past, count, kilobytes });
        for (const conn of conns) conn.close();
        await server.child[Symbol.asyncDispose]();
      }
    }
  }
  return idle;
}

async function measureStarts(
  peers: Record<string, string[]>,
  progress: Progress,
): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (let i = 0; i <= STARTS; i++) {
    for (const name of [BARE, OURS]) {
      progress.show(`start ${i} of ${STARTS}, ${name}`);
      const started = performance.now();
      const server = await start(peers[name] ?? []);
      if (i > 0) (times[name] ??= []).push(performance.now() - started);
      await server.child[Symbol.asyncDispose]();
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, values]) => [name, median(values)]),
  );
}

function only(peers: Record<string, string[]>, names: string[]): Record<string, string[]> {
  return Object.fromEntries(Object.entries(peers).filter(([name]) => names.includes(name)));
}

/** How long {@linkcode measureAll} takes, in seconds, about: some parts depend on the machine. */
export function expectedDuration({ rounds, share }: Extent): number {
  const round = 8 * LOADS.length + GROWING.length * GROWTH.length + 4 * FAIRNESS.length;
  return (rounds + 1) * round * (0.6 + 1.4 * share) + 60;
}

export async function measureAll(
  peers: Record<string, string[]>,
  extent: Extent,
  progress: Progress,
): Promise<Measurements> {
  const run = (comparison: Comparison) => compare(comparison, extent, progress);
  return {
    speed: await run({ title: "speed", peers, loads: LOADS }),
    growth: await run({ title: "growth", peers: only(peers, GROWING), loads: GROWTH }),
    fairness: await run({
      title: "fairness",
      peers: only(peers, FAIRNESS),
      loads: [GREETINGS_BESIDE_SENDERS],
      senders: SENDERS,
    }),
    idle: await measureIdle(extent, progress),
    starts: await measureStarts(peers, progress),
  };
}
