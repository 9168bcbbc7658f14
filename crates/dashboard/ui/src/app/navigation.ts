// What stands in the navigation. A new area adds its line when its page is there.

import type { LinkProps } from "@tanstack/react-router";
import { Boxes, KeyRound, type LucideIcon, ScrollText, UserRound, UsersRound } from "lucide-react";

import type { Role } from "@/api";
import { may } from "@/api/permissions";

export interface Destination {
  to: NonNullable<LinkProps["to"]>;
  words: string;
  Icon: LucideIcon;
  /** Whom it is shown to; left out: everybody. */
  isFor?: (role: Role | undefined) => boolean;
}

export const NAVIGATION: readonly Destination[] = [
  { to: "/instances", words: "Instances", Icon: Boxes },
  { to: "/organisation", words: "Organisation", Icon: UsersRound },
  { to: "/keys", words: "API keys", Icon: KeyRound },
  { to: "/audit", words: "Audit log", Icon: ScrollText, isFor: (role) => may(role, "audit.view") },
  { to: "/account/profile", words: "My account", Icon: UserRound },
];
