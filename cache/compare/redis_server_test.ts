import { assertEquals, assertThrows } from "@std/assert";
import { Configuration } from "./redis_server.ts";

Deno.test("Configuration turns what the suite writes into flags and settings", () => {
  const configuration = new Configuration(
    `# A comment
notify-keyspace-events KEA
port 21111
timeout 0
bind 127.0.0.1 -::1
save 900 1
save 60 1000
dbfilename a.rdb
requirepass "\\x66oo \\"bar\\""
databases 9
enable-debug-command local
client-output-buffer-limit normal 1mb 0 0
appendonly yes
appendfsync always
user alice on nopass +@all`,
    ["--timeout", "3", "--bla", "--value", "--maxmemory 10mb", "--save", "7", "8"],
  );
  assertEquals(configuration.flags, [
    "--hostname=127.0.0.1",
    "--port=21111",
    `--snapshot=${Deno.cwd()}/a.rdb`,
    "--shutdown-timeout=0",
    `--append-only=${Deno.cwd()}/appendonlydir`,
    '--password=foo "bar"',
    "--databases=9",
    "--enable-debug-command",
  ]);
  assertEquals(configuration.settings, [
    ["save", "900 1 60 1000 7 8"],
    ["notify-keyspace-events", "KEA"],
    ["timeout", "3"],
    ["client-output-buffer-limit", "normal 1mb 0 0"],
    ["appendfsync", "always"],
    ["bla", "--value"],
    ["maxmemory", "10mb"],
  ]);
  assertEquals(configuration.users, [["alice", "on", "nopass", "+@all"]]);
});

Deno.test("Configuration has Redis' defaults, and each user once", () => {
  const { flags, settings } = new Configuration("");
  assertEquals(flags.slice(0, 2), ["--hostname=0.0.0.0", "--port=6379"]);
  assertEquals(settings, [["save", "3600 1 300 100 60 10000"]]);
  assertEquals(new Configuration("", ["--save", "--port", "1"]).settings, [["save", ""]]);
  assertThrows(() => new Configuration("user a on\nuser a off"), Error, "Duplicate user");
});
