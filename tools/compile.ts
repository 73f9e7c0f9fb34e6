/**
 * Compiles the executables, with `--allow-net` baked in: `main.ts` into `./nimblecache`,
 * `cache/main.ts` into `./nimblecache-cache`. `--output-dir DIRECTORY` puts them elsewhere; further
 * arguments go to `deno compile`, as `--target`.
 *
 * An executable starts from `denort`, Deno without its tools, which `deno` downloads. Where it cannot,
 * this says so in one line; set `DENORT_BIN` to a copy.
 *
 * @module
 */

const EXECUTABLES = { "nimblecache": "main.ts", "nimblecache-cache": "cache/main.ts" };

const [option, value, ...others] = Deno.args;
const [directory, args] = option === "--output-dir" ? [value, others] : [".", Deno.args];

for (const [name, program] of Object.entries(EXECUTABLES)) {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--allow-net", "--no-prompt", "--output", `${directory}/${name}`],
      ...args,
      program,
    ],
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr).trimEnd();
  const reason = text.match(/^ +\d+: (.*denort.*)$/m)?.[1];
  if (success || reason === undefined) {
    console.error(text);
  } else {
    console.error(
      `Cannot compile: ${reason}; set DENORT_BIN to the path of denort ${Deno.version.deno}`,
    );
  }
  if (!success) Deno.exit(1);
}
