// What happened to an instance, as marks on its graphs: those that would stand at one place are one group.

import type { Deployment, Event } from "@/api";

/** The gravest first: a group looks like its gravest. */
export const KINDS = ["memory", "crash", "trouble", "restart", "change", "over"] as const;
export type MarkKind = (typeof KINDS)[number];

/** Its colour, as a token. */
export const INKS: Record<MarkKind, string> = {
  memory: "--destructive",
  crash: "--destructive",
  trouble: "--warning",
  restart: "--info",
  change: "--info",
  over: "--success",
};

export interface Mark {
  /** Seconds since 1970. */
  at: number;
  kind: MarkKind;
  words: string;
}

/** Marks at one place: one at least, the oldest first. */
export interface MarkGroup {
  at: number;
  to: number;
  kind: MarkKind;
  marks: readonly Mark[];
}

const ACTIONS: Record<Deployment["action"], string> = {
  deploy: "Made",
  start: "Started",
  stop: "Stopped",
  restart: "Restarted",
  update: "Changed",
  rollback: "Rolled back",
  cancel: "Change cancelled",
  destroy: "Destroyed",
  undo: "Brought back",
};

const TROUBLES: Record<string, { kind: MarkKind; began: string; ended: string }> = {
  out_of_memory: { kind: "memory", began: "Ran out of memory", ended: "Not out of memory again" },
  memory_high: { kind: "trouble", began: "Close to its memory limit", ended: "Well below its memory limit again" },
  cpu_high: { kind: "trouble", began: "At its processor limit", ended: "Well below its processor limit again" },
  disk_high: { kind: "trouble", began: "Its host's disk is nearly full", ended: "Its host's disk has room again" },
};

/** In words, of one and of several. */
const WORDS: Record<MarkKind, readonly [one: string, many: string]> = {
  memory: ["end for want of memory", "ends for want of memory"],
  crash: ["crash", "crashes"],
  trouble: ["trouble", "troubles"],
  restart: ["restart", "restarts"],
  change: ["change", "changes"],
  over: ["trouble over", "troubles over"],
};

/** What was asked for, and what happened by itself; the oldest first. */
export function marksOf(deployments: readonly Deployment[], events: readonly Event[]): Mark[] {
  const asked = deployments.map(
    ({ action, started_at, created_at }): Mark => ({
      at: Date.parse(started_at ?? created_at) / 1000,
      kind: action === "restart" ? "restart" : "change",
      words: ACTIONS[action] ?? "Changed",
    }),
  );
  const happened = events.flatMap((event) => markOf(event, deployments) ?? []);
  return [...asked, ...happened].sort((one, other) => one.at - other.at);
}

function markOf(event: Event, deployments: readonly Deployment[]): Mark | undefined {
  const said = happening(event, deployments);
  return said && { at: Date.parse(event.at) / 1000, ...said };
}

function happening({ kind, message, data, at, generation }: Event, deployments: readonly Deployment[]) {
  const trouble = TROUBLES[String(field(data, "trouble"))];
  switch (kind) {
    case "trouble_began":
      return trouble && { kind: trouble.kind, words: trouble.began };
    case "trouble_ended":
      return trouble && { kind: "over" as const, words: trouble.ended };
    case "crashed":
      return { kind: "crash" as const, words: message };
    case "hold_serve":
      return { kind: "crash" as const, words: "Stopped, since it keeps crashing" };
    case "failed":
      return failure(message, field(data, "ended"));
    case "start_serve":
      return isAskedFor(at, generation, deployments) ? undefined : { kind: "restart" as const, words: "Started again" };
    default:
      return undefined;
  }
}

function failure(message: string, ended: unknown): Omit<Mark, "at"> {
  if (field(ended, "oom_killed") === true)
    return { kind: "memory", words: "Used more memory than its limit, and was ended" };
  const code = field(ended, "exit_code");
  return code === undefined
    ? { kind: "trouble", words: `Failed: ${message}` }
    : { kind: "crash", words: `Crashed with exit code ${code}` };
}

/** Whether it is a step of what somebody has asked for; what nobody knows of is taken for one. */
function isAskedFor(at: string, generation: number, deployments: readonly Deployment[]): boolean {
  const deployment = deployments.find((deployment) => deployment.generation === generation);
  return deployment?.finished_at == null || Date.parse(at) <= Date.parse(deployment.finished_at);
}

function field(data: unknown, name: string): unknown {
  return typeof data === "object" && data !== null ? (data as Record<string, unknown>)[name] : undefined;
}

/**
 * Marks nearer than `gap` seconds to the first of a group are part of it. All marks are given, also those that are not in sight: else
 * groups would change as time goes on.
 */
export function grouped(marks: readonly Mark[], gap: number): MarkGroup[] {
  const groups: Mark[][] = [];
  for (const mark of marks) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    if (last !== undefined && first !== undefined && mark.at - first.at < gap) last.push(mark);
    else groups.push([mark]);
  }
  return groups.map((marks) => ({
    marks,
    at: marks[0]?.at ?? 0,
    to: marks.at(-1)?.at ?? 0,
    kind: KINDS.find((kind) => marks.some((mark) => mark.kind === kind)) ?? "change",
  }));
}

/** Those of the last so many seconds. */
export function within(marks: readonly Mark[], seconds: number, now: number): Mark[] {
  return marks.filter(({ at }) => at > now - seconds && at <= now);
}

/** How many there are of each kind, the gravest first. */
export function countOf(marks: readonly Mark[]): { kind: MarkKind; count: number; words: string }[] {
  return KINDS.flatMap((kind) => {
    const count = marks.filter((mark) => mark.kind === kind).length;
    const [one, many] = WORDS[kind];
    return count === 0 ? [] : [{ kind, count, words: `${count} ${count === 1 ? one : many}` }];
  });
}

/** `2 crashes, 1 restart`. */
export function summaryOfMarks(marks: readonly Mark[]): string {
  return countOf(marks)
    .map(({ words }) => words)
    .join(", ");
}
