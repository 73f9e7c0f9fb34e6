import {
  any,
  generate,
  type Group,
  key,
  many,
  opt,
  options,
  type Part,
  pattern,
  value,
} from "../grammar.ts";
import type { Random } from "../random.ts";
import { hashes } from "./hashes.ts";
import { lists } from "./lists.ts";
import { sets } from "./sets.ts";
import { sortedSets } from "./sorted_sets.ts";
import { strings } from "./strings.ts";

// Values of Lua.

const TEXTS = [
  "",
  "a",
  "hello",
  "ok",
  "err",
  "-",
  "-ERR x",
  "CODE some text",
  "a\r\nb",
  "\0x",
  "é\xff",
];
const NUMBERS = [
  ...[
    "0",
    "-0",
    "1",
    "-1",
    "3.99",
    "-3.99",
    "1e15",
    "2^53",
    "2^62",
    "2^63",
    "-2^63",
    "2^64",
    "1e300",
  ],
  ...["-1e300", "0/0", "1/0", "-1/0", "0.1", "1e-5", "123456789012345678", "17179869184.1"],
];

function quote(text: string): string {
  const escape = (char: string) => `\\${String(char.charCodeAt(0)).padStart(3, "0")}`;
  return `"${text.replace(/[^ !#-[\]-~]/g, escape)}"`;
}

const text = (random: Random): string => quote(random.pick(TEXTS));

/** An expression whose value has an order in which Redis replies it. */
function expression(random: Random, depth = 0): string {
  const nested = () => expression(random, depth + 1);
  switch (random.int(0, depth > 3 ? 4 : 15)) {
    case 0:
    case 1:
      return random.pick(NUMBERS);
    case 2:
    case 3:
      return text(random);
    case 4:
      return random.pick([
        "true",
        "false",
        "nil",
        "cjson.null",
        "print == nil",
        "type",
        "redis.log",
      ]);
    case 5:
      return `{ok=${random.pick([text(random), "1"])}}`;
    case 6:
      return `{err=${random.pick([text(random), "1"])}, ignore_error_stats_update=${
        random.pick(["true", "nil", "1"])
      }}`;
    case 7:
      return `{double=${random.pick([...NUMBERS, text(random)])}}`;
    case 8:
      return `{big_number=${random.pick([text(random), quote("1234567999999999999999999"), "1"])}}`;
    case 9:
      return `{verbatim_string={format=${
        random.pick(["'txt'", "'a'", "'long'", text(random), "1"])
      },` +
        ` string=${text(random)}}}`;
    case 10:
      return `{map={[${random.pick(["1", "'k'", "true", "{1}"])}]=${nested()}}}`;
    case 11:
      return `{set={[${random.pick(["1", "'k'", "false", "{1,2}"])}]=true}}`;
    case 12:
      return `{${nested()}, n=1, [3]=${nested()}, ${nested()}}`;
    default:
      return `{${Array.from({ length: random.int(0, 4) }, nested).join(", ")}}`;
  }
}

const protocol: Part = any("", "", "redis.setresp(3) ", "redis.setresp(2) ");

/** A text put together of parts. */
const joined = (...parts: Part[]): Part => (random) => generate(parts, random).join("");

// What commands reply, as a script sees it.

const SHOW = `
local function show(v)
  if type(v) ~= "table" then return type(v) .. " " .. tostring(v) end
  local texts = {}
  for k, v in pairs(v) do texts[#texts + 1] = tostring(k) .. "=" .. show(v) end
  table.sort(texts)
  return "{" .. table.concat(texts, ", ") .. "}"
end
`;

/** Their replies have no order, or depend on chance or time. */
const LOOSE =
  /^(LCS|SMEMBERS|SINTER|SUNION|SDIFF|HGETALL|HKEYS|HVALS|.*SCAN|.*RAND.*|SPOP|KEYS|SORT.*|OBJECT|.*TTL|.*TIME)$/;
const BLOCKING = /^B[LRZ]|^\s*$/;

const GROUPS = [strings, lists, hashes, sets, sortedSets];

const command: Part = (random) => {
  for (;;) {
    const args = generate(random.pick(random.pick(GROUPS).commands), random);
    if (args.includes(";") || LOOSE.test(args[0] ?? "") || BLOCKING.test(args[0] ?? "")) continue;
    // An order by member is undefined where scores differ.
    if (args.some((arg) => /LEX/.test(arg))) continue;
    return args;
  }
};

const script: Part = any(
  joined(protocol, "return redis.call(unpack(ARGV))"),
  joined(protocol, "return redis.pcall(unpack(ARGV))"),
  joined(SHOW, protocol, "return show(redis.pcall(unpack(ARGV)))"),
  joined(SHOW, protocol, "return show({pcall(redis.call, unpack(ARGV))})"),
  joined(protocol, "return {redis.call(unpack(ARGV)), redis.pcall(unpack(ARGV))}"),
  joined(
    protocol,
    "local r = redis.pcall(unpack(ARGV)) if type(r) == 'table' and r.err then return r.err end return r",
  ),
  joined(
    any("", "", "#!lua\n", "#!lua flags=no-writes\n", "#!lua flags=allow-oom,no-cluster\n"),
    "local r = {} for i = 1, 3 do r[i] = redis.call(unpack(ARGV)) end return r",
  ),
);

const failure: Part = any(
  // A table without an error ends a Redis of this version.
  joined("error(", any(...NUMBERS, text, "true", "nil", ""), any("", ", 0", ", 2"), ")"),
  joined("error({err=", text, any("", ", ignore_error_stats_update=true"), "})"),
  joined("return ", any("redis", "foo", "KEYS", "_G", "string", "#ARGV", "KEYS.x", "#KEYS")),
  joined(any("x", "redis.call", "KEYS", "string.x", "_G.y", "getmetatable('').__index"), " = 1"),
  joined("\n\nlocal t = nil\nreturn ", any("t.x", "t()", "t + 1", "t .. 'a'", "#t", "t < 1")),
  joined("return redis.", any("call", "pcall", "sha1hex", "error_reply", "status_reply"), "()"),
  joined(
    "return redis.",
    any("call", "pcall", "sha1hex", "error_reply", "status_reply", "log", "setresp", "set_repl"),
    "(",
    (random) => {
      const argument = () => {
        const made = expression(random, 9);
        return made.startsWith("print") ? "1" : made;
      };
      return Array.from({ length: random.int(1, 2) }, argument).join(", ");
    },
    ")",
  ),
  joined("redis.", any("setresp", "set_repl"), "(", any("1", "2", "3", "4", "'3'", "{}"), ")"),
  "return {redis.breakpoint(), redis.debug('x'), redis.replicate_commands(), redis.REDIS_VERSION}",
  "return redis.acl_check_cmd('get', 'x')",
  "return {pcall(redis.acl_check_cmd, 'nothing')}",
  "return pcall(nil)",
  "local function f() return f() + 1 end return f()",
  "return coroutine.wrap(function() return redis.call('echo', 'x') end)()",
  "return coroutine.wrap(function() return redis.call('incr', 'l1', 1) end)()",
  "local t = {} for i = 1, 500 do t = {t} end return t",
  "if",
  "return 'a",
  "#!lua flags=bad\nreturn 1",
  "#!lua name=x\nreturn 1",
  "#!lua",
  "#!python\nreturn 1",
  "#!lua flags=\nreturn 1",
  '#!lua "flags=no-writes\nreturn 1',
  "#!lua flags=no-writes\nreturn redis.call('set', 's1', 'x')",
  "redis.call('select', '1') redis.call('set', 's1', 'other') return redis.call('get', 's1')",
);

const evaluate = any("EVAL", "EVAL", "EVAL", "EVAL_RO");
const SHAS = [
  "e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
  "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB",
  "e0e1f9fabfc9d4800c877a703b823ac0578ff8d",
  "0000000000000000000000000000000000000000",
];

// Functions.

// Names in one library that differ only by case end a Redis of this version.
const functionName = any("f", "g", "h1", "bad name", "");
const calledName = any("f", "g", "F", "h1", "bad name", "");
const library = any("lib", "other", "Lib");
const registered: Part = any(
  joined(
    "redis.register_function('",
    functionName,
    "', function(keys, args) return {keys, args} end)",
  ),
  joined(
    "redis.register_function{function_name='",
    functionName,
    "', callback=function(keys, args) return redis.call(unpack(args)) end",
    // One mistake at most: in which order Redis sees them depends on a hash.
    any(
      ...["", ", description='what it does'", ", description={}", ", other=1", ", flags={'x'}"],
      ...[", flags={'no-writes'}", ", description='x', flags={'NO-WRITES', 'allow-oom'}"],
      ", flags=1",
    ),
    "}",
  ),
  joined(
    "redis.register_function(",
    any("", "'f'", "{}", "1, 2", "'f', 1", "{}, redis.log", "'f', redis.log", "'a', 'b', 'c'"),
    ")",
  ),
  joined(
    "redis.register_function{",
    any("function_name=1", "callback=1", "callback=redis.log", "function_name={}", "[{}]=1"),
    "}",
  ),
);
const code: Part = joined(
  any("#!lua name=", "#!lua name=", "#!lua name=", "#!LUA name=", "#!lua NAME=", "#!js name="),
  library,
  any("", "", "", " name=x", " x", ' "'),
  any("\n", "\n", "\n", ""),
  any("", "", "", "local x = math.floor(1) ", "x = 1 ", "error('no') ", "redis.call('get', 'x') "),
  registered,
  any("", joined("\n", registered)),
);

/** Scripts and functions: what they return, what commands give them, and all that they can do wrong. */
export const scripts: Group = {
  commands: [
    [evaluate, joined(protocol, "return ", (random) => expression(random)), "0"],
    [evaluate, joined(protocol, "return ", (random) => expression(random)), "0"],
    [evaluate, script, "0", command],
    [evaluate, script, "0", command],
    [evaluate, script, "0", command],
    [evaluate, failure, "0"],
    [evaluate, failure, "0"],
    [evaluate, "return {KEYS, ARGV, #KEYS, #ARGV}", any("0", "1", "2"), many(value, 0, 4)],
    [evaluate, "return {KEYS[1], ARGV[1]}", any("-1", "5", "x", "1"), key, value],
    [any("EVALSHA", "EVALSHA_RO"), any(...SHAS), any("0", "1", "x"), opt(key)],
    ["SCRIPT", "LOAD", any("return 1", failure)],
    ["SCRIPT", "EXISTS", many(any(...SHAS), 1, 3)],
    ["SCRIPT", "FLUSH", opt(any("SYNC", "ASYNC", "NOW"))],
    ["SCRIPT", "KILL"],
    ["FUNCTION", "LOAD", opt("REPLACE"), opt("REPLACE"), code],
    ["FUNCTION", "LOAD", opt("REPLACE"), opt("REPLACE"), code],
    ["FUNCTION", "LOAD", opt("REPLACE"), code],
    ["FUNCTION", "DELETE", library],
    ["FUNCTION", "LIST", options(["LIBRARYNAME", any(library, pattern)], "WITHCODE")],
    ["FUNCTION", "FLUSH", opt(any("SYNC", "ASYNC", "NOW"))],
    ["FUNCTION", "STATS"],
    ["FUNCTION", "KILL"],
    [any("FCALL", "FCALL_RO"), calledName, "0", command],
    [any("FCALL", "FCALL_RO"), calledName, any("0", "1", "3", "-1", "x"), many(value, 0, 3)],
    ["MULTI", ";", "EVAL", script, "0", command, ";", "EXEC"],
    command,
    command,
    ["DEL", key],
    ["COMMAND", "GETKEYS", any("EVAL", "EVALSHA_RO", "FCALL"), "x", any("0", "1", "2"), key, value],
  ],
};
