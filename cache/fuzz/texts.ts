/**
 * Fuzzes what is parsed from texts within arguments: Lua sources, rules of access control, settings.
 *
 * @module
 */

import { any, edgeFloat, edgeInteger, integer, text, value } from "../compare/grammar.ts";
import { many, type Part } from "../compare/grammar.ts";
import { acl } from "../compare/groups/acl.ts";
import { scripts } from "../compare/groups/scripts.ts";
import { Random } from "../compare/random.ts";
import { encode, toBytes, toText } from "../compare/resp.ts";
import { Generator, GENERATORS } from "../lua/compare_programs.ts";
import { PARAMETERS } from "../settings.ts";
import { mangle } from "./mangle.ts";
import { commandsOf, cut } from "./requests.ts";
import { type Note, Target } from "./target.ts";

/** Texts that one cache is sent. */
const TEXTS = 300;

/** What changes the meaning of a program where it does not stand by chance. */
const TOKENS = [
  ...["and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in"],
  ...["local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while", "..."],
  ...["+", "-", "*", "/", "%", "^", "#", "==", "~=", "<=", ">=", "<", ">", "=", "(", ")", "{", "}"],
  ...["[", "]", ";", ":", ",", ".", "..", "[[", "]]", "[==[", "--", "--[[", '"', "'", "\\", "\n"],
  ...["0x", "1e", "1e400", "0/0", "goto", "self", "_G", "a", "b", "KEYS", "ARGV", "redis.call"],
  ...["string.rep('x',1e9)", "string.format", "coroutine.wrap", "setmetatable", "pcall", "error"],
  ...["unpack", "table.concat", "cjson.decode", "cmsgpack.unpack", "struct.unpack", "bit.tohex"],
];

/** A program with tokens left out, put in, or in another place. */
function shuffled(program: string, random: Random): string {
  const tokens = program.match(/\w+|\s+|[^\w\s]/g) ?? [];
  for (let left = random.int(1, 3); left > 0; left--) {
    const at = random.int(0, tokens.length);
    const token = random.pick([...TOKENS, tokens[random.int(0, tokens.length - 1)] ?? ""]);
    tokens.splice(at, random.int(0, 2), ...random.chance(0.3) ? [] : [token]);
  }
  return tokens.join("");
}

/** A program nested so deeply that a parser by recursion falls. */
function nested(random: Random): string {
  const [open = "", close = ""] = random.pick([
    ["(", ")"],
    ["{", "}"],
    ["do ", " end"],
    ["function() return ", " end"],
    ["a[", "]"],
    ["not ", ""],
    ["-", ""],
    ["a..", ""],
    ["2^", ""],
    ["if a then ", " end"],
    ["f{", "}"],
  ]);
  const depth = random.pick([10, 190, 200, 201, 1000, 20_000]);
  return `return ${open.repeat(depth)}1${close.repeat(depth)}`;
}

function program(random: Random): string {
  const source = random.chance(0.1)
    ? nested(random)
    : new Generator(random.int(0, 2 ** 31)).generate(random.pick(Object.keys(GENERATORS)));
  if (random.chance(0.4)) return source;
  if (random.chance(0.6)) return shuffled(source, random);
  return toText(mangle(toBytes(source), random));
}

const metadata = any("#!lua name=l\n", "#!lua name=l\n", "#!", "#!lua\n", "#!lua name=\0\n", "");

/** Settings that are no parser's, and would only end what is fuzzed. */
const UNTOUCHED = ["busy-reply-threshold", "proto-max-bulk-len", "requirepass", "maxclients"];
const settings = PARAMETERS.filter(({ name }) => !UNTOUCHED.includes(name));
const setting: Part = (random) => random.pick(settings).name;
const settingText = any(
  edgeInteger,
  edgeFloat,
  value,
  any("yes", "no", "1gb", "10%", "-1%", "", " ", "3600 1 60", "normal 1 2 3", "pubsub 0 0 0"),
  any("KEA", "noeviction", "allkeys-lfu", "50 99 99.9", "replica 1mb 1mb 60 normal 0 0 0", "101%"),
);

/** Texts, each in the commands that parse it. */
const COMMANDS: Part[] = [
  (random) => ["EVAL", program(random), "1", "k", value],
  (random) => ["EVAL", program(random), "0"],
  (random) => ["EVAL_RO", program(random), "0"],
  (random) => ["SCRIPT", "LOAD", program(random)],
  (random) => [
    ...["FUNCTION", "LOAD", "REPLACE"],
    text(metadata, "redis.register_function('f', function(keys, args) ", program(random), " end)"),
    ...[";", "FCALL", "f", "1", "k", value],
  ],
  (random) => commandsOf(random.pick(scripts.commands), random)[0] ?? [],
  ["CONFIG", "SET", setting, settingText],
  ["CONFIG", "SET", many([setting, settingText], 1, 3)],
  ["CONFIG", "GET", many(setting, 1, 3)],
  (random) => commandsOf(random.pick(acl.commands), random)[0] ?? [],
  ["ACL", "SETUSER", any("alice", "bob"), many((random) => rule(random), 1, 5)],
  ["ACL", any("LIST", "LOG", ["GETUSER", "alice"], ["GENPASS", integer(-1, 5000)])],
  ["ACL", "DRYRUN", "alice", any(["GET", "s1"], ["SORT", "s1", "STORE", "l1"], value)],
];

/** One rule of a user, damaged more often than not. */
function rule(random: Random): string {
  const all = commandsOf(random.pick(acl.commands), random).flat().slice(3);
  const rule = all.length > 0 ? random.pick(all) : "+@all";
  return random.chance(0.3) ? rule : toText(mangle(toBytes(rule), random));
}

/** Sends texts to one cache, which must take or refuse each of them. */
export async function fuzzTexts(seed: number, note: Note): Promise<number> {
  const random = new Random(seed);
  const target = new Target();
  let connection = target.connect();
  for (let i = 0; i < TEXTS; i++) {
    if (connection.closed) connection = target.connect();
    const commands = commandsOf(random.pick(COMMANDS), random);
    const bytes = toBytes(commands.map(encode).join(""));
    note(bytes);
    await connection.say(...cut(bytes, random));
    target.endScript();
  }
  await target.end();
  return TEXTS;
}
