import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const TOOL = `${import.meta.dirname}/compile.ts`;
const ROOT = `${import.meta.dirname}/..`;
const SUFFIX = Deno.build.os === "windows" ? ".exe" : "";

async function compile(directory: string, env: Record<string, string>, clearEnv = false) {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-run", TOOL, "--output-dir", directory],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    clearEnv,
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** Starts an executable, asks it and gives its answer. */
async function ask(executable: string, request: string): Promise<string> {
  const child = new Deno.Command(executable, {
    args: ["--port", "0"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await reader.read()).value?.split(":").at(-1));
  const client = await Deno.connect({ port });
  await client.write(new TextEncoder().encode(request));
  const answer = await new Response(client.readable).text();
  child.kill();
  await child.status;
  await reader.cancel();
  return answer;
}

Deno.test("compile.ts embeds all of the programs", async () => {
  const directory = Deno.makeTempDirSync();
  // `deno` itself stands in for `denort`: such a file starts as plain `deno`, so it is not run.
  const { code, stderr } = await compile(directory, { DENORT_BIN: Deno.execPath() });
  assertEquals(code, 0, stderr);
  for (const module of ["main.ts", "server.ts", "deno.json", "engine.ts"]) {
    assertStringIncludes(stderr, module);
  }
  for (const name of ["nimblecache", "nimblecache-cache"]) {
    const { size } = Deno.statSync(`${directory}/${name}${SUFFIX}`);
    assert(size > Deno.statSync(Deno.execPath()).size);
  }
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("compile.ts says in one line that denort cannot be had", async () => {
  const directory = Deno.makeTempDirSync();
  const env = { DENO_DIR: directory, HTTPS_PROXY: "http://127.0.0.1:1" };
  const { code, stderr } = await compile(directory, env, true);
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^Cannot compile: [^\n]*denort[^\n]*; set DENORT_BIN to the path of denort \S+\n$/,
  );
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("compile.ts makes executables that answer", async () => {
  const directory = Deno.makeTempDirSync();
  const { code, stderr } = await compile(directory, {});
  if (stderr.includes("set DENORT_BIN")) {
    console.log("Skipped: denort is not at hand");
  } else {
    assertEquals(code, 0, stderr);
    assertEquals(await ask(`${directory}/nimblecache${SUFFIX}`, ""), "Hello!");
    const answer = await ask(`${directory}/nimblecache-cache${SUFFIX}`, "PING\r\nQUIT\r\n");
    assertEquals(answer, "+PONG\r\n+OK\r\n");
  }
  Deno.removeSync(directory, { recursive: true });
});
