/**
 * How the commands of hashes, sets and sorted sets come to the collection of a key.
 *
 * @module
 */

import type { Keyspace } from "../keyspace.ts";
import { type CollectionType, HASH, SET } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import type { Collection } from "../store/collection.ts";
import type { Slice } from "../store/slice.ts";

/** The collection of a key, to be read; `undefined` if the key is not there. */
export function readCollection(
  db: Keyspace,
  key: Slice,
  type: CollectionType,
): Collection | undefined {
  const entry = db.read(key, type);
  return entry === 0 ? undefined : db.objects.collection(entry);
}

/**
 * Adds to the collection of a key.
 *
 * @param create Makes a new one, where the key is not there. It is kept if `add` does not throw.
 * @param failed Is called if `add` throws, as when there is no more memory, and what it has added before
 * remains, since the key was there.
 */
export function addToCollection<T>(
  db: Keyspace,
  key: Slice,
  type: CollectionType,
  create: () => Collection,
  add: (collection: Collection) => T,
  failed?: () => void,
): T {
  const { objects } = db;
  let entry = db.write(key, type);
  const isNew = entry === 0;
  const collection = isNew ? create() : objects.collection(entry);
  try {
    const result = add(collection);
    if (isNew) entry = db.add(key, type);
    return result;
  } catch (error) {
    if (isNew) objects.collections(type).destroy(collection);
    else failed?.();
    throw error;
  } finally {
    // Also after an error in the middle: it may have moved.
    if (entry !== 0) objects.setCollection(entry, collection);
  }
}

/**
 * Removes what the arguments after the key name from the key's collection, and the key if nothing is left.
 *
 * @param event What it is called in notifications.
 * @returns How many were removed.
 */
export function removeFromCollection(
  db: Keyspace,
  args: Args,
  type: CollectionType,
  event: string,
): number {
  const key = args.at(1);
  const entry = db.write(key, type);
  if (entry === 0) return 0;
  const { objects } = db;
  const collections = objects.collections(type);
  const collection = objects.collection(entry);
  let removed = 0;
  for (let i = 2; i < args.count; i++) if (collections.remove(collection, args.at(i))) removed++;
  objects.setCollection(entry, collection);
  if (removed === 0) return 0;
  db.changed(key, removed);
  db.notify(type === HASH ? "h" : type === SET ? "s" : "z", event, key);
  if (collections.size(collection) === 0) db.removeEmpty(key, entry);
  return removed;
}
