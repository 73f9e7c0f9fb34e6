/** What the tests of commands share. @module */

import { assert, assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";

const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value";

/** What is sent after each request, to see where the replies to it end. */
const END = "$5\r\n.end.\r\n";

/**
 * Sends requests to a new cache, one a line as people type them, and checks what it answers.
 *
 * @param story Lines of `request → reply`, the reply as it is sent but for the ends of its lines, which
 * are spaces here. What a request without a reply is answered is not looked at; `-WRONGTYPE` stands for
 * the whole of that error; `#` begins a comment.
 */
export async function play(story: string): Promise<void> {
  const expected = story.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  await using cache = new Cache({ clock: new ManualClock() });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  using conn = await Deno.connect({ port });
  const buffer = new Uint8Array(64 * 1024);
  const actual: string[] = [];
  let inTransaction = false;
  for (const line of expected) {
    const [request = ""] = line.split(" → ", 1);
    if (/^(MULTI|EXEC|DISCARD)$/.test(request)) inTransaction = request === "MULTI";
    // Within a transaction the mark would be queued; there each reply is one line.
    const end = inTransaction ? "\r\n" : END;
    const mark = inTransaction ? "" : "ECHO .end.\r\n";
    await conn.write(new TextEncoder().encode(`${request}\r\n${mark}`));
    let replies = "";
    while (!replies.endsWith(end)) {
      const length = await conn.read(buffer);
      assert(length !== null, `No reply to ${request}`);
      replies += new TextDecoder().decode(buffer.subarray(0, length));
    }
    const reply = replies.slice(0, -end.length).replaceAll("\r\n", " ").trim();
    actual.push(
      request === line ? line : `${request} → ${reply.replace(WRONG_TYPE, "-WRONGTYPE")}`,
    );
  }
  assertEquals(actual, expected);
}
