import { z } from "zod/mini";

import type { TenantFilter } from "@/api/queries/tenants";

/** The statuses that can be asked for, in the order in which they are offered. */
export const STATUSES = ["active", "provisioning", "pending", "stopped", "error", "destroying", "unknown"] as const;

/** In which order; left out: the newest first, as the API gives them. */
export const SORTS = ["name", "status", "cpu", "memory", "oldest"] as const;
export type Sort = (typeof SORTS)[number];

/** What the address says of the list. */
export interface ListWish extends TenantFilter {
  sort?: Sort;
  /** Left out: rows. */
  view?: "grid";
}

const wish = z.object({
  search: z.catch(z.optional(z.string()), undefined),
  status: z.catch(z.optional(z.enum(STATUSES)), undefined),
  sort: z.catch(z.optional(z.enum(SORTS)), undefined),
  view: z.catch(z.optional(z.literal("grid")), undefined),
});

/** What of the list the address asks for; what makes no sense is left out. */
export function readWish(search: Record<string, unknown>): ListWish {
  const { search: words, ...rest } = wish.parse(search);
  const kept = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...(words ? { search: words } : {}), ...Object.fromEntries(kept) };
}

/** What of it the server is asked. */
export function filterOf({ search, status }: ListWish): TenantFilter {
  return { ...(search === undefined ? {} : { search }), ...(status === undefined ? {} : { status }) };
}
