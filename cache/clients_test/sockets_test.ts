import { assertEquals } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Inbox, startTarget, type Target, until } from "./target.ts";
import { within } from "../../test_util.ts";
import { createAdapter, createShardedAdapter } from "npm:@socket.io/redis-adapter@8.3.0";
import { createAdapter as createStreamsAdapter } from "npm:@socket.io/redis-streams-adapter@0.3.1";
import { Redis } from "npm:ioredis@6.0.0";
import { createClient } from "npm:redis@6.3.1";
import { Server } from "npm:socket.io@4.8.4";
import { io, type Socket } from "npm:socket.io-client@4.8.4";

type Adapter = ReturnType<
  typeof createAdapter | typeof createShardedAdapter | typeof createStreamsAdapter
>;
/** Makes an adapter, and says how to end its clients of the cache. */
type Make = (port: number) => Promise<{ adapter: Adapter; end: () => Promise<void> }>;

const node = async (port: number) => {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on("error", () => {});
  await client.connect();
  return client;
};
/** Lets them have the answers that they wait for: an adapter's last is to unsubscribe. */
const closeAll = async (...clients: { close(): Promise<unknown> }[]) => {
  await within(Promise.all(clients.map((client) => client.close())));
};
const ioredis = (port: number) => {
  const client = new Redis(port, "127.0.0.1");
  client.on("error", () => {});
  const end = async () => {
    const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
    await within(client.quit());
    await within(ended);
  };
  return { client, end };
};

const ADAPTERS: Record<string, Make> = {
  "redis-adapter on node-redis 6": async (port) => {
    const [pub, sub] = [await node(port), await node(port)];
    return { adapter: createAdapter(pub, sub), end: () => closeAll(pub, sub) };
  },
  "redis-adapter on ioredis 6": async (port) => {
    const [pub, sub] = [ioredis(port), ioredis(port)];
    const end = async () => {
      await pub.end();
      await sub.end();
    };
    return await Promise.resolve({ adapter: createAdapter(pub.client, sub.client), end });
  },
  "redis-adapter's sharded one on node-redis 6": async (port) => {
    const [pub, sub] = [await node(port), await node(port)];
    return { adapter: createShardedAdapter(pub, sub), end: () => closeAll(pub, sub) };
  },
  "redis-streams-adapter on node-redis 6": async (port) => {
    const client = await node(port);
    const adapter = createStreamsAdapter(client, { blockTimeInMs: 50 });
    return { adapter, end: () => closeAll(client) };
  },
  "redis-streams-adapter on ioredis 6": async (port) => {
    const { client, end } = ioredis(port);
    const adapter = createStreamsAdapter(client, { blockTimeInMs: 50 });
    return await Promise.resolve({ adapter, end });
  },
};

/** A Socket.IO server of its own, with one client, that knows others only by the cache. */
class Node implements AsyncDisposable {
  readonly io: Server;
  readonly client: Socket;
  readonly received = new Inbox<unknown>();
  readonly #end: () => Promise<void>;

  constructor(io: Server, client: Socket, end: () => Promise<void>) {
    this.io = io;
    this.client = client;
    this.#end = end;
    client.on("message", this.received.push);
    client.on("question", (n: number, answer: (n: number) => void) => answer(n + 1));
  }

  static async start(target: Target, make: Make): Promise<Node> {
    const { adapter, end } = await make(target.port);
    const http = createServer();
    const server = new Server(http, { adapter, transports: ["websocket"] });
    server.on("connection", (socket) => {
      socket.on("join", async (room: string, done: () => void) => {
        await socket.join(room);
        done();
      });
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
    await within(new Promise<void>((resolve) => client.on("connect", () => resolve())));
    return new Node(server, client, end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.disconnect();
    await within(this.io.close());
    await this.#end();
  }
}

for (const [name, make] of Object.entries(ADAPTERS)) {
  // An adapter's timer for answers runs out after them, and so do those of ioredis.
  const options = { sanitizeOps: false, sanitizeResources: false };
  Deno.test(`Cache serves Socket.IO's ${name}`, options, async () => {
    await using target = await startTarget();
    await using a = await Node.start(target, make);
    await using b = await Node.start(target, make);
    // Each has heard of the other.
    await until(async () => {
      const sockets = await a.io.timeout(500).fetchSockets().catch(() => []);
      const others = await b.io.timeout(500).fetchSockets().catch(() => []);
      return sockets.length === 2 && others.length === 2;
    });
    a.io.emit("message", { to: "all" });
    assertEquals(await a.received.take(1), [{ to: "all" }]);
    assertEquals(await b.received.take(1), [{ to: "all" }]);
    await within(b.client.emitWithAck("join", "room"));
    a.io.to("room").emit("message", "to the room");
    a.io.except("room").emit("message", "to the others");
    a.io.to(b.client.id ?? "").emit("message", new Uint8Array([0, 255]));
    const [text, bytes] = await b.received.take(2);
    assertEquals([text, [...bytes as Uint8Array]], ["to the room", [0, 255]]);
    assertEquals(await a.received.take(1), ["to the others"]);
    const answers = await a.io.timeout(10_000).emitWithAck("question", 1);
    assertEquals(answers, [2, 2]);
    b.io.on("sum", (x: number, y: number, answer: (sum: number) => void) => answer(x + y));
    assertEquals(await within(a.io.serverSideEmitWithAck("sum", 2, 3)), [5]);
    a.io.in("room").disconnectSockets();
    await until(() => Promise.resolve(b.client.disconnected));
    assertEquals(a.client.connected, true);
  });
}
