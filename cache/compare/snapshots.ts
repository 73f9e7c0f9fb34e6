/**
 * What the cache and a real Redis have written, read by the other: whole files and single values, of all
 * types and encodings, small and large, and libraries of functions. The digests must be the same, as
 * must be the encodings, all that streams tell of themselves, and the libraries; and `redis-check-rdb`
 * must find nothing.
 *
 * @module
 */

import { dataset } from "./dataset.ts";
import type { Random } from "./random.ts";
import { Client, textOf, texts } from "./resp.ts";
import { REDIS, SAVING_SUBJECT, Server } from "./server.ts";

const ROUNDS = 4;
const KEYS = 120;

/** Where integers and lengths change how they are written. */
const EDGES = [0, 127, 4095, 32_767, 8_388_607, 2 ** 31 - 1, 2 ** 32, 2 ** 53 - 1];
const LENGTHS = [0, 1, 20, 21, 63, 64, 65, 254, 4095, 4096, 9000];
const SCORES = ["0", "-0", "1", "1.5", "-inf", "inf", "1e300", "4611686018427387904", "0.1"];

function text(random: Random, longest: number): string {
  switch (random.int(0, 3)) {
    case 0:
      return `${random.pick(EDGES) * random.pick([1, -1]) + random.int(-1, 1)}`;
    case 1:
      return random.pick(["", "-0", "007", "9223372036854775807", "-9223372036854775808", "1.5"]);
    default: {
      const length = Math.min(random.pick(LENGTHS), longest);
      const last = random.pick([1, 255]);
      return Array.from({ length }, () => String.fromCharCode(random.int(0, last))).join("");
    }
  }
}

/** Commands that make a stream of any size, with groups, consumers, and what they have not acknowledged. */
function stream(key: string, random: Random, texts: (count: number) => string[]): string[][] {
  const commands: string[][] = [];
  const size = random.pick([1, 3, 99, 101, 350]);
  const id = () => `${random.int(1, size)}-1`;
  const fields = random.int(1, 3);
  for (let i = 1; i <= size; i++) {
    const isOther = random.chance(0.1);
    const elements = Array.from({ length: fields }, (_, field) => [`f${field}`, ...texts(1)])
      .flat();
    commands.push(["XADD", key, `${i}-1`, ...(isOther ? texts(2) : elements)]);
  }
  for (let i = random.int(0, 5); i > 0; i--) commands.push(["XDEL", key, id()]);
  for (let i = random.int(0, 3); i > 0; i--) {
    const group = `group${i}`;
    commands.push(["XGROUP", "CREATE", key, group, random.pick(["0", "$", id()])]);
    for (let reads = random.int(0, 4); reads > 0; reads--) {
      const consumer = `consumer${random.int(0, 2)}`;
      const count = `${random.pick([1, 10, 200])}`;
      commands.push(
        ["XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", key, ">"],
        ["XCLAIM", key, group, "claimer", "0", id(), "RETRYCOUNT", `${random.pick(EDGES)}`],
        ["XACK", key, group, id(), id()],
        ["XGROUP", "CREATECONSUMER", key, group, text(random, 10)],
      );
    }
  }
  if (random.chance(0.2)) commands.push(["XTRIM", key, "MAXLEN", `${random.int(0, size)}`]);
  if (random.chance(0.2)) {
    const last = "18446744073709551615-18446744073709551615";
    commands.push([
      "XSETID",
      key,
      last,
      "ENTRIESADDED",
      "9223372036854775807",
      "MAXDELETEDID",
      id(),
    ]);
  }
  return commands;
}

/** A command that loads a library of functions. */
function library(random: Random): string[] {
  const name = `lib${random.int(0, 9)}`;
  const code = `#!lua name=${name}\n` +
    `redis.register_function('${name}', function() return '${"x".repeat(random.int(0, 99))}' end)`;
  return ["FUNCTION", "LOAD", "REPLACE", code];
}

/** Commands that make a key of any type, encoding and size. */
function value(key: string, random: Random): string[][] {
  const longest = random.pick([10, 64, 9000]);
  const texts = (count: number) => Array.from({ length: count }, () => text(random, longest));
  return random.chance(0.2) ? stream(key, random, texts) : [simpleValue(key, random, texts)];
}

function simpleValue(
  key: string,
  random: Random,
  texts: (count: number) => string[],
): string[] {
  const size = random.pick([1, 3, 20, 127, 129, 513, 1500]);
  switch (random.int(0, 5)) {
    case 0:
      return ["SET", key, text(random, 9000)];
    case 1:
      return ["RPUSH", key, ...texts(size)];
    case 2:
      return ["SADD", key, ...texts(size)];
    case 3: {
      const edge = random.pick(EDGES) + 100;
      return ["SADD", key, ...Array.from({ length: size }, () => `${random.int(-edge, edge)}`)];
    }
    case 4:
      return ["HSET", key, ...texts(2 * size)];
    default:
      return ["ZADD", key, ...texts(size).flatMap((member) => [random.pick(SCORES), member])];
  }
}

function data(random: Random): string[][] {
  return Array.from({ length: KEYS }, (_, i) => {
    const key = `key:${i}`;
    const expires = random.chance(0.3) ? [["PEXPIRE", key, `${random.int(1e6, 1e9)}`]] : [];
    return [["SELECT", `${random.int(0, 3)}`], ...value(key, random), ...expires];
  }).flat().concat([library(random), library(random)]);
}

/** A server with its connection, and the file of its snapshot. */
interface Side extends AsyncDisposable {
  readonly name: string;
  readonly client: Client;
  readonly file: string;
}

async function start(name: string, command: string, file: string): Promise<Side> {
  const server = await Server.start(command);
  const client = await Client.connect(server.port);
  const dispose = async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  };
  return { name, client, file, [Symbol.asyncDispose]: dispose };
}

/** What can be seen of all: the digest of keys, the encoding of each, streams in full, and libraries. */
async function seen({ client }: Side): Promise<string[]> {
  const found = await dataset(client);
  for (let database = 0; database < 4; database++) {
    await client.call("SELECT", `${database}`);
    const keys = texts(await client.call("KEYS", "*")).sort();
    const encodings = await client.pipeline(keys.map((key) => ["OBJECT", "ENCODING", key]));
    found.push(...keys.map((key, i) => `${database} ${key} ${textOf(encodings[i])}`));
    const streams = keys.filter((_, i) => textOf(encodings[i]) === "stream");
    for (const key of streams) {
      const info = await client.call("XINFO", "STREAM", key, "FULL", "COUNT", "0");
      found.push(`${database} ${key} ${JSON.stringify(info)}`);
    }
  }
  return found;
}

/** Has one write a file and the other read it. Returns what is wrong. */
async function exchangeFiles(from: Side, to: Side): Promise<string | undefined> {
  const before = await seen(from);
  const saved = await from.client.call("SAVE");
  if (saved.value !== "OK") return `SAVE replies ${saved.value}`;
  const check = await new Deno.Command("redis-check-rdb", { args: [from.file] }).output();
  if (!check.success) return new TextDecoder().decode(check.stdout);
  await Deno.copyFile(from.file, to.file);
  const loaded = await to.client.call("DEBUG", "RELOAD", "NOSAVE");
  if (loaded.value !== "OK") return `DEBUG RELOAD replies ${loaded.value}`;
  const after = await seen(to);
  return before.find((line, i) => line !== after[i] && !line.endsWith("hashtable"));
}

/** Has the other restore each key's dump. Returns what is wrong. */
async function exchangeDumps(from: Side, to: Side): Promise<string | undefined> {
  for (let database = 0; database < 4; database++) {
    for (const { client } of [from, to]) await client.call("SELECT", `${database}`);
    for (const key of texts(await from.client.call("KEYS", "*"))) {
      for (const { client } of [from, to]) await client.call("PERSIST", key);
      const digest = ["DEBUG", "DIGEST-VALUE", key];
      const [type, expected, dump] = await from.client.pipeline([
        ["TYPE", key],
        digest,
        ["DUMP", key],
      ]);
      const [restored, actual, again] = await to.client.pipeline([
        ["RESTORE", key, "0", textOf(dump), "REPLACE"],
        digest,
        ["DUMP", key],
      ]);
      // Tables have an order of their own on each, streams none.
      const isOther = textOf(type) === "stream" && textOf(again) !== textOf(dump);
      if (isOther || JSON.stringify(actual) !== JSON.stringify(expected)) {
        return `${key} of database ${database}: ${JSON.stringify([expected, restored, actual])}`;
      }
    }
  }
}

/**
 * Compares what both write and read.
 *
 * @returns How many exchanges went wrong.
 */
export async function compareSnapshots(random: Random): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "cache-" });
  const files = { redis: `${directory}/redis.rdb`, subject: `${directory}/subject.rdb` };
  const enabled = "--enable-debug-command";
  let wrong = 0;
  try {
    await using redis = await start(
      "redis",
      `${REDIS} ${enabled} yes --dir ${directory} --dbfilename redis.rdb`,
      files.redis,
    );
    await using subject = await start(
      "subject",
      `${SAVING_SUBJECT} ${enabled} --snapshot ${files.subject}`,
      files.subject,
    );
    for (let round = 0; round < ROUNDS; round++) {
      for (const [from, to] of [[redis, subject], [subject, redis]] as const) {
        for (const { client } of [from, to]) {
          await client.call("FLUSHALL");
          await client.call("FUNCTION", "FLUSH");
        }
        await from.client.pipeline(data(random));
        for (const exchange of [exchangeFiles, exchangeDumps]) {
          const difference = await exchange(from, to);
          if (difference === undefined) continue;
          wrong++;
          console.log(`\n${exchange.name} from ${from.name} to ${to.name}: ${difference}`);
        }
      }
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return wrong;
}
