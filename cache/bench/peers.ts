/**
 * What one would use in its place in tests: js-redis-server, which is a server, and ioredis-mock,
 * which is a client's API. They are installed from npm into a temporary directory.
 *
 * @module
 */

import { Server } from "../compare/server.ts";
import type { Bench } from "./bench.ts";
import { digits, type Section } from "./report.ts";

const PACKAGES = ["js-redis-server@0.3.0", "ioredis-mock@8.13.1", "ioredis@5.11.1"];
const REQUESTS = { 1: 20_000, 16: 50_000 };
/** Calls of ioredis-mock and of `Cache.call()`. */
const CALLS = 100_000;

/** Set a value over and over, and print how many times a second. */
const MOCK_SCRIPT = `
const Redis = require("ioredis-mock");
(async () => {
  const redis = new Redis();
  for (let i = 0; i < 1000; i++) await redis.set("key", "value");
  const started = performance.now();
  for (let i = 0; i < ${CALLS}; i++) await redis.set("key" + (i % 1000), "value");
  console.log(${CALLS} / (performance.now() - started) * 1000);
  redis.disconnect();
})();
`;
const CALL_SCRIPT = `
import { Cache } from "./mod.ts";
const cache = new Cache();
for (let i = 0; i < 1000; i++) cache.call("SET", "key", "value");
const started = performance.now();
for (let i = 0; i < ${CALLS}; i++) cache.call("SET", "key" + (i % 1000), "value");
console.log(${CALLS} / (performance.now() - started) * 1000);
await cache.close();
`;

/** The seconds that {@linkcode measurePeers} takes, about. */
export function peersDuration(): number {
  return 30;
}

async function rate(server: Server, command: string[], pipeline: 1 | 16): Promise<string> {
  const { stdout } = await new Deno.Command("redis-benchmark", {
    args: [
      ...["-p", `${server.port}`, "--csv", "-P", `${pipeline}`, "-n", `${REQUESTS[pipeline]}`],
      ...["-r", "10000", ...command],
    ],
    stderr: "null",
  }).output();
  const line = new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1) ?? "";
  return digits(Number(line.split('","').at(1)));
}

async function printed(command: string, ...args: string[]): Promise<string> {
  const cwd = new URL("..", import.meta.url);
  const { stdout, success } = await new Deno.Command(command, { args, cwd, stderr: "null" })
    .output();
  return success ? digits(Number(new TextDecoder().decode(stdout))) : "–";
}

/** Requests a second of the alternatives. */
export async function measurePeers(bench: Bench): Promise<Section> {
  const directory = Deno.makeTempDirSync();
  const section = { title: "Beside what tests use today, SET and GET a second", figures: [] };
  const columns = ["", "SET, P=1", "GET, P=1", "SET, P=16", "GET, P=16", "SET, in-process"];
  const rows: string[][] = [];
  try {
    bench.progress.show("npm install of the peers");
    const { success } = await new Deno.Command("npm", {
      args: ["install", "--silent", "--no-audit", "--no-fund", "--prefix", directory, ...PACKAGES],
      stdout: "null",
      stderr: "null",
    }).output().catch(() => ({ success: false }));
    if (!success) {
      bench.progress.say("Without js-redis-server and ioredis-mock: npm cannot install them");
    }
    Deno.writeTextFileSync(`${directory}/mock.cjs`, MOCK_SCRIPT);
    const servers: Record<string, () => Promise<Server>> = {
      "this cache": () => bench.start("ours"),
      Redis: () => bench.start("redis"),
    };
    if (success) {
      servers["js-redis-server"] = () =>
        Server.start(`node '${directory}/node_modules/js-redis-server/dist/cli.js'`, {
          core: bench.serverCore,
        });
    }
    for (const [name, start] of Object.entries(servers)) {
      bench.progress.show(name);
      await using server = await start();
      const set = ["SET", "key:__rand_int__", "xxx"];
      const get = ["GET", "key:__rand_int__"];
      rows.push([
        name,
        ...[await rate(server, set, 1), await rate(server, get, 1)],
        ...[await rate(server, set, 16), await rate(server, get, 16)],
        name === "this cache"
          ? await printed(Deno.execPath(), "eval", "--quiet", CALL_SCRIPT)
          : "–",
      ]);
    }
    if (success) {
      const inProcess = await printed("node", `${directory}/mock.cjs`);
      rows.push(["ioredis-mock", "–", "–", "–", "–", inProcess]);
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
  return { ...section, columns, rows };
}
