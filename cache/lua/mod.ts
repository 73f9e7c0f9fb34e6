/**
 * Lua 5.1, as Redis embeds it: scripts run on a stack of their own, so that they can be stopped at
 * any time and go on later, within bounds of time, memory and depth, and without a way to the
 * host's objects.
 *
 * @module
 */

import { LuaError } from "./error.ts";
import { openBase } from "./lib_base.ts";
import { openBit } from "./lib_bit.ts";
import { openCjson } from "./lib_cjson.ts";
import { openCmsgpack } from "./lib_cmsgpack.ts";
import { openMath, Random } from "./lib_math.ts";
import { openString } from "./lib_string.ts";
import { openStruct } from "./lib_struct.ts";
import { openTable } from "./lib_table.ts";
import { Machine } from "./machine.ts";
import { Table } from "./table.ts";
import type { HostFunction, LuaFunction, LuaValue } from "./value.ts";

export { Coroutine } from "./coroutine.ts";
export type { CoroutineStatus } from "./coroutine.ts";
export { LuaError } from "./error.ts";
export { JSON_NULL } from "./lib_cjson.ts";
export { Machine } from "./machine.ts";
export { Table } from "./table.ts";
export { HostFunction, LuaFunction, MUST_CALL, Userdata } from "./value.ts";
export type { Host, HostGenerator, LuaValue } from "./value.ts";

/** How many bytes of values may be alive, unless another number is given. */
const DEFAULT_MAX_MEMORY = 256 * 1024 * 1024;

/** Options of a {@linkcode Lua}. */
export interface LuaOptions {
  /**
   * How many bytes of strings, tables and other values a script may keep alive, as far as Lua can
   * count them. Beyond that it gets the error `not enough memory`.
   *
   * @default {268435456}
   */
  maxMemory?: number;
  /**
   * Called at every so many calls and loops of a running script. If it returns true, the script is
   * suspended, and {@linkcode Lua.run} or {@linkcode Lua.resume} returns. If it throws a
   * {@linkcode LuaError}, the script ends by it.
   */
  onTick?: () => boolean;
  /**
   * The name of a field: when `pcall` catches an error that is a table with a string in that
   * field, it returns the string in the table's place.
   */
  errorField?: string;
}

/** A Lua of its own, with its global variables and its libraries. */
export class Lua {
  /** What runs its functions; for host functions. */
  readonly machine: Machine;
  /** The random numbers of `math.random`. */
  readonly random: Random = new Random();

  /** Makes one with all libraries. */
  constructor(options: LuaOptions = {}) {
    const machine = new Machine(options.maxMemory ?? DEFAULT_MAX_MEMORY);
    this.machine = machine;
    machine.onTick = options.onTick;
    machine.errorField = options.errorField;
    openBase(machine);
    openTable(machine);
    openString(machine);
    openMath(machine, this.random);
    openCjson(machine);
    openStruct(machine);
    openCmsgpack(machine);
    openBit(machine);
  }

  /** The global variables. */
  get globals(): Table {
    return this.machine.globals;
  }

  /**
   * Compiles a chunk.
   *
   * @param text Its text, each character a byte.
   * @param name What messages call it: after `@` or `=` as it is, else a text that is shortened.
   * @returns The chunk as a function.
   * @throws {LuaError} If it is not Lua.
   */
  load(text: string, name: string): LuaFunction {
    return this.machine.load(text, name);
  }

  /**
   * Calls a function and returns its results, without ever suspending it: when `onTick` asks for
   * that, it just goes on.
   *
   * @throws {LuaError} What the function raises, with where it did.
   */
  call(f: LuaFunction | HostFunction, ...args: LuaValue[]): LuaValue[] {
    let results = this.run(f, args);
    while (results === undefined) results = this.resume();
    return results;
  }

  /**
   * Calls a function.
   *
   * @returns Its results, or `undefined` if it was suspended.
   * @throws {LuaError} What the function raises, with where it did.
   */
  run(f: LuaFunction | HostFunction, args: readonly LuaValue[] = []): LuaValue[] | undefined {
    this.machine.start(f, args);
    return this.#results();
  }

  /**
   * Goes on with a suspended function.
   *
   * @returns Its results, or `undefined` if it was suspended again.
   * @throws {LuaError} What the function raises, with where it did.
   */
  resume(): LuaValue[] | undefined {
    this.machine.resume();
    return this.#results();
  }

  /**
   * Ends a suspended function by an error that it cannot catch.
   *
   * @param value The error's value.
   * @returns The error, with where the function was.
   */
  kill(value: LuaValue): LuaError {
    try {
      this.machine.resume(new LuaError(value, true));
    } catch (error) {
      if (error instanceof LuaError) return error;
      throw error;
    }
    throw new TypeError("The function went on");
  }

  /**
   * Makes a table, and all that can be reached from it, read-only: a script that writes to it gets
   * the error `Attempt to modify a readonly table`.
   */
  protect(table: Table): void {
    if (table.isReadonly) return;
    table.isReadonly = true;
    table.forEach((_, value) => {
      if (value instanceof Table) this.protect(value);
    });
    if (table.metatable !== undefined) this.protect(table.metatable);
  }

  #results(): LuaValue[] | undefined {
    const { machine } = this;
    if (machine.isSuspended) return undefined;
    return machine.main.stack.slice(1, 1 + machine.resultCount);
  }
}
