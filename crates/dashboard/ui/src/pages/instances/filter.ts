import { z } from "zod/mini";

import type { TenantFilter } from "@/api/queries/tenants";

/** The statuses that can be asked for, in the order in which they are offered. */
export const STATUSES = ["active", "provisioning", "pending", "stopped", "error", "destroying", "unknown"] as const;

const filter = z.object({
  search: z.catch(z.optional(z.string()), undefined),
  status: z.catch(z.optional(z.enum(STATUSES)), undefined),
});

/** What of the list the address asks for; what makes no sense is left out. */
export function readFilter(search: Record<string, unknown>): TenantFilter {
  const { search: words, status } = filter.parse(search);
  return { ...(words ? { search: words } : {}), ...(status === undefined ? {} : { status }) };
}
