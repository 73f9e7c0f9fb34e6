/**
 * The clients of the soak that do what no client should: reset, flood, do not read, vanish amid
 * something, ask for what is large or slow. And those that keep the server busy in other ways: snapshots,
 * databases that are flushed and swapped.
 *
 * @module
 */

import { connectAndReset } from "../../../test_util.ts";
import { type Client, encode, toBytes } from "../../compare/resp.ts";
import { pause } from "../../compare/server.ts";
import type { Run } from "./run.ts";

/** Connections that subscribe, hear one message, and vanish. */
const SUBSCRIBERS = 4000;
const CONNECTED_AT_ONCE = 100;
/** Keys that `KEYS *` finds, in a database of their own. */
const LARGE_KEYSPACE = 300_000;
/** What a client asks for again and again, and does not read. */
const LARGE_VALUE = 1_000_000;
const MANY_STARS = "a*".repeat(30) + "b";

/** What the others ask for is there before they come. */
export async function prepare(run: Run): Promise<void> {
  using client = await run.connect();
  await client.call("SET", "large", "x".repeat(LARGE_VALUE));
  await client.call("SET", "a".repeat(1000), "x");
  await client.call("SELECT", "1");
  for (let first = 0; first < LARGE_KEYSPACE; first += 1000) {
    const keys = Array.from({ length: 1000 }, (_, i) => [`key:${first + i}`, "x"]);
    await client.call("MSET", ...keys.flat());
  }
}

async function send(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

const connect = ({ server: { port } }: Run) => Deno.connect({ hostname: "127.0.0.1", port });

/** Reads and forgets all that comes; returns how much that was. */
async function drain(conn: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let length = 0;
  for (let n; (n = await conn.read(buffer)) !== null;) length += n;
  return length;
}

/** Has its receive buffer filled, then goes away without having read. */
async function doNotRead(run: Run): Promise<void> {
  const conn = await connect(run);
  const sending = send(conn, toBytes(encode(["GET", "large"]).repeat(1000))).catch(() => {});
  await pause(1000);
  conn.close();
  await sending;
}

/** Sends without end and reads, for a second. */
async function flood(run: Run): Promise<void> {
  const conn = await connect(run);
  const request = toBytes(encode(["SET", "flood", "x"]).repeat(1000));
  const draining = drain(conn).catch(() => 0);
  for (const until = performance.now() + 1000; performance.now() < until;) {
    await send(conn, request);
  }
  conn.close();
  await draining;
}

/** Many subscribe to one channel and hear one message; then all vanish. */
export async function subscribe(run: Run): Promise<void> {
  const clients: Client[] = [];
  try {
    while (clients.length < SUBSCRIBERS && !run.stopping) {
      const more = await Promise.all(
        Array.from({ length: CONNECTED_AT_ONCE }, () => run.connect()),
      );
      clients.push(...more);
      await Promise.all(more.map((client) => client.call("SUBSCRIBE", "crowd")));
    }
    using publisher = await run.connect();
    const count = `${clients.length}`;
    await run.play(publisher, [{ args: ["PUBLISH", "crowd", "hello"], expected: count }]);
    for (const client of clients) {
      run.expect(["SUBSCRIBE", "crowd"], await client.read(), ["message", "crowd", "hello"]);
    }
    run.count("messages heard", clients.length);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
}

/** Sends something, and vanishes when it has been taken. */
function vanish(...commands: string[][]): (run: Run) => Promise<void> {
  return async (run) => {
    using client = await run.connect(3);
    await client.write(commands.map(encode).join(""));
    for (let replies = 1; replies < commands.length; replies++) await client.read();
    await pause(20);
  };
}

async function listKeys(run: Run): Promise<void> {
  using conn = await connect(run);
  await send(conn, toBytes(encode(["SELECT", "1"]) + encode(["KEYS", "*"]) + "QUIT\r\n"));
  const length = await drain(conn);
  if (length < LARGE_KEYSPACE) throw new Error(`KEYS: only ${length} bytes`);
}

async function matchStars(run: Run): Promise<void> {
  await run.demand(["KEYS", MANY_STARS], "*");
  using client = await run.connect();
  await client.call("PSUBSCRIBE", MANY_STARS);
  await run.demand(["PUBLISH", "a".repeat(1000), "x"], ":");
}

/** Fills a database, swaps it with another, and has both flushed. */
async function flush(run: Run): Promise<void> {
  using client = await run.connect();
  await client.call("SELECT", "2");
  const keys = Array.from({ length: 5000 }, (_, i) => [`key:${i}`, "x".repeat(100)]);
  await run.play(client, [
    { args: ["FLUSHDB"], expected: "OK" },
    { args: ["MSET", ...keys.flat()], expected: "OK" },
    { args: ["SWAPDB", "2", "3"], expected: "OK" },
    { args: ["DBSIZE"], expected: "0" },
    { args: ["SELECT", "3"], expected: "OK" },
    { args: ["DBSIZE"], expected: "5000" },
    { args: ["FLUSHDB", "ASYNC"], expected: "OK" },
    { args: ["DBSIZE"], expected: "0" },
  ]);
}

/** A snapshot in the background, unless one is being written. */
const save = (run: Run) =>
  run.ask(encode(["BGSAVE"])).then((reply) => {
    if (!/^(\+Background saving started|-ERR Background save already)/.test(reply)) {
      throw new Error(reply);
    }
  });

/** An act, and how long to rest after it, in milliseconds. */
type Actor = [act: (run: Run) => Promise<void>, rest: number];

const ACTORS: Record<string, Actor> = {
  "reset at once": [({ server }) => connectAndReset(server.port), 5],
  "ask and do not read": [doNotRead, 100],
  "send without end": [flood, 500],
  "announce 10 GB": [
    (run) => run.demand("*2\r\n$4\r\nECHO\r\n$10000000000\r\n", "-ERR Protocol error"),
    50,
  ],
  "leave amid a large argument": [
    async (run) => {
      using client = await run.connect();
      await client.write(`*2\r\n$4\r\nECHO\r\n$100000000\r\n${"x".repeat(LARGE_VALUE)}`);
    },
    500,
  ],
  "leave amid a transaction": [vanish(["WATCH", "flood"], ["MULTI"], ["SET", "flood", "y"]), 20],
  "leave while they wait": [
    vanish(["BLPOP", "nothing", "0"]),
    20,
  ],
  "leave a group while they wait": [
    vanish(
      ["XGROUP", "CREATE", "left", "g", "$", "MKSTREAM"],
      ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "left", ">"],
    ),
    20,
  ],
  "leave while they track all keys": [vanish(["CLIENT", "TRACKING", "ON", "BCAST"]), 50],
  "leave while they monitor": [vanish(["MONITOR"]), 500],
  "are killed by another": [
    async (run) => {
      using client = await run.connect();
      const { value } = await client.call("CLIENT", "ID");
      await run.demand(["CLIENT", "KILL", "ID", `${value}`], ":1");
    },
    20,
  ],
  "send a million arguments": [
    (run) => run.demand(`*1000000\r\n$3\r\nDEL\r\n${"$1\r\nx\r\n".repeat(999_999)}`, ":0"),
    5000,
  ],
  "match a pattern of 30 stars": [matchStars, 200],
  "list a large key space": [listKeys, 5000],
  "subscribe by thousands and vanish": [subscribe, 10_000],
  "fill, swap and flush databases": [flush, 500],
  "ask for a snapshot": [save, 1000],
};

/** All of them, until the end. */
export function rudeClients(run: Run): Promise<void>[] {
  return Object.entries(ACTORS).map(([name, [act, rest]]) =>
    run.repeat(`clients that ${name}`, act, rest)
  );
}
