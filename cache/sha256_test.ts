import { assertEquals } from "@std/assert";
import { sha256 } from "./sha256.ts";
import { latin1Slice, Slice } from "./store/slice.ts";

Deno.test("sha256() gives the digests of FIPS 180-4", () => {
  assertEquals(
    sha256(latin1Slice("")),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertEquals(
    sha256(latin1Slice("abc")),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("sha256() gives the runtime's own digests, at every length about a block's", async () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i * 7 + 3);
  for (let length = 0; length < 200; length++) {
    const part = bytes.slice(5, 5 + length);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", part));
    assertEquals(sha256(new Slice(bytes, 5, length)), digest.toHex(), `length ${length}`);
  }
});
