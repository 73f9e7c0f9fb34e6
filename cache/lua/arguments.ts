/**
 * How host functions check their arguments, with the errors of C Lua's auxiliary library. In all of
 * them `args` and `count` are what the host function was given, and `n` is the argument, from 1.
 *
 * @module
 */

import { type Machine, toNumber, toText, typeName } from "./machine.ts";
import { Table } from "./table.ts";
import type { LuaValue } from "./value.ts";

const MAX_INTEGER = 2 ** 63;

/** Returns an argument, or nil. */
export function argument(m: Machine, args: number, count: number, n: number): LuaValue {
  return n <= count ? m.stack[args + n - 1] : undefined;
}

/** Ends the function because an argument has the wrong type. */
export function wrongType(
  m: Machine,
  args: number,
  count: number,
  n: number,
  expected: string,
): never {
  const actual = n <= count ? typeName(m.stack[args + n - 1]) : "no value";
  m.argumentError(n, `${expected} expected, got ${actual}`);
}

/** Requires an argument of any value. */
export function checkAny(m: Machine, count: number, n: number): void {
  if (n > count) m.argumentError(n, "value expected");
}

/** Requires a number, or a string that reads as one. */
export function checkNumber(m: Machine, args: number, count: number, n: number): number {
  const value = n <= count ? m.stack[args + n - 1] : undefined;
  if (typeof value === "number") return value;
  return toNumber(value) ?? wrongType(m, args, count, n, "number");
}

/** A double as C converts it to a 64-bit integer: cut off; the least one if it is out of range. */
export function toInteger(value: number): number {
  if ((value | 0) === value) return value;
  return value >= -MAX_INTEGER && value < MAX_INTEGER ? Math.trunc(value) : -MAX_INTEGER;
}

/** A double as C converts it to a 32-bit integer by way of a 64-bit one. */
function toInt(value: number): number {
  return value >= -MAX_INTEGER && value < MAX_INTEGER ? value | 0 : 0;
}

/** Requires a number, made a 64-bit integer. */
export function checkInteger(m: Machine, args: number, count: number, n: number): number {
  return toInteger(checkNumber(m, args, count, n));
}

/** Requires a number, made a 32-bit integer. */
export function checkInt(m: Machine, args: number, count: number, n: number): number {
  return toInt(checkNumber(m, args, count, n));
}

/** Accepts a number, made a 32-bit integer, or nothing. */
export function optionalInt(
  m: Machine,
  args: number,
  count: number,
  n: number,
  otherwise: number,
): number {
  return argument(m, args, count, n) === undefined ? otherwise : checkInt(m, args, count, n);
}

/** Accepts a number, made a 64-bit integer, or nothing. */
export function optionalInteger(
  m: Machine,
  args: number,
  count: number,
  n: number,
  otherwise: number,
): number {
  return argument(m, args, count, n) === undefined ? otherwise : checkInteger(m, args, count, n);
}

/** Requires a string, or a number, which is made one. */
export function checkString(m: Machine, args: number, count: number, n: number): string {
  const value = n <= count ? m.stack[args + n - 1] : undefined;
  if (typeof value === "string") return value;
  return toText(value) ?? wrongType(m, args, count, n, "string");
}

/** Accepts a string, or nothing. */
export function optionalString(
  m: Machine,
  args: number,
  count: number,
  n: number,
  otherwise: string,
): string {
  return argument(m, args, count, n) === undefined ? otherwise : checkString(m, args, count, n);
}

/** Requires a table. */
export function checkTable(m: Machine, args: number, count: number, n: number): Table {
  const value = n <= count ? m.stack[args + n - 1] : undefined;
  return value instanceof Table ? value : wrongType(m, args, count, n, "table");
}

/** Makes `value` the only result. */
export function result(m: Machine, args: number, value: LuaValue): number {
  m.stack[args - 1] = value;
  return 1;
}

/** What a C function sees of a string that it takes to end at its first zero. */
export function cString(text: string): string {
  const zero = text.indexOf("\0");
  return zero < 0 ? text : text.slice(0, zero);
}
