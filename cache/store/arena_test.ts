import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Address,
  Arena,
  ArenaFullError,
  byteOf,
  floatOf,
  segmentOf,
  wordOf,
} from "./arena.ts";
import { seeded, withBuffers } from "./test_util.ts";

const MIB = 2 ** 20;

function bytesOf(arena: Arena, address: Address, size: number): Uint8Array {
  return (arena.bytes[segmentOf(address)] ?? new Uint8Array()).subarray(
    byteOf(address),
    byteOf(address) + size,
  );
}

function holdsOnly(bytes: Uint8Array, value: number): boolean {
  let same = 0;
  while (same < bytes.length && bytes[same] === value) same++;
  return same === bytes.length;
}

/** An arena beside what its blocks should hold: each is filled with a byte of its own. */
class Model {
  readonly arena = new Arena();
  readonly blocks = new Map<Address, { size: number; fill: number }>();
  #fill = 0;

  fill(address: Address, size: number, kept = 0): void {
    assert(!this.blocks.has(address) && address !== 0);
    assert(this.arena.capacity(address) >= size);
    const fill = this.#fill = (this.#fill + 1) % 256;
    const from = byteOf(address);
    assert(
      from + this.arena.capacity(address) <= (this.arena.bytes[segmentOf(address)]?.length ?? 0),
    );
    bytesOf(this.arena, address, size).fill(fill, kept);
    bytesOf(this.arena, address, kept).fill(fill);
    this.blocks.set(address, { size, fill });
  }

  /** No block overlaps or has changed: each is as it was filled. */
  check(address: Address): void {
    const block = this.blocks.get(address);
    assert(block !== undefined);
    const bytes = bytesOf(this.arena, address, block.size);
    assert(holdsOnly(bytes, block.fill), `Block ${address} has changed`);
  }

  allocate(size: number): void {
    this.fill(this.arena.allocate(size), size);
  }

  free(address: Address): void {
    this.check(address);
    this.blocks.delete(address);
    this.arena.free(address);
  }

  resize(address: Address, size: number): void {
    const block = this.blocks.get(address);
    assert(block !== undefined);
    const kept = Math.min(block.size, size);
    this.check(address);
    const moved = this.arena.resize(address, kept, size);
    this.blocks.delete(address);
    assert(holdsOnly(bytesOf(this.arena, moved, kept), block.fill));
    this.fill(moved, size);
  }

  checkAll(): void {
    let used = 0;
    for (const address of this.blocks.keys()) {
      this.check(address);
      used += this.arena.capacity(address);
    }
    assertEquals(this.arena.used, used);
  }

  address(random: () => number): Address {
    const index = Math.floor(random() * this.blocks.size);
    return [...this.blocks.keys()][index] ?? 0;
  }
}

Deno.test("Arena keeps all blocks apart through random allocations, resizes and frees", () => {
  const random = seeded(3);
  const model = new Model();
  const newSize = () => Math.ceil(2 ** (random() * (random() < 0.05 ? 19 : 11)));
  for (let round = 0; round < 12; round++) {
    // Rounds that grow and rounds that shrink.
    const growth = round % 3 === 2 ? 0.2 : 0.7;
    for (let i = 0; i < 1000; i++) {
      const address = model.address(random);
      const action = random();
      if (address === 0 || action < growth * 0.8) model.allocate(newSize());
      else if (action < 0.85) model.free(address);
      else model.resize(address, newSize());
    }
    while (model.arena.tidy());
    model.checkAll();
  }
  for (const address of [...model.blocks.keys()]) model.free(address);
  assertEquals([model.arena.used, model.arena.reserved], [0, 0]);
});

Deno.test("Arena gives blocks of every size up to some pages, aligned for float64", () => {
  const model = new Model();
  for (let size = 1; size < 200_000; size += size < 5000 ? 1 : 997) model.allocate(size);
  model.checkAll();
  for (const [address, { size }] of model.blocks) {
    assertEquals(byteOf(address) % 16, 0);
    assertEquals([wordOf(address) * 4, floatOf(address) * 8], [byteOf(address), byteOf(address)]);
    const capacity = model.arena.capacity(address);
    // What rounding up may cost, by size.
    const bound = size <= 256 ? size + 15 : size <= 4096 ? size * 1.25 : size * 2;
    assert(capacity >= size && capacity <= bound, `${capacity} for ${size}`);
  }
});

Deno.test("Arena reads and writes words and floats where the views say they are", () => {
  const arena = new Arena();
  const block = arena.allocate(64);
  arena.setWord(block, 3, -5);
  arena.setFloat(block, 2, 1.5);
  assertEquals([arena.word(block, 3), arena.float(block, 2)], [-5, 1.5]);
  assertEquals(arena.words[segmentOf(block)]?.[wordOf(block) + 3], -5);
  assertEquals(arena.floats[segmentOf(block)]?.[floatOf(block) + 2], 1.5);
});

Deno.test("Arena resizes in place where the class stays, and keeps what it is told to", () => {
  const arena = new Arena();
  const block = arena.allocate(100);
  assertEquals(arena.capacity(block), 112);
  assertEquals(arena.resize(block, 100, 112), block);
  const large = arena.allocate(100_000);
  bytesOf(arena, large, 100_000).fill(7);
  assertEquals(arena.resize(large, 60_000, 60_000 + 10_000), large);
  const small = arena.resize(large, 10, 20);
  assertEquals(bytesOf(arena, small, 11).filter((byte) => byte === 7).length, 10);
});

Deno.test("Arena hoards nothing: filled, emptied and refilled with other sizes it stays small", () => {
  const model = new Model();
  const random = seeded(4);
  for (const size of [500, 70_000, 1000, 9000, 300_000, 2000]) {
    for (let bytes = 0; bytes < 40 * MIB; bytes += size) model.allocate(size);
    // A few survive each round, so that no segment is ever empty by chance.
    const addresses = [...model.blocks.keys()].sort(() => random() - 0.5);
    for (const address of addresses.slice(3)) model.free(address);
    model.checkAll();
  }
  // 40 MiB at a time, with what the classes round up, and the last segment of 32 MiB.
  assert(model.arena.reserved <= 85 * MIB, `${model.arena.reserved}`);
  for (const address of [...model.blocks.keys()]) model.free(address);
  assertEquals(model.arena.reserved, 0);
});

Deno.test("Arena has pages for any class once they are empty", () => {
  const arena = new Arena();
  const addresses = Array.from({ length: 100_000 }, () => arena.allocate(48));
  for (const [i, address] of addresses.entries()) if (i % 5000 !== 0) arena.free(address);
  withBuffers(0, () => {
    for (let i = 0; i < 20_000; i++) arena.allocate(100);
    arena.allocate(300_000);
  });
});

Deno.test("Arena keeps one empty segment at most, and only a small one beside the others", () => {
  const arena = new Arena();
  const addresses = Array.from({ length: 1500 }, () => arena.allocate(65_536));
  const full = arena.reserved;
  assert(full >= 1500 * 65_536);
  let previous = full;
  const keptEmpty = [];
  for (const [i, address] of addresses.reverse().entries()) {
    arena.free(address);
    const live = (addresses.length - 1 - i) * 65_536;
    // One segment in use in part, and one spare.
    assert(arena.reserved <= live + 2 * 32 * MIB);
    if (arena.reserved < previous) keptEmpty.push(arena.reserved);
    previous = arena.reserved;
  }
  assert(keptEmpty.length >= 5);
  assertEquals(arena.reserved, 0);
});

Deno.test("Arena takes no new memory for a block that comes and goes at a segment's edge", () => {
  const arena = new Arena();
  const addresses = [];
  // Fill whole segments, until the next block takes a new one that is small beside them.
  while (true) {
    const { reserved } = arena;
    const address = arena.allocate(65_536);
    addresses.push(address);
    if (reserved >= 5 * 32 * MIB && arena.reserved > reserved) break;
  }
  const last = addresses.pop() ?? 0;
  withBuffers(0, () => {
    for (let i = 0, address = last; i < 10; i++) {
      arena.free(address);
      address = arena.allocate(65_536);
    }
  });
  arena.clear();
});

Deno.test("Arena.tidy() gives back what a few living blocks hold, and leaves them as they are", () => {
  const model = new Model();
  const addresses: Address[] = [];
  // 80 MiB, of which one page in 40 stays in use.
  while (model.arena.used < 80 * MIB) {
    if (addresses.length % 40 === 0) model.allocate(65_536);
    addresses.push(model.arena.allocate(65_536));
  }
  assertEquals(model.arena.tidy(), false);
  for (const address of addresses) model.arena.free(address);
  const buffers = model.arena.bytes.map((bytes) => bytes.buffer);
  assertEquals(withBuffers(0, () => model.arena.tidy()), false);
  let moved = 0;
  while (model.arena.tidy()) moved++;
  assert(moved >= 2 && moved <= 5, `${moved}`);
  const old = buffers.filter((buffer) => !model.arena.bytes.some((now) => now.buffer === buffer));
  assertEquals(old.length, moved);
  assert(old.every((buffer) => buffer.byteLength === 0));
  model.checkAll();
  // What it has given back is there to be used.
  for (let i = 0; i < 1000; i++) model.allocate(65_536);
  model.checkAll();
  model.arena.clear();
});

Deno.test("Arena tells when there is something to tidy, and not for every page", () => {
  let told = 0;
  const arena = new Arena(() => told++);
  const addresses = Array.from({ length: 1500 }, () => arena.allocate(65_536));
  for (const [i, address] of addresses.entries()) {
    if (i % 10 !== 0) arena.free(address);
  }
  assert(told >= 2 && told < 40, `${told}`);
  assertEquals(arena.tidy(), true);
  arena.clear();
});

Deno.test("Arena puts large blocks in a row of pages, and those beyond 32 MiB in buffers of their own", () => {
  const model = new Model();
  const sizes = [65_537, 200_000, 4 * MIB, 32 * MIB, 32 * MIB + 1, 70 * MIB];
  for (const size of sizes) model.allocate(size);
  model.checkAll();
  // A gap is used again.
  const gap = [...model.blocks].find(([, { size }]) => size === 200_000)?.[0] ?? 0;
  model.free(gap);
  const { reserved } = model.arena;
  model.allocate(199_000);
  assert(model.blocks.has(gap));
  assertEquals(model.arena.reserved, reserved);
  for (const address of [...model.blocks.keys()]) model.free(address);
  assertEquals([model.arena.used, model.arena.reserved], [0, 0]);
});

Deno.test("Arena holds more large blocks than it has segments", () => {
  const arena = new Arena();
  const addresses = new Set<Address>();
  for (let i = 0; i < 3000; i++) addresses.add(arena.allocate(70_000));
  assertEquals(addresses.size, 3000);
  arena.clear();
});

Deno.test("Arena.clear() gives everything back and starts anew", () => {
  const model = new Model();
  for (let i = 1; i < 300; i++) model.allocate(i * 400);
  const buffers = model.arena.bytes.slice(1).map((bytes) => bytes.buffer);
  model.arena.clear();
  assertEquals([model.arena.used, model.arena.reserved], [0, 0]);
  assert(buffers.every((buffer) => buffer.byteLength === 0));
  model.blocks.clear();
  for (let i = 1; i < 300; i++) model.allocate(i * 400);
  model.checkAll();
});

Deno.test("Arena is whole after the system had no memory", () => {
  const random = seeded(5);
  const model = new Model();
  let failures = 0;
  for (let round = 0; round < 60; round++) {
    withBuffers(Math.floor(random() * 3), () => {
      for (let i = 0; i < 40; i++) {
        const size = Math.ceil(2 ** (random() * 17.5));
        const address = model.address(random);
        try {
          if (address === 0 || random() < 0.7) model.allocate(size);
          else model.resize(address, size);
        } catch (error) {
          assert(error instanceof ArenaFullError);
          failures++;
        }
      }
    });
    model.checkAll();
    while (model.blocks.size > 100) model.free(model.address(random));
  }
  assert(failures > 50, `${failures}`);
  for (const address of [...model.blocks.keys()]) model.free(address);
  assertEquals([model.arena.used, model.arena.reserved], [0, 0]);
});

Deno.test("Arena.resize() shrinks also where there is no memory", () => {
  const arena = new Arena();
  const block = arena.allocate(60_000);
  // The other page of the segment.
  arena.allocate(60_000);
  withBuffers(0, () => {
    assertEquals(arena.resize(block, 100, 1000), block);
    assertThrows(() => arena.resize(block, 100, 100_000), ArenaFullError);
  });
});

Deno.test("Arena ends at 2047 segments, and is whole there", () => {
  const arena = new Arena();
  // Buffers of no memory stand in for those of more than 32 MiB.
  const { ArrayBuffer } = globalThis;
  globalThis.ArrayBuffer = class extends ArrayBuffer {
    constructor() {
      super(4096);
    }
  } as ArrayBufferConstructor;
  try {
    const addresses = Array.from({ length: 2047 }, () => arena.allocate(33 * MIB));
    assertThrows(() => arena.allocate(33 * MIB), ArenaFullError, "All addresses are in use");
    assertThrows(() => arena.allocate(10), ArenaFullError);
    assertEquals(new Set(addresses).size, 2047);
    const last = addresses[2046] ?? 0;
    assert(last < 0, "The upper half of the addresses is negative");
    arena.setWord(last, 1000, 42);
    assertEquals(arena.word(last, 1000), 42);
    const freed = addresses[1000] ?? 0;
    arena.free(freed);
    assertEquals(arena.allocate(33 * MIB), freed);
  } finally {
    globalThis.ArrayBuffer = ArrayBuffer;
  }
});

Deno.test("Arena takes little for itself: hundreds of them fit in one process", () => {
  const arenas = Array.from({ length: 300 }, () => new Arena());
  assertEquals(arenas.reduce((sum, arena) => sum + arena.reserved, 0), 0);
  const blocks = arenas.map((arena, i) => {
    const block = arena.allocate(100);
    bytesOf(arena, block, 100).fill(i % 256);
    return block;
  });
  assert(arenas.every((arena) => arena.reserved <= 128 * 1024));
  for (const [i, arena] of arenas.entries()) {
    assert(holdsOnly(bytesOf(arena, blocks[i] ?? 0, 100), i % 256));
    arena.free(blocks[i] ?? 0);
    assertEquals(arena.reserved, 0);
  }
});
