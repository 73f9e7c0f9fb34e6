/**
 * What a queue takes: a thousand jobs of BullMQ, added at once and worked off, at the cache and at a
 * real Redis in turns. Both servers have the same core; the queue and its worker have another, in a
 * process of their own, which is this module.
 *
 * @module
 */

import { median } from "../../bench/figures.ts";
import type { Server } from "../compare/server.ts";
import type { Bench } from "./bench.ts";
import { digits, type Section } from "./report.ts";

const JOBS = 1000;
/** Jobs that a worker has at a time: one, as is the default, and many. */
const CONCURRENCIES = [1, 50];
/** Queues that are worked off in each round, one after the other. */
const QUEUES = 5;

/** The seconds that {@linkcode measureQueues} takes, about. */
export function queuesDuration(_quick: boolean, rounds: number): number {
  return CONCURRENCIES.length * (rounds + 1) * 2 * (QUEUES * 0.6 + 1);
}

/** Milliseconds for the jobs of a queue, from the first that is added to the last that is done. */
async function workOff(port: number, concurrency: number): Promise<number> {
  const { Queue, Worker } = await import("npm:bullmq@6.7.0");
  const connection = { host: "127.0.0.1", port };
  const name = crypto.randomUUID();
  const queue = new Queue(name, { connection });
  let done = 0;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => finish = resolve);
  const worker = new Worker(name, () => Promise.resolve(), { connection, concurrency });
  worker.on("completed", () => {
    if (++done === JOBS) finish();
  });
  await queue.waitUntilReady();
  await worker.waitUntilReady();
  const started = performance.now();
  await queue.addBulk(Array.from({ length: JOBS }, (_, i) => ({ name: "job", data: { i } })));
  await finished;
  const time = performance.now() - started;
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  return time;
}

if (import.meta.main) {
  const [port, concurrency] = Deno.args.map(Number);
  const times: number[] = [];
  // The first compiles the load.
  for (let i = 0; i <= QUEUES; i++) times.push(await workOff(port ?? NaN, concurrency ?? NaN));
  console.log(median(times.slice(1)));
  Deno.exit();
}

async function run(server: Server, concurrency: number): Promise<number> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-all", import.meta.url],
      ...[`${server.port}`, `${concurrency}`],
    ],
    env: { MSGPACKR_NATIVE_ACCELERATION_DISABLED: "true" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

/** Times for the jobs at the cache and at Redis, and what they are to each other. */
export async function measureQueues(bench: Bench): Promise<Section> {
  await using ours = await bench.start("ours");
  await using redis = await bench.start("redis");
  const servers = { ours, redis };
  const section: Section = {
    title: `${JOBS} jobs of BullMQ, added at once and worked off (medians)`,
    columns: ["concurrency", "ms", "Redis ms", "ratio"],
    rows: [],
    figures: [],
  };
  for (const concurrency of CONCURRENCIES) {
    const times = { ours: [] as number[], redis: [] as number[] };
    for (let round = 0; round <= bench.rounds; round++) {
      bench.progress.show(`BullMQ, ${concurrency} at a time, round ${round} of ${bench.rounds}`);
      const order = round % 2 === 0 ? ["ours", "redis"] as const : ["redis", "ours"] as const;
      for (const name of order) {
        const time = await run(servers[name], concurrency);
        // The first compiles the servers.
        if (round > 0) times[name].push(time);
      }
    }
    const value = median(times.ours.map((time, round) => time / (times.redis[round] ?? NaN)));
    const row = [median(times.ours), median(times.redis), value].map(digits);
    section.rows.push([`${concurrency}`, ...row]);
    const name = `${JOBS} jobs of BullMQ to Redis, ${concurrency} at a time`;
    section.figures.push({ name, value, target: 1.5 });
  }
  return section;
}
