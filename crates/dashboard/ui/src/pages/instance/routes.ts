import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { instance } from "./layout";

const overview = createRoute({
  getParentRoute: () => instance,
  path: "/",
  component: lazyRouteComponent(() => import("./Overview"), "Overview"),
});

const events = createRoute({
  getParentRoute: () => instance,
  path: "/events",
  component: lazyRouteComponent(() => import("./Events"), "Events"),
});

const environment = createRoute({
  getParentRoute: () => instance,
  path: "/environment",
  component: lazyRouteComponent(() => import("./Environment"), "Environment"),
});

const settings = createRoute({
  getParentRoute: () => instance,
  path: "/settings",
  component: lazyRouteComponent(() => import("./Settings"), "Settings"),
});

const danger = createRoute({
  getParentRoute: () => instance,
  path: "/danger",
  component: lazyRouteComponent(() => import("./Danger"), "Danger"),
});

export const instanceRoutes = [overview, events, environment, settings, danger] as const;
