import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

const device = createRoute({
  getParentRoute: () => signedIn,
  path: "/device",
  component: lazyRouteComponent(() => import("./Device"), "Device"),
});

export const deviceRoutes = [device] as const;
