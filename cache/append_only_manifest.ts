/**
 * The manifest of an append-only file: which files it is made of. It is a text, as Redis 7 has it, with a
 * line for each file: `file appendonly.aof.1.base.rdb seq 1 type b`.
 *
 * @module
 */

import { splitWords } from "./protocol/request.ts";
import { quoted } from "./shown.ts";
import { latin1Slice } from "./store/slice.ts";

/** One of the files. */
export interface LogFile {
  /** Its name in the directory. */
  readonly name: string;
  /** Which of its type it is, from 1 on. */
  readonly sequence: number;
}

/** The files, in the order in which they are read: the base, then what has changed since. */
export interface Manifest {
  /** All keys of one moment. */
  readonly base: LogFile | undefined;
  /** What has changed since, the newest last. */
  readonly increments: readonly LogFile[];
  /** What a rewrite has taken the place of, and what is to be deleted. */
  readonly history: readonly LogFile[];
}

/** The name that all files begin with (`appendfilename`). */
export const FILE_NAME = "appendonly.aof";
export const MANIFEST_NAME = `${FILE_NAME}.manifest`;

export const EMPTY_MANIFEST: Manifest = { base: undefined, increments: [], history: [] };

/** The longest line, with its end (`MANIFEST_MAX_LINE`). */
const MAX_LINE = 1024;

/** Whether there is nothing to be read. */
export function isEmpty({ base, increments }: Manifest): boolean {
  return base === undefined && increments.length === 0;
}

/** All files, with those that are to be deleted. */
export function filesOf({ base, increments, history }: Manifest): LogFile[] {
  return [...(base === undefined ? [] : [base]), ...increments, ...history];
}

/** The base that follows, whose name no other file has. */
export function nextBase(manifest: Manifest): LogFile {
  const bases = filesOf(manifest).filter(({ name }) => !isIncrement(name));
  const sequence = 1 + Math.max(0, ...bases.map(({ sequence }) => sequence));
  return { name: `${FILE_NAME}.${sequence}.base.rdb`, sequence };
}

function isIncrement(name: string): boolean {
  return name.endsWith(".incr.aof");
}

/**
 * Whether a file of this name was made when there was a manifest already: an increment, or a base that is
 * not the first.
 */
export function isDataFile(name: string): boolean {
  const [, sequence, type] = /^appendonly\.aof\.(\d+)\.(base|incr)\.(?:rdb|aof)$/.exec(name) ?? [];
  return type === "incr" || Number(sequence) > 1;
}

/** The number of the last increment; 0 before the first. */
export function lastIncrement(manifest: Manifest): number {
  const increments = filesOf(manifest).filter(({ name }) => isIncrement(name));
  return Math.max(0, ...increments.map(({ sequence }) => sequence));
}

/** An increment of a number. */
export function increment(sequence: number): LogFile {
  return { name: `${FILE_NAME}.${sequence}.incr.aof`, sequence };
}

/** Prints a manifest. */
export function printManifest({ base, increments, history }: Manifest): string {
  const line = (type: "b" | "h" | "i") => ({ name, sequence }: LogFile) => {
    const shown = /[^!-~]|["'\\]/.test(name) ? quoted(latin1Slice(name)) : name;
    return `file ${shown} seq ${sequence} type ${type}\n`;
  };
  const bases = base === undefined ? [] : [base];
  return [...bases.map(line("b")), ...history.map(line("h")), ...increments.map(line("i"))].join(
    "",
  );
}

/**
 * Reads a manifest.
 *
 * @throws {Error} If it is damaged: the message says why, and in which line.
 */
export function parseManifest(text: string): Manifest {
  let base: LogFile | undefined;
  const increments: LogFile[] = [];
  const history: LogFile[] = [];
  const lines = text.split("\n");
  lines.forEach((line, i) => {
    const isLast = i === lines.length - 1;
    const fail = (why: string): never => {
      throw new Error(`${why} at line ${i + 1}`);
    };
    if (line.startsWith("#") || (isLast && line === "" && i > 0)) return;
    if (isLast || line.length >= MAX_LINE) fail("There is no end of the line");
    const { type, ...file } = parseLine(line, fail);
    switch (type) {
      case "b":
        if (base !== undefined) fail("There is a second base");
        base = file;
        break;
      case "i":
        if (file.sequence <= (increments.at(-1)?.sequence ?? 0)) {
          fail("The sequence of increments does not ascend");
        }
        increments.push(file);
        break;
      case "h":
        history.push(file);
        break;
      default:
        fail(`There is an unknown type "${type}"`);
    }
  });
  return { base, increments, history };
}

/** What one line says. Words that are not known may be of later versions. */
function parseLine(
  line: string,
  fail: (why: string) => never,
): LogFile & { readonly type: string } {
  const words = splitWords(line) ?? [];
  const facts = new Map<string, string>();
  for (let i = 0; i + 1 < words.length; i += 2) {
    facts.set(words[i]?.toLowerCase() ?? "", words[i + 1] ?? "");
  }
  const name = facts.get("file") ?? "";
  const sequence = Number(facts.get("seq") ?? "");
  const type = facts.get("type")?.charAt(0) ?? "";
  if (words.length % 2 === 1 || name === "" || type === "" || !(sequence > 0)) {
    fail("It is no line of a manifest");
  }
  if (/[/\\]/.test(name)) fail("There is a path in place of a name");
  return { name, sequence, type };
}
