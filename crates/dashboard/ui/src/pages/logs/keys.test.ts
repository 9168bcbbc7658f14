import { expect, test } from "vitest";

import { BINDINGS, deedOf, shownKey } from "./keys";

const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
  deedOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held });

test("each key does one thing, and browsers' own combinations do nothing here", () => {
  const keys = BINDINGS.flatMap(({ keys }) => keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(press("ArrowDown")).toBe("next");
  expect(press("ArrowDown", { shiftKey: true })).toBe("extend-next");
  expect(press("G", { shiftKey: true })).toBe("last");
  expect(press("?", { shiftKey: true })).toBe("help");
  expect(press("f", { ctrlKey: true })).toBeUndefined();
  expect(press("c", { metaKey: true })).toBeUndefined();
  expect(press("Tab")).toBeUndefined();
});

test("keys are shown as they are written on them", () => {
  expect([" ", "G", "j", "/", "Shift+ArrowUp"].map(shownKey)).toEqual(["Space", "Shift G", "J", "/", "Shift ↑"]);
});
