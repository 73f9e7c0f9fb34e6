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
import { Table } from "./table.ts";
import { HostFunction, LuaFunction, type LuaValue } from "./value.ts";

/** A string of this length or more is counted once however often it is referred to. */
const LONG_STRING = 256;

/** Goes over all that a machine's values refer to. */
class Heap {
  bytes = 0;
  readonly #seen = new Set<LuaValue>();
  readonly #pending: (Table | LuaFunction | HostFunction | Coroutine)[] = [];
  readonly #weak: { table: Table; mode: string }[] = [];

  add(value: LuaValue): void {
    if (typeof value === "string") {
      if (value.length >= LONG_STRING) {
        // This also makes one piece of a string that was joined of many.
        if (this.#seen.has(value)) return;
        this.#seen.add(value);
      }
      this.bytes += STRING_BYTES + value.length;
      return;
    }
    if (
      value instanceof Table || value instanceof LuaFunction || value instanceof HostFunction ||
      value instanceof Coroutine
    ) {
      if (this.#seen.has(value)) return;
      this.#seen.add(value);
      this.#pending.push(value);
    }
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
    this.bytes += TABLE_BYTES + table.array.length * ELEMENT_BYTES +
      table.values.length * (table.shape.owned ? KEY_BYTES : ELEMENT_BYTES);
    this.add(table.metatable);
    const mode = table.metatable?.getKey("__mode");
    const weak = typeof mode === "string" ? mode : "";
    const hasWeakKeys = weak.includes("k");
    const hasWeakValues = weak.includes("v");
    if (hasWeakKeys || hasWeakValues) this.#weak.push({ table, mode: weak });
    for (let n = 1; n < table.array.length; n++) {
      const value = table.array[n];
      if (!hasWeakValues || typeof value === "string") this.add(value);
    }
    const { keys } = table.shape;
    for (let slot = 1; slot < table.values.length; slot++) {
      const value = table.values[slot];
      if (value === undefined) continue;
      const key = keys[slot];
      if (table.shape.owned && (!hasWeakKeys || typeof key === "string")) this.add(key);
      if (!hasWeakValues || typeof value === "string") this.add(value);
    }
  }

  #addFunction(f: LuaFunction): void {
    this.bytes += CLOSURE_BYTES * (1 + f.upvalues.length);
    for (const { store, index } of f.upvalues) this.add(store[index]);
  }

  #addCoroutine(co: Coroutine): void {
    this.bytes += COROUTINE_BYTES + co.stack.length * 8;
    this.add(co.resumer);
    for (const value of co.stack) this.add(value);
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
