import { any, edgeInteger, type Group, integer, many, opt, type Part, value } from "../grammar.ts";
import { key, stringKey } from "../grammar.ts";

const bytes: Part = (random) =>
  Array.from(
    { length: random.int(0, random.pick([3, 20, 100])) },
    () => String.fromCharCode(random.pick([0, 0, 255, 255, random.int(0, 255)])),
  ).join("");
const source = any(bytes, bytes, value, "\xff".repeat(40), "\0".repeat(40), "123456789");
/** Offsets of which none makes a string of very many bytes. */
const offset = any(
  integer(0, 40),
  integer(0, 40),
  integer(0, 900),
  any("-1", "4294967296", "9223372036854775807", "9223372036854775808", "abc", "", "1.5", "007"),
);
const fieldOffset = any(
  offset,
  (random) => `#${random.int(0, 12)}`,
  any("#", "#-1", "#x", "##1", "#4611686018427387905", "#288230376151711745"),
);
const range = any(
  [],
  [integer(-12, 12)],
  [integer(-12, 12), integer(-12, 12)],
  [integer(-90, 90), integer(-90, 90), any("BIT", "BIT", "BYTE", "bits")],
  [edgeInteger, edgeInteger],
);
const type = any(
  (random) => `i${random.int(1, 64)}`,
  (random) => `u${random.int(1, 63)}`,
  any("i8", "u8", "i64", "u63", "i1", "u1", "i16"),
  any("u64", "i65", "i0", "u0", "i", "u", "", "x8", "I8", "u08", "i-1"),
);
const amount = any(
  integer(-10, 10),
  integer(-300, 300),
  (random) => `${BigInt(random.int(-1000, 1000)) << BigInt(random.int(0, 53))}`,
  edgeInteger,
);
const get = ["GET", type, fieldOffset];
const operation = any(
  get,
  ["SET", type, fieldOffset, amount],
  ["INCRBY", type, fieldOffset, amount],
  ["INCRBY", type, fieldOffset, amount],
  ["OVERFLOW", any("WRAP", "SAT", "FAIL", "wrap", "NONE")],
);
const field: Part = [
  any(get, ["SET", type, fieldOffset, amount], ["INCRBY", type, fieldOffset, amount]),
  many(operation, 0, 5),
];

export const bitmaps: Group = {
  commands: [
    ["SET", stringKey, source],
    ["SET", stringKey, source],
    ["SETBIT", stringKey, offset, any("0", "1", "1", "2", "-1", edgeInteger)],
    ["SETBIT", stringKey, offset, any("0", "1")],
    ["GETBIT", stringKey, offset],
    ["BITCOUNT", stringKey, range],
    ["BITPOS", stringKey, any("0", "1", "0", "1", "2", edgeInteger), range],
    ["BITOP", any("AND", "OR", "XOR"), stringKey, many(key, 1, 4)],
    ["BITOP", any("AND", "OR", "XOR", "NOT", "NAND"), stringKey, many(stringKey, 1, 4)],
    ["BITOP", "NOT", stringKey, stringKey],
    ["BITFIELD", stringKey, many(field, 1, 3)],
    ["BITFIELD", stringKey, opt(operation)],
    ["BITFIELD_RO", stringKey, many(get, 0, 3), opt(operation)],
    ["GET", stringKey],
    ["OBJECT", "ENCODING", stringKey],
    ["STRLEN", stringKey],
  ],
};
