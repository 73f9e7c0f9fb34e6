/**
 * Kills the executable at random moments under load, amid rewrites too, and looks at what its append-only
 * file has at the next start: all that was replied with `always`, and with `everysec` all that was written
 * by then, since the system keeps what a killed process has written. Nothing may be there twice.
 *
 * Flags: `--rounds N` for each policy (default 100), `--seed N` (default: random).
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { rejectAllBut } from "../../bench/figures.ts";
import { Child } from "../../test_util.ts";
import type { FsyncPolicy } from "../append_only.ts";
import { Random } from "../compare/random.ts";
import { Client, encode } from "../compare/resp.ts";
import { pause } from "../compare/server.ts";

const MAIN = import.meta.resolve("../main.ts");
const CONNECTIONS = 4;
const PIPELINE = 16;
/** The longest time until the process is killed, in milliseconds. */
const MAX_TIME = 300;
/** What rewrites have to write beside the counters. */
const KEYS = 2000;

/** What one connection knows of its counter. */
interface Counter {
  readonly key: string;
  /** What was sent, what was replied, and what must be there whatever happens. */
  sent: number;
  replied: number;
  safe: number;
}

function start(directory: string, policy: FsyncPolicy): Child {
  const args = ["--port", "0", "--enable-debug-command", "--append-only", directory];
  const allowed = ["--allow-net", "--allow-read", "--allow-write"];
  const command = [Deno.execPath(), "run", "--no-prompt", "--no-check", ...allowed, MAIN];
  return new Child([...args, "--append-fsync", policy], { command });
}

/** Increments a counter until the connection ends. */
async function load(port: number, counter: Counter, policy: FsyncPolicy): Promise<void> {
  using client = await Client.connect(port);
  const requests = encode(["INCR", counter.key]).repeat(PIPELINE);
  try {
    while (true) {
      counter.sent += PIPELINE;
      await client.write(requests);
      for (let i = 0; i < PIPELINE; i++) {
        counter.replied = Number((await client.read()).value);
        if (policy === "always") counter.safe = counter.replied;
      }
      if (policy === "always") continue;
      const { value } = await client.call("INFO", "persistence");
      if (`${value}`.includes("aof_buffer_length:0\r\n")) counter.safe = counter.replied;
    }
  } catch {
    // It was killed.
  }
}

/** Rewrites the file over and over. */
async function rewrite(port: number): Promise<void> {
  using client = await Client.connect(port);
  try {
    while (true) {
      await client.call("BGREWRITEAOF");
      await pause(10);
    }
  } catch {
    // It was killed.
  }
}

/**
 * Kills a cache again and again.
 *
 * @returns What was wrong, if anything was.
 */
export async function crash(
  policy: FsyncPolicy,
  rounds: number,
  random: Random,
  report: (text: string) => void = () => {},
): Promise<string | undefined> {
  const directory = await Deno.makeTempDir();
  const counters = Array.from({ length: CONNECTIONS }, (_, i): Counter => {
    return { key: `counter:${i}`, sent: 0, replied: 0, safe: 0 };
  });
  try {
    for (let round = 0; round <= rounds; round++) {
      await using child = start(`${directory}/log`, policy);
      const port = await child.ready();
      using client = await Client.connect(port);
      for (const counter of counters) {
        const value = Number((await client.call("GET", counter.key)).value ?? 0);
        if (value < counter.safe || value > counter.sent) {
          return `After ${round} kills with ${policy} ${counter.key} is ${value}, ` +
            `and not from ${counter.safe} to ${counter.sent}`;
        }
        counter.sent = counter.replied = counter.safe = value;
      }
      if (round === 0) await client.call("DEBUG", "POPULATE", `${KEYS}`);
      if (round === rounds) return undefined;
      const loads = counters.map((counter) => load(port, counter, policy));
      if (random.chance(0.7)) loads.push(rewrite(port));
      await pause(random.int(0, MAX_TIME));
      child.kill("SIGKILL");
      await Promise.all([...loads, child.end()]);
      report(`${policy}: ${round + 1} kills, ${counters.map(({ replied }) => replied)} replied`);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["rounds", "seed"],
    unknown: rejectAllBut("--rounds or --seed"),
  });
  const rounds = Number(flags.rounds ?? 100);
  const seed = Number(flags.seed ?? Math.floor(Math.random() * 1e9));
  if (!(Number.isInteger(rounds) && rounds > 0 && seed >= 0)) {
    console.error(`Cannot crash with --rounds ${flags.rounds} --seed ${flags.seed}`);
    Deno.exit(2);
  }
  console.log(`--rounds ${rounds} --seed ${seed}`);
  for (const policy of ["always", "everysec"] as const) {
    const wrong = await crash(policy, rounds, new Random(seed), console.log);
    if (wrong === undefined) continue;
    console.error(wrong);
    Deno.exitCode = 1;
  }
}
