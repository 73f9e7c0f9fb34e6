import { assertEquals } from "@std/assert";
import { orderOf } from "./number_order.ts";
import { seeded } from "./store/test_util.ts";

const EDGES = [
  ...[-Infinity, -Number.MAX_VALUE, -(2 ** 53), -(2 ** 32) - 1, -1.5, -1, -Number.MIN_VALUE, 0],
  ...[Number.MIN_VALUE, 2 ** -1022, 0.1, 1, 1.5, 2 ** 32, 2 ** 32 + 1, 2 ** 53, Infinity],
];

Deno.test("orderOf() orders few numbers and many, and leaves equal ones as they are", () => {
  const random = seeded(1);
  for (const size of [0, 1, 2, 17, 499, 500, 3000]) {
    for (const pick of [() => EDGES[Math.floor(random() * EDGES.length)] ?? 0, random, () => 7]) {
      const numbers = Float64Array.from({ length: size }, pick);
      const expected = Array.from(numbers.keys()).sort((a, b) => {
        const [x = 0, y = 0] = [numbers[a], numbers[b]];
        return x < y ? -1 : x > y ? 1 : a - b;
      });
      assertEquals([...orderOf(numbers)], expected);
    }
  }
});
