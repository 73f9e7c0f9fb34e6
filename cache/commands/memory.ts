/**
 * `MEMORY` and its subcommands.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { formatDouble } from "../double.ts";
import type { Args } from "../protocol/request.ts";
import { integerAt } from "./arguments.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";
import { helpRow } from "./help.ts";
import { residentMemory } from "./info.ts";

/** Of how many elements of a collection the size is measured where nothing else is said. */
const SAMPLES = 5;

function usage({ db, reply }: Client, args: Args): void {
  let samples = SAMPLES;
  for (let i = 3; i < args.count; i += 2) {
    if (!isWord(args.at(i), "samples") || i + 1 === args.count) throw new CommandError(SYNTAX);
    samples = integerAt(args, i + 1);
    if (samples < 0) throw new CommandError(SYNTAX);
  }
  const entry = db.find(args.at(2));
  if (entry === 0) reply.null();
  else reply.integer(db.objects.memory(entry, samples === 0 ? Infinity : samples));
}

/** A ratio or a percentage. */
class Ratio {
  readonly value: number;

  constructor(part: number, whole: number) {
    this.value = part / Math.max(whole, 1);
  }
}

function stats({ engine, reply }: Client): void {
  const { arena, keys } = engine.objects;
  const used = engine.eviction.used;
  const clients = engine.eviction.countAll();
  engine.stats.peakMemory = Math.max(engine.stats.peakMemory, used);
  const { peakMemory } = engine.stats;
  const resident = residentMemory(used);
  const dbs = engine.databases.filter(({ size }) => size > 0);
  const tables = dbs.map((db) => keys.tableSize(db.table));
  const overhead = clients + tables.reduce((sum, size) => sum + size, 0);
  const count = dbs.reduce((sum, { size }) => sum + size, 0);
  const before = {
    "peak.allocated": peakMemory,
    "total.allocated": used,
    "startup.allocated": 0,
    "replication.backlog": 0,
    "clients.slaves": 0,
    "clients.normal": clients,
    "cluster.links": 0,
    "aof.buffer": engine.appendOnly.bufferSize,
    "lua.caches": 0,
    "functions.caches": 0,
  };
  const after = {
    "overhead.total": overhead,
    "keys.count": count,
    "keys.bytes-per-key": count === 0 ? 0 : Math.floor(used / count),
    "dataset.bytes": used - overhead,
    "dataset.percentage": new Ratio(100 * (used - overhead), used),
    "peak.percentage": new Ratio(100 * used, peakMemory),
    "allocator.allocated": arena.used,
    "allocator.active": arena.reserved,
    "allocator.resident": arena.reserved,
    "allocator-fragmentation.ratio": new Ratio(arena.reserved, arena.used),
    "allocator-fragmentation.bytes": arena.reserved - arena.used,
    "allocator-rss.ratio": new Ratio(1, 1),
    "allocator-rss.bytes": 0,
    "rss-overhead.ratio": new Ratio(resident, arena.reserved),
    "rss-overhead.bytes": resident - arena.reserved,
    fragmentation: new Ratio(resident, used),
    "fragmentation.bytes": resident - used,
  };
  const write = (fields: Readonly<Record<string, number | Ratio>>) => {
    for (const [name, value] of Object.entries(fields)) {
      reply.text(name);
      if (value instanceof Ratio) reply.double(formatDouble(value.value));
      else reply.integer(value);
    }
  };
  reply.map(Object.keys(before).length + dbs.length + Object.keys(after).length);
  write(before);
  for (const [i, db] of dbs.entries()) {
    reply.text(`db.${db.index}`);
    reply.map(3);
    write({
      "overhead.hashtable.main": tables[i] ?? 0,
      "overhead.hashtable.expires": 0,
      "overhead.hashtable.slot-to-keys": 0,
    });
  }
  write(after);
}

/** Past these, a peak or what clients take is worth a word. */
const HIGH_PEAK = 1.5;
const LARGE_CLIENT = 200 * 1024;

function doctor({ engine, reply }: Client): void {
  const used = engine.eviction.used;
  const found: string[] = [];
  if (engine.stats.peakMemory > HIGH_PEAK * used) {
    found.push("Far more memory was in use before than is now.");
  }
  if (engine.eviction.countAll() > LARGE_CLIENT * Math.max(engine.connectedClients, 1)) {
    found.push("Clients take much memory: CLIENT LIST shows which, as tot-mem.");
  }
  if (engine.settings.maxMemory === 0) found.push("There is no limit: maxmemory is 0.");
  reply.verbatim(`${found.length === 0 ? "Nothing was found." : found.join("\n")}\n`);
}

function mallocStats({ engine, reply }: Client): void {
  const { used, reserved } = engine.objects.arena;
  reply.verbatim(`Arena: ${used} bytes in use, of ${reserved} bytes in segments\n`);
}

const TIPS = "nondeterministic_output request_policy:all_shards response_policy:special";

export const MEMORY: CommandRow = {
  arity: -2,
  flags: "",
  since: "4.0.0",
  summary: "Tells of memory",
  subcommands: {
    doctor: {
      arity: 2,
      flags: "",
      tips: TIPS,
      since: "4.0.0",
      summary: "Reports in words what is unusual about memory",
      run: doctor,
    },
    help: helpRow("4.0.0", "memory"),
    "malloc-stats": {
      arity: 2,
      flags: "",
      tips: TIPS,
      since: "4.0.0",
      summary: "Tells how much memory keys and values have, in words",
      run: mallocStats,
    },
    purge: {
      arity: 2,
      flags: "",
      tips: "request_policy:all_shards response_policy:all_succeeded",
      since: "4.0.0",
      summary: "Gives unused memory back, which happens here by itself",
      run: ({ reply }) => reply.ok(),
    },
    stats: {
      arity: 2,
      flags: "",
      tips: TIPS,
      since: "4.0.0",
      summary: "Tells what takes how much memory",
      run: stats,
    },
    usage: {
      arity: -3,
      flags: "readonly",
      keys: "2 RO",
      since: "4.0.0",
      summary: "Tells how many bytes a key and its value take",
      run: usage,
    },
  },
};
