/**
 * What was measured, as the tables and the drawing of `docs/benchmarks.md`. Medians of the rounds;
 * a ratio is taken within each round, and given with the lowest and the highest, since both sides of
 * it met the same noise.
 *
 * @module
 */

import { median } from "./figures.ts";
import { type Figures, type Measurements, type Result, SENDERS } from "./measure.ts";
import { BARE, BARE_DRAIN, OURS, OURS_DROP, TOKIO, TOKIO_DRAIN } from "./peers.ts";
import { drawing, type Panel, ratio, table } from "./report.ts";

/** What is compared in the table of ratios: each does the same work. */
const PAIRS = [
  [OURS, BARE_DRAIN],
  [OURS, TOKIO_DRAIN],
  [OURS_DROP, BARE],
  [OURS_DROP, TOKIO],
] as const;

const isOurs = (name: string) => name === OURS || name === OURS_DROP;
const shown = (name: string) => isOurs(name) ? `**${name}**` : name;

function medianOf(rounds: Figures[], figure: keyof Figures): number {
  return median(rounds.map((round) => round[figure]));
}

function ratioOf(ours: Figures[], others: Figures[], figure: keyof Figures): string {
  return ratio(ours.map((round) => round[figure]), others.map((round) => round[figure]));
}

function clientsOf(results: Record<string, Result>): number[] {
  return Object.keys(Object.values(results)[0]?.loads ?? {}).map(Number);
}

function speedTable(speed: Record<string, Result>, clients: number): string {
  const columns = [
    `${clients} at a time`,
    "CPU µs each",
    "a second",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
  ];
  const rows = Object.entries(speed).map(([name, { loads }]) => {
    const of = (figure: keyof Figures, digits: number) =>
      medianOf(loads[clients] ?? [], figure).toFixed(digits);
    return [
      shown(name),
      of("cpu", 1),
      of("throughput", 0),
      of("p50", 2),
      of("p99", 1),
      of("p999", 1),
    ];
  });
  return table(columns, rows);
}

function ratioTable(speed: Record<string, Result>): string {
  const rows: string[][] = [];
  for (const [name, base] of PAIRS) {
    for (const clients of clientsOf(speed)) {
      const [ours, others] = [speed[name]?.loads[clients], speed[base]?.loads[clients]];
      if (!ours || !others) continue;
      const figures = (["cpu", "throughput", "p99"] as const).map((key) =>
        ratioOf(ours, others, key)
      );
      rows.push([`${shown(name)} to ${base}`, `${clients}`, ...figures]);
    }
  }
  return table(["ratio", "clients", "CPU", "throughput", "p99"], rows);
}

function growthTable(growth: Record<string, Result>): string {
  const clients = clientsOf(growth);
  const rows = Object.entries(growth).map(([name, { loads, memory }]) => [
    shown(name),
    ...clients.map((count) => medianOf(loads[count] ?? [], "cpu").toFixed(0)),
    `${memory.toFixed(0)} MB`,
  ]);
  return table(["CPU µs each, by clients at a time", ...clients.map(String), "peak memory"], rows);
}

function fairnessTable(fairness: Record<string, Result>): string {
  const all = (name: string) => Object.values(fairness[name]?.loads ?? {})[0] ?? [];
  const tokio = all(TOKIO_DRAIN);
  const rows = Object.keys(fairness).map((name) => [
    shown(name),
    medianOf(all(name), "p50").toFixed(1),
    medianOf(all(name), "p99").toFixed(1),
    tokio.length > 0 ? ratioOf(all(name), tokio, "p99") : "–",
  ]);
  const title = `a greeting, beside ${SENDERS} clients that send without end`;
  return table([title, "p50 ms", "p99 ms", `p99, to ${TOKIO_DRAIN}`], rows);
}

function idleTable({ idle }: Measurements): string {
  const cases = idle.filter(({ name }) => name === OURS);
  const columns = cases.map(({ past, count }) =>
    past > 0 ? `${count}, after ${past} others` : `${count}, in a fresh server`
  );
  const rows = [BARE, OURS].map((name) => [
    shown(name),
    ...idle.filter((one) => one.name === name).map(({ kilobytes }) => kilobytes.toFixed(1)),
  ]);
  return table(["kB for each idle connection", ...columns], rows);
}

function startTable({ starts }: Measurements): string {
  const rows = Object.entries(starts).map(([name, ms]) => [
    shown(name),
    ms.toFixed(0),
    (ms / (starts[BARE] ?? NaN)).toFixed(2),
  ]);
  return table(["from start to ready", "ms", `to ${BARE}`], rows);
}

/** How many greetings were not what they should be. */
export function wrongGreetings({ speed, growth, fairness }: Measurements): number {
  return [speed, growth, fairness].flatMap((part) => Object.values(part))
    .flatMap(({ loads }) => Object.values(loads)).flat()
    .reduce((sum, { wrong }) => sum + wrong, 0);
}

/** All of it, in Markdown. */
export function tables(measured: Measurements, machine: string, rounds: number): string {
  const { speed, growth, fairness } = measured;
  return [
    `${machine}; medians of ${rounds} rounds. Wrong greetings: ${wrongGreetings(measured)}.`,
    ...clientsOf(speed).map((clients) => speedTable(speed, clients)),
    "Ratios, with the lowest and the highest of the rounds:",
    ratioTable(speed),
    "Fairness:",
    fairnessTable(fairness),
    "How the cost grows, in servers of their own:",
    growthTable(growth),
    idleTable(measured),
    startTable(measured),
  ].join("\n\n");
}

/** The main figures. */
export function mainFigures({ speed, fairness }: Measurements): string {
  const panel = (
    title: string,
    results: Record<string, Result>,
    clients: number,
    figure: keyof Figures,
  ): Panel => ({
    title,
    digits: figure === "cpu" ? 1 : 0,
    bars: Object.entries(results).map(([name, { loads }]) => ({
      name: name.replaceAll("`", ""),
      value: medianOf(loads[clients] ?? [], figure),
      ours: isOurs(name),
    })),
  });
  return drawing("Hello! and close, beside the alternatives (shorter is better)", [
    panel("CPU µs for each greeting, 64 clients at a time", speed, 64, "cpu"),
    panel("CPU µs for each greeting, 512 clients at a time", speed, 512, "cpu"),
    panel(
      `99th percentile of a greeting beside ${SENDERS} clients that send without end, ms`,
      fairness,
      1,
      "p99",
    ),
  ]);
}
