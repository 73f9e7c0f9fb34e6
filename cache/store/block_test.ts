import { assert } from "@std/assert";
import { Arena } from "./arena.ts";
import { grow } from "./block.ts";

Deno.test("grow() leaves more room above the largest class, so that growing costs little", () => {
  const arena = new Arena();
  let block = arena.allocate(65_536);
  let moves = 0;
  for (let size = 65_536; size < 1_000_000; size += 100) {
    const grown = grow(arena, block, size - 100, size);
    if (grown !== block) moves++;
    block = grown;
  }
  assert(moves <= 24, `${moves}`);
});
