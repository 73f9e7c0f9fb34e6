/**
 * The commands of replication, for a master that has no replicas.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { STRING } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import { integerAt, integerWithin } from "./arguments.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";

/** Waits for replicas, in vain: until its time is over, if there is to be one. */
function wait(client: Client, args: Args): void {
  const { engine } = client;
  const replicas = integerAt(args, 1);
  const timeout = integerAt(args, 2, "ERR timeout is not an integer or out of range");
  if (timeout < 0) throw new CommandError("ERR timeout is negative");
  if (replicas <= 0 || !client.mayBlock) return client.reply.integer(0);
  engine.blocking.block(client, {
    type: STRING,
    keys: [],
    deadline: timeout === 0 ? Infinity : engine.now + timeout,
    serve: () => false,
    timeOut: ({ reply }) => reply.integer(0),
  });
}

function role({ reply }: Client): void {
  reply.array(3);
  reply.text("master");
  reply.integer(0);
  reply.array(0);
}

function failover(_: Client, args: Args): void {
  if (args.count === 2 && isWord(args.at(1), "abort")) {
    throw new CommandError("ERR No failover in progress.");
  }
  let [timeout, host, force] = [0, false, false];
  for (let i = 1; i < args.count; i++) {
    const option = args.at(i);
    if (isWord(option, "timeout") && i + 1 < args.count && timeout === 0) {
      timeout = integerAt(args, ++i);
      if (timeout <= 0) throw new CommandError("ERR FAILOVER timeout must be greater than 0");
    } else if (isWord(option, "to") && i + 2 < args.count && !host) {
      integerAt(args, i += 2);
      host = true;
    } else if (isWord(option, "force") && !force) {
      force = true;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  throw new CommandError("ERR FAILOVER requires connected replicas.");
}

function replicaof({ reply }: Client, args: Args): void {
  if (!isWord(args.at(1), "no") || !isWord(args.at(2), "one")) {
    integerWithin(args, 2, 0, 65_535, "ERR Invalid master port");
    throw new CommandError("ERR This cache cannot be a replica");
  }
  reply.ok();
}

const REPLICAOF: CommandRow = {
  arity: 3,
  flags: "admin noscript stale no_async_loading",
  since: "5.0.0",
  summary: "Makes it a master, which it is: with NO ONE, nothing else is taken",
  run: replicaof,
};

export const REPLICATION = {
  failover: {
    arity: -1,
    flags: "admin noscript stale",
    since: "6.2.0",
    summary: "Is refused: there is no replica to take over",
    run: failover,
  },
  replicaof: REPLICAOF,
  role: {
    arity: 1,
    flags: "noscript loading stale fast",
    categories: "admin dangerous",
    since: "2.8.12",
    summary: "Tells the part in replication",
    run: role,
  },
  slaveof: { ...REPLICAOF, since: "1.0.0", summary: "The older name of REPLICAOF" },
};

export const WAIT: CommandRow = {
  arity: 3,
  flags: "noscript",
  categories: "connection",
  tips: "request_policy:all_shards response_policy:agg_min",
  since: "3.0.0",
  summary: "Waits for replicas, of which there are none",
  run: wait,
};
