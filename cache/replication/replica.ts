/**
 * A client that is a replica, as its master sees it.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { ALL_PARTS, type SavingParts } from "../saving.ts";
import type { Replication } from "./replication.ts";

/**
 * How far a replica is: it has only said something of itself, it waits for a snapshot to begin, is sent
 * one, or follows the stream.
 */
export type ReplicaState = "handshake" | "waiting" | "sending" | "online";

/** One replica. */
export class Replica {
  readonly client: Client;
  state: ReplicaState = "handshake";
  /** The port it listens on itself, as it says. */
  listeningPort = 0;
  /** Its address, if it says one. */
  announcedAddress: string | undefined;
  /** Whether it can be sent a snapshot whose length is not known. */
  takesMark = false;
  /** Whether it knows that a master's replication ID may change. */
  followsIds = false;
  /** Whether it wants nothing but a snapshot. */
  snapshotOnly = false;
  /** What its snapshot is to have. */
  parts: SavingParts = ALL_PARTS;
  /** Whether it asked with `SYNC`: then it tells nothing of how far it is. */
  isSilent = false;
  /** Whether the stream is held until it says that it has the snapshot. */
  awaitsAck = false;
  /** How much of the stream it has got, as it has last told. */
  acknowledged = 0;
  /** When it told that, or asked for a snapshot, in milliseconds of {@linkcode Replication.now}. */
  lastSign = 0;
  /** Since when a part of the snapshot is being sent; undefined between two. */
  sendingSince: number | undefined;
  /** How much of the stream it was sent. */
  sent = 0;
  readonly #replication: Replication;
  #isSending = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(client: Client, replication: Replication) {
    this.client = client;
    this.#replication = replication;
  }

  /** Whether it follows this master, and is no ordinary client any more. */
  get isActive(): boolean {
    return this.state !== "handshake";
  }

  /** Its address, as others are to know it. */
  get host(): string {
    return this.announcedAddress ?? this.client.address.replace(/^\[?(.*?)\]?:\d+$/, "$1");
  }

  /** Whether it is the one that listens there. */
  isAt(host: string, port: number): boolean {
    return this.host.toLowerCase() === host.toLowerCase() && this.listeningPort === port;
  }

  /** How many bytes of the stream wait to be sent to it. */
  get unsent(): number {
    const { backlog } = this.#replication;
    const follows = this.state === "sending" && !this.snapshotOnly || this.state === "online";
    return follows && backlog !== undefined ? backlog.end - this.sent : 0;
  }

  /** Sends it what there is of the stream. */
  feed(): void {
    if (!this.#isSending) this.#sending = this.#send();
  }

  /** The same; resolves when all is out, or cannot be. */
  finish(): Promise<void> {
    this.feed();
    return this.#sending;
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    try {
      for (let part; (part = this.#next()) !== undefined;) {
        await this.client.write(part);
        this.sent += part.length;
        this.client.engine.stats.replicationOutputBytes += part.length;
      }
    } catch {
      // Its session ends for the same reason.
    }
    this.#isSending = false;
  }

  #next(): Uint8Array | undefined {
    const { backlog } = this.#replication;
    if (this.state !== "online" || this.awaitsAck || this.client.closing) return undefined;
    return backlog === undefined || this.sent === backlog.end ? undefined : backlog.from(this.sent);
  }
}
