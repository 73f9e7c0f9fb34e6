/**
 * Runs generated programs and library calls here and in a real Redis' Lua, and compares what they
 * return and which errors they raise. Not a test, since it needs a redis-server.
 *
 * ```sh
 * deno run --allow-run=redis-server --allow-read --allow-write --allow-net cache/lua/compare.ts --cases 100000
 * ```
 *
 * Flags: `--cases` how many (20 000), `--seed` of the first (the time), `--kind` which kind only,
 * `--show` how many differences to print (20). It exits with 1 if there are any.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Generator, GENERATORS } from "./compare_programs.ts";
import { HARNESS, makeLua, normalize, runPrograms } from "./test_util.ts";

/** How many programs are sent at once. */
const BATCH = 200;

/** Talks to a redis-server, as far as EVAL takes it. */
class Redis {
  readonly #conn: Deno.Conn;
  #buffer = "";
  #decoder = new TextDecoder("latin1");

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async eval(script: string, args: string[]): Promise<string[]> {
    const words = ["EVAL", script, "0", ...args];
    const text = `*${words.length}\r\n${words.map((w) => `$${w.length}\r\n${w}\r\n`).join("")}`;
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    const head = await this.#line();
    if (!head.startsWith("*")) throw new Error(head);
    const results: string[] = [];
    for (let i = Number(head.slice(1)); i > 0; i--) {
      const length = Number((await this.#line()).slice(1));
      results.push((await this.#take(length + 2)).slice(0, length));
    }
    return results;
  }

  async #fill(): Promise<void> {
    const chunk = new Uint8Array(65536);
    const size = await this.#conn.read(chunk);
    if (size === null) throw new Error("The server closed the connection");
    this.#buffer += latin1(chunk.subarray(0, size));
  }

  async #line(): Promise<string> {
    let end: number;
    while ((end = this.#buffer.indexOf("\r\n")) < 0) await this.#fill();
    return (await this.#take(end + 2)).slice(0, end);
  }

  async #take(size: number): Promise<string> {
    while (this.#buffer.length < size) await this.#fill();
    const text = this.#buffer.slice(0, size);
    this.#buffer = this.#buffer.slice(size);
    return text;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

async function startServer(directory: string): Promise<[Deno.ChildProcess, Deno.Conn]> {
  const path = `${directory}/socket`;
  const server = new Deno.Command("redis-server", {
    args: ["--port", "0", "--unixsocket", path, "--save", "", "--dir", directory],
    stdout: "null",
  }).spawn();
  for (;;) {
    try {
      return [server, await Deno.connect({ transport: "unix", path })];
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, { string: ["cases", "seed", "kind", "show"] });
  const cases = Number(flags.cases ?? 20_000);
  const firstSeed = Number(flags.seed ?? Date.now() % 1e9);
  const show = Number(flags.show ?? 20);
  const kinds = flags.kind === undefined ? Object.keys(GENERATORS) : [String(flags.kind)];
  const directory = await Deno.makeTempDir();
  const [server, conn] = await startServer(directory);
  const redis = new Redis(conn);
  const lua = makeLua();
  let differences = 0;
  try {
    for (let done = 0; done < cases; done += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, cases - done) }, (_, i) => {
        const seed = firstSeed + done + i;
        const kind = kinds[seed % kinds.length] ?? "";
        return { seed, kind, program: new Generator(seed).generate(kind) };
      });
      const programs = batch.map(({ program }) => program);
      const there = await redis.eval(HARNESS, programs);
      const here = runPrograms(programs, lua);
      for (const [i, { seed, kind, program }] of batch.entries()) {
        // Strings can be longer there.
        if (here[i]?.includes("not enough memory") === true) continue;
        if (here[i] === normalize(there[i] ?? "nothing")) continue;
        differences++;
        if (differences > show) continue;
        console.log(
          `seed ${seed} (${kind})\n${program}\n  here:  ${here[i]}\n  redis: ${there[i]}\n`,
        );
      }
    }
  } finally {
    conn.close();
    server.kill("SIGTERM");
    await server.status;
    await Deno.remove(directory, { recursive: true });
  }
  console.log(`${cases} programs from seed ${firstSeed}: ${differences} differences`);
  if (differences > 0) Deno.exit(1);
}

if (import.meta.main) await main();
