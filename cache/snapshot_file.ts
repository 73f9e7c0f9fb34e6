/**
 * Keeps snapshots in a file of the file system, which is the old one or the new one whole, whatever
 * happens: a new one is written beside it, made durable, and then takes its name.
 *
 * @module
 */

import type { RdbSource } from "./rdb/reader.ts";
import type { SavingTarget } from "./saving.ts";

/** Where a snapshot is kept. */
export interface SnapshotStore {
  /** What it is called in messages. */
  readonly path: string;
  /** Opens the snapshot; undefined if there is none. */
  open(): RdbSource & Disposable | undefined;
  /** Begins a new one. */
  create(): SavingTarget;
}

/** The directory of a path, `.` where it has none, and the name in it. */
export function splitPath(path: string): { directory: string; name: string } {
  const [, directory = "", name = ""] = /^(.*?)([^/]*)\/*$/s.exec(path) ?? [];
  return { directory: directory.replace(/(.)\/$/, "$1") || ".", name };
}

/** A snapshot in a file. Needs the permissions to read and to write its directory. */
export class FileStore implements SnapshotStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  open(): RdbSource & Disposable | undefined {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(this.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    try {
      const { size, isFile } = file.statSync();
      if (!isFile) throw new Error("It is not a file");
      return {
        size,
        read: (into) => file.readSync(into) ?? 0,
        [Symbol.dispose]: () => file.close(),
      };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Looks whether there is a directory for it, without which none could ever be saved.
   *
   * @throws {Error} If there is none.
   */
  check(): void {
    const { directory } = splitPath(this.path);
    if (!Deno.statSync(directory).isDirectory) throw new Error(`${directory} is not a directory`);
  }

  /** Whether it may be written without asking anybody. */
  get mayWrite(): boolean {
    const { state } = Deno.permissions.querySync({ name: "write", path: `${this.path}.tmp` });
    return state === "granted";
  }

  create(): SavingTarget {
    return new NewFile(this.path);
  }
}

class NewFile implements SavingTarget {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  #ended = false;

  constructor(path: string) {
    this.#path = path;
    // One name, so that what a process has left that was killed is replaced by the next.
    this.#temporary = `${path}.tmp`;
    removeIfThere(this.#temporary);
    this.#file = Deno.openSync(this.#temporary, { write: true, createNew: true });
  }

  writeSync(data: Uint8Array): void {
    for (let at = 0; at < data.length;) at += this.#file.writeSync(data.subarray(at));
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) at += await this.#file.write(data.subarray(at));
  }

  commitSync(): void {
    this.#file.syncSync();
    this.#rename();
    const directory = openDirectory(this.#path);
    directory?.syncSync();
    directory?.close();
  }

  async commit(): Promise<void> {
    await this.#file.sync();
    // Given up meanwhile, another may have its name.
    if (this.#ended) throw new Error("The snapshot was given up");
    this.#rename();
    const directory = openDirectory(this.#path);
    try {
      await directory?.sync();
    } finally {
      directory?.close();
    }
  }

  discard(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#file.close();
    this.#clean();
  }

  #rename(): void {
    this.#ended = true;
    this.#file.close();
    try {
      Deno.renameSync(this.#temporary, this.#path);
    } catch (error) {
      this.#clean();
      throw error;
    }
  }

  /** Removes what is not to be the snapshot. Where that fails, what went wrong before is what counts. */
  #clean(): void {
    try {
      removeIfThere(this.#temporary);
    } catch {
      // The next one replaces it.
    }
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The directory of a file, to make durable which names it has; undefined where that is not possible. */
function openDirectory(path: string): Deno.FsFile | undefined {
  if (Deno.build.os === "windows") return undefined;
  return Deno.openSync(splitPath(path).directory);
}
