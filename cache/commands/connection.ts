/**
 * The commands of a connection itself.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import type { CommandRows } from "./command.ts";
import { CommandError, wrongArity } from "./error.ts";
import { parseInteger } from "../number.ts";

function ping(client: Client, args: Args): void {
  const { reply } = client;
  if (args.count > 2) throw wrongArity("ping");
  if (reply.resp === 2 && client.subscriptionCount > 0) {
    reply.array(2);
    reply.text("pong");
    if (args.count === 2) reply.bulk(args.at(1));
    else reply.text("");
  } else if (args.count === 2) {
    reply.bulk(args.at(1));
  } else {
    reply.simple("PONG");
  }
}

function echo({ reply }: Client, args: Args): void {
  reply.bulk(args.at(1));
}

function select(client: Client, args: Args): void {
  const index = parseInteger(args.at(1));
  if (Number.isNaN(index) || Math.abs(index) > 2 ** 31) {
    throw new CommandError("ERR value is not an integer or out of range");
  }
  const db = client.engine.databases[index];
  if (db === undefined) throw new CommandError("ERR DB index is out of range");
  client.db = db;
  client.reply.ok();
}

export const CONNECTION: CommandRows = {
  ping: {
    arity: -1,
    flags: "fast",
    since: "1.0.0",
    summary: "Answers, with PONG or with what it is given",
    run: ping,
  },
  echo: {
    arity: 2,
    flags: "loading stale fast",
    since: "1.0.0",
    summary: "Replies what it is given",
    run: echo,
  },
  select: {
    arity: 2,
    flags: "loading stale fast",
    since: "1.0.0",
    summary: "Changes the client's database",
    run: select,
  },
};
