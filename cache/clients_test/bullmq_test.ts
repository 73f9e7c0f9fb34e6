import { assert, assertEquals, assertRejects } from "@std/assert";
// First, since it settles what the libraries find in the environment.
import { startTarget, type Target, until } from "./target.ts";
import { within } from "../../test_util.ts";
import { Redis } from "npm:ioredis@6.0.0";
import {
  DelayedError,
  FlowProducer,
  type Job,
  Queue,
  QueueEvents,
  UnrecoverableError,
  Worker,
  type WorkerOptions,
} from "npm:bullmq@6.7.0";

interface Closable {
  on(event: "error", listener: (error: Error) => void): unknown;
  close(): Promise<unknown>;
}

/** A target with a queue, its events and its workers, which end with the test. */
class Session implements AsyncDisposable {
  readonly #target: Target;
  readonly #closables: Closable[] = [];
  readonly queue: Queue;

  constructor(target: Target) {
    this.#target = target;
    this.queue = this.add(new Queue("queue", this.#options));
  }

  get #options() {
    return { connection: { host: "127.0.0.1", port: this.#target.port } };
  }

  add<T extends Closable>(closable: T): T {
    // What is lost when a connection ends.
    closable.on("error", () => {});
    this.#closables.unshift(closable);
    return closable;
  }

  work(
    body: (job: Job) => Promise<unknown>,
    options: Partial<WorkerOptions> = {},
    name = "queue",
  ): Worker {
    return this.add(new Worker(name, body, { drainDelay: 1, ...this.#options, ...options }));
  }

  async events(): Promise<QueueEvents> {
    // From the first on, so that none is missed that comes before it listens.
    const options = { ...this.#options, lastEventId: "0" };
    const events = this.add(new QueueEvents("queue", options));
    await within(events.waitUntilReady());
    return events;
  }

  flows(): FlowProducer {
    return this.add(new FlowProducer(this.#options));
  }

  redis(): Redis {
    return new Redis(this.#target.port, "127.0.0.1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const closable of this.#closables) await within(closable.close());
    await this.#target[Symbol.asyncDispose]();
  }
}

function test(name: string, body: (session: Session) => Promise<void>): void {
  Deno.test(`Cache serves BullMQ 6: ${name}`, async () => {
    await using session = new Session(await startTarget());
    await body(session);
  });
}

/** Once the queue has done so many. */
const completed = (queue: Queue, count: number) =>
  until(async () => await queue.getCompletedCount() === count);

test("jobs, results, progress and logs", async (session) => {
  const { queue } = session;
  const events = await session.events();
  const seen: string[] = [];
  for (const event of ["added", "waiting", "active", "progress", "completed"] as const) {
    events.on(event, () => seen.push(event));
  }
  const job = await queue.add("sum", { a: 1, b: [2, "é"] }, { jobId: "first" });
  assertEquals(await job.getState(), "waiting");
  session.work(async (job) => {
    await job.updateProgress(50);
    await job.log("half");
    return { sum: job.data.a + job.data.b[0] };
  });
  assertEquals(await within(job.waitUntilFinished(events)), { sum: 3 });
  assertEquals(await job.getState(), "completed");
  const stored = await queue.getJob("first");
  assertEquals([stored?.data, stored?.returnvalue, stored?.progress], [
    ...[{ a: 1, b: [2, "é"] }, { sum: 3 }, 50],
  ]);
  assertEquals((await queue.getJobLogs("first")).logs, ["half"]);
  await until(() => Promise.resolve(seen.includes("completed")));
  assertEquals(seen, ["added", "waiting", "active", "progress", "completed"]);
  // The same job is not added again.
  await queue.add("sum", {}, { jobId: "first" });
  assertEquals(await queue.getJobCounts("waiting", "completed"), { waiting: 0, completed: 1 });
});

test("failures, attempts and backoff", async (session) => {
  const { queue } = session;
  const events = await session.events();
  session.work((job) => {
    if (job.name === "never") return Promise.reject(new UnrecoverableError("no use"));
    if (job.attemptsMade < 2) return Promise.reject(new Error(`attempt ${job.attemptsMade}`));
    return Promise.resolve("in the end");
  });
  const backoff = { type: "exponential", delay: 10 };
  const job = await queue.add("later", {}, { attempts: 3, backoff });
  assertEquals(await within(job.waitUntilFinished(events)), "in the end");
  assertEquals((await queue.getJob(job.id ?? ""))?.attemptsMade, 3);
  const never = await queue.add("never", {}, { attempts: 5, backoff });
  await assertRejects(() => within(never.waitUntilFinished(events)), Error, "no use");
  const short = await queue.add("short", {}, { attempts: 1 });
  await assertRejects(() => within(short.waitUntilFinished(events)), Error, "attempt 0");
  const failed = await queue.getFailed();
  assertEquals(failed.map(({ failedReason }) => failedReason).sort(), ["attempt 0", "no use"]);
  assertEquals((await queue.getJob(never.id ?? ""))?.attemptsMade, 1);
});

test("retried and removed by hand", async (session) => {
  const { queue } = session;
  const events = await session.events();
  let fails = true;
  session.work(() => fails ? Promise.reject(new Error("not yet")) : Promise.resolve("now"));
  const job = await queue.add("job", {});
  await assertRejects(() => within(job.waitUntilFinished(events)), Error, "not yet");
  fails = false;
  await job.retry();
  await completed(queue, 1);
  assertEquals((await queue.getJob(job.id ?? ""))?.returnvalue, "now");
  await job.remove();
  assertEquals(await queue.getJob(job.id ?? ""), undefined);
});

test("delayed jobs, in the order of their times", async (session) => {
  const { queue } = session;
  const order: string[] = [];
  await queue.add("late", {}, { delay: 150 });
  await queue.add("soon", {}, { delay: 50 });
  const promoted = await queue.add("promoted", {}, { delay: 3_600_000 });
  await queue.add("now", {});
  assertEquals(await queue.getDelayedCount(), 3);
  let moved = false;
  session.work(async (job, token = job.token) => {
    if (job.name === "now" && !moved) {
      moved = true;
      await job.moveToDelayed(Date.now() + 20, token);
      throw new DelayedError();
    }
    order.push(job.name);
  });
  await completed(queue, 3);
  assert(order.indexOf("soon") < order.indexOf("late"));
  assertEquals(new Set(order), new Set(["now", "soon", "late"]));
  assertEquals(await promoted.isDelayed(), true);
  await promoted.promote();
  await completed(queue, 4);
});

test("job schedulers", async (session) => {
  const { queue } = session;
  const template = { name: "tick", data: { of: "clock" } };
  await queue.upsertJobScheduler("clock", { every: 40, limit: 3 }, template);
  await queue.upsertJobScheduler("nightly", { pattern: "0 3 * * *", tz: "UTC" });
  const data: unknown[] = [];
  session.work((job) => Promise.resolve(data.push(job.data)));
  await completed(queue, 3);
  assertEquals(data, Array(3).fill({ of: "clock" }));
  const schedulers = await queue.getJobSchedulers();
  assertEquals(schedulers.find(({ key }) => key === "nightly")?.pattern, "0 3 * * *");
  assertEquals(await queue.removeJobScheduler("nightly"), true);
  assertEquals(await queue.removeJobScheduler("nightly"), false);
  assertEquals(await queue.getDelayedCount(), 0);
});

test("priorities, first in first out and the reverse", async (session) => {
  const { queue } = session;
  const order: string[] = [];
  await queue.addBulk([
    ...[5, 1, 3, 1].map((priority, i) => ({
      name: `${priority}.${i}`,
      data: {},
      opts: { priority },
    })),
    { name: "plain", data: {} },
    { name: "last in", data: {}, opts: { lifo: true } },
  ]);
  assertEquals(await queue.getCountsPerPriority([0, 1, 3, 5]), { 0: 2, 1: 2, 3: 1, 5: 1 });
  const [job] = await queue.getPrioritized();
  assertEquals(job?.name, "1.1");
  session.work((job) => Promise.resolve(order.push(job.name)));
  await completed(queue, 6);
  assertEquals(order, ["last in", "plain", "1.1", "1.3", "3.2", "5.0"]);
});

test("flows of parents and children", async (session) => {
  const { queue } = session;
  const events = await session.events();
  const child = (n: number) => ({ name: "child", queueName: "queue", data: { n } });
  const { job, children } = await session.flows().add({
    name: "parent",
    queueName: "queue",
    children: [child(1), { ...child(2), children: [child(3)] }],
  });
  assertEquals(await job.getState(), "waiting-children");
  assertEquals(children?.length, 2);
  assertEquals((await job.getDependencies()).unprocessed?.length, 2);
  const of = async (job: Job) =>
    Object.values(await job.getChildrenValues<number>()).reduce((a, b) => a + b, 0);
  session.work(async (job) => (job.data.n ?? 0) + await of(job));
  assertEquals(await within(job.waitUntilFinished(events)), 6);
  await completed(queue, 4);
  const failing = await session.flows().add({
    name: "parent",
    queueName: "queue",
    children: [{
      name: "child",
      queueName: "failing",
      opts: { failParentOnFailure: true },
    }],
  });
  session.work(() => Promise.reject(new Error("a child's")), {}, "failing");
  await until(async () => await failing.job.isFailed());
});

test("rate limits", async (session) => {
  const { queue } = session;
  const limiter = { max: 2, duration: 150 };
  const started = performance.now();
  const done: unknown[] = [];
  await queue.addBulk(Array.from({ length: 5 }, () => ({ name: "job", data: {} })));
  const worker = session.work((job) => Promise.resolve(done.push(job.id)), { limiter });
  await completed(queue, 5);
  assertEquals(new Set(done).size, 5);
  // Two, two, and one. The clock of the limits is in whole milliseconds.
  const duration = performance.now() - started;
  assert(duration >= 290, `${duration}`);
  // One that meets a limit as it is closed would wait for the limit first.
  await within(worker.close());
  await queue.rateLimit(60_000);
  assert(await queue.getRateLimitTtl() > 0);
});

test("stalled jobs", async (session) => {
  const { queue } = session;
  const job = await queue.add("job", {});
  // One that takes the job, and is lost with it.
  const lost = session.work(() => Promise.resolve(), { autorun: false, lockDuration: 50 });
  assertEquals((await lost.getNextJob("token"))?.id, job.id);
  const stalled: string[] = [];
  const worker = session.work(() => Promise.resolve("by another"), { stalledInterval: 60 });
  worker.on("stalled", (id) => stalled.push(id));
  await completed(queue, 1);
  assertEquals(stalled, [job.id]);
  assertEquals((await queue.getJob(job.id ?? ""))?.returnvalue, "by another");
});

test("a thousand jobs at once, by two workers", async (session) => {
  const { queue } = session;
  const data = Array.from({ length: 1000 }, (_, i) => ({ name: "job", data: { i } }));
  const added = await queue.addBulk(data);
  assertEquals(new Set(added.map(({ id }) => id)).size, 1000);
  const done = new Set<number>();
  for (let i = 0; i < 2; i++) {
    session.work((job) => Promise.resolve(done.add(job.data.i)), { concurrency: 50 });
  }
  await completed(queue, 1000);
  assertEquals(done.size, 1000);
  assertEquals(await queue.getJobCountByTypes("waiting", "active", "failed"), 0);
});

test("pause, drain, clean and obliterate", async (session) => {
  const { queue } = session;
  await queue.pause();
  assertEquals(await queue.isPaused(), true);
  await queue.addBulk(Array.from({ length: 5 }, () => ({ name: "job", data: {} })));
  const done: unknown[] = [];
  session.work((job) => Promise.resolve(done.push(job.id)));
  assertEquals(await queue.getJobCountByTypes("waiting"), 5);
  assertEquals(done, []);
  await queue.resume();
  await completed(queue, 5);
  assertEquals((await queue.clean(0, 3, "completed")).length, 3);
  assertEquals(await queue.getCompletedCount(), 2);
  await queue.pause();
  await queue.add("job", {});
  await queue.add("job", {}, { delay: 1_000_000 });
  await queue.drain(true);
  assertEquals(await queue.count(), 0);
  await queue.obliterate({ force: true });
  const redis = session.redis();
  const keys = await redis.keys("bull:queue:*");
  redis.disconnect();
  assertEquals(keys.filter((key) => !/:(stalled-check|marker)$/.test(key)), []);
});

test("deduplication, and what is kept of those that are done", async (session) => {
  const { queue } = session;
  const deduplication = { id: "one", ttl: 60_000 };
  const first = await queue.add("job", { n: 1 }, { deduplication });
  const second = await queue.add("job", { n: 2 }, { deduplication });
  assertEquals(second.id, first.id);
  await queue.addBulk(
    Array.from({ length: 9 }, () => ({ name: "job", data: {}, opts: { removeOnComplete: 3 } })),
  );
  const done: unknown[] = [];
  session.work((job) => Promise.resolve(done.push(job.data.n)));
  await until(() => Promise.resolve(done.length === 10));
  await completed(queue, 3);
  assertEquals(done[0], 1);
});
