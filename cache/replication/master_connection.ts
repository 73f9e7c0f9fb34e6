/**
 * A replica's connection to its master: requests and the lines that answer them, a snapshot, and then the
 * stream.
 *
 * @module
 */

import { formatAddress } from "../session.ts";
import { latin1Slice, Slice } from "../store/slice.ts";

/** The longest line that a master may answer, in bytes. */
const MAX_LINE = 4096;

const READ_SIZE = 16 * 1024;

/** The parts in which a snapshot is kept until it is whole, in bytes. */
const PART_SIZE = 256 * 1024;

/** How long the mark is that a snapshot ends with whose length was not known. */
const MARK_SIZE = 40;

const LF = 10;

/** How much of a snapshot has come. */
export interface Transfer {
  /** Bytes; 0 where that is not known. */
  readonly total: number;
  received: number;
}

/** One connection. Nothing in it waits without an end: {@linkcode close} ends all. */
export class MasterConnection {
  /** When anything has come last, or it was begun: as `now` tells it. */
  lastHeard: number;
  readonly #now: () => number;
  readonly #abort = new AbortController();
  readonly #buffer = new Uint8Array(READ_SIZE);
  /** What has come and was not yet taken. */
  #start = 0;
  #end = 0;
  #conn: Deno.TcpConn | undefined;
  /** Resolves when all that was sent is out. */
  #writing: Promise<void> = Promise.resolve();

  /** @param now Tells the time, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.lastHeard = now();
  }

  /** Connects. */
  async open(hostname: string, port: number): Promise<void> {
    const { signal } = this.#abort;
    this.#conn = await Deno.connect({ hostname, port, signal });
    if (signal.aborted) this.#conn.close();
    else this.#conn.setNoDelay(true);
  }

  get remoteAddress(): string {
    return this.#conn === undefined ? "" : formatAddress(this.#conn.remoteAddr);
  }

  get localAddress(): string {
    return this.#conn === undefined ? "" : formatAddress(this.#conn.localAddr);
  }

  /** Ends it, and what waits for it. */
  close(): void {
    this.#abort.abort();
    this.#conn?.[Symbol.dispose]();
  }

  /** Sends a request. Each character is a byte. */
  send(...words: string[]): void {
    const { bytes, start, length } = encode(words);
    const data = bytes.subarray(start, start + length);
    // If it cannot be written, reading ends as well.
    this.#writing = this.#writing.then(() => this.#write(data)).catch(() => this.close());
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      at += await this.#conn?.write(data.subarray(at)) ?? Infinity;
    }
  }

  /** Sends a request, and reads the line that answers it. Empty lines only tell that the master is there. */
  async ask(...words: string[]): Promise<string> {
    this.send(...words);
    return await this.#line();
  }

  /** Reads what comes; returns `null` at the end. */
  async read(into: Uint8Array): Promise<number | null> {
    const length = Math.min(into.length, this.#end - this.#start);
    if (length === 0) return await this.#receive(into);
    into.set(this.#buffer.subarray(this.#start, this.#start + length));
    this.#start += length;
    return length;
  }

  /**
   * Reads a snapshot.
   *
   * @param begin Is given what tells how much has come.
   * @returns It in parts.
   */
  async snapshot(begin: (transfer: Transfer) => void): Promise<Uint8Array[]> {
    const line = await this.#line();
    const [, mark, length] = /^\$(?:EOF:([\x21-\x7e]{40})|(\d{1,15}))$/.exec(line) ?? [];
    if (mark === undefined && length === undefined) {
      throw new Error(`The master sends ${line} where a snapshot is to begin`);
    }
    const transfer = { total: Number(length ?? 0), received: 0 };
    begin(transfer);
    const parts: Uint8Array[] = [];
    let part = new Uint8Array(PART_SIZE);
    let filled = 0;
    let tail = "";
    while (mark === undefined ? transfer.received < transfer.total : tail !== mark) {
      if (filled === part.length) {
        parts.push(part);
        part = new Uint8Array(PART_SIZE);
        filled = 0;
      }
      const most = mark === undefined ? transfer.total - transfer.received : Infinity;
      const received = await this.read(part.subarray(filled, Math.min(part.length, filled + most)));
      if (received === null) throw new Error("The connection was closed amid a snapshot");
      filled += received;
      transfer.received += received;
      if (mark === undefined) continue;
      const last = new Slice(part, Math.max(filled - MARK_SIZE, filled - received, 0));
      tail = (tail + last.part(0, filled - last.start).latin1()).slice(-MARK_SIZE);
    }
    parts.push(part.subarray(0, filled));
    return mark === undefined ? parts : withoutEnd(parts, MARK_SIZE);
  }

  async #line(): Promise<string> {
    while (true) {
      const end = this.#buffer.subarray(0, this.#end).indexOf(LF, this.#start);
      if (end === -1) {
        await this.#more();
        continue;
      }
      const line = new Slice(this.#buffer, this.#start, end - this.#start).latin1();
      this.#start = end + 1;
      const text = line.replace(/\r$/, "");
      if (text !== "") return text;
    }
  }

  /** Reads more of a line. */
  async #more(): Promise<void> {
    if (this.#end - this.#start > MAX_LINE) throw new Error("The master answers with no line");
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const length = await this.#receive(this.#buffer.subarray(this.#end));
    if (length === null) throw new Error("The connection was closed");
    this.#end += length;
  }

  async #receive(into: Uint8Array): Promise<number | null> {
    const length = await this.#conn?.read(into) ?? null;
    this.lastHeard = this.#now();
    return length;
  }
}

function encode(words: string[]): Slice {
  const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return latin1Slice(`*${words.length}\r\n${parts.join("")}`);
}

/** Takes the last bytes from parts. */
function withoutEnd(parts: Uint8Array[], count: number): Uint8Array[] {
  const last = parts.pop();
  if (last === undefined) return parts;
  if (last.length < count) return withoutEnd(parts, count - last.length);
  parts.push(last.subarray(0, last.length - count));
  return parts;
}
