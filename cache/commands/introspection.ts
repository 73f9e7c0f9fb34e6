/**
 * `COMMAND` and its subcommands: what the table of commands says of itself.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { globMatches } from "../glob.ts";
import type { Args } from "../protocol/request.ts";
import type { Reply } from "../protocol/reply.ts";
import { latin1Slice } from "../store/slice.ts";
import {
  categoriesOf,
  type Command,
  type CommandRow,
  FLAG_NAMES,
  isWord,
  keyIndexes,
  keyReferences,
  type KeySpec,
  type KeywordSpec,
  MAY_REPLICATE,
  NO_MANDATORY_KEYS,
  PROTECTED,
  type UnknownSpec,
} from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";
import { helpRow } from "./help.ts";

function flagsOf({ flags }: Command): string[] {
  // Redis does not tell of those that have to do with replication, nor which commands are to be enabled.
  const told = flags & ~(MAY_REPLICATE | PROTECTED);
  return FLAG_NAMES.filter((_, bit) => (told & 1 << bit) !== 0);
}

function writeTexts(reply: Reply, texts: readonly string[]): void {
  reply.set(texts.length);
  for (const text of texts) reply.simple(text);
}

/** One half of a key's specification: its type, and numbers or texts by name. */
function writeSearch(
  reply: Reply,
  name: string,
  type: string,
  spec: Readonly<Record<string, string | number>>,
): void {
  reply.text(name);
  reply.map(2);
  reply.text("type");
  reply.text(type);
  reply.text("spec");
  reply.map(Object.keys(spec).length);
  for (const [name, value] of Object.entries(spec)) {
    reply.text(name);
    if (typeof value === "string") reply.text(value);
    else reply.integer(value);
  }
}

function writeKeySpec(reply: Reply, spec: KeySpec | KeywordSpec | UnknownSpec): void {
  reply.map(3);
  reply.text("flags");
  writeTexts(reply, spec.flags);
  if ("keyword" in spec) {
    const { keyword, from, last, limit } = spec;
    writeSearch(reply, "begin_search", "keyword", { keyword, startfrom: from });
    writeSearch(reply, "find_keys", "range", { lastkey: last, keystep: 1, limit });
    return;
  }
  if (!("first" in spec)) {
    writeSearch(reply, "begin_search", "unknown", {});
    writeSearch(reply, "find_keys", "unknown", {});
    return;
  }
  const { first, counted, last, step } = spec;
  writeSearch(reply, "begin_search", "index", { index: first });
  if (counted) {
    writeSearch(reply, "find_keys", "keynum", { keynumidx: 0, firstkey: 1, keystep: step });
  } else {
    const lastkey = last < 0 ? last : last - first;
    writeSearch(reply, "find_keys", "range", { lastkey, keystep: step, limit: 0 });
  }
}

/** One command, as `COMMAND INFO` replies it. */
function writeCommand(reply: Reply, command: Command): void {
  const fixed = command.keys.filter(({ counted }) => !counted);
  const [range] = fixed;
  reply.array(10);
  reply.text(command.fullName);
  reply.integer(command.arity);
  writeTexts(reply, flagsOf(command));
  reply.integer(range?.first ?? 0);
  reply.integer(fixed.at(-1)?.last ?? 0);
  reply.integer(range?.step ?? 0);
  writeTexts(reply, categoriesOf(command).map((category) => `@${category}`));
  const tips = command.row.tips?.split(" ") ?? [];
  reply.set(tips.length);
  for (const tip of tips) reply.text(tip);
  const specs = [...command.keys, ...command.row.keywords ?? []];
  reply.set(specs.length);
  for (const spec of specs) writeKeySpec(reply, spec);
  if (command.subcommands.length === 0) reply.set(0);
  else reply.array(command.subcommands.length);
  for (const subcommand of command.subcommands) writeCommand(reply, subcommand);
}

/** The documentation of one command, as `COMMAND DOCS` replies it. */
function writeDocs(reply: Reply, command: Command): void {
  const { row, group, subcommands } = command;
  reply.text(command.fullName);
  reply.map(subcommands.length > 0 ? 4 : 3);
  for (const [name, value] of Object.entries({ summary: row.summary, since: row.since, group })) {
    reply.text(name);
    reply.text(value);
  }
  if (subcommands.length === 0) return;
  reply.text("subcommands");
  reply.map(subcommands.length);
  for (const subcommand of subcommands) writeDocs(reply, subcommand);
}

function info(client: Client, args: Args): void {
  const { reply, engine } = client;
  const { commands } = engine.commands;
  if (args.count <= 2) {
    reply.array(commands.length);
    for (const command of commands) writeCommand(reply, command);
    return;
  }
  reply.array(args.count - 2);
  for (let i = 2; i < args.count; i++) {
    const command = engine.commands.getFull(args.at(i).latin1());
    if (command === undefined) reply.null();
    else writeCommand(reply, command);
  }
}

function docs(client: Client, args: Args): void {
  const { reply, engine } = client;
  const { commands } = engine.commands;
  const named = Array.from(
    { length: args.count - 2 },
    (_, i) => engine.commands.getFull(args.at(i + 2).latin1()),
  );
  const shown = args.count > 2 ? named.filter((command) => command !== undefined) : commands;
  reply.map(shown.length);
  for (const command of shown) writeDocs(reply, command);
}

function list({ reply, engine }: Client, args: Args): void {
  let shown = engine.commands.all;
  if (args.count > 2) {
    if (args.count !== 5 || !isWord(args.at(2), "filterby")) throw new CommandError(SYNTAX);
    const [kind, wanted] = [args.at(3), args.at(4)];
    if (isWord(kind, "pattern")) {
      shown = shown.filter(({ fullName }) => globMatches(wanted, latin1Slice(fullName), true));
    } else if (isWord(kind, "aclcat")) {
      shown = engine.commands.inCategory(wanted.latin1().toLowerCase()) ?? [];
    } else if (isWord(kind, "module")) {
      shown = [];
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  reply.array(shown.length);
  for (const { fullName } of shown) reply.text(fullName);
}

/** The keys of a command line, with what the command does with them if asked. */
function getkeys(withFlags: boolean) {
  return ({ reply, engine }: Client, args: Args): void => {
    const line = args.from(2);
    const command = engine.commands.lookUp(line);
    if (command === undefined) throw new CommandError("ERR Invalid command specified");
    if (command.keys.length === 0 && command.row.otherKeys === undefined) {
      throw new CommandError("ERR The command has no key arguments");
    }
    if (!command.accepts(line.count)) {
      throw new CommandError("ERR Invalid number of arguments specified for command");
    }
    const indexes = keyIndexes(command, line);
    if (!indexes?.length && (command.flags & NO_MANDATORY_KEYS) !== 0) return reply.array(0);
    if (indexes === undefined) {
      throw new CommandError("ERR Invalid arguments specified for command");
    }
    if (indexes.length === 0) throw new CommandError("ERR The command has no key arguments");
    reply.array(indexes.length);
    for (const { index, flags } of keyReferences(command, line)) {
      if (withFlags) reply.array(2);
      reply.bulk(line.at(index));
      if (withFlags) writeTexts(reply, flags);
    }
  };
}

const FLAGS = "loading stale";

export const COMMAND: CommandRow = {
  arity: -1,
  flags: FLAGS,
  categories: "connection",
  tips: "nondeterministic_output_order",
  since: "2.8.13",
  summary: "Tells of all commands",
  run: info,
  subcommands: {
    count: {
      arity: 2,
      flags: FLAGS,
      categories: "connection",
      since: "2.8.13",
      summary: "Counts the commands",
      run: ({ reply, engine }) => reply.integer(engine.commands.commands.length),
    },
    docs: {
      arity: -2,
      flags: FLAGS,
      categories: "connection",
      tips: "nondeterministic_output_order",
      since: "7.0.0",
      summary: "Replies the documentation of commands",
      run: docs,
    },
    getkeys: {
      arity: -4,
      flags: FLAGS,
      categories: "connection",
      since: "2.8.13",
      summary: "Finds the keys in a command line",
      run: getkeys(false),
    },
    getkeysandflags: {
      arity: -4,
      flags: FLAGS,
      categories: "connection",
      since: "7.0.0",
      summary: "Finds the keys in a command line, with what is done to them",
      run: getkeys(true),
    },
    help: { ...helpRow("5.0.0", "command"), categories: "connection" },
    info: {
      arity: -2,
      flags: FLAGS,
      categories: "connection",
      tips: "nondeterministic_output_order",
      since: "2.8.13",
      summary: "Tells of some commands",
      run: info,
    },
    list: {
      arity: -2,
      flags: FLAGS,
      categories: "connection",
      tips: "nondeterministic_output_order",
      since: "7.0.0",
      summary: "Lists the names of commands",
      run: list,
    },
  },
};
