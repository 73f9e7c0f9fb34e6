import { assertEquals, assertNotEquals } from "@std/assert";
import { hash, randomHashKey } from "./hash.ts";
import { seeded } from "./test_util.ts";

/** HalfSipHash-1-3 as its paper puts it: a state of four words, one round for a word, three at the end. */
function reference(low: number, high: number, bytes: Uint8Array): number {
  const v = Uint32Array.of(low, high, 0x6c796765 ^ low, 0x74656462 ^ high);
  const add = (a: number, b: number) => v[a] = (v[a] ?? 0) + (v[b] ?? 0);
  const xor = (a: number, b: number) => v[a] = (v[a] ?? 0) ^ (v[b] ?? 0);
  const rotate = (a: number, by: number) => {
    const word = BigInt(v[a] ?? 0) << BigInt(by);
    v[a] = Number((word | word >> 32n) & 0xffffffffn);
  };
  const round = () => {
    add(0, 1), rotate(1, 5), xor(1, 0), rotate(0, 16);
    add(2, 3), rotate(3, 8), xor(3, 2);
    add(0, 3), rotate(3, 7), xor(3, 0);
    add(2, 1), rotate(1, 13), xor(1, 2), rotate(2, 16);
  };
  const padded = new Uint8Array((bytes.length >> 2) * 4 + 4);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 4) {
    const word = view.getUint32(at, true);
    v[3] = (v[3] ?? 0) ^ word;
    round();
    v[0] = (v[0] ?? 0) ^ word;
  }
  v[2] = (v[2] ?? 0) ^ 0xff;
  round(), round(), round();
  return (v[1] ?? 0) ^ (v[3] ?? 0);
}

Deno.test("hash() gives the known values of HalfSipHash-1-3", () => {
  // The first test vectors of `hsiphash` in Linux: of 0, 1, 2, … bytes 0, 1, 2, …
  // deno-fmt-ignore
  const known = [
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
    0x577999b1, 0xc839caed, 0xe4fa32cf, 0x959246ee, 0x6b28096c, 0x66dd9cd6, 0x16658a7c, 0xd0257b04,
  ];
  const bytes = Uint8Array.from(known, (_, i) => i);
  const key = { low: 0x03020100, high: 0x07060504 };
  assertEquals(known.map((_, length) => hash(key, bytes, 0, length) >>> 0), known);
});

Deno.test("hash() does as the reference for any bytes, wherever they lie", () => {
  const random = seeded(1);
  for (let i = 0; i < 2000; i++) {
    const [low, high] = [random() * 2 ** 32 | 0, random() * 2 ** 32 | 0];
    const bytes = Uint8Array.from({ length: random() * 70 }, () => random() * 256);
    const moved = new Uint8Array(bytes.length + 9).fill(random() * 256);
    const start = Math.floor(random() * 10);
    moved.set(bytes, start);
    assertEquals(hash({ low, high }, moved, start, bytes.length), reference(low, high, bytes));
  }
});

Deno.test("hash() of keys that collide under one secret does not collide under another", () => {
  const [known, secret] = [{ low: 1, high: 2 }, randomHashKey()];
  const buckets = 1 << 10;
  const counts = new Map<number, number>();
  let colliding = 0;
  for (let i = 0; colliding < 128; i++) {
    const bytes = new TextEncoder().encode(`key:${i}`);
    if ((hash(known, bytes, 0, bytes.length) & (buckets - 1)) !== 0) continue;
    colliding++;
    const bucket = hash(secret, bytes, 0, bytes.length) & (buckets - 1);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  // Of 128 keys in 1024 buckets, seven in one has a probability of 10^-7.
  assertEquals(Math.max(...counts.values()) < 7, true);
});

Deno.test("randomHashKey() makes another one each time", () => {
  assertNotEquals(randomHashKey(), randomHashKey());
});
