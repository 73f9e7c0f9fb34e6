import { assertEquals } from "@std/assert";
import { Acl } from "./acl.ts";
import { CommandTable } from "./commands/command.ts";
import { allCommands } from "./commands/table.ts";
import { Settings } from "./settings.ts";

Deno.test("a User is unlimited if one of its selectors allows all there is", () => {
  const acl = new Acl(new CommandTable(allCommands()), new Settings());
  const isUnlimited = (...rules: string[]) => {
    assertEquals(acl.setUser("a", rules, []), undefined);
    return acl.users.get("a")?.isUnlimited;
  };
  assertEquals(acl.default.isUnlimited, true);
  assertEquals(isUnlimited("+@all", "~*"), false);
  assertEquals(isUnlimited("&*"), true);
  assertEquals(isUnlimited(">x"), true);
  assertEquals(isUnlimited("-get"), false);
  assertEquals(isUnlimited("(+@all)"), false);
  assertEquals(isUnlimited("(+@all ~* &*)"), true);
  assertEquals(isUnlimited("clearselectors"), false);
});
