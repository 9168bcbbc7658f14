import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { open } from "@/app/layouts";

const terms = createRoute({
  getParentRoute: () => open,
  path: "/terms",
  component: lazyRouteComponent(() => import("./Terms"), "Terms"),
});

const privacy = createRoute({
  getParentRoute: () => open,
  path: "/privacy",
  component: lazyRouteComponent(() => import("./Privacy"), "Privacy"),
});

const status = createRoute({
  getParentRoute: () => open,
  path: "/status",
  component: lazyRouteComponent(() => import("./Status"), "Status"),
});

const support = createRoute({
  getParentRoute: () => open,
  path: "/support",
  component: lazyRouteComponent(() => import("./Support"), "Support"),
});

export const aboutRoutes = [terms, privacy, status, support] as const;
