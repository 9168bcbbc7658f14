import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

import { readLogSearch } from "./search";

const logs = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances/$id/logs",
  validateSearch: readLogSearch,
  component: lazyRouteComponent(() => import("./LogsPage"), "LogsPage"),
});

export const logsRoutes = [logs] as const;
