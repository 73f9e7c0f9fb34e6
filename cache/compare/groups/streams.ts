import {
  any,
  edgeInteger,
  element,
  type Group,
  integer,
  key,
  many,
  opt,
  options,
  type Part,
  streamKey,
  value,
} from "../grammar.ts";

/** IDs that meet, and those at the bounds of what an ID may be. */
const time: Part = (random) => `${random.int(0, 40)}`;
const EDGES = [
  ...["0-0", "0", "-", "+", "18446744073709551615-18446744073709551615", "18446744073709551615"],
  ...["18446744073709551616-0", "0-18446744073709551616", "1-18446744073709551615", "1-", "-1"],
  ...["9223372036854775808-9223372036854775808", "4294967296-4294967296", "4294967295-4294967295"],
  ...[
    "1-1-1",
    "abc",
    "",
    "007-1",
    "1-07",
    "1--0",
    "1- 5",
    "1-+5",
    "+1-1",
    " 1-1",
    "1\0-1",
    "1-1\0",
  ],
  ...["*", "1-*", "1-**", "-*", "$", ">", "(1", "(1-1", "((1", "9007199254740993-1"],
  ...["1--9223372036854775809", "1--1", "9".repeat(130), "99999999999999-*"],
];
const edgeId = any(...EDGES);
const exact: Part = (random) => `${random.int(0, 40)}-${random.int(0, 4)}`;
const id: Part = any(exact, exact, exact, time, (random) => random.chance(0.2) ? edgeId : exact);
/** Of an entry that is most likely new. */
const newId = any("40-*", "40-*", "40-*", "41-*", "30-*", id, edgeId);
const bound = any(id, id, "-", "+", (random) => [`(${random.int(0, 40)}`], "(5-1", edgeId);
/** Without the clock, which differs from server to server. */
const timed = any("*");

const pair = [element, any(element, value, integer(-70_000, 70_000), edgeInteger)];
/** Entries have the same fields more often than not. */
const pairs = any(["a", any(element, edgeInteger)], ["a", element, "b", element], many(pair, 1, 3));
const trim = any(
  ["MAXLEN", opt(any("~", "=", "~")), integer(0, 8)],
  ["MINID", opt(any("~", "=", "~")), id],
);
const trims = [trim, opt("LIMIT", integer(0, 6))];

const group = any("g", "g", "h", "g2", "missing");
const consumer = any("c", "c", "d", "e1", "\0\xff", "");
const count = opt("COUNT", integer(-1, 4));
const idle = any("0", "0", "0", "-1", "1000000", edgeInteger);

/** Enough entries for several nodes. */
const burst: Part = (random) => {
  const name = random.pick(["e1", "e2", "e3"]);
  const add = ["XADD", name, any("40-*", "41-*"), pairs];
  return Array.from({ length: random.int(20, 130) }, (_, i) => i === 0 ? add : [";", ...add]);
};

const read = [opt("COUNT", integer(-1, 4)), "STREAMS"];
const claimOptions = options(
  ["IDLE", any("0", "5000", "-1", edgeInteger)],
  ["TIME", any("0", "1000", "-1", edgeInteger)],
  ["RETRYCOUNT", integer(-1, 5)],
  "FORCE",
  "JUSTID",
  ["LASTID", id],
);

export const streams: Group = {
  commands: [
    ["XADD", streamKey, newId, pairs],
    ["XADD", streamKey, newId, pairs],
    ["XADD", streamKey, newId, pairs],
    ["XADD", streamKey, options("NOMKSTREAM", trims), newId, pairs],
    ["XADD", streamKey, options("NOMKSTREAM", trims, trims), any(newId, timed), opt(pairs)],
    burst,
    ["DEL", streamKey],
    ["XLEN", streamKey],
    ["XRANGE", streamKey, bound, bound, count],
    ["XREVRANGE", streamKey, bound, bound, count],
    ["XRANGE", streamKey, "-", "+"],
    ["XDEL", streamKey, many(id, 1, 4)],
    ["XTRIM", streamKey, trims],
    ["XTRIM", streamKey, options(trim, ["LIMIT", integer(-1, 6)])],
    [
      ...["XSETID", streamKey, any(id, "50-0")],
      options(["ENTRIESADDED", any(integer(0, 30), edgeInteger)], ["MAXDELETEDID", id]),
    ],
    ["XREAD", read, streamKey, any(id, "$")],
    ["XREAD", read, streamKey, streamKey, any(id, "$"), id],
    [
      "XREAD",
      options("COUNT", ["BLOCK", any("1", "-1", "x")], "NOACK", ["GROUP", group, consumer]),
    ],
    ["XREAD", "BLOCK", any("1", "2", "-1", "abc", ""), read, streamKey, any("$", id)],
    ["XGROUP", "CREATE", streamKey, group, any(id, "$", "0", "0"), opt("MKSTREAM")],
    ["XGROUP", "CREATE", streamKey, group, any("$", "0"), "MKSTREAM"],
    [
      ...["XGROUP", "CREATE", streamKey, group, any(id, "$")],
      options("MKSTREAM", ["ENTRIESREAD", any(integer(-2, 20), edgeInteger)]),
    ],
    [
      ...["XGROUP", "SETID", streamKey, group, any(id, "$", "0")],
      opt("ENTRIESREAD", any(integer(-2, 20), edgeInteger)),
    ],
    ["XGROUP", "DESTROY", streamKey, group],
    ["XGROUP", "CREATECONSUMER", streamKey, group, consumer],
    ["XGROUP", "DELCONSUMER", streamKey, group, consumer],
    ["XGROUP", any("CREATE", "SETID", "DESTROY", "nothing", "DELCONSUMER"), opt(streamKey)],
    ["XREADGROUP", "GROUP", group, consumer, read, streamKey, ">"],
    ["XREADGROUP", "GROUP", group, consumer, read, streamKey, ">"],
    ["XREADGROUP", "GROUP", group, consumer, opt("NOACK"), read, streamKey, any(">", id, "0", "$")],
    [
      ...["XREADGROUP", "GROUP", group, consumer, opt("BLOCK", any("1", "-1", "x")), read],
      ...[streamKey, streamKey, any(">", id), any(">", "0")],
    ],
    [
      "XREADGROUP",
      options(["GROUP", group, consumer], ["COUNT", "1"], "NOACK"),
      opt(read),
      "e1",
      ">",
    ],
    ["XACK", streamKey, group, many(id, 1, 5)],
    ["XPENDING", streamKey, group],
    ["XPENDING", streamKey, group, opt("IDLE", idle), bound, bound, integer(-1, 9), opt(consumer)],
    ["XPENDING", streamKey, group, "-", "+", "100"],
    ["XPENDING", streamKey, group, options("IDLE", "-", "+", "5")],
    ["XCLAIM", streamKey, group, consumer, idle, many(id, 1, 4), claimOptions],
    ["XCLAIM", streamKey, group, consumer, "0", many(exact, 1, 9), options("FORCE", "JUSTID")],
    [
      ...["XAUTOCLAIM", streamKey, group, consumer, idle, any("0", "-", "(3", id)],
      options(["COUNT", any(integer(0, 4), "-1", "x", "576460752303423487")], "JUSTID"),
    ],
    ["XINFO", "STREAM", streamKey],
    ["XINFO", "STREAM", streamKey, "FULL", opt("COUNT", integer(-1, 5))],
    ["XINFO", "STREAM", streamKey, options("FULL", "COUNT", "1")],
    ["XINFO", "GROUPS", streamKey],
    ["XINFO", "CONSUMERS", streamKey, group],
    ["XINFO", any("HELP", "nothing", "GROUPS", "CONSUMERS"), opt(streamKey)],
    ["COPY", streamKey, streamKey, opt("REPLACE")],
    ["RENAME", streamKey, streamKey],
    ["OBJECT", "ENCODING", streamKey],
    ["TYPE", streamKey],
    ["SORT", streamKey],
    ["COMMAND", "GETKEYS", any("XREAD", "XREADGROUP"), read, many(streamKey, 1, 4)],
    ["COMMAND", "GETKEYS", "XREADGROUP", "GROUP", "g", "c", read, many(streamKey, 1, 4)],
    [
      "COMMAND",
      "INFO",
      any("XREAD", "XLEN", "XGROUP", "XREADGROUP", "XINFO", "XCLAIM", "XPENDING"),
    ],
  ],
};

const one = any("e1", "e2");
const reader = ["XREADGROUP", "GROUP", any("g", "g", "h"), any("c", "d"), "BLOCK", "0"];

/** Clients that wait for entries, and others that add them, or take the stream or the group away. */
export const streamBlocking: Group = {
  connections: 4,
  mutate: false,
  commands: [
    ["XREAD", "BLOCK", "0", opt("COUNT", "1"), "STREAMS", one, any("$", "$", "0", "40-5")],
    ["XREAD", "BLOCK", "0", "STREAMS", one, one, "$", any("$", "41-0")],
    [reader, opt("NOACK"), opt("COUNT", "2"), "STREAMS", one, ">"],
    [reader, "STREAMS", one, one, ">", any(">", ">", "0")],
    [reader, "STREAMS", one, ">"],
    ["XADD", one, "40-*", "a", element],
    ["XADD", one, "40-*", "a", element, "b", element],
    ["XADD", one, "MAXLEN", "1", "40-*", "a", element],
    ["XGROUP", "CREATE", one, any("g", "h"), any("$", "0"), "MKSTREAM"],
    ["XGROUP", "CREATE", one, "g", "$", "MKSTREAM"],
    ["XGROUP", "CREATE", one, "g", "$", "MKSTREAM"],
    ["XGROUP", "DESTROY", one, any("g", "h")],
    ["XGROUP", "SETID", one, "g", any("0", "$")],
    ["XDEL", one, any("40-0", "40-1", "40-2")],
    ["XTRIM", one, "MAXLEN", "0"],
    ["XSETID", one, "41-0"],
    ["XACK", one, "g", "40-0", "40-1"],
    ["XINFO", "GROUPS", one],
    ["XPENDING", one, any("g", "h")],
    ["DEL", one],
    ["UNLINK", one],
    ["RENAME", any("tmp", one), one],
    ["XADD", "tmp", "40-*", "a", "b"],
    ["COPY", any("tmp", one), one, "REPLACE"],
    ["SET", any(one, key), "x"],
    ["SADD", one, "x"],
    ["LPUSH", "l", "1", "2"],
    ["SORT", "l", "STORE", one],
    ["PEXPIRE", one, "-1"],
    ["MULTI"],
    ["MULTI"],
    ["EXEC"],
    ["EXEC"],
    ["SELECT", any("0", "0", "1")],
    ["SWAPDB", "0", "1"],
    ["MOVE", any("tmp", one), any("0", "1")],
    ["FLUSHALL"],
    ["FLUSHDB"],
    ["CLIENT", "UNBLOCK", any("{id:0}", "{id:1}", "{id:2}"), opt(any("TIMEOUT", "ERROR"))],
    ["CLIENT", "KILL", "ID", any("{id:0}", "{id:1}")],
  ],
};
