import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";

import type { WizardStep } from "@/api";
import { open, signedInOnly } from "@/app/layouts";

import { isStep } from "./steps";

const signUp = createRoute({
  getParentRoute: () => open,
  path: "/sign-up",
  validateSearch: ({ step }: Record<string, unknown>): { step?: WizardStep } => (isStep(step) ? { step } : {}),
  component: lazyRouteComponent(() => import("./Wizard"), "Wizard"),
});

/** What people type. */
const register = createRoute({
  getParentRoute: () => open,
  path: "/register",
  beforeLoad: () => {
    throw redirect({ to: "/sign-up", replace: true });
  },
});

/** Its last step: an instance that is made, and what to do first in it. */
const making = createRoute({
  getParentRoute: () => open,
  path: "/sign-up/$instance",
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import("./Making"), "Making"),
});

export const wizardRoutes = [signUp, register, making] as const;
