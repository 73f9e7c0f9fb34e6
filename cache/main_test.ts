import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Child, type ChildOptions, connect, readAll } from "../test_util.ts";
import denoJson from "./deno.json" with { type: "json" };

const unix = Deno.build.os !== "windows";

/** The executable, with so many flags of `deno run` before it. */
function start(
  args: string[],
  permissions: string[] = ["--allow-net"],
  options: ChildOptions = {},
): Child {
  const run = [
    "run",
    "--no-prompt",
    "--no-check",
    ...permissions,
    import.meta.resolve("./main.ts"),
  ];
  return new Child(args, { ...options, command: [Deno.execPath(), ...run] });
}

async function ask(addr: Deno.Addr, requests: string): Promise<string> {
  const conn = await connect(addr);
  await conn.write(new TextEncoder().encode(requests));
  return await readAll(conn);
}

const local = (port: number): Deno.Addr => ({ transport: "tcp", hostname: "127.0.0.1", port });

Deno.test("main.ts of the cache serves with --allow-net alone, and stops with 0 on SIGTERM", async () => {
  await using child = start(["--port", "0", "--databases", "2", "--enable-debug-command"]);
  const port = await child.ready();
  assertEquals(
    await ask(local(port), "SET a 1\r\nGET a\r\nDEBUG PAUSE-CRON 0\r\nSELECT 2\r\nQUIT\r\n"),
    "+OK\r\n$1\r\n1\r\n+OK\r\n-ERR DB index is out of range\r\n+OK\r\n",
  );
  if (!unix) return;
  const { code, stderr } = await child.stop();
  assertEquals(code, 0);
  assertMatch(
    stderr,
    /INFO listening addr=127\.0\.0\.1:\d+\n.*INFO shutting down signal=SIGTERM\n.*INFO stopped accepted=1 /,
  );
});

Deno.test("main.ts of the cache ends with 0 on SHUTDOWN", { ignore: !unix }, async () => {
  await using child = start(["--port", "0"]);
  assertEquals(await ask(local(await child.ready()), "SHUTDOWN\r\n"), "");
  assertEquals((await child.end()).code, 0);
});

Deno.test("main.ts of the cache prints help and version without any permission", async () => {
  for (
    const [flag, pattern] of [["-h", /^A Redis-compatible cache/], ["-V", /^nimblecache-/]] as const
  ) {
    await using child = start([flag], []);
    const text = await child.read();
    assertMatch(text, pattern);
    if (flag === "-V") assertEquals(text, `nimblecache-cache ${denoJson.version}\n`);
    assertEquals((await child.end()).code, 0);
  }
});

Deno.test("main.ts of the cache exits with 2 and one line on a bad flag", async () => {
  await using child = start(["--prot", "1"]);
  const { code, stderr } = await child.end();
  assertEquals(code, 2);
  assertMatch(stderr, /^Unknown argument "--prot": expected [^\n]*\n$/);
});

Deno.test("main.ts of the cache exits with 1 and one line where it cannot listen", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using child = start(["--port", `${(taken.addr as Deno.NetAddr).port}`]);
  const { code, stderr } = await child.end();
  assertEquals(code, 1);
  assertMatch(stderr, /^\S+ ERROR Cannot listen on 127\.0\.0\.1:\d+: address already in use\n$/);
});

Deno.test("main.ts of the cache takes the password from a file or the environment", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "from file\r\nsecond line\n");
    const env = { NIMBLECACHE_PASSWORD: "from env" };
    const allowed = ["--allow-net", "--allow-read", "--allow-env=NIMBLECACHE_PASSWORD"];
    const cases: [string[], string[], string][] = [
      [["--password-file", file], allowed, '"from file"'],
      [[], allowed, '"from env"'],
      [["--password", "typed"], allowed, "typed"],
    ];
    for (const [args, permissions, password] of cases) {
      await using child = start(["--port", "0", ...args], permissions, { env });
      assertEquals(
        await ask(local(await child.ready()), `PING\r\nAUTH ${password}\r\nPING\r\nQUIT\r\n`),
        "-NOAUTH Authentication required.\r\n+OK\r\n+PONG\r\n+OK\r\n",
      );
    }
    // What may not be read is not asked for.
    await using child = start(["--port", "0"], ["--allow-net"], { env });
    assertEquals(await ask(local(await child.ready()), "PING\r\nQUIT\r\n"), "+PONG\r\n+OK\r\n");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("main.ts of the cache exits with 1 where it cannot read the password", async () => {
  const file = await Deno.makeTempFile();
  try {
    for (
      const [path, permission, reason] of [
        [file, "--allow-read", `the first line of ${file} is empty`],
        [`${file}.none`, "--allow-read", "No such file"],
        [file, "--deny-read", "Requires read access"],
      ] as const
    ) {
      if (!unix && reason === "No such file") continue;
      await using child = start(["-p0", "--password-file", path], ["--allow-net", permission]);
      const { code, stderr } = await child.end();
      assertEquals(code, 1);
      assertMatch(stderr, /^\S+ ERROR Cannot read the password: [^\n]*\n$/);
      assertStringIncludes(stderr, reason);
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("main.ts of the cache listens on a Unix socket", { ignore: !unix }, async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/cache.sock`;
    const permissions = ["--allow-net", "--allow-read", "--allow-write"];
    await using child = start(["--unix", path], permissions);
    assertEquals(await child.read(), `Listening on unix:${path}\n`);
    assertEquals(await ask({ transport: "unix", path }, "PING\r\nQUIT\r\n"), "+PONG\r\n+OK\r\n");
    assertEquals((await child.stop()).code, 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

const FILES = ["--allow-net", "--allow-read", "--allow-write"];

Deno.test(
  "main.ts of the cache keeps a snapshot from one run to the next",
  { ignore: !unix },
  async () => {
    const directory = await Deno.makeTempDir();
    const args = ["--port", "0", "--snapshot", `${directory}/dump.rdb`];
    try {
      for (
        const [requests, replies] of [["INCR a", ":1"], ["INCR a", ":2"], ["GET a", "$1\r\n2"]]
      ) {
        await using child = start(args, FILES);
        const port = local(await child.ready());
        assertEquals(await ask(port, `${requests}\r\nQUIT\r\n`), `${replies}\r\n+OK\r\n`);
        assertEquals((await child.stop()).code, 0);
      }
      assertEquals(Array.from(Deno.readDirSync(directory), ({ name }) => name), ["dump.rdb"]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

Deno.test("main.ts of the cache exits with 1 where it cannot load or save its snapshot", {
  ignore: !unix,
}, async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "REDIS0010 and so on");
    const damaged = start(["--port", "0", "--snapshot", file], FILES);
    const { code, stderr } = await damaged.end();
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^\S+ ERROR Cannot load the snapshot \S+: The data ends too early at byte \d+\n$/,
    );
    assertEquals(await Deno.readTextFile(file), "REDIS0010 and so on");
    await Deno.remove(file);
    await using child = start(["-p0", "--snapshot", file], ["--allow-net", "--allow-read"]);
    await ask(local(await child.ready()), "SET a 1\r\nQUIT\r\n");
    const stopped = await child.stop();
    assertEquals(stopped.code, 1);
    assertStringIncludes(stopped.stderr, `ERROR Cannot save the snapshot ${file}: Requires write`);
  } finally {
    await Deno.remove(file).catch(() => {});
  }
});

/** Sends requests on a connection of its own, and returns the replies as lines. */
async function replies(port: number, ...requests: string[]): Promise<string[]> {
  const text = await ask(local(port), [...requests, "QUIT"].map((line) => `${line}\r\n`).join(""));
  return text.split("\r\n").slice(0, -2);
}

Deno.test("main.ts of the cache keeps the old snapshot when the disk is full, and says so", {
  ignore: !unix,
}, async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/dump.rdb`;
  const args = ["--port", "0", "--snapshot", path, "--save", "3600", "--enable-debug-command"];
  try {
    {
      await using child = start(args, FILES);
      await replies(await child.ready(), "SET a old");
      assertEquals((await child.stop()).code, 0);
    }
    const old = await Deno.readFile(path);
    // No file may become as large as this one would. A write past that fails as on a full disk.
    const before = "trap '' XFSZ; ulimit -f 100";
    await using child = start(args, FILES, { before });
    const port = await child.ready();
    await replies(port, "SET b 1", "DEBUG POPULATE 20000 k 20", "BGSAVE");
    while (!(await replies(port, "INFO persistence")).includes("rdb_bgsave_in_progress:0"));
    const info = await replies(port, "INFO persistence");
    assertEquals(info.find((line) => /status:/.test(line)), "rdb_last_bgsave_status:err");
    assertMatch(info.join("\n"), /rdb_last_bgsave_error:File too large/);
    const [read, written, saved = ""] = await replies(port, "EXISTS a", "SET a new", "SAVE");
    assertEquals(read, ":1");
    assertMatch(`${written}`, /^-MISCONF /);
    assertMatch(saved, /^-ERR File too large/);
    const { code, stderr } = await child.stop();
    assertEquals(code, 1);
    assertEquals(
      stderr.match(/ERROR Cannot save the snapshot \S+: File too large/g)?.length,
      3,
      stderr,
    );
    assertEquals(Array.from(Deno.readDirSync(directory), ({ name }) => name), ["dump.rdb"]);
    assertEquals(await Deno.readFile(path), old);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("main.ts of the cache goes on when the directory of its snapshot vanishes, and says so", {
  ignore: !unix,
}, async () => {
  const directory = await Deno.makeTempDir();
  const args = ["--port", "0", "--snapshot", `${directory}/dump.rdb`, "--save", "3600"];
  await using child = start(args, FILES);
  const port = await child.ready();
  await replies(port, "SET a 1");
  await Deno.remove(directory, { recursive: true });
  const [begun, got, written = "", saved] = await replies(
    port,
    "BGSAVE",
    "EXISTS a",
    "SET a 2",
    "SAVE",
  );
  assertEquals([begun, got, saved?.slice(0, 8)], ["+Background saving started", ":1", "-ERR No "]);
  assertMatch(written, /^-MISCONF /);
  // It is there again, as a disk that is mounted anew.
  await Deno.mkdir(directory);
  assertEquals(await replies(port, "SAVE", "SET a 2"), ["+OK", "+OK"]);
  await Deno.remove(directory, { recursive: true });
  const { code, stderr } = await child.stop();
  assertEquals(code, 1);
  assertEquals(
    stderr.match(/ERROR Cannot save the snapshot \S+: No such file/g)?.length,
    3,
    stderr,
  );
});

Deno.test("main.ts of the cache leaves a whole snapshot when it is killed amid writing one", {
  ignore: !unix,
}, async () => {
  const directory = await Deno.makeTempDir();
  const args = ["--port", "0", "--enable-debug-command", "--snapshot", `${directory}/dump.rdb`];
  let last = 0;
  try {
    for (let round = 1; round <= 4; round++) {
      await using child = start(args, FILES);
      const port = local(await child.ready());
      const conn = await connect(port);
      const send = (text: string) => conn.write(new TextEncoder().encode(text));
      await send("GET round\r\n");
      const buffer = new Uint8Array(1024);
      const reply = new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
      const found = reply === "$-1\r\n" ? 0 : Number(reply.split("\r\n")[1]);
      // The one before, or the one that was being written.
      assertEquals(found === last || found === round - 1, true);
      last = found;
      await send(`DEBUG POPULATE 30000 ${round}\r\nSET round ${round}\r\nBGSAVE\r\n`);
      for (let text = ""; !text.includes("started");) {
        text += new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
      }
      await new Promise((resolve) => setTimeout(resolve, 20 * (round - 1)));
      child.kill("SIGKILL");
      await child.end();
      conn.close();
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("main.ts of the cache exits with 1 where its append-only file is damaged", {
  ignore: !unix,
}, async () => {
  const directory = await Deno.makeTempDir();
  const args = ["--port", "0", "--append-only", directory];
  const name = "appendonly.aof.1.incr.aof";
  try {
    await Deno.writeTextFile(`${directory}/appendonly.aof.manifest`, `file ${name} seq 1 type i\n`);
    await Deno.writeTextFile(`${directory}/${name}`, "SET a 1\r\n");
    await using damaged = start(args, FILES);
    const { code, stderr } = await damaged.end();
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^\S+ ERROR Cannot load the append-only file \S+: \S+: Expected "\*" and not the byte 83 at byte 0\n$/,
    );
    assertEquals(await Deno.readTextFile(`${directory}/${name}`), "SET a 1\r\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("main.ts of the cache keeps what it has replied where a file may not grow", {
  ignore: !unix,
}, async () => {
  const directory = await Deno.makeTempDir();
  const args = ["--port", "0", "--append-only", `${directory}/log`, "--append-fsync", "always"];
  const value = "x".repeat(60_000);
  let replied = 0;
  try {
    {
      // In blocks of 512 bytes. The signal would end the process.
      await using child = start(args, FILES, { before: "trap '' XFSZ; ulimit -f 8000" });
      const port = local(await child.ready());
      for (let reply = "+OK\r\n"; reply.startsWith("+OK\r\n"); replied++) {
        reply = await ask(port, `APPEND n y\r\nSET k${replied} ${value}\r\nQUIT\r\n`)
          .then((text) => text.replace(/^:\d+\r\n/, ""), () => "");
      }
      replied--;
      assertStringIncludes(
        await ask(port, `SET b 1\r\nPING\r\nSTRLEN k0\r\nQUIT\r\n`),
        "-MISCONF Errors writing to the AOF file: File too large\r\n".repeat(2) + ":60000\r\n",
      );
      child.kill("SIGKILL");
      assertStringIncludes(
        (await child.end()).stderr,
        "ERROR Cannot write the append-only file in ",
      );
    }
    await using child = start(args, FILES);
    const port = local(await child.ready());
    assertEquals(await ask(port, "DBSIZE\r\nQUIT\r\n"), `:${replied + 1}\r\n+OK\r\n`);
    assertEquals(replied > 10, true);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
