/**
 * The append-only file: every change is appended to it before its reply goes out, so that at the next
 * start all that was replied is there. It is made of several files in a directory, as that of Redis 7: a
 * base with all keys of one moment, increments with the effects of commands since, and a manifest that
 * says which they are. A rewrite makes a new base in the background, and begins a new increment.
 *
 * @module
 */

import { AppendedFile, type OpenLog } from "./append_only_file.ts";
import { type AppendOnlyLog, LogDirectory } from "./append_only_directory.ts";
import { loadFiles } from "./append_only_loader.ts";
import { FILE_NAME, filesOf, isEmpty, type LogFile, nextBase } from "./append_only_manifest.ts";
import type { Client } from "./client.ts";
import { misconfigured } from "./commands/error.ts";
import { APPEND_ONLY, type EffectsListener } from "./effects.ts";
import type { Engine } from "./engine.ts";
import { writeAll } from "./saving.ts";
import { FileStore } from "./snapshot_file.ts";
import { copyBytes, latin1Slice, type Slice } from "./store/slice.ts";

/**
 * When what is appended is made durable, as `appendfsync` says it: before the reply goes out, once a
 * second, or when the system chooses to.
 */
export type FsyncPolicy = "always" | "everysec" | "no";

export const FSYNC_POLICIES: readonly FsyncPolicy[] = ["always", "everysec", "no"];

/** Where a cache keeps it that was not started with one. */
const DEFAULT_DIRECTORY = "appendonlydir";

/** What an increment is called until the first rewrite is done. */
const FIRST_INCREMENT = { name: `temp-${FILE_NAME}.incr` };

/** How often it is synced by `everysec`, and tried again what has failed: in milliseconds. */
const INTERVAL = 1000;

/** So long a write waits for a sync that is late, in milliseconds: it would stop everything (as in Redis). */
const MAX_DELAY = 2000;

/** After so many failures, automatic rewrites wait for minutes (`AOF_REWRITE_LIMITE_THRESHOLD`). */
const MAX_FAILURES = 3;
const MINUTE = 60_000;
const MAX_MINUTES = 60;

const INITIAL_SIZE = 16 * 1024;
/** A buffer that is larger than this is not kept. */
const KEPT_SIZE = 1024 * 1024;

/** The append-only file of one cache. */
export class AppendOnly implements EffectsListener {
  readonly target = APPEND_ONLY;
  database = -1;
  log: AppendOnlyLog = console;
  /** Opens what is appended to. */
  open: OpenLog = (path, options) => Deno.openSync(path, options);
  /** Why nothing can be appended, if that is so: then commands that write are refused. */
  failure: string | undefined;
  /** Whether a rewrite is to begin when nothing else is written. */
  scheduled = false;

  readonly #engine: Engine;
  /** While it waits for its first rewrite, what was before is not enough to load. */
  #state: "off" | "waiting" | "on" = "off";
  #directory: LogDirectory | undefined;
  #file: AppendedFile | undefined;
  /** Effects that are not in the file yet. */
  #bytes = new Uint8Array(INITIAL_SIZE);
  #length = 0;
  /** Whose effects those are, where their replies wait for a sync. */
  readonly #writers: Set<Client> = new Set();
  /** The second of the last timestamp. */
  #timestamp = 0;
  /** Bytes: of all files, and of what the growth is measured by. */
  #totalSize = 0;
  #rewrittenSize = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncing: Promise<void> | undefined;
  #syncFailed = false;
  /** Ends the wait for a sync that is late. */
  #lateTimer: ReturnType<typeof setTimeout> | undefined;
  #delayedSyncs = 0;
  /** The rewrite that is being done. */
  #rewrite: object | undefined;
  #rewriteTimer: ReturnType<typeof setTimeout> | undefined;
  /** Before that no rewrite begins by itself, by `performance.now()`. */
  #notBefore = 0;
  #rewrites = 0;
  #failures = 0;
  #rewriteError: string | undefined;
  /** In seconds; -1 before the first. */
  #rewriteDuration = -1;
  /** What is done on other threads: the last sync of old increments, and the deletion of files. */
  #others: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Whether there is something to be written. */
  get isPending(): boolean {
    return this.#length > 0;
  }

  /** How many bytes the buffer takes. */
  get bufferSize(): number {
    return this.#state === "off" ? 0 : this.#bytes.length;
  }

  /** What `INFO` tells. */
  get facts(): Record<string, string | number> {
    const { background } = this.#engine;
    const status = (error: string | undefined) => error === undefined ? "ok" : "err";
    const facts = {
      aof_enabled: this.#state === "off" ? 0 : 1,
      aof_rewrite_in_progress: background.kind === "base" ? 1 : 0,
      aof_rewrite_scheduled: this.scheduled ? 1 : 0,
      aof_last_rewrite_time_sec: this.#rewriteDuration,
      aof_current_rewrite_time_sec: background.duration("base") ?? -1,
      aof_last_bgrewrite_status: status(this.#rewriteError),
      aof_rewrites: this.#rewrites,
      aof_rewrites_consecutive_failures: this.#failures,
      aof_last_write_status: status(this.failure),
      aof_last_cow_size: 0,
    };
    if (this.#state === "off") return facts;
    return {
      ...facts,
      aof_current_size: this.#totalSize,
      aof_base_size: this.#rewrittenSize,
      aof_pending_rewrite: this.scheduled ? 1 : 0,
      aof_buffer_length: this.#length,
      aof_pending_bio_fsync: this.#syncing === undefined ? 0 : 1,
      aof_delayed_fsync: this.#delayedSyncs,
    };
  }

  // The start and the end.

  /**
   * Loads what there is.
   *
   * @returns Whether there is something.
   * @throws {Error} If it is damaged, or cannot be read.
   */
  load(): boolean {
    const files = this.#files;
    files.read();
    loadFiles(this.#engine, files.path, files.manifest, this.log);
    return !isEmpty(files.manifest);
  }

  /**
   * Begins to append, to a base of the keys that there are if there is none.
   *
   * @throws {Error} If that is not possible.
   */
  begin(): void {
    const files = this.#files;
    files.create();
    let { manifest } = files;
    if (isEmpty(manifest)) {
      const base = nextBase(manifest);
      const target = new FileStore(files.pathOf(base)).create();
      try {
        writeAll(this.#engine, target, { "aof-base": 1 });
      } finally {
        target.discard();
      }
      manifest = { ...manifest, base };
    }
    const last = manifest.increments.at(-1);
    const file = last ?? files.nextIncrement;
    this.#file = new AppendedFile(files.pathOf(file), this.open, last === undefined);
    if (last === undefined) files.persist({ ...manifest, increments: [file] });
    this.#measure();
    this.#state = "on";
    this.#listen();
    this.#deleteHistory();
  }

  /**
   * Turns it on or off as the settings say.
   *
   * @param isAmid Whether this is amid a transaction, of which it is not to have a part.
   * @returns What is wrong, if it cannot be turned on.
   */
  apply(isAmid: boolean): string | void {
    const { settings, background } = this.#engine;
    if (settings.appendOnly === (this.#state !== "off")) {
      const { appendFsync } = settings;
      // What was replied before is to be as safe as what comes.
      if (appendFsync === "always" && this.#state !== "off") this.#syncNow();
      return;
    }
    if (!settings.appendOnly) return void this.#stop();
    try {
      this.#files.read();
    } catch (error) {
      return text(error);
    }
    // A base that is being written would lack what changes meanwhile.
    this.stop();
    background.cancel("base");
    this.#state = "waiting";
    if (background.kind !== undefined || isAmid) return this.rewriteSoon();
    try {
      this.rewrite();
    } catch {
      this.#stop();
      return "Unable to turn on AOF. Check server logs.";
    }
  }

  /**
   * Executes again what there is, in place of the keys that there are (`DEBUG LOADAOF`).
   *
   * @throws {Error} If it is damaged, or cannot be read.
   */
  reload(): void {
    const engine = this.#engine;
    this.#write();
    const { dirty } = engine;
    engine.flushAll();
    engine.scripting.functions.clear();
    try {
      loadFiles(engine, this.#files.path, this.#files.manifest, this.log);
    } finally {
      engine.dirty = dirty;
    }
  }

  /** Whether it is on. */
  get isOn(): boolean {
    return this.#state === "on";
  }

  /** Ends all that goes on by itself, before what is written in the background is given up. */
  stop(): void {
    this.scheduled = false;
    this.#rewrite = undefined;
    clearTimeout(this.#rewriteTimer);
  }

  /**
   * Writes what there is, and closes it.
   *
   * @throws {Error} If that is not possible.
   */
  async close(): Promise<void> {
    const state = this.#state;
    this.stop();
    if (state === "waiting") {
      // What it has is of no use without the base that was not finished.
      this.#abandon();
      this.#files.supersede();
      try {
        this.begin();
      } catch (error) {
        this.#fail(error);
      }
    }
    if (state !== "off") this.#write();
    const { failure } = this;
    this.#stop();
    await this.#others;
    if (failure !== undefined) throw new Error(`Cannot write the append-only file: ${failure}`);
  }

  #stop(): void {
    this.#write();
    // What was written may have asked for a rewrite.
    this.stop();
    for (const timer of [this.#timer, this.#lateTimer]) clearTimeout(timer);
    this.#timer = this.#lateTimer = undefined;
    this.#engine.background.cancel("base");
    this.#abandon();
    this.#state = "off";
    this.failure = undefined;
    this.#syncFailed = false;
  }

  /** Appends to nothing any more. */
  #abandon(): void {
    this.#engine.removeListener(this);
    if (this.#file !== undefined) this.#retire(this.#file);
    this.#file = undefined;
    this.#length = 0;
    this.#writers.clear();
    if (this.#state !== "waiting") return;
    try {
      Deno.removeSync(this.#files.pathOf(FIRST_INCREMENT));
    } catch {
      // The next one takes its place.
    }
  }

  // Appending.

  write(effects: Slice): void {
    const { settings, now, current } = this.#engine;
    if (settings.appendTimestamps) {
      const second = Math.floor(now / 1000);
      if (second > this.#timestamp) {
        this.#append(latin1Slice(`#TS:${this.#timestamp = second}\r\n`));
      }
    }
    this.#append(effects);
    if (current !== undefined && settings.appendFsync === "always") this.#writers.add(current);
  }

  #append({ bytes, start, length }: Slice): void {
    const end = this.#length + length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    copyBytes(bytes, start, length, this.#bytes, this.#length);
    this.#length = end;
  }

  /**
   * Writes the effects that there are: before any reply goes out that says that they have happened. While
   * the disk is busy with a sync by `everysec` they may wait. Clients whose effects should be on the disk
   * and are not get no reply: their connections are closed.
   */
  flush(): void {
    if (this.#length === 0) return;
    if (this.#syncing !== undefined && this.#engine.settings.appendFsync === "everysec") {
      this.#lateTimer ??= setTimeout(() => {
        this.#lateTimer = undefined;
        this.#delayedSyncs++;
        this.log.warn("The disk is slow: the append-only file is written while it is being synced");
        this.#write();
      }, MAX_DELAY);
      return;
    }
    if (this.failure === undefined) this.#write();
    if (this.failure !== undefined) this.#refuseWriters();
  }

  #refuseWriters(): void {
    for (const client of this.#writers) {
      client.reply.truncate(0);
      if (client.internal) {
        client.reply.error(misconfigured(this.failure ?? ""));
      } else {
        client.close("append-only file");
      }
    }
    this.#writers.clear();
  }

  #write(): void {
    const file = this.#file;
    if (file === undefined || this.#length === 0) return;
    const { settings, background } = this.#engine;
    const { appendFsync, noSyncOnRewrite } = settings;
    const sync = appendFsync === "always" && !(noSyncOnRewrite && background.kind !== undefined);
    const { written, error } = file.append(this.#bytes.subarray(0, this.#length), sync);
    this.#totalSize += written;
    this.#bytes.copyWithin(0, written, this.#length);
    this.#length -= written;
    if (error !== undefined) return this.#fail(error);
    this.#writers.clear();
    if (this.#bytes.length > KEPT_SIZE) this.#bytes = new Uint8Array(INITIAL_SIZE);
    if (!this.#syncFailed) this.#succeed();
    this.#timer ??= setTimeout(() => this.#tick(), INTERVAL);
    if (this.#hasGrown()) this.rewriteSoon();
  }

  #fail(error: unknown): void {
    const reason = text(error).replace(/ \(os error \d+\)$/, "");
    if (this.failure === undefined) {
      this.log.error(`Cannot write the append-only file in ${this.#files.path}: ${reason}`);
    }
    this.failure = reason;
    this.#timer ??= setTimeout(() => this.#tick(), INTERVAL);
  }

  #succeed(): void {
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.log.info("The append-only file can be written again");
  }

  /** Looks a while after a write at what has become of it. */
  #tick(): void {
    this.#timer = undefined;
    const file = this.#file;
    if (file === undefined) return;
    if (file.isDeleted) return this.#startAnew();
    if (this.failure !== undefined && this.#syncing === undefined) this.#write();
    const { settings, background } = this.#engine;
    const isDue = settings.appendFsync === "everysec" || this.#syncFailed;
    if (!isDue || file.syncedSize === file.size) return;
    const waits = settings.noSyncOnRewrite && background.kind !== undefined;
    if (waits || this.#syncing !== undefined) {
      this.#timer ??= setTimeout(() => this.#tick(), INTERVAL);
    } else {
      this.#syncing = this.#sync(file);
    }
  }

  async #sync(file: AppendedFile): Promise<void> {
    const failure = await file.syncInBackground().then(() => undefined, text);
    this.#syncing = undefined;
    clearTimeout(this.#lateTimer);
    this.#lateTimer = undefined;
    // What follows may have taken its place.
    if (file === this.#file && failure !== undefined) {
      this.#syncFailed = true;
      this.#fail(failure);
    } else if (file === this.#file && this.#syncFailed) {
      this.#syncFailed = false;
      this.#succeed();
      // What a sync has failed for may not be written by the next.
      this.rewriteSoon();
    }
    if (this.failure === undefined) this.#write();
  }

  #syncNow(): void {
    const file = this.#file;
    this.#write();
    try {
      if (file !== undefined && file.syncedSize < file.size) file.sync();
    } catch (error) {
      this.#syncFailed = true;
      this.#fail(error);
    }
  }

  /** Begins with all keys there are, because the files were deleted. Until that is done, nobody may write. */
  #startAnew(): void {
    this.#fail(new Error("No such file or directory"));
    this.restart();
    this.#files.forget();
  }

  /** Begins anew with the keys that there are, which no effects have told of. */
  restart(): void {
    if (this.#state === "off") return;
    this.stop();
    this.#engine.background.cancel("base");
    this.#abandon();
    this.#state = "waiting";
    this.rewriteSoon();
  }

  /** Has the rest of a file synced, and closes it. */
  #retire(file: AppendedFile): void {
    const { log } = this;
    const close = async (before = this.#syncing) => {
      try {
        await before;
        await file.syncInBackground();
      } catch (error) {
        log.error(`Cannot sync an append-only file: ${text(error)}`);
      }
      file.close();
    };
    this.#others = Promise.all([this.#others, close()]);
  }

  // Rewriting.

  /** Begins a rewrite as soon as nothing else is being done, or written. */
  rewriteSoon(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.#rewriteLater(0);
  }

  /** Lets a rewrite that somebody asks for begin, however many have failed. */
  forgive(): void {
    this.#failures = 0;
  }

  #rewriteLater(delay: number): void {
    clearTimeout(this.#rewriteTimer);
    this.#rewriteTimer = setTimeout(() => {
      const { background } = this.#engine;
      if (!background.isFree) {
        return background.afterwards(() => this.scheduled && this.#rewriteLater(0));
      }
      try {
        this.rewrite();
      } catch {
        // The log says why.
      }
    }, delay);
  }

  /**
   * Begins a rewrite. There must be nothing that is being written.
   *
   * @throws {Error} If that is not possible.
   */
  rewrite(): void {
    const { background, clock } = this.#engine;
    const startedAt = clock.now();
    this.scheduled = false;
    clearTimeout(this.#rewriteTimer);
    try {
      if (this.#state === "off") this.#files.read();
      this.#files.create();
      this.#openIncrement();
    } catch (error) {
      this.#endRewrite(startedAt, error);
      throw error;
    }
    const base = nextBase(this.#files.manifest);
    const rewrite = this.#rewrite = {};
    this.#rewrites++;
    const create = () => new FileStore(this.#files.pathOf(base)).create();
    background.start("base", create, (error) => {
      // Given up for another, or for good.
      if (this.#rewrite !== rewrite) return;
      this.#rewrite = undefined;
      let failure = error;
      try {
        if (failure === undefined) this.#install(base);
      } catch (error) {
        failure = error;
      }
      this.#endRewrite(startedAt, failure);
    }, { "aof-base": 1 });
  }

  /** Has what comes from now on appended to a new file. */
  #openIncrement(): void {
    if (this.#state === "off") return;
    this.#write();
    // The new base will have it: what is in both would be done twice.
    if (this.#length > 0) throw new Error(this.failure);
    const files = this.#files;
    if (this.#state === "waiting") {
      this.#use(new AppendedFile(files.pathOf(FIRST_INCREMENT), this.open, true));
      return this.#listen();
    }
    const next = files.nextIncrement;
    const file = new AppendedFile(files.pathOf(next), this.open, true);
    try {
      const { manifest } = files;
      files.persist({ ...manifest, increments: [...manifest.increments, next] });
    } catch (error) {
      file.close();
      throw error;
    }
    this.#use(file);
  }

  #use(file: AppendedFile): void {
    if (this.#file !== undefined) this.#retire(this.#file);
    this.#file = file;
    this.database = -1;
  }

  /** Lets a new base take the place of all before. */
  #install(base: LogFile): void {
    const files = this.#files;
    const { manifest } = files;
    let current = this.#state === "on" ? manifest.increments.at(-1) : undefined;
    if (this.#state === "waiting") {
      current = files.nextIncrement;
      Deno.renameSync(files.pathOf(FIRST_INCREMENT), files.pathOf(current));
    }
    files.persist({
      base,
      increments: current === undefined ? [] : [current],
      history: filesOf(manifest).filter((file) => file !== current),
    });
    if (this.#state === "waiting") this.#state = "on";
    this.#measure();
    this.#rewrittenSize = this.#totalSize;
    this.#deleteHistory();
  }

  #endRewrite(startedAt: number, error: unknown): void {
    this.#rewriteDuration = Math.floor((this.#engine.clock.now() - startedAt) / 1000);
    if (error === undefined) {
      this.#failures = 0;
      this.#rewriteError = undefined;
      this.#notBefore = 0;
      if (!this.#syncFailed) this.#succeed();
      return;
    }
    this.#failures++;
    this.#rewriteError = text(error);
    this.log.error(`Cannot rewrite the append-only file: ${this.#rewriteError}`);
    const minutes = Math.min(2 ** (this.#failures - MAX_FAILURES), MAX_MINUTES);
    const delay = this.#failures < MAX_FAILURES ? INTERVAL : minutes * MINUTE;
    this.#notBefore = performance.now() + delay;
    if (this.#state !== "waiting") return;
    this.#abandon();
    this.scheduled = true;
    // Nothing is kept until one succeeds.
    this.#rewriteLater(Math.min(delay, MINUTE));
  }

  /** Whether it has grown so much since the last rewrite that another is due. */
  #hasGrown(): boolean {
    const { settings, background } = this.#engine;
    const { rewritePercentage, rewriteMinSize } = settings;
    const growth = this.#totalSize * 100 / Math.max(this.#rewrittenSize, 1) - 100;
    return rewritePercentage > 0 && growth >= rewritePercentage &&
      this.#totalSize > rewriteMinSize && this.#state === "on" && background.kind === undefined &&
      performance.now() >= this.#notBefore;
  }

  // Files.

  #listen(): void {
    this.database = -1;
    this.#engine.addListener(this);
  }

  /** @throws {Error} If there is no place for it. */
  checkDirectory(): void {
    this.#place();
  }

  get #files(): LogDirectory {
    return this.#directory ??= new LogDirectory(this.#place(), this.log);
  }

  #place(): string {
    const { appendDirectory, snapshotDirectory } = this.#engine.settings;
    if (appendDirectory !== "") return appendDirectory;
    if (snapshotDirectory !== "") return `${snapshotDirectory}/${DEFAULT_DIRECTORY}`;
    throw new Error("This cache keeps no append-only file: start it with --append-only DIR");
  }

  #measure(): void {
    const { base, total } = this.#files.sizes;
    this.#rewrittenSize = base;
    this.#totalSize = total;
  }

  #deleteHistory(): void {
    this.#others = Promise.all([this.#others, this.#files.deleteHistory()]);
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
