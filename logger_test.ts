import { assertEquals } from "@std/assert";
import * as log from "@std/log";
import { defaultLogger, describe } from "./logger.ts";

class Memory extends log.BaseHandler {
  readonly lines: string[] = [];
  log(line: string) {
    this.lines.push(line);
  }
}

/** Everything that is written to the console meanwhile. */
function consoleErrors(run: () => void): unknown[][] {
  const real = console.error;
  const calls: unknown[][] = [];
  console.error = (...args) => void calls.push(args);
  try {
    run();
  } finally {
    console.error = real;
  }
  return calls;
}

Deno.test("defaultLogger() sends errors to the console unless the logger takes them", () => {
  const fields = { id: 1 };
  const write = () => {
    const { info, warn, error } = defaultLogger();
    info("info", fields);
    warn("warn", fields);
    error("error", fields);
  };
  assertEquals(consoleErrors(write), [["error", fields]]);
  const cases = [["CRITICAL", "NOTSET"], ["NOTSET", "CRITICAL"], ["ERROR", "ERROR"]] as const;
  for (const [level, handlerLevel] of cases) {
    const handler = new Memory(handlerLevel);
    log.setup({
      handlers: { handler },
      loggers: { nimblecache: { level, handlers: ["handler"] } },
    });
    const takes = level === "ERROR";
    assertEquals(consoleErrors(write).length, takes ? 0 : 1);
    assertEquals(handler.lines, takes ? ["ERROR error"] : []);
  }
  log.setup({});
});

Deno.test("describe() says what failed, whatever was thrown", () => {
  assertEquals(describe(new TypeError("no")), "TypeError: no");
  assertEquals(describe("text"), "text");
  assertEquals(describe(undefined), "undefined");
  assertEquals(describe(Symbol("s")), "Symbol(s)");
  assertEquals(describe(Object.create(null)), "something that cannot be shown");
});
