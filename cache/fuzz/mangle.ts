/**
 * Damages bytes: as a bad line, a bad disk or an attacker would.
 *
 * @module
 */

import type { Random } from "../compare/random.ts";

/** Bytes at which some field of some format changes its meaning. */
const EDGE_BYTES = [
  ...[0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x24, 0x2a, 0x2d, 0x30, 0x39, 0x3f, 0x40, 0x7f, 0x80],
  ...[0x81, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xdf, 0xe0, 0xf0, 0xf1, 0xf4, 0xf5, 0xfc, 0xfe, 0xff],
];

/** Integers at which a sum, a product or a sign may go wrong, within 64 bits. */
const EDGE_INTEGERS = [
  ...[0n, 1n, -1n, 2n, 15n, 16n, 63n, 64n, 127n, 128n, 255n, 256n, 4095n, 4096n, 32767n, 32768n],
  ...[65535n, 65536n, 2n ** 23n, 2n ** 24n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n],
  ...[2n ** 53n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 31n), -2n],
];

/** The most that bytes grow by at once. */
const MAX_GROWTH = 64;

/** An integer in 1, 2, 4 or 8 bytes, either end first. */
function integerBytes(random: Random): number[] {
  const width = random.pick([1, 2, 4, 8]);
  const value = random.pick(EDGE_INTEGERS) + (random.chance(0.2) ? 1n : 0n);
  const bytes = Array.from(
    { length: width },
    (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i))),
  );
  return random.chance(0.5) ? bytes : bytes.reverse();
}

/** The first run of digits from a place on. */
function digitsFrom(bytes: readonly number[], from: number): { at: number; count: number } {
  const isDigit = (byte = 0) => byte >= 0x30 && byte <= 0x39;
  let at = from;
  while (at < bytes.length && !isDigit(bytes[at])) at++;
  let count = 0;
  while (isDigit(bytes[at + count])) count++;
  return { at, count };
}

/** Damages bytes in one to four places. */
export function mangle(
  original: Uint8Array,
  random: Random,
  other: Uint8Array = original,
): Uint8Array<ArrayBuffer> {
  const bytes = [...original];
  const place = () => random.int(0, Math.max(0, bytes.length - 1));
  const length = () => random.int(1, random.chance(0.8) ? 8 : MAX_GROWTH);
  for (let count = random.int(1, 4); count > 0; count--) {
    const at = place();
    switch (random.int(0, 10)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ 1 << random.int(0, 7);
        break;
      case 1:
        bytes[at] = random.pick(EDGE_BYTES);
        break;
      case 2:
        bytes[at] = random.int(0, 255);
        break;
      case 3: {
        const integer = integerBytes(random);
        bytes.splice(at, random.chance(0.8) ? integer.length : 0, ...integer);
        break;
      }
      case 4: {
        const { at: first, count } = digitsFrom(bytes, at);
        const text = `${random.pick(EDGE_INTEGERS)}`;
        bytes.splice(first, count, ...Array.from(text, (digit) => digit.charCodeAt(0)));
        break;
      }
      case 5:
        bytes.splice(at, length());
        break;
      case 6:
        bytes.splice(at, 0, ...bytes.slice(at, at + length()));
        break;
      case 7: {
        const from = random.int(0, Math.max(0, other.length - 1));
        const part = other.subarray(from, from + length());
        bytes.splice(at, random.chance(0.5) ? part.length : 0, ...part);
        break;
      }
      case 8:
        bytes.splice(at, 0, ...Array.from({ length: length() }, () => random.int(0, 255)));
        break;
      case 9:
        bytes[at] = ((bytes[at] ?? 0) + random.pick([1, -1, 2, -2, 16, -16])) & 0xff;
        break;
      default:
        if (random.chance(0.3)) bytes.length = at;
    }
  }
  return Uint8Array.from(bytes);
}
