import { api, expect, type Logs } from "..";

/** Which entries. */
export interface LogFilter {
  /** This level and graver ones. */
  level?: "error" | "warn" | "info" | "debug" | "trace";
  query?: string;
  /** `query` is a regular expression. */
  regex?: boolean;
  /** Nothing before and nothing after; RFC 3339. */
  since?: string;
  until?: string;
}

/** Which part of them; without one the newest. */
export interface LogPlace {
  after?: string;
  before?: string;
  around?: string;
  oldest?: boolean;
  since?: string;
  limit?: number;
}

/** A page of an instance's log. */
export function readLogs(id: string, query: LogFilter & LogPlace, signal: AbortSignal): Promise<Logs> {
  return expect(api.GET("/api/v1/tenants/{id}/logs", { params: { path: { id }, query }, signal }));
}

/** The newest page of a log, asked for while what shows it is on its way; once, and not much later. */
let ahead: { wish: string; page: Promise<Logs>; at: number } | undefined;
/** So old, in milliseconds, it is not what is newest any more. */
const STALE = 5_000;
/** Entries that are read first: they fill any window, and the rest comes when somebody scrolls. */
export const FIRST_PAGE = 300;

export function readAhead(id: string, filter: LogFilter): void {
  const page = readLogs(id, { ...filter, limit: FIRST_PAGE }, new AbortController().signal);
  // Whoever takes it hears of a failure.
  page.catch(() => {});
  ahead = { wish: JSON.stringify([id, filter]), page, at: Date.now() };
}

/** What was asked for ahead, if it is that. */
export function takeAhead(id: string, filter: LogFilter): Promise<Logs> | undefined {
  const taken = ahead;
  ahead = undefined;
  const isIt = taken?.wish === JSON.stringify([id, filter]) && Date.now() - taken.at < STALE;
  return isIt ? taken.page : undefined;
}

/** Where its live log is, for a WebSocket. */
export function logStream(id: string, { level, query, regex }: LogFilter, after: string | undefined): string {
  const wish = new URLSearchParams();
  if (after !== undefined) wish.set("after", after);
  if (level !== undefined) wish.set("level", level);
  if (query !== undefined) wish.set("query", query);
  if (regex) wish.set("regex", "true");
  return `/api/v1/tenants/${encodeURIComponent(id)}/logs/stream?${wish}`;
}

export interface LogExport extends LogFilter {
  format: "text" | "ndjson";
  gzip: boolean;
  /** At most, before it is compressed; left out: as many as the server gives. */
  bytes?: number;
}

/** The log as a file. */
export async function exportLogs(id: string, query: LogExport, signal: AbortSignal): Promise<Blob> {
  const wish = { params: { path: { id }, query }, parseAs: "blob", signal } as const;
  return expect(api.GET("/api/v1/tenants/{id}/logs/export", wish) as Promise<{ data?: Blob; response: Response }>);
}
