import { assertEquals } from "@std/assert";
import { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { allCommands } from "./commands/table.ts";
import { Engine } from "./engine.ts";
import { Settings } from "./settings.ts";
import { latin1Slice } from "./store/slice.ts";

Deno.test("Client.watch() lets each of several clients know, and leaves nothing behind", () => {
  const engine = new Engine(new ManualClock(), new Settings(), allCommands());
  const clients = [new Client(engine), new Client(engine), new Client(engine)];
  const [db] = engine.databases;
  const key = latin1Slice("k");
  for (const client of clients) client.watch(key);
  // Again, which is one watch all the same.
  clients[0]?.watch(key);
  clients[1]?.unwatch();
  db?.changed(key);
  assertEquals(clients.map(({ watchFailed }) => watchFailed), [true, false, true]);
  clients[0]?.unwatch();
  assertEquals([clients[0]?.watchFailed, db?.watchers.size], [false, 1]);
  clients[2]?.end();
  assertEquals(db?.watchers.size, 0);
  engine.close();
});
