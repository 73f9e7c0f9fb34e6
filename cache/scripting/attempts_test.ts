/** What scripts may try against the process that runs them. @module */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ReplyError } from "../protocol/value.ts";

const READONLY = "ERR user_script:1: Attempt to modify a readonly table";
const OVERFLOW = "ERR user_script:1: stack overflow";
const C_OVERFLOW = "C stack overflow";
const NO_MEMORY = ", not enough memory";
const NOT_ALLOWED = "ERR This Redis command is not allowed from script";
const NESTED = "excessive nesting (1001)";
const UNPACK = "too many results to unpack";

/** Scripts, and what they reply, or a part of the error: a real Redis' own. */
const ATTEMPTS: readonly (readonly [script: string, reply: unknown])[] = [
  // Names that objects of JavaScript have are keys as any other.
  [
    "local t = {__proto__ = 1, constructor = 2} return {t.__proto__, t.constructor, type(t.toString)}",
    [1, 2, "nil"],
  ],
  [
    "local t = {} t['__proto__'] = {x = 1} return {type(({}).x), type(t.x), t.__proto__.x}",
    ["nil", "nil", 1],
  ],
  [
    `local t = cjson.decode('{"__proto__":{"x":1},"constructor":2}')
    return {t.__proto__.x, t.constructor, type(t.x), type(({}).x)}`,
    [1, 2, "nil", "nil"],
  ],
  ["return cjson.encode({__proto__ = 1})", '{"__proto__":1}'],
  [
    `local t = cmsgpack.unpack(cmsgpack.pack({__proto__ = {x = 1}, constructor = 2}))
    return {t.__proto__.x, t.constructor, type(t.x), type(({}).x)}`,
    [1, 2, "nil", "nil"],
  ],
  ["KEYS.x = 1 ARGV.__proto__ = 2 return {KEYS.x, ARGV.__proto__}", [1, 2]],
  [
    "return {type(KEYS.__proto__), type(ARGV.constructor), type(KEYS.length), type(ARGV.push)}",
    ["nil", "nil", "nil", "nil"],
  ],
  ["return {map = {__proto__ = 1}}", new Map([["__proto__", 1]])],
  // What later scripts would see.
  ...[
    ...["x = 1", "_G.x = 1", "getmetatable(_G).__index = nil", "redis.call = nil"],
    ...["string.rep = nil", "cjson.encode = nil", "getmetatable('').__index = nil"],
    ...["getmetatable('').__add = function() end", "math.huge = 1"],
  ].map((script) => [script, READONLY] as const),
  ["rawset(_G, 'x', 1)", "ERR Attempt to modify a readonly table"],
  ["setmetatable(_G, {})", "ERR Attempt to modify a readonly table"],
  ["rawset(cjson.null, 'x', 1)", "table expected, got userdata"],
  // Ways out.
  ...["os.exit()", "io.open('x')", "require('fs')", "return getfenv(0)", "return newproxy()"].map(
    (script) => [script, "nonexistent global variable"] as const,
  ),
  ...["shutdown", "debug", "config", "multi", "eval", "subscribe", "function", "client"].map(
    (name) => [`return redis.call('${name}', 'x', '0', 'x')`, /not allowed|Wrong number|Unknown/],
  ) as [string, unknown][],
  ["return redis.call('shutdown', 'nosave')", NOT_ALLOWED],
  ["return redis.call('config', 'get', '*')", NOT_ALLOWED],
  ["return (loadstring('\\27Lua'))", null],
  ["return select(2, loadstring('\\27LuaQ\\0\\1'))", /unexpected symbol near 'char\(27\)'/],
  // Replies within replies.
  ["return redis.status_reply('x\\r\\n+OK')", "x  +OK"],
  ["return redis.error_reply('x\\r\\n+OK')", "ERR x  +OK"],
  ["return {err = 'A b\\r\\n$1'}", "A b  $1"],
  // Depth.
  ["local function f() return f() + 1 end return f()", OVERFLOW],
  ["local function f() return tostring(pcall(f)) end return f()", "true"],
  ["local function f() return tostring(xpcall(f, f)) end return f()", "true"],
  ["return tostring(xpcall(error, function() error() end))", "false"],
  ["local function f() return ('x'):gsub('.', f) end return f()", C_OVERFLOW],
  [
    "local t = {1, 2, 3} local function less() table.sort(t, less) end table.sort(t, less)",
    C_OVERFLOW,
  ],
  [
    "local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) tostring(t)",
    C_OVERFLOW,
  ],
  ["local t = setmetatable({}, {__index = function(t, k) return t[k] end}) t.x()", C_OVERFLOW],
  ["local t = setmetatable({}, {__newindex = function(t, k) t[k] = 1 end}) t.x = 1", C_OVERFLOW],
  [
    "local t = setmetatable({}, {__concat = function(a, b) return a .. b end}) t = t .. 1",
    C_OVERFLOW,
  ],
  ["local t = {} setmetatable(t, {__index = t}) return t.x", "loop in gettable"],
  ["local function f() return coroutine.wrap(f)() end return f()", C_OVERFLOW],
  ["local t = {} for i = 1, 1e5 do t = {t} end return cjson.encode(t)", NESTED],
  ["local t = {} t.t = t return cjson.encode(t)", NESTED],
  ["return cjson.decode(string.rep('[', 1e5))", "too many nested data structures (1001)"],
  ["local t = {} for i = 1, 1e5 do t = {t} end return #cmsgpack.pack(t)", 17],
  ["cmsgpack.unpack(string.rep('\\145', 1e5))", /overflow|not enough memory/],
  ["return (loadstring(string.rep('(', 1e5)))", null],
  ["return select(2, loadstring('return ' .. string.rep('{', 1e5)))", /too many syntax levels/],
  ["return select(2, loadstring(string.rep('local a ', 300)))", /more than 200 local variables/],
  // Comparators and callbacks that lie or fail.
  ["table.sort({3, 2, 1, 5, 4, 7, 6}, function() return true end)", "invalid order function"],
  ["table.sort({2, 1}, function() error({err = 'E x'}) end)", "E x"],
  ["return ('x'):gsub('.', function() error({err = 'E x'}) end)", "E x"],
  ["error(setmetatable({}, {__index = function() error('x') end}))", "ERR unknown error"],
  ["error(function() end)", "ERR function: 0x"],
  ["return {type(select(2, pcall(error))), type(select(2, pcall(error, {})))}", ["nil", "table"]],
  // Sizes.
  ["return #string.rep('x', 1e10)", NO_MEMORY],
  ["return {#string.rep('', 1e15), #string.rep('x', -1)}", [0, 0]],
  ["return #string.rep('x', 1e6):gsub('x', string.rep('y', 1e6))", NO_MEMORY],
  ["local s = 'x' while true do s = s .. s end", NO_MEMORY],
  ["local t = {} t[1e15] = 1 t[-1] = 2 t[2 ^ 53] = 3 return #t", 0],
  ["return unpack({}, 1, 1e8)", UNPACK],
  ["return unpack({}, -2 ^ 31, 2 ^ 31 - 1)", UNPACK],
  ["return select('#', unpack({}, 1, 7000))", 7000],
  ["return {('x'):rep(1e6):byte(1, -1)}", "string slice too long"],
  ["return table.concat({}, 'x', 1, 1e9)", "invalid value (nil) at index 1"],
  ["return string.format('%99999d', 1)", "invalid format (width or precision too long)"],
  ["return string.format(string.rep('%s', 1000))", "no value"],
  ["return #string.format('%99.99f', 1e308)", 409],
  ["return struct.pack('i1000', 1)", "integral size 1000 is larger than limit of 32"],
  ["return struct.pack('c2147483647', 'x')", "string too short"],
  ["return cmsgpack.unpack('\\221\\255\\255\\255\\255')", "Missing bytes in input"],
  ["return string.find('x', string.rep('(', 1e5))", "too many captures"],
  ["return #cjson.encode({[1e8] = 1})", "excessively sparse array"],
  ["local t = {} for i = 1, 7000 do t[i] = 'k' end return redis.call('del', unpack(t))", 0],
  ["return #redis.call('echo', string.rep('x', 1e6))", 1e6],
  ["return redis.call({})", "command arguments must be strings or integers"],
  ["return redis.call('set', 'k', {})", "command arguments must be strings or integers"],
  ["return redis.call()", "Please specify at least one argument"],
];

Deno.test("No script gets more than Lua, nor ends the process", async () => {
  await using cache = new Cache();
  const withoutPlace = (text: string) => text.replace(/ script: [0-9a-f]{40}, on .*$/, "");
  for (const [script, expected] of ATTEMPTS) {
    let reply: unknown;
    try {
      reply = cache.call("EVAL", script, 0);
    } catch (error) {
      assert(error instanceof ReplyError, `${script} threw ${error}`);
      reply = withoutPlace(error.message);
      assert(typeof expected !== "number" && expected !== null, `${script}: ${reply}`);
    }
    if (expected instanceof RegExp) assertMatch(`${reply}`, expected, script);
    else if (typeof expected !== "string") assertEquals(reply, expected, script);
    else assert(`${reply}`.includes(expected), `${script}: ${reply}`);
  }
  assertEquals(cache.call("EVAL", "return {type(rawget(_G, 'x')), #string.rep('x', 3)}", 0), [
    ...["nil", 3],
  ]);
});

Deno.test("A script that takes too long is ended, whatever takes so long", async () => {
  await using cache = new Cache();
  cache.call("CONFIG", "SET", "busy-reply-threshold", 1);
  const ended = /Script killed by user|not enough memory/;
  for (
    const script of [
      "for i = 1, 0, 0 do end",
      "load(function() return ' ' end)",
      "string.find(string.rep('a', 3e4), string.rep('a*', 30) .. 'b')",
      "string.find(string.rep('a', 5e4), '.-.-.-.-b')",
      "string.match(string.rep('(', 1e6), '%b()')",
      "string.find(string.rep('a', 1e6), 'a-b')",
      "string.find(string.rep('a', 1e6), 'a*b')",
      "string.find(string.rep('a', 1e6), '(a*)%1b')",
      "local s = string.rep('x', 1e5) for i = 1, 1e9 do s = s:upper() end",
      "local t = {} while true do t[#t + 1] = {} end",
      "local t = {} for i = 1, 1e9 do t['k' .. i] = i end",
      "while true do coroutine.wrap(function() coroutine.yield() end)() end",
      "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
      "local t = {} while true do t[#t + 1] = function() return t end end",
      "while true do pcall(error) end",
    ]
  ) {
    const error = assertThrows(() => cache.call("EVAL", script, 0), ReplyError);
    assertMatch(error.message, ended, script);
  }
});

Deno.test("Cache.call() goes on after a reply that is too deep for JavaScript", async () => {
  await using cache = new Cache();
  assertThrows(() => cache.call("EVAL", "local t = {} t[1] = t return t", 0), RangeError);
  assertEquals(cache.call("PING"), "PONG");
});
