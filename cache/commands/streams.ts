/**
 * The commands of streams that add, remove and read entries. Those of consumer groups have a file of their
 * own.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { EffectArgument } from "../effects.ts";
import type { Keyspace } from "../keyspace.ts";
import { STREAM } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Address } from "../store/arena.ts";
import type { Slice } from "../store/slice.ts";
import { MAX_ENTRY_SIZE, type Trim } from "../store/stream.ts";
import { StreamId } from "../store/stream_id.ts";
import { int64At, integerAt } from "./arguments.ts";
import { type CommandRows, isWord, type OtherKey } from "./command.ts";
import { CommandError, NO_SUCH_KEY, printed, SYNTAX, wrongArity } from "./error.ts";
import { GROUP_ROWS } from "./stream_groups.ts";
import {
  type AddOptions,
  addOptions,
  endAt,
  idAt,
  idsFrom,
  isCharacter,
  type NewId,
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

/** How many entries a client gets at the most that has waited and has not said how many. */
const WAITED_COUNT = 1000;

const TOO_SMALL =
  "ERR The ID specified in XADD is equal or smaller than the target stream top item";
const TOO_LARGE = "ERR Elements are too large to be stored";

/** The ID of an entry that is added after another. */
function nextId(newId: NewId, last: StreamId, now: number): StreamId {
  if (newId.kind === "whole") {
    if (newId.id.compare(last) <= 0) throw new CommandError(TOO_SMALL);
    return newId.id;
  }
  const id = newId.kind === "time" ? newId.id : StreamId.at(Math.floor(now));
  const order = id.compareTime(last);
  if (order > 0) return id;
  if (newId.kind === "none") return last.next() ?? last;
  if (order < 0) throw new CommandError(TOO_SMALL);
  // There is no number left of that time. Redis has no error of its own for this.
  if (last.seqHigh === -1 && last.seqLow === -1) throw new CommandError(TOO_LARGE);
  return last.next() ?? last;
}

/**
 * What becomes of the arguments of `XADD` and `XTRIM` where they leave open how much is removed, that
 * others do the same.
 */
function exactTrim(
  { db }: Client,
  stream: Address,
  { trim, trimAt }: AddOptions,
): Record<number, EffectArgument> {
  const { streams } = db.objects;
  if (!trim?.approximate) return {};
  const left = trim.minId === undefined ? streams.length(stream) : streams.firstNodeId(stream);
  return { [trimAt - 1]: "=", [trimAt]: left };
}

function xadd(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const { objects, objects: { streams } } = db;
  const options = addOptions(args, engine.settings, true, client.isMaster);
  const { newId, next, create, trim } = options;
  const count = args.count - next;
  if (count < 2 || count % 2 === 1) throw wrongArity("xadd");
  if (newId.kind === "whole" && newId.id.isZero) {
    throw new CommandError("ERR The ID specified in XADD must be greater than 0-0");
  }
  const key = args.at(1);
  let entry = db.write(key, STREAM);
  if (entry === 0 && !create) return reply.null();
  const last = entry === 0 ? StreamId.MIN : streams.lastId(objects.root(entry));
  if (last.compare(StreamId.MAX) === 0) {
    throw new CommandError(
      "ERR The stream has exhausted the last possible ID, unable to add more items",
    );
  }
  const id = nextId(newId, last, engine.now);
  const elements: Slice[] = [];
  let size = 0;
  for (let i = next; i < args.count; i++) {
    const element = args.at(i);
    elements.push(element);
    size += element.length;
  }
  if (size > MAX_ENTRY_SIZE) throw new CommandError(TOO_LARGE);
  const stream = entry === 0 ? streams.create() : objects.root(entry);
  try {
    streams.append(stream, id, elements);
    if (entry === 0) {
      entry = db.add(key, STREAM);
      objects.setRoot(entry, stream);
    }
  } catch (error) {
    // There is no memory. No stream is left without its key.
    if (entry === 0) streams.destroy(stream);
    throw error;
  }
  reply.bulk(id.text());
  db.changed(key);
  db.notify("t", "xadd", key);
  if (trim !== undefined && streams.trim(stream, trim) > 0) db.notify("t", "xtrim", key);
  engine.effects?.rewrite(db, args, {
    ...exactTrim(client, stream, options),
    ...newId.kind !== "whole" && { [next - 1]: id },
  });
  engine.blocking.signal(db, key, STREAM);
}

function xlen({ db, reply }: Client, args: Args): void {
  const entry = db.read(args.at(1), STREAM);
  reply.integer(entry === 0 ? 0 : db.objects.streams.length(db.objects.root(entry)));
}

function range(isReverse: boolean) {
  return (client: Client, args: Args): void => {
    const { db, reply } = client;
    const first = startAt(args, isReverse ? 3 : 2);
    const last = endAt(args, isReverse ? 2 : 3);
    let count: number | undefined;
    for (let i = 4; i < args.count; i += 2) {
      if (!isWord(args.at(i), "count") || i + 1 === args.count) throw new CommandError(SYNTAX);
      count = Math.max(integerAt(args, i + 1), 0);
    }
    const entry = db.read(args.at(1), STREAM);
    if (entry === 0) return reply.array(0);
    if (count === 0) return reply.nullArray();
    replyEntries(client, db.objects.root(entry), first, last, count ?? 0, isReverse);
  };
}

function xdel({ db, reply }: Client, args: Args): void {
  const { objects, objects: { streams } } = db;
  const key = args.at(1);
  const entry = db.write(key, STREAM);
  if (entry === 0) return reply.integer(0);
  const stream = objects.root(entry);
  let deleted = 0;
  for (const id of idsFrom(args, 2)) if (streams.delete(stream, id)) deleted++;
  if (deleted > 0) {
    db.changed(key, deleted);
    db.notify("t", "xdel", key);
  }
  reply.integer(deleted);
}

function xtrim(client: Client, args: Args): void {
  const { db, reply, engine } = client;
  const options = addOptions(args, engine.settings, false, client.isMaster);
  const trim = options.trim as Trim;
  const key = args.at(1);
  const entry = db.write(key, STREAM);
  if (entry === 0) return reply.integer(0);
  const stream = db.objects.root(entry);
  const removed = db.objects.streams.trim(stream, trim);
  if (removed > 0) {
    db.notify("t", "xtrim", key);
    db.changed(key, removed);
    engine.effects?.rewrite(db, args, exactTrim(client, stream, options));
  }
  reply.integer(removed);
}

function xsetid({ db, reply, engine }: Client, args: Args): void {
  const { streams } = db.objects;
  const id = idAt(args, 2);
  let added: bigint | undefined;
  let maxDeleted = StreamId.MIN;
  for (let i = 3; i < args.count; i += 2) {
    const option = args.at(i);
    if (i + 1 < args.count && isWord(option, "entriesadded")) {
      added = int64At(args, i + 1);
      if (added < 0n) throw new CommandError("ERR entries_added must be positive");
    } else if (i + 1 < args.count && isWord(option, "maxdeletedid")) {
      maxDeleted = idAt(args, i + 1);
      if (id.compare(maxDeleted) < 0) {
        throw new CommandError(
          "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
        );
      }
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  const key = args.at(1);
  const entry = db.write(key, STREAM);
  if (entry === 0) throw new CommandError(NO_SUCH_KEY);
  const stream = db.objects.root(entry);
  const length = streams.length(stream);
  if (length > 0) {
    if (id.compare(streams.lastPresentId(stream)) < 0) {
      throw new CommandError(
        "ERR The ID specified in XSETID is smaller than the target stream top item",
      );
    }
    if (added !== undefined && BigInt(length) > added) {
      throw new CommandError(
        "ERR The entries_added specified in XSETID is smaller than the target stream length",
      );
    }
  }
  streams.setLastId(stream, id);
  if (added !== undefined) streams.setEntriesAdded(stream, added);
  if (!maxDeleted.isZero) streams.setMaxDeletedId(stream, maxDeleted);
  reply.ok();
  engine.dirty++;
  db.notify("t", "xsetid", key);
}

/** The group in whose name a client reads, and as whom. */
interface Reader {
  readonly group: Slice;
  readonly consumer: Slice;
  /** Whether what it gets counts as acknowledged. */
  readonly noAck: boolean;
}

/** The options of `XREAD` and `XREADGROUP`. */
interface ReadOptions {
  /** How many entries of each stream; 0 for all. */
  readonly count: number;
  readonly reader: Reader | undefined;
  /** Until when to wait, in milliseconds since 1970; `undefined` not to wait. */
  readonly deadline: number | undefined;
}

/** What `XREAD` and `XREADGROUP` are asked for. */
interface ReadRequest {
  readonly options: ReadOptions;
  readonly keys: readonly Slice[];
  /** After which entries to begin: {@linkcode StreamId.MAX} stands for what the group has not been given. */
  readonly ids: readonly StreamId[];
}

/** When a wait ends that an argument gives in milliseconds. */
function deadlineOf(args: Args, index: number, now: number): number {
  const wait = integerAt(args, index, "ERR timeout is not an integer or out of range");
  if (wait < 0) throw new CommandError("ERR timeout is negative");
  return wait === 0 ? Infinity : now + wait;
}

/** Reads the options of `XREAD` and `XREADGROUP`, up to the keys, of which the first is at `first`. */
function readOptions(
  { engine }: Client,
  args: Args,
  isGroup: boolean,
): { first: number; options: ReadOptions } {
  let deadline: number | undefined;
  let count = 0;
  let noAck = false;
  let names: { readonly group: Slice; readonly consumer: Slice } | undefined;
  let first = 0;
  const onlyForGroups = (option: string) => {
    if (isGroup) return;
    throw new CommandError(
      `ERR The ${option} option is only supported by XREADGROUP. You called XREAD instead.`,
    );
  };
  for (let i = 1; i < args.count && first === 0; i++) {
    const option = args.at(i);
    const more = args.count - 1 - i;
    if (more > 0 && isWord(option, "block")) {
      if (engine.scripting.runner.isRunning) {
        throw new CommandError(
          `ERR ${args.at(0).latin1()} command is not allowed with BLOCK option from scripts`,
        );
      }
      deadline = deadlineOf(args, ++i, engine.now);
    } else if (more > 0 && isWord(option, "count")) {
      count = Math.max(integerAt(args, ++i), 0);
    } else if (more > 0 && isWord(option, "streams")) {
      first = i + 1;
    } else if (more > 1 && isWord(option, "group")) {
      onlyForGroups("GROUP");
      names = { group: args.at(i + 1), consumer: args.at(i + 2) };
      i += 2;
    } else if (isWord(option, "noack")) {
      onlyForGroups("NOACK");
      noAck = true;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  if (first > 0 && (args.count - first) % 2 !== 0) {
    throw new CommandError(
      "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
    );
  }
  if (first === 0) throw new CommandError(SYNTAX);
  if (isGroup && names === undefined) {
    throw new CommandError("ERR Missing GROUP option for XREADGROUP");
  }
  const reader = names && { group: names.group, consumer: names.consumer, noAck };
  return { first, options: { count, reader, deadline } };
}

/** After which entry an argument lets begin. */
function lastSeenAt(db: Keyspace, args: Args, index: number, entry: Address, isGroup: boolean) {
  const argument = args.at(index);
  if (isCharacter(argument, "$")) {
    if (isGroup) {
      throw new CommandError(
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of " +
          "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID " +
          "would just return an empty result set.",
      );
    }
    return entry === 0 ? StreamId.MIN : db.objects.streams.lastId(db.objects.root(entry));
  }
  if (isCharacter(argument, ">")) {
    if (!isGroup) {
      throw new CommandError(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> " +
          "<consumer> option.",
      );
    }
    return StreamId.MAX;
  }
  return idAt(args, index);
}

function readRequest(client: Client, args: Args, isGroup: boolean): ReadRequest {
  const { db } = client;
  const { streams, streams: { groups } } = db.objects;
  const { first, options } = readOptions(client, args, isGroup);
  const { reader } = options;
  const keyCount = (args.count - first) / 2;
  const keys: Slice[] = [];
  const ids: StreamId[] = [];
  for (let i = first; i < first + keyCount; i++) {
    const key = args.at(i);
    const entry = db.read(key, STREAM);
    if (reader !== undefined) {
      const found = entry === 0
        ? 0
        : groups.find(streams.groupsOf(db.objects.root(entry)), reader.group);
      if (found === 0) {
        throw new CommandError(
          `NOGROUP No such key '${printed(key)}' or consumer group ` +
            `'${printed(reader.group)}' in XREADGROUP with GROUP option`,
        );
      }
    }
    keys.push(key);
    ids.push(lastSeenAt(db, args, i + keyCount, entry, isGroup));
  }
  return { options, keys, ids };
}

/** Gives a consumer the entries from an ID on, which are pending then. */
function deliver(
  client: Client,
  key: Slice,
  stream: Address,
  first: StreamId,
  count: number,
  { group, consumer, noAck }: { group: Address; consumer: Address; noAck: boolean },
): void {
  const { db, reply, engine } = client;
  const { streams, streams: { groups } } = db.objects;
  const begun = reply.begin();
  let shown = 0;
  let hasAdvanced = false;
  streams.walk(stream, first, StreamId.MAX, false, (id, entry) => {
    if (id.compare(groups.lastId(group)) > 0) {
      streams.advance(stream, group, id);
      hasAdvanced = true;
    }
    if (!noAck) {
      let pending = groups.findPending(group, id);
      if (pending === 0) {
        pending = groups.addPending(group, consumer, id, engine.now);
      } else {
        // The group's last ID was set back.
        groups.assign(pending, id, consumer);
        groups.setDeliveryTime(pending, engine.now);
        groups.setDeliveries(pending, 1n);
      }
      if (engine.effects !== undefined) tellPending(client, key, group, id, pending);
    }
    replyEntry(reply, id, entry);
    return ++shown === count;
  });
  if (noAck && hasAdvanced) tellProgress(client, key, group);
  reply.end(begun, shown);
}

/** Gives a consumer once more what it has not acknowledged, from an ID on. */
function deliverAgain(
  client: Client,
  stream: Address,
  first: StreamId,
  count: number,
  consumer: Address,
): void {
  const { db, reply, engine } = client;
  const { groups } = db.objects.streams;
  const begun = reply.begin();
  let shown = 0;
  const cursor = groups.pendingFrom(consumer, first);
  if (cursor !== undefined) {
    do {
      const { id, value: pending } = cursor;
      if (replyEntryOf(client, stream, id)) {
        groups.setDeliveryTime(pending, engine.now);
        groups.countDelivery(pending);
      } else {
        reply.array(2);
        reply.bulk(id.text());
        reply.nullArray();
      }
    } while (++shown !== count && cursor.next());
  }
  reply.end(begun, shown);
}

/** Begins the reply of one stream. */
function replyKey({ reply }: Client, key: Slice): void {
  // In RESP3 keys and entries are a map.
  if (reply.resp === 2) reply.array(2);
  reply.bulk(key);
}

/** Replies what one stream has for a reader at once. Returns whether that is anything. */
function readNow(
  client: Client,
  key: Slice,
  id: StreamId,
  { count, reader }: ReadOptions,
): boolean {
  const { db, engine } = client;
  const { objects, objects: { streams, streams: { groups } } } = db;
  const entry = db.read(key, STREAM);
  if (entry === 0) return false;
  const stream = objects.root(entry);
  const isThere = (after: StreamId) =>
    streams.length(stream) > 0 && streams.lastPresentId(stream).compare(after) > 0;
  if (reader === undefined) {
    if (!isThere(id)) return false;
    replyKey(client, key);
    replyEntries(client, stream, id.next() ?? StreamId.MIN, StreamId.MAX, count);
    return true;
  }
  db.beforeChange(entry);
  const group = groups.find(streams.groupsOf(stream), reader.group);
  const isHistory = id.compare(StreamId.MAX) !== 0;
  const after = isHistory ? id : groups.lastId(group);
  if (!isHistory && !isThere(after)) return false;
  const first = after.next() ?? StreamId.MIN;
  replyKey(client, key);
  const { noAck } = reader;
  const consumer = seenConsumer(client, key, group, reader.consumer, noAck);
  if (isHistory) deliverAgain(client, stream, first, count, consumer);
  else deliver(client, key, stream, first, count, { group, consumer, noAck });
  engine.dirty++;
  return true;
}

/** Replies what a stream has for a reader that has waited. Returns false if it has to wait on. */
function serve(
  client: Client,
  key: Slice,
  entry: Address,
  { keys, ids, options: { count, reader } }: ReadRequest,
): boolean {
  const { db, reply } = client;
  const { objects, objects: { streams, streams: { groups } } } = db;
  const stream = objects.root(entry);
  let group = 0;
  let after = ids[keys.findIndex((other) => other.equals(key))] ?? StreamId.MAX;
  if (reader !== undefined) {
    group = groups.find(streams.groupsOf(stream), reader.group);
    if (group === 0) {
      throw new CommandError(
        "NOGROUP the consumer group this client was blocked on no longer exists",
      );
    }
    after = groups.lastId(group);
  }
  if (streams.lastId(stream).compare(after) <= 0) return false;
  const first = after.next() ?? StreamId.MIN;
  const most = count || WAITED_COUNT;
  const consumer = reader && seenConsumer(client, key, group, reader.consumer, reader.noAck);
  if (reply.resp === 2) reply.array(1);
  else reply.map(1);
  replyKey(client, key);
  if (reader === undefined || consumer === undefined) {
    replyEntries(client, stream, first, StreamId.MAX, most);
  } else {
    deliver(client, key, stream, first, most, { group, consumer, noAck: reader.noAck });
  }
  return true;
}

function read(isGroup: boolean) {
  return (client: Client, args: Args): void => {
    const { reply } = client;
    const request = readRequest(client, args, isGroup);
    const { keys, ids, options, options: { deadline, reader } } = request;
    client.engine.effects?.omit();
    const begun = reply.begin();
    let shown = 0;
    for (let i = 0; i < keys.length; i++) {
      if (readNow(client, keys[i]!, ids[i]!, options)) shown++;
    }
    if (shown > 0) return reply.end(begun, shown, reply.resp === 2 ? "array" : "map");
    if (deadline === undefined || !client.mayBlock) return reply.nullArray();
    const kept: ReadRequest = {
      ids,
      keys: keys.map((key) => key.copySlice()),
      options: {
        ...options,
        reader: reader && {
          ...reader,
          group: reader.group.copySlice(),
          consumer: reader.consumer.copySlice(),
        },
      },
    };
    client.engine.blocking.block(client, {
      type: STREAM,
      keys: kept.keys,
      deadline,
      serve: (client, key, entry) => serve(client, key, entry, kept),
      ...isGroup && { lossError: "UNBLOCKED the stream key no longer exists" },
    });
  };
}

/** The keys of `XREAD` and `XREADGROUP`: the first half of what stands behind `STREAMS`. */
function readKeys(from: number) {
  return (args: Args): readonly OtherKey[] | undefined => {
    for (let i = from; i < args.count; i++) {
      if (!isWord(args.at(i), "streams")) continue;
      const count = (args.count - i - 1) >> 1;
      if (count === 0) return undefined;
      return Array.from({ length: count }, (_, key) => ({
        index: i + 1 + key,
        flags: ["RO", "access"],
      }));
    }
    return undefined;
  };
}

const keysBehindStreams = (from: number) => ({
  otherKeys: readKeys(from),
  keywords: [{ keyword: "STREAMS", from, last: -1, limit: 2, flags: ["RO", "access"] }],
});

export const STREAMS: CommandRows = {
  ...GROUP_ROWS,
  xadd: {
    arity: -5,
    flags: "write denyoom fast",
    keys: "1 RW update",
    tips: "nondeterministic_output",
    since: "5.0.0",
    summary: "Adds an entry to a stream, which is made if there is none",
    run: xadd,
  },
  xdel: {
    arity: -3,
    flags: "write fast",
    keys: "1 RW delete",
    since: "5.0.0",
    summary: "Deletes entries by their IDs",
    run: xdel,
  },
  xlen: {
    arity: 2,
    flags: "readonly fast",
    keys: "1 RO",
    since: "5.0.0",
    summary: "Replies how many entries a stream has",
    run: xlen,
  },
  xrange: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "5.0.0",
    summary: "Replies the entries of an interval of IDs",
    run: range(false),
  },
  xread: {
    arity: -4,
    flags: "readonly blocking movablekeys",
    ...keysBehindStreams(1),
    since: "5.0.0",
    summary: "Replies the entries of several streams after IDs, and waits for them if asked to",
    run: read(false),
  },
  xreadgroup: {
    arity: -7,
    flags: "write blocking movablekeys",
    ...keysBehindStreams(4),
    since: "5.0.0",
    summary: "Replies entries to a consumer of a group, and waits for them if asked to",
    run: read(true),
  },
  xrevrange: {
    arity: -4,
    flags: "readonly",
    keys: "1 RO access",
    since: "5.0.0",
    summary: "Replies the entries of an interval of IDs, the last one first",
    run: range(true),
  },
  xsetid: {
    arity: -3,
    flags: "write denyoom fast",
    keys: "1 RW update",
    since: "5.0.0",
    summary: "Sets the last ID of a stream",
    run: xsetid,
  },
  xtrim: {
    arity: -4,
    flags: "write",
    keys: "1 RW delete",
    tips: "nondeterministic_output",
    since: "5.0.0",
    summary: "Removes the oldest entries",
    run: xtrim,
  },
};
