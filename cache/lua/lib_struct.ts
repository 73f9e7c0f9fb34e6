/**
 * The library `struct`: values from and to the bytes of C structures.
 *
 * @module
 */

import {
  checkNumber,
  checkString,
  cString,
  optionalInteger,
  result,
  toInteger,
} from "./arguments.ts";
import { MAX_HOST_STACK } from "./lib_base.ts";
import { type Library, register } from "./library.ts";
import type { Machine } from "./machine.ts";
import { charge, STRING_BYTES } from "./memory.ts";
import { Table } from "./table.ts";
import type { LuaValue } from "./value.ts";

/** The largest integers, in bytes. */
const MAX_INTEGER_SIZE = 32;
/** The alignment that `!` stands for. */
const MAX_ALIGNMENT = 8;
const MAX_INT = 2 ** 31 - 1;
const TWO_63 = 2 ** 63;

const view = new DataView(new ArrayBuffer(8));

/** One option of a format, with its size and how many bytes stand before it. */
interface Option {
  letter: string;
  size: number;
  padding: number;
}

/** Reads a format. */
class Format {
  isLittle = true;
  readonly #m: Machine;
  readonly #text: string;
  #at = 0;
  #alignment = 1;

  constructor(m: Machine, text: string) {
    this.#m = m;
    this.#text = cString(text);
  }

  /** Reads the next option, for the position where it will be; `undefined` at the end. */
  next(position: number): Option | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const letter = this.#text.charAt(this.#at++);
    const size = this.#size(letter);
    return { letter, size, padding: this.#padding(letter, size, position) };
  }

  #number(otherwise: number): number {
    const start = this.#at;
    let value = 0;
    for (;;) {
      const digit = this.#text.charCodeAt(this.#at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      if (value > MAX_INT) this.#m.error("integral size overflow");
      this.#at++;
    }
    return this.#at === start ? otherwise : value;
  }

  #size(letter: string): number {
    switch (letter) {
      case "B":
      case "b":
      case "x":
        return 1;
      case "H":
      case "h":
        return 2;
      case "f":
        return 4;
      case "L":
      case "l":
      case "T":
      case "d":
        return 8;
      case "c":
        return this.#number(1);
      case "i":
      case "I": {
        const size = this.#number(4);
        if (size > MAX_INTEGER_SIZE) {
          this.#m.error(`integral size ${size} is larger than limit of ${MAX_INTEGER_SIZE}`);
        }
        return size;
      }
    }
    return 0;
  }

  #padding(letter: string, size: number, position: number): number {
    if (size === 0 || letter === "c") return 0;
    const alignment = Math.min(size, this.#alignment);
    return alignment - (position & alignment - 1) & alignment - 1;
  }

  /** Carries out an option that is none of a value. */
  control(letter: string): void {
    switch (letter) {
      case " ":
        return;
      case ">":
        this.isLittle = false;
        return;
      case "<":
        this.isLittle = true;
        return;
      case "!": {
        const alignment = this.#number(MAX_ALIGNMENT);
        if (alignment <= 0 || (alignment & alignment - 1) !== 0) {
          this.#m.error(`alignment ${alignment} is not a power of 2`);
        }
        this.#alignment = alignment;
        return;
      }
    }
    this.#m.argumentError(1, `invalid format option '${letter}'`);
  }
}

const INTEGERS = "bBhHlLTiI";

/** An integer's bytes. */
function packInteger(number: number, size: number, isLittle: boolean): string {
  // A double as the x86-64 converts it to 64 bits, signed or unsigned.
  let value = number < TWO_63 || Number.isNaN(number)
    ? BigInt(toInteger(number))
    : number < 2 ** 64
    ? BigInt(number)
    : 0n;
  value = BigInt.asUintN(64, value);
  let text = "";
  for (let i = 0; i < size; i++) {
    const byte = String.fromCharCode(Number(value & 0xffn));
    text = isLittle ? text + byte : byte + text;
    value >>= 8n;
  }
  return text;
}

function unpackInteger(
  data: string,
  at: number,
  size: number,
  isLittle: boolean,
  isSigned: boolean,
): number {
  let value = 0n;
  for (let i = 0; i < size; i++) {
    const index = isLittle ? size - 1 - i : i;
    value = BigInt.asUintN(64, value << 8n | BigInt(data.charCodeAt(at + index)));
  }
  if (!isSigned) return Number(value);
  // The shift is by what is left of the size when it is taken modulo 64, as the x86-64 does it.
  const mask = BigInt.asUintN(64, -1n << BigInt(size * 8 - 1 & 63));
  return Number(BigInt.asIntN(64, (value & mask) === 0n ? value : value | mask));
}

function packDouble(number: number, size: number, isLittle: boolean): string {
  if (size === 4) view.setFloat32(0, number, isLittle);
  else view.setFloat64(0, number, isLittle);
  let text = "";
  for (let i = 0; i < size; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}

function unpackDouble(data: string, at: number, size: number, isLittle: boolean): number {
  for (let i = 0; i < size; i++) view.setUint8(i, data.charCodeAt(at + i));
  return size === 4 ? view.getFloat32(0, isLittle) : view.getFloat64(0, isLittle);
}

function pack(m: Machine, args: number, given: number): number {
  const format = new Format(m, checkString(m, args, given, 1));
  // C has a nil behind the arguments, which shows in the error when there are too few.
  m.stack[args + given] = undefined;
  const count = given + 1;
  let text = "";
  let position = 0;
  let n = 2;
  for (;;) {
    const option = format.next(position);
    if (option === undefined) break;
    const { letter, padding } = option;
    let { size } = option;
    text += "\0".repeat(padding);
    position += padding;
    if (INTEGERS.includes(letter)) {
      text += packInteger(checkNumber(m, args, count, n++), size, format.isLittle);
    } else if (letter === "x") text += "\0";
    else if (letter === "f" || letter === "d") {
      text += packDouble(checkNumber(m, args, count, n++), size, format.isLittle);
    } else if (letter === "c" || letter === "s") {
      const value = checkString(m, args, count, n++);
      if (size === 0) size = value.length;
      if (value.length < size) m.argumentError(n, "string too short");
      text += value.slice(0, size);
      if (letter === "s") {
        text += "\0";
        size++;
      }
    } else format.control(letter);
    position += size;
  }
  charge(text.length + STRING_BYTES);
  return result(m, args, text);
}

function unpack(m: Machine, args: number, count: number): number {
  const format = new Format(m, checkString(m, args, count, 1));
  const data = checkString(m, args, count, 2);
  // C takes the position for unsigned, so that a negative one is far beyond the data.
  let position = optionalInteger(m, args, count, 3, 1);
  if (position === 0) m.argumentError(3, "offset must be 1 or greater");
  if (position < 0) position += 2 ** 64;
  position--;
  const values: LuaValue[] = [];
  const check = (size: number) => {
    if (size > data.length || position > data.length - size) {
      m.argumentError(2, "data string too short");
    }
  };
  for (;;) {
    const option = format.next(position);
    if (option === undefined) break;
    const { letter, padding } = option;
    let { size } = option;
    position += padding;
    check(size);
    if (count + values.length + 2 > MAX_HOST_STACK) m.error("stack overflow (too many results)");
    if (INTEGERS.includes(letter)) {
      const isSigned = letter === letter.toLowerCase();
      values.push(unpackInteger(data, position, size, format.isLittle, isSigned));
    } else if (letter === "f" || letter === "d") {
      values.push(unpackDouble(data, position, size, format.isLittle));
    } else if (letter === "c") {
      if (size === 0) {
        const previous = values.pop();
        if (typeof previous !== "number") m.error("format 'c0' needs a previous size");
        size = previous < 0 ? previous + 2 ** 64 : Math.trunc(previous);
        check(size);
      }
      values.push(data.slice(position, position + size));
      charge(size + STRING_BYTES);
    } else if (letter === "s") {
      const end = data.indexOf("\0", position);
      if (end < 0) m.error("unfinished string in data");
      size = end - position + 1;
      values.push(data.slice(position, end));
      charge(size + STRING_BYTES);
    } else if (letter !== "x") format.control(letter);
    position += size;
  }
  values.push(position + 1);
  m.reserve(args, values.length);
  for (const [i, value] of values.entries()) m.stack[args - 1 + i] = value;
  return values.length;
}

function size(m: Machine, args: number, count: number): number {
  const format = new Format(m, checkString(m, args, count, 1));
  let position = 0;
  for (;;) {
    const option = format.next(position);
    if (option === undefined) return result(m, args, position);
    const { letter, size, padding } = option;
    position += padding;
    if (letter === "s") m.argumentError(1, "option 's' has no fixed size");
    if (letter === "c" && size === 0) m.argumentError(1, "option 'c0' has no fixed size");
    if (!/[A-Za-z0-9]/.test(letter)) format.control(letter);
    position += size;
  }
}

const STRUCT: Library = { pack, size, unpack };

/** Puts the library into a machine. */
export function openStruct(m: Machine): void {
  m.globals.set("struct", register(new Table(), STRUCT));
}
