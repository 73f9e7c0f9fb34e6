import { assertEquals } from "@std/assert";
import { play } from "./commands/test_util.ts";
import { parseEventClasses, printEventClasses } from "./notify.ts";

Deno.test("parseEventClasses() spells A out, and printEventClasses() prints as Redis does", () => {
  const cases = [
    ["", "", ""],
    ["KEA", "g$lshzxetdKE", "AKE"],
    ["An", "g$lshzxetdn", "A"],
    ["AKEnm", "g$lshzxetdnKEm", "AKEm"],
    ["gKn", "gnK", "gnK"],
    ["xE", "xE", "xE"],
    ["nm", "nm", "nm"],
    ["AAKK", "g$lshzxetdK", "AK"],
    ["dtexzhsl$g", "g$lshzxetd", "A"],
  ];
  for (const [text = "", classes, printed] of cases) {
    assertEquals(parseEventClasses(text), classes);
    assertEquals(printEventClasses(classes ?? ""), printed);
  }
  for (const text of ["k", "KEa", "A ", "é"]) assertEquals(parseEventClasses(text), undefined);
});

Deno.test("What a client hears of its own commands stands where Redis has it, also before an error", () =>
  play(`
  HELLO 3
  CONFIG SET notify-keyspace-events KEAmn → +OK
  CONFIG SET notify-keyspace-events KE? → -ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
  CONFIG SET notify-keyspace-events KEAmn → +OK
  PSUBSCRIBE __keyevent*__:* → >3 $10 psubscribe $15 __keyevent*__:* :1
  SET s x → >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:new $1 s >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:set $1 s +OK
  ZINTERSTORE z 2 a b WEIGHTS 1 → >4 $8 pmessage $15 __keyevent*__:* $22 __keyevent@0__:keymiss $1 a >4 $8 pmessage $15 __keyevent*__:* $22 __keyevent@0__:keymiss $1 b -ERR syntax error
  SDIFF none s → >4 $8 pmessage $15 __keyevent*__:* $22 __keyevent@0__:keymiss $4 none -WRONGTYPE
  ZADD z 1 a → >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:new $1 z :1 >4 $8 pmessage $15 __keyevent*__:* $19 __keyevent@0__:zadd $1 z
  LCS z none → >4 $8 pmessage $15 __keyevent*__:* $22 __keyevent@0__:keymiss $4 none -ERR The specified keys must contain string values
  ZADD z 2 a → :0 >4 $8 pmessage $15 __keyevent*__:* $19 __keyevent@0__:zadd $1 z
  ZADD z 2 a → :0
  ZADD z INCR 1 a → ,3 >4 $8 pmessage $15 __keyevent*__:* $20 __keyevent@0__:zincr $1 z
  CONFIG SET notify-keyspace-events KEx? → -ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
  SET fresh 1 → >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:set $5 fresh +OK
  CONFIG SET notify-keyspace-events KEg → +OK
  PEXPIRE z 100000 → :1 >4 $8 pmessage $15 __keyevent*__:* $21 __keyevent@0__:expire $1 z
  PEXPIRE z 10000 LT → :1 >4 $8 pmessage $15 __keyevent*__:* $21 __keyevent@0__:expire $1 z
  PEXPIRE z -1 → >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:del $1 z :1
  PEXPIRE z 1 → :0
  CONFIG SET notify-keyspace-events KEgzn → +OK
  ZADD a 1 x → >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:new $1 a :1 >4 $8 pmessage $15 __keyevent*__:* $19 __keyevent@0__:zadd $1 a
  ZUNIONSTORE b 1 a → >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:new $1 b :1 >4 $8 pmessage $15 __keyevent*__:* $26 __keyevent@0__:zunionstore $1 b
  ZINTERSTORE b 2 a none → :0 >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:del $1 b
  ZRANGESTORE c a 0 -1 → >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:new $1 c :1 >4 $8 pmessage $15 __keyevent*__:* $26 __keyevent@0__:zrangestore $1 c
  ZRANGESTORE c a 5 6 → :0 >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:del $1 c
  ZDIFFSTORE c 2 a a → :0
  CONFIG SET notify-keyspace-events KEgz → +OK
  ZADD p 1 x 2 y 3 z 4 w → :4 >4 $8 pmessage $15 __keyevent*__:* $19 __keyevent@0__:zadd $1 p
  ZPOPMIN p → *2 >4 $8 pmessage $15 __keyevent*__:* $22 __keyevent@0__:zpopmin $1 p $1 x ,1
  ZPOPMAX p 2 → *2 >4 $8 pmessage $15 __keyevent*__:* $22 __keyevent@0__:zpopmax $1 p *2 $1 w ,4 *2 $1 z ,3
  ZMPOP 1 p MIN COUNT 5 → *2 $1 p *1 >4 $8 pmessage $15 __keyevent*__:* $22 __keyevent@0__:zpopmin $1 p *2 $1 y ,2 >4 $8 pmessage $15 __keyevent*__:* $18 __keyevent@0__:del $1 p
`));
