import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const TOOL = `${import.meta.dirname}/compile.ts`;
const ROOT = `${import.meta.dirname}/..`;

async function compile(output: string, env: Record<string, string>, clearEnv = false) {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-run", TOOL, "--output", output],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    clearEnv,
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("compile.ts embeds all of the program", async () => {
  const directory = Deno.makeTempDirSync();
  const output = `${directory}/nimblecache${Deno.build.os === "windows" ? ".exe" : ""}`;
  // `deno` itself stands in for `denort`: such a file starts as plain `deno`, so it is not run.
  const { code, stderr } = await compile(output, { DENORT_BIN: Deno.execPath() });
  assertEquals(code, 0, stderr);
  for (const module of ["main.ts", "server.ts", "deno.json"]) assertStringIncludes(stderr, module);
  assert(Deno.statSync(output).size > Deno.statSync(Deno.execPath()).size);
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("compile.ts says in one line that denort cannot be had", async () => {
  const directory = Deno.makeTempDirSync();
  const env = { DENO_DIR: directory, HTTPS_PROXY: "http://127.0.0.1:1" };
  const { code, stderr } = await compile(`${directory}/nimblecache`, env, true);
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^Cannot compile: [^\n]*denort[^\n]*; set DENORT_BIN to the path of denort \S+\n$/,
  );
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("compile.ts makes an executable that greets", async () => {
  const directory = Deno.makeTempDirSync();
  const output = `${directory}/nimblecache${Deno.build.os === "windows" ? ".exe" : ""}`;
  const { code, stderr } = await compile(output, {});
  if (stderr.includes("set DENORT_BIN")) {
    console.log("Skipped: denort is not at hand");
  } else {
    assertEquals(code, 0, stderr);
    const child = new Deno.Command(output, { args: ["--port", "0"], stdout: "piped" }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const port = Number((await reader.read()).value?.split(":").at(-1));
    const client = await Deno.connect({ port });
    assertEquals(await new Response(client.readable).text(), "Hello!");
    child.kill();
    await child.status;
    await reader.cancel();
  }
  Deno.removeSync(directory, { recursive: true });
});
