/**
 * `string.format`: C's `printf` for Lua's values.
 *
 * @module
 */

import { argument, checkNumber, checkString, cString, result } from "./arguments.ts";
import type { Machine } from "./machine.ts";
import { charge, STRING_BYTES } from "./memory.ts";
import { formatExponential, formatFixed, formatG, formatNonFinite } from "./number.ts";

/** How many flags may stand in a row. */
const MAX_FLAGS = 5;
/** From which length on a string is not cut at its first zero. */
const LONG_STRING = 100;
const TWO_63 = 2 ** 63;

/** What stands between `%` and the letter. */
interface Directive {
  isLeft: boolean;
  hasPlus: boolean;
  hasSpace: boolean;
  isAlternate: boolean;
  hasZeros: boolean;
  width: number;
  /** -1 if there is none. */
  precision: number;
}

/** A double as C converts it to `long`. */
function toLong(value: number): bigint {
  return value >= -TWO_63 && value < TWO_63 ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

/** A double as the x86-64 converts it to `unsigned long`. */
function toUnsigned(value: number): bigint {
  if (value < TWO_63 || Number.isNaN(value)) return BigInt.asUintN(64, toLong(value));
  return value < 2 ** 64 ? BigInt(value) : 0n;
}

/** Puts a text into a field. */
function pad(text: string, { isLeft, width }: Directive): string {
  return isLeft ? text.padEnd(width) : text.padStart(width);
}

/** Puts a number into a field, with zeros between its prefix and its digits if so asked. */
function padNumber(
  prefix: string,
  digits: string,
  directive: Directive,
  mayHaveZeros: boolean,
): string {
  if (directive.hasZeros && !directive.isLeft && mayHaveZeros) {
    return prefix + digits.padStart(directive.width - prefix.length, "0");
  }
  return pad(prefix + digits, directive);
}

function signOf(isNegative: boolean, { hasPlus, hasSpace }: Directive): string {
  return isNegative ? "-" : hasPlus ? "+" : hasSpace ? " " : "";
}

function formatInteger(letter: string, number: number, directive: Directive): string {
  const { precision, isAlternate } = directive;
  const isSigned = letter === "d" || letter === "i";
  const value = isSigned ? toLong(number) : toUnsigned(number);
  const magnitude = value < 0n ? -value : value;
  const radix = letter === "o" ? 8 : letter === "x" || letter === "X" ? 16 : 10;
  let digits = precision === 0 && magnitude === 0n ? "" : magnitude.toString(radix);
  let prefix = isSigned ? signOf(value < 0n, directive) : "";
  digits = digits.padStart(precision, "0");
  if (isAlternate && radix === 8 && !digits.startsWith("0")) digits = `0${digits}`;
  if (isAlternate && radix === 16 && magnitude !== 0n) prefix = "0x";
  const text = padNumber(prefix, digits, directive, precision < 0);
  return letter === "X" ? text.toUpperCase() : text;
}

function formatDouble(letter: string, value: number, directive: Directive): string {
  const precision = directive.precision < 0 ? 6 : directive.precision;
  const kind = letter.toLowerCase();
  let text: string;
  if (!Number.isFinite(value)) {
    const name = formatNonFinite(value);
    const isNegative = name.startsWith("-");
    const prefix = signOf(isNegative, directive);
    text = padNumber(prefix, isNegative ? name.slice(1) : name, directive, false);
  } else {
    const isNegative = value < 0 || Object.is(value, -0);
    let digits = kind === "e"
      ? formatExponential(value, precision)
      : kind === "f"
      ? formatFixed(value, precision)
      : formatG(Math.abs(value), precision, directive.isAlternate);
    if (directive.isAlternate && precision === 0 && kind !== "g") {
      digits = kind === "f" ? `${digits}.` : digits.replace("e", ".e");
    }
    text = padNumber(signOf(isNegative, directive), digits, directive, true);
  }
  return letter === kind ? text : text.toUpperCase();
}

/** Writes a string so that Lua reads it back. */
function quote(text: string): string {
  return `"${
    text.replace(/["\\\n\r\0]/g, (c) => c === "\r" ? "\\r" : c === "\0" ? "\\000" : `\\${c}`)
  }"`;
}

/** Reads the flags, width and precision at `at`. Returns where they end, and them. */
function scan(m: Machine, text: string, start: number): { at: number; directive: Directive } {
  let at = start;
  while (at < text.length && "-+ #0".includes(text.charAt(at))) at++;
  if (at - start > MAX_FLAGS) m.error("invalid format (repeated flags)");
  const flags = text.slice(start, at);
  const digits = (): string => {
    const from = at;
    for (let i = 0; i < 2 && isDigit(text, at); i++) at++;
    return text.slice(from, at);
  };
  const width = Number(digits());
  let precision = -1;
  if (text[at] === ".") {
    at++;
    precision = Number(digits());
  }
  if (isDigit(text, at)) m.error("invalid format (width or precision too long)");
  const directive = {
    isLeft: flags.includes("-"),
    hasPlus: flags.includes("+"),
    hasSpace: flags.includes(" "),
    isAlternate: flags.includes("#"),
    hasZeros: flags.includes("0"),
    width,
    precision,
  };
  return { at, directive };
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function formatString(text: string, directive: Directive): string {
  const { precision } = directive;
  if (precision < 0 && text.length >= LONG_STRING) return text;
  const seen = cString(text);
  return pad(precision < 0 ? seen : seen.slice(0, precision), directive);
}

function formatCharacter(value: number, directive: Directive): string {
  const code = value > -(2 ** 31) - 1 && value < 2 ** 31 ? value & 255 : 0;
  // C makes a string of it, which ends at the first zero.
  return cString(pad(String.fromCharCode(code), directive));
}

/** `string.format` */
export function format(m: Machine, args: number, count: number): number {
  const text = checkString(m, args, count, 1);
  let formatted = "";
  let n = 1;
  let at = 0;
  for (;;) {
    const percent = text.indexOf("%", at);
    if (percent < 0) break;
    formatted += text.slice(at, percent);
    at = percent + 1;
    if (text[at] === "%") {
      formatted += "%";
      at++;
      continue;
    }
    if (++n > count) m.argumentError(n, "no value");
    const letterAt = text.charAt(at);
    let directive = PLAIN;
    if (letterAt !== "s" && letterAt !== "d") ({ at, directive } = scan(m, text, at));
    const letter = text.charAt(at++);
    formatted += formatOne(m, args, count, n, letter, directive);
  }
  formatted += text.slice(at);
  charge(formatted.length + STRING_BYTES);
  return result(m, args, formatted);
}

/** A directive with nothing between `%` and the letter. */
const PLAIN: Directive = {
  isLeft: false,
  hasPlus: false,
  hasSpace: false,
  isAlternate: false,
  hasZeros: false,
  width: 0,
  precision: -1,
};

function formatOne(
  m: Machine,
  args: number,
  count: number,
  n: number,
  letter: string,
  directive: Directive,
): string {
  switch (letter) {
    case "c":
      return formatCharacter(checkNumber(m, args, count, n), directive);
    case "d":
    case "i":
    case "o":
    case "u":
    case "x":
    case "X": {
      const value = checkNumber(m, args, count, n);
      if (directive === PLAIN && (value | 0) === value) return String(value);
      return formatInteger(letter, value, directive);
    }
    case "e":
    case "E":
    case "f":
    case "g":
    case "G":
      return formatDouble(letter, checkNumber(m, args, count, n), directive);
    case "q":
      return quote(checkString(m, args, count, n));
    case "s": {
      const value = argument(m, args, count, n);
      return formatString(
        typeof value === "string" ? value : checkString(m, args, count, n),
        directive,
      );
    }
  }
  m.error(`invalid option '%${cString(letter)}' to 'format'`);
}
