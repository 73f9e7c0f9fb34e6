/**
 * Access control: the users, what they may do, and the log of what they were refused.
 *
 * @module
 */

import { AclCommands } from "./acl_commands.ts";
import { cString, type Denial, keysOf, Selector } from "./acl_selector.ts";
import type { Client } from "./client.ts";
import type { Command, CommandTable } from "./commands/command.ts";
import { type Args, splitWords } from "./protocol/request.ts";
import type { Settings } from "./settings.ts";
import { sha256 } from "./sha256.ts";
import { latin1Slice, type Slice } from "./store/slice.ts";

/** How long events are counted together that are alike, in milliseconds (`ACL_LOG_GROUPING_MAX_TIME_DELTA`). */
const LOG_GROUPING_TIME = 60_000;
/** Among how many entries one is looked for that is alike. */
const LOG_GROUPING_DEPTH = 10;

/** The hexadecimal digits of a password's SHA-256. */
const HASH = /^[0-9a-f]{64}$/;

/** Which of two reasons is told, where several selectors refuse: the later one. */
const REASONS = ["command", "key", "channel"];

/** A user. Those of its rules that do not say what it may do say how it comes in. */
export class User {
  /** One character for each byte, as all texts here. */
  readonly name: string;
  enabled = false;
  /** Whether any password will do. */
  noPassword = false;
  /** SHA-256 of each, in hexadecimal digits. */
  passwords: string[] = [];
  /** What was said of the check of `RESTORE`'s payloads, if anything. */
  sanitize: "" | "skip-sanitize-payload" | "sanitize-payload" = "";
  /** The first is that of the rules in no parentheses. */
  selectors: Selector[];
  /** Whether it may do all: then nothing else need be looked at. */
  isUnlimited = false;
  readonly #acl: Acl;

  constructor(acl: Acl, name: string) {
    this.#acl = acl;
    this.name = name;
    this.selectors = [acl.newSelector()];
  }

  /** The selector of the rules that stand in no parentheses. */
  get root(): Selector {
    return this.selectors[0]!;
  }

  /** Whether a client is this user with no password asked. */
  get isOpen(): boolean {
    return this.noPassword && this.enabled;
  }

  /** Takes over all that another user is and may do. */
  assign(other: User): void {
    this.enabled = other.enabled;
    this.noPassword = other.noPassword;
    this.passwords = [...other.passwords];
    this.sanitize = other.sanitize;
    this.selectors = other.selectors.map((selector) => selector.copy());
    this.isUnlimited = other.isUnlimited;
  }

  /**
   * Applies rules of `ACL SETUSER`.
   *
   * @returns What is wrong with one, if it is. Those before it are applied then.
   */
  apply(...rules: string[]): string | undefined {
    for (const rule of rules) {
      const error = this.#apply(rule);
      if (error !== undefined) return `Error in ACL SETUSER modifier '${cString(rule)}': ${error}`;
    }
    this.isUnlimited = this.selectors.some(({ isUnlimited }) => isUnlimited);
  }

  #apply(rule: string): string | undefined {
    if (rule === "") return;
    const word = cString(rule).toLowerCase();
    switch (word) {
      case "on":
      case "off":
        this.enabled = word === "on";
        return;
      case "skip-sanitize-payload":
      case "sanitize-payload":
        this.sanitize = word;
        return;
      case "nopass":
      case "resetpass":
        this.noPassword = word === "nopass";
        this.passwords = [];
        return;
      case "clearselectors":
        this.selectors = [this.root];
        return;
      case "reset":
        this.assign(new User(this.#acl, this.name));
        this.sanitize = "sanitize-payload";
        return;
    }
    switch (rule.charAt(0)) {
      case ">":
      case "#":
      case "<":
      case "!":
        return this.#applyPassword(rule);
      case "(":
        if (rule.endsWith(")")) return this.#addSelector(rule.slice(1, -1));
    }
    return this.root.apply(rule);
  }

  #applyPassword(rule: string): string | undefined {
    const [sign, text] = [rule.charAt(0), rule.slice(1)];
    const hash = "<>".includes(sign) ? sha256(latin1Slice(text)) : text;
    if (!HASH.test(hash)) {
      return "The password hash must be exactly 64 characters and contain only lowercase " +
        "hexadecimal characters";
    }
    const isKnown = this.passwords.includes(hash);
    if (">#".includes(sign)) {
      if (!isKnown) this.passwords.push(hash);
      this.noPassword = false;
    } else if (isKnown) {
      this.passwords = this.passwords.filter((known) => known !== hash);
    } else {
      return "The password you are trying to remove from the user does not exist";
    }
  }

  #addSelector(rules: string): string | undefined {
    const selector = this.#acl.newSelector();
    // Where the quotes are not right, Redis sees no rules.
    for (const rule of splitWords(cString(rules)) ?? []) {
      const error = selector.apply(rule);
      if (error !== undefined) return error;
    }
    this.selectors.push(selector);
  }

  /** How it comes in: `on`, `nopass`, … */
  get flags(): string[] {
    const flags = [this.enabled ? "on" : "off", this.noPassword ? "nopass" : "", this.sanitize];
    return flags.filter((flag) => flag !== "");
  }

  /** All of it, as `ACL LIST` shows it. */
  get rules(): string {
    const [root, ...others] = this.selectors.map(({ rules }) => rules);
    const hashes = this.passwords.map((hash) => `#${hash}`);
    return [...this.flags, ...hashes, root, ...others.map((rules) => `(${rules})`)].join(" ");
  }
}

/** What was refused, once or several times. */
export interface LogEntry {
  count: number;
  readonly reason: Denial["reason"] | "auth";
  readonly context: LogContext;
  /** The command, the key or the channel. */
  readonly object: string;
  readonly username: string;
  /** When it was the last time, in milliseconds since 1970. */
  readonly time: number;
  /** That client's line of `CLIENT LIST`. */
  readonly clientInfo: string;
}

/** Where a command was that was refused. */
export type LogContext = "toplevel" | "multi" | "lua";

/** The users of one cache. */
export class Acl {
  readonly users: Map<string, User> = new Map();
  /** The user of all clients that do not say who they are. */
  readonly default: User;
  /** The user of what is no client of the outside: it may do all, and is none of the users. */
  readonly superuser: User;
  /** What was refused, the newest first. */
  log: LogEntry[] = [];
  readonly #table: CommandTable;
  readonly #commands: AclCommands;
  readonly #settings: Settings;
  /** What `requirepass` was when it was last looked at. */
  #password = "";

  constructor(table: CommandTable, settings: Settings) {
    this.#table = table;
    this.#commands = new AclCommands(table);
    this.#settings = settings;
    this.superuser = new User(this, "(superuser)");
    this.default = new User(this, "default");
    for (const user of [this.superuser, this.default]) {
      user.apply("+@all", "~*", "&*", "on", "nopass");
    }
    this.users.set("default", this.default);
    this.applySettings();
  }

  /** Makes a selector that allows nothing but what `acl-pubsub-default` says. */
  newSelector(): Selector {
    return new Selector(this.#commands, this.#settings.allChannelsByDefault);
  }

  /** Takes note of settings that have changed: the password is the default user's. */
  applySettings(): void {
    const { password } = this.#settings;
    if (password === this.#password) return;
    this.#password = password;
    this.default.apply("resetpass", password === "" ? "nopass" : `>${password}`);
  }

  /**
   * Changes a user by the rules of `ACL SETUSER`, by all of them or none; makes it if there is none.
   * Clients that listen to what they may not any more are disconnected.
   *
   * @param clients All clients.
   * @returns What is wrong with the rules, if it is.
   */
  setUser(name: string, rules: readonly string[], clients: Iterable<Client>): string | undefined {
    const { merged, unmatched } = mergeSelectors(rules);
    if (unmatched !== undefined) {
      return `Unmatched parenthesis in acl selector starting at '${cString(unmatched)}'.`;
    }
    const user = this.users.get(name);
    const changed = new User(this, name);
    if (user !== undefined) changed.assign(user);
    const error = changed.apply(...merged);
    if (error !== undefined) return error;
    if (user === undefined) {
      this.users.set(name, changed);
    } else {
      disconnectSubscribers(user, changed, clients);
      user.assign(changed);
    }
  }

  /**
   * Removes a user, and disconnects its clients.
   *
   * @returns Whether there was one.
   */
  deleteUser(name: string, clients: Iterable<Client>): boolean {
    const user = this.users.get(name);
    if (user === undefined) return false;
    this.users.delete(name);
    for (const client of clients) {
      if (client.user !== user) continue;
      client.user = this.default;
      client.authenticated = false;
      client.disconnect("ACL DELUSER");
    }
    return true;
  }

  /** Finds the user that a name and a password belong to. How long it takes does not tell what is wrong. */
  authenticate(name: string, password: Slice): User | undefined {
    const hash = sha256(password);
    const user = this.users.get(name);
    if (user === undefined || !user.enabled) return undefined;
    const isRight = user.noPassword || user.passwords.some((known) => sameDigits(known, hash));
    return isRight ? user : undefined;
  }

  /**
   * Looks whether a user may run a command.
   *
   * @returns Why not, if it may not.
   */
  check(user: User, command: Command, args: Args): Denial | undefined {
    if (user.isUnlimited) return undefined;
    const keys = keysOf(command, args);
    let told: Denial = { reason: "command", index: 0 };
    for (const selector of user.selectors) {
      const denial = selector.check(command, args, keys);
      if (denial === undefined) return undefined;
      const rank = REASONS.indexOf(denial.reason) - REASONS.indexOf(told.reason);
      if (rank > 0 || (rank === 0 && denial.index > told.index)) told = denial;
    }
    return told;
  }

  /** Whether a user may run a command also where that reads whatever key there is, as `SORT … GET` does. */
  readsAllKeys(user: User, args: Args): boolean {
    const command = this.#table.find(args.at(0));
    if (user.isUnlimited || command === undefined) return user.isUnlimited;
    const keys = keysOf(command, args);
    return user.selectors.some((selector) =>
      selector.check(command, args, keys) === undefined && selector.readsAllKeys
    );
  }

  /** Takes note of what was refused. */
  addToLog(entry: LogEntry): void {
    const alike = this.log.slice(0, LOG_GROUPING_DEPTH).find(
      ({ reason, context, object, username, time }) =>
        reason === entry.reason && context === entry.context && object === entry.object &&
        username === entry.username && Math.abs(time - entry.time) <= LOG_GROUPING_TIME,
    );
    this.log.unshift(entry);
    if (alike !== undefined) {
      entry.count += alike.count;
      this.log.splice(this.log.lastIndexOf(alike), 1);
    } else if (this.log.length > this.#settings.aclLogLength) {
      this.log.length = this.#settings.aclLogLength;
    }
  }
}

/** Whether two texts of the same length are the same, in a time that does not tell where they differ. */
function sameDigits(a: string, b: string): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** Puts selectors together that are spread over several arguments, as `(+get`, `~a)`. */
function mergeSelectors(rules: readonly string[]): { merged: string[]; unmatched?: string } {
  const merged: string[] = [];
  let open: { first: string; text: string } | undefined;
  for (const rule of rules) {
    if (rule.startsWith("(") && !rule.endsWith(")")) {
      // One that is open already is forgotten, as in Redis.
      open = { first: rule, text: rule };
    } else if (open === undefined) {
      merged.push(rule);
    } else {
      open.text += ` ${cString(rule)}`;
      if (!rule.endsWith(")")) continue;
      merged.push(open.text);
      open = undefined;
    }
  }
  return open === undefined ? { merged } : { merged, unmatched: open.first };
}

/** Disconnects a user's clients that listen to what its new rules do not allow. */
function disconnectSubscribers(user: User, changed: User, clients: Iterable<Client>): void {
  const { selectors } = changed;
  // As in Redis, nobody is looked at where nothing was allowed before.
  if (!user.selectors.some(({ hasChannels }) => hasChannels)) return;
  const allows = (name: string, isPattern: boolean) =>
    selectors.some((selector) => selector.allowsChannel(latin1Slice(name), isPattern));
  for (const client of clients) {
    if (client.user !== user) continue;
    const names = [...client.channels, ...client.shardChannels];
    const mayStay = names.every((name) => allows(name, false)) &&
      [...client.patterns].every((name) => allows(name, true));
    if (!mayStay) client.disconnect("ACL SETUSER");
  }
}
