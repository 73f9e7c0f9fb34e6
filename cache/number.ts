/**
 * Numbers as Redis reads and prints them: 64-bit integers, and the long doubles of `INCRBYFLOAT`.
 *
 * @module
 */

import { Slice } from "./store/slice.ts";

export const MAX_INT64 = 2n ** 63n - 1n;
export const MIN_INT64 = -(2n ** 63n);

const MINUS = 0x2d;
const ZERO = 0x30;

/**
 * Reads an integer in the one form that Redis prints (no sign but `-`, no leading zero).
 *
 * @returns The integer, rounded where it is past 2^53; NaN if there is none, or none of 64 bits.
 */
export function parseInteger(text: Slice): number {
  const { bytes, start, length } = text;
  if (length > 15) return length > 20 ? NaN : Number(parseInt64(text) ?? NaN);
  const negative = length > 1 && bytes[start] === MINUS;
  let i = negative ? start + 1 : start;
  const end = start + length;
  let value = bytes[i]! - ZERO;
  if (length === 0 || !(value >= 1 && value <= 9)) {
    return length === 1 && value === 0 ? 0 : NaN;
  }
  while (++i < end) {
    const digit = bytes[i]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** The same, exact to the last of its 64 bits. */
export function parseInt64(text: Slice): bigint | undefined {
  if (text.length === 0 || text.length > 20) return undefined;
  const string = text.latin1();
  if (!/^(0|-?[1-9]\d*)$/.test(string)) return undefined;
  const value = BigInt(string);
  return value >= MIN_INT64 && value <= MAX_INT64 ? value : undefined;
}

/**
 * An x87 long double, in which Redis computes on the machines it was tested on: `mantissa` times two to
 * the power of `exponent`, the mantissa of at most 64 bits.
 */
export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const MANTISSA_BITS = 64;
/** The largest exponent of a long double's highest bit. */
const MAX_EXPONENT = 16_383;
/** Redis reads no longer text as a long double (`MAX_LONG_DOUBLE_CHARS`). */
const MAX_TEXT = 5 * 1024;

const bitLength = (value: bigint): number => value.toString(2).length;
const absolute = (value: bigint): bigint => value < 0n ? -value : value;

/** Divides and rounds to the nearest, half to even. Neither number may be negative. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = 2n * (dividend - quotient * divisor);
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** The nearest long double to a fraction times a power of two, half to even. */
function rounded(numerator: bigint, denominator: bigint, exponent: number): LongDouble {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  const magnitude = absolute(numerator);
  // So far to the left that the quotient has 64 bits or one more.
  let shift = MANTISSA_BITS - (bitLength(magnitude) - bitLength(denominator));
  const divide = () =>
    shift >= 0
      ? divideRounded(magnitude << BigInt(shift), denominator)
      : divideRounded(magnitude, denominator << BigInt(-shift));
  let mantissa = divide();
  if (mantissa >> BigInt(MANTISSA_BITS) > 0n) {
    shift--;
    mantissa = divide();
  }
  return { mantissa: numerator < 0n ? -mantissa : mantissa, exponent: exponent - shift };
}

/**
 * Reads a long double as `strtold` does, all of the text.
 *
 * @returns The number, an infinity as a number, or `undefined` where Redis says that the value is not a
 * valid float.
 */
export function parseLongDouble(text: Slice): LongDouble | number | undefined {
  if (text.length === 0 || text.length >= MAX_TEXT) return undefined;
  const match =
    /^([+-]?)(?:(inf(?:inity)?)|0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?|(\d*)\.?(\d*)(?:e([+-]?\d+))?)$/i
      .exec(text.latin1());
  if (match === null) return undefined;
  const [, sign, infinity, hex, hexFraction = "", binaryExponent, whole, fraction = "", power] =
    match;
  if (infinity) return sign === "-" ? -Infinity : Infinity;
  const digits = hex === undefined ? `${whole}${fraction}` : `${hex}${hexFraction}`;
  if (digits === "") return undefined;
  const magnitude = BigInt(hex === undefined ? digits : `0x${digits}`);
  const signed = sign === "-" ? -magnitude : magnitude;
  if (magnitude === 0n) return { mantissa: 0n, exponent: 0 };
  let result: LongDouble;
  if (hex !== undefined) {
    const exponent = Number(binaryExponent ?? 0) - 4 * hexFraction.length;
    if (Math.abs(exponent) > 2 * MAX_EXPONENT + 4 * digits.length) return undefined;
    result = rounded(signed, 1n, exponent);
  } else {
    const exponent = Number(power ?? 0) - fraction.length;
    // Far outside the range: not worth a power of ten with millions of digits.
    if (Math.abs(exponent) > 5000 + digits.length) return undefined;
    result = exponent >= 0
      ? rounded(signed * 10n ** BigInt(exponent), 1n, 0)
      : rounded(signed, 10n ** BigInt(-exponent), 0);
  }
  const highest = bitLength(absolute(result.mantissa)) + result.exponent;
  // `strtold` reports a range error for both.
  return highest - 1 > MAX_EXPONENT || highest < -16_445 ? undefined : result;
}

/** Adds, as `INCRBYFLOAT` does. The result is NaN or an infinity as a number, where it is one. */
export function addLongDoubles(
  a: LongDouble | number,
  b: LongDouble | number,
): LongDouble | number {
  if (typeof a === "number" || typeof b === "number") {
    return (typeof a === "number" ? a : 0) + (typeof b === "number" ? b : 0);
  }
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) +
    (b.mantissa << BigInt(b.exponent - exponent));
  const result = rounded(sum, 1n, exponent);
  const { mantissa } = result;
  const highest = bitLength(absolute(mantissa)) + result.exponent;
  return highest - 1 > MAX_EXPONENT ? (mantissa < 0n ? -Infinity : Infinity) : result;
}

/** As `ceill(value * 1000.0)`, with the product rounded as a long double is. */
export function ceilThousandfold({ mantissa, exponent }: LongDouble): bigint {
  const product = rounded(mantissa * 1000n, 1n, exponent);
  const shift = BigInt(product.exponent);
  // A shift to the right rounds down.
  return shift >= 0n ? product.mantissa << shift : -(-product.mantissa >> -shift);
}

/** Prints as Redis' `LD_STR_HUMAN`: as `%.17Lf`, with no zeros at its end. */
export function formatLongDouble({ mantissa, exponent }: LongDouble): string {
  const DECIMALS = 17;
  const magnitude = absolute(mantissa) * 10n ** BigInt(DECIMALS);
  const scaled = exponent >= 0
    ? magnitude << BigInt(exponent)
    : divideRounded(magnitude, 1n << BigInt(-exponent));
  if (scaled === 0n) return "0";
  const digits = scaled.toString().padStart(DECIMALS + 1, "0");
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return `${mantissa < 0n ? "-" : ""}${digits.slice(0, -DECIMALS)}${fraction && `.${fraction}`}`;
}

const DIGITS = new Uint8Array(24);

/** Prints an integer. The slice holds until the next call. */
export function formatInteger(value: number | bigint): Slice {
  let at = DIGITS.length;
  if (typeof value === "bigint" || !Number.isSafeInteger(value)) {
    const text = value.toString();
    for (let i = 0; i < text.length; i++) DIGITS[i] = text.charCodeAt(i);
    return new Slice(DIGITS, 0, text.length);
  }
  let rest = Math.abs(value);
  // While it does not fit an int32, whose division is cheap.
  while (rest > 0x7fffffff) {
    const quotient = Math.floor(rest / 10);
    // In this order: the sum of both could be past 2^53.
    DIGITS[--at] = ZERO + (rest - 10 * quotient);
    rest = quotient;
  }
  do {
    const quotient = (rest / 10) | 0;
    DIGITS[--at] = ZERO + rest - 10 * quotient;
    rest = quotient;
  } while (rest > 0);
  if (value < 0) DIGITS[--at] = MINUS;
  return new Slice(DIGITS, at, DIGITS.length - at);
}
