import { assertEquals } from "@std/assert";
import { sortFirst } from "./partial_sort.ts";

Deno.test("sortFirst() finds what comes first", () => {
  let seed = 5;
  const next = (bound: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % bound;
  };
  for (let round = 0; round < 2000; round++) {
    const length = next([8, 50, 500][round % 3] ?? 1);
    const bound = [3, 20, 10_000][next(3)] ?? 1;
    const items = Array.from({ length }, () => next(bound));
    if (round % 5 === 0) items.sort((a, b) => a - b);
    if (round % 7 === 0) items.reverse();
    const count = next(length + 2);
    const sorted = items.toSorted((a, b) => a - b);
    const partly = [...items];
    sortFirst(partly, count, (a, b) => a - b);
    assertEquals(partly.slice(0, count), sorted.slice(0, count));
    assertEquals(partly.sort((a, b) => a - b), sorted);
  }
});

Deno.test("sortFirst() leaves alone what it need not look at", () => {
  const items = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_000);
  let compared = 0;
  sortFirst(items, 10, (a, b) => {
    compared++;
    return a - b;
  });
  assertEquals(items.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  // All of them take some 140 000.
  assertEquals(compared < 40_000, true, `${compared}`);
});
