/**
 * Sets `@std/log` up for an executable: one line a record, to standard error, for people (text) or
 * for machines (JSON).
 *
 * @module
 */

import { BaseHandler } from "@std/log/base-handler";
import type { LevelName } from "@std/log/levels";
import type { LogRecord } from "@std/log/logger";
import { setup } from "@std/log/setup";

const encoder = new TextEncoder();

/**
 * Writes a line whole, or drops it: a full disk or a closed pipe makes `writeSync` throw, and must
 * not end the server.
 */
export function writeLine(to: { writeSync(data: Uint8Array): number }, line: string): void {
  try {
    for (let data = encoder.encode(`${line}\n`); data.length > 0;) {
      data = data.subarray(to.writeSync(data));
    }
  } catch {
    // There is nowhere left to say so.
  }
}

class StderrHandler extends BaseHandler {
  log(line: string): void {
    writeLine(Deno.stderr, line);
  }
}

/** Control characters, and the two separators that some programs end a line at. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** Writes control characters as JSON does, so that a text stays one line, and plain. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped === character
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
      : escaped;
  });
}

function toJson(value: unknown): string {
  return escapeControls(JSON.stringify(value));
}

/** A value as JSON can hold it; an error with its stack and cause. What is logged may be anything. */
function plain(value: unknown): unknown {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value;
  try {
    return Deno.inspect(value);
  } catch {
    return "something that cannot be shown";
  }
}

/** The fields of a record. They are an object; an error in its place is one of them. */
function fieldsOf({ args: [fields = {}] }: LogRecord): [string, unknown][] {
  return Object.entries(fields instanceof Error ? { error: fields } : fields as object)
    .map(([name, value]) => [name, plain(value)]);
}

/** `name=value`; a value with anything in it that could be misread is quoted as in JSON. */
function textField([name, value]: [string, unknown]): string {
  const text = String(value);
  return `${name}=${/^[^\s"=\p{Cc}]+$/u.test(text) ? text : toJson(text)}`;
}

const FORMATTERS = {
  text: (record: LogRecord): string =>
    [
      record.datetime.toISOString(),
      record.levelName,
      record.msg.search(CONTROLS) === -1 ? record.msg : toJson(record.msg),
      ...fieldsOf(record).map(textField),
    ].join(" "),
  json: (record: LogRecord): string =>
    toJson({
      time: record.datetime,
      level: record.levelName,
      msg: record.msg,
      ...Object.fromEntries(fieldsOf(record)),
    }),
};

/**
 * Options for {@linkcode setUpLog}.
 *
 * @example
 * ```ts
 * import { type LogOptions, setUpLog } from "jsr:@nimblecache/server/service";
 *
 * const options: LogOptions = { level: "debug", format: "json" };
 * setUpLog(options);
 * ```
 */
export interface LogOptions {
  /**
   * The lowest level that is written. `debug` has lines about single connections.
   *
   * @default {"info"}
   */
  level?: "debug" | "info" | "warn" | "error" | undefined;
  /**
   * `text` is for people: `2026-11-22T05:17:23.120Z INFO listening addr=127.0.0.1:6379`. `json` is
   * for machines: an object a line, with `time`, `level`, `msg` and the same fields.
   *
   * @default {"text"}
   */
  format?: "text" | "json" | undefined;
}

/**
 * Directs the log, one line a record, to standard error: the logger `nimblecache`, to which servers
 * write by default, and the default logger of `@std/log` for lines of your own. Call it before a
 * server is made. A line that cannot be written, to a full disk or a closed pipe, is dropped.
 *
 * @param options The level and the format.
 * @throws {TypeError} If an option is not one of its values.
 *
 * @example
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 * import { setUpLog } from "jsr:@nimblecache/server/service";
 *
 * setUpLog({ level: "warn" });
 * await using _server = serve({ port: 0 });
 * ```
 */
export function setUpLog(options: LogOptions = {}): void {
  const { level = "info", format = "text" } = options;
  checkOneOf("level", level, ["debug", "info", "warn", "error"]);
  checkOneOf("format", format, Object.keys(FORMATTERS));
  const logger = { level: level.toUpperCase() as LevelName, handlers: ["stderr"] };
  setup({
    handlers: { stderr: new StderrHandler("NOTSET", { formatter: FORMATTERS[format] }) },
    loggers: { default: logger, nimblecache: logger },
  });
}

function checkOneOf(name: string, value: string, choices: string[]): void {
  if (!choices.includes(value)) {
    throw new TypeError(`Cannot use ${name} ${value}: expected one of ${choices.join(", ")}`);
  }
}
