import { assertEquals } from "@std/assert";
import { formatDouble, parseDouble, parseScore } from "./double.ts";
import { latin1Slice } from "./store/slice.ts";

// What C's printf and strtod make of these.

Deno.test("formatDouble() prints as %.17g does", () => {
  for (
    const [value, text] of [
      [0, "0"],
      [-0, "-0"],
      [3, "3"],
      [-17, "-17"],
      [0.1, "0.10000000000000001"],
      [-1.5, "-1.5"],
      [1 / 3, "0.33333333333333331"],
      [3.141592653589793, "3.1415926535897931"],
      [2 ** 53, "9007199254740992"],
      [2 ** 56, "72057594037927936"],
      [1e16, "10000000000000000"],
      [1e17, "1e+17"],
      [123456789012345680000, "1.2345678901234568e+20"],
      [-1e300, "-1.0000000000000001e+300"],
      [1.7976931348623157e308, "1.7976931348623157e+308"],
      [0.0001, "0.0001"],
      [0.00001, "1.0000000000000001e-05"],
      [5e-324, "4.9406564584124654e-324"],
      [100.25, "100.25"],
      // In the middle between two: the even one.
      [6.2677993774414062, "6.2677993774414062"],
      [44998482742015.312, "44998482742015.312"],
      [1.0000000000000004, "1.0000000000000004"],
      [Infinity, "inf"],
      [-Infinity, "-inf"],
    ] as const
  ) {
    assertEquals(formatDouble(value), text);
  }
});

Deno.test("parseDouble() reads what Redis reads as a double", () => {
  for (
    const [text, value] of [
      ["0", 0],
      ["-0", -0],
      ["12", 12],
      ["-3.25", -3.25],
      ["+7", 7],
      ["5.", 5],
      [".5", 0.5],
      ["0.1", 0.1],
      ["123456789.123456", 123456789.123456],
      ["9007199254740993", 9007199254740992],
      ["1e3", 1000],
      ["1E-2", 0.01],
      ["-.5e+1", -5],
      ["inf", Infinity],
      ["-INF", -Infinity],
      ["+Infinity", Infinity],
      ["0x10", 16],
      ["-0X1.8p3", -12],
      ["0x.8", 0.5],
      ["0x8.", 8],
      ["0x1p-1074", 5e-324],
      // Half to even, also among the smallest.
      ["0x1.00000000000008p0", 1],
      ["0x1.00000000000018p0", 1 + 2 ** -51],
      ["0x1.8p-1074", 1e-323],
      ["0x1.fffffffffffffp1023", Number.MAX_VALUE],
      ["0x0p99999", 0],
      ["0e999", 0],
      ["4.9e-324", 5e-324],
      ["", NaN],
      ["-", NaN],
      [".", NaN],
      ["1.2.3", NaN],
      [" 1", NaN],
      ["1 ", NaN],
      ["1\0", NaN],
      ["1e", NaN],
      ["0x", NaN],
      ["0x.p1", NaN],
      ["0x1p", NaN],
      ["nan", NaN],
      ["infin", NaN],
      ["1e400", NaN],
      ["-1e400", NaN],
      ["1e-400", NaN],
      ["0x1p1024", NaN],
      ["0x1p-1075", NaN],
      ["0x1p-2000", NaN],
    ] as const
  ) {
    assertEquals([text, parseDouble(latin1Slice(text))], [text, value]);
  }
});

Deno.test("parseScore() reads a C string, and does not mind its range", () => {
  for (
    const [text, value] of [
      ["1.5", 1.5],
      ["", 0],
      ["\0abc", 0],
      ["2\0abc", 2],
      [" \t\n\v\f\r-3", -3],
      ["1e400", Infinity],
      ["-1e400", -Infinity],
      ["1e-400", 0],
      ["0x1p2000", Infinity],
      ["0x1p-2000", 0],
      ["-inf", -Infinity],
      [" ", NaN],
      ["1 ", NaN],
      ["nan", NaN],
      ["a", NaN],
    ] as const
  ) {
    assertEquals([text, parseScore(latin1Slice(text))], [text, value]);
  }
});
