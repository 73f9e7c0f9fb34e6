/**
 * The library `cjson`, version 2.1.0: JSON text from Lua values and back.
 *
 * @module
 */

import { argument, checkInt, checkString, result } from "./arguments.ts";
import { type Library, register } from "./library.ts";
import { type Machine, MAX_STRING, typeName } from "./machine.ts";
import { charge, ELEMENT_BYTES, STRING_BYTES, TABLE_BYTES } from "./memory.ts";
import { formatG, formatNonFinite, formatNumber, parseNumberPrefix } from "./number.ts";
import { makeList, Shape, Table } from "./table.ts";
import { type LuaValue, Userdata } from "./value.ts";

/** What JSON's null is in Lua: a null pointer. */
export const JSON_NULL: Userdata = new Userdata("(nil)");

const MAX_INT = 2 ** 31 - 1;

/** How numbers that JSON does not have are encoded. */
const INVALID_NUMBERS = ["off", "on", "null"];
const SWITCH = ["off", "on"];

/** What scripts can set. Numbers that stand for a choice are its place in a list. */
class Settings {
  sparseConvert = 0;
  sparseRatio = 2;
  sparseSafe = 10;
  encodeMaxDepth = 1000;
  decodeMaxDepth = 1000;
  encodeInvalidNumbers = 0;
  decodeInvalidNumbers = 1;
  keepBuffer = 1;
  precision = 14;
}

type Setting = keyof Settings;

/** What JSON writes for a character: what C's `iscntrl` names, and three more, with a backslash. */
const ESCAPES: (string | undefined)[] = Array.from({ length: 256 }, (_, c) => {
  const character = String.fromCharCode(c);
  if (c === 127) return "\\u007f";
  if (character === "/") return "\\/";
  const quoted = JSON.stringify(character).slice(1, -1);
  return quoted === character ? undefined : quoted;
});

/** From which length on the engine escapes a text: it takes less memory for many escapes. */
const LONG_TEXT = 128;

function quote(text: string): string {
  let quoted = '"';
  let done = 0;
  for (let i = 0; i < text.length; i++) {
    const escape = ESCAPES[text.charCodeAt(i)];
    if (escape === undefined) continue;
    if (text.length >= LONG_TEXT) {
      // JavaScript's escapes are the same, but for two characters that it lets stand.
      return JSON.stringify(text).replace(/\//g, "\\/").replace(/\x7f/g, "\\u007f");
    }
    quoted += text.slice(done, i) + escape;
    done = i + 1;
  }
  return done === 0 ? `"${text}"` : `${quoted}${text.slice(done)}"`;
}

/** Encodes one value. */
class Encoder {
  readonly #m: Machine;
  readonly #settings: Settings;
  #text = "";

  constructor(m: Machine, settings: Settings) {
    this.#m = m;
    this.#settings = settings;
  }

  encode(value: LuaValue): string {
    this.#value("", value, 0);
    if (this.#text.length > MAX_STRING) throw new RangeError("Too long a text");
    return this.#text;
  }

  #add(piece: string): void {
    charge(piece.length + STRING_BYTES);
    this.#text += piece;
  }

  /** Adds a value, with what separates it from the text so far. */
  #value(before: string, value: LuaValue, depth: number): void {
    if (value instanceof Table) this.#table(before, value, depth + 1);
    else this.#add(before + this.#scalar(value));
  }

  #scalar(value: LuaValue): string {
    if (typeof value === "string") return quote(value);
    if (typeof value === "number") return this.#number(value);
    if (value === undefined || value === JSON_NULL) return "null";
    if (typeof value === "boolean") return value ? "true" : "false";
    return this.#fail(value, "type not supported");
  }

  #fail(value: LuaValue, reason: string): never {
    this.#m.error(`Cannot serialise ${typeName(value)}: ${reason}`);
  }

  #number(value: number): string {
    if (Number.isFinite(value)) {
      const { precision } = this.#settings;
      return precision === 14 ? formatNumber(value) : formatG(value, precision, false);
    }
    const mode = this.#settings.encodeInvalidNumbers;
    if (mode === 0) this.#fail(value, "must not be NaN or Inf");
    if (mode === 2) return "null";
    return Number.isNaN(value) ? "nan" : formatNonFinite(value);
  }

  #table(before: string, table: Table, depth: number): void {
    if (depth > this.#settings.encodeMaxDepth) {
      this.#m.error(`Cannot serialise, excessive nesting (${depth})`);
    }
    const length = this.#arrayLength(table);
    if (length > 0) {
      this.#value(`${before}[`, table.getNumber(1), depth);
      for (let n = 2; n <= length; n++) this.#value(",", table.getNumber(n), depth);
      this.#add("]");
      return;
    }
    let separator = `${before}{`;
    table.forEach((key, value) => {
      const name = typeof key === "number"
        ? `"${this.#number(key)}"`
        : typeof key === "string"
        ? quote(key)
        : this.#fail(key, "table key must be a number or string");
      this.#value(`${separator}${name}:`, value, depth);
      separator = ",";
    });
    this.#add(separator === "," ? "}" : `${separator}}`);
  }

  /** How many elements there are if a table is an array, with its holes; -1 if it is none. */
  #arrayLength(table: Table): number {
    const { array, values, shape: { keys } } = table;
    let max = 0;
    let items = 0;
    for (let n = 1; n < array.length; n++) {
      if (array[n] === undefined) continue;
      max = n;
      items++;
    }
    for (let slot = 1; slot < values.length; slot++) {
      if (values[slot] === undefined) continue;
      const key = keys[slot];
      if (typeof key !== "number" || Math.floor(key) !== key || key < 1) return -1;
      // Beyond its range, C's conversion to an integer gives the least one.
      if (key > max) max = key > MAX_INT ? -MAX_INT - 1 : key;
      items++;
    }
    const { sparseConvert, sparseRatio, sparseSafe } = this.#settings;
    if (sparseRatio > 0 && max > Math.imul(items, sparseRatio) && max > sparseSafe) {
      if (sparseConvert === 0) this.#fail(table, "excessively sparse array");
      return -1;
    }
    return max;
  }
}

/** What the engine's own parser makes of JSON. */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The longest text that the engine's own parser gets, in characters: what it makes is not charged. */
const MAX_PARSED = 1 << 20;
/** Keys up to this length are shared by the tables that a module decodes. */
const MAX_SHARED_KEY = 64;

/** Decodes texts by the engine's own parser, of which only the values are left to convert. */
class Converter {
  readonly #settings: Settings;
  /** The shape of empty tables, from which those of all decoded tables come. */
  #shape = Shape.root();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * Decodes a text.
   *
   * @returns Its value, or `undefined` if the text is to be decoded as C does: it may be wrong, and
   * its escapes of UTF-16 are other characters in JavaScript.
   */
  decode(text: string): LuaValue {
    if (text.length > MAX_PARSED || text.includes("\\u")) return undefined;
    let parsed: Json;
    try {
      parsed = JSON.parse(text);
    } catch {
      return undefined;
    }
    if (this.#shape.isFull) this.#shape = Shape.root();
    return this.#convert(parsed, 0);
  }

  /** Returns a value, or `undefined` if it is nested too deep. */
  #convert(value: Json, depth: number): LuaValue {
    if (typeof value === "string") {
      charge(value.length + STRING_BYTES);
      return value;
    }
    if (typeof value !== "object") return value;
    if (value === null) return JSON_NULL;
    if (depth >= this.#settings.decodeMaxDepth) return undefined;
    charge(TABLE_BYTES);
    if (Array.isArray(value)) {
      const list = makeList();
      for (let i = 0; i < value.length; i++) {
        const element = this.#convert(value[i] ?? null, depth + 1);
        if (element === undefined) return undefined;
        list.push(element);
      }
      return Table.of(list);
    }
    const table = new Table(this.#shape);
    for (const key in value) {
      const field = this.#convert(value[key] ?? null, depth + 1);
      if (field === undefined) return undefined;
      if (key.length <= MAX_SHARED_KEY) table.addField(key, field);
      else table.set(key, field);
    }
    return table;
  }
}

/** The kinds of tokens, as error messages name them. */
const enum Token {
  ObjectBegin = "T_OBJ_BEGIN",
  ObjectEnd = "T_OBJ_END",
  ArrayBegin = "T_ARR_BEGIN",
  ArrayEnd = "T_ARR_END",
  String = "T_STRING",
  Number = "T_NUMBER",
  Boolean = "T_BOOLEAN",
  Null = "T_NULL",
  Colon = "T_COLON",
  Comma = "T_COMMA",
  End = "T_END",
  Error = "T_ERROR",
}

const PUNCTUATION: Record<string, Token> = {
  "{": Token.ObjectBegin,
  "}": Token.ObjectEnd,
  "[": Token.ArrayBegin,
  "]": Token.ArrayEnd,
  ",": Token.Comma,
  ":": Token.Colon,
};

const UNESCAPED: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
};

/** What a number looks like that JSON does not have. */
const INVALID_NUMBER = /(?:\+|-?0[xX0-9]|-?(?:inf|nan))/iy;

/** Decodes one text. */
class Decoder {
  readonly #m: Machine;
  readonly #text: string;
  readonly #settings: Settings;
  #at = 0;
  #depth = 0;
  #token = Token.End;
  /** Where the token began, or what is wrong with it. */
  #index = 0;
  #value: LuaValue;
  #problem = "";

  constructor(m: Machine, text: string, settings: Settings) {
    this.#m = m;
    this.#text = text;
    this.#settings = settings;
  }

  decode(): LuaValue {
    this.#next();
    const value = this.#process();
    this.#next();
    if (this.#token !== Token.End) this.#unexpected("the end");
    return value;
  }

  #unexpected(expected: string): never {
    const found = this.#token === Token.Error ? this.#problem : this.#token;
    this.#m.error(`Expected ${expected} but found ${found} at character ${this.#index + 1}`);
  }

  #wrong(problem: string): void {
    this.#token = Token.Error;
    this.#index = this.#at;
    this.#problem = problem;
  }

  #next(): void {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code === 32 || code === 9 || code === 10 || code === 13) {
      code = text.charCodeAt(++this.#at);
    }
    this.#index = this.#at;
    if (code === 34) return this.#string();
    if (code === 45 || code >= 48 && code <= 57) return this.#number();
    // The end of the text, or a zero, which ends it for C.
    if (!(code > 0)) {
      this.#token = Token.End;
      return;
    }
    const punctuation = PUNCTUATION[text.charAt(this.#at)];
    if (punctuation !== undefined) {
      this.#token = punctuation;
      this.#at++;
    } else this.#word();
  }

  #word(): void {
    const text = this.#text;
    const known = [["true", true], ["false", false], ["null", JSON_NULL]] as const;
    for (const [word, value] of known) {
      if (!text.startsWith(word, this.#at)) continue;
      this.#token = value === JSON_NULL ? Token.Null : Token.Boolean;
      this.#value = value;
      this.#at += word.length;
      return;
    }
    const mayBeNumber = "+iInN".includes(text.charAt(this.#at));
    if (mayBeNumber && this.#settings.decodeInvalidNumbers === 1 && this.#isInvalidNumber()) {
      this.#readNumber();
    } else this.#wrong("invalid token");
  }

  #isInvalidNumber(): boolean {
    INVALID_NUMBER.lastIndex = this.#at;
    return INVALID_NUMBER.test(this.#text);
  }

  #number(): void {
    if (this.#settings.decodeInvalidNumbers === 0 && this.#isInvalidNumber()) {
      this.#wrong("invalid number");
    } else this.#readNumber();
  }

  #readNumber(): void {
    const number = parseNumberPrefix(this.#text, this.#at);
    if (number === undefined) return this.#wrong("invalid number");
    this.#token = Token.Number;
    this.#value = number.value;
    this.#at = number.end;
  }

  #string(): void {
    const text = this.#text;
    let start = ++this.#at;
    let value = "";
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === 34) break;
      if (!(code > 0)) return this.#wrong("unexpected end of string");
      if (code !== 92) {
        this.#at++;
        continue;
      }
      value += text.slice(start, this.#at);
      const escape = text.charAt(this.#at + 1);
      if (escape === "u") {
        const unescaped = this.#unicode();
        if (unescaped === undefined) return this.#wrong("invalid unicode escape code");
        value += unescaped;
      } else {
        const unescaped = UNESCAPED[escape];
        if (unescaped === undefined) return this.#wrong("invalid escape code");
        value += unescaped;
        this.#at += 2;
      }
      start = this.#at;
    }
    this.#value = value + text.slice(start, this.#at);
    this.#at++;
    this.#token = Token.String;
  }

  #unit(at: number): number {
    const digits = this.#text.slice(at, at + 4);
    return /^[\da-fA-F]{4}$/.test(digits) ? parseInt(digits, 16) : -1;
  }

  /** Reads one or two escapes of UTF-16, and returns the character's UTF-8. */
  #unicode(): string | undefined {
    let code = this.#unit(this.#at + 2);
    if (code < 0) return undefined;
    let length = 6;
    if ((code & 0xf800) === 0xd800) {
      if ((code & 0x400) !== 0 || !this.#text.startsWith("\\u", this.#at + 6)) return undefined;
      const low = this.#unit(this.#at + 8);
      if (low < 0 || (low & 0xfc00) !== 0xdc00) return undefined;
      code = ((code & 0x3ff) << 10 | low & 0x3ff) + 0x10000;
      length = 12;
    }
    this.#at += length;
    const rest = (shift: number) => code >> shift & 0x3f | 0x80;
    if (code < 0x80) return String.fromCharCode(code);
    if (code < 0x800) return String.fromCharCode(code >> 6 | 0xc0, rest(0));
    if (code < 0x10000) return String.fromCharCode(code >> 12 | 0xe0, rest(6), rest(0));
    return String.fromCharCode(code >> 18 | 0xf0, rest(12), rest(6), rest(0));
  }

  #process(): LuaValue {
    switch (this.#token) {
      case Token.String:
        charge((this.#value as string).length + STRING_BYTES);
        return this.#value;
      case Token.Number:
      case Token.Boolean:
        return this.#value;
      case Token.Null:
        return JSON_NULL;
      case Token.ObjectBegin:
        return this.#nested(() => this.#object());
      case Token.ArrayBegin:
        return this.#nested(() => this.#array());
    }
    this.#unexpected("value");
  }

  #nested(read: () => Table): Table {
    if (++this.#depth > this.#settings.decodeMaxDepth) {
      this.#m.error(
        `Found too many nested data structures (${this.#depth}) at character ${this.#at}`,
      );
    }
    charge(TABLE_BYTES);
    const table = read();
    this.#depth--;
    return table;
  }

  #object(): Table {
    const table = new Table();
    this.#next();
    while (this.#token !== Token.ObjectEnd || table.shape.keys.length > 1) {
      if (this.#token !== Token.String) this.#unexpected("object key string");
      const key = this.#value;
      this.#next();
      if (!this.#is(Token.Colon)) this.#unexpected("colon");
      this.#next();
      table.set(key, this.#process());
      this.#next();
      if (this.#is(Token.ObjectEnd)) break;
      if (!this.#is(Token.Comma)) this.#unexpected("comma or object end");
      this.#next();
    }
    return table;
  }

  #array(): Table {
    const values = makeList();
    this.#next();
    while (this.#token !== Token.ArrayEnd || values.length > 1) {
      values.push(this.#process());
      charge(ELEMENT_BYTES);
      this.#next();
      if (this.#is(Token.ArrayEnd)) break;
      if (!this.#is(Token.Comma)) this.#unexpected("comma or array end");
      this.#next();
    }
    return Table.of(values);
  }

  #is(token: Token): boolean {
    return this.#token === token;
  }
}

/** Makes the module with settings of its own, as `cjson.new` does. */
function makeModule(): Table {
  const settings = new Settings();
  const converter = new Converter(settings);
  const checkCount = (m: Machine, count: number, max: number) => {
    if (count > max) m.argumentError(max + 1, "found too many arguments");
  };
  const integer = (
    m: Machine,
    args: number,
    count: number,
    n: number,
    setting: Setting,
    min: number,
    max: number,
  ): number => {
    if (argument(m, args, count, n) !== undefined) {
      const value = checkInt(m, args, count, n);
      if (value < min || value > max) {
        m.argumentError(1, `expected integer between ${min} and ${max}`);
      }
      settings[setting] = value;
    }
    return settings[setting];
  };
  const choice = (
    m: Machine,
    args: number,
    count: number,
    n: number,
    setting: Setting,
    options: readonly string[],
  ): LuaValue => {
    const value = argument(m, args, count, n);
    if (typeof value === "boolean") settings[setting] = value ? 1 : 0;
    else if (value !== undefined) {
      const name = checkString(m, args, count, n);
      if (!options.includes(name)) m.argumentError(n, `invalid option '${name}'`);
      settings[setting] = options.indexOf(name);
    }
    const chosen = settings[setting];
    return chosen < 2 ? chosen === 1 : options[chosen];
  };
  const integerFunction =
    (setting: Setting, min: number, max: number): Library[string] =>
    (m: Machine, args: number, count: number) => {
      checkCount(m, count, 1);
      return result(m, args, integer(m, args, count, 1, setting, min, max));
    };
  const choiceFunction =
    (setting: Setting, options: readonly string[]): Library[string] =>
    (m: Machine, args: number, count: number) => {
      checkCount(m, count, 1);
      return result(m, args, choice(m, args, count, 1, setting, options));
    };
  const module: Library = {
    encode: (m, args, count) => {
      if (count !== 1) m.argumentError(1, "expected 1 argument");
      return result(m, args, new Encoder(m, settings).encode(m.stack[args]));
    },
    decode: (m, args, count) => {
      if (count !== 1) m.argumentError(1, "expected 1 argument");
      const text = checkString(m, args, count, 1);
      if (text.length >= 2 && (text[0] === "\0" || text[1] === "\0")) {
        m.error("JSON parser does not support UTF-16 or UTF-32");
      }
      const value = converter.decode(text) ?? new Decoder(m, text, settings).decode();
      return result(m, args, value);
    },
    encode_sparse_array: (m, args, count) => {
      checkCount(m, count, 3);
      const convert = choice(m, args, count, 1, "sparseConvert", SWITCH);
      const ratio = integer(m, args, count, 2, "sparseRatio", 0, MAX_INT);
      const safe = integer(m, args, count, 3, "sparseSafe", 0, MAX_INT);
      m.stack[args - 1] = convert;
      m.stack[args] = ratio;
      m.stack[args + 1] = safe;
      return 3;
    },
    encode_max_depth: integerFunction("encodeMaxDepth", 1, MAX_INT),
    decode_max_depth: integerFunction("decodeMaxDepth", 1, MAX_INT),
    encode_number_precision: integerFunction("precision", 1, 14),
    encode_keep_buffer: choiceFunction("keepBuffer", SWITCH),
    encode_invalid_numbers: choiceFunction("encodeInvalidNumbers", INVALID_NUMBERS),
    decode_invalid_numbers: choiceFunction("decodeInvalidNumbers", SWITCH),
    new: (m, args) => result(m, args, makeModule()),
    _NAME: "cjson",
    _VERSION: "2.1.0",
  };
  const table = register(new Table(), module);
  table.set("null", JSON_NULL);
  return table;
}

/** Puts the library into a machine. */
export function openCjson(m: Machine): void {
  m.globals.set("cjson", makeModule());
}
