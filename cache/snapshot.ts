/**
 * Snapshots: all keys of one moment in an RDB file, written when it is asked for or when enough has
 * changed, and read at the start.
 *
 * @module
 */

import { CommandError } from "./commands/error.ts";
import { LoadedValue } from "./dump.ts";
import type { Engine } from "./engine.ts";
import { readFile } from "./rdb/file.ts";
import { RdbError, RdbReader, type RdbSource, sourceOf } from "./rdb/reader.ts";
import { CANCELLED, type SavingTarget, writeAll } from "./saving.ts";
import type { SnapshotStore } from "./snapshot_file.ts";
import type { Logger } from "@nimblecache/server";

/** After a snapshot failed, the next attempt waits so long, in milliseconds (as in Redis). */
const RETRY_DELAY = 5000;

/** How often it is looked whether enough has changed, once the time is there: in milliseconds. */
const LOOK_INTERVAL = 1000;

/** Saves if so much has changed in so many seconds. */
export interface SavePoint {
  readonly seconds: number;
  readonly changes: number;
}

/** How `DEBUG RELOAD` goes about it. */
export interface ReloadOptions {
  /** Whether what there is now is saved before. */
  readonly save: boolean;
  /** Whether it is removed before. */
  readonly flush: boolean;
  /** Whether a key or a library that is there is replaced, and not an error. */
  readonly merge: boolean;
}

/** The snapshot of one cache: where it is kept, and when it was written. */
export class Snapshots {
  /** Where it is kept; undefined where none is. */
  store: SnapshotStore | undefined;
  /** Where it is said why one could not be written. */
  log: Pick<Logger, "error"> = console;
  /** When the last one was made, or the cache, in milliseconds since 1970. */
  lastSave: number;
  /** Why the last attempt has failed, if it has. */
  lastError: string | undefined;
  /** How long the last one in the background has taken, in seconds; -1 before the first. */
  lastDuration = -1;
  /** How many there were. */
  saves = 0;
  /** Whether one is written at the end. */
  savesAtEnd = true;
  /** Keys that were loaded, and that had expired by then. */
  loaded = 0;
  expired = 0;

  readonly #engine: Engine;
  #savedDirty = 0;
  #lastTry = -Infinity;
  #cancelTimer: (() => void) | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.lastSave = engine.now;
  }

  /** How many changes there were since the last one. */
  get changes(): number {
    return this.#engine.dirty - this.#savedDirty;
  }

  /** Whether commands that write are refused: snapshots are asked for, and the last one has failed. */
  get stopsWrites(): boolean {
    if (this.lastError === undefined) return false;
    const { savePoints, stopWritesOnFailedSave } = this.#engine.settings;
    return stopWritesOnFailedSave && savePoints.length > 0;
  }

  /**
   * Writes one at once. It takes the place of one that is being written.
   *
   * @throws {Error} If that is not possible.
   */
  save(store: SnapshotStore = this.#configured()): void {
    const engine = this.#engine;
    engine.background.cancel("snapshot");
    let file: SavingTarget | undefined;
    try {
      file = store.create();
      writeAll(engine, file);
      this.#succeeded(engine.dirty);
    } catch (error) {
      this.#failed(error, store);
      throw error;
    } finally {
      file?.discard();
    }
  }

  /**
   * Begins to write one of this moment in the background. There must be nothing that is being written.
   *
   * @throws {Error} If there is no place to keep it.
   */
  saveInBackground(): void {
    const store = this.#configured();
    const engine = this.#engine;
    const { dirty, now } = engine;
    this.#lastTry = now;
    engine.background.start("snapshot", () => store.create(), (error) => {
      if (error === CANCELLED) return;
      if (error === undefined) this.#succeeded(dirty);
      else this.#failed(error, store);
      this.lastDuration = Math.floor((engine.clock.now() - now) / 1000);
    });
  }

  /** The same as soon as nothing else is being done, or written. */
  saveSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      const { background } = this.#engine;
      if (background.isFree) this.saveInBackground();
      else background.afterwards(() => this.saveSoon());
    }, 0);
  }

  /** @throws {Error} If there is no place to keep a snapshot. */
  checkStore(): void {
    this.#configured();
  }

  /**
   * Writes one if one is kept and something has changed since the last.
   *
   * @throws {Error} If that is not possible.
   */
  saveAtEnd(): void {
    if (this.store !== undefined && this.savesAtEnd && this.changes > 0) this.save();
  }

  /** Ends all that goes on by itself. */
  stop(): void {
    this.#cancelTimer?.();
    clearTimeout(this.#soon);
  }

  /**
   * Loads what is kept.
   *
   * @param merge Whether a key or a library that is there is replaced, and not an error.
   * @returns Whether there is something.
   * @throws {RdbError} If it is damaged.
   * @throws {Error} If it cannot be read.
   */
  load(store: SnapshotStore = this.#configured(), merge = false): boolean {
    const engine = this.#engine;
    engine.readClock();
    using source = store.open();
    if (source === undefined) return false;
    this.read(source, merge);
    this.#savedDirty = engine.dirty;
    return true;
  }

  /**
   * Reads keys and libraries of functions, and adds them to what there is.
   *
   * @param merge As {@linkcode load} has it.
   * @returns What the file tells of itself.
   * @throws {RdbError} If it is damaged.
   */
  read(source: RdbSource, merge = false): Map<string, string> {
    const engine = this.#engine;
    const facts = new Map<string, string>();
    // Loading tells nobody of new keys.
    engine.notifyClasses = "";
    try {
      const reader = this.#read(source, merge, facts);
      if (reader.left > 0) reader.fail("There is more than the end");
    } finally {
      engine.applySettings();
    }
    return facts;
  }

  /**
   * Loads what an append-only file begins with.
   *
   * @returns Where that ends.
   * @throws {RdbError} If it is damaged.
   */
  loadBase(source: RdbSource): number {
    return this.#read(source, false, new Map()).offset;
  }

  /**
   * Saves and loads again, in memory where nothing is kept.
   *
   * @throws {Error} If that is not possible.
   */
  reload({ save, flush, merge }: ReloadOptions): void {
    const engine = this.#engine;
    const store = this.store ?? (save ? new MemoryStore() : this.#configured());
    if (save) this.save(store);
    if (flush) {
      const { dirty } = engine;
      engine.flushAll();
      engine.scripting.functions.clear();
      engine.dirty = dirty;
    }
    try {
      if (this.load(store, merge)) return;
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      throw new Error(`Error trying to load the RDB dump: ${error.message}`);
    }
    throw new Error(`There is no ${store.path}`);
  }

  /** Sees to it that a snapshot is written when a save point asks for it. */
  schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const { savePoints } = this.#engine.settings;
    if (this.store === undefined || savePoints.length === 0) return;
    const { clock } = this.#engine;
    const least = Math.min(...savePoints.map(({ seconds }) => seconds));
    const next = Math.max(this.lastSave + least * 1000, clock.now() + LOOK_INTERVAL);
    this.#cancelTimer = clock.at(next, () => {
      this.#engine.readClock();
      this.#saveIfDue();
      this.schedule();
    });
  }

  #saveIfDue(): void {
    const { now, background, settings: { savePoints } } = this.#engine;
    if (!background.isFree) return;
    if (this.lastError !== undefined && now - this.#lastTry < RETRY_DELAY) return;
    const isDue = ({ seconds, changes }: SavePoint) =>
      this.changes >= changes && now - this.lastSave >= seconds * 1000;
    if (savePoints.some(isDue)) this.saveInBackground();
  }

  #read(source: RdbSource, merge: boolean, facts: Map<string, string>): RdbReader {
    const engine = this.#engine;
    const { objects, databases, now } = engine;
    const reader = new RdbReader(source);
    let db = databases[0];
    this.loaded = this.expired = 0;
    readFile(reader, {
      fact: (name, value) => void facts.set(name, value),
      database: (index) => {
        db = databases[index];
        if (db === undefined) {
          reader.fail(`There is a database ${index}, and only ${databases.length} are configured`);
        }
      },
      key: (key, type, { expiresAt, ...use }) => {
        if (db === undefined) return;
        const value = new LoadedValue(reader, type, engine);
        if (value.isEmpty) return;
        // What has expired by now, a replica's master or what follows a base will yet say.
        const isKept = engine.isReplica || engine.replays;
        if (expiresAt !== undefined && Number(expiresAt) < now && !isKept) {
          value.discard();
          this.expired++;
          return;
        }
        const old = objects.keys.find(db.table, key);
        if (old !== 0) {
          if (!merge) {
            value.discard();
            reader.fail("A key comes twice");
          }
          db.remove(old);
        }
        const entry = value.addTo(db, key);
        if (expiresAt !== undefined) db.expireAt(entry, expiresAt);
        engine.eviction.restoreUse(entry, use);
        this.loaded++;
      },
      library: (code) => {
        try {
          engine.scripting.functions.load(code.latin1(), merge);
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
          reader.fail(`A library of functions cannot be loaded: ${error.message}`);
        }
      },
    });
    return reader;
  }

  #configured(): SnapshotStore {
    if (this.store !== undefined) return this.store;
    throw new Error("This cache keeps no snapshot: start it with --snapshot FILE");
  }

  #succeeded(dirty: number): void {
    this.lastSave = this.#engine.clock.now();
    this.lastError = undefined;
    this.#savedDirty = dirty;
    this.saves++;
  }

  #failed(error: unknown, { path }: SnapshotStore): void {
    this.lastError = error instanceof Error ? error.message : String(error);
    this.log.error(`Cannot save the snapshot ${path}: ${this.lastError}`);
  }
}

/** A snapshot that is kept for a moment only. */
class MemoryStore implements SnapshotStore {
  readonly path = "in memory";
  #chunks: Uint8Array[] = [];

  open(): RdbSource & Disposable {
    return { ...sourceOf(this.#chunks), [Symbol.dispose]: () => {} };
  }

  create(): SavingTarget {
    const chunks: Uint8Array[] = this.#chunks = [];
    const writeSync = (data: Uint8Array) => void chunks.push(data);
    return {
      writeSync,
      write: (data) => Promise.resolve(writeSync(data)),
      commitSync: () => {},
      commit: () => Promise.resolve(),
      discard: () => {},
    };
  }
}
