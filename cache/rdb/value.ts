/**
 * Reads the values of an RDB file, in every encoding that Redis up to 7.0 has written.
 *
 * @module
 */

import type { Slice } from "../store/slice.ts";
import { readListpack } from "./listpack.ts";
import type { RdbReader } from "./reader.ts";
import {
  NODE_PACKED,
  NODE_PLAIN,
  SCORE_INFINITE,
  SCORE_NAN,
  SCORE_NEGATIVE_INFINITE,
  TYPE_HASH,
  TYPE_HASH_LISTPACK,
  TYPE_HASH_ZIPLIST,
  TYPE_HASH_ZIPMAP,
  TYPE_LIST,
  TYPE_LIST_QUICKLIST,
  TYPE_LIST_QUICKLIST_2,
  TYPE_LIST_ZIPLIST,
  TYPE_SET,
  TYPE_SET_INTSET,
  TYPE_STREAM_LISTPACKS,
  TYPE_STREAM_LISTPACKS_2,
  TYPE_STRING,
  TYPE_ZSET,
  TYPE_ZSET_2,
  TYPE_ZSET_LISTPACK,
  TYPE_ZSET_ZIPLIST,
} from "./types.ts";
import { readIntset, readZiplist, readZipmap } from "./ziplist.ts";

/** Takes what a value consists of. All slices hold for one call only. */
export interface ValueVisitor {
  /** A string, which is all there is of the value. */
  string(value: Slice): void;
  /** An element of a list, in order. */
  element(element: Slice): void;
  /**
   * A member of a set. This one and the next two return whether it is new.
   *
   * @param count How many there are to be; 0 if that is not known.
   */
  member(member: Slice, count: number): boolean;
  /** A member of a sorted set. */
  scored(member: Slice, score: number, count: number): boolean;
  /** A field of a hash. */
  field(field: Slice, value: Slice): boolean;
  /**
   * A stream, which it reads itself.
   *
   * @param hasCounters Whether it knows how much was added, deleted and read before.
   */
  stream(reader: RdbReader, hasCounters: boolean): void;
}

type PackReader = (pack: Slice, visit: (element: Slice) => void) => string | undefined;

/**
 * Reads a value. What has no elements at all is visited nowhere.
 *
 * @param type The kind of value, which was read before.
 * @throws {RdbError} If it is damaged or of an unknown kind.
 */
export function readValue(reader: RdbReader, type: number, visitor: ValueVisitor): void {
  switch (type) {
    case TYPE_STRING:
      return visitor.string(reader.string());
    case TYPE_LIST:
      for (let left = reader.length(); left > 0; left--) visitor.element(reader.string());
      return;
    case TYPE_LIST_ZIPLIST:
      return readPack(reader, readZiplist, (element) => visitor.element(element));
    case TYPE_LIST_QUICKLIST:
      for (let left = reader.length(); left > 0; left--) {
        readPack(reader, readZiplist, (element) => visitor.element(element));
      }
      return;
    case TYPE_LIST_QUICKLIST_2:
      for (let left = reader.length(); left > 0; left--) readNode(reader, visitor);
      return;
    case TYPE_SET: {
      const count = reader.length();
      for (let left = count; left > 0; left--) {
        unique(reader, visitor.member(reader.string(), count));
      }
      return;
    }
    case TYPE_SET_INTSET:
      return readPack(reader, readIntset, (member) => unique(reader, visitor.member(member, 0)));
    case TYPE_ZSET:
    case TYPE_ZSET_2: {
      const count = reader.length();
      for (let left = count; left > 0; left--) {
        const member = reader.string().copySlice();
        const score = type === TYPE_ZSET_2 ? reader.float64() : readDecimal(reader);
        if (Number.isNaN(score)) reader.failInString("A member has no number as its score");
        unique(reader, visitor.scored(member, score, count));
      }
      return;
    }
    case TYPE_ZSET_ZIPLIST:
    case TYPE_ZSET_LISTPACK:
      return readPairs(
        reader,
        type === TYPE_ZSET_ZIPLIST ? readZiplist : readListpack,
        (member, text) => {
          const score = parseScore(text.latin1());
          if (Number.isNaN(score)) reader.failInString("A member has no number as its score");
          unique(reader, visitor.scored(member, score, 0));
        },
      );
    case TYPE_HASH:
      for (let left = reader.length(); left > 0; left--) {
        const field = reader.string().copySlice();
        unique(reader, visitor.field(field, reader.string()));
      }
      return;
    case TYPE_HASH_ZIPMAP:
    case TYPE_HASH_ZIPLIST:
    case TYPE_HASH_LISTPACK:
      return readPairs(
        reader,
        type === TYPE_HASH_ZIPMAP
          ? readZipmap
          : type === TYPE_HASH_ZIPLIST
          ? readZiplist
          : readListpack,
        (field, value) => unique(reader, visitor.field(field, value)),
      );
    case TYPE_STREAM_LISTPACKS:
    case TYPE_STREAM_LISTPACKS_2:
      return visitor.stream(reader, type === TYPE_STREAM_LISTPACKS_2);
    default:
      reader.fail(`Unknown kind of value ${type}`);
  }
}

function unique(reader: RdbReader, isNew: boolean): void {
  if (!isNew) reader.failInString("An element comes twice");
}

function readNode(reader: RdbReader, visitor: ValueVisitor): void {
  const container = reader.length();
  if (container === NODE_PACKED) {
    return readPack(reader, readListpack, (element) => visitor.element(element));
  }
  if (container !== NODE_PLAIN) reader.fail(`Unknown kind of list node ${container}`);
  const element = reader.string();
  if (element.length === 0) reader.failInString("A list node is empty");
  visitor.element(element);
}

/** Reads a string that holds many. */
function readPack(reader: RdbReader, read: PackReader, visit: (element: Slice) => void): void {
  const wrong = read(reader.string(), visit);
  if (wrong !== undefined) reader.failInString(wrong);
}

function readPairs(
  reader: RdbReader,
  read: PackReader,
  visit: (first: Slice, second: Slice) => void,
): void {
  let first: Slice | undefined;
  readPack(reader, read, (element) => {
    if (first === undefined) {
      first = element;
    } else {
      visit(first, element);
      first = undefined;
    }
  });
  if (first !== undefined) reader.failInString("The last element has no value");
}

/** A score as versions before 4.0 have written it. */
function readDecimal(reader: RdbReader): number {
  const length = reader.byte();
  if (length === SCORE_NAN) return NaN;
  if (length === SCORE_INFINITE) return Infinity;
  if (length === SCORE_NEGATIVE_INFINITE) return -Infinity;
  return parseScore(reader.raw(length).latin1());
}

function parseScore(text: string): number {
  if (text === "inf") return Infinity;
  if (text === "-inf") return -Infinity;
  return /^[+-]?[\d.]/.test(text) ? Number(text) : NaN;
}
