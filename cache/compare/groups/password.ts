import { any, type Group } from "../grammar.ts";

const guess = any("secret", "secret", "wrong", "");

/** A server with a password, and clients that know it, or do not. */
export const password: Group = {
  connections: 2,
  setUp: [["CONFIG", "SET", "requirepass", "secret"], "QUIT"],
  commands: [
    ["AUTH", guess],
    ["AUTH", any("default", "nobody"), guess],
    ["HELLO", any("2", "3"), "AUTH", any("default", "nobody"), guess],
    ["HELLO", any("2", "3")],
    ["PING"],
    ["GET", "s1"],
    ["nothing"],
    ["MULTI"],
    ["EXEC"],
    ["SUBSCRIBE", "news"],
    ["RESET"],
    ["QUIT"],
    ["CLIENT", "GETNAME"],
  ],
};
