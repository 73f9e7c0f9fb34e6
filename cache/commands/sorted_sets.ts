/**
 * The commands of sorted sets.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Keyspace } from "../keyspace.ts";
import { formatDouble, parseDouble, parseScore } from "../double.ts";
import { formatInteger } from "../number.ts";
import { SET, SORTED_SET } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Reply } from "../protocol/reply.ts";
import { readCursor, readScanOptions, replyEmptyScan, replyScan } from "../scan.ts";
import type { Address } from "../store/arena.ts";
import { type Collection, PACK, sampler } from "../store/collection.ts";
import { latin1Slice, type Slice } from "../store/slice.ts";
import type { MemberPlace, RankRange, ScorePlace } from "../store/sorted_set.ts";
import { deadlineAt, int64At, integerAt, integerWithin, randomCountAt } from "./arguments.ts";
import { addToCollection, readCollection, removeFromCollection } from "./collections.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, NOT_FLOAT, SYNTAX, WRONG_TYPE, wrongArity } from "./error.ts";

const MAX_LONG = 2 ** 63;
const NOT_A_RANGE_OF_SCORES = "ERR min or max is not a float";
const NOT_A_RANGE_OF_MEMBERS = "ERR min or max not valid string range item";

/** The sorted set of a key, to be read; by default that of the first argument. */
const read = ({ db }: Client, args: Args, index = 1): Collection | undefined =>
  readCollection(db, args.at(index), SORTED_SET);

function replyScore(reply: Reply, score: number): void {
  // Most are integers, which need no string to be made.
  if (reply.resp === 2 && Number.isSafeInteger(score) && !Object.is(score, -0)) {
    reply.bulk(formatInteger(score));
  } else reply.double(formatDouble(score));
}

/** An argument as a double. */
export function doubleAt(args: Args, index: number, error: string = NOT_FLOAT): number {
  const value = parseDouble(args.at(index));
  if (Number.isNaN(value)) throw new CommandError(error);
  return value;
}

/** The options of `ZADD`, each one bit. */
export const [NX, XX, GT, LT, CH, INCR] = [1, 2, 4, 8, 16, 32] as const;
const ADD_OPTIONS: Readonly<Record<string, number>> = {
  nx: NX,
  xx: XX,
  gt: GT,
  lt: LT,
  ch: CH,
  incr: INCR,
};

/** Reads the options of `ZADD`; returns them with the index of the first score. */
function readAddOptions(args: Args, flags: number): { flags: number; from: number } {
  let from = 2;
  for (; from < args.count; from++) {
    const option = args.at(from);
    // No option is a number, and most arguments here are.
    const flag = option.length > 4 || (option.length > 0 && option.at(0) < 65)
      ? undefined
      : ADD_OPTIONS[option.latin1().toLowerCase()];
    if (flag === undefined) break;
    flags |= flag;
  }
  const rest = args.count - from;
  if (rest % 2 !== 0 || rest === 0) throw new CommandError(SYNTAX);
  if ((flags & NX) !== 0 && (flags & XX) !== 0) {
    throw new CommandError("ERR XX and NX options at the same time are not compatible");
  }
  const bounds = flags & (NX | GT | LT);
  if ((bounds & (bounds - 1)) !== 0) {
    throw new CommandError("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if ((flags & INCR) !== 0 && rest > 2) {
    throw new CommandError("ERR INCR option supports a single increment-element pair");
  }
  return { flags, from };
}

/** What `ZADD` and `ZINCRBY` do. */
function addScores(client: Client, args: Args, preset: number): void {
  const { flags, from } = readAddOptions(args, preset);
  const scores: number[] = [];
  for (let i = from; i < args.count; i += 2) scores.push(doubleAt(args, i));
  addMembers(client, args, flags, scores, from + 1, 2);
}

/**
 * Adds members to the key that is the first argument, or changes their scores.
 *
 * @param flags The options of `ZADD`.
 * @param scores At least one.
 * @param first The index of the first member.
 * @param step From one member to the next.
 */
export function addMembers(
  { db, reply }: Client,
  args: Args,
  flags: number,
  scores: readonly number[],
  first: number,
  step: number,
): void {
  const { sortedSets } = db.objects;
  const key = args.at(1);
  let [added, updated] = [0, 0];
  /** The last member's score, unless it was left as it is. */
  let result: number | undefined;
  const tell = () => {
    if (added + updated === 0) return;
    db.changed(key, added + updated);
    db.notify("z", (flags & INCR) !== 0 ? "zincr" : "zadd", key);
  };
  if ((flags & XX) === 0 || db.write(key, SORTED_SET) !== 0) {
    const create = () => sortedSets.create(args.at(first).length);
    addToCollection(db, key, SORTED_SET, create, (set) => {
      for (let i = 0; i < scores.length; i++) {
        const member = args.at(first + step * i);
        let score = scores[i] ?? 0;
        const found = sortedSets.find(set, member);
        if (found === 0) {
          if ((flags & XX) !== 0) continue;
          sortedSets.add(set, member, score);
          added++;
        } else {
          if ((flags & NX) !== 0) continue;
          const current = sortedSets.score(set, found);
          if ((flags & INCR) !== 0) score += current;
          if (Number.isNaN(score)) {
            throw new CommandError("ERR resulting score is not a number (NaN)");
          }
          if ((flags & LT) !== 0 && score >= current) continue;
          if ((flags & GT) !== 0 && score <= current) continue;
          if (score !== current) {
            sortedSets.setScore(set, found, score);
            updated++;
          }
        }
        result = score;
      }
    }, tell);
  }
  if ((flags & INCR) === 0) reply.integer((flags & CH) !== 0 ? added + updated : added);
  else if (result === undefined) reply.null();
  else replyScore(reply, result);
  tell();
}

function zrem({ db, reply }: Client, args: Args): void {
  reply.integer(removeFromCollection(db, args, SORTED_SET, "zrem"));
}

function zcard(client: Client, args: Args): void {
  const set = read(client, args);
  client.reply.integer(set === undefined ? 0 : client.db.objects.sortedSets.size(set));
}

/** Replies a member's score, or null. */
function replyScoreOf({ db, reply }: Client, set: Collection | undefined, member: Slice): void {
  const { sortedSets } = db.objects;
  const found = set === undefined ? 0 : sortedSets.find(set, member);
  if (set === undefined || found === 0) reply.null();
  else replyScore(reply, sortedSets.score(set, found));
}

function zscore(client: Client, args: Args): void {
  replyScoreOf(client, read(client, args), args.at(2));
}

function zmscore(client: Client, args: Args): void {
  const set = read(client, args);
  client.reply.array(args.count - 2);
  for (let i = 2; i < args.count; i++) replyScoreOf(client, set, args.at(i));
}

/** `ZRANK` and `ZREVRANK`, with the option that came with Redis 7.2. */
function rank(client: Client, args: Args, name: string, reverse: boolean): void {
  const { db: { objects: { sortedSets } }, reply } = client;
  const withScore = args.count === 4 && isWord(args.at(3), "withscore");
  if (args.count > 3 && !withScore) throw wrongArity(name);
  const set = read(client, args);
  const found = set === undefined ? 0 : sortedSets.find(set, args.at(2));
  if (set === undefined || found === 0) return withScore ? reply.nullArray() : reply.null();
  const rank = sortedSets.rank(set, found);
  if (withScore) reply.array(2);
  reply.integer(reverse ? sortedSets.size(set) - 1 - rank : rank);
  if (withScore) replyScore(reply, sortedSets.score(set, found));
}

/** What a command asks for: ranks as it counts them, scores, or members. */
type Range =
  | { readonly by: "rank"; readonly first: number; readonly last: number }
  | { readonly by: "score"; readonly min: ScorePlace; readonly max: ScorePlace }
  | { readonly by: "lex"; readonly min: MemberPlace; readonly max: MemberPlace };

const OPEN = 0x28;
const CLOSED = 0x5b;

/** An end of a range of scores: `1.5` or, without that score itself, `(1.5`. */
function scorePlace(text: Slice, isMax: boolean): ScorePlace {
  const isOpen = text.length > 0 && text.at(0) === OPEN;
  const score = parseScore(isOpen ? text.part(1) : text);
  if (Number.isNaN(score)) throw new CommandError(NOT_A_RANGE_OF_SCORES);
  return { score, after: isMax !== isOpen };
}

/** An end of a range of members: `[a`, or without that member itself `(a`; before all `-`, after all `+`. */
function memberPlace(text: Slice, isMax: boolean): MemberPlace {
  const first = text.length > 0 ? text.at(0) : 0;
  if (first === OPEN || first === CLOSED) {
    return { member: text.part(1), after: isMax !== (first === OPEN) };
  }
  // As a C string, it ends at a NUL.
  const isSign = text.length === 1 || (text.length > 1 && text.at(1) === 0);
  if (isSign && isWord(text.part(0, 1), "-")) return { member: null, after: false };
  if (isSign && isWord(text.part(0, 1), "+")) return { member: null, after: true };
  throw new CommandError(NOT_A_RANGE_OF_MEMBERS);
}

function readRange(by: Range["by"], args: Args, min: number, max: number): Range {
  if (by === "rank") return { by, first: integerAt(args, min), last: integerAt(args, max) };
  if (by === "score") {
    return { by, min: scorePlace(args.at(min), false), max: scorePlace(args.at(max), true) };
  }
  return { by, min: memberPlace(args.at(min), false), max: memberPlace(args.at(max), true) };
}

/** The ranks that a range has in a set. */
function ranksOf({ db }: Client, set: Collection, range: Range, reverse = false): RankRange {
  const { sortedSets } = db.objects;
  if (range.by === "score") return sortedSets.rangeOfScores(set, range.min, range.max);
  if (range.by === "lex") return sortedSets.rangeOfMembers(set, range.min, range.max, reverse);
  const size = sortedSets.size(set);
  const start = Math.max(range.first < 0 ? size + range.first : range.first, 0);
  const end = Math.min(range.last < 0 ? size + range.last : range.last, size - 1) + 1;
  return reverse ? { start: size - end, end: size - start } : { start, end };
}

/** `ZCOUNT` and `ZLEXCOUNT`. */
function count(client: Client, args: Args, by: Range["by"]): void {
  const range = readRange(by, args, 2, 3);
  const set = read(client, args);
  if (set === undefined) return client.reply.integer(0);
  const { start, end } = ranksOf(client, set, range);
  client.reply.integer(Math.max(end - start, 0));
}

/** `ZREMRANGEBYRANK` and the like. */
function removeRange(client: Client, args: Args, by: Range["by"]): void {
  const { db, reply } = client;
  const { objects } = db;
  const key = args.at(1);
  const range = readRange(by, args, 2, 3);
  const entry = db.write(key, SORTED_SET);
  if (entry === 0) return reply.integer(0);
  const set = objects.collection(entry);
  const ranks = ranksOf(client, set, range);
  const removed = Math.max(ranks.end - ranks.start, 0);
  if (removed > 0) takeOut(client, key, entry, set, ranks, `zremrangeby${by}`);
  reply.integer(removed);
}

/**
 * Removes members of a key's set, of which there are some, and the key if it was all.
 *
 * @param event What it is called in notifications. Default: it has been told of.
 */
function takeOut(
  { db }: Client,
  key: Slice,
  entry: Address,
  set: Collection,
  ranks: RankRange,
  event?: string,
): void {
  const { sortedSets } = db.objects;
  sortedSets.removeRange(set, ranks);
  db.objects.setCollection(entry, set);
  db.changed(key, ranks.end - ranks.start);
  if (event !== undefined) db.notify("z", event, key);
  if (sortedSets.size(set) === 0) db.removeEmpty(key, entry);
}

/** What the commands of `ZRANGE`'s kind differ in. */
interface RangeCommand {
  /** `auto` leaves it to the options, as `reverse` does if it is not given. */
  readonly by: Range["by"] | "auto";
  readonly reverse?: boolean;
}

/** What `ZRANGE`, its older forms and `ZRANGESTORE` ask for. */
interface RangeOptions {
  readonly range: Range;
  readonly reverse: boolean;
  readonly withScores: boolean;
  readonly offset: number;
  /** Negative: no limit. */
  readonly limit: number;
}

/** Reads what comes after the key at an index. */
function readRangeOptions(
  args: Args,
  key: number,
  command: RangeCommand,
  isStore: boolean,
): RangeOptions {
  let by = command.by;
  let reverse = command.reverse;
  let withScores = false;
  let [offset, limit] = [0, -1];
  for (let i = key + 3; i < args.count; i++) {
    const option = args.at(i);
    if (!isStore && isWord(option, "withscores")) {
      withScores = true;
    } else if (isWord(option, "limit") && i + 2 < args.count) {
      offset = integerAt(args, i + 1);
      limit = integerAt(args, i + 2);
      i += 2;
    } else if (command.reverse === undefined && !reverse && isWord(option, "rev")) {
      reverse = true;
    } else if (by === "auto" && isWord(option, "bylex")) {
      by = "lex";
    } else if (by === "auto" && isWord(option, "byscore")) {
      by = "score";
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  if (by === "auto") by = "rank";
  if (limit !== -1 && by === "rank") {
    throw new CommandError(
      "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
    );
  }
  if (withScores && by === "lex") {
    throw new CommandError(
      "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
    );
  }
  const [min, max] = reverse && by !== "rank" ? [key + 2, key + 1] : [key + 1, key + 2];
  const range = readRange(by, args, min, max);
  return { range, reverse: reverse ?? false, withScores, offset, limit };
}

/** The ranks that options ask for, in the order of the set. */
function limitedRanks(client: Client, set: Collection, options: RangeOptions): RankRange {
  const { range, reverse, offset, limit } = options;
  const { start, end } = ranksOf(client, set, range, reverse);
  if (range.by === "rank") return { start, end };
  // A negative offset passes by all there is.
  if (offset < 0) return { start: 0, end: 0 };
  const count = limit < 0 ? Infinity : limit;
  return reverse
    ? { start: Math.max(start, end - offset - count), end: end - offset }
    : { start: start + offset, end: Math.min(end, start + offset + count) };
}

/** Calls `visit` for the members of a range, in the order that is asked for. */
function walk(
  { db }: Client,
  set: Collection,
  { start, end }: RankRange,
  reverse: boolean,
  visit: (member: Slice, score: number) => void,
): void {
  const { sortedSets } = db.objects;
  if (reverse) sortedSets.walkBack(set, start, end, visit);
  else sortedSets.walk(set, start, end, visit);
}

/** Begins an array of members, with their scores or without: in RESP3 each is a pair then. */
function beginMembers(
  reply: Reply,
  count: number,
  withScores: boolean,
): (member: Slice, score: number) => void {
  const isPaired = withScores && reply.resp === 3;
  reply.array(withScores && !isPaired ? 2 * count : count);
  return (member, score) => {
    if (isPaired) reply.array(2);
    reply.bulk(member);
    if (withScores) replyScore(reply, score);
  };
}

function replyRange(command: RangeCommand) {
  return (client: Client, args: Args): void => {
    const { reply } = client;
    const options = readRangeOptions(args, 1, command, false);
    const set = read(client, args);
    if (set === undefined) return reply.array(0);
    const ranks = limitedRanks(client, set, options);
    const show = beginMembers(reply, Math.max(ranks.end - ranks.start, 0), options.withScores);
    walk(client, set, ranks, options.reverse, show);
  };
}

function zrangestore(client: Client, args: Args): void {
  const { sortedSets } = client.db.objects;
  const options = readRangeOptions(args, 2, { by: "auto" }, true);
  const source = read(client, args, 2);
  const ranks = source && limitedRanks(client, source, options);
  const set = sortedSets.create(0, ranks && ranks.end - ranks.start);
  try {
    if (source !== undefined && ranks !== undefined) {
      walk(client, source, ranks, false, (member, score) => sortedSets.add(set, member, score));
    }
  } catch (error) {
    sortedSets.destroy(set);
    throw error;
  }
  store(client, args.at(1), set, "zrangestore");
}

/**
 * Makes a set a key's, or deletes the key if it is empty.
 *
 * @returns What tells others of it. To a client that listens itself it shows whether that is before the
 * reply or after it.
 */
export function keep(db: Keyspace, key: Slice, set: Collection, event: string): () => void {
  const { sortedSets } = db.objects;
  const isEmpty = sortedSets.size(set) === 0;
  if (isEmpty) {
    sortedSets.destroy(set);
    if (!db.discard(key)) return () => {};
  } else {
    db.setCollection(key, SORTED_SET, set);
  }
  return () => {
    db.changed(key);
    if (isEmpty) db.notify("g", "del", key);
    else db.notify("z", event, key);
  };
}

/** The same for commands that reply the size. Redis tells of it after that. */
function store({ db, reply }: Client, key: Slice, set: Collection, event: string): void {
  const size = db.objects.sortedSets.size(set);
  const tell = keep(db, key, set, event);
  reply.integer(size);
  tell();
}

/** Where `ZPOPMIN` and the like take members from. */
type End = "min" | "max";

/**
 * Takes members out of a set from one end, which comes first in the reply.
 *
 * @param show Is called with how many there are before they are removed; returns what replies each.
 */
function pop(
  client: Client,
  key: Slice,
  entry: Address,
  end: End,
  count: number,
  begin: (count: number) => (member: Slice, score: number) => void,
): void {
  const { db } = client;
  const set = db.objects.collection(entry);
  const size = db.objects.sortedSets.size(set);
  const popped = Math.min(count, size);
  const ranks = end === "min" ? { start: 0, end: popped } : { start: size - popped, end: size };
  const show = begin(popped);
  // Redis tells of it before the first member, which shows to a client that listens itself.
  db.notify("z", `zpop${end}`, key);
  walk(client, set, ranks, end === "max", show);
  takeOut(client, key, entry, set, ranks);
}

/** `ZPOPMIN` and `ZPOPMAX`. */
function popOne(client: Client, args: Args, end: End): void {
  const { db, reply } = client;
  if (args.count > 3) throw new CommandError(SYNTAX);
  const hasCount = args.count === 3;
  const count = hasCount
    ? integerWithin(args, 2, 0, MAX_LONG, "ERR value is out of range, must be positive")
    : 1;
  const key = args.at(1);
  const entry = db.write(key, SORTED_SET);
  if (entry === 0 || count === 0) return reply.array(0);
  pop(client, key, entry, end, count, (popped) => {
    const isPaired = hasCount && reply.resp === 3;
    reply.array(isPaired ? popped : 2 * popped);
    return (member, score) => {
      if (isPaired) reply.array(2);
      reply.bulk(member);
      replyScore(reply, score);
    };
  });
}

/** Pops one member and replies it with the key, as `BZPOPMIN` does. */
function popWithKey(client: Client, key: Slice, entry: Address, end: End): void {
  const { db, reply, engine: { effects } } = client;
  effects?.replace(db, `ZPOP${end.toUpperCase()}`, key);
  pop(client, key, entry, end, 1, () => {
    reply.array(3);
    reply.bulk(key);
    return (member, score) => {
      reply.bulk(member);
      replyScore(reply, score);
    };
  });
}

/** Pops members and replies them in pairs after the key, as `ZMPOP` does. */
function popPairs(client: Client, key: Slice, entry: Address, end: End, count: number): void {
  const { db, reply, engine: { effects } } = client;
  pop(client, key, entry, end, count, (popped) => {
    effects?.replace(db, `ZPOP${end.toUpperCase()}`, key, popped);
    reply.array(2);
    reply.bulk(key);
    reply.array(popped);
    return (member, score) => {
      reply.array(2);
      reply.bulk(member);
      replyScore(reply, score);
    };
  });
}

/** Serves the first key that has a sorted set; returns whether there is one. */
function serveFirst(
  { db }: Client,
  keys: readonly Slice[],
  serve: (key: Slice, entry: Address) => void,
): boolean {
  for (const key of keys) {
    const entry = db.write(key, SORTED_SET);
    if (entry === 0) continue;
    serve(key, entry);
    return true;
  }
  return false;
}

/** Serves the first key that has a sorted set, or waits until one has. */
function serveOrWait(
  client: Client,
  keys: readonly Slice[],
  deadline: number,
  serve: (client: Client, key: Slice, entry: Address) => void,
): void {
  if (serveFirst(client, keys, (key, entry) => serve(client, key, entry))) return;
  if (!client.mayBlock) return client.reply.nullArray();
  client.engine.blocking.block(client, { type: SORTED_SET, keys, deadline, serve });
}

/** `BZPOPMIN` and `BZPOPMAX`. */
function popOrWait(client: Client, args: Args, end: End): void {
  const last = args.count - 1;
  const deadline = deadlineAt(args, last, client.engine.now);
  const keys = Array.from({ length: last - 1 }, (_, i) => args.at(i + 1));
  serveOrWait(client, keys, deadline, (client, key, entry) => popWithKey(client, key, entry, end));
}

/** What `ZMPOP` and `BZMPOP` ask for, from the number of keys on. */
function readMultiplePop(args: Args, index: number): { keys: Slice[]; end: End; count: number } {
  const keyCount = integerWithin(args, index, 1, MAX_LONG, "ERR numkeys should be greater than 0");
  const where = index + keyCount + 1;
  if (where >= args.count) throw new CommandError(SYNTAX);
  const end = isWord(args.at(where), "min")
    ? "min"
    : isWord(args.at(where), "max")
    ? "max"
    : undefined;
  if (end === undefined) throw new CommandError(SYNTAX);
  let count: number | undefined;
  for (let i = where + 1; i < args.count; i += 2) {
    if (count !== undefined || !isWord(args.at(i), "count") || i + 1 === args.count) {
      throw new CommandError(SYNTAX);
    }
    count = integerWithin(args, i + 1, 1, MAX_LONG, "ERR count should be greater than 0");
  }
  const keys = Array.from({ length: keyCount }, (_, i) => args.at(index + 1 + i));
  return { keys, end, count: count ?? 1 };
}

function zmpop(client: Client, args: Args): void {
  const { keys, end, count } = readMultiplePop(args, 1);
  const isServed = serveFirst(
    client,
    keys,
    (key, entry) => popPairs(client, key, entry, end, count),
  );
  if (!isServed) client.reply.nullArray();
}

function bzmpop(client: Client, args: Args): void {
  const { keys, end, count } = readMultiplePop(args, 2);
  const deadline = deadlineAt(args, 1, client.engine.now);
  serveOrWait(
    client,
    keys,
    deadline,
    (client, key, entry) => popPairs(client, key, entry, end, count),
  );
}

/** `ZRANDMEMBER` of more pairs than this is refused (`LONG_MAX` / 2). */
const MAX_PAIRS = 2n ** 62n - 1n;

function zrandmember(client: Client, args: Args): void {
  const { db: { objects: { sortedSets } }, reply } = client;
  const randomAt = (set: Collection) =>
    sortedSets.at(set, Math.floor(Math.random() * sortedSets.size(set)));
  if (args.count === 2) {
    const set = read(client, args);
    if (set === undefined) return reply.null();
    return reply.bulk(sortedSets.member(set, randomAt(set)));
  }
  const count = randomCountAt(args, 2);
  const withScores = args.count === 4 && isWord(args.at(3), "withscores");
  if (args.count > 3 && !withScores) throw new CommandError(SYNTAX);
  const exact = withScores ? int64At(args, 2) : 0n;
  if (exact > MAX_PAIRS || exact < -MAX_PAIRS) throw new CommandError("ERR value is out of range");
  const set = read(client, args);
  if (set === undefined || count === 0) return reply.array(0);

  const size = sortedSets.size(set);
  const shown = count < 0 ? -count : Math.min(count, size);
  const show = beginMembers(reply, shown, withScores);
  if (count < 0) {
    for (let left = shown; left > 0 && !reply.overflowed; left--) {
      const found = randomAt(set);
      show(sortedSets.member(set, found), sortedSets.score(set, found));
    }
  } else if (count >= size) {
    // In this order as Redis does.
    sortedSets.walkBack(set, 0, size, show);
  } else if (count * DRAW_FACTOR <= size) {
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(randomAt(set));
    for (const found of drawn) show(sortedSets.member(set, found), sortedSets.score(set, found));
  } else {
    const selects = sampler(size, count, Math.random);
    sortedSets.walk(set, 0, size, (member, score) => {
      if (selects()) show(member, score);
    });
  }
}

/** From a set that is so many times larger than a sample, members are drawn one by one, as in Redis. */
const DRAW_FACTOR = 3;

/** Up to here, Redis prints an integer in a listpack with all its digits (`double2ll`). */
const MAX_LISTPACK_INTEGER = 2 ** 62;

function zscan(client: Client, args: Args): void {
  const { db: { objects: { sortedSets } }, reply } = client;
  const cursor = readCursor(args.at(2));
  const set = read(client, args);
  if (set === undefined) return replyEmptyScan(reply);
  const format = (score: number) =>
    set.storage === PACK && Number.isInteger(score) && Math.abs(score) <= MAX_LISTPACK_INTEGER
      ? BigInt(score).toString()
      : formatDouble(score);
  const step = (cursor: number, visit: (member: Slice, score: Slice) => void) =>
    sortedSets.scan(set, cursor, (member, score) => visit(member, latin1Slice(format(score))));
  replyScan(reply, cursor, readScanOptions(args, 3), step);
}

/** A sorted set or a set that `ZUNION` and the like read; the members of a set have the score 1. */
interface Source {
  readonly size: number;
  weight: number;
  walk(visit: (member: Slice, score: number) => void): void;
  /** A member's score, or `undefined`. */
  score(member: Slice): number | undefined;
}

function readSource({ db }: Client, key: Slice): Source {
  const { objects } = db;
  const entry = db.read(key);
  if (entry === 0) return { size: 0, weight: 1, walk: () => {}, score: () => undefined };
  const collection = objects.collection(entry);
  switch (objects.type(entry)) {
    case SORTED_SET: {
      const { sortedSets } = objects;
      const size = sortedSets.size(collection);
      return {
        size,
        weight: 1,
        walk: (visit) => sortedSets.walk(collection, 0, size, visit),
        score: (member) => {
          const found = sortedSets.find(collection, member);
          return found === 0 ? undefined : sortedSets.score(collection, found);
        },
      };
    }
    case SET: {
      const { sets } = objects;
      return {
        size: sets.size(collection),
        weight: 1,
        walk: (visit) => sets.walk(collection, (member) => visit(member, 1)),
        score: (member) => sets.has(collection, member) ? 1 : undefined,
      };
    }
    default:
      throw new CommandError(WRONG_TYPE);
  }
}

/** How two scores of one member become one. What is neither greater nor less stays (NaN). */
type Aggregate = (a: number, b: number) => number;

/** Infinity less infinity is 0, as Redis has it. */
const sum: Aggregate = (a, b) => Number.isNaN(a + b) ? 0 : a + b;

const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map([
  ["sum", sum],
  ["min", (a, b) => b < a ? b : a],
  ["max", (a, b) => b > a ? b : a],
]);

type Operation = "union" | "inter" | "diff";

interface SetOperation {
  readonly sources: Source[];
  readonly aggregate: Aggregate;
  readonly withScores: boolean;
  /** How many members `ZINTERCARD` counts at the most; 0 for all. */
  readonly limit: number;
}

/** Reads what `ZUNION` and the like ask for, from the number of keys on. */
function readOperation(
  client: Client,
  args: Args,
  index: number,
  operation: Operation,
  command: string,
): SetOperation {
  const isCount = command === "zintercard";
  const isStore = index === 2;
  const count = integerAt(args, index);
  if (count < 1) {
    throw new CommandError(`ERR at least 1 input key is needed for '${command}' command`);
  }
  if (count > args.count - index - 1) throw new CommandError(SYNTAX);
  const sources = Array.from(
    { length: count },
    (_, i) => readSource(client, args.at(index + 1 + i)),
  );
  let aggregate: Aggregate | undefined = sum;
  let withScores = false;
  let limit = 0;
  const hasWeights = operation !== "diff" && !isCount;
  for (let i = index + 1 + count; i < args.count; i++) {
    const option = args.at(i);
    const left = args.count - i - 1;
    if (hasWeights && left >= count && isWord(option, "weights")) {
      for (const source of sources) {
        source.weight = doubleAt(args, ++i, "ERR weight value is not a float");
      }
    } else if (hasWeights && left >= 1 && isWord(option, "aggregate")) {
      aggregate = AGGREGATES.get(args.at(++i).latin1().toLowerCase());
      if (aggregate === undefined) throw new CommandError(SYNTAX);
    } else if (!isStore && !isCount && isWord(option, "withscores")) {
      withScores = true;
    } else if (isCount && left >= 1 && isWord(option, "limit")) {
      limit = integerWithin(args, ++i, 0, MAX_LONG, "ERR LIMIT can't be negative");
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  return { sources, aggregate, withScores, limit };
}

const weighted = (weight: number, score: number): number => {
  const product = weight * score;
  return Number.isNaN(product) ? 0 : product;
};

/** Calls `visit` for what all sources have, with the score of it, until it returns true. */
function intersect(
  { sources, aggregate }: SetOperation,
  visit: (member: Slice, score: number) => boolean | void,
): void {
  // As in Redis the smallest first, which also decides in which order scores are added.
  const [first, ...others] = sources.toSorted((a, b) => a.size - b.size);
  let isOver = false;
  first?.walk((member, own) => {
    if (isOver) return;
    let result = weighted(first.weight, own);
    for (const other of others) {
      const score = other.score(member);
      if (score === undefined) return;
      result = aggregate(result, score * other.weight);
    }
    isOver = visit(member, result) === true;
  });
}

/** The set that `ZUNION` and the like make. */
function combine({ db }: Client, operation: Operation, request: SetOperation): Collection {
  const { sources, aggregate } = request;
  return db.objects.sortedSets.gather((add) => {
    if (operation === "inter") {
      intersect(request, add);
    } else if (operation === "union") {
      for (const { weight, walk } of sources.toSorted((a, b) => a.size - b.size)) {
        walk((member, score) => add(member, weighted(weight, score)));
      }
    } else {
      const [first, ...others] = sources;
      first?.walk((member, score) => {
        if (others.every((other) => other.score(member) === undefined)) add(member, score);
      });
    }
  }, aggregate);
}

function replyCombined(operation: Operation) {
  return (client: Client, args: Args): void => {
    const { sortedSets } = client.db.objects;
    const request = readOperation(client, args, 1, operation, `z${operation}`);
    const set = combine(client, operation, request);
    const size = sortedSets.size(set);
    sortedSets.walk(set, 0, size, beginMembers(client.reply, size, request.withScores));
    sortedSets.destroy(set);
  };
}

function storeCombined(operation: Operation) {
  const name = `z${operation}store`;
  return (client: Client, args: Args): void => {
    const request = readOperation(client, args, 2, operation, name);
    const set = combine(client, operation, request);
    // A score of -0 would be lost in a reply, as in Redis it is in what is stored.
    client.db.objects.sortedSets.compact(set);
    store(client, args.at(1), set, name);
  };
}

function zintercard(client: Client, args: Args): void {
  const request = readOperation(client, args, 1, "inter", "zintercard");
  let count = 0;
  intersect(request, () => ++count === request.limit);
  client.reply.integer(count);
}

export const SORTED_SETS: CommandRows = {
  bzmpop: {
    arity: -5,
    flags: "write blocking movablekeys",
    keys: "#2 RW access delete",
    since: "7.0.0",
    summary: "Takes members from an end of the first sorted set that is there, or waits for one",
    run: bzmpop,
  },
  bzpopmax: {
    arity: -3,
    flags: "write noscript blocking fast",
    keys: "1..-2 RW access delete",
    since: "5.0.0",
    summary: "Takes the member with the highest score, or waits for one",
    run: (client, args) => popOrWait(client, args, "max"),
  },
  bzpopmin: {
    arity: -3,
    flags: "write noscript blocking fast",
    keys: "1..-2 RW access delete",
    since: "5.0.0",
    summary: "Takes the member with the lowest score, or waits for one",
    run: (client, args) => popOrWait(client, args, "min"),
  },
  zadd: {
    arity: -4,
    flags: "write denyoom fast",
    keys: "1 RW update",
    since: "1.2.0",
    summary: "Adds members to a sorted set, or changes their scores",
    run: (client, args) => addScores(client, args, 0),
  },
  zcard: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO",
    since: "1.2.0",
    summary: "Replies how many members a sorted set has",
    run: zcard,
  },
  zcount: {
    arity: 4,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "2.0.0",
    summary: "Counts the members of a range of scores",
    run: (client, args) => count(client, args, "score"),
  },
  zdiff: {
    arity: -3,
    flags: "readonly movablekeys",
    keys: "#1 RO access",
    since: "6.2.0",
    summary: "Replies the members of the first sorted set that no other has",
    run: replyCombined("diff"),
  },
  zdiffstore: {
    arity: -4,
    flags: "write denyoom movablekeys",
    keys: "1 OW update; #2 RO access",
    since: "6.2.0",
    summary: "Stores the members of the first sorted set that no other has",
    run: storeCombined("diff"),
  },
  zincrby: {
    arity: 4,
    flags: "write denyoom fast",
    keys: "1 RW access update",
    since: "1.2.0",
    summary: "Adds to the score of a member",
    run: (client, args) => addScores(client, args, INCR),
  },
  zinter: {
    arity: -3,
    flags: "readonly movablekeys",
    keys: "#1 RO access",
    since: "6.2.0",
    summary: "Replies the members that all sorted sets have",
    run: replyCombined("inter"),
  },
  zintercard: {
    arity: -3,
    flags: "readonly movablekeys",
    keys: "#1 RO access",
    since: "7.0.0",
    summary: "Counts the members that all sorted sets have",
    run: zintercard,
  },
  zinterstore: {
    arity: -4,
    flags: "write denyoom movablekeys",
    keys: "1 OW update; #2 RO access",
    since: "2.0.0",
    summary: "Stores the members that all sorted sets have",
    run: storeCombined("inter"),
  },
  zlexcount: {
    arity: 4,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "2.8.9",
    summary: "Counts the members between two others",
    run: (client, args) => count(client, args, "lex"),
  },
  zmpop: {
    arity: -4,
    flags: "write movablekeys",
    keys: "#1 RW access delete",
    since: "7.0.0",
    summary: "Takes members from an end of the first sorted set that is there",
    run: zmpop,
  },
  zmscore: {
    arity: -3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "6.2.0",
    summary: "Replies the scores of members",
    run: zmscore,
  },
  zpopmax: {
    arity: -2,
    flags: "write fast",
    keys: "1 RW access delete",
    since: "5.0.0",
    summary: "Takes the members with the highest scores",
    run: (client, args) => popOne(client, args, "max"),
  },
  zpopmin: {
    arity: -2,
    flags: "write fast",
    keys: "1 RW access delete",
    since: "5.0.0",
    summary: "Takes the members with the lowest scores",
    run: (client, args) => popOne(client, args, "min"),
  },
  zrandmember: {
    arity: -2,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output",
    since: "6.2.0",
    summary: "Replies random members",
    run: zrandmember,
  },
  zrange: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "1.2.0",
    summary: "Replies the members of a range of ranks, scores or members",
    run: replyRange({ by: "auto" }),
  },
  zrangebylex: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "2.8.9",
    summary: "Replies the members between two others",
    run: replyRange({ by: "lex", reverse: false }),
  },
  zrangebyscore: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "1.0.5",
    summary: "Replies the members of a range of scores",
    run: replyRange({ by: "score", reverse: false }),
  },
  zrangestore: {
    arity: -5,
    flags: "write denyoom",
    keys: "1 OW update; 2 RO access",
    since: "6.2.0",
    summary: "Stores the members of a range of ranks, scores or members",
    run: zrangestore,
  },
  zrank: {
    arity: -3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "2.0.0",
    summary: "Replies how many members come before one",
    run: (client, args) => rank(client, args, "zrank", false),
  },
  zrem: {
    arity: -3,
    flags: "write fast",
    keys: "1 RW delete",
    since: "1.2.0",
    summary: "Removes members",
    run: zrem,
  },
  zremrangebylex: {
    arity: 4,
    flags: "write",
    keys: "1 RW delete",
    since: "2.8.9",
    summary: "Removes the members between two others",
    run: (client, args) => removeRange(client, args, "lex"),
  },
  zremrangebyrank: {
    arity: 4,
    flags: "write",
    keys: "1 RW delete",
    since: "2.0.0",
    summary: "Removes the members of a range of ranks",
    run: (client, args) => removeRange(client, args, "rank"),
  },
  zremrangebyscore: {
    arity: 4,
    flags: "write",
    keys: "1 RW delete",
    since: "1.2.0",
    summary: "Removes the members of a range of scores",
    run: (client, args) => removeRange(client, args, "score"),
  },
  zrevrange: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "1.2.0",
    summary: "Replies the members of a range of ranks, the highest score first",
    run: replyRange({ by: "rank", reverse: true }),
  },
  zrevrangebylex: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "2.8.9",
    summary: "Replies the members between two others, the last first",
    run: replyRange({ by: "lex", reverse: true }),
  },
  zrevrangebyscore: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "2.2.0",
    summary: "Replies the members of a range of scores, the highest first",
    run: replyRange({ by: "score", reverse: true }),
  },
  zrevrank: {
    arity: -3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "2.0.0",
    summary: "Replies how many members come after one",
    run: (client, args) => rank(client, args, "zrevrank", true),
  },
  zscan: {
    arity: -3,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output",
    since: "2.8.0",
    summary: "Goes through the members and scores of a sorted set, some with each call",
    run: zscan,
  },
  zscore: {
    arity: 3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "1.2.0",
    summary: "Replies the score of a member",
    run: zscore,
  },
  zunion: {
    arity: -3,
    flags: "readonly movablekeys",
    keys: "#1 RO access",
    since: "6.2.0",
    summary: "Replies the members that any sorted set has",
    run: replyCombined("union"),
  },
  zunionstore: {
    arity: -4,
    flags: "write denyoom movablekeys",
    keys: "1 OW update; #2 RO access",
    since: "2.0.0",
    summary: "Stores the members that any sorted set has",
    run: storeCombined("union"),
  },
};
