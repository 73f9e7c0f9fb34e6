import { assertEquals } from "@std/assert";
import {
  countElements,
  elementAfter,
  elementBefore,
  Listpack,
  LISTPACK_END,
  LISTPACK_HEADER,
  sizeOfCount,
  writeListpackHeader,
} from "./listpack.ts";
import { latin1Slice } from "./slice.ts";

/** Each text, and the size of its element as redis-server has it. */
const SIZES: [string, number][] = [
  ...[["", 2], ["a", 3], ["0", 2], ["127", 2], ["128", 3], ["-1", 3], ["4095", 3]] as const,
  ...[["4096", 4], ["-4096", 3], ["-4097", 4], ["32767", 4], ["32768", 5], ["-32769", 5]] as const,
  ...[["8388607", 5], ["8388608", 6], ["-8388609", 6], ["2147483647", 6]] as const,
  ...[["2147483648", 10], ["-2147483648", 6], ["-2147483649", 10]] as const,
  ...[["9223372036854775807", 10], ["-9223372036854775808", 10]] as const,
  ...[["9223372036854775808", 21], ["007", 5], ["-0", 4], ["-", 3], ["1.5", 5]] as const,
  ...[["x".repeat(63), 65], ["x".repeat(64), 67], ["x".repeat(4095), 4099]] as const,
  ...[["x".repeat(4096), 4103], ["x".repeat(16_376), 16_383], ["x".repeat(125), 128]] as const,
  ...[["x".repeat(126), 130], ["x".repeat(16_378), 16_386]] as const,
  ["x".repeat(2_097_150), 2_097_159],
].map(([text, size]) => [text as string, size as number]);

Deno.test("Listpack writes each element in its size, and reads it forwards and backwards", () => {
  const listpack = new Listpack();
  const size = SIZES.reduce((sum, [, size]) => sum + size, LISTPACK_HEADER + 1);
  const bytes = new Uint8Array(size);
  writeListpackHeader(bytes, SIZES.length);
  let at = LISTPACK_HEADER;
  for (const [text, size] of SIZES) {
    const next = listpack.write(bytes, at, latin1Slice(text));
    assertEquals(next - at, size, text.slice(0, 30));
    assertEquals(elementAfter(bytes, at), next);
    assertEquals(elementBefore(bytes, next), at);
    assertEquals(listpack.read(bytes, at).latin1(), text);
    if (/^-?\d{1,18}$/.test(text) && text !== "007" && text !== "-0") {
      assertEquals(listpack.readInteger(bytes, at), next);
      const value = BigInt(listpack.high) << 32n | BigInt(listpack.low >>> 0);
      assertEquals(value, BigInt(text));
    }
    at = next;
  }
  bytes[at] = LISTPACK_END;
  assertEquals(at + 1, size);
  assertEquals(countElements(bytes, 0, size), SIZES.length);
});

Deno.test("sizeOfCount() is the size of the element", () => {
  const bytes = new Uint8Array(20);
  for (
    const value of [0, 127, 128, 4095, 4096, 32_767, 32_768, 8_388_607, 8_388_608, 2 ** 31 - 1]
  ) {
    assertEquals(new Listpack().writeCount(bytes, 0, value), sizeOfCount(value));
  }
});

Deno.test("countElements() refuses what is no listpack", () => {
  const listpack = new Listpack();
  const bytes = new Uint8Array(30);
  let at = listpack.write(bytes, LISTPACK_HEADER, latin1Slice("hello"));
  at = listpack.write(bytes, at, latin1Slice("1000"));
  const whole = bytes.subarray(0, at + 1);
  writeListpackHeader(whole, 2);
  whole[at] = LISTPACK_END;
  const count = (bytes: Uint8Array) => countElements(bytes, 0, bytes.length);
  assertEquals(count(whole), 2);
  const changed = (at: number, byte: number) => {
    const copy = whole.slice();
    copy[at] = byte;
    return copy;
  };
  assertEquals(count(changed(4, 3)), -1, "another number of elements");
  assertEquals(count(changed(0, 9)), -1, "another size");
  assertEquals(count(changed(at, 0)), -1, "no end");
  assertEquals(count(changed(LISTPACK_HEADER, 0xf5)), -1, "no such encoding");
  assertEquals(count(changed(LISTPACK_HEADER, 0xf0)), -1, "longer than all");
  assertEquals(count(changed(LISTPACK_HEADER + 6, 7)), -1, "another length behind");
  assertEquals(count(whole.subarray(0, 5)), -1, "too short");
  const uncounted = changed(4, 0xff);
  uncounted[5] = 0xff;
  assertEquals(count(uncounted), 2);
});
