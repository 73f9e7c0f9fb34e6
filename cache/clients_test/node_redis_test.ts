import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createClient as createClient6 } from "npm:redis@6.3.1";
import { createClient as createClient5 } from "npm:redis@5.12.1";
import { Inbox, startTarget, type Target, until } from "./target.ts";
import { within } from "../../test_util.ts";

const create = (options: Parameters<typeof createClient6>[0]) => createClient6(options);
type Client = ReturnType<typeof create>;

/** The newest speaks RESP3 by itself, the one before RESP2; each can do the other. */
const CLIENTS: Record<string, (url: string) => Client> = {
  "node-redis 6": (url) => create({ url }),
  "node-redis 6 with RESP2": (url) => create({ url, RESP: 2 }) as unknown as Client,
  "node-redis 5": (url) => createClient5({ url }) as unknown as Client,
  "node-redis 5 with RESP3": (url) => createClient5({ url, RESP: 3 }) as unknown as Client,
};

/** A target, and as many clients of it as are asked for, which end with the test. */
class Session implements AsyncDisposable {
  readonly #target: Target;
  readonly #create: (url: string) => Client;
  readonly #clients: Client[] = [];

  constructor(target: Target, create: (url: string) => Client) {
    this.#target = target;
    this.#create = create;
  }

  async connect(): Promise<Client> {
    const client = this.#create(`redis://127.0.0.1:${this.#target.port}`);
    // A connection that is lost is an error for the client, and expected here.
    client.on("error", () => {});
    this.#clients.push(client);
    await within(client.connect());
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) if (client.isOpen) client.destroy();
    await this.#target[Symbol.asyncDispose]();
  }
}

function test(name: string, body: (redis: Client, session: Session) => Promise<void>): void {
  for (const [client, create] of Object.entries(CLIENTS)) {
    Deno.test(`Cache serves ${client}: ${name}`, async () => {
      await using session = new Session(await startTarget(), create);
      await body(await session.connect(), session);
    });
  }
}

test("strings and numbers", async (redis) => {
  assertEquals(await redis.set("k", "v", { expiration: { type: "EX", value: 100 } }), "OK");
  assertEquals(await redis.set("k", "w", { condition: "NX" }), null);
  assertEquals(await redis.getDel("k"), "v");
  assertEquals(await redis.mSet({ a: "1", b: "2" }), "OK");
  assertEquals(await redis.mGet(["a", "b", "c"]), ["1", "2", null]);
  assertEquals(await redis.incrBy("a", 41), 42);
  assertEquals(await redis.incrByFloat("a", 0.5), "42.5");
  assertEquals(await redis.getRange("a", 0, 1), "42");
  assertEquals(await redis.exists(["a", "b", "c"]), 2);
  await assertRejects(() => redis.lPush("a", "x"), Error, "WRONGTYPE");
});

test("hashes, sets and sorted sets", async (redis) => {
  assertEquals(await redis.hSet("h", { one: "1", two: "2" }), 2);
  assertEquals({ ...await redis.hGetAll("h") }, { one: "1", two: "2" });
  assertEquals(await redis.hIncrBy("h", "two", 3), 5);
  assertEquals(await redis.hmGet("h", ["two", "three"]), ["5", null]);
  assertEquals(await redis.sAdd("s", ["a", "b", "c"]), 3);
  assertEquals(new Set(await redis.sMembers("s")), new Set(["a", "b", "c"]));
  assertEquals(await redis.sIsMember("s", "a"), 1);
  const scores = [{ score: 1.5, value: "a" }, { score: 2, value: "b" }];
  assertEquals(await redis.zAdd("z", [...scores, { score: Infinity, value: "c" }]), 3);
  assertEquals(await redis.zRangeWithScores("z", 0, 1), scores);
  assertEquals(await redis.zScore("z", "c"), Infinity);
  assertEquals(await redis.zRank("z", "b"), 1);
  assertEquals(await redis.zPopMin("z"), scores[0]);
});

test("lists and blocking pops", async (redis, session) => {
  assertEquals(await redis.rPush("l", ["a", "b", "c"]), 3);
  assertEquals(await redis.lRange("l", 0, -1), ["a", "b", "c"]);
  assertEquals(await redis.lMove("l", "m", "LEFT", "RIGHT"), "a");
  assertEquals(await redis.blPop(["m", "l"], 1), { key: "m", element: "a" });
  assertEquals(await redis.blPop("nothing", 0.01), null);
  const [first, second] = [await session.connect(), await session.connect()];
  const blocked = (clients: number) =>
    until(async () => (await redis.info("clients")).includes(`blocked_clients:${clients}`));
  const popped = first.blPop("queue", 0);
  await blocked(1);
  const moved = second.blMove("queue", "done", "LEFT", "RIGHT", 0);
  await blocked(2);
  await redis.rPush("queue", ["first", "second"]);
  assertEquals([(await within(popped))?.element, await within(moved)], ["first", "second"]);
});

test("transactions, and WATCH", async (redis, session) => {
  const replies = await redis.multi().set("n", "1").incr("n").get("n").exec();
  assertEquals(replies as unknown[], ["OK", 2, "2"]);
  await redis.watch("n");
  await (await session.connect()).set("n", "changed");
  await assertRejects(() => redis.multi().set("n", "mine").exec(), Error, "watched keys");
  assertEquals(await redis.get("n"), "changed");
  await assertRejects(() => redis.multi().addCommand(["nothing"]).exec(), Error, "unknown command");
});

test("commands sent together", async (redis) => {
  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => [redis.set(`k${i}`, `${i}`), redis.get(`k${i}`)]).flat(),
  );
  assertEquals(replies.length, 2000);
  assertEquals(replies.at(-1), "999");
  assertEquals((await redis.multi().get("k1").get("k2").execAsPipeline()).map(String), ["1", "2"]);
});

test("channels, patterns and shard channels", async (redis, session) => {
  const subscriber = await session.connect();
  const inbox = new Inbox<string[]>();
  const listener = (message: string, channel: string) => inbox.push([channel, message]);
  await subscriber.subscribe(["news", "other"], listener);
  await subscriber.pSubscribe("n?ws", listener);
  await subscriber.sSubscribe("shard", listener);
  assertEquals(await redis.publish("news", "hello"), 2);
  assertEquals(await redis.sPublish("shard", "there"), 1);
  assertEquals(await inbox.take(3), [["news", "hello"], ["news", "hello"], ["shard", "there"]]);
  await subscriber.unsubscribe("news", listener);
  assertEquals(await redis.publish("news", "again"), 1);
  assertEquals(await inbox.take(1), [["news", "again"]]);
});

test("scans", async (redis) => {
  const expected = new Set(Array.from({ length: 500 }, (_, i) => `user:${i}`));
  await redis.mSet([...expected, "other"].map((name) => [name, "x"] as [string, string]));
  const found = new Set<string>();
  for await (const keys of redis.scanIterator({ MATCH: "user:*", COUNT: 20 })) {
    for (const key of keys) found.add(key);
  }
  assertEquals(found, expected);
  await redis.hSet("h", Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`f${i}`, "x"])));
  const fields = new Set<string>();
  for await (const entries of redis.hScanIterator("h")) {
    for (const { field } of entries) fields.add(field);
  }
  assertEquals(fields.size, 700);
});

test("a connection that is killed is made anew", async (redis, session) => {
  const victim = await session.connect();
  const inbox = new Inbox<string>();
  await victim.set("k", "v");
  const id = await victim.clientId();
  await victim.subscribe("news", inbox.push);
  const ready = new Promise((resolve) => victim.once("ready", resolve));
  assertEquals(Number(await redis.sendCommand(["CLIENT", "KILL", "ID", `${id}`])), 1);
  await within(ready);
  // The client subscribes again by itself.
  await until(async () => await redis.publish("news", "back") === 1);
  assertEquals(await inbox.take(1), ["back"]);
});

test("keyspace notifications", async (redis, session) => {
  await redis.configSet("notify-keyspace-events", "KEA");
  const subscriber = await session.connect();
  const inbox = new Inbox<string[]>();
  await subscriber.pSubscribe("__keyevent@0__:*", (key, channel) => inbox.push([channel, key]));
  await redis.set("k", "v", { expiration: { type: "PX", value: 20 } });
  assertEquals(await inbox.take(3), [
    ["__keyevent@0__:set", "k"],
    ["__keyevent@0__:expire", "k"],
    ["__keyevent@0__:expired", "k"],
  ]);
  await redis.configSet("notify-keyspace-events", "");
});

test("a name, a database, and what the server says of itself", async (redis) => {
  await redis.clientSetName("me");
  assertEquals(await redis.clientGetName(), "me");
  assertEquals((await redis.clientInfo()).name, "me");
  await redis.select(3);
  await redis.set("k", "v");
  assertEquals(await redis.dbSize(), 1);
  assertMatch(await redis.info("server"), /redis_version:7\.0\.15/);
  assertEquals(await redis.configGet("databases"), { databases: "16" });
  assert((await redis.commandCount()) > 100);
});

const CACHING = { RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0 } } as const;
/** Clients that keep what they have read until the server says that it has changed. */
const CACHING_CLIENTS: Record<string, (url: string) => Client> = {
  "node-redis 6": (url) => createClient6({ url, ...CACHING }) as unknown as Client,
  "node-redis 5": (url) => createClient5({ url, ...CACHING }) as unknown as Client,
};

for (const [name, open] of Object.entries(CACHING_CLIENTS)) {
  Deno.test(`Cache serves ${name}: client side caching`, async () => {
    await using session = new Session(await startTarget(), open);
    const [reader, writer] = [await session.connect(), await session.connect()];
    await writer.set("k", "1");
    await writer.configResetStat();
    for (let i = 0; i < 3; i++) assertEquals(await reader.get("k"), "1");
    assertMatch(await writer.info("commandstats"), /cmdstat_get:calls=1,/);
    await writer.set("k", "2");
    await until(async () => await reader.get("k") === "2");
    await writer.flushAll();
    await until(async () => await reader.get("k") === null);
  });
}
