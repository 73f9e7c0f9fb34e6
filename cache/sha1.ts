/**
 * SHA-1 (RFC 3174), at once: what scripts are known by. `crypto.subtle` has it too, but only as a promise.
 *
 * @module
 */

import type { Slice } from "./store/slice.ts";

/** How many bytes are hashed at a time. */
const BLOCK = 64;
/** The words that the hash begins with (RFC 3174, section 6.1). */
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const;

/** The words that one block is expanded to; they are used again by each. */
const words = new Int32Array(80);
const state = new Int32Array(5);

/** Hashes bytes to 40 hexadecimal digits in lower case. */
export function sha1Hex({ bytes, start, length }: Slice): string {
  state.set(INITIAL);
  const whole = length - length % BLOCK;
  for (let at = 0; at < whole; at += BLOCK) addBlock(bytes, start + at);
  // The end: a bit 1, zeros, and how many bits there were, in one block or two.
  const rest = length - whole;
  const end = new Uint8Array(rest + 9 <= BLOCK ? BLOCK : 2 * BLOCK);
  end.set(bytes.subarray(start + whole, start + length));
  end[rest] = 0x80;
  const view = new DataView(end.buffer);
  view.setUint32(end.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(end.length - 4, length << 3);
  for (let at = 0; at < end.length; at += BLOCK) addBlock(end, at);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function addBlock(bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++, at += 4) {
    words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    words[i] = rotate(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1);
  }
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
  for (let i = 0; i < 80; i++) {
    let mixed: number;
    if (i < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = (rotate(a, 5) + mixed + e + words[i]!) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}
