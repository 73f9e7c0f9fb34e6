/**
 * What the measurements share: figures of a process from `/proc`, the median, the way to a peer, and
 * what is said about a wrong flag.
 *
 * @module
 */

export { median } from "./report.ts";

/** CPU time of a process so far, user and system, in microseconds. */
export function cpuTime(pid: number): number {
  // In ticks of 10 ms, proc(5); the name before them, in parentheses, may hold blanks.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Resident memory of a process, now or at its highest, in MB. */
export function memory(pid: number, name: "VmRSS" | "VmHWM" = "VmRSS"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

/** A file beside this one, as the command line of a child takes it. */
export function local(file: string): string {
  return `${import.meta.dirname}/${file}`;
}

/** For `unknown` of `parseArgs`: ends a command that was given what it does not know. */
export function rejectAllBut(accepted: string): (argument: string) => never {
  return (argument) => {
    console.error(`Unknown argument "${argument}": expected ${accepted}`);
    Deno.exit(2);
  };
}
