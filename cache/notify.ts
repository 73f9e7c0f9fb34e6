/**
 * Which classes of keyspace notifications are asked for.
 *
 * @module
 */

/**
 * The classes of events, each a letter of `notify-keyspace-events`: generic, string, list, set, hash,
 * sorted set, expired, evicted, stream, module. `A` stands for all of these.
 */
const ALL = "g$lshzxetd";
/** Those that `A` leaves out (a new key, a key that is not there), and the two kinds of channels. */
const OTHERS = "nKEm";

/**
 * Reads the setting.
 *
 * @returns The classes it stands for, `A` spelled out, each once and in Redis' order; `undefined` if it
 * has another letter.
 */
export function parseEventClasses(text: string): string | undefined {
  if (/[^Ag$lshzxetdnKEm]/.test(text)) return undefined;
  const asked = text.replace("A", ALL);
  return [...ALL, ...OTHERS].filter((letter) => asked.includes(letter)).join("");
}

/** Prints the setting as `CONFIG GET` does. */
export function printEventClasses(classes: string): string {
  if (!classes.startsWith(ALL)) return classes;
  // What `A` includes is not named beside it, and neither is `n`, which it does not include.
  return `A${classes.slice(ALL.length).replace("n", "")}`;
}
