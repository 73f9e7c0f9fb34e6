import { any, type Group, many, opt, options } from "../grammar.ts";

const stringKey = any("user:1", "user:2", "s1");
const listKey = any("l1", "l2");
const key = any(stringKey, stringKey, listKey, "h1", "z1");
const number = any("1", "2");
const id = any("{id:0}", "{id:1}", "{id:2}", "1000000", "x");
const mode = options(
  "BCAST",
  any("OPTIN", "OPTOUT"),
  "NOLOOP",
  ["REDIRECT", id],
);
// At most two: to a third that overlaps Redis replies twice, with an error and with OK.
const prefixes = many(["PREFIX", any("user:", "user:1", "s", "l", "")], 1, 2);

/** Clients that are told what others changed of what they have read. */
export const tracking: Group = {
  connections: 4,
  mutate: false,
  setUp: [
    ["CLIENT", "TRACKING", "ON", mode],
    ["CLIENT", "TRACKING", "ON", opt("NOLOOP")],
    ["CLIENT", "TRACKING", "ON", "BCAST", opt("NOLOOP"), opt(prefixes)],
  ],
  commands: [
    ["CLIENT", "TRACKING", "ON", mode],
    ["CLIENT", "TRACKING", "ON", "BCAST", opt(prefixes), opt("NOLOOP"), opt("REDIRECT", id)],
    ["CLIENT", "TRACKING", any("ON", "ON", "OFF", "x"), opt(prefixes)],
    ["CLIENT", "TRACKING", "ON", any("REDIRECT", "PREFIX", ["REDIRECT", id, "REDIRECT", id])],
    ["CLIENT", "CACHING", any("YES", "NO", "x")],
    ["CLIENT", "CACHING", any("YES", "NO"), ";", "GET", stringKey],
    ["CLIENT", "CACHING", "YES", ";", "MULTI", ";", "GET", stringKey, ";", "EXEC"],
    ["CLIENT", "CACHING", "YES", ";", "CLIENT", "ID", ";", "GET", stringKey],
    ["CLIENT", "CACHING", "YES", ";", any("CLIENT", "nothing"), ";", "GET", stringKey],
    ["CLIENT", "TRACKINGINFO"],
    ["CLIENT", "GETREDIR"],
    ["CLIENT", "LIST"],
    ["CLIENT", "REPLY", any("ON", "OFF", "SKIP")],
    ["CLIENT", "REPLY", "ON"],
    // One that wants no replies stays connected to Redis when it quits.
    ["CLIENT", "REPLY", "ON", ";", "QUIT"],
    ["GET", stringKey],
    ["GET", stringKey],
    ["GET", stringKey],
    ["MGET", many(stringKey, 1, 3)],
    ["EXISTS", many(key, 1, 3)],
    ["LRANGE", listKey, "0", "-1"],
    ["SORT_RO", listKey, "BY", "user:*", "GET", "s*"],
    ["LCS", stringKey, stringKey],
    ["ZINTERCARD", any("1", "2", "0"), "z1", "z1"],
    [any("HGETALL", "OBJECT ENCODING", "TTL", "TYPE", "STRLEN", "TOUCH"), key],
    ["OBJECT", "ENCODING", key],
    ["MEMORY", "USAGE", "none"],
    ["SET", stringKey, number],
    ["SET", stringKey, number],
    ["SET", stringKey, number],
    ["SET", stringKey, number, "PX", "100000", opt("NX")],
    ["GETEX", stringKey, any("PERSIST", ["EX", "100"], ["PXAT", "1"])],
    ["MSET", stringKey, "1", stringKey, "2"],
    [any("INCR", "GETDEL", "APPEND"), stringKey, opt("x")],
    [any("DEL", "UNLINK"), many(key, 1, 3)],
    ["EXPIRE", key, any("-1", "100")],
    ["PERSIST", key],
    [any("RENAME", "RENAMENX"), key, key],
    [any("COPY", "LCS"), stringKey, stringKey, opt("REPLACE")],
    ["MOVE", key, "1"],
    ["SWAPDB", "0", "1"],
    ["SELECT", any("0", "0", "1")],
    [any("RPUSH", "LPUSH"), listKey, number],
    ["LMOVE", listKey, listKey, "LEFT", "RIGHT"],
    ["LPOP", listKey],
    ["SORT", listKey, "STORE", listKey],
    ["HSET", "h1", number, number],
    ["ZADD", "z1", number, number],
    any(["MULTI"], ["MULTI"], ["EXEC"], ["EXEC"], ["DISCARD"]),
    any(["FLUSHALL"], ["FLUSHDB"], ["RESET"]),
    [any("SUBSCRIBE", "UNSUBSCRIBE"), "__redis__:invalidate"],
    ["SUBSCRIBE", any("other", "__redis__:invalidate")],
    ["HELLO", opt(any("2", "3"))],
    ["HELLO", "3"],
  ],
};
