import { any, element, type Group, hyperLogLogKey, key, many, type Part } from "../grammar.ts";

/** Elements that follow each other, so many that some HyperLogLogs become dense. */
const elements: Part = (random) => {
  const start = random.int(0, 3000);
  return Array.from({ length: random.int(1, random.pick([5, 60, 600])) }, (_, i) => `${start + i}`);
};
const text: Part = (random) =>
  Array.from({ length: random.int(0, 40) }, () => String.fromCharCode(random.int(0, 255))).join("");

const header = (encoding: number) => `HYLL${String.fromCharCode(encoding)}\0\0\0`;
const stale = "\0\0\0\0\0\0\0\x80";
/**
 * Strings that are a HyperLogLog, or nearly so. None ends amid a long run of zeros, of which Redis would
 * read beyond the string.
 */
const forged: Part = any(
  `${header(1)}${stale}\x7f\xff`,
  `${header(1)}\x07\0\0\0\0\0\0\0\x7f\xff`,
  `${header(1)}\xff\xff\xff\xff\xff\xff\xff\x7f\x7f\xff`,
  `${header(1)}${stale}\x7f\xfe\x84`,
  `${header(1)}${stale}\x84\x40\x00\x7f\xfd`,
  `${header(1)}${stale}\x87\x87\x87\x7f\xf3`,
  `${header(1)}${stale}\x80\x84\x88\xff\x7f\xf6\x80\x80`,
  `${header(1)}${stale}\x7f\xff\x00`,
  `${header(1)}${stale}\x7f\xfe`,
  `${header(1)}${stale}`,
  `${header(1)}${stale}`.slice(0, -1),
  `${header(2)}${stale}\x7f\xff`,
  `hyll\x01\0\0\0${stale}\x7f\xff`,
  `${header(0)}${stale}${"\0".repeat(12288)}`,
  `${header(0)}${stale}${"\xff".repeat(12288)}`,
  `${header(0)}${stale}${"\x41\x10\x04".repeat(4096)}`,
  (random) =>
    `${header(0)}${stale}${
      String.fromCharCode(random.int(0, 255), random.int(0, 255)).repeat(6144)
    }`,
  `${header(0)}${stale}${"\0".repeat(12287)}`,
  (random) => `${header(1)}${stale}${String.fromCharCode(random.int(0, 255))}\x7f\xff`,
);

export const hyperloglog: Group = {
  commands: [
    ["PFADD", hyperLogLogKey, elements],
    ["PFADD", hyperLogLogKey, elements],
    ["PFADD", hyperLogLogKey, many(any(element, text), 0, 5)],
    ["PFCOUNT", hyperLogLogKey],
    ["PFCOUNT", many(hyperLogLogKey, 1, 3)],
    ["PFMERGE", hyperLogLogKey, many(any(hyperLogLogKey, hyperLogLogKey, key), 0, 3)],
    ["PFDEBUG", any("GETREG", "DECODE", "ENCODING", "TODENSE", "NOTHING"), hyperLogLogKey],
    ["PFDEBUG", any("DECODE", "ENCODING"), hyperLogLogKey],
    ["SET", hyperLogLogKey, forged],
    ["APPEND", hyperLogLogKey, any("\x01", "\0", "\x80")],
    ["GET", hyperLogLogKey],
    ["DEL", hyperLogLogKey],
    ["OBJECT", "ENCODING", hyperLogLogKey],
  ],
};
