import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { OpenConnection, OpenConnections } from "./connection.ts";
import {
  FakeTimers,
  readAll,
  settle,
  socketPair,
  systemError,
  until,
  within,
} from "./test_util.ts";

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

Deno.test("Connection.closeAfter() is exact in another connection's abort listener", () => {
  // The other one is looked at before or after it, and another limit is far away.
  for (const place of [0, 1]) {
    using timers = new FakeTimers();
    const open = new OpenConnections();
    const [one, other, third] = [unconnected(open), unconnected(open), unconnected(open)];
    for (const connection of place === 0 ? [other, one] : [one, other]) open.add(connection);
    open.add(third);
    third.closeAfter(60_000);
    let set = 0;
    one.signal.addEventListener("abort", () => {
      // It works for as long, and the other's limit is set after that.
      timers.now += 30;
      set = timers.now;
      other.closeAfter(45);
    });
    one.closeAfter(0);
    while (!other.isClosed) timers.advance(1);
    const late = timers.now - set - 45;
    assert(late >= 0 && late <= 100, `${late}`);
    open.unwatch();
  }
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

// Reading

Deno.test("Connection.read() ends with a stop, and the drain takes what comes then", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  const read = conn.read(new Uint8Array(10));
  const handler = async () => {
    assertEquals(await read, null);
    assertEquals(await conn.read(new Uint8Array(10)), null);
    await conn.write(new TextEncoder().encode("bye"));
  };
  const run = conn.run(handler, 60_000, noReport);
  conn.stop("stop");
  const sent = new Uint8Array(300_000);
  for (let n = 0; n < sent.length;) n += await client.write(sent.subarray(n));
  // If the read that was left pending took the end of file, the drain would wait for another.
  await client.closeWrite();
  assertEquals(await readAll(client), "bye");
  await within(run);
  assertEquals(conn.outcome, "completed");
});

Deno.test("Connection.read() ends with the handler that left it pending", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  let read: Promise<number | null> | undefined;
  const run = conn.run(() => void (read = conn.read(new Uint8Array(10))), 60_000, noReport);
  assertEquals(await client.read(new Uint8Array(1)), null);
  await client.write(new Uint8Array(1));
  await client.closeWrite();
  await within(run);
  assertEquals(await read, null);
});

Deno.test("Connection.read() takes turns with another read", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  const buffers = Array.from({ length: 5 }, () => new Uint8Array(1));
  const reads = buffers.map((buffer) => conn.read(buffer));
  await client.write(new Uint8Array([1, 2]));
  assertEquals(await Promise.all(reads.slice(0, 2)), [1, 1]);
  conn.stop("stop");
  assertEquals(await within(Promise.all(reads.slice(2))), [null, null, null]);
  assertEquals(buffers.map(([byte]) => byte), [1, 2, 0, 0, 0]);
});

Deno.test("Connection.read() takes 16 KiB at most", async () => {
  const sizes: number[] = [];
  const raw = {
    read: (buffer: Uint8Array) => Promise.resolve(sizes.push(buffer.length)),
    [Symbol.dispose]() {},
  } as Partial<Deno.Conn> as Deno.Conn;
  const conn = new OpenConnection(1, raw, new OpenConnections(), 0, undefined);
  for (const size of [1, 16_384, 16_385, 100_000]) await conn.read(new Uint8Array(size));
  assertEquals(sizes, [1, 16_384, 16_384, 16_384]);
});

/** A socket whose data never ends: without a turn for others, reading it would take them all. */
function endless(reads: { left: number }, length: number): Deno.Conn {
  return {
    read: () => Promise.resolve(reads.left-- > 0 ? length : null),
    closeWrite: () => Promise.resolve(),
    [Symbol.dispose]() {},
  } as Partial<Deno.Conn> as Deno.Conn;
}

for (const length of [1, 16 * 1024]) {
  for (const what of ["handler", "drain"]) {
    Deno.test(`Connection is fair to others in its ${what}, ${length} bytes a read`, async () => {
      const reads = { left: 5_000_000 };
      const open = new OpenConnections();
      const conn = new OpenConnection(1, endless(reads, length), open, 0, undefined);
      const buffer = new Uint8Array(16 * 1024);
      const handler = async () => {
        if (what === "handler") { while (await conn.read(buffer) !== null); }
      };
      const { conn: other, client } = await socketPair();
      const run = conn.run(handler, 60_000, noReport);
      // Another client is answered meanwhile: that takes a turn of the sockets for each.
      for (let i = 0; i < 10; i++) {
        await client.write(new Uint8Array(1));
        await other.read(buffer);
      }
      assert(reads.left > 0);
      reads.left = 0;
      await run;
      open.unwatch();
      other.close();
      client.close();
    });
  }
}

Deno.test("Connection.read() takes no turn for a request that fills its buffer once", async () => {
  let reads = 0;
  const raw = {
    read: () => Promise.resolve(reads++ % 2 === 0 ? 16 * 1024 : 1),
    [Symbol.dispose]() {},
  } as Partial<Deno.Conn> as Deno.Conn;
  const conn = new OpenConnection(1, raw, new OpenConnections(), 0, undefined);
  const buffer = new Uint8Array(16 * 1024);
  const { setImmediate } = globalThis;
  let turns = 0;
  globalThis.setImmediate = ((run: () => void) => {
    turns++;
    return setImmediate(run);
  }) as typeof setImmediate;
  try {
    while (reads < 500) await conn.read(buffer);
  } finally {
    globalThis.setImmediate = setImmediate;
  }
  // Those of one poll may be due for what others have read before.
  assert(turns <= 61, `${turns}`);
});

Deno.test("Connection.read() rejects with Interrupted after a close", async () => {
  using it = await connection();
  const pending = it.connection.read(new Uint8Array(1));
  it.connection.close();
  await assertRejects(() => pending, Deno.errors.Interrupted);
  await assertRejects(() => it.connection.read(new Uint8Array(1)), Deno.errors.Interrupted);
  await assertRejects(() => it.connection.write(new Uint8Array(1)), Deno.errors.Interrupted);
  // A stop that comes later changes nothing.
  it.connection.stop("stop");
  await assertRejects(() => it.connection.read(new Uint8Array(1)), Deno.errors.Interrupted);
});

Deno.test("Connection.read() rejects with Interrupted also while it waits for its turn", async () => {
  const raw = endless({ left: Infinity }, 16_384);
  const conn = new OpenConnection(1, raw, new OpenConnections(), 0, undefined);
  const buffer = new Uint8Array(16_384);
  const reads = (async () => {
    while (true) await conn.read(buffer);
  })();
  // The turn comes only after this one: one of the reads waits by then.
  for (let i = 0; i < 1000; i++) await Promise.resolve();
  raw.read = () => Promise.reject(new Deno.errors.BadResource());
  conn.close();
  await assertRejects(() => reads, Deno.errors.Interrupted);
});

Deno.test("Connection.readable and writable are streams of it, and may be left early", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  assertStrictEquals(conn.readable, conn.readable);
  assertStrictEquals(conn.writable, conn.writable);
  await client.write(new TextEncoder().encode("first"));
  for await (const chunk of conn.readable) {
    assertEquals(new TextDecoder().decode(chunk), "first");
    break;
  }
  const writer = conn.writable.getWriter();
  await writer.write(new TextEncoder().encode("second"));
  await writer.close();
  assertFalse(conn.isClosed);
  assertEquals(await readAll(client), "second");
});

Deno.test("Connection.readable reads into a buffer of the reader's, to the end", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  const reader = conn.readable.getReader({ mode: "byob" });
  await client.write(new Uint8Array([1, 2, 3]));
  const { value } = await reader.read(new Uint8Array(2));
  assertEquals([...value ?? []], [1, 2]);
  assertEquals([...(await reader.read(new Uint8Array(2))).value ?? []], [3]);
  const last = reader.read(new Uint8Array(2));
  conn.stop("stop");
  assert((await last).done);
});

Deno.test("Connection.writable closes the connection when it is aborted", async () => {
  using it = await connection();
  await it.connection.writable.abort();
  assert(it.connection.isClosed);
});

// Writing

/** Reads so many bytes, slowly at first. */
async function readSlowly(client: Deno.Conn, length: number): Promise<Uint8Array> {
  const received = new Uint8Array(length);
  for (let n = 0; n < length;) {
    n += await client.read(received.subarray(n)) ?? Infinity;
    if (n < length / 4) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return received;
}

Deno.test("Connection.write() does not interleave with another write, nor with send()", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  conn.maxBuffered = 8_000_000;
  const size = 8_000_000;
  const received = readSlowly(client, 4 * size);
  const writes = [
    conn.write(new Uint8Array(size).fill(1)),
    conn.write(new Uint8Array(size).fill(2)),
  ];
  conn.send(new Uint8Array(size).fill(3));
  assertEquals(conn.buffered, size);
  writes.push(conn.write(new Uint8Array(size).fill(4)));
  assertEquals(await within(Promise.all(writes)), [size, size, size]);
  const bytes = await within(received);
  for (const [i, expected] of [1, 2, 3, 4].entries()) {
    const wrong = bytes.subarray(i * size, (i + 1) * size).findIndex((byte) => byte !== expected);
    assertEquals(wrong, -1);
  }
  assertEquals(conn.buffered, 0);
});

Deno.test("Connection.send() closes a connection that would hold more than maxBuffered", async () => {
  using it = await connection();
  const { connection: conn } = it;
  assertEquals(conn.maxBuffered, 1024 * 1024);
  conn.maxBuffered = 100_000;
  const run = conn.run(
    () => new Promise((resolve) => conn.signal.onabort = () => resolve()),
    0,
    noReport,
  );
  conn.send(new Uint8Array(100_000));
  assertFalse(conn.isClosed);
  await until(() => conn.buffered === 0);
  while (!conn.isClosed) {
    assert(conn.buffered <= 100_000);
    conn.send(new Uint8Array(60_000));
  }
  await run;
  assertEquals(conn.outcome, "failed");
  assertEquals(conn.reason, "slow reader");
  assertThrows(() => conn.maxBuffered = -1, RangeError, "maxBuffered -1");
  assertThrows(() => conn.maxBuffered = "1" as never, TypeError, "maxBuffered of type string");
});

Deno.test("Connection.send() ends a connection whose client has gone", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  const aborted = new Promise<void>((resolve) => conn.signal.onabort = () => resolve());
  const run = conn.run(() => aborted, 0, noReport);
  client.close();
  while (!conn.isClosed) {
    conn.send(new Uint8Array(10));
    await new Promise((resolve) => setTimeout(resolve));
  }
  await run;
  assertEquals(conn.outcome, "failed");
  assert(conn.reason instanceof Error);
});

Deno.test("Connection.send() does nothing on a connection that is ending", async () => {
  using closed = await connection();
  closed.connection.close();
  closed.connection.send(new Uint8Array(2_000_000));
  using half = await connection();
  await half.connection.closeWrite();
  half.connection.send(new Uint8Array(10));
  using finishing = await connection();
  const run = finishing.connection.run(() => {}, 60_000, noReport);
  await until(() => finishing.connection.isFinishing);
  finishing.connection.send(new Uint8Array(2_000_000));
  for (const { connection: conn } of [closed, half, finishing]) {
    assertEquals(conn.buffered, 0);
    assertEquals(conn.outcome, "completed");
  }
  assertFalse(half.connection.isClosed || finishing.connection.isClosed);
  finishing.client.close();
  await run;
});

Deno.test("Connection.closeWrite() comes after what was sent, and may be called again", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  const size = 8_000_000;
  conn.maxBuffered = size;
  const received = readSlowly(client, size);
  conn.send(new Uint8Array(size).fill(7));
  await Promise.all([conn.closeWrite(), conn.closeWrite()]);
  await conn.closeWrite();
  assertEquals((await received).findIndex((byte) => byte !== 7), -1);
  assertEquals(await client.read(new Uint8Array(1)), null);
  conn.close();
  await conn.closeWrite();
  using other = await connection();
  other.connection.close();
  await other.connection.closeWrite();
});

Deno.test("Connection throws on anything but bytes", async () => {
  using it = await connection();
  const { connection: conn } = it;
  assertThrows(() => conn.write("text" as never), TypeError, "write a value of type string");
  assertThrows(() => conn.send("text" as never), TypeError, "send a value of type string");
  assertThrows(() => conn.read(undefined as never), TypeError, "read into a value of type undef");
});

Deno.test("Connection lets nobody's forgotten await end the process", async () => {
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  using it = await connection();
  using other = await connection();
  other.connection.read(new Uint8Array(1));
  other.connection.close();
  const { connection: conn } = it;
  conn.read(new Uint8Array(1));
  conn.read(new Uint8Array(1));
  const big = new Uint8Array(20_000_000);
  conn.write(big);
  conn.write(big);
  conn.send(new Uint8Array(1000));
  conn.closeWrite();
  await settle();
  conn.close();
  conn.read(new Uint8Array(1));
  conn.write(new Uint8Array(1));
  await settle();
  removeEventListener("unhandledrejection", note);
  assertEquals(unhandled, []);
});

// The end

Deno.test("Connection.run() writes out what was sent before, while the client takes it", async () => {
  using it = await connection();
  const { connection: conn, client } = it;
  const size = 20_000_000;
  conn.maxBuffered = size;
  // Each look finds some progress, and all of it takes much longer than the linger time.
  const run = conn.run(() => conn.send(new Uint8Array(size).fill(7)), 2000, noReport);
  let received = 0;
  for await (const chunk of client.readable) received += chunk.length;
  assertEquals(received, size);
  await within(run);
  assertEquals(conn.outcome, "completed");
});

Deno.test("Connection.run() gives up what a client does not take within the linger time", async () => {
  using it = await connection();
  const { connection: conn } = it;
  conn.maxBuffered = 20_000_000;
  await within(conn.run(() => conn.send(new Uint8Array(20_000_000)), 50, noReport));
  assert(conn.isClosed);
});

/** A socket that takes a byte of each write, or gives one to each read, when told to. */
class Dripping {
  closed = false;
  #asked = Promise.withResolvers<() => void>();
  readonly #ask = () => new Promise<number>((resolve) => this.#asked.resolve(() => resolve(1)));
  read = this.#ask;
  write = this.#ask;
  closeWrite = () => Promise.resolve();
  [Symbol.dispose] = () => {
    this.closed = true;
  };

  /** One byte more, when there is a call that waits for it. */
  async drip(): Promise<void> {
    const give = await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    give();
  }
}

for (const what of ["reads", "writes"]) {
  Deno.test(`Connection.run() ends after ten linger times, however steadily it ${what}`, async () => {
    using timers = new FakeTimers();
    const raw = new Dripping();
    const open = new OpenConnections();
    const conn = new OpenConnection(
      1,
      raw as Partial<Deno.Conn> as Deno.Conn,
      open,
      1000,
      undefined,
    );
    open.add(conn);
    conn.run(() => what === "writes" ? conn.send(new Uint8Array(1000)) : undefined, 100, noReport);
    while (!raw.closed) {
      await raw.drip();
      timers.advance(10);
    }
    assert(timers.now >= 1000 && timers.now <= 1100, `${timers.now}`);
    assertEquals(conn.outcome, "completed");
  });
}

Deno.test("Connection.close() counts as aborted with a reason, else if it interrupts", async () => {
  const outcomeOf = async (handler: (conn: OpenConnection) => Promise<void> | void) => {
    using it = await connection();
    await it.connection.run(() => handler(it.connection), 0, noReport);
    return [it.connection.outcome, it.connection.reason];
  };
  assertEquals(await outcomeOf((conn) => conn.close()), ["completed", undefined]);
  assertEquals(await outcomeOf((conn) => conn.close("killed")), ["aborted", "killed"]);
  assertEquals(await outcomeOf((conn) => (conn.close(), conn.close("late"))), ["aborted", "late"]);
  const read = async (conn: OpenConnection) => void await conn.read(new Uint8Array(1));
  const [outcome, reason] = await outcomeOf((conn) => {
    setTimeout(() => conn.close());
    return read(conn);
  });
  assertEquals(outcome, "aborted");
  assertInstanceOf(reason, Deno.errors.Interrupted);
  const killed = await outcomeOf((conn) => {
    setTimeout(() => conn.close("killed"));
    return read(conn).catch(() => {});
  });
  assertEquals(killed, ["aborted", "killed"]);
});

Deno.test("Connection.close() in the drain leaves it completed", async () => {
  using it = await connection();
  const run = it.connection.run(() => {}, 60_000, noReport);
  await until(() => it.connection.isFinishing);
  it.connection.close("late");
  await within(run);
  assertEquals(it.connection.outcome, "completed");
});

Deno.test("Connection passes on what it is of", async () => {
  using it = await connection();
  const { connection: conn } = it;
  assertEquals(conn.remoteAddr, it.client.localAddr);
  assertEquals(conn.localAddr, it.client.remoteAddr);
  assert(Math.abs(Date.now() - conn.acceptedAt) < 60_000);
  const calls: string[] = [];
  Object.assign(conn.raw, { ref: () => calls.push("ref"), unref: () => calls.push("unref") });
  conn.unref();
  conn.ref();
  assertEquals(calls, ["unref", "ref"]);
});
