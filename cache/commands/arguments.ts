/**
 * Reads arguments of commands, with the errors that they have in common.
 *
 * @module
 */

import {
  ceilThousandfold,
  MAX_INT64,
  MIN_INT64,
  parseInt64,
  parseInteger,
  parseLongDouble,
} from "../number.ts";
import type { Args } from "../protocol/request.ts";
import type { Slice } from "../store/slice.ts";
import { CommandError, NOT_INTEGER } from "./error.ts";

/** The text up to its first NUL: to much of Redis it ends there. */
export function untilNul(text: Slice): Slice {
  for (let i = 0; i < text.length; i++) if (text.at(i) === 0) return text.part(0, i);
  return text;
}

/** An argument as an integer of 64 bits, rounded where it is past 2^53. */
export function integerAt(args: Args, index: number, error: string = NOT_INTEGER): number {
  const value = parseInteger(args.at(index));
  if (Number.isNaN(value)) throw new CommandError(error);
  return value;
}

/** An argument as an integer of 32 bits. */
export function int32At(args: Args, index: number): number {
  const value = integerAt(args, index);
  if (value >= -(2 ** 31) && value < 2 ** 31) return value;
  throw new CommandError(
    "ERR value is out of range, value must between -2147483648 and 2147483647",
  );
}

/** An argument as an integer of 64 bits, exact. */
export function int64At(args: Args, index: number, error: string = NOT_INTEGER): bigint {
  const value = parseInt64(args.at(index));
  if (value === undefined) throw new CommandError(error);
  return value;
}

/** An argument as an integer within a range. */
export function integerWithin(
  args: Args,
  index: number,
  min: number,
  max: number,
  error: string = NOT_INTEGER,
): number {
  const value = parseInteger(args.at(index));
  if (!(value >= min && value <= max)) throw new CommandError(error);
  return value;
}

/**
 * When a wait ends that an argument gives in seconds, with decimals.
 *
 * @param now The time, in milliseconds since 1970.
 * @returns Milliseconds since 1970; `Infinity` for a wait without end.
 */
export function deadlineAt(args: Args, index: number, now: number): number {
  const text = args.at(index);
  let wait = parseInteger(text) * 1000;
  if (!Number.isSafeInteger(wait)) {
    const seconds = parseLongDouble(text);
    if (seconds === undefined) {
      throw new CommandError("ERR timeout is not a float or out of range");
    }
    const exact = typeof seconds === "number" ? MIN_INT64 : ceilThousandfold(seconds);
    // Where the C compiler's conversion overflows, it gives the smallest integer.
    wait = exact > MAX_INT64 ? -1 : Number(exact);
  }
  if (wait < 0) throw new CommandError("ERR timeout is negative");
  return wait === 0 ? Infinity : now + wait;
}

/** An argument as how many random elements to reply; negative if one may come several times. */
export function randomCountAt(args: Args, index: number): number {
  const count = int64At(args, index);
  if (count === MIN_INT64) {
    throw new CommandError(
      `ERR value is out of range, value must between ${-MAX_INT64} and ${MAX_INT64}`,
    );
  }
  return Number(count);
}

/**
 * An argument as the time at which a key expires, in milliseconds since 1970; a bigint where a number is
 * not exact.
 *
 * @param unit How many milliseconds the argument counts.
 * @param from What it counts from.
 * @param command The command's name, for the error.
 */
export function expiryAt(
  args: Args,
  index: number,
  unit: 1 | 1000,
  from: number,
  command: string,
): number | bigint {
  const duration = integerAt(args, index) * unit;
  if (Number.isSafeInteger(duration) && Number.isSafeInteger(duration + from)) {
    return duration + from;
  }
  const exact = int64At(args, index) * BigInt(unit);
  const time = exact + BigInt(from);
  if (exact < MIN_INT64 || exact > MAX_INT64 || time > MAX_INT64) {
    throw invalidExpireTime(command);
  }
  return time;
}

export function invalidExpireTime(command: string): CommandError {
  return new CommandError(`ERR invalid expire time in '${command}' command`);
}
