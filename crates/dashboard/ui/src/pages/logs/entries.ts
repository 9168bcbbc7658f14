// What stands in a log, as the API says it, and what this page adds.

import { z } from "zod/mini";

import type { LogContainer, LogFrame, LogGap, LogLine } from "@/api";

/** From the gravest on. */
export const LEVELS = ["error", "warn", "info", "debug", "trace"] as const;
export type Level = (typeof LEVELS)[number];

export type LineEntry = LogLine & { type: "line" };
export type GapEntry = LogGap & { type: "gap" };
export type ContainerEntry = LogContainer & { type: "container" };

/** Where this page was too slow: what is missing can be loaded. */
export interface LagEntry {
  type: "lagged";
  /** Names it on this page. */
  cursor: string;
  skipped: number;
  /** The first and the last that are missing. */
  from: string;
  to: string;
  /** Up to here it was loaded since. */
  after?: string;
}

export type Entry = LineEntry | GapEntry | ContainerEntry | LagEntry;

// A word that a newer server says is taken for "something else".
const level = z.catch(z.nullable(z.enum(LEVELS)), null);
const stream = z.catch(z.enum(["stdout", "stderr", "platform"]), "stdout");
const reason = z.catch(z.enum(["rotated", "removed", "disk_full"]), "rotated");

const line = z.object({
  cursor: z.string(),
  ts: z.string(),
  stream,
  level: z.exactOptional(level),
  text: z.string(),
  continues: z.exactOptional(z.boolean()),
  cut: z.exactOptional(z.nullable(z.number())),
});

/** A message of the live log. */
export const logFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("lines"), lines: z.array(line) }),
  z.object({ type: z.literal("lagged"), skipped: z.number(), from: z.string(), to: z.string() }),
  z.object({
    type: z.literal("gap"),
    cursor: z.string(),
    lost: z.exactOptional(z.nullable(z.number())),
    reason,
    container: z.string(),
    from: z.exactOptional(z.nullable(z.string())),
    to: z.exactOptional(z.nullable(z.string())),
  }),
  z.object({
    type: z.literal("container"),
    cursor: z.string(),
    ts: z.string(),
    event: z.catch(z.enum(["started", "stopped", "replaced"]), "replaced"),
    container: z.string(),
    phase: z.catch(z.enum(["release", "serve"]), "serve"),
  }),
  z.object({ type: z.literal("heartbeat") }),
  z.object({
    type: z.literal("end"),
    reason: z.catch(z.enum(["destroyed", "unavailable", "cursor_gone", "forbidden"]), "unavailable"),
  }),
]);

export type Frame = LogFrame;

/** What a frame adds to the log; none for one that ends it. */
export function entriesOf(frame: Frame): Entry[] {
  switch (frame.type) {
    case "lines":
      return frame.lines.map((line) => ({ ...line, type: "line" }));
    case "lagged":
      return [{ ...frame, cursor: `lag-${frame.from}` }];
    case "gap":
    case "container":
      return [frame];
    case "heartbeat":
    case "end":
      return [];
  }
}

/** The cursor to go on after it. */
export function endOf(entry: Entry): string {
  return entry.type === "lagged" ? entry.to : entry.cursor;
}

/** The cursor to ask for what is before it. */
export function beginOf(entry: Entry): string {
  return entry.type === "lagged" ? entry.from : entry.cursor;
}

/** When it was, in milliseconds: of what has no time of its own, by its cursor. */
export function timeOf(entry: Entry): number {
  if ("ts" in entry) return Date.parse(entry.ts);
  const [, , nanoseconds] = beginOf(entry).split("-");
  return Number(nanoseconds) / 1e6;
}

/** Whether it counts as an error where they are counted. */
export function isError(entry: Entry): boolean {
  return entry.type === "line" && entry.level === "error" && entry.continues !== true;
}
