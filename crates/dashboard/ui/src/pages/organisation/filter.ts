import { z } from "zod/mini";

import type { AuditFilter } from "@/api/queries/organisations";

const filter = z.object({
  actor: z.catch(z.optional(z.string()), undefined),
  action: z.catch(z.optional(z.string()), undefined),
  from: z.catch(z.optional(z.string()), undefined),
  until: z.catch(z.optional(z.string()), undefined),
});

/** What of the audit log the address asks for; what is empty is left out. */
export function readAuditFilter(search: Record<string, unknown>): AuditFilter {
  return Object.fromEntries(Object.entries(filter.parse(search)).filter(([, value]) => value));
}
