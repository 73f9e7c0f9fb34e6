/**
 * The file that effects are appended to: what is written is there whole or not at all.
 *
 * @module
 */

/** What is used of an open file. */
export type LogHandle = Pick<
  Deno.FsFile,
  "writeSync" | "truncateSync" | "syncDataSync" | "syncData" | "statSync" | "close"
>;

/** Opens a file to be appended to. */
export type OpenLog = (path: string, options: Deno.OpenOptions) => LogHandle;

/** An open file, at its end. */
export class AppendedFile {
  /** Bytes. */
  size: number;
  /** How many of them are known to be on the disk. */
  syncedSize: number;
  readonly #handle: LogHandle;

  /** @throws {Error} If it cannot be opened. */
  constructor(path: string, open: OpenLog, truncate: boolean) {
    // What is left of one that was begun before is no part of this one.
    this.#handle = open(path, { append: true, create: true });
    try {
      if (truncate) this.#handle.truncateSync(0);
      this.size = this.syncedSize = this.#handle.statSync().size;
    } catch (error) {
      this.#handle.close();
      throw error;
    }
  }

  /** Whether its name is gone, so that what is written will be too. */
  get isDeleted(): boolean {
    return this.#handle.statSync().nlink === 0;
  }

  /**
   * Appends bytes.
   *
   * @param sync Whether they must be on the disk then.
   * @returns How many of the bytes are in the file: all, or if it has failed none, unless they could not
   * be taken back.
   */
  append(bytes: Uint8Array, sync: boolean): { written: number; error?: unknown } {
    const { size } = this;
    let written = 0;
    try {
      while (written < bytes.length) {
        written += this.#handle.writeSync(written === 0 ? bytes : bytes.subarray(written));
      }
      this.size += written;
      if (sync) this.sync();
      return { written };
    } catch (error) {
      try {
        this.#handle.truncateSync(size);
        written = 0;
      } catch {
        // Then the rest follows what there is.
      }
      this.size = size + written;
      return { written, error };
    }
  }

  /** @throws {Error} If it fails. */
  sync(): void {
    this.#handle.syncDataSync();
    this.syncedSize = this.size;
  }

  /** The same on another thread. Rejects if it fails. */
  async syncInBackground(): Promise<void> {
    const { size } = this;
    await this.#handle.syncData();
    this.syncedSize = size;
  }

  close(): void {
    this.#handle.close();
  }
}
