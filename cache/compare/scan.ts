/**
 * What SCAN and its kin promise: whatever is there from the first call to the last is returned, while
 * all around it comes and goes.
 *
 * @module
 */

import type { Random } from "./random.ts";
import { Client, type Reply } from "./resp.ts";
import type { Server } from "./server.ts";

/** Elements that stay. */
const STAYING = 2000;
/** Others, which are there only some of the time. */
const PASSING = 20_000;

/** How each kind of table is scanned, filled and emptied. */
const KINDS = [
  {
    name: "SCAN",
    scan: ["SCAN"],
    add: (names: string[]) => ["MSET", ...names.flatMap((name) => [name, "x"])],
    remove: (names: string[]) => ["DEL", ...names],
  },
  {
    name: "SSCAN",
    scan: ["SSCAN", "k"],
    add: (names: string[]) => ["SADD", "k", ...names],
    remove: (names: string[]) => ["SREM", "k", ...names],
  },
  {
    name: "HSCAN",
    scan: ["HSCAN", "k"],
    add: (names: string[]) => ["HSET", "k", ...names.flatMap((name) => [name, "x"])],
    remove: (names: string[]) => ["HDEL", "k", ...names],
  },
  {
    name: "ZSCAN",
    scan: ["ZSCAN", "k"],
    add: (names: string[]) => ["ZADD", "k", ...names.flatMap((name) => ["0", name])],
    remove: (names: string[]) => ["ZREM", "k", ...names],
  },
];

/** What came between: nothing, growth, shrinking, or both. */
const CHANGES = ["none", "grow", "shrink", "both"] as const;

const range = (prefix: string, start: number, end: number) =>
  Array.from({ length: Math.max(0, end - start) }, (_, i) => `${prefix}${start + i}`);

async function missed(
  client: Client,
  { scan, add, remove }: typeof KINDS[number],
  change: typeof CHANGES[number],
  random: Random,
): Promise<string[]> {
  await client.call("FLUSHALL");
  const staying = range("stay", 0, STAYING);
  await client.call(...add(staying));
  let [from, to] = change === "shrink" ? [0, PASSING] : [0, 0];
  if (to > 0) await client.call(...add(range("pass", from, to)));
  const found = new Set<string>();
  let cursor = "0";
  do {
    const reply: Reply = await client.call(...scan, cursor, "COUNT", `${random.int(1, 60)}`);
    // An error: nothing more will come.
    if (!Array.isArray(reply.value)) break;
    const [next, items] = reply.value;
    for (const { value } of Array.isArray(items?.value) ? items.value : []) found.add(`${value}`);
    cursor = `${next?.value}`;
    if (change === "grow" || (change === "both" && random.chance(0.5))) {
      const end = Math.min(PASSING, to + random.int(1, 400));
      if (end > to) await client.call(...add(range("pass", to, end)));
      to = end;
    } else if (change !== "none") {
      const end = Math.min(to, from + random.int(1, 800));
      if (end > from) await client.call(...remove(range("pass", from, end)));
      from = end;
    }
  } while (cursor !== "0");
  return staying.filter((name) => !found.has(name));
}

/** Walks through tables that change; prints what was missed, and returns in how many walks. */
export async function checkScans(server: Server, random: Random): Promise<number> {
  using client = await Client.connect(server.port);
  let wrong = 0;
  for (const kind of KINDS) {
    for (const change of CHANGES) {
      const names = await missed(client, kind, change, random);
      if (names.length === 0) continue;
      wrong++;
      console.log(`${kind.name} missed ${names.length} of ${STAYING} elements, change: ${change}`);
    }
  }
  return wrong;
}
