/** What the tests of RDB files share. @module */

import { hex } from "../sha1.ts";
import { Slice } from "../store/slice.ts";

/** Bytes that are written as hexadecimal digits, with spaces. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replaceAll(" ", "").match(/../g) ?? [];
  return Uint8Array.from(digits, (digit) => parseInt(digit, 16));
}

export function toHex({ bytes, start, length }: Slice): string {
  return hex(bytes.subarray(start, start + length));
}

/** A slice of bytes amid others. */
export function sliceAmid(bytes: Uint8Array): Slice {
  const amid = new Uint8Array(bytes.length + 20).fill(0xee);
  amid.set(bytes, 10);
  return new Slice(amid, 10, bytes.length);
}
