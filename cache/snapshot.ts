/**
 * Snapshots: all keys of one moment in an RDB file, written at once or a part at a time between commands,
 * and read at the start.
 *
 * While one is being written in parts, each key is in it as it was when it began: before a key changes
 * that is not written yet, it is written. A mark for each entry, one bit, tells which are written or new.
 * A table that is emptied meanwhile is kept until it is written.
 *
 * @module
 */

import { CommandError } from "./commands/error.ts";
import { LoadedValue, valueType, writeValue } from "./dump.ts";
import type { Engine } from "./engine.ts";
import type { Deadlines } from "./expiry.ts";
import type { Keyspace } from "./keyspace.ts";
import { PLACE } from "./objects.ts";
import { Crc64 } from "./rdb/crc64.ts";
import {
  type KeyFacts,
  readFile,
  writeDatabase,
  writeEnd,
  writeHeader,
  writeKey,
  writeLibrary,
  writeSizes,
} from "./rdb/file.ts";
import { RdbError, RdbReader, type RdbSource } from "./rdb/reader.ts";
import { RdbWriter } from "./rdb/writer.ts";
import type { SnapshotFile, SnapshotStore } from "./snapshot_file.ts";
import { type Address, byteOf, segmentOf } from "./store/arena.ts";
import { latin1Slice } from "./store/slice.ts";
import { REDIS_VERSION } from "./version.ts";

/** What is collected before it is written to the file. */
const CHUNK_SIZE = 64 * 1024;

/**
 * How long a part may take, in milliseconds, while commands are executed, which wait for that long, and
 * while none are.
 */
const BUSY_TURN = 0.2;
const IDLE_TURN = 2;

/** After so many entries without a pause of their own, the time is looked at again. */
const ENTRIES_PER_LOOK = 16;

/** After a snapshot failed, the next attempt waits so long, in milliseconds (as in Redis). */
const RETRY_DELAY = 5000;

/** How often it is looked whether enough has changed, once the time is there: in milliseconds. */
const LOOK_INTERVAL = 1000;

/** Saves if so much has changed in so many seconds. */
export interface SavePoint {
  readonly seconds: number;
  readonly changes: number;
}

/** One bit for each address that an entry may have. */
class Marks {
  /** By segment, with a bit for each unit of 16 bytes. */
  readonly #segments: Uint32Array[] = [];

  has(address: Address): boolean {
    const unit = byteOf(address) >>> 4;
    const bits = this.#segments[segmentOf(address)]?.[unit >>> 5] ?? 0;
    return (bits >>> (unit & 31) & 1) === 1;
  }

  add(address: Address): void {
    const unit = byteOf(address) >>> 4;
    // As large as any segment may be: the number of one that is given back goes to another.
    const bits = this.#segments[segmentOf(address)] ??= new Uint32Array(2 ** 16);
    bits[unit >>> 5]! |= 1 << (unit & 31);
  }
}

/** A table as it was when the snapshot began. */
interface SavedTable {
  readonly index: number;
  readonly table: Address;
  readonly deadlines: Deadlines;
  /** Whether no database has it any more, so that it is given back when it is written. */
  kept: boolean;
}

/** The writing of one snapshot, of the moment at which this is made. */
export class Saving {
  /** What was written and not yet taken away. */
  readonly writer: RdbWriter;
  readonly #engine: Engine;
  readonly #tables: SavedTable[];
  readonly #marks = new Marks();
  /** The database that the file is at. */
  #index = -1;
  /** The entry that is written in part, and what writes the rest of it. */
  #entry: Address = 0;
  #rest: Generator<void, void> | undefined;
  /** What had to be written while an entry was written in part: it comes after that. */
  readonly #early: RdbWriter;
  #earlyIndex = -1;

  constructor(engine: Engine) {
    this.#engine = engine;
    const { compressSnapshots } = engine.settings;
    this.writer = new RdbWriter(compressSnapshots);
    this.#early = new RdbWriter(compressSnapshots);
    this.#tables = engine.databases.filter(({ size }) => size > 0)
      .map(({ index, table, deadlines }) => ({ index, table, deadlines, kept: false }));
    writeHeader(this.writer, {
      "redis-ver": REDIS_VERSION,
      "redis-bits": 64,
      ctime: Math.floor(engine.now / 1000),
      "used-mem": engine.objects.arena.used,
      "aof-base": 0,
    });
    for (const { code } of engine.scripting.functions.libraries.values()) {
      writeLibrary(this.writer, latin1Slice(code));
    }
  }

  /** Writes what there is to be written, and pauses after each part. */
  *run(): Generator<void, void> {
    const { keys } = this.#engine.objects;
    const found: Address[] = [];
    let entries = 0;
    for (let current; (current = this.#tables[0]) !== undefined;) {
      this.#select(current.index);
      writeSizes(this.writer, keys.size(current.table), current.deadlines.size);
      let cursor = 0;
      do {
        cursor = keys.scan(current.table, cursor, (entry) => void found.push(entry));
        for (const entry of found.splice(0)) {
          if (++entries % ENTRIES_PER_LOOK === 0) yield;
          // It may have been written by now, and even be gone; and a table that has become smaller
          // meanwhile shows some of its entries again.
          if (!this.#marks.has(entry)) yield* this.#writeInParts(current, entry);
        }
      } while (cursor !== 0);
      this.#tables.shift();
      this.#release(current);
    }
  }

  /** Writes an entry as it is, unless it is written or is not a part of the snapshot. */
  before(db: Keyspace, entry: Address): void {
    if (entry === this.#entry) return this.#finishEntry();
    if (this.#marks.has(entry)) return;
    const saved = this.#tables.find(({ table }) => table === db.table);
    if (saved === undefined) return;
    this.#marks.add(entry);
    if (this.#rest === undefined) {
      this.#select(saved.index);
      for (const _ of this.#write(this.writer, saved, entry));
    } else {
      if (this.#earlyIndex !== saved.index) writeDatabase(this.#early, saved.index);
      this.#earlyIndex = saved.index;
      for (const _ of this.#write(this.#early, saved, entry));
    }
  }

  /** Takes note of an entry that is new, and no part of the snapshot. */
  added(entry: Address): void {
    this.#marks.add(entry);
  }

  /**
   * Keeps a table that no database is to have any more until it is written.
   *
   * @returns Whether it does; otherwise it is the caller's to give back, with its deadlines.
   */
  keep(table: Address): boolean {
    const saved = this.#tables.find((saved) => saved.table === table);
    if (saved === undefined) return false;
    saved.kept = true;
    return true;
  }

  /** Gives back the tables that it has kept. It writes nothing more. */
  end(): void {
    for (const saved of this.#tables.splice(0)) this.#release(saved);
  }

  #select(index: number): void {
    if (this.#index !== index) writeDatabase(this.writer, index);
    this.#index = index;
  }

  *#writeInParts(saved: SavedTable, entry: Address): Generator<void, void> {
    this.#marks.add(entry);
    this.#select(saved.index);
    this.#entry = entry;
    const rest = this.#rest = this.#write(this.writer, saved, entry);
    while (!rest.next().done) yield;
    this.#finishEntry();
  }

  /** Writes what is left of the entry that is written in part, and what had to wait for it. */
  #finishEntry(): void {
    for (const _ of this.#rest ?? []);
    this.#rest = undefined;
    this.#entry = 0;
    if (this.#earlyIndex < 0) return;
    this.writer.raw(this.#early.written());
    this.#early.clear();
    this.#index = this.#earlyIndex;
    this.#earlyIndex = -1;
  }

  *#write(writer: RdbWriter, { deadlines }: SavedTable, entry: Address): Generator<void, void> {
    const { objects, eviction } = this.#engine;
    const facts: KeyFacts = eviction.savedUse(entry);
    if (objects.arena.word(entry, PLACE) !== 0) facts.expiresAt = deadlines.exactDeadline(entry);
    writeKey(writer, objects.keys.key(entry), valueType(objects, entry), facts);
    yield* writeValue(writer, this.#engine, entry);
  }

  #release({ table, deadlines, kept }: SavedTable): void {
    if (!kept) return;
    const { objects } = this.#engine;
    deadlines.clear();
    objects.lazyFree.add((limit) =>
      objects.keys.clear(table, limit, (entry) => objects.free(entry))
    );
  }
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

/** Where it is said why a snapshot could not be written. */
export interface SnapshotLog {
  error(message: string): void;
}

/** The snapshot of one cache: where it is kept, and when it was written. */
export class Snapshots {
  /** Where it is kept; undefined where none is. */
  store: SnapshotStore | undefined;
  log: SnapshotLog = console;
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
  #background: { startedAt: number; done: Promise<void>; cancel: () => void } | undefined;
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

  /** For how many seconds one is being written in the background; undefined if none is. */
  get duration(): number | undefined {
    if (this.#background === undefined) return undefined;
    return Math.floor((this.#engine.now - this.#background.startedAt) / 1000);
  }

  /**
   * Writes one at once. It takes the place of one that is being written.
   *
   * @throws {Error} If that is not possible.
   */
  save(store: SnapshotStore = this.#configured()): void {
    this.cancel();
    const engine = this.#engine;
    let file: SnapshotFile | undefined;
    try {
      file = store.create();
      const saving = new Saving(engine);
      const { writer } = saving;
      const crc = this.#checksum();
      for (const _ of saving.run()) {
        if (writer.length >= CHUNK_SIZE) file.writeSync(takeChunk(writer, crc));
      }
      writeEnd(writer, crc);
      file.writeSync(takeChunk(writer));
      file.commitSync();
      this.#succeeded(engine.dirty);
    } catch (error) {
      this.#failed(error, store);
      throw error;
    } finally {
      file?.discard();
    }
  }

  /**
   * Begins to write one of this moment in the background. There must be none that is being written.
   *
   * @throws {Error} If there is no place to keep it.
   */
  saveInBackground(): void {
    const store = this.#configured();
    const engine = this.#engine;
    const saving = new Saving(engine);
    let file: SnapshotFile | undefined;
    let cancelled = false;
    const end = () => {
      if (engine.saving === saving) engine.saving = undefined;
      saving.end();
      file?.discard();
    };
    const write = async (): Promise<void> => {
      const { dirty } = engine;
      try {
        file = store.create();
        await this.#write(saving, file, () => cancelled);
        if (!cancelled) this.#succeeded(dirty);
      } catch (error) {
        if (!cancelled) this.#failed(error, store);
      } finally {
        end();
        if (!cancelled) this.#ended();
      }
    };
    engine.saving = saving;
    const cancel = () => {
      cancelled = true;
      end();
    };
    this.#lastTry = engine.now;
    const background = { startedAt: engine.now, done: Promise.resolve(), cancel };
    this.#background = background;
    background.done = write();
  }

  /** The same as soon as nothing else is being done. */
  saveSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      if (this.#background === undefined) this.saveInBackground();
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

  /** Gives up what is being written in the background. */
  cancel(): void {
    const background = this.#background;
    this.#background = undefined;
    background?.cancel();
  }

  /** Ends all that goes on by itself. */
  async stop(): Promise<void> {
    this.#cancelTimer?.();
    clearTimeout(this.#soon);
    const done = this.#background?.done;
    this.cancel();
    await done;
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
    // Loading tells nobody of new keys.
    engine.notifyClasses = "";
    try {
      this.#read(source, merge);
    } finally {
      engine.applySettings();
    }
    this.#savedDirty = engine.dirty;
    return true;
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
    const { now, settings: { savePoints } } = this.#engine;
    if (this.#background !== undefined) return;
    if (this.lastError !== undefined && now - this.#lastTry < RETRY_DELAY) return;
    const isDue = ({ seconds, changes }: SavePoint) =>
      this.changes >= changes && now - this.lastSave >= seconds * 1000;
    if (savePoints.some(isDue)) this.saveInBackground();
  }

  async #write(
    saving: Saving,
    file: SnapshotFile,
    isCancelled: () => boolean,
  ): Promise<void> {
    const { writer } = saving;
    const crc = this.#checksum();
    const parts = saving.run();
    let seen = -1;
    for (let done = false; !done;) {
      const { commands } = this.#engine.stats;
      const end = performance.now() + (commands === seen ? IDLE_TURN : BUSY_TURN);
      seen = commands;
      while (!done && writer.length < CHUNK_SIZE && performance.now() < end) {
        done = parts.next().done ?? false;
      }
      if (done) {
        this.#engine.saving = undefined;
        writeEnd(writer, crc);
        await file.write(takeChunk(writer));
      } else if (writer.length >= CHUNK_SIZE) {
        await file.write(takeChunk(writer, crc));
      }
      // Others get their turn, who may have waited meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (isCancelled()) return;
    }
    await file.commit();
  }

  #read(source: RdbSource, merge: boolean): void {
    const engine = this.#engine;
    const { objects, databases, now } = engine;
    const reader = new RdbReader(source);
    let db = databases[0];
    this.loaded = this.expired = 0;
    readFile(reader, {
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
        if (expiresAt !== undefined && Number(expiresAt) < now) {
          value.discard();
          this.expired++;
          return;
        }
        const old = objects.keys.find(db.table, key);
        if (old !== 0) {
          if (!merge) reader.fail("A key comes twice");
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
  }

  #configured(): SnapshotStore {
    if (this.store !== undefined) return this.store;
    throw new Error("This cache keeps no snapshot: start it with --snapshot FILE");
  }

  #checksum(): Crc64 | undefined {
    return this.#engine.settings.checksumSnapshots ? new Crc64() : undefined;
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

  /** One that was written in the background is written, or has failed. */
  #ended(): void {
    const background = this.#background;
    if (background === undefined) return;
    this.#background = undefined;
    this.lastDuration = Math.floor((this.#engine.clock.now() - background.startedAt) / 1000);
    this.#engine.flush();
  }
}

/** Takes what was written, into the checksum too if there is one. */
function takeChunk(writer: RdbWriter, crc?: Crc64): Uint8Array {
  const chunk = writer.written().copy();
  crc?.update(chunk);
  writer.clear();
  return chunk;
}

/** A snapshot that is kept for a moment only. */
class MemoryStore implements SnapshotStore {
  readonly path = "in memory";
  #chunks: Uint8Array[] = [];

  open(): RdbSource & Disposable {
    const chunks = this.#chunks;
    let at = 0;
    return {
      size: chunks.reduce((sum, { length }) => sum + length, 0),
      read: (into) => {
        const part = chunks[0]?.subarray(at, at + into.length) ?? new Uint8Array(0);
        into.set(part);
        at += part.length;
        if (at === chunks[0]?.length) {
          chunks.shift();
          at = 0;
        }
        return part.length;
      },
      [Symbol.dispose]: () => {},
    };
  }

  create(): SnapshotFile {
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
