import { testStories } from "./test_util.ts";

// Numbers that become something else amid a loop that has run for a while.
testStories("loops over numbers go on as in Redis when a value is no number any more", [
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x + y) % 1000
end
return sum`,
    "true 152",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x + y) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x + 3) % 1000
end
return sum`,
    "true 505",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x + 3) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + 3 + x) % 1000
end
return sum`,
    "true 505",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + 3 + x) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x - y) % 1000
end
return sum`,
    "true 458",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x - y) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x - 3) % 1000
end
return sum`,
    "true 105",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x - 3) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + 3 - x) % 1000
end
return sum`,
    "true 895",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + 3 - x) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x * y) % 1000
end
return sum`,
    "true 454",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x * y) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x * 3) % 1000
end
return sum`,
    "true 915",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x * 3) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + 3 * x) % 1000
end
return sum`,
    "true 915",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + 3 * x) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x / y) % 1000
end
return sum`,
    "true 368.10000000000093",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x / y) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x / 3) % 1000
end
return sum`,
    "true 434.99999999999812",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x / 3) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + 3 / x) % 1000
end
return sum`,
    "true 491.78571428571593",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + 3 / x) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x % y) % 1000
end
return sum`,
    "true 749",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x % y) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x % 3) % 1000
end
return sum`,
    "true 699",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x % 3) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + 3 % x) % 1000
end
return sum`,
    "true 602",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + 3 % x) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x ^ y) % 1000
end
return sum`,
    "true 417",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x ^ y) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + x ^ 3) % 1000
end
return sum`,
    "true 35",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + x ^ 3) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if i == 350 then y = "2" end
  sum = (sum + 3 ^ x) % 1000
end
return sum`,
    "true 578",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = (sum + 3 ^ x) % 1000
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x < y then sum = sum + i end
end
return sum`,
    "true 53467",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x < y then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare string with number"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x < 3 then sum = sum + i end
end
return sum`,
    "true 26867",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x < 3 then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare string with number"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if 3 < x then sum = sum + i end
end
return sum`,
    "true 26733",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if 3 < x then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare number with string"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x <= y then sum = sum + i end
end
return sum`,
    "true 80200",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x <= y then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare string with number"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x <= 3 then sum = sum + i end
end
return sum`,
    "true 53467",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x <= 3 then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare string with number"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if 3 <= x then sum = sum + i end
end
return sum`,
    "true 53333",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if 3 <= x then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare number with string"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x > y then sum = sum + i end
end
return sum`,
    "true 0",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x > y then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare number with string"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x > 3 then sum = sum + i end
end
return sum`,
    "true 26733",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x > 3 then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare number with string"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if 3 > x then sum = sum + i end
end
return sum`,
    "true 26867",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if 3 > x then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare string with number"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x >= y then sum = sum + i end
end
return sum`,
    "true 26733",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x >= y then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare number with string"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x >= 3 then sum = sum + i end
end
return sum`,
    "true 53333",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x >= 3 then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare number with string"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if 3 >= x then sum = sum + i end
end
return sum`,
    "true 53467",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if 3 >= x then sum = sum + i end
end
return sum`,
    'false "case:4: attempt to compare string with number"',
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x == y then sum = sum + i end
end
return sum`,
    "true 26733",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x == y then sum = sum + i end
end
return sum`,
    "true 0",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x == 3 then sum = sum + i end
end
return sum`,
    "true 26600",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x == 3 then sum = sum + i end
end
return sum`,
    "true 0",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if 3 == x then sum = sum + i end
end
return sum`,
    "true 26600",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if 3 == x then sum = sum + i end
end
return sum`,
    "true 0",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x ~= y then sum = sum + i end
end
return sum`,
    "true 53467",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x ~= y then sum = sum + i end
end
return sum`,
    "true 80200",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if x ~= 3 then sum = sum + i end
end
return sum`,
    "true 53600",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if x ~= 3 then sum = sum + i end
end
return sum`,
    "true 80200",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i % 3 == 0 then x = 5 elseif i % 3 == 1 then x = 2 else x = 3 end
  if 3 ~= x then sum = sum + i end
end
return sum`,
    "true 53600",
  ],
  [
    `local x, y, sum = 2, 5, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  if 3 ~= x then sum = sum + i end
end
return sum`,
    "true 80200",
  ],
  [
    `local x, sum = 2, 0
for i = 1, 400 do
  if i == 300 then x = "7" end
  sum = sum + -x
end
return sum`,
    "true -1305",
  ],
  [
    `local x, sum = 2, 0
for i = 1, 400 do
  if i == 300 then x = {} end
  sum = sum + -x
end
return sum`,
    "false \"case:4: attempt to perform arithmetic on local 'x' (a table value)\"",
  ],
  [
    `local x, sum = nil, 0
for i = 1, 400 do
  if i % 2 == 0 then x = false elseif i % 5 == 0 then x = i else x = nil end
  if not x then sum = sum + 1 end
  if x then sum = sum + 1000 end
  local y = x or 3
  local z = x and 4 or 5
  sum = sum + y + z
end
return sum`,
    "true 51400",
  ],
  [
    `local t, sum = {}, 0
for i = 1, 400 do
  t[i] = i
  sum = sum + t[i]
  if i == 300 then t = "text" end
end
return sum`,
    "false \"case:3: attempt to index local 't' (a string value)\"",
  ],
  [
    `local t, sum = {1, 2, 3}, 0
for i = 1, 400 do
  sum = sum + t[i % 4]
end
return sum`,
    "false \"case:3: attempt to perform arithmetic on field '?' (a nil value)\"",
  ],
  [
    `local t = setmetatable({}, {__index = function(_, k) return k * 2 end})
local sum = 0
for i = 1, 400 do sum = sum + t[i] end
return sum`,
    "true 160400",
  ],
  [
    `local t, log = {}, 0
local meta = {__newindex = function(_, k, v) log = log + k + v end}
for i = 1, 400 do
  if i == 200 then setmetatable(t, meta) end
  t[i] = 1
end
return log, #t`,
    "true 60501 199",
  ],
  [
    `local t = {n = 0}
for i = 1, 400 do
  t.n = t.n + i
  if i == 300 then t.n = "10" end
end
return t.n`,
    "true 35060",
  ],
  [
    `local t, sum = {n = 1}, 0
for i = 1, 400 do
  sum = sum + t.n
  if i == 300 then t = setmetatable({}, {__index = {n = 5}}) end
end
return sum`,
    "true 800",
  ],
  [
    `local t, sum = {n = 1}, 0
for i = 1, 400 do
  sum = sum + t.n
  if i == 300 then t = nil end
end
return sum`,
    "false \"case:3: attempt to index local 't' (a nil value)\"",
  ],
  [
    `local t, sum = {}, 0
for i = 1, 400 do
  local k = i
  if i == 300 then k = "key" end
  t[k] = i
  sum = sum + t[k]
end
return sum, t.key, t[300]`,
    "true 80200 300 nil",
  ],
  [
    `local sum = 0
for i = 400, 1, -1.5 do
  local j = i
  while j > 390 do j = j - 3; sum = sum + 1 end
  sum = sum + j
end
return sum`,
    "true 53501.5",
  ],
  [
    `local a, b, n = 0, 1, 0
while b < 1e15 do a, b = b, a + b; n = n + 1 end
return a, b, n`,
    "true 806515533049393 1304969544928657 73",
  ],
  [
    `local n, text = 0, ""
repeat
  n = n + 1
  if n == 300 then text = text .. n end
until n >= 400
return n, text`,
    'true 400 "300"',
  ],
  [
    `local function f(i) return i * 2 end
local sum = 0
for i = 1, 400 do
  sum = sum + f(i)
  if i == 300 then f = tostring end
end
return sum`,
    "true 125350",
  ],
  [
    `local sum, x = 0, 0/0
for i = 1, 400 do
  if x == x or x < i or x > i then sum = sum + 1 end
  if x ~= x then sum = sum + 2 end
end
return sum`,
    "true 800",
  ],
  [
    `local sum = 0
for i = 1, 400 do
  local k = i % 10
  if k == 0 then sum = sum - 0 * -1 elseif k == 9 then sum = sum + 1 / 0 - 1 / 0 * 0 break else sum = sum + k end
end
return sum`,
    "true nan",
  ],
  [
    `local up = 0
local function add() up = up + 1 end
for i = 1, 400 do
  up = up + i
  if i % 100 == 0 then add() end
end
return up`,
    "true 80204",
  ],
]);
