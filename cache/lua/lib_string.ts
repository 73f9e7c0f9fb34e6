/**
 * The library `string`.
 *
 * @module
 */

import {
  argument,
  checkInt,
  checkInteger,
  checkString,
  optionalInt,
  optionalInteger,
  result,
  wrongType,
} from "./arguments.ts";
import { LuaError } from "./error.ts";
import { format } from "./format.ts";
import { MAX_HOST_STACK } from "./lib_base.ts";
import { type Library, register } from "./library.ts";
import { isFunction, type Machine, MAX_STRING, toText, typeName } from "./machine.ts";
import { charge, STRING_BYTES } from "./memory.ts";
import { compilePattern, isSpecial, Matcher } from "./pattern.ts";
import { Table } from "./table.ts";
import { HostFunction, LuaFunction, type LuaValue, MUST_CALL } from "./value.ts";

/** What JavaScript has an upper or lower case of though C has none. */
const NOT_ASCII = /[\x80-\xff]/;

/** Up to which length a string may be kept alive by a piece of it. */
const MAX_KEPT = 512;
/** From which length on the engine lets a piece refer to the whole string. */
const MIN_SLICED = 13;

/** A place in a string: from its end if it is negative, and not before 0. */
function relative(position: number, length: number): number {
  const place = position < 0 ? position + length + 1 : position;
  return place >= 0 ? place : 0;
}

/** Cuts a piece out of a string. A small piece of a long one is copied, so that it can be freed. */
function piece(text: string, start: number, end: number): string {
  const cut = text.slice(start, end);
  charge(cut.length + STRING_BYTES);
  const { length } = cut;
  if (length < MIN_SLICED || text.length <= MAX_KEPT || length * 4 >= text.length) return cut;
  return ` ${cut}`.slice(1);
}

function sub(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  const { length } = text;
  const start = Math.max(1, relative(checkInteger(m, args, count, 2), length));
  const end = Math.min(length, relative(optionalInteger(m, args, count, 3, -1), length));
  return result(m, args, start <= end ? piece(text, start - 1, end) : "");
}

function byte(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  const first = relative(optionalInteger(m, args, count, 2, 1), text.length);
  const last = relative(optionalInteger(m, args, count, 3, first), text.length);
  const start = Math.max(1, first);
  const end = Math.min(text.length, last);
  if (start > end) return 0;
  const size = end - start + 1;
  if (count + size > MAX_HOST_STACK) m.error("stack overflow (string slice too long)");
  m.reserve(args, size);
  for (let i = 0; i < size; i++) m.stack[args - 1 + i] = text.charCodeAt(start - 1 + i);
  return size;
}

function char(m: Machine, args: number, count: number): number {
  let text = "";
  for (let n = 1; n <= count; n++) {
    const code = checkInt(m, args, count, n);
    if (code < 0 || code > 255) m.argumentError(n, "invalid value");
    text += String.fromCharCode(code);
  }
  return result(m, args, text);
}

function rep(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  const times = Math.max(0, checkInt(m, args, count, 2));
  const length = text.length * times;
  if (length > MAX_STRING) throw new LuaError("not enough memory");
  charge(length + STRING_BYTES);
  return result(m, args, text.repeat(times));
}

function reverse(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  charge(text.length + STRING_BYTES);
  let reversed = "";
  for (let i = text.length - 1; i >= 0; i--) reversed += text[i];
  return result(m, args, reversed);
}

function lower(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  charge(text.length + STRING_BYTES);
  if (!NOT_ASCII.test(text)) return result(m, args, text.toLowerCase());
  return result(m, args, text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
}

function upper(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  charge(text.length + STRING_BYTES);
  if (!NOT_ASCII.test(text)) return result(m, args, text.toUpperCase());
  return result(m, args, text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()));
}

function len(m: Machine, args: number, count: number): number {
  return result(m, args, checkString(m, args, count, 1).length);
}

function dump(m: Machine, args: number, count: number): number {
  const f = argument(m, args, count, 1);
  if (!isFunction(f)) wrongType(m, args, count, 1, "function");
  // The head of a binary chunk is all there is, since nothing may load one.
  if (f instanceof LuaFunction) return result(m, args, "\x1bLuaQ\0\x01\x04\x08\x04\x08\0");
  m.error("unable to dump given function");
}

/** Puts the captures on the stack, or the whole match if there are none and it is wanted. */
function pushCaptures(m: Machine, matcher: Matcher, at: number, wholeIfNone: boolean): number {
  const count = matcher.captures === 0 && wholeIfNone ? 1 : matcher.captures;
  m.reserve(at, count);
  for (let i = 0; i < count; i++) {
    const capture = matcher.capture(i);
    if (typeof capture === "string") charge(capture.length + STRING_BYTES);
    m.stack[at + i] = capture;
  }
  return count;
}

function findOrMatch(m: Machine, args: number, count: number, isFind: boolean): number {
  const text = checkString(m, args, count, 1);
  const pattern = checkString(m, args, count, 2);
  const start = relative(optionalInteger(m, args, count, 3, 1), text.length) - 1;
  const init = Math.min(text.length, Math.max(0, start));
  const plain = argument(m, args, count, 4);
  const isPlain = plain !== undefined && plain !== false;
  if (isFind && (isPlain || !isSpecial(pattern))) {
    const at = text.indexOf(pattern, init);
    if (at < 0) return result(m, args, undefined);
    m.stack[args - 1] = at + 1;
    m.stack[args] = at + pattern.length;
    return 2;
  }
  const matcher = new Matcher(text, compilePattern(pattern, true), m);
  if (!matcher.search(init)) return result(m, args, undefined);
  if (!isFind) return pushCaptures(m, matcher, args - 1, true);
  m.stack[args - 1] = matcher.start + 1;
  m.stack[args] = matcher.end;
  return 2 + pushCaptures(m, matcher, args + 1, false);
}

function gmatch(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  const pattern = checkString(m, args, count, 2);
  const matcher = new Matcher(text, compilePattern(pattern, false), m);
  let next = 0;
  const iterator = HostFunction.plain((_, args) => {
    if (!matcher.search(next)) {
      next = text.length + 1;
      return 0;
    }
    const { start, end } = matcher;
    next = end === start ? end + 1 : end;
    return pushCaptures(m, matcher, args - 1, true);
  }, [text, pattern]);
  return result(m, args, iterator);
}

/** Puts a replacement together in which `%1` stands for a capture. */
function expand(matcher: Matcher, replacement: string): string {
  let expanded = "";
  let at = 0;
  for (;;) {
    const percent = replacement.indexOf("%", at);
    if (percent < 0) return expanded + replacement.slice(at);
    expanded += replacement.slice(at, percent);
    const code = replacement.charCodeAt(percent + 1);
    if (code >= 49 && code <= 57) {
      const capture = matcher.capture(code - 49);
      expanded += typeof capture === "number" ? String(capture) : capture;
    } else if (code === 48) expanded += matcher.whole();
    else expanded += replacement[percent + 1] ?? "\0";
    at = percent + 2;
    if (expanded.length > MAX_STRING) throw new LuaError("not enough memory");
  }
}

/** A substitution on its way. */
class Substitution {
  readonly matcher: Matcher;
  readonly #text: string;
  readonly #isAnchored: boolean;
  readonly #max: number;
  /** How many there were. */
  #count = 0;
  #made = "";
  /** Up to where the text was replaced, and from where on the next match is looked for. */
  #done = 0;
  #from = 0;

  constructor(m: Machine, args: number, count: number) {
    this.#text = checkString(m, args, count, 1);
    const pattern = checkString(m, args, count, 2);
    this.#max = optionalInt(m, args, count, 4, this.#text.length + 1);
    const value = argument(m, args, count, 3);
    const isReplacement = typeof value === "number" || typeof value === "string" ||
      value instanceof Table || isFunction(value);
    if (!isReplacement) m.argumentError(3, "string/function/table expected");
    const compiled = compilePattern(pattern, true);
    this.#isAnchored = compiled.isAnchored;
    this.matcher = new Matcher(this.#text, compiled, m);
  }

  /** Goes on to the next match. Returns whether there is one. */
  next(): boolean {
    const { matcher } = this;
    if (this.#count >= this.#max || this.#from > this.#text.length) return false;
    if (!matcher.search(this.#from)) return false;
    this.#count++;
    this.#made += this.#text.slice(this.#done, matcher.start);
    this.#done = matcher.end;
    // An empty match leaves the character that follows it.
    this.#from = matcher.end === matcher.start ? matcher.end + 1 : matcher.end;
    if (this.#isAnchored) this.#from = Infinity;
    return true;
  }

  /** Replaces the match by a value; by nothing else than itself if that is nil or false. */
  replace(m: Machine, value: LuaValue): void {
    const text = value === undefined || value === false ? this.matcher.whole() : toText(value);
    if (text === undefined) m.error(`invalid replacement value (a ${typeName(value)})`);
    this.#made += text;
    if (this.#made.length > MAX_STRING) throw new LuaError("not enough memory");
    charge(text.length);
  }

  /** Puts the results on the stack. */
  finish(m: Machine, args: number): number {
    const text = this.#made + this.#text.slice(this.#done);
    charge(text.length + STRING_BYTES);
    m.stack[args - 1] = text;
    m.stack[args] = this.#count;
    return 2;
  }
}

function gsub(m: Machine, args: number, count: number): number {
  const value = argument(m, args, count, 3);
  if (isFunction(value) || value instanceof Table && value.metatable !== undefined) {
    return MUST_CALL;
  }
  const substitution = new Substitution(m, args, count);
  const { matcher } = substitution;
  const replacement = toText(value);
  const isPlain = replacement?.includes("%") === false;
  while (substitution.next()) {
    if (replacement !== undefined) {
      substitution.replace(m, isPlain ? replacement : expand(matcher, replacement));
    } else if (value instanceof Table) substitution.replace(m, value.get(matcher.capture(0)));
  }
  return substitution.finish(m, args);
}

function* gsubByCalls(m: Machine, args: number, count: number): Generator<number, number, number> {
  const value = argument(m, args, count, 3);
  const substitution = new Substitution(m, args, count);
  const { matcher } = substitution;
  const at = args + Math.max(count, 4);
  while (substitution.next()) {
    m.callAt = at;
    let pushed: number;
    if (isFunction(value)) {
      m.stack[at] = value;
      pushed = pushCaptures(m, matcher, at + 1, true);
    } else {
      m.reserve(at, 3);
      m.stack[at] = INDEX;
      m.stack[at + 1] = value;
      m.stack[at + 2] = matcher.capture(0);
      pushed = 2;
    }
    const results = yield pushed;
    substitution.replace(m, results > 0 ? m.stack[at] : undefined);
  }
  return substitution.finish(m, args);
}

/** Reads a field with metamethods, for host functions. */
const INDEX = HostFunction.generator(function* (m, args): Generator<number, number, number> {
  let object: LuaValue = m.stack[args];
  const key = m.stack[args + 1];
  while (object instanceof Table) {
    const field = object.get(key);
    const handler: LuaValue = field === undefined ? m.metamethod(object, "__index") : undefined;
    if (handler === undefined) return result(m, args, field);
    if (isFunction(handler)) {
      m.callAt = args + 2;
      m.stack[args + 2] = handler;
      m.stack[args + 3] = object;
      m.stack[args + 4] = key;
      const results = yield 2;
      return result(m, args, results > 0 ? m.stack[args + 2] : undefined);
    }
    object = handler;
  }
  return m.typeError(object, "index", -1);
});

const STRING: Library = {
  byte,
  char,
  dump,
  find: (m, args, count) => findOrMatch(m, args, count, true),
  format,
  gmatch,
  gsub: HostFunction.generator(gsubByCalls, gsub),
  len,
  lower,
  match: (m, args, count) => findOrMatch(m, args, count, false),
  rep,
  reverse,
  sub,
  upper,
};

/** Puts the library into a machine. */
export function openString(m: Machine): void {
  const table = register(new Table(), STRING);
  table.set("gfind", table.get("gmatch"));
  m.globals.set("string", table);
  m.stringMetatable.set("__index", table);
}
