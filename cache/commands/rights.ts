/**
 * Refuses commands that a client's user may not run, and takes note of it.
 *
 * @module
 */

import type { LogContext, LogEntry } from "../acl.ts";
import type { Denial } from "../acl_selector.ts";
import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import { describe } from "./client.ts";
import type { Command } from "./command.ts";

/**
 * Looks whether a client's user may run a command; if not, that goes to the log.
 *
 * @param context Where the command is. For one in a script, the client is the one that runs the script.
 * @returns Why not, if it may not.
 */
export function refuse(
  client: Client,
  command: Command,
  args: Args,
  context: LogContext,
): Denial | undefined {
  const denial = client.engine.acl.check(client.user, command, args);
  if (denial !== undefined) {
    const { reason, index } = denial;
    const object = reason === "command" ? command.fullName : args.at(index).latin1();
    note(client, reason, context, object, client.user.name);
  }
  return denial;
}

/** Takes note of something that was refused to a client. */
export function note(
  client: Client,
  reason: LogEntry["reason"],
  context: LogContext,
  object: string,
  username: string,
): void {
  const { engine } = client;
  engine.stats.denied[reason]++;
  engine.acl.addToLog({
    count: 1,
    reason,
    context,
    object,
    username,
    time: engine.now,
    clientInfo: describe(client),
  });
}

/** Where the command is that a client sends or executes. */
export function contextOf({ transaction, executing }: Client): LogContext {
  return transaction === undefined && executing === undefined ? "toplevel" : "multi";
}
