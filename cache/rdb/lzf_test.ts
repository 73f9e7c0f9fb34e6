import { assert, assertEquals } from "@std/assert";
import { compress, decompress, mayBecome } from "./lzf.ts";
import { seeded } from "../store/test_util.ts";
import { fromHex, sliceAmid } from "./test_util.ts";

function roundTrip(data: Uint8Array): number {
  const { bytes, start, length } = sliceAmid(data);
  const out = new Uint8Array(length + 5);
  const limit = Math.max(length - 4, 0);
  const size = compress(bytes, start, length, out, 5, limit);
  assert(size <= limit);
  if (size > 0) {
    const back = new Uint8Array(length);
    assert(decompress(out, 5, size, back));
    assertEquals(back, data);
    assert(mayBecome(size, length));
  }
  return size;
}

Deno.test("compress() makes what decompress() makes the same of, or says that it is not worth it", () => {
  const random = seeded(1);
  for (let i = 0; i < 400; i++) {
    const length = Math.floor(random() * (i % 20 === 0 ? 20_000 : 300));
    const letters = 1 + Math.floor(random() * random() * 256);
    roundTrip(Uint8Array.from({ length }, () => random() * letters));
  }
});

Deno.test("compress() finds repetitions up to 8 KiB back and of any length", () => {
  assert(roundTrip(new Uint8Array(100_000).fill(7)) < 1200);
  const random = seeded(2);
  const noise = Uint8Array.from({ length: 8000 }, () => random() * 256);
  const twice = new Uint8Array([...noise, ...noise]);
  assert(roundTrip(twice) < 8400);
  assertEquals(roundTrip(noise), 0);
});

Deno.test("compress() leaves what is too short", () => {
  for (let length = 0; length < 8; length++) assertEquals(roundTrip(new Uint8Array(length)), 0);
});

Deno.test("compress() is not misled by what it was given before", () => {
  const text = new TextEncoder().encode("abcabcabcabcabcabcabcabcabcabcabcabc");
  const first = new Uint8Array(64);
  const second = new Uint8Array(64);
  const size = compress(text, 0, text.length, first, 0, 60);
  for (let i = 0; i < 3; i++) compress(text, 1, text.length - 1, second, 0, 60);
  assertEquals(compress(text, 0, text.length, second, 0, 60), size);
  assertEquals(second.subarray(0, size), first.subarray(0, size));
});

Deno.test("decompress() refuses what is damaged", () => {
  const cases: [string, number][] = [
    ["05 61", 6], // six bytes are announced, one is there
    ["00 61", 2], // it becomes less
    ["01 61 62", 1], // it becomes more
    ["20", 3], // a reference without its offset
    ["e0", 9], // a reference without its length
    ["e0 00", 9],
    ["00 61 20 05", 4], // from before the beginning
    ["00 61 20 00", 3], // a reference that becomes more
  ];
  for (const [hex, length] of cases) {
    const bytes = fromHex(hex);
    assertEquals([hex, decompress(bytes, 0, bytes.length, new Uint8Array(length))], [hex, false]);
  }
  assertEquals(mayBecome(10, 1_000_000), false);
});
