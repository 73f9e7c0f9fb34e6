/**
 * The commands of scripts.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import { commandFlags, parseShebang } from "../scripting/flags.ts";
import type { Script } from "../scripting/runner.ts";
import { integerAt } from "./arguments.ts";
import { type CommandRow, type CommandRows, isWord } from "./command.ts";
import { CommandError } from "./error.ts";
import { FCALL, FCALL_RO, FUNCTION } from "./functions.ts";
import { helpRow } from "./help.ts";

const NO_SCRIPT = "NOSCRIPT No matching script. Please use EVAL.";
const SHA_LENGTH = 40;

/**
 * How many of a script's arguments are keys.
 *
 * @param error What is replied if the argument is no number.
 */
export function keyCount(args: Args, error?: string): number {
  const count = integerAt(args, 2, error);
  if (count > args.count - 3) {
    throw new CommandError("ERR Number of keys can't be greater than number of args");
  }
  if (count < 0) throw new CommandError("ERR Number of keys can't be negative");
  return count;
}

/** Shows a script to those who monitor before the commands that it calls. */
export function monitorFirst(client: Client, args: Args): void {
  const { engine } = client;
  if (engine.monitors.size > 0) engine.monitor(client, args);
}

function run(client: Client, args: Args, keys: number, script: Script, isReadonly: boolean): void {
  const { scripts, runner } = client.engine.scripting;
  scripts.setArguments(script, args, 3, keys);
  runner.run(script, client, args, isReadonly, []);
}

/** The flags of `EVAL` with a script that declares its own. */
function flagsOf(_: Client, args: Args, flags: number): number {
  const shebang = parseShebang(args.at(1).latin1());
  return typeof shebang === "string" ? flags : commandFlags(flags, shebang.flags);
}

function flagsOfKnown({ engine: { scripting } }: Client, args: Args, flags: number): number {
  return commandFlags(flags, scripting.scripts.find(args.at(1))?.flags);
}

const evaluate = (isReadonly: boolean) => (client: Client, args: Args): void => {
  monitorFirst(client, args);
  const keys = keyCount(args);
  const script = client.engine.scripting.scripts.load(args.at(1));
  run(client, args, keys, script, isReadonly);
};

const evaluateKnown = (isReadonly: boolean) => (client: Client, args: Args): void => {
  monitorFirst(client, args);
  const sha = args.at(1);
  if (sha.length !== SHA_LENGTH) throw new CommandError(NO_SCRIPT);
  const keys = keyCount(args);
  const script = client.engine.scripting.scripts.find(sha);
  if (script === undefined) throw new CommandError(NO_SCRIPT);
  run(client, args, keys, script, isReadonly);
};

function exists({ engine: { scripting: { scripts } }, reply }: Client, args: Args): void {
  reply.array(args.count - 2);
  for (let i = 2; i < args.count; i++) {
    reply.integer(scripts.find(args.at(i)) === undefined ? 0 : 1);
  }
}

/** Whether an argument says how to free what is flushed. */
export function isFlushMode(args: Args): boolean {
  if (args.count === 2) return true;
  return args.count === 3 && (isWord(args.at(2), "async") || isWord(args.at(2), "sync"));
}

function flush({ engine, reply }: Client, args: Args): void {
  if (!isFlushMode(args)) {
    throw new CommandError("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  engine.scripting.scripts.clear();
  reply.ok();
}

const EVAL: CommandRow = {
  arity: -3,
  flags: "noscript stale skip_monitor may_replicate no_mandatory_keys movablekeys",
  keys: "#2 RW access update",
  since: "2.6.0",
  summary: "Runs a script",
  flagsOf,
  run: evaluate(false),
};

const EVAL_RO: CommandRow = {
  arity: -3,
  flags: "readonly noscript stale skip_monitor no_mandatory_keys movablekeys",
  keys: "#2 RO access",
  since: "7.0.0",
  summary: "Runs a script that only reads",
  flagsOf,
  run: evaluate(true),
};

export const SCRIPTING: CommandRows = {
  eval: EVAL,
  eval_ro: EVAL_RO,
  evalsha: {
    ...EVAL,
    summary: "Runs a script by its SHA-1",
    flagsOf: flagsOfKnown,
    run: evaluateKnown(false),
  },
  evalsha_ro: {
    ...EVAL_RO,
    summary: "Runs a script that only reads, by its SHA-1",
    flagsOf: flagsOfKnown,
    run: evaluateKnown(true),
  },
  fcall: FCALL,
  fcall_ro: FCALL_RO,
  function: FUNCTION,
  script: {
    arity: -2,
    flags: "",
    since: "2.6.0",
    summary: "Keeps scripts",
    subcommands: {
      exists: {
        arity: -3,
        flags: "noscript",
        tips: "request_policy:all_shards response_policy:agg_logical_and",
        since: "2.6.0",
        summary: "Tells which scripts are known, by their SHA-1",
        run: exists,
      },
      flush: {
        arity: -2,
        flags: "noscript",
        tips: "request_policy:all_nodes response_policy:all_succeeded",
        since: "2.6.0",
        summary: "Forgets all scripts",
        run: flush,
      },
      help: helpRow("5.0.0", "script"),
      kill: {
        arity: 2,
        flags: "noscript allow_busy",
        tips: "request_policy:all_shards response_policy:one_succeeded",
        since: "2.6.0",
        summary: "Ends the script that takes too long",
        run: ({ engine, reply }) => {
          engine.scripting.runner.kill(true);
          reply.ok();
        },
      },
      load: {
        arity: 3,
        flags: "noscript stale",
        tips: "request_policy:all_nodes response_policy:all_succeeded",
        since: "2.6.0",
        summary: "Compiles a script without running it",
        run: ({ engine, reply }, args) =>
          reply.text(engine.scripting.scripts.load(args.at(2)).name),
      },
    },
  },
};
