/**
 * What a server does about an error from `accept()`: one pure function, from the error to a decision.
 *
 * @module
 */

/**
 * - `"skip"`: the peer left before it was accepted; accept the next one at once.
 * - `"back off"`: a shortage that passes; wait, then try again, for ever.
 * - `"unknown"`: nothing known to pass; back off, and give up if it stays.
 */
export type AcceptErrorAction = "skip" | "back off" | "unknown";

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
