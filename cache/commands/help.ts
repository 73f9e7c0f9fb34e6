/**
 * What the `HELP` subcommands have in common.
 *
 * @module
 */

import type { Client } from "../client.ts";

/** Makes a `HELP` subcommand: of a command, with the lines about its other subcommands. */
export function help(name: string, lines: readonly string[]): (client: Client) => void {
  return ({ reply }) => {
    reply.array(lines.length + 3);
    reply.simple(`${name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
    for (const line of lines) reply.simple(line);
    reply.simple("HELP");
    reply.simple("    Print this help.");
  };
}
