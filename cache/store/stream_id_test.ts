import { assert, assertEquals } from "@std/assert";
import { readId, StreamId, writeId } from "./stream_id.ts";

/** An ID by its two numbers. */
function id(ms: bigint, seq: bigint): StreamId {
  const word = (value: bigint) => Number(BigInt.asIntN(32, value));
  return new StreamId(word(ms >> 32n), word(ms), word(seq >> 32n), word(seq));
}

const MAX = 2n ** 64n - 1n;
const EDGES = [
  ...[0n, 1n, 9n, 10n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n],
  ...[2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, MAX - 1n, MAX, 1_700_000_000_000n],
];

Deno.test("StreamId.text() prints both numbers without loss", () => {
  for (const ms of EDGES) {
    for (const seq of EDGES) assertEquals(id(ms, seq).text().latin1(), `${ms}-${seq}`);
  }
});

Deno.test("StreamId.compare() orders by time and then by number, without a sign", () => {
  const all = EDGES.flatMap((ms) => EDGES.map((seq) => ({ ms, seq, value: ms << 64n | seq })));
  for (const a of all) {
    for (const b of all) {
      const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      assertEquals(Math.sign(id(a.ms, a.seq).compare(id(b.ms, b.seq))), order);
    }
  }
});

Deno.test("StreamId.next() and previous() carry, and end at the largest and the smallest", () => {
  for (const ms of EDGES) {
    for (const seq of EDGES) {
      const value = ms << 64n | seq;
      const text = (value: bigint) => `${value >> 64n}-${value & MAX}`;
      const next = id(ms, seq).next()?.text().latin1();
      assertEquals(next, value === (MAX << 64n | MAX) ? undefined : text(value + 1n));
      const previous = id(ms, seq).previous()?.text().latin1();
      assertEquals(previous, value === 0n ? undefined : text(value - 1n));
    }
  }
});

Deno.test("StreamId.at() is the first of a time", () => {
  assertEquals(StreamId.at(1_700_000_000_123).text().latin1(), "1700000000123-0");
  assertEquals(StreamId.at(4_294_967_296).text().latin1(), "4294967296-0");
  assert(StreamId.MIN.isZero && !StreamId.MAX.isZero);
});

Deno.test("readId() reads what writeId() has written", () => {
  const words = new Int32Array(6);
  writeId(words, 1, id(2n ** 63n, 7n));
  assertEquals(readId(words, 1).text().latin1(), "9223372036854775808-7");
});
