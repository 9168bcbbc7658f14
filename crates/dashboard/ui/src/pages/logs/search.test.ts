import { expect, test } from "vitest";

import { readLogSearch } from "./search";

test("an address says what is looked for, and what makes no sense says nothing", () => {
  const at = "3f2a9c81b0de-o-1764466907123456789-0";
  expect(readLogSearch({ level: "warn", query: "a", regex: true, at })).toEqual({
    level: "warn",
    query: "a",
    regex: true,
    at,
  });
  expect(readLogSearch({ level: "all", query: "", regex: true, at: "x" })).toEqual({});
  expect(readLogSearch({ query: 500 })).toEqual({ query: "500" });
  expect(readLogSearch({ query: "a", regex: false })).toEqual({ query: "a" });
});
