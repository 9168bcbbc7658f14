import { expect, test } from "vitest";

import type { Event } from "..";
import { type History, KEPT, withNews, withOlder } from "./events";

const line = (id: number): Event => ({ id, generation: 1, kind: "settled", message: "", data: {}, at: "" });
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => line(from + index));
const ids = ({ items }: History) => items.map(({ id }) => id);

test("the newest come first, what follows is added once, and the older are put before them", () => {
  const first = withNews(undefined, { items: lines(11, 13), next: 13, before: 11 });
  expect([ids(first), first.next, first.before]).toEqual([[11, 12, 13], 13, 11]);
  const more = withNews(first, { items: lines(13, 14), next: 14 });
  expect([ids(more), more.next, more.before]).toEqual([[11, 12, 13, 14], 14, 11]);
  const older = withOlder(more, { items: lines(9, 10), before: 9 });
  expect([ids(older), older.next, older.before]).toEqual([[9, 10, 11, 12, 13, 14], 14, 9]);
  const all = withOlder(older, { items: lines(7, 9), before: null });
  expect([ids(all), all.before]).toEqual([[7, 8, 9, 10, 11, 12, 13, 14], null]);
});

test("an error is no beginning: the newest are read as soon as it is over", () => {
  const failed = withNews(undefined, { error: "offline" });
  expect(failed).toMatchObject({ items: [], next: undefined, error: "offline" });
  expect(withNews(failed, { items: [], next: 0, before: null })).toMatchObject({ next: 0, before: null });
});

test("where they are too many, the oldest go and can be read again", () => {
  const full = withNews(undefined, { items: lines(11, KEPT + 10), next: KEPT + 10, before: null });
  const more = withNews(full, { items: lines(KEPT + 11, KEPT + 12), next: KEPT + 12 });
  expect([more.items.length, more.items[0]?.id, more.before]).toEqual([KEPT, 13, 13]);
});
