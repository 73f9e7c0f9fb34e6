/**
 * The command line: arguments and environment in, a command or a usage error out. It is pure, so
 * that every flag can be tested without a process.
 *
 * @module
 */

import {
  describeFlags,
  type GivenValue,
  LISTEN_FLAGS,
  parseFlags,
  parseInteger,
  readServerFlags,
  RUN_FLAGS,
  type ServerFlags,
  UsageError,
} from "./flags.ts";

export { UsageError };

/** What the executable is to do. */
export interface Config extends ServerFlags {
  /** The greeting, its escapes resolved. */
  message: string;
  maxConnections: number;
  maxConnectionsPerHost: number | undefined;
  /** Milliseconds. */
  linger: number;
}

/** A parsed command line. */
export type Command = { name: "serve"; config: Config } | { name: "help" } | { name: "version" };

/** The flags that take a value. */
const FLAGS = {
  values: {
    ...LISTEN_FLAGS,
    message: ["TEXT", "Greeting; \\n, \\r, \\t and \\\\ are escapes (default: Hello!)"],
    "max-connections": ["N", "Open connections at a time; more wait (default: 10000)"],
    "max-connections-per-host": ["N", "The same for one host; more are closed (default: no limit)"],
    linger: ["MS", "Wait for a client to close its side, 0 for none (default: 500)"],
    ...RUN_FLAGS,
  },
  short: { port: "p" },
} as const;

type ValueFlag = keyof typeof FLAGS.values;

/** What `--help` prints. */
export const HELP = `A TCP server that greets every client and stays up.

Usage: deno run --allow-net main.ts [FLAG ...]

Flags:
${describeFlags(FLAGS)}

SIGINT, SIGTERM or SIGHUP stops it gracefully, a second one (300 ms later or more) at once.
Exit status: 0 stopped, 1 failed, 2 usage error, 128 + signal when forced.`;

const ESCAPES: Record<string, string> = { "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\" };

function unescape({ typed, value }: GivenValue): string {
  return value.replace(/\\.?/gsu, (escape) => {
    const character = ESCAPES[escape];
    if (character !== undefined) return character;
    throw new UsageError(`Cannot use ${escape} in ${typed}: expected \\n, \\r, \\t or \\\\`);
  });
}

/**
 * Parses the command line.
 *
 * @param args The arguments, as in `Deno.args`.
 * @param environmentLevel The value of `NIMBLECACHE_LOG`, if it is set and may be read.
 * @returns What to do.
 * @throws {UsageError} If a flag is unknown, given twice, lacks its value or has a bad one.
 */
export function parseCommandLine(args: string[], environmentLevel?: string): Command {
  const { asked, values: given } = parseFlags(args, FLAGS);
  if (asked !== undefined) return { name: asked };
  const number = (flag: ValueFlag, min: number) => {
    const value = given.get(flag);
    return value && parseInteger(value, min);
  };
  return {
    name: "serve",
    config: {
      ...readServerFlags(given, environmentLevel),
      message: unescape(given.get("message") ?? { typed: "", value: "Hello!" }),
      maxConnections: number("max-connections", 1) ?? 10_000,
      maxConnectionsPerHost: number("max-connections-per-host", 1),
      linger: number("linger", 0) ?? 500,
    },
  };
}
