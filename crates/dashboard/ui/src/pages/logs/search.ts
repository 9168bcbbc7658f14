import { z } from "zod/mini";

import type { LogFilter } from "@/api/queries/logs";

import { LEVELS } from "./entries";

/** What the address says of a log: which lines, and which one is meant. */
export interface LogSearch extends LogFilter {
  /** The cursor of a line, shown amid its neighbours. */
  at?: string;
}

export type LogSpan = Pick<LogFilter, "since" | "until">;

/** A moment, as the API wants it; undefined where it is none. */
const time = z.catch(
  z.optional(
    z.pipe(
      z.string().check(z.refine((text) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)))),
      z.transform((text) => new Date(text).toISOString()),
    ),
  ),
  undefined,
);
const search = z.object({
  since: time,
  until: time,
  level: z.catch(z.optional(z.enum(LEVELS)), undefined),
  query: z.catch(z.optional(z.coerce.string()), undefined),
  regex: z.catch(z.optional(z.coerce.boolean()), undefined),
  at: z.catch(z.optional(z.string().check(z.regex(/^[0-9a-f]{12}-[oep]-\d+-\d+$/))), undefined),
});

/** What makes no sense is left out, and what says nothing too. */
export function readLogSearch(given: Record<string, unknown>): LogSearch {
  const { level, query, regex, since, until, at } = search.parse(given);
  const isAsked = query !== undefined && query !== "";
  return {
    ...(level === undefined ? {} : { level }),
    ...(isAsked ? { query } : {}),
    ...(isAsked && regex === true ? { regex: true } : {}),
    ...spanOf({ since, until }),
    ...(at === undefined ? {} : { at }),
  };
}

/** The part of a filter that is about time. */
export function spanOf({ since, until }: { since?: string | undefined; until?: string | undefined }): LogSpan {
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

export function isFiltered({ level, query, since, until }: LogFilter): boolean {
  return level !== undefined || query !== undefined || since !== undefined || until !== undefined;
}
