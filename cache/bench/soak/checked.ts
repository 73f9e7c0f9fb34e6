/**
 * The clients of the soak that check what they are sent: each its own keys by a model, and several
 * together what goes from one to the other.
 *
 * @module
 */

import { Random } from "../../compare/random.ts";
import { type Client, encode, type Reply, show, texts } from "../../compare/resp.ts";
import { pause } from "../../compare/server.ts";
import { type Model, MODELS } from "./models.ts";
import type { Run } from "./run.ts";

/** Clients of each model. */
const CLIENTS_PER_MODEL = 3;
/** Commands that are sent together, at most. */
const MAX_PIPELINE = 50;

/** Works on keys of its own, alone, in pipelines and in transactions, until the end. */
async function work(run: Run, model: Model, seed: number): Promise<void> {
  using client = await run.connect();
  const random = new Random(seed);
  while (!run.stopping) {
    const steps = Array.from({ length: random.int(1, MAX_PIPELINE) }, () => model.next(random));
    if (random.chance(0.2)) {
      const queued = steps.map(({ args }) => ({ args, expected: "QUEUED" }));
      const results = steps.map(({ expected }) => expected);
      await run.play(client, [
        { args: ["MULTI"], expected: "OK" },
        ...queued,
        { args: ["EXEC"], expected: results },
      ]);
      run.checked += steps.length;
    } else {
      await run.play(client, steps);
    }
    if (random.chance(0.01)) await run.play(client, model.all());
  }
}

/** Adds one to a counter that others add to as well, by WATCH; returns how often it has succeeded. */
async function increment(run: Run): Promise<number> {
  using client = await run.connect();
  let successes = 0;
  while (!run.stopping) {
    const [, got] = await client.pipeline([["WATCH", "counter"], ["GET", "counter"]]);
    const next = `${Number(got?.value ?? 0) + 1}`;
    const done = (await client.pipeline([["MULTI"], ["SET", "counter", next], ["EXEC"]])).at(-1);
    if (done?.value !== null) successes++;
    await pause(1);
  }
  return successes;
}

async function countTogether(run: Run): Promise<void> {
  const successes = await Promise.all(Array.from({ length: 4 }, () => increment(run)));
  using client = await run.connect();
  const sum = successes.reduce((sum, count) => sum + count, 0);
  run.count("transactions with WATCH that succeeded", sum);
  await run.play(client, [{ args: ["GET", "counter"], expected: `${sum}` }]);
}

const END = "end";

/** Numbers go through a list to clients that wait for them: all arrive, those of each sender in order. */
async function passOn(run: Run): Promise<void> {
  const [senders, receivers] = [3, 5];
  const produce = async (sender: number): Promise<number> => {
    using client = await run.connect();
    let sent = 0;
    for (; !run.stopping; sent++) {
      await client.call("RPUSH", "queue", `${sender}:${sent}`);
      if (sent % 10 === 0) await pause(10);
    }
    return sent;
  };
  const consume = async (how: string[]): Promise<number> => {
    using client = await run.connect();
    const last = new Array<number>(senders).fill(-1);
    for (let received = 0;; received++) {
      const { value } = await client.call(...how);
      const item = Array.isArray(value) ? `${value[1]?.value}` : `${value}`;
      if (item === END) return received;
      const [sender = NaN, n = NaN] = item.split(":").map(Number);
      run.check(n > (last[sender] ?? NaN), () => `${item} after ${last[sender]} by ${how[0]}`);
      last[sender] = n;
    }
  };
  const moving = ["BLMOVE", "queue", "queue:done", "LEFT", "RIGHT", "0"];
  const consuming = Array.from(
    { length: receivers },
    (_, i) => consume(i % 2 === 0 ? ["BLPOP", "queue", "0"] : moving),
  );
  const sent = await Promise.all(Array.from({ length: senders }, (_, i) => produce(i)));
  using client = await run.connect();
  await client.call("RPUSH", "queue", ...Array.from({ length: receivers }, () => END));
  const received = await Promise.all(consuming);
  const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
  run.count("items through a list", total(received));
  run.check(total(sent) === total(received), () => `${total(sent)} sent, ${received} received`);
}

/** Reads messages until the last; each must be the one after the one before. */
async function hear(run: Run, client: Client, first: number): Promise<void> {
  for (let next = first;; next++) {
    const message = texts(await client.read()).at(-1) ?? "";
    if (message === END) return run.count("messages heard", next - first);
    run.check(message === `${next}`, () => `message ${message} in place of ${next}`);
    next = Number(message);
  }
}

/** Messages to channels, patterns and shards: each subscriber hears all of them, in order. */
async function publish(run: Run): Promise<void> {
  const subscriptions = [
    ["SUBSCRIBE", "news"],
    ["PSUBSCRIBE", "new?"],
    ["PSUBSCRIBE", "n*"],
    ["SSUBSCRIBE", "shard"],
  ];
  const hearing: Promise<void>[] = [];
  for (const [i, subscription] of [...subscriptions, ...subscriptions].entries()) {
    const client = await run.connect(i % 2 === 0 ? 2 : 3);
    await client.call(...subscription);
    hearing.push(hear(run, client, 0).finally(() => client[Symbol.dispose]()));
  }
  using publisher = await run.connect();
  const send = (message: string) =>
    run.play(publisher, [
      { args: ["PUBLISH", "news", message], expected: "6" },
      { args: ["SPUBLISH", "shard", message], expected: "2" },
    ]);
  for (let n = 0; !run.stopping; n++) {
    await send(`${n}`);
    if (n % 10 === 0) await pause(10);
  }
  await send(END);
  await Promise.all(hearing);
}

/** Reads up to a reply; returns it with the messages that came before it. */
async function readWithMessages(client: Client): Promise<{ reply: Reply; messages: Reply[] }> {
  const messages: Reply[] = [];
  for (;;) {
    const reply = await client.read();
    if (reply.kind !== ">") return { reply, messages };
    messages.push(reply);
  }
}

/** Who tracks a key that another client changes is told of it before its next reply. */
async function track(run: Run): Promise<void> {
  using reader = await run.connect(3);
  using writer = await run.connect();
  const random = new Random(1);
  await reader.call("CLIENT", "TRACKING", "ON");
  for (let n = 0; !run.stopping; n++) {
    const key = `tracked:${random.int(0, 5)}`;
    await reader.write(encode(["GET", key]));
    await readWithMessages(reader);
    await run.play(writer, [{ args: ["SET", key, `${n}`], expected: "OK" }]);
    await reader.write(encode(["PING"]));
    const { reply, messages } = await readWithMessages(reader);
    run.expect(["PING"], reply, "PONG");
    // When a database is flushed, they are told of all keys.
    const isTold = messages.some(({ value }) =>
      Array.isArray(value) && value[0]?.value === "invalidate" &&
      (value[1]?.value === null || texts(value[1]).includes(key))
    );
    run.check(isTold, () => `no invalidation of ${key} among ${messages.map(show).join()}`);
    run.count("invalidations");
    await pause(1);
  }
}

/** How late the clocks of both ends may let a key expire, in milliseconds. */
const LATE = 50;

/** Keys have their value until their time, unless they are evicted, and are gone after it. */
async function expire(run: Run): Promise<void> {
  using client = await run.connect();
  const random = new Random(2);
  for (let n = 0; !run.stopping; n++) {
    const key = `expiring:${n}`;
    const life = random.int(1, 300);
    await client.call("SET", key, `${n}`, "PX", `${life}`);
    const deadline = Date.now() + life + LATE;
    const [value, ttl] = texts(
      (await client.pipeline([["MULTI"], ["GET", key], ["PTTL", key], ["EXEC"]])).at(-1),
    );
    const isRight = value === `${n}` ? Number(ttl) <= life : value === "null" && ttl === "-2";
    run.check(isRight, () => `${key} of ${life} ms: ${value}, ${ttl} ms left`);
    if (n % 5 > 0) continue;
    await pause(Math.max(0, deadline - Date.now()));
    run.expect(["GET", key], await client.call("GET", key), null);
    run.count("keys that expired");
  }
}

/** A value of some KB, of a key that may be evicted. */
export const evictable = (n: number): string => `${n}:`.repeat(4000);

/** How many keys that may be evicted are written together. */
const EVICTED_AT_ONCE = 20;

/** Writes more and more keys that may be evicted: what is there of them is right. */
async function fill(run: Run): Promise<void> {
  using client = await run.connect();
  const random = new Random(3);
  for (let n = 0; !run.stopping; n += EVICTED_AT_ONCE) {
    const old = random.int(0, n);
    const keys = Array.from({ length: EVICTED_AT_ONCE }, (_, i) => n + i);
    await run.play(client, [
      ...keys.map((n) => ({
        args: ["SET", `evicted:${n}`, evictable(n), "EX", "3600"],
        expected: "OK",
      })),
      {
        args: ["GET", `evicted:${old}`],
        expected: ({ value }: Reply) => value === null || value === evictable(old),
      },
    ]);
    await pause(5);
  }
}

/** All clients that check what they are sent, until the end; and the models of what is there then. */
export function checkedClients(run: Run): { models: Model[]; ended: Promise<void>[] } {
  const models = MODELS.flatMap((model) =>
    Array.from({ length: CLIENTS_PER_MODEL }, (_, i) => new model(`${model.name}:${i}`))
  );
  const together = [countTogether, passOn, publish, track, expire, fill];
  const ended = [...models.map((model, i) => work(run, model, i)), ...together.map((f) => f(run))];
  return { models, ended };
}
