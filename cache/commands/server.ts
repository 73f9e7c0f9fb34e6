/**
 * The commands of the server as a whole. `CONFIG`, `COMMAND`, `INFO` and `DEBUG` have files of their own.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import { REDIS_VERSION } from "../version.ts";
import { integerAt, integerWithin } from "./arguments.ts";
import { ACL } from "./acl.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CONFIG } from "./config.ts";
import { DEBUG } from "./debug.ts";
import { CommandError, SYNTAX, unknownSubcommand } from "./error.ts";
import { helpRow } from "./help.ts";
import { INFO } from "./info.ts";
import { COMMAND } from "./introspection.ts";
import { LATENCY } from "./latency.ts";
import { MEMORY } from "./memory.ts";
import { REPLICATION } from "./replication.ts";
import { BGREWRITEAOF, BGSAVE, LASTSAVE, SAVE } from "./persistence.ts";

/** Reads `ASYNC` or `SYNC`, between which nobody sees a difference. */
function checkFlushOption(args: Args): void {
  if (args.count === 1) return;
  const option = args.at(1);
  if (args.count > 2 || !(isWord(option, "async") || isWord(option, "sync"))) {
    throw new CommandError(SYNTAX);
  }
}

function flushall({ engine, reply }: Client, args: Args): void {
  checkFlushOption(args);
  const { background, snapshots, settings } = engine;
  background.cancel("snapshot");
  engine.flushAll();
  // What was kept before is not to come back.
  if (snapshots.store !== undefined && settings.savePoints.length > 0) {
    try {
      snapshots.save();
    } catch {
      // The log and INFO tell of it.
    }
  }
  reply.ok();
}

function flushdb({ db, engine, reply }: Client, args: Args): void {
  checkFlushOption(args);
  engine.tracking.invalidateAll();
  db.flush();
  reply.ok();
}

function swapdb({ engine, reply }: Client, args: Args): void {
  const [first, second] = ["first", "second"].map((name, i) => {
    const error = `ERR invalid ${name} DB index`;
    return integerWithin(args, i + 1, -(2 ** 31), 2 ** 31 - 1, error);
  }) as [number, number];
  const [a, b] = [engine.databases[first], engine.databases[second]];
  if (a === undefined || b === undefined) throw new CommandError("ERR DB index is out of range");
  if (a !== b) a.swap(b);
  engine.dirty++;
  reply.ok();
}

function time({ engine, reply }: Client): void {
  const now = engine.clock.now();
  reply.array(2);
  reply.bulkInteger(Math.floor(now / 1000));
  reply.bulkInteger(Math.floor(now % 1000 * 1000));
}

function monitor(client: Client): void {
  if (!client.mayBlock) {
    throw new CommandError("ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  // To one that monitors already, Redis says nothing.
  if (client.engine.monitors.has(client)) return;
  client.engine.monitors.add(client);
  client.reply.ok();
}

/** The most commands that `SLOWLOG GET` replies where it is not told. */
const SLOWLOG_SHOWN = 10;

function slowlogGet({ engine, reply }: Client, args: Args): void {
  if (args.count > 3) {
    throw unknownSubcommand("SLOWLOG", args);
  }
  const error = "ERR count should be greater than or equal to -1";
  const count = args.count > 2 ? integerAt(args, 2, error) : SLOWLOG_SHOWN;
  if (count < -1) throw new CommandError(error);
  const { entries } = engine.slowlog;
  const shown = count === -1 ? entries : entries.slice(0, count);
  reply.array(shown.length);
  for (const { id, time, microseconds, args, client, clientName } of shown) {
    reply.array(6);
    reply.integer(id);
    reply.integer(time);
    reply.integer(microseconds);
    reply.array(args.length);
    for (const argument of args) reply.bulk(argument);
    reply.text(client);
    reply.text(clientName);
  }
}

function lolwut({ reply }: Client, args: Args): void {
  if (args.count > 2 && isWord(args.at(1), "version")) integerAt(args, 2);
  reply.verbatim(`Redis ver. ${REDIS_VERSION}\n`);
}

function shutdown({ engine }: Client, args: Args): void {
  let [save, noSave, abort, force] = [false, false, false, false];
  for (let i = 1; i < args.count; i++) {
    const option = args.at(i);
    if (isWord(option, "nosave")) noSave = true;
    else if (isWord(option, "save")) save = true;
    else if (isWord(option, "abort")) abort = true;
    else if (isWord(option, "force")) force = true;
    else if (!isWord(option, "now")) throw new CommandError(SYNTAX);
  }
  if ((save && noSave) || (abort && args.count > 2)) throw new CommandError(SYNTAX);
  if (abort) throw new CommandError("ERR No shutdown in progress.");
  if (!noSave && engine.scripting.runner.busy !== undefined) engine.scripting.runner.refuse();
  const { snapshots } = engine;
  if (save || (snapshots.store !== undefined && !noSave)) {
    try {
      snapshots.save();
    } catch {
      if (!force) throw new CommandError("ERR Errors trying to SHUTDOWN. Check logs.");
    }
  }
  snapshots.savesAtEnd = false;
  // Redis answers only where it cannot.
  engine.onShutdown();
}

const FLAGS = "loading stale";
const ADMIN_FLAGS = "admin noscript loading stale";

export const SERVER: CommandRows = {
  ...REPLICATION,
  acl: ACL,
  bgrewriteaof: BGREWRITEAOF,
  bgsave: BGSAVE,
  command: COMMAND,
  config: CONFIG,
  dbsize: {
    arity: 1,
    flags: "readonly fast",
    categories: "keyspace",
    tips: "request_policy:all_shards response_policy:agg_sum",
    since: "1.0.0",
    summary: "Counts the keys of the database",
    run: ({ db, reply }) => reply.integer(db.size),
  },
  debug: DEBUG,
  flushall: {
    arity: -1,
    flags: "write",
    categories: "keyspace dangerous",
    tips: "request_policy:all_shards response_policy:all_succeeded",
    since: "1.0.0",
    summary: "Removes all keys of all databases",
    run: flushall,
  },
  flushdb: {
    arity: -1,
    flags: "write",
    categories: "keyspace dangerous",
    tips: "request_policy:all_shards response_policy:all_succeeded",
    since: "1.0.0",
    summary: "Removes all keys of the database",
    run: flushdb,
  },
  info: INFO,
  lastsave: LASTSAVE,
  latency: LATENCY,
  lolwut: {
    arity: -1,
    flags: "readonly fast",
    since: "5.0.0",
    summary: "Tells the version, without a picture",
    run: lolwut,
  },
  memory: MEMORY,
  module: {
    arity: -2,
    flags: "",
    since: "4.0.0",
    summary: "Tells of modules",
    subcommands: {
      help: helpRow("5.0.0", "module"),
      list: {
        arity: 2,
        flags: "admin noscript",
        tips: "nondeterministic_output_order",
        since: "4.0.0",
        summary: "Lists the modules, of which there are none",
        run: ({ reply }) => reply.array(0),
      },
    },
  },
  monitor: {
    arity: 1,
    flags: ADMIN_FLAGS,
    since: "1.0.0",
    summary: "Shows all commands as they are executed",
    run: monitor,
  },
  save: SAVE,
  shutdown: {
    arity: -1,
    flags: "admin noscript loading stale no_multi allow_busy",
    since: "1.0.0",
    summary: "Closes the cache",
    run: shutdown,
  },
  slowlog: {
    arity: -2,
    flags: "",
    since: "2.2.12",
    summary: "Tells of commands that took long",
    subcommands: {
      get: {
        arity: -2,
        flags: "admin loading stale",
        tips: "request_policy:all_nodes nondeterministic_output",
        since: "2.2.12",
        summary: "Replies the last commands that took long",
        run: slowlogGet,
      },
      help: helpRow("6.2.0", "slowlog"),
      len: {
        arity: 2,
        flags: "admin loading stale",
        tips: "request_policy:all_nodes response_policy:agg_sum nondeterministic_output",
        since: "2.2.12",
        summary: "Counts the commands that took long",
        run: ({ engine, reply }) => reply.integer(engine.slowlog.entries.length),
      },
      reset: {
        arity: 2,
        flags: "admin loading stale",
        tips: "request_policy:all_nodes response_policy:all_succeeded",
        since: "2.2.12",
        summary: "Forgets the commands that took long",
        run: ({ engine, reply }) => {
          engine.slowlog.trim(0);
          reply.ok();
        },
      },
    },
  },
  swapdb: {
    arity: 3,
    flags: "write fast",
    categories: "keyspace dangerous",
    since: "4.0.0",
    summary: "Exchanges two databases",
    run: swapdb,
  },
  time: {
    arity: 1,
    flags: `${FLAGS} fast`,
    tips: "nondeterministic_output",
    since: "2.6.0",
    summary: "Replies the time of the cache's clock, in seconds and microseconds",
    run: time,
  },
};
