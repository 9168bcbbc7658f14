import { expect, test } from "vitest";

import { readKey, writeKey } from "./link";
import { shown } from "./steps";

const key = { id: `sgn_${"0123456789abcdef".repeat(2)}`, token: "ab".repeat(32) };

test("a draft's link leads to it, and nothing else does", () => {
  expect(readKey(`#${writeKey(key)}`)).toEqual(key);
  for (const hash of ["", "#", `#draft=${key.id}`, `#token=${key.token}`, `#draft=x&token=${key.token}`]) {
    expect(readKey(hash), hash).toBeUndefined();
  }
});

test("nobody gets ahead of what is to be answered", () => {
  expect(shown("deploy", "subdomain")).toBe("subdomain");
  expect(shown("use_case", "terms")).toBe("use_case");
  expect(shown(undefined, "terms")).toBe("terms");
});
