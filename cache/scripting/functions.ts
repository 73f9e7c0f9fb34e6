/**
 * Libraries of functions: what `FUNCTION LOAD` keeps and `FCALL` calls.
 *
 * @module
 */

import { CommandError } from "../commands/error.ts";
import { argument, cString } from "../lua/arguments.ts";
import { isFunction, toText } from "../lua/machine.ts";
import {
  type HostFunction,
  type Lua,
  LuaError,
  type LuaFunction,
  type LuaValue,
  type Machine,
  Table,
} from "../lua/mod.ts";
import { splitWords } from "../protocol/request.ts";
import { firstLine, scriptFlag } from "./flags.ts";
import { errorTable } from "./from_reply.ts";
import { LUA_SIZE, makeFunctionLua, makeLoadingGlobals, raise } from "./redis_library.ts";
import type { Runner, Script } from "./runner.ts";

/** How long a library may take to load, in milliseconds (as in Redis). */
const MAX_LOAD_TIME = 500;

const BAD_NAME =
  "Library names can only contain letters, numbers, or underscores(_) and must be at " +
  "least one character long";

/** A function of a library. */
export interface LibraryFunction extends Script {
  readonly description: string | undefined;
  readonly flags: number;
}

/** A library. */
export interface Library {
  readonly name: string;
  /** Its text, each character a byte. */
  readonly code: string;
  readonly functions: Map<string, LibraryFunction>;
}

/** The libraries of one cache. */
export class Functions {
  /** By name. */
  libraries: Map<string, Library> = new Map();
  readonly #runner: Runner;
  readonly #log: (level: number, message: string) => void;
  /** All functions, by their names in lower case. */
  #functions: Map<string, LibraryFunction> = new Map();
  #lua: Lua | undefined;
  #loadingGlobals: Table | undefined;
  #loading: { library: Library; deadline: number } | undefined;

  constructor(runner: Runner, log: (level: number, message: string) => void) {
    this.#runner = runner;
    this.#log = log;
  }

  /** How many functions there are. */
  get size(): number {
    let count = 0;
    for (const { functions } of this.libraries.values()) count += functions.size;
    return count;
  }

  /** How many bytes the values of functions take, about. */
  get luaMemory(): number {
    return this.#lua === undefined ? 0 : LUA_SIZE + this.#lua.machine.charged;
  }

  /** How many bytes the libraries' texts take. */
  get memory(): number {
    let bytes = 0;
    for (const { code } of this.libraries.values()) bytes += code.length;
    return bytes;
  }

  /** Finds a function, in upper or lower case. */
  find(name: string): LibraryFunction | undefined {
    return this.#functions.get(name.toLowerCase());
  }

  /**
   * Loads a library.
   *
   * @param code Its text, each character a byte.
   * @param replaces Whether it takes the place of one of the same name.
   * @returns Its name.
   * @throws {CommandError} If it is none, or is there already.
   */
  load(code: string, replaces: boolean): string {
    const libraries = new Map(this.libraries);
    const { name } = this.#addTo(libraries, code, replaces);
    this.#set(libraries);
    return name;
  }

  /**
   * Loads libraries that were dumped, all or none.
   *
   * @param policy What becomes of those that are there: all are removed, they stay and must have other
   * names, or those of the same names are replaced.
   * @throws {CommandError} If they cannot be loaded, or have names that are taken.
   */
  restore(codes: readonly string[], policy: "flush" | "append" | "replace"): void {
    const loaded = new Map<string, Library>();
    for (const code of codes) this.#addTo(loaded, code, false);
    const libraries = new Map(policy === "flush" ? [] : this.libraries);
    for (const name of loaded.keys()) {
      if (libraries.delete(name) && policy === "append") {
        throw new CommandError(`ERR Library ${name} already exists`);
      }
    }
    for (const library of loaded.values()) checkNames(libraries, library);
    for (const [name, library] of loaded) libraries.set(name, library);
    this.#set(libraries);
  }

  #addTo(libraries: Map<string, Library>, code: string, replaces: boolean): Library {
    const { name, rest } = parseHeader(code);
    if (libraries.has(name) && !replaces) {
      throw new CommandError(`ERR Library '${name}' already exists`);
    }
    // The replaced one's functions may come again.
    libraries.delete(name);
    const library = this.#run({ name, code, functions: new Map() }, rest);
    checkNames(libraries, library);
    libraries.set(name, library);
    return library;
  }

  /** Removes a library; returns whether it was there. */
  remove(name: string): boolean {
    const libraries = new Map(this.libraries);
    const found = libraries.delete(name);
    if (found) this.#set(libraries);
    return found;
  }

  /** Removes all libraries. */
  clear(): void {
    this.#set(new Map());
  }

  #set(libraries: Map<string, Library>): void {
    this.libraries = libraries;
    this.#functions = new Map();
    const roots: LuaValue[] = [this.#loadingGlobals];
    for (const { functions } of libraries.values()) {
      for (const [name, one] of functions) {
        this.#functions.set(name.toLowerCase(), one);
        roots.push(one.function);
      }
    }
    this.#lua?.machine.roots.splice(0, Infinity, ...roots);
  }

  /** Runs a library's code, which registers its functions. */
  #run(library: Library, code: string): Library {
    const lua = this.#lua ??= makeFunctionLua(this.#runner, this.#log, () => this.#tick());
    const { machine } = lua;
    const { globals } = machine;
    machine.globals = this.#loadingGlobals ??= makeLoadingGlobals(
      this.#log,
      (m, args, count) => this.#register(m, args, count),
    );
    // C Lua protects them only with the first library.
    lua.protect(machine.globals);
    this.#loading = { library, deadline: performance.now() + MAX_LOAD_TIME };
    try {
      lua.call(load(lua, code));
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      const { value } = error;
      const message = value instanceof Table
        ? toText(value.getKey("err")) ?? "ERR unknown error"
        : `ERR ${machine.describe(value)}`;
      throw new CommandError(`ERR Error registering functions: ${cString(message)}`);
    } finally {
      this.#loading = undefined;
      machine.globals = globals;
    }
    if (library.functions.size === 0) throw new CommandError("ERR No functions registered");
    return library;
  }

  #tick(): boolean {
    if (this.#loading === undefined) return this.#runner.tick();
    if (performance.now() > this.#loading.deadline) {
      throw new LuaError(errorTable("ERR FUNCTION LOAD timeout"), true);
    }
    return false;
  }

  /** `redis.register_function` */
  #register(m: Machine, args: number, count: number): number {
    if (this.#loading === undefined || this.#lua === undefined) {
      raise("redis.register_function can only be called on FUNCTION LOAD command");
    }
    const { functions } = this.#loading.library;
    const { name, callback, description, flags } = readArguments(m, args, count);
    if (!isName(name)) raise(BAD_NAME);
    if (functions.has(name)) raise("Function already exists in the library");
    functions.set(name, {
      lua: this.#lua,
      function: callback,
      name,
      description,
      flags,
      isEval: false,
    });
    return 0;
  }
}

/** What `redis.register_function` is told. */
interface Registration {
  readonly name: string;
  readonly callback: LuaFunction | HostFunction;
  readonly description: string | undefined;
  readonly flags: number;
}

function readArguments(m: Machine, args: number, count: number): Registration {
  if (count < 1 || count > 2) raise("wrong number of arguments to redis.register_function");
  const first = argument(m, args, count, 1);
  if (count === 1) return readNamed(first);
  const name = toText(first);
  if (name === undefined) raise("first argument to redis.register_function must be a string");
  const callback = argument(m, args, count, 2);
  if (!isFunction(callback)) {
    raise("second argument to redis.register_function must be a function");
  }
  return { name, callback, description: undefined, flags: 0 };
}

function readNamed(table: LuaValue): Registration {
  if (!(table instanceof Table)) {
    raise(
      "calling redis.register_function with a single argument is only applicable to Lua table " +
        "(representing named arguments).",
    );
  }
  let name: string | undefined;
  let description: string | undefined;
  let callback: LuaFunction | HostFunction | undefined;
  let flags = 0;
  table.forEach((key, value) => {
    const option = toText(key);
    if (option === undefined) {
      raise("named argument key given to redis.register_function is not a string");
    }
    switch (option.toLowerCase()) {
      case "function_name":
        name = toText(value);
        if (name === undefined) {
          raise("function_name argument given to redis.register_function must be a string");
        }
        break;
      case "description":
        description = toText(value);
        if (description === undefined) {
          raise("description argument given to redis.register_function must be a string");
        }
        break;
      case "callback":
        if (!isFunction(value)) {
          raise("callback argument given to redis.register_function must be a function");
        }
        callback = value;
        break;
      case "flags":
        if (!(value instanceof Table)) {
          raise(
            "flags argument to redis.register_function must be a table representing function flags",
          );
        }
        flags = readFlags(value);
        break;
      default:
        raise("unknown argument given to redis.register_function");
    }
  });
  if (name === undefined) raise("redis.register_function must get a function name argument");
  if (callback === undefined) raise("redis.register_function must get a callback argument");
  return { name, callback, description, flags };
}

function readFlags(table: Table): number {
  let flags = 0;
  for (let n = 1;; n++) {
    const value = table.getNumber(n);
    if (value === undefined) return flags;
    const flag = scriptFlag(toText(value)?.toLowerCase() ?? "");
    if (flag === 0) raise("unknown flag given");
    flags |= flag;
  }
}

function load(lua: Lua, code: string): LuaFunction {
  try {
    return lua.load(code, "@user_function");
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    throw new CommandError(`ERR Error compiling function: ${error.message}`);
  }
}

/**
 * Reads a library's first line, and what it names the library.
 *
 * @throws {CommandError} If it is wrong.
 */
function parseHeader(code: string): { name: string; rest: string } {
  if (!code.startsWith("#!")) throw new CommandError("ERR Missing library metadata");
  const line = firstLine(code);
  const words = line === undefined ? undefined : splitWords(line);
  const engine = words?.[0]?.slice(2);
  if (line === undefined || words === undefined || engine === undefined) {
    throw new CommandError("ERR Invalid library metadata");
  }
  let name: string | undefined;
  for (const word of words.slice(1)) {
    if (!/^name=/i.test(word)) {
      throw new CommandError(`ERR Invalid metadata value given: ${cString(word)}`);
    }
    if (name !== undefined) {
      throw new CommandError(
        "ERR Invalid metadata value, name argument was given multiple times",
      );
    }
    name = word.slice("name=".length);
  }
  if (name === undefined) throw new CommandError("ERR Library name was not given");
  if (!isName(name)) throw new CommandError(`ERR ${BAD_NAME}`);
  if (engine.toLowerCase() !== "lua") throw new CommandError(`ERR Engine '${engine}' not found`);
  return { name, rest: code.slice(line.length) };
}

function isName(name: string): boolean {
  return /^[a-zA-Z0-9_]+$/.test(name);
}

/**
 * Looks whether functions of other libraries have the names of a library's.
 *
 * @throws {CommandError} If one has.
 */
function checkNames(libraries: Map<string, Library>, { functions }: Library): void {
  const taken = new Set<string>();
  for (const { functions } of libraries.values()) {
    for (const name of functions.keys()) taken.add(name.toLowerCase());
  }
  for (const name of functions.keys()) {
    if (taken.has(name.toLowerCase())) {
      throw new CommandError(`ERR Function ${name} already exists`);
    }
  }
}
