/**
 * The commands of functions.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { dumpLibraries, isWholeDump, readLibraries } from "../dump.ts";
import { globMatches } from "../glob.ts";
import type { Args } from "../protocol/request.ts";
import { RdbError } from "../rdb/reader.ts";
import { commandFlags, SCRIPT_FLAGS } from "../scripting/flags.ts";
import type { LibraryFunction } from "../scripting/functions.ts";
import { textTable } from "../scripting/scripts.ts";
import { latin1Slice, type Slice } from "../store/slice.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, printed, unknownSubcommand } from "./error.ts";
import { helpRow } from "./help.ts";
import { isFlushMode, keyCount, monitorFirst } from "./scripting.ts";

function flagsOf({ engine: { scripting } }: Client, args: Args, flags: number): number {
  return commandFlags(flags, scripting.functions.find(args.at(1).latin1())?.flags);
}

const callFunction = (isReadonly: boolean) => (client: Client, args: Args): void => {
  monitorFirst(client, args);
  const { functions, runner } = client.engine.scripting;
  const called = functions.find(args.at(1).latin1());
  if (called === undefined) throw new CommandError("ERR Function not found");
  const keys = keyCount(args, "ERR Bad number of keys provided");
  runner.run(called, client, args, isReadonly, [
    textTable(args, 3, 3 + keys),
    textTable(args, 3 + keys, args.count),
  ]);
};

function load({ engine, reply }: Client, args: Args): void {
  const last = args.count - 1;
  let replaces = false;
  for (let i = 2; i < last; i++) {
    if (!isWord(args.at(i), "replace")) {
      throw new CommandError(`ERR Unknown option given: ${printed(args.at(i))}`);
    }
    replaces = true;
  }
  const name = engine.scripting.functions.load(args.at(last).latin1(), replaces);
  engine.dirty++;
  reply.text(name);
}

function remove({ engine, reply }: Client, args: Args): void {
  if (!engine.scripting.functions.remove(args.at(2).latin1())) {
    throw new CommandError("ERR Library not found");
  }
  engine.dirty++;
  reply.ok();
}

function flush({ engine, reply }: Client, args: Args): void {
  if (args.count > 3) throw unknownSubcommand("FUNCTION", args);
  if (!isFlushMode(args)) {
    throw new CommandError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  engine.scripting.functions.clear();
  engine.dirty++;
  reply.ok();
}

function list({ engine, reply }: Client, args: Args): void {
  let pattern: string | undefined;
  let withCode = false;
  for (let i = 2; i < args.count; i++) {
    const option = args.at(i);
    if (!withCode && isWord(option, "withcode")) withCode = true;
    else if (pattern === undefined && isWord(option, "libraryname")) {
      if (++i === args.count) throw new CommandError("ERR library name argument was not given");
      pattern = args.at(i).latin1();
    } else {
      throw new CommandError(`ERR Unknown argument ${printed(option)}`);
    }
  }
  const shown = engine.scripting.functions.libraries.values().filter(({ name }) =>
    pattern === undefined || globMatches(latin1Slice(pattern), latin1Slice(name), true)
  ).toArray();
  reply.array(shown.length);
  for (const { name, functions, code } of shown) {
    reply.map(withCode ? 4 : 3);
    reply.text("library_name");
    reply.text(name);
    reply.text("engine");
    reply.text("LUA");
    reply.text("functions");
    reply.array(functions.size);
    for (const one of functions.values()) describe(reply, one);
    if (withCode) {
      reply.text("library_code");
      reply.text(code);
    }
  }
}

function describe(
  reply: Client["reply"],
  { name, description, flags }: LibraryFunction,
): void {
  reply.map(3);
  reply.text("name");
  reply.text(name);
  reply.text("description");
  if (description === undefined) reply.null();
  else reply.text(description);
  reply.text("flags");
  const names = SCRIPT_FLAGS.filter((_, bit) => (flags & 1 << bit) !== 0);
  reply.set(names.length);
  for (const flag of names) reply.simple(flag);
}

function stats({ engine, reply }: Client): void {
  const { functions, runner } = engine.scripting;
  const running = runner.stats;
  reply.map(2);
  reply.text("running_script");
  if (running === undefined) reply.null();
  else {
    const { name, args, milliseconds } = running;
    reply.map(3);
    reply.text("name");
    reply.text(name);
    reply.text("command");
    reply.array(args.count);
    for (let i = 0; i < args.count; i++) reply.bulk(args.at(i));
    reply.text("duration_ms");
    reply.integer(milliseconds);
  }
  reply.text("engines");
  reply.map(1);
  reply.text("LUA");
  reply.map(2);
  reply.text("libraries_count");
  reply.integer(functions.libraries.size);
  reply.text("functions_count");
  reply.integer(functions.size);
}

export const FCALL: CommandRow = {
  arity: -3,
  flags: "noscript stale skip_monitor may_replicate no_mandatory_keys movablekeys",
  keys: "#2 RW access update",
  since: "7.0.0",
  summary: "Calls a function",
  flagsOf,
  run: callFunction(false),
};

export const FCALL_RO: CommandRow = {
  arity: -3,
  flags: "readonly noscript stale skip_monitor no_mandatory_keys movablekeys",
  keys: "#2 RO access",
  since: "7.0.0",
  summary: "Calls a function that only reads",
  flagsOf,
  run: callFunction(true),
};

const POLICIES = ["flush", "append", "replace"] as const;

function dump({ engine, reply }: Client): void {
  const { libraries } = engine.scripting.functions;
  const codes = libraries.values().map(({ code }) => latin1Slice(code));
  reply.bulk(dumpLibraries(codes, engine.settings));
}

function restore({ engine, reply }: Client, args: Args): void {
  if (args.count > 4) throw unknownSubcommand("FUNCTION", args);
  const policy = args.count === 4
    ? POLICIES.find((policy) => isWord(args.at(3), policy))
    : "append";
  if (policy === undefined) {
    throw new CommandError(
      "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
    );
  }
  const payload = args.at(2);
  if (!isWholeDump(payload, engine.settings.checksOfDumps)) {
    throw new CommandError("ERR DUMP payload version or checksum are wrong");
  }
  let codes: Slice[] | undefined;
  try {
    codes = readLibraries(payload);
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    throw new CommandError("ERR Failed loading library payload");
  }
  if (codes === undefined) throw new CommandError("ERR given type is not a function");
  engine.scripting.functions.restore(codes.map((code) => code.latin1()), policy);
  engine.dirty++;
  reply.ok();
}

const CHANGE_TIPS = "request_policy:all_shards response_policy:all_succeeded";

export const FUNCTION: CommandRow = {
  arity: -2,
  flags: "",
  since: "7.0.0",
  summary: "Keeps libraries of functions",
  subcommands: {
    delete: {
      arity: 3,
      flags: "write noscript",
      tips: CHANGE_TIPS,
      since: "7.0.0",
      summary: "Removes a library",
      run: remove,
    },
    flush: {
      arity: -2,
      flags: "write noscript",
      tips: CHANGE_TIPS,
      since: "7.0.0",
      summary: "Removes all libraries",
      run: flush,
    },
    dump: {
      arity: 2,
      flags: "noscript",
      since: "7.0.0",
      summary: "Replies all libraries, for `RESTORE`",
      run: dump,
    },
    help: helpRow("7.0.0", "function"),
    kill: {
      arity: 2,
      flags: "noscript allow_busy",
      tips: "request_policy:all_shards response_policy:one_succeeded",
      since: "7.0.0",
      summary: "Ends the function that takes too long",
      run: ({ engine, reply }) => {
        engine.scripting.runner.kill(false);
        reply.ok();
      },
    },
    list: {
      arity: -2,
      flags: "noscript",
      tips: "nondeterministic_output_order",
      since: "7.0.0",
      summary: "Tells of all libraries, or of those whose names match a pattern",
      run: list,
    },
    load: {
      arity: -3,
      flags: "write denyoom noscript",
      tips: CHANGE_TIPS,
      since: "7.0.0",
      summary: "Adds a library",
      run: load,
    },
    restore: {
      arity: -3,
      flags: "write denyoom noscript",
      tips: CHANGE_TIPS,
      since: "7.0.0",
      summary: "Adds libraries from what `DUMP` has replied",
      run: restore,
    },
    stats: {
      arity: 2,
      flags: "noscript allow_busy",
      tips: "nondeterministic_output request_policy:all_shards response_policy:special",
      since: "7.0.0",
      summary: "Tells of the function that takes long, and how many there are",
      run: stats,
    },
  },
};
