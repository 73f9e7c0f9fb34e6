/**
 * `DEBUG`: what tests need, only where it was allowed at the start.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { digestAll, digestValue } from "../digest.ts";
import { type CollectionType, HASH, SET, SORTED_SET, type Type } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import { parseMemory } from "../settings.ts";
import type { ReloadOptions } from "../snapshot.ts";
import { latin1Slice } from "../store/slice.ts";
import { integerAt, integerWithin } from "./arguments.ts";
import { type CommandRow, isWord } from "./command.ts";
import { failure } from "./persistence.ts";
import { CommandError, NO_SUCH_KEY, unknownSubcommand } from "./error.ts";

/** Replies one value of each of RESP3's types. */
const PROTOCOL = new Map(Object.entries<(client: Client) => void>({
  string: ({ reply }) => reply.text("Hello World"),
  integer: ({ reply }) => reply.integer(12345),
  double: ({ reply }) => reply.double("3.141"),
  null: ({ reply }) => reply.null(),
  array: ({ reply }) => {
    reply.array(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  set: ({ reply }) => {
    reply.set(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  map: ({ reply }) => {
    reply.map(3);
    for (let i = 0; i < 3; i++) {
      reply.integer(i);
      reply.boolean(i === 1);
    }
  },
  attrib: ({ reply }) => {
    if (reply.resp === 3) {
      reply.attribute(1);
      reply.text("key-popularity");
      reply.array(2);
      reply.text("key:123");
      reply.integer(90);
    }
    reply.text("Some real reply following the attribute");
  },
  push: ({ reply }) => {
    if (reply.resp === 2) throw new CommandError("ERR RESP2 is not supported by this command");
    reply.push(2);
    reply.text("server-cpu-usage");
    reply.integer(42);
    reply.text("Some real reply following the push reply");
  },
  bignum: ({ reply }) => reply.bigNumber("1234567999999999999999999999999999999"),
  verbatim: ({ reply }) => reply.verbatim("This is a verbatim\nstring"),
  true: ({ reply }) => reply.boolean(true),
  false: ({ reply }) => reply.boolean(false),
}));

const SUBCOMMANDS: Record<string, (client: Client, args: Args) => void> = {
  error: (client, args) => {
    client.reply.error(args.at(2).latin1());
  },
  "htstats-key": ({ reply, db }, args) => {
    const entry = db.find(args.at(2));
    if (entry === 0) throw new CommandError(NO_SUCH_KEY);
    const type = db.objects.type(entry);
    if (!isCollection(type) || !TABLES.includes(db.objects.encodingName(entry))) {
      throw new CommandError(
        "ERR The value stored at the specified key is not represented using an hash table",
      );
    }
    const size = db.objects.collections(type).size(db.objects.collection(entry));
    reply.verbatim(`Hash table 0 stats (main hash table):\n number of elements: ${size}\n`);
  },
  digest: ({ reply, engine }) => reply.simple(digestAll(engine)),
  "digest-value": ({ reply, db }, args) => {
    reply.array(args.count - 2);
    for (let i = 2; i < args.count; i++) {
      // A key that has expired is digested as long as it is there.
      reply.simple(digestValue(db, db.objects.keys.find(db.table, args.at(i))));
    }
  },
  loadaof: (client) => {
    const { appendOnly } = client.engine;
    // Where there is none, what it would have is loaded from a snapshot.
    if (!appendOnly.isOn) return reload(client, { save: true, flush: true, merge: false });
    try {
      appendOnly.reload();
    } catch (error) {
      throw failure(error);
    }
    client.reply.ok();
  },
  object: ({ reply, db, engine }, args) => {
    // Also of a key that has expired and is still there.
    const entry = db.objects.keys.find(db.table, args.at(2));
    if (entry === 0) throw new CommandError(NO_SUCH_KEY);
    const { objects } = db;
    const idle = engine.eviction.idleTime(entry);
    reply.simple(
      `Value at:0x${(entry >>> 0).toString(16)} refcount:1 encoding:${
        objects.encodingName(entry)
      } ` +
        `serializedlength:${objects.memory(entry)} lru:${objects.use(entry)} ` +
        `lru_seconds_idle:${idle}`,
    );
  },
  populate: ({ reply, db }, args) => {
    const error = "ERR value is out of range, must be positive";
    const count = integerWithin(args, 2, 0, Infinity, error);
    const prefix = args.count > 3 ? args.at(3).latin1() : "key";
    const size = args.count > 4 ? integerWithin(args, 4, 0, Infinity, error) : 0;
    for (let i = 0; i < count; i++) {
      const key = latin1Slice(`${prefix}:${i}`);
      if (db.find(key) !== 0) continue;
      const value = `value:${i}`;
      db.setString(
        key,
        latin1Slice(size === 0 ? value : value.slice(0, size).padEnd(size, "\0")),
        0,
      );
      db.touched(key);
    }
    reply.ok();
  },
  protocol: (client, args) => {
    const type = args.at(2).latin1().toLowerCase();
    const write = PROTOCOL.get(type);
    if (write === undefined) {
      throw new CommandError(
        "ERR Wrong protocol type name. Please use one of the following: " +
          "string|integer|double|null|array|set|map|attrib|push|verbatim|true|false",
      );
    }
    write(client);
  },
  reload: (client, args) => {
    const options = { save: true, flush: true, merge: false };
    for (let i = 2; i < args.count; i++) {
      const option = args.at(i);
      if (isWord(option, "merge")) options.merge = true;
      else if (isWord(option, "noflush")) options.flush = false;
      else if (isWord(option, "nosave")) options.save = false;
      else {
        throw new CommandError(
          "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
        );
      }
    }
    reload(client, options);
  },
  "set-active-expire": ({ reply, engine }, args) => {
    engine.setActiveExpiry(integerAt(args, 2) !== 0);
    reply.ok();
  },
  sleep: ({ reply }, args) => {
    // It blocks all, as there: that is what it is for.
    const end = performance.now() + Number(args.at(2).latin1()) * 1000;
    while (performance.now() < end);
    reply.ok();
  },
  "quicklist-packed-threshold": ({ reply }, args) => {
    // How a list is stored is one way here, whatever its elements' sizes.
    const size = parseMemory(args.at(2).latin1());
    if (!(size >= 0 && size < 2 ** 32)) {
      throw new CommandError(
        "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
      );
    }
    reply.ok();
  },
  "set-skip-checksum-validation": ({ reply, engine }, args) => {
    engine.settings.checksOfDumps = integerAt(args, 2) === 0;
    reply.ok();
  },
  "set-disable-deny-scripts": ({ reply, engine }, args) => {
    engine.scripting.runner.allowsAll = integerAt(args, 2) !== 0;
    reply.ok();
  },
  "replybuffer": ({ reply }, args) => {
    const option = args.at(2);
    if (!isWord(option, "peak-reset-time") && !isWord(option, "resizing")) {
      throw unknownSubcommand("DEBUG", args);
    }
    reply.ok();
  },
  "pause-cron": ({ reply }) => reply.ok(),
};

/** The least and the most arguments, with both names, of those that do not have three. */
const COUNTS: Record<string, readonly [least: number, most: number]> = {
  digest: [2, 2],
  "digest-value": [2, Infinity],
  loadaof: [2, Infinity],
  populate: [3, 5],
  reload: [2, Infinity],
  replybuffer: [4, 4],
};

/** The encodings that have a hash table, though it may be stored in another way here. */
const TABLES = ["hashtable", "skiplist"];

const isCollection = (type: Type): type is CollectionType => [HASH, SET, SORTED_SET].includes(type);

function help({ reply }: Client): void {
  const names = [...Object.keys(SUBCOMMANDS), "help"].sort();
  reply.array(1 + names.length);
  reply.simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const name of names) reply.simple(name.toUpperCase());
}

function reload({ engine, reply }: Client, options: ReloadOptions): void {
  try {
    engine.snapshots.reload(options);
  } catch (error) {
    throw failure(error);
  }
  reply.ok();
}

function debug(client: Client, args: Args): void {
  const name = args.at(1);
  if (args.count === 2 && isWord(name, "help")) return help(client);
  const found = Object.entries(SUBCOMMANDS).find(([word]) => isWord(name, word));
  if (found === undefined) throw unknownSubcommand("DEBUG", args);
  const [word, run] = found;
  const [least, most] = COUNTS[word] ?? [3, 3];
  if (args.count < least || args.count > most) throw unknownSubcommand("DEBUG", args);
  run(client, args);
}

export const DEBUG: CommandRow = {
  arity: -2,
  flags: "admin noscript loading stale protected",
  since: "1.0.0",
  summary: "Helps to test, where the server was started so",
  run: debug,
};
