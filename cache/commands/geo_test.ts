import { play } from "./test_util.ts";

Deno.test("GEOADD adds places as scores", () =>
  play(`
  GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania → :2
  ZRANGE Sicily 0 -1 WITHSCORES → *4 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909
  GEOADD Sicily 13.361389 38.115556 Palermo → :0
  GEOADD Sicily 13.5 38.115556 Palermo → :0
  GEOADD Sicily CH 13.361389 38.115556 Palermo → :1
  GEOADD Sicily NX 0 0 Palermo 0 0 Null → :1
  GEOADD Sicily XX CH 1 1 Null 2 2 Nowhere → :1
  GEOADD Sicily nx xx 1 1 a → -ERR syntax error
  GEOADD Sicily NX 1 1 → -ERR syntax error
  GEOADD Sicily NX CH XX → -ERR syntax error
  GEOADD Sicily NX CH CH → -ERR syntax error
  GEOADD Sicily 1 1 → -ERR wrong number of arguments for 'geoadd' command
  GEOADD Sicily 1 1 a 2 → -ERR syntax error
  GEOADD Sicily 1 x a → -ERR value is not a valid float
  GEOADD Sicily x 1 a → -ERR value is not a valid float
  GEOADD Sicily 1 1 a 181 1 b → -ERR invalid longitude,latitude pair 181.000000,1.000000
  ZCARD Sicily → :3
  GEOADD ends 180 85.05112878 ne -180 -85.05112878 sw 0 0 null 180 0.00001 e → :4
  ZRANGE ends 0 -1 WITHSCORES → *8 $2 sw $1 0 $4 null $16 3377699720527872 $1 e $17 10133099161583620 $2 ne $17 13510798882111488
  GEOPOS ends ne sw null e → *4 *2 $3 180 $19 85.0511287799999991 *2 $22 -179.99999731779098511 $21 -85.05112751263942528 *2 $19 0.00000268220901489 $19 0.00000126736058093 *2 $3 180 $19 0.00000633680289752
  GEOADD ends 180.1 0 a → -ERR invalid longitude,latitude pair 180.100000,0.000000
  GEOADD ends 0 85.06 a → -ERR invalid longitude,latitude pair 0.000000,85.060000
  GEOADD ends -180.0000001 90 a → -ERR invalid longitude,latitude pair -180.000000,90.000000
  GEOADD ends 200.0078125 -1e22 a → -ERR invalid longitude,latitude pair 200.007812,-10000000000000000000000.000000
  GEOADD ends inf -inf a → -ERR invalid longitude,latitude pair inf,-inf
  GEOADD ends nan 1 a → -ERR value is not a valid float
  GEOADD ends 1e400 1 a → -ERR value is not a valid float
  GEOADD ends -0 -86 a → -ERR invalid longitude,latitude pair -0.000000,-86.000000
  SADD set m → :1
  GEOADD set 1 1 a → -WRONGTYPE
  GEOADD set 1000 1 a → -ERR invalid longitude,latitude pair 1000.000000,1.000000
  GEOADD set x 1 a → -ERR value is not a valid float
  TYPE Sicily → +zset
  OBJECT ENCODING Sicily → $8 listpack
`));

Deno.test("GEODIST, GEOHASH and GEOPOS tell of members", () =>
  play(`
  GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 13.361389 39 North 13.361389 38.115556 Same → :4
  GEODIST Sicily Palermo Catania → $11 166274.1516
  GEODIST Sicily Palermo Catania m → $11 166274.1516
  GEODIST Sicily Palermo Catania KM → $8 166.2742
  GEODIST Sicily Palermo Catania mi → $8 103.3182
  GEODIST Sicily Palermo Catania ft → $11 545518.8700
  GEODIST Sicily Palermo North → $10 98373.2990
  GEODIST Sicily Palermo Same → $6 0.0000
  GEODIST Sicily Palermo Nowhere → $-1
  GEODIST none Palermo Catania → $-1
  GEODIST Sicily Palermo Catania yd → -ERR unsupported unit provided. please use M, KM, FT, MI
  GEODIST Sicily Palermo Catania constructor → -ERR unsupported unit provided. please use M, KM, FT, MI
  GEODIST none Palermo Catania yd → -ERR unsupported unit provided. please use M, KM, FT, MI
  GEODIST Sicily Palermo Catania m x → -ERR syntax error
  GEOADD near 0 0 a 0.000003 0 b 0.00001 0 c → :3
  GEODIST near a b → $6 0.0000
  GEODIST near a c → $6 0.5967
  GEODIST near a b km → $6 0.0000
  GEOADD near 83.55 -17.4 far -74.65 -18.8 away → :2
  GEODIST near a far → $12 9325915.2470
  GEODIST near a away → $12 8396190.6880
  GEOHASH Sicily Palermo Catania Nowhere North → *4 $11 sqc8b49rny0 $11 sqdtr74hyu0 $-1 $11 sqctb59rqy0
  GEOHASH none a b → *2 $-1 $-1
  GEOHASH Sicily → *0
  GEOADD ends 180 85.05112878 ne -180 -85.05112878 sw → :2
  GEOHASH ends ne sw → *2 $11 bp05b5048p0 $11 00bh0hbj200
  GEOPOS Sicily Palermo Nowhere Catania → *3 *2 $20 13.36138933897018433 $20 38.11555639549629859 *-1 *2 $20 15.08726745843887329 $20 37.50266842333162032
  GEOPOS none a → *1 *-1
  GEOPOS Sicily → *0
  HELLO 3
  GEOPOS Sicily Palermo Nowhere → *2 *2 ,13.36138933897018433 ,38.11555639549629859 _
  GEOHASH Sicily Palermo Nowhere → *2 $11 sqc8b49rny0 _
  GEODIST Sicily Palermo Catania → $11 166274.1516
  GEODIST Sicily Palermo Nowhere → _
  GEORADIUS Sicily 15 37 200 km WITHDIST WITHCOORD WITHHASH → *3 *4 $7 Palermo $8 190.4424 :3479099956230698 *2 ,13.36138933897018433 ,38.11555639549629859 *4 $4 Same $8 190.4424 :3479099956230698 *2 ,13.36138933897018433 ,38.11555639549629859 *4 $7 Catania $7 56.4413 :3479447370796909 *2 ,15.08726745843887329 ,37.50266842333162032
  ZADD odd -1 minus 1e15 large 1e17 larger 2e19 largest -1e19 least inf inf 0.5 half → :7
  GEOPOS odd minus large larger largest least inf half → *7 *2 ,180 ,85.0511287799999991 *2 ,-31.01234167814254761 ,-32.19914967503108016 *2 ,180 ,85.0511287799999991 *2 ,-179.99999731779098511 ,-85.05112751263942528 *2 ,180 ,-85.05112751263942528 *2 ,-179.99999731779098511 ,-85.05112751263942528 *2 ,-179.99999731779098511 ,-85.05112751263942528
  GEOHASH odd minus large larger largest least inf half → *7 $11 bp05b5048p0 $11 763by63d250 $11 bp05b5048p0 $11 00bh0hbj200 $11 00bh0hbj200 $11 00bh0hbj200 $11 00bh0hbj200
  ZADD odd 9223372036854775808 edge → :1
  GEOSEARCH odd FROMMEMBER least BYRADIUS 100000 km WITHHASH → *0
  SADD set m → :1
  GEODIST set a b → -WRONGTYPE
  GEOHASH set a → -WRONGTYPE
  GEOPOS set a → -WRONGTYPE
  GEOPOS → -ERR wrong number of arguments for 'geopos' command
`));

Deno.test("GEOSEARCH finds what is within a circle or a box", () =>
  play(`
  GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2 2.35 48.86 Paris 15.0 37.0 centre → :6
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km → *3 $6 centre $7 Palermo $7 Catania
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ASC → *3 $6 centre $7 Catania $7 Palermo
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km DESC WITHDIST → *3 *2 $7 Palermo $8 190.4424 *2 $7 Catania $7 56.4413 *2 $6 centre $6 0.0001
  GEOSEARCH s FROMMEMBER Catania BYRADIUS 200 km ASC WITHCOORD WITHDIST WITHHASH → *3 *4 $7 Catania $6 0.0000 :3479447370796909 *2 $20 15.08726745843887329 $20 37.50266842333162032 *4 $6 centre $7 56.4412 :3476504601741708 *2 $20 14.99999910593032837 $20 37.00000026605963654 *4 $7 Palermo $8 166.2742 :3479099956230698 *2 $20 13.36138933897018433 $20 38.11555639549629859
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km ASC → *5 $6 centre $7 Catania $7 Palermo $5 edge2 $5 edge1
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHDIST → *5 *2 $6 centre $6 0.0001 *2 $7 Catania $7 56.4413 *2 $7 Palermo $8 190.4424 *2 $5 edge2 $8 279.7403 *2 $5 edge1 $8 279.7405
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 300 400 km ASC → *3 $6 centre $7 Catania $7 Palermo
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 200 km ASC → *2 $6 centre $7 Catania
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2 → *2 $6 centre $7 Catania
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2 DESC → *2 $7 Palermo $7 Catania
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2 ANY → *2 $6 centre $7 Palermo
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2 ANY ASC → *2 $6 centre $7 Palermo
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 10 → *3 $6 centre $7 Catania $7 Palermo
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 30000 km COUNT 4 ANY → *4 $6 centre $7 Palermo $5 edge1 $7 Catania
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 30000 km → *6 $6 centre $7 Palermo $5 edge1 $7 Catania $5 edge2 $5 Paris
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS inf km → *6 $6 centre $7 Palermo $5 edge1 $7 Catania $5 edge2 $5 Paris
  GEOSEARCH s FROMLONLAT 15 37 BYBOX inf 0 km → *0
  GEOSEARCH s FROMMEMBER centre BYRADIUS 0 km → *1 $6 centre
  GEOSEARCH s FROMLONLAT -10 -40 BYRADIUS 2 km → *0
  GEOSEARCH s BYRADIUS 200 km FROMLONLAT 15 37 BYRADIUS 1 mi FROMLONLAT 15.001 37 WITHDIST → *1 *2 $6 centre $6 0.0552
  GEOSEARCH none FROMLONLAT 15 37 BYRADIUS 200 km → *0
  GEOSEARCH none FROMMEMBER a BYRADIUS 200 km → *0
  GEOSEARCH s BYRADIUS 200 km FROMLONLAT 15 37 → *3 $6 centre $7 Palermo $7 Catania
  GEOSEARCH s BYBOX 1 1 km FROMMEMBER Catania → *1 $7 Catania
  GEOSEARCH s FROMMEMBER Nowhere BYRADIUS 200 km → -ERR could not decode requested zset member
  GEOSEARCH s FROMLONLAT 15 37 FROMMEMBER Catania BYRADIUS 1 km → -ERR syntax error
  GEOSEARCH s FROMMEMBER Catania FROMLONLAT 15 37 BYRADIUS 1 km → -ERR syntax error
  GEOSEARCH s FROMMEMBER Nowhere FROMMEMBER Catania BYRADIUS 1 km → -ERR could not decode requested zset member
  GEOSEARCH s FROMMEMBER Catania FROMMEMBER Catania BYRADIUS 1 km → *1 $7 Catania
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km BYBOX 1 1 km → -ERR syntax error
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 1 1 km BYRADIUS 1 km → -ERR syntax error
  GEOSEARCH s BYBOX 1 1 km ASC → -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
  GEOSEARCH none BYBOX 1 1 km ASC → -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
  geosearch s FROMLONLAT 15 37 ASC WITHDIST → -ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 1 1 km STORE d → -ERR syntax error
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 1 1 km STOREDIST → -ERR syntax error
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS -1 km → -ERR radius cannot be negative
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS x km → -ERR need numeric radius
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 yd → -ERR unsupported unit provided. please use M, KM, FT, MI
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 → -ERR syntax error
  GEOSEARCH s FROMLONLAT 15 37 BYBOX x 1 km → -ERR need numeric width
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 1 x km → -ERR need numeric height
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 1 -1 km → -ERR height or width cannot be negative
  GEOSEARCH s FROMLONLAT 15 37 BYBOX 1 1 yd → -ERR unsupported unit provided. please use M, KM, FT, MI
  GEOSEARCH s FROMLONLAT 15 x BYBOX 1 1 km → -ERR value is not a valid float
  GEOSEARCH s FROMLONLAT 200 1 BYBOX 1 1 km → -ERR invalid longitude,latitude pair 200.000000,1.000000
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km ANY → -ERR the ANY argument requires COUNT argument
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km COUNT 0 → -ERR COUNT must be > 0
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km COUNT x → -ERR value is not an integer or out of range
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km COUNT → -ERR syntax error
  GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km WITHOUT → -ERR syntax error
  SADD set m → :1
  GEOSEARCH set FROMLONLAT 15 37 BYRADIUS 1 km → -WRONGTYPE
`));

Deno.test("GEOSEARCH finds places at the ends of the world", () =>
  play(`
  GEOADD w 180 85.05112878 ne -180 85.05112878 nw 180 -85.05112878 se -180 -85.05112878 sw 179.9 0 e -179.9 0 w 0 84 n 0 -84 s 0 0 null → :9
  GEOSEARCH w FROMLONLAT 180 85.05112878 BYRADIUS 1000 km → *1 $2 ne
  GEOSEARCH w FROMLONLAT 180 85.05112878 BYRADIUS 0 m → *1 $2 ne
  GEOSEARCH w FROMLONLAT -180 -85.05112878 BYRADIUS 1 km → *1 $2 sw
  GEOSEARCH w FROMLONLAT 180 0 BYRADIUS 50 km → *1 $1 e
  GEOSEARCH w FROMLONLAT -180 0 BYRADIUS 50 km → *2 $1 w $1 e
  GEOSEARCH w FROMLONLAT 0 83 BYRADIUS 500 km → *1 $1 n
  GEOSEARCH w FROMLONLAT 0 -70 BYRADIUS 5000 km → *2 $1 s $2 sw
  GEOSEARCH w FROMLONLAT 10 -83 BYBOX 1000 600 km → *1 $1 s
  GEOSEARCH w FROMLONLAT 0 0 BYRADIUS 9000 km → *1 $4 null
  GEOSEARCH w FROMLONLAT 0 0 BYRADIUS 21000 km → *6 $4 null $1 n $1 e $1 s $1 w $2 sw
  GEOSEARCH w FROMLONLAT 90 45 BYRADIUS 11000 km WITHDIST → *4 *2 $4 null $10 10010.3667 *2 $1 n $9 5039.9994 *2 $1 e $10 10002.5020 *2 $1 w $10 10018.2318
  GEOSEARCH w FROMLONLAT 0 0 BYBOX 41000 21000 km → *6 $4 null $1 n $1 e $1 s $1 w $2 sw
`));

Deno.test("GEOSEARCH finds places cell by cell", () =>
  play(`
  GEOADD p40 8.2 39.4 a 8.2 39.7 b 8.2 40 c 8.2 40.3 d 8.2 40.6 e 9.1 39.4 f 9.1 39.7 g 9.1 40 h 9.1 40.3 i 9.1 40.6 j 10 39.4 k 10 39.7 l 10 40 m 10 40.3 n 10 40.6 o 10.9 39.4 p 10.9 39.7 q 10.9 40 r 10.9 40.3 s 10.9 40.6 t 11.8 39.4 u 11.8 39.7 v 11.8 40 w 11.8 40.3 x 11.8 40.6 y → :25
  GEOSEARCH p40 FROMLONLAT 10.1 40.1 BYRADIUS 30 km → *2 $1 m $1 n
  GEOSEARCH p40 FROMLONLAT 10.1 40.1 BYRADIUS 45 km → *2 $1 m $1 n
  GEOSEARCH p40 FROMLONLAT 10.1 40.1 BYRADIUS 100 km → *12 $1 h $1 i $1 m $1 n $1 r $1 s $1 o $1 t $1 g $1 k $1 l $1 q
  GEOSEARCH p40 FROMLONLAT 10.1 40.1 BYRADIUS 70 km COUNT 7 ANY → *5 $1 m $1 n $1 r $1 o $1 l
  GEOSEARCH p40 FROMLONLAT 10.1 40.1 BYBOX 150 100 km → *6 $1 m $1 n $1 r $1 s $1 l $1 q
  GEOSEARCH p40 FROMLONLAT 10.1 40.1 BYBOX 60 160 km → *5 $1 m $1 n $1 o $1 k $1 l
  GEOSEARCH p40 FROMLONLAT 10.1 40.1 BYBOX 20 300 km COUNT 5 ANY → *5 $1 m $1 n $1 o $1 k $1 l
  GEOADD p70 8.2 69.4 a 8.2 69.7 b 8.2 70 c 8.2 70.3 d 8.2 70.6 e 9.1 69.4 f 9.1 69.7 g 9.1 70 h 9.1 70.3 i 9.1 70.6 j 10 69.4 k 10 69.7 l 10 70 m 10 70.3 n 10 70.6 o 10.9 69.4 p 10.9 69.7 q 10.9 70 r 10.9 70.3 s 10.9 70.6 t 11.8 69.4 u 11.8 69.7 v 11.8 70 w 11.8 70.3 x 11.8 70.6 y → :25
  GEOSEARCH p70 FROMLONLAT 10.1 70.1 BYRADIUS 30 km → *2 $1 m $1 n
  GEOSEARCH p70 FROMLONLAT 10.1 70.1 BYRADIUS 45 km → *7 $1 h $1 i $1 l $1 m $1 n $1 r $1 s
  GEOSEARCH p70 FROMLONLAT 10.1 70.1 BYRADIUS 100 km → *23 $1 b $1 c $1 d $1 e $1 f $1 g $1 h $1 i $1 k $1 l $1 p $1 q $1 m $1 n $1 r $1 s $1 j $1 o $1 t $1 v $1 w $1 x $1 y
  GEOSEARCH p70 FROMLONLAT 10.1 70.1 BYRADIUS 70 km COUNT 7 ANY → *7 $1 g $1 h $1 i $1 l $1 q $1 m $1 n
  GEOSEARCH p70 FROMLONLAT 10.1 70.1 BYBOX 150 100 km → *15 $1 b $1 c $1 d $1 g $1 h $1 i $1 l $1 q $1 m $1 n $1 r $1 s $1 v $1 w $1 x
  GEOSEARCH p70 FROMLONLAT 10.1 70.1 BYBOX 60 160 km → *7 $1 k $1 l $1 m $1 n $1 s $1 o $1 t
  GEOSEARCH p70 FROMLONLAT 10.1 70.1 BYBOX 20 300 km COUNT 5 ANY → *5 $1 k $1 l $1 m $1 n $1 o
  GEOADD p82 8.2 81.4 a 8.2 81.7 b 8.2 82 c 8.2 82.3 d 8.2 82.6 e 9.1 81.4 f 9.1 81.7 g 9.1 82 h 9.1 82.3 i 9.1 82.6 j 10 81.4 k 10 81.7 l 10 82 m 10 82.3 n 10 82.6 o 10.9 81.4 p 10.9 81.7 q 10.9 82 r 10.9 82.3 s 10.9 82.6 t 11.8 81.4 u 11.8 81.7 v 11.8 82 w 11.8 82.3 x 11.8 82.6 y → :25
  GEOSEARCH p82 FROMLONLAT 10.1 82.1 BYRADIUS 30 km → *7 $1 h $1 i $1 m $1 n $1 r $1 s $1 w
  GEOSEARCH p82 FROMLONLAT 10.1 82.1 BYRADIUS 45 km → *11 $1 c $1 d $1 h $1 i $1 l $1 m $1 n $1 r $1 s $1 w $1 x
  GEOSEARCH p82 FROMLONLAT 10.1 82.1 BYRADIUS 100 km → *25 $1 a $1 b $1 c $1 d $1 f $1 g $1 h $1 i $1 k $1 l $1 p $1 q $1 m $1 n $1 r $1 s $1 e $1 j $1 o $1 t $1 u $1 v $1 w $1 x $1 y
  GEOSEARCH p82 FROMLONLAT 10.1 82.1 BYRADIUS 70 km COUNT 7 ANY → *7 $1 b $1 c $1 d $1 g $1 h $1 i $1 l
  GEOSEARCH p82 FROMLONLAT 10.1 82.1 BYBOX 150 100 km → *15 $1 b $1 c $1 d $1 g $1 h $1 i $1 l $1 q $1 m $1 n $1 r $1 s $1 v $1 w $1 x
  GEOSEARCH p82 FROMLONLAT 10.1 82.1 BYBOX 60 160 km → *23 $1 c $1 d $1 f $1 g $1 h $1 i $1 k $1 l $1 p $1 q $1 m $1 n $1 r $1 s $1 e $1 j $1 o $1 t $1 u $1 v $1 w $1 x $1 y
  GEOSEARCH p82 FROMLONLAT 10.1 82.1 BYBOX 20 300 km COUNT 5 ANY → *5 $1 k $1 l $1 m $1 n $1 o
  GEOADD p-70 8.2 -70.6 a 8.2 -70.3 b 8.2 -70 c 8.2 -69.7 d 8.2 -69.4 e 9.1 -70.6 f 9.1 -70.3 g 9.1 -70 h 9.1 -69.7 i 9.1 -69.4 j 10 -70.6 k 10 -70.3 l 10 -70 m 10 -69.7 n 10 -69.4 o 10.9 -70.6 p 10.9 -70.3 q 10.9 -70 r 10.9 -69.7 s 10.9 -69.4 t 11.8 -70.6 u 11.8 -70.3 v 11.8 -70 w 11.8 -69.7 x 11.8 -69.4 y → :25
  GEOSEARCH p-70 FROMLONLAT 10.1 -69.9 BYRADIUS 30 km → *2 $1 m $1 n
  GEOSEARCH p-70 FROMLONLAT 10.1 -69.9 BYRADIUS 45 km → *7 $1 h $1 i $1 l $1 m $1 r $1 n $1 s
  GEOSEARCH p-70 FROMLONLAT 10.1 -69.9 BYRADIUS 100 km → *23 $1 b $1 c $1 d $1 e $1 f $1 k $1 p $1 g $1 h $1 i $1 j $1 l $1 m $1 q $1 r $1 n $1 o $1 s $1 t $1 v $1 w $1 x $1 y
  GEOSEARCH p-70 FROMLONLAT 10.1 -69.9 BYRADIUS 70 km COUNT 7 ANY → *7 $1 g $1 h $1 i $1 j $1 l $1 m $1 q
  GEOSEARCH p-70 FROMLONLAT 10.1 -69.9 BYBOX 150 100 km → *15 $1 b $1 c $1 d $1 g $1 h $1 i $1 l $1 m $1 q $1 r $1 n $1 s $1 v $1 w $1 x
  GEOSEARCH p-70 FROMLONLAT 10.1 -69.9 BYBOX 60 160 km → *7 $1 k $1 p $1 l $1 m $1 q $1 n $1 o
  GEOSEARCH p-70 FROMLONLAT 10.1 -69.9 BYBOX 20 300 km COUNT 5 ANY → *5 $1 k $1 l $1 m $1 n $1 o
  GEOADD p-82 8.2 -82.6 a 8.2 -82.3 b 8.2 -82 c 8.2 -81.7 d 8.2 -81.4 e 9.1 -82.6 f 9.1 -82.3 g 9.1 -82 h 9.1 -81.7 i 9.1 -81.4 j 10 -82.6 k 10 -82.3 l 10 -82 m 10 -81.7 n 10 -81.4 o 10.9 -82.6 p 10.9 -82.3 q 10.9 -82 r 10.9 -81.7 s 10.9 -81.4 t 11.8 -82.6 u 11.8 -82.3 v 11.8 -82 w 11.8 -81.7 x 11.8 -81.4 y → :25
  GEOSEARCH p-82 FROMLONLAT 10.1 -81.9 BYRADIUS 30 km → *7 $1 h $1 i $1 m $1 r $1 n $1 s $1 w
  GEOSEARCH p-82 FROMLONLAT 10.1 -81.9 BYRADIUS 45 km → *11 $1 c $1 d $1 h $1 i $1 l $1 m $1 r $1 n $1 s $1 w $1 x
  GEOSEARCH p-82 FROMLONLAT 10.1 -81.9 BYRADIUS 100 km → *25 $1 a $1 f $1 k $1 p $1 b $1 c $1 d $1 e $1 g $1 h $1 i $1 j $1 l $1 m $1 q $1 r $1 n $1 o $1 s $1 t $1 u $1 v $1 w $1 x $1 y
  GEOSEARCH p-82 FROMLONLAT 10.1 -81.9 BYRADIUS 70 km COUNT 7 ANY → *7 $1 b $1 c $1 d $1 e $1 g $1 h $1 i
  GEOSEARCH p-82 FROMLONLAT 10.1 -81.9 BYBOX 150 100 km → *15 $1 b $1 c $1 d $1 g $1 h $1 i $1 l $1 m $1 q $1 r $1 n $1 s $1 v $1 w $1 x
  GEOSEARCH p-82 FROMLONLAT 10.1 -81.9 BYBOX 60 160 km → *23 $1 a $1 f $1 k $1 p $1 b $1 c $1 g $1 h $1 i $1 j $1 l $1 m $1 q $1 r $1 n $1 o $1 s $1 t $1 u $1 v $1 w $1 x $1 y
  GEOSEARCH p-82 FROMLONLAT 10.1 -81.9 BYBOX 20 300 km COUNT 5 ANY → *5 $1 k $1 l $1 m $1 n $1 o
`));

Deno.test("GEOSEARCH orders what is equally far as Redis does", () =>
  play(`
  GEOADD s 1 1 a 1 1 b 1 1 c 1 1 d 1 1 e 1 1 f 1 1 g 1 1 h 1 1 i 1 1 j 1 1 k 1 1 l 1 1 m 1 1 n 1 1 o 1 1 p 1 1 q 1 1 r 1 1 s 1 1 t
  GEOADD s 2 1 A 2 1 B 2 1 C 2 1 D 2 1 E 2 1 F 2 1 G 2 1 H 2 1 I 2 1 J 2 1 K 2 1 L 2 1 M 2 1 N 2 1 O 2 1 P 2 1 Q 2 1 R 2 1 S 2 1 T 2 1 U 2 1 V 2 1 W 2 1 X
  GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 500 km ASC → *44 $1 a $1 b $1 c $1 d $1 e $1 f $1 g $1 h $1 i $1 j $1 k $1 l $1 m $1 n $1 o $1 p $1 q $1 r $1 s $1 t $1 A $1 B $1 C $1 D $1 E $1 F $1 G $1 H $1 I $1 J $1 K $1 L $1 M $1 N $1 O $1 P $1 Q $1 R $1 S $1 T $1 U $1 V $1 W $1 X
  GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 500 km DESC → *44 $1 A $1 B $1 C $1 D $1 E $1 F $1 G $1 H $1 I $1 J $1 K $1 L $1 M $1 N $1 O $1 P $1 Q $1 R $1 S $1 T $1 U $1 V $1 W $1 X $1 a $1 b $1 c $1 d $1 e $1 f $1 g $1 h $1 i $1 j $1 k $1 l $1 m $1 n $1 o $1 p $1 q $1 r $1 s $1 t
  GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 500 km COUNT 3 → *3 $1 a $1 g $1 h
  GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 500 km COUNT 22 → *22 $1 a $1 g $1 h $1 i $1 j $1 k $1 l $1 m $1 n $1 o $1 p $1 q $1 r $1 s $1 t $1 b $1 c $1 d $1 e $1 f $1 T $1 U
  GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 500 km COUNT 30 DESC → *30 $1 X $1 D $1 E $1 F $1 G $1 H $1 I $1 J $1 K $1 L $1 M $1 N $1 O $1 P $1 Q $1 R $1 S $1 T $1 U $1 V $1 W $1 A $1 B $1 C $1 a $1 c $1 d $1 e $1 f $1 g
  GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 5 km COUNT 6 → *6 $1 t $1 b $1 c $1 d $1 e $1 f
  GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 500 km COUNT 43 → *43 $1 a $1 g $1 h $1 i $1 j $1 k $1 l $1 m $1 n $1 o $1 p $1 q $1 r $1 s $1 t $1 b $1 c $1 d $1 e $1 f $1 T $1 U $1 V $1 W $1 X $1 A $1 B $1 C $1 D $1 E $1 F $1 G $1 H $1 I $1 J $1 K $1 L $1 M $1 N $1 O $1 P $1 Q $1 R
  GEOADD t 1 1 a 1 1 b 1 1 c 2 1 d 2 1 e 2 1 f 2.5 1 g → :7
  GEOSEARCH t FROMLONLAT 1 1 BYRADIUS 500 km COUNT 4 → *4 $1 a $1 b $1 c $1 d
  GEOSEARCH t FROMLONLAT 1 1 BYRADIUS 500 km COUNT 4 DESC → *4 $1 g $1 d $1 e $1 f
  GEOADD u 2 1 a 1 1 b 2 1 c 1 1 d 2 1 e 1 1 f 2 1 g → :7
  GEOSEARCH u FROMLONLAT 1 1 BYRADIUS 500 km COUNT 6 → *6 $1 d $1 f $1 b $1 g $1 a $1 c
  GEOSEARCH u FROMLONLAT 1 1 BYRADIUS 500 km COUNT 6 DESC → *6 $1 a $1 c $1 e $1 g $1 d $1 f
  GEOSEARCH u FROMLONLAT 2 1 BYRADIUS 500 km COUNT 5 → *5 $1 a $1 c $1 e $1 g $1 d
  GEOADD n7 1.5 1 00 1.5 1 01 2 1 02 3 1 03 1 1 04 1 1 05 3 1 06
  GEOSEARCH n7 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 6 → *6 $2 05 $2 04 $2 01 $2 00 $2 02 $2 03
  GEOSEARCH n7 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 3 DESC → *3 $2 03 $2 06 $2 02
  GEOSEARCH n7 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 6 → *6 $2 01 $2 00 $2 04 $2 05 $2 02 $2 06
  GEOSEARCH n7 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 3 DESC → *3 $2 03 $2 06 $2 02
  GEOSEARCH n7 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 6 → *6 $2 02 $2 00 $2 01 $2 03 $2 06 $2 04
  GEOSEARCH n7 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 3 DESC → *3 $2 05 $2 04 $2 06
  GEOSEARCH n7 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 6 → *6 $2 03 $2 06 $2 02 $2 01 $2 00 $2 04
  GEOSEARCH n7 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 3 DESC → *3 $2 05 $2 04 $2 01
  GEOADD n12 2 1 00 1.5 1 01 1.5 1 02 3 1 03 3 1 04 3 1 05 1.5 1 06 1.5 1 07 1.5 1 08 3 1 09 1 1 10 1 1 11
  GEOSEARCH n12 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 11 → *11 $2 11 $2 10 $2 02 $2 06 $2 07 $2 08 $2 01 $2 00 $2 03 $2 04 $2 05
  GEOSEARCH n12 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 6 DESC → *6 $2 09 $2 05 $2 03 $2 04 $2 00 $2 08
  GEOSEARCH n12 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 11 → *11 $2 07 $2 08 $2 01 $2 02 $2 06 $2 10 $2 11 $2 00 $2 03 $2 04 $2 05
  GEOSEARCH n12 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 6 DESC → *6 $2 03 $2 09 $2 05 $2 04 $2 00 $2 10
  GEOSEARCH n12 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 11 → *11 $2 00 $2 08 $2 01 $2 02 $2 06 $2 07 $2 09 $2 04 $2 05 $2 03 $2 11
  GEOSEARCH n12 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 6 DESC → *6 $2 10 $2 11 $2 09 $2 03 $2 04 $2 05
  GEOSEARCH n12 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 11 → *11 $2 09 $2 05 $2 03 $2 04 $2 00 $2 08 $2 01 $2 02 $2 06 $2 07 $2 10
  GEOSEARCH n12 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 6 DESC → *6 $2 11 $2 10 $2 02 $2 06 $2 07 $2 08
  GEOADD n40 1.5 1 00 1 1 01 2 1 02 1 1 03 2 1 04 3 1 05 3 1 06 3 1 07 3 1 08 3 1 09 1.5 1 10 2 1 11 1 1 12 1 1 13 1.5 1 14 3 1 15 1.5 1 16 2 1 17 3 1 18 2 1 19 3 1 20 3 1 21 2 1 22 3 1 23 1.5 1 24 2 1 25 1 1 26 2 1 27 1.5 1 28 2 1 29 1 1 30 1.5 1 31 2 1 32 2 1 33 1 1 34 1 1 35 3 1 36 3 1 37 1 1 38 2 1 39
  GEOSEARCH n40 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 39 → *39 $2 03 $2 12 $2 13 $2 26 $2 01 $2 30 $2 34 $2 35 $2 38 $2 16 $2 10 $2 14 $2 00 $2 24 $2 28 $2 31 $2 19 $2 02 $2 04 $2 11 $2 17 $2 22 $2 25 $2 27 $2 29 $2 32 $2 33 $2 39 $2 37 $2 06 $2 07 $2 08 $2 09 $2 15 $2 18 $2 20 $2 21 $2 23 $2 36
  GEOSEARCH n40 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 06 $2 37 $2 36 $2 23 $2 21 $2 20 $2 18 $2 15 $2 09 $2 08 $2 07 $2 05 $2 19 $2 02 $2 04 $2 11 $2 17 $2 22 $2 25 $2 27
  GEOSEARCH n40 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 39 → *39 $2 16 $2 10 $2 14 $2 00 $2 24 $2 28 $2 31 $2 35 $2 03 $2 38 $2 12 $2 13 $2 26 $2 01 $2 30 $2 34 $2 19 $2 02 $2 04 $2 11 $2 17 $2 22 $2 25 $2 27 $2 29 $2 32 $2 33 $2 39 $2 37 $2 06 $2 07 $2 08 $2 09 $2 15 $2 18 $2 20 $2 21 $2 23 $2 36
  GEOSEARCH n40 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 06 $2 37 $2 36 $2 23 $2 21 $2 20 $2 18 $2 15 $2 09 $2 08 $2 07 $2 05 $2 19 $2 02 $2 04 $2 11 $2 17 $2 22 $2 25 $2 27
  GEOSEARCH n40 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 39 → *39 $2 17 $2 39 $2 33 $2 32 $2 29 $2 27 $2 25 $2 22 $2 19 $2 02 $2 04 $2 11 $2 31 $2 24 $2 28 $2 16 $2 00 $2 10 $2 14 $2 37 $2 07 $2 08 $2 09 $2 15 $2 18 $2 20 $2 21 $2 23 $2 36 $2 05 $2 06 $2 01 $2 35 $2 34 $2 30 $2 26 $2 13 $2 12 $2 03
  GEOSEARCH n40 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 38 $2 03 $2 12 $2 13 $2 26 $2 30 $2 34 $2 35 $2 01 $2 37 $2 05 $2 06 $2 07 $2 08 $2 09 $2 15 $2 18 $2 20 $2 21 $2 23
  GEOSEARCH n40 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 39 → *39 $2 06 $2 37 $2 36 $2 23 $2 21 $2 20 $2 18 $2 15 $2 09 $2 08 $2 07 $2 05 $2 19 $2 02 $2 04 $2 11 $2 17 $2 22 $2 25 $2 27 $2 29 $2 32 $2 33 $2 39 $2 24 $2 00 $2 16 $2 10 $2 28 $2 31 $2 14 $2 34 $2 26 $2 30 $2 13 $2 12 $2 03 $2 38 $2 01
  GEOSEARCH n40 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 03 $2 12 $2 13 $2 26 $2 01 $2 30 $2 34 $2 35 $2 38 $2 16 $2 10 $2 14 $2 00 $2 24 $2 28 $2 31 $2 19 $2 02 $2 04 $2 11
  GEOADD n41 1 1 00 3 1 01 1.5 1 02 1 1 03 2 1 04 3 1 05 3 1 06 1 1 07 1 1 08 1 1 09 3 1 10 2 1 11 2 1 12 1.5 1 13 1 1 14 2 1 15 1 1 16 1 1 17 1 1 18 1 1 19 1.5 1 20 3 1 21 2 1 22 2 1 23 1.5 1 24 1 1 25 2 1 26 2 1 27 2 1 28 1.5 1 29 3 1 30 3 1 31 3 1 32 3 1 33 1 1 34 2 1 35 3 1 36 1.5 1 37 2 1 38 3 1 39 2 1 40
  GEOSEARCH n41 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 40 → *40 $2 03 $2 07 $2 08 $2 09 $2 14 $2 16 $2 17 $2 00 $2 18 $2 19 $2 25 $2 34 $2 02 $2 13 $2 20 $2 24 $2 29 $2 37 $2 27 $2 04 $2 11 $2 12 $2 15 $2 22 $2 23 $2 26 $2 28 $2 35 $2 38 $2 40 $2 39 $2 05 $2 06 $2 10 $2 21 $2 30 $2 31 $2 32 $2 33 $2 36
  GEOSEARCH n41 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 05 $2 39 $2 36 $2 33 $2 32 $2 31 $2 30 $2 21 $2 10 $2 06 $2 01 $2 27 $2 04 $2 11 $2 12 $2 15 $2 22 $2 23 $2 26 $2 28
  GEOSEARCH n41 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 40 → *40 $2 02 $2 13 $2 20 $2 24 $2 29 $2 37 $2 17 $2 00 $2 18 $2 03 $2 25 $2 34 $2 19 $2 07 $2 08 $2 09 $2 14 $2 16 $2 27 $2 04 $2 11 $2 12 $2 15 $2 22 $2 23 $2 26 $2 28 $2 35 $2 38 $2 40 $2 39 $2 05 $2 06 $2 10 $2 21 $2 30 $2 31 $2 32 $2 33 $2 36
  GEOSEARCH n41 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 05 $2 39 $2 36 $2 33 $2 32 $2 31 $2 30 $2 21 $2 10 $2 06 $2 01 $2 27 $2 04 $2 11 $2 12 $2 15 $2 22 $2 23 $2 26 $2 28
  GEOSEARCH n41 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 40 → *40 $2 04 $2 40 $2 38 $2 35 $2 28 $2 27 $2 26 $2 23 $2 22 $2 15 $2 12 $2 11 $2 02 $2 13 $2 20 $2 24 $2 29 $2 37 $2 39 $2 01 $2 05 $2 06 $2 10 $2 21 $2 30 $2 31 $2 32 $2 33 $2 36 $2 07 $2 00 $2 34 $2 25 $2 19 $2 18 $2 17 $2 16 $2 14 $2 09 $2 08
  GEOSEARCH n41 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 34 $2 03 $2 07 $2 08 $2 09 $2 14 $2 16 $2 17 $2 18 $2 19 $2 25 $2 00 $2 39 $2 01 $2 05 $2 06 $2 10 $2 21 $2 30 $2 31
  GEOSEARCH n41 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 40 → *40 $2 05 $2 39 $2 36 $2 33 $2 32 $2 31 $2 30 $2 21 $2 10 $2 06 $2 01 $2 27 $2 04 $2 11 $2 12 $2 15 $2 22 $2 23 $2 26 $2 28 $2 35 $2 38 $2 40 $2 37 $2 02 $2 13 $2 20 $2 24 $2 29 $2 03 $2 34 $2 25 $2 19 $2 18 $2 16 $2 17 $2 14 $2 00 $2 09 $2 08
  GEOSEARCH n41 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 20 DESC → *20 $2 03 $2 07 $2 08 $2 09 $2 14 $2 16 $2 17 $2 00 $2 18 $2 19 $2 25 $2 34 $2 02 $2 13 $2 20 $2 24 $2 29 $2 37 $2 27 $2 04
  GEOADD n60 2 1 00 2 1 01 1 1 02 3 1 03 2 1 04 1 1 05 3 1 06 1.5 1 07 1 1 08 2 1 09 3 1 10 2 1 11 2 1 12 2 1 13 3 1 14 1 1 15 1 1 16 1 1 17 2 1 18 2 1 19 3 1 20 2 1 21 2 1 22 1.5 1 23 2 1 24 1.5 1 25 2 1 26 2 1 27 2 1 28 2 1 29 3 1 30 1 1 31 1 1 32 1.5 1 33 2 1 34 1.5 1 35 2 1 36 1.5 1 37 2 1 38 1.5 1 39 3 1 40 1 1 41 1 1 42 2 1 43 2 1 44 1.5 1 45 3 1 46 1.5 1 47 1 1 48 2 1 49 1.5 1 50 3 1 51 2 1 52 1.5 1 53 1 1 54 1 1 55 1.5 1 56 2 1 57 1.5 1 58 2 1 59
  GEOSEARCH n60 FROMLONLAT 1 1 BYRADIUS 500 km COUNT 59 → *59 $2 05 $2 15 $2 16 $2 17 $2 31 $2 32 $2 41 $2 42 $2 48 $2 54 $2 02 $2 55 $2 08 $2 58 $2 07 $2 23 $2 25 $2 33 $2 35 $2 37 $2 39 $2 45 $2 47 $2 50 $2 53 $2 56 $2 24 $2 00 $2 01 $2 04 $2 09 $2 11 $2 12 $2 13 $2 18 $2 19 $2 21 $2 22 $2 26 $2 27 $2 28 $2 29 $2 34 $2 36 $2 38 $2 43 $2 44 $2 49 $2 52 $2 57 $2 59 $2 51 $2 06 $2 10 $2 14 $2 20 $2 30 $2 40 $2 46
  GEOSEARCH n60 FROMLONLAT 1.5 1 BYRADIUS 500 km COUNT 59 → *59 $2 58 $2 07 $2 23 $2 25 $2 33 $2 35 $2 37 $2 39 $2 45 $2 47 $2 50 $2 53 $2 56 $2 55 $2 08 $2 15 $2 16 $2 17 $2 31 $2 32 $2 41 $2 42 $2 48 $2 54 $2 02 $2 05 $2 24 $2 00 $2 01 $2 04 $2 09 $2 11 $2 12 $2 13 $2 18 $2 19 $2 21 $2 22 $2 26 $2 27 $2 28 $2 29 $2 34 $2 36 $2 38 $2 43 $2 44 $2 49 $2 52 $2 57 $2 59 $2 51 $2 06 $2 10 $2 14 $2 20 $2 30 $2 40 $2 46
  GEOSEARCH n60 FROMLONLAT 2 1 BYRADIUS 500 km COUNT 59 → *59 $2 26 $2 59 $2 57 $2 52 $2 49 $2 44 $2 43 $2 38 $2 36 $2 34 $2 29 $2 28 $2 27 $2 00 $2 01 $2 04 $2 09 $2 11 $2 12 $2 13 $2 18 $2 19 $2 21 $2 22 $2 24 $2 56 $2 07 $2 23 $2 25 $2 33 $2 35 $2 37 $2 39 $2 45 $2 47 $2 50 $2 53 $2 58 $2 51 $2 03 $2 06 $2 10 $2 14 $2 20 $2 30 $2 40 $2 46 $2 17 $2 15 $2 08 $2 05 $2 02 $2 55 $2 54 $2 48 $2 42 $2 41 $2 32 $2 31
  GEOSEARCH n60 FROMLONLAT 3 1 BYRADIUS 500 km COUNT 59 → *59 $2 06 $2 51 $2 46 $2 40 $2 30 $2 20 $2 14 $2 10 $2 03 $2 24 $2 00 $2 01 $2 04 $2 09 $2 11 $2 12 $2 13 $2 18 $2 19 $2 21 $2 22 $2 26 $2 27 $2 28 $2 29 $2 34 $2 36 $2 38 $2 43 $2 44 $2 49 $2 52 $2 57 $2 59 $2 45 $2 50 $2 53 $2 56 $2 58 $2 07 $2 23 $2 25 $2 33 $2 35 $2 37 $2 39 $2 47 $2 41 $2 31 $2 48 $2 54 $2 55 $2 17 $2 02 $2 16 $2 15 $2 08 $2 05 $2 42
`));

Deno.test("GEOSEARCHSTORE stores what it finds", () =>
  play(`
  GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 2.35 48.86 Paris → :3
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km → :2
  ZRANGE d 0 -1 WITHSCORES → *4 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 1000000 m COUNT 1 → :1
  ZRANGE d 0 -1 → *1 $7 Catania
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 1000000 m COUNT 1 DESC → :1
  ZRANGE d 0 -1 → *1 $7 Palermo
  EXPIRE d 100 → :1
  GEOSEARCHSTORE d s FROMMEMBER Paris BYRADIUS 0 m STOREDIST → :1
  ZRANGE d 0 -1 WITHSCORES → *2 $5 Paris $1 0
  TTL d → :-1
  GEOADD line 10 38 a 10 61.8 b 10 74.6 c 10 75.9 d → :4
  GEOSEARCHSTORE d line FROMMEMBER a BYRADIUS 9000000 m STOREDIST → :4
  ZRANGE d 0 -1 WITHSCORES → *8 $1 a $1 0 $1 b $18 2647185.9460819759 $1 c $18 4070882.5490775737 $1 d $18 4215476.7595474729
  GEOSEARCHSTORE s s FROMLONLAT 15 37 BYRADIUS 200 km → :2
  ZCARD s → :2
  GEOSEARCHSTORE d s FROMLONLAT 0 0 BYRADIUS 1 km → :0
  EXISTS d → :0
  SET d text → +OK
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km → :2
  TYPE d → +zset
  GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 200 km → :0
  EXISTS d → :0
  GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 200 km → :0
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km WITHDIST → -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km WITHCOORD → -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km WITHHASH → -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km STORE e → -ERR syntax error
  GEOSEARCHSTORE d s FROMLONLAT 15 37 ASC COUNT 1 → -ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCHSTORE
  SADD set m → :1
  GEOSEARCHSTORE d set FROMLONLAT 15 37 BYRADIUS 200 km → -WRONGTYPE
  CONFIG SET zset-max-listpack-entries 1 → +OK
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km → :2
  OBJECT ENCODING d → $8 skiplist
  CONFIG SET zset-max-listpack-entries 128 → +OK
  GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km → :2
  OBJECT ENCODING d → $8 listpack
`));

Deno.test("GEORADIUS and its like search, and store where they may", () =>
  play(`
  GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 2.35 48.86 Paris → :3
  GEORADIUS s 15 37 200 km → *2 $7 Palermo $7 Catania
  GEORADIUS s 15 37 200 km WITHDIST DESC → *2 *2 $7 Palermo $8 190.4424 *2 $7 Catania $7 56.4413
  GEORADIUS s 15 37 200 km STORE d → :2
  ZRANGE d 0 -1 → *2 $7 Palermo $7 Catania
  GEORADIUS s 15 37 200 km STOREDIST d STORE e → :2
  ZRANGE e 0 -1 WITHSCORES → *4 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909
  GEORADIUSBYMEMBER s Paris 0 km STORE e STOREDIST e → :1
  ZRANGE e 0 -1 WITHSCORES → *2 $5 Paris $1 0
  GEORADIUSBYMEMBER s Catania 200 km WITHDIST ASC COUNT 1 → *1 *2 $7 Catania $6 0.0000
  GEORADIUSBYMEMBER s Nowhere 200 km → -ERR could not decode requested zset member
  GEORADIUSBYMEMBER none Nowhere x y → *0
  GEORADIUSBYMEMBER none Nowhere x y STORE e → :0
  EXISTS e → :0
  GEORADIUSBYMEMBER s Catania x km → -ERR need numeric radius
  GEORADIUSBYMEMBER s Catania 1 yd → -ERR unsupported unit provided. please use M, KM, FT, MI
  GEORADIUS none 15 37 200 km → *0
  GEORADIUS none 15 37 200 km STORE d → :0
  EXISTS d → :0
  GEORADIUS none 15 37 200 yd → -ERR unsupported unit provided. please use M, KM, FT, MI
  GEORADIUS s 15 37 -200 km → -ERR radius cannot be negative
  GEORADIUS s 15 137 200 km → -ERR invalid longitude,latitude pair 15.000000,137.000000
  GEORADIUS s 15 37 200 km STORE → -ERR syntax error
  GEORADIUS s 15 37 200 km STORE d WITHDIST → -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
  GEORADIUSBYMEMBER s Catania 200 km STOREDIST d WITHHASH → -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
  GEORADIUS s 15 37 200 km FROMMEMBER a → -ERR syntax error
  GEORADIUS s 15 37 200 km BYRADIUS 1 km → -ERR syntax error
  GEORADIUS s 15 37 200 km ANY → -ERR the ANY argument requires COUNT argument
  GEORADIUS_RO s 15 37 200 km ASC → *2 $7 Catania $7 Palermo
  GEORADIUS_RO s 15 37 200 km STORE d → -ERR syntax error
  GEORADIUSBYMEMBER_RO s Paris 1 km WITHCOORD → *1 *2 $5 Paris *2 $19 2.34999865293502808 $20 48.86000112614513569
  GEORADIUSBYMEMBER_RO s Paris 1 km STOREDIST d → -ERR syntax error
  GEORADIUSBYMEMBER_RO none Paris 1 km → *0
  SADD set m → :1
  GEORADIUS set 15 37 200 km → -WRONGTYPE
  GEORADIUSBYMEMBER set 15 37 km → -WRONGTYPE
  COMMAND GETKEYS GEORADIUS s 1 1 1 km STORE d → *2 $1 s $1 d
  COMMAND GETKEYS GEORADIUS s 1 1 1 km WITHDIST STORE d STOREDIST e → *3 $1 s $1 d $1 e
  COMMAND GETKEYS GEORADIUSBYMEMBER s m 1 km STOREDIST d → *2 $1 s $1 d
  COMMAND GETKEYS GEORADIUS s 1 1 1 km STORE → *1 $1 s
  COMMAND GETKEYSANDFLAGS GEORADIUS s 1 1 1 km STOREDIST d STORE e → *3 *2 $1 s *2 +RO +access *2 $1 e *2 +OW +update *2 $1 d *2 +OW +update
  COMMAND GETKEYS GEORADIUS s 1 1 1 STORE d → *1 $1 s
  COMMAND GETKEYS GEORADIUSBYMEMBER s m 1 STORE d → *1 $1 s
  COMMAND GETKEYS GEORADIUSBYMEMBER s m 1 km STORE d → *2 $1 s $1 d
  COMMAND GETKEYS GEORADIUS s 1 1 1 km → *1 $1 s
  COMMAND GETKEYS GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 km → *2 $1 d $1 s
`));

Deno.test("Places tell of what has changed", () =>
  play(`
  CONFIG SET notify-keyspace-events KEA → +OK
  HELLO 3
  PSUBSCRIBE __keyevent@0__:* → >3 $10 psubscribe $16 __keyevent@0__:* :1
  GEOADD s 1 1 a → :1 >4 $8 pmessage $16 __keyevent@0__:* $19 __keyevent@0__:zadd $1 s
  GEOADD s 1 1 a → :0
  GEOSEARCHSTORE d s FROMLONLAT 1 1 BYRADIUS 1 km → >4 $8 pmessage $16 __keyevent@0__:* $29 __keyevent@0__:geosearchstore $1 d :1
  GEOSEARCHSTORE d s FROMLONLAT 9 1 BYRADIUS 1 km → >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 d :0
  GEORADIUS s 1 1 1 km STORE d → >4 $8 pmessage $16 __keyevent@0__:* $29 __keyevent@0__:georadiusstore $1 d :1
  GEORADIUS none 1 1 1 km STORE d → >4 $8 pmessage $16 __keyevent@0__:* $18 __keyevent@0__:del $1 d :0
  GEORADIUS none 1 1 1 km STORE d → :0
`));
