/**
 * Clients that wait for a key (`BLPOP`, `BZPOPMIN`, `XREAD`, …). They are served first come, first served,
 * when the command, transaction or script that has added a key is over; what a key's type gives them is
 * its own commands' affair.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { CommandError } from "./commands/error.ts";
import { replyFailure } from "./commands/gate.ts";
import type { Keyspace } from "./keyspace.ts";
import { STREAM, type Type } from "./objects.ts";
import type { Address } from "./store/arena.ts";
import type { Slice } from "./store/slice.ts";

/** What a client waits for. */
export interface Wait {
  /** The type of value that can serve it. */
  readonly type: Type;
  /** The keys of which any will do. */
  readonly keys: readonly Slice[];
  /** When its time is over, in milliseconds since 1970; `Infinity` for never. */
  readonly deadline: number;
  /**
   * Replies the client what one of its keys has, which is of the type.
   *
   * @returns False if it has to wait on, and nothing is written.
   * @throws {CommandError} What the client is replied instead.
   */
  readonly serve: (client: Client, key: Slice, entry: Address) => boolean | void;
  /** Replies the client what it gets when its time is over. Default: the null array. */
  readonly timeOut?: (client: Client) => void;
  /**
   * The error that the client gets when one of its keys, a stream, is no longer there or of another type.
   * Default: it waits on.
   */
  readonly lossError?: string;
}

/** The clients that wait for one key to be of one type, in the order in which they came. */
interface Queue {
  /** What it is found by. */
  readonly name: string;
  readonly db: Keyspace;
  readonly key: Slice;
  readonly type: Type;
  first: Place | undefined;
  last: Place | undefined;
  /** Whether it is among those that are served next. */
  ready: boolean;
}

/** A client's place in a queue. */
interface Place {
  readonly blocked: BlockedClient;
  readonly queue: Queue;
  previous: Place | undefined;
  next: Place | undefined;
}

interface BlockedClient {
  readonly client: Client;
  readonly wait: Wait;
  readonly places: Place[];
  /** Takes its timeout back. */
  readonly cancel: () => void;
  /** Lets its next requests be executed. */
  readonly resume: () => void;
  /** Is told how many milliseconds it took to serve it. */
  noteTime: ((more: number) => void) | undefined;
}

/** The blocked clients of one cache. */
export class Blocking {
  readonly #blocked: Map<Client, BlockedClient> = new Map();
  readonly #queues: Map<string, Queue> = new Map();
  /** How many clients wait for each type: most caches have none at all. */
  readonly #waiting = [0, 0, 0, 0, 0, 0];
  #ready: Queue[] = [];
  /** Whether nobody is served: amid a script, while others get their turn. */
  isHeld = false;

  /** How many clients are blocked. */
  get size(): number {
    return this.#blocked.size;
  }

  /** Blocks a client, which {@linkcode Client.mayBlock}. */
  block(client: Client, wait: Wait): void {
    const { engine } = client;
    const { promise, resolve } = Promise.withResolvers<void>();
    const blocked: BlockedClient = {
      client,
      wait,
      places: [],
      cancel: wait.deadline === Infinity ? () => {} : engine.clock.at(
        wait.deadline,
        () => engine.run(undefined, () => this.unblock(client, "timeout")),
      ),
      resume: resolve,
      noteTime: undefined,
    };
    for (const key of wait.keys) this.#enqueue(blocked, key);
    this.#blocked.set(client, blocked);
    this.#waiting[wait.type]!++;
    client.blocked = promise;
    client.waitedSize = wait.keys.reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * Has somebody told how many milliseconds it took to serve a client, when it goes on.
   *
   * @returns False if the client is not blocked.
   */
  whenServed(client: Client, note: (more: number) => void): boolean {
    const blocked = this.#blocked.get(client);
    if (blocked !== undefined) blocked.noteTime = note;
    return blocked !== undefined;
  }

  /**
   * Ends a client's wait from outside.
   *
   * @param how As a timeout would, or with an error.
   * @returns Whether the client was blocked.
   */
  unblock(client: Client, how: "timeout" | "error"): boolean {
    const blocked = this.#blocked.get(client);
    if (blocked === undefined) return false;
    this.#serveOne(blocked, () => {
      const { timeOut = ({ reply }) => reply.nullArray() } = blocked.wait;
      if (how === "timeout") timeOut(client);
      else throw new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    });
    return true;
  }

  /** Ends the waits of all clients with an error, and closes their connections. */
  disconnectAll(message: string): void {
    for (const blocked of [...this.#blocked.values()]) {
      this.#serveOne(blocked, () => {
        throw new CommandError(message);
      });
      blocked.client.closing = true;
    }
  }

  /** Forgets a client that is gone, or about to. */
  remove(client: Client): void {
    const blocked = this.#blocked.get(client);
    if (blocked === undefined) return;
    this.#blocked.delete(client);
    this.#waiting[blocked.wait.type]!--;
    for (const place of blocked.places) this.#leave(place);
    blocked.cancel();
    client.blocked = undefined;
    client.waitedSize = 0;
    blocked.resume();
  }

  /** Is told of each key that is added, and of streams that grow or go. Who waits is served later. */
  signal(db: Keyspace, key: Slice, type: Type): void {
    if (this.#waiting[type] === 0) return;
    const queue = this.#queues.get(queueName(db, key, type));
    if (queue === undefined || queue.ready) return;
    queue.ready = true;
    this.#ready.push(queue);
  }

  /** Is told of a database whose keys are all others now, or are about to go (`SWAPDB`, `FLUSHDB`). */
  signalAll(db: Keyspace): void {
    for (const { db: own, key, type } of this.#queues.values()) {
      // Who reads a stream for a group is told where it is gone.
      if (own === db && (type === STREAM || db.holds(key))) this.signal(db, key, type);
    }
  }

  /** Serves those who can go on since a command has been executed. */
  serve(): void {
    if (this.#ready.length === 0 || this.isHeld) return;
    // A client that is served may add a key that others wait for: they come last.
    for (const queue of this.#ready) {
      queue.ready = false;
      this.#serveQueue(queue);
    }
    this.#ready = [];
  }

  #serveQueue({ db, key, type, first }: Queue): void {
    for (let place = first; place !== undefined;) {
      const entry = db.find(key);
      const isThere = entry !== 0 && db.objects.type(entry) === type;
      // It may just have expired.
      if (!isThere) db.engine.effects?.flush();
      if (!isThere && type !== STREAM) return;
      const { blocked, next } = place;
      const { wait: { serve, lossError } } = blocked;
      if (isThere) {
        db.beforeChange(entry);
        this.#serveOne(blocked, () => serve(blocked.client, key, entry));
      } else if (lossError !== undefined) {
        this.#serveOne(blocked, () => {
          throw new CommandError(lossError);
        });
      }
      place = next;
    }
  }

  /** Writes a client its reply, and lets it go on unless there is none. */
  #serveOne(blocked: BlockedClient, write: () => boolean | void): void {
    const { client, noteTime } = blocked;
    const { engine } = client;
    const start = noteTime === undefined ? 0 : performance.now();
    let served = true;
    client.push((reply) => {
      const begun = reply.length;
      const { current } = engine;
      engine.current = client;
      try {
        served = write() !== false;
      } catch (error) {
        replyFailure(client, begun, error);
        if (client.lastCommand !== undefined) client.lastCommand.failedCalls++;
      }
      if (served) client.endReply(begun);
      engine.effects?.flush();
      engine.tracking.sendPending();
      client.endCommand();
      engine.current = current;
    });
    if (!served) return;
    this.remove(client);
    noteTime?.(performance.now() - start);
  }

  #enqueue(blocked: BlockedClient, key: Slice): void {
    const { client: { db }, wait: { type } } = blocked;
    const name = queueName(db, key, type);
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const own = key.copySlice();
      queue = { name, db, key: own, type, first: undefined, last: undefined, ready: false };
      this.#queues.set(name, queue);
    }
    // It has named the key twice.
    if (queue.last?.blocked === blocked) return;
    const place: Place = { blocked, queue, previous: queue.last, next: undefined };
    if (queue.last === undefined) queue.first = place;
    else queue.last.next = place;
    queue.last = place;
    blocked.places.push(place);
  }

  #leave({ queue, previous, next }: Place): void {
    if (previous === undefined) queue.first = next;
    else previous.next = next;
    if (next === undefined) queue.last = previous;
    else next.previous = previous;
    if (queue.first === undefined) this.#queues.delete(queue.name);
  }
}

function queueName(db: Keyspace, key: Slice, type: Type): string {
  return `${type} ${db.index} ${key.latin1()}`;
}
