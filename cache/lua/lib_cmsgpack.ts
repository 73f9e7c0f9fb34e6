/**
 * The library `cmsgpack`, version 0.4.0: MessagePack from Lua values and back.
 *
 * @module
 */

import { checkInteger, checkString, optionalInteger, result } from "./arguments.ts";
import { MAX_HOST_STACK } from "./lib_base.ts";
import { type Library, register } from "./library.ts";
import type { Machine } from "./machine.ts";
import { charge, ELEMENT_BYTES, STRING_BYTES, TABLE_BYTES } from "./memory.ts";
import { makeList, Table } from "./table.ts";
import type { LuaValue } from "./value.ts";

/** Tables nested deeper than this are packed as nil. */
const MAX_NESTING = 16;
const TWO_63 = 2 ** 63;

const view = new DataView(new ArrayBuffer(8));

/** A big-endian number as bytes. */
function bytes(write: () => void, size: number): string {
  write();
  let text = "";
  for (let i = 0; i < size; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}

const uint8 = (n: number) => String.fromCharCode(n & 0xff);
const uint16 = (n: number) => String.fromCharCode(n >> 8 & 0xff, n & 0xff);
const uint32 = (n: number) => uint16(n >>> 16) + uint16(n);

function packString(text: string): string {
  const { length } = text;
  if (length < 32) return uint8(0xa0 | length) + text;
  if (length <= 0xff) return `\xd9${uint8(length)}${text}`;
  if (length <= 0xffff) return `\xda${uint16(length)}${text}`;
  return `\xdb${uint32(length)}${text}`;
}

function packNumber(n: number): string {
  const isInteger = n >= -TWO_63 && n < TWO_63 && Math.trunc(n) === n;
  if (isInteger) return packInteger(n);
  // A float does if it is the same number, which is never so for NaN.
  if (n === Math.fround(n)) return `\xca${bytes(() => view.setFloat32(0, n), 4)}`;
  return `\xcb${bytes(() => view.setFloat64(0, n), 8)}`;
}

function packInteger(n: number): string {
  if (n >= 0) {
    if (n <= 0x7f) return uint8(n);
    if (n <= 0xff) return `\xcc${uint8(n)}`;
    if (n <= 0xffff) return `\xcd${uint16(n)}`;
    if (n <= 0xffffffff) return `\xce${uint32(n)}`;
    return `\xcf${bytes(() => view.setBigInt64(0, BigInt(n)), 8)}`;
  }
  if (n >= -32) return uint8(n);
  if (n >= -0x80) return `\xd0${uint8(n)}`;
  if (n >= -0x8000) return `\xd1${uint16(n)}`;
  if (n >= -0x80000000) return `\xd2${uint32(n)}`;
  return `\xd3${bytes(() => view.setBigInt64(0, BigInt(n)), 8)}`;
}

/** How many elements there are if a table has the keys 1 to n and no others; else -1. */
function arrayLength(table: Table): number {
  let max = 0;
  let count = 0;
  let isArray = true;
  table.forEach((key) => {
    if (typeof key !== "number" || key <= 0 || (key | 0) !== key) isArray = false;
    else {
      if (key > max) max = key;
      count++;
    }
  });
  return isArray && max === count ? count : -1;
}

function packTable(table: Table, level: number): string {
  const length = arrayLength(table);
  if (length >= 0) {
    let text = length <= 15
      ? uint8(0x90 | length)
      : length <= 0xffff
      ? `\xdc${uint16(length)}`
      : `\xdd${uint32(length)}`;
    for (let n = 1; n <= length; n++) text += pack(table.getNumber(n), level + 1);
    return text;
  }
  let count = 0;
  let fields = "";
  table.forEach((key, value) => {
    count++;
    fields += pack(key, level + 1) + pack(value, level + 1);
  });
  if (count <= 15) return uint8(0x80 | count) + fields;
  return (count <= 0xffff ? `\xde${uint16(count)}` : `\xdf${uint32(count)}`) + fields;
}

function pack(value: LuaValue, level: number): string {
  switch (typeof value) {
    case "string":
      charge(value.length + STRING_BYTES);
      return packString(value);
    case "number":
      charge(STRING_BYTES);
      return packNumber(value);
    case "boolean":
      return value ? "\xc3" : "\xc2";
  }
  return value instanceof Table && level < MAX_NESTING ? packTable(value, level) : "\xc0";
}

/** Unpacks values one after the other. */
class Unpacker {
  readonly #m: Machine;
  readonly #text: string;
  #at: number;
  /** How many values C would have on its stack. */
  #used: number;

  constructor(m: Machine, text: string, at: number, used: number) {
    this.#m = m;
    this.#text = text;
    this.#at = at;
    this.#used = used;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Takes bytes, and returns where they are. */
  #take(size: number): number {
    if (this.#text.length - this.#at < size) this.#m.error("Missing bytes in input.");
    const at = this.#at;
    this.#at += size;
    return at;
  }

  #load(size: number): void {
    const at = this.#take(size);
    for (let i = 0; i < size; i++) view.setUint8(i, this.#text.charCodeAt(at + i));
  }

  #unsigned(size: number): number {
    let value = 0;
    for (let at = this.#take(size); at < this.#at; at++) {
      value = value * 256 + this.#text.charCodeAt(at);
    }
    return value;
  }

  #string(length: number): string {
    const at = this.#take(length);
    charge(length + STRING_BYTES);
    return this.#text.slice(at, at + length);
  }

  #checkStack(what: string): void {
    if (this.#used + 1 > MAX_HOST_STACK) this.#m.error(`stack overflow (${what})`);
  }

  #array(length: number): Table {
    charge(TABLE_BYTES);
    this.#used++;
    this.#checkStack("in function mp_decode_to_lua_array");
    const values = makeList();
    for (let i = 0; i < length; i++) {
      this.#used++;
      values.push(this.unpack());
      this.#used -= 2;
      charge(ELEMENT_BYTES);
    }
    this.#used--;
    return Table.of(values);
  }

  #map(length: number): Table {
    charge(TABLE_BYTES);
    const table = new Table();
    this.#used++;
    for (let i = 0; i < length; i++) {
      const key = this.unpack();
      const value = this.unpack();
      this.#used -= 2;
      this.#m.checkKey(key);
      table.set(key, value);
    }
    this.#used--;
    return table;
  }

  unpack(): LuaValue {
    const value = this.#value();
    this.#used++;
    return value;
  }

  #value(): LuaValue {
    const code = this.#text.charCodeAt(this.#take(1));
    this.#checkStack("too many return values at once; use unpack_one or unpack_limit instead.");
    switch (code) {
      case 0xc0:
        return undefined;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        this.#load(4);
        return view.getFloat32(0);
      case 0xcb:
        this.#load(8);
        return view.getFloat64(0);
      case 0xcc:
        return this.#unsigned(1);
      case 0xcd:
        return this.#unsigned(2);
      case 0xce:
        return this.#unsigned(4);
      case 0xd0:
        return this.#unsigned(1) << 24 >> 24;
      case 0xd1:
        return this.#unsigned(2) << 16 >> 16;
      case 0xd2:
        return this.#unsigned(4) | 0;
      case 0xcf:
      case 0xd3:
        // Unsigned ones are made signed too.
        this.#load(8);
        return Number(view.getBigInt64(0));
      case 0xd9:
        return this.#string(this.#unsigned(1));
      case 0xda:
        return this.#string(this.#unsigned(2));
      case 0xdb:
        return this.#string(this.#unsigned(4));
      case 0xdc:
        return this.#array(this.#unsigned(2));
      case 0xdd:
        return this.#array(this.#unsigned(4));
      case 0xde:
        return this.#map(this.#unsigned(2));
      case 0xdf:
        return this.#map(this.#unsigned(4));
    }
    if (code < 0x80) return code;
    if (code >= 0xe0) return code - 256;
    if (code >= 0xa0 && code < 0xc0) return this.#string(code & 0x1f);
    if ((code & 0xf0) === 0x90) return this.#array(code & 0xf);
    if ((code & 0xf0) === 0x80) return this.#map(code & 0xf);
    this.#m.error("Bad data format in input.");
  }
}

function unpackFrom(
  m: Machine,
  args: number,
  count: number,
  limit: number,
  offset: number,
  isAll: boolean,
): number {
  const text = checkString(m, args, count, 1);
  const { length } = text;
  if (offset < 0 || limit < 0) {
    m.error(`Invalid request to unpack with offset of ${offset | 0} and limit of ${length}.`);
  }
  if (offset > length) {
    m.error(`Start offset ${offset | 0} greater than input length ${length}.`);
  }
  const unpacker = new Unpacker(m, text, offset, count);
  const values: LuaValue[] = [];
  while (!unpacker.isAtEnd && values.length < limit) values.push(unpacker.unpack());
  if (!isAll) values.unshift(unpacker.isAtEnd ? -1 : unpacker.at);
  m.reserve(args, values.length);
  for (const [i, value] of values.entries()) m.stack[args - 1 + i] = value;
  return values.length;
}

const CMSGPACK: Library = {
  pack: (m, args, count) => {
    if (count === 0) m.argumentError(0, "MessagePack pack needs input.");
    let text = "";
    for (let i = 0; i < count; i++) text += pack(m.stack[args + i], 0);
    return result(m, args, text);
  },
  unpack: (m, args, count) => unpackFrom(m, args, count, Infinity, 0, true),
  unpack_one: (m, args, count) => {
    const offset = optionalInteger(m, args, count, 2, 0);
    return unpackFrom(m, args, Math.min(count, 1), 1, offset, false);
  },
  unpack_limit: (m, args, count) => {
    const limit = checkInteger(m, args, count, 2);
    const offset = optionalInteger(m, args, count, 3, 0);
    const isAll = limit === 0 && offset === 0;
    return unpackFrom(m, args, Math.min(count, 1), isAll ? Infinity : limit, offset, isAll);
  },
  _NAME: "cmsgpack",
  _VERSION: "lua-cmsgpack 0.4.0",
  _COPYRIGHT: "Copyright (C) 2012, Salvatore Sanfilippo",
  _DESCRIPTION: "MessagePack C implementation for Lua",
};

/** Puts the library into a machine. */
export function openCmsgpack(m: Machine): void {
  m.globals.set("cmsgpack", register(new Table(), CMSGPACK));
}
