import { assertEquals, assertThrows } from "@std/assert";
import { ArgsEncoder, type CallArgument } from "./encoder.ts";

/** The arguments as strings of one character for each byte. */
function encoded(encoder: ArgsEncoder, ...parts: CallArgument[]): string[] {
  const args = encoder.encode(parts);
  return Array.from({ length: args.count }, (_, i) => args.at(i).latin1());
}

Deno.test("ArgsEncoder.encode() takes strings as UTF-8, numbers as text and bytes as they are", () => {
  const encoder = new ArgsEncoder();
  const cases: [CallArgument, string][] = [
    ["SET", "SET"],
    ["", ""],
    ["\x7f\0", "\x7f\0"],
    ["\x80", "\xc2\x80"],
    ["né", "n\xc3\xa9"],
    ["\u20ac".repeat(11), "\xe2\x82\xac".repeat(11)],
    ["\u20ac".repeat(40), "\xe2\x82\xac".repeat(40)],
    ["\ud800", "\xef\xbf\xbd"],
    ["x".repeat(33), "x".repeat(33)],
    [-1.5, "-1.5"],
    [2n ** 64n, "18446744073709551616"],
    [new Uint8Array([255, 0, 13]), "\xff\0\r"],
  ];
  for (const [part, text] of cases) assertEquals(encoded(encoder, part), [text]);
  assertEquals(encoded(encoder, ...cases.map(([part]) => part)), cases.map(([, text]) => text));
});

Deno.test("ArgsEncoder.encode() makes room for much, and keeps none of it", () => {
  const encoder = new ArgsEncoder();
  const long = "x".repeat(3000);
  assertEquals(encoded(encoder, "a", long, "b", long, "c"), ["a", long, "b", long, "c"]);
  const bytes = new Uint8Array(100_000).fill(97);
  assertEquals(encoded(encoder, "a", bytes, "b"), ["a", "a".repeat(100_000), "b"]);
  const many = Array.from({ length: 1000 }, (_, i) => `${i}`);
  assertEquals(encoded(encoder, ...many), many);
  const args = encoder.encode(["a"]);
  assertEquals([args.bytes.length, args.starts.length], [4096, 64]);
});

Deno.test("ArgsEncoder.encode() goes on after an argument of another type", () => {
  const encoder = new ArgsEncoder();
  assertThrows(
    () => encoder.encode(["SET", { a: 1 } as unknown as string]),
    TypeError,
    "Cannot call with an argument of type object: expected a string, a number or a Uint8Array",
  );
  assertEquals(encoded(encoder, "GET", "a"), ["GET", "a"]);
});
