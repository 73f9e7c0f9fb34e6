/**
 * The first byte of each type of reply, which says what follows.
 *
 * @module
 */

export const [STRING, ERROR, INTEGER, BULK, ARRAY] = [43, 45, 58, 36, 42] as const;

/** Those of RESP3. */
export const [MAP, SET, PUSH, BOOLEAN] = [37, 126, 62, 35] as const;
export const [DOUBLE, BIG_NUMBER, VERBATIM] = [44, 40, 61] as const;
export const ATTRIBUTE = 124;
