/**
 * The executable: flags, listener, server, signals, exit status. The only module that touches the
 * state of the process.
 *
 * ```sh
 * deno run --allow-net jsr:@nimblecache/server/main --port 7000
 * ```
 *
 * @module
 */

import { getLogger } from "@std/log/get-logger";
import { HELP, parseCommandLine, UsageError } from "./cli.ts";
import denoJson from "./deno.json" with { type: "json" };
import { greet } from "./greeting.ts";
import { formatAddr, listen, listenOnUnix, whoHolds } from "./listen.ts";
import { setUpLogging, writeLine } from "./logging.ts";
import { Server } from "./server.ts";

/** The signals that stop the server, with their numbers, which shells add to 128. */
const STOP_SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGBREAK: 21 };
type StopSignal = keyof typeof STOP_SIGNALS;

const stopSignals: StopSignal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * A second signal counts as one only after this many milliseconds: Ctrl-C at a terminal reaches the
 * process twice under `deno task`, which passes its own on.
 */
const SECOND_SIGNAL_DELAY = 300;

/** `NIMBLECACHE_LOG`, read only where that needs no prompt. */
function environmentLevel(): string | undefined {
  const variable = "NIMBLECACHE_LOG";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/**
 * Runs the executable.
 *
 * @param args The arguments, as in `Deno.args`.
 * @returns The exit status: 0 stopped, 1 failed, 2 usage error, 128 + signal when forced.
 *
 * @example
 * ```ts
 * import { main } from "jsr:@nimblecache/server/main";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * assertEquals(await main(["--version"]), 0);
 * ```
 */
export async function main(args: string[]): Promise<number> {
  let command;
  try {
    command = parseCommandLine(args, environmentLevel());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    writeLine(Deno.stderr, error.message);
    return 2;
  }
  if (command.name !== "serve") {
    writeLine(Deno.stdout, command.name === "help" ? HELP : `nimblecache ${denoJson.version}`);
    return 0;
  }
  const { listen: where, message, shutdownTimeout, logLevel, logFormat, ...options } =
    command.config;
  setUpLogging(logLevel, logFormat);
  const logger = getLogger("nimblecache");

  let listener: Deno.Listener;
  try {
    listener = "path" in where ? listenOnUnix(where.path) : listen(where.hostname, where.port);
  } catch (error) {
    const taken = "path" in where && error instanceof Deno.errors.AddrInUse;
    const hint = taken ? await whoHolds(where.path) : "";
    logger.error((error instanceof Error ? error.message : String(error)) + hint);
    return 1;
  }
  const server = new Server<Deno.Conn>(listener, { handler: greet({ message }), ...options });

  let firstSignal: number | undefined;
  let status = 0;
  const onSignal = (signal: StopSignal) => {
    if (firstSignal === undefined) {
      firstSignal = performance.now();
      logger.info("shutting down", { signal });
      server.shutdown({ timeout: shutdownTimeout });
    } else if (performance.now() - firstSignal >= SECOND_SIGNAL_DELAY) {
      logger.warn("forced to stop, closing connections", { signal });
      status = 128 + STOP_SIGNALS[signal];
      server.close();
    }
  };
  const listeners = stopSignals.map((signal) => [signal, () => onSignal(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  const finished = server.run();
  writeLine(Deno.stdout, `Listening on ${formatAddr(server.addr)}`);
  try {
    await finished;
  } catch {
    // The server has logged why its listener failed.
    status = 1;
  }
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  return status;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
