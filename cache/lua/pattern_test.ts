import { testStories } from "./test_util.ts";

testStories("what is done by a short way gives what it gives in Redis", [
  [
    String
      .raw`return ("a,b,,c"):find(",", 2), ("a,b,,c"):match("([^,]*),,(.)"), ("key=val"):match("^(%w+)=(%w*)$"), ("key="):match("^(%w+)=(%w*)$"), ("=v"):match("^(%w+)=(%w*)$")`,
    'true 2 "b" "key" "key" nil',
  ],
  [
    String
      .raw`return ("aaab"):match("a*b"), ("aaab"):match("a*ab"), ("aaab"):match("a-b"), ("aaab"):match("(a-)(a*)b"), ("xaab"):match("a?ab"), ("xaab"):match("xa?b"), ("ab"):match("a?b?$")`,
    'true "aaab" "aaab" "aaab" "" "aab" nil "ab"',
  ],
  [
    String
      .raw`return ("a.b.c"):match("^(.*)%.(.*)$"), ("a.b.c"):match("^(.-)%.(.*)$"), ("  trim  "):match("^%s*(.-)%s*$"), (" "):match("^%s*(.-)%s*$")`,
    'true "a.b" "a" "trim" ""',
  ],
  [
    String
      .raw`return pcall(string.find, "b", "a*)b"), pcall(string.find, "b", "(a*b"), pcall(string.match, "", "a*)"), pcall(string.match, "xx", "x-)%1")`,
    'true false false false false "invalid pattern capture"',
  ],
  [
    String
      .raw`return pcall(string.find, "b", ("("):rep(33) .. "a"), pcall(string.find, "b", ("("):rep(32) .. "a"), pcall(string.find, "a", ("()"):rep(33) .. "a"), select("#", ("a"):find(("()"):rep(32) .. "a"))`,
    "true false true false 34",
  ],
  [
    String
      .raw`return pcall(string.gsub, "abc", "%w", "%2"), pcall(string.gsub, "abc", "(a", "x"), pcall(string.rep("x", 3).gsub, "abc", "b[", "x"), pcall(string.match, "abc", "b[")`,
    "true false true false false \"malformed pattern (missing ']')\"",
  ],
  [
    String
      .raw`return ("hello"):gsub("", "-"), ("hello"):gsub("l*", "x"), ("hello"):gsub("^h", "j"), ("hello"):gsub("^x", "j"), ("abc abc"):gsub("%w+", "%0 %0", 1), ("abc"):gsub("b", "%%"), ("abc"):gsub("()", "%1")`,
    'true "-h-e-l-l-o-" "xhxexxox" "jello" "hello" "abc abc abc" "a%c" "1a2b3c4" 4',
  ],
  [
    String
      .raw`local t = {} for k, v in ("a=1, b=22,c="):gmatch("(%w+)=(%w*)") do t[#t + 1] = k .. v end for w in ("^a^a"):gmatch("^a") do t[#t + 1] = w end for p in ("ab"):gmatch("()") do t[#t + 1] = p end return table.concat(t, " ")`,
    'true "a1 b22 c ^a ^a 1 2 3"',
  ],
  [
    String.raw`local f = ("ab"):gmatch("%w") return f(), f(), f(), f()`,
    'true "a" "b" nil',
  ],
  [
    String
      .raw`return ("THE (quick) fox"):find("%((%a+)%)"), ("x(a(b)c)y"):match("%b()"), ("THE fox"):gsub("%f[%a]%a+", "<%0>"), ("abab"):match("(a)(b)%1%2"), ("abac"):match("(a)b%1(.)"), ("aXb"):match("()%u()")`,
    'true 5 "(a(b)c)" "<THE> <fox>" "a" "a" 2 3',
  ],
  [
    String
      .raw`return ("a+b"):find("+", 1, true), ("a+b"):find("+b"), ("a\0b"):find("\0b"), ("a\0b"):find("a\0x"), ("x.y"):find("."), ("x.y"):find(".", 2, true), ("xy"):find("", 10), ("xy"):find("", 3)`,
    "true 2 2 2 nil 1 2 3 3 2",
  ],
  [
    String
      .raw`return ("\228\246\252aB"):upper(), ("\196\214\220Ab"):lower(), ("aB\127"):upper(), (""):upper()`,
    'true "äöüAB" "ÄÖÜab" "AB" ""',
  ],
  [
    String
      .raw`local s = ("x"):rep(600) .. "0123456789abcdef" return s:sub(601, 604), s:sub(601, 616), s:sub(590, 602), #s:sub(1, 500), s:sub(-3)`,
    'true "0123" "0123456789abcdef" "xxxxxxxxxxx01" 500 "def"',
  ],
  [
    String
      .raw`local t, n = setmetatable({}, {__index = function(t, i) if i < 4 then return i * 10 end end}), 0 for i, v in ipairs(t) do n = n + v end for i, v in ipairs({1, 2, nil, 4}) do n = n + v end local f, s, c = ipairs({5, 6}) for i, v, x in f, s, 0.5 do n = n + v + (x or 0) end for i in f, {7}, "0" do n = n + i end return n, pcall(function() for i in f, 5, 0 do end end), pcall(function() for i in f, {}, {} do end end)`,
    "true 15 false false \"case:1: bad argument #2 to '(for generator)' (number expected, got table)\"",
  ],
  [
    String
      .raw`local t = {} for i in function(s, c) if c < 3 then return c + 1 end end, nil, 0 do t[#t + 1] = i end for v in tostring, 1 do t[#t + 1] = v break end for v in tostring, setmetatable({}, {__tostring = function() return "z" end}) do t[#t + 1] = v break end return table.concat(t, " "), pcall(function() for x in 5 do end end)`,
    'true "1 2 3 1 z" false "case:1: attempt to call a number value"',
  ],
  [
    String
      .raw`local t, n = {}, 0 for i = -300, 300 do t[i * 1024] = i t[i + 0.5] = -i t["k" .. i] = 1 end for i = -300, 300 do n = n + t[i * 1024] * i - t[i + 0.5] + t["k" .. i] end for i = -300, 300, 2 do t[i * 1024] = nil end local c = 0 for k, v in pairs(t) do c = c + 1 end return n, c, t[1024], t[2048], t[-1024], t[0]`,
    "true 18090701 1502 1 nil -1 nil",
  ],
  [
    String
      .raw`local t, keys = {}, {"a", "b", "c"} for r = 1, 40 do for i = 1, 3 do local k = keys[i] t[k] = (t[k] or 0) + i end end for i = 1, 30 do local k = keys[1] t[k] = nil t[k] = t[k] end return t.a, t.b, t.c`,
    "true nil 80 120",
  ],
  [
    String
      .raw`local log = {} local t = setmetatable({}, {__newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end, __index = function(t, k) return 1 end}) local k = "x" for i = 1, 40 do t[k] = t[k] + 1 end t[k] = nil t[k] = 5 return t.x, #log`,
    "true 5 2",
  ],
  [
    String
      .raw`local p = setmetatable({a = "1"}, {__index = function(t, k) return k == "b" and "2" or nil end}) local q = setmetatable({}, {__index = p}) return ("abc"):gsub("%w", p), ("abc"):gsub("%w", q), ("abc"):gsub("(%w)", q, 2), pcall(string.gsub, "abc", "%w", setmetatable({}, {__index = 5}))`,
    'true "12c" "12c" "12c" false "attempt to index a number value"',
  ],
  [
    String
      .raw`return ("aa"):match("()%1"), ("(a"):match("%b()"), ("x"):match("%b()"), pcall(string.match, "abc", "%1"), pcall(string.match, "a", "%"), ("abc"):match("a.-$"), ("abc"):match("^b-c")`,
    'true nil nil nil false false "abc" nil',
  ],
  [
    String
      .raw`local t = {} for i = 1, 200 do t["k" .. i] = i t["k" .. i - 3] = nil end local n = 0 for k, v in pairs(t) do n = n + v end return n, t.k200, t.k1`,
    "true 597 200 nil",
  ],
  [
    String
      .raw`local o = setmetatable({}, {__tostring = function() return "z" end}) for i = 1, 9 do for v in tostring, o do break end end return pcall(error, "x")`,
    'true false "x"',
  ],
  [
    String
      .raw`local t = {} table.insert(t, -0, "x") return tostring(next(t))`,
    'true "0"',
  ],
  [
    `local t = {${
      "nil,".repeat(200)
    }} t[-1] = 1 t[-2] = 1 t[-3] = 1 t[200] = 5 return t[200], t[-3], t[199]`,
    "true 5 1 nil",
  ],
]);
