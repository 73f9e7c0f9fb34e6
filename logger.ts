/**
 * Where a server's log lines go: the type of a logger, the default one, and the guard that keeps one
 * that fails from harm.
 *
 * @module
 */

import { getLogger } from "@std/log/get-logger";

/** `LogLevels.DEBUG` and `LogLevels.ERROR` of `@std/log`. */
const DEBUG = 10;
const ERROR = 40;

/**
 * Where a server's log lines go. `fields` are the facts of a line, by name; values are strings,
 * numbers and, under `error`, whatever a handler or `onError` threw.
 *
 * @example The console as logger
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 *
 * await using _server = serve({ port: 0, logger: console });
 * ```
 */
export interface Logger {
  /** Lines about single connections. Left out, such lines are not even made. */
  debug?: ((message: string, fields?: Record<string, unknown>) => void) | undefined;
  /** Lines about the server: it listens, it has stopped, a shortage is over. */
  info(message: string, fields?: Record<string, unknown>): void;
  /** What an operator should know of: a shortage has begun, connections were cut off. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** A handler's unexpected error, one of `onError`, or the listener's failure. */
  error(message: string, fields?: Record<string, unknown>): void;
}

/**
 * `getLogger("nimblecache")`, with `debug` only if its level and a handler's let such lines out.
 * Errors are never silent: where that logger would drop them, they go to the console.
 */
export function defaultLogger(): Logger {
  const logger = getLogger("nimblecache");
  const isOn = (line: number) =>
    logger.level <= line && logger.handlers.some(({ level }) => level <= line);
  return {
    debug: isOn(DEBUG) ? (message, fields) => logger.debug(message, fields) : undefined,
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: isOn(ERROR)
      ? (message, fields) => logger.error(message, fields)
      : (message, fields) => console.error(message, fields),
  };
}

/** The same logger, never throwing or rejecting: a line that cannot be written ends no server. */
export function guarded(logger: Logger): Logger {
  const guard = (level: keyof Logger): Logger["info"] =>
  (
    message: string,
    fields?: Record<string, unknown>,
  ) => {
    try {
      const result: unknown = logger[level]?.(message, fields);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // There is nowhere left to say so.
    }
  };
  return {
    debug: logger.debug && guard("debug"),
    info: guard("info"),
    warn: guard("warn"),
    error: guard("error"),
  };
}

/** What failed, in a line. Anything can be thrown, also what throws when it is looked at. */
export function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "something that cannot be shown";
  }
}
