/**
 * Errors of Lua programs.
 *
 * @module
 */

import type { LuaValue } from "./value.ts";

/**
 * An error that a Lua program raised, or that ended it. It takes no stack trace of JavaScript's,
 * which would cost more than all else about an error that `pcall` catches.
 */
export class LuaError {
  /** The error's value: any value but most often a string. */
  readonly value: LuaValue;
  /** Whether no `pcall` may catch it. */
  readonly isFatal: boolean;
  /**
   * The name of the chunk in which it was raised, as it was given to `load`; `=[C]` or
   * `=(tail call)` if that is not known. Empty until the error has left the program.
   */
  source = "";
  /** The line in which it was raised; -1 if it is not known. */
  line = -1;

  /**
   * Makes an error.
   *
   * @param value The error's value.
   * @param isFatal Whether no `pcall` may catch it.
   */
  constructor(value: LuaValue, isFatal = false) {
    this.value = value;
    this.isFatal = isFatal;
  }

  /** The error's value as a text. */
  get message(): string {
    return typeof this.value === "string" || typeof this.value === "number"
      ? String(this.value)
      : "(error object is not a string)";
  }
}
