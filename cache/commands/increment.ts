/**
 * Adding to numbers that are stored as text: of keys, and of the fields of hashes.
 *
 * @module
 */

import {
  addLongDoubles,
  formatLongDouble,
  type LongDouble,
  MAX_INT64,
  MIN_INT64,
  parseInt64,
  parseInteger,
  parseLongDouble,
} from "../number.ts";
import type { Args } from "../protocol/request.ts";
import { latin1Slice, type Slice } from "../store/slice.ts";
import { int64At, integerAt } from "./arguments.ts";
import { CommandError } from "./error.ts";

const ZERO: LongDouble = { mantissa: 0n, exponent: 0 };

/** An argument to add, as a number where that is exact. */
export function addendAt(args: Args, index: number): number | bigint {
  const value = integerAt(args, index);
  return Number.isSafeInteger(value) ? value : int64At(args, index);
}

/**
 * Adds to an integer.
 *
 * @param text What is stored; nothing counts as 0.
 * @param notInteger The error where that is no integer.
 * @returns The sum, as a number where that is exact.
 */
export function incremented(
  text: Slice | undefined,
  by: number | bigint,
  notInteger: string,
): number | bigint {
  const old = text === undefined ? 0 : parseInteger(text);
  if (Number.isNaN(old)) throw new CommandError(notInteger);
  const sum = old + Number(by);
  if (Number.isSafeInteger(sum) && Number.isSafeInteger(old)) return sum;
  const exact = (text && parseInt64(text) || 0n) + BigInt(by);
  if (exact < MIN_INT64 || exact > MAX_INT64) {
    throw new CommandError("ERR increment or decrement would overflow");
  }
  return exact;
}

/**
 * Adds to a number with decimals.
 *
 * @param text What is stored; nothing counts as 0.
 * @param notFloat The error where that is no number.
 * @returns The sum as it is printed.
 */
export function incrementedFloat(
  text: Slice | undefined,
  by: LongDouble | number,
  notFloat: string,
): Slice {
  const old = text === undefined ? ZERO : parseLongDouble(text);
  if (old === undefined) throw new CommandError(notFloat);
  const sum = addLongDoubles(old, by);
  if (typeof sum === "number") {
    throw new CommandError("ERR increment would produce NaN or Infinity");
  }
  return latin1Slice(formatLongDouble(sum));
}
