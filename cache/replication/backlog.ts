/**
 * The replication backlog: the last bytes of the stream that replicas are fed with, once for all of them.
 * Each replica is sent them from where it is, and one whose connection was cut may go on from there.
 *
 * @module
 */

import { copyBytes, type Slice } from "../store/slice.ts";

/** How much is kept or dropped at a time, in bytes (`PROTO_REPLY_CHUNK_BYTES`). */
const CHUNK_SIZE = 16 * 1024;

/** The least that is kept, in bytes, whatever is configured (`CONFIG_REPL_BACKLOG_MIN_SIZE`). */
const MIN_SIZE = 16 * 1024;

/** The last bytes of a stream, by their offsets in it. */
export class Backlog {
  /** All but the last are full. What was written into them once stays. */
  readonly #chunks: Uint8Array[] = [];
  #start: number;
  #end: number;

  /** @param offset How long the stream was before. */
  constructor(offset: number) {
    this.#start = this.#end = offset;
  }

  /** The offset of the first byte that is there. */
  get start(): number {
    return this.#start;
  }

  /** How long the stream is. */
  get end(): number {
    return this.#end;
  }

  /** How many bytes are there. */
  get length(): number {
    return this.#end - this.#start;
  }

  append({ bytes, start, length }: Slice): void {
    for (let done = 0; done < length;) {
      const at = (this.#end - this.#start) % CHUNK_SIZE;
      if (at === 0) this.#chunks.push(new Uint8Array(CHUNK_SIZE));
      const count = Math.min(length - done, CHUNK_SIZE - at);
      const chunk = this.#chunks.at(-1);
      if (chunk !== undefined) copyBytes(bytes, start + done, count, chunk, at);
      this.#end += count;
      done += count;
    }
  }

  /** Bytes from an offset on, of which there may be more. They stay as they are. */
  from(offset: number): Uint8Array {
    const at = offset - this.#start;
    const from = at % CHUNK_SIZE;
    const to = Math.min(CHUNK_SIZE, from + this.#end - offset);
    return this.#chunks[(at - from) / CHUNK_SIZE]?.subarray(from, to) ?? new Uint8Array(0);
  }

  /**
   * Drops what is more than is to be kept.
   *
   * @param size How many bytes are kept at the least.
   * @param needed The offset from which on all is kept.
   */
  trim(size: number, needed: number): void {
    const end = Math.min(this.#end - Math.max(size, MIN_SIZE), needed);
    const count = Math.floor((end - this.#start) / CHUNK_SIZE);
    if (count <= 0) return;
    this.#chunks.splice(0, count);
    this.#start += count * CHUNK_SIZE;
  }
}
