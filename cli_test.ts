import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { HELP, parseCommandLine, UsageError } from "./cli.ts";

const DEFAULTS = {
  listen: { hostname: "127.0.0.1", port: 6379 },
  message: "Hello!",
  maxConnections: 10_000,
  maxConnectionsPerHost: undefined,
  linger: 500,
  shutdownTimeout: 10_000,
  logLevel: "info",
  logFormat: "text",
};

function parse(line: string[], environmentLevel?: string) {
  const command = parseCommandLine(line, environmentLevel);
  return command.name === "serve" ? command.config : command.name;
}

Deno.test("parseCommandLine() has the documented defaults", () => {
  assertEquals(parse([]), DEFAULTS as never);
});

Deno.test("parseCommandLine() takes every flag, in every form", () => {
  const cases: [string[], Record<string, unknown>][] = [
    [["--port", "7000"], { listen: { hostname: "127.0.0.1", port: 7000 } }],
    [["--port=0"], { listen: { hostname: "127.0.0.1", port: 0 } }],
    [["-p", "65535"], { listen: { hostname: "127.0.0.1", port: 65535 } }],
    [["-p7000"], { listen: { hostname: "127.0.0.1", port: 7000 } }],
    [["-p=7000"], { listen: { hostname: "127.0.0.1", port: 7000 } }],
    [["--"], {}],
    [["--port=1", "--"], { listen: { hostname: "127.0.0.1", port: 1 } }],
    [["--hostname", "::1"], { listen: { hostname: "::1", port: 6379 } }],
    [["--hostname=0.0.0.0", "-p", "1"], { listen: { hostname: "0.0.0.0", port: 1 } }],
    [["--unix", "/run/x.sock"], { listen: { path: "/run/x.sock" } }],
    [["--message", "Hi there"], { message: "Hi there" }],
    [["--message=-x=y"], { message: "-x=y" }],
    [["--message", "-ERR no"], { message: "-ERR no" }],
    [["--message", "-pretty"], { message: "-pretty" }],
    [["--message=--port"], { message: "--port" }],
    [["--message=--help"], { message: "--help" }],
    [["--message", ""], { message: "" }],
    [["--message="], { message: "" }],
    [["--message", "true"], { message: "true" }],
    [["--message", "42"], { message: "42" }],
    [["--message", "a\\r\\n\\tb\\\\n"], { message: "a\r\n\tb\\n" }],
    [["--max-connections", "1"], { maxConnections: 1 }],
    [["--max-connections-per-host", "3"], { maxConnectionsPerHost: 3 }],
    [["--linger", "0"], { linger: 0 }],
    [["--linger", "2147483647"], { linger: 2147483647 }],
    [["--shutdown-timeout", "0"], { shutdownTimeout: 0 }],
    [["--log-level", "WARN"], { logLevel: "warn" }],
    [["--log-level", "debug"], { logLevel: "debug" }],
    [["--log-format", "json"], { logFormat: "json" }],
  ];
  for (const [line, expected] of cases) {
    assertEquals(parse(line), { ...DEFAULTS, ...expected } as never, line.join(" "));
  }
});

Deno.test("parseCommandLine() takes the level from the environment, and the flag wins", () => {
  assertEquals(parse([], "warn"), { ...DEFAULTS, logLevel: "warn" } as never);
  assertEquals(parse([], ""), DEFAULTS as never);
  assertEquals(
    parse(["--log-level", "error"], "warn"),
    { ...DEFAULTS, logLevel: "error" } as never,
  );
  assertEquals(
    parse(["--log-level", "error"], "loud"),
    { ...DEFAULTS, logLevel: "error" } as never,
  );
});

Deno.test("parseCommandLine() says what was wrong and what is accepted, in one line", () => {
  const cases: [string[], string][] = [
    [["--prot", "80"], 'Unknown argument "--prot": expected --hostname, --port, '],
    [["--prot=80"], 'Unknown argument "--prot=80": '],
    [["--no-port"], 'Unknown argument "--no-port": '],
    [["--port.x", "1"], 'Unknown argument "--port.x": '],
    [["-x"], 'Unknown argument "-x": '],
    [["6380"], 'Unknown argument "6380": '],
    [["--", "6380"], 'Unknown argument "6380": '],
    [["--", "--port", "3"], 'Unknown argument "--port": '],
    [["--", "--help"], 'Unknown argument "--help": '],
    [["--port", "--", "3"], "Cannot use --port without a value: expected --port PORT"],
    [["-x=1"], 'Unknown argument "-x=1": '],
    [["-"], 'Unknown argument "-": '],
    [[""], 'Unknown argument "": '],
    [['C:\\"x"'], 'Unknown argument "C:\\"x"": '],
    [["a\u2028b\x7f"], 'Unknown argument "a\\u2028b\\u007f": '],
    [["--port"], "Cannot use --port without a value: expected --port PORT"],
    [["-p"], "Cannot use -p without a value: expected -p PORT"],
    [["--port="], 'Cannot use --port "": expected an integer'],
    [["--port", ""], 'Cannot use --port "": expected an integer'],
    [["--port", "-1"], 'Cannot use --port "-1": expected an integer'],
    [["--port", "--linger", "1"], "Cannot use --port without a value: expected --port PORT"],
    [["--hostname", "--port", "0"], "Cannot use --hostname without a value: expected --hostname"],
    [["--hostname", "--port=0"], "Cannot use --hostname without a value: expected --hostname"],
    [["--hostname", "--prot", "0"], "Cannot use --hostname without a value: expected --hostname"],
    [["--hostname", "-p", "0"], "Cannot use --hostname without a value: expected --hostname HOST"],
    [["--message", "--hi"], "expected --message TEXT (--message=… if it begins with a hyphen)"],
    [["--port", "1", "--port", "1"], "Cannot use --port twice: expected it once"],
    [["--port", "1", "-p2"], "Cannot use -p twice: expected it once"],
    [["--help=false"], "Cannot use --help=false: expected --help"],
    [["--version="], "Cannot use --version=: expected --version"],
    [["-hx"], "Cannot use -hx: expected -h"],
    [["--hostname="], 'Cannot use --hostname "": expected HOST'],
    [["--unix", ""], 'Cannot use --unix "": expected PATH'],
    [["-p="], 'Cannot use -p "": expected an integer'],
    [["-p", "http"], 'Cannot use -p "http": expected an integer'],
    [["--linger", "1", "--port"], "Cannot use --port without a value"],
    [["a\nb"], 'Unknown argument "a\\nb"'],
    [["--message", "a\\\nb"], "Cannot use \\\\n in --message"],
    [["--message", '\\"'], 'Cannot use \\" in --message: expected \\n, \\r, \\t or \\\\'],
    [["--message", "\\😀"], "Cannot use \\😀 in --message"],
    [["--linger", 'a"b'], 'Cannot use --linger "a"b": expected an integer'],
    [["--unix"], "Cannot use --unix without a value: expected --unix PATH"],
    [["--message"], "Cannot use --message without a value: expected --message TEXT"],
    [["--port", "http"], 'Cannot use --port "http": expected an integer from 0 to 65535'],
    [["--port", "65536"], 'Cannot use --port "65536": expected an integer from 0 to 65535'],
    [["--port=-1"], 'Cannot use --port "-1": expected an integer from 0 to 65535'],
    [["--port", "0x50"], 'Cannot use --port "0x50"'],
    [["--port", "1e3"], 'Cannot use --port "1e3"'],
    [["--port", "80.0"], 'Cannot use --port "80.0"'],
    [["--max-connections", "0"], "expected an integer from 1 to 2147483647"],
    [["--max-connections-per-host", "0"], "expected an integer from 1 to 2147483647"],
    [["--linger", "1s"], 'Cannot use --linger "1s": expected an integer from 0 to 2147483647'],
    [["--shutdown-timeout", "2147483648"], 'Cannot use --shutdown-timeout "2147483648"'],
    [["--message", "a\\q"], "Cannot use \\q in --message: expected \\n, \\r, \\t or \\\\"],
    [["--message", "a\\"], "Cannot use \\ in --message"],
    [["--log-level", "loud"], 'Cannot use --log-level "loud": expected one of debug, info, warn'],
    [["--log-format", "xml"], 'Cannot use --log-format "xml": expected one of text, json'],
    [["--unix", "/x", "--port", "1"], "Cannot use --unix with --hostname or --port"],
    [["--unix", "/x", "--hostname", "::"], "Cannot use --unix with --hostname or --port"],
  ];
  for (const [line, message] of cases) {
    const error = assertThrows(() => parseCommandLine(line), UsageError, message, line.join(" "));
    assertEquals(error.message.split("\n").length, 1);
  }
  assertThrows(
    () => parseCommandLine([], "loud"),
    UsageError,
    'Cannot use NIMBLECACHE_LOG "loud": expected one of debug, info, warn, error',
  );
});

Deno.test("parseCommandLine() prefers help and version to everything else", () => {
  const lines = [["--help"], ["-h"], ["--help", "--port", "x"], ["--nonsense", "-h"], ["-V", "-h"]];
  for (const line of [...lines, ["--message", "--help"], ["--help", "--help"]]) {
    assertEquals(parse(line), "help");
  }
  for (const line of [["--version"], ["-V"], ["-V", "--port", "x"]]) {
    assertEquals(parse(line), "version");
  }
});

Deno.test("HELP has a line for every flag", () => {
  const flags = [
    ...["hostname", "port", "unix", "message", "max-connections", "max-connections-per-host"],
    ...["linger", "shutdown-timeout", "log-level", "log-format", "help", "version"],
  ];
  for (const flag of flags) assertMatch(HELP, new RegExp(`^ .*--${flag} .*\\w`, "m"));
  assertStringIncludes(HELP, "-p, --port PORT");
});
