import { assert, assertEquals } from "@std/assert";
import { serve, type Server } from "../mod.ts";
import { connect, readAll, until, within } from "../test_util.ts";
import { chat } from "./chat.ts";

const encoder = new TextEncoder();

/** A client that is known to take part, since it has told the others so. */
async function join(server: Server): Promise<Deno.Conn> {
  const { accepted } = server.stats;
  const client = await connect(server.addr);
  await until(() => server.stats.accepted > accepted);
  return client;
}

/** Reads until this has come. */
async function readTo(client: Deno.Conn, expected: string): Promise<void> {
  let text = "";
  const buffer = new Uint8Array(1024);
  const read = async () => {
    while (!text.endsWith(expected)) {
      const length = await client.read(buffer);
      assert(length !== null, text);
      text += new TextDecoder().decode(buffer.subarray(0, length));
    }
  };
  await within(read());
}

Deno.test("chat() tells every line to all the others, in pieces or many at a time", async () => {
  await using server: Server = serve({ port: 0, handler: chat(() => server) });
  const [one, two, three] = [await join(server), await join(server), await join(server)];
  await readTo(one, "* 2 joins\n* 3 joins\n");
  await two.write(encoder.encode("hello\nhow a"));
  await readTo(one, "2: hello\n");
  await two.write(encoder.encode("re you?\n\n"));
  await readTo(one, "2: how are you?\n2: \n");
  await three.write(encoder.encode("fine\n"));
  await readTo(one, "3: fine\n");
  two.close();
  await readTo(one, "* 2 leaves\n");
  await readTo(three, "2: how are you?\n2: \n* 2 leaves\n");
  await one.closeWrite();
  three.close();
  const rest = await readAll(one);
  assert(rest === "" || rest === "* 3 leaves\n", rest);
});

Deno.test("chat() does not listen to a client whose lines never end", async () => {
  await using server: Server = serve({ port: 0, handler: chat(() => server) });
  const [one, two] = [await join(server), await join(server)];
  await two.write(new Uint8Array(5000));
  assertEquals(await readAll(two), "");
  await readTo(one, "* 2 leaves\n");
  one.close();
});

Deno.test("chat() drops a client that does not read, and nobody waits for it", async () => {
  await using server: Server = serve({
    port: 0,
    maxBuffered: 200_000,
    handler: chat(() => server),
  });
  const [speaker, reader, deaf] = [await join(server), await join(server), await join(server)];
  await readTo(speaker, "* 3 joins\n");
  let received = "";
  const reading = (async () => {
    for await (const chunk of reader.readable) received += new TextDecoder().decode(chunk);
  })();
  const lines = encoder.encode(`${"x".repeat(999)}\n`.repeat(100));
  let expected = 0;
  while (server.stats.failed === 0) {
    for (let n = 0; n < lines.length;) n += await speaker.write(lines.subarray(n));
    // No faster than the one who reads can take it.
    expected += lines.length;
    await until(() => received.length > expected);
  }
  await readTo(speaker, "* 3 leaves\n");
  assertEquals(server.connections.map(({ id }) => id), [1, 2]);
  speaker.close();
  await until(() => received.endsWith("* 1 leaves\n"));
  await server.shutdown();
  await reading;
  deaf.close();
});

Deno.test("chat() ends with the server, which does not wait for idle clients", async () => {
  const server: Server = serve({ port: 0, handler: chat(() => server) });
  const client = await join(server);
  await within(Promise.all([server.shutdown(), readAll(client)]));
  assertEquals(server.stats.completed, 1);
});
