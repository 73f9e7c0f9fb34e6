import { assertEquals } from "@std/assert";
import { parseEventClasses, printEventClasses } from "./notify.ts";

Deno.test("parseEventClasses() spells A out, and printEventClasses() prints as Redis does", () => {
  const cases = [
    ["", "", ""],
    ["KEA", "g$lshzxetdKE", "AKE"],
    ["An", "g$lshzxetdn", "A"],
    ["AKEnm", "g$lshzxetdnKEm", "AKEm"],
    ["gKn", "gnK", "gnK"],
    ["xE", "xE", "xE"],
    ["nm", "nm", "nm"],
    ["AAKK", "g$lshzxetdK", "AK"],
    ["dtexzhsl$g", "g$lshzxetd", "A"],
  ];
  for (const [text = "", classes, printed] of cases) {
    assertEquals(parseEventClasses(text), classes);
    assertEquals(printEventClasses(classes ?? ""), printed);
  }
  for (const text of ["k", "KEa", "A ", "é"]) assertEquals(parseEventClasses(text), undefined);
});
