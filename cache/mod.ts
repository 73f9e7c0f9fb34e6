/**
 * A Redis-compatible cache that lives inside your process: in tests, in development, in a small service.
 * It has the commands, replies and errors of Redis 7.0.15, and its own clock.
 *
 * {@linkcode Cache.listen} serves any Redis client; {@linkcode Cache.call} needs no socket, and no Deno.
 *
 * @example Time that moves when it is told to
 * ```ts
 * import { Cache, ManualClock } from "jsr:@nimblecache/cache";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const clock = new ManualClock();
 * await using cache = new Cache({ clock });
 * cache.call("SET", "token", "abc", "EX", 60);
 *
 * clock.advance(59_000);
 * assertEquals(cache.call("TTL", "token"), 1);
 * clock.advance(2000);
 * assertEquals(cache.call("GET", "token"), null);
 * ```
 *
 * @module
 */

export type { FsyncPolicy } from "./append_only.ts";
export {
  Cache,
  type CacheHandler,
  type CacheOptions,
  type CacheStats,
  type MasterOptions,
} from "./cache.ts";
export type { EvictionPolicy } from "./eviction.ts";
export { type Clock, ManualClock, SystemClock } from "./clock.ts";
export type { CallArgument } from "./protocol/encoder.ts";
export { ReplyError, type ReplyValue } from "./protocol/value.ts";
export type {
  Connection,
  Handler,
  Logger,
  ServeOptions,
  Server,
  ServerOptions,
  ServerStats,
  ServeUnixOptions,
  ShutdownOptions,
} from "@nimblecache/server";
