import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { tenant } from "@/api/queries/tenants";
import { signedIn } from "@/app/layouts";
import { queries } from "@/app/queries";

/** What surrounds all that is about one instance: its name, how it is, and the tabs. Routes of tabs name it as their parent. */
export const instance = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances/$id",
  loader: ({ params: { id } }) => void queries.prefetchQuery(tenant(id)),
  component: lazyRouteComponent(() => import("./InstanceLayout"), "InstanceLayout"),
});
