import { assert, assertEquals } from "@std/assert";
import { latin1Slice, Slice } from "../store/slice.ts";
import { Reply } from "./reply.ts";

/** What is written, each byte a character. */
function written(write: (reply: Reply) => void, resp: 2 | 3 = 2): string {
  const reply = new Reply();
  reply.resp = resp;
  write(reply);
  return new Slice(reply.written()).latin1();
}

Deno.test("Reply writes each kind in RESP2 and in RESP3", () => {
  const cases: [(reply: Reply) => void, string, string?][] = [
    [(reply) => reply.ok(), "+OK\r\n"],
    [(reply) => reply.queued(), "+QUEUED\r\n"],
    [(reply) => reply.simple("PONG"), "+PONG\r\n"],
    [(reply) => reply.error("ERR no"), "-ERR no\r\n"],
    [(reply) => reply.error("ERR a\r\nb\nc"), "-ERR a  b c\r\n"],
    [(reply) => reply.bigInteger(-(2n ** 63n)), ":-9223372036854775808\r\n"],
    [(reply) => reply.bulk(new Slice(new Uint8Array([1, 0, 255, 2]), 1, 2)), "$2\r\n\0\xff\r\n"],
    [(reply) => reply.text("caf\xe9"), "$4\r\ncaf\xe9\r\n"],
    [(reply) => reply.bulkInteger(2n ** 63n), "$19\r\n9223372036854775808\r\n"],
    [(reply) => reply.null(), "$-1\r\n", "_\r\n"],
    [(reply) => reply.nullArray(), "*-1\r\n", "_\r\n"],
    [(reply) => reply.boolean(true), ":1\r\n", "#t\r\n"],
    [(reply) => reply.boolean(false), ":0\r\n", "#f\r\n"],
    [(reply) => reply.double("1.5"), "$3\r\n1.5\r\n", ",1.5\r\n"],
    [(reply) => reply.bigNumber("123"), "$3\r\n123\r\n", "(123\r\n"],
    [(reply) => reply.verbatim("text"), "$4\r\ntext\r\n", "=8\r\ntxt:text\r\n"],
    [(reply) => reply.verbatim("# x", "mkd"), "$3\r\n# x\r\n", "=7\r\nmkd:# x\r\n"],
    [(reply) => reply.array(2), "*2\r\n"],
    [(reply) => reply.map(2), "*4\r\n", "%2\r\n"],
    [(reply) => reply.set(2), "*2\r\n", "~2\r\n"],
    [(reply) => reply.push(2), "*2\r\n", ">2\r\n"],
    [(reply) => reply.raw(latin1Slice("+x\r\n").bytes), "+x\r\n"],
  ];
  for (const [write, resp2, resp3 = resp2] of cases) {
    assertEquals([written(write, 2), written(write, 3)], [resp2, resp3], write.toString());
  }
});

Deno.test("Reply.integer() writes what a double holds", () => {
  const cases = [0, 1, 9, 10, 99, 100, 12345, 999_999_999, 1e9, 2 ** 31, 2 ** 53];
  for (const value of [...cases, ...cases.filter((value) => value > 0).map((value) => -value)]) {
    assertEquals(written((reply) => reply.integer(value)), `:${value}\r\n`);
  }
});

Deno.test("Reply.bulkOf() writes strings of any length", () => {
  for (const length of [0, 1, 9, 10, 11, 19, 20, 47, 48, 49, 99, 100, 20_000]) {
    const text = "abcdefghij".repeat(Math.ceil(length / 10)).slice(0, length);
    const bytes = latin1Slice(`<${text}>`).bytes;
    const actual = written((reply) => {
      reply.ok();
      reply.bulkOf(bytes, 1, length);
      reply.ok();
    });
    assertEquals(actual, `+OK\r\n$${length}\r\n${text}\r\n+OK\r\n`);
  }
});

Deno.test("Reply.end() puts what was counted before it, also of what is within", () => {
  const write = (kind: "array" | "map" | "set" | "push" | undefined) => (reply: Reply) => {
    reply.ok();
    const outer = reply.begin();
    reply.integer(1);
    const inner = reply.begin();
    reply.text("x".repeat(30));
    reply.end(inner, 1);
    reply.end(outer, 2, kind);
  };
  const content = `:1\r\n*1\r\n$30\r\n${"x".repeat(30)}\r\n`;
  assertEquals(written(write(undefined)), `+OK\r\n*2\r\n${content}`);
  assertEquals(written(write("map"), 3), `+OK\r\n%2\r\n${content}`);
  assertEquals(written(write("map"), 2), `+OK\r\n*4\r\n${content}`);
  assertEquals(written(write("set"), 3), `+OK\r\n~2\r\n${content}`);
  assertEquals(written(write("push"), 3), `+OK\r\n>2\r\n${content}`);
});

Deno.test("Reply.end() finds room for the header where the buffer is full", () => {
  const actual = written((reply) => {
    const begun = reply.begin();
    reply.text("x".repeat(16 * 1024 - 10));
    assertEquals(reply.length, reply.capacity);
    reply.end(begun, 1);
  });
  assertEquals(actual, `*1\r\n$16374\r\n${"x".repeat(16_374)}\r\n`);
});

Deno.test("Reply grows past any size, and loses nothing", () => {
  const reply = new Reply();
  assertEquals(reply.capacity, 0);
  let expected = "";
  for (let i = 0; i < 3000; i++) {
    const text = "abcdefghijklmnopqrstuvwxyz".repeat(i % 5).slice(i % 7);
    reply.text(text);
    reply.integer(i);
    reply.simple(text);
    expected += `$${text.length}\r\n${text}\r\n:${i}\r\n+${text}\r\n`;
  }
  assertEquals(reply.length, expected.length);
  assertEquals(new Slice(reply.written()).latin1(), expected);
  assert(reply.capacity < 4 * expected.length);
});

Deno.test("Reply.truncate() takes back, and take() takes all", () => {
  const reply = new Reply();
  reply.ok();
  const { length } = reply;
  reply.text("taken back");
  reply.truncate(length);
  const taken = reply.take();
  assertEquals(new Slice(taken).latin1(), "+OK\r\n");
  assertEquals([reply.length, reply.capacity], [0, 0]);
  reply.integer(1);
  assertEquals(new Slice(taken).latin1(), "+OK\r\n");
  assertEquals(new Slice(reply.written()).latin1(), ":1\r\n");
});

Deno.test("Reply.giveBack() has a buffer used again, unless it is large", () => {
  const reply = new Reply();
  reply.ok();
  const { buffer } = reply.take();
  Reply.giveBack(new Uint8Array(buffer, 0, 5));
  reply.integer(1);
  const again = reply.take();
  assertEquals(again.buffer === buffer, true);
  // It is whole again.
  Reply.giveBack(again);
  reply.text("x".repeat(16_000));
  assertEquals(reply.capacity, 16 * 1024);
  reply.text("x".repeat(16_000));
  const large = reply.take();
  Reply.giveBack(large);
  reply.ok();
  assertEquals(reply.take().buffer === large.buffer, false);
});

Deno.test("Reply.giveBack() keeps no more buffers than it should", () => {
  const take = (size: number) => {
    const reply = new Reply();
    reply.text("x".repeat(size));
    return reply.take();
  };
  // 8 MiB, of all sizes together.
  const taken = [16, 128].flatMap((size) =>
    Array.from({ length: 100 }, () => take(size * 1024 - 16))
  );
  for (const bytes of taken) Reply.giveBack(bytes);
  const known = new Set(taken.map(({ buffer }) => buffer));
  let reused = 0;
  for (const { length } of taken) {
    const { buffer } = take(length - 16);
    if (known.has(buffer)) reused += buffer.byteLength;
  }
  const LIMIT = 8 * 1024 * 1024;
  // Other tests have left some as well.
  assert(reused > LIMIT - 512 * 1024 && reused <= LIMIT, `${reused}`);
});

/** Replies of at most 100 000 bytes, and how often it was told that there are more. */
function limited(): { reply: Reply; told: () => number } {
  let told = 0;
  const reply = new Reply({ maxReply: 100_000, overflow: () => told++ });
  return { reply, told: () => told };
}

Deno.test("Reply drops what is past its limit, and all that is written since", () => {
  const value = new Slice(new Uint8Array(1000).fill(120));
  const writes: [string, (reply: Reply) => void][] = [
    ["bulk", (reply) => reply.bulk(value)],
    ["small", (reply) => reply.text("abc")],
    ["integer", (reply) => reply.integer(5)],
    ["line", (reply) => reply.simple("x".repeat(500))],
    ["raw", (reply) => reply.raw(new Uint8Array(300))],
  ];
  for (const [name, write] of writes) {
    const { reply, told } = limited();
    reply.ok();
    const begun = reply.begin();
    for (let i = 0; i < 100_000; i++) write(reply);
    assertEquals([reply.overflowed, told()], [true, 1], name);
    reply.end(begun, 100_000);
    reply.truncate(5);
    assert(reply.capacity <= 16 * 1024, name);
    reply.bulk(new Slice(new Uint8Array(50_000)));
    assert(reply.capacity <= 16 * 1024, name);
    for (const drop of ["simple", "text"] as const) reply[drop]("x".repeat(50_000));
    assert(reply.length <= reply.capacity, name);
    reply.reset();
    assertEquals([reply.overflowed, reply.length], [false, 0]);
    reply.ok();
    assertEquals(new Slice(reply.written()).latin1(), "+OK\r\n");
  }
});

Deno.test("Reply lets one value pass its limit, but not another after it", () => {
  const { reply, told } = limited();
  reply.array(2);
  reply.bulk(new Slice(new Uint8Array(300_000)));
  assertEquals([told(), reply.length > 300_000], [0, true]);
  reply.bulk(new Slice(new Uint8Array(300_000)));
  assertEquals([told(), reply.overflowed], [1, true]);
});
