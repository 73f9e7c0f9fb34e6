import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { OpenConnection, OpenConnections } from "./connection.ts";
import { FakeTimers, socketPair, systemError, until, within } from "./test_util.ts";

/** Long enough for a few looks at the time limits, in turns: a late look is postponed once. */
async function someSweeps(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A connection that has no socket. */
function unconnected(open: OpenConnections): OpenConnection {
  const raw = { [Symbol.dispose]() {} } as Deno.Conn;
  return new OpenConnection(1, raw, open, 1024 * 1024, undefined);
}

const noReport = () => Promise.resolve();

/** A connection in a set of its own, and its client. */
async function connection() {
  const open = new OpenConnections();
  const { conn, client } = await socketPair();
  const connection = new OpenConnection(1, conn, open, 1024 * 1024, undefined);
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
  const all = Array.from(
    { length: 5 },
    (_, id) => new OpenConnection(id, conn, open, 1024 * 1024, undefined),
  );
  for (const connection of all) open.add(connection);
  const left = () => open.snapshot().map(({ id }) => id).sort();
  const [first, second, third, fourth, last] = all as [
    OpenConnection,
    OpenConnection,
    OpenConnection,
    OpenConnection,
    OpenConnection,
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
  assert(it.connection.outcome === "timedOut");
  assert(it.connection.signal.aborted);
});

Deno.test("Connection.closeAfter() closes at most 100 ms late, and never early", () => {
  using timers = new FakeTimers();
  const open = new OpenConnections();
  const add = () => {
    const connection = unconnected(open);
    open.add(connection);
    return connection;
  };
  // Another one's looks are due at any time between this one's.
  const other = add();
  for (const limit of [0, 39, 41, 150, 1000]) {
    for (const othersLimit of [null, 0, 20, 39, 60, 141, 1001]) {
      for (const between of [0, 20, 39, 41]) {
        other.closeAfter(othersLimit && othersLimit + limit);
        timers.advance(between);
        const connection = add();
        const set = timers.now;
        connection.closeAfter(limit);
        while (!connection.isClosed) timers.advance(1);
        const late = timers.now - set - limit;
        assert(late >= 0 && late <= 100, `${limit} ms: ${late} ms late`);
        open.remove(connection);
      }
    }
  }
  open.unwatch();
});

Deno.test("OpenConnections sleeps until there is something to look at", () => {
  using timers = new FakeTimers();
  const open = new OpenConnections();
  const connections = Array.from({ length: 100 }, () => unconnected(open));
  for (const [i, connection] of connections.entries()) {
    open.add(connection);
    connection.closeAfter(60_000 + i);
  }
  assertEquals(timers.pending, [40]);
  timers.advance(40);
  assertEquals(timers.pending, [60_000]);
  // A limit that is set meanwhile is seen as soon as any.
  const [first, second] = connections as [OpenConnection, OpenConnection];
  first.closeAfter(500);
  second.closeAfter(500);
  assertEquals(timers.pending, [40]);
  timers.advance(40);
  assertEquals(timers.pending, [500]);
  timers.advance(500);
  assert(first.isClosed && second.isClosed);
  // One look a time for all those whose limits are near each other.
  timers.advance(60_000);
  assert(connections.every(({ isClosed }) => isClosed));
  assertEquals(timers.pending, []);
  assert(timers.delays.length < 10, `${timers.delays}`);
});

Deno.test("Connection.closeAfter() may be moved for ever", () => {
  using timers = new FakeTimers();
  const open = new OpenConnections();
  const connection = unconnected(open);
  open.add(connection);
  for (let i = 0; i < 30; i++) {
    connection.closeAfter(60);
    timers.advance(59);
  }
  assertFalse(connection.isClosed);
  open.unwatch();
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
  await until(() => third.connection.outcome === "timedOut");
  await someSweeps();
  assertFalse(it.connection.outcome === "timedOut");
  assertFalse(other.connection.outcome === "timedOut");
});

Deno.test("OpenConnections lets its timer run out when no limit is left", async () => {
  const open = new OpenConnections();
  const { conn, client } = await socketPair();
  const connection = new OpenConnection(1, conn, open, 1024 * 1024, undefined);
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
  assertFalse(it.connection.outcome === "timedOut");
});

Deno.test("Connection.closeAfter() has no effect on a connection that is closed", async () => {
  using it = await connection();
  it.connection.close();
  it.connection.closeAfter(0);
  await someSweeps();
  assertFalse(it.connection.outcome === "timedOut");
});

Deno.test("Connection.closeAfter() may be called in another connection's abort listener", async () => {
  using one = await connection();
  const { conn, client } = await socketPair();
  const other = new OpenConnection(2, conn, one.open, 1024 * 1024, undefined);
  one.open.add(other);
  one.connection.signal.addEventListener("abort", () => other.closeAfter(0));
  one.connection.closeAfter(0);
  await until(() => other.outcome === "timedOut");
  client.close();
});

Deno.test("Connection.closeAfter() is not shortened by another connection's abort listener", () => {
  using timers = new FakeTimers();
  const open = new OpenConnections();
  const [one, other] = [unconnected(open), unconnected(open)];
  open.add(one);
  open.add(other);
  let set = 0;
  one.signal.addEventListener("abort", () => {
    // It works for as long, and the other's limit is set after that.
    timers.now += 30;
    set = timers.now;
    other.closeAfter(45);
  });
  one.closeAfter(0);
  while (!other.isClosed) timers.advance(1);
  assert(timers.now - set >= 45);
});

Deno.test("Connection.closeAfter() postpones one look that a busy event loop made late", () => {
  for (const { late, closes } of [{ late: 100, closes: true }, { late: 101, closes: false }]) {
    using timers = new FakeTimers();
    const open = new OpenConnections();
    const connection = unconnected(open);
    open.add(connection);
    connection.closeAfter(50);
    timers.advance(40);
    assertEquals(timers.pending, [50]);
    // The next look is late, and so is the one after it, which closes in any case.
    timers.now += 50 + late;
    timers.advance(0);
    assertEquals(connection.isClosed, closes);
    timers.now += 40 + late;
    timers.advance(0);
    assert(connection.isClosed);
  }
});

Deno.test("Connection.closeAfter() does not blame a client for a busy event loop", async () => {
  using it = await connection();
  it.connection.closeAfter(1000);
  const read = it.connection.read(new Uint8Array(1)).then(() => it.connection.closeAfter(null));
  // By then the limit has been looked at, and its time runs.
  await someSweeps();
  // In time; but the limit, and two looks at it, pass before the runtime can deliver it.
  await it.client.write(new Uint8Array(1));
  for (const end = performance.now() + 1200; performance.now() < end;);
  await read;
  await someSweeps();
  assertFalse(it.connection.outcome === "timedOut");
});

Deno.test("Connection.run() is bounded where even the half-close waits", async () => {
  using it = await connection();
  const { raw } = it.connection;
  const { promise, reject } = Promise.withResolvers<void>();
  const dispose = raw[Symbol.dispose].bind(raw);
  Object.assign(raw, { closeWrite: () => promise, [Symbol.dispose]: () => (dispose(), reject()) });
  await within(it.connection.run(() => {}, 10, noReport));
  assertEquals(it.connection.outcome, "completed");
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
  const reason = new DOMException("stopping", "AbortError");
  it.connection.stop(reason);
  assert(it.connection.signal.aborted);
  assertStrictEquals(it.connection.signal.reason, reason);
  assertStrictEquals(it.connection.signal, it.connection.signal);
});

Deno.test("Connection.signal says why by its reason", async () => {
  for (const early of [true, false]) {
    const reasonOf = async (end: (connection: OpenConnection) => unknown): Promise<unknown> => {
      using it = await connection();
      if (early) assertFalse(it.connection.signal.aborted);
      await end(it.connection);
      return it.connection.signal.reason;
    };
    assertEquals(await reasonOf((it) => it.stop("stop")), "stop");
    assertEquals(await reasonOf((it) => it.close("mine")), "mine");
    assertInstanceOf(await reasonOf((it) => it.close()), Deno.errors.Interrupted);
    assertInstanceOf(await reasonOf((it) => it[Symbol.dispose]()), Deno.errors.Interrupted);
    // The first one stays.
    assertEquals(await reasonOf((it) => (it.stop("stop"), it.close("mine"))), "stop");
    const timeout = await reasonOf((it) => {
      it.closeAfter(0);
      return until(() => it.isClosed);
    });
    assertInstanceOf(timeout, DOMException);
    assertEquals(timeout.name, "TimeoutError");
  }
});

/** How a connection ends whose handler throws this, after something was done to it. */
async function endWith(error: unknown, before = (_: OpenConnection): void => {}, members = {}) {
  using it = await connection();
  Object.assign(it.connection.raw, members);
  const reported: unknown[] = [];
  const handler = () => {
    before(it.connection);
    throw error;
  };
  await it.connection.run(handler, 0, (error) => {
    reported.push(error);
    return Promise.resolve();
  });
  assertEquals(reported.length, reported.includes(error) ? 1 : 0);
  const { outcome, reason } = it.connection;
  return { outcome, isReported: reported.length > 0, hasReason: reason === error };
}

Deno.test("Connection.run() takes what a network does for failed, and does not report it", async () => {
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
  const failed = { outcome: "failed", isReported: false, hasReason: true } as const;
  for (const error of endings) assertEquals(await endWith(error), failed, error.name);
  const garbage = new Deno.errors.InvalidData();
  assertEquals(await endWith(garbage, undefined, { handshake() {} }), failed);
  assertEquals(await endWith(garbage), { ...failed, isReported: true });
  // After a close, it is our doing.
  const aborted = { ...failed, outcome: "aborted" } as const;
  assertEquals(await endWith(endings[0], (conn) => conn.close()), aborted);
  assertEquals(await endWith(endings[0], (conn) => conn.stop("")), failed);
});

Deno.test("Connection.run() reports everything else that a handler throws", async () => {
  const trap = new Proxy({}, {
    getPrototypeOf() {
      throw new Error("trap");
    },
  });
  const reported = { outcome: "failed", isReported: true, hasReason: true } as const;
  const errors = [new TypeError(), new Deno.errors.NotFound(), "text", null, undefined, trap];
  for (const error of [...errors, Object.create(null)]) {
    assertEquals(await endWith(error), reported);
    assertEquals(await endWith(error, (conn) => conn.stop(new Error())), reported);
    assertEquals(await endWith(error, (conn) => conn.close("reason")), reported);
  }
  const another = new DOMException("another's", "AbortError");
  const signal = (conn: OpenConnection) => void conn.signal;
  assertEquals(await endWith(another, (conn) => (signal(conn), conn.stop("mine"))), reported);
});

Deno.test("Connection.run() takes what an abort does to the handler for aborted", async () => {
  const aborted = { outcome: "aborted", isReported: false, hasReason: true } as const;
  const reason = new Error("stop");
  const useSignal = (conn: OpenConnection) => (void conn.signal, conn.stop(reason));
  assertEquals(await endWith(reason, useSignal), aborted);
  for (const error of [new Deno.errors.Interrupted(), new Deno.errors.BadResource()]) {
    assertEquals(await endWith(error, (conn) => conn.close()), aborted);
    assertEquals(await endWith(error, (conn) => conn.stop("")), aborted);
    // These are ours only after an abort; else they are a handler's mistakes.
    assertEquals(await endWith(error), { outcome: "failed", isReported: true, hasReason: true });
  }
});
