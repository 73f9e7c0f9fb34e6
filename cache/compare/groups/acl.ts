import {
  any,
  element,
  type Group,
  hashKey,
  integer,
  key,
  listKey,
  many,
  opt,
  type Part,
  setKey,
  stringKey,
  text,
  value,
  zsetKey,
} from "../grammar.ts";

const user = any("alice", "bob", "carol");
const password = any("x", "x", "x", "wrong");
const channel = any("news", "news.a", "n", "other");
const channelPattern = any("n*", "news.?", "*", "news");

const CATEGORIES = [
  ...["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "pubsub"],
  ...["admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting"],
];
const category = any(...CATEGORIES);
const command = any(
  ...[
    "get",
    "set",
    "SetEx",
    "mget",
    "del",
    "lpush",
    "lrange",
    "sort",
    "hset",
    "zadd",
    "zunionstore",
  ],
  ...["multi", "exec", "acl", "acl|log", "acl|whoami", "client", "client|id", "client|getname"],
  ...[
    "config",
    "config|get",
    "select",
    "publish",
    "subscribe",
    "psubscribe",
    "ping",
    "auth",
    "copy",
  ],
  ...[
    "cluster|info",
    "readonly",
    "object|encoding",
    "pubsub",
    "nothing",
    "config|nothing",
    "get|x",
  ],
);
const keyPattern = any("s*", "l1", "h?", "m[12]", "z*", "w_*", "*", "", "?1", "s1");

const rights: Part = any(
  text("+@", category),
  text("-@", category),
  text("+", command),
  text("-", command),
  text("+", any("select|0", "select|1", "object|encoding", "acl|whoami", "config|get|x", "get|")),
  any("+@all", "-@all", "allcommands", "nocommands", "+@all", "+@READ", "-@nothing", "+", "-"),
  text("~", keyPattern),
  text(any("%R", "%W", "%RW", "%r", "%", "%X"), any("~", "~", ""), keyPattern),
  any("~*", "allkeys", "AllKeys", "resetkeys", "resetkeys"),
  text("&", any(channel, channelPattern)),
  any("&*", "allchannels", "resetchannels", "resetchannels"),
);
const selector: Part = any(
  text("(", many(text(rights, " "), 0, 3), ")"),
  ["(", many(rights, 0, 3), ")"],
  text("(", rights, any(")", "", " )")),
);
const rule: Part = any(
  ...[rights, rights, rights, rights, rights, rights],
  any("on", "on", "nopass", ">x", "off", "resetpass", "<x", ">y", "!abc", "reset", ""),
  any("sanitize-payload", "skip-sanitize-payload", "clearselectors", "nothing", "a b", "~a b"),
  selector,
);

const setUser: Part = ["ACL", "SETUSER", user, opt("on", ">x"), many(rule, 0, 6)];
/** All that a user may want for the commands below, but for a few. */
const setStrongUser: Part = [
  ["ACL", "SETUSER", user, any("reset", "on"), "on", "nopass", "resetkeys", "+@all"],
  many(any(text("-", command), text("-@", category)), 0, 2),
  many(text(any("~", "%R~", "%W~"), keyPattern), 0, 3),
  opt("resetchannels", text("&", channelPattern)),
  opt(selector),
];
const asDefault = (part: Part): Part => ["AUTH", "default", "x", ";", part];

const data: Part = any(
  ["GET", stringKey],
  ["SET", stringKey, value, opt("GET")],
  ["MGET", many(key, 1, 3)],
  ["MSET", many([stringKey, value], 1, 2)],
  ["STRLEN", stringKey],
  ["LPUSH", listKey, element],
  ["LRANGE", listKey, "0", "-1"],
  ["LMOVE", listKey, listKey, "LEFT", "RIGHT"],
  ["LMPOP", integer(1, 2), many(listKey, 1, 2), "LEFT"],
  ["HSET", hashKey, "f", value],
  ["HGET", hashKey, "f"],
  ["HEXISTS", hashKey, "f"],
  ["SADD", setKey, element],
  ["SISMEMBER", setKey, element],
  ["SINTERCARD", integer(1, 2), many(setKey, 1, 2)],
  ["SMOVE", setKey, setKey, element],
  ["ZADD", zsetKey, integer(0, 9), element],
  ["ZUNIONSTORE", zsetKey, integer(1, 2), many(zsetKey, 1, 2)],
  ["ZUNION", integer(1, 2), many(zsetKey, 1, 2)],
  ["ZRANGESTORE", zsetKey, zsetKey, "0", "-1"],
  ["SORT", listKey, "ALPHA", opt(any(["BY", "w_*"], ["GET", "#"], ["GET", "s*"], ["BY", "x"]))],
  ["SORT", listKey, "ALPHA", "STORE", listKey],
  ["COPY", key, key, "REPLACE"],
  ["RENAME", key, key],
  ["DEL", many(key, 1, 2)],
  ["EXISTS", many(key, 1, 2)],
  ["TYPE", key],
  ["TOUCH", key],
  ["OBJECT", "ENCODING", key],
  ["MEMORY", "USAGE", "missing"],
  [
    "BITFIELD",
    stringKey,
    any(
      ["GET", "u4", "0"],
      ["SET", "u4", "0", "1"],
      ["GET", "u4", "0", "INCRBY", "u4", "0", "1"],
      "x",
    ),
  ],
  ["BITFIELD_RO", stringKey, "GET", "u4", "0"],
  ["BITOP", "AND", stringKey, many(stringKey, 1, 2)],
  ["PFCOUNT", many(stringKey, 1, 2)],
  ["PFMERGE", stringKey, stringKey],
  ["GEORADIUS", zsetKey, "1", "1", "1", "m", opt(any("STORE", "STOREDIST"), zsetKey)],
  ["GEORADIUSBYMEMBER", zsetKey, "a", "1", "m", opt("STORE", zsetKey), opt("STOREDIST", zsetKey)],
  ["GEOSEARCHSTORE", zsetKey, zsetKey, "FROMMEMBER", "a", "BYRADIUS", "1", "m"],
  ["XADD", any("w_1", "w_2"), "1-1", "f", "v"],
  ["XREAD", "COUNT", "1", "STREAMS", any("w_1", "s1"), any("w_2", "l1"), "0", "0"],
  ["XREAD", "STREAMS", any("w_1", "s1"), any("w_2", "l1"), "0"],
  ["XREADGROUP", "GROUP", "g", "c", "STREAMS", any("w_1", "s1"), ">"],
  ["XINFO", "STREAM", any("w_1", "w_2")],
  ["XGROUP", "CREATE", any("w_1", "w_2"), "g", "0"],
  ["EVAL", "return redis.pcall('get', KEYS[1])", "1", stringKey],
  ["EVAL", "return redis.pcall('get', 's1')", any("0", "-1", "x", "3"), stringKey],
  ["EVAL_RO", "return redis.pcall('set', KEYS[1], 1)", "1", stringKey],
  [
    "EVAL",
    "return {redis.acl_check_cmd('get', 's1'), redis.acl_check_cmd('set', 's1', '1'), redis.acl_check_cmd('config', 'get', 'x')}",
    "0",
  ],
);
const other: Part = any(
  ["PING"],
  ["SELECT", any("0", "0", "1")],
  ["DBSIZE"],
  ["CLIENT", "GETNAME"],
  ["CONFIG", "GET", "acllog-max-len"],
  ["PUBLISH", channel, "x"],
  ["SPUBLISH", channel, "x"],
  ["ACL", "WHOAMI"],
  ["ACL", "USERS"],
  ["nothing"],
);
const look: Part = any(
  ["ACL", "GETUSER", any(user, "default")],
  ["ACL", "LIST"],
  ["ACL", "LIST"],
  ["ACL", "LOG", opt(any("3", "0", "-1", "x", "100"))],
  ["ACL", "LOG", "RESET"],
  ["ACL", "CAT", opt(any(category, "nothing"))],
  ["ACL", "DRYRUN", user, data],
  ["ACL", "DRYRUN", user, other],
  ["ACL", "DRYRUN", any("nobody", user), any("nothing", "config", ["config", "x"])],
  ["ACL", any("LOAD", "SAVE", "HELP", "nothing", ["GENPASS", any("0", "x", "5000")])],
  ["CONFIG", "SET", "acllog-max-len", any("5", "128", "0")],
  ["CONFIG", "SET", "acl-pubsub-default", any("resetchannels", "allchannels", "nothing")],
  ["COMMAND", "LIST", "FILTERBY", "ACLCAT", any("transaction", "nothing")],
);
const login: Part = any(
  ["AUTH", user, password],
  ["HELLO", any("2", "3"), "AUTH", any(user, user, "nobody"), password],
);

/** Users of all kinds, what is said of them, and what they do. */
export const acl: Group = {
  commands: [
    ...[data, data, data, data, data, other, other],
    asDefault([setUser, ";", "AUTH", user, "x"]),
    asDefault([setStrongUser, ";", "AUTH", user, "x"]),
    asDefault([setStrongUser, ";", "AUTH", user, "x"]),
    asDefault(look),
    asDefault(look),
    asDefault(["ACL", "DELUSER", many(user, 1, 2)]),
    login,
    any(["MULTI"], ["EXEC"], ["EXEC"], ["DISCARD"], ["RESET"]),
  ],
};

/** Clients whose users change under them. */
export const aclClients: Group = {
  connections: 3,
  mutate: false,
  setUp: [
    ["ACL", "SETUSER", "alice", "on", "nopass", "+@all", "~*", "&*"],
    ["ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~s*", "&n*"],
    ["AUTH", "alice", "x"],
  ],
  commands: [
    ...[data, other, login, login],
    asDefault(setUser),
    asDefault(setStrongUser),
    asDefault(look),
    asDefault(["ACL", "DELUSER", user]),
    asDefault(["CLIENT", "KILL", "USER", any(user, "nobody")]),
    any(["MULTI"], ["MULTI"], ["EXEC"], ["EXEC"], ["DISCARD"], ["RESET"]),
    ["SUBSCRIBE", many(channel, 1, 2)],
    ["PSUBSCRIBE", many(channelPattern, 1, 2)],
    ["SSUBSCRIBE", channel],
    ["UNSUBSCRIBE", channel],
    asDefault(["ACL", "SETUSER", user, "resetchannels", many(text("&", channelPattern), 0, 2)]),
    // Redis breaks down where a user takes channels from itself, so that all can be the default one.
    asDefault(["ACL", "SETUSER", "default", any("on", "nopass", ">x")]),
    asDefault([
      "ACL",
      "SETUSER",
      "default",
      "off",
      ";",
      "PING",
      ";",
      "ACL",
      "SETUSER",
      "default",
      "on",
    ]),
    asDefault(["CONFIG", "SET", "requirepass", any("x", "")]),
    ["CLIENT", "LIST"],
  ],
};
