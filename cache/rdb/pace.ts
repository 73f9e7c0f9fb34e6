/**
 * When the writing of a large value pauses, so that nothing else has to wait for all of it.
 *
 * @module
 */

import type { RdbWriter } from "./writer.ts";

/** After so many elements of a large value, or bytes, whoever writes it may do something else. */
export const STEP = 256;
const STEP_SIZE = 64 * 1024;

/** Says when the writing of a large value is to pause. */
export class Pace {
  readonly #writer: RdbWriter;
  #elements = 0;
  #written: number;

  constructor(writer: RdbWriter) {
    this.#writer = writer;
    this.#written = writer.length;
  }

  /** Counts an element; returns whether it is time. */
  step(): boolean {
    return ++this.#elements >= STEP || this.#writer.length - this.#written >= STEP_SIZE;
  }

  /** Begins anew after a pause, in which what was written may have been taken away. */
  *pause(): Generator<void, void> {
    yield;
    this.#elements = 0;
    this.#written = this.#writer.length;
  }
}
