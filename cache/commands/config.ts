/**
 * `CONFIG` and its subcommands.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { globMatches } from "../glob.ts";
import type { Args } from "../protocol/request.ts";
import { findParameter, type Parameter, PARAMETERS } from "../settings.ts";
import { latin1Slice } from "../store/slice.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, printed, SYNTAX } from "./error.ts";
import { helpRow } from "./help.ts";

function get({ reply, engine }: Client, args: Args): void {
  const shown = new Map<string, Parameter>();
  for (let i = 2; i < args.count; i++) {
    const pattern = args.at(i);
    for (const parameter of PARAMETERS) {
      for (const name of [parameter.name, parameter.alias]) {
        if (name === undefined || (parameter.hidden && !isWord(pattern, name))) continue;
        if (globMatches(pattern, latin1Slice(name), true)) shown.set(name, parameter);
      }
    }
  }
  reply.map(shown.size);
  for (const [name, parameter] of shown) {
    reply.text(name);
    reply.text(parameter.get(engine.settings));
  }
}

/** The error of a parameter that cannot be set so. */
function failure(name: string, why: string): CommandError {
  return new CommandError(
    `ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`,
  );
}

/** Sets all of the parameters, or none. */
function set({ reply, engine, executing }: Client, args: Args): void {
  if (args.count % 2 === 1) throw new CommandError(SYNTAX);
  const { settings } = engine;
  const changes: { name: string; parameter: Parameter; text: string }[] = [];
  for (let i = 2; i < args.count; i += 2) {
    const name = args.at(i).latin1();
    const parameter = findParameter(name);
    if (parameter === undefined) {
      throw new CommandError(
        `ERR Unknown option or number of arguments for CONFIG SET - '${printed(args.at(i))}'`,
      );
    }
    if (parameter.immutable) throw failure(name, "can't set immutable config");
    if (parameter.isProtected) throw failure(name, "can't set protected config");
    if (changes.some((change) => change.name === name.toLowerCase())) {
      throw failure(name, "duplicate parameter");
    }
    changes.push({ name: name.toLowerCase(), parameter, text: args.at(i + 1).latin1() });
  }
  const before = changes.map(({ parameter }) => parameter.get(settings));
  changes.forEach(({ name, parameter, text }, i) => {
    const wrong = parameter.set(settings, text);
    if (wrong === undefined) return;
    for (let j = i; j >= 0; j--) changes[j]?.parameter.set(settings, before[j] ?? "");
    // What a parameter prints may be less than it was.
    engine.applySettings();
    throw failure(name, wrong);
  });
  const wrong = engine.appendOnly.apply(executing !== undefined);
  if (wrong !== undefined) {
    changes.forEach(({ parameter }, i) => parameter.set(settings, before[i] ?? ""));
    throw failure("appendonly", wrong);
  }
  engine.applySettings();
  reply.ok();
}

const FLAGS = "admin noscript loading stale";

export const CONFIG: CommandRow = {
  arity: -2,
  flags: "",
  since: "2.0.0",
  summary: "Gets and sets parameters",
  subcommands: {
    get: {
      arity: -3,
      flags: FLAGS,
      since: "2.0.0",
      summary: "Replies the parameters that match patterns",
      run: get,
    },
    help: helpRow("5.0.0", "config"),
    resetstat: {
      arity: 2,
      flags: FLAGS,
      since: "2.0.0",
      summary: "Begins the statistics anew",
      run: ({ engine, reply }) => {
        engine.resetStatistics();
        reply.ok();
      },
    },
    rewrite: {
      arity: 2,
      flags: FLAGS,
      since: "2.8.0",
      summary: "Would write the parameters to the configuration file, of which there is none",
      run: () => {
        throw new CommandError("ERR The server is running without a config file");
      },
    },
    set: {
      arity: -4,
      flags: FLAGS,
      tips: "request_policy:all_nodes response_policy:all_succeeded",
      since: "2.0.0",
      summary: "Sets parameters, all of them or none",
      run: set,
    },
  },
};
