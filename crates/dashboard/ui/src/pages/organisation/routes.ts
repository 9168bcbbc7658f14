import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { signedIn } from "@/app/layouts";

import { readAuditFilter } from "./filter";

const organisation = createRoute({
  getParentRoute: () => signedIn,
  path: "/organisation",
  component: lazyRouteComponent(() => import("./Organisation"), "Organisation"),
});

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: "/keys",
  component: lazyRouteComponent(() => import("./Keys"), "Keys"),
});

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit",
  validateSearch: readAuditFilter,
  component: lazyRouteComponent(() => import("./Audit"), "Audit"),
});

export const organisationRoutes = [organisation, keys, audit] as const;
