/**
 * Flags of an executable, on `parseArgs` of `@std/cli`, with errors that say what was wrong and what is
 * accepted. It is pure, so that every flag can be tested without a process.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { escapeControls } from "./logging.ts";

/** The largest number that is accepted; as milliseconds, the longest time a timer can wait. */
export const MAX_FLAG = 2 ** 31 - 1;

/**
 * What is wrong with a command line, and what would be right, in one line.
 *
 * @example
 * ```ts
 * import { parseFlags, UsageError } from "jsr:@nimblecache/server/flags";
 * import { assertThrows } from "jsr:@std/assert@^1.0.19";
 *
 * const spec = { values: { port: ["PORT", "TCP port"] } } as const;
 * assertThrows(() => parseFlags(["--prot", "80"], spec), UsageError, 'Unknown argument "--prot"');
 * ```
 */
export class UsageError extends Error {
  /** `UsageError`. */
  override name = "UsageError";

  /**
   * Makes an error to be shown.
   *
   * @param message What is wrong. What was typed may stand in it as it is: control characters are
   * escaped.
   */
  constructor(message: string) {
    super(escapeControls(message));
  }
}

/**
 * The flags of an executable, beside `--help` (`-h`) and `--version` (`-V`), which all have.
 *
 * @typeParam V The names of the flags that take a value.
 * @typeParam S The names of those that take none.
 *
 * @example
 * ```ts
 * import type { FlagSpec } from "jsr:@nimblecache/server/flags";
 *
 * const _spec: FlagSpec<"port", "quiet"> = {
 *   values: { port: ["PORT", "TCP port (default: 7000)"] },
 *   switches: { quiet: "Say nothing" },
 *   short: { port: "p" },
 * };
 * ```
 */
export interface FlagSpec<V extends string = string, S extends string = never> {
  /** What the help calls the value of each flag, and says of the flag. */
  readonly values: Readonly<Record<V, readonly [value: string, help: string]>>;
  /** What the help says of each flag that takes no value. */
  readonly switches?: Readonly<Record<S, string>>;
  /** Single letters that stand for flags. */
  readonly short?: Readonly<Record<string, string>>;
}

/**
 * A value that was given, with its flag as it was typed.
 *
 * @example
 * ```ts
 * import { type GivenValue, parseInteger } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const given: GivenValue = { typed: "-p", value: "7000" };
 * assertEquals(parseInteger(given, 0, 65_535), 7000);
 * ```
 */
export interface GivenValue {
  /** The flag as it was typed. */
  typed: string;
  /** Its value. */
  value: string;
}

/**
 * A parsed command line.
 *
 * @example
 * ```ts
 * import { type ParsedFlags, parseFlags } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const spec = { values: { port: ["PORT", "TCP port"] } } as const;
 * const parsed: ParsedFlags<"port"> = parseFlags(["--version"], spec);
 * assertEquals(parsed.asked, "version");
 * ```
 */
export interface ParsedFlags<V extends string = string, S extends string = never> {
  /** Whether the help or the version is all that is asked for. */
  asked: "help" | "version" | undefined;
  /** The values that were given. */
  values: Map<V, GivenValue>;
  /** The flags without a value that were given. */
  switches: Set<S>;
}

const OWN_SWITCHES = {
  help: "Print this and exit",
  version: "Print the version and exit",
} as const;
const OWN_SHORT = { help: "h", version: "V" } as const;

/** Every flag of an executable by every way to type it. */
class Spellings<V extends string, S extends string> {
  readonly spec: FlagSpec<V, S>;
  readonly switches: Readonly<Record<string, string>>;
  readonly short: Readonly<Record<string, string | undefined>>;
  readonly names = new Map<string, string>();

  constructor(spec: FlagSpec<V, S>) {
    this.spec = spec;
    this.switches = { ...spec.switches, ...OWN_SWITCHES };
    this.short = { ...spec.short, ...OWN_SHORT };
    for (const name of [...Object.keys(spec.values), ...Object.keys(this.switches)]) {
      this.names.set(`--${name}`, name);
      if (this.short[name] !== undefined) this.names.set(`-${this.short[name]}`, name);
    }
  }

  unknown(arg: string): UsageError {
    const accepted = [...this.names.keys()].filter((spelling) => spelling.startsWith("--"));
    return new UsageError(`Unknown argument "${arg}": expected ${accepted.join(", ")}`);
  }

  /** Takes `--port`, `--port=0`, `-p`, `-p=0` or `-p0` apart. */
  read(arg: string): { typed: string; name: string; value: string | undefined } {
    const [, typed = "", joined, attached] = /^(--[^=]+|-[^-])(?:=(.*)|(.+))?$/s.exec(arg) ?? [];
    const name = this.names.get(typed);
    if (name === undefined) throw this.unknown(arg);
    return { typed, name, value: joined ?? attached };
  }
}

/**
 * Parses a command line. A flag's value follows it, or stands after `=`; `--` ends the flags, and nothing
 * may follow it.
 *
 * @param args The arguments, as in `Deno.args`.
 * @param spec The flags there are.
 * @returns What was given. Where help or the version is asked for, nothing else is looked at.
 * @throws {UsageError} If a flag is unknown, given twice, lacks its value, or has one that takes none.
 *
 * @example
 * ```ts
 * import { parseFlags } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const spec = { values: { port: ["PORT", "TCP port"] }, short: { port: "p" } } as const;
 * const { values } = parseFlags(["-p", "7000"], spec);
 * assertEquals(values.get("port"), { typed: "-p", value: "7000" });
 * ```
 */
export function parseFlags<V extends string, S extends string = never>(
  args: readonly string[],
  spec: FlagSpec<V, S>,
): ParsedFlags<V, S> {
  const spellings = new Spellings(spec);
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const flags = args.slice(0, end);
  const asked = (["help", "version"] as const).find((name) =>
    flags.some((arg) => spellings.names.get(arg) === name)
  );
  if (asked !== undefined) return { asked, values: new Map(), switches: new Set() };

  // With `=` and by their long names, so that a value may be empty, a number, or begin with a hyphen.
  const normalized: string[] = [];
  const typedAs = new Map<string, string>();
  for (let i = 0; i < flags.length; i++) {
    const arg = flags[i] ?? "";
    const { typed, name, value: own } = spellings.read(arg);
    if (typedAs.has(name)) throw new UsageError(`Cannot use ${typed} twice: expected it once`);
    typedAs.set(name, typed);
    if (name in spellings.switches) {
      if (own !== undefined) {
        throw new UsageError(`Cannot use ${arg}: expected ${typed}`);
      }
      normalized.push(`--${name}`);
      continue;
    }
    const next = own === undefined ? flags[++i] : undefined;
    const value = own ?? next;
    // A flag without its value must not swallow the next flag.
    if (value === undefined || next?.startsWith("--") || spellings.names.has(next ?? "")) {
      const hint = next === undefined ? "" : ` (--${name}=… if it begins with a hyphen)`;
      throw new UsageError(
        `Cannot use ${typed} without a value: expected ${typed} ${
          spec.values[name as V][0]
        }${hint}`,
      );
    }
    normalized.push(`--${name}=${value}`);
  }
  const stray = args[end + 1];
  if (stray !== undefined) throw spellings.unknown(stray);

  const parsed: Record<string, unknown> = parseArgs(normalized, {
    string: Object.keys(spec.values),
    boolean: Object.keys(spellings.switches),
  });
  const values = new Map<V, GivenValue>();
  const switches = new Set<S>();
  for (const [name, typed] of typedAs) {
    if (name in spellings.switches) switches.add(name as S);
    else values.set(name as V, { typed, value: String(parsed[name]) });
  }
  return { asked, values, switches };
}

/**
 * The part of `--help` that lists the flags.
 *
 * @param spec The flags there are.
 * @returns A line for each, with no line end after the last.
 *
 * @example
 * ```ts
 * import { describeFlags } from "jsr:@nimblecache/server/flags";
 * import { assertStringIncludes } from "jsr:@std/assert@^1.0.19";
 *
 * const help = describeFlags({ values: { port: ["PORT", "TCP port"] }, short: { port: "p" } });
 * assertStringIncludes(help, "-p, --port PORT");
 * ```
 */
export function describeFlags<V extends string, S extends string = never>(
  spec: FlagSpec<V, S>,
): string {
  const { switches, short } = new Spellings(spec);
  const line = (name: string, value: string, text: string) => {
    const letter = short[name] === undefined ? "" : `-${short[name]}, `;
    return `  ${letter.padStart(4)}${`--${name} ${value}`.padEnd(30)}${text}`;
  };
  return [
    ...Object.entries<readonly [string, string]>(spec.values).map(([name, [value, text]]) =>
      line(name, value, text)
    ),
    ...Object.entries(switches).map(([name, text]) => line(name, "", text)),
  ].join("\n");
}

/**
 * Reads a value that must not be empty.
 *
 * @param expected What the error says is accepted.
 * @throws {UsageError} If it is empty.
 *
 * @example
 * ```ts
 * import { parseText } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * assertEquals(parseText({ typed: "--unix", value: "/run/x.sock" }, "PATH"), "/run/x.sock");
 * ```
 */
export function parseText({ typed, value }: GivenValue, expected: string): string {
  if (value !== "") return value;
  throw new UsageError(`Cannot use ${typed} "": expected ${expected}`);
}

/**
 * Reads an integer.
 *
 * @param min The least that is accepted.
 * @param max The most that is accepted.
 * @throws {UsageError} If it is none, or outside of the range.
 *
 * @example
 * ```ts
 * import { parseInteger } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * assertEquals(parseInteger({ typed: "--linger", value: "500" }, 0), 500);
 * ```
 */
export function parseInteger(
  { typed, value }: GivenValue,
  min: number,
  max: number = MAX_FLAG,
): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new UsageError(
    `Cannot use ${typed} "${value}": expected an integer from ${min} to ${max}`,
  );
}

/**
 * Reads one of some words, in upper or lower case.
 *
 * @param choices What is accepted.
 * @throws {UsageError} If it is none of them.
 *
 * @example
 * ```ts
 * import { parseChoice } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * assertEquals(parseChoice({ typed: "--log-format", value: "JSON" }, ["text", "json"]), "json");
 * ```
 */
export function parseChoice<T extends string>(
  { typed, value }: GivenValue,
  choices: readonly T[],
): T {
  const choice = choices.find((choice) => choice === value.toLowerCase());
  if (choice !== undefined) return choice;
  throw new UsageError(
    `Cannot use ${typed} "${value}": expected one of ${choices.join(", ")}`,
  );
}

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
const LOG_FORMATS = ["text", "json"] as const;

/**
 * Flags that every server has: where it listens. They come first in a {@linkcode FlagSpec}'s `values`, then
 * the server's own, then {@linkcode RUN_FLAGS}.
 *
 * @example
 * ```ts
 * import { describeFlags, LISTEN_FLAGS, RUN_FLAGS } from "jsr:@nimblecache/server/flags";
 *
 * const name = ["NAME", "What it is called (default: none)"] as const;
 * describeFlags({ values: { ...LISTEN_FLAGS, name, ...RUN_FLAGS } });
 * ```
 */
export const LISTEN_FLAGS = {
  hostname: ["HOST", "Address to listen on (default: 127.0.0.1)"],
  port: ["PORT", "TCP port, 0 for a free one (default: 6379)"],
  unix: ["PATH", "Listen on a Unix socket instead (needs --allow-read --allow-write)"],
} as const;

/**
 * Flags that every server has: how it stops, and what it logs. {@linkcode readServerFlags} reads them.
 *
 * @example
 * ```ts
 * import { LISTEN_FLAGS, parseFlags, readServerFlags, RUN_FLAGS } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const spec = { values: { ...LISTEN_FLAGS, ...RUN_FLAGS } };
 * const { values } = parseFlags(["--log-format", "json"], spec);
 * assertEquals(readServerFlags(values).logFormat, "json");
 * ```
 */
export const RUN_FLAGS = {
  "shutdown-timeout": ["MS", "Wait for open connections on a stop, 0 for none (default: 10000)"],
  "log-level": ["LEVEL", "debug, info, warn or error (default: $NIMBLECACHE_LOG, else info)"],
  "log-format": ["FORMAT", "text or json (default: text)"],
} as const;

/**
 * What {@linkcode LISTEN_FLAGS} and {@linkcode RUN_FLAGS} say.
 *
 * @example
 * ```ts
 * import { readServerFlags, type ServerFlags } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const flags: ServerFlags = readServerFlags(new Map());
 * assertEquals(flags.listen, { hostname: "127.0.0.1", port: 6379 });
 * ```
 */
export interface ServerFlags {
  /** Where to listen. */
  listen: { hostname: string; port: number } | { path: string };
  /** Milliseconds. */
  shutdownTimeout: number;
  /** From which level on lines are logged. */
  logLevel: "debug" | "info" | "warn" | "error";
  /** What the lines look like. */
  logFormat: "text" | "json";
}

/**
 * Reads the flags that every server has.
 *
 * @param values What was given.
 * @param environmentLevel The value of `NIMBLECACHE_LOG`, if it is set and may be read.
 * @returns What they say, or their defaults.
 * @throws {UsageError} If one has a bad value.
 *
 * @example
 * ```ts
 * import { LISTEN_FLAGS, parseFlags, readServerFlags, RUN_FLAGS } from "jsr:@nimblecache/server/flags";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const spec = { values: { ...LISTEN_FLAGS, ...RUN_FLAGS } };
 * const { listen } = readServerFlags(parseFlags(["--port", "7000"], spec).values);
 * assertEquals(listen, { hostname: "127.0.0.1", port: 7000 });
 * ```
 */
export function readServerFlags(
  values: ReadonlyMap<string, GivenValue>,
  environmentLevel?: string,
): ServerFlags {
  const [hostname, unix] = (["hostname", "unix"] as const).map((flag) => {
    const value = values.get(flag);
    return value && parseText(value, LISTEN_FLAGS[flag][0]);
  });
  const [port, timeout] = [values.get("port"), values.get("shutdown-timeout")];
  if (unix !== undefined && (hostname !== undefined || port !== undefined)) {
    throw new UsageError("Cannot use --unix with --hostname or --port: expected one or the other");
  }
  const level = { typed: "NIMBLECACHE_LOG", value: environmentLevel || "info" };
  const format = { typed: "", value: "text" };
  return {
    listen: unix === undefined
      ? { hostname: hostname ?? "127.0.0.1", port: port ? parseInteger(port, 0, 65_535) : 6379 }
      : { path: unix },
    shutdownTimeout: timeout ? parseInteger(timeout, 0) : 10_000,
    logLevel: parseChoice(values.get("log-level") ?? level, LOG_LEVELS),
    logFormat: parseChoice(values.get("log-format") ?? format, LOG_FORMATS),
  };
}
