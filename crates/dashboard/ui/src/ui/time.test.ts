import { expect, test } from "vitest";

import { ago, clock, duration } from "./time";

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
