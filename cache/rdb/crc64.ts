/**
 * The checksum of RDB files and of `DUMP`: the CRC of 64 bits by D. T. Jones, with bits in reverse
 * order, no initial value and no final one. Its check value, of `123456789`, is `e9c6d914c4b8d9ca`.
 *
 * @module
 */

/** The polynomial `ad93d23594c935a9` with its bits in reverse order, as two words. */
const POLYNOMIAL_HIGH = 0x95ac9329;
const POLYNOMIAL_LOW = 0xac4bc9b5;

/** How many bytes are taken at a time: each has a table of its own. */
const SLICES = 8;

const LOW = new Int32Array(SLICES * 256);
const HIGH = new Int32Array(SLICES * 256);

for (let byte = 0; byte < 256; byte++) {
  let [low, high] = [byte, 0];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1 | high << 31) ^ (isOdd ? POLYNOMIAL_LOW : 0);
    high = (high >>> 1) ^ (isOdd ? POLYNOMIAL_HIGH : 0);
  }
  LOW[byte] = low;
  HIGH[byte] = high;
}
for (let i = 256; i < SLICES * 256; i++) {
  const [low, high] = [LOW[i - 256]!, HIGH[i - 256]!];
  LOW[i] = (low >>> 8 | high << 24) ^ LOW[low & 0xff]!;
  HIGH[i] = (high >>> 8) ^ HIGH[low & 0xff]!;
}

/** The checksum of bytes that come one part after another. */
export class Crc64 {
  #low = 0;
  #high = 0;

  /** Adds the bytes from `start` to below `end`. */
  update(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    let [low, high] = [this.#low, this.#high];
    let at = start;
    for (; at + SLICES <= end; at += SLICES) {
      low ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
      high ^= bytes[at + 4]! | bytes[at + 5]! << 8 | bytes[at + 6]! << 16 | bytes[at + 7]! << 24;
      const a = 1792 + (low & 0xff);
      const b = 1536 + (low >>> 8 & 0xff);
      const c = 1280 + (low >>> 16 & 0xff);
      const d = 1024 + (low >>> 24);
      const e = 768 + (high & 0xff);
      const f = 512 + (high >>> 8 & 0xff);
      const g = 256 + (high >>> 16 & 0xff);
      const h = high >>> 24;
      low = LOW[a]! ^ LOW[b]! ^ LOW[c]! ^ LOW[d]! ^ LOW[e]! ^ LOW[f]! ^ LOW[g]! ^ LOW[h]!;
      high = HIGH[a]! ^ HIGH[b]! ^ HIGH[c]! ^ HIGH[d]! ^ HIGH[e]! ^ HIGH[f]! ^ HIGH[g]! ^ HIGH[h]!;
    }
    for (; at < end; at++) {
      const index = (low ^ bytes[at]!) & 0xff;
      low = (low >>> 8 | high << 24) ^ LOW[index]!;
      high = (high >>> 8) ^ HIGH[index]!;
    }
    this.#low = low;
    this.#high = high;
  }

  /** The checksum so far, as 8 bytes from the lowest on. */
  digest(): Uint8Array {
    const digest = new DataView(new ArrayBuffer(8));
    digest.setInt32(0, this.#low, true);
    digest.setInt32(4, this.#high, true);
    return new Uint8Array(digest.buffer);
  }
}
