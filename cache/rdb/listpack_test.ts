import { assertEquals } from "@std/assert";
import { latin1Slice } from "../store/slice.ts";
import { listpackElementSize, ListpackWriter, readListpack } from "./listpack.ts";
import { fromHex, sliceAmid, toHex } from "./test_util.ts";

function write(...elements: string[]): string {
  const writer = new ListpackWriter();
  for (const element of elements) writer.add(latin1Slice(element));
  return toHex(writer.finish());
}

function read(hex: string): string[] | string {
  const elements: string[] = [];
  const wrong = readListpack(
    sliceAmid(fromHex(hex)),
    (element) => elements.push(element.latin1()),
  );
  return wrong ?? elements;
}

Deno.test("ListpackWriter writes the bytes that Redis does", () => {
  assertEquals(write("name", "alice", "age", "30"), SMALL);
  assertEquals(write(), "07000000" + "0000" + "ff");
});

const SMALL = "1b0000000400846e616d650585616c6963650683616765041e01ff";

Deno.test("readListpack() reads each kind of element as it was written", () => {
  const edges = [0, 127, 128, 4095, 4096, 32_767, 32_768, 8_388_607, 8_388_608, 2147483647];
  const integers = [
    ...edges.flatMap((edge) => [`${edge}`, `${-edge - 1}`]),
    ...["2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808"],
  ];
  const lengths = [0, 1, 63, 64, 122, 130, 4095, 4096, 16_380, 20_000, 2_097_160];
  const strings = [
    ...lengths.map((length) => "x".repeat(length)),
    ...["-0", "007", "+1", "1.5", "9223372036854775808", "\0\xff"],
  ];
  const elements = [...integers, ...strings];
  const hex = write(...elements);
  assertEquals(read(hex), elements);
  const size = elements.reduce((sum, one) => sum + listpackElementSize(latin1Slice(one)), 7);
  assertEquals(hex.length / 2, size);
});

Deno.test("readListpack() counts more elements than its header can say", () => {
  const writer = new ListpackWriter();
  for (let i = 0; i < 70_000; i++) writer.add(latin1Slice("1"));
  let count = 0;
  assertEquals(readListpack(writer.finish(), () => count++), undefined);
  assertEquals(count, 70_000);
  assertEquals(writer.count, 0);
});

Deno.test("readListpack() says what is wrong with a damaged one", () => {
  const cases: [string, string][] = [
    ["0600000000", "A listpack is too short"],
    ["08000000 0000 ff", "A listpack has another length than it says"],
    ["07000000 0100 ff", "A listpack has another number of elements"],
    ["07000000 0000 fe", "A listpack has no end"],
    ["09000000 0100 0102 ff", "An element of a listpack has another length from behind"],
    ["08000000 0100 01 ff", "An element of a listpack is cut off"],
    ["09000000 0100 8501 ff", "An element of a listpack is cut off"],
    ["08000000 0100 c1 ff", "An element of a listpack is cut off"],
    ["08000000 0100 e1 ff", "An element of a listpack is cut off"],
    ["08000000 0100 f1 ff", "An element of a listpack is cut off"],
    ["0c000000 0100 f0ffffffff ff", "An element of a listpack is cut off"],
    ["09000000 0100 f501 ff", "An element of a listpack is of no known kind"],
  ];
  for (const [hex, wrong] of cases) assertEquals([hex, read(hex)], [hex, wrong]);
});
