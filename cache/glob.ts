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

const lower = (byte: number): number => byte >= 65 && byte <= 90 ? byte | 0x20 : byte;

/**
 * Whether a text matches a pattern, as Redis' `stringmatchlen` has it. It takes time in proportion to
 * the product of the lengths at most: after a `*` only the last one is ever tried again.
 */
export function globMatches(pattern: Slice, text: Slice, ignoreCase = false): boolean {
  // Even `*` does not match nothing, in Redis.
  if (text.length === 0) return pattern.length === 0;
  let p = 0;
  let t = 0;
  let afterStar = -1;
  let starAt = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern.at(p) === STAR) {
      while (p < pattern.length && pattern.at(p) === STAR) p++;
      if (p === pattern.length) return true;
      afterStar = p;
      starAt = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text.at(t), ignoreCase) : -1;
    if (next !== -1) {
      p = next;
      t++;
    } else {
      if (afterStar === -1) return false;
      p = afterStar;
      t = ++starAt;
    }
  }
  while (p < pattern.length && pattern.at(p) === STAR) p++;
  return p === pattern.length;
}

/** Matches one byte; returns where the pattern goes on, or -1. */
function matchOne(pattern: Slice, p: number, byte: number, ignoreCase: boolean): number {
  const same = (a: number, b: number) => a === b || (ignoreCase && lower(a) === lower(b));
  const first = pattern.at(p);
  if (first === QUESTION) return p + 1;
  if (first === BACKSLASH && p + 1 < pattern.length) {
    return same(pattern.at(p + 1), byte) ? p + 2 : -1;
  }
  if (first !== OPEN) return same(first, byte) ? p + 1 : -1;
  p++;
  const negated = p < pattern.length && pattern.at(p) === CARET;
  if (negated) p++;
  let matched = false;
  while (p < pattern.length && pattern.at(p) !== CLOSE) {
    if (pattern.at(p) === BACKSLASH && p + 1 < pattern.length) {
      p++;
      if (pattern.at(p) === byte) matched = true;
    } else if (p + 2 < pattern.length && pattern.at(p + 1) === MINUS) {
      const fold = ignoreCase ? lower : (byte: number) => byte;
      const [a, b] = [fold(pattern.at(p)), fold(pattern.at(p + 2))];
      const c = fold(byte);
      if (c >= Math.min(a, b) && c <= Math.max(a, b)) matched = true;
      p += 2;
    } else if (same(pattern.at(p), byte)) {
      matched = true;
    }
    p++;
  }
  return matched !== negated ? Math.min(p + 1, pattern.length) : -1;
}
