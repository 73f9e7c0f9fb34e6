import { assert, assertEquals } from "@std/assert";
import type { ClientConnection } from "../session.ts";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { play } from "./test_util.ts";

// The stories are what redis-server 7.0.15 has answered.

Deno.test("ZADD and ZINCRBY do what Redis does", () =>
  play(`
  ZADD z 1 a 2 b 3 c → :3
  ZADD z 1 a 5 b → :0
  ZADD z CH 1 a 6 b 0 d → :2
  ZRANGE z 0 -1 WITHSCORES → *8 $1 d $1 0 $1 a $1 1 $1 c $1 3 $1 b $1 6
  ZADD z NX 9 a 9 e → :1
  ZADD z XX 2 a 9 f → :0
  ZADD z XX CH 3 a 9 f → :1
  ZADD none XX 1 a → :0
  ZADD none XX INCR 1 a → $-1
  EXISTS none → :0
  ZADD z GT CH 1 a 10 b → :1
  ZADD z LT CH 1 a 11 b → :1
  ZADD z GT 7 new → :1
  ZADD z gt ch xx 8 new → :1
  ZRANGE z 0 -1 WITHSCORES → *12 $1 d $1 0 $1 a $1 1 $1 c $1 3 $3 new $1 8 $1 e $1 9 $1 b $2 10
  ZADD z INCR 1.5 a → $3 2.5
  ZADD z NX INCR 1.5 a → $-1
  ZADD z GT INCR -1 a → $-1
  ZADD z LT INCR 1 a → $-1
  ZADD z XX INCR 1 none → $-1
  ZADD z NX INCR 1 fresh → $1 1
  ZADD z INCR 1 a 2 b → -ERR INCR option supports a single increment-element pair
  ZADD z NX XX 1 a → -ERR XX and NX options at the same time are not compatible
  ZADD z GT LT 1 a → -ERR GT, LT, and/or NX options at the same time are not compatible
  ZADD z GT NX 1 a → -ERR GT, LT, and/or NX options at the same time are not compatible
  ZADD z LT NX 1 a → -ERR GT, LT, and/or NX options at the same time are not compatible
  ZADD z 1 → -ERR wrong number of arguments for 'zadd' command
  ZADD z 1 a 2 → -ERR syntax error
  ZADD z NX → -ERR wrong number of arguments for 'zadd' command
  ZADD z NX 1 → -ERR syntax error
  ZADD z CH INCR → -ERR syntax error
  ZADD z x a → -ERR value is not a valid float
  ZADD z 1 good x bad → -ERR value is not a valid float
  ZSCORE z good → $-1
  ZADD z nan a → -ERR value is not a valid float
  ZADD z "" a → -ERR value is not a valid float
  ZADD z " 1" a → -ERR value is not a valid float
  ZADD z 1e400 a → -ERR value is not a valid float
  ZADD z 1e-400 a → -ERR value is not a valid float
  ZADD z 0x10 hex +inf top -inf bottom 1e3 exponent 4.9e-324 least -0 zero .5 half 5. five → :8
  ZRANGE z 0 -1 WITHSCORES → *30 $6 bottom $4 -inf $1 d $1 0 $4 zero $1 0 $5 least $23 4.9406564584124654e-324 $4 half $3 0.5 $5 fresh $1 1 $1 a $3 2.5 $1 c $1 3 $4 five $1 5 $3 new $1 8 $1 e $1 9 $1 b $2 10 $3 hex $2 16 $8 exponent $4 1000 $3 top $3 inf
  ZINCRBY z 1 a → $3 3.5
  ZINCRBY z -0.1 a → $18 3.3999999999999999
  ZINCRBY new 1e17 a → $5 1e+17
  ZINCRBY new 1e300 b → $23 1.0000000000000001e+300
  ZINCRBY z -inf top → -ERR resulting score is not a number (NaN)
  ZINCRBY z inf bottom → -ERR resulting score is not a number (NaN)
  ZINCRBY z nx a → -ERR syntax error
  ZINCRBY z 1 a b → -ERR wrong number of arguments for 'zincrby' command
  ZINCRBY z x a → -ERR value is not a valid float
  SET s text
  ZADD s 1 a → -WRONGTYPE
  ZINCRBY s 1 a → -WRONGTYPE
  ZADD s x a → -ERR value is not a valid float
`));

Deno.test("ZREM, ZCARD and ZSCORE do what Redis does", () =>
  play(`
  ZADD z 1 a 2 b 3 c 4 d → :4
  ZCARD z → :4
  ZCARD none → :0
  ZSCORE z b → $1 2
  ZSCORE z none → $-1
  ZSCORE none a → $-1
  ZMSCORE z a none d → *3 $1 1 $-1 $1 4
  ZMSCORE none a b → *2 $-1 $-1
  ZREM z a none a → :1
  ZREM none a → :0
  ZREM z b c → :2
  ZREM z d d x → :1
  EXISTS z → :0
  SET s text
  ZCARD s → -WRONGTYPE
  ZSCORE s a → -WRONGTYPE
  ZMSCORE s a → -WRONGTYPE
  ZREM s a → -WRONGTYPE
`));

Deno.test("ZRANK counts from either end", () =>
  play(`
  ZADD z 1 a 2 b 2 c 3 d → :4
  ZRANK z a → :0
  ZRANK z c → :2
  ZREVRANK z a → :3
  ZREVRANK z d → :0
  ZRANK z none → $-1
  ZRANK none a → $-1
  ZREVRANK none a → $-1
  ZRANK z a b → -ERR wrong number of arguments for 'zrank' command
  ZRANK z a withscore b → -ERR wrong number of arguments for 'zrank' command
  SET s text
  ZRANK s a → -WRONGTYPE
  ZREVRANK s a → -WRONGTYPE
`));

Deno.test("ZRANGE goes by rank", () =>
  play(`
  ZADD z 1 a 2 b 3 c 4 d → :4
  ZRANGE z 0 -1 → *4 $1 a $1 b $1 c $1 d
  ZRANGE z 1 2 → *2 $1 b $1 c
  ZRANGE z -2 -1 → *2 $1 c $1 d
  ZRANGE z -100 100 → *4 $1 a $1 b $1 c $1 d
  ZRANGE z 3 1 → *0
  ZRANGE z 4 9 → *0
  ZRANGE z 0 -5 → *0
  ZRANGE z 0 1 REV → *2 $1 d $1 c
  ZRANGE z 0 1 REV WITHSCORES → *4 $1 d $1 4 $1 c $1 3
  ZRANGE z -2 -1 REV → *2 $1 b $1 a
  ZRANGE z 5 9 REV → *0
  ZREVRANGE z 0 -1 → *4 $1 d $1 c $1 b $1 a
  ZREVRANGE z 1 2 WITHSCORES → *4 $1 c $1 3 $1 b $1 2
  ZRANGE none 0 -1 → *0
  ZRANGE z 0 -1 LIMIT 0 1 → -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
  ZRANGE z 0 -1 LIMIT 0 -1 → *4 $1 a $1 b $1 c $1 d
  ZRANGE z 0 -1 LIMIT 2 -1 → *4 $1 a $1 b $1 c $1 d
  ZRANGE z 0 -1 LIMIT 0 → -ERR syntax error
  ZRANGE z 0 -1 x → -ERR syntax error
  ZRANGE z 0 -1 REV REV → -ERR syntax error
  ZRANGE z 0 -1 BYSCORE BYLEX → -ERR syntax error
  ZRANGE z a b → -ERR value is not an integer or out of range
  ZRANGE z 0 1.5 → -ERR value is not an integer or out of range
  ZREVRANGE z 0 -1 REV → -ERR syntax error
  ZREVRANGE z 0 -1 BYSCORE → -ERR syntax error
  SET s text
  ZRANGE s 0 -1 → -WRONGTYPE
  ZRANGE s x 0 → -ERR value is not an integer or out of range
`));

Deno.test("ZRANGE goes by score", () =>
  play(`
  ZADD z 1 a 2 b 3 c 4 d inf e -inf f → :6
  ZRANGE z 2 3 BYSCORE → *2 $1 b $1 c
  ZRANGE z (2 3 BYSCORE → *1 $1 c
  ZRANGE z (2 (3 BYSCORE → *0
  ZRANGE z 2 (3 BYSCORE WITHSCORES → *2 $1 b $1 2
  ZRANGE z -inf +inf BYSCORE → *6 $1 f $1 a $1 b $1 c $1 d $1 e
  ZRANGE z (-inf (+inf BYSCORE → *4 $1 a $1 b $1 c $1 d
  ZRANGE z 3 2 BYSCORE → *0
  ZRANGE z 3 2 BYSCORE REV → *2 $1 c $1 b
  ZRANGE z 3 (2 BYSCORE REV WITHSCORES → *2 $1 c $1 3
  ZRANGEBYSCORE z 1 4 → *4 $1 a $1 b $1 c $1 d
  ZRANGEBYSCORE z 1 4 WITHSCORES LIMIT 1 2 → *4 $1 b $1 2 $1 c $1 3
  ZRANGEBYSCORE z 1 4 LIMIT 1 -1 → *3 $1 b $1 c $1 d
  ZRANGEBYSCORE z 1 4 LIMIT -1 2 → *0
  ZRANGEBYSCORE z 1 4 LIMIT 6 2 → *0
  ZRANGEBYSCORE z 1 4 LIMIT 2 0 → *0
  ZRANGEBYSCORE z 1 4 LIMIT x 0 → -ERR value is not an integer or out of range
  ZRANGEBYSCORE z 1 4 LIMIT 0 x → -ERR value is not an integer or out of range
  ZRANGEBYSCORE z 1 4 LIMIT 0 → -ERR syntax error
  ZRANGEBYSCORE z 1 4 REV → -ERR syntax error
  ZREVRANGEBYSCORE z 4 1 → *4 $1 d $1 c $1 b $1 a
  ZREVRANGEBYSCORE z 4 1 LIMIT 1 2 → *2 $1 c $1 b
  ZREVRANGEBYSCORE z (4 (1 → *2 $1 c $1 b
  ZREVRANGEBYSCORE z 1 4 → *0
  ZRANGEBYSCORE z " 1" "\\t2" → *2 $1 a $1 b
  ZRANGEBYSCORE z "" "2\\x00abc" → *2 $1 a $1 b
  ZRANGEBYSCORE z ( 2 → *2 $1 a $1 b
  ZRANGEBYSCORE z -1e999 1e999 → *6 $1 f $1 a $1 b $1 c $1 d $1 e
  ZRANGEBYSCORE z 0x1 0x2 → *2 $1 a $1 b
  ZRANGEBYSCORE z "1 " 2 → -ERR min or max is not a float
  ZRANGEBYSCORE z " " 2 → -ERR min or max is not a float
  ZRANGEBYSCORE z nan 2 → -ERR min or max is not a float
  ZRANGEBYSCORE z [1 2 → -ERR min or max is not a float
  ZRANGEBYSCORE z 1 (x → -ERR min or max is not a float
  ZRANGEBYSCORE none 1 2 → *0
  ZCOUNT z 1 3 → :3
  ZCOUNT z (1 (3 → :1
  ZCOUNT z -inf inf → :6
  ZCOUNT z 3 1 → :0
  ZCOUNT z 8 9 → :0
  ZCOUNT none 1 3 → :0
  ZCOUNT z x 3 → -ERR min or max is not a float
  SET s text
  ZRANGEBYSCORE s 1 2 → -WRONGTYPE
  ZCOUNT s 1 2 → -WRONGTYPE
  ZCOUNT s x 2 → -ERR min or max is not a float
`));

Deno.test("ZRANGE goes by member", () =>
  play(`
  ZADD z 0 a 0 b 0 ba 0 c 0 d → :5
  ZRANGE z - + BYLEX → *5 $1 a $1 b $2 ba $1 c $1 d
  ZRANGE z [b [c BYLEX → *3 $1 b $2 ba $1 c
  ZRANGE z (b (c BYLEX → *1 $2 ba
  ZRANGE z + - BYLEX → *0
  ZRANGE z + - BYLEX REV → *5 $1 d $1 c $2 ba $1 b $1 a
  ZRANGE z (d [b BYLEX REV LIMIT 1 1 → *1 $2 ba
  ZRANGE z - - BYLEX → *0
  ZRANGE z + + BYLEX → *0
  ZRANGE z [c [b BYLEX → *0
  ZRANGE z ( [b BYLEX → *2 $1 a $1 b
  ZRANGE z [ [b BYLEX → *2 $1 a $1 b
  ZRANGE z - + BYLEX WITHSCORES → -ERR syntax error, WITHSCORES not supported in combination with BYLEX
  ZRANGEBYLEX z - [bb → *3 $1 a $1 b $2 ba
  ZRANGEBYLEX z - + LIMIT 2 2 → *2 $2 ba $1 c
  ZREVRANGEBYLEX z + (b → *3 $1 d $1 c $2 ba
  ZREVRANGEBYLEX z [c - LIMIT 0 2 → *2 $1 c $2 ba
  ZRANGEBYLEX z b c → -ERR min or max not valid string range item
  ZRANGEBYLEX z "" c → -ERR min or max not valid string range item
  ZRANGEBYLEX z -x + → -ERR min or max not valid string range item
  ZRANGEBYLEX z "-\\x00x" "+\\x00x" → *5 $1 a $1 b $2 ba $1 c $1 d
  ZRANGEBYLEX none - + → *0
  ZRANGEBYLEX z - + WITHSCORES → -ERR syntax error, WITHSCORES not supported in combination with BYLEX
  ZLEXCOUNT z - + → :5
  ZLEXCOUNT z [b (c → :2
  ZLEXCOUNT z [x + → :0
  ZLEXCOUNT z + - → :0
  ZLEXCOUNT none - + → :0
  ZLEXCOUNT z b c → -ERR min or max not valid string range item
  SET s text
  ZRANGEBYLEX s - + → -WRONGTYPE
  ZLEXCOUNT s - + → -WRONGTYPE
  # Where scores differ it begins with the first or the last that fits.
  ZADD mixed 1 c 2 a 3 d 4 b 5 e
  ZRANGEBYLEX mixed [b [d → *4 $1 c $1 a $1 d $1 b
  ZREVRANGEBYLEX mixed [d [b → *2 $1 b $1 d
  ZRANGEBYLEX mixed [d [e → *3 $1 d $1 b $1 e
  ZREVRANGEBYLEX mixed [b [a → *0
  ZLEXCOUNT mixed [a [d → :4
`));

Deno.test("ZREMRANGEBYRANK and its like remove what they count", () =>
  play(`
  ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g → :7
  ZREMRANGEBYRANK z 1 2 → :2
  ZREMRANGEBYRANK z 9 10 → :0
  ZREMRANGEBYRANK z -1 -1 → :1
  ZRANGE z 0 -1 → *4 $1 a $1 d $1 e $1 f
  ZREMRANGEBYSCORE z (1 4 → :1
  ZREMRANGEBYSCORE z 8 9 → :0
  ZREMRANGEBYSCORE z 9 8 → :0
  ZRANGE z 0 -1 → *3 $1 a $1 e $1 f
  ZREMRANGEBYLEX z [e + → :2
  ZREMRANGEBYLEX z [b [c → :0
  ZRANGE z 0 -1 → *1 $1 a
  ZREMRANGEBYSCORE z -inf +inf → :1
  EXISTS z → :0
  ZREMRANGEBYRANK none 0 -1 → :0
  ZREMRANGEBYRANK none x -1 → -ERR value is not an integer or out of range
  ZREMRANGEBYSCORE none x 1 → -ERR min or max is not a float
  ZREMRANGEBYLEX none x [a → -ERR min or max not valid string range item
  SET s text
  ZREMRANGEBYRANK s 0 -1 → -WRONGTYPE
  ZREMRANGEBYSCORE s 0 1 → -WRONGTYPE
  ZREMRANGEBYLEX s - + → -WRONGTYPE
`));

Deno.test("ZRANGESTORE stores a range", () =>
  play(`
  ZADD z 1 a 2 b 3 c 4 d → :4
  ZRANGESTORE to z 0 1 → :2
  ZRANGE to 0 -1 WITHSCORES → *4 $1 a $1 1 $1 b $1 2
  ZRANGESTORE to z 0 1 REV → :2
  ZRANGE to 0 -1 WITHSCORES → *4 $1 c $1 3 $1 d $1 4
  ZRANGESTORE to z (1 3 BYSCORE → :2
  ZRANGE to 0 -1 WITHSCORES → *4 $1 b $1 2 $1 c $1 3
  ZRANGESTORE to z 4 1 BYSCORE REV LIMIT 1 2 → :2
  ZRANGE to 0 -1 WITHSCORES → *4 $1 b $1 2 $1 c $1 3
  ZRANGESTORE to z [b + BYLEX → :3
  ZRANGE to 0 -1 → *3 $1 b $1 c $1 d
  ZRANGESTORE z z 1 2 → :2
  ZRANGE z 0 -1 → *2 $1 b $1 c
  ZRANGESTORE to z 5 9 → :0
  EXISTS to → :0
  ZRANGESTORE to none 0 -1 → :0
  ZRANGESTORE to z 0 -1 WITHSCORES → -ERR syntax error
  ZRANGESTORE to z 0 -1 LIMIT 0 1 → -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
  SET s text
  ZRANGESTORE to s 0 -1 → -WRONGTYPE
  ZRANGESTORE s z 0 -1 → :2
  TYPE s → +zset
  ZRANGESTORE s none 0 -1 → :0
  EXISTS s → :0
`));

Deno.test("ZPOPMIN and ZMPOP take from an end", () =>
  play(`
  ZADD z 1 a 2 b 3 c 4 d 5 e 6 f → :6
  ZPOPMIN z → *2 $1 a $1 1
  ZPOPMAX z → *2 $1 f $1 6
  ZPOPMIN z 2 → *4 $1 b $1 2 $1 c $1 3
  ZPOPMAX z 0 → *0
  ZPOPMAX z 9 → *4 $1 e $1 5 $1 d $1 4
  EXISTS z → :0
  ZPOPMIN z → *0
  ZPOPMIN z 2 → *0
  ZPOPMIN z -1 → -ERR value is out of range, must be positive
  ZPOPMIN z x → -ERR value is out of range, must be positive
  ZPOPMIN z 1 2 → -ERR syntax error
  ZADD z 1 a 2 b 3 c 4 d → :4
  ZMPOP 2 none z MIN → *2 $1 z *1 *2 $1 a $1 1
  ZMPOP 2 none z MAX COUNT 2 → *2 $1 z *2 *2 $1 d $1 4 *2 $1 c $1 3
  ZMPOP 1 z MIN COUNT 10 → *2 $1 z *1 *2 $1 b $1 2
  ZMPOP 1 z MIN → *-1
  ZMPOP 0 z MIN → -ERR numkeys should be greater than 0
  ZMPOP x z MIN → -ERR numkeys should be greater than 0
  ZMPOP 1 z → -ERR wrong number of arguments for 'zmpop' command
  ZMPOP 9 z MIN → -ERR syntax error
  ZMPOP 1 z MID → -ERR syntax error
  ZMPOP 1 z MIN COUNT 0 → -ERR count should be greater than 0
  ZMPOP 1 z MIN COUNT x → -ERR count should be greater than 0
  ZMPOP 1 z MIN COUNT → -ERR syntax error
  ZMPOP 1 z MIN COUNT 1 COUNT 1 → -ERR syntax error
  ZMPOP 1 z MIN x 1 → -ERR syntax error
  SET s text
  ZPOPMIN s → -WRONGTYPE
  ZPOPMAX s 0 → -WRONGTYPE
  ZMPOP 2 none s MIN → -WRONGTYPE
`));

Deno.test("BZPOPMIN and BZMPOP do not wait for what is there", () =>
  play(`
  ZADD z 1 a 2 b 3 c 4 d 5 e → :5
  BZPOPMIN none z 0 → *3 $1 z $1 a $1 1
  BZPOPMAX z none 0 → *3 $1 z $1 e $1 5
  BZMPOP 0 2 none z MIN → *2 $1 z *1 *2 $1 b $1 2
  BZMPOP 0 1 z MAX COUNT 5 → *2 $1 z *2 *2 $1 d $1 4 *2 $1 c $1 3
  BZPOPMIN z x → -ERR timeout is not a float or out of range
  BZPOPMIN z -1 → -ERR timeout is negative
  BZMPOP x 1 z MIN → -ERR timeout is not a float or out of range
  BZMPOP -1 1 z MIN → -ERR timeout is negative
  BZMPOP 0 0 z MIN → -ERR numkeys should be greater than 0
  BZMPOP 0 1 z MIN COUNT 0 → -ERR count should be greater than 0
  # In a transaction nothing waits.
  MULTI
  BZPOPMIN z 0
  BZPOPMAX z 0
  BZMPOP 0 1 z MIN
  EXEC → *3 *-1 *-1 *-1
  SET s text
  BZPOPMIN none s z 0 → -WRONGTYPE
  BZMPOP 0 1 s MIN → -WRONGTYPE
`));

Deno.test("ZUNION, ZINTER and ZDIFF combine sorted sets and sets", () =>
  play(`
  ZADD a 1 x 2 y 3 z → :3
  ZADD b 10 y 20 z 30 w → :3
  SADD s y w v → :3
  ZUNION 2 a b → *4 $1 x $1 y $1 z $1 w
  ZUNION 2 a b WITHSCORES → *8 $1 x $1 1 $1 y $2 12 $1 z $2 23 $1 w $2 30
  ZUNION 3 a b s WITHSCORES → *10 $1 v $1 1 $1 x $1 1 $1 y $2 13 $1 z $2 23 $1 w $2 31
  ZUNION 2 a b WEIGHTS 2 0.5 AGGREGATE MAX WITHSCORES → *8 $1 x $1 2 $1 y $1 5 $1 z $2 10 $1 w $2 15
  ZUNION 2 a b AGGREGATE MIN WITHSCORES → *8 $1 x $1 1 $1 y $1 2 $1 z $1 3 $1 w $2 30
  ZUNION 2 a a WITHSCORES → *6 $1 x $1 2 $1 y $1 4 $1 z $1 6
  ZUNION 1 none → *0
  ZUNION 2 none a WITHSCORES WEIGHTS 1 -1 → *6 $1 z $2 -3 $1 y $2 -2 $1 x $2 -1
  ZINTER 2 a b WITHSCORES → *4 $1 y $2 12 $1 z $2 23
  ZINTER 3 a b s WITHSCORES → *2 $1 y $2 13
  ZINTER 2 a a WEIGHTS 1 2 WITHSCORES → *6 $1 x $1 3 $1 y $1 6 $1 z $1 9
  ZINTER 2 a s AGGREGATE MAX WITHSCORES → *2 $1 y $1 2
  ZINTER 2 a none → *0
  ZDIFF 2 a b WITHSCORES → *2 $1 x $1 1
  ZDIFF 2 a s → *2 $1 x $1 z
  ZDIFF 2 s a WITHSCORES → *4 $1 v $1 1 $1 w $1 1
  ZDIFF 2 none a → *0
  ZDIFF 2 a none → *3 $1 x $1 y $1 z
  ZDIFF 2 a a → *0
  ZDIFF 3 a none b WITHSCORES → *2 $1 x $1 1
  ZINTERCARD 2 a b → :2
  ZINTERCARD 2 a b LIMIT 1 → :1
  ZINTERCARD 2 a b LIMIT 0 → :2
  ZINTERCARD 2 a none LIMIT 1 → :0
  ZINTERCARD 2 a b LIMIT -1 → -ERR LIMIT can't be negative
  ZINTERCARD 2 a b LIMIT x → -ERR LIMIT can't be negative
  ZINTERCARD 2 a b WITHSCORES → -ERR syntax error
  ZINTERCARD 2 a b WEIGHTS 1 2 → -ERR syntax error
  ZUNIONSTORE to 2 a b WEIGHTS 2 3 → :4
  ZRANGE to 0 -1 WITHSCORES → *8 $1 x $1 2 $1 y $2 34 $1 z $2 66 $1 w $2 90
  ZINTERSTORE to 2 a b AGGREGATE min → :2
  ZRANGE to 0 -1 WITHSCORES → *4 $1 y $1 2 $1 z $1 3
  ZDIFFSTORE to 2 a b → :1
  ZRANGE to 0 -1 WITHSCORES → *2 $1 x $1 1
  ZINTERSTORE to 2 a none → :0
  EXISTS to → :0
  ZDIFFSTORE to 2 a a → :0
  ZUNIONSTORE a 2 a a → :3
  ZRANGE a 0 -1 WITHSCORES → *6 $1 x $1 2 $1 y $1 4 $1 z $1 6
  ZUNION 0 a → -ERR at least 1 input key is needed for 'zunion' command
  ZUNION x a → -ERR value is not an integer or out of range
  ZUNIONSTORE to -1 a → -ERR at least 1 input key is needed for 'zunionstore' command
  ZUNION 3 a b → -ERR syntax error
  ZUNION 2 a b WEIGHTS 1 → -ERR syntax error
  ZUNION 2 a b WEIGHTS 1 x → -ERR weight value is not a float
  ZUNION 2 a b AGGREGATE avg → -ERR syntax error
  ZUNION 2 a b AGGREGATE constructor → -ERR syntax error
  ZUNION 2 a b AGGREGATE → -ERR syntax error
  ZUNION 2 a b x → -ERR syntax error
  ZUNIONSTORE to 2 a b WITHSCORES → -ERR syntax error
  ZDIFF 2 a b WEIGHTS 1 2 → -ERR syntax error
  ZDIFF 2 a b AGGREGATE SUM → -ERR syntax error
  SET text text
  ZUNION 2 a text → -WRONGTYPE
  ZUNION 2 a text x → -WRONGTYPE
  ZINTERCARD 2 none text → -WRONGTYPE
  # Scores are added from the smallest set to the largest.
  ZADD p 0.1 x 9 y 9 z
  ZADD q 0.2 x 9 y
  ZADD r 0.3 x
  ZUNION 3 p q r WITHSCORES → *6 $1 x $19 0.59999999999999998 $1 z $1 9 $1 y $2 18
  ZINTER 3 p q r WITHSCORES → *2 $1 x $19 0.59999999999999998
  # What is not a number is 0, and a -0 is lost in what is stored.
  ZADD i inf a -inf b 0 c
  ZADD j -inf a 1 b 0 c
  ZUNION 2 i j WITHSCORES → *6 $1 b $4 -inf $1 a $1 0 $1 c $1 0
  ZINTER 2 i j WITHSCORES → *6 $1 b $4 -inf $1 a $1 0 $1 c $1 0
  ZUNION 2 i j WEIGHTS 0 0 WITHSCORES → *6 $1 a $1 0 $1 b $1 0 $1 c $1 0
  ZINTER 2 i j WEIGHTS 0 0 AGGREGATE MAX WITHSCORES → *6 $1 a $1 0 $1 b $1 0 $1 c $1 0
  ZUNION 1 i WEIGHTS -1 WITHSCORES → *6 $1 a $4 -inf $1 c $2 -0 $1 b $3 inf
  ZUNIONSTORE to 1 i WEIGHTS -1 → :3
  ZRANGE to 0 -1 WITHSCORES → *6 $1 a $4 -inf $1 c $1 0 $1 b $3 inf
`));

Deno.test("ZRANDMEMBER replies as many as there are", () =>
  play(`
  ZADD z 1.5 a → :1
  ZRANDMEMBER z → $1 a
  ZRANDMEMBER z 5 → *1 $1 a
  ZRANDMEMBER z 5 WITHSCORES → *2 $1 a $3 1.5
  ZRANDMEMBER z -3 → *3 $1 a $1 a $1 a
  ZRANDMEMBER z -2 WITHSCORES → *4 $1 a $3 1.5 $1 a $3 1.5
  ZRANDMEMBER z 0 → *0
  ZRANDMEMBER z 1 x → -ERR syntax error
  ZRANDMEMBER z 1 WITHSCORES x → -ERR syntax error
  ZRANDMEMBER z x → -ERR value is not an integer or out of range
  ZRANDMEMBER z -9223372036854775808 → -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
  ZRANDMEMBER z 4611686018427387904 WITHSCORES → -ERR value is out of range
  ZRANDMEMBER z -4611686018427387904 WITHSCORES → -ERR value is out of range
  ZRANDMEMBER z 4611686018427387904 → *1 $1 a
  ZADD z 2 b 3 c
  ZRANDMEMBER z 3 WITHSCORES → *6 $1 c $1 3 $1 b $1 2 $1 a $3 1.5
  ZRANDMEMBER none → $-1
  ZRANDMEMBER none 1 → *0
  SET s text
  ZRANDMEMBER s → -WRONGTYPE
  ZRANDMEMBER s 1 → -WRONGTYPE
`));

Deno.test("ZSCAN goes through a small sorted set in its order", () =>
  play(`
  ZADD z 1 a 1.5 b 100000000000000000 c 1e19 d inf e -0 f 0.1 "" → :7
  ZSCAN z 0 → *2 $1 0 *14 $1 f $1 0 $0  $19 0.10000000000000001 $1 a $1 1 $1 b $3 1.5 $1 c $18 100000000000000000 $1 d $5 1e+19 $1 e $3 inf
  ZSCAN z 0 MATCH [a-c] → *2 $1 0 *6 $1 a $1 1 $1 b $3 1.5 $1 c $18 100000000000000000
  ZSCAN z 0 MATCH * COUNT 1 → *2 $1 0 *14 $1 f $1 0 $0  $19 0.10000000000000001 $1 a $1 1 $1 b $3 1.5 $1 c $18 100000000000000000 $1 d $5 1e+19 $1 e $3 inf
  ZSCAN none 0 → *2 $1 0 *0
  ZSCAN none x → -ERR invalid cursor
  ZSCAN z x → -ERR invalid cursor
  ZSCAN z 0 COUNT 0 → -ERR syntax error
  ZSCAN z 0 x → -ERR syntax error
  SET s text
  ZSCAN s 0 → -WRONGTYPE
  CONFIG SET zset-max-listpack-entries 0
  ZADD tree 100000000000000000 a -0 b
  OBJECT ENCODING tree → $8 skiplist
  ZSCAN tree 0 MATCH a → *2 $1 0 *2 $1 a $5 1e+17
  ZSCAN tree 0 MATCH b → *2 $1 0 *2 $1 b $2 -0
`));

Deno.test("sorted sets reply doubles and pairs in RESP3", () =>
  play(`
  HELLO 3
  ZADD z 1 a 1.5 b inf c -inf d 0.1 e → :5
  ZSCORE z b → ,1.5
  ZSCORE z none → _
  ZMSCORE z a c none → *3 ,1 ,inf _
  ZADD z INCR 1 a → ,2
  ZADD z NX INCR 1 a → _
  ZINCRBY z 1e17 a → ,1e+17
  ZRANGE z 0 1 → *2 $1 d $1 e
  ZRANGE z 0 -1 WITHSCORES → *5 *2 $1 d ,-inf *2 $1 e ,0.10000000000000001 *2 $1 b ,1.5 *2 $1 a ,1e+17 *2 $1 c ,inf
  ZREVRANGEBYSCORE z inf 1 WITHSCORES → *3 *2 $1 c ,inf *2 $1 a ,1e+17 *2 $1 b ,1.5
  ZUNION 1 z WITHSCORES → *5 *2 $1 d ,-inf *2 $1 e ,0.10000000000000001 *2 $1 b ,1.5 *2 $1 a ,1e+17 *2 $1 c ,inf
  ZRANDMEMBER z 9 WITHSCORES → *5 *2 $1 c ,inf *2 $1 a ,1e+17 *2 $1 b ,1.5 *2 $1 e ,0.10000000000000001 *2 $1 d ,-inf
  ZRANK z none → _
  ZSCAN z 0 MATCH b → *2 $1 0 *2 $1 b $3 1.5
  ZPOPMIN z → *2 $1 d ,-inf
  ZPOPMIN z 1 → *1 *2 $1 e ,0.10000000000000001
  ZMPOP 1 z MAX COUNT 2 → *2 $1 z *2 *2 $1 c ,inf *2 $1 a ,1e+17
  BZPOPMAX z 0 → *3 $1 z $1 b ,1.5
  ZPOPMIN z → *0
  ZPOPMIN z 1 → *0
  ZMPOP 1 z MIN → _
  ZRANGE z 0 -1 WITHSCORES → *0
`));

Deno.test("sorted sets tell the encoding that Redis would have", () =>
  play(`
  ZADD z 1 a → :1
  OBJECT ENCODING z → $8 listpack
  ZADD z 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa → :1
  OBJECT ENCODING z → $8 listpack
  ZADD z 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa → :1
  OBJECT ENCODING z → $8 skiplist
  ZRANGE z 0 0 → *1 $1 a
  ZUNIONSTORE to 1 z → :3
  OBJECT ENCODING to → $8 skiplist
  ZRANGESTORE to z 0 1 → :2
  OBJECT ENCODING to → $8 listpack
  ZRANGESTORE to z 0 2 → :3
  OBJECT ENCODING to → $8 skiplist
  CONFIG SET zset-max-listpack-entries 3
  ZADD n 1 a 2 b 3 c → :3
  OBJECT ENCODING n → $8 listpack
  ZADD n 1 d → :1
  OBJECT ENCODING n → $8 skiplist
  ZREM n a b c → :3
  OBJECT ENCODING n → $8 skiplist
  ZUNIONSTORE to 1 n → :1
  OBJECT ENCODING to → $8 listpack
  ZADD first 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa → :1
  OBJECT ENCODING first → $8 skiplist
  COPY n copy → :1
  OBJECT ENCODING copy → $8 skiplist
  ZADD copy 9 e
  ZRANGE n 0 -1 WITHSCORES → *2 $1 d $1 1
  ZRANGE copy 0 -1 WITHSCORES → *4 $1 d $1 1 $1 e $1 9
  # A tree keeps the sign of zero, a listpack does not.
  ZADD n -0 zero → :1
  ZSCORE n zero → $2 -0
  ZADD small -0 zero → :1
  ZSCORE small zero → $1 0
`));

Deno.test("large sorted sets do what small ones do", () =>
  play(`
  CONFIG SET zset-max-listpack-entries 0
  ZADD z 1 a 2 b 3 c 4 d 5 e 6 f → :6
  ZADD z CH 2.5 b 9 a → :2
  ZINCRBY z -1 a → $1 8
  ZADD z NX 1 a → :0
  ZADD z XX 1 new → :0
  ZRANGE z 0 -1 WITHSCORES → *12 $1 b $3 2.5 $1 c $1 3 $1 d $1 4 $1 e $1 5 $1 f $1 6 $1 a $1 8
  ZRANGE z 1 2 REV → *2 $1 f $1 e
  ZRANGEBYSCORE z (3 5 LIMIT 1 5 → *1 $1 e
  ZREVRANGEBYSCORE z 5 (3 LIMIT 1 5 → *1 $1 d
  ZCOUNT z (3 inf → :4
  ZRANK z d → :2
  ZREVRANK z d → :3
  ZRANK z none → $-1
  ZREMRANGEBYSCORE z 2.5 3 → :2
  ZREMRANGEBYRANK z -1 -1 → :1
  ZREM z d none → :1
  ZPOPMAX z → *2 $1 f $1 6
  ZRANGE z 0 -1 → *1 $1 e
  ZRANDMEMBER z 5 → *1 $1 e
  ZRANDMEMBER z -2 → *2 $1 e $1 e
  ZPOPMIN z 5 → *2 $1 e $1 5
  EXISTS z → :0
  ZADD l 0 a 0 b 0 c 0 d
  ZRANGEBYLEX l (a [c → *2 $1 b $1 c
  ZREVRANGEBYLEX l + [c → *2 $1 d $1 c
  ZLEXCOUNT l - (c → :2
  ZLEXCOUNT l + - → :0
  ZREMRANGEBYLEX l [b [c → :2
  ZRANGE l 0 -1 → *2 $1 a $1 d
  ZRANGESTORE to l 0 0 → :1
  ZUNION 2 l to WITHSCORES → *4 $1 a $1 0 $1 d $1 0
  ZUNIONSTORE to 2 l to → :2
  ZRANGE to 0 -1 WITHSCORES → *4 $1 a $1 0 $1 d $1 0
`));

// As Redis 7.2 does.
Deno.test("ZRANK replies the score as well", () =>
  play(`
  ZADD z 1 a 2.5 b → :2
  ZRANK z b WITHSCORE → *2 :1 $3 2.5
  ZREVRANK z b withscore → *2 :0 $3 2.5
  ZRANK z none WITHSCORE → *-1
  ZRANK none a WITHSCORE → *-1
  HELLO 3
  ZRANK z b WITHSCORE → *2 :1 ,2.5
  ZRANK z none WITHSCORE → _
`));

/** A client that sends one request; returns what it is replied so far. */
function clientOf(cache: Cache, request: string): () => string {
  const requests = [request];
  let replies = "";
  const receive = (data: Uint8Array) => void (replies += new TextDecoder().decode(data));
  const addr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  const connection: ClientConnection = {
    remoteAddr: addr,
    localAddr: addr,
    buffered: 0,
    maxBuffered: 0,
    closeAfter() {},
    read(buffer) {
      const text = requests.shift();
      if (text === undefined) return new Promise(() => {});
      return Promise.resolve(new TextEncoder().encodeInto(`${text}\r\n`, buffer).written);
    },
    write(data) {
      receive(data);
      return Promise.resolve(data.length);
    },
    send: receive,
    close() {},
  };
  cache.handler(connection as Parameters<Cache["handler"]>[0]);
  return () => replies.replaceAll("\r\n", " ").trim();
}

/** Lets what was sent be read and answered. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("BZPOPMIN and BZMPOP wait until there is something, or their time is over", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const first = clientOf(cache, "BZPOPMIN x z 0");
  const second = clientOf(cache, "BZPOPMAX z 0");
  const third = clientOf(cache, "BZMPOP 0 2 x z MIN COUNT 2");
  const fourth = clientOf(cache, "BZPOPMIN z 1.5");
  await turn();
  cache.call("SADD", "x", "another type");
  assertEquals([first(), second(), third(), fourth()], ["", "", "", ""]);
  cache.call("ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d", "5", "e");
  await turn();
  assertEquals(first(), "*3 $1 z $1 a $1 1");
  assertEquals(second(), "*3 $1 z $1 e $1 5");
  assertEquals(third(), "*2 $1 z *2 *2 $1 b $1 2 *2 $1 c $1 3");
  assertEquals(fourth(), "*3 $1 z $1 d $1 4");
  assertEquals(cache.call("EXISTS", "z"), 0);

  const fifth = clientOf(cache, "BZPOPMIN z 1.5");
  await turn();
  clock.advance(1499);
  assertEquals(fifth(), "");
  clock.advance(1);
  await turn();
  assertEquals(fifth(), "*-1");
  // What calls and cannot wait is replied at once.
  assertEquals(cache.call("BZPOPMIN", "z", "0"), null);
});

Deno.test("ZRANDMEMBER replies different members, each as likely as another", async () => {
  await using cache = new Cache();
  for (const limit of ["128", "0"]) {
    cache.call("CONFIG", "SET", "zset-max-listpack-entries", limit);
    cache.call("DEL", "z");
    for (let i = 0; i < 60; i++) cache.call("ZADD", "z", String(i), `m${i}`);
    for (const count of [10, 40]) {
      const seen = new Map<string, number>();
      for (let round = 0; round < 300; round++) {
        const members = cache.call("ZRANDMEMBER", "z", String(count)) as string[];
        assertEquals(new Set(members).size, count);
        for (const member of members) seen.set(member, (seen.get(member) ?? 0) + 1);
      }
      assertEquals(seen.size, 60);
      for (const times of seen.values()) assert(Math.abs(times - 5 * count) < 80, `${times}`);
    }
    const pairs = cache.call("ZRANDMEMBER", "z", "-100", "WITHSCORES") as [string, number][];
    assertEquals(pairs.length, 100);
    for (const [member, score] of pairs) assertEquals(member, `m${score}`);
    assert(new Set(pairs.map(([member]) => member)).size > 20);
    assert(new Set(Array.from({ length: 100 }, () => cache.call("ZRANDMEMBER", "z"))).size > 20);
  }
});

Deno.test("ZSCAN goes through a large sorted set once", async () => {
  await using cache = new Cache();
  for (let i = 0; i < 500; i++) cache.call("ZADD", "z", `${i / 2}`, `m${i}`);
  const seen = new Map<string, string>();
  let cursor = "0";
  do {
    const [next, found] = cache.call("ZSCAN", "z", cursor, "COUNT", "20") as [string, string[]];
    assert(found.length < 80);
    for (let i = 0; i < found.length; i += 2) seen.set(found[i]!, found[i + 1]!);
    cursor = next;
  } while (cursor !== "0");
  assertEquals(seen.size, 500);
  assertEquals(seen.get("m3"), "1.5");
});

Deno.test("the commands of sorted sets tell of what they change", async () => {
  await using cache = new Cache();
  cache.call("CONFIG", "SET", "notify-keyspace-events", "Ezg");
  const events = clientOf(cache, "PSUBSCRIBE __keyevent*");
  await turn();
  const commands = `
  ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
  ZADD z 1 a
  ZADD z CH 2 a
  ZINCRBY z 1 a
  ZINCRBY z 0 a
  ZREM z a none
  ZREM z none
  ZREMRANGEBYRANK z 0 0
  ZREMRANGEBYRANK z 9 9
  ZREMRANGEBYSCORE z 3 3
  ZREMRANGEBYLEX z [d [d
  ZUNIONSTORE to 1 z
  ZINTERSTORE to 1 z
  ZDIFFSTORE to 1 z
  ZRANGESTORE to z 0 0
  ZRANGESTORE to none 0 0
  ZDIFFSTORE to 1 none
  ZPOPMIN z
  ZMPOP 1 z MAX
  BZPOPMIN z 0
  ZPOPMIN z`;
  for (const command of commands.trim().split("\n")) cache.call(...command.trim().split(" "));
  await turn();
  assertEquals(
    [...events().matchAll(/@0__:(\w+) \$\d+ (\w+)/g)].map(([, event, key]) => `${event} ${key}`),
    [
      "zadd z",
      "zadd z",
      "zincr z",
      "zrem z",
      "zremrangebyrank z",
      "zremrangebyscore z",
      "zremrangebylex z",
      "zunionstore to",
      "zinterstore to",
      "zdiffstore to",
      "zrangestore to",
      "del to",
      "zpopmin z",
      "zpopmax z",
      "zpopmin z",
      "del z",
    ],
  );
});
