/**
 * Reads requests: arrays of bulk strings as clients send them, and inline commands as people type them.
 * Arguments are parsed in place, in the buffer that they were received into.
 *
 * @module
 */

import { parseInteger } from "../number.ts";
import { copyBytes, latin1Slice, Slice } from "../store/slice.ts";

/** The longest inline request, and the longest line that announces a length (`PROTO_INLINE_MAX_SIZE`). */
const MAX_LINE = 64 * 1024;
/** The most arguments that Redis counts (`INT_MAX`). */
const MAX_ARGUMENTS = 2 ** 31 - 1;
/** What a client that has not authenticated itself may send, as in Redis 7. */
const MAX_UNAUTHENTICATED_ARGUMENTS = 10;
const MAX_UNAUTHENTICATED_BULK = 16 * 1024;

/** A connection starts with little, since most are idle, and gets more when it fills that. */
const SMALL_BUFFER = 2 * 1024;
/** How much is read at a time. */
const READ_SIZE = 16 * 1024;
/** The same of a large argument, of which nothing is to be executed. Others get their turn after each. */
const MAX_READ_SIZE = 256 * 1024;

const [LF, CR, DOLLAR, ASTERISK, ZERO] = [10, 13, 36, 42, 48] as const;

/** The most digits of a length that are read the short way, at most 9. */
const FEW_DIGITS = 6;

/** What a client must not send. It is told so, and its connection is closed. */
export class ProtocolError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The arguments of one request, the command's name first. They hold until the next one is read. */
export class Args {
  bytes: Uint8Array;
  /** Where each argument begins in `bytes`. */
  starts: Int32Array;
  /** How long each argument is. */
  lengths: Int32Array;
  /** How many there are. */
  count = 0;

  constructor(bytes: Uint8Array = new Uint8Array(0), capacity = 8) {
    this.bytes = bytes;
    this.starts = new Int32Array(capacity);
    this.lengths = new Int32Array(capacity);
  }

  /** Makes arguments with bytes of their own. */
  static of(parts: readonly Slice[]): Args {
    let size = 0;
    for (const part of parts) size += part.length;
    const args = new Args(new Uint8Array(size), Math.max(parts.length, 1));
    let start = 0;
    for (const part of parts) {
      copyBytes(part.bytes, part.start, part.length, args.bytes, start);
      args.push(start, part.length);
      start += part.length;
    }
    return args;
  }

  /** The argument at an index, which must be below `count`. */
  at(index: number): Slice {
    return new Slice(this.bytes, this.starts[index]!, this.lengths[index]!);
  }

  /** The arguments from an index on. */
  from(index: number): Args {
    const rest = new Args(this.bytes, Math.max(this.count - index, 1));
    for (let i = index; i < this.count; i++) rest.push(this.starts[i]!, this.lengths[i]!);
    return rest;
  }

  /** The same arguments with bytes of their own, to be kept. */
  copy(): Args {
    return Args.of(Array.from({ length: this.count }, (_, i) => this.at(i)));
  }

  /** Adds an argument. */
  push(start: number, length: number): void {
    const { count } = this;
    if (count === this.starts.length) {
      const [{ starts }, { lengths }] = [this, this];
      this.starts = new Int32Array(2 * count);
      this.lengths = new Int32Array(2 * count);
      this.starts.set(starts);
      this.lengths.set(lengths);
    }
    this.starts[count] = start;
    this.lengths[count] = length;
    this.count = count + 1;
  }
}

/** The limits of one client's requests, which may change between two of them. */
export interface RequestLimits {
  /** The longest argument, in bytes (`proto-max-bulk-len`). */
  readonly maxBulk: number;
  /** The longest request that has not come whole, in bytes (`client-query-buffer-limit`). */
  readonly maxBuffer: number;
  /** Whether the client has yet to authenticate itself. */
  readonly restricted: boolean;
}

/** One client's requests. */
export class RequestReader {
  /** The arguments of the last request that was read. */
  readonly args: Args;
  readonly #limits: RequestLimits;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(SMALL_BUFFER);
  /** Where the request that is being read begins. */
  #start = 0;
  /** How far it has been parsed, so that a large one is not parsed again for each piece of it. */
  #position = 0;
  /** Where what has come ends. */
  #end = 0;
  /** How many arguments are still to come; -1 between two requests. */
  #missing = -1;
  /** The length of the argument that is to come; -1 while that is not known. */
  #bulk = -1;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
    this.args = new Args(this.#buffer);
  }

  /** How many bytes have come that belong to no complete request yet. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** How many of them are not known yet to belong to which argument. */
  get unparsed(): number {
    return this.#missing > 0 ? this.#end - this.#position : this.pending;
  }

  /** How many bytes its arguments take, as far as they have come. */
  get parsed(): number {
    return this.args.lengths.subarray(0, this.args.count).reduce((sum, length) => sum + length, 0);
  }

  /** The bytes of the last request that was read, as they have come. They hold as long as its arguments. */
  get request(): Slice {
    return new Slice(this.#buffer, this.#start, this.#position - this.#start);
  }

  /** How many bytes the buffer takes. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Where to put what comes next. It holds until the next call of {@linkcode next}. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.#start === this.#end) {
      this.#start = this.#position = this.#end = 0;
      // Do not keep what a large request needed.
      if (this.#buffer.length > 2 * READ_SIZE) this.#replace(new Uint8Array(READ_SIZE));
    }
    let free = this.#buffer.length - this.#end;
    if (free < READ_SIZE && this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#shift();
      free = this.#buffer.length - this.#end;
    }
    // What is announced gets its place at once, up to twice what has come.
    const missing = Math.max(this.#bulk - (this.#end - this.#position), 0) + 2;
    const wanted = Math.min(missing, this.#end);
    if (free < wanted || free === 0) {
      // No more than is missing of an argument that is most of it: the buffer counts as memory in use.
      const more = this.#bulk > this.#end / 2 ? wanted : Math.max(wanted, this.#end);
      const larger = new Uint8Array(Math.max(this.#end + more, READ_SIZE));
      larger.set(this.#buffer.subarray(0, this.#end));
      this.#replace(larger);
    }
    const size = Math.max(READ_SIZE, Math.min(missing, MAX_READ_SIZE));
    return this.#buffer.subarray(this.#end, this.#end + size);
  }

  /** Takes note of how many bytes have come into {@linkcode room}. */
  received(length: number): void {
    this.#end += length;
    if (this.#end === SMALL_BUFFER && this.#buffer.length === SMALL_BUFFER) {
      const larger = new Uint8Array(READ_SIZE);
      larger.set(this.#buffer);
      this.#replace(larger);
    }
  }

  /**
   * Reads the next request.
   *
   * @returns Whether it is complete; its arguments, of which there may be none, are in `args` then.
   * @throws {ProtocolError} If it is none.
   */
  next(): boolean {
    if (this.#missing === -1) {
      this.args.count = 0;
      this.#start = this.#position;
      if (this.#position === this.#end) return false;
      if (this.#buffer[this.#position] !== ASTERISK) return this.#inline();
      const length = this.#length("mbulk", MAX_ARGUMENTS);
      if (length === undefined) return false;
      if (length > MAX_UNAUTHENTICATED_ARGUMENTS && this.#limits.restricted) {
        throw new ProtocolError("unauthenticated multibulk length");
      }
      this.#missing = Math.max(length, 0);
    }
    while (this.#missing > 0) {
      if (this.#bulk === -1) {
        if (this.#position === this.#end) return this.#incomplete();
        const sign = this.#buffer[this.#position]!;
        if (sign !== DOLLAR) {
          // A whole line must be there before Redis looks at its first byte.
          if (this.#lineEnd("bulk") === -1) return this.#incomplete();
          throw new ProtocolError(`expected '$', got '${String.fromCharCode(sign)}'`);
        }
        const length = this.#length("bulk", this.#limits.maxBulk);
        if (length === undefined) return this.#incomplete();
        if (length > MAX_UNAUTHENTICATED_BULK && this.#limits.restricted) {
          throw new ProtocolError("unauthenticated bulk length");
        }
        this.#bulk = length;
      }
      if (this.#end - this.#position < this.#bulk + 2) return this.#incomplete();
      this.args.push(this.#position, this.#bulk);
      this.#position += this.#bulk + 2;
      this.#bulk = -1;
      this.#missing--;
    }
    this.#missing = -1;
    return true;
  }

  /** Says that more must come, unless too much has come already. */
  #incomplete(): false {
    if (this.pending > this.#limits.maxBuffer) throw new ProtocolError("");
    return false;
  }

  /** Where the line ends that begins at the position, at its CR; -1 while that has not come. */
  #lineEnd(kind: "mbulk" | "bulk"): number {
    const buffer = this.#buffer;
    const end = this.#end - 1;
    for (let i = this.#position; i < end; i++) {
      if (buffer[i] === CR) return i;
      // Redis looks for it in a C string, which ends here.
      if (buffer[i] === 0) break;
    }
    if (this.#end - this.#position > MAX_LINE) {
      throw new ProtocolError(`too big ${kind} count string`);
    }
    return -1;
  }

  /** The length that the line at the position announces; the position is after it then. */
  #length(kind: "mbulk" | "bulk", max: number): number | undefined {
    const first = this.#position + 1;
    const short = this.#shortLength(first, max);
    if (short !== -1) return short;
    const lineEnd = this.#lineEnd(kind);
    if (lineEnd === -1) return undefined;
    const length = parseInteger(new Slice(this.#buffer, first, lineEnd - first));
    if (!(length <= max) || (kind === "bulk" && length < 0)) {
      throw new ProtocolError(`invalid ${kind === "bulk" ? "bulk" : "multibulk"} length`);
    }
    this.#position = lineEnd + 2;
    return length;
  }

  /**
   * Reads a length of 1 to 6 digits with its line's end in one pass: with it all of a small request takes
   * a tenth less time. The position is after the line then.
   *
   * @returns -1 if it is anything else.
   */
  #shortLength(first: number, max: number): number {
    const buffer = this.#buffer;
    // After the CR one more byte must have come.
    const end = Math.min(this.#end - 1, first + FEW_DIGITS + 1);
    let length = 0;
    for (let i = first; i < end; i++) {
      const byte = buffer[i]!;
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (length === 0 && i > first) return -1;
        length = length * 10 + digit;
      } else if (byte === CR && i > first) {
        if (length > max) return -1;
        this.#position = i + 2;
        return length;
      } else {
        return -1;
      }
    }
    return -1;
  }

  /** Reads an inline command. Its arguments may be shorter than what was typed, so they are copied. */
  #inline(): boolean {
    const buffer = this.#buffer.subarray(0, this.#end);
    const lineEnd = buffer.indexOf(LF, this.#position);
    // Redis looks for it in a C string, which ends at the first NUL.
    const isCut = buffer.subarray(this.#position, lineEnd + 1).includes(0);
    if (lineEnd === -1 || isCut) {
      if (this.pending > MAX_LINE) throw new ProtocolError("too big inline request");
      return false;
    }
    const line = new Slice(this.#buffer, this.#position, lineEnd - this.#position).latin1();
    const words = splitWords(line);
    if (words === undefined) throw new ProtocolError("unbalanced quotes in request");
    // They fit where the line was, which keeps all arguments in one array.
    let to = this.#position;
    for (const word of words) {
      this.#buffer.set(latin1Slice(word).bytes, to);
      this.args.push(to, word.length);
      to += word.length;
    }
    this.#position = lineEnd + 1;
    return true;
  }

  /** Takes note that the bytes from `#start` on are at the buffer's beginning now. */
  #shift(): void {
    const { args } = this;
    for (let i = 0; i < args.count; i++) args.starts[i]! -= this.#start;
    this.#position -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }

  #replace(buffer: Uint8Array<ArrayBuffer>): void {
    // The garbage collector would take its time with large ones, of which a large request needs several.
    if (this.#buffer.length > 2 * READ_SIZE) this.#buffer.buffer.transfer(0);
    this.#buffer = buffer;
    this.args.bytes = buffer;
  }
}

/** A word of an inline command: what is before a quote, what is in quotes, the blanks after it. */
const WORD =
  /([^ \t\n\r"']*)(?:(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\'|\\(?!'))*)')(?=[ \t\n\v\f\r]|$)|(?=[ \t\n\r]|$))[ \t\n\v\f\r]*/sy;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/gs;
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

function unescape(_: string, hex: string | undefined, character: string): string {
  return hex ? String.fromCharCode(parseInt(hex, 16)) : ESCAPES[character] ?? character;
}

/** The words of a line, with quotes as in a shell and escapes as in C; `undefined` if they are not right. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  const text = line.replace(/^[ \t\n\v\f\r]+/, "");
  for (WORD.lastIndex = 0; WORD.lastIndex < text.length;) {
    const match = WORD.exec(text);
    if (match === null) return undefined;
    const [, bare = "", double, single] = match;
    const quoted = double?.replace(ESCAPE, unescape) ?? single?.replaceAll("\\'", "'") ?? "";
    words.push(bare + quoted);
  }
  return words;
}
