// A dashboard to look at before one has any: made-up studies, and what happens to them, step by step.

import type { Tenant } from "@/api";
import { remember } from "@/pages/instances/samples";
import type { Entry } from "@/pages/logs/entries";

/** After so many steps it begins anew. */
export const LENGTH = 24;
/** The step that is shown where nothing moves: all is done. */
export const STILL = LENGTH - 1;
/** Samples that were seen before it begins. */
const BEFORE = 40;
const SECOND = 1000;
const DAY = 86_400 * SECOND;
const MIB = 1024 * 1024;

/** What making the second one takes, and the step at which it is done. */
const STEPS = [
  "Creating the database",
  "Preparing the database",
  "Starting the container",
  "Waiting for the application to answer",
];
const STEP = 3;
const DONE = STEPS.length * STEP;

/** How busy they are at a step; nothing is by chance, so that it always looks the same. */
const wave = (step: number, length: number) => (Math.sin(step / length) + Math.sin((step * 2.3) / length + 1) + 2) / 4;

interface Shape {
  id: string;
  subdomain: string;
  status: Tenant["status"];
  desired: Tenant["desired_state"];
  condition: "ready" | "running";
  since: number;
  step?: { description: string; since: number };
  usage?: { cpu: number; memory: number };
}

function tenantOf({ id, subdomain, status, desired, condition, since, step, usage }: Shape, at: number): Tenant {
  const iso = (time: number) => new Date(time).toISOString();
  return {
    id,
    subdomain,
    url: `https://${subdomain}.uni.edu`,
    status,
    desired_state: desired,
    generation: 1,
    observed_generation: step === undefined ? 1 : 0,
    conditions: [{ kind: condition, status: "true", since: iso(since) }],
    troubles: [],
    step: step && { step: step.description, description: step.description, since: iso(step.since) },
    usage: usage && { at: iso(at), age: 0, pids: 11, cpu_limit: 1, memory_limit: 384 * MIB, ...usage },
  } as unknown as Tenant;
}

const busy = (step: number) => ({ cpu: 0.12 + 0.5 * wave(step, 4), memory: (210 + 60 * wave(step, 9)) * MIB });

/** The studies at that step, which is shown now. */
export function studiesAt(step: number, now: number): readonly Tenant[] {
  const isMade = step >= DONE;
  const made = isMade
    ? ({ status: "active", since: now - (step - DONE + 1) * 2 * SECOND, usage: busy(step + 30) } as const)
    : ({ status: "provisioning", since: now, step: doneAt(step, now) } as const);
  const studies = [
    { subdomain: "teen-friendships", status: "active", since: now - 21 * DAY, usage: busy(step) } as const,
    { subdomain: "care-networks", ...made },
    { subdomain: "pilot-study", status: "stopped", desired: "stopped", since: now - 60 * DAY } as const,
  ];
  return studies.map((study) => {
    const rest = { desired: "running", condition: study.status === "stopped" ? "running" : "ready" } as const;
    return tenantOf({ id: `example-${study.subdomain}`, ...rest, ...study }, now);
  });
}

function doneAt(step: number, now: number) {
  const description = STEPS[Math.floor(step / STEP)] ?? "";
  return { description, since: now - (step % STEP) * 2 * SECOND };
}

/** Has what they use drawn as if somebody had looked for a while. */
export function rememberUntil(step: number, now: number): void {
  for (let before = BEFORE; before > 0; before -= 1) {
    studiesAt(STILL - before, now - before * 2 * SECOND).forEach(remember);
  }
  studiesAt(step, now).forEach(remember);
}

const SAID: readonly [text: string, level: "info" | "warn"][] = [
  ["Listening on port 3000", "info"],
  ["Signed in: grace", "info"],
  ["Protocol uploaded: Friends", "info"],
  ["12 participants added", "info"],
  ["Interview 7 begun", "info"],
  ["Interview 7: connection slow", "warn"],
  ["Interview 7 completed", "info"],
  ["Interview 8 begun", "info"],
  ["Export of 8 interviews made", "info"],
];
const LINES = 5;

/** The last lines of a log at that step. */
export function linesAt(step: number, now: number): readonly Entry[] {
  return Array.from({ length: LINES }, (_, index): Entry => {
    const number = Math.floor(step / 2) + index;
    const [text, level] = SAID[number % SAID.length] ?? ["", "info"];
    const ts = new Date(now - (LINES - 1 - index) * 4 * SECOND - (step % 2) * 2 * SECOND).toISOString();
    return { type: "line", cursor: `example-${number}`, ts, stream: "stdout", level, text };
  });
}
