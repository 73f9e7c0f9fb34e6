/**
 * SHA-1 (RFC 3174), at once: what `crypto.subtle` has returns a promise.
 *
 * @module
 */

const BLOCK_SIZE = 64;
/** Where the length stands in the last block, in bits as 64 of them. */
const LENGTH_AT = 56;

const words = new Int32Array(80);
const lastBlocks = new Uint8Array(2 * BLOCK_SIZE);

/** The digest of the bytes from `start` to below `end`: 20 bytes. */
export function sha1(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  let at = start;
  for (; at + BLOCK_SIZE <= end; at += BLOCK_SIZE) addBlock(state, bytes, at);
  const rest = end - at;
  lastBlocks.fill(0);
  lastBlocks.set(bytes.subarray(at, end));
  lastBlocks[rest] = 0x80;
  const size = rest < LENGTH_AT ? BLOCK_SIZE : 2 * BLOCK_SIZE;
  const view = new DataView(lastBlocks.buffer);
  const length = end - start;
  view.setUint32(size - 8, Math.floor(length / 2 ** 29));
  view.setUint32(size - 4, length << 3);
  for (let block = 0; block < size; block += BLOCK_SIZE) addBlock(state, lastBlocks, block);
  const digest = new Uint8Array(20);
  const into = new DataView(digest.buffer);
  state.forEach((word, i) => into.setInt32(4 * i, word));
  return digest;
}

/** The digest as 40 hexadecimal digits. */
export function sha1Hex(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return hex(sha1(bytes, start, end));
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const rotated = (word: number, bits: number): number => word << bits | word >>> 32 - bits;

function addBlock(state: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++, at += 4) {
    words[i] = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    words[i] = rotated(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let i = 0; i < 80; i++) {
    let mixed: number;
    if (i < 20) mixed = (b & c | ~b & d) + 0x5a827999;
    else if (i < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) mixed = (b & c | b & d | c & d) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = (rotated(a, 5) + mixed + e + words[i]!) | 0;
    e = d;
    d = c;
    c = rotated(b, 30);
    b = a;
    a = next;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}
