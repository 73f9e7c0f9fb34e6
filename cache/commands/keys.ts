/**
 * The commands of keys of any type: what is there, what it is called, when it expires.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { globMatches } from "../glob.ts";
import type { Keyspace } from "../keyspace.ts";
import { parseInteger } from "../number.ts";
import { STRING, TYPE_NAMES } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import { readCursor } from "../scan.ts";
import type { Address } from "../store/arena.ts";
import type { Slice } from "../store/slice.ts";
import { expiryAt, int32At, integerAt } from "./arguments.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, NO_SUCH_KEY, printed, SYNTAX } from "./error.ts";
import { DUMP, RESTORE } from "./dump.ts";
import { helpRow } from "./help.ts";
import { WAIT } from "./replication.ts";
import { sort, storeKey } from "./sort.ts";

const SAME_OBJECT = "ERR source and destination objects are the same";

function del({ db, reply }: Client, args: Args): void {
  let deleted = 0;
  for (let i = 1; i < args.count; i++) {
    const key = args.at(i);
    const entry = db.find(key);
    if (entry === 0) continue;
    db.remove(entry);
    db.changed(key);
    db.notify("g", "del", key);
    deleted++;
  }
  reply.integer(deleted);
}

/** Counts the keys that are there, with those that are named twice. */
function count(look: (db: Keyspace, key: Slice) => Address) {
  return ({ db, reply }: Client, args: Args): void => {
    let there = 0;
    for (let i = 1; i < args.count; i++) if (look(db, args.at(i)) !== 0) there++;
    reply.integer(there);
  };
}

function type({ db, reply }: Client, args: Args): void {
  const entry = db.peek(args.at(1));
  reply.simple(entry === 0 ? "none" : TYPE_NAMES[db.objects.type(entry)]);
}

/** A pattern that matches all keys, the empty one too. */
const isStar = (pattern: Slice): boolean => pattern.length === 1 && isWord(pattern, "*");

/** Whether an entry is to be seen, though its time may have come. */
function isAlive(db: Keyspace, entry: Address): boolean {
  return db.deadline(entry) === undefined || !db.hasExpired(entry);
}

function keys({ db, reply }: Client, args: Args): void {
  const { objects: { keys }, table } = db;
  const pattern = args.at(1);
  const all = isStar(pattern);
  const begun = reply.begin();
  let found = 0;
  keys.walk(table, (entry) => {
    const key = keys.key(entry);
    if (!isAlive(db, entry) || !(all || globMatches(pattern, key))) return;
    reply.bulk(key);
    found++;
  });
  reply.end(begun, found);
}

/** In a table with many empty buckets, `SCAN` ends after so many steps for each key it is to visit. */
const SCAN_STEPS = 10;

function scan({ db, reply }: Client, args: Args): void {
  let cursor = readCursor(args.at(1));
  let count = 10;
  let pattern: Slice | undefined;
  let type: Slice | undefined;
  for (let i = 2; i < args.count; i += 2) {
    const option = args.at(i);
    if (i + 1 === args.count) throw new CommandError(SYNTAX);
    if (isWord(option, "count")) {
      count = integerAt(args, i + 1);
      if (count < 1) throw new CommandError(SYNTAX);
    } else if (isWord(option, "match")) {
      pattern = args.at(i + 1);
      if (isStar(pattern)) pattern = undefined;
    } else if (isWord(option, "type")) {
      type = args.at(i + 1);
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  const { objects, table } = db;
  const entries: Address[] = [];
  let steps = count * SCAN_STEPS;
  do {
    cursor = objects.keys.scan(table, cursor, (entry) => {
      entries.push(entry);
    });
  } while (cursor !== 0 && steps-- > 0 && entries.length < count);

  reply.array(2);
  reply.bulkInteger(cursor);
  const begun = reply.begin();
  let found = 0;
  for (const entry of entries) {
    if (!isAlive(db, entry)) {
      if (!db.engine.keepsExpired) db.expireNow(entry);
      continue;
    }
    if (type !== undefined && !isWord(type, TYPE_NAMES[objects.type(entry)])) continue;
    const key = objects.keys.key(entry);
    if (pattern !== undefined && !globMatches(pattern, key)) continue;
    reply.bulk(key);
    found++;
  }
  reply.end(begun, found);
}

/** How many keys `RANDOMKEY` looks at where those that have expired stay there (as in Redis). */
const RANDOM_TRIES = 100;

function randomkey({ db, engine, reply }: Client): void {
  const { keys } = db.objects;
  for (let tries = 1;; tries++) {
    const entry = keys.random(db.table, Math.random);
    if (entry === 0) return reply.null();
    if (isAlive(db, entry) || (engine.keepsExpired && tries === RANDOM_TRIES)) {
      return reply.bulk(keys.key(entry));
    }
    if (!engine.keepsExpired) db.expireNow(entry);
  }
}

function rename(onlyIfNew: boolean) {
  return ({ db, reply }: Client, args: Args): void => {
    const [key, newKey] = [args.at(1), args.at(2)];
    const entry = db.write(key);
    if (entry === 0) throw new CommandError(NO_SUCH_KEY);
    const isSame = key.equals(newKey);
    const other = isSame ? entry : db.write(newKey);
    if (onlyIfNew && other !== 0) return reply.integer(0);
    if (isSame) return reply.ok();
    if (other !== 0) db.remove(other);
    db.move(entry, newKey);
    db.touched(key);
    db.changed(newKey);
    db.notify("g", "rename_from", key);
    db.notify("g", "rename_to", newKey);
    if (onlyIfNew) reply.integer(1);
    else reply.ok();
  };
}

/** The database that an argument names. */
function databaseAt({ engine }: Client, args: Args, index: number): Keyspace {
  const db = engine.databases[int32At(args, index)];
  if (db === undefined) throw new CommandError("ERR DB index is out of range");
  return db;
}

function move(client: Client, args: Args): void {
  const { db, reply } = client;
  const key = args.at(1);
  const target = databaseAt(client, args, 2);
  if (target === db) throw new CommandError(SAME_OBJECT);
  const entry = db.write(key);
  if (entry === 0 || target.write(key) !== 0) return reply.integer(0);
  db.move(entry, key, target);
  db.touched(key);
  target.changed(key);
  db.notify("g", "move_from", key);
  target.notify("g", "move_to", key);
  reply.integer(1);
}

function copy(client: Client, args: Args): void {
  const { db, reply } = client;
  const [key, newKey] = [args.at(1), args.at(2)];
  let target = db;
  let replace = false;
  for (let i = 3; i < args.count; i++) {
    if (isWord(args.at(i), "replace")) {
      replace = true;
    } else if (isWord(args.at(i), "db") && i + 1 < args.count) {
      target = databaseAt(client, args, ++i);
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  if (target === db && key.equals(newKey)) throw new CommandError(SAME_OBJECT);
  const entry = db.read(key);
  if (entry === 0) return reply.integer(0);
  const other = target.write(newKey);
  if (other !== 0) {
    if (!replace) return reply.integer(0);
    target.remove(other);
  }
  target.addCopy(newKey, entry, db);
  target.changed(newKey);
  target.notify("g", "copy_to", newKey);
  reply.integer(1);
}

/** The conditions of `EXPIRE`, by their words. */
const CONDITIONS = ["nx", "xx", "gt", "lt"] as const;
type Condition = typeof CONDITIONS[number];

function readConditions(args: Args): Set<Condition> {
  const given = new Set<Condition>();
  for (let i = 3; i < args.count; i++) {
    const condition = CONDITIONS.find((word) => isWord(args.at(i), word));
    if (condition === undefined) {
      throw new CommandError(`ERR Unsupported option ${printed(args.at(i))}`);
    }
    given.add(condition);
  }
  if (given.has("nx") && given.size > 1) {
    throw new CommandError(
      "ERR NX and XX, GT or LT options at the same time are not compatible",
    );
  }
  if (given.has("gt") && given.has("lt")) {
    throw new CommandError("ERR GT and LT options at the same time are not compatible");
  }
  return given;
}

/** Whether a key with a deadline, or without one, may be given another one. */
function allows(
  conditions: Set<Condition>,
  old: bigint | undefined,
  time: number | bigint,
): boolean {
  if (old === undefined) return !conditions.has("xx") && !conditions.has("gt");
  return !conditions.has("nx") && !(conditions.has("gt") && time <= old) &&
    !(conditions.has("lt") && time >= old);
}

function expire(command: string, unit: 1 | 1000, absolute: boolean) {
  return ({ db, reply, engine }: Client, args: Args): void => {
    const conditions = args.count > 3 ? readConditions(args) : undefined;
    const time = expiryAt(args, 2, unit, absolute ? 0 : engine.now, command);
    const key = args.at(1);
    const entry = db.write(key);
    if (entry === 0) return reply.integer(0);
    if (conditions !== undefined && !allows(conditions, db.exactDeadline(entry), time)) {
      return reply.integer(0);
    }
    if (engine.isPast(time)) {
      db.remove(entry);
      db.changed(key);
      const { effects } = engine;
      effects?.replace(db, effects.deletion("expire"), key);
      db.notify("g", "del", key);
      return reply.integer(1);
    }
    db.expireAt(entry, time);
    // Redis tells of it after the reply, which shows to a client that listens itself.
    reply.integer(1);
    db.changed(key);
    if (!absolute || unit !== 1) engine.effects?.rewrite(db, args, { 0: "PEXPIREAT", 2: time });
    db.notify("g", "expire", key);
  };
}

function ttl(unit: 1 | 1000, absolute: boolean) {
  return ({ db, reply, engine }: Client, args: Args): void => {
    const entry = db.peek(args.at(1));
    if (entry === 0) return reply.integer(-2);
    const time = db.deadline(entry);
    if (time === undefined) return reply.integer(-1);
    const from = absolute ? 0 : engine.now;
    if (Number.isSafeInteger(time)) {
      const left = Math.max(time - from, 0);
      return reply.integer(unit === 1 ? left : Math.floor((left + 500) / 1000));
    }
    const left = (db.exactDeadline(entry) ?? 0n) - BigInt(from);
    reply.bigInteger(unit === 1 ? left : (left + 500n) / 1000n);
  };
}

function persist({ db, reply }: Client, args: Args): void {
  const key = args.at(1);
  const entry = db.write(key);
  if (entry === 0 || !db.persist(entry)) return reply.integer(0);
  db.changed(key);
  db.notify("g", "persist", key);
  reply.integer(1);
}

/** Replies what is known of a key, or null. That counts as a look-up, but is no event. */
function object(show: (client: Client, entry: Address) => void) {
  return (client: Client, args: Args): void => {
    const { db, reply, engine: { stats } } = client;
    const entry = db.find(args.at(2));
    if (entry === 0) {
      stats.keyspaceMisses++;
      return reply.null();
    }
    stats.keyspaceHits++;
    show(client, entry);
  };
}

/** Integers below this are shared by all values in Redis, which count as referred to by so many. */
const SHARED_INTEGERS = 10_000;
const SHARED = 2 ** 31 - 1;

function refcount({ db: { objects }, reply, engine }: Client, entry: Address): void {
  const isInteger = engine.eviction.sharesIntegers &&
    objects.type(entry) === STRING && objects.encodingName(entry) === "int";
  const value = isInteger ? parseInteger(objects.string(entry)) : NaN;
  reply.integer(value >= 0 && value < SHARED_INTEGERS ? SHARED : 1);
}

const ADJUSTING =
  "Please note that when switching between policies at runtime LRU and LFU data will " +
  "take some time to adjust.";

function idletime({ reply, engine: { eviction } }: Client, entry: Address): void {
  if (eviction.countsUses) {
    throw new CommandError(
      `ERR An LFU maxmemory policy is selected, idle time not tracked. ${ADJUSTING}`,
    );
  }
  reply.integer(eviction.idleTime(entry));
}

function frequency({ reply, engine: { eviction } }: Client, entry: Address): void {
  if (!eviction.countsUses) {
    throw new CommandError(
      `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${ADJUSTING}`,
    );
  }
  reply.integer(eviction.frequency(entry));
}

const EXPIRE_ROW = { arity: -3, flags: "write fast", keys: "1 RW update", categories: "keyspace" };
const TTL_ROW = { arity: 2, flags: "readonly fast", keys: "1 RO access", categories: "keyspace" };
const OBJECT_ROW = { arity: 3, flags: "readonly", keys: "2 RO", categories: "keyspace" };

export const KEYS: CommandRows = {
  copy: {
    arity: -3,
    flags: "write denyoom",
    keys: "1 RO access; 2 OW update",
    categories: "keyspace",
    since: "6.2.0",
    summary: "Copies a key's value and deadline to another key",
    run: copy,
  },
  del: {
    arity: -2,
    flags: "write",
    keys: "1..-1 RM delete",
    categories: "keyspace",
    tips: "request_policy:multi_shard response_policy:agg_sum",
    since: "1.0.0",
    summary: "Deletes keys",
    run: del,
  },
  dump: DUMP,
  exists: {
    arity: -2,
    flags: "readonly fast",
    keys: "1..-1 RO",
    categories: "keyspace",
    tips: "request_policy:multi_shard response_policy:agg_sum",
    since: "1.0.0",
    summary: "Counts the keys that are there",
    run: count((db, key) => db.peek(key)),
  },
  expire: {
    ...EXPIRE_ROW,
    since: "1.0.0",
    summary: "Lets a key expire after so many seconds",
    run: expire("expire", 1000, false),
  },
  expireat: {
    ...EXPIRE_ROW,
    since: "1.2.0",
    summary: "Lets a key expire at a time, in seconds since 1970",
    run: expire("expireat", 1000, true),
  },
  expiretime: {
    ...TTL_ROW,
    since: "7.0.0",
    summary: "Replies when a key expires, in seconds since 1970",
    run: ttl(1000, true),
  },
  keys: {
    arity: 2,
    flags: "readonly",
    categories: "keyspace dangerous",
    tips: "request_policy:all_shards nondeterministic_output_order",
    since: "1.0.0",
    summary: "Replies all keys that match a pattern",
    run: keys,
  },
  move: {
    arity: 3,
    flags: "write fast",
    keys: "1 RW access update",
    categories: "keyspace",
    since: "1.0.0",
    summary: "Moves a key to another database",
    run: move,
  },
  object: {
    arity: -2,
    flags: "",
    since: "2.2.3",
    summary: "Holds the commands that tell how a value is kept",
    subcommands: {
      encoding: {
        ...OBJECT_ROW,
        tips: "nondeterministic_output",
        since: "2.2.3",
        summary: "Replies how a value is stored, in Redis' words",
        run: object(({ db, reply }, entry) => reply.text(db.objects.encodingName(entry))),
      },
      freq: {
        ...OBJECT_ROW,
        tips: "nondeterministic_output",
        since: "4.0.0",
        summary: "Replies how often a value is used, under an LFU policy",
        run: object(frequency),
      },
      help: { ...helpRow("6.2.0", "object"), categories: "keyspace" },
      idletime: {
        ...OBJECT_ROW,
        tips: "nondeterministic_output",
        since: "2.2.3",
        summary: "Replies for how many seconds a value has not been used",
        run: object(idletime),
      },
      refcount: {
        ...OBJECT_ROW,
        tips: "nondeterministic_output",
        since: "2.2.3",
        summary: "Replies how many references there are to a value",
        run: object(refcount),
      },
    },
  },
  persist: {
    arity: 2,
    flags: "write fast",
    keys: "1 RW update",
    categories: "keyspace",
    since: "2.2.0",
    summary: "Lets a key not expire any more",
    run: persist,
  },
  pexpire: {
    ...EXPIRE_ROW,
    since: "2.6.0",
    summary: "Lets a key expire after so many milliseconds",
    run: expire("pexpire", 1, false),
  },
  pexpireat: {
    ...EXPIRE_ROW,
    since: "2.6.0",
    summary: "Lets a key expire at a time, in milliseconds since 1970",
    run: expire("pexpireat", 1, true),
  },
  pexpiretime: {
    ...TTL_ROW,
    since: "7.0.0",
    summary: "Replies when a key expires, in milliseconds since 1970",
    run: ttl(1, true),
  },
  pttl: {
    ...TTL_ROW,
    tips: "nondeterministic_output",
    since: "2.6.0",
    summary: "Replies after how many milliseconds a key expires",
    run: ttl(1, false),
  },
  randomkey: {
    arity: 1,
    flags: "readonly",
    categories: "keyspace",
    tips: "request_policy:all_shards nondeterministic_output",
    since: "1.0.0",
    summary: "Replies a random key",
    run: randomkey,
  },
  rename: {
    arity: 3,
    flags: "write",
    keys: "1 RW access delete; 2 OW update",
    categories: "keyspace",
    since: "1.0.0",
    summary: "Gives a key another name, whatever that held",
    run: rename(false),
  },
  renamenx: {
    arity: 3,
    flags: "write fast",
    keys: "1 RW access delete; 2 OW insert",
    categories: "keyspace",
    since: "1.0.0",
    summary: "Gives a key another name that is not in use",
    run: rename(true),
  },
  restore: RESTORE,
  scan: {
    arity: -2,
    flags: "readonly",
    categories: "keyspace",
    tips: "nondeterministic_output request_policy:special",
    since: "2.8.0",
    summary: "Iterates over the keys, some at a time",
    run: scan,
  },
  sort: {
    arity: -2,
    flags: "write denyoom movablekeys",
    keys: "1 RO access",
    categories: "set sortedset list dangerous",
    since: "1.0.0",
    summary: "Sorts a list, a set or a sorted set, and replies or stores the result",
    otherKeys: storeKey,
    keywords: [{ flags: ["RO", "access"] }, { flags: ["OW", "update"] }],
    run: sort("read or store"),
  },
  sort_ro: {
    arity: -2,
    flags: "readonly movablekeys",
    keys: "1 RO access",
    categories: "set sortedset list dangerous",
    since: "7.0.0",
    summary: "Sorts a list, a set or a sorted set, and replies the result",
    keywords: [{ flags: ["RO", "access"] }],
    run: sort("read"),
  },
  touch: {
    arity: -2,
    flags: "readonly fast",
    keys: "1..-1 RO",
    categories: "keyspace",
    tips: "request_policy:multi_shard response_policy:agg_sum",
    since: "3.2.1",
    summary: "Counts the keys that are there, which are in use then",
    run: count((db, key) => db.read(key)),
  },
  ttl: {
    ...TTL_ROW,
    tips: "nondeterministic_output",
    since: "1.0.0",
    summary: "Replies after how many seconds a key expires",
    run: ttl(1000, false),
  },
  type: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO",
    categories: "keyspace",
    since: "1.0.0",
    summary: "Replies the type of a key's value",
    run: type,
  },
  unlink: {
    arity: -2,
    flags: "write fast",
    keys: "1..-1 RM delete",
    categories: "keyspace",
    tips: "request_policy:multi_shard response_policy:agg_sum",
    since: "4.0.0",
    summary: "Deletes keys, as DEL",
    run: del,
  },
  wait: WAIT,
};
