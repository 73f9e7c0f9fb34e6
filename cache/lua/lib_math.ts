/**
 * The library `math`. Its random numbers are those of Redis: the same sequence for the same seed,
 * everywhere.
 *
 * @module
 */

import { checkInt, checkNumber, result } from "./arguments.ts";
import { type Library, register } from "./library.ts";
import type { Machine } from "./machine.ts";
import { power } from "./number.ts";
import { Table } from "./table.ts";

/** The multiplier and increment of `drand48`, and its modulus. */
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK = 2n ** 48n - 1n;
/** The lowest bits of a state that a seed makes. */
const SEED_LOW = 0x330en;
/** What is used in the place of a seed before there is one. */
const FIRST_SEED = 0x1234abcd;
/** The largest random integer. */
const MAX_RANDOM = 2 ** 31 - 1;

/** The generator of POSIX' `lrand48`. */
export class Random {
  #high = 0;
  #low = 0;

  /** Makes one with the state that POSIX' generator has before it is given a seed. */
  constructor() {
    this.seed(FIRST_SEED);
  }

  /** Sets the state. */
  seed(seed: number): void {
    this.#set((BigInt(seed >>> 0) << 16n) | SEED_LOW);
  }

  /** Returns the next integer from 0 to 2 ** 31 - 1. */
  next(): number {
    const state = (BigInt(this.#high) << 24n) | BigInt(this.#low);
    this.#set((state * MULTIPLIER + INCREMENT) & MASK);
    return Math.floor(this.#high * 128 + this.#low / 2 ** 17);
  }

  #set(state: bigint): void {
    this.#high = Number(state >> 24n);
    this.#low = Number(state & 0xffffffn);
  }
}

/** Makes a function of one number. */
function unary(f: (x: number) => number): Library[string] {
  return (m: Machine, args: number, count: number) =>
    result(m, args, f(checkNumber(m, args, count, 1)));
}

/** Makes a function of two numbers. The second is checked first, as C's compiler has it. */
function binary(f: (x: number, y: number) => number): Library[string] {
  return (m: Machine, args: number, count: number) => {
    const y = checkNumber(m, args, count, 2);
    return result(m, args, f(checkNumber(m, args, count, 1), y));
  };
}

function min(m: Machine, args: number, count: number): number {
  let value = checkNumber(m, args, count, 1);
  for (let n = 2; n <= count; n++) {
    const other = checkNumber(m, args, count, n);
    if (other < value) value = other;
  }
  return result(m, args, value);
}

function max(m: Machine, args: number, count: number): number {
  let value = checkNumber(m, args, count, 1);
  for (let n = 2; n <= count; n++) {
    const other = checkNumber(m, args, count, n);
    if (other > value) value = other;
  }
  return result(m, args, value);
}

function modf(m: Machine, args: number, count: number): number {
  const x = checkNumber(m, args, count, 1);
  const whole = Math.trunc(x);
  const fraction = Number.isFinite(x) ? x - whole : Number.isNaN(x) ? x : 0;
  m.stack[args - 1] = whole;
  // The fraction has the sign of the number, also if it is a zero.
  m.stack[args] = fraction === 0 && (x < 0 || Object.is(x, -0)) ? -0 : fraction;
  return 2;
}

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);

/** Splits a number into a fraction from 0.5 up to 1 and a power of 2. */
function splitDouble(x: number): [fraction: number, exponent: number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0];
  doubles[0] = x;
  let exponent = (words[1] ?? 0) >>> 20 & 0x7ff;
  if (exponent === 0) {
    const [fraction, rest] = splitDouble(x * 2 ** 54);
    return [fraction, rest - 54];
  }
  exponent -= 1022;
  words[1] = (words[1] ?? 0) & 0x800fffff | 1022 << 20;
  return [doubles[0], exponent];
}

function frexp(m: Machine, args: number, count: number): number {
  const [fraction, exponent] = splitDouble(checkNumber(m, args, count, 1));
  m.stack[args - 1] = fraction;
  m.stack[args] = exponent;
  return 2;
}

function ldexp(m: Machine, args: number, count: number): number {
  const wanted = checkInt(m, args, count, 2);
  const x = checkNumber(m, args, count, 1);
  const [fraction, exponent] = splitDouble(x);
  if (fraction === 0 || !Number.isFinite(fraction)) return result(m, args, x);
  const power = Math.max(-1200, Math.min(1200, exponent + wanted));
  // A result that is subnormal must be rounded once only: from the 53 bits to those that are left.
  const value = power > -1022
    ? fraction * 2 ** (power - Math.sign(power)) * 2 ** Math.sign(power)
    : fraction * 2 ** -1000 * 2 ** Math.max(-1074, power + 1000);
  return result(m, args, value);
}

/** Makes the two functions of a generator. */
function randomFunctions(generator: Random): Library {
  return {
    random: (m, args, count) => {
      const r = (generator.next() % MAX_RANDOM) / MAX_RANDOM;
      if (count === 0) return result(m, args, r);
      if (count === 1) {
        const high = checkInt(m, args, count, 1);
        if (high < 1) m.argumentError(1, "interval is empty");
        return result(m, args, Math.floor(r * high) + 1);
      }
      if (count !== 2) m.error("wrong number of arguments");
      const low = checkInt(m, args, count, 1);
      const high = checkInt(m, args, count, 2);
      if (low > high) m.argumentError(2, "interval is empty");
      // C calculates the width in 32 bits.
      return result(m, args, Math.floor(r * (high - low + 1 | 0)) + low);
    },
    randomseed: (m, args, count) => {
      generator.seed(checkInt(m, args, count, 1));
      return 0;
    },
  };
}

const RADIANS_PER_DEGREE = Math.PI / 180;

const MATH: Library = {
  abs: unary(Math.abs),
  acos: unary(Math.acos),
  asin: unary(Math.asin),
  atan: unary(Math.atan),
  atan2: binary(Math.atan2),
  ceil: unary(Math.ceil),
  cos: unary(Math.cos),
  cosh: unary(Math.cosh),
  deg: unary((x) => x / RADIANS_PER_DEGREE),
  exp: unary(Math.exp),
  floor: unary(Math.floor),
  fmod: binary((x, y) => x % y),
  frexp,
  huge: Infinity,
  ldexp,
  log: unary(Math.log),
  log10: unary(Math.log10),
  max,
  min,
  modf,
  pi: Math.PI,
  pow: binary(power),
  rad: unary((x) => x * RADIANS_PER_DEGREE),
  sin: unary(Math.sin),
  sinh: unary(Math.sinh),
  sqrt: unary(Math.sqrt),
  tan: unary(Math.tan),
  tanh: unary(Math.tanh),
};

/** Puts the library into a machine. */
export function openMath(m: Machine, random: Random): void {
  const table = register(new Table(), MATH);
  table.set("mod", table.get("fmod"));
  register(table, randomFunctions(random));
  m.globals.set("math", table);
}
