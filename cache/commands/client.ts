/**
 * `CLIENT` and its subcommands.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import type { Slice } from "../store/slice.ts";
import { integerAt } from "./arguments.ts";
import { type CommandRow, isWord } from "./command.ts";
import { CommandError, SYNTAX, unknownSubcommand } from "./error.ts";
import { helpRow } from "./help.ts";
import { CLIENT_TRACKING, redirectOf } from "./tracking.ts";

/** The kinds of clients that `TYPE` takes. */
const TYPES = ["normal", "master", "replica", "slave", "pubsub"];

/** A letter for each thing that is special about a client. */
function flagsOf(client: Client): string {
  const flags = [
    client.replica?.isActive ? "S" : "",
    client.isMaster ? "M" : "",
    client.engine.monitors.has(client) ? "O" : "",
    client.subscriptionCount > 0 ? "P" : "",
    (client.transaction ?? client.executing) !== undefined ? "x" : "",
    client.blocked !== undefined ? "b" : "",
    client.tracking !== undefined ? "t" : "",
    client.tracking?.brokenRedirect ? "R" : "",
    client.tracking?.broadcast ? "B" : "",
    client.watchFailed ? "d" : "",
    client.closing ? "c" : "",
    client.noEvict ? "e" : "",
    client.noTouch ? "T" : "",
  ].join("");
  return flags === "" ? "N" : flags;
}

function typeOf(client: Client): string {
  if (client.isMaster) return "master";
  if (client.replica?.isActive) return "slave";
  return client.subscriptionCount > 0 ? "pubsub" : "normal";
}

/** A client's line in `CLIENT LIST`. */
export function describe(client: Client): string {
  const { engine, reply, transaction = client.executing } = client;
  const seconds = (since: number) => Math.max(Math.floor((engine.now - since) / 1000), 0);
  const { unparsed, parsed, capacity } = client.requestBuffer;
  return Object.entries({
    id: client.id,
    addr: client.address,
    laddr: client.localAddress,
    fd: client.internal ? -1 : client.id + 7,
    name: client.name,
    age: seconds(client.createdAt),
    idle: seconds(client.lastInteraction),
    flags: flagsOf(client),
    db: client.db.index,
    sub: client.channels.size,
    psub: client.patterns.size,
    ssub: client.shardChannels.size,
    multi: transaction?.commands.length ?? -1,
    qbuf: unparsed,
    "qbuf-free": capacity - unparsed,
    "argv-mem": parsed,
    "multi-mem": transaction?.size ?? 0,
    rbs: reply.capacity,
    rbp: reply.length,
    obl: reply.length,
    oll: 0,
    omem: client.unsent,
    "tot-mem": client.memory,
    events: "r",
    cmd: client.lastCommand?.fullName ?? "NULL",
    user: client.user.name,
    redir: redirectOf(client),
    resp: reply.resp,
  }).map(([name, value]) => `${name}=${value}`).join(" ");
}

/** Gives a client a name, which may be empty. */
export function setClientName(client: Client, name: Slice): void {
  for (let i = 0; i < name.length; i++) {
    if (name.at(i) < 0x21 || name.at(i) > 0x7e) {
      throw new CommandError(
        "ERR Client names cannot contain spaces, newlines or special characters.",
      );
    }
  }
  client.name = name.latin1();
}

/** Names of a client's library, of the same characters. */
function setinfo(client: Client, args: Args): void {
  const attribute = args.at(2);
  const [name, value] = [attribute.latin1().toLowerCase(), args.at(3).latin1()];
  if (name !== "lib-name" && name !== "lib-ver") {
    throw new CommandError(`ERR Unrecognized option '${attribute.latin1()}'`);
  }
  if (!/^[!-~]*$/.test(value)) {
    throw new CommandError(
      `ERR ${name} cannot contain spaces, newlines or special characters.`,
    );
  }
  client.reply.ok();
}

/** Whether it has a connection: what the program itself calls has none. */
function isOutside({ internal, isMaster }: Client): boolean {
  return !internal || isMaster;
}

function outsideClients(client: Client): Client[] {
  return [...client.engine.clients.values()].filter(isOutside);
}

function list(client: Client, args: Args): void {
  let shown = outsideClients(client);
  if (args.count > 2) {
    const option = args.at(2);
    if (isWord(option, "type") && args.count === 4) {
      const type = typeAt(args, 3);
      shown = shown.filter((other) => typeOf(other) === type);
    } else if (isWord(option, "id") && args.count > 3) {
      shown = [];
      for (let i = 3; i < args.count; i++) {
        const other = client.engine.clients.get(integerAt(args, i, "ERR Invalid client ID"));
        if (other !== undefined && isOutside(other)) shown.push(other);
      }
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  client.reply.verbatim(shown.map((other) => `${describe(other)}\n`).join(""));
}

function typeAt(args: Args, index: number): string {
  const text = args.at(index).latin1();
  const type = text.toLowerCase();
  if (!TYPES.includes(type)) throw new CommandError(`ERR Unknown client type '${text}'`);
  return type === "replica" ? "slave" : type;
}

function kill(client: Client, args: Args): void {
  const { reply } = client;
  if (args.count === 3) {
    const address = args.at(2).latin1();
    const other = outsideClients(client).find((other) => other.address === address);
    if (other === undefined) throw new CommandError("ERR No such client");
    other.disconnect("CLIENT KILL");
    return reply.ok();
  }
  let skipMe = true;
  const filters: ((other: Client) => boolean)[] = [];
  for (let i = 2; i < args.count; i += 2) {
    if (i + 1 === args.count) throw new CommandError(SYNTAX);
    const [option, value] = [args.at(i), args.at(i + 1)];
    const text = value.latin1();
    if (isWord(option, "id")) {
      const id = integerAt(args, i + 1, "ERR client-id should be greater than 0");
      if (id < 1) throw new CommandError("ERR client-id should be greater than 0");
      filters.push((other) => other.id === id);
    } else if (isWord(option, "type")) {
      const type = typeAt(args, i + 1);
      filters.push((other) => typeOf(other) === type);
    } else if (isWord(option, "addr")) {
      filters.push((other) => other.address === text);
    } else if (isWord(option, "laddr")) {
      filters.push((other) => other.localAddress === text);
    } else if (isWord(option, "user")) {
      const user = client.engine.acl.users.get(text);
      if (user === undefined) throw new CommandError(`ERR No such user '${text}'`);
      filters.push((other) => other.user === user);
    } else if (isWord(option, "skipme") && (isWord(value, "yes") || isWord(value, "no"))) {
      skipMe = isWord(value, "yes");
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  const killed = outsideClients(client).filter((other) =>
    !(skipMe && other === client) && filters.every((matches) => matches(other))
  );
  for (const other of killed) other.disconnect("CLIENT KILL");
  reply.integer(killed.length);
}

function pause(client: Client, args: Args): void {
  if (args.count > 4) throw unknownSubcommand("CLIENT", args);
  const all = args.count === 3 || isWord(args.at(3), "all");
  if (!all && !isWord(args.at(3), "write")) {
    throw new CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL");
  }
  const error = "ERR timeout is not an integer or out of range";
  const timeout = integerAt(args, 2, error);
  if (timeout < 0) throw new CommandError("ERR timeout is negative");
  client.engine.pauseClients(timeout, all);
  client.reply.ok();
}

function unblock({ engine, reply }: Client, args: Args): void {
  if (args.count > 4) throw unknownSubcommand("CLIENT", args);
  const byTimeout = args.count === 3 || isWord(args.at(3), "timeout");
  if (!byTimeout && !isWord(args.at(3), "error")) {
    throw new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const other = engine.clients.get(integerAt(args, 2));
  const unblocked = other !== undefined &&
    engine.blocking.unblock(other, byTimeout ? "timeout" : "error");
  reply.integer(unblocked ? 1 : 0);
}

function replyMode(client: Client, args: Args): void {
  const mode = args.at(2);
  if (isWord(mode, "on")) {
    client.replyMode = "on";
    client.reply.ok();
  } else if (isWord(mode, "off")) {
    client.replyMode = "off";
  } else if (isWord(mode, "skip")) {
    if (client.replyMode !== "off") client.replyMode = "skip next";
  } else {
    throw new CommandError(SYNTAX);
  }
}

/** An option that is on or off. */
function onOff(args: Args): boolean {
  const value = args.at(2);
  if (!isWord(value, "on") && !isWord(value, "off")) throw new CommandError(SYNTAX);
  return isWord(value, "on");
}

const FLAGS = "noscript loading stale";
const ADMIN_FLAGS = `admin ${FLAGS}`;

export const CLIENT: CommandRow = {
  arity: -2,
  flags: "",
  since: "2.4.0",
  summary: "Tells of clients, and directs them",
  subcommands: {
    ...CLIENT_TRACKING,
    getname: {
      arity: 2,
      flags: FLAGS,
      since: "2.6.9",
      summary: "Replies the name of the connection",
      run: ({ reply, name }) => name === "" ? reply.null() : reply.text(name),
    },
    help: helpRow("5.0.0", "client"),
    id: {
      arity: 2,
      flags: FLAGS,
      since: "5.0.0",
      summary: "Replies the number of the connection",
      run: ({ reply, id }) => reply.integer(id),
    },
    info: {
      arity: 2,
      flags: FLAGS,
      tips: "nondeterministic_output",
      since: "6.2.0",
      summary: "Describes the connection",
      run: (client) => client.reply.verbatim(`${describe(client)}\n`),
    },
    kill: {
      arity: -3,
      flags: ADMIN_FLAGS,
      since: "2.4.0",
      summary: "Closes connections",
      run: kill,
    },
    list: {
      arity: -2,
      flags: ADMIN_FLAGS,
      tips: "nondeterministic_output",
      since: "2.4.0",
      summary: "Describes all connections",
      run: list,
    },
    "no-evict": {
      arity: 3,
      flags: ADMIN_FLAGS,
      since: "7.0.0",
      summary: "Exempts the client from being closed when memory is short",
      run: (client, args) => {
        client.noEvict = onOff(args);
        client.reply.ok();
      },
    },
    "no-touch": {
      arity: 3,
      flags: FLAGS,
      since: "7.2.0",
      summary: "Lets the client's commands leave the idle times of keys as they are",
      run: (client, args) => {
        client.noTouch = onOff(args);
        client.reply.ok();
      },
    },
    pause: {
      arity: -3,
      flags: ADMIN_FLAGS,
      since: "2.9.50",
      summary: "Lets the commands of all clients wait",
      run: pause,
    },
    reply: {
      arity: 3,
      flags: FLAGS,
      since: "3.2.0",
      summary: "Chooses whether the client gets replies",
      run: replyMode,
    },
    setinfo: {
      arity: 4,
      flags: FLAGS,
      since: "7.2.0",
      summary: "Takes note of the client's library",
      run: setinfo,
    },
    setname: {
      arity: 3,
      flags: FLAGS,
      since: "2.6.9",
      summary: "Gives the connection a name",
      run: (client, args) => {
        setClientName(client, args.at(2));
        client.reply.ok();
      },
    },
    unblock: {
      arity: -3,
      flags: ADMIN_FLAGS,
      since: "5.0.0",
      summary: "Ends a client's wait for a key",
      run: unblock,
    },
    unpause: {
      arity: 2,
      flags: ADMIN_FLAGS,
      since: "6.2.0",
      summary: "Ends a pause",
      run: ({ engine, reply }) => {
        // What is written amid a failover would be lost.
        if (engine.replication.failover.state === "no-failover") engine.endPause();
        reply.ok();
      },
    },
  },
};
