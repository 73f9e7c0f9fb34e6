import { assertEquals, assertMatch } from "@std/assert";
import { writeLine } from "./logging.ts";
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

/** Has another process set logging up and log some lines, since it is the process's state. */
async function logOf(level: string, format: string): Promise<string[]> {
  const code = `
    import { getLogger } from ${JSON.stringify(import.meta.resolve("@std/log/get-logger"))};
    import { setUpLogging } from ${JSON.stringify(import.meta.resolve("./logging.ts"))};
    setUpLogging("${level}", "${format}");
    const logger = getLogger("nimblecache");
    logger.debug("quiet", { id: 1 });
    logger.info("listening", { addr: "127.0.0.1:1", n: 0 });
    logger.warn('odd', { text: 'a "b"\\nc=d', empty: "", path: "/run/a-b.sock" });
    logger.error("failed", { error: new TypeError("boom") });
    logger.error("plain");
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", code],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "");
  return new TextDecoder().decode(stderr).trimEnd().split("\n");
}

Deno.test("setUpLogging() writes text for people, one line a record, to standard error", async () => {
  const lines = await logOf("debug", "text");
  assertEquals(lines.length, 5);
  for (const line of lines) assertMatch(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ /);
  const [debug, info, warn, error, plain] = lines.map((line) => line.replace(/^\S+ /, ""));
  assertEquals(debug, "DEBUG quiet id=1");
  assertEquals(info, "INFO listening addr=127.0.0.1:1 n=0");
  assertEquals(warn, 'WARN odd text="a \\"b\\"\\nc=d" empty="" path=/run/a-b.sock');
  assertMatch(error ?? "", /^ERROR failed error="TypeError: boom\\n {4}at /);
  assertEquals(plain, "ERROR plain");
});

Deno.test("setUpLogging() writes JSON for machines", async () => {
  const records = (await logOf("debug", "json")).map((line) => JSON.parse(line));
  for (const record of records) assertEquals(new Date(record.time).toJSON(), record.time);
  const [debug, info, warn, error, plain] = records.map(({ time: _, ...record }) => record);
  assertEquals(debug, { level: "DEBUG", msg: "quiet", id: 1 });
  assertEquals(info, { level: "INFO", msg: "listening", addr: "127.0.0.1:1", n: 0 });
  assertEquals(warn.text, 'a "b"\nc=d');
  assertMatch(error.error, /^TypeError: boom\n {4}at /);
  assertEquals(plain, { level: "ERROR", msg: "plain" });
});

Deno.test("setUpLogging() leaves out what is below the level", async () => {
  assertEquals((await logOf("warn", "text")).map((line) => line.split(" ")[1]), [
    "WARN",
    "ERROR",
    "ERROR",
  ]);
});

Deno.test("setUpLogging() keeps a line one line, and plain", async () => {
  const code = `
    import { getLogger } from ${JSON.stringify(import.meta.resolve("@std/log/get-logger"))};
    import { setUpLogging } from ${JSON.stringify(import.meta.resolve("./logging.ts"))};
    setUpLogging("info", "text");
    getLogger("nimblecache").info("a\\nb", { c: "\\x1b[31m", d: "\\x9b31m" });
  `;
  const args = ["eval", "--ext=ts", code];
  const { stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertMatch(
    new TextDecoder().decode(stderr),
    /^\S+ INFO "a\\nb" c="\\u001b\[31m" d="\\u009b31m"\n$/,
  );
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

Deno.test("setUpLogging() does not mind a full disk, nor a closed stream", { ignore }, async () => {
  for (const redirect of ["2>/dev/full", "2>&-"]) {
    await using child = new Child(["--port", "0", "--log-level", "debug"], { redirect });
    await servesThrough(child, await child.ready());
  }
});

Deno.test("setUpLogging() does not mind a pipe whose reader has left", { ignore }, async () => {
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
