/**
 * Fills `vendor/` with the `@std` packages, so that the project works where JSR cannot be reached:
 * from JSR if it answers, else from two npm packages that carry builds of the same versions, taken
 * only if their sha512 is the one pinned here. `deno.json` sets `"vendor": true`, so Deno looks in
 * `vendor/` before it asks JSR, and checks what it finds against the integrity values in `deno.lock`.
 *
 * Run by the `setup` task; when the work is done already, it only reads one marker file.
 *
 * @module
 */

/** How long JSR may take, in milliseconds: a network that drops packets does not refuse, it hangs. */
const JSR_TIMEOUT = 30_000;

const VENDOR = "vendor";

interface Archive {
  /** The npm package, with its exact version. */
  name: string;
  sha512: string;
}

const DENO_STD: Archive = {
  name: "deno-std@1.4.0",
  sha512:
    "7c0Y6tyn0Sx0NKiaAeGtDwrpG+C7VFcOStVcYXPnjAuIEonxzVV+n6s8iuFjg6keqzxo/zrPbR/J9EY9BLNsRA==",
};
/** Of this one only the MIT-licensed `@std` files that it bundles are taken. */
const WINDMILL_CLI: Archive = {
  name: "windmill-cli@1.596.0",
  sha512:
    "5aFVNTOEaGyTKyQlyjFI1FAZ8fTIQ2vGSmnqL3FfZuKpKWdqGXh8p9Azdp8N2MkIwyP1vYtOK9nfQk6jr6tRTw==",
};

interface Package {
  version: string;
  /** The range by which its dependents ask for it. */
  range: string;
  /** JSR's integrity value of the version: the sha256 of its metadata, as `deno.lock` holds it. */
  integrity: string;
  archive: Archive;
  /** What of it the project imports, as the end of a specifier; a package of packages has none. */
  entry?: string;
  /** The modules to take; all of the package's by default. */
  modules?: string[];
  /** Declarations of what this project uses, by module, where the archive has none. */
  types?: Record<string, string>;
}

const PACKAGES: Record<string, Package> = {
  assert: {
    version: "1.0.19",
    range: "^1.0.19",
    integrity: "eaada96ee120cb980bc47e040f82814d786fe8162ecc53c91d8df60b8755991e",
    entry: "",
    archive: DENO_STD,
    types: {
      "mod.js": `
type Constructor<E> = abstract new (...args: never[]) => E;
export declare class AssertionError extends Error {}
export declare function assert(expr: unknown, msg?: string): asserts expr;
export declare function assertFalse(expr: unknown, msg?: string): asserts expr is false;
export declare function assertEquals<T>(actual: T, expected: T, msg?: string): void;
export declare function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
export declare function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T;
export declare function assertInstanceOf<E>(actual: unknown, expected: Constructor<E>, msg?: string): asserts actual is E;
export declare function assertMatch(actual: string, expected: RegExp, msg?: string): void;
export declare function assertStringIncludes(actual: string, expected: string, msg?: string): void;
export declare function assertThrows<E extends Error>(fn: () => unknown, errorClass: Constructor<E>, msgIncludes?: string, msg?: string): E;
export declare function assertRejects<E extends Error>(fn: () => PromiseLike<unknown>, errorClass: Constructor<E>, msgIncludes?: string, msg?: string): Promise<E>;
`,
    },
  },
  internal: {
    version: "1.0.14",
    range: "^1.0.12",
    integrity: "291516b3d4c35024d6ffbc0a9df5bf4c64116e05b50012cf846710152d2ffdf7",
    archive: DENO_STD,
  },
  cli: {
    version: "1.0.32",
    range: "^1.0.32",
    integrity: "188b3a100d6202d64e3f5bd3d799c7fa4f6d77f92cc65eb7f641c1fa0aa92a66",
    entry: "/parse-args",
    archive: DENO_STD,
    modules: ["parse_args.js"],
    types: {
      "parse_args.js": `
export interface ParseOptions {
  alias?: Record<string, string | readonly string[]>;
  boolean?: readonly string[];
  string?: readonly string[];
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
export declare function parseArgs(args: string[], options?: ParseOptions): Record<string, unknown> & { _: (string | number)[] };
`,
    },
  },
  log: {
    version: "0.224.14",
    range: "^0.224.14",
    integrity: "257f7adceee3b53bb2bc86c7242e7d1bc59729e57d4981c4a7e5b876c808f05e",
    entry: "",
    archive: WINDMILL_CLI,
  },
  fmt: {
    version: "1.0.8",
    range: "^1.0.5",
    integrity: "71e1fc498787e4434d213647a6e43e794af4fd393ef8f52062246e06f7e372b7",
    archive: WINDMILL_CLI,
  },
  fs: {
    version: "1.0.20",
    range: "^1.0.11",
    integrity: "e953206aae48d46ee65e8783ded459f23bec7dd1f3879512911c35e5484ea187",
    archive: WINDMILL_CLI,
    modules: ["exists.js"],
  },
  io: {
    version: "0.225.2",
    range: "^0.225.2",
    integrity: "3c740cd4ee4c082e6cfc86458f47e2ab7cb353dc6234d5e9b1f91a2de5f4d6c7",
    archive: WINDMILL_CLI,
  },
  bytes: {
    version: "1.0.6",
    range: "^1.0.5",
    integrity: "f6ac6adbd8ccd99314045f5703e23af0a68d7f7e58364b47d2c7f408aeb5820a",
    archive: WINDMILL_CLI,
  },
};

class SetupError extends Error {}

/** Runs a program and returns its standard output; a {@linkcode SetupError} tells how it failed. */
async function run(program: string, args: string[], signal?: AbortSignal): Promise<string> {
  const command = [program, ...args].join(" ");
  let output;
  try {
    output = await new Deno.Command(program, { args, ...(signal && { signal }) }).output();
  } catch (error) {
    throw new SetupError(`${command}: ${error instanceof Error ? error.message : error}`);
  }
  const { success, code, stdout, stderr } = output;
  if (success) return new TextDecoder().decode(stdout);
  const reason = new TextDecoder().decode(stderr).trim().split("\n")[0] || `exit status ${code}`;
  throw new SetupError(`${command}: ${reason}`);
}

/** Has Deno itself fill `vendor/`, which it does where JSR answers. */
async function vendorFromJsr(): Promise<void> {
  const modules = Object.entries(PACKAGES).filter(([, { entry }]) => entry !== undefined)
    .map(([name, { range, entry }]) => `jsr:@std/${name}@${range}${entry}`);
  const signal = AbortSignal.timeout(JSR_TIMEOUT);
  try {
    await run(Deno.execPath(), ["cache", "--quiet", ...modules], signal);
  } catch (error) {
    throw signal.aborted ? new SetupError(`no answer within ${JSR_TIMEOUT / 1000} seconds`) : error;
  }
}

/** Fetches an npm package, checks its sha512 and unpacks it below `directory`; returns where. */
async function unpack({ name, sha512 }: Archive, directory: string): Promise<string> {
  const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";
  const file = `${directory}/` +
    (await run(npm, ["pack", name, "--silent", "--pack-destination", directory])).trim();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", Deno.readFileSync(file)));
  if (digest.toBase64() !== sha512) {
    throw new SetupError(
      `the archive of ${name} has sha512 ${digest.toBase64()}, expected ${sha512}`,
    );
  }
  const target = file.replace(/\.tgz$/, "");
  Deno.mkdirSync(target);
  await run("tar", ["-xzf", file, "-C", target]);
  return `${target}/package`;
}

/** A module's text as JSR would serve it: Deno's own globals, other packages by their specifiers. */
function asOnJsr(text: string): string {
  return text
    .replace(/^import \* as dntShim .*\n/m, "")
    .replaceAll("dntShim.dntGlobalThis", "globalThis")
    .replaceAll("dntShim.", "")
    .replace(
      /"(?:\.\.\/)+(\w+)\/(?:[\d.]+\/)?(\w+)\.js"/g,
      (specifier, name: string, module: string) => {
        const range = PACKAGES[name]?.range;
        return range ? `"jsr:@std/${name}@${range}/${exportName(module)}"` : specifier;
      },
    );
}

function exportName(module: string): string {
  return module.replaceAll("_", "-");
}

/** Lays out one package as Deno expects to find it: its files, and JSR's two files of metadata. */
function layOut(name: string, pkg: Package, from: { js: string; types?: string }, to: string) {
  const directory = `${to}/${name}/${pkg.version}`;
  Deno.mkdirSync(directory, { recursive: true });
  const modules = pkg.modules ??
    [...Deno.readDirSync(from.js)].map((entry) => entry.name).filter((file) =>
      file.endsWith(".js")
    );
  for (const module of modules) {
    const declarations = module.replace(/\.js$/, ".d.ts");
    const types = pkg.types?.[module] ??
      (from.types && Deno.readTextFileSync(`${from.types}/${declarations}`));
    const js = Deno.readTextFileSync(`${from.js}/${module}`);
    if (types) Deno.writeTextFileSync(`${directory}/${declarations}`, asOnJsr(types));
    Deno.writeTextFileSync(
      `${directory}/${module}`,
      (types ? `/* @ts-self-types="./${declarations}" */\n` : "") + asOnJsr(js),
    );
  }
  const exports = Object.fromEntries(
    modules.filter((module) => !module.startsWith("_")).map((module) => [
      module === "mod.js" ? "." : `./${exportName(module.replace(/\.js$/, ""))}`,
      `./${module}`,
    ]),
  );
  Deno.writeTextFileSync(
    `${to}/${name}/meta.json`,
    JSON.stringify({ versions: { [pkg.version]: {} } }),
  );
  Deno.writeTextFileSync(
    `${to}/${name}/${pkg.version}_meta.json`,
    JSON.stringify({ manifest: {}, exports, lockfileChecksum: pkg.integrity }),
  );
}

/** Fills `vendor/` from the two npm packages. */
async function vendorFromNpm(): Promise<void> {
  const temporary = `${VENDOR}/.npm`;
  Deno.mkdirSync(temporary, { recursive: true });
  try {
    const denoStd = await unpack(DENO_STD, temporary);
    const windmill = await unpack(WINDMILL_CLI, temporary);
    // That archive keeps the modules of JSR under the name of JSR's host, as `vendor/` does.
    const host = [...Deno.readDirSync(`${windmill}/esm/deps`)].find((entry) => entry.isDirectory)
      ?.name;
    if (host === undefined) throw new SetupError(`${WINDMILL_CLI.name} holds no modules of JSR`);
    for (const [name, pkg] of Object.entries(PACKAGES)) {
      const below = `deps/${host}/@std/${name}/${pkg.version}`;
      const from = pkg.archive === DENO_STD
        ? { js: `${denoStd}/${name}` }
        : { js: `${windmill}/esm/${below}`, types: `${windmill}/types/${below}` };
      layOut(name, pkg, from, `${VENDOR}/${host}/@std`);
    }
  } finally {
    Deno.removeSync(temporary, { recursive: true });
  }
}

/** Holds the versions, written last: a setup that was interrupted is done again, as are old ones. */
const MARKER = `${VENDOR}/.complete`;

function isComplete(versions: string): boolean {
  try {
    return Deno.readTextFileSync(MARKER) === versions;
  } catch {
    return false;
  }
}

function fail(message: string): never {
  console.error(`Cannot set up @std: ${message}`);
  Deno.exit(1);
}

const message = (error: unknown) => error instanceof Error ? error.message : `${error}`;

const versions = JSON.stringify(PACKAGES, ["version", ...Object.keys(PACKAGES)]);
if (!isComplete(versions)) {
  try {
    Deno.mkdirSync(VENDOR, { recursive: true });
    Deno.writeTextFileSync(MARKER, "incomplete");
  } catch (error) {
    fail(`${VENDOR}/ cannot be written: ${message(error)}`);
  }
  try {
    await vendorFromJsr();
  } catch (jsr) {
    await vendorFromNpm().catch((npm) =>
      fail(`from JSR: ${message(jsr)}; from npm: ${message(npm)}`)
    );
  }
  Deno.writeTextFileSync(MARKER, versions);
}
