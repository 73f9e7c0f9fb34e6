import { testStories } from "./test_util.ts";

testStories("cjson, cmsgpack and struct work as in Redis", [
  [
    `return cjson.encode({1, 2, {a = "x"}}), cjson.encode({}), cjson.encode("a\\"\\\\/\\n\\t\\b\\f\\r\\0\\127"), cjson.encode(true), cjson.encode(cjson.null), cjson.encode({[5] = 1}), cjson.encode(1.5), cjson.encode(1e20), cjson.encode(nil)`,
    'true "[1,2,{\\"a\\":\\"x\\"}]" "{}" "\\"a\\\\\\"\\\\\\\\\\\\/\\\\n\\\\t\\\\b\\\\f\\\\r\\\\u0000\\\\u007f\\"" "true" "null" "[null,null,null,null,1]" "1.5" "1e+20" "null"',
  ],
  [
    "return cjson.encode({[1] = 1, [20] = 2})",
    'false "case:1: Cannot serialise table: excessively sparse array"',
  ],
  [
    "return cjson.encode({[1.5] = 1}), cjson.encode({[-1] = 1})",
    'true "{\\"1.5\\":1}" "{\\"-1\\":1}"',
  ],
  [
    "return cjson.encode({[true] = 1})",
    'false "case:1: Cannot serialise boolean: table key must be a number or string"',
  ],
  [
    "return cjson.encode(print)",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  ["return cjson.encode(0/0)", 'false "case:1: Cannot serialise number: must not be NaN or Inf"'],
  ["return cjson.encode(1/0)", 'false "case:1: Cannot serialise number: must not be NaN or Inf"'],
  [
    "local t = {} t.t = t return cjson.encode(t)",
    'false "case:1: Cannot serialise, excessive nesting (1001)"',
  ],
  [
    "cjson.encode_invalid_numbers(true) return cjson.encode({0/0, 1/0, -1/0})",
    'true "[nan,inf,-inf]"',
  ],
  [`cjson.encode_invalid_numbers("null") return cjson.encode({0/0, 1/0})`, 'true "[null,null]"'],
  [
    "cjson.encode_sparse_array(true) return cjson.encode({[1] = 1, [30] = 2}), cjson.encode_sparse_array(false, 3, 4), cjson.encode_sparse_array()",
    'true "{\\"1\\":1,\\"30\\":2}" false false 3 4',
  ],
  [
    "cjson.encode_max_depth(1) return cjson.encode({1}), cjson.encode({{1}})",
    'false "case:1: Cannot serialise, excessive nesting (2)"',
  ],
  [
    `cjson.decode_max_depth(1) return cjson.decode("[1]"), cjson.decode("[[1]]")`,
    'false "case:1: Found too many nested data structures (2) at character 2"',
  ],
  [
    "cjson.encode_number_precision(3) return cjson.encode(1/3), cjson.encode_number_precision(), pcall(cjson.encode_number_precision, 20)",
    'true "0.333" 3 false "bad argument #1 to \'?\' (expected integer between 1 and 14)"',
  ],
  [
    `cjson.decode_invalid_numbers(false) return pcall(cjson.decode, "[nan]"), pcall(cjson.decode, "0x10"), pcall(cjson.decode, "1"), pcall(cjson.decode, "-inf")`,
    'true false false true false "Expected value but found invalid number at character 1"',
  ],
  [
    `return cjson.decode("[nan, -inf, Infinity, 0x10, 1e5, -0, 01]")`,
    "true {1=nan,2=-inf,3=inf,4=16,5=100000,6=-0,7=1}",
  ],
  [
    `return cjson.decode('{"a": [1, 2.5, "x", true, false, null, {}], "b": {"c": -1e3}}')`,
    'true {"a"={1=1,2=2.5,3="x",4=true,5=false,6=userdata: (nil),7={}},"b"={"c"=-1000}}',
  ],
  [
    `return cjson.decode([["\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\n\\t\\b\\f\\r\\/\\\\\\""]])`,
    'true "A\u00c3\u00a9\u00e2\u0082\u00ac\u00f0\u009f\u0098\u0080\\\n\t\b\f\\r/\\\\\\""',
  ],
  [
    `return cjson.decode([["\\ud83d"]])`,
    'false "case:1: Expected value but found invalid unicode escape code at character 2"',
  ],
  [
    `return cjson.decode([["\\ud83d\\u0041"]])`,
    'false "case:1: Expected value but found invalid unicode escape code at character 2"',
  ],
  [
    `return cjson.decode([["\\udc00"]])`,
    'false "case:1: Expected value but found invalid unicode escape code at character 2"',
  ],
  [
    `return cjson.decode([["\\uzzzz"]])`,
    'false "case:1: Expected value but found invalid unicode escape code at character 2"',
  ],
  [
    `return cjson.decode([["\\x"]])`,
    'false "case:1: Expected value but found invalid escape code at character 2"',
  ],
  [
    `return cjson.decode('"abc')`,
    'false "case:1: Expected value but found unexpected end of string at character 5"',
  ],
  [
    "return cjson.decode('[1, 2')",
    'false "case:1: Expected comma or array end but found T_END at character 6"',
  ],
  [
    "return cjson.decode('[1 2]')",
    'false "case:1: Expected comma or array end but found T_NUMBER at character 4"',
  ],
  [
    `return cjson.decode('{"a" 1}')`,
    'false "case:1: Expected colon but found T_NUMBER at character 6"',
  ],
  [
    "return cjson.decode('{a: 1}')",
    'false "case:1: Expected object key string but found invalid token at character 2"',
  ],
  [
    "return cjson.decode('{1: 1}')",
    'false "case:1: Expected object key string but found T_NUMBER at character 2"',
  ],
  [
    `return cjson.decode('{"a": 1,}')`,
    'false "case:1: Expected object key string but found T_OBJ_END at character 9"',
  ],
  [
    `return cjson.decode('{"a": 1 "b"}')`,
    'false "case:1: Expected comma or object end but found T_STRING at character 9"',
  ],
  [
    "return cjson.decode('[1,]')",
    'false "case:1: Expected value but found T_ARR_END at character 4"',
  ],
  [
    "return cjson.decode('[]]')",
    'false "case:1: Expected the end but found T_ARR_END at character 3"',
  ],
  [
    "return cjson.decode('1 2')",
    'false "case:1: Expected the end but found T_NUMBER at character 3"',
  ],
  ["return cjson.decode('')", 'false "case:1: Expected value but found T_END at character 1"'],
  [
    "return cjson.decode('tru')",
    'false "case:1: Expected value but found invalid token at character 1"',
  ],
  [
    "return cjson.decode('-')",
    'false "case:1: Expected value but found invalid number at character 1"',
  ],
  [
    "return cjson.decode('@')",
    'false "case:1: Expected value but found invalid token at character 1"',
  ],
  ["return cjson.decode('\\0a')", 'false "case:1: JSON parser does not support UTF-16 or UTF-32"'],
  ["return cjson.decode('a\\0')", 'false "case:1: JSON parser does not support UTF-16 or UTF-32"'],
  [
    `return cjson.decode('{"a": @}')`,
    'false "case:1: Expected value but found invalid token at character 7"',
  ],
  [
    "return cjson.decode(nil)",
    "false \"case:1: bad argument #1 to 'decode' (string expected, got nil)\"",
  ],
  [
    `return cjson.decode(string.rep("[", 1001))`,
    'false "case:1: Found too many nested data structures (1001) at character 1001"',
  ],
  [`return cjson.decode(string.rep("[", 900) .. string.rep("]", 900)) ~= nil`, "true true"],
  [
    "return cjson.decode(), 1",
    "false \"case:1: bad argument #1 to 'decode' (expected 1 argument)\"",
  ],
  [
    "return cjson.encode(), 1",
    "false \"case:1: bad argument #1 to 'encode' (expected 1 argument)\"",
  ],
  [
    "return cjson.encode(1, 2)",
    "false \"case:1: bad argument #1 to 'encode' (expected 1 argument)\"",
  ],
  [
    "return cjson._NAME, cjson._VERSION, cjson.new, cjson.encode_keep_buffer(), cjson.encode_keep_buffer(false), cjson.decode_invalid_numbers(), cjson.encode_invalid_numbers()",
    'true "cjson" "2.1.0" function true false true false',
  ],
  [
    "return cjson.encode_max_depth(0)",
    "false \"case:1: bad argument #1 to 'encode_max_depth' (expected integer between 1 and 2147483647)\"",
  ],
  [
    `return cjson.encode_invalid_numbers("bad")`,
    "false \"case:1: bad argument #1 to 'encode_invalid_numbers' (invalid option 'bad')\"",
  ],
  [
    "local t = {0, 1, 127, 128, 255, 256, 65535, 65536, 2^31, 2^32, 2^53, -1, -32, -33, -128, -129, -32768, -32769, -2^31, -2^31 - 1, -2^53, 1.5, 0.1, 1e300} return cmsgpack.pack(t), cmsgpack.unpack(cmsgpack.pack(t))",
    'true "\u00dc\\000\u0018\\000\u0001\u007f\u00cc\u0080\u00cc\u00ff\u00cd\u0001\\000\u00cd\u00ff\u00ff\u00ce\\000\u0001\\000\\000\u00ce\u0080\\000\\000\\000\u00cf\\000\\000\\000\u0001\\000\\000\\000\\000\u00cf\\000 \\000\\000\\000\\000\\000\\000\u00ff\u00e0\u00d0\u00df\u00d0\u0080\u00d1\u00ff\u007f\u00d1\u0080\\000\u00d2\u00ff\u00ff\u007f\u00ff\u00d2\u0080\\000\\000\\000\u00d3\u00ff\u00ff\u00ff\u00ff\u007f\u00ff\u00ff\u00ff\u00d3\u00ff\u00e0\\000\\000\\000\\000\\000\\000\u00ca?\u00c0\\000\\000\u00cb?\u00b9\u0099\u0099\u0099\u0099\u0099\u009a\u00cb~7\u00e4<\u0088\\000u\u009c" {1=0,10=4294967296,11=9007199254740992,12=-1,13=-32,14=-33,15=-128,16=-129,17=-32768,18=-32769,19=-2147483648,2=1,20=-2147483649,21=-9007199254740992,22=1.5,23=0.10000000000000001,24=1.0000000000000001e+300,3=127,4=128,5=255,6=256,7=65535,8=65536,9=2147483648}',
  ],
  [
    `local out = {} for _, n in ipairs({0, 31, 32, 255, 256, 65535, 65536}) do local p = cmsgpack.pack(string.rep("x", n)) out[#out + 1] = p:sub(1, 5) out[#out + 1] = #cmsgpack.unpack(p) end return out`,
    'true {1="\u00a0",10=256,11="\u00da\u00ff\u00ffxx",12=65535,13="\u00db\\000\u0001\\000\\000",14=65536,2=0,3="\u00bfxxxx",4=31,5="\u00d9 xxx",6=32,7="\u00d9\u00ffxxx",8=255,9="\u00da\u0001\\000xx"}',
  ],
  [
    "local out = {} for _, n in ipairs({0, 15, 16, 65536}) do local t = {} for i = 1, n do t[i] = i end local p = cmsgpack.pack(t) out[#out + 1] = p:sub(1, 5) out[#out + 1] = #cmsgpack.unpack(p) end return out",
    'true {1="\u0090",2=0,3="\u009f\u0001\u0002\u0003\u0004",4=15,5="\u00dc\\000\u0010\u0001\u0002",6=16,7="\u00dd\\000\u0001\\000\\000",8=65536}',
  ],
  [
    `local out = {} for _, n in ipairs({1, 15, 16, 65536}) do local t = {} for i = 1, n do t["k" .. i] = i end local p = cmsgpack.pack(t) out[#out + 1] = p:sub(1, 1) out[#out + 1] = cmsgpack.unpack(p).k1 end return out`,
    'true {1="\u0081",2=1,3="\u008f",4=1,5="\u00de",6=1,7="\u00df",8=1}',
  ],
  [
    `return cmsgpack.pack(true, false, nil, {a = 1}, "x"), cmsgpack.unpack(cmsgpack.pack(true, false, nil, {a = 1}, "x"))`,
    'true "\u00c3\u00c2\u00c0\u0081\u00a1a\u0001\u00a1x" true false nil {"a"=1} "x"',
  ],
  [
    "return cmsgpack.pack()",
    "false \"case:1: bad argument #0 to 'pack' (MessagePack pack needs input.)\"",
  ],
  [
    "return cmsgpack.pack(print)",
    "false \"case:1: Script attempted to access nonexistent global variable 'print'\"",
  ],
  ["local t = {} t[1] = t return #cmsgpack.pack(t)", "true 17"],
  [
    `return cmsgpack.unpack("\\208\\255\\209\\255\\254\\210\\255\\255\\255\\253\\211\\255\\255\\255\\255\\255\\255\\255\\252")`,
    "true -1 -2 -3 -4",
  ],
  [
    `return cmsgpack.unpack("\\204\\255\\205\\1\\2\\206\\1\\2\\3\\4\\207\\0\\0\\0\\1\\2\\3\\4\\5\\202\\63\\128\\0\\0\\203\\63\\240\\0\\0\\0\\0\\0\\0")`,
    "true 255 258 16909060 4328719365 1 1",
  ],
  [
    `return cmsgpack.unpack("\\217\\1a\\218\\0\\1b\\219\\0\\0\\0\\1c\\220\\0\\1\\1\\221\\0\\0\\0\\1\\2\\222\\0\\1\\161a\\1\\223\\0\\0\\0\\1\\161b\\2\\192\\194\\195")`,
    'true "a" "b" "c" {1=1} {1=2} {"a"=1} {"b"=2} nil false true',
  ],
  [`return cmsgpack.unpack("\\193")`, 'false "case:1: Bad data format in input."'],
  [`return cmsgpack.unpack("\\165ab")`, 'false "case:1: Missing bytes in input."'],
  [`return cmsgpack.unpack("\\129\\192\\1")`, 'false "table index is nil"'],
  [`return cmsgpack.unpack("\\196\\1a")`, 'false "case:1: Bad data format in input."'],
  [`return cmsgpack.unpack("")`, "true"],
  ["return cmsgpack.unpack(5)", "true 53"],
  [
    "return cmsgpack.unpack({})",
    "false \"case:1: bad argument #1 to 'unpack' (string expected, got table)\"",
  ],
  [
    `return cmsgpack.unpack_one("\\1\\2\\3"), cmsgpack.unpack_one("\\1\\2\\3", 2), cmsgpack.unpack_limit("\\1\\2\\3", 2), cmsgpack.unpack_limit("\\1\\2\\3", 1, 1)`,
    "true 1 -1 2 2 2",
  ],
  [
    `return cmsgpack.unpack_one("\\1", 5)`,
    'false "case:1: Start offset 5 greater than input length 1."',
  ],
  [
    `return cmsgpack.unpack_one("\\1", -1)`,
    'false "case:1: Invalid request to unpack with offset of -1 and limit of 1."',
  ],
  [
    `return cmsgpack.unpack_limit("\\1", -1)`,
    'false "case:1: Invalid request to unpack with offset of 0 and limit of 1."',
  ],
  ["return cmsgpack._NAME, cmsgpack._VERSION", 'true "cmsgpack" "lua-cmsgpack 0.4.0"'],
  [
    `return struct.pack("<bBhHiIlL", -1, 255, -2, 65535, -3, 4, -5, 6), struct.pack(">i3I3", -2, 3), struct.pack("<fd", 1.5, -2.5), struct.pack(">d", 0.1)`,
    'true "\u00ff\u00ff\u00fe\u00ff\u00ff\u00ff\u00fd\u00ff\u00ff\u00ff\u0004\\000\\000\\000\u00fb\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u0006\\000\\000\\000\\000\\000\\000\\000" "\u00ff\u00ff\u00fe\\000\\000\u0003" "\\000\\000\u00c0?\\000\\000\\000\\000\\000\\000\u0004\u00c0" "?\u00b9\u0099\u0099\u0099\u0099\u0099\u009a"',
  ],
  [
    `return struct.unpack("<bBhHiIlL", struct.pack("<bBhHiIlL", -1, 255, -2, 65535, -3, 4, -5, 6))`,
    "true -1 255 -2 65535 -3 4 -5 6 31",
  ],
  [
    `return struct.unpack(">i3I3fd", struct.pack(">i3I3fd", -2, 3, 1.5, 2.25))`,
    "true -2 3 1.5 2.25 19",
  ],
  [
    `return struct.pack("sc3c0", "ab", "xyz", "rest"), struct.unpack("sc3", "ab\\0xyz"), struct.unpack("Bc0", "\\3abcd"), struct.pack("Bc0", 3, "abc")`,
    'true "ab\\000xyzrest" "ab" "abc" "\u0003abc"',
  ],
  [
    `return struct.pack("<!4bi", 1, 2), struct.pack(">!bxd", 1, 2), struct.size("<!4bi"), struct.size("!8bd"), struct.size("bhilT"), struct.size("x f"), struct.pack("=i", 1)`,
    "false \"case:1: bad argument #1 to 'pack' (invalid format option '=')\"",
  ],
  [`return struct.unpack("c0", "abc")`, "false \"case:1: format 'c0' needs a previous size\""],
  [`return struct.unpack("sc0", "abc\\0")`, "false \"case:1: format 'c0' needs a previous size\""],
  [`return struct.unpack("s", "abc")`, 'false "case:1: unfinished string in data"'],
  [
    `return struct.unpack("i", "abc")`,
    "false \"case:1: bad argument #2 to 'unpack' (data string too short)\"",
  ],
  [
    `return struct.unpack("b", "abc", 0)`,
    "false \"case:1: bad argument #3 to 'unpack' (offset must be 1 or greater)\"",
  ],
  [`return struct.unpack("b", "abc", 3), struct.unpack("bb", "abc", 2)`, "true 99 98 99 4"],
  [
    `return struct.unpack("bc0", "\\255abc")`,
    "false \"case:1: bad argument #2 to 'unpack' (data string too short)\"",
  ],
  [
    `return struct.size("s")`,
    "false \"case:1: bad argument #1 to 'size' (option 's' has no fixed size)\"",
  ],
  [
    `return struct.size("c0")`,
    "false \"case:1: bad argument #1 to 'size' (option 'c0' has no fixed size)\"",
  ],
  [
    `return struct.pack("c5", "ab")`,
    "false \"case:1: bad argument #3 to 'pack' (string too short)\"",
  ],
  [
    `return struct.pack("i", "x")`,
    "false \"case:1: bad argument #2 to 'pack' (number expected, got string)\"",
  ],
  [
    `return struct.pack("z", 1)`,
    "false \"case:1: bad argument #1 to 'pack' (invalid format option 'z')\"",
  ],
  [`return struct.pack("!3i", 1)`, 'false "case:1: alignment 3 is not a power of 2"'],
  [`return struct.pack("i33", 1)`, 'false "case:1: integral size 33 is larger than limit of 32"'],
  [`return struct.pack("i0", 1)`, 'true ""'],
  [
    `return struct.pack("<i16", -2), struct.unpack("<i16", struct.pack("<i16", -2)), struct.pack("<T", 5), struct.pack("<I8", 2^63), struct.pack("<i8", -2^63), struct.pack("<b", 300), struct.pack("<i", 2.7), struct.pack("<I", -1)`,
    'true "\u00fe\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\\000\\000\\000\\000\\000\\000\\000\\000" -2 "\u0005\\000\\000\\000\\000\\000\\000\\000" "\\000\\000\\000\\000\\000\\000\\000\u0080" "\\000\\000\\000\\000\\000\\000\\000\u0080" "," "\u0002\\000\\000\\000" "\u00ff\u00ff\u00ff\u00ff"',
  ],
]);

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
  [
    `local x = {table.insert(setmetatable({"10",-2}, {__call=function(self,...) return ... end}), 2, 0)}
return x, select(100, -2, 7, nil)`,
    "true {}",
  ],
  [
    `local x = {math.modf()}
return x, struct.size("xf")`,
    "false \"case:1: bad argument #1 to 'modf' (number expected, got no value)\"",
  ],
  [
    `local x = {table.setn({type,10,-2,10}, -100)}
return x, bit.ror(65536, nil, function() end)`,
    "false \"case:1: 'setn' is obsolete\"",
  ],
  [
    `local x = {string.byte("hello world", -100, 1)}
return x, cjson.encode("10")`,
    'true {1=104} "\\"10\\""',
  ],
  [
    `local x = {cmsgpack.unpack(cmsgpack.pack(255, true), {1,2,3})}
return x, table.maxn({-1,cjson.null,1})`,
    "true {1=255,2=true} 3",
  ],
  [
    `local x = {cjson.encode_invalid_numbers("off")}
return x, tonumber("^$", 0)`,
    "false \"case:2: bad argument #2 to 'tonumber' (base out of range)\"",
  ],
  [
    `local x = {cjson.encode_invalid_numbers(nil)}
return x, bit.ror(127, -2)`,
    "true {1=false} 508",
  ],
  [
    `local x = {cjson.encode_max_depth(0)}
return x, tostring(0)`,
    "false \"case:1: bad argument #1 to 'encode_max_depth' (expected integer between 1 and 2147483647)\"",
  ],
  [
    `local x = {cmsgpack.unpack("\\161\\218\\211\\127\\161\\165\\129\\192")}
return x, ipairs({[true]=2})`,
    'false "case:1: Missing bytes in input."',
  ],
  [
    `local x = {coroutine.wrap(tostring)}
return x, cmsgpack.unpack_one("\\205\\221\\193", 3)`,
    "false \"case:1: bad argument #1 to 'wrap' (Lua function expected)\"",
  ],
  [
    `local x = {bit.band(-1, -2^63, 2^64)}
return x, cjson.encode_sparse_array("x", nil, -2)`,
    "false \"case:2: bad argument #1 to 'encode_sparse_array' (invalid option 'x')\"",
  ],
  [
    `local x = {math.mod(2^64, 1/0)}
return x, string.find("1e2", "foo=bar, baz=qux", 1)`,
    "true {1=1.8446744073709552e+19} nil",
  ],
  [
    `local x = {ipairs()}
return x, bit.rol(1e-5, "0x1F", " 5 ")`,
    "false \"case:1: bad argument #1 to 'ipairs' (table expected, got no value)\"",
  ],
  [
    `local x = {next(setmetatable({-1,cjson.null}, {__index={x=5},__len=function() return 9 end,__len=function() return 9 end}))}
return x, bit.tohex(-2)`,
    'true {1=1,2=-1} "fffffffe"',
  ],
  [
    `local x = {cmsgpack.unpack("\\209\\219\\130\\207\\204\\202\\255\\207\\224\\001")}
return x, bit.tohex(0.5, 2.7)`,
    'false "case:1: Missing bytes in input."',
  ],
  [
    `local x = {string.gsub("1e2", "hello world", "<%0>", -2)}
return x, bit.tohex(7, 1)`,
    'true {1="1e2",2=0} "7"',
  ],
  [
    `local x = {string.gmatch("0x1F")}
return x, pairs(setmetatable({{x=1}}, {__index=function() error("idx", 2) end}), -1)`,
    "false \"case:1: bad argument #2 to 'gmatch' (string expected, got no value)\"",
  ],
  [
    `local x = {table.insert({7,1,"",{x=1},1}, -1, {})}
return x, assert(false, -2, 0)`,
    'false "case:2: -2"',
  ],
  [
    `local x = {table.insert({" 5 ",0,false,-1,1}, 10, 7)}
return x, string.gmatch("a", "[=,]%w?%2?")`,
    "true {} function",
  ],
  [
    `local x = {bit.arshift(1e14, false)}
return x, bit.bnot(2^63)`,
    "false \"case:1: bad argument #2 to 'arshift' (number expected, got boolean)\"",
  ],
  [
    `local x = {cmsgpack.pack({}, {["a b"]={1,2,3}})}
return x, error(-2, 3, 2)`,
    'false "user_script:40: -2"',
  ],
  [
    `local x = {unpack({[10]=-2^63})}
return x, assert("1e2", 2)`,
    'true {} "1e2" 2',
  ],
  [
    `local x = {table.remove(setmetatable({}, {__sub=function(a,b) return a,b end}), 1/0)}
return x, rawequal(2, 3)`,
    "true {} false",
  ],
  [
    `local x = {xpcall(function() error({}) end, function() return true end)}
return x, cjson.decode_invalid_numbers("on")`,
    "true {1=false,2=true} true",
  ],
  [
    `local x = {bit.rshift(2^32, -1)}
return x, cjson.encode_max_depth(nil)`,
    "true {1=0} 1000",
  ],
  [
    `local x = {string.lower("%")}
return x, bit.tobit(-1/0)`,
    'true {1="%"} 0',
  ],
  [
    `local x = {cjson.decode_invalid_numbers(1)}
return x, string.find("", ",%9", 1)`,
    "false \"case:1: bad argument #1 to 'decode_invalid_numbers' (invalid option '1')\"",
  ],
  [
    `local x = {cjson.decode_invalid_numbers("setpause")}
return x, table.insert({5e-324}, 1, "a")`,
    "false \"case:1: bad argument #1 to 'decode_invalid_numbers' (invalid option 'setpause')\"",
  ],
  [
    `local x = {bit.bxor(255, -1/0)}
return x, coroutine.create(function() return true end)`,
    "true {1=255} thread",
  ],
  [
    `local x = {select(" 5 ", 0, 7, 10)}
return x, coroutine.wrap(type)`,
    "false \"case:2: bad argument #1 to 'wrap' (Lua function expected)\"",
  ],
  [
    `local x = {math.ceil(2^63)}
return x, tonumber({1,2,3})`,
    "true {1=9.2233720368547758e+18} nil",
  ],
  [
    `local x = {string.len("1e2")}
return x, table.remove(setmetatable({"10"}, {__call=5,__tostring="s",__lt=function(a,b) return true end}), 1/0)`,
    "true {1=3}",
  ],
  [
    `local x = {string.len(" 5 ")}
return x, string.char(nil, 1, 5)`,
    "false \"case:2: bad argument #1 to 'char' (number expected, got nil)\"",
  ],
  [
    `local x = {cjson.encode_invalid_numbers("off")}
return x, string.len("a,b,,c")`,
    "true {1=false} 6",
  ],
  [
    `local x = {bit.tobit(-1)}
return x, math.deg(2^63)`,
    "true {1=-1} 5.2846029059076024e+20",
  ],
  [
    `local x = {math.mod(0.5, -1/0)}
return x, pairs()`,
    "false \"case:2: bad argument #1 to 'pairs' (table expected, got no value)\"",
  ],
  [
    `local x = {string.sub("inf", 0, 2)}
return x, string.gmatch("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "[^]]+[a-]*[a")`,
    'true {1="in"} function',
  ],
  [
    `local x = {string.find("^$", "^%w*.[", 5)}
return x, pairs({1,0.1,1,1e-5,2^63})`,
    "true {} function {1=1,2=0.10000000000000001,3=1,4=1.0000000000000001e-05,5=9.2233720368547758e+18} nil",
  ],
  [
    `local x = {cmsgpack.unpack("\\165\\207")}
return x, string.upper("hello world")`,
    'false "case:1: Missing bytes in input."',
  ],
  [
    `local x = {bit.ror(-2^63, 2.7)}
return x, table.maxn({"[[x]]","foo=bar, baz=qux","a,b,,c"})`,
    "true {1=0} 3",
  ],
  [
    `local x = {table.setn({}, 5)}
return x, cmsgpack.unpack_one(cmsgpack.pack({["k"]=-1/0}, " 5 "), 100)`,
    "false \"case:1: 'setn' is obsolete\"",
  ],
  [
    `local x = {tonumber("THE (quick) fox", 37)}
return x, table.concat({y=-1e100}, "a\\0b")`,
    "false \"case:1: bad argument #2 to 'tonumber' (base out of range)\"",
  ],
  [
    `local x = {table.insert({2,-1e100,2^64,255,2.5}, nil)}
return x, rawget()`,
    "false \"case:2: bad argument #1 to 'rawget' (table expected, got no value)\"",
  ],
  [
    `local x = {coroutine.wrap(tostring, 2)}
return x, bit.ror(2^32, 2.7)`,
    "false \"case:1: bad argument #1 to 'wrap' (Lua function expected)\"",
  ],
  [
    `local x = {cmsgpack.unpack("\\000\\207\\219\\146\\063\\192\\160\\165\\000\\202\\160")}
return x, tonumber()`,
    "false \"case:2: bad argument #1 to 'tonumber' (value expected)\"",
  ],
  [
    `local x = {math.fmod(0, 1e14)}
return x, table.concat({}, "1 2", 7, 3)`,
    'true {1=0} ""',
  ],
  [
    `local x = {bit.bxor(2^63, -1e100)}
return x, cmsgpack.unpack_one(nil, -2)`,
    "false \"case:2: bad argument #1 to 'unpack_one' (string expected, got nil)\"",
  ],
  [
    `local x = {math.abs(type)}
return x, math.fmod(1e100, 1e-5)`,
    "false \"case:1: bad argument #1 to 'abs' (number expected, got function)\"",
  ],
  [
    `local x = {loadstring("0x1F", "-7")}
return x, cjson.decode_invalid_numbers(nil)`,
    'true {2="[string \\"-7\\"]:1: unexpected symbol near \'0x1F\'"} true',
  ],
  [
    `local x = {cjson.decode([==[[1e,1.,"\\n\\t\\/\\\\"]]==])}
return x, rawequal("hello world", "1e2")`,
    'false "case:1: Expected comma or array end but found invalid token at character 3"',
  ],
  [
    `local x = {math.deg(2^64)}
return x, table.getn({})`,
    "true {1=1.0569205811815205e+21} 0",
  ],
  [
    `local x = {cmsgpack.unpack(cmsgpack.pack({}, function() end))}
return x, cmsgpack.unpack_limit("\\001\\217\\130", 100, 100)`,
    'false "case:2: Start offset 100 greater than input length 3."',
  ],
  [
    `local x = {string.gfind("%", "[]][=,]-[^]]*")}
return x, bit.rshift(2.5, 0)`,
    "true {1=function} 2",
  ],
  [
    `local x = {string.find("hello world", "%p%c-%u", -100)}
return x, math.fmod(-1e100, "a")`,
    "false \"case:2: bad argument #2 to 'fmod' (number expected, got string)\"",
  ],
  [
    `local x = {struct.pack("I=c0", 7, false, -2)}
return x, coroutine.wrap(function() error({err='E'}) end)`,
    "false \"case:1: bad argument #1 to 'pack' (invalid format option '=')\"",
  ],
  [
    `local x = {string.lower("[[x]]")}
return x, math.rad(-2)`,
    'true {1="[[x]]"} -0.034906585039886591',
  ],
  [
    `local x = {rawset({}, {}, 255)}
return x, cjson.decode_invalid_numbers(true, -2)`,
    "false \"case:2: bad argument #2 to 'decode_invalid_numbers' (found too many arguments)\"",
  ],
  [
    `local x = {cmsgpack.unpack_limit("\\224\\221\\129\\063\\208\\144\\192\\221\\130\\219\\203\\144\\127", 5, nil)}
return x, string.rep("line\\nbreak", nil)`,
    'false "case:1: Missing bytes in input."',
  ],
  [
    `local x = {bit.tohex()}
return x, table.foreachi({{1,2,3},-1,"1e2",{},-2}, function() return true end)`,
    "false \"case:1: bad argument #1 to 'tohex' (number expected, got no value)\"",
  ],
  [
    `local x = {setmetatable({}, {0,{},0})}
return x, cjson.encode_keep_buffer("on")`,
    "true {1={}} true",
  ],
  [
    `local x = {coroutine.wrap(nil)}
return x, struct.unpack("d IB", "%", -1)`,
    "false \"case:1: bad argument #1 to 'wrap' (Lua function expected)\"",
  ],
  [
    `local x = {table.insert({"a\\0b","0x"}, 0)}
return x, string.gfind("1e2", "[^]](o)$")`,
    "true {} function",
  ],
  [
    `local x = {math.deg(1.5)}
return x, table.sort({}, function() error({}) end)`,
    "true {1=85.943669269623484}",
  ],
  [
    `local x = {string.char(100, 3, 5)}
return x, string.gfind("THE (quick) fox", "[%a-z]%p%a-=-[%a-z]+")`,
    'true {1="d\u0003\u0005"} function',
  ],
  [
    `local x = {coroutine.yield(-1)}
return x, bit.bnot(1000000)`,
    'false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    `local x = {string.gmatch("hello world", "%w (%w+)o")}
return x, coroutine.running()`,
    "true {1=function} nil",
  ],
  [
    `local x = {bit.rshift(2^64, 3)}
return x, ipairs(setmetatable({"a"}, {__tostring=function() return "T" end}))`,
    'true {1=0} function {1="a"} 0',
  ],
  [
    `local x = {cjson.decode_max_depth(1/0)}
return x, coroutine.wrap(function() error('x') end)`,
    "false \"case:1: bad argument #1 to 'decode_max_depth' (expected integer between 1 and 2147483647)\"",
  ],
  [
    `local x = {unpack({"10",false,0}, 3, 0)}
return x, string.find("[[x]]", "-7", nil)`,
    "true {} nil",
  ],
  [
    `local x = {string.rep("1 2", 2)}
return x, math.rad()`,
    "false \"case:2: bad argument #1 to 'rad' (number expected, got no value)\"",
  ],
  [
    `local x = {math.ceil(1/3)}
return x, coroutine.resume(7)`,
    "false \"case:2: bad argument #1 to 'resume' (coroutine expected)\"",
  ],
  [
    `local x = {table.foreachi(setmetatable({0,-2}, {__tostring="s"}), type)}
return x, cjson.encode_invalid_numbers("on")`,
    'true {1="number"} true',
  ],
  [
    `local x = {ipairs()}
return x, bit.bxor(-0.5, 2)`,
    "false \"case:1: bad argument #1 to 'ipairs' (table expected, got no value)\"",
  ],
  [
    `local x = {coroutine.create(function() error('x') end)}
return x, cjson.decode_max_depth(2)`,
    "true {1=thread} 2",
  ],
  [
    `local x = {string.format("%g,%q", "foo=bar, baz=qux", "foo=bar, baz=qux")}
return x, getmetatable("abc")`,
    "false \"case:1: bad argument #2 to 'format' (number expected, got string)\"",
  ],
  [
    `local x = {coroutine.status("1e2")}
return x, cjson.encode({[1.5]={}})`,
    "false \"case:1: bad argument #1 to 'status' (coroutine expected)\"",
  ],
  [
    `local x = {cjson.encode()}
return x, cmsgpack.unpack_one(255, 2.7)`,
    "false \"case:1: bad argument #1 to 'encode' (expected 1 argument)\"",
  ],
  [
    `local x = {bit.bxor(3.7, 0.1)}
return x, tonumber(type)`,
    "true {1=4} nil",
  ],
  [
    `local x = {string.char(2, 3, "hello world")}
return x, bit.band(127)`,
    "false \"case:1: bad argument #3 to 'char' (number expected, got string)\"",
  ],
  [
    `local x = {cjson.encode_sparse_array("step", -2, 100)}
return x, select(1/0, "a", 7, "0x1F")`,
    "false \"case:1: bad argument #1 to 'encode_sparse_array' (invalid option 'step')\"",
  ],
  [
    `local x = {table.remove({1.5,2^53,3.7,2^32,1e15,3,100}, 2.7)}
return x, loadstring("%", "1e2")`,
    'true {1=9007199254740992} nil "[string \\"1e2\\"]:1: unexpected symbol near \'%\'"',
  ],
  [
    `local x = {tonumber(7)}
return x, type({1,2,3})`,
    'true {1=7} "table"',
  ],
  [
    `local x = {cjson.decode_invalid_numbers("on")}
return x, math.deg()`,
    "false \"case:2: bad argument #1 to 'deg' (number expected, got no value)\"",
  ],
  [
    `local x = {math.fmod(100, 1e21)}
return x, bit.bor(-129, 0.1, 1000000)`,
    "true {1=100} -129",
  ],
  [
    `local x = {cjson.encode_invalid_numbers("x")}
return x, math.max(1000000, 1e14, -2^63)`,
    "false \"case:1: bad argument #1 to 'encode_invalid_numbers' (invalid option 'x')\"",
  ],
  [
    `local x = {tonumber(1)}
return x, pcall(function() error({err='E'}) end, "10", 2)`,
    'true {1=1} false "E"',
  ],
  [
    `local x = {math.mod(127, 65536)}
return x, table.foreachi({10,function() end}, -2)`,
    "false \"case:2: bad argument #2 to 'foreachi' (function expected, got number)\"",
  ],
  [
    `local x = {math.fmod(10, 1e21)}
return x, math.rad(256)`,
    "true {1=10} 4.4680428851054836",
  ],
  [
    `local x = {pcall(tostring, "hello world", "1e2")}
return x, cjson.decode([==[["",nan,{}]]==])`,
    'true {1=true,2="hello world"} {1="",2=nan,3={}}',
  ],
  [
    `local x = {math.floor(0.5)}
return x, cjson.decode_max_depth(1)`,
    "true {1=0} 1",
  ],
]);
