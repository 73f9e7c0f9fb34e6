/**
 * The table `redis` of scripts and functions, and how their global variables are kept from being changed.
 *
 * @module
 */

import { argument, cString } from "../lua/arguments.ts";
import { positionAt } from "../lua/debug.ts";
import { type Library, register } from "../lua/library.ts";
import { type Host, HostFunction, Lua, LuaError, type Machine, Table } from "../lua/mod.ts";
import { toNumber, toText } from "../lua/machine.ts";
import { sha1Hex } from "../sha1.ts";
import { latin1Slice } from "../store/slice.ts";
import { REDIS_VERSION } from "../version.ts";
import { errorTable, statusTable, withCode } from "./from_reply.ts";
import type { Runner } from "./runner.ts";

/** About how many bytes a Lua takes with its libraries. */
export const LUA_SIZE = 64 * 1024;

/** What `redis.set_repl` takes. */
const REPLICATION = { REPL_NONE: 0, REPL_AOF: 1, REPL_SLAVE: 2, REPL_REPLICA: 2, REPL_ALL: 3 };

const [major = 0, minor = 0, patch = 0] = REDIS_VERSION.split(".").map(Number);

const VERSION: Library = {
  REDIS_VERSION,
  REDIS_VERSION_NUM: major << 16 | minor << 8 | patch,
};

/** Raises an error as scripts get those of Redis: a table. */
export function raise(message: string): never {
  throw new LuaError(errorTable(`ERR ${message}`));
}

/** A number as an x86 converts it to an `int`: the least where it does not fit; 0 for what is none. */
function intAt(m: Machine, args: number, count: number, n: number): number {
  const value = Math.trunc(toNumber(argument(m, args, count, n)) ?? 0);
  return value === (value | 0) ? value : -(2 ** 31);
}

function returns(m: Machine, args: number, value: Table | boolean | string): number {
  m.stack[args - 1] = value;
  return 1;
}

/** `redis.log` and the levels. */
function logLibrary(log: (level: number, message: string) => void): Library {
  return {
    LOG_DEBUG: 0,
    LOG_VERBOSE: 1,
    LOG_NOTICE: 2,
    LOG_WARNING: 3,
    log: (m, args, count) => {
      if (count < 2) raise("redis.log() requires two arguments or more.");
      const level = toNumber(m.stack[args]);
      if (level === undefined) raise("First argument must be a number (log level).");
      if (!(Math.trunc(level) >= 0 && Math.trunc(level) <= 3)) raise("Invalid debug level.");
      const texts = m.stack.slice(args + 1, args + count).map(toText);
      log(Math.trunc(level), texts.filter((text) => text !== undefined).join(" "));
      return 0;
    },
  };
}

/** A text, or nothing else, as the only argument; without it, an error is returned. */
function onlyString(make: (text: string) => Table): Host {
  return (m, args, count) => {
    const text = m.stack[args];
    return returns(
      m,
      args,
      count === 1 && typeof text === "string"
        ? make(text)
        : errorTable("ERR wrong number or type of arguments"),
    );
  };
}

/** What scripts and functions have alike. */
function commonLibrary(runner: Runner): Library {
  return {
    call: (m, args, count) => runner.call(m, args, count, false),
    pcall: (m, args, count) => runner.call(m, args, count, true),
    error_reply: onlyString((text) =>
      errorTable(withCode(text.startsWith("-") ? text : `-${text}`))
    ),
    status_reply: onlyString(statusTable),
    sha1hex: (m, args, count) => {
      if (count !== 1) raise("wrong number of arguments");
      return returns(m, args, sha1Hex(latin1Slice(toText(m.stack[args]) ?? "").bytes));
    },
    setresp: (m, args, count) => {
      if (count !== 1) raise("redis.setresp() requires one argument.");
      const version = intAt(m, args, count, 1);
      if (version !== 2 && version !== 3) raise("RESP version must be 2 or 3.");
      runner.setProtocol(version);
      return 0;
    },
    set_repl: (m, args, count) => {
      if (count !== 1) raise("redis.set_repl() requires two arguments.");
      const targets = intAt(m, args, count, 1);
      if ((targets & ~REPLICATION.REPL_ALL) !== 0) {
        raise("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
      }
      runner.setTargets(targets);
      return 0;
    },
    acl_check_cmd: (m, args, count) => {
      const refused = runner.setArgs(m, args, count);
      if (refused !== undefined) throw new LuaError(refused);
      const { mayRun } = runner;
      if (mayRun === undefined) raise("Invalid command passed to redis.acl_check_cmd()");
      return returns(m, args, mayRun);
    },
    ...REPLICATION,
    ...VERSION,
  };
}

/** What only scripts of `EVAL` have: what was for the debugger, and for older versions. */
const EVAL_LIBRARY: Library = {
  breakpoint: (m, args) => returns(m, args, false),
  debug: () => 0,
  replicate_commands: (m, args) => returns(m, args, true),
};

/** Has reading a variable that is not there be an error. */
export function denyMissing(table: Table): void {
  table.metatable = register(new Table(), {
    __index: (m, args, count) => {
      if (count !== 2) m.error("Wrong number of arguments to luaProtectedTableError");
      const name = toText(m.stack[args + 1]);
      if (name === undefined) {
        return m.error("Second argument to luaProtectedTableError must be a string or number");
      }
      return m.error(
        `Script attempted to access nonexistent global variable '${cString(name)}'`,
      );
    },
  });
}

/** The handler of errors, which is among the global variables of scripts. */
const errorHandler: Host = (m, args, count) => {
  const error = argument(m, args, count, 1);
  const table = error instanceof Table ? error : errorTable(`ERR ${m.describe(error)}`);
  const position = positionAt(m.current, 0);
  if (table.isReadonly) throw readonlyError();
  if (position !== undefined) {
    table.set("source", position.source);
    table.set("line", position.line);
  }
  return returns(m, args, table);
};

/** What becomes of an error that is a table in which nothing can be noted. */
export function readonlyError(): LuaError {
  const error = new LuaError("err_handler_def:10: Attempt to modify a readonly table");
  error.source = "@err_handler_def";
  error.line = 10;
  return error;
}

type Log = (level: number, message: string) => void;

function makeLua(library: Library, onTick: () => boolean): Lua {
  const lua = new Lua({ errorField: "err", onTick });
  const { globals } = lua;
  globals.set("redis", register(new Table(), library));
  denyMissing(globals);
  return lua;
}

/** Makes the Lua of `EVAL`, whose global variables are protected but for `KEYS` and `ARGV`. */
export function makeScriptLua(runner: Runner, log: Log): Lua {
  const library = { ...commonLibrary(runner), ...logLibrary(log), ...EVAL_LIBRARY };
  const lua = makeLua(library, () => runner.tick());
  const { globals } = lua;
  globals.set("__redis__err__handler", HostFunction.plain(errorHandler));
  globals.set("KEYS", new Table());
  globals.set("ARGV", new Table());
  lua.protect(globals);
  lua.protect(lua.machine.stringMetatable);
  return lua;
}

/** Makes the Lua of functions. */
export function makeFunctionLua(runner: Runner, log: Log, onTick: () => boolean): Lua {
  const lua = makeLua({ ...commonLibrary(runner), ...logLibrary(log) }, onTick);
  lua.protect(lua.globals);
  lua.protect(lua.machine.stringMetatable);
  return lua;
}

/**
 * Makes the global variables that a library of functions sees while it is loaded.
 *
 * @param registerFunction Is called with the arguments of `redis.register_function`.
 */
export function makeLoadingGlobals(log: Log, registerFunction: Host): Table {
  const redis = register(new Table(), {
    register_function: registerFunction,
    ...logLibrary(log),
    ...VERSION,
  });
  denyMissing(redis);
  const globals = new Table();
  globals.set("redis", redis);
  denyMissing(globals);
  return globals;
}
