/**
 * The load of `bench.ts`, in a process of its own: so many clients at a time, each of which
 * connects, reads to end of file, checks every byte and closes, over and over.
 *
 * Arguments: port, clients at a time, connections in all. It prints a line when it is ready, begins
 * when it is told so on standard input, and prints its results as JSON.
 *
 * @module
 */

const [port = 0, clients = 0, connections = 0] = Deno.args.map(Number);

const GREETING = new TextEncoder().encode("Hello!");

let left = connections;
let wrong = 0;
const latencies: number[] = [];

async function client(): Promise<void> {
  const buffer = new Uint8Array(64);
  while (left-- > 0) {
    const started = performance.now();
    let received = 0;
    let right = true;
    try {
      using conn = await Deno.connect({ port });
      for (let length; (length = await conn.read(buffer)) !== null; received += length) {
        for (let i = 0; i < length; i++) right &&= buffer[i] === GREETING[received + i];
      }
    } catch {
      right = false;
    }
    latencies.push(performance.now() - started);
    if (!right || received !== GREETING.length) wrong++;
  }
}

console.log("ready");
await Deno.stdin.read(new Uint8Array(1));
const started = Date.now();
await Promise.all(Array.from({ length: clients }, client));
console.log(JSON.stringify({ started, ended: Date.now(), wrong, latencies }));
