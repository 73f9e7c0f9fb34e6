/**
 * Kills servers while they write snapshots: what is there then must be an old one or a new one, whole,
 * and of one moment.
 *
 * @module
 */

import { Client } from "../../compare/resp.ts";
import { pause, Server } from "../../compare/server.ts";

/** Keys of a snapshot, which takes some tenths of a second to write. */
const KEYS = 50_000;
/** When the server is killed at the latest, in milliseconds after it has begun. */
const MAX_DELAY = 1500;

/** Writes all keys anew in one command, with the number of this generation of them. */
async function write(client: Client, generation: number): Promise<void> {
  const pairs = Array.from({ length: KEYS }, (_, i) => [`key:${i}`, `${generation}`]);
  await client.call("MSET", ...pairs.flat());
}

/** Repeats something until the server is gone. */
async function repeat(port: number, act: (client: Client, round: number) => Promise<unknown>) {
  try {
    using client = await Client.connect(port);
    for (let round = 1;; round++) await act(client, round);
  } catch {
    // It was killed.
  }
}

/**
 * Has a server write one snapshot, and kills it at a random moment while the next are written.
 *
 * @param subject The shell command that starts it.
 * @param bySaving Whether `--save` asks for them, not `BGSAVE`.
 * @returns Whether what is there then is the first, or a later one.
 * @throws {Error} If it is neither, or not whole.
 */
export async function kill(subject: string, bySaving: boolean): Promise<"old" | "new"> {
  const directory = Deno.makeTempDirSync({ prefix: "kill-" });
  const command = `${subject} --snapshot '${directory}/dump.rdb'`;
  try {
    {
      await using server = await Server.start(`${command}${bySaving ? " --save 1" : ""}`);
      {
        using client = await Client.connect(server.port);
        await write(client, 0);
        await client.call("SAVE");
      }
      const writing = repeat(server.port, write);
      const saving = repeat(server.port, async (client) => {
        await client.call(bySaving ? "PING" : "BGSAVE");
        await pause(10);
      });
      await pause(Math.random() * MAX_DELAY + (bySaving ? 1000 : 0));
      Deno.kill(server.pid, "SIGKILL");
      await Promise.all([writing, saving]);
    }
    await using server = await Server.start(command);
    using client = await Client.connect(server.port);
    const { value } = await client.call(
      "MGET",
      ...Array.from({ length: KEYS }, (_, i) => `key:${i}`),
    );
    const generations = new Set(Array.isArray(value) ? value.map(({ value }) => value) : []);
    const [generation] = generations;
    if (generations.size !== 1 || generation === null) {
      throw new Error(`Keys of ${[...generations].slice(0, 5)}`);
    }
    return generation === "0" ? "old" : "new";
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}
