/**
 * What a script returns, as a reply.
 *
 * @module
 */

import { formatDouble } from "../double.ts";
import { cString } from "../lua/arguments.ts";
import { type LuaValue, Table } from "../lua/mod.ts";
import { formatNumber } from "../lua/number.ts";
import type { Reply } from "../protocol/reply.ts";

/** How many values C Lua's stack holds, of which one more level of a table takes some. */
const MAX_STACK = 8000;
/** How many must be free for each value. */
const STACK_MARGIN = 4;
/** How many there are with the outermost value. */
const FIRST_STACK = 2;

/** More than this is not replied: a table that holds itself twice would have no end. In bytes. */
const MAX_REPLY = 64 * 1024 * 1024;

const MAX_INT64 = 2 ** 63;

/** A table whose elements are being written. */
interface Open {
  /** What is to be written, from `next` on. */
  readonly values: readonly LuaValue[];
  next: number;
  readonly end: number;
  /** How much of C Lua's stack is in use at an element: the first of each pair and the others. */
  readonly keyStack: number;
  readonly stack: number;
}

/**
 * Writes a value of Lua that is no table as a reply.
 *
 * @param resp The protocol that the script has chosen.
 */
export function writeScalar(reply: Reply, resp: 2 | 3, value: LuaValue): void {
  if (typeof value === "string") reply.text(value);
  else if (typeof value === "number") writeInteger(reply, value);
  else if (typeof value !== "boolean") reply.null();
  else if (resp === 3) reply.boolean(value);
  else if (value) reply.integer(1);
  else reply.null();
}

/** As C converts a double to an integer of 64 bits. */
function writeInteger(reply: Reply, value: number): void {
  const integer = Math.trunc(value);
  if (Number.isSafeInteger(integer)) reply.integer(integer);
  else {
    const fits = integer >= -MAX_INT64 && integer < MAX_INT64;
    reply.bigInteger(BigInt(fits ? integer : -MAX_INT64));
  }
}

/** Writes a table of Lua as a reply. It takes no JavaScript stack for what is nested. */
export class TableWriter {
  readonly #reply: Reply;
  readonly #resp: 2 | 3;
  readonly #onError: (message: string, isNew: boolean) => void;
  readonly #open: Open[] = [];
  readonly #begun: number;

  /**
   * @param resp The protocol that the script has chosen.
   * @param onError Is told of each error that is written, and whether it is not counted yet.
   */
  constructor(reply: Reply, resp: 2 | 3, onError: (message: string, isNew: boolean) => void) {
    this.#reply = reply;
    this.#resp = resp;
    this.#onError = onError;
    this.#begun = reply.length;
  }

  write(table: Table): void {
    this.#table(table, FIRST_STACK);
    while (this.#open.length > 0) {
      const top = this.#open[this.#open.length - 1]!;
      if (top.next === top.end) {
        this.#open.pop();
        continue;
      }
      const isKey = (top.end - top.next) % 2 === 0;
      this.#one(top.values[top.next++], isKey ? top.keyStack : top.stack);
      if (this.#reply.length - this.#begun > MAX_REPLY) {
        this.#reply.truncate(this.#begun);
        return this.#error("ERR the reply of the script is too long");
      }
    }
  }

  #one(value: LuaValue, stack: number): void {
    if (stack + STACK_MARGIN > MAX_STACK) return this.#error("ERR reached lua stack limit");
    if (value instanceof Table) this.#table(value, stack);
    else writeScalar(this.#reply, this.#resp, value);
  }

  #table(table: Table, stack: number): void {
    const reply = this.#reply;
    const error = table.getKey("err");
    if (typeof error === "string") {
      return this.#error(
        cString(error).replace(/[\r\n]+$/, ""),
        table.getKey("ignore_error_stats_update") !== true,
      );
    }
    const ok = table.getKey("ok");
    if (typeof ok === "string") return reply.simple(cString(ok).replace(/[\r\n]/g, " "));
    const double = table.getKey("double");
    if (typeof double === "number") return reply.double(printed(double));
    const bigNumber = table.getKey("big_number");
    if (typeof bigNumber === "string") return reply.bigNumber(bigNumber.replace(/[\r\n]/g, " "));
    const verbatim = table.getKey("verbatim_string");
    if (verbatim instanceof Table) {
      const format = verbatim.getKey("format");
      const text = verbatim.getKey("string");
      if (typeof format === "string" && typeof text === "string") {
        return reply.verbatim(text, cString(format).slice(0, 3).padEnd(3));
      }
    }
    const map = table.getKey("map");
    if (map instanceof Table) return this.#map(map, stack);
    const set = table.getKey("set");
    if (set instanceof Table) return this.#set(set, stack);
    let end = 1;
    while (table.getNumber(end) !== undefined) end++;
    reply.array(end - 1);
    const values = table.array;
    // Elements that are not in the array part come one by one.
    const elements = values.length >= end
      ? values
      : Array.from({ length: end }, (_, n) => table.getNumber(n));
    this.#open.push({ values: elements, next: 1, end, keyStack: stack + 1, stack: stack + 1 });
  }

  #map(map: Table, stack: number): void {
    const pairs: LuaValue[] = [];
    map.forEach((key, value) => pairs.push(key, value));
    this.#reply.map(pairs.length / 2);
    this.#open.push({
      values: pairs,
      next: 0,
      end: pairs.length,
      keyStack: stack + 4,
      stack: stack + 3,
    });
  }

  #set(set: Table, stack: number): void {
    const members: LuaValue[] = [];
    set.forEach((member) => members.push(member));
    this.#reply.set(members.length);
    const { length: end } = members;
    this.#open.push({ values: members, next: 0, end, keyStack: stack + 3, stack: stack + 3 });
  }

  #error(message: string, isNew = true): void {
    this.#reply.error(message);
    this.#onError(message, isNew);
  }
}

/** A double as Redis prints it. */
export function printed(value: number): string {
  return Number.isNaN(value) ? formatNumber(value) : formatDouble(value);
}
