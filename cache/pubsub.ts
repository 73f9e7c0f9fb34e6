/**
 * Who listens to which channel, and the messages to them.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { globMatches } from "./glob.ts";
import type { Reply } from "./protocol/reply.ts";
import { latin1Slice } from "./store/slice.ts";

/** The kinds of subscriptions. */
export type SubscriptionKind = "channels" | "patterns" | "shardChannels";

/** The subscriptions of one cache. Channels and patterns are strings of one character for each byte. */
export class PubSub {
  readonly channels: Map<string, Set<Client>> = new Map();
  readonly patterns: Map<string, Set<Client>> = new Map();
  /** Those of `SSUBSCRIBE`, which are apart. */
  readonly shardChannels: Map<string, Set<Client>> = new Map();

  /** Lets a client listen. */
  add(kind: SubscriptionKind, name: string, client: Client): void {
    if (client[kind].has(name)) return;
    client[kind].add(name);
    client.countName(name);
    const clients = this[kind].get(name);
    if (clients === undefined) this[kind].set(name, new Set([client]));
    else clients.add(client);
  }

  /** Lets a client listen no more. */
  remove(kind: SubscriptionKind, name: string, client: Client): void {
    if (!client[kind].delete(name)) return;
    client.countName(name, -1);
    const clients = this[kind].get(name);
    clients?.delete(client);
    if (clients?.size === 0) this[kind].delete(name);
  }

  /** Takes back all that a client listens to. */
  removeAll(client: Client): void {
    for (const kind of ["channels", "patterns", "shardChannels"] as const) {
      for (const name of client[kind]) this.remove(kind, name, client);
    }
  }

  /**
   * Sends a message to all who listen, each character one byte.
   *
   * @returns How many times it was sent.
   */
  publish(channel: string, message: string): number {
    let receivers = 0;
    for (const client of this.channels.get(channel) ?? []) {
      receivers++;
      client.push((reply) => writeMessage(reply, ["message", channel, message]));
    }
    if (this.patterns.size === 0) return receivers;
    const name = latin1Slice(channel);
    for (const [pattern, clients] of this.patterns) {
      if (!globMatches(latin1Slice(pattern), name)) continue;
      for (const client of clients) {
        receivers++;
        client.push((reply) => writeMessage(reply, ["pmessage", pattern, channel, message]));
      }
    }
    return receivers;
  }

  /** The same for shard channels. */
  publishToShard(channel: string, message: string): number {
    const clients = this.shardChannels.get(channel);
    for (const client of clients ?? []) {
      client.push((reply) => writeMessage(reply, ["smessage", channel, message]));
    }
    return clients?.size ?? 0;
  }
}

function writeMessage(reply: Reply, parts: string[]): void {
  reply.push(parts.length);
  for (const part of parts) reply.text(part);
}
