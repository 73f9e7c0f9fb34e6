/**
 * What is between values as the cache keeps them and values as RDB files have them.
 *
 * @module
 */

import { formatDouble } from "./double.ts";
import type { Keyspace } from "./keyspace.ts";
import {
  type CollectionType,
  HASH,
  LIST,
  type Objects,
  SET,
  SORTED_SET,
  STREAM,
  STRING,
  type Type,
} from "./objects.ts";
import { Crc64 } from "./rdb/crc64.ts";
import { writeLibrary } from "./rdb/file.ts";
import { EMPTY_SIZE, listpackElementSize, ListpackWriter } from "./rdb/listpack.ts";
import { RdbReader } from "./rdb/reader.ts";
import {
  NODE_PACKED,
  NODE_PLAIN,
  OPCODE_FUNCTION2,
  RDB_VERSION,
  TYPE_HASH,
  TYPE_HASH_LISTPACK,
  TYPE_LIST_QUICKLIST_2,
  TYPE_SET,
  TYPE_SET_INTSET,
  TYPE_STREAM_LISTPACKS_2,
  TYPE_STRING,
  TYPE_ZSET_2,
  TYPE_ZSET_LISTPACK,
} from "./rdb/types.ts";
import { readValue, type ValueVisitor } from "./rdb/value.ts";
import { RdbWriter } from "./rdb/writer.ts";
import { Pace, STEP } from "./rdb/pace.ts";
import { readStream, writeStream } from "./rdb/stream.ts";
import type { Settings } from "./settings.ts";
import type { Address } from "./store/arena.ts";
import { type Collection, INTEGERS, PACK } from "./store/collection.ts";
import { maxNodeSize } from "./store/list.ts";
import { latin1Slice, sameBytes, Slice } from "./store/slice.ts";

/** What values are kept in, and how. */
export interface Stored {
  readonly objects: Objects;
  readonly settings: Settings;
}

/** What an element that is added may take in a node of a list beside its bytes, as Redis estimates it. */
const ELEMENT_OVERHEAD = 8;
/** An element of a list that has a node to itself. */
const LARGE_ELEMENT = 2 ** 30;

/** Up to this magnitude Redis writes a whole score in a listpack as an integer (`double2ll`). */
const MAX_WHOLE_SCORE = 2 ** 62;

/** The version and the checksum at the end of what `DUMP` replies. */
const VERSION_SIZE = 2;
const CHECKSUM_SIZE = 8;

/** The kind of value as which an entry's is written. */
export function valueType(objects: Objects, entry: Address): number {
  const encoding = objects.encoding(entry);
  switch (objects.type(entry)) {
    case LIST:
      return TYPE_LIST_QUICKLIST_2;
    case SET:
      return encoding === INTEGERS ? TYPE_SET_INTSET : TYPE_SET;
    case SORTED_SET:
      return encoding === PACK ? TYPE_ZSET_LISTPACK : TYPE_ZSET_2;
    case HASH:
      return encoding === PACK ? TYPE_HASH_LISTPACK : TYPE_HASH;
    case STREAM:
      return TYPE_STREAM_LISTPACKS_2;
    default:
      return TYPE_STRING;
  }
}

/**
 * Writes an entry's value, of the kind that {@linkcode valueType} says. It pauses after each part of a
 * large one, which must not change until it is done.
 */
export function* writeValue(
  writer: RdbWriter,
  { objects, settings }: Stored,
  entry: Address,
): Generator<void, void> {
  switch (objects.type(entry)) {
    case STRING:
      return writer.string(objects.string(entry));
    case LIST:
      return yield* writeList(writer, objects, objects.root(entry), settings.listMaxPackSize);
    case SET:
      return yield* writeSet(writer, objects, objects.collection(entry));
    case SORTED_SET:
      return yield* writeSortedSet(writer, objects, objects.collection(entry));
    case HASH:
      return yield* writeHash(writer, objects, objects.collection(entry));
    case STREAM:
      return yield* writeStream(writer, objects.streams, objects.root(entry));
  }
}

/** Divides the elements of a list among nodes as Redis does where they are added at the end. */
class Nodes {
  readonly #fill: number;
  #size = 0;
  #elements = 0;
  /** How many nodes there are so far. */
  count = 0;

  /** @param fill As `list-max-listpack-size`: a number of elements or, below 0, a class of sizes. */
  constructor(fill: number) {
    this.#fill = fill;
  }

  /** Takes the next element; returns whether a node begins with it. */
  begins(element: Slice): boolean {
    const isLarge = element.length >= LARGE_ELEMENT;
    const begins = isLarge || this.#elements === 0 || !this.#fits(element.length);
    if (begins) {
      this.count++;
      this.#size = EMPTY_SIZE;
      this.#elements = 0;
    }
    this.#size += listpackElementSize(element);
    // Nothing joins a large one.
    this.#elements = isLarge ? 0 : this.#elements + 1;
    return begins;
  }

  #fits(length: number): boolean {
    const size = this.#size + length + ELEMENT_OVERHEAD;
    return size <= maxNodeSize(this.#fill) && (this.#fill < 0 || this.#elements < this.#fill);
  }
}

function* writeList(
  writer: RdbWriter,
  { lists }: Objects,
  list: Address,
  fill: number,
): Generator<void, void> {
  const size = lists.size(list);
  const pace = new Pace(writer);
  /** Visits all elements, with pauses. */
  function* walk(visit: (element: Slice) => void): Generator<void, void> {
    for (let i = 0; i < size;) {
      lists.walk(list, i, size - i, "front", (bytes, start, length) => {
        visit(new Slice(bytes, start, length));
        i++;
        return pace.step();
      });
      if (i < size) yield* pace.pause();
    }
  }
  // The number of nodes comes before them.
  const counted = new Nodes(fill);
  yield* walk((element) => void counted.begins(element));
  writer.size(counted.count);
  const nodes = new Nodes(fill);
  const listpack = new ListpackWriter();
  const endNode = () => {
    if (listpack.count === 0) return;
    writer.size(NODE_PACKED);
    writer.string(listpack.finish());
  };
  yield* walk((element) => {
    if (nodes.begins(element)) endNode();
    if (element.length < LARGE_ELEMENT) return listpack.add(element);
    writer.size(NODE_PLAIN);
    writer.string(element);
  });
  endNode();
}

function* writeSet(
  writer: RdbWriter,
  { sets }: Objects,
  set: Collection,
): Generator<void, void> {
  const size = sets.size(set);
  if (set.storage === INTEGERS) {
    const { width, bytes } = sets.integers(set);
    const intset = new Uint8Array(8 + bytes.length);
    const view = new DataView(intset.buffer);
    view.setUint32(0, width, true);
    view.setUint32(4, size, true);
    intset.set(bytes.bytes.subarray(bytes.start, bytes.start + bytes.length), 8);
    return writer.string(new Slice(intset));
  }
  writer.size(size);
  const pace = new Pace(writer);
  let cursor = 0;
  do {
    let isTime = false;
    cursor = sets.scan(set, cursor, (member) => {
      writer.string(member);
      isTime = pace.step();
    });
    if (isTime) yield* pace.pause();
  } while (cursor !== 0);
}

function* writeSortedSet(
  writer: RdbWriter,
  { sortedSets }: Objects,
  set: Collection,
): Generator<void, void> {
  const size = sortedSets.size(set);
  if (set.storage === PACK) {
    const listpack = new ListpackWriter();
    sortedSets.walk(set, 0, size, (member, score) => {
      listpack.add(member);
      listpack.add(latin1Slice(scoreText(score)));
    });
    return writer.string(listpack.finish());
  }
  writer.size(size);
  // From the last, as Redis has it, which finds the place of each at once when it reads them.
  for (let end = size; end > 0; end -= STEP) {
    sortedSets.walkBack(set, Math.max(0, end - STEP), end, (member, score) => {
      writer.string(member);
      writer.float64(score);
    });
    if (end > STEP) yield;
  }
}

/** A score as it stands in a listpack. */
function scoreText(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= MAX_WHOLE_SCORE
    ? String(BigInt(score))
    : formatDouble(score);
}

function* writeHash(
  writer: RdbWriter,
  { hashes }: Objects,
  hash: Collection,
): Generator<void, void> {
  if (hash.storage === PACK) {
    const listpack = new ListpackWriter();
    hashes.walk(hash, (field, value) => {
      listpack.add(field);
      listpack.add(value);
    });
    return writer.string(listpack.finish());
  }
  writer.size(hashes.size(hash));
  const pace = new Pace(writer);
  let cursor = 0;
  do {
    let isTime = false;
    cursor = hashes.scan(hash, cursor, (field, value) => {
      writer.string(field);
      writer.string(value);
      isTime = pace.step();
    });
    if (isTime) yield* pace.pause();
  } while (cursor !== 0);
}

/** A value that was read, before it is a key's. */
export class LoadedValue implements ValueVisitor {
  readonly #objects: Objects;
  readonly #settings: Settings;
  #string: Slice | undefined;
  #list: Address = 0;
  #stream: Address = 0;
  #type: Type = STRING;
  #collection: Collection | undefined;

  /**
   * Reads a value.
   *
   * @param type The kind of value, which was read before.
   * @throws {RdbError} If it is damaged or of an unknown kind.
   * @throws {ArenaFullError} If there is no memory.
   */
  constructor(reader: RdbReader, type: number, { objects, settings }: Stored) {
    this.#objects = objects;
    this.#settings = settings;
    try {
      readValue(reader, type, this);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Whether there is nothing in it, so that it cannot be a key's. */
  get isEmpty(): boolean {
    return this.#string === undefined && this.#list === 0 && this.#stream === 0 &&
      this.#collection === undefined;
  }

  string(value: Slice): void {
    this.#string = value;
  }

  element(element: Slice): void {
    this.#list ||= this.#objects.lists.create();
    this.#objects.lists.pushBack(this.#list, element);
  }

  member(member: Slice, count: number): boolean {
    const { sets } = this.#objects;
    this.#type = SET;
    // As in Redis, that of more integers than an integer set may have is never one.
    const first = count > this.#settings.setMaxIntsetEntries ? NO_INTEGER : member;
    return sets.add(this.#collection ??= sets.create(first), member);
  }

  scored(member: Slice, score: number, count: number): boolean {
    const { sortedSets } = this.#objects;
    this.#type = SORTED_SET;
    const set = this.#collection ??= sortedSets.create(member.length, Math.max(count, 1));
    if (sortedSets.find(set, member) !== 0) return false;
    sortedSets.add(set, member, score);
    return true;
  }

  field(field: Slice, value: Slice): boolean {
    const { hashes } = this.#objects;
    this.#type = HASH;
    return hashes.set(this.#collection ??= hashes.create(), field, value);
  }

  stream(reader: RdbReader, hasCounters: boolean): void {
    const { streams } = this.#objects;
    this.#stream = streams.create();
    readStream(reader, streams, this.#stream, hasCounters);
  }

  /**
   * Makes it a key's, which must not be there. It must not be empty.
   *
   * @returns The new entry.
   */
  addTo(db: Keyspace, key: Slice): Address {
    if (this.#string !== undefined) return db.setString(key, this.#string, 0);
    if (this.#stream !== 0) return db.setStream(key, this.#stream);
    if (this.#collection === undefined) return db.setList(key, this.#list);
    return db.setCollection(key, this.#type as CollectionType, this.#collection);
  }

  /** Gives it back, where it does not become a key's. */
  discard(): void {
    if (this.#list !== 0) this.#objects.lists.destroy(this.#list);
    if (this.#stream !== 0) this.#objects.streams.destroy(this.#stream);
    if (this.#collection !== undefined) {
      this.#objects.collections(this.#type as CollectionType).destroy(this.#collection);
    }
  }
}

const NO_INTEGER = latin1Slice("-");

/** What `DUMP` replies for an entry. It holds until the writer is used again. */
export function dumpEntry(stored: Stored, entry: Address): Slice {
  const writer = new RdbWriter(stored.settings.compressSnapshots);
  writer.byte(valueType(stored.objects, entry));
  for (const _ of writeValue(writer, stored, entry));
  return sealed(writer);
}

/** What `FUNCTION DUMP` replies for libraries with these texts. */
export function dumpLibraries(codes: Iterable<Slice>, settings: Settings): Slice {
  const writer = new RdbWriter(settings.compressSnapshots);
  for (const code of codes) writeLibrary(writer, code);
  return sealed(writer);
}

/**
 * Reads what `FUNCTION DUMP` has replied.
 *
 * @returns The libraries' texts; `undefined` if it holds anything else.
 * @throws {RdbError} If it is damaged.
 */
export function readLibraries(dump: Slice): Slice[] | undefined {
  const reader = new RdbReader(dump);
  const codes: Slice[] = [];
  while (reader.left > VERSION_SIZE + CHECKSUM_SIZE) {
    if (reader.byte() !== OPCODE_FUNCTION2) return undefined;
    codes.push(reader.string().copySlice());
  }
  return codes;
}

/** What was written, with the version and the checksum that dumps end with. */
function sealed(writer: RdbWriter): Slice {
  writer.int16(RDB_VERSION);
  const { bytes, length } = writer.written();
  const crc = new Crc64();
  crc.update(bytes, 0, length);
  writer.raw(new Slice(crc.digest()));
  return writer.written();
}

/**
 * Whether what `RESTORE` is given has a version that is known and the right checksum.
 *
 * @param checks Whether the checksum is looked at.
 */
export function isWholeDump({ bytes, start, length }: Slice, checks: boolean): boolean {
  const footer = start + length - VERSION_SIZE - CHECKSUM_SIZE;
  if (footer < start) return false;
  if ((bytes[footer]! | bytes[footer + 1]! << 8) > RDB_VERSION) return false;
  if (!checks) return true;
  const crc = new Crc64();
  crc.update(bytes, start, footer + VERSION_SIZE);
  return sameBytes(crc.digest(), 0, bytes, footer + VERSION_SIZE, CHECKSUM_SIZE);
}

/**
 * Reads what `DUMP` has replied.
 *
 * @throws {RdbError} If it is damaged.
 */
export function readDump(dump: Slice, stored: Stored): LoadedValue {
  const reader = new RdbReader(dump);
  const value = new LoadedValue(reader, reader.byte(), stored);
  if (value.isEmpty) reader.fail("A value is empty");
  return value;
}
