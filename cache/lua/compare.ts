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
import { HostFunction, Lua, LuaError, Table } from "./mod.ts";

/** How many programs are sent at once. */
const BATCH = 200;

/**
 * Runs each of ARGV as a chunk, and returns for each a text of its results or its error. Numbers
 * are written with all their digits, tables sorted by their keys, and what is known by its address
 * only by its type.
 */
const HARNESS = `
local show
local function key(k)
  return type(k) == "number" and string.format("n%.17g", k) or type(k) .. tostring(k)
end
function show(v, depth)
  local t = type(v)
  if t == "number" then
    return v ~= v and "nan" or string.format("%.17g", v)
  elseif t == "string" then
    return string.format("%q", v)
  elseif t == "table" then
    if depth > 5 then return "{...}" end
    local keys, texts = {}, {}
    for k in next, v do
      if type(k) == "number" or type(k) == "string" or type(k) == "boolean" then
        keys[#keys + 1] = k
      else
        texts[#texts + 1] = type(k)
      end
    end
    table.sort(keys, function(a, b) return key(a) < key(b) end)
    for _, k in ipairs(keys) do
      texts[#texts + 1] = show(k, depth + 1) .. "=" .. show(rawget(v, k), depth + 1)
    end
    return "{" .. table.concat(texts, ",") .. "}"
  elseif t == "nil" or t == "boolean" or v == cjson.null then
    return tostring(v)
  end
  return t
end
local function all(...)
  local texts = {}
  for i = 1, select("#", ...) do texts[i] = show((select(i, ...)), 0) end
  return table.concat(texts, " ")
end
local results = {}
for i, text in ipairs(ARGV) do
  local chunk, problem = loadstring(text, "@case")
  results[i] = chunk and all(pcall(chunk)) or "syntax " .. problem
  cjson.encode_sparse_array(false, 2, 10)
  cjson.encode_max_depth(1000)
  cjson.decode_max_depth(1000)
  cjson.encode_number_precision(14)
  cjson.encode_keep_buffer(true)
  cjson.encode_invalid_numbers(false)
  cjson.decode_invalid_numbers(true)
end
return results
`;

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

function runHere(lua: Lua, programs: string[]): string[] {
  setGlobal(lua, "ARGV", Table.of([undefined, ...programs]));
  try {
    const [results] = lua.call(lua.load(HARNESS, "@user_script"));
    return programs.map((_, i) => results instanceof Table ? String(results.get(i + 1)) : "none");
  } catch (error) {
    if (error instanceof LuaError) throw new Error(`harness: ${error.message}`);
    throw error;
  }
}

/** Makes a Lua whose globals are protected as in Redis. */
function makeLua(): Lua {
  const lua = new Lua({ errorField: "err" });
  const metatable = new Table();
  metatable.set(
    "__index",
    HostFunction.plain((m, args, count): number => {
      const name = m.stack[args + count - 1];
      if (typeof name !== "string" && typeof name !== "number") {
        m.error("Second argument to luaProtectedTableError must be a string or number");
      }
      return m.error(
        `Script attempted to access nonexistent global variable '${m.describe(name)}'`,
      );
    }),
  );
  lua.globals.metatable = metatable;
  lua.protect(lua.globals);
  lua.protect(lua.machine.stringMetatable);
  return lua;
}

/** Sets a global variable, though they are protected. */
function setGlobal(lua: Lua, name: string, value: Table): void {
  lua.globals.isReadonly = false;
  lua.globals.set(name, value);
  lua.globals.isReadonly = true;
}

/** Addresses differ, and the sign of what is not a number depends on the compiler. */
function normalize(text: string | undefined): string {
  return (text ?? "nothing").replaceAll("-nan", "nan").replace(/: 0x[0-9a-f]+/g, ": 0x");
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
      const here = runHere(lua, programs);
      for (const [i, { seed, kind, program }] of batch.entries()) {
        // Strings can be longer there.
        if (here[i]?.includes("not enough memory") === true) continue;
        if (normalize(here[i]) === normalize(there[i])) continue;
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
