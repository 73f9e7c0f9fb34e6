/**
 * The executable: flags, cache, listener, exit status.
 *
 * ```sh
 * deno run --allow-net jsr:@nimblecache/cache/main --port 6380
 * ```
 *
 * @module
 */

import { UsageError } from "@nimblecache/server/flags";
import {
  defaultLogger,
  formatAddr,
  runUntilSignal,
  setUpLog,
  whyNotListening,
  writeLine,
} from "@nimblecache/server/service";
import { Cache } from "./cache.ts";
import { type Config, HELP, parseCommandLine } from "./cli.ts";
import { VERSION } from "./version.ts";

/** A variable of the environment, read only where that needs no prompt. */
function environment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

function readPassword(password: Config["password"]): string {
  if ("text" in password) return password.text;
  const [line = ""] = Deno.readTextFileSync(password.file).split(/\r?\n/, 1);
  if (line === "") throw new Error(`the first line of ${password.file} is empty`);
  return line;
}

/**
 * Runs the executable.
 *
 * @param args The arguments, as in `Deno.args`.
 * @returns The exit status: 0 stopped, 1 failed, 2 usage error, 128 + signal when forced.
 *
 * @example
 * ```ts
 * import { main } from "jsr:@nimblecache/cache/main";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * assertEquals(await main(["--version"]), 0);
 * ```
 */
export async function main(args: string[]): Promise<number> {
  let command;
  try {
    command = parseCommandLine(args, {
      logLevel: environment("NIMBLECACHE_LOG"),
      password: environment("NIMBLECACHE_PASSWORD"),
      masterPassword: environment("NIMBLECACHE_MASTER_PASSWORD"),
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    writeLine(Deno.stderr, error.message);
    return 2;
  }
  if (command.name !== "serve") {
    writeLine(Deno.stdout, command.name === "help" ? HELP : `nimblecache-cache ${VERSION}`);
    return 0;
  }
  const { listen, password, shutdownTimeout, logLevel, logFormat, ...options } = command.config;
  setUpLog({ level: logLevel, format: logFormat });
  const logger = defaultLogger();
  let text: string;
  try {
    text = readPassword(password);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error(`Cannot read the password: ${reason}`);
    return 1;
  }
  let cache;
  try {
    cache = new Cache({ ...options, password: text, logger });
  } catch (error) {
    logger.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  let server;
  try {
    server = "path" in listen ? cache.listen(listen) : cache.listen(listen);
  } catch (error) {
    logger.error(await whyNotListening(error, "path" in listen ? listen.path : undefined));
    await cache.close();
    return 1;
  }
  const stopped = runUntilSignal([server], { timeout: shutdownTimeout });
  writeLine(Deno.stdout, `Listening on ${formatAddr(server.addr)}`);
  const status = await stopped;
  try {
    await cache.close();
  } catch {
    // The snapshot or the append-only file could not be written, as the log says.
    return 1;
  }
  return status;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
