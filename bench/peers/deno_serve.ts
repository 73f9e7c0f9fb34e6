/** Greets with `Hello!` over HTTP. */
Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`Listening on 127.0.0.1:${port}`),
  },
  () => new Response("Hello!", { headers: { connection: "close" } }),
);
