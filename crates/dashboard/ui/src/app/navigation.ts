// What stands in the navigation. A new area adds its line when its page is there.

import type { LinkProps } from "@tanstack/react-router";
import { Boxes, type LucideIcon, UserRound } from "lucide-react";

import type { Role } from "@/api";

export interface Destination {
  to: NonNullable<LinkProps["to"]>;
  words: string;
  Icon: LucideIcon;
  /** Whom it is shown to; left out: everybody. */
  isFor?: (role: Role | undefined) => boolean;
}

export const NAVIGATION: readonly Destination[] = [
  { to: "/instances", words: "Instances", Icon: Boxes },
  { to: "/account/sessions", words: "My account", Icon: UserRound },
];
