import { any, edgeInteger, type Group, integer, opt, value } from "../grammar.ts";

const name = any("me", "", "a b", "other", "\xff", "a\nb");
const id = any("{id:0}", "{id:1}", "{id:2}", "1000000", edgeInteger);

/** What clients say about themselves and each other. */
export const connection: Group = {
  connections: 3,
  commands: [
    ["PING", opt(value)],
    ["ECHO", value],
    ["SELECT", any("0", "1", integer(0, 17))],
    ["HELLO", opt(any("2", "3", "3", edgeInteger), opt("SETNAME", name))],
    ["HELLO", "3", "AUTH", "default", any("secret", "")],
    ["HELLO", any("2", "3"), any("SETNAME", "AUTH", "nothing")],
    ["AUTH", any("secret", ["default", "secret"], ["nobody", "secret"], ["a", "b", "c"])],
    ["CLIENT", "SETNAME", name],
    ["CLIENT", "GETNAME"],
    ["CLIENT", "ID"],
    ["CLIENT", "INFO"],
    [
      "CLIENT",
      "LIST",
      opt(any(["ID", id], ["ID", id, id], ["TYPE", any("normal", "pubsub", "x")], "x")),
    ],
    ["CLIENT", "REPLY", any("ON", "ON", "OFF", "SKIP", "x")],
    ["CLIENT", "REPLY", "ON"],
    ["CLIENT", "NO-EVICT", any("on", "off", "x")],
    ["CLIENT", "KILL", any("{addr:1}", "127.0.0.1:1", "x")],
    ["CLIENT", "KILL", "ADDR", any("{addr:1}", "127.0.0.1:1")],
    ["CLIENT", "KILL", "ID", id, opt("SKIPME", any("yes", "no", "x"))],
    ["CLIENT", "KILL", "TYPE", any("pubsub", "replica", "x")],
    ["CLIENT", "KILL", "USER", any("default", "nobody"), "ID", "{id:2}"],
    ["CLIENT", "UNBLOCK", id, opt(any("TIMEOUT", "ERROR", "x"))],
    ["CLIENT", "GETREDIR"],
    ["CLIENT", "TRACKINGINFO"],
    ["CLIENT", "TRACKING", any("ON", "OFF", "x")],
    ["CLIENT", "CACHING", any("YES", "NO", "x")],
    ["CLIENT", "HELP"],
    ["CLIENT", "nothing"],
    ["CLIENT"],
    ["RESET"],
    // One that wants no replies stays connected to Redis when it quits.
    ["CLIENT", "REPLY", "ON", ";", "QUIT"],
    ["MULTI"],
    ["EXEC"],
    ["MONITOR"],
    ["SET", "s1", value],
    ["GET", "s1"],
    ["SUBSCRIBE", "news"],
    ["UNSUBSCRIBE"],
  ],
};
