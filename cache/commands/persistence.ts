/**
 * `SAVE`, `BGSAVE`, `LASTSAVE` and `BGREWRITEAOF`.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";

/** The reply for what has failed. */
export function failure(error: unknown): CommandError {
  return new CommandError(`ERR ${error instanceof Error ? error.message : String(error)}`);
}

function checkNoneIsWritten({ engine: { background } }: Client): void {
  // To Redis what replicas begin with is a snapshot too.
  if (background.kind === "snapshot" || background.kind === "replicas") {
    throw new CommandError("ERR Background save already in progress");
  }
}

function save(client: Client): void {
  checkNoneIsWritten(client);
  try {
    client.engine.snapshots.save();
  } catch (error) {
    throw failure(error);
  }
  client.reply.ok();
}

function bgsave(client: Client, args: Args): void {
  if (args.count > 2 || (args.count === 2 && !isWord(args.at(1), "schedule"))) {
    throw new CommandError(SYNTAX);
  }
  checkNoneIsWritten(client);
  const { background, snapshots } = client.engine;
  try {
    snapshots.checkStore();
  } catch (error) {
    throw failure(error);
  }
  const isFree = background.kind === undefined;
  if (isFree && client.executing === undefined) {
    snapshots.saveInBackground();
    client.reply.simple("Background saving started");
  } else if (!isFree && client.executing === undefined && args.count === 1) {
    throw new CommandError(
      "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in " +
        "order to schedule a BGSAVE whenever possible.",
    );
  } else {
    // It is not to have a part of a transaction.
    snapshots.saveSoon();
    client.reply.simple("Background saving scheduled");
  }
}

function bgrewriteaof({ engine, executing, reply }: Client): void {
  const { appendOnly, background } = engine;
  if (background.kind === "base") {
    throw new CommandError("ERR Background append only file rewriting already in progress");
  }
  try {
    appendOnly.checkDirectory();
  } catch (error) {
    throw failure(error);
  }
  if (background.kind !== undefined || executing !== undefined) {
    appendOnly.forgive();
    appendOnly.rewriteSoon();
    return reply.simple("Background append only file rewriting scheduled");
  }
  try {
    appendOnly.rewrite();
  } catch {
    throw new CommandError(
      "ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
        "information.",
    );
  }
  reply.simple("Background append only file rewriting started");
}

export const BGREWRITEAOF: CommandRow = {
  arity: 1,
  flags: "admin noscript no_async_loading",
  since: "1.0.0",
  summary: "Rewrites the append-only file in the background",
  run: bgrewriteaof,
};

export const BGSAVE: CommandRow = {
  arity: -1,
  flags: "admin noscript no_async_loading",
  since: "1.0.0",
  summary: "Writes a snapshot in the background",
  run: bgsave,
};

export const LASTSAVE: CommandRow = {
  arity: 1,
  flags: "loading stale fast",
  categories: "admin dangerous",
  tips: "nondeterministic_output",
  since: "1.0.0",
  summary: "Replies when the last snapshot was written",
  run: ({ engine, reply }) => reply.integer(Math.floor(engine.snapshots.lastSave / 1000)),
};

export const SAVE: CommandRow = {
  arity: 1,
  flags: "admin noscript no_async_loading no_multi",
  since: "1.0.0",
  summary: "Writes a snapshot, and nothing else meanwhile",
  run: save,
};
