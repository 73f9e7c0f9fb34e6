/**
 * The one gate through which each command goes: from a socket, from `Cache.call()`, from `EXEC` and
 * from scripts alike.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import { ArenaFullError } from "../store/arena.ts";
import {
  ADMIN,
  ALLOW_BUSY,
  type Command,
  DENY_OOM,
  FAST,
  isWord,
  MAY_REPLICATE,
  NO_AUTH,
  NO_MULTI,
  PROTECTED,
  READONLY,
  SKIP_MONITOR,
  SKIP_SLOWLOG,
  WRITE,
} from "./command.ts";
import type { Engine } from "../engine.ts";
import { CommandError, OUT_OF_MEMORY, printed, wrongArity } from "./error.ts";
import { contextOf, refuse } from "./rights.ts";

/** Commands that are not queued in a transaction. */
const NOT_QUEUED = new Set(["exec", "discard", "multi", "watch", "reset", "quit"]);

/** What a replica may not do. */
const KEYSPACE = WRITE | READONLY | MAY_REPLICATE;

/** What a transaction takes that is being queued, though memory is short. `EXEC` depends on the queue. */
const NEED_NO_MEMORY = new Set(["exec", "discard", "quit", "reset"]);

/** All that a RESP2 client may say that has subscribed to something. */
const SUBSCRIBER_COMMANDS = new Set([
  ...["ping", "subscribe", "ssubscribe", "psubscribe", "unsubscribe", "sunsubscribe"],
  ...["punsubscribe", "reset", "quit"],
]);

/** The longest code of an error that is counted by itself (as in Redis), and how many codes. */
const MAX_ERROR_CODE = 31;
const MAX_ERROR_CODES = 128;

/**
 * Executes one request, or queues it in the client's transaction.
 *
 * @returns False if it has to wait because clients are paused, and is to be tried again then.
 */
export function processRequest(client: Client, args: Args): boolean {
  const { reply, engine } = client;
  const begun = reply.length;
  const name = args.at(0);
  if (isWord(name, "post") || isWord(name, "host:")) {
    // A web page can have a browser send commands in an HTTP request.
    client.close("request of a browser");
    return true;
  }
  let command: Command | undefined;
  try {
    command = findCommand(client, args);
    check(client, command, args);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (command !== undefined) command.rejectedCalls++;
    if (isWord(name, "exec")) {
      client.transaction = undefined;
      client.unwatch();
      replyError(
        client,
        begun,
        `EXECABORT Transaction discarded because of: ${error.message.replace(/^ERR /, "")}`,
      );
      // Alone among the commands that are refused, it is shown.
      if (engine.monitors.size > 0) engine.monitor(client, args);
    } else {
      client.transaction?.fail();
      replyError(client, begun, error.message);
    }
    client.endReply(begun);
    client.endCommand();
    if (client.tracking !== undefined) endCaching(client, command);
    return true;
  }
  if (engine.pause !== undefined && holds(client, command, args)) return false;
  if (client.transaction !== undefined && !NOT_QUEUED.has(command.fullName)) {
    client.transaction.queue(command, args);
    reply.queued();
  } else {
    call(client, command, args);
  }
  // The reply of a command that waits is still to come.
  if (client.blocked === undefined) client.endReply(begun);
  if (engine.tracking.active) engine.tracking.sendPending();
  if (client.tracking !== undefined) endCaching(client, command);
  engine.blocking.serve();
  client.endCommand();
  return true;
}

/** `CLIENT CACHING` is said of the next command or transaction, other subcommands of `CLIENT` apart. */
function endCaching({ transaction, tracking }: Client, command: Command | undefined): void {
  if (tracking === undefined || transaction !== undefined) return;
  if (!command?.fullName.startsWith("client|")) tracking.caching = false;
}

/** Has a client told when a key changes that it has read. Of a script, that is for what it calls. */
function trackKeys(client: Client, command: Command, args: Args): void {
  if ((command.flags & READONLY) === 0 || command.group === "scripting") return;
  client.engine.tracking.remember(client, command, args);
}

/** Whether it is a replica, or one that monitors, which is a kind of replica to Redis. */
function isReplica(client: Client): boolean {
  const { monitors } = client.engine;
  return client.replica?.isActive || (monitors.size > 0 && monitors.has(client));
}

/** Whether a pause makes a command wait. Replicas tell all the time how far they are. */
function holds(client: Client, command: Command, args: Args): boolean {
  const { pause } = client.engine;
  if (pause === undefined || client.internal || isReplica(client)) return false;
  return pause.all || mayDo(WRITE | MAY_REPLICATE, client, command, args);
}

/** Whether flags of a command, or of one in the transaction that it executes, are as asked for. */
export function someFlags(
  client: Client,
  command: Command,
  args: Args,
  matches: (flags: number) => boolean,
): boolean {
  const fits = (command: Command, args: Args) => matches(command.flagsFor(client, args));
  if (fits(command, args)) return true;
  if (command.name !== "exec" || client.transaction === undefined) return false;
  return client.transaction.commands.some(({ command, args }) => fits(command, args));
}

/** Whether a command, or one of the transaction that it executes, has one of some flags. */
export function mayDo(wanted: number, client: Client, command: Command, args: Args): boolean {
  return someFlags(client, command, args, (flags) => (flags & wanted) !== 0);
}

/**
 * Finds the command that arguments name.
 *
 * @throws {CommandError} If there is none.
 */
function findCommand(client: Client, args: Args): Command {
  const { commands } = client.engine;
  const command = commands.lookUp(args);
  client.lastCommand = command;
  if (command !== undefined) return command;
  const parent = commands.find(args.at(0));
  if (parent === undefined) throw new CommandError(unknownCommand(args));
  const sub = printed(args.at(1), 128);
  throw new CommandError(
    `ERR unknown subcommand '${sub}'. Try ${parent.name.toUpperCase()} HELP.`,
  );
}

function checkRights(client: Client, command: Command, args: Args): void {
  const denial = refuse(client, command, args, contextOf(client));
  if (denial === undefined) return;
  const what = denial.reason === "command"
    ? `run the '${command.fullName}' command`
    : `access one of the ${denial.reason}s used as arguments`;
  throw new CommandError(`NOPERM this user has no permissions to ${what}`);
}

function notEnabled({ name }: Command): CommandError {
  return new CommandError(
    `ERR ${name.toUpperCase()} command not allowed. If the enable-${name}-command option is set to ` +
      '"local", you can run it from a local connection, otherwise you need to set this option in the ' +
      "configuration file, and then restart the server.",
  );
}

function notForSubscribers({ fullName }: Command): CommandError {
  return new CommandError(
    `ERR Can't execute '${fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
      "are allowed in this context",
  );
}

function checkDisk(error: string, client: Client, command: Command, args: Args): void {
  if (client.isMaster) return;
  if (mayDo(WRITE, client, command, args) || command.name === "ping") throw new CommandError(error);
}

/**
 * What must be right before a command is executed or queued. What is seldom wrong is said elsewhere, so
 * that the engine takes this into its caller.
 */
function check(client: Client, command: Command, args: Args): void {
  const { flags } = command;
  if (!command.accepts(args.count)) throw wrongArity(command.fullName);
  if ((flags & PROTECTED) !== 0 && !client.engine.settings.debugCommand) {
    throw notEnabled(command);
  }
  if (!client.authenticated && (flags & NO_AUTH) === 0 && client.restricted) {
    throw new CommandError("NOAUTH Authentication required.");
  }
  if (client.transaction !== undefined && (flags & NO_MULTI) !== 0) {
    throw new CommandError("ERR Command not allowed inside a transaction");
  }
  if (!client.user.isUnlimited) checkRights(client, command, args);
  const { eviction, objects, scripting, tracking } = client.engine;
  // Amid a script nothing is removed.
  if (scripting.runner.busy === undefined) {
    eviction.outOfMemory = objects.arena.used > eviction.limit && !eviction.makeRoom();
    // Of keys that were evicted a client is told before it gets to know more of them.
    if (tracking.active) tracking.sendPending();
    if (eviction.outOfMemory && needsMemory(client, command, args)) {
      throw new CommandError(OUT_OF_MEMORY);
    }
  }
  const { diskError, guard } = client.engine;
  if (diskError !== undefined) checkDisk(diskError, client, command, args);
  const refusal = guard?.(client, command, args);
  if (refusal !== undefined) throw new CommandError(refusal);
  if (
    client.reply.resp === 2 && client.subscriptionCount > 0 &&
    !SUBSCRIBER_COMMANDS.has(command.fullName)
  ) {
    throw notForSubscribers(command);
  }
  const { runner } = scripting;
  if (runner.busy !== undefined && (flags & ALLOW_BUSY) === 0) runner.refuse();
  if ((flags & KEYSPACE) !== 0 && isReplica(client)) {
    throw new CommandError("ERR Replica can't interact with the keyspace");
  }
}

/** Whether a command is refused where memory is short. */
function needsMemory(client: Client, command: Command, args: Args): boolean {
  if (client.isMaster) return false;
  return mayDo(DENY_OOM, client, command, args) ||
    client.transaction !== undefined && !NEED_NO_MEMORY.has(command.fullName);
}

/** Executes a command: its reply, or its error, is in `client.reply` then. */
export function call(client: Client, command: Command, args: Args): void {
  const { reply, engine } = client;
  const { stats, effects, timesExactly: exact } = engine;
  const begun = reply.length;
  const start = exact ? performance.now() : 0;
  engine.keepsExpired = (engine.pause !== undefined || engine.isReplica) &&
    (command.flags & WRITE) === 0;
  effects?.begin();
  try {
    command.run(client, args);
  } catch (error) {
    replyFailure(client, begun, error);
    command.failedCalls++;
  }
  if (effects !== undefined) {
    effects.end(client.db.index, command.name, args);
    client.writtenOffset = engine.replication.offset;
  }
  stats.commands++;
  command.calls++;
  if (client.tracking !== undefined) trackKeys(client, command, args);
  if (exact || !command.isQuick) {
    // Redis reads a clock twice for each command; that would take a third of a small one's time here.
    const milliseconds = exact ? performance.now() - start : engine.elapsed();
    const waits = client.blocked !== undefined && noteLater(client, command, args, milliseconds);
    if (!waits && (exact || milliseconds > 0)) noteTime(client, command, args, milliseconds);
  }
  if (engine.monitors.size > 0 && (command.flags & (SKIP_MONITOR | ADMIN)) === 0) {
    // A transaction that waits for a script is shown after the rest of it.
    if (!engine.scripting.runner.isSuspended(client)) engine.monitor(client, args);
  }
}

/**
 * Replies what a command has thrown, in place of what it has written.
 *
 * @param begun How long the client's replies were before.
 * @throws What is no failure of a command.
 */
export function replyFailure(client: Client, begun: number, error: unknown): void {
  if (error instanceof CommandError) {
    replyError(client, begun, error.message);
  } else if (error instanceof ArenaFullError) {
    replyError(client, begun, OUT_OF_MEMORY);
  } else {
    throw error;
  }
}

/**
 * Takes note of how long a command has taken when it goes on, until which its arguments stay.
 *
 * @returns False if it does not wait for a key.
 */
function noteLater(client: Client, command: Command, args: Args, milliseconds: number): boolean {
  const { blocking } = client.engine;
  return blocking.whenServed(
    client,
    (more) => noteTime(client, command, args, milliseconds + more),
  );
}

/** Takes note of how long a command has taken. */
export function noteTime(
  client: Client,
  command: Command,
  args: Args,
  milliseconds: number,
): void {
  const { engine } = client;
  if (engine.scripting.runner.isSuspended(client)) return;
  const { slowlogThreshold: threshold, slowlogLength } = engine.settings;
  const microseconds = Math.round(milliseconds * 1000);
  command.microseconds += microseconds;
  command.latencies.add(microseconds);
  engine.noteLatency((command.flags & FAST) === 0 ? "command" : "fast-command", milliseconds);
  if (threshold >= 0 && microseconds >= threshold && (command.flags & SKIP_SLOWLOG) === 0) {
    engine.slowlog.add(client, args, microseconds, slowlogLength);
  }
  // The time that was read before is old now.
  if (milliseconds >= 1) engine.readClock();
}

/** Replies an error in place of what was written since. */
function replyError(client: Client, begun: number, message: string): void {
  const { reply, engine } = client;
  client.takeBack(begun);
  reply.error(message);
  countError(engine, message);
}

/** Counts an error reply, by its code. */
export function countError({ stats }: Engine, message: string): void {
  stats.errorReplies++;
  const space = message.indexOf(" ");
  const code = space >= 0 && space < MAX_ERROR_CODE ? message.slice(0, space) : "ERR";
  const count = stats.errors.get(code);
  // Scripts can make up any number of codes.
  if (count !== undefined || stats.errors.size < MAX_ERROR_CODES) {
    stats.errors.set(code, (count ?? 0) + 1);
  }
}

/** Redis' words for a command it does not have. */
function unknownCommand(args: Args): string {
  let shown = "";
  for (let i = 1; i < args.count && shown.length < 128; i++) {
    shown += `'${printed(args.at(i), 128 - shown.length)}' `;
  }
  return `ERR unknown command '${printed(args.at(0), 128)}', with args beginning with: ${shown}`;
}
