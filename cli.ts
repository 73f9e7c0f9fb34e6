/**
 * The command line: arguments and environment in, a command or a usage error out. It is pure, so
 * that every flag can be tested without a process.
 *
 * @module
 */

import { escapeControls } from "./logging.ts";

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

/** The flags that take no value. */
const SWITCHES = { help: "Print this and exit", version: "Print the version and exit" } as const;

const SHORT = { port: "-p", help: "-h", version: "-V" } as const;

type ValueFlag = keyof typeof FLAGS;
type Switch = keyof typeof SWITCHES;

/** Every way to type a flag. */
const SPELLINGS = new Map(
  ([...Object.keys(FLAGS), ...Object.keys(SWITCHES)] as (ValueFlag | Switch)[]).flatMap((name) =>
    [`--${name}`, ...name in SHORT ? [SHORT[name as keyof typeof SHORT]] : []].map((spelling) =>
      [spelling, name] as const
    )
  ),
);

const ACCEPTED = [...SPELLINGS.keys()].filter((spelling) => spelling.startsWith("--")).join(", ");

function helpLine(name: string, value: string, text: string): string {
  const short = name in SHORT ? `${SHORT[name as keyof typeof SHORT]}, ` : "";
  return `  ${short.padStart(4)}${`--${name} ${value}`.padEnd(30)}${text}`;
}

/** What `--help` prints. */
export const HELP = `A TCP server that greets every client and stays up.

Usage: deno run --allow-net main.ts [FLAG ...]

Flags:
${Object.entries(FLAGS).map(([flag, [value, text]]) => helpLine(flag, value, text)).join("\n")}
${Object.entries(SWITCHES).map(([flag, text]) => helpLine(flag, "", text)).join("\n")}

SIGINT, SIGTERM or SIGHUP stops it gracefully, a second one (300 ms later or more) at once.
Exit status: 0 stopped, 1 failed, 2 usage error, 128 + signal when forced.`;

/** A value, and its flag as it was typed. */
interface Given {
  typed: string;
  value: string;
}

/** As it was typed, on one line. */
function quoted(text: string): string {
  return `"${escapeControls(text)}"`;
}

const ESCAPES: Record<string, string> = { "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\" };

function unescape({ typed, value }: Given): string {
  return value.replace(/\\.?/gsu, (escape) => {
    const character = ESCAPES[escape];
    if (character !== undefined) return character;
    throw new UsageError(
      `Cannot use ${escapeControls(escape)} in ${typed}: expected \\n, \\r, \\t or \\\\`,
    );
  });
}

function nonEmpty({ typed, value }: Given, expected: string): string {
  if (value !== "") return value;
  throw new UsageError(`Cannot use ${typed} "": expected ${expected}`);
}

function integer({ typed, value }: Given, min: number, max: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new UsageError(
    `Cannot use ${typed} ${quoted(value)}: expected an integer from ${min} to ${max}`,
  );
}

function oneOf<T extends string>({ typed, value }: Given, choices: readonly T[]): T {
  const choice = choices.find((choice) => choice === value.toLowerCase());
  if (choice !== undefined) return choice;
  throw new UsageError(
    `Cannot use ${typed} ${quoted(value)}: expected one of ${choices.join(", ")}`,
  );
}

/** Takes `--port`, `--port=0`, `-p`, `-p=0` or `-p0` apart. */
function parseFlag(arg: string) {
  const [, typed = "", joined, attached] = /^(--[^=]+|-[^-])(?:=(.*)|(.+))?$/s.exec(arg) ?? [];
  return { typed, name: SPELLINGS.get(typed), value: joined ?? attached };
}

/** The values of flags; `args` is what stands before `--`, without `--help` or `--version`. */
function readFlags(args: string[]): Map<ValueFlag, Given> {
  const given = new Map<ValueFlag, Given>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const { typed, name, value: own } = parseFlag(arg);
    if (name === undefined) throw unknown(arg);
    if (name === "help" || name === "version") {
      throw new UsageError(`Cannot use ${escapeControls(arg)}: expected ${typed}`);
    }
    if (given.has(name)) throw new UsageError(`Cannot use ${typed} twice: expected it once`);
    const next = own === undefined ? args[++i] : undefined;
    const value = own ?? next;
    // A flag without its value must not swallow the next flag.
    if (value === undefined || next?.startsWith("--") || SPELLINGS.has(next ?? "")) {
      const hint = next === undefined ? "" : ` (--${name}=… if it begins with a hyphen)`;
      throw new UsageError(
        `Cannot use ${typed} without a value: expected ${typed} ${FLAGS[name][0]}${hint}`,
      );
    }
    given.set(name, { typed, value });
  }
  return given;
}

function unknown(arg: string): UsageError {
  return new UsageError(`Unknown argument ${quoted(arg)}: expected ${ACCEPTED}`);
}

/** The largest number that is accepted; as milliseconds, the longest time a timer can wait. */
const MAX = 2 ** 31 - 1;

/**
 * Parses the command line.
 *
 * @param args The arguments, as in `Deno.args`.
 * @param environmentLevel The value of `NIMBLECACHE_LOG`, if it is set and may be read.
 * @returns What to do.
 * @throws {UsageError} If a flag is unknown, given twice, lacks its value or has a bad one.
 */
export function parseCommandLine(args: string[], environmentLevel?: string): Command {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const flags = args.slice(0, end);
  for (const name of ["help", "version"] as const) {
    if (flags.some((arg) => SPELLINGS.get(arg) === name)) return { name };
  }
  const given = readFlags(flags);
  const stray = args[end + 1];
  if (stray !== undefined) throw unknown(stray);

  const number = (flag: ValueFlag, min: number, max = MAX) => {
    const text = given.get(flag);
    return text && integer(text, min, max);
  };
  const text = (flag: ValueFlag) => {
    const text = given.get(flag);
    return text && nonEmpty(text, FLAGS[flag][0]);
  };
  const [path, hostname, port] = [text("unix"), text("hostname"), number("port", 0, 65_535)];
  if (path !== undefined && (hostname !== undefined || port !== undefined)) {
    throw new UsageError("Cannot use --unix with --hostname or --port: expected one or the other");
  }
  return {
    name: "serve",
    config: {
      listen: path === undefined
        ? { hostname: hostname ?? "127.0.0.1", port: port ?? 6379 }
        : { path },
      message: unescape(given.get("message") ?? { typed: "", value: "Hello!" }),
      maxConnections: number("max-connections", 1) ?? 10_000,
      maxConnectionsPerHost: number("max-connections-per-host", 1),
      linger: number("linger", 0) ?? 500,
      shutdownTimeout: number("shutdown-timeout", 0) ?? 10_000,
      logLevel: oneOf(
        given.get("log-level") ?? { typed: "NIMBLECACHE_LOG", value: environmentLevel || "info" },
        LOG_LEVELS,
      ),
      logFormat: oneOf(given.get("log-format") ?? { typed: "", value: "text" }, LOG_FORMATS),
    },
  };
}
