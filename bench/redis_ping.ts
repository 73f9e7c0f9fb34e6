/**
 * `examples/redis_ping.ts` beside a real Redis: requests per second of `redis-benchmark`, 50 clients,
 * without and with pipelining, and what they cost the server. The two take turns on one core; the
 * load has another. The median of the rounds is printed, after one that is thrown away, and with
 * `--write` put into `docs/benchmarks.md`.
 *
 * Loopback only, Linux only; needs `redis-server` and `redis-benchmark`. `deno task bench-redis`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Child } from "../test_util.ts";
import { cpuTime, median, rejectAllBut } from "./figures.ts";
import { deno, describeMachine, onLoadCore, onServerCore, type Server, start } from "./peers.ts";
import { Progress } from "./progress.ts";
import { publish } from "./publish.ts";
import { ratio, table } from "./report.ts";

const ROUNDS = 7;
const CLIENTS = 50;
const CASES = [{ pipeline: 1, requests: 200_000 }, { pipeline: 16, requests: 1_000_000 }];

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
  const [program = "", ...args] = onLoadCore([
    ...["redis-benchmark", "-p", `${server.port}`, "-t", "ping_mbulk", "-q"],
    ...["-c", `${CLIENTS}`, "-n", `${requests}`, "-P", `${pipeline}`],
  ]);
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const figures = new TextDecoder().decode(stdout).matchAll(/([\d.]+) requests per second/g);
  const cpu = (cpuTime(server.child.pid) - before) / requests;
  return { rate: Number([...figures].at(-1)?.[1]), cpu };
}

const { write } = parseArgs(Deno.args, { boolean: ["write"], unknown: rejectAllBut("--write") });
const progress = new Progress("bench-redis", 60);

const ours = await start(deno("../examples/redis_ping.ts", "--port", "0"));
const redisPort = freePort();
await using redisChild = new Child([], {
  command: onServerCore([
    ...["redis-server", "--port", `${redisPort}`, "--bind", "127.0.0.1"],
    ...["--save", "", "--appendonly", "no"],
  ]),
});
const redis: Server = { child: redisChild, port: redisPort };
await new Promise((resolve) => setTimeout(resolve, 1000));

const rows: string[][] = [];
for (const { pipeline, requests } of CASES) {
  const rounds: { ours: Figures; redis: Figures }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    progress.show(`${pipeline} at a time, round ${round} of ${ROUNDS}`);
    const first = await measure(round % 2 === 0 ? ours : redis, pipeline, requests);
    const second = await measure(round % 2 === 0 ? redis : ours, pipeline, requests);
    rounds.push(
      round % 2 === 0 ? { ours: first, redis: second } : { ours: second, redis: first },
    );
  }
  rounds.shift();
  const all = (name: "ours" | "redis", figure: keyof Figures) =>
    rounds.map((round) => round[name][figure]);
  const of = (name: "ours" | "redis", figure: keyof Figures) => median(all(name, figure));
  rows.push([
    `${pipeline}`,
    of("ours", "rate").toFixed(0),
    of("redis", "rate").toFixed(0),
    ratio(all("ours", "rate"), all("redis", "rate")),
    of("ours", "cpu").toFixed(1),
    of("redis", "cpu").toFixed(1),
  ]);
}
await ours.child[Symbol.asyncDispose]();
progress.end();
const { stdout } = await new Deno.Command("redis-server", { args: ["--version"] }).output();
const version = /v=(\S+)/.exec(new TextDecoder().decode(stdout))?.[1];
const columns = ["pipelined", "the example /s", "Redis /s", "ratio", "CPU µs", "Redis CPU µs"];
publish(
  "bench-redis",
  `${await describeMachine()}, Redis ${version}; ${CLIENTS} clients, medians of ${ROUNDS} rounds.\n\n` +
    table(columns, rows),
  Boolean(write),
);
