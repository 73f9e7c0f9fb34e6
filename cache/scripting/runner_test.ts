import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError } from "../protocol/value.ts";

const BUSY_EVAL =
  "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const BUSY_FUNCTION = BUSY_EVAL.replace("SCRIPT", "FUNCTION");

/** A connection that gets replies of one line. */
class Peer implements Disposable {
  readonly #conn: Deno.Conn;
  #text = "";
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async send(...lines: string[]): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join("")));
  }

  async line(): Promise<string> {
    const buffer = new Uint8Array(4096);
    while (!this.#text.includes("\r\n")) {
      const length = await this.#conn.read(buffer);
      assert(length !== null);
      this.#text += new TextDecoder().decode(buffer.subarray(0, length));
    }
    const end = this.#text.indexOf("\r\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return line;
  }

  async ask(line: string): Promise<string> {
    await this.send(line);
    return await this.line();
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.#conn.close();
    this.#closed = true;
  }
}

/** A cache that finds each script too long, and connections to it. */
async function withPeers(
  test: (cache: Cache, clock: ManualClock, connect: () => Promise<Peer>) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock(1_000_000);
  await using cache = new Cache({ clock });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  cache.call("CONFIG", "SET", "lua-time-limit", 1);
  assertEquals(
    cache.call("CONFIG", "GET", "busy-reply-threshold"),
    new Map([["busy-reply-threshold", "1"]]),
  );
  using peers = new DisposableStack();
  await test(cache, clock, async () => peers.use(new Peer(await Deno.connect({ port }))));
}

/** Asks until a script is past its time. */
async function untilBusy(peer: Peer): Promise<string> {
  for (;;) {
    const reply = await peer.ask("GET x");
    if (reply !== "$-1") return reply;
  }
}

const KILLED = "ERR Script killed by user with SCRIPT KILL... script: ";
const KILLED_LINE =
  /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on @user_script:1\.$/;

const LOOP = "while true do end";
/** Ends when the clock has been moved. */
const WAIT = "repeat until redis.call('time')[1] ~= '1000'";

Deno.test("A script past its time lets others be told so, and end it", () =>
  withPeers(async (cache, _clock, connect) => {
    const [caller, other] = [await connect(), await connect()];
    await caller.send(`EVAL "${LOOP}" 0`, "PING");
    assertEquals(await untilBusy(other), BUSY_EVAL);
    assertThrows(() => cache.call("PING"), ReplyError, BUSY_EVAL.slice(1));
    assertEquals(await other.ask("FUNCTION KILL"), BUSY_EVAL);
    assertEquals(await other.ask("FUNCTION STATS"), BUSY_EVAL);
    assertEquals(await other.ask("SHUTDOWN"), BUSY_EVAL);
    // A transaction that was begun fails as a whole.
    assertEquals(await other.ask("MULTI"), "+OK");
    assertEquals(await other.ask("SET x 1"), BUSY_EVAL);
    assertEquals(
      await other.ask("EXEC"),
      `-EXECABORT Transaction discarded because of: ${BUSY_EVAL.slice(1)}`,
    );
    assertEquals(await other.ask("SCRIPT KILL"), "+OK");
    assertMatch(await caller.line(), KILLED_LINE);
    // What the caller has sent meanwhile is executed then.
    assertEquals(await caller.line(), "+PONG");
    assertEquals(await other.ask("SCRIPT KILL"), "-NOTBUSY No scripts in execution right now.");
    assertEquals(await other.ask("PING"), "+PONG");
  }));

Deno.test("A script cannot catch that it is killed", () =>
  withPeers(async (_cache, _clock, connect) => {
    const [caller, other] = [await connect(), await connect()];
    await caller.send(
      `EVAL "while true do pcall(function() ${LOOP} end) coroutine.wrap(function() ${LOOP} end)() end" 0`,
    );
    await untilBusy(other);
    assertEquals(await other.ask("SCRIPT KILL"), "+OK");
    assertMatch(await caller.line(), /^-ERR Script killed by user/);
  }));

Deno.test("A script that has written cannot be killed, and goes on to its end", () =>
  withPeers(async (cache, clock, connect) => {
    const [caller, other, waiting] = [await connect(), await connect(), await connect()];
    await waiting.send("BLPOP list 0");
    await cache.until((stats) => stats.blockedClients === 1);
    cache.call("SET", "old", "1", "PX", 500);
    await caller.send(
      `EVAL "redis.call('rpush', 'list', 'x') ${WAIT} return redis.call('get', 'old')" 0`,
    );
    assertEquals(await untilBusy(other), BUSY_EVAL);
    assertMatch(await other.ask("SCRIPT KILL"), /^-UNKILLABLE Sorry the script already executed/);
    clock.advance(1000);
    // To the script no time has gone by.
    assertEquals(await caller.line(), "$1");
    assertEquals(await caller.line(), "1");
    // Who waited for what it has added is served after it.
    assertEquals(await waiting.line(), "*2");
    await cache.until((stats) => stats.expiredKeys === 1);
    assertEquals(cache.call("EXISTS", "list", "old"), 0);
  }));

Deno.test("A function past its time is ended by FUNCTION KILL, and FUNCTION STATS tells of it", () =>
  withPeers(async (cache, _clock, connect) => {
    const [caller, other] = [await connect(), await connect()];
    cache.call(
      "FUNCTION",
      "LOAD",
      `#!lua name=lib\nredis.register_function('f', function() ${LOOP} end)`,
    );
    await caller.send("FCALL f 0 argument");
    assertEquals(await untilBusy(other), BUSY_FUNCTION);
    assertEquals(await other.ask("SCRIPT KILL"), BUSY_FUNCTION);
    await other.send("FUNCTION STATS");
    const lines = [];
    for (let i = 0; i < 24; i++) lines.push(await other.line());
    assertEquals(
      lines.filter((line) => !/^[*$:]/.test(line)),
      [
        "running_script",
        "name",
        "f",
        "command",
        "FCALL",
        "f",
        "0",
        "argument",
        "duration_ms",
        "engines",
      ],
    );
    for (let i = 0; i < 10; i++) await other.line();
    assertEquals(await other.ask("FUNCTION KILL"), "+OK");
    assertMatch(
      await caller.line(),
      /^-ERR Script killed by user.* script: f, on @user_function:2\.$/,
    );
  }));

Deno.test("A script past its time goes on when its caller has left", () =>
  withPeers(async (cache, clock, connect) => {
    const other = await connect();
    {
      using caller = await connect();
      await caller.send(`EVAL "redis.call('set', 'a', 1) ${WAIT} redis.call('set', 'b', 2)" 0`);
      await untilBusy(other);
    }
    assertEquals(await other.ask("GET b"), BUSY_EVAL);
    clock.advance(1000);
    while (await other.ask("GET b") === BUSY_EVAL);
    assertEquals(cache.call("MGET", "a", "b"), ["1", "2"]);
  }));

Deno.test("A script past its time is left as it is when the cache is closed", () =>
  withPeers(async (cache, _clock, connect) => {
    const [caller, other] = [await connect(), await connect()];
    await caller.send(`EVAL "${LOOP}" 0`);
    await untilBusy(other);
    await cache.close();
  }));

Deno.test("A script that nobody could end has an end of its own", () =>
  withPeers((cache) => {
    assertThrows(() => cache.call("EVAL", LOOP, 0), ReplyError, KILLED);
    cache.call("MULTI");
    cache.call("EVAL", LOOP, 0);
    const [error] = cache.call("EXEC") as unknown[];
    assert(error instanceof ReplyError && error.message.startsWith(KILLED));
    assertEquals(cache.call("PING"), "PONG");
    return Promise.resolve();
  }));

Deno.test("EXEC waits for a script past its time, which others may end, and goes on after it", () =>
  withPeers(async (cache, clock, connect) => {
    const [caller, other, waiting, monitor] = await Promise.all([1, 2, 3, 4].map(connect));
    assert(caller && other && waiting && monitor);
    await waiting.send("BLPOP list 0");
    await cache.until((stats) => stats.blockedClients === 1);
    assertEquals(await monitor.ask("MONITOR"), "+OK");
    cache.call("SET", "old", "1", "PX", 500);
    await caller.send(
      "PING",
      "MULTI",
      "RPUSH list a",
      `EVAL "${LOOP}" 0`,
      "SUBSCRIBE c",
      `EVAL "redis.call('rpush', 'list', 'b') ${WAIT} redis.call('publish', 'c', 'm') return 2" 0`,
      "BLPOP none 0",
      "EXISTS old",
      "EXEC",
      "PING",
    );
    assertEquals(await untilBusy(other), BUSY_EVAL);
    // Others see no more of it than that.
    assertEquals(await other.ask("EXISTS list"), BUSY_EVAL);
    assertThrows(() => cache.call("PING"), ReplyError, BUSY_EVAL.slice(1));
    // The script itself has not written.
    assertEquals(await other.ask("SCRIPT KILL"), "+OK");
    assertEquals(await untilBusy(other), BUSY_EVAL);
    while (!(await other.ask("SCRIPT KILL")).startsWith("-UNKILLABLE"));
    clock.advance(1000);
    const lines = [];
    for (let i = 0; i < 10; i++) lines.push(await caller.line());
    assertEquals(lines, ["+PONG", "+OK", ...Array(6).fill("+QUEUED"), "*6", ":1"]);
    assertMatch(await caller.line(), KILLED_LINE);
    // What was subscribed to and published amid it, and for which no time has gone by.
    const rest = [];
    for (let i = 0; i < 17; i++) rest.push(await caller.line());
    assertEquals(
      rest,
      [
        ...["*3", "$9", "subscribe", "$1", "c", ":1"],
        ...["*3", "$7", "message", "$1", "c", "$1", "m", ":2", "*-1", ":1"],
        "*2",
      ],
    );
    assertEquals(await waiting.line(), "*2");
    await cache.until((stats) => stats.expiredKeys === 1);
    const shown: string[] = [];
    while (!shown.at(-1)?.includes('"EXEC"')) shown.push(await monitor.line());
    assertEquals(
      shown.map((line) => /"(\w+)"/.exec(line)?.[1]?.toLowerCase()).filter((name) =>
        ["rpush", "eval", "blpop", "exists", "exec"].includes(name ?? "")
      ),
      ["rpush", "eval", "eval", "rpush", "blpop", "exists", "exec"],
    );
  }));

Deno.test("EXEC replies nothing to who wants no reply, though a script in it was past its time", () =>
  withPeers(async (_cache, clock, connect) => {
    const [caller, other] = [await connect(), await connect()];
    await caller.send("CLIENT REPLY OFF", "MULTI", "PING", `EVAL "${WAIT}" 0`, "PING", "EXEC");
    await untilBusy(other);
    clock.advance(1000);
    assertEquals(await caller.ask("CLIENT REPLY ON"), "+OK");
    assertEquals(await caller.ask("PING"), "+PONG");
  }));

Deno.test("EXEC goes on after a script past its time when its caller has left", () =>
  withPeers(async (cache, clock, connect) => {
    const other = await connect();
    {
      using caller = await connect();
      await caller.send("MULTI", "SET a 1", `EVAL "${WAIT}" 0`, "SET b 2", "SUBSCRIBE c", "EXEC");
      await untilBusy(other);
    }
    assertEquals(await other.ask("GET b"), BUSY_EVAL);
    await cache.until((stats) => stats.clients === 1);
    clock.advance(1000);
    while (await other.ask("GET b") === BUSY_EVAL);
    assertEquals(cache.call("MGET", "a", "b"), ["1", "2"]);
    assertEquals(cache.call("PUBSUB", "CHANNELS"), []);
  }));

Deno.test("SLOWLOG has a script past its time once, and the rest of its transaction too", () =>
  withPeers(async (cache, clock, connect) => {
    const [caller, other] = [await connect(), await connect()];
    const logged = () => {
      const entries = cache.call("SLOWLOG", "GET", -1) as [number, number, number, string[]][];
      return entries.map(([, , , [name]]) => name);
    };
    await caller.send(`EVAL "${WAIT}" 0`, "BZPOPMIN z 0");
    await untilBusy(other);
    clock.advance(1000);
    await cache.until((stats) => stats.blockedClients === 1);
    cache.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
    cache.call("SLOWLOG", "RESET");
    cache.call("ZADD", "z", 1, "a");
    assertEquals(await caller.line(), "$-1");
    assertEquals(await caller.line(), "*3");
    assertEquals(logged(), ["ZADD", "SLOWLOG"]);
    const wait = WAIT.replace("1000", "1001");
    await caller.send("MULTI", `EVAL "${wait}" 0`, "KEYS none", "EXEC", "ECHO end");
    await untilBusy(other);
    clock.advance(1000);
    while (await caller.line() !== "end");
    const names = logged();
    assertEquals(names.slice(0, names.indexOf("EVAL") + 1), ["ECHO", "KEYS", "EVAL"]);
  }));

Deno.test("A script that takes too much memory gets an error", async () => {
  await using cache = new Cache();
  const text = "local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1e6) .. i end";
  assertThrows(() => cache.call("EVAL", text, 0), ReplyError, "not enough memory");
  const large = "local s, t = string.rep('x', 2e7), {} for i = 1, 4 do t[i] = s end return t";
  assertThrows(() => cache.call("EVAL", large, 0), ReplyError, "ERR the reply of the script");
  cache.call("SET", "text", "x".repeat(1e4));
  const read = `
      local before, t = collectgarbage("count"), {}
      for i = 1, 100 do t[i] = redis.call("get", "text") end
      return collectgarbage("count") - before`;
  assert(Number(cache.call("EVAL", read, 0)) >= 1e6 / 1024);
  assertEquals(cache.call("EVAL", "return 1", 0), 1);
});

Deno.test("MONITOR shows a script before its commands", () =>
  withPeers(async (_cache, _clock, connect) => {
    const [monitor, caller] = [await connect(), await connect()];
    assertEquals(await monitor.ask("MONITOR"), "+OK");
    await caller.ask(`EVAL "return redis.call('set', 'k', 1)" 0`);
    assertMatch(await monitor.line(), /^\+\d+\.\d+ \[0 127.*\] "EVAL" /);
    assertMatch(await monitor.line(), /^\+\d+\.\d+ \[0 lua\] "set" "k" "1"$/);
  }));
