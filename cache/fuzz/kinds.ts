/**
 * What is fuzzed.
 *
 * @module
 */

import { fuzzRequests } from "./requests.ts";
import type { Note } from "./target.ts";
import { fuzzTexts } from "./texts.ts";
import { fuzzFiles, fuzzValues } from "./values.ts";

/** What is fuzzed, by kind. Each returns how many inputs it has tried. */
export const KINDS: Readonly<Record<string, (seed: number, note: Note) => Promise<number>>> = {
  requests: fuzzRequests,
  texts: fuzzTexts,
  values: fuzzValues,
  files: fuzzFiles,
};
