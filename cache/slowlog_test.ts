import { assert, assertEquals } from "@std/assert";
import { Cache } from "./cache.ts";
import { ManualClock } from "./clock.ts";

/** The arguments of the commands in the log, the newest first. */
function logged(cache: Cache): unknown[] {
  const entries = cache.call("SLOWLOG", "GET", -1) as [number, number, number, string[]][];
  return entries.map(([, , , args]) => args.join(" "));
}

Deno.test("Slowlog keeps the newest, with what is asked of each", async () => {
  await using cache = new Cache({ clock: new ManualClock(1_700_000_000_900) });
  cache.call("CONFIG", "SET", "slowlog-log-slower-than", 0, "slowlog-max-len", 3);
  cache.call("SLOWLOG", "RESET");
  assertEquals(cache.call("SLOWLOG", "LEN"), 1);
  cache.call("SET", "a", 1);
  cache.call("CLIENT", "SETNAME", "me");
  cache.call("GET", "a");
  assertEquals(logged(cache), ["GET a", "CLIENT SETNAME me", "SET a 1"]);
  const [entry] = cache.call("SLOWLOG", "GET", 1) as unknown[][];
  const [id, time, microseconds, args, address, name] = entry ?? [];
  assert(typeof id === "number" && id > 3);
  assertEquals(time, 1_700_000_000);
  assert(typeof microseconds === "number" && microseconds >= 0);
  assertEquals([args, address, name], [["SLOWLOG", "GET", "-1"], "", "me"]);
  cache.call("CONFIG", "SET", "slowlog-max-len", 1);
  assertEquals(cache.call("SLOWLOG", "LEN"), 1);
});

Deno.test("Slowlog cuts what is long and counts what is left out", async () => {
  await using cache = new Cache();
  cache.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
  cache.call("ECHO", "x".repeat(128));
  assertEquals(logged(cache)[0], `ECHO ${"x".repeat(128)}`);
  cache.call("ECHO", "x".repeat(129));
  assertEquals(logged(cache)[0], `ECHO ${"x".repeat(128)}... (1 more bytes)`);
  const keys = Array.from({ length: 31 }, (_, i) => `k${i}`);
  cache.call("DEL", ...keys);
  assertEquals(logged(cache)[0], `DEL ${keys.join(" ")}`);
  cache.call("DEL", ...keys, "one", "more");
  assertEquals(logged(cache)[0], `DEL ${keys.slice(0, 30).join(" ")} ... (3 more arguments)`);
});

Deno.test("Slowlog shows no passwords", async () => {
  await using cache = new Cache();
  cache.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
  cache.call("CONFIG", "SET", "maxclients", 10, "RequirePass", "secret");
  assertEquals(logged(cache)[0], "CONFIG SET maxclients 10 RequirePass (redacted)");
  cache.call("CONFIG", "SET", "masterauth", "secret", "masteruser", "me");
  assertEquals(logged(cache)[0], "CONFIG SET masterauth (redacted) masteruser (redacted)");
  cache.call("AUTH", "secret");
  assertEquals(logged(cache)[0], "AUTH (redacted)");
  cache.call("HELLO", 3, "SETNAME", "me", "AUTH", "default", "secret");
  assertEquals(logged(cache)[0], "HELLO 3 SETNAME me AUTH (redacted) (redacted)");
});

Deno.test("Slowlog keeps only what takes as long as the threshold says", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  cache.call("DEBUG", "SLEEP", "0.011");
  assertEquals(logged(cache), ["DEBUG SLEEP 0.011"]);
  cache.call("CONFIG", "SET", "slowlog-log-slower-than", 60_000_000);
  cache.call("DEBUG", "SLEEP", "0.011");
  assertEquals(logged(cache), ["DEBUG SLEEP 0.011"]);
  cache.call("SLOWLOG", "RESET");
  cache.call("CONFIG", "SET", "slowlog-log-slower-than", -1);
  cache.call("ECHO", "unseen");
  assertEquals(logged(cache), []);
});
