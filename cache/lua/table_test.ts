import { assertEquals } from "@std/assert";
import { Table } from "./table.ts";
import type { LuaValue } from "./value.ts";

/** Keys that fall on each other: multiples, negative ones, fractions, strings. */
function keys(count: number): LuaValue[] {
  const list: LuaValue[] = [];
  for (let i = 1; i <= count; i++) {
    list.push(i * 4096, -i, i * 7 + 1e9, i + 0.25, i * 2 ** 33, `key ${i}`);
  }
  return list;
}

Deno.test("Table keeps what a Map keeps", () => {
  const table = new Table();
  const model = new Map<LuaValue, number>();
  const all = keys(400);
  let state = 1;
  for (let step = 0; step < 20_000; step++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    const key = all[(state >>> 8) % all.length];
    const isRemoved = (state & 0xc0) === 0;
    table.set(key, isRemoved ? undefined : step);
    if (isRemoved) model.delete(key);
    else model.set(key, step);
    const other = all[(state >>> 4) % all.length];
    assertEquals(table.get(other), model.get(other));
  }
  const found = new Map<LuaValue, LuaValue>();
  table.forEach((key, value) => found.set(key, value));
  assertEquals(found, new Map<LuaValue, LuaValue>(model));
});

Deno.test("Table.replace() writes only what is there and may be written to", () => {
  const table = new Table();
  table.set("a", 1);
  assertEquals(table.replace("a", 2), true);
  assertEquals(table.replace("b", 2), false);
  assertEquals(table.replace("a", undefined), true);
  assertEquals(table.replace("a", 3), false);
  table.set("a", 4);
  table.isReadonly = true;
  assertEquals(table.replace("a", 5), false);
  assertEquals(table.get("a"), 4);
});
