import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { instance } from "@/pages/instance/layout";

const logs = createRoute({
  getParentRoute: () => instance,
  path: "/logs",
  component: lazyRouteComponent(() => import("./Logs"), "Logs"),
});

export const logsRoutes = [logs] as const;
