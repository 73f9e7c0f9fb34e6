/**
 * Listening on TCP or on a Unix socket: addresses as people write them, and errors that say what was
 * wrong.
 *
 * @module
 */

/** An address as people write it: `127.0.0.1:6379`, `[::1]:6379`, `unix:/run/server.sock`. */
export function formatAddr(addr: Deno.Addr | { hostname: string; port: number }): string {
  // A client's end of a Unix socket has no path.
  if ("path" in addr) return `unix:${addr.path ?? ""}`;
  if ("cid" in addr) return `vsock:${addr.cid}:${addr.port}`;
  return addr.hostname.includes(":")
    ? `[${addr.hostname}]:${addr.port}`
    : `${addr.hostname}:${addr.port}`;
}

/**
 * Listens on TCP, and says in the error where it could not. The backlog is the kernel's queue of
 * clients that wait to be accepted; Linux caps it at `net.core.somaxconn`, 4096 by default.
 */
export function listen(hostname: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port, tcpBacklog: 4096 });
  } catch (error) {
    throw listenError(error, formatAddr({ hostname, port }));
  }
}

/** Listens on a Unix socket, and says in the error where it could not. */
export function listenOnUnix(path: string): Deno.UnixListener {
  try {
    return Deno.listen({ transport: "unix", path });
  } catch (error) {
    throw listenError(error, `unix:${path}`);
  }
}

/**
 * Says why a server could not listen, for people: the error's message, and where the path of a Unix
 * socket is taken, by whom. Nothing is removed.
 *
 * @param error What `serve()` has thrown.
 * @param path The path of the Unix socket that it was to listen on, if it was one.
 *
 * @example
 * ```ts
 * import { serve } from "jsr:@nimblecache/server";
 * import { whyNotListening } from "jsr:@nimblecache/server/service";
 * import { assertMatch } from "jsr:@std/assert@^1.0.19";
 *
 * await using server = serve({ port: 0 });
 * try {
 *   serve({ port: server.addr.port });
 * } catch (error) {
 *   assertMatch(await whyNotListening(error), /^Cannot listen on 127.0.0.1:\d+: address already/);
 * }
 * ```
 */
export async function whyNotListening(error: unknown, path?: string): Promise<string> {
  const message = error instanceof Error ? error.message : String(error);
  const taken = path !== undefined && error instanceof Deno.errors.AddrInUse;
  return taken ? message + await whoHolds(path) : message;
}

/** Who holds a path that is taken, and what to do about it: the end of such a sentence. */
export async function whoHolds(path: string): Promise<string> {
  try {
    if (!Deno.lstatSync(path).isSocket) return ": the path exists and is not a socket";
    using _conn = await Deno.connect({ transport: "unix", path });
    return " by a running server";
  } catch (error) {
    // Only a refusal proves that nobody listens there: a server whose backlog is full is alive.
    return error instanceof Deno.errors.ConnectionRefused
      ? ": a server that has died left it; remove the file"
      : "";
  }
}

/** The same class of error with the address in it, and without the system's number. */
export function listenError(error: unknown, addr: string): unknown {
  if (!(error instanceof Error)) return error;
  const reason = error.message.replace(/ \(os error \d+\)$/, "");
  const sentence = `${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
  const SameError = error.constructor as ErrorConstructor;
  const same = new SameError(`Cannot listen on ${addr}: ${sentence}`, { cause: error });
  return "code" in error ? Object.assign(same, { code: error.code }) : same;
}
