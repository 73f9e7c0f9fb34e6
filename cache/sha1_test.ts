import { assertEquals } from "@std/assert";
import { sha1, sha1Hex } from "./sha1.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("sha1() has the digests of RFC 3174", () => {
  const vectors: [string, number, string][] = [
    ["abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      1,
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
    ],
    ["a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"],
    [
      "0123456701234567012345670123456701234567012345670123456701234567",
      10,
      "dea356a2cddd90c7a7ecedc5ebb563934f460452",
    ],
    ["", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
  ];
  for (const [text, times, digest] of vectors) {
    assertEquals(sha1Hex(bytes(text.repeat(times))), digest);
  }
});

Deno.test("sha1() agrees with Web Crypto at each length, within an array", async () => {
  const data = Uint8Array.from({ length: 140 }, (_, i) => i * 7);
  for (let end = 3; end <= data.length; end++) {
    const part = data.slice(3, end);
    const expected = new Uint8Array(await crypto.subtle.digest("SHA-1", part));
    assertEquals(sha1(data, 3, end), expected);
  }
});
