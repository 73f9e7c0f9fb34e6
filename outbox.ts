/**
 * What waits to be written to one connection: each piece whole, in the order in which it was given,
 * and no more of it than a bound.
 *
 * @module
 */

/** Takes some of the bytes it is given, and says how many: `Deno.Conn`, for one. */
export interface Writer {
  write(data: Uint8Array): Promise<number>;
}

/** What a call on a closed connection rejects with, as Deno's own that was pending then. */
export function interrupted(): Error {
  return new Deno.errors.Interrupted("The connection was closed");
}

/** The smallest buffer for copies: many of them are a few dozen bytes, and share it. */
const MIN_CHUNK = 1024;

/** Copies that wait for their turn, in a buffer that grows as they come. */
class Chunk {
  #buffer: Uint8Array;
  #length = 0;

  constructor(size: number) {
    this.#buffer = new Uint8Array(Math.max(size, MIN_CHUNK));
  }

  add(data: Uint8Array): void {
    const length = this.#length + data.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.data);
      this.#buffer = larger;
    }
    this.#buffer.set(data, this.#length);
    this.#length = length;
  }

  get data(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** What waits to be written to one connection. */
export class Outbox {
  /** The most bytes of copies that may wait. */
  maxBuffered: number;
  /** Is called whenever some bytes are out. */
  onProgress: (() => void) | undefined;
  readonly #writer: Writer;
  #buffered = 0;
  #isWriting = false;
  #isClosed = false;
  /** Begin the writes that wait, in order. Made when first needed: most connections need none. */
  #waiting: (() => void)[] | undefined;
  /** The last in the queue, if it takes more copies. */
  #open: Chunk | undefined;

  constructor(writer: Writer, maxBuffered: number) {
    this.#writer = writer;
    this.maxBuffered = maxBuffered;
  }

  /** The bytes of copies that are not yet out. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Whether nothing is being written, and nothing waits. */
  get isEmpty(): boolean {
    return !this.#isWriting;
  }

  /** Whether copies of so many bytes more stay within the bound. */
  hasRoomFor(length: number): boolean {
    return this.#buffered + length <= this.maxBuffered;
  }

  /**
   * Writes all of `data`, after all that was given before. No copy is made. Writing nothing waits for
   * what was given before.
   *
   * @returns The length of `data`.
   */
  write(data: Uint8Array): Promise<number> {
    this.#open = undefined;
    return this.#put(data);
  }

  /**
   * Copies `data`, to be written after all that was given before.
   *
   * @returns What settles when it is out; nothing where these bytes have joined others that wait.
   */
  send(data: Uint8Array): Promise<number> | undefined {
    this.#buffered += data.length;
    if (this.#open) return void this.#open.add(data);
    const chunk = this.#open = new Chunk(data.length);
    chunk.add(data);
    return this.#put(chunk);
  }

  /** Drops what waits: its writers get an error. */
  close(): void {
    this.#isClosed = true;
  }

  async #put(piece: Uint8Array | Chunk): Promise<number> {
    if (this.#isWriting) await this.#turn();
    this.#isWriting = true;
    // From now on, copies join the next chunk.
    if (piece === this.#open) this.#open = undefined;
    const isCopy = piece instanceof Chunk;
    const data = isCopy ? piece.data : piece;
    let written = 0;
    try {
      if (this.#isClosed) throw interrupted();
      while (written < data.length) {
        const length = await this.#writer.write(written === 0 ? data : data.subarray(written));
        written += length;
        if (isCopy) this.#buffered -= length;
        this.onProgress?.();
      }
    } finally {
      if (isCopy) this.#buffered -= data.length - written;
      this.#next();
    }
    return written;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => (this.#waiting ??= []).push(resolve));
  }

  #next(): void {
    const next = this.#waiting?.shift();
    if (next) next();
    else this.#isWriting = false;
  }
}
