/**
 * Replication of one cache: as a master, the stream that its replicas are fed with, and the snapshots that
 * they begin with; as a replica, the link to its master. A replica feeds its own replicas with its master's
 * stream, byte for byte.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { unref } from "../clock.ts";
import { type Command, STALE, WRITE } from "../commands/command.ts";
import { MASTER_DOWN } from "../commands/error.ts";
import { mayDo, someFlags } from "../commands/gate.ts";
import { type EffectsListener, REPLICAS } from "../effects.ts";
import type { Engine } from "../engine.ts";
import type { Keyspace } from "../keyspace.ts";
import type { Args } from "../protocol/request.ts";
import type { SavingFacts } from "../saving.ts";
import type { Address } from "../store/arena.ts";
import { latin1Slice, type Slice } from "../store/slice.ts";
import { Backlog } from "./backlog.ts";
import { Failover } from "./failover.ts";
import { FullSync, randomId } from "./full_sync.ts";
import { MasterLink } from "./master_link.ts";
import type { Replica } from "./replica.ts";
import type { Logger } from "@nimblecache/server";

/** How often what goes by time is looked at, in milliseconds. */
const TICK = 1000;

const NO_ID = "0".repeat(40);

const PING = latin1Slice("*1\r\n$4\r\nPING\r\n");
const GET_ACK = latin1Slice("*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n");
const NOTHING = latin1Slice("");
const NEWLINE = latin1Slice("\n").bytes;

/** A client that waits until replicas have got what there was of the stream. */
interface WaitingClient {
  readonly client: Client;
  /** Tells this wait of the client from a later one. */
  readonly blocked: Client["blocked"];
  readonly offset: number;
  readonly count: number;
}

/** The replication of one cache. */
export class Replication implements EffectsListener {
  readonly target = REPLICAS;
  database = -1;
  /** What tells this history of data from others: 40 hexadecimal digits. */
  id: string = randomId();
  /** The history that this one goes on from, up to {@linkcode secondOffset}. */
  id2: string = NO_ID;
  /** One more than how much of the stream of {@linkcode id2} is this one's too; -1 for none. */
  secondOffset = -1;
  /** The last of the stream; undefined until there is a replica, or this is one. */
  backlog: Backlog | undefined;
  /** In the order in which they came. */
  readonly replicas: Set<Replica> = new Set();
  /** The link to its master; undefined if this is a master. */
  link: MasterLink | undefined;
  readonly failover: Failover;
  /** Where it is said how replication goes. Default: what goes wrong, to the console. */
  log: Pick<Logger, "info" | "warn"> = { info() {}, warn: (message) => console.warn(message) };
  readonly #engine: Engine;
  /** How long the stream was when there was a backlog last. */
  #offset = 0;
  #isScheduled = false;
  #ticks = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Since when there is no replica, as {@linkcode now} tells it. */
  #aloneSince = 0;
  #waiting: WaitingClient[] = [];
  /** Keys that clients have given a deadline while this is a replica. */
  readonly #own = new Map<Keyspace, Set<string>>();
  #wantsAcks = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.failover = new Failover(engine, this);
  }

  /** Milliseconds of real time: others are at the other end, who know nothing of the cache's clock. */
  now(): number {
    return performance.now();
  }

  /** How long the stream is. */
  get offset(): number {
    return this.backlog?.end ?? this.#offset;
  }

  /** How many replicas follow the stream. */
  get online(): number {
    return this.countAcks(-1);
  }

  /** How many replicas are in time, as `min-replicas-max-lag` has it. */
  get goodReplicas(): number {
    const latest = this.now() - (this.#engine.settings.minReplicasMaxLag + 1) * 1000;
    let count = 0;
    for (const { state, lastSign } of this.replicas) {
      if (state === "online" && lastSign > latest) count++;
    }
    return count;
  }

  // The stream.

  /** Takes more of the stream, and has it sent when what is being executed is over. */
  write(bytes: Slice): void {
    this.backlog?.append(bytes);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#feed());
  }

  #feed(): void {
    this.#isScheduled = false;
    if (this.#wantsAcks) {
      this.#wantsAcks = false;
      this.backlog?.append(GET_ACK);
    }
    for (const replica of this.replicas) {
      replica.feed();
      replica.client.checkOutput();
    }
    this.#trim();
  }

  /** Drops what is in the backlog beyond its size, and was sent to all. */
  #trim(): void {
    const { backlog } = this;
    if (backlog === undefined) return;
    let needed = Infinity;
    for (const { unsent } of this.replicas) needed = Math.min(needed, backlog.end - unsent);
    backlog.trim(this.#engine.settings.replicationBacklogSize, needed);
  }

  /** Begins a backlog, and with it a history of its own unless it goes on with another's. */
  createBacklog(id: string = randomId(), offset: number = this.#offset): void {
    this.id = id;
    this.id2 = NO_ID;
    this.secondOffset = -1;
    this.backlog = new Backlog(offset);
    if (this.link === undefined) this.#engine.addListener(this);
    this.#run();
  }

  #dropBacklog(): void {
    this.#engine.removeListener(this);
    this.#offset = this.offset;
    this.backlog = undefined;
    this.id = randomId();
    this.id2 = NO_ID;
    this.secondOffset = -1;
  }

  // Its replicas.

  /** Lets a replica go on from where it was. `wanted` counts from 1. Returns whether that is possible. */
  continueWith(replica: Replica, id: string, wanted: number): boolean {
    const { backlog } = this;
    const isKnown = id === this.id || id === this.id2 && wanted <= this.secondOffset;
    if (!isKnown || backlog === undefined) return false;
    if (wanted <= backlog.start || wanted > backlog.end + 1) return false;
    replica.state = "online";
    replica.awaitsAck = false;
    replica.lastSign = this.now();
    replica.sent = wanted - 1;
    this.replicas.add(replica);
    const reply = replica.followsIds ? `+CONTINUE ${this.id}\r\n` : "+CONTINUE\r\n";
    void replica.client.write(latin1Slice(reply).bytes);
    replica.feed();
    this.changed();
    this.#run();
    this.log.info(`Replica ${replica.client.address} goes on from ${wanted}`);
    return true;
  }

  /** Has a replica wait for a snapshot, which begins at once unless others are to join. */
  synchronize(replica: Replica): void {
    replica.state = "waiting";
    replica.lastSign = this.now();
    this.replicas.add(replica);
    if (this.backlog === undefined) this.createBacklog();
    this.#run();
    this.log.info(`Replica ${replica.client.address} asks for all keys`);
    this.#startSync();
  }

  /** Begins a snapshot for those who wait for one, if it is time. */
  #startSync(): void {
    const engine = this.#engine;
    const { settings, background } = engine;
    const waiting = [...this.replicas].filter(({ state }) => state === "waiting");
    const [first] = waiting;
    if (first === undefined || engine.databases.length === 0) return;
    const joined = waiting.filter(({ parts }) =>
      parts.data === first.parts.data && parts.functions === first.parts.functions
    );
    const { fullSyncDelay, fullSyncMaxReplicas, streamsSnapshots } = settings;
    const isStreamed = ({ takesMark }: Replica) => takesMark && streamsSnapshots;
    const isDue = !isStreamed(first) ||
      this.now() - first.lastSign >= fullSyncDelay * 1000 ||
      fullSyncMaxReplicas > 0 && joined.length >= fullSyncMaxReplicas;
    if (!isDue) return;
    if (!background.isFree) return background.afterwards(() => this.#startSync());
    const { offset } = this;
    const facts: SavingFacts = {
      "repl-stream-db": this.link?.database ?? Math.max(this.database, 0),
      "repl-id": this.id,
      "repl-offset": offset,
    };
    for (const replica of joined) {
      replica.state = "sending";
      replica.sent = offset;
    }
    // Whoever begins here does not know which database was chosen.
    this.database = -1;
    const heading = `+FULLRESYNC ${this.id} ${offset}\r\n`;
    const create = () => new FullSync(joined, heading, isStreamed, () => this.now());
    background.start(
      "replicas",
      create,
      (error) => {
        for (const replica of joined) this.#endSync(replica, isStreamed(replica), error);
        this.#startSync();
      },
      facts,
      first.parts,
    );
  }

  #endSync(replica: Replica, isStreamed: boolean, error: unknown): void {
    if (replica.client.closing) return;
    if (error !== undefined || replica.snapshotOnly) return replica.client.close("full sync ended");
    replica.state = "online";
    replica.lastSign = this.now();
    // It would not find the mark if more came with it.
    replica.awaitsAck = isStreamed;
    replica.feed();
    this.changed();
    this.log.info(`Replica ${replica.client.address} has got all keys`);
  }

  /** Takes note of how much a replica has got. */
  acknowledge(replica: Replica, offset: number): void {
    replica.acknowledged = Math.max(replica.acknowledged, offset);
    replica.lastSign = this.now();
    if (replica.state === "online") replica.awaitsAck = false;
    replica.feed();
    this.#trim();
    this.#waiting = this.#waiting.filter(({ client, blocked, offset, count }) => {
      if (client.blocked !== blocked) return false;
      if (this.countAcks(offset) < count) return true;
      this.#engine.blocking.unblock(client, "timeout");
      return false;
    });
  }

  /** Forgets a replica that is gone. */
  remove(replica: Replica): void {
    if (!this.replicas.delete(replica)) return;
    if (this.replicas.size === 0) this.#aloneSince = this.now();
    this.changed();
  }

  /** Closes the connections to all replicas, which come again. */
  disconnectReplicas(): void {
    for (const { client } of [...this.replicas]) client.disconnect("replication has changed");
  }

  /** How many replicas have told that they have got so much of the stream. */
  countAcks(offset: number): number {
    let count = 0;
    for (const { state, acknowledged } of this.replicas) {
      if (state === "online" && acknowledged >= offset) count++;
    }
    return count;
  }

  /** Asks all replicas how much they have got; ends a client's wait when enough have got that much. */
  awaitAcks(client: Client, offset: number, count: number): void {
    this.#waiting = this.#waiting.filter((other) => other.client.blocked === other.blocked);
    this.#waiting.push({ client, blocked: client.blocked, offset, count });
    if (this.replicas.size === 0) return;
    this.#wantsAcks = true;
    this.write(NOTHING);
  }

  // Its part.

  /**
   * Makes this a replica, or a replica of another master.
   *
   * @param host A name or an address.
   */
  follow(host: string, port: number): void {
    const engine = this.#engine;
    this.link?.close();
    if (this.link === undefined) {
      engine.removeListener(this);
      engine.blocking.disconnectAll(
        "UNBLOCKED force unblock from blocking operation, instance state changed " +
          "(master -> replica?)",
      );
    }
    this.link = new MasterLink(engine, host, port, this.link);
    this.changed();
    this.#run();
    this.link.open();
  }

  /** Makes this a master, which goes on with the history of its last one. */
  promote(): void {
    const { link } = this;
    if (link === undefined) return;
    link.close();
    this.link = undefined;
    this.id2 = this.id;
    this.secondOffset = this.offset + 1;
    this.id = randomId();
    this.database = -1;
    this.#own.clear();
    this.disconnectReplicas();
    if (this.backlog !== undefined) this.#engine.addListener(this);
    this.#aloneSince = this.now();
    this.changed();
    // What has expired meanwhile is still there.
    this.#engine.scheduleExpiry(this.#engine.now);
    this.log.info("This is a master now");
  }

  /** Begins the history that its master has, with what a snapshot has brought. */
  adopt(id: string, offset: number): void {
    this.#own.clear();
    this.createBacklog(id, offset);
    this.changed();
  }

  /** Goes on with its master under that one's new ID. */
  rename(id: string): void {
    this.id2 = this.id;
    this.secondOffset = this.offset + 1;
    this.id = id;
    this.disconnectReplicas();
  }

  /** Takes note that what decides on who may write has changed: its part, its replicas, or settings. */
  changed(): void {
    const engine = this.#engine;
    const { link } = this;
    const { settings } = engine;
    const { minReplicasToWrite: least, minReplicasMaxLag, readOnly, servesStale } = settings;
    engine.isReplica = link !== undefined;
    settings.master = link === undefined ? "" : `${link.host} ${link.port}`;
    engine.isStale = link !== undefined && link.state !== "connected" && !servesStale;
    if (link !== undefined) {
      engine.guard = readOnly || engine.isStale ? refuse : undefined;
    } else {
      const tooFew = least > 0 && minReplicasMaxLag > 0 && this.goodReplicas < least;
      engine.guard = tooFew ? refuseWrites : undefined;
    }
  }

  // Keys that are its own, though it is a replica: clients have written them, who may where it is not
  // read-only.

  /** How many of them have a deadline. */
  get ownKeys(): number {
    let count = 0;
    for (const keys of this.#own.values()) count += keys.size;
    return count;
  }

  /** Takes note of a deadline that was set while this is a replica: no master knows of a client's. */
  noteDeadline(db: Keyspace, entry: Address): void {
    const { current } = this.#engine;
    if (current === undefined || current.isMaster) return;
    const keys = this.#own.get(db) ?? new Set();
    this.#own.set(db, keys.add(db.objects.keys.key(entry).latin1()));
  }

  /** Expires those whose time is over; returns when the next is to, `Infinity` for never. */
  expireOwn(): number {
    let next = Infinity;
    for (const [db, keys] of this.#own) {
      for (const key of keys) {
        const entry = db.objects.keys.find(db.table, latin1Slice(key));
        const deadline = entry === 0 ? undefined : db.deadline(entry);
        if (deadline !== undefined && !db.hasExpired(entry)) {
          next = Math.min(next, deadline);
          continue;
        }
        keys.delete(key);
        if (deadline !== undefined) db.expireNow(entry);
      }
    }
    return next;
  }

  // What goes by time.

  #run(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#engine.run(undefined, () => this.tick()), TICK);
    unref(this.#timer);
  }

  /** What is done once a second. */
  tick(): void {
    const { settings } = this.#engine;
    this.failover.tick();
    this.link?.tick();
    if (this.replicas.size > 0) {
      const isPing = ++this.#ticks % settings.replicaPingPeriod === 0;
      if (isPing && this.link === undefined && !this.failover.isHolding) this.write(PING);
    }
    const limit = settings.replicationTimeout * 1000;
    for (const { client, state, isSilent, lastSign, sendingSince } of [...this.replicas]) {
      // So that it sees that its master is there, though it cannot answer yet.
      if (state === "waiting") void client.write(NEWLINE);
      const since = state === "sending"
        ? sendingSince
        : state === "online" && !isSilent
        ? lastSign
        : undefined;
      if (since !== undefined && this.now() - since > limit) client.close("repl-timeout");
    }
    const { replicationBacklogTtl: ttl } = settings;
    const isAlone = this.replicas.size === 0 && this.link === undefined;
    if (isAlone && ttl > 0 && this.backlog !== undefined) {
      if (this.now() - this.#aloneSince > ttl * 1000) this.#dropBacklog();
    }
    this.#startSync();
    this.changed();
    if (isAlone && this.backlog === undefined) this.#stopTimer();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends all that goes on by itself; resolves when it has. */
  async close(): Promise<void> {
    this.#stopTimer();
    const { link } = this;
    link?.close();
    await link?.closed;
  }
}

/** Why a master may not execute a command that has too few replicas, if it may not. */
function refuseWrites(client: Client, command: Command, args: Args): string | undefined {
  return mayDo(WRITE, client, command, args)
    ? "NOREPLICAS Not enough good replicas to write."
    : undefined;
}

/** Why a replica may not execute a command, if it may not. */
function refuse(client: Client, command: Command, args: Args): string | undefined {
  const { isStale, settings } = client.engine;
  if (client.isMaster) return undefined;
  if (settings.readOnly && mayDo(WRITE, client, command, args)) {
    return "READONLY You can't write against a read only replica.";
  }
  if (isStale && someFlags(client, command, args, (flags) => (flags & STALE) === 0)) {
    return MASTER_DOWN;
  }
}
