import { expect, test } from "vitest";

import type { UsualDeploy } from "@/api";

import { leftInWords, remaining, roughly } from "./remaining";

const second = 1000;
const step = (name: string, description: string, usual_seconds: number, usual_seconds_left: number) => ({
  name,
  description,
  usual_seconds,
  usual_seconds_left,
});
const USUAL: UsualDeploy = {
  usual_seconds: 40,
  runs: 3,
  steps: [
    step("ensure_image", "Fetching the application", 30, 38),
    step("start_serve", "Starting the container", 2, 5),
  ],
};
const at = (words: string, took: number) => ({ words, took: took * second });

test("nothing is foretold where nothing is known", () => {
  expect(remaining(null, at("Fetching the application", 3), 4 * second)).toBeUndefined();
  expect(remaining(undefined, undefined, 0)).toBeUndefined();
});

test("what is left is told by the step it is at", () => {
  expect(remaining(USUAL, at("Fetching the application", 8), 10 * second)).toBe(30 * second);
  // It has waited long for the image: that is over.
  expect(remaining(USUAL, at("Starting the container", 1), 300 * second)).toBe(4 * second);
});

test("where nobody was at that step, by the whole", () => {
  expect(remaining(USUAL, undefined, 15 * second)).toBe(25 * second);
  expect(remaining(USUAL, at("Something new", 1), 15 * second)).toBe(25 * second);
});

test("what takes longer than usual is not said to be nearly done", () => {
  expect(remaining(USUAL, at("Fetching the application", 39), 41 * second)).toBe(-1 * second);
  expect(remaining(USUAL, undefined, 45 * second)).toBe(-5 * second);
});

test("it is no more exact than it can be", () => {
  expect([0.1, 9.9, 10, 18, 41, 58, 61, 130].map((seconds) => leftInWords(seconds * second))).toEqual([
    "a few seconds left",
    "a few seconds left",
    "about 10 s left",
    "about 20 s left",
    "about 45 s left",
    "about 1 min left",
    "about 2 min left",
    "about 3 min left",
  ]);
  expect([0, 3, 14.2].map((seconds) => roughly(seconds * second))).toEqual(["5 s", "5 s", "15 s"]);
});
