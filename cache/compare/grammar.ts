/**
 * The grammar in which the groups say what commands look like, and the values they are full of:
 * few keys, so that commands meet, and of everything else what is usual, what is at a boundary and
 * what is wrong.
 *
 * @module
 */

import type { Random } from "./random.ts";

/**
 * What becomes arguments: a text is one, an array a sequence, a function chooses. After `;` another
 * command begins, of the same connection.
 */
export type Part = string | Part[] | ((random: Random) => Part);

/** Commands that belong together. */
export interface Group {
  commands: Part[];
  /**
   * How many connections take part. With one, commands are sent in large batches. With several, each
   * command waits until all that it caused has come to every connection.
   */
  connections?: number;
  /** What each connection sends before all else. */
  setUp?: Part[];
  /** Whether arguments are also damaged at random. Default: yes. */
  mutate?: boolean;
}

/** Arguments that a grammar allows. */
export function generate(part: Part, random: Random): string[] {
  if (typeof part === "string") return [part];
  if (typeof part === "function") return generate(part(random), random);
  return part.flatMap((item) => generate(item, random));
}

/** The commands that are parted by `;`. What is damaged may end with one. */
export function split(args: string[]): string[][] {
  const end = args.indexOf(";");
  if (end < 0) return args.length > 0 ? [args] : [];
  return [...split(args.slice(0, end)), ...split(args.slice(end + 1))];
}

/** One argument, of several parts. */
export const text = (...parts: Part[]): Part => (random) => generate(parts, random).join("");

/** One of them. */
export const any = (...parts: Part[]): Part => (random) => random.pick(parts);

/** Nothing, more often than not. */
export const opt = (...parts: Part[]): Part => (random) => random.chance(0.4) ? parts : [];

/** Between `min` and `max` of them. */
export const many = (part: Part, min: number, max: number): Part => (random) =>
  Array.from({ length: random.int(min, max) }, () => part);

/** A few of them, in any order, seldom one of them twice. */
export const options = (...parts: Part[]): Part => (random) => {
  const chosen = parts.filter(() => random.chance(1.2 / (parts.length + 1)));
  if (chosen.length > 0 && random.chance(0.05)) chosen.push(random.pick(chosen));
  return random.shuffle(chosen);
};

/** Almost always the first. */
const mostly = (part: Part, other: Part, share = 0.85): Part => (random) =>
  random.chance(share) ? part : other;

// Keys. Each type has its own, and now and then takes another's.

const OF_TYPE = {
  string: ["s1", "s2", "s3"],
  list: ["l1", "l2", "l3"],
  hash: ["h1", "h2", "h3"],
  set: ["m1", "m2", "m3"],
  zset: ["z1", "z2", "z3"],
  hyperLogLog: ["p1", "p2", "p3"],
  places: ["g1", "g2", "g3"],
  stream: ["e1", "e2", "e3"],
};
const ODD_KEYS = ["", "\0\xff\r\n", "*", "s?", "missing", "k".repeat(100)];
/** For `SORT … BY w_*`. */
const WEIGHT_KEYS = ["w_1", "w_2", "w_10", "w_a", "w_b"];

/** All keys that are used. */
export const KEYS = [...Object.values(OF_TYPE).flat(), ...ODD_KEYS, ...WEIGHT_KEYS];

/** A key of any type. */
export const key: Part = mostly(any(...Object.values(OF_TYPE).flat()), any(...KEYS), 0.9);
const keyOf = (type: keyof typeof OF_TYPE): Part => mostly(any(...OF_TYPE[type]), key, 0.92);
export const stringKey: Part = keyOf("string");
export const listKey: Part = keyOf("list");
export const hashKey: Part = keyOf("hash");
export const setKey: Part = keyOf("set");
export const zsetKey: Part = keyOf("zset");
export const hyperLogLogKey: Part = keyOf("hyperLogLog");
export const placeKey: Part = keyOf("places");
/** Where distances are stored, whose last digit depends on the machine's instructions. */
export const DISTANCES_KEY = "distances";
export const streamKey: Part = keyOf("stream");
/**
 * Sorted sets of which all scores are 0, and which nothing else touches: in others an order by member
 * is not defined.
 */
export const LEX_KEYS = ["x1", "x2"];
export const lexKey: Part = any(...LEX_KEYS);
export const weightKey: Part = any(...WEIGHT_KEYS);

// Numbers, as right and wrong texts.

const EDGE_INTEGERS = [
  ...["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808"],
  ...["-9223372036854775809", "18446744073709551615", "18446744073709551616", "2147483648"],
  ...["", "abc", "1.0", "1e3", "+1", "007", " 1", "1 ", "-", "--1", "-0", "0x10", "1\0", "3.5"],
  ...["4294967296", "99999999999999999999999", "-00"],
];
export const edgeInteger: Part = any(...EDGE_INTEGERS);
/** Nothing that is over within a run. */
const LATER = EDGE_INTEGERS.filter((text) => !(Number(text) >= 1 && Number(text) < 1_000_000));
export const edgeTime: Part = any(
  ...LATER.filter((text) => !(Number(text) > 0 && Number(text) < 1e12)),
);
/** Hardly twice the same: which of two equal times to live ends later is a matter of a millisecond. */
const later: Part = (random) => `${1000 * random.int(1000, 100_000_000)}`;

/** An integer from `min` to `max`, or another one, or none. */
export const integer = (min: number, max: number): Part =>
  mostly((random) => `${random.int(min, max)}`, edgeInteger, 0.9);

const EDGE_FLOATS = [
  ...["0", "-0", "0.0", "1e400", "-1e400", "1e-400", "1.7976931348623157e308", "4.9e-324", "inf"],
  ...["-inf", "+inf", "Infinity", "nan", "-nan", "NaN", "0x10", "0x1p3", "0x1.8p1", "1e3", "3.0e3"],
  ...["1e17", "1e16", "1e21", "1e-5", "1e-7", "0.1", "17179869184.1", "0.3", "3.14159265358979"],
  ...[
    "9007199254740993",
    "123456789012345678",
    "1e4932",
    "1e5000",
    ".5",
    "5.",
    "+5",
    "1_000",
    "1,5",
  ],
  ...[
    "",
    " 1",
    "1 ",
    "abc",
    "1e",
    "e1",
    "--1",
    "1.5.5",
    "1\0",
    "infinit",
    "1d",
    "100000000000000000",
  ],
];
export const edgeFloat: Part = any(...EDGE_FLOATS);
export const float: Part = mostly(
  any(
    (random) => `${random.int(-20, 20)}`,
    (random) => (random.next() * 100 - 50).toFixed(random.int(0, 5)),
    (random) => `${(random.next() - 0.5) * 10 ** random.int(-20, 25)}`,
    (random) => `${random.int(-999, 999)}e${random.int(-8, 8)}`,
  ),
  edgeFloat,
  0.75,
);

/** Times that do not come within a run, and times that are over. */
export const seconds: Part = mostly(
  later,
  any("0", "-1", "-1000", "9223372036854775", "9223372036854776", edgeTime),
);
export const milliseconds: Part = mostly(
  later,
  any("0", "-1", "9223372036854775807", "9223372036854770000", edgeTime),
);
export const unixSeconds: Part = mostly(
  any("2000000000", "4102444800"),
  any("1", "0", "-5", "1500000000", "9223372036854775", "9223372036854776", edgeInteger),
);
export const unixMilliseconds: Part = mostly(
  any("2000000000000", "4102444800123"),
  any("1", "0", "-5", "1500000000000", "9223372036854775807", edgeInteger),
);

// Texts.

const VALUES = [
  ...["", "a", "b", "c", "hello", "world", "\0\xff\r\n", "A", "aa", "x y", "é", "*", "0x10"],
  ...["x".repeat(20), "y".repeat(44), "y".repeat(45), "z".repeat(64), "z".repeat(65)],
  ...["v".repeat(300)],
];
export const value: Part = mostly(
  any(...VALUES, (random) => `${random.int(-20, 20)}`),
  any(edgeInteger, edgeFloat, "w".repeat(9000)),
);
/** Few, so that commands meet: fields, members of sets, elements of lists. */
export const element: Part = mostly(
  any(
    ...["a", "b", "c", "d", "1", "2", "10", "-3", "foo"],
    (random) => `${random.int(0, 30)}`,
    (random) => `m${random.int(0, 30)}`,
  ),
  value,
  0.9,
);

const PATTERNS = [
  ...[
    "*",
    "s*",
    "?1",
    "[sl]1",
    "[^s]1",
    "[a-l]?",
    "*1*",
    "\\*",
    "s\\?",
    "",
    "[",
    "[a",
    "\\",
    "**",
    "?",
  ],
  ...[
    "[z-a]1",
    "[]1",
    "[^]1",
    "*\xff*",
    "a*",
    "m*",
    "*[0-9]",
    "m?",
    "[\\]a]*",
    "nothing*",
    "h[1-2]",
  ],
];
export const pattern: Part = any(...PATTERNS);

/** What no command knows. */
const JUNK = ["junk", "LIMIT", "COUNT", "WITHSCORES", "NX", "XX", "GET", "BY", "STORE", "MATCH"];

/** Damages a command: an argument fewer, more, twice, another, out of place, or in another case. */
export function mutate(args: string[], random: Random): string[] {
  const at = random.int(1, Math.max(1, args.length - 1));
  const edge = () => random.pick([...LATER, ...EDGE_FLOATS, ...JUNK, ...KEYS]);
  const changed = [...args];
  switch (random.int(0, 6)) {
    case 0:
      return args.slice(0, -1).length > 0 ? args.slice(0, -1) : args;
    case 1:
      return [...args, edge()];
    case 2:
      return [...args, ...args.slice(at)];
    case 3:
      changed.splice(at, 1);
      return changed;
    case 4:
      changed.splice(at, 0, edge());
      return changed;
    case 5:
      if (at < args.length) changed[at] = edge();
      return changed;
    default:
      return args.map((arg) =>
        KEYS.includes(arg) || /[^a-z]/i.test(arg)
          ? arg
          : random.chance(0.5)
          ? arg.toLowerCase()
          : arg.charAt(0) + arg.slice(1).toLowerCase()
      );
  }
}
