import { assert, assertEquals, assertThrows } from "@std/assert";
import { Arena, ArenaFullError } from "./arena.ts";
import { IdTrees } from "./id_tree.ts";
import { StreamId } from "./stream_id.ts";
import { seeded } from "./test_util.ts";

/** An arena that has no memory when it is told so. */
class FailingArena extends Arena {
  failing = false;

  override allocate(size: number) {
    if (this.failing) throw new ArenaFullError();
    return super.allocate(size);
  }
}

const idOf = (n: number) => new StreamId(0, n >>> 3, n & 4 ? -1 : 0, n & 3);
const numberOf = (id: StreamId) => id.msLow << 3 | (id.seqHigh === -1 ? 4 : 0) | id.seqLow;

function contents(trees: IdTrees, tree: number): [number, number][] {
  const found: [number, number][] = [];
  const cursor = trees.first(tree);
  if (cursor !== undefined) {
    do found.push([numberOf(cursor.id), cursor.value]); while (cursor.next());
  }
  return found;
}

for (const [order, range] of [["rising", 1e6], ["random", 3000], ["random", 200]] as const) {
  Deno.test(`IdTrees does what a sorted array does under ${order} operations, up to ${range}`, () => {
    const random = seeded(range);
    const below = (n: number) => Math.floor(random() * n);
    const arena = new FailingArena();
    const trees = new IdTrees(arena);
    const tree = trees.create();
    const model = new Map<number, number>();
    const sorted = () => [...model].sort(([a], [b]) => a - b);
    let next = 0;
    for (let step = 0; step < 12_000; step++) {
      const growing = step % 4000 < 2200;
      const n = order === "rising" ? next++ : below(range);
      const oldest = order === "rising" ? model.keys().next().value : undefined;
      if (below(10) < (growing ? 8 : 2)) {
        if (model.has(n)) continue;
        arena.failing = below(4) === 0;
        try {
          trees.insert(tree, idOf(n), step + 1);
          model.set(n, step + 1);
        } catch (error) {
          if (!(error instanceof ArenaFullError)) throw error;
        }
      } else {
        // To remove needs no memory.
        arena.failing = true;
        const removed = oldest ?? n;
        assertEquals(trees.remove(tree, idOf(removed)), model.get(removed) ?? 0);
        model.delete(removed);
      }
      arena.failing = false;
      assertEquals(trees.size(tree), model.size);
      if (step % 100 !== 0) continue;
      const all = sorted();
      assertEquals(contents(trees, tree), all);
      const wanted = order === "rising" ? all[below(all.length)]?.[0] ?? 0 : below(range);
      const floor = trees.floor(tree, idOf(wanted));
      assertEquals(floor && numberOf(floor.id), all.findLast(([k]) => k <= wanted)?.[0]);
      const ceiling = trees.ceiling(tree, idOf(wanted));
      assertEquals(ceiling && numberOf(ceiling.id), all.find(([k]) => k >= wanted)?.[0]);
      assertEquals(trees.find(tree, idOf(wanted)), model.get(wanted) ?? 0);
      const last = trees.last(tree);
      assertEquals(last && numberOf(last.id), all.at(-1)?.[0]);
      const backwards: number[] = [];
      if (last !== undefined) { do backwards.push(last.value); while (last.previous()); }
      assertEquals(backwards.reverse(), all.map(([, value]) => value));
      assertEquals(trees.memory(tree), arena.used);
      if (model.has(wanted)) {
        trees.set(tree, idOf(wanted), step + 1);
        model.set(wanted, step + 1);
      }
    }
    const released: number[] = [];
    let left = model.size;
    while (left > 0) {
      const now = trees.clear(tree, 10, (value) => released.push(value));
      assert(now < left);
      left = now;
    }
    assertEquals(released.sort((a, b) => a - b), [...model.values()].sort((a, b) => a - b));
    assertEquals(arena.used, 0);
  });
}

Deno.test("IdTrees takes no more than 30 bytes for each of many IDs that come in order", () => {
  const arena = new Arena();
  const trees = new IdTrees(arena);
  const tree = trees.create();
  for (let n = 0; n < 20_000; n++) trees.insert(tree, idOf(n), 1);
  assert(trees.memory(tree) < 20_000 * 30, `${trees.memory(tree)}`);
  for (let n = 0; n < 20_000; n++) trees.remove(tree, idOf(n));
  assertEquals(trees.memory(tree), arena.used);
  assertEquals(arena.used, 16);
});

Deno.test("IdTrees.create() throws when there is no memory", () => {
  const arena = new FailingArena();
  arena.failing = true;
  assertThrows(() => new IdTrees(arena).create(), ArenaFullError);
});
