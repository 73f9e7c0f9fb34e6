import { any, type Group, type Part, stringKey, value } from "../grammar.ts";
import { bitmaps } from "./bitmaps.ts";
import { expiry } from "./expiry.ts";
import { geo } from "./geo.ts";
import { hashes } from "./hashes.ts";
import { hyperloglog } from "./hyperloglog.ts";
import { keys } from "./keys.ts";
import { lists } from "./lists.ts";
import { sets } from "./sets.ts";
import { sortedSets } from "./sorted_sets.ts";
import { streams } from "./streams.ts";
import { strings } from "./strings.ts";

const writers = [
  ...[strings, keys, lists, hashes, sets, sortedSets, expiry],
  ...[bitmaps, hyperloglog, geo, streams],
];
const events: Part = (random) =>
  "KEghz$lstxeAmdnf".split("").filter(() => random.chance(0.4)).join("");

/**
 * The first client only listens, the other writes, and now and then listens itself: then its replies and
 * what it is told of come in one stream. What expires does so while nobody looks.
 */
export const notifications: Group = {
  connections: 2,
  setUp: [
    ["PSUBSCRIBE", "__key*__:*"],
    ["CONFIG", "SET", "notify-keyspace-events", any("KEA", "KEA", "KEAmn", events)],
    any(["HELLO", "3", ";", "PSUBSCRIBE", "__key*__:*"], ["PING"]),
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
