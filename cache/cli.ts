/**
 * The command line: arguments and environment in, a command or a usage error out. It is pure, so that
 * every flag can be tested without a process.
 *
 * @module
 */

import { EVICTION_POLICIES, type EvictionPolicy } from "./eviction.ts";
import { parseMemory } from "./settings.ts";
import {
  describeFlags,
  type GivenValue,
  MAX_FLAG,
  parseChoice,
  parseFlags,
  parseInteger,
  parseText,
  UsageError,
} from "@nimblecache/server/flags";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
const LOG_FORMATS = ["text", "json"] as const;

const FLAGS = {
  values: {
    hostname: ["HOST", "Address to listen on (default: 127.0.0.1)"],
    port: ["PORT", "TCP port, 0 for a free one (default: 6379)"],
    unix: ["PATH", "Listen on a Unix socket (needs --allow-read --allow-write)"],
    password: ["TEXT", "What clients must say (default: $NIMBLECACHE_PASSWORD, else none)"],
    "password-file": ["FILE", "The same, from a file's first line (needs --allow-read)"],
    "protected-mode": ["yes|no", "Without a password, only this machine's clients (default: yes)"],
    databases: ["N", "How many databases there are (default: 16)"],
    "max-clients": ["N", "Clients at a time; more get an error (default: 10000)"],
    "max-memory": ["BYTES", "What keys, values and clients may take: 100mb (default: no limit)"],
    "max-memory-policy": ["POLICY", "Which keys are evicted then (default: noeviction, none)"],
    "shutdown-timeout": ["MS", "Wait for open connections on a stop, 0 for none (default: 10000)"],
    "log-level": ["LEVEL", "debug, info, warn or error (default: $NIMBLECACHE_LOG, else info)"],
    "log-format": ["FORMAT", "text or json (default: text)"],
  },
  switches: { "enable-debug-command": "Allow DEBUG" },
  short: { port: "p" },
} as const;

/** What `--help` prints. */
export const HELP = `A Redis-compatible cache, with the commands and replies of Redis 7.0.15.

Usage: deno run --allow-net main.ts [FLAG ...]

Flags:
${describeFlags(FLAGS)}

SIGINT, SIGTERM or SIGHUP stops it gracefully, a second one (300 ms later or more) at once.
Exit status: 0 stopped, 1 failed, 2 usage error, 128 + signal when forced.`;

/** What the executable is to do. */
export interface Config {
  /** Where to listen. */
  listen: { hostname: string; port: number } | { path: string };
  /** The password itself, or the file that has it. */
  password: { text: string } | { file: string };
  protectedMode: boolean;
  databases: number;
  maxClients: number;
  /** Bytes; 0 is no limit. */
  maxMemory: number;
  maxMemoryPolicy: EvictionPolicy;
  enableDebugCommand: boolean;
  /** Milliseconds. */
  shutdownTimeout: number;
  logLevel: typeof LOG_LEVELS[number];
  logFormat: typeof LOG_FORMATS[number];
}

/** A parsed command line. */
export type Command = { name: "serve"; config: Config } | { name: "help" } | { name: "version" };

/** Variables of the environment that may be set in place of flags. */
export interface Environment {
  /** `NIMBLECACHE_LOG`. */
  logLevel?: string | undefined;
  /** `NIMBLECACHE_PASSWORD`. */
  password?: string | undefined;
}

/** A number of bytes with its unit, 0 if it is not given. */
function bytes(given: GivenValue | undefined): number {
  if (given === undefined) return 0;
  const value = parseMemory(given.value);
  if (Number.isSafeInteger(value) && given.value !== "") return value;
  throw new UsageError(
    `Cannot use ${given.typed} "${given.value}": expected bytes, as 1000, 100mb or 1gb`,
  );
}

/**
 * Parses the command line.
 *
 * @param args The arguments, as in `Deno.args`.
 * @param environment What the environment says, as far as it may be read.
 * @returns What to do.
 * @throws {UsageError} If a flag is unknown, given twice, lacks its value or has a bad one.
 */
export function parseCommandLine(args: string[], environment: Environment = {}): Command {
  const { asked, values, switches } = parseFlags(args, FLAGS);
  if (asked !== undefined) return { name: asked };
  const number = (flag: keyof typeof FLAGS.values, min: number, max = MAX_FLAG) => {
    const value = values.get(flag);
    return value && parseInteger(value, min, max);
  };
  const text = (flag: keyof typeof FLAGS.values) => {
    const value = values.get(flag);
    return value && parseText(value, FLAGS.values[flag][0]);
  };
  const [path, hostname, port] = [text("unix"), text("hostname"), number("port", 0, 65_535)];
  if (path !== undefined && (hostname !== undefined || port !== undefined)) {
    throw new UsageError("Cannot use --unix with --hostname or --port: expected one or the other");
  }
  const [password, file] = [text("password"), text("password-file")];
  if (password !== undefined && file !== undefined) {
    throw new UsageError("Cannot use --password with --password-file: expected one or the other");
  }
  const protectedMode = values.get("protected-mode") ?? { typed: "", value: "yes" };
  return {
    name: "serve",
    config: {
      listen: path === undefined
        ? { hostname: hostname ?? "127.0.0.1", port: port ?? 6379 }
        : { path },
      password: file === undefined ? { text: password ?? environment.password ?? "" } : { file },
      protectedMode: parseChoice(protectedMode, ["yes", "no"]) === "yes",
      databases: number("databases", 1, 65_536) ?? 16,
      maxClients: number("max-clients", 1) ?? 10_000,
      maxMemory: bytes(values.get("max-memory")),
      maxMemoryPolicy: parseChoice(
        values.get("max-memory-policy") ?? { typed: "", value: "noeviction" },
        EVICTION_POLICIES,
      ),
      enableDebugCommand: switches.has("enable-debug-command"),
      shutdownTimeout: number("shutdown-timeout", 0) ?? 10_000,
      logLevel: parseChoice(
        values.get("log-level") ??
          { typed: "NIMBLECACHE_LOG", value: environment.logLevel || "info" },
        LOG_LEVELS,
      ),
      logFormat: parseChoice(values.get("log-format") ?? { typed: "", value: "text" }, LOG_FORMATS),
    },
  };
}
