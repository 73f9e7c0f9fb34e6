import { testStories } from "./test_util.ts";

testStories("the language, its errors and its bounds are those of Redis", [
  [
    "local t = {} function t.f(...) return ... end function t:g(a) return self == t, a end return t.f(1, 2), t:g(3), t.f()",
    "true 1 true",
  ],
  [
    `local k = "f" local t = {f = function(s, x) return x end} return t[k](t, 5), ("x"):rep(3), #"abc", -"2", "10" + 5, "a" .. 1 .. 2`,
    'true 5 "xxx" 3 -2 15 "a12"',
  ],
  [
    `local function f(...) return select("#", ...), (...) end return f(), f(nil), (f(1, 2))`,
    "true 0 1 2",
  ],
  [
    "local function f(...) local a, b, c = ... return c, b, a end return f(1), f(1, 2, 3, 4)",
    "true nil 3 2 1",
  ],
  [
    "local t = {f = function() return 1, 2, 3 end} local u = {t.f(), t.f()} local a, b, c, d = t.f() return u, a, b, c, d",
    "true {1=1,2=1,3=2,4=3} 1 2 3 nil",
  ],
  [
    "local fs = {} for i = 1, 3 do fs[i] = function() i = i + 1 return i end end return fs[1](), fs[1](), fs[2](), fs[3]()",
    "true 2 3 3 4",
  ],
  [
    "local a, b = 1, 2 a, b = b, a local t = {1, 2} local i = 1 i, t[i] = i + 1, 20 return a, b, i, t",
    "true 2 1 2 {1=20,2=2}",
  ],
  ["local t = {x = {y = {}}} t.x.y.z = 5 t.x.y, t.x = t.x, t.x.y return t", 'true {"x"={"z"=5}}'],
  ["local a = {} do local a = a a.a, a = 1, 2 end return a", 'true {"a"=1}'],
  ["local i, t = 1, {} t[i], i, t = 5, 2, 7 return i, t", "true 2 7"],
  ["local function va(...) local arg = arg return arg end return va(1, 2)", 'true {1=1,2=2,"n"=2}'],
  ["local function f(...) return arg end return f(1)", 'true {1=1,"n"=1}'],
  ["return (function(...) return arg.n, arg[1] end)(7, 8)", "true 2 7"],
  [
    `return nil == false, 1 == "1", "a" < "b", "a" <= "a", "Z" < "a", "" < "a", "a\\0b" < "a\\0c"`,
    "true false false true true true true true",
  ],
  [
    "return 1 and 2, nil and 1, false or nil, nil or 3, not nil, not 0, 1 and nil or 4",
    "true 2 nil nil 3 true false 4",
  ],
  [
    "return 5 % 3, -5 % 3, 5 % -3, -5 % -3, 5.5 % 2, 2 ^ 10, 2 ^ 0.5, 1 / 0, -1 / 0, 0 / 0, 5 % (1 / 0), -5 % (1 / 0)",
    "true 2 1 -1 -2 1.5 1024 1.4142135623730951 inf -inf nan nan nan",
  ],
  [
    `return 2 ^ 3 ^ 2, -2 ^ 2, not 1 == 2, 1 .. 2 == "12", "a" .. "b" .. "c" == "abc", 2 * 3 + 4 * 5 - 6 / 2`,
    "true 512 -4 false true true 23",
  ],
  [
    `local s = "" for i = 1, 3 do for j = 1, 3 do if j == 2 then break end s = s .. i .. j end end return s`,
    'true "112131"',
  ],
  [
    "if nil then return 1 elseif false then return 2 elseif 0 then return 3 else return 4 end",
    "true 3",
  ],
  [
    `local x = 5 if x < 3 then return "a" elseif x < 4 then return "b" elseif x > 9 then return "c" else return "d" end`,
    'true "d"',
  ],
  ["local a <const> = 1", "syntax case:1: unexpected symbol near '<'"],
  ["goto x", "syntax case:1: '=' expected near 'x'"],
  ["return 0x10, 0xff, 1e2, .5, 3., 1e-2, 0xA, 1E+2", "true 16 255 100 0.5 3 0.01 10 100"],
  [
    `return "\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\'\\065\\10\\z", 'x"y', [[a]], [==[b]]c]==]`,
    'true "\u0007\b\f\\\n\\r\t\u000b\\\\\\"\'A\\\nz" "x\\"y" "a" "b]]c"',
  ],
  [`return "a\\`, "syntax case:1: unfinished string near '<eof>'"],
  [`b"`, "syntax case:1: unfinished string near '<eof>'"],
  ["return [[", "syntax case:1: unfinished long string near '<eof>'"],
  ["first newline gone]]", "syntax case:1: '=' expected near 'newline'"],
  ["--[[ long", "syntax case:1: unfinished long comment near '<eof>'"],
  ["comment]] return 1 --[==[ other ]==] , 2 -- end", "syntax case:1: '=' expected near ']'"],
  [`return "\\300"`, "syntax case:1: escape sequence too large near '\"'"],
  [`return "unfinished`, "syntax case:1: unfinished string near '<eof>'"],
  ["return 'unfinished", "syntax case:1: unfinished string near '<eof>'"],
  ["return [[unfinished", "syntax case:1: unfinished long string near '<eof>'"],
  ["return [=x", "syntax case:1: invalid long string delimiter near '[='"],
  ["--[[ unfinished", "syntax case:1: unfinished long comment near '<eof>'"],
  ["return 3x", "syntax case:1: malformed number near '3x'"],
  ["return 1..2", "syntax case:1: malformed number near '1..2'"],
  ["return 0x", "syntax case:1: malformed number near '0x'"],
  ["return 1e", "syntax case:1: malformed number near '1e'"],
  ["return 3.4.5", "syntax case:1: malformed number near '3.4.5'"],
  ["x = = 2", "syntax case:1: unexpected symbol near '='"],
  ["return @", "syntax case:1: unexpected symbol near '@'"],
  ["return 1 ~ 2", "syntax case:1: '<eof>' expected near '~'"],
  [
    `return {1, 2; 3, x = 1, ["y"] = 2, [3] = 4, f = function() end}`,
    'true {1=1,2=2,3=3,"f"=function,"x"=1,"y"=2}',
  ],
  ["return {", "syntax case:1: unexpected symbol near '<eof>'"],
  ["return (1", "syntax case:1: ')' expected near '<eof>'"],
  ["f(", "syntax case:1: unexpected symbol near '<eof>'"],
  ["local function end", "syntax case:1: '<name>' expected near 'end'"],
  ["for i do end", "syntax case:1: '=' or 'in' expected near 'do'"],
  ["for i = 1 do end", "syntax case:1: ',' expected near 'do'"],
  ["for 1 = 1, 2 do end", "syntax case:1: '<name>' expected near '1'"],
  ["for a, b do end", "syntax case:1: 'in' expected near 'do'"],
  ["if x end", "syntax case:1: 'then' expected near 'end'"],
  ["while true", "syntax case:1: 'do' expected near '<eof>'"],
  ["repeat until", "syntax case:1: unexpected symbol near '<eof>'"],
  ["break", "syntax case:1: no loop to break near '<eof>'"],
  ["return return", "syntax case:1: unexpected symbol near 'return'"],
  ["local t = {} t.1 = 2", "syntax case:1: '=' expected near '.1'"],
  ["f() = 1", "syntax case:1: unexpected symbol near '='"],
  ["(f) = 1", "syntax case:1: syntax error near '='"],
  ["a.b:c = 1", "syntax case:1: function arguments expected near '='"],
  ["a:b", "syntax case:1: function arguments expected near '<eof>'"],
  ["1 = 2", "syntax case:1: unexpected symbol near '1'"],
  ["local x = ... return x", "true nil"],
  [
    "function f() return ... end",
    "syntax case:1: cannot use '...' outside a vararg function near '...'",
  ],
  [
    "function a.b.c:d() end",
    "false \"case:1: Script attempted to access nonexistent global variable 'a'\"",
  ],
  ["x = 5", 'false "case:1: Attempt to modify a readonly table"'],
  ["return y", "false \"case:1: Script attempted to access nonexistent global variable 'y'\""],
  ["local t = {} t.x.y = 1", "false \"case:1: attempt to index field 'x' (a nil value)\""],
  ["local t = {} t.x.y()", "false \"case:1: attempt to index field 'x' (a nil value)\""],
  ["local t = {} t:nothing()", "false \"case:1: attempt to call method 'nothing' (a nil value)\""],
  ["local t = {a = {}} t.a.b.c = 1", "false \"case:1: attempt to index field 'b' (a nil value)\""],
  [`local s = "x" s()`, "false \"case:1: attempt to call local 's' (a string value)\""],
  [`local s = "x" s.y = 1`, "false \"case:1: attempt to index local 's' (a string value)\""],
  [`local s = "x" return s.y.z`, "false \"case:1: attempt to index field 'y' (a nil value)\""],
  ["return #5", 'false "case:1: attempt to get length of a number value"'],
  ["return -{}", 'false "case:1: attempt to perform arithmetic on a table value"'],
  [`return {} .. "x"`, 'false "case:1: attempt to concatenate a table value"'],
  ["return 1 .. {}", 'false "case:1: attempt to concatenate a table value"'],
  [
    "local a = {} return a + 1",
    "false \"case:1: attempt to perform arithmetic on local 'a' (a table value)\"",
  ],
  [
    "local a return 1 + a",
    "false \"case:1: attempt to perform arithmetic on local 'a' (a nil value)\"",
  ],
  [
    "local t = {} return t.x + 1",
    "false \"case:1: attempt to perform arithmetic on field 'x' (a nil value)\"",
  ],
  ["local t = {} return 1 < t.x", 'false "case:1: attempt to compare number with nil"'],
  ["return {} < {}", 'false "case:1: attempt to compare two table values"'],
  ["return {} < 1", 'false "case:1: attempt to compare table with number"'],
  [`return "a" < 1`, 'false "case:1: attempt to compare string with number"'],
  ["return nil > 1", 'false "case:1: attempt to compare number with nil"'],
  ["return {} <= {}", 'false "case:1: attempt to compare two table values"'],
  [
    "return print < type",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  ["local t = {} t[nil] = 1", 'false "case:1: table index is nil"'],
  ["local t = {} t[0/0] = 1", 'false "case:1: table index is NaN"'],
  ["return rawset({}, nil, 1)", 'false "table index is nil"'],
  [
    "local up = nil local function f() return up.x end return f()",
    "false \"case:1: attempt to index upvalue 'up' (a nil value)\"",
  ],
  [
    "local up = nil local function f() up() end return f()",
    "false \"case:1: attempt to call upvalue 'up' (a nil value)\"",
  ],
  ["string.nothing()", "false \"case:1: attempt to call field 'nothing' (a nil value)\""],
  ["string.rep()", "false \"case:1: bad argument #1 to 'rep' (string expected, got no value)\""],
  [`("x"):rep({})`, "false \"case:1: bad argument #1 to 'rep' (number expected, got table)\""],
  [`("x"):bad()`, "false \"case:1: attempt to call method 'bad' (a nil value)\""],
  [`local function f() error("deep") end local function g() f() end g()`, 'false "case:1: deep"'],
  ["error()", "false nil"],
  ["error(nil)", "false nil"],
  ["error({code = 1})", 'false {"code"=1} nil'],
  [`error("level 0", 0)`, 'false "level 0"'],
  [`error("level 1", 1)`, 'false "case:1: level 1"'],
  [`local function f() error("level 2", 2) end f()`, 'false "case:1: level 2"'],
  [
    `local function f() error("level 3", 3) end local function g() f() end g()`,
    'false "case:1: level 3"',
  ],
  [`local function f() error("far", 50) end f()`, 'false "far"'],
  [
    `local function f() return error("tail", 2) end local function g() return f() end return g()`,
    'false "tail"',
  ],
  ["assert(false)", 'false "case:1: assertion failed!"'],
  [`assert(nil, "message")`, 'false "case:1: message"'],
  [
    "assert(false, {1})",
    "false \"case:1: bad argument #2 to 'assert' (string expected, got table)\"",
  ],
  ["return assert(1, 2, 3)", "true 1 2 3"],
  ["assert()", "false \"case:1: bad argument #1 to 'assert' (value expected)\""],
  [`return pcall(error, {err = "E"})`, 'true false "E"'],
  ["return pcall(error)", "true false nil"],
  ["return pcall()", 'true false "attempt to call a boolean value"'],
  [`return pcall(pcall, error, "x")`, 'true true false "x"'],
  ["return pcall(5)", 'true false "attempt to call a number value"'],
  [
    `return xpcall(function() error("a") end, function(m) return m .. "!" end)`,
    'true false "case:1: a!"',
  ],
  [
    "return xpcall(function() return 1, 2 end, print)",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  [
    `return xpcall(function() local x = nil + 1 end, function(m) error("again") end)`,
    'true false "error in error handling"',
  ],
  [`return xpcall(function() error("a") end, nil)`, 'true false "error in error handling"'],
  ["return xpcall()", "false \"case:1: bad argument #2 to 'xpcall' (value expected)\""],
  [
    "return xpcall(print)",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  [`return xpcall(function() error("a") end, function() return 1, 2 end)`, "true false 1"],
  ["local function f() return f() + 1 end return pcall(f)", 'true false "case:1: stack overflow"'],
  ["local function f() f() end return pcall(f)", 'true false "case:1: stack overflow"'],
  [
    "local function f() return pcall(f) end return f()",
    'true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true true false "C stack overflow"',
  ],
  [
    "local function f() local ok, e = xpcall(f, f) return e end return f()",
    'true "error in error handling"',
  ],
  [
    "local f f = function() return xpcall(f, function(m) return f() end) end return type(f())",
    'true "boolean"',
  ],
  [
    "local t = setmetatable({}, {__index = function(t, k) return t[k] end}) return pcall(function() return t.x end)",
    'true false "case:1: C stack overflow"',
  ],
  [
    "local t = setmetatable({}, {}) getmetatable(t).__index = t return pcall(function() return t.x end)",
    'true false "case:1: loop in gettable"',
  ],
  [
    "local t = setmetatable({}, {}) getmetatable(t).__newindex = t return pcall(function() t.x = 1 end)",
    'true false "case:1: loop in settable"',
  ],
  [
    `local s = string.rep("(", 300) return loadstring("return " .. s .. "1" .. string.rep(")", 300))`,
    'true nil "[string \\"return ((((((((((((((((((((((((((((((((((((((((((((((((((((((((...\\"]:1: chunk has too many syntax levels"',
  ],
  [
    `return loadstring(string.rep("do ", 250) .. string.rep("end ", 250))`,
    'true nil "[string \\"do do do do do do do do do do do do do do do do do do do do do ...\\"]:1: chunk has too many syntax levels"',
  ],
  [
    `local s = {} for i = 1, 201 do s[i] = "local a" .. i end return loadstring(table.concat(s, "\\n"))`,
    'true nil "[string \\"local a1...\\"]:201: main function has more than 200 local variables"',
  ],
  [
    `local s = {} for i = 1, 300 do s[i] = "a" .. i end return loadstring("local " .. table.concat(s, ","))`,
    'true nil "[string \\"local a1,a2,a3,a4,a5,a6,a7,a8,a9,a10,a11,a12,a13,a14,a15,a16,a1...\\"]:1: main function has more than 200 local variables"',
  ],
  [
    `local s = {} for i = 1, 70 do s[i] = "local a" .. i end return loadstring(table.concat(s, " ") .. " return function() return a" .. table.concat({1, 2, 3}, "+a") .. " end")`,
    "true function",
  ],
  [
    `local s = {} for i = 1, 70 do s[i] = "a" .. i end local l = "local " .. table.concat(s, ",") return loadstring(l .. " function f() return " .. table.concat(s, "+") .. " end")`,
    'true nil "[string \\"local a1,a2,a3,a4,a5,a6,a7,a8,a9,a10,a11,a12,a13,a14,a15,a16,a1...\\"]:1: function at line 1 has more than 60 upvalues"',
  ],
  [
    `local s = {} for i = 1, 600 do s[i] = tostring(i) end local t = loadstring("return {" .. table.concat(s, ",") .. "}")() return #t, t[51], t[600]`,
    "true 600 51 600",
  ],
  [
    `local s = {} for i = 1, 400 do s[i] = "'k" .. i .. "'" end local t = loadstring("local t = {} t.x = " .. table.concat(s, " .. ") .. " return #t.x")`,
    "true",
  ],
  [
    `local s = {} for i = 1, 400 do s[i] = "t.k" .. i .. " = t.k" .. i .. " or " .. i .. ".5 x = 1 + " .. i .. ".25" end return #loadstring("local t, x = {} " .. table.concat(s, " ") .. " local s = '' for k in next, t do s = s .. 'x' end return s")()`,
    "true 400",
  ],
  [
    `local s = {} for i = 1, 300 do s[i] = "f(" .. i .. ")" end return loadstring("return {" .. table.concat(s, ",") .. ", ...}")`,
    "true function",
  ],
  [`return loadstring("return " .. string.rep("-", 3) .. "1")`, "true function"],
  [`return loadstring("x =\\n=", "=name")`, "true nil \"name:2: unexpected symbol near '='\""],
  [
    `return loadstring("x =\\n=", string.rep("long", 40))`,
    'true nil "[string \\"longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglon...\\"]:2: unexpected symbol near \'=\'"',
  ],
  [
    `return loadstring("x = =", "@" .. string.rep("long", 40))`,
    "true nil \"...longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong:1: unexpected symbol near '='\"",
  ],
  [
    `return loadstring("x = =", "line\\nline")`,
    'true nil "[string \\"line...\\"]:1: unexpected symbol near \'=\'"',
  ],
  [`return loadstring("return 1", "a")()`, "true 1"],
  [
    `return loadstring("\\27Lua")`,
    'true nil "[string \\"\u001bLua\\"]:1: unexpected symbol near \'char(27)\'"',
  ],
  [
    `return loadstring("#!shebang\\nreturn 5")`,
    'true nil "[string \\"#!shebang...\\"]:1: unexpected symbol near \'#\'"',
  ],
  [
    `local n = 0 return load(function() n = n + 1 return ({"return ", "1 + ", "2"})[n] end)()`,
    "true 3",
  ],
  [`return load(function() error("reader") end)`, 'true nil "case:1: reader"'],
  [
    "return load(function() return {} end)",
    'true nil "case:1: reader function must return a string"',
  ],
  ["return load(5)", "false \"case:1: bad argument #1 to 'load' (function expected, got number)\""],
  [
    `local f = loadstring("return x") setfenv(f, {x = 7}) return f()`,
    "false \"case:1: Script attempted to access nonexistent global variable 'setfenv'\"",
  ],
  [
    "return getfenv",
    "false \"case:1: Script attempted to access nonexistent global variable 'getfenv'\"",
  ],
  [
    "return setfenv",
    "false \"case:1: Script attempted to access nonexistent global variable 'setfenv'\"",
  ],
  ["return type(_G), _VERSION, _G._G == _G", 'true "table" "Lua 5.1" true'],
  ["_G.x = 1", 'false "case:1: Attempt to modify a readonly table"'],
  [`rawset(_G, "x", 1)`, 'false "Attempt to modify a readonly table"'],
  ["setmetatable(_G, {})", 'false "Attempt to modify a readonly table"'],
  ["string.x = 1", 'false "case:1: Attempt to modify a readonly table"'],
  [`getmetatable("").__index = 1`, 'false "case:1: Attempt to modify a readonly table"'],
  [`return getmetatable("").__index == string`, "true true"],
  [
    "return os, io",
    "false \"case:1: Script attempted to access nonexistent global variable 'os'\"",
  ],
  [
    "return print, require",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  [
    "return dofile",
    "false \"case:1: Script attempted to access nonexistent global variable 'dofile'\"",
  ],
  [
    "return loadfile",
    "false \"case:1: Script attempted to access nonexistent global variable 'loadfile'\"",
  ],
  [
    "return newproxy",
    "false \"case:1: Script attempted to access nonexistent global variable 'newproxy'\"",
  ],
  ["return string.dump", "true function"],
  [
    "return debug",
    "false \"case:1: Script attempted to access nonexistent global variable 'debug'\"",
  ],
  [
    "return module",
    "false \"case:1: Script attempted to access nonexistent global variable 'module'\"",
  ],
  [
    "return package",
    "false \"case:1: Script attempted to access nonexistent global variable 'package'\"",
  ],
  [
    "return coroutine.wrap(function() return _G.nothing end)()",
    "false \"case:1: case:1: Script attempted to access nonexistent global variable 'nothing'\"",
  ],
  [
    `return tostring(nil), tostring(true), tostring(1.5), tostring("x"), tostring(setmetatable({}, {__tostring = function() return "T" end}))`,
    'true "nil" "true" "1.5" "x" "T"',
  ],
  [`return select(-1, 1, 2, 3), select(2, "a", "b", "c")`, 'true 3 "b" "c"'],
  ["return select(0)", "false \"case:1: bad argument #1 to 'select' (index out of range)\""],
  ["return select(-5, 1)", "false \"case:1: bad argument #1 to 'select' (index out of range)\""],
  [
    `return tonumber("0x1p4"), tonumber("1e1"), tonumber("  7  "), tonumber("z", 36), tonumber("8", 8), tonumber("ff", 16), tonumber("1e"), tonumber(""), tonumber("-ff", 16), tonumber("inf"), tonumber("nan"), tonumber("0x"), tonumber("-0x10"), tonumber("infinity")`,
    "true 16 10 7 35 nil 255 nil nil 1.8446744073709552e+19 inf nan nil -16 inf",
  ],
  [
    `return tonumber("1.7976931348623159e308"), tonumber("1e400"), tonumber("4.9e-325"), tonumber("0x1.8p1"), tonumber("0x.8"), tonumber("0x1p-1080"), tonumber("0x1p2000"), tonumber("0x123456789abcdef01234"), tonumber("0x0p5"), tonumber("0x1p"), tonumber("nan(1)"), tonumber("-nan")`,
    "true inf inf 0 3 0.5 0 inf 8.5968058283706963e+22 0 nil nan nan",
  ],
  [
    `return ipairs({}), next({}), next({5}), rawequal("a", "a"), rawget({5}, 1)`,
    "true function nil 1 true 5",
  ],
  [`return next({}, "missing")`, "false \"invalid key to 'next'\""],
  ["return next({1, 2}, 5)", "false \"invalid key to 'next'\""],
  ["return unpack({1, 2, 3}, 2), unpack({}, 1, 3)", "true 2 nil nil nil"],
  ["return unpack({}, 1, 1e6)", 'false "case:1: too many results to unpack"'],
  [
    "return setmetatable({}, 5)",
    "false \"case:1: bad argument #2 to 'setmetatable' (nil or table expected)\"",
  ],
  [
    "return setmetatable(5, {})",
    "false \"case:1: bad argument #1 to 'setmetatable' (table expected, got number)\"",
  ],
  [
    "return setmetatable(setmetatable({}, {__metatable = 1}), {})",
    'false "case:1: cannot change a protected metatable"',
  ],
  [
    `return getmetatable(setmetatable({}, {__metatable = "p"})), getmetatable(1), getmetatable("x") ~= nil`,
    'true "p" nil true',
  ],
  [
    `return collectgarbage("bad")`,
    "false \"case:1: bad argument #1 to 'collectgarbage' (invalid option 'bad')\"",
  ],
  ["return gcinfo() > 0", "true true"],
]);

testStories("broken sources have the messages of Redis", [
  [
    `return loadstring("a = (((3) or (function(...) local a, b = ... return string end)) .. \\"abc\\") % ((d(g2) * math.sqrt(1e-5)) <= (load((function() local n = 0 return function() n = n + 1 if n < 4 then return 'n=1 ' end end end)(), \\"[[x]]\\") .. a)))\\nc = nil", "=y")`,
    "true nil \"y:1: unexpected symbol near ')'\"",
  ],
  [`return loadstring("b.y = type({x1})\\na = ((b.z - (-a)) / c.x)", "=y")`, "true function"],
  [
    `return loadstring("do local i = 0 while i < 2 do i = i + 1 count() b = math.deg(3) if (d.x - ((c + a) ^ (b / b))) then out((c / (a:x(string.len(\\"a\\")) > (function(...) local a, b = ... return (b % 3) end))), ((d ~= b) == 1)) end end end\\nif 0 then == local i = 0 while i < 3 do i = i + 1 count() do local i = 0 repeat local z = i i = i + 1 count() a = c local c, c = a(b.y), \\"1e2\\" until z >= 0 end\\nlocal function b() b = a\\nlocal a, d = g1, a return 2 end end end end", "=y")`,
    "true nil \"y:2: unexpected symbol near '=='\"",
  ],
  [
    `return loadstring("local function d(a) a.x then {{x=1}} return b.y end\\nlocal d, b =-1, c", "@x")`,
    "true nil \"x:1: '=' expected near 'then'\"",
  ],
  [
    `return loadstring("for d = a, b do count() for a, c in pairs(c) do count() c.y = d end end\\ndo local i = break while i < 0 do i = i + 1 count() if setmetatable({true}, {__newindex={},__newindex={},__newindex=function(t,k,v) rawset(t,k,v) end}) then do local i = 0 repeat local z = i i = i + 1 count() a, d[((string + table) and (10 and d))] = c, c until z >= 0 end end end end", "=y")`,
    "true nil \"y:2: unexpected symbol near 'break'\"",
  ],
  [
    `return loadstring("local c,, c = (((\\"1e2\\" == \\" 5 \\") ^ c.x) >= {2,10,\\"10\\"}), a[\\"abc\\"]\\ndo do local i = 0 repeat local z = i i = i + 1 count() do local i = 0 repeat local z = i i = i + 1 count() a = ((function(...) local a, b = ... return (-1 / (3 - 255)) end) == (-(function(...) local a, b = ... return dinend))) until z >= 1 end until z >= 1 end local c, b = d.x end", "line\\nmore")`,
    "true nil \"[string \\\"line...\\\"]:1: '<name>' expected near ','\"",
  ],
  [
    `return loadstring("a.y = d\\nfor a = 5, 3 do count() do b.y = ((b:x(function) < b.x) and \\"1e2\\") end do local i = 0 repeat local z = i i = i + 1 count() local function d(a, ...) d.x = {1/3,-129}\\nc = (c < d[10]) return c end\\n a then a = b[{}]\\nlocal a, d = d[d.y] end until z >= 1 end end", "@x")`,
    "true nil \"x:2: '(' expected near ')'\"",
  ],
  [
    `return loadstring("c, c[b.z] = (function(...) local a, b = ... return a:x({y=1e100}) ), (d((a > b)) or a:upper(setmetatable({\\"0x1F\\",true}, {__call=function(self,...) return ... end})))\\ndo local i = 0 while i < 2 do i = i + 1 count() d = (-((c % c:x(type)) and a.z))\\nb.x = d if ((a % a) >= c(string)) then break end end end", "@x")`,
    "true nil \"x:1: 'end' expected near ')'\"",
  ],
  [
    `return loadstring("local a, d = {\\"\\",\\"a,b,,c\\",\\"0x\\",\\"  \\"}\\nfor d = 0, -2, 2 do count() out(pcall(function() b = setmetatable({1,2}, {__index=\\"abc\\"..) return ((0 * a) < (c({1,2,3}) * coroutine.yield())) end)) if d((not c)) then\\"\\" break end end", "@x")`,
    "true nil \"x:2: unexpected symbol near ')'\"",
  ],
  [
    `return loadstring("d, b[(function(...) local a, b = ... return a end)] = {n=-129}, 0\\nif 7 then do local i = 0 while i < 0 do i = i + 1 count() for d, b in (d) do count() d = d:x(d) a = ((-((-d) + setmetatable({\\"1e2\\"}, {__add=5})) or d(a:rep((not d)))) end end end else d = setmetatable({1,2}, {__le=function() return nil end,__newindex={}}) end", "line\\nmore")`,
    "true nil \"[string \\\"line...\\\"]:2: ')' expected near 'end'\"",
  ],
  [
    `return loadstring("c =3..2{}\\nc.y = math.fmod(1e-5,)=)", "line\\nmore")`,
    'true nil "[string \\"line...\\"]:1: malformed number near \'3..2\'"',
  ],
  [
    `return loadstring("out(b(g1), -1)\\nlocal function c(...) for a, b in pairs(a) do count() local d, c = ((b(a) .. a) * 0)\\na, d[((\\"hello world\\" > d) > c(\\"abc\\"))] = d, type(3) end do local i = 0 while i < 2 do i = i + 1 count() if (a({}) or c) then b.x = a:upper(((-c) * (not a))) d.y = ((d(d) .. (c / c,)) .. c) end end end return {\\"10\\"} end", nil)`,
    "true nil \"[string \\\"out(b(g1), -1)...\\\"]:3: ')' expected near ','\"",
  ],
  [
    `return loadstring("d = (not {\\"abc\\",nil,0,2,,-1})\\ndo d.x = c.x end", nil)`,
    'true nil "[string \\"d = (not {\\"abc\\",nil,0,2,,-1})...\\"]:1: unexpected symbol near \',\'"',
  ],
  [
    `return loadstring("local b, clocal = b.z\\nlocal function d() do local  function c(...) 1e b, d = \\"a\\" return {2^32,-1,-129,1.5,3} end end return ({} and b) end", "@x")`,
    "true nil \"x:2: malformed number near '1e'\"",
  ],
  [
    `return loadstring("do local i = 0 while i < 0 do i = i + 1 count() a.y...= ((setmetatable({2,10}, {__unm=function(a,b) return rawequal(a,b) end}) - coroutine.status(cjson.null)) - a) if (c == b:upper(type)) then break end end end\\nb, a[(not c)] = b, (a[d] ^ 7)", nil)`,
    "true nil \"[string \\\"do local i = 0 while i < 0 do i = i + 1 count() a.y...= ((setme...\\\"]:1: '=' expected near '...'\"",
  ],
  [
    `return loadstring("do local i = 0 repeat local z = i i = i + 1 count() local b, d = g2\\nout(pcallbreakfunction() c, d[(function(...) return d[c] end)] = (function(...) return a end), true return (c.y .. a.y) end)) until z>= 0 end\\nout(pcall(function() c = bit.tohex(-2, nil)  type end))", "@x")`,
    "true nil \"x:2: ')' expected near 'c'\"",
  ],
  [
    `return loadstring("b = \\"1e2\\"\\nlocal function b(a) for d, a in pairs[[c) do count() local d, d = (false == (a:rep(10) % (a <= d))) end\\na, a[a(g1)] = c.y, ((d.z g1>= (a == 10)) * d) return db end", nil)`,
    'true nil "[string \\"b = \\"1e2\\"...\\"]:3: unfinished long string near \'<eof>\'"',
  ],
  [
    `return loadstring("c = ((function(...) return {-3.7,0x10,127,-0.5} end) == (c.. 10))\\nout((b((c * (d % b))) / (\\"abc\\" >= a:x((c and b)))), (((and(...) local a, b = ... return d end) * b.y) == a:upper(b(\\"\\").))", "@x")`,
    "true nil \"x:2: unexpected symbol near 'and'\"",
  ],
  [
    `return loadstring("for a, b in pairs(a) do count() do local i = 0 repeat local z = i i = i + 1 count() d = (g2 / (-((d .. b) + (-10)))) until z >: 0 end end\\nlocal function b() do local i = 0 repeat local z = i i = i + 1 count() c.y = ((cjson.null or (type or g2)) % (function(...) local a, b = ... return (2 ~= a) end)) until z >= 2 end return ((function(... return b end) ^ a:upper(b) ) end", nil)`,
    'true nil "[string \\"for a, b in pairs(a) do count() do local i = 0 repeat local z =...\\"]:1: unexpected symbol near \':\'"',
  ],
  [
    `return loadstring("b]]= {,\\"0x1F\\"}\\nd = b[(not cmsgpack.unpack_one(\\"\\\\194\\\\240\\\\144\\\\145\\\\195\\\\195\\\\210\\", 3, 2))]", nil)`,
    'true nil "[string \\"b]]= {,\\"0x1F\\"}...\\"]:1: \'=\' expected near \']\'"',
  ],
  [
    `return loadstring("b = ((({true} / b[0]) == a:x(cjson.encode_invalid_numbers(true))) + (not a))\\ndo local i end 0 repeat local z = i i = i + 1 count() b = setmetatable({1,2}, {__index=function(t,k) return k end}) until z >= 1 end", "@x")`,
    "true nil \"x:2: unexpected symbol near '0'\"",
  ],
  [
    `return loadstring("for d = 5, -2 do count() out(pcall(function() c = setmetatable({1,2}, {__sub=function(a,b) return a,b end,__tostring=\\"s\\"}) return (\\"foo=bar, baz=qux\\" and {-1,1e21,123456789012345}) end)) for a =~1, 3, -1 do count() do local i = 0 repeat local z = i i = i + 1 count() local d, b = b until z >= 0 end local function b(a) c.y = d.x\\nb nil (a[(a <= d)] or ((2 <= (function(...) local a, b = ... return b end)) <= {x=1})) return c end end end\\na.y = 2", "line\\nmore")`,
    'true nil "[string \\"line...\\"]:1: unexpected symbol near \'~\'"',
  ],
  [
    `return loadstring("a = setmetatable({}, {__index=(\\"abc\\",__unm=function(a,b) return rawequal(a,b) end})\\ndo local i =[=0 while i < 2 do i = i + 1 count() local function d(a) b = c.y d.x = a return (d ~= a({})) end end end", "=y")`,
    "true nil \"y:1: ')' expected near ','\"",
  ],
  [
    `return loadstring("b = (function(...) local a, b = ... return d.z end)\\ndo local i = 0 repeat local z = i i = i + 1 count() local function a(...) a = ((-(c.y and (true >= b))) + (function(...)0xlocal a, b = ...functionreturn (not (c < c)) end)) return (not (3 <= b)) end\\nlocal a, c = (a({\\"\\",\\"hello world\\"}) * \\"\\"), (function(...) local a, b = ... return b end) if ((c / table) / (d > 10)) then break end until z >= 2 end", "line\\nmore")`,
    'true nil "[string \\"line...\\"]:2: malformed number near \'0xlocal\'"',
  ],
  [
    `return loadstring("for c, d in pairs(a) do count() c, a[a[\\" 5 \\"]] = {}, c end\\nif (((function(...) return d end) * 0) {= (c.z + (d == a))) then a.x = (true <= -1) else out(pcall(function() b = -2 return (rawget({-128,-1,3.7,100}, \\"10\\") / ((not b) / (until(...) local a, b = ... return a end))) end)) end", "@x")`,
    "true nil \"x:2: unexpected symbol near '='\"",
  ],
  [
    `return loadstring("b, c[c] = cjson.decode_max_depth(-100, cjson.null), c.x\\nlocal a, b = a[d[setmetatable({{1,2,3},0}, {__mul=function() end})],], a[{255}]", "line\\nmore")`,
    "true nil \"[string \\\"line...\\\"]:2: ']' expected near ','\"",
  ],
  [
    `return loadstring("do local i = 0 while i < 3 do i = i + 1 count() if d then c = ((a and (error() ~= (b ~= 7))) < ((10 ~= (-2 or {})) > b:rep((not d)))) end\\nlocal function b(a, b) for b, c in ipairs(b) do count() d.y = {\\"abc\\",\\"-7\\",\\"\\",\\"1e2\\",\\"foo=bar, baz=qux\\",\\"abc\\"} end return (g2 % \\" 5 \\") end end end\\nfor b, c in pairs(a) do count() do local i =and0 repeat local z = i i = i + 1 count() d = coroutine.wrap(function() error() ) until z >= 0 end end", "line\\nmore")`,
    'true nil "[string \\"line...\\"]:3: unexpected symbol near \')\'"',
  ],
  [
    `return loadstring("for b = a, -2, c do count() d.x = (b.x and (rawget({2^53,128,-2^63,3,-2^63,1/0}, \\"1e2\\") <\\"(d and -2))) end\\nout(b.z, b:x(a)", "=y")`,
    'true nil "y:1: unfinished string near \'\\"(d and -2))) end\'"',
  ],
  [
    `return loadstring("local d, d = (a[{1,2,-3}] - (c:x(d) + b(b))), {}\\nc.y =1ea", "=y")`,
    "true nil \"y:2: malformed number near '1ea'\"",
  ],
  [
    `return loadstring("a, d'((b <= {1,2,3}) ^ d)] = b, a(bit.bxor(-1e100, 100))\\nb = string.find(\\"THE (quick) fox\\", \\"[[x]]\\", 2.7)", "line\\nmore")`,
    'true nil "[string \\"line...\\"]:1: unfinished string near \'\'((b <= {1,2,3}) ^ d)] = b, a(bit.bxor(-1e100, 100))\'"',
  ],
  [
    `return loadstring("c, b[(math.ceil(2.5, type) > b(b))] = ((b ^ (function(...) local a, b = ... return b end)) <) b), c\\nd, a[c[c.x]] = (7 <= a.x), (((d <= {x=1}) ..until(table .. \\"10\\")) - a((b or a)))", "line\\nmore")`,
    'true nil "[string \\"line...\\"]:1: unexpected symbol near \')\'"',
  ],
  [
    `return loadstring("d = setmetatable({x=1}, {__call=5,__add=5in)\\nfor a, c in ipairs(c) do count() a = (-d.x) end", "@x")`,
    "true nil \"x:1: malformed number near '5in'\"",
  ],
  [
    `return loadstring("out3..2(string.upper(10) * (-((b - 10) < a(c)))), (b.x >= ((g2 == b) or b[g2])))\\nout(pcall(function() for d, c in pairs(b) do[[count() if d(d) then local c, c = ({} * c:x(a)) b, d[a] = a, (b[table] - g1) end end return setmetatable({}, {__div=function(a,b) return type(a)..type(b) end,__tostring=\\"s\\"}) end))", "@x")`,
    "true nil \"x:1: '=' expected near '..'\"",
  ],
  [
    `return loadstring("do locali = 0 repeat local z = i i = i+ 1 count() d, d[table] = c.z, (b[{x=1}] - b:rep(bit.bxor(2^32, 1))) until z >= 1 end\\ndo c, b[d]local= 3, a d, c[10] = table, ((b(g2) * {[true]=1/0}) and (a and {})) end", "=y")`,
    "true nil \"y:2: '=' expected near 'local'\"",
  ],
  [
    `return loadstring("for d, d in pairs()) do count() d = (((string.reverse(\\" 5 \\") % (c + c)) + tablebreak .. {}) end\\nc = setmetatable({x=1}, {__mod=function(a) return a end,__add=5,__tostring=\\"s\\"})", "@x")`,
    "true nil \"x:1: 'do' expected near ')'\"",
  ],
  [
    `return loadstring("do local i = 0 repeat local z = i i = i + 1 count() local function b(a, ...) do local i = 0 repeat local z = i i = i + 1 count() local c, c = (#(c[\\"10\\"] <= (a % c))), c until z \\\\n= 2 end for d, b in ipairs(b) do count() a = b a, a[c] = c((#c:), setmetatable({7,-2}, {__add=function(a,b) return 1 end,__call=5}) end return (function(...) local a, b = ... return \\"hello world\\" end) end\\nb.x = ((c .. d(d)) >= {}) until z >= 1 end\\nout(d, {})", "=y")`,
    "true nil \"y:1: unexpected symbol near '\\\\'\"",
  ],
  [
    `return loadstring("local a, b = struct.size(\\"i3!3\\"), ((struct.pack(\\"Bdi16I\\", 7, 2, cjson.null) ^ ==(function(...) return b end)) and a.x)\\nout(pcall(function() a.y = b((a.z ==(3 ~= a))) return g1 end))", "line\\nmore")`,
    'true nil "[string \\"line...\\"]:1: unexpected symbol near \'==\'"',
  ],
  [
    `return loadstring("for c, d in pairs(a) do count() do if (((b > ) <= (d < \\"a\\")) / (0 >= ipairs({\\"  \\",\\"hello world\\"}))) then local d, b = d end\\ndo local i = 0 repeat local z = i i = i + 1 count() a = (function(...) return {cjson.null} end) if\\\\((table * 2) < string) then break end until z >= 2 end end end\\ndo local i = 0 repeat local z = i i = i + 1 count() for c, d in pairs(b) do () out((function(...) return (-a) end), (c > b.y)) end until z >= 1 end", "@x")`,
    "true nil \"x:1: unexpected symbol near ')'\"",
  ],
  [
    `return loadstring("b = (((d < (d {= a)) + (-(255 - b))) < table)\\ndo b = (255 ~= d) out(pcall(function() do local i = 0 while i < 0 do i = i + 1 count() b.x = (d.x ==(function(...) return b end)) end end\\ndo c = ((b ^ ((0 <= \\"hello world\\") / (#g1))) == (((not b) < (a and 1)) - (string.byte() - (#a)))) a = (b.x >= (a((c - \\"foo=bar, baz=qux\\")) / b)) end return (c < {type,-1,\\"\\",3}) )end)) end", "=y")`,
    "true nil \"y:1: unexpected symbol near '='\"",
  ],
  [
    `return loadstring("out(pcall(function() for c = a, b do count() local c, a = (a or ((,a + a) ^ (#a))), \\"a\\" d = setmetatable({}, {__concat=function(a,b) return \\"c\\"breakend,__pow0xfunction(a,b) return b end,__lt=1}) end return d end))\\nout(((not b) - 1), d(d.y))", nil)`,
    'true nil "[string \\"out(pcall(function() for c = a, b do count() local c, a = (a or...\\"]:1: unexpected symbol near \',\'"',
  ],
]);
