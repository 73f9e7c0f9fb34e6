/**
 * `INFO`.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { Engine } from "../engine.ts";
import type { Args } from "../protocol/request.ts";
import type { Replication } from "../replication/replication.ts";
import type { Settings } from "../settings.ts";
import { REDIS_VERSION, VERSION } from "../version.ts";
import type { CommandRow } from "./command.ts";

/** The fields of one section. */
type Section = Record<string, string | number>;

/** Bytes as people read them: `1.06M`. */
function human(bytes: number): string {
  const units = ["B", "K", "M", "G", "T"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return unit === 0 ? `${bytes}B` : `${bytes.toFixed(2)}${units[unit]}`;
}

/** What is used of Node's globals: times in microseconds. */
interface NodeGlobals {
  readonly process: { cpuUsage(): { readonly system: number; readonly user: number } };
}

/** What the process has taken of the processors' time, in seconds, where that can be asked for. */
function cpuTimes(): Section {
  // Deno has it only by Node's name.
  const { system, user } = "Deno" in globalThis
    ? (globalThis as unknown as NodeGlobals).process.cpuUsage()
    : { system: 0, user: 0 };
  const seconds = (microseconds: number) => (microseconds / 1e6).toFixed(6);
  return {
    used_cpu_sys: seconds(system),
    used_cpu_user: seconds(user),
    used_cpu_sys_children: seconds(0),
    used_cpu_user_children: seconds(0),
  };
}

/** What the machine has, where that can be asked for. */
function machineMemory(): number {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  const { state } = deno?.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" }) ?? {};
  return state === "granted" ? deno?.systemMemoryInfo().total ?? 0 : 0;
}

/** What the process takes of the machine's memory, where that can be asked for. */
export function residentMemory(used: number): number {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  return deno?.memoryUsage?.().rss ?? used;
}

/** Of each command, within which times so many of a hundred calls were done. */
function latencyStats(engine: Engine): Section {
  const { commands, settings: { latencyTracking, latencyPercentiles } } = engine;
  if (!latencyTracking) return {};
  return Object.fromEntries(
    commands.all.filter(({ calls }) => calls > 0).map((
      { fullName, calls, latencies },
    ) => {
      const times = latencyPercentiles.map((percentile) =>
        `p${percentile}=${latencies.percentile(calls, percentile).toFixed(3)}`
      );
      return [`latency_percentiles_usec_${fullName}`, times.join(",")];
    }),
  );
}

function commandStats({ commands }: Engine): Section {
  const called = commands.all.filter(({ calls, rejectedCalls }) => calls > 0 || rejectedCalls > 0);
  return Object.fromEntries(called.map((command) => [
    `cmdstat_${command.fullName}`,
    Object.entries({
      calls: command.calls,
      usec: command.microseconds,
      usec_per_call: (command.microseconds / Math.max(command.calls, 1)).toFixed(2),
      rejected_calls: command.rejectedCalls,
      failed_calls: command.failedCalls,
    }).map(([name, value]) => `${name}=${value}`).join(","),
  ]));
}

/** What scripts and functions take: the values of both, and what is known of them. */
function scriptMemory({ scripts, functions }: Engine["scripting"]): Section {
  const total = scripts.luaMemory + functions.luaMemory;
  const known = scripts.memory + functions.memory;
  return {
    used_memory_lua: scripts.luaMemory,
    used_memory_vm_eval: scripts.luaMemory,
    used_memory_lua_human: human(scripts.luaMemory),
    used_memory_scripts_eval: scripts.memory,
    number_of_cached_scripts: scripts.size,
    number_of_functions: functions.size,
    number_of_libraries: functions.libraries.size,
    used_memory_vm_functions: functions.luaMemory,
    used_memory_vm_total: total,
    used_memory_vm_total_human: human(total),
    used_memory_functions: functions.memory,
    used_memory_scripts: known,
    used_memory_scripts_human: human(known),
  };
}

/** Of a replica: its master, and how far it is with it. */
function masterFields(replication: Replication, settings: Settings): Section {
  const { link, offset } = replication;
  if (link === undefined) return {};
  const { host, port, state, transfer, downSince, lastHeard } = link;
  const secondsSince = (time: number) => Math.floor((replication.now() - time) / 1000);
  const { total = 0, received = 0 } = transfer ?? {};
  return {
    master_host: host,
    master_port: port,
    master_link_status: state === "connected" ? "up" : "down",
    master_last_io_seconds_ago: state === "connected" ? secondsSince(lastHeard) : -1,
    master_sync_in_progress: state === "sync" ? 1 : 0,
    slave_read_repl_offset: offset,
    slave_repl_offset: offset,
    ...state === "sync" && {
      master_sync_total_bytes: total,
      master_sync_read_bytes: received,
      master_sync_left_bytes: total - received,
      master_sync_perc: (100 * received / Math.max(total, 1)).toFixed(2),
      master_sync_last_io_seconds_ago: secondsSince(lastHeard),
    },
    ...state !== "connected" && {
      master_link_down_since_seconds: downSince === undefined ? -1 : secondsSince(downSince),
    },
    slave_priority: settings.others.get("replica-priority") ?? 100,
    slave_read_only: settings.readOnly ? 1 : 0,
    replica_announced: settings.others.get("replica-announced")?.toLowerCase() === "no" ? 0 : 1,
  };
}

/** How far a replica is, as Redis names it. */
const REPLICA_STATES = {
  handshake: "",
  waiting: "wait_bgsave",
  sending: "wait_bgsave",
  online: "online",
};

/** The replicas. */
function replicaFields(replication: Replication, settings: Settings): Section {
  const { replicas } = replication;
  const { minReplicasToWrite, minReplicasMaxLag } = settings;
  return {
    connected_slaves: replicas.size,
    ...minReplicasToWrite > 0 && minReplicasMaxLag > 0 && {
      min_slaves_good_slaves: replication.goodReplicas,
    },
    ...Object.fromEntries([...replicas].map((replica, i) => {
      const { host, listeningPort, state, acknowledged, lastSign } = replica;
      const lag = state === "online" ? Math.floor((replication.now() - lastSign) / 1000) : 0;
      const text = `ip=${host},port=${listeningPort},state=${REPLICA_STATES[state]},` +
        `offset=${acknowledged},lag=${lag}`;
      return [`slave${i}`, text];
    })),
  };
}

/** The sections, in Redis' order. */
const SECTIONS: Record<string, (engine: Engine) => Section> = {
  server: ({ clock, startedAt, now, settings, port, runId }) => ({
    redis_version: REDIS_VERSION,
    redis_git_sha1: "00000000",
    redis_git_dirty: 0,
    redis_build_id: "0000000000000000",
    redis_mode: "standalone",
    server_name: "nimblecache",
    nimblecache_version: VERSION,
    os: (globalThis as { Deno?: typeof Deno }).Deno?.build.os ?? "unknown",
    arch_bits: 64,
    monotonic_clock: "performance.now",
    multiplexing_api: "epoll",
    process_supervised: "no",
    process_id: (globalThis as { Deno?: typeof Deno }).Deno?.pid ?? 0,
    run_id: runId,
    tcp_port: port,
    server_time_usec: Math.floor(clock.now() * 1000),
    uptime_in_seconds: Math.floor((now - startedAt) / 1000),
    uptime_in_days: Math.floor((now - startedAt) / 86_400_000),
    hz: settings.others.get("hz") ?? 10,
    configured_hz: settings.others.get("hz") ?? 10,
    lru_clock: Math.floor(now / 1000) & 0xffffff,
    executable: "",
    config_file: "",
    io_threads_active: 0,
  }),
  clients: (engine) => ({
    connected_clients: engine.connectedClients - engine.replication.replicas.size +
      (engine.replication.link?.state === "connected" ? 1 : 0),
    cluster_connections: 0,
    maxclients: engine.settings.maxClients,
    client_recent_max_input_buffer: 0,
    client_recent_max_output_buffer: 0,
    blocked_clients: engine.blockedClients,
    tracking_clients: engine.tracking.clients.size,
    clients_in_timeout_table: 0,
  }),
  memory: (engine) => {
    const { eviction, replication, settings, objects: { arena, lazyFree }, stats } = engine;
    const { used } = eviction;
    stats.peakMemory = Math.max(stats.peakMemory, used);
    const { peakMemory } = stats;
    const resident = residentMemory(used);
    const machine = machineMemory();
    return {
      used_memory: used,
      used_memory_human: human(used),
      used_memory_rss: resident,
      used_memory_rss_human: human(resident),
      used_memory_peak: peakMemory,
      used_memory_peak_human: human(peakMemory),
      used_memory_peak_perc: `${(100 * used / peakMemory).toFixed(2)}%`,
      used_memory_overhead: used - arena.used,
      used_memory_startup: 0,
      used_memory_dataset: arena.used,
      used_memory_dataset_perc: `${(100 * arena.used / used).toFixed(2)}%`,
      allocator_allocated: used,
      allocator_active: arena.reserved,
      allocator_resident: resident,
      total_system_memory: machine,
      total_system_memory_human: human(machine),
      ...scriptMemory(engine.scripting),
      maxmemory: settings.maxMemory,
      maxmemory_human: human(settings.maxMemory),
      maxmemory_policy: settings.maxMemoryPolicy,
      mem_fragmentation_ratio: (resident / used).toFixed(2),
      mem_fragmentation_bytes: resident - used,
      mem_not_counted_for_evict: 0,
      mem_replication_backlog: replication.backlog?.length ?? 0,
      mem_total_replication_buffers: replication.backlog?.length ?? 0,
      mem_clients_slaves: 0,
      mem_clients_normal: eviction.countAll(),
      mem_aof_buffer: engine.appendOnly.bufferSize,
      mem_allocator: "arena",
      active_defrag_running: 0,
      lazyfree_pending_objects: lazyFree.size,
      lazyfreed_objects: lazyFree.freed,
    };
  },
  persistence: ({ appendOnly, background, snapshots }) => ({
    loading: 0,
    async_loading: 0,
    current_cow_peak: 0,
    current_cow_size: 0,
    current_cow_size_age: 0,
    current_fork_perc: "0.00",
    current_save_keys_processed: 0,
    current_save_keys_total: 0,
    rdb_changes_since_last_save: snapshots.changes,
    rdb_bgsave_in_progress: background.kind === undefined || background.kind === "base" ? 0 : 1,
    rdb_last_save_time: Math.floor(snapshots.lastSave / 1000),
    rdb_last_bgsave_status: snapshots.lastError === undefined ? "ok" : "err",
    rdb_last_bgsave_time_sec: snapshots.lastDuration,
    rdb_current_bgsave_time_sec: background.duration("snapshot") ?? -1,
    rdb_saves: snapshots.saves,
    rdb_last_cow_size: 0,
    rdb_last_load_keys_expired: snapshots.expired,
    rdb_last_load_keys_loaded: snapshots.loaded,
    // Redis leaves the reason to its log.
    rdb_last_bgsave_error: snapshots.lastError ?? "",
    ...appendOnly.facts,
    module_fork_in_progress: 0,
    module_fork_last_cow_size: 0,
  }),
  stats: ({ stats, pubsub, replication, tracking, eviction, background }) => ({
    total_connections_received: stats.connections,
    total_commands_processed: stats.commands,
    instantaneous_ops_per_sec: Math.round(stats.rates().commands),
    total_net_input_bytes: stats.inputBytes,
    total_net_output_bytes: stats.outputBytes,
    total_net_repl_input_bytes: stats.replicationInputBytes,
    total_net_repl_output_bytes: stats.replicationOutputBytes,
    instantaneous_input_kbps: (stats.rates().inputBytes / 1024).toFixed(2),
    instantaneous_output_kbps: (stats.rates().outputBytes / 1024).toFixed(2),
    instantaneous_input_repl_kbps: "0.00",
    instantaneous_output_repl_kbps: "0.00",
    rejected_connections: stats.rejectedConnections,
    sync_full: stats.fullSyncs,
    sync_partial_ok: stats.partialSyncs,
    sync_partial_err: stats.failedPartialSyncs,
    expired_keys: stats.expiredKeys,
    evicted_keys: stats.evictedKeys,
    evicted_clients: stats.evictedClients,
    total_eviction_exceeded_time: Math.floor(eviction.exceededTimes.total),
    current_eviction_exceeded_time: Math.floor(eviction.exceededTimes.current),
    keyspace_hits: stats.keyspaceHits,
    keyspace_misses: stats.keyspaceMisses,
    pubsub_channels: pubsub.channels.size,
    pubsub_patterns: pubsub.patterns.size,
    pubsubshard_channels: pubsub.shardChannels.size,
    latest_fork_usec: 0,
    // Redis has a process write; here it is a task in this one.
    total_forks: background.starts,
    migrate_cached_sockets: 0,
    slave_expires_tracked_keys: replication.ownKeys,
    active_defrag_hits: 0,
    active_defrag_misses: 0,
    active_defrag_key_hits: 0,
    active_defrag_key_misses: 0,
    tracking_total_keys: tracking.totalKeys,
    tracking_total_items: tracking.totalItems,
    tracking_total_prefixes: tracking.totalPrefixes,
    unexpected_error_replies: 0,
    total_error_replies: stats.errorReplies,
    // Of later versions, which those who watch over a server ask for.
    acl_access_denied_auth: stats.denied.auth,
    acl_access_denied_cmd: stats.denied.command,
    acl_access_denied_key: stats.denied.key,
    acl_access_denied_channel: stats.denied.channel,
  }),
  replication: ({ replication, settings }) => ({
    role: replication.link === undefined ? "master" : "slave",
    ...masterFields(replication, settings),
    ...replicaFields(replication, settings),
    master_failover_state: replication.failover.state,
    master_replid: replication.id,
    master_replid2: replication.id2,
    master_repl_offset: replication.offset,
    second_repl_offset: replication.secondOffset,
    repl_backlog_active: replication.backlog === undefined ? 0 : 1,
    repl_backlog_size: settings.replicationBacklogSize,
    repl_backlog_first_byte_offset: (replication.backlog?.start ?? -1) + 1,
    repl_backlog_histlen: replication.backlog?.length ?? 0,
  }),
  cpu: cpuTimes,
  modules: () => ({}),
  commandstats: commandStats,
  errorstats: ({ stats }) =>
    Object.fromEntries(
      [...stats.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
    ),
  latencystats: latencyStats,
  cluster: () => ({ cluster_enabled: 0 }),
  keyspace: ({ databases }) =>
    Object.fromEntries(
      databases.filter(({ size }) => size > 0).map((db) => [
        `db${db.index}`,
        `keys=${db.size},expires=${db.deadlines.size},avg_ttl=0`,
      ]),
    ),
};

/** What is shown where nothing is named. */
const NOT_DEFAULT = ["commandstats", "latencystats"];

function info({ reply, engine }: Client, args: Args): void {
  const all = Object.keys(SECTIONS);
  const usual = all.filter((name) => !NOT_DEFAULT.includes(name));
  const wanted = new Set<string>(args.count === 1 ? usual : []);
  for (let i = 1; i < args.count; i++) {
    const name = args.at(i).latin1().toLowerCase();
    const names = name === "default"
      ? usual
      : name === "all" || name === "everything"
      ? all
      : [name === "module_list" ? "modules" : name];
    for (const name of names) wanted.add(name);
  }
  const shown = Object.entries(SECTIONS).filter(([name]) => wanted.has(name));
  reply.verbatim(
    shown.map(([name, fields]) => {
      const title = name === "cpu" ? "CPU" : name.charAt(0).toUpperCase() + name.slice(1);
      const lines = Object.entries(fields(engine)).map(([name, value]) => `${name}:${value}\r\n`);
      return `# ${title}\r\n${lines.join("")}`;
    }).join("\r\n"),
  );
}

export const INFO: CommandRow = {
  arity: -1,
  flags: "loading stale",
  categories: "dangerous",
  tips: "nondeterministic_output request_policy:all_shards response_policy:special",
  since: "1.0.0",
  summary: "Tells of the state of the server",
  run: info,
};
