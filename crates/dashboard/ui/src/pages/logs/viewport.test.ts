import { expect, test } from "vitest";

import type { Entry } from "./entries";
import { random } from "./random.test-part";
import { Viewport } from "./viewport";

let made = 0;
const line = (): Entry => {
  made += 1;
  return { type: "line", cursor: `c${made}`, ts: "2026-11-30T10:00:00Z", stream: "stdout", text: "x" };
};
const several = (count: number) => Array.from({ length: count }, line);

function viewport(entries: Entry[], height = 240): Viewport {
  const made = new Viewport(40, 10);
  made.shape(() => 24);
  made.show(entries);
  made.resize(height);
  return made;
}

test("who follows is held at the end, until they scroll away from it", () => {
  const entries = several(100);
  const view = viewport(entries);
  expect(view.top).toBe(40 + 100 * 24 + 10 - 240);
  entries.push(...several(5));
  view.show(entries);
  expect(view.isAtEnd).toBe(true);
  view.scroll(view.top - 30, true);
  const { top } = view;
  entries.push(...several(5));
  view.show(entries);
  expect([view.top, view.following]).toEqual([top, false]);
  view.scroll(view.total - 240, false);
  expect(view.following).toBe(false);
  view.scroll(view.total - 240, true);
  expect(view.following).toBe(true);
});

test("what fits is drawn from its beginning", () => {
  const view = viewport(several(3));
  expect(view.range).toEqual({ first: 0, end: 3, above: 40 });
  expect(viewport([]).range).toEqual({ first: 0, end: 0, above: 40 });
});

test("what is read stays where it is, whatever comes, goes or grows above and below", () => {
  const next = random(3);
  for (let round = 0; round < 300; round += 1) {
    const entries = several(400);
    const view = viewport(entries);
    view.scroll(2000 + next(5000), true);
    const read = entries[view.at(view.top)] as Entry;
    const place = () => view.topOf(entries.indexOf(read)) - view.top;
    const before = place();
    for (let step = 0; step < 10; step += 1) {
      const index = entries.indexOf(read);
      const change = next(5);
      if (change === 0) entries.unshift(...several(next(50)));
      if (change === 1) entries.splice(0, next(Math.max(1, index)));
      if (change === 2) entries.push(...several(next(50)));
      if (change === 3) view.measure(entries.slice(0, index).map((entry) => [entry, 24 * (1 + next(4))] as const));
      if (change === 4) entries.splice(index + 20, next(30));
      view.show(entries);
      // Only where there is nothing more to show below it does it move.
      if (view.top > 0 && view.top < view.total - view.height) expect(place()).toBeCloseTo(before);
    }
  }
});

test("the window holds what can be seen, in any state", () => {
  const next = random(5);
  const entries = several(1000);
  const view = viewport(entries, 500);
  view.shape((entry) => 24 * (1 + (entry.cursor.length % 3)));
  for (let step = 0; step < 500; step += 1) {
    view.scroll(next(view.total), true);
    const { first, end, above } = view.range;
    expect(above).toBe(view.topOf(first));
    expect(view.topOf(first) <= Math.max(40, view.top)).toBe(true);
    expect(end === entries.length || view.topOf(end) >= view.top + 500).toBe(true);
    expect(end - first).toBeLessThan(60);
  }
});

test("an entry is put into the middle, or scrolled to no further than needed", () => {
  const view = viewport(several(100));
  view.center(50);
  expect(view.top).toBe(40 + 50 * 24 - (240 - 24) / 2);
  expect(view.following).toBe(false);
  const { top } = view;
  view.reveal(52);
  expect(view.top).toBe(top);
  view.reveal(10);
  expect(view.top).toBe(40 + 240);
  view.reveal(90);
  expect(view.top).toBe(40 + 91 * 24 - 240);
});
