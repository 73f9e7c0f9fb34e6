/**
 * Lua's patterns, compiled once and matched by backtracking as C Lua does.
 *
 * @module
 */

import { cString } from "./arguments.ts";

/** How many captures a pattern may have. */
const MAX_CAPTURES = 32;
/** The length of a capture of a position. */
const POSITION = -1;
/** How many compiled patterns are kept. */
const MAX_CACHED = 500;
/** The longest pattern that is kept. */
const MAX_CACHED_LENGTH = 200;
/** How many items a pattern may have: what it is compiled to takes far more room than its text. */
const MAX_ITEMS = 1 << 20;
/** The characters that make a pattern more than a plain text. */
const SPECIALS = /[\^$*+?.(\[%-]/;
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
  /** Of a repetition: the set that the character after it is in, if the pattern says so. */
  follow: Uint8Array | undefined;
  /** Of a repetition: whether no fewer can do if the most did not. */
  isPossessive: boolean;
  /** The characters of a balance, the number of a capture. */
  first: number;
  second: number;
  /** What is wrong. */
  message: string;
}

const NO_SET = new Uint8Array(0);
/** Items that match no character and always do, or are an error. */
const CAPTURING: ReadonlySet<Item> = new Set([Item.Open, Item.Here, Item.Close]);
/** Items that do not match after fewer characters if they did not after the most. */
const ENDING: ReadonlySet<Item> = new Set([Item.AtEnd, Item.End, Item.Wrong]);

/** A compiled pattern. */
export interface Pattern {
  /** Its items; the last ends the match. */
  readonly items: readonly PatternItem[];
  /** Whether it matches at the start only. */
  readonly isAnchored: boolean;
  /** The set that the first character of a match is in, if the pattern says so. */
  readonly first: Uint8Array | undefined;
}

/** What is wrong with a pattern. */
class PatternError {
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

  compile(): PatternItem[] {
    try {
      while (this.#at < this.#text.length) this.#item();
      this.#add(Item.End);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.#add(Item.Wrong, { message: error.message });
    }
    this.#lookAhead();
    return this.#items;
  }

  /** Whether no capture is an error, which could be reached from a place that is not tried. */
  #hasGoodCaptures(): boolean {
    let captures = 0;
    let open = 0;
    for (const { kind } of this.#items) {
      if (kind === Item.Close && open-- === 0) return false;
      if (kind === Item.Open) open++;
      if (kind === Item.Open || kind === Item.Here) captures++;
    }
    return captures <= MAX_CAPTURES;
  }

  /** Finds out where repetitions can end, which leaves nothing to try elsewhere. */
  #lookAhead(): void {
    if (!this.#hasGoodCaptures()) return;
    for (const [p, item] of this.#items.entries()) {
      let next = p + 1;
      while (CAPTURING.has(this.#items[next]?.kind ?? Item.End)) next++;
      const following = this.#items[next];
      if (following === undefined) continue;
      const { kind, set } = following;
      if (kind === Item.One || kind === Item.Some) {
        item.follow = set;
        item.isPossessive = item.set.every((bit, c) => bit === 0 || set[c] === 0);
      } else item.isPossessive = ENDING.has(kind);
    }
  }

  #add(kind: Item, rest: Partial<PatternItem> = {}): void {
    if (this.#items.length >= MAX_ITEMS) throw new RangeError("Too long a pattern");
    this.#items.push({
      kind,
      set: NO_SET,
      follow: undefined,
      isPossessive: false,
      first: 0,
      second: 0,
      message: "",
      ...rest,
    });
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

const anchored = new Map<string, Pattern>();
const unanchored = new Map<string, Pattern>();

/** Whether a pattern is more than a plain text. */
export function isSpecial(pattern: string): boolean {
  return SPECIALS.test(cString(pattern));
}

/**
 * Compiles a pattern.
 *
 * @param text The pattern, which ends at its first zero as it does for C.
 * @param hasAnchor Whether a `^` at its start is an anchor.
 * @throws {RangeError} When it has more than a million items.
 */
export function compilePattern(text: string, hasAnchor: boolean): Pattern {
  const cache = hasAnchor ? anchored : unanchored;
  const known = cache.get(text);
  if (known !== undefined) return known;
  const seen = cString(text);
  const isAnchored = hasAnchor && seen.startsWith("^");
  const items = new Compiler(isAnchored ? seen.slice(1) : seen).compile();
  let at = 0;
  while (items[at]?.kind === Item.Open && at < MAX_CAPTURES) at++;
  const first = items[at];
  const hasFirst = first?.kind === Item.One || first?.kind === Item.Some;
  const pattern = {
    items,
    isAnchored,
    first: hasFirst ? first.set : undefined,
  };
  if (text.length <= MAX_CACHED_LENGTH) {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(text, pattern);
  }
  return pattern;
}

/** Where the captures of the last match begin, and how long they are. */
const starts = new Int32Array(MAX_CAPTURES);
const lengths = new Int32Array(MAX_CAPTURES);
/** How many steps there were since it was last asked whether a match may go on; also by others. */
let steps = 0;

/** What a match needs of the machine. */
export interface Judge {
  /** Ends the script by an error. */
  error(message: string): never;
  /** Called every million steps of all matches; what it throws ends the match. */
  checkTime(): void;
}

/** Matches a pattern in a string. The captures of a match are there until another matches. */
export class Matcher {
  /** How many captures there are. */
  captures = 0;
  /** Where the last match begins and ends that {@linkcode search} found. */
  start = 0;
  end = 0;
  /** The captures that are not closed yet, as bits. */
  #open = 0;
  readonly #source: string;
  readonly #pattern: Pattern;
  readonly #items: readonly PatternItem[];
  readonly #judge: Judge;

  /** Makes one for a pattern and a string. */
  constructor(source: string, pattern: Pattern, judge: Judge) {
    this.#source = source;
    this.#pattern = pattern;
    this.#items = pattern.items;
    this.#judge = judge;
  }

  /**
   * Looks for the first match from a place on, or at that place only if the pattern is anchored.
   *
   * @returns Whether there is one.
   */
  search(from: number): boolean {
    const source = this.#source;
    const { first, isAnchored } = this.#pattern;
    for (let s = from; s <= source.length; s++) {
      if (first !== undefined && !isAnchored) {
        const began = s;
        while (s < source.length && first[source.charCodeAt(s)] === 0) s++;
        this.#count(s - began);
        if (s === source.length) return false;
      }
      this.captures = 0;
      this.#open = 0;
      const end = this.#match(s, 0);
      if (end >= 0) {
        this.start = s;
        this.end = end;
        return true;
      }
      if (isAnchored) return false;
    }
    return false;
  }

  /** Returns a capture: a string, or a position from 1. Capture 0 is the match if there are none. */
  capture(index: number): string | number {
    if (index >= this.captures) {
      if (index !== 0) this.#judge.error("invalid capture index");
      return this.whole();
    }
    if ((this.#open >>> index & 1) !== 0) this.#judge.error("unfinished capture");
    const from = starts[index] ?? 0;
    const length = lengths[index] ?? 0;
    return length === POSITION ? from + 1 : this.#source.slice(from, from + length);
  }

  /** Returns the whole match. */
  whole(): string {
    return this.#source.slice(this.start, this.end);
  }

  #count(more: number): void {
    steps += more;
    if (steps < STEPS_PER_CHECK) return;
    steps = 0;
    this.#judge.checkTime();
  }

  /** Matches the items from `first` on at a place. Returns where the match ends, or -1. */
  #match(start: number, first: number): number {
    const source = this.#source;
    const items = this.#items;
    let s = start;
    for (let p = first;; p++) {
      this.#count(1);
      const item = items[p] as PatternItem;
      const { set } = item;
      switch (item.kind) {
        case Item.One:
          if (s >= source.length || set[source.charCodeAt(s)] === 0) return -1;
          s++;
          break;
        case Item.Optional:
          if (s < source.length && set[source.charCodeAt(s)] !== 0) {
            if (item.isPossessive) s++;
            else {
              const end = this.#try(s + 1, p + 1);
              if (end >= 0) return end;
            }
          }
          break;
        case Item.Some:
        case Item.Many: {
          const least = item.kind === Item.Some ? s + 1 : s;
          while (s < source.length && set[source.charCodeAt(s)] !== 0) s++;
          if (s < least) return -1;
          this.#count(s - least);
          if (!item.isPossessive) return this.#longest(least, s, p);
          break;
        }
        case Item.Few:
          return this.#shortest(s, p);
        case Item.Open:
        case Item.Here:
          if (this.captures >= MAX_CAPTURES) this.#judge.error("too many captures");
          if (item.kind === Item.Open) this.#open |= 1 << this.captures;
          starts[this.captures] = s;
          lengths[this.captures++] = POSITION;
          break;
        case Item.Close: {
          if (this.#open === 0) this.#judge.error("invalid pattern capture");
          const index = 31 - Math.clz32(this.#open);
          this.#open ^= 1 << index;
          lengths[index] = s - (starts[index] ?? 0);
          break;
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
        case Item.Again:
          s = this.#again(s, item.first);
          if (s < 0) return -1;
          break;
        case Item.AtEnd:
          return s === source.length ? s : -1;
        case Item.End:
          return s;
        case Item.Wrong:
          this.#judge.error(item.message);
      }
    }
  }

  /** Matches the rest of the pattern; if it does not, the captures are again what they were. */
  #try(s: number, p: number): number {
    const { captures } = this;
    const open = this.#open;
    const end = this.#match(s, p);
    if (end < 0) {
      this.captures = captures;
      this.#open = open;
    }
    return end;
  }

  /** Matches the rest of the pattern after as many characters as will do. */
  #longest(least: number, most: number, p: number): number {
    const source = this.#source;
    const { follow } = this.#items[p] as PatternItem;
    for (let s = most; s >= least; s--) {
      if (follow !== undefined && (s >= source.length || follow[source.charCodeAt(s)] === 0)) {
        continue;
      }
      const end = this.#try(s, p + 1);
      if (end >= 0) return end;
    }
    return -1;
  }

  /** Matches the rest of the pattern after as few characters as will do. */
  #shortest(start: number, p: number): number {
    const source = this.#source;
    const { follow, set } = this.#items[p] as PatternItem;
    for (let s = start;; s++) {
      const code = s < source.length ? source.charCodeAt(s) : -1;
      if (follow === undefined || code >= 0 && follow[code] !== 0) {
        const end = this.#try(s, p + 1);
        if (end >= 0) return end;
      }
      if (code < 0 || set[code] === 0) {
        this.#count(s - start);
        return -1;
      }
    }
  }

  /** Matches what a capture has matched. */
  #again(s: number, index: number): number {
    if (index < 0 || index >= this.captures || (this.#open >>> index & 1) !== 0) {
      this.#judge.error("invalid capture index");
    }
    const from = starts[index] ?? 0;
    const length = lengths[index] ?? 0;
    // A captured position has no text; C takes its length for one that is too large.
    if (length === POSITION) return -1;
    this.#count(length);
    const isSame = this.#source.startsWith(this.#source.slice(from, from + length), s);
    return isSame ? s + length : -1;
  }

  #balance(start: number, item: PatternItem): number {
    const source = this.#source;
    if (start >= source.length || source.charCodeAt(start) !== item.first) return -1;
    let depth = 1;
    let s = start + 1;
    while (s < source.length && depth > 0) {
      const code = source.charCodeAt(s++);
      if (code === item.second) depth--;
      else if (code === item.first) depth++;
    }
    this.#count(s - start);
    return depth === 0 ? s : -1;
  }
}
