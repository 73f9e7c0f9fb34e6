// Greets with `Hello!` and closes, with node:net, on Node and on Deno.
import net from "node:net";

const server = net.createServer((socket) => {
  socket.on("error", () => {});
  socket.resume();
  socket.end("Hello!");
});
server.on("error", () => {});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log(`Listening on 127.0.0.1:${server.address().port}`);
});
