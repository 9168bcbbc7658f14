import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

import { readRange } from "./ranges";

const metrics = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances/$id/metrics",
  validateSearch: readRange,
  component: lazyRouteComponent(() => import("./MetricsPage"), "MetricsPage"),
});

export const metricsRoutes = [metrics] as const;
