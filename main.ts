/**
 * The executable: flags, listener, server, exit status. What any executable needs beside is in
 * `service.ts`.
 *
 * ```sh
 * deno run --allow-net jsr:@nimblecache/server/main --port 7000
 * ```
 *
 * @module
 */

import { HELP, parseCommandLine, UsageError } from "./cli.ts";
import denoJson from "./deno.json" with { type: "json" };
import { greet } from "./greeting.ts";
import { formatAddr, whyNotListening } from "./listen.ts";
import { defaultLogger } from "./logger.ts";
import { writeLine } from "./logging.ts";
import { serve } from "./server.ts";
import { runUntilSignal, setUpLog } from "./service.ts";

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
  setUpLog({ level: logLevel, format: logFormat });

  const handler = greet({ message });
  let server;
  try {
    server = "path" in where
      ? serve({ ...where, handler, ...options })
      : serve({ ...where, handler, ...options });
  } catch (error) {
    defaultLogger().error(await whyNotListening(error, "path" in where ? where.path : undefined));
    return 1;
  }
  const status = runUntilSignal([server], { timeout: shutdownTimeout });
  writeLine(Deno.stdout, `Listening on ${formatAddr(server.addr)}`);
  return await status;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
