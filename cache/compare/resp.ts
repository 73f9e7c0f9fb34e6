/**
 * A small Redis client that hides nothing: replies are trees in which every type of RESP2 and RESP3
 * is still told apart, and each byte is a character. It shares no code with the cache, which it helps
 * to judge.
 *
 * @module
 */

/** A reply. Of `%` and `|`, keys and values take turns. */
export interface Reply {
  /** Its type, by the byte it begins with: `+ - : $ , # ( _ = ! * ~ % > |`. */
  kind: string;
  value: string | null | Reply[];
}

const AGGREGATES = "*~%>|";
const BULKS = "$=!";
const CR = 13;

/** Each character a byte. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const latin1 = new TextDecoder("latin1");

/** Each byte a character, where the `latin1` of `TextDecoder` is windows-1252. */
export function toText(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte < 0x80)) return latin1.decode(bytes);
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return text;
}

/** A reply's text, empty where it has none. */
export function textOf(reply?: Reply): string {
  return typeof reply?.value === "string" ? reply.value : "";
}

/** The texts of an array's elements. */
export function texts(reply?: Reply): string[] {
  return Array.isArray(reply?.value) ? reply.value.map(({ value }) => `${value}`) : [];
}

/** A request of one command, as a text of which each character is a byte. */
export function encode(args: string[]): string {
  let request = `*${args.length}\r\n`;
  for (const arg of args) request += `$${arg.length}\r\n${arg}\r\n`;
  return request;
}

/** A reply as people read it, for messages. */
export function show({ kind, value }: Reply): string {
  if (value === null) return kind === "_" ? "null" : `${kind}null`;
  if (typeof value !== "string") return `${kind}[${value.map(show).join(", ")}]`;
  return BULKS.includes(kind) ? `${kind === "$" ? "" : kind}${quote(value)}` : `${kind}${value}`;
}

/** What is longer is cut off in messages. */
const SHOWN = 120;

/** A text in quotes, with escapes that `redis-cli` understands. */
export function quote(text: string, shown = SHOWN): string {
  const escaped = text.replace(/[\\"]/g, "\\$&").replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f-\xff]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${
    escaped.length > shown ? `${escaped.slice(0, shown)}… (${text.length} bytes)` : escaped
  }"`;
}

/** Takes bytes as they come and yields the replies that are complete. */
export class Parser {
  #bytes = new Uint8Array(0);
  #at = 0;

  push(bytes: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = new Uint8Array(rest.length + bytes.length);
    this.#bytes.set(rest);
    this.#bytes.set(bytes, rest.length);
    this.#at = 0;
  }

  /** The next reply, or `undefined` until all of it has come. */
  next(): Reply | undefined {
    const start = this.#at;
    const reply = this.#parse();
    if (reply === undefined) this.#at = start;
    return reply;
  }

  /** The bytes that are no complete reply yet. */
  get rest(): string {
    return toText(this.#bytes.subarray(this.#at));
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf(CR, this.#at);
    if (end < 0 || end + 1 >= this.#bytes.length) return undefined;
    const line = toText(this.#bytes.subarray(this.#at, end));
    this.#at = end + 2;
    return line;
  }

  #parse(): Reply | undefined {
    const line = this.#line();
    if (line === undefined) return undefined;
    const [kind = "", rest] = [line[0], line.slice(1)];
    if (BULKS.includes(kind)) {
      const length = Number(rest);
      if (length < 0) return { kind, value: null };
      const end = this.#at + length;
      if (end + 2 > this.#bytes.length) return undefined;
      const value = toText(this.#bytes.subarray(this.#at, end));
      this.#at = end + 2;
      return { kind, value };
    }
    if (AGGREGATES.includes(kind)) {
      const length = Number(rest) * (kind === "%" || kind === "|" ? 2 : 1);
      if (length < 0) return { kind, value: null };
      const value: Reply[] = [];
      while (value.length < length) {
        const item = this.#parse();
        if (item === undefined) return undefined;
        value.push(item);
      }
      return { kind, value };
    }
    if (kind === "_") return { kind, value: null };
    if ("+-:,#(".includes(kind)) return { kind, value: rest };
    throw new Error(`No RESP: ${quote(line)}`);
  }
}

/** A connection. Not for two readers at a time. */
export class Client implements Disposable {
  readonly conn: Deno.TcpConn;
  readonly #parser = new Parser();
  readonly #buffer = new Uint8Array(64 * 1024);

  private constructor(conn: Deno.TcpConn) {
    this.conn = conn;
    conn.setNoDelay();
  }

  static async connect(port: number): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Sends bytes as they are. */
  async write(request: string): Promise<void> {
    const bytes = toBytes(request);
    for (let sent = 0; sent < bytes.length;) sent += await this.conn.write(bytes.subarray(sent));
  }

  /**
   * The next reply or push.
   *
   * @throws {Error} If the connection ends before it.
   */
  async read(): Promise<Reply> {
    for (;;) {
      const reply = this.#parser.next();
      if (reply !== undefined) return reply;
      const length = await this.conn.read(this.#buffer);
      if (length === null) throw new Error("The server has closed the connection");
      this.#parser.push(this.#buffer.subarray(0, length));
    }
  }

  async call(...args: string[]): Promise<Reply> {
    const [reply] = await this.pipeline([args]);
    if (reply === undefined) throw new Error("No reply");
    return reply;
  }

  /** Sends commands in one go; returns their replies, in order. */
  async pipeline(commands: string[][]): Promise<Reply[]> {
    const writing = this.write(commands.map(encode).join(""));
    // Told apart below: the read says what happened.
    writing.catch(() => {});
    const replies: Reply[] = [];
    while (replies.length < commands.length) replies.push(await this.read());
    await writing;
    return replies;
  }

  [Symbol.dispose](): void {
    this.conn[Symbol.dispose]();
  }
}
