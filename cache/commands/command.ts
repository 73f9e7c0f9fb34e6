/**
 * What a command is, and the table of all commands, which drives everything: dispatch, the check of the
 * number of arguments, `COMMAND`, transactions, scripts, the documentation.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { LatencyHistogram } from "../latency.ts";
import { parseInteger } from "../number.ts";
import type { Args } from "../protocol/request.ts";
import type { Slice } from "../store/slice.ts";

/** The flags of commands, as `COMMAND` names them, in its order; each is one bit. */
export const FLAG_NAMES = [
  "write",
  "readonly",
  "denyoom",
  "module",
  "admin",
  "pubsub",
  "noscript",
  "blocking",
  "loading",
  "stale",
  "skip_monitor",
  "skip_slowlog",
  "asking",
  "fast",
  "no_auth",
  "may_replicate",
  "no_mandatory_keys",
  "protected",
  "no_async_loading",
  "no_multi",
  "movablekeys",
  "allow_busy",
] as const;

type FlagName = typeof FLAG_NAMES[number];

const bit = (name: FlagName): number => 1 << FLAG_NAMES.indexOf(name);
export const WRITE = bit("write");
export const READONLY = bit("readonly");
export const DENY_OOM = bit("denyoom");
export const ADMIN = bit("admin");
export const PUBSUB = bit("pubsub");
export const NO_SCRIPT = bit("noscript");
const BLOCKING = bit("blocking");
export const STALE = bit("stale");
export const SKIP_MONITOR = bit("skip_monitor");
export const SKIP_SLOWLOG = bit("skip_slowlog");
export const FAST = bit("fast");
export const NO_AUTH = bit("no_auth");
export const MAY_REPLICATE = bit("may_replicate");
export const PROTECTED = bit("protected");
export const NO_MULTI = bit("no_multi");
export const NO_MANDATORY_KEYS = bit("no_mandatory_keys");
export const ALLOW_BUSY = bit("allow_busy");

/** Where some of a command's keys are among its arguments, and what it does with them. */
export interface KeySpec {
  /** The first key's index, or that of the count of keys that comes before them. */
  readonly first: number;
  /** Whether the argument at `first` says how many keys follow it. */
  readonly counted: boolean;
  /** The last key's index; negative from the end. It has no meaning where they are counted. */
  readonly last: number;
  /** From one key to the next. */
  readonly step: number;
  /** As `COMMAND INFO` says them: `RW`, `access`, … */
  readonly flags: readonly string[];
}

/** Where keys are that stand behind a word among the arguments. */
export interface KeywordSpec {
  /** The word, in upper case. */
  readonly keyword: string;
  /** The index at which it is looked for. */
  readonly from: number;
  /** The last key, from the first one; negative from the end. */
  readonly last: number;
  /** Of the arguments up to the last, one in so many is a key; 0 for all. */
  readonly limit: number;
  readonly flags: readonly string[];
}

/** Keys that nothing tells where they are: `SORT` makes their names from what it sorts. */
export interface UnknownSpec {
  readonly flags: readonly string[];
}

/** A key that is found by what stands before it. */
export interface OtherKey {
  /** Its index among the arguments. */
  readonly index: number;
  /** As in a {@linkcode KeySpec}. */
  readonly flags: readonly string[];
}

/** A row of the table, as it is written beside a command's function. */
export interface CommandRow {
  /** The number of arguments with the name; negative if that is the least. */
  readonly arity: number;
  /** {@linkcode FLAG_NAMES}, with spaces between. */
  readonly flags: string;
  /**
   * Where the keys are: `1 RO access` is the first argument, `1..-1 RM delete` all arguments,
   * `1..-1:2 OW update` every other, `#2 RO access` as many as the second argument says. Several, with
   * `;` between them. Default: no keys.
   */
  readonly keys?: string;
  /**
   * Finds further keys, whose places depend on the arguments, or returns `undefined` if these do not say.
   * Default: none.
   */
  readonly otherKeys?: (args: Args) => readonly OtherKey[] | undefined;
  /** What it does with a key whose flags have `variable_flags`, which depends on the arguments. */
  readonly variableFlags?: (args: Args) => readonly string[];
  /**
   * Its flags where they depend on the arguments, given those of the row: a script declares its own.
   * Default: always the same.
   */
  readonly flagsOf?: (client: Client, args: Args, flags: number) => number;
  /**
   * Which of its arguments are channels, for access control: the first, all, or all as patterns.
   * Default: none.
   */
  readonly channels?: "first" | "all" | "patterns";
  /** How `COMMAND INFO` describes {@linkcode otherKeys}, and keys that cannot be found. */
  readonly keywords?: readonly (KeywordSpec | UnknownSpec)[];
  /** Categories for access control beyond those that follow from the group and the flags. */
  readonly categories?: string;
  /** Hints for clients and proxies, as `COMMAND INFO` replies them. */
  readonly tips?: string;
  /** The version of Redis that brought it. */
  readonly since: string;
  /** What it does, in a sentence without its period. */
  readonly summary: string;
  /** What a command does. A command that only holds others has none. */
  readonly run?: (client: Client, args: Args) => void;
  readonly subcommands?: CommandRows;
}

/** Rows by the commands' names, in lower case. */
export type CommandRows = Readonly<Record<string, CommandRow>>;

/**
 * Commands that take no longer than those that are {@linkcode FAST}. To Redis they are not, because they may
 * free a large value or make a string much longer, or because their time grows with their arguments.
 */
const QUICK = new Set([
  ...["set", "setex", "psetex", "getset", "setbit", "setrange", "geoadd", "geopos", "geodist"],
  ...["lmove", "rpoplpush"],
]);

/** A command. */
export class Command {
  /** In lower case. */
  readonly name: string;
  /** With that of the command that holds it: `config|get`. */
  readonly fullName: string;
  readonly group: string;
  readonly row: CommandRow;
  readonly arity: number;
  readonly flags: number;
  /** Whether the clock need not be looked at after it, which is an eighth of the time of `SET`. */
  readonly isQuick: boolean;
  readonly keys: readonly KeySpec[];
  readonly run: (client: Client, args: Args) => void;
  readonly subcommands: readonly Command[];
  /** For `INFO commandstats`. */
  calls = 0;
  microseconds = 0;
  rejectedCalls = 0;
  failedCalls = 0;
  readonly latencies: LatencyHistogram = new LatencyHistogram();

  constructor(name: string, group: string, row: CommandRow, parent?: string) {
    this.name = name;
    this.fullName = parent === undefined ? name : `${parent}|${name}`;
    this.group = group;
    this.row = row;
    this.arity = row.arity;
    this.flags = row.flags.split(" ").reduce(
      (flags, flag) => flag === "" ? flags : flags | bit(flag as FlagName),
      0,
    );
    this.isQuick = (this.flags & FAST) !== 0 || QUICK.has(this.fullName);
    this.keys = parseKeySpecs(row.keys ?? "");
    this.run = row.run ?? (() => {});
    this.subcommands = Object.entries(row.subcommands ?? {}).map(([sub, row]) =>
      new Command(sub, group, row, name)
    );
  }

  /** Its flags with these arguments. */
  flagsFor(client: Client, args: Args): number {
    return this.row.flagsOf?.(client, args, this.flags) ?? this.flags;
  }

  /** What a key at an index is to the command: flags of its {@linkcode KeySpec}. */
  keyFlags(index: number, args: Args): readonly string[] {
    const spec = this.row.otherKeys?.(args)?.find((key) => key.index === index) ??
      this.keys.findLast(({ first, counted, last }) =>
        counted ? index > first : index >= first && index <= (last < 0 ? args.count + last : last)
      );
    const flags = spec?.flags ?? [];
    return flags.includes("variable_flags") ? this.row.variableFlags?.(args) ?? flags : flags;
  }

  /** Whether it may have so many arguments, its name among them. */
  accepts(count: number): boolean {
    return this.arity >= 0 ? count === this.arity : count >= -this.arity;
  }
}

/** The categories of access control, in Redis' order. */
export const CATEGORIES = [
  ...["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap"],
  ...["hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous"],
  ...["connection", "transaction", "scripting"],
];

/**
 * The categories of Redis' groups of commands, where they have another name, or none: what they are for
 * then follows from their flags, or is said in their rows.
 */
const GROUP_CATEGORIES: Record<string, string> = {
  generic: "",
  pubsub: "",
  server: "",
  "sorted-set": "sortedset",
  transactions: "transaction",
};

/** The categories of a command, in their order. */
export function categoriesOf({ flags, group, row }: Command): string[] {
  const has = (bits: number): boolean => (flags & bits) !== 0;
  const own = new Set([
    has(WRITE) ? "write" : "",
    // A script may read what it likes, whatever its flags say.
    has(READONLY) && group !== "scripting" ? "read" : "",
    ...(has(ADMIN) ? ["admin", "dangerous"] : []),
    has(PUBSUB) ? "pubsub" : "",
    has(FAST) ? "fast" : "slow",
    has(BLOCKING) ? "blocking" : "",
    // A command that only holds others is in none.
    row.subcommands !== undefined && row.run === undefined ? "" : GROUP_CATEGORIES[group] ?? group,
    ...(row.categories?.split(" ") ?? []),
  ]);
  return CATEGORIES.filter((category) => own.has(category));
}

/** The numbers from `first` to below `end`. */
function indexesFrom(first: number, end: number): number[] {
  return Array.from({ length: Math.max(end - first, 0) }, (_, i) => first + i);
}

function parseKeySpecs(text: string): KeySpec[] {
  if (text === "") return [];
  return text.split(";").map((spec) => {
    const [place = "", ...flags] = spec.trim().split(" ");
    const match = /^(#?)(\d+)(?:\.\.(-?\d+))?(?::(\d+))?$/.exec(place);
    if (match === null) throw new SyntaxError(`Cannot read the keys "${text}"`);
    const [, counted, first, last, step] = match;
    return {
      first: Number(first),
      counted: counted === "#",
      last: Number(last ?? first),
      step: Number(step ?? 1),
      flags,
    };
  });
}

/**
 * The indexes of a command's keys among its arguments.
 *
 * @returns `undefined` if the arguments do not say how many keys there are.
 */
export function keyIndexes(command: Command, args: Args): number[] | undefined {
  const indexes: number[] = [];
  for (const { first, counted, last, step, flags } of command.keys) {
    if (flags.includes("not_key")) continue;
    if (counted) {
      // As `atoi` reads it.
      const count = first < args.count ? Number.parseInt(args.at(first).latin1(), 10) : NaN;
      if (!(count > 0 && first + count < args.count)) return undefined;
      indexes.push(...indexesFrom(first + 1, first + 1 + count));
    } else {
      const end = last < 0 ? args.count + last : last;
      if (first >= args.count || end >= args.count) return undefined;
      for (let i = first; i <= end; i += step) indexes.push(i);
    }
  }
  const { otherKeys } = command.row;
  const others = otherKeys === undefined ? [] : otherKeys(args);
  if (others === undefined) return undefined;
  for (const { index } of others) indexes.push(index);
  return indexes;
}

/** The keys of a command line, with what the command does with each: for access control. */
export function keyReferences(command: Command, args: Args): OtherKey[] {
  const indexes = keyIndexes(command, args) ?? [];
  const vague = command.keys.find(({ first, counted }) =>
    counted && first < args.count && Number.isNaN(parseInteger(args.at(first)))
  );
  if (vague === undefined) {
    return indexes.map((index) => ({ index, flags: command.keyFlags(index, args) }));
  }
  // Where Redis can read the count only as `atoi` does, it does not know what is done with the keys, and
  // finds the counted ones first.
  const isBefore = (index: number) => index < vague.first ? 1 : 0;
  return indexes.toSorted((a, b) => isBefore(a) - isBefore(b)).map((index) => ({
    index,
    flags: [],
  }));
}

/** Commands by name, found by the bytes of a request with no string made. */
export class CommandTable {
  readonly commands: readonly Command[];
  readonly #slots: (Command | undefined)[];
  #all: readonly Command[] | undefined;
  readonly #byCategory: Map<string, Command[]> = new Map();

  constructor(commands: readonly Command[]) {
    this.commands = commands;
    this.#slots = new Array(4 << Math.ceil(Math.log2(commands.length + 1))).fill(undefined);
    for (const command of commands) {
      let hash = 0;
      for (let i = 0; i < command.name.length; i++) hash = step(hash, command.name.charCodeAt(i));
      let slot = hash & (this.#slots.length - 1);
      while (this.#slots[slot] !== undefined) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = command;
    }
  }

  /** Finds a command by its name in upper or lower case. */
  find(name: Slice): Command | undefined {
    const { bytes, start, length } = name;
    let hash = 0;
    for (let i = start; i < start + length; i++) hash = step(hash, bytes[i]!);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const command = this.#slots[slot];
      if (command === undefined || isWord(name, command.name)) return command;
    }
  }

  /** Finds a command by its full name, as `config|get`. */
  getFull(fullName: string): Command | undefined {
    const lowerCase = fullName.toLowerCase();
    return this.all.find((command) => command.fullName === lowerCase);
  }

  /** All commands, each with its subcommands after it. */
  get all(): readonly Command[] {
    return this.#all ??= this.commands.flatMap((command) => [command, ...command.subcommands]);
  }

  /** The commands in a category of access control, given in lower case; `undefined` if there is none. */
  inCategory(category: string): readonly Command[] | undefined {
    if (this.#byCategory.size === 0) {
      for (const name of CATEGORIES) this.#byCategory.set(name, []);
      for (const command of this.all) {
        for (const name of categoriesOf(command)) this.#byCategory.get(name)?.push(command);
      }
    }
    return this.#byCategory.get(category);
  }

  /** Finds the command of a command line; a subcommand, if it names one. */
  lookUp(args: Args): Command | undefined {
    const command = this.find(args.at(0));
    if (command === undefined || command.subcommands.length === 0 || args.count === 1) {
      return command;
    }
    const name = args.at(1);
    return command.subcommands.find((subcommand) => isWord(name, subcommand.name));
  }
}

/** One step of the hash of a name, the same for upper and lower case. */
function step(hash: number, character: number): number {
  return (Math.imul(hash, 31) + (character | 0x20)) | 0;
}

/** Whether an argument is a word, in upper or lower case. The word is given in lower case. */
export function isWord(argument: Slice, word: string): boolean {
  const { bytes, start, length } = argument;
  if (length !== word.length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!;
    const lowerCase = byte >= 65 && byte <= 90 ? byte | 0x20 : byte;
    if (lowerCase !== word.charCodeAt(i)) return false;
  }
  return true;
}
