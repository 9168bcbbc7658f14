import { z } from "zod/mini";

import type { LogFilter } from "@/api/queries/logs";

import { LEVELS } from "./entries";

/** What the address says of a log: which lines, and which one is meant. */
export interface LogSearch extends LogFilter {
  /** The cursor of a line, shown amid its neighbours. */
  at?: string;
}

const search = z.object({
  level: z.catch(z.optional(z.enum(LEVELS)), undefined),
  query: z.catch(z.optional(z.coerce.string()), undefined),
  regex: z.catch(z.optional(z.coerce.boolean()), undefined),
  at: z.catch(z.optional(z.string().check(z.regex(/^[0-9a-f]{12}-[oep]-\d+-\d+$/))), undefined),
});

/** What makes no sense is left out, and what says nothing too. */
export function readLogSearch(given: Record<string, unknown>): LogSearch {
  const { level, query, regex, at } = search.parse(given);
  const isAsked = query !== undefined && query !== "";
  return {
    ...(level === undefined ? {} : { level }),
    ...(isAsked ? { query } : {}),
    ...(isAsked && regex === true ? { regex: true } : {}),
    ...(at === undefined ? {} : { at }),
  };
}

export function isFiltered({ level, query }: LogFilter): boolean {
  return level !== undefined || query !== undefined;
}
