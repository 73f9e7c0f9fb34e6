/**
 * `ACL` and its subcommands.
 *
 * @module
 */

import { cString, hasSpaces, type Selector } from "../acl_selector.ts";
import type { Client } from "../client.ts";
import { formatDouble } from "../double.ts";
import type { Args } from "../protocol/request.ts";
import type { Reply } from "../protocol/reply.ts";
import { integerAt } from "./arguments.ts";
import { CATEGORIES, type CommandRow, isWord } from "./command.ts";
import { CommandError, printed, unknownSubcommand, wrongArity } from "./error.ts";
import { helpRow } from "./help.ts";

/** The largest password that `GENPASS` makes, in bits, and the usual one (as Redis'). */
const MAX_BITS = 4096;
const DEFAULT_BITS = 256;

/** How many entries `LOG` shows where it is not told. */
const LOG_SHOWN = 10;

/** The arguments from an index on, one character for each byte. */
function texts(args: Args, from: number): string[] {
  return Array.from({ length: args.count - from }, (_, i) => args.at(from + i).latin1());
}

function writeArray(reply: Reply, items: readonly string[]): void {
  reply.array(items.length);
  for (const item of items) reply.text(item);
}

function cat({ reply, engine }: Client, args: Args): void {
  if (args.count > 3) throw unknownSubcommand("ACL", args);
  if (args.count === 2) return writeArray(reply, CATEGORIES);
  const name = cString(args.at(2).latin1());
  const commands = engine.commands.inCategory(name.toLowerCase());
  if (commands === undefined) {
    throw new CommandError(`ERR Unknown category '${name.slice(0, 128)}'`);
  }
  writeArray(reply, commands.map(({ fullName }) => fullName));
}

function deluser({ reply, engine }: Client, args: Args): void {
  const names = texts(args, 2);
  if (names.some((name) => cString(name) === "default")) {
    throw new CommandError("ERR The 'default' user cannot be removed");
  }
  const deleted = names.filter((name) => engine.acl.deleteUser(name, engine.clients.values()));
  reply.integer(deleted.length);
}

function dryrun({ reply, engine }: Client, args: Args): void {
  const name = args.at(2).latin1();
  const user = engine.acl.users.get(name);
  if (user === undefined) throw new CommandError(`ERR User '${cString(name)}' not found`);
  const line = args.from(3);
  const command = engine.commands.lookUp(line);
  if (command === undefined) {
    throw new CommandError(`ERR Command '${printed(line.at(0))}' not found`);
  }
  if (!command.accepts(line.count)) throw wrongArity(command.fullName);
  const denial = engine.acl.check(user, command, line);
  if (denial === undefined) return reply.ok();
  const { reason, index } = denial;
  const what = reason === "command"
    ? `run the '${command.fullName}' command`
    : `access the '${printed(line.at(index))}' ${reason}`;
  reply.text(`This user has no permissions to ${what}`);
}

function genpass({ reply }: Client, args: Args): void {
  if (args.count > 3) throw unknownSubcommand("ACL", args);
  const bits = args.count === 3 ? integerAt(args, 2) : DEFAULT_BITS;
  if (bits <= 0 || bits > MAX_BITS) {
    throw new CommandError(
      "ERR ACL GENPASS argument must be the number of bits for the output password, a positive " +
        `number up to ${MAX_BITS}`,
    );
  }
  const digits = Math.ceil(bits / 4);
  const random = crypto.getRandomValues(new Uint8Array(digits));
  reply.text(Array.from(random, (byte) => (byte % 16).toString(16)).join(""));
}

function writeSelector(reply: Reply, selector: Selector): void {
  const { commandRules: commands, keyRules: keys, channelRules: channels } = selector;
  for (const [name, rules] of Object.entries({ commands, keys, channels })) {
    reply.text(name);
    reply.text(rules);
  }
}

function getuser({ reply, engine }: Client, args: Args): void {
  const user = engine.acl.users.get(args.at(2).latin1());
  if (user === undefined) return reply.null();
  const [root, ...others] = user.selectors;
  reply.map(6);
  reply.text("flags");
  reply.set(user.flags.length);
  for (const flag of user.flags) reply.text(flag);
  reply.text("passwords");
  writeArray(reply, user.passwords);
  if (root !== undefined) writeSelector(reply, root);
  reply.text("selectors");
  reply.array(others.length);
  for (const selector of others) {
    reply.map(3);
    writeSelector(reply, selector);
  }
}

/** The users in the order of their names. */
function sortedUsers({ engine }: Client) {
  return [...engine.acl.users.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function log({ reply, engine }: Client, args: Args): void {
  if (args.count > 3) throw unknownSubcommand("ACL", args);
  const { acl } = engine;
  if (args.count === 3 && isWord(args.at(2), "reset")) {
    acl.log = [];
    return reply.ok();
  }
  const count = args.count === 3 ? Math.max(integerAt(args, 2), 0) : LOG_SHOWN;
  const shown = acl.log.slice(0, count);
  reply.array(shown.length);
  for (const entry of shown) {
    reply.map(7);
    reply.text("count");
    reply.integer(entry.count);
    for (const name of ["reason", "context", "object", "username"] as const) {
      reply.text(name);
      reply.text(entry[name]);
    }
    reply.text("age-seconds");
    reply.double(formatDouble((engine.now - entry.time) / 1000));
    reply.text("client-info");
    reply.text(entry.clientInfo);
  }
}

function setuser({ reply, engine }: Client, args: Args): void {
  const [name = "", ...rules] = texts(args, 2);
  if (hasSpaces(name)) {
    throw new CommandError("ERR Usernames can't contain spaces or null characters");
  }
  const error = engine.acl.setUser(name, rules, engine.clients.values());
  if (error !== undefined) throw new CommandError(`ERR ${error}`);
  reply.ok();
}

function noFile(): void {
  throw new CommandError(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users " +
      "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis " +
      "configuration file set) in order to store users in the Redis configuration.",
  );
}

function whoami({ reply, user, engine }: Client): void {
  if (user === engine.acl.superuser) reply.null();
  else reply.text(user.name);
}

const FLAGS = "noscript loading stale";
const ADMIN_FLAGS = `admin ${FLAGS}`;
const SINCE = "6.0.0";

export const ACL: CommandRow = {
  arity: -2,
  flags: "",
  since: SINCE,
  summary: "Says which users there are, and what they may do",
  subcommands: {
    cat: {
      arity: -2,
      flags: FLAGS,
      since: SINCE,
      summary: "Lists the categories, or the commands in one",
      run: cat,
    },
    deluser: {
      arity: -3,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Removes users, and disconnects their clients",
      run: deluser,
    },
    dryrun: {
      arity: -4,
      flags: ADMIN_FLAGS,
      since: "7.0.0",
      summary: "Tells whether a user may run a command, without running it",
      run: dryrun,
    },
    genpass: {
      arity: -2,
      flags: FLAGS,
      since: SINCE,
      summary: "Makes a random password",
      run: genpass,
    },
    getuser: {
      arity: 3,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Tells what a user may do",
      run: getuser,
    },
    help: helpRow(SINCE, "acl"),
    list: {
      arity: 2,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Replies the rules of all users",
      run: (client) =>
        writeArray(
          client.reply,
          sortedUsers(client).map(({ name, rules }) => `user ${name} ${rules}`),
        ),
    },
    load: {
      arity: 2,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Would read the users from their file, of which there is none",
      run: noFile,
    },
    log: {
      arity: -2,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Replies what was refused, or forgets it",
      run: log,
    },
    save: {
      arity: 2,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Would write the users into their file, of which there is none",
      run: noFile,
    },
    setuser: {
      arity: -3,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Makes a user, or changes what it may do",
      run: setuser,
    },
    users: {
      arity: 2,
      flags: ADMIN_FLAGS,
      since: SINCE,
      summary: "Lists the names of the users",
      run: (client) => writeArray(client.reply, sortedUsers(client).map(({ name }) => name)),
    },
    whoami: {
      arity: 2,
      flags: FLAGS,
      since: SINCE,
      summary: "Replies the name of the connection's user",
      run: whoami,
    },
  },
};
