/**
 * Generated Lua programs for `compare.ts`: expressions, library calls with values at the edges,
 * patterns, formats, programs with loops, closures, metatables and coroutines, and broken sources.
 *
 * @module
 */

/** Values that show how functions treat the edges of their arguments. */
const NUMBERS = [
  "0",
  "1",
  "2",
  "3",
  "-1",
  "-2",
  "7",
  "10",
  "255",
  "256",
  "0.5",
  "-0.5",
  "1.5",
  "2.5",
  "3.7",
  "-3.7",
  "1e15",
  "1e14",
  "123456789012345",
  "1e100",
  "-1e100",
  "2^31",
  "2^31-1",
  "-2^31",
  "2^32",
  "2^53",
  "2^63",
  "-2^63",
  "2^64",
  "1/3",
  "1/0",
  "-1/0",
  "0.1",
  "1e-5",
  "5e-324",
  "1.7976931348623157e308",
  "0x10",
  "65535",
  "65536",
  "127",
  "128",
  "-128",
  "-129",
  "100",
  "1000000",
  "12345.678",
  "1e21",
];
const STRINGS = [
  '""',
  '"a"',
  '"abc"',
  '"10"',
  '" 5 "',
  '"0x1F"',
  '"1e2"',
  '"hello world"',
  '"foo=bar, baz=qux"',
  '"%d"',
  '"a\\0b"',
  '"\\255\\128"',
  '"line\\nbreak"',
  '"THE (quick) fox"',
  '"inf"',
  '"nan"',
  '"0x"',
  '"1 2"',
  '"-7"',
  '"  "',
  '"a,b,,c"',
  '"[[x]]"',
  '"%"',
  '"^$"',
  '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
];
const OTHERS = [
  "nil",
  "true",
  "false",
  "{}",
  "{1,2,3}",
  "{x=1}",
  "type",
  "function() end",
  "cjson.null",
];
const NAMES = ["a", "b", "c", "d"];
const GLOBALS = ["g1", "g2", "string", "table"];
const BINARY = ["+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or"];

/** The functions of each library, with the kinds of arguments that mean something to them. */
const CALLS: [name: string, args: string][] = [
  ["string.byte", "sii"],
  ["string.char", "iii"],
  ["string.find", "spi"],
  ["string.match", "spi"],
  ["string.len", "s"],
  ["string.lower", "s"],
  ["string.upper", "s"],
  ["string.rep", "sj"],
  ["string.reverse", "s"],
  ["string.sub", "sii"],
  ["string.gsub", "spri"],
  ["string.format", "fvv"],
  ["table.concat", "tsii"],
  ["table.getn", "t"],
  ["table.maxn", "t"],
  ["table.insert", "tjv"],
  ["table.insert", "tv"],
  ["table.remove", "ti"],
  ["table.setn", "ti"],
  ["unpack", "tkk"],
  ["math.abs", "n"],
  ["math.ceil", "n"],
  ["math.floor", "n"],
  ["math.fmod", "nn"],
  ["math.mod", "nn"],
  ["math.max", "nnn"],
  ["math.min", "nnn"],
  ["math.modf", "n"],
  ["math.frexp", "n"],
  ["math.ldexp", "ni"],
  ["math.sqrt", "n"],
  ["math.deg", "n"],
  ["math.rad", "n"],
  ["tonumber", "v"],
  ["tonumber", "sb"],
  ["tostring", "m"],
  ["type", "v"],
  ["select", "ivvv"],
  ["rawequal", "vv"],
  ["rawget", "tv"],
  ["rawset", "tvv"],
  ["next", "t"],
  ["pcall", "gvv"],
  ["assert", "vv"],
  ["error", "vi"],
  ["getmetatable", "v"],
  ["setmetatable", "tt"],
  ["ipairs", "t"],
  ["pairs", "t"],
  ["loadstring", "ss"],
  ["bit.tobit", "n"],
  ["bit.bnot", "n"],
  ["bit.band", "nnn"],
  ["bit.bor", "nnn"],
  ["bit.bxor", "nn"],
  ["bit.lshift", "ni"],
  ["bit.rshift", "ni"],
  ["bit.arshift", "ni"],
  ["bit.rol", "ni"],
  ["bit.ror", "ni"],
  ["bit.bswap", "n"],
  ["bit.tohex", "ni"],
  ["cjson.encode", "D"],
  ["cjson.decode", "J"],
  ["cmsgpack.pack", "DD"],
  ["cmsgpack.unpack", "M"],
  ["cmsgpack.unpack_one", "Mi"],
  ["cmsgpack.unpack_limit", "Mii"],
  ["struct.pack", "Fvvv"],
  ["struct.unpack", "Fsi"],
  ["struct.size", "F"],
  ["cjson.encode_number_precision", "i"],
  ["cjson.encode_sparse_array", "oii"],
  ["cjson.encode_invalid_numbers", "o"],
  ["cjson.encode_max_depth", "i"],
  ["cjson.decode_max_depth", "i"],
  ["cjson.encode_keep_buffer", "o"],
  ["cjson.decode_invalid_numbers", "o"],
  ["coroutine.create", "g"],
  ["coroutine.status", "v"],
  ["coroutine.resume", "v"],
  ["coroutine.wrap", "g"],
  ["coroutine.running", ""],
  ["coroutine.yield", "v"],
  ["table.foreach", "tg"],
  ["table.foreachi", "tg"],
  ["table.sort", "tg"],
  ["xpcall", "gg"],
  ["load", "Rs"],
  ["string.gmatch", "sp"],
  ["math.random", "ii"],
  ["math.randomseed", "i"],
  ["collectgarbage", "o"],
  ["string.gfind", "sp"],
];

/** Functions whose last digits depend on the C library. */
const INEXACT = [
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "exp",
  "log",
  "log10",
];

/** Makes programs, the same for the same seed. */
export class Generator {
  #state: number;

  /** Begins with a seed. */
  constructor(seed: number) {
    this.#state = (seed * 2654435761 ^ 0x9e3779b9) >>> 0;
    for (let i = 0; i < 4; i++) this.#next();
  }

  /** Makes a program of a kind. */
  generate(kind: string): string {
    const generate = GENERATORS[kind];
    if (generate === undefined) throw new TypeError(`No such kind: ${kind}`);
    return generate(this);
  }

  #next(): number {
    // mulberry32
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return (t ^ t >>> 14) >>> 0;
  }

  /** A number from 0 to `n - 1`. */
  below(n: number): number {
    return this.#next() % n;
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  /** As many as `count` says, joined. */
  many(count: number, make: () => string, separator = ""): string {
    return Array.from({ length: count }, make).join(separator);
  }

  /** Any simple value. */
  value(): string {
    return this.pick([NUMBERS, STRINGS, OTHERS, NUMBERS])[this.below(9)] ?? this.pick(NUMBERS);
  }

  /** A pattern, right or wrong. */
  pattern(): string {
    const single = () =>
      this.pick([
        "a",
        "b",
        "o",
        "x",
        ".",
        "%a",
        "%d",
        "%s",
        "%w",
        "%p",
        "%u",
        "%l",
        "%c",
        "%x",
        "%z",
        "%A",
        "%D",
        "%S",
        "%.",
        "[abc]",
        "[^abc]",
        "[a-z]",
        "[%w_]",
        "[^%s,]",
        "[]]",
        "[^]]",
        "[a-]",
        "[%a-z]",
        "[=,]",
        "=",
        ",",
        " ",
        "%%",
        "l",
        "%W",
        "[0-9]",
        "(%w+)",
        "(.-)",
        "()",
        "(a*)",
        "(o)",
        "%1",
        "%2",
        "%b()",
        "%bxx",
        "%f[%w]",
        "%f[%W]",
        "$",
      ]);
    const item = () => single() + (this.once(2) ? "" : this.pick(["*", "+", "-", "?", ""]));
    let text = this.many(1 + this.below(5), item);
    if (this.once(5)) text = `^${text}`;
    if (this.once(6)) text += "$";
    if (this.once(15)) text += this.pick(["[", "%", "(", ")", "[a", "%b", "%f", "%bx", "[%", "%9"]);
    return JSON.stringify(text);
  }

  /** A text for patterns. */
  subject(): string {
    const piece = () =>
      this.pick([
        "a",
        "b",
        "ab",
        "x",
        "foo",
        "=",
        ",",
        " ",
        "(",
        ")",
        "((a)b)",
        "12",
        "_",
        "o",
        "ll",
        "World",
        "\\0",
        "\\n",
      ]);
    return this.once(4) ? this.pick(STRINGS) : `"${this.many(this.below(9), piece)}"`;
  }

  /** A format, right or wrong. */
  format(): string {
    const directive = () =>
      `%${this.many(this.below(3), () => this.pick(["-", "+", " ", "#", "0"]))}${
        this.pick(["", "", "5", "10", "12", "99", "1", "100"])
      }${this.pick(["", "", ".0", ".3", ".10", ".", ".99", ".100"])}${
        this.pick([
          "d",
          "i",
          "u",
          "x",
          "X",
          "o",
          "c",
          "e",
          "E",
          "f",
          "g",
          "G",
          "s",
          "q",
          "s",
          "d",
          "f",
          "g",
          "%",
          "y",
        ])
      }`;
    const simple = () =>
      `%${
        this.pick(["d", "s", "5.2f", "g", "q", "x", "c", "%", ".3s", "-10s|", "05d", ".14g", "e"])
      }`;
    return JSON.stringify(
      this.many(1 + this.below(3), this.once(2) ? directive : simple, this.pick(["", " ", ","])),
    );
  }

  /** A table, with elements or one key. */
  table(): string {
    switch (this.below(7)) {
      case 0:
        return "{}";
      case 1:
        return `{${this.pick(["x", "y", "n", "[1.5]", "[10]", "[true]"])}=${this.pick(NUMBERS)}}`;
      case 2:
        return `setmetatable({${
          this.many(this.below(3), () => this.value(), ",")
        }}, ${this.metatable()})`;
      case 3:
        return `{${this.many(this.below(8), () => this.pick(STRINGS), ",")}}`;
      case 4:
        return `{${this.many(this.below(8), () => this.pick(NUMBERS), ",")}}`;
    }
    return `{${this.many(this.below(6), () => this.value(), ",")}}`;
  }

  /** A metatable with some events. */
  metatable(): string {
    const event = () =>
      this.pick([
        "__index=function(t,k) return k end",
        "__newindex=function(t,k,v) rawset(t,k,v) end",
        "__add=function(a,b) return 1 end",
        "__sub=function(a,b) return a,b end",
        "__mul=function() end",
        "__div=function(a,b) return type(a)..type(b) end",
        "__mod=function(a) return a end",
        "__pow=function(a,b) return b end",
        "__unm=function(a,b) return rawequal(a,b) end",
        '__concat=function(a,b) return "c" end',
        "__len=function() return 9 end",
        "__eq=function() return true end",
        "__lt=function(a,b) return true end",
        "__le=function() return nil end",
        "__call=function(self,...) return ... end",
        '__tostring=function() return "T" end',
        "__metatable=1",
        "__index={x=5}",
        '__index="abc"',
        "__add=5",
        '__tostring=function() error("ts") end',
        "__call=5",
        "__newindex={}",
        "__lt=1",
        '__tostring="s"',
        '__index=function() error("idx", 2) end',
        '__index=function() error("idx") end',
      ]);
    return `{${this.many(1 + this.below(3), event, ",")}}`;
  }

  /** Data for the encoders. */
  data(depth = 0): string {
    if (depth > 3 || this.once(2)) {
      return this.once(12) ? this.pick(OTHERS) : this.pick(this.once(2) ? NUMBERS : STRINGS);
    }
    switch (this.below(4)) {
      case 0:
        return `{[${this.pick(['"k"', '"a b"', "5", "-1", "1.5", "20", "100", "true"])}]=${
          this.data(depth + 1)
        }}`;
      case 1:
        return "{}";
    }
    return `{${this.many(this.below(5), () => this.data(depth + 1), ",")}}`;
  }

  /** JSON, often broken. */
  json(depth = 0): string {
    const scalar = () =>
      this.pick([
        "1",
        "-1",
        "0",
        "1.5",
        "1e3",
        "-0",
        "01",
        "0x1F",
        "1.",
        ".5",
        "+1",
        "inf",
        "nan",
        "-inf",
        "Infinity",
        "NaN",
        "true",
        "false",
        "null",
        "nul",
        "tru",
        '"a"',
        '""',
        '"\\u00e9"',
        '"\\ud83d\\ude00"',
        '"\\ud83d"',
        '"\\udc00"',
        '"\\n\\t\\/\\\\"',
        '"\\x"',
        '"abc',
        '"\\u12"',
        "12345678901234567890",
        "1e400",
        "-",
        "1e",
        '"\\u0000"',
        "1e5",
      ]);
    if (depth > 3 || this.once(2)) return scalar();
    if (this.once(2)) {
      return `[${
        this.many(this.below(4), () => this.json(depth + 1), this.pick([",", ", ", " ,\t"]))
      }${this.once(12) ? this.pick([",", "", "}"]) : "]"}`;
    }
    const pair = () =>
      `${this.pick(['"k"', '"a"', '"b"', "1", "x"].slice(0, this.once(8) ? 5 : 3))}:${
        this.json(depth + 1)
      }`;
    return `{${this.many(this.below(3), pair, ",")}${
      this.once(12) ? this.pick([",", "", "]"]) : "}"
    }`;
  }

  /** MessagePack, mostly of random bytes. */
  msgpack(): string {
    if (this.once(3)) return `cmsgpack.pack(${this.data()}, ${this.data()})`;
    const byte = () =>
      `\\${
        this.pick([
          0,
          1,
          127,
          128,
          129,
          130,
          144,
          145,
          146,
          160,
          161,
          165,
          192,
          193,
          194,
          195,
          202,
          203,
          204,
          205,
          206,
          207,
          208,
          209,
          210,
          211,
          217,
          218,
          219,
          220,
          221,
          222,
          223,
          224,
          255,
          63,
          240,
        ]).toString().padStart(3, "0")
      }`;
    return `"${this.many(this.below(14), byte)}"`;
  }

  /** A format of structures. */
  structFormat(): string {
    const option = () =>
      this.pick([
        "b",
        "B",
        "h",
        "H",
        "l",
        "L",
        "T",
        "i",
        "I",
        "i3",
        "I8",
        "i1",
        "f",
        "d",
        "s",
        "c0",
        "c",
        "c3",
        "x",
        "<",
        ">",
        "!",
        "!4",
        "!2",
        " ",
        "i16",
        "I12",
        "i33",
        "!3",
        "z",
        "Bc0",
        "i0",
        "=",
        "c99999999999",
      ]);
    return JSON.stringify(this.many(1 + this.below(4), option));
  }

  /** An argument of a kind. */
  argument(kind: string): string {
    if (this.once(25)) return this.value();
    switch (kind) {
      case "s":
        return this.pick(STRINGS);
      case "p":
        return this.once(3) ? this.pick(STRINGS) : this.pattern();
      case "i":
        return this.pick([
          "0",
          "1",
          "2",
          "3",
          "-1",
          "-2",
          "5",
          "100",
          "nil",
          "-100",
          "2.7",
          '"2"',
          "1/0",
          "2^31",
          "2^40",
        ]);
      case "j":
        return this.pick(["0", "1", "2", "3", "-1", "10", "2.9", "nil"]);
      case "k":
        return this.pick(["0", "1", "2", "3", "-1", "5", "8000", "2^31-1", "-2^31", "nil", "7990"]);
      case "b":
        return this.pick(["2", "8", "10", "16", "36", "37", "1", "0", "nil"]);
      case "n":
        return this.pick(NUMBERS);
      case "t":
        return this.table();
      case "r":
        return this.pick([
          '"%1"',
          '"<%0>"',
          '"%%"',
          '"x"',
          '"%2"',
          '"%"',
          "{a=1,o='O'}",
          "function(...) return ... end",
          "function() end",
          "function() return {} end",
          "5",
          "{}",
          "setmetatable({},{__index=function(t,k) return k..k end})",
          '""',
          "nil",
          "string.upper",
        ]);
      case "f":
        return this.format();
      case "g":
        return this.pick([
          "function(...) return ... end",
          "function(a,b) return a end",
          "function() error('x') end",
          "type",
          "tostring",
          "function(a,b) return b,a end",
          "function() error({}) end",
          "function() error({err='E'}) end",
          "nil",
          "string.rep",
          "function() return true end",
          "function(a,b) return a<b end",
          "function() error() end",
          "function(...) return select('#',...) end",
        ]);
      case "R":
        return `(function() local n = 0 return function() n = n + 1 if n < 4 then ${
          this.pick([
            "return 'n=1 '",
            "return n",
            "return {}",
            "error('r')",
            "error({})",
            "return 'return '",
            "",
          ])
        } end end end)()`;
      case "m":
        return this.once(2) ? this.value() : this.table();
      case "o":
        return this.pick([
          "true",
          "false",
          '"on"',
          '"off"',
          '"null"',
          "nil",
          '"x"',
          "1",
          // Not "step": what that returns depends on how far the collector has come.
          '"setpause"',
        ]);
      case "D":
        return this.data();
      case "J":
        return `[==[${this.json()}]==]`;
      case "M":
        return this.msgpack();
      case "F":
        return this.structFormat();
    }
    return this.value();
  }

  /** A call of a library function. */
  call(): string {
    const [name, kinds] = this.pick(CALLS);
    const count = this.once(6) ? this.below(kinds.length + 2) : kinds.length;
    const args = Array.from({ length: count }, (_, i) => this.argument(kinds[i] ?? "v"));
    return `${name}(${args.join(", ")})`;
  }

  /** An expression over the local variables. */
  expression(depth = 0): string {
    if (depth > 3 || this.once(4)) {
      return this.once(3) ? this.value() : this.pick(this.once(6) ? GLOBALS : NAMES);
    }
    switch (this.below(14)) {
      case 0:
        return `(${this.pick(["-", "not ", "#"])}${this.expression(depth + 1)})`;
      case 1:
        return `${this.pick(NAMES)}.${this.pick(["x", "y", "z"])}`;
      case 2:
        return `${this.pick(NAMES)}[${this.expression(depth + 1)}]`;
      case 3:
        return `${this.pick(NAMES)}(${this.expression(depth + 1)})`;
      case 4:
        return `${this.pick(NAMES)}:${this.pick(["x", "upper", "rep"])}(${
          this.expression(depth + 1)
        })`;
      case 5:
        return this.table();
      case 6:
        return `(function(...) ${this.once(2) ? "local a, b = ... " : ""}return ${
          this.expression(depth + 1)
        } end)`;
      case 7:
        return this.call();
    }
    return `(${this.expression(depth + 1)} ${this.pick(BINARY)} ${this.expression(depth + 1)})`;
  }

  /** A statement. */
  statement(depth: number): string {
    const block = () =>
      this.many(1 + this.below(2), () => this.statement(depth + 1), this.pick([" ", "\n"]));
    const loop = () =>
      `${block()}${this.once(4) ? ` if ${this.expression(2)} then break end` : ""}`;
    switch (this.below(depth > 2 ? 5 : 15)) {
      case 0:
      case 1:
        return `${this.pick(NAMES)} = ${this.expression()}`;
      case 2:
        return `local ${this.pick(NAMES)}, ${this.pick(NAMES)} = ${this.expression(1)}${
          this.once(2) ? `, ${this.expression(1)}` : ""
        }`;
      case 3:
        return `${this.pick(NAMES)}.${this.pick(["x", "y"])} = ${this.expression(1)}`;
      case 4:
        return `${this.pick(NAMES)}, ${this.pick(NAMES)}[${this.expression(2)}] = ${
          this.expression(1)
        }, ${this.expression(1)}`;
      case 5:
        return `if ${this.expression(1)} then ${block()}${
          this.once(2) ? ` else ${block()}` : ""
        } end`;
      case 6:
        return `for ${this.pick(NAMES)} = ${this.pick(["1", "0", "a", "5"])}, ${
          this.pick(["3", "b", "-2"])
        }${
          this.once(3) ? ", " + this.pick(["1", "-1", "2", "0.5", "c"]) : ""
        } do count() ${loop()} end`;
      case 7:
        return `for ${this.pick(NAMES)}, ${this.pick(NAMES)} in ${this.pick(["ipairs", "pairs"])}(${
          this.pick(NAMES)
        }) do count() ${loop()} end`;
      case 8:
        return `local function ${this.pick(NAMES)}(${
          this.pick(["", "a", "a, b", "...", "a, ..."])
        }) ${block()} return ${this.expression(2)} end`;
      case 9:
        return `do local i = 0 while i < ${this.below(4)} do i = i + 1 count() ${loop()} end end`;
      case 10:
        return `do local i = 0 repeat local z = i i = i + 1 count() ${loop()} until z >= ${
          this.below(3)
        } end`;
      case 11:
        return `out(${this.expression()}, ${this.expression(1)})`;
      case 12:
        return `out(pcall(function() ${block()} return ${this.expression(1)} end))`;
      case 13:
        return `${this.pick(NAMES)} = setmetatable(${
          this.pick(["{}", "{1,2}", "{x=1}"])
        }, ${this.metatable()})`;
    }
    return `do ${block()} end`;
  }

  /** A whole program. */
  program(): string {
    const statements = this.many(2 + this.below(6), () => this.statement(0), "\n");
    return `local outs, n = {}, 0
local function out(...) if #outs < 30 then outs[#outs + 1] = {select("#", ...), ...} end end
local function count() n = n + 1 if n > 200 then error("enough") end end
local a, b, c, d = ${this.value()}, ${this.value()}, ${this.table()}, ${this.value()}
local ok, e = pcall(function()
${statements}
return a end)
local function plain(v) if type(v) == "table" then return "table" end return v end
for i = 1, #outs do for j = 1, outs[i][1] + 1 do outs[i][j] = plain(outs[i][j]) or false end end
return ok, plain(e), outs`;
  }

  /** A program that yields. */
  coroutine(): string {
    const action = () =>
      this.pick([
        "coroutine.yield(i)",
        "local x = coroutine.yield(i, ...) r = r + (tonumber(x) or 0)",
        "error('oops')",
        "error({})",
        "pcall(coroutine.yield, 1)",
        "r = r + i",
        "return r, ...",
        "local t = setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end}) r = t.x",
        "for k in coroutine.wrap(function() coroutine.yield(1) end) do r = r + k end",
        "coroutine.yield()",
        "table.sort({3,2,1}, function(a, b) coroutine.yield(a) return a < b end)",
        "string.gsub('ab', '.', function(x) coroutine.yield(x) end)",
        "r = r .. (coroutine.running() and 'c' or 'm')",
        "return coroutine.yield(i)",
        "local co = coroutine.create(function() error('in') end) coroutine.yield(coroutine.resume(co))",
        "local f = coroutine.wrap(function() error('w') end) f()",
        "for _ in function() return coroutine.yield(1) end do end",
        "select(2, coroutine.yield(1, 2))",
      ]);
    const start = this.pick(["create", "wrap"]);
    const resume = start === "create" ? "coroutine.resume(co, j, 'v')" : "pcall(co, j, 'v')";
    const status = start === "create" ? "coroutine.status(co)" : "0";
    return `local co = coroutine.${start}(function(...) local r = 0
for i = 1, 3 do if i < 9 then ${
      this.many(1 + this.below(2), action, " end if i < 9 then ")
    } end end return r end)
local outs = {}
for j = 1, 6 do outs[j] = {${status}, ${resume}} end
return outs`;
  }

  /** Sorting. */
  sort(): string {
    const size = this.below(14);
    const element = this.pick([
      () => String(this.below(10)),
      () => this.pick(NUMBERS),
      () => this.pick(STRINGS),
      () => this.value(),
    ]);
    const order = this.pick([
      "",
      ", function(a, b) return a > b end",
      ", function(a, b) return a <= b end",
      ", function() return true end",
      ", function(a, b) n = n + 1 return #tostring(a) < #tostring(b) end",
      ", function() return false end",
      ", function(a, b) error('c') end",
    ]);
    return `local n = 0 local t = {${
      this.many(size, element, ",")
    }} return pcall(table.sort, t${order}), n, t`;
  }

  /** A source that may be broken. */
  broken(): string {
    const source = this.once(2) ? this.program() : this.statement(0) + "\n" + this.statement(0);
    const tokens = source.match(/[\w.]+|"(?:[^"\\]|\\.)*"|\s+|./g) ?? [];
    for (let i = this.below(3); i >= 0; i--) {
      const at = this.below(tokens.length);
      const change = this.below(4);
      if (change === 0) tokens.splice(at, 1);
      else if (change === 1) tokens.splice(at, 0, tokens[this.below(tokens.length)] ?? "");
      else {
        tokens[at] = this.pick([
          "end",
          "then",
          "do",
          "=",
          "==",
          "...",
          "(",
          ")",
          "{",
          "}",
          "local",
          "function",
          "return",
          "break",
          "nil",
          '"',
          "'",
          "[[",
          "--[[",
          "[=",
          "\\",
          "3..2",
          "0x",
          "1e",
          '"\\300"',
          "@",
          "\t",
          ";",
          ",",
          ".",
          ":",
          "..",
          "until",
          "for",
          "~",
          "!",
          "\\n",
          "in",
          "and",
          "goto",
          "]]",
          "--",
        ]);
      }
    }
    return `return loadstring(${luaString(tokens.join(""))}, ${
      this.pick(['"@x"', '"=y"', '"line\\nmore"', "nil"])
    })`;
  }
}

/** Writes a text as a Lua string. */
function luaString(text: string): string {
  return `"${text.replace(/["\\\n]/g, (c) => c === "\n" ? "\\n" : `\\${c}`)}"`;
}

/** The kinds of programs. */
export const GENERATORS: Record<string, (g: Generator) => string> = {
  expression: (g) =>
    `local a, b, c, d = ${g.value()}, ${g.value()}, ${g.table()}, ${g.value()}\nreturn ${g.expression()}`,
  call: (g) => `return ${g.call()}`,
  calls: (g) => `local x = {${g.call()}}\nreturn x, ${g.call()}`,
  pattern: (g) =>
    g.pick([
      () =>
        `return string.find(${g.subject()}, ${g.pattern()}${
          g.once(4) ? `, ${g.argument("i")}` : ""
        })`,
      () => `return string.match(${g.subject()}, ${g.pattern()})`,
      () =>
        `return string.gsub(${g.subject()}, ${g.pattern()}, ${g.argument("r")}${
          g.once(5) ? `, ${g.argument("i")}` : ""
        })`,
      () =>
        `local t = {} for a, b in string.gmatch(${g.subject()}, ${g.pattern()}) do t[#t+1] = a t[#t+1] = b end return t`,
    ])(),
  format: (g) =>
    `return string.format(${g.format()}, ${g.argument("v")}, ${g.argument("n")}, ${g.value()})`,
  number: (g) =>
    `local x, y = ${g.pick(NUMBERS)}, ${g.pick(NUMBERS)} return tostring(x ${
      g.pick(["+", "-", "*", "/", "%"])
    } y), x ^ 2, tostring(x), x .. "", string.format("${
      g.pick(["%.14g", "%.3f", "%e", "%g", "%.17g", "%.20f", "%d", "%.1f", "%.0f"])
    }", x / ${1 + g.below(16)})`,
  math: (g) => `return string.format("%.12g", math.${g.pick(INEXACT)}(${g.pick(NUMBERS)}))`,
  program: (g) => g.program(),
  programs: (g) => g.program(),
  coroutine: (g) => g.coroutine(),
  sort: (g) => g.sort(),
  broken: (g) => g.broken(),
};
