import { assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { play } from "./test_util.ts";

Deno.test("PFADD adds and PFCOUNT estimates", () =>
  play(`
  PFADD h → :1
  PFADD h → :0
  PFCOUNT h → :0
  PFADD h a b c d e f g → :1
  PFCOUNT h → :7
  PFADD h a b c → :0
  PFADD h h → :1
  PFCOUNT h → :8
  PFCOUNT h → :8
  PFCOUNT none → :0
  PFCOUNT h none → :8
  PFADD i a x y z → :1
  PFCOUNT h i → :11
  PFCOUNT h i none i → :11
  TYPE h → +string
  OBJECT ENCODING h → $3 raw
  STRLEN h → :41
  PFDEBUG DECODE h → $105 Z:1646 v:1,1 Z:5645 v:1,1 Z:1085 v:2,1 z:57 v:1,1 Z:3523 v:1,1 Z:750 v:2,1 Z:2445 v:1,1 Z:622 v:1,1 Z:603
  PFDEBUG DECODE i → $55 Z:8581 v:1,1 Z:4129 v:2,1 Z:2220 v:3,1 Z:1441 v:2,1 z:9
  PFADD long aaaaaaaa aaaaaaab aaaaaaaaa aaaaaaaaaa 12345678901 123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 "" → :1
  PFDEBUG DECODE long → $143 Z:2780 v:1,1 Z:886 v:1,1 Z:991 v:1,1 Z:1278 v:2,1 Z:1291 v:2,1 Z:820 v:4,1 Z:2807 v:1,1 Z:1425 v:2,1 Z:1297 v:5,1 Z:963 v:1,1 Z:881 v:3,1 Z:954
  EXPIRE h 100 → :1
  PFADD h new → :1
  TTL h → :100
  PFADD → -ERR wrong number of arguments for 'pfadd' command
  PFCOUNT → -ERR wrong number of arguments for 'pfcount' command
  PFMERGE → -ERR wrong number of arguments for 'pfmerge' command
`));

Deno.test("PFADD splits and joins runs", () =>
  play(`
  PFADD h a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 → :1
  PFDEBUG DECODE h → $364 Z:649 v:1,1 z:23 v:1,1 Z:590 v:1,1 Z:256 v:6,1 Z:422 v:4,1 z:37 v:1,1 Z:128 v:2,1 Z:1400 v:4,1 Z:389 v:1,1 Z:140 v:4,1 Z:348 v:1,1 Z:1422 v:1,1 Z:1537 v:1,1 Z:91 v:1,1 Z:1522 v:1,1 Z:719 v:3,1 Z:231 v:1,1 Z:861 v:1,1 Z:178 v:1,1 Z:785 v:2,1 z:54 v:1,1 Z:1397 v:3,1 Z:355 v:2,1 Z:572 v:1,1 Z:680 v:1,1 Z:296 v:6,1 z:60 v:1,1 Z:133 v:3,1 Z:150 v:2,1 Z:70 v:2,1 Z:859
  SET s "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff" → +OK
  PFADD s "\\x00" → :1
  PFDEBUG DECODE s → $19 Z:8840 v:2,1 Z:7543
  # The register of "a" is 12711, and its value 2.
  SET one "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x00\\x4e\\x57" → +OK
  PFDEBUG DECODE one → $18 Z:12711 z:1 Z:3672
  PFADD one a → :1
  PFDEBUG DECODE one → $20 Z:12711 v:2,1 Z:3672
  STRLEN one → :21
  SET joined "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa5\\x84\\x00\\x85\\x4e\\x55" → +OK
  PFDEBUG DECODE joined → $30 Z:12710 v:2,1 z:1 v:2,2 Z:3670
  PFADD joined a → :1
  PFDEBUG DECODE joined → $20 Z:12710 v:2,4 Z:3670
  STRLEN joined → :21
  SET full "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa3\\x86\\x00\\x85\\x4e\\x55" → +OK
  PFDEBUG DECODE full → $30 Z:12708 v:2,3 z:1 v:2,2 Z:3670
  PFADD full a → :1
  PFDEBUG DECODE full → $26 Z:12708 v:2,4 v:2,2 Z:3670
  STRLEN full → :22
  SET last "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa5\\x01\\x4e\\x57" → +OK
  PFDEBUG DECODE last → $18 Z:12710 z:2 Z:3672
  PFADD last a → :1
  PFDEBUG DECODE last → $24 Z:12710 z:1 v:2,1 Z:3672
  STRLEN last → :22
  SET wide "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x40\\x00\\x4e\\x57" → +OK
  PFDEBUG DECODE wide → $18 Z:12711 Z:1 Z:3672
  PFADD wide a → :1
  PFDEBUG DECODE wide → $20 Z:12711 v:2,1 Z:3672
  STRLEN wide → :21
  SET middle "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa5\\x82\\x4e\\x56" → +OK
  PFDEBUG DECODE middle → $20 Z:12710 v:1,3 Z:3671
  PFADD middle a → :1
  PFDEBUG DECODE middle → $32 Z:12710 v:1,1 v:2,1 v:1,1 Z:3671
  STRLEN middle → :23
  SET left "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x81\\x4e\\x56" → +OK
  PFDEBUG DECODE left → $20 Z:12711 v:1,2 Z:3671
  PFADD left a → :1
  PFDEBUG DECODE left → $26 Z:12711 v:2,1 v:1,1 Z:3671
  STRLEN left → :22
  SET right "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa5\\x81\\x4e\\x57" → +OK
  PFDEBUG DECODE right → $20 Z:12710 v:1,2 Z:3672
  PFADD right a → :1
  PFDEBUG DECODE right → $26 Z:12710 v:1,1 v:2,1 Z:3672
  STRLEN right → :22
  SET raised "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x80\\x4e\\x57" → +OK
  PFDEBUG DECODE raised → $20 Z:12711 v:1,1 Z:3672
  PFADD raised a → :1
  PFDEBUG DECODE raised → $20 Z:12711 v:2,1 Z:3672
  STRLEN raised → :21
  SET same "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x84\\x4e\\x57" → +OK
  PFDEBUG DECODE same → $20 Z:12711 v:2,1 Z:3672
  PFADD same a → :0
  PFDEBUG DECODE same → $20 Z:12711 v:2,1 Z:3672
  STRLEN same → :21
  SET higher "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa5\\x89\\x4e\\x57" → +OK
  PFDEBUG DECODE higher → $20 Z:12710 v:3,2 Z:3672
  PFADD higher a → :0
  PFDEBUG DECODE higher → $20 Z:12710 v:3,2 Z:3672
  STRLEN higher → :21
  SET near "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\x66\\x40\\x80\\x4e\\x17" → +OK
  PFDEBUG DECODE near → $20 Z:12647 Z:129 Z:3608
  PFADD near a → :1
  PFDEBUG DECODE near → $30 Z:12647 z:64 v:2,1 z:64 Z:3608
  STRLEN near → :23
  # Only the neighbours of a change are joined.
  SET few "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x00\\x80\\x80\\x00\\x88\\x88\\x4e\\x52" → +OK
  PFADD few a → :1
  PFDEBUG DECODE few → $42 Z:12711 v:2,1 v:1,2 z:1 v:3,1 v:3,1 Z:3667
  SET five "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x00\\x00\\x00\\x80\\x80\\x4e\\x53" → +OK
  PFADD five a → :1
  PFDEBUG DECODE five → $34 Z:12711 v:2,1 z:1 z:1 v:1,2 Z:3668
  SET tail "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa6\\x00\\x84" → +OK
  PFADD tail a → :1
  PFDEBUG DECODE tail → $13 Z:12711 v:2,2
  # What does not grow may be longer than is allowed.
  CONFIG SET hll-sparse-max-bytes 0 → +OK
  SET fits "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\x66\\x40\\x40\\x4e\\x57" → +OK
  PFADD fits a → :1
  PFDEBUG DECODE fits → $25 Z:12647 z:64 v:2,1 Z:3672
  PFADD fits b → :1
  PFDEBUG ENCODING fits → +dense
  CONFIG SET hll-sparse-max-bytes 3000 → +OK
`));

Deno.test("HyperLogLogs become dense where the sparse encoding is too large", () =>
  play(`
  CONFIG SET hll-sparse-max-bytes 30 → +OK
  PFADD h a b c → :1
  PFDEBUG ENCODING h → +sparse
  PFADD h d e f g → :1
  PFDEBUG ENCODING h → +dense
  STRLEN h → :12304
  PFCOUNT h → :7
  PFADD h a → :0
  PFADD h h i j k → :1
  PFCOUNT h → :11
  PFDEBUG DECODE h → -ERR HLL encoding is not sparse
  CONFIG SET hll-sparse-max-bytes 3000 → +OK
  PFADD s a b c → :1
  PFDEBUG TODENSE s → :1
  PFDEBUG TODENSE s → :0
  PFDEBUG ENCODING s → +dense
  PFCOUNT s → :3
  PFADD s a b c → :0
  PFADD s d → :1
  PFCOUNT s → :4
  PFCOUNT s h → :11
  PFADD t z → :1
  PFDEBUG NOTHING t → -ERR Unknown PFDEBUG subcommand 'NOTHING'
  PFDEBUG GETREG → -ERR wrong number of arguments for 'pfdebug' command
  PFDEBUG DECODE none → -ERR The specified key does not exist
  PFDEBUG nothing none → -ERR The specified key does not exist
  SADD set m → :1
  PFDEBUG DECODE set → -WRONGTYPE
  CONFIG SET hll-sparse-max-bytes -1 → -ERR CONFIG SET failed (possibly related to argument 'hll-sparse-max-bytes') - argument must be a memory value
  CONFIG SET hll-sparse-max-bytes 2kb → +OK
  CONFIG GET hll-sparse-max-bytes → *2 $20 hll-sparse-max-bytes $4 2048
`));

Deno.test("PFMERGE merges", () =>
  play(`
  PFADD a 1 2 3 → :1
  PFADD b 3 4 5 6 → :1
  PFMERGE c a b → +OK
  PFCOUNT c → :6
  PFDEBUG DECODE c → $81 Z:495 v:2,1 Z:2084 v:1,1 Z:4946 v:1,1 Z:3445 v:1,1 Z:4397 v:4,1 Z:208 v:2,1 Z:803
  PFMERGE a b none → +OK
  PFCOUNT a → :6
  PFMERGE new → +OK
  PFDEBUG DECODE new → $7 Z:16384
  PFCOUNT new → :0
  PFMERGE new none → +OK
  PFDEBUG TODENSE b → :1
  PFMERGE d a b → +OK
  PFDEBUG ENCODING d → +dense
  PFCOUNT d → :6
  PFMERGE a b → +OK
  PFDEBUG ENCODING a → +dense
  PFCOUNT a → :6
  EXPIRE a 100 → :1
  PFMERGE a c → +OK
  TTL a → :100
  CONFIG SET hll-sparse-max-bytes 30 → +OK
  PFMERGE e c → +OK
  PFDEBUG ENCODING e → +dense
  PFCOUNT e → :6
  SADD set m → :1
  PFMERGE set a → -WRONGTYPE
  PFMERGE f a set → -WRONGTYPE
  EXISTS f → :0
  SET s text → +OK
  PFMERGE f s → -WRONGTYPE Key is not a valid HyperLogLog string value.
`));

Deno.test("HyperLogLogs that are corrupt or none are refused", () =>
  play(`
  SET s text → +OK
  PFADD s a → -WRONGTYPE Key is not a valid HyperLogLog string value.
  PFCOUNT s → -WRONGTYPE Key is not a valid HyperLogLog string value.
  PFCOUNT s s → -WRONGTYPE Key is not a valid HyperLogLog string value.
  PFMERGE d s → -WRONGTYPE Key is not a valid HyperLogLog string value.
  PFDEBUG DECODE s → -WRONGTYPE Key is not a valid HyperLogLog string value.
  SET n 123 → +OK
  PFADD n a → -WRONGTYPE Key is not a valid HyperLogLog string value.
  SADD set m → :1
  PFADD set a → -WRONGTYPE
  PFCOUNT set → -WRONGTYPE
  PFCOUNT none set → -WRONGTYPE
  SET magic "HYLX\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff" → +OK
  PFCOUNT magic → -WRONGTYPE Key is not a valid HyperLogLog string value.
  SET short "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00" → +OK
  PFCOUNT short → -WRONGTYPE Key is not a valid HyperLogLog string value.
  SET encoding "HYLL\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff" → +OK
  PFCOUNT encoding → -WRONGTYPE Key is not a valid HyperLogLog string value.
  SET dense "HYLL\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff" → +OK
  PFCOUNT dense → -WRONGTYPE Key is not a valid HyperLogLog string value.
  SET kept "HYLL\\x01\\x00\\x00\\x00\\x07\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  PFCOUNT kept → :263
  SET huge "HYLL\\x01\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f\\x7f\\xff" → +OK
  PFCOUNT huge → :9223372036854775807
  SET less "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xfe" → +OK
  PFCOUNT less → -INVALIDOBJ Corrupted HLL object detected
  PFCOUNT less less → -INVALIDOBJ Corrupted HLL object detected
  PFMERGE d less → -INVALIDOBJ Corrupted HLL object detected
  PFDEBUG GETREG less → -INVALIDOBJ Corrupted HLL object detected
  PFDEBUG TODENSE less → -INVALIDOBJ Corrupted HLL object detected
  PFDEBUG DECODE less → $7 Z:16383
  SET more "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff\\x00" → +OK
  PFCOUNT more → -INVALIDOBJ Corrupted HLL object detected
  PFCOUNT more none → -INVALIDOBJ Corrupted HLL object detected
  SET values "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff\\x80" → +OK
  PFCOUNT values → -INVALIDOBJ Corrupted HLL object detected
  SET twice "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff\\x7f\\xff" → +OK
  PFCOUNT twice → -INVALIDOBJ Corrupted HLL object detected
  SET none "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80" → +OK
  PFCOUNT none → -INVALIDOBJ Corrupted HLL object detected
  PFADD none a → -INVALIDOBJ Corrupted HLL object detected
  EXISTS d → :0
  # The first is added all the same: its register is within.
  SET half "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x71\\xa8" → +OK
  PFADD half a b c d e → -INVALIDOBJ Corrupted HLL object detected
  PFDEBUG DECODE half → $17 Z:12711 v:2,1 z:1
`));

Deno.test("HyperLogLogs tell of what has changed", () =>
  play(`
  CONFIG SET notify-keyspace-events KEA → +OK
  HELLO 3
  PSUBSCRIBE __keyevent@0__:* → >3 $10 psubscribe $16 __keyevent@0__:* :1
  PFADD h a → >4 $8 pmessage $16 __keyevent@0__:* $20 __keyevent@0__:pfadd $1 h :1
  PFADD h a → :0
  PFCOUNT h → :1
  PFMERGE g h → >4 $8 pmessage $16 __keyevent@0__:* $20 __keyevent@0__:pfadd $1 g +OK
  PFDEBUG TODENSE g → :1
  OBJECT ENCODING g → $3 raw
  PFDEBUG ENCODING g → +dense
  WATCH h → +OK
  PFADD h b → >4 $8 pmessage $16 __keyevent@0__:* $20 __keyevent@0__:pfadd $1 h :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
  WATCH h → +OK
  PFCOUNT h → :2
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
  WATCH h → +OK
  PFCOUNT h → :2
  MULTI → +OK
  PING → +QUEUED
  EXEC → *1 +PONG
  WATCH h → +OK
  PFDEBUG TODENSE h → :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → *1 +PONG
  PFADD w a → >4 $8 pmessage $16 __keyevent@0__:* $20 __keyevent@0__:pfadd $1 w :1
  PFCOUNT w → :1
  WATCH w → +OK
  PFADD w a → :0
  PFCOUNT w → :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → *1 +PONG
  PFADD w a → :0
  PFDEBUG TODENSE w → :1
  PFCOUNT w → :1
  WATCH w → +OK
  PFADD w a → :0
  PFCOUNT w → :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → *1 +PONG
  PFADD n → >4 $8 pmessage $16 __keyevent@0__:* $20 __keyevent@0__:pfadd $1 n :1
  WATCH n → +OK
  PFCOUNT n → :0
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
  WATCH n → +OK
  PFMERGE n w → >4 $8 pmessage $16 __keyevent@0__:* $20 __keyevent@0__:pfadd $1 n +OK
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
  WATCH n → +OK
  PFADD n q → >4 $8 pmessage $16 __keyevent@0__:* $20 __keyevent@0__:pfadd $1 n :1
  MULTI → +OK
  PING → +QUEUED
  EXEC → _
`));

Deno.test("Commands leave HyperLogLogs as raw strings", () =>
  play(`
  SET k "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  OBJECT ENCODING k → $6 embstr
  PFADD k → :0
  OBJECT ENCODING k → $3 raw
  SET k "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  OBJECT ENCODING k → $6 embstr
  PFCOUNT k → :0
  OBJECT ENCODING k → $3 raw
  SET k "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  OBJECT ENCODING k → $6 embstr
  PFMERGE k → +OK
  OBJECT ENCODING k → $3 raw
  SET k "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  OBJECT ENCODING k → $6 embstr
  PFDEBUG ENCODING k → +sparse
  OBJECT ENCODING k → $3 raw
  SET k "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  OBJECT ENCODING k → $6 embstr
  PFDEBUG NOTHING k → -ERR Unknown PFDEBUG subcommand 'NOTHING'
  OBJECT ENCODING k → $3 raw
  SET k "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  OBJECT ENCODING k → $6 embstr
  PFCOUNT k k → :0
  OBJECT ENCODING k → $6 embstr
  SET k "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff" → +OK
  OBJECT ENCODING k → $6 embstr
  PFADD k a → :1
  OBJECT ENCODING k → $3 raw
`));

Deno.test("PFDEBUG GETREG replies all registers, and makes them dense", async () => {
  await using cache = new Cache();
  cache.call("PFADD", "h", "a");
  const registers = cache.call("PFDEBUG", "GETREG", "h");
  const expected = new Array(16_384).fill(0);
  expected[12_711] = 2;
  assertEquals(registers, expected);
  assertEquals(cache.call("PFDEBUG", "ENCODING", "h"), "dense");
  assertEquals(cache.call("PFDEBUG", "GETREG", "h"), expected);
});
