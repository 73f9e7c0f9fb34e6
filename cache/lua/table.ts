/**
 * Lua's tables: an array part for the keys 1, 2, 3 …, and slots for all other keys. Which key is in
 * which slot is the table's shape, which tables made by the same constructor share, so that an
 * instruction can remember where it found a field.
 *
 * @module
 */

import { charge, ELEMENT_BYTES, KEY_BYTES } from "./memory.ts";
import type { LuaValue } from "./value.ts";

/** Up to how many keys a shape is searched from its start; one with more keys has an index. */
const LINEAR_KEYS = 8;

/** A shape with more keys than this is not shared: such a table is a dictionary. */
const MAX_SHARED_KEYS = 64;

/** How many shapes may come from one constructor; further tables get a shape of their own. */
const MAX_SHARED_SHAPES = 256;

/** How many nils an assignment may put before an element at any rate. */
const SMALL_GAP = 64;

/**
 * Makes an array part or slots, of which place 0 is nil and not used. The text makes it an array of
 * the engine's most general kind, so that the instructions see one kind only: one of numbers would
 * be another, and its elements would have to be boxed whenever they are read.
 */
export function makeList(): LuaValue[] {
  const list: LuaValue[] = [""];
  list[0] = undefined;
  return list;
}

/** The array of a table that has none, and the slots of one that has none. */
const NOTHING: LuaValue[] = makeList();

/** Slots for few keys: an array that grows by itself takes room for 16 more at once. */
const FOUR_SLOTS: LuaValue[] = makeList();
const EIGHT_SLOTS: LuaValue[] = makeList();
while (FOUR_SLOTS.length < 5) FOUR_SLOTS.push(undefined);
while (EIGHT_SLOTS.length < 9) EIGHT_SLOTS.push(undefined);

/**
 * The slots of keys that are integers of 32 bits, by open addressing. Keys that follow each other
 * are beside each other, which the engine's own maps do not give, and loops are quick by it.
 *
 * Reads are in bounds because places are taken modulo the size.
 */
class IntegerIndex {
  /** Keys and their slots in turns; slot 0 is a free place. */
  #entries = new Int32Array(32);
  #count = 0;

  /** Returns the slot of a key, or 0. */
  find(key: number): number {
    return this.#entries[this.#placeOf(key) + 1]!;
  }

  /** Adds a key that is not there yet, or moves it to another slot. */
  set(key: number, slot: number): void {
    if (++this.#count * 4 > this.#entries.length) {
      const entries = this.#entries;
      this.#entries = new Int32Array(entries.length * 2);
      for (let i = 0; i < entries.length; i += 2) {
        if (entries[i + 1] !== 0) this.#put(entries[i]!, entries[i + 1]!);
      }
    }
    this.#put(key, slot);
  }

  #put(key: number, slot: number): void {
    const place = this.#placeOf(key);
    this.#entries[place] = key;
    this.#entries[place + 1] = slot;
  }

  /** Where a key is, or would be. */
  #placeOf(key: number): number {
    const entries = this.#entries;
    const size = entries.length >> 1;
    // Modulo an odd number, for keys are often multiples of a power of two.
    let place = (key & 0x7fffffff) % (size - 1) * 2;
    while (entries[place + 1] !== 0 && entries[place] !== key) {
      place = place + 2 & entries.length - 1;
    }
    return place;
  }
}

/** Whether a key belongs into an {@linkcode IntegerIndex}. */
function isInteger(key: LuaValue): key is number {
  return typeof key === "number" && (key | 0) === key;
}

/** Which key is in which slot. */
export class Shape {
  /** The key in each slot; place 0 is not used. */
  readonly keys: LuaValue[];
  /** Whether it belongs to one table only and changes with it. */
  readonly owned: boolean;
  /** Whether the table may not be written to. */
  frozen = false;
  /** Once there are many keys: the slots of those that are no integers, and of those that are. */
  #index: Map<LuaValue, number> | undefined;
  #integers: IntegerIndex | undefined;
  #next: Map<string, Shape> | undefined;
  /** The key that was last added, and the shape with it. */
  #lastKey: string | undefined;
  #lastNext: Shape | undefined;
  readonly #family: { size: number };

  private constructor(keys: LuaValue[], owned: boolean, family: { size: number }) {
    this.keys = keys;
    this.owned = owned;
    this.#family = family;
    if (keys.length > LINEAR_KEYS) this.#indexAll();
  }

  /** Makes the empty shape that all tables of one constructor start with. */
  static root(): Shape {
    return new Shape(makeList(), false, { size: 0 });
  }

  /** Makes a shape for one table. */
  static own(keys: LuaValue[]): Shape {
    return new Shape(keys, true, { size: 0 });
  }

  /** Returns the slot of a key, or 0. */
  find(key: LuaValue): number {
    const index = this.#index;
    if (index !== undefined) {
      const slot = isInteger(key) ? this.#integers?.find(key) : index.get(key);
      return slot === undefined ? 0 : slot;
    }
    const keys = this.keys;
    for (let slot = 1; slot < keys.length; slot++) {
      if (keys[slot] === key) return slot;
    }
    return 0;
  }

  /** Adds a key to a shape of a table's own. */
  add(key: LuaValue): void {
    const slot = this.keys.push(key) - 1;
    if (this.#index !== undefined) this.#indexKey(this.#index, key, slot);
    else if (slot >= LINEAR_KEYS) this.#indexAll();
  }

  /** Whether as many shapes have come from this one and its kin as may be. */
  get isFull(): boolean {
    return this.#family.size >= MAX_SHARED_SHAPES;
  }

  /** Returns the shape with one more key, or `undefined` if it would not be worth sharing. */
  with(key: string): Shape | undefined {
    if (this.owned) return undefined;
    if (key === this.#lastKey) return this.#lastNext;
    let next = this.#next?.get(key);
    if (next === undefined) {
      if (this.keys.length > MAX_SHARED_KEYS || this.isFull) return undefined;
      this.#family.size++;
      next = new Shape([...this.keys, key], false, this.#family);
      (this.#next ??= new Map()).set(key, next);
    }
    this.#lastKey = key;
    this.#lastNext = next;
    return next;
  }

  #indexAll(): void {
    const index = new Map<LuaValue, number>();
    for (let slot = 1; slot < this.keys.length; slot++) {
      this.#indexKey(index, this.keys[slot], slot);
    }
    this.#index = index;
  }

  #indexKey(index: Map<LuaValue, number>, key: LuaValue, slot: number): void {
    if (isInteger(key)) (this.#integers ??= new IntegerIndex()).set(key, slot);
    else index.set(key, slot);
  }
}

/** The shape of new tables that come from no constructor. Nothing is ever added to it. */
const EMPTY_SHAPE = Shape.root();

/** A Lua table. */
export class Table {
  /** Which key is in which slot of `values`. */
  shape: Shape;
  /**
   * The value in each slot; place 0 is not used. A nil is a key that was removed, or a slot beyond
   * those of the shape.
   */
  values: LuaValue[];
  /** The array part: the value of key `n` at `n`; place 0 is not used. The last is never nil. */
  array: LuaValue[];
  /** How large C Lua's array part would be, on which `#` depends if there are holes. */
  arraySize: number;
  /** The metatable. */
  metatable: Table | undefined;
  /** As a metatable: which events it is known not to handle, one bit for each. */
  absent: number;
  /** Whether there was ever a nil amid the array part. */
  #holes: boolean;
  /** Whether any key in a slot is a number. */
  #numericKeys: boolean;
  /** The slot that `next` came to last. */
  #cursor: number;
  /** As a metatable: where `__index` was found, in a table of which shape. */
  #indexShape: Shape | undefined;
  #indexSlot: number;

  /**
   * Makes an empty table.
   *
   * @param shape The empty shape that it shares with others.
   */
  constructor(shape: Shape = EMPTY_SHAPE) {
    this.shape = shape;
    this.values = NOTHING;
    this.array = NOTHING;
    this.arraySize = 0;
    this.metatable = undefined;
    this.absent = 0;
    this.#holes = false;
    this.#numericKeys = false;
    this.#cursor = 0;
    this.#indexShape = undefined;
    this.#indexSlot = 0;
  }

  /** Makes a table of elements, for a host function. It takes the array, which starts at 1. */
  static of(array: LuaValue[]): Table {
    const table = new Table();
    table.array = array;
    table.arraySize = array.length - 1;
    charge(array.length * ELEMENT_BYTES);
    table.#trim();
    return table;
  }

  /** Whether the table may not be written to. */
  get isReadonly(): boolean {
    return this.shape.frozen;
  }

  /**
   * Forbids or allows writing. What forbids it is the shape, so that the instructions that write
   * need no further check: a table that may not be written to has no array part, and no instruction
   * remembers its shape for writing.
   */
  set isReadonly(readonly: boolean) {
    if (readonly && !this.shape.frozen) {
      this.#own();
      const array = this.array;
      this.array = NOTHING;
      for (let n = 1; n < array.length; n++) {
        if (array[n] !== undefined) this.#insert(n, array[n]);
      }
    }
    this.#own();
    this.shape.frozen = readonly;
  }

  /** As a metatable: what handles reading fields that are not there, if it is a table. */
  get indexTable(): Table | undefined {
    if (this.#indexShape !== this.shape) {
      const slot = this.shape.find("__index");
      if (slot === 0) return undefined;
      this.#indexShape = this.shape;
      this.#indexSlot = slot;
    }
    const handler = this.values[this.#indexSlot];
    return handler instanceof Table ? handler : undefined;
  }

  /** Reads a field, without metamethods. */
  get(key: LuaValue): LuaValue {
    if (typeof key === "number") return this.getNumber(key);
    const slot = this.shape.find(key);
    return slot === 0 ? undefined : this.values[slot];
  }

  /** Reads a field whose key is not a number. */
  getKey(key: LuaValue): LuaValue {
    const slot = this.shape.find(key);
    return slot === 0 ? undefined : this.values[slot];
  }

  /** Reads a field whose key is a number. */
  getNumber(key: number): LuaValue {
    const array = this.array;
    const n = key | 0;
    if (n === key && n > 0 && n < array.length) return array[n];
    if (!this.#numericKeys) return undefined;
    const slot = this.shape.find(key);
    return slot === 0 ? undefined : this.values[slot];
  }

  /**
   * Writes a field, without metamethods. The caller has seen that the table may be written to and
   * that the key is neither nil nor NaN.
   */
  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === "number") return this.setNumber(key, value);
    const slot = this.shape.find(key);
    if (slot !== 0) {
      this.absent = 0;
      this.values[slot] = value;
    } else if (value !== undefined) this.#insert(key, value);
  }

  /** Writes a field whose key is a number. */
  setNumber(key: number, value: LuaValue): void {
    const array = this.array;
    const n = key | 0;
    if (n === key && n > 0 && !this.shape.frozen) {
      if (n < array.length) {
        if (value === undefined) this.#clear(n);
        else array[n] = value;
        return;
      }
      if (n === array.length) {
        if (value !== undefined) this.#append(n, value);
        else this.#unset(n);
        return;
      }
      if (value !== undefined && this.#hasRoom(n)) {
        this.#extend(n);
        return this.#append(n, value);
      }
    }
    const slot = this.#numericKeys ? this.shape.find(key) : 0;
    if (slot !== 0) this.values[slot] = value;
    else if (value !== undefined) {
      this.#numericKeys = true;
      this.#insert(key, value);
    }
  }

  /**
   * Writes a field that is there, for which no metamethod is asked.
   *
   * @returns Whether it was there, and may be written to.
   */
  replace(key: string, value: LuaValue): boolean {
    const { shape, values } = this;
    const slot = shape.find(key);
    if (values[slot] === undefined || shape.frozen) return false;
    values[slot] = value;
    return true;
  }

  /** Adds a field that is not there yet, by the constant key of an instruction. */
  addField(key: string, value: LuaValue): void {
    const next = this.shape.with(key);
    if (next === undefined) return this.#insert(key, value);
    this.addSlot(next, value);
  }

  /** Adds a value in a new slot, by which the table takes a known shape. */
  addSlot(next: Shape, value: LuaValue): void {
    this.shape = next;
    this.absent = 0;
    this.#fill(next.keys.length - 1, value);
    charge(ELEMENT_BYTES);
  }

  /** Puts a value into the slot that follows the last. */
  #fill(slot: number, value: LuaValue): void {
    if (slot === 1) this.values = FOUR_SLOTS.slice();
    else if (slot === FOUR_SLOTS.length) {
      const values = EIGHT_SLOTS.slice();
      for (let i = 1; i < slot; i++) values[i] = this.values[i];
      this.values = values;
    }
    if (slot < this.values.length) this.values[slot] = value;
    else this.values.push(value);
  }

  /**
   * Writes the elements `first`, `first + 1` … of a constructor, which C Lua makes room for at
   * once.
   */
  setList(first: number, values: LuaValue[], from: number, count: number): void {
    const last = first + count - 1;
    if (last > this.arraySize) this.arraySize = last;
    if (this.array.length !== first || this.#numericKeys) {
      for (let i = 0; i < count; i++) this.setElement(first + i, values[from + i]);
    } else {
      if (this.array === NOTHING && count > 0) {
        this.array = values.slice(from - 1, from + count);
        this.array[0] = undefined;
      } else for (let i = 0; i < count; i++) this.array.push(values[from + i]);
      const { array } = this;
      for (let n = first; n <= last; n++) if (array[n] === undefined) this.#holes = true;
      this.#trim();
    }
    charge(count * ELEMENT_BYTES);
  }

  /** Writes an element within the room that C Lua has made for the array part. */
  setElement(n: number, value: LuaValue): void {
    if (value === undefined) {
      if (n < this.array.length) this.#clear(n);
      return;
    }
    this.setNumber(n, value);
  }

  /** Makes room for as many elements as a constructor will have. */
  reserve(size: number): void {
    if (size > this.arraySize) this.arraySize = size;
  }

  /** Returns a border: a `n` such that `t[n]` is not nil and `t[n + 1]` is. */
  length(): number {
    const array = this.array;
    let n = array.length - 1;
    if (this.#holes && this.arraySize > n) {
      let low = 0;
      let high = this.arraySize;
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (middle >= array.length || array[middle] === undefined) high = middle;
        else low = middle;
      }
      return low;
    }
    if (this.#numericKeys) {
      while (this.getNumber(n + 1) !== undefined) n++;
    }
    return n;
  }

  /**
   * Goes on to the next field after a key, or to the first after nil, and puts its key and value
   * into an array.
   *
   * @returns 1 if there is one, 0 at the end, -1 if the key is none of the table's.
   */
  next(key: LuaValue, into: LuaValue[], at: number): number {
    const array = this.array;
    let n = 0;
    let slot = 0;
    if (key !== undefined) {
      n = this.#elementOf(key);
      if (n === 0) {
        const keys = this.shape.keys;
        slot = this.#cursor < keys.length && keys[this.#cursor] === key
          ? this.#cursor
          : this.shape.find(key);
        if (slot === 0) return -1;
        n = array.length;
      }
    }
    while (++n < array.length) {
      if (array[n] !== undefined) {
        into[at] = n;
        into[at + 1] = array[n];
        return 1;
      }
    }
    const values = this.values;
    while (++slot < values.length) {
      if (values[slot] !== undefined) {
        this.#cursor = slot;
        into[at] = this.shape.keys[slot];
        into[at + 1] = values[slot];
        return 1;
      }
    }
    return 0;
  }

  /** Calls a function with each key and value, in the order of `next`. */
  forEach(visit: (key: LuaValue, value: LuaValue) => void): void {
    for (let n = 1; n < this.array.length; n++) {
      if (this.array[n] !== undefined) visit(n, this.array[n]);
    }
    for (let slot = 1; slot < this.values.length; slot++) {
      if (this.values[slot] !== undefined) visit(this.shape.keys[slot], this.values[slot]);
    }
  }

  /** The element that a key is, or 0; also one that was removed while `next` went over it. */
  #elementOf(key: LuaValue): number {
    if (typeof key !== "number") return 0;
    const n = key | 0;
    if (n !== key || n < 1) return 0;
    return n < this.array.length || n <= this.arraySize && this.shape.find(n) === 0 ? n : 0;
  }

  /** Whether an element belongs into the array part: C Lua has room, and no large gap is to fill. */
  #hasRoom(n: number): boolean {
    return n <= this.arraySize && n < this.array.length * 2 + SMALL_GAP;
  }

  /** Adds the element that follows the last, and those in slots that follow it then. */
  #append(n: number, value: LuaValue): void {
    if (this.#numericKeys) this.#unset(n);
    if (this.array === NOTHING) this.array = makeList();
    if (this.array.length === n) this.array.push(value);
    else this.array[n] = value;
    if (n > this.arraySize) {
      // The array part of C Lua grows by powers of two.
      let size = this.arraySize === 0 ? 1 : this.arraySize;
      while (size < n) size *= 2;
      if (n > 1 && (size & (size - 1)) !== 0) size = 2 ** Math.ceil(Math.log2(n));
      charge((size - this.arraySize) * ELEMENT_BYTES);
      this.arraySize = size;
    }
    if (this.#numericKeys) this.#migrate(n + 1);
  }

  /** Makes the array part reach up to before `n`, with nils where there is no value. */
  #extend(n: number): void {
    if (this.array === NOTHING) this.array = makeList();
    while (this.array.length < n) {
      const slot = this.#numericKeys ? this.shape.find(this.array.length) : 0;
      const value = slot === 0 ? undefined : this.values[slot];
      if (slot !== 0) this.values[slot] = undefined;
      if (value === undefined) this.#holes = true;
      this.array.push(value);
    }
  }

  /**
   * Moves numbers from the slots to the array part, as C Lua does when it rehashes: to the largest
   * power of two of which more than half is in use.
   */
  #rehash(): void {
    const { keys } = this.shape;
    // How many keys there are from 2 ** (i - 1) + 1 to 2 ** i.
    const counts: number[] = new Array(32).fill(0);
    const count = (n: number) => {
      const i = 32 - Math.clz32(n - 1);
      counts[i] = (counts[i] ?? 0) + 1;
    };
    for (let slot = 1; slot < keys.length; slot++) {
      const key = keys[slot];
      if (typeof key !== "number" || this.values[slot] === undefined) continue;
      if ((key | 0) === key && key > 0) count(key);
    }
    for (let n = 1; n < this.array.length; n++) if (this.array[n] !== undefined) count(n);
    let size = 0;
    let sum = 0;
    for (let i = 0; i < 31; i++) {
      sum += counts[i] ?? 0;
      if (sum > 2 ** i / 2) size = 2 ** i;
    }
    if (size < this.array.length) return;
    let last = 0;
    for (let slot = 1; slot < keys.length; slot++) {
      const key = keys[slot];
      if (typeof key === "number" && key > last && key <= size && this.values[slot] !== undefined) {
        last = key;
      }
    }
    if (last < this.array.length) return;
    this.arraySize = Math.max(this.arraySize, size);
    charge(last * ELEMENT_BYTES);
    this.#extend(Math.floor(last) + 1);
    this.#trim();
  }

  #migrate(from: number): void {
    for (let n = from;; n++) {
      const slot = this.shape.find(n);
      if (slot === 0 || this.values[slot] === undefined) return;
      const value = this.values[slot];
      this.values[slot] = undefined;
      this.array.push(value);
      if (n > this.arraySize) this.arraySize = 2 ** Math.ceil(Math.log2(n));
    }
  }

  /** Removes an element from the array part. */
  #clear(n: number): void {
    this.array[n] = undefined;
    if (n === this.array.length - 1) this.#trim();
    else this.#holes = true;
  }

  /** Removes a number from the slots. */
  #unset(n: number): void {
    if (!this.#numericKeys) return;
    const slot = this.shape.find(n);
    if (slot !== 0) this.values[slot] = undefined;
  }

  /** Cuts the nils off the end of the array part. */
  #trim(): void {
    const array = this.array;
    let length = array.length;
    while (length > 1 && array[length - 1] === undefined) length--;
    if (length < array.length) array.length = length;
  }

  /** Adds a key that is in no slot yet. */
  #insert(key: LuaValue, value: LuaValue): void {
    this.#own();
    this.absent = 0;
    if (typeof key === "number") this.#numericKeys = true;
    const size = this.shape.keys.length;
    if (size >= 4 && (size & (size - 1)) === 0) {
      if (this.#numericKeys && !this.shape.frozen) {
        this.#rehash();
        if (typeof key === "number" && (key | 0) === key && key > 0 && this.#hasRoom(key)) {
          return this.setNumber(key, value);
        }
      }
      if (size >= 16) this.#compact();
    }
    this.shape.add(key);
    this.#fill(this.shape.keys.length - 1, value);
    charge(KEY_BYTES);
  }

  /** Gives the table a shape of its own. */
  #own(): void {
    if (!this.shape.owned) this.shape = Shape.own(this.shape.keys.slice());
  }

  /** Gives up the slots of removed keys if they are the most, as C Lua does when it rehashes. */
  #compact(): void {
    const { keys } = this.shape;
    const values = this.values;
    let alive = 0;
    for (let slot = 1; slot < values.length; slot++) if (values[slot] !== undefined) alive++;
    if (alive * 2 > values.length) return;
    const newKeys = makeList();
    const newValues = makeList();
    for (let slot = 1; slot < values.length; slot++) {
      if (values[slot] === undefined) continue;
      newKeys.push(keys[slot]);
      newValues.push(values[slot]);
    }
    this.shape = Shape.own(newKeys);
    this.values = newValues;
  }
}
