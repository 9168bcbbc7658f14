import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { instance } from "@/pages/instance/layout";

const metrics = createRoute({
  getParentRoute: () => instance,
  path: "/metrics",
  component: lazyRouteComponent(() => import("./Metrics"), "Metrics"),
});

export const metricsRoutes = [metrics] as const;
