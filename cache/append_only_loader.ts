/**
 * Loads an append-only file: executes again what it has.
 *
 * @module
 */

import { LogReader } from "./append_only_reader.ts";
import { isEmpty, type LogFile, type Manifest } from "./append_only_manifest.ts";
import { Client, Transaction } from "./client.ts";
import { replyFailure } from "./commands/gate.ts";
import type { Engine } from "./engine.ts";
import type { Logger } from "@nimblecache/server";

/** What RDB files begin with. */
const RDB_MAGIC = "REDIS";

/** Where it is said what was found. */
export type LoadLog = Pick<Logger, "warn">;

/**
 * Loads all files of a manifest.
 *
 * @throws {Error} If one is missing or damaged: the message says which, where and why. Nothing was changed
 * in it then.
 */
export function loadFiles(
  engine: Engine,
  directory: string,
  manifest: Manifest,
  log: LoadLog,
): void {
  if (isEmpty(manifest)) return;
  const { base, increments } = manifest;
  const files = [...(base === undefined ? [] : [base]), ...increments];
  const { effects } = engine;
  // It tells nobody of what it executes, and keys expire when the file says so.
  engine.effects = undefined;
  engine.replays = true;
  engine.notifyClasses = "";
  try {
    for (const file of files) {
      const isLast = file === files.at(-1);
      try {
        loadFile(engine, directory, file, isLast, log);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`${file.name}: ${why}`, { cause: error });
      }
    }
  } finally {
    engine.effects = effects;
    engine.replays = false;
    engine.applySettings();
  }
}

function loadFile(
  engine: Engine,
  directory: string,
  { name }: LogFile,
  isLast: boolean,
  log: LoadLog,
): void {
  const path = `${directory}/${name}`;
  let cutAt: number | undefined;
  {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    const source = { size, read: (into: Uint8Array) => file.readSync(into) ?? 0 };
    const magic = new Uint8Array(RDB_MAGIC.length);
    const begun = file.readSync(magic) ?? 0;
    let offset = 0;
    file.seekSync(0, Deno.SeekMode.Start);
    if (String.fromCharCode(...magic.subarray(0, begun)) === RDB_MAGIC) {
      // Requests may follow, in a file of Redis up to 6.
      offset = engine.snapshots.loadBase(source);
      file.seekSync(offset, Deno.SeekMode.Start);
    }
    cutAt = new Replay(engine, new LogReader(source, offset), name, log).run();
    if (cutAt === undefined) return;
    const why = `It ends amid a request or a transaction that begins at byte ${cutAt} of ${size}`;
    if (!isLast) throw new Error(`${why}, and is not the last file`);
    if (!engine.settings.loadTruncated) {
      throw new Error(`${why}, and aof-load-truncated is "no"`);
    }
    log.warn(`${why}: ${path} is cut there`);
  }
  Deno.truncateSync(path, cutAt);
}

/** Executes the requests of one file. */
class Replay {
  readonly #engine: Engine;
  readonly #reader: LogReader;
  readonly #name: string;
  readonly #log: LoadLog;
  readonly #client: Client;
  #failures = 0;
  #firstFailure = "";

  constructor(engine: Engine, reader: LogReader, name: string, log: LoadLog) {
    this.#engine = engine;
    this.#reader = reader;
    this.#name = name;
    this.#log = log;
    this.#client = new Client(engine);
    // What was done once is done again, whoever had asked for it.
    this.#client.isMaster = true;
  }

  /** @returns Where the file is to be cut; undefined if it is whole. */
  run(): number | undefined {
    const client = this.#client;
    const reader = this.#reader;
    let transactionStart = 0;
    try {
      while (true) {
        const next = reader.next();
        if (next === "request") {
          const wasOpen = client.transaction !== undefined;
          this.#execute();
          if (!wasOpen && client.transaction !== undefined) transactionStart = reader.start;
        } else if (client.transaction !== undefined) {
          return transactionStart;
        } else {
          return next === "cut" ? reader.start : undefined;
        }
      }
    } finally {
      client.end();
      if (this.#failures > 0) {
        this.#log.warn(
          `${this.#failures} commands of ${this.#name} have failed, the first ${this.#firstFailure}`,
        );
      }
    }
  }

  /** As the gate does, but for its checks: what was done once is done again. */
  #execute(): void {
    const reader: LogReader = this.#reader;
    const { args } = reader;
    const client = this.#client;
    const command = this.#engine.commands.lookUp(args);
    if (command === undefined) reader.fail("There is an unknown command");
    if (!command.accepts(args.count)) {
      reader.fail(`There is a wrong number of arguments for ${command.fullName}`);
    }
    const isOpen = client.transaction !== undefined;
    if (command.name === "multi" && isOpen) reader.fail("There is MULTI within a transaction");
    if (command.name === "exec" && !isOpen) reader.fail("There is EXEC without MULTI");
    if (client.transaction !== undefined && command.name !== "exec") {
      return client.transaction.queue(command, args);
    }
    try {
      if (command.name === "multi") client.transaction = new Transaction();
      else command.run(client, args);
    } catch (error) {
      client.reply.truncate(0);
      replyFailure(client, 0, error);
    }
    this.#note(client);
  }

  /** Takes note of a reply. Redis too goes on after an error. */
  #note({ reply }: Client): void {
    const written = reply.written();
    if (written[0] === 45) {
      if (this.#failures++ === 0) {
        const line = String.fromCharCode(...written.subarray(1, 200)).split("\r\n", 1)[0];
        this.#firstFailure = `at byte ${this.#reader.start}: ${line}`;
      }
    }
    reply.truncate(0);
    if (reply.overflowed) reply.reset();
  }
}
