/**
 * What the commands of streams have in common: how entries are replied, and who reads them.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Address } from "../store/arena.ts";
import type { Slice } from "../store/slice.ts";
import type { StreamEntry } from "../store/stream.ts";
import type { StreamId } from "../store/stream_id.ts";

/** Replies an entry: its ID, and its fields with their values. */
export function replyEntry(reply: Reply, id: StreamId, entry: StreamEntry): void {
  reply.array(2);
  reply.bulk(id.text());
  const count = 2 * entry.fields;
  reply.array(count);
  for (let i = 0; i < count; i++) reply.bulk(entry.next());
}

/**
 * Replies the entry with an ID.
 *
 * @returns Whether there is one; if not, nothing is replied.
 */
export function replyEntryOf({ db, reply }: Client, stream: Address, id: StreamId): boolean {
  let isThere = false;
  db.objects.streams.walk(stream, id, id, false, (id, entry) => {
    isThere = true;
    replyEntry(reply, id, entry);
  });
  return isThere;
}

/**
 * Replies the entries of an interval.
 *
 * @param count How many at the most; 0 for all.
 */
export function replyEntries(
  { db, reply }: Client,
  stream: Address,
  first: StreamId,
  last: StreamId,
  count: number,
  isReverse = false,
): void {
  const begun = reply.begin();
  let shown = 0;
  db.objects.streams.walk(stream, first, last, isReverse, (id, entry) => {
    replyEntry(reply, id, entry);
    return ++shown === count;
  });
  reply.end(begun, shown);
}

/** Adds to the effects what a pending entry is now. */
export function tellPending(
  { db, engine }: Client,
  key: Slice,
  group: Address,
  id: Slice | StreamId,
  pending: Address,
): void {
  const { groups } = db.objects.streams;
  const consumer = groups.consumerName(groups.consumerOf(pending));
  engine.effects?.add(
    db,
    ...["XCLAIM", key, groups.name(group), consumer, 0, id],
    ...["TIME", Math.floor(groups.deliveryTime(pending))],
    ...["RETRYCOUNT", groups.deliveries(pending), "FORCE", "JUSTID"],
    ...["LASTID", groups.lastId(group)],
  );
}

/** Adds to the effects how far a group has read. */
export function tellProgress({ db, engine }: Client, key: Slice, group: Address): void {
  const { groups } = db.objects.streams;
  engine.effects?.add(
    db,
    ...["XGROUP", "SETID", key, groups.name(group), groups.lastId(group)],
    ...["ENTRIESREAD", groups.entriesRead(group)],
  );
}

/**
 * The consumer of a name, which is made if need be, and was heard of now.
 *
 * @param isTold Whether the effects are to tell that it was made: no other would.
 */
export function seenConsumer(
  client: Client,
  key: Slice,
  group: Address,
  name: Slice,
  isTold = false,
): Address {
  const { db, engine } = client;
  const { groups } = db.objects.streams;
  let consumer = groups.findConsumer(group, name);
  if (consumer === 0) {
    consumer = groups.addConsumer(group, name, engine.now);
    engine.dirty++;
    db.notify("t", "xgroup-createconsumer", key);
    if (isTold) {
      engine.effects?.add(db, "XGROUP", "CREATECONSUMER", key, groups.name(group), name);
    }
  } else {
    groups.setSeenTime(consumer, engine.now);
  }
  return consumer;
}
