import { assertEquals } from "@std/assert";
import type { Slice } from "../store/slice.ts";
import { fromHex, sliceAmid } from "./test_util.ts";
import { readIntset, readZiplist, readZipmap } from "./ziplist.ts";

type Reader = (pack: Slice, visit: (element: Slice) => void) => string | undefined;

function elements(reader: Reader, hex: string): string[] | string {
  const found: string[] = [];
  return reader(sliceAmid(fromHex(hex)), (element) => found.push(element.latin1())) ?? found;
}

function check(reader: Reader, cases: [string, string[] | string][]): void {
  for (const [hex, expected] of cases) {
    assertEquals([hex, elements(reader, hex)], [hex, expected]);
  }
}

/** A ziplist of one entry that is its kind and its bytes. */
function ziplist(entry: string, count = "0100"): string {
  const size = (11 + 1 + fromHex(entry).length).toString(16).padStart(2, "0");
  return `${size}000000 0a000000 ${count} 00${entry} ff`;
}

Deno.test("readZiplist() reads each kind of entry", () => {
  check(readZiplist, [
    ["0b000000 0a000000 0000 ff", []],
    [ziplist("f1"), ["0"]],
    [ziplist("fd"), ["12"]],
    [ziplist("fe80"), ["-128"]],
    [ziplist("c0ff7f"), ["32767"]],
    [ziplist("f0000080"), ["-8388608"]],
    [ziplist("d000000080"), ["-2147483648"]],
    [ziplist("e0ffffffffffffff7f"), ["9223372036854775807"]],
    [ziplist("026162"), ["ab"]],
    [ziplist("40026162"), ["ab"]],
    [ziplist("80000000026162"), ["ab"]],
    [ziplist("026162", "ffff"), ["ab"]],
    // The second entry has the long form of the length before it.
    ["13000000 0c000000 0200 00f2 fe02000000f3 ff", ["1", "2"]],
  ]);
});

Deno.test("readZiplist() says what is wrong with a damaged one", () => {
  check(readZiplist, [
    ["0a000000 0a000000 00", "A ziplist is too short"],
    ["0c000000 0a000000 0000 ff", "A ziplist has another length than it says"],
    ["0b000000 0a000000 0100 ff", "A ziplist has another number of entries"],
    ["0b000000 0b000000 0000 ff", "A ziplist has its last entry elsewhere"],
    ["0b000000 0a000000 0000 fe", "A ziplist has no end"],
    ["0d000000 0a000000 0100 01f2 ff", "An entry of a ziplist is not chained"],
    ["0d000000 0a000000 0100 fef2 ff", "An entry of a ziplist is cut off"],
    ["11000000 0a000000 0100 fe01000000f2 ff", "An entry of a ziplist is not chained"],
    ["0c000000 0a000000 0100 00 ff", "An entry of a ziplist is cut off"],
    [ziplist("c0ff"), "An entry of a ziplist is cut off"],
    [ziplist("0361"), "An entry of a ziplist is cut off"],
    [ziplist("40"), "An entry of a ziplist is cut off"],
    [ziplist("8000"), "An entry of a ziplist is cut off"],
    [ziplist("80ffffffff61"), "An entry of a ziplist is cut off"],
    [ziplist("8161"), "An entry of a ziplist is of no known kind"],
    [ziplist("c161"), "An entry of a ziplist is of no known kind"],
  ]);
});

Deno.test("readZipmap() reads fields and values, with the room between them", () => {
  check(readZipmap, [
    ["00 ff", []],
    ["02 026631 0200 7631 026632 0201 7632 00 ff", ["f1", "v1", "f2", "v2"]],
    [
      `01 fefe000000${"6b".repeat(254)} feff00000000 ${"76".repeat(255)} ff`,
      ["k".repeat(254), "v".repeat(255)],
    ],
  ]);
});

Deno.test("readZipmap() says what is wrong with a damaged one", () => {
  check(readZipmap, [
    ["ff", "A zipmap is too short"],
    ["00 fe", "A zipmap has no end"],
    ["01 0261 ff", "A zipmap is cut off"],
    ["01 0161 ff", "A zipmap is cut off"],
    ["01 fe0100000061 010062 ff", "A zipmap has a small length in five bytes"],
    ["01 0161 01 ff", "A zipmap is cut off"],
    ["01 0161 0100 ff", "A zipmap is cut off"],
    ["01 0161 0105 62 ff", "A zipmap is cut off"],
    ["01 fe01 ff", "A zipmap is cut off"],
    ["01 0161 ff 0062 ff", "A zipmap ends too early"],
  ]);
});

Deno.test("readIntset() reads integers of each width", () => {
  check(readIntset, [
    ["02000000 00000000", []],
    ["02000000 03000000 feff 0100 0300", ["-2", "1", "3"]],
    ["04000000 02000000 01000000 a0860100", ["1", "100000"]],
    ["08000000 01000000 0000000000000080", ["-9223372036854775808"]],
  ]);
});

Deno.test("readIntset() says what is wrong with a damaged one", () => {
  check(readIntset, [
    ["02000000", "An integer set is too short"],
    ["03000000 00000000", "An integer set has no known width"],
    ["02000000 02000000 0100", "An integer set has another length"],
    ["02000000 02000000 0100 0100", "An integer set is not in order"],
    ["02000000 02000000 0100 ffff", "An integer set is not in order"],
  ]);
});
