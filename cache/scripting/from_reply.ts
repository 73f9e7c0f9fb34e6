/**
 * What a command has replied, as a value of Lua.
 *
 * @module
 */

import { charge, ELEMENT_BYTES, STRING_BYTES } from "../lua/memory.ts";
import { type LuaValue, Table } from "../lua/mod.ts";
import { Shape } from "../lua/table.ts";
import { textOf } from "./text.ts";

const CR = 13;
const MINUS = 45;
const ZERO = 48;

const ROOT = Shape.root();
/** Of the tables that say that all went well, which are the most usual ones. */
const STATUS = ROOT.with("ok") ?? ROOT;

/** What a command replies that has only to say that all went well, as scripts get it. */
export function statusTable(text: string): Table {
  const table = new Table(STATUS);
  table.values = [undefined, text];
  charge(ELEMENT_BYTES);
  return table;
}

/** An error as scripts get it: a table with a field. */
export function errorTable(message: string): Table {
  const table = new Table();
  table.addField("err", message);
  return table;
}

/**
 * The error of a command, which is counted already.
 *
 * @param message With or without a code after `-`.
 */
export function commandError(message: string): Table {
  const table = errorTable(withCode(message));
  table.addField("ignore_error_stats_update", true);
  return table;
}

/** What `-CODE text` says, or `ERR text` where there is no code. It ends at the first NUL, as in C. */
export function withCode(message: string): string {
  const text = message.replace(/\0.*/s, "");
  const space = text.startsWith("-") ? text.indexOf(" ") : 0;
  if (space > 0) return `${text.slice(1, space)} ${trimLines(text.slice(space + 1))}`;
  return `ERR ${trimLines(space < 0 ? text.slice(1) : text)}`;
}

function trimLines(text: string): string {
  return text.replace(/^[\r\n]+|[\r\n]+$/g, "");
}

const NOTHING = new Uint8Array(0);

/** Reads replies. */
class ReplyParser {
  #bytes: Uint8Array = NOTHING;
  #at = 0;

  /** Reads the first reply in some bytes. */
  readFrom(bytes: Uint8Array): LuaValue {
    this.#bytes = bytes;
    this.#at = 0;
    const value = this.read();
    this.#bytes = NOTHING;
    return value;
  }

  read(): LuaValue {
    const type = this.#bytes[this.#at++];
    switch (type) {
      case 36: { // $
        const length = this.#integer();
        return length < 0 ? false : this.#bulk(length);
      }
      case 58: // :
        return this.#number();
      case 43: // +
        return statusTable(this.#isOk() ? "OK" : this.#line());
      case 45: // -
        return commandError(`-${this.#line()}`);
      case 42: { // *
        const count = this.#integer();
        return count < 0 ? false : this.#array(count);
      }
      case 37: // %
        return this.#wrapped("map", this.#map());
      case 126: // ~
        return this.#wrapped("set", this.#set());
      case 35: // #
        return this.#line() === "t";
      case 44: // ,
        return this.#wrapped("double", parseDouble(this.#line()));
      case 40: // (
        return this.#wrapped("big_number", this.#line());
      case 61: // =
        return this.#verbatim();
      case 124: // |
        return this.#afterAttribute();
      default: // _
        this.#line();
        return undefined;
    }
  }

  #wrapped(field: string, value: LuaValue): Table {
    const table = new Table();
    table.addField(field, value);
    return table;
  }

  #array(count: number): Table {
    const elements: LuaValue[] = [""];
    for (let i = 0; i < count; i++) elements.push(this.read());
    return Table.of(elements);
  }

  #map(): Table {
    const map = new Table();
    for (let left = this.#integer(); left > 0; left--) {
      const key = this.read();
      const value = this.read();
      if (key !== undefined) map.set(key, value);
    }
    return map;
  }

  #set(): Table {
    const set = new Table();
    for (let left = this.#integer(); left > 0; left--) {
      const member = this.read();
      if (member !== undefined) set.set(member, true);
    }
    return set;
  }

  #verbatim(): Table {
    const text = this.#bulk(this.#integer());
    const verbatim = new Table();
    verbatim.addField("string", text.slice(4));
    verbatim.addField("format", text.slice(0, 3));
    return this.#wrapped("verbatim_string", verbatim);
  }

  /** Scripts do not see attributes, only the reply that they belong to. */
  #afterAttribute(): LuaValue {
    for (let left = 2 * this.#integer(); left > 0; left--) this.read();
    return this.read();
  }

  #bulk(length: number): string {
    const start = this.#at;
    this.#at += length + 2;
    charge(STRING_BYTES + length);
    return textOf(this.#bytes, start, length);
  }

  /** Whether the line is the most usual one; then it is read. */
  #isOk(): boolean {
    const [bytes, at] = [this.#bytes, this.#at];
    const is = bytes[at] === 79 && bytes[at + 1] === 75 && bytes[at + 2] === CR;
    if (is) this.#at += 4;
    return is;
  }

  /** A line of digits, as short as lengths are. */
  #integer(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    let value = 0;
    for (let byte = bytes[at]!; byte !== CR; byte = bytes[++at]!) value = value * 10 + byte - ZERO;
    this.#at = at + 2;
    return negative ? -value : value;
  }

  /** An integer of up to 64 bits, as the nearest double. */
  #number(): number {
    const start = this.#at;
    const value = this.#integer();
    if (Number.isSafeInteger(value)) return value;
    this.#at = start;
    return Number(this.#line());
  }

  #line(): string {
    const end = this.#bytes.indexOf(CR, this.#at);
    const text = textOf(this.#bytes, this.#at, end - this.#at);
    this.#at = end + 2;
    charge(STRING_BYTES + text.length);
    return text;
  }
}

function parseDouble(text: string): number {
  if (text === "inf") return Infinity;
  return text === "-inf" ? -Infinity : Number(text);
}

const parser = new ReplyParser();

/** Reads the reply, which is whole, that some bytes begin with. */
export function fromReply(bytes: Uint8Array): LuaValue {
  return parser.readFrom(bytes);
}
