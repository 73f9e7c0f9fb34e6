/**
 * The commands of lists.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { EffectArgument } from "../effects.ts";
import type { Keyspace } from "../keyspace.ts";
import { MIN_INT64 } from "../number.ts";
import { LIST } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Address } from "../store/arena.ts";
import type { Side } from "../store/list.ts";
import type { Slice } from "../store/slice.ts";
import { deadlineAt, int64At, integerAt, integerWithin } from "./arguments.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, NO_SUCH_KEY, OUT_OF_RANGE, SYNTAX, wrongArity } from "./error.ts";

const NOT_POSITIVE = "ERR value is out of range, must be positive";

/** The names of the notifications. */
const PUSHED = { front: "lpush", back: "rpush" } as const;
const POPPED = { front: "lpop", back: "rpop" } as const;
const SIDES = { front: "left", back: "right" } as const;

/** `LEFT` or `RIGHT`. */
function sideAt(args: Args, index: number): Side {
  const word = args.at(index);
  if (isWord(word, "left")) return "front";
  if (isWord(word, "right")) return "back";
  throw new CommandError(SYNTAX);
}

/** Adds an element to the list of an entry; 0 makes one. Returns the entry. */
function push(db: Keyspace, key: Slice, entry: Address, element: Slice, side: Side): Address {
  const { objects, objects: { lists } } = db;
  const list = entry === 0 ? lists.create() : objects.root(entry);
  try {
    if (side === "front") lists.pushFront(list, element);
    else lists.pushBack(list, element);
    if (entry !== 0) return entry;
    entry = db.add(key, LIST);
  } catch (error) {
    // There is no memory. No list is left without its key, and no key without its list.
    if (entry === 0) lists.destroy(list);
    throw error;
  }
  objects.setRoot(entry, list);
  return entry;
}

function pushAll(side: Side, only?: "present") {
  return (client: Client, args: Args): void => {
    const { db, reply } = client;
    const key = args.at(1);
    let entry = db.write(key, LIST);
    if (entry === 0 && only === "present") return reply.integer(0);
    let pushed = 0;
    try {
      for (; pushed < args.count - 2; pushed++) {
        entry = push(db, key, entry, args.at(pushed + 2), side);
      }
      reply.integer(db.objects.lists.size(db.objects.root(entry)));
    } finally {
      // Also when there is no memory for all of them.
      if (pushed > 0) {
        db.changed(key, pushed);
        db.notify("l", PUSHED[side], key);
      }
    }
  };
}

/** The element at one end. */
function elementAt({ objects: { lists } }: Keyspace, list: Address, side: Side): Slice {
  return lists.at(list, side === "front" ? 0 : lists.size(list) - 1);
}

/** Removes elements at one end, and says so. */
function remove(db: Keyspace, key: Slice, entry: Address, side: Side, count: number): void {
  const { objects, objects: { lists } } = db;
  const list = objects.root(entry);
  if (side === "front") lists.removeFront(list, count);
  else lists.removeBack(list, count);
  db.notify("l", POPPED[side], key);
  if (lists.size(list) === 0) db.removeEmpty(key, entry);
  db.changed(key, count);
}

/** Replies one element at one end, and removes it. */
function popOne({ db, reply }: Client, key: Slice, entry: Address, side: Side): void {
  reply.bulk(elementAt(db, db.objects.root(entry), side));
  remove(db, key, entry, side, 1);
}

/** Replies as many elements at one end, from there on, as there are, and removes them. */
function popMany(client: Client, key: Slice, entry: Address, side: Side, most: number): void {
  const { db } = client;
  const list = db.objects.root(entry);
  const size = db.objects.lists.size(list);
  const count = Math.min(most, size);
  replyElements(client, list, side === "front" ? 0 : size - 1, count, side);
  remove(db, key, entry, side, count);
}

/** The same, after the key. */
function popManyWithKey(client: Client, key: Slice, entry: Address, side: Side, count: number) {
  const { db, db: { objects }, engine: { effects } } = client;
  const popped = Math.min(count, objects.lists.size(objects.root(entry)));
  effects?.replace(db, POPPED[side].toUpperCase(), key, popped);
  client.reply.array(2);
  client.reply.bulk(key);
  popMany(client, key, entry, side, count);
}

function replyElements(
  { db, reply }: Client,
  list: Address,
  index: number,
  count: number,
  from: Side,
): void {
  reply.array(count);
  db.objects.lists.walk(list, index, count, from, (bytes, start, length) => {
    reply.bulkOf(bytes, start, length);
  });
}

function pop(side: Side) {
  return (client: Client, args: Args): void => {
    const { db, reply } = client;
    if (args.count > 3) throw wrongArity(POPPED[side]);
    const count = args.count === 3 ? integerWithin(args, 2, 0, Infinity, NOT_POSITIVE) : undefined;
    const key = args.at(1);
    const entry = db.write(key, LIST);
    if (count === undefined) {
      if (entry === 0) reply.null();
      else popOne(client, key, entry, side);
    } else if (entry === 0) {
      reply.nullArray();
    } else if (count === 0) {
      reply.array(0);
    } else {
      popMany(client, key, entry, side, count);
    }
  };
}

/** The arguments of `LMPOP` and `BLMPOP` from the number of keys on. */
function popOptions(args: Args, from: number): { keys: Slice[]; side: Side; count: number } {
  const keyCount = integerWithin(
    args,
    from,
    1,
    Infinity,
    "ERR numkeys should be greater than 0",
  );
  const sideIndex = from + keyCount + 1;
  if (sideIndex >= args.count) throw new CommandError(SYNTAX);
  const side = sideAt(args, sideIndex);
  let count: number | undefined;
  for (let i = sideIndex + 1; i < args.count; i += 2) {
    if (count !== undefined || !isWord(args.at(i), "count") || i + 1 === args.count) {
      throw new CommandError(SYNTAX);
    }
    count = integerWithin(args, i + 1, 1, Infinity, "ERR count should be greater than 0");
  }
  const keys = Array.from({ length: keyCount }, (_, i) => args.at(from + 1 + i));
  return { keys, side, count: count ?? 1 };
}

function lmpop(client: Client, args: Args): void {
  const { keys, side, count } = popOptions(args, 1);
  for (const key of keys) {
    const entry = client.db.write(key, LIST);
    if (entry !== 0) return popManyWithKey(client, key, entry, side, count);
  }
  client.reply.nullArray();
}

/** Moves an element of a list that is there, and replies it. */
function move(
  client: Client,
  source: { key: Slice; entry: Address; side: Side },
  target: { key: Slice; side: Side },
): void {
  const { db, reply } = client;
  const { key, entry, side } = source;
  const found = db.write(target.key, LIST);
  // Both may be the same list, so the element needs bytes of its own.
  const element = elementAt(db, db.objects.root(entry), side).copySlice();
  push(db, target.key, found, element, target.side);
  db.changed(target.key);
  db.notify("l", PUSHED[target.side], target.key);
  reply.bulk(element);
  remove(db, key, entry, side, 1);
}

function moveNow(client: Client, args: Args, from: Side, to: Side): void {
  const key = args.at(1);
  const entry = client.db.write(key, LIST);
  if (entry === 0) return client.reply.null();
  move(client, { key, entry, side: from }, { key: args.at(2), side: to });
}

function lmove(client: Client, args: Args): void {
  moveNow(client, args, sideAt(args, 3), sideAt(args, 4));
}

/** What `BLPOP`, `BRPOP` and `BLMPOP` do: `give` replies what a list has. */
function blockingPop(
  client: Client,
  keys: Slice[],
  deadline: number,
  give: (client: Client, key: Slice, entry: Address) => void,
): void {
  for (const key of keys) {
    const entry = client.db.write(key, LIST);
    if (entry !== 0) return give(client, key, entry);
  }
  if (!client.mayBlock) return client.reply.nullArray();
  client.engine.blocking.block(client, { type: LIST, keys, deadline, serve: give });
}

function blockingPopOne(side: Side) {
  const give = (client: Client, key: Slice, entry: Address) => {
    client.reply.array(2);
    client.reply.bulk(key);
    popOne(client, key, entry, side);
    client.engine.effects?.replace(client.db, POPPED[side].toUpperCase(), key);
  };
  return (client: Client, args: Args): void => {
    const last = args.count - 1;
    const deadline = deadlineAt(args, last, client.engine.now);
    const keys = Array.from({ length: last - 1 }, (_, i) => args.at(i + 1));
    blockingPop(client, keys, deadline, give);
  };
}

function blmpop(client: Client, args: Args): void {
  const { keys, side, count } = popOptions(args, 2);
  const deadline = deadlineAt(args, 1, client.engine.now);
  blockingPop(client, keys, deadline, (client, key, entry) => {
    popManyWithKey(client, key, entry, side, count);
  });
}

/** What `BLMOVE` and `BRPOPLPUSH` do. The timeout is their last argument. */
function blockingMove(client: Client, args: Args, from: Side, to: Side): void {
  const { db, engine } = client;
  const deadline = deadlineAt(args, args.count - 1, engine.now);
  const key = args.at(1);
  const namesSides = args.count === 6;
  const tell = (key: Slice, target: Slice, sides: () => EffectArgument[]) =>
    namesSides
      ? engine.effects?.replace(db, "LMOVE", key, target, ...sides())
      : engine.effects?.replace(db, "RPOPLPUSH", key, target);
  if (db.write(key, LIST) !== 0) {
    moveNow(client, args, from, to);
    return tell(key, args.at(2), () => [args.at(3), args.at(4)]);
  }
  if (!client.mayBlock) return client.reply.null();
  const target = { key: args.at(2).copySlice(), side: to };
  engine.blocking.block(client, {
    type: LIST,
    keys: [key],
    deadline,
    serve: (client, key, entry) => {
      move(client, { key, entry, side: from }, target);
      tell(key, target.key, () => [SIDES[from], SIDES[to]]);
    },
  });
}

function blmove(client: Client, args: Args): void {
  blockingMove(client, args, sideAt(args, 3), sideAt(args, 4));
}

function llen({ db, reply }: Client, args: Args): void {
  const entry = db.read(args.at(1), LIST);
  reply.integer(entry === 0 ? 0 : db.objects.lists.size(db.objects.root(entry)));
}

/** An index, counted from the back where it is negative; `undefined` if the list has none such. */
function indexAt(args: Args, index: number, size: number): number | undefined {
  const value = integerAt(args, index);
  const at = value < 0 ? size + value : value;
  return at >= 0 && at < size ? at : undefined;
}

function lindex({ db, reply }: Client, args: Args): void {
  const { lists } = db.objects;
  const entry = db.read(args.at(1), LIST);
  if (entry === 0) return reply.null();
  const list = db.objects.root(entry);
  const index = indexAt(args, 2, lists.size(list));
  if (index === undefined) reply.null();
  else reply.bulk(lists.at(list, index));
}

function lset({ db, reply }: Client, args: Args): void {
  const { lists } = db.objects;
  const key = args.at(1);
  const entry = db.write(key, LIST);
  if (entry === 0) throw new CommandError(NO_SUCH_KEY);
  const list = db.objects.root(entry);
  const index = indexAt(args, 2, lists.size(list));
  if (index === undefined) throw new CommandError(OUT_OF_RANGE);
  lists.set(list, index, args.at(3));
  reply.ok();
  db.changed(key);
  db.notify("l", "lset", key);
}

function linsert({ db, reply }: Client, args: Args): void {
  const { lists } = db.objects;
  const before = isWord(args.at(2), "before");
  if (!before && !isWord(args.at(2), "after")) throw new CommandError(SYNTAX);
  const key = args.at(1);
  const entry = db.write(key, LIST);
  if (entry === 0) return reply.integer(0);
  const list = db.objects.root(entry);
  let pivot = -1;
  lists.search(list, args.at(3), "front", Infinity, (index) => {
    pivot = index;
    return true;
  });
  if (pivot === -1) return reply.integer(-1);
  lists.insert(list, before ? pivot : pivot + 1, args.at(4));
  db.changed(key);
  db.notify("l", "linsert", key);
  reply.integer(lists.size(list));
}

/** The part of a list that two arguments name: its first index and how many elements it has. */
function rangeOf(first: number, last: number, size: number): { start: number; count: number } {
  const start = Math.max(first < 0 ? size + first : first, 0);
  const end = Math.min(last < 0 ? size + last : last, size - 1);
  return { start, count: Math.max(end - start + 1, 0) };
}

function lrange(client: Client, args: Args): void {
  const { db, reply } = client;
  const [first, last] = [integerAt(args, 2), integerAt(args, 3)];
  const entry = db.read(args.at(1), LIST);
  if (entry === 0) return reply.array(0);
  const list = db.objects.root(entry);
  const { start, count } = rangeOf(first, last, db.objects.lists.size(list));
  replyElements(client, list, start, count, "front");
}

function ltrim({ db, reply }: Client, args: Args): void {
  const { lists } = db.objects;
  const [first, last] = [integerAt(args, 2), integerAt(args, 3)];
  const key = args.at(1);
  const entry = db.write(key, LIST);
  if (entry === 0) return reply.ok();
  const list = db.objects.root(entry);
  const size = lists.size(list);
  const { start, count } = rangeOf(first, last, size);
  lists.removeFront(list, count === 0 ? size : start);
  lists.removeBack(list, size - start - count);
  db.notify("l", "ltrim", key);
  if (count === 0) db.removeEmpty(key, entry);
  db.changed(key, size - count);
  reply.ok();
}

function lrem({ db, reply }: Client, args: Args): void {
  const { lists } = db.objects;
  const wanted = integerAt(args, 2);
  const key = args.at(1);
  const entry = db.write(key, LIST);
  if (entry === 0) return reply.integer(0);
  const list = db.objects.root(entry);
  const side = wanted < 0 ? "back" : "front";
  const removed = lists.removeEqual(list, args.at(3), Math.abs(wanted) || Infinity, side);
  if (removed > 0) {
    db.changed(key, removed);
    db.notify("l", "lrem", key);
    if (lists.size(list) === 0) db.removeEmpty(key, entry);
  }
  reply.integer(removed);
}

/** The options of `LPOS`. */
function lposOptions(args: Args): { rank: number; count: number | undefined; limit: number } {
  let [rank, count, limit]: [number, number | undefined, number] = [1, undefined, 0];
  for (let i = 3; i < args.count; i += 2) {
    const option = args.at(i);
    if (i + 1 === args.count) throw new CommandError(SYNTAX);
    if (isWord(option, "rank")) {
      const exact = int64At(args, i + 1);
      // The smallest integer has no absolute value of 64 bits.
      rank = exact === MIN_INT64 ? -Infinity : Number(exact);
      if (rank === 0) {
        throw new CommandError(
          "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
            "or use negative to start from the end of the list",
        );
      }
    } else if (isWord(option, "count")) {
      count = integerWithin(args, i + 1, 0, Infinity, "ERR COUNT can't be negative");
    } else if (isWord(option, "maxlen")) {
      limit = integerWithin(args, i + 1, 0, Infinity, "ERR MAXLEN can't be negative");
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  return { rank, count, limit };
}

function lpos({ db, reply }: Client, args: Args): void {
  const { rank, count, limit } = lposOptions(args);
  const entry = db.read(args.at(1), LIST);
  const found: number[] = [];
  if (entry !== 0) {
    const list = db.objects.root(entry);
    // In Redis all matches are past the rank that overflows, and no count of them is reached.
    const overflows = rank === -Infinity;
    const wanted = overflows && count !== undefined ? 0 : count ?? 1;
    let skipped = overflows ? 0 : Math.abs(rank) - 1;
    const side = rank < 0 ? "back" : "front";
    db.objects.lists.search(list, args.at(2), side, limit || Infinity, (index) => {
      if (skipped-- > 0) return false;
      found.push(index);
      return found.length === wanted;
    });
  }
  if (count === undefined) {
    const [first] = found;
    if (first === undefined) reply.null();
    else reply.integer(first);
  } else {
    reply.array(found.length);
    for (const index of found) reply.integer(index);
  }
}

export const LISTS: CommandRows = {
  blmove: {
    arity: 6,
    flags: "write denyoom noscript blocking",
    keys: "1 RW access delete; 2 RW insert",
    since: "6.2.0",
    summary: "Moves an element from one list to another, and waits for it",
    run: blmove,
  },
  blmpop: {
    arity: -5,
    flags: "write blocking movablekeys",
    keys: "#2 RW access delete",
    since: "7.0.0",
    summary: "Removes elements of the first list that has any, and waits for them",
    run: blmpop,
  },
  blpop: {
    arity: -3,
    flags: "write noscript blocking",
    keys: "1..-2 RW access delete",
    since: "2.0.0",
    summary: "Removes the first element of the first list that has any, and waits for it",
    run: blockingPopOne("front"),
  },
  brpop: {
    arity: -3,
    flags: "write noscript blocking",
    keys: "1..-2 RW access delete",
    since: "2.0.0",
    summary: "Removes the last element of the first list that has any, and waits for it",
    run: blockingPopOne("back"),
  },
  brpoplpush: {
    arity: 4,
    flags: "write denyoom noscript blocking",
    keys: "1 RW access delete; 2 RW insert",
    since: "2.2.0",
    summary: "Moves the last element of a list to the front of another, and waits for it",
    run: (client, args) => blockingMove(client, args, "back", "front"),
  },
  lindex: {
    arity: 3,
    flags: "readonly",
    keys: "1 RO access",
    since: "1.0.0",
    summary: "Replies an element by its index",
    run: lindex,
  },
  linsert: {
    arity: 5,
    flags: "write denyoom",
    keys: "1 RW insert",
    since: "2.2.0",
    summary: "Adds an element before or after another",
    run: linsert,
  },
  llen: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO",
    since: "1.0.0",
    summary: "Replies the length of a list",
    run: llen,
  },
  lmove: {
    arity: 5,
    flags: "write denyoom",
    keys: "1 RW access delete; 2 RW insert",
    since: "6.2.0",
    summary: "Moves an element from one list to another",
    run: lmove,
  },
  lmpop: {
    arity: -4,
    flags: "write movablekeys",
    keys: "#1 RW access delete",
    since: "7.0.0",
    summary: "Removes elements of the first list that has any",
    run: lmpop,
  },
  lpop: {
    arity: -2,
    flags: "write fast",
    keys: "1 RW access delete",
    since: "1.0.0",
    summary: "Removes the first elements of a list",
    run: pop("front"),
  },
  lpos: {
    arity: -3,
    flags: "readonly",
    keys: "1 RO access",
    since: "6.0.6",
    summary: "Replies the indexes of equal elements",
    run: lpos,
  },
  lpush: {
    arity: -3,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "1.0.0",
    summary: "Adds elements at the front of a list, which is made if there is none",
    run: pushAll("front"),
  },
  lpushx: {
    arity: -3,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "2.2.0",
    summary: "Adds elements at the front of a list, if there is one",
    run: pushAll("front", "present"),
  },
  lrange: {
    arity: 4,
    flags: "readonly",
    keys: "1 RO access",
    since: "1.0.0",
    summary: "Replies a part of a list",
    run: lrange,
  },
  lrem: {
    arity: 4,
    flags: "write",
    keys: "1 RW delete",
    since: "1.0.0",
    summary: "Removes equal elements",
    run: lrem,
  },
  lset: {
    arity: 4,
    flags: "write denyoom",
    keys: "1 RW update",
    since: "1.0.0",
    summary: "Replaces an element by its index",
    run: lset,
  },
  ltrim: {
    arity: 4,
    flags: "write",
    keys: "1 RW delete",
    since: "1.0.0",
    summary: "Removes all but a part of a list",
    run: ltrim,
  },
  rpop: {
    arity: -2,
    flags: "write fast",
    keys: "1 RW access delete",
    since: "1.0.0",
    summary: "Removes the last elements of a list",
    run: pop("back"),
  },
  rpoplpush: {
    arity: 3,
    flags: "write denyoom",
    keys: "1 RW access delete; 2 RW insert",
    since: "1.2.0",
    summary: "Moves the last element of a list to the front of another",
    run: (client, args) => moveNow(client, args, "back", "front"),
  },
  rpush: {
    arity: -3,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "1.0.0",
    summary: "Adds elements at the back of a list, which is made if there is none",
    run: pushAll("back"),
  },
  rpushx: {
    arity: -3,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "2.2.0",
    summary: "Adds elements at the back of a list, if there is one",
    run: pushAll("back", "present"),
  },
};
