/**
 * How long things take, by real time: a history of what took longer than `latency-monitor-threshold`, and
 * for each command how its times are distributed.
 *
 * @module
 */

/** How many samples are kept of each event (as Redis'). */
const MAX_SAMPLES = 160;

/** The longest time of one second. */
export interface LatencySample {
  /** Seconds since 1970. */
  readonly time: number;
  /** Milliseconds. */
  readonly latency: number;
}

/** The samples of one event. */
export interface LatencySeries {
  /** The oldest first. */
  readonly samples: LatencySample[];
  /** The longest time ever, in milliseconds. */
  max: number;
}

/** What has taken long, by events: `command`, `fast-command`, `expire-cycle`, `eviction-cycle`, … */
export class LatencyMonitor {
  readonly events: Map<string, LatencySeries> = new Map();

  /** Adds a time of so many milliseconds. */
  add(event: string, milliseconds: number): void {
    const latency = Math.floor(milliseconds);
    const time = Math.floor(Date.now() / 1000);
    const series = this.events.get(event) ?? { samples: [], max: 0 };
    this.events.set(event, series);
    series.max = Math.max(series.max, latency);
    const { samples } = series;
    const last = samples.at(-1);
    if (last?.time === time) {
      samples[samples.length - 1] = { time, latency: Math.max(last.latency, latency) };
    } else {
      samples.push({ time, latency });
      if (samples.length > MAX_SAMPLES) samples.shift();
    }
  }

  /** Forgets an event, in upper or lower case, or all. Returns how many there were. */
  reset(event?: string): number {
    const names = [...this.events.keys()].filter((name) =>
      event === undefined || name === event.toLowerCase()
    );
    for (const name of names) this.events.delete(name);
    return names.length;
  }
}

/** The number of buckets of a histogram. */
const BUCKETS = 21;

/**
 * The longest time that a bucket counts, in microseconds. Each goes twice as far as the one before, as those
 * of Redis do: to a power of two of nanoseconds, with what its histogram cannot tell from that.
 */
export const BUCKET_ENDS: readonly number[] = Array.from({ length: BUCKETS }, (_, i) => {
  const end = 1024 * 2 ** i;
  const last = i === BUCKETS - 1;
  return Math.floor((last ? end - 1 : end + Math.max(end / 128, 1) - 1) / 1000);
});

/** How the times of a command are distributed. */
export class LatencyHistogram {
  readonly #counts: number[] = [];

  /** Forgets all times. */
  clear(): void {
    this.#counts.length = 0;
  }

  /** Adds a time that was measured. Those that were not are taken to be short. */
  add(microseconds: number): void {
    const found = BUCKET_ENDS.findIndex((end) => microseconds <= end);
    const bucket = found === -1 ? BUCKETS - 1 : found;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /**
   * How many of so many calls took at most so long, for each bucket with a call.
   *
   * @returns Pairs of the bucket's end in microseconds, and a count.
   */
  cumulative(calls: number): [end: number, count: number][] {
    const measured = this.#counts.reduce((sum, count) => sum + count, 0);
    const pairs: [number, number][] = [];
    let before = 0;
    let sum = Math.max(calls - measured, 0);
    for (const [i, end] of BUCKET_ENDS.entries()) {
      sum += this.#counts[i] ?? 0;
      if (sum > before) pairs.push([end, sum]);
      before = sum;
    }
    return pairs;
  }

  /** Within how many microseconds that many of a hundred calls were done, to the end of a bucket. */
  percentile(calls: number, percent: number): number {
    const pairs = this.cumulative(calls);
    return (pairs.find(([, count]) => 100 * count >= percent * calls) ?? pairs.at(-1))?.[0] ?? 0;
  }
}
