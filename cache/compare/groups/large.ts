import { any, type Group, type Part } from "../grammar.ts";

/** Between 50 and 700 elements that follow each other. */
const elements = (element: (i: number) => Part): Part => (random) => {
  const start = random.int(0, 2000);
  return Array.from({ length: random.int(50, 700) }, (_, i) => element(start + i));
};
const some = (max: number): Part => (random) => `${random.int(-max, max)}`;
const member: Part = (random) => `${random.pick(["", "m"])}${random.int(0, 3000)}`;
const long: Part = (random) => "x".repeat(random.int(0, 3000));
const list = any("l1", "l2");
const set = any("m1", "m2", "m3");
const hash = any("h1", "h2");
const zset = any("z1", "z2");

/** Collections beyond what is kept compact, which grow, shrink and split. */
export const large: Group = {
  mutate: false,
  commands: [
    ["RPUSH", list, elements((i) => `${i}`)],
    ["LPUSH", list, elements((i) => `element-${i}`)],
    ["RPUSH", list, long, long, long],
    ["LRANGE", list, some(800), some(800)],
    ["LINDEX", list, some(1000)],
    ["LSET", list, some(800), any(member, long)],
    ["LINSERT", list, any("BEFORE", "AFTER"), member, any(member, long)],
    ["LREM", list, some(2), member],
    ["LTRIM", list, some(300), some(300)],
    ["LPOP", list, any("1", "100", "300")],
    ["RPOP", list, any("1", "100", "300")],
    ["LPOS", list, member, "RANK", any("1", "-1", "2")],
    ["LMOVE", list, list, any("LEFT", "RIGHT"), any("LEFT", "RIGHT")],
    ["SADD", set, elements((i) => `${i}`)],
    ["SADD", set, elements((i) => `m${i}`)],
    ["SREM", set, elements((i) => `${i}`)],
    ["SMEMBERS", set],
    ["SINTERSTORE", set, set, set],
    ["SUNIONSTORE", set, set, set],
    ["SDIFF", set, set],
    ["SINTERCARD", "2", set, set, "LIMIT", any("0", "10")],
    ["SRANDMEMBER", set, any("10", "-10", "1000")],
    ["HSET", hash, elements((i) => [`f${i}`, `${i}`])],
    ["HDEL", hash, elements((i) => `f${i}`)],
    ["HINCRBY", hash, "f1000", some(10)],
    ["HGETALL", hash],
    ["HRANDFIELD", hash, any("10", "-10", "1000"), "WITHVALUES"],
    ["ZADD", zset, elements((i) => [`${(i * 7919) % 1000}`, `m${i}`])],
    ["ZADD", zset, elements((i) => [`${i % 3}`, `m${i}`])],
    ["ZREM", zset, elements((i) => `m${i}`)],
    ["ZINCRBY", zset, some(100), member],
    ["ZRANGE", zset, some(500), some(500), any([], "WITHSCORES"), any([], "REV")],
    ["ZRANGEBYSCORE", zset, some(500), any("500", "+inf", "(700"), "LIMIT", some(100), "50"],
    ["ZRANK", zset, member],
    ["ZREVRANK", zset, member],
    ["ZCOUNT", zset, some(500), some(1000)],
    ["ZREMRANGEBYRANK", zset, some(200), some(200)],
    ["ZREMRANGEBYSCORE", zset, "100", any("150", "300")],
    ["ZPOPMIN", zset, any("1", "100")],
    ["ZUNIONSTORE", zset, "2", zset, set],
    ["ZINTERSTORE", zset, "2", zset, zset, "AGGREGATE", "MAX"],
    ["ZDIFFSTORE", zset, "2", zset, set],
    ["ZRANDMEMBER", zset, any("10", "-10", "1000"), "WITHSCORES"],
    ["SORT", any(list, set), "LIMIT", "0", "20", "ALPHA", any("ASC", "DESC")],
    ["COPY", any(list, set, zset, hash), any(list, set, zset, hash), "REPLACE"],
    ["OBJECT", "ENCODING", any(list, set, zset, hash)],
    ["DEL", any(list, set, zset, hash)],
  ],
};
