/**
 * Reads the arguments of the commands of streams: IDs, intervals of IDs, and what is to be trimmed.
 *
 * @module
 */

import { parseInt64 } from "../number.ts";
import type { Args } from "../protocol/request.ts";
import type { Settings } from "../settings.ts";
import { latin1Slice, type Slice } from "../store/slice.ts";
import type { Trim } from "../store/stream.ts";
import { StreamId } from "../store/stream_id.ts";
import { integerAt, untilNul } from "./arguments.ts";
import { isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";

const INVALID_ID = "ERR Invalid stream ID specified as stream command argument";

/** Redis reads an ID into a buffer, for which longer ones are too long. */
const MAX_ID_LENGTH = 127;
/** The digits that a double holds in any case. */
const EXACT_DIGITS = 15;

const MINUS = 0x2d;
const PARENTHESIS = 0x28;
const STAR = 0x2a;
const ZERO = 0x30;

/** What the missing number of an ID is: the smallest or the largest. */
type Missing = "smallest" | "largest";

/** Whether an argument is one character, as `$`. */
export function isCharacter(argument: Slice, character: string): boolean {
  return argument.length > 0 && argument.at(0) === character.charCodeAt(0) &&
    untilNul(argument).length === 1;
}

/** Reads a 64-bit number without a sign, as `string2ull` does: in the end with `strtoull`. */
function parseUnsigned(text: string): bigint | undefined {
  const strict = parseInt64(latin1Slice(text));
  if (strict !== undefined) return strict < 0n ? undefined : strict;
  const match = /^[ \t-\r]*([+-]?)(\d+)$/.exec(text);
  if (match === null) return undefined;
  const value = BigInt(match[2]!);
  if (value >= 2n ** 64n) return undefined;
  return match[1] === "-" ? BigInt.asUintN(64, -value) : value;
}

/** Reads plain digits. Returns -1 where there are none, too many, or something else. */
function parseDigits({ bytes, start }: Slice, from: number, to: number): number {
  if (to === from || to - from > EXACT_DIGITS) return -1;
  let value = 0;
  for (let i = start + from; i < start + to; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const upper = (value: number): number => Math.floor(value / 0x1_0000_0000) | 0;
const upperWord = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));
const lowerWord = (value: bigint): number => Number(BigInt.asIntN(32, value));

/** Reads an ID, whole or only its time. Returns `undefined` if it is none. */
function parseId(argument: Slice, missing: Missing): StreamId | undefined {
  if (argument.length > MAX_ID_LENGTH) return undefined;
  const text = untilNul(argument);
  const rest = missing === "smallest" ? 0 : -1;
  let minus = 0;
  while (minus < text.length && text.at(minus) !== MINUS) minus++;
  const hasSequence = minus < text.length;
  const ms = parseDigits(text, 0, minus);
  const seq = hasSequence ? parseDigits(text, minus + 1, text.length) : 0;
  if (ms >= 0 && seq >= 0) {
    return hasSequence
      ? new StreamId(upper(ms), ms | 0, upper(seq), seq | 0)
      : new StreamId(upper(ms), ms | 0, rest, rest);
  }
  const time = parseUnsigned(text.part(0, minus).latin1());
  if (time === undefined) return undefined;
  if (!hasSequence) return new StreamId(upperWord(time), lowerWord(time), rest, rest);
  const number = parseUnsigned(text.part(minus + 1).latin1());
  if (number === undefined) return undefined;
  return new StreamId(upperWord(time), lowerWord(time), upperWord(number), lowerWord(number));
}

/** An argument as an ID; of one that is only a time, the first of that time. */
export function idAt(args: Args, index: number): StreamId {
  const id = parseId(args.at(index), "smallest");
  if (id === undefined) throw new CommandError(INVALID_ID);
  return id;
}

/** The same, where it may be left open whether an argument is one. */
export function maybeIdAt(args: Args, index: number): StreamId | undefined {
  return parseId(args.at(index), "smallest");
}

/** Arguments as IDs, from one on. */
export function idsFrom(args: Args, index: number): StreamId[] {
  return Array.from({ length: args.count - index }, (_, i) => idAt(args, index + i));
}

/** The same, or one of the ends: `-` and `+`. */
export function idOrEndAt(args: Args, index: number, missing: Missing = "smallest"): StreamId {
  const argument = args.at(index);
  if (isCharacter(argument, "-")) return StreamId.MIN;
  if (isCharacter(argument, "+")) return StreamId.MAX;
  const id = parseId(argument, missing);
  if (id === undefined) throw new CommandError(INVALID_ID);
  return id;
}

/** The smallest ID of an interval that begins at an argument. */
export function startAt(args: Args, index: number): StreamId {
  const argument = args.at(index);
  if (!isExclusive(argument)) return idOrEndAt(args, index);
  const id = parseId(argument.part(1), "smallest");
  if (id === undefined) throw new CommandError(INVALID_ID);
  const next = id.next();
  if (next === undefined) throw new CommandError("ERR invalid start ID for the interval");
  return next;
}

/** The largest ID of an interval that ends at an argument. */
export function endAt(args: Args, index: number): StreamId {
  const argument = args.at(index);
  if (!isExclusive(argument)) return idOrEndAt(args, index, "largest");
  const id = parseId(argument.part(1), "largest");
  if (id === undefined) throw new CommandError(INVALID_ID);
  const previous = id.previous();
  if (previous === undefined) throw new CommandError("ERR invalid end ID for the interval");
  return previous;
}

function isExclusive(argument: Slice): boolean {
  return argument.length > 1 && argument.at(0) === PARENTHESIS;
}

/** The ID that `XADD` is given: a whole one, a time of which the next one is taken, or none at all. */
export type NewId =
  | { readonly kind: "whole" | "time"; readonly id: StreamId }
  | { readonly kind: "none" };

function newIdAt(args: Args, index: number): NewId {
  const argument = args.at(index);
  const text = untilNul(argument);
  const { length } = text;
  if (
    argument.length <= MAX_ID_LENGTH && length > 2 && text.at(length - 1) === STAR &&
    text.at(length - 2) === MINUS && !text.part(0, length - 2).latin1().includes("-")
  ) {
    const id = parseId(text.part(0, length - 2), "smallest");
    if (id !== undefined) return { kind: "time", id };
  }
  return { kind: "whole", id: idAt(args, index) };
}

/** The options of `XADD` and `XTRIM`. */
export interface AddOptions {
  readonly newId: NewId;
  /** The argument after the ID, where there is one. */
  readonly next: number;
  /** Whether a stream is made if there is none. */
  readonly create: boolean;
  readonly trim: Trim | undefined;
  /** The index of the argument that says how much is to be left. */
  readonly trimAt: number;
}

/** How many nodes are removed at the most where that is left to us, and the bounds in entries. */
const TRIMMED_NODES = 100;
const DEFAULT_TRIMMED = 10_000;
const MAX_TRIMMED = 1_000_000;

/**
 * Reads the options from the third argument on; `XADD`'s end with the ID.
 *
 * @param isObeyed Whether a master or a file says so: `LIMIT` has had its effect there, and means nothing.
 */
export function addOptions(
  args: Args,
  { streamNodeMaxEntries }: Settings,
  isAdd: boolean,
  isObeyed: boolean,
): AddOptions {
  let newId: NewId = { kind: "none" };
  let create = true;
  let trimmed: { readonly maxLength: number } | { readonly minId: StreamId } | undefined;
  let approximate = false;
  let given: number | undefined;
  let trimAt = 0;
  let i = 2;
  for (; i < args.count; i++) {
    const option = args.at(i);
    const hasMore = i + 1 < args.count;
    if (isAdd && isCharacter(option, "*")) break;
    const isLength = isWord(option, "maxlen");
    if (hasMore && (isLength || isWord(option, "minid"))) {
      if (trimmed !== undefined) {
        throw new CommandError(
          "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
        );
      }
      const next = args.at(i + 1);
      const hasMode = i + 2 < args.count && (isCharacter(next, "~") || isCharacter(next, "="));
      approximate = hasMode && isCharacter(next, "~");
      i += hasMode ? 2 : 1;
      trimAt = i;
      if (isLength) {
        const maxLength = integerAt(args, i);
        if (maxLength < 0) throw new CommandError("ERR The MAXLEN argument must be >= 0.");
        trimmed = { maxLength };
      } else {
        trimmed = { minId: idAt(args, i) };
      }
    } else if (hasMore && isWord(option, "limit")) {
      given = integerAt(args, ++i);
      if (given < 0) throw new CommandError("ERR The LIMIT argument must be >= 0.");
    } else if (isAdd && isWord(option, "nomkstream")) {
      create = false;
    } else if (isAdd) {
      newId = newIdAt(args, i);
      break;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  if (trimmed === undefined && given !== undefined && given > 0) {
    throw new CommandError(
      "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
    );
  }
  if (trimmed === undefined && !isAdd) {
    throw new CommandError("ERR syntax error, XTRIM must be called with a trimming strategy");
  }
  if (isObeyed) {
    given = 0;
  } else if (given !== undefined && !approximate) {
    throw new CommandError(
      "ERR syntax error, LIMIT cannot be used without the special ~ option",
    );
  }
  const usual = Math.min(TRIMMED_NODES * streamNodeMaxEntries || DEFAULT_TRIMMED, MAX_TRIMMED);
  const limit = (given ?? (approximate ? usual : 0)) || Infinity;
  const trim = trimmed && { ...trimmed, approximate, limit };
  return { newId, next: i + 1, create, trim, trimAt };
}
