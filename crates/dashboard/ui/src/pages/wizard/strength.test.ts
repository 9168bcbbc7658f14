import { expect, test } from "vitest";

import { strength } from "./strength";

test("what the server takes looks good, and what it refuses does not", () => {
  for (const good of ["correct horse battery staple", "vT9#kq2!xZ", "purple monkey dishwasher"]) {
    expect(strength(good).score, good).toBeGreaterThanOrEqual(3);
  }
  for (const common of [
    "password",
    "123456",
    "qwerty",
    "letmein",
    "P@ssw0rd",
    "passwordpassword",
    "123456789012345",
    "aaaaaaaaaaaaaaaaaaaa",
    "abcdefghijklmnop",
    "qwertyuiop[]",
    "password1234",
    "abababababababab",
  ]) {
    expect(strength(common).score, common).toBe(1);
    expect(strength(common).advice, common).toBeDefined();
  }
});

test("what others know of somebody is no password of theirs", () => {
  expect(strength("lovelace1815", ["ada@example.org", "Ada Lovelace"]).score).toBe(1);
});

test("nothing is said of nothing, and nothing more where nothing is missing", () => {
  expect(strength("")).toEqual({ score: 0, words: "" });
  expect(strength("seventeen green submarines")).toEqual({ score: 4, words: "Very good" });
  expect(strength("xkmfwq").advice).toBe("6 more characters, or another word.");
});
