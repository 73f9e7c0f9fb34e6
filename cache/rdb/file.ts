/**
 * What stands in an RDB file around the values: its beginning and end, databases, keys and when they
 * expire.
 *
 *     "REDIS" and the version, 4 digits | fields | libraries | database | … | 255 | checksum (8)
 *     database   254 | number | 251 | keys | keys that expire | key | …
 *     key        [252 | when it expires (8)] [248 | idle time] [249 | frequency] | kind | key | value
 *
 * @module
 */

import { latin1Slice, Slice } from "../store/slice.ts";
import type { Crc64 } from "./crc64.ts";
import type { RdbReader } from "./reader.ts";
import {
  CHECKSUM_VERSION,
  OPCODE_AUX,
  OPCODE_EOF,
  OPCODE_EXPIRETIME,
  OPCODE_EXPIRETIME_MS,
  OPCODE_FREQ,
  OPCODE_FUNCTION2,
  OPCODE_IDLE,
  OPCODE_MODULE_AUX,
  OPCODE_RESIZEDB,
  OPCODE_SELECTDB,
  RDB_VERSION,
} from "./types.ts";
import type { RdbWriter } from "./writer.ts";

const MAGIC = "REDIS";
const VERSION_DIGITS = 4;
const CHECKSUM_SIZE = 8;

/** What is known of a key beside its value. */
export interface KeyFacts {
  /** When it expires, in milliseconds since 1970. */
  expiresAt?: bigint | undefined;
  /** For how many seconds it was not used. */
  idle?: number | undefined;
  /** The logarithm of how often it is used, from 0 to 255. */
  frequency?: number | undefined;
}

/** Takes what is in a file. */
export interface FileVisitor {
  /** What follows is in this database. */
  database(index: number): void;
  /** A key, of which it reads the value: `type` is the kind of value. */
  key(key: Slice, type: number, facts: KeyFacts): void;
  /** A library of functions. */
  library(code: Slice): void;
  /** What the file tells of itself. Default: nothing is done with it. */
  fact?(name: string, value: string): void;
}

/**
 * Reads a file from its beginning to its checksum.
 *
 * @throws {RdbError} If it is damaged, or from a newer version.
 */
export function readFile(reader: RdbReader, visitor: FileVisitor): void {
  const version = readVersion(reader);
  let facts: KeyFacts = {};
  while (true) {
    const opcode = reader.byte();
    switch (opcode) {
      case OPCODE_EOF:
        return checkEnd(reader, version);
      case OPCODE_SELECTDB:
        visitor.database(reader.length());
        break;
      case OPCODE_RESIZEDB:
        reader.length();
        reader.length();
        break;
      case OPCODE_AUX: {
        const name = reader.string().latin1();
        visitor.fact?.(name, reader.string().latin1());
        break;
      }
      case OPCODE_FUNCTION2:
        visitor.library(reader.string());
        break;
      case OPCODE_EXPIRETIME:
        facts.expiresAt = BigInt(reader.int32()) * 1000n;
        break;
      case OPCODE_EXPIRETIME_MS:
        facts.expiresAt = reader.int64();
        break;
      case OPCODE_IDLE:
        facts.idle = reader.length();
        break;
      case OPCODE_FREQ:
        facts.frequency = reader.byte();
        break;
      case OPCODE_MODULE_AUX:
        reader.fail("The data of a module is not supported", reader.offset - 1);
        break;
      default:
        visitor.key(reader.string().copySlice(), opcode, facts);
        facts = {};
    }
  }
}

function readVersion(reader: RdbReader): number {
  if (reader.left < MAGIC.length + VERSION_DIGITS) reader.fail("It is too short for an RDB file");
  const magic = reader.raw(MAGIC.length).latin1();
  if (magic !== MAGIC) reader.fail("It is no RDB file, which begins with REDIS", 0);
  const digits = reader.raw(VERSION_DIGITS).latin1();
  const version = /^\d+$/.test(digits) ? Number(digits) : 0;
  if (version < 1) reader.fail("It has no version", MAGIC.length);
  if (version > RDB_VERSION) {
    reader.fail(`It has version ${version}, and ${RDB_VERSION} is the last known`, MAGIC.length);
  }
  return version;
}

function checkEnd(reader: RdbReader, version: number): void {
  if (version >= CHECKSUM_VERSION) {
    const { offset } = reader;
    const actual = reader.checksum();
    const { bytes, start } = reader.raw(CHECKSUM_SIZE);
    const expected = bytes.subarray(start, start + CHECKSUM_SIZE);
    // Zeros are written where none is wanted.
    const isWrong = expected.some((byte) => byte !== 0) &&
      expected.some((byte, i) => byte !== actual[i]);
    if (isWrong) reader.fail("The checksum is wrong", offset);
  }
}

/** Writes the beginning of a file, with fields that say where it is from. */
export function writeHeader(
  writer: RdbWriter,
  fields: Readonly<Record<string, string | number>>,
): void {
  writer.raw(latin1Slice(MAGIC + String(RDB_VERSION).padStart(VERSION_DIGITS, "0")));
  for (const [name, value] of Object.entries(fields)) {
    writer.byte(OPCODE_AUX);
    writer.text(name);
    writer.text(String(value));
  }
}

/** Writes a library of functions. */
export function writeLibrary(writer: RdbWriter, code: Slice): void {
  writer.byte(OPCODE_FUNCTION2);
  writer.string(code);
}

/** Writes which database the keys are in that follow. */
export function writeDatabase(writer: RdbWriter, index: number): void {
  writer.byte(OPCODE_SELECTDB);
  writer.size(index);
}

/** Writes how many keys there are to be, and how many that expire. */
export function writeSizes(writer: RdbWriter, keys: number, expiring: number): void {
  writer.byte(OPCODE_RESIZEDB);
  writer.size(keys);
  writer.size(expiring);
}

/** Writes a key, which its value must follow. */
export function writeKey(writer: RdbWriter, key: Slice, type: number, facts: KeyFacts): void {
  if (facts.expiresAt !== undefined) {
    writer.byte(OPCODE_EXPIRETIME_MS);
    writer.int64(facts.expiresAt);
  }
  if (facts.idle !== undefined) {
    writer.byte(OPCODE_IDLE);
    writer.size(facts.idle);
  }
  if (facts.frequency !== undefined) {
    writer.byte(OPCODE_FREQ);
    writer.byte(facts.frequency);
  }
  writer.byte(type);
  writer.string(key);
}

/**
 * Writes the end.
 *
 * @param crc The checksum of all that came before and was taken from the writer already; undefined for
 * no checksum.
 */
export function writeEnd(writer: RdbWriter, crc: Crc64 | undefined): void {
  writer.byte(OPCODE_EOF);
  const { bytes, start, length } = writer.written();
  crc?.update(bytes, start, start + length);
  writer.raw(new Slice(crc?.digest() ?? new Uint8Array(CHECKSUM_SIZE)));
}
