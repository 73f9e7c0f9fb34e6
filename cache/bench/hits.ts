/**
 * How many reads of a cache with bounded memory find their key, beside a real Redis, by each policy of
 * eviction. Both have room for as many keys, and are sent the same trace at the same time: what is not
 * there is stored, as programs do that keep a cache before a database.
 *
 * @module
 */

import { Random } from "../compare/random.ts";
import { Client, type Reply } from "../compare/resp.ts";
import type { Bench } from "./bench.ts";
import type { Figure, Section } from "./report.ts";

/** The policies; `noeviction` stores nothing once memory is full. */
const POLICIES = [
  ...["allkeys-lru", "allkeys-lfu", "allkeys-random"],
  ...["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"],
];
/** So many keys have room, of so many that there are. */
const ROOM = 10_000;
const KEYS = 50_000;
const VALUE = "x".repeat(200);

/** Reads that are sent together. */
const BATCH = 250;
const BATCHES = 400;
/** What a trace takes, in milliseconds: some of the seconds by which both tell uses apart. */
const DURATION = 8000;

/** How many points of percent the rates may differ. */
const TARGET = 2;

/** The number of the key that is read next, where `progress` is from 0 to 1. */
type Trace = (random: Random, progress: number) => number;

/** Ranks of which the first is the most frequent, each as often as 1 / rank. */
function zipf(random: Random): number {
  return Math.floor(KEYS ** random.next()) - 1;
}

let scanned = 0;

const TRACES: Record<string, Trace> = {
  zipf,
  // A third are keys that are read once, one after the other.
  "zipf with scans": (random) => random.chance(2 / 3) ? zipf(random) : KEYS + scanned++,
  // Nine of ten reads are of an eighth of the keys, which changes four times.
  "hot set that shifts": (random, progress) => {
    const size = KEYS / 8;
    return random.chance(0.9)
      ? Math.floor(progress * 4) * size + random.int(0, size - 1)
      : random.int(0, KEYS - 1);
  },
};

/** The seconds that {@linkcode measureHits} takes, about. */
export function hitsDuration(quick: boolean): number {
  return cases(quick).length * (DURATION / 1000 + 4);
}

function cases(quick: boolean): [string, string][] {
  const traces = Object.keys(TRACES).slice(0, quick ? 1 : undefined);
  return POLICIES.flatMap((policy) => traces.map((trace): [string, string] => [policy, trace]));
}

const keyName = (key: number) => `key:${String(key).padStart(10, "0")}`;
/** Each key has its own time to live, so that it has one whoever stores it, and when. */
const store = (
  key: number,
) => ["SET", keyName(key), VALUE, "EX", `${10_000 + key * 7919 % 10_000}`];

async function usedMemory(client: Client): Promise<number> {
  const { value } = await client.call("INFO", "memory");
  return Number(/used_memory:(\d+)/.exec(String(value))?.[1]);
}

/** Gives a server room for {@linkcode ROOM} keys. */
async function prepare(client: Client, policy: string): Promise<void> {
  const commands = Array.from({ length: ROOM }, (_, key) => store(key));
  await client.pipeline(commands);
  const memory = await usedMemory(client);
  await client.call("FLUSHALL");
  await client.call("CONFIG", "SET", "maxmemory", String(memory), "maxmemory-policy", policy);
}

/** Reads keys, and stores those that are not there; returns how many were. */
async function read(client: Client, keys: number[]): Promise<number> {
  const replies: Reply[] = await client.pipeline(keys.map((key) => ["GET", keyName(key)]));
  const missing = keys.filter((_, i) => replies[i]?.value === null);
  await client.pipeline(missing.map(store));
  return keys.length - missing.length;
}

/** Hit rates of one case, in percent. */
async function measure(bench: Bench, policy: string, trace: Trace): Promise<[number, number]> {
  await using ours = await bench.start("ours");
  await using redis = await bench.start("redis");
  using our = await Client.connect(ours.port);
  using their = await Client.connect(redis.port);
  for (const client of [our, their]) await prepare(client, policy);
  const random = new Random(1);
  const hits: [number, number] = [0, 0];
  const start = performance.now();
  for (let i = 0; i < BATCHES; i++) {
    const keys = Array.from({ length: BATCH }, () => trace(random, i / BATCHES));
    hits[0] += await read(our, keys);
    hits[1] += await read(their, keys);
    const next = start + (i + 1) * DURATION / BATCHES;
    await new Promise((resolve) => setTimeout(resolve, Math.max(next - performance.now(), 0)));
  }
  return [hits[0] * 100 / BATCH / BATCHES, hits[1] * 100 / BATCH / BATCHES];
}

/** Hit rates by each policy. */
export async function measureHits(bench: Bench): Promise<Section> {
  const rows: string[][] = [];
  let worst = 0;
  for (const [policy, name] of cases(bench.quick)) {
    bench.progress.show(`hits by ${policy}: ${name}`);
    const [our, their] = await measure(bench, policy, TRACES[name] ?? zipf);
    // To find more than Redis does is no fault.
    worst = Math.max(worst, their - our);
    rows.push([policy, name, our.toFixed(1), their.toFixed(1), (our - their).toFixed(1)]);
  }
  const figures: Figure[] = [{
    name: "hit rates below Redis' by at most",
    value: worst,
    unit: " points",
    target: TARGET,
  }];
  return {
    title: `Hit rates with room for ${ROOM} of ${KEYS} keys`,
    columns: ["policy", "trace", "hits, %", "Redis, %", "difference"],
    rows,
    figures,
  };
}
