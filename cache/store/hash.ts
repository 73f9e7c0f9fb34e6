/**
 * HalfSipHash-1-3: the hash of keys. It has a secret key, so that no client can choose keys that
 * collide; a mere seed does not prevent that.
 *
 * @module
 */

/** The secret: 64 random bits. */
export interface HashKey {
  readonly low: number;
  readonly high: number;
}

/** Makes a secret. */
export function randomHashKey(): HashKey {
  const [low = 0, high = 0] = crypto.getRandomValues(new Int32Array(2));
  return { low, high };
}

/**
 * Hashes bytes to an int32. By the reference of J.-P. Aumasson and D. J. Bernstein, with one round for
 * each word and three at the end, as Rust and Ruby use SipHash.
 */
export function hash(key: HashKey, bytes: Uint8Array, start: number, length: number): number {
  let v0 = key.low;
  let v1 = key.high;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  const rest = length & 3;
  const whole = start + length - rest;
  let i = start;
  // The round stands here twice: one loop for all words takes a third more time.
  for (; i < whole; i += 4) {
    const word = bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 | bytes[i + 3]! << 24;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5 | v1 >>> 27) ^ v0;
    v0 = v0 << 16 | v0 >>> 16;
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13 | v1 >>> 19) ^ v2;
    v2 = v2 << 16 | v2 >>> 16;
    v0 ^= word;
  }
  let word = length << 24;
  if (rest > 0) word |= bytes[i]!;
  if (rest > 1) word |= bytes[i + 1]! << 8;
  if (rest > 2) word |= bytes[i + 2]! << 16;
  // The last word, and three rounds to finish.
  for (let round = 0; round < 4; round++) {
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5 | v1 >>> 27) ^ v0;
    v0 = v0 << 16 | v0 >>> 16;
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13 | v1 >>> 19) ^ v2;
    v2 = v2 << 16 | v2 >>> 16;
    v0 ^= word;
    if (round === 0) v2 ^= 0xff;
    word = 0;
  }
  return v1 ^ v3;
}
