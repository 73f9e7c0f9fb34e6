import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { Outbox } from "./outbox.ts";
import { settle } from "./test_util.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A writer that takes at most so many bytes at a time, in a later turn, until it is told to fail. */
class SlowWriter {
  written = "";
  writes = 0;
  error: Error | undefined;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  async write(data: Uint8Array): Promise<number> {
    this.writes++;
    const taken = data.subarray(0, this.#most);
    await new Promise((resolve) => setTimeout(resolve));
    if (this.error) throw this.error;
    // What is there by then, as a socket's buffer would take it.
    this.written += new TextDecoder().decode(taken);
    return taken.length;
  }
}

Deno.test("Outbox.write() writes each piece whole and in order, whoever writes", async () => {
  const writer = new SlowWriter(3);
  const outbox = new Outbox(writer, 100);
  assert(outbox.isEmpty);
  const order: string[] = [];
  const write = async (text: string) => {
    assertEquals(await outbox.write(bytes(text)), text.length);
    order.push(text);
    assert(writer.written.endsWith(text), writer.written);
  };
  const all = [write("first piece "), write("second piece "), write("third")];
  assertFalse(outbox.isEmpty);
  await Promise.all(all);
  assert(outbox.isEmpty);
  assertEquals(order, ["first piece ", "second piece ", "third"]);
  assertEquals(writer.written, order.join(""));
});

Deno.test("Outbox.write() hands the writer the bytes themselves, and at once when idle", () => {
  const given: Uint8Array[] = [];
  const outbox = new Outbox({ write: (data) => (given.push(data), Promise.resolve(4)) }, 100);
  const data = bytes("1234");
  outbox.write(data);
  assert(given[0] === data);
});

Deno.test("Outbox.send() takes copies, which keep their place among the writes", async () => {
  const writer = new SlowWriter(100);
  const outbox = new Outbox(writer, 100);
  const data = bytes("b");
  const write = outbox.write(bytes("a"));
  outbox.send(data);
  data.fill(0);
  outbox.send(bytes("c"));
  const last = outbox.write(bytes("d"));
  outbox.send(bytes("e"));
  assertEquals(outbox.buffered, 3);
  await Promise.all([write, last]);
  await outbox.write(new Uint8Array(0));
  assertEquals(writer.written, "abcde");
  assertEquals(outbox.buffered, 0);
  assert(outbox.isEmpty);
});

Deno.test("Outbox.send() joins copies that wait, and none that is on its way", async () => {
  const writer = new SlowWriter(100_000);
  const outbox = new Outbox(writer, 100_000);
  outbox.send(bytes("on its way,"));
  for (let i = 0; i < 1000; i++) outbox.send(bytes(`${i},`));
  await outbox.write(new Uint8Array(0));
  assertEquals(writer.writes, 2);
  const numbers = Array.from({ length: 1000 }, (_, i) => `${i},`).join("");
  assertEquals(writer.written, `on its way,${numbers}`);
});

Deno.test("Outbox.buffered counts copies down as they go out", async () => {
  const writer = new SlowWriter(4);
  const outbox = new Outbox(writer, 10);
  const seen: number[] = [];
  outbox.onProgress = () => seen.push(outbox.buffered);
  await outbox.write(bytes("not a copy"));
  assertEquals(seen, [0, 0, 0]);
  assert(outbox.hasRoomFor(10));
  assertFalse(outbox.hasRoomFor(11));
  const sent = outbox.send(bytes("0123456789"));
  assert(outbox.hasRoomFor(0));
  assertFalse(outbox.hasRoomFor(1));
  await sent;
  assertEquals(seen.slice(3), [6, 2, 0]);
});

Deno.test("Outbox passes an error on to the one whose piece it was", async () => {
  const writer = new SlowWriter(4);
  const outbox = new Outbox(writer, 100);
  writer.error = new Error("broken");
  const write = assertRejects(() => outbox.write(bytes("a")), Error, "broken");
  const sent = outbox.send(bytes("copy"));
  await write;
  await assertRejects(async () => void await sent, Error, "broken");
  assertEquals(outbox.buffered, 0);
  assert(outbox.isEmpty);
});

Deno.test("Outbox.close() drops what waits", async () => {
  const writer = new SlowWriter(4);
  const outbox = new Outbox(writer, 100);
  const first = outbox.write(bytes("a"));
  const second = assertRejects(() => outbox.write(bytes("b")), Deno.errors.Interrupted);
  const third = outbox.send(bytes("c"));
  outbox.close();
  await first;
  await second;
  await assertRejects(async () => void await third, Deno.errors.Interrupted);
  await assertRejects(() => outbox.write(bytes("d")), Deno.errors.Interrupted, "was closed");
  await settle();
  assertEquals(writer.written, "a");
  assertEquals(outbox.buffered, 0);
});
