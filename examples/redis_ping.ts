/**
 * As much of a Redis as answers `PING`, `ECHO` and `QUIT`, and every other command with Redis' own
 * error: a protocol server as one function.
 *
 * It answers all commands in what has come with one write, and reads on only when the client has
 * taken that, so a client that does not read is not answered without bound. Its limits are lower
 * than Redis'; a NUL byte in an inline command is a byte like any other.
 *
 * ```sh
 * deno run --allow-net examples/redis_ping.ts --port 6380
 * ```
 *
 * @module
 */

import { type Handler, serve } from "../mod.ts";

/** A client that sends nothing, or does not read, for this long is closed, in milliseconds. */
const IDLE_LIMIT = 300_000;

const BUFFER_SIZE = 16 * 1024;
/** Redis' limit of an inline command, and of a line that announces a length. */
const MAX_LINE = 64 * 1024;
/** Redis takes 512 MB and a million; anyone who wants a `PONG` needs less. */
const MAX_BULK = 1024 * 1024;
const MAX_ARGUMENTS = 1024;
/** A command that is larger ends the connection, as does Redis' `client-query-buffer-limit` of 1 GB. */
const MAX_COMMAND = 4 * 1024 * 1024;

const [LF, CR, DOLLAR, ASTERISK, MINUS, ZERO] = [10, 13, 36, 42, 45, 48] as const;

const encoder = new TextEncoder();

/** Commands and errors are bytes, one character each. */
function toText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** What a client must not send. It is told so, and its connection is closed. */
class ProtocolError extends Error {}

/** A command, without arguments if there is nothing to do, and where the next one begins. */
interface Parsed {
  args: Uint8Array[];
  end: number;
}

/** The length announced at `start`, and where its line ends; `undefined` while that has not come. */
function parseLength(data: Uint8Array, start: number, kind: string, max: number) {
  const lineEnd = data.indexOf(CR, start);
  if (lineEnd === -1 && data.length - start > MAX_LINE) {
    throw new ProtocolError(`too big ${kind === "bulk" ? "bulk" : "mbulk"} count string`);
  }
  if (lineEnd === -1 || lineEnd + 1 >= data.length) return undefined;
  const negative = data[start + 1] === MINUS;
  const first = negative ? start + 2 : start + 1;
  let value = first === lineEnd || data[first] === ZERO && lineEnd > first + 1 ? NaN : 0;
  for (let i = first; i < lineEnd; i++) {
    const digit = (data[i] ?? 0) - ZERO;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
  }
  if (!(value <= max) || negative && (value === 0 || kind === "bulk")) {
    throw new ProtocolError(`invalid ${kind} length`);
  }
  return { value: negative ? 0 : value, end: lineEnd + 2 };
}

/** The form that clients send: `*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n`. */
function parseArray(data: Uint8Array, start: number): Parsed | undefined {
  const count = parseLength(data, start, "multibulk", MAX_ARGUMENTS);
  if (count === undefined) return undefined;
  const args: Uint8Array[] = [];
  let { end } = count;
  while (args.length < count.value) {
    const sign = data[end];
    if (sign !== undefined && sign !== DOLLAR) {
      throw new ProtocolError(`expected '$', got '${String.fromCharCode(sign)}'`);
    }
    const length = sign && parseLength(data, end, "bulk", MAX_BULK);
    if (!length || length.end + length.value + 2 > data.length) return undefined;
    end = length.end + length.value + 2;
    args.push(data.subarray(length.end, end - 2));
  }
  return { args, end };
}

/** A word of an inline command: what is before a quote, what is in quotes, the blanks after it. */
const WORD =
  /([^ \t\r"']*)(?:(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\'|\\(?!'))*)')(?=[ \t\v\f\r]|$)|(?=[ \t\r]|$))[ \t\v\f\r]*/sy;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/gs;
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

function unescape(_: string, hex: string | undefined, character: string): string {
  return hex ? String.fromCharCode(parseInt(hex, 16)) : ESCAPES[character] ?? character;
}

/** The form that people type: `ECHO "hi there"`, with quotes as in a shell and escapes as in C. */
function parseInline(data: Uint8Array, start: number): Parsed | undefined {
  const lineEnd = data.indexOf(LF, start);
  if (lineEnd === -1 && data.length - start > MAX_LINE) {
    throw new ProtocolError("too big inline request");
  }
  if (lineEnd === -1) return undefined;
  const line = toText(data.subarray(start, lineEnd)).replace(/^[ \t\v\f\r]+/, "");
  const args: Uint8Array[] = [];
  for (WORD.lastIndex = 0; WORD.lastIndex < line.length;) {
    const match = WORD.exec(line);
    if (match === null) throw new ProtocolError("unbalanced quotes in request");
    const [, bare = "", double, single] = match;
    const quoted = double?.replace(ESCAPE, unescape) ?? single?.replaceAll("\\'", "'") ?? "";
    args.push(toBytes(bare + quoted));
  }
  return { args, end: lineEnd + 1 };
}

/** Replies that wait to be written, in a buffer that is used again. */
class Replies {
  #data = new Uint8Array(BUFFER_SIZE);
  #length = 0;

  bytes(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#data.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length));
      larger.set(this.#data.subarray(0, this.#length));
      this.#data = larger;
    }
    this.#data.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bulk(bytes: Uint8Array): void {
    this.bytes(encoder.encode(`$${bytes.length}\r\n`));
    this.bytes(bytes);
    this.bytes(CRLF);
  }

  error(message: string): void {
    this.bytes(toBytes(`-ERR ${message.replace(/[\r\n]/g, " ")}\r\n`));
  }

  /** All replies so far; the next one begins anew, and not in a buffer that has grown large. */
  take(): Uint8Array {
    const taken = this.#data.subarray(0, this.#length);
    if (this.#data.length > 4 * BUFFER_SIZE) this.#data = new Uint8Array(BUFFER_SIZE);
    this.#length = 0;
    return taken;
  }
}

const CRLF = encoder.encode("\r\n");
const PONG = encoder.encode("+PONG\r\n");
const OK = encoder.encode("+OK\r\n");

/** Whether a command's name is this, in upper or lower case. */
function isCommand(name: Uint8Array, lowerCase: string): boolean {
  if (name.length !== lowerCase.length) return false;
  for (let i = 0; i < name.length; i++) {
    if (((name[i] ?? 0) | 0x20) !== lowerCase.charCodeAt(i)) return false;
  }
  return true;
}

/** A web page can have a browser send commands in an HTTP request; Redis hangs up, and so do we. */
function isFromBrowser(name: Uint8Array | undefined): boolean {
  return name !== undefined && (isCommand(name, "post") || isCommand(name, "host:"));
}

/** At most `length` characters, as C prints a string: it ends at the first NUL. */
function printed(bytes: Uint8Array, length: number): string {
  return toText(bytes.subarray(0, length)).replace(/\0.*/s, "");
}

/** Redis' words for a command it does not have. */
function unknownCommand(name: Uint8Array, args: Uint8Array[]): string {
  let shown = "";
  for (const arg of args) {
    if (shown.length < 128) shown += `'${printed(arg, 128 - shown.length)}' `;
  }
  return `unknown command '${printed(name, 128)}', with args beginning with: ${shown}`;
}

/** Answers one command; returns whether the client is to be closed after that. */
function answer([name, ...args]: Uint8Array[], replies: Replies): boolean {
  const [arg] = args;
  if (name === undefined) return false;
  if (isCommand(name, "quit")) {
    replies.bytes(OK);
    return true;
  }
  if (isCommand(name, "ping")) {
    if (args.length > 1) replies.error("wrong number of arguments for 'ping' command");
    else if (arg) replies.bulk(arg);
    else replies.bytes(PONG);
  } else if (isCommand(name, "echo")) {
    if (arg && args.length === 1) replies.bulk(arg);
    else replies.error("wrong number of arguments for 'echo' command");
  } else {
    replies.error(unknownCommand(name, args));
  }
  return false;
}

/** Answers one client until it leaves, quits, breaks the protocol or is idle, or the server stops. */
export const redisPing: Handler = async (conn) => {
  const replies = new Replies();
  let buffer = new Uint8Array(BUFFER_SIZE);
  let held = 0;
  while (true) {
    conn.closeAfter(IDLE_LIMIT);
    // At most so much at a time, whatever the buffer has grown to: other clients want a turn.
    const length = await conn.read(buffer.subarray(held, held + BUFFER_SIZE));
    if (length === null) return;
    const data = buffer.subarray(0, held + length);
    let start = 0;
    let quit = false;
    try {
      while (!quit && start < data.length) {
        const parse = data[start] === ASTERISK ? parseArray : parseInline;
        const parsed = parse(data, start);
        if (parsed === undefined) break;
        if (isFromBrowser(parsed.args[0])) return;
        quit = answer(parsed.args, replies);
        start = parsed.end;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      replies.error(`Protocol error: ${error.message}`);
      quit = true;
    }
    const reply = replies.take();
    if (reply.length > 0) await conn.write(reply);
    if (quit) return;
    // The beginning of a command is kept, in a buffer with room for more but no larger than needed.
    held = data.length - start;
    if (held > MAX_COMMAND) return;
    const fits = held <= buffer.length / 2 && (buffer.length === BUFFER_SIZE || held > BUFFER_SIZE);
    const next = fits ? buffer : new Uint8Array(Math.max(BUFFER_SIZE, 2 * held));
    next.set(data.subarray(start));
    buffer = next;
  }
};

if (import.meta.main) {
  const flag = Deno.args.indexOf("--port");
  const server = serve({
    port: flag === -1 ? 6379 : Number(Deno.args[flag + 1]),
    handler: redisPing,
    noDelay: true,
  });
  console.log(`Listening on 127.0.0.1:${server.addr.port}`);
  await server.finished;
}
