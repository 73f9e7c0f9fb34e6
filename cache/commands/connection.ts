/**
 * The commands of a connection itself; those of `CLIENT` are in `client.ts`.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { parseInteger } from "../number.ts";
import type { Args } from "../protocol/request.ts";
import type { Slice } from "../store/slice.ts";
import { REDIS_VERSION } from "../version.ts";
import { int32At } from "./arguments.ts";
import { CLIENT, setClientName } from "./client.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, printed, SYNTAX, wrongArity } from "./error.ts";
import { contextOf, note } from "./rights.ts";

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

function select(client: Client, args: Args): void {
  const db = client.engine.databases[int32At(args, 1)];
  if (db === undefined) throw new CommandError("ERR DB index is out of range");
  client.db = db;
  client.reply.ok();
}

/** Makes a client the user that it says it is. */
function authenticate(client: Client, args: Args, user: string, password: Slice): void {
  const { acl } = client.engine;
  const found = acl.authenticate(user, password);
  if (found === undefined) {
    note(client, "auth", contextOf(client), args.at(0).latin1(), user);
    throw new CommandError("WRONGPASS invalid username-password pair or user is disabled.");
  }
  // What is no client of the outside may do all, whoever it says it is.
  if (!client.internal) client.user = found;
  client.authenticated = true;
}

function auth(client: Client, args: Args): void {
  if (args.count > 3) throw new CommandError(SYNTAX);
  if (args.count === 2 && client.engine.acl.default.noPassword) {
    throw new CommandError(
      "ERR AUTH <password> called without any password configured for the default user. " +
        "Are you sure your configuration is correct?",
    );
  }
  const user = args.count === 3 ? args.at(1).latin1() : "default";
  authenticate(client, args, user, args.at(args.count - 1));
  client.reply.ok();
}

function hello(client: Client, args: Args): void {
  const { reply } = client;
  let next = 1;
  let version: number | undefined;
  if (args.count > 1) {
    version = parseInteger(args.at(next++));
    if (Number.isNaN(version)) {
      throw new CommandError("ERR Protocol version is not an integer or out of range");
    }
    if (version !== 2 && version !== 3) {
      throw new CommandError("NOPROTO unsupported protocol version");
    }
  }
  while (next < args.count) {
    const option = args.at(next++);
    const left = args.count - next;
    if (isWord(option, "auth") && left >= 2) {
      authenticate(client, args, args.at(next++).latin1(), args.at(next++));
    } else if (isWord(option, "setname") && left >= 1) {
      setClientName(client, args.at(next++));
    } else {
      throw new CommandError(`ERR Syntax error in HELLO option '${printed(option)}'`);
    }
  }
  if (!client.authenticated) {
    throw new CommandError(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO " +
        "AUTH <user> <pass> option can be used to authenticate the client and select the " +
        "RESP protocol version at the same time",
    );
  }
  if (version !== undefined) reply.resp = version as 2 | 3;
  reply.map(7);
  reply.text("server");
  reply.text("redis");
  reply.text("version");
  reply.text(REDIS_VERSION);
  reply.text("proto");
  reply.integer(reply.resp);
  reply.text("id");
  reply.integer(client.id);
  reply.text("mode");
  reply.text("standalone");
  reply.text("role");
  reply.text("master");
  reply.text("modules");
  reply.array(0);
}

function reset(client: Client): void {
  client.reset();
  client.reply.simple("RESET");
}

export const CONNECTION: CommandRows = {
  auth: {
    arity: -2,
    flags: "noscript loading stale fast no_auth allow_busy",
    since: "1.0.0",
    summary: "Says the password",
    run: auth,
  },
  client: CLIENT,
  echo: {
    arity: 2,
    flags: "loading stale fast",
    since: "1.0.0",
    summary: "Replies what it is given",
    run: ({ reply }, args) => reply.bulk(args.at(1)),
  },
  hello: {
    arity: -1,
    flags: "noscript loading stale fast no_auth allow_busy",
    since: "6.0.0",
    summary: "Chooses the protocol's version",
    run: hello,
  },
  ping: {
    arity: -1,
    flags: "fast",
    tips: "request_policy:all_shards response_policy:all_succeeded",
    since: "1.0.0",
    summary: "Answers, with PONG or with what it is given",
    run: ping,
  },
  quit: {
    arity: -1,
    flags: "noscript loading stale fast no_auth allow_busy",
    since: "1.0.0",
    summary: "Closes the connection",
    run: (client) => {
      client.closing = true;
      client.reply.ok();
    },
  },
  reset: {
    arity: 1,
    flags: "noscript loading stale fast no_auth allow_busy",
    since: "6.2.0",
    summary: "Makes the connection what it was in the beginning",
    run: reset,
  },
  select: {
    arity: 2,
    flags: "loading stale fast",
    since: "1.0.0",
    summary: "Changes the client's database",
    run: select,
  },
};
