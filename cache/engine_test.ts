import { assertEquals } from "@std/assert";
import { ManualClock } from "./clock.ts";
import { allCommands } from "./commands/table.ts";
import { Engine } from "./engine.ts";
import { Settings } from "./settings.ts";

/** What runs where there is no `Deno`: only its own import of the cache can look for it. */
const SCRIPT = `
const { exit } = Deno;
delete globalThis.Deno;
if ("Deno" in globalThis) throw new Error("Deno is still there");
const { Cache, ManualClock, ReplyError } = await import(MODULE);
const clock = new ManualClock(0);
const cache = new Cache({ clock });
const real = new Cache();
const log = [];
log.push(cache.call("SET", "a", 1, "PX", 100), cache.call("INCR", "a"), cache.call("PTTL", "a"));
cache.call("RPUSH", "list", "x", "y");
cache.call("ZADD", "z", 1.5, "m");
cache.call("HSET", "h", "f", "v");
cache.call("SADD", "s", 1, 2);
log.push(cache.call("LRANGE", "list", 0, -1), cache.call("ZSCORE", "z", "m"));
log.push([...cache.call("HGETALL", "h")], cache.call("SCARD", "s"), cache.call("BLPOP", "q", 0));
clock.advance(101);
log.push(cache.call("GET", "a"), cache.stats.keys);
try {
  cache.call("INCR", "list");
} catch (error) {
  log.push(error instanceof ReplyError);
}
log.push(/os:unknown/.test(cache.call("INFO")), /used_memory_rss:\\d/.test(cache.call("INFO", "memory")));
// A timer of the system's clock, and one that gives memory back.
real.call("SET", "a", 1, "PX", 1);
for (let i = 0; i < 5000; i++) real.call("RPUSH", "long", i);
real.call("UNLINK", "long");
await real.until(({ expiredKeys }) => expiredKeys === 1);
log.push(real.stats.keys);
await Promise.all([cache.close(), real.close()]);
console.log(JSON.stringify(log));
exit(0);
`;

Deno.test("Engine works where there is no Deno", async () => {
  const module = import.meta.resolve("./mod.ts");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", SCRIPT.replace("MODULE", JSON.stringify(module))],
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [
    ...["OK", 2, 100],
    ...[["x", "y"], 1.5],
    ...[[["f", "v"]], 2, null],
    ...[null, 4],
    true,
    ...[true, true],
    0,
  ]);
});

Deno.test("Engine.releaseTime() reads the clock that was to be read while the time was held", () => {
  const clock = new ManualClock(1000);
  const engine = new Engine(clock, new Settings(), allCommands());
  engine.timeHeld = true;
  clock.advance(10);
  // Nobody has asked.
  engine.releaseTime();
  assertEquals(engine.now, 1000);
  engine.timeHeld = true;
  engine.readClock();
  // As at the end of a script in a transaction.
  engine.releaseTime(true);
  assertEquals([engine.now, engine.timeHeld], [1000, true]);
  engine.releaseTime();
  assertEquals([engine.now, engine.timeHeld], [1010, false]);
  engine.close();
});
