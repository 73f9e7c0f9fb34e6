import { assertEquals, assertThrows } from "@std/assert";
import { FakeTimers } from "../test_util.ts";
import { ManualClock, SystemClock } from "./clock.ts";

/** Has `Date.now()` go by the fake timers too. */
function fakeDate(timers: FakeTimers): Disposable {
  const { now } = Date;
  Date.now = () => timers.now;
  return { [Symbol.dispose]: () => void (Date.now = now) };
}

Deno.test("SystemClock.now() is the system's time, as it is patched just now", () => {
  const clock = new SystemClock();
  const before = Date.now();
  const now = clock.now();
  assertEquals(before <= now && now <= Date.now(), true);
  using timers = new FakeTimers();
  using _date = fakeDate(timers);
  timers.now = 1234;
  assertEquals(clock.now(), 1234);
});

Deno.test("SystemClock.at() calls back at its time, once, and not when taken back", () => {
  using timers = new FakeTimers();
  using _date = fakeDate(timers);
  const clock = new SystemClock();
  const calls: [string, number][] = [];
  const at = (time: number, name: string) => clock.at(time, () => calls.push([name, timers.now]));
  at(100, "a");
  at(50, "b");
  const cancel = at(70, "cancelled");
  at(-5, "past");
  cancel();
  timers.advance(0);
  assertEquals(calls, [["past", 0]]);
  timers.advance(99);
  assertEquals(calls, [["past", 0], ["b", 50]]);
  timers.advance(1000);
  assertEquals(calls, [["past", 0], ["b", 50], ["a", 100]]);
});

Deno.test("SystemClock.at() waits on where a timer fires too early, or cannot wait so long", () => {
  using timers = new FakeTimers();
  let skew = 0;
  const { now } = Date;
  Date.now = () => timers.now - skew;
  try {
    const clock = new SystemClock();
    let calls = 0;
    clock.at(100, () => calls++);
    skew = 1;
    timers.advance(100);
    assertEquals(calls, 0);
    timers.advance(1);
    assertEquals(calls, 1);
    skew = 0;
    const later = timers.now + 2 ** 32;
    clock.at(later, () => calls++);
    const cancel = clock.at(later, () => calls++);
    assertEquals(timers.pending, [2 ** 31 - 1, 2 ** 31 - 1]);
    timers.advance(2 ** 31);
    // It can be taken back after its first timer too.
    cancel();
    timers.advance(2 ** 31 - 1);
    assertEquals(calls, 1);
    timers.advance(1);
    assertEquals(calls, 2);
  } finally {
    Date.now = now;
  }
});

Deno.test("SystemClock.at() lets the process end, whatever kind of timer there is", () => {
  using timers = new FakeTimers();
  const unref: unknown[] = [];
  Deno.unrefTimer = (id) => void unref.push(id);
  new SystemClock().at(Date.now() + 1000, () => {});
  assertEquals(unref, [1]);
  // As in Node.
  const timer = { unref: () => void unref.push("object") };
  globalThis.setTimeout = (() => timer) as unknown as typeof setTimeout;
  new SystemClock().at(Date.now() + 1000, () => {});
  assertEquals(unref, [1, "object"]);
  assertEquals(timers.pending.length, 1);
});

Deno.test("ManualClock moves only when told to", () => {
  const before = Date.now();
  const start = new ManualClock().now();
  assertEquals(before <= start && start <= Date.now(), true);
  const clock = new ManualClock(1000);
  assertEquals(clock.now(), 1000);
  clock.advance(0);
  clock.advance(1.5);
  assertEquals(clock.now(), 1001.5);
});

Deno.test("ManualClock.advance() calls back in order, each at its own time", () => {
  const clock = new ManualClock(0);
  const calls: [string, number][] = [];
  const at = (time: number, name: string, then = () => {}) =>
    clock.at(time, () => {
      calls.push([name, clock.now()]);
      then();
    });
  at(30, "c");
  at(10, "a", () => {
    at(25, "on the way");
    at(5, "past");
    cancelLater();
  });
  at(20, "b1");
  at(20, "b2");
  const cancelLater = at(22, "cancelled on the way");
  const cancel = at(20, "cancelled");
  at(41, "later");
  cancel();
  cancel();
  clock.advance(40);
  assertEquals(calls, [
    ["a", 10],
    ["past", 10],
    ["b1", 20],
    ["b2", 20],
    ["on the way", 25],
    ["c", 30],
  ]);
  assertEquals(clock.now(), 40);
  clock.advance(1);
  assertEquals(calls.at(-1), ["later", 41]);
});

Deno.test("ManualClock refuses what is no time", () => {
  for (const start of [NaN, Infinity, -Infinity]) {
    assertThrows(
      () => new ManualClock(start),
      RangeError,
      `Cannot start a clock at ${start}: expected milliseconds since 1970`,
    );
  }
  const clock = new ManualClock(5);
  for (const ms of [-1, NaN, Infinity]) {
    assertThrows(
      () => clock.advance(ms),
      RangeError,
      `Cannot advance a clock by ${ms}: expected milliseconds of at least 0`,
    );
  }
  assertEquals(clock.now(), 5);
});
