/**
 * Sets `@std/log` up for the executable: one line a record, to standard error, for people (text) or
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

/** The fields of a record, with errors in a form that says what happened and where. */
function fieldsOf(record: LogRecord): [string, unknown][] {
  return Object.entries(record.args[0] ?? {}).map(([name, value]) => [
    name,
    value instanceof Error ? value.stack ?? String(value) : value,
  ]);
}

/** As in a JSON string, with no control character left: a line stays one line, and plain. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `name=value`; a value with anything in it that could be misread is quoted as in JSON. */
function textField([name, value]: [string, unknown]): string {
  const text = String(value);
  return `${name}=${/^[^\s"=\p{Cc}]+$/u.test(text) ? text : quote(text)}`;
}

const FORMATTERS = {
  text: (record: LogRecord): string =>
    [
      record.datetime.toISOString(),
      record.levelName,
      /\p{Cc}/u.test(record.msg) ? quote(record.msg) : record.msg,
      ...fieldsOf(record).map(textField),
    ].join(" "),
  json: (record: LogRecord): string =>
    JSON.stringify({
      time: record.datetime,
      level: record.levelName,
      msg: record.msg,
      ...Object.fromEntries(fieldsOf(record)),
    }),
};

/** Directs the logger `nimblecache`, from `level` up, to standard error. */
export function setUpLogging(level: Lowercase<LevelName>, format: keyof typeof FORMATTERS): void {
  setup({
    handlers: { stderr: new StderrHandler("NOTSET", { formatter: FORMATTERS[format] }) },
    loggers: {
      nimblecache: {
        level: level.toUpperCase() as LevelName,
        handlers: ["stderr"],
      },
    },
  });
}
