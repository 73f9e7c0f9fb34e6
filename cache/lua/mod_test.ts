import { assertEquals, assertThrows } from "@std/assert";
import { Lua, LuaError } from "./mod.ts";

Deno.test("a script can be suspended, resumed and killed", () => {
  let asks = true;
  const lua = new Lua({ onTick: () => asks });
  const f = lua.load("for i = 1, 100000 do tostring(i) end return 5", "@x");
  assertEquals(lua.call(f), [5]);
  assertEquals(lua.run(f), undefined);
  assertThrows(() => lua.run(f), TypeError);
  asks = false;
  assertEquals(lua.resume(), [5]);
  assertThrows(() => lua.resume(), TypeError);
  asks = true;
  const endless = lua.load("while true do pcall(tostring, 1) end", "@x");
  assertEquals(lua.run(endless), undefined);
  assertEquals(lua.kill("killed").message, "killed");
});

Deno.test("a script has no more memory than it may", () => {
  const lua = new Lua({ maxMemory: 4 * 1024 * 1024 });
  for (
    const text of [
      "local t = {} while true do t[#t + 1] = {} end",
      "local s = 'x' while true do s = s .. s end",
      "local t = {} for i = 1, 1e7 do t['k' .. i] = function() return i end end",
      // Its keys take most of the memory, though tables may share them.
      `local held = {} for i = 1, 1500 do
        local fields = {}
        for j = 1, 63 do fields[j] = '"' .. ("k"):rep(50) .. i .. "," .. j .. '":true' end
        held[i] = cjson.decode("{" .. table.concat(fields, ",") .. "}")
      end`,
      "return ('a'):match(('x'):rep(2e6))",
    ]
  ) {
    let message = "";
    try {
      lua.call(lua.load(text, "@x"));
    } catch (error) {
      // A LuaError is no `Error`, as `assertThrows` would have it.
      if (error instanceof LuaError) message = error.message;
    }
    assertEquals(message.includes("not enough memory"), true);
  }
});

Deno.test("onTick is asked within long matches, and after many short ones", () => {
  let asked = 0;
  const lua = new Lua({
    onTick: () => {
      asked++;
      return false;
    },
  });
  for (
    const text of [
      "return (('('):rep(2000) .. (')'):rep(2000)):find('%b()x')",
      `local s = ('x'):rep(1e5) ${"s:find('y.') ".repeat(30)}`,
    ]
  ) {
    asked = 0;
    lua.call(lua.load(text, "@x"));
    assertEquals(asked > 0, true, text);
  }
});
