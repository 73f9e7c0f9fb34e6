/**
 * Sends the same commands to a real Redis and to the subject, and finds where they differ.
 *
 * @module
 */

import { expiryEffects, Replica, sameEffects } from "./effects.ts";
import { Client, encode, Parser, quote, type Reply, texts, toBytes } from "./resp.ts";
import { before, Judge } from "./same.ts";
import { pause, Server } from "./server.ts";

/** How long a reply may take, in milliseconds. */
const REPLY_TIMEOUT = 5000;
/** How long the subject may take with what Redis has already sent to several connections. */
const SETTLE_TIMEOUT = 300;
/** How long may be looked for fewer steps. */
const MINIMISE_TIMEOUT = 30_000;
/** A pause, in milliseconds, whose length has been damaged. */
const LONG_PAUSE = 250;
/** Where a password is set, it is this one. */
export const PASSWORD = "secret";

/** The user of what is not compared: the others may lose their rights. */
const CONTROL = "control";

/** A command and the connection that sends it. */
export interface Step {
  conn: number;
  /** `PAUSE` and milliseconds: nothing is sent. `{id:0}` stands for a connection's ID. */
  args: string[];
  /** Sent also where the last command has got no reply. */
  insist?: boolean;
}

/** What is sent from a fresh start. */
export interface Sequence {
  /** Of each connection: 2 or 3. */
  protocols: number[];
  /** Sent by another connection before all else. */
  settings: string[][];
  steps: Step[];
}

/** The first step whose replies are not the same. */
export interface Difference {
  at: number;
  step: Step;
  redis: Reply[];
  subject: Reply[];
  /** The last that the subject has printed, if it has broken off or hung where Redis has not. */
  log?: string;
}

/** What the controlling connections send, which nobody should see who monitors. */
const BARRIER = "barrier";
const CLOSED: Reply = { kind: "(connection closed)", value: "" };
const SILENT: Reply = { kind: "(no reply)", value: "" };

const NOTHING: Outcome = { reply: SILENT, effects: [] };

/** A connection that reads all the time. */
class Peer {
  /** What has come since it was last looked at. */
  outputs: Reply[] = [];
  closed = false;
  id = "0";
  readonly #server: Server;
  #conn: Deno.TcpConn | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  async open(protocol: number): Promise<void> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#server.port });
    conn.setNoDelay();
    this.#conn = conn;
    this.closed = false;
    this.#listen(conn);
    const ask = async (...args: string[]) => {
      await this.send(args);
      await this.expect(1);
      return this.outputs.splice(0)[0];
    };
    if (protocol === 3) await ask("HELLO", "3");
    this.id = `${(await ask("CLIENT", "ID"))?.value}`;
  }

  /** Waits until so many replies have come, or no more can. */
  async expect(count: number): Promise<void> {
    const deadline = performance.now() + REPLY_TIMEOUT;
    while (this.outputs.length < count && !this.closed && performance.now() < deadline) {
      await pause(0);
    }
  }

  get addr(): string {
    const { hostname, port } = this.#conn?.localAddr as Deno.NetAddr;
    return `${hostname}:${port}`;
  }

  async send(args: string[]): Promise<void> {
    try {
      await this.#conn?.write(toBytes(encode(args)));
    } catch {
      // Whoever listens sees the end.
    }
  }

  async #listen(conn: Deno.TcpConn): Promise<void> {
    const parser = new Parser();
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let length; (length = await conn.read(buffer)) !== null;) {
        parser.push(buffer.subarray(0, length));
        for (let reply; (reply = parser.next());) {
          if (!`${reply.value}`.includes(BARRIER)) this.outputs.push(reply);
        }
      }
    } catch {
      // A reset is an end as well.
    }
    this.closed = true;
    this.outputs.push(CLOSED);
  }

  close(): void {
    this.#conn?.[Symbol.dispose]();
  }
}

/** The two servers, each with a connection for what is not compared. */
export class Pair implements AsyncDisposable {
  readonly redis: Server;
  subject: Server;
  /** Whether the subject has broken off or hung where Redis has not, and may be of no use any more. */
  suspect = false;
  readonly #command: string;
  /** Whether what both tell their replicas is compared as well. */
  readonly comparesEffects: boolean;
  readonly #controls = new Map<Server, Client>();
  readonly #replicas = new Map<Server, Replica>();

  private constructor(redis: Server, subject: Server, command: string, comparesEffects: boolean) {
    this.redis = redis;
    this.subject = subject;
    this.#command = command;
    this.comparesEffects = comparesEffects;
  }

  /** Starts both, by the shell commands to which `--port N` is added. */
  static async start(redis: string, subject: string, comparesEffects = false): Promise<Pair> {
    const servers = [await Server.start(redis), await Server.start(subject)] as const;
    return new Pair(...servers, subject, comparesEffects);
  }

  /** What one has told its replica since it was last asked; nothing where that is not compared. */
  async effects(server: Server): Promise<Reply[]> {
    if (!this.comparesEffects) return [];
    return await (await this.#replica(server)).effects((args) => this.control(server, [args]));
  }

  /** Whether both tell the same of keys that expire by themselves. */
  async expireAlike(): Promise<boolean> {
    const [first, second] = await this.both(async (server) =>
      `${await expiryEffects(await this.#replica(server), (all) => this.control(server, all))}`
    );
    return first === second;
  }

  async #replica(server: Server): Promise<Replica> {
    const replica = this.#replicas.get(server) ?? await Replica.attach(server.port);
    this.#replicas.set(server, replica);
    return replica;
  }

  /** Sends to one, on a connection that is made anew when it has been closed. */
  async control(server: Server, commands: string[][]): Promise<Reply[]> {
    for (let tries = 0;; tries++) {
      try {
        let client = this.#controls.get(server);
        if (client === undefined) {
          client = await Client.connect(server.port);
          this.#controls.set(server, client);
          await client.pipeline([
            ["AUTH", PASSWORD],
            ["ACL", "SETUSER", CONTROL, "on", "nopass", "+@all", "~*", "&*"],
            ["AUTH", CONTROL, PASSWORD],
          ]);
        }
        return await within(client.pipeline(commands));
      } catch (error) {
        this.#controls.get(server)?.[Symbol.dispose]();
        this.#controls.delete(server);
        if (tries > 2) throw error;
      }
    }
  }

  both<T>(action: (server: Server) => Promise<T>): Promise<[T, T]> {
    return Promise.all([action(this.redis), action(this.subject)]);
  }

  /** Empties both; waits until they have forgotten the connections that were there. */
  async reset(settings: string[][]): Promise<void> {
    if (this.suspect || !this.subject.alive) {
      await this.subject[Symbol.asyncDispose]();
      this.subject = await Server.start(this.#command);
      this.suspect = false;
    }
    await this.both(async (server) => {
      for (let tries = 0; tries < 50; tries++) {
        const [list] = await this.control(server, [["CLIENT", "LIST"]]);
        if (`${list?.value}`.trim().split("\n").length === 1) break;
        await pause(1);
      }
      const [users] = await this.control(server, [["ACL", "USERS"]]);
      const others = texts(users).filter((name) => name !== "default" && name !== CONTROL);
      await this.control(server, [
        ...others.map((name) => ["ACL", "DELUSER", name]),
        ["ACL", "SETUSER", "default", "reset", "on", "nopass", "+@all", "~*", "&*"],
        ["ACL", "LOG", "RESET"],
        ["SELECT", "0"],
        ["CONFIG", "SET", "requirepass", ""],
        ["CONFIG", "SET", "notify-keyspace-events", ""],
        ["CLIENT", "UNPAUSE"],
        ...settings,
        ["FLUSHALL"],
        ["SCRIPT", "FLUSH"],
        ["FUNCTION", "FLUSH"],
        // Keys that expire by themselves do so when each server thinks fit.
        ...this.comparesEffects ? [["DEBUG", "SET-ACTIVE-EXPIRE", "0"]] : [],
      ]);
      await this.effects(server);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#controls.values()) client[Symbol.dispose]();
    for (const replica of this.#replicas.values()) replica[Symbol.dispose]();
    await this.redis[Symbol.asyncDispose]();
    await this.subject[Symbol.asyncDispose]();
  }
}

async function within<T>(promise: Promise<T>): Promise<T> {
  let timer;
  const guard = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("No reply in time")), REPLY_TIMEOUT);
  });
  try {
    return await Promise.race([promise, guard]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a command, or all of several, has brought about. */
interface Outcome {
  reply: Reply;
  effects: Reply[];
}

/**
 * All replies to commands that are sent in one go, or one by one, or what takes the place of those that miss.
 * The effects of what is sent in one go are with the last.
 */
async function pipeline(
  pair: Pair,
  server: Server,
  protocol: number,
  commands: string[][],
  together: boolean,
): Promise<Outcome[]> {
  using client = await Client.connect(server.port);
  const replies: Outcome[] = [];
  const read = async () => {
    if (protocol === 3) await client.call("HELLO", "3");
    if (together) client.write(commands.map(encode).join("")).catch(() => {});
    while (replies.length < commands.length) {
      if (!together) await client.write(encode(commands[replies.length] ?? []));
      const reply = await client.read();
      const isLast = !together || replies.length + 1 === commands.length;
      replies.push({ reply, effects: isLast ? await pair.effects(server) : [] });
    }
  };
  try {
    await within(read());
  } catch (error) {
    const reply = error instanceof Error && error.message === "No reply in time" ? SILENT : CLOSED;
    while (replies.length < commands.length) replies.push({ reply, effects: [] });
  }
  return replies;
}

/** Reads of every key that Redis has after a sequence. */
async function wholeKeyspace(pair: Pair): Promise<string[][]> {
  const reads: Record<string, (key: string) => string[][]> = {
    string: (key) => [["GET", key]],
    list: (key) => [["LRANGE", key, "0", "-1"]],
    hash: (key) => [["OBJECT", "ENCODING", key], ["HGETALL", key]],
    set: (key) => [["OBJECT", "ENCODING", key], ["SMEMBERS", key]],
    zset: (key) => [["ZRANGE", key, "0", "-1", "WITHSCORES"]],
    stream: (key) => [["XINFO", "STREAM", key, "FULL", "COUNT", "0"], ["XINFO", "STREAM", key]],
  };
  const checks: string[][] = [["RESET"]];
  for (const database of ["0", "1"]) {
    const [, listed] = await pair.control(pair.redis, [["SELECT", database], ["KEYS", "*"]]);
    const keys = texts(listed);
    const types = await pair.control(pair.redis, keys.map((key) => ["TYPE", key]));
    checks.push(["SELECT", database], ["KEYS", "*"], ...before(["DBSIZE"]), ["DBSIZE"]);
    for (const [i, key] of keys.entries()) {
      checks.push(["TYPE", key], ["OBJECT", "ENCODING", key], ["PTTL", key]);
      checks.push(...reads[`${types[i]?.value}`]?.(key) ?? []);
    }
  }
  return checks;
}

interface PlayOptions {
  /** Whether the whole key space is compared at the end. Default: yes. */
  check?: boolean;
  /** Whether one connection's commands are sent in one go. Default: yes. */
  together?: boolean;
}

/**
 * Plays a sequence of one connection in one go, and then reads the whole key space.
 *
 * @param ignored Steps whose difference is known.
 */
async function playAtOnce(
  pair: Pair,
  { protocols: [protocol = 2], steps }: Sequence,
  ignored: Set<number>,
  { check = true, together = true }: PlayOptions,
): Promise<Difference | undefined> {
  const judge = new Judge();
  const compare = async (steps: Step[], comparesEffects: boolean) => {
    const commands = steps.map(({ args }) => args);
    const [redis, subject] = await pair.both((server) =>
      pipeline(pair, server, protocol, commands, together)
    );
    for (const [at, step] of steps.entries()) {
      const [a = NOTHING, b = NOTHING] = [redis[at], subject[at]];
      const isSame = judge.same(step.args, a.reply, b.reply) &&
        (!comparesEffects || sameEffects(a.effects, b.effects));
      if (isSame || ignored.has(at)) continue;
      return { at, step, redis: [a.reply, ...a.effects], subject: [b.reply, ...b.effects] };
    }
  };
  const difference = await compare(steps, true);
  if (difference || !check) return difference;
  const reads = (await wholeKeyspace(pair)).map((args) => ({ conn: 0, args }));
  const found = await compare(reads, false);
  return found && { ...found, at: steps.length };
}

/** What is each server's own among the parts of replies. */
function leaves({ value }: Reply, name?: string | Reply[] | null): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => leaves(item, value[i - 1]?.value));
  return [name === "id" || value?.startsWith("id=") ? "(its own)" : `${value}`];
}

/** Whether a reply tells of an end of a subscription, or of a message by a pattern. */
function isUnordered({ value }: Reply): boolean {
  return Array.isArray(value) && /^pmessage$|unsubscribe$/.test(`${value[0]?.value}`);
}

/** The parts of replies, in order but for those of such messages that come in a row. */
function parts(replies: Reply[]): string[] {
  const all = replies.flatMap((reply) =>
    Array.isArray(reply.value) && reply.value.some(isUnordered) ? reply.value : [reply]
  );
  const runs: string[][] = [];
  for (const [i, reply] of all.entries()) {
    const previous = all[i - 1];
    const goesOn = previous !== undefined && isUnordered(previous) && isUnordered(reply);
    if (goesOn) runs.at(-1)?.push(reply.kind, ...leaves(reply));
    else runs.push([reply.kind, ...leaves(reply)]);
    if (isUnordered(reply)) runs.at(-1)?.sort();
  }
  return runs.flat();
}

/**
 * Whether one client was told the same where Redis does not define the order: of what it unsubscribes
 * from, and of the patterns that a message matches. Within EXEC such messages are part of its array.
 */
function sameMessages(a: Reply[], b: Reply[]): boolean {
  const [ours, others] = [parts(a), parts(b)];
  const messages = ours.filter((part) => /^pmessage$|unsubscribe$/.test(part));
  return messages.length > 1 && ours.length === others.length &&
    ours.every((part, i) => part === others[i]);
}

/** The replies to EXEC in one: what a client is told of within pushes the last ones out of the array. */
function joined([first, ...rest]: Reply[]): Reply[] {
  if (first === undefined) return [];
  if (!Array.isArray(first.value)) return [first, ...rest];
  const end = rest.at(-1) === CLOSED ? rest.splice(-1) : [];
  return [{ kind: first.kind, value: [...first.value, ...rest] }, ...end];
}

/**
 * Whether two servers may well answer several connections so: Redis leaves open what comes then, or does
 * something that nobody wants. After it they may differ in all.
 *
 * @param args The last command.
 * @param swaps Whether it exchanges databases, if it is SWAPDB or EXEC.
 */
function isOpen([name = "", sub = ""]: string[], swaps: boolean, a: Reply[], b: Reply[]): boolean {
  const kinds = (replies: Reply[]) => `${replies.map(({ kind }) => kind)}`;
  // It leaves the connection open of a client that wants no replies and ends itself.
  const endsItself = /^(quit|client kill)/i.test(`${name} ${sub}`);
  if (endsItself && kinds(a) === "" && kinds(b) === CLOSED.kind) return true;
  // It serves clients that wait for several keys in the order of a table then.
  if (swaps && /^(swapdb|exec)$/i.test(name) && kinds(a) === kinds(b)) {
    return JSON.stringify(a) !== JSON.stringify(b);
  }
  // What it has replied but not sent is lost when another client's command closes the connection.
  return a.length === 1 && a[0] === CLOSED && b.at(-1) === CLOSED && b.length > 1;
}

/** Plays a sequence step by step, and after each looks at every connection. */
async function playInSteps(
  pair: Pair,
  { protocols, steps }: Sequence,
  ignored: Set<number>,
): Promise<Difference | undefined> {
  const conns = protocols.map((protocol) => ({
    protocol,
    redis: new Peer(pair.redis),
    subject: new Peer(pair.subject),
    judge: new Judge(),
    last: [] as string[],
    waiting: false,
    /** Whether a transaction is open. */
    queues: false,
    /** Whether it has exchanged databases since. */
    swaps: false,
    /** What is to be waited for when it is executed. */
    pause: 0,
  }));
  const open = async ({ redis, subject, protocol }: typeof conns[number]) => {
    await Promise.all([redis.open(protocol), subject.open(protocol)]);
  };
  const fill = (arg: string, server: "redis" | "subject") =>
    arg.replace(/^\{(id|addr):(\d)\}$/, (_, what: "id" | "addr", i) => {
      const peer = conns[Number(i)]?.[server];
      return peer === undefined || peer.closed ? "0" : peer[what];
    });
  try {
    for (const conn of conns) await open(conn);
    for (const [at, step] of steps.entries()) {
      const conn = conns[step.conn];
      if (conn === undefined) continue;
      if (step.args[0] === "PAUSE") {
        if (conn.queues) conn.pause = Number(step.args[1]) || LONG_PAUSE;
        else await pause(Number(step.args[1]) || LONG_PAUSE);
        continue;
      }
      if (conn.waiting && !step.insist) continue;
      if (conn.redis.closed || conn.subject.closed) {
        Object.assign(conn, { judge: new Judge(), waiting: false });
        await open(conn);
      }
      conn.last = step.args;
      const name = step.args[0]?.toUpperCase();
      if (name === "MULTI") Object.assign(conn, { queues: true, swaps: false, pause: 0 });
      if (name === "SWAPDB") conn.swaps = true;
      // Not in the place of a subcommand, which errors repeat.
      const filled = (server: "redis" | "subject") =>
        step.args.map((arg, i) => i < 2 ? arg : fill(arg, server));
      await Promise.all([
        conn.redis.send(filled("redis")),
        conn.subject.send(filled("subject")),
      ]);
      if (name === "EXEC") {
        await pause(conn.pause);
        Object.assign(conn, { queues: false, pause: 0 });
      }
      // What Redis does for others is on its way when it has answered someone else after it.
      try {
        for (let turn = 0; turn < 3; turn++) {
          await pair.both((server) => pair.control(server, [["ECHO", BARRIER]]));
        }
      } catch {
        return { at, step, redis: [], subject: [SILENT] };
      }
      const deadline = performance.now() + SETTLE_TIMEOUT;
      const settled = () =>
        conns.every(({ redis, subject }) => redis.outputs.length === subject.outputs.length);
      while (!settled() && performance.now() < deadline) await pause(1);
      conn.waiting = true;
      for (const { redis, subject, judge, last } of conns) {
        const [a = [], b = []] = [redis, subject].map(({ outputs }) => {
          const replies = outputs.splice(0);
          return redis === conn.redis && name === "EXEC" ? joined(replies) : replies;
        });
        if (isOpen(step.args, conn.swaps, a, b)) return;
        const same = a.length === b.length &&
          a.map((reply, i) => judge.same(last, reply, b[i] ?? SILENT)).every(Boolean);
        if (!same && !sameMessages(a, b) && !ignored.has(at)) {
          return { at, step, redis: a, subject: b };
        }
        if (a.length > 0) {
          const other = conns.find((conn) => conn.redis === redis);
          if (other) other.waiting = false;
        }
      }
      const [a, b] = await pair.both((server) => pair.effects(server));
      if (!sameEffects(a, b) && !ignored.has(at)) return { at, step, redis: a, subject: b };
    }
  } finally {
    for (const { redis, subject } of conns) {
      redis.close();
      subject.close();
    }
  }
}

/**
 * Plays a sequence on both from a fresh start.
 *
 * @param ignored Indexes of steps whose difference is known.
 * @returns The first other difference.
 */
export async function play(
  pair: Pair,
  sequence: Sequence,
  ignored: Set<number> = new Set(),
  options: PlayOptions = {},
): Promise<Difference | undefined> {
  await pair.reset(sequence.settings);
  const found = sequence.protocols.length > 1
    ? await playInSteps(pair, sequence, ignored)
    : await playAtOnce(pair, sequence, ignored, options);
  const { together = sequence.protocols.length === 1 } = options;
  if (found !== undefined && together && pair.comparesEffects) {
    // One by one shows which command it was that had other effects.
    const culprit = await play(pair, sequence, ignored, { ...options, together: false });
    return culprit ?? (ignored.size === 0 ? found : undefined);
  }
  const broken = (replies: Reply[] = []) =>
    replies.some((reply) => reply === CLOSED || reply === SILENT);
  if (!found || !broken(found.subject) || broken(found.redis)) return found;
  pair.suspect = true;
  const log = pair.subject.log.trimEnd().split("\n").at(-1) ?? "";
  // Replies to what came before may be lost with it: one by one shows which command it was.
  const culprit = together ? await play(pair, sequence, ignored, { together: false }) : undefined;
  return culprit ?? { ...found, log };
}

/**
 * Leaves out steps, as many as possible, so that the last still differs.
 *
 * @returns The steps that are needed, or `undefined` if the difference does not come again.
 */
export async function minimise(
  pair: Pair,
  sequence: Sequence,
  { at, step }: Difference,
): Promise<{ steps: Step[]; difference: Difference } | undefined> {
  const attempt = async (steps: Step[]) => {
    const all = [...steps, step];
    const found = await play(pair, { ...sequence, steps: all }, new Set(steps.keys()), {
      check: false,
      together: false,
    });
    return found?.at === steps.length ? { steps: all, difference: found } : undefined;
  };
  let kept = sequence.steps.slice(0, at);
  // Twice, to tell what is by chance.
  let best = await attempt(kept) && await attempt(kept);
  if (best === undefined) return undefined;
  const deadline = performance.now() + MINIMISE_TIMEOUT;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let end = kept.length; end > 0; end -= size) {
      if (performance.now() > deadline) return best;
      const fewer = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      const found = await attempt(fewer);
      if (found === undefined) continue;
      kept = fewer;
      best = found;
    }
  }
  return best;
}

/** Of what is longer the beginning is shown. */
const SHOWN = 500;

/** A command as one types it into `redis-cli`. */
export function showCommand(args: string[]): string {
  const text = args.map((arg) => /^[\w:.*{}+-]{1,60}$/.test(arg) ? arg : quote(arg)).join(" ");
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${args.length} arguments)` : text;
}
