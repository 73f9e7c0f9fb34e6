/**
 * The command line: arguments and environment in, a command or a usage error out. It is pure, so that
 * every flag can be tested without a process.
 *
 * @module
 */

import { FSYNC_POLICIES, type FsyncPolicy } from "./append_only.ts";
import type { MasterOptions } from "./cache.ts";
import { EVICTION_POLICIES, type EvictionPolicy } from "./eviction.ts";
import { parseMemory } from "./settings.ts";
import {
  describeFlags,
  type GivenValue,
  LISTEN_FLAGS,
  MAX_FLAG,
  parseChoice,
  parseFlags,
  parseInteger,
  parseText,
  readServerFlags,
  RUN_FLAGS,
  type ServerFlags,
  UsageError,
} from "@nimblecache/server/flags";

const FLAGS = {
  values: {
    ...LISTEN_FLAGS,
    password: ["TEXT", "What clients must say (default: $NIMBLECACHE_PASSWORD, else none)"],
    "password-file": ["FILE", "The same, from a file's first line (needs --allow-read)"],
    "protected-mode": ["yes|no", "Without a password, only this machine's clients (default: yes)"],
    snapshot: ["FILE", "Load it at the start, save to it (needs --allow-read --allow-write)"],
    save: ["SECONDS", "Save this often if anything changed (default: at the stop only)"],
    "append-only": ["DIR", "Load it at the start, append every change to it (needs the same)"],
    "append-fsync": ["POLICY", "Sync it: always, everysec or no (default: everysec)"],
    databases: ["N", "How many databases there are (default: 16)"],
    "max-clients": ["N", "Clients at a time; more get an error (default: 10000)"],
    "max-memory": ["BYTES", "What keys, values and clients may take: 100mb (default: no limit)"],
    "max-memory-policy": ["POLICY", "Which keys are evicted then (default: noeviction, none)"],
    "replica-of": ["HOST:PORT", "Follow this master: its keys, and what changes there"],
    "master-user": ["NAME", "Who to say one is to it (default: the default user)"],
    "master-password": ["TEXT", "What to tell it (default: $NIMBLECACHE_MASTER_PASSWORD)"],
    ...RUN_FLAGS,
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
export interface Config extends ServerFlags {
  /** The password itself, or the file that has it. */
  password: { text: string } | { file: string };
  protectedMode: boolean;
  /** The file of the snapshot, if one is kept. */
  snapshot: string | undefined;
  /** Seconds; 0 is never. */
  save: number;
  /** The directory of the append-only file, if one is kept. */
  appendOnly: string | undefined;
  appendFsync: FsyncPolicy;
  databases: number;
  maxClients: number;
  /** Bytes; 0 is no limit. */
  maxMemory: number;
  maxMemoryPolicy: EvictionPolicy;
  enableDebugCommand: boolean;
  /** The master, if it is a replica. */
  replicaOf: MasterOptions | undefined;
}

/** A parsed command line. */
export type Command = { name: "serve"; config: Config } | { name: "help" } | { name: "version" };

/** Variables of the environment that may be set in place of flags. */
export interface Environment {
  /** `NIMBLECACHE_LOG`. */
  logLevel?: string | undefined;
  /** `NIMBLECACHE_PASSWORD`. */
  password?: string | undefined;
  /** `NIMBLECACHE_MASTER_PASSWORD`. */
  masterPassword?: string | undefined;
}

/** The host and the port of a master, and no URL. An IPv6 address may stand in brackets. */
function master({ typed, value }: GivenValue): { hostname: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\s/@]+)\]|([^\s/@]+)):(\d{1,5})$/.exec(value) ??
    [];
  const [hostname, port] = [bracketed ?? plain, Number(digits)];
  if (hostname !== undefined && port >= 1 && port <= 65_535) return { hostname, port };
  throw new UsageError(`Cannot use ${typed} "${value}": expected HOST:PORT`);
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
  const [password, file] = [text("password"), text("password-file")];
  if (password !== undefined && file !== undefined) {
    throw new UsageError("Cannot use --password with --password-file: expected one or the other");
  }
  const [snapshot, save] = [text("snapshot"), number("save", 1)];
  if (save !== undefined && snapshot === undefined) {
    throw new UsageError("Cannot use --save without --snapshot: expected the file to save to");
  }
  const replicaOf = values.get("replica-of");
  const [username, masterPassword] = [text("master-user"), text("master-password")];
  if (replicaOf === undefined && (username ?? masterPassword) !== undefined) {
    const flag = username === undefined ? "--master-password" : "--master-user";
    throw new UsageError(`Cannot use ${flag} without --replica-of: expected a master`);
  }
  const toldMaster = masterPassword ?? environment.masterPassword;
  if (username !== undefined && !toldMaster) {
    throw new UsageError(
      "Cannot use --master-user without --master-password or $NIMBLECACHE_MASTER_PASSWORD " +
        "(needs --allow-env=NIMBLECACHE_MASTER_PASSWORD): expected one of them",
    );
  }
  const [appendOnly, appendFsync] = [text("append-only"), values.get("append-fsync")];
  if (appendFsync !== undefined && appendOnly === undefined) {
    throw new UsageError("Cannot use --append-fsync without --append-only: expected the directory");
  }
  const protectedMode = values.get("protected-mode") ?? { typed: "", value: "yes" };
  return {
    name: "serve",
    config: {
      ...readServerFlags(values, environment.logLevel),
      password: file === undefined ? { text: password ?? environment.password ?? "" } : { file },
      protectedMode: parseChoice(protectedMode, ["yes", "no"]) === "yes",
      snapshot,
      save: save ?? 0,
      appendOnly,
      appendFsync: parseChoice(appendFsync ?? { typed: "", value: "everysec" }, FSYNC_POLICIES),
      databases: number("databases", 1, 65_536) ?? 16,
      maxClients: number("max-clients", 1) ?? 10_000,
      maxMemory: bytes(values.get("max-memory")),
      maxMemoryPolicy: parseChoice(
        values.get("max-memory-policy") ?? { typed: "", value: "noeviction" },
        EVICTION_POLICIES,
      ),
      enableDebugCommand: switches.has("enable-debug-command"),
      replicaOf: replicaOf && {
        ...master(replicaOf),
        username,
        password: toldMaster,
      },
    },
  };
}
