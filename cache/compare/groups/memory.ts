import { any, type Group, key, listKey, many, setKey, stringKey, value } from "../grammar.ts";

/** Of each parameter, values that are right or wrong. */
const settings = any(
  ["maxmemory", any("0", "1", "0", "1", "100gb", "-1", "1.5", "x", "10 mb")],
  [
    "maxmemory-policy",
    any(
      ...["noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru"],
      ...["volatile-lfu", "volatile-random", "volatile-ttl", "Allkeys-LRU", "lru", ""],
    ),
  ],
  ["maxmemory-samples", any("1", "5", "64", "0", "-1", "x")],
  ["maxmemory-eviction-tenacity", any("100", "-1", "101", "x")],
  ["maxmemory-clients", any("0", "1gb", "100%", "0%", "101%", "-1", "-1%", "%", "1.5%", "x")],
  ["lfu-log-factor", any("2147483647", "-1", "x", "1mb")],
  ["lfu-decay-time", any("0", "-1", "x")],
);

/**
 * All memory, or none, so that both are past their bound or not. The first use of a key is always counted,
 * later ones hardly ever.
 */
export const memory: Group = {
  setUp: [
    ["CONFIG", "SET", "lfu-log-factor", "2147483647", "lfu-decay-time", "0"],
    ["CONFIG", "SET", "maxmemory-eviction-tenacity", "100"],
  ],
  commands: [
    ["CONFIG", "SET", many(settings, 1, 2)],
    ["CONFIG", "SET", "maxmemory", any("0", "0", "0", "1")],
    ["CONFIG", "GET", any("maxmemory*", "lfu-*", "maxmemory-policy")],
    ["OBJECT", any("FREQ", "IDLETIME"), key],
    any(["SET", stringKey, value], ["SET", stringKey, value, "EX", "1000"]),
    ["RPUSH", listKey, many(value, 1, 3)],
    ["SADD", setKey, many(value, 1, 3), ";", "EXPIRE", setKey, "1000"],
    any(["GET", stringKey], ["TOUCH", key], ["TYPE", key], ["TTL", key], ["EXISTS", key]),
    any(["RENAME", key, key], ["COPY", key, key, "REPLACE"], ["PERSIST", key]),
    any(["DEL", key], ["LPOP", listKey], ["SPOP", setKey], ["EXPIRE", key, "1000"]),
    any([["MULTI"]], [["MULTI"]], ["EXEC"], ["EXEC"], ["DISCARD"], ["WATCH", key]),
    ["DBSIZE"],
    ["KEYS", "*"],
  ],
};
