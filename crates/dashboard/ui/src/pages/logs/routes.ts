import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { instance } from "@/pages/instance/layout";

import { readLogSearch } from "./search";

const logs = createRoute({
  getParentRoute: () => instance,
  path: "/logs",
  validateSearch: readLogSearch,
  component: lazyRouteComponent(() => import("./Logs"), "Logs"),
});

export const logsRoutes = [logs] as const;
