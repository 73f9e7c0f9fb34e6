import { assertEquals } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { play } from "./test_util.ts";

Deno.test("XADD replies what Redis replies, also at the bounds of IDs", async () => {
  await play(String.raw`
    XADD s 1-1 f v → $3 1-1
    XADD s 1-1 f v → -ERR The ID specified in XADD is equal or smaller than the target stream top item
    XADD s 0-5 f v → -ERR The ID specified in XADD is equal or smaller than the target stream top item
    XADD s 1-* f v → $3 1-2
    XADD s 2-* f v → $3 2-0
    XADD s 1-* f v → -ERR The ID specified in XADD is equal or smaller than the target stream top item
    XADD s 5 f v → $3 5-0
    XADD s 0-0 f v → -ERR The ID specified in XADD must be greater than 0-0
    XADD n 0-* f v → $3 0-1
    XADD n 0 f v → -ERR The ID specified in XADD must be greater than 0-0
    XADD s - f v → -ERR Invalid stream ID specified as stream command argument
    XADD s + f v → -ERR Invalid stream ID specified as stream command argument
    XADD s 1-x f v → -ERR Invalid stream ID specified as stream command argument
    XADD s -* f v → -ERR Invalid stream ID specified as stream command argument
    XADD s 1-2-* f v → -ERR Invalid stream ID specified as stream command argument
    XADD s 6-1 f → -ERR wrong number of arguments for 'xadd' command
    XADD s 6-1 f v g → -ERR wrong number of arguments for 'xadd' command
    XADD s MAXLEN → -ERR wrong number of arguments for 'xadd' command
    XADD s nothing f v → -ERR Invalid stream ID specified as stream command argument
    XADD none NOMKSTREAM 1-1 f v → $-1
    EXISTS none → :0
    XADD big 18446744073709551615-18446744073709551614 f v → $41 18446744073709551615-18446744073709551614
    XADD big * f v → $41 18446744073709551615-18446744073709551615
    XADD big * f v → -ERR The stream has exhausted the last possible ID, unable to add more items
    XADD seq 1-18446744073709551615 f v → $22 1-18446744073709551615
    XADD seq 1-* f v → -ERR Elements are too large to be stored
    XADD seq * f v
    XADD far 9999999999999-5 f v → $15 9999999999999-5
    XADD far * f v → $15 9999999999999-6
    XADD odd "1--0" f v → $3 1-0
    XADD odd "1- 5" f v → $3 1-5
    XADD odd "1-+6" f v → $3 1-6
    XADD odd "007-007" f v → $3 7-7
    XADD odd "1--1" f v → -ERR Invalid stream ID specified as stream command argument
    XADD odd "8--9223372036854775809" f v → $21 8-9223372036854775807
    XADD odd "8--18446744073709551616" f v → -ERR Invalid stream ID specified as stream command argument
    XADD odd "9\x00x" f v → $3 9-0
    XADD odd 9007199254740993-18446744073709551610 f v → $37 9007199254740993-18446744073709551610
    XADD odd 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001-1 f v → -ERR Invalid stream ID specified as stream command argument
    XRANGE odd - + → *7 *2 $3 1-0 *2 $1 f $1 v *2 $3 1-5 *2 $1 f $1 v *2 $3 1-6 *2 $1 f $1 v *2 $3 7-7 *2 $1 f $1 v *2 $21 8-9223372036854775807 *2 $1 f $1 v *2 $3 9-0 *2 $1 f $1 v *2 $37 9007199254740993-18446744073709551610 *2 $1 f $1 v
    SET str x → +OK
    XADD str 1-1 f v → -WRONGTYPE
    TYPE s → +stream
    OBJECT ENCODING s → $6 stream
    XLEN s → :4
    XLEN none → :0
    XLEN str → -WRONGTYPE
    XADD s → -ERR wrong number of arguments for 'xadd' command
  `);
});

Deno.test("XTRIM and XADD remove what Redis removes, by nodes or exactly", async () => {
  await play(String.raw`
    CONFIG SET stream-node-max-entries 3 → +OK
    XADD s 1-1 f 1 → $3 1-1
    XADD s 2-1 f 2 → $3 2-1
    XADD s 3-1 f 3 → $3 3-1
    XADD s 4-1 f 4 → $3 4-1
    XADD s 5-1 f 5 → $3 5-1
    XADD s 6-1 f 6 → $3 6-1
    XADD s 7-1 f 7 → $3 7-1
    XTRIM s MAXLEN ~ 5 → :0
    XTRIM s MAXLEN ~ 4 → :3
    XTRIM s MINID ~ 6 → :0
    XTRIM s MAXLEN = 3 → :1
    XTRIM s MINID = 6-1 → :1
    XRANGE s - + → *2 *2 $3 6-1 *2 $1 f $1 6 *2 $3 7-1 *2 $1 f $1 7
    XTRIM s MINID 6-2 → :1
    XTRIM s MAXLEN 9 → :0
    XADD s MAXLEN = 2 8-1 f 8 → $3 8-1
    XADD s MAXLEN 2 9-1 f 9 → $3 9-1
    XADD s MINID ~ 9 10-1 f 10 → $4 10-1
    XADD s MAXLEN ~ 0 LIMIT 1 11-1 f 11 → $4 11-1
    XADD s MAXLEN ~ 0 LIMIT 0 12-1 f 12 → $4 12-1
    XRANGE s - + → *0
    XINFO STREAM s → *20 $6 length :0 $15 radix-tree-keys :0 $16 radix-tree-nodes :1 $17 last-generated-id $4 12-1 $20 max-deleted-entry-id $3 0-0 $13 entries-added :12 $23 recorded-first-entry-id $3 0-0 $6 groups :0 $11 first-entry $-1 $10 last-entry $-1
    XTRIM s MAXLEN 0 → :0
    XINFO STREAM s → *20 $6 length :0 $15 radix-tree-keys :0 $16 radix-tree-nodes :1 $17 last-generated-id $4 12-1 $20 max-deleted-entry-id $3 0-0 $13 entries-added :12 $23 recorded-first-entry-id $3 0-0 $6 groups :0 $11 first-entry $-1 $10 last-entry $-1
    XTRIM s MAXLEN -1 → -ERR The MAXLEN argument must be >= 0.
    XTRIM s MAXLEN x → -ERR value is not an integer or out of range
    XTRIM s MINID x → -ERR Invalid stream ID specified as stream command argument
    XTRIM s MINID - → -ERR Invalid stream ID specified as stream command argument
    XTRIM s MAXLEN ~ 5 LIMIT -1 → -ERR The LIMIT argument must be >= 0.
    XTRIM s MAXLEN ~ 5 LIMIT x → -ERR value is not an integer or out of range
    XTRIM s MAXLEN 5 LIMIT 5 → -ERR syntax error, LIMIT cannot be used without the special ~ option
    XTRIM s MAXLEN 5 MINID 5 → -ERR syntax error, MAXLEN and MINID options at the same time are not compatible
    XTRIM s LIMIT 5 → -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
    XTRIM s LIMIT 5 LIMIT 0 → -ERR syntax error, XTRIM must be called with a trimming strategy
    XTRIM s NOMKSTREAM 5 → -ERR syntax error
    XTRIM s MAXLEN → -ERR wrong number of arguments for 'xtrim' command
    XTRIM s MAXLEN ~ → -ERR value is not an integer or out of range
    XADD s LIMIT 5 13-1 f v → -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
    XADD s LIMIT 0 13-1 f v → -ERR syntax error, LIMIT cannot be used without the special ~ option
    XADD s MAXLEN 1 MAXLEN 2 13-1 f v → -ERR syntax error, MAXLEN and MINID options at the same time are not compatible
    XTRIM none MAXLEN 0 → :0
    SET str x → +OK
    XTRIM str MAXLEN 0 → -WRONGTYPE
    CONFIG SET stream-node-max-entries 0 → +OK
    XADD t 1-1 f v → $3 1-1
    XADD t MAXLEN ~ 0 2-1 f v → $3 2-1
    XADD t MAXLEN ~ 0 LIMIT 5 3-1 f v → $3 3-1
    CONFIG SET stream-node-max-bytes 20 → +OK
    XADD t 4-1 f v → $3 4-1
    XADD t 5-1 f v → $3 5-1
    XTRIM t MAXLEN ~ 1 → :1
    XINFO STREAM t → *20 $6 length :1 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $3 5-1 $20 max-deleted-entry-id $3 0-0 $13 entries-added :5 $23 recorded-first-entry-id $3 5-1 $6 groups :0 $11 first-entry *2 $3 5-1 *2 $1 f $1 v $10 last-entry *2 $3 5-1 *2 $1 f $1 v
  `);
});

Deno.test("XRANGE, XREVRANGE, XDEL and XSETID reply what Redis replies", async () => {
  await play(String.raw`
    XADD s 1-1 a 1 → $3 1-1
    XADD s 1-2 a 2 b -70000 → $3 1-2
    XADD s 2-1 a 12345678901234567890 b 3000000000 → $3 2-1
    XADD s 3-1 b x a y → $3 3-1
    XADD s 3-18446744073709551615 a "" "" z → $22 3-18446744073709551615
    XRANGE s - + → *5 *2 $3 1-1 *2 $1 a $1 1 *2 $3 1-2 *4 $1 a $1 2 $1 b $6 -70000 *2 $3 2-1 *4 $1 a $20 12345678901234567890 $1 b $10 3000000000 *2 $3 3-1 *4 $1 b $1 x $1 a $1 y *2 $22 3-18446744073709551615 *4 $1 a $0  $0  $1 z
    XREVRANGE s + - → *5 *2 $22 3-18446744073709551615 *4 $1 a $0  $0  $1 z *2 $3 3-1 *4 $1 b $1 x $1 a $1 y *2 $3 2-1 *4 $1 a $20 12345678901234567890 $1 b $10 3000000000 *2 $3 1-2 *4 $1 a $1 2 $1 b $6 -70000 *2 $3 1-1 *2 $1 a $1 1
    XRANGE s 1 1 → *2 *2 $3 1-1 *2 $1 a $1 1 *2 $3 1-2 *4 $1 a $1 2 $1 b $6 -70000
    XRANGE s 1-2 3 → *4 *2 $3 1-2 *4 $1 a $1 2 $1 b $6 -70000 *2 $3 2-1 *4 $1 a $20 12345678901234567890 $1 b $10 3000000000 *2 $3 3-1 *4 $1 b $1 x $1 a $1 y *2 $22 3-18446744073709551615 *4 $1 a $0  $0  $1 z
    XRANGE s (1-1 (3-1 → *2 *2 $3 1-2 *4 $1 a $1 2 $1 b $6 -70000 *2 $3 2-1 *4 $1 a $20 12345678901234567890 $1 b $10 3000000000
    XRANGE s (1 + → *5 *2 $3 1-1 *2 $1 a $1 1 *2 $3 1-2 *4 $1 a $1 2 $1 b $6 -70000 *2 $3 2-1 *4 $1 a $20 12345678901234567890 $1 b $10 3000000000 *2 $3 3-1 *4 $1 b $1 x $1 a $1 y *2 $22 3-18446744073709551615 *4 $1 a $0  $0  $1 z
    XRANGE s (3-18446744073709551615 + → *0
    XRANGE s (18446744073709551615-18446744073709551615 + → -ERR invalid start ID for the interval
    XRANGE s - (0-0 → -ERR invalid end ID for the interval
    XRANGE s - (0 → *0
    XREVRANGE s (3 (1-2 → *2 *2 $3 3-1 *4 $1 b $1 x $1 a $1 y *2 $3 2-1 *4 $1 a $20 12345678901234567890 $1 b $10 3000000000
    XRANGE s - + COUNT 2 → *2 *2 $3 1-1 *2 $1 a $1 1 *2 $3 1-2 *4 $1 a $1 2 $1 b $6 -70000
    XREVRANGE s + - COUNT 2 → *2 *2 $22 3-18446744073709551615 *4 $1 a $0  $0  $1 z *2 $3 3-1 *4 $1 b $1 x $1 a $1 y
    XRANGE s - + COUNT 0 → *-1
    XRANGE s - + COUNT -5 → *-1
    XRANGE s - + COUNT x → -ERR value is not an integer or out of range
    XRANGE s - + COUNT → -ERR syntax error
    XRANGE s - + LIMIT 2 → -ERR syntax error
    XRANGE s - + COUNT 3 COUNT 1 → *1 *2 $3 1-1 *2 $1 a $1 1
    XRANGE s 5 1 → *0
    XRANGE s x + → -ERR Invalid stream ID specified as stream command argument
    XRANGE s - x → -ERR Invalid stream ID specified as stream command argument
    XRANGE s (x + → -ERR Invalid stream ID specified as stream command argument
    XRANGE s (- + → -ERR Invalid stream ID specified as stream command argument
    XRANGE s - (+ → -ERR Invalid stream ID specified as stream command argument
    XRANGE s - ((1 → -ERR Invalid stream ID specified as stream command argument
    XRANGE none - + → *0
    XRANGE none - + COUNT 0 → *0
    SET str x → +OK
    XRANGE str - + → -WRONGTYPE
    XDEL s 1-2 9-9 1-2 → :1
    XDEL s x → -ERR Invalid stream ID specified as stream command argument
    XDEL none 1 → :0
    XDEL str 1 → -WRONGTYPE
    XRANGE s - + → *4 *2 $3 1-1 *2 $1 a $1 1 *2 $3 2-1 *4 $1 a $20 12345678901234567890 $1 b $10 3000000000 *2 $3 3-1 *4 $1 b $1 x $1 a $1 y *2 $22 3-18446744073709551615 *4 $1 a $0  $0  $1 z
    XDEL s 1-1 2-1 → :2
    XINFO STREAM s → *20 $6 length :2 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $22 3-18446744073709551615 $20 max-deleted-entry-id $3 2-1 $13 entries-added :5 $23 recorded-first-entry-id $3 3-1 $6 groups :0 $11 first-entry *2 $3 3-1 *4 $1 b $1 x $1 a $1 y $10 last-entry *2 $22 3-18446744073709551615 *4 $1 a $0  $0  $1 z
    XDEL s 3-1 3-18446744073709551615 → :2
    XINFO STREAM s → *20 $6 length :0 $15 radix-tree-keys :0 $16 radix-tree-nodes :1 $17 last-generated-id $22 3-18446744073709551615 $20 max-deleted-entry-id $22 3-18446744073709551615 $13 entries-added :5 $23 recorded-first-entry-id $3 0-0 $6 groups :0 $11 first-entry $-1 $10 last-entry $-1
    XADD s 3-1 a b → -ERR The ID specified in XADD is equal or smaller than the target stream top item
    XADD s 4-1 a b → $3 4-1
    XSETID s 4-0 → -ERR The ID specified in XSETID is smaller than the target stream top item
    XSETID s 10-0 → +OK
    XSETID s 10-1 ENTRIESADDED 0 → -ERR The entries_added specified in XSETID is smaller than the target stream length
    XSETID s 10-1 ENTRIESADDED -1 → -ERR entries_added must be positive
    XSETID s 10-1 ENTRIESADDED x → -ERR value is not an integer or out of range
    XSETID s 10-1 ENTRIESADDED 9223372036854775807 MAXDELETEDID 3-3 → +OK
    XSETID s 10-1 MAXDELETEDID 11-1 → -ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
    XSETID s 10-1 MAXDELETEDID x → -ERR Invalid stream ID specified as stream command argument
    XSETID s 10-1 MAXDELETEDID → -ERR syntax error
    XSETID s 10-1 nothing 5 → -ERR syntax error
    XSETID s x → -ERR Invalid stream ID specified as stream command argument
    XSETID none 1-1 → -ERR no such key
    XSETID str 1-1 → -WRONGTYPE
    XINFO STREAM s → *20 $6 length :1 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $4 10-1 $20 max-deleted-entry-id $3 3-3 $13 entries-added :9223372036854775807 $23 recorded-first-entry-id $3 4-1 $6 groups :0 $11 first-entry *2 $3 4-1 *2 $1 a $1 b $10 last-entry *2 $3 4-1 *2 $1 a $1 b
    XADD s 11-1 a b → $4 11-1
    XINFO STREAM s → *20 $6 length :2 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $4 11-1 $20 max-deleted-entry-id $3 3-3 $13 entries-added :-9223372036854775808 $23 recorded-first-entry-id $3 4-1 $6 groups :0 $11 first-entry *2 $3 4-1 *2 $1 a $1 b $10 last-entry *2 $4 11-1 *2 $1 a $1 b
    XDEL s 4-1 11-1 → :2
    XSETID s 0-0 ENTRIESADDED 0 → +OK
    XINFO STREAM s → *20 $6 length :0 $15 radix-tree-keys :0 $16 radix-tree-nodes :1 $17 last-generated-id $3 0-0 $20 max-deleted-entry-id $4 11-1 $13 entries-added :0 $23 recorded-first-entry-id $3 0-0 $6 groups :0 $11 first-entry $-1 $10 last-entry $-1
  `);
});

Deno.test("XREAD replies what Redis replies where it does not wait", async () => {
  await play(String.raw`
    XADD s 1-1 a 1 → $3 1-1
    XADD s 2-1 a 2 → $3 2-1
    XADD t 1-1 b 1 → $3 1-1
    XREAD STREAMS s 0 → *1 *2 $1 s *2 *2 $3 1-1 *2 $1 a $1 1 *2 $3 2-1 *2 $1 a $1 2
    XREAD STREAMS s t 1-1 0 → *2 *2 $1 s *1 *2 $3 2-1 *2 $1 a $1 2 *2 $1 t *1 *2 $3 1-1 *2 $1 b $1 1
    XREAD COUNT 1 STREAMS s t 0 0 → *2 *2 $1 s *1 *2 $3 1-1 *2 $1 a $1 1 *2 $1 t *1 *2 $3 1-1 *2 $1 b $1 1
    XREAD COUNT -1 STREAMS s 0 → *1 *2 $1 s *2 *2 $3 1-1 *2 $1 a $1 1 *2 $3 2-1 *2 $1 a $1 2
    XREAD STREAMS s $ → *-1
    XREAD STREAMS s 2-1 → *-1
    XREAD STREAMS s 18446744073709551615-18446744073709551615 → *-1
    XREAD STREAMS none s 0 1 → *1 *2 $1 s *2 *2 $3 1-1 *2 $1 a $1 1 *2 $3 2-1 *2 $1 a $1 2
    XREAD STREAMS none $ → *-1
    XREAD COUNT x STREAMS s 0 → -ERR value is not an integer or out of range
    XREAD STREAMS s x → -ERR Invalid stream ID specified as stream command argument
    XREAD STREAMS s - → -ERR Invalid stream ID specified as stream command argument
    XREAD STREAMS s > → -ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.
    XREAD STREAMS s t 0 → -ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
    XREAD COUNT 5 s 0 → -ERR syntax error
    XREAD a b c → -ERR syntax error
    XREAD GROUP g c STREAMS s > → -ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
    XREAD NOACK STREAMS s 0 → -ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
    XREAD BLOCK x STREAMS s 0 → -ERR timeout is not an integer or out of range
    XREAD BLOCK -1 STREAMS s 0 → -ERR timeout is negative
    XREAD BLOCK 1 STREAMS s 0 → *1 *2 $1 s *2 *2 $3 1-1 *2 $1 a $1 1 *2 $3 2-1 *2 $1 a $1 2
    MULTI → +OK
    XREAD BLOCK 0 STREAMS s $ → +QUEUED
    EXEC → *1 *-1
    SET str x → +OK
    XREAD STREAMS str 0 → -WRONGTYPE
    HELLO 3
    XREAD STREAMS s t 1-1 0 → %2 $1 s *1 *2 $3 2-1 *2 $1 a $1 2 $1 t *1 *2 $3 1-1 *2 $1 b $1 1
    XREAD STREAMS s $ → _
    XRANGE s - + COUNT 0 → _
    XINFO STREAM s → %10 $6 length :2 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $3 2-1 $20 max-deleted-entry-id $3 0-0 $13 entries-added :2 $23 recorded-first-entry-id $3 1-1 $6 groups :0 $11 first-entry *2 $3 1-1 *2 $1 a $1 1 $10 last-entry *2 $3 2-1 *2 $1 a $1 2
    COMMAND GETKEYS XREAD COUNT 5 STREAMS a b 1 2 → *2 $1 a $1 b
    COMMAND GETKEYS XREAD STREAMS a b c → *1 $1 a
    COMMAND GETKEYS XREAD STREAMS a b c d e → *2 $1 a $1 b
    COMMAND GETKEYS XREAD COUNT STREAMS x → -ERR Invalid arguments specified for command
    COMMAND GETKEYS XREADGROUP GROUP g c STREAMS a > → *1 $1 a
    COMMAND GETKEYSANDFLAGS XREAD STREAMS a 1 → *1 *2 $1 a ~2 +RO +access
    COMMAND INFO XREAD → *1 *10 $5 xread :-4 ~3 +readonly +blocking +movablekeys :0 :0 :0 ~4 +@read +@stream +@slow +@blocking ~0 ~1 %3 $5 flags ~2 +RO +access $12 begin_search %2 $4 type $7 keyword $4 spec %2 $7 keyword $7 STREAMS $9 startfrom :1 $9 find_keys %2 $4 type $5 range $4 spec %3 $7 lastkey :-1 $7 keystep :1 $5 limit :2 ~0
  `);
});

Deno.test("XGROUP, XREADGROUP, XACK and XINFO reply what Redis replies", async () => {
  await play(String.raw`
    XGROUP CREATE s g 0 → -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
    XGROUP CREATE s g $ MKSTREAM → +OK
    XGROUP CREATE s g $ MKSTREAM → -BUSYGROUP Consumer Group name already exists
    XINFO STREAM s → *20 $6 length :0 $15 radix-tree-keys :0 $16 radix-tree-nodes :1 $17 last-generated-id $3 0-0 $20 max-deleted-entry-id $3 0-0 $13 entries-added :0 $23 recorded-first-entry-id $3 0-0 $6 groups :1 $11 first-entry $-1 $10 last-entry $-1
    XADD s 1-1 a 1 → $3 1-1
    XADD s 2-1 a 2 → $3 2-1
    XADD s 3-1 a 3 → $3 3-1
    XGROUP CREATE s h $ → +OK
    XGROUP CREATE s i 1-1 ENTRIESREAD 1 → +OK
    XGROUP CREATE s j 1-1 ENTRIESREAD -2 → -ERR value for ENTRIESREAD must be positive or -1
    XGROUP CREATE s j 1-1 ENTRIESREAD x → -ERR value is not an integer or out of range
    XGROUP CREATE s j 1-1 ENTRIESREAD → -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
    XGROUP CREATE s j x → -ERR Invalid stream ID specified as stream command argument
    XGROUP CREATE s j - → -ERR Invalid stream ID specified as stream command argument
    XGROUP CREATE s j 0 MKSTREAM MKSTREAM MKSTREAM MKSTREAM → -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
    XGROUP CREATE s → -ERR wrong number of arguments for 'xgroup|create' command
    XINFO GROUPS s → *3 *12 $4 name $1 g $9 consumers :0 $7 pending :0 $17 last-delivered-id $3 0-0 $12 entries-read $-1 $3 lag :3 *12 $4 name $1 h $9 consumers :0 $7 pending :0 $17 last-delivered-id $3 3-1 $12 entries-read $-1 $3 lag :0 *12 $4 name $1 i $9 consumers :0 $7 pending :0 $17 last-delivered-id $3 1-1 $12 entries-read :1 $3 lag :2
    XREADGROUP GROUP g c1 COUNT 1 STREAMS s > → *1 *2 $1 s *1 *2 $3 1-1 *2 $1 a $1 1
    XREADGROUP GROUP g c2 STREAMS s > → *1 *2 $1 s *2 *2 $3 2-1 *2 $1 a $1 2 *2 $3 3-1 *2 $1 a $1 3
    XREADGROUP GROUP g c2 STREAMS s > → *-1
    XREADGROUP GROUP i c NOACK STREAMS s > → *1 *2 $1 s *2 *2 $3 2-1 *2 $1 a $1 2 *2 $3 3-1 *2 $1 a $1 3
    XINFO GROUPS s → *3 *12 $4 name $1 g $9 consumers :2 $7 pending :3 $17 last-delivered-id $3 3-1 $12 entries-read :3 $3 lag :0 *12 $4 name $1 h $9 consumers :0 $7 pending :0 $17 last-delivered-id $3 3-1 $12 entries-read $-1 $3 lag :0 *12 $4 name $1 i $9 consumers :1 $7 pending :0 $17 last-delivered-id $3 3-1 $12 entries-read :3 $3 lag :0
    XPENDING s g → *4 :3 $3 1-1 $3 3-1 *2 *2 $2 c1 $1 1 *2 $2 c2 $1 2
    XPENDING s i → *4 :0 $-1 $-1 *-1
    XREADGROUP GROUP g c2 STREAMS s 0 → *1 *2 $1 s *2 *2 $3 2-1 *2 $1 a $1 2 *2 $3 3-1 *2 $1 a $1 3
    XREADGROUP GROUP g c2 COUNT 1 STREAMS s 2-1 → *1 *2 $1 s *1 *2 $3 3-1 *2 $1 a $1 3
    XREADGROUP GROUP g c3 STREAMS s 0 → *1 *2 $1 s *0
    XDEL s 2-1 → :1
    XREADGROUP GROUP g c2 STREAMS s 0 → *1 *2 $1 s *2 *2 $3 2-1 *-1 *2 $3 3-1 *2 $1 a $1 3
    XINFO GROUPS s → *3 *12 $4 name $1 g $9 consumers :3 $7 pending :3 $17 last-delivered-id $3 3-1 $12 entries-read :3 $3 lag :0 *12 $4 name $1 h $9 consumers :0 $7 pending :0 $17 last-delivered-id $3 3-1 $12 entries-read $-1 $3 lag :0 *12 $4 name $1 i $9 consumers :1 $7 pending :0 $17 last-delivered-id $3 3-1 $12 entries-read :3 $3 lag :0
    XGROUP SETID s g 0 → +OK
    XREADGROUP GROUP g c1 STREAMS s > → *1 *2 $1 s *2 *2 $3 1-1 *2 $1 a $1 1 *2 $3 3-1 *2 $1 a $1 3
    XPENDING s g - + 10 → *3 *4 $3 1-1 $2 c1 :0 :1 *4 $3 2-1 $2 c2 :0 :2 *4 $3 3-1 $2 c1 :0 :1
    XGROUP SETID s g $ ENTRIESREAD 3 → +OK
    XGROUP SETID s g + → +OK
    XGROUP SETID s g x → -ERR Invalid stream ID specified as stream command argument
    XGROUP SETID s g 1 MKSTREAM → -ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
    XGROUP SETID s none 1 → -NOGROUP No such consumer group 'none' for key name 's'
    XGROUP SETID none g 1 → -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
    XGROUP SETID s g 1 ENTRIESREAD 1 ENTRIESREAD 2 → -ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
    XINFO GROUPS s → *3 *12 $4 name $1 g $9 consumers :3 $7 pending :3 $17 last-delivered-id $41 18446744073709551615-18446744073709551615 $12 entries-read $-1 $3 lag $-1 *12 $4 name $1 h $9 consumers :0 $7 pending :0 $17 last-delivered-id $3 3-1 $12 entries-read $-1 $3 lag :0 *12 $4 name $1 i $9 consumers :1 $7 pending :0 $17 last-delivered-id $3 3-1 $12 entries-read :3 $3 lag :0
    XGROUP CREATECONSUMER s g c4 → :1
    XGROUP CREATECONSUMER s g c4 → :0
    XGROUP CREATECONSUMER s none c4 → -NOGROUP No such consumer group 'none' for key name 's'
    XGROUP DELCONSUMER s g c1 → :2
    XGROUP DELCONSUMER s g c1 → :0
    XGROUP DELCONSUMER none g c1 → -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
    XINFO CONSUMERS s g → *3 *6 $4 name $2 c2 $7 pending :1 $4 idle :0 *6 $4 name $2 c3 $7 pending :0 $4 idle :0 *6 $4 name $2 c4 $7 pending :0 $4 idle :0
    XINFO CONSUMERS s none → -NOGROUP No such consumer group 'none' for key name 's'
    XINFO CONSUMERS none g → -ERR no such key
    XGROUP DESTROY s h → :1
    XGROUP DESTROY s h → :0
    XGROUP DESTROY none h → -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
    XGROUP → -ERR wrong number of arguments for 'xgroup' command
    XGROUP NOTHING s g → -ERR unknown subcommand 'NOTHING'. Try XGROUP HELP.
    XINFO NOTHING s → -ERR unknown subcommand 'NOTHING'. Try XINFO HELP.
    XINFO STREAM → -ERR wrong number of arguments for 'xinfo|stream' command
    XINFO STREAM none → -ERR no such key
    XINFO STREAM s FULL COUNT x → -ERR value is not an integer or out of range
    XINFO STREAM s FULL COUNT → -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
    XINFO STREAM s NOTHING → -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
    XINFO STREAM s FULL NOTHING 1 → -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
    XINFO GROUPS none → -ERR no such key
    XREADGROUP GROUP none c STREAMS s > → -NOGROUP No such key 's' or consumer group 'none' in XREADGROUP with GROUP option
    XREADGROUP GROUP g c STREAMS none > → -NOGROUP No such key 'none' or consumer group 'g' in XREADGROUP with GROUP option
    XREADGROUP GROUP g c STREAMS s $ → -ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.
    XREADGROUP NOACK COUNT 1 STREAMS s > → -ERR Missing GROUP option for XREADGROUP
    XREADGROUP GROUP g c COUNT 1 s > → -ERR syntax error
    SET str x → +OK
    XGROUP CREATE str g 0 → -WRONGTYPE
    XGROUP CREATE str g 0 MKSTREAM → -WRONGTYPE
    XGROUP DESTROY str g → -WRONGTYPE
    XREADGROUP GROUP g c STREAMS str > → -WRONGTYPE
    XINFO STREAM str → -WRONGTYPE
    XACK str g 1 → -WRONGTYPE
    XACK none g 1 → :0
    XACK s none 1 → :0
    XACK s g x → -ERR Invalid stream ID specified as stream command argument
    XACK s g 1-1 2-1 3-1 9-9 → :1
    XPENDING s g → *4 :0 $-1 $-1 *-1
  `);
});

Deno.test("XCLAIM, XAUTOCLAIM and XPENDING reply what Redis replies", async () => {
  await play(String.raw`
    XADD s 1-1 a 1 → $3 1-1
    XADD s 2-1 a 2 → $3 2-1
    XADD s 3-1 a 3 → $3 3-1
    XADD s 4-1 a 4 → $3 4-1
    XGROUP CREATE s g 0 → +OK
    XREADGROUP GROUP g c1 COUNT 3 STREAMS s > → *1 *2 $1 s *3 *2 $3 1-1 *2 $1 a $1 1 *2 $3 2-1 *2 $1 a $1 2 *2 $3 3-1 *2 $1 a $1 3
    XCLAIM s g c2 0 1-1 → *1 *2 $3 1-1 *2 $1 a $1 1
    XCLAIM s g c2 0 2-1 JUSTID → *1 $3 2-1
    XCLAIM s g c2 100000 3-1 → *0
    XCLAIM s g c2 -5 3-1 RETRYCOUNT 7 → *1 *2 $3 3-1 *2 $1 a $1 3
    XCLAIM s g c2 0 4-1 → *0
    XCLAIM s g c2 0 4-1 FORCE → *1 *2 $3 4-1 *2 $1 a $1 4
    XCLAIM s g c3 0 4-1 FORCE JUSTID RETRYCOUNT -1 → *1 $3 4-1
    XPENDING s g - + 10 → *4 *4 $3 1-1 $2 c2 :0 :2 *4 $3 2-1 $2 c2 :0 :1 *4 $3 3-1 $2 c2 :0 :7 *4 $3 4-1 $2 c3 :0 :2
    XCLAIM s g c2 0 1-1 IDLE 100000000000000 TIME 5000 IDLE -5 LASTID 3-1 → *1 *2 $3 1-1 *2 $1 a $1 1
    XCLAIM s g c2 0 9-1 LASTID 8-1 → *0
    XINFO GROUPS s → *1 *12 $4 name $1 g $9 consumers :3 $7 pending :4 $17 last-delivered-id $3 8-1 $12 entries-read :3 $3 lag :1
    XDEL s 2-1 → :1
    XCLAIM s g c2 0 2-1 1-1 → *1 *2 $3 1-1 *2 $1 a $1 1
    XCLAIM s g c2 0 2-1 FORCE → *0
    XCLAIM s g c2 x 1-1 → -ERR Invalid min-idle-time argument for XCLAIM
    XCLAIM s g c2 0 1-1 IDLE x → -ERR Invalid IDLE option argument for XCLAIM
    XCLAIM s g c2 0 1-1 TIME x → -ERR Invalid TIME option argument for XCLAIM
    XCLAIM s g c2 0 1-1 RETRYCOUNT x → -ERR Invalid RETRYCOUNT option argument for XCLAIM
    XCLAIM s g c2 0 1-1 LASTID x → -ERR Invalid stream ID specified as stream command argument
    XCLAIM s g c2 0 1-1 NOTHING → -ERR Unrecognized XCLAIM option 'NOTHING'
    XCLAIM s g c2 0 1-1 IDLE → -ERR Unrecognized XCLAIM option 'IDLE'
    XCLAIM s none c2 0 1-1 → -NOGROUP No such key 's' or consumer group 'none'
    XCLAIM none g c2 0 1-1 → -NOGROUP No such key 'none' or consumer group 'g'
    XAUTOCLAIM s g c4 0 0 COUNT 1 → *3 $3 3-1 *1 *2 $3 1-1 *2 $1 a $1 1 *0
    XAUTOCLAIM s g c4 0 1-1 COUNT 1 JUSTID → *3 $3 3-1 *1 $3 1-1 *0
    XAUTOCLAIM s g c4 100000 - → *3 $3 0-0 *0 *0
    XDEL s 3-1 → :1
    XAUTOCLAIM s g c4 0 (1-1 → *3 $3 0-0 *1 *2 $3 4-1 *2 $1 a $1 4 *1 $3 3-1
    XAUTOCLAIM s g c4 0 0 COUNT 0 → -ERR COUNT must be > 0
    XAUTOCLAIM s g c4 0 0 COUNT x → -ERR COUNT must be > 0
    XAUTOCLAIM s g c4 0 0 COUNT 576460752303423488 → -ERR COUNT must be > 0
    XAUTOCLAIM s g c4 0 0 COUNT 500000000000000000 → -ERR Insufficient memory, failed allocating transient memory, COUNT too high.
    XAUTOCLAIM s g c4 0 0 NOTHING → -ERR syntax error
    XAUTOCLAIM s g c4 x 0 → -ERR Invalid min-idle-time argument for XAUTOCLAIM
    XAUTOCLAIM s g c4 0 x → -ERR Invalid stream ID specified as stream command argument
    XAUTOCLAIM s g c4 0 (18446744073709551615-18446744073709551615 → -ERR invalid start ID for the interval
    XAUTOCLAIM s none c4 0 0 → -NOGROUP No such key 's' or consumer group 'none'
    XAUTOCLAIM none g c4 0 0 → -NOGROUP No such key 'none' or consumer group 'g'
    XPENDING s g → *4 :2 $3 1-1 $3 4-1 *1 *2 $2 c4 $1 2
    XPENDING s g - + 10 c4 → *2 *4 $3 1-1 $2 c4 :0 :5 *4 $3 4-1 $2 c4 :0 :3
    XPENDING s g - + 10 none → *0
    XPENDING s g IDLE 0 - + 1 → *1 *4 $3 1-1 $2 c4 :0 :5
    XPENDING s g IDLE 100000 - + 10 → *0
    XPENDING s g (1-1 4 10 → *1 *4 $3 4-1 $2 c4 :0 :3
    XPENDING s g - (4-1 10 → *1 *4 $3 1-1 $2 c4 :0 :5
    XPENDING s g - + 0 → *0
    XPENDING s g - + -1 → *0
    XPENDING s g - + x → -ERR value is not an integer or out of range
    XPENDING s g - x 1 → -ERR Invalid stream ID specified as stream command argument
    XPENDING s g x + 1 → -ERR Invalid stream ID specified as stream command argument
    XPENDING s g - + → -ERR syntax error
    XPENDING s g IDLE 5 - + → -ERR syntax error
    XPENDING s g IDLE x - + 1 → -ERR value is not an integer or out of range
    XPENDING s none → -NOGROUP No such key 's' or consumer group 'none'
    XPENDING none g - + 1 → -NOGROUP No such key 'none' or consumer group 'g'
    SET str x → +OK
    XPENDING str g → -WRONGTYPE
    XCLAIM str g c 0 1-1 → -WRONGTYPE
    XAUTOCLAIM str g c 0 0 → -WRONGTYPE
    COPY s t → :1
    XPENDING t g → *4 :2 $3 1-1 $3 4-1 *1 *2 $2 c4 $1 2
    XINFO GROUPS t → *1 *12 $4 name $1 g $9 consumers :4 $7 pending :2 $17 last-delivered-id $3 8-1 $12 entries-read :3 $3 lag :1
    RENAME t u → +OK
    XLEN u → :2
    DEL u → :1
  `);
});

Deno.test("XADD takes the clock's time, and never goes back", async () => {
  const clock = new ManualClock(1_700_000_000_000);
  await using cache = new Cache({ clock });
  const add = (id = "*") => cache.call("XADD", "s", id, "f", "v");
  assertEquals(add(), "1700000000000-0");
  assertEquals(add(), "1700000000000-1");
  clock.advance(5);
  assertEquals(add(), "1700000000005-0");
  assertEquals(add("1800000000000-7"), "1800000000000-7");
  assertEquals(add(), "1800000000000-8");
});

Deno.test("XREADGROUP, XPENDING, XCLAIM and XINFO tell times by the cache's clock", async () => {
  const clock = new ManualClock(1_000_000);
  await using cache = new Cache({ clock });
  cache.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  cache.call("XADD", "s", "1-1", "f", "v");
  cache.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  clock.advance(250);
  const row = (idle: number, count: number) => [["1-1", "c", idle, count]];
  const pending = (...idle: (string | number)[]) =>
    cache.call("XPENDING", "s", "g", ...idle, "-", "+", 9);
  assertEquals(pending(), row(250, 1));
  assertEquals(pending("IDLE", 250), row(250, 1));
  assertEquals(pending("IDLE", 251), []);
  assertEquals(cache.call("XCLAIM", "s", "g", "c", 251, "1-1"), []);
  assertEquals(cache.call("XAUTOCLAIM", "s", "g", "c", 251, "0"), ["0-0", [], []]);
  const consumer = (): unknown => cache.call("XINFO", "CONSUMERS", "s", "g");
  assertEquals(consumer(), [
    new Map<string, string | number>([["name", "c"], ["pending", 1], ["idle", 250]]),
  ]);
  cache.call("XCLAIM", "s", "g", "c", 250, "1-1", "IDLE", 40);
  assertEquals(pending(), row(40, 2));
  cache.call("XCLAIM", "s", "g", "c", 0, "1-1", "TIME", 1_000_200);
  assertEquals(pending(), row(50, 3));
  cache.call("XCLAIM", "s", "g", "c", 0, "1-1", "TIME", 2_000_000);
  assertEquals(pending(), row(0, 4));
  const full = cache.call("XINFO", "STREAM", "s", "FULL") as Map<string, Map<string, unknown>[]>;
  const [group] = full.get("groups") ?? [];
  assertEquals(group?.get("pending"), [["1-1", "c", 1_000_250, 4]]);
  const [one] = group?.get("consumers") as Map<string, unknown>[];
  assertEquals(one?.get("seen-time"), 1_000_250);
  assertEquals(one?.get("pending"), [["1-1", 1_000_250, 4]]);
});

Deno.test("WATCH notices entries, but not what is read of them, as Redis does", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  cache.call("XADD", "s", "1-1", "f", "v");
  cache.call("XGROUP", "CREATE", "s", "g", "0");
  const fails = (...command: string[]) => {
    cache.call("WATCH", "s");
    cache.call(...command as [string]);
    cache.call("MULTI");
    return cache.call("EXEC") === null;
  };
  assertEquals(fails("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"), false);
  assertEquals(fails("XACK", "s", "g", "1-1"), false);
  assertEquals(fails("XGROUP", "CREATE", "s", "h", "0"), false);
  assertEquals(fails("XADD", "s", "2-1", "f", "v"), true);
  assertEquals(fails("XDEL", "s", "2-1"), true);
  assertEquals(fails("XTRIM", "s", "MAXLEN", "0"), true);
  assertEquals(fails("XGROUP", "CREATE", "other", "g", "0", "MKSTREAM"), false);
});

Deno.test("Streams count in MEMORY USAGE, and give their memory back when they are deleted", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  const usage = () => cache.call("MEMORY", "USAGE", "s") as number;
  cache.call("XADD", "s", "1-1", "f", "v");
  const small = usage();
  for (let i = 2; i < 1000; i++) cache.call("XADD", "s", `${i}-1`, "f", "v".repeat(20));
  const large = usage();
  assertEquals(large > 20_000 && large < 80_000, true, `${small} and ${large}`);
  cache.call("XGROUP", "CREATE", "s", "g", "0");
  cache.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  assertEquals(usage() > large + 50_000, true);
  cache.call("XGROUP", "DESTROY", "s", "g");
  cache.call("XTRIM", "s", "MAXLEN", "0");
  assertEquals(usage() < small + 500, true, `${usage()}`);
});

Deno.test("Streams are read from their beginning where FLUSHALL has taken others", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  for (const value of ["v", "another"]) {
    cache.call("FLUSHALL");
    cache.call("XADD", "s", "1-1", "f", value);
    cache.call("XADD", "s", "2-1", "f", value);
    assertEquals(cache.call("XRANGE", "s", "2-1", "+", "COUNT", "1"), [["2-1", ["f", value]]]);
  }
});
