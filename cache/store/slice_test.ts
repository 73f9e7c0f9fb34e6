import { assertEquals } from "@std/assert";
import { copyBytes, latin1Slice, Slice } from "./slice.ts";
import { seeded } from "./test_util.ts";

Deno.test("Slice reads a stretch of bytes without a copy", () => {
  const bytes = new TextEncoder().encode("..Grüße..");
  const slice = new Slice(bytes, 2, 7);
  assertEquals(slice.utf8(), "Grüße");
  assertEquals(slice.latin1(), "GrÃ¼Ã\x9fe");
  assertEquals(slice.at(1), 0x72);
  assertEquals(slice.part(2).utf8(), "üße");
  assertEquals(slice.part(0, 2).utf8(), "Gr");
  assertEquals(new Slice(bytes, 9).utf8(), "..");
  const copy = slice.copy();
  bytes[2] = 0x67;
  assertEquals([slice.at(0), copy[0]], [0x67, 0x47]);
});

Deno.test("Slice.utf8() keeps a byte order mark and replaces what is not UTF-8", () => {
  assertEquals(new Slice(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)).utf8(), "\ufeffa");
  assertEquals(new Slice(Uint8Array.of(0x61, 0xff)).utf8(), "a\ufffd");
});

Deno.test("Slice.latin1() and latin1Slice() keep every byte, of short texts and long ones", () => {
  for (const length of [0, 1, 16, 17, 4096, 4097, 70_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    assertEquals(latin1Slice(new Slice(bytes).latin1()).copy(), bytes);
  }
});

Deno.test("Slice compares by bytes, then by length", () => {
  const texts = ["", "\0", "a", "a\0", "ab", "b", "\x7f", "\x80", "\xff"];
  const slices = texts.map((text) => latin1Slice(`.${text}`).part(1));
  for (const [i, a] of slices.entries()) {
    for (const [j, b] of slices.entries()) {
      assertEquals(Math.sign(a.compare(b)), Math.sign(i - j));
      assertEquals(a.equals(b), i === j);
    }
  }
});

Deno.test("copyBytes() copies what it is told to and nothing else", () => {
  const random = seeded(2);
  for (let length = 0; length < 100; length++) {
    const from = Uint8Array.from({ length: 120 }, () => random() * 256);
    const to = new Uint8Array(130);
    copyBytes(from, 11, length, to, 3);
    const expected = new Uint8Array(130);
    expected.set(from.subarray(11, 11 + length), 3);
    assertEquals(to, expected);
  }
});
