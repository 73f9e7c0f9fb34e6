/**
 * Says at once how long a measurement takes, and then where it is: in place at a terminal, else by a
 * line now and then. All of it goes to standard error, beside the results.
 *
 * @module
 */

/** Milliseconds between lines where there is no terminal. */
const LINE_INTERVAL = 30_000;

/** Erases a terminal's line. */
const ERASE = "\r\x1b[K";

/** Seconds as people write them: `45 s`, `6 min`. */
export function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** Where the progress of a task is shown. */
export interface Output {
  isTerminal(): boolean;
  writeSync(data: Uint8Array): number;
}

/** The progress of one task. */
export class Progress {
  readonly #started = performance.now();
  readonly #seconds: number;
  readonly #output: Output;
  readonly #terminal: boolean;
  #lastLine: number;

  /**
   * @param what The task, as it is called.
   * @param seconds How long it will take, about.
   */
  constructor(what: string, seconds: number, output: Output = Deno.stderr) {
    this.#seconds = seconds;
    this.#output = output;
    this.#terminal = output.isTerminal();
    this.#lastLine = this.#started;
    this.say(`${what}: takes about ${duration(seconds)}`);
  }

  /** A line that stays. */
  say(line: string): void {
    this.#write(`${line}\n`);
  }

  /** Where the task is. The next call takes its place. */
  show(where: string): void {
    const now = performance.now();
    const line = `${duration((now - this.#started) / 1000)} of ${
      duration(this.#seconds)
    }: ${where}`;
    if (this.#terminal) {
      this.#write(line);
    } else if (now - this.#lastLine >= LINE_INTERVAL) {
      this.#lastLine = now;
      this.#write(`${line}\n`);
    }
  }

  /** Leaves the terminal as it was. */
  end(): void {
    this.#write("");
  }

  #write(text: string): void {
    this.#output.writeSync(new TextEncoder().encode(this.#terminal ? `${ERASE}${text}` : text));
  }
}
