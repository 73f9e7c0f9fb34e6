import { assert, assertEquals } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { type Collection, PACK, TABLE } from "./collection.ts";
import { Hashes } from "./hashes.ts";
import { latin1Slice } from "./slice.ts";
import { HASH_KEY, seeded } from "./test_util.ts";

const slice = latin1Slice;
const LIMITS = { hashMaxPackEntries: 512, hashMaxPackValue: 64 };

function entries(hashes: Hashes, hash: Collection): [string, string][] {
  const found: [string, string][] = [];
  hashes.walk(hash, (field, value) => found.push([field.latin1(), value.latin1()]));
  assertEquals(hashes.size(hash), found.length);
  return found;
}

function hashOf(hashes: Hashes, fields: readonly (readonly [string, string])[]): Collection {
  const hash = hashes.create();
  for (const [field, value] of fields) hashes.set(hash, slice(field), slice(value));
  return hash;
}

Deno.test("Hashes does what a Map does, however it stores the fields", () => {
  const arena = new Arena();
  const hashes = new Hashes(arena, HASH_KEY, { ...LIMITS, hashMaxPackEntries: 50 });
  const random = seeded(12345);
  const below = (limit: number) => Math.floor(random() * limit);
  const stored = new Set<number>();
  for (let round = 0; round < 40; round++) {
    const variety = [20, 60, 120, 600][round % 4] ?? 0;
    const longest = [8, 12, 64, 300][below(4)] ?? 0;
    const hash = hashes.create();
    const model = new Map<string, string>();
    for (let step = 0; step < 1200; step++) {
      const field = `field ${below(variety)}`;
      if (below(3) === 0) assertEquals(hashes.remove(hash, slice(field)), model.delete(field));
      else {
        const value = String.fromCharCode(97 + below(26)).repeat(below(longest + 1));
        assertEquals(hashes.set(hash, slice(field), slice(value)), !model.has(field));
        model.set(field, value);
      }
      assertEquals(hashes.get(hash, slice(field))?.latin1(), model.get(field));
      assertEquals(hashes.size(hash), model.size);
      stored.add(hash.storage);
    }
    const expected = [...model];
    if (hash.storage === PACK) assertEquals(entries(hashes, hash), expected);
    expected.sort();
    assertEquals(entries(hashes, hash).sort(), expected);
    const clone = hashes.clone(hash);
    assertEquals(clone.storage, hash.storage);
    assert(hashes.memory(hash) > 0);
    while (hashes.destroy(hash, 10) > 0);
    assertEquals(entries(hashes, clone).sort(), expected);
    const scanned = new Map<string, string>();
    let cursor = 0;
    do {
      cursor = hashes.scan(clone, cursor, (field, value) => {
        scanned.set(field.latin1(), value.latin1());
      });
    } while (cursor !== 0);
    assertEquals([...scanned].sort(), expected);
    if (model.size > 0) {
      hashes.random(clone, random, (field, value) => {
        assertEquals(model.get(field.latin1()), value.latin1());
      });
    }
    hashes.destroy(clone);
    assertEquals(arena.used, 0);
  }
  assertEquals([...stored].sort(), [TABLE, PACK]);
});

Deno.test("Hashes chooses how to store a hash by its fields and values", () => {
  const hashes = new Hashes(new Arena(), HASH_KEY, LIMITS);
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => [String(i), "v"] as [string, string]);
  const storage = (fields: [string, string][]) => hashOf(hashes, fields).storage;
  assertEquals(storage(many(512)), PACK);
  assertEquals(storage([...many(512), ["0", "again"]]), PACK);
  assertEquals(storage(many(513)), TABLE);
  const limits = { ...LIMITS };
  const lowered = new Hashes(new Arena(), HASH_KEY, limits);
  const hash = hashOf(lowered, many(3));
  limits.hashMaxPackEntries = 2;
  assertEquals(hash.storage, PACK);
  lowered.set(hash, slice("0"), slice("again"));
  assertEquals(hash.storage, TABLE);
  assertEquals(storage([["f".repeat(64), "v".repeat(64)]]), PACK);
  assertEquals(storage([["f".repeat(65), "v"]]), TABLE);
  assertEquals(storage([["f", "v"], ["f", "v".repeat(65)]]), TABLE);
  assertEquals(entries(hashes, hashOf(hashes, [["f", "v"], ["f", "v".repeat(65)]])), [
    ["f", "v".repeat(65)],
  ]);
});

Deno.test("Hashes.get() takes no value for a field", () => {
  const hashes = new Hashes(new Arena(), HASH_KEY, LIMITS);
  const hash = hashOf(hashes, [["a", "b"], ["c", "d"]]);
  assertEquals(hashes.get(hash, slice("b")), undefined);
  assertEquals(hashes.remove(hash, slice("d")), false);
});

Deno.test("Hashes.random() favours no field", () => {
  const hashes = new Hashes(new Arena(), HASH_KEY, LIMITS);
  const random = seeded(4);
  const fields = Array.from({ length: 10 }, (_, i) => [`f${i}`, `v${i}`] as const);
  for (
    const hash of [hashOf(hashes, fields), hashOf(hashes, [["f0", "v".repeat(65)], ...fields])]
  ) {
    const counts = new Map<string, number>();
    for (let i = 0; i < 5000; i++) {
      hashes.random(hash, random, (field) => {
        counts.set(field.latin1(), (counts.get(field.latin1()) ?? 0) + 1);
      });
    }
    // Each 500 times; 350 are seven standard deviations fewer.
    assertEquals([...counts.values()].filter((count) => count > 350).length, 10);
  }
});

Deno.test("Hashes.sample() visits different fields and favours none", () => {
  const hashes = new Hashes(new Arena(), HASH_KEY, LIMITS);
  const random = seeded(5);
  const fields = Array.from({ length: 10 }, (_, i) => [`f${i}`, `v${i}`] as const);
  for (
    const hash of [hashOf(hashes, fields), hashOf(hashes, [["f0", "v".repeat(65)], ...fields])]
  ) {
    for (const count of [0, 2, 9, 10]) {
      const counts = new Map<string, number>();
      for (let i = 0; i < 1000; i++) {
        const seen = new Set<string>();
        let visits = 0;
        hashes.sample(hash, count, random, (field, value) => {
          visits++;
          assertEquals(value.latin1(), field.latin1().replace("f", "v"));
          seen.add(field.latin1());
        });
        assertEquals([seen.size, visits], [count, count]);
        for (const field of seen) counts.set(field, (counts.get(field) ?? 0) + 1);
      }
      // Each 100 times `count`; 12 is the largest standard deviation.
      assertEquals(
        [...counts.values()].filter((times) => Math.abs(times - 100 * count) < 90).length,
        count === 0 ? 0 : 10,
      );
    }
  }
});

Deno.test("Hashes.memory() looks at no more entries than it is told to", () => {
  const hashes = new Hashes(new Arena(), HASH_KEY, LIMITS);
  const fields = Array.from({ length: 600 }, (_, i) => [String(1000 + i), "value"] as const);
  const hash = hashOf(hashes, fields);
  const all = hashes.memory(hash);
  assertEquals(hashes.memory(hash, 5), all);
  hashes.set(hash, slice("f"), slice("v".repeat(100_000)));
  assert(hashes.memory(hash) > all + 100_000);
});

Deno.test("Hashes keeps its fields when there is no memory", () => {
  class FullArena extends Arena {
    left = Infinity;
    override allocate(size: number): number {
      if (--this.left < 0) throw new ArenaFullError();
      return super.allocate(size);
    }
  }
  const long = "v".repeat(100);
  for (let left = 0; left < 12; left++) {
    for (const value of ["1", long]) {
      const arena = new FullArena();
      const hashes = new Hashes(arena, HASH_KEY, LIMITS);
      const before: [string, string][] = [["a", value], ["b", "2"], ["c", "3"]];
      const hash = hashOf(hashes, before);
      const { used } = arena;
      arena.left = left;
      try {
        hashes.set(hash, slice("d"), slice(long));
      } catch (error) {
        assert(error instanceof ArenaFullError);
        assertEquals(entries(hashes, hash).sort(), before);
        // A conversion may be complete before the memory ends.
        if (hash.storage === PACK) assertEquals(arena.used, used);
      }
    }
  }
});
