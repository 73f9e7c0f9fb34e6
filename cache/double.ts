/**
 * Doubles as Redis reads and prints them: by C's `strtod`, and as `%.17g`.
 *
 * @module
 */

import type { Slice } from "./store/slice.ts";

const ZERO = 0x30;
const MINUS = 0x2d;
const DOT = 0x2e;

/** Both an integer of so many digits and such a power of ten are exact, so their quotient is right. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => 10 ** i);

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const HEXADECIMAL = /^[+-]?0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?$/i;
const INFINITE = /^[+-]?inf(inity)?$/i;

/** Bits of a double's mantissa, and the exponent of the smallest there is. */
const MANTISSA_BITS = 53;
const MIN_EXPONENT = -1074;
const MAX_EXPONENT = 1023;

/**
 * Reads a score or another double (Redis' `string2d`).
 *
 * @returns NaN where Redis says that it is not a valid float: it stands in something else, is past the
 * largest double or so small that it would be 0.
 */
export function parseDouble(text: Slice): number {
  const { bytes, start, length } = text;
  const isNegative = length > 0 && bytes[start] === MINUS;
  let value = 0;
  let digits = 0;
  let dot = -1;
  for (let i = isNegative ? start + 1 : start; i < start + length; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
    } else if (bytes[i] === DOT && dot < 0) {
      dot = digits;
    } else {
      return parseText(text.latin1(), true);
    }
  }
  if (digits === 0 || digits > EXACT_DIGITS) return parseText(text.latin1(), true);
  if (dot >= 0) value /= POWERS_OF_TEN[digits - dot]!;
  return isNegative ? -value : value;
}

/**
 * Reads an end of a range of scores, as a C string: it ends at the first NUL, may begin with white space,
 * and if it is empty it is 0.
 *
 * @returns NaN if it is no number.
 */
export function parseScore(text: Slice): number {
  const value = parseDouble(text);
  if (!Number.isNaN(value)) return value;
  const string = text.latin1().replace(/\0.*/s, "");
  return string === "" ? 0 : parseText(string.replace(/^[ \t-\r]+/, ""), false);
}

/** @param inRange Whether what overflows or underflows is refused. */
function parseText(text: string, inRange: boolean): number {
  if (INFINITE.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  let value = NaN;
  let mantissa = text;
  if (DECIMAL.test(text)) {
    value = Number(text);
    mantissa = text.replace(/e.*/i, "");
  } else {
    const [, whole = "", fraction = "", power = "0"] = HEXADECIMAL.exec(text) ?? [];
    mantissa = whole + fraction;
    if (mantissa === "") return NaN;
    value = scaled(BigInt(`0x${mantissa}`), Number(power) - 4 * fraction.length);
    if (text.startsWith("-")) value = -value;
  }
  const isLost = !Number.isFinite(value) || (value === 0 && /[1-9a-f]/i.test(mantissa));
  return inRange && isLost ? NaN : value;
}

/** The double that is nearest to a number times a power of two, half to even. */
function scaled(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const highest = mantissa.toString(2).length + exponent - 1;
  if (highest > MAX_EXPONENT) return Infinity;
  if (highest < MIN_EXPONENT - 1) return 0;
  const lowest = Math.max(highest - MANTISSA_BITS + 1, MIN_EXPONENT);
  if (exponent < lowest) {
    const shift = BigInt(lowest - exponent);
    const half = 1n << (shift - 1n);
    const isOdd = (mantissa >> shift) & 1n;
    mantissa = (mantissa + half - 1n + isOdd) >> shift;
    exponent = lowest;
  }
  // In two steps, since 2^-1074 times its mantissa's highest bit is beyond what one power can be.
  const half = Math.trunc(exponent / 2);
  return Number(mantissa) * 2 ** half * 2 ** (exponent - half);
}

/** The significant digits of `%.17g`, and from which exponent on it is written with one. */
const PRECISION = 17;
const LEAST_PLAIN_EXPONENT = -4;

/** Prints a double as `%.17g` does. */
export function formatDouble(value: number): string {
  if (Number.isSafeInteger(value) || hasFewDigits(value)) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const magnitude = Math.abs(value);
  const [mantissa = "", power] = magnitude.toExponential(PRECISION - 1).split("e");
  const exponent = Number(power);
  let last = Number(mantissa.at(-1));
  // Of two that are equally near C takes the even one, and JavaScript the larger.
  if (last % 2 === 1 && isTie(magnitude)) last--;
  const digits = `${mantissa[0]}${mantissa.slice(2, -1)}${last}`.replace(/0+$/, "");
  const sign = value < 0 ? "-" : "";
  if (exponent < LEAST_PLAIN_EXPONENT || exponent >= PRECISION) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction && `.${fraction}`}`;
}

/**
 * Whether a number has at most 15 digits, of which JavaScript prints all: multiples of 1/8 have three
 * after the point, of 1/1024 ten. Most scores are such, and need none of the arithmetic below.
 */
function hasFewDigits(value: number): boolean {
  const magnitude = Math.abs(value);
  return (magnitude < 1e12 && Number.isInteger(value * 8)) ||
    (magnitude < 1e5 && Number.isInteger(value * 1024));
}

/** Whether a number is in the middle between two of `PRECISION` digits. */
function isTie(magnitude: number): boolean {
  // The point stands among the digits. Most end at the first look, which is cheaper.
  return magnitude.toExponential(PRECISION)[PRECISION + 1] === "5" &&
    /^50*e/.test(magnitude.toExponential(100).slice(PRECISION + 1));
}

/** How many decimals JavaScript prints at the most, which are all that doubles near a tie have. */
const MAX_DECIMALS = 100;
/** From here on, `toFixed` prints an exponent. */
const MAX_FIXED = 1e21;

/** Prints a double as `%f` does, with so many decimals. */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return formatDouble(value);
  if (Math.abs(value) >= MAX_FIXED) return `${BigInt(value)}.${"0".repeat(decimals)}`;
  const text = `${Object.is(value, -0) ? "-" : ""}${value.toFixed(decimals)}`;
  const last = Number(text.at(-1));
  // Of two that are equally near C takes the even one, and JavaScript the larger.
  const isOdd = last % 2 === 1;
  const isTie = isOdd && /^50*$/.test(value.toFixed(MAX_DECIMALS).slice(text.length));
  return isTie ? `${text.slice(0, -1)}${last - 1}` : text;
}
