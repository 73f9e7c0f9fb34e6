/**
 * The library `bit`: operations on 32-bit integers.
 *
 * @module
 */

import { argument, result, wrongType } from "./arguments.ts";
import { type Library, register } from "./library.ts";
import { type Machine, toNumber } from "./machine.ts";
import { Table } from "./table.ts";

/** Adding this puts a number's integral part into the lowest bits of its representation. */
const BIAS = 2 ** 52 + 2 ** 51;

const doubles = new Float64Array(1);
const words = new Int32Array(doubles.buffer);

/** Returns an argument as a 32-bit integer: rounded half to even, and cut to its lowest bits. */
function bits(m: Machine, args: number, count: number, n: number): number {
  const number = toNumber(argument(m, args, count, n));
  if (number === undefined) wrongType(m, args, count, n, "number");
  doubles[0] = number + BIAS;
  return words[0] ?? 0;
}

/** Makes a function that combines all its arguments. */
function combine(operation: (a: number, b: number) => number): Library[string] {
  return (m: Machine, args: number, count: number) => {
    let value = bits(m, args, count, 1);
    for (let n = count; n > 1; n--) value = operation(value, bits(m, args, count, n));
    return result(m, args, value | 0);
  };
}

/** Makes a function that shifts its first argument by the second. */
function shift(operation: (value: number, by: number) => number): Library[string] {
  return (m: Machine, args: number, count: number) => {
    const value = bits(m, args, count, 1);
    return result(m, args, operation(value, bits(m, args, count, 2) & 31) | 0);
  };
}

function bswap(m: Machine, args: number, count: number): number {
  const b = bits(m, args, count, 1);
  return result(m, args, b >>> 24 | b >>> 8 & 0xff00 | (b & 0xff00) << 8 | b << 24);
}

function tohex(m: Machine, args: number, count: number): number {
  const value = bits(m, args, count, 1) >>> 0;
  const wanted = count < 2 ? 8 : bits(m, args, count, 2);
  const size = Math.min(8, Math.abs(wanted));
  const digits = size === 0 ? "" : value.toString(16).padStart(8, "0").slice(-size);
  return result(m, args, wanted < 0 ? digits.toUpperCase() : digits);
}

const BIT: Library = {
  arshift: shift((value, by) => value >> by),
  band: combine((a, b) => a & b),
  bnot: (m, args, count) => result(m, args, ~bits(m, args, count, 1)),
  bor: combine((a, b) => a | b),
  bswap,
  bxor: combine((a, b) => a ^ b),
  lshift: shift((value, by) => value << by),
  rol: shift((value, by) => value << by | value >>> (32 - by) % 32),
  ror: shift((value, by) => value << (32 - by) % 32 | value >>> by),
  rshift: shift((value, by) => value >>> by),
  tobit: (m, args, count) => result(m, args, bits(m, args, count, 1)),
  tohex,
};

/** Puts the library into a machine. */
export function openBit(m: Machine): void {
  m.globals.set("bit", register(new Table(), BIT));
}
