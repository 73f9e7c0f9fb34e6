import { assert, assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { type Collection, PACK, TABLE } from "./collection.ts";
import { latin1Slice } from "./slice.ts";
import { type MemberPlace, SortedSets } from "./sorted_set.ts";
import { HASH_KEY, seeded } from "./test_util.ts";

const LIMITS = { sortedSetMaxPackEntries: 40, sortedSetMaxPackValue: 300 };

type Model = [member: string, score: number][];

const byOrder = (a: Model[0], b: Model[0]) =>
  a[1] - b[1] || (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

/** All members with their scores, walking forwards; backwards must tell the same. */
function contents(sets: SortedSets, set: Collection): Model {
  const [forwards, backwards]: [Model, Model] = [[], []];
  const size = sets.size(set);
  sets.walk(set, 0, size, (member, score) => void forwards.push([member.latin1(), score]));
  sets.walkBack(set, 0, size, (member, score) => void backwards.push([member.latin1(), score]));
  assertEquals(backwards.reverse(), forwards);
  assertEquals(forwards.length, size);
  return forwards;
}

Deno.test("SortedSets does what a sorted array does, as a pack and as a tree", () => {
  const arena = new Arena();
  const sets = new SortedSets(arena, HASH_KEY, LIMITS);
  const random = seeded(1);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let round = 0; round < 40; round++) {
    const set = sets.create(1);
    const model: Model = [];
    const size = round % 4 === 0 ? 70 : 40;
    for (let step = 0; step < 400; step++) {
      // Integers of all widths, and what is none.
      const score = [below(3), below(2 ** 20) - 2 ** 19, (random() - 0.5) * 2 ** below(60)][
        below(3)
      ] ?? 0;
      const rounded = below(2) ? Math.trunc(score) + 0 : score;
      const known = model[below(2 * size)]?.[0];
      const member = known ?? `${below(100)}`.repeat(below(20) === 0 ? 90 : 1);
      const slice = latin1Slice(member);
      const index = model.findIndex(([other]) => other === member);
      const found = sets.find(set, slice);
      assertEquals(found !== 0, index >= 0);
      if (found === 0) {
        if (model.length === size) continue;
        sets.add(set, slice, rounded);
        model.push([member, rounded]);
      } else {
        assertEquals([sets.score(set, found), sets.rank(set, found)], [model[index]![1], index]);
        assertEquals(sets.member(set, found).latin1(), member);
        assertEquals(sets.at(set, index), found);
        const verb = below(4);
        if (verb === 0) {
          assert(sets.remove(set, slice));
          assert(!sets.remove(set, slice));
          model.splice(index, 1);
        } else if (verb === 1) {
          const end = Math.min(index + below(4), model.length);
          sets.removeRange(set, { start: index, end });
          model.splice(index, end - index);
        } else if (rounded !== model[index]![1]) {
          sets.setScore(set, found, rounded);
          model[index]![1] = rounded;
        }
      }
      model.sort(byOrder);
      const min = { score: rounded, after: below(2) === 0 };
      const max = { score: rounded * 2, after: below(2) === 0 };
      const count = (place: typeof min) =>
        model.filter(([, s]) => s < place.score || (place.after && s === place.score)).length;
      assertEquals(sets.rangeOfScores(set, min, max), { start: count(min), end: count(max) });
      if (step % 10 === 0) assertEquals(contents(sets, set), model);
    }
    assertEquals(set.storage, size > 40 ? TABLE : PACK);
    const clone = sets.clone(set);
    assertEquals([clone.storage, contents(sets, clone)], [set.storage, model]);
    assertEquals(sets.memory(set) + sets.memory(clone) >= arena.used, true);
    sets.destroy(set);
    sets.destroy(clone);
    assertEquals(arena.used, 0);
  }
});

Deno.test("SortedSets keeps small sets small", () => {
  const arena = new Arena();
  const sets = new SortedSets(arena, HASH_KEY, LIMITS);
  const set = sets.create(8);
  // Each member with its score: 8 + 2 bytes, and 2 for the score's length and as many as it needs.
  for (let i = 0; i < 10; i++) sets.add(set, latin1Slice(`member:${i}`), i * 1000);
  assertEquals(arena.used, 160);
  const longest = "x".repeat(LIMITS.sortedSetMaxPackValue);
  sets.add(set, latin1Slice(longest), 1);
  assertEquals(set.storage, PACK);
  sets.add(set, latin1Slice(longest + "x"), 1);
  assertEquals(set.storage, TABLE);
  assertEquals(sets.create(301).storage, TABLE);
  assertEquals(sets.create(1, 41).storage, TABLE);
});

Deno.test("SortedSets.rangeOfMembers() finds members among equal scores", () => {
  const sets = new SortedSets(new Arena(), HASH_KEY, LIMITS);
  for (const count of [1, Infinity]) {
    const set = sets.create(1, count);
    for (const member of ["a", "b", "ba", "c"]) sets.add(set, latin1Slice(member), 0);
    const before = (text: string): MemberPlace => ({ member: latin1Slice(text), after: false });
    const after = (text: string): MemberPlace => ({ member: latin1Slice(text), after: true });
    const [first, last] = [{ member: null, after: false }, { member: null, after: true }];
    for (const backwards of [false, true]) {
      const range = (min: MemberPlace, max: MemberPlace) => {
        const { start, end } = sets.rangeOfMembers(set, min, max, backwards);
        return [start, Math.max(start, end)];
      };
      assertEquals(range(first, last), [0, 4]);
      assertEquals(range(before("b"), after("b")), [1, 2]);
      assertEquals(range(after("b"), after("bb")), [2, 3]);
      assertEquals(range(before("b"), last), [1, 4]);
      for (const [min, max] of [[last, first], [before("x"), last], [before("c"), before("b")]]) {
        const [start, end] = range(min!, max!);
        assertEquals(start, end);
      }
    }
  }
});

Deno.test("SortedSets.gather() combines scores, and compact() makes a pack", () => {
  const arena = new Arena();
  const sets = new SortedSets(arena, HASH_KEY, LIMITS);
  const gather = (members: string[]) =>
    sets.gather((add) => {
      members.forEach((member, i) => add(latin1Slice(member), i));
    }, (a, b) => a + b);
  const set = gather(["a", "b", "c", "a"]);
  assertEquals([set.storage, contents(sets, set)], [TABLE, [["b", 1], ["c", 2], ["a", 3]]]);
  sets.compact(set);
  assertEquals([set.storage, contents(sets, set)], [PACK, [["b", 1], ["c", 2], ["a", 3]]]);
  sets.compact(set);
  assertEquals(set.storage, PACK);
  const many = gather(Array.from({ length: 41 }, (_, i) => `${i}`));
  sets.compact(many);
  assertEquals(many.storage, TABLE);
  const long = gather(["x".repeat(301)]);
  sets.compact(long);
  assertEquals(long.storage, TABLE);
  for (const each of [set, many, long]) sets.destroy(each);
  assertEquals(arena.used, 0);
});

Deno.test("SortedSets.scan() visits all of a pack at once, and a tree in steps", () => {
  const sets = new SortedSets(new Arena(), HASH_KEY, LIMITS);
  for (const size of [10, 100]) {
    const set = sets.create(1);
    for (let i = 0; i < size; i++) sets.add(set, latin1Slice(`${i}`), i);
    let steps = 0;
    const seen = new Map<string, number>();
    for (let cursor = 0; steps === 0 || cursor !== 0; steps++) {
      cursor = sets.scan(set, cursor, (member, score) => void seen.set(member.latin1(), score));
    }
    assertEquals(seen.size, size);
    assertEquals(seen.get("7"), 7);
    assertEquals(steps > 1, size > 40);
  }
});

Deno.test("SortedSets stays whole when there is no memory", () => {
  class FailingArena extends Arena {
    /** How many more blocks there are. */
    left = Infinity;
    override allocate(size: number): number {
      if (this.left-- <= 0) throw new ArenaFullError();
      return super.allocate(size);
    }
  }
  const arena = new FailingArena();
  const sets = new SortedSets(arena, HASH_KEY, LIMITS);
  const set = sets.create(1);
  const model: Model = [];
  const retry = (change: () => void) => {
    let failures = 0;
    for (let left = 0;; left++) {
      arena.left = left;
      try {
        change();
        arena.left = Infinity;
        return failures;
      } catch (error) {
        assert(error instanceof ArenaFullError);
        failures++;
        arena.left = Infinity;
        assertEquals(contents(sets, set), model);
      }
    }
  };
  let failures = 0;
  for (let i = 0; i < 60; i++) {
    failures += retry(() => sets.add(set, latin1Slice(`member ${i}`), i));
    model.push([`member ${i}`, i]);
    failures += retry(() => sets.setScore(set, sets.at(set, 0), i + 0.5));
    model.push([model.shift()![0], i + 0.5]);
    assertEquals(contents(sets, set), model.sort(byOrder));
  }
  assert(failures > 60);
  assertThrows(() => {
    arena.left = 5;
    sets.clone(set);
  }, ArenaFullError);
  arena.left = Infinity;
  const { used } = arena;
  for (let left = 0; left < 20; left++) {
    assertThrows(() => {
      arena.left = left;
      sets.gather((add) => {
        for (let i = 0; i < 30; i++) add(latin1Slice(`${i}`), i);
      }, Math.max);
    }, ArenaFullError);
    assertEquals(arena.used, used);
  }
  arena.left = Infinity;
  const small = sets.gather((add) => {
    for (let i = 0; i < 9; i++) add(latin1Slice(`member ${i}`), i);
  }, Math.max);
  const before = [arena.used, contents(sets, small)];
  for (let left = 0; left < 3; left++) {
    arena.left = left;
    assertThrows(() => sets.compact(small), ArenaFullError);
    assertEquals([arena.used, contents(sets, small)], before);
  }
  arena.left = Infinity;
  sets.destroy(small);
  sets.destroy(set);
  assertEquals(arena.used, 0);
});
