import {
  any,
  element,
  float,
  type Group,
  hashKey,
  key,
  listKey,
  many,
  milliseconds,
  opt,
  options,
  type Part,
  setKey,
  streamKey,
  stringKey,
  text,
  value,
  zsetKey,
} from "../grammar.ts";
import { over } from "./expiry.ts";
import { hashes } from "./hashes.ts";
import { keys } from "./keys.ts";
import { lists } from "./lists.ts";
import { sets } from "./sets.ts";
import { sortedSets } from "./sorted_sets.ts";
import { streams } from "./streams.ts";
import { strings } from "./strings.ts";

/** A string, a list, and something else, as DUMP writes them. */
const dumped = any(
  "\x00\x05hello\n\x00cr\xdfve4 \n",
  "\x12\x01\x02\r\r\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff\n\x00h\xeb\n\x89\x13A\xbb\xb1",
  "hello",
);
const libraries =
  '\xf5@D#!lua name=lib\nredis.register_function("f", function() return 1 end)\n\x009\x02\xa1\xf9"U"\xf7';

const command: Part = any(
  ...[strings, hashes, lists, sets, sortedSets, streams, keys].flatMap(({ commands }) => commands),
);
/** Those that become others, and none that chooses by chance. */
const changing = (timeout: string): Part =>
  any(
    ["SET", stringKey, value, "PX", "1000000", opt("GET")],
    ["SET", stringKey, value, options("NX", "XX", "GET", "KEEPTTL")],
    ["GETEX", stringKey, any("PERSIST", ["EX", "1000"], ["PXAT", "1"])],
    ["GETSET", stringKey, value],
    ["INCRBYFLOAT", stringKey, float],
    ["HINCRBYFLOAT", hashKey, element, float],
    ["LMPOP", "2", listKey, listKey, any("LEFT", "right")],
    ["BLPOP", listKey, listKey, timeout],
    ["blmove", listKey, listKey, any("LEFT", "left"), any("RIGHT", "Right"), timeout],
    ["BZPOPMIN", zsetKey, timeout],
    ["EXPIRE", key, any("-1", "1000")],
    ["XADD", streamKey, any("*", "50-*", ["MAXLEN", "~", "2", "*"]), "a", "b"],
    ["RPUSH", listKey, many(element, 1, 3)],
    ["ZADD", zsetKey, "1", element],
    ["DEL", key],
    ["PUBLISH", "channel", value],
  );

/** A client that is alone may wait for a moment only; where there are several, others see to it. */
const changed = changing("0.01");
const changedOrWaiting = changing("0");

const targets = any("NONE", "AOF", "REPLICA", "SLAVE", "ALL");
/** Scripts that choose who is told of what they call. */
const chosen: Part = text(
  ...["redis.set_repl(redis.REPL_", targets, ") redis.call(unpack(ARGV)) "],
  ...[any("", ["redis.set_repl(redis.REPL_", targets, ") "])],
  any("redis.call('incr', 's3')", "redis.call('get', 's3')", "redis.call('publish', 'c', 'm')"),
);
const called: Part = any(
  "redis.call(unpack(ARGV))",
  "redis.pcall(unpack(ARGV)) redis.call('incr', 'w_1')",
  "redis.call('select', '1') redis.call(unpack(ARGV)) redis.call('set', 's1', 'x')",
  "redis.call('incr', 'w_1') redis.call(unpack(ARGV)) redis.call('nothing')",
);
const lazy = any("expire", "expire", "eviction", "server-del", "user-del", "user-flush");

/** What becomes other commands, or of several one, in all the ways in which that can be. */
export const effects: Group = {
  commands: [
    command,
    command,
    changed,
    changed,
    [any("MULTI", "EXEC")],
    ["MULTI", ";", many([changed, ";"], 0, 3), "EXEC"],
    ["MULTI", ";", changed, ";", "SELECT", any("0", "1"), ";", changed, ";", "EXEC"],
    ["SELECT", any("0", "0", "1")],
    ["EVAL", any(called, called, chosen), "0", changed],
    ["EVAL", any(called, called, chosen), "0", changed],
    ["RESTORE", key, any("0", "1000000", milliseconds), dumped, options("REPLACE", "ABSTTL")],
    ["RESTORE", key, any("1", "2000000000000"), dumped, "ABSTTL", "REPLACE"],
    ["FUNCTION", "RESTORE", libraries, opt(any("FLUSH", "REPLACE", "APPEND"))],
    ["FUNCTION", any(["DELETE", "lib"], "FLUSH")],
    ["FCALL", "f", "0"],
    ["CONFIG", "SET", text("lazyfree-lazy-", lazy), any("yes", "no")],
    [any("FLUSHALL", "FLUSHDB"), opt(any("ASYNC", "SYNC"))],
    any(["PUBLISH", "channel", value], ["SPUBLISH", "channel", value]),
  ],
};

const one = any("s1", "s2");

/** What keys leave whose time is over when somebody looks at them, amid commands of all kinds. */
export const expiryEffects: Group = {
  connections: 2,
  mutate: false,
  commands: [
    ["SET", stringKey, value, "PX", over],
    ["RPUSH", listKey, element, element, ";", "PEXPIRE", listKey, over],
    ["SADD", setKey, element, element, ";", "PEXPIRE", setKey, over],
    ["ZADD", zsetKey, "1", element, "2", element, ";", "PEXPIRE", zsetKey, over],
    ["XADD", streamKey, "50-*", "a", "b", ";", "PEXPIRE", streamKey, over],
    ["PEXPIRE", key, "5", ";", "PEXPIRE", key, over],
    ["PEXPIRE", key, over],
    // By themselves, though in any order.
    changedOrWaiting,
    changedOrWaiting,
    ["MULTI", ";", many([changedOrWaiting, ";"], 0, 3), "EXEC"],
    ["MULTI", ";", "GET", one, ";", "GET", one, ";", "EXEC"],
    ["EVAL", called, "0", changedOrWaiting],
    ["EVAL", "return {redis.call('get', 's1'), redis.call('exists', 's2', 'l1')}", "0"],
    ["CONFIG", "SET", "lazyfree-lazy-expire", any("yes", "no")],
    ["SELECT", any("0", "0", "1")],
    [any("MGET", "EXISTS", "TOUCH", "DEL", "UNLINK", "PFCOUNT"), many(key, 1, 3)],
    [any("RENAME", "RENAMENX", "COPY"), key, key],
    ["COPY", key, key, "REPLACE"],
    ["MOVE", key, "1"],
    ["SORT", listKey, "BY", "s*", "GET", "s*", "STORE", listKey],
    [any("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), setKey, setKey, setKey],
    [any("ZUNIONSTORE", "ZINTERSTORE"), zsetKey, "2", zsetKey, any(setKey, zsetKey)],
    ["ZRANGESTORE", zsetKey, zsetKey, "0", "-1"],
    ["SMOVE", setKey, setKey, element],
    any(["LMOVE", listKey, listKey, "LEFT", "LEFT"], ["RPOPLPUSH", listKey, listKey]),
    ["MSETNX", stringKey, value, stringKey, value],
    ["XREADGROUP", "GROUP", "g", "c", "STREAMS", streamKey, streamKey, ">", ">"],
    ["XGROUP", "CREATE", streamKey, "g", "$", "MKSTREAM"],
    ["BITOP", "AND", stringKey, stringKey, stringKey],
    ["OBJECT", "ENCODING", key],
    ["RESTORE", key, "0", dumped, opt("REPLACE")],
    ["SCAN", "0", "COUNT", "1000"],
    ["WATCH", key],
    [any("MULTI", "EXEC", "DISCARD")],
    any(["FLUSHALL"], ["FLUSHDB"], ["SWAPDB", "0", "1"]),
    ["GETDEL", stringKey],
    ["SETRANGE", stringKey, "1", "x"],
    ["SETNX", stringKey, value],
  ],
};
