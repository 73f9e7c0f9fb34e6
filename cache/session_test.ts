import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { connect, readAll, within } from "../test_util.ts";
import { Cache, type CacheOptions } from "./cache.ts";
import { ManualClock } from "./clock.ts";
import type { ClientConnection } from "./session.ts";
import { latin1Slice, Slice } from "./store/slice.ts";

const LOCAL: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };

/** A connection with no socket, whose ends the test is. */
class FakeConnection implements ClientConnection {
  readonly remoteAddr: Deno.Addr;
  readonly localAddr: Deno.Addr = { ...LOCAL, port: 6379 };
  buffered = 0;
  maxBuffered = 0;
  closed = false;
  hasLeft = false;
  /** The arguments of `closeAfter()`. */
  readonly limits: (number | null)[] = [];
  #replies = "";
  #writes = 0;
  readonly #sent: Uint8Array[] = [];
  #wake: (() => void) | undefined;

  constructor(remoteAddr: Deno.Addr = LOCAL) {
    this.remoteAddr = remoteAddr;
  }

  /** Sends text, each character one byte, and lets all go on that can. Returns what came back. */
  async say(text: string): Promise<string> {
    this.#sent.push(latin1Slice(text).bytes);
    this.#wake?.();
    await settled();
    return this.replies();
  }

  /** What was written since this was last called. */
  replies(): string {
    const replies = this.#replies;
    this.#replies = "";
    return replies;
  }

  /** In how many parts. */
  writes(): number {
    const writes = this.#writes;
    this.#writes = 0;
    return writes;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#sent.length === 0) {
      if (this.closed) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const [data = new Uint8Array()] = this.#sent.splice(0, 1);
    const part = data.subarray(0, buffer.length);
    buffer.set(part);
    if (part.length < data.length) this.#sent.unshift(data.subarray(part.length));
    return part.length;
  }

  write(data: Uint8Array): Promise<number> {
    this.send(data);
    return Promise.resolve(data.length);
  }

  send(data: Uint8Array): void {
    this.#writes++;
    this.#replies += new Slice(data).latin1();
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  closeAfter(ms: number | null): void {
    this.limits.push(ms);
  }
}

/** Lets all go on that can. */
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A cache whose clients have no sockets. */
class Stage implements AsyncDisposable {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly cache: Cache;
  readonly #connections: FakeConnection[] = [];

  constructor(options: CacheOptions = {}) {
    this.cache = new Cache({ clock: this.clock, ...options });
  }

  async client(remoteAddr?: Deno.Addr): Promise<FakeConnection> {
    const connection = new FakeConnection(remoteAddr);
    this.#connections.push(connection);
    this.cache.handler(connection as unknown as Parameters<Cache["handler"]>[0])
      .finally(() => connection.hasLeft = true);
    await settled();
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await settled();
    assertEquals(this.cache.stats.clients, 0);
    await this.cache.close();
  }
}

Deno.test("serveClient() answers what comes in one read with one write", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  assertEquals(await client.say("PING\r\nSET a 1\r\nGET a\r\n"), "+PONG\r\n+OK\r\n$1\r\n1\r\n");
  assertEquals(client.writes(), 1);
  assertEquals(await client.say("*1\r\n$4\r\nPI"), "");
  assertEquals(await client.say("NG\r\n*0\r\n\r\n"), "+PONG\r\n");
});

Deno.test("serveClient() answers a pipeline that is larger than a batch, in order", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  stage.cache.call("SET", "large", "x".repeat(100_000));
  const count = 20;
  const replies = await client.say("GET large\r\n".repeat(count) + "PING\r\n");
  for (let i = 0; i < 2 * count && !client.hasLeft; i++) await settled();
  const all = replies + client.replies();
  assertEquals(all, `$100000\r\n${"x".repeat(100_000)}\r\n`.repeat(count) + "+PONG\r\n");
  // A batch is written when there are 112 KiB of replies: two of these.
  const writes = client.writes();
  assert(writes >= 10 && writes <= 12, `${writes}`);
});

Deno.test("serveClient() gives others their turn when a batch takes long", async () => {
  // A clock that moves with each look at it.
  let now = 0;
  const clock = { now: () => now += 5, at: () => () => {} };
  await using stage = new Stage({ clock });
  const client = await stage.client();
  const replies = await client.say("PING\r\n".repeat(64 * 3));
  assertEquals(replies, "+PONG\r\n".repeat(64 * 3));
  assertEquals(client.writes(), 3);
});

Deno.test("serveClient() tells a protocol error, after the replies before it, and closes", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  assertEquals(
    await client.say("PING\r\n*1\r\n$10000000000\r\nabc"),
    "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n",
  );
  assert(client.hasLeft);
  const other = await stage.client();
  assertEquals(await other.say("CONFIG SET client-query-buffer-limit 1mb\r\n"), "+OK\r\n");
  // Redis closes without a word where too much has come.
  const large = `*2\r\n$${2 ** 21}\r\n${"x".repeat(1_100_000)}`;
  let replies = await other.say(large);
  for (let i = 0; i < 50 && !other.hasLeft; i++) {
    await settled();
    replies += other.replies();
  }
  assertEquals([replies, other.hasLeft], ["", true]);
});

Deno.test("serveClient() closes on QUIT, and does nothing of what came after", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  assertEquals(await client.say("SET a 1\r\nQUIT now\r\nSET a 2\r\n"), "+OK\r\n+OK\r\n");
  assert(client.hasLeft);
  assertEquals(stage.cache.call("GET", "a"), "1");
});

Deno.test("serveClient() closes the connection of a browser", async () => {
  await using stage = new Stage();
  for (const line of ["POST / HTTP/1.1", "GET / x\r\nHost: localhost:6379"]) {
    const client = await stage.client();
    await client.say(`${line}\r\nSET a 1\r\n`);
    assert(client.hasLeft && client.closed, line);
  }
  assertEquals(stage.cache.call("EXISTS", "a"), 0);
  assertEquals(stage.cache.stats.clients, 0);
});

Deno.test("serveClient() refuses more clients than there may be", async () => {
  await using stage = new Stage({ maxClients: 2 });
  const [first] = [await stage.client(), await stage.client()];
  const third = await stage.client();
  assertEquals(third.replies(), "-ERR max number of clients reached\r\n");
  assert(third.hasLeft);
  assertStringIncludes(String(stage.cache.call("INFO", "stats")), "rejected_connections:1\r\n");
  first.close();
  await settled();
  assertEquals(await (await stage.client()).say("PING\r\n"), "+PONG\r\n");
});

Deno.test("serveClient() refuses strangers while there is no password, in protected mode", async () => {
  const stranger = { ...LOCAL, hostname: "192.0.2.1" };
  {
    await using stage = new Stage();
    const client = await stage.client(stranger);
    assertMatch(client.replies(), /^-DENIED This cache is in protected mode: [^\r\n]*\r\n$/);
    assert(client.hasLeft);
    const hostnames = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"];
    const own = hostnames.map((hostname): Deno.Addr => ({ ...LOCAL, hostname }));
    for (const address of [...own, { transport: "unix", path: "/tmp/socket" } as const]) {
      assertEquals(await (await stage.client(address)).say("PING\r\n"), "+PONG\r\n");
    }
    for (const hostname of ["::2", "1127.0.0.1", "::ffff:192.0.2.1"]) {
      assertMatch((await stage.client({ ...LOCAL, hostname })).replies(), /^-DENIED/);
    }
  }
  await using open = new Stage({ protectedMode: false });
  assertEquals(await (await open.client(stranger)).say("PING\r\n"), "+PONG\r\n");
  await using secret = new Stage({ password: "secret" });
  const client = await secret.client(stranger);
  assertEquals(await client.say("PING\r\n"), "-NOAUTH Authentication required.\r\n");
  assertEquals(
    await client.say("*11\r\n"),
    "-ERR Protocol error: unauthenticated multibulk length\r\n",
  );
  const other = await secret.client(stranger);
  assertEquals(await other.say("AUTH secret\r\nPING\r\n"), "+OK\r\n+PONG\r\n");
  assertEquals(await other.say("*11\r\n"), "");
  // What counts is the default user's password.
  const third = await secret.client(stranger);
  await third.say("AUTH secret\r\nACL SETUSER default nopass\r\n");
  assertMatch((await secret.client(stranger)).replies(), /^-DENIED/);
});

Deno.test("serveClient() shows addresses as CLIENT LIST does", async () => {
  await using stage = new Stage();
  const addresses: [Deno.Addr, string][] = [
    [LOCAL, "127.0.0.1:1"],
    [{ ...LOCAL, hostname: "::1", port: 5 }, "[::1]:5"],
    [{ transport: "unix", path: "/tmp/socket" }, "/tmp/socket:0"],
  ];
  for (const [address, shown] of addresses) {
    const client = await stage.client(address);
    assertStringIncludes(
      await client.say("CLIENT INFO\r\n"),
      ` addr=${shown} laddr=127.0.0.1:6379 `,
    );
  }
});

Deno.test("serveClient() has idle clients closed after the timeout, but not subscribers or replicas", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  assertEquals(client.limits, []);
  await client.say("CONFIG SET timeout 3\r\n");
  assertEquals(client.limits, [3000]);
  await client.say("PING\r\n");
  assertEquals(client.limits, [3000, 3000]);
  await client.say("SUBSCRIBE news\r\n");
  assertEquals(client.limits, [3000, 3000, null]);
  await client.say("PING\r\n");
  assertEquals(client.limits, [3000, 3000, null]);
  stage.cache.call("CONFIG", "SET", "timeout", 2 ** 31 - 1);
  await client.say("UNSUBSCRIBE\r\n");
  assertEquals(client.limits.slice(3), [2 ** 31 - 1]);
  await client.say("PSYNC ? -1\r\n");
  assertEquals(client.limits.slice(4), [null]);
});

Deno.test("serveClient() sees a blocked client leave", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  await client.say("BLPOP queue 0\r\n");
  assertEquals(stage.cache.stats.blockedClients, 1);
  client.close();
  await settled();
  assert(client.hasLeft);
  assertEquals([stage.cache.stats.blockedClients, stage.cache.stats.clients], [0, 0]);
  stage.cache.call("RPUSH", "queue", "kept");
  assertEquals(stage.cache.call("LLEN", "queue"), 1);
});

Deno.test("serveClient() keeps what a blocked client sends, as far as its buffer may grow", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  await client.say("BLPOP queue 0\r\n");
  const text = "y".repeat(5000);
  await client.say(`ECHO ${text}\r\nECHO after\r\n`);
  for (let i = 0; i < 5; i++) await settled();
  stage.cache.call("RPUSH", "queue", "x");
  for (let i = 0; i < 5; i++) await settled();
  assertEquals(
    client.replies(),
    `*2\r\n$5\r\nqueue\r\n$1\r\nx\r\n$5000\r\n${text}\r\n$5\r\nafter\r\n`,
  );
  stage.cache.call("CONFIG", "SET", "client-query-buffer-limit", 2 ** 20);
  await client.say("BLPOP queue 0\r\n");
  await client.say("z".repeat(1_100_000));
  for (let i = 0; i < 1000 && !client.hasLeft; i++) await settled();
  assert(client.hasLeft);
  assertEquals(stage.cache.stats.blockedClients, 0);
});

Deno.test("CLIENT PAUSE delays commands, and UNPAUSE or the time releases them in order", async () => {
  await using stage = new Stage();
  const [client, admin] = [await stage.client(), await stage.client()];
  assertEquals(await admin.say("CLIENT PAUSE 1000 WRITE\r\n"), "+OK\r\n");
  assertEquals(await client.say("GET a\r\nSET a 1\r\nGET a\r\n"), "$-1\r\n");
  assertEquals(stage.cache.stats.blockedClients, 1);
  // The caller within the process does not wait.
  assertEquals(stage.cache.call("EXISTS", "a"), 0);
  assertEquals(stage.cache.call("SET", "b", 1), "OK");
  assertEquals(await admin.say("CLIENT UNPAUSE\r\n"), "+OK\r\n");
  assertEquals(client.replies(), "+OK\r\n$1\r\n1\r\n");
  assertEquals(await admin.say("CLIENT PAUSE 1000\r\n"), "+OK\r\n");
  assertEquals(await client.say("GET a\r\n"), "");
  stage.clock.advance(999);
  await settled();
  assertEquals(client.replies(), "");
  stage.clock.advance(1);
  await settled();
  assertEquals(client.replies(), "$1\r\n1\r\n");
  // A shorter pause does not shorten a longer one.
  stage.cache.call("CLIENT", "PAUSE", 1000, "ALL");
  stage.cache.call("CLIENT", "PAUSE", 10, "WRITE");
  assertEquals(await client.say("GET a\r\n"), "");
  stage.clock.advance(999);
  await settled();
  assertEquals(client.replies(), "");
  stage.clock.advance(1);
  await settled();
  assertEquals(client.replies(), "$1\r\n1\r\n");
});

Deno.test("MONITOR shows commands with their time, database and client", async () => {
  await using stage = new Stage();
  const [monitor, client] = [await stage.client(), await stage.client()];
  assertEquals(await monitor.say("MONITOR\r\n"), "+OK\r\n");
  await client.say("SELECT 3\r\n");
  await client.say('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9\r\n"\\\r\n\t\x07\b\xff~\r\n');
  stage.cache.call("GET", "a");
  await settled();
  assertEquals(monitor.replies().split("\r\n"), [
    '+1700000000.000000 [3 127.0.0.1:1] "SELECT" "3"',
    '+1700000000.000000 [3 127.0.0.1:1] "SET" "a" "\\"\\\\\\r\\n\\t\\a\\b\\xff~"',
    '+1700000000.000000 [0 ] "GET" "a"',
    "",
  ]);
  // Administrators' commands are not shown, and passwords neither.
  await client.say("CONFIG SET maxclients 100\r\n");
  await client.say("AUTH default secret\r\nHELLO 2 AUTH default secret SETNAME me\r\n");
  assertEquals(
    monitor.replies().replaceAll(/\S+ \[[^\]]*\] /g, ""),
    [
      '"AUTH" "(redacted)" "(redacted)"\r\n',
      '"HELLO" "2" "AUTH" "(redacted)" "(redacted)" "SETNAME" "me"\r\n',
    ].join(""),
  );
  await client.say("AUTH a b c\r\n");
  assertStringIncludes(monitor.replies(), '] "AUTH" "a" "b" "c"\r\n');
  assertEquals(await monitor.say("RESET\r\n"), "+RESET\r\n");
  await client.say("GET a\r\n");
  assertEquals(monitor.replies(), "");
});

Deno.test("MONITOR shows nothing to a client that wants no replies, or is about to leave", async () => {
  await using stage = new Stage();
  const monitor = await stage.client();
  const client = await stage.client();
  await monitor.say("MONITOR\r\nCLIENT REPLY OFF\r\n");
  await client.say("GET a\r\n");
  assertEquals(monitor.replies(), "");
  await monitor.say("CLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\n");
  await client.say("GET a\r\n");
  assertEquals(monitor.replies(), "");
  assertEquals(await monitor.say("GET a\r\n"), "");
  await client.say("GET b\r\n");
  assertStringIncludes(monitor.replies(), '"GET" "b"\r\n');
  assertEquals(await monitor.say("QUIT\r\n"), "+OK\r\n");
});

Deno.test("MONITOR is over with RESET, and no command of a subscriber", async () => {
  await using stage = new Stage();
  const [monitor, client] = [await stage.client(), await stage.client()];
  assertEquals(await monitor.say("MONITOR\r\nRESET\r\n"), "+OK\r\n+RESET\r\n");
  await client.say("PING\r\n");
  assertEquals(monitor.replies(), "");
  await monitor.say("SUBSCRIBE a\r\n");
  assertStringIncludes(await monitor.say("MONITOR\r\n"), "-ERR Can't execute 'monitor': only ");
});

Deno.test("CLIENT REPLY takes replies back, of one command or of all", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  assertEquals(await client.say("CLIENT REPLY SKIP\r\nPING\r\nECHO a\r\n"), "$1\r\na\r\n");
  assertEquals(await client.say("CLIENT REPLY OFF\r\nPING\r\nNONE\r\n"), "");
  assertEquals(await client.say("CLIENT REPLY SKIP\r\nPING\r\nPING\r\n"), "");
  assertEquals(await client.say("CLIENT REPLY ON\r\nPING\r\n"), "+OK\r\n+PONG\r\n");
  assertEquals(await client.say("CLIENT REPLY SKIP\r\nRESET\r\nPING\r\n"), "+PONG\r\n");
  await client.say("CLIENT REPLY OFF\r\n");
  assertEquals(await client.say("RESET\r\n"), "+RESET\r\n");
});

Deno.test("CLIENT KILL closes a client once, and itself when its reply is out", async () => {
  await using stage = new Stage();
  const victim = await stage.client({ ...LOCAL, port: 2 });
  const client = await stage.client();
  assertEquals(stage.cache.stats.clients, 2);
  assertEquals(await client.say("CLIENT KILL 127.0.0.1:2\r\n"), "+OK\r\n");
  assert(victim.hasLeft);
  assertEquals(stage.cache.stats.clients, 1);
  assertEquals(await client.say("CLIENT KILL 127.0.0.1:2\r\n"), "-ERR No such client\r\n");
  assertEquals(await client.say("CLIENT KILL ADDR 127.0.0.1:1 SKIPME NO\r\nPING\r\n"), ":1\r\n");
  assert(client.hasLeft);
  assertEquals(stage.cache.stats.clients, 0);
});

Deno.test("CLIENT KILL of oneself in a transaction lets it run, and ends the replies", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  await client.say("MULTI\r\nCLIENT KILL 127.0.0.1:1\r\nSET a 1\r\nNONE\r\n");
  await client.say("DISCARD\r\nMULTI\r\nCLIENT KILL 127.0.0.1:1\r\nSET a 1\r\n");
  assertEquals(await client.say("EXEC\r\n"), "*2\r\n+OK\r\n");
  assert(client.hasLeft);
  assertEquals(stage.cache.call("GET", "a"), "1");
});

Deno.test("A blocking command is in the slow log when it goes on, as it was sent", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  stage.cache.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
  await client.say("BLPOP list 0\r\n");
  stage.cache.call("SLOWLOG", "RESET");
  assertEquals(await client.say("ECHO next\r\n"), "");
  stage.cache.call("RPUSH", "list", "a");
  await settled();
  const log = stage.cache.call("SLOWLOG", "GET") as [number, number, number, string[]][];
  assertEquals(log.map(([, , , args]) => args.join(" ")), [
    "ECHO next",
    "BLPOP list 0",
    "RPUSH list a",
    "SLOWLOG RESET",
  ]);
});

Deno.test("CLIENT LIST tells how much of a request has come", async () => {
  await using stage = new Stage();
  const [slow, client] = [await stage.client(), await stage.client()];
  const before = stage.cache.stats.usedMemory;
  await slow.say(`*2\r\n$3\r\nGET\r\n$100000\r\n${"x".repeat(50_000)}`);
  const lines = (await client.say("*2\r\n$6\r\nCLIENT\r\n$4\r\nLIST\r\n")).split("\n").slice(1);
  // What is an argument already is no longer counted as to be read.
  assertMatch(lines[0] ?? "", / qbuf=50000 qbuf-free=\d+ argv-mem=3 /);
  assertMatch(lines[1] ?? "", / qbuf=26 qbuf-free=\d+ argv-mem=10 /);
  assert(stage.cache.stats.usedMemory - before > 50_000);
});

Deno.test("serveClient() throws what is no error of a command", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const connection = new FakeConnection();
  const served = cache.handler(connection as unknown as Parameters<Cache["handler"]>[0]);
  const said = connection.say("PING\r\nTIME\r\n");
  // Not before the batch has begun, of which TIME reads the clock again.
  let reads = 0;
  clock.now = () => {
    if (++reads > 1) throw new TypeError("A clock that fails");
    return 0;
  };
  await assertRejects(() => served, TypeError, "A clock that fails");
  await said;
  assertEquals(cache.stats.clients, 0);
});

Deno.test("CLIENT LIST has a letter for what is special about each client", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  const flags = async () =>
    [...(await client.say("CLIENT LIST\r\n")).matchAll(/flags=(\w+)/g)].map(([, flags]) => flags);
  const says = ["MONITOR", "SUBSCRIBE a", "MULTI", "BLPOP a 0", "WATCH k", "CLIENT NO-EVICT ON"];
  for (const request of [...says, "CLIENT NO-TOUCH ON", "PING"]) {
    await (await stage.client()).say(`${request}\r\n`);
  }
  stage.cache.call("SET", "k", "1");
  assertEquals(await flags(), ["N", "O", "P", "x", "b", "d", "e", "T", "N"]);
});

Deno.test("A RESP2 client that has subscribed may say little else", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  assertEquals(
    await client.say("SUBSCRIBE news\r\nPING\r\nPING hi\r\nCLIENT ID\r\n"),
    "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n" +
      "*2\r\n$4\r\npong\r\n$2\r\nhi\r\n-ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / " +
      "(P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n",
  );
});

Deno.test("HELLO without the password is refused", async () => {
  await using stage = new Stage({ password: "secret" });
  const client = await stage.client();
  assertEquals(
    await client.say("HELLO 3\r\n"),
    "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO " +
      "AUTH <user> <pass> option can be used to authenticate the client and select the " +
      "RESP protocol version at the same time\r\n",
  );
});

Deno.test("CLIENT INFO in a transaction tells of it", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  assertMatch(
    await client.say("MULTI\r\nCLIENT INFO\r\nPING\r\nEXEC\r\n"),
    / flags=x db=0 sub=0 psub=0 ssub=0 multi=2 /,
  );
  assertMatch(await client.say("CLIENT INFO\r\n"), / flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 /);
});

Deno.test("RESET makes a client what it was in the beginning", async () => {
  await using stage = new Stage({ password: "secret" });
  const client = await stage.client();
  const requests = ["HELLO 3 AUTH default secret SETNAME me", "SELECT 2", "WATCH a", "SUBSCRIBE b"];
  for (const request of [...requests, "PSUBSCRIBE c", "SSUBSCRIBE d", "CLIENT NO-TOUCH ON"]) {
    await client.say(`${request}\r\n`);
  }
  assertEquals(stage.cache.stats.subscribedClients, 1);
  assertMatch(
    await client.say("MULTI\r\nPING\r\nRESET\r\nPING\r\n"),
    /^\+OK\r\n\+QUEUED\r\n\+RESET\r\n-NOAUTH Authentication required\.\r\n$/,
  );
  assertEquals(stage.cache.stats.subscribedClients, 0);
  assertMatch(
    await client.say("AUTH secret\r\nCLIENT INFO\r\n"),
    / name= .* flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 .* resp=2\n/s,
  );
  // Redis 7.0 leaves this one as it is.
  assertMatch(
    await client.say("CLIENT NO-EVICT ON\r\nRESET\r\nAUTH secret\r\nCLIENT INFO\r\n"),
    / flags=e /,
  );
});

Deno.test("Client pushes messages in order with its own replies", async () => {
  await using stage = new Stage();
  const [client, other] = [await stage.client(), await stage.client()];
  await client.say("HELLO 3\r\nSUBSCRIBE news\r\n");
  const message = (text: string) => `>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\n${text}\r\n`;
  assertEquals(
    await client.say("PING\r\nPUBLISH news a\r\nPING\r\n"),
    `+PONG\r\n${message("a")}:1\r\n+PONG\r\n`,
  );
  client.writes();
  assertEquals(await other.say("PUBLISH news b\r\nPUBLISH news c\r\n"), ":1\r\n:1\r\n");
  assertEquals(client.replies(), message("b") + message("c"));
  // What one batch publishes is sent at once.
  assertEquals(client.writes(), 1);
});

Deno.test("Client has its connection hold what its kind of client may be sent", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  await client.say("SUBSCRIBE news\r\n");
  stage.cache.call("PUBLISH", "news", "x");
  assertEquals(client.maxBuffered, 33_554_432);
  stage.cache.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0");
  stage.cache.call("PUBLISH", "news", "x");
  assertEquals(client.maxBuffered, 256 * 2 ** 20);
});

Deno.test("Client closes a slow reader that is over the soft limit for too long", async () => {
  await using stage = new Stage();
  const client = await stage.client();
  await client.say("SUBSCRIBE news\r\n");
  stage.cache.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 1000 2");
  const publish = (buffered: number, ms: number) => {
    client.buffered = buffered;
    stage.clock.advance(ms);
    stage.cache.call("PUBLISH", "news", "x");
  };
  publish(1001, 0);
  publish(1001, 2000);
  assertEquals(client.closed, false);
  publish(1000, 1);
  publish(1001, 5000);
  publish(1001, 2000);
  assertEquals(client.closed, false);
  publish(1001, 1);
  assertEquals(client.closed, true);
  assertEquals(stage.cache.stats.subscribedClients, 0);
  await settled();
  assertEquals([client.hasLeft, stage.cache.stats.clients], [true, 0]);
});

Deno.test("Client closes a slow reader also when nothing more is sent to it", async () => {
  await using stage = new Stage();
  stage.cache.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 1000 2");
  const [slow, recovered] = [await stage.client(), await stage.client()];
  for (const client of [slow, recovered]) {
    await client.say("SUBSCRIBE news\r\n");
    client.buffered = 1001;
  }
  stage.cache.call("PUBLISH", "news", "x");
  recovered.buffered = 1000;
  stage.clock.advance(2000);
  assertEquals(slow.closed, false);
  stage.clock.advance(1);
  assertEquals([slow.closed, recovered.closed], [true, false]);
});

/** What there is to reply in the tests below. */
function fill(cache: Cache): void {
  cache.call("RPUSH", "list", ...Array.from({ length: 2000 }, () => "x".repeat(1000)));
  cache.call("HSET", "hash", "field", "value");
  cache.call("SADD", "set", "member");
  cache.call("ZADD", "sorted", 1, "member");
  cache.call("SET", "large", "x".repeat(100_000));
}

const HUGE = [
  "HRANDFIELD hash -999999999",
  "HRANDFIELD hash -999999999 WITHVALUES",
  "SRANDMEMBER set -999999999",
  "ZRANDMEMBER sorted -999999999",
  "ZRANDMEMBER sorted -999999999 WITHSCORES",
  "LRANGE list 0 -1",
  `MGET${" large".repeat(20)}`,
  // What is just too much is seen when all of it is there.
  `MGET${" large".repeat(11)}`,
];

Deno.test("serveClient() closes a client that asks for more than its output limit, without a reply", async () => {
  await using stage = new Stage();
  fill(stage.cache);
  stage.cache.call("CONFIG", "SET", "client-output-buffer-limit", "normal 1000000 0 0");
  for (const command of HUGE) {
    for (const hello of ["", "HELLO 3\r\n"]) {
      const client = await stage.client();
      if (hello !== "") await client.say(hello);
      assertEquals(await client.say(`${command}\r\nSET after 1\r\n`), "", command);
      assertEquals([client.closed, client.hasLeft], [true, true], command);
    }
  }
  // It is closed before what follows is executed, unless that is in the same batch as what is just too much.
  stage.cache.call("DEL", "after");
  const client = await stage.client();
  await client.say("LRANGE list 0 -1\r\nSET after 1\r\n");
  assertEquals(stage.cache.call("EXISTS", "after"), 0);
  assertEquals(stage.cache.stats.clients, 0);
});

Deno.test("serveClient() executes what a client sends that does not read, only if it is closed for that", async () => {
  await using stage = new Stage();
  const config = (name: string, value: string) => stage.cache.call("CONFIG", "SET", name, value);
  const goesOn = async (...before: string[]) => {
    stage.cache.call("SET", "count", 0);
    const client = await stage.client();
    for (const request of before) await client.say(`${request}\r\n`);
    const { promise, resolve } = Promise.withResolvers<number>();
    client.write = () => promise;
    await client.say("INCR count\r\n");
    await client.say("INCR count\r\n");
    const isExecuted = stage.cache.call("GET", "count") === "2";
    client.close();
    resolve(0);
    await settled();
    return isExecuted;
  };
  assertEquals(await goesOn(), false);
  assertEquals(await goesOn("HELLO 3", "SUBSCRIBE news"), true);
  config("maxmemory-clients", "10mb");
  assertEquals(await goesOn(), true);
  assertEquals(await goesOn("CLIENT NO-EVICT ON"), false);
  config("maxmemory-clients", "0");
  config("client-output-buffer-limit", "normal 1mb 0 0");
  assertEquals(await goesOn(), true);
});

Deno.test("serveClient() closes a client that does not say who it is, nor reads", async () => {
  await using stage = new Stage({ password: "secret" });
  const client = await stage.client();
  const error = "-NOAUTH Authentication required.\r\n";
  client.buffered = 17 * 1024 - error.length;
  assertEquals(await client.say("PING\r\n"), error);
  client.buffered++;
  assertEquals(await client.say("PING\r\n"), "");
  assertEquals([client.closed, client.hasLeft], [true, true]);

  const other = await stage.client();
  await other.say("AUTH secret\r\n");
  other.buffered = 1_000_000;
  assertEquals(await other.say("PING\r\n"), "+PONG\r\n");
});

Deno.test("A transaction with too large a reply is executed to its end", async () => {
  await using stage = new Stage();
  fill(stage.cache);
  stage.cache.call("CONFIG", "SET", "client-output-buffer-limit", "normal 1000000 0 0");
  const client = await stage.client();
  const reply = await client.say(
    "MULTI\r\nSET a 1\r\nLRANGE list 0 -1\r\nSET b 1\r\nLPOP list 2000\r\nEXEC\r\n",
  );
  assertEquals([reply, client.closed], ["", true]);
  assertEquals(stage.cache.call("EXISTS", "a", "b", "list"), 2);
});

Deno.test("Cache.call() refuses a reply that would take all memory", async () => {
  await using cache = new Cache();
  cache.call("HSET", "hash", "f".repeat(1000), "v");
  assertThrows(() => cache.call("HRANDFIELD", "hash", -999_999_999), RangeError, "268435456 bytes");
  assertEquals(cache.call("HLEN", "hash"), 1);
});

Deno.test("serveClient() closes a subscriber that does not read, and others go on", async () => {
  await using cache = new Cache();
  const { addr } = cache.listen({ port: 0 });
  const [slow, quick] = [await connect(addr), await connect(addr)];
  using _slow = slow;
  for (const conn of [slow, quick]) {
    await conn.write(new TextEncoder().encode("SUBSCRIBE news\r\n"));
  }
  await within(cache.until(({ subscribedClients }) => subscribedClients === 2));
  cache.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 300000 0 0");
  const text = readAll(quick);
  const message = "x".repeat(50_000);
  let sent = 0;
  const publishAll = async () => {
    while (cache.stats.subscribedClients === 2) {
      cache.call("PUBLISH", "news", message);
      sent++;
      await settled();
    }
  };
  await within(publishAll());
  assertEquals(cache.call("PUBLISH", "news", "last"), 1);
  await cache.close();
  const received = await text;
  assertEquals(received.split(message).length - 1, sent);
  assert(received.endsWith("$4\r\nlast\r\n"));
});
