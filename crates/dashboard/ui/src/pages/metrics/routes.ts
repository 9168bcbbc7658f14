import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { instance } from "@/pages/instance/layout";

import { readRange } from "./ranges";

const metrics = createRoute({
  getParentRoute: () => instance,
  path: "/metrics",
  validateSearch: readRange,
  component: lazyRouteComponent(() => import("./Metrics"), "Metrics"),
});

export const metricsRoutes = [metrics] as const;
