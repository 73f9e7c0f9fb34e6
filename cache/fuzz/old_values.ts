/**
 * Values as older versions of Redis have written them, which the cache itself does not write.
 *
 * @module
 */

import { fromHex } from "../rdb/test_util.ts";

/** A ziplist of entries, each given without the length of the one before it. */
function ziplist(...entries: string[]): number[] {
  const bytes = [0, 0, 0, 0, 0, 0, 0, 0, entries.length, 0];
  let before = 0;
  let last = bytes.length;
  for (const hex of entries) {
    last = bytes.length;
    bytes.push(before, ...fromHex(hex));
    before = bytes.length - last;
  }
  bytes.push(0xff);
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, last, true);
  bytes.splice(0, 8, ...new Uint8Array(view.buffer));
  return bytes;
}

/** A string of up to 63 bytes, after its length. */
const string = (bytes: ArrayLike<number>): number[] => [bytes.length, ...Array.from(bytes)];

const SOME = ziplist("0161", "c0ff7f", "f0000080", "026263", "d000000080", "f5");
const PAIRS = ziplist("0161", "f2", "0162", "03312e35", "0163", "fe80");
const ZERO = "00".repeat(8);

/** Values, each after the number of its kind. */
export const OLD_VALUES: readonly Uint8Array[] = [
  fromHex("01 03 0161 c16400 c3094064016161e05700016161"),
  Uint8Array.from([0x0a, ...string(SOME)]),
  Uint8Array.from([0x0e, 2, ...string(SOME), ...string(PAIRS)]),
  Uint8Array.from([0x0c, ...string(PAIRS)]),
  Uint8Array.from([0x0d, ...string(PAIRS)]),
  fromHex("03 03 0161 03312e35 0162 fe 0163 ff"),
  fromHex("09 10 02 026631 0200 7631 026632 0200 7632 ff"),
  fromHex(`09 420a 01 fefe000000${"6b".repeat(254)} feff00000000 ${"76".repeat(255)} ff`),
  fromHex("02 03 0161 c005 0162"),
  fromHex("04 02 0161 c005 0162 0163"),
  fromHex("0b 0e 02000000 03000000 feff 0100 0300"),
  fromHex("0b 10 04000000 02000000 01000000 a0860100"),
  fromHex("0b 18 08000000 02000000 0000000000000080 0100000000000000"),
  fromHex("12 02 01 026162 02 0c 0c000000 0200 0101 816102 ff"),
  fromHex(`0f 00 00 0300 02 0161 0200 00 01 0163 ${ZERO} 00 0162 0000 00 00`),
  fromHex(`13 00 00 0300 0200 0000 03 01 0161 0000 00 00 01 0163 ${ZERO} 00`),
];
