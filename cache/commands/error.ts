/**
 * The errors of commands, with Redis' texts for those that many commands have.
 *
 * @module
 */

import type { Args } from "../protocol/request.ts";
import type { Slice } from "../store/slice.ts";

/** What a command throws to reply an error. It is no `Error`: a stack trace costs more than a command. */
export class CommandError {
  /** The whole reply, with its code. */
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

export const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
export const SYNTAX = "ERR syntax error";
export const NOT_INTEGER = "ERR value is not an integer or out of range";
export const NOT_FLOAT = "ERR value is not a valid float";
export const NO_SUCH_KEY = "ERR no such key";
export const OUT_OF_RANGE = "ERR index out of range";
export const MASTER_DOWN =
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
export const OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";

/** The error of commands that write while that cannot be appended to the append-only file. */
export function misconfigured(reason: string): string {
  return `MISCONF Errors writing to the AOF file: ${reason}`;
}

/** The same while snapshots cannot be written. */
export const NOT_PERSISTED =
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
  "Commands that may modify the data set are disabled, because this instance is configured to report " +
  "errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check " +
  "the Redis logs for details about the RDB error.";

/** `wrong number of arguments`, for a command by its full name. */
export function wrongArity(name: string): CommandError {
  return new CommandError(`ERR wrong number of arguments for '${name}' command`);
}

/** `unknown subcommand or wrong number of arguments`, for a subcommand whose arguments are too many. */
export function unknownSubcommand(parent: string, args: Args): CommandError {
  const name = printed(args.at(1), 128);
  return new CommandError(
    `ERR unknown subcommand or wrong number of arguments for '${name}'. Try ${parent} HELP.`,
  );
}

/** An argument as C prints it into an error, at most so many characters: it ends at the first NUL. */
export function printed(text: Slice, length: number = text.length): string {
  return text.part(0, Math.min(length, text.length)).latin1().replace(/\0.*/s, "");
}
