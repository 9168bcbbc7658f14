import { createRoute, redirect } from "@tanstack/react-router";

import { session } from "@/api";
import { open } from "@/app/layouts";

/** Until the front page stands here. */
const home = createRoute({
  getParentRoute: () => open,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: session.state.kind === "out" ? "/sign-in" : "/instances", replace: true });
  },
});

export const homeRoutes = [home] as const;
