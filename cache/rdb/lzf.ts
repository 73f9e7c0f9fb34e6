/**
 * LZF (M. Lehmann's LibLZF), the compression of strings in RDB files.
 *
 *     000LLLLL              the next L + 1 bytes are themselves
 *     LLLooooo oooooooo     L + 2 bytes (L from 1 to 6) from o + 1 bytes before
 *     111ooooo LLLLLLLL oooooooo    L + 9 bytes from o + 1 bytes before
 *
 * It finds what LibLZF finds as Redis configures it, so that the same string becomes the same bytes.
 *
 * @module
 */

const MAX_LITERALS = 32;
const MAX_OFFSET = 1 << 13;
const MAX_REFERENCE = 264;

/** What three bytes become at the most. */
const MAX_RATIO = 88;

const TABLE_SIZE = 1 << 16;

/** Where three bytes that have a hash were seen last: their place plus `base`. */
const table = new Float64Array(TABLE_SIZE);
/** Grows with each call, so that what earlier calls have left in the table is too small to be a place. */
let base = 1;

/**
 * Compresses bytes.
 *
 * @param to Where to write them.
 * @param at Where to begin.
 * @param limit How many bytes they may become.
 * @returns How many they have become; 0 if they would be more.
 */
export function compress(
  bytes: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
  at: number,
  limit: number,
): number {
  const end = start + length;
  const last = end - 2;
  const outEnd = at + limit;
  if (length === 0 || limit <= 0) return 0;
  // The place of byte i is i + shift: never below what `base` is now.
  const shift = base - start;
  base += length;
  let from = start;
  let out = at + 1;
  let literals = 0;
  let hash = length > 1 ? bytes[from]! << 8 | bytes[from + 1]! : 0;
  while (from < last) {
    hash = hash << 8 | bytes[from + 2]!;
    const slot = ((hash >>> 8) - hash * 5) & (TABLE_SIZE - 1);
    const seen = table[slot]! - shift;
    table[slot] = from + shift;
    const offset = from - seen - 1;
    if (
      seen > start && offset < MAX_OFFSET && bytes[seen + 2] === bytes[from + 2] &&
      bytes[seen] === bytes[from] && bytes[seen + 1] === bytes[from + 1]
    ) {
      if (out - (literals === 0 ? 1 : 0) + 4 >= outEnd) return 0;
      to[out - literals - 1] = literals - 1;
      if (literals === 0) out--;
      const max = Math.min(end - from - 2, MAX_REFERENCE);
      let same = 3;
      // LibLZF compares 16 bytes before it looks at the limit.
      const unchecked = max > 16 ? 19 : 3;
      while (same < unchecked && bytes[seen + same] === bytes[from + same]) same++;
      if (same === unchecked) {
        while (same < max && bytes[seen + same] === bytes[from + same]) same++;
      }
      const code = same - 2;
      if (code < 7) {
        to[out++] = offset >> 8 | code << 5;
      } else {
        to[out++] = offset >> 8 | 7 << 5;
        to[out++] = code - 7;
      }
      to[out++] = offset;
      literals = 0;
      out++;
      from += same;
      if (from >= last) break;
      // Of the bytes that were skipped, the last two places are found again.
      from -= 2;
      hash = bytes[from]! << 16 | bytes[from + 1]! << 8 | bytes[from + 2]!;
      table[((hash >>> 8) - hash * 5) & (TABLE_SIZE - 1)] = from++ + shift;
      hash = hash << 8 | bytes[from + 2]!;
      table[((hash >>> 8) - hash * 5) & (TABLE_SIZE - 1)] = from++ + shift;
    } else {
      if (out >= outEnd) return 0;
      to[out++] = bytes[from++]!;
      if (++literals === MAX_LITERALS) {
        to[out - literals - 1] = literals - 1;
        literals = 0;
        out++;
      }
    }
  }
  if (out + 3 > outEnd) return 0;
  while (from < end) {
    to[out++] = bytes[from++]!;
    if (++literals === MAX_LITERALS) {
      to[out - literals - 1] = literals - 1;
      literals = 0;
      out++;
    }
  }
  to[out - literals - 1] = literals - 1;
  if (literals === 0) out--;
  return out - at;
}

/** Whether so many compressed bytes may become so many. */
export function mayBecome(compressed: number, length: number): boolean {
  return length <= compressed * MAX_RATIO;
}

/**
 * Decompresses bytes.
 *
 * @param to As many bytes as they are to become.
 * @returns Whether they have become so many, and were well-formed.
 */
export function decompress(
  bytes: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
): boolean {
  const end = start + length;
  let from = start;
  let out = 0;
  while (from < end) {
    const control = bytes[from++]!;
    if (control < MAX_LITERALS) {
      const count = control + 1;
      if (from + count > end || out + count > to.length) return false;
      for (let i = 0; i < count; i++) to[out++] = bytes[from++]!;
    } else {
      let count = control >> 5;
      if (count === 7) {
        if (from >= end) return false;
        count += bytes[from++]!;
      }
      if (from >= end) return false;
      let source = out - ((control & 31) << 8 | bytes[from++]!) - 1;
      count += 2;
      if (source < 0 || out + count > to.length) return false;
      // Byte by byte: the two stretches may overlap.
      for (let i = 0; i < count; i++) to[out++] = to[source++]!;
    }
  }
  return out === to.length;
}
