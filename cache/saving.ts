/**
 * The writing of all keys as they are at one moment, at once or a part at a time between commands: into a
 * snapshot's file, into the base of an append-only file, or to replicas.
 *
 * While it is being done in parts, each key is written as it was when that began: before a key changes
 * that is not written yet, it is written. A mark for each entry, one bit, tells which are written or new.
 * A table that is emptied meanwhile is kept until it is written.
 *
 * @module
 */

import { valueType, writeValue } from "./dump.ts";
import type { Engine } from "./engine.ts";
import type { Deadlines } from "./expiry.ts";
import type { Keyspace } from "./keyspace.ts";
import { PLACE } from "./objects.ts";
import { Crc64 } from "./rdb/crc64.ts";
import {
  type KeyFacts,
  writeDatabase,
  writeEnd,
  writeHeader,
  writeKey,
  writeLibrary,
  writeSizes,
} from "./rdb/file.ts";
import { RdbWriter } from "./rdb/writer.ts";
import { type Address, byteOf, segmentOf } from "./store/arena.ts";
import { latin1Slice } from "./store/slice.ts";
import { REDIS_VERSION } from "./version.ts";

/** What is collected before it is written. */
const CHUNK_SIZE = 64 * 1024;

/** So much is collected in one part at most, if there is time for it. */
const MAX_PART_SIZE = 256 * 1024;

/**
 * How long a part may take, in milliseconds, while commands are executed, which wait for that long, and
 * while none are.
 */
const BUSY_TURN = 0.2;
const IDLE_TURN = 2;

/**
 * Where commands take long between two parts, the next may take this share of their time, up to so many
 * milliseconds: else a busy server would never come to the end.
 */
const BUSY_SHARE = 0.1;
const MAX_BUSY_TURN = 5;

/** After so many entries without a pause of their own, the time is looked at again. */
const ENTRIES_PER_LOOK = 16;

/** What all keys are written to in the background. */
export interface BackgroundTarget {
  write(data: Uint8Array): Promise<void>;
  /** Says that all is written. */
  commit(): Promise<void>;
  /** Gives it up; what was committed stays. */
  discard(): void;
}

/** What they can be written to at once, too. */
export interface SavingTarget extends BackgroundTarget {
  writeSync(data: Uint8Array): void;
  commitSync(): void;
}

/** What the beginning of the file tells of it, beside what it always tells. */
export type SavingFacts = Readonly<Record<string, string | number>>;

/** What of a cache is written. */
export interface SavingParts {
  readonly data: boolean;
  readonly functions: boolean;
}

export const ALL_PARTS: SavingParts = { data: true, functions: true };

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

/** The writing of the keys as they are when this is made. */
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

  constructor(engine: Engine, facts: SavingFacts = {}, parts: SavingParts = ALL_PARTS) {
    this.#engine = engine;
    const { compressSnapshots } = engine.settings;
    this.writer = new RdbWriter(compressSnapshots);
    this.#early = new RdbWriter(compressSnapshots);
    this.#tables = engine.databases.filter(({ size }) => parts.data && size > 0)
      .map(({ index, table, deadlines }) => ({ index, table, deadlines, kept: false }));
    writeHeader(this.writer, {
      "redis-ver": REDIS_VERSION,
      "redis-bits": 64,
      ctime: Math.floor(engine.now / 1000),
      "used-mem": engine.objects.arena.used,
      ...facts,
      "aof-base": facts["aof-base"] ?? 0,
    });
    const { libraries } = engine.scripting.functions;
    for (const { code } of parts.functions ? libraries.values() : []) {
      writeLibrary(this.writer, latin1Slice(code));
    }
  }

  /** Writes what there is to be written, and pauses after each part. */
  *run(): Generator<void, void> {
    const { objects: { keys }, settings: { keySaveDelay } } = this.#engine;
    const entriesPerLook = keySaveDelay > 0 ? 1 : ENTRIES_PER_LOOK;
    const found: Address[] = [];
    let entries = 0;
    for (let current; (current = this.#tables[0]) !== undefined;) {
      this.#select(current.index);
      writeSizes(this.writer, keys.size(current.table), current.deadlines.size);
      let cursor = 0;
      do {
        cursor = keys.scan(current.table, cursor, (entry) => void found.push(entry));
        for (const entry of found.splice(0)) {
          if (++entries % entriesPerLook === 0) yield;
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

/**
 * Writes all keys at once.
 *
 * @throws What the target throws.
 */
export function writeAll(engine: Engine, target: SavingTarget, facts?: SavingFacts): void {
  const saving = new Saving(engine, facts);
  const { writer } = saving;
  const crc = checksum(engine);
  for (const _ of saving.run()) {
    if (writer.length >= CHUNK_SIZE) target.writeSync(takeChunk(writer, crc));
  }
  writeEnd(writer, crc);
  target.writeSync(takeChunk(writer));
  target.commitSync();
}

/** What is written in the background: a snapshot, what replicas begin with, or an append-only file's base. */
export type BackgroundKind = "snapshot" | "replicas" | "base";

/** What is being written in the background. */
interface Running {
  readonly kind: BackgroundKind;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly done: Promise<void>;
  readonly cancel: () => void;
}

/** The writing of all keys in the background: one at a time, as in Redis. */
export class Background {
  /** How many times it has begun. */
  starts = 0;
  readonly #engine: Engine;
  #running: Running | undefined;
  #isStopped = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** What is being written, if anything is. */
  get kind(): BackgroundKind | undefined {
    return this.#running?.kind;
  }

  /**
   * Whether writing may begin: nothing is being written, the cache is not being closed, and no script is
   * amid that lets others have their turn. What that has done so far would be written, and be told once
   * more as effects when it ends.
   */
  get isFree(): boolean {
    return this.#running === undefined && !this.#isStopped &&
      this.#engine.scripting.runner.busy === undefined;
  }

  /** For how many seconds something of a kind is being written; undefined if none is. */
  duration(kind: BackgroundKind): number | undefined {
    if (this.#running?.kind !== kind) return undefined;
    return Math.floor((this.#engine.now - this.#running.startedAt) / 1000);
  }

  /**
   * Begins to write the keys as they are now, which is to be possible ({@linkcode isFree}).
   *
   * @param create Begins what they are written to. It may throw: that is an end as any other.
   * @param ended Is called once, at once if it cannot begin: with what has gone wrong, if something has,
   * or with {@linkcode CANCELLED} if it was given up.
   */
  start(
    kind: BackgroundKind,
    create: () => BackgroundTarget,
    ended: (error?: unknown) => void,
    facts?: SavingFacts,
    parts?: SavingParts,
  ): void {
    const engine = this.#engine;
    const saving = new Saving(engine, facts, parts);
    let target: BackgroundTarget | undefined;
    let cancelled = false;
    const end = () => {
      if (engine.saving === saving) engine.saving = undefined;
      saving.end();
      target?.discard();
    };
    const write = async (): Promise<void> => {
      let failure: unknown;
      try {
        target = create();
        await this.#write(saving, target, () => cancelled);
      } catch (error) {
        failure = error ?? new Error("unknown error");
      }
      end();
      if (!cancelled) this.#running = undefined;
      ended(cancelled ? CANCELLED : failure);
      engine.flush();
    };
    const cancel = () => {
      cancelled = true;
      end();
    };
    this.starts++;
    engine.saving = saving;
    const running = { kind, startedAt: engine.now, done: Promise.resolve(), cancel };
    this.#running = running;
    running.done = write();
  }

  /** Has something done when what it is not free for has come to its end, unless all ends with it. */
  afterwards(task: () => void): void {
    const unlessStopped = () => {
      if (!this.#isStopped) task();
    };
    if (this.#running === undefined) this.#engine.scripting.runner.afterwards(unlessStopped);
    else void this.#running.done.then(unlessStopped);
  }

  /** Gives up what is being written, if it is of a kind. Default: of any. */
  cancel(kind: BackgroundKind | undefined = this.kind): void {
    const running = this.#running;
    if (running === undefined || running.kind !== kind) return;
    this.#running = undefined;
    running.cancel();
  }

  /** Gives up what is being written, and waits for its end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const done = this.#running?.done;
    this.cancel();
    await done;
  }

  async #write(
    saving: Saving,
    target: BackgroundTarget,
    isCancelled: () => boolean,
  ): Promise<void> {
    const { writer } = saving;
    const crc = checksum(this.#engine);
    const parts = saving.run();
    let seen = -1;
    let paused = performance.now();
    for (let done = false; !done;) {
      if (isCancelled()) return;
      const { commands } = this.#engine.stats;
      const begun = performance.now();
      const share = Math.min((begun - paused) * BUSY_SHARE, MAX_BUSY_TURN);
      const end = begun + (commands === seen ? IDLE_TURN : Math.max(share, BUSY_TURN));
      seen = commands;
      const delay = this.#engine.settings.keySaveDelay / 1000;
      do done = parts.next().done ?? false; while (
        !done && delay <= 0 && writer.length < MAX_PART_SIZE && performance.now() < end
      );
      if (done) {
        this.#engine.saving = undefined;
        writeEnd(writer, crc);
        await target.write(takeChunk(writer));
      } else if (writer.length >= CHUNK_SIZE) {
        await target.write(takeChunk(writer, crc));
      }
      // Others get their turn, who may have waited meanwhile.
      paused = performance.now();
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
    if (!isCancelled()) await target.commit();
  }
}

/** What has gone wrong where something was given up. */
export const CANCELLED = new Error("It was given up");

function checksum({ settings }: Engine): Crc64 | undefined {
  return settings.checksumSnapshots ? new Crc64() : undefined;
}

/** Takes what was written, into the checksum too if there is one. */
function takeChunk(writer: RdbWriter, crc?: Crc64): Uint8Array {
  const chunk = writer.written().copy();
  crc?.update(chunk);
  writer.clear();
  return chunk;
}
