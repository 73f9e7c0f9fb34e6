import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Command } from "../cache/commands/command.ts";
import { commandsPage, main } from "./commands_table.ts";

const run = () => {};
const row = { arity: 2, flags: "", since: "1.0.0", summary: "Does a|b", run };

Deno.test("commandsPage() tells which commands there are, and which there are not", () => {
  const config = { ...row, subcommands: { get: row, extra: { ...row, since: "8.0.0" } } };
  const { run: _, ...holder } = config;
  const page = commandsPage([
    new Command("get", "string", row),
    new Command("config", "server", holder),
  ]);
  for (
    const line of [
      "| [Strings](#strings) | 1 | 22 |",
      "| `GET` | Does a\\|b | 1.0.0 |",
      "| `CONFIG GET` | Does a\\|b | 1.0.0 |",
      "| `CONFIG EXTRA` | Does a\\|b | 8.0.0 |",
      "Not here: `DISCARD`, `EXEC`, `MULTI`, `UNWATCH`, `WATCH`.",
    ]
  ) assertStringIncludes(page, `\n${line}\n`);
  assertStringIncludes(page, "`CONFIG SET`, ");
  assertStringIncludes(page, "`APPEND`, ");
  for (const absent of ["| `CONFIG` |", "`ACL LIST`", "Not here: `GET`", "`GET`, "]) {
    assert(!page.includes(absent), absent);
  }
});

Deno.test("commandsPage() throws when a command is of no group of Redis'", () => {
  const command = new Command("get", "strings", row);
  assertThrows(() => commandsPage([command]), Error, "get is of the unknown group strings");
});

Deno.test("main() --check fails when the page is missing or another", () => {
  const file = Deno.makeTempFileSync();
  const printed: unknown[] = [];
  const { error } = console;
  console.error = (...args) => printed.push(...args);
  try {
    assertEquals(main(["--check"], file), 1);
    assertEquals(Deno.readTextFileSync(file), "");
    Deno.removeSync(file);
    assertEquals(main(["--check"], file), 1);
    assertEquals(printed.length, 2);
    assertEquals(main([], file), 0);
    assertEquals(main(["--check"], file), 0);
    assertEquals(printed.length, 2);
  } finally {
    console.error = error;
    Deno.removeSync(file);
  }
});
