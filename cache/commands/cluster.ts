/**
 * The commands of a cluster's nodes, which a server that is none refuses, as Redis does. Clients ask them to
 * see what they are connected to.
 *
 * @module
 */

import type { CommandRow, CommandRows } from "./command.ts";
import { CommandError } from "./error.ts";

function refuse(): never {
  throw new CommandError("ERR This instance has cluster support disabled");
}

const summary = "Is refused: this is no node of a cluster";

/** A subcommand of `CLUSTER`. */
function subcommand(arity: number, flags: string, since = "3.0.0", tips?: string): CommandRow {
  return { arity, flags, since, summary, run: refuse, ...(tips === undefined ? {} : { tips }) };
}

const ADMIN = "admin stale";
const CHANGE = "admin stale no_async_loading";
const VARIES = "nondeterministic_output";
const connection = { since: "3.0.0", summary, run: refuse, categories: "connection" };

export const CLUSTER: CommandRows = {
  asking: { ...connection, arity: 1, flags: "fast" },
  cluster: {
    arity: -2,
    flags: "",
    since: "3.0.0",
    summary: "Holds the subcommands of a cluster's nodes",
    subcommands: {
      addslots: subcommand(-3, CHANGE),
      addslotsrange: subcommand(-4, CHANGE, "7.0.0"),
      bumpepoch: subcommand(2, CHANGE, "3.0.0", VARIES),
      "count-failure-reports": subcommand(3, ADMIN, "3.0.0", VARIES),
      countkeysinslot: subcommand(3, "stale"),
      delslots: subcommand(-3, CHANGE),
      delslotsrange: subcommand(-4, CHANGE, "7.0.0"),
      failover: subcommand(-2, CHANGE),
      flushslots: subcommand(2, CHANGE),
      forget: subcommand(3, CHANGE),
      getkeysinslot: subcommand(4, "stale", "3.0.0", VARIES),
      help: subcommand(2, "loading stale", "5.0.0"),
      info: subcommand(2, "stale", "3.0.0", VARIES),
      keyslot: subcommand(3, "stale"),
      links: subcommand(2, "stale", "7.0.0", VARIES),
      meet: subcommand(-4, CHANGE),
      myid: subcommand(2, "stale"),
      nodes: subcommand(2, "stale", "3.0.0", VARIES),
      replicas: subcommand(3, ADMIN, "5.0.0", VARIES),
      replicate: subcommand(3, CHANGE),
      reset: subcommand(-2, "admin noscript stale"),
      saveconfig: subcommand(2, CHANGE),
      "set-config-epoch": subcommand(3, CHANGE),
      setslot: subcommand(-4, CHANGE),
      shards: subcommand(2, "stale", "7.0.0", VARIES),
      slaves: subcommand(3, ADMIN, "3.0.0", VARIES),
      slots: subcommand(2, "stale", "3.0.0", VARIES),
    },
  },
  readonly: { ...connection, arity: 1, flags: "loading stale fast" },
  readwrite: { ...connection, arity: 1, flags: "loading stale fast" },
};
