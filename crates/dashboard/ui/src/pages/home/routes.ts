import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { open } from "@/app/layouts";

const home = createRoute({
  getParentRoute: () => open,
  path: "/",
  component: lazyRouteComponent(() => import("./Home"), "Home"),
});

export const homeRoutes = [home] as const;
