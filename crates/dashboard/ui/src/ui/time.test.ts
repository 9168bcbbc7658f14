import { expect, test } from "vitest";

import { ago, clock, duration, exactly, momentOrTime } from "./time";

const second = 1000;
const day = 86_400 * second;

test("times are told as people say them", () => {
  expect([-2, -60, -3_600 * 30, 59, 86_400 * 3].map((seconds) => ago(seconds * second, 0))).toEqual([
    "just now",
    "1 minute ago",
    "yesterday",
    "in 59 seconds",
    "in 3 days",
  ]);
});

test("lengths of time are short", () => {
  expect([-1, 12.7, 61, 7_500, 86_400, 90_000].map((seconds) => duration(seconds * second))).toEqual([
    "0 s",
    "12 s",
    "1 min",
    "2 h 5 min",
    "1 d",
    "1 d 1 h",
  ]);
});

test("what is left is never shown as less than it is", () => {
  expect([-5, 0.2, 65, 3_729].map((seconds) => clock(seconds * second))).toEqual(["0:00", "0:01", "1:05", "1:02:09"]);
  expect(clock(day)).toBe("24:00:00");
});

test("what has to be exact has its seconds", () => {
  expect(exactly(new Date(2026, 10, 30, 8, 30, 12).getTime())).toBe("30 Nov 2026, 08:30:12");
});

test("a day is named where it is not today", () => {
  const now = new Date(2026, 8, 30, 23, 15).getTime();
  expect(momentOrTime(new Date(2026, 8, 30, 23, 45).getTime(), now)).toBe("23:45");
  expect(momentOrTime(new Date(2026, 9, 1, 0, 15).getTime(), now)).toBe("1 Oct 2026, 00:15");
});
