/**
 * What older versions of Redis packed small values in: ziplists (until 6.2) and zipmaps (until 2.4), and
 * integer sets, which all versions have.
 *
 * @module
 */

import { latin1Slice, type Slice } from "../store/slice.ts";
import { integerText } from "./listpack.ts";

/** The bytes, the offset of the last entry, and their number. */
const ZIPLIST_HEADER = 10;
const END = 255;
/** A length of the entry before that stands in the four bytes that follow. */
const LONG_PREVIOUS = 254;
/** In place of the number of entries: there are more. */
const MANY = 65_535;

const STRING_14 = 1;
const STRING_32 = 0x80;
const INT_8 = 0xfe;
/** Integers from 0 to 12 stand in the byte itself, from this on. */
const IMMEDIATE = 0xf1;
const LAST_IMMEDIATE = 0xfd;

/** The bytes of integers by the byte that comes before them. */
const INTEGER_WIDTHS: Readonly<Record<number, number>> = { 0xc0: 2, 0xd0: 4, 0xe0: 8, 0xf0: 3 };

/** The width of integers in a set, and their number. */
const INTSET_HEADER = 8;

/** A length in a zipmap that stands in the four bytes that follow. */
const LONG_ZIPMAP_LENGTH = 254;

function viewOf({ bytes, start, length }: Slice): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + start, length);
}

/**
 * Reads a ziplist.
 *
 * @param visit Sees each entry; its bytes hold as long as the ziplist's.
 * @returns What is wrong with it, if it is.
 */
export function readZiplist(
  ziplist: Slice,
  visit: (element: Slice) => void,
): string | undefined {
  const { length } = ziplist;
  if (length <= ZIPLIST_HEADER) return "A ziplist is too short";
  const view = viewOf(ziplist);
  if (view.getUint32(0, true) !== length) return "A ziplist has another length than it says";
  const end = length - 1;
  let at = ZIPLIST_HEADER;
  let previous = 0;
  let last = at;
  let count = 0;
  while (at < end) {
    const begun = at;
    const before = view.getUint8(at++);
    if (before === LONG_PREVIOUS) {
      if (at + 4 > end) return "An entry of a ziplist is cut off";
      if (view.getUint32(at, true) !== previous) return "An entry of a ziplist is not chained";
      at += 4;
    } else if (before !== previous) {
      return "An entry of a ziplist is not chained";
    }
    if (at >= end) return "An entry of a ziplist is cut off";
    const kind = view.getUint8(at++);
    const width = kind === INT_8 ? 1 : INTEGER_WIDTHS[kind];
    if (kind >= IMMEDIATE && kind <= LAST_IMMEDIATE) {
      visit(latin1Slice(String(kind - IMMEDIATE)));
    } else if (kind >= 0xc0) {
      if (width === undefined) return "An entry of a ziplist is of no known kind";
      if (at + width > end) return "An entry of a ziplist is cut off";
      visit(latin1Slice(width === 1 ? String(view.getInt8(at)) : integerText(view, at, width)));
      at += width;
    } else {
      let size = kind & 63;
      if (kind >> 6 === STRING_14) {
        if (at + 1 > end) return "An entry of a ziplist is cut off";
        size = size << 8 | view.getUint8(at++);
      } else if (kind === STRING_32) {
        if (at + 4 > end) return "An entry of a ziplist is cut off";
        size = view.getUint32(at);
        at += 4;
      } else if (kind > STRING_32) {
        return "An entry of a ziplist is of no known kind";
      }
      if (at + size > end) return "An entry of a ziplist is cut off";
      visit(ziplist.part(at, at + size));
      at += size;
    }
    previous = at - begun;
    last = begun;
    count++;
  }
  if (view.getUint8(end) !== END) return "A ziplist has no end";
  if (view.getUint32(4, true) !== last) return "A ziplist has its last entry elsewhere";
  const said = view.getUint16(8, true);
  if (said !== MANY && said !== count) return "A ziplist has another number of entries";
}

/**
 * Reads a zipmap.
 *
 * @param visit Sees each field and, after it, its value.
 * @returns What is wrong with it, if it is.
 */
export function readZipmap(zipmap: Slice, visit: (element: Slice) => void): string | undefined {
  const { length } = zipmap;
  if (length < 2) return "A zipmap is too short";
  const view = viewOf(zipmap);
  const end = length - 1;
  let at = 1;
  while (at < end) {
    for (const isValue of [false, true]) {
      if (at >= end) return "A zipmap is cut off";
      let size = view.getUint8(at++);
      if (size === END) return "A zipmap ends too early";
      if (size === LONG_ZIPMAP_LENGTH) {
        if (at + 4 > end) return "A zipmap is cut off";
        size = view.getUint32(at, true);
        at += 4;
        if (size < LONG_ZIPMAP_LENGTH) return "A zipmap has a small length in five bytes";
      }
      let unused = 0;
      if (isValue) {
        if (at >= end) return "A zipmap is cut off";
        unused = view.getUint8(at++);
      }
      if (at + size + unused > end) return "A zipmap is cut off";
      visit(zipmap.part(at, at + size));
      at += size + unused;
    }
  }
  if (view.getUint8(end) !== END) return "A zipmap has no end";
}

/**
 * Reads an integer set.
 *
 * @param visit Sees each member.
 * @returns What is wrong with it, if it is.
 */
export function readIntset(intset: Slice, visit: (member: Slice) => void): string | undefined {
  const { length } = intset;
  if (length < INTSET_HEADER) return "An integer set is too short";
  const view = viewOf(intset);
  const width = view.getUint32(0, true);
  const count = view.getUint32(4, true);
  if (width !== 2 && width !== 4 && width !== 8) return "An integer set has no known width";
  if (length !== INTSET_HEADER + count * width) return "An integer set has another length";
  let last: bigint | undefined;
  for (let at = INTSET_HEADER; at < length; at += width) {
    const text = integerText(view, at, width);
    const value = BigInt(text);
    if (last !== undefined && value <= last) return "An integer set is not in order";
    last = value;
    visit(latin1Slice(text));
  }
}
