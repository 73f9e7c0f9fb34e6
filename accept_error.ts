/**
 * What a server does about errors of `accept()`: which of them it ignores, how long it waits after
 * the others, when it gives up, and what it says of that in its log.
 *
 * @module
 */

import { describe, type Logger } from "./logger.ts";

/** The first wait after an accept error that may pass, in milliseconds; it doubles (as Go's). */
const INITIAL_BACKOFF = 5;

/** The longest wait after an accept error, in milliseconds (Go's, too). */
const MAX_BACKOFF = 1000;

/** A shortage is over when no accept error has come for this long, in milliseconds. */
const SHORTAGE_QUIET_TIME = 1000;

/** Accept errors of unknown kind in a row after which the listener is taken for broken. */
export const MAX_UNKNOWN_ERRORS = 10;

/**
 * After this many dead peers in a row the accept loop rests for 5 ms: accepting them leaves the event
 * loop no turn, and timers and other connections must have one.
 */
const SKIPS_BEFORE_REST = 100;

/** The connection that was to be accepted is already gone; the listener is well. */
const PEER_IS_GONE = new Set([
  // What Deno's accept gives most often: it asks for the peer's address, and a reset took it away.
  "ENOTCONN",
  "ECONNABORTED",
  "ECONNRESET",
  "EPROTO",
  "ETIMEDOUT",
]);

const SHORTAGE = new Set([
  // Out of file descriptors, in the process or the system, or of memory.
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  // Errors of the network that Linux passes on from the new socket: accept(2), "Error handling".
  "ENETDOWN",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "EOPNOTSUPP",
  // A firewall's rule forbids the connection.
  "EPERM",
]);

/**
 * - `"skip"`: the peer left before it was accepted; accept the next one at once.
 * - `"back off"`: a shortage that passes; wait, then try again, for ever.
 * - `"unknown"`: nothing known to pass; back off, and give up if it stays.
 */
export type AcceptErrorAction = "skip" | "back off" | "unknown";

/**
 * Decides by `error.code`, because Deno has no class for the descriptor limit: `EMFILE` is a plain
 * `Error` with that code.
 *
 * `EINVAL` depends on the system: macOS reports a peer that is gone with it, while on Linux it
 * means a listener that was shut down, where accepting again at once would spin.
 */
export function classifyAcceptError(
  error: unknown,
  os: typeof Deno.build.os = Deno.build.os,
): AcceptErrorAction {
  const code = (error as { code?: string } | null | undefined)?.code;
  if (code === undefined) return "unknown";
  if (PEER_IS_GONE.has(code) || (code === "EINVAL" && os === "darwin")) return "skip";
  if (SHORTAGE.has(code)) return "back off";
  return "unknown";
}

/** A time in which connections cannot be accepted. */
interface Shortage {
  since: number;
  /** When the last wait was over. */
  until: number;
  errors: number;
  timer?: ReturnType<typeof setTimeout>;
}

/** Waits after accept errors as long as each asks for. */
export class AcceptBackoff {
  readonly #logger: Logger;
  /** Errors since the last success: dead peers, errors that back off, unknown ones of them. */
  #skips = 0;
  #backoffs = 0;
  #unknowns = 0;
  #shortage: Shortage | undefined;
  #stopped = false;
  /** Ends the present wait. */
  #wake: () => void = () => {};
  #endsOnRelease = false;

  /** @param logger Must not throw. */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A connection was accepted. */
  reset(): void {
    this.#skips = this.#backoffs = this.#unknowns = 0;
  }

  /** Waits until it is time to accept again. Returns `false` if there is no hope that it will work. */
  async wait(error: unknown): Promise<boolean> {
    const action = classifyAcceptError(error);
    if (action === "skip") {
      this.#logger.debug?.("client left before it was accepted", { error: describe(error) });
      if (++this.#skips % SKIPS_BEFORE_REST === 0) await this.#sleep(INITIAL_BACKOFF);
      return true;
    }
    if (action === "unknown" && ++this.#unknowns === MAX_UNKNOWN_ERRORS) return false;
    const delay = Math.min(INITIAL_BACKOFF * 2 ** this.#backoffs++, MAX_BACKOFF);
    this.#noteShortage(error, delay);
    // A connection that ends gives back what there is a shortage of.
    this.#endsOnRelease = action === "back off";
    await this.#sleep(delay);
    if (this.#shortage) this.#shortage.until = performance.now();
    return true;
  }

  /** A connection has ended, and given its descriptor back. */
  release(): void {
    if (this.#endsOnRelease) this.#wake();
  }

  /** Waits no more, and says nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#shortage?.timer);
    this.#wake();
  }

  /**
   * Logs one line when a shortage begins and one when it is over, however often the server comes
   * out of it for a moment in between.
   */
  #noteShortage(error: unknown, delay: number): void {
    const now = performance.now();
    const shortage = this.#shortage ??= { since: now, until: now, errors: 0 };
    clearTimeout(shortage.timer);
    shortage.timer = setTimeout(() => {
      this.#shortage = undefined;
      this.#logger.info("accepting again", {
        errors: shortage.errors,
        ms: Math.round(shortage.until - shortage.since),
      });
    }, delay + SHORTAGE_QUIET_TIME);
    // After the timer, since a logger may stop the server, and with it the timer.
    if (++shortage.errors === 1) {
      this.#logger.warn("cannot accept, backing off", { error: describe(error) });
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    this.#endsOnRelease = false;
  }
}
