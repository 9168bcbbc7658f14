// An instance's history as steps: those done, what is done now, and those to come.

import type { Event, PlannedStep, Tenant } from "@/api";
import type { ShownStep } from "@/ui/StepTimeline";

/** What begins anew; another try goes on from where the one before has come to. */
const BEGINS = new Set(["deploy", "restart", "update", "rollback"]);

/** @param now In milliseconds. */
export function timeline(
  events: readonly Event[],
  planned: readonly PlannedStep[],
  { last_error, status }: Pick<Tenant, "last_error" | "status">,
  now: number,
): ShownStep[] {
  const lines = events.slice(events.findLastIndex(({ kind }) => BEGINS.has(kind)) + 1);
  const failedAt = last_error ? lines.findLast(isStep)?.message : undefined;
  const isOver = status === "active" || failedAt !== undefined;
  const end = last_error ? Date.parse(last_error.at) : now;
  const steps = lines.flatMap((line, index): ShownStep[] => {
    if (!isStep(line)) return [];
    const next = lines.slice(index + 1).find((later) => later.at !== line.at);
    const hasFailed = line.message === failedAt;
    const state = hasFailed ? "failed" : next !== undefined || isOver ? "done" : "now";
    const took = Math.max(0, (next === undefined ? end : at(next)) - at(line));
    return [{ words: line.message, state, took }];
  });
  return [...newest(steps), ...(isOver ? [] : ahead(planned, steps))];
}

/** Other lines tell what was asked for, how it ended, or what was noticed. */
function isStep({ kind, data }: Event): boolean {
  return typeof data === "object" && data !== null && "step" in data && data.step === kind;
}

/** A step that was tried several times stands once, as it was the last time. */
function newest(steps: readonly ShownStep[]): ShownStep[] {
  return steps.filter(({ words }, index) => !steps.slice(index + 1).some((later) => later.words === words));
}

/** What of the plan is left. What stands before all that was begun was there already. */
function ahead(planned: readonly PlannedStep[], begun: readonly ShownStep[]): ShownStep[] {
  const seen = new Set(begun.map(({ words }) => words));
  const first = Math.max(
    0,
    planned.findIndex(({ description }) => seen.has(description)),
  );
  const left = new Set(planned.slice(first).map(({ description }) => description));
  return [...left].filter((words) => !seen.has(words)).map((words) => ({ words, state: "next" }));
}

const at = (event: Event) => Date.parse(event.at);
