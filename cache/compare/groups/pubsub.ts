import { any, type Group, many, opt } from "../grammar.ts";

const channel = any("news", "news.a", "n", "", "\0\xff", "other");
const channelPattern = any("n*", "news.?", "*", "[no]*", "", "\\*");
const channels = many(channel, 1, 3);
const message = any("hello", "", "\r\n\0", "1");

/** Subscribers, publishers, and both in one. */
export const pubsub: Group = {
  connections: 3,
  commands: [
    ["SUBSCRIBE", channels],
    ["PSUBSCRIBE", many(channelPattern, 1, 3)],
    ["SSUBSCRIBE", channels],
    ["UNSUBSCRIBE", many(channel, 0, 2)],
    ["PUNSUBSCRIBE", many(channelPattern, 0, 2)],
    ["SUNSUBSCRIBE", many(channel, 0, 2)],
    ["PUBLISH", channel, message],
    ["PUBLISH", channel, message],
    ["PUBLISH", channel, message],
    ["SPUBLISH", channel, message],
    ["PUBSUB", "CHANNELS", opt(channelPattern)],
    ["PUBSUB", "NUMSUB", many(channel, 0, 3)],
    ["PUBSUB", "NUMPAT"],
    ["PUBSUB", "SHARDCHANNELS", opt(channelPattern)],
    ["PUBSUB", "SHARDNUMSUB", many(channel, 0, 3)],
    ["PUBSUB", "nothing"],
    ["PING", opt(message)],
    ["GET", "s1"],
    ["MULTI"],
    ["EXEC"],
    ["RESET"],
    ["QUIT"],
    ["HELLO", any("2", "3")],
    ["CLIENT", "LIST", "TYPE", any("pubsub", "normal", "replica", "master", "nothing")],
    ["CLIENT", "KILL", "TYPE", "pubsub"],
  ],
};
