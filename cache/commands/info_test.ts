import { assertEquals, assertMatch } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { REDIS_VERSION, VERSION } from "../version.ts";

/** The sections that were asked for, each with its fields. */
function info(cache: Cache, ...sections: string[]): Record<string, Record<string, string>> {
  const text = cache.call("INFO", ...sections) as string;
  if (text === "") return {};
  return Object.fromEntries(
    text.split("\r\n\r\n").map((section) => {
      const [title = "", ...lines] = section.trimEnd().split("\r\n");
      assertMatch(title, /^# [A-Z]/);
      return [title.slice(2), Object.fromEntries(lines.map((line) => line.split(/:(.*)/s, 2)))];
    }),
  );
}

const USUAL = [
  ...["Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules"],
  ...["Errorstats", "Cluster", "Keyspace"],
];

Deno.test("INFO shows the sections that are asked for, in Redis' order", async () => {
  await using cache = new Cache();
  const names = (...sections: string[]) => Object.keys(info(cache, ...sections));
  assertEquals(names(), USUAL);
  assertEquals(names("default"), USUAL);
  const all = USUAL.toSpliced(9, 0, "Latencystats").toSpliced(8, 0, "Commandstats");
  assertEquals(names("ALL"), all);
  assertEquals(names("everything"), all);
  assertEquals(names("keyspace", "Server", "none"), ["Server", "Keyspace"]);
  assertEquals(names("default", "commandstats", "latencystats"), all);
  assertEquals(names("module_list"), ["Modules"]);
  assertEquals(names("none"), []);
});

Deno.test("INFO tells of server, clients and memory", async () => {
  const clock = new ManualClock(1_700_000_000_000);
  await using cache = new Cache({ clock, maxClients: 5 });
  clock.advance(90_000_000);
  const { Server, Clients, Memory } = info(cache);
  assertEquals(Server?.["redis_version"], REDIS_VERSION);
  assertEquals(Server?.["nimblecache_version"], VERSION);
  assertEquals(Server?.["os"], Deno.build.os);
  assertEquals(Server?.["process_id"], `${Deno.pid}`);
  assertMatch(Server?.["run_id"] ?? "", /^[0-9a-f]{40}$/);
  assertEquals(Server?.["server_time_usec"], "1700090000000000");
  assertEquals([Server?.["uptime_in_seconds"], Server?.["uptime_in_days"]], ["90000", "1"]);
  assertEquals([Clients?.["connected_clients"], Clients?.["maxclients"]], ["0", "5"]);
  assertMatch(Memory?.["used_memory_human"] ?? "", /^\d+(\.\d\d[KM]|B)$/);
  assertEquals(Memory?.["maxmemory_human"], "0B");
  assertEquals(Number(Memory?.["used_memory_rss"]) > 1e6, true);
});

Deno.test("INFO counts what was too large to be given back at once", async () => {
  await using cache = new Cache();
  const freed = () => info(cache, "memory")["Memory"]?.["lazyfreed_objects"];
  const members = Array.from({ length: 5000 }, (_, i) => `member:${i}`);
  cache.call("SADD", "small", "a", "b");
  cache.call("SADD", "large", ...members);
  cache.call("UNLINK", "small");
  assertEquals(freed(), "0");
  cache.call("UNLINK", "large");
  assertEquals(freed(), "1");
  while (info(cache, "memory")["Memory"]?.["lazyfree_pending_objects"] !== "0") {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals(freed(), "1");
  cache.call("CONFIG", "RESETSTAT");
  assertEquals(freed(), "0");
});

Deno.test("INFO remembers the most memory that it saw", async () => {
  await using cache = new Cache();
  cache.call("SET", "a", "x".repeat(5_000_000));
  const { Memory: before } = info(cache, "memory");
  cache.call("FLUSHALL");
  const { Memory: after } = info(cache, "memory");
  assertEquals(after?.["used_memory_peak"], before?.["used_memory"]);
  assertMatch(after?.["used_memory_peak_human"] ?? "", /^[45]\.\d\dM$/);
  assertEquals(Number(after?.["used_memory"]) < 5_000_000, true);
});

Deno.test("INFO counts keys, hits, errors and commands, until CONFIG RESETSTAT", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  cache.call("SET", "a", 1);
  cache.call("SET", "b", 1, "EX", 10);
  cache.call("SELECT", 3);
  cache.call("SET", "c", 1);
  for (const key of ["c", "none", "none"]) cache.call("GET", key);
  for (const args of [["LPUSH", "c", 1], ["GET"], ["NONE"]]) {
    try {
      cache.call(...args);
    } catch {
      // They are meant to fail.
    }
  }
  const { Keyspace, Stats, Errorstats, Commandstats } = info(cache, "all");
  assertEquals(Keyspace, {
    db0: "keys=2,expires=1,avg_ttl=0",
    db3: "keys=1,expires=0,avg_ttl=0",
  });
  assertEquals([Stats?.["keyspace_hits"], Stats?.["keyspace_misses"]], ["1", "2"]);
  assertEquals(Stats?.["total_error_replies"], "3");
  assertEquals(Errorstats, { errorstat_WRONGTYPE: "count=1", errorstat_ERR: "count=2" });
  assertMatch(
    Commandstats?.["cmdstat_lpush"] ?? "",
    /^calls=1,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=0,failed_calls=1$/,
  );
  assertMatch(Commandstats?.["cmdstat_get"] ?? "", /^calls=3,.*rejected_calls=1,failed_calls=0$/);
  assertEquals(Commandstats?.["cmdstat_append"], undefined);
  cache.call("CLIENT", "ID");
  assertMatch(
    info(cache, "commandstats")["Commandstats"]?.["cmdstat_client|id"] ?? "",
    /^calls=1,/,
  );
  cache.call("CONFIG", "RESETSTAT");
  assertEquals(info(cache, "stats")["Stats"]?.["keyspace_hits"], "0");
  assertEquals(info(cache, "errorstats"), { Errorstats: {} });
});
