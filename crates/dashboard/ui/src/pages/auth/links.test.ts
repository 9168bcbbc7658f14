import { expect, test } from "vitest";

import { inside } from "./next";
import { fragmentToken } from "./useLinkToken";

test("a link to the sign-in page leads to a page of ours, or nowhere", () => {
  for (const path of ["/", "/instances?status=active", "/device#code=WDJB-MJHT"]) expect(inside(path), path).toBe(true);
  for (const path of [
    undefined,
    "",
    "instances",
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
  ]) {
    expect(inside(path), path).toBe(false);
  }
});

test("a token is what looks like one", () => {
  const token = "0123456789abcdef".repeat(4);
  expect(fragmentToken(`#token=${token}`)).toBe(token);
  for (const hash of ["", "#", "#token=", "#token=short", `#code=${token}`, `#token=${token}<script>`]) {
    expect(fragmentToken(hash), hash).toBeNull();
  }
});
