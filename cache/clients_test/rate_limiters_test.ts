import { assert, assertEquals, assertRejects } from "@std/assert";
import { startTarget, until } from "./target.ts";
import { within } from "../../test_util.ts";
import rateLimit from "npm:@fastify/rate-limit@11.2.0";
import { fastify } from "npm:fastify@5.12.8";
import { Redis } from "npm:ioredis@6.0.0";
import {
  BurstyRateLimiter,
  RateLimiterRedis,
  RateLimiterRedisNonAtomic,
  RateLimiterRes,
} from "npm:rate-limiter-flexible@11.4.0";
import { createClient } from "npm:redis@6.3.1";
import RedlockOfEsm from "npm:redlock@5.0.0-beta.2";

interface Lock {
  release(): Promise<unknown>;
  extend(ms: number): Promise<Lock>;
}

interface RedlockType {
  acquire(resources: string[], ms: number): Promise<Lock>;
  using<T>(
    resources: string[],
    ms: number,
    settings: Record<string, number>,
    body: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}
// Its package names no types for those who import it.
const Redlock = RedlockOfEsm as unknown as new (
  clients: Redis[],
  settings: Record<string, number>,
) => RedlockType;

/** A client for the limiters, which ends with the test. */
interface Connection extends AsyncDisposable {
  client: unknown;
  /** What the limiters have to know of it. */
  useRedisPackage: boolean;
}

async function end(redis: Redis): Promise<void> {
  const ended = new Promise<void>((resolve) => redis.once("end", () => resolve()));
  redis.disconnect();
  await within(ended);
}

const CLIENTS: Record<string, (port: number) => Promise<Connection>> = {
  "ioredis 6": (port) => {
    const client = new Redis(port, "127.0.0.1");
    const connection = { client, useRedisPackage: false };
    return Promise.resolve({ ...connection, [Symbol.asyncDispose]: () => end(client) });
  },
  "node-redis 6": async (port) => {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    await client.connect();
    const dispose = () => Promise.resolve(client.destroy());
    return { client, useRedisPackage: true, [Symbol.asyncDispose]: dispose };
  },
};

/** What a limiter answers, or rejects with if there is no more. */
async function consume(limiter: { consume(key: string): Promise<RateLimiterRes> }, key = "me") {
  const [result] = await Promise.allSettled([limiter.consume(key)]);
  if (result.status === "fulfilled") return { allowed: true, res: result.value };
  assert(result.reason instanceof RateLimiterRes, `${result.reason}`);
  return { allowed: false, res: result.reason };
}

for (const [name, connect] of Object.entries(CLIENTS)) {
  for (const Limiter of [RateLimiterRedis, RateLimiterRedisNonAtomic]) {
    Deno.test(`Cache serves rate-limiter-flexible on ${name}: ${Limiter.name}`, async () => {
      await using target = await startTarget();
      await using connection = await connect(target.port);
      const { client: storeClient, useRedisPackage } = connection;
      const limiter = new Limiter({
        storeClient,
        useRedisPackage,
        points: 3,
        duration: 60,
        blockDuration: 120,
      });
      for (const remaining of [2, 1, 0]) {
        const { allowed, res } = await consume(limiter);
        assertEquals([allowed, res.remainingPoints], [true, remaining]);
        assert(res.msBeforeNext > 50_000 && res.msBeforeNext <= 60_000, `${res}`);
      }
      const { allowed, res } = await consume(limiter);
      assertEquals(allowed, false);
      assert(res.msBeforeNext > 110_000 && res.msBeforeNext <= 120_000, `${res}`);
      assertEquals((await consume(limiter, "you")).res.isFirstInDuration, true);
      assertEquals((await limiter.get("you"))?.consumedPoints, 1);
      await limiter.penalty("you", 2);
      assertEquals((await consume(limiter, "you")).allowed, false);
      assertEquals(await limiter.delete("you"), true);
      assertEquals(await limiter.get("you"), null);
      await limiter.reward("other", 2);
      assertEquals((await limiter.get("other"))?.consumedPoints, -2);
      await limiter.block("other", 60);
      assertEquals((await consume(limiter, "other")).allowed, false);
    });
  }

  Deno.test(`Cache serves rate-limiter-flexible on ${name}: windows and bursts`, async () => {
    await using target = await startTarget();
    await using connection = await connect(target.port);
    const { client: storeClient, useRedisPackage } = connection;
    const options = { storeClient, useRedisPackage, points: 1 };
    const short = new RateLimiterRedis({ ...options, keyPrefix: "short", duration: 1 });
    assertEquals((await consume(short)).allowed, true);
    await until(async () => (await consume(short)).allowed);
    const bursty = new BurstyRateLimiter(
      new RateLimiterRedis({ ...options, keyPrefix: "steady", duration: 60 }),
      new RateLimiterRedis({ ...options, keyPrefix: "burst", duration: 60, points: 2 }),
    );
    const allowed: boolean[] = [];
    for (let i = 0; i < 4; i++) allowed.push((await consume(bursty as RateLimiterRedis)).allowed);
    assertEquals(allowed, [true, true, true, false]);
  });
}

Deno.test("Cache serves Redlock 5: acquire, extend, release", async () => {
  await using target = await startTarget();
  const redis = new Redis(target.port, "127.0.0.1");
  const redlock = new Redlock([redis], { retryCount: 0 });
  const lock = await redlock.acquire(["a", "b"], 60_000);
  await assertRejects(() => redlock.acquire(["b"], 60_000), Error, "quorum");
  const longer = await lock.extend(120_000);
  assert(await redis.pttl("a") > 60_000);
  await longer.release();
  assertEquals(await redis.exists("a", "b"), 0);
  await assertRejects(() => longer.release(), Error, "quorum");
  // Each of them alone, though all begin at once.
  const patient = new Redlock([redis], { retryCount: 1000, retryDelay: 2, retryJitter: 2 });
  let held = 0;
  const hold = () =>
    patient.using(["c"], 60_000, {}, async (signal) => {
      assertEquals(++held, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      held--;
      return signal.aborted;
    });
  assertEquals(await within(Promise.all([hold(), hold(), hold()])), [false, false, false]);
  const short = await redlock.acquire(["d"], 200);
  await until(async () => await redis.exists("d") === 0);
  await assertRejects(() => short.extend(200), Error);
  await end(redis);
});

Deno.test("Cache serves @fastify/rate-limit 11", async () => {
  await using target = await startTarget();
  const redis = new Redis(target.port, "127.0.0.1");
  const app = fastify();
  await app.register(rateLimit, { redis, max: 2, timeWindow: 60_000 });
  app.get("/", () => "here");
  app.get(
    "/backoff",
    { config: { rateLimit: { max: 1, timeWindow: 1000, exponentialBackoff: true } } },
    () => "here",
  );
  const get = async (url: string) => {
    const { statusCode, headers } = await app.inject({ method: "GET", url });
    return [statusCode, headers["x-ratelimit-remaining"], headers["x-ratelimit-reset"]].map(Number);
  };
  assertEquals(await get("/"), [200, 1, 60]);
  assertEquals((await get("/")).slice(0, 2), [200, 0]);
  assertEquals((await get("/")).slice(0, 2), [429, 0]);
  assertEquals((await get("/backoff"))[0], 200);
  assertEquals((await get("/backoff"))[0], 429);
  assertEquals((await get("/backoff"))[0], 429);
  // Twice as long each time.
  assertEquals(await get("/backoff"), [429, 0, 4]);
  await app.close();
  await end(redis);
});
