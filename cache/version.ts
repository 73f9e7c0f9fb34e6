/**
 * Versions: of this package, and of the Redis that it is like.
 *
 * @module
 */

import denoJson from "./deno.json" with { type: "json" };

/** This package's version. */
export const VERSION: string = denoJson.version;

/** The version of Redis whose commands, replies and errors these are. */
export const REDIS_VERSION = "7.0.15";
