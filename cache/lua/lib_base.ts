/**
 * The basic functions and the coroutines.
 *
 * @module
 */

import {
  argument,
  checkAny,
  checkInt,
  checkString,
  checkTable,
  cString,
  optionalInt,
  optionalString,
  result,
  wrongType,
} from "./arguments.ts";
import { Coroutine } from "./coroutine.ts";
import { LuaError } from "./error.ts";
import { type Library, register } from "./library.ts";
import { isFunction, isTruthy, type Machine, toNumber, toText, typeName } from "./machine.ts";
import { charge, COROUTINE_BYTES } from "./memory.ts";
import { isSpace } from "./number.ts";
import { Table } from "./table.ts";
import { HostFunction, HostKind, LuaFunction, type LuaValue, MUST_CALL, PROTECT } from "./value.ts";

/** How many values a host function may put on the stack. */
export const MAX_HOST_STACK = 8000;

function assert(m: Machine, args: number, count: number): number {
  checkAny(m, count, 1);
  const value = m.stack[args];
  if (value === undefined || value === false) {
    m.error(optionalString(m, args, count, 2, "assertion failed!"));
  }
  return returnFrom(m, args, 0, count);
}

/** Makes the arguments from `first` on, counted from 0, the results. */
function returnFrom(m: Machine, args: number, first: number, count: number): number {
  for (let i = first; i < count; i++) m.stack[args - 1 + i - first] = m.stack[args + i];
  return count - first;
}

const GARBAGE_OPTIONS = ["stop", "restart", "collect", "count", "step", "setpause", "setstepmul"];

function collectgarbage(m: Machine, args: number, count: number): number {
  const option = optionalString(m, args, count, 1, "collect");
  if (!GARBAGE_OPTIONS.includes(option)) m.argumentError(1, `invalid option '${option}'`);
  const value = optionalInt(m, args, count, 2, 0);
  switch (option) {
    case "count":
      return result(m, args, m.memoryInUse / 1024);
    case "collect":
      m.collect();
      return result(m, args, 0);
    case "step":
      m.collect();
      return result(m, args, true);
    case "setpause": {
      const { pause } = m.collector;
      m.collector.pause = value;
      return result(m, args, pause);
    }
    case "setstepmul": {
      const { stepMultiplier } = m.collector;
      m.collector.stepMultiplier = value;
      return result(m, args, stepMultiplier);
    }
  }
  return result(m, args, 0);
}

function gcinfo(m: Machine, args: number): number {
  return result(m, args, Math.floor(m.memoryInUse / 1024));
}

function error(m: Machine, args: number, count: number): number {
  const level = optionalInt(m, args, count, 2, 1);
  const value = argument(m, args, count, 1);
  const text = toText(value);
  throw new LuaError(text !== undefined && level > 0 ? m.where(level) + text : value);
}

function getmetatable(m: Machine, args: number, count: number): number {
  checkAny(m, count, 1);
  const metatable = m.metatableOf(m.stack[args]);
  return result(m, args, metatable?.getKey("__metatable") ?? metatable);
}

function setmetatable(m: Machine, args: number, count: number): number {
  const table = checkTable(m, args, count, 1);
  const metatable = argument(m, args, count, 2);
  if (count < 2 || metatable !== undefined && !(metatable instanceof Table)) {
    m.argumentError(2, "nil or table expected");
  }
  if (table.metatable?.getKey("__metatable") !== undefined) {
    m.error("cannot change a protected metatable");
  }
  m.checkWritable(table);
  table.metatable = metatable;
  return result(m, args, table);
}

function rawequal(m: Machine, args: number, count: number): number {
  checkAny(m, count, 1);
  checkAny(m, count, 2);
  return result(m, args, m.stack[args] === m.stack[args + 1]);
}

function rawget(m: Machine, args: number, count: number): number {
  const table = checkTable(m, args, count, 1);
  checkAny(m, count, 2);
  return result(m, args, table.get(m.stack[args + 1]));
}

function rawset(m: Machine, args: number, count: number): number {
  const table = checkTable(m, args, count, 1);
  checkAny(m, count, 2);
  checkAny(m, count, 3);
  m.checkWritable(table);
  const key = m.stack[args + 1];
  m.checkKey(key);
  table.set(key, m.stack[args + 2]);
  return result(m, args, table);
}

function next(m: Machine, args: number, count: number): number {
  const table = checkTable(m, args, count, 1);
  const found = table.next(argument(m, args, count, 2), m.stack, args - 1);
  if (found < 0) m.invalidNext();
  if (found > 0) return 2;
  return result(m, args, undefined);
}

function ipairsIterator(m: Machine, args: number, count: number): number {
  const n = checkInt(m, args, count, 2) + 1 | 0;
  const table = checkTable(m, args, count, 1);
  const value = table.getNumber(n);
  if (value === undefined) return 0;
  m.stack[args - 1] = n;
  m.stack[args] = value;
  return 2;
}

function select(m: Machine, args: number, count: number): number {
  const first = argument(m, args, count, 1);
  if (typeof first === "string" && first.startsWith("#")) return result(m, args, count - 1);
  let n = checkInt(m, args, count, 1);
  if (n < 0) n = count + n;
  else if (n > count) n = count;
  if (n < 1) m.argumentError(1, "index out of range");
  return returnFrom(m, args, n, count);
}

function type(m: Machine, args: number, count: number): number {
  checkAny(m, count, 1);
  return result(m, args, typeName(m.stack[args]));
}

function unpack(m: Machine, args: number, count: number): number {
  const table = checkTable(m, args, count, 1);
  const first = optionalInt(m, args, count, 2, 1);
  const last = argument(m, args, count, 3) === undefined
    ? table.length()
    : checkInt(m, args, count, 3);
  if (first > last) return 0;
  const size = last - first + 1;
  if (size >= 2 ** 31 || count + size > MAX_HOST_STACK) m.error("too many results to unpack");
  m.reserve(args, size);
  for (let i = 0; i < size; i++) m.stack[args - 1 + i] = table.getNumber(first + i);
  return size;
}

function tonumber(m: Machine, args: number, count: number): number {
  const base = optionalInt(m, args, count, 2, 10);
  if (base === 10) {
    checkAny(m, count, 1);
    return result(m, args, toNumber(m.stack[args]));
  }
  const text = checkString(m, args, count, 1);
  if (base < 2 || base > 36) m.argumentError(2, "base out of range");
  return result(m, args, parseUnsigned(cString(text), base));
}

/** Reads what C's `strtoul` does, with white space after it. */
function parseUnsigned(text: string, base: number): number | undefined {
  let at = 0;
  const skipSpace = () => {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  };
  skipSpace();
  const isNegative = text[at] === "-";
  if (isNegative || text[at] === "+") at++;
  const digitAt = (index: number) => {
    const digit = index < text.length ? parseInt(text[index] ?? "", 36) : NaN;
    return digit < base ? digit : -1;
  };
  if (base === 16 && /^0[xX]/.test(text.slice(at, at + 2)) && digitAt(at + 2) >= 0) at += 2;
  if (digitAt(at) < 0) return undefined;
  let value = 0n;
  for (; digitAt(at) >= 0; at++) {
    if (value < 2n ** 64n) value = value * BigInt(base) + BigInt(digitAt(at));
  }
  skipSpace();
  if (at < text.length) return undefined;
  // Too large a number is the largest; a negative one counts down from 2 ** 64.
  if (value >= 2n ** 64n) return 2 ** 64;
  return Number(BigInt.asUintN(64, isNegative ? -value : value));
}

function tostring(m: Machine, args: number, count: number): number {
  checkAny(m, count, 1);
  const value = m.stack[args];
  if (m.metatableOf(value)?.getKey("__tostring") !== undefined) return MUST_CALL;
  return result(m, args, m.describe(value));
}

function* tostringByHandler(
  m: Machine,
  args: number,
  count: number,
): Generator<number, number, number> {
  const value = m.stack[args];
  const handler = m.metatableOf(value)?.getKey("__tostring");
  m.callAt = args + count;
  m.stack[args + count] = handler;
  m.stack[args + count + 1] = value;
  const results = yield 1;
  return result(m, args, results > 0 ? m.stack[args + count] : undefined);
}

/** Puts a chunk, or nil and an error message, in the place of the results. */
function load(m: Machine, args: number, text: string, name: string): number {
  try {
    return result(m, args, m.load(text, name));
  } catch (error) {
    if (!(error instanceof LuaError) || error.isFatal) throw error;
    m.stack[args - 1] = undefined;
    m.stack[args] = error.value;
    return 2;
  }
}

function loadstring(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  return load(m, args, text, optionalString(m, args, count, 2, text));
}

function* loadFromReader(
  m: Machine,
  args: number,
  count: number,
): Generator<number, number, number> {
  const name = optionalString(m, args, count, 2, "=(load)");
  const reader = argument(m, args, count, 1);
  if (!isFunction(reader)) wrongType(m, args, count, 1, "function");
  const at = args + Math.max(count, 3);
  m.reserve(at, 1);
  let text = "";
  for (;;) {
    m.callAt = at;
    m.stack[at] = PROTECT;
    m.stack[at + 1] = reader;
    const results = yield 1;
    const piece: LuaValue = results > 1 ? m.stack[at + 1] : undefined;
    if (!isTruthy(m.stack[at])) {
      m.stack[args - 1] = undefined;
      m.stack[args] = piece;
      return 2;
    }
    const read = toText(piece);
    if (piece !== undefined && read === undefined) {
      m.stack[args - 1] = undefined;
      m.stack[args] = `${m.where(1)}reader function must return a string`;
      return 2;
    }
    if (read === undefined || read === "") return load(m, args, text, name);
    text = m.join(text, read);
  }
}

const BASE: Library = {
  assert,
  collectgarbage,
  error,
  gcinfo,
  getmetatable,
  load: HostFunction.generator(loadFromReader),
  loadstring,
  next,
  rawequal,
  rawget,
  rawset,
  select,
  setmetatable,
  tonumber,
  tostring: HostFunction.generator(tostringByHandler, tostring),
  type,
  unpack,
};

/** Requires a coroutine. */
function checkCoroutine(m: Machine, args: number, count: number): Coroutine {
  const value = argument(m, args, count, 1);
  if (!(value instanceof Coroutine)) m.argumentError(1, "coroutine expected");
  return value;
}

function makeCoroutine(m: Machine, args: number, count: number): Coroutine {
  const f = argument(m, args, count, 1);
  if (!(f instanceof LuaFunction)) m.argumentError(1, "Lua function expected");
  charge(COROUTINE_BYTES);
  const co = new Coroutine();
  co.stack[1] = f;
  return co;
}

const COROUTINE: Library = {
  create: (m, args, count) => result(m, args, makeCoroutine(m, args, count)),
  running: (m, args) => result(m, args, m.current === m.main ? undefined : m.current),
  status: (m, args, count) => result(m, args, checkCoroutine(m, args, count).status),
  wrap: (m, args, count) =>
    result(m, args, HostFunction.special(HostKind.Wrap, makeCoroutine(m, args, count))),
};

/** Puts the basic functions and the coroutines into a machine. */
export function openBase(m: Machine): void {
  const { globals } = m;
  globals.set("_G", globals);
  globals.set("_VERSION", "Lua 5.1");
  register(globals, BASE);
  globals.set("pcall", HostFunction.special(HostKind.Pcall));
  globals.set("xpcall", HostFunction.special(HostKind.Xpcall));
  const nextFunction = globals.get("next");
  if (nextFunction instanceof HostFunction) m.nextFunction = nextFunction;
  const iterator = HostFunction.plain(ipairsIterator);
  m.ipairsIterator = iterator;
  register(globals, {
    pairs: (_, args, count) => {
      checkTable(m, args, count, 1);
      m.stack[args - 1] = nextFunction;
      m.stack[args + 1] = undefined;
      return 3;
    },
    ipairs: (_, args, count) => {
      checkTable(m, args, count, 1);
      m.stack[args - 1] = iterator;
      m.stack[args + 1] = 0;
      return 3;
    },
  });
  const coroutine = new Table();
  register(coroutine, COROUTINE);
  coroutine.set("resume", HostFunction.special(HostKind.Resume));
  coroutine.set("yield", HostFunction.special(HostKind.Yield));
  globals.set("coroutine", coroutine);
}
