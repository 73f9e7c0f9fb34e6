import { assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { Int64 } from "./int64.ts";
import { IntSets } from "./intset.ts";
import { latin1Slice } from "./slice.ts";
import { seeded } from "./test_util.ts";

const value = new Int64();

function int64(number: bigint | number): Int64 {
  assertEquals(value.parse(latin1Slice(String(number))), true);
  return value;
}

function integers(sets: IntSets, set: number): bigint[] {
  return Array.from({ length: sets.count(set) }, (_, index) => {
    sets.at(set, index, value);
    return BigInt(value.text().latin1());
  });
}

Deno.test("IntSets does what a sorted array does", () => {
  const arena = new Arena();
  const sets = new IntSets(arena);
  const random = seeded(12345);
  const below = (limit: number) => Math.floor(random() * limit);
  const word = () => BigInt(below(0x10000));
  const integer = (bits: number) =>
    BigInt.asIntN(bits, word() << 48n | word() << 32n | word() << 16n | word()) /
    BigInt(1 + below(3));
  for (let round = 0; round < 60; round++) {
    let set = sets.create();
    const model = new Set<bigint>();
    // Each begins narrow, most become wider on the way.
    const widths = [[6, 16], [16, 32], [16, 64], [6, 64]][round % 4] ?? [];
    for (let step = 0; step < 300; step++) {
      const number = integer(widths[step < 100 ? 0 : 1] ?? 64);
      const known = [...model][below(model.size)];
      if (below(3) === 0 || step > 200 && below(2) === 0) {
        const gone = known ?? number;
        set = sets.remove(set, int64(gone));
        model.delete(gone);
      } else {
        assertEquals(sets.contains(set, int64(number)), model.has(number));
        set = sets.add(set, int64(number));
        model.add(number);
        assertEquals(sets.contains(set, int64(number)), true);
      }
      assertEquals(sets.count(set), model.size);
    }
    const sorted = [...model].sort((a, b) => a < b ? -1 : 1);
    assertEquals(integers(sets, set), sorted);
    const clone = sets.clone(set);
    for (const number of sorted) set = sets.remove(set, int64(number));
    assertEquals([sets.count(set), sets.memory(set)], [0, 16]);
    sets.destroy(set);
    assertEquals(integers(sets, clone), sorted);
    sets.destroy(clone);
    assertEquals(arena.used, 0);
  }
});

Deno.test("IntSets takes 2, 4 or 8 bytes for each integer, as the widest needs", () => {
  const sets = new IntSets(new Arena());
  let set = sets.create();
  for (let i = 0; i < 124; i++) set = sets.add(set, int64(i - 62));
  assertEquals(sets.memory(set), 8 + 248);
  for (const edge of [32_767, -32_768]) set = sets.add(set, int64(edge));
  assertEquals(sets.memory(set) < 8 + 4 * 126, true);
  set = sets.add(set, int64(32_768));
  assertEquals([8 + 4 * 127 <= sets.memory(set), sets.memory(set) < 8 + 8 * 127], [true, true]);
  set = sets.add(set, int64(-(2 ** 31)));
  assertEquals(sets.memory(set) < 8 + 8 * 128, true);
  set = sets.add(set, int64(2 ** 31));
  assertEquals(sets.memory(set) >= 8 + 8 * 129, true);
  const all = Array.from({ length: 124 }, (_, i) => BigInt(i - 62));
  assertEquals(integers(sets, set), [
    -(2n ** 31n),
    -32_768n,
    ...all,
    32_767n,
    32_768n,
    2n ** 31n,
  ]);
});

Deno.test("IntSets stays whole when there is no memory", () => {
  class FullArena extends Arena {
    isFull = false;
    override allocate(size: number): number {
      if (this.isFull) throw new ArenaFullError();
      return super.allocate(size);
    }
  }
  const arena = new FullArena();
  const sets = new IntSets(arena);
  let set = sets.create();
  for (const number of [1, 2, 3, 4]) set = sets.add(set, int64(number));
  arena.isFull = true;
  assertThrows(() => sets.add(set, int64(5)), ArenaFullError);
  assertThrows(() => sets.add(set, int64(2n ** 40n)), ArenaFullError);
  assertEquals(integers(sets, set), [1n, 2n, 3n, 4n]);
});
