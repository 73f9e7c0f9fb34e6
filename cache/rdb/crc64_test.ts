import { assertEquals } from "@std/assert";
import { latin1Slice, Slice } from "../store/slice.ts";
import { Crc64 } from "./crc64.ts";
import { toHex } from "./test_util.ts";

const LOREM =
  "This is a test of the emergency broadcast system. And it is longer than 64 bytes, too.";

function digest(text: string, ...ends: number[]): string {
  const { bytes } = latin1Slice(text);
  const crc = new Crc64();
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    crc.update(bytes, start, end);
    start = end;
  }
  return toHex(new Slice(crc.digest()));
}

Deno.test("Crc64 has the check value of its kind", () => {
  assertEquals(digest("123456789"), "cad9b8c414d9c6e9");
  assertEquals(digest(""), "0000000000000000");
});

Deno.test("Crc64.update() takes the parts of a whole, whatever their lengths", () => {
  const whole = digest(LOREM);
  for (let i = 0; i <= LOREM.length; i++) {
    assertEquals(digest(LOREM, i), whole);
    assertEquals(digest(LOREM, Math.floor(i / 3), i), whole);
  }
});
