import { assertEquals } from "@std/assert";
import { serve } from "../mod.ts";
import { connect, readAll, until, within } from "../test_util.ts";
import { echo } from "./echo.ts";

Deno.test("echo() sends every byte back, however they come", async () => {
  await using server = serve({ port: 0, handler: echo });
  const client = await connect(server.addr);
  const sent = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  const write = async () => {
    for (let from = 0; from < sent.length; from += 70_001) {
      const part = sent.subarray(from, from + 70_001);
      for (let n = 0; n < part.length;) n += await client.write(part.subarray(n));
    }
    await client.closeWrite();
  };
  const [received] = await Promise.all([new Response(client.readable).bytes(), write()]);
  assertEquals(received.length, sent.length);
  assertEquals(received.findIndex((byte, i) => byte !== sent[i]), -1);
});

Deno.test("echo() closes a client that is idle", async () => {
  await using server = serve({
    port: 0,
    handler: (conn) => {
      const { closeAfter } = conn;
      // In a moment's time, not half a minute's.
      conn.closeAfter = (ms) => closeAfter.call(conn, ms && ms / 300);
      return echo(conn);
    },
  });
  using client = await connect(server.addr);
  await client.write(new Uint8Array(1));
  await until(() => server.stats.timedOut === 1);
});

Deno.test("echo() ends with the server, which does not wait for idle clients", async () => {
  const server = serve({ port: 0, handler: echo });
  const client = await connect(server.addr);
  await until(() => server.stats.active === 1);
  await within(server.shutdown());
  assertEquals(await readAll(client), "");
});
