// An instance's history as steps: those done, what is done now, and those to come.

import type { Event, PlannedStep, Tenant } from "@/api";

export interface TimelineStep {
  name: string;
  words: string;
  state: "done" | "now" | "failed" | "next";
  /** How long it took, or takes by now, in milliseconds. */
  took?: number;
}

/** What somebody has asked for; steps before it belong to an earlier attempt. */
const ASKED = new Set(["deploy", "start", "restart", "update", "rollback", "cancel", "undo", "destroy"]);
const ENDS = new Set(["settled", "failed"]);
/** Lines that are no steps of a deploy. */
const ASIDE = new Set(["progress"]);

/** @param now In milliseconds. */
export function timeline(
  events: readonly Event[],
  planned: readonly PlannedStep[],
  tenant: Tenant,
  now: number,
): TimelineStep[] {
  const lines = attempt(events);
  const end = lines.findIndex(({ kind }) => ENDS.has(kind));
  const isOver = end !== -1;
  const begun = (isOver ? lines.slice(0, end) : lines).filter(({ kind }) => !ASIDE.has(kind));
  const until = isOver ? at(lines[end]) : now;
  const failed = lines[end]?.kind === "failed" ? tenant.last_error?.step : undefined;
  const steps = begun.map((line, index): TimelineStep => {
    const next = begun.slice(index + 1).find((later) => later.at !== line.at);
    const isLast = next === undefined;
    const state = isLast && failed !== undefined ? "failed" : isLast && !isOver ? "now" : "done";
    return { name: line.kind, words: line.message, state, took: Math.max(0, (next ? at(next) : until) - at(line)) };
  });
  return [...merged(steps), ...(isOver ? [] : ahead(planned, steps))];
}

/** What came after the newest wish; what nobody needs twice (a wish of the same pass) is left out. */
function attempt(events: readonly Event[]): Event[] {
  const asked = events.findLastIndex(({ kind }) => ASKED.has(kind));
  const since = events.slice(asked + 1);
  // After a failure it is tried again by itself, from the step that failed.
  const failed = since.findLastIndex(({ kind }) => kind === "failed");
  return failed !== -1 && failed < since.length - 1 ? since.slice(failed + 1) : since;
}

/** Steps that say the same one after the other are one. */
function merged(steps: readonly TimelineStep[]): TimelineStep[] {
  const all: TimelineStep[] = [];
  for (const step of steps) {
    const last = all.at(-1);
    if (last?.words === step.words) {
      all[all.length - 1] = { ...step, took: (last.took ?? 0) + (step.took ?? 0) };
    } else all.push(step);
  }
  return all;
}

function ahead(planned: readonly PlannedStep[], begun: readonly TimelineStep[]): TimelineStep[] {
  const seen = new Set(begun.map(({ words }) => words));
  const left: TimelineStep[] = [];
  for (const { name, description } of planned) {
    if (seen.has(description)) continue;
    seen.add(description);
    left.push({ name, words: description, state: "next" });
  }
  return left;
}

const at = (event: Event | undefined) => Date.parse(event?.at ?? "");
