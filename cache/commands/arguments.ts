/**
 * Reads arguments of commands, with the errors that they have in common.
 *
 * @module
 */

import { parseInt64, parseInteger } from "../number.ts";
import type { Args } from "../protocol/request.ts";
import { CommandError, NOT_INTEGER } from "./error.ts";

/** An argument as an integer of 64 bits, rounded where it is past 2^53. */
export function integerAt(args: Args, index: number, error: string = NOT_INTEGER): number {
  const value = parseInteger(args.at(index));
  if (Number.isNaN(value)) throw new CommandError(error);
  return value;
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
