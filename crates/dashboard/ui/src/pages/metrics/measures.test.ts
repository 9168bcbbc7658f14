import { expect, test } from "vitest";

import type { Usage } from "@/api";

import { columns, fresh, type Measure, ofPoint, summaryOf, withSample } from "./measures";

const START = Date.parse("2026-11-30T10:00:00Z") / 1000;
const usage = (second: number, cpu: number): Usage => ({
  at: new Date((START + second) * 1000).toISOString(),
  age: 0,
  cpu,
  memory: 1024,
  pids: 3,
  memory_limit: 4096,
});

test("a point that nothing is known of is a gap", () => {
  const point = ofPoint({ at: "2026-11-30T10:00:00Z" });
  expect(point.at).toBe(START);
  expect(Object.values(point).filter((value) => value === null)).toHaveLength(11);
  const known = ofPoint({ at: "2026-11-30T10:00:15Z", cpu: 0, memory: 5, network: { received: 0, sent: 2 } });
  expect(columns([point, known], ["cpu", "sent", "written"])).toEqual([
    [START, START + 15],
    [null, 0],
    [null, 2],
    [null, null],
  ]);
});

test("samples are added once, the old ones go, and what nobody saw is a gap", () => {
  let measures: readonly Measure[] = [];
  const add = (second: number, sample: Usage | null) => {
    measures = withSample(measures, sample, START + second, 60);
  };
  add(0, usage(0, 0.1));
  add(2, usage(0, 0.1));
  expect(measures).toHaveLength(1);
  add(4, usage(4, 0.2));
  add(6, null);
  add(50, usage(50, 0.3));
  expect(measures.map(({ cpu }) => cpu)).toEqual([0.1, 0.2, null, null, 0.3]);
  add(70, usage(70, 0.4));
  expect(measures.map(({ at }) => at - START)).toEqual([28, 50, 70]);
});

test("a sample of long ago says nothing of now", () => {
  expect(fresh(usage(0, 0.1))).not.toBeNull();
  expect(fresh({ ...usage(0, 0.1), age: 60 })).toBeNull();
  expect(fresh(undefined)).toBeNull();
});

test("a summary is of what is known, and says how much that is", () => {
  const measures = [0.1, null, 0.5, 0.3, null].map((cpu, index) => ({
    ...ofPoint({ at: new Date((START + index) * 1000).toISOString() }),
    cpu,
    cpuPeak: cpu === 0.3 ? 0.9 : cpu,
  }));
  const summary = summaryOf(measures, "cpu", "cpuPeak");
  expect(summary).toEqual({
    last: 0.3,
    isNow: false,
    most: 0.9,
    mostAt: START + 3,
    mean: expect.closeTo(0.3),
    known: 0.6,
  });
  expect(summaryOf(measures, "memory")).toBeUndefined();
  expect(summaryOf([], "cpu")).toBeUndefined();
});
