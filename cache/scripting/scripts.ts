/**
 * The scripts of `EVAL`: compiled once, and kept by their SHA-1.
 *
 * @module
 */

import { CommandError } from "../commands/error.ts";
import { type Lua, LuaError, type LuaValue, Table } from "../lua/mod.ts";
import type { Args } from "../protocol/request.ts";
import { sha1Hex } from "../sha1.ts";
import { latin1Slice, type Slice } from "../store/slice.ts";
import { parseShebang } from "./flags.ts";
import { LUA_SIZE, makeScriptLua } from "./redis_library.ts";
import type { Runner, Script } from "./runner.ts";
import { textOf } from "./text.ts";

/** About how many bytes a script takes beside its text. */
const SCRIPT_SIZE = 512;

/** A script with its text. */
interface KnownScript extends Script {
  readonly body: Slice;
  /** Its SHA-1, in lower case. */
  readonly sha: Slice;
}

/** The scripts of one cache. */
export class Scripts {
  readonly #runner: Runner;
  readonly #log: (level: number, message: string) => void;
  readonly #bySha: Map<string, KnownScript> = new Map();
  /** The same by a hash that takes less time than SHA-1; of two that share one the later. */
  readonly #byHash: Map<number, KnownScript> = new Map();
  /** The same by a hash of the SHA-1, for which no string is made. */
  readonly #byShaHash: Map<number, KnownScript> = new Map();
  #lua: Lua | undefined;
  /** How many bytes the scripts take. */
  memory = 0;

  constructor(runner: Runner, log: (level: number, message: string) => void) {
    this.#runner = runner;
    this.#log = log;
  }

  /** How many scripts there are. */
  get size(): number {
    return this.#bySha.size;
  }

  /** How many bytes the values of scripts take, about. */
  get luaMemory(): number {
    return this.#lua === undefined ? 0 : LUA_SIZE + this.#lua.machine.charged;
  }

  /** Finds a script by its SHA-1, in upper or lower case. */
  find(sha: Slice): Script | undefined {
    const likely = this.#byShaHash.get(shaHash(sha));
    if (likely?.sha.equals(sha)) return likely;
    return this.#bySha.get(sha.latin1().toLowerCase());
  }

  /**
   * Compiles a script, or finds it.
   *
   * @throws {CommandError} If it cannot be compiled.
   */
  load(body: Slice): Script {
    const hash = hashOf(body);
    const likely = this.#byHash.get(hash);
    if (likely !== undefined && likely.body.equals(body)) return likely;
    const name = sha1Hex(body.bytes, body.start, body.start + body.length);
    const known = this.#bySha.get(name);
    if (known !== undefined) return known;
    const text = body.latin1();
    const shebang = parseShebang(text);
    if (typeof shebang === "string") throw new CommandError(`ERR ${shebang}`);
    this.#lua ??= makeScriptLua(this.#runner, this.#log);
    const script: KnownScript = {
      lua: this.#lua,
      function: compile(this.#lua, text.slice(shebang.length)),
      name,
      flags: shebang.flags,
      isEval: true,
      body: body.copySlice(),
      sha: latin1Slice(name),
    };
    this.#bySha.set(name, script);
    this.#byHash.set(hash, script);
    this.#byShaHash.set(shaHash(script.sha), script);
    this.memory += body.length + SCRIPT_SIZE;
    return script;
  }

  /** Sets what the next script finds in `KEYS` and `ARGV`: the arguments from an index on. */
  setArguments({ lua: { globals } }: Script, args: Args, first: number, keys: number): void {
    globals.set("KEYS", textTable(args, first, first + keys));
    globals.set("ARGV", textTable(args, first + keys, args.count));
  }

  /** Forgets all scripts, and the Lua that has run them. */
  clear(): void {
    this.#bySha.clear();
    this.#byHash.clear();
    this.#byShaHash.clear();
    this.#lua = undefined;
    this.memory = 0;
  }
}

function compile(lua: Lua, text: string): Script["function"] {
  try {
    return lua.load(text, "@user_script");
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    throw new CommandError(`ERR Error compiling script (new function): ${error.message}`);
  }
}

/** Some arguments as a table of strings. */
export function textTable(args: Args, first: number, end: number): Table {
  const texts: LuaValue[] = [""];
  for (let i = first; i < end; i++) {
    texts.push(textOf(args.bytes, args.starts[i]!, args.lengths[i]!));
  }
  return Table.of(texts);
}

/** The beginning of a SHA-1, which is a hash itself, as a number. */
function shaHash({ bytes, start }: Slice): number {
  let hash = 0;
  for (let i = start; i < start + 8; i++) hash = hash << 4 ^ bytes[i]!;
  return hash;
}

/** A hash of a script's length and of at most so many of its bytes. */
function hashOf({ bytes, start, length }: Slice): number {
  const step = Math.max(1, length >> 5);
  let hash = length;
  for (let i = start; i < start + length; i += step) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
  return hash;
}
