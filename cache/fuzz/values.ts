/**
 * Fuzzes what is read from files and from `RESTORE`: values, in all encodings that Redis has ever
 * written, damaged, with the checksum made right. What is taken must be whole: it is used by every
 * command of its type after that.
 *
 * @module
 */

import type { Part } from "../compare/grammar.ts";
import { bitmaps } from "../compare/groups/bitmaps.ts";
import { geo } from "../compare/groups/geo.ts";
import { hashes } from "../compare/groups/hashes.ts";
import { hyperloglog } from "../compare/groups/hyperloglog.ts";
import { large } from "../compare/groups/large.ts";
import { lists } from "../compare/groups/lists.ts";
import { sets } from "../compare/groups/sets.ts";
import { sortedSets } from "../compare/groups/sorted_sets.ts";
import { streams } from "../compare/groups/streams.ts";
import { strings } from "../compare/groups/strings.ts";
import { Random } from "../compare/random.ts";
import { quote, type Reply, show, textOf, texts, toBytes, toText } from "../compare/resp.ts";
import { Crc64 } from "../rdb/crc64.ts";
import { RdbError, sourceOf } from "../rdb/reader.ts";
import { OLD_VALUES } from "./old_values.ts";
import { mangle } from "./mangle.ts";
import { chooseLimits, commandsOf } from "./requests.ts";
import { Failure, type Note, Target } from "./target.ts";
import type { SnapshotStore } from "../snapshot_file.ts";

/** Damaged values and files that one run tries. */
const VALUES = 60;
const FILES = 8;
/** Commands that use what was taken. */
const USES = 12;

const VERSION = 10;
const FOOTER_SIZE = 10;

/** The commands that use a type, and the key at which they look for it. */
const BY_TYPE: Record<string, { key: string; commands: Part[] }> = {
  string: {
    key: "s1",
    commands: [...strings.commands, ...bitmaps.commands],
  },
  list: { key: "l1", commands: lists.commands },
  set: { key: "m1", commands: sets.commands },
  hash: { key: "h1", commands: hashes.commands },
  zset: { key: "z1", commands: [...sortedSets.commands, ...geo.commands] },
  stream: { key: "e1", commands: streams.commands },
};
/** A string may be a HyperLogLog, which looks for it elsewhere. */
const SKETCH = { key: "p1", commands: hyperloglog.commands };

/** What `DUMP` would reply for a value: with the version and a checksum that is right. */
export function sealed(value: Uint8Array): Uint8Array {
  const dump = new Uint8Array(value.length + FOOTER_SIZE);
  dump.set(value);
  dump[value.length] = VERSION;
  const crc = new Crc64();
  crc.update(dump, 0, value.length + 2);
  dump.set(crc.digest(), value.length + 2);
  return dump;
}

function expect(reply: Reply, expected: RegExp | string, what: string): void {
  const shown = show(reply);
  if (typeof expected === "string" ? shown !== expected : !expected.test(shown)) {
    throw new Failure(`${shown} in place of ${expected} to ${what}`);
  }
}

const bytesOf = (reply: Reply): Uint8Array => toBytes(textOf(reply));

/** Fills a cache with values of all types and encodings. */
function fill(target: Target, random: Random): void {
  for (const { commands } of [...Object.values(BY_TYPE), SKETCH, large]) {
    for (let left = 40; left > 0; left--) {
      for (const command of commandsOf(random.pick(commands), random)) {
        if (/^(BLPOP|BRPOP|BLMOVE|BRPOPLPUSH)$/.test(command[0] ?? "")) continue;
        target.call(...command);
      }
    }
  }
}

const keysOf = (target: Target): string[] => texts(target.call("KEYS", "*"));

/** The values of a cache, as `DUMP` has them but for their end. */
function valuesOf(target: Target): Uint8Array[] {
  return keysOf(target).map((key) => bytesOf(target.call("DUMP", key)).slice(0, -FOOTER_SIZE));
}

/** A key's digest, and that of what its `DUMP` becomes: they must be the same. */
function checkCopy(target: Target, key: string): void {
  // The digest tells of a deadline, too.
  target.call("PERSIST", key);
  const digest = show(target.call("DEBUG", "DIGEST-VALUE", key));
  const dump = bytesOf(target.call("DUMP", key));
  if (target.call("EXISTS", key).value === "0") return;
  // As in Redis, a score of -0 is 0 where it is packed.
  if (show(target.call("ZRANGE", key, "0", "-1", "WITHSCORES")).includes('"-0"')) return;
  expect(target.call("RESTORE", "again", "0", dump, "REPLACE"), "+OK", `RESTORE of ${key}`);
  expect(target.call("DEBUG", "DIGEST-VALUE", "again"), digest, `DIGEST-VALUE of ${key}`);
  expect(target.call("COPY", key, "copied", "REPLACE"), ":1", `COPY of ${key}`);
  expect(
    target.call("DEBUG", "DIGEST-VALUE", "copied"),
    digest,
    `DIGEST-VALUE of a COPY of ${key}`,
  );
  if (target.call("TYPE", key).value === "stream") {
    // The digest does not tell of groups.
    expect(target.call("DUMP", "copied"), quote(toText(dump)), `DUMP of a COPY of ${key}`);
    expect(
      target.call("DUMP", "again"),
      quote(toText(dump)),
      `DUMP of what RESTORE made of ${key}`,
    );
  }
  target.call("DEL", "again", "copied");
}

/** Has a key used by the commands of its type. */
function use(target: Target, key: string, random: Random): void {
  checkCopy(target, key);
  const type = `${target.call("TYPE", key).value}`;
  const others = BY_TYPE[type];
  if (others === undefined) return;
  const { key: name, commands } = type === "string" && random.chance(0.5) ? SKETCH : others;
  target.call("COPY", key, name, "REPLACE");
  for (let left = USES; left > 0; left--) {
    for (const command of commandsOf(random.pick(commands), random)) target.call(...command);
  }
  checkCopy(target, name);
}

/** Restores damaged values, which must be refused or as good as any. */
export async function fuzzValues(seed: number, note: Note): Promise<number> {
  const random = new Random(seed);
  const target = new Target();
  chooseLimits(target, random);
  fill(target, random);
  const values = [...valuesOf(target), ...OLD_VALUES];
  target.checkMemory();
  for (let i = 0; i < VALUES; i++) {
    const value = mangle(random.pick(values), random, random.pick(values));
    note(value);
    const dump = sealed(value);
    const reply = target.call("RESTORE", "k", "0", dump);
    if (reply.kind === "+") use(target, "k", random);
    else expect(reply, "-ERR Bad data format", "RESTORE");
    target.call("DEL", "k");
    if (i % 10 === 9) target.checkMemory();
  }
  await target.end();
  return VALUES;
}

/** A snapshot in memory. */
class MemoryStore implements SnapshotStore {
  readonly path = "in memory";
  bytes = new Uint8Array(0);

  open() {
    return { ...sourceOf([this.bytes]), [Symbol.dispose]: () => {} };
  }

  create() {
    const parts: number[] = [];
    const commitSync = () => void (this.bytes = Uint8Array.from(parts));
    const writeSync = (data: Uint8Array) => {
      for (const byte of data) parts.push(byte);
    };
    return {
      writeSync,
      write: (data: Uint8Array) => Promise.resolve(writeSync(data)),
      commitSync,
      commit: () => Promise.resolve(commitSync()),
      discard: () => {},
    };
  }
}

/** A file's bytes without the check of its end, or with one that is right. */
function withChecksum(file: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(file);
  const end = Math.max(0, bytes.length - 8);
  const crc = new Crc64();
  crc.update(bytes, 0, end);
  bytes.set(
    random.chance(0.5)
      ? new Uint8Array(bytes.length - end)
      : crc.digest().subarray(0, bytes.length - end),
    end,
  );
  return bytes;
}

/** Loads damaged files, which must be refused, or give keys as good as any. */
export async function fuzzFiles(seed: number, note: Note): Promise<number> {
  const random = new Random(seed);
  const source = new Target();
  chooseLimits(source, random);
  fill(source, random);
  for (const value of OLD_VALUES) {
    source.call("RESTORE", `old:${random.int(0, 99)}`, "1000", sealed(value), "REPLACE");
  }
  source.call("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() end)");
  const store = new MemoryStore();
  source.engine.snapshots.save(store);
  await source.end();
  const whole = store.bytes;
  for (let i = 0; i < FILES; i++) {
    const target = new Target();
    store.bytes = withChecksum(mangle(whole, random), random);
    note(store.bytes);
    try {
      target.engine.snapshots.load(store);
      const keys = keysOf(target);
      for (let left = 10; left > 0 && keys.length > 0; left--) {
        use(target, random.pick(keys), random);
      }
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
    }
    await target.end();
  }
  return FILES;
}
