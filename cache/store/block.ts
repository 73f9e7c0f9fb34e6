/**
 * Blocks whose contents grow and shrink: when they move to a larger block and when to a smaller one.
 *
 * @module
 */

import type { Address, Arena } from "./arena.ts";

/** The arena's largest size class; a larger block has a buffer of its own. */
const LARGEST_CLASS = 65_536;

/**
 * Makes sure that a block holds so many bytes. The arena's classes leave room for a while; above them
 * an eighth is added, so that growing step by step is not quadratic.
 *
 * @param used How many bytes at its beginning are kept.
 * @returns Where it is now.
 * @throws {ArenaFullError} If there is no memory. The block is as it was then.
 */
export function grow(arena: Arena, block: Address, used: number, size: number): Address {
  if (size <= arena.capacity(block)) return block;
  return arena.resize(block, used, size > LARGEST_CLASS ? size + (size >>> 3) : size);
}

/**
 * Makes a block smaller if half of it or more is unused.
 *
 * @param used How many bytes at its beginning are kept.
 * @returns Where it is now.
 */
export function shrink(arena: Arena, block: Address, used: number): Address {
  return used > arena.capacity(block) >>> 1 ? block : arena.resize(block, used, used);
}
