import { assertEquals } from "@std/assert";
import { latin1Slice, Slice } from "../store/slice.ts";
import { Backlog } from "./backlog.ts";

/** All from an offset on. */
function rest(backlog: Backlog, offset: number): string {
  let text = "";
  for (let part; (part = backlog.from(offset)).length > 0; offset += part.length) {
    text += new Slice(part).latin1();
  }
  return text;
}

Deno.test("Backlog keeps what a string keeps, and drops no more than it may", () => {
  const backlog = new Backlog(100);
  let text = "";
  for (let i = 0; i < 400; i++) {
    const more = `${i},`.repeat(i % 50 === 0 ? 10_000 : i);
    backlog.append(latin1Slice(more));
    text += more;
    const [before, needed] = [backlog.start, backlog.end - (i % 3) * 50_000];
    backlog.trim(40_000, needed);
    assertEquals(backlog.end, 100 + text.length);
    assertEquals(backlog.length, backlog.end - backlog.start);
    assertEquals(backlog.start <= Math.max(before, Math.min(needed, backlog.end - 40_000)), true);
    // Whole chunks are dropped: less than one is left too much.
    if (i % 3 === 0) assertEquals(backlog.length < 40_000 + 16 * 1024, true);
  }
  for (const offset of [backlog.start, backlog.start + 1, backlog.end - 20_000, backlog.end]) {
    assertEquals(rest(backlog, offset) === text.slice(offset - 100), true);
  }
});

Deno.test("Backlog keeps 16 KiB whatever it is told", () => {
  const backlog = new Backlog(0);
  backlog.append(latin1Slice("x".repeat(100_000)));
  backlog.trim(1, backlog.end);
  assertEquals(backlog.length >= 16 * 1024, true);
  assertEquals(backlog.length < 32 * 1024, true);
});

Deno.test("Backlog leaves bytes as they are that were read before", () => {
  const backlog = new Backlog(0);
  backlog.append(latin1Slice("abc"));
  const part = backlog.from(0);
  backlog.append(latin1Slice("x".repeat(100_000)));
  backlog.trim(0, backlog.end);
  assertEquals(new Slice(part).latin1(), "abc");
});
