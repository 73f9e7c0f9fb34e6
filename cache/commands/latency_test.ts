import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError } from "../protocol/value.ts";

/** Lets `DEBUG SLEEP` take so many milliseconds. */
function sleep(cache: Cache, milliseconds: number): void {
  cache.call("DEBUG", "SLEEP", milliseconds / 1000);
}

Deno.test("LATENCY LATEST and HISTORY tell what took longer than the threshold, by real time", async () => {
  await using cache = new Cache({ enableDebugCommand: true, clock: new ManualClock(5000) });
  sleep(cache, 8);
  assertEquals(cache.call("LATENCY", "LATEST"), []);
  assertEquals(cache.call("LATENCY", "RESET"), 0);
  cache.call("CONFIG", "SET", "latency-monitor-threshold", 30);
  const before = Math.floor(Date.now() / 1000);
  sleep(cache, 35);
  const [event, ...others] = cache.call("LATENCY", "LATEST") as [string, number, number, number][];
  assert(event !== undefined);
  assertEquals([event[0], others], ["command", []]);
  assert(event[1] >= before && event[1] <= Date.now() / 1000);
  assert(event[2] >= 35 && event[3] === event[2]);
  assertEquals(cache.call("LATENCY", "HISTORY", "command"), [[event[1], event[2]]]);
  assertEquals(cache.call("LATENCY", "HISTORY", "Command"), []);
  assertEquals(cache.call("LATENCY", "RESET", "none", "COMMAND"), 1);
  assertEquals(cache.call("LATENCY", "LATEST"), []);
});

Deno.test("LATENCY tells of fast commands apart, and of expiry", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  cache.call("CONFIG", "SET", "latency-monitor-threshold", 5);
  cache.call("SET", "a", 1, "PX", 10);
  const events = () => (cache.call("LATENCY", "LATEST") as [string][]).map(([event]) => event);
  cache.call("LATENCY", "RESET");
  // As if all took long.
  let time = performance.now();
  const { now } = performance;
  performance.now = () => time += 10;
  try {
    cache.call("GET", "a");
    clock.advance(20);
  } finally {
    performance.now = now;
  }
  assertEquals(events(), ["fast-command", "expire-cycle"]);
});

Deno.test("LATENCY GRAPH draws samples with their ages", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  cache.call("CONFIG", "SET", "latency-monitor-threshold", 30);
  sleep(cache, 35);
  const lines = (cache.call("LATENCY", "GRAPH", "command") as string).split("\n");
  assertMatch(lines[0] ?? "", /^command - high \d+ ms, low \d+ ms \(all time high \d+ ms\)$/);
  assertEquals(lines.slice(1, 7), ["-".repeat(80), " ", " ", " ", "_", " "]);
  assertMatch(lines.slice(7).join(""), /^\d+s$/);
  assertThrows(
    () => cache.call("LATENCY", "GRAPH", "none\0x"),
    ReplyError,
    "ERR No samples available for event 'none'",
  );
});

Deno.test("LATENCY DOCTOR says something of what took long", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  const report = () => cache.call("LATENCY", "DOCTOR") as string;
  assertMatch(report(), /latency-monitor-threshold/);
  cache.call("CONFIG", "SET", "latency-monitor-threshold", 10_000);
  assertEquals(report(), "Nothing has taken 10000 ms or longer.\n");
  cache.call("CONFIG", "SET", "latency-monitor-threshold", 30);
  sleep(cache, 35);
  assertMatch(
    report(),
    /^command: 1 spikes \(average \d+ ms, worst of all time \d+ ms\)\. SLOWLOG/,
  );
});

Deno.test("LATENCY HISTOGRAM tells how the times of commands are distributed", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  const histogram = (...names: string[]) =>
    cache.call("LATENCY", "HISTOGRAM", ...names) as Map<string, Map<string, unknown>>;
  cache.call("CONFIG", "RESETSTAT");
  assertEquals([...histogram().keys()], ["config|resetstat"]);
  for (let i = 0; i < 3; i++) cache.call("SET", "a", 1);
  cache.call("CLIENT", "ID");
  assertEquals(histogram("SET", "none"), new Map([["set", histogram("set").get("set")!]]));
  assertEquals(histogram("set").get("set")?.get("calls"), 3);
  assertEquals([...histogram("client").keys(), ...histogram("Client|ID").keys()], [
    "client|id",
    "client|id",
  ]);
  assertEquals(histogram("get", "client|none"), new Map());
  sleep(cache, 9);
  sleep(cache, 9);
  const times = histogram("debug").get("debug")?.get("histogram_usec") as Map<number, number>;
  assertEquals([...times.values()].at(-1), 2);
  assert([...times.keys()].every((end) => end >= 16_908), `${[...times.keys()]}`);
  cache.call("CONFIG", "RESETSTAT");
  assertEquals(histogram("debug", "set").size, 0);
});

Deno.test("INFO latencystats tells within which times most calls were done", async () => {
  await using cache = new Cache({ enableDebugCommand: true });
  cache.call("CONFIG", "RESETSTAT");
  const line = (command: string) =>
    String(cache.call("INFO", "latencystats")).split("\r\n").find((line) =>
      line.startsWith(`latency_percentiles_usec_${command}:`)
    );
  cache.call("SET", "a", 1);
  assertEquals(line("set"), "latency_percentiles_usec_set:p50=1.000,p99=1.000,p99.9=1.000");
  sleep(cache, 20);
  cache.call("CONFIG", "SET", "latency-tracking-info-percentiles", "0.0 99.50");
  assertMatch(line("debug") ?? "", /^latency_percentiles_usec_debug:p0=\d+\.000,p99\.5=\d+\.000$/);
  assertEquals(
    cache.call("CONFIG", "GET", "latency-tracking-info-percentiles"),
    new Map([["latency-tracking-info-percentiles", "0 99.5"]]),
  );
  const set = (value: string) =>
    cache.call("CONFIG", "SET", "latency-tracking-info-percentiles", value);
  assertThrows(() => set("50 x"), ReplyError, "- Invalid latency-tracking-info-percentiles");
  assertThrows(() => set("101"), ReplyError, "should sit between [0.0,100.0]");
  cache.call("CONFIG", "SET", "latency-tracking", "no");
  assertEquals(line("set"), undefined);
});
