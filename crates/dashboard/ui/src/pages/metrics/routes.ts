import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

const metrics = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances/$id/metrics",
  component: lazyRouteComponent(() => import("./MetricsPage"), "MetricsPage"),
});

export const metricsRoutes = [metrics] as const;
