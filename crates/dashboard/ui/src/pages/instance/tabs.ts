// The tabs of an instance. A new one adds its line.

import type { LinkProps } from "@tanstack/react-router";
import {
  Activity,
  History,
  LayoutDashboard,
  type LucideIcon,
  ScrollText,
  Settings2,
  Trash2,
  Variable,
} from "lucide-react";

export interface Tab {
  to: NonNullable<LinkProps["to"]>;
  words: string;
  Icon: LucideIcon;
}

export const TABS: readonly Tab[] = [
  { to: "/instances/$id", words: "Overview", Icon: LayoutDashboard },
  { to: "/instances/$id/logs", words: "Logs", Icon: ScrollText },
  { to: "/instances/$id/metrics", words: "Metrics", Icon: Activity },
  { to: "/instances/$id/events", words: "History", Icon: History },
  { to: "/instances/$id/environment", words: "Environment", Icon: Variable },
  { to: "/instances/$id/settings", words: "Settings", Icon: Settings2 },
  { to: "/instances/$id/danger", words: "Danger zone", Icon: Trash2 },
];
