import {
  any,
  edgeInteger,
  element,
  float,
  type Group,
  hashKey,
  integer,
  many,
  opt,
  options,
  pattern,
  value,
} from "../grammar.ts";

const pairs = many([element, value], 1, 4);

export const hashes: Group = {
  commands: [
    ["HSET", hashKey, pairs],
    ["HSET", hashKey, pairs],
    ["HSET", hashKey, element, any(integer(-10, 10), float)],
    ["HMSET", hashKey, pairs],
    ["HSETNX", hashKey, element, value],
    ["HGET", hashKey, element],
    ["HMGET", hashKey, many(element, 1, 4)],
    ["HGETALL", hashKey],
    ["HKEYS", hashKey],
    ["HVALS", hashKey],
    ["HLEN", hashKey],
    ["HEXISTS", hashKey, element],
    ["HSTRLEN", hashKey, element],
    ["HDEL", hashKey, many(element, 1, 4)],
    ["HINCRBY", hashKey, element, integer(-100, 100)],
    ["HINCRBYFLOAT", hashKey, element, float],
    ["HRANDFIELD", hashKey, opt(integer(-6, 40), opt("WITHVALUES"))],
    [
      ...["HSCAN", hashKey, any("0", "0", edgeInteger)],
      options(["MATCH", pattern], ["COUNT", any("1000", edgeInteger)]),
    ],
    ["OBJECT", "ENCODING", hashKey],
  ],
};
