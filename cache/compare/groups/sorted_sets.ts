import {
  any,
  edgeFloat,
  edgeInteger,
  element,
  float,
  type Group,
  integer,
  lexKey,
  many,
  opt,
  options,
  pattern,
  setKey,
  value,
  zsetKey,
} from "../grammar.ts";

const score = any(integer(-5, 5), integer(-5, 5), float);
const scored = many([score, element], 1, 5);
const index = integer(-8, 8);
const bound = any(score, ["-inf"], ["+inf"], "(1", "(-2", "(3", "(inf", "(", "((1", edgeFloat);
const lexBound = any("-", "+", "[a", "(a", "[m", "(m1", "[z", "[", "(", "a", "", "--");
const limit = opt("LIMIT", integer(-1, 4), integer(-1, 4));
const scores = opt("WITHSCORES");
const sources = any(
  ["1", any(zsetKey, setKey)],
  ["2", any(zsetKey, setKey), any(zsetKey, setKey)],
  ["3", many(zsetKey, 3, 3)],
  [edgeInteger, zsetKey],
);
const weights = options(
  ["WEIGHTS", many(any(score, "2", "0.5"), 1, 3)],
  ["AGGREGATE", any("SUM", "MIN", "MAX", "AVG")],
);
const end = any("MIN", "MAX");
const range = any(
  [index, index, options("REV", "WITHSCORES")],
  [bound, bound, "BYSCORE", options("REV", "WITHSCORES"), limit],
  [any(index, bound), any(index, bound), options("REV", "BYSCORE", "WITHSCORES"), limit],
);

export const sortedSets: Group = {
  commands: [
    ["ZADD", zsetKey, scored],
    ["ZADD", zsetKey, scored],
    ["ZADD", zsetKey, many(["0", element], 1, 6)],
    ["ZADD", zsetKey, options("NX", "XX", "GT", "LT", "CH"), scored],
    ["ZADD", zsetKey, options("NX", "XX", "GT", "LT", "CH"), "INCR", score, element],
    ["ZADD", zsetKey, edgeFloat, value],
    ["ZINCRBY", zsetKey, any(score, edgeFloat), element],
    ["SADD", setKey, many(element, 1, 5)],
    ["ZREM", zsetKey, many(element, 1, 3)],
    ["ZCARD", zsetKey],
    ["ZSCORE", zsetKey, element],
    ["ZMSCORE", zsetKey, many(element, 1, 4)],
    ["ZRANK", zsetKey, element],
    ["ZREVRANK", zsetKey, element],
    ["ZCOUNT", zsetKey, bound, bound],
    ["ZRANGE", zsetKey, range],
    ["ZRANGE", zsetKey, "0", "-1", "WITHSCORES"],
    ["ZREVRANGE", zsetKey, index, index, scores],
    ["ZRANGEBYSCORE", zsetKey, bound, bound, options("WITHSCORES", limit)],
    ["ZREVRANGEBYSCORE", zsetKey, bound, bound, options("WITHSCORES", limit)],
    ["ZADD", lexKey, many(["0", element], 1, 6)],
    ["ZADD", lexKey, many(["0", element], 1, 6)],
    ["ZREM", lexKey, element],
    ["ZLEXCOUNT", lexKey, lexBound, lexBound],
    ["ZRANGE", lexKey, lexBound, lexBound, "BYLEX", options("REV", "WITHSCORES"), limit],
    ["ZRANGEBYLEX", lexKey, lexBound, lexBound, limit],
    ["ZREVRANGEBYLEX", lexKey, lexBound, lexBound, limit],
    ["ZREMRANGEBYLEX", lexKey, lexBound, lexBound],
    ["ZRANGESTORE", lexKey, lexKey, lexBound, lexBound, "BYLEX", options("REV"), limit],
    ["ZRANGESTORE", zsetKey, zsetKey, range],
    ["ZREMRANGEBYRANK", zsetKey, integer(-4, 4), integer(-4, 4)],
    ["ZREMRANGEBYSCORE", zsetKey, bound, bound],
    ["ZPOPMIN", zsetKey, opt(integer(0, 4))],
    ["ZPOPMAX", zsetKey, opt(integer(0, 4))],
    ["ZMPOP", sources, end, opt("COUNT", integer(1, 4))],
    ["ZUNION", sources, weights, scores],
    ["ZINTER", sources, weights, scores],
    ["ZDIFF", sources, scores],
    ["ZUNIONSTORE", zsetKey, sources, weights],
    ["ZINTERSTORE", zsetKey, sources, weights],
    ["ZDIFFSTORE", zsetKey, sources],
    ["ZINTERCARD", sources, opt("LIMIT", integer(0, 3))],
    ["ZRANDMEMBER", zsetKey, opt(integer(-6, 40), opt("WITHSCORES"))],
    [
      ...["ZSCAN", zsetKey, any("0", "0", edgeInteger)],
      options(["MATCH", pattern], ["COUNT", any("1000", edgeInteger)]),
    ],
    ["OBJECT", "ENCODING", zsetKey],
  ],
};

const timeout = any("0.001", "0.002", "-1", "abc", "1e400", "nan", "");

/** Blocking commands where they do not block. */
export const sortedSetTimeouts: Group = {
  mutate: false,
  commands: [
    ["ZADD", zsetKey, scored],
    ["ZADD", zsetKey, scored],
    ["BZPOPMIN", many(zsetKey, 1, 3), timeout],
    ["BZPOPMAX", many(zsetKey, 1, 3), timeout],
    ["BZMPOP", timeout, sources, end, opt("COUNT", integer(1, 4))],
    ["BZPOPMIN"],
    ["BZMPOP", "1", "1"],
  ],
};
