/**
 * Writes `cache/COMMANDS.md`: which of Redis' commands the cache has, and which it has not. With
 * `--check` it writes nothing and fails if the file is not what it would write.
 *
 * @module
 */

import { allCommands } from "../cache/commands/table.ts";
import type { Command } from "../cache/commands/command.ts";

const FILE = new URL("../cache/COMMANDS.md", import.meta.url);

/** The commands of Redis 7.0.15 by its groups, as its `COMMAND LIST` and `COMMAND DOCS` say. */
const REDIS: Readonly<Record<string, { title: string; names: string }>> = {
  connection: {
    title: "Connection",
    names: `
      auth client client|caching client|getname client|getredir client|help client|id client|info
      client|kill client|list client|no-evict client|pause client|reply client|setname
      client|tracking client|trackinginfo client|unblock client|unpause echo hello ping quit reset
      select
    `,
  },
  generic: {
    title: "Keys",
    names: `
      copy del dump exists expire expireat expiretime keys migrate move object object|encoding
      object|freq object|help object|idletime object|refcount persist pexpire pexpireat pexpiretime
      pttl randomkey rename renamenx restore scan sort sort_ro touch ttl type unlink wait
    `,
  },
  string: {
    title: "Strings",
    names: `
      append decr decrby get getdel getex getrange getset incr incrby incrbyfloat lcs mget mset
      msetnx psetex set setex setnx setrange strlen substr
    `,
  },
  list: {
    title: "Lists",
    names: `
      blmove blmpop blpop brpop brpoplpush lindex linsert llen lmove lmpop lpop lpos lpush lpushx
      lrange lrem lset ltrim rpop rpoplpush rpush rpushx
    `,
  },
  hash: {
    title: "Hashes",
    names: `
      hdel hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan hset
      hsetnx hstrlen hvals
    `,
  },
  set: {
    title: "Sets",
    names: `
      sadd scard sdiff sdiffstore sinter sintercard sinterstore sismember smembers smismember smove
      spop srandmember srem sscan sunion sunionstore
    `,
  },
  "sorted-set": {
    title: "Sorted sets",
    names: `
      bzmpop bzpopmax bzpopmin zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard
      zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex
      zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange
      zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore
    `,
  },
  stream: {
    title: "Streams",
    names: `
      xack xadd xautoclaim xclaim xdel xgroup xgroup|create xgroup|createconsumer xgroup|delconsumer
      xgroup|destroy xgroup|help xgroup|setid xinfo xinfo|consumers xinfo|groups xinfo|help
      xinfo|stream xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim
    `,
  },
  bitmap: {
    title: "Bitmaps",
    names: `
      bitcount bitfield bitfield_ro bitop bitpos getbit setbit
    `,
  },
  hyperloglog: {
    title: "HyperLogLog",
    names: `
      pfadd pfcount pfdebug pfmerge pfselftest
    `,
  },
  geo: {
    title: "Geo",
    names: `
      geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro
      geosearch geosearchstore
    `,
  },
  pubsub: {
    title: "Pub/sub",
    names: `
      psubscribe publish pubsub pubsub|channels pubsub|help pubsub|numpat pubsub|numsub
      pubsub|shardchannels pubsub|shardnumsub punsubscribe spublish ssubscribe subscribe
      sunsubscribe unsubscribe
    `,
  },
  transactions: {
    title: "Transactions",
    names: `
      discard exec multi unwatch watch
    `,
  },
  scripting: {
    title: "Scripts and functions",
    names: `
      eval eval_ro evalsha evalsha_ro fcall fcall_ro function function|delete function|dump
      function|flush function|help function|kill function|list function|load function|restore
      function|stats script script|debug script|exists script|flush script|help script|kill
      script|load
    `,
  },
  server: {
    title: "Server",
    names: `
      acl acl|cat acl|deluser acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|load acl|log
      acl|save acl|setuser acl|users acl|whoami bgrewriteaof bgsave command command|count
      command|docs command|getkeys command|getkeysandflags command|help command|info command|list
      config config|get config|help config|resetstat config|rewrite config|set dbsize debug failover
      flushall flushdb info lastsave latency latency|doctor latency|graph latency|help
      latency|histogram latency|history latency|latest latency|reset lolwut memory memory|doctor
      memory|help memory|malloc-stats memory|purge memory|stats memory|usage module module|help
      module|list module|load module|loadex module|unload monitor psync replconf replicaof
      restore-asking role save shutdown slaveof slowlog slowlog|get slowlog|help slowlog|len
      slowlog|reset swapdb sync time
    `,
  },
  cluster: {
    title: "Cluster",
    names: `
      asking cluster cluster|addslots cluster|addslotsrange cluster|bumpepoch
      cluster|count-failure-reports cluster|countkeysinslot cluster|delslots cluster|delslotsrange
      cluster|failover cluster|flushslots cluster|forget cluster|getkeysinslot cluster|help
      cluster|info cluster|keyslot cluster|links cluster|meet cluster|myid cluster|nodes
      cluster|replicas cluster|replicate cluster|reset cluster|saveconfig cluster|set-config-epoch
      cluster|setslot cluster|shards cluster|slaves cluster|slots readonly readwrite
    `,
  },
};

const code = (name: string): string => `\`${name.replace("|", " ").toUpperCase()}\``;

/** What a table's cell may contain. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "\\<");

/** A command and its subcommands, without what only holds others. */
function runnable(command: Command): Command[] {
  const holds = command.row.run === undefined && command.subcommands.length > 0;
  return [...(holds ? [] : [command]), ...command.subcommands.flatMap(runnable)];
}

const byName = (a: Command, b: Command): number => a.fullName < b.fullName ? -1 : 1;

/**
 * The page about the commands.
 *
 * @param commands Those that there are.
 * @throws {Error} If one is of a group that Redis has not.
 */
export function commandsPage(commands: readonly Command[]): string {
  const present = new Set(
    commands.flatMap((command) => [command, ...command.subcommands]).map((one) => one.fullName),
  );
  for (const { group, fullName } of commands) {
    if (!(group in REDIS)) throw new Error(`${fullName} is of the unknown group ${group}`);
  }
  const overview: string[] = [];
  const sections: string[] = [];
  for (const [group, { title, names }] of Object.entries(REDIS)) {
    const redis = names.trim().split(/\s+/);
    const whole = redis.filter((name) => !name.includes("|"));
    const missing = redis.filter((name) => {
      const [parent = ""] = name.split("|");
      return !present.has(name) && (parent === name || present.has(parent));
    });
    const has = whole.filter((name) => present.has(name)).length;
    overview.push(`| [${title}](#${anchor(title)}) | ${has} | ${whole.length} |`);
    const rows = commands.filter((command) => command.group === group).flatMap(runnable)
      .sort(byName)
      .map(({ fullName, row }) => `| ${code(fullName)} | ${cell(row.summary)} | ${row.since} |`);
    sections.push(
      `## ${title}\n`,
      ...(rows.length > 0 ? ["| command | what it does | since Redis |", "|---|---|---|"] : []),
      ...rows,
      ...(rows.length > 0 && missing.length > 0 ? [""] : []),
      ...(missing.length > 0 ? [`Not here: ${missing.map(code).join(", ")}.`] : []),
      "",
    );
  }
  return `# Commands

What the cache has of the commands of Redis 7.0.15, and what it has not: that is answered as Redis
answers an unknown command or subcommand. Written by \`tools/commands_table.ts\`, from the table that the cache
itself goes by.

| group | here | in Redis |
|---|---|---|
${overview.join("\n")}

${sections.join("\n").trimEnd()}
`;
}

/** A heading's anchor, as GitHub makes it. */
function anchor(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
}

/**
 * Runs the tool.
 *
 * @param args `--check`, or nothing.
 * @param file The page.
 * @returns The exit status.
 */
export function main(args: readonly string[], file: URL | string = FILE): number {
  const page = commandsPage(allCommands());
  if (!args.includes("--check")) {
    Deno.writeTextFileSync(file, page);
    return 0;
  }
  let written = "";
  try {
    written = Deno.readTextFileSync(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (written === page) return 0;
  console.error("cache/COMMANDS.md is not up to date: run `deno task commands`");
  return 1;
}

if (import.meta.main) Deno.exit(main(Deno.args));
