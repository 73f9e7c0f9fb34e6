import { assertEquals, assertInstanceOf, assertMatch, assertThrows } from "@std/assert";
import { formatAddr, listen, listenError, listenOnUnix, whoHolds } from "./listen.ts";

const unix = Deno.build.os !== "windows";

Deno.test("formatAddr() writes addresses as people do", () => {
  assertEquals(formatAddr({ transport: "tcp", hostname: "10.0.0.1", port: 80 }), "10.0.0.1:80");
  assertEquals(formatAddr({ transport: "tcp", hostname: "::", port: 80 }), "[::]:80");
  assertEquals(formatAddr({ transport: "unix", path: "/run/x" }), "unix:/run/x");
  assertEquals(formatAddr({ transport: "unix", path: null as never }), "unix:");
  assertMatch(formatAddr({ transport: "vsock", cid: 3, port: 80 }), /^vsock:3:80$/);
});

Deno.test("listen() asks for the longest backlog that Linux grants by default", () => {
  const real = Deno.listen;
  let asked: unknown;
  Deno.listen = ((options: Deno.TcpListenOptions) => (asked = options, real(options))) as never;
  try {
    listen("127.0.0.1", 0).close();
  } finally {
    Deno.listen = real;
  }
  assertEquals(asked, { hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
});

Deno.test("listenError() keeps the class, the code and the cause", () => {
  const error = new Deno.errors.AddrInUse("Address already in use (os error 98)");
  const said = listenError(Object.assign(error, { code: "EADDRINUSE" }), "127.0.0.1:1");
  assertInstanceOf(said, Deno.errors.AddrInUse);
  assertEquals(said.message, "Cannot listen on 127.0.0.1:1: address already in use");
  assertEquals((said as { code?: string }).code, "EADDRINUSE");
  assertEquals(said.cause, error);
  assertEquals("code" in (listenError(new TypeError("X"), "") as object), false);
  assertEquals(listenError("text", "127.0.0.1:1"), "text");
});

Deno.test("listenOnUnix() says where it could not", { ignore: !unix }, () => {
  const path = "/no/such/directory/x.sock";
  const error = assertThrows(() => listenOnUnix(path), Deno.errors.NotFound);
  assertEquals(error.message, `Cannot listen on unix:${path}: no such file or directory`);
});

Deno.test("whoHolds() calls a server dead only if it refuses", { ignore: !unix }, async () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/hello.sock`;
  assertEquals(await whoHolds(path), "");
  Deno.writeTextFileSync(path, "mine");
  assertEquals(await whoHolds(path), ": the path exists and is not a socket");
  Deno.removeSync(path);
  {
    using _server = listenOnUnix(path);
    assertEquals(await whoHolds(path), " by a running server");
    // Deno would remove the file with the listener.
    Deno.renameSync(path, `${directory}/kept`);
  }
  Deno.renameSync(`${directory}/kept`, path);
  assertEquals(await whoHolds(path), ": a server that has died left it; remove the file");
  const connect = Deno.connect;
  // What a full backlog gives: the server is alive, and says nothing.
  const refuse = () => Promise.reject(new Deno.errors.WouldBlock("Resource unavailable"));
  Deno.connect = refuse as never;
  try {
    assertEquals(await whoHolds(path), "");
  } finally {
    Deno.connect = connect;
  }
  Deno.removeSync(directory, { recursive: true });
});
