import { any, type Group, many, opt, options } from "../grammar.ts";

const key = any("user:1", "user:2", "s1", "l1");
const mode = options(
  "BCAST",
  ["PREFIX", any("user:", "s", "")],
  any("OPTIN", "OPTOUT"),
  "NOLOOP",
  ["REDIRECT", any("{id:0}", "{id:1}", "1000000", "x")],
);

/** Clients that are told what others changed of what they have read. */
export const tracking: Group = {
  connections: 3,
  mutate: false,
  commands: [
    ["CLIENT", "TRACKING", "ON", mode],
    ["CLIENT", "TRACKING", any("ON", "ON", "OFF", "x")],
    ["CLIENT", "CACHING", any("YES", "NO", "x")],
    ["CLIENT", "CACHING", "YES", ";", "GET", key],
    ["CLIENT", "TRACKINGINFO"],
    ["CLIENT", "GETREDIR"],
    ["GET", key],
    ["GET", key],
    ["MGET", many(key, 1, 3)],
    ["SET", key, any("1", "2")],
    ["SET", key, any("1", "2")],
    ["MSET", key, "1", key, "2"],
    ["INCR", key],
    ["DEL", key],
    ["EXPIRE", key, any("-1", "100")],
    ["RENAME", key, key],
    any(["MULTI"], ["EXEC"], ["FLUSHALL"], ["FLUSHDB"], ["RESET"], ["QUIT"]),
    ["SUBSCRIBE", "__redis__:invalidate"],
    ["HELLO", opt(any("2", "3"))],
  ],
};
