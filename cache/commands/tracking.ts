/**
 * The subcommands of `CLIENT` for client side caching.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Args } from "../protocol/request.ts";
import { integerAt } from "./arguments.ts";
import { type CommandRows, isWord } from "./command.ts";
import { CommandError, SYNTAX } from "./error.ts";

function tracking(client: Client, args: Args): void {
  const { engine } = client;
  let redirect = 0;
  let [broadcast, optIn, optOut, noLoop] = [false, false, false, false];
  const prefixes: string[] = [];
  for (let i = 3; i < args.count; i++) {
    const option = args.at(i);
    const hasValue = i + 1 < args.count;
    if (isWord(option, "redirect") && hasValue) {
      if (redirect !== 0) {
        throw new CommandError("ERR A client can only redirect to a single other client");
      }
      redirect = integerAt(args, ++i);
      if (!engine.clients.has(redirect)) {
        throw new CommandError("ERR The client ID you want redirect to does not exist");
      }
    } else if (isWord(option, "prefix") && hasValue) {
      prefixes.push(args.at(++i).latin1());
    } else if (isWord(option, "bcast")) {
      broadcast = true;
    } else if (isWord(option, "optin")) {
      optIn = true;
    } else if (isWord(option, "optout")) {
      optOut = true;
    } else if (isWord(option, "noloop")) {
      noLoop = true;
    } else {
      throw new CommandError(SYNTAX);
    }
  }
  if (isWord(args.at(2), "on")) {
    checkOptions(client, { broadcast, optIn, optOut, prefixes });
    const mode = optIn ? "optin" : optOut ? "optout" : "all";
    engine.tracking.enable(client, { broadcast, mode, noLoop, redirect }, prefixes);
  } else if (isWord(args.at(2), "off")) {
    engine.tracking.disable(client);
  } else {
    throw new CommandError(SYNTAX);
  }
  client.reply.ok();
}

interface Options {
  readonly broadcast: boolean;
  readonly optIn: boolean;
  readonly optOut: boolean;
  readonly prefixes: readonly string[];
}

/** What must be right of the options, among each other and with those that were given before. */
function checkOptions({ tracking }: Client, { broadcast, optIn, optOut, prefixes }: Options): void {
  if (!broadcast && prefixes.length > 0) {
    throw new CommandError("ERR PREFIX option requires BCAST mode to be enabled");
  }
  if (tracking !== undefined && tracking.broadcast !== broadcast) {
    throw new CommandError(
      "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then " +
        "re-enabling it with a different mode.",
    );
  }
  if (broadcast && (optIn || optOut)) {
    throw new CommandError("ERR OPTIN and OPTOUT are not compatible with BCAST");
  }
  if (optIn && optOut) {
    throw new CommandError("ERR You can't specify both OPTIN mode and OPTOUT mode");
  }
  if ((optIn && tracking?.mode === "optout") || (optOut && tracking?.mode === "optin")) {
    throw new CommandError(
      "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then " +
        "re-enabling it with a different mode.",
    );
  }
  if (broadcast) checkPrefixes(prefixes, [...tracking?.prefixes ?? []].sort());
}

/** No two prefixes of a client may be those of one key. */
function checkPrefixes(prefixes: readonly string[], registered: readonly string[]): void {
  const fail = (prefix: string, what: string, other: string) => {
    // As C strings, which end at the first NUL.
    const [shown, shownOther] = [prefix, other].map((text) => text.replace(/\0.*/s, ""));
    throw new CommandError(
      `ERR Prefix '${shown}' overlaps with ${what} prefix '${shownOther}'. ` +
        "Prefixes for a single client must not overlap.",
    );
  };
  const overlaps = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);
  for (const [i, prefix] of prefixes.entries()) {
    for (const other of registered) {
      if (overlaps(prefix, other)) fail(prefix, "an existing", other);
    }
    for (const other of prefixes.slice(i + 1)) {
      if (overlaps(prefix, other)) fail(prefix, "another provided", other);
    }
  }
}

function caching({ reply, tracking }: Client, args: Args): void {
  if (tracking === undefined) {
    throw new CommandError(
      "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or " +
        "OPTOUT mode enabled",
    );
  }
  const yes = isWord(args.at(2), "yes");
  if (!yes && !isWord(args.at(2), "no")) throw new CommandError(SYNTAX);
  const mode = yes ? "optin" : "optout";
  if (tracking.mode !== mode) {
    throw new CommandError(
      `ERR CLIENT CACHING ${yes ? "YES" : "NO"} is only valid when tracking is enabled in ` +
        `${mode.toUpperCase()} mode.`,
    );
  }
  tracking.caching = true;
  reply.ok();
}

/** Which client gets the messages: -1 where there are none, 0 if it is this one. */
export function redirectOf({ tracking }: Client): number {
  return tracking?.redirect ?? -1;
}

function trackinginfo(client: Client): void {
  const { reply, tracking } = client;
  const flags = [tracking === undefined ? "off" : "on"];
  if (tracking !== undefined) {
    const { broadcast, mode, caching, noLoop, brokenRedirect } = tracking;
    if (broadcast) flags.push("bcast");
    if (mode !== "all") flags.push(mode);
    if (caching && mode === "optin") flags.push("caching-yes");
    if (caching && mode === "optout") flags.push("caching-no");
    if (noLoop) flags.push("noloop");
    if (brokenRedirect) flags.push("broken_redirect");
  }
  reply.map(3);
  reply.text("flags");
  reply.set(flags.length);
  for (const flag of flags) reply.text(flag);
  reply.text("redirect");
  reply.integer(redirectOf(client));
  const prefixes = [...tracking?.prefixes ?? []].sort();
  reply.text("prefixes");
  reply.array(prefixes.length);
  for (const prefix of prefixes) reply.text(prefix);
}

const FLAGS = "noscript loading stale";

export const CLIENT_TRACKING: CommandRows = {
  caching: {
    arity: 3,
    flags: FLAGS,
    since: "6.0.0",
    summary: "Says of the next command whether the keys it reads are tracked",
    run: caching,
  },
  getredir: {
    arity: 2,
    flags: FLAGS,
    since: "6.0.0",
    summary: "Replies which client gets the messages of tracking",
    run: (client) => client.reply.integer(redirectOf(client)),
  },
  tracking: {
    arity: -3,
    flags: FLAGS,
    since: "6.0.0",
    summary: "Has the client told when keys change that it has read",
    run: tracking,
  },
  trackinginfo: {
    arity: 2,
    flags: FLAGS,
    since: "6.2.0",
    summary: "Tells what the client has asked for by CLIENT TRACKING",
    run: trackinginfo,
  },
};
