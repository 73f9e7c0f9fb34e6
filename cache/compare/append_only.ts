/**
 * One append-only file that the cache and a real Redis append to in turns: each is killed amid its work,
 * and the other loads what it has left. The digests of all keys must be the same, as must be the libraries
 * of functions; and `redis-check-aof` must find nothing.
 *
 * @module
 */

import { dataset } from "./dataset.ts";
import type { Random } from "./random.ts";
import { Client, texts } from "./resp.ts";
import { pause, REDIS, SAVING_SUBJECT, Server } from "./server.ts";

const ROUNDS = 12;
/** Sequences of commands in each. */
const SEQUENCES = 5;
const DATABASES = 16;
/** How long a sequence may take, in milliseconds, and keys that have expired until they are gone. */
const TIMEOUT = 10_000;
const EXPIRY = 300;

/** What Redis may be told to write in another way. */
const VARIANTS = ["", "--aof-use-rdb-preamble no", "--aof-timestamp-enabled yes"];

/** All that must be the same. */
async function seen({ port }: Server): Promise<string[]> {
  using client = await Client.connect(port);
  return await dataset(client);
}

/** Has no key expire between two looks at them. */
async function persistAll(client: Client): Promise<void> {
  for (let database = 0; database < DATABASES; database++) {
    await client.call("SELECT", `${database}`);
    const keys = texts(await client.call("KEYS", "*"));
    await client.pipeline(keys.map((key) => ["PERSIST", key]));
  }
  await pause(EXPIRY);
}

/** Executes commands, and rewrites now and then. */
async function work(
  server: Server,
  random: Random,
  generate: () => string[][],
): Promise<string[]> {
  const { port } = server;
  for (let i = 0; i < SEQUENCES; i++) {
    using client = await Client.connect(port);
    if (random.chance(0.3)) await client.call("BGREWRITEAOF");
    const guard = setTimeout(() => client[Symbol.dispose](), TIMEOUT);
    await client.pipeline(generate());
    clearTimeout(guard);
  }
  using client = await Client.connect(port);
  await persistAll(client);
  if (random.chance(0.3)) await client.call("BGREWRITEAOF");
  // What follows is in the new increment, and the rewrite may be cut off.
  await client.pipeline([["SELECT", "7"], ["INCR", "counter"], ["LPUSH", "list", "element"]]);
  return await seen(server);
}

/**
 * Compares what both write and read.
 *
 * @param generate Makes a sequence of commands.
 * @returns How many times one has loaded something else.
 */
export async function compareAppendOnly(
  random: Random,
  generate: () => string[][],
): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "cache-" });
  const redis = () =>
    `${REDIS} --enable-debug-command yes --dir ${directory} --appendonly yes ` +
    `--appenddirname log --appendfsync always ${random.pick(VARIANTS)}`;
  const subject = () =>
    `${SAVING_SUBJECT} --enable-debug-command --append-only ${directory}/log --append-fsync always`;
  let wrong = 0;
  let expected: string[] | undefined;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const [name, command] = round % 2 === 0 ? ["Redis", redis()] : ["the cache", subject()];
      // Its end is a kill.
      await using server = await Server.start(command);
      const loaded = await seen(server);
      const different = expected?.find((line, i) => line !== loaded[i]);
      if (different !== undefined) {
        wrong++;
        console.log(`\nIn round ${round} ${name} loads ${loaded}\n  and not ${expected}`);
      }
      expected = await work(server, random, generate);
      const check = await new Deno.Command("redis-check-aof", {
        args: [`${directory}/log/appendonly.aof.manifest`],
      }).output();
      if (check.success) continue;
      wrong++;
      console.log(`\nIn round ${round}, of ${name}: ${new TextDecoder().decode(check.stdout)}`);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return wrong;
}
