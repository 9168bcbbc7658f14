// All pages. An area of its own is a folder in src/pages with a routes.ts; its line is here.

import { createRouter } from "@tanstack/react-router";
import { aboutRoutes } from "@/pages/about/routes";
import { accountRoutes } from "@/pages/account/routes";
import { authRoutes } from "@/pages/auth/routes";
import { deviceRoutes } from "@/pages/device/routes";
import { galleryRoutes } from "@/pages/gallery/routes";
import { homeRoutes } from "@/pages/home/routes";
import { instance } from "@/pages/instance/layout";
import { instanceRoutes } from "@/pages/instance/routes";
import { instancesRoutes } from "@/pages/instances/routes";
import { invitationRoutes } from "@/pages/invitation/routes";
import { logsRoutes } from "@/pages/logs/routes";
import { metricsRoutes } from "@/pages/metrics/routes";
import { organisationRoutes } from "@/pages/organisation/routes";
import { wizardRoutes } from "@/pages/wizard/routes";
import { Loading } from "@/ui/Loading";

import { open, root, signedIn } from "./layouts";

const tree = root.addChildren([
  open.addChildren([
    ...homeRoutes,
    ...aboutRoutes,
    ...authRoutes,
    ...wizardRoutes,
    ...invitationRoutes,
    ...galleryRoutes,
  ]),
  signedIn.addChildren([
    ...instancesRoutes,
    instance.addChildren([...instanceRoutes, ...logsRoutes, ...metricsRoutes]),
    ...organisationRoutes,
    ...accountRoutes,
    ...deviceRoutes,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingComponent: Loading,
  defaultPendingMs: 300,
  scrollRestoration: true,
});

/** Asks for the parts of the page that is opened at once: what has to be known before it is shown is asked for meanwhile. */
export function preloadPage(): void {
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    const { component } = router.routesById[routeId as keyof typeof router.routesById].options;
    void component?.preload?.();
  }
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
