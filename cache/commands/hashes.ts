/**
 * The commands of hashes.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { formatInteger, parseLongDouble } from "../number.ts";
import { HASH } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import { readCursor, readScanOptions, replyEmptyScan, replyScan } from "../scan.ts";
import type { Collection } from "../store/collection.ts";
import type { Slice } from "../store/slice.ts";
import { int64At, randomCountAt } from "./arguments.ts";
import { addToCollection, readCollection, removeFromCollection } from "./collections.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, NOT_FLOAT, SYNTAX, wrongArity } from "./error.ts";
import { addendAt, incremented, incrementedFloat } from "./increment.ts";

/** From here on Redis refuses a count that it would have to double. */
const TOO_MANY_PAIRS = 2n ** 62n;

/** The hash of the first argument, to be read. */
const read = ({ db }: Client, args: Args): Collection | undefined =>
  readCollection(db, args.at(1), HASH);

/** Adds to the hash of the first argument, as {@linkcode addToCollection} does. */
function add<T>(
  { db }: Client,
  args: Args,
  add: (hash: Collection) => T,
  failed?: () => void,
): T {
  return addToCollection(db, args.at(1), HASH, () => db.objects.hashes.create(), add, failed);
}

/**
 * Says that fields of the hash of the first argument were set, as Redis does after its reply: who hears
 * of it may be the client itself.
 */
function changed({ db }: Client, args: Args, event: string, count = 1): void {
  const key = args.at(1);
  db.changed(key, count);
  db.notify("h", event, key);
}

/** Sets the fields that arguments name, each followed by its value; returns how many are new. */
function setFields(client: Client, args: Args, command: string): number {
  if (args.count % 2 === 1) throw wrongArity(command);
  const { hashes } = client.db.objects;
  let [created, set] = [0, 0];
  add(client, args, (hash) => {
    for (let i = 2; i < args.count; i += 2) {
      if (hashes.set(hash, args.at(i), args.at(i + 1))) created++;
      set++;
    }
  }, () => {
    if (set > 0) changed(client, args, "hset", set);
  });
  return created;
}

function hset(client: Client, args: Args): void {
  client.reply.integer(setFields(client, args, "hset"));
  changed(client, args, "hset", args.count / 2 - 1);
}

function hmset(client: Client, args: Args): void {
  setFields(client, args, "hmset");
  client.reply.ok();
  changed(client, args, "hset", args.count / 2 - 1);
}

function hsetnx(client: Client, args: Args): void {
  const { hashes } = client.db.objects;
  const field = args.at(2);
  const isNew = add(client, args, (hash) => {
    if (hashes.get(hash, field) !== undefined) return false;
    return hashes.set(hash, field, args.at(3));
  });
  client.reply.integer(isNew ? 1 : 0);
  if (isNew) changed(client, args, "hset");
}

function replyValue({ db, reply }: Client, hash: Collection | undefined, field: Slice): void {
  const value = hash && db.objects.hashes.get(hash, field);
  if (value === undefined) reply.null();
  else reply.bulk(value);
}

function hget(client: Client, args: Args): void {
  replyValue(client, read(client, args), args.at(2));
}

function hmget(client: Client, args: Args): void {
  const hash = read(client, args);
  client.reply.array(args.count - 2);
  for (let i = 2; i < args.count; i++) replyValue(client, hash, args.at(i));
}

function hdel({ db, reply }: Client, args: Args): void {
  reply.integer(removeFromCollection(db, args, HASH, "hdel"));
}

function hlen(client: Client, args: Args): void {
  const hash = read(client, args);
  client.reply.integer(hash === undefined ? 0 : client.db.objects.hashes.size(hash));
}

/** The value of the field that the second argument names. */
function valueOf(client: Client, args: Args): Slice | undefined {
  const hash = read(client, args);
  return hash && client.db.objects.hashes.get(hash, args.at(2));
}

function hstrlen(client: Client, args: Args): void {
  client.reply.integer(valueOf(client, args)?.length ?? 0);
}

function hexists(client: Client, args: Args): void {
  client.reply.integer(valueOf(client, args) === undefined ? 0 : 1);
}

function hincrby(client: Client, args: Args): void {
  const { db: { objects: { hashes } }, reply } = client;
  const by = addendAt(args, 3);
  const field = args.at(2);
  const sum = add(client, args, (hash) => {
    const old = hashes.get(hash, field);
    const sum = incremented(old, by, "ERR hash value is not an integer");
    hashes.set(hash, field, formatInteger(sum));
    return sum;
  });
  if (typeof sum === "bigint") reply.bigInteger(sum);
  else reply.integer(sum);
  changed(client, args, "hincrby");
}

function hincrbyfloat(client: Client, args: Args): void {
  const { hashes } = client.db.objects;
  const by = parseLongDouble(args.at(3));
  if (by === undefined) throw new CommandError(NOT_FLOAT);
  if (typeof by === "number") throw new CommandError("ERR value is NaN or Infinity");
  const field = args.at(2);
  const text = add(client, args, (hash) => {
    const old = hashes.get(hash, field);
    const text = incrementedFloat(old, by, "ERR hash value is not a float");
    hashes.set(hash, field, text);
    return text;
  });
  client.reply.bulk(text);
  changed(client, args, "hincrbyfloat");
  client.engine.effects?.rewrite(client.db, args, { 0: "HSET", 3: text });
}

function hgetall(client: Client, args: Args): void {
  const { db: { objects: { hashes } }, reply } = client;
  const hash = read(client, args);
  if (hash === undefined) return reply.map(0);
  reply.map(hashes.size(hash));
  hashes.walk(hash, (field, value) => {
    reply.bulk(field);
    reply.bulk(value);
  });
}

/** Replies the fields of a hash, or its values. */
function list(client: Client, args: Args, pick: (field: Slice, value: Slice) => Slice): void {
  const { db: { objects: { hashes } }, reply } = client;
  const hash = read(client, args);
  if (hash === undefined) return reply.array(0);
  reply.array(hashes.size(hash));
  hashes.walk(hash, (field, value) => reply.bulk(pick(field, value)));
}

function hrandfield(client: Client, args: Args): void {
  const { db: { objects: { hashes } }, reply } = client;
  if (args.count === 2) {
    const hash = read(client, args);
    if (hash === undefined) return reply.null();
    return hashes.random(hash, Math.random, (field) => reply.bulk(field));
  }
  const count = randomCountAt(args, 2);
  const withValues = args.count === 4 && isWord(args.at(3), "withvalues");
  if (args.count > 3 && !withValues) throw new CommandError(SYNTAX);
  const exact = withValues ? int64At(args, 2) : 0n;
  if (exact >= TOO_MANY_PAIRS || -exact >= TOO_MANY_PAIRS) {
    throw new CommandError("ERR value is out of range");
  }
  const hash = read(client, args);
  if (hash === undefined || count === 0) return reply.array(0);

  const show = (field: Slice, value: Slice): void => {
    if (withValues && reply.resp === 3) reply.array(2);
    reply.bulk(field);
    if (withValues) reply.bulk(value);
  };
  const shown = count < 0 ? -count : Math.min(count, hashes.size(hash));
  reply.array(withValues && reply.resp === 2 ? 2 * shown : shown);
  if (count < 0) {
    for (let left = shown; left > 0 && !reply.overflowed; left--) {
      hashes.random(hash, Math.random, show);
    }
  } else {
    hashes.sample(hash, shown, Math.random, show);
  }
}

function hscan(client: Client, args: Args): void {
  const { db: { objects: { hashes } }, reply } = client;
  const cursor = readCursor(args.at(2));
  const hash = read(client, args);
  if (hash === undefined) return replyEmptyScan(reply);
  const step = (cursor: number, visit: (field: Slice, value: Slice) => void) =>
    hashes.scan(hash, cursor, visit);
  replyScan(reply, cursor, readScanOptions(args, 3), step);
}

export const HASHES: CommandRows = {
  hdel: {
    arity: -3,
    flags: "write fast",
    keys: "1 RW delete",
    since: "2.0.0",
    summary: "Deletes fields of a hash",
    run: hdel,
  },
  hexists: {
    arity: 3,
    flags: "readonly fast",
    keys: "1 RO",
    since: "2.0.0",
    summary: "Tells whether a field is in a hash",
    run: hexists,
  },
  hget: {
    arity: 3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "2.0.0",
    summary: "Replies the value of a field",
    run: hget,
  },
  hgetall: {
    arity: 2,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output_order",
    since: "2.0.0",
    summary: "Replies all fields of a hash with their values",
    run: hgetall,
  },
  hincrby: {
    arity: 4,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "2.0.0",
    summary: "Adds to the integer of a field",
    run: hincrby,
  },
  hincrbyfloat: {
    arity: 4,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "2.6.0",
    summary: "Adds to the number with decimals of a field",
    run: hincrbyfloat,
  },
  hkeys: {
    arity: 2,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output_order",
    since: "2.0.0",
    summary: "Replies all fields of a hash",
    run: (client, args) => list(client, args, (field) => field),
  },
  hlen: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO",
    since: "2.0.0",
    summary: "Counts the fields of a hash",
    run: hlen,
  },
  hmget: {
    arity: -3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "2.0.0",
    summary: "Replies the values of several fields",
    run: hmget,
  },
  hmset: {
    arity: -4,
    flags: "write denyoom fast",
    keys: "1 RW update",
    since: "2.0.0",
    summary: "The older form of HSET",
    run: hmset,
  },
  hrandfield: {
    arity: -2,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output",
    since: "6.2.0",
    summary: "Replies random fields of a hash",
    run: hrandfield,
  },
  hscan: {
    arity: -3,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output",
    since: "2.8.0",
    summary: "Goes through the fields and values of a hash, some with each call",
    run: hscan,
  },
  hset: {
    arity: -4,
    flags: "write denyoom fast",
    keys: "1 RW update",
    since: "2.0.0",
    summary: "Sets fields of a hash",
    run: hset,
  },
  hsetnx: {
    arity: 4,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "2.0.0",
    summary: "Sets a field if it is not there",
    run: hsetnx,
  },
  hstrlen: {
    arity: 3,
    flags: "readonly fast",
    keys: "1 RO",
    since: "3.2.0",
    summary: "Replies the length of the value of a field",
    run: hstrlen,
  },
  hvals: {
    arity: 2,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output_order",
    since: "2.0.0",
    summary: "Replies all values of a hash",
    run: (client, args) => list(client, args, (_, value) => value),
  },
};
