/**
 * `examples/redis_ping.ts` beside a real Redis: requests per second of `redis-benchmark`, 50 clients,
 * without and with pipelining, and what they cost the server. The two take turns on one core; the
 * load has another. The median of the rounds is printed, after one that is thrown away.
 *
 * Loopback only, Linux only; needs `redis-server` and `redis-benchmark`. `deno task bench-redis`.
 *
 * @module
 */

import { Child } from "../test_util.ts";
import { cpuTime, median } from "./figures.ts";

const ROUNDS = 7;
const CLIENTS = 50;
const CASES = [{ pipeline: 1, requests: 200_000 }, { pipeline: 16, requests: 1_000_000 }];

const SERVER_CORE = "0";
const LOAD_CORE = "1";

interface Server {
  child: Child;
  port: number;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

interface Figures {
  /** Requests a second. */
  rate: number;
  /** The server's CPU time for each, in microseconds. */
  cpu: number;
}

async function measure(server: Server, pipeline: number, requests: number): Promise<Figures> {
  const before = cpuTime(server.child.pid);
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: [
      ...["-c", LOAD_CORE, "redis-benchmark", "-p", `${server.port}`, "-t", "ping_mbulk", "-q"],
      ...["-c", `${CLIENTS}`, "-n", `${requests}`, "-P", `${pipeline}`],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const figures = new TextDecoder().decode(stdout).matchAll(/([\d.]+) requests per second/g);
  const cpu = (cpuTime(server.child.pid) - before) / requests;
  return { rate: Number([...figures].at(-1)?.[1]), cpu };
}

await using child = new Child([], {
  command: [
    ...["taskset", "-c", SERVER_CORE, Deno.execPath(), "run", "--quiet", "--allow-net"],
    ...[import.meta.resolve("../examples/redis_ping.ts"), "--port", "0"],
  ],
});
const ours: Server = { child, port: await child.ready() };
const redisPort = freePort();
await using redisChild = new Child([], {
  command: [
    ...["taskset", "-c", SERVER_CORE, "redis-server", "--port", `${redisPort}`],
    ...["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
  ],
});
const redis: Server = { child: redisChild, port: redisPort };
await new Promise((resolve) => setTimeout(resolve, 1000));

const version = await new Deno.Command("redis-server", { args: ["--version"] }).output();
console.log(`Deno ${Deno.version.deno}, ${new TextDecoder().decode(version.stdout).trim()}\n`);
console.log(
  "| `-P` | this server /s | Redis /s | ratio | lowest, highest | CPU µs | Redis CPU µs |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const { pipeline, requests } of CASES) {
  const rounds: { ours: Figures; redis: Figures }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const first = await measure(round % 2 === 0 ? ours : redis, pipeline, requests);
    const second = await measure(round % 2 === 0 ? redis : ours, pipeline, requests);
    rounds.push(
      round % 2 === 0 ? { ours: first, redis: second } : { ours: second, redis: first },
    );
  }
  rounds.shift();
  const ratios = rounds.map(({ ours, redis }) => ours.rate / redis.rate).toSorted((a, b) => a - b);
  const of = (name: "ours" | "redis", figure: keyof Figures) =>
    median(rounds.map((round) => round[name][figure]));
  console.log(
    `| ${pipeline} | ${of("ours", "rate").toFixed(0)} | ${of("redis", "rate").toFixed(0)} ` +
      `| ${median(ratios).toFixed(2)} | ${ratios[0]?.toFixed(2)}, ${ratios.at(-1)?.toFixed(2)} ` +
      `| ${of("ours", "cpu").toFixed(1)} | ${of("redis", "cpu").toFixed(1)} |`,
  );
}
