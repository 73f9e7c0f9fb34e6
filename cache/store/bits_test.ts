import { assertEquals } from "@std/assert";
import { type BitOperation, combineBits, countBits, findBit, readBits, writeBits } from "./bits.ts";
import { Slice } from "./slice.ts";

/** A generator of pseudo-random integers below a bound, the same in each run. */
function generator(seed: number): (bound: number) => number {
  return (bound) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % bound;
  };
}

/** Bytes somewhere within a larger array, of which many are alike. */
function randomSlice(next: (bound: number) => number, length: number, start = next(9)): Slice {
  const bytes = new Uint8Array(length + 20).fill(next(2) * 255);
  for (let i = 0; i < length; i++) {
    bytes[start + i] = [0, 0, 255, 255, next(256)][next(5)] ?? 0;
  }
  return new Slice(bytes, start, length);
}

/** The bits as characters. */
function bitsOf(value: Slice): string {
  return Array.from(value.copy(), (byte) => byte.toString(2).padStart(8, "0")).join("");
}

Deno.test("countBits() and findBit() agree with a string of digits", () => {
  const next = generator(1);
  for (let round = 0; round < 2000; round++) {
    const value = randomSlice(next, 1 + next([4, 20, 300][round % 3] ?? 0));
    if (round % 3 === 2) value.bytes.fill(next(2) * 255);
    // One that is not like the others.
    value.bytes[next(value.bytes.length)]! ^= 1 << next(8);
    const bits = bitsOf(value);
    const first = next(bits.length);
    const last = first + next(bits.length - first);
    const part = bits.slice(first, last + 1);
    assertEquals(countBits(value, first, last), part.replaceAll("0", "").length, `${round}`);
    for (const bit of [0, 1] as const) {
      const found = part.indexOf(`${bit}`);
      const expected = found < 0 ? -1 : first + found;
      assertEquals(findBit(value, bit, first, last), expected, `${round}: ${bit}`);
    }
  }
});

Deno.test("combineBits() agrees with the combination of each byte", () => {
  const next = generator(2);
  const combine: Record<BitOperation, (a: number, b: number) => number> = {
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    not: (a) => a,
  };
  for (let round = 0; round < 500; round++) {
    const operation = (["and", "or", "xor", "not"] as const)[round % 4] ?? "not";
    const sources = Array.from(
      { length: operation === "not" ? 1 : 1 + next(4) },
      () => randomSlice(next, next(40), 4 * next(4)),
    );
    const length = Math.max(...sources.map(({ length }) => length));
    const expected = Array.from({ length }, (_, i) => {
      const bytes = sources.map((source) => i < source.length ? source.at(i) : 0);
      const result = bytes.reduce(combine[operation]);
      return operation === "not" ? ~result & 0xff : result;
    });
    assertEquals([...combineBits(operation, sources)], expected, `${round}: ${operation}`);
  }
});

Deno.test("readBits() and writeBits() agree with a string of digits", () => {
  const next = generator(3);
  for (let round = 0; round < 2000; round++) {
    const value = randomSlice(next, 12);
    const count = 1 + next(64);
    const offset = next(12 * 8 - count + 1);
    const before = bitsOf(value);
    assertEquals(
      readBits(value, offset, count),
      BigInt(`0b${before.slice(offset, offset + count)}`),
    );
    const written = BigInt(next(2 ** 20)) << BigInt(next(44));
    writeBits(value, offset, count, -written);
    const digits = BigInt.asUintN(count, -written).toString(2).padStart(count, "0");
    assertEquals(
      bitsOf(value),
      before.slice(0, offset) + digits + before.slice(offset + count),
      `${round}`,
    );
  }
  assertEquals(readBits(new Slice(new Uint8Array([0xff])), 4, 8), 0xf0n);
  assertEquals(readBits(new Slice(new Uint8Array([0xff])), 40, 64), 0n);
});
