import { assert, assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { type Collection, INTEGERS, PACK, TABLE } from "./collection.ts";
import { Sets } from "./sets.ts";
import { latin1Slice } from "./slice.ts";
import { HASH_KEY, seeded } from "./test_util.ts";

const slice = latin1Slice;

function members(sets: Sets, set: Collection): string[] {
  const found: string[] = [];
  sets.walk(set, (member) => void found.push(member.latin1()));
  assertEquals(sets.size(set), found.length);
  return found;
}

function setOf(sets: Sets, ...texts: string[]): Collection {
  const set = sets.create(slice(texts[0] ?? ""));
  for (const text of texts) sets.add(set, slice(text));
  return set;
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

Deno.test("Sets does what a Set does, however it stores the members", () => {
  const arena = new Arena();
  const sets = new Sets(arena, HASH_KEY, { setMaxIntsetEntries: 512 });
  const random = seeded(12345);
  const below = (limit: number) => Math.floor(random() * limit);
  const stored = new Set<number>();
  for (let round = 0; round < 60; round++) {
    // How many different members, and when, if ever, the first text comes among the integers.
    const variety = [20, 60, 150, 900][round % 4] ?? 0;
    const firstText = [0, 50, 300, Infinity][below(4)] ?? 0;
    const set = sets.create(slice(firstText === 0 ? "a" : "1"));
    const model = new Set<string>();
    for (let step = 0; step < 1500; step++) {
      const number = below(variety);
      const text = step < firstText || number % 3 === 0
        ? String(number * 1000 - 9000)
        : `member ${number}`.padEnd(number % 50 === 49 ? 70 : 0, "x");
      if (below(3) === 0) assertEquals(sets.remove(set, slice(text)), model.delete(text));
      else {
        assertEquals(sets.add(set, slice(text)), !model.has(text));
        model.add(text);
      }
      assertEquals(sets.has(set, slice(text)), model.has(text));
      assertEquals(sets.size(set), model.size);
      stored.add(set.storage);
    }
    const expected = [...model].sort();
    assertEquals(members(sets, set).sort(), expected);
    const clone = sets.clone(set);
    assertEquals(clone.storage, set.storage);
    assert(sets.memory(set) > 0);
    while (sets.destroy(set, 10) > 0);
    assertEquals(members(sets, clone).sort(), expected);
    const scanned = new Set<string>();
    let cursor = 0;
    do {
      cursor = sets.scan(clone, cursor, (member) => void scanned.add(member.latin1()));
    } while (cursor !== 0);
    assertEquals([...scanned].sort(), expected);
    if (model.size > 0) assert(model.has(sets.random(clone, random).latin1()));
    sets.destroy(clone);
    assertEquals(arena.used, 0);
  }
  assertEquals([...stored].sort(), [TABLE, PACK, INTEGERS]);
});

Deno.test("Sets chooses how to store a set by its members", () => {
  const sets = new Sets(new Arena(), HASH_KEY, { setMaxIntsetEntries: 512 });
  const storage = (...texts: string[]) => setOf(sets, ...texts).storage;
  assertEquals(storage("1", "-9223372036854775808"), INTEGERS);
  assertEquals(storage("1", "9223372036854775808"), PACK);
  assertEquals(storage("a", "1"), PACK);
  assertEquals(storage("01"), PACK);
  assertEquals(storage(...range(0, 512)), INTEGERS);
  assertEquals(storage(...range(0, 513)), TABLE);
  assertEquals(storage(...range(0, 63), "a"), PACK);
  assertEquals(storage(...range(0, 64), "a"), TABLE);
  assertEquals(storage("a", ...range(0, 64)), TABLE);
  assertEquals(storage("1", "x".repeat(64)), PACK);
  assertEquals(storage("1", "x".repeat(65)), TABLE);
  assertEquals(storage("x".repeat(65)), TABLE);
  const limited = new Sets(new Arena(), HASH_KEY, { setMaxIntsetEntries: 2 });
  assertEquals(setOf(limited, "1", "2", "2").storage, INTEGERS);
  assertEquals(setOf(limited, "1", "2", "3").storage, PACK);
});

Deno.test("Sets.walk() goes through integers in order, and stops when told to", () => {
  const sets = new Sets(new Arena(), HASH_KEY, { setMaxIntsetEntries: 512 });
  assertEquals(members(sets, setOf(sets, "3", "-70000", "2", "10000000000")), [
    "-70000",
    "2",
    "3",
    "10000000000",
  ]);
  for (const texts of [range(0, 10), ["a", ...range(0, 10)], ["a", ...range(0, 100)]]) {
    let visited = 0;
    sets.walk(setOf(sets, ...texts), () => ++visited === 3);
    assertEquals(visited, 3);
  }
});

Deno.test("Sets.add() takes a member that was just read from another set", () => {
  const sets = new Sets(new Arena(), HASH_KEY, { setMaxIntsetEntries: 2 });
  const from = setOf(sets, "1000", "70000");
  const to = setOf(sets, "1", "2");
  sets.walk(from, (member) => void sets.add(to, member));
  assertEquals(members(sets, to).sort(), ["1", "1000", "2", "70000"]);
});

Deno.test("Sets.random() favours no member", () => {
  const sets = new Sets(new Arena(), HASH_KEY, { setMaxIntsetEntries: 512 });
  const random = seeded(5);
  for (const texts of [range(0, 10), ["a", ...range(0, 9)], ["x".repeat(65), ...range(0, 9)]]) {
    const set = setOf(sets, ...texts);
    const counts = new Map<string, number>();
    for (let i = 0; i < 5000; i++) {
      const member = sets.random(set, random).latin1();
      counts.set(member, (counts.get(member) ?? 0) + 1);
    }
    // Each 500 times; 350 are seven standard deviations fewer.
    assertEquals([...counts.values()].filter((count) => count > 350).length, 10);
    for (const count of [0, 2, 9, 10]) {
      const seen = new Set<string>();
      sets.sample(set, count, random, (member) => void seen.add(member.latin1()));
      assertEquals(seen.size, count);
    }
  }
});

Deno.test("Sets.memory() looks at no more entries than it is told to", () => {
  const sets = new Sets(new Arena(), HASH_KEY, { setMaxIntsetEntries: 512 });
  const set = setOf(sets, "a", ...range(1000, 2000));
  const all = sets.memory(set);
  assertEquals(sets.memory(set, 5), all);
  sets.add(set, slice("x".repeat(100_000)));
  assert(sets.memory(set) > all + 100_000);
});

Deno.test("Sets keeps its members when there is no memory", () => {
  class FullArena extends Arena {
    left = Infinity;
    override allocate(size: number): number {
      if (--this.left < 0) throw new ArenaFullError();
      return super.allocate(size);
    }
  }
  for (let left = 0; left < 10; left++) {
    for (const texts of [["1", "2", "3"], ["a", "b", "c"], ["x".repeat(70), "c"], range(0, 512)]) {
      const arena = new FullArena();
      const sets = new Sets(arena, HASH_KEY, { setMaxIntsetEntries: 512 });
      const set = setOf(sets, ...texts);
      const { used } = arena;
      const { storage } = set;
      arena.left = left;
      try {
        sets.add(set, slice(texts.length > 3 ? "1000" : "y".repeat(100)));
      } catch (error) {
        assert(error instanceof ArenaFullError);
        // A conversion may be complete before the memory ends.
        if (set.storage === storage && storage !== TABLE) assertEquals(arena.used, used);
        assertEquals(members(sets, set).sort(), texts.sort());
      }
    }
  }
  const arena = new FullArena();
  const sets = new Sets(arena, HASH_KEY, { setMaxIntsetEntries: 512 });
  const set = setOf(sets, "a", ...range(0, 100));
  const { used } = arena;
  arena.left = 50;
  assertThrows(() => sets.clone(set), ArenaFullError);
  assertEquals(arena.used, used);
});
