import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { type LogOptions, setUpLog, writeLine } from "./logging.ts";
import { Child } from "./test_util.ts";

Deno.test("writeLine() writes a line whole, however little a write takes", () => {
  let written = "";
  const slow = {
    writeSync(data: Uint8Array) {
      written += new TextDecoder().decode(data.subarray(0, 3));
      return Math.min(3, data.length);
    },
  };
  writeLine(slow, "a long line");
  assertEquals(written, "a long line\n");
});

Deno.test("writeLine() drops a line that cannot be written", () => {
  let calls = 0;
  const full = {
    writeSync(): number {
      calls++;
      throw new Error("No space left on device (os error 28)");
    },
  };
  writeLine(full, "lost");
  assertEquals(calls, 1);
});

/** Has another process set the log up and write some lines, since it is the process's state. */
async function logOf(options: LogOptions, code = LINES): Promise<string[]> {
  const program = `
    import { getLogger } from ${JSON.stringify(import.meta.resolve("@std/log/get-logger"))};
    import { setUpLog } from ${JSON.stringify(import.meta.resolve("./logging.ts"))};
    setUpLog(${JSON.stringify(options)});
    const logger = getLogger("nimblecache");
    ${code}
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", program],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "");
  return new TextDecoder().decode(stderr).replace(/\n$/, "").split("\n");
}

const LINES = `
  logger.debug("quiet", { id: 1 });
  logger.info("listening", { addr: "127.0.0.1:1", n: 0 });
  logger.warn('odd', { text: 'a "b"\\nc=d', empty: "", path: "/run/a-b.sock" });
  logger.error("failed", { error: new TypeError("boom", { cause: new Error("why") }) });
  logger.error("plain");
`;

Deno.test("setUpLog() writes text for people, one line a record, to standard error", async () => {
  const lines = await logOf({ level: "debug" });
  assertEquals(lines.length, 5);
  for (const line of lines) assertMatch(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ /);
  const [debug, info, warn, error, plain] = lines.map((line) => line.replace(/^\S+ /, ""));
  assertEquals(debug, "DEBUG quiet id=1");
  assertEquals(info, "INFO listening addr=127.0.0.1:1 n=0");
  assertEquals(warn, 'WARN odd text="a \\"b\\"\\nc=d" empty="" path=/run/a-b.sock');
  assertMatch(
    error ?? "",
    /^ERROR failed error="TypeError: boom\\n {4}at .*\[cause\]: Error: why\\n/,
  );
  assertEquals(plain, "ERROR plain");
});

Deno.test("setUpLog() writes JSON for machines", async () => {
  const lines = await logOf({ level: "debug", format: "json" });
  const records = lines.map((line) => JSON.parse(line));
  for (const record of records) assertEquals(new Date(record.time).toJSON(), record.time);
  const [debug, info, warn, error, plain] = records.map(({ time: _, ...record }) => record);
  assertEquals(debug, { level: "DEBUG", msg: "quiet", id: 1 });
  assertEquals(info, { level: "INFO", msg: "listening", addr: "127.0.0.1:1", n: 0 });
  assertEquals(warn.text, 'a "b"\nc=d');
  assertMatch(error.error, /^TypeError: boom\n {4}at /);
  assertEquals(plain, { level: "ERROR", msg: "plain" });
});

Deno.test("setUpLog() leaves out what is below the level", async () => {
  const levels = async (options: LogOptions) =>
    (await logOf(options)).map((line) => line.split(" ")[1]);
  assertEquals(await levels({ level: "warn" }), ["WARN", "ERROR", "ERROR"]);
  assertEquals(await levels({ level: "error" }), ["ERROR", "ERROR"]);
  assertEquals(await levels({}), ["INFO", "WARN", "ERROR", "ERROR"]);
});

Deno.test("setUpLog() keeps a line one line, and plain", async () => {
  // What ends a line for some reader: JSON allows all but the first two.
  const controls = ["\n", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029"];
  for (const control of controls) {
    const text = `a${control}b`;
    const code = `logger.info(${JSON.stringify(text)}, { field: ${JSON.stringify(text)} });`;
    const escaped = control === "\n"
      ? "\\n"
      : `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
    const [line = "", ...others] = await logOf({}, code);
    assertEquals(others, []);
    assertEquals(line.replace(/^\S+ /, ""), `INFO "a${escaped}b" field="a${escaped}b"`);
    const [json = "", ...more] = await logOf({ format: "json" }, code);
    assertEquals(more, []);
    assertStringIncludes(json, `"msg":"a${escaped}b","field":"a${escaped}b"}`);
    assertEquals(JSON.parse(json).field, text);
  }
});

Deno.test("setUpLog() writes whatever was thrown", async () => {
  const code = `
    const circular = { name: "x" };
    circular.self = circular;
    const hostile = { [Symbol.for("Deno.customInspect")]() { throw new Error("no"); } };
    for (const error of [circular, 1n, undefined, Symbol("s"), Object.create(null), hostile]) {
      logger.error("failed", { error });
    }
    logger.error("failed", new Error("in place of fields"));
  `;
  const expected = [
    '<ref *1> { name: "x", self: [Circular *1] }',
    "1n",
    "undefined",
    "Symbol(s)",
    "[Object: null prototype] {}",
    "something that cannot be shown",
  ];
  const records = (await logOf({ format: "json" }, code)).map((line) => JSON.parse(line).error);
  assertEquals(records.slice(0, -1), expected);
  assertMatch(records.at(-1), /^Error: in place of fields\n {4}at /);
  const lines = await logOf({}, code);
  assertEquals(
    lines.slice(0, -1).map((line) => line.replace(/^.*? failed error=/, "")),
    expected.map((text) => /[ "]/.test(text) ? JSON.stringify(text) : text),
  );
});

Deno.test("setUpLog() takes the lines of the default logger too", async () => {
  assertMatch((await logOf({}, 'getLogger().info("mine", { n: 1 });'))[0] ?? "", / INFO mine n=1$/);
});

Deno.test("setUpLog() checks its options", () => {
  const cases: [LogOptions, string][] = [
    [
      { level: "loud" as "info" },
      "Cannot use level loud: expected one of debug, info, warn, error",
    ],
    [{ format: "xml" as "text" }, "Cannot use format xml: expected one of text, json"],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => setUpLog(options), TypeError, message);
  }
});

/** Greets some clients, then stops: whatever becomes of the log. */
async function servesThrough(child: Child, port: number): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const client = await Deno.connect({ port });
    assertEquals(await new Response(client.readable).text(), "Hello!");
  }
  assertEquals((await child.stop()).code, 0);
}

const ignore = Deno.build.os !== "linux";

Deno.test("setUpLog() does not mind a full disk, nor a closed stream", { ignore }, async () => {
  for (const redirect of ["2>/dev/full", "2>&-"]) {
    await using child = new Child(["--port", "0", "--log-level", "debug"], { redirect });
    await servesThrough(child, await child.ready());
  }
});

Deno.test("setUpLog() does not mind a pipe whose reader has left", { ignore }, async () => {
  // A pipe as in `main.ts … 2>&1 | head -1`, but with the server as the child, so that it is ended.
  const fifo = `${Deno.makeTempDirSync()}/log`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const reader = new Deno.Command("head", { args: ["-1", fifo], stdout: "piped" }).spawn();
  await using child = new Child(["--port", "0", "--log-level", "debug"], {
    redirect: `2>${fifo}`,
  });
  const port = await child.ready();
  const { stdout } = await reader.output();
  assertMatch(new TextDecoder().decode(stdout), /INFO listening addr=127\.0\.0\.1:\d+\n$/);
  await servesThrough(child, port);
  Deno.removeSync(fifo);
});
