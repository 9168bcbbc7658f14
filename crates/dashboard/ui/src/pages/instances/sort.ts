import type { Status, Tenant } from "@/api";

import type { Sort } from "./filter";

/** What wants somebody's eye first. */
const URGENCY: readonly Status[] = [
  "error",
  "unknown",
  "destroying",
  "provisioning",
  "pending",
  "active",
  "stopped",
  "destroyed",
];

const by: Record<Sort, (a: Tenant, b: Tenant) => number> = {
  name: (a, b) => a.subdomain.localeCompare(b.subdomain, "en", { numeric: true }),
  status: (a, b) => URGENCY.indexOf(a.status) - URGENCY.indexOf(b.status),
  cpu: (a, b) => (b.usage?.cpu ?? -1) - (a.usage?.cpu ?? -1),
  memory: (a, b) => (b.usage?.memory ?? -1) - (a.usage?.memory ?? -1),
  oldest: (a, b) => a.created_at.localeCompare(b.created_at),
};

/** In that order; what is equal stands by name. */
export function sorted(tenants: readonly Tenant[], sort: Sort | undefined): readonly Tenant[] {
  return sort === undefined ? tenants : tenants.toSorted((a, b) => by[sort](a, b) || by.name(a, b));
}
