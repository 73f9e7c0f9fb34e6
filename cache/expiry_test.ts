import { assert, assertEquals } from "@std/assert";
import { Deadlines } from "./expiry.ts";
import { type Address, Arena, ArenaFullError } from "./store/arena.ts";
import { seeded, withBuffers } from "./store/test_util.ts";

const PLACE = 1;

/** Deadlines beside a Map of the same, in which the order of insertion is that of the turns. */
class Model {
  readonly arena = new Arena();
  readonly deadlines = new Deadlines(this.arena, PLACE);
  readonly times = new Map<Address, number>();

  newEntry(): Address {
    const entry = this.arena.allocate(16);
    this.arena.setWord(entry, PLACE, 0);
    return entry;
  }

  set(entry: Address, time: number): void {
    this.deadlines.set(entry, time);
    this.times.delete(entry);
    this.times.set(entry, time);
  }

  remove(entry: Address): void {
    this.deadlines.remove(entry);
    this.times.delete(entry);
    assertEquals(this.arena.word(entry, PLACE), 0);
  }

  /** The order in which all are due, by the model. */
  order(): Address[] {
    return [...this.times].sort(([, a], [, b]) => a - b).map(([entry]) => entry);
  }

  check(): void {
    assertEquals(this.deadlines.size, this.times.size);
    for (const [entry, time] of this.times) assertEquals(this.deadlines.deadline(entry), time);
    const first = this.deadlines.first();
    assertEquals(first, this.order()[0] ?? 0);
  }
}

Deno.test("Deadlines does what a sorted list does, ties in the order in which they were set", () => {
  const random = seeded(12);
  const model = new Model();
  const entries = Array.from({ length: 400 }, () => model.newEntry());
  for (let i = 0; i < 6000; i++) {
    const entry = entries[Math.floor(random() * entries.length)] ?? 0;
    // Times as they are, in milliseconds beyond 32 bits, and few enough that many are the same.
    if (random() < (i % 2000 < 1000 ? 0.8 : 0.3)) {
      model.set(entry, 1.7e12 + Math.floor(random() * 100));
    } else model.remove(entry);
    if (i % 10 === 0) model.check();
  }
  const order = model.order();
  assert(order.length > 50);
  for (const entry of order) {
    assertEquals(model.deadlines.first(), entry);
    model.remove(entry);
  }
  assertEquals(model.deadlines.first(), 0);
});

Deno.test("Deadlines keeps the order at sizes of several chunks, and gives their memory back", () => {
  const random = seeded(13);
  const model = new Model();
  const entries = Array.from({ length: 20_000 }, () => model.newEntry());
  const { used } = model.arena;
  for (const entry of entries) model.set(entry, Math.floor(random() * 5000));
  const { memory } = model.deadlines;
  assertEquals(model.arena.used - used, memory);
  assert(memory <= (20_000 + 4096) * 16);
  // To renew moves an entry: nothing grows.
  for (const entry of entries) model.set(entry, Math.floor(random() * 5000));
  assertEquals(model.deadlines.memory, memory);
  const order = model.order();
  for (const entry of order.splice(0, 19_000)) {
    assertEquals(model.deadlines.first(), entry);
    model.remove(entry);
  }
  assert(model.deadlines.memory <= 4096 * 16);
  for (const entry of order.splice(0, 990)) model.remove(entry);
  assert(model.deadlines.memory <= 64 * 16);
  for (const entry of order) model.remove(entry);
  assertEquals([model.deadlines.memory, model.arena.used], [0, used]);
});

Deno.test("Deadlines never copies more than one chunk to grow", () => {
  let copied = 0;
  class Counting extends Arena {
    override resize(address: Address, kept: number, size: number): Address {
      copied = Math.max(copied, kept);
      return super.resize(address, kept, size);
    }
  }
  const arena = new Counting();
  const deadlines = new Deadlines(arena, PLACE);
  for (let i = 0; i < 30_000; i++) {
    const entry = arena.allocate(16);
    arena.setWord(entry, PLACE, 0);
    deadlines.set(entry, i);
  }
  assertEquals(copied, 2048 * 16);
});

Deno.test("Deadlines keeps times of 64 bits exactly, and in order", () => {
  const model = new Model();
  const times = [2n ** 63n - 1n, 2n ** 63n - 2n, 2n ** 53n + 1n, 2n ** 53n, -(2n ** 63n), -5n, 1n];
  for (const time of times) model.deadlines.set(model.newEntry(), time);
  const order: bigint[] = [];
  for (let entry; (entry = model.deadlines.first()) !== 0; model.deadlines.remove(entry)) {
    order.push(model.deadlines.exactDeadline(entry));
  }
  assertEquals(order, times.sort((a, b) => a < b ? -1 : 1));
});

Deno.test("Deadlines is whole after the arena was full, and to remove needs no memory", () => {
  const model = new Model();
  const entries = Array.from({ length: 20_000 }, () => model.newEntry());
  let failures = 0;
  for (const entry of entries) {
    withBuffers(0, () => {
      try {
        model.set(entry, failures);
      } catch (error) {
        assert(error instanceof ArenaFullError);
        assertEquals(model.arena.word(entry, PLACE), 0);
        failures++;
      }
    });
  }
  assert(failures > 0);
  model.check();
  withBuffers(0, () => {
    for (const entry of model.order()) model.remove(entry);
  });
  model.check();
});

Deno.test("Deadlines.clear() gives all memory back at once", () => {
  const model = new Model();
  const { used } = model.arena;
  const entries = Array.from({ length: 10_000 }, () => model.newEntry());
  for (const entry of entries) model.set(entry, 1);
  model.deadlines.clear();
  for (const entry of entries) model.arena.free(entry);
  assertEquals([model.deadlines.size, model.deadlines.first(), model.arena.used], [0, 0, used]);
});
