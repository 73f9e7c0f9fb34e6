import { any, element, type Group, integer, many, opt } from "../grammar.ts";

const list = any("l1", "l2");
const zset = any("z1", "z2");
const end = any("LEFT", "RIGHT");
const extreme = any("MIN", "MAX");
const keysOf = any(["1", list], ["2", list, list]);
const zsetsOf = any(["1", zset], ["2", zset, zset]);

/** Clients that wait, and others that feed them. Nobody waits for a time. */
export const blocking: Group = {
  connections: 4,
  mutate: false,
  commands: [
    ["BLPOP", many(list, 1, 2), "0"],
    ["BRPOP", many(list, 1, 2), "0"],
    ["BLMOVE", list, list, end, end, "0"],
    ["BRPOPLPUSH", list, list, "0"],
    ["BLMPOP", "0", keysOf, end, opt("COUNT", integer(1, 3))],
    ["BZPOPMIN", many(zset, 1, 2), "0"],
    ["BZPOPMAX", many(zset, 1, 2), "0"],
    ["BZMPOP", "0", zsetsOf, extreme, opt("COUNT", integer(1, 3))],
    ["RPUSH", list, many(element, 1, 3)],
    ["LPUSH", list, many(element, 1, 3)],
    ["RPUSH", list, element],
    ["ZADD", zset, many([integer(-3, 3), element], 1, 3)],
    ["ZADD", zset, integer(-3, 3), element],
    ["DEL", any(list, zset)],
    ["RENAME", any("tmp", list), list],
    ["RPUSH", "tmp", element],
    ["COPY", "tmp", list],
    ["SET", any(list, zset), "x"],
    ["SORT", "tmp", "ALPHA", "STORE", list],
    ["ZUNIONSTORE", zset, "1", any("tmp", zset)],
    ["ZRANGESTORE", zset, zset, "0", "-1"],
    ["LMOVE", "tmp", list, end, end],
    ["MULTI"],
    ["MULTI"],
    ["EXEC"],
    ["EXEC"],
    ["SELECT", any("0", "0", "1")],
    ["SWAPDB", "0", "1"],
    ["MOVE", "tmp", "1"],
    ["FLUSHALL"],
    [
      "CLIENT",
      "UNBLOCK",
      any("{id:0}", "{id:1}", "{id:2}", "1000000", "x"),
      opt(any("TIMEOUT", "ERROR", "x")),
    ],
    ["CLIENT", "KILL", "ID", any("{id:0}", "{id:1}")],
    ["CLIENT", "PAUSE", any("0", "x", "-1"), opt(any("WRITE", "ALL", "x"))],
    ["CLIENT", "UNPAUSE"],
    ["LRANGE", list, "0", "-1"],
    ["ZRANGE", zset, "0", "-1"],
  ],
};
