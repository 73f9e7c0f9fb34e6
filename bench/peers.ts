/**
 * The servers that are measured, all doing the same: write `Hello!` and close. What a peer needs and
 * the machine does not have is said, and the peer left out.
 *
 * @module
 */

import { Child } from "../test_util.ts";
import { local } from "./figures.ts";

export const BARE = "bare loop";
export const BARE_DRAIN = "bare loop, drain";
export const NODE_NET = "`node:net`, Deno";
export const NODE_NET_NODE = "`node:net`, Node";
export const OURS = "this server";
export const OURS_DROP = "this server, `--linger 0`";
export const TOKIO = "tokio, drop";
export const TOKIO_DRAIN = "tokio, drain";

const SERVER_CORE = "0";
const LOAD_CORE = "1";

/** A program of this project, as a command line. */
export const deno = (file: string, ...args: string[]) => [
  ...[Deno.execPath(), "run", "--quiet", "--allow-net", local(file)],
  ...args,
];

async function output(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The program, where Debian has its crates and there is a cargo; else nothing. */
async function buildTokio(): Promise<string | undefined> {
  const manifest = (await output("dpkg", "-L", "librust-tokio-dev"))?.split("\n")
    .find((file) => /\/tokio-[^/]*\/Cargo\.toml$/.test(file));
  const crates = manifest?.replace(/\/[^/]*\/Cargo\.toml$/, "");
  const target = Deno.makeTempDirSync();
  const built = crates && await output(
    "cargo",
    ...["build", "--release", "--offline", "--target-dir", target],
    ...["--manifest-path", local("peers/tokio/Cargo.toml")],
    ...["--config", 'source.crates-io.replace-with="debian"'],
    ...["--config", `source.debian.directory="${crates}"`],
  );
  return built === undefined ? undefined : `${target}/release/peer`;
}

/** Finds the peers. `say` is told of those that are left out. */
export async function findPeers(say: (line: string) => void): Promise<Record<string, string[]>> {
  const peers: Record<string, string[]> = {
    [BARE]: deno("peers/bare_loop.ts"),
    [BARE_DRAIN]: deno("peers/bare_loop.ts", "drain"),
    [NODE_NET]: deno("peers/node_net.mjs"),
    [OURS]: deno("../main.ts", "--port", "0"),
    [OURS_DROP]: deno("../main.ts", "--port", "0", "--linger", "0"),
  };
  if (await output("node", "--version")) {
    peers[NODE_NET_NODE] = ["node", local("peers/node_net.mjs")];
  } else {
    say("Without node:net on Node: there is no node");
  }
  const tokio = await buildTokio();
  if (tokio) {
    peers[TOKIO] = [tokio];
    peers[TOKIO_DRAIN] = [tokio, "drain"];
  } else {
    say("Without tokio: there is no cargo or no librust-tokio-dev, or the build failed");
  }
  if (!pinned) say("Not pinned: there is no taskset");
  return peers;
}

const pinned = await output("taskset", "--version") !== undefined;

function onCore(core: string, command: string[]): string[] {
  return pinned ? ["taskset", "-c", core, ...command] : command;
}

/** A server's command line, on its core. */
export const onServerCore = (command: string[]) => onCore(SERVER_CORE, command);

/** A command line of the load, on its core. */
export const onLoadCore = (command: string[]) => onCore(LOAD_CORE, command);

/** A server that runs, on its core. */
export interface Server {
  child: Child;
  port: number;
}

export async function start(command: string[]): Promise<Server> {
  const child = new Child([], { command: onServerCore(command) });
  return { child, port: await child.ready() };
}

/** What the figures were measured on, in a line. */
export async function describeMachine(): Promise<string> {
  const cpu = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1];
  const node = await output("node", "--version");
  const tokio = await output(
    "dpkg-query",
    "--show",
    "--showformat=${Version}",
    "librust-tokio-dev",
  );
  const cargo = await output("cargo", "--version");
  return [
    cpu?.replace(/\s+/g, " "),
    `${navigator.hardwareConcurrency} cores`,
    `Linux ${Deno.osRelease()}`,
    `Deno ${Deno.version.deno}`,
    node && `Node ${node.slice(1)}`,
    tokio && `tokio ${tokio.replace(/-.*/, "")}`,
    cargo?.replace(/ \(.*/, ""),
  ].filter(Boolean).join(", ");
}
