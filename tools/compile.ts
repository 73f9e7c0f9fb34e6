/**
 * Compiles `main.ts` into one executable, with `--allow-net` baked in. Further arguments go to
 * `deno compile`: `--output`, `--target`.
 *
 * An executable starts from `denort`, Deno without its tools, which `deno` downloads. Where it cannot,
 * this says so in one line; set `DENORT_BIN` to a copy.
 *
 * @module
 */

const { success, stderr } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["compile", "--allow-net", "--no-prompt", "--output", "nimblecache"],
    ...Deno.args,
    "main.ts",
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
