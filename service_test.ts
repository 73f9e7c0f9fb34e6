import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serve } from "./server.ts";
import { type Runnable, runUntilSignal } from "./service.ts";
import { FakeTimers, fetchGreeting, settle } from "./test_util.ts";

const SIGNALS: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 2, SIGBREAK: 21 }
  : { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** Signals that come when told to, and an exit that is only noted. */
class FakeProcess implements Disposable {
  readonly #real = {
    addSignalListener: Deno.addSignalListener,
    removeSignalListener: Deno.removeSignalListener,
    exit: Deno.exit,
  };
  readonly listeners = new Map<Deno.Signal, () => void>();
  readonly exits: number[] = [];

  constructor() {
    Deno.addSignalListener = (signal, listener) => this.listeners.set(signal, listener);
    Deno.removeSignalListener = (signal, listener) => {
      if (this.listeners.get(signal) === listener) this.listeners.delete(signal);
    };
    Deno.exit = ((status: number) => this.exits.push(status)) as unknown as typeof Deno.exit;
  }

  kill(signal: string): void {
    this.listeners.get(signal as Deno.Signal)?.();
  }

  [Symbol.dispose](): void {
    Object.assign(Deno, this.#real);
  }
}

/** A server that notes what is asked of it, and stops when told to. */
class FakeServer implements Runnable {
  readonly calls: string[] = [];
  readonly finished = Promise.withResolvers<void>();

  run(): Promise<void> {
    this.calls.push("run");
    return this.finished.promise;
  }

  async shutdown(options: { timeout?: number | undefined } = {}): Promise<void> {
    this.calls.push(`shutdown ${options.timeout}`);
    await this.finished.promise.catch(() => {});
  }

  close(): void {
    this.calls.push("close");
  }
}

Deno.test("runUntilSignal() shuts all servers down on each of its signals", async () => {
  for (const signal of Object.keys(SIGNALS)) {
    using process = new FakeProcess();
    const servers = [new FakeServer(), new FakeServer()];
    const status = runUntilSignal(servers, { timeout: 1234 });
    assertEquals([...process.listeners.keys()].sort(), Object.keys(SIGNALS).sort());
    for (const { calls } of servers) assertEquals(calls, ["run"]);
    process.kill(signal);
    for (const { calls, finished } of servers) {
      assertEquals(calls, ["run", "shutdown 1234"]);
      finished.resolve();
    }
    assertEquals(await status, 0);
    assertEquals(process.listeners.size, 0);
    assertEquals(process.exits, []);
  }
});

Deno.test("runUntilSignal() waits 10 s for connections by default", async () => {
  using process = new FakeProcess();
  const server = new FakeServer();
  const status = runUntilSignal([server]);
  process.kill("SIGINT");
  assertEquals(server.calls, ["run", "shutdown 10000"]);
  server.finished.resolve();
  assertEquals(await status, 0);
});

Deno.test("runUntilSignal() is forced by a second signal 300 ms later, and by no third", async () => {
  for (const [signal, number = 0] of Object.entries(SIGNALS)) {
    using process = new FakeProcess();
    using timers = new FakeTimers();
    const servers = [new FakeServer(), new FakeServer()];
    timers.now = 1000;
    runUntilSignal(servers);
    process.kill("SIGINT");
    timers.now = 1299;
    process.kill("SIGINT");
    for (const { calls } of servers) assertEquals(calls, ["run", "shutdown 10000"]);
    timers.now = 1300;
    process.kill(signal);
    for (const { calls } of servers) assertEquals(calls, ["run", "shutdown 10000", "close"]);
    for (const other of Object.keys(SIGNALS)) process.kill(other);
    assertEquals(servers[0]?.calls.length, 3);
    assertEquals(process.exits, []);
    // What does not stop is not waited for.
    await timers.fire(200);
    assertEquals(process.exits, [128 + number]);
  }
});

Deno.test("runUntilSignal() exits when forced servers have stopped, not before", async () => {
  using process = new FakeProcess();
  using timers = new FakeTimers();
  const servers = [new FakeServer(), new FakeServer()];
  runUntilSignal(servers);
  process.kill("SIGINT");
  timers.now = 300;
  process.kill("SIGINT");
  servers[0]?.finished.resolve();
  await timers.turn();
  assertEquals(process.exits, []);
  servers[1]?.finished.resolve();
  await timers.turn();
  assertEquals(process.exits, [130]);
});

Deno.test("runUntilSignal() stops the others when one fails, and returns 1", async () => {
  using process = new FakeProcess();
  const [failing, other] = [new FakeServer(), new FakeServer()];
  let status: number | undefined;
  runUntilSignal([failing, other], { timeout: 5 }).then((value) => status = value);
  failing.finished.reject(new Error("Cannot accept"));
  await settle();
  assertEquals(other.calls, ["run", "shutdown 5"]);
  assertEquals(status, undefined);
  assertEquals(process.listeners.size, Object.keys(SIGNALS).length);
  other.finished.reject(new Error("Cannot accept either"));
  await settle();
  assertEquals(status, 1);
  assertEquals(process.listeners.size, 0);
});

Deno.test("runUntilSignal() waits for what a shutdown does beyond the server's", async () => {
  using process = new FakeProcess();
  const [server, other] = [new FakeServer(), new FakeServer()];
  const saved = Promise.withResolvers<void>();
  server.shutdown = () => saved.promise;
  let status: number | undefined;
  runUntilSignal([server, other]).then((value) => status = value);
  process.kill("SIGINT");
  server.finished.resolve();
  other.finished.resolve();
  await settle();
  assertEquals(status, undefined);
  // The default logger is not set up for errors: they go to the console.
  const { error } = console;
  const errors: unknown[][] = [];
  console.error = (...line) => errors.push(line);
  saved.reject(new Error("No space left on device"));
  await settle();
  console.error = error;
  assertEquals(status, 1);
  assertEquals(errors.length, 1);
  assertEquals(errors[0]?.[0], "shutdown failed");
});

Deno.test("runUntilSignal() runs real servers, and returns when the program stops them", async () => {
  using process = new FakeProcess();
  const servers = [serve({ port: 0 }), serve({ port: 0 })] as const;
  const status = runUntilSignal(servers);
  for (const { addr } of servers) assertEquals(await fetchGreeting(addr), "Hello!");
  for (const server of servers) await server.shutdown();
  assertEquals(await status, 0);
  assertEquals(process.listeners.size, 0);
});

Deno.test("runUntilSignal() checks its options before it listens to signals", async () => {
  using process = new FakeProcess();
  const server = new FakeServer();
  await assertRejects(() => runUntilSignal([server], { timeout: -1 }), RangeError, "timeout -1");
  await assertRejects(
    () => runUntilSignal([server], { timeout: "1" as unknown as number }),
    TypeError,
    "timeout of type string",
  );
  assertEquals(server.calls, []);
  assertEquals(process.listeners.size, 0);
});

Deno.test("service.ts makes a program a well-behaved process", async () => {
  const code = `
    import { serve } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    import { runUntilSignal, setUpLog } from ${JSON.stringify(import.meta.resolve("./service.ts"))};
    setUpLog();
    const server = serve({ port: 0 });
    setTimeout(() => server.shutdown(), 10);
    Deno.exit(await runUntilSignal([server]));
  `;
  const { code: status, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", code],
  }).output();
  assertEquals({ status, stdout: stdout.length }, { status: 0, stdout: 0 });
  assertMatch(new TextDecoder().decode(stderr), / INFO listening .*\n.* INFO stopped .*\n$/);
});

Deno.test("runUntilSignal() stops servers whatever the log does", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const code = `
    import { setup } from ${JSON.stringify(import.meta.resolve("@std/log/setup"))};
    import { serve } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    import { runUntilSignal } from ${JSON.stringify(import.meta.resolve("./service.ts"))};
    const broken = { level: 0, setup() {}, handle() { throw new Error("No space left on device"); } };
    setup({
      handlers: { broken },
      loggers: { nimblecache: { level: "DEBUG", handlers: ["broken"] } },
    });
    const status = runUntilSignal([serve({ port: 0 })]);
    Deno.kill(Deno.pid, "SIGTERM");
    Deno.exit(await status);
  `;
  const { code: status, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", code],
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(status, 0);
});
