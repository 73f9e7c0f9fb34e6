/**
 * What `CONFIG` gets and sets: each parameter of Redis that means something here, with its kind, its
 * range and its default.
 *
 * @module
 */

import { FSYNC_POLICIES, type FsyncPolicy } from "./append_only.ts";
import { EVICTION_POLICIES, type EvictionPolicy } from "./eviction.ts";
import { parseEventClasses, printEventClasses } from "./notify.ts";
import { parseDouble } from "./double.ts";
import type { SavePoint } from "./snapshot.ts";
import { splitPath } from "./snapshot_file.ts";
import { MAX_INT64, parseInt64, parseInteger } from "./number.ts";
import { latin1Slice } from "./store/slice.ts";

const INT_MAX = 2 ** 31 - 1;
const LONG_MAX = MAX_INT64;
const ULONG_MAX = 2n ** 64n - 1n;

/** The values of the parameters, by the names that the code uses. */
export class Settings {
  databases = 16;
  /** The default user's, one character for each byte; empty is none. */
  password = "";
  protectedMode = true;
  maxClients = 10_000;
  /** Seconds after which an idle client is closed; 0 is never. */
  timeout = 0;
  /** Bytes; 0 is no limit. */
  maxMemory = 0;
  maxMemoryPolicy: EvictionPolicy = "noeviction";
  /** Among how many keys the one is chosen that is evicted. */
  maxMemorySamples = 5;
  /** How long eviction may take at a time, from 0 to 100. */
  evictionTenacity = 10;
  /** Bytes that all clients may take together; negative in percent of `maxMemory`; 0 is no limit. */
  maxMemoryClients = 0;
  /** How much less likely a use is counted the more there were. */
  lfuLogFactor = 10;
  /** Minutes after which a count of uses is one less; 0 is never. */
  lfuDecayTime = 1;
  /** The longest argument, in bytes. */
  maxBulk = 512 * 1024 * 1024;
  /** The longest request that has not come whole, in bytes. */
  maxQueryBuffer = 1024 * 1024 * 1024;
  /** What may wait to be sent, by class of client. */
  outputLimits: OutputLimits = {
    normal: { hard: 0, soft: 0, seconds: 0 },
    slave: { hard: 268_435_456, soft: 67_108_864, seconds: 60 },
    pubsub: { hard: 33_554_432, soft: 8_388_608, seconds: 60 },
  };
  /** Microseconds; negative is never. */
  slowlogThreshold = 10_000;
  slowlogLength = 128;
  /** How long something takes that `LATENCY` tells of, in milliseconds; 0 is never. */
  latencyThreshold = 0;
  /** Whether `INFO` tells how the times of commands are distributed, and at which of a hundred calls. */
  latencyTracking = true;
  latencyPercentiles: readonly number[] = [50, 99, 99.9];
  /** How many keys that clients have read are remembered; 0 is no limit. */
  trackingTableMaxKeys = 1_000_000;
  /** How many entries the log of what was refused has. */
  aclLogLength = 128;
  /** Whether new users may use all channels. */
  allChannelsByDefault = false;
  /** The classes of keyspace notifications that are on, `A` written out. */
  notifyClasses = "";
  /** The largest collections that are kept packed. */
  hashMaxPackEntries = 512;
  hashMaxPackValue = 64;
  setMaxIntsetEntries = 512;
  sortedSetMaxPackEntries = 128;
  sortedSetMaxPackValue = 64;
  listMaxPackSize = -2;
  /** After how many milliseconds of a script others are told that it is busy; 0 is never. */
  busyReplyThreshold = 5000;
  /** Whether long strings in snapshots, and in what `DUMP` replies, are compressed. */
  compressSnapshots = true;
  /** How long the writing in the background pauses after each key, in microseconds: for tests. */
  keySaveDelay = 0;
  /** When a snapshot is written by itself. */
  savePoints: readonly SavePoint[] = [];
  /** Whether nothing may be written by clients while snapshots are asked for and cannot be written. */
  stopWritesOnFailedSave = true;
  /** Where the snapshot is kept, and its name there; empty where none is. */
  snapshotDirectory = "";
  snapshotName = "";
  /** Whether changes are appended to a file, in which directory, and when that is made durable. */
  appendOnly = false;
  appendDirectory = "";
  appendFsync: FsyncPolicy = "everysec";
  /** Whether it is not synced while a snapshot or a base is being written. */
  noSyncOnRewrite = false;
  /** By how much it grows, in percent, until it is rewritten; 0 is never; and how large it is at least. */
  rewritePercentage = 100;
  rewriteMinSize = 64 * 1024 * 1024;
  /** Whether a file that ends amid a request is cut, and not refused. */
  loadTruncated = true;
  /** Whether it says when something has changed. */
  appendTimestamps = false;
  /** Whether snapshots end with a checksum. */
  checksumSnapshots = true;
  /** The largest HyperLogLog that is kept sparse, in bytes. */
  hyperLogLogMaxSparse = 3000;
  /** When a node of a stream is full; 0 is no limit. */
  streamNodeMaxBytes = 4096;
  streamNodeMaxEntries = 100;
  /** How much of the stream to replicas is kept, in bytes, and for how many seconds without a replica. */
  replicationBacklogSize = 1024 * 1024;
  replicationBacklogTtl = 3600;
  /** After how many seconds without a sign a master or a replica is taken for gone. */
  replicationTimeout = 60;
  /** How often replicas are shown that their master is there, in seconds. */
  replicaPingPeriod = 10;
  /** Whether snapshots are sent to replicas as they are made. */
  streamsSnapshots = true;
  /** For how many seconds others may join before, and how many of them end the wait; 0 is any. */
  fullSyncDelay = 0;
  fullSyncMaxReplicas = 0;
  /** How many replicas there must be that have shown a sign in so many seconds, for writes. */
  minReplicasToWrite = 0;
  minReplicasMaxLag = 10;
  /** Whether a replica refuses writes. */
  readOnly = true;
  /** Whether a replica answers from what it has while it has no link to its master. */
  servesStale = true;
  /** Whether a replica leaves eviction to its master. */
  ignoresMaxMemory = true;
  /** The master's host and port; empty where this is none's replica. */
  master = "";
  /** Who a replica says it is to its master; empty for nobody in particular. */
  masterUser = "";
  masterPassword = "";
  /** Where a replica says it can be reached; empty and 0 for where it is. */
  announcedAddress = "";
  announcedPort = 0;
  /** Whether `RESTORE` looks at checksums: for tests of what is damaged. */
  checksOfDumps = true;
  /** Whether `DEBUG` is allowed. */
  debugCommand = false;
  /** What is only kept to be told, and numbers that a double does not hold. */
  readonly others: Map<string, string> = new Map();
}

/** A client that is sent more than this is closed. 0 is no limit. */
export interface OutputLimit {
  /** Bytes. */
  readonly hard: number;
  /** Bytes that may be there for so many seconds. */
  readonly soft: number;
  readonly seconds: number;
}

/** Limits by class of client, as Redis names them. */
export type OutputLimits = Readonly<Record<"normal" | "slave" | "pubsub", OutputLimit>>;

/** One parameter. */
export interface Parameter {
  readonly name: string;
  /** The name that it had in older versions. */
  readonly alias?: string;
  /** Whether it can be set only at the start. */
  readonly immutable?: boolean;
  /** The same, because of what a client could do with it. */
  readonly isProtected?: boolean;
  /** Whether it is shown only to those who know its name. */
  readonly hidden?: boolean;
  /** Its value as text. */
  get(settings: Settings): string;
  /** Sets it; returns what is wrong with the text, if it is. */
  set(settings: Settings, text: string): string | undefined;
}

/** The properties of {@linkcode Settings} of one type. */
type Property<T> = {
  [K in keyof Settings]: Settings[K] extends T ? K : never;
}[keyof Settings];

type Options = Pick<Parameter, "alias" | "immutable" | "isProtected" | "hidden">;

function integer(
  name: string,
  property: Property<number>,
  min: number,
  max: number | bigint,
  options: Options = {},
  parse: (text: string) => bigint | string = parseNumber,
): Parameter {
  return {
    name,
    ...options,
    get: (settings) => settings.others.get(name) ?? String(settings[property]),
    set: (settings, text) => {
      const value = parse(text);
      if (typeof value === "string") return value;
      if (value < min || value > max) return `argument must be between ${min} and ${max} inclusive`;
      settings[property] = Number(value);
      if (Number.isSafeInteger(settings[property])) settings.others.delete(name);
      else settings.others.set(name, String(value));
    },
  };
}

/** Reads an integer of 64 bits; returns what is wrong with a text that is none. */
function parseNumber(text: string): bigint | string {
  return parseInt64(latin1Slice(text)) ?? "argument couldn't be parsed into an integer";
}

const UNITS = new Map(Object.entries({
  "": 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1_000_000n,
  mb: 2n ** 20n,
  g: 1_000_000_000n,
  gb: 2n ** 30n,
}));

/** More digits than these are no number of bytes. */
const MAX_DIGITS = 127;

/**
 * Reads a number of bytes: `100`, `100mb`. As in Redis, no digits are 0, the digits go up to 2^64, and
 * what is past that after the unit is lost.
 *
 * @returns What is wrong with a text that is none.
 */
function parseBytes(text: string): bigint | string {
  // As a C string, it ends at the first NUL.
  const [, digits = "", letters = "-"] = /^(\d*)([a-z]*)(?:\0|$)/i.exec(text) ?? [];
  const unit = UNITS.get(letters.toLowerCase());
  if (unit === undefined || digits.length > MAX_DIGITS) return "argument must be a memory value";
  const number = BigInt(digits);
  return BigInt.asUintN(64, (number < ULONG_MAX ? number : ULONG_MAX) * unit);
}

/** The same as a number; NaN for what is none. */
export function parseMemory(text: string): number {
  const bytes = parseBytes(text);
  return typeof bytes === "string" ? NaN : Number(bytes);
}

function memory(
  name: string,
  property: Property<number>,
  min: number,
  max: number | bigint,
  options: Options = {},
): Parameter {
  return integer(name, property, min, max, options, parseBytes);
}

/** A parameter that changes nothing here, but can be asked for. */
function told(
  name: string,
  initial: string,
  check: (text: string) => string | undefined = () => undefined,
  options: Options = {},
): Parameter {
  return {
    name,
    ...options,
    get: ({ others }) => others.get(name) ?? initial,
    set: ({ others }, text) => {
      const wrong = check(text);
      if (wrong === undefined) others.set(name, text);
      return wrong;
    },
  };
}

/** A parameter that takes no other value than it has. */
function fixed(name: string, initial: string, wrong: string): Parameter {
  const get = ({ others }: Settings) => others.get(name) ?? initial;
  return { name, get, set: (settings, text) => text === get(settings) ? undefined : wrong };
}

const isBoolean = (text: string): string | undefined =>
  /^(yes|no)$/i.test(text) ? undefined : "argument must be 'yes' or 'no'";

const isWithin = (min: number, max: number) => (text: string): string | undefined => {
  const value = parseInteger(latin1Slice(text));
  if (Number.isNaN(value)) return "argument couldn't be parsed into an integer";
  return value < min || value > max
    ? `argument must be between ${min} and ${max} inclusive`
    : undefined;
};

const isOneOf = (...choices: string[]) => (text: string): string | undefined =>
  choices.includes(text.toLowerCase())
    ? undefined
    : `argument(s) must be one of the following: ${choices.join(", ")}`;

const notify: Parameter = {
  name: "notify-keyspace-events",
  get: ({ notifyClasses }) => printEventClasses(notifyClasses),
  set: (settings, text) => {
    const classes = parseEventClasses(text);
    // Redis restores the old value from what it prints, which may lack a class.
    const old = parseEventClasses(printEventClasses(settings.notifyClasses)) ?? "";
    settings.notifyClasses = classes ?? old;
    if (classes === undefined) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
  },
};

const outputLimits: Parameter = {
  name: "client-output-buffer-limit",
  get: ({ outputLimits }) =>
    Object.entries(outputLimits)
      .map(([name, { hard, soft, seconds }]) => `${name} ${hard} ${soft} ${seconds}`).join(" "),
  set: (settings, text) => {
    const words = text.split(" ").filter((word) => word !== "");
    if (words.length === 0 || words.length % 4 !== 0) {
      return "Wrong number of arguments in buffer limit configuration.";
    }
    const limits = { ...settings.outputLimits };
    for (let i = 0; i < words.length; i += 4) {
      const [given = "", ...values] = words.slice(i, i + 4);
      const name = given.toLowerCase() === "replica" ? "slave" : given.toLowerCase();
      if (!(name in limits)) return "Invalid client class specified in buffer limit configuration.";
      const [hard = NaN, soft = NaN] = values.map(parseMemory);
      const seconds = parseInteger(latin1Slice(values[2] ?? ""));
      if (!(hard >= 0 && soft >= 0 && seconds >= 0)) {
        return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
      }
      limits[name as keyof OutputLimits] = { hard, soft, seconds };
    }
    settings.outputLimits = limits;
  },
};

const password: Parameter = {
  name: "requirepass",
  get: (settings) => settings.password,
  set: (settings, text) => {
    settings.password = text;
  },
};

const aclPubsubDefault: Parameter = {
  name: "acl-pubsub-default",
  get: ({ allChannelsByDefault }) => allChannelsByDefault ? "allchannels" : "resetchannels",
  set: (settings, text) => {
    const wrong = isOneOf("allchannels", "resetchannels")(text);
    if (wrong === undefined) settings.allChannelsByDefault = text.toLowerCase() === "allchannels";
    return wrong;
  },
};

function boolean(name: string, property: Property<boolean>, options: Options = {}): Parameter {
  return {
    name,
    ...options,
    get: (settings) => settings[property] ? "yes" : "no",
    set: (settings, text) => {
      settings[property] = text.toLowerCase() === "yes";
      return isBoolean(text);
    },
  };
}

const latencyPercentiles: Parameter = {
  name: "latency-tracking-info-percentiles",
  get: ({ latencyPercentiles }) =>
    latencyPercentiles.map((percent) => `${Number(percent.toFixed(6))}`).join(" "),
  set: (settings, text) => {
    const values = text.split(" ").filter((word) => word !== "").map((word) =>
      parseDouble(latin1Slice(word))
    );
    if (values.some(Number.isNaN)) return "Invalid latency-tracking-info-percentiles parameters";
    if (values.some((value) => value < 0 || value > 100)) {
      return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    }
    settings.latencyPercentiles = values;
  },
};

/** Pairs of seconds and changes, with spaces between. */
const savePoints: Parameter = {
  name: "save",
  get: (settings) =>
    settings.savePoints.map(({ seconds, changes }) => `${seconds} ${changes}`).join(" "),
  set: (settings, text) => {
    const numbers = text.split(" ").filter((word) => word !== "")
      .map((word) => parseInteger(latin1Slice(word)));
    if (numbers.length % 2 === 1 || numbers.some((number) => !(number >= 0))) {
      return "Invalid save parameters";
    }
    const points: SavePoint[] = [];
    for (let i = 0; i < numbers.length; i += 2) {
      const [seconds = 0, changes = 0] = numbers.slice(i, i + 2);
      if (seconds < 1) return "Invalid save parameters";
      points.push({ seconds, changes });
    }
    settings.savePoints = points;
  },
};

function text(name: string, property: Property<string>, options: Options = {}): Parameter {
  return {
    name,
    ...options,
    get: (settings) => `${settings[property]}`,
    set: (settings, text) => {
      (settings[property] as string) = text;
    },
  };
}

/** One of some words. */
function choice(
  name: string,
  property: "maxMemoryPolicy" | "appendFsync",
  words: readonly string[],
): Parameter {
  return {
    name,
    get: (settings) => settings[property],
    set: (settings, text) => {
      const word = text.toLowerCase();
      if (words.includes(word)) (settings[property] as string) = word;
      return isOneOf(...words)(text);
    },
  };
}

const maxMemoryClients: Parameter = {
  name: "maxmemory-clients",
  get: ({ maxMemoryClients: value }) => value < 0 ? `${-value}%` : `${value}`,
  set: (settings, text) => {
    const percent = text.endsWith("%") ? parseInteger(latin1Slice(text.slice(0, -1))) : NaN;
    const value = percent >= 0 ? -percent : parseMemory(text);
    if (Number.isNaN(value)) return "argument must be a memory or percent value";
    if (value < -100) return "percentage argument must be less or equal to 100";
    // -0 is no percentage.
    settings.maxMemoryClients = value || 0;
  },
};

/** All parameters. */
export const PARAMETERS: readonly Parameter[] = [
  integer("busy-reply-threshold", "busyReplyThreshold", 0, LONG_MAX, { alias: "lua-time-limit" }),
  integer("databases", "databases", 1, INT_MAX, { immutable: true }),
  integer("hash-max-listpack-entries", "hashMaxPackEntries", 0, LONG_MAX, {
    alias: "hash-max-ziplist-entries",
  }),
  memory("hash-max-listpack-value", "hashMaxPackValue", 0, LONG_MAX, {
    alias: "hash-max-ziplist-value",
  }),
  memory("hll-sparse-max-bytes", "hyperLogLogMaxSparse", 0, LONG_MAX),
  integer("list-max-listpack-size", "listMaxPackSize", -(2 ** 31), INT_MAX, {
    alias: "list-max-ziplist-size",
  }),
  integer("maxclients", "maxClients", 1, 2 ** 32 - 1),
  memory("client-query-buffer-limit", "maxQueryBuffer", 1024 * 1024, LONG_MAX),
  memory("proto-max-bulk-len", "maxBulk", 1024 * 1024, LONG_MAX),
  integer("set-max-intset-entries", "setMaxIntsetEntries", 0, LONG_MAX),
  integer("slowlog-log-slower-than", "slowlogThreshold", -1, LONG_MAX),
  integer("slowlog-max-len", "slowlogLength", 0, LONG_MAX),
  memory("stream-node-max-bytes", "streamNodeMaxBytes", 0, LONG_MAX),
  integer("stream-node-max-entries", "streamNodeMaxEntries", 0, LONG_MAX),
  integer("timeout", "timeout", 0, INT_MAX),
  integer("latency-monitor-threshold", "latencyThreshold", 0, LONG_MAX),
  integer("tracking-table-max-keys", "trackingTableMaxKeys", 0, LONG_MAX),
  integer("zset-max-listpack-entries", "sortedSetMaxPackEntries", 0, LONG_MAX, {
    alias: "zset-max-ziplist-entries",
  }),
  memory("zset-max-listpack-value", "sortedSetMaxPackValue", 0, LONG_MAX, {
    alias: "zset-max-ziplist-value",
  }),
  aclPubsubDefault,
  integer("acllog-max-len", "aclLogLength", 0, LONG_MAX),
  notify,
  outputLimits,
  password,
  boolean("protected-mode", "protectedMode"),
  boolean("rdbcompression", "compressSnapshots"),
  boolean("rdbchecksum", "checksumSnapshots", { immutable: true }),
  boolean("latency-tracking", "latencyTracking"),
  latencyPercentiles,
  integer("rdb-key-save-delay", "keySaveDelay", -(2 ** 31), INT_MAX, { hidden: true }),
  told("sanitize-dump-payload", "no", isOneOf("no", "yes", "clients")),
  savePoints,
  boolean("stop-writes-on-bgsave-error", "stopWritesOnFailedSave"),
  boolean("appendonly", "appendOnly"),
  choice("appendfsync", "appendFsync", FSYNC_POLICIES),
  boolean("no-appendfsync-on-rewrite", "noSyncOnRewrite"),
  integer("auto-aof-rewrite-percentage", "rewritePercentage", 0, INT_MAX),
  memory("auto-aof-rewrite-min-size", "rewriteMinSize", 0, LONG_MAX),
  boolean("aof-load-truncated", "loadTruncated"),
  boolean("aof-timestamp-enabled", "appendTimestamps"),
  // Bases are RDB files always.
  told("aof-use-rdb-preamble", "yes", isOneOf("yes")),
  told("appendfilename", "appendonly.aof", () => undefined, { immutable: true }),
  {
    name: "appenddirname",
    immutable: true,
    get: ({ appendDirectory }) => splitPath(appendDirectory).name || "appendonlydir",
    set: () => undefined,
  },
  // Clients may read them but not choose, lest they write files where they like.
  text("dir", "snapshotDirectory", { isProtected: true }),
  text("dbfilename", "snapshotName", { isProtected: true }),
  memory("maxmemory", "maxMemory", 0, 2 ** 64),
  maxMemoryClients,
  choice("maxmemory-policy", "maxMemoryPolicy", EVICTION_POLICIES),
  integer("maxmemory-samples", "maxMemorySamples", 1, INT_MAX),
  integer("maxmemory-eviction-tenacity", "evictionTenacity", 0, 100),
  integer("lfu-log-factor", "lfuLogFactor", 0, INT_MAX),
  integer("lfu-decay-time", "lfuDecayTime", 0, INT_MAX),
  memory("repl-backlog-size", "replicationBacklogSize", 1, LONG_MAX),
  integer("repl-backlog-ttl", "replicationBacklogTtl", 0, LONG_MAX),
  integer("repl-timeout", "replicationTimeout", 1, INT_MAX),
  integer("repl-ping-replica-period", "replicaPingPeriod", 1, INT_MAX, {
    alias: "repl-ping-slave-period",
  }),
  boolean("repl-diskless-sync", "streamsSnapshots"),
  // Redis has 5: it makes a copy of its process for each snapshot, which replicas had better share.
  integer("repl-diskless-sync-delay", "fullSyncDelay", 0, INT_MAX),
  integer("repl-diskless-sync-max-replicas", "fullSyncMaxReplicas", 0, INT_MAX),
  integer("min-replicas-to-write", "minReplicasToWrite", 0, INT_MAX, {
    alias: "min-slaves-to-write",
  }),
  integer("min-replicas-max-lag", "minReplicasMaxLag", 0, INT_MAX, { alias: "min-slaves-max-lag" }),
  boolean("replica-read-only", "readOnly", { alias: "slave-read-only" }),
  boolean("replica-serve-stale-data", "servesStale", { alias: "slave-serve-stale-data" }),
  boolean("replica-ignore-maxmemory", "ignoresMaxMemory", { alias: "slave-ignore-maxmemory" }),
  text("masteruser", "masterUser"),
  text("masterauth", "masterPassword"),
  text("replica-announce-ip", "announcedAddress", { alias: "slave-announce-ip" }),
  integer("replica-announce-port", "announcedPort", 0, 65_535, { alias: "slave-announce-port" }),
  told("aclfile", "", () => undefined, { immutable: true }),
  told("cluster-enabled", "no", isBoolean, { immutable: true }),
  told("io-threads", "1", isWithin(1, 128), { immutable: true }),
  told("tcp-backlog", "511", isWithin(0, INT_MAX), { immutable: true }),
  // How Redis goes about its work; here there is one way.
  told("active-expire-effort", "1", isWithin(1, 10)),
  told("activerehashing", "yes", isBoolean),
  told("dynamic-hz", "yes", isBoolean),
  told("hz", "10", isWithin(0, INT_MAX)),
  told("lazyfree-lazy-eviction", "no", isBoolean),
  told("lazyfree-lazy-expire", "no", isBoolean),
  told("lazyfree-lazy-server-del", "no", isBoolean),
  told("lazyfree-lazy-user-del", "no", isBoolean),
  told("lazyfree-lazy-user-flush", "no", isBoolean),
  told("list-compress-depth", "0", isWithin(0, INT_MAX)),
  told("loglevel", "notice", isOneOf("debug", "verbose", "notice", "warning")),
  told("repl-diskless-load", "disabled", isOneOf("disabled", "on-empty-db", "swapdb")),
  told("repl-disable-tcp-nodelay", "no", isBoolean),
  told("replica-announced", "yes", isBoolean),
  told("replica-lazy-flush", "no", isBoolean, { alias: "slave-lazy-flush" }),
  told("replica-priority", "100", isWithin(0, INT_MAX), { alias: "slave-priority" }),
  text("replicaof", "master", { alias: "slaveof", immutable: true }),
  told("daemonize", "no", isBoolean, { immutable: true }),
  // Of the first listener.
  fixed("bind", "", "Failed to bind to specified addresses."),
  fixed("port", "0", "Unable to listen on this port. Check server logs."),
  told("tcp-keepalive", "300", isWithin(0, INT_MAX)),
];

/** Finds a parameter by either of its names. */
export function findParameter(name: string): Parameter | undefined {
  const lowerCase = name.toLowerCase();
  return PARAMETERS.find(({ name, alias }) => name === lowerCase || alias === lowerCase);
}
