import { assertEquals } from "@std/assert";
import { BUCKET_ENDS, LatencyHistogram, LatencyMonitor } from "./latency.ts";

/** Runs something at a time, in seconds since 1970. */
function at(seconds: number, run: () => void): void {
  const { now } = Date;
  Date.now = () => seconds * 1000;
  try {
    run();
  } finally {
    Date.now = now;
  }
}

Deno.test("LatencyMonitor keeps the longest time of each second, of the last 160", () => {
  const monitor = new LatencyMonitor();
  for (const latency of [5, 9.9, 7]) at(1000, () => monitor.add("command", latency));
  assertEquals(monitor.events.get("command"), { samples: [{ time: 1000, latency: 9 }], max: 9 });
  for (let i = 1; i <= 160; i++) at(1000 + i, () => monitor.add("command", i % 8));
  const { samples = [], max } = monitor.events.get("command") ?? {};
  assertEquals([samples.length, samples[0], samples.at(-1), max], [
    160,
    { time: 1001, latency: 1 },
    { time: 1160, latency: 0 },
    9,
  ]);
  monitor.add("other", 1);
  assertEquals([monitor.reset("OTHER"), monitor.reset("other"), monitor.reset()], [1, 0, 1]);
});

Deno.test("LatencyHistogram has Redis' buckets, and counts what was not measured as short", () => {
  assertEquals(BUCKET_ENDS, [
    ...[1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633],
    ...[135266, 270532, 541065, 1073741],
  ]);
  const histogram = new LatencyHistogram();
  assertEquals(histogram.cumulative(3), [[1, 3]]);
  for (const time of [1, 17, 33, 34, 2_000_000]) histogram.add(time);
  assertEquals(histogram.cumulative(7), [[1, 3], [33, 5], [66, 6], [1_073_741, 7]]);
  assertEquals([0, 50, 80, 100].map((percent) => histogram.percentile(7, percent)), [
    ...[1, 33, 66, 1_073_741],
  ]);
  histogram.clear();
  assertEquals(histogram.cumulative(0), []);
  assertEquals(histogram.percentile(0, 50), 0);
});
