import {
  any,
  edgeInteger,
  element,
  type Group,
  integer,
  many,
  opt,
  options,
  pattern,
  setKey,
} from "../grammar.ts";

const members = many(any(element, integer(-5, 40)), 1, 6);
const sources = many(setKey, 1, 3);

export const sets: Group = {
  commands: [
    ["SADD", setKey, members],
    ["SADD", setKey, members],
    ["SADD", setKey, many(integer(0, 100), 1, 8)],
    ["SADD", setKey, any("32767", "32768", "-32769", "2147483647", "2147483648", edgeInteger)],
    ["SREM", setKey, members],
    ["SCARD", setKey],
    ["SISMEMBER", setKey, element],
    ["SMISMEMBER", setKey, many(element, 1, 4)],
    ["SMEMBERS", setKey],
    ["SMOVE", setKey, setKey, element],
    ["SPOP", setKey, opt(any("10000", "10000", "0", "-1", integer(1, 3)))],
    ["SRANDMEMBER", setKey, opt(integer(-6, 40))],
    ["SINTER", sources],
    ["SUNION", sources],
    ["SDIFF", sources],
    ["SINTERSTORE", setKey, sources],
    ["SUNIONSTORE", setKey, sources],
    ["SDIFFSTORE", setKey, sources],
    [
      ...["SINTERCARD", any("1", "2", "2", edgeInteger), many(setKey, 1, 2)],
      opt("LIMIT", integer(0, 3)),
    ],
    [
      ...["SSCAN", setKey, any("0", "0", edgeInteger)],
      options(["MATCH", pattern], ["COUNT", any("1000", edgeInteger)]),
    ],
    ["OBJECT", "ENCODING", setKey],
  ],
};
