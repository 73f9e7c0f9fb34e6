/**
 * What servers tell their replicas: a replica that keeps nothing but the stream of commands, and when two
 * such streams are the same.
 *
 * @module
 */

import { encode, Parser, type Reply, texts, toBytes, toText } from "./resp.ts";
import { near } from "./same.ts";
import { pause } from "./server.ts";

/** The channel of the messages that tell which effects have come: nobody listens to it. */
const MARK = "barrier of effects";
/** How long the stream may take, in milliseconds. */
const TIMEOUT = 5000;
/** How the end of a snapshot is marked whose length is not known. */
const END_MARK = /^\$EOF:(.{40})$/;
const LF = 10;

/** A replica of a server, which takes the effects of its commands. */
export class Replica implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #parser = new Parser();
  #effects: Reply[] = [];
  #marks = 0;
  #seen = 0;
  #failure: unknown;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Asks for everything, and lets the snapshot pass. */
  static async attach(port: number): Promise<Replica> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const replica = new Replica(conn);
    await conn.write(toBytes(encode(["PSYNC", "?", "-1"])));
    const rest = await replica.#skipSnapshot();
    replica.#parser.push(rest);
    replica.#listen();
    return replica;
  }

  /** Returns what has come behind the snapshot. */
  async #skipSnapshot(): Promise<Uint8Array> {
    let bytes = new Uint8Array(0);
    const more = async () => {
      const part = new Uint8Array(64 * 1024);
      const length = await this.#conn.read(part);
      if (length === null) throw new Error("The server has closed the connection of its replica");
      const all = new Uint8Array(bytes.length + length);
      all.set(bytes);
      all.set(part.subarray(0, length), bytes.length);
      bytes = all;
    };
    const text = () => toText(bytes);
    for (let line = "";;) {
      const end = bytes.indexOf(LF);
      if (end < 0) {
        await more();
        continue;
      }
      line = text().slice(0, end).trimEnd();
      bytes = bytes.subarray(end + 1);
      const mark = END_MARK.exec(line)?.[1];
      const length = /^\$\d+$/.test(line) ? Number(line.slice(1)) : undefined;
      if (mark !== undefined) {
        while (!text().includes(mark)) await more();
        return bytes.subarray(text().indexOf(mark) + mark.length);
      }
      if (length !== undefined) {
        while (bytes.length < length) await more();
        return bytes.subarray(length);
      }
      if (line.startsWith("-")) throw new Error(line);
    }
  }

  async #listen(): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        for (let effect; (effect = this.#parser.next());) this.#take(effect);
        const length = await this.#conn.read(buffer);
        if (length === null) throw new Error("The server has closed the connection of its replica");
        this.#parser.push(buffer.subarray(0, length));
      }
    } catch (error) {
      this.#failure = error;
    }
  }

  #take(effect: Reply): void {
    const [name, channel] = texts(effect);
    if (channel === MARK) this.#seen++;
    else if (!/^(PING|REPLCONF)$/i.test(name ?? "")) this.#effects.push(effect);
  }

  /**
   * What has come since this was last asked.
   *
   * @param send Sends the server a command, by another connection.
   */
  async effects(send: (args: string[]) => Promise<unknown>): Promise<Reply[]> {
    // One that says nothing for long is taken for dead.
    await this.#conn.write(toBytes(encode(["REPLCONF", "ACK", "0"])));
    await send(["SPUBLISH", MARK, ""]);
    this.#marks++;
    const deadline = performance.now() + TIMEOUT;
    while (this.#seen < this.#marks) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() > deadline) throw new Error("The effects have not come in time");
      await pause(0);
    }
    return this.#effects.splice(0);
  }

  [Symbol.dispose](): void {
    this.#conn[Symbol.dispose]();
  }
}

/** How long keys may take to expire by themselves, in milliseconds. */
const EXPIRY_TIMEOUT = 20_000;

/**
 * The effects of keys that expire by themselves, in three databases: each with its database, in any order.
 *
 * @param send Sends the server commands, by another connection.
 */
export async function expiryEffects(
  replica: Replica,
  send: (commands: string[][]) => Promise<Reply[]>,
): Promise<string[]> {
  const databases = ["0", "1", "5"];
  const sizes = databases.flatMap((database) => [["SELECT", database], ["DBSIZE"]]);
  const keys = Array.from({ length: 50 }, (_, i) => `key${i}`);
  await send([
    ["FLUSHALL"],
    ["DEBUG", "SET-ACTIVE-EXPIRE", "1"],
    ...databases.flatMap((database) => [
      ["SELECT", database],
      ...keys.map((key, i) => ["SET", key, "value", "PX", `${100 + i}`]),
    ]),
  ]);
  const deadline = performance.now() + EXPIRY_TIMEOUT;
  while (!(await send(sizes)).every(({ value }) => value === "OK" || value === "0")) {
    if (performance.now() > deadline) throw new Error("Keys have not expired by themselves");
    await pause(50);
  }
  let database = "";
  const told = await replica.effects((args) => send([args]));
  const expired = told.map(texts).flatMap((effect) => {
    if (effect[0] === "SELECT") database = effect[1] ?? "";
    return /^(SELECT|SET)$/.test(effect[0] ?? "") ? [] : [`${database} ${effect}`];
  });
  await send([["SELECT", "0"], ["DEBUG", "SET-ACTIVE-EXPIRE", "0"]]);
  return expired.sort();
}

/** Whether an effect deletes a key, as it does when a key has expired. */
const isDeletion = (effect: string[] | undefined) =>
  effect?.length === 2 && /^(DEL|UNLINK)$/.test(effect[0] ?? "");

/** Effects with those in order that have none: of keys that have expired. */
function ordered(effects: string[][]): string[][] {
  const all = [...effects];
  for (let start = 0; start < all.length; start++) {
    let end = start;
    while (isDeletion(all[end])) end++;
    if (end > start) {
      all.splice(start, end - start, ...all.slice(start, end).sort());
      start = end;
    }
  }
  return all;
}

/**
 * Whether two servers have told the same: to the letter, but for moments in time, the members that `SPOP`
 * chooses, and the order of keys that have expired.
 */
export function sameEffects(a: Reply[], b: Reply[]): boolean {
  const [first, second] = [a.map(texts), b.map(texts)];
  const others = ordered(second);
  return first.length === second.length && ordered(first).every((effect, i) => {
    const other = others[i] ?? [];
    const isChosen = effect[0] === "SREM" && effect.length === 3;
    return effect.length === other.length && effect.every((word, i) => {
      const peer = other[i] ?? "";
      return word === peer || (isChosen && i === 2) || near(word, peer);
    });
  });
}
