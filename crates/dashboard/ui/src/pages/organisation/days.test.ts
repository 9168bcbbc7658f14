import { expect, test } from "vitest";

import { beginOf, dayFrom, dayUntil, endOf } from "./days";

// The middle of summer, the ends of a month and of a year, and days that are 23 and 25 hours long in many places.
const DAYS = ["2026-07-15", "2026-02-28", "2026-12-31", "2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01"];

test("a day begins at the midnight of who chooses it, and is over at the next", () => {
  expect(beginOf("2026-07-15")).toBe(new Date(2026, 6, 15).toISOString());
  expect(endOf("2026-07-15")).toBe(new Date(2026, 6, 16).toISOString());
  expect(endOf("2026-12-31")).toBe(new Date(2027, 0, 1).toISOString());
});

test("what was chosen is shown again", () => {
  for (const day of DAYS) expect([dayFrom(beginOf(day)), dayUntil(endOf(day))], day).toEqual([day, day]);
});

test("what is no day is none", () => {
  expect([beginOf(""), endOf("tomorrow"), dayFrom(undefined), dayUntil("x")]).toEqual(["", "", "", ""]);
});
