/**
 * What `CONFIG` sets.
 *
 * @module
 */

/** The settings of one cache, with Redis' defaults. */
export class Settings {
  databases = 16;
  password = "";
  maxClients = 10_000;
  /** Bytes; 0 is no limit. */
  maxMemory = 0;
  /** The longest argument, in bytes. */
  maxBulk = 512 * 1024 * 1024;
  /** The longest request that has not come whole, in bytes. */
  maxQueryBuffer = 1024 * 1024 * 1024;
  /** Microseconds; negative is never. */
  slowlogThreshold = 10_000;
  slowlogLength = 128;
  /** The largest collections that are kept packed. */
  hashMaxPackEntries = 512;
  hashMaxPackValue = 64;
  setMaxIntsetEntries = 512;
  sortedSetMaxPackEntries = 128;
  sortedSetMaxPackValue = 64;
  listMaxPackSize = -2;
  /** Whether commands that may do harm (`DEBUG`) are allowed. */
  debugCommand = false;

  /** Whether a protected command may be used. */
  allows(): boolean {
    return this.debugCommand;
  }
}
