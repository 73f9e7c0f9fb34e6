/**
 * Numbers and their texts: what C's `strtod` reads and what `printf` with `%.14g` writes, to the
 * digit.
 *
 * @module
 */

/** What `strtod` reads as a decimal number. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** What it reads as a hexadecimal number. */
const HEXADECIMAL =
  /^([+-]?)0[xX](?=[\da-fA-F]|\.[\da-fA-F])([\da-fA-F]*)\.?([\da-fA-F]*)(?:[pP]([+-]?\d+))?$/;
/** The names that it reads. */
const NAMED = /^([+-]?)(?:(inf(?:inity)?)|nan(?:\(\w*\))?)$/i;

/** The least number that has all its 53 bits. */
const MIN_NORMAL = 2 ** -1022;

/** How many significant digits `tostring` shows. */
const SHOWN_DIGITS = 14;
/** From where up to where `%.14g` writes no exponent. */
const MIN_PLAIN = 1e-4;
const MAX_PLAIN = 1e14;
/** Up to where fourteen digits reach beyond the point, even after rounding. */
const MAX_POINT = 1e12;

/**
 * Reads a number as Lua does: decimal, hexadecimal, infinite or not a number, with white space
 * around it.
 *
 * @returns The number, or `undefined` if the text is none.
 */
export function parseNumber(text: string): number | undefined {
  const trimmed = trim(text);
  if (DECIMAL.test(trimmed)) return Number(trimmed);
  const hexadecimal = HEXADECIMAL.exec(trimmed);
  if (hexadecimal !== null) {
    const [, sign, whole = "", fraction = "", exponent = "0"] = hexadecimal;
    const value = scale(BigInt(`0x${whole}${fraction}`), Number(exponent) - 4 * fraction.length);
    return sign === "-" ? -value : value;
  }
  const named = NAMED.exec(trimmed);
  if (named === null) return undefined;
  if (named[2] === undefined) return NaN;
  return named[1] === "-" ? -Infinity : Infinity;
}

/** What `strtod` reads at the start of a text. */
const PREFIX =
  /[+-]?(?:0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)(?:[pP][+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan(?:\(\w*\))?)/iy;

/**
 * Reads the number that begins at a place of a text, as `strtod` does.
 *
 * @returns The number and where it ends, or `undefined` if there is none.
 */
export function parseNumberPrefix(
  text: string,
  at: number,
): { value: number; end: number } | undefined {
  PREFIX.lastIndex = at;
  const match = PREFIX.exec(text)?.[0];
  const value = match === undefined ? undefined : parseNumber(match);
  return match === undefined || value === undefined ? undefined : { value, end: at + match.length };
}

/** Removes what C's `isspace` names from both ends, without a regular expression's backtracking. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return end - start === text.length ? text : text.slice(start, end);
}

/** Whether C's `isspace` holds for a character. */
export function isSpace(code: number): boolean {
  return code === 32 || code >= 9 && code <= 13;
}

/** Returns `mantissa * 2 ** exponent`, rounded once, to even. */
function scale(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  let bits = mantissa.toString(2).length;
  let power = exponent;
  // The result has 53 bits, or fewer where it is subnormal; a bit that stands for all that is cut
  // off keeps the rounding right.
  const kept = Math.min(55, Math.max(2, bits + power + 1076));
  if (bits > kept) {
    const cut = BigInt(bits - kept);
    const sticky = (mantissa & ((1n << cut) - 1n)) === 0n ? 0n : 1n;
    mantissa = (mantissa >> cut) | sticky;
    power += bits - kept;
    bits = kept;
  }
  if (bits + power > 1025) return Infinity;
  if (bits + power < -1080) return 0;
  const half = Math.trunc(power / 2);
  return Number(mantissa) * 2 ** half * 2 ** (power - half);
}

/** Where the sign of a number is read from that is not a number. */
const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);

/** Writes infinities and what is not a number as `printf` does. */
export function formatNonFinite(value: number): string {
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  doubles[0] = value;
  return (words[1] ?? 0) >>> 31 === 1 ? "-nan" : "nan";
}

/** Writes a number as `tostring` does: `%.14g`. */
export function formatNumber(value: number): string {
  if ((value | 0) === value) return value === 0 && 1 / value < 0 ? "-0" : String(value);
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const magnitude = Math.abs(value);
  if (magnitude >= MIN_PLAIN && magnitude < MAX_PLAIN) {
    const shortest = String(value);
    // With a point or without, fourteen digits or fewer.
    if (shortest.length <= SHOWN_DIGITS + 1) return shortest;
    // JavaScript rounds up what ends in the middle, with a five.
    if (magnitude < MAX_POINT && !shortest.endsWith("5")) {
      return withoutZeros(value.toPrecision(SHOWN_DIGITS));
    }
  }
  return formatG(value, SHOWN_DIGITS, false);
}

/** Cuts the zeros off the end of a number that has a point, and the point with nothing after it. */
function withoutZeros(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end--;
  if (text.charCodeAt(end - 1) === POINT) end--;
  return text.slice(0, end);
}

/** How many digits after the point JavaScript writes. */
const MAX_EXPONENTIAL = 100;
const FIVE = 53;
const ZERO = 48;
const POINT = 46;

/** The significant digits of a number, rounded, and the exponent of the first: `d.ddd * 10 ** e`. */
interface Decimal {
  /** The digits. */
  digits: string;
  /** The decimal exponent of the first digit. */
  exponent: number;
}

/**
 * Rounds the absolute value of a finite number to significant digits, the exact value half to
 * even, as `printf` does.
 */
function toDigits(value: number, precision: number): Decimal {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return { digits: "0".repeat(precision), exponent: 0 };
  // The shortest text that reads back as the same number has the digits asked for if it has no
  // more; it is off by less than any rounding to fewer would see, but where it ends in the middle.
  const shortest = splitExponential(magnitude.toExponential());
  const { length } = shortest.digits;
  if (length <= precision && precision <= 15 && magnitude >= MIN_NORMAL) {
    return {
      digits: shortest.digits + "0".repeat(precision - length),
      exponent: shortest.exponent,
    };
  }
  if (precision <= MAX_EXPONENTIAL) {
    const longer = magnitude.toExponential(precision);
    // A five that may be the exact end is left to exact arithmetic, for JavaScript rounds it up.
    if (longer.charCodeAt(precision + 1) !== FIVE) {
      return splitExponential(magnitude.toExponential(precision - 1));
    }
  }
  return exactDigits(magnitude, precision);
}

function splitExponential(text: string): Decimal {
  const e = text.indexOf("e");
  const digits = text[1] === "." ? text[0] + text.slice(2, e) : text.slice(0, e);
  return { digits, exponent: Number(text.slice(e + 1)) };
}

/** Returns the exact value of a positive finite number as a fraction. */
function toFraction(magnitude: number): { numerator: bigint; denominator: bigint } {
  doubles[0] = magnitude;
  const high = words[1] ?? 0;
  const low = words[0] ?? 0;
  const biased = high >>> 20;
  const mantissa = (BigInt(high & 0xfffff) << 32n) | BigInt(low) |
    (biased === 0 ? 0n : 1n << 52n);
  const power = (biased === 0 ? 1 : biased) - 1075;
  return power >= 0
    ? { numerator: mantissa << BigInt(power), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-power) };
}

function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const isUp = twice > denominator || twice === denominator && (quotient & 1n) === 1n;
  return isUp ? quotient + 1n : quotient;
}

function exactDigits(magnitude: number, precision: number): Decimal {
  const { numerator, denominator } = toFraction(magnitude);
  let exponent = splitExponential(magnitude.toExponential()).exponent;
  // The shortest text may have been rounded up to the next power of ten.
  const power = 10n ** BigInt(Math.abs(exponent));
  const isBelow = exponent >= 0 ? numerator < denominator * power : numerator * power < denominator;
  if (isBelow) exponent--;
  const shift = precision - 1 - exponent;
  const digits = shift >= 0
    ? divideToEven(numerator * 10n ** BigInt(shift), denominator)
    : divideToEven(numerator, denominator * 10n ** BigInt(-shift));
  const text = digits.toString();
  if (text.length > precision) return { digits: text.slice(0, precision), exponent: exponent + 1 };
  return { digits: text, exponent };
}

/** Writes the absolute value of a finite number with digits after the point, as `%.*f`. */
export function formatFixed(value: number, precision: number): string {
  const magnitude = Math.abs(value);
  const { numerator, denominator } = toFraction(magnitude);
  const digits = divideToEven(numerator * 10n ** BigInt(precision), denominator).toString();
  if (precision === 0) return digits;
  const padded = digits.padStart(precision + 1, "0");
  const point = padded.length - precision;
  return `${padded.slice(0, point)}.${padded.slice(point)}`;
}

/** Writes the absolute value of a finite number with an exponent, as `%.*e`. */
export function formatExponential(value: number, precision: number): string {
  const { digits, exponent } = toDigits(value, precision + 1);
  return joinExponential(digits, exponent, precision > 0 ? "." : "");
}

function joinExponential(digits: string, exponent: number, point: string): string {
  const sign = exponent < 0 ? "-" : "+";
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits[0]}${point}${digits.slice(1)}e${sign}${power}`;
}

/**
 * Writes a finite number with its sign as `%.*g` does.
 *
 * @param value The number.
 * @param precision How many significant digits; 0 counts as 1.
 * @param keepZeros Whether trailing zeros and the point stay, as with the flag `#`.
 */
export function formatG(value: number, precision: number, keepZeros: boolean): string {
  const wanted = precision === 0 ? 1 : precision;
  const { digits, exponent } = toDigits(value, wanted);
  const sign = value < 0 || value === 0 && 1 / value < 0 ? "-" : "";
  let kept = digits;
  if (!keepZeros) {
    let length = digits.length;
    while (length > 1 && digits[length - 1] === "0") length--;
    kept = digits.slice(0, length);
  }
  if (exponent < -4 || exponent >= wanted) {
    return sign + joinExponential(kept, exponent, kept.length > 1 || keepZeros ? "." : "");
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${kept}`;
  const whole = kept.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = kept.slice(exponent + 1);
  return sign + (fraction !== "" || keepZeros ? `${whole}.${fraction}` : whole);
}

/** `x ^ y` as C's `pow` calculates it, which differs from JavaScript's for 1 and NaN. */
export function power(x: number, y: number): number {
  if (x === 1 || x === -1 && (y === Infinity || y === -Infinity)) return 1;
  return x ** y;
}
