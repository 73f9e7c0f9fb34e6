import { any, type Group, type Part, stringKey, value } from "../grammar.ts";
import { expiry } from "./expiry.ts";
import { hashes } from "./hashes.ts";
import { keys } from "./keys.ts";
import { lists } from "./lists.ts";
import { sets } from "./sets.ts";
import { sortedSets } from "./sorted_sets.ts";
import { streams } from "./streams.ts";
import { strings } from "./strings.ts";

const writers = [strings, keys, lists, hashes, sets, sortedSets, streams, expiry];
const events: Part = (random) =>
  "KEghz$lstxeAmdnf".split("").filter(() => random.chance(0.4)).join("");

/** One client listens, the other writes; what expires does so while nobody looks. */
export const notifications: Group = {
  connections: 2,
  setUp: [
    ["CONFIG", "SET", "notify-keyspace-events", any("KEA", "KEA", "KEAmn", events)],
    ["PSUBSCRIBE", "__key*__:*"],
  ],
  commands: [
    ...writers.map(({ commands }) => any(...commands)),
    any(
      [["MULTI"]],
      ["EXEC"],
      ["GET", any("missing", stringKey)],
      ["CONFIG", "GET", "notify-keyspace-events"],
      ["CONFIG", "SET", "notify-keyspace-events", any("KEA", "KEAmn", events, "x")],
      ["SET", stringKey, value, "PX", "1", ";", "PAUSE", "250"],
    ),
  ],
};
