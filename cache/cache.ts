/**
 * A cache: what users of the package see of it.
 *
 * @module
 */

import { type Clock, SystemClock } from "./clock.ts";
import { Client } from "./client.ts";
import { Command } from "./commands/command.ts";
import { CONNECTION } from "./commands/connection.ts";
import { processRequest } from "./commands/gate.ts";
import { KEYS } from "./commands/keys.ts";
import { PUBSUB } from "./commands/pubsub.ts";
import { SERVER } from "./commands/server.ts";
import { HASHES } from "./commands/hashes.ts";
import { LISTS } from "./commands/lists.ts";
import { SETS } from "./commands/sets.ts";
import { SORTED_SETS } from "./commands/sorted_sets.ts";
import { STRINGS } from "./commands/strings.ts";
import { TRANSACTIONS } from "./commands/transactions.ts";
import { Engine } from "./engine.ts";
import { Args } from "./protocol/request.ts";
import { readReply, ReplyError, type ReplyValue } from "./protocol/value.ts";
import { Settings } from "./settings.ts";
import { type ClientConnection, serveClient } from "./session.ts";
import { Slice } from "./store/slice.ts";

const GROUPS = {
  connection: CONNECTION,
  generic: KEYS,
  hash: HASHES,
  list: LISTS,
  pubsub: PUBSUB,
  server: SERVER,
  set: SETS,
  "sorted-set": SORTED_SETS,
  string: STRINGS,
  transactions: TRANSACTIONS,
};

/** All commands, of one cache: they count their calls. */
function allCommands(): Command[] {
  return Object.entries(GROUPS).flatMap(([group, rows]) =>
    Object.entries(rows).map(([name, row]) => new Command(name, group, row))
  );
}

export interface CacheOptions {
  clock?: Clock | undefined;
}

const encoder = new TextEncoder();

export class Cache {
  readonly #engine: Engine;
  readonly #caller: Client;

  constructor(options: CacheOptions = {}) {
    const { clock = new SystemClock() } = options;
    this.#engine = new Engine(clock, new Settings(), allCommands());
    this.#caller = new Client(this.#engine);
    this.#caller.reply.resp = 3;
  }

  call(...parts: (string | number | Uint8Array)[]): ReplyValue {
    const engine = this.#engine;
    const { reply } = this.#caller;
    const args = Args.of(
      parts.map((part) =>
        new Slice(part instanceof Uint8Array ? part : encoder.encode(String(part)))
      ),
    );
    engine.readClock();
    engine.current = this.#caller;
    processRequest(this.#caller, args);
    engine.current = undefined;
    engine.flush();
    const value = readReply(reply.written(), (text) => text.utf8());
    reply.truncate(0);
    if (value instanceof ReplyError) throw value;
    return value;
  }

  /** Serves one connection. */
  readonly handler = (conn: ClientConnection): Promise<void> =>
    serveClient(this.#engine, conn, "", "");
}
