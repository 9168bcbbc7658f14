import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

/** What surrounds all that is about one instance: its name, how it is, and the tabs. Routes of tabs name it as their parent. */
export const instance = createRoute({
  getParentRoute: () => signedIn,
  path: "/instances/$id",
  component: lazyRouteComponent(() => import("./InstanceLayout"), "InstanceLayout"),
});
