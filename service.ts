/**
 * What makes servers a well-behaved process: a log on standard error, signals that stop them, and an
 * exit status that tells how it ended.
 *
 * @example The executable of a protocol server
 * ```ts ignore
 * import { serve } from "jsr:@nimblecache/server";
 * import { runUntilSignal, setUpLog } from "jsr:@nimblecache/server/service";
 *
 * setUpLog();
 * const server = serve({ port: 7000 });
 * Deno.exit(await runUntilSignal([server]));
 * ```
 *
 * @module
 */

import { checkMilliseconds } from "./check.ts";
import { defaultLogger, guarded } from "./logger.ts";
import type { Server } from "./server.ts";

export { formatAddr, whyNotListening } from "./listen.ts";
export { defaultLogger } from "./logger.ts";
export { type LogOptions, setUpLog, writeLine } from "./logging.ts";

/** The signals that stop a process, with their numbers, which shells add to 128. */
const STOP_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15, SIGBREAK: 21 };
type StopSignal = keyof typeof STOP_SIGNALS;

/** Windows has no SIGTERM to listen to, and ends the process itself after its SIGHUP. */
const stopSignals = (): StopSignal[] =>
  Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGHUP", "SIGINT", "SIGTERM"];

/**
 * A second signal counts as one only after this many milliseconds: Ctrl-C at a terminal reaches the
 * process twice under `deno task`, which passes its own on.
 */
const SECOND_SIGNAL_DELAY = 300;

/**
 * How long a forced stop may take, in milliseconds: more than the 100 that `Server.close()` gives
 * handlers, so that the log still gets the statistics.
 */
const FORCED_STOP_TIMEOUT = 200;

/**
 * What {@linkcode runUntilSignal} needs of a server: a `Server`, or what is built on one.
 *
 * @example
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 * import type { Runnable } from "jsr:@nimblecache/server/service";
 *
 * await using server = serve({ port: 0 });
 * const _runnable: Runnable = server;
 * ```
 */
export type Runnable = Pick<Server, "run" | "shutdown" | "close">;

/**
 * Options for {@linkcode runUntilSignal}.
 *
 * @example
 * ```ts
 * import type { RunOptions } from "jsr:@nimblecache/server/service";
 *
 * const _options: RunOptions = { timeout: 30_000 };
 * ```
 */
export interface RunOptions {
  /**
   * How long a stop waits for open connections, in milliseconds; then they are closed.
   *
   * @default {10000}
   */
  timeout?: number | undefined;
}

/**
 * Runs servers until a signal stops them: SIGINT, SIGTERM, SIGHUP (on Windows SIGINT, SIGBREAK). All
 * get the signal's {@linkcode Server.shutdown}, with the timeout. A second signal, at least 300 ms
 * later, closes them and ends the process with `Deno.exit`, whatever else it waits for. If the
 * listener of one fails, the others are stopped as by a signal.
 *
 * It also returns when the program itself has stopped all of the servers. Its listeners for signals
 * are gone then.
 *
 * @param servers What to run; a server that runs already is not started again.
 * @param options How long a stop waits.
 * @returns The exit status: 0 stopped, also where the timeout cut connections off; 1 if a listener or
 * a shutdown failed, which the log tells of. A process that is forced to stop exits with 128 + signal.
 * @throws {TypeError} If `timeout` is of the wrong type.
 * @throws {RangeError} If `timeout` is out of range.
 *
 * @example
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 * import { runUntilSignal } from "jsr:@nimblecache/server/service";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const server = serve({ port: 0 });
 * const status = runUntilSignal([server], { timeout: 5000 });
 *
 * server.shutdown(); // here in place of a signal
 * assertEquals(await status, 0);
 * ```
 */
export async function runUntilSignal(
  servers: readonly Runnable[],
  options: RunOptions = {},
): Promise<number> {
  const { timeout = 10_000 } = options;
  checkMilliseconds("timeout", timeout);
  const logger = guarded(defaultLogger());
  let exitStatus = 0;
  let stopping: Promise<unknown> | undefined;
  const shutdown = () => {
    stopping ??= Promise.all(servers.map((server) => server.shutdown({ timeout })))
      .catch((error) => {
        logger.error("shutdown failed", { error });
        exitStatus = 1;
      });
  };

  let firstSignal: number | undefined;
  let forced: number | undefined;
  const onSignal = (signal: StopSignal) => {
    if (firstSignal === undefined) {
      firstSignal = performance.now();
      logger.info("shutting down", { signal });
      shutdown();
    } else if (forced === undefined && performance.now() - firstSignal >= SECOND_SIGNAL_DELAY) {
      const status = forced = 128 + STOP_SIGNALS[signal];
      logger.warn("forced to stop, closing connections", { signal });
      for (const server of servers) server.close();
      setTimeout(() => Deno.exit(status), FORCED_STOP_TIMEOUT);
    }
  };
  const listeners = stopSignals().map((signal) => [signal, () => onSignal(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);

  try {
    await Promise.all(servers.map((server) => server.run()));
  } catch {
    // The server has logged why its listener failed.
    exitStatus = 1;
    shutdown();
  }
  // What is built on a server may have more to do than the server.
  await stopping;
  if (forced !== undefined) Deno.exit(forced);
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  return exitStatus;
}
