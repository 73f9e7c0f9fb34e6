/**
 * What `fuzz.ts` watches over: tries one case after another, and prints a line before and after each.
 * Its arguments are the kinds, the first seed and the number of cases.
 *
 * @module
 */

import { Random } from "../compare/random.ts";
import { KINDS } from "./kinds.ts";
import { shown } from "./target.ts";

/** A line that is printed, as JSON. */
export type Line = { begins: string } | { inputs: number } | { failure: string; input: string };

const encoder = new TextEncoder();

function print(line: Line): void {
  const bytes = encoder.encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Has the cache's own random choices, too, come again with the seed. */
function makeRepeatable(random: Random): void {
  Math.random = () => random.next();
  crypto.getRandomValues = (array) => {
    const { buffer, byteOffset, byteLength } = array as ArrayBufferView;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let at = 0; at < byteLength; at++) bytes[at] = random.int(0, 255);
    return array;
  };
}

const [kinds = "", seed, cases] = Deno.args;
const chosen = kinds.split(",");
for (let i = 0; i < Number(cases); i++) {
  const kind = chosen[i % chosen.length] ?? "";
  print({ begins: `--kinds ${kind} --seed ${Number(seed) + i} --cases 1` });
  let last = new Uint8Array();
  makeRepeatable(new Random(Number(seed) + i));
  try {
    const inputs = await KINDS[kind]?.(Number(seed) + i, (input) => last = input.slice()) ?? 0;
    print({ inputs });
  } catch (error) {
    const failure = `${error instanceof Error ? error.stack ?? error : error}`;
    print({ failure, input: shown(last) });
  }
}
Deno.exit();
