/**
 * A thread of Lua: a stack of values and the calls that use it.
 *
 * @module
 */

import type { Constant } from "./prototype.ts";
import { HostFunction, type LuaFunction, type LuaValue, Upvalue } from "./value.ts";

/** How many values the stack has beyond those that a Lua function uses: a host function's room. */
export const EXTRA_STACK = 64;

/**
 * How many calls there may be at once: C Lua doubles its list of them and refuses once that is
 * larger than 20 000.
 */
export const MAX_CALLS = 16384;
/** How many there may be while an error of too many is handled. */
export const MAX_CALLS_IN_ERROR = 32768;
/** How many there may be after such an error was caught: then C Lua's list is exactly so long. */
export const MAX_CALLS_AFTER_ERROR = 20000;

/** What becomes of the results of a call. */
export enum Return {
  /** A call instruction made it. */
  Call,
  /** The loop instruction made it, and finds its results where they are put. */
  ForCall,
  /** A host function made it, and finds its results where the function was. */
  Host,
  /** An instruction's metamethod: the result goes to the register `target`. */
  Store,
  /** A comparison's metamethod: the result is compared with `target`, and decides on a jump. */
  Test,
  /** A metamethod that has no result. */
  Discard,
  /** The metamethod of a concatenation, which goes on with the register `target`. */
  Concat,
  /** An error handler: the result is the error's value. */
  Handler,
  /** The host made it, from outside. */
  Entry,
  /** It is a coroutine's function. */
  Body,
}

/** In the place of a function where there is none. */
const NO_FUNCTION = HostFunction.plain(() => 0);

/** The code of a host function. */
const NO_CODE = new Int32Array(0);
const NO_CONSTANTS: Constant[] = [];

/** A call. The objects are used again: a coroutine keeps as many as it ever needed. */
export class Frame {
  /** The function that is called. */
  function: LuaFunction | HostFunction = NO_FUNCTION;
  /** Of a Lua function: its instructions and constants, to which a return comes back at once. */
  code: Int32Array = NO_CODE;
  constants: Constant[] = NO_CONSTANTS;
  /** Where on the stack the function is, and its results will be. */
  slot = 0;
  /** Its first register; of a host function its first argument. */
  base = 0;
  /** The next instruction; of a host function how many arguments it has. */
  position = 0;
  /** How many results are wanted, or -1 for all. */
  wanted = 0;
  /** What becomes of them. */
  return = Return.Call;
  /** What `return` needs. */
  target = 0;
  /** How many calls this one has taken the place of. */
  tailCalls = 0;
  /** Of a host function: its generator. */
  generator: Generator<number, number, number> | undefined = undefined;
  /** Of a host function that calls: how many results have come, or -1 before the first call. */
  arrived = -1;
  /** Of a protected call: how deep the host's calls were nested; 0 before it has begun. */
  level = 0;
}

/** What a coroutine does. */
export type CoroutineStatus = "suspended" | "running" | "normal" | "dead";

/** A thread of Lua. */
export class Coroutine {
  /** Its values. Place 0 is not used: its text makes this an array of any values. */
  readonly stack: LuaValue[] = [""];
  /** Its calls; place 0 is not used. */
  readonly frames: Frame[] = [new Frame()];
  /** The current call. */
  depth = 0;
  /** How many calls there may be. */
  maxDepth = MAX_CALLS;
  /** Where the values end of the last instruction that made any number of them. */
  top = 0;
  /** How deep calls are nested that in C Lua are calls of C. */
  level = 0;
  /** How deep they were when it was resumed; it can only yield at that level. */
  baseLevel = 0;
  /** What it does. */
  status: CoroutineStatus = "suspended";
  /** Who resumed it. */
  resumer: Coroutine | undefined = undefined;
  /** Its open upvalues, from the top of the stack down. */
  openUpvalues: Upvalue | undefined = undefined;

  /** Makes a thread with an empty stack. */
  constructor() {
    this.grow(EXTRA_STACK * 2);
  }

  /** Sees to it that the stack has `size` places. */
  grow(size: number): void {
    const { stack } = this;
    while (stack.length < size) stack.push(undefined);
  }

  /** Returns the upvalue of a place on the stack. */
  findUpvalue(index: number): Upvalue {
    let previous: Upvalue | undefined = undefined;
    let upvalue = this.openUpvalues;
    while (upvalue !== undefined && upvalue.index >= index) {
      if (upvalue.index === index) return upvalue;
      previous = upvalue;
      upvalue = upvalue.next;
    }
    const found: Upvalue = new Upvalue(this.stack, index, upvalue);
    if (previous === undefined) this.openUpvalues = found;
    else previous.next = found;
    return found;
  }

  /** Closes the upvalues from a place on. */
  closeUpvalues(index: number): void {
    let upvalue = this.openUpvalues;
    while (upvalue !== undefined && upvalue.index >= index) {
      const { next } = upvalue;
      upvalue.close();
      upvalue = next;
    }
    this.openUpvalues = upvalue;
  }

  /** Goes one call deeper, and returns its frame, whose fields are the last call's. */
  push(): Frame {
    const { frames } = this;
    const depth = ++this.depth;
    if (depth < frames.length) return frames[depth] as Frame;
    const frame = new Frame();
    frames.push(frame);
    return frame;
  }
}
