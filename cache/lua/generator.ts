/**
 * The back half of the compiler: one function's instructions, constants and registers, and the
 * expressions that are not yet in a register.
 *
 * @module
 */

import { LuaError } from "./error.ts";
import { Op, PLAIN_OPS } from "./execute.ts";
import type { Lexer } from "./lexer.ts";
import { power } from "./number.ts";
import { type Constant, Prototype } from "./prototype.ts";

/** No instruction: the end of a list of jumps. */
export const NO_JUMP = -1;
/** No register. */
const NO_REGISTER = 255;
/** In an operand that may be either, what tells a constant from a register. */
const CONSTANT = 256;
/** How many constants an operand can name. */
const MAX_CONSTANT_OPERAND = 255;
/** How many registers a function may use. */
const MAX_REGISTERS = 250;
/** How many constants and functions an instruction can name, and how far a loop can jump. */
const MAX_OPERAND = 2 ** 17 - 1;
/** How many elements of a constructor are stored at once. */
export const ELEMENTS_PER_FLUSH = 50;
/** The largest count of flushes that fits into an instruction. */
const MAX_FLUSHES = 511;
/** How many results: as many as there are. */
export const MULTIPLE = -1;

/** Where an expression's value is. */
export const enum Kind {
  /** There is none: an empty list. */
  Void,
  /** nil. */
  Nil,
  /** true. */
  True,
  /** false. */
  False,
  /** The constant `info`. */
  Constant,
  /** The number `number`. */
  Number,
  /** The local variable in register `info`. */
  Local,
  /** The upvalue `info`. */
  Upvalue,
  /** The global named by the constant `info`. */
  Global,
  /** A field of the table in register `info`, by the register or constant `aux`. */
  Indexed,
  /** The outcome of the jump at `info`. */
  Jump,
  /** What the instruction at `info` puts into any register. */
  Relocatable,
  /** Register `info`. */
  Register,
  /** The results of the call at `info`. */
  Call,
  /** What the `...` at `info` stands for. */
  Vararg,
}

/** An expression: where its value is, and the jumps out of it for when it is true or false. */
export class Expression {
  /** Where the value is. */
  kind: Kind;
  /** A register, a constant, an instruction; see {@linkcode Kind}. */
  info: number;
  /** The key of a field. */
  aux = 0;
  /** The value of a number. */
  number = 0;
  /** The jumps that leave it when it is true. */
  trueJumps = NO_JUMP;
  /** The jumps that leave it when it is false. */
  falseJumps = NO_JUMP;

  /** Makes one. */
  constructor(kind: Kind = Kind.Void, info = 0) {
    this.kind = kind;
    this.info = info;
  }

  /** Makes it a new expression. */
  init(kind: Kind, info: number): void {
    this.kind = kind;
    this.info = info;
    this.trueJumps = NO_JUMP;
    this.falseJumps = NO_JUMP;
  }

  /** Makes it the same as another. */
  copy(other: Expression): void {
    this.kind = other.kind;
    this.info = other.info;
    this.aux = other.aux;
    this.number = other.number;
    this.trueJumps = other.trueJumps;
    this.falseJumps = other.falseJumps;
  }

  /** Whether it stands for any number of values. */
  get isMultiple(): boolean {
    return this.kind === Kind.Call || this.kind === Kind.Vararg;
  }

  /** Whether it is a number that is known and nothing else. */
  get isNumeral(): boolean {
    return this.kind === Kind.Number && !this.hasJumps;
  }

  /** Whether there are jumps out of it. */
  get hasJumps(): boolean {
    return this.trueJumps !== this.falseJumps;
  }
}

/** A block, and what leaving it takes. */
export interface Block {
  /** The block around it. */
  outer: Block | undefined;
  /** The jumps that `break` makes out of it. */
  breaks: number;
  /** How many local variables are alive outside it. */
  activeLocals: number;
  /** Whether a closure uses one of its variables. */
  hasUpvalue: boolean;
  /** Whether it is a loop. */
  isLoop: boolean;
}

/** A binary operator of arithmetic, as the first of its three instructions. */
export type ArithmeticOp = Op.AddRR | Op.SubRR | Op.MulRR | Op.DivRR | Op.ModRR | Op.PowRR;

/** Whether an operand is a constant. */
function isConstant(operand: number): boolean {
  return operand >= CONSTANT;
}

/** Which of the three forms of an instruction takes these operands: `RR`, `RK` or `KX`. */
function form(b: number, c: number): number {
  return isConstant(b) ? 2 : isConstant(c) ? 1 : 0;
}

/** Lua's remainder, of the sign of the divisor. */
export function modulo(a: number, b: number): number {
  return a - Math.floor(a / b) * b;
}

/** Compiles one function. */
export class Generator {
  /** What it makes. */
  readonly prototype: Prototype;
  /** The function around it. */
  readonly outer: Generator | undefined;
  /** The innermost block. */
  block: Block | undefined;
  /** The first register that is free. */
  freeRegister = 0;
  /** For each local variable that is alive, its number in `prototype.locals`. */
  readonly active: number[] = [];
  /** How many local variables are alive: they take the first registers. */
  activeCount = 0;
  /** Of each upvalue, whether it is a local of the function around, and which. */
  readonly upvalues: { isLocal: boolean; info: number }[] = [];

  readonly #lexer: Lexer;
  readonly #ops: number[] = [];
  readonly #a: number[] = [];
  readonly #b: number[] = [];
  readonly #c: number[] = [];
  readonly #lines: number[] = [];
  readonly #constants = new Map<Constant, number>();
  /** The last position that a jump goes to: what stands before may not be merged with what comes. */
  #lastTarget = -1;
  /** Jumps that wait for the next instruction. */
  #pendingJumps = NO_JUMP;

  /** Begins a function. */
  constructor(lexer: Lexer, outer: Generator | undefined) {
    this.#lexer = lexer;
    this.outer = outer;
    this.prototype = new Prototype(lexer.source);
  }

  /** The position of the next instruction. */
  get position(): number {
    return this.#ops.length;
  }

  /** Ends the function and packs its instructions. */
  finish(): Prototype {
    const { prototype } = this;
    const size = this.#ops.length;
    prototype.code = new Int32Array(size);
    prototype.lines = Int32Array.from(this.#lines);
    for (let i = 0; i < size; i++) {
      const op = this.#ops[i] ?? 0;
      const a = this.#a[i] ?? 0;
      const b = this.#b[i] ?? 0;
      const c = this.#c[i] ?? 0;
      prototype.code[i] = pack(op, a, b, c);
      prototype.cachedShapes.push(undefined);
      prototype.cachedNext.push(undefined);
      prototype.cachedSlots.push(0);
    }
    prototype.numbers = Float64Array.from(
      prototype.constants,
      (value) => typeof value === "number" ? value : NaN,
    );
    this.#markPlainLoops();
    prototype.upvalueSources = this.upvalues.map(({ isLocal, info }) => isLocal ? info : -1 - info);
    return prototype;
  }

  /** Marks the loops in which nothing is called. */
  #markPlainLoops(): void {
    const { code } = this.prototype;
    for (let i = 0; i < code.length; i++) {
      const instruction = code[i] ?? 0;
      const op = instruction & 127;
      if (op !== Op.ForLoop && op !== Op.Loop) continue;
      const start = i + 1 + (op === Op.Loop ? instruction >> 7 : instruction >> 15);
      if (!code.subarray(start, i + 1).every((inner) => this.#isPlain(inner))) continue;
      code[i] = instruction & ~127 | (op === Op.Loop ? Op.PlainLoop : Op.PlainForLoop);
    }
  }

  /** Whether an instruction calls nothing, as a rule. */
  #isPlain(instruction: number): boolean {
    const op: Op = instruction & 127;
    if (!PLAIN_OPS.has(op)) return false;
    const isArithmetic = op >= Op.AddRR && op <= Op.PowKX || op >= Op.LtRR && op <= Op.LeKX;
    if (!isArithmetic) return true;
    const f = (op - (op <= Op.PowKX ? Op.AddRR : Op.LtRR)) % 3;
    const constant = f === 1 ? instruction >>> 23 : instruction >>> 15 & 255;
    return f === 0 || typeof this.prototype.constants[constant] === "number";
  }

  // Instructions.

  /** Adds an instruction and returns its position. */
  emit(op: Op, a: number, b: number, c: number): number {
    const pending = this.#pendingJumps;
    this.#pendingJumps = NO_JUMP;
    this.#patch(pending, this.position, NO_REGISTER, this.position);
    this.#ops.push(op);
    this.#a.push(a);
    this.#b.push(b);
    this.#c.push(c);
    this.#lines.push(this.#lexer.lastLine);
    return this.#ops.length - 1;
  }

  /** Says that the last instruction belongs to another line. */
  fixLine(line: number): void {
    this.#lines[this.#lines.length - 1] = line;
  }

  /** Sets how many results a call makes, or the sizes of a new table. */
  setOperands(position: number, b: number | undefined, c: number | undefined): void {
    if (b !== undefined) this.#b[position] = b;
    if (c !== undefined) this.#c[position] = c;
  }

  /** Makes a call a tail call. */
  makeTailCall(position: number): void {
    this.#ops[position] = Op.TailCall;
  }

  /** Adds instructions that set registers to nil. */
  loadNil(from: number, count: number): void {
    const last = this.position - 1;
    if (this.position > this.#lastTarget && last >= 0 && this.#ops[last] === Op.LoadNil) {
      const first = this.#a[last] ?? 0;
      const to = this.#b[last] ?? 0;
      if (first <= from && from <= to + 1) {
        if (from + count - 1 > to) this.#b[last] = from + count - 1;
        return;
      }
    }
    this.emit(Op.LoadNil, from, from + count - 1, 0);
  }

  /** Adds a return of `count` values from register `first` on. */
  emitReturn(first: number, count: number): void {
    if (count === 0) this.emit(Op.Return0, first, 1, 0);
    else if (count === 1) this.emit(Op.Return1, first, 2, 0);
    else this.emit(Op.Return, first, count + 1, 0);
  }

  /** Adds a store of pending elements of the table in register `base`. */
  setList(base: number, elements: number, pending: number): void {
    const flush = Math.floor((elements - 1) / ELEMENTS_PER_FLUSH) + 1;
    const b = pending === MULTIPLE ? 0 : pending;
    if (flush <= MAX_FLUSHES) this.emit(Op.SetList, base, b, flush);
    else {
      this.emit(Op.SetList, base, b, 0);
      this.emit(Op.Extra, 0, flush, 0);
    }
    this.freeRegister = base + 1;
  }

  /** Adds the making of a closure. */
  emitClosure(inner: Prototype): Expression {
    const { prototypes } = this.prototype;
    prototypes.push(inner);
    if (prototypes.length > MAX_OPERAND) throw new LuaError("constant table overflow");
    return new Expression(Kind.Relocatable, this.emit(Op.Closure, 0, prototypes.length - 1, 0));
  }

  /** Ends the compilation because the function has too many of something. */
  limit(max: number, what: string): never {
    const { line } = this.prototype;
    const which = line === 0 ? "main function" : `function at line ${line}`;
    this.#lexer.error(`${which} has more than ${max} ${what}`);
  }

  // Jumps.

  /** Adds a jump and returns its position. */
  jump(): number {
    const pending = this.#pendingJumps;
    this.#pendingJumps = NO_JUMP;
    const jump = this.emit(Op.Jump, 0, NO_JUMP, 0);
    return this.concat(jump, pending);
  }

  /** Marks the next position as one that jumps go to. */
  label(): number {
    this.#lastTarget = this.position;
    return this.position;
  }

  /** Makes a list of jumps go to a position. */
  patchList(list: number, target: number): void {
    if (target === this.position) this.patchToHere(list);
    else this.#patch(list, target, NO_REGISTER, target);
  }

  /** Makes a list of jumps go to the next instruction. */
  patchToHere(list: number): void {
    this.label();
    this.#pendingJumps = this.concat(this.#pendingJumps, list);
  }

  /** Joins two lists of jumps. */
  concat(first: number, second: number): number {
    if (second === NO_JUMP) return first;
    if (first === NO_JUMP) return second;
    let last = first;
    for (let next = this.#target(last); next !== NO_JUMP; next = this.#target(last)) last = next;
    this.#fixJump(last, second);
    return first;
  }

  #target(jump: number): number {
    const offset = this.#b[jump] ?? 0;
    return offset === NO_JUMP ? NO_JUMP : jump + 1 + offset;
  }

  #fixJump(jump: number, target: number): void {
    const offset = target - (jump + 1);
    if (Math.abs(offset) > MAX_OPERAND >> 1) {
      this.#lexer.syntaxError("control structure too long");
    }
    this.#b[jump] = offset;
  }

  /** The instruction that decides whether a jump is taken: the one before it, if it is a test. */
  #control(jump: number): number {
    const op = this.#ops[jump - 1];
    return op !== undefined && op >= Op.EqRR && op <= Op.TestSet ? jump - 1 : jump;
  }

  /** Whether any jump of a list does not come with the value that it tested. */
  #needsValue(list: number): boolean {
    for (let jump = list; jump !== NO_JUMP; jump = this.#target(jump)) {
      if (this.#ops[this.#control(jump)] !== Op.TestSet) return true;
    }
    return false;
  }

  /** Makes the test before a jump put its value into a register, or only test. */
  #patchTest(jump: number, register: number): boolean {
    const control = this.#control(jump);
    if (this.#ops[control] !== Op.TestSet) return false;
    const tested = this.#b[control] ?? 0;
    if (register !== NO_REGISTER && register !== tested) this.#a[control] = register;
    else {
      this.#ops[control] = Op.Test;
      this.#a[control] = tested;
      this.#b[control] = 0;
    }
    return true;
  }

  #patch(list: number, valueTarget: number, register: number, target: number): void {
    for (let jump = list; jump !== NO_JUMP;) {
      const next = this.#target(jump);
      this.#fixJump(jump, this.#patchTest(jump, register) ? valueTarget : target);
      jump = next;
    }
  }

  #removeValues(list: number): void {
    for (let jump = list; jump !== NO_JUMP; jump = this.#target(jump)) {
      this.#patchTest(jump, NO_REGISTER);
    }
  }

  #conditionalJump(op: Op, a: number, b: number, c: number): number {
    this.emit(op, a, b, c);
    return this.jump();
  }

  // Registers.

  /** Sees to it that there are so many registers beyond those in use. */
  checkRegisters(count: number): void {
    const wanted = this.freeRegister + count;
    if (wanted <= this.prototype.registers) return;
    if (wanted >= MAX_REGISTERS) {
      this.#lexer.syntaxError("function or expression too complex");
    }
    this.prototype.registers = wanted;
  }

  /** Takes registers. */
  reserve(count: number): void {
    this.checkRegisters(count);
    this.freeRegister += count;
  }

  #free(register: number): void {
    if (!isConstant(register) && register >= this.activeCount) this.freeRegister--;
  }

  /** Frees an expression's register. */
  freeExpression(e: Expression): void {
    if (e.kind === Kind.Register) this.#free(e.info);
  }

  // Constants.

  /** Returns the number of a constant. */
  constant(value: Constant): number {
    // A zero is the same constant whatever its sign, as in C Lua: the one that came first.
    const known = this.#constants.get(value);
    if (known !== undefined) return known;
    const { constants } = this.prototype;
    if (constants.length >= MAX_OPERAND) throw new LuaError("constant table overflow");
    this.#constants.set(value, constants.length);
    return constants.push(value) - 1;
  }

  // Expressions.

  /** Fixes how many values an expression of any number of values stands for. */
  setReturns(e: Expression, count: number): void {
    if (e.kind === Kind.Call) this.#c[e.info] = count + 1;
    else if (e.kind === Kind.Vararg) {
      this.#b[e.info] = count + 1;
      this.#a[e.info] = this.freeRegister;
      this.reserve(1);
    }
  }

  /** Makes an expression of any number of values one of one value. */
  setOneReturn(e: Expression): void {
    if (e.kind === Kind.Call) {
      e.kind = Kind.Register;
      e.info = this.#a[e.info] ?? 0;
    } else if (e.kind === Kind.Vararg) {
      this.#b[e.info] = 2;
      e.kind = Kind.Relocatable;
    }
  }

  /** Reads a variable. */
  dischargeVariables(e: Expression): void {
    switch (e.kind) {
      case Kind.Local:
        e.kind = Kind.Register;
        break;
      case Kind.Upvalue:
        e.info = this.emit(Op.GetUpvalue, 0, e.info, 0);
        e.kind = Kind.Relocatable;
        break;
      case Kind.Global:
        e.info = this.emit(Op.GetGlobal, 0, e.info, 0);
        e.kind = Kind.Relocatable;
        break;
      case Kind.Indexed: {
        this.#free(e.aux);
        this.#free(e.info);
        const op = this.#keyForm(e.aux, Op.GetTable, Op.GetField, Op.GetConstant);
        e.info = this.emit(op, 0, e.info, e.aux & 255);
        e.kind = Kind.Relocatable;
        break;
      }
      case Kind.Vararg:
      case Kind.Call:
        this.setOneReturn(e);
    }
  }

  /** Which instruction takes a key: a register, a string or another constant. */
  #keyForm(key: number, register: Op, string: Op, other: Op): Op {
    if (!isConstant(key)) return register;
    return typeof this.prototype.constants[key & 255] === "string" ? string : other;
  }

  #dischargeToRegister(e: Expression, register: number): void {
    this.dischargeVariables(e);
    switch (e.kind) {
      case Kind.Nil:
        this.loadNil(register, 1);
        break;
      case Kind.False:
      case Kind.True:
        this.emit(Op.LoadBool, register, e.kind === Kind.True ? 1 : 0, 0);
        break;
      case Kind.Constant:
        this.emit(Op.LoadConstant, register, e.info, 0);
        break;
      case Kind.Number:
        this.emit(Op.LoadConstant, register, this.constant(e.number), 0);
        break;
      case Kind.Relocatable:
        this.#a[e.info] = register;
        break;
      case Kind.Register:
        if (register !== e.info) this.emit(Op.Move, register, e.info, 0);
        break;
      default:
        return;
    }
    e.info = register;
    e.kind = Kind.Register;
  }

  #dischargeToAnyRegister(e: Expression): void {
    if (e.kind === Kind.Register) return;
    this.reserve(1);
    this.#dischargeToRegister(e, this.freeRegister - 1);
  }

  #toRegister(e: Expression, register: number): void {
    this.#dischargeToRegister(e, register);
    if (e.kind === Kind.Jump) e.trueJumps = this.concat(e.trueJumps, e.info);
    if (e.hasJumps) {
      let loadFalse = NO_JUMP;
      let loadTrue = NO_JUMP;
      if (this.#needsValue(e.trueJumps) || this.#needsValue(e.falseJumps)) {
        const over = e.kind === Kind.Jump ? NO_JUMP : this.jump();
        this.label();
        loadFalse = this.emit(Op.LoadBool, register, 0, 1);
        this.label();
        loadTrue = this.emit(Op.LoadBool, register, 1, 0);
        this.patchToHere(over);
      }
      const end = this.label();
      this.#patch(e.falseJumps, end, register, loadFalse);
      this.#patch(e.trueJumps, end, register, loadTrue);
    }
    e.init(Kind.Register, register);
  }

  /** Puts an expression's value into the next register. */
  toNextRegister(e: Expression): void {
    this.dischargeVariables(e);
    this.freeExpression(e);
    this.reserve(1);
    this.#toRegister(e, this.freeRegister - 1);
  }

  /** Puts an expression's value into a register, and returns which. */
  toAnyRegister(e: Expression): number {
    this.dischargeVariables(e);
    if (e.kind === Kind.Register) {
      if (!e.hasJumps) return e.info;
      if (e.info >= this.activeCount) {
        this.#toRegister(e, e.info);
        return e.info;
      }
    }
    this.toNextRegister(e);
    return e.info;
  }

  /** Makes an expression a value, wherever it is. */
  toValue(e: Expression): void {
    if (e.hasJumps) this.toAnyRegister(e);
    else this.dischargeVariables(e);
  }

  /** Makes an expression an operand: a register or a constant. */
  toOperand(e: Expression): number {
    this.toValue(e);
    switch (e.kind) {
      case Kind.Number:
      case Kind.True:
      case Kind.False:
      case Kind.Nil:
        if (this.prototype.constants.length <= MAX_CONSTANT_OPERAND) {
          const value = e.kind === Kind.Nil
            ? undefined
            : e.kind === Kind.Number
            ? e.number
            : e.kind === Kind.True;
          e.info = this.constant(value);
          e.kind = Kind.Constant;
          return e.info + CONSTANT;
        }
        break;
      case Kind.Constant:
        if (e.info <= MAX_CONSTANT_OPERAND) return e.info + CONSTANT;
    }
    return this.toAnyRegister(e);
  }

  /** Assigns an expression's value to a variable. */
  store(variable: Expression, e: Expression): void {
    switch (variable.kind) {
      case Kind.Local:
        this.freeExpression(e);
        this.#toRegister(e, variable.info);
        return;
      case Kind.Upvalue:
        this.emit(Op.SetUpvalue, this.toAnyRegister(e), variable.info, 0);
        break;
      case Kind.Global:
        this.emit(Op.SetGlobal, this.toAnyRegister(e), variable.info, 0);
        break;
      case Kind.Indexed:
        this.emitSet(variable.info, variable.aux, this.toOperand(e));
    }
    this.freeExpression(e);
  }

  /** Adds an assignment to a field. */
  emitSet(table: number, key: number, value: number): void {
    const op = this.#keyForm(key, Op.SetTable, Op.SetField, Op.SetConstant);
    this.emit(op, table, key & 255, value);
  }

  /** Prepares the call of a method. */
  self(e: Expression, key: Expression): void {
    this.toAnyRegister(e);
    this.freeExpression(e);
    const register = this.freeRegister;
    this.reserve(2);
    const operand = this.toOperand(key);
    const op = isConstant(operand) ? Op.Self : Op.SelfRegister;
    this.emit(op, register, e.info, operand & 255);
    this.freeExpression(key);
    e.info = register;
    e.kind = Kind.Register;
  }

  /** Makes an expression a field of another. */
  indexed(table: Expression, key: Expression): void {
    table.aux = this.toOperand(key);
    table.kind = Kind.Indexed;
  }

  #invert(e: Expression): void {
    const control = this.#control(e.info);
    this.#a[control] = this.#a[control] === 0 ? 1 : 0;
  }

  #jumpOn(e: Expression, condition: boolean): number {
    if (e.kind === Kind.Relocatable && this.#ops[e.info] === Op.Not) {
      const tested = this.#b[e.info] ?? 0;
      for (const list of [this.#ops, this.#a, this.#b, this.#c, this.#lines]) list.pop();
      return this.#conditionalJump(Op.Test, tested, 0, condition ? 0 : 1);
    }
    this.#dischargeToAnyRegister(e);
    this.freeExpression(e);
    return this.#conditionalJump(Op.TestSet, NO_REGISTER, e.info, condition ? 1 : 0);
  }

  /** Goes on if an expression is true, and jumps out of it else. */
  goIfTrue(e: Expression): void {
    let jump: number;
    this.dischargeVariables(e);
    switch (e.kind) {
      case Kind.Constant:
      case Kind.Number:
      case Kind.True:
        jump = NO_JUMP;
        break;
      case Kind.Jump:
        this.#invert(e);
        jump = e.info;
        break;
      default:
        jump = this.#jumpOn(e, false);
    }
    e.falseJumps = this.concat(e.falseJumps, jump);
    this.patchToHere(e.trueJumps);
    e.trueJumps = NO_JUMP;
  }

  /** Goes on if an expression is false, and jumps out of it else. */
  goIfFalse(e: Expression): void {
    let jump: number;
    this.dischargeVariables(e);
    switch (e.kind) {
      case Kind.Nil:
      case Kind.False:
        jump = NO_JUMP;
        break;
      case Kind.Jump:
        jump = e.info;
        break;
      default:
        jump = this.#jumpOn(e, true);
    }
    e.trueJumps = this.concat(e.trueJumps, jump);
    this.patchToHere(e.falseJumps);
    e.falseJumps = NO_JUMP;
  }

  /** Negates an expression. */
  not(e: Expression): void {
    this.dischargeVariables(e);
    switch (e.kind) {
      case Kind.Nil:
      case Kind.False:
        e.kind = Kind.True;
        break;
      case Kind.Constant:
      case Kind.Number:
      case Kind.True:
        e.kind = Kind.False;
        break;
      case Kind.Jump:
        this.#invert(e);
        break;
      default:
        this.#dischargeToAnyRegister(e);
        this.freeExpression(e);
        e.info = this.emit(Op.Not, 0, e.info, 0);
        e.kind = Kind.Relocatable;
    }
    const { trueJumps } = e;
    e.trueJumps = e.falseJumps;
    e.falseJumps = trueJumps;
    this.#removeValues(e.falseJumps);
    this.#removeValues(e.trueJumps);
  }

  /** Negates a number, or takes a length. */
  unary(op: Op.Unm | Op.Len, e: Expression): void {
    if (op === Op.Unm && e.isNumeral) {
      if (!Number.isNaN(e.number)) {
        e.number = -e.number;
        return;
      }
    } else this.toAnyRegister(e);
    const operand = this.toAnyRegister(e);
    this.freeExpression(e);
    e.info = this.emit(op, 0, operand, 0);
    e.kind = Kind.Relocatable;
  }

  /** Calculates. */
  arithmetic(op: ArithmeticOp, left: Expression, right: Expression): void {
    if (fold(op, left, right)) return;
    const c = this.toOperand(right);
    const b = this.toOperand(left);
    this.#freeBoth(left, right, b, c);
    left.info = this.emit(op + form(b, c), 0, b & 255, isConstant(b) ? c : c & 255);
    left.kind = Kind.Relocatable;
  }

  /** Joins strings; the left operand is in the register before the right one's. */
  concatenate(left: Expression, right: Expression): void {
    this.toValue(right);
    if (right.kind === Kind.Relocatable && this.#ops[right.info] === Op.Concat) {
      this.freeExpression(left);
      this.#b[right.info] = left.info;
      left.kind = Kind.Relocatable;
      left.info = right.info;
      return;
    }
    this.toNextRegister(right);
    const c = this.toOperand(right);
    const b = this.toOperand(left);
    this.#freeBoth(left, right, b, c);
    left.info = this.emit(Op.Concat, 0, b, c);
    left.kind = Kind.Relocatable;
  }

  #freeBoth(left: Expression, right: Expression, b: number, c: number): void {
    if (b > c) {
      this.freeExpression(left);
      this.freeExpression(right);
    } else {
      this.freeExpression(right);
      this.freeExpression(left);
    }
  }

  /** Compares; `isSwapped` is for `>` and `>=`, `isNegated` for `~=`. */
  compare(
    op: Op.EqRR | Op.LtRR | Op.LeRR,
    left: Expression,
    right: Expression,
    { isSwapped = false, isNegated = false }: { isSwapped?: boolean; isNegated?: boolean },
  ): void {
    let b = this.toOperand(left);
    let c = this.toOperand(right);
    this.freeExpression(right);
    this.freeExpression(left);
    if (isSwapped) [b, c] = [c, b];
    const condition = isNegated ? 0 : 1;
    const operand = isConstant(b) ? c : c & 255;
    left.info = this.#conditionalJump(op + form(b, c), condition, b & 255, operand);
    left.kind = Kind.Jump;
  }
}

/** Calculates what is known already, but nothing that is not a number, nor a division by zero. */
function fold(op: ArithmeticOp, left: Expression, right: Expression): boolean {
  if (!left.isNumeral || !right.isNumeral) return false;
  if ((op === Op.DivRR || op === Op.ModRR) && right.number === 0) return false;
  const result = calculate(op, left.number, right.number);
  if (Number.isNaN(result)) return false;
  left.number = result;
  return true;
}

function calculate(op: ArithmeticOp, a: number, b: number): number {
  switch (op) {
    case Op.AddRR:
      return a + b;
    case Op.SubRR:
      return a - b;
    case Op.MulRR:
      return a * b;
    case Op.DivRR:
      return a / b;
    case Op.ModRR:
      return modulo(a, b);
    case Op.PowRR:
      return power(a, b);
  }
}

/** Packs an instruction into its 32 bits; see {@linkcode Op}. */
function pack(op: number, a: number, b: number, c: number): number {
  switch (op) {
    case Op.Jump:
      return b < 0 ? Op.Loop | b << 7 : Op.Jump | b << 7;
    case Op.Extra:
      return b;
    case Op.LoadConstant:
    case Op.GetGlobal:
    case Op.SetGlobal:
    case Op.Closure:
    case Op.ForLoop:
    case Op.ForPrep:
    case Op.ForTest:
      return op | a << 7 | b << 15;
    default:
      return op | a << 7 | b << 15 | c << 23;
  }
}
