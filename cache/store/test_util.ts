/** What the store's tests share. @module */

import type { HashKey } from "./hash.ts";

/**
 * The hash key of tables whose tests must not differ from run to run: chance makes chains longer than four
 * entries, whose last ones `Dict.random()` returns less often.
 */
export const HASH_KEY: HashKey = { low: 0x12345678, high: 0x0abcdef0 };

/** A generator of numbers from 0 to below 1, always the same for a seed: mulberry32 by Tommy Ettinger. */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs something with a system that has memory for only so many more buffers, each of a bounded size. */
export function withBuffers<T>(count: number, run: () => T, largest = Infinity): T {
  const { ArrayBuffer } = globalThis;
  globalThis.ArrayBuffer = class extends ArrayBuffer {
    constructor(size: number) {
      if (size > largest || count-- <= 0) throw new RangeError("Array buffer allocation failed");
      super(size);
    }
  } as ArrayBufferConstructor;
  try {
    return run();
  } finally {
    globalThis.ArrayBuffer = ArrayBuffer;
  }
}
