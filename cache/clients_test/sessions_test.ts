import { assert, assertEquals } from "@std/assert";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { startTarget, until } from "./target.ts";
import KeyvRedis from "npm:@keyv/redis@5.1.6";
import { RedisStore } from "npm:connect-redis@10.0.0";
import session from "npm:express-session@1.19.0";
import { Keyv } from "npm:keyv@5.6.0";
import { createClient } from "npm:redis@6.3.1";

const url = (port: number) => `redis://127.0.0.1:${port}`;

Deno.test("Cache serves connect-redis 10: the store", async () => {
  await using target = await startTarget();
  const client = createClient({ url: url(target.port) });
  await client.connect();
  const store = new RedisStore({ client, scanCount: 10 });
  const data = (n: number) => ({ n, cookie: { originalMaxAge: null } }) as never;
  for (let i = 0; i < 50; i++) await store.set(`${i}`, data(i));
  assertEquals(await store.get("7"), data(7));
  assertEquals(await store.get("none"), null);
  assertEquals(await client.ttl("sess:7"), 86400);
  await client.expire("sess:7", 10);
  await store.touch("7", data(7));
  assertEquals(await client.ttl("sess:7"), 86400);
  await store.destroy("7");
  assertEquals(await store.length(), 49);
  const ids: string[] = await store.ids();
  assertEquals(ids.length, 49);
  assertEquals(new Set(ids).has("7"), false);
  const all: { id: string; n: number }[] = await store.all();
  assert(all.length === 49 && all.every(({ id, n }) => id === `${n}`));
  await client.set("other", "stays");
  await store.clear();
  assertEquals(await client.dbSize(), 1);
  client.destroy();
});

Deno.test("Cache serves connect-redis 10: sessions of express-session over HTTP", async () => {
  await using target = await startTarget();
  const client = createClient({ url: url(target.port) });
  await client.connect();
  const middleware = session({
    store: new RedisStore({ client }),
    secret: "of the test",
    resave: false,
    saveUninitialized: false,
  });
  type Request = IncomingMessage & {
    session: { visits?: number; destroy: (callback: () => void) => void };
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    middleware(request as never, response as never, () => {
      const { session } = request as Request;
      if (request.url === "/leave") return session.destroy(() => response.end("gone"));
      session.visits = (session.visits ?? 0) + 1;
      response.end(`${session.visits}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const visit = async (path: string, cookie = "") => {
    const headers = { cookie, connection: "close" };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return [await response.text(), response.headers.get("set-cookie")?.split(";")[0] ?? cookie];
  };
  const [first, cookie] = await visit("/");
  assertEquals(first, "1");
  assertEquals((await visit("/", cookie))[0], "2");
  assertEquals((await visit("/"))[0], "1");
  assertEquals(await client.dbSize(), 2);
  assertEquals((await visit("/leave", cookie))[0], "gone");
  assertEquals((await visit("/", cookie))[0], "1");
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  client.destroy();
});

Deno.test("Cache serves Keyv 5's Redis store", async () => {
  await using target = await startTarget();
  const store = new KeyvRedis(url(target.port));
  const keyv = new Keyv({ store, namespace: "space" });
  assertEquals(await keyv.set("key", { a: [1, "é"] }), true);
  assertEquals(await keyv.get("key"), { a: [1, "é"] });
  assertEquals(await keyv.get("none"), undefined);
  assertEquals(await keyv.has("key"), true);
  await keyv.set("short", "lived", 20);
  await until(async () => await keyv.get("short") === undefined);
  await keyv.setMany(Array.from({ length: 30 }, (_, i) => ({ key: `${i}`, value: i })));
  assertEquals(await keyv.get(["3", "none", "5"]), [3, undefined, 5]);
  const seen: unknown[] = [];
  for await (const [, value] of store.iterator("space")) seen.push(value);
  assertEquals(seen.length, 31);
  assertEquals(await keyv.delete("key"), true);
  assertEquals(await keyv.delete("key"), false);
  assertEquals(await keyv.delete(["1", "2"]), true);
  const other = new Keyv({ store: new KeyvRedis(url(target.port)), namespace: "other" });
  await other.set("key", "stays");
  await keyv.clear();
  assertEquals(await keyv.get("3"), undefined);
  assertEquals(await other.get("key"), "stays");
  await keyv.disconnect();
  await other.disconnect();
});
