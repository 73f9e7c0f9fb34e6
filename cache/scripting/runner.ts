/**
 * Runs scripts, one at a time: what they may do, the commands they call, what becomes of their results,
 * and of those that take too long.
 *
 * @module
 */

import { Client } from "../client.ts";
import {
  type Command,
  DENY_OOM,
  MAY_REPLICATE,
  NO_SCRIPT,
  READONLY,
  STALE,
  WRITE,
} from "../commands/command.ts";
import { call, countError, noteTime } from "../commands/gate.ts";
import { CommandError, MASTER_DOWN, OUT_OF_MEMORY } from "../commands/error.ts";
import { refuse } from "../commands/rights.ts";
import { ALL } from "../effects.ts";
import type { Engine } from "../engine.ts";
import {
  type HostFunction,
  type Lua,
  LuaError,
  type LuaFunction,
  type LuaValue,
  type Machine,
  Table,
} from "../lua/mod.ts";
import { cString } from "../lua/arguments.ts";
import { toText } from "../lua/machine.ts";
import { Args } from "../protocol/request.ts";
import { Reply } from "../protocol/reply.ts";
import { LONG_TEXT, writeLong } from "../store/slice.ts";
import { ALLOW_OOM, NO_WRITES } from "./flags.ts";
import { commandError, errorTable, fromReply, withCode } from "./from_reply.ts";
import { readonlyError } from "./redis_library.ts";
import { printed, TableWriter, writeScalar } from "./to_reply.ts";

/** How long a script that is past its time may go on before others get their turn, in milliseconds. */
const SLICE = 10;

/**
 * A timer, though it takes a millisecond: `setImmediate` has the runtime look at its sockets at every
 * 61st turn only. A test runner that moves the time must not stop scripts, so this is the one that was
 * there at the start.
 */
const { setTimeout, clearTimeout } = globalThis;

/**
 * How many times `busy-reply-threshold` a script may take where nobody could end it: nothing else
 * happens in the process while `Cache.call()` runs it.
 */
const MAX_THRESHOLDS = 10;

/** Buffers for arguments and replies that are larger are given back after the call. */
const MAX_KEPT_BUFFER = 64 * 1024;

/** How many spellings of commands' names are remembered. */
const MAX_NAMES = 1000;

/** What a script is told that its caller's user may not do. */
const DENIALS = {
  command: "can't run this command or subcommand",
  key: "can't access at least one of the keys mentioned in the command arguments",
  channel: "can't publish to the channel mentioned in the command",
};

const NO_DISK =
  "it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' " +
  "flag for read only scripts.";

const KILLED = "Script killed by user with SCRIPT KILL...";

/** Errors of the machine itself, which no error handler gets to see. */
const WITHOUT_HANDLER = ["not enough memory", "error in error handling"];

/** A script to be run. */
export interface Script {
  readonly lua: Lua;
  readonly function: LuaFunction | HostFunction;
  /** Its SHA-1 or its name. */
  readonly name: string;
  /** What it declares, if it declares anything. */
  readonly flags: number | undefined;
  /** Whether it is a script of `EVAL`, not a function. */
  readonly isEval: boolean;
}

/** A script that runs. */
interface Run {
  readonly script: Script;
  readonly caller: Client;
  /** The command that runs it, with its arguments. */
  args: Args;
  readonly isReadonly: boolean;
  readonly allowsOom: boolean;
  /** Whether the time stood still before, as in a transaction. */
  readonly wasHeld: boolean;
  /** When it began, in milliseconds; 0 until the first look at the clock. */
  startedAt: number;
  /** Whether it has called a command that writes. */
  hasWritten: boolean;
  isKilled: boolean;
  /** Of one that is suspended: lets the caller go on. */
  resume: (() => void) | undefined;
  /** Of one that is suspended in a transaction: executes the rest of that. */
  goOn: ((begun: number) => void) | undefined;
}

/** Runs the scripts of one cache. */
export class Runner {
  readonly #engine: Engine;
  /** The script that is past its time, while others get their turn. */
  busy: Run | undefined;
  /** Whether scripts may call any command (`DEBUG SET-DISABLE-DENY-SCRIPTS`). */
  allowsAll = false;
  #running: Run | undefined;
  #client: Client | undefined;
  readonly #args = new Args(new Uint8Array(1024));
  readonly #names: Map<string, Command> = new Map();
  #sliceEnd = 0;
  #turn: ReturnType<typeof setTimeout> | undefined;
  /** What waits for the end of the script that is past its time. */
  readonly #waiting: (() => void)[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Who calls the commands of scripts. */
  get client(): Client {
    if (this.#client === undefined) {
      this.#client = new Client(this.#engine);
      this.#client.address = "lua";
    }
    return this.#client;
  }

  /** Whether a script runs. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Runs a script. Its reply is written when this returns, or later if the caller is blocked then.
   *
   * @param args The whole request.
   * @param isReadonly Whether it is called by a command that only reads.
   * @throws {CommandError} If it may not be run.
   */
  run(script: Script, caller: Client, args: Args, isReadonly: boolean, values: LuaValue[]): void {
    const { flags } = script;
    if (flags !== undefined) this.#check(flags, isReadonly);
    else if (this.#engine.isStale) throw new CommandError(MASTER_DOWN);
    const { client } = this;
    client.db = caller.db;
    client.user = caller.user;
    client.reply.resp = 2;
    client.noTouch = caller.noTouch;
    const engine = this.#engine;
    const run: Run = {
      script,
      caller,
      args,
      isReadonly: isReadonly || ((flags ?? 0) & NO_WRITES) !== 0,
      allowsOom: ((flags ?? 0) & ALLOW_OOM) !== 0,
      wasHeld: engine.timeHeld,
      startedAt: 0,
      hasWritten: false,
      isKilled: false,
      resume: undefined,
      goOn: undefined,
    };
    engine.timeHeld = true;
    // What it calls are effects, one for one.
    engine.effects?.omit();
    this.#running = run;
    let isSuspended = false;
    try {
      const results = script.lua.run(script.function, values);
      if (results === undefined) isSuspended = true;
      else this.#reply(run, caller.reply, results[0]);
    } catch (error) {
      this.#replyError(run, caller.reply, error);
    } finally {
      if (!isSuspended) this.#end(run);
    }
    if (isSuspended) this.#suspend(run);
  }

  /** Whether a script may run at all that declares flags. */
  #check(flags: number, isReadonly: boolean): void {
    if ((flags & NO_WRITES) !== 0) return;
    const { appendOnly: { failure }, snapshots } = this.#engine;
    if (snapshots.stopsWrites) {
      throw new CommandError(`MISCONF Redis is configured to save RDB snapshots, but ${NO_DISK}`);
    }
    if (failure !== undefined) {
      throw new CommandError(
        `MISCONF Redis is configured to persist data to AOF, but ${NO_DISK} AOF error: ${failure}`,
      );
    }
    if (isReadonly) {
      throw new CommandError("ERR Can not execute a script with write flag using *_ro command.");
    }
    if (this.#engine.eviction.outOfMemory && (flags & ALLOW_OOM) === 0) {
      throw new CommandError(
        "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
      );
    }
  }

  #end(run: Run): void {
    this.#engine.releaseTime(run.wasHeld);
    this.setTargets(ALL);
    this.#running = undefined;
  }

  // Scripts past their time.

  /** Is called by the machine now and then. Returns whether the script is to be suspended. */
  tick(): boolean {
    const run = this.#running;
    if (run === undefined) return false;
    const now = performance.now();
    if (run.startedAt === 0) run.startedAt = now;
    const { busyReplyThreshold: threshold } = this.#engine.settings;
    const time = now - run.startedAt;
    if (threshold <= 0 || time < threshold) return false;
    if (run.caller.internal) {
      if (time > MAX_THRESHOLDS * threshold) throw killed();
      return false;
    }
    return now >= this.#sliceEnd;
  }

  /** Has a script wait while others get their turn. */
  #suspend(run: Run): void {
    const { caller } = run;
    this.busy = run;
    this.#engine.blocking.isHeld = true;
    run.args = run.args.copy();
    const { promise, resolve } = Promise.withResolvers<void>();
    run.resume = resolve;
    caller.blocked = promise;
    this.#goOnLater(run);
  }

  #goOnLater(run: Run): void {
    this.#turn = setTimeout(() => this.#engine.run(undefined, () => this.#goOn(run)), 0);
  }

  #goOn(run: Run): void {
    const { script: { lua } } = run;
    this.#sliceEnd = performance.now() + SLICE;
    let write: (reply: Reply) => void;
    try {
      if (run.isKilled) throw lua.kill(killed().value);
      const results = lua.resume();
      if (results === undefined) return this.#goOnLater(run);
      write = (reply) => this.#reply(run, reply, results[0]);
    } catch (error) {
      write = (reply) => this.#replyError(run, reply, error);
    }
    this.#endLate(run, write);
  }

  /**
   * Has the rest of a transaction wait for its script that is suspended.
   *
   * @param goOn Executes the rest; it is given where the replies begin that are not sent yet.
   */
  suspendTransaction(goOn: (begun: number) => void): void {
    if (this.busy !== undefined) this.busy.goOn = goOn;
  }

  /** Ends a script that others have waited for, and the transaction that it belongs to. */
  #endLate(run: Run, write: (reply: Reply) => void): void {
    const engine = this.#engine;
    const { caller } = run;
    const { reply } = caller;
    const begun = reply.length;
    this.busy = undefined;
    this.#sliceEnd = 0;
    this.#end(run);
    engine.run(caller, () => {
      // What a transaction has done is told when all of it has ended.
      engine.effects?.begin();
      engine.effects?.omit();
      write(reply);
      const command = engine.commands.find(run.args.at(0));
      if (command !== undefined) {
        noteTime(caller, command, run.args, performance.now() - run.startedAt);
      }
      run.goOn?.(begun);
      engine.effects?.end(caller.db.index, command?.name ?? "", run.args);
      caller.writtenOffset = engine.replication.offset;
    });
    const next = this.#suspended(caller);
    if (next !== undefined) {
      next.resume = run.resume;
      return;
    }
    if (engine.clients.has(caller.id)) {
      caller.endReply(begun);
      caller.endCommand();
      engine.flushLater(caller);
    } else {
      // The caller has left, and may have subscribed to something since.
      caller.end();
      reply.reset();
    }
    engine.readClock();
    engine.blocking.isHeld = false;
    engine.blocking.serve();
    engine.catchUp();
    caller.blocked = undefined;
    run.resume?.();
    for (const task of this.#waiting.splice(0)) task();
  }

  /** Has something done when the script that is past its time has ended, with its transaction. */
  afterwards(task: () => void): void {
    this.#waiting.push(task);
  }

  /** The script of a client that is suspended. */
  #suspended(client: Client): Run | undefined {
    return this.busy?.caller === client ? this.busy : undefined;
  }

  /** Whether a command of a client is a script that goes on. */
  isSuspended(client: Client): boolean {
    return this.#suspended(client) !== undefined;
  }

  /**
   * What others are told who want anything but to end the script.
   *
   * @throws {CommandError} `BUSY …`
   */
  refuse(): never {
    const kind = this.busy?.script.isEval ?? true ? "SCRIPT" : "FUNCTION";
    throw new CommandError(
      `BUSY Redis is busy running a script. You can only call ${kind} KILL or SHUTDOWN NOSAVE.`,
    );
  }

  /** Ends the script that is past its time: `SCRIPT KILL`, `FUNCTION KILL`. */
  kill(isEval: boolean): void {
    const run = this.busy;
    if (run === undefined) {
      throw new CommandError("NOTBUSY No scripts in execution right now.");
    }
    if (run.hasWritten) {
      throw new CommandError(
        "UNKILLABLE Sorry the script already executed write commands against the dataset. You can " +
          "either wait the script termination or kill the server in a hard way using the SHUTDOWN " +
          "NOSAVE command.",
      );
    }
    if (isEval !== run.script.isEval) this.refuse();
    run.isKilled = true;
  }

  /** What `FUNCTION STATS` tells of the function that is past its time. */
  get stats(): { name: string; args: Args; milliseconds: number } | undefined {
    const run = this.busy;
    if (run === undefined) return undefined;
    if (run.script.isEval) this.refuse();
    const milliseconds = Math.floor(performance.now() - run.startedAt);
    return { name: run.script.name, args: run.args, milliseconds };
  }

  /** Forgets the script that is past its time. */
  close(): void {
    clearTimeout(this.#turn);
  }

  // Results.

  #reply(run: Run, reply: Reply, value: LuaValue): void {
    if (value instanceof Table) this.#replyTable(run, reply, value);
    else writeScalar(reply, this.client.reply.resp, value);
  }

  #replyTable(run: Run, reply: Reply, table: Table): void {
    let failed = false;
    new TableWriter(reply, this.client.reply.resp, (message, isNew) => {
      if (isNew) countError(this.#engine, message);
      failed = true;
    }).write(table);
    if (failed) this.#countFailure(run);
  }

  /** Replies an error of a script. What it has had written to its caller before, as messages, stays. */
  #replyError(run: Run, reply: Reply, error: unknown): void {
    if (!(error instanceof LuaError)) throw error;
    const { script: { name, lua } } = run;
    const isReadonly = error.value instanceof Table && error.value.isReadonly;
    const { value, source: chunk, line } = isReadonly ? readonlyError() : error;
    let source = chunk;
    let message: string;
    let isCounted = false;
    if (value instanceof Table) {
      isCounted = value.getKey("ignore_error_stats_update") === true;
      message = cString(toText(value.getKey("err")) ?? "ERR unknown error");
    } else if (typeof value === "string" && WITHOUT_HANDLER.includes(value)) {
      message = `ERR Error running script ${name}, ${value}`;
      source = "";
    } else {
      message = `ERR ${cString(lua.machine.describe(value))}`;
    }
    const place = source === "" ? "" : ` script: ${name}, on ${source}:${line}.`;
    reply.error(message + place);
    if (!isCounted) countError(this.#engine, message);
    this.#countFailure(run);
  }

  #countFailure({ args }: Run): void {
    const command = this.#engine.commands.find(args.at(0));
    if (command !== undefined) command.failedCalls++;
  }

  // Commands of scripts.

  /** Chooses the protocol in which commands reply to the running script. */
  setProtocol(resp: 2 | 3): void {
    this.client.reply.resp = resp;
  }

  /** Chooses who is told of what the running script changes. */
  setTargets(targets: number): void {
    const { effects } = this.#engine;
    if (effects !== undefined) effects.targets = targets;
  }

  /**
   * `redis.call` and `redis.pcall`.
   *
   * @param isProtected Whether an error is returned, not raised.
   */
  call(machine: Machine, first: number, count: number, isProtected: boolean): number {
    const value = this.#call(machine, first, count);
    if (!isProtected && value instanceof Table && value.getKey("err") !== undefined) {
      throw new LuaError(value);
    }
    machine.stack[first - 1] = value;
    return 1;
  }

  #call(machine: Machine, first: number, count: number): LuaValue {
    const refused = this.setArgs(machine, first, count);
    if (refused !== undefined) return refused;
    const run = this.#running;
    if (run === undefined) {
      return errorTable("ERR redis.call/pcall can only be called inside a script invocation");
    }
    const { client } = this;
    const args = this.#args;
    const name = machine.stack[first];
    const command = this.#find(typeof name === "string" ? name : "");
    const refusal = this.#refusal(run, command, args);
    if (command === undefined || refusal !== undefined) {
      return this.#reject(command, refusal ?? "");
    }
    if ((command.flags & WRITE) !== 0) run.hasWritten = true;
    const { reply } = client;
    call(client, command, args);
    const { caller } = run;
    if (caller.tracking !== undefined && (command.flags & READONLY) !== 0) {
      this.#trackKeys(run);
    }
    if (reply.overflowed) {
      reply.reset();
      return errorTable(`ERR The reply is larger than ${client.maxReply} bytes`);
    }
    try {
      // Only what scripts may not call replies nothing, or later.
      return reply.length === 0 ? false : fromReply(reply.bytes);
    } finally {
      reply.truncate(0);
      if (reply.capacity > MAX_KEPT_BUFFER) Reply.giveBack(reply.take());
      if (args.bytes.length > MAX_KEPT_BUFFER) args.bytes = new Uint8Array(1024);
    }
  }

  /** Has the caller told when a key changes that it has named: the script may have read any. */
  #trackKeys({ caller, args }: Run): void {
    const { commands, tracking } = this.#engine;
    const command = commands.find(args.at(0));
    if (command !== undefined) tracking.remember(caller, command, args);
  }

  /** Why a script may not call a command, if it may not. */
  #refusal(run: Run, command: Command | undefined, args: Args): string | undefined {
    if (command === undefined) return "Unknown Redis command called from script";
    const { flags } = command;
    if (!command.accepts(args.count)) {
      return "Wrong number of args calling Redis command from script";
    }
    if ((flags & NO_SCRIPT) !== 0 && !this.allowsAll) {
      return "This Redis command is not allowed from script";
    }
    if (!run.caller.user.isUnlimited) {
      const denial = refuse(run.caller, command, args, "lua");
      if (denial !== undefined) return `The user executing the script ${DENIALS[denial.reason]}`;
    }
    if (run.isReadonly && (flags & (WRITE | MAY_REPLICATE)) !== 0) {
      return "Write commands are not allowed from read-only scripts.";
    }
    const { diskError, guard, isStale } = this.#engine;
    if (isStale && (flags & STALE) === 0) return "Can not execute the command on a stale replica";
    // What has begun to write is not stopped midway.
    const isFirstWrite = !run.hasWritten && (flags & WRITE) !== 0;
    if (isFirstWrite && diskError !== undefined) return `-${diskError}`;
    const isRefused = run.hasWritten ? undefined : guard?.(run.caller, command, args);
    if (isRefused !== undefined) return `-${isRefused}`;
    const mayStop = !run.allowsOom && !run.hasWritten;
    if (mayStop && (flags & DENY_OOM) !== 0 && this.#engine.eviction.outOfMemory) {
      return `-${OUT_OF_MEMORY}`;
    }
  }

  #reject(command: Command | undefined, message: string): Table {
    if (command !== undefined) command.rejectedCalls++;
    const error = commandError(message);
    countError(this.#engine, withCode(message));
    return error;
  }

  /**
   * Takes the arguments of a call from the stack.
   *
   * @returns An error if they are none of a command.
   */
  setArgs(machine: Machine, first: number, count: number): Table | undefined {
    if (count === 0) {
      return errorTable("ERR Please specify at least one argument for this redis lib call");
    }
    const { stack } = machine;
    const args = this.#args;
    args.count = 0;
    let at = 0;
    for (let i = first; i < first + count; i++) {
      const value = stack[i];
      let text: string;
      if (typeof value === "string") text = value;
      else if (typeof value === "number") text = printed(value);
      else {
        return errorTable("ERR Lua redis lib command arguments must be strings or integers");
      }
      const { length } = text;
      if (at + length > args.bytes.length) {
        const larger = new Uint8Array(2 * (at + length));
        larger.set(args.bytes);
        args.bytes = larger;
      }
      const { bytes } = args;
      args.push(at, length);
      if (length >= LONG_TEXT) {
        writeLong(text, bytes, at);
        at += length;
      } else {
        for (let j = 0; j < length; j++) bytes[at++] = text.charCodeAt(j);
      }
    }
    return undefined;
  }

  /**
   * Whether the caller's user may run the command that the arguments name.
   *
   * @returns `undefined` if there is no such command.
   */
  get mayRun(): boolean | undefined {
    const command = this.#find("");
    const { client } = this;
    return command && client.engine.acl.check(client.user, command, this.#args) === undefined;
  }

  #find(name: string): Command | undefined {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const command = this.#engine.commands.lookUp(this.#args);
    // A subcommand is not told by the name alone.
    const isWhole = command?.name === command?.fullName && command?.subcommands.length === 0;
    if (isWhole && name !== "" && this.#names.size < MAX_NAMES) this.#names.set(name, command);
    return command;
  }
}

/** The error of a script that was killed, which it cannot catch. */
function killed(): LuaError {
  return new LuaError(errorTable(`ERR ${KILLED}`), true);
}
