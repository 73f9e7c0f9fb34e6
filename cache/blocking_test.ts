import { assertEquals } from "@std/assert";
import { Cache } from "./cache.ts";
import { ManualClock } from "./clock.ts";
import type { ClientConnection } from "./session.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value";

/** A connection with no socket. */
class FakeConnection implements ClientConnection {
  readonly remoteAddr: Deno.Addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly localAddr: Deno.Addr = this.remoteAddr;
  readonly buffered = 0;
  maxBuffered = 0;
  /** What it was sent since this was last taken. */
  replies = "";
  hasLeft = false;
  #sent: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** Sends a request, as people type it. */
  request(line: string): void {
    this.#sent.push(encoder.encode(`${line}\r\n`));
    this.#wake?.();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#sent.length === 0) {
      if (this.#closed) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const data = this.#sent.shift() ?? new Uint8Array();
    buffer.set(data);
    return data.length;
  }

  write(data: Uint8Array): Promise<number> {
    this.send(data);
    return Promise.resolve(data.length);
  }

  send(data: Uint8Array): void {
    this.replies += decoder.decode(data);
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  closeAfter(): void {}
}

/** Several clients of a new cache, which are told apart by letters. */
class Stage {
  readonly clock: ManualClock = new ManualClock();
  readonly cache: Cache = new Cache({ clock: this.clock });
  readonly connections: Map<string, FakeConnection> = new Map();
  readonly #ids: Map<string, string> = new Map();

  async client(name: string): Promise<FakeConnection> {
    const known = this.connections.get(name);
    if (known !== undefined) return known;
    const connection = new FakeConnection();
    this.connections.set(name, connection);
    this.cache.handler(connection as unknown as Parameters<Cache["handler"]>[0])
      .finally(() => connection.hasLeft = true);
    connection.request("CLIENT ID");
    await settled();
    this.#ids.set(name, connection.replies.slice(1).trim());
    connection.replies = "";
    return connection;
  }

  /** Sends a request, in which `{a}` is the id of client a, or several at once with ` | ` between. */
  async send(name: string, request: string): Promise<void> {
    for (const [, other = ""] of request.matchAll(/\{(\w)\}/g)) {
      if (!this.#ids.has(other)) await this.client(other);
    }
    const connection = await this.client(name);
    const text = request.replace(/\{(\w)\}/g, (_, other) => this.#ids.get(other) ?? "");
    connection.request(text.replaceAll(" | ", "\r\n"));
    await settled();
  }

  /** What the clients have been sent since this was last called. */
  replies(): string[] {
    const lines: string[] = [];
    for (const name of [...this.connections.keys()].sort()) {
      const connection = this.connections.get(name);
      if (connection === undefined) continue;
      if (connection.replies !== "") {
        const text = connection.replies.replaceAll("\r\n", " ").trim();
        lines.push(
          `${name}< ${text.replace(WRONG_TYPE, "-WRONGTYPE").replace(/^%7 .*/, "(hello)")}`,
        );
        connection.replies = "";
      }
      if (connection.hasLeft) {
        lines.push(`${name} left`);
        this.connections.delete(name);
      }
    }
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.connections.values()) connection.close();
    await settled();
    await this.cache.close();
  }
}

/** Lets all go on that can. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Has several clients send requests to a new cache, and checks who is answered what, and when.
 *
 * @param story `a> request` is sent by client a, and `a< replies` is what it has got since; the replies are
 * written as they are sent, but for the ends of their lines, which are spaces here. `advance 20` moves the
 * clock by so many milliseconds, `a leaves` closes a connection, `a left` says that it is closed.
 */
async function play(story: string): Promise<void> {
  const expected = story.trim().split("\n").map((line) => line.trim());
  const actual: string[] = [];
  await using stage = new Stage();
  for (const line of expected) {
    const [, name = "", request = ""] = /^(\w)> (.*)/.exec(line) ?? [];
    const [, ms] = /^advance (\d+)/.exec(line) ?? [];
    const [, leaving = ""] = /^(\w) leaves/.exec(line) ?? [];
    if (name !== "") await stage.send(name, request);
    else if (ms !== undefined) stage.clock.advance(Number(ms));
    else if (leaving !== "") stage.connections.get(leaving)?.close();
    else continue;
    await settled();
    actual.push(line, ...stage.replies());
  }
  assertEquals(actual, expected);
}

// The stories are what redis-server 7.0.15 has answered; those with a clock, by its source.

Deno.test("Blocking serves clients in the order in which they came", () =>
  play(`
  a> BLPOP q 0
  b> BRPOP q 0
  c> RPUSH q 1 2 3
  a< *2 $1 q $1 1
  b< *2 $1 q $1 3
  c< :3
  c> LRANGE q 0 -1
  c< *1 $1 2
  a> BLPOP q 0
  a< *2 $1 q $1 2
  b> BLMPOP 0 2 r q RIGHT COUNT 5
  c> LLEN q
  c< :0
  b> BLMPOP 0 2 r q LEFT COUNT 2
  c> RPUSH q 1 2 3
  b< *2 $1 q *3 $1 3 $1 2 $1 1
  c< :3
  c> LPOP q
  c< $-1
  `));

Deno.test("Blocking serves when a transaction is over", () =>
  play(`
  a> BLPOP q 0
  c> MULTI
  c< +OK
  c> RPUSH q x
  c< +QUEUED
  c> DEL q
  c< +QUEUED
  c> RPUSH q y z
  c< +QUEUED
  c> EXEC
  a< *2 $1 q $1 y
  c< *3 :1 :1 :2
  c> LRANGE q 0 -1
  c< *1 $1 z
  c> DEL q
  c< :1
  a> BLPOP q 0
  c> MULTI
  c< +OK
  c> RPUSH q x
  c< +QUEUED
  c> DEL q
  c< +QUEUED
  c> EXEC
  c< *2 :1 :1
  c> RPUSH q later
  a< *2 $1 q $5 later
  c< :1
  `));

Deno.test("Blocking serves a client once that waits for several keys, by the one that came first", () =>
  play(`
  a> BLPOP k1 k2 k1 0
  c> MULTI
  c< +OK
  c> RPUSH k2 x
  c< +QUEUED
  c> RPUSH k1 y
  c< +QUEUED
  c> EXEC
  a< *2 $2 k2 $1 x
  c< *2 :1 :1
  c> LRANGE k1 0 -1
  c< *1 $1 y
  c> LRANGE k2 0 -1
  c< *0
  a> BLPOP q q 0
  c> RPUSH q 1 2
  a< *2 $1 q $1 1
  c< :2
  c> LRANGE q 0 -1
  c< *1 $1 2
  `));

Deno.test("Blocking goes on from list to list", () =>
  play(`
  a> BLMOVE q r LEFT RIGHT 0
  b> BLMOVE r s LEFT LEFT 0
  d> BRPOPLPUSH s t 0
  e> BLPOP t 0
  c> RPUSH q x
  a< $1 x
  b< $1 x
  c< :1
  d< $1 x
  e< *2 $1 t $1 x
  c> EXISTS q r s t
  c< :0
  a> BLMOVE q q LEFT RIGHT 0
  b> BLPOP q 0
  c> RPUSH q 1 2
  a< $1 1
  b< *2 $1 q $1 2
  c< :2
  c> LRANGE q 0 -1
  c< *1 $1 1
  `));

Deno.test("Blocking replies a wrong type of the target, and serves the next client", () =>
  play(`
  c> SET text x
  c< +OK
  a> BLMOVE q text LEFT LEFT 0
  b> BLPOP q 0
  c> RPUSH q 1 2
  a< -WRONGTYPE
  b< *2 $1 q $1 1
  c< :2
  c> LRANGE q 0 -1
  c< *1 $1 2
  `));

Deno.test("Blocking leaves alone what is of another type", () =>
  play(`
  a> BLPOP k 0
  b> BZPOPMIN k 0
  c> SET k x
  c< +OK
  c> DEL k
  c< :1
  c> SADD k x
  c< :1
  c> DEL k
  c< :1
  c> ZADD k 1 member
  b< *3 $1 k $6 member $1 1
  c< :1
  c> RPUSH k element
  a< *2 $1 k $7 element
  c< :1
  a> BLPOP k 0
  b> BZPOPMIN k 0
  c> MULTI
  c< +OK
  c> RPUSH k x
  c< +QUEUED
  c> DEL k
  c< +QUEUED
  c> ZADD k 1 member
  c< +QUEUED
  c> EXEC
  b< *3 $1 k $6 member $1 1
  c< *3 :1 :1 :1
  c> RPUSH k element
  a< *2 $1 k $7 element
  c< :1
  c> SET k x
  c< +OK
  b> BLPOP k 0
  b< -WRONGTYPE
  b> BLPOP none k 0
  b< -WRONGTYPE
  b> BLMOVE k q LEFT LEFT 0
  b< -WRONGTYPE
  `));

Deno.test("Blocking sees keys that come by RENAME, COPY, MOVE and SWAPDB, and not FLUSHALL", () =>
  play(`
  a> BLPOP q 0
  c> RPUSH other 1
  c< :1
  c> RENAME other q
  a< *2 $1 q $1 1
  c< +OK
  a> BLPOP q 0
  c> RPUSH other 1
  c< :1
  c> COPY other q
  a< *2 $1 q $1 1
  c< :1
  a> BLPOP q 0
  d> SELECT 1
  d< +OK
  d> RPUSH q moved
  d< :1
  d> MOVE q 0
  a< *2 $1 q $5 moved
  d< :1
  a> BLPOP q 0
  d> RPUSH q swapped
  d< :1
  c> FLUSHDB
  c< +OK
  c> SWAPDB 0 1
  a< *2 $1 q $7 swapped
  c< +OK
  a> BLPOP q 0
  d> RPUSH q elsewhere
  d< :1
  c> FLUSHALL
  c< +OK
  c> RPUSH q here
  a< *2 $1 q $4 here
  c< :1
  `));

Deno.test("Blocking has SWAPDB wake nobody whose key is not there, so that the first key counts", () =>
  play(`
  a> BZPOPMAX z 0
  a> BZPOPMIN z 0
  b> BLPOP l 0
  b> BZPOPMIN z 0
  c> MULTI
  c< +OK
  c> SWAPDB 0 1
  c< +QUEUED
  c> LPUSH l x
  c< +QUEUED
  c> ZADD z 1 m1 2 m2
  c< +QUEUED
  c> EXEC
  a< *3 $1 z $2 m2 $1 2
  b< *2 $1 l $1 x *3 $1 z $2 m1 $1 1
  c< *3 +OK :1 :2
  `));

Deno.test("Blocking lets requests wait that come meanwhile", () =>
  play(`
  a> BLPOP q 0
  a> ECHO one
  a> RPUSH p x
  c> EXISTS p
  c< :0
  c> RPUSH q 1
  a< *2 $1 q $1 1 $3 one :1
  c< :1
  c> EXISTS p
  c< :1
  a> BLPOP q 0
  a> BLPOP p 0
  a> BLPOP p 0
  a> ECHO two
  c> RPUSH q 2
  a< *2 $1 q $1 2 *2 $1 p $1 x
  c< :1
  c> RPUSH p 3
  a< *2 $1 p $1 3 $3 two
  c< :1
  `));

Deno.test("Blocking ends by CLIENT UNBLOCK", () =>
  play(`
  a> BLPOP q 0
  c> CLIENT UNBLOCK {a}
  a< *-1
  c< :1
  a> BLMOVE q r LEFT LEFT 0
  c> CLIENT UNBLOCK {a} timeout
  a< *-1
  c< :1
  a> BLPOP q 0
  c> CLIENT UNBLOCK {a} ERROR
  a< -UNBLOCKED client unblocked via CLIENT UNBLOCK
  c< :1
  c> CLIENT UNBLOCK {a}
  c< :0
  c> CLIENT UNBLOCK {c}
  c< :0
  c> CLIENT UNBLOCK 1000000
  c< :0
  c> CLIENT UNBLOCK x
  c< -ERR value is not an integer or out of range
  c> CLIENT UNBLOCK x x
  c< -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
  c> CLIENT UNBLOCK 1 TIMEOUT x
  c< -ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.
  c> RPUSH q 1
  c< :1
  c> LLEN q
  c< :1
  `));

Deno.test("Blocking gives nothing to a client that is killed", () =>
  play(`
  a> BLPOP q 0
  b> BLPOP q 0
  c> MULTI
  c< +OK
  c> CLIENT KILL ID {a}
  c< +QUEUED
  c> CLIENT KILL ID {a}
  c< +QUEUED
  c> RPUSH q 1
  c< +QUEUED
  c> EXEC
  a left
  b< *2 $1 q $1 1
  c< *3 :1 :0 :1
  `));

Deno.test("Blocking commands do not wait within a transaction", () =>
  play(`
  a> MULTI
  a< +OK
  a> BLPOP q 0
  a< +QUEUED
  a> BRPOP q 1
  a< +QUEUED
  a> BLMPOP 0 1 q LEFT
  a< +QUEUED
  a> BLMOVE q r LEFT LEFT 0
  a< +QUEUED
  a> BRPOPLPUSH q r 0
  a< +QUEUED
  a> EXEC
  a< *5 *-1 *-1 *-1 $-1 $-1
  a> HELLO 3
  a< (hello)
  a> MULTI
  a< +OK
  a> BLPOP q 0
  a< +QUEUED
  a> BLMOVE q r LEFT LEFT 0
  a< +QUEUED
  a> RPUSH q x
  a< +QUEUED
  a> BLPOP q 0
  a< +QUEUED
  a> EXEC
  a< *4 _ _ :1 *2 $1 q $1 x
  `));

Deno.test("Blocking heeds CLIENT REPLY", () =>
  play(`
  a> CLIENT REPLY SKIP
  a> BLPOP q 0
  c> RPUSH q 1
  c< :1
  a> ECHO heard
  a< $5 heard
  a> CLIENT REPLY OFF
  a> BLPOP q 0
  c> RPUSH q 2
  c< :1
  a> CLIENT REPLY ON
  a< +OK
  `));

Deno.test("Blocking goes on when a pause of writes is over", () =>
  play(`
  a> BLPOP q 0
  c> CLIENT PAUSE 100000 WRITE
  c< +OK
  b> RPUSH q 1
  b> ECHO waiting
  c> LLEN q
  c< :0
  d> BLPOP q 0
  c> CLIENT UNPAUSE
  a< *2 $1 q $1 1
  b< :1 $7 waiting
  c< +OK
  c> RPUSH q 2
  c< :1
  d< *2 $1 q $1 2
  `));

Deno.test("Blocking times out to the millisecond", () =>
  play(`
  a> BLPOP q r 0.02
  advance 19
  advance 1
  a< *-1
  a> BLMOVE q r LEFT LEFT 0.0001
  advance 1
  a< *-1
  a> BLMPOP 0.07 1 q LEFT
  advance 69
  advance 1
  a< *-1
  b> HELLO 3
  b< (hello)
  b> BRPOPLPUSH q r 1e-3
  advance 1
  b< _
  a> BLPOP q 0x1p-1
  advance 499
  advance 1
  a< *-1
  a> BLPOP q 9223372036854775
  b> BLPOP q -0.0001
  advance 86400000000
  c> RPUSH q 1 2
  a< *2 $1 q $1 1
  b< *2 $1 q $1 2
  c< :2
  `));

Deno.test("Blocking takes a timeout back when the client is served", () =>
  play(`
  a> BLPOP q 1
  c> RPUSH q 1
  a< *2 $1 q $1 1
  c< :1
  a> BLPOP q 5
  advance 2000
  advance 3000
  a< *-1
  `));

Deno.test("Blocking times out during a pause, which a new request waits for", () =>
  play(`
  a> BLPOP q 0.02
  b> ECHO here
  b< $4 here
  c> CLIENT PAUSE 60 ALL
  c< +OK
  b> BLPOP q 0.01
  advance 20
  a< *-1
  advance 40
  advance 9
  advance 1
  b< *-1
  `));

Deno.test("Blocking gives nothing to a client that has left", () =>
  play(`
  a> BLPOP q 0
  b> BLPOP q 0
  b> ECHO more
  d> BLPOP q 0
  a leaves
  a left
  b leaves
  b left
  c> RPUSH q 1
  c< :1
  d< *2 $1 q $1 1
  `));

Deno.test("Blocking keeps what the client's later requests overwrite", () =>
  play(`
  a> BLPOP q 0
  b> BLPOP q 0
  c> RPUSH q 1
  a< *2 $1 q $1 1
  c< :1
  a> ECHO ......................................
  a< $38 ......................................
  c> RPUSH q 2
  b< *2 $1 q $1 2
  c< :1
  a> ECHO padding | BLMOVE q target LEFT RIGHT 0
  a< $7 padding
  a> ECHO ......................................
  c> RPUSH q 3
  a< $1 3 $38 ......................................
  c< :1
  c> LRANGE target 0 -1
  c< *1 $1 3
  `));

Deno.test("Blocking sends a timeout's reply before ManualClock.advance() returns", async () => {
  await using stage = new Stage();
  await stage.send("a", "BLPOP q 1");
  stage.clock.advance(1000);
  assertEquals(stage.replies(), ["a< *-1"]);
});

Deno.test("Blocking.size is in the statistics, with those whom a pause holds up", async () => {
  await using stage = new Stage();
  await stage.send("a", "BLPOP q r 0");
  await stage.send("b", "BLPOP r 0");
  assertEquals(stage.cache.stats.blockedClients, 2);
  await stage.send("c", "ECHO here");
  await stage.send("d", "CLIENT PAUSE 1000 ALL");
  await stage.send("c", "PING");
  assertEquals(stage.cache.stats.blockedClients, 3);
  stage.clock.advance(1000);
  await settled();
  assertEquals(stage.cache.stats.blockedClients, 2);
  stage.cache.call("RPUSH", "r", "x", "y");
  await settled();
  assertEquals(stage.cache.stats.blockedClients, 0);
  assertEquals(stage.replies(), [
    "a< *2 $1 r $1 x",
    "b< *2 $1 r $1 y",
    "c< $4 here +PONG",
    "d< +OK",
  ]);
});

Deno.test("Blocking commands reply at once to Cache.call()", async () => {
  await using cache = new Cache();
  assertEquals(cache.call("BLPOP", "q", 0), null);
  assertEquals(cache.call("BLMOVE", "q", "r", "LEFT", "LEFT", 0), null);
});

Deno.test("Blocking serves all who read a stream, each after its own ID", () =>
  play(`
  a> XREAD BLOCK 0 STREAMS s $
  b> XREAD BLOCK 0 COUNT 1 STREAMS other s 0 0
  d> HELLO 3
  d< (hello)
  d> XREAD BLOCK 0 STREAMS s 5
  c> XADD s 1-1 f v
  a< *1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 v
  b< *1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 v
  c< $3 1-1
  c> XADD s 6-1 f v
  c< $3 6-1
  d< %1 $1 s *1 *2 $3 6-1 *2 $1 f $1 v
  a> XREAD BLOCK 0 STREAMS s s $ 0
  a< *1 *2 $1 s *2 *2 $3 1-1 *2 $1 f $1 v *2 $3 6-1 *2 $1 f $1 v
  a> XREAD BLOCK 0 STREAMS s s $ 7
  c> MULTI
  c< +OK
  c> XADD s 7-1 f v
  c< +QUEUED
  c> XDEL s 7-1
  c< +QUEUED
  c> EXEC
  a< *1 *2 $1 s *0
  c< *2 $3 7-1 :1
  a> XREAD BLOCK 0 STREAMS s $
  c> DEL s
  c< :1
  c> SET s x
  c< +OK
  c> DEL s
  c< :1
  c> XADD s 8-1 f v
  a< *1 *2 $1 s *1 *2 $3 8-1 *2 $1 f $1 v
  c< $3 8-1
  `));

Deno.test("Blocking gives each entry to one consumer of a group", () =>
  play(`
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 COUNT 1 STREAMS s >
  b> XREADGROUP GROUP g two BLOCK 0 NOACK STREAMS s >
  c> MULTI
  c< +OK
  c> XADD s 1-1 f v
  c< +QUEUED
  c> XADD s 2-1 f v
  c< +QUEUED
  c> EXEC
  a< *1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 v
  b< *1 *2 $1 s *1 *2 $3 2-1 *2 $1 f $1 v
  c< *2 $3 1-1 $3 2-1
  c> XPENDING s g
  c< *4 :1 $3 1-1 $3 1-1 *1 *2 $3 one $1 1
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  b> XREADGROUP GROUP g two BLOCK 0 STREAMS s >
  c> XADD s 3-1 f v
  a< *1 *2 $1 s *1 *2 $3 3-1 *2 $1 f $1 v
  c< $3 3-1
  c> XADD s 4-1 f v
  b< *1 *2 $1 s *1 *2 $3 4-1 *2 $1 f $1 v
  c< $3 4-1
  `));

Deno.test("Blocking tells who reads for a group that the group or the stream is gone", () =>
  play(`
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  b> XREAD BLOCK 0 STREAMS s $
  c> XGROUP DESTROY s g
  a< -NOGROUP the consumer group this client was blocked on no longer exists
  c< :1
  c> XGROUP CREATE s g $
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> DEL s
  a< -UNBLOCKED the stream key no longer exists
  c< :1
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> SET s x
  a< -UNBLOCKED the stream key no longer exists
  c< +OK
  c> DEL s
  c< :1
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> RENAME s t
  a< -UNBLOCKED the stream key no longer exists
  c< +OK
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> XADD u 1-1 f v
  c< $3 1-1
  c> RENAME u s
  a< -NOGROUP the consumer group this client was blocked on no longer exists
  b< *1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 v
  c< +OK
  c> RPUSH l 1
  c< :1
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS t >
  c> SORT l STORE t
  a< -UNBLOCKED the stream key no longer exists
  c< :1
  c> DEL s
  c< :1
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  b> XREAD BLOCK 0 STREAMS s $
  c> FLUSHDB
  a< -UNBLOCKED the stream key no longer exists
  c< +OK
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> FLUSHALL
  a< -UNBLOCKED the stream key no longer exists
  c< +OK
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> SWAPDB 0 1
  a< -UNBLOCKED the stream key no longer exists
  c< +OK
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> MULTI
  c< +OK
  c> DEL s
  c< +QUEUED
  c> XADD s 9-1 f v
  c< +QUEUED
  c> XGROUP CREATE s g 0
  c< +QUEUED
  c> EXEC
  a< *1 *2 $1 s *1 *2 $3 9-1 *2 $1 f $1 v
  b< *1 *2 $1 s *1 *2 $3 9-1 *2 $1 f $1 v
  c< *3 :1 $3 9-1 +OK
  `));

Deno.test("Blocking ends the wait for a stream by the clock, by a deadline of the key, and by CLIENT UNBLOCK", () =>
  play(`
  c> XGROUP CREATE s g $ MKSTREAM
  c< +OK
  a> XREAD BLOCK 20 STREAMS s $
  b> XREADGROUP GROUP g one BLOCK 30 STREAMS s >
  advance 19
  advance 1
  a< *-1
  advance 10
  b< *-1
  b> XREADGROUP GROUP g one BLOCK 0 STREAMS s >
  c> PEXPIRE s 50
  c< :1
  advance 51
  b< -UNBLOCKED the stream key no longer exists
  a> XREAD BLOCK 0 STREAMS s $
  c> CLIENT UNBLOCK {a}
  a< *-1
  c< :1
  a> XREAD BLOCK 0 STREAMS s $
  c> CLIENT UNBLOCK {a} ERROR
  a< -UNBLOCKED client unblocked via CLIENT UNBLOCK
  c< :1
  `));
