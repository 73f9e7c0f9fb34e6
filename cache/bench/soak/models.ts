/**
 * What a client of the soak knows of its own keys: for each type a model, which says the next command and
 * what it must reply.
 *
 * @module
 */

import type { Random } from "../../compare/random.ts";
import { type Reply, texts } from "../../compare/resp.ts";

/** What a reply must be; an error never is. */
export type Expected = string | null | Expected[] | ((reply: Reply) => boolean);

/** A command and its reply. */
export interface Step {
  args: string[];
  expected: Expected;
}

/** Knows the values of some keys. */
export interface Model {
  /** The next command, after which the model is as the cache must be. */
  next(random: Random): Step;
  /** Commands that read all that there must be. */
  all(): Step[];
}

export function matches(reply: Reply | undefined, expected: Expected): boolean {
  if (reply === undefined || reply.kind === "-" || reply.kind === "!") return false;
  if (typeof expected === "function") return expected(reply);
  const { value } = reply;
  if (!Array.isArray(expected)) return value === expected;
  return Array.isArray(value) && value.length === expected.length &&
    expected.every((item, i) => matches(value[i], item));
}

/** The same texts in any order. */
function anyOrder(expected: Iterable<string>): Expected {
  const sorted = [...expected].sort().join("\0");
  return (reply) => texts(reply).sort().join("\0") === sorted;
}

const text = (random: Random): string => "v".repeat(random.int(0, 100)) + random.int(0, 1e6);

/** More than this is taken away again, so that nothing grows for ever. */
const MAX_STRING = 10_000;
const MAX_ELEMENTS = 600;

/** Strings, which are bitmaps as well. */
class Strings implements Model {
  readonly #name: string;
  readonly #values = new Map<string, string>();

  constructor(name: string) {
    this.#name = name;
  }

  next(random: Random): Step {
    const key = `${this.#name}:${random.int(0, 20)}`;
    const old = this.#values.get(key) ?? "";
    const has = this.#values.has(key);
    const set = (value: string) => void this.#values.set(key, value);
    const value = text(random);
    const choice = old.length > MAX_STRING ? 0 : random.int(0, 7);
    switch (choice) {
      case 0:
        this.#values.delete(key);
        return { args: ["DEL", key], expected: has ? "1" : "0" };
      case 1:
        set(value);
        return { args: ["SET", key, value, "GET"], expected: has ? old : null };
      case 2:
        return { args: ["GET", key], expected: has ? old : null };
      case 3:
        set(old + value);
        return { args: ["APPEND", key, value], expected: `${old.length + value.length}` };
      case 4: {
        const at = random.int(0, old.length);
        set(old.slice(0, at) + value + old.slice(at + value.length));
        const length = Math.max(old.length, at + value.length);
        return { args: ["SETRANGE", key, `${at}`, value], expected: `${length}` };
      }
      case 5: {
        const bit = random.int(0, 8 * old.length + 8);
        const bytes = Array.from(old, (char) => char.charCodeAt(0));
        while (bytes.length <= bit >> 3) bytes.push(0);
        const before = (bytes[bit >> 3] ?? 0) >> (7 - (bit & 7)) & 1;
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ 1 << (7 - (bit & 7));
        set(String.fromCharCode(...bytes));
        return { args: ["SETBIT", key, `${bit}`, `${1 - before}`], expected: `${before}` };
      }
      case 6: {
        let bits = 0;
        for (const char of old) for (let c = char.charCodeAt(0); c > 0; c >>= 1) bits += c & 1;
        return { args: ["BITCOUNT", key], expected: `${bits}` };
      }
      default:
        return { args: ["GETRANGE", key, "1", "5"], expected: old.slice(1, 6) };
    }
  }

  all(): Step[] {
    return [...this.#values].map(([key, value]) => ({ args: ["GET", key], expected: value }));
  }
}

/** A list. */
class List implements Model {
  readonly #key: string;
  readonly #list: string[] = [];

  constructor(name: string) {
    this.#key = name;
  }

  next(random: Random): Step {
    const [key, list, value] = [this.#key, this.#list, text(random)];
    const at = random.int(0, list.length + 2);
    switch (list.length > MAX_ELEMENTS ? 5 : random.int(0, 7)) {
      case 0:
      case 1:
        list.push(value);
        return { args: ["RPUSH", key, value], expected: `${list.length}` };
      case 2:
        list.unshift(value);
        return { args: ["LPUSH", key, value], expected: `${list.length}` };
      case 3:
        return { args: ["LPOP", key], expected: list.shift() ?? null };
      case 4:
        return { args: ["LINDEX", key, `${at}`], expected: list[at] ?? null };
      case 5:
        list.splice(0, list.length, ...list.slice(2, 60));
        return { args: ["LTRIM", key, "2", "59"], expected: "OK" };
      case 6: {
        const pivot = list[at] ?? "none";
        const place = list.indexOf(pivot);
        if (place >= 0) list.splice(place, 0, value);
        const expected = place >= 0 ? `${list.length}` : list.length > 0 ? "-1" : "0";
        return { args: ["LINSERT", key, "BEFORE", pivot, value], expected };
      }
      default:
        return { args: ["LRANGE", key, `${at}`, `${at + 4}`], expected: list.slice(at, at + 5) };
    }
  }

  all(): Step[] {
    return [{ args: ["LRANGE", this.#key, "0", "-1"], expected: [...this.#list] }];
  }
}

/** A hash. */
class Hash implements Model {
  readonly #key: string;
  readonly #fields = new Map<string, string>();

  constructor(name: string) {
    this.#key = name;
  }

  next(random: Random): Step {
    const [key, fields] = [this.#key, this.#fields];
    const field = `f${random.int(0, 300)}`;
    const old = fields.get(field);
    switch (random.int(0, 4)) {
      case 0:
      case 1: {
        const value = text(random);
        fields.set(field, value);
        return { args: ["HSET", key, field, value], expected: old === undefined ? "1" : "0" };
      }
      case 2:
        fields.delete(field);
        return { args: ["HDEL", key, field], expected: old === undefined ? "0" : "1" };
      case 3:
        return { args: ["HLEN", key], expected: `${fields.size}` };
      default:
        return { args: ["HGET", key, field], expected: old ?? null };
    }
  }

  all(): Step[] {
    const expected = anyOrder([...this.#fields].flat());
    return [{ args: ["HGETALL", this.#key], expected }];
  }
}

/** A set, of integers at first and of anything later. */
class Members implements Model {
  readonly #key: string;
  readonly #members = new Set<string>();
  #steps = 0;

  constructor(name: string) {
    this.#key = name;
  }

  next(random: Random): Step {
    const [key, members] = [this.#key, this.#members];
    const prefix = ++this.#steps % 4000 < 2000 ? "" : "m";
    const member = `${prefix}${random.int(0, 900)}`;
    const has = members.has(member);
    switch (random.int(0, 4)) {
      case 0:
      case 1:
        members.add(member);
        return { args: ["SADD", key, member], expected: has ? "0" : "1" };
      case 2:
        members.delete(member);
        return { args: ["SREM", key, member], expected: has ? "1" : "0" };
      case 3:
        return { args: ["SCARD", key], expected: `${members.size}` };
      default:
        return { args: ["SISMEMBER", key, member], expected: has ? "1" : "0" };
    }
  }

  all(): Step[] {
    return [{ args: ["SMEMBERS", this.#key], expected: anyOrder(this.#members) }];
  }
}

/** A sorted set whose scores are all different, and one of places. */
class Ranking implements Model {
  readonly #key: string;
  readonly #scores = new Map<string, number>();
  readonly #places = new Set<string>();

  constructor(name: string) {
    this.#key = name;
  }

  get #order(): string[] {
    return [...this.#scores].sort(([, a], [, b]) => a - b).map(([member]) => member);
  }

  next(random: Random): Step {
    const [key, scores] = [this.#key, this.#scores];
    const n = random.int(0, 300);
    const member = `m${n}`;
    const old = scores.get(member);
    switch (random.int(0, 7)) {
      case 0:
      case 1: {
        const score = random.int(-1000, 1000) + n / 1024;
        scores.set(member, score);
        return { args: ["ZADD", key, `${score}`, member], expected: old === undefined ? "1" : "0" };
      }
      case 2:
        scores.delete(member);
        return { args: ["ZREM", key, member], expected: old === undefined ? "0" : "1" };
      case 3:
        return { args: ["ZSCORE", key, member], expected: old === undefined ? null : `${old}` };
      case 4: {
        const rank = this.#order.indexOf(member);
        return { args: ["ZRANK", key, member], expected: rank < 0 ? null : `${rank}` };
      }
      case 5:
        return { args: ["ZRANGE", key, `${n}`, `${n + 5}`], expected: this.#order.slice(n, n + 6) };
      case 6: {
        const isNew = !this.#places.has(member);
        this.#places.add(member);
        const args = ["GEOADD", `${key}:places`, `${n / 10}`, `${n / 5}`, member];
        return { args, expected: isNew ? "1" : "0" };
      }
      default: {
        const from = ["FROMLONLAT", "0", "0", "BYRADIUS", "21000", "km"];
        return { args: ["GEOSEARCH", `${key}:places`, ...from], expected: anyOrder(this.#places) };
      }
    }
  }

  all(): Step[] {
    return [
      { args: ["ZRANGE", this.#key, "0", "-1"], expected: this.#order },
      { args: ["ZRANGE", `${this.#key}:places`, "0", "-1"], expected: anyOrder(this.#places) },
    ];
  }
}

/** A stream with a group of which one consumer reads. */
class Log implements Model {
  readonly #key: string;
  #added = 0;
  #delivered = 0;
  /** The oldest that is still there. */
  #first = 1;
  readonly #pending: number[] = [];
  #begun = false;

  constructor(name: string) {
    this.#key = name;
  }

  #entry(n: number): Expected {
    return [`${n}-0`, ["n", `${n}`]];
  }

  next(random: Random): Step {
    const key = this.#key;
    if (!this.#begun) {
      this.#begun = true;
      return { args: ["XGROUP", "CREATE", key, "g", "0", "MKSTREAM"], expected: "OK" };
    }
    switch (random.int(0, 5)) {
      case 0:
      case 1: {
        const n = ++this.#added;
        return { args: ["XADD", key, `${n}-0`, "n", `${n}`], expected: `${n}-0` };
      }
      case 2: {
        const count = random.int(1, 5);
        const entries: Expected[] = [];
        while (entries.length < count && this.#delivered < this.#added) {
          this.#pending.push(++this.#delivered);
          entries.push(this.#entry(this.#delivered));
        }
        const args = ["XREADGROUP", "GROUP", "g", "c", "COUNT", `${count}`, "STREAMS", key, ">"];
        return { args, expected: entries.length > 0 ? [[key, entries]] : null };
      }
      case 3: {
        const n = this.#pending.shift() ?? 0;
        return { args: ["XACK", key, "g", `${n}-0`], expected: n > 0 ? "1" : "0" };
      }
      case 4: {
        // What everybody has read and acknowledged may go.
        const first = this.#pending[0] ?? this.#delivered + 1;
        const removed = first - this.#first;
        this.#first = first;
        return { args: ["XTRIM", key, "MINID", `${first}-0`], expected: `${removed}` };
      }
      default: {
        const args = ["XREVRANGE", key, "+", "-", "COUNT", "1"];
        return { args, expected: this.#added < this.#first ? [] : [this.#entry(this.#added)] };
      }
    }
  }

  all(): Step[] {
    const key = this.#key;
    const length = `${this.#added - this.#first + 1}`;
    const pending = this.#pending.map((n) => `${n}-0`);
    const isPending = (reply: Reply) =>
      Array.isArray(reply.value) &&
      reply.value.map((item) => texts(item)[0]).join() === pending.join();
    return [
      { args: ["XLEN", key], expected: length },
      { args: ["XPENDING", key, "g", "-", "+", "1000000"], expected: isPending },
    ];
  }
}

/** How far a count of a HyperLogLog may be off: five times its standard error. */
const SKETCH_ERROR = 0.05;

/** A HyperLogLog, of which only the size is known. */
class Sketch implements Model {
  readonly #key: string;
  #count = 0;

  constructor(name: string) {
    this.#key = name;
  }

  next(random: Random): Step {
    if (random.chance(0.5)) return this.#counted;
    const added = Array.from({ length: random.int(1, 10) }, () => `${++this.#count}`);
    return { args: ["PFADD", this.#key, ...added], expected: ({ kind }) => kind === ":" };
  }

  get #counted(): Step {
    const count = this.#count;
    const allowed = Math.max(3, count * SKETCH_ERROR);
    const expected = ({ value }: Reply) => Math.abs(Number(value) - count) <= allowed;
    return { args: ["PFCOUNT", this.#key], expected };
  }

  all(): Step[] {
    return [this.#counted];
  }
}

/** The library of functions that {@linkcode Accounts} calls. */
export const LIBRARY = `#!lua name=soak
redis.register_function('transfer', function(keys, args)
  local left = tonumber(redis.call('HGET', keys[1], 'balance') or 0) - args[1]
  redis.call('HSET', keys[1], 'balance', left)
  return {redis.call('HINCRBY', keys[2], 'balance', args[1]), left}
end)`;

const TRANSFER = "local a = redis.call('HINCRBY', KEYS[1], 'balance', -ARGV[1])\n" +
  "local b = redis.call('HINCRBY', KEYS[2], 'balance', ARGV[1])\n" +
  "for i = 1, 100 do b = b + i - i end return {b, a}";

/** Accounts between which scripts and functions transfer. */
class Accounts implements Model {
  readonly #name: string;
  readonly #balances = new Map<string, number>();

  constructor(name: string) {
    this.#name = name;
  }

  next(random: Random): Step {
    const keys = [random.int(0, 9), random.int(10, 19)].map((n) => `${this.#name}:${n}`);
    const [from = "", to = ""] = keys;
    const amount = random.int(1, 1000);
    const left = (this.#balances.get(from) ?? 0) - amount;
    const now = (this.#balances.get(to) ?? 0) + amount;
    this.#balances.set(from, left);
    this.#balances.set(to, now);
    const call = random.chance(0.5) ? ["FCALL", "transfer"] : ["EVAL", TRANSFER];
    return { args: [...call, "2", from, to, `${amount}`], expected: [`${now}`, `${left}`] };
  }

  all(): Step[] {
    return [...this.#balances].map(([key, balance]) => ({
      args: ["HGET", key, "balance"],
      expected: `${balance}`,
    }));
  }
}

/** All models; each client has one. */
export const MODELS: readonly (new (name: string) => Model)[] = [
  Strings,
  List,
  Hash,
  Members,
  Ranking,
  Log,
  Sketch,
  Accounts,
];
