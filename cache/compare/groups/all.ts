/**
 * All groups of commands, by their names.
 *
 * @module
 */

import type { Group } from "../grammar.ts";
import { acl, aclClients } from "./acl.ts";
import { bitmaps } from "./bitmaps.ts";
import { blocking } from "./blocking.ts";
import { connection } from "./connection.ts";
import { effects, expiryEffects } from "./effects.ts";
import { expired, expiry } from "./expiry.ts";
import { geo } from "./geo.ts";
import { hashes } from "./hashes.ts";
import { hyperloglog } from "./hyperloglog.ts";
import { keys } from "./keys.ts";
import { large } from "./large.ts";
import { lists, listTimeouts } from "./lists.ts";
import { memory } from "./memory.ts";
import { notifications } from "./notifications.ts";
import { password } from "./password.ts";
import { pubsub } from "./pubsub.ts";
import { scripts } from "./scripts.ts";
import { server } from "./server.ts";
import { sets } from "./sets.ts";
import { sortedSets, sortedSetTimeouts } from "./sorted_sets.ts";
import { streamBlocking, streams } from "./streams.ts";
import { strings } from "./strings.ts";
import { tracking } from "./tracking.ts";
import { transactions, watched } from "./transactions.ts";

export const GROUPS: Record<string, Group> = {
  acl,
  aclClients,
  strings,
  keys,
  expiry,
  expired,
  effects,
  expiryEffects,
  lists,
  listTimeouts,
  hashes,
  sets,
  sortedSets,
  sortedSetTimeouts,
  bitmaps,
  hyperloglog,
  geo,
  streams,
  large,
  scripts,
  transactions,
  watched,
  pubsub,
  blocking,
  streamBlocking,
  memory,
  notifications,
  connection,
  password,
  tracking,
  server,
};
