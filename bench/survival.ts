/**
 * Survival: what ends a server, or costs a client its greeting, for each of the ways to write one.
 * Every case starts the server anew. It prints the table of `docs/benchmarks.md`, and with `--write`
 * puts it there. `deno task survival`.
 *
 * Loopback only, Linux only (it reads `/proc`).
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Child, connectAndReset } from "../test_util.ts";
import { rejectAllBut } from "./figures.ts";
import { BARE, deno, describeMachine, findPeers, NODE_NET, NODE_NET_NODE, OURS } from "./peers.ts";
import { Progress } from "./progress.ts";
import { publish } from "./publish.ts";
import { table } from "./report.ts";

const CLIENTS = 100;

/** For the case of the descriptor limit: more clients than the server has descriptors. */
const BURST = { clients: 400, descriptors: 60 };

/** How long a client waits for its greeting, in milliseconds. */
const PATIENCE = 10_000;

/** How long after the greeting a silent client's connection may be held, in milliseconds. */
const SILENCE = 3000;

const megabytes = new Uint8Array(3_000_000);

interface Peer {
  name: string;
  command: string[];
  /** What a client must send before it is answered. */
  request: (length: number) => string;
}

const http = (length: number) =>
  `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`;
const nothing = () => "";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function writeAll(conn: Deno.Conn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) sent += await conn.write(data.subarray(sent));
}

/** Reads until the greeting has come, whatever is around it. */
async function isGreeted(conn: Deno.Conn): Promise<boolean> {
  const impatience = setTimeout(() => conn[Symbol.dispose](), PATIENCE);
  const buffer = new Uint8Array(1024);
  let text = "";
  try {
    while (!text.includes("Hello!")) {
      const length = await conn.read(buffer);
      if (length === null) return false;
      text += new TextDecoder().decode(buffer.subarray(0, length));
    }
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(impatience);
  }
}

async function greeted(port: number, { request }: Peer, body?: Uint8Array): Promise<boolean> {
  try {
    using conn = await Deno.connect({ port });
    await writeAll(conn, new TextEncoder().encode(request(body?.length ?? 0)));
    if (body) await writeAll(conn, body);
    return await isGreeted(conn);
  } catch {
    return false;
  }
}

type Case = (port: number, peer: Peer, child: Child) => Promise<string>;

/** Clients that connect and reset, one after the other; does the server live? */
const resets: Case = async (port, peer, child) => {
  for (let i = 1; i <= CLIENTS; i++) {
    await connectAndReset(port);
    await pause(5);
    if (!child.alive) return `dead after ${i}`;
  }
  return await greeted(port, peer) ? "lives" : "deaf";
};

/** Clients that send 3 MB before they read; how many get the greeting? */
const senders: Case = async (port, peer) => {
  let count = 0;
  for (let i = 0; i < CLIENTS; i++) if (await greeted(port, peer, megabytes)) count++;
  return `${count} of ${CLIENTS}`;
};

/** More clients at once than descriptors; how many get the greeting, and does the next one? */
const burst: Case = async (port, peer, child) => {
  const conns: Deno.Conn[] = [];
  const results = await Promise.all(Array.from({ length: BURST.clients }, async () => {
    try {
      const conn = await Deno.connect({ port });
      conns.push(conn);
      await writeAll(conn, new TextEncoder().encode(peer.request(0)));
      return await isGreeted(conn);
    } catch {
      return false;
    }
  }));
  for (const conn of conns) conn[Symbol.dispose]();
  await pause(1000);
  const next = child.alive ? await greeted(port, peer) ? "goes on" : "deaf" : "dead";
  return `${results.filter(Boolean).length} of ${BURST.clients}, ${next}`;
};

/** Clients that read the greeting and never close; how many does the server still hold? */
const silent: Case = async (port, peer, child) => {
  const sockets = () =>
    [...Deno.readDirSync(`/proc/${child.pid}/fd`)].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/${child.pid}/fd/${name}`).startsWith("socket:");
      } catch {
        return false;
      }
    }).length;
  // The first connection has the runtime open some of its own.
  await greeted(port, peer);
  await pause(1000);
  const before = sockets();
  const conns = await Promise.all(Array.from({ length: CLIENTS }, () => Deno.connect({ port })));
  await Promise.all(conns.map(async (conn) => {
    await writeAll(conn, new TextEncoder().encode(peer.request(0)));
    await isGreeted(conn);
  }));
  await pause(SILENCE);
  const held = sockets() - before;
  for (const conn of conns) conn[Symbol.dispose]();
  return `${held} of ${CLIENTS}`;
};

const CASES: [string, Case, descriptors?: number][] = [
  [`${CLIENTS} clients connect and reset`, resets],
  [`${CLIENTS} send 3 MB before they read: greeted`, senders],
  [
    `${BURST.clients} at once, ${BURST.descriptors} descriptors: greeted within ${
      PATIENCE / 1000
    } s`,
    burst,
    BURST.descriptors,
  ],
  [`${CLIENTS} never close: held after ${SILENCE / 1000} s`, silent],
];

const { write } = parseArgs(Deno.args, { boolean: ["write"], unknown: rejectAllBut("--write") });
const progress = new Progress("survival", 60);
const found = await findPeers((line) => progress.say(line));
const peers: Peer[] = [BARE, NODE_NET, NODE_NET_NODE, OURS]
  .map((name) => ({ name, command: found[name] ?? [], request: nothing }))
  .filter(({ command }) => command.length > 0);
peers.splice(1, 0, { name: "`Deno.serve`", command: deno("peers/deno_serve.ts"), request: http });

const rows: string[][] = [];
for (const [title, run, descriptors] of CASES) {
  const row = [title];
  for (const peer of peers) {
    progress.show(`${title}, ${peer.name}`);
    await using child = new Child([], {
      command: peer.command,
      ...(descriptors && { before: `ulimit -n ${descriptors}` }),
    });
    row.push(await run(await child.ready(), peer, child));
  }
  rows.push(row);
}
progress.end();
const names = peers.map(({ name }) => name === OURS ? `**${name}**` : name);
publish(
  "survival",
  `${await describeMachine()}.\n\n${table(["", ...names], rows)}`,
  Boolean(write),
);
