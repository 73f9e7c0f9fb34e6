/**
 * What a machine keeps alive: how much it is, and which entries of weak tables are gone. The
 * engine's own collector says neither.
 *
 * @module
 */

import { Coroutine } from "./coroutine.ts";
import type { Machine } from "./machine.ts";
import {
  CLOSURE_BYTES,
  COROUTINE_BYTES,
  ELEMENT_BYTES,
  KEY_BYTES,
  STRING_BYTES,
  TABLE_BYTES,
} from "./memory.ts";
import { type Shape, Table } from "./table.ts";
import { HostFunction, LuaFunction, type LuaValue } from "./value.ts";

/** A string of this length or more is counted once however often it is referred to. */
const LONG_STRING = 256;
/** How much of a long string at each of three places tells it from others of its length. */
const SAMPLE = 32;
/** With how many that are alike there it is compared. */
const MAX_ALIKE = 4;

/** Goes over all that a machine's values refer to. */
class Heap {
  bytes = 0;
  readonly #seen = new Set<LuaValue>();
  /** The shapes that tables share: each is counted once. */
  readonly #shapes = new Set<Shape>();
  /** The long strings. The engine takes only the length for their hash. */
  readonly #strings = new Map<string, string[]>();
  readonly #pending: (Table | LuaFunction | HostFunction | Coroutine)[] = [];
  readonly #weak: { table: Table; mode: string }[] = [];

  /**
   * Adds what a place refers to.
   *
   * @returns What it is to refer to: of equal strings all but one are given up.
   */
  add(value: LuaValue): LuaValue {
    if (typeof value === "string") {
      if (value.length >= LONG_STRING) return this.#addLong(value);
      this.bytes += STRING_BYTES + value.length;
      return value;
    }
    if (
      value instanceof Table || value instanceof LuaFunction || value instanceof HostFunction ||
      value instanceof Coroutine
    ) {
      if (this.#seen.has(value)) return value;
      this.#seen.add(value);
      this.#pending.push(value);
    }
    return value;
  }

  #addLong(text: string): string {
    const middle = text.length >>> 1;
    // This also makes one piece of a string that was joined of many.
    const key = `${text.length} ${text.slice(0, SAMPLE)}${text.slice(middle, middle + SAMPLE)}${
      text.slice(-SAMPLE)
    }`;
    const alike = this.#strings.get(key) ?? [];
    const same = alike.find((other) => other === text);
    if (same !== undefined) return same;
    this.bytes += STRING_BYTES + text.length;
    if (alike.length === 0) this.#strings.set(key, alike);
    if (alike.length < MAX_ALIKE) alike.push(text);
    return text;
  }

  traverse(): void {
    for (let value = this.#pending.pop(); value !== undefined; value = this.#pending.pop()) {
      if (value instanceof Table) this.#addTable(value);
      else if (value instanceof LuaFunction) this.#addFunction(value);
      else if (value instanceof Coroutine) this.#addCoroutine(value);
      else {
        this.add(value.coroutine);
        for (const upvalue of value.upvalues) this.add(upvalue);
      }
    }
  }

  /** Removes the entries of weak tables whose key or value nothing else refers to. */
  clearWeak(): void {
    for (const { table, mode } of this.#weak) {
      const gone: LuaValue[] = [];
      table.forEach((key, value) => {
        const isKeyGone = mode.includes("k") && this.#isGone(key);
        if (isKeyGone || mode.includes("v") && this.#isGone(value)) gone.push(key);
      });
      for (const key of gone) table.set(key, undefined);
    }
  }

  #isGone(value: LuaValue): boolean {
    return typeof value === "object" && !this.#seen.has(value) &&
      (value instanceof Table || value instanceof LuaFunction || value instanceof Coroutine);
  }

  #addTable(table: Table): void {
    const { keys, owned } = table.shape;
    this.bytes += TABLE_BYTES + table.array.length * ELEMENT_BYTES +
      table.values.length * (owned ? KEY_BYTES : ELEMENT_BYTES);
    this.add(table.metatable);
    const mode = table.metatable?.getKey("__mode");
    const weak = typeof mode === "string" ? mode : "";
    const hasWeakKeys = weak.includes("k");
    const hasWeakValues = weak.includes("v");
    if (hasWeakKeys || hasWeakValues) this.#weak.push({ table, mode: weak });
    for (let n = 1; n < table.array.length; n++) {
      const value = table.array[n];
      if (!hasWeakValues || typeof value === "string") table.array[n] = this.add(value);
    }
    if (!owned && !this.#shapes.has(table.shape)) {
      this.#shapes.add(table.shape);
      this.bytes += keys.length * KEY_BYTES;
      for (const key of keys) this.add(key);
    }
    for (let slot = 1; slot < table.values.length; slot++) {
      const value = table.values[slot];
      if (value === undefined) continue;
      const key = keys[slot];
      if (owned && (!hasWeakKeys || typeof key === "string")) this.add(key);
      if (!hasWeakValues || typeof value === "string") table.values[slot] = this.add(value);
    }
  }

  #addFunction(f: LuaFunction): void {
    this.bytes += CLOSURE_BYTES * (1 + f.upvalues.length);
    for (const { store, index } of f.upvalues) store[index] = this.add(store[index]);
  }

  #addCoroutine(co: Coroutine): void {
    this.bytes += COROUTINE_BYTES + co.stack.length * 8;
    this.add(co.resumer);
    for (let i = 1; i < co.stack.length; i++) co.stack[i] = this.add(co.stack[i]);
    for (let depth = 1; depth <= co.depth; depth++) this.add(co.frames[depth]?.function);
  }
}

/** Returns how many bytes a machine's values take, about, and clears its weak tables. */
export function measure(machine: Machine): number {
  const heap = new Heap();
  heap.add(machine.globals);
  heap.add(machine.stringMetatable);
  heap.add(machine.main);
  heap.add(machine.current);
  for (const root of machine.roots) heap.add(root);
  heap.traverse();
  heap.clearWeak();
  return heap.bytes;
}
