/**
 * A selector of access control: which commands may be run on which keys and channels. A user has one or
 * more, of which one must allow all that a command does.
 *
 * @module
 */

import type { AclCommands } from "./acl_commands.ts";
import {
  CATEGORIES,
  type Command,
  keyReferences,
  NO_AUTH,
  type OtherKey,
} from "./commands/command.ts";
import { globMatches } from "./glob.ts";
import type { Args } from "./protocol/request.ts";
import { latin1Slice, type Slice } from "./store/slice.ts";

/** Why a command is refused. */
export interface Denial {
  readonly reason: "command" | "key" | "channel";
  /** Which argument is the key or the channel that must not be touched; 0 if it is none of them. */
  readonly index: number;
}

/** A pattern of keys, and what may be done with them. */
interface KeyPattern {
  readonly pattern: Slice;
  read: boolean;
  write: boolean;
}

/** What commands do with keys that takes the right to write; `access` takes that to read. */
const WRITES = ["insert", "delete", "update"];

const UNKNOWN = "Unknown command or category name in ACL";
const SYNTAX_ERROR = "Syntax error";

/** Whether a text has blanks or a NUL, which no name and no pattern may. */
export function hasSpaces(text: string): boolean {
  return /[ \t-\r\0]/.test(text);
}

/** All that C sees of a text: it ends at the first NUL. */
export function cString(text: string): string {
  return text.replace(/\0.*/s, "");
}

/** What a part of a user's rules allows. Texts have one character for each byte. */
export class Selector {
  readonly #known: AclCommands;
  /** Whether it allows every command; then `#commands` may lack some. */
  #allCommands = false;
  /** Whether it says what is not allowed, and not what is. */
  #subtractive = false;
  #commands: Set<string> = new Set();
  /** Commands that are allowed with some first arguments. */
  #firstArguments: Map<string, string[]> = new Map();
  #allKeys = false;
  #keys: KeyPattern[] = [];
  /** Whether it allows every channel. */
  allChannels: boolean;
  #channels: Slice[] = [];

  /** Makes one that allows nothing, but for the channels if they are not limited unless said. */
  constructor(known: AclCommands, allChannels: boolean) {
    this.#known = known;
    this.allChannels = allChannels;
  }

  copy(): Selector {
    const copy = new Selector(this.#known, this.allChannels);
    copy.#allCommands = this.#allCommands;
    copy.#subtractive = this.#subtractive;
    copy.#commands = new Set(this.#commands);
    copy.#firstArguments = new Map(
      [...this.#firstArguments].map(([command, texts]) => [command, [...texts]]),
    );
    copy.#allKeys = this.#allKeys;
    copy.#keys = this.#keys.map((key) => ({ ...key }));
    copy.#channels = [...this.#channels];
    return copy;
  }

  /** Whether it allows all that there is. */
  get isUnlimited(): boolean {
    return this.#allCommands && this.#allKeys && this.allChannels;
  }

  /** Whether it has a rule of its own for channels. */
  get hasChannels(): boolean {
    return this.allChannels || this.#channels.length > 0;
  }

  /**
   * Applies a rule of `ACL SETUSER`.
   *
   * @returns What is wrong with it, if it is.
   */
  apply(rule: string): string | undefined {
    const text = cString(rule);
    switch (text.toLowerCase()) {
      case "allkeys":
      case "~*":
      case "resetkeys":
        this.#allKeys = text.toLowerCase() !== "resetkeys";
        this.#keys = [];
        return;
      case "allchannels":
      case "&*":
      case "resetchannels":
        this.allChannels = text.toLowerCase() !== "resetchannels";
        this.#channels = [];
        return;
      case "allcommands":
      case "+@all":
        this.#allCommands = this.#subtractive = true;
        this.#firstArguments.clear();
        return;
      case "nocommands":
      case "-@all":
        this.#allCommands = this.#subtractive = false;
        this.#commands.clear();
        this.#firstArguments.clear();
        return;
    }
    switch (text.charAt(0)) {
      case "~":
      case "%":
        return this.#addKeys(rule);
      case "&":
        return this.#addChannels(rule);
      case "+":
      case "-":
        return text.charAt(1) === "@"
          ? this.#changeCategory(text.slice(2), text.charAt(0) === "+")
          : this.#changeCommand(text.slice(1), text.charAt(0) === "+");
      default:
        return SYNTAX_ERROR;
    }
  }

  #addKeys(rule: string): string | undefined {
    if (this.#allKeys) {
      return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not " +
        "have any effect. Try 'resetkeys' to start with an empty list of patterns";
    }
    const match = /^(?:~|%(R|W|RW|WR)(?:~|$))(.*)$/is.exec(rule);
    if (match === null) return SYNTAX_ERROR;
    const [, rights = "RW", text = ""] = match;
    if (hasSpaces(text)) return SYNTAX_ERROR;
    const pattern = latin1Slice(text);
    const [read, write] = [/r/i.test(rights), /w/i.test(rights)];
    const known = this.#keys.find((key) => key.pattern.equals(pattern));
    if (known === undefined) {
      this.#keys.push({ pattern, read, write });
    } else {
      known.read ||= read;
      known.write ||= write;
    }
  }

  #addChannels(rule: string): string | undefined {
    if (this.allChannels) {
      return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does " +
        "not have any effect. Try 'resetchannels' to start with an empty list of channels";
    }
    if (hasSpaces(rule)) return SYNTAX_ERROR;
    const pattern = latin1Slice(rule.slice(1));
    if (!this.#channels.some((known) => known.equals(pattern))) this.#channels.push(pattern);
  }

  #changeCategory(category: string, allowed: boolean): string | undefined {
    const commands = this.#known.inCategory(category.toLowerCase());
    if (commands === undefined) return UNKNOWN;
    for (const command of commands) this.#change(command, allowed);
  }

  /** @param text A command's name, with a subcommand's or a first argument after a bar. */
  #changeCommand(text: string, allowed: boolean): string | undefined {
    const name = text.toLowerCase();
    const bar = name.lastIndexOf("|");
    if (allowed && bar >= 0) {
      const command = name.slice(0, bar);
      if (!this.#known.has(command)) return UNKNOWN;
      if (command.includes("|")) return "Allowing first-arg of a subcommand is not supported";
      const argument = text.slice(bar + 1);
      if (argument === "") return SYNTAX_ERROR;
      if (this.#known.subcommands(command).length === 0) {
        const known = this.#firstArguments.get(command) ?? [];
        const isKnown = known.some((one) => one.toLowerCase() === argument.toLowerCase());
        if (!isKnown) this.#firstArguments.set(command, [...known, argument]);
        return;
      }
    }
    if (!this.#known.has(name)) return UNKNOWN;
    this.#change(name, allowed);
  }

  #change(command: string, allowed: boolean): void {
    if (!allowed && this.#allCommands) {
      this.#allCommands = false;
      this.#commands = new Set(this.#known.names);
    }
    this.#include(this.#commands, command, allowed);
    this.#firstArguments.delete(command);
  }

  /** Lets a set have a command and its subcommands, or not. */
  #include(commands: Set<string>, command: string, included: boolean): void {
    for (const name of [command, ...this.#known.subcommands(command)]) {
      if (included) commands.add(name);
      else commands.delete(name);
    }
  }

  /**
   * Looks whether it allows a command.
   *
   * @param keys The keys that the command names.
   * @returns Why not, if it does not.
   */
  check(command: Command, args: Args, keys: () => OtherKey[]): Denial | undefined {
    if (
      !this.#allCommands && (command.flags & NO_AUTH) === 0 && !this.#commands.has(command.fullName)
    ) {
      const first = args.count > 1 ? cString(args.at(1).latin1()).toLowerCase() : undefined;
      const allowed = this.#firstArguments.get(command.fullName) ?? [];
      if (!allowed.some((text) => text.toLowerCase() === first)) {
        return { reason: "command", index: 0 };
      }
    }
    if (!this.#allKeys) {
      const key = keys().find(({ index, flags }) => !this.#allowsKey(args.at(index), flags));
      if (key !== undefined) return { reason: "key", index: key.index };
    }
    const { channels } = command.row;
    if (channels !== undefined && !this.allChannels) {
      const count = channels === "first" ? 2 : args.count;
      for (let index = 1; index < count; index++) {
        if (!this.allowsChannel(args.at(index), channels === "patterns")) {
          return { reason: "channel", index };
        }
      }
    }
  }

  #allowsKey(key: Slice, flags: readonly string[]): boolean {
    const reads = flags.includes("access");
    const writes = flags.some((flag) => WRITES.includes(flag));
    return this.#keys.some(({ pattern, read, write }) =>
      (read || !reads) && (write || !writes) && globMatches(pattern, key)
    );
  }

  /** Whether it allows to read whatever key there is. */
  get readsAllKeys(): boolean {
    return this.#allKeys ||
      this.#keys.some(({ pattern, read }) => read && pattern.latin1() === "*");
  }

  /** Whether it allows a channel, or to subscribe to a pattern: that must be one of its own. */
  allowsChannel(channel: Slice, isPattern: boolean): boolean {
    return this.allChannels ||
      this.#channels.some((pattern) =>
        isPattern ? pattern.equals(channel) : globMatches(pattern, channel)
      );
  }

  /** Its keys, channels and commands, as `ACL GETUSER` shows them. */
  get keyRules(): string {
    if (this.#allKeys) return "~*";
    return this.#keys.map(({ pattern, read, write }) =>
      `${read && write ? "" : read ? "%R" : "%W"}~${pattern.latin1()}`
    ).join(" ");
  }

  get channelRules(): string {
    if (this.allChannels) return "&*";
    return this.#channels.map((pattern) => `&${pattern.latin1()}`).join(" ");
  }

  /** The categories that say it best, as Redis finds them, and then single commands. */
  get commandRules(): string {
    const known = this.#known;
    const allowed = this.#allCommands ? new Set(known.names) : this.#commands;
    const subtractive = this.#subtractive;
    const rules = [subtractive ? "+@all" : "-@all"];
    /** What the rules so far allow. */
    const described = new Set(subtractive ? known.names : []);
    /** What is allowed, as if nobody had spoken of the categories so far. */
    const rest = new Set(allowed);
    const categories = new Set(CATEGORIES);
    for (let best; (best = bestCategory(known, categories, rest, subtractive)) !== undefined;) {
      categories.delete(best);
      rules.push(`${subtractive ? "-" : "+"}@${best}`);
      for (const command of known.inCategory(best) ?? []) {
        this.#include(described, command, !subtractive);
        this.#include(rest, command, subtractive);
      }
    }
    for (const command of known.names) {
      const isAllowed = allowed.has(command);
      if (isAllowed !== described.has(command)) {
        rules.push(`${isAllowed ? "+" : "-"}${command}`);
        this.#include(described, command, isAllowed);
      }
      if (isAllowed) continue;
      for (const text of this.#firstArguments.get(command) ?? []) rules.push(`+${command}|${text}`);
    }
    return rules.join(" ");
  }

  /** All of it, as `ACL LIST` shows it. */
  get rules(): string {
    const channels = this.allChannels ? "&*" : `resetchannels ${this.channelRules}`.trimEnd();
    return [this.keyRules, channels, this.commandRules].filter((text) => text !== "").join(" ");
  }
}

/**
 * The category of which most commands would be said rightly, and of several the one with the fewest
 * others; `undefined` if there is none.
 *
 * @param categories Those to choose from.
 * @param allowed What is to be said.
 * @param subtractive Whether it is said by what is not allowed.
 */
function bestCategory(
  known: AclCommands,
  categories: Iterable<string>,
  allowed: Set<string>,
  subtractive: boolean,
): string | undefined {
  let best: string | undefined;
  let [fewest, most] = [Infinity, 0];
  for (const category of categories) {
    const commands = known.inCategory(category) ?? [];
    const wrong = commands.filter((command) => allowed.has(command) === subtractive).length;
    const right = commands.length - wrong;
    if (right > wrong && (wrong < fewest || (wrong === fewest && right > most))) {
      [best, fewest, most] = [category, wrong, right];
    }
  }
  return best;
}

/** The keys of a command, found when they are first asked for. */
export function keysOf(command: Command, args: Args): () => OtherKey[] {
  let keys: OtherKey[] | undefined;
  return () => keys ??= keyReferences(command, args);
}
