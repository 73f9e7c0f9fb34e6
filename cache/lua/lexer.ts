/**
 * Lua's tokens.
 *
 * @module
 */

import { LuaError } from "./error.ts";
import { isSpace, parseNumber } from "./number.ts";

/** The words that are no names. */
const RESERVED = new Set(
  ("and break do else elseif end false for function if in local nil not or repeat return then true " +
    "until while").split(" "),
);

/** The end of the source, as a character. */
const END = -1;

const NEWLINE = 10;
const RETURN = 13;
const BACKSLASH = 92;
const LEFT_BRACKET = 91;
const RIGHT_BRACKET = 93;
const EQUALS = 61;
const DOT = 46;
const MINUS = 45;
const UNDERSCORE = 95;

/** What a backslash and a letter stand for. */
const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** How long the description of a chunk may be, with the zero that ends it in C. */
const MAX_CHUNK_NAME = 60;
/** How long it may be in the compiler's messages. */
const MAX_COMPILED_NAME = 80;

/**
 * Describes a chunk for messages, by its name as it was given to `load`: what follows `@` or `=`,
 * else the first line of its text.
 */
export function describeChunk(name: string, max = MAX_CHUNK_NAME): string {
  if (name.startsWith("=")) return name.slice(1, max);
  if (name.startsWith("@")) {
    const file = name.slice(1);
    const room = max - " '...' ".length - 1;
    return file.length > room ? `...${file.slice(file.length - room)}` : file;
  }
  const line = /^[^\r\n\0]*/.exec(name)?.[0] ?? "";
  const room = max - ' [string "..."] '.length - 1;
  const isCut = line.length > room || line.length < name.length && name[line.length] !== "\0";
  return isCut ? `[string "${line.slice(0, room)}..."]` : `[string "${line}"]`;
}

/**
 * A token's kind: a reserved word or an operator as it is written, or one of `<name>`, `<string>`,
 * `<number>` and `<eof>`.
 */
export type Token = string;

/** Reads tokens from a chunk's source. */
export class Lexer {
  /** The current token. */
  token: Token = "<eof>";
  /** The name or string that it is. */
  text = "";
  /** The number that it is. */
  number = 0;
  /** The line of the next character to read. */
  line = 1;
  /** The line where the token before the current one ended. */
  lastLine = 1;
  /** The kind of the token after the current one, if it was looked at. */
  ahead: Token | undefined;
  /** What the chunk is called. */
  readonly source: string;

  readonly #input: string;
  #at = 0;
  #current: number;
  /** What was read of the last token, for messages. */
  #raw = "";
  #aheadText = "";
  #aheadNumber = 0;

  /** Begins to read. */
  constructor(input: string, source: string) {
    this.#input = input;
    this.source = source;
    this.#current = input.length > 0 ? input.charCodeAt(0) : END;
  }

  /** Goes on to the next token. */
  next(): void {
    this.lastLine = this.line;
    if (this.ahead !== undefined) {
      this.token = this.ahead;
      this.text = this.#aheadText;
      this.number = this.#aheadNumber;
      this.ahead = undefined;
    } else this.token = this.#read();
  }

  /** Looks at the token after the current one. */
  lookAhead(): Token {
    const { text, number } = this;
    this.ahead = this.#read();
    this.#aheadText = this.text;
    this.#aheadNumber = this.number;
    this.text = text;
    this.number = number;
    return this.ahead;
  }

  /** Ends the compilation because of the current token. */
  syntaxError(message: string): never {
    // A zero is no token to C's compiler.
    this.#error(message, this.token === "\0" ? undefined : this.#describe(this.token));
  }

  /** Ends the compilation for a reason that is no token's. */
  error(message: string): never {
    this.#error(message);
  }

  #error(message: string, near?: string): never {
    const place = `${describeChunk(this.source, MAX_COMPILED_NAME)}:${this.line}: `;
    throw new LuaError(place + message + (near === undefined ? "" : ` near '${cString(near)}'`));
  }

  #describe(token: Token): string {
    if (token === "<name>" || token === "<string>" || token === "<number>") return this.#raw;
    const code = token.charCodeAt(0);
    const isControl = token.length === 1 && (code < 32 || code === 127);
    return isControl ? `char(${code})` : token;
  }

  #advance(): void {
    this.#at++;
    this.#current = this.#at < this.#input.length ? this.#input.charCodeAt(this.#at) : END;
  }

  #acceptAny(characters: string): boolean {
    if (this.#current === END || !characters.includes(String.fromCharCode(this.#current))) {
      return false;
    }
    this.#advance();
    return true;
  }

  /** Takes a newline of one or two characters. */
  #newline(): void {
    const first = this.#current;
    this.#advance();
    if ((this.#current === NEWLINE || this.#current === RETURN) && this.#current !== first) {
      this.#advance();
    }
    this.line++;
  }

  #read(): Token {
    for (;;) {
      const start = this.#at;
      const current = this.#current;
      if (current === END) return "<eof>";
      if (current === NEWLINE || current === RETURN) {
        this.#newline();
        continue;
      }
      if (isSpace(current)) {
        this.#advance();
        continue;
      }
      if (isLetter(current)) {
        while (isLetter(this.#current) || isDigit(this.#current)) this.#advance();
        const word = this.#input.slice(start, this.#at);
        this.#raw = word;
        if (RESERVED.has(word)) return word;
        this.text = word;
        return "<name>";
      }
      if (isDigit(current)) return this.#readNumber(start);
      if (current === 34 || current === 39) return this.#readString(current);
      this.#advance();
      switch (current) {
        case MINUS:
          if (this.#current !== MINUS) return "-";
          this.#advance();
          this.#skipComment();
          continue;
        case LEFT_BRACKET: {
          const level = this.#longBracket(LEFT_BRACKET);
          if (level >= 0) return this.#readLong(level, true);
          if (level === -2) this.#longError();
          return "[";
        }
        case EQUALS:
        case 60:
        case 62:
        case 126: {
          const character = String.fromCharCode(current);
          if (this.#current !== EQUALS) return character;
          this.#advance();
          return `${character}=`;
        }
        case DOT:
          if (this.#current === DOT) {
            this.#advance();
            if (this.#current !== DOT) return "..";
            this.#advance();
            return "...";
          }
          return isDigit(this.#current) ? this.#readNumber(start) : ".";
        default:
          return String.fromCharCode(current);
      }
    }
  }

  #longError(): never {
    this.#error("invalid long string delimiter", this.#raw);
  }

  #readNumber(start: number): Token {
    while (isDigit(this.#current) || this.#current === DOT) this.#advance();
    if (this.#acceptAny("eE")) this.#acceptAny("+-");
    while (isLetter(this.#current) || isDigit(this.#current)) this.#advance();
    this.#raw = this.#input.slice(start, this.#at);
    const value = parseNumber(this.#raw);
    if (value === undefined) this.#error("malformed number", this.#raw);
    this.number = value;
    return "<number>";
  }

  #readString(quote: number): Token {
    const delimiter = String.fromCharCode(quote);
    let text = "";
    let start = this.#at + 1;
    this.#advance();
    while (this.#current !== quote) {
      switch (this.#current) {
        case END:
          return this.#error("unfinished string", "<eof>");
        case NEWLINE:
        case RETURN:
          return this.#error(
            "unfinished string",
            delimiter + text + this.#input.slice(start, this.#at),
          );
        case BACKSLASH:
          text += this.#input.slice(start, this.#at);
          this.#advance();
          text += this.#readEscape(delimiter + text);
          start = this.#at;
          break;
        default:
          this.#advance();
      }
    }
    text += this.#input.slice(start, this.#at);
    this.#advance();
    this.text = text;
    this.#raw = delimiter + text + delimiter;
    return "<string>";
  }

  /** Reads what follows a backslash; before it stands what is shown if it is wrong. */
  #readEscape(before: string): string {
    const current = this.#current;
    if (current === END) return "";
    if (current === NEWLINE || current === RETURN) {
      this.#newline();
      return "\n";
    }
    if (!isDigit(current)) {
      const character = String.fromCharCode(current);
      this.#advance();
      return ESCAPES[character] ?? character;
    }
    let code = 0;
    for (let i = 0; i < 3 && isDigit(this.#current); i++) {
      code = code * 10 + this.#current - 48;
      this.#advance();
    }
    if (code > 255) this.#error("escape sequence too large", before);
    return String.fromCharCode(code);
  }

  /**
   * Reads the rest of a long bracket, after its first character.
   *
   * @returns Its level; -1 if it is one bracket only, -2 if it has `=` but no second bracket. The
   * second bracket is left.
   */
  #longBracket(bracket: number): number {
    const start = this.#at - 1;
    let level = 0;
    while (this.#current === EQUALS) {
      this.#advance();
      level++;
    }
    this.#raw = this.#input.slice(start, this.#at);
    if (this.#current === bracket) return level;
    return level === 0 ? -1 : -2;
  }

  #readLong(level: number, isString: boolean): Token {
    this.#advance();
    if (this.#current === NEWLINE || this.#current === RETURN) this.#newline();
    let text = "";
    let start = this.#at;
    for (;;) {
      const current = this.#current;
      if (current === END) {
        this.#error(isString ? "unfinished long string" : "unfinished long comment", "<eof>");
      } else if (current === NEWLINE || current === RETURN) {
        if (isString) text += `${this.#input.slice(start, this.#at)}\n`;
        this.#newline();
        start = this.#at;
      } else if (current === RIGHT_BRACKET) {
        const end = this.#at;
        this.#advance();
        if (this.#longBracket(RIGHT_BRACKET) !== level) continue;
        this.#advance();
        if (!isString) return "";
        this.text = text + this.#input.slice(start, end);
        const equals = "=".repeat(level);
        this.#raw = `[${equals}[${this.text}]${equals}]`;
        return "<string>";
      } else this.#advance();
    }
  }

  #skipComment(): void {
    if (this.#current === LEFT_BRACKET) {
      this.#advance();
      const level = this.#longBracket(LEFT_BRACKET);
      if (level >= 0) {
        this.#readLong(level, false);
        return;
      }
    }
    while (this.#current !== NEWLINE && this.#current !== RETURN && this.#current !== END) {
      this.#advance();
    }
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return code >= 97 && code <= 122 || code >= 65 && code <= 90 || code === UNDERSCORE;
}

/** What C sees of a string: up to its first zero. */
function cString(text: string): string {
  const zero = text.indexOf("\0");
  return zero < 0 ? text : text.slice(0, zero);
}
