import { assert, assertEquals } from "@std/assert";
import { latin1Slice } from "../store/slice.ts";
import { Args, ProtocolError, RequestReader, splitWords } from "./request.ts";

const LIMITS = { maxBulk: 512 * 2 ** 20, maxBuffer: 2 ** 30, restricted: false };

/** Gives a reader text in pieces of at most so many bytes; returns the requests that came of it. */
function feed(reader: RequestReader, text: string, size = Infinity): (string[] | string)[] {
  const requests: (string[] | string)[] = [];
  const { bytes } = latin1Slice(text);
  for (let from = 0; from < bytes.length;) {
    const room = reader.room();
    assert(room.length > 0);
    const piece = bytes.subarray(from, from + Math.min(size, room.length));
    room.set(piece);
    reader.received(piece.length);
    from += piece.length;
    try {
      while (reader.next()) requests.push(wordsOf(reader.args));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return [...requests, error.message];
    }
  }
  return requests;
}

function wordsOf(args: Args): string[] {
  return Array.from({ length: args.count }, (_, i) => args.at(i).latin1());
}

/** What becomes of one text, in one piece. */
function read(text: string, limits: Partial<typeof LIMITS> = {}): (string[] | string)[] {
  return feed(new RequestReader({ ...LIMITS, ...limits }), text);
}

Deno.test("RequestReader reads requests that come in pieces of any size", () => {
  const text = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$12\r\nline\r\n*1\r\n$3\r\n" +
    "PING\r\n" +
    "\r\n" +
    "*0\r\n*-1\r\n*-7\r\n" +
    "*2\r\n$0\r\n\r\n$2\r\n\0\xff\r\n" +
    'ECHO "a b"\n' +
    "*12\r\n" + "$1\r\nx\r\n".repeat(12) +
    "*1\r\n$4\r\nQUIT\r\n";
  const expected = [
    ["SET", "a", "line\r\n*1\r\n$3"],
    ["PING"],
    [],
    [],
    [],
    [],
    ["", "\0\xff"],
    ["ECHO", "a b"],
    Array(12).fill("x"),
    ["QUIT"],
  ];
  for (let size = 1; size <= text.length; size++) {
    const reader = new RequestReader(LIMITS);
    assertEquals(feed(reader, text, size), expected, `pieces of ${size}`);
    assertEquals(reader.pending, 0);
  }
});

Deno.test("RequestReader counts what belongs to no complete request as pending", () => {
  const reader = new RequestReader(LIMITS);
  assertEquals(feed(reader, "PING\r\n*2\r\n$4\r\nEC"), [["PING"]]);
  assertEquals(reader.pending, "*2\r\n$4\r\nEC".length);
  assertEquals(feed(reader, "HO\r\n$1\r\nx\r\n"), [["ECHO", "x"]]);
  assertEquals(reader.pending, 0);
});

Deno.test("RequestReader reads quotes and escapes of inline commands", () => {
  const cases: [string, string[] | string][] = [
    ["SET a b", ["SET", "a", "b"]],
    [" \t\v\fSET \t a  ", ["SET", "a"]],
    [`"a\\x41\\n\\r\\t\\b\\a\\\\\\"\\z"`, [`aA\n\r\t\b\x07\\"z`]],
    [`"\\xZZ"`, ["xZZ"]],
    [`'a\\'b\\n"'`, [`a'b\\n"`]],
    [`pre"fix"`, ["prefix"]],
    [`"" ''`, ["", ""]],
    [`a"b`, "unbalanced quotes in request"],
    [`'a`, "unbalanced quotes in request"],
    [`"a"b`, "unbalanced quotes in request"],
    [`'a'b`, "unbalanced quotes in request"],
  ];
  for (const [line, expected] of cases) {
    assertEquals(splitWords(line), typeof expected === "string" ? undefined : expected, line);
    assertEquals(read(`${line}\r\n`), [expected], line);
  }
});

Deno.test("RequestReader says what must not be sent, in Redis' words", () => {
  const line = "1".repeat(64 * 1024 + 1);
  const cases: [string, string][] = [
    ["*a\r\n", "invalid multibulk length"],
    ["*\r\n", "invalid multibulk length"],
    ["*01\r\n", "invalid multibulk length"],
    ["*2147483648\r\n", "invalid multibulk length"],
    ["*99999999999999999999999\r\n", "invalid multibulk length"],
    ["*1\r\n$-1\r\n", "invalid bulk length"],
    ["*1\r\n$x\r\n", "invalid bulk length"],
    ["*1\r\n$536870913\r\n", "invalid bulk length"],
    ["*1\r\n$10000000000\r\n", "invalid bulk length"],
    ["*1\r\nPING\r\n", "expected '$', got 'P'"],
    ["*2\r\n$1\r\na\r\n:1\r\n", "expected '$', got ':'"],
    [`*${line}`, "too big mbulk count string"],
    [`*1\r\n$${line}`, "too big bulk count string"],
    [`*1\r\nx${line}`, "too big bulk count string"],
    [line, "too big inline request"],
  ];
  for (const [text, message] of cases) assertEquals(read(text), [message], text.slice(0, 40));
});

Deno.test("RequestReader waits where a line has not ended, as a C string ends at a NUL", () => {
  for (const text of ["*1", "*1\r", "*\0" + "1\r\n", "PI", "PI\0NG\r\n", "*1\r\nx", "*1\r\n$"]) {
    const reader = new RequestReader(LIMITS);
    assertEquals(feed(reader, text), [], text);
    assert(reader.pending > 0);
  }
  assertEquals(read("1".repeat(64 * 1024 - 2) + "\r\n"), [["1".repeat(64 * 1024 - 2)]]);
});

Deno.test("RequestReader limits what a client may send that has not authenticated itself", () => {
  const restricted = { restricted: true };
  const ten = "*10\r\n" + "$1\r\nx\r\n".repeat(10);
  assertEquals(read(ten, restricted), [Array(10).fill("x")]);
  assertEquals(read("*11\r\n", restricted), ["unauthenticated multibulk length"]);
  const longest = "x".repeat(16 * 1024);
  assertEquals(read(`*1\r\n$16384\r\n${longest}\r\n`, restricted), [[longest]]);
  assertEquals(read("*1\r\n$16385\r\n", restricted), ["unauthenticated bulk length"]);
  assertEquals(read("*11\r\n$16385\r\n"), []);
});

Deno.test("RequestReader heeds limits that change between two requests", () => {
  const limits = { ...LIMITS, maxBulk: 3 };
  const reader = new RequestReader(limits);
  assertEquals(feed(reader, "*1\r\n$3\r\nabc\r\n"), [["abc"]]);
  limits.maxBulk = 2;
  assertEquals(feed(reader, "*1\r\n$3\r\nabc\r\n"), ["invalid bulk length"]);
});

Deno.test("RequestReader gives up without a word when a request is larger than the buffer may be", () => {
  const limits = { maxBuffer: 100 };
  assertEquals(read(`*1\r\n$1000\r\n${"x".repeat(88)}`, limits), []);
  assertEquals(read(`*1\r\n$1000\r\n${"x".repeat(90)}`, limits), [""]);
  assertEquals(read(`*100\r\n${"$1\r\nx\r\n".repeat(14)}`, limits), [""]);
  assertEquals(read(`*100\r\n${"$1\r\nx\r\n".repeat(14)}$1`, limits), [""]);
  assertEquals(read(`*100\r\n${"$1\r\nx\r\n".repeat(14)}x`, limits), [""]);
});

Deno.test("RequestReader starts small, grows with what comes, and gives it back", () => {
  const reader = new RequestReader(LIMITS);
  assertEquals(reader.capacity, 2048);
  assertEquals(feed(reader, "PING\r\n"), [["PING"]]);
  assertEquals(reader.capacity, 2048);
  // A full buffer is a busy client.
  assertEquals(feed(reader, "*1\r\n$5000\r\n" + "x".repeat(2100)), []);
  assertEquals(reader.capacity, 16 * 1024);
  assertEquals(feed(reader, "x".repeat(2900) + "\r\n"), [["x".repeat(5000)]]);
  const large = "y".repeat(1_000_000);
  assertEquals(feed(reader, `*2\r\n$1\r\na\r\n$1000000\r\n${large}\r\n`), [["a", large]]);
  assert(reader.capacity >= 1_000_000 && reader.capacity < 4_000_000);
  reader.room();
  assertEquals(reader.capacity, 16 * 1024);
  assertEquals(feed(reader, "PING\r\n"), [["PING"]]);
});

Deno.test("RequestReader reads much of a large argument at a time, but nothing after it", () => {
  const reader = new RequestReader(LIMITS);
  feed(reader, `*2\r\n$4\r\nECHO\r\n$1000000\r\n${"x".repeat(300_000)}`);
  assertEquals(reader.room().length, 256 * 1024);
  feed(reader, "x".repeat(600_000));
  assertEquals(reader.room().length, 100_002);
  feed(reader, "x".repeat(99_000));
  assertEquals(reader.room().length, 1002);
  feed(reader, "x".repeat(1000) + "\r\n");
  assertEquals(reader.room().length, 16 * 1024);
});

Deno.test("RequestReader takes no memory for what is only announced", () => {
  const reader = new RequestReader(LIMITS);
  assertEquals(feed(reader, "*1000000\r\n$500000000\r\nabc"), []);
  reader.room();
  assert(reader.capacity <= 32 * 1024);
});

Deno.test("RequestReader moves a request with its arguments to the front of the buffer", () => {
  const reader = new RequestReader(LIMITS);
  const values = Array.from({ length: 400 }, (_, i) => `${i}`.padEnd(137, "."));
  const text = values.map((value) => `*2\r\n$4\r\nECHO\r\n$137\r\n${value}\r\n`).join("");
  assertEquals(feed(reader, text, 9001), values.map((value) => ["ECHO", value]));
  assertEquals(reader.capacity <= 64 * 1024, true);
});

Deno.test("Args keeps, copies and cuts arguments", () => {
  const slices = ["SET", "", "value"].map(latin1Slice);
  const args = Args.of(slices);
  assertEquals(wordsOf(args), ["SET", "", "value"]);
  assertEquals(wordsOf(args.from(1)), ["", "value"]);
  assertEquals(wordsOf(args.from(3)), []);
  const copy = args.copy();
  args.bytes.fill(0);
  assertEquals(wordsOf(copy), ["SET", "", "value"]);
  const many = Args.of([]);
  for (let i = 0; i < 5; i++) many.push(i, 10 + i);
  assertEquals([...many.starts.subarray(0, 5)], [0, 1, 2, 3, 4]);
  assertEquals([...many.lengths.subarray(0, 5)], [10, 11, 12, 13, 14]);
});
