/**
 * The commands of transactions.
 *
 * @module
 */

import { type Client, Transaction } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import type { CommandRows } from "./command.ts";
import { CommandError } from "./error.ts";
import { call, replyFailure } from "./gate.ts";
import { refuse } from "./rights.ts";

/** The error of a command in a transaction that the client's user may not run any more, and why. */
const NOT_ANY_MORE =
  "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
  "This command is no longer allowed for the following reason: ";
const DENIED = {
  command: "no permission to execute the command or subcommand",
  key: "no permission to touch the specified keys",
  channel: "no permission to access one of the channels used as arguments",
};

function multi(client: Client): void {
  if (client.transaction !== undefined) throw new CommandError("ERR MULTI calls can not be nested");
  client.transaction = new Transaction();
  client.reply.ok();
}

function discard(client: Client): void {
  if (client.transaction === undefined) throw new CommandError("ERR DISCARD without MULTI");
  client.transaction = undefined;
  client.unwatch();
  client.reply.ok();
}

function exec(client: Client, args: Args): void {
  const { transaction, reply, engine } = client;
  if (transaction === undefined) throw new CommandError("ERR EXEC without MULTI");
  // A watched key that has expired has changed.
  client.checkWatched();
  const { watchFailed } = client;
  client.transaction = undefined;
  client.unwatch();
  if (transaction.failed) {
    throw new CommandError("EXECABORT Transaction discarded because of previous errors.");
  }
  if (watchFailed) return reply.nullArray();
  engine.effects?.omit();
  client.executing = transaction;
  const begun = reply.length;
  reply.array(transaction.commands.length);
  execute(client, args, transaction.commands, 0, begun);
}

/**
 * Executes the commands of a transaction from one on. What follows a script that takes too long is
 * executed when that has ended.
 *
 * @param begun Where those of the transaction's replies begin that are not sent yet.
 */
function execute(
  client: Client,
  args: Args,
  commands: Transaction["commands"],
  first: number,
  begun: number,
): void {
  const { engine, reply } = client;
  const { runner } = engine.scripting;
  // All of them see the same time, so that no key expires between two.
  engine.timeHeld = true;
  let next = first;
  try {
    while (next < commands.length && !runner.isSuspended(client)) {
      const { command, args } = commands[next++]!;
      const { length } = reply;
      const { closing } = client;
      const denial = client.user.isUnlimited ? undefined : refuse(client, command, args, "multi");
      if (denial === undefined) {
        call(client, command, args);
      } else {
        const error = new CommandError(NOT_ANY_MORE + DENIED[denial.reason]);
        replyFailure(client, length, error);
      }
      // To one that has killed itself, Redis writes nothing more.
      if (closing) reply.truncate(length);
    }
  } finally {
    if (runner.isSuspended(client)) {
      const kept = args.copy();
      runner.suspendTransaction((begun) => execute(client, kept, commands, next, begun));
      // What there is will be sent meanwhile.
      if (!client.wantsReply) client.takeBack(begun);
    } else {
      client.executing = undefined;
      engine.releaseTime();
    }
  }
  // One that has ended at once is shown as any command.
  if (first > 0 && client.executing === undefined && engine.monitors.size > 0) {
    engine.monitor(client, args);
  }
}

function watch(client: Client, args: Args): void {
  if (client.transaction !== undefined) {
    throw new CommandError("ERR WATCH inside MULTI is not allowed");
  }
  for (let i = 1; i < args.count; i++) client.watch(args.at(i));
  client.reply.ok();
}

function unwatch(client: Client): void {
  client.unwatch();
  client.reply.ok();
}

export const TRANSACTIONS: CommandRows = {
  discard: {
    arity: 1,
    flags: "noscript loading stale fast allow_busy",
    since: "2.0.0",
    summary: "Forgets the commands that were queued",
    run: discard,
  },
  exec: {
    arity: 1,
    flags: "noscript loading stale skip_slowlog",
    since: "1.2.0",
    summary: "Executes the commands that were queued",
    run: exec,
  },
  multi: {
    arity: 1,
    flags: "noscript loading stale fast allow_busy",
    since: "1.2.0",
    summary: "Has the commands that follow queued",
    run: multi,
  },
  unwatch: {
    arity: 1,
    flags: "noscript loading stale fast allow_busy",
    since: "2.2.0",
    summary: "Watches no key any more",
    run: unwatch,
  },
  watch: {
    arity: -2,
    flags: "noscript loading stale fast allow_busy",
    keys: "1..-1 RO",
    since: "2.2.0",
    summary: "Lets the next transaction do nothing if one of the keys changes before",
    run: watch,
  },
};
