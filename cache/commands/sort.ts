/**
 * `SORT`: the elements of a list, a set or a sorted set, in the order of themselves or of other keys'
 * values, which can be replied in their place.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { parseDouble } from "../double.ts";
import type { Keyspace } from "../keyspace.ts";
import { orderOf } from "../number_order.ts";
import { HASH, LIST, SET, SORTED_SET, STRING } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Address } from "../store/arena.ts";
import { copyBytes, latin1Slice, Slice } from "../store/slice.ts";
import { integerAt, untilNul } from "./arguments.ts";
import { isWord, type OtherKey } from "./command.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "./error.ts";

const EMPTY = latin1Slice("");

/** What the arguments ask for. */
interface Options {
  descending: boolean;
  /** Whether it goes by bytes, not by numbers. */
  alpha: boolean;
  offset: number;
  /** Negative: no limit. */
  count: number;
  /** What to order by in place of the elements. */
  by: Pattern | undefined;
  /** Whether the order is to be left as it is: `BY` names no other keys. */
  unsorted: boolean;
  /** What to reply in place of the elements. */
  readonly get: Pattern[];
  store: Slice | undefined;
}

/** @param mayReadAll Whether the client may read all keys, so that it may name those of `BY` and `GET`. */
function readOptions(args: Args, mayStore: boolean, mayReadAll: boolean): Options {
  const options: Options = {
    descending: false,
    alpha: false,
    offset: 0,
    count: -1,
    by: undefined,
    unsorted: false,
    get: [],
    store: undefined,
  };
  for (let i = 2; i < args.count; i++) {
    const option = args.at(i);
    const left = args.count - i - 1;
    if (isWord(option, "asc")) {
      options.descending = false;
    } else if (isWord(option, "desc")) {
      options.descending = true;
    } else if (isWord(option, "alpha")) {
      options.alpha = true;
    } else if (isWord(option, "limit") && left >= 2) {
      options.offset = integerAt(args, ++i);
      options.count = integerAt(args, ++i);
    } else if (isWord(option, "store") && left >= 1 && mayStore) {
      options.store = args.at(++i);
    } else if (isWord(option, "by") && left >= 1) {
      options.by = new Pattern(args.at(++i));
      // Even if another BY comes after it, as in Redis.
      if (options.by.isConstant) options.unsorted = true;
      else if (!mayReadAll) throw denied("BY");
    } else if (isWord(option, "get") && left >= 1) {
      if (!mayReadAll) throw denied("GET");
      options.get.push(new Pattern(args.at(++i)));
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  return options;
}

function denied(option: string): CommandError {
  return new CommandError(
    `ERR ${option} option of SORT denied due to insufficient ACL permissions.`,
  );
}

/** A name with a `*` for an element: a key's, or `key->field`'s. */
class Pattern {
  /** Whether it is `#`, which stands for the element itself. */
  readonly #isElement: boolean;
  /** Before and after the star; `undefined` if there is none. */
  readonly #parts: readonly [Slice, Slice] | undefined;
  readonly #field: Slice | undefined;
  /** Where keys are put together. */
  #key = new Uint8Array(64);

  constructor(text: Slice) {
    const visible = untilNul(text).latin1();
    this.#isElement = visible === "#";
    const star = visible.indexOf("*");
    if (star < 0) return;
    const arrow = visible.indexOf("->", star + 1);
    // An arrow with nothing after it is a part of the key.
    const hasField = arrow >= 0 && arrow + 2 < visible.length;
    if (hasField) this.#field = text.part(arrow + 2);
    this.#parts = [text.part(0, star), text.part(star + 1, hasField ? arrow : text.length)];
  }

  /** Whether it names the same key for all elements. */
  get isConstant(): boolean {
    return this.#parts === undefined;
  }

  /** What it stands for; `undefined` if that is not there. It holds until the store changes. */
  value(db: Keyspace, element: Slice): Slice | undefined {
    if (this.#isElement) return element;
    if (this.#parts === undefined) return undefined;
    const [before, after] = this.#parts;
    const length = before.length + element.length + after.length;
    if (length > this.#key.length) this.#key = new Uint8Array(2 * length);
    const key = this.#key;
    copyBytes(before.bytes, before.start, before.length, key, 0);
    copyBytes(element.bytes, element.start, element.length, key, before.length);
    copyBytes(after.bytes, after.start, after.length, key, before.length + element.length);
    const { objects } = db;
    const entry = db.read(new Slice(key, 0, length));
    if (entry === 0) return undefined;
    if (this.#field === undefined) {
      return objects.type(entry) === STRING ? objects.string(entry) : undefined;
    }
    if (objects.type(entry) !== HASH) return undefined;
    return objects.hashes.get(objects.collection(entry), this.#field);
  }
}

/** From and to which element the result goes, of so many. */
function rangeOf({ offset, count }: Options, size: number): { start: number; end: number } {
  const start = Math.min(Math.max(offset, 0), size);
  return { start, end: count < 0 ? size : Math.min(start + count, size) };
}

/** Visits the bytes of an element. */
type Visit = (bytes: Uint8Array, start: number, length: number) => void;

/** How many elements there are. */
function sizeOf({ objects }: Keyspace, entry: Address): number {
  switch (objects.type(entry)) {
    case LIST:
      return objects.lists.size(objects.root(entry));
    case SET:
      return objects.sets.size(objects.collection(entry));
    default:
      return objects.sortedSets.size(objects.collection(entry));
  }
}

/** Visits the elements of a list or a sorted set in their order or against it, those of a set in any. */
function walk(
  { objects }: Keyspace,
  entry: Address,
  { start, end }: { start: number; end: number },
  descending: boolean,
  visit: Visit,
): void {
  const size = end - start;
  switch (objects.type(entry)) {
    case LIST: {
      const { lists } = objects;
      const list = objects.root(entry);
      if (descending) lists.walk(list, lists.size(list) - 1 - start, size, "back", visit);
      else lists.walk(list, start, size, "front", visit);
      break;
    }
    case SET:
      objects.sets.walk(
        objects.collection(entry),
        (member) => visit(member.bytes, member.start, member.length),
      );
      break;
    case SORTED_SET: {
      const { sortedSets } = objects;
      const set = objects.collection(entry);
      const total = sortedSets.size(set);
      const show = (member: Slice) => visit(member.bytes, member.start, member.length);
      if (descending) sortedSets.walkBack(set, total - end, total - start, show);
      else sortedSets.walk(set, start, end, show);
    }
  }
}

/** Copies elements into one array of bytes: look-ups that come between them may change the store. */
function gather(walk: (visit: Visit) => void): Slice[] {
  let size = 0;
  walk((_bytes, _start, length) => {
    size += length;
  });
  const copy = new Uint8Array(size);
  const elements: Slice[] = [];
  let at = 0;
  walk((bytes, start, length) => {
    copyBytes(bytes, start, length, copy, at);
    elements.push(new Slice(copy, at, length));
    at += length;
  });
  return elements;
}

/** The least double of full precision. */
const MIN_NORMAL = 2 ** -1022;

/** The number that a text is to `strtod`; NaN where Redis takes it for none. */
function weightOf(text: Slice): number {
  let value = parseDouble(text);
  if (Number.isNaN(value)) {
    const visible = untilNul(text).latin1();
    value = visible === "" ? 0 : parseDouble(latin1Slice(visible.replace(/^[ \t-\r]+/, "")));
  }
  return value !== 0 && Math.abs(value) < MIN_NORMAL ? NaN : value;
}

/** The indexes of elements in the order of numbers, and of their bytes where these are equal. */
function numericOrder(db: Keyspace, elements: Slice[], by: Pattern | undefined): Uint32Array {
  let isNumeric = true;
  const weights = Float64Array.from(elements, (element) => {
    const text = by === undefined ? element : by.value(db, element);
    const weight = text === undefined ? 0 : weightOf(text);
    if (Number.isNaN(weight)) isNumeric = false;
    // There is only one zero.
    return weight + 0;
  });
  if (!isNumeric) {
    throw new CommandError("ERR One or more scores can't be converted into double");
  }
  const order = orderOf(weights);
  for (let i = 0, end = 0; i < order.length; i = end) {
    for (end = i + 1; end < order.length && weights[order[end]!] === weights[order[i]!];) end++;
    if (end > i + 1) order.subarray(i, end).sort((a, b) => compare(elements[a], elements[b]));
  }
  return order;
}

/**
 * The indexes of elements in the order of bytes, what is not there first. A result that is not stored
 * goes by C strings.
 *
 * @param descending Whether to sort against that order: then too what is equal stays as it was.
 */
function alphaOrder(
  db: Keyspace,
  elements: Slice[],
  by: Pattern | undefined,
  isStored: boolean,
  descending: boolean,
): Uint32Array {
  // Time stands still, and so does what a key holds that has not expired: no copy is needed.
  const visible = isStored ? (text: Slice) => text : untilNul;
  const keys = elements.map((element) => {
    const text = by === undefined ? element : by.value(db, element);
    return text && visible(text);
  });
  const sign = descending ? -1 : 1;
  return Uint32Array.from(elements, (_, i) => i)
    .sort((a, b) => sign * compare(keys[a], keys[b]));
}

function compare(a: Slice | undefined, b: Slice | undefined): number {
  if (a !== undefined && b !== undefined) return a.compare(b);
  return a === b ? 0 : a === undefined ? -1 : 1;
}

/** The elements that are asked for, in order. */
function sorted(db: Keyspace, entry: Address, options: Options): Slice[] {
  const { descending, store } = options;
  const { objects } = db;
  const isSet = objects.type(entry) === SET;
  let { alpha, by, unsorted } = options;
  if (unsorted && isSet && (store !== undefined || db.engine.scripting.runner.isRunning)) {
    // What is stored, or a script does, must not depend on how a set happens to be kept.
    [unsorted, alpha, by] = [false, true, undefined];
  }
  const size = sizeOf(db, entry);
  const range = rangeOf(options, size);
  const all = { start: 0, end: size };
  if (unsorted) {
    const wanted = isSet ? all : range;
    const elements = gather((visit) => walk(db, entry, wanted, descending, visit));
    return isSet ? elements.slice(range.start, range.end) : elements;
  }
  const elements = gather((visit) => walk(db, entry, all, false, visit));
  let order: Uint32Array;
  if (alpha) {
    order = alphaOrder(db, elements, by, store !== undefined, descending);
  } else {
    order = numericOrder(db, elements, by);
    if (descending) order.reverse();
  }
  return Array.from(order.subarray(range.start, range.end), (index) => elements[index]!);
}

/** Makes a list of the result. */
function storeResult({ db, reply }: Client, key: Slice, elements: Slice[], get: Pattern[]): void {
  const { lists } = db.objects;
  const list = lists.create();
  try {
    for (const element of elements) {
      if (get.length === 0) lists.pushBack(list, element);
      else for (const pattern of get) lists.pushBack(list, pattern.value(db, element) ?? EMPTY);
    }
  } catch (error) {
    lists.destroy(list);
    throw error;
  }
  const size = lists.size(list);
  if (size > 0) {
    db.setList(key, list);
    db.changed(key, size);
    db.notify("l", "sortstore", key);
  } else {
    lists.destroy(list);
    if (db.discard(key)) {
      db.changed(key);
      db.notify("g", "del", key);
    }
  }
  reply.integer(size);
}

/** `SORT`, and `SORT_RO`, which stores nothing. */
export function sort(what: "read" | "read or store") {
  return (client: Client, args: Args): void => {
    const { db, reply, user, engine } = client;
    const { objects } = db;
    const mayReadAll = engine.acl.readsAllKeys(user, args);
    const options = readOptions(args, what === "read or store", mayReadAll);
    const entry = db.read(args.at(1));
    const type = entry === 0 ? LIST : objects.type(entry);
    if (type !== LIST && type !== SET && type !== SORTED_SET) throw new CommandError(WRONG_TYPE);
    if (type === SORTED_SET) {
      // Redis leaves it so, which `OBJECT ENCODING` shows.
      const set = objects.collection(entry);
      objects.sortedSets.makeTree(set);
      objects.setCollection(entry, set);
    }
    const elements = entry === 0 ? [] : sorted(db, entry, options);
    const { get, store } = options;
    if (store !== undefined) return storeResult(client, store, elements, get);
    reply.array(elements.length * Math.max(get.length, 1));
    for (const element of elements) {
      if (get.length === 0) reply.bulk(element);
      for (const pattern of get) {
        const value = pattern.value(db, element);
        if (value === undefined) reply.null();
        else reply.bulk(value);
      }
    }
  };
}

/** How many arguments follow an option of `SORT`. */
const OPTION_ARGUMENTS = new Map([["limit", 2], ["get", 1], ["by", 1], ["store", 1]]);

/** Where `SORT` stores its result: at the last of the keys that are named. */
export function storeKey(args: Args): OtherKey[] {
  let index = 0;
  for (let i = 2; i < args.count; i++) {
    const option = args.at(i).latin1().toLowerCase();
    if (option === "store" && i + 1 < args.count) index = i + 1;
    i += OPTION_ARGUMENTS.get(option) ?? 0;
  }
  return index === 0 ? [] : [{ index, flags: ["OW", "update"] }];
}
