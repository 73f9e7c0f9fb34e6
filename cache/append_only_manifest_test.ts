import { assertEquals, assertThrows } from "@std/assert";
import {
  EMPTY_MANIFEST,
  increment,
  lastIncrement,
  type Manifest,
  nextBase,
  parseManifest,
  printManifest,
} from "./append_only_manifest.ts";

const MANIFEST = `file appendonly.aof.2.base.rdb seq 2 type b
file appendonly.aof.1.base.rdb seq 1 type h
file appendonly.aof.1.incr.aof seq 1 type h
file appendonly.aof.2.incr.aof seq 2 type i
file appendonly.aof.3.incr.aof seq 3 type i
`;

Deno.test("parseManifest() reads what printManifest() prints, in Redis' order", () => {
  const manifest = parseManifest(MANIFEST);
  assertEquals(manifest, {
    base: { name: "appendonly.aof.2.base.rdb", sequence: 2 },
    increments: [increment(2), increment(3)],
    history: [{ name: "appendonly.aof.1.base.rdb", sequence: 1 }, increment(1)],
  });
  assertEquals(printManifest(manifest), MANIFEST);
  assertEquals(printManifest(EMPTY_MANIFEST), "");
});

Deno.test("printManifest() quotes names that are not plain", () => {
  for (const name of ["a b", 'a"b', "a\\", "é"]) {
    const manifest: Manifest = { ...EMPTY_MANIFEST, base: { name, sequence: 1 } };
    assertEquals(printManifest(manifest).startsWith('file "'), true);
    if (!name.includes("\\")) assertEquals(parseManifest(printManifest(manifest)), manifest);
  }
});

Deno.test("parseManifest() takes comments, blanks, any case and words of later versions", () => {
  const { base } = parseManifest(
    "# a comment\n  FILE a.aof seq 7 TYPE base later 1 \r\n",
  );
  assertEquals(base, { name: "a.aof", sequence: 7 });
});

Deno.test("parseManifest() says what is wrong, and in which line", () => {
  const good = "file a seq 1 type b\n";
  const cases: [string, string][] = [
    ["", "There is no end of the line at line 1"],
    [good.trimEnd(), "There is no end of the line at line 1"],
    [`${good}${"#".padStart(1024)}\n`, "There is no end of the line at line 2"],
    [`${good}\n`, "It is no line of a manifest at line 2"],
    [`${good}${good}`, "There is a second base at line 2"],
    ["file a seq 1\n", "It is no line of a manifest at line 1"],
    ["file a seq 1 type b odd\n", "It is no line of a manifest at line 1"],
    ["file a seq x type b\n", "It is no line of a manifest at line 1"],
    ["file a seq 0 type b\n", "It is no line of a manifest at line 1"],
    ['file "a seq 1 type b\n', "It is no line of a manifest at line 1"],
    ["file ../a seq 1 type b\n", "There is a path in place of a name at line 1"],
    ["file a seq 1 type x\n", 'There is an unknown type "x" at line 1'],
    [
      "file a seq 2 type i\nfile b seq 2 type i\n",
      "The sequence of increments does not ascend at line 2",
    ],
  ];
  for (const [text, message] of cases) {
    assertEquals(assertThrows(() => parseManifest(text), Error).message, message);
  }
});

Deno.test("nextBase() and lastIncrement() give no name that a file still has", () => {
  assertEquals(nextBase(EMPTY_MANIFEST).name, "appendonly.aof.1.base.rdb");
  assertEquals(lastIncrement(EMPTY_MANIFEST), 0);
  const history = [{ name: "appendonly.aof.4.base.aof", sequence: 4 }, increment(9)];
  const manifest: Manifest = { base: undefined, increments: [increment(7)], history };
  assertEquals(nextBase(manifest).name, "appendonly.aof.5.base.rdb");
  assertEquals(lastIncrement(manifest), 9);
});
