import { testStories } from "./test_util.ts";

testStories("metatables and tables work as in Redis", [
  [
    `local m = {} for _, e in ipairs({"add", "sub", "mul", "div", "mod", "pow", "concat"}) do m["__" .. e] = function(a, b) return e .. type(a) .. type(b) end end local a = setmetatable({}, m) return a + 1, 1 - a, a * a, a / 2, 2 % a, a ^ "x", a .. "s", 1 .. a, "x" .. a .. "y", "p" .. "q" .. a`,
    'true "addtablenumber" "subnumbertable" "multabletable" "divtablenumber" "modnumbertable" "powtablestring" "concattablestring" "concatnumbertable" "xconcattablestring" "pconcatstringtable"',
  ],
  [
    "local m = {__unm = function(a, b) return rawequal(a, b) end, __len = function() return 5 end} local a = setmetatable({1}, m) return -a, #a",
    "true true 1",
  ],
  [
    "local m = {__lt = function(a, b) return a.v < b.v end} local function n(v) return setmetatable({v = v}, m) end return n(1) < n(2), n(1) > n(2), n(1) <= n(2), n(3) >= n(4)",
    "true true false true false",
  ],
  [
    "local m = {__le = function(a, b) return a.v <= b.v end} local function n(v) return setmetatable({v = v}, m) end return n(1) <= n(2), n(1) >= n(2), pcall(function() return n(1) < n(2) end)",
    'true true false false "case:1: attempt to compare two table values"',
  ],
  [
    "local m = {__eq = function(a, b) return a.v == b.v end} local function n(v) return setmetatable({v = v}, m) end return n(1) == n(1), n(1) == n(2), n(1) ~= n(1), n(1) == 1",
    "true true false false false",
  ],
  [
    "local f = function() return true end local a, b = setmetatable({}, {__eq = f}), setmetatable({}, {__eq = f}) local c = setmetatable({}, {__eq = print}) return a == b, a == c, a == {}, {} == a",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  [
    `local a = setmetatable({}, {__call = function(self, ...) return select("#", ...), ... end}) return a(), a(1, nil), pcall(a, 3)`,
    "true 0 2 true 1 3",
  ],
  [
    "local a = setmetatable({}, {__call = 5}) return a()",
    "false \"case:1: attempt to call local 'a' (a table value)\"",
  ],
  [
    "local a = setmetatable({}, {__call = setmetatable({}, {__call = print})}) return a()",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  [
    "local a = setmetatable({}, {__index = {x = 1}}) local s = 0 for i = 1, 5 do s = s + a.x end return s, a.y",
    "true 5 nil",
  ],
  [
    "local P = {} P.__index = P function P.new(v) return setmetatable({v = v}, P) end function P:get() return self.v end local s = 0 for i = 1, 5 do s = s + P.new(i):get() end return s",
    "true 15",
  ],
  [
    `local A = {} A.__index = A function A:f() return "A" end local B = setmetatable({}, A) B.__index = B local o = setmetatable({}, B) local s = "" for i = 1, 3 do s = s .. o:f() end return s`,
    'true "AAA"',
  ],
  [`local a = setmetatable({}, {__index = "text"}) return a.len, a.x`, "true function nil"],
  [
    "local a = setmetatable({}, {__index = 5}) return a.x",
    'false "case:1: attempt to index a number value"',
  ],
  [
    `local log = {} local a = setmetatable({}, {__newindex = log}) a.x = 1 a[1] = 2 return rawget(a, "x"), log`,
    'true nil {1=2,"x"=1}',
  ],
  [
    "local a = setmetatable({}, {__newindex = 5}) a.x = 1",
    'false "case:1: attempt to index a number value"',
  ],
  [
    `local a = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k .. "!", v) end}) a.x = 1 a.x = 2 return a`,
    'true {"x!"=2}',
  ],
  ["local a = setmetatable({x = 1}, {__newindex = error}) a.x = 2 return a", 'true {"x"=2}'],
  [
    "local a = setmetatable({}, {__tostring = function() return 5 end}) return tostring(a)",
    "true 5",
  ],
  [
    "local a = setmetatable({}, {__concat = function(a, b) return b end}) return a .. 1 .. 2, pcall(function() return {} .. a end)",
    'true "12" true {}',
  ],
  [
    "local m = {} local a = setmetatable({}, m) local r = {a.x} m.__index = function() return 3 end r[2] = a.x m.__index = nil r[3] = a.x return r[1], r[2], r[3]",
    "true nil 3 nil",
  ],
  [
    "local a = setmetatable({}, {__lt = function() return nil end, __le = function() return 1 end}) if a < a then return 1 end if not (a <= a) then return 2 end return a < a, a <= a",
    "true false true",
  ],
  [
    "local co = coroutine.wrap(function() local a = setmetatable({}, {__add = coroutine.yield, __lt = coroutine.yield, __eq = coroutine.yield, __concat = coroutine.yield, __index = coroutine.yield, __newindex = function(t, k, v) coroutine.yield(k) end, __len = coroutine.yield, __unm = coroutine.yield, __call = coroutine.yield}) local b = a + 1 return b, -a, a(1), a.x, a .. 5 end) return pcall(co), pcall(co, 5)",
    'true false false "cannot resume dead coroutine"',
  ],
  [
    `local t = {} for i = 1, 20 do t["k" .. i] = i end for i = 1, 19 do t["k" .. i] = nil end t.new = 1 return t`,
    'true {"k20"=20,"new"=1}',
  ],
  [
    "local t = {} for i = 20, 1, -1 do t[i] = i end return #t, t",
    "true 20 {1=1,10=10,11=11,12=12,13=13,14=14,15=15,16=16,17=17,18=18,19=19,2=2,20=20,3=3,4=4,5=5,6=6,7=7,8=8,9=9}",
  ],
  [
    "local t = {} for i = 1, 40, 2 do t[i] = i end for i = 2, 40, 2 do t[i] = i end return #t, t[39], t[40]",
    "true 40 39 40",
  ],
  [
    "local t = {n = 1, [1] = 1, [2] = 2, [4] = 4} t[3] = 3 t[2] = nil t[10] = 10 return t, #t == 4 or #t == 10 or #t == 1",
    'true {1=1,10=10,3=3,4=4,"n"=1} true',
  ],
  [
    "local t = {} t[1e10] = 1 t[-1] = 2 t[0] = 3 t[1.5] = 4 t[true] = 5 t[2^53] = 6 return t",
    "true {true=5,-1=2,0=3,1.5=4,10000000000=1,9007199254740992=6}",
  ],
  ["local t = {1, 2, 3, nil, 5} t[5] = nil t[3] = nil return t, #t", "true {1=1,2=2} 2"],
  [
    "local t = {} for i = 1, 300 do t[i * 3] = i end for k in pairs(t) do t[k] = nil end return next(t)",
    "true nil",
  ],
  [
    `local t = {} for i = 1, 100 do t[i] = i end for i = 1, 100 do t[i] = nil end for i = 1, 50 do t["x" .. i] = i end local n = 0 for k in pairs(t) do n = n + 1 end return n, #t`,
    "true 50 0",
  ],
  [
    "local t = {a = 1, b = 2, c = 3} local s = 0 for k, v in pairs(t) do t[k] = nil s = s + v end return s, next(t)",
    "true 6 nil",
  ],
]);

testStories("coroutines work as in Redis", [
  [
    `local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d, e end) return {coroutine.resume(co, 1, 2)}, {coroutine.resume(co, 5)}, coroutine.status(co), {coroutine.resume(co, "x", "y")}, coroutine.status(co), {coroutine.resume(co)}`,
    'true {1=true,2=3} {1=true,2=10} "suspended" {1=true,2="x",3="y"} "dead" {1=false,2="cannot resume dead coroutine"}',
  ],
  ["return coroutine.yield(1)", 'false "attempt to yield across metamethod/C-call boundary"'],
  [
    "return coroutine.running(), coroutine.wrap(function() return type(coroutine.running()) end)()",
    'true nil "thread"',
  ],
  [
    "return coroutine.resume(5)",
    "false \"case:1: bad argument #1 to 'resume' (coroutine expected)\"",
  ],
  [
    "return coroutine.create(5)",
    "false \"case:1: bad argument #1 to 'create' (Lua function expected)\"",
  ],
  [
    "return coroutine.create(print)",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  [
    "return coroutine.status(nil)",
    "false \"case:1: bad argument #1 to 'status' (coroutine expected)\"",
  ],
  [
    "local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co)",
    'true true false "cannot resume running coroutine"',
  ],
  [
    "local co co = coroutine.wrap(function() return co() end) return pcall(co)",
    'true false "case:1: cannot resume running coroutine"',
  ],
  [
    `local a, b a = coroutine.create(function() coroutine.resume(b) return "a" end) b = coroutine.create(function() return coroutine.status(a), coroutine.resume(a) end) return coroutine.resume(a), coroutine.resume(b)`,
    'true true false "cannot resume dead coroutine"',
  ],
  [
    "local f = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) return f(), f(), f(), f(), pcall(f)",
    'true 1 2 3 nil false "cannot resume dead coroutine"',
  ],
  ["local f = coroutine.wrap(function() error({}) end) return pcall(f)", "true false {} nil"],
  [
    "local co = coroutine.create(function() local x = nil; x() end) return coroutine.resume(co)",
    "true false \"case:1: attempt to call local 'x' (a nil value)\"",
  ],
  [
    "local co = coroutine.create(function() return pcall(function() coroutine.yield(1) end) end) return coroutine.resume(co)",
    'true true false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    "local co = coroutine.wrap(function() table.foreach({1}, coroutine.yield) end) return pcall(co)",
    'true false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    "local co = coroutine.create(function() local function f() return f() + 1 end f() end) return coroutine.resume(co)",
    'true false "case:1: stack overflow"',
  ],
  [
    "local gen = function(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end local s = 0 for i in gen(100) do s = s + i end return s",
    "true 5050",
  ],
  [
    `local co = coroutine.wrap(function(...) local n = select("#", ...) while true do n = n + select("#", coroutine.yield(n)) end end) return co(1, 2, 3), co(), co(nil, nil)`,
    "true 3 3 5",
  ],
  [
    "local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) return tostring(co):sub(1, 7), type(co), co == co",
    'true "thread:" "thread" true',
  ],
]);

testStories("generated coroutines work as in Redis", [
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then for k in coroutine.wrap(function() coroutine.yield(1) end) do r = r + k end end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true,3=3},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then return r, ... end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true,3=0,4=1,5="v"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then coroutine.yield(i) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=1},2={1=0,2=true,3=2},3={1=0,2=true,3=3},4={1=0,2=true,3=0},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then return coroutine.yield(i) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true,3=1},2={1="suspended",2=true,3=2,4="v"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then coroutine.yield() end if i < 9 then for k in coroutine.wrap(function() coroutine.yield(1) end) do r = r + k end end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true},2={1="suspended",2=true},3={1="suspended",2=true},4={1="suspended",2=true,3=3},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then local f = coroutine.wrap(function() error('w') end) f() end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3="case:2: case:2: w"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then table.sort({3,2,1}, function(a, b) coroutine.yield(a) return a < b end) end if i < 9 then error('oops') end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3="attempt to yield across metamethod/C-call boundary"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then coroutine.yield(i) end if i < 9 then local x = coroutine.yield(i, ...) r = r + (tonumber(x) or 0) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true,3=1},2={1="suspended",2=true,3=1,4=1,5="v"},3={1="suspended",2=true,3=2},4={1="suspended",2=true,3=2,4=1,5="v"},5={1="suspended",2=true,3=3},6={1="suspended",2=true,3=3,4=1,5="v"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then return coroutine.yield(i) end if i < 9 then r = r + i end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true,3=1},2={1="suspended",2=true,3=2,4="v"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then for _ in function() return coroutine.yield(1) end do end end if i < 9 then pcall(coroutine.yield, 1) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=false,3="attempt to yield across metamethod/C-call boundary"},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then error({}) end if i < 9 then string.gsub('ab', '.', function(x) coroutine.yield(x) end) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3={}},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then select(2, coroutine.yield(1, 2)) end if i < 9 then error({}) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true,3=1,4=2},2={1="suspended",2=false,3={}},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then local x = coroutine.yield(i, ...) r = r + (tonumber(x) or 0) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=1,4=1,5="v"},2={1=0,2=true,3=2,4=1,5="v"},3={1=0,2=true,3=3,4=1,5="v"},4={1=0,2=true,3=9},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then r = r + i end if i < 9 then for _ in function() return coroutine.yield(1) end do end end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3="attempt to yield across metamethod/C-call boundary"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then local t = setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end}) r = t.x end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3="attempt to yield across metamethod/C-call boundary"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then local t = setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end}) r = t.x end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=false,3="attempt to yield across metamethod/C-call boundary"},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then pcall(coroutine.yield, 1) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=0},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then return coroutine.yield(i) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=1},2={1=0,2=true,3=2,4="v"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then coroutine.yield(i) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=1},2={1=0,2=true,3=2},3={1=0,2=true,3=3},4={1=0,2=true,3=0},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then coroutine.yield() end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true},2={1="suspended",2=true},3={1="suspended",2=true},4={1="suspended",2=true,3=0},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then string.gsub('ab', '.', function(x) coroutine.yield(x) end) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=false,3="attempt to yield across metamethod/C-call boundary"},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then local x = coroutine.yield(i, ...) r = r + (tonumber(x) or 0) end if i < 9 then pcall(coroutine.yield, 1) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=1,4=1,5="v"},2={1=0,2=true,3=2,4=1,5="v"},3={1=0,2=true,3=3,4=1,5="v"},4={1=0,2=true,3=9},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then table.sort({3,2,1}, function(a, b) coroutine.yield(a) return a < b end) end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=false,3="attempt to yield across metamethod/C-call boundary"},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then for k in coroutine.wrap(function() coroutine.yield(1) end) do r = r + k end end if i < 9 then r = r .. (coroutine.running() and 'c' or 'm') end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3="case:2: attempt to perform arithmetic on local \'r\' (a string value)"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then for _ in function() return coroutine.yield(1) end do end end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3="attempt to yield across metamethod/C-call boundary"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then for k in coroutine.wrap(function() coroutine.yield(1) end) do r = r + k end end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=3},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then r = r + i end if i < 9 then coroutine.yield() end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=true},2={1="suspended",2=true},3={1="suspended",2=true},4={1="suspended",2=true,3=6},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then error('oops') end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=false,3="case:2: oops"},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.wrap(function(...) local r = 0
for i = 1, 3 do if i < 9 then return r, ... end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {0, pcall(co, j, 'v')} end
return outs`,
    'true {1={1=0,2=true,3=0,4=1,5="v"},2={1=0,2=false,3="cannot resume dead coroutine"},3={1=0,2=false,3="cannot resume dead coroutine"},4={1=0,2=false,3="cannot resume dead coroutine"},5={1=0,2=false,3="cannot resume dead coroutine"},6={1=0,2=false,3="cannot resume dead coroutine"}}',
  ],
  [
    `local co = coroutine.create(function(...) local r = 0
for i = 1, 3 do if i < 9 then error('oops') end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {coroutine.status(co), coroutine.resume(co, j, 'v')} end
return outs`,
    'true {1={1="suspended",2=false,3="case:2: oops"},2={1="dead",2=false,3="cannot resume dead coroutine"},3={1="dead",2=false,3="cannot resume dead coroutine"},4={1="dead",2=false,3="cannot resume dead coroutine"},5={1="dead",2=false,3="cannot resume dead coroutine"},6={1="dead",2=false,3="cannot resume dead coroutine"}}',
  ],
]);
