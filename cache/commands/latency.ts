/**
 * `LATENCY` and its subcommands.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { LatencySeries } from "../latency.ts";
import type { Args } from "../protocol/request.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Command, CommandRow } from "./command.ts";
import { CommandError, printed } from "./error.ts";
import { helpRow } from "./help.ts";

function latest({ reply, engine }: Client): void {
  const { events } = engine.latency;
  reply.array(events.size);
  for (const [event, { samples, max }] of events) {
    const last = samples.at(-1);
    reply.array(4);
    reply.text(event);
    reply.integer(last?.time ?? 0);
    reply.integer(last?.latency ?? 0);
    reply.integer(max);
  }
}

function history({ reply, engine }: Client, args: Args): void {
  const { samples = [] } = engine.latency.events.get(args.at(2).latin1()) ?? {};
  reply.array(samples.length);
  for (const { time, latency } of samples) {
    reply.array(2);
    reply.integer(time);
    reply.integer(latency);
  }
}

function reset({ reply, engine }: Client, args: Args): void {
  if (args.count === 2) return reply.integer(engine.latency.reset());
  let count = 0;
  for (let i = 2; i < args.count; i++) count += engine.latency.reset(args.at(i).latin1());
  reply.integer(count);
}

/** The graph's width and height in characters, and what fills the topmost third, or two, of a column. */
const COLUMNS = 80;
const ROWS = 4;
const LEVELS = "_o#";

/** How long ago something was, in the largest unit that fits. */
function age(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** Draws samples as columns, with their ages written downwards below. */
function draw(event: string, { samples, max: highest }: LatencySeries): string {
  const now = Math.floor(Date.now() / 1000);
  const latencies = samples.map(({ latency }) => latency);
  const [min, max] = [Math.min(...latencies), Math.max(...latencies)];
  const steps = LEVELS.length * ROWS;
  const columns = samples.map(({ time, latency }) => {
    const step = Math.min(Math.floor((latency - min) * steps / (max - min || 1)), steps - 1);
    const cells = Array.from({ length: ROWS }, (_, row) => {
      const level = step - (ROWS - 1 - row) * LEVELS.length;
      return level < 0 ? " " : LEVELS[level] ?? "|";
    });
    return [...cells, " ", ...age(Math.max(now - time, 0))];
  });
  const title = `${event} - high ${max} ms, low ${min} ms (all time high ${highest} ms)`;
  const lines = [title, "-".repeat(COLUMNS)];
  for (let from = 0; from < columns.length; from += COLUMNS) {
    const shown = columns.slice(from, from + COLUMNS);
    if (from > 0) lines.push("");
    const height = Math.max(...shown.map(({ length }) => length));
    for (let row = 0; row < height; row++) {
      lines.push(shown.map((column) => column[row] ?? " ").join(""));
    }
  }
  return `${lines.join("\n")}\n`;
}

function graph({ reply, engine }: Client, args: Args): void {
  const event = args.at(2).latin1();
  const series = engine.latency.events.get(event);
  if (series === undefined) {
    throw new CommandError(`ERR No samples available for event '${printed(args.at(2))}'`);
  }
  reply.verbatim(draw(event, series));
}

/** What a report says beside the figures; by the event, to which each of them belongs. */
const ADVICE: Record<string, string> = {
  command: "SLOWLOG GET shows which commands were slow.",
  "fast-command":
    "Commands that do little were slow: the machine, or this process, had other work.",
  "expire-cycle": "Many keys expire at the same time.",
  "eviction-cycle": "Memory is short: maxmemory is near to what is in use.",
};

function doctor({ reply, engine }: Client): void {
  const { latency: { events }, settings: { latencyThreshold } } = engine;
  if (events.size === 0) {
    return reply.verbatim(
      latencyThreshold === 0
        ? "Latency is not monitored: CONFIG SET latency-monitor-threshold <milliseconds> begins to.\n"
        : `Nothing has taken ${latencyThreshold} ms or longer.\n`,
    );
  }
  const lines = [...events].map(([event, { samples, max }]) => {
    const sum = samples.reduce((sum, { latency }) => sum + latency, 0);
    const average = Math.floor(sum / samples.length);
    const advice = ADVICE[event] === undefined ? "" : ` ${ADVICE[event]}`;
    return `${event}: ${samples.length} spikes (average ${average} ms, worst of all time ${max} ms).` +
      `${advice}\n`;
  });
  reply.verbatim(lines.join(""));
}

/** Writes how a command's times are distributed, unless it was not called. Returns whether it was. */
function writeHistogram(reply: Reply, { fullName, calls, latencies }: Command): boolean {
  if (calls === 0) return false;
  const pairs = latencies.cumulative(calls);
  reply.text(fullName);
  reply.map(2);
  reply.text("calls");
  reply.integer(calls);
  reply.text("histogram_usec");
  reply.map(pairs.length);
  for (const pair of pairs) for (const number of pair) reply.integer(number);
  return true;
}

function histogram({ reply, engine }: Client, args: Args): void {
  const { commands } = engine;
  const named: readonly (Command | undefined)[] = args.count === 2
    ? commands.commands
    : Array.from({ length: args.count - 2 }, (_, i) => commands.getFull(args.at(i + 2).latin1()));
  const begun = reply.begin();
  let count = 0;
  for (const command of named) {
    if (command === undefined) continue;
    for (const one of [command, ...command.subcommands]) {
      if (writeHistogram(reply, one)) count++;
    }
  }
  reply.end(begun, count, "map");
}

const FLAGS = "admin noscript loading stale";
const TIPS = "nondeterministic_output request_policy:all_nodes response_policy:special";

export const LATENCY: CommandRow = {
  arity: -2,
  flags: "",
  since: "2.8.13",
  summary: "Tells what has taken long",
  subcommands: {
    doctor: {
      arity: 2,
      flags: FLAGS,
      tips: TIPS,
      since: "2.8.13",
      summary: "Reports in words what has taken long",
      run: doctor,
    },
    graph: {
      arity: 3,
      flags: FLAGS,
      tips: TIPS,
      since: "2.8.13",
      summary: "Draws what has taken long, of one event",
      run: graph,
    },
    help: helpRow("2.8.13", "latency"),
    histogram: {
      arity: -2,
      flags: FLAGS,
      tips: TIPS,
      since: "7.0.0",
      summary: "Replies how the times of commands are distributed",
      run: histogram,
    },
    history: {
      arity: 3,
      flags: FLAGS,
      tips: TIPS,
      since: "2.8.13",
      summary: "Replies what has taken long, of one event",
      run: history,
    },
    latest: {
      arity: 2,
      flags: FLAGS,
      tips: TIPS,
      since: "2.8.13",
      summary: "Replies what has taken long last, of all events",
      run: latest,
    },
    reset: {
      arity: -2,
      flags: FLAGS,
      tips: "request_policy:all_nodes response_policy:all_succeeded",
      since: "2.8.13",
      summary: "Forgets what has taken long, of some events or all",
      run: reset,
    },
  },
};
