/**
 * The commands of strings.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Keyspace } from "../keyspace.ts";
import { formatInteger, MIN_INT64, parseLongDouble } from "../number.ts";
import { STRING, STRING_RAW, STRING_TEXT } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Address } from "../store/arena.ts";
import { latin1Slice, Slice } from "../store/slice.ts";
import { expiryAt, integerAt, invalidExpireTime } from "./arguments.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, NOT_FLOAT, NOT_INTEGER, SYNTAX, wrongArity } from "./error.ts";
import { addendAt, incremented, incrementedFloat } from "./increment.ts";

/** The options of `SET` and `GETEX`. */
interface SetOptions {
  onlyIf?: "absent" | "present";
  get?: boolean;
  keepDeadline?: boolean;
  persist?: boolean;
  expire?: Expiry;
}

/** When a key is to expire, as a command says it. */
interface Expiry {
  readonly option: ExpiryOption;
  /** The index of the argument. */
  readonly index: number;
  readonly unit: 1 | 1000;
  /** Whether it is a point in time, not a time from now. */
  readonly absolute: boolean;
}

const EXPIRY_OPTIONS = {
  ex: { unit: 1000, absolute: false },
  px: { unit: 1, absolute: false },
  exat: { unit: 1000, absolute: true },
  pxat: { unit: 1, absolute: true },
} as const;

type ExpiryOption = keyof typeof EXPIRY_OPTIONS;

function isExpiryOption(option: string): option is ExpiryOption {
  return option in EXPIRY_OPTIONS;
}

function readOptions(args: Args, from: number, command: "set" | "getex"): SetOptions {
  const options: SetOptions = {};
  const isSet = command === "set";
  for (let i = from; i < args.count; i++) {
    const option = args.at(i).latin1().toLowerCase();
    if (isSet && (option === "nx" || option === "xx") && options.onlyIf === undefined) {
      options.onlyIf = option === "nx" ? "absent" : "present";
    } else if (isSet && option === "get") {
      options.get = true;
    } else if (isSet && option === "keepttl" && !options.expire) {
      options.keepDeadline = true;
    } else if (!isSet && option === "persist" && !options.expire) {
      options.persist = true;
    } else if (
      isExpiryOption(option) && i + 1 < args.count && !options.keepDeadline && !options.persist &&
      // The same one may be given again, and the last one counts.
      (options.expire === undefined || options.expire.option === option)
    ) {
      options.expire = { option, ...EXPIRY_OPTIONS[option], index: ++i };
    } else if (
      // The same condition may be given twice.
      !(isSet && ((option === "nx" && options.onlyIf === "absent") ||
        (option === "xx" && options.onlyIf === "present")))
    ) {
      throw new CommandError(SYNTAX);
    }
  }
  return options;
}

/** The point in time of an expiry, in milliseconds since 1970. */
function expiryTime(
  { engine }: Client,
  args: Args,
  { index, unit, absolute }: Expiry,
  command: string,
): number | bigint {
  if (integerAt(args, index) <= 0) throw invalidExpireTime(command);
  return expiryAt(args, index, unit, absolute ? 0 : engine.now, command);
}

/** Replies a key's string, or null. */
function replyString({ db, reply }: Client, key: Slice): Address {
  const entry = db.read(key, STRING);
  if (entry === 0) reply.null();
  else reply.bulk(db.objects.string(entry));
  return entry;
}

function set(client: Client, args: Args): void {
  const options = args.count === 3 ? {} : readOptions(args, 3, "set");
  store(client, args.at(1), args.at(2), options, args, "set");
}

/** What `SET` does with its key: it reads it only where it is asked to. */
function setFlags(args: Args): readonly string[] {
  for (let i = 3; i < args.count; i++) {
    if (isWord(args.at(i), "get")) return ["RW", "access", "update"];
  }
  return ["OW", "update"];
}

/** The arguments of `SET` without its option `GET`. */
function withoutGet(args: Args): Slice[] {
  const all = Array.from({ length: args.count }, (_, i) => args.at(i));
  return all.filter((argument, i) => i < 3 || !isWord(argument, "get"));
}

/** What `SET` and its older forms do. */
function store(
  client: Client,
  key: Slice,
  value: Slice,
  options: SetOptions,
  args: Args,
  command: string,
): void {
  const { db, reply, engine: { effects } } = client;
  const { onlyIf, expire } = options;
  const time = expire && expiryTime(client, args, expire, command);
  if (options.get) replyString(client, key);
  const entry = db.write(key);
  if (onlyIf !== undefined && (entry === 0) !== (onlyIf === "absent")) {
    if (!options.get) reply.null();
    return;
  }
  const written = db.setString(key, value, entry, options.keepDeadline);
  db.changed(key);
  db.notify("$", "set", key);
  if (time !== undefined) {
    db.expireAt(written, time);
    effects?.replace(db, "SET", key, value, "PXAT", time);
    db.notify("g", "expire", key);
  } else if (options.get) {
    effects?.replace(db, ...withoutGet(args));
  }
  if (!options.get) reply.ok();
}

function setnx(client: Client, args: Args): void {
  const { db, reply } = client;
  const [key, value] = [args.at(1), args.at(2)];
  const entry = db.write(key);
  if (entry === 0) {
    db.setString(key, value, entry);
    db.changed(key);
    db.notify("$", "set", key);
  }
  reply.integer(entry === 0 ? 1 : 0);
}

function setWithTtl(command: "setex" | "psetex", option: "ex" | "px") {
  const options: SetOptions = { expire: { option, ...EXPIRY_OPTIONS[option], index: 2 } };
  return (client: Client, args: Args): void =>
    store(client, args.at(1), args.at(3), options, args, command);
}

function get(client: Client, args: Args): void {
  replyString(client, args.at(1));
}

function getex(client: Client, args: Args): void {
  const { db, reply, engine, engine: { effects } } = client;
  const options = readOptions(args, 2, "getex");
  const key = args.at(1);
  const entry = db.read(key, STRING);
  if (entry === 0) return reply.null();
  const time = options.expire && expiryTime(client, args, options.expire, "getex");
  reply.bulk(db.objects.string(entry));
  if (time !== undefined && options.expire?.absolute && engine.isPast(time)) {
    db.remove(entry);
    db.changed(key);
    effects?.replace(db, effects.deletion("expire"), key);
    db.notify("g", "del", key);
  } else if (time !== undefined) {
    db.expireAt(entry, time);
    db.changed(key);
    effects?.replace(db, "PEXPIREAT", key, time);
    db.notify("g", "expire", key);
  } else if (options.persist && db.persist(entry)) {
    db.changed(key);
    effects?.replace(db, "PERSIST", key);
    db.notify("g", "persist", key);
  }
}

function getdel(client: Client, args: Args): void {
  const { db, engine: { effects } } = client;
  const key = args.at(1);
  const entry = replyString(client, key);
  if (entry === 0) return;
  db.remove(entry);
  db.changed(key);
  effects?.replace(db, effects.deletion("user-del"), key);
  db.notify("g", "del", key);
}

function getset(client: Client, args: Args): void {
  const { db } = client;
  const key = args.at(1);
  const entry = replyString(client, key);
  db.setString(key, args.at(2), entry);
  db.changed(key);
  client.engine.effects?.rewrite(db, args, { 0: "SET" });
  db.notify("$", "set", key);
}

function mget({ db, reply }: Client, args: Args): void {
  reply.array(args.count - 1);
  for (let i = 1; i < args.count; i++) {
    const entry = db.read(args.at(i));
    if (entry === 0 || db.objects.type(entry) !== STRING) reply.null();
    else reply.bulk(db.objects.string(entry));
  }
}

function setAll({ db }: Client, args: Args): void {
  for (let i = 1; i < args.count; i += 2) {
    const key = args.at(i);
    db.setString(key, args.at(i + 1));
    db.changed(key);
    db.notify("$", "set", key);
  }
}

function mset(client: Client, args: Args): void {
  if (args.count % 2 === 0) throw wrongArity("mset");
  setAll(client, args);
  client.reply.ok();
}

function msetnx(client: Client, args: Args): void {
  if (args.count % 2 === 0) throw wrongArity("msetnx");
  for (let i = 1; i < args.count; i += 2) {
    if (client.db.write(args.at(i)) !== 0) return client.reply.integer(0);
  }
  setAll(client, args);
  client.reply.integer(1);
}

/** Adds to a key's integer. */
function increment({ db, reply }: Client, key: Slice, by: number | bigint): void {
  const entry = db.write(key, STRING);
  const old = entry === 0 ? undefined : db.objects.string(entry);
  const value = incremented(old, by, NOT_INTEGER);
  db.setString(key, formatInteger(value), entry, true);
  db.changed(key);
  db.notify("$", "incrby", key);
  if (typeof value === "bigint") reply.bigInteger(value);
  else reply.integer(value);
}

function decrby(client: Client, args: Args): void {
  const by = addendAt(args, 2);
  if (by === MIN_INT64) throw new CommandError("ERR decrement would overflow");
  increment(client, args.at(1), -by);
}

function incrbyfloat({ db, reply, engine }: Client, args: Args): void {
  const key = args.at(1);
  const entry = db.write(key, STRING);
  const by = parseLongDouble(args.at(2));
  const old = entry === 0 ? undefined : db.objects.string(entry);
  if (by === undefined) throw new CommandError(NOT_FLOAT);
  const text = incrementedFloat(old, by, NOT_FLOAT);
  db.objects.setEncoding(db.setString(key, text, entry, true), STRING_TEXT);
  db.changed(key);
  engine.effects?.replace(db, "SET", key, text, "KEEPTTL");
  db.notify("$", "incrbyfloat", key);
  reply.bulk(text);
}

/** Throws where a string would become longer than Redis allows. */
function checkLength({ engine }: Client, length: number): void {
  if (length > engine.settings.maxBulk) {
    throw new CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  }
}

function append(client: Client, args: Args): void {
  const { db, reply } = client;
  const { objects } = db;
  const [key, value] = [args.at(1), args.at(2)];
  const entry = db.write(key, STRING);
  let { length } = value;
  if (entry === 0) {
    db.setString(key, value, entry);
  } else {
    const old = objects.values.size(entry);
    length += old;
    checkLength(client, length);
    writeAt(db, entry, old, value);
  }
  db.changed(key);
  db.notify("$", "append", key);
  reply.integer(length);
}

/** Writes into a string, which grows by zeros where it is too short. */
function writeAt({ objects }: Keyspace, entry: Address, offset: number, value: Slice): void {
  const length = Math.max(objects.values.size(entry), offset + value.length);
  const grown = objects.values.grow(entry, length);
  grown.bytes.set(
    value.bytes.subarray(value.start, value.start + value.length),
    grown.start + offset,
  );
  objects.setEncoding(entry, STRING_RAW);
}

const EMPTY = latin1Slice("");

function setrange(client: Client, args: Args): void {
  const { db, reply } = client;
  const [key, value] = [args.at(1), args.at(3)];
  const offset = integerAt(args, 2);
  if (offset < 0) throw new CommandError("ERR offset is out of range");
  let entry = db.write(key, STRING);
  if (value.length === 0) return reply.integer(entry === 0 ? 0 : db.objects.values.size(entry));
  checkLength(client, offset + value.length);
  if (entry === 0) entry = db.setString(key, EMPTY, entry);
  writeAt(db, entry, offset, value);
  db.changed(key);
  db.notify("$", "setrange", key);
  reply.integer(db.objects.values.size(entry));
}

function getrange({ db, reply }: Client, args: Args): void {
  let start = integerAt(args, 2);
  let end = integerAt(args, 3);
  const entry = db.read(args.at(1), STRING);
  if (entry === 0) return reply.text("");
  const value = db.objects.string(entry);
  const { length } = value;
  if (start < 0 && end < 0 && start > end) return reply.text("");
  start = start < 0 ? Math.max(length + start, 0) : start;
  end = Math.min(end < 0 ? Math.max(length + end, 0) : end, length - 1);
  if (start > end || length === 0) return reply.text("");
  reply.bulk(value.part(start, end + 1));
}

function strlen({ db, reply }: Client, args: Args): void {
  const entry = db.read(args.at(1), STRING);
  reply.integer(entry === 0 ? 0 : db.objects.values.size(entry));
}

/** The longest common subsequence, by the table of the lengths of all prefixes. */
function lcs({ db, reply, engine }: Client, args: Args): void {
  const entries = [db.read(args.at(1)), db.read(args.at(2))];
  if (entries.some((entry) => entry !== 0 && db.objects.type(entry) !== STRING)) {
    throw new CommandError("ERR The specified keys must contain string values");
  }
  const [a, b] = entries.map((entry) => entry === 0 ? EMPTY : db.objects.string(entry)) as [
    Slice,
    Slice,
  ];
  let [onlyLength, indexes, withLengths, minLength] = [false, false, false, 0];
  for (let i = 3; i < args.count; i++) {
    const option = args.at(i);
    if (isWord(option, "idx")) indexes = true;
    else if (isWord(option, "len")) onlyLength = true;
    else if (isWord(option, "withmatchlen")) withLengths = true;
    else if (isWord(option, "minmatchlen") && i + 1 < args.count) {
      minLength = Math.max(integerAt(args, ++i), 0);
    } else throw new CommandError(SYNTAX);
  }
  if (indexes && onlyLength) {
    throw new CommandError(
      "ERR If you want both the length and indexes, please just use IDX.",
    );
  }
  const width = b.length + 1;
  const size = (a.length + 1) * width;
  if (size * 4 > engine.settings.maxBulk) {
    throw new CommandError(
      "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
    );
  }
  const lengths = new Uint32Array(size);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      lengths[i * width + j] = a.at(i - 1) === b.at(j - 1)
        ? lengths[(i - 1) * width + j - 1]! + 1
        : Math.max(lengths[(i - 1) * width + j]!, lengths[i * width + j - 1]!);
    }
  }
  const length = lengths[size - 1]!;
  if (onlyLength) return reply.integer(length);

  // Back from the end: what is common, and the ranges in which it stands in both.
  const common = new Uint8Array(length);
  const ranges: { a: number; b: number; length: number }[] = [];
  let left = length;
  for (let [i, j] = [a.length, b.length]; left > 0;) {
    if (a.at(i - 1) === b.at(j - 1)) {
      common[--left] = a.at(--i);
      j--;
      const range = ranges.at(-1);
      if (range !== undefined && range.a === i + 1 && range.b === j + 1) {
        range.a--;
        range.b--;
        range.length++;
      } else {
        ranges.push({ a: i, b: j, length: 1 });
      }
    } else if (lengths[(i - 1) * width + j]! > lengths[i * width + j - 1]!) {
      i--;
    } else {
      j--;
    }
  }
  if (!indexes) return reply.bulk(new Slice(common));
  const shown = ranges.filter((range) => range.length >= minLength);
  reply.map(2);
  reply.text("matches");
  reply.array(shown.length);
  for (const range of shown) {
    reply.array(withLengths ? 3 : 2);
    for (const start of [range.a, range.b]) {
      reply.array(2);
      reply.integer(start);
      reply.integer(start + range.length - 1);
    }
    if (withLengths) reply.integer(range.length);
  }
  reply.text("len");
  reply.integer(length);
}

export const STRINGS: CommandRows = {
  append: {
    arity: 3,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "2.0.0",
    summary: "Appends to a string, which is made if there is none",
    run: append,
  },
  decr: {
    arity: 2,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "1.0.0",
    summary: "Takes one from an integer",
    run: (client, args) => increment(client, args.at(1), -1),
  },
  decrby: {
    arity: 3,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "1.0.0",
    summary: "Takes from an integer",
    run: decrby,
  },
  get: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "1.0.0",
    summary: "Replies a string",
    run: get,
  },
  getdel: {
    arity: 2,
    flags: "write fast",
    keys: "1 RW access delete",
    since: "6.2.0",
    summary: "Replies a string and deletes its key",
    run: getdel,
  },
  getex: {
    arity: -2,
    flags: "write fast",
    keys: "1 RW access update",
    since: "6.2.0",
    summary: "Replies a string and changes when its key expires",
    run: getex,
  },
  getrange: {
    arity: 4,
    flags: "readonly",
    keys: "1 RO access",
    since: "2.4.0",
    summary: "Replies a part of a string",
    run: getrange,
  },
  getset: {
    arity: 3,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "1.0.0",
    summary: "Replaces a string and replies the old one",
    run: getset,
  },
  incr: {
    arity: 2,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "1.0.0",
    summary: "Adds one to an integer",
    run: (client, args) => increment(client, args.at(1), 1),
  },
  incrby: {
    arity: 3,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "1.0.0",
    summary: "Adds to an integer",
    run: (client, args) => increment(client, args.at(1), addendAt(args, 2)),
  },
  incrbyfloat: {
    arity: 3,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "2.6.0",
    summary: "Adds to a number with decimals",
    run: incrbyfloat,
  },
  lcs: {
    arity: -3,
    flags: "readonly",
    keys: "1..2 RO access",
    since: "7.0.0",
    summary: "Finds the longest common subsequence of two strings",
    run: lcs,
  },
  mget: {
    arity: -2,
    flags: "readonly fast",
    keys: "1..-1 RO access",
    tips: "request_policy:multi_shard",
    since: "1.0.0",
    summary: "Replies several strings",
    run: mget,
  },
  mset: {
    arity: -3,
    flags: "write denyoom",
    keys: "1..-1:2 OW update",
    tips: "request_policy:multi_shard response_policy:all_succeeded",
    since: "1.0.1",
    summary: "Sets several strings",
    run: mset,
  },
  msetnx: {
    arity: -3,
    flags: "write denyoom",
    keys: "1..-1:2 OW insert",
    tips: "request_policy:multi_shard response_policy:agg_min",
    since: "1.0.1",
    summary: "Sets several strings, if none of the keys is there",
    run: msetnx,
  },
  psetex: {
    arity: 4,
    flags: "write denyoom",
    keys: "1 OW update",
    since: "2.6.0",
    summary: "Sets a string that expires after so many milliseconds",
    run: setWithTtl("psetex", "px"),
  },
  set: {
    arity: -3,
    flags: "write denyoom",
    keys: "1 RW access update variable_flags",
    variableFlags: setFlags,
    since: "1.0.0",
    summary: "Sets a string, whatever the key held",
    run: set,
  },
  setex: {
    arity: 4,
    flags: "write denyoom",
    keys: "1 OW update",
    since: "2.0.0",
    summary: "Sets a string that expires after so many seconds",
    run: setWithTtl("setex", "ex"),
  },
  setnx: {
    arity: 3,
    flags: "write denyoom fast",
    keys: "1 OW insert",
    since: "1.0.0",
    summary: "Sets a string if the key is not there",
    run: setnx,
  },
  setrange: {
    arity: 4,
    flags: "write denyoom",
    keys: "1 RW update",
    since: "2.2.0",
    summary: "Overwrites a part of a string",
    run: setrange,
  },
  strlen: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO",
    since: "2.2.0",
    summary: "Replies the length of a string",
    run: strlen,
  },
  substr: {
    arity: 4,
    flags: "readonly",
    keys: "1 RO access",
    since: "1.0.0",
    summary: "The older name of GETRANGE",
    run: getrange,
  },
};
