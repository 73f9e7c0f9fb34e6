import { assertEquals } from "@std/assert";
import {
  addLongDoubles,
  ceilThousandfold,
  formatInteger,
  formatLongDouble,
  type LongDouble,
  MAX_INT64,
  MIN_INT64,
  parseInt64,
  parseInteger,
  parseLongDouble,
} from "./number.ts";
import { latin1Slice } from "./store/slice.ts";

Deno.test("parseInteger() and parseInt64() read the one form that Redis prints", () => {
  const numbers = [
    ...["0", "1", "-1", "9", "10", "-90", "123456789012345", "-12345678901234"],
    ...["123456789012346", "9007199254740993", "-9007199254740993"],
    ...[`${MAX_INT64}`, `${MIN_INT64}`],
  ];
  for (const text of numbers) {
    assertEquals([text, parseInteger(latin1Slice(text))], [text, Number(text)]);
    assertEquals([text, parseInt64(latin1Slice(text))], [text, BigInt(text)]);
  }
  const others = [
    ...["", "-", "-0", "+1", "00", "01", "-01", " 1", "1 ", "1a", "a", "1.0", "1e3", "0x1", "--1"],
    ...["12345678901234a", "1234567890123456a", "0123456789012345", "1234567890123456789012"],
    ...[`${MAX_INT64 + 1n}`, `${MIN_INT64 - 1n}`, "1/", "1:", "/", ":", "\0"],
  ];
  for (const text of others) {
    assertEquals([text, parseInteger(latin1Slice(text))], [text, NaN]);
    assertEquals([text, parseInt64(latin1Slice(text))], [text, undefined]);
  }
});

Deno.test("formatInteger() prints every 64-bit integer", () => {
  const values = [0, 7, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 9, 1e15, 2 ** 53 - 1, 2 ** 53];
  for (const value of [...values, ...values.filter((value) => value > 0).map((value) => -value)]) {
    assertEquals(formatInteger(value).latin1(), String(value));
  }
  for (const value of [0n, MAX_INT64, MIN_INT64]) {
    assertEquals(formatInteger(value).latin1(), String(value));
  }
});

const parse = (text: string) => parseLongDouble(latin1Slice(text));

/** Adds as `INCRBYFLOAT` does, from text to text. */
function sum(a: string, b: string): string | number | undefined {
  const [one, other] = [parse(a), parse(b)];
  if (one === undefined || other === undefined) return undefined;
  const result = addLongDoubles(one, other);
  return typeof result === "number" ? result : formatLongDouble(result);
}

Deno.test("addLongDoubles() adds as an x87 does, to the last digit that Redis prints", () => {
  // What redis-server 7.0.15 replies to INCRBYFLOAT.
  for (
    const [a, b, expected] of [
      ["17179869184.1", "0.3", "17179869184.40000000037252903"],
      ["0.1", "0.2", "0.3"],
      ["3", "1.5", "4.5"],
      ["1.5", "-1.5", "0"],
      ["5e3", "0", "5000"],
      ["1e2", "-2.5e-1", "99.75"],
      ["0x10", "0x.8p1", "17"],
      ["-0", "0", "0"],
      ["1", "1e-20", "1"],
      ["10000000000000000000", "1", "10000000000000000001"],
      ["18446744073709551616", "1", "18446744073709551616"],
      ["18446744073709551616", "3", "18446744073709551620"],
      // Rounded up to one bit more.
      ["36893488147419103231", "0", "36893488147419103232"],
      ["-1", "-.5", "-1.5"],
      ["1e-17", "0", "0.00000000000000001"],
      ["1e-18", "0", "0"],
    ] as const
  ) {
    assertEquals([a, b, sum(a, b)], [a, b, expected]);
  }
});

Deno.test("addLongDoubles() ends in infinities and NaN as a number", () => {
  assertEquals(sum("inf", "1"), Infinity);
  assertEquals(sum("1", "-Infinity"), -Infinity);
  assertEquals(sum("inf", "-inf"), NaN);
  assertEquals(sum("1.1e4932", "1.1e4932"), Infinity);
  assertEquals(sum("-1.1e4932", "-1.1e4932"), -Infinity);
});

Deno.test("parseLongDouble() takes what strtold() takes whole and within its range", () => {
  for (
    const text of [
      ...["", " 1", "1 ", "a", "1a", ".", "e5", "-", "+", "0x", "0x.", "0x1p", "1e", "nan", "1\0"],
      ...["1e5000", "-1e5000", "1e-5000", "1e99999999", "0x1p16384", "0x1p-20000", "0x1p999999"],
      "1".repeat(5120),
    ]
  ) {
    assertEquals([text, parse(text)], [text, undefined]);
  }
  assertEquals(parse("infinity"), Infinity);
  assertEquals(parse("-inf"), -Infinity);
  for (
    const [text, mantissa, exponent] of [
      ["0", 0n, 0],
      ["0e99999999", 0n, 0],
      ["1", 1n << 63n, -63],
      ["+.5", 1n << 63n, -64],
      ["-2.", -(1n << 63n), -62],
      ["0x1p16383", 1n << 63n, 16_320],
      // Half to even, at the 64th bit.
      ["18446744073709551617", 1n << 63n, 1],
      ["18446744073709551619", (1n << 63n) + 2n, 1],
    ] as const
  ) {
    assertEquals([text, parse(text)], [text, { mantissa, exponent }]);
  }
});

Deno.test("formatLongDouble() prints as %.17Lf, without the zeros at the end", () => {
  for (
    const [mantissa, exponent, expected] of [
      [0n, 0, "0"],
      [1n, 0, "1"],
      [-3n, -1, "-1.5"],
      [5n, 3, "40"],
      [1n, -60, "0"],
      [1n, -57, "0.00000000000000001"],
      [-1n, -80, "0"],
    ] as const
  ) {
    assertEquals([mantissa, exponent, formatLongDouble({ mantissa, exponent })], [
      mantissa,
      exponent,
      expected,
    ]);
  }
});

Deno.test("ceilThousandfold() rounds up to milliseconds", () => {
  for (
    const [text, expected] of [
      ["0", 0n],
      ["1", 1000n],
      ["0.0001", 1n],
      ["1.0001", 1001n],
      ["-0.0001", 0n],
      ["-1.5", -1500n],
      ["1e20", 10n ** 23n],
    ] as const
  ) {
    assertEquals([text, ceilThousandfold(parse(text) as LongDouble)], [text, expected]);
  }
});
