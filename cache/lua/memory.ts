/**
 * How much memory the running script has been charged for. Tables and strings grow in many places;
 * all of them charge one account, and the machine that runs takes it over while it runs.
 *
 * @module
 */

/** What is charged for a table, in bytes, beside its elements. */
export const TABLE_BYTES = 96;
/** What is charged for each element of a table's array part: the slot and often a boxed double. */
export const ELEMENT_BYTES = 16;
/** What is charged for each key of a table that has keys of its own. */
export const KEY_BYTES = 48;
/** What is charged for a closure, and for each of its upvalues. */
export const CLOSURE_BYTES = 64;
/** What is charged for a string beside its characters: its header, and a rope's node. */
export const STRING_BYTES = 32;
/** What is charged for a coroutine with its stack. */
export const COROUTINE_BYTES = 2048;

/** The account of the machine that runs. */
export const memory: {
  /** Bytes charged since the last count of what is alive, and what was alive then. */
  charged: number;
  /** From how many bytes on `exhausted` is called. */
  trigger: number;
  /** Counts what is alive; throws the script's error when that is too much. */
  exhausted: () => void;
} = { charged: 0, trigger: Infinity, exhausted: () => {} };

/**
 * Charges for an allocation.
 *
 * @param bytes How many bytes it takes, about.
 * @throws {LuaError} When more is alive than the script may have.
 */
export function charge(bytes: number): void {
  memory.charged += bytes;
  if (memory.charged > memory.trigger) memory.exhausted();
}
