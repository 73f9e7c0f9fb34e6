/**
 * When two replies are the same: to the letter, but for what Redis itself leaves open, which is the
 * order in hash tables, chance, time, and what differs from process to process.
 *
 * @module
 */

import { AclCommands } from "../acl_commands.ts";
import { CommandTable } from "../commands/command.ts";
import { allCommands } from "../commands/table.ts";
import { DISTANCES_KEY, KEYS, LEX_KEYS } from "./grammar.ts";
import type { Reply } from "./resp.ts";

/** Milliseconds by which times may differ, which the two servers were told a moment apart. */
const TIME_TOLERANCE = 5000;

/** A moment in time, in milliseconds since 1970, or the ID of an entry of a stream that was made by it. */
const MOMENT = /^(\d{12,})(-\d+)?$/;

/** Whether two words are moments that can have been the same one. */
export function near(a: string, b: string): boolean {
  const [first, second] = [MOMENT.exec(a)?.[1], MOMENT.exec(b)?.[1]];
  return first !== undefined && Math.abs(Number(first) - Number(second)) <= TIME_TOLERANCE;
}

/** What was asked before, which says what to expect. */
interface Previous {
  args: string[];
  reply: Reply;
}

type Same = (args: string[], a: Reply, b: Reply, previous?: Previous) => boolean;

export function equal(a: Reply, b: Reply): boolean {
  if (a.kind !== b.kind) return false;
  if (!Array.isArray(a.value) || !Array.isArray(b.value)) return a.value === b.value;
  const others = b.value;
  return a.value.length === others.length &&
    a.value.every((item, i) => equal(item, others[i] ?? { kind: "", value: null }));
}

function sameKind(a: Reply, b: Reply): boolean {
  return a.kind === b.kind && (a.value === null) === (b.value === null);
}

/** Equal but for the order of items, or of groups of so many. */
const unordered = (size = 1): Same => (_, a, b) => {
  if (!Array.isArray(a.value) || !Array.isArray(b.value)) return equal(a, b);
  const sorted = (items: Reply[]) =>
    items.flatMap((_, i) => i % size === 0 ? JSON.stringify(items.slice(i, i + size)) : []).sort();
  return a.kind === b.kind && `${sorted(a.value)}` === `${sorted(b.value)}`;
};

/** Whether the step before told that this key's order is a defined one. */
function isCompact(key: string | undefined, previous: Previous | undefined): boolean {
  return previous?.args.join(" ") === `OBJECT ENCODING ${key}` &&
    ["listpack", "intset"].includes(`${previous.reply.value}`);
}

const byEncoding = (size: number): Same => (args, a, b, previous) =>
  isCompact(args[1], previous) ? equal(a, b) : unordered(size)(args, a, b);

/** Cursors depend on the table; what comes in one go does not. */
const scan = (cursorAt: number, size: number): Same => (args, a, b, previous) => {
  const [cursorA, itemsA] = Array.isArray(a.value) ? a.value : [];
  const [cursorB, itemsB] = Array.isArray(b.value) ? b.value : [];
  if (!cursorA || !cursorB || !itemsA || !itemsB) return equal(a, b);
  if (cursorAt === 2 && isCompact(args[1], previous)) return equal(a, b);
  const whole = args[cursorAt] === "0" && cursorA.value === "0" && cursorB.value === "0";
  return whole ? unordered(size)(args, itemsA, itemsB) : sameKind(itemsA, itemsB);
};

function leaves(reply: Reply): (string | null)[] {
  return Array.isArray(reply.value) ? reply.value.flatMap(leaves) : [reply.value];
}

/** As many, and each one from what the step before read of that key. */
const drawn = (read: string): Same => (args, a, b, previous) => {
  if (!sameKind(a, b)) return false;
  if (a.kind === "-" || a.value === null) return equal(a, b);
  if (leaves(a).length !== leaves(b).length) return false;
  if (previous?.args[0] !== read || previous.args[1] !== args[1]) return true;
  const all = new Set(leaves(previous.reply));
  const chosen = leaves(b);
  const distinct = args.length === 3 && !args[2]?.startsWith("-");
  return chosen.every((value) => all.has(value)) &&
    !(distinct && new Set(chosen).size < chosen.length);
};

/** Numbers that differ by a moment. `unit`: of how many milliseconds. */
const time = (unit: number): Same => (_, a, b) =>
  equal(a, b) || a.kind === ":" && b.kind === ":" && Number(a.value) > 0 && Number(b.value) > 0 &&
    Math.abs(Number(a.value) - Number(b.value)) * unit <= TIME_TOLERANCE;

/** Errors to the letter; of all else the kind, since the rest is each server's own. */
const own: Same = (_, a, b) => a.kind === "-" ? equal(a, b) : sameKind(a, b);

/** One of the keys that the step before listed. */
const randomKey: Same = (_, a, b, previous) => {
  if (a.kind !== "$" || a.value === null || previous?.args[0] !== "KEYS") return sameKind(a, b);
  return sameKind(a, b) && leaves(previous.reply).includes(`${b.value}`);
};

/** Fields of a line of CLIENT LIST that do not depend on the process. */
const CLIENT_FIELDS = /^(name|db|sub|psub|multi|cmd|resp|user|flags)=/;

const clients: Same = (_, a, b) => {
  if (a.kind === "-" || typeof a.value !== "string" || typeof b.value !== "string") {
    return equal(a, b);
  }
  const clean = (text: string) =>
    text.replace(/^txt:/, "").split("\n").map((line) =>
      line.split(" ").map((field) => CLIENT_FIELDS.test(field) ? field : field.split("=")[0])
    );
  return a.kind === b.kind && JSON.stringify(clean(a.value)) === JSON.stringify(clean(b.value));
};

/** HELLO, but for the ID of the connection and what the server says of itself. */
const hello: Same = (_, a, b) => {
  if (!Array.isArray(a.value) || !Array.isArray(b.value)) return equal(a, b);
  const clean = ({ kind, value }: Reply): Reply => ({
    kind,
    value: Array.isArray(value)
      ? value.map((item, i) => value[i - 1]?.value === "id" ? { kind: ":", value: "0" } : item)
      : value,
  });
  return equal(clean(a), clean(b));
};

/** Which connection gets the invalidations, by an ID of the server's own. */
const redirect: Same = (_, a, b) => {
  const clean = (reply: Reply) => JSON.stringify(reply).replace(/"[1-9]\d*"/g, '"id"');
  return clean(a) === clean(b);
};

/** Where flags, categories, hints and subcommands stand in an entry of COMMAND INFO. */
const UNORDERED_OF_COMMAND = [2, 6, 7, 9];

/** Subcommands of later versions, which the cache has because clients send them. */
const LATER_SUBCOMMANDS = ["client|no-touch", "client|setinfo"];

/** COMMAND INFO: flags and subcommands come from tables without an order; notes are for people. */
const commandInfo: Same = (_, a, b) => {
  const clean = ({ kind, value }: Reply): Reply => {
    if (!Array.isArray(value)) return { kind, value };
    if (value[0]?.value === "notes") return clean({ kind, value: value.slice(2) });
    const isEntry = value.length === 10 && value[1]?.kind === ":";
    return {
      kind,
      value: value.map((item, i) => {
        const cleaned = clean(item);
        if (!isEntry || !UNORDERED_OF_COMMAND.includes(i) || !Array.isArray(cleaned.value)) {
          return cleaned;
        }
        const order = (reply: Reply) => JSON.stringify(reply);
        const known = cleaned.value.filter(({ value }) =>
          !(Array.isArray(value) && LATER_SUBCOMMANDS.includes(`${value[0]?.value}`))
        );
        const sorted = known.toSorted((x, y) => order(x) < order(y) ? -1 : 1);
        return { kind: cleaned.kind, value: sorted };
      }),
    };
  };
  return equal(clean(a), clean(b));
};

/** The ID of an entry that was added by the clock. */
const TIMED_ID = /^1[5-9]\d{11}-\d+$/;
/** What tells how much there is, beside which nothing else is a number but a time. */
const COUNTS = /^(length|radix-.*|entries-.*|groups|pel-count|pending|consumers|lag)$/;

/** What streams tell, but for times, and IDs that were made from them. */
const streamTimes: Same = (_, a, b) => {
  const same = (a: Reply, b: Reply, before?: Reply): boolean => {
    if (equal(a, b)) return true;
    if (a.kind !== b.kind) return false;
    if (Array.isArray(a.value) && Array.isArray(b.value)) {
      const [items, others] = [a.value, b.value];
      return items.length === others.length &&
        items.every((item, i) => others[i] !== undefined && same(item, others[i], items[i - 1]));
    }
    if (a.kind === "$") return TIMED_ID.test(`${a.value}`) && TIMED_ID.test(`${b.value}`);
    // Times stand behind a name, of a field or a consumer, or an ID.
    return a.kind === ":" && before?.kind === "$" && !COUNTS.test(`${before.value}`) &&
      Math.abs(Number(a.value) - Number(b.value)) <= TIME_TOLERANCE;
  };
  return same(a, b);
};

/** Libraries and their functions come from tables without an order. */
const functions: Same = (_, a, b) => {
  const sorted = ({ kind, value }: Reply): string =>
    Array.isArray(value) ? `${kind}[${value.map(sorted).sort().join()}]` : `${kind}${value}`;
  return sorted(a) === sorted(b);
};

/** The number of keys, if the step before has looked at all of them. */
const size: Same = (_, a, b, previous) =>
  previous?.args[0] === "EXISTS" ? equal(a, b) : sameKind(a, b);

/** The same names, with values of the same kinds. */
const fields: Same = (_, a, b) => {
  if (!Array.isArray(a.value) || !Array.isArray(b.value)) return equal(a, b);
  const shape = ({ kind, value }: Reply): string =>
    Array.isArray(value)
      ? kind + value.map((item, i) => i % 2 === 0 ? `${item.value}` : shape(item))
      : kind;
  return shape(a) === shape(b);
};

const table = new CommandTable(allCommands());
const aclCommands = new AclCommands(table);

/** What rules allow of commands: those that the subject knows, in order. */
function allowedCommands(rules: string): string {
  const allowed = new Set<string>();
  const others: string[] = [];
  for (const rule of rules.split(" ")) {
    const [sign, name] = [rule.charAt(0), rule.slice(1)];
    const names = name === "@all"
      ? aclCommands.names
      : name.startsWith("@")
      ? aclCommands.inCategory(name.slice(1)) ?? []
      : aclCommands.has(name)
      ? [name]
      : [];
    // Of a command, those that it holds are meant as well.
    for (const one of names.flatMap((name) => [name, ...aclCommands.subcommands(name)])) {
      if (sign === "+") allowed.add(one);
      else allowed.delete(one);
    }
    // A first argument of a command without subcommands.
    if (names.length === 0 && aclCommands.has(name.split("|")[0] ?? "")) others.push(rule);
  }
  return [...[...allowed].sort(), ...others.sort()].join(" ");
}

/** Rules of users: which words say what commands are allowed depends on a table without an order. */
const aclRules: Same = (_, a, b) => {
  const clean = ({ kind, value }: Reply): Reply => ({
    kind,
    value: Array.isArray(value) ? value.map(clean) : value?.replace(
      /(?<=^| |\()[+-]@all(?: [+-][^ ()]+)*/g,
      (rules) => `${rules.slice(0, 5)} {${allowedCommands(rules)}}`,
    ) ?? null,
  });
  return equal(clean(a), clean(b));
};

/** What was refused: how long ago is a matter of a moment, and of clients much is each server's own. */
const aclLog: Same = (args, a, b) => {
  const [first, second] = [a, b].map(leaves);
  return a.kind === b.kind && first !== undefined && first.length === second?.length &&
    first.every((text, i) => {
      const name = first[i - 1];
      if (name === "age-seconds") return true;
      const [x, y] = [text, second[i] ?? null].map((value) => ({ kind: "$", value }));
      if (x === undefined || y === undefined) return false;
      return name === "client-info" ? clients(args, x, y) : equal(x, y);
    });
};

/** The commands of a category, as far as both have them. */
const aclCategory: Same = (args, a, b) => {
  const common = table.all.filter(({ row }) => !/^7\.[1-9]/.test(row.since));
  const known = new Set(common.map(({ fullName }) => fullName));
  const clean = ({ kind, value }: Reply): Reply => ({
    kind,
    value: Array.isArray(value) && args.length === 3
      ? value.filter(({ value }) => known.has(`${value}`))
      : value,
  });
  return unordered()(args, clean(a), clean(b));
};

const RULES: Record<string, Same> = {
  "ACL CAT": aclCategory,
  "ACL GENPASS": own,
  "ACL GETUSER": aclRules,
  "ACL LIST": aclRules,
  "ACL LOG": aclLog,
  KEYS: unordered(),
  DBSIZE: size,
  RANDOMKEY: randomKey,
  SCAN: scan(1, 1),
  SSCAN: scan(2, 1),
  HSCAN: scan(2, 2),
  ZSCAN: scan(2, 2),
  SMEMBERS: byEncoding(1),
  HKEYS: byEncoding(1),
  HVALS: byEncoding(1),
  HGETALL: byEncoding(2),
  SINTER: unordered(),
  SUNION: unordered(),
  SDIFF: unordered(),
  SRANDMEMBER: drawn("SMEMBERS"),
  SPOP: drawn("SMEMBERS"),
  HRANDFIELD: drawn("HGETALL"),
  ZRANDMEMBER: drawn("ZRANGE"),
  TTL: time(1000),
  PTTL: time(1),
  EXPIRETIME: time(1000),
  PEXPIRETIME: time(1),
  XADD: streamTimes,
  XRANGE: streamTimes,
  XREVRANGE: streamTimes,
  XREAD: streamTimes,
  XREADGROUP: streamTimes,
  XCLAIM: streamTimes,
  XAUTOCLAIM: streamTimes,
  XPENDING: streamTimes,
  "XINFO STREAM": streamTimes,
  "XINFO CONSUMERS": streamTimes,
  "XINFO GROUPS": streamTimes,
  HELLO: hello,
  TIME: own,
  INFO: own,
  LASTSAVE: own,
  "OBJECT IDLETIME": own,
  "CLIENT ID": own,
  "CLIENT INFO": clients,
  "CLIENT LIST": clients,
  "CLIENT GETREDIR": redirect,
  "CLIENT TRACKINGINFO": redirect,
  "FUNCTION LIST": functions,
  "MEMORY USAGE": own,
  "SLOWLOG GET": own,
  "SLOWLOG LEN": own,
  "LATENCY LATEST": own,
  "LATENCY HISTORY": own,
  "LATENCY RESET": own,
  "LATENCY GRAPH": own,
  "LATENCY DOCTOR": own,
  "LATENCY HISTOGRAM": own,
  "MEMORY DOCTOR": own,
  "MEMORY MALLOC-STATS": own,
  "MEMORY STATS": fields,
  LOLWUT: own,
  "COMMAND COUNT": own,
  "COMMAND DOCS": own,
  "COMMAND INFO": commandInfo,
  "COMMAND LIST": unordered(),
  "CONFIG GET": unordered(2),
  "PUBSUB CHANNELS": unordered(),
  "PUBSUB SHARDCHANNELS": unordered(),
};

/**
 * Whether SORT may leave elements in the order of a table: those that are not to be sorted, and those
 * whose weights are the same texts.
 */
function isLooselySorted(args: string[]): boolean {
  const options = args.map((arg) => arg.toUpperCase());
  const by = options.indexOf("BY");
  return by > 0 && (options.includes("ALPHA") || !args[by + 1]?.includes("*"));
}

const sort: Same = (args, a, b) => {
  if (!isLooselySorted(args) || a.kind === "-") return equal(a, b);
  const partial = args.some((arg) => arg.toUpperCase() === "LIMIT" || arg.toUpperCase() === "GET");
  return equal(a, b) || (partial ? sameKind(a, b) : unordered()(args, a, b));
};

/** Equal but for the last digit of doubles. */
const nearlyEqual: Same = (_, a, b) => {
  const rounded = (reply: Reply): Reply => ({
    kind: reply.kind,
    value: Array.isArray(reply.value)
      ? reply.value.map(rounded)
      : reply.value?.includes(".")
      ? Number(reply.value).toPrecision(14)
      : reply.value,
  });
  return equal(rounded(a), rounded(b));
};

function ruleOf(args: string[]): Same {
  const [name = "", sub = ""] = args.slice(0, 2).map((arg) => arg.toUpperCase());
  // Each server has commands and settings of its own.
  const all = name === "COMMAND" ? args.length <= 2 : args.some((arg) => /[*?[]/.test(arg));
  if (sub === "HELP" || (all && ["COMMAND", "CONFIG"].includes(name))) return own;
  if (name === "SORT" || name === "SORT_RO") return sort;
  if (args[1] === DISTANCES_KEY) return nearlyEqual;
  // Replies of the commands that follow MONITOR are told apart from what it says by their kind.
  return RULES[name] ?? RULES[`${name} ${sub}`] ?? ((_, a, b) => equal(a, b));
}

/** What one says of another's command: time and address are each server's own. */
const MONITORED = /^\d+\.\d+ \[(\d+) [^\]]*\]/;

const clean = (reply: Reply): Reply => {
  const { kind, value } = reply;
  if (kind === "+" && typeof value === "string") {
    // The cache hides what may be a password also where Redis does not get as far as to see that.
    return { kind, value: value.replace(MONITORED, "[$1]").replace(/"(AUTH|HELLO)".*/i, "$1") };
  }
  // The ID of a client that is gone.
  if (Array.isArray(value) && value[0]?.value === "tracking-redir-broken") {
    return { kind, value: value.slice(0, 1) };
  }
  return reply;
};

/** Whether a client is told by it what it listens to. */
function isMessage({ kind, value }: Reply): boolean {
  return kind === ">" || Array.isArray(value) && /^[ps]?(un)?subscribe$/.test(`${value[0]?.value}`);
}

/** Compares the replies of one connection, of which it remembers what they may depend on. */
export class Judge {
  #previous: Previous | undefined;
  #queue: string[][] = [];

  /**
   * Whether the two servers have answered the same.
   *
   * @param args The command.
   * @param a Redis' reply.
   * @param b The subject's.
   */
  same(args: string[], a: Reply, b: Reply): boolean {
    const queue = this.#queue;
    if (a.value === "QUEUED") this.#queue.push(args);
    const name = args[0]?.toUpperCase() ?? "";
    if (["MULTI", "EXEC", "DISCARD", "RESET"].includes(name) && a.kind !== "-") this.#queue = [];
    const previous = this.#previous;
    this.#previous = { args, reply: a };
    if (equal(a, b)) return true;
    if (equal(clean(a), clean(b))) return true;
    if (name === "EXEC" && Array.isArray(a.value) && Array.isArray(b.value)) {
      const others = b.value;
      // Subscriptions are answered by messages, of which others may stand among the replies too.
      const replied = queue.filter(([name = ""]) => !/subscribe$/i.test(name));
      let replies = 0;
      return a.value.length === others.length && a.value.every((item, i) => {
        const other = others[i];
        if (other === undefined) return false;
        const queued = isMessage(item) ? [] : replied[replies++] ?? [];
        return equal(item, other) || ruleOf(queued)(queued, item, other);
      });
    }
    return ruleOf(args)(args, a, b, previous);
  }
}

/** What to ask before a command, so that {@linkcode Judge} can be strict about its reply. */
export function before(args: string[]): string[][] {
  const key = args[1] ?? "";
  switch (args[0]?.toUpperCase()) {
    // Redis takes an error for its own that an earlier number has left in `errno`; this resets it.
    case "SORT":
    case "SORT_RO":
      return [["ZADD", "missing", "XX", "1", "a"]];
    // Keys whose time is over count until somebody looks.
    case "DBSIZE":
      return [["EXISTS", ...KEYS, ...LEX_KEYS]];
    case "RANDOMKEY":
      return [["KEYS", "*"]];
    case "SMEMBERS":
    case "HKEYS":
    case "HVALS":
    case "HGETALL":
    case "SSCAN":
    case "HSCAN":
    case "ZSCAN":
      return [["OBJECT", "ENCODING", key]];
    case "SRANDMEMBER":
    case "SPOP":
      return [["SMEMBERS", key]];
    case "HRANDFIELD":
      return [["HGETALL", key]];
    case "ZRANDMEMBER":
      return [["ZRANGE", key, "0", "-1", "WITHSCORES"]];
    default:
      return [];
  }
}

/** What to do after a command that leaves the two with different data. */
export function after(args: string[]): string[][] {
  const [name, key, count] = args;
  if (name?.toUpperCase() !== "SPOP" || key === undefined || count === "10000") return [];
  return [["SCARD", key], ["OBJECT", "ENCODING", key], ["PTTL", key], ["DEL", key]];
}

/**
 * Whether a command does what Redis leaves open, an order by member where scores are not the same, or
 * has a form that only later versions know, as `ZRANK … WITHSCORE`, or asks for too much memory.
 */
export function isUndefined(args: string[]): boolean {
  const [name = "", ...rest] = args.map((arg) => arg.toUpperCase());
  const byMember = name.includes("LEX") || rest.includes("BYLEX");
  const lexKeys = args.filter((arg) => LEX_KEYS.includes(arg)).length;
  // Such an offset makes a string of a quarter of a gigabyte.
  if (["SETBIT", "BITFIELD"].includes(name) && rest.some((arg) => /^#?2147483648$/.test(arg))) {
    return true;
  }
  if (name === "SORT" && rest.includes("STORE")) return isLooselySorted(args);
  if (["ZRANK", "ZREVRANK"].includes(name)) return args.length >= 4;
  if (name === "COMMAND" && args.length > 2) return isUndefined(args.slice(2));
  if (name === "ZRANGESTORE") return byMember ? lexKeys < 2 : lexKeys > 0;
  if (name === "ZADD") return lexKeys > 0 && rest.some((arg, i) => i % 2 === 1 && arg !== "0");
  return byMember && lexKeys === 0;
}
