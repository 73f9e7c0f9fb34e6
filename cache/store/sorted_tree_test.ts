import { assert, assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { latin1Slice } from "./slice.ts";
import { SortedTrees } from "./sorted_tree.ts";
import { HASH_KEY } from "./test_util.ts";

class FailingArena extends Arena {
  /** How many more blocks there are. */
  left = Infinity;
  override allocate(size: number): number {
    if (this.left-- <= 0) throw new ArenaFullError();
    return super.allocate(size);
  }
}

/** A small generator, so that a failure repeats. */
function randomFrom(seed: number): (limit: number) => number {
  return (limit) => {
    seed = Math.imul(seed, 1103515245) + 12345 & 0x7fffffff;
    return Math.floor(seed / 0x80000000 * limit);
  };
}

type Model = [member: string, score: number][];

const byOrder = (a: Model[0], b: Model[0]) =>
  a[1] - b[1] || (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

/** All members with their scores, walking forwards; each way of asking must tell the same. */
function contents(sets: SortedTrees, set: number): Model {
  const size = sets.size(set);
  const forwards: Model = [];
  sets.walk(set, 0, size, (entry) => {
    forwards.push([sets.member(entry).latin1(), sets.score(entry)]);
  });
  const backwards: Model = [];
  sets.walkBack(set, 0, size, (entry) => {
    backwards.push([sets.member(entry).latin1(), sets.score(entry)]);
  });
  assertEquals(backwards.reverse(), forwards);
  assertEquals(forwards.length, size);
  return forwards;
}

Deno.test("SortedTrees does what a sorted array does", () => {
  const arena = new Arena();
  const sets = new SortedTrees(arena, HASH_KEY);
  const below = randomFrom(4711);
  for (let round = 0; round < 12; round++) {
    const set = sets.create();
    const model: Model = [];
    // Rounds with few scores make members decide, and each round grows to a size of its own.
    const scores = [1, 7, 100_000][round % 3]!;
    const size = [10, 150, 2500, 6000][round >> 2 & 3] ?? 0;
    const order = round % 4;
    const isLexical = scores === 1 && order > 1;
    const newScore = (step: number) =>
      order === 0 ? step : order === 1 ? -step : below(scores) - scores / 2;
    const indexOf = (member: string) => model.findIndex(([other]) => other === member);
    const put = (member: string, score: number) => {
      const record: Model[0] = [member, score];
      let [low, high] = [0, model.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (byOrder(model[middle]!, record) < 0) low = middle + 1;
        else high = middle;
      }
      model.splice(low, 0, record);
      return low;
    };
    for (let step = 0; step < 3 * size; step++) {
      const isGrowing = step < 2 * size;
      const verb = below(isGrowing ? 12 : 6);
      const rank = below(model.length + 1);
      const member = verb > 5 || rank === model.length
        ? `member ${below(10 * size)}`
        : model[rank]![0];
      const entry = sets.find(set, latin1Slice(member));
      const index = indexOf(member);
      assertEquals(entry !== 0, index >= 0);
      if (entry === 0) {
        const score = newScore(step);
        const added = sets.add(set, latin1Slice(member), score);
        assertEquals(sets.rank(set, added), put(member, score));
      } else if (verb === 0) {
        const end = Math.min(model.length, index + below(isGrowing ? 4 : size / 4));
        sets.removeRange(set, index, end);
        model.splice(index, end - index);
      } else if (verb === 1) {
        sets.remove(set, entry);
        model.splice(index, 1);
      } else if (verb === 2 && !isLexical) {
        // Also one that leaves it where it is.
        const score = below(2) ? model[index]![1] + 0.25 / step : newScore(step);
        if (score !== model[index]![1]) {
          sets.setScore(set, entry, score);
          model.splice(index, 1);
          assertEquals(sets.rank(set, entry), put(member, score));
          assertEquals(sets.score(entry), score);
        }
      } else {
        assertEquals(sets.rank(set, entry), index);
        assertEquals(sets.at(set, index), entry);
      }
      if (step % Math.ceil(size / 10) === 0) {
        assertEquals(contents(sets, set), model);
        assertEquals(sets.memory(set), arena.used);
        const [, score] = model[below(model.length)] ?? ["", 0];
        for (const s of [score, score - 0.1, Infinity, -Infinity]) {
          assertEquals(sets.rankOfScore(set, s, false), model.filter(([, x]) => x < s).length);
          assertEquals(sets.rankOfScore(set, s, true), model.filter(([, x]) => x <= s).length);
        }
        if (isLexical) {
          for (const text of [member, member + "\0", "", "\xff"]) {
            const slice = latin1Slice(text);
            assertEquals(
              [sets.rankOfMember(set, slice, false), sets.rankOfMember(set, slice, true)],
              [model.filter(([m]) => m < text).length, model.filter(([m]) => m <= text).length],
            );
          }
        }
        const [start, end] = [below(model.length + 1), below(model.length + 1)];
        const part: string[] = [];
        sets.walk(set, start, end, (entry) => void part.push(sets.member(entry).latin1()));
        assertEquals(part, model.slice(start, end).map(([member]) => member));
        part.length = 0;
        sets.walkBack(set, start, end, (entry) => void part.push(sets.member(entry).latin1()));
        assertEquals(part.reverse(), model.slice(start, end).map(([member]) => member));
      }
    }
    if (round % 2) sets.removeRange(set, 0, sets.size(set));
    assertEquals(contents(sets, set), round % 2 ? [] : model);
    sets.destroy(set);
    assertEquals(arena.used, 0);
  }
});

Deno.test("SortedTrees keeps ranks, and gives memory back, over three levels of nodes", () => {
  const arena = new Arena();
  const sets = new SortedTrees(arena, HASH_KEY);
  const below = randomFrom(99);
  for (const order of ["random", "ascending", "descending"]) {
    const set = sets.create();
    const size = 40_000;
    for (let i = 0; i < size; i++) {
      const score = order === "random" ? below(1e9) : order === "ascending" ? i : -i;
      sets.add(set, latin1Slice(`member ${i}`), score);
    }
    if (order !== "random") {
      // What comes in order leaves no node half empty: 12 bytes for each in nodes, 32 in its entry.
      assert(sets.memory(set) < size * 65, `${sets.memory(set) / size} bytes each`);
    }
    const model = contents(sets, set);
    assertEquals(model, model.toSorted(byOrder));
    let highest = 2e9;
    while (model.length > 0) {
      const rank = below(model.length);
      const [member = "", score] = model[rank] ?? [];
      const entry = sets.find(set, latin1Slice(member));
      assertEquals([sets.rank(set, entry), sets.score(entry)], [rank, score]);
      if (below(2)) {
        sets.setScore(set, entry, ++highest);
        model.splice(rank, 1);
        model.push([member, highest]);
        assertEquals(sets.rank(set, entry), model.length - 1);
      } else {
        const count = Math.min(below(1000), model.length - rank);
        sets.removeRange(set, rank, rank + count);
        model.splice(rank, count);
      }
    }
    assertEquals(sets.size(set), 0);
    sets.destroy(set);
    assertEquals(arena.used, 0);
  }
});

Deno.test("SortedTrees.clear() gives a set back in parts", () => {
  const arena = new Arena();
  const sets = new SortedTrees(arena, HASH_KEY);
  const set = sets.create();
  for (let i = 0; i < 30_000; i++) sets.add(set, latin1Slice(`${i}`), i);
  let used = arena.used;
  let parts = 1;
  for (; sets.clear(set, 100) !== 0; parts++) {
    assert(arena.used < used && used - arena.used < 300_000);
    used = arena.used;
  }
  assert(parts > 200);
  assertEquals(arena.used, 0);
});

Deno.test("SortedTrees.scan() visits each entry", () => {
  const sets = new SortedTrees(new Arena(), HASH_KEY);
  const set = sets.create();
  for (let i = 0; i < 100; i++) sets.add(set, latin1Slice(`${i}`), i);
  const seen = new Set<string>();
  let cursor = 0;
  do {
    cursor = sets.scan(set, cursor, (entry) => void seen.add(sets.member(entry).latin1()));
  } while (cursor !== 0);
  assertEquals(seen.size, 100);
});

Deno.test("SortedTrees merges nodes of which little is left", () => {
  const arena = new Arena();
  const sets = new SortedTrees(arena, HASH_KEY);
  for (const isForwards of [true, false]) {
    const set = sets.create();
    const below = randomFrom(3);
    for (let i = 0; i < 20_000; i++) sets.add(set, latin1Slice(`${i}`), below(1e9));
    for (let kept = 0; kept < 2000; kept++) {
      const rank = isForwards ? kept : 20_000 - 10 * (kept + 1);
      sets.removeRange(set, rank, rank + 9);
    }
    assertEquals(sets.size(set), 2000);
    // Of these, an entry takes 32, its bucket 8, a record 32 where a leaf is three eighths full.
    assert(sets.memory(set) < 2000 * 80, `${sets.memory(set) / 2000} bytes each`);
    sets.destroy(set);
  }
});

Deno.test("SortedTrees can be emptied after there was no memory for a second leaf", () => {
  const arena = new FailingArena();
  const sets = new SortedTrees(arena, HASH_KEY);
  const set = sets.create();
  let count = 0;
  // Room for an entry and a branch.
  for (arena.left = Infinity; count < 1000; arena.left = 2) {
    try {
      sets.add(set, latin1Slice(`${count}`), count);
      count++;
    } catch {
      break;
    }
  }
  assert(count < 1000);
  arena.left = Infinity;
  sets.removeRange(set, 0, count);
  sets.add(set, latin1Slice("a"), 1);
  assertEquals(contents(sets, set), [["a", 1]]);
  sets.destroy(set);
  assertEquals(arena.used, 0);
});

Deno.test("SortedTrees stays whole when there is no memory", () => {
  const arena = new FailingArena();
  const sets = new SortedTrees(arena, HASH_KEY);
  const set = sets.create();
  const model: Model = [];
  const below = randomFrom(5);
  let failures = 0;
  for (let i = 0; i < 25_000; i++) {
    const member = latin1Slice(`${i}`);
    const score = below(1000);
    // What needs more than its entry fails at first, at its first, second or third further block.
    arena.left = 1 + i % 3;
    try {
      sets.add(set, member, score);
    } catch {
      failures++;
      if (failures % 100 === 1) assertEquals(contents(sets, set), model.toSorted(byOrder));
      arena.left = Infinity;
      sets.add(set, member, score);
    }
    model.push([`${i}`, score]);
    if (i % 3 === 0) {
      const rank = below(i);
      const entry = sets.at(set, rank);
      arena.left = 0;
      const index = Number(sets.member(entry).latin1());
      const before = sets.score(entry);
      try {
        sets.setScore(set, entry, -1 - i);
        model[index] = [`${index}`, -1 - i];
      } catch {
        failures++;
        assertEquals([sets.score(entry), sets.rank(set, entry)], [before, rank]);
      }
    }
  }
  assert(failures > 200);
  arena.left = Infinity;
  assertEquals(contents(sets, set), model.toSorted(byOrder));
  const { used } = arena;
  for (let left = 0; left < 4; left++) {
    arena.left = left;
    assertThrows(() => sets.create(), ArenaFullError);
    assertEquals(arena.used, used);
  }
  arena.left = Infinity;
  sets.destroy(set);
  assertEquals(arena.used, 0);
});
