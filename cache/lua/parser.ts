/**
 * The front half of the compiler: Lua's grammar, read in one pass that generates code as it goes.
 *
 * @module
 */

import { Op } from "./execute.ts";
import {
  type ArithmeticOp,
  type Block,
  ELEMENTS_PER_FLUSH,
  Expression,
  Generator,
  Kind,
  MULTIPLE,
  NO_JUMP,
} from "./generator.ts";
import { Lexer, type Token } from "./lexer.ts";
import type { Prototype } from "./prototype.ts";

/** How many local variables a function may have alive at once. */
const MAX_LOCALS = 200;
/** How many local variables a function may have at all. */
const MAX_DECLARED_LOCALS = 32767;
/** How many upvalues a function may have. */
const MAX_UPVALUES = 60;
/** How deep the grammar's rules may nest, the calls that led to the compilation included. */
export const MAX_LEVELS = 200;

/** An operator's priorities, to its left and to its right. */
interface Binary {
  left: number;
  right: number;
  /** The instruction, if it calculates. */
  op?: ArithmeticOp;
}

const BINARY = new Map<Token, Binary>([
  ["+", { left: 6, right: 6, op: Op.AddRR }],
  ["-", { left: 6, right: 6, op: Op.SubRR }],
  ["*", { left: 7, right: 7, op: Op.MulRR }],
  ["/", { left: 7, right: 7, op: Op.DivRR }],
  ["%", { left: 7, right: 7, op: Op.ModRR }],
  ["^", { left: 10, right: 9, op: Op.PowRR }],
  ["..", { left: 5, right: 4 }],
  ["~=", { left: 3, right: 3 }],
  ["==", { left: 3, right: 3 }],
  ["<", { left: 3, right: 3 }],
  ["<=", { left: 3, right: 3 }],
  [">", { left: 3, right: 3 }],
  [">=", { left: 3, right: 3 }],
  ["and", { left: 2, right: 2 }],
  ["or", { left: 1, right: 1 }],
]);

const UNARY_PRIORITY = 8;

/** What ends a block. */
const BLOCK_END = new Set<Token>(["else", "elseif", "end", "until", "<eof>"]);

/** The left side of an assignment, as a list from its last variable to its first. */
interface Target {
  outer: Target | undefined;
  variable: Expression;
}

/** A table constructor as it is read. */
interface Constructor {
  table: Expression;
  /** The last element, if it is not yet in a register. */
  pending: Expression;
  elements: number;
  fields: number;
  /** How many elements are in registers. */
  unstored: number;
}

/**
 * Compiles a chunk.
 *
 * @param input Its text.
 * @param source Its name; see {@linkcode describeChunk}.
 * @param level How many calls of the host led here; they count as levels of the grammar.
 * @returns The function that the chunk is.
 * @throws {LuaError} If it is no Lua, or too much of it.
 */
export function compile(input: string, source: string, level: number): Prototype {
  return new Parser(new Lexer(input, source), level).parse();
}

class Parser {
  readonly #lexer: Lexer;
  #generator: Generator;
  #level: number;

  constructor(lexer: Lexer, level: number) {
    this.#lexer = lexer;
    this.#generator = new Generator(lexer, undefined);
    this.#level = level;
  }

  parse(): Prototype {
    const { prototype } = this.#generator;
    prototype.isVararg = true;
    this.#lexer.next();
    this.#chunk();
    this.#check("<eof>");
    return this.#close();
  }

  // Tokens.

  #accept(token: Token): boolean {
    if (this.#lexer.token !== token) return false;
    this.#lexer.next();
    return true;
  }

  #is(token: Token): boolean {
    return this.#lexer.token === token;
  }

  #check(token: Token): void {
    if (this.#lexer.token !== token) this.#lexer.syntaxError(`'${token}' expected`);
  }

  #expect(token: Token): void {
    this.#check(token);
    this.#lexer.next();
  }

  /** Expects what closes something that was opened in another line. */
  #expectMatch(what: Token, opener: Token, line: number): void {
    if (this.#accept(what)) return;
    if (line === this.#lexer.line) this.#check(what);
    this.#lexer.syntaxError(`'${what}' expected (to close '${opener}' at line ${line})`);
  }

  #name(): string {
    this.#check("<name>");
    const { text } = this.#lexer;
    this.#lexer.next();
    return text;
  }

  #enterLevel(): void {
    if (++this.#level > MAX_LEVELS) this.#lexer.error("chunk has too many syntax levels");
  }

  #leaveLevel(): void {
    this.#level--;
  }

  // Variables.

  #string(text: string): Expression {
    return new Expression(Kind.Constant, this.#generator.constant(text));
  }

  /** Declares a local variable that becomes visible with {@linkcode #activate}. */
  #declare(name: string, offset: number): void {
    const generator = this.#generator;
    const { locals } = generator.prototype;
    if (generator.activeCount + offset + 1 > MAX_LOCALS) {
      generator.limit(MAX_LOCALS, "local variables");
    }
    if (locals.length >= MAX_DECLARED_LOCALS) this.#lexer.error("too many local variables");
    locals.push({ name, start: 0, end: 0 });
    generator.active[generator.activeCount + offset] = locals.length - 1;
  }

  #local(register: number): { name: string; start: number; end: number } {
    const { active, prototype } = this.#generator;
    const local = prototype.locals[active[register] ?? -1];
    if (local === undefined) throw new TypeError("No such local variable");
    return local;
  }

  #activate(count: number): void {
    const generator = this.#generator;
    for (let i = 0; i < count; i++) {
      this.#local(generator.activeCount++).start = generator.position;
    }
  }

  #deactivate(count: number): void {
    const generator = this.#generator;
    while (generator.activeCount > count) {
      this.#local(--generator.activeCount).end = generator.position;
    }
  }

  #findVariable(generator: Generator | undefined, name: string, isInner: boolean): Expression {
    if (generator === undefined) return new Expression(Kind.Global);
    const { active, prototype } = generator;
    for (let register = generator.activeCount - 1; register >= 0; register--) {
      if (prototype.locals[active[register] ?? -1]?.name !== name) continue;
      if (isInner) {
        let { block } = generator;
        while (block !== undefined && block.activeLocals > register) block = block.outer;
        if (block !== undefined) block.hasUpvalue = true;
      }
      return new Expression(Kind.Local, register);
    }
    const outer = this.#findVariable(generator.outer, name, true);
    if (outer.kind === Kind.Global) return outer;
    return new Expression(Kind.Upvalue, this.#upvalue(generator, name, outer));
  }

  #upvalue(generator: Generator, name: string, variable: Expression): number {
    const isLocal = variable.kind === Kind.Local;
    const { upvalues, prototype } = generator;
    const known = upvalues.findIndex((upvalue) =>
      upvalue.isLocal === isLocal && upvalue.info === variable.info
    );
    if (known >= 0) return known;
    if (upvalues.length >= MAX_UPVALUES) generator.limit(MAX_UPVALUES, "upvalues");
    prototype.upvalueNames.push(name);
    return upvalues.push({ isLocal, info: variable.info }) - 1;
  }

  #variable(): Expression {
    const name = this.#name();
    const variable = this.#findVariable(this.#generator, name, false);
    if (variable.kind === Kind.Global) variable.info = this.#generator.constant(name);
    return variable;
  }

  /** Makes as many values of a list of expressions as there are variables. */
  #adjust(variables: number, expressions: number, last: Expression): void {
    const generator = this.#generator;
    let extra = variables - expressions;
    if (last.isMultiple) {
      extra = Math.max(0, extra + 1);
      generator.setReturns(last, extra);
      if (extra > 1) generator.reserve(extra - 1);
      return;
    }
    if (last.kind !== Kind.Void) generator.toNextRegister(last);
    if (extra > 0) {
      const register = generator.freeRegister;
      generator.reserve(extra);
      generator.loadNil(register, extra);
    }
  }

  // Functions and blocks.

  #close(): Prototype {
    const generator = this.#generator;
    this.#deactivate(0);
    generator.emitReturn(0, 0);
    if (generator.outer !== undefined) this.#generator = generator.outer;
    return generator.finish();
  }

  #enterBlock(isLoop: boolean): Block {
    const generator = this.#generator;
    generator.block = {
      outer: generator.block,
      breaks: NO_JUMP,
      activeLocals: generator.activeCount,
      hasUpvalue: false,
      isLoop,
    };
    return generator.block;
  }

  #leaveBlock(block: Block): void {
    const generator = this.#generator;
    generator.block = block.outer;
    this.#deactivate(block.activeLocals);
    if (block.hasUpvalue) generator.emit(Op.Close, block.activeLocals, 0, 0);
    generator.freeRegister = generator.activeCount;
    generator.patchToHere(block.breaks);
  }

  #chunk(): void {
    this.#enterLevel();
    let isLast = false;
    while (!isLast && !BLOCK_END.has(this.#lexer.token)) {
      isLast = this.#statement();
      this.#accept(";");
      this.#generator.freeRegister = this.#generator.activeCount;
    }
    this.#leaveLevel();
  }

  #block(): void {
    const block = this.#enterBlock(false);
    this.#chunk();
    this.#leaveBlock(block);
  }

  #parameters(): void {
    const generator = this.#generator;
    const { prototype } = generator;
    let count = 0;
    if (this.#lexer.token !== ")") {
      do {
        if (this.#lexer.token === "<name>") this.#declare(this.#name(), count++);
        else if (this.#accept("...")) {
          this.#declare("arg", count++);
          prototype.isVararg = true;
          prototype.needsArg = true;
        } else this.#lexer.syntaxError("<name> or '...' expected");
      } while (!prototype.isVararg && this.#accept(","));
    }
    this.#activate(count);
    prototype.parameters = generator.activeCount - (prototype.isVararg ? 1 : 0);
    generator.reserve(generator.activeCount);
  }

  #body(needsSelf: boolean, line: number): Expression {
    const outer = this.#generator;
    this.#generator = new Generator(this.#lexer, outer);
    this.#generator.prototype.line = line;
    this.#expect("(");
    if (needsSelf) {
      this.#declare("self", 0);
      this.#activate(1);
    }
    this.#parameters();
    this.#expect(")");
    this.#chunk();
    this.#expectMatch("end", "function", line);
    return outer.emitClosure(this.#close());
  }

  // Expressions.

  #field(e: Expression): void {
    this.#generator.toAnyRegister(e);
    this.#lexer.next();
    this.#generator.indexed(e, this.#string(this.#name()));
  }

  #index(): Expression {
    this.#lexer.next();
    const e = this.#expression();
    this.#generator.toValue(e);
    this.#expect("]");
    return e;
  }

  #recordField(constructor: Constructor): void {
    const generator = this.#generator;
    const register = generator.freeRegister;
    const key = this.#lexer.token === "<name>" ? this.#string(this.#name()) : this.#index();
    constructor.fields++;
    this.#expect("=");
    const operand = generator.toOperand(key);
    const value = this.#expression();
    generator.emitSet(constructor.table.info, operand, generator.toOperand(value));
    generator.freeRegister = register;
  }

  #listField(constructor: Constructor): void {
    constructor.pending.copy(this.#expression());
    constructor.elements++;
    constructor.unstored++;
  }

  #closeListField(constructor: Constructor): void {
    const { pending, table, elements } = constructor;
    if (pending.kind === Kind.Void) return;
    this.#generator.toNextRegister(pending);
    pending.kind = Kind.Void;
    if (constructor.unstored === ELEMENTS_PER_FLUSH) {
      this.#generator.setList(table.info, elements, constructor.unstored);
      constructor.unstored = 0;
    }
  }

  #lastListField(constructor: Constructor): void {
    const { pending, table, elements, unstored } = constructor;
    if (unstored === 0) return;
    if (pending.isMultiple) {
      this.#generator.setReturns(pending, MULTIPLE);
      this.#generator.setList(table.info, elements, MULTIPLE);
      constructor.elements--;
      return;
    }
    if (pending.kind !== Kind.Void) this.#generator.toNextRegister(pending);
    this.#generator.setList(table.info, elements, unstored);
  }

  #tableConstructor(): Expression {
    const generator = this.#generator;
    const { line } = this.#lexer;
    const position = generator.emit(Op.NewTable, 0, 0, 0);
    const table = new Expression(Kind.Relocatable, position);
    const constructor: Constructor = {
      table,
      pending: new Expression(),
      elements: 0,
      fields: 0,
      unstored: 0,
    };
    generator.toNextRegister(table);
    this.#expect("{");
    do {
      if (this.#lexer.token === "}") break;
      this.#closeListField(constructor);
      const isRecord = this.#lexer.token === "[" ||
        this.#lexer.token === "<name>" && this.#lexer.lookAhead() === "=";
      if (isRecord) this.#recordField(constructor);
      else this.#listField(constructor);
    } while (this.#accept(",") || this.#accept(";"));
    this.#expectMatch("}", "{", line);
    this.#lastListField(constructor);
    generator.setOperands(position, Math.min(constructor.elements, 255), undefined);
    return table;
  }

  #arguments(f: Expression): void {
    const generator = this.#generator;
    const { line } = this.#lexer;
    let args: Expression;
    switch (this.#lexer.token) {
      case "(":
        if (line !== this.#lexer.lastLine) {
          this.#lexer.syntaxError("ambiguous syntax (function call x new statement)");
        }
        this.#lexer.next();
        args = new Expression();
        if (!this.#is(")")) {
          args = this.#expressions().last;
          generator.setReturns(args, MULTIPLE);
        }
        this.#expectMatch(")", "(", line);
        break;
      case "{":
        args = this.#tableConstructor();
        break;
      case "<string>":
        args = this.#string(this.#lexer.text);
        this.#lexer.next();
        break;
      default:
        this.#lexer.syntaxError("function arguments expected");
    }
    const base = f.info;
    let count = MULTIPLE;
    if (!args.isMultiple) {
      if (args.kind !== Kind.Void) generator.toNextRegister(args);
      count = generator.freeRegister - (base + 1);
    }
    f.init(Kind.Call, generator.emit(Op.Call, base, count + 1, 2));
    generator.fixLine(line);
    generator.freeRegister = base + 1;
  }

  #prefix(): Expression {
    const { token, line } = this.#lexer;
    if (token === "(") {
      this.#lexer.next();
      const e = this.#expression();
      this.#expectMatch(")", "(", line);
      this.#generator.dischargeVariables(e);
      return e;
    }
    if (token === "<name>") return this.#variable();
    this.#lexer.syntaxError("unexpected symbol");
  }

  #primary(): Expression {
    const generator = this.#generator;
    const e = this.#prefix();
    for (;;) {
      switch (this.#lexer.token) {
        case ".":
          this.#field(e);
          break;
        case "[":
          generator.toAnyRegister(e);
          generator.indexed(e, this.#index());
          break;
        case ":":
          this.#lexer.next();
          generator.self(e, this.#string(this.#name()));
          this.#arguments(e);
          break;
        case "(":
        case "<string>":
        case "{":
          generator.toNextRegister(e);
          this.#arguments(e);
          break;
        default:
          return e;
      }
    }
  }

  #simple(): Expression {
    let e: Expression;
    switch (this.#lexer.token) {
      case "<number>":
        e = new Expression(Kind.Number);
        e.number = this.#lexer.number;
        break;
      case "<string>":
        e = this.#string(this.#lexer.text);
        break;
      case "nil":
        e = new Expression(Kind.Nil);
        break;
      case "true":
        e = new Expression(Kind.True);
        break;
      case "false":
        e = new Expression(Kind.False);
        break;
      case "...": {
        const { prototype } = this.#generator;
        if (!prototype.isVararg) {
          this.#lexer.syntaxError("cannot use '...' outside a vararg function");
        }
        prototype.needsArg = false;
        e = new Expression(Kind.Vararg, this.#generator.emit(Op.Vararg, 0, 1, 0));
        break;
      }
      case "{":
        return this.#tableConstructor();
      case "function":
        this.#lexer.next();
        return this.#body(false, this.#lexer.line);
      default:
        return this.#primary();
    }
    this.#lexer.next();
    return e;
  }

  #expression(limit = 0): Expression {
    this.#enterLevel();
    const e = this.#unary() ?? this.#simple();
    let binary = BINARY.get(this.#lexer.token);
    while (binary !== undefined && binary.left > limit) {
      const operator = this.#lexer.token;
      this.#lexer.next();
      this.#beforeRight(operator, e);
      const right = this.#expression(binary.right);
      this.#binary(operator, e, right);
      binary = BINARY.get(this.#lexer.token);
    }
    this.#leaveLevel();
    return e;
  }

  #unary(): Expression | undefined {
    const operator = this.#lexer.token;
    if (operator !== "not" && operator !== "-" && operator !== "#") return undefined;
    this.#lexer.next();
    const e = this.#expression(UNARY_PRIORITY);
    if (operator === "not") this.#generator.not(e);
    else this.#generator.unary(operator === "-" ? Op.Unm : Op.Len, e);
    return e;
  }

  /** Puts the left operand where it is needed before the right one is read. */
  #beforeRight(operator: Token, left: Expression): void {
    const generator = this.#generator;
    if (operator === "and") generator.goIfTrue(left);
    else if (operator === "or") generator.goIfFalse(left);
    else if (operator === "..") generator.toNextRegister(left);
    else if (BINARY.get(operator)?.op === undefined || !left.isNumeral) generator.toOperand(left);
  }

  #binary(operator: Token, left: Expression, right: Expression): void {
    const generator = this.#generator;
    switch (operator) {
      case "and":
        generator.dischargeVariables(right);
        right.falseJumps = generator.concat(right.falseJumps, left.falseJumps);
        return left.copy(right);
      case "or":
        generator.dischargeVariables(right);
        right.trueJumps = generator.concat(right.trueJumps, left.trueJumps);
        return left.copy(right);
      case "..":
        return generator.concatenate(left, right);
      case "==":
        return generator.compare(Op.EqRR, left, right, {});
      case "~=":
        return generator.compare(Op.EqRR, left, right, { isNegated: true });
      case "<":
        return generator.compare(Op.LtRR, left, right, {});
      case "<=":
        return generator.compare(Op.LeRR, left, right, {});
      case ">":
        return generator.compare(Op.LtRR, left, right, { isSwapped: true });
      case ">=":
        return generator.compare(Op.LeRR, left, right, { isSwapped: true });
    }
    const op = BINARY.get(operator)?.op;
    if (op !== undefined) generator.arithmetic(op, left, right);
  }

  /** Reads a list of expressions; all but the last are in registers then. */
  #expressions(): { count: number; last: Expression } {
    let count = 1;
    let last = this.#expression();
    while (this.#accept(",")) {
      this.#generator.toNextRegister(last);
      last = this.#expression();
      count++;
    }
    return { count, last };
  }

  // Statements.

  /** Reads a statement, and returns whether it must be the last of its block. */
  #statement(): boolean {
    const { line } = this.#lexer;
    switch (this.#lexer.token) {
      case "if":
        this.#if(line);
        return false;
      case "while":
        this.#while(line);
        return false;
      case "do":
        this.#lexer.next();
        this.#block();
        this.#expectMatch("end", "do", line);
        return false;
      case "for":
        this.#for(line);
        return false;
      case "repeat":
        this.#repeat(line);
        return false;
      case "function":
        this.#function(line);
        return false;
      case "local":
        this.#lexer.next();
        if (this.#accept("function")) this.#localFunction();
        else this.#localVariables();
        return false;
      case "return":
        this.#return();
        return true;
      case "break":
        this.#lexer.next();
        this.#break();
        return true;
      default:
        this.#callOrAssignment();
        return false;
    }
  }

  #condition(): number {
    const e = this.#expression();
    if (e.kind === Kind.Nil) e.kind = Kind.False;
    this.#generator.goIfTrue(e);
    return e.falseJumps;
  }

  #if(line: number): void {
    const generator = this.#generator;
    let escapes = NO_JUMP;
    let skip = this.#testThenBlock();
    while (this.#lexer.token === "elseif") {
      escapes = generator.concat(escapes, generator.jump());
      generator.patchToHere(skip);
      skip = this.#testThenBlock();
    }
    if (this.#lexer.token === "else") {
      escapes = generator.concat(escapes, generator.jump());
      generator.patchToHere(skip);
      this.#lexer.next();
      this.#block();
    } else escapes = generator.concat(escapes, skip);
    generator.patchToHere(escapes);
    this.#expectMatch("end", "if", line);
  }

  #testThenBlock(): number {
    this.#lexer.next();
    const skip = this.#condition();
    this.#expect("then");
    this.#block();
    return skip;
  }

  #while(line: number): void {
    const generator = this.#generator;
    this.#lexer.next();
    const start = generator.label();
    const exit = this.#condition();
    const loop = this.#enterBlock(true);
    this.#expect("do");
    this.#block();
    generator.patchList(generator.jump(), start);
    this.#expectMatch("end", "while", line);
    this.#leaveBlock(loop);
    generator.patchToHere(exit);
  }

  #repeat(line: number): void {
    const generator = this.#generator;
    const start = generator.label();
    const loop = this.#enterBlock(true);
    const scope = this.#enterBlock(false);
    this.#lexer.next();
    this.#chunk();
    this.#expectMatch("until", "repeat", line);
    const again = this.#condition();
    if (!scope.hasUpvalue) {
      this.#leaveBlock(scope);
      generator.patchList(again, start);
    } else {
      this.#break();
      generator.patchToHere(again);
      this.#leaveBlock(scope);
      generator.patchList(generator.jump(), start);
    }
    this.#leaveBlock(loop);
  }

  #break(): void {
    const generator = this.#generator;
    let { block } = generator;
    let hasUpvalue = false;
    while (block !== undefined && !block.isLoop) {
      hasUpvalue ||= block.hasUpvalue;
      block = block.outer;
    }
    if (block === undefined) this.#lexer.syntaxError("no loop to break");
    if (hasUpvalue) generator.emit(Op.Close, block.activeLocals, 0, 0);
    block.breaks = generator.concat(block.breaks, generator.jump());
  }

  #for(line: number): void {
    const loop = this.#enterBlock(true);
    this.#lexer.next();
    const name = this.#name();
    switch (this.#lexer.token) {
      case "=":
        this.#numericFor(name, line);
        break;
      case ",":
      case "in":
        this.#genericFor(name);
        break;
      default:
        this.#lexer.syntaxError("'=' or 'in' expected");
    }
    this.#expectMatch("end", "for", line);
    this.#leaveBlock(loop);
  }

  #numericFor(name: string, line: number): void {
    const generator = this.#generator;
    const base = generator.freeRegister;
    this.#declare("(for index)", 0);
    this.#declare("(for limit)", 1);
    this.#declare("(for step)", 2);
    this.#declare(name, 3);
    this.#expect("=");
    generator.toNextRegister(this.#expression());
    this.#expect(",");
    generator.toNextRegister(this.#expression());
    if (this.#accept(",")) generator.toNextRegister(this.#expression());
    else {
      generator.emit(Op.LoadConstant, generator.freeRegister, generator.constant(1), 0);
      generator.reserve(1);
    }
    this.#activate(3);
    this.#expect("do");
    const prepare = generator.emit(Op.ForPrep, base, NO_JUMP, 0);
    this.#forBody(1);
    generator.patchToHere(prepare);
    const loop = generator.emit(Op.ForLoop, base, NO_JUMP, 0);
    generator.fixLine(line);
    generator.patchList(loop, prepare + 1);
  }

  #genericFor(first: string): void {
    const generator = this.#generator;
    const base = generator.freeRegister;
    let count = 0;
    this.#declare("(for generator)", count++);
    this.#declare("(for state)", count++);
    this.#declare("(for control)", count++);
    this.#declare(first, count++);
    while (this.#accept(",")) this.#declare(this.#name(), count++);
    this.#expect("in");
    const { line } = this.#lexer;
    const values = this.#expressions();
    this.#adjust(3, values.count, values.last);
    generator.checkRegisters(3);
    this.#activate(3);
    this.#expect("do");
    const prepare = generator.jump();
    this.#forBody(count - 3);
    generator.patchToHere(prepare);
    generator.emit(Op.ForCall, base, 0, count - 3);
    generator.fixLine(line);
    const loop = generator.emit(Op.ForTest, base, NO_JUMP, 0);
    generator.fixLine(line);
    generator.patchList(loop, prepare + 1);
  }

  #forBody(variables: number): void {
    const block = this.#enterBlock(false);
    this.#activate(variables);
    this.#generator.reserve(variables);
    this.#block();
    this.#leaveBlock(block);
  }

  #function(line: number): void {
    this.#lexer.next();
    const variable = this.#variable();
    while (this.#lexer.token === ".") this.#field(variable);
    const isMethod = this.#lexer.token === ":";
    if (isMethod) this.#field(variable);
    this.#generator.store(variable, this.#body(isMethod, line));
    this.#generator.fixLine(line);
  }

  #localFunction(): void {
    const generator = this.#generator;
    this.#declare(this.#name(), 0);
    const variable = new Expression(Kind.Local, generator.freeRegister);
    generator.reserve(1);
    this.#activate(1);
    generator.store(variable, this.#body(false, this.#lexer.line));
    this.#local(generator.activeCount - 1).start = generator.position;
  }

  #localVariables(): void {
    let count = 0;
    do {
      this.#declare(this.#name(), count++);
    } while (this.#accept(","));
    const values = this.#accept("=") ? this.#expressions() : { count: 0, last: new Expression() };
    this.#adjust(count, values.count, values.last);
    this.#activate(count);
  }

  #callOrAssignment(): void {
    const variable = this.#primary();
    if (variable.kind === Kind.Call) this.#generator.setOperands(variable.info, undefined, 1);
    else this.#assignment({ outer: undefined, variable }, 1);
  }

  #assignment(target: Target, count: number): void {
    const generator = this.#generator;
    const { variable } = target;
    if (variable.kind < Kind.Local || variable.kind > Kind.Indexed) {
      this.#lexer.syntaxError("syntax error");
    }
    if (this.#accept(",")) {
      const next: Target = { outer: target, variable: this.#primary() };
      if (next.variable.kind === Kind.Local) this.#saveConflicting(target, next.variable.info);
      const limit = MAX_LEVELS - this.#level;
      if (count > limit) generator.limit(limit, "variables in assignment");
      this.#assignment(next, count + 1);
    } else {
      this.#expect("=");
      const values = this.#expressions();
      if (values.count === count) {
        generator.setOneReturn(values.last);
        return generator.store(variable, values.last);
      }
      this.#adjust(count, values.count, values.last);
      if (values.count > count) generator.freeRegister -= values.count - count;
    }
    generator.store(variable, new Expression(Kind.Register, generator.freeRegister - 1));
  }

  /**
   * Makes a copy of a local variable that is assigned to, if earlier targets are fields of it or
   * by it: they mean its old value.
   */
  #saveConflicting(target: Target, local: number): void {
    const generator = this.#generator;
    const copy = generator.freeRegister;
    let isConflict = false;
    for (let t: Target | undefined = target; t !== undefined; t = t.outer) {
      const { variable } = t;
      if (variable.kind !== Kind.Indexed) continue;
      if (variable.info === local) {
        isConflict = true;
        variable.info = copy;
      }
      if (variable.aux === local) {
        isConflict = true;
        variable.aux = copy;
      }
    }
    if (!isConflict) return;
    generator.emit(Op.Move, copy, local, 0);
    generator.reserve(1);
  }

  #return(): void {
    const generator = this.#generator;
    this.#lexer.next();
    if (BLOCK_END.has(this.#lexer.token) || this.#lexer.token === ";") {
      return generator.emitReturn(0, 0);
    }
    const { count, last } = this.#expressions();
    if (last.isMultiple) {
      generator.setReturns(last, MULTIPLE);
      if (last.kind === Kind.Call && count === 1) generator.makeTailCall(last.info);
      return generator.emitReturn(generator.activeCount, MULTIPLE);
    }
    if (count === 1) return generator.emitReturn(generator.toAnyRegister(last), 1);
    generator.toNextRegister(last);
    generator.emitReturn(generator.activeCount, count);
  }
}
