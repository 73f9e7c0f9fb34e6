import { assertEquals, assertThrows } from "@std/assert";
import { LogError, LogReader } from "./append_only_reader.ts";
import { latin1Slice } from "./store/slice.ts";

/** A reader of a text, of which each read gives so many bytes. */
function readerOf(text: string, readSize = Infinity): LogReader {
  const { bytes } = latin1Slice(text);
  let at = 0;
  const read = (into: Uint8Array) => {
    const part = bytes.subarray(at, at + Math.min(into.length, readSize));
    into.set(part);
    at += part.length;
    return part.length;
  };
  return new LogReader({ size: bytes.length, read });
}

/** All requests, and how the file ends. */
function readAll(reader: LogReader): { requests: string[][]; end: string; start: number } {
  const requests: string[][] = [];
  while (true) {
    const next = reader.next();
    if (next !== "request") return { requests, end: next, start: reader.start };
    const { args } = reader;
    requests.push(Array.from({ length: args.count }, (_, i) => args.at(i).latin1()));
  }
}

function encode(...args: string[]): string {
  return `*${args.length}\r\n` + args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("");
}

Deno.test("LogReader reads requests and leaves annotations out, whatever a read gives", () => {
  const large = "x".repeat(600_000);
  const requests = [["SET", "a", "1\r\n2"], ["SET", "", large], ["DEL", "a"], ["SET", "b", large]];
  const text = "#TS:1\r\n" + requests.map((args) => encode(...args)).join("#TS:22\r\n") + "#\n";
  for (const readSize of [1, 7, 100_000, Infinity]) {
    if (readSize < 100 && text.length > 1e6) continue;
    assertEquals(readAll(readerOf(text, readSize)), { requests, end: "end", start: text.length });
  }
  const small = encode("SET", "a", "1") + "#TS:1\r\n" + encode("DEL", "a");
  for (const readSize of [1, 2, 3]) {
    const { requests } = readAll(readerOf(small, readSize));
    assertEquals(requests, [["SET", "a", "1"], ["DEL", "a"]]);
  }
});

Deno.test("LogReader tells where a file is cut, wherever that is", () => {
  const first = encode("SET", "a", "1");
  const second = encode("SET", "b", "22222");
  for (let length = 0; length <= second.length; length++) {
    const text = first + second.slice(0, length);
    const { requests, end, start } = readAll(readerOf(text));
    const isWhole = length === 0 || length === second.length;
    assertEquals(requests.length, length === second.length ? 2 : 1);
    assertEquals([end, start], isWhole ? ["end", text.length] : ["cut", first.length]);
  }
  assertEquals(readAll(readerOf(`${first}#TS:1`)).end, "cut");
});

Deno.test("LogReader does not believe a length that the file cannot have", () => {
  assertEquals(readAll(readerOf("*2\r\n$900000000000\r\nabc")).end, "cut");
  assertEquals(readAll(readerOf("*900000000000\r\n$1\r\na\r\n")).end, "cut");
});

Deno.test("LogReader says where a file is damaged", () => {
  const good = encode("SET", "a", "1");
  const cases: [string, string][] = [
    ["SET a 1\r\n", 'Expected "*" and not the byte 83 at byte 27'],
    ["\0\0\0", 'Expected "*" and not the byte 0 at byte 27'],
    ["*0\r\n", "There is a request of nothing at byte 27"],
    ["*-1\r\n", "Expected a number in a line at byte 27"],
    ["*x\r\n", "Expected a number in a line at byte 27"],
    ["*\r\n", "Expected a number in a line at byte 27"],
    ["*1\n$1\r\na\r\n", "Expected a number in a line at byte 27"],
    ["*1\r\n:1\r\n", 'Expected "$" and not the byte 58 at byte 31'],
    ["*1\r\n$1\r\nabc\r\n", "An argument does not end where it should at byte 36"],
    ["*1\r\n$x\r\na\r\n", "Expected a number in a line at byte 31"],
    [`#${"x".repeat(2000)}\r\n`, "A line is too long at byte 27"],
  ];
  assertEquals(good.length, 27);
  for (const [text, message] of cases) {
    const reader = readerOf(good + text);
    assertEquals(reader.next(), "request");
    assertEquals(assertThrows(() => reader.next(), LogError).message, message);
  }
});
