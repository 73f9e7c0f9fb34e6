import { testStories } from "./test_util.ts";

testStories("the libraries work as in Redis", [
  [
    `return ("x"):byte(), ("abc"):byte(1, -1), string.char(), ("abc"):sub(-2), ("abc"):sub(2, 1), ("abc"):sub(0), ("aBc"):upper(), ("aBc"):lower(), ("abc"):reverse(), ("ab"):rep(3), ("ab"):rep(-1), ("abc"):len()`,
    'true 120 97 "" "bc" "" "abc" "ABC" "abc" "cba" "ababab" "" 3',
  ],
  ["return string.char(256)", "false \"case:1: bad argument #1 to 'char' (invalid value)\""],
  ["return string.char(-1)", "false \"case:1: bad argument #1 to 'char' (invalid value)\""],
  [
    `return (string.rep("x", 10000)):byte(1, -1)`,
    'false "case:1: stack overflow (string slice too long)"',
  ],
  [
    `return ("hello world"):find("o w"), ("hello"):find("l", 1, true), ("a.b"):find(".", 2, true), ("abc"):find("b", -1), ("abc"):find("", 10), ("abc"):find("", 4), ("a+b"):find("+", 1, true)`,
    "true 5 3 2 nil 4 4 2 2",
  ],
  [
    `return ("key = value"):match("^(%w+)%s*=%s*(%w+)$"), ("2024-01-02"):match("(%d+)-(%d+)-(%d+)"), ("abc"):match("()b()"), ("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):find("%f[%a]%a+%f[%A]")`,
    'true "key" "2024" 2 "(a(b)c)" 1 3',
  ],
  [
    `return ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("", "-"), ("hello world"):gsub("o", "0", 1), ("abc"):gsub("b", "%%"), ("$name"):gsub("%$(%w+)", {name = "x"}), ("abc"):gsub("%w", function(c) if c == "b" then return false end return c:upper() end)`,
    'true "aabbcc" "-a-b-c-" "hell0 world" "a%c" "x" "AbC" 3',
  ],
  [
    `return ("abc"):gsub("(a)(b)", "%2%1"), ("abc"):gsub("a", "%2")`,
    'false "case:1: invalid capture index"',
  ],
  [
    `return ("abc"):gsub("a", function() return {} end)`,
    'false "case:1: invalid replacement value (a table)"',
  ],
  [`return ("abc"):gsub("a", {a = {}})`, 'false "case:1: invalid replacement value (a table)"'],
  [
    `return ("abc"):gsub("a", true)`,
    "false \"case:1: bad argument #2 to 'gsub' (string/function/table expected)\"",
  ],
  [`return ("abc"):gsub("(a", "x")`, 'true "xbc" 1'],
  [`return ("abc"):gsub("a)", "x")`, 'false "case:1: invalid pattern capture"'],
  [`return ("abc"):match("[a")`, "false \"case:1: malformed pattern (missing ']')\""],
  [`return ("abc"):match("%")`, "false \"case:1: malformed pattern (ends with '%')\""],
  [`return ("abc"):match("%b")`, 'false "case:1: unbalanced pattern"'],
  [`return ("abc"):match("%f")`, "false \"case:1: missing '[' after '%f' in pattern\""],
  [`return ("abc"):match("%1")`, 'false "case:1: invalid capture index"'],
  [
    `return ("aa"):match("(a)%1"), ("abab"):match("(ab)%1"), ("abx"):match("(ab)%1")`,
    'true "a" "ab" nil',
  ],
  [`return ("x"):match(string.rep("(x?)", 33))`, 'false "case:1: too many captures"'],
  [
    `return ("x"):match(string.rep("()", 32))`,
    "true 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
  ],
  [
    `return ("x-y"):gsub("%-", "+"), ("a]b"):gsub("[]]", "!"), ("a^b"):gsub("[%^]", "!"), ("a-z"):gsub("[a%-]", "!"), ("09az"):gsub("[0-9a-f]", "."), ("\\0a"):gsub("%z", "0"), ("A1 .\\n"):gsub("[%u%d%s%p%c]", "."), ("A1 .\\n"):gsub("[^%U%D]", ".")`,
    'true "x+y" "a!b" "a!b" "!!z" "...z" "0a" "....." "A1 .\\\n" 0',
  ],
  [
    `return ("aXb"):gsub("%X", "."), ("aXb"):gsub("%L", "."), ("a b"):gsub("%S", "."), ("a.b"):gsub("%P", "."), ("a\\1b"):gsub("%C", "."), ("a\\1b"):gsub("%Z", "."), ("ab"):gsub("a*?", "x")`,
    'true "a.b" "a.b" ". ." "..." ".\u0001." "..." "ab" 0',
  ],
  [
    `local r = {} for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do r[#r + 1] = k .. v end for w in ("one two"):gmatch("%a+") do r[#r + 1] = w end for p in ("abc"):gmatch("()") do r[#r + 1] = p end return r`,
    'true {1="a1",2="b2",3="one",4="two",5=1,6=2,7=3,8=4}',
  ],
  [`return string.gfind("a", "a")`, "true function"],
  [
    `return string.format("%d %5d %-5d| %05d %+d % d %i", 1, 2, 3, 4, 5, 6, 7.9), string.format("%x %X %#x %o %#o %u", 255, 255, 255, 8, 8, 9), string.format("%e %E %.2e %f %.0f %#.0f %g %G %#g", 1, 2, 3, 4, 5, 6, 1e20, 1e-10, 1)`,
    'true "1     2 3    | 00004 +5  6 7" "ff FF 0xff 10 010 9" "1.000000e+00 2.000000E+00 3.00e+00 4.000000 5 6. 1e+20 1E-10 1.00000"',
  ],
  [
    `return string.format("%s %10s %-10s| %.2s %q %c%c %%", "a", "b", "c", "def", 'q"\\n\\0\\r\\\\', 65, 0)`,
    'true "a          b c         | de \\"q\\\\\\"\\\\\\\n\\\\000\\\\r\\\\\\\\\\" A %"',
  ],
  [
    `return string.format("%5.1f|%-8.3f|%+.1f|%08.2f|% f", 1.25, 2.5, 3.75, -4.5, 5), string.format("%g %g %g", 1/0, -1/0, 0/0), string.format("%5s %05d %5.1f", 1/0, -3, 1/0), string.format("%d %x", -1, -1), string.format("%.20f", 0.1), string.format("%.3d %.0d %5.3d", 5, 0, 7), string.format("%a", 1)`,
    "false \"case:1: invalid option '%a' to 'format'\"",
  ],
  [
    `return string.format("%s", string.rep("x", 200)), string.format("%.150s", string.rep("y", 200))`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [`return string.format("%d")`, "false \"case:1: bad argument #2 to 'format' (no value)\""],
  [
    `return string.format("%d", "x")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [`return string.format("%y", 1)`, "false \"case:1: invalid option '%y' to 'format'\""],
  [
    `return string.format("%123d", 1)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [`return string.format("%-+ #0-d", 1)`, 'false "case:1: invalid format (repeated flags)"'],
  [
    `return string.format("%.123d", 1)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%s", {} and nil), string.format("%s", true), string.format("%d", "10")`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got nil)\"",
  ],
  [
    `return string.format("%d %d", 2^53, -2^63), string.format("%d", 1e300), string.format("%x", 2^63), string.format("%c", 300), string.format("%#o", 0), string.format("%#x", 0), string.format("%+5s", "x"), string.format("%f", 1e300)`,
    'true "9007199254740992 -9223372036854775808" "-9223372036854775808" "8000000000000000" "," "0" "0" "    x" "1000000000000000052504760255204420248704468581108159154915854115511802457988908195786371375080447864043704443832883878176942523235360430575644792184786706982848387200926575803737830233794788090059368953234970799945081119038967640880074652742780142494579258788820056842838115669472196386865459400540160.000000"',
  ],
  [
    `return table.concat({1, 2, 3}, ", "), table.concat({"a", "b", "c"}, "-", 2, 3), table.concat({}, "x"), table.concat({1}, "x", 5)`,
    'true "1, 2, 3" "b-c" "" ""',
  ],
  [
    "return table.concat({1, {}, 3})",
    "false \"case:1: invalid value (table) at index 2 in table for 'concat'\"",
  ],
  [
    "local t = {1, 2, 3} table.insert(t, 4) table.insert(t, 1, 0) local r = table.remove(t) local s = table.remove(t, 1) return t, r, s, table.remove({}), table.remove(t, 9), table.remove(t, 2), t",
    "true {1=1,2=3} 4 0 nil nil 2 {1=1,2=3}",
  ],
  ["table.insert({}, 1, 2, 3)", "false \"case:1: wrong number of arguments to 'insert'\""],
  ["table.insert({})", "false \"case:1: wrong number of arguments to 'insert'\""],
  [`local t = {} table.insert(t, 5, "x") table.insert(t, -1, "y") return t`, 'true {-1="y",5="x"}'],
  [
    `local t = {1, 2, 3, x = 1} table.foreach({5}, function(k, v) t.k = k + v end) table.foreachi(t, function(i, v) t.x = t.x + i * v end) return t, table.getn(t), table.maxn({[7] = 1, [2.5] = 1}), table.foreach({1}, function() return "stop" end), table.foreachi({1}, function() return "stop" end)`,
    'true {1=1,2=2,3=3,"k"=6,"x"=15} 3 7 "stop" "stop"',
  ],
  ["table.setn({}, 1)", "false \"case:1: 'setn' is obsolete\""],
  [
    `local t = {5, 3, 1, 4, 2} table.sort(t) local u = {5, 3, 1, 4, 2} table.sort(u, function(a, b) return a > b end) local v = {"b", "a", "C"} table.sort(v) return t, u, v`,
    'true {1=1,2=2,3=3,4=4,5=5} {1=5,2=4,3=3,4=2,5=1} {1="C",2="a",3="b"}',
  ],
  [`return pcall(table.sort, {3, "x", 1})`, 'true false "attempt to compare string with number"'],
  [
    "return pcall(table.sort, {1, 2, 3, 4, 5}, function() return true end)",
    'true false "invalid order function for sorting"',
  ],
  [
    "return pcall(table.sort, {1, 2, 3}, 5)",
    "true false \"bad argument #2 to '?' (function expected, got number)\"",
  ],
  [
    `local t = {} for i = 1, 200 do t[i] = (i * 7919) % 211 end table.sort(t) for i = 2, 200 do if t[i - 1] > t[i] then return "unsorted" end end return t[1], t[200]`,
    "true 1 210",
  ],
  [
    `local t = setmetatable({}, {__index = function(t, k) return k end}) return table.concat(t, ",", 1, 3), unpack(t, 1, 2)`,
    "false \"case:1: invalid value (nil) at index 1 in table for 'concat'\"",
  ],
  [
    "return math.abs(-1), math.ceil(1.2), math.floor(-1.2), math.fmod(5, 3), math.fmod(-5, 3), math.max(1, 3, 2), math.min(3, 1, 2), math.modf(3.7), math.modf(-1/0), math.frexp(8), math.frexp(0), math.frexp(5e-324), math.frexp(1/0), math.ldexp(1, 10), math.sqrt(16), math.pow(2, 3), math.deg(math.pi), math.rad(180), math.huge, math.pi, math.atan2(1, 1)",
    "true 1 2 -2 2 -2 3 1 3 -inf 0.5 0 0.5 inf 1024 4 8 180 3.1415926535897931 inf 3.1415926535897931 0.78539816339744828",
  ],
  [
    "math.randomseed(5) local a, b, c = math.random(), math.random(10), math.random(5, 7) math.randomseed(5) return a, b, c, a == math.random(), b == math.random(10)",
    "true 0.52483957937212644 3 7 true true",
  ],
  ["return math.random(0)", "false \"case:1: bad argument #1 to 'random' (interval is empty)\""],
  ["return math.random(2, 1)", "false \"case:1: bad argument #2 to 'random' (interval is empty)\""],
  ["return math.random(1, 2, 3)", 'false "case:1: wrong number of arguments"'],
  [
    "return math.max()",
    "false \"case:1: bad argument #1 to 'max' (number expected, got no value)\"",
  ],
  [
    `return math.floor("x")`,
    "false \"case:1: bad argument #1 to 'floor' (number expected, got string)\"",
  ],
  [
    "return math.floor(nil)",
    "false \"case:1: bad argument #1 to 'floor' (number expected, got nil)\"",
  ],
  [
    "return math.modf(0/0), math.mod(7, 4), math.sinh(0), math.cosh(0), math.tanh(0), math.log(1), math.log10(100), math.exp(0), math.asin(0), math.acos(1), math.atan(0), math.sin(0), math.cos(0), math.tan(0)",
    "true nan 3 0 1 0 0 2 1 0 0 0 0 1 0",
  ],
  [
    "return bit.band(255, 15), bit.bor(1, 2), bit.bxor(3, 5), bit.bnot(0), bit.lshift(1, 31), bit.rshift(-1, 28), bit.arshift(-8, 1), bit.rol(0x12345678, 8), bit.ror(0x12345678, 8), bit.bswap(0x12345678), bit.tobit(2^32 + 5), bit.tohex(255), bit.tohex(255, 4), bit.tohex(255, -4), bit.tohex(-1, 20), bit.tobit(2^40 + 1), bit.tobit(-2^31), bit.tobit(1.5), bit.tobit(2.5), bit.tohex(255, 0)",
    'true 15 3 6 -1 -2147483648 15 -4 878082066 2014458966 2018915346 5 "000000ff" "00ff" "00FF" "ffffffff" 1 -2147483648 2 2 ""',
  ],
  [
    "return bit.band()",
    "false \"case:1: bad argument #1 to 'band' (number expected, got no value)\"",
  ],
  [
    `return bit.band("x")`,
    "false \"case:1: bad argument #1 to 'band' (number expected, got string)\"",
  ],
  ["return bit.tobit(0/0), bit.tobit(1/0), bit.tobit(1e20)", "true 0 0 2025163840"],
]);

testStories("patterns match as in Redis", [
  [
    `return string.gsub("(\\nxab=12World)", "^%2%.%2+$", "abc")`,
    'false "case:1: invalid capture index"',
  ],
  [`return string.find("THE (quick) fox", ".[]]*")`, "true 1 1"],
  [`return string.match("1e2", "(o)(a*)*,[=,]+")`, "true nil"],
  [`return string.find("[[x]]", "^=[^abc]+[a-]%a-$", nil)`, "true nil"],
  [`return string.find("", "%s*%1%A", nil)`, 'false "case:1: invalid capture index"'],
  [`return string.find("  ", "%1%.%1x-[%w_]")`, 'false "case:1: invalid capture index"'],
  [`return string.find("ab", "^%S%s[%a-z][%w_]%u", "2")`, "true nil"],
  [`return string.gsub("", "%u[a-z].+%1?%f", 5)`, 'true "" 0'],
  [`return string.gsub("=World(a", "^(a*)x.%d+%c", "x")`, 'true "=World(a" 0'],
  [`return string.gsub("12b_", "%w%D?%A", function(...) return ... end, nil)`, 'true "12b_" 2'],
  [`return string.find("xll=((a)b)\\0=foo((a)b)", "%W? ")`, "true nil"],
  [`return string.match("a", "(a*).+")`, 'true ""'],
  [`return string.find("\\0((a)b)\\na12", "%zal?%d*%w)", -2)`, "true nil"],
  [
    `return string.gsub("=llab\\0o(foo", "b,", function() return {} end)`,
    'true "=llab\\000o(foo" 0',
  ],
  [`return string.match("_)((a)b)12", "=%D[=,]o+")`, "true nil"],
  [
    `local t = {} for a, b in string.gmatch("1e2", "^%%") do t[#t+1] = a t[#t+1] = b end return t`,
    "true {}",
  ],
  [
    `return string.gsub("", "%a", nil)`,
    "false \"case:1: bad argument #3 to 'gsub' (string/function/table expected)\"",
  ],
  [`return string.match("\\nab", "%.o+o+=[^]]*")`, "true nil"],
  [`return string.match("foo", "^%u%x[]] ")`, "true nil"],
  [`return string.match(",", "%2*[a-z]%bx")`, 'false "case:1: invalid capture index"'],
  [`return string.find("_=) )b\\n\\0", "^.+")`, "true 1 8"],
  [`return string.gsub("foo=llo_o)", "(.-)*%w[=,]?%1$", "%%")`, 'true "foo=llo_o)" 0'],
  [`return string.match("%", "ao+%c*")`, "true nil"],
  [`return string.find("),_12,", "[^]]o? ()")`, "true nil"],
  [`return string.match("=,", "%p%D*%x%bxx%S*$")`, "true nil"],
  [`return string.gsub(" 5 ", "[]][a-z]=x-", 5)`, 'true " 5 " 0'],
  [`return string.gsub(")ox12=\\nb", "()-", function(...) return ... end)`, 'true ")ox12=\\\nb" 0'],
  [`return string.match("oWorld==", "^%S-%%*[0-9](")`, "true nil"],
  [`return string.gsub("fooab=foofoo(_", "^x%u[=,](.-)*[0-9]$", "%2")`, 'true "fooab=foofoo(_" 0'],
  [`return string.match("ab x", "(o)$")`, "true nil"],
  [
    `local t = {} for a, b in string.gmatch("", "(.-)%a*[^abc]") do t[#t+1] = a t[#t+1] = b end return t`,
    "true {}",
  ],
  [
    `return string.gsub("aWorlda(llo", "[%w_]*%2(.-)%b()$$", function() return {} end, 2.7)`,
    'false "case:1: invalid capture index"',
  ],
  [`return string.find("nan", "%f[%W][%a-z]")`, "true nil"],
  [`return string.match("12o)_12,", " %2?%S-%d")`, "true nil"],
  [`return string.gsub("\\0", "[^%s,]()?[^]]?()[a-z]+", "%%")`, 'true "\\000" 0'],
  [`return string.gsub("\\255\\128", "^%S-%c*%S$", "%", 2.7)`, 'true "\\000" 1'],
  [`return string.find("\\0(12", "%f[%W]+x%p")`, "true nil"],
  [`return string.gsub("o(,)World ", "%b()", string.upper)`, 'true "o(,)World " 1'],
  [`return string.match("hello world", "%S")`, 'true "h"'],
  [`return string.match("10", "%a%W-%f[%w]%a*")`, "true nil"],
  [
    `return string.gsub("foo=bar, baz=qux", "[a-]", function(...) return ... end)`,
    'true "foo=bar, baz=qux" 2',
  ],
  [`return string.match("a", "^,?%u+")`, "true nil"],
  [`return string.gsub("=, ((a)b)", "[abc]", string.upper, 1/0)`, 'true "=, ((a)b)" 0'],
  [`return string.find("abfooWorld\\0)12ll=", "%bxx$", 1/0)`, "true nil"],
  [`return string.match(",bWorldWorld12 ", "$?%z[%w_]%%")`, "true nil"],
  [`return string.match("ll\\0x_", "%1+%2(a*)?o?")`, 'false "case:1: invalid capture index"'],
  [`return string.gsub("(", " %D*.-%W$-[", "%2")`, 'true "(" 0'],
  [`return string.match("b=", "[^%s,]%l%f[%w]-a%2-")`, "true nil"],
  [`return string.gsub(" (\\nall", "%S-(.-)?$", function() end)`, 'true " (\\\nall" 0'],
  [
    `return string.gsub("12bo12((a)b),b\\n", "x+", function(...) return ... end)`,
    'true "12bo12((a)b),b\\\n" 0',
  ],
  [`return string.find("o12x\\na", "%d[^abc]-")`, "true 2 2"],
  [`return string.find("o\\0aab\\0)=", "%bxx+x*%A%bxx%p")`, "true nil"],
  [
    `local t = {} for a, b in string.gmatch("b", "a") do t[#t+1] = a t[#t+1] = b end return t`,
    "true {}",
  ],
  [`return string.gsub("\\0(b,ab x", "%u-$", 5)`, 'true "\\000(b,ab x5" 1'],
  [`return string.find("llabab \\nb", "[^]]?[]]+")`, "true nil"],
  [`return string.match(" World12)b12x(", "[a-z]+")`, 'true "orld"'],
  [`return string.find("ab=\\nWorld\\0b", "[^abc]+[^%s,]?")`, "true 3 11"],
  [`return string.gsub("12_ollWorld\\n", "^[a-z]*%b()(o)", 255)`, 'true "12_ollWorld\\\n" 0'],
  [
    `return string.gsub("ll", "$+,", nil, 2.7)`,
    "false \"case:1: bad argument #3 to 'gsub' (string/function/table expected)\"",
  ],
  [`return string.match("  ", "%w[^abc]-")`, "true nil"],
]);

testStories("formats work as in Redis", [
  [
    `return string.format("%0 5.100x,%10.100s", false, -1e100, 255)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [`return string.format("%00o", 3, 255, 3)`, 'true "3"'],
  [
    `return string.format("%s%99.u%012G", {}, -2, false)`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got table)\"",
  ],
  [
    `return string.format("%99.0d %+5.99q % -1.f", -1, 0, {})`,
    "false \"case:1: bad argument #4 to 'format' (number expected, got table)\"",
  ],
  [`return string.format("%s%d%%", "10", 65536, 255)`, 'true "1065536%"'],
  [
    `return string.format("%.100y%.10i%#.99%", "a", 1, type)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [`return string.format("%s %d", 1, 255, {1,2,3})`, 'true "1 255"'],
  [
    `return string.format("%c%s", "", -2^63, "abc")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%-10s|", nil, 128, {})`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got nil)\"",
  ],
  [
    `return string.format("%.14g", "foo=bar, baz=qux", 1.5, 0)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%q", true, 2^53, -2)`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got boolean)\"",
  ],
  [
    `return string.format("%x", "a", 1000000, 1)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%100.10d %1.99d", "0x1F", 1, false)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [`return string.format("%%,%q", 2, -3.7, 7)`, 'true "%,\\"2\\""'],
  [
    `return string.format("%# 12.g %+.99u %0 100o", " 5 ", -128, "hello world")`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%0.10d %-5.100d %-G", "foo=bar, baz=qux", 12345.678, nil)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%100f %-5d", cjson.null, 5e-324, "")`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%99.100c %-12.0d %+010.3f", -2, 0x10, "1e2")`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [`return string.format("%o%0 12.0G", " 5 ", 1.5, 7)`, 'true "5 00000000002"'],
  [
    `return string.format("%+0u", function() end, -1/0, "foo=bar, baz=qux")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got function)\"",
  ],
  [
    `return string.format("%.14g", true, -1, 10)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got boolean)\"",
  ],
  [`return string.format("%5.0e", "10", -2^63, -1)`, 'true "1e+01"'],
  [
    `return string.format("%#.d %#12.y %.10E", 2, 0x10, 3)`,
    "false \"case:1: invalid option '%y' to 'format'\"",
  ],
  [
    `return string.format("% 05.100i,%10.i", -2, 12345.678, "abc")`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%05d", false, 2^53, "")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got boolean)\"",
  ],
  [
    `return string.format("% 0X,%-+1.10E", "", -3.7, "1e2")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%.f%0-1c%#010.3o", 0, 1.7976931348623157e308, -2)`,
    'true "001777777777777777777776"',
  ],
  [
    `return string.format("%0+99f", 0, 3.7, "")`,
    'true "+0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000.000000"',
  ],
  [
    `return string.format("%99g %  1.99G %.100d", -2, -1e100, 0)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [`return string.format("%e %% %e", "0x1F", 10, 255)`, 'true "3.100000e+01 % 1.000000e+01"'],
  [
    `return string.format("%#10.3s", {}, -3.7, "a")`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got table)\"",
  ],
  [`return string.format("%.3s%q%x", -2, 12345.678, 255)`, 'true "-2\\"12345.678\\"ff"'],
  [`return string.format("%q%x", "abc", 10, -2)`, 'true "\\"abc\\"a"'],
  [
    `return string.format("%-#100.10g", "0x1F", -0.5, -2)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%q%s%q", {1,2,3}, -1e100, 2)`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got table)\"",
  ],
  [
    `return string.format("%100.99x", 3, 0, "abc")`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%#-10.s,%+5.0o,% u", "foo=bar, baz=qux", 255, 1)`,
    'true "          ,  377,1"',
  ],
  [`return string.format("%-10s|", "10", false, 1)`, 'true "10        |"'],
  [
    `return string.format("% 0.10G %.100q", {1,2,3}, 128, 0)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got table)\"",
  ],
  [`return string.format("%#012.10i,%d", 7, "0x1F", 255)`, 'true "  0000000007,31"'],
  [
    `return string.format("%-10s|", nil, 5e-324, 1)`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got nil)\"",
  ],
  [
    `return string.format("%#1.10e %010.99d", function() end, 0.1, 2)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got function)\"",
  ],
  [
    `return string.format("%99.99g,%  5.f", {x=1}, false, 7)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got table)\"",
  ],
  [
    `return string.format("% 5g %0100.3f", 7, -0.5, -2)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%x %s", "10", 1.7976931348623157e308, function() end)`,
    'true "a 1.7976931348623e+308"',
  ],
  [
    `return string.format("%  .100d % 5.100d", 3, -1e100, "0x1F")`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `return string.format("%c", "foo=bar, baz=qux", 127, "")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%e,%d,%.3s", "abc", 0, "abc")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%x %x %.14g", {}, 1e100, 7)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got table)\"",
  ],
  [
    `return string.format("%5.2f%x%d", "hello world", 0.5, 3)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [`return string.format("%05d", "10", 100, 10)`, 'true "00010"'],
  [`return string.format("%0 g %12.s", 2, 100, {})`, 'true " 2             "'],
  [
    `return string.format("%c", "foo=bar, baz=qux", 1e21, 0)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `return string.format("%.14g,%5.2f,%g", true, 2^32, "a")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got boolean)\"",
  ],
  [
    `return string.format("%-10s|,%%,%-10s|", type, -1/0, "a")`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got function)\"",
  ],
  [`return string.format("%g", 2, 1e-5, "foo=bar, baz=qux")`, 'true "2"'],
  [`return string.format("%%", "abc", 1e14, "")`, 'true "%"'],
  [
    `return string.format("%.14g %-10s| %x", nil, 1e14, 7)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got nil)\"",
  ],
  [
    `return string.format("%-.0s %099.100y %-.99X", {1,2,3}, 1.7976931348623157e308, "0x1F")`,
    "false \"case:1: bad argument #2 to 'format' (string expected, got table)\"",
  ],
  [
    `return string.format("%g,%q", function() end, -1/0, 7)`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got function)\"",
  ],
]);

testStories("numbers are written as in Redis", [
  [
    `local x, y = 255, 65536 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%.0f", x / 6)`,
    'true "-65281" 65025 "255" "255" "42"',
  ],
  [
    `local x, y = 10, 1e15 return tostring(x / y), x ^ 2, tostring(x), x .. "", string.format("%e", x / 5)`,
    'true "1e-14" 100 "10" "10" "2.000000e+00"',
  ],
  [
    `local x, y = 65536, 256 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%d", x / 9)`,
    'true "65280" 4294967296 "65536" "65536" "7281"',
  ],
  [
    `local x, y = 65535, 2^63 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%d", x / 14)`,
    'true "-9.2233720368547e+18" 4294836225 "65535" "65535" "4681"',
  ],
  [
    `local x, y = 3, 2 return tostring(x % y), x ^ 2, tostring(x), x .. "", string.format("%.0f", x / 8)`,
    'true "1" 9 "3" "3" "0"',
  ],
  [
    `local x, y = 1.7976931348623157e308, -0.5 return tostring(x % y), x ^ 2, tostring(x), x .. "", string.format("%.14g", x / 10)`,
    'true "-inf" inf "1.7976931348623e+308" "1.7976931348623e+308" "1.7976931348623e+307"',
  ],
  [
    `local x, y = 1e14, 1.7976931348623157e308 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%e", x / 1)`,
    'true "-1.7976931348623e+308" 9.9999999999999996e+27 "1e+14" "1e+14" "1.000000e+14"',
  ],
  [
    `local x, y = -1, 1e14 return tostring(x / y), x ^ 2, tostring(x), x .. "", string.format("%.3f", x / 11)`,
    'true "-1e-14" 1 "-1" "-1" "-0.091"',
  ],
  [
    `local x, y = 1e14, 0.5 return tostring(x % y), x ^ 2, tostring(x), x .. "", string.format("%.20f", x / 12)`,
    'true "0" 9.9999999999999996e+27 "1e+14" "1e+14" "8333333333333.33300781250000000000"',
  ],
  [
    `local x, y = 256, 3 return tostring(x * y), x ^ 2, tostring(x), x .. "", string.format("%.17g", x / 4)`,
    'true "768" 65536 "256" "256" "64"',
  ],
  [
    `local x, y = 2^64, 128 return tostring(x % y), x ^ 2, tostring(x), x .. "", string.format("%e", x / 6)`,
    'true "0" 3.4028236692093846e+38 "1.844674407371e+19" "1.844674407371e+19" "3.074457e+18"',
  ],
  [
    `local x, y = 2^53, 1.7976931348623157e308 return tostring(x / y), x ^ 2, tostring(x), x .. "", string.format("%g", x / 5)`,
    'true "5.0104209000224e-293" 8.1129638414606682e+31 "9.007199254741e+15" "9.007199254741e+15" "1.80144e+15"',
  ],
  [
    `local x, y = 1e-5, 1.5 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%.14g", x / 8)`,
    'true "-1.49999" 1.0000000000000002e-10 "1e-05" "1e-05" "1.25e-06"',
  ],
  [
    `local x, y = 1e21, -3.7 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%.1f", x / 13)`,
    'true "1e+21" 1e+42 "1e+21" "1e+21" "76923076923076919296.0"',
  ],
  [
    `local x, y = 65536, 2^53 return tostring(x * y), x ^ 2, tostring(x), x .. "", string.format("%.20f", x / 3)`,
    'true "5.9029581035871e+20" 4294967296 "65536" "65536" "21845.33333333333212067373"',
  ],
  [
    `local x, y = -2^63, 2^53 return tostring(x / y), x ^ 2, tostring(x), x .. "", string.format("%.1f", x / 8)`,
    'true "-1024" 8.5070591730234616e+37 "-9.2233720368548e+18" "-9.2233720368548e+18" "-1152921504606846976.0"',
  ],
  [
    `local x, y = 2, -3.7 return tostring(x / y), x ^ 2, tostring(x), x .. "", string.format("%.14g", x / 6)`,
    'true "-0.54054054054054" 4 "2" "2" "0.33333333333333"',
  ],
  [
    `local x, y = 0.1, 3 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%d", x / 1)`,
    'true "-2.9" 0.010000000000000002 "0.1" "0.1" "0"',
  ],
  [
    `local x, y = 1.7976931348623157e308, -1 return tostring(x / y), x ^ 2, tostring(x), x .. "", string.format("%.0f", x / 6)`,
    'true "-1.7976931348623e+308" inf "1.7976931348623e+308" "1.7976931348623e+308" "29961552247705263465621495234217235846655688785006304489362296496740828048794125157774836329597867849388381069448814651824425924641990067105109581445250970113651483666784730612712309140969618588627412621711678309261894493270473819136643472489412548786512361407394251784057118593283251348840480029650695749632"',
  ],
  [
    `local x, y = -1/0, 1.7976931348623157e308 return tostring(x / y), x ^ 2, tostring(x), x .. "", string.format("%.0f", x / 1)`,
    'true "-inf" inf "-inf" "-inf" "-inf"',
  ],
  [
    `local x, y = 3, 123456789012345 return tostring(x % y), x ^ 2, tostring(x), x .. "", string.format("%d", x / 3)`,
    'true "3" 9 "3" "3" "1"',
  ],
  [
    `local x, y = 7, -2^63 return tostring(x + y), x ^ 2, tostring(x), x .. "", string.format("%g", x / 12)`,
    'true "-9.2233720368548e+18" 49 "7" "7" "0.583333"',
  ],
  [
    `local x, y = 1e15, 1e21 return tostring(x - y), x ^ 2, tostring(x), x .. "", string.format("%.17g", x / 10)`,
    'true "-9.99999e+20" 1e+30 "1e+15" "1e+15" "100000000000000"',
  ],
  [
    `local x, y = 0, 2^53 return tostring(x * y), x ^ 2, tostring(x), x .. "", string.format("%.0f", x / 1)`,
    'true "0" 0 "0" "0" "0"',
  ],
  [
    `local x, y = -2, 255 return tostring(x + y), x ^ 2, tostring(x), x .. "", string.format("%.14g", x / 11)`,
    'true "253" 4 "-2" "-2" "-0.18181818181818"',
  ],
]);
