/**
 * The instructions, and the loop that carries them out.
 *
 * Reads of instructions, constants and registers are in bounds: the compiler names no register
 * beyond those that a call makes room for, and each function ends with a return. Values of loops
 * are numbers because the loop's first instruction has seen to it.
 *
 * @module
 */

import { EXTRA_STACK, type Frame, Return } from "./coroutine.ts";
import { modulo } from "./generator.ts";
import { type Machine, PENDING } from "./machine.ts";
import { charge, STRING_BYTES, TABLE_BYTES } from "./memory.ts";
import { power } from "./number.ts";
import { Shape, Table } from "./table.ts";
import { HostFunction, LuaFunction, type LuaValue } from "./value.ts";

/**
 * The instructions. Each has 32 bits: the operation in the lowest 7, A in the next 8, then either B
 * (8) and C (9), or one operand (17, signed where it is an offset). `Jump` and `Loop` have no A but
 * an offset of 25 bits. R(n) is register n, K(n) constant n, RK(n) constant n - 256 if n is 256 or
 * more. Where operations differ only in their operands' kinds, `RR` is for two registers, `RK` for
 * a register and a constant, `KX` for K(B) and RK(C).
 *
 * They are in this file so that the compiler can put their numbers into the loop.
 */
export const enum Op {
  /** R(A) = R(B) */
  Move,
  /** R(A) = K(Bx) */
  LoadConstant,
  /** R(A) = B ~= 0; skip the next if C ~= 0 */
  LoadBool,
  /** R(A), ..., R(B) = nil */
  LoadNil,
  /** R(A) = upvalue B */
  GetUpvalue,
  /** R(A) = global K(Bx) */
  GetGlobal,
  /** R(A) = R(B)[R(C)] */
  GetTable,
  /** R(A) = R(B)[K(C)], a string */
  GetField,
  /** R(A) = R(B)[K(C)], not a string */
  GetConstant,
  /** global K(Bx) = R(A) */
  SetGlobal,
  /** upvalue B = R(A) */
  SetUpvalue,
  /** R(A)[R(B)] = RK(C) */
  SetTable,
  /** R(A)[K(B)] = RK(C), the key a string */
  SetField,
  /** R(A)[K(B)] = RK(C), the key not a string */
  SetConstant,
  /** R(A) = {}, with B elements to come */
  NewTable,
  /** R(A + 1) = R(B); R(A) = R(B)[K(C)] */
  Self,
  /** R(A + 1) = R(B); R(A) = R(B)[R(C)] */
  SelfRegister,
  /** R(A) = B + C, and so on */
  AddRR,
  AddRK,
  AddKX,
  SubRR,
  SubRK,
  SubKX,
  MulRR,
  MulRK,
  MulKX,
  DivRR,
  DivRK,
  DivKX,
  ModRR,
  ModRK,
  ModKX,
  PowRR,
  PowRK,
  PowKX,
  /** R(A) = -R(B) */
  Unm,
  /** R(A) = not R(B) */
  Not,
  /** R(A) = #R(B) */
  Len,
  /** R(A) = R(B) .. ... .. R(C) */
  Concat,
  /** go forward */
  Jump,
  /** if (B == C) ~= A then skip the next, a jump; and so on */
  EqRR,
  EqRK,
  EqKX,
  LtRR,
  LtRK,
  LtKX,
  LeRR,
  LeRK,
  LeKX,
  /** if R(A) is not C then skip the next */
  Test,
  /** if R(B) is C then R(A) = R(B) else skip the next */
  TestSet,
  /** R(A), ... = R(A)(R(A + 1), ...), B - 1 arguments, C - 1 results; 0 - 1 is any number */
  Call,
  /** return R(A)(R(A + 1), ...) */
  TailCall,
  /** return R(A), ..., B - 1 values */
  Return,
  /** return */
  Return0,
  /** return R(A) */
  Return1,
  /** R(A) += R(A + 2); if it is within R(A + 1) then R(A + 3) = R(A) and go back */
  ForLoop,
  /** R(A) -= R(A + 2) and go forward */
  ForPrep,
  /** R(A + 3), ..., C values, = R(A)(R(A + 1), R(A + 2)) */
  ForCall,
  /** if R(A + 3) is not nil then R(A + 2) = R(A + 3) and go back */
  ForTest,
  /** R(A)[50 (C - 1) + i] = R(A + i), B elements; if C is 0 it is the next word */
  SetList,
  /** close upvalues from R(A) on */
  Close,
  /** R(A) = closure Bx */
  Closure,
  /** R(A), ... = ..., B - 1 values */
  Vararg,
  /** go back */
  Loop,
  /** the operand of the instruction before */
  Extra,
  /** ForLoop and Loop of a loop in which nothing is called */
  PlainForLoop,
  PlainLoop,
}

/**
 * The instructions that `executeLoop` carries out: those that need no call of a Lua function, nor
 * of a host function, at least as a rule.
 */
export const PLAIN_OPS: ReadonlySet<Op> = new Set([
  Op.Move,
  Op.LoadConstant,
  Op.LoadBool,
  Op.LoadNil,
  Op.GetUpvalue,
  Op.GetGlobal,
  Op.GetTable,
  Op.GetField,
  Op.SetUpvalue,
  Op.SetTable,
  Op.SetField,
  Op.AddRR,
  Op.AddRK,
  Op.AddKX,
  Op.SubRR,
  Op.SubRK,
  Op.SubKX,
  Op.MulRR,
  Op.MulRK,
  Op.MulKX,
  Op.DivRR,
  Op.DivRK,
  Op.DivKX,
  Op.ModRR,
  Op.ModRK,
  Op.Unm,
  Op.Not,
  Op.Jump,
  Op.EqRR,
  Op.EqRK,
  Op.LtRR,
  Op.LtRK,
  Op.LtKX,
  Op.LeRR,
  Op.LeRK,
  Op.LeKX,
  Op.Test,
  Op.TestSet,
  Op.ForPrep,
  Op.ForLoop,
  Op.Loop,
  Op.PlainForLoop,
  Op.PlainLoop,
]);

/** Known to the engine as a constant, which an imported one is not. */
const RETURN_CALL = Return.Call;

/** The events of arithmetic in the order of the instructions. */
const ARITHMETIC = ["__add", "__sub", "__mul", "__div", "__mod", "__pow"] as const;

/** How many elements of a constructor are stored at once. */
const ELEMENTS_PER_FLUSH = 50;

/**
 * The registers of a loop in which nothing is called: whether each is a number, its value if it is,
 * and its value if it is not.
 */
const isNumber = new Uint8Array(256);
const numbers = new Float64Array(256);
const values: LuaValue[] = [""];
values.pop();
for (let r = 0; r < 256; r++) values.push(undefined);
/** For how many rounds it is worth to move the registers there. */
const WORTHWHILE_ROUNDS = 8;
/** How often a loop may have fewer until it is no longer tried. */
const MAX_SHORT_RUNS = 16;

/**
 * Runs the current thread until the call from outside has ended, the program is suspended or an
 * error is thrown.
 */
export function execute(machine: Machine): void {
  const { globals } = machine;
  reload: for (;;) {
    if (machine.isDone) return;
    const co = machine.current;
    const { stack, frames } = co;
    let frame = frames[co.depth] as Frame;
    if (!(frame.function instanceof LuaFunction)) {
      machine.step(frame);
      continue;
    }
    if (machine.budget < 0 && machine.tick()) return;
    let closure: LuaFunction = frame.function;
    let { code, constants: k } = closure.prototype;
    let base = frame.base;
    let pc = frame.position;
    let top = co.top;
    for (;;) {
      const i = code[pc++]!;
      switch (i & 127) {
        case Op.Move:
          stack[base + (i >>> 7 & 255)] = stack[base + (i >>> 15 & 255)];
          continue;
        case Op.LoadConstant:
          stack[base + (i >>> 7 & 255)] = k[i >>> 15];
          continue;
        case Op.LoadBool:
          stack[base + (i >>> 7 & 255)] = (i >>> 15 & 255) !== 0;
          if (i >>> 23 !== 0) pc++;
          continue;
        case Op.LoadNil: {
          const last = base + (i >>> 15 & 255);
          for (let r = base + (i >>> 7 & 255); r <= last; r++) stack[r] = undefined;
          continue;
        }
        case Op.GetUpvalue: {
          const upvalue = closure.upvalues[i >>> 15 & 255]!;
          stack[base + (i >>> 7 & 255)] = upvalue.store[upvalue.index];
          continue;
        }
        case Op.GetGlobal: {
          const { cachedShapes: shapes, cachedSlots: slots } = closure.prototype;
          const { shape } = globals;
          let value: LuaValue;
          if (shape === shapes[pc]) value = globals.values[slots[pc]!];
          if (value === undefined) {
            const key = k[i >>> 15];
            const slot = shape.find(key);
            if (slot !== 0) {
              shapes[pc] = shape;
              slots[pc] = slot;
              value = globals.values[slot];
            }
            if (value === undefined && globals.metatable !== undefined) {
              frame.position = pc;
              value = machine.index(globals, key, i >>> 7 & 255, -1);
              if (value === PENDING) continue reload;
            }
          }
          stack[base + (i >>> 7 & 255)] = value;
          continue;
        }
        case Op.GetTable: {
          const table = stack[base + (i >>> 15 & 255)];
          const key = stack[base + (i >>> 23)];
          if (table instanceof Table) {
            let value: LuaValue;
            if (typeof key === "number") {
              const { array } = table;
              const n = key | 0;
              value = n === key && n > 0 && n < array.length ? array[n] : table.getNumber(key);
            } else value = table.getKey(key);
            if (value !== undefined || table.metatable === undefined) {
              stack[base + (i >>> 7 & 255)] = value;
              continue;
            }
          }
          frame.position = pc;
          const value = machine.index(table, key, i >>> 7 & 255, i >>> 15 & 255);
          if (value === PENDING) continue reload;
          stack[base + (i >>> 7 & 255)] = value;
          continue;
        }
        case Op.GetField: {
          const { cachedShapes: shapes, cachedSlots: slots } = closure.prototype;
          const table = stack[base + (i >>> 15 & 255)];
          if (table instanceof Table) {
            const { shape } = table;
            let slot: number;
            if (shape === shapes[pc]) slot = slots[pc]!;
            else {
              slot = shape.find(k[i >>> 23]);
              if (slot !== 0 || !shape.owned) {
                shapes[pc] = shape;
                slots[pc] = slot;
              }
            }
            const value = table.values[slot];
            if (value !== undefined || table.metatable === undefined) {
              stack[base + (i >>> 7 & 255)] = value;
              continue;
            }
          }
          frame.position = pc;
          const value = machine.index(table, k[i >>> 23], i >>> 7 & 255, i >>> 15 & 255);
          if (value === PENDING) continue reload;
          stack[base + (i >>> 7 & 255)] = value;
          continue;
        }
        case Op.GetConstant: {
          const table = stack[base + (i >>> 15 & 255)];
          const key = k[i >>> 23];
          let value: LuaValue;
          if (table instanceof Table) value = table.get(key);
          if (value === undefined) {
            frame.position = pc;
            value = machine.index(table, key, i >>> 7 & 255, i >>> 15 & 255);
            if (value === PENDING) continue reload;
          }
          stack[base + (i >>> 7 & 255)] = value;
          continue;
        }
        case Op.SetGlobal: {
          const { cachedShapes: shapes, cachedSlots: slots } = closure.prototype;
          const value = stack[base + (i >>> 7 & 255)];
          const { shape } = globals;
          if (shape === shapes[pc]) {
            const slot = slots[pc]!;
            if (globals.values[slot] !== undefined) {
              globals.values[slot] = value;
              continue;
            }
          }
          const key = k[i >>> 15];
          frame.position = pc;
          if (machine.setIndex(globals, key, value, -1)) continue reload;
          const slot = globals.shape.find(key);
          if (slot !== 0 && !globals.shape.frozen) {
            shapes[pc] = globals.shape;
            slots[pc] = slot;
          }
          continue;
        }
        case Op.SetUpvalue: {
          const upvalue = closure.upvalues[i >>> 15 & 255]!;
          upvalue.store[upvalue.index] = stack[base + (i >>> 7 & 255)];
          continue;
        }
        case Op.SetTable: {
          const table = stack[base + (i >>> 7 & 255)];
          const key = stack[base + (i >>> 15 & 255)];
          const value = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (table instanceof Table && typeof key === "number" && value !== undefined) {
            const { array } = table;
            const n = key | 0;
            if (n === key && n > 0) {
              if (n < array.length && (array[n] !== undefined || table.metatable === undefined)) {
                array[n] = value;
                continue;
              }
              if (
                n === array.length && table.metatable === undefined && !table.shape.frozen
              ) {
                table.setNumber(n, value);
                continue;
              }
            }
          } else if (
            table instanceof Table && typeof key === "string" && table.replace(key, value)
          ) continue;
          frame.position = pc;
          if (machine.setIndex(table, key, value, i >>> 7 & 255)) continue reload;
          continue;
        }
        case Op.SetField: {
          const { cachedShapes: shapes, cachedSlots: slots } = closure.prototype;
          const table = stack[base + (i >>> 7 & 255)];
          const value = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (table instanceof Table) {
            const { shape } = table;
            if (shape === shapes[pc]) {
              const slot = slots[pc]!;
              if (slot === 0) {
                if (table.metatable === undefined && value !== undefined) {
                  table.addSlot(closure.prototype.cachedNext[pc]!, value);
                  continue;
                }
              } else if (table.values[slot] !== undefined) {
                table.values[slot] = value;
                continue;
              }
            } else if (!shape.frozen) {
              const key = k[i >>> 15 & 255] as string;
              const slot = shape.find(key);
              if (slot !== 0) {
                shapes[pc] = shape;
                slots[pc] = slot;
                if (table.values[slot] !== undefined) {
                  table.values[slot] = value;
                  continue;
                }
              } else if (table.metatable === undefined && value !== undefined) {
                const next = shape.with(key);
                if (next !== undefined) {
                  shapes[pc] = shape;
                  slots[pc] = 0;
                  closure.prototype.cachedNext[pc] = next;
                }
                table.addField(key, value);
                continue;
              }
            }
          }
          frame.position = pc;
          const key = k[i >>> 15 & 255];
          if (machine.setIndex(table, key, value, i >>> 7 & 255)) continue reload;
          continue;
        }
        case Op.SetConstant: {
          const table = stack[base + (i >>> 7 & 255)];
          const value = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          frame.position = pc;
          const key = k[i >>> 15 & 255];
          if (machine.setIndex(table, key, value, i >>> 7 & 255)) continue reload;
          continue;
        }
        case Op.NewTable: {
          const { cachedShapes: shapes } = closure.prototype;
          charge(TABLE_BYTES);
          let root = shapes[pc];
          if (root === undefined) {
            root = Shape.root();
            shapes[pc] = root;
          }
          const table = new Table(root);
          if (i >>> 15 !== 0) table.reserve(i >>> 15 & 255);
          stack[base + (i >>> 7 & 255)] = table;
          continue;
        }
        case Op.Self: {
          const { cachedShapes: shapes, cachedSlots: slots } = closure.prototype;
          const object = stack[base + (i >>> 15 & 255)];
          const at = base + (i >>> 7 & 255);
          stack[at + 1] = object;
          const table = typeof object === "string" ? machine.stringMetatable.indexTable : object;
          if (table instanceof Table) {
            const { shape } = table;
            let value: LuaValue;
            if (shape === shapes[pc]) {
              const slot = slots[pc]!;
              if (slot > 0) value = table.values[slot];
              else {
                // No field of its own: one of the table that its metatable names.
                const parent = table.metatable?.indexTable;
                if (parent !== undefined && parent.shape === closure.prototype.cachedNext[pc]) {
                  value = parent.values[-slot];
                }
              }
            }
            if (value === undefined) {
              value = machine.findMethod(table, closure.prototype, pc, i >>> 23);
            }
            if (value !== undefined) {
              stack[at] = value;
              continue;
            }
          }
          frame.position = pc;
          const value = machine.index(object, k[i >>> 23], i >>> 7 & 255, i >>> 15 & 255);
          if (value === PENDING) continue reload;
          stack[at] = value;
          continue;
        }
        case Op.SelfRegister: {
          const object = stack[base + (i >>> 15 & 255)];
          const key = stack[base + (i >>> 23)];
          const at = base + (i >>> 7 & 255);
          stack[at + 1] = object;
          frame.position = pc;
          const value = machine.index(object, key, i >>> 7 & 255, i >>> 15 & 255);
          if (value === PENDING) continue reload;
          stack[at] = value;
          continue;
        }
        case Op.AddRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x + y;
          continue;
        }
        case Op.AddRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x + y;
          continue;
        }
        case Op.AddKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x + y;
          continue;
        }
        case Op.SubRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x - y;
          continue;
        }
        case Op.SubRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x - y;
          continue;
        }
        case Op.SubKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x - y;
          continue;
        }
        case Op.MulRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x * y;
          continue;
        }
        case Op.MulRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x * y;
          continue;
        }
        case Op.MulKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x * y;
          continue;
        }
        case Op.DivRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x / y;
          continue;
        }
        case Op.DivRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x / y;
          continue;
        }
        case Op.DivKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = x / y;
          continue;
        }
        case Op.ModRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = modulo(x, y);
          continue;
        }
        case Op.ModRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = modulo(x, y);
          continue;
        }
        case Op.ModKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = modulo(x, y);
          continue;
        }
        case Op.PowRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = power(x, y);
          continue;
        }
        case Op.PowRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = power(x, y);
          continue;
        }
        case Op.PowKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          if (typeof x !== "number" || typeof y !== "number") break;
          stack[base + (i >>> 7 & 255)] = power(x, y);
          continue;
        }
        case Op.Unm: {
          const x = stack[base + (i >>> 15 & 255)];
          if (typeof x === "number") stack[base + (i >>> 7 & 255)] = -x;
          else {
            frame.position = pc;
            const b = i >>> 15 & 255;
            const value = machine.arithmetic("__unm", x, x, i >>> 7 & 255, b, b);
            if (value === PENDING) continue reload;
            stack[base + (i >>> 7 & 255)] = value;
          }
          continue;
        }
        case Op.Not: {
          const x = stack[base + (i >>> 15 & 255)];
          stack[base + (i >>> 7 & 255)] = x === undefined || x === false;
          continue;
        }
        case Op.Len: {
          const x = stack[base + (i >>> 15 & 255)];
          if (typeof x === "string") stack[base + (i >>> 7 & 255)] = x.length;
          else {
            frame.position = pc;
            const value = machine.length(x, i >>> 7 & 255, i >>> 15 & 255);
            if (value === PENDING) continue reload;
            stack[base + (i >>> 7 & 255)] = value;
          }
          continue;
        }
        case Op.Concat: {
          const at = base + (i >>> 15 & 255);
          const last = i >>> 23;
          const x = stack[at];
          const y = stack[at + 1];
          if (typeof x === "string" && typeof y === "string" && base + last === at + 1) {
            const length = x.length + y.length;
            if (length < 1 << 28) {
              charge(length + STRING_BYTES);
              stack[base + (i >>> 7 & 255)] = x + y;
              continue;
            }
          }
          frame.position = pc;
          if (machine.concatenate(frame, last)) continue reload;
          continue;
        }
        case Op.Jump:
          pc += i >> 7;
          continue;
        case Op.Loop:
          pc += i >> 7;
          if (--machine.budget < 0) {
            frame.position = pc;
            if (machine.tick()) return;
          }
          continue;
        case Op.EqRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          let outcome: boolean | undefined = x === y;
          if (!outcome && x instanceof Table && y instanceof Table) {
            frame.position = pc;
            outcome = machine.equals(x, y, (i & 0x80) !== 0);
            if (outcome === undefined) continue reload;
          }
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.EqRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          const outcome = x === y;
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.EqKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          const outcome = x === y;
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.LtRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          let outcome: boolean | undefined;
          if (typeof x === "number" && typeof y === "number") outcome = x < y;
          else {
            frame.position = pc;
            outcome = machine.lessThan(x, y, (i & 0x80) !== 0);
            if (outcome === undefined) continue reload;
          }
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.LtRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          let outcome: boolean | undefined;
          if (typeof x === "number" && typeof y === "number") outcome = x < y;
          else {
            frame.position = pc;
            outcome = machine.lessThan(x, y, (i & 0x80) !== 0);
            if (outcome === undefined) continue reload;
          }
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.LtKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          let outcome: boolean | undefined;
          if (typeof x === "number" && typeof y === "number") outcome = x < y;
          else {
            frame.position = pc;
            outcome = machine.lessThan(x, y, (i & 0x80) !== 0);
            if (outcome === undefined) continue reload;
          }
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.LeRR: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = stack[base + (i >>> 23)];
          let outcome: boolean | undefined;
          if (typeof x === "number" && typeof y === "number") outcome = x <= y;
          else {
            frame.position = pc;
            outcome = machine.lessEqual(x, y, (i & 0x80) !== 0);
            if (outcome === undefined) continue reload;
          }
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.LeRK: {
          const x = stack[base + (i >>> 15 & 255)];
          const y = k[i >>> 23];
          let outcome: boolean | undefined;
          if (typeof x === "number" && typeof y === "number") outcome = x <= y;
          else {
            frame.position = pc;
            outcome = machine.lessEqual(x, y, (i & 0x80) !== 0);
            if (outcome === undefined) continue reload;
          }
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.LeKX: {
          const x = k[i >>> 15 & 255];
          const y = i < 0 ? k[i >>> 23 & 255] : stack[base + (i >>> 23)];
          let outcome: boolean | undefined;
          if (typeof x === "number" && typeof y === "number") outcome = x <= y;
          else {
            frame.position = pc;
            outcome = machine.lessEqual(x, y, (i & 0x80) !== 0);
            if (outcome === undefined) continue reload;
          }
          if (outcome !== ((i & 0x80) !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.Test: {
          const x = stack[base + (i >>> 7 & 255)];
          if ((x === undefined || x === false) === (i >>> 23 !== 0)) pc++;
          else {
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.TestSet: {
          const x = stack[base + (i >>> 15 & 255)];
          if ((x === undefined || x === false) === (i >>> 23 !== 0)) pc++;
          else {
            stack[base + (i >>> 7 & 255)] = x;
            const jump = code[pc]!;
            if (jump >= 0) pc += 1 + (jump >> 7);
          }
          continue;
        }
        case Op.Call: {
          const slot = base + (i >>> 7 & 255);
          const f = stack[slot];
          const b = i >>> 15 & 255;
          const count = b === 0 ? top - slot - 1 : b - 1;
          frame.position = pc;
          if (f instanceof LuaFunction) {
            if (--machine.budget < 0) {
              frame.position = pc - 1;
              co.top = top;
              if (machine.tick()) return;
              frame.position = pc;
            }
            if (co.depth >= co.maxDepth - 1) machine.overflow();
            const called = f.prototype;
            let first = slot + 1;
            if (called.isVararg) first = machine.enterFunction(f, slot, count);
            else {
              for (let n = count; n < called.parameters; n++) stack[first + n] = undefined;
              const needed = first + called.registers + EXTRA_STACK;
              if (needed > stack.length) co.grow(needed);
            }
            const depth = ++co.depth;
            frame = depth < frames.length ? frames[depth]! : (co.depth--, co.push());
            code = called.code;
            k = called.constants;
            // What is there already need not be told to the garbage collector again.
            if (frame.function !== f) {
              frame.function = f;
              frame.code = code;
              frame.constants = k;
            }
            frame.slot = slot;
            frame.base = first;
            frame.wanted = (i >>> 23) - 1;
            frame.return = RETURN_CALL;
            frame.tailCalls = 0;
            closure = f;
            base = first;
            pc = 0;
            continue;
          }
          if (f instanceof HostFunction && f.isPlain) {
            if (co.depth >= co.maxDepth - 1) machine.overflow();
            if (b === 0) co.grow(top + EXTRA_STACK);
            machine.host = f;
            const results = f.call(machine, slot + 1, count);
            machine.host = undefined;
            const wanted = (i >>> 23) - 1;
            if (results < 0) {
              machine.pushHost(f, slot, count, wanted, Return.Call, 0);
              continue reload;
            }
            if (wanted < 0) top = slot + results;
            else for (let n = results; n < wanted; n++) stack[slot + n] = undefined;
            continue;
          }
          const results = machine.begin(slot, count, (i >>> 23) - 1, Return.Call, 0);
          if (results < 0) continue reload;
          const wanted = (i >>> 23) - 1;
          if (wanted < 0) top = slot + results;
          else for (let n = results; n < wanted; n++) stack[slot + n] = undefined;
          continue;
        }
        case Op.TailCall: {
          const slot = base + (i >>> 7 & 255);
          const f = stack[slot];
          const b = i >>> 15 & 255;
          const count = b === 0 ? top - slot - 1 : b - 1;
          frame.position = pc;
          if (f instanceof LuaFunction) {
            if (--machine.budget < 0) {
              frame.position = pc - 1;
              co.top = top;
              if (machine.tick()) return;
            }
            if (co.openUpvalues !== undefined) co.closeUpvalues(base);
            const to = frame.slot;
            for (let n = 0; n <= count; n++) stack[to + n] = stack[slot + n];
            frame.function = f;
            frame.code = f.prototype.code;
            frame.constants = f.prototype.constants;
            frame.base = machine.enterFunction(f, to, count);
            frame.position = 0;
            frame.tailCalls++;
            continue reload;
          }
          const results = machine.begin(slot, count, -1, Return.Call, 0);
          if (results < 0) continue reload;
          top = slot + results;
          continue;
        }
        case Op.Return:
        case Op.Return0:
        case Op.Return1: {
          const first = base + (i >>> 7 & 255);
          const b = i >>> 15 & 255;
          const count = b === 0 ? top - first : b - 1;
          if (co.openUpvalues !== undefined) co.closeUpvalues(base);
          if (frame.return !== RETURN_CALL) {
            machine.return(first, count);
            continue reload;
          }
          const { slot, wanted } = frame;
          if (wanted === 1) stack[slot] = count > 0 ? stack[first] : undefined;
          else {
            const copied = wanted < 0 || count < wanted ? count : wanted;
            for (let n = 0; n < copied; n++) stack[slot + n] = stack[first + n];
            for (let n = copied; n < wanted; n++) stack[slot + n] = undefined;
            top = slot + count;
          }
          frame = frames[--co.depth]!;
          closure = frame.function as LuaFunction;
          ({ code, constants: k, base } = frame);
          pc = frame.position;
          continue;
        }
        case Op.ForLoop: {
          const at = base + (i >>> 7 & 255);
          const step = stack[at + 2] as number;
          const index = (stack[at] as number) + step;
          const limit = stack[at + 1] as number;
          if (step > 0 ? index <= limit : limit <= index) {
            stack[at] = index;
            stack[at + 3] = index;
            pc += i >> 15;
            if (--machine.budget < 0) {
              frame.position = pc;
              if (machine.tick()) return;
            }
          }
          continue;
        }
        case Op.PlainForLoop: {
          const { cachedSlots: slots } = closure.prototype;
          const at = base + (i >>> 7 & 255);
          const step = stack[at + 2] as number;
          const index = (stack[at] as number) + step;
          const limit = stack[at + 1] as number;
          if (!(step > 0 ? index <= limit : limit <= index)) continue;
          stack[at] = index;
          stack[at + 3] = index;
          const before = machine.budget;
          const loop = pc;
          pc = executeLoop(machine, closure, stack, base, pc + (i >> 15));
          if (before - machine.budget < WORTHWHILE_ROUNDS && ++slots[loop]! > MAX_SHORT_RUNS) {
            code[loop - 1] = i & ~127 | Op.ForLoop;
          }
          if (machine.budget < 0) {
            frame.position = pc;
            if (machine.tick()) return;
          }
          continue;
        }
        case Op.PlainLoop: {
          const { cachedSlots: slots } = closure.prototype;
          const before = machine.budget;
          const loop = pc;
          pc = executeLoop(machine, closure, stack, base, pc + (i >> 7));
          if (before - machine.budget < WORTHWHILE_ROUNDS && ++slots[loop]! > MAX_SHORT_RUNS) {
            code[loop - 1] = i & ~127 | Op.Loop;
          }
          if (machine.budget < 0) {
            frame.position = pc;
            if (machine.tick()) return;
          }
          continue;
        }
        case Op.ForPrep: {
          const at = base + (i >>> 7 & 255);
          frame.position = pc;
          machine.prepareLoop(at);
          stack[at] = (stack[at] as number) - (stack[at + 2] as number);
          pc += i >> 15;
          continue;
        }
        case Op.ForCall: {
          const at = base + (i >>> 7 & 255);
          const f = stack[at];
          const wanted = i >>> 23;
          frame.position = pc;
          const table = stack[at + 1];
          if (f === machine.nextFunction && table instanceof Table) {
            const found = table.next(stack[at + 2], stack, at + 3);
            if (found < 0) machine.invalidNext();
            if (found === 0) stack[at + 3] = undefined;
            for (let n = 2; n < wanted; n++) stack[at + 3 + n] = undefined;
            continue;
          }
          const before = stack[at + 2];
          if (
            f === machine.ipairsIterator && table instanceof Table &&
            typeof before === "number" && (before | 0) === before
          ) {
            const { array } = table;
            const n = before + 1 | 0;
            const value = n > 0 && n < array.length ? array[n] : table.getNumber(n);
            stack[at + 3] = value === undefined ? undefined : n;
            stack[at + 4] = value;
            for (let n = 2; n < wanted; n++) stack[at + 3 + n] = undefined;
            continue;
          }
          stack[at + 5] = before;
          stack[at + 4] = table;
          stack[at + 3] = f;
          const results = machine.begin(at + 3, 2, wanted, Return.ForCall, 0);
          if (results < 0) continue reload;
          for (let n = results; n < wanted; n++) stack[at + 3 + n] = undefined;
          continue;
        }
        case Op.ForTest: {
          const at = base + (i >>> 7 & 255);
          if (stack[at + 3] === undefined) continue;
          stack[at + 2] = stack[at + 3];
          pc += i >> 15;
          if (--machine.budget < 0) {
            frame.position = pc;
            if (machine.tick()) return;
          }
          continue;
        }
        case Op.SetList: {
          const at = base + (i >>> 7 & 255);
          const b = i >>> 15 & 255;
          const count = b === 0 ? top - at - 1 : b;
          const flush = i >>> 23 === 0 ? code[pc++]! : i >>> 23;
          const table = stack[at] as Table;
          table.setList((flush - 1) * ELEMENTS_PER_FLUSH + 1, stack, at + 1, count);
          continue;
        }
        case Op.Close:
          co.closeUpvalues(base + (i >>> 7 & 255));
          continue;
        case Op.Closure: {
          const inner = closure.prototype.prototypes[i >>> 15]!;
          stack[base + (i >>> 7 & 255)] = machine.closure(inner, closure, base);
          continue;
        }
        case Op.Vararg: {
          const at = base + (i >>> 7 & 255);
          const from = frame.slot + 1 + closure.prototype.parameters;
          const available = base - from;
          const b = i >>> 15 & 255;
          const count = b === 0 ? available : b - 1;
          if (b === 0) {
            co.grow(at + count + EXTRA_STACK);
            top = at + count;
          }
          for (let n = 0; n < count; n++) {
            stack[at + n] = n < available ? stack[from + n] : undefined;
          }
          continue;
        }
      }
      // Arithmetic with operands that are not both numbers.
      frame.position = pc;
      const op = (i & 127) - Op.AddRR;
      const isLeftConstant = op % 3 === 2;
      const isRightConstant = op % 3 === 1 || isLeftConstant && i < 0;
      const b = i >>> 15 & 255;
      const c = i >>> 23 & 255;
      const value = machine.arithmetic(
        ARITHMETIC[op / 3 | 0]!,
        isLeftConstant ? k[b] : stack[base + b],
        isRightConstant ? k[c] : stack[base + c],
        i >>> 7 & 255,
        isLeftConstant ? -1 : b,
        isRightConstant ? -1 : c,
      );
      if (value === PENDING) continue reload;
      stack[base + (i >>> 7 & 255)] = value;
    }
  }
}

/**
 * Runs a loop in which nothing is called, until it comes to an instruction that it cannot carry
 * out, the first after the loop among them, or the clock is to be looked at.
 *
 * Its registers are apart: numbers are in an array of doubles, so that calculating allocates
 * nothing, and nothing in it can change the function, the stack or the code. That makes it twice
 * as fast as `execute`. Nobody else sees the registers meanwhile: only the functions that it would
 * have to call could.
 *
 * @returns The instruction to go on with.
 */
function executeLoop(
  machine: Machine,
  closure: LuaFunction,
  stack: LuaValue[],
  base: number,
  start: number,
): number {
  const { prototype, upvalues } = closure;
  const { code, constants: k, numbers: constants, cachedShapes: shapes, cachedSlots: slots } =
    prototype;
  const { globals } = machine;
  const { registers } = prototype;
  for (let r = 0; r < registers; r++) {
    const value = stack[base + r];
    if (typeof value === "number") {
      numbers[r] = value;
      isNumber[r] = 1;
    } else {
      values[r] = value;
      isNumber[r] = 0;
    }
  }
  let budget = machine.budget;
  let pc = start;
  rounds: for (;;) {
    const i = code[pc++]!;
    switch (i & 127) {
      case Op.Move: {
        const b = i >>> 15 & 255;
        numbers[i >>> 7 & 255] = numbers[b]!;
        if ((isNumber[i >>> 7 & 255] = isNumber[b]!) === 0) values[i >>> 7 & 255] = values[b];
        continue;
      }
      case Op.LoadConstant: {
        const value = k[i >>> 15];
        if (typeof value === "number") {
          numbers[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 1;
        } else {
          values[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 0;
        }
        continue;
      }
      case Op.LoadBool:
        values[i >>> 7 & 255] = (i >>> 15 & 255) !== 0;
        isNumber[i >>> 7 & 255] = 0;
        if (i >>> 23 !== 0) pc++;
        continue;
      case Op.LoadNil: {
        const last = i >>> 15 & 255;
        for (let r = i >>> 7 & 255; r <= last; r++) {
          values[r] = undefined;
          isNumber[r] = 0;
        }
        continue;
      }
      case Op.GetUpvalue: {
        const upvalue = upvalues[i >>> 15 & 255]!;
        const value = upvalue.store[upvalue.index];
        if (typeof value === "number") {
          numbers[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 1;
        } else {
          values[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 0;
        }
        continue;
      }
      case Op.SetUpvalue: {
        const upvalue = upvalues[i >>> 15 & 255]!;
        const a = i >>> 7 & 255;
        upvalue.store[upvalue.index] = isNumber[a] === 0 ? values[a] : numbers[a];
        continue;
      }
      case Op.GetGlobal: {
        if (globals.shape !== shapes[pc]) break rounds;
        const value = globals.values[slots[pc]!];
        if (value === undefined) break rounds;
        if (typeof value === "number") {
          numbers[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 1;
        } else {
          values[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 0;
        }
        continue;
      }
      case Op.GetTable: {
        const t = i >>> 15 & 255;
        const table = values[t];
        const c = i >>> 23 & 255;
        if (isNumber[t] !== 0 || !(table instanceof Table)) break rounds;
        let value: LuaValue;
        if (isNumber[c] === 0) {
          const key = values[c];
          if (typeof key !== "string") break rounds;
          value = table.getKey(key);
        } else {
          const { array } = table;
          const key = numbers[c]!;
          const n = key | 0;
          if (n !== key || n < 1 || n >= array.length) break rounds;
          value = array[n];
        }
        if (typeof value === "number") {
          numbers[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 1;
        } else {
          if (value === undefined && table.metatable !== undefined) break rounds;
          values[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 0;
        }
        continue;
      }
      case Op.GetField: {
        const t = i >>> 15 & 255;
        const table = values[t];
        if (isNumber[t] !== 0 || !(table instanceof Table) || table.shape !== shapes[pc]) {
          break rounds;
        }
        const value = table.values[slots[pc]!];
        if (value === undefined) break rounds;
        if (typeof value === "number") {
          numbers[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 1;
        } else {
          values[i >>> 7 & 255] = value;
          isNumber[i >>> 7 & 255] = 0;
        }
        continue;
      }
      case Op.SetTable: {
        const t = i >>> 7 & 255;
        const table = values[t];
        const b = i >>> 15 & 255;
        if (isNumber[t] !== 0 || !(table instanceof Table)) break rounds;
        const c = i >>> 23 & 255;
        let value: LuaValue;
        if (i < 0) value = k[c];
        else value = isNumber[c] === 0 ? values[c] : numbers[c];
        if (isNumber[b] === 0) {
          const key = values[b];
          if (typeof key !== "string" || !table.replace(key, value)) break rounds;
          continue;
        }
        const { array } = table;
        const key = numbers[b]!;
        const n = key | 0;
        if (n !== key || n < 1 || n > array.length || value === undefined) break rounds;
        if (n < array.length && array[n] !== undefined) array[n] = value;
        else if (table.metatable === undefined && !table.shape.frozen) table.setNumber(n, value);
        else break rounds;
        continue;
      }
      case Op.SetField: {
        const t = i >>> 7 & 255;
        const table = values[t];
        if (isNumber[t] !== 0 || !(table instanceof Table) || table.shape !== shapes[pc]) {
          break rounds;
        }
        const fields = table.values;
        const slot = slots[pc]!;
        const c = i >>> 23 & 255;
        let value: LuaValue;
        if (i < 0) value = k[c];
        else value = isNumber[c] === 0 ? values[c] : numbers[c];
        if (fields[slot] === undefined) break rounds;
        fields[slot] = value;
        continue;
      }
      case Op.AddRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        if ((isNumber[b]! & isNumber[c]!) === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! + numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.AddRK: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! + constants[i >>> 23]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.AddKX: {
        const c = i >>> 23 & 255;
        if (i < 0 || isNumber[c] === 0) break rounds;
        numbers[i >>> 7 & 255] = constants[i >>> 15 & 255]! + numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.SubRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        if ((isNumber[b]! & isNumber[c]!) === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! - numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.SubRK: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! - constants[i >>> 23]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.SubKX: {
        const c = i >>> 23 & 255;
        if (i < 0 || isNumber[c] === 0) break rounds;
        numbers[i >>> 7 & 255] = constants[i >>> 15 & 255]! - numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.MulRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        if ((isNumber[b]! & isNumber[c]!) === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! * numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.MulRK: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! * constants[i >>> 23]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.MulKX: {
        const c = i >>> 23 & 255;
        if (i < 0 || isNumber[c] === 0) break rounds;
        numbers[i >>> 7 & 255] = constants[i >>> 15 & 255]! * numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.DivRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        if ((isNumber[b]! & isNumber[c]!) === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! / numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.DivRK: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        numbers[i >>> 7 & 255] = numbers[b]! / constants[i >>> 23]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.DivKX: {
        const c = i >>> 23 & 255;
        if (i < 0 || isNumber[c] === 0) break rounds;
        numbers[i >>> 7 & 255] = constants[i >>> 15 & 255]! / numbers[c]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.ModRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        if ((isNumber[b]! & isNumber[c]!) === 0) break rounds;
        const x = numbers[b]!;
        const y = numbers[c]!;
        numbers[i >>> 7 & 255] = x - Math.floor(x / y) * y;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.ModRK: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        const x = numbers[b]!;
        const y = constants[i >>> 23]!;
        numbers[i >>> 7 & 255] = x - Math.floor(x / y) * y;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.LtRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        if ((isNumber[b]! & isNumber[c]!) === 0) break rounds;
        if (numbers[b]! < numbers[c]! !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.LtRK: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        if (numbers[b]! < constants[i >>> 23]! !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.LtKX: {
        const c = i >>> 23 & 255;
        if (i < 0 || isNumber[c] === 0) break rounds;
        if (constants[i >>> 15 & 255]! < numbers[c]! !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.LeRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        if ((isNumber[b]! & isNumber[c]!) === 0) break rounds;
        if (numbers[b]! <= numbers[c]! !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.LeRK: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        if (numbers[b]! <= constants[i >>> 23]! !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.LeKX: {
        const c = i >>> 23 & 255;
        if (i < 0 || isNumber[c] === 0) break rounds;
        if (constants[i >>> 15 & 255]! <= numbers[c]! !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.EqRR: {
        const b = i >>> 15 & 255;
        const c = i >>> 23 & 255;
        let isEqual = isNumber[b] === isNumber[c];
        if (isEqual) {
          if (isNumber[b] !== 0) isEqual = numbers[b] === numbers[c];
          else {
            isEqual = values[b] === values[c];
            if (!isEqual && values[b] instanceof Table && values[c] instanceof Table) break rounds;
          }
        }
        if (isEqual !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.EqRK: {
        const b = i >>> 15 & 255;
        const isEqual = isNumber[b] === 0
          ? values[b] === k[i >>> 23]
          : numbers[b] === constants[i >>> 23];
        if (isEqual !== ((i & 0x80) !== 0)) pc++;
        continue;
      }
      case Op.Unm: {
        const b = i >>> 15 & 255;
        if (isNumber[b] === 0) break rounds;
        numbers[i >>> 7 & 255] = -numbers[b]!;
        isNumber[i >>> 7 & 255] = 1;
        continue;
      }
      case Op.Not: {
        const b = i >>> 15 & 255;
        const x = isNumber[b] === 0 ? values[b] : true;
        values[i >>> 7 & 255] = x === undefined || x === false;
        isNumber[i >>> 7 & 255] = 0;
        continue;
      }
      case Op.Jump:
        pc += i >> 7;
        continue;
      case Op.Test: {
        const a = i >>> 7 & 255;
        const x = isNumber[a] === 0 ? values[a] : true;
        if ((x === undefined || x === false) === (i >>> 23 !== 0)) pc++;
        continue;
      }
      case Op.TestSet: {
        const b = i >>> 15 & 255;
        const x = isNumber[b] === 0 ? values[b] : true;
        if ((x === undefined || x === false) === (i >>> 23 !== 0)) pc++;
        else {
          numbers[i >>> 7 & 255] = numbers[b]!;
          values[i >>> 7 & 255] = x;
          isNumber[i >>> 7 & 255] = isNumber[b]!;
        }
        continue;
      }
      case Op.ForPrep: {
        const a = i >>> 7 & 255;
        if (isNumber[a] === 0 || isNumber[a + 1] === 0 || isNumber[a + 2] === 0) {
          break rounds;
        }
        numbers[a] = numbers[a]! - numbers[a + 2]!;
        pc += i >> 15;
        continue;
      }
      case Op.PlainForLoop: {
        const a = i >>> 7 & 255;
        const step = numbers[a + 2]!;
        const index = numbers[a]! + step;
        if (step > 0 ? index <= numbers[a + 1]! : numbers[a + 1]! <= index) {
          numbers[a] = index;
          numbers[a + 3] = index;
          isNumber[a + 3] = 1;
          pc += i >> 15;
          if (--budget < 0) {
            pc++;
            break rounds;
          }
        }
        continue;
      }
      case Op.PlainLoop:
        pc += i >> 7;
        if (--budget < 0) {
          pc++;
          break rounds;
        }
        continue;
      default:
        break rounds;
    }
  }
  machine.budget = budget;
  for (let r = 0; r < registers; r++) {
    stack[base + r] = isNumber[r] === 0 ? values[r] : numbers[r];
    values[r] = undefined;
  }
  return pc - 1;
}
