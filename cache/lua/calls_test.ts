import { testStories } from "./test_util.ts";

testStories("calls of libraries work as in Redis", [
  [
    `local x = {string.reverse("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", {x=1})}
return x, cjson.decode([==[[false,[]]]==])`,
    'true {1="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"} {1=false,2={}}',
  ],
  [
    `local x = {bit.bxor(0, 1e21)}
return x, bit.bswap(1.7976931348623157e308)`,
    "true {1=-689770672} -1",
  ],
  [
    `local x = {table.foreachi({[10]=-2^63}, function() error({err='E'}) end)}
return x, cjson.encode_number_precision(1)`,
    "true {} 1",
  ],
  [
    `local x = {bit.tobit(2)}
return x, cjson.decode("10")`,
    "true {1=2} 10",
  ],
  [
    `local x = {cmsgpack.pack("%d", 255)}
return x, math.rad(5e-324)`,
    'true {1="\u00a2%d\u00cc\u00ff"} 0',
  ],
  [
    `local x = {string.len("10")}
return x, string.len("1 2")`,
    "true {1=2} 3",
  ],
  [
    `local x = {math.frexp(0)}
return x, coroutine.wrap(function() error({}) end)`,
    "true {1=0,2=0} function",
  ],
  [
    `local x = {tonumber("1e2")}
return x, struct.size("h!i16")`,
    "true {1=100} 24",
  ],
  [
    `local x = {coroutine.status()}
return x, string.match("", ".%l*%x", 5)`,
    "false \"case:1: bad argument #1 to 'status' (coroutine expected)\"",
  ],
  [
    `local x = {coroutine.running("hello world")}
return x, bit.band(2.5, 2, -1/0)`,
    "true {} 0",
  ],
  [
    `local x = {math.deg(2^64)}
return x, rawequal(false, true)`,
    "true {1=1.0569205811815205e+21} false",
  ],
  [
    `local x = {string.rep("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 2)}
return x, math.rad(255)`,
    'true {1="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"} 4.4505895925855405',
  ],
  [
    `local x = {string.upper({x=1})}
return x, string.gmatch("1 2", "^.+")`,
    "false \"case:1: bad argument #1 to 'upper' (string expected, got table)\"",
  ],
  [
    `local x = {table.insert({"1e2"}, -1)}
return x, select(-100, -1, -1, 10)`,
    "false \"case:2: bad argument #1 to 'select' (index out of range)\"",
  ],
  [
    `local x = {ipairs({-0.5,2^64,256,256}, "hello world")}
return x, table.remove({"abc","1e2"}, "2")`,
    'true {1=function,2={1=-0.5,2=1.8446744073709552e+19,3=256,4=256},3=0} "1e2"',
  ],
  [
    `local x = {bit.band(7, 128, 2^53)}
return x, cmsgpack.unpack("\\129", 0)`,
    'false "case:2: Missing bytes in input."',
  ],
  [
    `local x = {string.gmatch("%", "b-b")}
return x, string.char()`,
    'true {1=function} ""',
  ],
  [
    `local x = {ipairs({{x=1}})}
return x, math.deg(0.1, 7)`,
    'true {1=function,2={1={"x"=1}},3=0} 5.7295779513082321',
  ],
  [
    `local x = {string.byte("0x", -2, 0)}
return x, bit.rol(100, 0)`,
    "true {} 100",
  ],
  [
    `local x = {cjson.decode([==[{]]==])}
return x, bit.rshift(0, 5)`,
    'false "case:1: Expected object key string but found T_ARR_END at character 2"',
  ],
  [
    `local x = {math.frexp(2^32)}
return x, math.ceil(1/3)`,
    "true {1=0.5,2=33} 1",
  ],
  [
    `local x = {string.char(nil, -100, 0)}
return x, xpcall(function(a,b) return a<b end, function(a,b) return a end)`,
    "false \"case:1: bad argument #1 to 'char' (number expected, got nil)\"",
  ],
  [
    `local x = {bit.rshift(1.5, -100)}
return x, type("", cjson.null)`,
    'true {1=0} "string"',
  ],
  [
    `local x = {rawequal(255, {1,2,3})}
return x, string.match(" 5 ", "[^]]+[%a-z]+", -2)`,
    "true {1=false} nil",
  ],
  [
    `local x = {table.maxn({})}
return x, math.floor(5e-324)`,
    "true {1=0} 0",
  ],
  [
    `local x = {string.lower("a\\0b")}
return x, math.ceil(3.7)`,
    'true {1="a\\000b"} 4',
  ],
  [
    `local x = {string.char(5, 1/0, 3)}
return x, tonumber("nan", 1)`,
    "false \"case:2: bad argument #2 to 'tonumber' (base out of range)\"",
  ],
  [
    `local x = {bit.lshift(1, 2.7)}
return x, math.fmod()`,
    "false \"case:2: bad argument #2 to 'fmod' (number expected, got no value)\"",
  ],
  [
    `local x = {bit.bor(5e-324, -3.7, 0.1)}
return x, rawget("1e2", 0)`,
    "false \"case:2: bad argument #1 to 'rawget' (table expected, got string)\"",
  ],
  [
    `local x = {tonumber("0x", 1)}
return x, tonumber("[[x]]", 8)`,
    "false \"case:1: bad argument #2 to 'tonumber' (base out of range)\"",
  ],
  [
    `local x = {assert({}, 7)}
return x, pcall(nil, 3, {1,2,3})`,
    'true {1={},2=7} false "attempt to call a nil value"',
  ],
  [
    `local x = {bit.lshift(65535, 0)}
return x, table.insert({"nan","foo=bar, baz=qux","1e2","%d","nan"," 5 ","^$"}, 10, 1)`,
    "true {1=65535}",
  ],
  [
    `local x = {string.format("%G%+99.100d%##10.0G", 255, 7)}
return x, coroutine.wrap(string.rep)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `local x = {rawequal({x=1}, 1)}
return x, table.foreachi({n=1e14}, type)`,
    "true {1=false}",
  ],
  [
    `local x = {assert("0x1F", -1)}
return x, string.gfind("1 2")`,
    "false \"case:2: bad argument #2 to 'gfind' (string expected, got no value)\"",
  ],
  [
    `local x = {cjson.encode_max_depth(-1)}
return x, table.sort({"THE (quick) fox","","hello world","\\255\\128","0x1F"}, nil)`,
    "false \"case:1: bad argument #1 to 'encode_max_depth' (expected integer between 1 and 2147483647)\"",
  ],
  [
    `local x = {cjson.encode_invalid_numbers("x")}
return x, string.char(1/0, -100, -1)`,
    "false \"case:1: bad argument #1 to 'encode_invalid_numbers' (invalid option 'x')\"",
  ],
  [
    `local x = {ipairs({})}
return x, cmsgpack.unpack()`,
    "false \"case:2: bad argument #1 to 'unpack' (string expected, got no value)\"",
  ],
  [
    `local x = {string.gsub("nan", "%% (a*)", "foo=bar, baz=qux", -100)}
return x, bit.arshift(-3.7, 3)`,
    'true {1="nan",2=0} -1',
  ],
  [
    `local x = {math.min(2^64, 123456789012345, -2^63)}
return x, string.gmatch(" 5 ", "a")`,
    "true {1=-9.2233720368547758e+18} function",
  ],
  [
    `local x = {coroutine.status(7)}
return x, table.getn({nil,"0x1F",0})`,
    "false \"case:1: bad argument #1 to 'status' (coroutine expected)\"",
  ],
  [
    `local x = {table.concat({}, "abc", 2.7, "2")}
return x, string.gsub("1e2", "foo=bar, baz=qux", "%2", 1)`,
    "false \"case:1: invalid value (nil) at index 2 in table for 'concat'\"",
  ],
  [
    `local x = {math.deg(2^64)}
return x, coroutine.wrap(function(...) return select('#',...) end)`,
    "true {1=1.0569205811815205e+21} function",
  ],
  [
    `local x = {table.sort({}, function() error({err='E'}) end)}
return x, string.reverse("1 2")`,
    'true {} "2 1"',
  ],
  [
    `local x = {cjson.encode_max_depth("2")}
return x, table.insert({}, function() end)`,
    "true {1=2}",
  ],
  [
    `local x = {getmetatable(255)}
return x, math.floor(2^63)`,
    "true {} 9.2233720368547758e+18",
  ],
  [
    `local x = {string.gfind("nan", "1 2", type)}
return x, bit.arshift(1, -100)`,
    "true {1=function} 0",
  ],
  [
    `local x = {string.byte("foo=bar, baz=qux", -2, 100)}
return x, math.abs(256, "a")`,
    "true {1=117,2=120} 256",
  ],
  [
    `local x = {math.frexp(1.5)}
return x, setmetatable({[true]=128}, {[1.5]=1e14})`,
    "true {1=0.75,2=1} {true=128}",
  ],
  [
    `local x = {string.sub("", -100, -100)}
return x, string.find("10", "[a-]b%d", -2)`,
    'true {1=""} nil',
  ],
  [
    `local x = {table.concat({10}, "[[x]]", 100, 1, -1)}
return x, struct.size("Li33BB")`,
    'false "case:2: integral size 33 is larger than limit of 32"',
  ],
  [
    `local x = {tostring(7)}
return x, table.setn({2}, 2)`,
    "false \"case:2: 'setn' is obsolete\"",
  ],
  [
    `local x = {math.fmod("1e2", 0.1)}
return x, math.ceil(-2^63)`,
    "true {1=0.099999999999994454} -9.2233720368547758e+18",
  ],
  [
    `local x = {error(-1, -1)}
return x, type(-1)`,
    "false -1",
  ],
  [
    `local x = {string.upper("1e2")}
return x, table.foreachi({}, function(...) return select('#',...) end)`,
    'true {1="1E2"}',
  ],
  [
    `local x = {cjson.encode_sparse_array("null", 0, 100)}
return x, math.deg(2^53)`,
    "false \"case:1: bad argument #1 to 'encode_sparse_array' (invalid option 'null')\"",
  ],
  [
    `local x = {cmsgpack.unpack_one("\\193\\217\\217\\204\\202\\202\\165\\195\\206\\130", -1)}
return x, coroutine.create(function() error({}) end)`,
    'false "case:1: Invalid request to unpack with offset of -1 and limit of 10."',
  ],
  [
    `local x = {bit.bxor(65536, -128)}
return x, table.getn({"a\\0b","%d","  ","a\\0b","inf","a\\0b","1 2"})`,
    "true {1=-65664} 7",
  ],
  [
    `local x = {string.rep("a\\0b", 0)}
return x, math.rad(256)`,
    'true {1=""} 4.4680428851054836',
  ],
  [
    `local x = {error(-2, 5)}
return x, bit.tohex(0x10, 2)`,
    'false "-2"',
  ],
  [
    `local x = {string.format("%+#99.100s % 01.99d", 3, 7)}
return x, math.ceil(255)`,
    'false "case:1: invalid format (width or precision too long)"',
  ],
  [
    `local x = {bit.rshift(1e-5, 5)}
return x, cmsgpack.unpack_one(cmsgpack.pack(2^32, "abc"), 5)`,
    "true {1=0} 6 0",
  ],
  [
    `local x = {coroutine.running()}
return x, coroutine.yield(" 5 ")`,
    'false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    `local x = {loadstring("-7", "10")}
return x, cmsgpack.unpack(cmsgpack.pack("^$", "a\\0b"))`,
    'true {2="[string \\"10\\"]:1: unexpected symbol near \'-\'"} "^$" "a\\000b"',
  ],
  [
    `local x = {bit.rshift(-1/0, 2.7)}
return x, table.foreachi({1}, tostring)`,
    'true {1=0} "1"',
  ],
  [
    `local x = {table.setn({}, -2)}
return x, string.sub("hello world", 1/0, 3)`,
    "false \"case:1: 'setn' is obsolete\"",
  ],
  [
    `local x = {string.byte("a", -2, -100, false)}
return x, string.upper(" 5 ")`,
    'true {} " 5 "',
  ],
  [
    `local x = {bit.band(-129, -3.7, 2^32)}
return x, tonumber("1 2", 1)`,
    "false \"case:2: bad argument #2 to 'tonumber' (base out of range)\"",
  ],
  [
    `local x = {pcall(function() error('x') end, 2, -2)}
return x, coroutine.resume(0)`,
    "false \"case:2: bad argument #1 to 'resume' (coroutine expected)\"",
  ],
  [
    `local x = {coroutine.wrap(type)}
return x, string.match("hello world", "%a[a-]+[a-z]+[a-]?", -2)`,
    "false \"case:1: bad argument #1 to 'wrap' (Lua function expected)\"",
  ],
  [
    `local x = {tostring({})}
return x, math.min(-1e100, 1e14, 1.7976931348623157e308)`,
    'true {1="table: 0x"} -1e+100',
  ],
  [
    `local x = {struct.unpack(true, "%", 2, -1)}
return x, math.rad()`,
    "false \"case:1: bad argument #1 to 'unpack' (string expected, got boolean)\"",
  ],
  [
    `local x = {select(1/0, 2, 1, -1)}
return x, bit.bswap(-129)`,
    "false \"case:1: bad argument #1 to 'select' (index out of range)\"",
  ],
  [
    `local x = {table.getn({})}
return x, rawequal({x=1}, "foo=bar, baz=qux")`,
    "true {1=0} false",
  ],
  [
    `local x = {cjson.encode_sparse_array(1, 100, 3)}
return x, math.deg(1e-5)`,
    "false \"case:1: bad argument #1 to 'encode_sparse_array' (invalid option '1')\"",
  ],
  [
    `local x = {xpcall(string.rep, function() error() end)}
return x, math.sqrt(-2)`,
    'true {1=false,2="error in error handling"} nan',
  ],
  [
    `local x = {table.foreachi(1, function() error() end)}
return x, select(2.7, 255, 1, 3)`,
    "false \"case:1: bad argument #1 to 'foreachi' (table expected, got number)\"",
  ],
  [
    `local x = {math.abs(65535)}
return x, type(10)`,
    'true {1=65535} "number"',
  ],
  [
    `local x = {load((function() local n = 0 return function() n = n + 1 if n < 4 then return {} end end end)())}
return x, getmetatable(type)`,
    'true {2="case:1: reader function must return a string"} nil',
  ],
  [
    `local x = {load()}
return x, xpcall(3, function(a,b) return b,a end)`,
    "false \"case:1: bad argument #1 to 'load' (function expected, got no value)\"",
  ],
  [
    `local x = {rawset({[10]=-3.7}, "1e2", {1,2,3})}
return x, setmetatable()`,
    "false \"case:2: bad argument #1 to 'setmetatable' (table expected, got no value)\"",
  ],
  [
    `local x = {math.floor(2.5)}
return x, rawget(setmetatable({}, {__index=function() error("idx") end}), 10)`,
    "true {1=2} nil",
  ],
  [
    `local x = {pcall({x=1}, -2, "foo=bar, baz=qux")}
return x, next({n=-1})`,
    'true {1=false,2="attempt to call a table value"} "n" -1',
  ],
  [
    `local x = {bit.bswap(2.5)}
return x, pairs({3})`,
    "true {1=33554432} function {1=3} nil",
  ],
  [
    `local x = {string.format("%05d%%", "0x1F", "10")}
return x, table.foreachi({255,"abc"}, function() error({err='E'}) end)`,
    'false "E"',
  ],
  [
    `local x = {pairs({1,type})}
return x, bit.rshift(1.5, 1/0)`,
    "true {1=function,2={1=1,2=function}} 2",
  ],
  [
    `local x = {table.foreach({"line\\nbreak","[[x]]"}, function() error({}) end)}
return x, math.modf(1e-5)`,
    "false {} nil",
  ],
  [
    `local x = {math.deg(123456789012345)}
return x, string.len("-7")`,
    "true {1=7073552962644443} 2",
  ],
  [
    `local x = {bit.bxor(1/0, 1e-5)}
return x, string.format("%0100.10f,%#05.10f,% 1.0f", 1, "foo=bar, baz=qux")`,
    'false "case:2: invalid format (width or precision too long)"',
  ],
  [
    `local x = {cjson.encode_keep_buffer("step")}
return x, bit.tobit(128)`,
    "false \"case:1: bad argument #1 to 'encode_keep_buffer' (invalid option 'step')\"",
  ],
  [
    `local x = {table.sort({[10]=1e15}, type)}
return x, coroutine.resume(" 5 ")`,
    "false \"case:2: bad argument #1 to 'resume' (coroutine expected)\"",
  ],
  [
    `local x = {string.find("inf", "()l[^%s,]+o[=,]", nil)}
return x, table.getn({"abc","%","^$",""})`,
    "true {} 4",
  ],
  [
    `local x = {table.foreachi(nil, type)}
return x, pcall(function() error() end, 7, {1,2,3})`,
    "false \"case:1: bad argument #1 to 'foreachi' (table expected, got nil)\"",
  ],
  [
    `local x = {struct.unpack("B", "line\\nbreak")}
return x, rawequal("a", 10)`,
    "true {1=108,2=2} false",
  ],
  [
    `local x = {bit.lshift(127)}
return x, string.len()`,
    "false \"case:1: bad argument #2 to 'lshift' (number expected, got no value)\"",
  ],
  [
    `local x = {tostring(cjson.null)}
return x, type(255)`,
    'true {1="userdata: (nil)"} "number"',
  ],
  [
    `local x = {type(0)}
return x, pairs({}, {x=1})`,
    'true {1="number"} function {} nil',
  ],
  [
    `local x = {string.reverse("-7")}
return x, bit.bxor(1e14, -129)`,
    'true {1="7-"} -276447361',
  ],
  [
    `local x = {table.sort({-2}, function(...) return ... end)}
return x, coroutine.status(nil)`,
    "false \"case:2: bad argument #1 to 'status' (coroutine expected)\"",
  ],
  [
    `local x = {cjson.encode_keep_buffer(true)}
return x, math.rad()`,
    "false \"case:2: bad argument #1 to 'rad' (number expected, got no value)\"",
  ],
  [
    `local x = {string.len("0x1F")}
return x, cjson.decode([==[+1]==])`,
    "true {1=4} 1",
  ],
  [
    `local x = {string.reverse("0x")}
return x, rawget({10,-1,2}, 10)`,
    'true {1="x0"} nil',
  ],
  [
    `local x = {getmetatable({x=1})}
return x, string.upper("^$")`,
    'true {} "^$"',
  ],
  [
    `local x = {math.abs(65535)}
return x, string.format("%5.2f%g%e", false, nil)`,
    "false \"case:2: bad argument #2 to 'format' (number expected, got boolean)\"",
  ],
  [
    `local x = {table.foreach({[1.5]=100}, function(...) return ... end)}
return x, unpack()`,
    "false \"case:2: bad argument #1 to 'unpack' (table expected, got no value)\"",
  ],
  [
    `local x = {tonumber("0x", 10)}
return x, table.insert({[10]=127}, 10, 0)`,
    "true {}",
  ],
  [
    `local x = {cjson.decode_invalid_numbers("null")}
return x, ipairs({[10]=2^53}, " 5 ")`,
    "false \"case:1: bad argument #1 to 'decode_invalid_numbers' (invalid option 'null')\"",
  ],
  [
    `local x = {string.byte()}
return x, table.getn({"foo=bar, baz=qux",type})`,
    "false \"case:1: bad argument #1 to 'byte' (string expected, got no value)\"",
  ],
  [
    `local x = {table.concat({false,3,3,-2}, "", -1, "2")}
return x, string.upper("THE (quick) fox")`,
    "false \"case:1: invalid value (nil) at index -1 in table for 'concat'\"",
  ],
  [
    `local x = {math.frexp(-2^63)}
return x, bit.bor(-1, 5e-324, 65536)`,
    "true {1=-0.5,2=64} -1",
  ],
]);
