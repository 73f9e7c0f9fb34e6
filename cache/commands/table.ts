/**
 * All commands, from the tables of their groups.
 *
 * @module
 */

import { BITMAPS } from "./bitmaps.ts";
import { Command, type CommandRows } from "./command.ts";
import { CLUSTER } from "./cluster.ts";
import { CONNECTION } from "./connection.ts";
import { GEO } from "./geo.ts";
import { KEYS } from "./keys.ts";
import { HASHES } from "./hashes.ts";
import { HYPERLOGLOG } from "./hyperloglog.ts";
import { LISTS } from "./lists.ts";
import { PUBSUB } from "./pubsub.ts";
import { SCRIPTING } from "./scripting.ts";
import { SERVER } from "./server.ts";
import { SETS } from "./sets.ts";
import { SORTED_SETS } from "./sorted_sets.ts";
import { STREAMS } from "./streams.ts";
import { STRINGS } from "./strings.ts";
import { TRANSACTIONS } from "./transactions.ts";

/** The groups, by Redis' names. */
const GROUPS: Readonly<Record<string, CommandRows>> = {
  bitmap: BITMAPS,
  cluster: CLUSTER,
  connection: CONNECTION,
  generic: KEYS,
  geo: GEO,
  hash: HASHES,
  hyperloglog: HYPERLOGLOG,
  list: LISTS,
  pubsub: PUBSUB,
  scripting: SCRIPTING,
  server: SERVER,
  set: SETS,
  "sorted-set": SORTED_SETS,
  stream: STREAMS,
  string: STRINGS,
  transactions: TRANSACTIONS,
};

/** Makes the commands of one cache, which count their calls. */
export function allCommands(): Command[] {
  return Object.entries(GROUPS).flatMap(([group, rows]) =>
    Object.entries(rows).map(([name, row]) => new Command(name, group, row))
  );
}
