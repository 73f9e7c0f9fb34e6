/**
 * HyperLogLogs in Redis' string format, byte for byte: 16 bytes of header, then 16 384 registers. Each
 * holds the longest run of zeros, plus one, of the hashes that belong to it.
 *
 *     header     "HYLL" | encoding | 3 bytes unused | the last count, 8 bytes, its highest bit set if stale
 *     dense      registers of 6 bits, from the lowest bit of the first byte on
 *     sparse     runs of equal registers:
 *                00llllll            1 to 64 zeros (l + 1)
 *                01llllll llllllll   1 to 16 384 zeros
 *                1vvvvvll            1 to 4 registers with a value of 1 to 32
 *
 * @module
 */

import { copyBytes, Slice } from "./store/slice.ts";

const MAGIC = [0x48, 0x59, 0x4c, 0x4c] as const;
const ENCODING = 4;
const COUNT = 8;
/** The byte of the count whose highest bit says that it is stale. */
const STALE = 15;
const HEADER_SIZE = 16;

const DENSE = 0;
const SPARSE = 1;

const INDEX_BITS = 14;
const REGISTERS = 1 << INDEX_BITS;
/** The bits of a hash that are looked at for zeros, and one more than which a register never holds. */
const RANK_BITS = 64 - INDEX_BITS;
const REGISTER_MAX = 63;
const DENSE_SIZE = HEADER_SIZE + REGISTERS * 6 / 8;

/** The largest value and the longest runs of the sparse encoding. */
const MAX_SPARSE_VALUE = 32;
const MAX_VALUE_RUN = 4;
const MAX_SHORT_ZERO_RUN = 64;
/** How many bytes a run can need more when it is split. */
const MAX_GROWTH = 3;
/** How many runs are looked at for neighbours that can be joined, from the one before a change on. */
const JOINED_RUNS = 5;

/** 0.5 / ln 2, as Redis writes it. */
const ALPHA = 0.721347520444481703680;

/** Thrown where the runs of a sparse HyperLogLog are not of all registers. */
export class CorruptHyperLogLogError extends Error {
  override name = "CorruptHyperLogLogError";
}

/** Whether a string is one: it has the header, and a length that its encoding can have. */
export function isHyperLogLog({ bytes, start, length }: Slice): boolean {
  if (length < HEADER_SIZE) return false;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[start + i] !== MAGIC[i]) return false;
  const encoding = bytes[start + ENCODING];
  return encoding === SPARSE || (encoding === DENSE && length === DENSE_SIZE);
}

export function isDense(value: Slice): boolean {
  return value.at(ENCODING) === DENSE;
}

/** The count that a HyperLogLog has kept; `undefined` if it is stale. */
export function keptCount({ bytes, start }: Slice): bigint | undefined {
  if ((bytes[start + STALE]! & 0x80) !== 0) return undefined;
  let count = 0n;
  for (let i = STALE; i >= COUNT; i--) count = count << 8n | BigInt(bytes[start + i]!);
  return count;
}

/** Keeps a count, of 64 bits. */
export function keepCount({ bytes, start }: Slice, count: bigint): void {
  for (let i = COUNT; i <= STALE; i++, count >>= 8n) bytes[start + i] = Number(count & 0xffn);
}

/** Marks the count as stale. */
export function makeStale({ bytes, start }: Slice): void {
  bytes[start + STALE]! |= 0x80;
}

/** Redis' seed and MurmurHash64A's multiplier, in halves of 32 bits. */
const SEED = 0xadc83b19;
const MULTIPLIER_HIGH = 0xc6a4a793;
const MULTIPLIER_LOW = 0x5bd1e995;
/** The halves of the lower one. */
const LOW_C = MULTIPLIER_LOW >>> 16;
const LOW_D = MULTIPLIER_LOW & 0xffff;

/** The upper half of the last product of {@linkcode multiply}. */
let high = 0;

/** Multiplies 64 bits by the multiplier; returns the lower half and sets {@linkcode high}. */
function multiply(upper: number, lower: number): number {
  // The upper half of the product of the lower ones, of products of 16 bits that fit a double.
  const a = lower >>> 16;
  const b = lower & 0xffff;
  const middle = a * LOW_D + ((b * LOW_D) >>> 16);
  const carried = b * LOW_C + (middle & 0xffff);
  high = (a * LOW_C + (middle >>> 16) + (carried >>> 16) + Math.imul(upper, MULTIPLIER_LOW) +
    Math.imul(lower, MULTIPLIER_HIGH)) | 0;
  return Math.imul(lower, MULTIPLIER_LOW);
}

/**
 * Hashes an element by MurmurHash64A.
 *
 * @returns The number of its register and, above `INDEX_BITS` bits, what it would be set to.
 */
export function hashElement({ bytes, start, length }: Slice): number {
  let low = multiply(0, length) ^ SEED;
  let upper = high;
  let i = start;
  for (const end = start + (length & ~7); i < end; i += 8) {
    let k = multiply(word(bytes, i + 4), word(bytes, i));
    k ^= high >>> 15;
    k = multiply(high, k);
    low = multiply(upper ^ high, low ^ k);
    upper = high;
  }
  const rest = length & 7;
  if (rest > 0) {
    for (let j = 0; j < rest; j++) {
      const byte = bytes[i + j]! << 8 * (j & 3);
      if (j < 4) low ^= byte;
      else upper ^= byte;
    }
    low = multiply(upper, low);
    upper = high;
  }
  low ^= upper >>> 15;
  low = multiply(upper, low);
  upper = high;
  low ^= upper >>> 15;

  const index = low & (REGISTERS - 1);
  // The 50 bits above: 18 in the lower half, 32 in the upper. One past them ends the count.
  const first = low >>> INDEX_BITS;
  const zeros = first !== 0
    ? trailingZeros(first)
    : 32 - INDEX_BITS + (upper !== 0 ? trailingZeros(upper) : 32);
  return (zeros + 1) << INDEX_BITS | index;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

/** Sets a register of a dense HyperLogLog, if it is less; returns whether it was. */
export function raiseDense({ bytes, start }: Slice, register: number): boolean {
  const value = register >>> INDEX_BITS;
  const bit = 6 * (register & (REGISTERS - 1));
  const at = start + HEADER_SIZE + (bit >>> 3);
  const shift = bit & 7;
  // The last register ends with its byte.
  const next = shift > 2 ? bytes[at + 1]! : 0;
  const both = bytes[at]! | next << 8;
  if (value <= (both >>> shift & REGISTER_MAX)) return false;
  const raised = (both & ~(REGISTER_MAX << shift)) | value << shift;
  bytes[at] = raised;
  if (shift > 2) bytes[at + 1] = raised >>> 8;
  return true;
}

/** The value of a run; 0 for both kinds of zeros. */
const runValue = (first: number): number => first >= 0x80 ? (first >>> 2 & 31) + 1 : 0;
/** How many bytes a run takes. */
const runSize = (first: number): number => (first & 0xc0) === 0x40 ? 2 : 1;

/** How many registers a run has. */
function runLength(first: number, second: number): number {
  if (first >= 0x80) return (first & 3) + 1;
  return ((first & 0x40) === 0 ? first : (first & 0x3f) << 8 | second) + 1;
}

/**
 * Calls `visit` for each run of a sparse HyperLogLog.
 *
 * @param first The run's first byte.
 */
export function walkSparse(
  { bytes, start, length }: Slice,
  visit: (value: number, count: number, first: number) => void,
): void {
  const end = start + length;
  for (let i = start + HEADER_SIZE; i < end;) {
    const first = bytes[i]!;
    // Redis finds a NUL after the end.
    const second = i + 1 < end ? bytes[i + 1]! : 0;
    visit(runValue(first), runLength(first, second), first);
    i += runSize(first);
  }
}

/**
 * The same with the number of the run's first register, where the runs must be of all registers.
 *
 * @throws {CorruptHyperLogLogError}
 */
function walkWhole(
  { bytes, start, length }: Slice,
  visit: (value: number, index: number, count: number) => void,
): void {
  const end = start + length;
  let index = 0;
  for (let i = start + HEADER_SIZE; i < end;) {
    const first = bytes[i]!;
    const count = runLength(first, i + 1 < end ? bytes[i + 1]! : 0);
    if (index + count > REGISTERS) throw new CorruptHyperLogLogError();
    visit(runValue(first), index, count);
    index += count;
    i += runSize(first);
  }
  if (index !== REGISTERS) throw new CorruptHyperLogLogError();
}

/** Registers of one byte each, into which HyperLogLogs are merged. */
export class Registers {
  readonly #values = new Uint8Array(REGISTERS);

  /** The values, by the registers' numbers. */
  get values(): Uint8Array {
    return this.#values;
  }

  /**
   * Raises each register to that of a HyperLogLog.
   *
   * @throws {CorruptHyperLogLogError}
   */
  merge(value: Slice): void {
    const values = this.#values;
    if (isDense(value)) {
      const { bytes, start } = value;
      let index = 0;
      for (let i = start + HEADER_SIZE; i < start + DENSE_SIZE; i += 3, index += 4) {
        const four = bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16;
        const [a, b] = [four & REGISTER_MAX, four >>> 6 & REGISTER_MAX];
        const [c, d] = [four >>> 12 & REGISTER_MAX, four >>> 18];
        if (a > values[index]!) values[index] = a;
        if (b > values[index + 1]!) values[index + 1] = b;
        if (c > values[index + 2]!) values[index + 2] = c;
        if (d > values[index + 3]!) values[index + 3] = d;
      }
      return;
    }
    walkWhole(value, (run, index, count) => {
      if (run === 0) return;
      for (let i = index; i < index + count; i++) if (run > values[i]!) values[i] = run;
    });
  }

  /** Sets all registers of a dense HyperLogLog. */
  writeDense({ bytes, start }: Slice): void {
    const values = this.#values;
    let i = start + HEADER_SIZE;
    for (let index = 0; index < REGISTERS; index += 4) {
      const four = values[index]! | values[index + 1]! << 6 | values[index + 2]! << 12 |
        values[index + 3]! << 18;
      bytes[i++] = four;
      bytes[i++] = four >>> 8;
      bytes[i++] = four >>> 16;
    }
  }

  /** About how many elements there are. */
  count(): bigint {
    const values = this.#values;
    const histogram = new Int32Array(REGISTER_MAX + 1);
    for (let i = 0; i < REGISTERS; i++) histogram[values[i]!]!++;
    return estimate(histogram);
  }
}

/**
 * About how many elements a HyperLogLog has.
 *
 * @throws {CorruptHyperLogLogError}
 */
export function countElements(value: Slice): bigint {
  const histogram = new Int32Array(REGISTER_MAX + 1);
  if (isDense(value)) {
    const { bytes, start } = value;
    for (let i = start + HEADER_SIZE; i < start + DENSE_SIZE; i += 3) {
      const four = bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16;
      histogram[four & REGISTER_MAX]!++;
      histogram[four >>> 6 & REGISTER_MAX]!++;
      histogram[four >>> 12 & REGISTER_MAX]!++;
      histogram[four >>> 18]!++;
    }
  } else {
    walkWhole(value, (run, _, count) => histogram[run]! += count);
  }
  return estimate(histogram);
}

/**
 * The improved estimator of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
 * (arXiv:1702.01284), with the operations in Redis' order.
 *
 * @param histogram How many registers have each value.
 */
function estimate(histogram: Int32Array): bigint {
  let z = REGISTERS * tau((REGISTERS - histogram[RANK_BITS + 1]!) / REGISTERS);
  for (let value = RANK_BITS; value >= 1; value--) z = (z + histogram[value]!) * 0.5;
  z += REGISTERS * sigma(histogram[0]! / REGISTERS);
  const count = ALPHA * REGISTERS * REGISTERS / z;
  // Where no register counts; the C library rounds it so.
  return Number.isFinite(count) ? BigInt(Math.round(count)) : -(2n ** 63n);
}

function sigma(x: number): number {
  let [y, z, before] = [1, x, NaN];
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (before !== z);
  return z;
}

function tau(x: number): number {
  let [y, z, before] = [1, 1 - x, NaN];
  do {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (before !== z);
  return z / 3;
}

/** A HyperLogLog outside of the store, to be changed. */
export class Sketch {
  #bytes: Uint8Array;
  #length: number;

  /** A copy of a HyperLogLog, or an empty one. */
  constructor(value?: Slice) {
    this.#length = value?.length ?? HEADER_SIZE + 2;
    this.#bytes = new Uint8Array(this.#length + MAX_GROWTH);
    if (value === undefined) {
      this.#bytes.set(MAGIC);
      this.#bytes[ENCODING] = SPARSE;
      this.#writeRun(HEADER_SIZE, 0, REGISTERS);
    } else {
      copyBytes(value.bytes, value.start, value.length, this.#bytes, 0);
    }
  }

  /** Its bytes. They hold until it changes. */
  get value(): Slice {
    return new Slice(this.#bytes, 0, this.#length);
  }

  /**
   * Makes it dense, if it is not.
   *
   * @throws {CorruptHyperLogLogError}
   */
  makeDense(): void {
    const { value } = this;
    if (isDense(value)) return;
    const bytes = new Uint8Array(DENSE_SIZE);
    const dense = new Slice(bytes);
    bytes.set(this.#bytes.subarray(0, HEADER_SIZE));
    bytes[ENCODING] = DENSE;
    walkWhole(value, (run, index, count) => {
      if (run === 0) return;
      for (let i = index; i < index + count; i++) raiseDense(dense, run << INDEX_BITS | i);
    });
    this.#bytes = bytes;
    this.#length = DENSE_SIZE;
  }

  /**
   * Sets all registers, in their order, as {@linkcode Sketch.raise} does.
   *
   * @param registers None may be less than it is here.
   */
  raiseAll(registers: Registers, maxSparse: number): void {
    const { values } = registers;
    for (let i = 0; i < REGISTERS && !this.#isDense; i++) {
      if (values[i] !== 0) this.raise(values[i]! << INDEX_BITS | i, maxSparse);
    }
    if (this.#isDense) registers.writeDense(this.value);
  }

  /**
   * Raises a register, if it is less.
   *
   * @param register As {@linkcode hashElement} returns it.
   * @param maxSparse The largest size at which it may grow and remain sparse, in bytes.
   * @returns Whether it was less.
   * @throws {CorruptHyperLogLogError}
   */
  raise(register: number, maxSparse: number): boolean {
    if (this.#isDense) return raiseDense(this.value, register);
    const value = register >>> INDEX_BITS;
    const index = register & (REGISTERS - 1);
    if (value > MAX_SPARSE_VALUE) return this.#raiseAsDense(register);

    // The run that has the register.
    const bytes = this.#bytes;
    const length = this.#length;
    let at = HEADER_SIZE;
    let before = at;
    let first = 0;
    let count = 0;
    while (at < length) {
      const byte = bytes[at]!;
      count = runLength(byte, bytes[at + 1]!);
      if (index < first + count) break;
      before = at;
      at += runSize(byte);
      first += count;
    }
    if (at >= length) throw new CorruptHyperLogLogError();

    const byte = bytes[at]!;
    const old = runValue(byte);
    if (old >= value) return false;
    const size = runSize(byte);
    if (count === 1 && size === 1) {
      this.#writeRun(at, value, 1);
    } else {
      const [left, right] = [index - first, first + count - 1 - index];
      const needed = this.#sizeOf(old, left) + 1 + this.#sizeOf(old, right);
      if (needed > size && length + needed - size > maxSparse) {
        return this.#raiseAsDense(register);
      }
      this.#makeRoom(at, size, needed);
      at = this.#writeRun(at, old, left);
      at = this.#writeRun(at, value, 1);
      this.#writeRun(at, old, right);
    }
    this.#joinRuns(before);
    makeStale(this.value);
    return true;
  }

  get #isDense(): boolean {
    return this.#bytes[ENCODING] === DENSE;
  }

  #raiseAsDense(register: number): boolean {
    this.makeDense();
    return raiseDense(this.value, register);
  }

  /** How many bytes a run takes of so many registers, which may be none. */
  #sizeOf(value: number, count: number): number {
    return count === 0 ? 0 : value === 0 && count > MAX_SHORT_ZERO_RUN ? 2 : 1;
  }

  /** Writes a run of so many registers, which may be none; returns where it ends. */
  #writeRun(at: number, value: number, count: number): number {
    const bytes = this.#bytes;
    if (count === 0) return at;
    if (value > 0) {
      bytes[at++] = 0x80 | (value - 1) << 2 | (count - 1);
    } else if (count <= MAX_SHORT_ZERO_RUN) {
      bytes[at++] = count - 1;
    } else {
      bytes[at++] = 0x40 | (count - 1) >>> 8;
      bytes[at++] = count - 1;
    }
    return at;
  }

  /** Moves what follows a run, so that it has another size. */
  #makeRoom(at: number, size: number, needed: number): void {
    const length = this.#length + needed - size;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.copyWithin(at + needed, at + size, this.#length);
    this.#length = length;
  }

  /** Joins neighbours of the same value among some runs, as far as one run can hold them. */
  #joinRuns(at: number): void {
    const bytes = this.#bytes;
    for (let runs = 0; runs < JOINED_RUNS && at < this.#length; runs++) {
      const [byte, next] = [bytes[at]!, bytes[at + 1]!];
      const value = runValue(byte);
      const count = runLength(byte, 0) + runLength(next, 0);
      if (
        value > 0 && at + 1 < this.#length && runValue(next) === value && count <= MAX_VALUE_RUN
      ) {
        this.#writeRun(at, value, count);
        bytes.copyWithin(at + 1, at + 2, this.#length);
        this.#length--;
      } else {
        at += runSize(byte);
      }
    }
  }
}
