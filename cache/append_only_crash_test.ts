import { assertEquals } from "@std/assert";
import { crash } from "./bench/crashes.ts";
import { Random } from "./compare/random.ts";

const ignore = Deno.build.os === "windows";

for (const policy of ["always", "everysec"] as const) {
  Deno.test(`main.ts of the cache, killed under load, has all that it replied with ${policy}`, {
    ignore,
  }, async () => {
    const seed = Math.floor(Math.random() * 1e9);
    assertEquals(await crash(policy, 3, new Random(seed)), undefined, `with seed ${seed}`);
  });
}
