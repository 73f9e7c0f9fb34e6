import { assertEquals, assertThrows } from "@std/assert";
import {
  CorruptHyperLogLogError,
  countElements,
  hashElement,
  isDense,
  isHyperLogLog,
  keepCount,
  keptCount,
  Registers,
  Sketch,
} from "./hyperloglog.ts";
import { latin1Slice, Slice } from "./store/slice.ts";

const MAX_SPARSE = 3000;

async function digest(value: Slice): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-1", value.copy());
  return new Uint8Array(hash).toHex();
}

/** A HyperLogLog of so many elements. */
function sketchOf(count: number, maxSparse = MAX_SPARSE): Sketch {
  const sketch = new Sketch();
  for (let i = 0; i < count; i++) {
    sketch.raise(hashElement(latin1Slice(`element:${i}`)), maxSparse);
  }
  return sketch;
}

Deno.test("Sketch has the bytes of Redis' HyperLogLogs", async () => {
  // The count, Redis' own estimate, and the hash of GET's reply.
  const recorded = [
    [10, 10, "dd7cf3784918baa4c956f1723b1cebdb193228f7"],
    [300, 301, "8cf5469c56dda7c16b135c513338c25d78b9b8b6"],
    [1300, 1294, "b928440390e03d67a828ca1bc075b2fd997bc9dc"],
    [5000, 5005, "bca0dbfad679cb86321724f01f53d9036308ed62"],
    [100_000, 100_039, "e93ddd40b895726dee7091c32a113a2d5fc36aa8"],
  ] as const;
  for (const [count, estimated, hash] of recorded) {
    const { value } = sketchOf(count);
    assertEquals(isHyperLogLog(value), true);
    assertEquals(isDense(value), count >= 5000);
    assertEquals(keptCount(value), undefined);
    assertEquals(await digest(value), hash, `${count}`);
    assertEquals(countElements(value), BigInt(estimated));
    keepCount(value, BigInt(estimated));
    assertEquals(keptCount(value), BigInt(estimated));
  }
});

Deno.test("hashElement() takes elements of any length", async () => {
  const sketch = new Sketch();
  for (let length = 0; length < 40; length++) {
    const element = "abcdefghijklmnopqrstuvwxyz".repeat(2).slice(0, length);
    sketch.raise(hashElement(latin1Slice(element)), MAX_SPARSE);
  }
  assertEquals(await digest(sketch.value), "dedb41e21302484ccd5ebaa702e955920b6b98e6");
});

Deno.test("Registers merges sparse and dense HyperLogLogs to the same", () => {
  const values = ["sparse", "dense"].map((encoding) => {
    const sketch = sketchOf(700);
    if (encoding === "dense") sketch.makeDense();
    const registers = new Registers();
    registers.merge(sketch.value);
    registers.merge(new Sketch().value);
    assertEquals(registers.count(), countElements(sketch.value));
    return [...registers.values];
  });
  assertEquals(values[0], values[1]);
  const merged = new Registers();
  for (const count of [300, 6000, 20]) merged.merge(sketchOf(count).value);
  const target = new Sketch(sketchOf(300).value);
  target.raiseAll(merged, MAX_SPARSE);
  assertEquals(target.value.copy().subarray(16), sketchOf(6000).value.copy().subarray(16));
});

Deno.test("Sketch.raise() keeps the largest value of each register", () => {
  // By a model: registers in an array, raised at random, sparse for long and then dense.
  let seed = 7;
  const next = (bound: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % bound;
  };
  for (const [near, maxSparse] of [[300, 100_000], [16_384, 2000], [16_384, 100_000]] as const) {
    const model = new Uint8Array(16_384);
    const sketch = new Sketch();
    for (let i = 0; i < 6000; i++) {
      const index = next(near);
      const value = 1 + next(near === 300 ? 3 : 33);
      assertEquals(sketch.raise(value << 14 | index, maxSparse), value > (model[index] ?? 0));
      model[index] = Math.max(model[index] ?? 0, value);
      if (i % 500 !== 0) continue;
      const registers = new Registers();
      registers.merge(sketch.value);
      assertEquals(registers.values, model);
    }
  }
});

Deno.test("Sketch.raise() makes it dense for a value that is too large", () => {
  for (const value of [32, 33]) {
    const sketch = new Sketch();
    assertEquals(sketch.raise(value << 14 | 5, MAX_SPARSE), true);
    assertEquals(isDense(sketch.value), value === 33);
  }
});

Deno.test("countElements() estimates what few elements could have made", () => {
  // Three bytes of four registers each, repeated, and what Redis counts.
  const recorded = [
    [[0x33, 0, 0], 4869n],
    [[0xb3, 0x2c, 0x8b], 812136362026742n],
    [[0x33, 0x14, 0x41], 1239265604n],
    [[0x41, 0x10, 0x04], 23637n],
    // All are 51, the most that a hash can give, or 63: there is no estimate.
    [[0xf3, 0x3c, 0xcf], -(2n ** 63n)],
    [[0xff, 0xff, 0xff], -(2n ** 63n)],
  ] as const;
  for (const [registers, count] of recorded) {
    const bytes = new Uint8Array(12_304);
    bytes.set([0x48, 0x59, 0x4c, 0x4c]);
    for (let i = 16; i < bytes.length; i += 3) bytes.set(registers, i);
    const merged = new Registers();
    merged.merge(new Slice(bytes));
    assertEquals(countElements(new Slice(bytes)), count);
    assertEquals(merged.count(), count);
  }
});

Deno.test("countElements() throws where runs are missing or too many", () => {
  const sparse = (...runs: number[]) => {
    const value = new Sketch().value.copy();
    return new Slice(new Uint8Array([...value.subarray(0, 16), ...runs]));
  };
  for (const runs of [[], [0x7f, 0xfe], [0x7f, 0xff, 0x00], [0x7f], [0x7f, 0xff, 0x80]]) {
    const value = sparse(...runs);
    assertThrows(() => countElements(value), CorruptHyperLogLogError);
    assertThrows(() => new Registers().merge(value), CorruptHyperLogLogError);
    assertThrows(() => new Sketch(value).makeDense(), CorruptHyperLogLogError);
  }
  assertEquals(countElements(sparse(0x7f, 0xff)), 0n);
});
