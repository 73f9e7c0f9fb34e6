import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "@nimblecache/server/flags";
import { type Environment, HELP, parseCommandLine } from "./cli.ts";

const DEFAULTS = {
  listen: { hostname: "127.0.0.1", port: 6379 },
  password: { text: "" },
  protectedMode: true,
  snapshot: undefined as string | undefined,
  save: 0,
  appendOnly: undefined as string | undefined,
  appendFsync: "everysec",
  databases: 16,
  maxClients: 10_000,
  maxMemory: 0,
  maxMemoryPolicy: "noeviction",
  enableDebugCommand: false,
  replicaOf: undefined as unknown,
  shutdownTimeout: 10_000,
  logLevel: "info",
  logFormat: "text",
};

function parse(line: string[], environment?: Environment): unknown {
  const command = parseCommandLine(line, environment);
  return command.name === "serve" ? command.config : command.name;
}

Deno.test("parseCommandLine() has the documented defaults", () => {
  assertEquals(parse([]), DEFAULTS);
});

Deno.test("parseCommandLine() takes every flag", () => {
  const cases: [string[], Partial<Record<keyof typeof DEFAULTS, unknown>>][] = [
    [["--port", "7000"], { listen: { hostname: "127.0.0.1", port: 7000 } }],
    [["-p0"], { listen: { hostname: "127.0.0.1", port: 0 } }],
    [["--hostname", "::1"], { listen: { hostname: "::1", port: 6379 } }],
    [["--hostname=0.0.0.0", "-p", "1"], { listen: { hostname: "0.0.0.0", port: 1 } }],
    [["--unix", "/run/x.sock"], { listen: { path: "/run/x.sock" } }],
    [["--password", "secret"], { password: { text: "secret" } }],
    [["--password=--port"], { password: { text: "--port" } }],
    [["--password-file", "secret.txt"], { password: { file: "secret.txt" } }],
    [["--protected-mode", "NO"], { protectedMode: false }],
    [["--protected-mode=yes"], {}],
    [["--snapshot", "dump.rdb"], { snapshot: "dump.rdb" }],
    [["--snapshot=x", "--save", "60"], { snapshot: "x", save: 60 }],
    [["--append-only", "log"], { appendOnly: "log" }],
    [["--append-only=log", "--append-fsync", "Always"], {
      appendOnly: "log",
      appendFsync: "always",
    }],
    [["--databases", "65536"], { databases: 65_536 }],
    [["--max-clients", "1"], { maxClients: 1 }],
    [["--max-memory", "100mb"], { maxMemory: 104_857_600 }],
    [["--max-memory=1000"], { maxMemory: 1000 }],
    [["--max-memory-policy", "allkeys-LFU"], { maxMemoryPolicy: "allkeys-lfu" }],
    [["--enable-debug-command"], { enableDebugCommand: true }],
    [["--replica-of", "host:1"], {
      replicaOf: { hostname: "host", port: 1, username: undefined, password: undefined },
    }],
    [["--replica-of=[::1]:65535", "--master-user=me", "--master-password", "secret"], {
      replicaOf: { hostname: "::1", port: 65_535, username: "me", password: "secret" },
    }],
    [["--shutdown-timeout", "0"], { shutdownTimeout: 0 }],
    [["--log-level", "WARN"], { logLevel: "warn" }],
    [["--log-format", "json"], { logFormat: "json" }],
  ];
  for (const [line, expected] of cases) {
    assertEquals(parse(line), { ...DEFAULTS, ...expected }, line.join(" "));
  }
});

Deno.test("parseCommandLine() takes level and password from the environment, and flags win", () => {
  const environment = { logLevel: "debug", password: "theirs" };
  assertEquals(parse([], environment), {
    ...DEFAULTS,
    logLevel: "debug",
    password: { text: "theirs" },
  });
  assertEquals(parse(["--log-level=error", "--password", "mine"], environment), {
    ...DEFAULTS,
    logLevel: "error",
    password: { text: "mine" },
  });
  assertEquals(parse(["--log-level=error", "--password-file", "f"], environment), {
    ...DEFAULTS,
    logLevel: "error",
    password: { file: "f" },
  });
  assertEquals(parse([], { logLevel: "" }), DEFAULTS);
  const replicaOf = { hostname: "host", port: 1, username: undefined, password: "master's" };
  assertEquals(parse(["--replica-of", "host:1"], { masterPassword: "master's" }), {
    ...DEFAULTS,
    replicaOf,
  });
});

Deno.test("parseCommandLine() says what is wrong and what is accepted", () => {
  const cases: [string[], string, Environment?][] = [
    [["--prot", "80"], 'Unknown argument "--prot": expected --hostname, --port, '],
    [["--port", "65536"], 'Cannot use --port "65536": expected an integer from 0 to 65535'],
    [["--databases", "0"], 'Cannot use --databases "0": expected an integer from 1 to 65536'],
    [["--databases", "65537"], 'Cannot use --databases "65537": '],
    [["--save", "1"], "Cannot use --save without --snapshot: expected the file to save to"],
    [["--append-fsync", "no"], "Cannot use --append-fsync without --append-only: expected the"],
    [
      ["--append-only=x", "--append-fsync=2"],
      'Cannot use --append-fsync "2": expected one of always',
    ],
    [["--snapshot", "x", "--save", "0"], 'Cannot use --save "0": expected an integer from 1'],
    [["--max-clients", "0"], 'Cannot use --max-clients "0": expected an integer from 1 to '],
    [
      ["--max-memory", "1tb"],
      'Cannot use --max-memory "1tb": expected bytes, as 1000, 100mb or 1gb',
    ],
    [["--max-memory", "1\n2"], 'Cannot use --max-memory "1\\n2": expected bytes'],
    [["--max-memory="], 'Cannot use --max-memory "": expected bytes'],
    [
      ["--max-memory-policy", "lru"],
      'Cannot use --max-memory-policy "lru": expected one of volatile',
    ],
    [["--shutdown-timeout", "-1"], "--shutdown-timeout"],
    [["--protected-mode", "maybe"], '"maybe": expected one of yes, no'],
    [["--log-level", "loud"], '"loud": expected one of debug, info, warn, error'],
    [["--log-format", "xml"], '"xml": expected one of text, json'],
    [[], 'Cannot use NIMBLECACHE_LOG "loud": expected one of', { logLevel: "loud" }],
    [["--unix", "x", "--port", "1"], "Cannot use --unix with --hostname or --port: expected one"],
    [["--unix", "x", "--hostname", "h"], "Cannot use --unix with --hostname or --port: "],
    [
      ["--password", "x", "--password-file", "y"],
      "Cannot use --password with --password-file: expected one or the other",
    ],
    [["--password"], "--password"],
    [["--replica-of", "6379"], 'Cannot use --replica-of "6379": expected HOST:PORT'],
    [["--replica-of", "host:0"], 'Cannot use --replica-of "host:0": expected HOST:PORT'],
    [["--replica-of", "host:65536"], "expected HOST:PORT"],
    [["--replica-of", "redis://host:1"], "expected HOST:PORT"],
    [["--replica-of", "me:secret@host:1"], "expected HOST:PORT"],
    [
      ["--replica-of", "host:1", "--master-user", "me"],
      "Cannot use --master-user without --master-",
    ],
    [["--master-user", "me"], "Cannot use --master-user without --replica-of: expected a master"],
    [["--master-password", "x"], "Cannot use --master-password without --replica-of"],
    [["--enable-debug-command=yes"], "--enable-debug-command"],
  ];
  for (const [line, message, environment] of cases) {
    assertThrows(() => parse(line, environment), UsageError, message, line.join(" "));
  }
});

Deno.test("parseCommandLine() is asked for help or version", () => {
  for (const flag of ["--help", "-h"]) assertEquals(parse([flag, "--port", "x"]), "help");
  for (const flag of ["--version", "-V"]) assertEquals(parse([flag]), "version");
});

Deno.test("HELP names every flag", () => {
  const flags = [
    ...["--hostname HOST", "-p, --port PORT", "--unix PATH", "--password TEXT", "--help"],
    ...["--password-file FILE", "--protected-mode yes|no", "--databases N", "--max-clients N"],
    ...["--max-memory BYTES", "--max-memory-policy POLICY"],
    ...["--enable-debug-command", "--shutdown-timeout MS", "--log-level LEVEL", "--version"],
    ...["--log-format FORMAT", "--snapshot FILE", "--save SECONDS"],
    ...["--append-only DIR", "--append-fsync POLICY"],
  ];
  for (const flag of flags) assertStringIncludes(HELP, flag);
});
