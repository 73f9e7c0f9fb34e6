/**
 * The commands of HyperLogLogs, which are strings.
 *
 * @module
 */

import type { Client } from "../client.ts";
import {
  CorruptHyperLogLogError,
  countElements,
  hashElement,
  isDense,
  isHyperLogLog,
  keepCount,
  keptCount,
  makeStale,
  raiseDense,
  Registers,
  Sketch,
  walkSparse,
} from "../hyperloglog.ts";
import type { Keyspace } from "../keyspace.ts";
import { STRING, STRING_RAW } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Address } from "../store/arena.ts";
import type { Slice } from "../store/slice.ts";
import type { CommandRows } from "./command.ts";
import { CommandError, printed } from "./error.ts";

/** Runs a command; what it finds corrupt is an error of the client's. */
function orInvalid(run: (client: Client, args: Args) => void) {
  return (client: Client, args: Args): void => {
    try {
      run(client, args);
    } catch (error) {
      if (!(error instanceof CorruptHyperLogLogError)) throw error;
      throw new CommandError("INVALIDOBJ Corrupted HLL object detected");
    }
  };
}

/** The HyperLogLog of an entry. */
function valueOf({ objects }: Keyspace, entry: Address): Slice {
  const value = objects.string(entry);
  if (isHyperLogLog(value)) return value;
  throw new CommandError("WRONGTYPE Key is not a valid HyperLogLog string value.");
}

/** Sets a key to a HyperLogLog, with the deadline that it has. */
function write(db: Keyspace, key: Slice, entry: Address, sketch: Sketch): void {
  const written = db.setString(key, sketch.value, entry, true);
  db.objects.setEncoding(written, STRING_RAW);
}

function pfadd({ db, reply, engine }: Client, args: Args): void {
  const { objects } = db;
  const key = args.at(1);
  const entry = db.write(key, STRING);
  const value = entry === 0 ? undefined : valueOf(db, entry);
  if (entry !== 0) objects.setEncoding(entry, STRING_RAW);
  let raised = entry === 0 ? 1 : 0;
  if (value !== undefined && isDense(value)) {
    for (let i = 2; i < args.count; i++) if (raiseDense(value, hashElement(args.at(i)))) raised++;
    if (raised > 0) makeStale(value);
  } else {
    const sketch = new Sketch(value);
    const { hyperLogLogMaxSparse } = engine.settings;
    try {
      for (let i = 2; i < args.count; i++) {
        if (sketch.raise(hashElement(args.at(i)), hyperLogLogMaxSparse)) raised++;
      }
      makeStale(sketch.value);
    } finally {
      // Also what was added before a corrupt run was found.
      if (raised > 0) write(db, key, entry, sketch);
    }
  }
  if (raised > 0) {
    db.changed(key, raised);
    db.notify("$", "pfadd", key);
  }
  reply.integer(raised > 0 ? 1 : 0);
}

function pfcount({ db, reply }: Client, args: Args): void {
  if (args.count > 2) {
    const registers = new Registers();
    for (let i = 1; i < args.count; i++) {
      const entry = db.read(args.at(i), STRING);
      if (entry !== 0) registers.merge(valueOf(db, entry));
    }
    return reply.bigInteger(registers.count());
  }
  const key = args.at(1);
  const entry = db.read(key, STRING);
  if (entry === 0) return reply.integer(0);
  const value = valueOf(db, entry);
  db.objects.setEncoding(entry, STRING_RAW);
  let count = keptCount(value);
  if (count === undefined) {
    count = countElements(value);
    db.beforeChange(entry);
    keepCount(value, count);
    db.changed(key);
  }
  reply.bigInteger(count);
}

function pfmerge({ db, reply, engine }: Client, args: Args): void {
  const registers = new Registers();
  let hasDense = false;
  for (let i = 1; i < args.count; i++) {
    const entry = db.read(args.at(i), STRING);
    if (entry === 0) continue;
    const value = valueOf(db, entry);
    if (isDense(value)) hasDense = true;
    registers.merge(value);
  }
  const key = args.at(1);
  const entry = db.write(key, STRING);
  const sketch = new Sketch(entry === 0 ? undefined : valueOf(db, entry));
  if (hasDense) sketch.makeDense();
  sketch.raiseAll(registers, engine.settings.hyperLogLogMaxSparse);
  makeStale(sketch.value);
  write(db, key, entry, sketch);
  db.changed(key);
  db.notify("$", "pfadd", key);
  reply.ok();
}

/** The runs of a sparse HyperLogLog, as text: `z` and `Z` are zeros, `v` a value. */
function decoded(value: Slice): string {
  const runs: string[] = [];
  walkSparse(value, (value, count, first) => {
    runs.push(value > 0 ? `v:${value},${count}` : `${first < 0x40 ? "z" : "Z"}:${count}`);
  });
  return runs.join(" ");
}

function pfdebug({ db, reply, engine }: Client, args: Args): void {
  const key = args.at(2);
  const entry = db.write(key, STRING);
  if (entry === 0) throw new CommandError("ERR The specified key does not exist");
  const value = valueOf(db, entry);
  db.objects.setEncoding(entry, STRING_RAW);
  /** Returns whether it was not dense before. */
  const makeDense = (): boolean => {
    if (isDense(value)) return false;
    const sketch = new Sketch(value);
    sketch.makeDense();
    write(db, key, entry, sketch);
    // The value is the same, so that nobody who watches is told.
    engine.dirty++;
    return true;
  };
  const subcommand = args.at(1).latin1();
  switch (subcommand.toLowerCase()) {
    case "getreg": {
      makeDense();
      const registers = new Registers();
      registers.merge(db.objects.string(entry));
      reply.array(registers.values.length);
      for (const value of registers.values) reply.integer(value);
      return;
    }
    case "decode":
      if (isDense(value)) throw new CommandError("ERR HLL encoding is not sparse");
      return reply.text(decoded(value));
    case "encoding":
      return reply.simple(isDense(value) ? "dense" : "sparse");
    case "todense":
      return reply.integer(makeDense() ? 1 : 0);
    default:
      throw new CommandError(`ERR Unknown PFDEBUG subcommand '${printed(args.at(1))}'`);
  }
}

export const HYPERLOGLOG: CommandRows = {
  pfadd: {
    arity: -2,
    flags: "write denyoom fast",
    keys: "1 RW insert",
    since: "2.8.9",
    summary: "Adds elements to a HyperLogLog, which estimates how many different ones there were",
    run: orInvalid(pfadd),
  },
  pfcount: {
    arity: -2,
    flags: "readonly may_replicate",
    keys: "1..-1 RW access",
    since: "2.8.9",
    summary: "Estimates how many different elements HyperLogLogs have together",
    run: orInvalid(pfcount),
  },
  pfdebug: {
    arity: 3,
    flags: "write denyoom admin",
    keys: "2 RW access",
    since: "2.8.9",
    summary: "Shows how a HyperLogLog is stored",
    run: orInvalid(pfdebug),
  },
  pfmerge: {
    arity: -2,
    flags: "write denyoom",
    keys: "1 RW access insert; 2..-1 RO access",
    since: "2.8.9",
    summary: "Merges HyperLogLogs, and stores the result",
    run: orInvalid(pfmerge),
  },
};
