/**
 * What the tests of Lua and the comparison with a real Redis share: how programs are run, and how
 * what became of them is written.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { HostFunction, Lua, Table } from "./mod.ts";

/** A program, and what a Redis server made of it, as {@linkcode HARNESS} writes it. */
export type Story = [program: string, expected: string];

/**
 * Runs each of ARGV as a chunk, and returns for each a text of its results or its error. Numbers
 * are written with all their digits, tables sorted by their keys, and what is known by its address
 * only by its type.
 */
export const HARNESS = `
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

/** Makes a Lua whose globals are protected as in Redis. */
export function makeLua(): Lua {
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

/** Runs programs and returns what became of each, as text without addresses. */
export function runPrograms(programs: string[], lua: Lua = makeLua()): string[] {
  lua.globals.isReadonly = false;
  lua.globals.set("ARGV", Table.of([undefined, ...programs]));
  lua.globals.isReadonly = true;
  const [results] = lua.call(lua.load(HARNESS, "@user_script"));
  return programs.map((_, i) => normalize(String((results as Table).get(i + 1))));
}

/** Addresses differ, and the sign of what is not a number depends on the compiler. */
export function normalize(text: string): string {
  return text.replaceAll("-nan", "nan").replace(/: 0x[0-9a-f]+/g, ": 0x");
}

/** Registers a test for a group of stories: each program gives what it gave in Redis. */
export function testStories(name: string, stories: Story[]): void {
  Deno.test(name, () => {
    const results = runPrograms(stories.map(([program]) => program));
    for (const [i, [program, expected]] of stories.entries()) {
      assertEquals(results[i], expected, program);
    }
  });
}
