import { expect, test } from "vitest";

import { backTo, inside, onward } from "./next";
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

test("who has to sign in comes back, and what is in a fragment is sent to no server on the way", () => {
  const { search, hash } = backTo({ pathname: "/device", searchStr: "?a=b", hash: "code=WDJB-MJHT" });
  expect(search.next).toBe("/device?a=b");
  expect(onward(search.next, `#${hash}`)).toBe("/device?a=b#code=WDJB-MJHT");
  expect(onward("/instances", "")).toBe("/instances");
  for (const next of [undefined, "//evil.example"]) expect(onward(next, "#code=WDJB-MJHT")).toBe("/instances");
});

test("a token is what looks like one", () => {
  const token = "0123456789abcdef".repeat(4);
  expect(fragmentToken(`#token=${token}`)).toBe(token);
  for (const hash of ["", "#", "#token=", "#token=short", `#code=${token}`, `#token=${token}<script>`]) {
    expect(fragmentToken(hash), hash).toBeNull();
  }
});
