/**
 * A compiled function: its instructions and constants, what debugging needs to name its variables,
 * and the inline caches of its table accesses.
 *
 * @module
 */

import type { Shape } from "./table.ts";

/** A constant of a function. */
export type Constant = undefined | boolean | number | string;

/** A local variable, and in which instructions it is alive: from `start` up to before `end`. */
export interface LocalVariable {
  /** Its name. */
  name: string;
  /** The first instruction that sees it. */
  start: number;
  /** The first instruction that no longer sees it. */
  end: number;
}

/** A compiled function. */
export class Prototype {
  /** Its instructions; see `opcodes.ts`. */
  code: Int32Array = new Int32Array(0);
  /** Its constants. Never numbers only, so that all such arrays are of one kind to the engine. */
  constants: Constant[] = [];
  /** Those of the constants that are numbers, at the same places. */
  numbers: Float64Array = new Float64Array(0);
  /** The functions in it. */
  prototypes: Prototype[] = [];
  /** The line of each instruction. */
  lines: Int32Array = new Int32Array(0);
  /** Its local variables in the order of their declaration, for error messages. */
  locals: LocalVariable[] = [];
  /** Its upvalues' names, for error messages. */
  upvalueNames: string[] = [];
  /**
   * Where each upvalue comes from when a closure is made: the register `n` of the function around
   * it as `n`, its upvalue `n` as `-1 - n`.
   */
  upvalueSources: number[] = [];
  /** How many parameters it has, `...` and `arg` not counted. */
  parameters = 0;
  /** Whether it takes `...`. */
  isVararg = false;
  /** Whether it gets its varargs in a table named `arg`, as a function that has no `...` in it. */
  needsArg = false;
  /** How many registers it uses. */
  registers = 2;
  /** The line it begins at; 0 for a whole chunk. */
  line = 0;
  /** The name of its chunk, with `@` or `=` before it if it is not the text itself. */
  readonly source: string;
  /** For each instruction, the shape of the table that it last met. */
  cachedShapes: (Shape | undefined)[] = [];
  /** For each instruction, the slot it found in a table of that shape; 0 if there is none. */
  cachedSlots: number[] = [];
  /** For each instruction that adds a key, the shape that a table of that shape takes by it. */
  cachedNext: (Shape | undefined)[] = [];

  /** Makes an empty one. */
  constructor(source: string) {
    this.source = source;
  }
}
