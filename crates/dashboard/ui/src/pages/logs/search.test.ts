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

test("an address says a span of time, as moments and not as words", () => {
  const span = { since: "2026-11-30T10:00:00.000Z", until: "2026-11-30T11:00:00.000Z" };
  expect(readLogSearch(span)).toEqual(span);
  expect(readLogSearch({ since: "2026-11-30T11:00:00+01:00" })).toEqual({ since: span.since });
  for (const until of ["yesterday", "", 1764500000, "2026-13-45T10:00:00Z"])
    expect(readLogSearch({ until })).toEqual({});
});
