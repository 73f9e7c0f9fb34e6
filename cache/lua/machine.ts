/**
 * The machine that runs Lua: calls and returns, errors and how they are caught, coroutines,
 * metamethods. What instructions do when all is well is in `execute.ts`; this is the rest.
 *
 * A call of a Lua function never takes JavaScript stack: neither a metamethod's nor a coroutine's
 * nor one by a host function. So a program can be stopped at any instruction and go on later.
 *
 * @module
 */

import {
  Coroutine,
  EXTRA_STACK,
  type Frame,
  MAX_CALLS,
  MAX_CALLS_AFTER_ERROR,
  MAX_CALLS_IN_ERROR,
  Return,
} from "./coroutine.ts";
import {
  calledName,
  describePosition,
  type Position,
  positionAt,
  positionOf,
  variableName,
} from "./debug.ts";
import { LuaError } from "./error.ts";
import { execute } from "./execute.ts";
import { measure } from "./heap.ts";
import { charge, CLOSURE_BYTES, memory, STRING_BYTES } from "./memory.ts";
import { formatNumber, parseNumber, power } from "./number.ts";
import { compile } from "./parser.ts";
import type { Prototype } from "./prototype.ts";
import { makeList, Table } from "./table.ts";
import { HostFunction, HostKind, LuaFunction, type LuaValue, Userdata } from "./value.ts";
import { modulo } from "./generator.ts";

/** How deep calls may nest that in C Lua are calls of C. */
const MAX_LEVELS = 200;
/** From which depth on an error handler's errors are no longer handled. */
const MAX_ERROR_LEVELS = MAX_LEVELS + (MAX_LEVELS >> 3);
/** How many metatables in a row an access may go through. */
const MAX_INDEX_CHAIN = 100;
/** The longest string, in bytes: less than what the engine bears. */
export const MAX_STRING = 2 ** 29 - 64;
/** How many calls and backward jumps there are from one look at the clock to the next. */
const TICK_INTERVAL = 20000;
/** How many calls an error that is caught counts for. */
const ERROR_TICKS = 500;
/** What is charged for each byte of a chunk that is compiled. */
const COMPILED_BYTES = 16;
/** The error of a program that has too much memory. */
const MEMORY_ERROR = "not enough memory";

/** The events of metatables, as bits of what a metatable is known to lack. */
const EVENT_BITS: Record<string, number> = {
  __index: 1,
  __newindex: 2,
  __eq: 4,
  __call: 8,
  __concat: 16,
  __lt: 32,
  __le: 64,
};

/** The host functions that catch errors. */
const PROTECTED: ReadonlySet<HostKind> = new Set([
  HostKind.Pcall,
  HostKind.Xpcall,
  HostKind.Protect,
]);

/** In the place of a value that a metamethod will give, which is still to run. */
export const PENDING: Userdata = new Userdata("pending");

/** A binary operation of arithmetic. */
export type Arithmetic = "__add" | "__sub" | "__mul" | "__div" | "__mod" | "__pow" | "__unm";

/** What a value's type is called. */
export function typeName(value: LuaValue): string {
  switch (typeof value) {
    case "undefined":
      return "nil";
    case "boolean":
    case "number":
    case "string":
      return typeof value;
  }
  if (value instanceof Table) return "table";
  if (value instanceof Coroutine) return "thread";
  return value instanceof Userdata ? "userdata" : "function";
}

/** Whether a value is a function. */
export function isFunction(value: LuaValue): value is LuaFunction | HostFunction {
  return value instanceof LuaFunction || value instanceof HostFunction;
}

/** Whether a value counts as true. */
export function isTruthy(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}

/** A value as a number, if it is one or a string that reads as one. */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? parseNumber(value) : undefined;
}

/** A value as a string, if it is one or a number. */
export function toText(value: LuaValue): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? formatNumber(value) : undefined;
}

/** Whether there is a metamethod behind a call of which C Lua makes a call of C. */
function isHostLevel(kind: Return): boolean {
  return kind !== Return.Call && kind !== Return.Body;
}

/** Runs Lua functions. */
export class Machine {
  /** The global variables. */
  globals: Table = new Table();
  /** The metatable of all strings. */
  readonly stringMetatable: Table = new Table();
  /** The thread that is not a coroutine. */
  readonly main: Coroutine = new Coroutine();
  /** The thread that runs. */
  current: Coroutine;
  /** Its stack: where host functions find their arguments. */
  stack: LuaValue[];
  /** Where a host function that calls has put the function. */
  callAt = 0;
  /** The plain host function that runs now. */
  host: HostFunction | undefined;
  /** Whether the call from outside has ended. */
  isDone = false;
  /** How many results it has, from `stack[1]` on. */
  resultCount = 0;
  /** Whether the program waits to be resumed by the host. */
  isSuspended = false;
  /** How many calls and backward jumps are left until the next look at the clock. */
  budget = TICK_INTERVAL;
  /**
   * Called every so many calls and backward jumps. If it returns true, the program is suspended; if
   * it throws, it ends by that error.
   */
  onTick: (() => boolean) | undefined;
  /**
   * A field by which `pcall` replaces an error that is a table, if that field is a string. With it,
   * `pcall` is Redis' own, which also calls `true` if it is given nothing.
   */
  errorField: string | undefined;
  /** The function `next`, which loops need not call. */
  nextFunction: HostFunction | undefined;
  /** What `ipairs` returns, likewise. */
  ipairsIterator: HostFunction | undefined;
  /** How many bytes may be alive. */
  readonly maxMemory: number;
  /** What scripts have set for C Lua's collector; it means nothing here. */
  readonly collector = { pause: 200, stepMultiplier: 200 };
  /** Values that are alive though no Lua value refers to them. */
  readonly roots: LuaValue[] = [];

  #charged = 0;
  readonly #collect = (): void => this.collect();
  readonly #identities = new WeakMap<object, string>();
  #nextIdentity = 0x55d0c0de0000;

  /**
   * Makes a machine with no libraries.
   *
   * @param maxMemory How many bytes of values may be alive, as the machine counts them.
   */
  constructor(maxMemory: number) {
    this.maxMemory = maxMemory;
    this.current = this.main;
    this.stack = this.main.stack;
    this.main.status = "running";
  }

  // Calls from outside.

  /** Begins the call of a function, whose arguments are copied. */
  start(f: LuaFunction | HostFunction, args: readonly LuaValue[]): void {
    const { main } = this;
    if (main.depth > 0) throw new TypeError("The machine is running");
    main.grow(args.length + 1 + EXTRA_STACK);
    main.maxDepth = MAX_CALLS;
    main.stack[1] = f;
    for (let i = 0; i < args.length; i++) main.stack[2 + i] = args[i];
    this.isDone = false;
    this.isSuspended = false;
    this.budget = TICK_INTERVAL;
    this.#run(args.length);
  }

  /** Goes on with a suspended program, or ends it by an error that it cannot catch. */
  resume(error?: LuaError): void {
    if (!this.isSuspended) throw new TypeError("The machine is not suspended");
    this.isSuspended = false;
    this.#run(-1, error);
  }

  /**
   * Runs until the call from outside has ended or the program is suspended.
   *
   * @param arity How many arguments the call has, or -1 if it has begun.
   * @param thrown An error to begin with.
   */
  #run(arity: number, thrown?: LuaError): void {
    const { charged, trigger, exhausted } = memory;
    memory.charged = this.#charged;
    memory.trigger = this.#trigger(this.#charged);
    memory.exhausted = this.#collect;
    try {
      if (thrown !== undefined) this.#raise(this.#toLuaError(thrown));
      for (let begins = arity >= 0;; begins = false) {
        try {
          if (begins) this.#begin(arity);
          while (!this.isDone && !this.isSuspended) execute(this);
          return;
        } catch (error) {
          this.#raise(this.#toLuaError(error));
        }
      }
    } finally {
      this.#charged = memory.charged;
      memory.charged = charged;
      memory.trigger = trigger;
      memory.exhausted = exhausted;
    }
  }

  #begin(arity: number): void {
    const count = this.begin(1, arity, -1, Return.Entry, 0);
    if (count < 0) return;
    this.resultCount = count;
    this.isDone = true;
  }

  /** Counts what is alive. */
  collect(): void {
    const alive = measure(this);
    memory.charged = alive;
    memory.trigger = this.#trigger(alive);
    if (alive > this.maxMemory) throw new LuaError(MEMORY_ERROR);
    // To make large strings takes long, though it takes few instructions.
    this.checkTime();
  }

  /** How many bytes were charged when the machine last ran. */
  get charged(): number {
    return this.#charged;
  }

  /** How many bytes are charged now. */
  get memoryInUse(): number {
    return memory.charged;
  }

  #trigger(alive: number): number {
    return Math.max(this.maxMemory, alive + this.maxMemory / 4);
  }

  /** Looks at the clock. Returns whether the program is to be suspended. */
  tick(): boolean {
    this.budget = TICK_INTERVAL;
    if (this.onTick === undefined || !this.onTick()) return false;
    this.isSuspended = true;
    return true;
  }

  /** Compiles a chunk. */
  load(text: string, name: string): LuaFunction {
    charge(text.length * COMPILED_BYTES);
    return new LuaFunction(compile(text, name, this.current.level + 1), []);
  }

  /** Looks at the clock within a long host function, which can be ended but not suspended. */
  checkTime(): void {
    if (this.onTick?.() === true) this.budget = 0;
  }

  // Calls and returns.

  /**
   * Begins a call: the function is on the stack, the arguments behind it.
   *
   * @returns How many results there are where the function was, or -1 if it is still to run.
   */
  begin(slot: number, arity: number, wanted: number, kind: Return, target: number): number {
    const co = this.current;
    let f = co.stack[slot];
    let count = arity;
    if (!isFunction(f)) {
      const handler = this.metamethod(f, "__call");
      if (!isFunction(handler)) {
        const isCall = kind === Return.Call || kind === Return.ForCall;
        this.typeError(f, "call", isCall ? slot - (co.frames[co.depth]?.base ?? 0) : -1);
      }
      co.grow(slot + count + EXTRA_STACK);
      for (let i = slot + count; i >= slot; i--) co.stack[i + 1] = co.stack[i];
      co.stack[slot] = handler;
      f = handler;
      count++;
    }
    const isLevel = isHostLevel(kind);
    if (isLevel) this.enterLevel();
    if (f instanceof LuaFunction) {
      this.budget--;
      this.pushFunction(f, slot, count, wanted, kind, target);
      return -1;
    }
    if (co.depth >= co.maxDepth - 1) this.overflow();
    co.grow(slot + count + EXTRA_STACK);
    if (f.isPlain) {
      this.host = f;
      const results = f.call(this, slot + 1, count);
      this.host = undefined;
      if (results >= 0) {
        if (isLevel) co.level--;
        return results;
      }
    }
    this.pushHost(f, slot, count, wanted, kind, target);
    return -1;
  }

  /** Makes the frame of a host function's call, which calls Lua functions. */
  pushHost(
    f: HostFunction,
    slot: number,
    count: number,
    wanted: number,
    kind: Return,
    target: number,
  ): void {
    const frame = this.current.push();
    frame.function = f;
    frame.slot = slot;
    frame.base = slot + 1;
    frame.position = count;
    frame.wanted = wanted;
    frame.return = kind;
    frame.target = target;
    frame.tailCalls = 0;
    frame.generator = undefined;
    frame.arrived = -1;
    frame.level = 0;
  }

  /** Makes the frame of a Lua function's call. */
  pushFunction(
    f: LuaFunction,
    slot: number,
    count: number,
    wanted: number,
    kind: Return,
    target: number,
  ): void {
    const co = this.current;
    if (co.depth >= co.maxDepth - 1) this.overflow();
    const frame = co.push();
    if (frame.function !== f) {
      frame.function = f;
      frame.code = f.prototype.code;
      frame.constants = f.prototype.constants;
    }
    frame.slot = slot;
    frame.base = this.enterFunction(f, slot, count);
    frame.position = 0;
    frame.wanted = wanted;
    frame.return = kind;
    frame.target = target;
    frame.tailCalls = 0;
    frame.generator = undefined;
  }

  /** Puts the arguments of a Lua function where it expects them, and returns its first register. */
  enterFunction(f: LuaFunction, slot: number, count: number): number {
    const { stack } = this.current;
    const { parameters, isVararg, needsArg, registers } = f.prototype;
    this.current.grow(slot + count + parameters + registers + 2 + EXTRA_STACK);
    const first = slot + 1;
    for (let i = count; i < parameters; i++) stack[first + i] = undefined;
    if (!isVararg) return first;
    const base = first + Math.max(count, parameters);
    for (let i = 0; i < parameters; i++) {
      stack[base + i] = stack[first + i];
      stack[first + i] = undefined;
    }
    if (needsArg) {
      const extra = makeList();
      for (let i = parameters; i < count; i++) extra.push(stack[first + i]);
      const arg = Table.of(extra);
      arg.set("n", Math.max(0, count - parameters));
      stack[base + parameters] = arg;
    } else if (f.prototype.line > 0) stack[base + parameters] = undefined;
    return base;
  }

  /** Counts a call that in C Lua is a call of C. */
  enterLevel(): void {
    const co = this.current;
    if (++co.level < MAX_LEVELS) return;
    if (co.level === MAX_LEVELS) this.runtimeError("C stack overflow");
    if (co.level >= MAX_ERROR_LEVELS) throw new ErrorInHandler();
  }

  /** Ends a program that has called too deep. */
  overflow(): never {
    const co = this.current;
    if (co.maxDepth >= MAX_CALLS_IN_ERROR) throw new ErrorInHandler();
    co.maxDepth = MAX_CALLS_IN_ERROR;
    this.runtimeError("stack overflow");
  }

  /** Returns from the current call, of which the results are on the stack from `first` on. */
  return(first: number, count: number): void {
    const co = this.current;
    const frame = co.frames[co.depth--] as Frame;
    const { stack } = co;
    const { slot } = frame;
    if (isHostLevel(frame.return)) co.level--;
    const caller = co.frames[co.depth] as Frame;
    switch (frame.return) {
      case Return.Call:
      case Return.ForCall: {
        const { wanted } = frame;
        const copied = wanted < 0 || count < wanted ? count : wanted;
        for (let i = 0; i < copied; i++) stack[slot + i] = stack[first + i];
        for (let i = copied; i < wanted; i++) stack[slot + i] = undefined;
        co.top = slot + count;
        return;
      }
      case Return.Host:
        for (let i = 0; i < count; i++) stack[slot + i] = stack[first + i];
        caller.arrived = count;
        return;
      case Return.Entry:
        for (let i = 0; i < count; i++) stack[slot + i] = stack[first + i];
        this.resultCount = count;
        this.isDone = true;
        return;
      case Return.Body:
        co.status = "dead";
        this.#leaveCoroutine(first, count);
        return;
      case Return.Discard:
        return;
      case Return.Handler:
        this.#recover(count > 0 ? stack[first] : undefined);
        return;
    }
    const value = count > 0 ? stack[first] : undefined;
    this.#deliver(caller, frame.return, frame.target, value);
  }

  /** Gives an instruction what its metamethod has returned. */
  #deliver(frame: Frame, kind: Return, target: number, value: LuaValue): void {
    const { stack } = this.current;
    if (kind === Return.Store) stack[frame.base + target] = value;
    else if (kind === Return.Test) this.#branch(frame, isTruthy(value) === (target !== 0));
    else {
      stack[frame.base + target] = value;
      this.concatenate(frame, target);
    }
  }

  /** Takes the jump that follows a comparison, or goes on after it. */
  #branch(frame: Frame, isTaken: boolean): void {
    const { code } = (frame.function as LuaFunction).prototype;
    const jump = code[frame.position++] ?? 0;
    if (isTaken) frame.position += jump >> 7;
  }

  /** Goes on with the host function that is the current call. */
  step(frame: Frame): void {
    const co = this.current;
    const host = frame.function as HostFunction;
    const { arrived } = frame;
    switch (host.kind) {
      case HostKind.Generator:
        this.#stepGenerator(frame, host);
        return;
      case HostKind.Pcall:
      case HostKind.Xpcall:
      case HostKind.Protect:
        if (arrived < 0) return this.#beginProtected(frame, host.kind === HostKind.Xpcall);
        co.stack[frame.slot] = true;
        return this.return(frame.slot, arrived + 1);
      case HostKind.Resume:
      case HostKind.Wrap:
        return this.#resumeCoroutine(frame, host);
      case HostKind.Yield:
        return this.#yield(frame);
    }
  }

  #stepGenerator(frame: Frame, host: HostFunction): void {
    const generator = frame.generator ??= host.generator?.(this, frame.base, frame.position);
    if (generator === undefined) throw new TypeError("Not a generator");
    const { done, value } = generator.next(frame.arrived);
    if (done === true) return this.return(frame.slot, value);
    frame.arrived = this.begin(this.callAt, value, -1, Return.Host, 0);
  }

  #beginProtected(frame: Frame, hasHandler: boolean): void {
    const { stack, level } = this.current;
    const { base, slot, position: count } = frame;
    if (!hasHandler) {
      if (count === 0) {
        if (this.errorField === undefined) this.argumentError(1, "value expected");
        // Redis' own pcall takes what it has put on the stack itself for the function.
        stack[base] = true;
      }
      frame.level = level;
      frame.arrived = this.begin(base, Math.max(0, count - 1), -1, Return.Host, 0);
      return;
    }
    if (count < 2) this.argumentError(2, "value expected");
    frame.level = level;
    stack[slot] = stack[base + 1];
    frame.arrived = this.begin(base, 0, -1, Return.Host, 0);
  }

  /** A generator's arguments may be beyond its own: makes room for `count` values from `at` on. */
  reserve(at: number, count: number): void {
    this.current.grow(at + count + EXTRA_STACK);
  }

  // Errors.

  #toLuaError(error: unknown): LuaError | ErrorInHandler {
    this.#host = this.host;
    this.host = undefined;
    if (error instanceof LuaError || error instanceof ErrorInHandler) return error;
    // The engine says so when a string, an array or its own stack grows too large.
    if (error instanceof RangeError) return new LuaError(MEMORY_ERROR);
    this.#abandon();
    throw error;
  }

  /** The plain host function that ran when an error was thrown. */
  #host: HostFunction | undefined;

  /** Gives up all calls. */
  #abandon(): void {
    const { main } = this;
    main.closeUpvalues(1);
    main.depth = 0;
    main.level = 0;
    this.current = main;
    this.stack = main.stack;
    main.status = "running";
  }

  /**
   * Finds who catches an error: a protected call, the coroutine's resumer or the host. Error
   * handlers run where the error was raised, before any call is given up.
   */
  #raise(thrown: LuaError | ErrorInHandler): void {
    let error = thrown;
    for (;;) {
      const position = this.#errorPosition();
      const depth = error instanceof LuaError && error.isFatal ? 0 : this.#protectedDepth();
      const co = this.current;
      if (depth > 0) {
        const isXpcall = (co.frames[depth]?.function as HostFunction).kind === HostKind.Xpcall;
        if (error instanceof ErrorInHandler || error.value === MEMORY_ERROR || !isXpcall) {
          return this.#recover(error.value);
        }
        try {
          return this.#callHandler(co.stack[co.frames[depth]?.slot ?? 0], error.value);
        } catch (next) {
          error = this.#toLuaError(next);
          continue;
        }
      }
      const { resumer } = co;
      if (resumer === undefined) {
        const outer = error instanceof LuaError ? error : new LuaError(error.value);
        if (outer.line < 0 && outer.source === "" && position !== undefined) {
          outer.source = position.source;
          outer.line = position.line;
        }
        this.#abandon();
        throw outer;
      }
      co.status = "dead";
      co.closeUpvalues(1);
      co.depth = 0;
      co.resumer = undefined;
      this.#switchTo(resumer);
      const frame = resumer.frames[resumer.depth] as Frame;
      if (error instanceof LuaError && error.isFatal) continue;
      if ((frame.function as HostFunction).kind === HostKind.Resume) {
        resumer.stack[frame.slot] = false;
        resumer.stack[frame.slot + 1] = error.value;
        return this.return(frame.slot, 2);
      }
      const text = toText(error.value);
      error = new LuaError(text === undefined ? error.value : this.where(1) + text);
    }
  }

  /** Where an error was raised, or, if that is a host function, from where that was called. */
  #errorPosition(): Position | undefined {
    const co = this.current;
    const frame = co.frames[co.depth];
    const isHost = this.#host !== undefined;
    this.#host = undefined;
    if (frame === undefined || co.depth === 0) return undefined;
    if (isHost || frame.function instanceof LuaFunction) return positionOf(frame);
    return positionAt(co, 1);
  }

  /** The innermost protected call of the current thread, or 0. */
  #protectedDepth(): number {
    const { frames, depth } = this.current;
    for (let d = depth; d > 0; d--) {
      const frame = frames[d];
      if (frame === undefined || !(frame.function instanceof HostFunction)) continue;
      if (PROTECTED.has(frame.function.kind) && frame.level > 0) return d;
    }
    return 0;
  }

  #callHandler(handler: LuaValue, value: LuaValue): void {
    if (!isFunction(handler)) throw new ErrorInHandler();
    const co = this.current;
    const at = this.#frameTop(co);
    co.grow(at + 2 + EXTRA_STACK);
    co.stack[at] = handler;
    co.stack[at + 1] = value;
    const count = this.begin(at, 1, 1, Return.Handler, 0);
    if (count >= 0) this.#recover(count > 0 ? co.stack[at] : undefined);
  }

  /** The first place on the stack that the current call does not use. */
  #frameTop(co: Coroutine): number {
    const { function: f, base, position } = co.frames[co.depth] as Frame;
    return f instanceof LuaFunction ? base + f.prototype.registers : base + position;
  }

  /** Returns an error from the innermost protected call. */
  #recover(value: LuaValue): void {
    const co = this.current;
    const depth = this.#protectedDepth();
    const frame = co.frames[depth] as Frame;
    const { slot } = frame;
    co.closeUpvalues(slot + 1);
    co.depth = depth;
    co.level = frame.level;
    if (co.maxDepth > MAX_CALLS && depth + 1 < MAX_CALLS_AFTER_ERROR) {
      co.maxDepth = MAX_CALLS_AFTER_ERROR;
    }
    this.budget -= ERROR_TICKS;
    co.stack[slot] = false;
    co.stack[slot + 1] = value;
    const isPcall = (frame.function as HostFunction).kind === HostKind.Pcall;
    if (!isPcall || this.errorField === undefined || !(value instanceof Table)) {
      return this.return(slot, 2);
    }
    const field = value.get(this.errorField);
    const isText = typeof field === "string" || typeof field === "number";
    if (isText) co.stack[slot + 1] = field;
    else co.stack[slot + 2] = field;
    this.return(slot, isText ? 2 : 3);
  }

  /** The beginning of a message: where the function is that is `level` calls up. */
  where(level: number): string {
    // A plain host function has no frame: it is level 0, its caller level 1.
    const up = this.host === undefined ? level : level - 1;
    return describePosition(up < 0 ? undefined : positionAt(this.current, up));
  }

  /** Ends a host function by an error that tells where it was called. */
  error(message: string): never {
    throw new LuaError(this.where(1) + message);
  }

  /** Ends an instruction by an error that tells where it is. */
  runtimeError(message: string): never {
    const co = this.current;
    const isLua = this.host === undefined && co.depth > 0;
    const frame = co.frames[co.depth];
    const position = isLua && frame !== undefined ? positionOf(frame) : undefined;
    throw new LuaError(describePosition(position) + message);
  }

  /** Ends an instruction because a value has the wrong type. */
  typeError(value: LuaValue, operation: string, register: number): never {
    const co = this.current;
    const frame = co.frames[co.depth];
    const variable = register >= 0 && this.host === undefined && frame !== undefined
      ? variableName(frame, register)
      : undefined;
    const type = typeName(value);
    this.runtimeError(
      variable === undefined
        ? `attempt to ${operation} a ${type} value`
        : `attempt to ${operation} ${variable.kind} '${variable.name}' (a ${type} value)`,
    );
  }

  /** Ends a host function because of its argument `n`, counted from 1. */
  argumentError(n: number, message: string): never {
    const co = this.current;
    const depth = this.host === undefined ? co.depth - 1 : co.depth;
    const called = calledName(co.frames[depth]);
    let argument = n;
    if (called?.kind === "method") {
      argument--;
      if (argument === 0) this.error(`calling '${called.name}' on bad self (${message})`);
    }
    this.error(`bad argument #${argument} to '${called?.name ?? "?"}' (${message})`);
  }

  // Coroutines.

  #switchTo(co: Coroutine): void {
    this.current = co;
    this.stack = co.stack;
    co.status = "running";
  }

  /** Leaves the current coroutine with values for its resumer. */
  #leaveCoroutine(first: number, count: number): void {
    const co = this.current;
    const resumer = co.resumer;
    if (resumer === undefined) throw new TypeError("No resumer");
    co.resumer = undefined;
    this.#switchTo(resumer);
    const frame = resumer.frames[resumer.depth] as Frame;
    const isResume = (frame.function as HostFunction).kind === HostKind.Resume;
    const { slot } = frame;
    const at = isResume ? slot + 1 : slot;
    resumer.grow(at + count + EXTRA_STACK);
    if (isResume) resumer.stack[slot] = true;
    for (let i = 0; i < count; i++) resumer.stack[at + i] = co.stack[first + i];
    this.return(slot, isResume ? count + 1 : count);
  }

  #resumeCoroutine(frame: Frame, host: HostFunction): void {
    const resumer = this.current;
    const { stack } = resumer;
    const { base, slot, position } = frame;
    const isResume = host.kind === HostKind.Resume;
    const co = isResume ? (position > 0 ? stack[base] : undefined) : host.coroutine;
    if (!(co instanceof Coroutine)) this.argumentError(1, "coroutine expected");
    const first = isResume ? base + 1 : base;
    const count = isResume ? position - 1 : position;
    const refusal = co.status !== "suspended"
      ? `cannot resume ${co.status} coroutine`
      : resumer.level >= MAX_LEVELS
      ? "C stack overflow"
      : undefined;
    if (refusal !== undefined) {
      if (!isResume) throw new LuaError(this.where(1) + refusal);
      stack[slot] = false;
      stack[slot + 1] = refusal;
      return this.return(slot, 2);
    }
    resumer.status = "normal";
    co.resumer = resumer;
    co.level = resumer.level + 1;
    co.baseLevel = co.level;
    this.#switchTo(co);
    if (co.depth === 0) {
      co.grow(count + 2 + EXTRA_STACK);
      for (let i = 0; i < count; i++) co.stack[2 + i] = stack[first + i];
      this.pushFunction(co.stack[1] as LuaFunction, 1, count, -1, Return.Body, 0);
      return;
    }
    const yielded = co.frames[co.depth] as Frame;
    co.grow(yielded.slot + count + EXTRA_STACK);
    for (let i = 0; i < count; i++) co.stack[yielded.slot + i] = stack[first + i];
    this.return(yielded.slot, count);
  }

  #yield(frame: Frame): void {
    const co = this.current;
    if (co.level > co.baseLevel || co.resumer === undefined) {
      throw new LuaError("attempt to yield across metamethod/C-call boundary");
    }
    co.status = "suspended";
    this.#leaveCoroutine(frame.base, frame.position);
  }

  // Metatables.

  /** The metatable of a value. */
  metatableOf(value: LuaValue): Table | undefined {
    if (value instanceof Table) return value.metatable;
    return typeof value === "string" ? this.stringMetatable : undefined;
  }

  /** What handles an event of a value. */
  metamethod(value: LuaValue, event: string): LuaValue {
    const metatable = this.metatableOf(value);
    return metatable === undefined ? undefined : this.handler(metatable, event);
  }

  /** What handles an event in a metatable. */
  handler(metatable: Table, event: string): LuaValue {
    const bit = EVENT_BITS[event] ?? 0;
    if ((metatable.absent & bit) !== 0) return undefined;
    const value = metatable.getKey(event);
    if (value === undefined) metatable.absent |= bit;
    return value;
  }

  /** Calls a metamethod with two or three arguments; the result goes where `kind` says. */
  #callMetamethod(
    handler: LuaValue,
    kind: Return,
    target: number,
    a: LuaValue,
    b: LuaValue,
    c?: LuaValue,
  ): LuaValue {
    const co = this.current;
    const at = this.#frameTop(co);
    co.grow(at + 4 + EXTRA_STACK);
    const { stack } = co;
    stack[at] = handler;
    stack[at + 1] = a;
    stack[at + 2] = b;
    const hasThree = kind === Return.Discard;
    if (hasThree) stack[at + 3] = c;
    const count = this.begin(at, hasThree ? 3 : 2, 1, kind, target);
    if (count < 0) return PENDING;
    return count > 0 ? stack[at] : undefined;
  }

  /**
   * Reads a field of any value, with metamethods.
   *
   * @param target The register that gets it.
   * @param register The register that the value is in, for messages, or -1.
   * @returns The field, or `PENDING`.
   */
  index(value: LuaValue, key: LuaValue, target: number, register: number): LuaValue {
    let object = value;
    let name = register;
    for (let i = 0; i < MAX_INDEX_CHAIN; i++) {
      let handler: LuaValue;
      if (object instanceof Table) {
        const field = object.get(key);
        if (field !== undefined || object.metatable === undefined) return field;
        handler = this.handler(object.metatable, "__index");
        if (handler === undefined) return undefined;
      } else {
        handler = this.metamethod(object, "__index");
        if (handler === undefined) this.typeError(object, "index", name);
      }
      if (isFunction(handler)) {
        return this.#callMetamethod(handler, Return.Store, target, object, key);
      }
      object = handler;
      name = -1;
    }
    this.runtimeError("loop in gettable");
  }

  /** Writes a field of any value, with metamethods. Returns whether one is still to run. */
  setIndex(value: LuaValue, key: LuaValue, field: LuaValue, register: number): boolean {
    let object = value;
    let name = register;
    for (let i = 0; i < MAX_INDEX_CHAIN; i++) {
      let handler: LuaValue;
      if (object instanceof Table) {
        this.checkWritable(object);
        const { metatable } = object;
        handler = undefined;
        if (metatable !== undefined && object.get(key) === undefined) {
          handler = this.handler(metatable, "__newindex");
        }
        this.checkKey(key);
        if (handler === undefined) {
          object.set(key, field);
          return false;
        }
      } else {
        handler = this.metamethod(object, "__newindex");
        if (handler === undefined) this.typeError(object, "index", name);
      }
      if (isFunction(handler)) {
        return this.#callMetamethod(handler, Return.Discard, 0, object, key, field) === PENDING;
      }
      object = handler;
      name = -1;
    }
    this.runtimeError("loop in settable");
  }

  /** Ends the program because `next` was given a key that is none. */
  invalidNext(): never {
    throw new LuaError("invalid key to 'next'");
  }

  /** Ends the program if a table may not be written to. */
  checkWritable(table: Table): void {
    if (table.isReadonly) this.runtimeError("Attempt to modify a readonly table");
  }

  /** Ends the program if a value is no key. */
  checkKey(key: LuaValue): void {
    if (key === undefined) this.runtimeError("table index is nil");
    if (key !== key) this.runtimeError("table index is NaN");
  }

  /**
   * Calculates with values of which one is not a number.
   *
   * @param b The register of the left operand, or -1.
   * @param c The register of the right operand, or -1.
   * @returns The result, or `PENDING`.
   */
  arithmetic(
    event: Arithmetic,
    left: LuaValue,
    right: LuaValue,
    target: number,
    b: number,
    c: number,
  ): LuaValue {
    const x = toNumber(left);
    const y = x === undefined ? undefined : toNumber(right);
    if (x !== undefined && y !== undefined) return calculate(event, x, y);
    const handler = this.metamethod(left, event) ?? this.metamethod(right, event);
    if (handler !== undefined) {
      return this.#callMetamethod(handler, Return.Store, target, left, right);
    }
    if (x === undefined) this.typeError(left, "perform arithmetic on", b);
    this.typeError(right, "perform arithmetic on", c);
  }

  /** The length of a value that is not a string; the number, or `PENDING`. */
  length(value: LuaValue, target: number, register: number): LuaValue {
    if (value instanceof Table) return value.length();
    if (typeof value === "string") return value.length;
    const handler = this.metamethod(value, "__len");
    if (handler === undefined) this.typeError(value, "get length of", register);
    return this.#callMetamethod(handler, Return.Store, target, value, undefined);
  }

  /**
   * Whether two values that are not the same are equal.
   *
   * @param isWanted For which outcome the jump is taken that follows.
   * @returns Whether they are, or `undefined` if a metamethod is to say it.
   */
  equals(left: LuaValue, right: LuaValue, isWanted: boolean): boolean | undefined {
    if (!(left instanceof Table) || !(right instanceof Table)) return false;
    const { metatable } = left;
    if (metatable === undefined || right.metatable === undefined) return false;
    const handler = this.handler(metatable, "__eq");
    if (handler === undefined) return false;
    if (right.metatable !== metatable && this.handler(right.metatable, "__eq") !== handler) {
      return false;
    }
    return this.#compare(handler, left, right, isWanted);
  }

  /** Whether one value is less than another, likewise. */
  lessThan(left: LuaValue, right: LuaValue, isWanted: boolean): boolean | undefined {
    if (typeof left === "number" && typeof right === "number") return left < right;
    if (typeof left === "string" && typeof right === "string") return left < right;
    const handler = this.orderHandler(left, right, "__lt");
    if (handler === undefined) this.orderError(left, right);
    return this.#compare(handler, left, right, isWanted);
  }

  /** Whether one value is less than or equal to another, likewise. */
  lessEqual(left: LuaValue, right: LuaValue, isWanted: boolean): boolean | undefined {
    if (typeof left === "number" && typeof right === "number") return left <= right;
    if (typeof left === "string" && typeof right === "string") return left <= right;
    const handler = this.orderHandler(left, right, "__le");
    if (handler !== undefined) return this.#compare(handler, left, right, isWanted);
    const opposite = this.orderHandler(right, left, "__lt");
    if (opposite === undefined) this.orderError(left, right);
    const result = this.#compare(opposite, right, left, !isWanted);
    return result === undefined ? undefined : !result;
  }

  #compare(
    handler: LuaValue,
    left: LuaValue,
    right: LuaValue,
    isWanted: boolean,
  ): boolean | undefined {
    const value = this.#callMetamethod(handler, Return.Test, isWanted ? 1 : 0, left, right);
    return value === PENDING ? undefined : isTruthy(value);
  }

  /** What orders two values of the same type, if it is the same for both. */
  orderHandler(left: LuaValue, right: LuaValue, event: string): LuaValue {
    if (typeName(left) !== typeName(right)) return undefined;
    const handler = this.metamethod(left, event);
    return handler !== undefined && this.metamethod(right, event) === handler ? handler : undefined;
  }

  /** Ends the program because two values have no order. */
  orderError(left: LuaValue, right: LuaValue): never {
    const a = typeName(left);
    const b = typeName(right);
    this.runtimeError(
      a[2] === b[2] ? `attempt to compare two ${a} values` : `attempt to compare ${a} with ${b}`,
    );
  }

  /**
   * Carries out the concatenation that is the current instruction of a call, from the register
   * `last` down, and stores its result.
   *
   * @returns Whether a metamethod is still to run.
   */
  concatenate(frame: Frame, last: number): boolean {
    const { stack } = this.current;
    const { base } = frame;
    const { code } = (frame.function as LuaFunction).prototype;
    const instruction = code[frame.position - 1] ?? 0;
    const first = instruction >>> 15 & 255;
    let c = last;
    while (c > first) {
      const right = stack[base + c];
      const left = stack[base + c - 1];
      const text = toText(right);
      const before = toText(left);
      if (text === undefined || before === undefined) {
        const handler = this.metamethod(left, "__concat") ?? this.metamethod(right, "__concat");
        if (handler === undefined) {
          const isRight = before !== undefined;
          this.typeError(isRight ? right : left, "concatenate", isRight ? c : c - 1);
        }
        const value = this.#callMetamethod(handler, Return.Concat, c - 1, left, right);
        if (value === PENDING) return true;
        stack[base + c - 1] = value;
      } else stack[base + c - 1] = this.join(before, text);
      c--;
    }
    stack[base + (instruction >>> 7 & 255)] = stack[base + first];
    return false;
  }

  /** Joins two strings. */
  join(left: string, right: string): string {
    const length = left.length + right.length;
    if (length > MAX_STRING) throw new LuaError(MEMORY_ERROR);
    charge(length + STRING_BYTES);
    return left + right;
  }

  // For the instructions.

  /** Makes a closure in the current call. */
  closure(prototype: LuaFunction["prototype"], outer: LuaFunction, base: number): LuaFunction {
    const upvalues = [];
    for (const source of prototype.upvalueSources) {
      const upvalue = source >= 0
        ? this.current.findUpvalue(base + source)
        : outer.upvalues[-1 - source];
      if (upvalue !== undefined) upvalues.push(upvalue);
    }
    charge(CLOSURE_BYTES * (1 + upvalues.length));
    return new LuaFunction(prototype, upvalues);
  }

  /**
   * Looks for a method in a table and in the one that its metatable names, and lets the instruction
   * remember where it was. Metamethods are not called.
   */
  findMethod(table: Table, prototype: Prototype, pc: number, constant: number): LuaValue {
    const key = prototype.constants[constant];
    const { shape } = table;
    const { cachedShapes, cachedSlots, cachedNext } = prototype;
    const slot = shape.find(key);
    if (slot !== 0) {
      cachedShapes[pc] = shape;
      cachedSlots[pc] = slot;
      if (table.values[slot] !== undefined) return table.values[slot];
    }
    const parent = table.metatable?.indexTable;
    if (parent === undefined) return undefined;
    const parentSlot = parent.shape.find(key);
    if (slot === 0 && parentSlot !== 0 && !shape.owned) {
      cachedShapes[pc] = shape;
      cachedSlots[pc] = -parentSlot;
      cachedNext[pc] = parent.shape;
    }
    return parent.values[parentSlot];
  }

  /** Checks the three values of a numeric loop and makes them numbers. */
  prepareLoop(at: number): void {
    const { stack } = this.current;
    const names = ["initial value", "limit", "step"];
    for (let i = 0; i < 3; i++) {
      const value = toNumber(stack[at + i]);
      if (value === undefined) this.runtimeError(`'for' ${names[i]} must be a number`);
      stack[at + i] = value;
    }
  }

  /** A name for a value that tells it from all others, like the address that C Lua shows. */
  identity(value: object): string {
    let identity = this.#identities.get(value);
    if (identity === undefined) {
      this.#nextIdentity += 64;
      identity = `0x${this.#nextIdentity.toString(16)}`;
      this.#identities.set(value, identity);
    }
    return identity;
  }

  /** The text of a value without metamethods. */
  describe(value: LuaValue): string {
    if (value === undefined) return "nil";
    if (typeof value === "boolean") return value ? "true" : "false";
    const text = toText(value);
    if (text !== undefined) return text;
    if (value instanceof Userdata) return `userdata: ${value.name}`;
    return `${typeName(value)}: ${this.identity(value as object)}`;
  }
}

/** An error that C Lua gives up on: an error handler called too deep. */
class ErrorInHandler {
  /** What the program gets of it. */
  readonly value = "error in error handling";
}

function calculate(event: Arithmetic, x: number, y: number): number {
  switch (event) {
    case "__add":
      return x + y;
    case "__sub":
      return x - y;
    case "__mul":
      return x * y;
    case "__div":
      return x / y;
    case "__mod":
      return modulo(x, y);
    case "__pow":
      return power(x, y);
    case "__unm":
      return -x;
  }
}
