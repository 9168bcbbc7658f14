import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

const account = createRoute({
  getParentRoute: () => signedIn,
  path: "/account",
  beforeLoad: () => {
    throw redirect({ to: "/account/profile", replace: true });
  },
});

const profile = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/profile",
  component: lazyRouteComponent(() => import("./Profile"), "Profile"),
});

const sessions = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/sessions",
  component: lazyRouteComponent(() => import("./Sessions"), "Sessions"),
});

const security = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/security",
  component: lazyRouteComponent(() => import("./Security"), "Security"),
});

const letters = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/letters",
  component: lazyRouteComponent(() => import("./Letters"), "Letters"),
});

export const accountRoutes = [account, profile, sessions, security, letters] as const;
