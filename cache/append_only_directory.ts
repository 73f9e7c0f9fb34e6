/**
 * The directory of an append-only file: its manifest, what it names, and what is to be deleted.
 *
 * @module
 */

import {
  EMPTY_MANIFEST,
  FILE_NAME,
  filesOf,
  increment,
  isDataFile,
  isEmpty,
  lastIncrement,
  type LogFile,
  type Manifest,
  MANIFEST_NAME,
  parseManifest,
  printManifest,
} from "./append_only_manifest.ts";
import { FileStore, splitPath } from "./snapshot_file.ts";
import type { Logger } from "@nimblecache/server";

/** Where it is said what becomes of it. */
export type AppendOnlyLog = Pick<Logger, "info" | "warn" | "error">;

/** A directory, which need not be there. */
export class LogDirectory {
  readonly path: string;
  readonly #log: AppendOnlyLog;
  #manifest: Manifest = EMPTY_MANIFEST;
  #lastIncrement = 0;

  constructor(path: string, log: AppendOnlyLog) {
    this.path = path;
    this.#log = log;
  }

  /** The manifest that holds. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /** The path of a file in it. */
  pathOf({ name }: Pick<LogFile, "name">): string {
    return `${this.path}/${name}`;
  }

  /** The increment that follows, whose name no other file has. */
  get nextIncrement(): LogFile {
    return increment(this.#lastIncrement + 1);
  }

  /** How many bytes the base has, and all files. */
  get sizes(): { readonly base: number; readonly total: number } {
    const { base, increments } = this.#manifest;
    const size = (file: LogFile) => Deno.statSync(this.pathOf(file)).size;
    const baseSize = base === undefined ? 0 : size(base);
    return {
      base: baseSize,
      total: increments.reduce((sum, file) => sum + size(file), baseSize),
    };
  }

  /** Makes it, if it is not there. */
  create(): void {
    Deno.mkdirSync(this.path, { recursive: true });
  }

  /**
   * Reads the manifest.
   *
   * @throws {Error} If it is damaged, is not there though its files are, or cannot be read.
   */
  read(): void {
    const path = `${this.path}/${MANIFEST_NAME}`;
    let manifest = EMPTY_MANIFEST;
    if (exists(path)) {
      try {
        manifest = parseManifest(Deno.readTextFileSync(path));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`${MANIFEST_NAME}: ${why}`, { cause: error });
      }
    } else {
      const file = this.#findUnnamed();
      if (file !== undefined) {
        throw new Error(`${MANIFEST_NAME}: It is not there, but ${file} is, which it should name`);
      }
    }
    this.#hold(manifest);
    this.#adopt();
  }

  /**
   * Finds a file with data that only a manifest can have named, and that the first ones of a new manifest
   * would be written over. A process that has ended before its first manifest leaves none.
   */
  #findUnnamed(): string | undefined {
    if (!exists(this.path)) return undefined;
    for (const { name } of Deno.readDirSync(this.path)) {
      if (isDataFile(name) && Deno.statSync(this.pathOf({ name })).size > 0) return name;
    }
  }

  /** Takes the single file over that Redis up to 6 has, beside the directory. */
  #adopt(): void {
    const { base, increments } = this.#manifest;
    const old = `${splitPath(this.path).directory}/${FILE_NAME}`;
    const file = { name: FILE_NAME, sequence: 1 };
    // The process may have ended amid this.
    const isBegun = base?.name === FILE_NAME && increments.length === 0 &&
      !exists(this.pathOf(file));
    if (!(isEmpty(this.#manifest) || isBegun) || !mayRead(old) || !exists(old)) return;
    this.create();
    this.persist({ ...EMPTY_MANIFEST, base: file });
    Deno.renameSync(old, this.pathOf(file));
    this.#log.info(`${FILE_NAME} was moved into ${this.path}`);
  }

  /** Makes a manifest durable, and the one that holds. */
  persist(manifest: Manifest): void {
    const target = new FileStore(`${this.path}/${MANIFEST_NAME}`).create();
    try {
      target.writeSync(new TextEncoder().encode(printManifest(manifest)));
      target.commitSync();
    } finally {
      target.discard();
    }
    this.#hold(manifest);
  }

  /** Has the next base take the place of all files. */
  supersede(): void {
    this.#manifest = { ...EMPTY_MANIFEST, history: filesOf(this.#manifest) };
  }

  /** Forgets all files: they are gone. */
  forget(): void {
    this.#manifest = EMPTY_MANIFEST;
  }

  #hold(manifest: Manifest): void {
    this.#manifest = manifest;
    this.#lastIncrement = Math.max(this.#lastIncrement, lastIncrement(manifest));
  }

  /** Deletes what a rewrite has taken the place of. */
  async deleteHistory(): Promise<void> {
    const { history } = this.#manifest;
    if (history.length === 0) return;
    try {
      for (const file of history) await removeIfThere(this.pathOf(file));
      const left = this.#manifest.history.filter((file) => !history.includes(file));
      this.persist({ ...this.#manifest, history: left });
    } catch (error) {
      this.#log.warn(`Cannot delete old append-only files: ${error}`);
    }
  }
}

function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
