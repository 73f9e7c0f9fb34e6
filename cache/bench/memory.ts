/**
 * What keys cost in memory: resident, beyond the empty process, beside a real Redis. Each case has
 * fresh servers, so that none inherits what another left.
 *
 * @module
 */

import { Client } from "../compare/resp.ts";
import { pause, type Server } from "../compare/server.ts";
import type { Bench } from "./bench.ts";
import { digits, type Figure, type Section } from "./report.ts";

/** Keys in a case: so many that the memory of the program itself does not matter. */
const KEYS = 1_000_000;
/** Commands that are sent together. */
const BATCH = 1000;
/** What a process may need to give back what it used to get there, in milliseconds. */
const SETTLE = 2000;
const MEMBERS = 10;

interface Case {
  name: string;
  /** Stores the key of this number, of 16 bytes. */
  store: (key: string) => string[];
  target?: number;
}

const range = (item: (i: number) => string[]) => Array.from({ length: MEMBERS }, (_, i) => item(i));

const CASES: Case[] = [
  ...[3, 32, 100, 1000].map((size): Case => ({
    name: `string of ${size} bytes`,
    store: (key) => ["SET", key, "x".repeat(size)],
    ...size === 32 ? { target: 1 } : {},
  })),
  {
    name: "string of 32 bytes, with a time to live",
    store: (key) => ["SET", key, "x".repeat(32), "EX", "100000"],
  },
  {
    name: "hash of 10 small fields",
    store: (key) => ["HSET", key, ...range((i) => [`f${i}`, `v${i}`]).flat()],
    target: 1.2,
  },
  {
    name: "set of 10 small members",
    store: (key) => ["SADD", key, ...range((i) => [`m${i}`]).flat()],
    target: 1.2,
  },
  {
    name: "sorted set of 10 small members",
    store: (key) => ["ZADD", key, ...range((i) => [`${i}`, `m${i}`]).flat()],
    target: 1.2,
  },
  {
    name: "list of 10 elements of 3 bytes",
    store: (key) => ["RPUSH", key, ...range((i) => [`e${i}${i}`]).flat()],
    target: 1.2,
  },
];

/** The seconds that {@linkcode measureMemory} takes, about. */
export function memoryDuration(): number {
  return CASES.length * 16;
}

/** Bytes for each key. */
async function measure(server: Server, { store }: Case): Promise<number> {
  using client = await Client.connect(server.port);
  const before = server.memory;
  for (let first = 0; first < KEYS; first += BATCH) {
    const commands = Array.from(
      { length: BATCH },
      (_, i) => store(`key:${`${first + i}`.padStart(12, "0")}`),
    );
    await client.pipeline(commands);
  }
  await pause(SETTLE);
  return (server.memory - before) * 1024 * 1024 / KEYS;
}

/** Memory of many keys of each kind. */
export async function measureMemory(bench: Bench): Promise<Section> {
  const rows: string[][] = [];
  const figures: Figure[] = [];
  for (const of of CASES) {
    bench.progress.show(`${KEYS} keys: ${of.name}`);
    const bytes = { ours: 0, redis: 0 };
    for (const name of ["ours", "redis"] as const) {
      await using server = await bench.start(name);
      bytes[name] = await measure(server, of);
    }
    const value = bytes.ours / bytes.redis;
    rows.push([of.name, digits(bytes.ours), digits(bytes.redis), value.toFixed(2)]);
    if (of.target !== undefined) {
      figures.push({ name: `memory to Redis', ${of.name}`, value, target: of.target });
    }
  }
  return {
    title: `Memory of ${KEYS} keys of 16 bytes, beyond the empty process`,
    columns: ["each with a", "bytes", "Redis, bytes", "ratio"],
    rows,
    figures,
  };
}
