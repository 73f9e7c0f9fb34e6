import { assertEquals } from "@std/assert";
import { classifyAcceptError } from "./accept_error.ts";
import { systemError } from "./test_util.ts";

Deno.test("classifyAcceptError() decides by the code of the error", () => {
  const expected = {
    "skip": ["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO", "ETIMEDOUT"],
    "back off": [
      ...["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"],
      ...["ENETDOWN", "EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH", "ENONET"],
      ...["ENOPROTOOPT", "EOPNOTSUPP", "EPERM"],
    ],
    "unknown": ["EBADF", "EFAULT", "ENOTSOCK", "EINVAL", "EIO"],
  };
  for (const [action, codes] of Object.entries(expected)) {
    for (const code of codes) {
      assertEquals(classifyAcceptError(systemError(code), "linux"), action, code);
    }
  }
});

Deno.test("classifyAcceptError() skips EINVAL on macOS, where it is a peer that is gone", () => {
  assertEquals(classifyAcceptError(systemError("EINVAL"), "darwin"), "skip");
  assertEquals(classifyAcceptError(systemError("EINVAL"), "windows"), "unknown");
});

Deno.test("classifyAcceptError() prefers the code to the class", () => {
  const error = Object.assign(new Deno.errors.NotConnected(), { code: "EMFILE" });
  assertEquals(classifyAcceptError(error), "back off");
});

Deno.test("classifyAcceptError() takes anything without a code for unknown", () => {
  for (const error of [new Error("no code"), new Deno.errors.NotConnected(), "text", 1, {}]) {
    assertEquals(classifyAcceptError(error), "unknown");
  }
  assertEquals(classifyAcceptError(undefined), "unknown");
  assertEquals(classifyAcceptError(null), "unknown");
});
