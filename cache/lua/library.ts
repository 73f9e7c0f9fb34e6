/**
 * How libraries are put into tables.
 *
 * @module
 */

import type { Table } from "./table.ts";
import { type Host, HostFunction } from "./value.ts";

/** A library: plain host functions by their names, and any other values. */
export type Library = Record<string, Host | HostFunction | Table | string | number>;

/** Puts a library's functions and values into a table. */
export function register(table: Table, library: Library): Table {
  for (const [name, value] of Object.entries(library)) {
    table.set(name, typeof value === "function" ? HostFunction.plain(value) : value);
  }
  return table;
}
