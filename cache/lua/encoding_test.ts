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

testStories("cjson gives what it gives in Redis whichever way it takes", [
  [
    String
      .raw`return cjson.encode({a = 1.5}), cjson.encode({1/3, 0.1, 1e14, 123456789012.5, 99999999999999.9, 1e-5, 0.000102996826171875, -2.5, 1700000000123}), tostring(1e12 + 0.5), tostring(0.5), tostring(-1/3), tostring(100000.5)`,
    'true "{\\"a\\":1.5}" "[0.33333333333333,0.1,1e+14,123456789012.5,1e+14,1e-05,0.00010299682617188,-2.5,1700000000123]" "1000000000000.5" "0.5" "-0.33333333333333" "100000.5"',
  ],
  [
    String
      .raw`return cjson.encode("a/b\127\1\31\"\\\228"), cjson.encode({["a/\n"] = "\t"}), cjson.encode({{}, {{}}, {a = {}}}), cjson.encode({1, nil, 3}), cjson.encode({[3] = 1})`,
    'true "\\"a\\\\/b\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\ä\\"" "{\\"a\\\\/\\\\n\\":\\"\\\\t\\"}" "[{},[{}],{\\"a\\":{}}]" "[1,null,3]" "[null,null,1]"',
  ],
  [
    String
      .raw`local t = cjson.decode('{"b":1,"a":{"b":[1,{"c":null}]},"1":2,"a":3,"__proto__":{"x":1},"":0}') return t.b, t.a, t["1"], t[1], t.__proto__.x, t[""], cjson.decode('[]')[1], cjson.decode(' "x" '), cjson.decode('[1,2,[3]] ')[3][1]`,
    'true 1 3 2 nil 1 0 nil "x" 3',
  ],
  [
    String
      .raw`local k = ("k"):rep(100) local t = cjson.decode('{"' .. k .. '":1,"x":2}') return t[k], t.x, cjson.decode('{"\\u0041":"\\n\\/"}').A, cjson.decode('{"\\n":1}')["\n"]`,
    'true 1 2 "\\\n/" 1',
  ],
  [
    String
      .raw`local n = 0 for i = 1, 600 do n = n + cjson.decode('{"k' .. i .. '":' .. i .. ',"same":1}')["k" .. i] end return n, cjson.decode('{"k1":5}').k1`,
    "true 180300 5",
  ],
  [
    String
      .raw`local s = ("["):rep(1000) .. ("]"):rep(1000) return type(cjson.decode(s)), pcall(cjson.decode, "[" .. s .. "]"), pcall(cjson.decode, ('{"a":'):rep(1001) .. "1" .. ("}"):rep(1001))`,
    'true "table" false false "Found too many nested data structures (1001) at character 5001"',
  ],
  [
    String
      .raw`return #cjson.decode('"' .. ("x"):rep(1100000) .. '"'), pcall(cjson.decode, '[1,'), pcall(cjson.decode, '{"a" 1}'), pcall(cjson.decode, '[01x]'), cjson.decode('"a\1b"')`,
    'true 1100000 false false false "a\u0001b"',
  ],
  [
    String
      .raw`local o = cjson.decode('{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}') local n = 0 for k, v in pairs(o) do n = n + v end o.a = nil o.k = 11 for k, v in pairs(o) do n = n + v end return n, o.a, o.k, o.e`,
    "true 120 nil 11 5",
  ],
  [
    String
      .raw`return cjson.encode(("a/\127\1\31\"\\\228"):rep(30)), cjson.encode({("x"):rep(200) .. "/", ("/"):rep(100)}), cjson.encode({a = {{}, {b = {}}}}), cjson.encode({{{1}}})`,
    'true "\\"a\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\äa\\\\/\\\\u007f\\\\u0001\\\\u001f\\\\\\"\\\\\\\\ä\\"" "[\\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\\\/\\",\\"\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\\\/\\"]" "{\\"a\\":[{},{\\"b\\":{}}]}" "[[[1]]]"',
  ],
]);
