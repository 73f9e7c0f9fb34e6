/**
 * Time, as one cache sees it: expiry, blocking timeouts, idle times and `TIME` all go by its clock.
 *
 * @module
 */

/** What a cache needs of a clock. */
export interface Clock {
  /** The time in milliseconds since 1970. */
  now(): number;
  /**
   * Calls back when a time is reached, once.
   *
   * @param time In milliseconds since 1970.
   * @returns A function that takes it back.
   */
  at(time: number, callback: () => void): () => void;
}

/** The longest delay that `setTimeout` takes, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * The system's time. It reads `Date` and `setTimeout` at each use, so that a test runner's fake time
 * moves the cache together with its clients. Its timers do not keep a process alive.
 */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  at(time: number, callback: () => void): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      const delay = time - Date.now();
      if (delay <= 0) return callback();
      start(Math.min(delay, MAX_DELAY));
    };
    const start = (delay: number) => {
      timer = setTimeout(wait, delay);
      unref(timer);
    };
    start(Math.min(Math.max(time - Date.now(), 0), MAX_DELAY));
    return () => clearTimeout(timer);
  }
}

/** Lets a process end while a timer waits, where there are processes. */
export function unref(timer: unknown): void {
  if (typeof timer === "object") (timer as { unref?(): void } | null)?.unref?.();
  else (globalThis as { Deno?: typeof Deno }).Deno?.unrefTimer(timer as number);
}

/** What waits for a {@linkcode ManualClock}. */
interface Alarm {
  time: number;
  callback: () => void;
}

/**
 * A clock that moves only when told to. Several caches may share one.
 *
 * @example A key expires when the test says so
 * ```ts
 * import { Cache, ManualClock } from "jsr:@nimblecache/cache";
 * import { assertEquals } from "jsr:@std/assert@^1.0.19";
 *
 * const clock = new ManualClock();
 * await using cache = new Cache({ clock });
 * cache.call("SET", "session", "alice", "EX", 3600);
 * clock.advance(3_600_001); // it has expired when its time is past, as in Redis
 * assertEquals(cache.call("GET", "session"), null);
 * ```
 */
export class ManualClock implements Clock {
  #now: number;
  /** In the order of their times; those of one time in the order in which they were set. */
  readonly #alarms: Alarm[] = [];

  /**
   * Makes a clock that stands still.
   *
   * @param start The time it begins at, in milliseconds since 1970. Default: the system's.
   * @throws {RangeError} If `start` is not a finite number.
   */
  constructor(start: number = Date.now()) {
    if (!Number.isFinite(start)) {
      throw new RangeError(`Cannot start a clock at ${start}: expected milliseconds since 1970`);
    }
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, callback: () => void): () => void {
    const alarm: Alarm = { time, callback };
    let low = 0;
    for (let high = this.#alarms.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.#alarms[middle]?.time ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    this.#alarms.splice(low, 0, alarm);
    return () => {
      const index = this.#alarms.indexOf(alarm);
      if (index !== -1) this.#alarms.splice(index, 1);
    };
  }

  /**
   * Moves the time on. What falls due on the way happens before this returns, each at its own time, in
   * order.
   *
   * @param ms By how many milliseconds, at least 0.
   * @throws {RangeError} If `ms` is negative or not a finite number.
   */
  advance(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) {
      throw new RangeError(`Cannot advance a clock by ${ms}: expected milliseconds of at least 0`);
    }
    const target = this.#now + ms;
    for (let alarm; (alarm = this.#alarms[0]) !== undefined && alarm.time <= target;) {
      this.#alarms.shift();
      this.#now = Math.max(this.#now, alarm.time);
      alarm.callback();
    }
    this.#now = target;
  }
}
