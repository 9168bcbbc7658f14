import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

import { readWish } from "./filter";

const instances = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances",
  validateSearch: readWish,
  component: lazyRouteComponent(() => import("./Instances"), "Instances"),
});

const create = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances/new",
  component: lazyRouteComponent(() => import("./NewInstance"), "NewInstance"),
});

export const instancesRoutes = [instances, create] as const;
