// What a role lets one do, as docs/api/permissions.md has it: so that nobody is shown a button they may not use. The server decides.

import type { Role } from "./schema";

const ROLES: readonly Role[] = ["viewer", "member", "manager", "admin", "owner"];

/** The least role that may. */
const LEAST = {
  "tenant.create": "member",
  "tenant.operate": "member",
  "tenant.claim": "member",
  "tenant.configure": "manager",
  "tenant.destroy": "manager",
  "members.manage": "admin",
  "organisation.manage": "admin",
  "api_keys.manage": "admin",
  "audit.view": "admin",
  "ownership.transfer": "owner",
  "organisation.delete": "owner",
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof LEAST;

/** Whether a role lets one do that; nobody may anything while the role isn't known. */
export function may(role: Role | null | undefined, permission: Permission): boolean {
  return role != null && ROLES.indexOf(role) >= ROLES.indexOf(LEAST[permission]);
}
