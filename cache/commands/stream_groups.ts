/**
 * The commands of the consumer groups of streams.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { STREAM } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Address } from "../store/arena.ts";
import type { Slice } from "../store/slice.ts";
import { UNKNOWN_READ } from "../store/stream_group.ts";
import { StreamId } from "../store/stream_id.ts";
import { int64At, integerAt } from "./arguments.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, NO_SUCH_KEY, printed, SYNTAX, unknownSubcommand } from "./error.ts";
import { helpRow } from "./help.ts";
import {
  endAt,
  idAt,
  idOrEndAt,
  idsFrom,
  isCharacter,
  maybeIdAt,
  startAt,
} from "./stream_arguments.ts";
import {
  replyEntries,
  replyEntry,
  replyEntryOf,
  seenConsumer,
  tellPending,
  tellProgress,
} from "./stream_replies.ts";

/** What an argument may be, as `XAUTOCLAIM` has it: the largest count of IDs that takes no 2^63 bytes. */
const MAX_CLAIM_COUNT = 2n ** 63n / 16n - 1n;
/** From so many on, Redis has no memory for the IDs of deleted entries: 128 TiB of addresses. */
const MAX_DELETED_IDS = 2 ** 43;
/** How many entries `XAUTOCLAIM` looks at for one that it may claim. */
const CLAIM_ATTEMPTS = 10;
const CLAIM_COUNT = 100;

/** How many entries `XINFO STREAM … FULL` replies where that is not said. */
const FULL_COUNT = 10;

/** `XGROUP`'s subcommands name the key first, `XPENDING` and others the same way. */
function noGroup(group: Slice, key: Slice): CommandError {
  return new CommandError(
    `NOGROUP No such consumer group '${printed(group)}' for key name '${printed(key)}'`,
  );
}

function noKeyOrGroup(key: Slice, group: Slice): CommandError {
  return new CommandError(
    `NOGROUP No such key '${printed(key)}' or consumer group '${printed(group)}'`,
  );
}

/**
 * The group that two arguments name, and its stream; 0 in place of what is not there.
 *
 * @param changes Whether the group is to change.
 */
function findGroup(
  { db }: Client,
  args: Args,
  changes: boolean,
): { stream: Address; group: Address } {
  const { objects, objects: { streams } } = db;
  const entry = db.read(args.at(1), STREAM);
  if (entry === 0) return { stream: 0, group: 0 };
  if (changes) db.beforeChange(entry);
  const stream = objects.root(entry);
  return { stream, group: streams.groups.find(streams.groupsOf(stream), args.at(2)) };
}

/** The options of `XGROUP CREATE` and `SETID`. */
function groupOptions(args: Args, name: "CREATE" | "SETID") {
  let create = false;
  let entriesRead = UNKNOWN_READ;
  for (let i = 5; i < args.count; i++) {
    if (name === "CREATE" && isWord(args.at(i), "mkstream")) {
      create = true;
    } else if (isWord(args.at(i), "entriesread") && i + 1 < args.count) {
      entriesRead = int64At(args, ++i);
      if (entriesRead < UNKNOWN_READ) {
        throw new CommandError("ERR value for ENTRIESREAD must be positive or -1");
      }
    } else {
      throw unknownSubcommand("XGROUP", args);
    }
  }
  return { create, entriesRead };
}

/** The stream of `XGROUP`'s key. */
function streamToChange({ db }: Client, args: Args): Address {
  const entry = db.write(args.at(2), STREAM);
  if (entry !== 0) return db.objects.root(entry);
  throw new CommandError(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use " +
      "the MKSTREAM option to create an empty stream automatically.",
  );
}

/** The group of `XGROUP`'s key and name. */
function groupToChange(client: Client, args: Args): { stream: Address; group: Address } {
  const { streams, streams: { groups } } = client.db.objects;
  const stream = streamToChange(client, args);
  const group = groups.find(streams.groupsOf(stream), args.at(3));
  if (group === 0) throw noGroup(args.at(3), args.at(2));
  return { stream, group };
}

function createGroup(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { objects, objects: { streams, streams: { groups } } } = db;
  const { create, entriesRead } = groupOptions(args, "CREATE");
  const key = args.at(2);
  const name = args.at(3);
  let entry = create ? db.write(key, STREAM) : 0;
  const found = !create ? streamToChange(client, args) : entry === 0 ? 0 : objects.root(entry);
  if (args.count > 8) throw unknownSubcommand("XGROUP", args);
  const isLast = isCharacter(args.at(4), "$");
  const id = !isLast ? idAt(args, 4) : found === 0 ? StreamId.MIN : streams.lastId(found);
  let stream = found;
  if (stream === 0) {
    stream = streams.create();
    try {
      entry = db.add(key, STREAM);
    } catch (error) {
      streams.destroy(stream);
      throw error;
    }
    objects.setRoot(entry, stream);
    db.touched(key);
  }
  if (groups.find(streams.groupsOf(stream), name) !== 0) {
    throw new CommandError("BUSYGROUP Consumer Group name already exists");
  }
  groups.add(streams.makeGroups(stream), name, id, entriesRead);
  reply.ok();
  engine.dirty++;
  db.notify("t", "xgroup-create", key);
}

function setGroupId(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { streams, streams: { groups } } = db.objects;
  const { entriesRead } = groupOptions(args, "SETID");
  const { stream, group } = groupToChange(client, args);
  if (args.count !== 5 && args.count !== 7) {
    throw unknownSubcommand("XGROUP", args);
  }
  const id = isCharacter(args.at(4), "$") ? streams.lastId(stream) : idOrEndAt(args, 4);
  groups.setLastId(group, id);
  groups.setEntriesRead(group, entriesRead);
  reply.ok();
  engine.dirty++;
  db.notify("t", "xgroup-setid", args.at(2));
}

function destroyGroup(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { objects, objects: { streams, streams: { groups } } } = db;
  const stream = streamToChange(client, args);
  const group = groups.find(streams.groupsOf(stream), args.at(3));
  if (group === 0) return reply.integer(0);
  objects.lazyFree.add(groups.remove(streams.groupsOf(stream), group));
  reply.integer(1);
  engine.dirty++;
  db.notify("t", "xgroup-destroy", args.at(2));
  // Who waits for the group is told.
  engine.blocking.signal(db, args.at(2), STREAM);
}

function createConsumer(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { groups } = db.objects.streams;
  const { group } = groupToChange(client, args);
  if (groups.findConsumer(group, args.at(4)) !== 0) return reply.integer(0);
  groups.addConsumer(group, args.at(4), engine.now);
  engine.dirty++;
  db.notify("t", "xgroup-createconsumer", args.at(2));
  reply.integer(1);
}

function deleteConsumer(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { groups } = db.objects.streams;
  const { group } = groupToChange(client, args);
  const consumer = groups.findConsumer(group, args.at(4));
  if (consumer === 0) return reply.integer(0);
  const pending = groups.removeConsumer(group, consumer);
  engine.dirty++;
  db.notify("t", "xgroup-delconsumer", args.at(2));
  reply.integer(pending);
}

function xack(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { groups } = db.objects.streams;
  const { group } = findGroup(client, args, true);
  if (group === 0) return reply.integer(0);
  let acknowledged = 0;
  for (const id of idsFrom(args, 3)) if (groups.removePending(group, id)) acknowledged++;
  engine.dirty += acknowledged;
  reply.integer(acknowledged);
}

/** Replies how much is pending: of the group, its ends, and of each consumer. */
function pendingSummary({ db, reply }: Client, group: Address): void {
  const { groups } = db.objects.streams;
  reply.array(4);
  reply.integer(groups.pendingCount(group));
  const first = groups.pendingFrom(group, StreamId.MIN);
  const last = groups.lastPending(group);
  if (first === undefined || last === undefined) {
    reply.null();
    reply.null();
    return reply.nullArray();
  }
  reply.bulk(first.id.text());
  reply.bulk(last.id.text());
  const busy = groups.sortedConsumers(group).filter((one) => groups.pendingCount(one) > 0);
  reply.array(busy.length);
  for (const consumer of busy) {
    reply.array(2);
    reply.bulk(groups.consumerName(consumer));
    reply.bulkInteger(groups.pendingCount(consumer));
  }
}

function xpending(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { groups } = db.objects.streams;
  const isSummary = args.count === 3;
  if (!isSummary && (args.count < 6 || args.count > 9)) throw new CommandError(SYNTAX);
  let [first, last, count, minIdle] = [StreamId.MIN, StreamId.MAX, 0, 0];
  let name: Slice | undefined;
  if (!isSummary) {
    let start = 3;
    if (isWord(args.at(3), "idle")) {
      minIdle = integerAt(args, 4);
      if (args.count < 8) throw new CommandError(SYNTAX);
      start = 5;
    }
    count = integerAt(args, start + 2);
    first = startAt(args, start);
    last = endAt(args, start + 1);
    if (start + 3 < args.count) name = args.at(start + 3);
  }
  const { group } = findGroup(client, args, false);
  if (group === 0) throw noKeyOrGroup(args.at(1), args.at(2));
  if (isSummary) return pendingSummary(client, group);
  const owner = name === undefined ? group : groups.findConsumer(group, name);
  if (owner === 0) return reply.array(0);
  const begun = reply.begin();
  let shown = 0;
  const cursor = count > 0 ? groups.pendingFrom(owner, first) : undefined;
  if (cursor !== undefined) {
    do {
      const { id, value: pending } = cursor;
      if (id.compare(last) > 0) break;
      const idle = engine.now - groups.deliveryTime(pending);
      if (minIdle !== 0 && idle < minIdle) continue;
      shown++;
      reply.array(4);
      reply.bulk(id.text());
      reply.bulk(groups.consumerName(groups.consumerOf(pending)));
      reply.integer(Math.max(Math.floor(idle), 0));
      reply.bigInteger(groups.deliveries(pending));
    } while (shown < count && cursor.next());
  }
  reply.end(begun, shown);
}

/** The options of `XCLAIM`, from the first argument on that is no ID. */
function claimOptions(args: Args, index: number, now: number) {
  let [isForced, justId] = [false, false];
  let time = now;
  let deliveries: bigint | undefined;
  let lastId = StreamId.MIN;
  for (let i = index; i < args.count; i++) {
    const option = args.at(i);
    const hasMore = i + 1 < args.count;
    const number = (name: string) => {
      const error = `ERR Invalid ${name} option argument for XCLAIM`;
      return int64At(args, ++i, error);
    };
    if (isWord(option, "force")) {
      isForced = true;
    } else if (isWord(option, "justid")) {
      justId = true;
    } else if (hasMore && isWord(option, "idle")) {
      time = now - Number(number("IDLE"));
    } else if (hasMore && isWord(option, "time")) {
      time = Number(number("TIME"));
    } else if (hasMore && isWord(option, "retrycount")) {
      deliveries = number("RETRYCOUNT");
    } else if (hasMore && isWord(option, "lastid")) {
      lastId = idAt(args, ++i);
    } else {
      throw new CommandError(`ERR Unrecognized XCLAIM option '${printed(option)}'`);
    }
  }
  if (deliveries !== undefined && deliveries < 0n) deliveries = undefined;
  // What a client with another clock says may be of no use.
  if (time < 0 || time > now) time = now;
  return { isForced, justId, time, deliveries, lastId };
}

function xclaim(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { streams, streams: { groups } } = db.objects;
  const { stream, group } = findGroup(client, args, true);
  if (group === 0) throw noKeyOrGroup(args.at(1), args.at(2));
  const minIdle = integerAt(args, 4, "ERR Invalid min-idle-time argument for XCLAIM");
  const ids: StreamId[] = [];
  while (5 + ids.length < args.count) {
    const id = maybeIdAt(args, 5 + ids.length);
    if (id === undefined) break;
    ids.push(id);
  }
  const { now } = engine;
  const options = claimOptions(args, 5 + ids.length, now);
  const { isForced, justId, time, deliveries, lastId } = options;
  const isAhead = lastId.compare(groups.lastId(group)) > 0;
  if (isAhead) groups.setLastId(group, lastId);
  engine.effects?.omit();
  const key = args.at(1);
  let isTold = !isAhead;
  const begun = reply.begin();
  let claimed = 0;
  let consumer = 0;
  for (const [i, id] of ids.entries()) {
    let pending = groups.findPending(group, id);
    const tell = () => {
      engine.dirty++;
      isTold = true;
      if (engine.effects !== undefined) tellPending(client, key, group, args.at(5 + i), pending);
    };
    if (!streams.has(stream, id)) {
      if (pending !== 0) {
        tell();
        groups.removePending(group, id);
      }
      continue;
    }
    if (pending === 0 && !isForced) continue;
    if (pending !== 0 && minIdle > 0 && now - groups.deliveryTime(pending) < minIdle) continue;
    if (consumer === 0) consumer = seenConsumer(client, key, group, args.at(3));
    if (pending === 0) pending = groups.addPending(group, consumer, id, time);
    groups.assign(pending, id, consumer);
    groups.setDeliveryTime(pending, time);
    if (deliveries !== undefined) groups.setDeliveries(pending, deliveries);
    else if (!justId) groups.countDelivery(pending);
    if (justId) reply.bulk(id.text());
    else replyEntryOf(client, stream, id);
    claimed++;
    tell();
  }
  if (!isTold) {
    engine.dirty++;
    tellProgress(client, key, group);
  }
  reply.end(begun, claimed);
}

function xautoclaim(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { streams, streams: { groups } } = db.objects;
  const minIdle = integerAt(args, 4, "ERR Invalid min-idle-time argument for XAUTOCLAIM");
  const start = startAt(args, 5);
  let count = CLAIM_COUNT;
  let justId = false;
  for (let i = 6; i < args.count; i++) {
    if (isWord(args.at(i), "count") && i + 1 < args.count) {
      const error = "ERR COUNT must be > 0";
      const exact = int64At(args, ++i, error);
      if (exact < 1n || exact > MAX_CLAIM_COUNT) throw new CommandError(error);
      count = Number(exact);
    } else if (isWord(args.at(i), "justid")) {
      justId = true;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  const { stream, group } = findGroup(client, args, true);
  if (group === 0) throw noKeyOrGroup(args.at(1), args.at(2));
  if (count >= MAX_DELETED_IDS) {
    throw new CommandError(
      "ERR Insufficient memory, failed allocating transient memory, COUNT too high.",
    );
  }
  const { now } = engine;
  engine.effects?.omit();
  const key = args.at(1);
  const claimed: StreamId[] = [];
  const deleted: StreamId[] = [];
  reply.array(3);
  let consumer = 0;
  // Each is looked for anew, since what is pending changes meanwhile.
  let cursor = groups.pendingFrom(group, start);
  for (let i = 0; i < count * CLAIM_ATTEMPTS && cursor !== undefined; i++) {
    if (claimed.length + deleted.length === count) break;
    const { id, value: pending } = cursor;
    const tell = () => {
      engine.dirty++;
      if (engine.effects !== undefined) tellPending(client, key, group, id, pending);
    };
    if (!streams.has(stream, id)) {
      tell();
      groups.removePending(group, id);
      deleted.push(id);
    } else if (minIdle <= 0 || now - groups.deliveryTime(pending) >= minIdle) {
      if (consumer === 0) consumer = seenConsumer(client, key, group, args.at(3));
      groups.assign(pending, id, consumer);
      groups.setDeliveryTime(pending, now);
      if (!justId) groups.countDelivery(pending);
      claimed.push(id);
      tell();
    }
    const next = id.next();
    cursor = next && groups.pendingFrom(group, next);
  }
  reply.bulk((cursor?.id ?? StreamId.MIN).text());
  reply.array(claimed.length);
  for (const id of claimed) {
    if (justId) reply.bulk(id.text());
    else replyEntryOf(client, stream, id);
  }
  reply.array(deleted.length);
  for (const id of deleted) reply.bulk(id.text());
}

/** The stream of `XINFO`'s key. */
function streamToShow({ db }: Client, key: Slice): Address {
  const entry = db.read(key, STREAM);
  if (entry === 0) throw new CommandError(NO_SUCH_KEY);
  return db.objects.root(entry);
}

/** Writes what a group has read, and how far it is behind. */
function replyProgress({ db, reply }: Client, stream: Address, group: Address): void {
  const { streams, streams: { groups } } = db.objects;
  const lag = streams.lag(stream, group);
  reply.text("entries-read");
  if (groups.hasRead(group)) reply.bigInteger(groups.entriesRead(group));
  else reply.null();
  reply.text("lag");
  if (lag === undefined) reply.null();
  else reply.bigInteger(lag);
}

function infoGroups(client: Client, args: Args): void {
  const { db, reply } = client;
  const { streams, streams: { groups } } = db.objects;
  const stream = streamToShow(client, args.at(2));
  const all = groups.sorted(streams.groupsOf(stream));
  reply.array(all.length);
  for (const group of all) {
    reply.map(6);
    reply.text("name");
    reply.bulk(groups.name(group));
    reply.text("consumers");
    reply.integer(groups.consumerCount(group));
    reply.text("pending");
    reply.integer(groups.pendingCount(group));
    reply.text("last-delivered-id");
    reply.bulk(groups.lastId(group).text());
    replyProgress(client, stream, group);
  }
}

function infoConsumers(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { streams, streams: { groups } } = db.objects;
  const stream = streamToShow(client, args.at(2));
  const group = groups.find(streams.groupsOf(stream), args.at(3));
  if (group === 0) throw noGroup(args.at(3), args.at(2));
  const consumers = groups.sortedConsumers(group);
  reply.array(consumers.length);
  for (const consumer of consumers) {
    reply.map(3);
    reply.text("name");
    reply.bulk(groups.consumerName(consumer));
    reply.text("pending");
    reply.integer(groups.pendingCount(consumer));
    reply.text("idle");
    reply.integer(Math.max(Math.floor(engine.now - groups.seenTime(consumer)), 0));
  }
}

/** The options of `XINFO STREAM`: how many entries `FULL` asks for, 0 for all; `undefined` without it. */
function fullCount(args: Args): number | undefined {
  if (args.count === 3) return undefined;
  const isRight = (args.count === 4 || args.count === 6) && isWord(args.at(3), "full") &&
    (args.count === 4 || isWord(args.at(4), "count"));
  if (!isRight) throw unknownSubcommand("XINFO", args);
  const count = args.count === 4 ? FULL_COUNT : integerAt(args, 5);
  return count < 0 ? FULL_COUNT : count;
}

function infoStream(client: Client, args: Args): void {
  const { db, reply } = client;
  const { streams, streams: { groups } } = db.objects;
  const stream = streamToShow(client, args.at(2));
  const count = fullCount(args);
  reply.map(count === undefined ? 10 : 9);
  reply.text("length");
  reply.integer(streams.length(stream));
  reply.text("radix-tree-keys");
  reply.integer(streams.nodes(stream));
  reply.text("radix-tree-nodes");
  reply.integer(streams.radixNodes(stream));
  reply.text("last-generated-id");
  reply.bulk(streams.lastId(stream).text());
  reply.text("max-deleted-entry-id");
  reply.bulk(streams.maxDeletedId(stream).text());
  reply.text("entries-added");
  reply.bigInteger(streams.entriesAdded(stream));
  reply.text("recorded-first-entry-id");
  reply.bulk(streams.firstId(stream).text());
  if (count !== undefined) {
    reply.text("entries");
    replyEntries(client, stream, StreamId.MIN, StreamId.MAX, count);
    return infoFullGroups(client, stream, count);
  }
  reply.text("groups");
  reply.integer(groups.size(streams.groupsOf(stream)));
  reply.text("first-entry");
  replyEnd(client, stream, false);
  reply.text("last-entry");
  replyEnd(client, stream, true);
}

/** Replies the first entry, or the last one. */
function replyEnd({ db, reply }: Client, stream: Address, isLast: boolean): void {
  let isThere = false;
  db.objects.streams.walk(stream, StreamId.MIN, StreamId.MAX, isLast, (id, entry) => {
    replyEntry(reply, id, entry);
    return isThere = true;
  });
  if (!isThere) reply.null();
}

function infoFullGroups(client: Client, stream: Address, count: number): void {
  const { db, reply } = client;
  const { streams, streams: { groups } } = db.objects;
  const all = groups.sorted(streams.groupsOf(stream));
  reply.text("groups");
  reply.array(all.length);
  for (const group of all) {
    reply.map(7);
    reply.text("name");
    reply.bulk(groups.name(group));
    reply.text("last-delivered-id");
    reply.bulk(groups.lastId(group).text());
    replyProgress(client, stream, group);
    reply.text("pel-count");
    reply.integer(groups.pendingCount(group));
    reply.text("pending");
    replyPending(client, group, count, true);
    const consumers = groups.sortedConsumers(group);
    reply.text("consumers");
    reply.array(consumers.length);
    for (const consumer of consumers) {
      reply.map(4);
      reply.text("name");
      reply.bulk(groups.consumerName(consumer));
      reply.text("seen-time");
      reply.integer(Math.floor(groups.seenTime(consumer)));
      reply.text("pel-count");
      reply.integer(groups.pendingCount(consumer));
      reply.text("pending");
      replyPending(client, consumer, count, false);
    }
  }
}

/** Replies what is pending of a group, with the consumers' names, or of a consumer. */
function replyPending(
  { db, reply }: Client,
  owner: Address,
  most: number,
  withNames: boolean,
): void {
  const { groups } = db.objects.streams;
  const count = Math.min(groups.pendingCount(owner), most || Infinity);
  reply.array(count);
  const cursor = groups.pendingFrom(owner, StreamId.MIN);
  for (let i = 0; i < count && cursor !== undefined; i++, cursor.next()) {
    const pending = cursor.value;
    reply.array(withNames ? 4 : 3);
    reply.bulk(cursor.id.text());
    if (withNames) reply.bulk(groups.consumerName(groups.consumerOf(pending)));
    reply.integer(Math.floor(groups.deliveryTime(pending)));
    reply.bigInteger(groups.deliveries(pending));
  }
}

/** The rows of the commands. */
export const GROUP_ROWS: CommandRows = {
  xack: {
    arity: -4,
    flags: "write fast",
    keys: "1 RW update",
    since: "5.0.0",
    summary: "Acknowledges entries, which are not pending any more",
    run: xack,
  },
  xautoclaim: {
    arity: -6,
    flags: "write fast",
    keys: "1 RW delete",
    tips: "nondeterministic_output",
    since: "6.2.0",
    summary: "Gives a consumer entries that have been pending for some time",
    run: xautoclaim,
  },
  xclaim: {
    arity: -6,
    flags: "write fast",
    keys: "1 RW update",
    tips: "nondeterministic_output",
    since: "5.0.0",
    summary: "Gives a consumer some entries that are pending",
    run: xclaim,
  },
  xgroup: {
    arity: -2,
    flags: "",
    since: "5.0.0",
    summary: "Makes, changes and removes consumer groups",
    subcommands: {
      create: {
        arity: -5,
        flags: "write denyoom",
        keys: "2 RW insert",
        since: "5.0.0",
        summary: "Makes a consumer group",
        run: createGroup,
      },
      createconsumer: {
        arity: 5,
        flags: "write denyoom",
        keys: "2 RW insert",
        since: "6.2.0",
        summary: "Makes a consumer",
        run: createConsumer,
      },
      delconsumer: {
        arity: 5,
        flags: "write",
        keys: "2 RW delete",
        since: "5.0.0",
        summary: "Removes a consumer, with what is pending of it",
        run: deleteConsumer,
      },
      destroy: {
        arity: 4,
        flags: "write",
        keys: "2 RW delete",
        since: "5.0.0",
        summary: "Removes a consumer group",
        run: destroyGroup,
      },
      help: helpRow("5.0.0", "xgroup"),
      setid: {
        arity: -5,
        flags: "write",
        keys: "2 RW update",
        since: "5.0.0",
        summary: "Sets the ID after which a consumer group goes on",
        run: setGroupId,
      },
    },
  },
  xinfo: {
    arity: -2,
    flags: "",
    since: "5.0.0",
    summary: "Tells of streams, consumer groups and consumers",
    subcommands: {
      consumers: {
        arity: 4,
        flags: "readonly",
        keys: "2 RO access",
        tips: "nondeterministic_output",
        since: "5.0.0",
        summary: "Lists the consumers of a group",
        run: infoConsumers,
      },
      groups: {
        arity: 3,
        flags: "readonly",
        keys: "2 RO access",
        since: "5.0.0",
        summary: "Lists the consumer groups of a stream",
        run: infoGroups,
      },
      help: helpRow("5.0.0", "xinfo"),
      stream: {
        arity: -3,
        flags: "readonly",
        keys: "2 RO access",
        since: "5.0.0",
        summary: "Tells of a stream, with all its groups if asked to",
        run: infoStream,
      },
    },
  },
  xpending: {
    arity: -3,
    flags: "readonly",
    keys: "1 RO access",
    tips: "nondeterministic_output",
    since: "5.0.0",
    summary: "Tells of entries that are not acknowledged",
    run: xpending,
  },
};
