import { assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ReplyError } from "../protocol/value.ts";
import { play } from "./test_util.ts";

Deno.test("SETBIT sets bits and grows with zeros", () =>
  play(`
  SETBIT s 7 1 → :0
  SETBIT s 7 1 → :1
  SETBIT s 7 0 → :1
  SETBIT s 0 1 → :0
  SETBIT s 41 1 → :0
  STRLEN s → :6
  BITCOUNT s → :2
  SETBIT s 100 0 → :0
  STRLEN s → :13
  GETBIT s 0 → :1
  GETBIT s 1 → :0
  GETBIT s 41 → :1
  GETBIT s 4294967295 → :0
  GETBIT none 5 → :0
  SET v "\\xff\\xff\\xff" → +OK
  SET v "\\xff" → +OK
  GETBIT v 7 → :1
  GETBIT v 8 → :0
  OBJECT ENCODING s → $3 raw
  SET n 12345 → +OK
  EXPIRE n 100 → :1
  OBJECT ENCODING n → $3 int
  SETBIT n 0 0 → :0
  OBJECT ENCODING n → $3 raw
  TTL n → :100
  SETBIT n 7 0 → :1
  GET n → $5 02345
  GETBIT n 2 → :1
  SETBIT s -1 1 → -ERR bit offset is not an integer or out of range
  SETBIT s x 1 → -ERR bit offset is not an integer or out of range
  SETBIT s 4294967296 1 → -ERR bit offset is not an integer or out of range
  SETBIT s 9223372036854775808 1 → -ERR bit offset is not an integer or out of range
  SETBIT s #1 1 → -ERR bit offset is not an integer or out of range
  SETBIT s 0 2 → -ERR bit is not an integer or out of range
  SETBIT s 0 x → -ERR bit is not an integer or out of range
  SETBIT s 0 -1 → -ERR bit is not an integer or out of range
  GETBIT s -1 → -ERR bit offset is not an integer or out of range
  GETBIT s 4294967296 → -ERR bit offset is not an integer or out of range
  SADD set m → :1
  SETBIT set 0 1 → -WRONGTYPE
  GETBIT set 0 → -WRONGTYPE
  GETBIT set x → -ERR bit offset is not an integer or out of range
  CONFIG SET proto-max-bulk-len 1mb → +OK
  SETBIT s 8388607 0 → :0
  SETBIT s 8388608 0 → -ERR bit offset is not an integer or out of range
  STRLEN s → :1048576
  CONFIG SET proto-max-bulk-len 512mb → +OK
`));

Deno.test("SETBIT tells of what has changed and of nothing else", () =>
  play(`
  CONFIG SET notify-keyspace-events KEA → +OK
  HELLO 3
  PSUBSCRIBE __keyevent@0__:* → >3 $10 psubscribe $16 __keyevent@0__:* :1
  SETBIT s 9 0 → >4 $8 pmessage $16 __keyevent@0__:* $21 __keyevent@0__:setbit $1 s :0
  SETBIT s 9 0 → :0
  SETBIT s 9 1 → >4 $8 pmessage $16 __keyevent@0__:* $21 __keyevent@0__:setbit $1 s :0
  BITFIELD s GET u8 0 → *1 :0
  BITFIELD s SET u8 0 0 → *1 :0
  BITFIELD s SET u8 0 1 → *1 :0 >4 $8 pmessage $16 __keyevent@0__:* $21 __keyevent@0__:setbit $1 s
  BITFIELD s OVERFLOW FAIL SET u2 0 9 → *1 _
  BITFIELD t OVERFLOW FAIL SET u2 0 9 → *1 _
  BITFIELD u SET u8 0 0 → *1 :0 >4 $8 pmessage $16 __keyevent@0__:* $21 __keyevent@0__:setbit $1 u
  BITFIELD u SET u8 0 0 → *1 :0
  BITOP NOT d s → >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:set $1 d :2
  BITOP AND d none → >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 d :0
  BITOP AND d none → :0
  WATCH s d → +OK
  SETBIT s 9 1 → :1
  SETBIT s 9 1 → :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → *1 +PONG
  WATCH s → +OK
  SETBIT s 9 0 → >4 $8 pmessage $16 __keyevent@0__:* $21 __keyevent@0__:setbit $1 s :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
  WATCH s → +OK
  BITFIELD s SET u1 9 1 → *1 :0 >4 $8 pmessage $16 __keyevent@0__:* $21 __keyevent@0__:setbit $1 s
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
  WATCH s → +OK
  BITFIELD s SET u1 9 1 → *1 :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → *1 +PONG
  WATCH d → +OK
  BITOP NOT d s → >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:set $1 d :2
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
  WATCH d → +OK
  BITOP AND d none → >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 d :0
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
`));

Deno.test("BITCOUNT counts whole strings and parts of them", () =>
  play(`
  SET s foobar → +OK
  BITCOUNT s → :26
  BITCOUNT s 0 0 → :4
  BITCOUNT s 1 1 → :6
  BITCOUNT s 0 -1 → :26
  BITCOUNT s -2 -1 → :7
  BITCOUNT s -100 -5 → :10
  BITCOUNT s 4 2 → :0
  BITCOUNT s -2 -3 → :0
  BITCOUNT s 6 9 → :0
  BITCOUNT s 1 100 → :22
  BITCOUNT s 1 1 BYTE → :6
  BITCOUNT s 5 30 BIT → :17
  BITCOUNT s 5 5 bit → :1
  BITCOUNT s 9 9 BIT → :1
  BITCOUNT s 0 -1 BIT → :26
  BITCOUNT s -9 -2 BIT → :5
  BITCOUNT s 8 15 BIT → :6
  BITCOUNT s 3 6 BIT → :2
  BITCOUNT s 48 60 BIT → :0
  BITCOUNT s 0 → -ERR syntax error
  BITCOUNT s 0 1 X → -ERR syntax error
  BITCOUNT s 0 1 BIT 2 → -ERR syntax error
  BITCOUNT s x 1 → -ERR value is not an integer or out of range
  BITCOUNT s 0 x → -ERR value is not an integer or out of range
  BITCOUNT s -1 -2 X → :0
  BITCOUNT s -9223372036854775807 -9223372036854775808 → :0
  BITCOUNT s -9223372036854775808 -9223372036854775807 → :4
  BITCOUNT none 0 → :0
  BITCOUNT none → :0
  SET empty "" → +OK
  BITCOUNT empty → :0
  BITCOUNT empty 0 -1 → :0
  SADD set m → :1
  BITCOUNT set → -WRONGTYPE
  SETRANGE long 1000 "\\xff\\x01" → :1002
  SETRANGE long 3 "\\x0f\\x80\\xf0" → :1002
  BITCOUNT long → :18
  BITCOUNT long 3 1000 → :17
  BITCOUNT long 4 1001 → :14
  BITCOUNT long 5 → -ERR syntax error
`));

Deno.test("BITPOS finds bits", () =>
  play(`
  SET s "\\x00\\xff\\xf0" → +OK
  BITPOS s 1 → :8
  BITPOS s 0 → :0
  BITPOS s 1 2 → :16
  BITPOS s 0 1 → :20
  BITPOS s 0 1 -1 → :20
  BITPOS s 0 1 1 → :-1
  BITPOS s 1 0 0 → :-1
  BITPOS s 1 -1 → :16
  BITPOS s 1 -1 -1 BYTE → :16
  BITPOS s 0 9 -1 BIT → :20
  BITPOS s 1 3 7 BIT → :-1
  BITPOS s 1 3 8 BIT → :8
  BITPOS s 0 8 15 BIT → :-1
  BITPOS s 0 20 20 BIT → :20
  BITPOS s 0 17 19 BIT → :-1
  BITPOS s 1 20 30 BIT → :-1
  BITPOS s 1 17 17 BIT → :17
  SET ones "\\xff\\xff\\xff" → +OK
  BITPOS ones 0 → :24
  BITPOS ones 0 1 → :24
  BITPOS ones 0 0 -1 → :-1
  BITPOS ones 0 0 -1 BIT → :-1
  BITPOS ones 0 3 → :-1
  BITPOS ones 0 2 1 → :-1
  BITPOS ones 1 5 4 BIT → :-1
  SET zeros "\\x00\\x00" → +OK
  BITPOS zeros 1 → :-1
  BITPOS zeros 1 0 -1 → :-1
  BITPOS zeros 0 1 → :8
  BITPOS none 0 → :0
  BITPOS none 1 → :-1
  BITPOS none 0 x → :0
  SET empty "" → +OK
  BITPOS empty 0 → :-1
  BITPOS empty 1 → :-1
  BITPOS s 2 → -ERR The bit argument must be 1 or 0.
  BITPOS s -1 → -ERR The bit argument must be 1 or 0.
  BITPOS s x → -ERR value is not an integer or out of range
  BITPOS s 1 x → -ERR value is not an integer or out of range
  BITPOS s 1 0 x → -ERR value is not an integer or out of range
  BITPOS s 1 0 1 X → -ERR syntax error
  BITPOS s 1 0 x X → -ERR syntax error
  BITPOS s 1 0 1 BIT 5 → -ERR syntax error
  BITPOS none 1 0 1 BIT 5 → :-1
  SADD set m → :1
  BITPOS set 1 → -WRONGTYPE
  BITPOS set 2 → -ERR The bit argument must be 1 or 0.
  SETBIT far 10007 1 → :0
  BITPOS far 1 → :10007
  BITPOS far 1 1250 → :10007
  BITPOS far 1 0 1249 → :-1
  BITOP NOT near far → :1251
  BITPOS near 0 → :10007
  BITPOS near 0 3 → :10007
  BITPOS near 0 1251 → :-1
  BITPOS near 1 1251 → :-1
`));

Deno.test("BITOP combines strings of different lengths", () =>
  play(`
  SET a abc → +OK
  SET b "\\xff\\x0f" → +OK
  SET n 123456 → +OK
  BITOP AND d a b → :3
  BITFIELD d GET u24 0 → *1 :6357504
  BITOP OR d a b → :3
  BITFIELD d GET u24 0 → *1 :16740195
  BITOP XOR d a b → :3
  BITFIELD d GET u24 0 → *1 :10382691
  BITOP NOT d a → :3
  BITFIELD d GET u24 0 → *1 :10395036
  BITOP NOT d d → :3
  GET d → $3 abc
  BITOP or d a → :3
  GET d → $3 abc
  OBJECT ENCODING d → $3 raw
  BITOP XOR n n n → :6
  STRLEN n → :6
  BITCOUNT n → :0
  SET n 123456 → +OK
  BITOP OR d n → :6
  OBJECT ENCODING d → $3 raw
  EXPIRE d 100 → :1
  BITOP OR d a none → :3
  TTL d → :-1
  BITOP AND d a none → :3
  BITCOUNT d → :0
  STRLEN d → :3
  BITOP OR d none nothing → :0
  EXISTS d → :0
  BITOP NOT d none → :0
  SETRANGE long 4 "\\x11\\x22\\x33\\x44\\x55\\x66\\x77\\x88\\x99\\xaa\\xbb\\xcc\\xdd\\xee\\xf1\\x12\\x23\\x34\\x45\\x56\\x67" → :25
  SETRANGE other 2 "\\xff\\x00\\x0f\\xf0\\x55\\xaa\\x33\\xcc\\x5a\\xa5\\x3c\\xc3\\x69\\x96" → :16
  BITOP AND d long other → :25
  BITCOUNT d → :21
  BITFIELD d GET u63 32 GET u63 95 → *2 :40541742640015680 :441504912698769408
  BITOP OR d long other a → :25
  BITFIELD d GET u63 0 GET u63 63 GET u63 126 → *3 :3508725772698860535 :2160496279790747383 :6610684066807580842
  BITOP XOR d other long a → :25
  BITFIELD d GET u63 0 GET u63 63 GET u63 126 → *3 :3508671346863846263 :1849443752995353750 :6610684066807580842
  BITOP NOT d other → :16
  BITFIELD d GET u63 0 GET u63 63 → *2 :9223231848988529962 :8290257572625065370
  SADD set m → :1
  BITOP AND d a set → -WRONGTYPE
  BITOP AND set a b → :3
  TYPE set → +string
  BITOP NAND d a → -ERR syntax error
  BITOP NOT d a b → -ERR BITOP NOT must be called with a single source key.
  BITOP NOT d → -ERR wrong number of arguments for 'bitop' command
  BITOP AND d → -ERR wrong number of arguments for 'bitop' command
`));

Deno.test("BITFIELD reads, sets and adds", () =>
  play(`
  BITFIELD f SET u8 0 255 GET u8 0 → *2 :0 :255
  BITFIELD f GET i8 0 GET u4 0 GET u4 6 GET i4 2 GET u8 100 → *5 :-1 :15 :12 :-1 :0
  BITFIELD f INCRBY u8 0 1 → *1 :0
  BITFIELD f INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1 → *2 :1 :1
  BITFIELD f INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1 → *2 :2 :2
  BITFIELD f INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1 → *2 :3 :3
  BITFIELD f INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1 → *2 :0 :3
  BITFIELD f OVERFLOW FAIL INCRBY u2 102 1 GET u2 102 → *2 $-1 :3
  BITFIELD f OVERFLOW FAIL SET i4 0 8 OVERFLOW WRAP SET i4 0 8 GET i4 0 → *3 $-1 :0 :-8
  BITFIELD f OVERFLOW SAT SET i4 0 100 GET i4 0 → *2 :-8 :7
  BITFIELD f OVERFLOW SAT SET i4 0 -100 GET i4 0 → *2 :7 :-8
  BITFIELD f OVERFLOW SAT SET i4 0 -9223372036854775808 GET i4 0 → *2 :-8 :7
  BITFIELD f OVERFLOW SAT SET u4 0 -1 GET u4 0 → *2 :7 :15
  BITFIELD f SET u4 0 -2 GET u4 0 → *2 :15 :14
  BITFIELD f OVERFLOW SAT INCRBY u4 0 -100 INCRBY i5 0 -100 GET i5 0 → *3 :0 :-16 :-16
  BITFIELD f INCRBY u4 0 -1 → *1 :7
  BITFIELD f SET i64 0 9223372036854775807 INCRBY i64 0 1 → *2 :8070450532247928832 :-9223372036854775808
  BITFIELD f OVERFLOW SAT INCRBY i64 0 -1 GET i64 0 → *2 :-9223372036854775808 :-9223372036854775808
  BITFIELD f SET i64 3 -9223372036854775807 GET i64 3 GET u63 4 GET i63 4 → *4 :0 :-9223372036854775807 :1 :1
  BITFIELD f OVERFLOW SAT INCRBY i64 3 9223372036854775807 INCRBY i64 3 9223372036854775807 → *2 :0 :9223372036854775807
  BITFIELD f SET u63 1 9223372036854775807 INCRBY u63 1 1 → *2 :1152921504606846975 :0
  BITFIELD f SET u8 #2 7 SET u8 #0 9 GET u24 0 GET u8 16 → *4 :0 :128 :589831 :7
  BITFIELD f SET u3 5 6 GET u8 3 GET u3 5 → *3 :1 :112 :6
  BITFIELD f get u4 0 overflow sat set u4 0 20 → *2 :0 :0
  STRLEN f → :13
  BITFIELD f → *0
  BITFIELD none GET u8 0 → *1 :0
  EXISTS none → :0
  BITFIELD none OVERFLOW FAIL SET u1 9 5 → *1 $-1
  STRLEN none → :2
  SET n 12345 → +OK
  BITFIELD n GET u8 0 → *1 :49
  OBJECT ENCODING n → $3 int
  BITFIELD n SET u8 0 49 → *1 :49
  OBJECT ENCODING n → $3 raw
  BITFIELD f GET u64 0 → -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
  BITFIELD f GET i65 0 → -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
  BITFIELD f GET u0 0 → -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
  BITFIELD f GET x8 0 → -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
  BITFIELD f GET "" 0 → -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
  BITFIELD f GET u 0 → -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
  BITFIELD f GET U8 0 → -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
  BITFIELD f GET u8 -1 → -ERR bit offset is not an integer or out of range
  BITFIELD f GET u8 #x → -ERR bit offset is not an integer or out of range
  BITFIELD f GET u8 ##1 → -ERR bit offset is not an integer or out of range
  BITFIELD f GET u8 #-1 → -ERR bit offset is not an integer or out of range
  BITFIELD f GET u8 4294967296 → -ERR bit offset is not an integer or out of range
  BITFIELD f GET u8 #536870912 → -ERR bit offset is not an integer or out of range
  BITFIELD f GET i64 #288230376151711745 → *1 :-2305843009163362304
  BITFIELD f GET u8 → -ERR syntax error
  BITFIELD f SET u8 0 → -ERR syntax error
  BITFIELD f SET u8 0 x → -ERR value is not an integer or out of range
  BITFIELD f SET u8 0 9223372036854775808 → -ERR value is not an integer or out of range
  BITFIELD f INCRBY u8 0 → -ERR syntax error
  BITFIELD f OVERFLOW → -ERR syntax error
  BITFIELD f OVERFLOW NONE → -ERR Invalid OVERFLOW type specified
  BITFIELD f NOTHING u8 0 → -ERR syntax error
  SADD set m → :1
  BITFIELD set GET u8 0 → -WRONGTYPE
  BITFIELD set SET u8 0 1 → -WRONGTYPE
  BITFIELD set → -WRONGTYPE
  BITFIELD_RO f GET u8 0 GET u8 8 → *2 :254 :0
  BITFIELD_RO f SET u8 0 1 → -ERR BITFIELD_RO only supports the GET subcommand
  BITFIELD_RO f GET u8 0 INCRBY u8 0 1 → -ERR BITFIELD_RO only supports the GET subcommand
  BITFIELD_RO none GET u8 0 → *1 :0
  BITFIELD_RO set GET u8 0 → -WRONGTYPE
  BITFIELD_RO set SET u8 0 1 → -ERR BITFIELD_RO only supports the GET subcommand
`));

Deno.test("COMMAND GETKEYSANDFLAGS tells whether BITFIELD and SET read or write", () =>
  play(`
  COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 → *1 *2 $1 k *2 +RO +access
  COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 OVERFLOW SAT GET u8 1 → *1 *2 $1 k *2 +RO +access
  COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 OVERFLOW SAT → *1 *2 $1 k *2 +RO +access
  COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 SET u8 0 1 → *1 *2 $1 k *3 +RW +access +update
  COMMAND GETKEYSANDFLAGS BITFIELD k INCRBY u8 0 1 → *1 *2 $1 k *3 +RW +access +update
  COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 → *1 *2 $1 k *3 +RW +access +update
  COMMAND GETKEYSANDFLAGS BITFIELD k → *1 *2 $1 k *2 +RO +access
  COMMAND GETKEYSANDFLAGS SET k v → *1 *2 $1 k *2 +OW +update
  COMMAND GETKEYSANDFLAGS SET k v EX 1 GET → *1 *2 $1 k *3 +RW +access +update
`));

Deno.test("SETBIT leaves no key where there is no memory for it", async () => {
  await using cache = new Cache();
  cache.call("CONFIG", "SET", "proto-max-bulk-len", "1000gb");
  cache.call("SET", "old", "value");
  for (const key of ["new", "old"]) {
    assertThrows(() => cache.call("SETBIT", key, 4_000_000_000_000, 1), ReplyError, "OOM");
  }
  assertEquals(cache.call("KEYS", "*"), ["old"]);
  assertEquals(cache.call("GET", "old"), "value");
});
