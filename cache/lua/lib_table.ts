/**
 * The library `table`.
 *
 * @module
 */

import {
  argument,
  checkInt,
  checkTable,
  optionalInt,
  optionalString,
  result,
  wrongType,
} from "./arguments.ts";
import { LuaError } from "./error.ts";
import { type Library, register } from "./library.ts";
import { isFunction, isTruthy, type Machine, MAX_STRING, toText, typeName } from "./machine.ts";
import { charge, STRING_BYTES } from "./memory.ts";
import { Table } from "./table.ts";
import { HostFunction, type LuaFunction, type LuaValue, MUST_CALL } from "./value.ts";

/** After how many elements a function looks at the clock. */
const STEPS_PER_CHECK = 1 << 20;

function checkFunction(
  m: Machine,
  args: number,
  count: number,
  n: number,
): LuaFunction | HostFunction {
  const value = argument(m, args, count, n);
  return isFunction(value) ? value : wrongType(m, args, count, n, "function");
}

function concat(m: Machine, args: number, count: number): number {
  const separator = optionalString(m, args, count, 2, "");
  const table = checkTable(m, args, count, 1);
  const first = optionalInt(m, args, count, 3, 1);
  const last = argument(m, args, count, 4) === undefined
    ? table.length()
    : checkInt(m, args, count, 4);
  let text = "";
  for (let n = first; n <= last; n++) {
    if (n % STEPS_PER_CHECK === 0) m.checkTime();
    const value = table.getNumber(n);
    const piece = typeof value === "string" ? value : toText(value);
    if (piece === undefined) {
      m.error(`invalid value (${typeName(value)}) at index ${n} in table for 'concat'`);
    }
    text += n < last ? piece + separator : piece;
    if (text.length > MAX_STRING) throw new LuaError("not enough memory");
  }
  charge(text.length + STRING_BYTES);
  return result(m, args, text);
}

function insert(m: Machine, args: number, count: number): number {
  const table = checkTable(m, args, count, 1);
  let end = table.length() + 1;
  let position = end;
  if (count === 3) {
    position = checkInt(m, args, count, 2);
    if (position > end) end = position;
    if (end > position) m.checkWritable(table);
    for (let n = end; n > position; n--) {
      if (n % STEPS_PER_CHECK === 0) m.checkTime();
      table.setNumber(n, table.getNumber(n - 1));
    }
  } else if (count !== 2) m.error("wrong number of arguments to 'insert'");
  m.checkWritable(table);
  table.setNumber(position, m.stack[args + count - 1]);
  return 0;
}

function remove(m: Machine, args: number, count: number): number {
  const table = checkTable(m, args, count, 1);
  const end = table.length();
  const position = optionalInt(m, args, count, 2, end);
  if (position < 1 || position > end) return 0;
  const removed = table.getNumber(position);
  m.checkWritable(table);
  for (let n = position; n < end; n++) table.setNumber(n, table.getNumber(n + 1));
  table.setNumber(end, undefined);
  return result(m, args, removed);
}

function getn(m: Machine, args: number, count: number): number {
  return result(m, args, checkTable(m, args, count, 1).length());
}

function setn(m: Machine, args: number, count: number): number {
  checkTable(m, args, count, 1);
  m.error("'setn' is obsolete");
}

function maxn(m: Machine, args: number, count: number): number {
  let max = 0;
  checkTable(m, args, count, 1).forEach((key) => {
    if (typeof key === "number" && key > max) max = key;
  });
  return result(m, args, max);
}

function* foreachi(m: Machine, args: number, count: number): Generator<number, number, number> {
  const table = checkTable(m, args, count, 1);
  const size = table.length();
  const f = checkFunction(m, args, count, 2);
  const at = args + count;
  for (let n = 1; n <= size; n++) {
    m.callAt = at;
    m.stack[at] = f;
    m.stack[at + 1] = n;
    m.stack[at + 2] = table.getNumber(n);
    const results = yield 2;
    if (results > 0 && m.stack[at] !== undefined) return result(m, args, m.stack[at]);
  }
  return 0;
}

function* foreach(m: Machine, args: number, count: number): Generator<number, number, number> {
  const table = checkTable(m, args, count, 1);
  const f = checkFunction(m, args, count, 2);
  const at = args + count;
  let key: LuaValue;
  for (;;) {
    const found = table.next(key, m.stack, at + 1);
    if (found < 0) m.invalidNext();
    if (found === 0) return 0;
    key = m.stack[at + 1];
    m.callAt = at;
    m.stack[at] = f;
    const results = yield 2;
    if (results > 0 && m.stack[at] !== undefined) return result(m, args, m.stack[at]);
  }
}

/** What a sort still has to do: the elements from `low` to `high`. */
interface Range {
  low: number;
  high: number;
}

function checkSort(m: Machine, args: number, count: number): { table: Table; size: number } {
  const table = checkTable(m, args, count, 1);
  const size = table.length();
  if (argument(m, args, count, 2) !== undefined) checkFunction(m, args, count, 2);
  return { table, size };
}

/** Sorts by `<` what are all numbers or all strings, which nobody can watch. */
function sort(m: Machine, args: number, count: number): number {
  const { table, size } = checkSort(m, args, count);
  if (argument(m, args, count, 2) !== undefined || table.isReadonly) return MUST_CALL;
  const type = size > 0 ? typeof table.getNumber(1) : "string";
  if (type !== "number" && type !== "string") return MUST_CALL;
  const values: LuaValue[] = [];
  for (let n = 1; n <= size; n++) {
    const value = table.getNumber(n);
    // With what is not a number, the order of comparisons decides on the outcome.
    if (typeof value !== type || value !== value) return MUST_CALL;
    values.push(value);
  }
  if (type === "number") Float64Array.from(values as number[]).sort().forEach(store);
  else (values as string[]).sort((a, b) => a < b ? -1 : a > b ? 1 : 0).forEach(store);
  function store(value: LuaValue, index: number): void {
    table.setNumber(index + 1, value);
  }
  return 0;
}

/** C Lua's quicksort, whose comparisons and their order scripts can see. */
function* sortByCalls(m: Machine, args: number, count: number): Generator<number, number, number> {
  const { table, size } = checkSort(m, args, count);
  const order = argument(m, args, count, 2);
  const at = args + count;
  const get = (n: number) => table.getNumber(n);
  const swap = (i: number, x: LuaValue, j: number, y: LuaValue) => {
    m.checkWritable(table);
    table.setNumber(i, x);
    table.setNumber(j, y);
  };
  /** Whether x is less than y; if Lua functions are to say so, makes ready for their call. */
  const less = (x: LuaValue, y: LuaValue): boolean | undefined => {
    let handler = order;
    if (handler === undefined) {
      if (typeof x === "number" && typeof y === "number") return x < y;
      if (typeof x === "string" && typeof y === "string") return x < y;
      handler = m.orderHandler(x, y, "__lt");
      if (handler === undefined) m.orderError(x, y);
    }
    m.callAt = at;
    m.stack[at] = handler;
    m.stack[at + 1] = x;
    m.stack[at + 2] = y;
  };
  const answer = (results: number) => results > 0 && isTruthy(m.stack[at]);
  const pending: Range[] = [{ low: 1, high: size }];
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    let { low, high } = range;
    while (low < high) {
      let atLow = get(low);
      let atHigh = get(high);
      if (less(atHigh, atLow) ?? answer(yield 2)) swap(low, atHigh, high, atLow);
      if (high - low === 1) break;
      let i = Math.floor((low + high) / 2);
      let middle = get(i);
      atLow = get(low);
      if (less(middle, atLow) ?? answer(yield 2)) swap(i, atLow, low, middle);
      else {
        atHigh = get(high);
        if (less(atHigh, middle) ?? answer(yield 2)) swap(i, atHigh, high, middle);
      }
      if (high - low === 2) break;
      middle = get(i);
      const pivot = middle;
      swap(i, get(high - 1), high - 1, pivot);
      i = low;
      let j = high - 1;
      for (;;) {
        let x = get(++i);
        while (less(x, pivot) ?? answer(yield 2)) {
          if (i > high) m.error("invalid order function for sorting");
          x = get(++i);
        }
        let y = get(--j);
        while (less(pivot, y) ?? answer(yield 2)) {
          if (j < low) m.error("invalid order function for sorting");
          y = get(--j);
        }
        if (j < i) break;
        swap(i, y, j, x);
      }
      swap(high - 1, get(i), i, get(high - 1));
      // The smaller half is sorted first, as C Lua does by recursion.
      if (i - low < high - i) {
        pending.push({ low: i + 1, high });
        high = i - 1;
      } else {
        pending.push({ low, high: i - 1 });
        low = i + 1;
      }
    }
  }
  return 0;
}

const TABLE: Library = {
  concat,
  foreach: HostFunction.generator(foreach),
  foreachi: HostFunction.generator(foreachi),
  getn,
  insert,
  maxn,
  remove,
  setn,
  sort: HostFunction.generator(sortByCalls, sort),
};

/** Puts the library into a machine. */
export function openTable(m: Machine): void {
  m.globals.set("table", register(new Table(), TABLE));
}
