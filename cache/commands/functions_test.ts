import { assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ReplyError } from "../protocol/value.ts";
import { play } from "./test_util.ts";

/** A library with a function `f`, as a Redis 7.0.15 dumps it. */
const DUMP =
  "f5404223216c7561206e616d653d6c0a72656469732e72656769737465725f66756e6374696f6e282766272c2066756e6374696f6e28292072657475726e203120656e64290a00629568e65f412be2";

// The replies are those of a Redis 7.0.15.

Deno.test("FUNCTION and FCALL reply as Redis does", () =>
  play(String.raw`
  FUNCTION LOAD "#!lua name=lib\nredis.register_function('f', function(keys, args) return {keys, args} end)" → $3 lib
  FCALL f 1 a b c → *2 *1 $1 a *2 $1 b $1 c
  FCALL F 0 → *2 *0 *0
  FCALL g 0 → -ERR Function not found
  FCALL f x → -ERR Bad number of keys provided
  FCALL f 1 → -ERR Number of keys can't be greater than number of args
  FCALL f -1 → -ERR Number of keys can't be negative
  FCALL_RO f 0 → -ERR Can not execute a script with write flag using *_ro command.
  FUNCTION LIST → *1 *6 $12 library_name $3 lib $6 engine $3 LUA $9 functions *1 *6 $4 name $1 f $11 description $-1 $5 flags *0
  FUNCTION STATS → *4 $14 running_script $-1 $7 engines *2 $3 LUA *4 $15 libraries_count :1 $15 functions_count :1
  FUNCTION LOAD "#!lua name=lib\nredis.register_function('f', function() end)" → -ERR Library 'lib' already exists
  FUNCTION LOAD "#!lua name=other\nredis.register_function('F', function() end)" → -ERR Function F already exists
  FUNCTION LOAD "#!lua name=other\nredis.register_function{function_name='g', description='what it does', flags={'no-writes', 'ALLOW-OOM'}, callback=function(keys) return redis.call('get', keys[1]) end}" → $5 other
  FUNCTION LIST LIBRARYNAME oth* → *1 *6 $12 library_name $5 other $6 engine $3 LUA $9 functions *1 *6 $4 name $1 g $11 description $12 what it does $5 flags *2 +no-writes +allow-oom
  FUNCTION LIST LIBRARYNAME nothing → *0
  FUNCTION LIST LIBRARYNAME → -ERR library name argument was not given
  FUNCTION LIST x → -ERR Unknown argument x
  FUNCTION LIST WITHCODE WITHCODE → -ERR Unknown argument WITHCODE
  SET s x → +OK
  FCALL_RO g 1 s → $1 x
  FCALL g 1 s → $1 x
  FUNCTION LOAD REPLACE "#!lua name=lib\nredis.register_function('w', function(keys) return redis.call('set', keys[1], 1) end)" → $3 lib
  FCALL f 0 → -ERR Function not found
  FCALL w 1 s → +OK
  FCALL_RO w 1 s → -ERR Can not execute a script with write flag using *_ro command.
  # A library that fails leaves the old one.
  FUNCTION LOAD REPLACE "#!lua name=lib\nredis.register_function('g', function() end)" → -ERR Function g already exists
  FCALL w 1 s → +OK
  FUNCTION LOAD "#!lua name=x\nredis.register_function{function_name='r', flags={'no-writes'}, callback=function() return redis.call('set', 'a', 1) end}" → $1 x
  FCALL r 0 → -ERR Write commands are not allowed from read-only scripts. script: r, on @user_function:2.
  FUNCTION LOAD "#!lua name=e\n\nredis.register_function('e', function() error('x') end)" → $1 e
  FCALL e 0 → -ERR user_function:3: x script: e, on @user_function:3.
  FUNCTION LOAD "#!lua name=e2\nredis.register_function('e2', function() return redis.call('incr', 's', 1) end)" → $2 e2
  FCALL e2 0 → -ERR Wrong number of args calling Redis command from script script: e2, on @user_function:2.
  FUNCTION LOAD "#!lua name=e3\nredis.register_function('e3', function() x = 1 end)" → $2 e3
  FCALL e3 0 → -ERR user_function:2: Attempt to modify a readonly table script: e3, on @user_function:2.
  FUNCTION LOAD "#!lua name=e4\nredis.register_function('e4', function() return y end)" → $2 e4
  FCALL e4 0 → -ERR user_function:2: Script attempted to access nonexistent global variable 'y' script: e4, on @user_function:2.
  FUNCTION LOAD "#!lua name=state\nlocal n = 0 redis.register_function('next', function() n = n + 1 return n end)" → $5 state
  FCALL next 0 → :1
  FCALL next 0 → :2
  # Errors of loading.
  FUNCTION LOAD "x" → -ERR Missing library metadata
  FUNCTION LOAD "#!lua name=y" → -ERR Invalid library metadata
  FUNCTION LOAD "#!lua 'name=y\n" → -ERR Invalid library metadata
  FUNCTION LOAD "#!lua\n" → -ERR Library name was not given
  FUNCTION LOAD "#!lua name=y name=z\n" → -ERR Invalid metadata value, name argument was given multiple times
  FUNCTION LOAD "#!lua name=y other\n" → -ERR Invalid metadata value given: other
  FUNCTION LOAD "#!lua name=a-b\n" → -ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long
  FUNCTION LOAD "#!js name=y\n" → -ERR Engine 'js' not found
  FUNCTION LOAD "#!lua name=y\n" → -ERR No functions registered
  FUNCTION LOAD "#!lua name=y\nif" → -ERR Error compiling function: user_function:2: unexpected symbol near '<eof>'
  FUNCTION LOAD "#!lua name=y\nerror('x')" → -ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'error'
  FUNCTION LOAD "#!lua name=y\nerror({err='MY x'})" → -ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'error'
  FUNCTION LOAD "#!lua name=y\nx = 1" → -ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly table
  FUNCTION LOAD "#!lua name=y\nreturn math" → -ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'math'
  FUNCTION LOAD "#!lua name=y\nredis.call('get', 'x')" → -ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'call'
  FUNCTION LOAD "#!lua name=y\nredis.x = 1" → -ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly table
  FUNCTION LOAD "#!lua name=y\nredis.log(redis.LOG_NOTICE, redis.REDIS_VERSION)" → -ERR No functions registered
  FUNCTION LOAD "#!lua name=y\nredis.register_function()" → -ERR Error registering functions: ERR wrong number of arguments to redis.register_function
  FUNCTION LOAD "#!lua name=y\nredis.register_function('a', 'b', 'c')" → -ERR Error registering functions: ERR wrong number of arguments to redis.register_function
  FUNCTION LOAD "#!lua name=y\nredis.register_function('a')" → -ERR Error registering functions: ERR calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).
  FUNCTION LOAD "#!lua name=y\nredis.register_function({}, 1)" → -ERR Error registering functions: ERR first argument to redis.register_function must be a string
  FUNCTION LOAD "#!lua name=y\nredis.register_function('a', 1)" → -ERR Error registering functions: ERR second argument to redis.register_function must be a function
  FUNCTION LOAD "#!lua name=y\nredis.register_function('a b', redis.log)" → -ERR Error registering functions: ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long
  FUNCTION LOAD "#!lua name=y\nredis.register_function('a', redis.log) redis.register_function('a', redis.log)" → -ERR Error registering functions: ERR Function already exists in the library
  FUNCTION LOAD "#!lua name=y\nredis.register_function{[{}]=1}" → -ERR Error registering functions: ERR named argument key given to redis.register_function is not a string
  FUNCTION LOAD "#!lua name=y\nredis.register_function{function_name={}}" → -ERR Error registering functions: ERR function_name argument given to redis.register_function must be a string
  FUNCTION LOAD "#!lua name=y\nredis.register_function{description={}}" → -ERR Error registering functions: ERR description argument given to redis.register_function must be a string
  FUNCTION LOAD "#!lua name=y\nredis.register_function{callback=1}" → -ERR Error registering functions: ERR callback argument given to redis.register_function must be a function
  FUNCTION LOAD "#!lua name=y\nredis.register_function{flags=1}" → -ERR Error registering functions: ERR flags argument to redis.register_function must be a table representing function flags
  FUNCTION LOAD "#!lua name=y\nredis.register_function{flags={'x'}}" → -ERR Error registering functions: ERR unknown flag given
  FUNCTION LOAD "#!lua name=y\nredis.register_function{flags={{}}}" → -ERR Error registering functions: ERR unknown flag given
  FUNCTION LOAD "#!lua name=y\nredis.register_function{other=1}" → -ERR Error registering functions: ERR unknown argument given to redis.register_function
  FUNCTION LOAD "#!lua name=y\nredis.register_function{callback=redis.log}" → -ERR Error registering functions: ERR redis.register_function must get a function name argument
  FUNCTION LOAD "#!lua name=y\nredis.register_function{function_name='a'}" → -ERR Error registering functions: ERR redis.register_function must get a callback argument
  FUNCTION LOAD NOTHING "#!lua name=y\n" → -ERR Unknown option given: NOTHING
  FUNCTION LOAD REPLACE → -ERR Missing library metadata
  FUNCTION DELETE y → -ERR Library not found
  FUNCTION DELETE lib → +OK
  FCALL w 1 s → -ERR Function not found
  FUNCTION FLUSH NOW → -ERR FUNCTION FLUSH only supports SYNC|ASYNC option
  FUNCTION FLUSH a b → -ERR unknown subcommand or wrong number of arguments for 'FLUSH'. Try FUNCTION HELP.
  FUNCTION FLUSH SYNC → +OK
  FUNCTION LIST → *0
  FUNCTION FLUSH → +OK
  FUNCTION NOTHING → -ERR unknown subcommand 'NOTHING'. Try FUNCTION HELP.
  COMMAND GETKEYS FCALL f 2 a b c → *2 $1 a $1 b
  EVAL "return redis.register_function" 0 → $-1
  `));

Deno.test("FUNCTION DUMP and RESTORE carry libraries over, those of Redis too", async () => {
  await using cache = new Cache();
  const code = (name: string, functionName: string, value = 1) =>
    `#!lua name=${name}\nredis.register_function('${functionName}', function() return ${value} end)`;
  const restore = (payload: Uint8Array, ...policy: string[]) =>
    cache.call("FUNCTION", "RESTORE", payload, ...policy);
  cache.call("FUNCTION", "LOAD", code("l", "f"));
  const dump = cache.callBytes("FUNCTION", "DUMP") as Uint8Array;
  // What Redis 7.0.15 replies.
  const redis = Uint8Array.fromHex(DUMP);
  assertEquals(restore(redis, "FLUSH"), "OK");
  assertEquals(cache.call("FCALL", "f", 0), 1);
  assertEquals(cache.callBytes("FUNCTION", "DUMP"), redis);
  assertThrows(() => restore(dump), ReplyError, "ERR Library l already exists");
  assertEquals(restore(dump, "REPLACE"), "OK");
  cache.call("FUNCTION", "FLUSH");
  assertEquals(restore(dump, "APPEND"), "OK");
  cache.call("FUNCTION", "FLUSH");
  cache.call("FUNCTION", "LOAD", code("other", "F", 2));
  assertThrows(() => restore(dump, "REPLACE"), ReplyError, "ERR Function f already exists");
  assertEquals(cache.call("FCALL", "f", 0), 2);
  assertThrows(() => restore(dump, "NOTHING"), ReplyError, "ERR Wrong restore policy given");
  assertThrows(() => restore(dump.slice(1)), ReplyError, "payload version or checksum are wrong");
  assertThrows(() => restore(dump, "FLUSH", "x"), ReplyError, "wrong number of arguments for");
  cache.call("SET", "key", "x");
  const value = cache.callBytes("DUMP", "key") as Uint8Array;
  assertThrows(() => restore(value), ReplyError, "ERR given type is not a function");
  assertEquals(cache.call("FUNCTION", "STATS") instanceof Map, true);
});
