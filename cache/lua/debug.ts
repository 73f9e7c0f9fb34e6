/**
 * What error messages say: where a function is, and what a value is called in it. Names are found
 * as C Lua finds them, by looking for the instruction that last set a register.
 *
 * @module
 */

import type { Coroutine, Frame } from "./coroutine.ts";
import { Op } from "./execute.ts";
import { describeChunk } from "./lexer.ts";
import type { Prototype } from "./prototype.ts";
import { LuaFunction } from "./value.ts";

/** What a value is called. */
export interface VariableName {
  /** What kind of variable it is in. */
  kind: "local" | "global" | "field" | "upvalue" | "method";
  /** The variable's name. */
  name: string;
}

/** A function in a call, as far as an error message tells of it. */
export interface Position {
  /** The name of its chunk; see {@linkcode describeChunk}. */
  source: string;
  /** Its current line, or -1. */
  line: number;
}

/** Where host functions are, and the calls that tail calls have replaced. */
const IN_HOST: Position = { source: "=[C]", line: -1 };
const IN_TAIL_CALL: Position = { source: "=(tail call)", line: -1 };

/** Where the function of a call is. */
export function positionOf(frame: Frame): Position {
  const { function: f, position } = frame;
  if (!(f instanceof LuaFunction)) return IN_HOST;
  // A program that was suspended may be before its first instruction, as the target of a loop.
  return { source: f.prototype.source, line: f.prototype.lines[Math.max(position, 1) - 1] ?? -1 };
}

/**
 * Where a function is that is `level` calls up, tail calls counted.
 *
 * @returns `undefined` if there are not so many calls.
 */
export function positionAt(coroutine: Coroutine, level: number): Position | undefined {
  let left = level;
  for (let depth = coroutine.depth; depth > 0; depth--) {
    const frame = coroutine.frames[depth];
    if (frame === undefined) return undefined;
    if (left === 0) return positionOf(frame);
    left--;
    if (frame.function instanceof LuaFunction) left -= frame.tailCalls;
    if (left < 0) return IN_TAIL_CALL;
  }
  return undefined;
}

/** A position as the beginning of a message; empty if there is no line. */
export function describePosition(position: Position | undefined): string {
  if (position === undefined || position.line <= 0) return "";
  return `${describeChunk(position.source)}:${position.line}: `;
}

/** The local variable that is in a register at an instruction. */
function localName(prototype: Prototype, register: number, pc: number): string | undefined {
  let left = register;
  for (const local of prototype.locals) {
    if (local.start > pc) break;
    if (pc < local.end && left-- === 0) return local.name;
  }
  return undefined;
}

/** Instructions that set more than their first register, or none. */
const SETS_NOTHING = new Set<Op>([
  Op.SetGlobal,
  Op.SetUpvalue,
  Op.SetTable,
  Op.SetField,
  Op.SetConstant,
  Op.Jump,
  Op.Loop,
  Op.PlainLoop,
  Op.EqRR,
  Op.EqRK,
  Op.EqKX,
  Op.LtRR,
  Op.LtRK,
  Op.LtKX,
  Op.LeRR,
  Op.LeRK,
  Op.LeKX,
  Op.Return,
  Op.Return0,
  Op.Return1,
  Op.ForCall,
  Op.ForTest,
  Op.SetList,
  Op.Close,
  Op.Extra,
]);

/** Returns the last instruction before `pc` that set a register, forward jumps being taken. */
function lastSetter(prototype: Prototype, register: number, pc: number): number {
  const { code } = prototype;
  let last = code.length - 1;
  for (let i = 0; i < pc; i++) {
    const instruction = code[i] ?? 0;
    const op = instruction & 127;
    const a = instruction >>> 7 & 255;
    if (a === register && !SETS_NOTHING.has(op)) last = i;
    switch (op) {
      case Op.LoadNil:
        if (a <= register && register <= (instruction >>> 15 & 255)) last = i;
        break;
      case Op.Self:
      case Op.SelfRegister:
        if (register === a + 1) last = i;
        break;
      case Op.ForCall:
        if (register >= a + 2) last = i;
        break;
      case Op.Call:
      case Op.TailCall:
        if (register >= a) last = i;
        break;
      case Op.SetList:
        if (instruction >>> 23 === 0) i++;
        break;
      case Op.Jump:
      case Op.ForPrep: {
        const target = i + 1 + (op === Op.Jump ? instruction >> 7 : instruction >> 15);
        if (target <= pc && target > i) i = target - 1;
      }
    }
  }
  return code[last] ?? 0;
}

/** What the value in a register is called at the current instruction of a call. */
export function variableName(frame: Frame, register: number): VariableName | undefined {
  const { function: f, position } = frame;
  if (!(f instanceof LuaFunction)) return undefined;
  return nameIn(f.prototype, register, position - 1);
}

function nameIn(prototype: Prototype, register: number, pc: number): VariableName | undefined {
  const local = localName(prototype, register, pc);
  if (local !== undefined) return { kind: "local", name: local };
  const instruction = lastSetter(prototype, register, pc);
  const a = instruction >>> 7 & 255;
  const b = instruction >>> 15 & 255;
  const c = instruction >>> 23;
  const constant = (index: number): string => String(prototype.constants[index]);
  switch (instruction & 127) {
    case Op.GetGlobal:
      return { kind: "global", name: constant(instruction >>> 15) };
    case Op.Move:
      return b < a ? nameIn(prototype, b, pc) : undefined;
    case Op.GetField:
      return { kind: "field", name: constant(c) };
    case Op.GetTable:
    case Op.GetConstant:
      return { kind: "field", name: "?" };
    case Op.GetUpvalue:
      return { kind: "upvalue", name: prototype.upvalueNames[b] ?? "?" };
    case Op.Self:
      return { kind: "method", name: constant(c) };
    case Op.SelfRegister:
      return { kind: "method", name: "?" };
  }
  return undefined;
}

/** What the function is called that the current instruction of a call calls. */
export function calledName(caller: Frame | undefined): VariableName | undefined {
  if (caller === undefined || !(caller.function instanceof LuaFunction)) return undefined;
  const instruction = caller.function.prototype.code[caller.position - 1] ?? 0;
  switch (instruction & 127) {
    case Op.Call:
    case Op.TailCall:
    case Op.ForCall:
      return variableName(caller, instruction >>> 7 & 255);
  }
  return undefined;
}
