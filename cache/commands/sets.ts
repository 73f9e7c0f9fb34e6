/**
 * The commands of sets.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Keyspace } from "../keyspace.ts";
import { SET } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import { readCursor, readScanOptions, replyEmptyScan, replyScan } from "../scan.ts";
import { type Collection, sampler } from "../store/collection.ts";
import type { Slice } from "../store/slice.ts";
import { integerWithin, randomCountAt } from "./arguments.ts";
import { addToCollection, readCollection, removeFromCollection } from "./collections.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "./error.ts";

/** `SPOP` of so many times more members than it leaves makes a new set of those that stay, as in Redis. */
const MOVE_FACTOR = 5;

/** The set of the first argument, to be read. */
const read = ({ db }: Client, args: Args): Collection | undefined =>
  readCollection(db, args.at(1), SET);

/** Adds members to a key's set, which is made if it is not there; returns how many are new. */
function addMembers({ db }: Client, key: Slice, args: Args, from: number): number {
  const { sets } = db.objects;
  let added = 0;
  const tell = () => {
    if (added === 0) return;
    db.changed(key, added);
    db.notify("s", "sadd", key);
  };
  addToCollection(db, key, SET, () => sets.create(args.at(from)), (set) => {
    for (let i = from; i < args.count; i++) if (sets.add(set, args.at(i))) added++;
  }, tell);
  tell();
  return added;
}

function sadd(client: Client, args: Args): void {
  client.reply.integer(addMembers(client, args.at(1), args, 2));
}

function srem({ db, reply }: Client, args: Args): void {
  reply.integer(removeFromCollection(db, args, SET, "srem"));
}

function scard(client: Client, args: Args): void {
  const set = read(client, args);
  client.reply.integer(set === undefined ? 0 : client.db.objects.sets.size(set));
}

function sismember(client: Client, args: Args): void {
  const set = read(client, args);
  const isMember = set !== undefined && client.db.objects.sets.has(set, args.at(2));
  client.reply.integer(isMember ? 1 : 0);
}

function smismember(client: Client, args: Args): void {
  const { db: { objects: { sets } }, reply } = client;
  const set = read(client, args);
  reply.array(args.count - 2);
  for (let i = 2; i < args.count; i++) {
    reply.integer(set !== undefined && sets.has(set, args.at(i)) ? 1 : 0);
  }
}

/** Replies all members of a set. */
function replySet({ db, reply }: Client, set: Collection): void {
  const { sets } = db.objects;
  reply.set(sets.size(set));
  sets.walk(set, (member) => reply.bulk(member));
}

function smembers(client: Client, args: Args): void {
  const set = read(client, args);
  if (set === undefined) client.reply.set(0);
  else replySet(client, set);
}

function smove(client: Client, args: Args): void {
  const { db, reply } = client;
  const { objects } = db;
  const { sets } = objects;
  const [from, to, member] = [args.at(1), args.at(2), args.at(3)];
  const source = db.write(from);
  const target = db.write(to);
  if (source === 0) return reply.integer(0);
  for (const entry of [source, target]) {
    if (entry !== 0 && objects.type(entry) !== SET) throw new CommandError(WRONG_TYPE);
  }
  const set = objects.collection(source);
  if (source === target) return reply.integer(sets.has(set, member) ? 1 : 0);
  if (!sets.has(set, member)) return reply.integer(0);
  sets.remove(set, member);
  objects.setCollection(source, set);
  db.changed(from);
  db.notify("s", "srem", from);
  if (sets.size(set) === 0) db.removeEmpty(from, source);
  addMembers(client, to, args, 3);
  reply.integer(1);
}

/** Removes, replies and returns a random member of a set that is not empty. */
function popOne({ db, reply }: Client, set: Collection): Slice {
  const { sets } = db.objects;
  // A copy: the member would not outlive its removal, during which it is compared.
  const member = sets.random(set, Math.random).copySlice();
  sets.remove(set, member);
  reply.bulk(member);
  return member;
}

function spop(client: Client, args: Args): void {
  const { db, reply, engine: { effects } } = client;
  const { objects } = db;
  const { sets } = objects;
  const key = args.at(1);
  if (args.count > 3) throw new CommandError(SYNTAX);
  const isOne = args.count === 2;
  const count = isOne
    ? 1
    : integerWithin(args, 2, 0, Infinity, "ERR value is out of range, must be positive");
  const entry = db.write(key, SET);
  if (entry === 0) return isOne ? reply.null() : reply.set(0);
  if (count === 0) return reply.set(0);

  const set = objects.collection(entry);
  const size = sets.size(set);
  const left = Math.max(size - count, 0);
  db.notify("s", "spop", key);
  if (isOne) {
    const member = popOne(client, set);
    effects?.replace(db, "SREM", key, member);
  } else if (left === 0) {
    replySet(client, set);
    effects?.replace(db, "DEL", key);
  } else {
    effects?.omit();
    if (left * MOVE_FACTOR > count) {
      reply.set(count);
      for (let i = 0; i < count; i++) {
        const member = popOne(client, set);
        effects?.add(db, "SREM", key, member);
      }
    } else {
      popMost(client, key, set, count);
    }
  }
  objects.setCollection(entry, set);
  db.changed(key, size - left);
  if (left === 0) db.removeEmpty(key, entry);
}

/** Replies random members of a set, which becomes a new one of those that are left. */
function popMost(client: Client, key: Slice, set: Collection, count: number): void {
  const { db, db: { objects: { sets } }, engine: { effects }, reply } = client;
  const selects = sampler(sets.size(set), count, Math.random);
  reply.set(count);
  const left = build(client, (left) => {
    sets.walk(set, (member) => {
      if (selects()) reply.bulk(member);
      else sets.add(left, member);
    });
  });
  if (effects !== undefined) {
    sets.walk(set, (member) => {
      if (!sets.has(left, member)) effects.add(db, "SREM", key, member);
    });
  }
  sets.destroy(set);
  set.root = left.root;
  set.storage = left.storage;
}

function srandmember(client: Client, args: Args): void {
  const { db: { objects: { sets } }, reply } = client;
  if (args.count > 3) throw new CommandError(SYNTAX);
  const isOne = args.count === 2;
  const count = isOne ? -1 : randomCountAt(args, 2);
  const set = read(client, args);
  if (set === undefined) return isOne ? reply.null() : reply.array(0);
  if (isOne) return reply.bulk(sets.random(set, Math.random));
  const shown = count < 0 ? -count : Math.min(count, sets.size(set));
  reply.array(shown);
  if (count < 0) {
    for (let left = shown; left > 0 && !reply.overflowed; left--) {
      reply.bulk(sets.random(set, Math.random));
    }
  } else {
    sets.sample(set, shown, Math.random, (member) => reply.bulk(member));
  }
}

function sscan(client: Client, args: Args): void {
  const { db: { objects: { sets } }, reply } = client;
  const cursor = readCursor(args.at(2));
  const set = read(client, args);
  if (set === undefined) return replyEmptyScan(reply);
  const step = (cursor: number, visit: (member: Slice) => void) => sets.scan(set, cursor, visit);
  replyScan(reply, cursor, readScanOptions(args, 3), step);
}

/** The sets of some arguments, to be read; `undefined` where the key is not there. */
function readAll({ db }: Client, args: Args, from: number, end = args.count) {
  const found: (Collection | undefined)[] = [];
  for (let i = from; i < end; i++) found.push(readCollection(db, args.at(i), SET));
  return found;
}

const isThere = (set: Collection | undefined): set is Collection => set !== undefined;

/** Makes a set, and gives it back if `fill` throws. It begins as one of integers. */
function build({ db }: Client, fill: (set: Collection) => void): Collection {
  const { sets } = db.objects;
  const set = sets.create();
  try {
    fill(set);
  } catch (error) {
    sets.destroy(set);
    throw error;
  }
  return set;
}

/** Visits what is in all of some sets, until `visit` returns true. */
function intersect(
  { db }: Client,
  found: readonly (Collection | undefined)[],
  visit: (member: Slice) => boolean | void,
): void {
  const { sets } = db.objects;
  const all = found.filter(isThere);
  if (all.length < found.length) return;
  const [smallest, ...others] = all.sort((a, b) => sets.size(a) - sets.size(b));
  if (smallest === undefined) return;
  sets.walk(smallest, (member) => {
    if (others.every((other) => sets.has(other, member))) return visit(member);
  });
}

/** Makes a set of what is in any of some sets. */
function union(client: Client, found: readonly (Collection | undefined)[]): Collection {
  const { sets } = client.db.objects;
  return build(client, (result) => {
    for (const set of found.filter(isThere)) {
      sets.walk(set, (member) => void sets.add(result, member));
    }
  });
}

/** Makes a set of what is in the first of some sets and in none of the others. */
function difference(
  client: Client,
  [first, ...rest]: readonly (Collection | undefined)[],
): Collection {
  const { sets } = client.db.objects;
  return build(client, (result) => {
    const others = rest.filter(isThere);
    if (first === undefined) return;
    const size = sets.size(first);
    const all = others.reduce((sum, set) => sum + sets.size(set), size);
    // Redis' rule. It shows in the encoding: a result that was larger once remains a table.
    if (Math.floor(size * (others.length + 1) / 2) <= all) {
      others.sort((a, b) => sets.size(b) - sets.size(a));
      sets.walk(first, (member) => {
        if (!others.some((other) => sets.has(other, member))) sets.add(result, member);
      });
    } else {
      sets.walk(first, (member) => void sets.add(result, member));
      for (const other of others) {
        if (sets.size(result) === 0) return;
        sets.walk(other, (member) => void sets.remove(result, member));
      }
    }
  });
}

function sinter(client: Client, args: Args): void {
  const { reply } = client;
  const found = readAll(client, args, 1);
  const begun = reply.begin();
  let count = 0;
  intersect(client, found, (member) => {
    reply.bulk(member);
    count++;
  });
  reply.end(begun, count, "set");
}

function sintercard(client: Client, args: Args): void {
  const keys = integerWithin(args, 1, 1, Infinity, "ERR numkeys should be greater than 0");
  if (keys > args.count - 2) {
    throw new CommandError("ERR Number of keys can't be greater than number of args");
  }
  let limit = Infinity;
  for (let i = 2 + keys; i < args.count; i += 2) {
    if (!isWord(args.at(i), "limit") || i + 1 === args.count) throw new CommandError(SYNTAX);
    // 0 is no limit.
    limit = integerWithin(args, i + 1, 0, Infinity, "ERR LIMIT can't be negative") || Infinity;
  }
  let count = 0;
  intersect(client, readAll(client, args, 2, 2 + keys), () => ++count >= limit);
  client.reply.integer(count);
}

/** Replies a set that was made for that, and gives it back. */
function replyResult(client: Client, result: Collection): void {
  replySet(client, result);
  client.db.objects.sets.destroy(result);
}

/**
 * Makes a set the value of the first argument's key, or removes the key if the set is empty. Redis tells
 * of it after the reply, which shows to a client that listens itself.
 */
function storeResult({ db, reply }: Client, args: Args, event: string, result: Collection): void {
  const { sets } = db.objects;
  const key = args.at(1);
  const size = sets.size(result);
  if (size > 0) {
    db.setCollection(key, SET, result);
    reply.integer(size);
    db.changed(key);
    db.notify("s", event, key);
  } else {
    sets.destroy(result);
    reply.integer(0);
    removeKey(db, key);
  }
}

/** Removes a key, if it is there. */
function removeKey(db: Keyspace, key: Slice): void {
  if (!db.discard(key)) return;
  db.changed(key);
  db.notify("g", "del", key);
}

function sinterstore(client: Client, args: Args): void {
  const { db, reply } = client;
  const { sets } = db.objects;
  const found = readAll(client, args, 2);
  if (!found.every(isThere)) {
    removeKey(db, args.at(1));
    return reply.integer(0);
  }
  const result = build(client, (result) => {
    intersect(client, found, (member) => void sets.add(result, member));
  });
  storeResult(client, args, "sinterstore", result);
}

export const SETS: CommandRows = {
  sadd: {
    arity: -3,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "1.0.0",
    summary: "Adds members to a set",
    run: sadd,
  },
  scard: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO",
    since: "1.0.0",
    summary: "Counts the members of a set",
    run: scard,
  },
  sdiff: {
    arity: -2,
    flags: "readonly",
    keys: "1..-1 RO access",
    tips: "nondeterministic_output_order",
    since: "1.0.0",
    summary: "Replies what is in the first set and in none of the others",
    run: (client, args) => replyResult(client, difference(client, readAll(client, args, 1))),
  },
  sdiffstore: {
    arity: -3,
    flags: "write denyoom",
    keys: "1 OW update; 2..-1 RO access",
    since: "1.0.0",
    summary: "Stores what is in the first set and in none of the others",
    run: (client, args) =>
      storeResult(client, args, "sdiffstore", difference(client, readAll(client, args, 2))),
  },
  sinter: {
    arity: -2,
    flags: "readonly",
    keys: "1..-1 RO access",
    tips: "nondeterministic_output_order",
    since: "1.0.0",
    summary: "Replies what is in all of several sets",
    run: sinter,
  },
  sintercard: {
    arity: -3,
    flags: "readonly movablekeys",
    keys: "#1 RO access",
    since: "7.0.0",
    summary: "Counts what is in all of several sets",
    run: sintercard,
  },
  sinterstore: {
    arity: -3,
    flags: "write denyoom",
    keys: "1 RW update; 2..-1 RO access",
    since: "1.0.0",
    summary: "Stores what is in all of several sets",
    run: sinterstore,
  },
  sismember: {
    arity: 3,
    flags: "readonly fast",
    keys: "1 RO",
    since: "1.0.0",
    summary: "Tells whether a member is in a set",
    run: sismember,
  },
  smembers: {
    arity: 2,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output_order",
    since: "1.0.0",
    summary: "Replies all members of a set",
    run: smembers,
  },
  smismember: {
    arity: -3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "6.2.0",
    summary: "Tells of several members whether they are in a set",
    run: smismember,
  },
  smove: {
    arity: 4,
    flags: "write fast",
    keys: "1 RW access delete; 2 RW insert",
    since: "1.0.0",
    summary: "Moves a member from one set to another",
    run: smove,
  },
  spop: {
    arity: -2,
    flags: "write fast",
    keys: "1 RW access delete",
    tips: "nondeterministic_output",
    since: "1.0.0",
    summary: "Removes random members of a set and replies them",
    run: spop,
  },
  srandmember: {
    arity: -2,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output",
    since: "1.0.0",
    summary: "Replies random members of a set",
    run: srandmember,
  },
  srem: {
    arity: -3,
    flags: "write fast",
    keys: "1 RW delete",
    since: "1.0.0",
    summary: "Removes members from a set",
    run: srem,
  },
  sscan: {
    arity: -3,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output",
    since: "2.8.0",
    summary: "Goes through the members of a set, some with each call",
    run: sscan,
  },
  sunion: {
    arity: -2,
    flags: "readonly",
    keys: "1..-1 RO access",
    tips: "nondeterministic_output_order",
    since: "1.0.0",
    summary: "Replies what is in any of several sets",
    run: (client, args) => replyResult(client, union(client, readAll(client, args, 1))),
  },
  sunionstore: {
    arity: -3,
    flags: "write denyoom",
    keys: "1 OW update; 2..-1 RO access",
    since: "1.0.0",
    summary: "Stores what is in any of several sets",
    run: (client, args) =>
      storeResult(client, args, "sunionstore", union(client, readAll(client, args, 2))),
  },
};
