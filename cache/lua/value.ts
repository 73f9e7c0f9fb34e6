/**
 * Lua's values as JavaScript has them: nil is `undefined`, strings are JavaScript strings of which
 * each character is a byte, and the rest are the classes here and in `table.ts` and `coroutine.ts`.
 *
 * @module
 */

import type { Coroutine } from "./coroutine.ts";
import type { Machine } from "./machine.ts";
import type { Prototype } from "./prototype.ts";
import type { Table } from "./table.ts";

/** Any value of a Lua program. */
export type LuaValue =
  | undefined
  | boolean
  | number
  | string
  | Table
  | LuaFunction
  | HostFunction
  | Coroutine
  | Userdata;

/** A local variable that closures share: in a stack as long as its block runs, then on its own. */
export class Upvalue {
  /** The array the variable is in: a coroutine's stack, or one of its own once it is closed. */
  store: LuaValue[];
  /** Where in that array. */
  index: number;
  /** The next open upvalue of the same stack, further down. */
  next: Upvalue | undefined;

  /** Makes an open upvalue. */
  constructor(store: LuaValue[], index: number, next: Upvalue | undefined) {
    this.store = store;
    this.index = index;
    this.next = next;
  }

  /** Takes the variable out of the stack. */
  close(): void {
    // The text makes it an array of any values, as a stack is, whatever the variable is now.
    this.store = ["", this.store[this.index]];
    this.index = 1;
    this.next = undefined;
  }
}

/** A function written in Lua: a prototype and the upvalues that it closes over. */
export class LuaFunction {
  /** Its code. */
  readonly prototype: Prototype;
  /** Its upvalues, in the order of the prototype's. */
  readonly upvalues: Upvalue[];

  /** Makes a closure. */
  constructor(prototype: Prototype, upvalues: Upvalue[]) {
    this.prototype = prototype;
    this.upvalues = upvalues;
  }
}

/**
 * What a host function does. Its arguments are `machine.stack[args]` up to, not including,
 * `machine.stack[args + count]`; its results go to `machine.stack[args - 1]` and on, over the
 * arguments, and it returns how many they are. There is room for 20 values from `args + count` on;
 * {@linkcode Machine.reserve} makes more.
 */
export type Host = (machine: Machine, args: number, count: number) => number;

/**
 * A host function that calls Lua functions: it puts a function and its arguments on the stack at
 * `machine.callAt` and on, yields how many arguments they are, and finds the results at the same
 * place, as many as `yield` returns. It takes no JavaScript stack while the Lua function runs.
 */
export type HostGenerator = (
  machine: Machine,
  args: number,
  count: number,
) => Generator<number, number, number>;

/** What a host function returns that has to call a Lua function. */
export const MUST_CALL = -1;

/** How the machine runs a host function. */
export enum HostKind {
  /** By calling it. */
  Plain,
  /** As a generator that calls back. */
  Generator,
  /** `pcall`: the machine's own. */
  Pcall,
  /** `xpcall`. */
  Xpcall,
  /** A protected call by another host function, which gets errors as they are. */
  Protect,
  /** `coroutine.resume`. */
  Resume,
  /** What `coroutine.wrap` returns. */
  Wrap,
  /** `coroutine.yield`. */
  Yield,
}

/** A function written in the host's language. */
export class HostFunction {
  /** How it is run. */
  readonly kind: HostKind;
  /** Whether calling it may do, without a generator. */
  readonly isPlain: boolean;
  /** What it does, if it is plain. */
  readonly call: Host;
  /** What it does, if it is a generator. */
  readonly generator: HostGenerator | undefined;
  /** The coroutine of a function that `coroutine.wrap` made. */
  readonly coroutine: Coroutine | undefined;
  /** Values that it keeps, to be counted as its own. */
  readonly upvalues: readonly LuaValue[];

  private constructor(
    kind: HostKind,
    call: Host,
    generator?: HostGenerator,
    coroutine?: Coroutine,
    upvalues: readonly LuaValue[] = [],
  ) {
    this.kind = kind;
    this.isPlain = call !== noHost;
    this.call = call;
    this.generator = generator;
    this.coroutine = coroutine;
    this.upvalues = upvalues;
  }

  /**
   * Makes a function that does not call Lua functions.
   *
   * @param call What it does.
   * @param upvalues The Lua values that it keeps.
   */
  static plain(call: Host, upvalues?: readonly LuaValue[]): HostFunction {
    return new HostFunction(HostKind.Plain, call, undefined, undefined, upvalues);
  }

  /**
   * Makes a function that calls Lua functions.
   *
   * @param generator What it does.
   * @param call What it does when it need not call any, which is faster; it returns
   * {@linkcode MUST_CALL}, with its arguments as they were, when it must.
   */
  static generator(generator: HostGenerator, call: Host = noHost): HostFunction {
    return new HostFunction(HostKind.Generator, call, generator);
  }

  /** Makes one of the functions that the machine itself carries out. */
  static special(kind: HostKind, coroutine?: Coroutine): HostFunction {
    return new HostFunction(kind, noHost, undefined, coroutine);
  }
}

/** Calls its first argument with the rest, for host functions; see {@linkcode HostKind.Protect}. */
export const PROTECT: HostFunction = HostFunction.special(HostKind.Protect);

/** In the place of `call` where nothing calls it. */
function noHost(): number {
  throw new TypeError("Not a plain host function");
}

/** A value that only the host knows. Two are equal only when they are the same. */
export class Userdata {
  /** What `tostring` shows after `userdata: `. */
  readonly name: string;

  /** Makes a value with a name. */
  constructor(name: string) {
    this.name = name;
  }
}
