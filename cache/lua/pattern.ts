/**
 * Lua's patterns, compiled once and matched by backtracking as C Lua does.
 *
 * @module
 */

/** How many captures a pattern may have. */
const MAX_CAPTURES = 32;
/** The length of a capture that is not closed yet. */
const UNFINISHED = -1;
/** The length of a capture of a position. */
const POSITION = -2;
/** How many compiled patterns are kept. */
const MAX_CACHED = 500;
/** The longest pattern that is kept. */
const MAX_CACHED_LENGTH = 200;
/** After how many steps a match asks whether it may go on. */
const STEPS_PER_CHECK = 1 << 20;

/** What an item of a pattern is. */
const enum Item {
  /** One character of a set. */
  One,
  /** One or none. */
  Optional,
  /** As many as there are, or fewer. */
  Many,
  /** At least one, as many as there are, or fewer. */
  Some,
  /** As few as will do. */
  Few,
  /** The beginning of a capture. */
  Open,
  /** The capture of a position. */
  Here,
  /** The end of a capture. */
  Close,
  /** A balanced piece between two characters. */
  Balance,
  /** A place where a set begins. */
  Frontier,
  /** What a capture has matched. */
  Again,
  /** The end of the string. */
  AtEnd,
  /** The end of the pattern. */
  End,
  /** What is wrong with the pattern from here on, which is an error only when it is reached. */
  Wrong,
}

/** An item with what it needs. */
interface PatternItem {
  kind: Item;
  /** For each character whether it is in the set. */
  set: Uint8Array;
  /** The characters of a balance, the number of a capture. */
  first: number;
  second: number;
  /** What is wrong. */
  message: string;
}

const NO_SET = new Uint8Array(0);

/** A compiled pattern. */
export type Pattern = readonly PatternItem[];

/** Why a pattern cannot be matched, without the place of the script. */
export class PatternError {
  /** Makes one. */
  constructor(readonly message: string) {}
}

const isLower = (c: number) => c >= 97 && c <= 122;
const isUpper = (c: number) => c >= 65 && c <= 90;
const isDigit = (c: number) => c >= 48 && c <= 57;
const isAlpha = (c: number) => isLower(c) || isUpper(c);

/** The classes, by their letters. */
const CLASSES: Record<string, (c: number) => boolean> = {
  a: isAlpha,
  c: (c) => c < 32 || c === 127,
  d: isDigit,
  l: isLower,
  p: (c) => c > 32 && c < 127 && !isAlpha(c) && !isDigit(c),
  s: (c) => c === 32 || c >= 9 && c <= 13,
  u: isUpper,
  w: (c) => isAlpha(c) || isDigit(c),
  x: (c) => isDigit(c) || c >= 65 && c <= 70 || c >= 97 && c <= 102,
  z: (c) => c === 0,
};

const classSets = new Map<string, Uint8Array>();

/** The set that an escaped character stands for: a class, the rest of one, or itself. */
function classSet(character: string): Uint8Array {
  let set = classSets.get(character);
  if (set === undefined) {
    const letter = character.toLowerCase();
    const isIn = Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
    const code = character.charCodeAt(0);
    const isRest = isUpper(code);
    set = Uint8Array.from(
      { length: 256 },
      (_, c) => (isIn === undefined ? c === code : isIn(c) !== isRest) ? 1 : 0,
    );
    classSets.set(character, set);
  }
  return set;
}

const singleSets: Uint8Array[] = [];

function singleSet(code: number): Uint8Array {
  let set = singleSets[code];
  if (set === undefined) {
    set = new Uint8Array(256);
    set[code] = 1;
    singleSets[code] = set;
  }
  return set;
}

const ANY = new Uint8Array(256).fill(1);

class Compiler {
  readonly #text: string;
  readonly #items: PatternItem[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  compile(): Pattern {
    try {
      while (this.#at < this.#text.length) this.#item();
      this.#add(Item.End);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.#add(Item.Wrong, { message: error.message });
    }
    return this.#items;
  }

  #add(kind: Item, rest: Partial<PatternItem> = {}): void {
    this.#items.push({ kind, set: NO_SET, first: 0, second: 0, message: "", ...rest });
  }

  #item(): void {
    const text = this.#text;
    const next = text[this.#at + 1];
    switch (text[this.#at]) {
      case "(":
        this.#at += next === ")" ? 2 : 1;
        return this.#add(next === ")" ? Item.Here : Item.Open);
      case ")":
        this.#at++;
        return this.#add(Item.Close);
      case "$":
        if (next !== undefined) break;
        this.#at++;
        return this.#add(Item.AtEnd);
      case "%":
        if (next === "b") return this.#balance();
        if (next === "f") return this.#frontier();
        if (next !== undefined && isDigit(next.charCodeAt(0))) {
          this.#at += 2;
          return this.#add(Item.Again, { first: next.charCodeAt(0) - 49 });
        }
    }
    const set = this.#single();
    const kind = { "?": Item.Optional, "*": Item.Many, "+": Item.Some, "-": Item.Few }[
      text[this.#at] ?? ""
    ];
    if (kind !== undefined) this.#at++;
    this.#add(kind ?? Item.One, { set });
  }

  #balance(): void {
    const first = this.#text.charCodeAt(this.#at + 2);
    const second = this.#text.charCodeAt(this.#at + 3);
    if (Number.isNaN(second)) throw new PatternError("unbalanced pattern");
    this.#at += 4;
    this.#add(Item.Balance, { first, second });
  }

  #frontier(): void {
    this.#at += 2;
    if (this.#text[this.#at] !== "[") {
      throw new PatternError("missing '[' after '%f' in pattern");
    }
    this.#add(Item.Frontier, { set: this.#single() });
  }

  /** Reads what stands for one character. */
  #single(): Uint8Array {
    const text = this.#text;
    const start = this.#at++;
    switch (text[start]) {
      case ".":
        return ANY;
      case "%": {
        const escaped = text[this.#at++];
        if (escaped === undefined) {
          throw new PatternError("malformed pattern (ends with '%')");
        }
        return classSet(escaped);
      }
      case "[":
        return this.#bracketed(start);
    }
    return singleSet(text.charCodeAt(start));
  }

  #bracketed(start: number): Uint8Array {
    const text = this.#text;
    let at = start + 1;
    if (text[at] === "^") at++;
    do {
      if (at >= text.length) throw new PatternError("malformed pattern (missing ']')");
      if (text[at++] === "%" && at < text.length) at++;
    } while (text[at] !== "]");
    this.#at = at + 1;
    return bracketSet(text.slice(start, at));
  }
}

/** The set of a bracket, given without its last character. */
function bracketSet(text: string): Uint8Array {
  const set = new Uint8Array(256);
  const isRest = text[1] === "^";
  for (let at = isRest ? 2 : 1; at < text.length; at++) {
    if (text[at] === "%") {
      at++;
      const escaped = classSet(text[at] ?? "]");
      for (let c = 0; c < 256; c++) if (escaped[c] === 1) set[c] = 1;
    } else if (text[at + 1] === "-" && at + 2 < text.length) {
      const last = text.charCodeAt(at + 2);
      for (let c = text.charCodeAt(at); c <= last; c++) set[c] = 1;
      at += 2;
    } else set[text.charCodeAt(at)] = 1;
  }
  return isRest ? set.map((bit) => 1 - bit) : set;
}

const cache = new Map<string, Pattern>();

/** Compiles a pattern, of which a `^` at the start was taken off. */
export function compilePattern(text: string): Pattern {
  let pattern = cache.get(text);
  if (pattern === undefined) {
    pattern = new Compiler(text).compile();
    if (text.length <= MAX_CACHED_LENGTH) {
      if (cache.size >= MAX_CACHED) cache.clear();
      cache.set(text, pattern);
    }
  }
  return pattern;
}

/** Matches a pattern in a string. */
export class Matcher {
  /** How many captures there are. */
  captures = 0;
  readonly #source: string;
  readonly #pattern: Pattern;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #check: () => void;
  #steps = 0;

  /**
   * Makes one for a pattern and a string.
   *
   * @param check Called every million steps; what it throws ends the match.
   */
  constructor(source: string, pattern: Pattern, check: () => void) {
    this.#source = source;
    this.#pattern = pattern;
    this.#check = check;
  }

  /**
   * Matches at one place.
   *
   * @returns Where the match ends, or -1.
   * @throws {PatternError} When it comes to something that is wrong with the pattern.
   */
  matchAt(start: number): number {
    this.captures = 0;
    return this.#match(start, 0);
  }

  /**
   * Returns a capture: a string, or a position from 1. Capture 0 is the whole match if there are
   * none.
   */
  capture(index: number, start: number, end: number): string | number {
    if (index >= this.captures) {
      if (index !== 0) throw new PatternError("invalid capture index");
      return this.#source.slice(start, end);
    }
    const length = this.#lengths[index] ?? 0;
    const from = this.#starts[index] ?? 0;
    if (length === UNFINISHED) throw new PatternError("unfinished capture");
    return length === POSITION ? from + 1 : this.#source.slice(from, from + length);
  }

  /** Returns the whole match. */
  whole(start: number, end: number): string {
    return this.#source.slice(start, end);
  }

  #match(start: number, first: number): number {
    const source = this.#source;
    const pattern = this.#pattern;
    let s = start;
    for (let p = first;; p++) {
      if (++this.#steps >= STEPS_PER_CHECK) {
        this.#steps = 0;
        this.#check();
      }
      const item = pattern[p] as PatternItem;
      const { set } = item;
      switch (item.kind) {
        case Item.One:
          if (s >= source.length || set[source.charCodeAt(s)] === 0) return -1;
          s++;
          break;
        case Item.Optional:
          if (s < source.length && set[source.charCodeAt(s)] !== 0) {
            const end = this.#match(s + 1, p + 1);
            if (end >= 0) return end;
          }
          break;
        case Item.Some:
          if (s >= source.length || set[source.charCodeAt(s)] === 0) return -1;
          return this.#longest(s + 1, p);
        case Item.Many:
          return this.#longest(s, p);
        case Item.Few:
          for (;;) {
            const end = this.#match(s, p + 1);
            if (end >= 0) return end;
            if (s >= source.length || set[source.charCodeAt(s)] === 0) return -1;
            s++;
          }
        case Item.Open:
          return this.#open(s, p, UNFINISHED);
        case Item.Here:
          return this.#open(s, p, POSITION);
        case Item.Close: {
          const index = this.#unfinished();
          this.#lengths[index] = s - (this.#starts[index] ?? 0);
          const end = this.#match(s, p + 1);
          if (end < 0) this.#lengths[index] = UNFINISHED;
          return end;
        }
        case Item.Balance:
          s = this.#balance(s, item);
          if (s < 0) return -1;
          break;
        case Item.Frontier: {
          const before = s === 0 ? 0 : source.charCodeAt(s - 1);
          const here = s < source.length ? source.charCodeAt(s) : 0;
          if (set[before] !== 0 || set[here] === 0) return -1;
          break;
        }
        case Item.Again: {
          const length = this.#lengths[item.first];
          const from = this.#starts[item.first] ?? 0;
          if (
            item.first < 0 || item.first >= this.captures || length === undefined ||
            length === UNFINISHED
          ) throw new PatternError("invalid capture index");
          // A captured position has no text; C takes its length for one that is too large.
          if (length === POSITION || !source.startsWith(source.slice(from, from + length), s)) {
            return -1;
          }
          s += length;
          break;
        }
        case Item.AtEnd:
          return s === source.length ? s : -1;
        case Item.End:
          return s;
        case Item.Wrong:
          throw new PatternError(item.message);
      }
    }
  }

  #longest(start: number, p: number): number {
    const source = this.#source;
    const { set } = this.#pattern[p] as PatternItem;
    let s = start;
    while (s < source.length && set[source.charCodeAt(s)] !== 0) s++;
    for (; s >= start; s--) {
      const end = this.#match(s, p + 1);
      if (end >= 0) return end;
    }
    return -1;
  }

  #open(s: number, p: number, length: number): number {
    if (this.captures >= MAX_CAPTURES) throw new PatternError("too many captures");
    this.#starts[this.captures] = s;
    this.#lengths[this.captures] = length;
    this.captures++;
    const end = this.#match(s, p + 1);
    if (end < 0) this.captures--;
    return end;
  }

  #unfinished(): number {
    for (let index = this.captures - 1; index >= 0; index--) {
      if (this.#lengths[index] === UNFINISHED) return index;
    }
    throw new PatternError("invalid pattern capture");
  }

  #balance(start: number, item: PatternItem): number {
    const source = this.#source;
    if (start >= source.length || source.charCodeAt(start) !== item.first) return -1;
    let depth = 1;
    for (let s = start + 1; s < source.length; s++) {
      const code = source.charCodeAt(s);
      if (code === item.second) {
        if (--depth === 0) return s + 1;
      } else if (code === item.first) depth++;
    }
    return -1;
  }
}
