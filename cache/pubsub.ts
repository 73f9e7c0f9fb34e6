/**
 * Who listens to which channel.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { globMatches } from "./glob.ts";
import type { Reply } from "./protocol/reply.ts";
import { latin1Slice } from "./store/slice.ts";

/** The subscriptions of one cache. Channels and patterns are strings of one character for each byte. */
export class PubSub {
  readonly channels: Map<string, Set<Client>> = new Map();
  readonly patterns: Map<string, Set<Client>> = new Map();
  /** Those of `SSUBSCRIBE`, which are apart. */
  readonly shardChannels: Map<string, Set<Client>> = new Map();

  /**
   * Sends a message to all who listen.
   *
   * @returns How many times it was sent.
   */
  publish(channel: string, message: string): number {
    let receivers = 0;
    for (const client of this.channels.get(channel) ?? []) {
      receivers++;
      client.push((reply) => writeMessage(reply, ["message", channel, message]));
    }
    for (const [pattern, clients] of this.patterns) {
      if (!globMatches(latin1Slice(pattern), latin1Slice(channel))) continue;
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
