import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { open } from "@/app/layouts";

const invitation = createRoute({
  getParentRoute: () => open,
  path: "/invitation",
  component: lazyRouteComponent(() => import("./Invitation"), "Invitation"),
});

export const invitationRoutes = [invitation] as const;
