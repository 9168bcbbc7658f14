import { Check, CircleX, LoaderCircle } from "lucide-react";

import { duration } from "./time";

export interface ShownStep {
  words: string;
  state: "done" | "now" | "failed" | "next";
  /** In milliseconds. */
  took?: number;
}

const SAYS = { done: "done", now: "under way", failed: "failed", next: "to come" };

/** Steps in their order: how far it is, and how long each took. */
export function StepTimeline({ label, steps }: { label: string; steps: readonly ShownStep[] }) {
  return (
    <ol aria-label={label} className="flex flex-col">
      {steps.map((step) => (
        <li
          key={`${step.words} ${step.state === "next"}`}
          aria-current={step.state === "now" ? "step" : undefined}
          className="group flex gap-4"
        >
          <span aria-hidden className="flex flex-col items-center">
            <Mark state={step.state} />
            <span className={`w-0.5 grow group-last:hidden ${step.state === "done" ? "bg-success" : "bg-outline"}`} />
          </span>
          <span className="flex min-w-0 flex-1 items-baseline justify-between gap-4 pb-4">
            <span className={`min-w-0 ${INKS[step.state]}`}>
              {step.words}
              <span className="sr-only">, {SAYS[step.state]}</span>
            </span>
            {step.took !== undefined && (
              <span className="text-muted shrink-0 text-sm tabular-nums">
                {step.took < 1000 ? "< 1 s" : duration(step.took)}
              </span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

const INKS = { done: "", now: "font-bold", failed: "text-destructive font-bold", next: "text-muted" };

function Mark({ state }: { state: ShownStep["state"] }) {
  const place = "flex size-7 shrink-0 items-center justify-center rounded-full";
  if (state === "done") {
    return (
      <span className={`${place} bg-success text-success-contrast`}>
        <Check className="size-4.5" strokeWidth={3} />
      </span>
    );
  }
  if (state === "now") return <LoaderCircle className="text-primary size-7 shrink-0 animate-spin" />;
  if (state === "failed") return <CircleX className="text-destructive size-7 shrink-0" />;
  return <span className={`${place} border-outline border-2`} />;
}
