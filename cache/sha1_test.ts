import { assertEquals } from "@std/assert";
import { sha1Hex } from "./sha1.ts";
import { latin1Slice, Slice } from "./store/slice.ts";

Deno.test("sha1Hex() hashes the vectors of RFC 3174", () => {
  const alphabet = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  for (
    const [text, hash] of [
      ["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
      ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
      [alphabet, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
      ["a".repeat(1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"],
      ["01234567".repeat(80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"],
    ] as const
  ) assertEquals(sha1Hex(latin1Slice(text)), hash);
});

Deno.test("sha1Hex() hashes any length as the platform does", async () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i * 7);
  for (let length = 0; length < 200; length++) {
    const part = new Slice(bytes, 5, length);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", part.copy()));
    const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    assertEquals(sha1Hex(part), hash);
  }
});
