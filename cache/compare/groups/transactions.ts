import {
  any,
  element,
  type Group,
  integer,
  key,
  listKey,
  many,
  milliseconds,
  pattern,
  setKey,
  stringKey,
  value,
  zsetKey,
} from "../grammar.ts";

const write = any(
  ["SET", stringKey, value],
  ["INCR", stringKey],
  ["RPUSH", listKey, many(element, 1, 3)],
  ["LPOP", listKey],
  ["SADD", setKey, element],
  ["ZADD", zsetKey, integer(-5, 5), element],
  ["DEL", key],
  ["PEXPIRE", key, milliseconds],
  ["RENAME", key, key],
  ["FLUSHDB"],
  ["SWAPDB", "0", "1"],
  ["MOVE", key, "1"],
);
const read = any(
  ["GET", stringKey],
  ["LRANGE", listKey, "0", "-1"],
  ["SMEMBERS", setKey],
  ["PTTL", key],
  ["EXISTS", key],
  ["TYPE", key],
  ["KEYS", pattern],
);
const verb = any(
  ["MULTI"],
  ["MULTI"],
  ["EXEC"],
  ["EXEC"],
  ["DISCARD"],
  ["WATCH", many(key, 1, 2)],
  ["UNWATCH"],
);

/** One client, whose mistakes abort its transactions. */
export const transactions: Group = {
  commands: [write, read, verb],
};

/** Several clients that write what others watch; what would block does not inside a transaction. */
export const watched: Group = {
  connections: 3,
  mutate: false,
  commands: [
    ...[write, read, verb, verb],
    any(
      ["GET"],
      ["nothing"],
      ["SELECT", any("0", "0", "1")],
      ["RESET"],
      ["FLUSHALL"],
      ["DISCARD"],
      [["MULTI"]],
    ),
  ],
};
