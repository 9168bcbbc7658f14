import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { readAhead } from "@/api/queries/logs";
import { instance } from "@/pages/instance/layout";

import { readLogSearch } from "./search";

const logs = createRoute({
  getParentRoute: () => instance,
  path: "/logs",
  validateSearch: readLogSearch,
  loader: ({ params: { id }, location }) => {
    const { at, ...filter } = readLogSearch(location.search);
    if (at === undefined) readAhead(id, filter);
  },
  component: lazyRouteComponent(() => import("./Logs"), "Logs"),
});

export const logsRoutes = [logs] as const;
