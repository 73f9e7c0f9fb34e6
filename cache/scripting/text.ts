/**
 * Bytes as the strings that Lua has, of which each character is a byte.
 *
 * @module
 */

/** From so many bytes on it is faster to ask the runtime (measured: 8 times at 64, 30 at 1000). */
const LONG = 8;

type Decode = (this: Uint8Array, start: number, end: number) => string;

/** `Buffer`'s way, which is there in all runtimes but has no web standard's name. */
let decode: Decode | undefined;

/** Makes a string of bytes. */
export function textOf(bytes: Uint8Array, start: number, length: number): string {
  if (length >= LONG) {
    // Only a cache that runs scripts loads it, which takes some megabytes.
    decode ??= loadDecode();
    return decode.call(bytes, start, start + length);
  }
  let text = "";
  for (let i = start; i < start + length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

function loadDecode(): Decode {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): { Buffer: { prototype: { latin1Slice: Decode } } } };
  };
  return process.getBuiltinModule("node:buffer").Buffer.prototype.latin1Slice;
}
