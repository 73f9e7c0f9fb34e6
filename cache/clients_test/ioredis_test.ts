import { Buffer } from "node:buffer";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Redis as Redis6 } from "npm:ioredis@6.0.0";
import { Redis as Redis5 } from "npm:ioredis@5.11.1";
import { Inbox, startTarget, type Target, until } from "./target.ts";
import { within } from "../../test_util.ts";

type Redis = Redis6;

/** The newest speaks RESP3 by itself, the one before RESP2. */
const MAJORS = {
  "ioredis 6": Redis6,
  "ioredis 5": Redis5 as unknown as typeof Redis6,
};

/** A target, and as many clients of it as are asked for, which end with the test. */
class Session implements AsyncDisposable {
  readonly #target: Target;
  readonly #Client: typeof Redis6;
  readonly #clients: Redis[] = [];

  constructor(target: Target, constructor: typeof Redis6) {
    this.#target = target;
    this.#Client = constructor;
  }

  connect(): Redis {
    const client = new this.#Client(this.#target.port, "127.0.0.1", {
      retryStrategy: () => 10,
    });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) {
      if (client.status === "end") continue;
      const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
      client.disconnect();
      await within(ended);
    }
    await this.#target[Symbol.asyncDispose]();
  }
}

function test(name: string, body: (redis: Redis, session: Session) => Promise<void>): void {
  for (const [major, constructor] of Object.entries(MAJORS)) {
    Deno.test(`Cache serves ${major}: ${name}`, async () => {
      await using session = new Session(await startTarget(), constructor);
      await body(session.connect(), session);
    });
  }
}

test("strings and numbers", async (redis) => {
  assertEquals(await redis.set("k", "v", "EX", 100, "NX"), "OK");
  assertEquals(await redis.set("k", "w", "NX"), null);
  assertEquals(await redis.getset("k", "w"), "v");
  assertEquals(await redis.ttl("k"), -1);
  assertEquals(await redis.mset({ a: "1", b: "2" }), "OK");
  assertEquals(await redis.mget("a", "b", "c"), ["1", "2", null]);
  assertEquals(await redis.incrby("a", 41), 42);
  assertEquals(await redis.incrbyfloat("a", 0.5), "42.5");
  const bytes = Buffer.from([0, 255, 13, 10]);
  await redis.set("bytes", bytes);
  assertEquals(await redis.getBuffer("bytes"), bytes);
  assertEquals(await redis.del("a", "b", "c"), 2);
  await assertRejects(() => redis.lpush("k", "x"), Error, "WRONGTYPE");
});

test("hashes, sets and sorted sets", async (redis) => {
  assertEquals(await redis.hset("h", { one: "1", two: "2" }), 2);
  assertEquals(await redis.hgetall("h"), { one: "1", two: "2" });
  assertEquals(await redis.hincrby("h", "two", 3), 5);
  assertEquals(await redis.hmget("h", "two", "three"), ["5", null]);
  assertEquals(await redis.sadd("s", "a", "b", "c"), 3);
  assertEquals(new Set(await redis.smembers("s")), new Set(["a", "b", "c"]));
  assertEquals(await redis.sismember("s", "a"), 1);
  assertEquals(await redis.zadd("z", 1.5, "a", 2, "b", "inf", "c"), 3);
  assertEquals(await redis.zrank("z", "b"), 1);
  assertEquals(await redis.zrangebyscore("z", "(1.5", "+inf"), ["b", "c"]);
  assertEquals(Number(await redis.zscore("z", "a")), 1.5);
  const scored = await redis.zrange("z", "0", "1", "WITHSCORES") as unknown[];
  assertEquals(scored.flat().map(String), ["a", "1.5", "b", "2"]);
});

test("lists and blocking pops", async (redis, session) => {
  assertEquals(await redis.rpush("l", "a", "b", "c"), 3);
  assertEquals(await redis.lrange("l", 0, -1), ["a", "b", "c"]);
  assertEquals(await redis.lmove("l", "m", "LEFT", "RIGHT"), "a");
  assertEquals(await redis.blpop("m", "l", 1), ["m", "a"]);
  assertEquals(await redis.blpop("nothing", 0.01), null);
  const worker = session.connect();
  const blocked = (clients: number) =>
    until(async () => (await redis.info("clients")).includes(`blocked_clients:${clients}`));
  const popped = worker.blpop("queue", 0);
  await blocked(1);
  const moved = session.connect().blmove("queue", "done", "LEFT", "RIGHT", 0);
  await blocked(2);
  await redis.rpush("queue", "first", "second");
  assertEquals(await within(popped), ["queue", "first"]);
  assertEquals(await within(moved), "second");
  assertEquals(await redis.lrange("done", 0, -1), ["second"]);
});

test("transactions, and WATCH", async (redis, session) => {
  const replies = await redis.multi().set("n", "1").incr("n").lpush("n", "x").get("n").exec();
  assertEquals(replies?.map(([error, reply]) => error?.message.split(" ")[0] ?? reply), [
    ...["OK", 2, "WRONGTYPE", "2"],
  ]);
  await redis.watch("n");
  await session.connect().set("n", "changed");
  assertEquals(await redis.multi().set("n", "mine").exec(), null);
  assertEquals(await redis.get("n"), "changed");
  await assertRejects(() => redis.multi().call("nothing").exec(), Error, "EXECABORT");
});

test("pipelines", async (redis) => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set(`k${i}`, `${i}`).get(`k${i}`);
  const replies = await pipeline.exec();
  assertEquals(replies?.length, 2000);
  assertEquals(replies?.at(-1), [null, "999"]);
  assertEquals(await Promise.all(Array.from({ length: 100 }, (_, i) => redis.get(`k${i}`))), [
    ...Array.from({ length: 100 }, (_, i) => `${i}`),
  ]);
});

test("channels, patterns and shard channels", async (redis, session) => {
  const subscriber = session.connect();
  const inbox = new Inbox<string[]>();
  subscriber.on("message", (...message: string[]) => inbox.push(message));
  subscriber.on("pmessage", (...message: string[]) => inbox.push(message));
  subscriber.on("smessage", (...message: string[]) => inbox.push(message));
  assertEquals(await subscriber.subscribe("news", "other"), 2);
  assertEquals(await subscriber.psubscribe("n?ws"), 3);
  assertEquals(await subscriber.ssubscribe("shard"), 1);
  assertEquals(await redis.publish("news", "hello"), 2);
  assertEquals(await redis.spublish("shard", "there"), 1);
  assertEquals(await inbox.take(3), [
    ["news", "hello"],
    ["n?ws", "news", "hello"],
    ["shard", "there"],
  ]);
  assertEquals(await redis.pubsub("NUMSUB", "news"), ["news", 1]);
  assertEquals(await subscriber.unsubscribe("news"), 2);
  assertEquals(await redis.publish("news", "again"), 1);
  assertEquals(await inbox.take(1), [["n?ws", "news", "again"]]);
});

test("scans", async (redis) => {
  const expected = new Set(Array.from({ length: 500 }, (_, i) => `user:${i}`));
  await redis.mset(new Map([...expected, "other"].map((name) => [name, "x"])));
  const found = new Set<string>();
  for await (const keys of redis.scanStream({ match: "user:*", count: 20 })) {
    for (const key of keys as string[]) found.add(key);
  }
  assertEquals(found, expected);
  await redis.zadd("z", ...Array.from({ length: 300 }, (_, i) => [i, `m${i}`]).flat());
  const members: string[] = [];
  for await (const part of redis.zscanStream("z")) members.push(...part as string[]);
  assertEquals(new Set(members.filter((_, i) => i % 2 === 0)).size, 300);
});

test("a connection that is killed is made anew", async (redis, session) => {
  const victim = session.connect();
  const id = await victim.client("ID");
  assertMatch(await redis.client("LIST") as string, new RegExp(`^id=${id} `, "m"));
  const inbox = new Inbox<string>();
  victim.on("message", (_, message: string) => inbox.push(message));
  await victim.subscribe("news");
  const ready = new Promise((resolve) => victim.once("ready", resolve));
  assertEquals(await redis.client("KILL", "ID", id as number), 1);
  await within(ready);
  // The client subscribes again by itself.
  await until(async () => await redis.publish("news", "back") === 1);
  assertEquals(await inbox.take(1), ["back"]);
});

test("keyspace notifications", async (redis, session) => {
  await redis.config("SET", "notify-keyspace-events", "KEA");
  const subscriber = session.connect();
  const inbox = new Inbox<string[]>();
  subscriber.on(
    "pmessage",
    (_, channel: string, message: string) => inbox.push([channel, message]),
  );
  await subscriber.psubscribe("__keyevent@0__:*");
  await redis.set("k", "v", "PX", 20);
  assertEquals(await inbox.take(3), [
    ["__keyevent@0__:set", "k"],
    ["__keyevent@0__:expire", "k"],
    ["__keyevent@0__:expired", "k"],
  ]);
  await redis.config("SET", "notify-keyspace-events", "");
});

test("a name, a database, and what the server says of itself", async (redis) => {
  await redis.client("SETNAME", "me");
  assertEquals(await redis.client("GETNAME"), "me");
  await redis.select(3);
  await redis.set("k", "v");
  assertEquals(await redis.dbsize(), 1);
  assertMatch(await redis.info("server"), /redis_version:7\.0\.15/);
  assert(Number((await redis.time())[0]) > 1e9);
  assertEquals(await redis.echo("hi"), "hi");
});
