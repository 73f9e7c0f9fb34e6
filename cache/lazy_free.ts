/**
 * Gives large things back a part at a time, so that no client waits for it.
 *
 * @module
 */

/** Gives a part back, of at most so many steps. Returns how much is left; 0 if all is gone. */
export type Release = (limit: number) => number;

/** What is small enough to be given back at once, and what is given back of a larger thing then. */
const AT_ONCE = 1024;

/** The same of a thing that is a part of another: there may be many. */
const PART_AT_ONCE = 16;

/** What is given back before the time is looked at again. */
const STEPS = 256;

/** How long one turn may take, in milliseconds: beside busy clients, about a quarter of the time. */
const MAX_TURN = 1;

/** What one cache has still to give back. */
export class LazyFree {
  /** How many things were not given back at once. */
  freed = 0;
  readonly #waiting: Release[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isReleasing = false;

  /** How many things wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Gives something back: at once if it is small, else the rest of it when there is time. */
  add(release: Release): void {
    const isPart = this.#isReleasing;
    const { size } = this;
    this.#isReleasing = true;
    const left = release(isPart ? PART_AT_ONCE : AT_ONCE);
    this.#isReleasing = isPart;
    if (left > 0) this.later(release);
    // Parts of it may wait by themselves.
    if (!isPart && this.size > size) this.freed++;
  }

  /** Gives something back when there is time, and nothing of it at once. */
  later(release: Release): void {
    this.#waiting.push(release);
    this.#timer ??= setTimeout(() => this.#turn(), 0);
  }

  /** Forgets what waits, because all memory is given back in another way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #turn(): void {
    this.run(performance.now() + MAX_TURN);
    this.#timer = this.#waiting.length > 0 ? setTimeout(() => this.#turn(), 0) : undefined;
  }

  /** Gives back what waits, until all is gone or the time is `end` by `performance.now()`. */
  run(end: number): void {
    this.#isReleasing = true;
    do {
      // The last first: what a database holds before more of the database, so that few things wait.
      const release = this.#waiting.at(-1);
      if (release === undefined) break;
      if (release(STEPS) === 0) this.#waiting.splice(this.#waiting.lastIndexOf(release), 1);
    } while (performance.now() < end);
    this.#isReleasing = false;
  }
}
