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
  const end = start + length;
  let i = start;
  // One pass for each word, one for the rest with the length, and three to finish.
  for (let finish = 0; finish < 4;) {
    let word = 0;
    if (i + 4 <= end) {
      word = bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 | bytes[i + 3]! << 24;
      i += 4;
    } else if (finish++ === 0) {
      word = length << 24;
      if (i + 2 < end) word |= bytes[i + 2]! << 16;
      if (i + 1 < end) word |= bytes[i + 1]! << 8;
      if (i < end) word |= bytes[i]!;
    } else if (finish === 2) {
      v2 ^= 0xff;
    }
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
  return v1 ^ v3;
}
