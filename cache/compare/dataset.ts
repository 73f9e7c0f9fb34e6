/**
 * All that a server keeps, in a form in which two servers that keep the same are equal.
 *
 * @module
 */

import { type Client, textOf } from "./resp.ts";

/** The digest of all keys, and the libraries of functions. */
export async function dataset(client: Client): Promise<string[]> {
  const digest = textOf(await client.call("DEBUG", "DIGEST"));
  const { value } = await client.call("FUNCTION", "LIST", "WITHCODE");
  const libraries = Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : [];
  return [digest, ...libraries];
}
