/**
 * Stands in for `redis-server` where Redis' own test suite starts one: what a configuration file says
 * becomes flags of the executable, and then `CONFIG SET` and `ACL SETUSER`. What this cache has not is
 * passed over, with a line in the log.
 *
 * ```sh
 * redis-server FILE [--DIRECTIVE VALUE...]
 * ```
 *
 * @module
 */

import { main } from "../main.ts";
import { splitWords as split } from "../protocol/request.ts";
import { Client } from "./resp.ts";

/** The words of a line, which may stand in quotes. */
const splitWords = (line: string): string[] => split(line) ?? [];

/** The lines of a configuration file that arguments stand for. */
function linesOf(args: readonly string[]): string[][] {
  const lines: string[][] = [];
  for (const arg of args) {
    const last = lines.at(-1);
    // Right after a directive's name, a value may begin like one.
    if (arg.startsWith("--") && (last === undefined || last.length > 1 || last[0] === "save")) {
      lines.push(splitWords(arg.slice(2)));
    } else if (last === undefined) {
      lines.push([arg]);
    } else {
      last.push(arg);
    }
  }
  return lines;
}

/** Directives whose lines add to each other. */
const ADDING = ["save", "client-output-buffer-limit"];

/** What a configuration says: each directive's arguments. */
export class Configuration {
  readonly #directives = new Map<string, string[]>();
  /** The users, each a name and its rules. */
  readonly users: string[][] = [];

  /**
   * @param text What the file says.
   * @param args What follows the file's name, which counts as more lines of it.
   */
  constructor(text: string, args: readonly string[] = []) {
    const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
    for (const [given = "", ...values] of [...lines.map(splitWords), ...linesOf(args)]) {
      const name = given.toLowerCase();
      if (name === "user") {
        if (this.users.some(([user]) => user === values[0])) {
          throw new Error("Duplicate user found. A user can only be defined once in config files");
        }
        this.users.push(values);
      } else if (ADDING.includes(name) && values.join("") !== "") {
        this.#directives.set(name, [...this.#directives.get(name) ?? [], ...values]);
      } else {
        this.#directives.set(name, values);
      }
    }
  }

  /** What a directive says, if it is there. */
  get(name: string): string | undefined {
    return this.#directives.get(name)?.join(" ");
  }

  /** The port, Redis' own where none is given. */
  get port(): number {
    return Number(this.get("port") ?? 6379);
  }

  /** The first address to listen on; all of the machine's where none is given, as in Redis. */
  get hostname(): string {
    const [first = "*"] = (this.get("bind") ?? "*").split(" ");
    return first === "*" ? "0.0.0.0" : first.replace(/^-/, "");
  }

  /** The file of the snapshot, in the working directory. */
  get snapshot(): string {
    return `${Deno.cwd()}/${this.get("dbfilename") ?? "dump.rdb"}`;
  }

  /** The flags that stand for what cannot be set later. */
  get flags(): string[] {
    const flags = [
      `--hostname=${this.hostname}`,
      `--port=${this.port}`,
      `--snapshot=${this.snapshot}`,
      // The suite leaves connections open.
      "--shutdown-timeout=0",
    ];
    if (this.get("appendonly") === "yes") {
      flags.push(`--append-only=${Deno.cwd()}/${this.get("appenddirname") ?? "appendonlydir"}`);
    }
    const password = this.get("requirepass");
    if (password) flags.push(`--password=${password}`);
    const databases = this.get("databases");
    if (databases) flags.push(`--databases=${databases}`);
    if ((this.get("enable-debug-command") ?? "no") !== "no") flags.push("--enable-debug-command");
    return flags;
  }

  /** What is set by `CONFIG SET`: name and value. */
  get settings(): [name: string, value: string][] {
    return Object.entries({
      save: ["3600 1 300 100 60 10000"],
      ...Object.fromEntries(this.#directives),
    })
      .filter(([name]) => !AT_THE_START.has(name)).map((
        [name, values],
      ) => [name, values.join(" ")]);
  }
}

/**
 * Directives that flags and other commands stand for, and those that mean nothing to a server in the
 * suite's hands.
 */
const AT_THE_START = new Set([
  "port",
  "bind",
  "dir",
  "dbfilename",
  "requirepass",
  "databases",
  "appendonly",
  "appenddirname",
  "replicaof",
  "slaveof",
  "enable-debug-command",
  "enable-protected-configs",
  "enable-module-command",
  "always-show-logo",
  "daemonize",
  "pidfile",
  "logfile",
  "unixsocket",
  "propagation-error-behavior",
]);

/** Connects as soon as the server listens; undefined if it has ended. */
async function connect(port: number, ended: Promise<unknown>): Promise<Client | undefined> {
  let over = false;
  ended.then(() => over = true);
  while (!over) {
    try {
      return await Client.connect(port);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function isTaken(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse;
  }
}

/** Whether there is such a file. */
function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Sets what can only be set once the server runs. */
async function configure(client: Client, configuration: Configuration): Promise<void> {
  const call = async (...words: string[]) => {
    const { kind, value } = await client.call(...words);
    if (kind === "-") console.log(`${words.slice(0, 3).join(" ")}: ${value}`);
  };
  const password = configuration.get("requirepass");
  if (password) await call("AUTH", password);
  const { settings, snapshot, users } = configuration;
  for (const [name, value] of settings) await call("CONFIG", "SET", name, value);
  // What was loaded before is loaded again with the sizes of packed collections that were asked for.
  if (settings.some(([name]) => /-max-(listpack|ziplist|intset)-/.test(name)) && exists(snapshot)) {
    await call("DEBUG", "RELOAD", "NOSAVE");
  }
  const master = configuration.get("replicaof") ?? configuration.get("slaveof");
  if (master) await call("REPLICAOF", ...master.split(" "));
  for (const [name = "", ...rules] of users) await call("ACL", "SETUSER", name, "reset", ...rules);
}

/** Runs the server; returns its exit status. */
async function run([file = "", ...args]: string[]): Promise<number> {
  let configuration: Configuration;
  try {
    configuration = file.startsWith("--")
      ? new Configuration("", [file, ...args])
      : new Configuration(Deno.readTextFileSync(file), args);
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const { hostname, port } = configuration;
  if (isTaken(hostname, port)) {
    console.log(`Failed listening on port ${port}`);
    return 1;
  }
  const directory = configuration.get("dir");
  if (directory !== undefined) Deno.chdir(directory);
  const status = main(configuration.flags);
  const client = await connect(port, status);
  if (client !== undefined) {
    await configure(client, configuration);
    client[Symbol.dispose]();
  }
  // The suite waits for these lines: for the first one also if the server cannot start.
  console.log(` PID: ${Deno.pid}`);
  if (client !== undefined) console.log("Ready to accept connections");
  return await status;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
