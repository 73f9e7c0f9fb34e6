/**
 * The command line: arguments and environment in, a command or a usage error out. It is pure, so
 * that every flag can be tested without a process.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/** Accepted by `--log-level`, from the most talkative. */
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
/** Accepted by `--log-format`. */
const LOG_FORMATS = ["text", "json"] as const;

/** What the executable is to do. */
export interface Config {
  /** Where to listen. */
  listen: { hostname: string; port: number } | { path: string };
  /** The greeting, its escapes resolved. */
  message: string;
  maxConnections: number;
  maxConnectionsPerHost: number | undefined;
  /** Milliseconds. */
  linger: number;
  /** Milliseconds. */
  shutdownTimeout: number;
  logLevel: typeof LOG_LEVELS[number];
  logFormat: typeof LOG_FORMATS[number];
}

/** A parsed command line. */
export type Command = { name: "serve"; config: Config } | { name: "help" } | { name: "version" };

/** What is wrong with a command line, and what would be right, in one line. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The flags that take a value: the value's name, and what `--help` says. */
const FLAGS = {
  hostname: ["HOST", "Address to listen on (default: 127.0.0.1)"],
  port: ["PORT", "TCP port, 0 for a free one (default: 6379)"],
  unix: ["PATH", "Listen on a Unix socket instead (needs --allow-read --allow-write)"],
  message: ["TEXT", "Greeting; \\n, \\r, \\t and \\\\ are escapes (default: Hello!)"],
  "max-connections": ["N", "Open connections at a time; more wait (default: 10000)"],
  "max-connections-per-host": ["N", "The same for one host; more are closed (default: no limit)"],
  linger: ["MS", "Wait for a client to close its side, 0 for none (default: 500)"],
  "shutdown-timeout": ["MS", "Wait for open connections on a stop, 0 for none (default: 10000)"],
  "log-level": ["LEVEL", "debug, info, warn or error (default: $NIMBLECACHE_LOG, else info)"],
  "log-format": ["FORMAT", "text or json (default: text)"],
} as const;

const SHORT = { port: "p", help: "h", version: "V" } as const;

const ACCEPTED = [...Object.keys(FLAGS), "help", "version"].map((flag) => `--${flag}`).join(", ");

function helpLine(flag: string, value: string, text: string): string {
  const short = SHORT[flag as keyof typeof SHORT];
  return `  ${short ? `-${short}, ` : "    "}${`--${flag} ${value}`.padEnd(30)}${text}`;
}

/** What `--help` prints. */
export const HELP = `A TCP server that greets every client and stays up.

Usage: deno run --allow-net main.ts [FLAG ...]

Flags:
${Object.entries(FLAGS).map(([flag, [value, text]]) => helpLine(flag, value, text)).join("\n")}
${helpLine("help", "", "Print this and exit")}
${helpLine("version", "", "Print the version and exit")}

SIGINT or SIGTERM stops it gracefully, a second one (300 ms later or more) at once.
Exit status: 0 stopped, 1 failed, 2 usage error, 128 + signal when forced.`;

const ESCAPES: Record<string, string> = { "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\" };

function unescape(text: string): string {
  return text.replace(/\\.?/gs, (escape) => {
    const character = ESCAPES[escape];
    if (character === undefined) {
      const shown = JSON.stringify(escape).slice(1, -1).replaceAll("\\\\", "\\");
      throw new UsageError(`Cannot use ${shown} in --message: expected \\n, \\r, \\t or \\\\`);
    }
    return character;
  });
}

function integer(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(
    `Cannot use --${flag} ${JSON.stringify(text)}: expected an integer from ${min} to ${max}`,
  );
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((choice) => choice === text.toLowerCase());
  if (choice !== undefined) return choice;
  throw new UsageError(
    `Cannot use ${name} ${JSON.stringify(text)}: expected one of ${choices.join(", ")}`,
  );
}

/** Which flag an argument is, if it is one that takes a value and has none of its own. */
function valueFlag(arg: string): keyof typeof FLAGS | undefined {
  if (arg === `-${SHORT.port}`) return "port";
  return (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).find((flag) => arg === `--${flag}`);
}

/** `--flag value` as `--flag=value`, so that a value may be empty or begin with a hyphen. */
function joinValues(args: string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [arg, next] = [args[i] ?? "", args[i + 1]];
    if (valueFlag(arg) === undefined || next === undefined) {
      joined.push(arg);
    } else {
      joined.push(`${arg}=${next}`);
      i++;
    }
  }
  return joined;
}

/** The largest number that is accepted; as milliseconds, the longest time a timer can wait. */
const MAX = 2 ** 31 - 1;

/**
 * Parses the command line.
 *
 * @param args The arguments, as in `Deno.args`.
 * @param environmentLevel The value of `NIMBLECACHE_LOG`, if it is set and may be read.
 * @returns What to do.
 * @throws {UsageError} If a flag is unknown, lacks its value or has a bad one.
 */
export function parseCommandLine(args: string[], environmentLevel?: string): Command {
  const unknown: string[] = [];
  const joined = joinValues(args);
  const flags: Record<string, unknown> & { _: unknown[] } = parseArgs(joined, {
    string: Object.keys(FLAGS),
    boolean: ["help", "version"],
    alias: SHORT,
    unknown: (arg) => {
      unknown.push(arg);
      return false;
    },
  });
  if (flags.help) return { name: "help" };
  if (flags.version) return { name: "version" };
  const stray = unknown[0] ?? flags._[0];
  if (stray !== undefined) {
    throw new UsageError(`Unknown argument ${JSON.stringify(stray)}: expected ${ACCEPTED}`);
  }
  const last = valueFlag(joined.at(-1) ?? "");
  if (last !== undefined) {
    const [value] = FLAGS[last];
    throw new UsageError(`Cannot use --${last} without a value: expected --${last} ${value}`);
  }

  const text = (flag: keyof typeof FLAGS) => flags[flag] as string | undefined;
  const number = (flag: keyof typeof FLAGS, fallback: number, min: number, max: number) => {
    const value = text(flag);
    return value === undefined ? fallback : integer(flag, value, min, max);
  };
  const path = text("unix");
  if (path !== undefined && (flags.hostname !== undefined || flags.port !== undefined)) {
    throw new UsageError("Cannot use --unix with --hostname or --port: expected one or the other");
  }
  const level = text("log-level");
  const perHost = number("max-connections-per-host", 0, 1, MAX);
  return {
    name: "serve",
    config: {
      listen: path === undefined
        ? { hostname: text("hostname") ?? "127.0.0.1", port: number("port", 6379, 0, 65_535) }
        : { path },
      message: unescape(text("message") ?? "Hello!"),
      maxConnections: number("max-connections", 10_000, 1, MAX),
      maxConnectionsPerHost: perHost === 0 ? undefined : perHost,
      linger: number("linger", 500, 0, MAX),
      shutdownTimeout: number("shutdown-timeout", 10_000, 0, MAX),
      logLevel: level === undefined
        ? oneOf("NIMBLECACHE_LOG", environmentLevel || "info", LOG_LEVELS)
        : oneOf("--log-level", level, LOG_LEVELS),
      logFormat: oneOf("--log-format", text("log-format") ?? "text", LOG_FORMATS),
    },
  };
}
