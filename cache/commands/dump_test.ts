import { assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError, type ReplyValue } from "../protocol/value.ts";
import { Crc64 } from "../rdb/crc64.ts";
import { fromHex, toHex } from "../rdb/test_util.ts";
import { Slice } from "../store/slice.ts";
import { seeded } from "../store/test_util.ts";

/** Values, and what Redis 7.0.15 replies to DUMP and to DEBUG DIGEST-VALUE for them. */
const RECORDED: [string[], string, string][] = [
  [["SET", "k", "-5"], "00c0fb0a0049c4c6f4d7263f68", "b8fe4ac02b2f7e40537890f8b06b1107798d89e1"],
  [
    ["SET", "k", "1000"],
    "00c1e8030a0089d1478ebac4b764",
    "3b7ed4ee1d6b6492758c2518bf310cb24ae115e0",
  ],
  [
    ["SET", "k", "-2147483648"],
    "00c2000000800a00c74f873e33558187",
    "d9232a02d31b439d568e14308c21ac8d41dc5fae",
  ],
  [
    ["SET", "k", "9223372036854775807"],
    "0013393232333337323033363835343737353830370a003a657e9481e85f22",
    "740f3d80eb4e51ce571db1772e687df8d366aa6d",
  ],
  [
    ["SET", "k", "hello"],
    "000568656c6c6f0a006372df766534200a",
    "36b23a1456b2dce2c3ed252c456761301dba8060",
  ],
  [["SET", "k", ""], "00000a005d9b5c400f7fa2da", "8b3447c33a834b810e3e181b6fd6a2ee1020921c"],
  [
    ["SET", "k", "a".repeat(100)],
    "00c3094064016161e057000161610a00e8a3b507b06df271",
    "ee6fc3a95843eb8b4bcad41a55f6b922e267675a",
  ],
  [
    ["SET", "k", "abcdefghijklmnopqrstuvwxyz"],
    "001a6162636465666768696a6b6c6d6e6f707172737475767778797a0a009e1b3f34abfc5f79",
    "34f133e7389df9793fc4adf892f09bf6ca710a3e",
  ],
  [
    ["RPUSH", "k", "a", "-1", "5000", "100000", "9223372036854775807", "x".repeat(64)],
    "120102c326406316630000000600816102dfff02f1881303f2a0860104f4ff8000047f09e04078e036000142ff" +
    "0a0039f7e83e1d735f82",
    "1120e141101abab51fce53cef4c490ccdeb17972",
  ],
  [
    ["RPUSH", "k", "x".repeat(5000), "y".repeat(5000)],
    "120202c3404a539607961300000100f08820060078" + "e0ff00".repeat(18) + "e0ee0002278dff" +
    "02c3404a539607961300000100f08820060079" + "e0ff00".repeat(18) + "e0ee0002278dff" +
    "0a0087e37adb5185998a",
    "5c55846827e2715a4a359a502625f94a6f613ea0",
  ],
  [
    ["SADD", "k", "1", "-2", "3"],
    "0b0e0200000003000000feff010003000a001b18460ee16f04bb",
    "cd8c572f00c448fad83a282435d6e47b31d44ec3",
  ],
  [
    ["SADD", "k", "1", "100000"],
    "0b10040000000200000001000000a08601000a00d7b548c007796515",
    "c74d45cbc1d723b0307be8b55c32024ed965f981",
  ],
  [
    ["SADD", "k", "1", "-9223372036854775808"],
    "0bc312180408000000022003a00001800160080100000a0023c86d022340525c",
    "e60908173883784ec48e7dd0d6a95323a7420b12",
  ],
  [
    ["SADD", "k", "member"],
    "0201066d656d6265720a00782717cf5e5d03c4",
    "d6de735acf21b2b0395a5ac9b3e7185799269491",
  ],
  [
    ["ZADD", "k", "1", "a", "1.5", "b", "-inf", "c", "1e20", "d"],
    "1127270000000800816302842d696e6605816102010181620283312e35048164028531652b323006ff" +
    "0a009ab7c0e3af446ff4",
    "729bdf0791de9bc4960d66702a85cb6f45657481",
  ],
  [
    ["ZADD", "k", "2.5", "z".repeat(65)],
    "0501c3094041017a7ae03400017a7a00000000000004400a001badfd7fd164b362",
    "1f8bd91bd01a1428e620661a75093a624da96d05",
  ],
  [
    ["HSET", "k", "name", "alice", "age", "30"],
    "101b1b0000000400846e616d650585616c6963650683616765041e01ff0a0096922ecbc1785a74",
    "7cb036233db38afa49180c2d89464cf98dfd4747",
  ],
  [
    ["HSET", "k", "f", "v".repeat(65)],
    "04010166c3094041017676e034000176760a003d71be523786cf45",
    "2165334c1a204d29b24e37a72739399a4fb4debf",
  ],
];

/** The same with streams, which take several commands. */
const RECORDED_STREAMS: [string[][], string, string][] = [
  [
    [["XADD", "k", "1-1", "f", "v"]],
    "130110000000000000000100000000000000011d1d0000000a0001010001010181660200010201000100018176" +
    "020401ff0101010101000001000a00ff55ab626ac035db",
    "2ed9a7a81688084b1f7eae33456ef7727d357031",
  ],
  [
    [
      ["XADD", "k", "1700000000000-0", "temp", "-5", "name", "x".repeat(64)],
      ["XADD", "k", "1700000000000-7", "temp", "70000", "name", ""],
      ["XADD", "k", "1700000000005-0", "other", "9223372036854775807"],
      ["XDEL", "k", "1700000000000-0"],
    ],
    "1301100000018bcfe568000000000000000000c3405440931c9300000019000201010102018474656d7005846e" +
    "616d65050001030100200105dffb02e04078e03600014205205d0b00010701f270110104800105200c40030a01" +
    "01856f7468657206f4ff8000047f090601ff02810000018bcfe5680500810000018bcfe5680007810000018bcf" +
    "e568000003000a005f019ff1df141549",
    "ed72d5207e60015d92f0b182f4d3b5d4d3377aa1",
  ],
  [
    [
      ["CONFIG", "SET", "stream-node-max-entries", "2"],
      ["XADD", "k", "1-0", "f", "1"],
      ["XADD", "k", "2-0", "f", "2"],
      ["XADD", "k", "3-0", "f", "3"],
      ["XADD", "k", "4-0", "f", "4"],
      ["XADD", "k", "5-0", "f", "5"],
      ["XTRIM", "k", "MAXLEN", "4"],
      ["XDEL", "k", "3"],
    ],
    "1303100000000000000001000000000000000026260000000f0001010101010181660200010301000100010101" +
    "040102010101000102010401ff100000000000000003000000000000000026260000000f000101010101018166" +
    "0200010301000100010301040102010101000104010401ff10000000000000000500000000000000001c1c0000" +
    "000a00010100010101816602000102010001000105010401ff0305000200030005000a00eaeabb755f21d8f4",
    "df5bff6a23e67fb507c663a90d90601aaddf77fd",
  ],
  [
    [["XADD", "k", "18446744073709551615-18446744073709551614", "f", "v"]],
    "130110fffffffffffffffffffffffffffffffe1d1d0000000a0001010001010181660200010201000100018176" +
    "020401ff0181ffffffffffffffff81fffffffffffffffe81ffffffffffffffff81fffffffffffffffe00000100" +
    "0a00d9faf34b5da58132",
    "1f4c7c98df688019aab6eb7de44eb47d4342e809",
  ],
  [
    [["XGROUP", "CREATE", "k", "g", "$", "MKSTREAM"]],
    "13000000000000000000010167000081ffffffffffffffff00000a00a01a953dfb9cddde",
    "06bd01623de1d087bbd377851096317b1af476a2",
  ],
  [
    [["XADD", "k", "5-5", "f", "v"], ["XDEL", "k", "5-5"]],
    "13000005050000050501000a002ec29e198cf64e24",
    "06bd01623de1d087bbd377851096317b1af476a2",
  ],
];

/**
 * A stream with groups, as Redis 7.0.15 dumps it, and its digest: two consumers have three entries
 * pending, one of them 2^63-1 times delivered, and one group has never read.
 */
const RECORDED_GROUPS =
  "13011000000000000000010000000000000000c32e3e113e0000001900040100010101816602000102200a0500" +
  "0181760204200a0001e0010a4017a0150003a0150101ff0404000100000004020162020081ffffffffffffffff" +
  "00010469646c65d36dbc05a20100000007776f726b657273040004030000000000000001000000000000000000" +
  "806e8774010000030000000000000002000000000000000001806e877401000000000000000000000400000000" +
  "0000000002806e8774010000817fffffffffffffff02026331d36dbc05a2010000020000000000000001000000" +
  "000000000000000000000000020000000000000000026332d36dbc05a201000001000000000000000400000000" +
  "000000000a001b7a43e9b39f9c68";
const GROUPS_DIGEST = "0e83463f87a4e1551fede28e3aa41eb180b25d7e";

/** A node of a stream: the entries 1-0, which is deleted, 2-0 and 3-0. */
const STREAM_NODE =
  "33 33000000 1400 0201010101018166020001030100010001816102040102010101000181620204010201020100018163020401 ff";

/** A value with what DUMP adds to it. */
function sealed(hex: string, version = "0a00"): Uint8Array {
  const bytes = fromHex(hex + version);
  const crc = new Crc64();
  crc.update(bytes);
  return new Uint8Array([...bytes, ...crc.digest()]);
}

function errorOf(run: () => ReplyValue): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    return error.message;
  }
  return "none";
}

/** What a test has made: what it deletes may still be given back in parts when it ends. */
const made: Cache[] = [];
Deno.test.afterEach(async () => {
  for (const cache of made.splice(0)) await cache.close();
});

function open(clock = new ManualClock(1_700_000_000_000)): Cache {
  const cache = new Cache({ enableDebugCommand: true, clock });
  made.push(cache);
  return cache;
}

Deno.test("DUMP and RESTORE exchange with Redis what they have recorded, byte for byte", () => {
  for (const [command, dump, digest] of RECORDED) {
    const cache = open();
    const [name = "", ...args] = command;
    cache.call(name, ...args);
    assertEquals(toHex(new Slice(cache.callBytes("DUMP", "k") as Uint8Array)), dump);
    assertEquals(cache.call("DEBUG", "DIGEST-VALUE", "k"), [digest]);
    assertEquals(cache.call("RESTORE", "copy", 0, fromHex(dump)), "OK");
    assertEquals(cache.call("DEBUG", "DIGEST-VALUE", "copy"), [digest]);
    assertEquals(
      cache.call("OBJECT", "ENCODING", "copy"),
      cache.call("OBJECT", "ENCODING", "k"),
    );
  }
});

Deno.test("DUMP and RESTORE exchange streams with Redis, byte for byte", () => {
  for (const [commands, dump, digest] of RECORDED_STREAMS) {
    const cache = open();
    for (const [name = "", ...args] of commands) cache.call(name, ...args);
    assertEquals(toHex(new Slice(cache.callBytes("DUMP", "k") as Uint8Array)), dump);
    assertEquals(cache.call("DEBUG", "DIGEST-VALUE", "k"), [digest]);
    assertEquals(cache.call("RESTORE", "copy", 0, fromHex(dump)), "OK");
    assertEquals(cache.call("DEBUG", "DIGEST-VALUE", "copy"), [digest]);
    assertEquals(toHex(new Slice(cache.callBytes("DUMP", "copy") as Uint8Array)), dump);
    assertEquals(cache.call("XINFO", "STREAM", "copy"), cache.call("XINFO", "STREAM", "k"));
  }
});

Deno.test("RESTORE and DUMP keep consumer groups, consumers and what is pending", () => {
  const cache = open();
  cache.call("RESTORE", "k", 0, fromHex(RECORDED_GROUPS));
  assertEquals(cache.call("DEBUG", "DIGEST-VALUE", "k"), [GROUPS_DIGEST]);
  assertEquals(toHex(new Slice(cache.callBytes("DUMP", "k") as Uint8Array)), RECORDED_GROUPS);
  assertEquals(cache.call("XPENDING", "k", "workers"), [
    3,
    "1-0",
    "4-0",
    [["c1", "2"], ["c2", "1"]],
  ]);
  const idle = (time: number) => 1_700_000_000_000 - time;
  assertEquals(cache.call("XPENDING", "k", "workers", "-", "+", 9), [
    ["1-0", "c1", idle(1_600_000_000_000), 3],
    ["2-0", "c1", idle(1_600_000_000_001), 0],
    ["4-0", "c2", idle(1_600_000_000_002), 9223372036854775807n],
  ]);
  assertEquals(cache.call("XACK", "k", "workers", "1-0", "2-0", "4-0"), 3);
});

Deno.test("RESTORE counts what a stream of Redis 6 does not tell", () => {
  const cache = open();
  // Three entries, of which the first is deleted; groups at the last one, before the first, and between.
  const hex = `0f 01 10 ${"00".repeat(7)}01${
    "00".repeat(8)
  } ${STREAM_NODE} 02 03 00 03 0161 03 00 00 00 0162 00 00 00 00 0163 02 05 00 00`;
  assertEquals(cache.call("RESTORE", "k", 0, sealed(hex, "0900")), "OK");
  const info = cache.call("XINFO", "STREAM", "k", "FULL") as Map<string, ReplyValue>;
  assertEquals(info.get("entries-added"), 2);
  assertEquals(info.get("recorded-first-entry-id"), "2-0");
  assertEquals(info.get("max-deleted-entry-id"), "0-0");
  const groups = info.get("groups") as Map<string, ReplyValue>[];
  assertEquals(groups.map((group) => [group.get("entries-read"), group.get("lag")]), [
    [2, 0],
    [0, 2],
    [null, null],
  ]);
});

Deno.test("RESTORE reads what older versions of Redis have written", () => {
  const cases: [string, string[], ReplyValue][] = [
    // A list of strings, of which one is compressed.
    [
      "01 03 0161 c16400 c3094064016161e05700016161",
      ["LRANGE", "k", "0", "-1"],
      ["a", "100", "a".repeat(100)],
    ],
    // A list that is a ziplist.
    ["0a 10 10000000 0c000000 0200 00f2 02f3 ff".replace("10 10", "0f 0f"), [
      "LRANGE",
      "k",
      "0",
      "-1",
    ], ["1", "2"]],
    // Ziplists, one of them empty.
    ["0e 02 0b 0b0000000a0000000000ff 0d 0d0000000a000000010000f8ff", [
      "LRANGE",
      "k",
      "0",
      "-1",
    ], ["7"]],
    ["03 03 0161 03312e35 0162 fe 0163 ff", ["ZRANGE", "k", "0", "-1", "WITHSCORES"], [
      ["c", -Infinity],
      ["a", 1.5],
      ["b", Infinity],
    ]],
    [
      "0c 19 19000000 16000000 0400 00036f6e65 05f2 020374776f 05f3 ff",
      ["ZRANGE", "k", "0", "-1", "WITHSCORES"],
      [["one", 1], ["two", 2]],
    ],
    [
      "0d 1b 1b000000 16000000 0400 00026631 04027631 04026632 04027632 ff",
      ["HGETALL", "k"],
      new Map([["f1", "v1"], ["f2", "v2"]]),
    ],
    [
      "09 10 02 026631 0200 7631 026632 0200 7632 ff",
      ["HGETALL", "k"],
      new Map([["f1", "v1"], ["f2", "v2"]]),
    ],
    ["12 02 01 026162 01 0163", ["LRANGE", "k", "0", "-1"], ["ab", "c"]],
    ["02 02 0161 c005", ["SMEMBERS", "k"], new Set(["a", "5"])],
    ["00 80 00000003 616263", ["GET", "k"], "abc"],
    ["00 81 0000000000000003 616263", ["GET", "k"], "abc"],
    ["00 4003 616263", ["GET", "k"], "abc"],
    ["00 03 616263 ffff", ["GET", "k"], "abc"],
  ];
  for (const [hex, [name = "", ...args], value] of cases) {
    const cache = open();
    assertEquals([hex, cache.call("RESTORE", "k", 0, sealed(hex, "0600"))], [hex, "OK"]);
    assertEquals([hex, cache.call(name, ...args)], [hex, value]);
  }
});

Deno.test("RESTORE refuses what is damaged, with nothing changed", () => {
  const cache = open();
  cache.call("SET", "k", "old");
  const ZERO = "00".repeat(8);
  const ID = `${"00".repeat(7)}01${ZERO}`;
  const NODE = `10 ${ID} ${STREAM_NODE}`;
  // With one entry, 9-0, which is deleted.
  const EMPTY_NODE = `10 ${"00".repeat(7)}09 ${ZERO} 1d 1d000000 0a00 0001 0101 0101 816602 0001` +
    "0301 0001 0001 816102 0401 ff";
  const PENDING = `${ID} ${ZERO} 01`;
  const bad = [
    ...[
      "",
      "63 00",
      "00",
      "00 3f 61",
      "00 c4",

      "00 82",
      "00 81 01",
    ],
    ...["00 81 ffffffffffffffff 61", "00 80 ffffffff 61", "00 c3 02 ff 0061", "00 c3 02 03 0061"],
    ...["00 c3 ff 01", "01 00", "01 81 ffffffffffffffff 0161", "02 00", "02 02 0161 0161", "04 00"],
    ...["04 02 0161 0162 0161 0163", "04 01 0161", "05 01 0161 000000000000f87f"],
    ...["05 02 0161 0000000000000000 0161 0000000000000000", "03 01 0161 fd", "03 01 0161 0178"],
    ...["03 01 0161 00", "0b 00", "0b 08 0200000000000000", "10 07 070000000000ff", "10 00"],
    ...["11 0b 0b000000 0100 8161 02 ff", "11 0e 0e000000 0200 816102 8161 02 ff", "12 01 03 0161"],
    ...["11 11 11000000 0200 816102 836e616e 04 ff", "12 01 01 00", "12 01 02 07 070000000000ff"],
    ...["12 01 c0 0161", "0e 01 0b 0b0000000a0000000000ff", "0f 00", "06 00", "15 00"],
    "10 13 13000000 0400 816102 0101 816102 0101 ff",
    ...[
      // A node: without an ID, none at all, one twice, a damaged one; another length; a last ID too low.
      `13 01 0f ${"00".repeat(15)} ${STREAM_NODE} 02 0300 0200 0000 03 00`,
      `13 00 01 0300 0200 0000 03 00`,
      `13 02 ${NODE} ${NODE} 04 0300 0200 0000 03 00`,
      `13 02 ${NODE} ${NODE.replace("01", "02").replace("8161", "0161")} 01 0300 0200 0000 03 00`,
      `13 01 ${NODE} 03 0300 0200 0000 03 00`,
      `13 01 ${NODE} 02 0200 0200 0000 03 00`,
      `13 02 ${NODE} ${EMPTY_NODE} 02 0300 0200 0000 03 00`,
      // Its end is missing.
      `13 01 ${NODE} 02 0300 0200 0000 03`,
      // Groups and consumers that come twice.
      "13 00 00 0300 0200 0000 03 02 0161 0000 00 00 00 0161 0000 00 00 00",
      `13 00 00 0300 0200 0000 03 01 0161 0000 00 00 02 0163 ${ZERO} 00 0163 ${ZERO} 00`,
      // What is pending twice in the group, of no consumer, of two, only of a consumer.
      `13 00 00 0300 0200 0000 03 01 0161 0000 00 02 ${PENDING} ${PENDING} 01 0163 ${ZERO} 01 ${ID}`,
      `13 00 00 0300 0200 0000 03 01 0161 0000 00 01 ${PENDING} 01 0163 ${ZERO} 00`,
      `13 00 00 0300 0200 0000 03 01 0161 0000 00 01 ${PENDING} 02 0163 ${ZERO} 01 ${ID} 0164 ${ZERO} 01 ${ID}`,
      `13 00 00 0300 0200 0000 03 01 0161 0000 00 00 01 0163 ${ZERO} 01 ${ID}`,
    ],
  ];
  for (const hex of bad) {
    const restore = () => cache.call("RESTORE", "k", 0, sealed(hex), "REPLACE");
    assertEquals([hex, errorOf(restore)], [hex, "ERR Bad data format"]);
  }
  assertEquals(cache.call("GET", "k"), "old");
  assertEquals(cache.call("DBSIZE"), 1);
});

Deno.test("RESTORE checks its arguments in Redis' order, with its errors", () => {
  const cache = open();
  const good = sealed("00 c005");
  const bad = good.with(0, 1);
  const restore = (...args: (string | number | Uint8Array)[]) =>
    errorOf(() => cache.call("RESTORE", "k", ...args));
  const footer = "ERR DUMP payload version or checksum are wrong";
  const integer = "ERR value is not an integer or out of range";
  assertEquals(restore(0, bad), footer);
  assertEquals(restore(0, ""), footer);
  assertEquals(restore(0, good.slice(0, -1)), footer);
  assertEquals(restore(0, sealed("00 c005", "0b00")), footer);
  assertEquals(restore(0, sealed("00 c005", "0100")), "none");
  assertEquals(restore("x", bad), "BUSYKEY Target key name already exists.");
  assertEquals(restore("x", bad, "REPLACE"), integer);
  assertEquals(restore(-1, bad, "REPLACE"), "ERR Invalid TTL value, must be >= 0");
  assertEquals(restore("x", bad, "OTHER"), "ERR syntax error");
  assertEquals(restore("x", bad, "IDLETIME"), "ERR syntax error");
  assertEquals(restore("x", bad, "IDLETIME", "x"), integer);
  assertEquals(restore("x", bad, "IDLETIME", -1), "ERR Invalid IDLETIME value, must be >= 0");
  assertEquals(restore("x", bad, "FREQ", "x"), integer);
  for (const freq of [-1, 256]) {
    assertEquals(
      restore("x", bad, "FREQ", freq),
      "ERR Invalid FREQ value, must be >= 0 and <= 255",
    );
  }
  assertEquals(restore("x", bad, "FREQ", 1, "IDLETIME", 1), "ERR syntax error");
  assertEquals(restore("x", bad, "IDLETIME", 1, "FREQ", 1), "ERR syntax error");
  assertEquals(restore(0, good, "replace", "freq", 255), "none");
  assertThrows(() => cache.call("RESTORE", "k", 0), ReplyError, "wrong number of arguments");
  assertEquals(cache.call("DUMP", "none"), null);
});

Deno.test("RESTORE sets when a key expires, and how it was used, as far as the policy keeps that", () => {
  const clock = new ManualClock(1_700_000_000_000);
  const cache = open(clock);
  const good = sealed("00 c005");
  cache.call("RESTORE", "relative", 1500, good);
  assertEquals(cache.call("PTTL", "relative"), 1500);
  cache.call("RESTORE", "absolute", clock.now() + 1, good, "ABSTTL");
  assertEquals(cache.call("PTTL", "absolute"), 1);
  cache.call("RESTORE", "far", "9223372036854775807", good, "ABSTTL");
  assertEquals(cache.call("PEXPIRETIME", "far"), 9223372036854775807n);
  cache.call("RESTORE", "idle", 0, good, "IDLETIME", 1000);
  assertEquals(cache.call("OBJECT", "IDLETIME", "idle"), 1000);
  cache.call("RESTORE", "used", 0, good, "FREQ", 200);
  assertEquals(cache.call("OBJECT", "IDLETIME", "used"), 0);
  cache.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
  cache.call("RESTORE", "used", 0, good, "FREQ", 200, "REPLACE");
  assertEquals(cache.call("OBJECT", "FREQ", "used"), 200);
  cache.call("RESTORE", "used", 0, good, "IDLETIME", 1000, "REPLACE");
  assertEquals(cache.call("OBJECT", "FREQ", "used"), 5);
  assertEquals(cache.call("RESTORE", "idle", clock.now(), good, "ABSTTL", "REPLACE"), "OK");
  assertEquals(cache.call("RESTORE", "never", "9223372036854775807", good), "OK");
  assertEquals(cache.call("EXISTS", "idle", "never"), 0);
});

Deno.test("RESTORE notifies, fails a watched transaction and wakes who waits for a list", async () => {
  const cache = open();
  cache.call("CONFIG", "SET", "notify-keyspace-events", "KEA");
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  using listener = await Deno.connect({ port });
  const expect = async (conn: Deno.Conn, expected: string) => {
    let text = "";
    const buffer = new Uint8Array(4096);
    while (text.length < expected.length) {
      text += new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
    }
    assertEquals(text.replaceAll("\r\n", " "), expected.replaceAll("\r\n", " "));
  };
  const send = (conn: Deno.Conn, text: string) => conn.write(new TextEncoder().encode(text));
  await send(listener, "PSUBSCRIBE __keyevent*\r\n");
  await expect(listener, "*3\r\n$10\r\npsubscribe\r\n$11\r\n__keyevent*\r\n:1\r\n");
  using waiting = await Deno.connect({ port });
  await send(waiting, "BLPOP list 0\r\n");
  await cache.until(({ blockedClients }) => blockedClients === 1);
  cache.call("RESTORE", "list", 0, sealed("01 01 0161"));
  await expect(waiting, "*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
  cache.call("RESTORE", "k", 0, sealed("00 c005"));
  cache.call("WATCH", "k");
  cache.call("RESTORE", "k", 1, sealed("00 c005"), "REPLACE", "ABSTTL");
  cache.call("MULTI");
  assertEquals(cache.call("EXEC"), null);
  const events = ["restore list", "lpop list", "del list", "restore k", "del k"];
  await expect(
    listener,
    events.map((event) => {
      const [name = "", key = ""] = event.split(" ");
      return `*4\r\n$8\r\npmessage\r\n$11\r\n__keyevent*\r\n$${16 - 1 + name.length}\r\n` +
        `__keyevent@0__:${name}\r\n$${key.length}\r\n${key}\r\n`;
    }).join(""),
  );
  await cache.close();
});

Deno.test("RESTORE takes damage of any kind, and leaves no memory taken", () => {
  const random = seeded(3);
  const cache = open();
  // The buffer for replies counts as memory in use.
  cache.call("PING");
  const dumps = [...RECORDED, ...RECORDED_STREAMS].map(([, dump]) => dump);
  for (const dump of [...dumps, RECORDED_GROUPS]) {
    const whole = fromHex(dump).slice(0, -10);
    const before = cache.stats.usedMemory;
    for (let round = 0; round < 100; round++) {
      const end = random() < 0.2 ? Math.floor(random() * whole.length) : undefined;
      const bytes = whole.slice(0, end);
      for (let i = 0; i < 1 + random() * 3; i++) {
        bytes[Math.floor(random() * bytes.length)] = random() * 256;
      }
      const hex = toHex(new Slice(bytes));
      const error = errorOf(() => cache.call("RESTORE", "k", 0, sealed(hex)));
      if (error === "none") {
        cache.call("DEBUG", "DIGEST-VALUE", "k");
        cache.call("DEL", "k");
      } else {
        assertEquals([hex, error], [hex, "ERR Bad data format"]);
      }
      assertEquals([hex, cache.stats.usedMemory], [hex, before]);
    }
  }
});

Deno.test("DEBUG DIGEST has Redis' digest of all databases", () => {
  const cache = open();
  assertEquals(cache.call("DEBUG", "DIGEST"), "0".repeat(40));
  assertEquals(cache.call("DEBUG", "DIGEST-VALUE", "none"), ["0".repeat(40)]);
  cache.call("MSET", "a", 1, "b", 2);
  cache.call("RPUSH", "l", "x", "y");
  cache.call("SELECT", 3);
  cache.call("SADD", "s", 1, "m");
  cache.call("HSET", "h", "f", "v");
  cache.call("ZADD", "z", 1.5, "m", "-0", "n");
  cache.call("SET", "e", 1, "PX", 10_000_000);
  assertEquals(cache.call("DEBUG", "DIGEST"), "8115b30adecae163e8740dfb2e02ad087899937c");
  assertEquals(
    cache.call("DEBUG", "DIGEST-VALUE", "e"),
    ["5279988c5d1911f474bcbbf2f0a87012d40f8459"],
  );
});
