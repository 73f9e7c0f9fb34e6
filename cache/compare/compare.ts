/**
 * The cache beside a real Redis, command by command: generated sequences go to both, and every reply
 * and error must be the same, as must be all keys at the end. What differs is printed with the few
 * commands that are needed for it, and the seed that brings it again.
 *
 * With `--effects` both have a replica, and what they tell it must be the same as well.
 *
 * Flags: `--seed N` (default: random), `--commands N` (default 200000), `--groups NAME[,NAME]`,
 * `--resp 2|3|both`, `--differences N` (of different kinds, after which it ends; default 25),
 * `--subject COMMAND` and `--redis COMMAND` (how the servers are started; `--port N` is added).
 * Needs `redis-server` 7.0, `redis-cli`, `redis-check-rdb` and `redis-check-aof`. The exit status is 1
 * if there is a difference.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { rejectAllBut } from "../../bench/figures.ts";
import { Progress } from "../bench/progress.ts";
import { any, generate, mutate, split } from "./grammar.ts";
import { GROUPS } from "./groups/all.ts";
import { strings } from "./groups/strings.ts";
import {
  type Difference,
  minimise,
  Pair,
  play,
  type Sequence,
  showCommand,
  type Step,
} from "./play.ts";
import { Random } from "./random.ts";
import { compareReplication } from "./replication.ts";
import { compareRequests } from "./requests.ts";
import { type Reply, show } from "./resp.ts";
import { checkScans } from "./scan.ts";
import { compareAppendOnly } from "./append_only.ts";
import { compareSnapshots } from "./snapshots.ts";
import { after, before, isUndefined } from "./same.ts";
import { REDIS, SUBJECT } from "./server.ts";

/** What is no group of commands, but can be chosen like one. */
const REQUESTS = "requests";
const SCANS = "scans";
const SNAPSHOTS = "snapshots";
const REPLICATION = "replication";
const APPEND_ONLY = "appendOnly";

/** Which share of all commands goes through each chain of replicas. */
const REPLICATED_SHARE = 0.1;

/** Groups whose commands one connection can send in one go, and that change keys. */
const CHANGING = [
  ...[
    "strings",
    "keys",
    "expiry",
    "lists",
    "hashes",
    "sets",
    "sortedSets",
    "bitmaps",
    "hyperloglog",
  ],
  ...["geo", "streams", "large", "scripts", "transactions"],
];

/** Commands of a sequence, sent in one go or step by step. */
const LENGTH = 200;
const STEPS = 60;
/** Differences after which a sequence is given up. */
const MAX_IN_SEQUENCE = 30;

/** Limits of the compact encodings: Redis' own, and others that few elements pass. */
const SETTINGS = [
  {
    "hash-max-listpack-entries": "128",
    "hash-max-listpack-value": "64",
    "zset-max-listpack-entries": "128",
    "zset-max-listpack-value": "64",
    "set-max-intset-entries": "512",
    "list-max-listpack-size": "-2",
    "hll-sparse-max-bytes": "3000",
    "stream-node-max-entries": "100",
    "stream-node-max-bytes": "4096",
  },
  {
    "hash-max-listpack-entries": "3",
    "hash-max-listpack-value": "10",
    "zset-max-listpack-entries": "3",
    "zset-max-listpack-value": "10",
    "set-max-intset-entries": "3",
    "list-max-listpack-size": "3",
    "hll-sparse-max-bytes": "60",
    "stream-node-max-entries": "3",
    "stream-node-max-bytes": "200",
  },
];
/** What the groups `server` and `memory` change. */
const DEFAULTS = [
  ...["list-compress-depth", "0", "slowlog-log-slower-than", "10000", "slowlog-max-len", "128"],
  ...["maxmemory-policy", "noeviction", "maxmemory-samples", "5", "proto-max-bulk-len", "512mb"],
  ...["maxmemory", "0", "maxmemory-clients", "0", "maxmemory-eviction-tenacity", "10"],
  // How often a key was used is counted by chance otherwise.
  ...["lfu-log-factor", "2147483647", "lfu-decay-time", "0"],
  ...["timeout", "0", "latency-tracking", "yes", "latency-monitor-threshold", "0"],
  ...["latency-tracking-info-percentiles", "50 99 99.9", "tracking-table-max-keys", "1000000"],
  ...["lazyfree-lazy-eviction", "no", "lazyfree-lazy-expire", "no", "lazyfree-lazy-user-del", "no"],
  ...["lazyfree-lazy-server-del", "no", "lazyfree-lazy-user-flush", "no"],
  ...["acllog-max-len", "128", "acl-pubsub-default", "resetchannels"],
];

/** A sequence of commands of these groups, always the same one for a seed. */
function sequenceOf(seed: number, names: string[], resp: string): Sequence & { names: string[] } {
  const random = new Random(seed);
  const first = random.pick(names);
  const { connections = 1, setUp = [], mutate: mutated = true } = GROUPS[first] ?? strings;
  const alike = names.filter((name) => (GROUPS[name]?.connections ?? 1) === 1);
  const others = connections > 1 ? [] : [random.pick(alike), random.pick(alike)];
  const chosen = [...new Set([first, ...others.filter((name) => GROUPS[name]?.mutate !== false)])];
  const protocols = Array.from(
    { length: connections },
    () => resp === "both" ? random.int(2, 3) : Number(resp),
  );
  const limits = Object.entries(random.pick(SETTINGS)).flat();
  const parts = chosen.flatMap((name) => GROUPS[name]?.commands ?? []);
  const steps: Step[] = setUp.flatMap((part, i) =>
    split(generate(part, random)).map((args) => ({ conn: Math.min(i, connections - 1), args }))
  );
  // The first connection of the notifications only listens.
  const firstConn = first === "notifications" ? 1 : 0;
  while (steps.length < (connections > 1 ? STEPS : LENGTH)) {
    const conn = random.int(firstConn, connections - 1);
    const generated = generate(any(...parts), random);
    const damaged = mutated && random.chance(0.06) ? mutate(generated, random) : generated;
    const args = isUndefined(damaged) ? generated : damaged;
    // What has to be put right by hand cannot be amid what other connections do.
    if (isUndefined(args) || (connections > 1 && after(args).length > 0)) continue;
    const insist = random.chance(0.2);
    for (const command of split(args)) {
      const around = connections > 1 ? [command] : [...before(command), command, ...after(command)];
      steps.push(...around.map((args) => ({ conn, args, insist })));
    }
  }
  const settings = [["CONFIG", "SET", ...limits], ["CONFIG", "SET", ...DEFAULTS]];
  return { protocols, settings, steps, names: chosen };
}

/** What is common to differences that most likely have one cause. */
function signature({ step, redis, subject, log }: Difference): string {
  if (log?.includes("ERROR")) return log.replace(/^\S+|id=.*|\d+/g, "");
  const [name = "", sub = ""] = step.args.map((arg) => arg.toUpperCase());
  const shape = (replies: Reply[]) =>
    replies.map((reply) =>
      reply.kind === "-" ? `${reply.value}`.replace(/'.*?'|\d+/g, "?") : reply.kind
    );
  const container = [
    ...["ACL", "CLIENT", "CONFIG", "COMMAND", "FUNCTION", "OBJECT", "PUBSUB", "SCRIPT"],
    ...["XGROUP", "XINFO"],
  ].includes(name);
  return `${name} ${container ? sub : ""} ${shape(redis)} ${shape(subject)}`;
}

/** Commands of groups that are not compared here, and those that end, stop or change the server. */
const ELSEWHERE = new RegExp(
  "^(PFSELFTEST|SCRIPT DEBUG|CLUSTER|MODULE (LOAD|UNLOAD)|REPLCONF|SHUTDOWN|SAVE|BGSAVE|" +
    "BGREWRITEAOF|PSYNC|SYNC|DEBUG|MIGRATE|DUMP|RESTORE)",
);

/** The commands that Redis has and that no group made. */
async function notGenerated(pair: Pair, made: Set<string>): Promise<string[]> {
  const [list] = await pair.control(pair.redis, [["COMMAND", "INFO"]]);
  const names: string[] = [];
  const walk = (entries: Reply[]) => {
    for (const { value } of entries) {
      if (!Array.isArray(value)) continue;
      const subcommands = value[9]?.value;
      if (Array.isArray(subcommands) && subcommands.length > 0) walk(subcommands);
      else names.push(`${value[0]?.value}`.replace("|", " ").toUpperCase());
    }
  };
  if (Array.isArray(list?.value)) walk(list.value);
  return names.filter((name) => !made.has(name) && !ELSEWHERE.test(name)).sort();
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    boolean: ["effects"],
    string: ["seed", "commands", "groups", "resp", "differences", "subject", "redis"],
    unknown: rejectAllBut(
      "--seed, --commands, --groups, --resp, --differences, --effects, --subject or --redis",
    ),
  });
  const start = Number(flags.seed ?? Math.floor(Math.random() * 1e9));
  const total = Number(flags.commands ?? 200_000);
  const all = [...Object.keys(GROUPS), REQUESTS, SCANS, SNAPSHOTS, REPLICATION, APPEND_ONLY];
  const chosen = `${flags.groups ?? all}`.split(",");
  const names = chosen.filter((name) => name in GROUPS);
  const resp = `${flags.resp ?? "both"}`;
  const maxDifferences = Number(flags.differences ?? 25);
  if (
    chosen.some((name) => !all.includes(name)) || !["2", "3", "both"].includes(resp) ||
    !(total >= 0 && start >= 0)
  ) {
    console.error(`Expected --groups of: ${all}; --resp 2, 3 or both; numbers`);
    Deno.exit(2);
  }

  const [redisDebug, subjectDebug] = flags.effects
    ? [" --enable-debug-command yes --repl-diskless-sync-delay 0", " --enable-debug-command"]
    : ["", ""];
  await using pair = await Pair.start(
    `${flags.redis ?? REDIS}${redisDebug}`,
    `${flags.subject ?? SUBJECT}${subjectDebug}`,
    flags.effects === true,
  );
  const progress = new Progress();
  const seen = new Map<string, number>();
  const made = new Set<string>();
  const lacking = new Set<string>();
  let commands = 0;

  const report = async (seed: number, sequence: ReturnType<typeof sequenceOf>) => {
    const ignored = new Set<number>();
    for (let found = 0; found < MAX_IN_SEQUENCE; found++) {
      const difference = await play(pair, sequence, ignored);
      if (difference === undefined) return;
      const isUnknown = ({ value }: Reply) => `${value}`.startsWith("ERR unknown command");
      const lacks = !difference.redis.some(isUnknown) && difference.subject.some(isUnknown);
      if (lacks) lacking.add(difference.step.args[0]?.toUpperCase() ?? "");
      const known = signature(difference);
      const count = seen.get(known) ?? 0;
      if (!lacks) seen.set(known, count + 1);
      if (!lacks && count === 0) {
        const least = await minimise(pair, sequence, difference);
        const { steps } = least ?? { steps: [difference.step] };
        const { redis, subject, log } = least?.difference ?? difference;
        const several = sequence.protocols.length > 1;
        console.log(
          `\nDifference ${seen.size}: --seed ${seed} --commands 1, ${sequence.names}, RESP` +
            `${sequence.protocols}${least ? "" : ", which does not come again by itself"}`,
        );
        if (sequence.settings[0]?.includes("3")) console.log("  with low limits of encodings");
        for (const { conn, args } of steps) {
          console.log(`  ${several ? `${conn}` : ""}> ${showCommand(args)}`);
        }
        console.log(`  redis    ${redis.map(show).join("  ")}`);
        console.log(`  subject  ${subject.map(show).join("  ")}`);
        if (log !== undefined) console.log(`  ${log}`);
      }
      // What the step has touched is made equal again, and the sequence goes on behind it.
      if (
        difference.log !== undefined || sequence.protocols.length > 1 ||
        difference.at >= sequence.steps.length
      ) {
        return;
      }
      ignored.add(difference.at).add(difference.at + 1);
      const repair = { conn: 0, args: ["DEL", ...difference.step.args.slice(1), "missing"] };
      sequence.steps.splice(difference.at + 1, 0, repair);
    }
  };

  if (flags.effects && !await pair.expireAlike()) {
    console.log("The effects of keys that expire by themselves differ");
    Deno.exitCode = 1;
  }
  const wrongRequests = chosen.includes(REQUESTS)
    ? await compareRequests(pair.redis, pair.subject)
    : 0;
  const wrongScans = chosen.includes(SCANS) ? await checkScans(pair.subject, new Random(start)) : 0;
  const wrongSnapshots = chosen.includes(SNAPSHOTS) ? await compareSnapshots(new Random(start)) : 0;
  const wrongReplicas = chosen.includes(REPLICATION)
    ? await compareReplication(
      CHANGING.flatMap((name) => GROUPS[name]?.commands ?? []),
      total * REPLICATED_SHARE,
      new Random(start),
    )
    : 0;
  let changesSeed = start;
  const changes = () => sequenceOf(changesSeed++, CHANGING, "2").steps.map(({ args }) => args);
  const wrongAppendOnly = chosen.includes(APPEND_ONLY)
    ? await compareAppendOnly(new Random(start), changes)
    : 0;
  for (
    let seed = start;
    names.length > 0 && commands < total && seen.size < maxDifferences;
    seed++
  ) {
    const sequence = sequenceOf(seed, names, resp);
    commands += sequence.steps.length;
    for (const { args: [name = "", sub = ""] } of sequence.steps) {
      made.add(name.toUpperCase()).add(`${name} ${sub}`.toUpperCase());
    }
    await report(seed, sequence);
    progress.show(`${commands} of ${total} commands, ${seen.size} differences, seed ${seed}`);
  }

  const missing = await notGenerated(pair, made);
  progress.say("");
  if (lacking.size > 0) console.log(`Unknown to the subject: ${[...lacking].join(", ")}`);
  console.log(`Not generated: ${missing.join(", ") || "nothing"}`);
  for (const [known, count] of [...seen].sort((a, b) => b[1] - a[1])) {
    if (count > 1) console.log(`${count} times: ${known}`);
  }
  console.log(
    `${commands} commands from seed ${start}: ${seen.size} different differences; ` +
      `${wrongRequests} requests answered otherwise; ${wrongScans} scans that missed elements; ` +
      `${wrongSnapshots} snapshots and ${wrongAppendOnly} append-only files read otherwise; ` +
      `${wrongReplicas} replicas with other keys`,
  );
  const wrong = [wrongRequests, wrongScans, wrongSnapshots, wrongReplicas, wrongAppendOnly];
  if (wrong.reduce((sum, count) => sum + count, lacking.size + seen.size) > 0) Deno.exitCode = 1;
}
