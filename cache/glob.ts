/**
 * Patterns of keys and channels, as in `KEYS h?llo*`.
 *
 * @module
 */

import type { Slice } from "./store/slice.ts";

const [STAR, QUESTION, OPEN, CLOSE, CARET, MINUS, BACKSLASH] = [
  42,
  63,
  91,
  93,
  94,
  45,
  92,
] as const;

/** With more stars than this, before its last byte, a pattern matches nothing (`stringmatchlen`). */
const MAX_STARS = 1000;

const lower = (byte: number): number => byte >= 65 && byte <= 90 ? byte | 0x20 : byte;
/** A byte as C's `char`, by which Redis compares ranges. */
const signed = (byte: number): number => byte << 24 >> 24;

/**
 * Whether a text matches a pattern, as Redis' `stringmatchlen` has it. It takes time in proportion to
 * the product of the lengths at most: after a `*` only the last one is ever tried again.
 */
export function globMatches(pattern: Slice, text: Slice, ignoreCase = false): boolean {
  // Not even `*` matches nothing.
  if (text.length === 0) return pattern.length === 0;
  let [p, t] = [0, 0];
  let [afterStar, starAt, stars] = [-1, 0, 0];
  while (t < text.length) {
    if (p < pattern.length && pattern.at(p) === STAR) {
      p = afterStars(pattern, p);
      if (p === pattern.length) return true;
      if (++stars > MAX_STARS) return false;
      afterStar = p;
      starAt = t;
      continue;
    }
    const next = p < pattern.length ? matchByte(pattern, p, text.at(t), ignoreCase) : -1;
    if (next !== -1) {
      p = next;
      t++;
    } else {
      if (afterStar === -1) return false;
      p = afterStar;
      t = ++starAt;
    }
  }
  return afterStars(pattern, p) === pattern.length;
}

function afterStars(pattern: Slice, p: number): number {
  while (p < pattern.length && pattern.at(p) === STAR) p++;
  return p;
}

/** Matches one byte. Returns where the pattern goes on, or -1. */
function matchByte(pattern: Slice, p: number, byte: number, ignoreCase: boolean): number {
  let expected = pattern.at(p);
  if (expected === QUESTION) return p + 1;
  if (expected === OPEN) return matchClass(pattern, p + 1, byte, ignoreCase);
  if (expected === BACKSLASH && p + 1 < pattern.length) expected = pattern.at(++p);
  return isSame(expected, byte, ignoreCase) ? p + 1 : -1;
}

function isSame(a: number, b: number, ignoreCase: boolean): boolean {
  return a === b || (ignoreCase && lower(a) === lower(b));
}

/** Matches what is in brackets, which may lack the closing one. */
function matchClass(pattern: Slice, p: number, byte: number, ignoreCase: boolean): number {
  const { length } = pattern;
  const negated = p < length && pattern.at(p) === CARET;
  if (negated) p++;
  let matched = false;
  for (; p < length && pattern.at(p) !== CLOSE; p++) {
    if (pattern.at(p) === BACKSLASH && p + 1 < length) {
      // Escaped, it counts by case in any event.
      if (pattern.at(++p) === byte) matched = true;
    } else if (p + 2 < length && pattern.at(p + 1) === MINUS) {
      if (isWithin(pattern.at(p), pattern.at(p + 2), byte, ignoreCase)) matched = true;
      p += 2;
    } else if (isSame(pattern.at(p), byte, ignoreCase)) {
      matched = true;
    }
  }
  return matched !== negated ? Math.min(p + 1, length) : -1;
}

/** Whether a byte is in a range, given in either direction. */
function isWithin(from: number, to: number, byte: number, ignoreCase: boolean): boolean {
  let [start, end] = [signed(from), signed(to)];
  // Before the case is ignored, by which they may come to be the other way round again.
  if (start > end) [start, end] = [end, start];
  if (!ignoreCase) return signed(byte) >= start && signed(byte) <= end;
  const folded = lower(signed(byte));
  return folded >= lower(start) && folded <= lower(end);
}
