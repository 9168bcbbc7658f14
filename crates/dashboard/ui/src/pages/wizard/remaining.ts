// How long it may still take, by what earlier ones took.

import type { UsualDeploy } from "@/api";
import type { ShownStep } from "@/ui/StepTimeline";
import { duration } from "@/ui/time";

/** Nearer than so many milliseconds nothing is foretold. */
const FEW = 10_000;
const ROUND = 5_000;
const MINUTE = 60_000;

/**
 * How long it should still take, in milliseconds; below zero: it takes longer than usual. By the step that it is at, since what
 * came before is over; by the whole where no earlier one had that step.
 * @param elapsed Since it was asked for, in milliseconds.
 * @returns Nothing where nothing is known.
 */
export function remaining(
  usual: UsualDeploy | null | undefined,
  current: Pick<ShownStep, "words" | "took"> | undefined,
  elapsed: number,
): number | undefined {
  if (usual == null) return undefined;
  const step = usual.steps.find(({ description }) => description === current?.words);
  if (step === undefined) return usual.usual_seconds * 1000 - elapsed;
  return step.usual_seconds_left * 1000 - (current?.took ?? 0);
}

/** `about 20 s left`: no more exact than it can be. */
export function leftInWords(milliseconds: number): string {
  return milliseconds < FEW ? "a few seconds left" : `about ${roughly(milliseconds)} left`;
}

/** `15 s`, `2 min`: rounded up. */
export function roughly(milliseconds: number): string {
  const unit = milliseconds > MINUTE - ROUND ? MINUTE : ROUND;
  return duration(Math.max(1, Math.ceil(milliseconds / unit)) * unit);
}
