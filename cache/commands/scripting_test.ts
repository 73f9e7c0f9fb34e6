import { assert, assertEquals, assertThrows } from "@std/assert";
import { Cache } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { ReplyError } from "../protocol/value.ts";
import { play } from "./test_util.ts";

// The replies are those of a Redis 7.0.15.

Deno.test("EVAL replies what a script returns", () =>
  play(String.raw`
  EVAL "return 1" 0 → :1
  EVAL "return 3.99" 0 → :3
  EVAL "return -3.99" 0 → :-3
  EVAL "return 2^62" 0 → :4611686018427387904
  EVAL "return 2^64" 0 → :-9223372036854775808
  EVAL "return 0/0" 0 → :-9223372036854775808
  EVAL "return 'text'" 0 → $4 text
  EVAL "return true" 0 → :1
  EVAL "return false" 0 → $-1
  EVAL "return nil" 0 → $-1
  EVAL "return" 0 → $-1
  EVAL "return cjson.null" 0 → $-1
  EVAL "return type" 0 → $-1
  EVAL "return {1, 'two', {3, {}}, true, false, 4, nil, 5}" 0 → *6 :1 $3 two *2 :3 *0 :1 $-1 :4
  EVAL "return {ok='fine'}" 0 → +fine
  EVAL "return {ok='a\\nb'}" 0 → +a b
  EVAL "return {ok=1}" 0 → *0
  EVAL "return {err='MY code'}" 0 → -MY code
  EVAL "return {err='a\\nb\\n'}" 0 → -a b
  EVAL "return {err=1}" 0 → *0
  EVAL "return {1, {err='MY code'}, 2}" 0 → *3 :1 -MY code :2
  EVAL "return {double=1.5}" 0 → $3 1.5
  EVAL "return {double='x'}" 0 → *0
  EVAL "return {big_number='123\\n4'}" 0 → $5 123 4
  EVAL "return {verbatim_string={format='txt', string='x'}}" 0 → $1 x
  EVAL "return {verbatim_string={format='txt'}}" 0 → *0
  EVAL "return {map={a={1}}}" 0 → *2 $1 a *1 :1
  EVAL "return {set={a=true}}" 0 → *1 $1 a
  EVAL "redis.setresp(3) return {true, false}" 0 → *2 :1 :0
  EVAL "local t = {} for i = 1, 3 do t = {t} end return t" 0 → *1 *1 *1 *0
  EVAL "return {KEYS, ARGV, #KEYS, #ARGV}" 2 a b c → *4 *2 $1 a $1 b *1 $1 c :2 :1
  EVAL "return {[1]=1, [3]=3}" 0 → *1 :1
  EVAL "return setmetatable({}, {__index=function() return 1 end})" 0 → *0
  # In RESP3.
  HELLO 3
  EVAL "return {true, false}" 0 → *2 :1 _
  EVAL "return nil" 0 → _
  EVAL "redis.setresp(3) return {true, false}" 0 → *2 #t #f
  EVAL "return {double=1.5}" 0 → ,1.5
  EVAL "return {double=-1/0}" 0 → ,-inf
  EVAL "return {big_number='123\\n4'}" 0 → (123 4
  EVAL "return {verbatim_string={format='markdown', string='x'}}" 0 → =5 mar:x
  EVAL "return {verbatim_string={format='m', string='x'}}" 0 → =5 m  :x
  EVAL "return {map={a={1}}}" 0 → %1 $1 a *1 :1
  EVAL "return {set={a=true}}" 0 → ~1 $1 a
  `));

Deno.test("EVAL runs commands and the functions of the table redis", () =>
  play(String.raw`
  EVAL "return redis.call('set', KEYS[1], ARGV[1])" 1 s 1.5 → +OK
  EVAL "return redis.call('get', 's')" 0 → $3 1.5
  EVAL "return redis.call('get', 'missing') == false" 0 → :1
  EVAL "return redis.call('set', 's', 3.5)" 0 → +OK
  EVAL "return redis.call('getset', 's', 0.1)" 0 → $3 3.5
  EVAL "return redis.call('getset', 's', 1e300)" 0 → $19 0.10000000000000001
  EVAL "return redis.call('getset', 's', 9007199254740993)" 0 → $23 1.0000000000000001e+300
  GET s → $16 9007199254740992
  EVAL "return redis.call('incr', 's')" 0 → :9007199254740992
  EVAL "return redis.pcall('incr', 's')" 0 → :9007199254740994
  EVAL "local r = redis.pcall('incr', 's') return {r.err, r.ignore_error_stats_update}" 0 → -ERR user_script:1: attempt to index local 'r' (a number value) script: 3aab508a1c4b79c0a4f05508cb8a8d160ee619f0, on @user_script:1.
  EVAL "return {pcall(redis.call, 'incr', 's')}" 0 → *2 :1 :9007199254740996
  EVAL "local ok, e = pcall(redis.call, 'incr', 's') return type(e)" 0 → $6 number
  EVAL "return redis.call('set', 's', 'x').ok" 0 → $2 OK
  EVAL "redis.call('rpush', 'l', 1, 2, 'x') return redis.call('lrange', 'l', 0, -1)" 0 → *3 $1 1 $1 2 $1 x
  EVAL "return redis.call('lpop', 'none', 3) == false" 0 → :1
  EVAL "return redis.call('get', 'l')" 0 → -WRONGTYPE script: e471b73f1ef44774987ab00bdf51f21fd9f7974a, on @user_script:1.
  EVAL "return redis.call('nothing')" 0 → -ERR Unknown Redis command called from script script: a3de8b8a849258d44800f58372d176b9abee3b86, on @user_script:1.
  EVAL "return redis.call('client', 'nothing')" 0 → -ERR Unknown Redis command called from script script: c6b3bbb4e0066c12c387cc13427880142d6a5b79, on @user_script:1.
  EVAL "return redis.call('get')" 0 → -ERR Wrong number of args calling Redis command from script script: f187dee77f607f7cff00bbabc9df38507582c78d, on @user_script:1.
  EVAL "return redis.call('get', {})" 0 → -ERR Lua redis lib command arguments must be strings or integers script: 4368e88f98d93af9caf358186e5fbf273374ee91, on @user_script:1.
  EVAL "return redis.call()" 0 → -ERR Please specify at least one argument for this redis lib call script: 0a907e1429221a4d85516cab7fd219a82a9439d8, on @user_script:1.
  EVAL "return redis.pcall()" 0 → -ERR Please specify at least one argument for this redis lib call
  EVAL "return redis.call('blpop', 'l', 0)" 0 → -ERR This Redis command is not allowed from script script: 9796143aa36f79ff4329423cd8247733070488e9, on @user_script:1.
  EVAL "return redis.call('multi')" 0 → -ERR This Redis command is not allowed from script script: c329a1a294be6bf95b44144f7502610661ae925a, on @user_script:1.
  EVAL "return redis.call('eval', 'return 1', 0)" 0 → -ERR This Redis command is not allowed from script script: 310efa61ec0f2edf6c2e5b4007966dd555e75546, on @user_script:1.
  EVAL_RO "return redis.call('set', 's', 1)" 0 → -ERR Write commands are not allowed from read-only scripts. script: 5d03d5d193fbdb7f29236edc6a1f61d7fbfb1e53, on @user_script:1.
  EVAL_RO "return redis.call('publish', 'c', 1)" 0 → -ERR Write commands are not allowed from read-only scripts. script: c98af2875b80f2c6e0bd634b7911bc6f01e31922, on @user_script:1.
  EVAL_RO "return redis.call('get', 's')" 0 → $1 x
  EVAL "#!lua flags=no-writes\nreturn redis.call('set', 's', 1)" 0 → -ERR Write commands are not allowed from read-only scripts. script: 395feeea16413e08ec9b066b6d5634c40964a5c8, on @user_script:2.
  EVAL "#!lua flags=no-writes\nreturn redis.call('get', 's')" 0 → $1 x
  EVAL_RO "#!lua\nreturn 1" 0 → -ERR Can not execute a script with write flag using *_ro command.
  EVAL "redis.call('select', 1) redis.call('set', 's', 'other') return redis.call('get', 's')" 0 → $5 other
  GET s → $1 x
  EVAL "redis.setresp(3) local r = redis.call('hgetall', 'none') return type(r.map)" 0 → $5 table
  EVAL "redis.call('hset', 'h', 'f', 'v') redis.setresp(3) return redis.call('hgetall', 'h').map.f" 0 → $1 v
  EVAL "redis.call('sadd', 'm', 'x') redis.setresp(3) return tostring(redis.call('smembers', 'm').set.x)" 0 → $4 true
  EVAL "redis.call('zadd', 'z', 1.5, 'x') redis.setresp(3) return tostring(redis.call('zscore', 'z', 'x').double)" 0 → $3 1.5
  EVAL "redis.setresp(3) return tostring(redis.call('get', 'missing'))" 0 → $3 nil
  EVAL "redis.setresp(3) return redis.call('hgetall', 'h')" 0 → *2 $1 f $1 v
  EVAL "redis.setresp(3) return redis.call('zscore', 'z', 'x')" 0 → $3 1.5
  EVAL "redis.setresp(4)" 0 → -ERR RESP version must be 2 or 3. script: 68e72e4d8a428b9f599dce492315f2455a425a82, on @user_script:1.
  EVAL "redis.setresp()" 0 → -ERR redis.setresp() requires one argument. script: 42aacaf580759e59c97e8b1974d08a62f960014f, on @user_script:1.
  EVAL "return redis.sha1hex('')" 0 → $40 da39a3ee5e6b4b0d3255bfef95601890afd80709
  EVAL "return redis.sha1hex(1)" 0 → $40 356a192b7913b04c54574d18c28d46e6395428ab
  EVAL "return redis.sha1hex()" 0 → -ERR wrong number of arguments script: 3c7ce947ae74a835cc575b6ee87fb27503cb7ba4, on @user_script:1.
  EVAL "return redis.error_reply('MY text')" 0 → -MY text
  EVAL "return redis.error_reply('-MY text')" 0 → -MY text
  EVAL "return redis.error_reply('text')" 0 → -ERR text
  EVAL "return redis.error_reply('')" 0 → -ERR
  EVAL "return redis.error_reply(1)" 0 → -ERR wrong number or type of arguments
  EVAL "return redis.status_reply('fine')" 0 → +fine
  EVAL "return redis.status_reply()" 0 → -ERR wrong number or type of arguments
  EVAL "return redis.log('x')" 0 → -ERR redis.log() requires two arguments or more. script: 1fcd6a303159eb531344e55c3a1258a5faf371df, on @user_script:1.
  EVAL "return redis.log('x', 'y')" 0 → -ERR First argument must be a number (log level). script: abaa422549b33ecc9a0466b3166971ce5a4734f0, on @user_script:1.
  EVAL "return redis.log(9, 'y')" 0 → -ERR Invalid debug level. script: 2bcb2397ed4e2b60674929abd77fcc674f1d1669, on @user_script:1.
  EVAL "return redis.log(redis.LOG_WARNING, 'y')" 0 → $-1
  EVAL "return redis.set_repl(redis.REPL_ALL)" 0 → $-1
  EVAL "return redis.set_repl(4)" 0 → -ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE. script: 8d47156a34a3fe4292a966984a489f54e1d07a62, on @user_script:1.
  EVAL "return redis.set_repl(1/0)" 0 → -ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE. script: d8750913b4a7a513d7ac63efdb518aa0038a67b6, on @user_script:1.
  EVAL "return redis.set_repl()" 0 → -ERR redis.set_repl() requires two arguments. script: 9504533b41060c143a92eb2f8878e77d33b6dc33, on @user_script:1.
  EVAL "return {redis.breakpoint(), redis.debug(1), redis.replicate_commands()}" 0 → *1 $-1
  EVAL "return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}" 0 → *2 $6 7.0.15 :458767
  EVAL "return redis.acl_check_cmd('get', 'x')" 0 → :1
  EVAL "return redis.acl_check_cmd('nothing')" 0 → -ERR Invalid command passed to redis.acl_check_cmd() script: 33685c922fe03fe79aa391e14d8aaa7523efa1e5, on @user_script:1.
  EVAL "return redis.acl_check_cmd({})" 0 → -ERR Lua redis lib command arguments must be strings or integers script: 8b3d233cc233d15538b743edd3bc4603509e4325, on @user_script:1.
  EVAL "return coroutine.wrap(function() return redis.call('echo', 'x') end)()" 0 → $1 x
  EVAL "return redis.call('config', 'get', 'hz')" 0 → -ERR This Redis command is not allowed from script script: 4fd161615005686a21e0c2f0eee6e797ec99123d, on @user_script:1.
  `));

Deno.test("EVAL, EVALSHA and SCRIPT reply errors as Redis does", () =>
  play(String.raw`
  EVAL "error('x')" 0 → -ERR user_script:1: x script: 9851144f39f03a0d597a980c5aa79c80cb696891, on @user_script:1.
  EVAL "\nerror('x', 0)" 0 → -ERR x script: f27f10e58b34e9ede46a26e6a39b913326bd5624, on @user_script:2.
  EVAL "error({err='MY error'})" 0 → -MY error script: 838706c23697970b8edb490ce7268db3da7e97a8, on @user_script:1.
  EVAL "error(12)" 0 → -ERR user_script:1: 12 script: 531d78cb0a3022f46aa8fcca247caa61d303b321, on @user_script:1.
  EVAL "error()" 0 → -ERR nil script: aca90d914519fdb9825352bdc0befb59f7c8510f, on @user_script:1.
  EVAL "error(redis)" 0 → -ERR err_handler_def:10: Attempt to modify a readonly table script: 9c663bc48a6e4aa1834d259e236a9dce567c26be, on @err_handler_def:10.
  EVAL "return foo" 0 → -ERR user_script:1: Script attempted to access nonexistent global variable 'foo' script: 47e30a5d10d5694f99208f9adc4fe3bf2450edbd, on @user_script:1.
  EVAL "foo = 1" 0 → -ERR user_script:1: Attempt to modify a readonly table script: e1934c7d679df0a682fa283afb2bdeec6495d463, on @user_script:1.
  EVAL "redis.call = 1" 0 → -ERR user_script:1: Attempt to modify a readonly table script: 69f883616b1814e2dc95cf801f324e38c5cc5ed2, on @user_script:1.
  EVAL "string.x = 1" 0 → -ERR user_script:1: Attempt to modify a readonly table script: c3eb0a2a15b3d4790b323c4104029c1ae425a769, on @user_script:1.
  EVAL "getmetatable('').__index = 1" 0 → -ERR user_script:1: Attempt to modify a readonly table script: b6891165ebdc534f0f374ecfee85c5d46f13aac3, on @user_script:1.
  EVAL "getmetatable(_G).__index = 1" 0 → -ERR user_script:1: Attempt to modify a readonly table script: cbebc50beef076cbce3cb562fee6ffe57403a073, on @user_script:1.
  EVAL "KEYS = {}" 0 → -ERR user_script:1: Attempt to modify a readonly table script: 6f9c2135c385ef4406555ad3ccccb97d6af382cb, on @user_script:1.
  EVAL "return getmetatable(_G).__index()" 0 → -ERR user_script:1: Wrong number of arguments to luaProtectedTableError script: f83a7146f733e67ec119f433834350347678f254, on @user_script:1.
  EVAL "return getmetatable(_G).__index(1, {})" 0 → -ERR user_script:1: Second argument to luaProtectedTableError must be a string or number script: eda0b23cfd624e0f455a3d2ed19bee047f58576b, on @user_script:1.
  EVAL "return {__redis__err__handler('x').err, __redis__err__handler('x').source, __redis__err__handler({err='y'}).err}" 0 → *3 $5 ERR x $12 @user_script $1 y
  EVAL "return __redis__err__handler(redis)" 0 → -ERR err_handler_def:10: Attempt to modify a readonly table script: a9069777977aa147a2e9fb23f00e54f5e4cd975e, on @err_handler_def:10.
  EVAL "local t = nil return t.x" 0 → -ERR user_script:1: attempt to index local 't' (a nil value) script: 9b254dbb503ee54eb16164b758132c072ed37366, on @user_script:1.
  EVAL "local function f() return f() + 1 end return f()" 0 → -ERR user_script:1: stack overflow script: 6ab18391d60e7e7bcbf4a881fd9b0c865dade0c6, on @user_script:1.
  EVAL "if" 0 → -ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'
  EVAL "return 1" x → -ERR value is not an integer or out of range
  EVAL "return 1" -1 → -ERR Number of keys can't be negative
  EVAL "return 1" 1 → -ERR Number of keys can't be greater than number of args
  EVAL "return 1" → -ERR wrong number of arguments for 'eval' command
  EVAL "#!lua" 0 → -ERR Invalid script shebang
  EVAL "#!lua 'x\n" 0 → -ERR Invalid engine in script shebang
  EVAL "#!js\nreturn 1" 0 → -ERR Unexpected engine in script shebang: #!js
  EVAL "#!lua name=x\nreturn 1" 0 → -ERR Unknown lua shebang option: name=x
  EVAL "#!lua flags=x\nreturn 1" 0 → -ERR Unexpected flag in script shebang: x
  EVAL "#!lua flags=\nreturn 1" 0 → :1
  EVAL "#!lua flags=allow-oom,no-cluster,allow-stale,allow-cross-slot-keys,no-writes\nerror('third', 1)" 0 → -ERR user_script:2: third script: e5a213b2ac11f3b5d204580779f840196c2644a4, on @user_script:2.
  EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0 → -NOSCRIPT No matching script. Please use EVAL.
  SCRIPT LOAD "return 1" → $40 e0e1f9fabfc9d4800c877a703b823ac0578ff8db
  EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0 → :1
  EVALSHA_RO E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0 → :1
  EVALSHA e0e1 x → -NOSCRIPT No matching script. Please use EVAL.
  EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db x → -ERR value is not an integer or out of range
  SCRIPT LOAD "if" → -ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'
  SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0 → *3 :1 :1 :0
  SCRIPT FLUSH NOW → -ERR SCRIPT FLUSH only support SYNC|ASYNC option
  SCRIPT FLUSH ASYNC → +OK
  SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db → *1 :0
  SCRIPT FLUSH → +OK
  SCRIPT FLUSH SYNC → +OK
  SCRIPT KILL → -NOTBUSY No scripts in execution right now.
  FUNCTION KILL → -NOTBUSY No scripts in execution right now.
  SCRIPT NOTHING → -ERR unknown subcommand 'NOTHING'. Try SCRIPT HELP.
  COMMAND GETKEYS EVAL x 2 a b c → *2 $1 a $1 b
  COMMAND GETKEYS EVAL x 0 a → *0
  # What scripts do is counted.
  CONFIG RESETSTAT → +OK
  EVAL "return redis.pcall('incr', 'a', 1)" 0 → -ERR Wrong number of args calling Redis command from script
  EVAL "return redis.call('nothing')" 0 → -ERR Unknown Redis command called from script script: a3de8b8a849258d44800f58372d176b9abee3b86, on @user_script:1.
  EVAL "redis.call('set', 'str', 'x') return redis.call('incr', 'str')" 0 → -ERR value is not an integer or out of range script: d327c4f83d48ead9e1a724b041564ac7793f3e71, on @user_script:1.
  EVAL "return {err='OTHER error'}" 0 → -OTHER error
  EVAL "error('x')" 0 → -ERR user_script:1: x script: 9851144f39f03a0d597a980c5aa79c80cb696891, on @user_script:1.
  EVAL "return {err='nocode'}" 0 → -nocode
  INFO errorstats → $62 # Errorstats errorstat_ERR:count=5 errorstat_OTHER:count=1
  # A transaction.
  MULTI → +OK
  EVAL "return redis.call('get', 'str')" 0 → +QUEUED
  EVAL "error('x')" 0 → +QUEUED
  EXEC → *2 $1 x -ERR user_script:1: x script: 9851144f39f03a0d597a980c5aa79c80cb696891, on @user_script:1.
  `));

Deno.test("No way leads from a script to JavaScript's objects", async () => {
  await using cache = new Cache();
  const names = ["constructor", "__proto__", "prototype", "toString", "call", "apply", "length"];
  const attempts = [
    ...["redis", "redis.call", "KEYS", "ARGV", "_G", "string", "math", "cjson", "cjson.null"],
    ...["redis.pcall('get')", "redis.error_reply('x')", "redis.sha1hex", "coroutine.create(type)"],
    ...["getmetatable(_G)", "getmetatable('')", "('x')", "__redis__err__handler"],
  ].flatMap((value) =>
    names.map((name) => `
      local ok, found = pcall(function() return rawget(${value}, "${name}") end)
      if not ok then ok, found = pcall(function() return (${value})["${name}"] end) end
      return ok and type(found) or "error"`)
  );
  for (const script of attempts) {
    const type = cache.call("EVAL", script, 0);
    const isOwn = /redis, "call"|rawget\(redis, "call"\)/.test(script);
    assert(isOwn || type === "nil" || type === "error", `${script} gave ${type}`);
  }
  for (const script of ["return process", "return globalThis", "return Deno", "return this"]) {
    assertThrows(() => cache.call("EVAL", script, 0), ReplyError, "nonexistent global variable");
  }
});

Deno.test("Commands' names that objects of JavaScript have are unknown to scripts", async () => {
  await using cache = new Cache();
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assertThrows(
      () => cache.call("EVAL", "return redis.call(ARGV[1])", 0, name),
      ReplyError,
      "ERR Unknown Redis command called from script",
    );
  }
});

Deno.test("A script's time stands still for keys, and its messages come before its reply", () =>
  play(String.raw`
    SET k 1 PX 100000
    EVAL "redis.call('pexpire', 'k', -1) return redis.call('exists', 'k')" 0 → :0
    HELLO 3
    SUBSCRIBE c
    EVAL "redis.call('publish', 'c', 'x') return 1" 0 → >3 $7 message $1 c $1 x :1
    EVAL "redis.call('publish', 'c', 'x') error('y', 0)" 0 → >3 $7 message $1 c $1 x -ERR y script: 632af47d66ba673b4c060ea75d01f074c9f1dc66, on @user_script:1.
  `));

Deno.test("redis.log() writes to the cache's logger, from the level on that is asked for", async () => {
  const lines: string[] = [];
  const log = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  await using cache = new Cache({ logger });
  const script = "for level = 0, 3 do redis.log(level, 'level', level, {}, ARGV[1]) end";
  cache.call("EVAL", script, 0, "x");
  assertEquals(lines.splice(0), ["info level 2 x", "warn level 3 x"]);
  cache.call("CONFIG", "SET", "loglevel", "debug");
  cache.call("EVAL", script, 0, "y");
  assertEquals(lines, ["debug level 0 y", "debug level 1 y", "info level 2 y", "warn level 3 y"]);
});

Deno.test("INFO tells how many scripts and functions there are, and what they take", async () => {
  await using cache = new Cache();
  const field = (name: string) =>
    Number(new RegExp(`^${name}:(\\d+)`, "m").exec(String(cache.call("INFO", "memory")))?.[1]);
  assertEquals([field("number_of_cached_scripts"), field("used_memory_vm_total")], [0, 0]);
  cache.call("EVAL", "return 1", 0);
  cache.call("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() end)");
  assertEquals(field("number_of_cached_scripts"), 1);
  assertEquals([field("number_of_functions"), field("number_of_libraries")], [1, 1]);
  for (const name of ["vm_eval", "vm_functions", "scripts_eval", "functions"]) {
    assert(field(`used_memory_${name}`) > 0, name);
  }
  cache.call("SCRIPT", "FLUSH");
  cache.call("FUNCTION", "FLUSH");
  assertEquals([field("number_of_cached_scripts"), field("number_of_functions")], [0, 0]);
});

Deno.test("Many scripts that are alike are told apart", async () => {
  await using cache = new Cache();
  // They differ where a quick look does not see it.
  const filler = "-".repeat(2000);
  const scripts = Array.from(
    { length: 50 },
    (_, i) => `--${filler}\nlocal x = ${100 + i} return x`,
  );
  for (let round = 0; round < 2; round++) {
    for (const [i, script] of scripts.entries()) {
      assertEquals(cache.call("EVAL", script, 0), 100 + i);
    }
  }
  const shas = scripts.map((script) => String(cache.call("SCRIPT", "LOAD", script)));
  for (const [i, sha] of shas.entries()) {
    assertEquals(cache.call("EVALSHA", sha.toUpperCase(), 0), 100 + i);
  }
});

Deno.test("CLIENT PAUSE WRITE holds scripts that may write, and no others", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  cache.call("SCRIPT", "LOAD", "#!lua flags=no-writes\nreturn 7");
  cache.call(
    "FUNCTION",
    "LOAD",
    "#!lua name=l\nredis.register_function{function_name='r', flags={'no-writes'}, callback=function() return 7 end}\n" +
      "redis.register_function('w', function() return 7 end)",
  );
  const sha = String(cache.call("SCRIPT", "LOAD", "#!lua flags=no-writes\nreturn 7"));
  const inTransaction = async (script: string) => {
    const conn = await Deno.connect({ port });
    await conn.write(new TextEncoder().encode(`MULTI\r\nEVAL "${script}" 0\r\n`));
    for (let text = ""; !text.endsWith("+QUEUED\r\n");) {
      const buffer = new Uint8Array(100);
      text += new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
    }
    return conn;
  };
  using writer = await inTransaction("return 7");
  using reader = await inTransaction("#!lua flags=no-writes\\nreturn 7");
  cache.call("CLIENT", "PAUSE", 100000, "WRITE");
  const execute = async (conn: Deno.Conn) => {
    await conn.write(new TextEncoder().encode("EXEC\r\n"));
    const buffer = new Uint8Array(100);
    return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  };
  assertEquals(await execute(reader), "*1\r\n:7\r\n");
  const executed = execute(writer);
  await cache.until((stats) => stats.blockedClients === 1);
  const ask = async (...requests: string[]) => {
    using conn = await Deno.connect({ port });
    await conn.write(new TextEncoder().encode(requests.map((line) => `${line}\r\n`).join("")));
    const buffer = new Uint8Array(100);
    return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  };
  for (
    const request of [
      `EVAL "#!lua flags=no-writes\\nreturn 7" 0`,
      `EVAL_RO "return 7" 0`,
      `EVALSHA ${sha} 0`,
      "FCALL r 0",
      "FCALL_RO r 0",
    ]
  ) assertEquals(await ask(request), ":7\r\n", request);
  const held = ['EVAL "return 7" 0', 'EVAL "#!lua\\nreturn 7" 0', "FCALL w 0"].map((request) =>
    ask(request)
  );
  await cache.until((stats) => stats.blockedClients === 4);
  cache.call("CLIENT", "UNPAUSE");
  assertEquals(await executed, "*1\r\n:7\r\n");
  assertEquals(await Promise.all(held), [":7\r\n", ":7\r\n", ":7\r\n"]);
});

Deno.test("A script may do what its caller's user may", async () => {
  await using cache = new Cache();
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  cache.call("ACL", "SETUSER", "bob", "on", ">123", "+@scripting", "+set", "+publish", "~x*");
  using conn = await Deno.connect({ port });
  const ask = async (request: string) => {
    await conn.write(new TextEncoder().encode(`${request}\r\n`));
    const buffer = new Uint8Array(400);
    return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0)).trim();
  };
  const evaluate = async (call: string) =>
    (await ask(`EVAL "return redis.${call}" 0`)).replace(/ script: .*/, "");
  assertEquals(await ask("AUTH bob 123"), "+OK");
  assertEquals(await evaluate("call('set', 'x1', 1)"), "+OK");
  assertEquals(
    await evaluate("call('get', 'x1')"),
    "-ERR The user executing the script can't run this command or subcommand",
  );
  assertEquals(
    await evaluate("call('set', 'y', 1)"),
    "-ERR The user executing the script can't access at least one of the keys mentioned in the " +
      "command arguments",
  );
  assertEquals(
    await evaluate("call('publish', 'c', 1)"),
    "-ERR The user executing the script can't publish to the channel mentioned in the command",
  );
  assertEquals(await evaluate("acl_check_cmd('set', 'x1', 1)"), ":1");
  assertEquals(await evaluate("acl_check_cmd('set', 'y', 1)"), "$-1");
});

Deno.test("A script may not take more where memory is short, unless it says so", async () => {
  await using cache = new Cache();
  cache.call("SET", "s", "x".repeat(100_000));
  cache.call("CONFIG", "SET", "maxmemory", 1);
  const oom = "OOM command not allowed when used memory > 'maxmemory'.";
  const set = "return redis.call('set', 'y', 1)";
  assertThrows(() => cache.call("EVAL", set, 0), ReplyError, oom);
  assertEquals(cache.call("EVAL", "return redis.call('strlen', 's')", 0), 100_000);
  // What has begun to write goes on.
  assertEquals(cache.call("EVAL", `redis.call('del', 'y') ${set}`, 0), "OK");
  assertThrows(() => cache.call("EVAL", `#!lua\n${set}`, 0), ReplyError, oom);
  assertEquals(cache.call("EVAL", `#!lua flags=allow-oom\n${set}`, 0), "OK");
  assertEquals(cache.call("EVAL", "#!lua flags=no-writes\nreturn 1", 0), 1);
  cache.call("CONFIG", "SET", "maxmemory", 0);
  cache.call(
    "FUNCTION",
    "LOAD",
    `#!lua name=l\nredis.register_function('f', function() ${set} end)`,
  );
  cache.call("CONFIG", "SET", "maxmemory", 1);
  assertThrows(() => cache.call("FCALL", "f", 0), ReplyError, oom);
});

Deno.test("A script that replies an error has failed, and the error is counted once", () =>
  play(String.raw`
    CONFIG RESETSTAT
    EVAL "return redis.call('select', 99)" 0 → -ERR DB index is out of range script: 18e1229a222ce22829424a3c59b1c28095147cdd, on @user_script:1.
    EVAL "return redis.pcall('select', 99)" 0 → -ERR DB index is out of range
    EVAL "return {redis.pcall('select', 99)}" 0 → *1 -ERR DB index is out of range
    EVAL "redis.pcall('select', 99) return 1" 0 → :1
    INFO errorstats → $37 # Errorstats errorstat_ERR:count=4
    EVAL "return redis.call('xread', 'BLOCK', 0, 'STREAMS', 's', '$')" 0 → -ERR xread command is not allowed with BLOCK option from scripts script: 2e921c02183bdf5e33a4e499b952bdb9e115c8f7, on @user_script:1.
  `));
