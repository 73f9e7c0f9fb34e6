import { assert, assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { Lists, type Side } from "./list.ts";
import { latin1Slice, Slice } from "./slice.ts";

/** A generator of the same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ seed >>> 15, 1 | seed);
    bits = (bits + Math.imul(bits ^ bits >>> 7, 61 | bits)) ^ bits;
    return Math.floor(((bits ^ bits >>> 14) >>> 0) / 2 ** 32 * below);
  };
}

/** An arena that has no memory when it is told so. */
class FailingArena extends Arena {
  failing = false;

  override allocate(size: number) {
    if (this.failing) throw new ArenaFullError();
    return super.allocate(size);
  }
}

function contents(lists: Lists, list: number, from: Side = "front"): string[] {
  const texts: string[] = [];
  const size = lists.size(list);
  lists.walk(list, from === "front" ? 0 : size - 1, size, from, (bytes, start, length) => {
    texts.push(new Slice(bytes, start, length).latin1());
  });
  return texts;
}

function fill(lists: Lists, list: number, texts: string[]) {
  for (const text of texts) lists.pushBack(list, latin1Slice(text));
}

const LENGTHS = [0, 1, 2, 3, 3, 3, 10, 30, 100, 253, 254, 255, 256, 1000, 3000];

for (const chunkSize of [-2, -1, -5, 1, 3, 100]) {
  Deno.test(`Lists does what an array does under random operations, in chunks of ${chunkSize}`, () => {
    const random = randomFrom(chunkSize + 100);
    const arena = new FailingArena();
    const lists = new Lists(arena);
    lists.setFill(chunkSize);
    const list = lists.create();
    let model: string[] = [];
    // Growing, shrinking and mixed phases; equal elements are frequent.
    const element = () => {
      if (random(300) === 0) return "L".repeat(9000 + random(100_000));
      return "abc"[random(3)]!.repeat(
        LENGTHS[random(LENGTHS.length - (model.length > 300 ? 5 : 0))]!,
      );
    };
    for (let step = 0; step < 6000; step++) {
      const growing = step % 1500 < 800;
      arena.failing = random(10) === 0;
      const before = arena.failing ? contents(lists, list) : [];
      try {
        const choice = random(20);
        const at = random(model.length + 1);
        const side: Side = random(2) === 0 ? "front" : "back";
        if (choice < (growing ? 9 : 2)) {
          const text = element();
          if (side === "front") {
            lists.pushFront(list, latin1Slice(text));
            model.unshift(text);
          } else {
            lists.pushBack(list, latin1Slice(text));
            model.push(text);
          }
        } else if (choice < 12) {
          const text = element();
          if (growing || at === model.length) {
            lists.insert(list, at, latin1Slice(text));
            model.splice(at, 0, text);
          } else {
            lists.set(list, at, latin1Slice(text));
            model[at] = text;
          }
        } else if (choice < 17) {
          const count = !growing && random(20) === 0 ? random(model.length + 5) : random(4);
          if (side === "front") {
            lists.removeFront(list, count);
            model = model.slice(count);
          } else {
            lists.removeBack(list, count);
            model = model.slice(0, Math.max(0, model.length - count));
          }
        } else if (choice < 18 && model.length > 0) {
          const text = model[random(model.length)]!;
          const count = !growing && random(3) === 0 ? Infinity : 1 + random(5);
          let left = count;
          if (side === "back") model.reverse();
          const kept = model.filter((other) => other !== text || left-- <= 0);
          const removed = lists.removeEqual(list, latin1Slice(text), count, side);
          assertEquals(removed, model.length - kept.length);
          model = side === "back" ? kept.reverse() : kept;
        } else if (model.length > 0) {
          const index = random(model.length);
          assertEquals(lists.at(list, index).latin1(), model[index]);
          const count = 1 + random(20);
          const walked: string[] = [];
          lists.walk(list, index, count, side, (bytes, start, length) => {
            walked.push(new Slice(bytes, start, length).latin1());
          });
          const expected = side === "front"
            ? model.slice(index, index + count)
            : model.slice(Math.max(0, index - count + 1), index + 1).reverse();
          assertEquals(walked, expected);
          const found: number[] = [];
          lists.search(list, latin1Slice(model[index]!), side, count, (at) => {
            found.push(at);
            return found.length === 3;
          });
          const indexes = model.map((_, at) => at);
          if (side === "back") indexes.reverse();
          const equal = indexes.slice(0, count).filter((at) => model[at] === model[index]);
          assertEquals(found, equal.slice(0, 3));
        }
      } catch (error) {
        if (!(error instanceof ArenaFullError)) throw error;
        assertEquals(contents(lists, list), before);
      }
      assertEquals(lists.size(list), model.length);
      if (step % 50 === 0) {
        assertEquals(contents(lists, list), model);
        assertEquals(contents(lists, list, "back"), model.toReversed());
        assertEquals(lists.memory(list), arena.used);
      }
    }
    arena.failing = false;
    assertEquals(contents(lists, list), model);
    const copied = lists.copy(list);
    assertEquals(contents(lists, copied), model);
    assertEquals(lists.chunks(copied), lists.chunks(list));
    lists.destroy(list);
    assertEquals(lists.memory(copied), arena.used);
    lists.destroy(copied);
    assertEquals(arena.used, 0);
  });
}

Deno.test("Lists.removeEqual() leaves no chain of nearly empty chunks", () => {
  const arena = new Arena();
  const lists = new Lists(arena);
  for (const from of ["front", "back"] as const) {
    const list = lists.create();
    for (let i = 0; i < 50_000; i++) {
      lists.pushBack(list, latin1Slice(i % 1000 === 0 ? String(i) : "gone"));
    }
    assert(lists.chunks(list) > 30);
    assertEquals(lists.removeEqual(list, latin1Slice("gone"), Infinity, from), 49_950);
    assertEquals(lists.chunks(list), 1);
    assert(lists.memory(list) < 2000);
    assertEquals(lists.at(list, 49).latin1(), "49000");
  }
});

Deno.test("Lists.removeFront() and removeBack() give memory back while elements remain", () => {
  const arena = new Arena();
  const lists = new Lists(arena);
  const list = lists.create();
  for (let i = 0; i < 1000; i++) lists.pushBack(list, latin1Slice(`element ${i}`));
  lists.removeFront(list, 600);
  lists.removeBack(list, 398);
  assertEquals(contents(lists, list), ["element 600", "element 601"]);
  assert(lists.memory(list) <= 128, `${lists.memory(list)} bytes`);
});

Deno.test("Lists.pushFront() and removeBack() use one block for a short queue", () => {
  const arena = new Arena();
  const lists = new Lists(arena);
  const list = lists.create();
  fill(lists, list, ["1", "2", "3"]);
  const before = lists.memory(list);
  for (let i = 0; i < 10_000; i++) {
    lists.pushFront(list, latin1Slice(String(i % 10)));
    lists.removeBack(list, 1);
  }
  assertEquals(contents(lists, list), ["9", "8", "7"]);
  assertEquals([lists.chunks(list), lists.memory(list) <= before + 16], [1, true]);
});

Deno.test("Lists.setFill() decides how large a chunk becomes", () => {
  const cases = [
    // The setting, the elements of 100 bytes in a full chunk.
    [-1, Math.floor((4096 - 16) / 102)],
    [-2, Math.floor((8192 - 16) / 102)],
    [-3, Math.floor((16_384 - 16) / 102)],
    [-4, Math.floor((32_768 - 16) / 102)],
    [-5, Math.floor((65_536 - 16) / 102)],
    [-6, Math.floor((65_536 - 16) / 102)],
    [0, 1],
    [1, 1],
    [7, 7],
    [1000, Math.floor((8192 - 16) / 102)],
  ];
  for (const [setting, inChunk] of cases as [number, number][]) {
    const lists = new Lists(new Arena());
    lists.setFill(setting);
    const list = lists.create();
    for (let i = 0; i < 4000; i++) lists.pushBack(list, latin1Slice("x".repeat(100)));
    assertEquals(lists.chunks(list), Math.ceil(4000 / inChunk), `at ${setting}`);
  }
});

Deno.test("Lists takes no more for ten short elements than 112 bytes", () => {
  const arena = new Arena();
  const lists = new Lists(arena);
  const list = lists.create();
  for (let i = 0; i < 10; i++) lists.pushBack(list, latin1Slice("abc"));
  assert(lists.memory(list) <= 112, `${lists.memory(list)} bytes`);
});

Deno.test("Lists.clear() gives a list back in parts", () => {
  const arena = new Arena();
  const lists = new Lists(arena);
  const list = lists.create();
  for (let i = 0; i < 5000; i++) lists.pushBack(list, latin1Slice("some element"));
  const chunks = lists.chunks(list);
  assertEquals(lists.clear(list, 3), chunks - 3);
  assertEquals(lists.clear(list, chunks), 0);
  assertEquals(arena.used, 0);
});

Deno.test("Lists.copy() leaves nothing behind when there is no memory", () => {
  const arena = new FailingArena();
  const lists = new Lists(arena);
  const list = lists.create();
  for (let i = 0; i < 5000; i++) lists.pushBack(list, latin1Slice("some element"));
  const { used } = arena;
  let left = 3;
  arena.allocate = (size) => {
    if (left-- === 0) throw new ArenaFullError();
    return Arena.prototype.allocate.call(arena, size);
  };
  assertThrows(() => lists.copy(list), ArenaFullError);
  assertEquals(arena.used, used);
});
