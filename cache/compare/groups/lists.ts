import {
  any,
  element,
  type Group,
  integer,
  listKey,
  many,
  opt,
  options,
  value,
} from "../grammar.ts";

const end = any("LEFT", "RIGHT");
const index = integer(-8, 8);
const elements = many(element, 1, 6);
/** Wrong, or over so soon that it holds nobody up. */
const timeout = any("0.001", "0.002", "-1", "abc", "1e400", "nan", "0.001x", "");
const listKeys = [any("1", "2", "2", "3", "0", "-1", "x"), listKey, listKey];

export const lists: Group = {
  commands: [
    ["LPUSH", listKey, elements],
    ["RPUSH", listKey, elements],
    ["RPUSH", listKey, many(value, 1, 12)],
    ["LPUSHX", listKey, elements],
    ["RPUSHX", listKey, elements],
    ["LPOP", listKey, opt(integer(0, 4))],
    ["RPOP", listKey, opt(integer(0, 4))],
    ["LLEN", listKey],
    ["LINDEX", listKey, index],
    ["LSET", listKey, index, element],
    ["LINSERT", listKey, any("BEFORE", "AFTER"), element, element],
    ["LRANGE", listKey, index, index],
    ["LRANGE", listKey, "0", "-1"],
    ["LTRIM", listKey, integer(-12, 3), integer(-3, 12)],
    ["LREM", listKey, integer(-3, 3), element],
    [
      ...["LPOS", listKey, element],
      options(["RANK", integer(-3, 3)], ["COUNT", integer(0, 3)], ["MAXLEN", integer(0, 6)]),
    ],
    ["LMOVE", listKey, listKey, end, end],
    ["RPOPLPUSH", listKey, listKey],
    ["LMPOP", listKeys, end, opt("COUNT", integer(1, 4))],
    ["OBJECT", "ENCODING", listKey],
  ],
};

/** Blocking commands where they do not block: the list is there, time is over, or all is wrong. */
export const listTimeouts: Group = {
  mutate: false,
  commands: [
    ["RPUSH", listKey, elements],
    ["RPUSH", listKey, elements],
    ["BLPOP", many(listKey, 1, 3), timeout],
    ["BRPOP", many(listKey, 1, 3), timeout],
    ["BLMOVE", listKey, listKey, end, end, timeout],
    ["BRPOPLPUSH", listKey, listKey, timeout],
    ["BLMPOP", timeout, listKeys, end, opt("COUNT", integer(1, 4))],
    ["BLMOVE", listKey, listKey, any(end, "UP"), any(end, "DOWN"), timeout],
    ["BLPOP"],
    ["BLPOP", listKey],
    ["BLMPOP", "1"],
  ],
};
