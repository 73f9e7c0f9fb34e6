import { assertEquals, assertInstanceOf } from "@std/assert";
import { latin1Slice } from "../store/slice.ts";
import { readReply, ReplyError, type ReplyValue } from "./value.ts";

const read = (text: string) => readReply(latin1Slice(text).bytes, (bulk) => bulk.utf8());

Deno.test("readReply() reads each type of RESP3", () => {
  const cases: [string, ReplyValue][] = [
    ["+OK\r\n", "OK"],
    [":0\r\n", 0],
    [":-12\r\n", -12],
    [":9007199254740991\r\n", 9007199254740991],
    [":9007199254740992\r\n", 9007199254740992n],
    [":-9223372036854775808\r\n", -(2n ** 63n)],
    ["$-1\r\n", null],
    ["$0\r\n\r\n", ""],
    ["$16\r\n0123456789abcdef\r\n", "0123456789abcdef"],
    ["$17\r\n0123456789abcdefg\r\n", "0123456789abcdefg"],
    ["$7\r\na\r\nb\r\nc\r\n", "a\r\nb\r\nc"],
    ["$2\r\n\xc3\xa9\r\n", "é"],
    ["$3\r\n\xef\xbb\xbf\r\n", "\ufeff"],
    ["$1\r\n\xff\r\n", "\ufffd"],
    ["=8\r\ntxt:text\r\n", "text"],
    ["*-1\r\n", null],
    ["*0\r\n", []],
    ["*3\r\n:1\r\n*1\r\n$1\r\nx\r\n_\r\n", [1, ["x"], null]],
    [">2\r\n+pong\r\n:1\r\n", ["pong", 1]],
    ["%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n", new Map<string, ReplyValue>([["a", 1], ["b", [2]]])],
    ["~2\r\n+a\r\n+b\r\n", new Set(["a", "b"])],
    ["#t\r\n", true],
    ["#f\r\n", false],
    [",1.5\r\n", 1.5],
    [",inf\r\n", Infinity],
    [",-inf\r\n", -Infinity],
    ["(1234567999999999999999999999999999999\r\n", 1234567999999999999999999999999999999n],
    ["_\r\n", null],
    ["+first\r\n+second\r\n", "first"],
  ];
  for (const [text, value] of cases) assertEquals([text, read(text)], [text, value]);
});

Deno.test("readReply() returns an error, also within an array", () => {
  const error = read("-ERR no such key\r\n");
  assertInstanceOf(error, ReplyError);
  assertEquals([error.name, error.message], ["ReplyError", "ERR no such key"]);
  const [one, within] = read("*2\r\n:1\r\n-WRONGTYPE x\r\n") as ReplyValue[];
  assertEquals(one, 1);
  assertInstanceOf(within, ReplyError);
  assertEquals(within.message, "WRONGTYPE x");
});

Deno.test("readReply() makes of bulk strings what it is told to", () => {
  const { bytes } = latin1Slice("*2\r\n$2\r\n\xff\0\r\n+x\r\n");
  assertEquals(readReply(bytes, (bulk) => bulk.copy()), [new Uint8Array([255, 0]), "x"]);
});
