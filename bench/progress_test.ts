import { assertEquals } from "@std/assert";
import { FakeTimers } from "../test_util.ts";
import { duration, type Output, Progress } from "./progress.ts";

/** Keeps what is written to it. */
class FakeOutput implements Output {
  text = "";
  readonly #terminal: boolean;

  constructor(terminal: boolean) {
    this.#terminal = terminal;
  }

  isTerminal(): boolean {
    return this.#terminal;
  }

  writeSync(data: Uint8Array): number {
    this.text += new TextDecoder().decode(data);
    return data.length;
  }
}

Deno.test("duration() writes seconds as people do", () => {
  assertEquals([3.4, 89, 90, 360].map(duration), ["3 s", "89 s", "2 min", "6 min"]);
});

Deno.test("Progress says at once how long it takes, and shows in place where it is", () => {
  using timers = new FakeTimers();
  const output = new FakeOutput(true);
  const progress = new Progress("bench", 120, output);
  assertEquals(output.text, "\r\x1b[Kbench: takes about 2 min\n");
  output.text = "";
  timers.now = 1000;
  progress.show("round 1");
  progress.show("round 2");
  progress.end();
  assertEquals(output.text, "\r\x1b[K1 s of 2 min: round 1\r\x1b[K1 s of 2 min: round 2\r\x1b[K");
});

Deno.test("Progress prints a line now and then where there is no terminal", () => {
  using timers = new FakeTimers();
  const output = new FakeOutput(false);
  const progress = new Progress("bench", 360, output);
  for (timers.now = 0; timers.now <= 60_000; timers.now += 100) progress.show(`${timers.now}`);
  progress.end();
  assertEquals(
    output.text,
    "bench: takes about 6 min\n30 s of 6 min: 30000\n60 s of 6 min: 60000\n",
  );
});
