/**
 * All that one cache has of scripts and functions.
 *
 * @module
 */

import type { Engine } from "../engine.ts";
import { Functions } from "./functions.ts";
import { Runner } from "./runner.ts";
import { Scripts } from "./scripts.ts";

/** Scripts, functions, and what runs them. Neither Lua is made before it is needed. */
export class Scripting {
  readonly runner: Runner;
  readonly scripts: Scripts;
  readonly functions: Functions;

  constructor(engine: Engine) {
    const log = (level: number, message: string) => engine.onLog(level, message);
    this.runner = new Runner(engine);
    this.scripts = new Scripts(this.runner, log);
    this.functions = new Functions(this.runner, log);
  }

  /** How many bytes all of it takes, about. */
  get memory(): number {
    const { scripts, functions } = this;
    return scripts.memory + scripts.luaMemory + functions.memory + functions.luaMemory;
  }
}
