import { assertEquals } from "@std/assert";
import { Int64 } from "./int64.ts";
import { latin1Slice } from "./slice.ts";

Deno.test("Int64 reads and prints every kind of integer", () => {
  const value = new Int64();
  const numbers = [0n, 1n, 9n, 10n, 32_767n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n];
  numbers.push(999_999_999_999_999n, 10n ** 15n, 2n ** 53n + 1n, 2n ** 63n - 1n);
  for (const number of numbers) {
    for (const signed of [number, -number, -number - 1n]) {
      assertEquals(value.parse(latin1Slice(String(signed))), true, String(signed));
      assertEquals(value.text().latin1(), String(signed));
      assertEquals(BigInt(value.high) << 32n | BigInt(value.low >>> 0), signed);
    }
  }
});

Deno.test("Int64.parse() takes only what it would print", () => {
  const texts = ["", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1.0", "1e3", "0x1", "a"];
  texts.push("9223372036854775808", "-9223372036854775809", "18446744073709551616", "1/", "1:");
  texts.push("123456789012345678901", "1234567890123456x", "99999999999999999999");
  for (const text of texts) assertEquals(new Int64().parse(latin1Slice(text)), false, text);
});
