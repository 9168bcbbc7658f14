import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

import { readFilter } from "./filter";

const instances = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances",
  validateSearch: readFilter,
  component: lazyRouteComponent(() => import("./Instances"), "Instances"),
});

export const instancesRoutes = [instances] as const;
