import { expect, test } from "vitest";

import { pieces, plain } from "./ansi";
import { finder, marked } from "./marks";
import { random } from "./random.test-part";

const found = (words: string, query: string, regex = false) =>
  finder({ query, regex })(words).map(([from, to]) => words.slice(from, to));

test("a text is found in any case, an expression as it is written", () => {
  expect(found("Error: an ERROR", "error")).toEqual(["Error", "ERROR"]);
  expect(found("GET /a 200, GET /b 500", "[45]\\d\\d", true)).toEqual(["500"]);
  expect(found("Ready ready", "^Ready", true)).toEqual(["Ready"]);
  expect(found("anything", "(", true)).toEqual([]);
  expect(found("anything", "(?i)any", true)).toEqual([]);
  expect(finder({})("anything")).toEqual([]);
});

test("no expression makes the browser brood", () => {
  const hostile = `${"a".repeat(900)}!`;
  for (const query of ["(a+)+$", "(a|aa)+$", "^(a*)*$", "(a+){40}$", "a*a*a*a*b", "(.*)\\1{9}b", "((a)+)+b"]) {
    const begun = performance.now();
    found(hostile, query, true);
    expect(performance.now() - begun).toBeLessThan(1000);
  }
});

test("marks cut pieces, and change no word", () => {
  expect(marked(pieces("\u001b[31mre\u001b[0md end"), [[1, 4]])).toEqual([
    { text: "r", style: { ink: 1 }, isMarked: false },
    { text: "e", style: { ink: 1 }, isMarked: true },
    { text: "d ", style: {}, isMarked: true },
    { text: "end", style: {}, isMarked: false },
  ]);
  const next = random(11);
  for (let round = 0; round < 2000; round += 1) {
    const parts = ["ab", "b", "\u001b[32m", "\u001b[0m", "c a", "B"];
    const text = Array.from({ length: next(12) }, () => parts[next(parts.length)]).join("");
    const words = plain(text);
    const marks = finder({ query: "b" })(words);
    const cut = marked(pieces(text), marks);
    expect(cut.map(({ text }) => text).join("")).toBe(words);
    const inMarks = cut.filter(({ isMarked }) => isMarked).map(({ text }) => text);
    expect(inMarks.join("")).toBe(marks.map(([from, to]) => words.slice(from, to)).join(""));
  }
});
