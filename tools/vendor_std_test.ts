import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { within } from "../test_util.ts";

const TOOL = `${import.meta.dirname}/vendor_std.ts`;
const VENDOR = `${import.meta.dirname}/../vendor`;

/** The tool reaches for programs by name; these are scripts in their place. */
const ignore = Deno.build.os === "windows";

/** A project in an empty folder, with the programs given before those of `path`. */
function makeProject(programs: Record<string, string> = {}, path = "") {
  const directory = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${directory}/deno.json`, '{ "vendor": true }');
  Deno.writeTextFileSync(
    `${directory}/main.ts`,
    'import { getLogger } from "jsr:@std/log@^0.224.14/get-logger";\n' +
      "console.log(getLogger.name);\n",
  );
  Deno.mkdirSync(`${directory}/bin`);
  for (const [name, script] of Object.entries(programs)) {
    Deno.writeTextFileSync(`${directory}/bin/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const run = async (args: string[], env: Record<string, string>) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: directory,
      env: {
        PATH: `${directory}/bin:${path}`,
        DENO_DIR: `${directory}/cache`,
        NO_COLOR: "1",
        ...env,
      },
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  };
  return {
    directory,
    run,
    setUp: (jsr: string, ...flags: string[]) =>
      run(["run", "--allow-read", "--allow-write=vendor", "--allow-run", ...flags, TOOL], {
        JSR_URL: jsr,
      }),
    [Symbol.dispose]: () => Deno.removeSync(directory, { recursive: true }),
  };
}

/** Keeps the made-up programs out of the report on coverage. */
const UNCOVERED = { DENO_COVERAGE_DIR: "" };

/** Nobody listens there, so it is refused at once, as where JSR cannot be reached. */
const UNREACHABLE = "http://127.0.0.1:1/";

Deno.test("vendor_std.ts says in one line that npm is missing too", { ignore }, async () => {
  using project = makeProject();
  const { code, stderr } = await project.setUp(UNREACHABLE);
  assertEquals(code, 1);
  assertEquals(stderr.trimEnd().split("\n").length, 1);
  assertStringIncludes(
    stderr,
    "; from npm: npm pack deno-std@1.4.0",
  );
});

Deno.test(
  "vendor_std.ts says in one line that npm does not answer either",
  { ignore },
  async () => {
    using project = makeProject({
      npm: 'echo "npm error code ENOTFOUND\nnpm error …" >&2; exit 1',
    });
    const { code, stderr } = await project.setUp(UNREACHABLE);
    assertEquals(code, 1);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
    assertStringIncludes(stderr, "npm pack deno-std@1.4.0");
    assertStringIncludes(stderr, "npm error code ENOTFOUND");
  },
);

Deno.test("vendor_std.ts says in one line that it may not write", { ignore }, async () => {
  using project = makeProject({ npm: "touch called" });
  // A file in the directory's place: permissions and read-only mounts do not stop every user.
  Deno.writeTextFileSync(`${project.directory}/vendor`, "");
  const { code, stderr } = await project.setUp(UNREACHABLE);
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot set up @std: vendor\/ cannot be written: [^\n]+\n$/);
  assertFalse([...Deno.readDirSync(project.directory)].some(({ name }) => name === "called"));
});

Deno.test("vendor_std.ts waits 30 seconds for a JSR that hangs", { ignore }, async () => {
  using project = makeProject({ npm: 'echo "npm error code ENOTFOUND" >&2; exit 1' });
  // It accepts, and never answers.
  using jsr = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const preload = "data:text/javascript," + encodeURIComponent(
    "const { timeout } = AbortSignal;" +
      "AbortSignal.timeout = (ms) => timeout(ms === 30_000 ? 500 : 86_400_000);",
  );
  const { code, stderr } = await within(
    project.setUp(`http://127.0.0.1:${jsr.addr.port}/`, `--preload=${preload}`),
  );
  assertEquals(code, 1);
  assertEquals(stderr.trimEnd().split("\n").length, 1);
  assertStringIncludes(stderr, "from JSR: no answer within 30 seconds; from npm: npm pack");
});

Deno.test("vendor_std.ts takes no archive with another sha512", { ignore }, async () => {
  using project = makeProject({ npm: 'echo other >"$5/other.tgz"; echo other.tgz' });
  const { code, stderr } = await project.setUp(UNREACHABLE);
  assertEquals(code, 1);
  assertEquals(stderr.trimEnd().split("\n").length, 1);
  assertStringIncludes(stderr, "the archive of deno-std@1.4.0 has sha512 ");
  assertStringIncludes(stderr, ", expected 7c0Y6tyn0Sx0NKia");
  // Nothing of it is left, and the next run starts anew.
  const left = [...Deno.readDirSync(`${project.directory}/vendor`)].map(({ name }) => name);
  assertEquals(left, [".complete"]);
  assertEquals((await project.setUp(UNREACHABLE)).code, 1);
});

/** Serves what is in `vendor/` as JSR does, with checksums. */
function serveJsr(): { url: string; requests: string[]; [Symbol.asyncDispose](): Promise<void> } {
  const requests: string[] = [];
  const host = [...Deno.readDirSync(VENDOR)].find(({ isDirectory }) => isDirectory)?.name;
  const root = `${VENDOR}/${host}`;
  const sha256 = async (data: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
  const metadata = async (name: string, version: string) => {
    const { exports } = JSON.parse(
      Deno.readTextFileSync(`${root}/@std/${name}/${version}_meta.json`),
    );
    const manifest: Record<string, unknown> = {};
    for (const { name: file } of Deno.readDirSync(`${root}/@std/${name}/${version}`)) {
      const data = Deno.readFileSync(`${root}/@std/${name}/${version}/${file}`);
      manifest[`/${file}`] = { size: data.length, checksum: `sha256-${await sha256(data)}` };
    }
    return Response.json({ exports, manifest });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(pathname);
    const version = /^\/@std\/(\w+)\/([\d.]+)_meta\.json$/.exec(pathname);
    try {
      if (version?.[1] && version[2]) return metadata(version[1], version[2]);
      return new Response(Deno.readFileSync(`${root}${pathname}`));
    } catch {
      return new Response(null, { status: 404 });
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test(
  "vendor_std.ts takes @std from JSR where it answers, and only once",
  { ignore },
  async () => {
    using project = makeProject({ npm: 'touch "$(dirname "$0")/called"; exit 1' });
    await using jsr = serveJsr();
    assertEquals(await project.setUp(jsr.url), { code: 0, stdout: "", stderr: "" });
    assert(jsr.requests.includes("/@std/log/meta.json"));
    assertFalse(
      [...Deno.readDirSync(`${project.directory}/bin`)].some(({ name }) => name === "called"),
    );
    const requests = jsr.requests.length;
    // Done, it neither asks nor runs nor writes anything.
    assertEquals((await project.run(["run", "--no-prompt", "--allow-read", TOOL], {})).code, 0);
    assertEquals(jsr.requests.length, requests);
    // What it filled is enough to run on.
    await jsr[Symbol.asyncDispose]();
    const { code, stdout } = await project.run(["run", "main.ts"], {
      JSR_URL: jsr.url,
      ...UNCOVERED,
    });
    assertEquals({ code, stdout }, { code: 0, stdout: "getLogger\n" });
  },
);

/** The files below a directory, by path. */
function filesIn(directory: string, below = ""): [string, string][] {
  return [...Deno.readDirSync(`${directory}${below}`)].flatMap(({ name, isDirectory }) => {
    const path = `${below}/${name}`;
    if (isDirectory) return filesIn(directory, path);
    return [[path, Deno.readTextFileSync(`${directory}${path}`)]] as [string, string][];
  }).sort();
}

Deno.test("vendor_std.ts takes @std from npm where JSR does not answer", { ignore }, async () => {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", 'echo "$PATH"; command -v npm'] })
    .output();
  const [path, npm] = new TextDecoder().decode(stdout).split("\n");
  // From the cache of npm where the project itself was set up so.
  using project = makeProject({ npm: `exec ${npm} "$@" --prefer-offline` }, path);
  const { code, stderr } = await project.setUp(UNREACHABLE);
  if (/npm error/.test(stderr)) return console.log(`Skipped: ${stderr.trimEnd()}`);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const run = await project.run(["run", "--check", "main.ts"], UNCOVERED);
  assertEquals(run.stdout, "getLogger\n");
  const files = filesIn(`${project.directory}/vendor`);
  assertEquals(files.length, new Map(files).size);
  for (const [file, text] of files) {
    // Nothing points outside of what JSR would serve.
    assertFalse(/dntShim|dntGlobalThis|from "(\.\.\/){2}/.test(text), file);
  }
  assertEquals(files.filter(([file]) => file.endsWith("/meta.json")).length, 8);
});
