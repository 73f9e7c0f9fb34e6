/**
 * Says how far a long measurement is: in place at a terminal, else by a line now and then.
 *
 * @module
 */

/** Milliseconds between lines where there is no terminal. */
const LINE_INTERVAL = 15_000;

const encoder = new TextEncoder();

/** The state of a run, on standard error. */
export class Progress {
  readonly #terminal = Deno.stderr.isTerminal();
  readonly #started = performance.now();
  #lastLine = -Infinity;

  /** A line that stays. */
  say(line: string): void {
    this.#clear();
    console.error(line);
  }

  /** Replaces the line before at a terminal; else prints it if the last is a while ago. */
  show(line: string): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(0);
    if (this.#terminal) {
      this.#clear();
      Deno.stderr.writeSync(encoder.encode(`[${seconds} s] ${line}`.slice(0, 100)));
    } else if (performance.now() - this.#lastLine > LINE_INTERVAL) {
      this.#lastLine = performance.now();
      console.error(`[${seconds} s] ${line}`);
    }
  }

  #clear(): void {
    if (this.#terminal) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
  }
}
