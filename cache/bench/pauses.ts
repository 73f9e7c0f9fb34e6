/**
 * How long others wait: a client that only pings, while keys come in by the million, and beside one
 * that sends without end.
 *
 * @module
 */

import { median } from "../../bench/figures.ts";
import { Client, encode } from "../compare/resp.ts";
import type { Server } from "../compare/server.ts";
import type { Bench } from "./bench.ts";
import { digits, percentile, type Section } from "./report.ts";

/** Keys that come in, and in a quick run. */
const KEYS = 5_000_000;
const QUICK_KEYS = 500_000;
/** Collections that take longer than this show as pauses, in milliseconds. */
const LONG = 5;
/** Pauses that are printed. */
const LONGEST = 5;

/** Loads give way to the client that pings, so that its times are the server's. */
const NICENESS = "19";

/** A flood's duration, in milliseconds. */
const FLOOD_TIME = 5000;
/** SETs that are sent with one write. */
const FLOOD_BATCH = 1000;

/** Whether to go on after so many PINGs. */
export type Going = (pings: number) => boolean | Promise<boolean>;

/** Times of PINGs, one after the other until told to stop, in milliseconds. */
export async function ping(server: Server, going: Going): Promise<number[]> {
  using client = await Client.connect(server.port);
  const times: number[] = [];
  while (await going(times.length)) {
    const started = performance.now();
    await client.call("PING");
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b);
}

/** What V8 reports of itself with `--trace-gc`, in milliseconds, the longest first. */
function collections(log: string): number[] {
  return [...log.matchAll(/(?:Scavenge|Mark-Compact).*? ([\d.]+) \/ [\d.]+ ms/g)]
    .map(([, ms]) => Number(ms)).sort((a, b) => b - a);
}

async function fill(server: Server, keys: number): Promise<{ times: number[]; gc: number[] }> {
  let going = true;
  const pinging = ping(server, () => going);
  await new Deno.Command("nice", {
    args: [
      ...["-n", NICENESS, "redis-benchmark", "-p", `${server.port}`, "-q", "-c", "10", "-P", "16"],
      ...["-n", `${keys}`, "-r", `${keys * 20}`, "SET", "key:__rand_int__", "x".repeat(32)],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  going = false;
  return { times: await pinging, gc: collections(server.log) };
}

/** The seconds that {@linkcode measureGrowth} takes, about. */
export function growthDuration(quick: boolean): number {
  return (quick ? QUICK_KEYS : KEYS) / 150_000;
}

/**
 * The longest pauses while keys come in. A long collection explains one pause of those that are about
 * as long, so as many of the longest are set aside as there were long collections.
 */
export async function measureGrowth(bench: Bench): Promise<Section> {
  const keys = bench.quick ? QUICK_KEYS : KEYS;
  const rows: string[][] = [];
  let [apart, longest] = [NaN, NaN];
  for (const name of ["ours", "redis"] as const) {
    bench.progress.show(`${keys} keys come in: ${name}`);
    await using server = await bench.start(name, { env: { DENO_V8_FLAGS: "--trace-gc" } });
    const { times, gc } = await fill(server, keys);
    const pauses = times.toReversed();
    if (name === "ours") {
      apart = pauses[gc.filter((ms) => ms > LONG).length] ?? NaN;
      longest = gc[0] ?? 0;
    }
    rows.push([
      name === "ours" ? "this cache" : "Redis",
      pauses.slice(0, LONGEST).map(digits).join(", "),
      digits(percentile(times, 0.999)),
      gc.slice(0, LONGEST).map(digits).join(", ") || "none",
    ]);
  }
  return {
    title: `PINGs while ${keys} keys come in`,
    columns: ["", "longest, ms", "99.9th percentile, ms", "longest collections, ms"],
    rows,
    figures: [
      { name: "longest pause, collections apart", value: apart, unit: " ms", target: 10 },
      { name: "longest collection", value: longest, unit: " ms", target: 100 },
    ],
  };
}

/** Sends SETs without end and throws the replies away. */
async function flood(server: Server, going: () => boolean): Promise<number> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = new TextEncoder().encode(encode(["SET", "key", "value"]).repeat(FLOOD_BATCH));
  let replies = 0;
  const drain = async () => {
    const buffer = new Uint8Array(256 * 1024);
    for (let n; (n = await conn.read(buffer)) !== null;) replies += n / "+OK\r\n".length;
  };
  const draining = drain().catch(() => {});
  while (going()) {
    for (let sent = 0; sent < request.length;) sent += await conn.write(request.subarray(sent));
  }
  conn.close();
  await draining;
  return replies;
}

/** The seconds that {@linkcode measureFlood} takes, about. */
export function floodDuration(_quick: boolean, rounds: number): number {
  return rounds * 2 * (FLOOD_TIME / 1000 + 1);
}

/** The flood runs in a process of its own, so that it does not hold up the pings. */
if (import.meta.main) {
  const server = { port: Number(Deno.args[0]) } as Server;
  const end = performance.now() + FLOOD_TIME;
  console.log(Math.round(await flood(server, () => performance.now() < end)));
}

/** PING beside a client that pipelines SETs without end. */
export async function measureFlood(bench: Bench): Promise<Section> {
  const runs = { ours: [] as number[][], redis: [] as number[][] };
  const rates = { ours: [] as number[], redis: [] as number[] };
  await using ours = await bench.start("ours");
  await using redis = await bench.start("redis");
  for (let round = 0; round < bench.rounds; round++) {
    for (const name of ["ours", "redis"] as const) {
      bench.progress.show(`PING beside a flood, round ${round + 1} of ${bench.rounds}: ${name}`);
      const server = name === "ours" ? ours : redis;
      let going = true;
      const pinging = ping(server, () => going);
      const { stdout } = await new Deno.Command("nice", {
        args: [
          ...["-n", NICENESS, Deno.execPath(), "run", "--quiet", "--allow-all"],
          ...[import.meta.url, `${server.port}`],
        ],
      }).output();
      going = false;
      runs[name].push(await pinging);
      rates[name].push(Number(new TextDecoder().decode(stdout)) / FLOOD_TIME * 1000);
    }
  }
  const middle = (name: "ours" | "redis", share: number) =>
    median(runs[name].map((times) => percentile(times, share)));
  return {
    title: "PING beside a client that pipelines SETs without end",
    columns: ["", "median, ms", "99th percentile, ms", "longest, ms", "SETs a second"],
    rows: (["ours", "redis"] as const).map((name) => [
      ...[name === "ours" ? "this cache" : "Redis"],
      ...[0.5, 0.99, 1].map((share) => digits(middle(name, share))),
      digits(median(rates[name])),
    ]),
    figures: [{
      name: "99th percentile of PING beside a flood, to Redis'",
      value: middle("ours", 0.99) / middle("redis", 0.99),
      target: 1.5,
    }],
  };
}
