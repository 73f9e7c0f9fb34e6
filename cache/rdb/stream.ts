/**
 * Streams in RDB files: their nodes as listpacks, what is known of the whole, and the consumer groups.
 *
 *     nodes | (ID (16), listpack) … | length | last ID | [first ID | largest deleted ID | added] | groups
 *     group      name | last ID | [read] | pending | (ID (16), time (8), deliveries) … | consumers
 *     consumer   name | seen (8) | pending | ID (16) …
 *
 * What is in brackets came with Redis 7.0. An ID without a size is two numbers, written as lengths.
 *
 * @module
 */

import type { Address } from "../store/arena.ts";
import { Slice } from "../store/slice.ts";
import type { Streams } from "../store/stream.ts";
import { UNKNOWN_READ } from "../store/stream_group.ts";
import { StreamId } from "../store/stream_id.ts";
import { Pace } from "./pace.ts";
import type { RdbReader } from "./reader.ts";
import type { RdbWriter } from "./writer.ts";

const ID_SIZE = 16;

/** An ID's bytes, the highest first. */
function idBytes({ msHigh, msLow, seqHigh, seqLow }: StreamId): Slice {
  const view = new DataView(new ArrayBuffer(ID_SIZE));
  [msHigh, msLow, seqHigh, seqLow].forEach((word, i) => view.setInt32(4 * i, word));
  return new Slice(new Uint8Array(view.buffer));
}

function readIdBytes({ bytes, start }: Slice): StreamId {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, ID_SIZE);
  return new StreamId(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
}

function writeId(writer: RdbWriter, id: StreamId): void {
  writer.size(id.ms);
  writer.size(id.seq);
}

function readId(reader: RdbReader): StreamId {
  return StreamId.of(reader.length64(), reader.length64());
}

/** Writes a counter that may be -1: it has no sign in a file. */
function writeCounter(writer: RdbWriter, count: bigint): void {
  writer.size(BigInt.asUintN(64, count));
}

function readCounter(reader: RdbReader): bigint {
  return BigInt.asIntN(64, reader.length64());
}

/** Writes a stream. It pauses after each part of a large one, which must not change until it is done. */
export function* writeStream(
  writer: RdbWriter,
  streams: Streams,
  stream: Address,
): Generator<void, void> {
  const pace = new Pace(writer);
  writer.size(streams.nodes(stream));
  for (const { id, listpack } of streams.listpacks(stream)) {
    writer.string(idBytes(id));
    writer.string(new Slice(listpack));
    if (pace.step()) yield* pace.pause();
  }
  writer.size(streams.length(stream));
  writeId(writer, streams.lastId(stream));
  writeId(writer, streams.firstId(stream));
  writeId(writer, streams.maxDeletedId(stream));
  writeCounter(writer, streams.entriesAdded(stream));
  const { groups } = streams;
  /** Writes what is pending of a group or a consumer, with pauses. */
  function* writePending(owner: Address, withFacts: boolean): Generator<void, void> {
    writer.size(groups.pendingCount(owner));
    const cursor = groups.pendingFrom(owner, StreamId.MIN);
    if (cursor === undefined) return;
    do {
      writer.raw(idBytes(cursor.id));
      if (withFacts) {
        writer.int64(BigInt(groups.deliveryTime(cursor.value)));
        writeCounter(writer, groups.deliveries(cursor.value));
      }
      if (pace.step()) yield* pace.pause();
    } while (cursor.next());
  }
  const all = groups.sorted(streams.groupsOf(stream));
  writer.size(all.length);
  for (const group of all) {
    writer.string(groups.name(group));
    writeId(writer, groups.lastId(group));
    writeCounter(writer, groups.entriesRead(group));
    yield* writePending(group, true);
    const consumers = groups.sortedConsumers(group);
    writer.size(consumers.length);
    for (const consumer of consumers) {
      writer.string(groups.consumerName(consumer));
      writer.int64(BigInt(groups.seenTime(consumer)));
      yield* writePending(consumer, false);
    }
  }
}

/**
 * Reads a stream into an empty one.
 *
 * @param hasCounters Whether there is what came with Redis 7.0.
 * @throws {RdbError} If it is damaged.
 * @throws {ArenaFullError} If there is no memory.
 */
export function readStream(
  reader: RdbReader,
  streams: Streams,
  stream: Address,
  hasCounters: boolean,
): void {
  let count = 0;
  let lastNode: StreamId | undefined;
  for (let left = reader.length(); left > 0; left--) {
    const key = reader.string();
    if (key.length !== ID_SIZE) reader.failInString("The key of a stream's node is no ID");
    const id = readIdBytes(key);
    if (lastNode !== undefined && id.compare(lastNode) <= 0) {
      reader.failInString("The nodes of a stream are not in their order");
    }
    lastNode = id;
    const entries = streams.addNode(stream, id, reader.string());
    if (entries < 0) reader.failInString("A node of a stream is damaged");
    count += entries;
  }
  if (reader.length() !== count) reader.fail("A stream has another length than it says");
  streams.setLength(stream, count);
  const lastId = readId(reader);
  if (lastId.compare(streams.lastPresentId(stream)) < 0 || lastId.compare(lastNode ?? lastId) < 0) {
    reader.fail("The last ID of a stream is not its last");
  }
  streams.setLastId(stream, lastId);
  if (hasCounters) {
    streams.setFirstId(stream, readId(reader));
    streams.setMaxDeletedId(stream, readId(reader));
    streams.setEntriesAdded(stream, readCounter(reader));
  } else {
    streams.updateFirstId(stream);
    streams.setEntriesAdded(stream, BigInt(count));
  }
  for (let left = reader.length(); left > 0; left--) {
    readGroup(reader, streams, stream, hasCounters);
  }
}

/** What was delivered and is not yet known to be a consumer's. */
interface Delivery {
  readonly time: number;
  readonly deliveries: bigint;
}

function readGroup(
  reader: RdbReader,
  streams: Streams,
  stream: Address,
  hasCounters: boolean,
): void {
  const { groups } = streams;
  const table = streams.makeGroups(stream);
  const name = reader.string().copySlice();
  if (groups.find(table, name) !== 0) reader.failInString("A consumer group comes twice");
  const lastId = readId(reader);
  const entriesRead = hasCounters
    ? readCounter(reader)
    : streams.entriesUpTo(stream, lastId) ?? UNKNOWN_READ;
  const group = groups.add(table, name, lastId, entriesRead);
  const pending = new Map<string, Delivery>();
  for (let left = reader.length(); left > 0; left--) {
    const id = reader.raw(ID_SIZE).latin1();
    if (pending.has(id)) reader.fail("A pending entry comes twice");
    pending.set(id, { time: Number(reader.int64()), deliveries: readCounter(reader) });
  }
  for (let consumers = reader.length(); consumers > 0; consumers--) {
    const name = reader.string().copySlice();
    if (groups.findConsumer(group, name) !== 0) reader.failInString("A consumer comes twice");
    const consumer = groups.addConsumer(group, name, Number(reader.int64()));
    for (let left = reader.length(); left > 0; left--) {
      const raw = reader.raw(ID_SIZE);
      const id = raw.latin1();
      const delivery = pending.get(id);
      if (delivery === undefined) reader.fail("A pending entry is not the group's, or another's");
      pending.delete(id);
      const { time, deliveries } = delivery;
      groups.addPending(group, consumer, readIdBytes(raw), time, deliveries);
    }
  }
  if (pending.size > 0) reader.fail("A pending entry is no consumer's");
}
