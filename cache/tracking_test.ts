import { assert, assertEquals } from "@std/assert";
import { Cache } from "./cache.ts";
import { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { processRequest } from "./commands/gate.ts";
import { allCommands } from "./commands/table.ts";
import { Engine } from "./engine.ts";
import { Args } from "./protocol/request.ts";
import { Settings } from "./settings.ts";
import { latin1Slice } from "./store/slice.ts";

/** One client, which keeps all that it was sent. */
class Listener {
  /** With spaces for the ends of lines. */
  received = "";
  #wake: (() => void) | undefined;
  readonly #conn: Deno.TcpConn;
  readonly #ended: Promise<void>;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#ended = this.#listen();
  }

  async send(line: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(`${line.replaceAll(";", "\r\n")}\r\n`));
  }

  /** Waits until what has come is as it should be, or nothing more does. */
  async until(condition: (received: string) => boolean): Promise<void> {
    const timer = setTimeout(() => this.#wake?.(), 5000);
    for (let size = -1; !condition(this.received) && this.received.length !== size;) {
      size = this.received.length;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    clearTimeout(timer);
  }

  async #listen(): Promise<void> {
    const buffer = new Uint8Array(4096);
    for (let length; (length = await this.#conn.read(buffer).catch(() => null)) !== null;) {
      const text = new TextDecoder().decode(buffer.subarray(0, length));
      this.received += text.replaceAll("\r\n", " ");
      this.#wake?.();
    }
    this.received += "<closed> ";
    this.#wake?.();
  }

  async close(): Promise<void> {
    this.#conn.close();
    await this.#ended;
  }
}

/**
 * Plays what three clients send, and checks what each of them gets.
 *
 * @param story Lines of `CLIENT REQUEST → CLIENT: REPLY | CLIENT: REPLY`, as a real Redis answers;
 * `{0}` stands for the number of a client. Requests may be several, with `;` between them.
 */
async function playTogether(story: string, cache = new Cache()): Promise<void> {
  await using _ = cache;
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  const clients: Listener[] = [];
  const expected = ["", "", ""];
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const client = new Listener(await Deno.connect({ port }));
    clients.push(client);
    await client.send("CLIENT ID");
    await client.until((text) => text.endsWith(" "));
    ids.push(client.received.slice(1).trim());
    client.received = "";
  }
  const fill = (text: string) => text.replace(/\{(\d)\}/g, (_, i) => ids[Number(i)] ?? "");
  const step = async (line: string) => {
    const [request = "", replies = ""] = fill(line).split(" →");
    for (const reply of replies.split(" | ").filter((reply) => reply !== "")) {
      const [i, text = ""] = reply.trim().split(/: (.*)/s, 2);
      expected[Number(i)] += `${text} `;
    }
    await clients[Number(request.charAt(0))]?.send(request.slice(2));
    for (const [i, client] of clients.entries()) {
      const length = expected[i]?.length ?? 0;
      await client.until((text) => text.length >= length);
      assertEquals(client.received, expected[i], `Client ${i} after ${line}`);
    }
  };
  try {
    for (const line of story.split("\n").map((line) => line.trim())) {
      if (line !== "") await step(line);
    }
    // Nothing more is under way.
    for (const [i, { received }] of clients.entries()) {
      if (!received.endsWith("<closed> ")) await step(`${i} RESET → ${i}: +RESET`);
    }
  } finally {
    for (const client of clients) await client.close();
  }
}

const HELLO = "%7 $6 server $5 redis $7 version $6 7.0.15 $5 proto :3 $2 id :{ID} " +
  "$4 mode $10 standalone $4 role $6 master $7 modules *0";
/** Lets some clients speak RESP3. */
const hello = (...clients: number[]): string =>
  clients.map((i) => `${i} HELLO 3 → ${i}: ${HELLO.replace("ID", `${i}`)}\n`).join("");

Deno.test("CLIENT TRACKING tells of keys that were read, after the reply to one's own change", async () => {
  await playTogether(`${hello(0)}
    0 CLIENT TRACKING ON → 0: +OK
    0 SET a 1 → 0: +OK
    0 GET a → 0: $1 1
    0 SET a 2 → 0: +OK >2 $10 invalidate *1 $1 a
    0 SET a 3 → 0: +OK
    0 GET a → 0: $1 3
    1 SET a 4 → 0: >2 $10 invalidate *1 $1 a | 1: +OK
    1 SET a 5 → 1: +OK
    0 MGET a b → 0: *2 $1 5 _
    0 MULTI → 0: +OK
    0 SET a 6 → 0: +QUEUED
    0 SET b 6 → 0: +QUEUED
    0 PING → 0: +QUEUED
    0 EXEC → 0: *3 +OK +OK +PONG >2 $10 invalidate *1 $1 a >2 $10 invalidate *1 $1 b
    0 MULTI → 0: +OK
    0 GET a → 0: +QUEUED
    0 SET a 7 → 0: +QUEUED
    0 GET a → 0: +QUEUED
    0 EXEC → 0: *3 $1 6 +OK $1 7 >2 $10 invalidate *1 $1 a
    1 DEL a → 0: >2 $10 invalidate *1 $1 a | 1: :1
    0 LRANGE list 0 -1 → 0: *0
    0 BLPOP list 0 →
    1 RPUSH list x → 0: >2 $10 invalidate *1 $4 list *2 $4 list $1 x | 1: :1
    0 GET c → 0: _
    1 FLUSHDB → 0: >2 $10 invalidate _ | 1: +OK
    0 GET c → 0: _
    0 FLUSHALL → 0: +OK >2 $10 invalidate _
    0 CLIENT TRACKING ON NOLOOP → 0: +OK
    0 SET c 2 → 0: +OK
    0 GET c → 0: $1 2
    0 SET c 3 → 0: +OK
    0 GET c → 0: $1 3
    0 CLIENT TRACKING OFF → 0: +OK
    1 SET c 4 → 1: +OK
  `);
});

Deno.test("CLIENT TRACKING tells of a blocked client's own change after its reply", async () => {
  await playTogether(`${hello(0)}
    1 RPUSH to a → 1: :1
    0 CLIENT TRACKING ON → 0: +OK
    0 LRANGE to 0 -1 → 0: *1 $1 a
    0 BLMOVE from to LEFT LEFT 0 →
    1 RPUSH from x → 0: $1 x >2 $10 invalidate *1 $2 to | 1: :1
  `);
});

Deno.test("CLIENT TRACKING tells those who want no replies, and their replies stay out", async () => {
  await playTogether(`${hello(0)}
    0 CLIENT TRACKING ON → 0: +OK
    0 CLIENT REPLY OFF →
    0 GET c →
    0 SET c 1 → 0: >2 $10 invalidate *1 $1 c
    0 GET c →
    1 SET c 2 → 0: >2 $10 invalidate *1 $1 c | 1: +OK
    0 PING;CLIENT REPLY ON → 0: +OK
    0 CLIENT REPLY SKIP →
    0 CLIENT REPLY SKIP →
    0 GET c →
    0 SET c 3 → 0: +OK >2 $10 invalidate *1 $1 c
  `);
});

Deno.test("CLIENT TRACKING redirects to a subscriber, until that is gone", async () => {
  await playTogether(`${hello(0)}
    1 SUBSCRIBE __redis__:invalidate → 1: *3 $9 subscribe $20 __redis__:invalidate :1
    0 CLIENT TRACKING ON REDIRECT {1} → 0: +OK
    0 GET a → 0: _
    2 SET a 1 → 1: *3 $7 message $20 __redis__:invalidate *1 $1 a | 2: +OK
    0 CLIENT GETREDIR → 0: :{1}
    0 CLIENT TRACKINGINFO → 0: %3 $5 flags ~1 $2 on $8 redirect :{1} $8 prefixes *0
    2 FLUSHALL → 1: *3 $7 message $20 __redis__:invalidate _ | 2: +OK
    0 GET a → 0: _
    1 UNSUBSCRIBE → 1: *3 $11 unsubscribe $20 __redis__:invalidate :0
    2 SET a 1 → 2: +OK
    0 GET a → 0: $1 1
    1 QUIT → 1: +OK <closed>
    2 SET a 2 → 0: >2 $21 tracking-redir-broken :{1} | 2: +OK
    0 CLIENT TRACKINGINFO → 0: %3 $5 flags ~2 $2 on $15 broken_redirect $8 redirect :{1} $8 prefixes *0
    0 CLIENT TRACKING OFF → 0: +OK
    0 CLIENT GETREDIR → 0: :-1
    0 CLIENT TRACKINGINFO → 0: %3 $5 flags ~1 $3 off $8 redirect :-1 $8 prefixes *0
  `);
});

Deno.test("CLIENT TRACKING of a RESP2 client redirects to one of RESP3, and says nothing of its own", async () => {
  await playTogether(`${hello(1)}
    0 CLIENT TRACKING ON REDIRECT {1} → 0: +OK
    0 GET a → 0: $-1
    2 FLUSHALL → 1: >2 $10 invalidate $-1 | 2: +OK
    0 GET a → 0: $-1
    2 SET a 1 → 1: >2 $10 invalidate *1 $1 a | 2: +OK
    0 GET a → 0: $1 1
    1 QUIT → 1: +OK <closed>
    2 SET a 1 → 2: +OK
    0 CLIENT TRACKINGINFO → 0: *6 $5 flags *2 $2 on $15 broken_redirect $8 redirect :{1} $8 prefixes *0
    0 CLIENT TRACKING ON → 0: +OK
    0 GET a → 0: $1 1
    2 SET a 2 → 2: +OK
  `);
});

Deno.test("CLIENT TRACKING BCAST tells of all keys with a prefix, at the end of a batch", async () => {
  await playTogether(`${hello(0, 1)}
    0 CLIENT TRACKING ON BCAST PREFIX b PREFIX a → 0: +OK
    1 CLIENT TRACKING ON BCAST NOLOOP → 1: +OK
    2 SET a1 1 → 0: >2 $10 invalidate *1 $2 a1 | 1: >2 $10 invalidate *1 $2 a1 | 2: +OK
    2 SET b1 1;SET a2 1;SET c 1;SET b0 1 → 0: >2 $10 invalidate *1 $2 a2 >2 $10 invalidate *2 $2 b0 $2 b1 | 1: >2 $10 invalidate *4 $2 a2 $2 b0 $2 b1 $1 c | 2: +OK +OK +OK +OK
    1 SET a3 1 → 0: >2 $10 invalidate *1 $2 a3 | 1: +OK
    1 SET a3 2;GET a3 → 0: >2 $10 invalidate *1 $2 a3 | 1: +OK $1 2
    0 SET a4 1 → 0: +OK >2 $10 invalidate *1 $2 a4 | 1: >2 $10 invalidate *1 $2 a4
    0 CLIENT TRACKING ON BCAST PREFIX c → 0: +OK
    0 CLIENT TRACKINGINFO → 0: %3 $5 flags ~2 $2 on $5 bcast $8 redirect :0 $8 prefixes *3 $1 a $1 b $1 c
    0 CLIENT TRACKING OFF → 0: +OK
    2 SET a1 2 → 1: >2 $10 invalidate *1 $2 a1 | 2: +OK
    1 EXPIRE a1 -1 → 1: :1
    1 FLUSHALL → 1: +OK >2 $10 invalidate _
  `);
});

Deno.test("CLIENT CACHING says of the next command or transaction what is tracked", async () => {
  await playTogether(`${hello(0)}
    0 CLIENT CACHING YES → 0: -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
    0 CLIENT TRACKING ON OPTIN → 0: +OK
    0 CLIENT CACHING NO → 0: -ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.
    0 CLIENT CACHING x → 0: -ERR syntax error
    0 CLIENT CACHING YES → 0: +OK
    0 CLIENT TRACKINGINFO → 0: %3 $5 flags ~3 $2 on $5 optin $11 caching-yes $8 redirect :0 $8 prefixes *0
    0 GET a → 0: _
    0 GET b → 0: _
    2 MSET a 1 b 1 → 0: >2 $10 invalidate *1 $1 a | 2: +OK
    0 CLIENT CACHING YES → 0: +OK
    0 MULTI → 0: +OK
    0 GET a → 0: +QUEUED
    0 GET b → 0: +QUEUED
    0 EXEC → 0: *2 $1 1 $1 1
    0 CLIENT TRACKINGINFO → 0: %3 $5 flags ~2 $2 on $5 optin $8 redirect :0 $8 prefixes *0
    2 MSET a 1 b 1 → 0: >2 $10 invalidate *1 $1 a >2 $10 invalidate *1 $1 b | 2: +OK
    0 CLIENT CACHING YES → 0: +OK
    0 CLIENT ID x → 0: -ERR wrong number of arguments for 'client|id' command
    0 GET → 0: -ERR wrong number of arguments for 'get' command
    0 GET a → 0: $1 1
    2 SET a 1 → 2: +OK
    0 CLIENT TRACKING ON OPTOUT → 0: -ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.
    0 CLIENT TRACKING OFF → 0: +OK
    0 CLIENT TRACKING ON OPTOUT → 0: +OK
    0 CLIENT CACHING NO → 0: +OK
    0 CLIENT TRACKINGINFO → 0: %3 $5 flags ~3 $2 on $6 optout $10 caching-no $8 redirect :0 $8 prefixes *0
    0 GET a → 0: $1 1
    0 GET b → 0: $1 1
    2 MSET a 1 b 1 → 0: >2 $10 invalidate *1 $1 b | 2: +OK
    0 CLIENT CACHING YES → 0: -ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.
    0 CLIENT TRACKING ON OPTIN → 0: -ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.
    0 CLIENT TRACKING ON OPTIN OPTOUT → 0: -ERR You can't specify both OPTIN mode and OPTOUT mode
  `);
});

Deno.test("CLIENT TRACKING refuses options that do not go together", async () => {
  await playTogether(`
    0 CLIENT TRACKING ON PREFIX a → 0: -ERR PREFIX option requires BCAST mode to be enabled
    0 CLIENT TRACKING ON BCAST OPTIN → 0: -ERR OPTIN and OPTOUT are not compatible with BCAST
    0 CLIENT TRACKING ON BCAST PREFIX a PREFIX ab → 0: -ERR Prefix 'a' overlaps with another provided prefix 'ab'. Prefixes for a single client must not overlap.
    0 CLIENT TRACKING ON BCAST PREFIX ab → 0: +OK
    0 CLIENT TRACKING ON BCAST PREFIX a → 0: -ERR Prefix 'a' overlaps with an existing prefix 'ab'. Prefixes for a single client must not overlap.
    0 CLIENT TRACKING ON → 0: -ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.
    0 CLIENT TRACKING ON REDIRECT 1000000 → 0: -ERR The client ID you want redirect to does not exist
    0 CLIENT TRACKING ON REDIRECT x → 0: -ERR value is not an integer or out of range
    0 CLIENT TRACKING ON BCAST REDIRECT {1} REDIRECT {1} → 0: -ERR A client can only redirect to a single other client
    0 CLIENT TRACKING ON REDIRECT → 0: -ERR syntax error
    0 CLIENT TRACKING x → 0: -ERR syntax error
    0 RESET → 0: +RESET
    0 CLIENT GETREDIR → 0: :-1
  `);
});

Deno.test("CLIENT TRACKING remembers the keys of each command that only reads", async () => {
  await playTogether(`${hello(0, 1)}
    0 CLIENT TRACKING ON REDIRECT {1} → 0: +OK
    1 CLIENT TRACKING ON → 1: +OK
    0 GET a → 0: _
    1 GET a → 1: _
    2 SET a 1 → 1: >2 $10 invalidate *1 $1 a >2 $10 invalidate *1 $1 a | 2: +OK
    1 CLIENT TRACKING OFF → 1: +OK
    0 CLIENT TRACKING ON → 0: +OK
    0 SORT_RO list BY w_* GET x_* → 0: *0
    0 LMPOP 1 none LEFT → 0: _
    0 ZINTERCARD 1 s1 → 0: :0
    0 ZINTERCARD 9 s2 → 0: -ERR syntax error
    0 OBJECT ENCODING o1 → 0: _
    0 GETEX e → 0: _
    2 MSET list 1 w_1 1 s1 1 s2 1 o1 1 e 1 none 1 → 0: >2 $10 invalidate *1 $4 list >2 $10 invalidate *1 $2 s1 >2 $10 invalidate *1 $2 o1 | 2: +OK
    0 GET e → 0: $1 1
    0 GET e → 0: $1 1
    0 RESET → 0: +RESET
    2 SET e 3 → 2: +OK
  `);
});

Deno.test("CLIENT TRACKING tells of keys that expire", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const played = playTogether(
    `${hello(0, 1)}
      0 CLIENT TRACKING ON → 0: +OK
      1 CLIENT TRACKING ON BCAST NOLOOP → 1: +OK
      1 SET a 1 PX 100 → 1: +OK
      0 GET a → 0: $1 1
      1 WAIT 1 1 → 0: >2 $10 invalidate *1 $1 a | 1: :0 >2 $10 invalidate *1 $1 a
    `,
    cache,
  );
  await cache.until(({ blockedClients }) => blockedClients === 1);
  clock.advance(101);
  await played;
});

/** The figures of tracking in `INFO`. */
function figures(cache: Cache): number[] {
  const text = String(cache.call("INFO", "clients", "stats"));
  const names = ["clients", "total_keys", "total_items", "total_prefixes"];
  return names.map((name) => Number(new RegExp(`tracking_${name}:(\\d+)`).exec(text)?.[1]));
}

Deno.test("CLIENT TRACKING remembers no more keys than tracking-table-max-keys", async () => {
  await using cache = new Cache();
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  const [first, second] = [
    new Listener(await Deno.connect({ port })),
    new Listener(await Deno.connect({ port })),
  ];
  for (const client of [first, second]) {
    await client.send("HELLO 3;CLIENT TRACKING ON NOLOOP;GET k0;GET k1");
    await client.until((text) => text.endsWith("_ _ "));
    client.received = "";
  }
  await second.send("CLIENT TRACKING OFF;CLIENT TRACKING ON BCAST");
  await second.until((text) => text === "+OK +OK ");
  assertEquals(figures(cache), [2, 2, 4, 1]);
  const names = Array.from({ length: 999 }, (_, i) => `k${i + 1}`);
  await first.send(`MGET ${names.join(" ")}`);
  await first.until((text) => text.endsWith(`${"_ ".repeat(999)}`));
  assertEquals(figures(cache), [2, 1000, 1002, 1]);
  first.received = "";
  cache.call("CONFIG", "SET", "tracking-table-max-keys", 500);
  await first.until((text) => text.match(/invalidate/g)?.length === 500);
  assertEquals(figures(cache)[1], 500);
  // First those that were read first.
  assert(first.received.startsWith(">2 $10 invalidate *1 $2 k0 >2 $10 invalidate *1 $2 k1 "));
  first.received = "";
  await first.send("GET k0");
  await first.until((text) => text.endsWith("k500 "));
  assertEquals(first.received, "_ >2 $10 invalidate *1 $4 k500 ");
  assertEquals(figures(cache), [2, 500, 500, 1]);
  cache.call("CONFIG", "SET", "tracking-table-max-keys", 0);
  await first.send(`MGET ${names.join(" ")}`);
  await first.until((text) => text.endsWith(`${"_ ".repeat(999)}`));
  assertEquals(figures(cache), [2, 1000, 1000, 1]);
  for (const client of [first, second]) await client.close();
  await cache.until(({ clients }) => clients === 0);
  assertEquals(figures(cache), [0, 1000, 1000, 0]);
  cache.call("FLUSHALL");
  assertEquals(figures(cache), [0, 0, 0, 0]);
});

Deno.test("CLIENT LIST tells who tracks, and to whom messages go", async () => {
  const cache = new Cache();
  cache.call("CLIENT", "TRACKING", "ON", "BCAST");
  cache.call("SET", "a", 1);
  assertEquals(cache.call("GET", "a"), "1");
  const info = () => String(cache.call("CLIENT", "INFO"));
  assert(/ flags=tB .* redir=0 /.test(info()), info());
  cache.call("CLIENT", "TRACKING", "OFF");
  assert(/ flags=N .* redir=-1 /.test(info()), info());
  await cache.close();
});

Deno.test("Tracking costs nothing any more when nobody tracks and no key is remembered", () => {
  const engine = new Engine(new ManualClock(), new Settings(), allCommands());
  const client = new Client(engine);
  const { tracking } = engine;
  const active: boolean[] = [];
  const call = (line: string) => {
    const args = Args.of(line.split(" ").map((word) => latin1Slice(word)));
    engine.run(client, () => processRequest(client, args));
    active.push(tracking.active);
  };
  for (const line of ["CLIENT TRACKING ON BCAST", "CLIENT TRACKING OFF"]) call(line);
  assertEquals(active.splice(0), [true, false]);
  for (const line of ["CLIENT TRACKING ON", "GET k", "CLIENT TRACKING OFF", "SET k 1"]) call(line);
  assertEquals(active.splice(0), [true, true, true, false]);
  for (const line of ["CLIENT TRACKING ON", "GET k", "CLIENT TRACKING OFF", "FLUSHALL"]) call(line);
  assertEquals(active.splice(0), [true, true, true, false]);
  // The message to the client itself waits for the end of its reply.
  for (const line of ["CLIENT TRACKING ON", "GET k", "MULTI", "SET k 1"]) call(line);
  for (const line of ["CLIENT TRACKING OFF", "EXEC"]) call(line);
  assertEquals([active.at(-1), tracking.totalKeys], [false, 0]);
  engine.close();
});

Deno.test("A client that stops tracking is still told what it has just changed", async () => {
  await playTogether(`${hello(0)}
    0 CLIENT TRACKING ON;GET k → 0: +OK _
    0 MULTI;SET k 1 → 0: +OK +QUEUED
    0 CLIENT TRACKING OFF → 0: +QUEUED
    0 EXEC → 0: *2 +OK +OK >2 $10 invalidate *1 $1 k
  `);
});

Deno.test("CLIENT TRACKING remembers all keys of a script that reads any", async () => {
  await playTogether(`${hello(0)}
    0 CLIENT TRACKING ON → 0: +OK
    0 EVAL "redis.call('set','k3',1)" 2 k1 k2 → 0: _
    1 MSET k1 1 k2 1 → 1: +OK
    0 EVAL "redis.call('get','k3')" 2 k1 k2 → 0: _
    1 MSET k2 1 k1 1 k3 1 → 0: >2 $10 invalidate *1 $2 k2 >2 $10 invalidate *1 $2 k1 | 1: +OK
    0 EVAL_RO "return 1" 1 k1 → 0: :1
    1 SET k1 1 → 1: +OK
    0 EVAL "redis.call('get','k1') redis.call('set','k1',2) return 5" 1 k1 → 0: :5 >2 $10 invalidate *1 $2 k1
    0 GET k1 → 0: $1 2
  `);
});

Deno.test("CLIENT TRACKING tells of what is evicted before the next command's reply", async () => {
  await using cache = new Cache();
  await playTogether(
    `${hello(0)}
      0 CLIENT TRACKING ON → 0: +OK
      0 SET k1 1 → 0: +OK
      0 GET k1 → 0: $1 1
      0 MULTI → 0: +OK
      0 CONFIG SET maxmemory 1 maxmemory-policy allkeys-random → 0: +QUEUED
      0 EXEC;EXISTS k1 → 0: *1 +OK >2 $10 invalidate *1 $2 k1 :0
      0 CONFIG SET maxmemory 0 → 0: +OK
    `,
    cache,
  );
});
