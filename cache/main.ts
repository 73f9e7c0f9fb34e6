import { Cache } from "./cache.ts";
const cache = new Cache();
const port = Number(Deno.args[Deno.args.indexOf("--port") + 1]);
const listener = Deno.listen({ hostname: "127.0.0.1", port });
console.log(`Listening on 127.0.0.1:${(listener.addr as Deno.NetAddr).port}`);
for await (const conn of listener) {
  conn.setNoDelay();
  cache.handler(conn as never).catch(() => {}).finally(() => {
    try {
      conn.close();
    } catch { /**/ }
  });
}
