import type { Role } from "@/api";

/** The roles that can be given, each with what it means. Ownership is handed over, not given. */
export const ROLES: readonly [Role, name: string, means: string][] = [
  ["viewer", "Viewer", "looks on, and reads logs"],
  ["member", "Member", "makes, starts and stops instances"],
  ["manager", "Manager", "also changes and destroys them"],
  ["admin", "Administrator", "also invites people and reads the audit log"],
  ["owner", "Owner", "also hands the organisation over, or deletes it"],
];

export const roleName = (role: Role): string => ROLES.find(([one]) => one === role)?.[1] ?? role;

/** Those up to one's own. */
export function upTo(role: Role): readonly (typeof ROLES)[number][] {
  return ROLES.slice(0, ROLES.findIndex(([one]) => one === role) + 1);
}

/** For a choice. */
export const roleOptions = (role: Role) =>
  upTo(role).map(([value, name, means]) => ({ value: value as string, label: `${name}: ${means}` }));
