import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Random } from "../compare/random.ts";
import { KINDS } from "./kinds.ts";
import { mangle } from "./mangle.ts";
import { OLD_VALUES } from "./old_values.ts";
import { Failure, Target } from "./target.ts";
import { sealed } from "./values.ts";

for (const [kind, fuzz] of Object.entries(KINDS)) {
  Deno.test(`A cache takes damaged ${kind}, and neither breaks nor keeps anything`, async () => {
    for (let seed = 1; seed <= 3; seed++) {
      let noted = 0;
      const tried = await fuzz(seed, () => noted++);
      assertEquals(noted, tried);
    }
  });
}

Deno.test("RESTORE takes each of the values that others are made of by damage", () => {
  const target = new Target();
  for (const value of OLD_VALUES) {
    assertEquals(target.call("RESTORE", "k", "0", sealed(value), "REPLACE").value, "OK");
  }
  target.engine.close();
});

Deno.test("Target notices what a fuzzer looks for", async () => {
  const target = new Target();
  const connection = target.connect();
  await connection.say(new TextEncoder().encode("SET a b\r\nINCR a\r\nPING"));
  assertEquals(connection.replies, 2);
  connection.send(new TextEncoder().encode("$5\r\nabc"));
  await assertRejects(() => connection.say(), Failure, 'No whole reply: "$5');
  await assertRejects(() => target.end(), Failure);
  const leaking = new Target();
  leaking.engine.objects.lists.create();
  assertThrows(() => leaking.checkMemory(), Failure, "bytes are in use");
  leaking.engine.close();
});

Deno.test("mangle() damages bytes in every way, the same for the same seed", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const lengths = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const mangled = mangle(bytes, new Random(seed));
    assertEquals(mangled, mangle(bytes, new Random(seed)));
    lengths.add(mangled.length);
  }
  assert(Math.min(...lengths) < 90 && Math.max(...lengths) > 110);
  assertEquals(mangle(new Uint8Array(0), new Random(1)).length >= 0, true);
});
