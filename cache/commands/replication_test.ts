import { assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError } from "../protocol/value.ts";
import { play } from "./test_util.ts";

Deno.test("WAIT, FAILOVER, REPLICAOF and ROLE answer as a master without replicas", async () => {
  await play(`
    WAIT 0 100 → :0
    WAIT -1 0 → :0
    WAIT x 1 → -ERR value is not an integer or out of range
    WAIT 1 x → -ERR timeout is not an integer or out of range
    WAIT 1 -1 → -ERR timeout is negative
    MULTI → +OK
    WAIT 1 0 → +QUEUED
    EXEC → *1 :0
    ROLE → *3 $6 master :0 *0
    REPLICAOF no ONE → +OK
    SLAVEOF No One → +OK
    REPLICAOF no two → -ERR Invalid master port
    REPLICAOF host 65536 → -ERR Invalid master port
    FAILOVER → -ERR FAILOVER requires connected replicas.
    FAILOVER ABORT → -ERR No failover in progress.
    FAILOVER ABORT x → -ERR syntax error
    FAILOVER TO host → -ERR syntax error
    FAILOVER TO host x → -ERR value is not an integer or out of range
    FAILOVER TO host 1 TO host 1 → -ERR syntax error
    FAILOVER TO host 1 FORCE TIMEOUT 10 → -ERR FAILOVER requires connected replicas.
    FAILOVER FORCE FORCE → -ERR syntax error
    FAILOVER TIMEOUT x → -ERR value is not an integer or out of range
    FAILOVER TIMEOUT 0 → -ERR FAILOVER timeout must be greater than 0
    FAILOVER TIMEOUT 1 TIMEOUT 1 → -ERR syntax error
  `);
});

/** Sends a request; returns what comes back, when it does. */
async function ask(conn: Deno.Conn, request: string): Promise<string> {
  await conn.write(new TextEncoder().encode(`${request}\r\n`));
  const buffer = new Uint8Array(1024);
  return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0)).trim();
}

Deno.test("WAIT waits for its time, or for CLIENT UNBLOCK", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  using conn = await Deno.connect({ port });
  const isWaiting = () => cache.until(({ blockedClients }) => blockedClients === 1);
  const id = Number((await ask(conn, "CLIENT ID")).slice(1));

  let reply = ask(conn, "WAIT 1 100");
  await isWaiting();
  cache.call("SET", "a", 1);
  clock.advance(99);
  assertEquals(cache.stats.blockedClients, 1);
  clock.advance(1);
  assertEquals(await reply, ":0");

  reply = ask(conn, "WAIT 2 0");
  await isWaiting();
  clock.advance(1e9);
  assertEquals(cache.call("CLIENT", "UNBLOCK", id), 1);
  assertEquals(await reply, ":0");

  reply = ask(conn, "WAIT 2 0");
  await isWaiting();
  assertEquals(cache.call("CLIENT", "UNBLOCK", id, "ERROR"), 1);
  assertEquals(await reply, "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
  assertEquals(cache.call("WAIT", 1, 0), 0);
});

Deno.test("A cluster's commands are refused, with the right number of arguments", async () => {
  const refused = "-ERR This instance has cluster support disabled";
  await play(`
    CLUSTER → -ERR wrong number of arguments for 'cluster' command
    CLUSTER nothing → -ERR unknown subcommand 'nothing'. Try CLUSTER HELP.
    CLUSTER INFO x → -ERR wrong number of arguments for 'cluster|info' command
    CLUSTER INFO → ${refused}
    CLUSTER HELP → ${refused}
    CLUSTER SLOTS → ${refused}
    ASKING → ${refused}
    READONLY → ${refused}
    READWRITE → ${refused}
    READONLY x → -ERR wrong number of arguments for 'readonly' command
  `);
});

Deno.test("LOLWUT and MODULE LIST have little to say", async () => {
  await using cache = new Cache();
  assertEquals(cache.call("LOLWUT"), "Redis ver. 7.0.15\n");
  assertEquals(cache.call("LOLWUT", "VERSION", 5, 1), "Redis ver. 7.0.15\n");
  assertThrows(() => cache.call("LOLWUT", "VERSION", "x"), ReplyError, "ERR value is not an int");
  assertEquals(cache.call("MODULE", "LIST"), []);
  assertEquals((cache.call("MODULE", "HELP") as string[])[1], "HELP");
});
