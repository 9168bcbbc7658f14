import { expect, test } from "vitest";

import { entryWords, gapWords, newsWords, textOf } from "./words";

test("gaps say how much is missing, and why", () => {
  const gap = { cursor: "c", container: "3f2a9c81b0de", reason: "rotated" } as const;
  expect(gapWords({ ...gap, type: "gap", lost: 1204 })).toMatch(/^1,204 lines are missing here: the app wrote more/);
  expect(gapWords({ ...gap, type: "gap", lost: 1, reason: "disk_full" })).toMatch(/^1 line is missing here/);
  expect(gapWords({ ...gap, type: "gap", lost: null })).toMatch(/^Lines may be missing/);
});

test("what is read out is short", () => {
  expect(newsWords({ lines: 42, errors: 2 })).toBe("42 new lines, 2 errors");
  expect(newsWords({ lines: 1, errors: 1 })).toBe("1 new line, 1 error");
  expect(newsWords({ lines: 0, errors: 0 })).toBe("");
});

test("what is copied has time and level, and no colours", () => {
  const entry = { type: "line", cursor: "c", ts: "2026-11-30T10:00:00.123456789Z", stream: "stdout" } as const;
  expect(textOf({ ...entry, level: "warn", text: "\u001b[33mslow\u001b[0m" })).toBe(
    "2026-11-30T10:00:00.123Z WARN  slow",
  );
  expect(entryWords({ type: "lagged", cursor: "l", skipped: 2, from: "a", to: "b" })).toMatch(/^2 lines came faster/);
});
