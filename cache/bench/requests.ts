/**
 * What a request costs: the commands of `redis-benchmark`'s tests, sent by it, to the subject and to
 * a real Redis in turns, pipelined and not, with values of several sizes. Both servers have the same
 * core, the load has another. CPU time is the first figure, since the load does not limit it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { median } from "../../bench/figures.ts";
import { Client } from "../compare/resp.ts";
import type { Server } from "../compare/server.ts";
import type { Bench } from "./bench.ts";
import { digits, type Figure, geometricMean, type Section } from "./report.ts";

/** Commands a client sends before it waits. */
const PIPELINES = [1, 16, 64];
const SIZES = [3, 100, 1000];
const CLIENTS = 50;
/** Keys, fields and members are drawn from so many. */
const KEY_SPACE = 100_000;

/** The time a run should take at Redis, in seconds, and its bounds in requests. */
const RUN_TIME = 0.8;
const CALIBRATION_REQUESTS = 20_000;
const MAX_REQUESTS = 1_000_000;
/** What the commands of one run may store in all, in bytes. */
const MAX_STORED = 200_000_000;

const RAND = "__rand_int__";
/** What `redis-benchmark` makes of {@linkcode RAND}. */
const number = (i: number) => `${i % KEY_SPACE}`.padStart(12, "0");

/** What is sent over and over. */
export interface Test {
  name: string;
  command: (value: string) => string[];
  /** Stores so much that `requests` of the command find what they need. */
  fill?: (value: string, requests: number) => Iterable<string[]>;
  /** Whether the size of values matters. */
  sized?: boolean;
}

/** Commands that give one key `count` elements, 100 at a time. */
function* elements(start: string[], count: number, element: (i: number) => string[]) {
  for (let i = 0; i < count; i += 100) {
    yield [...start, ...Array.from({ length: 100 }, (_, j) => element(i + j)).flat()];
  }
}

const member = `element:${RAND}`;
const unbounded = (i: number) => `element:${`${i}`.padStart(12, "0")}`;

/** What `evalsha` runs. */
const SCRIPT = 'return redis.call("INCR", KEYS[1])';
const SCRIPT_SHA = createHash("sha1").update(SCRIPT).digest("hex");

/** The test of `SET`. */
export const SET: Test = {
  name: "set",
  command: (value) => ["SET", `key:${RAND}`, value],
  sized: true,
};

const TESTS: Test[] = [
  { name: "ping", command: () => ["PING"] },
  SET,
  {
    name: "get",
    command: () => ["GET", `key:${RAND}`],
    fill: (value) => elements(["MSET"], KEY_SPACE, (i) => [`key:${number(i)}`, value]),
    sized: true,
  },
  { name: "incr", command: () => ["INCR", `counter:${RAND}`] },
  { name: "lpush", command: (value) => ["LPUSH", "mylist", value], sized: true },
  { name: "rpush", command: (value) => ["RPUSH", "mylist", value], sized: true },
  {
    name: "lpop",
    command: () => ["LPOP", "mylist"],
    fill: (value, requests) => elements(["RPUSH", "mylist"], requests, () => [value]),
    sized: true,
  },
  { name: "sadd", command: () => ["SADD", "myset", member] },
  {
    name: "hset",
    command: (value) => ["HSET", "myhash", member, value],
    sized: true,
  },
  {
    name: "spop",
    command: () => ["SPOP", "myset"],
    fill: (_, requests) => elements(["SADD", "myset"], requests, (i) => [unbounded(i)]),
  },
  { name: "zadd", command: () => ["ZADD", "myzset", RAND, member] },
  { name: "geoadd", command: () => ["GEOADD", "myplaces", "13.361389", "38.115556", member] },
  { name: "pfadd", command: () => ["PFADD", "mylog", member] },
  { name: "setbit", command: () => ["SETBIT", `bits:${RAND}`, "1000", "1"] },
  {
    name: "zpopmin",
    command: () => ["ZPOPMIN", "myzset"],
    fill: (_, requests) =>
      elements(["ZADD", "myzset"], requests, (i) => [`${(i * 7919) % requests}`, unbounded(i)]),
  },
  {
    name: "xadd",
    command: (value) => ["XADD", "mystream", "*", "myfield", value],
    sized: true,
  },
  {
    name: "xreadgroup",
    command:
      () => ["XREADGROUP", "GROUP", "mygroup", "me", "COUNT", "1", "STREAMS", "mystream", ">"],
    fill: function* (value, requests) {
      yield ["XGROUP", "CREATE", "mystream", "mygroup", "$", "MKSTREAM"];
      for (let i = 0; i < requests; i++) yield ["XADD", "mystream", "*", "myfield", value];
    },
  },
  {
    name: "lrange_100",
    command: () => ["LRANGE", "mylist", "0", "99"],
    fill: (value) => elements(["RPUSH", "mylist"], 1000, () => [value]),
    sized: true,
  },
  {
    name: "mset",
    command: (
      value,
    ) => ["MSET", ...Array.from({ length: 10 }, () => [`key:${RAND}`, value]).flat()],
    sized: true,
  },
  { name: "eval", command: () => ["EVAL", "return 1", "0"] },
  {
    name: "evalsha",
    command: () => ["EVALSHA", SCRIPT_SHA, "1", `counter:${RAND}`],
    fill: () => [["SCRIPT", "LOAD", SCRIPT]],
  },
];
const QUICK_TESTS = ["set", "get", "incr", "lpush"];

/** A test, with how many commands a client sends before it waits, and the bytes of values. */
export interface Case {
  test: Test;
  pipeline: number;
  size: number;
}

function cases(quick: boolean): Case[] {
  const tests = quick ? TESTS.filter(({ name }) => QUICK_TESTS.includes(name)) : TESTS;
  return tests.flatMap((test) =>
    (test.sized && !quick ? SIZES : SIZES.slice(0, 1)).flatMap((size) =>
      PIPELINES.map((pipeline) => ({ test, pipeline, size }))
    )
  );
}

/** The seconds that {@linkcode measureRequests} takes, about. */
export function requestsDuration(quick: boolean, rounds: number): number {
  return cases(quick).length * (rounds + 0.3) * 2 * RUN_TIME;
}

/** Both of them. */
export interface Servers {
  ours: Server;
  redis: Server;
}

/** The sums of a run. */
export interface Run {
  /** Microseconds of the server's CPU for each request. */
  cpu: number;
  /** Requests a second. */
  rate: number;
}

async function prepare(server: Server, { test, size }: Case, requests: number): Promise<void> {
  using client = await Client.connect(server.port);
  await client.call("FLUSHALL");
  // Redis keeps what it has freed for ten seconds, where the cache gives it back at once: each run has
  // both take fresh memory of the system, as a server does that grows.
  await client.call("MEMORY", "PURGE");
  let batch: string[][] = [];
  for (const command of test.fill?.("x".repeat(size), requests) ?? []) {
    if (batch.push(command) < 20) continue;
    await client.pipeline(batch);
    batch = [];
  }
  await client.pipeline(batch);
}

async function run(server: Server, of: Case, requests: number): Promise<Run> {
  await prepare(server, of, requests);
  const before = server.cpuTime;
  const { success, stdout, stderr } = await new Deno.Command("redis-benchmark", {
    args: [
      ...["-p", `${server.port}`, "--csv"],
      ...["-c", `${CLIENTS}`, "-n", `${requests}`, "-P", `${of.pipeline}`, "-r", `${KEY_SPACE}`],
      ...of.test.command("x".repeat(of.size)),
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const cpu = (server.cpuTime - before) / requests;
  const line = new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1) ?? "";
  return { cpu, rate: Number(line.split('","').at(1)) };
}

/** The subject beside Redis, round by round, each first in every other one. */
export async function compare(
  servers: Servers,
  rounds: number,
  of: Case,
): Promise<{ ours: Run[]; redis: Run[] }> {
  const stored = of.test.sized ? of.size * (of.test.name === "mset" ? 10 : 1) : 30;
  const calibrated = await run(servers.redis, of, CALIBRATION_REQUESTS);
  await run(servers.ours, of, CALIBRATION_REQUESTS);
  const requests = Math.ceil(
    Math.min(calibrated.rate * RUN_TIME, MAX_REQUESTS, MAX_STORED / stored),
  );
  const runs = { ours: [] as Run[], redis: [] as Run[] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ["ours", "redis"] as const : ["redis", "ours"] as const;
    for (const name of order) runs[name].push(await run(servers[name], of, requests));
  }
  return runs;
}

/** CPU time and throughput of the tests, and their geometric means by pipeline. */
export async function measureRequests(bench: Bench): Promise<Section> {
  await using ours = await bench.start("ours");
  await using redis = await bench.start("redis");
  const all = cases(bench.quick);
  const rows: string[][] = [];
  const ratios = new Map<number, { cpu: number[]; rate: number[] }>();
  for (const [i, of] of all.entries()) {
    const { test: { name }, pipeline, size } = of;
    bench.progress.show(`${i + 1} of ${all.length}: ${name}, P=${pipeline}, ${size} bytes`);
    const runs = await compare({ ours, redis }, bench.rounds, of);
    const ratio = (key: keyof Run) =>
      median(runs.ours.map((run, round) => run[key] / (runs.redis[round]?.[key] ?? NaN)));
    const middle = (runs: Run[], key: keyof Run) => digits(median(runs.map((run) => run[key])));
    const sums = ratios.get(pipeline) ?? { cpu: [], rate: [] };
    sums.cpu.push(ratio("cpu"));
    sums.rate.push(ratio("rate"));
    ratios.set(pipeline, sums);
    rows.push([
      ...[name, `${pipeline}`, `${size}`],
      ...[middle(runs.ours, "cpu"), middle(runs.redis, "cpu"), ratio("cpu").toFixed(2)],
      ...[middle(runs.ours, "rate"), middle(runs.redis, "rate"), ratio("rate").toFixed(2)],
    ]);
  }
  const targets = { cpu: [1.5, 1.1, 0.9], rate: [0.8, 1, 1.2] };
  const figures = PIPELINES.flatMap((pipeline, i): Figure[] => {
    const { cpu = [], rate = [] } = ratios.get(pipeline) ?? {};
    return [
      {
        name: `CPU per request to Redis', P=${pipeline}`,
        value: geometricMean(cpu),
        target: targets.cpu[i] ?? NaN,
      },
      {
        name: `requests a second to Redis', P=${pipeline}`,
        value: geometricMean(rate),
        target: targets.rate[i] ?? NaN,
        atLeast: true,
      },
    ];
  });
  return {
    title: "Requests (medians; the ratios' geometric means)",
    columns: [
      ...["test", "P", "bytes", "CPU µs", "Redis CPU µs", "ratio", "/s", "Redis /s", "ratio"],
    ],
    rows,
    figures,
  };
}
