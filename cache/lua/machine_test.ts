import { testStories } from "./test_util.ts";

testStories("loops give what they give in Redis", [
  ["local x = 1 for i = 1, 60 do x = x+i if x > 1e6 then x = 1 end end return x", "true 1831"],
  ["local x = 1 for i = 1, 60 do x = x-i if x > 1e6 then x = 1 end end return x", "true -1829"],
  ["local x = 1 for i = 1, 60 do x = x*i if x > 1e6 then x = 1 end end return x", "true 60"],
  [
    "local x = 1 for i = 1, 60 do x = x/i if x > 1e6 then x = 1 end end return x",
    "true 1.2017804936493225e-82",
  ],
  ["local x = 1 for i = 1, 60 do x = x%i if x > 1e6 then x = 1 end end return x", "true 0"],
  ["local x = 1 for i = 1, 60 do x = x+3 if x > 1e6 then x = 1 end end return x", "true 181"],
  ["local x = 1 for i = 1, 60 do x = 3+x if x > 1e6 then x = 1 end end return x", "true 181"],
  ["local x = 1 for i = 1, 60 do x = x-3 if x > 1e6 then x = 1 end end return x", "true -179"],
  ["local x = 1 for i = 1, 60 do x = 3-x if x > 1e6 then x = 1 end end return x", "true 1"],
  ["local x = 1 for i = 1, 60 do x = x*2 if x > 1e6 then x = 1 end end return x", "true 1"],
  ["local x = 1 for i = 1, 60 do x = 2*x if x > 1e6 then x = 1 end end return x", "true 1"],
  [
    "local x = 1 for i = 1, 60 do x = x/2 if x > 1e6 then x = 1 end end return x",
    "true 8.6736173798840355e-19",
  ],
  ["local x = 1 for i = 1, 60 do x = 2/x if x > 1e6 then x = 1 end end return x", "true 1"],
  ["local x = 1 for i = 1, 60 do x = x%7 if x > 1e6 then x = 1 end end return x", "true 1"],
  ["local x = 1 for i = 1, 60 do x = i%7 if x > 1e6 then x = 1 end end return x", "true 4"],
  ["local x = 1 for i = 1, 60 do x = 7-i if x > 1e6 then x = 1 end end return x", "true -53"],
  ["local x = 1 for i = 1, 60 do x = -x if x > 1e6 then x = 1 end end return x", "true 1"],
  ["local x = 1 for i = 1, 60 do x = x^2 if x > 1e6 then x = 1 end end return x", "true 1"],
  ["local x = 1 for i = 1, 60 do x = i^i if x > 1e6 then x = 1 end end return x", "true 1"],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x < i then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 1613",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x < 9 then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 342",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if 9 < x then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 1270",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x <= i then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 1635",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x <= 9 then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 500",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if 9 <= x then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 1428",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x == i then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 -38",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x == 9 then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 98",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x ~= 9 then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 1672",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if not (x < i) then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 157",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x > i and i > 5 then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 117",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x > i or i < 4 then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 137",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if not x then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 -60",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if nil == x then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 -60",
  ],
  [
    "local x, n = 1, 0 for i = 1, 60 do if x ~= nil then n = n + i else n = n - 1 end x = (x * 7 + i) % 31 end return x, n",
    "true 22 1830",
  ],
  [
    "local t = {} for i = 1, 80 do t[i] = i * 2 end local s = 0 for i = 1, 80 do s = s + t[i] end return s, #t",
    "true 6480 80",
  ],
  [
    `local t = {n = 0, s = "a"} for i = 1, 80 do t.n = t.n + i t.s = "b" t.k = 5 end return t`,
    'true {"k"=5,"n"=3240,"s"="b"}',
  ],
  [
    "local t = {n = 0} for i = 1, 80 do local v = t.n if i == 50 then t.n = nil end t.n = (t.n or 0) + 1 end return t",
    'true {"n"=31}',
  ],
  [
    `local t = {"a", "b", 3} local s = {} for j = 1, 30 do for i = 1, 4 do local v = t[i] s[i] = v or false end end return s`,
    'true {1="a",2="b",3=3,4=false}',
  ],
  [
    "local t = setmetatable({}, {__index = function(t, k) return k end}) local s = 0 for i = 1, 70 do s = s + t[i] end return s",
    "true 2485",
  ],
  [
    "local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) for i = 1, 70 do t[i] = i end return t[70], #t",
    "true 140 70",
  ],
  [
    "local n = 0 local function f() for i = 1, 70 do n = n + i end return n end f() return f()",
    "true 4970",
  ],
  [
    `local n, s = 0, "x" local function f() local r for i = 1, 70 do r = s n = i s = r end return r, n end return f()`,
    'true "x" 70',
  ],
  [
    `local a, b, c = 1, "s", nil for i = 1, 70 do local d, e = b, a a = 5 b = "t" c = i > 3 local z a = z or e end return a, b, c`,
    'true 1 "t" true',
  ],
  [`local x = 0 for i = 1, 70 do if i == 40 then x = "5" end x = x + 1 end return x`, "true 36"],
  [
    `local x = 0 for i = 1, 70 do if i == 40 then x = "q" end x = x + 1 end return x`,
    "false \"case:1: attempt to perform arithmetic on local 'x' (a string value)\"",
  ],
  [
    "local x = 0 for i = 1, 70 do if i > 40 and x < {} then x = 3 end end",
    'false "case:1: attempt to compare number with table"',
  ],
  ["local x = 0 while x < 100 do x = x + 1 end return x", "true 100"],
  ["local x = 0 repeat x = x + 1 until x >= 100 return x", "true 100"],
  ["local x = 0 while true do x = x + 1 if x == 90 then break end end return x", "true 90"],
  [
    "local s = 0 for i = 10, 1, -1 do for j = 1, 9, 0.5 do s = s + i * j end end return s",
    "true 4675",
  ],
  [`for i = 1, 10, 0 do return i end return "none"`, 'true "none"'],
  [`for i = "a", 2 do end`, "false \"case:1: 'for' initial value must be a number\""],
  [`for i = 1, "b" do end`, "false \"case:1: 'for' limit must be a number\""],
  ["for i = 1, 2, {} do end", "false \"case:1: 'for' step must be a number\""],
  [`local s = 0 for i = "1", "3", "1" do s = s + i end return s`, "true 6"],
  [
    "local a, b = {}, {} local n = 0 for i = 1, 70 do if a == b then n = n + 1 end if a ~= a then n = 9 end end return n",
    "true 0",
  ],
  [
    "local m = {__eq = function() return true end} local a, b = setmetatable({}, m), setmetatable({}, m) local n = 0 for i = 1, 70 do if a == b then n = n + 1 end end return n",
    "true 70",
  ],
  ["local s = 0 for j = 1, 70 do for i = 1, 2 do s = s + 1 end end return s", "true 140"],
  ["local s = 0 for i = 1, 70 do s = s + math.pi end return s", "true 219.91148575128531"],
  [
    `local t = {} for i = 1, 70 do t[i] = "v" end for i = 70, 1, -1 do t[i] = nil end return t`,
    "true {}",
  ],
  [
    "local t = {1, 2, 3} for i = 1, 70 do t[1.5] = i t[2] = t[3] end return t",
    "true {1=1,1.5=70,2=3,3=3}",
  ],
  ["local x = 0 for i = 1, 50000 do x = x + i end return x", "true 1250025000"],
  [
    `local function f(n) if n == 0 then return "done" end return f(n - 1) end return f(30000)`,
    'true "done"',
  ],
  [
    "local n = 0 local function f() n = n + 1 end for i = 1, 30000 do f() end return n",
    "true 30000",
  ],
  [
    "local i = 0 for k in function() i = i + 1 if i < 30000 then return i end end do end return i",
    "true 30000",
  ],
  [
    "local s = 0 local t = {} for i = 1, 300 do t[i] = i end for r = 1, 100 do for k, v in pairs(t) do s = s + v end end return s",
    "true 4515000",
  ],
  ["local x = 0 while x < 50000 do x = x + 1 tostring(x) end return x", "true 50000"],
  ["local t = {} repeat t[#t + 1] = 1 until #t > 30000 return #t", "true 30001"],
]);

testStories("programs give what they give in Redis", [
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = 0, "hello world", setmetatable({}, {__call=5,__newindex=function(t,k,v) rawset(t,k,v) end}), 1
local ok, e = pcall(function()
a = (b:upper((-a[-1])) / (d:rep(c) <= c:rep((c == c))))
if (a((g2 <= {x=1})) > d.y) then for a = a, 3 do count() out(pcall(function() c = {"hello world","",10,2," 5 "} return (not "foo=bar, baz=qux") end)) end end
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: attempt to index upvalue 'a' (a number value)\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = nil, 2, {[true]=0x10}, -1
local ok, e = pcall(function()
for d, b in pairs(c) do count() out((#{}), b:rep(3)) end
a = math.deg(1e15)
c.x = d.z
out((function(...) return d end), string.lower("inf"))
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: attempt to index local 'b' (a number value)\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = 7, "hello world", {}, "abc"
local ok, e = pcall(function()
d = d
b = d
do local i = 0 while i < 2 do i = i + 1 count() c = setmetatable({1,2}, {__mul=function() end}) end end
local b, a = c.z, b.y
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true true nil {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = "", {1,2,3}, {n=1/0}, 2
local ok, e = pcall(function()
b = (({function() end,7,"10"} .. cjson.decode_max_depth(0)) > d:rep((255 + (string ~= {}))))
d = setmetatable({}, {__index=function() error("idx") end})
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: bad argument #1 to 'decode_max_depth' (expected integer between 1 and 2147483647)\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = -1, "", {2^32,-2^63,123456789012345,-0.5,255,-128,128}, {}
local ok, e = pcall(function()
b.y = c
do for c = 0, 3 do count() for c = 5, 3 do count() a, c[c:x((d .. g2))] = (function(...) return {} end), coroutine.wrap(function() error({}) end) d, b[{2,"hello world"}] = (((10 >= g2) - (type ^ "hello world")) or bit.bnot()), (c % (cmsgpack.unpack_one("\\221\\161\\211\\206\\063\\255\\001\\207\\202\\145\\194\\223") < table)) end end end
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: attempt to index upvalue 'b' (a string value)\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = -2, "10", {-3.7,1e21,5e-324,-129,-0.5,-1/0,65536}, 255
local ok, e = pcall(function()
d = (#c)
out((-((b - b[g2]) .. d)), 2)
out((-d.y), b)
c = (7 <= g1)
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:7: Script attempted to access nonexistent global variable 'g2'\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = {}, "a", {}, ""
local ok, e = pcall(function()
b.y = type({x=1})
a = ((b.z - (-a)) / c.x)
do local i = 0 while i < 1 do i = i + 1 count() c = setmetatable({x=1}, {__sub=function(a,b) return a,b end}) end end
local a, d = (d(a[c]) < c((function(...) return c end))), c:upper(b:upper((function(...) return " 5 " end)))
b.x = {-1,type}
a = (function(...) local a, b = ... return d(b) end)
c, b[c(pairs({}))] = a, (((cjson.null >= c) / (table + a)) <= (c .. (#b)))
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: attempt to index upvalue 'b' (a string value)\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = 0, "10", {[10]=1.7976931348623157e308}, "10"
local ok, e = pcall(function()
local function d(a) a.x = {{x=1}} return b.y end
local d, b = -1, c
c = d.y
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:8: attempt to index local 'd' (a number value)\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = 7, function() end, {nil,"1e2",2,-2,{}}, -2
local ok, e = pcall(function()
do local i = 0 while i < 2 do i = i + 1 count() b = d for d = a, 3, -1 do count() local function b(a) a = (a.z or b) b = (d((function(...) local a, b = ... return c.y end)) ^ rawequal(-1, "0x1F")) return (-type) end if (not a.x) then break end end if a((true * 2)) then break end end end
c = d(((b * b(2)) >= (d.z % string.gmatch("10", "THE (quick) fox"))))
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: attempt to index upvalue 'a' (a number value)\" {}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = "abc", 0, {"inf"}, 0
local ok, e = pcall(function()
d = setmetatable({1,2}, {__len=function() return 9 end})
local c, c = d[((function(...) local a, b = ... return b end) ~= (c ~= a))]
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    'true true "abc" {}',
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = "", 3, {-1,1,-1,7}, nil
local ok, e = pcall(function()
do local i = 0 repeat local z = i i = i + 1 count() out(pcall(function() local function b(a, ...) c = (d - cjson.null) return {10,0,-2,"foo=bar, baz=qux"} end return c.z end)) if (a * b[1]) then break end until z >= 2 end
d = string
for b, a in ipairs(d) do count() local c, b = (function(...) local a, b = ... return table end) if -1 then break end end
out(((#b:rep((b * g1))) + a[(b == (g1 * a))]), {})
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: attempt to index upvalue 'b' (a number value)\" {1={1=2,2=true,3=false}}",
  ],
  [
    `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = false, "", {2^53,2^53}, 255
local ok, e = pcall(function()
d, b[(function(...) local a, b = ... return a end)] = {n=-129}, 0
if 7 then do local i = 0 while i < 0 do i = i + 1 count() for d, b in pairs(d) do count() d = d:x(d) a = ((-((-d) + setmetatable({"1e2"}, {__add=5}))) or d(a:rep((not d)))) end end end else d = setmetatable({1,2}, {__le=function() return nil end,__newindex={}}) end
a, a[cjson.null] = ((a ~= d({x=1})) ~= string.upper("")), 3
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`,
    "true false \"case:6: attempt to index upvalue 'b' (a string value)\" {}",
  ],
]);

testStories("operators give what they give in Redis", [
  [
    `local a, b, c, d = 10, 2, {1,"hello world"}, 3
return a[b]`,
    "false \"case:2: attempt to index local 'a' (a number value)\"",
  ],
  [
    `local a, b, c, d = 10, 7, {-1,2,{x=1},"hello world"}, 0
return b:rep(3)`,
    "false \"case:2: attempt to index local 'b' (a number value)\"",
  ],
  [
    `local a, b, c, d = 1, 255, {cjson.null,{},1}, 3
return c`,
    "true {1=userdata: (nil),2={},3=1}",
  ],
  [
    `local a, b, c, d = 1, 0, {0}, "abc"
return (((a < b(2)) > (b <= b[g2])) ^ b(a.x))`,
    "false \"case:2: attempt to call local 'b' (a number value)\"",
  ],
  [
    `local a, b, c, d = 3, false, setmetatable({1,{}}, {__mul=function() end}), true
return (a .. a.x)`,
    "false \"case:2: attempt to index local 'a' (a number value)\"",
  ],
  [
    `local a, b, c, d = nil, true, {}, {}
return b`,
    "true true",
  ],
  [
    `local a, b, c, d = {}, 2, {"%","nan"}, -1
return (a[c.z] ^ (0 * c[(3 > a)]))`,
    'false "case:2: attempt to compare table with number"',
  ],
  [
    `local a, b, c, d = 7, "10", {7,256,1000000,-2,255}, 10
return (((c.z > c) > c:x((b * "a"))) .. table.foreachi({}, function(a,b) return b,a end))`,
    'false "case:2: attempt to compare table with nil"',
  ],
  [
    `local a, b, c, d = "0x1F", 0, setmetatable({0,false}, {__add=5}), "0x1F"
return ({x=-2^63} > (d > c(c)))`,
    "false \"case:2: attempt to call local 'c' (a table value)\"",
  ],
  [
    `local a, b, c, d = type, -2, {}, 10
return (((-(a <= a)) >= (b[-2] > d:upper(b))) - d)`,
    'false "case:2: attempt to compare two function values"',
  ],
  [
    `local a, b, c, d = 7, "hello world", {0x10}, 10
return (d[(b ^ c(1))] >= 255)`,
    "false \"case:2: attempt to call local 'c' (a table value)\"",
  ],
  [
    `local a, b, c, d = "foo=bar, baz=qux", 3, {[10]=2^53}, false
return (c >= a)`,
    'false "case:2: attempt to compare string with table"',
  ],
  [
    `local a, b, c, d = {}, 255, {-1,cjson.null,function() end,"abc"}, "foo=bar, baz=qux"
return ((a:upper(a) ^ 10) ~= "1e2")`,
    "false \"case:2: attempt to call method 'upper' (a nil value)\"",
  ],
  [
    `local a, b, c, d = "foo=bar, baz=qux", 255, {}, true
return {"1e2","10"}`,
    'true {1="1e2",2="10"}',
  ],
  [
    `local a, b, c, d = "", -1, {1,3,function() end,{1,2,3}}, nil
return setmetatable({-1,0}, {__div=function(a,b) return type(a)..type(b) end})`,
    "true {1=-1,2=0}",
  ],
  [
    `local a, b, c, d = "abc", type, {"%",""}, "10"
return d`,
    'true "10"',
  ],
  [
    `local a, b, c, d = 10, {}, {0x10}, "a"
return (function(...) local a, b = ... return a end)`,
    "true function",
  ],
  [
    `local a, b, c, d = "1e2", 255, {-0.5,2^64,256,256}, 3
return (g1 / d({65535,1,2}))`,
    "false \"case:2: Script attempted to access nonexistent global variable 'g1'\"",
  ],
  [
    `local a, b, c, d = -1, "", {}, "1e2"
return bit.rshift(1e-5, -2)`,
    "true 0",
  ],
  [
    `local a, b, c, d = "", -2, {}, 7
return b`,
    "true -2",
  ],
  [
    `local a, b, c, d = -1, type, {"0x1F"}, ""
return c(-1)`,
    "false \"case:2: attempt to call local 'c' (a table value)\"",
  ],
  [
    `local a, b, c, d = {}, cjson.null, {"abc","0x"," 5 ","0x1F","nan","a"}, 1
return (b[cjson.decode([==[tru]==])] < math.deg(2.5))`,
    'false "case:2: Expected value but found invalid token at character 1"',
  ],
  [
    `local a, b, c, d = {}, "", {[1.5]=65536}, 255
return ({[1.5]=2^63} ^ c.y)`,
    'false "case:2: attempt to perform arithmetic on a table value"',
  ],
  [
    `local a, b, c, d = "foo=bar, baz=qux", {1,2,3}, {" 5 ","10","abc",255,-1}, {}
return c.y`,
    "true nil",
  ],
  [
    `local a, b, c, d = 2, 255, {[true]=65536}, 3
return a.y`,
    "false \"case:2: attempt to index local 'a' (a number value)\"",
  ],
  [
    `local a, b, c, d = -2, "1e2", {-2,3,7,"abc"}, 3
return (d(((function(...) local a, b = ... return a end) + (d - a))) - d.y)`,
    'false "case:2: attempt to perform arithmetic on a function value"',
  ],
  [
    `local a, b, c, d = 255, false, {n=10}, "abc"
return string`,
    'true {"byte"=function,"char"=function,"dump"=function,"find"=function,"format"=function,"gfind"=function,"gmatch"=function,"gsub"=function,"len"=function,"lower"=function,"match"=function,"rep"=function,"reverse"=function,"sub"=function,"upper"=function}',
  ],
  [
    `local a, b, c, d = " 5 ", 2, {2,false,1}, "1e2"
return cjson.decode([==["\\u00e9"]==])`,
    'true "\u00c3\u00a9"',
  ],
  [
    `local a, b, c, d = -2, 255, {1000000}, 0
return b(b)`,
    "false \"case:2: attempt to call local 'b' (a number value)\"",
  ],
  [
    `local a, b, c, d = 1, -2, {"[[x]]","0x1F","a","inf"}, 0
return c.y`,
    "true nil",
  ],
  [
    `local a, b, c, d = true, 255, setmetatable({}, {__sub=function(a,b) return a,b end,__lt=1}), false
return cjson.null`,
    "true userdata: (nil)",
  ],
  [
    `local a, b, c, d = function() end, -1, {x=3}, "hello world"
return g1`,
    "false \"case:2: Script attempted to access nonexistent global variable 'g1'\"",
  ],
  [
    `local a, b, c, d = " 5 ", 10, {}, function() end
return ((d:rep(d[d]) == 255) and ((d["a"] > bit.bswap(1.5)) ^ (2 or (-2 ~= a))))`,
    "false \"case:2: attempt to index local 'd' (a function value)\"",
  ],
  [
    `local a, b, c, d = {}, {1,2,3}, {128,2}, 0
return ((b((b / a)) - (not c)) % (c[nil] .. b))`,
    "false \"case:2: attempt to perform arithmetic on local 'b' (a table value)\"",
  ],
  [
    `local a, b, c, d = " 5 ", nil, {"a\\0b","10","a,b,,c","hello world","a","nan"}, "1e2"
return ((c:x(c(c)) .. (#(not g1))) .. b.z)`,
    "false \"case:2: attempt to call local 'c' (a table value)\"",
  ],
  [
    `local a, b, c, d = 255, 2, {}, -2
return a`,
    "true 255",
  ],
  [
    `local a, b, c, d = type, -2, setmetatable({1}, {__len=function() return 9 end,__tostring="s"}), nil
return 3`,
    "true 3",
  ],
  [
    `local a, b, c, d = 7, false, {}, "hello world"
return (b(type) % d)`,
    "false \"case:2: attempt to call local 'b' (a boolean value)\"",
  ],
  [
    `local a, b, c, d = 10, 2, {7,2,-1}, function() end
return (c.z / b:x("abc"))`,
    "false \"case:2: attempt to index local 'b' (a number value)\"",
  ],
  [
    `local a, b, c, d = "foo=bar, baz=qux", "1e2", {"abc","abc",-1}, -2
return a:rep(c(d))`,
    "false \"case:2: attempt to call local 'c' (a table value)\"",
  ],
  [
    `local a, b, c, d = "10", -2, {1,"0x1F","1e2"}, " 5 "
return d(c((function(...) return coroutine.status(cjson.null) end)))`,
    "false \"case:2: attempt to call local 'c' (a table value)\"",
  ],
  [
    `local a, b, c, d = {1,2,3}, 255, {1}, ""
return c`,
    "true {1=1}",
  ],
  [
    `local a, b, c, d = "a", 1, {"[[x]]","%d","1 2","0x","1 2"}, ""
return c`,
    'true {1="[[x]]",2="%d",3="1 2",4="0x",5="1 2"}',
  ],
  [
    `local a, b, c, d = nil, 10, {{x=1},"abc",10,"0x1F",-2}, {1,2,3}
return a`,
    "true nil",
  ],
  [
    `local a, b, c, d = 0, "hello world", {127}, type
return (((function(...) return b:rep(d) end) % false) == (a:rep(c[b]) > d[(d % 10)]))`,
    'false "case:2: attempt to perform arithmetic on a function value"',
  ],
]);
