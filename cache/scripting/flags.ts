/**
 * What scripts and functions declare of themselves.
 *
 * @module
 */

import { DENY_OOM, MAY_REPLICATE, STALE, WRITE } from "../commands/command.ts";
import { splitWords } from "../protocol/request.ts";

/** The flags' names, in the order in which Redis tells them; each is one bit. */
export const SCRIPT_FLAGS = [
  "no-writes",
  "allow-oom",
  "allow-stale",
  "no-cluster",
  "allow-cross-slot-keys",
] as const;

export const NO_WRITES = 1;
export const ALLOW_OOM = 2;
const ALLOW_STALE = 4;

/** The flags of a command that runs a script with these flags, if it declares any. */
export function commandFlags(flags: number, declared: number | undefined): number {
  if (declared === undefined) return flags;
  const stale = (declared & ALLOW_STALE) === 0 ? 0 : STALE;
  const kept = flags & ~(WRITE | DENY_OOM | MAY_REPLICATE | STALE) | stale;
  if ((declared & NO_WRITES) !== 0) return kept;
  return kept | WRITE | ((declared & ALLOW_OOM) === 0 ? DENY_OOM : 0);
}

/** The bit of a flag; 0 if there is none of that name. */
export function scriptFlag(name: string): number {
  const index = SCRIPT_FLAGS.findIndex((flag) => flag === name);
  return index < 0 ? 0 : 1 << index;
}

/** What the first line of a script says. */
export interface Shebang {
  /** Its flags; `undefined` without such a line, which Redis treats as older versions did. */
  readonly flags: number | undefined;
  /** Where the script goes on: at the line's end, so that lines are counted from it. */
  readonly length: number;
}

/**
 * Reads the first line of a script for `EVAL`, if it begins with `#!`.
 *
 * @returns What is wrong with it, if it is.
 */
export function parseShebang(body: string): Shebang | string {
  if (!body.startsWith("#!")) return { flags: undefined, length: 0 };
  const line = firstLine(body);
  if (line === undefined) return "Invalid script shebang";
  const words = splitWords(line) ?? [];
  const [engine, ...options] = words;
  if (engine === undefined) return "Invalid engine in script shebang";
  if (engine !== "#!lua") return `Unexpected engine in script shebang: ${engine}`;
  let flags = 0;
  for (const option of options) {
    if (!option.startsWith("flags=")) return `Unknown lua shebang option: ${option}`;
    const names = option.slice("flags=".length);
    if (names === "") continue;
    for (const name of names.split(",")) {
      const flag = scriptFlag(name);
      if (flag === 0) return `Unexpected flag in script shebang: ${name}`;
      flags |= flag;
    }
  }
  return { flags, length: line.length };
}

/** What stands before the first line's end, which C does not find behind a NUL. */
export function firstLine(text: string): string | undefined {
  return /^([^\n\0]*)\n/.exec(text)?.[1];
}
