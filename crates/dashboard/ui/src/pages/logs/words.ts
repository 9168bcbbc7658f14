// A log's entries in words.

import { count } from "@/ui/amounts";

import { plain } from "./ansi";
import { type ContainerEntry, type Entry, type GapEntry, type Level, timeOf } from "./entries";
import type { LogSpan } from "./search";

const time = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const LEVEL_WORDS: Record<Level, string> = {
  error: "Error",
  warn: "Warning",
  info: "Info",
  debug: "Debug",
  trace: "Trace",
};

/** `10:04:05.123`, where the reader is. */
export function clockTime(entry: Entry): string {
  return time.format(timeOf(entry));
}

/** `30 Nov 2026, 10:04:05`. */
export function fullTime(entry: Entry): string {
  return exact.format(timeOf(entry));
}

/** `from 30 Nov 2026, 10:00:00 until 30 Nov 2026, 11:00:00`. */
export function spanWords({ since, until }: LogSpan): string {
  const words = [
    since && `from ${exact.format(Date.parse(since))}`,
    until && `until ${exact.format(Date.parse(until))}`,
  ];
  return words.filter(Boolean).join(" ");
}

/** `1 line`, `1,204 lines`. */
export function lines(number: number): string {
  return count(number, "line");
}

const REASONS: Record<GapEntry["reason"], string> = {
  rotated: "the app wrote more than the server could keep up with",
  removed: "its container went before the rest could be read",
  disk_full: "the server's disk was full",
};

/** What is missing for good, and why. */
export function gapWords({ lost, reason }: GapEntry): string {
  const what =
    lost === null || lost === undefined
      ? "Lines may be missing here, nobody knows how many"
      : `${lines(lost)} ${lost === 1 ? "is" : "are"} missing here`;
  return `${what}: ${REASONS[reason]}.`;
}

const EVENTS: Record<ContainerEntry["event"], string> = {
  started: "started",
  stopped: "stopped",
  replaced: "was replaced by a new one",
};

export function containerWords({ event, phase, container }: ContainerEntry): string {
  const what = phase === "release" ? "The container that prepares the database" : "The instance's container";
  return `${what} ${EVENTS[event]} (${container})`;
}

/** An entry as one line of plain text. */
export function entryWords(entry: Entry): string {
  switch (entry.type) {
    case "line":
      return plain(entry.text);
    case "gap":
      return gapWords(entry);
    case "container":
      return containerWords(entry);
    case "lagged":
      return `${lines(entry.skipped)} came faster than this page could take them.`;
  }
}

/** As it is copied and listed: time, level, words. */
export function textOf(entry: Entry): string {
  const level = entry.type === "line" && entry.level ? entry.level.toUpperCase() : "";
  const at = new Date(timeOf(entry)).toISOString();
  return `${at} ${level.padEnd(5)} ${entryWords(entry)}`;
}

/** What is read out now and then: `42 new lines, 2 errors`. */
export function newsWords(news: { lines: number; errors: number }): string {
  if (news.lines === 0) return "";
  const errors = news.errors === 0 ? "" : `, ${count(news.errors, "error")}`;
  return `${count(news.lines, "new line")}${errors}`;
}
