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
    assertMatch(
      await caller.line(),
      /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on @user_script:1\.$/,
    );
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
  withPeers(async (cache, _clock, connect) => {
    const killed = "ERR Script killed by user with SCRIPT KILL... script: ";
    assertThrows(() => cache.call("EVAL", LOOP, 0), ReplyError, killed);
    const peer = await connect();
    assertEquals(await peer.ask("MULTI"), "+OK");
    assertEquals(await peer.ask(`EVAL "${LOOP}" 0`), "+QUEUED");
    assertEquals(await peer.ask("EXEC"), "*1");
    assertEquals((await peer.line()).slice(1, killed.length + 1), killed);
    assertEquals(cache.call("PING"), "PONG");
  }));

Deno.test("A script that takes too much memory gets an error", () =>
  withPeers((cache) => {
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
    return Promise.resolve();
  }));

Deno.test("MONITOR shows a script before its commands", () =>
  withPeers(async (_cache, _clock, connect) => {
    const [monitor, caller] = [await connect(), await connect()];
    assertEquals(await monitor.ask("MONITOR"), "+OK");
    await caller.ask(`EVAL "return redis.call('set', 'k', 1)" 0`);
    assertMatch(await monitor.line(), /^\+\d+\.\d+ \[0 127.*\] "EVAL" /);
    assertMatch(await monitor.line(), /^\+\d+\.\d+ \[0 lua\] "set" "k" "1"$/);
  }));
