/**
 * `DUMP` and `RESTORE`.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { dumpEntry, isWholeDump, type LoadedValue, readDump } from "../dump.ts";
import { MAX_INT64 } from "../number.ts";
import type { Args } from "../protocol/request.ts";
import { RdbError } from "../rdb/reader.ts";
import { int64At, integerAt } from "./arguments.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";

/** The most that a counter of uses can be. */
const MAX_FREQUENCY = 255;

function dump({ db, engine, reply }: Client, args: Args): void {
  const entry = db.read(args.at(1));
  if (entry === 0) reply.null();
  else reply.bulk(dumpEntry(engine, entry));
}

/** The options of `RESTORE`. */
interface RestoreOptions {
  replace: boolean;
  absolute: boolean;
  /** Seconds. */
  idle: number | undefined;
  frequency: number | undefined;
}

function readOptions(args: Args): RestoreOptions {
  const options: RestoreOptions = {
    replace: false,
    absolute: false,
    idle: undefined,
    frequency: undefined,
  };
  for (let i = 4; i < args.count; i++) {
    const option = args.at(i);
    const hasNext = i + 1 < args.count;
    if (isWord(option, "replace")) {
      options.replace = true;
    } else if (isWord(option, "absttl")) {
      options.absolute = true;
    } else if (isWord(option, "idletime") && hasNext && options.frequency === undefined) {
      options.idle = integerAt(args, ++i);
      if (options.idle < 0) throw new CommandError("ERR Invalid IDLETIME value, must be >= 0");
    } else if (isWord(option, "freq") && hasNext && options.idle === undefined) {
      options.frequency = integerAt(args, ++i);
      if (options.frequency < 0 || options.frequency > MAX_FREQUENCY) {
        throw new CommandError("ERR Invalid FREQ value, must be >= 0 and <= 255");
      }
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  return options;
}

/** When a restored key expires, in milliseconds since 1970; undefined if it does not. */
function deadlineOf({ engine }: Client, args: Args, absolute: boolean): bigint | undefined {
  const ttl = int64At(args, 2);
  if (ttl < 0n) throw new CommandError("ERR Invalid TTL value, must be >= 0");
  if (ttl === 0n) return undefined;
  if (absolute) return ttl;
  // Redis lets it overflow, so that the time is long past.
  const time = ttl + BigInt(engine.now);
  return time > MAX_INT64 ? time - (1n << 64n) : time;
}

function restore(client: Client, args: Args): void {
  const { db, engine, reply } = client;
  const options = readOptions(args);
  const key = args.at(1);
  if (!options.replace && db.write(key) !== 0) {
    throw new CommandError("BUSYKEY Target key name already exists.");
  }
  const deadline = deadlineOf(client, args, options.absolute);
  const payload = args.at(3);
  if (!isWholeDump(payload, engine.settings.checksOfDumps)) {
    throw new CommandError("ERR DUMP payload version or checksum are wrong");
  }
  let value: LoadedValue;
  try {
    value = readDump(payload, engine);
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    throw new CommandError("ERR Bad data format");
  }
  const isReplaced = options.replace && db.discard(key);
  if (deadline !== undefined && engine.isPast(deadline)) {
    value.discard();
    if (isReplaced) {
      db.changed(key);
      engine.effects?.replace(db, "DEL", key);
      db.notify("g", "del", key);
    }
    return reply.ok();
  }
  const entry = value.addTo(db, key);
  if (deadline !== undefined) db.expireAt(entry, deadline);
  engine.eviction.restoreUse(entry, options);
  db.changed(key);
  if (deadline !== undefined && !options.absolute) {
    engine.effects?.rewrite(db, args, { 2: deadline, [args.count]: "ABSTTL" });
  }
  db.notify("g", "restore", key);
  reply.ok();
}

export const DUMP: CommandRow = {
  arity: 2,
  flags: "readonly",
  keys: "1 RO access",
  categories: "keyspace",
  tips: "nondeterministic_output",
  since: "2.6.0",
  summary: "Replies a key's value in the format of RDB files",
  run: dump,
};

export const RESTORE: CommandRow = {
  arity: -4,
  flags: "write denyoom",
  keys: "1 OW update",
  categories: "keyspace dangerous",
  since: "2.6.0",
  summary: "Makes a key of what DUMP has replied",
  run: restore,
};
