/**
 * `FAILOVER`: a master lets one of its replicas take its place. Writes wait until the replica has got
 * all of the stream; then the master follows it, and asks it to become a master.
 *
 * @module
 */

import type { Engine } from "../engine.ts";
import type { Replication } from "./replication.ts";

/** What a failover was asked to do. */
export interface FailoverOptions {
  /** Who is to take over. Default: who has got all first. */
  readonly to: { readonly host: string; readonly port: number } | undefined;
  /** After how many milliseconds it is given up, or forced; 0 is never. */
  readonly timeout: number;
  /** Whether the replica takes over at the end of the time though it has not got all. */
  readonly force: boolean;
}

/** The failover of one cache. */
export class Failover {
  /** As `INFO` names it. */
  state: "no-failover" | "failover-in-progress" | "waiting-for-sync" = "no-failover";
  readonly #engine: Engine;
  readonly #replication: Replication;
  #options: FailoverOptions = { to: undefined, timeout: 0, force: false };
  #begunAt = 0;

  constructor(engine: Engine, replication: Replication) {
    this.#engine = engine;
    this.#replication = replication;
  }

  /** Whether the stream must not grow, so that a replica can get all of it. */
  get isHolding(): boolean {
    return this.state === "waiting-for-sync";
  }

  /** Begins one. There must be none. */
  start(options: FailoverOptions): void {
    this.#options = options;
    this.#begunAt = this.#replication.now();
    this.state = "waiting-for-sync";
    this.#engine.pauseClients(Infinity, false);
  }

  /** Ends it, without success unless it has come to its end. */
  abort(reason = "it was asked for"): void {
    if (this.state === "no-failover") return;
    this.#replication.log.warn(`FAILOVER aborted: ${reason}`);
    const isBegun = this.state === "failover-in-progress";
    this.state = "no-failover";
    if (isBegun) this.#replication.promote();
    this.#engine.endPause();
  }

  /** Takes note that the replica has become the master of this one. */
  succeed(): void {
    if (this.state !== "failover-in-progress") return;
    this.state = "no-failover";
    this.#engine.endPause();
  }

  /** Takes note of why the link to the replica has ended. */
  fail(reason: string): void {
    if (this.state !== "failover-in-progress") return;
    this.abort(`Failover target did not take over: ${reason}`);
  }

  /** Goes on with it, if there is one. */
  tick(): void {
    if (this.state !== "waiting-for-sync") return;
    const { to, timeout, force } = this.#options;
    if (timeout > 0 && this.#replication.now() - this.#begunAt >= timeout) {
      if (!force || to === undefined) return this.abort("Replica never caught up before timeout");
      this.#replication.log.info(
        `FAILOVER to ${to.host}:${to.port} time out exceeded, failing over.`,
      );
      return this.#follow(to.host, to.port);
    }
    const { offset, replicas } = this.#replication;
    const replica = [...replicas].find((replica) =>
      replica.acknowledged === offset && (to === undefined || replica.isAt(to.host, to.port))
    );
    if (replica !== undefined) this.#follow(replica.host, replica.listeningPort);
  }

  #follow(host: string, port: number): void {
    this.state = "failover-in-progress";
    this.#replication.follow(host, port);
  }
}
