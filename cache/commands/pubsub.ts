/**
 * The commands of publish and subscribe.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { globMatches } from "../glob.ts";
import type { Args } from "../protocol/request.ts";
import type { SubscriptionKind } from "../pubsub.ts";
import { latin1Slice } from "../store/slice.ts";
import type { CommandRows } from "./command.ts";
import { CommandError, unknownSubcommand } from "./error.ts";
import { helpRow } from "./help.ts";

/** The count that a reply names: shard channels are counted apart. */
function count(client: Client, kind: SubscriptionKind): number {
  return kind === "shardChannels"
    ? client.shardChannels.size
    : client.channels.size + client.patterns.size;
}

/** Tells of a subscription that has begun or ended, also where the client wants no replies. */
function confirm(client: Client, kind: SubscriptionKind, verb: string, name?: string): void {
  client.push((reply) => {
    reply.push(3);
    reply.text(verb);
    if (name === undefined) reply.null();
    else reply.text(name);
    reply.integer(count(client, kind));
  });
}

function subscriber(verb: string, kind: SubscriptionKind) {
  return (client: Client, args: Args): void => {
    const { engine } = client;
    // For a transaction Redis makes an exception for the older two.
    if (client.internal || (kind === "shardChannels" && !client.mayBlock)) {
      throw new CommandError(
        `ERR ${verb.toUpperCase()} isn't allowed for a DENY BLOCKING client`,
      );
    }
    for (let i = 1; i < args.count; i++) {
      const name = args.at(i).latin1();
      engine.pubsub.add(kind, name, client);
      confirm(client, kind, verb, name);
    }
  };
}

function unsubscriber(verb: string, kind: SubscriptionKind) {
  return (client: Client, args: Args): void => {
    const { engine } = client;
    const names = args.count > 1
      ? Array.from({ length: args.count - 1 }, (_, i) => args.at(i + 1).latin1())
      : [...client[kind]];
    for (const name of names) {
      engine.pubsub.remove(kind, name, client);
      confirm(client, kind, verb, name);
    }
    if (names.length === 0) confirm(client, kind, verb);
  };
}

function channels(kind: SubscriptionKind) {
  return ({ reply, engine }: Client, args: Args): void => {
    if (args.count > 3) {
      throw unknownSubcommand("PUBSUB", args);
    }
    const pattern = args.count > 2 ? args.at(2) : undefined;
    const names = [...engine.pubsub[kind].keys()].filter((name) =>
      pattern === undefined || globMatches(pattern, latin1Slice(name))
    );
    reply.array(names.length);
    for (const name of names) reply.text(name);
  };
}

function subscribers(kind: SubscriptionKind) {
  return ({ reply, engine }: Client, args: Args): void => {
    reply.array(2 * (args.count - 2));
    for (let i = 2; i < args.count; i++) {
      const name = args.at(i);
      reply.bulk(name);
      reply.integer(engine.pubsub[kind].get(name.latin1())?.size ?? 0);
    }
  };
}

export const PUBSUB: CommandRows = {
  psubscribe: {
    arity: -2,
    flags: "pubsub noscript loading stale",
    since: "2.0.0",
    channels: "patterns",
    summary: "Listens to all channels that match a pattern",
    run: subscriber("psubscribe", "patterns"),
  },
  publish: {
    arity: 3,
    flags: "pubsub loading stale fast may_replicate",
    since: "2.0.0",
    channels: "first",
    summary: "Sends a message to those who listen to a channel",
    run: ({ engine, reply }, args) => {
      reply.integer(engine.pubsub.publish(args.at(1).latin1(), args.at(2).latin1()));
      engine.effects?.forward();
    },
  },
  pubsub: {
    arity: -2,
    flags: "",
    since: "2.8.0",
    summary: "Tells who listens to what",
    subcommands: {
      channels: {
        arity: -2,
        flags: "pubsub loading stale",
        since: "2.8.0",
        summary: "Lists the channels with subscribers",
        run: channels("channels"),
      },
      help: helpRow("6.2.0", "pubsub"),
      numpat: {
        arity: 2,
        flags: "pubsub loading stale",
        since: "2.8.0",
        summary: "Counts the patterns with subscribers",
        run: ({ engine, reply }) => reply.integer(engine.pubsub.patterns.size),
      },
      numsub: {
        arity: -2,
        flags: "pubsub loading stale",
        since: "2.8.0",
        summary: "Counts the subscribers of channels",
        run: subscribers("channels"),
      },
      shardchannels: {
        arity: -2,
        flags: "pubsub loading stale",
        since: "7.0.0",
        summary: "Lists the shard channels with subscribers",
        run: channels("shardChannels"),
      },
      shardnumsub: {
        arity: -2,
        flags: "pubsub loading stale",
        since: "7.0.0",
        summary: "Counts the subscribers of shard channels",
        run: subscribers("shardChannels"),
      },
    },
  },
  punsubscribe: {
    arity: -1,
    flags: "pubsub noscript loading stale",
    since: "2.0.0",
    summary: "Listens to patterns no more",
    run: unsubscriber("punsubscribe", "patterns"),
  },
  spublish: {
    arity: 3,
    flags: "pubsub loading stale fast may_replicate",
    keys: "1 not_key",
    since: "7.0.0",
    channels: "first",
    summary: "Sends a message to those who listen to a shard channel",
    run: ({ engine, reply }, args) => {
      reply.integer(engine.pubsub.publishToShard(args.at(1).latin1(), args.at(2).latin1()));
      engine.effects?.forward();
    },
  },
  ssubscribe: {
    arity: -2,
    flags: "pubsub noscript loading stale",
    keys: "1..-1 not_key",
    since: "7.0.0",
    channels: "all",
    summary: "Listens to shard channels",
    run: subscriber("ssubscribe", "shardChannels"),
  },
  subscribe: {
    arity: -2,
    flags: "pubsub noscript loading stale",
    since: "2.0.0",
    channels: "all",
    summary: "Listens to channels",
    run: subscriber("subscribe", "channels"),
  },
  sunsubscribe: {
    arity: -1,
    flags: "pubsub noscript loading stale",
    keys: "1..-1 not_key",
    since: "7.0.0",
    summary: "Listens to shard channels no more",
    run: unsubscriber("sunsubscribe", "shardChannels"),
  },
  unsubscribe: {
    arity: -1,
    flags: "pubsub noscript loading stale",
    since: "2.0.0",
    summary: "Listens to channels no more",
    run: unsubscriber("unsubscribe", "channels"),
  },
};
