import {
  any,
  edgeInteger,
  type Group,
  integer,
  key,
  many,
  opt,
  options,
  type Part,
  pattern,
  stringKey,
  value,
} from "../grammar.ts";
import { bitmaps } from "./bitmaps.ts";
import { geo } from "./geo.ts";
import { hashes } from "./hashes.ts";
import { hyperloglog } from "./hyperloglog.ts";
import { lists } from "./lists.ts";
import { sets } from "./sets.ts";
import { sortedSets } from "./sorted_sets.ts";
import { strings } from "./strings.ts";

/** Settings with a default that any server has; of each, values that are right or wrong. */
const SETTINGS: Record<string, Part> = {
  "hash-max-listpack-entries": integer(0, 600),
  "hash-max-ziplist-value": integer(0, 100),
  "zset-max-listpack-value": integer(0, 100),
  "zset-max-ziplist-entries": any("1kb", "64", "-1", "1.5"),
  "set-max-intset-entries": any("512", "1k", "x"),
  "list-max-listpack-size": any("-2", "-5", "128", "x"),
  "list-max-ziplist-size": any("-2", "-1"),
  "list-compress-depth": integer(0, 3),
  "notify-keyspace-events": any("", "KEA", "Kx", "g$l", "hello"),
  "slowlog-log-slower-than": any("-1", "10000", "x"),
  "slowlog-max-len": any("128", "0", "-5"),
  "maxmemory-policy": any("noeviction", "allkeys-lru", "volatile-ttl", "never"),
  "maxmemory-samples": any("5", "10", "0", "-1"),
  "proto-max-bulk-len": any("512mb", "1mb", "1gb", "1", "-5"),
  "latency-monitor-threshold": any("0", "100000", "-1", "x"),
  "latency-tracking": any("yes", "no", "x"),
  "latency-tracking-info-percentiles": any("50 99 99.9", "0", "", "101", "x", "1e1 0.125"),
  "tracking-table-max-keys": any("1000000", "0", "-1", "x"),
  "timeout": any("0", "-1", "x"),
  "databases": "16",
  "hll-sparse-max-bytes": any("3000", "2kb", "0", "-1"),
  "nothing": "1",
};
const setting = any(...Object.keys(SETTINGS));
const assignment = any(...Object.entries(SETTINGS).map(([name, values]): Part => [name, values]));
const data = any(
  ...[strings, bitmaps, hyperloglog, geo, lists, hashes, sets, sortedSets].flatMap(({ commands }) =>
    commands
  ),
);
const command = any(
  ...["get", "set", "GETEX", "lmpop", "zunionstore", "sort", "blmpop", "client", "nothing"],
  ...["client|kill", "object|encoding", "config|nothing", "mset", "zadd", "subscribe"],
);

export const server: Group = {
  commands: [
    ["SET", stringKey, value],
    ["DBSIZE"],
    ["TIME"],
    ["LASTSAVE"],
    ["ROLE"],
    ["FLUSHALL", opt(any("SYNC", "ASYNC", "x"))],
    ["SWAPDB", integer(0, 3), integer(0, 3)],
    ["INFO", many(any("server", "clients", "memory", "keyspace", "nothing", "all"), 0, 2)],
    ["CONFIG", "GET", many(setting, 1, 3)],
    ["CONFIG", "SET", many(assignment, 1, 2)],
    ["CONFIG", "RESETSTAT"],
    ["CONFIG", any("HELP", "nothing")],
    ["COMMAND", "INFO", many(command, 1, 3)],
    ["COMMAND", "GETKEYS", data],
    ["COMMAND", "GETKEYS", data],
    ["COMMAND", "GETKEYSANDFLAGS", data],
    [
      "COMMAND",
      "LIST",
      "FILTERBY",
      any(["PATTERN", any("hget*", "*push", "z?dd")], ["MODULE", "x"]),
    ],
    ["COMMAND", any("COUNT", "HELP", "nothing", ["DOCS", command])],
    ["MEMORY", "USAGE", key, opt("SAMPLES", any("0", "5", edgeInteger))],
    ["MEMORY", any("HELP", "nothing")],
    ["OBJECT", any("HELP", "nothing")],
    ["SLOWLOG", any("LEN", "RESET", "HELP", "nothing", ["GET", opt(edgeInteger)])],
    ["LATENCY", any("LATEST", ["RESET", opt("command")], "HELP", "nothing", "DOCTOR")],
    ["LATENCY", any("HISTORY", "GRAPH"), any("command", "none", "x")],
    ["LATENCY", "HISTOGRAM", many(command, 1, 2)],
    ["MEMORY", any("DOCTOR", "MALLOC-STATS", "PURGE", "STATS")],
    ["LOLWUT", opt("VERSION", any("7", "8", "x")), many(edgeInteger, 0, 2)],
    ["MODULE", any("LIST", "HELP", "nothing")],
    [any("ASKING", "READONLY", "READWRITE")],
    ["CLUSTER", any("INFO", "SLOTS", "MYID", "NODES", "HELP", "nothing", ["KEYSLOT", key])],
    ["FAILOVER", options("ABORT", "FORCE", ["TO", "host", edgeInteger], ["TIMEOUT", edgeInteger])],
    [any("REPLICAOF", "SLAVEOF"), "NO", "ONE"],
    ["REPLICAOF", "host", any("x", "-1", "65536", "")],
    ["CONFIG", "REWRITE"],
    ["CLIENT", options("INFO", "LIST", "nothing", "GETNAME", "HELP", "ID")],
    ["PUBSUB", any("HELP", "nothing", ["CHANNELS", pattern], "NUMPAT")],
    ["ACL", any("WHOAMI", "nothing")],
    ["WAIT", any("0", "-1", "x"), any("0", "1", "-1", "x")],
    ["WAIT", "1", any("1", "2", "-1", "x")],
    ["nothing", many(value, 0, 3)],
    [value],
  ],
};
