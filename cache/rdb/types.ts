/**
 * The numbers of the RDB format: versions, kinds of values, and what stands between them in a file.
 *
 * @module
 */

/** The version that is written, and the last that is read: Redis 7.0's. */
export const RDB_VERSION = 10;

/** The first version whose files end with a checksum. */
export const CHECKSUM_VERSION = 5;

/** Kinds of values. Those that are only read say which version of Redis wrote them last. */
export const TYPE_STRING = 0;
/** 3.0. From 3.2 on a list is a quicklist. */
export const TYPE_LIST = 1;
export const TYPE_SET = 2;
/** 3.2: its scores are decimal. */
export const TYPE_ZSET = 3;
export const TYPE_HASH = 4;
export const TYPE_ZSET_2 = 5;
/** 2.4. */
export const TYPE_HASH_ZIPMAP = 9;
/** 3.0. */
export const TYPE_LIST_ZIPLIST = 10;
export const TYPE_SET_INTSET = 11;
/** 6.2, as are the next two. */
export const TYPE_ZSET_ZIPLIST = 12;
export const TYPE_HASH_ZIPLIST = 13;
export const TYPE_LIST_QUICKLIST = 14;
/** 6.2: its groups do not know how much was ever added. */
export const TYPE_STREAM_LISTPACKS = 15;
export const TYPE_HASH_LISTPACK = 16;
export const TYPE_ZSET_LISTPACK = 17;
export const TYPE_LIST_QUICKLIST_2 = 18;
export const TYPE_STREAM_LISTPACKS_2 = 19;

/** What a node of a quicklist holds: one large element, or a listpack. */
export const NODE_PLAIN = 1;
export const NODE_PACKED = 2;

/** What stands in a file in place of a kind of value. */
export const OPCODE_FUNCTION2 = 245;
export const OPCODE_MODULE_AUX = 247;
export const OPCODE_IDLE = 248;
export const OPCODE_FREQ = 249;
export const OPCODE_AUX = 250;
export const OPCODE_RESIZEDB = 251;
export const OPCODE_EXPIRETIME_MS = 252;
export const OPCODE_EXPIRETIME = 253;
export const OPCODE_SELECTDB = 254;
export const OPCODE_EOF = 255;

/** What the upper two bits of a length say. */
export const LENGTH_6 = 0;
export const LENGTH_14 = 1;
export const LENGTH_ENCODED = 3;
/** The whole first byte of a length that follows in four or eight bytes, the highest first. */
export const LENGTH_32 = 0x80;
export const LENGTH_64 = 0x81;

/** What the lower bits say of a string that is encoded. */
export const ENCODED_INT8 = 0;
export const ENCODED_INT16 = 1;
export const ENCODED_INT32 = 2;
export const ENCODED_LZF = 3;

/** In place of the length of a decimal score. */
export const SCORE_NAN = 253;
export const SCORE_INFINITE = 254;
export const SCORE_NEGATIVE_INFINITE = 255;
