/**
 * Benchmark: this server beside what one would use in its place, all doing the same: write `Hello!`
 * and close. It prints the tables of `docs/benchmarks.md`, and with `--write` puts them there, with a
 * drawing of the main figures. `deno task bench`.
 *
 * Flags: `--rounds N` (default 5), `--quick` (one round of a twentieth of the connections, to try the
 * benchmark out), `--write`. Loopback only, Linux only (it reads `/proc`).
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { rejectAllBut } from "./figures.ts";
import { expectedDuration, type Extent, measureAll } from "./measure.ts";
import { describeMachine, findPeers } from "./peers.ts";
import { Progress } from "./progress.ts";
import { publish, publishDrawing } from "./publish.ts";
import { mainFigures, tables, wrongGreetings } from "./tables.ts";

const { rounds, quick, write } = parseArgs(Deno.args, {
  string: ["rounds"],
  boolean: ["quick", "write"],
  unknown: rejectAllBut("--rounds N, --quick or --write"),
});
const extent: Extent = { rounds: Number(rounds ?? (quick ? 1 : 5)), share: quick ? 0.05 : 1 };
if (!(Number.isInteger(extent.rounds) && extent.rounds > 0)) {
  console.error(`Cannot bench with --rounds ${rounds}: expected an integer of at least 1`);
  Deno.exit(2);
}

const progress = new Progress("bench", expectedDuration(extent));
const peers = await findPeers((line) => progress.say(line));
const measured = await measureAll(peers, extent, progress);
progress.end();
publish("bench", tables(measured, await describeMachine(), extent.rounds), Boolean(write));
if (write) publishDrawing(mainFigures(measured));
if (wrongGreetings(measured) > 0) Deno.exitCode = 1;
