import { expect, test } from "vitest";

import type { Deployment, Event } from "@/api";

import { grouped, type Mark, marksOf, summaryOfMarks } from "./marks";

const START = Date.parse("2026-11-30T10:00:00Z");
const at = (second: number) => new Date(START + second * 1000).toISOString();
const event = (second: number, kind: string, data: unknown = null, generation = 1): Event => ({
  id: second,
  generation,
  kind,
  message: `${kind} happened`,
  data,
  at: at(second),
});
const deployment = (second: number, action: Deployment["action"], generation: number, finished?: number) =>
  ({
    action,
    generation,
    created_at: at(second),
    started_at: null,
    finished_at: finished === undefined ? null : at(finished),
  }) as Deployment;
const told = (marks: readonly Mark[]) => marks.map(({ at, kind, words }) => [at - START / 1000, kind, words]);
const mark = (at: number, kind: Mark["kind"] = "change"): Mark => ({ at, kind, words: kind });

test("what was asked for and what happened by itself are marks, steps of what was asked for are none", () => {
  const deployments = [deployment(500, "restart", 2, 520), deployment(0, "deploy", 1, 60)];
  const events = [
    event(1, "deploy"),
    event(20, "start_serve"),
    event(60, "settled"),
    event(100, "failed", { ended: { exit_code: 3, oom_killed: false } }),
    event(120, "failed", { ended: { exit_code: 137, oom_killed: true } }),
    event(130, "hold_serve"),
    event(150, "start_serve"),
    event(200, "crashed", { restarts: 1 }),
    event(300, "trouble_began", { trouble: "out_of_memory" }),
    event(310, "trouble_began", { trouble: "memory_high" }),
    event(400, "trouble_ended", { trouble: "memory_high" }),
    event(510, "start_serve", null, 2),
    event(600, "failed", { step: "write_route" }, 2),
  ];
  expect(told(marksOf(deployments, events))).toEqual([
    [0, "change", "Made"],
    [100, "crash", "Crashed with exit code 3"],
    [120, "memory", "Used more memory than its limit, and was ended"],
    [130, "crash", "Stopped, since it keeps crashing"],
    [150, "restart", "Started again"],
    [200, "crash", "crashed happened"],
    [300, "memory", "Ran out of memory"],
    [310, "trouble", "Close to its memory limit"],
    [400, "over", "Well below its memory limit again"],
    [500, "restart", "Restarted"],
    [600, "trouble", "Failed: failed happened"],
  ]);
});

test("what a newer platform tells is no mark, and breaks nothing", () => {
  expect(marksOf([], [event(1, "trouble_began", { trouble: "gremlins" }), event(2, "invented", "words")])).toEqual([]);
});

test("many at one place are one group, which looks like its gravest", () => {
  const groups = grouped([mark(0), mark(5, "crash"), mark(9, "restart"), mark(10, "over"), mark(40)], 10);
  expect(groups.map(({ at, to, kind, marks }) => [at, to, kind, marks.length])).toEqual([
    [0, 9, "crash", 3],
    [10, 10, "over", 1],
    [40, 40, "change", 1],
  ]);
  expect(grouped([], 10)).toEqual([]);
});

test("groups never stand nearer to each other than they are wide, and hold each mark once", () => {
  const marks = Array.from({ length: 500 }, (_, index) => mark(Math.floor((index * index) / 7)));
  const groups = grouped(marks, 60);
  expect(groups.flatMap(({ marks }) => marks)).toEqual(marks);
  for (const [index, group] of groups.entries()) {
    expect(group.at - (groups[index - 1]?.at ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(60);
    expect(group.to - group.at).toBeLessThan(60);
  }
});

test("a group says how many there are of what", () => {
  const marks = [mark(0), mark(1, "crash"), mark(2, "crash"), mark(3, "memory")];
  expect(summaryOfMarks(marks)).toBe("1 end for want of memory, 2 crashes, 1 change");
});
