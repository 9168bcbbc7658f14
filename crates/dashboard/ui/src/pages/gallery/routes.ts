import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { open } from "@/app/layouts";

const gallery = createRoute({
  getParentRoute: () => open,
  path: "/dev/gallery",
  component: lazyRouteComponent(() => import("./Gallery"), "Gallery"),
});

export const galleryRoutes = [gallery] as const;
