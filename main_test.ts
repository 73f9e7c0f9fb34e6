import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import denoJson from "./deno.json" with { type: "json" };
import { Child, connectAndReset, fetchGreeting, readAll, until, within } from "./test_util.ts";

const unix = Deno.build.os !== "windows";

const UNIX_PERMISSIONS = ["--allow-net", "--allow-read", "--allow-write"];

function greetingAt(port: number, hostname = "127.0.0.1"): Promise<string> {
  return fetchGreeting({ transport: "tcp", hostname, port });
}

/** The lines of a log without their times. */
function linesOf(stderr: string): string[] {
  return stderr.trimEnd().split("\n").map((line) => line.replace(/^\S+Z /, ""));
}

Deno.test("main.ts greets with --allow-net alone, and says on standard output where", async () => {
  await using child = new Child(["--port", "0"]);
  const port = await child.ready();
  assertEquals(await greetingAt(port), "Hello!");
  if (!unix) return;
  const { code, stderr } = await child.stop();
  assertEquals(await child.read(), "");
  assertEquals(code, 0);
  assertEquals(linesOf(stderr), [
    `INFO listening addr=127.0.0.1:${port}`,
    "INFO shutting down signal=SIGTERM",
    "INFO stopped accepted=1 active=0 completed=1 failed=0 timedOut=0 aborted=0 rejected=0 acceptErrors=0",
  ]);
});

Deno.test("main.ts listens on 127.0.0.1:6379 by default, and exits with 1 if it is taken", async () => {
  let taken: Deno.Listener | undefined;
  try {
    taken = Deno.listen({ hostname: "127.0.0.1", port: 6379 });
  } catch {
    // Somebody else has it, which is as good.
  }
  await using child = new Child([]);
  const { code, stderr } = await child.end();
  taken?.close();
  assertEquals(code, 1);
  assertEquals(linesOf(stderr), [
    "ERROR Cannot listen on 127.0.0.1:6379: address already in use",
  ]);
});

Deno.test("main.ts greets a client that has no more to say", async () => {
  await using child = new Child(["--port", "0"]);
  const client = await Deno.connect({ port: await child.ready() });
  // As `nc 127.0.0.1 6379 </dev/null` does.
  await client.closeWrite();
  assertEquals(await readAll(client), "Hello!");
});

Deno.test("main.ts prints help and version without any permission", async () => {
  const cases: [string, RegExp][] = [
    ["--help", /^A TCP server .*\n\nUsage: deno run --allow-net main\.ts/],
    ["-h", /^A TCP server/],
    ["--version", new RegExp(`^nimblecache ${denoJson.version.replaceAll(".", "\\.")}\\n$`)],
    ["-V", /^nimblecache /],
  ];
  for (const [flag, expected] of cases) {
    await using child = new Child([flag], { permissions: [] });
    assertMatch(await child.read(), expected);
    assertEquals(await child.end(), { code: 0, signal: null, stderr: "" });
  }
});

Deno.test("main.ts exits with 2 and one line on a bad flag", async () => {
  for (const args of [["--prot", "80"], ["--port"], ["--port", "http"], ["a\nb"]]) {
    await using child = new Child(args);
    const { code, stderr } = await child.end();
    assertEquals(code, 2);
    assertMatch(stderr, /^[^\n]+: expected [^\n]+\n$/);
    assertEquals(await child.read(), "");
  }
});

Deno.test("main.ts exits with 1 and one line where it cannot listen", async () => {
  const cases: [string[], string[], string][] = [
    [["--hostname", "203.0.113.1"], ["--allow-net"], "Cannot listen on 203.0.113.1:6379: "],
    [["--hostname", "no-such-host.invalid"], ["--allow-net"], "no-such-host.invalid:6379: "],
    [[], [], "127.0.0.1:6379: requires net access"],
    [["--port", "0"], ["--allow-net=127.0.0.1:1"], "127.0.0.1:0: requires net access"],
  ];
  if (unix) cases.push([["--unix", "/tmp/x.sock"], ["--allow-net"], "unix:/tmp/x.sock: requires"]);
  for (const [args, permissions, message] of cases) {
    await using child = new Child([...args, "--log-format", "json"], { permissions });
    const { code, stderr } = await child.end();
    assertEquals(code, 1);
    const { level, msg } = JSON.parse(stderr);
    assertEquals(level, "ERROR");
    assertStringIncludes(msg, message);
  }
});

Deno.test("main.ts takes its flags", async () => {
  await using child = new Child([
    ...["--port=0", "--hostname", "::1", "--message", "220 ready\\r\\n"],
    ...["--max-connections", "5", "--max-connections-per-host", "1", "--linger", "0"],
    ...["--log-level", "debug", "--log-format", "json"],
  ], { permissions: ["--allow-net=[::1]"] });
  const port = await child.ready();
  assertEquals(await greetingAt(port, "::1"), "220 ready\r\n");
  if (!unix) return;
  const { stderr } = await child.stop();
  const records = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(records.map(({ level, msg }) => `${level} ${msg}`), [
    "INFO listening",
    "DEBUG connection accepted",
    "DEBUG connection closed",
    "INFO shutting down",
    "INFO stopped",
  ]);
  assertEquals(records[0].addr, `[::1]:${port}`);
  assertEquals(records[2], { ...records[2], id: 1, outcome: "completed" });
});

Deno.test("main.ts serves both families under ::", { ignore: !unix }, async () => {
  await using child = new Child(["--hostname", "::", "--port", "0"]);
  const port = await child.ready();
  assertEquals(await greetingAt(port, "127.0.0.1"), "Hello!");
  assertEquals(await greetingAt(port, "::1"), "Hello!");
});

Deno.test("main.ts reads NIMBLECACHE_LOG where it may, and the flag wins", async () => {
  const levelsSeen = async (args: string[], permissions: string[], level: string) => {
    const env = { NIMBLECACHE_LOG: level };
    await using child = new Child(["--port", "0", ...args], { permissions, env });
    const port = await child.ready();
    await greetingAt(port);
    child.kill(unix ? "SIGTERM" : "SIGKILL");
    const { stderr } = await child.end();
    return [...new Set(linesOf(stderr).map((line) => line.split(" ")[0]))];
  };
  const env = "--allow-env=NIMBLECACHE_LOG";
  assertEquals(await levelsSeen([], ["--allow-net", env], "debug"), ["INFO", "DEBUG"]);
  assertEquals(await levelsSeen([], ["--allow-net"], "debug"), ["INFO"]);
  assertEquals(await levelsSeen(["--log-level", "info"], ["--allow-net", env], "debug"), ["INFO"]);
  await using bad = new Child([], { permissions: ["--allow-env"], env: { NIMBLECACHE_LOG: "x" } });
  const { code, stderr } = await bad.end();
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'Cannot use NIMBLECACHE_LOG "x": expected one of debug, info');
});

Deno.test(
  "main.ts serves on a Unix socket, and removes it at the end",
  { ignore: !unix },
  async () => {
    const directory = Deno.makeTempDirSync();
    const path = `${directory}/hello.sock`;
    await using child = new Child(["--unix", path], { permissions: UNIX_PERMISSIONS });
    assertEquals(await child.read(), `Listening on unix:${path}\n`);
    assertEquals(await fetchGreeting({ transport: "unix", path }), "Hello!");

    await using second = new Child(["--unix", path], { permissions: UNIX_PERMISSIONS });
    const { code, stderr } = await second.end();
    assertEquals(code, 1);
    assertStringIncludes(stderr, `unix:${path}: address already in use by a running server\n`);
    assertEquals(await fetchGreeting({ transport: "unix", path }), "Hello!");

    assertEquals((await child.stop()).code, 0);
    assertEquals([...Deno.readDirSync(directory)], []);
    Deno.removeSync(directory);
  },
);

Deno.test(
  "main.ts leaves a taken Unix path alone and says what to do",
  { ignore: !unix },
  async () => {
    const directory = Deno.makeTempDirSync();
    const path = `${directory}/hello.sock`;
    const dead = new Child(["--unix", path], { permissions: UNIX_PERMISSIONS });
    await dead.read();
    dead.kill("SIGKILL");
    await dead[Symbol.asyncDispose]();
    const file = `${directory}/file`;
    Deno.writeTextFileSync(file, "mine");
    for (
      const [taken, message] of [[path, "remove the file"], [file, "is not a socket"]] as const
    ) {
      await using child = new Child(["--unix", taken], { permissions: UNIX_PERMISSIONS });
      const { code, stderr } = await child.end();
      assertEquals(code, 1);
      assertStringIncludes(stderr, message);
      assertEquals(stderr.trimEnd().split("\n").length, 1);
    }
    assert(Deno.lstatSync(path).isSocket);
    assertEquals(Deno.readTextFileSync(file), "mine");
    Deno.removeSync(directory, { recursive: true });
  },
);

Deno.test("main.ts stops gracefully on each of its signals", { ignore: !unix }, async () => {
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    await using child = new Child(["--port", "0", "--linger", "60000"]);
    const port = await child.ready();
    // In its drain when the signal comes: the server waits until the client leaves.
    using client = await Deno.connect({ port });
    assertEquals(await client.read(new Uint8Array(6)), 6);
    child.kill(signal);
    let refused = false;
    while (!refused) {
      await Deno.connect({ port }).then((conn) => conn.close(), () => refused = true);
    }
    client.close();
    const { code, stderr } = await child.end();
    assertEquals(code, 0);
    assertStringIncludes(stderr, `INFO shutting down signal=${signal}\n`);
    assertFalse(stderr.includes("WARN"));
    assertMatch(linesOf(stderr).at(-1) ?? "", /^INFO stopped accepted=\d+ active=0 .* failed=0 /);
  }
});

Deno.test("main.ts cuts connections off after --shutdown-timeout", { ignore: !unix }, async () => {
  for (const timeout of ["0", "100"]) {
    const args = ["--port", "0", "--linger", "60000", "--shutdown-timeout", timeout];
    await using child = new Child(args);
    using client = await Deno.connect({ port: await child.ready() });
    assertEquals(await client.read(new Uint8Array(6)), 6);
    // Well before the default of 10 seconds.
    const { code, stderr } = await within(child.stop(), 8000);
    assertEquals(code, 0);
    assertStringIncludes(stderr, "WARN shutdown timed out, closing connections active=1\n");
  }
  // Nobody is cut off where nobody is connected.
  await using idle = new Child(["--port", "0", "--shutdown-timeout", "0"]);
  await idle.ready();
  assertFalse((await idle.stop()).stderr.includes("WARN"));
});

Deno.test("main.ts is forced by a second signal", { ignore: !unix }, async () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/hello.sock`;
  const signals = [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const;
  for (const [signal, status] of signals) {
    await using child = new Child(
      ["--unix", path, "--linger", "60000", "--shutdown-timeout", "60000"],
      { permissions: UNIX_PERMISSIONS },
    );
    await child.read();
    using client = await Deno.connect({ transport: "unix", path });
    assertEquals(await client.read(new Uint8Array(6)), 6);
    child.kill("SIGTERM");
    // It has begun to stop when its socket is gone; a second signal counts 300 ms later.
    await until(() => [...Deno.readDirSync(directory)].length === 0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    child.kill(signal);
    const { code, stderr } = await child.end();
    assertEquals(code, status);
    assertStringIncludes(stderr, `WARN forced to stop, closing connections signal=${signal}\n`);
    assertMatch(linesOf(stderr).at(-1) ?? "", /^INFO stopped accepted=1 active=0 /);
    assertEquals([...Deno.readDirSync(directory)], []);
  }
  Deno.removeSync(directory);
});

Deno.test("main.ts survives clients that connect and reset", async () => {
  await using child = new Child(["--port", "0"]);
  const port = await child.ready();
  for (let i = 0; i < 100; i++) await connectAndReset(port);
  await Promise.all(Array.from({ length: 100 }, () => connectAndReset(port)));
  assertEquals(await greetingAt(port), "Hello!");
  if (Deno.build.os !== "linux") return;
  const { code, stderr } = await child.stop();
  assertEquals(code, 0);
  // The case that ends the bare loop did happen.
  assertMatch(stderr, /acceptErrors=[1-9]/);
});

Deno.test({
  name: "main.ts survives a burst past the descriptor limit, with one warning",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using child = new Child(["--port", "0"], { before: "ulimit -n 60" });
    const port = await child.ready();
    const clients = await Promise.all(Array.from({ length: 120 }, () => Deno.connect({ port })));
    // They are silent, so each holds its descriptor for the linger time.
    const read = async (client: Deno.Conn) => {
      using _ = client;
      const buffer = new Uint8Array(6);
      for (let length = 0; length < 6;) length += await client.read(buffer.subarray(length)) ?? 6;
      return new TextDecoder().decode(buffer);
    };
    const buffers = clients.map((client) => within(read(client)));
    assertEquals(await Promise.all(buffers), Array(120).fill("Hello!"));
    assertEquals(await greetingAt(port), "Hello!");
    const { code, stderr } = await child.stop();
    assertEquals(code, 0);
    const warnings = linesOf(stderr).filter((line) => line.startsWith("WARN"));
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0] ?? "", /^WARN cannot accept, backing off error=".*os error 24/);
  },
});

Deno.test("main.ts exits with 1 when its listener fails, whoever is connected", async () => {
  const code = `
    const { main } = await import(${JSON.stringify(import.meta.resolve("./main.ts"))});
    // The server gives up after some seconds of back-off.
    const wait = setTimeout;
    globalThis.setTimeout = (callback, ms) => wait(callback, ms / 50);
    const listen = Deno.listen;
    Deno.listen = (options) => {
      const listener = listen(options);
      const accept = listener.accept.bind(listener);
      let calls = 0;
      listener.accept = async () => {
        if (++calls > 1) throw new Error("The listener is broken");
        return await accept();
      };
      listener.next = async () => ({ value: await listener.accept(), done: false });
      return listener;
    };
    Deno.exit(await main(["--port", "0", "--linger", "60000"]));
  `;
  await using child = new Child(["eval", code], { command: [Deno.execPath()] });
  using _client = await Deno.connect({ port: await child.ready() });
  const { code: status, stderr } = await child.end();
  assertEquals(status, 1);
  assertStringIncludes(stderr, "ERROR listener failed: Error: The listener is broken");
  assertMatch(linesOf(stderr).at(-1) ?? "", /^INFO stopped accepted=1 active=0 /);
});

Deno.test("main.ts gives the signals back when it is imported", { ignore: !unix }, async () => {
  const code = `
    const { main } = await import(${JSON.stringify(import.meta.resolve("./main.ts"))});
    setTimeout(() => Deno.kill(Deno.pid, "SIGTERM"), 300);
    console.log(await main(["--port", "0"]));
    Deno.kill(Deno.pid, "SIGTERM");
    setTimeout(() => console.log("alive"), 5000);
  `;
  const { stdout, signal } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] })
    .output();
  assertMatch(new TextDecoder().decode(stdout), /^Listening on \S+\n0\n$/);
  assertEquals(signal, "SIGTERM");
});

Deno.test("main.ts starts nothing when it is imported", async () => {
  const code = `
    const { main } = await import(${JSON.stringify(import.meta.resolve("./main.ts"))});
    console.log(typeof main, await main(["--port"]));
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assertEquals(new TextDecoder().decode(stdout), "function 2\n");
});
