import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Address, Arena, ArenaFullError } from "./arena.ts";
import { Dict, ENTRY_WORDS } from "./dict.ts";
import { latin1Slice } from "./slice.ts";
import { HASH_KEY, seeded, withBuffers } from "./test_util.ts";

const VALUE = ENTRY_WORDS;

/** A table of numbers by their names, beside a Map of the same. */
class Model {
  readonly map = new Map<string, number>();
  readonly dict: Dict;
  readonly table: Address;

  constructor(readonly arena = new Arena()) {
    this.dict = new Dict(arena, (ENTRY_WORDS + 1) * 4, HASH_KEY);
    this.table = this.dict.create();
  }

  set(key: string, value: number): void {
    const slice = latin1Slice(key);
    const found = this.dict.find(this.table, slice);
    assertEquals(found !== 0, this.map.has(key));
    const entry = found === 0 ? this.dict.insert(this.table, slice) : found;
    this.arena.setWord(entry, VALUE, value);
    this.map.set(key, value);
  }

  delete(key: string): void {
    const entry = this.dict.find(this.table, latin1Slice(key));
    assertEquals(entry !== 0, this.map.delete(key));
    if (entry !== 0) this.dict.remove(this.table, entry);
  }

  name(entry: Address): string {
    return this.dict.key(entry).latin1();
  }

  check(): void {
    const { arena, dict, table, map } = this;
    assertEquals(dict.size(table), map.size);
    for (const [key, value] of map) {
      const entry = dict.find(table, latin1Slice(key));
      assert(entry !== 0, key);
      assertEquals(arena.word(entry, VALUE), value);
    }
    const seen = new Set<string>();
    let visits = 0;
    let entries = 0;
    dict.walk(table, (entry) => {
      visits++;
      entries += dict.entrySize(entry);
      seen.add(this.name(entry));
    });
    assertEquals([visits, seen.size], [map.size, map.size]);
    assertEquals(dict.tableSize(table) + entries, arena.used);
    const buckets = dict.buckets(table);
    assert(buckets >= map.size && buckets <= Math.max(4, 2 * map.size + 2), `${buckets} buckets`);
  }
}

Deno.test("Dict does what a Map does, through growth and shrinking", () => {
  const random = seeded(6);
  const model = new Model();
  let target = 0;
  for (const next of [3, 0, 100, 5000, 3000, 9000, 4090, 4100, 50, 10_000, 0]) {
    for (let i = 0; target !== next && i < Math.abs(next - target) * 2.5; i++) {
      const key = `${Math.floor(random() * Math.max(next, target) * 1.5)}`.repeat(
        i % 50 === 0 ? 30 : 1,
      );
      if ((random() < 0.8) === (next > target)) model.set(key, i);
      else model.delete(key);
    }
    while (model.map.size > next) model.delete([...model.map.keys()].pop() ?? "");
    for (let i = 0; model.map.size < next; i++) model.set(`more:${i}`, i);
    target = next;
    model.check();
  }
  assertEquals(model.dict.buckets(model.table), 4);
  model.dict.destroy(model.table);
  assertEquals([model.arena.used, model.arena.reserved], [0, 0]);
});

Deno.test("Dict takes any bytes as a key, none and many", () => {
  const model = new Model();
  for (const key of ["", "\0", "\0\0", "\xff\xfe", "a".repeat(100_000), "a".repeat(100_001)]) {
    model.set(key, key.length);
    model.check();
  }
});

Deno.test("Dict grows and shrinks one bucket at a time: no insertion or removal does much", () => {
  let steps = 0;
  let copied = 0;
  class Counting extends Arena {
    override word(address: Address, index: number): number {
      steps++;
      return super.word(address, index);
    }
    override resize(address: Address, kept: number, size: number): Address {
      copied = kept;
      return super.resize(address, kept, size);
    }
  }
  const arena = new Counting();
  const dict = new Dict(arena, 12, HASH_KEY);
  const table = dict.create();
  const entries: Address[] = [];
  let [worst, worstCopy] = [0, 0];
  const measure = (run: () => void) => {
    steps = copied = 0;
    run();
    worst = Math.max(worst, steps);
    worstCopy = Math.max(worstCopy, copied);
  };
  for (let i = 0; i < 100_000; i++) {
    const key = latin1Slice(`${i}`);
    measure(() => entries.push(dict.insert(table, key)));
  }
  for (const entry of entries) measure(() => dict.remove(table, entry));
  // A chain of some twenty at the worst, a handful of words for each, and the table's own.
  assert(worst < 120, `${worst} words`);
  assert(worstCopy <= 16_384, `${worstCopy} bytes`);
});

Deno.test("Dict.scan() visits what is there throughout, though the table grows and shrinks", () => {
  const random = seeded(7);
  let visits = 0;
  let visited = 0;
  for (let round = 0; round < 24; round++) {
    const model = new Model();
    const stays = Math.ceil(2 ** (random() * 9));
    let comes = Math.floor(2 ** (random() * 10));
    for (let i = 0; i < stays; i++) model.set(`stays:${i}`, i);
    for (let i = 0; i < comes; i++) model.set(`comes:${i}`, i);
    const seen = new Set<string>();
    let cursor = 0;
    let steps = 0;
    do {
      cursor = model.dict.scan(model.table, cursor, (entry) => {
        visits++;
        seen.add(model.name(entry));
      });
      // Between the steps: another target each time in some rounds, steady growth or shrinking in others.
      const target = Math.floor(2 ** (random() * 10) - 1);
      const change = round % 3 === 0 ? target - comes : round % 3 === 1 ? 20 : -20;
      for (let i = 0; i < Math.abs(change); i++) {
        if (change > 0 && comes < 3000) model.set(`comes:${comes++}`, 0);
        else if (comes > 0) model.delete(`comes:${--comes}`);
      }
      steps++;
    } while (cursor !== 0 && steps < 20_000);
    assertEquals(cursor, 0, "It ends");
    for (let i = 0; i < stays; i++) assert(seen.has(`stays:${i}`), `stays:${i} in round ${round}`);
    visited += seen.size;
  }
  // What the table's changes cost in visits more than once.
  assert(visits < 2 * visited, `${visits} visits of ${visited}`);
});

Deno.test("Dict.scan() visits each once, in no more steps than there are buckets, if nothing changes", () => {
  for (const count of [0, 1, 4, 5, 100, 4096, 5000]) {
    const model = new Model();
    for (let i = 0; i < count; i++) model.set(`${i}`, i);
    const seen: string[] = [];
    let cursor = 0;
    let steps = 0;
    do {
      cursor = model.dict.scan(model.table, cursor, (entry) => {
        seen.push(model.name(entry));
      });
      steps++;
    } while (cursor !== 0);
    assertEquals([seen.length, new Set(seen).size], [count, count]);
    assert(steps <= model.dict.buckets(model.table));
  }
});

Deno.test("Dict.scan() takes any cursor, and ends from it", () => {
  const model = new Model();
  for (let i = 0; i < 100; i++) model.set(`${i}`, i);
  for (const start of [1, 63, 64, 127, 128, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32 + 5, 2 ** 53 - 1]) {
    let cursor = start;
    for (let steps = 0; steps < 128; steps++) {
      cursor = model.dict.scan(model.table, cursor, () => {});
      if (cursor === 0) break;
    }
    assertEquals(cursor, 0, `from ${start}`);
  }
});

Deno.test("Dict.random() returns each entry with the same probability", () => {
  const random = seeded(8);
  // Right after a doubling, in between, and after shrinking. No chain of these has more than four entries.
  for (const [count, removed] of [[64, 0], [120, 0], [200, 90]] as const) {
    const model = new Model();
    for (let i = 0; i < count; i++) model.set(`${i}`, i);
    for (let i = 0; i < removed; i++) model.delete(`${i}`);
    const size = count - removed;
    const draws = 300 * size;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const name = model.name(model.dict.random(model.table, random));
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    assertEquals(counts.size, size);
    let chiSquare = 0;
    for (const seen of counts.values()) chiSquare += (seen - 300) ** 2 / 300;
    // Its mean is size - 1 and its deviation the root of twice that.
    assert(Math.abs(chiSquare - (size - 1)) < 4 * Math.sqrt(2 * (size - 1)), `${chiSquare}`);
  }
});

Deno.test("Dict.random() returns each entry of a long chain, the last ones less often", () => {
  const { dict, table } = new Model();
  const names = ["a", "b", "c", "d", "e", "f"];
  for (const name of names) dict.insert(table, latin1Slice(name), 1);
  const random = seeded(11);
  const counts = new Map<string, number>(names.map((name) => [name, 0]));
  for (let i = 0; i < 12_000; i++) {
    const drawn = dict.key(dict.random(table, random)).latin1();
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  // The chain's fourth place is shared by the three that are left.
  for (const [i, count] of [...counts.values()].sort((a, b) => b - a).entries()) {
    assert(Math.abs(count - (i < 3 ? 3000 : 1000)) < 200, `${count}`);
  }
});

Deno.test("Dict.random() is quick in a table that was large, and 0 in an empty one", () => {
  const model = new Model();
  for (let i = 0; i < 20_000; i++) model.set(`${i}`, i);
  for (let i = 1; i < 20_000; i++) model.delete(`${i}`);
  let calls = 0;
  const random = seeded(9);
  const counting = () => {
    calls++;
    return random();
  };
  for (let i = 0; i < 100; i++) {
    assertEquals(model.name(model.dict.random(model.table, counting)), "0");
  }
  // Four buckets by four places.
  assert(calls < 100 * 16 * 2, `${calls}`);
  model.delete("0");
  assertEquals(model.dict.random(model.table, random), 0);
});

Deno.test("Dict.clear() gives a table back in slices", () => {
  const model = new Model();
  for (let i = 0; i < 10_000; i++) model.set(`${i}`, i);
  const released = new Set<string>();
  let left = model.dict.buckets(model.table);
  let slices = 0;
  while (left > 0) {
    let inSlice = 0;
    const next = model.dict.clear(model.table, 100, (entry) => {
      inSlice++;
      released.add(model.name(entry));
    });
    assertEquals(next, Math.max(0, left - 100));
    assert(inSlice < 300);
    left = next;
    slices++;
  }
  assertEquals([released.size, slices], [10_000, 100]);
  assertEquals([model.arena.used, model.arena.reserved], [0, 0]);
});

Deno.test("Dict.walk() stops when it is told to", () => {
  const model = new Model();
  for (let i = 0; i < 100; i++) model.set(`${i}`, i);
  let visits = 0;
  model.dict.walk(model.table, () => ++visits === 10);
  assertEquals(visits, 10);
});

Deno.test("Dict is whole after the arena was full", () => {
  const random = seeded(10);
  for (const start of [0, 30, 4000]) {
    const model = new Model();
    for (let i = 0; i < start; i++) model.set(`start:${i}`, i);
    let failures = 0;
    for (let round = 0; round < 12; round++) {
      withBuffers(round % 2, () => {
        for (let i = 0; i < 1000 && model.map.size < 20_000; i++) {
          const key = `${"k".repeat(random() * 200)}${i}`;
          if (model.map.has(key)) continue;
          try {
            model.set(key, i);
          } catch (error) {
            assert(error instanceof ArenaFullError);
            failures++;
            if (failures % 10 === 0) break;
          }
        }
      });
      model.check();
      // Removals need no memory.
      withBuffers(0, () => {
        for (const key of [...model.map.keys()].slice(0, 300)) model.delete(key);
      });
      model.check();
    }
    assert(failures > 3, `${failures}`);
    assertThrows(() => withBuffers(0, () => new Model()), ArenaFullError);
  }
});

Deno.test("Dict leaves nothing behind when any one of its allocations fails", () => {
  class Failing extends Arena {
    left = Infinity;
    override allocate(size: number): Address {
      if (this.left-- <= 0) throw new ArenaFullError("Out of memory");
      return super.allocate(size);
    }
  }
  const arena = new Failing();
  for (const left of [0, 1]) {
    arena.left = left;
    assertThrows(() => new Model(arena), ArenaFullError);
    assertEquals(arena.used, 0);
  }
  arena.left = Infinity;
  // Where the table moves, where it gets a directory, where it gets its third block, where that moves.
  for (const count of [4, 64, 4096, 8192, 16_384]) {
    const model = new Model(arena);
    for (let i = 0; i < count; i++) model.set(`${i}`, i);
    for (let left = 0;; left++) {
      arena.left = left;
      const { used } = arena;
      try {
        model.set("one more", 1);
        break;
      } catch (error) {
        assert(error instanceof ArenaFullError);
        // The table may have got the bucket, but no entry.
        assert(arena.used - used <= 16_384 + 16);
        model.check();
      }
    }
    arena.left = Infinity;
    model.check();
    model.dict.destroy(model.table);
    assertEquals(arena.used, 0);
  }
});
