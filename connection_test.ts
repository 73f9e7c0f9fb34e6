import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { Connection, OpenConnections } from "./connection.ts";
import { FakeTimers, socketPair, systemError, until, within } from "./test_util.ts";

/** Long enough for a few looks at the time limits, in turns: a late look is postponed once. */
async function someSweeps(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A connection in a set of its own, and its client. */
async function connection() {
  const open = new OpenConnections();
  const { conn, client } = await socketPair();
  const connection = new Connection(1, conn, open);
  open.add(connection);
  return {
    connection,
    client,
    open,
    [Symbol.dispose]() {
      connection.close();
      open.unwatch();
      client[Symbol.dispose]();
    },
  };
}

Deno.test("OpenConnections keeps count through removals in any order", () => {
  const open = new OpenConnections();
  const conn = { [Symbol.dispose]() {} } as Deno.Conn;
  const all = Array.from({ length: 5 }, (_, id) => new Connection(id, conn, open));
  for (const connection of all) open.add(connection);
  const left = () => open.snapshot().map(({ id }) => id).sort();
  const [first, second, third, fourth, last] = all as [
    Connection,
    Connection,
    Connection,
    Connection,
    Connection,
  ];
  assert(open.remove(second));
  assertEquals(left(), [0, 2, 3, 4]);
  assert(open.remove(last));
  assertEquals(left(), [0, 2, 3]);
  assert(open.remove(first));
  assertEquals(left(), [2, 3]);
  assertFalse(open.remove(first));
  assert(open.remove(third));
  assert(open.remove(fourth));
  assertEquals(open.size, 0);
  assertFalse(open.remove(fourth));
});

Deno.test("Connection.closeAfter() closes in time, and not before", async () => {
  using it = await connection();
  const started = performance.now();
  it.connection.closeAfter(150);
  const read = it.client.read(new Uint8Array(1));
  assertEquals(await read, null);
  assert(performance.now() - started >= 150);
  assert(it.connection.timedOut);
  assert(it.connection.signal.aborted);
});

Deno.test("Connection.closeAfter() closes at most 100 ms late, and never early", async () => {
  using timers = new FakeTimers();
  using it = await connection();
  // Has the limits looked at all the time, so that another may be set at any time between two looks.
  it.connection.closeAfter(60_000);
  for (const limit of [0, 39, 41, 150]) {
    for (const sinceLook of [0, 20, 39]) {
      await timers.fire(40);
      timers.now += sinceLook;
      const other = new Connection(2, { [Symbol.dispose]() {} } as Deno.Conn, it.open);
      it.open.add(other);
      const set = timers.now;
      other.closeAfter(limit);
      while (!other.timedOut) await timers.fire(40);
      const late = timers.now - set - limit;
      assert(late >= 0 && late <= 100, `${limit} ms: ${late} ms late`);
      it.open.remove(other);
    }
  }
  assertFalse(it.connection.timedOut);
});

Deno.test("Connection.closeAfter() may be moved for ever", async () => {
  using timers = new FakeTimers();
  using it = await connection();
  for (let i = 0; i < 30; i++) {
    it.connection.closeAfter(60);
    await timers.fire(40);
  }
  assertFalse(it.connection.timedOut);
});

Deno.test("Connection.closeAfter() is taken back by null, and moved by another call", async () => {
  using it = await connection();
  it.connection.closeAfter(0);
  it.connection.closeAfter(null);
  using other = await connection();
  other.connection.closeAfter(0);
  other.connection.closeAfter(60_000);
  // A third one, with the same limit left alone, shows that the time has come.
  using third = await connection();
  third.connection.closeAfter(0);
  await until(() => third.connection.timedOut);
  await someSweeps();
  assertFalse(it.connection.timedOut);
  assertFalse(other.connection.timedOut);
});

Deno.test("OpenConnections lets its timer run out when no limit is left", async () => {
  const open = new OpenConnections();
  const { conn, client } = await socketPair();
  const connection = new Connection(1, conn, open);
  open.add(connection);
  connection.closeAfter(60_000);
  connection.closeAfter(null);
  // What the leak check would find is the timer.
  await someSweeps();
  conn.close();
  client.close();
});

Deno.test("Connection.close() takes the time limit with it", async () => {
  using it = await connection();
  it.connection.closeAfter(0);
  it.connection.close();
  await someSweeps();
  assertFalse(it.connection.timedOut);
});

Deno.test("Connection.closeAfter() has no effect on a connection that is closed", async () => {
  using it = await connection();
  it.connection.close();
  it.connection.closeAfter(0);
  await someSweeps();
  assertFalse(it.connection.timedOut);
});

Deno.test("Connection.closeAfter() may be called in another connection's abort listener", async () => {
  using one = await connection();
  const { conn, client } = await socketPair();
  const other = new Connection(2, conn, one.open);
  one.open.add(other);
  one.connection.signal.addEventListener("abort", () => other.closeAfter(0));
  one.connection.closeAfter(0);
  await until(() => other.timedOut);
  client.close();
});

Deno.test("Connection.closeAfter() is not shortened by another connection's abort listener", async () => {
  using timers = new FakeTimers();
  using one = await connection();
  const other = new Connection(2, { [Symbol.dispose]() {} } as Deno.Conn, one.open);
  one.open.add(other);
  let set = 0;
  one.connection.signal.addEventListener("abort", () => {
    // It works for as long, and the other's limit is set after that.
    timers.now += 30;
    set = timers.now;
    other.closeAfter(45);
  });
  one.connection.closeAfter(0);
  await timers.fire(40);
  while (!other.timedOut) await timers.fire(40);
  assert(timers.now - set >= 45);
});

Deno.test("Connection.closeAfter() postpones one look that a busy event loop made late", async () => {
  using timers = new FakeTimers();
  for (const { late, closes } of [{ late: 100, closes: true }, { late: 101, closes: false }]) {
    using it = await connection();
    it.connection.closeAfter(50);
    await timers.fire(40);
    // The next look is late, and so is the one after it, which closes in any case.
    timers.now += 40 + late;
    await timers.fire(40);
    assertEquals(it.connection.timedOut, closes);
    timers.now += 40 + late;
    await timers.fire(40);
    assert(it.connection.timedOut);
  }
});

Deno.test("Connection.closeAfter() does not blame a client for a busy event loop", async () => {
  using it = await connection();
  it.connection.closeAfter(1000);
  const read = it.connection.conn.read(new Uint8Array(1)).then(() =>
    it.connection.closeAfter(null)
  );
  // By then the limit has been looked at, and its time runs.
  await someSweeps();
  // In time; but the limit, and two looks at it, pass before the runtime can deliver it.
  await it.client.write(new Uint8Array(1));
  for (const end = performance.now() + 1200; performance.now() < end;);
  await read;
  await someSweeps();
  assertFalse(it.connection.timedOut);
});

Deno.test("Connection.run() is bounded where even the half-close waits", async () => {
  using it = await connection();
  const { conn } = it.connection;
  const { promise, reject } = Promise.withResolvers<void>();
  const dispose = conn[Symbol.dispose].bind(conn);
  Object.assign(conn, { closeWrite: () => promise, [Symbol.dispose]: () => (dispose(), reject()) });
  await within(it.connection.run(() => {}, 10, () => {}));
  assertFalse(it.connection.timedOut || it.connection.failed);
});

Deno.test("Connection.closeAfter() throws on anything but milliseconds", async () => {
  using it = await connection();
  for (const bad of ["1", undefined, {}]) {
    assertThrows(() => it.connection.closeAfter(bad as never), TypeError, "time limit of type");
  }
  for (const bad of [-1, NaN, Infinity, 2 ** 31]) {
    assertThrows(() => it.connection.closeAfter(bad), RangeError, "from 0 to 2147483647");
  }
});

Deno.test("Connection.signal is aborted from the start when used too late", async () => {
  using it = await connection();
  it.connection.abort();
  assert(it.connection.signal.aborted);
  assert(it.connection.signal.reason instanceof DOMException);
  assert(it.connection.signal === it.connection.signal);
});

Deno.test("Connection.isEnding() tells ordinary endings from errors", async () => {
  using it = await connection();
  const { connection: one } = it;
  const endings = [
    new Deno.errors.BrokenPipe(),
    new Deno.errors.ConnectionAborted(),
    new Deno.errors.ConnectionReset(),
    new Deno.errors.NetworkUnreachable(),
    new Deno.errors.NotConnected(),
    new Deno.errors.TimedOut(),
    new Deno.errors.UnexpectedEof(),
    systemError("EHOSTUNREACH"),
  ];
  for (const error of endings) assert(one.isEnding(error), error.name);
  for (const error of [new TypeError(), new Deno.errors.NotFound(), "text", null, undefined]) {
    assertFalse(one.isEnding(error));
  }
  // These are ours only after an abort; else they are a handler's mistakes.
  const ours = [new Deno.errors.Interrupted(), new Deno.errors.BadResource()];
  for (const error of [...ours, one.signal.reason]) assertFalse(one.isEnding(error));
  one.abort();
  for (const error of [...ours, one.signal.reason]) assert(one.isEnding(error));
  assertFalse(one.isEnding(undefined));
  const trap = new Proxy({}, {
    getPrototypeOf() {
      throw new Error("trap");
    },
  });
  assertFalse(one.isEnding(trap));
  assertFalse(one.isEnding(new DOMException("another's", "AbortError")));
});
