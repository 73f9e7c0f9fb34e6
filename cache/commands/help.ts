/**
 * `HELP`, the subcommand that commands with subcommands have in common.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { CommandRow } from "./command.ts";

/** The row of a command's `HELP`. It replies what the table says of the subcommands. */
export function helpRow(since: string, parent: string, flags = "loading stale"): CommandRow {
  const run = ({ reply, engine }: Client): void => {
    const subcommands = engine.commands.getFull(parent)?.subcommands ?? [];
    const name = parent.toUpperCase();
    reply.array(1 + 2 * subcommands.length);
    reply.simple(`${name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
    for (const { name, row: { summary } } of subcommands) {
      reply.simple(name.toUpperCase());
      reply.simple(`    ${summary}.`);
    }
  };
  return { arity: 2, flags, since, summary: "Prints this help", run };
}
