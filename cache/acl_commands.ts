/**
 * The commands that the rules of users can name: those that are here, and those of Redis that are not,
 * so that the rules of a Redis hold here too and are shown alike.
 *
 * @module
 */

import { CATEGORIES, categoriesOf, type CommandTable } from "./commands/command.ts";

/** Commands of Redis 7.0.15 that may be missing here, by their categories of access control. */
const OTHERS: Readonly<Record<string, string>> = {
  "fast connection": "asking readonly readwrite",
  slow: `
    cluster cluster|countkeysinslot cluster|getkeysinslot cluster|help cluster|info cluster|keyslot
    cluster|links cluster|myid cluster|nodes cluster|shards cluster|slots module module|help
  `,
  "admin slow dangerous": `
    bgrewriteaof cluster|addslots cluster|addslotsrange cluster|bumpepoch
    cluster|count-failure-reports cluster|delslots cluster|delslotsrange cluster|failover
    cluster|flushslots cluster|forget cluster|meet cluster|replicas cluster|replicate cluster|reset
    cluster|saveconfig cluster|set-config-epoch cluster|setslot cluster|slaves failover
    latency|doctor latency|graph module|list module|load module|loadex module|unload psync replconf
    replicaof slaveof sync
  `,
  "keyspace write slow dangerous": "migrate restore-asking",
  "write hyperloglog admin slow dangerous": "pfdebug",
  "hyperloglog admin slow dangerous": "pfselftest",
  "slow scripting": "script|debug",
};

/** The names of commands, with that of the command that holds them: `config|get`. All in lower case. */
export class AclCommands {
  readonly #table: CommandTable;
  /** Each with the names of its subcommands. They are found when the first is asked for. */
  readonly #names: Map<string, string[]> = new Map();
  readonly #byCategory: Map<string, string[]> = new Map();

  constructor(table: CommandTable) {
    this.#table = table;
  }

  #load(): void {
    if (this.#names.size > 0) return;
    for (const category of CATEGORIES) this.#byCategory.set(category, []);
    for (const command of this.#table.all) this.#add(command.fullName, categoriesOf(command));
    for (const [categories, names] of Object.entries(OTHERS)) {
      for (const name of names.trim().split(/\s+/)) {
        if (!this.#names.has(name)) this.#add(name, categories.split(" "));
      }
    }
  }

  #add(name: string, categories: readonly string[]): void {
    this.#names.set(name, []);
    for (const category of categories) this.#byCategory.get(category)?.push(name);
    const bar = name.indexOf("|");
    if (bar > 0) this.#names.get(name.slice(0, bar))?.push(name);
  }

  /** All of them. */
  get names(): string[] {
    this.#load();
    return [...this.#names.keys()];
  }

  /** Whether there is one of this name. */
  has(name: string): boolean {
    this.#load();
    return this.#names.has(name);
  }

  /** The names of a command's subcommands. */
  subcommands(name: string): readonly string[] {
    this.#load();
    return this.#names.get(name) ?? [];
  }

  /** The commands in a category; `undefined` if there is no such. */
  inCategory(category: string): readonly string[] | undefined {
    this.#load();
    return this.#byCategory.get(category);
  }
}
