import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { tenants } from "@/api/queries/tenants";
import { signedIn } from "@/app/layouts";
import { queries } from "@/app/queries";

import { filterOf, readWish } from "./filter";

const instances = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances",
  validateSearch: readWish,
  loader: ({ location }) => void queries.prefetchInfiniteQuery(tenants(filterOf(readWish(location.search)))),
  component: lazyRouteComponent(() => import("./Instances"), "Instances"),
});

const create = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances/new",
  component: lazyRouteComponent(() => import("./NewInstance"), "NewInstance"),
});

export const instancesRoutes = [instances, create] as const;
