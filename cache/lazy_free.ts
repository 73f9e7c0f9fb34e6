/**
 * Gives large things back a part at a time, so that no client waits for it.
 *
 * @module
 */

/** Gives a part back: at most so many steps' worth. Returns how much is left; 0 if all is gone. */
export type Release = (limit: number) => number;

/** What is small enough to be given back at once, and what is given back of a larger thing then. */
const AT_ONCE = 64;

/** What is given back before the time is looked at again. */
const STEPS = 256;

/** How long one turn may take, in milliseconds: with other work, a quarter of the time. */
const MAX_TURN = 1;

/** What one cache has still to give back. */
export class LazyFree {
  readonly #waiting: Release[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** How many things wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Gives something back: at once if it is small, else the rest of it when there is time. */
  add(release: Release): void {
    if (release(AT_ONCE) === 0) return;
    this.#waiting.push(release);
    this.#timer ??= setTimeout(() => this.#turn(), 0);
  }

  /** Gives all back now. */
  finish(): void {
    for (let release; (release = this.#waiting.pop()) !== undefined;) release(Infinity);
    this.stop();
  }

  /** Forgets what waits: all memory is given back in another way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #turn(): void {
    const end = performance.now() + MAX_TURN;
    do {
      // The last first: what a database holds before more of the database, so that few things wait.
      const release = this.#waiting.at(-1);
      if (release === undefined) return this.stop();
      if (release(STEPS) === 0) this.#waiting.splice(this.#waiting.lastIndexOf(release), 1);
    } while (performance.now() < end);
    this.#timer = setTimeout(() => this.#turn(), 0);
  }
}
