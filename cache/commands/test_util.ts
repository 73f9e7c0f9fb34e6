/** What the tests of commands share. @module */

import { assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value";

/**
 * Sends requests to a new cache, one a line as people type them, and checks what it answers.
 *
 * @param story Lines of `request → reply`, the reply as it is sent but for the ends of its lines, which
 * are spaces here. What a request without a reply is answered is not looked at; `-WRONGTYPE` stands for
 * the whole of that error; `#` begins a comment.
 */
export async function play(story: string): Promise<void> {
  const expected = story.trim().split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const actual: string[] = [];
  let replies = "";
  const answer = () => {
    const request = expected[actual.length - 1];
    if (request === undefined) return;
    const [text = ""] = request.split(" → ", 1);
    const reply = replies.replaceAll("\r\n", " ").trim().replace(WRONG_TYPE, "-WRONGTYPE");
    actual[actual.length - 1] = text === request ? text : `${text} → ${reply}`;
    replies = "";
  };
  await new Cache({ clock: new ManualClock() }).handler({
    // It is called for the next request when all replies to the last one are written.
    read(buffer) {
      answer();
      const line = expected[actual.length];
      if (line === undefined) return Promise.resolve(null);
      actual.push("");
      const request = encoder.encode(`${line.split(" → ", 1)[0]}\r\n`);
      buffer.set(request);
      return Promise.resolve(request.length);
    },
    write(data) {
      replies += decoder.decode(data);
      return Promise.resolve(data.length);
    },
    send: (data) => void (replies += decoder.decode(data)),
    close() {},
  });
  assertEquals(actual, expected);
}
