/**
 * Arguments as other people may see them, in `MONITOR` and in the slow log: without passwords.
 *
 * @module
 */

import { isWord } from "./commands/command.ts";
import type { Args } from "./protocol/request.ts";
import { latin1Slice, type Slice } from "./store/slice.ts";

const REDACTED = latin1Slice("(redacted)");

/** Parameters that are nobody's affair. */
const SENSITIVE = ["requirepass", "masterauth", "masteruser"];

/** The arguments, with `(redacted)` for users and passwords, as in Redis. */
export function withoutSecrets(args: Args): Slice[] {
  const shown = Array.from({ length: args.count }, (_, i) => args.at(i));
  const is = (index: number, word: string) => index < args.count && isWord(args.at(index), word);
  // Redis looks at the number of arguments first.
  if (is(0, "auth") && args.count <= 3) {
    shown.fill(REDACTED, 1);
  } else if (is(0, "hello")) {
    for (let i = 2; i < args.count; i++) if (is(i, "auth")) shown.fill(REDACTED, i + 1, i + 3);
  } else if (is(0, "acl") && is(1, "setuser")) {
    shown.fill(REDACTED, 2);
  } else if (is(0, "config") && is(1, "set")) {
    for (let i = 2; i < args.count; i += 2) {
      if (SENSITIVE.some((name) => is(i, name))) shown.fill(REDACTED, i + 1, i + 2);
    }
  }
  return shown;
}

const ESCAPES: Record<string, string> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
};

/** Prints bytes in quotes, with the escapes that inline commands have. */
export function quoted(text: Slice): string {
  const escaped = text.latin1().replace(
    /[^ -~]|[\\"]/g,
    (character) =>
      ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
