import { assert, assertEquals } from "@std/assert";
import * as mod from "./mod.ts";
import { within } from "./test_util.ts";

const ROOT = import.meta.dirname ?? ".";

Deno.test("mod.ts exports the server, the way to start it, and the default handler", () => {
  assertEquals(Object.keys(mod).sort(), ["Server", "greet", "serve"]);
});

Deno.test("mod.ts can be imported where there is no Deno", async () => {
  const code = `
    const { exit } = Deno;
    delete globalThis.Deno;
    const { greet, serve, Server } = await import(${JSON.stringify(`${ROOT}/mod.ts`)});
    greet();
    exit([serve, Server].every((value) => typeof value === "function") ? 0 : 1);
  `;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", `--config=${ROOT}/deno.json`, code],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});

/** A project elsewhere that imports the package by its name on JSR, as a user's would. */
function makeConsumer(): string {
  const directory = Deno.makeTempDirSync();
  const copy = (from: string, to: string) => {
    Deno.mkdirSync(to);
    for (const entry of Deno.readDirSync(from)) {
      if (entry.isDirectory) copy(`${from}/${entry.name}`, `${to}/${entry.name}`);
      else Deno.copyFileSync(`${from}/${entry.name}`, `${to}/${entry.name}`);
    }
  };
  copy(`${ROOT}/vendor`, `${directory}/vendor`);
  Deno.writeTextFileSync(
    `${directory}/deno.json`,
    JSON.stringify({ vendor: true, links: [ROOT] }),
  );
  return directory;
}

Deno.test("mod.ts serves a project that imports jsr:@nimblecache/server", async () => {
  const directory = makeConsumer();
  const readme = Deno.readTextFileSync(`${ROOT}/README.md`);
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);
  assert(examples.length > 0);
  for (const [i, code] of examples.entries()) {
    assert(code.includes('from "jsr:@nimblecache/server"'));
    Deno.writeTextFileSync(`${directory}/example_${i}.ts`, code);
    const { success, stderr } = await within(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--check", "--no-prompt", "--allow-net", `example_${i}.ts`],
        cwd: directory,
        env: { DENO_COVERAGE_DIR: "" },
      }).output(),
      60_000,
    );
    assert(success, new TextDecoder().decode(stderr));
  }
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("mod.ts is beside an executable, jsr:@nimblecache/server/main", async () => {
  const directory = makeConsumer();
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "jsr:@nimblecache/server/main", "--version"],
    cwd: directory,
  }).output();
  assert(success);
  assertEquals(new TextDecoder().decode(stdout).split(" ")[0], "nimblecache");
  Deno.removeSync(directory, { recursive: true });
});
