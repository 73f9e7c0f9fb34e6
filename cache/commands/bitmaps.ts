/**
 * The commands of bitmaps, which are strings.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Keyspace } from "../keyspace.ts";
import { parseInt64, parseInteger } from "../number.ts";
import { STRING, STRING_RAW } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Address } from "../store/arena.ts";
import {
  type BitOperation,
  combineBits,
  countBits,
  findBit,
  readBits,
  writeBits,
} from "../store/bits.ts";
import { latin1Slice, Slice } from "../store/slice.ts";
import { int64At, integerAt } from "./arguments.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";

const BAD_OFFSET = "ERR bit offset is not an integer or out of range";
const BAD_BIT = "ERR bit is not an integer or out of range";
const BAD_TYPE = "ERR Invalid bitfield type. Use something like i16 u8. " +
  "Note that u64 is not supported but i64 is.";

const EMPTY = latin1Slice("");
const NUMBER_SIGN = 0x23;

/**
 * An argument as the offset of a bit.
 *
 * @param size In bits, where `#3` is the fourth integer of that size. Default: it is none.
 */
function bitOffsetAt({ engine }: Client, args: Args, index: number, size = 0): number {
  const text = args.at(index);
  let offset: number;
  if (size > 0 && text.length > 0 && text.at(0) === NUMBER_SIGN) {
    const position = parseInt64(text.part(1));
    // What overflows 64 bits wraps around in Redis, and may be an offset again.
    offset = position === undefined ? NaN : Number(BigInt.asIntN(64, position * BigInt(size)));
  } else {
    offset = parseInteger(text);
  }
  if (offset >= 0 && Math.floor(offset / 8) < engine.settings.maxBulk) return offset;
  throw new CommandError(BAD_OFFSET);
}

/** The entry of a key's string, to be changed in place, with room for so many bytes at the least. */
function writable(db: Keyspace, key: Slice, size: number): { entry: Address; isLonger: boolean } {
  const { objects } = db;
  const found = db.write(key, STRING);
  const entry = found === 0 ? db.setString(key, EMPTY, found) : found;
  const isLonger = objects.values.size(entry) < size;
  try {
    if (isLonger) objects.values.grow(entry, size);
  } catch (error) {
    if (found === 0) db.remove(entry);
    throw error;
  }
  objects.setEncoding(entry, STRING_RAW);
  return { entry, isLonger };
}

function setbit(client: Client, args: Args): void {
  const { db, reply } = client;
  const key = args.at(1);
  const offset = bitOffsetAt(client, args, 2);
  const bit = integerAt(args, 3, BAD_BIT);
  if (bit !== 0 && bit !== 1) throw new CommandError(BAD_BIT);
  const { entry, isLonger } = writable(db, key, Math.floor(offset / 8) + 1);
  const { bytes, start } = db.objects.string(entry);
  const at = start + Math.floor(offset / 8);
  const mask = 0x80 >> (offset & 7);
  const byte = bytes[at] ?? 0;
  const old = (byte & mask) === 0 ? 0 : 1;
  if (isLonger || old !== bit) {
    bytes[at] = bit === 1 ? byte | mask : byte & ~mask;
    db.changed(key);
    db.notify("$", "setbit", key);
  }
  reply.integer(old);
}

/** A key's string, to be read, or `undefined`. */
function read({ db }: Client, key: Slice): Slice | undefined {
  const entry = db.read(key, STRING);
  return entry === 0 ? undefined : db.objects.string(entry);
}

function getbit(client: Client, args: Args): void {
  const offset = bitOffsetAt(client, args, 2);
  const value = read(client, args.at(1));
  const at = Math.floor(offset / 8);
  const byte = value === undefined || at >= value.length ? 0 : value.at(at);
  client.reply.integer(byte >> (7 - (offset & 7)) & 1);
}

/** Whether an argument says that a range is one of bits, and not of bytes. */
function isBitAt(args: Args, index: number): boolean {
  const unit = args.at(index);
  if (isWord(unit, "bit")) return true;
  if (isWord(unit, "byte")) return false;
  throw new CommandError(SYNTAX);
}

/** The first and the last bit of a range, both inclusive. */
interface BitRange {
  readonly first: number;
  readonly last: number;
}

/** The bits of a range of bits or bytes, negative from the end; `undefined` if it is empty. */
function bitRange(
  { length }: Slice,
  start: number,
  end: number,
  isBit: boolean,
): BitRange | undefined {
  const total = isBit ? length * 8 : length;
  start = Math.max(start < 0 ? total + start : start, 0);
  end = Math.min(Math.max(end < 0 ? total + end : end, 0), total - 1);
  if (start > end) return undefined;
  return isBit ? { first: start, last: end } : { first: start * 8, last: end * 8 + 7 };
}

function bitcount(client: Client, args: Args): void {
  const { reply } = client;
  const value = read(client, args.at(1));
  if (value === undefined) return reply.integer(0);
  let range: BitRange | undefined;
  if (args.count === 2) {
    range = bitRange(value, 0, -1, false);
  } else if (args.count === 4 || args.count === 5) {
    const [start, end] = [integerAt(args, 2), integerAt(args, 3)];
    if (start < 0 && end < 0 && int64At(args, 2) > int64At(args, 3)) return reply.integer(0);
    range = bitRange(value, start, end, args.count === 5 && isBitAt(args, 4));
  } else {
    throw new CommandError(SYNTAX);
  }
  reply.integer(range === undefined ? 0 : countBits(value, range.first, range.last));
}

function bitpos(client: Client, args: Args): void {
  const { reply } = client;
  const bit = integerAt(args, 2);
  if (bit !== 0 && bit !== 1) throw new CommandError("ERR The bit argument must be 1 or 0.");
  const value = read(client, args.at(1));
  if (value === undefined) return reply.integer(-bit);
  if (args.count > 6) throw new CommandError(SYNTAX);
  const start = args.count > 3 ? integerAt(args, 3) : 0;
  const isBit = args.count === 6 && isBitAt(args, 5);
  const end = args.count > 4 ? integerAt(args, 4) : -1;
  const range = bitRange(value, start, end, isBit);
  if (range === undefined) return reply.integer(-1);
  const position = findBit(value, bit, range.first, range.last);
  // Without an end, zeros follow the string.
  const isOpen = position < 0 && bit === 0 && args.count <= 4;
  reply.integer(isOpen ? value.length * 8 : position);
}

const OPERATIONS: readonly BitOperation[] = ["and", "or", "xor", "not"];

function bitop(client: Client, args: Args): void {
  const { db, reply } = client;
  const operation = OPERATIONS.find((operation) => isWord(args.at(1), operation));
  if (operation === undefined) throw new CommandError(SYNTAX);
  if (operation === "not" && args.count !== 4) {
    throw new CommandError("ERR BITOP NOT must be called with a single source key.");
  }
  const sources = Array.from(
    { length: args.count - 3 },
    (_, i) => read(client, args.at(i + 3)) ?? EMPTY,
  );
  const key = args.at(2);
  const result = combineBits(operation, sources);
  if (result.length > 0) {
    const entry = db.setString(key, new Slice(result));
    db.objects.setEncoding(entry, STRING_RAW);
    db.changed(key);
    db.notify("$", "set", key);
  } else if (db.discard(key)) {
    db.changed(key);
    db.notify("g", "del", key);
  }
  reply.integer(result.length);
}

/** What happens to an integer that does not fit. */
type Overflow = "wrap" | "sat" | "fail";
const OVERFLOWS: readonly Overflow[] = ["wrap", "sat", "fail"];

/** One of the operations of `BITFIELD`. */
interface FieldOperation {
  readonly name: "get" | "set" | "incrby";
  readonly isSigned: boolean;
  /** In bits. */
  readonly size: number;
  /** Of its first bit. */
  readonly offset: number;
  /** What is set or added. */
  readonly value: bigint;
  readonly overflow: Overflow;
}

/** How many arguments follow the name of an operation. */
const FIELD_ARGUMENTS = { get: 2, set: 3, incrby: 3 } as const;

function readFieldOperations(client: Client, args: Args): FieldOperation[] {
  const operations: FieldOperation[] = [];
  let overflow: Overflow = "wrap";
  for (let i = 2; i < args.count; i++) {
    const option = args.at(i).latin1().toLowerCase();
    const left = args.count - i - 1;
    if (option === "overflow" && left >= 1) {
      const given = OVERFLOWS.find((overflow) => isWord(args.at(i + 1), overflow));
      if (given === undefined) throw new CommandError("ERR Invalid OVERFLOW type specified");
      overflow = given;
      i++;
    } else if (
      (option === "get" || option === "set" || option === "incrby") &&
      left >= FIELD_ARGUMENTS[option]
    ) {
      const { isSigned, size } = fieldTypeAt(args, i + 1);
      const offset = bitOffsetAt(client, args, i + 2, size);
      const value = option === "get" ? 0n : int64At(args, i + 3);
      operations.push({ name: option, isSigned, size, offset, value, overflow });
      i += FIELD_ARGUMENTS[option];
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  return operations;
}

/** An argument as the type of an integer: `i` or `u`, and how many bits it has. */
function fieldTypeAt(args: Args, index: number): { isSigned: boolean; size: number } {
  const text = args.at(index);
  const kind = text.latin1()[0];
  const size = kind === "i" || kind === "u" ? parseInteger(text.part(1)) : NaN;
  const isSigned = kind === "i";
  if (size >= 1 && size <= (isSigned ? 64 : 63)) return { isSigned, size };
  throw new CommandError(BAD_TYPE);
}

/**
 * What is stored of an integer and what is added to it; `undefined` if it does not fit and that is an
 * error.
 */
function fitted(
  { isSigned, size, overflow }: FieldOperation,
  value: bigint,
  added: bigint,
): bigint | undefined {
  const bits = BigInt(size);
  const max = (1n << (isSigned ? bits - 1n : bits)) - 1n;
  const min = isSigned ? -max - 1n : 0n;
  const sum = value + added;
  // To Redis' unsigned integers, a negative one that is set is a large one.
  const isAbove = sum > max || (!isSigned && value < 0n) ||
    // It computes this difference in 64 bits, so that what is far below the least one is above all.
    (isSigned && size !== 64 && added > BigInt.asIntN(64, max - value));
  if (!isAbove && sum >= min) return sum;
  if (overflow === "fail") return undefined;
  if (overflow === "sat") return isAbove ? max : min;
  return isSigned ? BigInt.asIntN(size, sum) : BigInt.asUintN(size, sum);
}

/** Executes an operation that writes; returns what it replies, with whether anything has changed. */
function executeField(
  stored: Slice,
  operation: FieldOperation,
): { result: bigint | undefined; hasChanged: boolean } {
  const { name, offset, size, value } = operation;
  const old = readField(stored, operation);
  const written = name === "set" ? fitted(operation, value, 0n) : fitted(operation, old, value);
  if (written === undefined) return { result: undefined, hasChanged: false };
  writeBits(stored, offset, size, written);
  return { result: name === "set" ? old : written, hasChanged: written !== old };
}

function readField(stored: Slice, { isSigned, offset, size }: FieldOperation): bigint {
  const bits = readBits(stored, offset, size);
  return isSigned ? BigInt.asIntN(size, bits) : bits;
}

/** `BITFIELD`, and `BITFIELD_RO`, which only gets. */
function bitfield(client: Client, args: Args, isReadOnly: boolean): void {
  const { db, reply } = client;
  const key = args.at(1);
  const operations = readFieldOperations(client, args);
  const writes = operations.filter(({ name }) => name !== "get");
  if (writes.length > 0 && isReadOnly) {
    throw new CommandError("ERR BITFIELD_RO only supports the GET subcommand");
  }
  let stored: Slice;
  let isLonger = false;
  if (writes.length === 0) {
    stored = read(client, key) ?? EMPTY;
  } else {
    const end = writes.reduce((end, { offset, size }) => Math.max(end, offset + size), 0);
    const string = writable(db, key, Math.ceil(end / 8));
    stored = db.objects.string(string.entry);
    isLonger = string.isLonger;
  }
  let changes = 0;
  reply.array(operations.length);
  for (const operation of operations) {
    if (operation.name === "get") {
      reply.bigInteger(readField(stored, operation));
      continue;
    }
    const { result, hasChanged } = executeField(stored, operation);
    if (result === undefined) {
      reply.null();
    } else {
      reply.bigInteger(result);
      if (isLonger || hasChanged) changes++;
    }
  }
  if (changes === 0) return;
  db.changed(key, changes);
  db.notify("$", "setbit", key);
}

/** What `BITFIELD` does with its key: it writes where it does not only get. */
function bitfieldFlags(args: Args): readonly string[] {
  for (let i = 2; i < args.count; i++) {
    const left = args.count - i - 1;
    if (isWord(args.at(i), "get") && left >= 2) i += 2;
    else if (isWord(args.at(i), "overflow") && left >= 1) i++;
    else return ["RW", "access", "update"];
  }
  return ["RO", "access"];
}

export const BITMAPS: CommandRows = {
  bitcount: {
    arity: -2,
    flags: "readonly",
    keys: "1 RO access",
    since: "2.6.0",
    summary: "Counts the bits of a string that are 1",
    run: bitcount,
  },
  bitfield: {
    arity: -2,
    flags: "write denyoom",
    keys: "1 RW access update variable_flags",
    variableFlags: bitfieldFlags,
    since: "3.2.0",
    summary: "Reads, sets and adds to integers of any size within a string",
    run: (client, args) => bitfield(client, args, false),
  },
  bitfield_ro: {
    arity: -2,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "6.0.0",
    summary: "Reads integers of any size within a string",
    run: (client, args) => bitfield(client, args, true),
  },
  bitop: {
    arity: -4,
    flags: "write denyoom",
    keys: "2 OW update; 3..-1 RO access",
    since: "2.6.0",
    summary: "Combines strings bit by bit, and stores the result",
    run: bitop,
  },
  bitpos: {
    arity: -3,
    flags: "readonly",
    keys: "1 RO access",
    since: "2.8.7",
    summary: "Finds the first bit that is 0 or 1",
    run: bitpos,
  },
  getbit: {
    arity: 3,
    flags: "readonly fast",
    keys: "1 RO access",
    since: "2.2.0",
    summary: "Replies a bit of a string",
    run: getbit,
  },
  setbit: {
    arity: 4,
    flags: "write denyoom",
    keys: "1 RW access update",
    since: "2.2.0",
    summary: "Sets a bit of a string, and replies what it was",
    run: setbit,
  },
};
