/**
 * Fuzzes what clients send: requests of every command in the table, right, wrong or damaged, in
 * pipelines that are cut anywhere, and bytes that are none.
 *
 * @module
 */

import { allCommands } from "../commands/table.ts";
import { generate, type Group, many, mutate, type Part, split } from "../compare/grammar.ts";
import { any, edgeInteger, element, integer, key, opt, text, value } from "../compare/grammar.ts";
import { GROUPS } from "../compare/groups/all.ts";
import { Random } from "../compare/random.ts";
import { encode, toBytes } from "../compare/resp.ts";
import { mangle } from "./mangle.ts";
import { type Connection, type Note, Target } from "./target.ts";

const CONNECTIONS = 3;
/** Batches of requests that are sent before all is looked at. */
const BATCHES = 300;
const MAX_BATCH = 15;

/** Commands that the comparison with a real Redis has not, or nowhere else. */
const OTHERS: Part[] = [
  ["DUMP", key],
  ["RESTORE", key, integer(0, 100), value, opt("REPLACE")],
  ["FUNCTION", any("DUMP", "HELP", ["RESTORE", value])],
  [any("SAVE", "BGSAVE", "SHUTDOWN"), opt(any("NOSAVE", "SCHEDULE", "ABORT", "FORCE"))],
  ["DEBUG", any("DIGEST", "RELOAD", "HELP", ["DIGEST-VALUE", key], ["OBJECT", key])],
  ["DEBUG", any(["HTSTATS-KEY", key], ["SET-ACTIVE-EXPIRE", any("0", "1")])],
  ["CLIENT", any("NO-TOUCH", "SETINFO"), many(any("ON", "OFF", "LIB-NAME", element), 1, 2)],
  // Whatever it is, with arguments of any kind.
  (random) => [
    random.pick(NAMES).split("|"),
    many(any(key, element, value, edgeInteger, text("-", element)), 0, 5),
  ],
];
const NAMES = allCommands().flatMap(({ fullName, subcommands }) => [
  fullName,
  ...subcommands.map(({ fullName }) => fullName),
]).filter((name) => !name.startsWith("debug"));

const ALL: Group[] = [...Object.values(GROUPS), { commands: OTHERS }];

/** What would not be seen to have ended, or would make a small command a very long one. */
const UNWANTED = ["PAUSE", "REPLY", "POPULATE", "SLEEP", "proto-max-bulk-len"];

/**
 * The commands of a grammar, one or several: without the comparison's own `PAUSE`, without
 * `CLIENT REPLY`, which within a transaction takes replies out of an array, as in Redis, and without
 * those that make as much as they are told to.
 */
export function commandsOf(part: Part, random: Random): string[][] {
  return split(generate(part, random))
    .filter((args) => !args.some((arg) => UNWANTED.includes(arg)));
}

/** Some requests, right or not, as bytes. */
function batch(groups: readonly Group[], random: Random): Uint8Array {
  let requests = "";
  for (let left = random.int(1, MAX_BATCH); left > 0; left--) {
    for (const command of commandsOf(random.pick(random.pick(groups).commands), random)) {
      const args = random.chance(0.3) ? mutate(command, random) : command;
      requests += random.chance(0.05) ? `${args.join(" ")}\r\n` : encode(args);
    }
  }
  const bytes = toBytes(requests);
  return random.chance(0.25) ? mangle(bytes, random) : bytes;
}

/** Bytes of no meaning, of which some look as if they had one. */
function noise(random: Random): Uint8Array {
  const looks = ["*", "$", "\r\n", "*3\r\n$3\r\nSET\r\n", "PING\r\n", "\0", '"', "'", "GET "];
  let bytes = "";
  for (let left = random.int(1, 30); left > 0; left--) {
    bytes += random.chance(0.4)
      ? random.pick(looks)
      : String.fromCharCode(...Array.from({ length: random.int(1, 20) }, () => random.int(0, 255)));
  }
  return toBytes(bytes);
}

/** Bytes in parts. */
export function cut(bytes: Uint8Array, random: Random): Uint8Array[] {
  if (random.chance(0.5)) return [bytes];
  const places = Array.from({ length: random.int(1, 4) }, () => random.int(0, bytes.length));
  const bounds = [0, ...places.sort((a, b) => a - b), bytes.length];
  return bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end));
}

/** Small limits of encodings, so that values change theirs often. */
export function chooseLimits(target: Target, random: Random): void {
  if (random.chance(0.5)) return;
  const entries = `${random.int(1, 5)}`;
  const limits = [
    ...["hash-max-listpack-entries", entries, "zset-max-listpack-entries", entries],
    ...["set-max-intset-entries", entries, "list-max-listpack-size", entries],
    ...["stream-node-max-entries", entries, "hash-max-listpack-value", "10"],
    ...["rdbcompression", random.pick(["yes", "no"])],
  ];
  target.call("CONFIG", "SET", ...limits);
}

/** Sends batches by several clients to one cache, which must answer all of them in a right form. */
export async function fuzzRequests(seed: number, note: Note): Promise<number> {
  const random = new Random(seed);
  const target = new Target();
  chooseLimits(target, random);
  const connections: (Connection | undefined)[] = [];
  // Few kinds of commands at a time, so that they meet.
  const groups = random.chance(0.3) ? ALL : random.shuffle(ALL).slice(0, random.int(1, 4));
  let inputs = 0;
  for (let i = 0; i < BATCHES; i++) {
    const at = random.int(0, CONNECTIONS - 1);
    let connection = connections[at];
    if (connection === undefined || connection.closed) {
      connection = connections[at] = target.connect();
    }
    const bytes = random.chance(0.05) ? noise(random) : batch(groups, random);
    note(bytes);
    await connection.say(...cut(bytes, random));
    inputs++;
    if (random.chance(0.05)) connection.close();
    if (random.chance(0.2)) await target.advance(random.pick([1, 100, 1000, 1_000_000]));
  }
  await target.end();
  return inputs;
}
