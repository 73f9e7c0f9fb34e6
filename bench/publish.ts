/**
 * Puts what was measured into `docs/`, so that no figure there is written by hand.
 *
 * @module
 */

import { replaceSection } from "./report.ts";

const DOCS = `${import.meta.dirname}/../docs`;

/** Prints a section, and with `write` puts it into `docs/benchmarks.md`. */
export function publish(name: string, section: string, write: boolean): void {
  console.log(`${section}\n`);
  if (!write) return;
  const file = `${DOCS}/benchmarks.md`;
  writeFormatted(file, replaceSection(Deno.readTextFileSync(file), name, section));
}

/** Writes the drawing that `docs/benchmarks.md` shows. */
export function publishDrawing(svg: string): void {
  writeFormatted(`${DOCS}/benchmarks.svg`, svg);
}

/** Writes a file as `deno fmt` would have it, which the checks ask for. */
function writeFormatted(file: string, text: string): void {
  Deno.writeTextFileSync(file, text);
  new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file] }).outputSync();
}
