/**
 * Clients that wait for a key.
 *
 * @module
 */

/** The blocked clients of one cache. */
export class Blocking {
  /** Serves those who can go on since a command has been executed. */
  serve(): void {}
}
