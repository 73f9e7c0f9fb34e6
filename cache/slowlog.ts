/**
 * The slow log: the last commands that took long.
 *
 * @module
 */

import type { Client } from "./client.ts";
import type { Args } from "./protocol/request.ts";
import { withoutSecrets } from "./shown.ts";
import { Slice } from "./store/slice.ts";

/** What is kept of one command. */
export interface SlowCommand {
  readonly id: number;
  /** When it was run, in seconds since 1970. */
  readonly time: number;
  readonly microseconds: number;
  readonly args: readonly Slice[];
  readonly client: string;
  readonly clientName: string;
}

/** The most arguments that are kept, and the most bytes of each (as Redis'). */
const MAX_ARGUMENTS = 32;
const MAX_ARGUMENT = 128;

/** The slow commands of one cache, the newest first. */
export class Slowlog {
  entries: SlowCommand[] = [];
  #nextId = 0;

  /** Adds a command, and drops the oldest past `length`. */
  add(client: Client, args: Args, microseconds: number, length: number): void {
    const shown = args.count > MAX_ARGUMENTS ? MAX_ARGUMENTS - 1 : args.count;
    const kept = withoutSecrets(args).slice(0, shown).map(cut);
    if (shown < args.count) {
      kept.push(fromText(`... (${args.count - shown} more arguments)`));
    }
    this.entries.unshift({
      id: this.#nextId++,
      time: Math.floor(client.engine.now / 1000),
      microseconds,
      args: kept,
      client: client.address,
      clientName: client.name,
    });
    this.trim(length);
  }

  /** Drops the oldest past `length`. */
  trim(length: number): void {
    if (this.entries.length > length) this.entries.length = length;
  }
}

const fromText = (text: string): Slice => new Slice(new TextEncoder().encode(text));

function cut(argument: Slice): Slice {
  if (argument.length <= MAX_ARGUMENT) return argument.copySlice();
  const more = `... (${argument.length - MAX_ARGUMENT} more bytes)`;
  return fromText(argument.part(0, MAX_ARGUMENT).utf8() + more);
}
