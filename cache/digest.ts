/**
 * Digests of values and of all there is, as Redis makes them: the same data gives the same digest on both
 * (`DEBUG DIGEST`).
 *
 * @module
 */

import { formatDouble } from "./double.ts";
import type { Engine } from "./engine.ts";
import type { Keyspace } from "./keyspace.ts";
import { HASH, LIST, SET, SORTED_SET, STREAM, STRING } from "./objects.ts";
import { hex, sha1 } from "./sha1.ts";
import type { Address } from "./store/arena.ts";
import { latin1Slice, Slice } from "./store/slice.ts";
import { StreamId } from "./store/stream_id.ts";

/** What stands in a digest for a key that expires, whenever that is. */
const EXPIRES = latin1Slice("!!expire!!");

/** The number of the type of streams in Redis (`OBJ_STREAM`); those of all others are the same here. */
const STREAM_NUMBER = 6;

/** A digest that things are added to. */
class Digest {
  readonly bytes = new Uint8Array(20);

  /** Adds something whose order among others does not matter. */
  add({ bytes, start, length }: Slice): void {
    const digest = sha1(bytes, start, start + length);
    for (let i = 0; i < digest.length; i++) this.bytes[i]! ^= digest[i]!;
  }

  /** Adds something that comes after what was added before. */
  mix(part: Slice): void {
    this.add(part);
    this.bytes.set(sha1(this.bytes));
  }

  /** Adds things that belong together. */
  addGroup(...parts: Slice[]): void {
    const group = new Digest();
    for (const part of parts) group.mix(part);
    this.add(new Slice(group.bytes));
  }

  mixNumber(value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    this.mix(new Slice(bytes));
  }
}

function addValue(digest: Digest, db: Keyspace, entry: Address): void {
  const { objects } = db;
  const type = objects.type(entry);
  digest.mixNumber(type === STREAM ? STREAM_NUMBER : type);
  switch (type) {
    case STRING:
      digest.mix(objects.string(entry));
      break;
    case LIST: {
      const { lists } = objects;
      const list = objects.root(entry);
      lists.walk(list, 0, lists.size(list), "front", (bytes, start, length) => {
        digest.mix(new Slice(bytes, start, length));
      });
      break;
    }
    case SET:
      objects.sets.walk(objects.collection(entry), (member) => digest.add(member));
      break;
    case SORTED_SET: {
      const set = objects.collection(entry);
      objects.sortedSets.walk(set, 0, objects.sortedSets.size(set), (member, score) => {
        digest.addGroup(member, latin1Slice(formatDouble(score)));
      });
      break;
    }
    case HASH:
      objects.hashes.walk(objects.collection(entry), (field, value) => {
        digest.addGroup(field, value);
      });
      break;
    case STREAM:
      objects.streams.walk(
        objects.root(entry),
        StreamId.MIN,
        StreamId.MAX,
        false,
        (id, streamEntry) => {
          digest.mix(latin1Slice(`${id.ms}.${id.seq}`));
          for (let left = 2 * streamEntry.fields; left > 0; left--) digest.mix(streamEntry.next());
        },
      );
      break;
  }
  if (db.deadline(entry) !== undefined) digest.add(EXPIRES);
}

/** The digest of the value of an entry, as hexadecimal digits; that of 0 is 0. */
export function digestValue(db: Keyspace, entry: Address): string {
  const digest = new Digest();
  if (entry !== 0) addValue(digest, db, entry);
  return hex(digest.bytes);
}

/** The digest of all databases, as hexadecimal digits. */
export function digestAll({ databases, objects }: Engine): string {
  const all = new Digest();
  for (const db of databases) {
    if (db.size === 0) continue;
    all.mixNumber(db.index);
    objects.keys.walk(db.table, (entry) => {
      const digest = new Digest();
      digest.mix(objects.keys.key(entry));
      addValue(digest, db, entry);
      all.add(new Slice(digest.bytes));
    });
  }
  return hex(all.bytes);
}
