/**
 * What keys hold: the types, their encodings, and the structures of the store that they are made of.
 *
 *     entry      HASH | NEXT | KEY_LENGTH | META | VALUE | VALUE | VALUE_LENGTH | PLACE | the key
 *     META       type (4 bits), encoding (4 bits), when or how often it is used (24 bits)
 *     VALUE      a string, or its address; of all other types, the address of the structure
 *     PLACE      the place among the deadlines; 0 without one
 *
 * @module
 */

import { type Address, Arena } from "./store/arena.ts";
import { Collection, INTEGERS, PACK, type Storage } from "./store/collection.ts";
import { Dict } from "./store/dict.ts";
import { type HashKey, randomHashKey } from "./store/hash.ts";
import { Hashes, type HashLimits } from "./store/hashes.ts";
import { Lists } from "./store/list.ts";
import { type SetLimits, Sets } from "./store/sets.ts";
import type { Slice } from "./store/slice.ts";
import { type SortedSetLimits, SortedSets } from "./store/sorted_set.ts";
import { type StreamLimits, Streams } from "./store/stream.ts";
import { VALUE, VALUE_LENGTH, Values } from "./store/values.ts";
import { LazyFree } from "./lazy_free.ts";
import { parseInt64 } from "./number.ts";

/** The types of values. */
export const STRING = 0;
export const LIST = 1;
export const SET = 2;
export const SORTED_SET = 3;
export const HASH = 4;
export const STREAM = 5;
export type Type = 0 | 1 | 2 | 3 | 4 | 5;

/** The types that are a {@linkcode Collection}. */
export type CollectionType = typeof HASH | typeof SET | typeof SORTED_SET;

/** Their names, as `TYPE` replies them. */
export const TYPE_NAMES = ["string", "list", "set", "zset", "hash", "stream"] as const;

/** Word of an entry: see above. */
export const META = 3;
/** Word of an entry: the place among the deadlines. */
export const PLACE = 7;
const KEY_OFFSET = 32;
/** The words that are a value's, with what is known of it, wherever its key is. */
export const VALUE_WORDS = [META, VALUE, VALUE + 1, VALUE_LENGTH] as const;

/** The encoding of a string is seen from its bytes, unless a command has left it another. */
export const STRING_PLAIN = 0;
/** A string that was changed in place (`APPEND`), which Redis leaves as `raw`. */
export const STRING_RAW = 1;
/** A string that Redis does not try to keep as an integer (`INCRBYFLOAT`). */
export const STRING_TEXT = 2;

/** The longest string that Redis keeps within its object (`OBJ_ENCODING_EMBSTR_SIZE_LIMIT`). */
const MAX_EMBEDDED = 44;

/** How large collections may be until they are stored in another way; read at each use. */
export type CollectionLimits = HashLimits & SetLimits & SortedSetLimits & StreamLimits;

/** How many bytes go back to the system in one go, which takes some ms. */
const MAX_RELEASE = 32 * 1024 * 1024;

/** The structures in which one cache keeps its keys and values, all in one arena. */
export class Objects {
  readonly lazyFree: LazyFree = new LazyFree();
  readonly arena: Arena = new Arena(() => this.lazyFree.later(() => this.arena.tidy() ? 1 : 0));
  readonly hashKey: HashKey = randomHashKey();
  /** The tables of keys. */
  readonly keys: Dict = new Dict(this.arena, KEY_OFFSET, this.hashKey);
  /** Strings: values of keys, and of hash fields in tables. */
  readonly values: Values = new Values(this.arena);
  readonly lists: Lists = new Lists(this.arena);
  readonly hashes: Hashes;
  readonly sets: Sets;
  readonly sortedSets: SortedSets;
  readonly streams: Streams;

  constructor(limits: CollectionLimits) {
    this.hashes = new Hashes(this.arena, this.hashKey, limits);
    this.sets = new Sets(this.arena, this.hashKey, limits);
    this.sortedSets = new SortedSets(this.arena, this.hashKey, limits);
    this.streams = new Streams(this.arena, this.hashKey, limits);
  }

  type(entry: Address): Type {
    return (this.arena.word(entry, META) & 15) as Type;
  }

  /** Makes an entry one of another type, of which nothing is known yet but its use. */
  setType(entry: Address, type: Type): void {
    this.arena.setWord(entry, META, (this.arena.word(entry, META) & ~0xff) | type);
  }

  encoding(entry: Address): number {
    return this.arena.word(entry, META) >>> 4 & 15;
  }

  setEncoding(entry: Address, encoding: number): void {
    const meta = this.arena.word(entry, META);
    this.arena.setWord(entry, META, (meta & ~0xf0) | encoding << 4);
  }

  /** What an entry keeps of its use, in 24 bits: when it was, or how often. */
  use(entry: Address): number {
    return this.arena.word(entry, META) >>> 8;
  }

  /** The structure that an entry of any type but a string holds. */
  root(entry: Address): Address {
    return this.arena.word(entry, VALUE);
  }

  setRoot(entry: Address, root: Address): void {
    this.arena.setWord(entry, VALUE, root);
  }

  /** What hashes, sets or sorted sets are kept in. */
  collections(type: CollectionType): Hashes | Sets | SortedSets {
    return type === HASH ? this.hashes : type === SET ? this.sets : this.sortedSets;
  }

  /** The hash, the set or the sorted set that an entry holds. */
  collection(entry: Address): Collection {
    return new Collection(this.root(entry), this.encoding(entry) as Storage);
  }

  /** Takes note of where the collection of an entry is, and how it is stored. */
  setCollection(entry: Address, { root, storage }: Collection): void {
    this.setRoot(entry, root);
    this.setEncoding(entry, storage);
  }

  /** The value of a string. */
  string(entry: Address): Slice {
    return this.values.get(entry);
  }

  /** Gives back what an entry holds, a large collection a part at a time. */
  free(entry: Address): void {
    switch (this.type(entry)) {
      case STRING:
        return this.values.free(entry);
      case LIST: {
        const list = this.root(entry);
        return this.lazyFree.add((limit) => this.lists.clear(list, limit));
      }
      case SET:
      case SORTED_SET:
      case HASH: {
        const collections = this.collections(this.type(entry) as CollectionType);
        const collection = this.collection(entry);
        return this.lazyFree.add((limit) => collections.destroy(collection, limit));
      }
      case STREAM: {
        const stream = this.root(entry);
        return this.lazyFree.add((limit) => this.streams.clear(stream, limit));
      }
    }
  }

  /**
   * Gives an entry a copy of what another one holds.
   *
   * @throws {ArenaFullError} If there is no memory.
   */
  copy(from: Address, to: Address): void {
    this.setEncoding(to, this.encoding(from));
    switch (this.type(from)) {
      case STRING:
        return this.values.init(to, this.string(from));
      case LIST:
        return this.setRoot(to, this.lists.copy(this.root(from)));
      case SET:
      case SORTED_SET:
      case HASH: {
        const collections = this.collections(this.type(from) as CollectionType);
        return this.setCollection(to, collections.clone(this.collection(from)));
      }
      case STREAM:
        return this.setRoot(to, this.streams.copy(this.root(from)));
    }
  }

  /** Gives back all there is, the memory a part at a time. */
  clear(): void {
    // What waits to be given back is a part of this.
    this.lazyFree.stop();
    const buffers = this.arena.reset();
    this.streams.forget();
    this.lazyFree.add(() => {
      let size = 0;
      for (let buffer; size < MAX_RELEASE && (buffer = buffers.pop()) !== undefined;) {
        size += buffer.byteLength;
        buffer.transfer(0);
      }
      return buffers.length;
    });
  }

  /** How an entry's value is kept, in Redis' words (`OBJECT ENCODING`). */
  encodingName(entry: Address): string {
    switch (this.type(entry)) {
      case STRING: {
        const encoding = this.encoding(entry);
        const value = this.string(entry);
        if (encoding === STRING_RAW) return "raw";
        if (encoding === STRING_PLAIN && parseInt64(value) !== undefined) return "int";
        return value.length <= MAX_EMBEDDED ? "embstr" : "raw";
      }
      case LIST:
        return "quicklist";
      case SET:
        return this.encoding(entry) === INTEGERS ? "intset" : "hashtable";
      case SORTED_SET:
        return this.encoding(entry) === PACK ? "listpack" : "skiplist";
      case HASH:
        return this.encoding(entry) === PACK ? "listpack" : "hashtable";
      case STREAM:
        return "stream";
    }
  }

  /**
   * How many bytes an entry and its value take.
   *
   * @param samples Of how many elements of a large collection to measure; the others are taken to be
   * like them.
   */
  memory(entry: Address, samples = Infinity): number {
    const own = this.keys.entrySize(entry);
    switch (this.type(entry)) {
      case STRING:
        return own + this.values.memory(entry);
      case LIST:
        return own + this.lists.memory(this.root(entry));
      case SET:
        return own + this.sets.memory(this.collection(entry), samples);
      case SORTED_SET:
        return own + this.sortedSets.memory(this.collection(entry));
      case HASH:
        return own + this.hashes.memory(this.collection(entry), samples);
      case STREAM:
        return own + this.streams.memory(this.root(entry));
    }
  }
}
