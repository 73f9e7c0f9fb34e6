/**
 * The checks of options: they throw before anything has begun, and say what was expected.
 *
 * @module
 */

/** The longest delay that `setTimeout` takes, in milliseconds: about 24.8 days. */
const MAX_MILLISECONDS = 2 ** 31 - 1;

/** Throws unless `value` is of the type that `typeof` calls so. */
export function checkType(
  name: string,
  value: unknown,
  type: "number" | "string" | "function" | "boolean",
): void {
  const actual = typeof value;
  if (actual !== type) {
    throw new TypeError(`Cannot use ${name} of type ${actual}: expected a ${type}`);
  }
}

/** Throws unless `value` is an integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max = Infinity): void {
  checkType(name, value, "number");
  if (!(Number.isInteger(value) && value as number >= min && value as number <= max)) {
    const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new RangeError(`Cannot use ${name} ${value}: expected an integer ${range}`);
  }
}

/** Throws unless `value` is a number of milliseconds that a timer can wait. */
export function checkMilliseconds(name: string, value: unknown): void {
  checkType(name, value, "number");
  if (!(value as number >= 0 && value as number <= MAX_MILLISECONDS)) {
    throw new RangeError(
      `Cannot use ${name} ${value}: expected milliseconds from 0 to ${MAX_MILLISECONDS}`,
    );
  }
}
