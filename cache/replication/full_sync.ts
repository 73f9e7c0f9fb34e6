/**
 * The snapshot that replicas begin with, sent as it is made: to those that know how with a mark at its
 * end, to others whole, since its length must come first.
 *
 * @module
 */

import { hex } from "../sha1.ts";
import { latin1Slice } from "../store/slice.ts";
import type { BackgroundTarget } from "../saving.ts";
import type { Replica } from "./replica.ts";

const bytesOf = (text: string): Uint8Array => latin1Slice(text).bytes;

/** 40 hexadecimal digits by chance: a replication ID, or the mark at a snapshot's end. */
export function randomId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(20)));
}

/** Sends one snapshot to some replicas. Those that cannot be reached are left out. */
export class FullSync implements BackgroundTarget {
  readonly #replicas: readonly Replica[];
  readonly #mark = randomId();
  readonly #isStreamed: (replica: Replica) => boolean;
  readonly #now: () => number;
  /** All of it, where some need its length. */
  readonly #chunks: Uint8Array[] | undefined;

  /**
   * @param heading What each replica is told first.
   * @param isStreamed Whether a replica is sent it as it is made.
   * @param now Tells the time, in milliseconds.
   */
  constructor(
    replicas: readonly Replica[],
    heading: string,
    isStreamed: (replica: Replica) => boolean,
    now: () => number,
  ) {
    this.#replicas = replicas;
    this.#isStreamed = isStreamed;
    this.#now = now;
    if (!replicas.every(isStreamed)) this.#chunks = [];
    for (const replica of replicas) {
      const mark = isStreamed(replica) ? `$EOF:${this.#mark}\r\n` : "";
      void replica.client.write(bytesOf((replica.isSilent ? "" : heading) + mark));
    }
  }

  async write(data: Uint8Array): Promise<void> {
    this.#chunks?.push(data);
    const sent = this.#replicas.map((replica) =>
      this.#isStreamed(replica) ? this.#send(replica, data) : !replica.client.closing
    );
    // Where nobody is left it need not be made.
    if (!(await Promise.all(sent)).includes(true)) throw new Error("All replicas are gone");
  }

  async commit(): Promise<void> {
    await Promise.all(this.#replicas.map(async (replica) => {
      if (this.#isStreamed(replica)) return await this.#send(replica, bytesOf(this.#mark));
      const size = this.#chunks?.reduce((sum, { length }) => sum + length, 0);
      await this.#send(replica, bytesOf(`$${size}\r\n`));
      for (const chunk of this.#chunks ?? []) await this.#send(replica, chunk);
    }));
  }

  discard(): void {}

  /** Sends a part to a replica; returns whether it is still there. */
  async #send(replica: Replica, data: Uint8Array): Promise<boolean> {
    replica.sendingSince = this.#now();
    try {
      await replica.client.write(data);
      replica.client.engine.stats.replicationOutputBytes += data.length;
    } catch {
      replica.client.close("replica is gone");
    }
    replica.sendingSince = undefined;
    return !replica.client.closing;
  }
}
