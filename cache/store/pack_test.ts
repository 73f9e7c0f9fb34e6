import { assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { elementSize, END, Packs } from "./pack.ts";
import { latin1Slice } from "./slice.ts";
import { seeded } from "./test_util.ts";

/** All elements, walking forwards; each way of walking must tell the same. */
function elements(packs: Packs, pack: number): string[] {
  const forwards: string[] = [];
  for (let at = packs.first(pack); at !== END; at = packs.next(pack, at)) {
    forwards.push(packs.element(pack, at).latin1());
  }
  const backwards: string[] = [];
  for (let at = packs.last(pack); at !== END; at = packs.previous(pack, at)) {
    backwards.push(packs.element(pack, at).latin1());
  }
  assertEquals(backwards.reverse(), forwards);
  assertEquals(packs.count(pack), forwards.length);
  assertEquals(packs.size(pack), forwards.reduce((sum, text) => sum + elementSize(text.length), 0));
  return forwards;
}

function packOf(packs: Packs, ...texts: string[]): number {
  let pack = packs.create();
  for (const text of texts) pack = packs.append(pack, latin1Slice(text));
  return pack;
}

Deno.test("Packs does what an array does", () => {
  const arena = new Arena();
  const packs = new Packs(arena);
  const random = seeded(12345);
  const below = (limit: number) => Math.floor(random() * limit);
  // Mostly short ones, some at the edge of the longer form, a few that need a buffer of their own.
  const newText = () => {
    const length = [below(4), below(20), 250 + below(10), below(100) === 0 ? 70_000 : 3][below(4)];
    return String.fromCharCode(97 + below(26)).repeat(length ?? 0);
  };
  for (let round = 0; round < 30; round++) {
    let pack = packs.create();
    const model: string[] = [];
    const size = below(200);
    for (let step = 0; step < 300; step++) {
      const index = below(model.length + 1);
      const at = packs.seek(pack, index);
      assertEquals(at === END, index === model.length);
      // Each round grows to a size of its own, then shrinks.
      const verb = model.length < size && step < 200 ? below(5) : 2 + below(4);
      const text = newText();
      if (verb === 0 || at === END) {
        model.push(text);
        pack = packs.append(pack, latin1Slice(text));
      } else if (verb === 1) {
        const second = newText();
        model.splice(index, 0, text, second);
        pack = packs.insert(pack, at, latin1Slice(text), latin1Slice(second));
        assertEquals(packs.element(pack, at).latin1(), text);
      } else if (verb === 2) {
        model[index] = text;
        pack = packs.replace(pack, at, latin1Slice(text));
      } else if (verb === 3) {
        assertEquals(packs.element(pack, at).latin1(), model[index]);
        assertEquals(
          packs.find(pack, latin1Slice(text), at),
          packs.seek(pack, model.includes(text, index) ? model.indexOf(text, index) : model.length),
        );
      } else {
        const count = Math.min(1 + below(3), model.length - index);
        model.splice(index, count);
        pack = packs.remove(pack, at, count);
      }
      if (step % 10 === 0) assertEquals(elements(packs, pack), model);
    }
    const clone = packs.clone(pack);
    packs.destroy(pack);
    assertEquals(elements(packs, clone), model);
    packs.destroy(clone);
    assertEquals(arena.used, 0);
  }
});

Deno.test("Packs.find() looks at every so many elements", () => {
  const packs = new Packs(new Arena());
  const pack = packOf(packs, "a", "b", "b", "c", "x".repeat(300), "c");
  const index = (text: string, from: number, step: number) => {
    const at = packs.find(pack, latin1Slice(text), packs.seek(pack, from), step);
    return [0, 1, 2, 3, 4, 5].find((index) => packs.seek(pack, index) === at) ?? END;
  };
  assertEquals(index("b", 0, 1), 1);
  assertEquals(index("b", 0, 2), 2);
  assertEquals(index("b", 1, 2), 1);
  assertEquals(index("c", 1, 4), 5);
  assertEquals(index("c", 0, 2), END);
  assertEquals(index("x".repeat(300), 0, 4), 4);
  assertEquals(packs.find(pack, latin1Slice("a"), END), END);
});

Deno.test("Packs shrinks when half of it is unused", () => {
  const packs = new Packs(new Arena());
  let pack = packOf(packs, ...Array.from({ length: 100 }, (_, i) => `element ${i}`));
  const memory = packs.memory(pack);
  pack = packs.remove(pack, packs.seek(pack, 10), 80);
  assertEquals(elements(packs, pack).at(10), "element 90");
  assertEquals(packs.memory(pack) <= memory / 4, true);
});

Deno.test("Packs stays whole when there is no memory", () => {
  class FullArena extends Arena {
    isFull = false;
    override allocate(size: number): number {
      if (this.isFull) throw new ArenaFullError();
      return super.allocate(size);
    }
  }
  const arena = new FullArena();
  const packs = new Packs(arena);
  let pack = packOf(packs, "a", "b", "c".repeat(100));
  arena.isFull = true;
  const long = latin1Slice("d".repeat(1000));
  assertThrows(() => packs.append(pack, long), ArenaFullError);
  assertThrows(() => packs.insert(pack, packs.first(pack), long, long), ArenaFullError);
  assertThrows(() => packs.replace(pack, packs.first(pack), long), ArenaFullError);
  assertEquals(elements(packs, pack), ["a", "b", "c".repeat(100)]);
  pack = packs.remove(pack, packs.last(pack));
  assertEquals(elements(packs, pack), ["a", "b"]);
});
