/**
 * The commands of replication: what a master and its replicas say to each other, and what is asked of
 * either.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { STRING } from "../objects.ts";
import type { Args } from "../protocol/request.ts";
import { Replica } from "../replication/replica.ts";
import type { SavingParts } from "../saving.ts";
import { integerAt, integerWithin } from "./arguments.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";

/** The longest address that a replica may say that it has (`NET_HOST_STR_LEN`). */
const MAX_ADDRESS = 255;

function wait(client: Client, args: Args): void {
  const { engine, reply } = client;
  const { blocking, replication } = engine;
  if (engine.isReplica) {
    throw new CommandError(
      "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a " +
        "replica is configured to be writable (which is not the default) writes to replicas are just " +
        "local and are not propagated.",
    );
  }
  const count = integerAt(args, 1);
  const timeout = integerAt(args, 2, "ERR timeout is not an integer or out of range");
  if (timeout < 0) throw new CommandError("ERR timeout is negative");
  const { writtenOffset } = client;
  const acknowledged = replication.countAcks(writtenOffset);
  if (acknowledged >= count || !client.mayBlock) return reply.integer(acknowledged);
  blocking.block(client, {
    type: STRING,
    keys: [],
    deadline: timeout === 0 ? Infinity : engine.now + timeout,
    serve: () => false,
    timeOut: ({ reply }) => reply.integer(replication.countAcks(writtenOffset)),
  });
  replication.awaitAcks(client, writtenOffset, count);
}

function role({ reply, engine: { replication } }: Client): void {
  const { link, offset, replicas } = replication;
  if (link !== undefined) {
    reply.array(5);
    reply.text("slave");
    reply.text(link.host);
    reply.integer(link.port);
    reply.text(link.state);
    return reply.integer(link.state === "connected" ? offset : -1);
  }
  reply.array(3);
  reply.text("master");
  reply.integer(offset);
  const online = [...replicas].filter(({ state }) => state === "online");
  reply.array(online.length);
  for (const { host, listeningPort, acknowledged } of online) {
    reply.array(3);
    reply.text(host);
    reply.bulkInteger(listeningPort);
    reply.bulkInteger(acknowledged);
  }
}

function failover({ engine, reply }: Client, args: Args): void {
  const { replication } = engine;
  const { failover } = replication;
  if (args.count === 2 && isWord(args.at(1), "abort")) {
    if (failover.state === "no-failover") throw new CommandError("ERR No failover in progress.");
    failover.abort();
    return reply.ok();
  }
  let timeout = 0;
  let to: { host: string; port: number } | undefined;
  let force = false;
  for (let i = 1; i < args.count; i++) {
    const option = args.at(i);
    if (isWord(option, "timeout") && i + 1 < args.count && timeout === 0) {
      timeout = integerAt(args, ++i);
      if (timeout <= 0) throw new CommandError("ERR FAILOVER timeout must be greater than 0");
    } else if (isWord(option, "to") && i + 2 < args.count && to === undefined) {
      to = { host: args.at(i + 1).latin1(), port: integerAt(args, i + 2) };
      i += 2;
    } else if (isWord(option, "force") && !force) {
      force = true;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  if (failover.state !== "no-failover") {
    throw new CommandError("ERR FAILOVER already in progress.");
  }
  if (engine.isReplica) {
    throw new CommandError("ERR FAILOVER is not valid when server is a replica.");
  }
  if (replication.replicas.size === 0) {
    throw new CommandError("ERR FAILOVER requires connected replicas.");
  }
  if (force && (timeout === 0 || to === undefined)) {
    throw new CommandError(
      "ERR FAILOVER with force option requires both a timeout and target HOST and IP.",
    );
  }
  if (to !== undefined) {
    const { host, port } = to;
    const replica = [...replication.replicas].find((replica) => replica.isAt(host, port));
    if (replica === undefined) {
      throw new CommandError("ERR FAILOVER target HOST and PORT is not a replica.");
    }
    if (replica.state !== "online") {
      throw new CommandError("ERR FAILOVER target replica is not online.");
    }
  }
  failover.start({ to, timeout, force });
  reply.ok();
}

function replicaof(client: Client, args: Args): void {
  const { reply, engine: { replication } } = client;
  const { link } = replication;
  if (replication.failover.state !== "no-failover") {
    throw new CommandError("ERR REPLICAOF not allowed while failing over.");
  }
  if (isWord(args.at(1), "no") && isWord(args.at(2), "one")) {
    replication.promote();
    return reply.ok();
  }
  if (client.replica?.isActive) {
    throw new CommandError("ERR Command is not valid when client is a replica.");
  }
  const host = args.at(1).latin1();
  const port = integerWithin(args, 2, 0, 65_535, "ERR Invalid master port");
  if (link !== undefined && link.host.toLowerCase() === host.toLowerCase() && link.port === port) {
    return reply.simple("OK Already connected to specified master");
  }
  replication.follow(host, port);
  reply.ok();
}

/** What a client is as a replica; it may have said nothing of that before. */
function replicaOf(client: Client): Replica {
  return client.replica ??= new Replica(client, client.engine.replication);
}

function replconf(client: Client, args: Args): void {
  const { reply, engine: { replication } } = client;
  if (args.count % 2 === 0) throw new CommandError(SYNTAX);
  const replica = replicaOf(client);
  for (let i = 1; i < args.count; i += 2) {
    const [option, value] = [args.at(i), args.at(i + 1)];
    if (isWord(option, "listening-port")) {
      replica.listeningPort = integerAt(args, i + 1);
    } else if (isWord(option, "ip-address")) {
      if (value.length >= MAX_ADDRESS) {
        throw new CommandError(
          `ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`,
        );
      }
      replica.announcedAddress = value.latin1();
    } else if (isWord(option, "capa")) {
      if (isWord(value, "eof")) replica.takesMark = true;
      else if (isWord(value, "psync2")) replica.followsIds = true;
    } else if (isWord(option, "ack")) {
      const offset = Number(value.latin1());
      if (replica.isActive && Number.isSafeInteger(offset)) {
        replication.acknowledge(replica, offset);
      }
      // Neither of these two is answered.
      return;
    } else if (isWord(option, "getack")) {
      return replication.link?.acknowledge();
    } else if (isWord(option, "rdb-only")) {
      replica.snapshotOnly = booleanAt(args, i + 1);
    } else if (isWord(option, "rdb-filter-only")) {
      replica.parts = snapshotParts(value.latin1());
    } else {
      throw new CommandError(`ERR Unrecognized REPLCONF option: ${option.latin1()}`);
    }
  }
  reply.ok();
}

/** 0 or 1. */
function booleanAt(args: Args, index: number): boolean {
  const value = integerAt(args, index);
  if (value === 0 || value === 1) return value === 1;
  throw new CommandError("ERR value is out of range, value must between 0 and 1");
}

/** The parts of a snapshot that a replica names, which may be none. */
function snapshotParts(text: string): SavingParts {
  const names = text.split(/\s+/).filter((name) => name !== "");
  const other = names.find((name) => name.toLowerCase() !== "functions");
  if (other !== undefined) {
    throw new CommandError(`ERR Unsupported rdb-filter-only option: ${other}`);
  }
  return { data: false, functions: names.length > 0 };
}

/** What must be right before a client becomes a replica. */
function checkSync(client: Client): void {
  const { link, failover } = client.engine.replication;
  if (failover.state !== "no-failover") {
    throw new CommandError("NOMASTERLINK Can't SYNC while failing over");
  }
  if (link !== undefined && link.state !== "connected") {
    throw new CommandError("NOMASTERLINK Can't SYNC while not connected with my master");
  }
  if (client.reply.length > 0 || client.unsent > 0) {
    throw new CommandError("ERR SYNC and PSYNC are invalid with pending output");
  }
  const { parts, takesMark } = replicaOf(client);
  if (!(parts.data && parts.functions) && !takesMark) {
    throw new CommandError("ERR Filtered replica requires EOF capability");
  }
}

function sync(client: Client): void {
  // It is one already.
  if (client.replica?.isActive) return;
  checkSync(client);
  const replica = replicaOf(client);
  replica.isSilent = true;
  client.engine.stats.fullSyncs++;
  client.engine.replication.synchronize(replica);
}

function psync(client: Client, args: Args): void {
  const { replication, stats } = client.engine;
  if (client.replica?.isActive) return;
  const id = args.at(1).latin1().toLowerCase();
  if (args.count > 3 && isWord(args.at(3), "failover")) {
    if (replication.link === undefined) {
      throw new CommandError("ERR PSYNC FAILOVER can't be sent to a master.");
    }
    if (id !== replication.id) {
      throw new CommandError("ERR PSYNC FAILOVER replid must match my replid.");
    }
    replication.promote();
  }
  checkSync(client);
  const replica = replicaOf(client);
  if (replication.continueWith(replica, id, integerAt(args, 2))) {
    stats.partialSyncs++;
    return;
  }
  if (!id.startsWith("?")) stats.failedPartialSyncs++;
  stats.fullSyncs++;
  replication.synchronize(replica);
}

const REPLICAOF: CommandRow = {
  arity: 3,
  flags: "admin noscript stale no_async_loading",
  since: "5.0.0",
  summary: "Makes it a replica of a master, or with NO ONE a master",
  run: replicaof,
};

export const REPLICATION = {
  failover: {
    arity: -1,
    flags: "admin noscript stale",
    since: "6.2.0",
    summary: "Lets a replica take the master's place",
    run: failover,
  },
  psync: {
    arity: -3,
    flags: "admin noscript no_async_loading no_multi",
    since: "2.8.0",
    summary: "Makes the client a replica, which goes on from where it was if it can",
    run: psync,
  },
  replconf: {
    arity: -1,
    flags: "admin noscript loading stale allow_busy",
    since: "3.0.0",
    summary: "Takes what a replica says of itself, and how far it is",
    run: replconf,
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
  sync: {
    arity: 1,
    flags: "admin noscript no_async_loading no_multi",
    since: "1.0.0",
    summary: "Makes the client a replica, which is sent all keys",
    run: sync,
  },
};

export const WAIT: CommandRow = {
  arity: 3,
  flags: "noscript",
  categories: "connection",
  tips: "request_policy:all_shards response_policy:agg_min",
  since: "3.0.0",
  summary: "Waits until replicas have got what the client has changed",
  run: wait,
};
