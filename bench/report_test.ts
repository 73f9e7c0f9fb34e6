import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { drawing, ratio, replaceSection, table } from "./report.ts";

Deno.test("table() is Markdown", () => {
  assertEquals(
    table(["a", "b"], [["x", 1], ["y", 2]]),
    "| a | b |\n| --- | --- |\n| x | 1 |\n| y | 2 |",
  );
});

Deno.test("replaceSection() replaces what stands between the comments, and nothing else", () => {
  const text =
    "before\n<!-- a -->\nold\n<!-- end of a -->\nbetween\n<!-- b -->\n<!-- end of b -->\n";
  assertEquals(
    replaceSection(text, "a", "new"),
    "before\n<!-- a -->\n\nnew\n\n<!-- end of a -->\nbetween\n<!-- b -->\n<!-- end of b -->\n",
  );
  assertThrows(() => replaceSection(text, "c", "new"), Error, "Cannot find the section c");
});

Deno.test("ratio() is taken round by round", () => {
  assertEquals(ratio([2, 6, 9], [2, 4, 10]), "1.00 (0.90 to 1.50)");
});

Deno.test("drawing() draws a bar for each value, the longest for the highest", () => {
  const bars = [{ name: "a", value: 10, ours: true }, { name: "b <", value: 40, ours: false }];
  const svg = drawing("Title", [{ title: "Panel", bars, digits: 1 }]);
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, w]) =>
    Number(w)
  );
  assertEquals(widths.length, 2);
  const [a = 0, b = 0] = widths;
  assert(Math.abs(b - 4 * a) < 0.2);
  for (const text of [">10.0<", ">40.0<", ">b &lt;<", ">Panel<"]) assertStringIncludes(svg, text);
});

Deno.test("docs/benchmarks.md has a place for every table that is written into it", () => {
  const root = `${import.meta.dirname}/..`;
  const text = Deno.readTextFileSync(`${root}/docs/benchmarks.md`);
  const writers = [...Deno.readDirSync(`${root}/bench`)].flatMap(({ name, isFile }) =>
    isFile
      ? [...Deno.readTextFileSync(`${root}/bench/${name}`).matchAll(/\bpublish\(\s*"([\w-]+)"/g)]
      : []
  );
  assertEquals(writers.map(([, section]) => section).sort(), [
    "bench",
    "soak",
    "survival",
  ]);
  for (const [, section = ""] of writers) replaceSection(text, section, "");
});
