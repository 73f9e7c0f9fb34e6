/**
 * Replication with a real Redis, each way and in a chain: generated commands go to the master while
 * connections are cut and either side is restarted, and at the end all must have the same keys, by
 * `DEBUG DIGEST`, and the same libraries of functions. And `redis-cli --rdb` and `--replica` must find in
 * the cache the master that they expect.
 *
 * @module
 */

import { Cache } from "../cache.ts";
import { dataset } from "./dataset.ts";
import { generate, mutate, type Part, split } from "./grammar.ts";
import type { Random } from "./random.ts";
import { PASSWORD } from "./play.ts";
import { Client, type Reply, textOf } from "./resp.ts";
import { pause, REDIS, SAVING_SUBJECT, Server } from "./server.ts";

/** Commands in one go, and goes between two disturbances. */
const BATCH = 50;
const BATCHES = 4;

/** How long replicas may take until they have all, in milliseconds. */
const SYNC_TIMEOUT = 30_000;

/** What waits, ends or takes over a connection, or has nothing to do with keys. */
const ELSEWHERE = new RegExp(
  "^(B[LRZ]|BZ|WAIT|MONITOR|SUBSCRIBE|PSUBSCRIBE|SSUBSCRIBE|RESET|QUIT|HELLO|AUTH|SHUTDOWN|DEBUG|" +
    "CLIENT|CONFIG|SAVE|BGSAVE|BGREWRITEAOF|ACL|REPLICAOF|SLAVEOF|FAILOVER|SYNC|PSYNC|REPLCONF|MEMORY)",
);

/** A server that can be started anew, with what it has saved. */
class Side implements AsyncDisposable {
  readonly name: string;
  readonly #command: string;
  #server: Server;
  #client: Client;

  private constructor(name: string, command: string, server: Server, client: Client) {
    this.name = name;
    this.#command = command;
    this.#server = server;
    this.#client = client;
  }

  static async start(name: "redis" | "cache", file: string, ...flags: string[]): Promise<Side> {
    const [directory, dump] = [file.replace(/[^/]*$/, ""), file.replace(/.*\//, "")];
    const command = name === "redis"
      ? `${REDIS} --enable-debug-command yes --dir ${directory} --dbfilename ${dump} ` +
        "--repl-diskless-sync-delay 0"
      : `${SAVING_SUBJECT} --enable-debug-command --snapshot ${file}`;
    const server = await Server.start([command, ...flags].join(" "));
    const client = await Client.connect(server.port);
    if (flags.includes("--requirepass")) await client.call("AUTH", PASSWORD);
    return new Side(name, command, server, client);
  }

  get port(): number {
    return this.#server.port;
  }

  /** What it has printed. */
  get log(): string {
    return this.#server.log;
  }

  async call(...args: string[]): Promise<string> {
    return textOf(await this.#client.call(...args));
  }

  send(commands: string[][]): Promise<Reply[]> {
    return this.#client.pipeline(commands);
  }

  /** Saves, ends at once, and starts again, with all that it had. */
  async restart(): Promise<void> {
    await this.call("SAVE");
    await this[Symbol.asyncDispose]();
    this.#server = await Server.start(this.#command);
    this.#client = await Client.connect(this.port);
  }

  follow(master: Side): Promise<string> {
    return this.call("REPLICAOF", "127.0.0.1", `${master.port}`);
  }

  /** One field of `INFO replication`. */
  async field(name: string): Promise<string | undefined> {
    return new RegExp(`^${name}:(.*)\r$`, "m").exec(await this.call("INFO", "replication"))?.[1];
  }

  /** What must be the same on all. */
  async seen(): Promise<string> {
    return (await dataset(this.#client)).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Commands of the groups that are chosen. */
function commandsOf(parts: Part[], random: Random): string[][] {
  const commands: string[][] = [];
  while (commands.length < BATCH) {
    const generated = generate(random.pick(parts), random);
    const args = random.chance(0.06) ? mutate(generated, random) : generated;
    commands.push(
      ...split(args).filter((command) => {
        const name = command.join(" ").toUpperCase();
        return !ELSEWHERE.test(name) && !name.includes(" BLOCK ");
      }),
    );
  }
  return commands;
}

/** Waits until all have the same; says what differs where that does not come. */
async function settled(sides: readonly Side[]): Promise<string | undefined> {
  const deadline = performance.now() + SYNC_TIMEOUT;
  while (true) {
    const offsets = await Promise.all(sides.map((side) => side.field("master_repl_offset")));
    const links = await Promise.all(sides.slice(1).map((side) => side.field("master_link_status")));
    const isSynced = links.every((link) => link === "up") && new Set(offsets).size === 1;
    const seen = isSynced ? await Promise.all(sides.map((side) => side.seen())) : [];
    if (isSynced && new Set(seen).size === 1) return undefined;
    // What expires meanwhile is yet to be told.
    if (performance.now() > deadline) return `${offsets} ${links} ${seen.join(" | ")}`;
    await pause(50);
  }
}

/**
 * Sends commands to the first of a chain, and disturbs it.
 *
 * @returns What differs at the end.
 */
async function follow(
  names: readonly ("redis" | "cache")[],
  total: number,
  parts: Part[],
  random: Random,
  directory: string,
): Promise<string | undefined> {
  await using stack = new AsyncDisposableStack();
  const sides: Side[] = [];
  for (const [i, name] of names.entries()) {
    sides.push(stack.use(await Side.start(name, `${directory}/${names.join("-")}-${i}.rdb`)));
  }
  const links = sides.slice(1).map((replica, i) => [sides[i], replica] as const);
  const connect = async () => {
    for (const [master, replica] of links) if (master !== undefined) await replica.follow(master);
  };
  const [first] = sides;
  if (first === undefined) return undefined;
  await first.send(commandsOf(parts, random));
  await connect();
  for (let sent = 0; sent < total;) {
    for (let i = 0; i < BATCHES; i++, sent += BATCH) {
      await first.send([["DISCARD"], ["SELECT", `${random.int(0, 2)}`]]);
      await first.send(commandsOf(parts, random));
      // Cut anywhere, while the stream goes on.
      const cut = random.pick(sides);
      if (random.chance(0.3)) {
        await cut.call("CLIENT", "KILL", "TYPE", cut === first ? "replica" : "master");
      }
    }
    if (!random.chance(0.2)) continue;
    const restarted = random.pick(sides);
    await first.call("DISCARD");
    await restarted.restart();
    await connect();
  }
  await first.call("DISCARD");
  const difference = await settled(sides);
  return difference &&
    `${difference}\n${sides.map(({ name, log }) => `${name}: ${log}`).join("\n")}`;
}

/** Lets one after the other be the master, with nothing lost and no snapshot but the first. */
async function promote(directory: string): Promise<string | undefined> {
  await using cache = await Side.start("cache", `${directory}/promote-cache.rdb`);
  await using redis = await Side.start("redis", `${directory}/promote-redis.rdb`);
  await cache.call("SET", "begin", "1");
  await redis.follow(cache);
  let [master, replica] = [cache, redis];
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 100; i++) await master.call("INCR", `round:${round}`);
    const difference = await settled([master, replica]);
    if (difference !== undefined) return difference;
    await replica.call("REPLICAOF", "NO", "ONE");
    await master.follow(replica);
    [master, replica] = [replica, master];
  }
  const difference = await settled([master, replica]);
  const full = await Promise.all(
    [cache, redis].map(async (side) => /sync_full:\d+/.exec(await side.call("INFO", "stats"))?.[0]),
  );
  return difference ?? (full.join() === "sync_full:1,sync_full:0" ? undefined : full.join());
}

/** One that writes all the time, to whoever is the master; counts what was answered. */
class Writer implements Disposable {
  answered = 0;
  target: Side;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(target: Side) {
    this.target = target;
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      try {
        using client = await Client.connect(this.target.port);
        await client.call("AUTH", PASSWORD);
        while (!this.#isOver) {
          const { kind } = await client.call("INCR", "written");
          if (kind !== ":") break;
          this.answered++;
        }
      } catch {
        // It has ended before the reply.
      }
      await pause(10);
    }
  }

  async end(): Promise<number> {
    this.#isOver = true;
    await this.#done;
    return this.answered;
  }

  /** It ends with the reply that it waits for, which may never come. */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }
}

/** Waits for something that comes by itself. */
async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SYNC_TIMEOUT;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await pause(20);
  }
}

/** The steps of `docs/replication.md`: to a Redis without a stop, and on to a cluster. */
async function move(parts: Part[], random: Random, directory: string): Promise<string | undefined> {
  const flags = ["--requirepass", PASSWORD, "--masterauth", PASSWORD];
  await using cache = await Side.start("cache", `${directory}/move-cache.rdb`);
  await cache.call("CONFIG", "SET", "requirepass", PASSWORD);
  await cache.send(commandsOf(parts, random));
  await cache.send([["DISCARD"], ["FLUSHDB"], ["SWAPDB", "0", "1"], ["FLUSHDB"]]);
  for (let i = 0; i < 100; i++) await cache.call("SET", `key:${i}`, `${i}`);
  using writer = new Writer(cache);
  await using redis = await Side.start(
    "redis",
    `${directory}/move-redis.rdb`,
    ...flags,
    `--replicaof 127.0.0.1 ${cache.port}`,
  );
  await cache.call("CONFIG", "SET", "masterauth", PASSWORD);
  const line = `ip=127.0.0.1,port=${redis.port},state=online,`;
  await until("it is online", async () => (await cache.field("slave0"))?.startsWith(line) ?? false);
  const to = ["TO", "127.0.0.1", `${redis.port}`, "TIMEOUT", "10000"];
  const reply = await cache.call("FAILOVER", ...to);
  if (reply !== "OK") return `FAILOVER replies ${reply}`;
  await until("it has taken over", async () => await redis.field("role") === "master");
  writer.target = redis;
  const before = writer.answered;
  await until("clients write on", () => Promise.resolve(writer.answered > before + 100));
  const answered = await writer.end();
  const difference = await settled([redis, cache]);
  if (difference !== undefined) return difference;
  const written = await redis.call("GET", "written");
  if (written !== `${answered}`) return `${answered} writes were answered, ${written} are there`;
  const refused = await cache.call("SET", "key:0", "late");
  if (!refused.startsWith("READONLY")) return `The cache replies ${refused} to a late write`;
  await redis.call("SAVE");

  await using node = await Server.start(
    `${REDIS} --dir ${directory} --dbfilename move-redis.rdb --cluster-enabled yes ` +
      `--cluster-config-file ${directory}/nodes.conf`,
  );
  const fix = await new Deno.Command("sh", {
    args: ["-c", `echo yes | redis-cli --cluster fix 127.0.0.1:${node.port}`],
  }).output();
  using client = await Client.connect(node.port);
  const state = async () => textOf(await client.call("CLUSTER", "INFO"));
  await until("the cluster is whole", async () => (await state()).includes("cluster_state:ok"))
    .catch(() => console.log(new TextDecoder().decode(fix.stdout)));
  const moved = textOf(await client.call("GET", "key:42"));
  if (moved !== "42") return `The cluster has ${moved} where 42 was`;
}

/** The copy of a Redis in this process, as that page has it. */
async function copyInProcess(directory: string): Promise<string | undefined> {
  await using redis = await Side.start(
    "redis",
    `${directory}/copied.rdb`,
    ...["--requirepass", PASSWORD],
  );
  await redis.call("ACL", "SETUSER", "copier", "on", ">other", "+psync", "+replconf", "+ping");
  await redis.call("SET", "key", "1");
  const replicaOf = { port: redis.port, username: "copier", password: "other" };
  await using copy = new Cache({ replicaOf });
  await copy.until((stats) => stats.followsMaster);
  copy.call("REPLICAOF", "NO", "ONE");
  copy.call("INCR", "key");
  const [here, there] = [copy.call("GET", "key"), await redis.call("GET", "key")];
  return here === "2" && there === "1" ? undefined : `The copy has ${here}, the Redis ${there}`;
}

const run = async (command: string, ...args: string[]): Promise<string> => {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  return success ? text : `${command} ${args.join(" ")} failed:\n${text}`;
};

/** Has `redis-cli` take a snapshot of the cache, and listen to its stream. */
async function askWithTools(parts: Part[], random: Random, directory: string) {
  await using cache = await Side.start("cache", `${directory}/tools.rdb`);
  await cache.send(commandsOf(parts, random));
  await cache.send([["DISCARD"], ["FUNCTION", "LOAD", "REPLACE", LIBRARY]]);
  for (const flag of ["--rdb", "--functions-rdb"]) {
    const file = `${directory}/taken${flag}.rdb`;
    await run("redis-cli", "-p", `${cache.port}`, flag, file);
    const check = await run("redis-check-rdb", file);
    if (!check.includes("RDB looks OK")) return `redis-cli ${flag}: ${check}`;
  }
  const listener = new Deno.Command("redis-cli", {
    args: ["-p", `${cache.port}`, "--replica"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let heard = "";
  const listening = (async () => {
    for await (const text of listener.stdout.pipeThrough(new TextDecoderStream())) heard += text;
  })();
  // It tells of what comes after its snapshot, which may be any of these.
  const deadline = performance.now() + SYNC_TIMEOUT;
  while (!heard.includes('"SET","told"') && performance.now() < deadline) {
    await cache.call("SET", "told", "1");
    await pause(50);
  }
  listener.kill();
  await Promise.all([listener.status, listening]);
  return heard.includes('"SET","told"') ? undefined : `redis-cli --replica heard: ${heard}`;
}

const LIBRARY = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";

/**
 * Replicates with a real Redis.
 *
 * @param total How many commands go through each chain.
 * @returns How many chains came to other keys.
 */
export async function compareReplication(
  parts: Part[],
  total: number,
  random: Random,
): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "cache-" });
  let wrong = 0;
  const check = (name: string, difference: string | undefined) => {
    if (difference === undefined) return;
    wrong++;
    console.log(`\nreplication, ${name}: ${difference}`);
  };
  try {
    for (
      const chain of [["cache", "redis"], ["redis", "cache"], ["redis", "cache", "redis"]] as const
    ) {
      check(chain.join(" to "), await follow(chain, total, parts, random, directory));
    }
    check("promotion", await promote(directory));
    check("the move to a Redis", await move(parts, random, directory));
    check("a copy in a process", await copyInProcess(directory));
    check("redis-cli", await askWithTools(parts, random, directory));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return wrong;
}
