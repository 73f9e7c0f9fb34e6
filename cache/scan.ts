/**
 * What `HSCAN`, `SSCAN` and `ZSCAN` have in common: cursors, options, and how far one call goes.
 *
 * @module
 */

import { integerAt } from "./commands/arguments.ts";
import { isWord } from "./commands/command.ts";
import { CommandError, SYNTAX } from "./commands/error.ts";
import { globMatches } from "./glob.ts";
import type { Args } from "./protocol/request.ts";
import type { Reply } from "./protocol/reply.ts";
import type { Slice } from "./store/slice.ts";

const STAR = 0x2a;

/** How many elements a call is to visit, unless it says so. */
const DEFAULT_COUNT = 10;

/** In a table with many empty buckets, a call ends after so many steps for each element it is to visit. */
const MAX_STEPS = 10;

/**
 * Reads a cursor as `strtoul` does, of which the lower 32 bits say all.
 *
 * @throws {CommandError} `ERR invalid cursor`
 */
export function readCursor(text: Slice): number {
  // As a C string, it ends at the first NUL; an empty one is 0.
  const digits = text.latin1().replace(/\0.*/s, "");
  if (!/^([+-]?\d+)?$/.test(digits)) throw new CommandError("ERR invalid cursor");
  const value = BigInt(digits.replace("+", ""));
  const magnitude = value < 0n ? -value : value;
  if (magnitude >= 1n << 64n) throw new CommandError("ERR invalid cursor");
  return Number(BigInt.asUintN(32, value));
}

/** The options of one call. */
export interface ScanOptions {
  readonly count: number;
  /** What elements must match, if anything. */
  readonly pattern: Slice | undefined;
}

/**
 * Reads the options of a call.
 *
 * @param from The index of the first.
 */
export function readScanOptions(args: Args, from: number): ScanOptions {
  let count = DEFAULT_COUNT;
  let pattern: Slice | undefined;
  for (let i = from; i < args.count; i += 2) {
    if (i + 1 === args.count) throw new CommandError(SYNTAX);
    if (isWord(args.at(i), "count")) {
      count = integerAt(args, i + 1);
      if (count < 1) throw new CommandError(SYNTAX);
    } else if (isWord(args.at(i), "match")) {
      const text = args.at(i + 1);
      // As no pattern, this lets the empty element through.
      pattern = text.length === 1 && text.at(0) === STAR ? undefined : text;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  return { count, pattern };
}

/** One step of an iteration, which visits elements, each perhaps with its value. */
export type ScanStep = (
  cursor: number,
  visit: (element: Slice, value?: Slice) => void,
) => number;

/** Iterates as far as one call goes, and replies what was found that matches. */
export function replyScan(
  reply: Reply,
  cursor: number,
  { count, pattern }: ScanOptions,
  step: ScanStep,
): void {
  const found: Slice[] = [];
  let visited = 0;
  const visit = (element: Slice, value?: Slice): void => {
    visited++;
    if (pattern !== undefined && !globMatches(pattern, element)) return;
    found.push(element);
    if (value !== undefined) found.push(value);
  };
  let steps = count * MAX_STEPS;
  do cursor = step(cursor, visit); while (cursor !== 0 && steps-- > 0 && visited < count);
  reply.array(2);
  reply.bulkInteger(cursor);
  reply.array(found.length);
  for (const element of found) reply.bulk(element);
}

/** Replies for a key that is not there. */
export function replyEmptyScan(reply: Reply): void {
  reply.array(2);
  reply.bulkInteger(0);
  reply.array(0);
}
