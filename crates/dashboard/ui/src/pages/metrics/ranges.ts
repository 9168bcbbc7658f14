import { z } from "zod/mini";

/** Times that can be looked at. */
export const RANGES = {
  live: { words: "Live", seconds: 300 },
  hour: { words: "Hour", seconds: 3600 },
  day: { words: "Day", seconds: 86_400 },
  week: { words: "Week", seconds: 604_800 },
  month: { words: "30 days", seconds: 2_592_000 },
} as const;
export type Range = keyof typeof RANGES;

const search = z.object({
  range: z.catch(z.optional(z.enum(Object.keys(RANGES) as [Range, ...Range[]])), undefined),
});

/** What of the address makes no sense is left out. */
export function readRange(given: Record<string, unknown>): { range?: Range } {
  const { range } = search.parse(given);
  return range === undefined ? {} : { range };
}
