/**
 * SHA-256, computed at once: the runtime's own only answers later.
 *
 * @module
 */

import type { Slice } from "./store/slice.ts";

/** The first 32 bits of a number's fraction. */
function fraction(value: number): number {
  return (value - Math.floor(value)) * 2 ** 32 | 0;
}

/** The first so many primes. */
function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    if (found.every((prime) => n % prime !== 0)) found.push(n);
  }
  return found;
}

/** The constants of FIPS 180-4: fractions of the primes' cube roots, and of their square roots. */
const ROUND_CONSTANTS = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const INITIAL = primes(8).map((prime) => fraction(Math.sqrt(prime))) as State;

type State = [number, number, number, number, number, number, number, number];

const BLOCK_SIZE = 64;

function rotate(value: number, by: number): number {
  return value >>> by | value << (32 - by);
}

/** The state after another 64 bytes. */
function compress(state: State, block: DataView, words: Int32Array): State {
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(4 * i);
  for (let i = 16; i < 64; i++) {
    const [w15, w2] = [words[i - 15]!, words[i - 2]!];
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >>> 3;
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >>> 10;
    words[i] = words[i - 16]! + s0 + words[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = e & f ^ ~e & g;
    const t1 = h + s1 + choice + ROUND_CONSTANTS[i]! + words[i]! | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = a & b ^ a & c ^ b & c;
    [h, g, f, e, d, c, b, a] = [g, f, e, d + t1 | 0, c, b, a, t1 + s0 + majority | 0];
  }
  return [a, b, c, d, e, f, g, h].map((value, i) => value + state[i]! | 0) as State;
}

/**
 * The SHA-256 of bytes.
 *
 * @returns 64 hexadecimal digits, in lower case.
 */
export function sha256(text: Slice): string {
  const { length } = text;
  // A one bit, zeros, and the length in bits as 64 bits.
  const padded = new Uint8Array(Math.ceil((length + 9) / BLOCK_SIZE) * BLOCK_SIZE);
  padded.set(text.bytes.subarray(text.start, text.start + length));
  padded[length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, 8n * BigInt(length));
  let state = INITIAL;
  const words = new Int32Array(64);
  for (let at = 0; at < padded.length; at += BLOCK_SIZE) {
    state = compress(state, new DataView(padded.buffer, at, BLOCK_SIZE), words);
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
